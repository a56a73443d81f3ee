"""The way of a sheet through a form: read, match, check, correct, send, pause, cancel, go on."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import toolkit
from tests.conftest import ManualClock
from tests.helpers.forms import find, has, press, said, shown
from toolkit import forms
from toolkit.notebook.forms.sheet import SheetForm
from toolkit.push.progress import Progress
from toolkit.sandbox import Sandbox

DATABASE, BEFORE = 11111, 30  # of the demo data, and how many records it holds

WHEN = datetime(2026, 3, 2, tzinfo=UTC)


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


def test_a_sheet_is_matched_corrected_and_sent(api: toolkit.Api) -> None:
    mails = ["ana@example.cl", "luis@example,cl", "eva@example.cl", "x@example.cl", "y@example.cl"]
    contacts("clientes.csv", Correo=mails, Fono=["+56 9 1234 5678"] * 4 + ["12"], Nota="<script>")
    form = opened(forms.import_records(api.ida), "clientes.csv")
    assert "rows: 5" in shown(form)
    assert "<script>" not in shown(form)
    press(form, "check")
    assert "3 of 5 rows can be sent; 2 cannot" in shown(form)
    assert find(form, "send").description == "Send rows (3)"
    find(form, "accept-0").click()
    find(form, "cell-1").value = "56987654321"
    press(form, "recheck")
    assert "All 5 rows can be sent." in shown(form)
    press(form, "send")
    assert "Done" in said(form)
    assert form.report.summary["verified"] == 5
    assert list(form.report.frame.columns) == ["Correo", "Fono", "Nota"]
    assert "sheet.loc[3, 'Correo'] = 'luis@example.cl'" in form.code
    assert "sheet.loc[6, 'Fono'] = '56987654321'" in form.code
    again = replayed(form, api)["report"]
    assert "already pushed" in str(again)
    assert stored(api) == BEFORE + 5


def stored(api: toolkit.Api) -> int:
    return int(api.ida.database(DATABASE)["rowCounter"].iloc[0])


def test_bad_rows_stay_and_the_report_names_them(api: toolkit.Api) -> None:
    contacts("clientes.csv", Fono=["+56 9 1234 5678"] * 4 + ["12"])
    form = opened(forms.import_records(api.ida), "clientes.csv")
    press(form, "check")
    press(form, "send")
    assert form.report.summary[["verified", "not sent"]].tolist() == [4, 1]
    assert form.report.table.iloc[4][["outcome", "column", "value"]].tolist() == ["not sent", "Fono", "12"]
    assert stored(api) == BEFORE + 4


def test_the_result_is_a_workbook_that_downloads_and_can_be_sent_again(api: toolkit.Api, tmp_path: Path) -> None:
    contacts("clientes.csv", Fono=["+56 9 1234 5678"] * 4 + ["12"])
    form = opened(forms.import_records(api.ida), "clientes.csv")
    press(form, "check")
    press(form, "send")
    press(form, "result")
    (written,) = tmp_path.glob("result-*.xlsx")
    assert f"download='{written.name}' href='data:application/" in shown(form)
    assert toolkit.only_failed(written)["Correo"].tolist() == ["persona4@example.cl"]


@pytest.mark.parametrize("path", ["", "no-such.csv"])
def test_a_missing_file_is_said_in_the_form(api: toolkit.Api, path: str) -> None:
    form = opened(forms.import_records(api.ida), path)
    assert "role='alert'" in said(form)
    assert not has(form, "check")


def test_an_upload_is_read_at_once_and_the_same_file_can_be_uploaded_again(api: toolkit.Api) -> None:
    form = forms.import_records(api.ida)
    upload = find(form, "upload-sheet")
    for _ in range(2):
        content = memoryview(b"EMAIL\nana@example.cl\n")
        upload.value = ({"name": "<b>.csv", "type": "", "size": 21, "content": content, "last_modified": WHEN},)
        form.join(60)
        assert upload.value == ()
        assert "&lt;b&gt;.csv" in shown(form)
        assert form.frame is not None
        assert form.frame["EMAIL"].tolist() == ["ana@example.cl"]


def test_another_database_starts_anew(api: toolkit.Api) -> None:
    made = api.ida.create_database("Otra", ["CIUDAD"])["id"].iloc[0]
    contacts("clientes.csv")
    form = forms.import_records(api.ida)
    opened(form, "clientes.csv")
    find(form, "database").value = int(made)
    assert not has(form, "check")


def test_a_column_can_be_given_to_another_field(api: toolkit.Api) -> None:
    contacts("clientes.csv")
    form = opened(forms.import_records(api.ida), "clientes.csv")
    find(form, "match", 1).value = None
    press(form, "check")
    assert "'TELEFONO'" not in form.code
    press(form, "back")
    find(form, "match", 1).value = "TELEFONO"
    press(form, "check")
    assert "'TELEFONO': sheet['Fono']" in form.code


def test_a_field_that_is_taken_leaves_the_column_that_had_it(api: toolkit.Api) -> None:
    contacts("clientes.csv", Otro="x@example.cl")
    form = opened(forms.import_records(api.ida), "clientes.csv")
    find(form, "match", 2).value = "EMAIL"
    assert [find(form, "match", n).value for n in range(3)] == [None, "TELEFONO", "EMAIL"]
    press(form, "check")
    assert "'EMAIL': sheet['Otro']" in form.code


def test_a_required_field_without_a_column_is_said(api: toolkit.Api) -> None:
    pd.DataFrame({"Tarjeta": ["1"]}).to_csv("codes.csv", index=False)
    form = opened(forms.card_codes(api.nddprint), "codes.csv")
    press(form, "check")
    assert "filled by no column: LogonName, DomainName" in said(form)


# ── pause, cancel, go on ──


def stop_after_the_first_request(form: SheetForm, how: str) -> None:
    job = form._job
    watch, buttons = job._watch, [find(form, how)]

    def watching(progress: Progress) -> None:
        watch(progress)
        if progress.done and buttons:
            buttons.pop().click()

    job._watch = watching


@pytest.fixture
def big(api: toolkit.Api) -> SheetForm:
    contacts("muchos.csv", 1200)
    form = opened(forms.import_records(api.ida), "muchos.csv")
    press(form, "check")
    return form


def test_pause_stops_and_go_on_goes_on(api: toolkit.Api, big: SheetForm) -> None:
    watch = big._job._watch
    stop_after_the_first_request(big, "pause")
    press(big, "send")
    assert "Paused" in said(big)
    assert 0 < stored(api) - BEFORE < 1200
    big._job._watch = watch
    press(big, "go-on")
    assert "Done" in said(big)
    assert stored(api) - BEFORE == 1200
    assert big.report.summary["verified"] == 1200


def test_cancel_leaves_a_push_that_another_kernel_goes_on_with(api: toolkit.Api, big: SheetForm) -> None:
    stop_after_the_first_request(big, "cancel")
    press(big, "send")
    assert "Cancelled. What was sent is kept" in said(big)
    assert big.report.facts["state"] == "paused"
    assert 0 < stored(api) - BEFORE < 1200
    again = opened(forms.import_records(api.ida), "muchos.csv")
    press(again, "check")
    press(again, "send")
    assert again.report.facts["id"] == big.report.facts["id"]
    assert stored(api) - BEFORE == 1200


def test_cancel_leaves_a_push_that_open_push_resumes(api: toolkit.Api, big: SheetForm) -> None:
    stop_after_the_first_request(big, "cancel")
    press(big, "send")
    names: dict[str, Any] = {"toolkit": toolkit}
    exec(big.code.splitlines()[-1], names)
    assert names["report"].summary["verified"] == 1200
    assert stored(api) - BEFORE == 1200


def test_while_a_push_runs_the_other_buttons_rest(api: toolkit.Api, big: SheetForm) -> None:
    seen: list[tuple[bool, bool, str]] = []

    def watching(progress: Progress) -> None:
        big.do(big.look)
        seen.append((find(big, "send").disabled, find(big, "cancel").disabled, big._job.layout.display))

    big._job._watch = watching
    press(big, "send")
    assert set(seen) == {(True, False, "")}
    assert big._job.layout.display == "none"
    assert not find(big, "send").disabled


def test_the_progress_says_rows_pace_and_what_is_waited_for(api: toolkit.Api, big: SheetForm) -> None:
    told = Progress(1200, "x", shown=False)
    told.done, told.waits_for = 600, "waiting up to 65 s: <why>"
    big._job._began, big._job._shown = (0.0, 0), float("-inf")
    big._job._watch(told)
    line = find(big, "progress").value
    assert "600 / 1,200" in line
    assert "/s" in line
    assert "waiting up to 65 s: &lt;why&gt;" in line


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
    assert "only_new=True" in form.code
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
    monkeypatch.setattr(form.aim, "send", lambda *_: 1 / 0)
    press(form, "send")
    assert "ZeroDivisionError" in said(form)
    assert not find(form, "send").disabled


# ── the other systems ──


def test_card_codes_that_are_given_twice_come_back_into_the_grid(api: toolkit.Api) -> None:
    codes = pd.DataFrame({"Usuario": ["maria", "maria", "juan"], "DomainName": "dominio123"})
    codes.assign(Tarjeta=["00012345", "777", ""]).to_csv("codes.csv", index=False)
    form = opened(forms.card_codes(api.nddprint), "codes.csv")
    press(form, "check")
    assert find(form, "send").description == "Send rows (2)"
    press(form, "send")
    assert "Some fields need a look" in said(form)
    assert "is in several rows" in shown(form)
    assert not has(form, "send")
    find(form, "cell-1").value = "juan"
    press(form, "recheck")
    press(form, "send")
    assert form.report.table["outcome"].tolist()[2] == "not sent"
    assert list(form.report.frame.columns) == ["Usuario", "DomainName", "Tarjeta"]
    assert form.report.table["column"].tolist()[2] == "Tarjeta"
    assert "toolkit.check(rows, NewCardCode)" in form.code
    assert "already pushed" in str(replayed(form, api)["report"])


def test_people_need_a_category(api: toolkit.Api) -> None:
    pd.DataFrame({"PhoneNumber": ["0999999999"]}).to_csv("people.csv", index=False)
    form = opened(forms.people(api.carmachain), "people.csv")
    find(form, "categories").value = ()
    press(form, "check")
    assert "Categories is required" in shown(form)
    assert "role='alert'" in said(form)


def test_people_are_asked_about_and_their_tickets_kept(api: toolkit.Api, tmp_path: Path, clock: ManualClock) -> None:
    people = pd.DataFrame({"Documento": ["0012345678", None, None], "Teléfono": ["0999999999", "0999999998", "12"]})
    people.to_csv("people.csv", index=False)
    form = opened(forms.people(api.carmachain), "people.csv")
    press(form, "check")
    assert "may cost money" in shown(form)
    press(form, "send")
    assert form.report["outcome"].tolist() == ["accepted", "accepted"]
    press(form, "result")
    (written,) = tmp_path.glob("result-*.xlsx")
    kept = toolkit.read_sheet(written)
    assert kept["IdDocument"].tolist()[0] == "0012345678"
    assert kept["idRequest"].notna().all()
    assert "categories=['All categories']" in form.code
    assert replayed(form, api)["tickets"]["idRequest"].tolist() == form.report["idRequest"].tolist()


@pytest.fixture
def signers(tmp_path: Path) -> pd.DataFrame:
    from pypdf import PdfWriter

    pdf = PdfWriter()
    pdf.add_blank_page(595, 842)
    for name in ("c-1.pdf", "c-2.pdf"):
        pdf.write(tmp_path / name)
    sheet = pd.DataFrame({"contrato": ["c-1", "c-1", "c-2"], "Nombre": ["Ana", "Luis", "<i>Eva</i>"]})
    sheet = sheet.assign(Tipo="CC", identificacion=["1001", "1002", "1003"], Nota="x")
    return sheet.assign(email=["ana@example.co", "luis@example.co", "eva@example.co"])


def planned(form: SheetForm, documents: str) -> SheetForm:
    opened(form, "signers.csv")
    form.match["Tipo"] = "tipo_identificacion"  # type: ignore[index]
    find(form, "envelope-column").value = "contrato"
    find(form, "campaign").value = "2026-11"
    find(form, "path-documents").value = documents
    find(form, "place-top-right").click()
    press(form, "check")
    return form


def test_a_campaign_makes_drafts_and_then_distributes_by_number(
    api: toolkit.Api, box: Sandbox, signers: pd.DataFrame
) -> None:
    signers.to_csv("signers.csv", index=False)
    form = planned(forms.campaign(api.signio), "{contrato}.pdf")
    assert find(form, "send").description == "Make drafts (2)"
    press(form, "send")
    assert form.report.table["outcome"].isin(("accepted", "verified")).all()
    assert box.control.outbox() == []
    find(form, "number").value = "3"
    press(form, "distribute")
    assert "Type how many envelopes are to go out: 2" in said(form)
    assert box.control.outbox() == []
    find(form, "number").value = "2"
    press(form, "distribute")
    assert not has(form, "distribute")
    assert {mail["recipient"] for mail in box.control.outbox()} == set(signers["email"])
    assert "place='top right of the last page'" in form.code
    assert form.code.endswith("sent = plan.distribute(confirm=2)")
    replayed(form, api)
    assert len(box.control.outbox()) == 3


def test_what_is_wrong_with_a_campaign_is_shown_and_nothing_can_be_made(
    api: toolkit.Api, signers: pd.DataFrame
) -> None:
    signers.to_csv("signers.csv", index=False)
    form = planned(forms.campaign(api.signio), "no-such-{contrato}.pdf")
    assert "cannot be read" in shown(form)
    assert not has(form, "send")
    signers.assign(email="nobody").to_csv("signers.csv", index=False)
    form = planned(forms.campaign(api.signio), "{contrato}.pdf")
    assert "Nothing can be sent before the problems below are corrected. Rows: 3 of 3." in shown(form)
    assert not has(form, "send")


def test_a_place_by_numbers_is_drawn_and_sent_as_numbers(api: toolkit.Api, signers: pd.DataFrame) -> None:
    signers.to_csv("signers.csv", index=False)
    form = planned(forms.campaign(api.signio), "{contrato}.pdf")
    press(form, "back")
    find(form, "by-numbers").value = True
    find(form, "x").value = "77"
    assert "<rect x='77'" in shown(form)
    press(form, "check")
    assert "'x': 77" in form.code
    press(form, "back")
    find(form, "x").value = "9000"
    assert "reaches over the edge" in shown(form)
