"""CarmaChain's answers, which come later: looked at, waited for, spread wide; and who is who in them."""

import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import toolkit
from tests.vendors.carmachain.test_client import ASK, SPELLINGS, asked, crowd, stored
from toolkit import InputError
from toolkit.sandbox import Sandbox
from toolkit.vendors.carmachain.answers import matched, same_phone
from toolkit.vendors.carmachain.api import ALL
from toolkit.vendors.carmachain.client import CarmaChain

LOOK = {"method": "POST", "path": "/api/respond"}


@pytest.fixture
def carma(api: toolkit.Api) -> CarmaChain:
    return api.carmachain


def tell(box: Sandbox, *people: dict[str, Any], times: int = 1) -> None:
    """Let the vendor's next answers hold these people."""
    body = {"response": {"code": 200, "message": "OK"}, "parametrRequest": list(people)}
    box.control.fault(system="carmachain", match=LOOK, times=times, reply="status", status=200, body=body)


def said(value: str, peer: str = "peer-1") -> dict[str, str]:
    return {"idPpeers": peer, "groupData": "Address", "fieldName": "city", "fieldValue": value}


# ── answers ──


def test_answers_are_one_row_a_person_peer_group_and_field(box: Sandbox, clock: Any, carma: CarmaChain) -> None:
    tickets = carma.request(crowd(20).set_index(pd.Index(range(50, 70))), categories=ALL).joined
    before = carma.answers(tickets)
    assert before.index.tolist() == list(range(50, 70))
    assert before["status"].eq("Panding").all()
    assert before["fieldName"].isna().all()
    clock.advance(3600)
    after = carma.answers(tickets)
    assert (after.dtypes == before.dtypes).all()
    assert list(dict.fromkeys(after.index)) == list(range(50, 70))
    assert not after.dropna(subset=["fieldName"]).duplicated(["idRequest", "idPpeers", "groupData", "fieldName"]).any()
    assert after["idDocument"].tolist() == tickets["IdDocument"].reindex(after.index).tolist()
    by_id = carma.answers(ids=tickets["idRequest"])
    assert by_id.reset_index(drop=True).equals(after.reset_index(drop=True))
    assert len(carma.answers(period=90)) == len(after)


def test_answers_want_to_know_of_whom(carma: CarmaChain) -> None:
    with pytest.raises(InputError, match="period"):
        carma.answers()
    with pytest.raises(InputError, match="period"):
        carma.answers(ids=["a"], period=5)


def test_answers_of_nobody_have_the_same_columns(carma: CarmaChain) -> None:
    some = carma.answers(carma.request(crowd(1), categories=ALL))
    assert (carma.answers(period=0 + 1).dtypes == some.dtypes).all()
    assert (carma.answers(ids=[]).dtypes == some.dtypes).all()


def test_what_is_odd_about_an_answer_is_said(box: Sandbox, carma: CarmaChain, caplog: pytest.LogCaptureFixture) -> None:
    ids = ["done", "odd", "left out"]
    tell(
        box,
        {"idRequest": "done", "status": "Done", "requestDetails": [said("Kyiv"), said("Kyiv")]},
        {"idRequest": "odd", "status": "Pending", "requestDetails": None},
        {"idRequest": "stranger", "status": "Done", "requestDetails": []},
        {"idRequest": "done", "status": "Done", "requestDetails": [said("Kyiv"), said("Lviv", "peer-2")]},
    )
    answers = carma.answers(ids=ids)
    assert answers["idRequest"].tolist() == ["done", "done", "odd", "left out"]
    assert answers["fieldValue"].fillna("-").tolist() == ["Kyiv", "Lviv", "-", "-"]
    assert answers["problem"].fillna("-").tolist() == [
        "-",
        "-",
        "status 'Pending' is not documented",
        "the vendor's answer leaves this request out",
    ]
    assert "1 requests that were not asked for" in caplog.text


def test_a_row_without_a_ticket_stays_in_the_answers(carma: CarmaChain) -> None:
    tickets = carma.request(crowd(3), categories=ALL).joined
    tickets.loc[1, "idRequest"] = None
    answers = carma.answers(tickets)
    assert answers.index.tolist() == [0, 1, 2]
    assert answers["problem"].fillna("-").tolist() == ["-", "has no ticket: nobody was asked about this person", "-"]


# ── waiting ──


def test_collect_waits_and_returns_what_came(box: Sandbox, clock: Any, carma: CarmaChain) -> None:
    tickets = carma.request(crowd(60), categories=ALL).joined
    answers = carma.collect(tickets, timeout="20min")
    status = answers.groupby(level=0)["status"].first()
    assert status.index.tolist() == list(range(60))
    assert 0 < status.eq("Panding").sum() < 15  # peers that never answer
    assert clock.slept == pytest.approx(1200)
    assert asked(box, LOOK["path"]) < 40
    assert answers.equals(carma.answers(tickets).assign(problem=answers["problem"]))


def test_collect_ends_when_everybody_is_answered(box: Sandbox, clock: Any, carma: CarmaChain) -> None:
    tickets = carma.request(crowd(10), categories=ALL).joined
    clock.advance(3600)
    done = tickets[tickets["idRequest"].isin(carma.answers(tickets).query("status == 'Done'")["idRequest"])]
    slept = clock.slept
    assert carma.collect(done)["status"].eq("Done").all()
    assert clock.slept - slept < 3


def test_collect_can_look_once_and_go_on_later(box: Sandbox, clock: Any, carma: CarmaChain) -> None:
    tickets = carma.request(crowd(30), categories=ALL).joined
    early = carma.collect(tickets, timeout="0s")
    assert (clock.slept, early["status"].eq("Panding").all()) == (0, True)
    middle = carma.collect(tickets, timeout="4min")
    late = carma.collect(tickets, timeout="20min")
    counts = [a.groupby(level=0)["status"].first().eq("Done").sum() for a in (early, middle, late)]
    assert counts == sorted(set(counts))


@pytest.mark.parametrize("timeout", [30, 1.5, "soon", None, "-5min"])
def test_a_time_is_said_with_its_unit(carma: CarmaChain, timeout: Any) -> None:
    with pytest.raises(InputError, match="30min"):
        carma.collect(pd.DataFrame({"idRequest": ["a"], "type_request": "Name"}), timeout=timeout)


def tickets_of(*ids: str) -> pd.DataFrame:
    return pd.DataFrame({"idRequest": list(ids), "type_request": "All categories"})


def test_an_answer_that_is_taken_back_is_not_trusted(box: Sandbox, carma: CarmaChain) -> None:
    person = {"idRequest": "a", "status": "Done", "requestDetails": [said("Kyiv")]}
    tell(box, person)
    tell(box, {**person, "status": "Panding", "requestDetails": []})
    tell(box, {**person, "requestDetails": [said("Kyiv"), said("Lviv", "peer-2")]}, times=2)
    answers = carma.collect(tickets_of("a"))
    assert answers["fieldValue"].tolist() == ["Kyiv", "Lviv"]
    assert answers["problem"].unique().tolist() == ["was answered, and then pending again"]
    assert asked(box, LOOK["path"]) == 4


def test_an_answer_counts_once_two_looks_agree_on_it(box: Sandbox, carma: CarmaChain) -> None:
    tell(box, {"idRequest": "a", "status": "Done", "requestDetails": [said("Kyiv")]})
    two = [said("Lviv", "peer-2"), said("Kyiv")]
    tell(box, {"idRequest": "a", "status": "Done", "requestDetails": two})
    tell(box, {"idRequest": "a", "status": "Done", "requestDetails": two[::-1]}, times=5)
    assert set(carma.collect(tickets_of("a"))["fieldValue"]) == {"Kyiv", "Lviv"}
    assert asked(box, LOOK["path"]) == 3


def test_a_failed_look_is_made_again(
    box: Sandbox, clock: Any, carma: CarmaChain, caplog: pytest.LogCaptureFixture
) -> None:
    tickets = carma.request(crowd(5), categories=ALL).joined
    clock.advance(3600)
    box.control.fault(system="carmachain", match=LOOK, times=1, reply="html")
    box.control.fault(system="carmachain", match=LOOK, times=2, reply="status", status=503)
    with caplog.at_level(logging.WARNING):
        answers = carma.collect(tickets, timeout="5min")
    assert "is made again" in caplog.text
    assert answers["fieldName"].notna().any()


def test_what_no_look_has_seen_is_said(box: Sandbox, carma: CarmaChain) -> None:
    tickets = carma.request(crowd(2), categories=ALL).joined
    box.control.fault(system="carmachain", match=LOOK, times=None, reply="html")
    answers = carma.collect(tickets, timeout="30s")
    assert answers["problem"].str.startswith("could not be looked at").all()


def test_a_refused_look_is_an_error(box: Sandbox, clock: Any, carma: CarmaChain) -> None:
    tickets = carma.request(crowd(2), categories=ALL).joined
    box.control.fault(system="carmachain", match=LOOK, times=None, reply="status", status=400, body={})
    with pytest.raises(toolkit.Rejected):
        carma.collect(tickets)
    assert clock.slept == 0


def test_pending_is_told_from_done_by_the_vendors_own_word(box: Sandbox, carma: CarmaChain) -> None:
    tell(box, {"idRequest": "a", "status": "Pending", "requestDetails": []}, times=100)
    answers = carma.collect(tickets_of("a"), timeout="1min")
    assert answers["problem"].tolist() == ["status 'Pending' is not documented"]


# ── wide ──


def test_wide_has_a_row_a_person_and_shows_who_contradicts_whom(carma: CarmaChain) -> None:
    rows = [
        ("r1", "Done", "peer-1", "Contacts", "phone", "1"),
        ("r1", "Done", "peer-3", "Address", "city", "Lviv"),
        ("r1", "Done", "peer-2", "Address", "city", "Kyiv"),
        ("r1", "Done", "peer-1", "Address", "city", "Kyiv"),
        ("r2", "Panding", None, None, None, None),
        ("r3", "Done", "peer-1", "Address", "city", "Odesa"),
    ]
    names = ["idRequest", "status", "idPpeers", "groupData", "fieldName", "fieldValue"]
    answers = pd.DataFrame(rows, columns=names, index=[7, 7, 7, 7, 8, 9]).assign(
        idDocument=None, phoneNumber=None, problem=None
    )
    pivot = carma.pivot(answers)
    assert pivot.index.tolist() == [7, 8, 9]
    assert pivot["Address/city"].fillna("-").tolist() == ["Kyiv (peer-1, peer-2) | Lviv (peer-3)", "-", "Odesa"]
    assert pivot["conflicts"].fillna("-").tolist() == ["Address/city", "-", "-"]
    assert pivot.columns.tolist()[-2:] == ["Address/city", "Contacts/phone"]


@pytest.mark.parametrize("index", [pd.MultiIndex.from_product([["a"], [1, 2, 3]]), pd.Index([1, 1, 1]), None])
def test_wide_keeps_any_index(clock: Any, carma: CarmaChain, index: pd.Index | None) -> None:
    people = crowd(3) if index is None else crowd(3).set_axis(index)
    tickets = carma.request(people, categories=ALL).joined
    clock.advance(3600)
    answers = carma.answers(tickets)
    pivot = carma.pivot(answers)
    assert pivot.index.equals(people.index)
    assert pivot["idDocument"].tolist() == people["IdDocument"].tolist()


def test_wide_of_nobody_is_empty(carma: CarmaChain) -> None:
    assert len(carma.pivot(carma.answers(period=1))) == 0


# ── who is who ──


def test_three_spellings_are_one_phone() -> None:
    assert same_phone(pd.Series([*SPELLINGS, "+38 (099) 999-99-99", "00380999999999"])).nunique() == 1
    assert same_phone(pd.Series(["0999999999", "0999999998", None])).nunique() == 2


@pytest.mark.parametrize(
    ("ours", "theirs", "found"),
    [
        ([("1", None), ("2", None)], [("2", None), ("1", None)], [1, 0]),
        ([("01", None)], [("1", None)], [None]),
        ([("1", SPELLINGS[0])], [("1", SPELLINGS[2])], [0]),
        ([("1", SPELLINGS[0])], [(None, SPELLINGS[1])], [0]),
        ([("1", SPELLINGS[0])], [("1", None)], [0]),
        ([("1", SPELLINGS[0]), ("2", SPELLINGS[1])], [(None, SPELLINGS[2])], [None, None]),
        ([("1", None), ("1", None)], [("1", None), ("1", None)], [0, 1]),
        ([("1", SPELLINGS[0])], [("1", "0999999998")], [None]),
        ([("1", None)], [], [None]),
        ([], [("1", None)], []),
    ],
)
def test_people_are_matched_by_document_and_phone_and_never_by_half(ours: Any, theirs: Any, found: Any) -> None:
    assert matched(ours, theirs) == found


# ── two thousand people in two sittings ──

SECOND_SITTING = """
import sys, pandas as pd, toolkit
tickets = pd.read_csv(sys.argv[1], dtype=str, keep_default_na=False, na_values=[""], index_col="row")
carma = toolkit.connect("sandbox", progress=False).carmachain
carma.collect(tickets, timeout="0s").to_csv(sys.argv[2], index_label="row")
"""


@pytest.mark.slow
def test_two_thousand_people_in_two_sittings_across_a_restart(box: Sandbox, clock: Any, tmp_path: Path) -> None:
    people = crowd(2000)
    box.control.fault(system="carmachain", match=ASK, every=7, times=1, commit="before", reply="reset")
    carma = toolkit.connect(**box.settings(), clock=clock, progress=False).carmachain
    tickets = carma.request(people, categories=ALL).joined
    first = carma.collect(tickets, timeout="5min")
    tickets.to_csv(tmp_path / "tickets.csv", index_label="row")
    clock.advance(1200)
    place = {"TOOLKIT_SANDBOX": box.url, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", SECOND_SITTING, tmp_path / "tickets.csv", tmp_path / "answers.csv"]
    subprocess.run(command, env={**os.environ, **place}, check=True, timeout=120)
    second = pd.read_csv(tmp_path / "answers.csv", dtype=str, keep_default_na=False, na_values=[""], index_col="row")
    second.index = second.index.astype(int)

    assert len(stored(box)) == 2000
    unknown = tickets["outcome"].eq("unknown")
    assert 0 < unknown.sum() <= 100
    states = [a.groupby(level=0)["status"].first() for a in (first, second)]
    for status in states:
        assert status.index.tolist() == list(range(2000))
        assert status.isna().eq(unknown.to_numpy()).all()
    done = [int(status.eq("Done").sum()) for status in states]
    assert 0 < done[0] < done[1] < 2000 - unknown.sum()
    known = second.dropna(subset=["idDocument"])
    assert known["idDocument"].tolist() == people["IdDocument"].reindex(known.index).tolist()  # leading zeros and all
