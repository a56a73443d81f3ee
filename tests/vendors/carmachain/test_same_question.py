"""Nobody is asked about twice, and no question is put twice, in whatever spelling of person and categories."""

from itertools import permutations
from typing import Any

import pandas as pd
import pytest

import toolkit
from tests.helpers.answers import change_answers
from toolkit import InputError, PushRefused
from toolkit.sandbox import Sandbox
from toolkit.vendors.carmachain.client import CarmaChain
from toolkit.vendors.carmachain.push import known, known_people, same_person

ASK = {"method": "POST", "path": "/api/createrequest"}
SPELLINGS = ["0999999999", "380999999999", "+380999999999", "099 999 99 99", "+38 (099) 999-99-99"]
OTHERS = ["0999999998", "+380 99 999 99 97", "380999999996"]
FORMS = ["as written", "+digits", "digits", "national"]


@pytest.fixture
def carma(api: toolkit.Api) -> CarmaChain:
    return api.carmachain


def asked(box: Sandbox) -> int:
    return len(box.control.stored("carmachain", "Request"))


def people(*phones: str) -> pd.DataFrame:
    return pd.DataFrame({"PhoneNumber": phones})


def connected(box: Sandbox, clock: Any, form: str) -> CarmaChain:
    account = {**box.settings()["carmachain"], "assumptions": {"phone_form": form}}
    return toolkit.connect(carmachain=account, clock=clock, progress=False).carmachain


# ── one person ──


@pytest.mark.parametrize(("first", "second"), [*permutations(SPELLINGS, 2)])
def test_in_a_second_call_the_ticket_of_any_spelling_comes_back(
    box: Sandbox, carma: CarmaChain, first: str, second: str
) -> None:
    ticket = carma.request(people(first), categories="Address").table["idRequest"].item()
    assert carma.request([{"PhoneNumber": second}], categories="Address").table["idRequest"].item() == ticket
    assert asked(box) == 1
    mixed = carma.request(people(*OTHERS, second), categories="Address", if_sent="skip").table["idRequest"]
    assert mixed.iloc[-1] == ticket
    assert asked(box) == 1 + len(OTHERS)


@pytest.mark.parametrize("form", FORMS)
def test_whoever_is_one_in_a_frame_is_one_in_another_call(box: Sandbox, clock: Any, form: str) -> None:
    carma = connected(box, clock, form)
    inside = carma.request(people(*SPELLINGS), categories="Address").table["idRequest"]
    assert inside.nunique() == asked(box) == 1
    for spelling in SPELLINGS:
        assert carma.request(people(spelling), categories="Address").table["idRequest"].item() == inside[0]
    assert asked(box) == 1


@pytest.mark.parametrize("then", FORMS)
@pytest.mark.parametrize("form", FORMS)
def test_a_phone_that_is_sent_otherwise_since_is_the_same(box: Sandbox, clock: Any, form: str, then: str) -> None:
    first = connected(box, clock, form).request(people(SPELLINGS[0]), categories="Address")
    again = connected(box, clock, then).request(people(SPELLINGS[2]), categories="Address")
    assert again.table["idRequest"].equals(first.table["idRequest"])
    assert asked(box) == 1


def test_without_a_choice_a_known_person_among_others_is_refused_in_any_spelling(carma: CarmaChain) -> None:
    carma.request(people(SPELLINGS[0]), categories="Address")
    with pytest.raises(PushRefused, match="1 of these 2 rows"):
        carma.request(people(SPELLINGS[2], *OTHERS[:1]), categories="Address")


def test_a_document_counts_too_and_its_spelling_is_that_of_the_frame(box: Sandbox, carma: CarmaChain) -> None:
    rows = pd.DataFrame({"IdDocument": ["0001", "0002", None], "PhoneNumber": SPELLINGS[:3]})
    first = carma.request(rows, categories="Address").table["idRequest"]
    assert first.nunique() == asked(box) == 3  # three documents, or none
    turned = rows.assign(IdDocument=["  0001", "0002 ", None], PhoneNumber=SPELLINGS[1::-1] + SPELLINGS[4:])
    assert carma.request(turned, categories="Address").table["idRequest"].equals(first)
    assert asked(box) == 3


@pytest.mark.parametrize("document", ["AB 12.34-5", "ab12345", "31 847 106 91", "3184710691", "3.184.710-691"])
def test_documents_are_one_in_two_calls_where_they_are_one_in_a_frame(
    box: Sandbox, carma: CarmaChain, document: str
) -> None:
    both = [{"IdDocument": "AB12345"}, {"IdDocument": "3184710691"}, {"IdDocument": document}]
    within = carma.request(both, categories="Address").table["idRequest"].nunique()
    for each in both:
        carma.request([each], categories="Name", if_sent="skip")
    assert asked(box) == 2 * within


def test_what_is_unknown_is_not_asked_again_in_another_spelling(box: Sandbox, carma: CarmaChain) -> None:
    box.control.fault(system="carmachain", match=ASK, commit="before", reply="lost")
    assert carma.request(people(SPELLINGS[0]), categories="Address").table["outcome"].item() == "unknown"
    for spelling in SPELLINGS:
        report = carma.request(people(spelling), categories="Address")
        assert report.table["outcome"].item() == "unknown"
        assert report.table["idRequest"].isna().all()
    report = carma.request(people(*OTHERS, *SPELLINGS), categories="Address", if_sent="skip")
    assert report.table["outcome"].tolist() == ["accepted"] * len(OTHERS) + ["unknown"] * len(SPELLINGS)
    assert asked(box) == 1 + len(OTHERS)


def test_a_stopped_push_goes_on_in_another_spelling(box: Sandbox, carma: CarmaChain) -> None:
    phones = [SPELLINGS[0], *OTHERS]
    how: dict[str, Any] = {"categories": "Address", "options": {"chunk_rows": 1}}
    box.control.fault(system="carmachain", match=ASK, commit="never", reply="status", status=429)
    first = carma.request(people(*phones), **how).table["outcome"].tolist()
    assert first == ["unknown", "not sent", "not sent", "not sent"]
    turned = [SPELLINGS[4], "380999999998", "0999999997", "+380999999996"]
    again = carma.request(people(*turned), **how).table
    assert again["outcome"].tolist() == ["unknown", "accepted", "accepted", "accepted"]
    assert asked(box) == 3
    assert carma.request(people(*phones), **how).table.equals(again)
    assert asked(box) == 3


def test_the_ledger_knows_people_by_what_makes_them_one_in_a_frame() -> None:
    phones = [spelling for spelling in (*SPELLINGS, *OTHERS, None) for _ in range(2)]
    documents = ["1", None] * (len(phones) // 2)
    spelt = known_people({"IdDocument": documents, "PhoneNumber": phones})
    cells = list(zip(spelt["IdDocument"], spelt["PhoneNumber"], strict=True))
    within = same_person(pd.Series(documents, dtype="str"), pd.Series(phones, dtype="str")).tolist()
    assert [cells.index(cell) for cell in cells] == [within.index(person) for person in within]
    assert known_people({"IdDocument": documents}) == {"IdDocument": documents}


# ── one question ──

ONE_QUESTION: list[Any] = [
    ["Contacts", "Address"],
    ["Address", "Contacts"],
    ("Address", "Contacts", "Address"),
    "Contacts; Address",
    "Address,Contacts",
    [" Address", "Contacts ; Address"],
]


@pytest.mark.parametrize(("first", "second"), [*permutations(range(len(ONE_QUESTION)), 2)])
def test_categories_are_one_question_in_any_order_and_form(
    box: Sandbox, carma: CarmaChain, first: int, second: int
) -> None:
    report = carma.request(people(SPELLINGS[0]), categories=ONE_QUESTION[first])
    again = carma.request(people(SPELLINGS[2]), categories=ONE_QUESTION[second])
    assert again.table.equals(report.table)
    assert report.table["type_request"].item() == "Address; Contacts"
    assert [row["categories"] for row in box.control.stored("carmachain", "Request")] == [["Address", "Contacts"]]


def test_a_question_that_is_unknown_is_not_put_again_in_another_order(box: Sandbox, carma: CarmaChain) -> None:
    box.control.fault(system="carmachain", match=ASK, commit="before", reply="lost")
    for categories in ONE_QUESTION:
        report = carma.request(people(SPELLINGS[0]), categories=categories)
        assert report.table["outcome"].item() == "unknown"
    assert asked(box) == 1


def test_one_category_twice_is_one(box: Sandbox, carma: CarmaChain) -> None:
    first = carma.request(people(SPELLINGS[0]), categories="Address")
    for categories in (["Address"], ["Address", "Address"], "Address; Address"):
        assert carma.request(people(SPELLINGS[0]), categories=categories).table.equals(first.table)
    assert asked(box) == 1


def test_other_categories_are_another_question(box: Sandbox, carma: CarmaChain) -> None:
    for categories in ("Address", "Contacts", ["Address", "Contacts"], ["Address", "Name"]):
        carma.request(people(SPELLINGS[0]), categories=categories)
    assert asked(box) == 4


@pytest.mark.parametrize("categories", ["", "Address; ", "Address; Weather", ["Address", 5]])
def test_a_text_of_categories_holds_only_such_as_there_are(categories: Any) -> None:
    with pytest.raises(InputError, match="not a category"):
        known(categories)


def test_tickets_of_several_categories_are_read_back(box: Sandbox, carma: CarmaChain) -> None:
    report = carma.request(people(SPELLINGS[0]), categories=["Contacts", "Address"])
    box.control.clock(advance=3600)
    ids = report.table["idRequest"].tolist()
    told = [carma.answers(ids=ids, categories=categories) for categories in ONE_QUESTION]
    assert all(each.equals(told[0]) for each in told)
    assert set(carma.answers(report)["groupData"].dropna()) <= {"Address", "Contacts"}


# ── several frames of one call ──


@pytest.mark.parametrize("second", SPELLINGS)
def test_in_a_later_frame_of_one_call_nobody_is_asked_about_again(box: Sandbox, carma: CarmaChain, second: str) -> None:
    frames = [people(SPELLINGS[0], OTHERS[0]), people(second, OTHERS[1]), people(second)]
    with pytest.raises(PushRefused, match=r"^Frame 2: 1 of its 2 rows"):
        carma.request(iter(frames), categories="Address")
    assert asked(box) == 2
    for _ in range(2):
        tickets = carma.request(iter(frames), categories="Address", if_sent="skip").table["idRequest"]
        assert tickets.notna().all()
        assert tickets.nunique() == asked(box) == 3


# ── one ticket for two people ──


@pytest.mark.parametrize(
    ("change", "known"),
    [
        (lambda tickets: [{**t, "idRequest": "T1"} for t in tickets], [False, False]),
        (lambda tickets: [{**t, "idRequest": True} for t in tickets], [False, False]),
        (lambda tickets: [{**t, "idRequest": ["T1"]} for t in tickets], [False, False]),
        (lambda tickets: [{**t, "idRequest": n} for n, t in enumerate(tickets)], [True, True]),
        (lambda tickets: tickets * 2, [True, True]),
    ],
    ids=["the same", "a truth value", "lists", "numbers", "each twice"],
)
def test_whose_ticket_it_is_has_to_be_clear(
    carma: CarmaChain, monkeypatch: pytest.MonkeyPatch, change: Any, known: list[bool]
) -> None:
    def listed(payload: Any) -> Any:
        return {**payload, "parametrRequest": change(payload["parametrRequest"])}

    change_answers(monkeypatch, carma.connection.session, "create_request", listed)
    table = carma.request(people(*OTHERS[:2]), categories="Address").table
    assert table["outcome"].eq("accepted").tolist() == known
    assert table["outcome"].isin(["accepted", "unknown"]).all()
    assert table["idRequest"].notna().tolist() == known
    assert table["error"].isna().tolist() == known


@pytest.mark.parametrize("chunk_rows", [1, 2, 3])
def test_a_ticket_of_several_requests_is_nobodys(
    carma: CarmaChain, monkeypatch: pytest.MonkeyPatch, chunk_rows: int
) -> None:
    def listed(payload: Any) -> Any:
        return {**payload, "parametrRequest": [{**t, "idRequest": "T1"} for t in payload["parametrRequest"]]}

    change_answers(monkeypatch, carma.connection.session, "create_request", listed)
    report = carma.request(people(*OTHERS[:3]), categories="Address", options={"chunk_rows": chunk_rows, "workers": 1})
    assert report.table["outcome"].tolist() == ["unknown"] * 3
    assert report.table["idRequest"].isna().all()
    assert not report.complete


def test_an_answer_about_somebody_else_is_said(carma: CarmaChain) -> None:
    tickets = carma.request(people(*OTHERS[:3]), categories="Address").joined
    assert carma.answers(tickets)["problem"].isna().all()
    tickets["idRequest"] = tickets["idRequest"].to_numpy()[[1, 0, 2]]  # as a vendor who begins its numbers anew
    wrong = carma.answers(tickets)["problem"].notna()
    assert wrong.groupby(level=0).first().tolist() == [True, True, False]


def test_documents_with_another_number_of_digits_are_doubted(carma: CarmaChain) -> None:
    documents = ["2935277368", "035277368", "AB123456", "35277368", "29352773681", 35277368]
    checked = toolkit.check(pd.DataFrame({"IdDocument": documents}, dtype=object), carma.request)
    doubts = checked.problems[checked.problems["level"] == "doubt"]
    assert set(doubts["row"]) >= {3, 4, 5}
    assert not set(doubts["row"]) & {0, 1, 2}
