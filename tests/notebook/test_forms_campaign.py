"""A campaign in a form: planned on the page itself, drafted, distributed by number, followed up."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import toolkit
from tests.helpers.forms import find, has, is_wrong, press, said, shown, within
from toolkit import forms
from toolkit.notebook.forms.sheet import SheetForm
from toolkit.sandbox import Sandbox


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def signers(tmp_path: Path) -> pd.DataFrame:
    from pypdf import PdfWriter

    pdf = PdfWriter()
    pdf.add_blank_page(595, 842)
    pdf.add_blank_page(842, 595)
    for name in ("c-1.pdf", "c-2.pdf"):
        pdf.write(tmp_path / name)
    sheet = pd.DataFrame({"contrato": ["c-1", "c-1", "c-2"], "Nombre": ["Ana", "Luis", "Eva & Hijos"]})
    sheet = sheet.assign(Cédula=["1001", "1002", "1003"], Nota="x", Turno=["1", "2", "1"])
    return sheet.assign(Correo=["ana@example.co", "luis@example.co", "eva@example.co"])


@pytest.fixture
def form(api: toolkit.Api, signers: pd.DataFrame) -> SheetForm:
    signers.to_csv("signers.csv", index=False)
    return forms.campaign(api.signio)


def matched(form: SheetForm, documents: str = "{contrato}.pdf") -> SheetForm:
    find(form, "path-sheet").value = "signers.csv"
    press(form, "read")
    find(form, "constant").value = "CC"
    find(form, "envelope-column").value = "contrato"
    find(form, "campaign").value = "2026-11"
    find(form, "path-documents").value = documents
    return form


def planned(form: SheetForm, documents: str = "{contrato}.pdf") -> SheetForm:
    press(matched(form, documents), "check")
    return form


def page(form: SheetForm) -> dict[str, Any]:
    return dict(next(e for e in within(form) if e.tag == "stamps").attributes)


def test_drafts_are_made_and_then_distributed_by_number(form: SheetForm, box: Sandbox, signers: pd.DataFrame) -> None:
    planned(form)
    assert find(form, "send").description == "Make drafts (2)"
    press(form, "send")
    assert "2 drafts are ready; nobody has been told." in said(form)
    assert box.control.outbox() == []
    assert not has(form, "send"), "drafts are made once"
    find(form, "number").value = "3"
    press(form, "distribute")
    assert box.control.outbox() == []
    assert find(form, "number").element.attributes["aria-invalid"] == "true", "it is said beside its box"
    find(form, "number").value = "2"
    press(form, "distribute")
    assert "2 envelopes sent to their signers" in said(form)
    assert "2 envelopes sent to their signers" in shown(form)
    assert not has(form, "distribute")
    assert not has(form, "send")
    first = [who for who, turn in zip(signers["Correo"], signers["Turno"], strict=True) if turn == "1"]
    assert {mail["recipient"] for mail in box.control.outbox()} == set(first)
    assert form.code.endswith("sent = plan.distribute(confirm=2)")


def test_where_the_envelopes_stand(form: SheetForm, box: Sandbox) -> None:
    press(planned(form), "send")
    find(form, "number").value = "2"
    press(form, "distribute")
    box.control.clock(advance=3600)
    envelope = form.target._plan.drafts.table["id_transaccion"].iloc[0]  # type: ignore[attr-defined]
    box.control.sign(envelope)
    press(form, "standing")
    assert "1 of 3 signatures" in shown(form)
    assert "luis@example.co" in shown(form)


def test_what_is_wrong_is_shown_and_nothing_can_be_made(form: SheetForm, signers: pd.DataFrame) -> None:
    planned(form, "no-such-{contrato}.pdf")
    assert "cannot be read" in shown(form)
    assert not has(form, "send")


def test_a_bad_signer_is_corrected_in_the_form(form: SheetForm, signers: pd.DataFrame) -> None:
    signers.assign(Correo=["nobody", *signers["Correo"][1:]]).to_csv("signers.csv", index=False)
    planned(form)
    assert not has(form, "send"), "an envelope without one of its signers is not made"
    find(form, "correction").value = "ana@example.co"
    press(form, "replace")
    assert find(form, "send").description == "Make drafts (2)"


def test_the_envelopes_get_names_of_their_own(form: SheetForm, api: toolkit.Api) -> None:
    matched(form)
    find(form, "envelope-name").value = "Anexo {contrato} de {Nombre}"
    press(form, "check")
    press(form, "send")
    names = set(api.signio.envelopes()["nombre"])
    assert {"Anexo c-1 de Ana", "Anexo c-2 de Eva & Hijos"} <= names


def test_a_stamp_is_dragged_to_an_exact_place(form: SheetForm) -> None:
    matched(form)
    assert [s["label"] for s in page(form)["stamps"]] == ["Signature"]
    find(form, "page").value = "first"
    assert page(form)["width"] == 595
    form._receive({"k": "page", "v": {"id": "", "x": 77, "y": 600}}, [])
    (stamp,) = page(form)["stamps"]
    assert (stamp["x"], stamp["y"]) == (77, 600)
    press(form, "check")
    assert "'x': 77" in form.code
    press(form, "send")
    assert not is_wrong(form)


def test_each_turn_has_a_stamp_of_its_own(form: SheetForm, box: Sandbox) -> None:
    matched(form)
    find(form, "stamps-by").value = "Turno"
    find(form, "page").value = "first"
    find(form, "page", 1).value = "first"
    assert [s["label"] for s in page(form)["stamps"]] == ["1", "2"]
    form._receive({"k": "page", "v": {"id": "2", "x": 300, "y": 300}}, [])
    press(form, "check")
    assert "people['stamp'] = " in form.code
    press(form, "send")
    assert not is_wrong(form), said(form)
    links = box.control.stored("signio", "Link")
    stamps = [link["posicion"] or link["stamps"] for link in links]
    assert sum("300" in str(stamp) for stamp in stamps) == 1
    assert len(stamps) == 3


def test_the_page_is_the_real_one_where_it_can_be_drawn(form: SheetForm) -> None:
    pytest.importorskip("pypdfium2")
    matched(form)
    assert str(page(form)["picture"]).startswith("data:image/png;base64,")
    assert page(form)["width"] == 842, "the last page of this document lies on its side"
    press(form, "page-before")
    assert page(form)["width"] == 595
    assert page(form)["stamps"][0]["id"] == "", "the stamp goes along"


def test_without_a_document_the_page_is_blank(form: SheetForm) -> None:
    matched(form, "")
    assert page(form)["picture"] is None
    press(form, "check")
    assert is_wrong(form)
    assert "Choose a file" in said(form)


def test_what_is_no_pdf_is_shown_blank(form: SheetForm) -> None:
    Path("c-1.pdf").write_bytes(b"%PDF-1.4 and then nothing")
    matched(form)
    assert page(form)["picture"] is None


def test_the_code_does_the_same(form: SheetForm, api: toolkit.Api, box: Sandbox) -> None:
    matched(form)
    find(form, "stamps-by").value = "Turno"
    find(form, "envelope-name").value = "Anexo {contrato}"
    press(form, "check")
    press(form, "send")
    find(form, "number").value = "2"
    press(form, "distribute")
    mails = len(box.control.outbox())
    assert "from toolkit." not in form.code
    names: dict[str, Any] = {"api": api}
    exec(form.code, names)
    assert names["drafts"].complete
    assert len(box.control.outbox()) == mails, "nothing is sent twice"


def test_who_signs_which_document(form: SheetForm, box: Sandbox, signers: pd.DataFrame, api: toolkit.Api) -> None:
    roles = signers.assign(operation_rol=["Deudor", "Codeudor", "Deudor"], Pagaré=["sí", "no", "sí"])
    roles.to_csv("signers.csv", index=False)
    matched(form)
    press(form, "more-files")
    press(form, "more-files")
    press(form, "more-files")
    find(form, "file-1").value = "c-1.pdf"
    find(form, "signers-1").value = "Deudor"
    find(form, "protect-1").value = True
    find(form, "file-2").value = "c-2.pdf"
    find(form, "signers-2").value = "{Pagaré}"
    press(form, "check")
    press(form, "send")
    assert find(form, "number") is not None
    files = {d["id_documento"]: (d["nombre"], d["protected"]) for d in box.control.stored("signio", "Document")}
    names = {s["id_contacto"]: s["nombre"] for s in box.control.stored("signio", "Signer")}
    signed = sorted((*files[k["id_documento"]], names[k["id_firmante"]]) for k in box.control.stored("signio", "Link"))
    eva = "Eva & Hijos"
    assert signed == [
        ("c-1.pdf", False, "Ana"),
        ("c-1.pdf", False, "Luis"),
        ("c-1.pdf", True, "Ana"),
        ("c-1.pdf", True, eva),
        ("c-2.pdf", False, "Ana"),
        ("c-2.pdf", False, eva),
        ("c-2.pdf", False, eva),
    ]
    assert "'signers': 'Deudor', 'protect': True" in form.code
