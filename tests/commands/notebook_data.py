"""Makes the sheets that the notebooks read: invented people, with the slips that such sheets have.

`python -m tests.commands.notebook_data` writes them again; the same cells each time.
"""

from collections.abc import Sequence
from pathlib import Path

import xlsxwriter

from tests.commands import contacts as make_contacts

FOLDER = Path(__file__).parent.parent.parent / "notebooks" / "datos"
CLIENTS = 60

SIGNERS = [["Contrato", "Nombre", "Cédula", "Correo", "Turno"]] + [
    [f"TT-{number:03}", name, cedula, f"{mail}@example.co", turn]
    for number, (name, cedula, mail) in enumerate(
        [
            ("Valentina Rojas", "1001", "valentina.rojas"),
            ("Andrés Peña", "1002", "andres.pena"),
            ("Camila Muñoz", "1003", "camila.munoz"),
            ("Julián Ortiz", "1004", "julian.ortiz"),
            ("Mariana Niño", "1005", "mariana.nino"),
            ("Óscar Ibáñez", "1006", "oscar.ibanez"),
        ],
        start=1,
    )
    for name, cedula, mail, turn in [(name, cedula, mail, 1), ("Lucía Cárdenas", "2001", "lucia.cardenas", 2)]
]
USERS = [["LogonName", "DomainName"]] + [
    [name, domain]
    for domain, names in {
        "SANTIAGO": ("apena", "bsoto", "cmunoz", "driquelme", "efuentes", "ftoro"),
        "BOGOTA": ("gcardenas", "hortiz", "inino", "jrojas"),
        "LIMA": ("kquispe", "lflores", "mvargas"),
    }.items()
    for name in names
]
CARDS = [
    ["Usuario", "Dominio", "Tarjeta"],
    ["apena", "SANTIAGO", "0004512"],
    ["bsoto", "SANTIAGO", "0004513"],
    ["cmunoz", "SANTIAGO", 4514.0],  # typed as a number: its zeros are gone
    ["driquelme", "SANTIAGO", "0004515"],
    ["gcardenas", "BOGOTA", "0007731"],
    ["hortiz", "BOGOTA", "0007732"],
    ["inino", "BOGOTA", "0007732"],  # the code of the line above
    ["jrojas", "BOGOTA", "0007734"],
    ["zzavala", "BOGOTA", "0007735"],  # nobody the print server knows
    ["kquispe", "LIMA", "0009001"],
]
PEOPLE = [["Documento", "Teléfono"]] + [
    [f"{1234500 + n:010}" if n % 4 else "", f"+38099000{n:04}" if n % 3 else ""] for n in range(1, 12)
]

PAGE = """BT /F1 20 Tf 60 760 Td (Anexo de teletrabajo) Tj
/F1 11 Tf 0 -40 Td (Las partes acuerdan que el trabajo se presta desde el domicilio) Tj
0 -18 Td (de la persona empleada, dos d\u00edas por semana. Documento inventado.) Tj ET
60 160 m 260 160 l S 300 160 m 500 160 l S"""


def sheets() -> dict[str, Sequence[Sequence[object]]]:
    """The cells of each workbook."""
    clients = [[title] for title in make_contacts.TITLE] + [make_contacts.HEADER] + make_contacts.rows()[:CLIENTS]
    return {"clientes.xlsx": clients, "firmantes.xlsx": SIGNERS, "usuarios.xlsx": USERS, "tarjetas_rrhh.xlsx": CARDS}


def annex() -> bytes:
    """A PDF of one page."""
    text = PAGE.encode("cp1252")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    made, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table)
    tail = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(made))
    return made + head + tail


def write(folder: Path) -> None:
    """The workbooks, the list and the PDF."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in sheets().items():
        with xlsxwriter.Workbook(str(folder / name), {"default_date_format": "dd/mm/yyyy"}) as book:
            sheet = book.add_worksheet()
            sheet.set_column(0, 5, 24)
            for line, cells in enumerate(rows):
                for column, cell in enumerate(cells):
                    if cell != "":
                        sheet.write(line, column, cell)
    lines = "".join(";".join(cells) + "\r\n" for cells in PEOPLE)
    (folder / "personas.csv").write_bytes(lines.encode("cp1252"))
    (folder / "anexo.pdf").write_bytes(annex())


if __name__ == "__main__":
    write(FOLDER)
