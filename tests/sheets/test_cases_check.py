"""Sheets that went wrong once, by kind: what is sent of them. The numbers are those of the list of cases."""

import csv
import io
import math
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import islice, product
from pathlib import Path
from string import ascii_lowercase
from typing import Any

import numpy as np
import pandas as pd
import pytest

from toolkit.errors import InputError
from toolkit.sheets import Check, check, facets, match_columns, only_failed, read_sheet
from toolkit.sheets.checker import DOUBT, MOST_COMPARED, Problem
from toolkit.sheets.outcomes import COLUMNS
from toolkit.sheets.target import RowProblem, Takes
from toolkit.spec import Bool, Choice, Date, Email, Field, Identity, Integer, List, Number, Phone, Text, Timestamp

NAME, MAIL, PHONE = Text(name="NOMBRE"), Email(name="EMAIL"), Phone(name="TELEFONO")
BORN = Date(name="FECHA_NACIMIENTO", format="%d/%m/%Y")
CONTACTS: tuple[Field, ...] = (NAME, MAIL, PHONE, BORN)


def of(field: Field, *cells: Any, **how: Any) -> Check:
    return check(pd.DataFrame({field.name: pd.Series(cells, dtype=object)}), Takes((field,), empty_rows=True), **how)


def wire(field: Field, *cells: Any, **how: Any) -> list[Any]:
    return of(field, *cells, **how).wire()[field.key]


def question(field: Field, cell: Any, reason: str, proposal: str | None = None) -> None:
    done = of(field, cell)
    assert done.problems["level"].tolist() == ["question"]
    assert reason in done.problems["problem"].iloc[0]
    assert done.problems["proposal"].astype(object).where(done.problems["proposal"].notna(), None).tolist() == [
        proposal
    ]
    assert done.bad.tolist() == [True]


# ── 1: the decimal sign ──────────────────────────────────────────────────────

AMOUNT = Number(name="MONTO")


@pytest.mark.parametrize("minority", ["12.5", "0.5", "1234.5", "99.99"])
def test_1_a_minority_never_settles_the_decimal_sign(minority: str) -> None:
    frame = read_sheet(("MONTO\n" + "1.500\n" * 400 + f"{minority}\n").encode())
    done = check(frame, [AMOUNT])
    assert done.bad.sum() == 400
    assert done.facets[["reason", "level", "cells"]].to_numpy().tolist() == [
        ["can be read as two numbers", "question", 400]
    ]
    assert check(frame, [AMOUNT], decimal=",").wire()["MONTO"][0] == 1500
    assert check(frame, [AMOUNT], decimal=".").wire()["MONTO"][0] == 1.5


@pytest.mark.parametrize(
    "cells",
    [["1.500", "12.5"], ["2.750", "1,5"], ["1'500", "2.300", "0,5"], ["$ 3.000", "2.500", "12.5", "4.000"]],
)
def test_1_as_many_of_one_kind_as_of_the_other_settle_nothing(cells: list[str]) -> None:
    done = of(AMOUNT, *cells)
    ambiguous = [(text.endswith("00") and "." in text) or text == "2.750" for text in cells]
    assert [value is None for value in done.wire()["MONTO"]] == ambiguous


def test_1_what_was_decided_is_said_once_with_the_way_to_decide_otherwise() -> None:
    done = of(AMOUNT, "1.500", "1.234,50", "2.000,10")
    assert done.wire()["MONTO"] == [1500, 1234.5, 2000.1]
    assert [note for note in done.notes if "','" in note and "`decimal=`" in note] == done.notes
    assert done.notes[0] in repr(done)


# ── 3: matching ──────────────────────────────────────────────────────────────

PHONES, MAILS, DAYS = ["912345678", "987654321"], ["a@example.cl", "b@example.cl"], ["05/03/1980", "31/12/1990"]


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("RUT", ["201234567", "201234568"]),
        ("Cédula", PHONES),
        ("Fax", PHONES),
        ("N° pedido", PHONES),
        ("Cuenta bancaria", PHONES),
        ("Fecha de compra", DAYS),
        ("Vendedor", MAILS),
        ("Nombre ejecutivo", ["Ana", "Eva"]),
        ("Folio", PHONES),
        ("Código postal", PHONES),
        ("Fecha de contrato", DAYS),
        ("Correo del supervisor", MAILS),
        ("Teléfono de emergencia", PHONES),
        ("Nombre de la mascota", ["Fido", "Mora"]),
        ("Contacto", MAILS),
        ("Correo (asesor)", MAILS),
    ],
)
def test_3_a_name_that_means_something_else_vetoes(column: str, values: list[str]) -> None:
    frame = pd.DataFrame({column: values, "NOMBRE" if "Nombre" not in column else "EMAIL": values})
    match = match_columns(frame, CONTACTS)
    assert match[column] is None
    notes = check(frame, match).notes
    assert any(f"{column!r} fills no field: its 2 cells are not sent" in note for note in notes)


@pytest.mark.parametrize("column", ["Column 2", "A", "Dato", "Unnamed: 3"])
def test_3_a_guess_by_values_is_said_once_and_refused_when_strict(column: str) -> None:
    frame = pd.DataFrame({"NOMBRE": ["Ana", "Eva"], column: MAILS})
    match = match_columns(frame, CONTACTS)
    assert (match[column], match.guessed) == ("EMAIL", [column])
    assert sum("by a guess" in note for note in check(frame, match).notes) == 1
    for strict in (lambda: match_columns(frame, CONTACTS, strict=True), lambda: check(frame, match, strict=True)):
        with pytest.raises(InputError, match=r"by a guess only|only be guessed"):
            strict()
    match[column] = "EMAIL"
    assert match.guessed == []
    assert check(frame, match, strict=True).ok


@pytest.mark.parametrize(
    ("column", "values", "field"),
    [
        ("Celular", ["3001234567", "3109876543"], "TELEFONO"),
        ("Correo", ["no tiene", "no tiene", "a@example.cl"], "EMAIL"),
        ("Fecha nac.", ["33333", "33334"], "FECHA_NACIMIENTO"),
        ("Fec. nac.", ["?", "ayer"], "FECHA_NACIMIENTO"),
        ("Tel. contacto", ["x", "y"], "TELEFONO"),
        ("Mails", ["912345678", "x"], "EMAIL"),
        ("Celular (9 dígitos)", ["1", "2"], "TELEFONO"),
        ("E-mail *", ["x", "y"], "EMAIL"),
        ("\u200bCorreo\ufeff", ["x", "y"], "EMAIL"),
        ("F. Nac.", ["?", "ayer"], "FECHA_NACIMIENTO"),
        ("Telf.", ["x", "y"], "TELEFONO"),
    ],
)
def test_11_a_dirty_column_keeps_its_field(column: str, values: list[str], field: str) -> None:
    frame = pd.DataFrame({column: values})
    match = match_columns(frame, CONTACTS)
    assert match[column] == field
    assert check(frame, match).bad.any()


# ── 4: errors of formulas ────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "text",
    """#N/D #¡REF! #¿NOMBRE? #¡VALOR! #¡DIV/0! #Н/Д #ЗНАЧ! #NV ######## Err:502 Loading... #ERROR! #N/A #NULL! #NUM!
    #BEZUG! #WERT! #ИМЯ? #ССЫЛКА! #ПОСИЛАННЯ! #¡DESBORDAMIENTO! #SPILL! #CALC! #NOME? #VALEUR! #¡NULO! #¡NUM! Err:508
    Cargando... Завантаження... #GETTING_DATA #FIELD! #BLOCKED! #DIV/0! #N/DISP #REF #DIV/0 #NULL #ERROR Error:502 Err:5
    #TRANSBORDO! #ODWOŁANIE! #GÅR_EJ! #ПУСТО! #Eliminado #Deleted #¿Nombre? #Name? #Núm! #Type! #Func! #N/V""".split(),  # noqa: SIM905
)
def test_4_errors_of_formulas_in_every_language(text: str) -> None:
    for field in (NAME, MAIL, PHONE, BORN, AMOUNT, Identity(name="i")):
        done = of(field, text)
        assert done.errors["problem"].tolist() == ["is the error of a formula"]


@pytest.mark.parametrize("text", ["#1", "#Talca", "# 5", "Errata", "Err", "#hola!", "Loading dock", "Carla", "#A1B2C3"])
def test_4_what_only_looks_like_an_error_is_sent(text: str) -> None:
    assert wire(NAME, text) == [text]


@pytest.mark.parametrize(
    "text", ["=SUMA(A1:A3)", "=A1", "=VLOOKUP(A2;B:C;2;0)", "=-B2", "=1+1", '=HYPERLINK("http://example.cl";"x")']
)
def test_4_a_formula_that_was_never_calculated_is_asked(text: str) -> None:
    for field in (NAME, MAIL, PHONE, AMOUNT):
        question(field, text, "looks like a formula")
    assert of(NAME, text).accept("NOMBRE").wire()["NOMBRE"] == [text]
    with pytest.raises(InputError, match="nothing to accept"):  # as no vendor takes it
        of(AMOUNT, text).accept()


# ── 5: month first ───────────────────────────────────────────────────────────


@pytest.mark.parametrize("telling", ["12/31/1980", "02/28/1999", "1-13-2001", "10/25/1970"])
def test_5_ambiguous_days_are_asked_where_some_are_month_first(telling: str) -> None:
    done = of(BORN, telling, "05/06/1981", "07/04/1982", "05/05/1990")
    assert done.bad.tolist() == [True, True, True, False]
    assert done.problems["reason"].tolist()[1:] == ["can be read as two days"] * 2
    sent = wire(BORN, telling, "05/06/1981", "07/04/1982", day_first=False)
    assert sent[1:] == ["06/05/1981", "04/07/1982"]
    assert None not in sent
    assert wire(BORN, telling, "05/06/1981", day_first=True) == [None, "05/06/1981"]


def test_5_days_that_show_their_order_decide() -> None:
    assert wire(BORN, "31/12/1980", "05/06/1981") == ["31/12/1980", "05/06/1981"]
    assert of(BORN, "05/06/1981").notes[0].endswith("`day_first=` says otherwise")


# ── 7: float32 ───────────────────────────────────────────────────────────────


@pytest.mark.parametrize("dtype", ["float32", "Float32", "float16", "category"])
def test_7_numbers_of_few_digits(dtype: str) -> None:
    short = pd.Series([0.1, 2.5, np.nan], dtype="float16" if dtype == "float16" else "float32")
    column = short.astype(dtype) if dtype != "float16" else short
    sent = check(column.to_frame("MONTO"), Takes((AMOUNT,), empty_rows=True)).wire()["MONTO"]
    assert [round(v, 3) if v is not None else None for v in sent] == [0.1, 2.5, None]
    assert dtype == "float16" or sent[0] == 0.1


@pytest.mark.parametrize(("dtype", "most"), [("float16", 2_048), ("float32", 16_777_216), ("Float32", 16_777_216)])
def test_7_digits_are_lost_where_the_kind_of_number_ends(dtype: str, most: int) -> None:
    column = pd.Series([most - 1, most + 1, 0.1], dtype=dtype)
    done = check(column.to_frame("MONTO"), [Number(name="MONTO", as_text=True)])
    assert done.wire()["MONTO"] == [str(most - 1), None, "0.1"]


@pytest.mark.parametrize("dtype", ["float32", "Float32"])
def test_7_phones_that_lost_digits_are_refused(dtype: str) -> None:
    frame = pd.DataFrame({"TELEFONO": pd.Series([922345671, 922345673, 1234567], dtype=dtype)})
    done = check(frame, [PHONE])
    assert done.wire()["TELEFONO"][:2] == [None, None]
    assert "shortened" in done.problems["problem"].iloc[0]


# ── 8: phones of another country ─────────────────────────────────────────────


@pytest.mark.parametrize("text", ["6012345678", "3101234567", "3001234567", "6041234567"])
def test_8_numbers_of_another_country_are_never_taken_for_ours(text: str) -> None:
    done = of(PHONE, text)
    assert done.bad.tolist() == [True]
    proposal = done.problems["proposal"].iloc[0]
    assert pd.isna(proposal) or proposal.startswith("+5")
    assert wire(PHONE, text, country="CO") == [f"57{text}"]
    assert wire(PHONE, text, country="Colombia") == [f"57{text}"]
    assert wire(PHONE, text, country={"TELEFONO": "CO"}) == [f"57{text}"]


def test_8_a_column_may_name_the_country() -> None:
    frame = pd.DataFrame(
        {"TELEFONO": ["3001234567", "912345678", "300", None], "País": ["Colombia", "Chile", "Perú", "CL"]}
    )
    done = check(frame, [PHONE, Text(name="País")], country="País")
    assert done.wire()["TELEFONO"] == ["573001234567", "56912345678", None, None]
    with pytest.raises(InputError, match="no country 'Narnia'"):
        check(frame, [PHONE, Text(name="País")], country="Narnia")


def test_8_the_country_that_fits_is_said() -> None:
    done = of(PHONE, *(f"30{n}1234567" for n in range(6)), "912345678")
    assert any("`country='CO'`" in note for note in done.notes)


def test_8_a_landline_where_a_mobile_is_meant_is_a_doubt() -> None:
    for country, text in (("CL", "221234567"), ("CO", "6012345678"), ("UA", "0441234567")):
        done = of(Phone(name="celular", country=country, mobile=True), text)
        assert done.problems["level"].tolist() == ["doubt"]
        assert of(Phone(name="celular", country=country, mobile=True), text, doubts="hold").bad.tolist() == [True]


# ── 9: rows that are no people ───────────────────────────────────────────────


@pytest.mark.parametrize(
    "row",
    [
        ["TOTAL", "300", None, None],
        ["Total general", None, None, None],
        ["Subtotal:", "12", None, None],
        ["NOMBRE", "MONTO", "EMAIL", "CIUDAD"],
        ["-----", "----", "-----", "----"],
        ["=======", None, None, None],
        ["Fuente: registro civil", None, None, None],
        ["Всього", "5", None, None],
        ["Total $", "300", None, None],
        ["Total Talca", "300", None, "Talca"],
        ["Suma de MONTO", "4", None, None],
        ["Усього за місяць", "5", None, None],
        ["Promedio", "1,5", None, None],
        ["Sub-total norte", "3", None, None],
    ],
)
def test_9_rows_that_are_no_people_are_asked(row: list[str | None]) -> None:
    people = [[f"Ana {n}", f"{n}", f"a{n}@example.cl", "Talca"] for n in range(9)]
    frame = pd.DataFrame([*people, row, *people], columns=["NOMBRE", "MONTO", "EMAIL", "CIUDAD"])
    done = check(frame, [NAME, AMOUNT, MAIL, Text(name="CIUDAD")])
    assert np.flatnonzero(done.bad).tolist() == [9]
    assert "question" in done.problems["level"].tolist()
    assert len(done.refused) == 1


@pytest.mark.parametrize(
    "foot",
    [
        ["Fin del reporte"],
        ["Nota: ver anexo", "* datos al 31/12"],
        ["Página 1 de 3"],
        ["Elaborado por: Ana Soto"],
        ["Σ"],
    ],
)
def test_9_notes_at_the_end_of_a_short_list_are_asked(foot: list[str]) -> None:
    people = [f"Ana {n};Talca" for n in range(9)]
    frame = read_sheet("\n".join(["NOMBRE;CIUDAD", *people, *foot]).encode())
    fields = [NAME, Text(name="CIUDAD")]
    assert np.flatnonzero(check(frame, fields).bad).tolist() == [*range(9, 9 + len(foot))]
    some_lack_a_city = read_sheet("\n".join(["NOMBRE;CIUDAD", *people, "Eva;", "Sol;", "Luz;Talca", "Mia;"]).encode())
    assert check(some_lack_a_city, fields).ok


def test_9_a_company_called_so_is_no_total() -> None:
    people = [[f"Ana {n}", f"a{n}@example.cl"] for n in range(5)]
    frame = pd.DataFrame([*people, ["Total Seguridad SpA", "ts@example.cl"]], columns=["NOMBRE", "EMAIL"])
    assert check(frame, [NAME, MAIL]).ok


def test_9_rows_with_one_cell_in_ten() -> None:
    names = [f"c{n}" for n in range(10)]
    frame = pd.DataFrame([[*"abcdefghij"], ["Ana", *[None] * 9], [*"klmnopqrst"]], columns=names)
    done = check(frame, [Text(name=name) for name in names])
    assert done.problems[["row", "column", "level"]].to_numpy().tolist() == [[1, "(row)", "question"]]
    assert done.accept("(row)").ok


# ── 10: odd texts ────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "word",
    [
        "nan",
        "<NA>",
        "None",
        "null",
        "s/i",
        "sin correo",
        "-",
        "N/A",
        "No tiene",
        "---",
        "S/I",
        "sin información",
        ".",
        "(en blanco)",
        "[null]",
        "None.",
        "S/N",
        "sin nombre",
        "Sin especificar",
        "no informado",
        "No posee",
        "s/correo",
        "н/д",
        "не вказано",
        "без імені",
        "não informado",
        "sem nome",
        "not provided",
        "<NULL>",
        "vacío",
        "unknown",
        "no corresponde",
        *("Error", "1.#INF", "-1.#IND", "1.#QNAN", "н/в", "без пошты", "(vacías)"),
    ],
)
def test_10_words_for_nothing_are_asked(word: str) -> None:
    for field in (NAME, MAIL, PHONE, Identity(name="i")):
        question(field, word, "says that there is nothing")
    done = of(MAIL, word, empty={word})
    assert (done.wire()["EMAIL"], done.problems.empty) == ([None], True)


@pytest.mark.parametrize(
    "word",
    [
        "Sí",
        "SI",
        "Nani",
        "Nil Pérez",
        "no",
        "Nulo Ríos",
        "Sinaí",
        "Nadia",
        "Noé Sin",
        "Simón",
        "Total Gas",
        "Errol",
        "1.#Infante",
    ],
)
def test_10_names_are_no_words_for_nothing(word: str) -> None:
    assert wire(NAME, word) == [word]
    assert wire(NAME, word, empty={"s/i", "-"}) == [word]


@pytest.mark.parametrize("text", ["'ana@example.cl", "'Ana", "’Ana", "'912345678"])
def test_10_a_leading_apostrophe(text: str) -> None:
    question(NAME, text, "apostrophe", text[1:])


@pytest.mark.parametrize("sign", ["\0", "\x07", "\x1b", "\u202e", "\u2066", "\uffff"])
def test_10_control_characters(sign: str) -> None:
    question(NAME, f"An{sign}a", "control characters", "Ana")


@pytest.mark.parametrize("text", ["Peña", "José", "Ángel Muñoz", "Олена", "Ї", "Łódź", "N° 5 ª"])
def test_6_a_text_that_was_decoded_wrongly_before_is_asked(text: str) -> None:
    twice = "".join(bytes([b]).decode("cp1252") if b not in b"\x81\x8d\x8f\x90\x9d" else chr(b) for b in text.encode())
    question(NAME, twice, "was read in a wrong encoding", text)
    assert wire(NAME, text) == [text]


@pytest.mark.parametrize("sign", ["\u200b", "\u2060", "\ufeff", "\xad", "\u200e"])
def test_10_signs_that_nobody_sees_are_not_sent(sign: str) -> None:
    assert wire(NAME, f"Ana{sign}Soto") == ["AnaSoto"]
    assert of(NAME, f"Ana{sign}Soto").problems["safe"].tolist() == [True]
    assert wire(NAME, "👩\u200d💻") == ["👩\u200d💻"]


@pytest.mark.parametrize("text", ["2935277368,50", "123.4", "1.234.567,25", 2935277368.5, "немає", "ninguno", "ABC"])
def test_10_a_document_number_with_decimals_or_without_digits_is_asked(text: Any) -> None:
    done = of(Identity(name="i"), text)
    assert done.problems["level"].tolist() == ["question"]
    assert done.accept("i").wire()["i"] == [str(text)]


@pytest.mark.parametrize(
    "text", ["2935277368,0", "2935277368.0", "2935277368,00", "2.935.277.368,0", "2,935,277,368.00"]
)
def test_10_a_document_number_stored_as_a_decimal(text: str) -> None:
    for scheme in ("", "co.cc"):
        assert wire(Identity(name="i", scheme=scheme), text) == ["2935277368"]


@pytest.mark.parametrize("kind", ["CC", "TI", "CE", None])
def test_10_dots_between_thousands_are_lost_in_every_kind_of_document(kind: str | None) -> None:
    kinds = Choice(name="kind", choices=dict.fromkeys(["CC", "TI", "CE"], ""))
    number = Identity(name="number", by="kind", schemes={"CC": "co.cc"})
    done = check(pd.DataFrame({"kind": [kind], "number": ["1.032.456.789"]}), [kinds, number])
    assert done.wire()["number"] == ["1032456789"]
    assert done.problems["safe"].tolist() == [True]


@pytest.mark.parametrize("month", ["agonía", "marzipan", "junta", "sepia", "mayor", "dicha"])
def test_10_a_word_is_no_month(month: str) -> None:
    assert of(BORN, f"5 {month} 2020").errors["problem"].tolist() == ["names no month"]


# ── 14, 15, 19, 20: what hung or crashed, unclear words ──────────────────────


@pytest.mark.parametrize("filler", [" ", "\t", "\u200b", "\u00a0", "a ", "1.", "a@", "-"])
def test_14_one_long_cell_does_not_hang(filler: str) -> None:
    cell = "1" + filler * (32_000 // len(filler)) + "1"
    for field in (
        NAME,
        MAIL,
        PHONE,
        BORN,
        AMOUNT,
        Identity(name="i", scheme="cl.rut"),
        Integer(name="n"),
        Bool(name="b"),
    ):
        of(field, cell)


@pytest.mark.parametrize("digits", [301, 5_000, 20_000])
def test_15_a_number_of_thousands_of_digits(digits: int) -> None:
    for cell in ("9" * digits, 10**digits):
        for field in (AMOUNT, Integer(name="n"), PHONE, BORN):
            assert of(field, cell).bad.tolist() == [True]
    assert of(NAME, 10**digits).ok is (digits < 1_000)


class Polars:
    """As much of a frame of polars as is used where pyarrow is not installed."""

    def __init__(self, **columns: list[Any]) -> None:
        self.columns = columns

    def __arrow_c_stream__(self) -> None:
        raise AssertionError("pyarrow is not there")

    def get_columns(self) -> list[Any]:
        return [type("Column", (), {"name": n, "to_list": lambda _, v=v: v})() for n, v in self.columns.items()]


@pytest.mark.parametrize("rows", [Polars(NOMBRE=["Ana"], EMAIL=[None]), [{"NOMBRE": "Ana", "EMAIL": None}]])
def test_15_rows_of_other_kinds(rows: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)  # as where it is not installed
    assert check(rows, CONTACTS).wire()["NOMBRE"] == ["Ana"]
    assert match_columns(rows, CONTACTS)["NOMBRE"] == "NOMBRE"


def test_15_a_column_that_is_not_there_is_named() -> None:
    match = match_columns(pd.DataFrame({"Fono": ["1"], "Correo": ["x"]}), CONTACTS)
    with pytest.raises(InputError, match="no column 'Fonos'; did you mean 'Fono'"):
        match["Fonos"]
    with pytest.raises(InputError, match="rows come as a DataFrame"):
        check(7, CONTACTS)


def test_19_nothing_matched_is_said_once() -> None:
    frame = pd.DataFrame({"x1y": ["a"] * 5, "zzz": ["b"] * 5})
    with pytest.raises(
        InputError, match=r"no column fills a field\. The columns are 'x1y', 'zzz'; the fields are 'NOMBRE'"
    ):
        check(frame, match_columns(frame, CONTACTS))


@pytest.mark.parametrize("text", ["15%", "½", "1.5M", "3½", "10²", "20 mil", "5 %", "2k"])
def test_19_what_changes_a_number_is_never_dropped(text: str) -> None:
    done = of(AMOUNT, text)
    assert done.wire()["MONTO"] == [None]
    assert done.problems["proposal"].isna().all()


@pytest.mark.parametrize("text", ["(1.234,50)", "-1.234,50", "1.234,50-", "$ (1.234,50)"])
def test_19_a_sign_is_not_lost(text: str) -> None:
    done = of(AMOUNT, text)
    sent = done.wire()["MONTO"][0] or done.accept("MONTO").wire()["MONTO"][0]
    assert sent == -1234.5


@pytest.mark.parametrize("join", ["-", " ó ", " ", " - ", " o ", "/", " y ", ", ", "+", " або ", "*", "\n", " or ", ""])
def test_19_two_phones_in_a_cell(join: str) -> None:
    done = of(PHONE, f"912345678{join}987654321")
    assert done.errors[["problem", "proposal"]].to_numpy().tolist() == [["holds several phone numbers", "56912345678"]]


@pytest.mark.parametrize("text", ["9" * 17, "9123456789876543", "912345678912345"])
def test_19_digits_that_are_no_two_phones_are_not_cut(text: str) -> None:
    assert of(PHONE, text).errors["proposal"].isna().all()


@pytest.mark.parametrize(
    "choices",
    [{1: "Soltero", 2: "Casado"}, {1: "Sí", 2: "Sí, con aval", 0: "No"}, {"S": "Sí"}, {0: "Hombre", 1: "Mujer"}],
)
def test_19_a_list_that_is_no_yes_and_no_takes_no_yes(choices: dict[Any, str]) -> None:
    code = next((code for code, label in choices.items() if label == "Sí"), None)
    assert wire(Choice(name="c", choices=choices), "Sí") == [code]
    sent = wire(Choice(name="c", choices=choices), "VERDADERO")
    assert sent == [code if {"Sí", "No"} <= {*choices.values()} else None]


@pytest.mark.parametrize(
    ("text", "yes"), [("ІСТИНА", True), ("ХИБНІСТЬ", False), ("WAHR", True), ("✗", False), ("off", False), ("☑", True)]
)
def test_19_what_programs_write_for_yes_and_no(text: str, yes: bool) -> None:
    assert wire(Bool(name="b"), text) == [yes]


@pytest.mark.parametrize(
    ("text", "code"), [("VERDADERO", "S"), ("Sí", "S"), ("X", "S"), ("FALSO", "N"), ("no", "N"), ("1", "S")]
)
def test_19_yes_and_no_in_a_list(text: str, code: str) -> None:
    assert wire(Choice(name="c", choices={"S": "Sí", "N": "No"}), text) == [code]


def test_20_many_bad_rows_are_looked_up_together(tmp_path: Path) -> None:
    frame = pd.DataFrame({"EMAIL": [f"malo{n}" for n in range(4_000)], "TELEFONO": ["12"] * 4_000})
    done = check(frame, [MAIL, PHONE])
    assert len(done.refused) == done.summary["rows that cannot"] == 4_000
    done.to_excel(tmp_path / "new" / "folder" / "a.xlsx")
    assert len(only_failed(tmp_path / "new" / "folder" / "a.xlsx")) == 4_000


@pytest.mark.parametrize("name", ["a.xls", "a.ods", "a.xlsb", "a", "a.txt"])
def test_15_other_formats_are_not_written(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\.xlsx or \.csv"):
        of(NAME, "Ana").to_excel(tmp_path / name)


@pytest.mark.parametrize(
    "live", ["Ana,=40+2,x", "Ana; @SUM(1)", "a\t=1+1", "'=1,'=2", ",,=1", 'x",=1+1,"', "a|=1", "a,\n=1"]
)
def test_21_nor_is_a_part_of_a_cell_in_the_middle_of_a_line(live: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({"EMAIL": ["x"], "NOMBRE": [live], "CIUDAD": [live]}, index=pd.Index([7], name="row"))
    check(frame, [MAIL, NAME, Text(name="CIUDAD")]).to_excel(tmp_path / "a.csv")
    text = (tmp_path / "a.csv").read_text(encoding="utf-8-sig")
    for separator in ",;\t|":
        cells = [
            cell.strip(" ") for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) for cell in row
        ]
        assert not [cell for cell in cells if cell[:1] in tuple("=@+")]
    assert only_failed(tmp_path / "a.csv")["CIUDAD"].tolist() == [live]


@pytest.mark.parametrize("live", ["Ana,=40+2,x", 'x";=1+1;"', "a\n=1+1", "=1;=2"])
def test_21_nothing_is_live_however_a_result_is_opened(live: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({"NOMBRE": [live], "EMAIL": ["x"]}, index=pd.Index([7], name="row"))
    done = check(frame, [NAME, MAIL])
    done.to_excel(tmp_path / "a.csv")
    text = (tmp_path / "a.csv").read_text(encoding="utf-8-sig")
    for separator in ",;\t":
        cells = pd.read_csv(
            tmp_path / "a.csv", sep=separator, dtype=str, header=None, engine="python", on_bad_lines="skip"
        )
        assert not [c for c in cells.fillna("").to_numpy().ravel() if c[:1] in tuple("=@+")]
    assert text.startswith('"NOMBRE"')
    again = only_failed(tmp_path / "a.csv")
    assert (again.index.tolist(), again["NOMBRE"].tolist()) == ([7], [live])


def test_21_columns_of_the_outcome_stand_behind_those_of_the_sheet(tmp_path: Path) -> None:
    done = of(MAIL, "x")
    done.to_excel(tmp_path / "a.csv")
    assert list(read_sheet(tmp_path / "a.csv").columns)[1:5] == [*COLUMNS]


# ── questions, doubts, decisions ─────────────────────────────────────────────


def sheet() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Nombre": ["Ana", "Eva", "TOTAL", "Sol", "Luz"],
            "Correo": ["a@gmial.com", "s/i", None, "nobody", "luz@example.cl"],
            "Ciudad": ["Stgo", "Santiago", None, "Santigo", "Stgo"],
        },
        index=pd.Index([2, 3, 4, 5, 6], name="row"),
    )


FIELDS = (
    Text(name="Nombre", required=True),
    Email(name="Correo"),
    Choice(name="Ciudad", choices={"Santiago": "Santiago"}),
)


class TestDecisions:
    def test_facets_and_values(self) -> None:
        done = check(sheet(), FIELDS)
        assert done.facets.set_index(["column", "reason"])[["level", "cells", "values", "proposals"]].T.to_dict(
            "list"
        ) == {
            ("Ciudad", "is not one of the choices"): ["error", 3, 2, 3],
            ("Nombre", "looks like a total"): ["question", 1, 1, 0],
            ("Correo", "has a domain that may be misspelt"): ["doubt", 1, 1, 1],
            ("Correo", "says that there is nothing"): ["question", 1, 1, 0],
            ("Correo", "is not an e-mail address"): ["error", 1, 1, 0],
            ("(row)", "nothing but one text is in the row: it may be a note"): ["question", 1, 1, 0],
        }
        values = done.values("Ciudad", "is not one of the choices")
        assert values[["value", "cells", "first"]].to_numpy().tolist() == [["Stgo", 2, 2], ["Santigo", 1, 5]]
        assert done.facets.set_index("column").loc["Nombre", "can_be_empty"] is np.False_

    def decided(self) -> Check:
        return (
            check(sheet(), FIELDS)
            .replace("Ciudad", {"Stgo": "Santiago"})
            .accept("Ciudad")
            .empty("Correo", "says that there is nothing")
            .leave_out("Nombre", "looks like a total")
            .leave_out(rows=[5])
        )

    def test_all_of_it_decided(self) -> None:
        done = self.decided()
        assert done.bad.tolist() == [False, False, True, True, False]
        assert done.wire()["Ciudad"] == ["Santiago", "Santiago", None, "Santiago", "Santiago"]
        assert done.wire()["Correo"][1] is None
        assert done.outcomes["error"].dropna().unique().tolist() == ["the row was left out"]
        assert done.fixed().index.tolist() == [2, 3, 6]

    def test_equal_to_a_full_check(self) -> None:
        done = self.decided()
        again = check(done.fixed(), FIELDS)
        assert again.ok
        assert again.wire() == {key: [values[i] for i in (0, 1, 4)] for key, values in done.wire().items()}
        anew = check(done, FIELDS)
        assert anew.problems.equals(done.problems)
        assert anew.decisions == done.decisions

    def test_printed_as_code_and_undone(self) -> None:
        done = self.decided()
        scope = {"check": check(sheet(), FIELDS)}
        exec("\n".join(done.decisions), scope)
        assert scope["check"].problems.equals(done.problems)
        first = done
        for _ in range(5):
            first = first.undo()
        assert first.problems.equals(check(sheet(), FIELDS).problems)
        with pytest.raises(InputError, match="nothing was decided"):
            first.undo()

    def test_accepted_questions_are_sent_and_remembered(self) -> None:
        done = check(sheet(), FIELDS).accept("Nombre", "looks like a total").accept("(row)")
        assert done.wire()["Nombre"][2] == "TOTAL"
        again = check(done.fixed(), FIELDS)
        assert "looks like a total" not in again.problems["reason"].tolist()
        assert again.wire()["Nombre"][2] == "TOTAL"

    def test_a_blank_cell_is_filled(self) -> None:
        frame = sheet().assign(Nombre=[None, " ", "Luz", "Sol", None])
        frame.loc[6, "Ciudad"] = frame.loc[6, "Correo"] = None  # a row that is empty stays so
        done = check(frame, FIELDS)
        filled = done.replace("Nombre", {None: "Eva"})
        assert filled.wire()["Nombre"] == ["Eva", "Eva", "Luz", "Sol", None]
        assert "is required and empty" not in filled.problems["reason"].tolist()
        assert done.replace("Nombre", {"": "Eva"}, rows=[3]).wire()["Nombre"][:2] == [None, "Eva"]
        scope = {"check": done}
        exec("\n".join(filled.decisions), scope)
        assert scope["check"].wire() == filled.wire()

    def test_a_field_that_no_column_fills_is_filled(self) -> None:
        done = check(sheet(), [*FIELDS, Choice(name="País", choices={"CL": "Chile"}, required=True)])
        assert done.bad.all()
        filled = done.replace("País", {None: "Chile"})
        assert filled.wire()["País"] == ["CL"] * 5
        assert filled.columns["País"] == "País"
        assert "País" not in done.frame
        assert check(filled.fixed(), [*FIELDS, Choice(name="País", choices={"CL": "Chile"})]).wire()["País"][0] == "CL"

    def test_a_required_cell_that_says_nothing_is_not_sent_empty(self) -> None:
        frame = pd.DataFrame({"Nombre": ["Ana", "Eva"], "Correo": ["s/i", "a@example.cl"]})
        done = check(frame, [Text(name="Nombre"), Email(name="Correo", required=True)])
        accepted = done.accept("Correo", "says that there is nothing")
        assert accepted.problems[["row", "reason"]].to_numpy().tolist() == [[0, "is required and empty"]]

    def test_what_only_you_know_is_not_accepted(self) -> None:
        days = of(BORN, "05/06/1981", "12/31/1980")
        with pytest.raises(InputError, match="nothing to accept"):
            days.accept(reason="can be read as two days")
        assert days.facets.set_index("reason")["can_be_accepted"].to_dict() == {
            "can be read as two days": False,
            "has no such month": True,
        }
        assert days.accept().wire()["FECHA_NACIMIENTO"] == [None, "31/12/1980"]

    def test_a_decision_reads_the_same_in_every_language(self, monkeypatch: pytest.MonkeyPatch) -> None:
        done = check(sheet(), FIELDS)
        english = done.accept("Nombre", "looks like a total").decisions
        monkeypatch.setattr(facets, "message", lambda text, **_: f"[{text}]")
        spoken = check(sheet(), FIELDS)
        assert spoken.facets["reason"].tolist() == done.facets["reason"].tolist()
        assert spoken.facets["problem"].tolist() == [f"[{reason}]" for reason in done.facets["reason"]]
        assert spoken.accept("Nombre", "[looks like a total]").decisions == english
        assert spoken.accept("Nombre", "looks like a total").decisions == english

    def test_a_damaged_text_is_sent_as_it_stands(self) -> None:
        assert of(NAME, "Pe\ufffda").accept("NOMBRE").wire()["NOMBRE"] == ["Pe\ufffda"]

    def test_values_that_are_spelt_alike_share_a_cluster(self) -> None:
        cities = {"SCL": "Santiago", "VAP": "Valparaíso", "CCP": "Concepción"}
        cells = ["Stgo", "Santigo", "Valpo", "Conce", "Puerto Montt", "puerto montt", "Montt, Puerto", "Lima", "Stgo"]
        done = of(Choice(name="c", choices=cities), *cells)
        values = done.values("c").set_index("value")
        assert values["proposal"].dropna().to_dict() == {
            "Stgo": "SCL",
            "Santigo": "SCL",
            "Valpo": "VAP",
            "Conce": "CCP",
        }
        assert values["cluster"][["Puerto Montt", "puerto montt", "Montt, Puerto"]].nunique() == 1
        assert values.loc["Stgo", ["cells", "cluster"]].tolist() == [2, "SCL"]

    def test_labels_of_numpy_are_printed_as_numbers(self) -> None:
        done = check(sheet(), FIELDS).leave_out(rows=np.array([2, 3]))
        assert done.decisions == ["check = check.leave_out(rows=[2, 3])"]

    @pytest.mark.parametrize(
        "value",
        [
            date(1980, 1, 2),
            datetime(1980, 1, 2, tzinfo=UTC),
            pd.Timestamp("1980-01-02"),
            np.datetime64("1980-01-02"),
            *(pd.NaT, pd.NA, math.nan, math.inf, Decimal("1.50"), np.float32(0.1)),
            *(("a", math.nan), {"a": date.min}, object),
        ],
    )
    def test_any_value_reads_the_same_as_code(self, value: Any) -> None:
        done = check(sheet(), FIELDS).replace("Nombre", {"Ana": value}).replace("Correo", {"s/i": value})
        scope = {"check": check(sheet(), FIELDS)}
        exec("\n".join(done.decisions), scope)
        assert scope["check"].wire() == done.wire()
        assert scope["check"].problems.equals(done.problems)

    @pytest.mark.parametrize("labels", [pd.date_range("2020-01-01", periods=5), [0.5, math.nan, 1.5, 2.5, 3.5]])
    def test_any_label_reads_the_same_as_code(self, labels: Any) -> None:
        fresh = check(sheet().set_axis(labels), FIELDS)
        done = fresh.leave_out(rows=[fresh.frame.index[1]]).replace("Nombre", {"Ana": "Eva"}, rows=fresh.frame.index)
        scope = {"check": fresh}
        exec("\n".join(done.decisions), scope)
        assert scope["check"].left_out == done.left_out == {1}
        assert scope["check"].wire() == done.wire()

    def test_rows_that_share_a_label_are_left_out_and_reported(self) -> None:
        done = check(sheet().set_axis([2, 3, 2, 5, 6]), FIELDS).leave_out("Nombre", "looks like a total")
        again = check(done, FIELDS)
        assert again.outcomes["error"].tolist()[2] == "the row was left out"
        assert again.left_out == done.left_out == {2}
        assert len(again.frame) == 5

    @pytest.mark.parametrize("values", [None, ["Ana"], "Ana", 5])
    def test_other_values_come_as_a_mapping(self, values: Any) -> None:
        with pytest.raises(InputError, match="the other values come as"):
            check(sheet(), FIELDS).replace("Nombre", values)

    def test_a_single_label_or_value_is_a_list_of_it(self) -> None:
        done = check(sheet(), FIELDS)
        assert done.leave_out(rows=4).decisions == ["check = check.leave_out(rows=[4])"]
        with pytest.raises(InputError, match="no problem that is called 5"):
            done.empty(values=5)  # type: ignore[arg-type]

    def test_half_a_character_can_be_shown(self) -> None:
        done = of(NAME, "An\ud83d", "Eva")
        assert done.problems["value"].tolist() == ["An\ufffd"]
        assert done.values("NOMBRE")["value"].tolist() == ["An\ufffd"]
        assert done.replace("NOMBRE", {"An\ufffd": "Ana"}).ok

    def test_what_cannot_be_decided_is_said(self) -> None:
        done = check(sheet(), FIELDS)
        with pytest.raises(InputError, match="no problem that is called 'Ciudad', 'x'"):
            done.accept("Ciudad", "x")
        with pytest.raises(InputError, match="'Otra' fills no field"):
            done.replace("Otra", {"a": "b"})
        with pytest.raises(InputError, match="no cell of 'Ciudad' holds 'Quito'"):
            done.replace("Ciudad", {"Quito": "Lima"})
        with pytest.raises(InputError, match="no row has one of these labels"):
            done.leave_out(rows=[99])
        with pytest.raises(InputError, match="nothing to accept"):  # what the vendor refuses is not decided
            done.accept("Correo", "is not an e-mail address")

    def test_only_what_changes_is_looked_at(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from toolkit.sheets.column import Column

        done = check(sheet(), FIELDS)
        looked: list[int] = []
        honest = Column._look_at
        monkeypatch.setattr(Column, "_look_at", lambda self, rows: looked.append(len(rows)) or honest(self, rows))
        done.replace("Ciudad", {"Stgo": "Santiago"})
        assert looked == [2]

    @pytest.mark.parametrize(
        ("field", "cells", "changes"),
        [
            (Date(name="X"), ["12/13/1980", "12/14/1980", "05/06/1981"], {"12/13/1980": "1980-12-13"}),
            (Timestamp(name="X"), ["12/13/1980", "05/06/1981", "07/04/1982"], {"12/13/1980": "1980-12-13"}),
            (Number(name="X"), ["1,5", "2.5", "1.500", "2.000"], {"1,5": "1.5"}),
            (Integer(name="X"), ["1,50", "2.5", "3.000", "2.000"], {"1,50": "1", "2.5": "2"}),
        ],
    )
    def test_what_was_asked_stays_asked_once_its_evidence_is_corrected(
        self, field: Field, cells: list[str], changes: dict[str, str]
    ) -> None:
        done = check(pd.DataFrame({"X": cells}), [field]).replace("X", changes)
        if type(field) is Date:
            done = done.accept("X", "has no such month")
        assert done.bad.any()
        for rows in (done, done.fixed(), check(done, [field]).fixed()):
            again = check(rows, [field])
            assert (again.bad.tolist(), again.wire()) == (done.bad.tolist(), done.wire())
        assert check(done, [field], day_first=True, decimal=".").ok

    def test_the_callers_frame_is_not_changed(self) -> None:
        frame = sheet()
        check(frame, FIELDS).replace("Ciudad", {"Stgo": "Santiago"}).accept()
        pd.testing.assert_frame_equal(frame, sheet())


def repeats_no_address(checked: Check) -> Iterator[RowProblem]:
    for position, first in checked.repeats(["EMAIL"]):
        row = f"row {checked.frame.index[first]}"
        yield position, "EMAIL", Problem("is the same as in a row above", level=DOUBT, detail=row)


class TestDoubts:
    def test_they_are_sent_unless_held(self) -> None:
        frame = pd.DataFrame({"EMAIL": ["a@gmial.com", "b@example.cl"]})
        assert check(frame, [MAIL]).ok
        held = check(frame, [MAIL], doubts="hold")
        assert held.bad.tolist() == [True, False]
        assert held.accept("EMAIL").wire()["EMAIL"] == ["a@gmail.com", "b@example.cl"]
        with pytest.raises(InputError, match="'send' or 'hold'"):
            check(frame, [MAIL], doubts="maybe")

    def test_rules_of_a_whole_frame(self) -> None:
        frame = pd.DataFrame({"EMAIL": ["a@example.cl", "b@example.cl", "a@example.cl", None, None]}, index=[*"vwxyz"])
        done = check(frame, Takes((MAIL,), (repeats_no_address,), empty_rows=True))
        assert done.problems[["row", "level", "problem"]].to_numpy().tolist() == [
            ["x", "doubt", "is the same as in a row above: row v"]
        ]
        assert done.ok
        held = check(frame, Takes((MAIL,), (repeats_no_address,), empty_rows=True), doubts="hold")
        assert held.bad.tolist() == [False, False, True, False, False]
        assert held.accept("EMAIL").ok
        assert held.replace("EMAIL", {"a@example.cl": "c@example.cl"}, rows=["x"]).ok

    def test_a_target_brings_its_rules(self) -> None:
        class Operation:
            fields = (MAIL,)
            rules = (repeats_no_address,)

        frame = pd.DataFrame({"Correo": ["a@example.cl", "a@example.cl"]})
        match = match_columns(frame, Operation)
        assert check(frame, match).problems["level"].tolist() == ["doubt"]
        assert check(frame.rename(columns={"Correo": "EMAIL"}), Operation).problems["level"].tolist() == ["doubt"]


class TestSpeltAlike:
    city = Choice(name="city", choices={"1": "Santiago", "2": "Valparaíso", "3": "Concepción"})

    def test_what_is_only_spelt_alike_is_not_sure(self) -> None:
        mail, phone = Email(name="mail"), Phone(name="phone")
        frame = pd.DataFrame({"city": ["Stgo", "Santiagoo", "SANTIAGO"], "mail": "a@gmial.com", "phone": "56912345678"})
        done = check(frame, [self.city, mail, phone])
        assert done.values("city")[["value", "proposal", "sure"]].to_numpy().tolist() == [
            ["Stgo", "1", False],
            ["Santiagoo", "1", False],
        ]
        facets = done.facets.set_index("column")[["proposals", "sure"]]
        assert facets.loc["city"].tolist() == [2, 0]
        assert facets.loc["mail"].tolist() == [3, 3]
        assert done.accept("city").wire()["city"] == ["1", "1", "1"]

    def test_of_a_list_only_a_single_item(self) -> None:
        cities = List(name="city", choices=self.city.choices, separator=";")
        done = check(pd.DataFrame({"city": ["Stgo", "Stgo;Valpo"]}), [cities])
        assert done.problems["proposal"].tolist()[0] == "1"
        assert done.problems["proposal"].isna().tolist() == [False, True]

    def test_the_search_ends(self) -> None:
        ends = islice(product(ascii_lowercase, repeat=3), MOST_COMPARED + 3)
        frame = pd.DataFrame({"city": [f"Santiago{''.join(end)}" for end in ends]})
        done = check(frame, [self.city])
        assert done.facets["proposals"].tolist() == [MOST_COMPARED]
        assert "city: 3 further values were not compared with the list" in done.notes

    def test_a_blank_cell_that_is_required_can_be_replaced(self) -> None:
        fields = [Text(name="a", required=True), Text(name="b", required=True), Text(name="c")]
        done = check(pd.DataFrame({"a": ["Ana", None, None], "c": ["x", "y", None]}), fields)
        lines = done.facets.set_index("column")["can_be_replaced"]
        assert lines.to_dict() == {"a": True, "b": True, "(row)": False}
        assert done.replace("a", {None: "Luz"}).replace("b", {None: "Sol"}).wire()["b"] == ["Sol", "Sol", None]


@pytest.mark.parametrize("text", ["Total: 35", "TOTAL 1.500", "Suma = $ 300", "Total: 12 personas", "Всього: 5"])
def test_9_a_total_with_its_sum(text: str) -> None:
    question(NAME, text, "looks like a total")


@pytest.mark.parametrize("text", ["Totalplay 5", "Total 5 estrellas hotel", "Total Wine", "Рівне", "Срђан Ђоковић"])
def test_9_names_that_only_begin_so(text: str) -> None:
    assert wire(NAME, text) == [text]


@pytest.mark.parametrize("text", ["Анна", "Київ", "Олена Шевченко", "Ґалаґан Іван"])
def test_6_cyrillic_read_in_a_wrong_encoding(text: str) -> None:
    question(NAME, text.encode().decode("cp1251"), "was read in a wrong encoding", text)


@pytest.mark.parametrize("name", ["Телефон магазину", "Email de facturación", "Correo chefe", "Пошта менеджера"])
def test_3_names_of_somebody_else_in_other_languages(name: str) -> None:
    cells = ["912345678"] * 2 if name.startswith("Т") else ["a@example.cl", "b@example.cl"]
    assert match_columns(pd.DataFrame({name: cells}), CONTACTS).columns == {name: None}


def test_10_spaces_inside_a_document_are_shown() -> None:
    for field, cell, meant in (
        (Identity(name="x"), "AB 123", "AB123"),
        (Identity(name="x", scheme="cl.rut"), "12 345 678-5", "12345678-5"),
    ):
        done = of(field, cell)
        assert done.problems[["level", "proposal"]].to_numpy().tolist() == [["doubt", meant]]
        assert done.wire()["x"] == [cell]


class TestPlaceholders:
    @pytest.mark.parametrize(
        "text",
        [
            *("TBD", "Por definir", "POR CONFIRMAR", "xxx", "XXXXX", "N/A", "n.a.", "No aplica", "nenhum", "Ninguno"),
            *("s/c", "NS/NC", "\\N", "[object Object]", "keine Angabe", "k.A.", "unbekannt", "невідомо", "не вказано"),
        ],
    )
    def test_what_says_that_there_is_nothing_is_asked(self, text: str) -> None:
        frame = pd.DataFrame({"NOMBRE": ["Ana", text, "Eva"]})
        done = check(frame, [NAME])
        assert done.facets[["level", "reason"]].to_numpy().tolist() == [["question", "says that there is nothing"]]
        assert done.bad.tolist() == [False, True, False]
        assert done.accept("NOMBRE").wire()["NOMBRE"] == ["Ana", text, "Eva"]

    @pytest.mark.parametrize("text", ["Pendiente", "prueba", "TEST", "teste", "тест", "ND", "NR", "pendente", "nada"])
    def test_what_may_be_a_placeholder_is_a_doubt(self, text: str) -> None:
        done = check(pd.DataFrame({"NOMBRE": ["Ana", text]}), [NAME])
        assert done.facets[["level", "reason"]].to_numpy().tolist() == [
            ["doubt", "may stand for what is still to come"]
        ]
        assert done.wire()["NOMBRE"] == ["Ana", text]

    @pytest.mark.parametrize(
        "text",
        [
            *("Testa", "Pruebas SA", "Pendientes", "Por Siempre", "Xxenia", "Na Li", "No", "Sn Pedro", "Kea"),
            *("Nada Surf", "Ning Wu", "Tbilisi", "Falsa", "Truesdale", "Пробан", "Тестов", "2024-03-12-A"),
        ],
    )
    def test_names_and_answers_are_neither(self, text: str) -> None:
        assert check(pd.DataFrame({"NOMBRE": ["Ana", text, "Eva"]}), [NAME]).problems.empty


class TestCodesThatASpreadsheetMadeSomethingElseOf:
    DATE, TRUTH = "is a date among texts that are none", "is TRUE or FALSE among texts that are neither"
    CODES = ("A-1", "3-X", "B7", "0012")

    @pytest.mark.parametrize(
        ("cell", "reason"),
        [
            (True, TRUTH),
            (np.bool_(False), TRUTH),
            ("TRUE", TRUTH),
            ("FALSE", TRUTH),
            (date(2024, 3, 12), DATE),
            (pd.Timestamp("2024-03-12"), DATE),
            ("2024-03-12", DATE),
            ("2024-03-12 10:30:00", DATE),
        ],
    )
    @pytest.mark.parametrize("field", [Text(name="COD"), Identity(name="COD"), Text(name="COD", max_length=40)])
    def test_one_among_codes_is_asked(self, field: Field, cell: Any, reason: str) -> None:
        done = check(pd.DataFrame({"COD": pd.Series([*self.CODES, cell], dtype=object)}), [field])
        assert done.facets[["level", "reason"]].to_numpy().tolist() == [["question", reason]]
        assert done.bad.tolist() == [False] * 4 + [True]
        assert done.accept("COD").wire()["COD"][-1] is not None

    @pytest.mark.parametrize(
        "cells", [[True, False, True], [date(2024, 3, 12), "2024-03-13", None], ["TRUE", "no", "TRUE"]]
    )
    def test_a_column_of_them_is_what_it_is(self, cells: list[Any]) -> None:
        done = check(pd.DataFrame({"COD": pd.Series(cells, dtype=object)}), Takes((Text(name="COD"),), empty_rows=True))
        assert done.problems.empty
        assert check(done, Takes((Text(name="COD"),), empty_rows=True)).problems.empty
        assert done.replace("COD", {"2024-03-13" if None in cells else "TRUE": "X"}).ok

    def test_a_subtotal_in_a_list_is_no_choice(self) -> None:
        field = Choice(name="CIUDAD", choices={"Temuco": "Temuco", "Talca": "Talca"})
        done = check(pd.DataFrame({"CIUDAD": ["Temuco", "Total Temuco", "Subtotal Talca"]}), [field])
        assert (
            done.problems[["problem", "proposal"]].astype(object).fillna("").to_numpy().tolist()
            == [["looks like a total", ""]] * 2
        )
        with pytest.raises(InputError, match="nothing to accept"):
            done.accept("CIUDAD")


class TestRowsThatAreNobody:
    FIELDS: tuple[Field, ...] = (
        NAME,
        MAIL,
        Number(name="MONTO"),
        Choice(name="CIUDAD", choices={"Santiago": "", "Talca": ""}),
    )
    PEOPLE = tuple([f"Ana {n}", f"a{n}@example.cl", "1000", "Talca"] for n in range(5))

    def asked(self, *rows: list[Any], people: int = 5) -> list[tuple[int, str]]:
        frame = pd.DataFrame([*self.PEOPLE[:people], *rows], columns=[f.name for f in self.FIELDS], dtype=object)
        done = check(frame.set_axis(range(2, len(frame) + 2), axis=0).rename_axis("row"), self.FIELDS)
        assert done.problems.empty or (done.problems["level"] == "question").all()
        return [*zip(done.problem_positions, done.problems["reason"], strict=True)]

    @pytest.mark.parametrize(
        "row",
        [
            [None, None, 6000, None],
            [None, None, "0", None],
            [None, None, None, "Santiago"],
            [None, None, 0, "Santiago"],
        ],
    )
    @pytest.mark.parametrize("times", [1, 4, 14])
    def test_a_total_a_formula_dragged_down_a_default(self, row: list[Any], times: int) -> None:
        reason = "nothing in the row says whom or what it is about"
        assert self.asked(*[row] * times) == [(5 + n, reason) for n in range(times)]

    @pytest.mark.parametrize("notes", [1, 2, 5, 9])
    @pytest.mark.parametrize("people", [2, 3, 5])
    def test_several_notes_at_the_foot(self, notes: int, people: int) -> None:
        texts = ["Elaborado por: Juan Pérez", "Fecha de emisión: 12/03/2024", "Página 1 de 3", "* Montos en UF", "FIN"]
        rows = [[text, None, None, None] for text in (texts * 2)[:notes]]
        reason = "nothing but one text is in the row: it may be a note"
        assert self.asked(*rows, people=people) == [(people + n, reason) for n in range(notes)]

    @pytest.mark.parametrize(
        "row",
        [
            [None, "eva@example.cl", None, None],
            [None, "eva@example.cl", "5", None],
            ["Eva", "eva@example.cl", None, None],
            ["Eva", None, "0", "Talca"],
        ],
    )
    def test_people_of_whom_little_is_known_are_sent(self, row: list[Any]) -> None:
        assert self.asked(row, [*row[:1], "pia@example.cl", *row[2:]]) == []

    def test_where_most_rows_have_one_text_it_is_data(self) -> None:
        rows = [[f"Eva {n}", None, None, None] for n in range(9)]
        assert self.asked(*rows, self.PEOPLE[0], *rows[:3]) == []


class TestColumnsThatFillNoField:
    def test_few_are_named_one_by_one_and_many_in_one_sentence(self) -> None:
        frame = pd.DataFrame({"EMAIL": ["a@example.cl", "b@example.cl"], **{f"X{n}": ["x", None] for n in range(70)}})
        three, all_of_them = (check(f, [MAIL], doubts=None) for f in (_left(frame, 4), _left(frame, 71)))
        assert [note.partition(" fills")[0] for note in three.notes] == ["'X0'", "'X1'", "'X2'"]
        (note,) = all_of_them.notes
        assert note.startswith("70 columns fill no field: their cells are not sent: 'X0' (1), 'X1' (1)")
        assert len(note) < 1_000
        assert "'X59' (1) …" in note


def _left(frame: pd.DataFrame, columns: int) -> pd.DataFrame:
    some = frame.iloc[:, :columns]
    some.attrs["fields"] = {"EMAIL": "EMAIL"} | dict.fromkeys(some.columns[1:])
    return some
