"""What is wrong with a sheet, by column and reason: decided for all, for a value, for a cell; and taken back."""

from pathlib import Path

import pandas as pd
import pytest

import toolkit
from tests.helpers.forms import find, has, press, said, shown, text_of, within
from toolkit import forms
from toolkit.notebook.forms.sheet import SheetForm


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def form(api: toolkit.Api) -> SheetForm:
    """Thirty rows: e-mails without one in three spellings, some of them with a proposal, and two bad phones."""
    mails = [f"persona{n}@example.cl" for n in range(30)]
    mails[:12] = ["s/i"] * 6 + ["sin correo"] * 4 + ["-", "ana@example,cl"]
    phones = [f"+56 9 1234 {5000 + n}" for n in range(28)] + ["12", "34"]
    names = [f"Persona {n}" for n in range(30)]
    pd.DataFrame({"Nombre": names, "Correo": mails, "Fono": phones}).to_csv("c.csv", index=False)
    form = forms.import_records(api.ida)
    find(form, "path-sheet").value = "c.csv"
    press(form, "read")
    press(form, "check")
    return form


def lines(form: SheetForm) -> list[str]:
    """The lines of the open facet, as text."""
    table = next(e for e in within(form) if "tk-values" in str(e.attributes.get("class", "")))
    return [text_of(e) for e in table.within() if e.tag == "tr"][1:]


def line_of(form: SheetForm, facet: str) -> int:
    facets = [text_of(e) for e in within(form) if "tk-facet" in str(e.attributes.get("class", "")).split()]
    return next(n for n, text in enumerate(facets) if facet in text)


def totals(form: SheetForm) -> str:
    return find(form, "totals").description


def test_a_line_for_each_column_and_reason_with_its_values_and_names(form: SheetForm) -> None:
    assert "16 of 30 rows can be sent; 14 not yet, 0 left out." in shown(form)
    assert any("s/i" in line and "6" in line and "Persona 0" in line for line in lines(form))
    assert sum(toggle.attributes["aria-expanded"] == "true" for toggle in within(form)
               if "tk-facet" in str(toggle.attributes.get("class", "")).split()) == 1  # fmt: skip


def test_a_value_is_emptied_in_all_its_cells(form: SheetForm) -> None:
    number = next(n for n, line in enumerate(lines(form)) if "s/i" in line)
    press(form, "empty", number)
    assert said(form) == "6 cells changed. 22 of 30 rows can be sent; 8 not yet, 0 left out."
    assert not any("s/i" in line for line in lines(form))


def test_a_value_is_replaced_in_all_its_cells(form: SheetForm) -> None:
    number = next(n for n, line in enumerate(lines(form)) if "sin correo" in line)
    find(form, "correction", number).value = "otro@example.cl"
    press(form, "replace", number)
    assert "4 cells changed." in said(form)
    assert form.check is not None
    assert (form.check.frame["Correo"] == "otro@example.cl").sum() == 4


def test_rows_are_left_out_and_counted(form: SheetForm) -> None:
    press(form, "leave-facet", line_of(form, "Fono"))
    assert "16 of 30 rows can be sent; 12 not yet, 2 left out." in shown(form)


def test_everything_can_be_taken_back_step_by_step(form: SheetForm) -> None:
    before, code = totals(form), form.code
    press(form, "empty-rest")
    press(form, "leave-facet")
    assert find(form, "undo").description == "Undo: Leave rows out"
    press(form, "undo")
    assert find(form, "undo").description == "Undo: Empty the rest in optional columns (13)"
    press(form, "undo")
    assert totals(form) == before
    assert form.code == code
    assert not has(form, "undo")


def test_the_code_has_every_decision_and_no_undone_one(form: SheetForm) -> None:
    press(form, "accept-all")
    press(form, "empty-rest")
    press(form, "undo")
    assert "check.accept(" in form.code
    assert "check.empty(" not in form.code


def test_two_buttons_bring_in_all_that_can_be(form: SheetForm, api: toolkit.Api) -> None:
    press(form, "accept-all")
    press(form, "empty-rest")
    assert "All 30 rows can be sent." in shown(form)
    press(form, "send")
    assert form.report.summary["verified"] == 30


def test_single_cells_are_searched_and_decided_one_by_one(form: SheetForm) -> None:
    find(form, "single").value = True
    assert "1–10 of 12" in shown(form) or "1–10 of 11" in shown(form)
    find(form, "values-search").value = "persona 7"
    (line,) = lines(form)
    assert "Persona 7" in line
    find(form, "correction").value = "siete@example.cl"
    press(form, "replace")
    assert "1 cell changed." in said(form)
    assert form.check is not None
    assert form.check.frame["Correo"].tolist()[7] == "siete@example.cl"


def test_what_is_typed_stays_while_pages_are_turned(form: SheetForm) -> None:
    find(form, "single").value = True
    find(form, "correction", 1).value = "typed@example.cl"
    press(form, "values-next")
    press(form, "values-previous")
    assert find(form, "correction", 1).value == "typed@example.cl"


def test_a_total_is_left_out_and_not_emptied(api: toolkit.Api) -> None:
    """Emptying it would send a row that is nobody."""
    frame = pd.DataFrame({"Nombre": ["Ana", "Eva", "Total"], "Correo": ["ana@example.cl", "s/i", None], "Monto": "3"})
    frame.to_csv("c.csv", index=False)
    form = forms.import_records(api.ida)
    find(form, "path-sheet").value = "c.csv"
    press(form, "read")
    press(form, "check")
    press(form, "empty-rest")
    assert "2 of 3 rows can be sent; 1 not yet, 0 left out." in shown(form)
    assert not has(form, "empty-facet")
    assert not has(form, "empty")
    press(form, "leave-facet")
    press(form, "send")
    assert form.report.summary["verified"] == 2
    assert said(form) == "Done. 2 in, 1 not sent: 1 left out"


def test_a_required_cell_is_not_emptied(api: toolkit.Api) -> None:
    codes = pd.DataFrame({"LogonName": ["a", "b"], "DomainName": ["d", None], "CardCode": ["1", "2"]})
    codes.to_csv("codes.csv", index=False)
    form = forms.card_codes(api.nddprint)
    find(form, "path-sheet").value = "codes.csv"
    press(form, "read")
    press(form, "check")
    assert has(form, "leave-facet")
    assert not has(form, "empty-facet")
    assert not has(form, "empty-rest")


def test_one_problem_in_most_of_a_column_asks_about_the_column(api: toolkit.Api) -> None:
    pd.DataFrame({"EMAIL": ["x", "y", "z"], "Nombre": "Ana"}).to_csv("c.csv", index=False)
    form = forms.import_records(api.ida)
    find(form, "path-sheet").value = "c.csv"
    press(form, "read")
    press(form, "check")
    assert "Is EMAIL the right column?" in shown(form)


def test_reading_again_asks_before_it_drops_decisions(form: SheetForm) -> None:
    press(form, "accept-all")
    press(form, "step-0")
    press(form, "read")
    assert "Reading again drops 1 decision." in shown(form)
    press(form, "keep-decisions")
    assert has(form, "undo")
    press(form, "step-0")
    press(form, "read")
    press(form, "drop")
    press(form, "check")
    assert not has(form, "undo")


def test_decisions_hold_when_the_match_is_changed_and_checked_again(form: SheetForm) -> None:
    press(form, "accept-all")
    press(form, "back")
    find(form, "match", 2).value = ""
    press(form, "check")
    assert has(form, "undo")
    assert form.check is not None
    assert form.check.frame["Correo"].tolist()[11] == "ana@example.cl"


def test_words_that_stand_for_nothing_are_told_once(form: SheetForm) -> None:
    press(form, "back")
    find(form, "read-empty").value = "s/i; sin correo; -"
    press(form, "check")
    assert "27 of 30 rows can be sent" in shown(form)
    assert "empty=['s/i', 'sin correo', '-']" in form.code


def test_how_cells_are_read_is_asked_where_it_matters(form: SheetForm, api: toolkit.Api) -> None:
    press(form, "back")
    assert has(form, "read-country")
    assert not has(form, "read-decimal")
    find(form, "read-country").value = "CO"
    press(form, "check")
    assert "country='CO'" in form.code


def test_what_is_only_spelt_alike_is_accepted_by_a_button_of_its_own(api: toolkit.Api) -> None:
    cities = ["Stgo", "santiago.", "Viña", "Temuco", "Temuco", "Temuco"]
    pd.DataFrame({"Nombre": "Ana", "Ciudad": cities, "Correo": ["a@example,cl"] * 6}).to_csv("c.csv", index=False)
    form = forms.import_records(api.ida)
    find(form, "path-sheet").value = "c.csv"
    press(form, "read")
    press(form, "check")
    assert find(form, "accept-all").description == "Accept all sure proposals (6)"
    press(form, "accept-all")
    assert form.check is not None
    assert form.check.frame["Ciudad"].tolist()[0] == "Stgo"
    assert find(form, "accept-alike").description == "Accept what is only spelt alike (2)"
    press(form, "accept-alike")
    assert form.check.frame["Ciudad"].tolist()[0] == "Santiago"
    assert not has(form, "accept-alike")
    box = find(form, "correction")
    assert box.element.attributes["list"] == "choices"
    choices = next(e for e in within(form) if e.tag == "datalist")
    assert "Valparaíso" in [o.attributes["value"] for o in choices.within() if o.tag == "option"]


def test_a_blank_required_cell_is_filled(api: toolkit.Api) -> None:
    codes = pd.DataFrame({"LogonName": ["a", "b", "c"], "DomainName": ["d", None, "  "], "CardCode": ["1", "2", "3"]})
    codes.to_csv("codes.csv", index=False)
    form = forms.card_codes(api.nddprint)
    find(form, "path-sheet").value = "codes.csv"
    press(form, "read")
    press(form, "check")
    (line,) = lines(form)
    assert line.startswith("(empty)2")
    assert find(form, "replace").description == "Fill"
    find(form, "correction").value = "dominio"
    press(form, "replace")
    assert said(form) == "2 cells changed. All 3 rows can be sent."
    assert "check.replace(column='DomainName', values={None: 'dominio'})" in form.code
