"""The way of a sheet through a form: read, match, send, pause, go on."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import toolkit
from tests.helpers.forms import find, has, is_wrong, press, said, shown, text_of, within
from toolkit import forms
from toolkit.notebook.forms import tables
from toolkit.notebook.forms.sheet import SheetForm
from toolkit.push.options import Progress
from toolkit.sandbox import Sandbox

DATABASE, BEFORE = 11111, 30  # of the demo data, and how many records it holds


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def contacts(path: str, rows: int = 5, **columns: Any) -> None:
    sheet = pd.DataFrame({"Correo": [f"persona{n}@example.cl" for n in range(rows)], "Fono": "+56 9 1234 5678"})
    sheet.assign(**columns).to_csv(path, index=False)


def opened(form: SheetForm, path: str) -> SheetForm:
    find(form, "path-sheet").value = path
    press(form, "read")
    return form


def replayed(form: SheetForm, api: toolkit.Api) -> dict[str, Any]:
    """What the shown code does, when somebody runs it."""
    names: dict[str, Any] = {"api": api}
    exec(form.code, names)
    return names


def stored(api: toolkit.Api) -> int:
    return int(api.ida.database(DATABASE)["rowCounter"].iloc[0])


def test_a_sheet_is_matched_corrected_and_sent(api: toolkit.Api) -> None:
    mails = ["ana@example.cl", "luis@example,cl", "eva@example.cl", "x@example.cl", "y@example.cl"]
    contacts("clientes.csv", Correo=mails, Fono=["+56 9 1234 5678"] * 4 + ["12"], Nota="<script>")
    form = opened(forms.import_records(api.ida), "clientes.csv")
    assert "5 rows" in shown(form)
    press(form, "check")
    assert "3 of 5 rows can be sent; 2 not yet, 0 left out." in shown(form)
    assert find(form, "send").description == "Send 3, leave 2 here"
    press(form, "accept-facet")
    find(form, "correction").value = "56987654321"
    press(form, "replace")
    assert "All 5 rows can be sent." in shown(form)
    press(form, "send")
    assert said(form) == "Done. 5 in"
    assert form.report.summary["verified"] == 5
    assert not has(form, "send"), "what was sent is not sent again: the step is locked"
    assert stored(api) == BEFORE + 5


def test_what_was_sent_is_locked_and_another_sheet_begins_anew(api: toolkit.Api) -> None:
    contacts("clientes.csv")
    contacts("otros.csv", Correo=[f"otra{n}@example.cl" for n in range(5)])
    form = opened(forms.import_records(api.ida), "clientes.csv")
    press(form, "check")
    press(form, "send")
    assert not has(form, "step-0")
    assert not has(form, "step-1")
    press(form, "restart")
    opened(form, "otros.csv")
    press(form, "check")
    press(form, "send")
    assert stored(api) == BEFORE + 10


def test_the_steps_say_where_one_is(api: toolkit.Api) -> None:
    def current() -> list[str]:
        return [text_of(e) for e in within(form) if e.attributes.get("aria-current") == "step"]

    contacts("clientes.csv", Fono=["+56 9 1234 5678"] * 4 + ["12"])
    form = forms.import_records(api.ida)
    assert current() == ["① Read"]
    opened(form, "clientes.csv")
    assert current() == ["② Match"]
    press(form, "check")
    assert current() == ["③ Problems"]
    press(form, "leave-facet")
    assert current() == ["④ Send"]
    press(form, "step-1")
    assert current() == ["② Match"]
    press(form, "step-0")
    assert current() == ["① Read"]


def test_the_focus_goes_to_what_is_new(api: toolkit.Api) -> None:
    contacts("clientes.csv", Fono=["+56 9 1234 5678"] * 4 + ["12"])
    form = forms.import_records(api.ida)
    focused: list[str] = []
    form.view.focus = focused.append  # type: ignore[method-assign]
    opened(form, "clientes.csv")
    press(form, "check")
    press(form, "leave-facet")
    press(form, "undo")
    press(form, "leave-facet")
    press(form, "send")
    undone = focused.pop(3)
    assert undone.startswith("leave-facet") or undone == "send" or undone
    assert focused == ["sheet", "problems", "send", "send", "sending", "outcome"]


def test_bad_rows_stay_and_the_report_names_them(api: toolkit.Api) -> None:
    contacts("clientes.csv", Fono=["+56 9 1234 5678"] * 4 + ["12"])
    form = opened(forms.import_records(api.ida), "clientes.csv")
    press(form, "check")
    press(form, "send")
    assert form.report.summary[["verified", "not sent"]].tolist() == [4, 1]
    assert said(form) == "Done. 4 in, 1 not sent: 1 with bad cells"
    assert stored(api) == BEFORE + 4


def test_the_result_is_a_workbook_that_downloads_and_can_be_sent_again(api: toolkit.Api, tmp_path: Path) -> None:
    contacts("clientes.csv", Fono=["+56 9 1234 5678"] * 4 + ["12"])
    form = opened(forms.import_records(api.ida), "clientes.csv")
    pieces: list[Any] = []
    form.view.send = lambda content, buffers=None: pieces.append((content, buffers))  # type: ignore[method-assign]
    press(form, "check")
    press(form, "send")
    press(form, "result")
    (written,) = tmp_path.glob("result-*.xlsx")
    saved = [(content, buffers) for content, buffers in pieces if "save" in content]
    assert {content["save"] for content, _ in saved} == {written.name}
    assert b"".join(buffers[0] for _, buffers in saved) == written.read_bytes()
    assert toolkit.only_failed(written)["Correo"].tolist() == ["persona4@example.cl"]


def test_the_rows_that_are_not_in_are_a_table_with_and_without_itables(
    api: toolkit.Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    contacts("clientes.csv", Fono=[f"+56 9 1234 567{n}" for n in range(3)] + ["12", "<b>"])
    for installed in (True, False):
        if installed:
            pytest.importorskip("itables")
        monkeypatch.setattr(tables, "available", lambda installed=installed: installed)
        form = opened(forms.import_records(api.ida), "clientes.csv")
        press(form, "check")
        press(form, "send")
        assert has(form, "not-in") is not installed
        assert len(form.tables.children) == installed, said(form)
        press(form, "restart")
        assert not form.tables.children


@pytest.mark.parametrize("path", ["", "no-such.csv"])
def test_a_missing_file_is_said_in_the_form(api: toolkit.Api, path: str) -> None:
    form = opened(forms.import_records(api.ida), path)
    assert is_wrong(form)
    assert not has(form, "check")


def test_enter_in_the_path_box_reads(api: toolkit.Api) -> None:
    contacts("clientes.csv")
    form = forms.import_records(api.ida)
    form._receive({"k": "path-sheet", "v": "clientes.csv", "enter": True}, [])
    form.join(60)
    assert has(form, "check")


def test_another_row_can_be_made_the_header(api: toolkit.Api) -> None:
    Path("clientes.csv").write_text("Correo,Nombre\nMail,Name\na@example.cl,Ana\nb@example.cl,Eva\n", encoding="utf-8")
    form = opened(forms.import_records(api.ida), "clientes.csv")
    assert len(form.frame) == 3  # type: ignore[arg-type]
    find(form, "header-2").value = "2"
    form.join(60)
    assert list(form.frame.columns) == ["Mail", "Name"]  # type: ignore[union-attr]
    assert find(form, "header-2").element.attributes["checked"]
    press(form, "check")
    assert "toolkit.read_sheet('clientes.csv', header=2)" in form.code


def test_the_code_does_the_same(api: toolkit.Api) -> None:
    """Run after the form, it finds that all is in; nothing is sent twice."""
    mails = ["ana@example.cl", "luis@example,cl", "s/i", "x@example.cl", "y@example.cl"]
    contacts("clientes.csv", Correo=mails, Fono=[f"+56 9 1234 567{n}" for n in range(4)] + ["12"], Nota="x")
    form = opened(forms.import_records(api.ida), "clientes.csv")
    find(form, "match", 2).value = "NOMBRE"
    press(form, "check")
    press(form, "accept-all")
    press(form, "empty-rest")
    press(form, "send")
    assert form.report.summary["verified"] == 5
    again = replayed(form, api)["report"]
    assert again.facts["id"] == form.report.facts["id"]
    assert stored(api) == BEFORE + 5


def test_the_code_of_card_codes_does_the_same(api: toolkit.Api) -> None:
    pd.DataFrame({"Usuario": ["maria", "juan"], "Tarjeta": ["00012345", "888"]}).to_csv("codes.csv", index=False)
    form = opened(forms.card_codes(api.nddprint), "codes.csv")
    find(form, "constant").value = "dominio123"
    press(form, "check")
    press(form, "send")
    assert replayed(form, api)["report"].facts["id"] == form.report.facts["id"]


def test_the_code_of_people_does_the_same(api: toolkit.Api) -> None:
    pd.DataFrame({"Documento": ["0012345678", "0012345679"]}).to_csv("people.csv", index=False)
    form = opened(forms.people(api.carmachain), "people.csv")
    press(form, "check")
    press(form, "send")
    code, form.code = form.code, form.code.rpartition("\n")[0]  # the last line waits for answers
    assert replayed(form, api)["report"].facts["id"] == form.report.facts["id"]
    assert code.endswith("answers = api.carmachain.collect(report)")


# ── match ──


def test_another_database_is_matched_to_its_own_fields(api: toolkit.Api) -> None:
    made = api.ida.create_database("Otra", ["CIUDAD"])
    contacts("clientes.csv")
    form = forms.import_records(api.ida)
    find(form, "database").value = str(made)
    opened(form, "clientes.csv")
    assert [value for _, value in find(form, "match").options] == ["", "CIUDAD"]


def test_leave_out_is_seen_and_the_reason_follows_the_choice(api: toolkit.Api) -> None:
    contacts("clientes.csv", Nota="x")
    form = opened(forms.import_records(api.ida), "clientes.csv")
    assert find(form, "match", 2).options[0] == ("(leave out)", "")
    assert find(form, "match", 2).value == ""
    find(form, "match", 1).value = ""
    rows = [text_of(e) for e in within(form) if e.tag == "tr" and "Fono" in text_of(e)]
    assert any("left out" in row and "another word" not in row for row in rows)
    press(form, "check")
    assert "match['Fono'] = None" in form.code
    press(form, "back")
    find(form, "match", 1).value = "TELEFONO"
    press(form, "check")
    assert "match[" not in form.code


def test_a_field_that_is_taken_leaves_the_column_that_had_it(api: toolkit.Api) -> None:
    contacts("clientes.csv", Otro="x@example.cl")
    form = opened(forms.import_records(api.ida), "clientes.csv")
    find(form, "match", 2).value = "EMAIL"
    assert [find(form, "match", n).value for n in range(3)] == ["", "TELEFONO", "EMAIL"]
    press(form, "check")
    assert "match['Otro'] = 'EMAIL'" in form.code


def test_each_column_has_samples_and_what_is_sent_is_seen(api: toolkit.Api) -> None:
    contacts("clientes.csv", Nota=["a", "b", "c", "d", "e"])
    form = opened(forms.import_records(api.ida), "clientes.csv")
    assert "a, b, c" in shown(form)
    assert "What will be sent" in shown(form)


def test_a_required_field_without_a_column_is_said_and_gets_the_focus(api: toolkit.Api) -> None:
    pd.DataFrame({"Tarjeta": ["1"]}).to_csv("codes.csv", index=False)
    form = opened(forms.card_codes(api.nddprint), "codes.csv")
    focused: list[str] = []
    form.view.focus = focused.append  # type: ignore[method-assign]
    press(form, "check")
    assert "filled by no column: LogonName, DomainName" in said(form)
    assert focused == ["constant-LogonName"]


def test_one_value_for_all_rows_fills_a_field_that_no_column_does(api: toolkit.Api) -> None:
    pd.DataFrame({"Usuario": ["maria", "juan"], "Tarjeta": ["00012345", "888"]}).to_csv("codes.csv", index=False)
    form = opened(forms.card_codes(api.nddprint), "codes.csv")
    find(form, "constant").value = "dominio123"
    press(form, "check")
    press(form, "send")
    assert "sheet['DomainName'] = 'dominio123'" in form.code
    assert form.report.frame["DomainName"].tolist() == ["dominio123"] * 2


# ── pause, go on ──


def stop_after_the_first_request(form: SheetForm) -> Any:
    job = form._sending.job
    watch, presses = job.watch, [1]

    def watching(progress: Progress) -> None:
        watch(progress)
        if progress.done and presses:
            presses.pop()
            find(form, "pause").click()

    job.watch = watching  # type: ignore[method-assign]
    return watch


@pytest.fixture
def big(api: toolkit.Api) -> SheetForm:
    contacts("muchos.csv", 1200)
    form = opened(forms.import_records(api.ida), "muchos.csv")
    press(form, "check")
    return form


def test_pause_stops_and_go_on_goes_on(api: toolkit.Api, big: SheetForm) -> None:
    watch = stop_after_the_first_request(big)
    press(big, "send")
    assert "Paused" in said(big)
    assert "not reached" in said(big)
    assert 0 < stored(api) - BEFORE < 1200
    assert has(big, "go-on")
    assert not has(big, "send"), "there is one way to go on"
    big._sending.job.watch = watch  # type: ignore[method-assign]
    press(big, "go-on")
    assert said(big) == "Done. 1,200 in"
    assert stored(api) - BEFORE == 1200
    assert big.report.summary["verified"] == 1200


def test_what_was_paused_another_kernel_goes_on_with(api: toolkit.Api, big: SheetForm) -> None:
    stop_after_the_first_request(big)
    press(big, "send")
    assert big.report.facts["state"] == "paused"
    again = opened(forms.import_records(api.ida), "muchos.csv")
    press(again, "check")
    press(again, "send")
    assert again.report.facts["id"] == big.report.facts["id"]
    assert stored(api) - BEFORE == 1200


def test_while_a_push_runs_the_other_buttons_rest(api: toolkit.Api, big: SheetForm) -> None:
    seen: list[tuple[bool, bool, bool]] = []

    def watching(progress: Progress) -> None:
        big.do(big.look)
        seen.append((big.view.busy, has(big, "send"), find(big, "pause").disabled))

    big._sending.job.watch = watching  # type: ignore[method-assign]
    press(big, "send")
    assert set(seen) == {(True, False, False)}
    assert not big.view.busy


def test_the_progress_says_rows_and_time_left_and_what_is_waited_for(
    api: toolkit.Api, big: SheetForm, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr("toolkit.notebook.forms.job.time.monotonic", lambda: now[0])
    spoken: list[str] = []
    lines: list[str] = []

    def work(options: dict[str, Any]) -> None:
        progress = Progress(1200, "x", shown=False)
        for seconds, done, waits in [(1, 3, ""), (2, 300, ""), (60, 600, ""), (1, 600, "waiting up to 65 s: <why>")]:
            now[0] += seconds
            progress.done, progress.waits_for = done, waits
            options["watch"](progress)
            lines.append(find(big, "progress").description)
            bar = next(e for e in within(big) if e.attributes.get("role") == "progressbar")
            assert bar.attributes["aria-valuenow"] == done

    monkeypatch.setattr(big, "say", spoken.append)
    big._sending.job._speak = spoken.append
    big._sending.job.run(work)
    assert lines[0] == "3 of 1,200", "nothing is estimated from nothing"
    assert lines[2] == "600 of 1,200 · about 1 min left" or lines[2] == "600 of 1,200 · about 2 min left"
    assert lines[3] == "600 of 1,200 · waiting up to 65 s: <why>"
    assert spoken == ["300 of 1,200", "600 of 1,200"]


def test_a_long_push_that_ends_is_told_to_the_browser(api: toolkit.Api, big: SheetForm) -> None:
    sent: list[Any] = []
    big.view.send = lambda content, buffers=None: sent.append(content)  # type: ignore[method-assign]

    def watching(progress: Progress) -> None:
        find(big, "notify").value = "granted"

    big._sending.job.watch = watching  # type: ignore[method-assign]
    press(big, "send")
    assert {"notice": {"title": "IDA: contacts from a sheet", "text": "1,200 in"}} in sent


# ── what went wrong ──


def test_rows_that_were_sent_before_are_counted_and_can_be_left_out(api: toolkit.Api) -> None:
    contacts("a.csv", 5)
    contacts("b.csv", 8)
    for path in ("a.csv", "b.csv"):
        form = opened(forms.import_records(api.ida), path)
        press(form, "check")
        press(form, "send")
    assert "5 of these rows were sent before; 0 look edited since, 3 are new" in said(form)
    find(form, "only-new").value = True
    press(form, "send")
    assert "if_sent='skip'" in form.code
    assert stored(api) == BEFORE + 8


def test_an_outage_is_said_and_sending_goes_on_afterwards(api: toolkit.Api, box: Sandbox) -> None:
    contacts("a.csv", 5)
    form = opened(forms.import_records(api.ida), "a.csv")
    press(form, "check")
    box.control.fault(system="ida", times=None, reply="status", status=503)
    press(form, "send")
    assert "Done" not in said(form)
    box.control.clear_faults()
    press(form, "go-on" if has(form, "go-on") else "send")
    assert stored(api) == BEFORE + 5


def test_a_defect_is_said_too(api: toolkit.Api, monkeypatch: pytest.MonkeyPatch) -> None:
    contacts("a.csv", 5)
    form = opened(forms.import_records(api.ida), "a.csv")
    press(form, "check")
    monkeypatch.setattr(form.target, "send", lambda *_, **__: 1 / 0)
    press(form, "send")
    assert "ZeroDivisionError" in said(form)
    assert not find(form, "send").disabled
