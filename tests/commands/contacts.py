"""Makes the demo's spreadsheet: invented contacts, with the dirt that a real one has.

`python -m tests.commands.contacts` writes it again. The same seed gives the same cells. Phones stand in a range that no
operator uses, or in the one that is kept for fiction; addresses have the domains that are kept for examples.
"""

import random
import unicodedata
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path

import xlsxwriter

TARGET = Path(__file__).parent.parent.parent / "toolkit" / "sandbox" / "demo" / "contactos.xlsx"
SEED, PEOPLE, TWICE, BLANK = 20260302, 5_140, 60, 4
TITLE = ["Clientes inscritos · campaña de otoño 2026", "Exportado el 02/03/2026, uso interno", ""]
HEADER = ["Nombre", "Correo electrónico", "Teléfono", "Fecha de nacimiento", "Ciudad", "Monto"]
WIDTHS = [28, 34, 18, 18, 16, 12]
FIRST = (
    "Agustín Alejandra Álvaro Amaya Ana Andrés Ángela Antonia Begoña Benjamín Bárbara Camila Catalina César Claudia "
    "Cristóbal Daniel Débora Diego Elías Emilia Érica Esteban Fabián Fernanda Félix Gabriela Gastón Germán Gonzalo "
    "Inés Iñaki Isidora Iván Javiera Joaquín José Josefa Julián Lautaro Leonor Lucía Luis Macarena Manuel María "
    "Martín Matías Mónica Nicolás Noelia Óscar Paula Pía Ramón Raúl Rocío Rosario Sebastián Sofía Tomás Úrsula "
    "Verónica Víctor Ximena"
)
LAST = (
    "Acuña Aguilera Álvarez Araya Arévalo Bórquez Bustos Cáceres Calderón Castañeda Cortés Díaz Espinoza Farías "
    "Fernández Fuentes Gómez González Gutiérrez Henríquez Ibáñez Jiménez Lagos López Martínez Maturana Méndez Muñoz "
    "Núñez Ñancupil Olivares Órdenes Ortúzar Oyarzún Peña Pérez Quiñones Ramírez Ríos Rodríguez Rojas Saldías "
    "Sepúlveda Soto Toro Ulloa Valdés Vásquez Vergara Yáñez Zúñiga"
)
TOWNS = (
    "Santiago;Valparaíso;Viña del Mar;Concepción;Ñuñoa;La Serena;Chillán;Temuco;Valdivia;Copiapó;Curicó;Los Ángeles;"
    "Punta Arenas;Maipú;Iquique;Rancagua;Quilpué;Coyhaique"
)
MONTHS = "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"
NBSP = "\u00a0"

Cell = str | int | date
Slip = tuple[float, Callable[[str, random.Random], Cell]]  # how often, in a thousand, and what then stands in the cell

# of a phone's nine national digits
PHONES: list[Slip] = [
    (110, lambda n, _: int(f"56{n}")),
    (80, lambda n, _: f"+56 {n[0]} {n[1:5]} {n[5:]}"),
    (60, lambda n, _: f"{n[0]} {n[1:5]} {n[5:]}"),
    (50, lambda n, _: int(n)),
    (30, lambda n, _: f"+56-{n[0]}-{n[1:5]}-{n[5:]}"),
    (15, lambda n, _: f"0056{n}"),
    (15, lambda n, _: f"{NBSP}56{n}  "),
    (8, lambda n, _: f"{int('56' + n):.5E}"),  # what Excel shows of a long number
    (8, lambda n, _: f"56{n[:-2]}"),
    (5, lambda n, chance: chance.choice([f"9 {n[1:3]}OO {n[5:]}", "no tiene", "s/n"])),
    (3, lambda n, _: f"56{n} / 569{int(n[1:]) ^ 1:08d}"),
    (1, lambda n, _: f"+1 202 555 01{n[-2:]}"),
    (35, lambda n, _: ""),
]
# of an address
EMAILS: list[Slip] = [
    (40, lambda a, _: a.upper()),
    (15, lambda a, _: f"{a} "),
    (15, lambda a, _: f"{NBSP}{a}"),
    (6, lambda a, _: a.rpartition(".")[0]),
    (6, lambda a, _: a.replace("@", ".")),
    (4, lambda a, _: a.replace(".", " ", 1)),
    (4, lambda a, _: f"{a}; {a.split('@')[0]}@example.com"),
    (3, lambda a, _: f"{a},"),
    (3, lambda a, _: a.replace("@", "@@")),
    (2, lambda a, _: "sin correo"),
    (80, lambda a, _: ""),
]
# of a day, as YYYY-MM-DD
DAYS: list[Slip] = [
    (60, lambda d, _: f"{d[8:]}/{d[5:7]}/{d[:4]}"),
    (40, lambda d, _: d),
    (30, lambda d, _: f"{int(d[8:])} de {MONTHS.split()[int(d[5:7]) - 1]} de {d[:4]}"),
    (5, lambda d, _: f"{d[8:]}-{d[5:7]}-{d[2:4]}"),
    (6, lambda d, _: f"31/{'02' if d[9] < '5' else '06'}/{d[:4]}"),
    (3, lambda d, _: "00/00/0000"),
    (40, lambda d, _: ""),
]
TOWN: list[Slip] = [
    (30, lambda t, _: t.upper()),
    (20, lambda t, _: t.lower()),
    (20, lambda t, _: f" {t}{NBSP}"),
    (40, lambda t, _: ""),
]
AMOUNTS: list[Slip] = [
    (60, lambda a, _: a),  # a number as text
    (50, lambda a, _: f"{int(a):,}".replace(",", ".") + ",00"),
    (6, lambda a, _: f"$ {int(a):,}".replace(",", ".")),
    (5, lambda a, chance: chance.choice(["por confirmar", "-", "¿?"])),
    (60, lambda a, _: ""),
]


def rows() -> list[list[Cell]]:
    """The contacts, one list of cells each."""
    chance = random.Random(SEED)
    people = [_person(number, chance) for number in chance.sample(range(920_000_000, 930_000_000), PEOPLE)]
    for _ in range(TWICE):
        people.insert(chance.randrange(len(people)), list(chance.choice(people)))
    for _ in range(BLANK):
        people.insert(chance.randrange(len(people)), [""] * len(HEADER))
    return people


def _person(phone: int, chance: random.Random) -> list[Cell]:
    first, (last, second) = chance.choice(FIRST.split()), chance.choices(LAST.split(), k=2)
    name = f"{first} {last} {second}"
    address = f"{_plain(first)}.{_plain(last)}{phone % 1000}@example.{chance.choice(['cl', 'com'])}"
    born = date(1940, 1, 1) + timedelta(days=chance.randrange(66 * 365))
    amount = chance.randrange(1_000, 2_000_000, 10)
    return [
        chance.choices([name, f"{first}  {last} {second} ", name.upper(), ""], [930, 30, 30, 10])[0],
        _slipped(EMAILS, address, address, chance),
        _slipped(PHONES, str(phone), f"56{phone}", chance),
        _slipped(DAYS, born.isoformat(), born, chance),
        _slipped(TOWN, town := chance.choice(TOWNS.split(";")), town, chance),
        _slipped(AMOUNTS, str(amount), amount, chance),
    ]


def _slipped(slips: Sequence[Slip], text: str, right: Cell, chance: random.Random) -> Cell:
    """The cell as it should be, or with one of the slips."""
    at = chance.random() * 1000
    for share, slip in slips:
        if (at := at - share) < 0:
            return slip(text, chance)
    return right


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()


def write(path: Path) -> None:
    """The workbook: titles, the header, the contacts."""
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "default_date_format": "dd/mm/yyyy"}) as book:
        sheet = book.add_worksheet("Clientes")
        bold = book.add_format({"bold": True})
        for column, width in enumerate(WIDTHS):
            sheet.set_column(column, column, width)
        for line, text in enumerate(TITLE):
            sheet.write(line, 0, text, bold)
        sheet.write_row(len(TITLE), 0, HEADER, bold)
        for line, cells in enumerate(rows(), len(TITLE) + 1):
            for column, cell in enumerate(cells):
                if isinstance(cell, date):
                    sheet.write_datetime(line, column, cell)
                elif cell != "":
                    sheet.write(line, column, cell)


if __name__ == "__main__":
    write(TARGET)
