"""Lines 32 to 41 of the fault matrix: envelopes, card codes and requests that are answered later."""

from collections import Counter
from typing import Any

import pandas as pd
import pytest

import toolkit
from tests.helpers.clock import ManualClock
from tests.vendors.signio.helpers import crowd, envelopes, planned, posts
from toolkit import Report
from toolkit.sandbox import Sandbox
from toolkit.sandbox.store import Store
from toolkit.vendors.signio.campaign import Plan
from toolkit.vendors.signio.client import Signio
from toolkit.vendors.signio.sandbox.envelopes import Envelope

from .benches import CarmaChain, NddPrint, Signers
from .checker import assert_distributed_once

ENVELOPES = 3
STEPS = {
    "create": "/transacciones/crear",
    "document": "/transacciones/cargar_documento",
    "signer": "/transacciones/registrar_contacto",
    "link": "/transacciones/vincular",
}
INTERNAL = {"reply": "status", "status": 200, "body": {"codigo": "04", "mensaje": "error interno"}}
NO_TOKEN = {"reply": "status", "status": 200, "body": {"codigo": "01", "mensaje": "token no válido"}}


@pytest.fixture
def signio(api: toolkit.Api) -> Signio:
    return api.signio


def trouble(box: Sandbox, path: str, **facts: Any) -> None:
    box.control.fault(system="signio", match={"path": path}, **facts)


def check_distributed(box: Sandbox, report: Report) -> None:
    """What the report says of each envelope is what became of it, and nobody was told twice."""
    assert_distributed_once(Counter((mail["recipient"], mail["kind"]) for mail in box.control.outbox()))
    out = {envelope["id_transaccion"] for envelope in envelopes(box) if envelope["estado"] != 1}
    for envelope, outcome in zip(report.frame["id_transaccion"], report.table["outcome"], strict=True):
        if outcome in ("verified", "accepted"):
            assert envelope in out
        elif outcome != "unknown":
            assert envelope not in out
    assert len(out) <= len(report.table)


def built(signio: Signio, **push: Any) -> Plan:
    plan = planned(signio, crowd(ENVELOPES))
    assert plan.build(options=push).complete
    return plan


# ── SIGNIO ───────────────────────────────────────────────────────────────────


def test_32_token_refused_at_distribution(box: Sandbox, clock: ManualClock, signio: Signio) -> None:
    """Nothing was done: the token is renewed and the request sent once more; one e-mail each."""
    plan = built(signio)
    clock.advance(1)  # tokens of the same second are the same
    trouble(box, "/transacciones/distribuir", commit="never", **NO_TOKEN)
    report = plan.distribute(confirm=ENVELOPES)
    check_distributed(box, report)
    assert report.complete
    assert posts(box).count("distribute") == ENVELOPES + 1


@pytest.mark.parametrize("commit", ["before", "never"])
@pytest.mark.parametrize("step", STEPS)
def test_33_internal_error_while_a_draft_is_made(box: Sandbox, signio: Signio, step: str, commit: str) -> None:
    """One envelope for each row goes out; a draft that was left behind is listed, and can be deleted."""
    trouble(box, STEPS[step], commit=commit, **INTERNAL)
    plan = built(signio)
    report = plan.distribute(confirm=ENVELOPES)
    check_distributed(box, report)
    assert report.complete
    drafts = {envelope["id_transaccion"] for envelope in envelopes(box, estado=1)}
    assert set(plan.orphans()["id_transaccion"]) == drafts
    plan.delete_orphans()
    assert len(envelopes(box)) == ENVELOPES


DOUBTS = {"04": INTERNAL, "reset": {"reply": "reset"}, "closed": {"reply": "lost"}, "half": {"reply": "truncated"}}


@pytest.mark.parametrize("commit", ["before", "never"])
@pytest.mark.parametrize("doubt", DOUBTS)
def test_34_distribution_without_a_trustworthy_answer(box: Sandbox, signio: Signio, doubt: str, commit: str) -> None:
    """Never a second request. What was sent is found by its state; a draft is unknown, whoever runs it again."""
    plan = built(signio)
    trouble(box, "/transacciones/distribuir", commit=commit, **DOUBTS[doubt])
    report = plan.distribute(confirm=ENVELOPES)
    for _ in range(2):
        check_distributed(box, report)
        assert report.summary["unknown"] == (commit == "never")
        assert posts(box).count("distribute") == ENVELOPES
        report = plan.distribute(confirm=ENVELOPES)


def test_34_distribution_that_times_out(box: Sandbox, clock: Any) -> None:
    """On the real clock: a fifth of a second."""
    account = box.settings()["signio"] | {"limits": {"read": 0.2}}
    plan = built(toolkit.connect(signio=account, clock=clock, progress=False).signio)
    trouble(box, "/transacciones/distribuir", commit="before", reply="ok", delay=0.6)
    report = plan.distribute(confirm=ENVELOPES)
    check_distributed(box, report)
    assert posts(box).count("distribute") == ENVELOPES


def test_34_distribution_that_a_person_sends_again(box: Sandbox, signio: Signio) -> None:
    """Only a person's word opens the way to a second request."""
    plan = built(signio)
    trouble(box, "/transacciones/distribuir", commit="never", reply="reset")
    report = plan.distribute(confirm=ENVELOPES)
    toolkit.resolve(report, report.unknown, "not committed", why="the draft is still there, and no e-mail")
    report = plan.distribute(confirm=ENVELOPES)
    check_distributed(box, report)
    assert report.complete
    assert posts(box).count("distribute") == ENVELOPES + 1


def test_35_repeated_key_gives_the_same_envelope(box: Sandbox, signio: Signio) -> None:
    trouble(box, STEPS["create"], commit="before", reply="reset")
    plan = built(signio)
    check_distributed(box, plan.distribute(confirm=ENVELOPES))
    assert len(envelopes(box)) == ENVELOPES


def test_35_repeated_key_is_refused(box: Sandbox, signio: Signio) -> None:
    """The envelope may be there: it counts as refused or unknown, is never made again by itself, and never goes out."""
    trouble(box, STEPS["create"], commit="before", reply="reset")
    told = {"codigo": "05", "mensaje": "contenido no procesable", "errores": ["envelopeDeduplicationKey"]}
    trouble(box, STEPS["create"], reply="status", status=200, body=told)
    plan = planned(signio, crowd(ENVELOPES))
    report = plan.build(options={"workers": 1, "max_rejected": 1})
    assert report.summary["accepted"] == ENVELOPES - 1
    check_distributed(box, plan.distribute(confirm=ENVELOPES - 1))
    assert len(envelopes(box)) == ENVELOPES


def test_35_repeated_key_makes_a_second_envelope(box: Sandbox, signio: Signio, monkeypatch: pytest.MonkeyPatch) -> None:
    """Should the vendor not keep its word: a second draft at most, and still one envelope goes out for each row."""
    one = Store.one

    def forgetful(store: Store, record: Any, **equal: Any) -> Any:
        return None if record is Envelope and "envelopeDeduplicationKey" in equal else one(store, record, **equal)

    monkeypatch.setattr(Store, "one", forgetful)
    trouble(box, STEPS["create"], commit="before", reply="reset")
    plan = built(signio)
    report = plan.distribute(confirm=ENVELOPES)
    check_distributed(box, report)
    assert len(envelopes(box, estado=1)) == 1
    assert len(envelopes(box)) == ENVELOPES + 1


def test_36_not_found_right_after_it_was_made(box: Sandbox, signio: Signio) -> None:
    """The write is not repeated blindly: that envelope is refused, its draft listed, and none is made in its place."""
    trouble(box, STEPS["document"], reply="status", status=200, body={"codigo": "06", "mensaje": "no se encuentra"})
    plan = planned(signio, crowd(ENVELOPES))
    report = plan.build(options={"max_rejected": 1})
    assert report.summary[["accepted", "rejected"]].tolist() == [ENVELOPES - 1, 1]
    assert len(plan.orphans()) == 1
    assert posts(box).count("create_envelope") == ENVELOPES
    check_distributed(box, plan.distribute(confirm=ENVELOPES - 1))


STRANGE = {"code 99": {"codigo": "99"}, "no code": {"mensaje": "ok"}, "0 for 00": {"codigo": 0, "mensaje": "ok"}}


@pytest.mark.parametrize("commit", ["before", "never"])
@pytest.mark.parametrize("body", STRANGE)
def test_37_code_that_no_document_shows(box: Sandbox, signio: Signio, body: str, commit: str) -> None:
    """No success: looked at where that can be done, else unknown."""
    plan = built(signio)
    strange = {"reply": "status", "status": 200, "body": STRANGE[body]}
    trouble(box, "/transacciones/distribuir", commit=commit, **strange)
    report = plan.distribute(confirm=ENVELOPES)
    check_distributed(box, report)
    if "PAUSED" in repr(report):  # an answer without any code may be anybody's
        report = plan.distribute(confirm=ENVELOPES)
        check_distributed(box, report)
    assert report.summary["unknown"] == (commit == "never")
    assert posts(box).count("distribute") == ENVELOPES


@pytest.mark.parametrize("commit", ["before", "never"])
@pytest.mark.parametrize("body", STRANGE)
def test_37_code_that_no_document_shows_for_a_signer(signers: Signers, body: str, commit: str) -> None:
    frame = signers.frame(4)
    signers.fault(commit=commit, reply="status", status=200, body=STRANGE[body])
    told = signers.push(frame)
    signers.check(told, frame)
    if "PAUSED" in told.text:
        told = signers.push(frame)
    signers.check_all_in(told, frame)


# ── nddPrint ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "text", ["El código está siendo utilizado por otro usuario.", "Bad Request", ""], ids=["in use", "vague", "no text"]
)
def test_38_refused_because_it_is_in_already(nddprint: NddPrint, text: str) -> None:
    """A refusal after the fact is read back, and is no refusal."""
    frame = nddprint.frame(4)
    nddprint.fault(commit="before", reply="ok")
    nddprint.fault(commit="before", reply="status", status=400, body=text)
    told = nddprint.push(frame)
    nddprint.check_all_in(told, frame)
    assert told.of("verified") == 1


@pytest.mark.parametrize(
    "codes", [{"ana": "1", "luis": "1"}, {"ana": "ABC000001", "luis": "00123"}], ids=["a code twice", "a circle"]
)
def test_39_codes_that_no_order_of_sending_makes_good(nddprint: NddPrint, codes: dict[str, str]) -> None:
    frame = pd.DataFrame({"LogonName": list(codes), "DomainName": "dominio123", "CardCode": list(codes.values())})
    report = nddprint.api.nddprint.add_card_codes(frame, replace=True)
    assert set(report.table["outcome"]) == {"not sent"}
    assert nddprint.posts() == 0


def test_39_a_long_chain_of_codes_is_sent_in_its_order(nddprint: NddPrint) -> None:
    """Each takes the code that the next one gives up: rows in a working order are never rejected, whatever fails."""
    rows = 40
    nddprint.box.control.print_users([(f"user{n}", "dominio123", [f"old{n}"]) for n in range(rows)])
    names = [f"user{n}" for n in range(rows)]
    frame = pd.DataFrame({"LogonName": names, "DomainName": "dominio123"})
    frame["CardCode"] = [f"old{n + 1}" for n in range(rows - 1)] + ["new"]
    nddprint.fault(commit="before", reply="reset", every=5, times=4)
    report = nddprint.api.nddprint.add_card_codes(frame, replace=True, options={"workers": 4, "max_ambiguous": 50})
    assert report.complete, report
    assert set(nddprint.stored()) >= {*frame["CardCode"]}


# ── CarmaChain ───────────────────────────────────────────────────────────────


@pytest.mark.parametrize("reply", ["reset", "lost", "truncated", "html"])
def test_40_request_whose_answer_is_lost(carmachain: CarmaChain, reply: str) -> None:
    """Asking twice may cost money: it is unknown, whoever runs it again."""
    frame = carmachain.frame(50)
    carmachain.fault(commit="before", reply="ok")
    carmachain.fault(commit="before", reply=reply)
    for _ in range(3):
        told = carmachain.push(frame)
        carmachain.check(told, frame)
    assert told.of("unknown") > 0
    assert max((carmachain.stored() - carmachain.before).values()) == 1
    carmachain.check(carmachain.push(frame), frame)


def answer(carmachain: CarmaChain, *people: dict[str, Any], times: int = 1) -> None:
    body = {"response": {"code": 200, "message": "OK"}, "parametrRequest": list(people)}
    carmachain.fault(carmachain.read, times=times, reply="status", status=200, body=body)


CITY = {"idPpeers": "peer-1", "groupData": "Address", "fieldName": "city", "fieldValue": "Kyiv"}


def test_41_answers_that_never_come_flap_are_missing_doubled_or_shuffled(carmachain: CarmaChain) -> None:
    """Pending with a ticket, never failed; a first answer that flaps is not believed; what is missing is told."""
    ids = ["never", "flaps", "missing", "twice"]
    tickets = pd.DataFrame({"idRequest": ids, "type_request": "All categories"})
    never = {"idRequest": "never", "status": "Panding", "requestDetails": []}
    done = {"status": "Done", "requestDetails": [CITY]}
    flaps, twice = {"idRequest": "flaps", **done}, {"idRequest": "twice", **done}
    answer(carmachain, twice, flaps, never, twice)
    answer(carmachain, never, {**flaps, "status": "Panding", "requestDetails": []}, twice)
    answer(carmachain, twice, never, flaps, times=500)
    answers = carmachain.api.carmachain.collect(tickets, timeout="10min")
    by_id = answers.set_index("idRequest")
    assert list(by_id.index) == ids
    assert by_id["status"].fillna("-").tolist() == ["Panding", "Done", "-", "Done"]
    assert by_id.loc["flaps", "problem"] == "was answered, and then pending again"
    assert "leaves this request out" in by_id.loc["missing", "problem"]
    assert by_id.loc["twice", "fieldValue"] == "Kyiv"


def test_34_a_single_distribution_in_doubt_hands_on_what_a_person_settles(box: Sandbox, signio: Signio) -> None:
    (draft, *_) = built(signio).drafts.table["id_transaccion"]
    trouble(box, "/transacciones/distribuir", commit="never", reply="reset")
    with pytest.raises(toolkit.OutcomeUnknown, match=r"toolkit\.resolve\(report") as doubt:
        signio.distribute(draft)
    toolkit.resolve(doubt.value.report, doubt.value.report.unknown, "not committed", why="still a draft")
    signio.distribute(draft)
    assert posts(box).count("distribute") == 2
