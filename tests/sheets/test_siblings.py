"""Kinds of sheets that went wrong for somebody who saw the package for the first time."""

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from toolkit.errors import InputError
from toolkit.sheets import Check, check, match_columns, read_sheet
from toolkit.sheets.target import Takes
from toolkit.spec import Date, Email, Field, Number, Phone, Text

NAME, MAIL, PHONE, AMOUNT = Text(name="NOMBRE"), Email(name="EMAIL"), Phone(name="TELEFONO"), Number(name="MONTO")
BORN = Date(name="FECHA_NACIMIENTO", format="%d/%m/%Y")
FIELDS: tuple[Field, ...] = (NAME, MAIL, PHONE, AMOUNT, BORN)


def checked(*lines: str) -> Check:
    sheet = read_sheet("\n".join(lines).encode())
    return check(sheet, match_columns(sheet, FIELDS))


def of(field: Field, *cells: Any) -> Check:
    return check(pd.DataFrame({field.name: pd.Series(cells, dtype=object)}), Takes((field,), empty_rows=True))


def asked(done: Check, reason: str) -> list[Any]:
    return done.problems.loc[done.problems["reason"].str.startswith(reason), "row"].tolist()


@pytest.mark.parametrize(
    ("lines", "rows"),
    [
        (["Nombre;Correo;Monto", "Ana,a@example.cl,5", "Eva;e@example.cl;6", "Sol;s@example.cl;7"], [2]),
        (["Nombre\tCorreo", "Ana;a@example.cl", "Eva\te@example.cl", "Sol\ts@example.cl"], [2]),
        (["Nombre\tCorreo", '"Ana\ta@example.cl', 'Eva"\te@example.cl', "Sol\ts@example.cl"], [2]),
        (["Nombre;Correo;Monto", 'Ana;"a@example.cl;5', 'Eva;e@example.cl";6', "Sol;s@example.cl;7"], [2]),
        (["Nombre;Correo;Monto", 'Ana;a@example.cl;"5', 'Eva;e@example.cl;6"', "Sol;s@example.cl;7"], [2]),
        (
            ["Nombre;Correo;Monto", '"Ana;a@example.cl;5', "Luz;l@example.cl;4", 'Eva";e@example.cl;6'] + ["S;;7"] * 2,
            [2],
        ),
        (["Nombre;Correo;Monto", '"Ana;', 'Eva";e@example.cl;6', '"Soto, Luz";;', "Eva, Sol", "Sol;;7"], []),
        (["Correo;Obs", 'a@example.cl;"uno; dos', 'tres; cuatro"', "b@example.cl;x"], []),
        (["Monto;Nombre", "5;Ana", "Peña, Eva", "6;Sol"], []),
    ],
)
def test_rows_that_are_joined_in_a_cell_are_asked(lines: list[str], rows: list[int]) -> None:
    done = checked(*lines)
    assert asked(done, "may be several rows, or one that is cut otherwise") == rows
    assert done.bad.loc[rows].all()


@pytest.mark.parametrize("name", ["TOTAL", "Total general", "Разом", "Subtotal", "Promedio", "Suma"])
def test_a_total_is_seen_in_a_column_that_is_not_sent(name: str) -> None:
    people = [f"Norte;P{n};p{n}@example.cl;{n}" for n in range(5)]
    done = checked("Zona;Nombre;Correo;Monto", *people, f"{name};;;10")
    assert asked(done, "looks like a total") == [7]
    assert done.bad.tolist() == [False] * 5 + [True]


def test_a_person_beside_a_text_that_speaks_of_a_total_is_sent() -> None:
    done = checked("Plan;Nombre;Correo;Monto", "Total;Ana;a@example.cl;1", "Total Gas;;b@example.cl;2")
    assert not done.bad.any()


@pytest.mark.parametrize(
    "cell", [date(1899, 12, 31), pd.Timestamp(1899, 12, 30), pd.Timestamp(1899, 12, 31, 13), "1899-12-31", "30/12/1899"]
)
def test_a_zero_that_is_shown_as_a_day_is_asked(cell: Any) -> None:
    problems = of(BORN, cell).problems
    assert problems["reason"].tolist() == ["is what a spreadsheet makes of an empty cell, or of a time without a day"]
    assert problems["level"].tolist() == ["question"]
    assert problems["proposal"].isna().all()


@pytest.mark.parametrize(
    ("text", "day"), [("25/12/68", "1968-12-25"), ("1/2/30", "1930-02-01"), ("1/2/29", "2029-02-01")]
)
def test_a_year_of_two_digits_is_proposed_as_spreadsheets_read_it(text: str, day: str) -> None:
    assert of(Date(name="VENCE"), text).problems[["proposal", "level"]].to_numpy().tolist() == [[day, "question"]]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Pe&ntilde;a", "Peña"),
        ("Pe&#241;a", "Peña"),
        ("Pe&#xF1;a", "Peña"),
        ("Pe\\u00f1a", "Peña"),
        ("Pe%C3%B1a", "Peña"),
        ("Pe=C3=B1a", "Peña"),
        ("P&eacute;rez &amp; C&iacute;a", "Pérez & Cía"),
        ("O&#039;Higgins", "O'Higgins"),
        ("\\u0406\\u0432\\u0430\\u043d", "Іван"),
        ("Ana \\ud83d\\ude00", "Ana 😀"),
        ("%D0%86%D0%B2%D0%B0%D0%BD", "Іван"),
    ],
)
def test_letters_that_were_written_in_signs_are_asked(text: str, meant: str) -> None:
    problems = of(NAME, text).problems
    assert problems[["reason", "proposal", "level"]].to_numpy().tolist() == [
        ["was read in a wrong encoding", meant, "question"]
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Pérez & Cía",
        "AT&T;",
        "100%",
        "a=b",
        "C:\\users\\ana",
        "50%C",
        "https://example.cl/a%C3%B1o?x=1&amp;y=2",
        "R&D; x",
    ],
)
def test_signs_that_stand_for_themselves_are_sent(text: str) -> None:
    assert of(Text(name="OBS"), text).problems.empty


@pytest.mark.parametrize(
    "address", ["notiene@gmail.com", "sin.correo@x.cl", "NO-TIENE1@example.cl", "noinforma@x.cl", "sinmail@x.cl"]
)
def test_an_address_that_stands_for_none_is_doubted(address: str) -> None:
    problems = of(MAIL, address).problems
    assert problems[["reason", "level"]].to_numpy().tolist() == [["may be written for no address", "doubt"]]


@pytest.mark.parametrize(
    "address", ["notienen@x.cl", "sinaitem@x.cl", "noemi@x.cl", "nohay.soto@x.cl", "notebook@x.cl"]
)
def test_addresses_that_begin_like_it_are_none(address: str) -> None:
    assert of(MAIL, address).problems.empty


def test_a_phone_that_is_too_long_as_written_is_sent_without_its_spaces() -> None:
    phone = Phone(name="celular", form="as written", max_length=15, country="CO")
    assert of(phone, "+57 310 123 4567").problems[["level", "proposal"]].values.tolist() == [["fix", "+573101234567"]]
    assert of(phone, "+57 310 123 4567").wire() == {"celular": ["+573101234567"]}


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"day_first": "no"}, "`day_first` is True or False, not 'no'"),
        ({"empty": 5}, "`empty` takes words, as {'s/i', '-'}, not 5"),
        ({"country": {"Fono": "CO"}}, "`country` names 'Fono', which fill no field of phones"),
        ({"country": {"NOMBRE": "CO", "TELEFONO": "CL"}}, "`country` names 'NOMBRE', which"),
    ],
)
def test_what_says_nothing_about_the_cells_is_refused(how: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as caught:
        check([{"NOMBRE": "Ana", "TELEFONO": "922345678"}], FIELDS, **how)
    assert said in str(caught.value)


@pytest.mark.parametrize("wrong", [None, 5, "EMAIL"])
def test_what_is_no_target_and_no_path_is_said(wrong: Any) -> None:
    with pytest.raises(InputError, match="fields come as"):
        check([{"NOMBRE": "Ana"}], wrong)
    with pytest.raises(InputError, match=r"is no path|cannot be written"):
        of(NAME, "Ana").to_excel(wrong)
    with pytest.raises(InputError, match="is no path"):
        of(NAME, "Ana").to_excel(Path("a\0b.xlsx"))


MIXED = ["Ana;12/31/1980;Santiago", "Bea;11/30/1980;Santiago", "Eva;05/06/1981;Temuco", "Luz;07/04/1982;Temuco"]
ISO = ["Ana;1980-31-12;Santiago", "Bea;1980-30-11;Santiago", "Eva;1981-06-05;Temuco", "Luz;1982-04-07;Temuco"]


@pytest.mark.parametrize("lines", [MIXED, [*MIXED, "Sol;10/20/1983;Santiago"], MIXED[::-1], ISO])
@pytest.mark.parametrize(
    "part",
    [
        lambda sheet: sheet[sheet.Ciudad == "Temuco"],
        lambda sheet: sheet.query("Ciudad == 'Temuco'"),
        lambda sheet: dict([*sheet.groupby("Ciudad")])["Temuco"],
        lambda sheet: sheet.loc[sheet.Ciudad == "Temuco"].copy().sort_values("Nombre").reset_index(drop=True),
        lambda sheet: sheet[sheet.Ciudad == "Temuco"][["Nombre", "FECHA_NACIMIENTO"]],
    ],
)
def test_a_part_of_a_sheet_is_held_to_the_order_that_all_of_it_shows(lines: list[str], part: Any) -> None:
    sheet = part(read_sheet("\n".join(["Nombre;FECHA_NACIMIENTO;Ciudad", *lines]).encode()))
    done = check(sheet, match_columns(sheet, FIELDS))
    assert asked(done, "can be read as two days") == sheet.index.tolist()
    assert done.bad.all()
    decided = check(sheet, match_columns(sheet, FIELDS), day_first=True)
    assert decided.ok or lines is ISO


def test_a_part_of_a_sheet_is_held_to_the_order_of_another_column() -> None:
    lines = ["Ana;05/06/1980;12/31/2024;Santiago", "Eva;07/04/1981;05/06/2024;Temuco"]
    sheet = read_sheet("\n".join(["Nombre;FECHA_NACIMIENTO;Alta;Ciudad", *lines]).encode())
    part = sheet[sheet.Ciudad == "Temuco"]
    done = check(part, match_columns(part, FIELDS))
    assert asked(done, "can be read as two days") == [3]


def test_where_the_day_comes_first_a_part_is_read_so() -> None:
    lines = ["Ana;31/12/1980;Santiago", "Eva;05/06/1981;Temuco"]
    sheet = read_sheet("\n".join(["Nombre;FECHA_NACIMIENTO;Ciudad", *lines]).encode())
    part = sheet[sheet.Ciudad == "Temuco"]
    assert check(part, match_columns(part, FIELDS)).wire()["FECHA_NACIMIENTO"] == ["05/06/1981"]
