"""What reaches people: envelopes distributed at most once; and many signers of one envelope."""

import threading
from typing import Any

import pandas as pd
import pytest

import toolkit
from tests.helpers.clock import ManualClock
from tests.vendors.signio.helpers import crowd, envelopes, mails, planned, posts
from toolkit.sandbox import Sandbox
from toolkit.vendors.signio.client import Signio

DISTRIBUTE = "/transacciones/distribuir"


@pytest.fixture
def signio(box: Sandbox, clock: Any) -> Signio:
    return toolkit.connect(**box.settings(), clock=clock, progress=False).signio


# ── distribution: at most once ───────────────────────────────────────────────


TROUBLE = [("reset", 0), ("lost", 0), ("truncated", 0), ("html", 200), ("redirect", 302), ("status", 504)]


@pytest.mark.parametrize(("commit", "outcome", "out"), [("before", "verified", 2), ("never", "unknown", 1)])
@pytest.mark.parametrize(("reply", "status"), TROUBLE)
def test_what_is_in_doubt_is_looked_at_and_never_sent_again(
    box: Sandbox, signio: Signio, reply: str, status: int, commit: str, outcome: str, out: int
) -> None:
    plan = planned(signio, crowd(2))
    plan.build()
    box.control.fault(system="signio", match={"path": DISTRIBUTE}, commit=commit, reply=reply, status=status)
    for _ in range(3):
        try:
            report = plan.distribute(confirm=2)
        except toolkit.PushError:
            continue
    assert posts(box).count("distribute") == 2
    assert report.table["outcome"].tolist() == [outcome, "accepted"]
    assert len(envelopes(box, estado=2)) == out


def test_an_internal_error_of_the_vendor_is_a_doubt_too(box: Sandbox, signio: Signio) -> None:
    plan = planned(signio, crowd(1))
    plan.build()
    body = {"codigo": "04", "mensaje": "error interno"}
    match = {"path": DISTRIBUTE}
    box.control.fault(system="signio", match=match, commit="before", reply="status", status=200, body=body)
    assert plan.distribute(confirm=1).table["outcome"].tolist() == ["verified"]
    assert posts(box).count("distribute") == 1


def test_an_ended_token_is_renewed_and_the_envelope_sent_once(box: Sandbox, signio: Signio) -> None:
    plan = planned(signio, crowd(1))
    plan.build()
    box.control.revoke("signio")
    plan.distribute(confirm=1)
    assert len(mails(box)) == 2


def test_three_doubts_in_a_row_wait_for_a_person(box: Sandbox, signio: Signio) -> None:
    plan = planned(signio, crowd(6))
    plan.build()
    box.control.fault(system="signio", match={"path": DISTRIBUTE}, times=None, commit="before", reply="reset")
    report = plan.distribute(confirm=6)
    assert report.table["outcome"].tolist() == ["verified"] * 3 + ["not sent"] * 3
    box.control.clear_faults()
    assert plan.distribute(confirm=6).complete
    assert posts(box).count("distribute") == 6


def test_no_distribution_before_the_drafts(signio: Signio) -> None:
    with pytest.raises(toolkit.InputError, match="build"):
        planned(signio, crowd(1)).distribute(confirm=1)


@pytest.mark.parametrize("confirm", [0, 1])
def test_where_no_draft_is_ready_it_says_why(signio: Signio, confirm: int) -> None:
    people = crowd(1)
    people.loc[0, "email"] = "nobody"
    for rows, why in ((people, "email is not an e-mail address"), (people.iloc[:0], "there are no envelopes")):
        plan = planned(signio, rows)
        plan.build()
        with pytest.raises(toolkit.InputError, match=f"no draft is ready: {why}.*Nothing was sent"):
            plan.distribute(confirm=confirm)


# ── many signers of one envelope ─────────────────────────────────────────────


def test_add_signers_gives_the_ids_beside_each_row(box: Sandbox, signio: Signio) -> None:
    envelope = signio.create_envelope("Contrato")
    people = crowd(1, 3).drop(columns=["contrato", "archivo"]).set_index(pd.Index(["a", "b", "c"]))
    people.loc["b", "email"] = "nobody"
    report = signio.add_signers(envelope, people)
    assert report.table["outcome"].tolist() == ["accepted", "not sent", "accepted"]
    assert "email" in str(report.table["error_column"]["b"])
    known = signio.signers(envelope).set_index("nombre")["id_contacto"]
    assert people["nombre"].map(known).dropna().tolist() == report.table["id_firmante"].dropna().tolist()
    signio.add_signers(envelope, people)
    assert posts(box).count("add_signer") == 2


@pytest.mark.parametrize("commit", ["before", "never"])
def test_add_signers_reads_back_what_is_in_doubt(box: Sandbox, signio: Signio, commit: str) -> None:
    envelope = signio.create_envelope("Contrato")
    match = {"path": "/transacciones/registrar_contacto"}
    box.control.fault(system="signio", match=match, commit=commit, reply="reset")
    report = signio.add_signers(envelope, crowd(1, 2).drop(columns=["contrato", "archivo"]))
    assert report.complete
    assert report.table["id_firmante"].tolist() == signio.signers(envelope)["id_contacto"].tolist()


def test_add_signers_does_not_send_empty_rows(box: Sandbox, signio: Signio) -> None:
    envelope = signio.create_envelope("Contrato")
    people = crowd(1, 2).drop(columns=["contrato", "archivo"])
    report = signio.add_signers(envelope, pd.concat([people, people.iloc[:2].map(lambda _: None)], ignore_index=True))
    assert report.table["outcome"].tolist() == ["accepted", "accepted", "not sent", "not sent"]
    host = box.addresses["signio"].split("/")[2]
    assert repr(report).startswith(f"signio.add_signers to envelope {envelope} at {host}, push ")
    assert report.failed["error"].tolist() == ["the row is empty"] * 2


def test_somebody_who_is_there_twice_is_not_sent_and_the_others_are(box: Sandbox, signio: Signio) -> None:
    envelope = signio.create_envelope("Contrato")
    people = crowd(1, 3).drop(columns=["contrato", "archivo"])
    people.loc[1:, "identificacion"] = "1001"
    with pytest.raises(toolkit.RowErrors) as caught:
        signio.add_signers(envelope, people, on_bad_rows="raise")
    assert caught.value.table["row"].tolist() == [1, 2]
    report = signio.add_signers(envelope, people)
    assert report.table["outcome"].tolist() == ["accepted", "not sent", "not sent"]
    assert report.failed["error"].str.contains("several rows of the envelope").all()
    assert signio.signers(envelope)["email"].tolist() == people["email"].head(1).tolist()


# ── busy: read before the call ends ──────────────────────────────────────────

BUSY_ANSWERS = [408, 425, 429, 503]


@pytest.mark.parametrize("status", BUSY_ANSWERS)
@pytest.mark.parametrize(("commit", "outcome"), [("before", "verified"), ("never", "unknown")])
def test_what_was_busy_is_read_before_the_call_ends(
    box: Sandbox, signio: Signio, clock: ManualClock, status: int, commit: str, outcome: str
) -> None:
    plan = planned(signio, crowd(2))
    plan.build()
    asked = {"commit": commit, "reply": "status", "status": status, "headers": {"Retry-After": "20"}}
    box.control.fault(system="signio", match={"path": DISTRIBUTE}, **asked)
    slept = clock.slept
    report = plan.distribute(confirm=2)
    assert report.table["outcome"].tolist() == [outcome, "not sent"]
    assert "is not sent again by itself" in repr(report)
    assert 20 <= clock.slept - slept < 30
    assert plan.distribute(confirm=2).table["outcome"].tolist() == [outcome, "accepted"]
    assert posts(box).count("distribute") == 2


@pytest.mark.parametrize("why", ["asks to wait for an hour", "a person stops it", "cannot be read"])
def test_where_nothing_can_be_read_the_next_call_reads(
    box: Sandbox, signio: Signio, clock: ManualClock, why: str
) -> None:
    plan = planned(signio, crowd(1))
    plan.build()
    stop = threading.Event()
    headers = {"Retry-After": "3600" if why == "asks to wait for an hour" else "60"}
    fault = {"commit": "before", "reply": "status", "status": 503, "headers": headers}
    box.control.fault(system="signio", match={"path": DISTRIBUTE}, **fault)
    if why == "cannot be read":
        read = {"method": "GET", "path": "/transacciones/gestionar"}
        box.control.fault(system="signio", match=read, times=1, reply="status", status=400)
    slept = clock.slept
    watch = (lambda progress: stop.set() if progress.waits_for else None) if why == "a person stops it" else None
    report = plan.distribute(confirm=1, options={"stop": stop, "watch": watch})
    assert report.table["outcome"].tolist() == ["unknown"]
    assert "the next run of this push looks again" in report.table["error"].iloc[0]
    assert clock.slept - slept < 61
    clock.advance(3600)
    assert plan.distribute(confirm=1).table["outcome"].tolist() == ["verified"]
    assert posts(box).count("distribute") == 1
