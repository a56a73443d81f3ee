"""CarmaChain in the sandbox, as a plain HTTP client sees it."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from toolkit.sandbox import Sandbox

ALL = "All categories"
OLENA = {"IdDocument": "0123456789", "PhoneNumber": "+380999999999"}


class Client:
    def __init__(self, box: Sandbox) -> None:
        self.url, self.http = box.addresses["carmachain"], requests.Session()
        token = self.http.get(f"{self.url}/auth/getToken", timeout=10).json()["token"]
        self.http.headers["Authorization"] = token  # bare

    def post(self, path: str, **body: Any) -> requests.Response:
        return self.http.post(f"{self.url}/api/{path}", json=body, timeout=10)

    def ask(self, *people: dict[str, str], categories: Any = ALL) -> list[str]:
        answer = self.post("createrequest", type_request=categories, value=list(people)).json()
        return [item["idRequest"] for item in answer["parametrRequest"]]

    def told(self, ids: list[str], categories: Any = ALL) -> list[dict[str, Any]]:
        people: list[dict[str, Any]] = self.post("respond", type_request=categories, idRequest=ids).json()[
            "parametrRequest"
        ]
        return people


@pytest.fixture
def peer(box: Sandbox) -> Iterator[Client]:
    box.control.clock(set="2026-03-02T12:00:00+00:00")
    caller = Client(box)
    yield caller
    caller.http.close()


def everybody(number: int) -> list[dict[str, str]]:
    return [{"IdDocument": f"{n:010}"} for n in range(number)]


def test_the_token_is_bare_and_lives_for_a_day(box: Sandbox, peer: Client) -> None:
    box.control.clock(advance=24 * 3600 - 1)
    assert peer.post("respond", type_request=ALL, period=1).status_code == 200
    box.control.clock(advance=1)
    assert peer.post("respond", type_request=ALL, period=1).status_code == 401


def test_a_bearer_prefix_is_refused(peer: Client) -> None:
    peer.http.headers["Authorization"] = "Bearer " + str(peer.http.headers["Authorization"])
    answer = peer.post("respond", type_request=ALL, period=1)
    assert (answer.status_code, answer.json()["response"]["code"]) == (401, 401)


def test_a_request_is_answered_with_a_ticket_for_each_person(peer: Client) -> None:
    people = [OLENA, {"PhoneNumber": "0999999998"}]
    answer = peer.post("createrequest", type_request=ALL, value=people).json()
    assert answer["response"] == {"code": 200, "message": "OK"}
    without = [{k: v for k, v in item.items() if k != "idRequest"} for item in answer["parametrRequest"]]
    assert without == people
    assert len({item["idRequest"] for item in answer["parametrRequest"]}) == 2


@pytest.mark.parametrize(
    "body",
    [
        {"type_request": "Weather", "value": [OLENA]},
        {"type_request": [], "value": [OLENA]},
        {"value": [OLENA]},
        {"type_request": ALL, "value": []},
        {"type_request": ALL, "value": [{}]},
        {"type_request": ALL, "value": [{"IdDocument": 1}]},
        {"type_request": ALL, "value": [{"PhoneNumber": "+56912345678"}]},
        {"type_request": ALL, "value": [{"Name": "Olena"}]},
        {"type_request": ALL, "value": [{"IdDocument": None, "PhoneNumber": None}]},
    ],
)
def test_a_wrong_request_is_a_400_and_asks_nobody(box: Sandbox, peer: Client, body: dict[str, Any]) -> None:
    assert peer.post("createrequest", **body).status_code == 400
    assert box.control.stored("carmachain", "Request") == []


@pytest.mark.parametrize("body", [{}, {"idRequest": []}, {"idRequest": ["a"], "period": 1}, {"period": "1"}])
def test_answers_are_asked_for_by_ids_or_by_period(peer: Client, body: dict[str, Any]) -> None:
    assert peer.post("respond", type_request=ALL, **body).status_code == 400


def test_peers_answer_after_a_while_each_in_its_own_time(box: Sandbox, peer: Client) -> None:
    ids = peer.ask(*everybody(40))
    seen, partly = [], 0
    for _ in range(11):
        people = peer.told(ids)
        partly += any(p["status"] == "Panding" and p["requestDetails"] for p in people)
        seen.append((sum(p["status"] == "Done" for p in people), sum(len(p["requestDetails"]) for p in people)))
        box.control.clock(advance=60)
    assert seen[0] == (0, 0)
    assert seen == sorted(seen)
    assert len(set(seen)) > 5
    assert partly > 3
    assert 0 < 40 - seen[-1][0] < 10  # some peers never answer


def test_the_same_person_has_the_same_answer_in_every_spelling_and_process(box: Sandbox, peer: Client) -> None:
    spellings = ({"PhoneNumber": p} for p in ("+380999999999", "380999999999", "0999999999"))
    ids = peer.ask(*spellings)
    box.control.clock(advance=3600)
    answers = [sorted(map(str, p["requestDetails"])) for p in peer.told(ids)]
    assert answers[0] == answers[1] == answers[2] != []
    box.control.peers(2)
    assert sorted(map(str, peer.told(ids)[0]["requestDetails"])) != answers[0]


def test_peers_contradict_each_other(box: Sandbox, peer: Client) -> None:
    ids = peer.ask(*everybody(20))
    box.control.clock(advance=3600)
    torn = 0
    for person in peer.told(ids):
        values: dict[tuple[str, str], set[str]] = {}
        for d in person["requestDetails"]:
            values.setdefault((d["groupData"], d["fieldName"]), set()).add(d["fieldValue"])
        torn += any(len(v) > 1 for v in values.values())
    assert torn > 3


def test_only_what_was_asked_for_is_told(box: Sandbox, peer: Client) -> None:
    ids = peer.ask(*everybody(20), categories=["Address", "Contacts"])
    box.control.clock(advance=3600)
    groups = {d["groupData"] for p in peer.told(ids) for d in p["requestDetails"]}
    assert groups == {"Address", "Contacts"}
    assert {d["groupData"] for p in peer.told(ids, "Contacts") for d in p["requestDetails"]} == {"Contacts"}
    assert not any(p["requestDetails"] for p in peer.told(ids, "Name"))


def test_a_period_reaches_back_so_many_minutes(box: Sandbox, peer: Client) -> None:
    old = peer.ask(OLENA)
    box.control.clock(advance=600)
    new = peer.ask(OLENA)
    found = {m: [p["idRequest"] for p in peer.post("respond", type_request=ALL, period=m).json()["parametrRequest"]]
             for m in (5, 20)}  # fmt: skip
    assert found == {5: new, 20: old + new}


def test_an_id_that_nobody_knows_is_left_out(peer: Client) -> None:
    ids = peer.ask(OLENA)
    assert [p["idRequest"] for p in peer.told(["unknown", *ids, *ids])] == ids
