"""What a form shows once a sheet was sent: for people, whatever the sheet is like."""

from pathlib import Path

import pandas as pd
import pytest

import toolkit
from tests.helpers.forms import find, press, said, shown, text_of, within
from toolkit import forms
from toolkit.notebook.forms import tables
from toolkit.notebook.forms.sheet import SheetForm


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def checked(api: toolkit.Api, **columns: list[str]) -> SheetForm:
    """A form with a sheet of three people and more columns, one phone of which is none."""
    sheet = {"Nombre": ["Ana", "Eva", "Luz"], "Fono": ["+56 9 1234 5678", "+56 9 1234 5679", "12"], **columns}
    pd.DataFrame(sheet).to_csv("clientes.csv", index=False)
    form = forms.import_records(api.ida)
    find(form, "path-sheet").value = "clientes.csv"
    press(form, "read")
    assert "separator" in shown(form)
    press(form, "check")
    return form


def test_rows_that_are_not_in_are_shown_for_people(api: toolkit.Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the sheet's own columns are called."""
    monkeypatch.setattr(tables, "available", lambda: False)
    form = checked(api, Row=["x"] * 3, Value=["5"] * 3, outcome=["z"] * 3)
    press(form, "send")
    assert said(form) == "Done. 2 in, 1 not sent: 1 with bad cells"
    heads = [text_of(e) for e in within(form) if e.tag == "th"][3:]
    assert heads == ["Row #", "Outcome", "Problem", "Column", "error_value", "Nombre", "Fono", "Row", "Value"]


def test_a_note_about_the_sheet_is_shown_once(api: toolkit.Api) -> None:
    form = checked(api, Nota=["x"] * 3)
    assert "separator" not in shown(form)
    assert "'Nota' fills no field" in shown(form)
    press(form, "send")
    assert "separator" not in shown(form)


def test_the_table_below_says_how_much_of_it_is_shown(api: toolkit.Api, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("itables")
    form = checked(api)
    press(form, "send")
    assert "Below: the row that is not in." in shown(form)
    rest = pd.DataFrame({"Row": range(3)})
    assert tables.below(rest) == "Below: the 3 rows that are not in."
    monkeypatch.setattr(tables, "LARGEST", 2)
    assert tables.below(rest) == "Below: the first 2 of 3 rows that are not in."
