"""What a check decided goes with it: a later check of it sends exactly the same rows, and asks the same of the rest."""

from collections.abc import Callable

import pytest

from tests.helpers.clock import ManualClock
from tests.vendors.ida.test_client import connected, stored
from toolkit.sandbox import Sandbox
from toolkit.sheets import Check, check, match_columns, read_sheet
from toolkit.spec import Date, Email, Field, Number, Phone, Text

NAME, MAIL, PHONE = Text(name="NOMBRE"), Email(name="EMAIL"), Phone(name="TELEFONO")
BORN, AMOUNT, CITY = Date(name="FECHA_NACIMIENTO", format="%d/%m/%Y"), Number(name="MONTO"), Text(name="CIUDAD")
FIELDS: tuple[Field, ...] = (NAME, MAIL, PHONE, BORN, AMOUNT, CITY)
DATABASE = 11111
PEOPLE = "Ana;ana@example.cl;1\nEva;eva@example.cl;2\nLuis;luis@example.cl;3\n"

DATES = "Nombre;FECHA_NACIMIENTO\nA;12/13/1980\nB;12/14/1980\nEva;05/06/1981\nPía;07/04/1982\n"
AMOUNTS = "Nombre;Monto\nA;1.500\nB;2.500\nC;12.5\n"
NOTE = f"Nombre;Correo;Monto\n{PEOPLE}Fuente: SAP al 31/12;;\n"
TOTAL = f"Nombre;Correo;Monto\n{PEOPLE}Suma de todo;;6\n"
LONGER = "Nombre,Correo,Ciudad\nAna,ana@example.cl,Santiago\nLuis,luis@example.cl,Temuco,x\n"
FEW = f"Nombre;Correo;Monto\n{PEOPLE}Rosa;rosa@;4\nPía;pia@;\n"

CASES: dict[str, tuple[str, Callable[[Check], Check]]] = {
    "dates, the sure ones accepted": (DATES, lambda c: c.accept()),
    "dates, the sure ones replaced": (
        DATES,
        lambda c: c.replace("FECHA_NACIMIENTO", {"12/13/1980": "1980-12-13", "12/14/1980": "1980-12-14"}),
    ),
    "dates, the sure ones emptied": (DATES, lambda c: c.empty(values=["12/13/1980", "12/14/1980"])),
    "dates, the sure ones left out": (DATES, lambda c: c.leave_out(values=["12/13/1980", "12/14/1980"])),
    "amounts, the sure one replaced": (AMOUNTS, lambda c: c.replace("MONTO", {"12.5": "12"})),
    "a note that a default fills": (NOTE, lambda c: c.replace("MONTO", {None: "0"})),
    "a note, and another column filled": (NOTE, lambda c: c.replace("CIUDAD", {None: "Temuco"})),
    "a total that a default fills": (TOTAL, lambda c: c.replace("EMAIL", {None: "x@example.cl"})),
    "a row that is too long": (LONGER, lambda c: c.replace("CIUDAD", {"Santiago": "Temuco"})),
    "cells emptied until one is left": (FEW, lambda c: c.empty("EMAIL")),
}


def checked(text: str) -> Check:
    frame = read_sheet(text.encode())
    return check(frame, match_columns(frame, FIELDS))


@pytest.mark.parametrize("case", CASES)
def test_a_check_of_a_check_sends_exactly_the_same(case: str) -> None:
    text, decide = CASES[case]
    done = decide(checked(text))
    assert done.bad.any()
    asked = done.errors[["row", "column", "reason"]].to_numpy().tolist()
    for again in (check(done, FIELDS), check(check(done, FIELDS), FIELDS), check(done.as_rows(), FIELDS)):
        assert again.bad.tolist() == done.bad.tolist()
        assert again.wire() == done.wire()
        assert again.errors[["row", "column", "reason"]].to_numpy().tolist() == asked
    kept = done.bad[[n not in done.left_out for n in range(len(done.frame))]]
    assert check(done.fixed(), FIELDS).bad.tolist() == kept.tolist()


@pytest.mark.parametrize("case", CASES)
def test_a_push_of_a_check_sends_exactly_what_it_can(case: str, box: Sandbox, clock: ManualClock) -> None:
    text, decide = CASES[case]
    done = decide(checked(text))
    ida = connected(box, clock)
    before = len(stored(box, DATABASE))
    report = ida.insert_records(DATABASE, done)
    assert (report.table["outcome"] == "not sent").tolist() == done.bad.tolist()
    names = [row.get("NOMBRE") for row in stored(box, DATABASE)[before:]]
    assert names == [name for name, bad in zip(done.wire()["NOMBRE"], done.bad, strict=True) if not bad]


def test_filling_every_blank_cell_answers_no_question_of_a_row() -> None:
    done = checked(NOTE).replace("MONTO", {None: "0"})
    assert done.bad.tolist() == [False, False, False, True]
    assert done.accept("(row)").ok


def test_a_row_that_somebody_filled_is_asked_anew() -> None:
    done = checked(NOTE)
    row = done.errors["row"].tolist()
    assert done.replace("EMAIL", {None: "pia@example.cl"}, rows=row).ok
    assert not done.replace("NOMBRE", {"Fuente: SAP al 31/12": "Suma"}, rows=row).ok


def test_what_was_asked_of_a_row_stays_with_some_of_the_rows() -> None:
    done = checked(NOTE)
    rest = check(done, FIELDS).frame.iloc[2:]
    assert check(rest, FIELDS).bad.tolist() == [False, True]
