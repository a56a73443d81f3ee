"""Who has signed what, and what changed since a reader last looked."""

import threading
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import toolkit
from tests.helpers.clock import ManualClock
from tests.vendors.signio.helpers import ANA, CONTRACT, EVA, LUIS, NOWHERE, draft
from toolkit.errors import InputError, PushRefused
from toolkit.push.store.file import LedgerFile
from toolkit.sandbox import Sandbox
from toolkit.vendors.signio.client import Signio
from toolkit.vendors.signio.status import state_number, status_rows


@pytest.fixture
def signio(api: toolkit.Api) -> Signio:
    return api.signio


def sent(signio: Signio, *people: dict[str, Any]) -> str:
    envelope = draft(signio, *people)
    signio.distribute(envelope)
    return envelope


# ── the status ───────────────────────────────────────────────────────────────


def test_what_each_signature_waits_for(signio: Signio, box: Sandbox) -> None:
    series = sent(signio, {**ANA, "orden": 1}, {**LUIS, "orden": 2})
    assert signio.signature_status([series])["signature"].tolist() == ["waits", "not yet"]
    box.control.sign(series)
    assert signio.signature_status([series])["signature"].tolist() == ["signed", "waits"]
    box.control.reject(series)
    assert signio.signature_status([series])["signature"].tolist() == ["signed", "rejected"]
    others = {"suspend": "suspended", "give_back": "returned"}
    for hand, word in others.items():
        getattr(box.control, hand)(envelope := sent(signio, ANA))
        assert signio.signature_status([envelope])["signature"].tolist() == [word]
    assert signio.signature_status([draft(signio, ANA)])["signature"].tolist() == ["draft"]
    collecting = signio.create_envelope("Plantilla")
    signer = signio.add_signer(collecting, **EVA)
    signio.link(collecting, signer, signio.use_template(collecting, 12), attachment=False)
    signio.distribute(collecting)
    assert signio.signature_status([collecting])["signature"].tolist() == ["collecting"]


def test_an_identifier_given_twice_is_read_once(signio: Signio, box: Sandbox) -> None:
    envelope = sent(signio, ANA, LUIS)
    before = len(box.control.log())
    assert len(signio.signature_status([envelope, NOWHERE, envelope, NOWHERE])) == 3
    assert len(box.control.log()) - before == 2
    assert len(signio.signers([envelope, envelope])) == 2


def test_an_envelope_that_cannot_be_read_is_one_row(signio: Signio, box: Sandbox) -> None:
    good = sent(signio, ANA, LUIS)
    for body in ('{"codigo": "00", "firmas": [1, null, {}], "contactos": 5}', "[]", '{"codigo": "04"}'):
        box.control.fault(system="signio", match={"path": "*gestionar"}, reply="status", status=200, body=body)
        table = signio.signature_status([NOWHERE, good])
        assert table["id_transaccion"].tolist()[0] == NOWHERE
        assert (table["id_transaccion"] == good).sum() + (table["id_transaccion"] == NOWHERE).sum() == len(table)


def test_an_answer_in_an_unexpected_form_costs_cells_only() -> None:
    found = {
        "estado": "Pendiente de Firma",
        "documentos": [{"id_documento": "d", "nombre": "a.pdf"}, {"nombre": "b.pdf"}, 5],
        "contactos": [{"id_contacto": "s", "nombre": "Ana", "orden": "uno"}, None],
        "firmas": [
            {"id_firmante": "s", "id_documento": "d", " fecha_firma ": "2026-03-02"},
            {"id_firmante": "x", "id_documento": "e", "fecha_firma": ""},
            {"id_firmante": "s"},
            "nonsense",
        ],
    }
    rows = status_rows("e", found, {"x": "Codeudor"})
    assert [row["signature"] for row in rows] == ["signed", "waits", "waits"]
    assert [row["firmante"] for row in rows] == ["Ana", None, "Ana"]
    assert [row["documento"] for row in rows] == ["a.pdf", None, None]
    assert [row["rol"] for row in rows] == ["Firmante", "Codeudor", "Firmante"]


@pytest.mark.parametrize(
    ("value", "number"),
    [(2, 2), ("2", 2), ("pendiente de firma", 2), ("Pendiente de Firma", 2), ("FIRMADA", 3), (None, None), (5, None),
     ("Archivada", None), (True, None)],
)  # fmt: skip
def test_a_state_is_a_number_or_a_word(value: Any, number: int | None) -> None:
    assert state_number(value) == number


def test_an_envelope_whose_state_is_not_told_is_unsigned() -> None:
    found = {"firmas": [{"id_firmante": "s", "id_documento": "d", "fecha_firma": None}]}
    assert status_rows("e", found, {})[0]["signature"] == "unsigned"


def test_roles_come_from_a_report_of_signers(signio: Signio) -> None:
    envelope = signio.create_envelope("Pagaré")
    people = pd.DataFrame([{**ANA, "operation_rol": "Deudor"}, {**LUIS, "aprobador": True}, {**EVA, "rol": None}])
    report = signio.add_signers(envelope, people)
    assert report.table["rol"].tolist() == ["Deudor", "Aprobador", "Firmante"]
    document = signio.upload_document(envelope, CONTRACT)
    for signer in report.table["id_firmante"]:
        signio.link(envelope, signer, document)
    assert signio.signature_status([envelope])["rol"].tolist() == ["Firmante", "Aprobador", "Firmante"]
    named = signio.signature_status([envelope], roles=report)
    assert named["rol"].tolist() == ["Deudor", "Aprobador", "Firmante"]
    assert named.groupby("rol")["firmada"].sum().tolist() == [0, 0, 0]
    with pytest.raises(InputError, match="id_firmante and rol"):
        signio.signature_status([envelope], roles=people)


# ── changes ──────────────────────────────────────────────────────────────────


def seen(signio: Signio, ids: list[str], reader: str = "monthly report") -> list[tuple[Any, Any]]:
    table = signio.status_changes(ids, reader=reader).table[["change", "before"]].astype(object)
    return list(table.where(table.notna(), None).itertuples(index=False, name=None))
    return list(
        table[["change", "before"]]
        .astype(object)
        .where(table[["change", "before"]].notna(), None)
        .itertuples(index=False, name=None)
    )


def test_changes_come_again_until_they_are_marked(signio: Signio, box: Sandbox) -> None:
    ids = [sent(signio, ANA, LUIS)]
    assert seen(signio, ids) == seen(signio, ids) == [("waits", None), ("waits", None)]
    signio.status_changes(ids, reader="monthly report").mark_processed()
    assert seen(signio, ids) == []
    assert seen(signio, ids, "another") == [("waits", None), ("waits", None)]
    box.control.sign(ids[0], "ana@example.co")
    assert seen(signio, ids) == [("signed", "waits")]
    changes = signio.status_changes(ids, reader="monthly report")
    box.control.reject(ids[0])  # after it was asked: not among what is marked
    changes.mark_processed()
    changes.mark_processed()
    assert seen(signio, ids) == [("rejected", "waits")]


def test_another_kernel_knows_what_was_processed(signio: Signio, box: Sandbox, clock: ManualClock) -> None:
    ids = [sent(signio, ANA)]
    signio.status_changes(ids, reader="monthly report").mark_processed()
    again = toolkit.connect(**box.settings(), clock=clock, progress=False).signio
    assert seen(again, ids) == []


def test_a_signature_given_anew_is_a_change(signio: Signio, box: Sandbox, clock: ManualClock) -> None:
    ids = [sent(signio, ANA, LUIS)]
    box.control.sign(ids[0], "ana@example.co")
    signio.status_changes(ids, reader="r").mark_processed()
    signio.return_to_draft(ids[0])
    signio.raw.distribute(ids[0])  # the ledger of distributions sends an envelope once
    clock.sleep(60)
    box.control.clock(advance=60)
    box.control.sign(ids[0], "ana@example.co")
    assert ("signed", "signed") in seen(signio, ids, "r")


def test_two_runs_of_one_reader_do_not_both_process(signio: Signio, box: Sandbox) -> None:
    ids = [sent(signio, ANA)]
    first, second = (signio.status_changes(ids, reader="r") for _ in range(2))
    first.mark_processed()
    box.control.sign(ids[0])
    signio.status_changes(ids, reader="r").mark_processed()
    with pytest.raises(InputError, match="meanwhile"):
        second.mark_processed()
    assert seen(signio, ids, "r") == []


def test_two_runs_that_read_the_same_changes_do_not_both_process_them(signio: Signio, box: Sandbox) -> None:
    both, only_first = sent(signio, ANA), sent(signio, LUIS)
    second = signio.status_changes([both], reader="r")
    first = signio.status_changes([both, only_first], reader="r")
    second.mark_processed()
    for _ in range(2):
        with pytest.raises(InputError, match="meanwhile"):
            first.mark_processed()
    assert seen(signio, [both, only_first], "r") == [("waits", None)]
    second.mark_processed()  # once more: it is done
    box.control.sign(both)
    third, fourth = (signio.status_changes([both], reader="r") for _ in range(2))
    third.mark_processed()
    with pytest.raises(InputError, match="meanwhile"):
        fourth.mark_processed()


def test_an_envelope_that_cannot_be_read_is_shown_and_never_marked(signio: Signio) -> None:
    changes = signio.status_changes([NOWHERE], reader="r")
    assert (len(changes), changes.table["error"].notna().all(), changes.summary.to_dict()) == (1, True, {"not read": 1})
    changes.mark_processed()
    assert len(signio.status_changes([NOWHERE], reader="r")) == 1


def test_nothing_is_marked_inside_a_recording(signio: Signio, tmp_path: Path) -> None:
    changes = signio.status_changes([sent(signio, ANA)], reader="r")
    with toolkit.recorded(tmp_path / "recording"), pytest.raises(InputError, match="recording"):
        changes.mark_processed()
    assert len(changes) == 1


def test_a_reader_needs_a_name(signio: Signio) -> None:
    with pytest.raises(InputError, match="name"):
        signio.status_changes([], reader=" ")


def test_changes_are_a_workbook_too(signio: Signio, tmp_path: Path) -> None:
    changes = signio.status_changes([sent(signio, ANA, LUIS)], reader="=1+1")
    path = changes.to_excel(tmp_path / "cambios.xlsx")
    back = toolkit.read_sheet(path)
    assert back["change"].tolist() == ["waits", "waits"]
    assert back["id_firmante"].tolist() == changes.table["id_firmante"].tolist()
    assert "2 changes" in repr(changes)


def test_the_memory_of_readers_holds_no_identifier_and_is_checked(signio: Signio, home: Path) -> None:
    ids = [sent(signio, ANA)]
    signio.status_changes(ids, reader="r").mark_processed()
    (path,) = (p for p in (home / "state" / "ledgers").glob("signio-*.sqlite") if b'"marks"' in p.read_bytes())
    assert ids[0].encode() not in path.read_bytes()
    with LedgerFile(path) as ledger:
        ledger.database.script("DELETE FROM event")
    with pytest.raises((PushRefused, toolkit.PushError)):
        signio.status_changes(ids, reader="r")


def test_marking_waits_for_nobody(signio: Signio) -> None:
    """Two threads of one kernel that mark different envelopes: each is kept, or refused and kept at the next try."""
    ids = [sent(signio, ANA), sent(signio, LUIS)]
    changes = [signio.status_changes([each], reader="r") for each in ids]
    refused: list[Exception] = []

    def mark(number: int) -> None:
        try:
            changes[number].mark_processed()
        except PushRefused as problem:
            refused.append(problem)

    threads = [threading.Thread(target=mark, args=(n,)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for change in changes:
        change.mark_processed()
    assert seen(signio, ids, "r") == []
