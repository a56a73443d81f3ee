"""Who has got an envelope does not get it once more, however it is built or distributed again; and no draft is lost."""

from typing import Any

import pandas as pd
import pytest

import toolkit
from tests.helpers.clock import ManualClock
from tests.vendors.signio.helpers import crowd, envelopes, mails, planned
from toolkit.sandbox import Sandbox
from toolkit.vendors.signio.campaign import Plan
from toolkit.vendors.signio.client import Signio

UPLOAD, DISTRIBUTE = "/transacciones/cargar_documento", "/transacciones/distribuir"
WENT_OUT = "it went out to people as {}, or may have: it is neither made nor sent once more"
RESENDS: list[dict[str, Any]] = [{"if_sent": "resend"}, {"if_sent": "resend", "options": {"resend_as": "third"}}]


@pytest.fixture
def signio(box: Sandbox, clock: ManualClock) -> Signio:
    return toolkit.connect(**box.settings(), clock=clock, progress=False).signio


def edited(people: pd.DataFrame) -> pd.DataFrame:
    return people.assign(nombre="Otra persona")


def built(signio: Signio, people: pd.DataFrame, **how: Any) -> Plan:
    plan = planned(signio, people, campaign="marzo")
    plan.build(**how)
    return plan


def sent_by(plan: Plan, count: int) -> None:
    try:
        plan.distribute(confirm=count)
    except toolkit.PushError:
        plan.distribute(confirm=count)


@pytest.mark.parametrize("resend", RESENDS)
@pytest.mark.parametrize("edit", [False, True])
@pytest.mark.parametrize("commit", ["answered", "before", "never"])
def test_what_went_out_is_not_built_once_more(
    box: Sandbox, signio: Signio, clock: ManualClock, resend: dict[str, Any], edit: bool, commit: str
) -> None:
    people = crowd(3, 1)
    first = built(signio, people.iloc[:2])
    if commit != "answered":
        box.control.fault(system="signio", match={"path": DISTRIBUTE}, commit=commit, reply="reset")
    sent_by(first, 2)
    got, old = mails(box), first.drafts.table["id_transaccion"].tolist()  # type: ignore[union-attr]
    for _ in range(3):  # Run All
        clock.advance(60)
        plan = built(signio, edited(people) if edit else people, **resend)
        assert plan.drafts
        assert plan.drafts.table["outcome"].tolist() == ["not sent", "not sent", "accepted"]
        assert plan.drafts.table["error"].tolist()[:2] == [WENT_OUT.format(draft) for draft in old]
        assert len(envelopes(box)) == 3
        assert plan.orphans().empty
        assert plan.distribute(confirm=1).complete
    assert sorted(mails(box)) == sorted([*got, "persona.2.0@example.co"])


def test_what_was_not_distributed_is_built_anew(box: Sandbox, signio: Signio) -> None:
    """Refused, or stopped before its turn: nobody has it."""
    first = built(signio, crowd(2, 1))
    body = {"codigo": "05", "mensaje": "incompleto"}
    box.control.fault(
        system="signio", match={"path": DISTRIBUTE}, commit="never", reply="status", status=400, body=body
    )
    report = first.distribute(confirm=2)
    assert report.table["outcome"].tolist() == ["rejected", "accepted"]
    plan = built(signio, crowd(2, 1), if_sent="resend")
    assert plan.drafts
    assert plan.drafts.table["outcome"].tolist() == ["accepted", "not sent"]
    assert plan.distribute(confirm=1).complete
    assert len(mails(box)) == 2


def test_of_two_drafts_one_is_distributed(box: Sandbox, signio: Signio) -> None:
    """The plan of the earlier draft is still at hand in another notebook."""
    first, second = built(signio, crowd(2, 1)), built(signio, crowd(2, 1), if_sent="resend")
    assert second.drafts
    second.distribute(confirm=2)
    new = second.drafts.table["id_transaccion"].tolist()
    for _ in range(2):
        report = first.distribute(confirm=2)
        assert report.table["outcome"].tolist() == ["not sent"] * 2
        assert report.table["error"].tolist() == [WENT_OUT.format(draft) for draft in new]
    assert len(mails(box)) == 2


def test_a_stopped_distribution_does_not_go_on_with_what_went_out_otherwise(
    box: Sandbox, signio: Signio, clock: ManualClock
) -> None:
    first = built(signio, crowd(4, 1))
    box.control.fault(system="signio", match={"path": DISTRIBUTE}, times=3, commit="before", reply="reset")
    assert first.distribute(confirm=4).summary["not sent"] == 1
    clock.advance(60)
    second = built(signio, crowd(4, 1), if_sent="resend")
    second.distribute(confirm=1)
    assert len(mails(box)) == 4
    assert first.distribute(confirm=4).table["error"].str.contains("went out to people").sum() == 1
    again = built(signio, crowd(4, 1), if_sent="skip")
    assert again.distribute(confirm=4).complete
    assert len(mails(box)) == 4


def test_a_stopped_build_does_not_go_on_with_what_went_out_otherwise(box: Sandbox, signio: Signio) -> None:
    first = built(signio, crowd(2, 1))
    box.control.fault(system="signio", match={"path": UPLOAD}, times=None, commit="never", reply="status", status=403)
    with_stop = built(signio, crowd(2, 1), if_sent="resend")
    assert with_stop.drafts
    assert with_stop.drafts.facts["state"] == "paused"
    box.control.clear_faults()
    first.distribute(confirm=2)
    with pytest.raises(toolkit.PushRefused, match="went out to people meanwhile"):
        built(signio, crowd(2, 1), if_sent="resend")
    assert built(signio, crowd(2, 1), if_sent="skip").distribute(confirm=2).complete
    assert len(mails(box)) == 2


def test_a_stopped_build_goes_on_beside_what_it_has_sent_itself(box: Sandbox, signio: Signio) -> None:
    box.control.fault(system="signio", match={"path": UPLOAD}, every=2, commit="never", reply="status", status=403)
    first = built(signio, crowd(3, 1), options={"workers": 1})
    assert first.drafts
    assert first.drafts.summary["accepted"] == 1
    first.distribute(confirm=1)
    box.control.clear_faults()
    assert built(signio, crowd(3, 1)).distribute(confirm=3).complete
    assert len(mails(box)) == 3


def test_of_what_went_out_and_what_was_built_again_the_newest_draft_is_taken(
    box: Sandbox, signio: Signio, clock: ManualClock
) -> None:
    first, more = built(signio, crowd(2, 1)), crowd(3, 1)
    more.loc[:1, "nombre"] = "Otra persona"
    built(signio, more, if_sent="skip")
    first.distribute(confirm=2)
    clock.advance(60)
    again = built(signio, more, **RESENDS[1])
    clock.advance(60)
    plan = built(signio, more, if_sent="skip")
    assert plan.drafts
    assert plan.drafts.table["outcome"].tolist() == ["not sent", "not sent", "accepted"]
    assert plan.ready.equals(again.ready)


# ── drafts that nobody distributes ──


@pytest.mark.parametrize("if_sent", ["skip", "resend"])
def test_the_drafts_of_an_edited_sheet_are_orphans(box: Sandbox, signio: Signio, if_sent: Any) -> None:
    first = built(signio, crowd(3, 1))
    assert first.drafts
    old = first.drafts.table["id_transaccion"].tolist()
    people = crowd(3, 1)
    people.loc[1, "email"] = "otra@example.co"
    plan = built(signio, people, if_sent=if_sent)
    left = old if if_sent == "resend" else old[1:2]
    assert plan.orphans()["id_transaccion"].tolist() == left
    assert set(plan.orphans()["reason"]) == {"made for an earlier sheet or build"}
    assert plan.delete_orphans()["error"].isna().all()
    kept = {envelope["id_transaccion"] for envelope in envelopes(box)}
    assert not kept & {*left}
    assert set(plan.ready["id_transaccion"]) <= kept


def test_half_a_draft_of_an_edited_sheet_is_an_orphan(box: Sandbox, signio: Signio) -> None:
    box.control.fault(system="signio", match={"path": UPLOAD}, times=None, commit="never", reply="status", status=403)
    stopped = built(signio, crowd(2, 1))
    assert stopped.orphans().empty  # the next run goes on with it
    assert stopped.drafts
    assert stopped.drafts.table["outcome"].tolist() == ["not sent"] * 2
    assert stopped.drafts.table["error"].str.match("a draft of it was begun at the vendor").all()
    assert "nothing left this machine for this row, or `error` says what did" in repr(stopped.drafts)
    halves = [str(envelope["id_transaccion"]) for envelope in envelopes(box)]
    box.control.clear_faults()
    plan = built(signio, edited(crowd(2, 1)), if_sent="skip")
    assert sorted(plan.orphans()["id_transaccion"]) == sorted(halves)
    assert plan.delete_orphans()["error"].isna().all()
    assert len(envelopes(box)) == 2


@pytest.mark.parametrize("reply", ["reset", "lost", "status"])
@pytest.mark.parametrize("commit", ["before", "never"])
def test_a_step_that_always_fails_does_not_make_drafts_for_ever(
    box: Sandbox, signio: Signio, reply: str, commit: str
) -> None:
    fault = {"commit": commit, "reply": reply, "status": 503, "headers": {"Retry-After": "1"}}
    box.control.fault(system="signio", match={"path": UPLOAD}, times=None, **fault)
    for run in range(2):
        plan = built(signio, crowd(1, 1))
        assert plan.drafts
        assert plan.drafts.facts["state"] == "paused"
        assert len(envelopes(box)) <= 5 * (run + 1)
    box.control.clear_faults()
    assert built(signio, crowd(1, 1)).distribute(confirm=1).complete
    assert len(mails(box)) == 1


def test_a_single_call_does_not_send_another_draft_of_what_went_out(box: Sandbox, signio: Signio) -> None:
    old = built(signio, crowd(2, 1)).drafts.table["id_transaccion"]  # type: ignore[union-attr]
    sent_by(built(signio, crowd(2, 1), if_sent="resend"), 2)
    got = mails(box)
    with pytest.raises(toolkit.PushRefused, match="it went out to people as"):
        signio.distribute(old.iloc[0])
    assert mails(box) == got


def test_a_campaign_does_not_send_another_draft_of_what_a_single_call_sent(box: Sandbox, signio: Signio) -> None:
    first = built(signio, crowd(2, 1))
    assert first.drafts is not None
    signio.distribute(first.drafts.table["id_transaccion"].iloc[0])
    again = built(signio, crowd(2, 1), if_sent="resend")
    assert again.drafts is not None
    assert again.drafts.table["outcome"].tolist() == ["not sent", "accepted"]
    sent_by(again, 1)
    assert len(mails(box)) == 2


def test_an_orphan_that_was_sent_meanwhile_is_not_deleted(box: Sandbox, signio: Signio) -> None:
    first = built(signio, crowd(2, 1))
    second = built(signio, crowd(2, 1), if_sent="resend")
    assert len(second.orphans()) == 2
    sent_by(first, 2)  # by another kernel
    assert second.delete_orphans()["error"].str.contains("is no draft any more").all()
    assert len(envelopes(box)) == 4
