"""A vendor that gives two things one identifier: neither is filled with what was meant for the other."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd
import pytest

import toolkit
from tests.helpers.answers import change_answers
from tests.helpers.clock import ManualClock
from toolkit.sandbox import Sandbox
from toolkit.vendors.signio.client import Signio

from .helpers import ANA, CONTRACT, EVA, crowd, mails, planned

Change = Callable[[Any], Any]


@pytest.fixture
def signio(box: Sandbox, clock: ManualClock) -> Signio:
    return toolkit.connect(**box.settings(), clock=clock, progress=False).signio


@pytest.fixture
def answer(signio: Signio, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Change], None]:
    """Changes what is answered to an endpoint."""
    return partial(change_answers, monkeypatch, signio.connection.session)


def always(name: str) -> Change:
    """The first identifier, again and again."""
    first: list[Any] = []

    def payload(given: Any) -> Any:
        first.append(given[name])
        return {**given, name: first[0]}

    return payload


def test_two_envelopes_with_one_identifier(box: Sandbox, signio: Signio, answer: Any) -> None:
    answer("create_envelope", always("id_transaccion"))
    plan = planned(signio, crowd(3))
    report = plan.build(options={"workers": 1})
    assert report.table["outcome"].tolist() == ["accepted", "not sent", "not sent"]
    assert "two things one identifier" in str(report)
    (envelope,) = plan.ready["id_transaccion"]
    assert len(box.control.stored("signio", "Document", {"id_transaccion": envelope})) == 1
    assert plan.distribute(confirm=1).complete


def test_a_draft_of_an_earlier_push_is_not_filled_again(box: Sandbox, signio: Signio, answer: Any) -> None:
    answer("create_envelope", always("id_transaccion"))
    assert planned(signio, crowd(1)).build().complete
    report = planned(signio, crowd(1)).build(if_sent="resend")
    assert not report.complete
    assert "two things one identifier" in str(report)


def test_a_draft_of_another_campaign_is_not_filled_again(box: Sandbox, signio: Signio, answer: Any) -> None:
    answer("create_envelope", always("id_transaccion"))
    first = planned(signio, crowd(1), campaign="A")
    assert first.build().complete
    assert first.distribute(confirm=1).complete
    report = planned(signio, crowd(2).iloc[2:], campaign="B").build()
    assert "two things one identifier" in str(report)
    assert not report.complete


@pytest.mark.parametrize(("name", "key"), [("add_signer", "id_firmante"), ("upload_document", "id_documento")])
def test_within_an_envelope(signio: Signio, answer: Any, name: str, key: str) -> None:
    answer(name, always(key))
    plan = planned(signio, crowd(1), documents=[CONTRACT, ("anexo.pdf", CONTRACT[1])])
    assert "two things one identifier" in str(plan.build())
    assert plan.ready.empty


def test_documents_of_two_envelopes(signio: Signio, answer: Any) -> None:
    answer("upload_document", always("id_documento"))
    plan = planned(signio, crowd(2))
    report = plan.build(options={"workers": 1})
    assert report.table["outcome"].tolist() == ["accepted", "not sent"]
    assert "two things one identifier" in str(report)
    assert len(plan.ready) == 1


def test_two_signers_of_one_draft(signio: Signio, answer: Any) -> None:
    envelope = signio.create_envelope("Contrato")
    answer("add_signer", always("id_firmante"))
    report = signio.add_signers(envelope, pd.DataFrame([ANA, EVA]), options={"workers": 1})
    assert report.table["outcome"].tolist() == ["accepted", "verified"]  # it was read back
    assert report.table["id_firmante"].tolist() == signio.signers(envelope)["id_contacto"].tolist()


def test_nobody_is_told_of_one_draft_for_two_envelopes(box: Sandbox, signio: Signio) -> None:
    plan = planned(signio, crowd(2))
    plan.build()
    assert plan.drafts is not None
    table = plan.drafts.table.assign(id_transaccion="e1")
    plan.drafts = plan.drafts.with_table(table)
    report = plan.distribute(confirm=2)
    assert report.table["outcome"].tolist() == ["not sent"] * 2
    assert report.table["error"].str.contains("is the draft of another envelope").all()
    assert mails(box) == []


@pytest.mark.parametrize("campaign", ["A", "B"])
def test_documents_of_envelopes_of_two_pushes(signio: Signio, answer: Any, campaign: str) -> None:
    answer("upload_document", always("id_documento"))
    assert planned(signio, crowd(1), campaign="A").build().complete
    plan = planned(signio, crowd(2).iloc[2:], campaign=campaign)
    report = plan.build()
    assert "two things one identifier" in str(report)
    assert plan.ready.empty


LISTED: dict[str, Change] = {
    "dots": lambda who: {**who, "identificacion": f"{int(who['identificacion']):,}".replace(",", ".")},
    "zeros": lambda who: {**who, "identificacion": who["identificacion"].zfill(15)},
    "type": lambda who: {**who, "tipo_identificacion": "Cédula de ciudadanía"},
    "masked": lambda who: {**who, "identificacion": "***"},
    "left out": lambda who: {**who, "identificacion": None},
    "another address": lambda who: {**who, "email": "otra@example.co"},
    "another number": lambda who: {**who, "identificacion": "77"},
}


@pytest.mark.parametrize("listed", LISTED)
@pytest.mark.parametrize("reply", ["reset", "refused"])
def test_who_is_listed_otherwise_is_not_registered_twice(
    box: Sandbox, signio: Signio, answer: Any, listed: str, reply: str
) -> None:
    envelope, body = signio.create_envelope("Contrato"), '{"codigo": "05", "mensaje": "Ya existe"}'
    how: dict[str, Any] = {"reply": "reset"} if reply == "reset" else {"reply": "status", "status": 200, "body": body}
    box.control.fault(system="signio", match={"path": "/transacciones/registrar_contacto"}, commit="before", **how)
    answer("signers", lambda whole: {**whole, "contactos": [LISTED[listed](who) for who in whole["contactos"]]})
    report = signio.add_signers(envelope, pd.DataFrame([ANA]), options={"settle_wait": 1})
    assert report.table["outcome"].tolist() == ["unknown"]
    assert len(box.control.stored("signio", "Signer")) == 1
