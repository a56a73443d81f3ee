"""One value by itself is checked by the rules of the cells: what is sent, and what is refused, are the same."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.sheets import check
from toolkit.sheets.checker import MAY_BE_NO_DATA
from toolkit.sheets.target import Takes
from toolkit.sheets.value import check_value
from toolkit.spec import (
    Bool,
    Choice,
    Date,
    Email,
    Field,
    File,
    Flag,
    Identity,
    Integer,
    Json,
    List,
    Masked,
    Number,
    Phone,
    Text,
    Timestamp,
)

FIELDS: list[Field] = [
    Text(name="x"),
    Text(name="x", max_length=3),
    Email(name="x"),
    Phone(name="x"),
    Phone(name="x", country="UA", form="bare"),
    Identity(name="x", scheme="cl.rut"),
    Integer(name="x"),
    Integer(name="x", minimum=0),
    Integer(name="x", minimum=5),
    Number(name="x"),
    Number(name="x", as_text=True),
    Bool(name="x"),
    Flag(name="x"),
    Timestamp(name="x", format="iso"),
    Timestamp(name="x"),
    Date(name="x"),
    Choice(name="x", choices={1: "small", 2: "large"}),
    Choice(name="x", choices={"CC": "Cédula"}),
    List(name="x", separator=";"),
    List(name="x", choices={"a": "A", "b": "B"}, alone=True),
    Json(name="x"),
    File(name="x", extensions=("pdf",)),
]
TEXTS = (
    "Ana| Ana |abcd|ana@example.cl|+56 9 1234 5678|0999999999|12.345.678-5|7| 7 |007|1.234|1,5|1.234,5|sí|no|quizás|"
)
TEXTS += "2026-03-02|02/03/2026|small|CC|cédula|a;b|{a|#N/A|1.23E+15|\ud800|no such file.pdf"
NUMBERS = [0, 1, 7, -1, 5, 10**20, 2**53 + 1, 1.0, 1.5, float("nan"), float("inf"), Decimal("3")]
PANDAS = [np.int64(7), np.int64(-1), np.float64(2.0), np.bool_(True), pd.NA, pd.NaT, pd.Timestamp("2026-03-02")]
OTHERS = [None, "", True, False, date(2026, 3, 2), datetime(2026, 3, 2, tzinfo=UTC), '{"a": 1}', b"bytes", object]
LISTS = [
    ["a", "b"],
    ("a",),
    ["a;b"],
    [1],
    {"a": 1},
    ("f.pdf", b"%PDF-1.4\n%%EOF\n"),
    ("f.exe", b"MZ"),
    Path("none.pdf"),
]
VALUES: list[Any] = [*TEXTS.split("|"), *NUMBERS, *PANDAS, *OTHERS, *LISTS]


def as_a_cell(field: Field, value: Any) -> tuple[Any, str | None]:
    checked = check(pd.DataFrame({"x": pd.Series([value], dtype=object)}), Takes((field,), empty_rows=True))
    no_data = {problem.reason for problem in MAY_BE_NO_DATA}
    if no_data.intersection(checked.problems["reason"]) and checked.accept("x").wire()["x"] != [None]:
        checked = checked.accept("x")  # one value is given on purpose
    errors = checked.errors["problem"].tolist()
    return (None, errors[0]) if errors else (checked.wire()["x"][0], None)


@pytest.mark.parametrize(
    "field", FIELDS, ids=lambda f: f"{f.kind} {vars(f).get('max_length') or vars(f).get('minimum')}"
)
def test_a_value_is_what_it_is_in_a_cell(field: Field) -> None:
    for value in LISTS if isinstance(field, File) else VALUES:
        alone, in_a_cell = check_value(field, value), as_a_cell(field, value)
        assert alone == in_a_cell, value
        assert type(alone[0]) is type(in_a_cell[0]), value


@given(st.integers() | st.floats() | st.text(max_size=12) | st.booleans() | st.none(), st.sampled_from(FIELDS[:18]))
def test_any_value_is_what_it_is_in_a_cell(value: Any, field: Field) -> None:
    assert check_value(field, value) == as_a_cell(field, value)


def test_what_no_cell_holds_is_sent_as_it_is() -> None:
    secret = object()
    assert check_value(Masked(name="x"), secret) == (secret, None)
    assert check_value(Masked(name="x"), "") == (None, None)
    assert check_value(Json(name="x"), [1, {"a": None}]) == ([1, {"a": None}], None)


def test_a_number_of_an_identity_document_has_the_rule_of_its_type() -> None:
    field = Identity(name="x", by="type", schemes={"RUT": "cl.rut"})
    assert check_value(field, "AB-12345", scheme="cl.rut")[1] is not None
    assert check_value(field, "AB-12345")[1] is None


def test_tags_are_asked_about_in_a_sheet_and_sent_as_the_argument_of_a_call() -> None:
    """The text of a mail may be a web page; a cell with tags is what a program left behind."""
    text = Text(name="mensaje")
    assert check_value(text, "<p>Hola <b>Ana</b></p>") == ("<p>Hola <b>Ana</b></p>", None)
    assert check(pd.DataFrame({"mensaje": ["<b>Ana</b>"]}), [text]).bad.all()
