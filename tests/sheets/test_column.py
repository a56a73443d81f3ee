"""A column looked at in blocks is as good as one looked at as a whole; and what was checked is what is sent."""

import enum
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from toolkit.sheets import check, column
from toolkit.sheets.check import Check
from toolkit.spec import Choice, Email, Field, Identity, Integer, Json, Masked, Number, Phone, Text

FIELDS: tuple[Field, ...] = (
    Email(name="mail"),
    Phone(name="phone"),
    Text(name="text", required=True),
    Choice(name="choice", choices={"a": "first", "b": "second"}),
    Number(name="number"),
    Number(name="digits", as_text=True),
    Integer(name="whole", required_when=("choice", "a")),
    Json(name="json"),
)
CELLS: dict[str, st.SearchStrategy[Any]] = {
    "mail": st.sampled_from(["a@example.cl", " a@example.cl", "a@gmial.com", "no", None, ""]),
    "phone": st.sampled_from(["912345678", "+56 9 1234 5678", 56912345678, 912345678.0, "12", None]),
    "text": st.sampled_from(["Ana", " Ana", "#N/A", 5, True, None, "  "]),
    "choice": st.sampled_from(["a", "first", "SECOND", "z", None]),
    "number": st.sampled_from(["1,5", "1.500", "2", 3, 0.5, float("inf"), "x", None]),
    "digits": st.sampled_from(["007", "1.5", "2", 3, 0.1, -0.0, 1e-7, None]),
    "whole": st.sampled_from(["1", 2, 2.5, "x", None]),
    "json": st.sampled_from(['{"a": 1}', "{", None]),
}


def said(done: Check) -> dict[str, Any]:
    told = done.problems.astype(object).fillna("").to_dict("list")
    return {"problems": told, "bad": done.bad.tolist(), "wire": done.wire(), "errors": len(done.refused)}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.fixed_dictionaries(CELLS), max_size=12), size=st.integers(1, 5))
def test_blocks_of_any_size(monkeypatch: pytest.MonkeyPatch, rows: list[dict[str, Any]], size: int) -> None:
    frame = pd.DataFrame(rows, columns=[*CELLS], dtype=object)
    whole = said(check(frame, FIELDS))
    with monkeypatch.context() as patch:
        patch.setattr(column, "BLOCK", size)
        assert said(check(frame, FIELDS)) == whole


@given(rows=st.lists(st.fixed_dictionaries(CELLS), min_size=1, max_size=12), data=st.data())
def test_what_some_rows_send(rows: list[dict[str, Any]], data: st.DataObject) -> None:
    """Any rows in any order: slices, runs and scattered positions."""
    done = check(pd.DataFrame(rows, columns=[*CELLS], dtype=object), FIELDS)
    some = np.array(data.draw(st.lists(st.sampled_from(range(len(rows))), unique=True)), dtype=np.int64)
    whole = done.wire()
    assert done.wire(some) == {name: [values[i] for i in some] for name, values in whole.items()}
    start, stop = sorted(data.draw(st.tuples(st.integers(0, len(rows)), st.integers(0, len(rows)))))
    assert done.wire(slice(start, stop)) == {name: values[start:stop] for name, values in whole.items()}


def test_half_a_character() -> None:
    done = check(pd.DataFrame({"text": pd.Series(["Ana", "x\ud83d", "😀"] * 30, dtype=object)}), FIELDS)
    assert done.bad.tolist() == [False, True, False] * 30
    assert done.errors["problem"].unique().tolist() == ["has half a character in it, which cannot be sent"]


@pytest.mark.parametrize("bad", [8_191, 8_192, 8_193])
def test_problems_at_the_edges_of_blocks(bad: int) -> None:
    frame = pd.DataFrame({"mail": [f"p{n}@example.cl" for n in range(20_000)], "text": "x"})
    frame.loc[bad, "mail"] = "nobody"
    done = check(frame, FIELDS)
    assert done.problems["row"].tolist() == [bad]
    assert np.flatnonzero(done.bad).tolist() == [bad]
    assert [n for n, v in enumerate(done.wire()["mail"]) if v is None] == [bad]


def test_identities_by_the_document_of_their_own_row(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = (
        Choice(name="kind", choices=dict.fromkeys(["CC", "NIT", "CE"], "")),
        Identity(name="number", by="kind", schemes={"CC": "co.cc", "NIT": "co.nit"}),
    )
    kinds = ["CC", "NIT", "CE", "CC", "NIT", "NIT"]
    numbers = ["1032456", "900123456-8", "AX12", "12", "900123456-7", "1032456"]
    frame = pd.DataFrame({"kind": kinds * 4, "number": numbers * 4})
    whole = said(check(frame, fields))
    assert whole["bad"] == [False, False, False, True, False, True] * 4
    assert whole["problems"]["level"].count("doubt") == 4
    monkeypatch.setattr(column, "BLOCK", 4)
    assert said(check(frame, fields)) == whole


def test_what_was_checked_is_what_is_sent() -> None:
    """Whatever is done to the frame meanwhile."""
    frame = pd.DataFrame({"mail": ["a@example.cl", "b@example.cl"], "text": ["x", "y"]})
    done = check(frame, FIELDS)
    frame.loc[0, "mail"] = "other@example.cl"
    frame["text"] = "z"
    frame.loc[2] = ["c@example.cl", "x"]
    assert done.wire() == {"mail": ["a@example.cl", "b@example.cl"], "text": ["x", "y"]}


@pytest.mark.parametrize("empty", [None, float("nan"), "", "  "])
def test_a_secret_that_is_missing_is_missing(empty: Any) -> None:
    frame = pd.DataFrame({"pin": pd.Series(["1234", empty], dtype=object)})
    done = check(frame, (Masked(name="pin", required=True),))
    assert done.wire() == {"pin": ["1234", None]}
    assert list(done.bad) == [False, True]


def test_a_kind_of_text_is_sent_as_the_text_it_is() -> None:
    """Else a row would be another one beside a row with an empty cell."""

    class Colour(str, enum.Enum):  # noqa: UP042 (as many write it)
        RED = "rojo"

    (sent,) = check(pd.DataFrame({"a": pd.Series([Colour.RED], dtype=object)}), (Text(name="a"),)).wire()["a"]
    assert (type(sent), sent) == (str, "rojo")
