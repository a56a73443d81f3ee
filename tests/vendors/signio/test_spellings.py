"""A name that is spelt otherwise in a later sheet may be the same: nobody gets it twice without a person's word."""

from typing import Any

import pandas as pd
import pytest

import toolkit
from tests.helpers.clock import ManualClock
from toolkit.sandbox import Sandbox
from toolkit.sheets.alike import name_key
from toolkit.vendors.signio.client import Signio

from .helpers import ANA, EVA, crowd, envelopes, mails, planned

SPELLINGS = [
    ("C-1", "c-1"),
    ("C-1", "c 1"),
    ("c 1", "c\u00a01"),
    ("c-1", "c\u20101"),
    ("C1", "C-01"),
    ("1", "1.0"),
    ("001", "1"),
    ("1000", "1.000"),
    ("Peña", "Pen\u0303a"),
    ("Peña", "PENA"),
    ("pe\u00adña", "peña"),
    ("１２", "12"),
]
OTHERS = [("C-1", "C-2"), ("1-1", "11"), ("2024-1-12", "2024-11-2"), ("10", "1.0"), ("1", "0"), ("-", "+")]


@pytest.fixture
def signio(box: Sandbox, clock: ManualClock) -> Signio:
    return toolkit.connect(**box.settings(), clock=clock, progress=False).signio


def named(*names: str) -> pd.DataFrame:
    return crowd(len(names), 1).assign(contrato=names)


def built(signio: Signio, *names: str, campaign: str = "marzo", **how: Any) -> list[str]:
    """What became of each envelope when it was built, and distributed where it could be."""
    plan = planned(signio, named(*names), campaign=campaign)
    outcomes: list[str] = plan.build(**how).table["outcome"].tolist()
    if len(plan.ready):
        plan.distribute(confirm=len(plan.ready))
    return outcomes


@pytest.mark.parametrize(("one", "other"), SPELLINGS)
def test_one_name_in_two_spellings(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(("one", "other"), OTHERS)
def test_two_names(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


@pytest.mark.parametrize(("one", "other"), [SPELLINGS[0], SPELLINGS[5], SPELLINGS[9]])
def test_what_went_out_does_not_go_out_under_another_spelling(
    box: Sandbox, signio: Signio, one: str, other: str
) -> None:
    assert built(signio, one, "K-7") == ["accepted"] * 2
    got = mails(box)
    with pytest.raises(toolkit.PushRefused, match=r"1 of these 2 differ .* spelling of their names"):
        built(signio, other, "K-8")
    for how in ({"if_sent": "skip"}, {"if_sent": "resend"}):
        assert built(signio, other, "K-8", **how)[0] == "not sent"
    assert len(mails(box)) == len(got) + 1  # K-8
    assert built(signio, other, campaign="abril") == ["accepted"]  # the way on


def test_a_draft_is_not_made_anew_under_another_spelling_unless_a_person_says_so(box: Sandbox, signio: Signio) -> None:
    planned(signio, named("C-1"), campaign="marzo").build()
    with pytest.raises(toolkit.PushRefused, match="differ"):
        built(signio, "c-1")
    assert built(signio, "c-1", if_sent="skip") == ["not sent"]
    assert len(envelopes(box)) == 1
    assert built(signio, "c-1", if_sent="resend") == ["accepted"]
    assert built(signio, "C-1", if_sent="skip") == ["accepted"]  # what stands is taken; it does not go out, too
    assert len(mails(box)) == 1


def test_what_stood_in_one_sheet_is_two(box: Sandbox, signio: Signio) -> None:
    assert built(signio, "C-1", "c-1") == ["accepted"] * 2
    assert built(signio, "C-1", "c-1", "K-7", if_sent="skip") == ["accepted"] * 3
    assert built(signio, "C-1", "C-2", if_sent="skip") == ["accepted"] * 2
    assert len(mails(box)) == 4


def test_the_second_of_one_sheet_is_asked_about_where_the_first_went_out(box: Sandbox, signio: Signio) -> None:
    assert built(signio, "C-1") == ["accepted"]
    assert built(signio, "C-1", "c-1", if_sent="skip") == ["accepted", "not sent"]
    assert len(mails(box)) == 1


@pytest.mark.parametrize("other", ["Marzo", "marzo ", "MARZO-"])
def test_a_campaign_whose_name_is_spelt_otherwise_is_asked_about(box: Sandbox, signio: Signio, other: str) -> None:
    built(signio, "C-1")
    with pytest.raises(toolkit.PushRefused, match="differs from it in its spelling alone"):
        built(signio, "C-1", campaign=other)
    assert built(signio, "C-1", campaign="marzo 2") == ["accepted"]
    assert len(mails(box)) == 2


PEOPLE = pd.DataFrame([ANA, EVA])
CORRECTED: dict[str, dict[str, Any]] = {
    "name": {"nombre": ["Ana M", "Eva M"]},
    "address": {"email": ["otra@example.co", "otra.mas@example.co"]},
    "turn": {"orden": [1, 2]},
    "phone": {"celular": "3001234567"},
}


@pytest.mark.parametrize("corrected", CORRECTED)
def test_a_person_is_not_registered_twice_whatever_is_corrected(signio: Signio, corrected: str) -> None:
    envelope, people = signio.create_envelope("Contrato"), PEOPLE.assign(**CORRECTED[corrected])
    assert signio.add_signers(envelope, PEOPLE).complete
    with pytest.raises(toolkit.PushRefused, match="2 look edited since"):
        signio.add_signers(envelope, people)
    report = signio.add_signers(envelope, people, if_sent="skip")
    assert report.table["outcome"].tolist() == ["not sent"] * 2
    assert report.table["error"].str.contains("is not registered twice").all()
    assert len(signio.signers(envelope)) == 2
    assert signio.add_signers(envelope, PEOPLE).complete  # as before


def test_a_person_of_a_later_frame_is_the_same(signio: Signio) -> None:
    envelope = signio.create_envelope("Contrato")
    with pytest.raises(toolkit.PushRefused):
        signio.add_signers(envelope, iter([PEOPLE, PEOPLE.tail(1).assign(nombre="Eva M")]))
    assert len(signio.signers(envelope)) == 2
