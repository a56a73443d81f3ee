"""CarmaChain from the client's side: tokens, single calls, and tickets for many people."""

from typing import Any

import pandas as pd
import pytest

import toolkit
from tests.helpers.answers import change_answers
from toolkit import InputError, PushRefused, RowErrors
from toolkit.sandbox import Sandbox
from toolkit.vendors.carmachain.api import ALL
from toolkit.vendors.carmachain.client import CarmaChain

ASK = {"method": "POST", "path": "/api/createrequest"}
SPELLINGS = ["+380999999999", "380999999999", "0999999999"]


@pytest.fixture
def carma(api: toolkit.Api) -> CarmaChain:
    return api.carmachain


def crowd(size: int) -> pd.DataFrame:
    """People with a document, every third with a phone too, in all spellings."""
    phones = [f"{('+380', '380', '0')[n // 3 % 3]}50{n:07}" if n % 3 == 0 else None for n in range(size)]
    return pd.DataFrame({"IdDocument": [f"{n:010}" for n in range(size)], "PhoneNumber": phones})


def stored(box: Sandbox) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = box.control.stored("carmachain", "Request")
    return rows


def asked(box: Sandbox, path: str) -> int:
    return sum(entry["system"] == "carmachain" and entry["path"] == path for entry in box.control.log())


# ── tokens and single calls ──


def test_the_token_is_asked_for_once_a_day_and_sent_bare(box: Sandbox, clock: Any, carma: CarmaChain) -> None:
    for hours in (0, 10, 12, 20):
        clock.advance(3600 * hours)
        carma.answers(period=1)
    assert asked(box, "/auth/getToken") == 3  # renewed when four fifths of its life are over
    assert {entry["status"] for entry in box.control.log()} == {200}


def test_a_peer_that_wants_a_prefix_gets_it(box: Sandbox, clock: Any) -> None:
    account = {**box.settings()["carmachain"], "header": "Bearer {token}"}
    carma = toolkit.connect(carmachain=account, clock=clock, progress=False).carmachain
    with pytest.raises(toolkit.AuthError):
        carma.answers(period=1)


def test_one_category_travels_as_text_and_several_as_a_list(box: Sandbox, carma: CarmaChain) -> None:
    people = pd.DataFrame({"PhoneNumber": ["099 999 99 99"]})
    carma.request(people, categories="Address")
    carma.request(people, categories=["Address", "Contacts"])
    assert [row["categories"] for row in stored(box)] == [["Address"], ["Address", "Contacts"]]
    assert {row["PhoneNumber"] for row in stored(box)} == {"0999999999"}  # the spelling stays, the spaces go


def test_a_single_request_gives_a_ticket_for_each_person(carma: CarmaChain) -> None:
    people = [{"IdDocument": "0007"}, {"PhoneNumber": SPELLINGS[0]}]
    tickets = carma.raw.create_request("All categories", people)["parametrRequest"]
    assert [ticket.get("IdDocument") for ticket in tickets] == ["0007", None]
    ids = [ticket["idRequest"] for ticket in tickets]
    answers = carma.raw.respond("All categories", ids=ids)["parametrRequest"]
    assert [answer["status"] for answer in answers] == ["Panding", "Panding"]
    assert [answer.get("phoneNumber") for answer in answers] == [None, SPELLINGS[0]]


@pytest.mark.parametrize("categories", ["Weather", [], ["Address", "Weather"]])
def test_a_category_that_does_not_exist_is_an_error(box: Sandbox, carma: CarmaChain, categories: Any) -> None:
    with pytest.raises(InputError, match="Credit History"):
        carma.request(crowd(1), categories=categories)
    assert stored(box) == []


# ── requests ──


def test_tickets_are_one_row_a_person_with_the_index_of_the_people(box: Sandbox, carma: CarmaChain) -> None:
    people = crowd(30).set_index(pd.Index([f"row {n}" for n in range(30)], name="key"))
    tickets = carma.request(people, options={"chunk_rows": 10}, categories=ALL).joined
    assert tickets.index.equals(people.index)
    assert tickets["IdDocument"].tolist() == people["IdDocument"].tolist()
    assert tickets["outcome"].eq("accepted").all()
    by_id = {row["idRequest"]: row["IdDocument"] for row in stored(box)}
    assert tickets["idRequest"].map(by_id).tolist() == people["IdDocument"].tolist()
    assert asked(box, ASK["path"]) == 3


def test_somebody_in_several_rows_is_asked_about_once(box: Sandbox, carma: CarmaChain) -> None:
    people = pd.DataFrame({"PhoneNumber": [*SPELLINGS, "0999999998"]}, index=[4, 3, 2, 1])
    tickets = carma.request(people, categories=ALL).joined
    assert len(stored(box)) == 2
    assert tickets["idRequest"].nunique() == 2
    assert tickets["idRequest"].iloc[:3].nunique() == 1
    assert tickets["PhoneNumber"].tolist() == [*SPELLINGS, "0999999998"]


def test_all_problems_come_at_once_and_nobody_is_asked_about(box: Sandbox, carma: CarmaChain) -> None:
    people = pd.DataFrame(
        {
            "IdDocument": ["0001", None, "", "0004", "0005"],
            "PhoneNumber": ["0999999999", None, "  ", "+56912345678", "12"],
        },
        index=list("abcde"),
    )
    with pytest.raises(RowErrors) as caught:
        carma.request(people, categories=ALL, on_bad_rows="raise")
    assert sorted(set(caught.value.table["row"])) == ["b", "c", "d", "e"]
    assert box.control.log() == []
    report = carma.request(people, categories=ALL)
    assert report.table["outcome"].tolist() == ["accepted", *["not sent"] * 4]
    assert report.failed["error_value"].fillna("").tolist() == ["", "", "+56912345678", "12"]
    assert len(stored(box)) == 1


def test_nobody_is_asked_about_where_nobody_is_given(box: Sandbox, carma: CarmaChain) -> None:
    tickets = carma.request(crowd(3).head(0), categories=ALL).joined
    assert len(tickets) == len(carma.collect(tickets)) == len(carma.pivot(carma.answers(tickets))) == 0
    assert asked(box, ASK["path"]) == 0


def test_a_column_that_is_no_field_is_an_error(carma: CarmaChain) -> None:
    with pytest.raises(InputError, match="PhoneNumber"):
        carma.request(crowd(2).rename(columns={"PhoneNumber": "PhoneNumbr"}), categories=ALL)


def test_a_lost_answer_is_unknown_and_nobody_is_asked_about_twice(
    box: Sandbox, carma: CarmaChain, caplog: pytest.LogCaptureFixture
) -> None:
    people = crowd(40)
    box.control.fault(system="carmachain", match=ASK, every=2, times=1, commit="before", reply="reset")
    report = carma.request(people, options={"chunk_rows": 5}, categories=ALL)
    assert "only counted" not in str(report)  # nothing is counted there
    tickets = report.joined
    lost = tickets["outcome"].eq("unknown")
    assert 0 < lost.sum() < 40
    assert tickets["idRequest"].isna().eq(lost).all()
    assert "have no ticket" in caplog.text
    sent = asked(box, ASK["path"])
    again = carma.request(people, options={"chunk_rows": 5}, categories=ALL).joined
    assert asked(box, ASK["path"]) == sent
    assert again.equals(tickets)
    assert len(stored(box)) == 40


def test_the_lost_are_found_by_what_was_asked_lately(box: Sandbox, carma: CarmaChain) -> None:
    box.control.fault(system="carmachain", match=ASK, every=2, times=1, commit="before", reply="lost")
    people = crowd(40)
    people.loc[39] = people.loc[15]  # somebody stands in two rows
    tickets = carma.request(people, options={"chunk_rows": 10}, categories=ALL).joined
    assert tickets["idRequest"].isna()[[15, 39]].all()
    found = carma.recover_tickets(tickets, period=5)
    by_id = {row["idRequest"]: row["IdDocument"] for row in stored(box)}
    assert found["idRequest"].map(by_id).tolist() == tickets["IdDocument"].tolist()
    assert len(stored(box)) == 39


def test_who_was_not_asked_about_is_not_found(box: Sandbox, carma: CarmaChain) -> None:
    box.control.fault(system="carmachain", match=ASK, commit="never", reply="reset")
    tickets = carma.request(crowd(5), options={"chunk_rows": 1}, categories=ALL).joined
    assert tickets["outcome"].tolist() == ["unknown", *["accepted"] * 4]
    assert carma.recover_tickets(tickets, period=5)["idRequest"].isna().tolist() == [True, False, False, False, False]


def test_asking_again_is_a_decision(box: Sandbox, carma: CarmaChain) -> None:
    people = crowd(6)
    first = carma.request(people.head(4), categories=ALL).joined
    assert carma.request(people.head(4), categories=ALL).table["idRequest"].equals(first["idRequest"])
    with pytest.raises(PushRefused):
        carma.request(people, categories=ALL)
    both = carma.request(people, if_sent="skip", categories=ALL).table["idRequest"]
    assert both.head(4).equals(first["idRequest"])  # the tickets of before
    assert both.notna().all()
    assert len(stored(box)) == 4 + 2
    second = carma.request(people.head(4), categories=ALL, if_sent="resend").table["idRequest"]
    assert not second.isin(first["idRequest"]).any()
    carma.request(people, categories=["Address", "Name"])  # another question
    host = box.addresses["carmachain"].split("/")[2]
    assert f"peers at {host}, about Address, Name" in set(toolkit.pushes()["destination"])
    assert len(stored(box)) == 4 + 2 + 4 + 6


def test_a_person_whom_the_answer_leaves_out_has_no_ticket(box: Sandbox, carma: CarmaChain) -> None:
    body = {"response": {"code": 200}, "parametrRequest": []}
    box.control.fault(system="carmachain", match=ASK, reply="status", status=200, body=body)
    tickets = carma.request(crowd(3), options={"chunk_rows": 1}, categories=ALL).joined
    assert tickets["idRequest"].isna().tolist() == [True, False, False]
    assert tickets["outcome"].tolist() == ["unknown", "accepted", "accepted"]
    assert tickets["error"].iloc[0].startswith("the vendor's answer was lost, or holds no ticket")


def test_tickets_are_matched_however_the_answer_spells_and_orders_them(box: Sandbox, carma: CarmaChain) -> None:
    people = pd.DataFrame({"IdDocument": ["1", None, "3"], "PhoneNumber": ["0999999991", "+380999999992", None]})
    carma.request(people.tail(1), categories="Name")  # so that the canned answer meets the whole batch
    told = [
        {"idDocument": "3", "idRequest": "c"},
        {"phoneNumber": "0999999992", "idRequest": "b"},
        {"idDocument": "1", "phoneNumber": "380999999991", "idRequest": "a"},
    ]
    body = {"response": {"code": 200, "message": "OK"}, "parametrRequest": told}
    box.control.fault(system="carmachain", match=ASK, times=None, reply="status", status=200, body=body)
    assert carma.request(people, categories=ALL).table["idRequest"].tolist() == ["a", "b", "c"]


# ── tickets that several have ──


def one_ticket(whole: dict[str, Any]) -> dict[str, Any]:
    """An answer of a vendor whose numbers begin again with each request."""
    listed = whole["parametrRequest"]
    return {**whole, "parametrRequest": [{**each, "idRequest": f"T{n}"} for n, each in enumerate(listed)]}


def said_later(report: Any) -> list[str]:
    """What became of each row, as the ledger says it."""
    kept: list[str] = toolkit.open_push(report.facts["id"]).report().table["outcome"].tolist()
    return kept


def test_a_ticket_of_two_requests_is_nobodys(carma: CarmaChain, monkeypatch: pytest.MonkeyPatch) -> None:
    change_answers(monkeypatch, carma.connection.session, "create_request", one_ticket)
    report = carma.request(crowd(5), options={"chunk_rows": 2}, categories=ALL)  # two, two and one
    assert report.table["outcome"].tolist() == ["unknown"] * 5
    assert report.table["idRequest"].isna().all()
    assert said_later(report) == ["unknown"] * 5
    assert toolkit.pushes()["unknown"].tolist() == [5]


def test_only_those_with_a_ticket_of_their_own_were_asked_about(
    carma: CarmaChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_answers(monkeypatch, carma.connection.session, "create_request", one_ticket)
    report = carma.request(crowd(3), options={"chunk_rows": 2}, categories=ALL)  # T0 and T1, then T0
    assert report.table["outcome"].tolist() == ["unknown", "accepted", "unknown"]
    assert report.table["idRequest"].tolist()[1] == "T1"
    assert said_later(report) == ["unknown", "accepted", "unknown"]


@pytest.mark.parametrize("categories", [ALL, "Address"])
def test_a_ticket_of_another_push_is_nobodys(
    carma: CarmaChain, monkeypatch: pytest.MonkeyPatch, categories: str
) -> None:
    change_answers(monkeypatch, carma.connection.session, "create_request", one_ticket)
    assert carma.request(crowd(4).head(2), categories=ALL).complete
    report = carma.request(crowd(4).tail(2), categories=categories)
    assert report.table["outcome"].tolist() == said_later(report) == ["unknown"] * 2
    assert report.table["idRequest"].isna().all()
    again = carma.request(crowd(4).tail(2), categories=categories)
    assert again.table["outcome"].tolist() == ["unknown"] * 2


def test_half_a_character_in_an_answer_is_no_error(carma: CarmaChain, monkeypatch: pytest.MonkeyPatch) -> None:
    def torn(payload: dict[str, Any]) -> dict[str, Any]:
        listed = [{**each, "idRequest": f"T{n}\ud800"} for n, each in enumerate(payload["parametrRequest"])]
        return {"response": {"code": 200, "message": "\ud800"}, "parametrRequest": listed}

    change_answers(monkeypatch, carma.connection.session, "create_request", torn)
    assert carma.request(crowd(2), categories=ALL).table["idRequest"].tolist() == ["T0\ufffd", "T1\ufffd"]
