"""Which column goes where, and that nothing is guessed."""

from pathlib import Path

import pandas as pd
import pytest

from toolkit.errors import InputError
from toolkit.sheets.check import check
from toolkit.sheets.match import Match, match_columns
from toolkit.sheets.read import read_sheet
from toolkit.spec import Choice, Date, Email, Field, List, Number, Phone, Record, Text
from toolkit.vendors.carmachain import api as carmachain
from toolkit.vendors.nddprint import api as nddprint
from toolkit.vendors.signio.api.notes import NoteTerms
from toolkit.vendors.signio.api.signers import NewSigner

FIELDS: tuple[Field, ...] = (
    Text(name="NOMBRE", required=True),
    Email(name="EMAIL", label="Correo principal"),
    Phone(name="TELEFONO"),
    Date(name="NACIDO", label="Fecha de nacimiento"),
)


def matched(frame: pd.DataFrame, fields: object = FIELDS) -> dict[str, str | None]:
    return match_columns(frame, fields).columns


def names(*columns: str) -> pd.DataFrame:
    return pd.DataFrame({c: pd.Series(dtype="str") for c in columns})


@pytest.mark.parametrize(
    ("column", "field"),
    [
        ("NOMBRE", "NOMBRE"),
        ("Nombre Completo", "NOMBRE"),
        ("Повне ім'я", "NOMBRE"),
        ("e-mail", "EMAIL"),
        ("CORREO PRINCIPAL", "EMAIL"),
        ("Correo electrónico", "EMAIL"),
        ("Endereço de e-mail", "EMAIL"),
        ("Електронна пошта", "EMAIL"),
        ("Correo del cliente", "EMAIL"),
        ("Invitee Email", "EMAIL"),
        ("ПІБ пацієнта", "NOMBRE"),
        ("Teléfono", "TELEFONO"),
        ("Celular", "TELEFONO"),
        ("Nº de móvil", "TELEFONO"),
        ("fono_contacto", "TELEFONO"),
        ("Мобільний", "TELEFONO"),
        ("phoneNumber", "TELEFONO"),
        ("Fecha nacimiento", "NACIDO"),
        ("TELEFONOO", "TELEFONO"),
    ],
)
def test_one_name(column: str, field: str) -> None:
    match = match_columns(names(column), FIELDS)
    assert match[column] == field
    assert match.table["confidence"].tolist()[0] >= 0.55
    assert match.table["reason"].tolist()[0]


@pytest.mark.parametrize("column", ["Observaciones", "x", "", "123", "Estado civil"])
def test_nothing_like_it(column: str) -> None:
    match = match_columns(names(column), FIELDS)
    assert match[column] is None
    assert match.table["reason"].tolist() == ["no field like it"]


def test_by_values() -> None:
    frame = pd.DataFrame(
        {
            "A": ["Ana", "Eva", "Sol"],
            "B": ["a@example.com", "b@example.com", None],
            "C": ["912345678", "+56 9 8765 4321", "x"],
            "D": ["05/03/1980", "1990-01-31", "31/12/1999"],
        }
    )
    match = match_columns(frame, FIELDS)
    assert match.columns == {"A": None, "B": "EMAIL", "C": None, "D": "NACIDO"}  # two in three are too few for C
    assert "of the kind email" in match.table.loc[1, "reason"]


def test_a_dirty_column_keeps_its_field() -> None:
    frame = pd.DataFrame({"Correo del cliente": ["912345678", "987654321"], "Contacto web": ["a@example.com"] * 2})
    match = match_columns(frame, FIELDS)
    assert match.columns == {"Correo del cliente": "EMAIL", "Contacto web": None}
    problems = check(frame, match).errors
    assert problems[problems["column"] == "Correo del cliente"]["row"].tolist() == [0, 1]


def test_never_between_two() -> None:
    match = match_columns(names("Celular", "Móvil"), FIELDS)
    assert match.columns == {"Celular": None, "Móvil": None}
    assert "TELEFONO is fitted alike by 'Móvil': choose" in match.table["reason"].tolist()
    both = match_columns(names("Fono"), [Phone(name="FONO_CASA"), Phone(name="FONO_TRABAJO")])
    assert both["Fono"] is None
    assert "fits FONO_CASA, FONO_TRABAJO alike" in both.table.loc[0, "reason"]


def test_the_better_one_wins_and_the_other_is_told() -> None:
    match = match_columns(names("Celular", "TELEFONO"), FIELDS)
    assert match.columns == {"Celular": None, "TELEFONO": "TELEFONO"}
    assert match.table.loc[0, "reason"] == "the field that fits it is filled by another column"


def test_one_to_one() -> None:
    frame = names("Nombre", "Correo", "Teléfono", "Nombre 2", "Fecha de nacimiento", "Mail", "Fono")
    filled = [field for field in matched(frame).values() if field]
    assert len(filled) == len(set(filled))


def test_every_system() -> None:
    signers = names("Nombre del firmante", "Tipo de documento", "Cédula", "Correo", "Celular", "Razón social")
    assert matched(signers, NewSigner) == {
        "Nombre del firmante": "nombre",
        "Tipo de documento": "tipo_identificacion",
        "Cédula": "identificacion",
        "Correo": "email",
        "Celular": "celular",
        "Razón social": "razonsocial",
    }
    people = names("Номер документа", "Телефон")
    assert matched(people, carmachain.Person) == {"Номер документа": "IdDocument", "Телефон": "PhoneNumber"}
    codes = names("Usuario", "Número de tarjeta")
    assert None not in matched(codes, nddprint.NewCardCode).values()


HEADINGS: dict[type[Record], dict[str, str]] = {  # Spanish; English; Ukrainian
    NewSigner: {
        "nombre": "Nombre del firmante; Full name; Прізвище, ім'я, по батькові",
        "tipo_identificacion": "Tipo de documento; ID type; Тип документа",
        "identificacion": "Nº documento; Identification No.; Ідентифікаційний номер",
        "email": "Correo-e; E-mail address; Ел. пошта",
        "orden": "Turno de firma; Signing order; Порядок підписання",
        "aprobador": "¿Es aprobador?; Approver; Погоджувач",
        "tipo_firma": "Tipo de firma; Signature type; Тип підпису",
        "tipo_firmante": "Tipo de persona; Signer type; Тип підписанта",
        "celular": "Nro. celular; Mobile number; Моб. телефон",
        "razonsocial": "Razón Social; Organization; Назва підприємства",
        "company_identification_type": "Tipo documento empresa; Company ID type; Тип документа компанії",
        "company_identification": "NIT de la empresa; Company ID; Код ЄДРПОУ",
        "servicio_identidad": "Validación de identidad; Identity check; Перевірка особи",
        "rol": "Rol; Role; Роль",
        "states": "Estados a notificar; States to notify; Статуси для сповіщення",
        "enable_comments": "Permite comentarios; Allow comments; Дозволити коментарі",
        "on_premise_signature": "Firma en sitio; On-site signature; Підпис на місці",
        "operation_rol": "Rol en el documento; Document role; Роль у документі",
    },
    NoteTerms: {
        "reference": "Referencia; Reference No.; Референція",
        "expiration": "Fecha de vencimiento; Due date; Термін сплати",
        "amount": "Monto del pagaré; Amount; Сума",
        "payment_way": "Forma de pago; Payment method; Спосіб оплати",
        "payment_place": "Lugar de pago; Place of payment; Місце платежу",
    },
    nddprint.NewCardCode: {
        "LogonName": "Nombre de usuario; Login name; Ім'я користувача",
        "DomainName": "Dominio; Domain; Домен",
        "CardCode": "Código tarjeta; Badge number; Номер картки",
    },
    carmachain.Person: {
        "IdDocument": "Documento de identidad; Passport number; Серія та номер паспорта",
        "PhoneNumber": "Teléfono de contacto; Cell number; Номер мобільного",
    },
}


@pytest.mark.parametrize("record", HEADINGS, ids=lambda record: record.__name__)
def test_headings_of_every_field_in_three_languages(record: type[Record]) -> None:
    for language in range(3):
        wanted = {said.split("; ")[language]: field for field, said in HEADINGS[record].items()}
        assert matched(names(*wanted), record) == wanted
        for heading, field in wanted.items():  # nor does it need the others to be told apart from
            assert matched(names(heading), record) == {heading: field}
    told = {f.name for f in record.fields if f.name not in HEADINGS[record]}
    assert told <= {"type"}  # "type" of what, only values tell


def test_type_of_what_the_values_tell() -> None:
    for heading, values, field in (
        ("Tipo", ["CC", "CE", "CC"], "tipo_identificacion"),
        ("TYPE", ["Firma digital"], "tipo_firma"),
        ("Тип", ["Persona natural", "Persona jurídica"], "tipo_firmante"),
        ("Tipo", ["cliente", "proveedor"], None),
        ("Tipo", ["0", "1"], None),  # of a signature, or of a signer: a question
        ("Tipo", [], None),
        ("Estado", ["CC", "CE"], None),
    ):
        assert matched(pd.DataFrame({heading: pd.Series(values, dtype="str")}), NewSigner) == {heading: field}
    assert matched(pd.DataFrame({"Tipo de pagaré": ["BLANK", "En blanco"]}), NoteTerms) == {"Tipo de pagaré": "type"}
    question = match_columns(pd.DataFrame({"Tipo": ["0", "1"]}), NewSigner)
    assert question.table.loc[0, "reason"] == "fits tipo_firma, tipo_firmante alike: choose"


@pytest.mark.parametrize(
    "heading", ["Tipo", "Estado", "Estado civil", "CC", "Código", "Número", "Firma", "Comentarios", "Cliente", "Fecha"]
)
def test_what_may_mean_several_things_is_left_open(heading: str) -> None:
    for record in HEADINGS:
        assert matched(names(heading), record) == {heading: None}


def test_twice_the_same_is_a_question() -> None:
    twice = match_columns(names("Dominio", "Domain"), nddprint.NewCardCode)
    assert twice.columns == {"Dominio": None, "Domain": None}
    assert "DomainName is fitted alike by 'Domain': choose" in twice.table["reason"].tolist()


def test_another_part_of_the_name_is_not_enough() -> None:
    assert matched(names("Nombre", "Usuario", "Tarjeta"), nddprint.NewCardCode)["Nombre"] is None


def of(column: str, field: str, *values: str) -> tuple[str | None, bool]:
    """Which field a column fills where there is only one, and whether that is a guess."""
    match = match_columns(pd.DataFrame({column: [*values]}, dtype="str"), [Text(name=field)])
    return match[column], match.guessed == [column]


OPPOSITES = """Cobrar|No cobrar; VISITAR|Nunca visitar; ADEUDA|No adeuda; CORRECTO|Incorrecto; LEGIBLE|Ilegible;
    CONECTADO|Desconectado; AVAILABLE|Unavailable; ENABLED|Disabled; MEMBER|Non member; ВИДИМИЙ|Невидимий;
    ATENDIDO|Desatendido; ENVIADO|Reenviado; INGRESADO|Egresado; VENDEDOR|Vendido; FACTURADO|Facturador;
    ALUMNO_NUEVO|Alumno no nuevo; REGISTERED|Unregistered; CON_HIJOS|Sin hijos; CORREO_VALIDO|Correo inválido;
    NO_ENVIAR_CORREO|Correo"""
NUMBERED = """VENTA_2025|Venta 2024; FONO_A|Fono B; GRUPO_A|Grupo C; SECCION_1|Sección 12; CUOTA_3|Cuota 13;
    NOTA|Nota 2; P12|P1.2; TRAMO_34|Tramo 3/4; META_25|Meta 2-5; AVANCE|Avance %; VOLUMEN_3|Volumen ³; MONTO|Monto
    #; DESCUENTO|Descuento ‰"""
OTHERWISE = """APELLIDO_PATERNO|Apellido materno; PRIMER_APELLIDO|Segundo apellido; DIRECCION_LABORAL|Dirección
    personal; FONO_2|Fono 1; EMAIL_3|Correo 2; LUGAR_NACIMIENTO|Nacimiento; DNI|Pasaporte; CPF|RUT; CEDULA|DNI;
    ІПН|Паспорт; CANTIDAD|Valor; TOTAL|Cantidad; IMPORTE|Cantidad; FONO_TRABAJO|Celular personal; EMAIL_AVAL|Correo;
    MONTO|Monto puntos; NOMBRE|Contacto de; ORDEN|Número de orden; ORDEN|Order no.; FONO|Contact person phone;
    FONO|Fono de la persona de contacto"""
LESS = """FONO_TRABAJO|Celular; MONTO_PAGADO|Importe; CIUDAD_DESTINO|Ciudad; RUT|Documento; EMAIL_2|Mail;
    TOTAL|Monto; APELLIDO_PATERNO|Apellidos; DIRECCION_LABORAL|Dirección; WHATSAPP|Fono; OBSERVACIONES|Obsrvaciones;
    BODEGA|Bodegas; INSCRIPCION|Inscrpcion"""
SAME = """FECHA_CONTRATO|Fecha de contrato; EMAIL_EMPRESA|Correo empresa; FONO_2|Teléfono 2; RUT|RUN;
    ITEM_1|Ítem 01; APELLIDO_PATERNO|Primer apellido; PASAPORTE|Número de pasaporte; IDENTIFICACION|Cédula;
    MONTO|Total; SALDO_12|Saldo 12; TELEFONO_1|Teléfono; NOMBRE_CLIENTE|Nombre; ACTIVO|¿Activo?; PUNTAJE|Puntaje*;
    CELULAR|Celular #"""


def pairs(text: str) -> list[tuple[str, ...]]:
    return [tuple(part.strip() for part in pair.split("|")) for pair in text.split(";")]


@pytest.mark.parametrize(("field", "column"), pairs(";".join((OPPOSITES, NUMBERED, OTHERWISE))))
def test_what_says_something_else_or_the_opposite_fills_nothing(field: str, column: str) -> None:
    assert of(column, field, "x", "y")[0] is None


@pytest.mark.parametrize(("field", "column"), pairs(LESS))
def test_what_says_less_or_nearly_the_same_is_a_guess(field: str, column: str) -> None:
    assert of(column, field, "x", "y") == (field, True)
    notes = check(pd.DataFrame({column: ["x"]}), match_columns(pd.DataFrame({column: ["x"]}), [Text(name=field)])).notes
    assert sum("by a guess" in note for note in notes) == 1


@pytest.mark.parametrize(("field", "column"), pairs(SAME))
def test_what_says_the_same_in_other_words_is_none(field: str, column: str) -> None:
    assert of(column, field, "x", "y") == (field, False)


@pytest.mark.parametrize(
    ("column", "field", "values", "guessed"),
    [
        ("Razón social", "NOMBRE", ["Comercial Soto SpA", "Viña Los Andes"], True),
        ("Representante legal", "NOMBRE", ["Ana Peña", "Luis Soto"], True),
        ("Donante", "NOMBRE", ["Ana Peña", "Luis Soto"], True),
        ("Paciente", "NOMBRE", ["7", "8"], False),
        ("Socio", "NOMBRE_MASCOTA", ["Ana Peña", "Luis Soto"], False),
    ],
)
def test_whose_names_they_are_is_a_guess(column: str, field: str, values: list[str], guessed: bool) -> None:
    assert of(column, field, *values) == (field if guessed else None, guessed)


def test_a_word_of_several_meanings_is_what_its_values_are() -> None:
    for column, values, field in (
        ("Rol", ["Deudor", "Codeudor"], "operation_rol"),
        ("Rol", ["Notificado"], "rol"),
        ("C.C.", ["52123456", "1020304050"], "identificacion"),
        ("CC", ["ana@example.com"], None),
    ):
        assert matched(pd.DataFrame({column: values}), NewSigner) == {column: field}
    birthday = match_columns(pd.DataFrame({"Aniversario": ["13/05/1980"]}), FIELDS)
    assert (birthday["Aniversario"], birthday.guessed) == ("NACIDO", ["Aniversario"])


@pytest.mark.parametrize("again", ["Correo (2)", "Correo.1"])
def test_of_the_same_name_twice_the_first_with_values_is_taken(again: str) -> None:
    both = pd.DataFrame({"Correo": ["a@example.com"], again: ["b@example.com"]})
    match = match_columns(both, FIELDS)
    assert (match.columns, match.guessed) == ({"Correo": "EMAIL", again: None}, ["Correo"])
    assert sum("has values too: the first" in note for note in check(both, match).notes) == 1
    assert matched(both.assign(Correo=None)) == {"Correo": None, again: "EMAIL"}


def test_a_blank_column_leaves_its_field_to_another_that_is_called_so() -> None:
    frame = pd.DataFrame({"EMAIL": [None, ""], "Mail": ["a@example.com", "b@example.com"], "Fono": [None, None]})
    assert matched(frame) == {"EMAIL": None, "Mail": "EMAIL", "Fono": "TELEFONO"}
    assert matched(frame.rename(columns={"Mail": "Mail del jefe"}))["EMAIL"] == "EMAIL"


@pytest.mark.parametrize(
    ("name", "label", "column", "guessed"),
    [
        *(("EMAIL", "Correo del ejecutivo", "Mail", True), ("EMAIL", "Correo del jefe", "Mail jefe", False)),
        *(("MONTO", "Monto en UF", "Importe", True), ("FECHA", "Fecha de vencimiento", "Fecha", True)),
        *(("FONO", "Teléfono oficina", "Teléfono", True), ("FONO", "Celular del cliente", "Teléfono", False)),
        *(("NOMBRE", "Nombres", "Nombre", False), ("MONTO", "Valor total", "Monto", False)),
        *(("MONTO", "Monto en UF", "MONTO", False), ("EMAIL", "Correo principal", "Mail", False)),
    ],
)
def test_a_label_that_says_more_than_the_name_counts(name: str, label: str, column: str, guessed: bool) -> None:
    match = match_columns(pd.DataFrame({column: ["x"]}), [Text(name=name, label=label)])
    assert (match[column], bool(match.guessed)) == (name, guessed)


def test_what_fits_alike_is_said_where_it_is_not_sent() -> None:
    frame = pd.DataFrame({"ІПН": ["2935277368"], "Паспорт": ["АА123456"]})
    with pytest.raises(InputError, match="'ІПН': IdDocument is fitted alike by 'Паспорт': choose"):
        check(frame, match_columns(frame, carmachain.Person))
    phones = frame.assign(Телефон="0501234567")
    notes = check(phones, match_columns(phones, carmachain.Person)).notes
    assert sum("is fitted alike by" in note for note in notes) == 2


class TestMatch:
    def made(self) -> Match:
        return match_columns(names("Nombre", "Correo", "Otro"), FIELDS)

    def test_table(self) -> None:
        table = self.made().table
        assert list(table.columns) == ["column", "field", "reason", "confidence"]
        assert table["column"].tolist() == ["Nombre", "Correo", "Otro"]
        assert table["field"].isna().tolist() == [False, False, True]

    def test_edited(self) -> None:
        match = self.made()
        match["Otro"] = "EMAIL"
        assert match.columns == {"Nombre": "NOMBRE", "Correo": None, "Otro": "EMAIL"}
        match["Nombre"] = None
        assert match.missing == ["NOMBRE"]
        assert "required, and filled by no column: NOMBRE" in repr(match)
        assert "NOMBRE" in match._repr_html_()
        assert match.table["reason"].tolist() == ["left out", "EMAIL is filled by 'Otro'", "chosen"]

    def test_wrong_edits(self) -> None:
        match = self.made()
        with pytest.raises(InputError, match="did you mean 'EMAIL'"):
            match["Correo"] = "EMAI"
        with pytest.raises(InputError, match="no column 'Mail'"):
            match["Mail"] = "EMAIL"
        assert match.columns == self.made().columns

    def test_saved(self, tmp_path: Path) -> None:
        match = self.made()
        match["Otro"] = "TELEFONO"
        match.save(tmp_path / "match.json")
        again = Match.load(tmp_path / "match.json", FIELDS)
        assert again.columns == match.columns
        with pytest.raises(InputError, match="no field 'EMAIL'"):
            Match.load(tmp_path / "match.json", FIELDS[:1])
        (tmp_path / "bad.json").write_text("[]", encoding="utf-8")
        for name in ("bad.json", "none.json"):
            with pytest.raises(InputError, match="holds no match"):
                Match.load(tmp_path / name, FIELDS)

    def test_applied(self) -> None:
        frame = pd.DataFrame({"Nombre": ["Ana"], "Correo": ["a@example.com"], "Otro": [1]}, index=[7])
        assert self.made().apply(frame).to_dict("index") == {7: {"NOMBRE": "Ana", "EMAIL": "a@example.com"}}

    def test_hostile_names(self) -> None:
        match = match_columns(names("<script>alert(1)</script>"), [Text(name="<b>", required=True)])
        assert "<script>" not in match._repr_html_()
        assert "<b>" not in match._repr_html_()

    def test_names_that_are_not_text(self) -> None:
        assert match_columns(pd.DataFrame({0: ["x"], 1.5: ["y"]}), FIELDS).table["field"].isna().all()
        for columns, said in ((["x", "x"], "occur twice"), (["x", None], "has no name")):
            with pytest.raises(InputError, match=said):
                match_columns(pd.DataFrame([["a", "b"]], columns=columns), FIELDS)


class TestCheckWithMatch:
    frame = pd.DataFrame({"Nombre": [" Ana "], "Correo": ["a@example.com"], "Otro": ["x"]}, index=[2])

    def test_columns_keep_their_names(self) -> None:
        done = check(self.frame, match_columns(self.frame, FIELDS))
        assert {k: v[0] for k, v in done.wire().items()} == {"NOMBRE": "Ana", "EMAIL": "a@example.com"}
        assert done.problems[["column", "field"]].to_numpy().tolist() == [["Nombre", "NOMBRE"]]

    def test_fixed_frame_remembers_the_match(self) -> None:
        fixed = check(self.frame, match_columns(self.frame, FIELDS)).fixed()
        assert list(fixed.columns) == ["Nombre", "Correo", "Otro"]
        again = check(fixed, FIELDS)  # as an insert does, which is handed the frame alone
        assert {k: v[0] for k, v in again.wire().items()} == {"NOMBRE": "Ana", "EMAIL": "a@example.com"}
        assert again.problems.empty
        assert check(fixed[["Correo", "Nombre"]], FIELDS).problems.empty

    def test_memory_of_another_system(self) -> None:
        frame = self.frame[["Nombre"]].copy()
        frame.attrs["fields"] = {"Nombre": "something else"}
        with pytest.raises(InputError, match="'Nombre' is no field; perhaps NOMBRE"):
            check(frame, FIELDS)

    def test_another_sheet(self) -> None:
        match = match_columns(self.frame, FIELDS)
        with pytest.raises(InputError, match="does not know the columns 'Nuevo'"):
            check(self.frame.assign(Nuevo=1), match)
        with pytest.raises(InputError, match="this sheet lacks: 'Correo'"):
            check(self.frame.drop(columns="Correo"), match)
        assert check(self.frame.drop(columns="Otro"), match).ok


PEOPLE = [
    Text(name="NOMBRE"),
    Email(name="EMAIL"),
    Email(name="CORREO (3)"),
    Number(name="MONTO"),
    Date(name="NACIMIENTO"),
]


@pytest.mark.parametrize(
    ("cells", "used"),
    [("a@example.cl;", "Correo"), ("a@example.cl;b@example.cl", "Correo"), (";b@example.cl", "Correo (2)")],
)
def test_of_columns_of_one_name_the_first_that_holds_anything_is_used(cells: str, used: str) -> None:
    sheet = read_sheet(f"Nombre;Correo;Correo;Correo\nAna;{cells};c@example.cl".encode())
    match = match_columns(sheet, PEOPLE)
    emails = {column: field for column, field in match.columns.items() if field != "NOMBRE"}
    assert emails == dict.fromkeys(["Correo", "Correo (2)"]) | {used: "EMAIL", "Correo (3)": "CORREO (3)"}


@pytest.mark.parametrize("name", ["Razón social", "Razão social", "Cliente", "Paciente", "Firmante"])
def test_who_a_row_is_of_is_its_name_by_a_guess(name: str) -> None:
    names = ["Ana Paz", "ACME Ltda."]
    match = match_columns(pd.DataFrame({name: names, "Correo": ["a@example.cl", "b@example.cl"]}), PEOPLE)
    assert (match[name], match.guessed) == ("NOMBRE", [name])


@pytest.mark.parametrize("name", ["Monto %", "% Monto", "Amount (cents)", "Total puntos"])
def test_shares_and_other_units_are_no_amount(name: str) -> None:
    assert match_columns(pd.DataFrame({name: ["15", "25"]}), PEOPLE)[name] is None


@pytest.mark.parametrize("whose", ["роботодавця", "поручителя", "контактної особи", "employer", "guarantor"])
def test_the_phone_of_somebody_else_is_not_taken(whose: str) -> None:
    name = f"Телефон {whose}"
    assert (
        match_columns(pd.DataFrame({name: ["0501234567", "0671234567"]}), [Phone(name="Phone", country="UA")])[name]
        is None
    )


@pytest.mark.parametrize(
    ("values", "field"), [(["Deudor", "Codeudor"], "operation_rol"), (["Notificado", None], "rol")]
)
def test_a_role_is_that_of_which_it_has_the_values(values: list[str | None], field: str) -> None:
    roles = List(name="operation_rol", separator=",")
    fields: list[Field] = [Choice(name="rol", choices={"Notificado": "Notificado"}), roles]
    assert match_columns(pd.DataFrame({"Rol": values}), fields)["Rol"] == field
