"""Many card codes at once: what keeps a sheet from being sent, and what becomes of every row of one that is."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import toolkit
from tests.helpers.answers import change_answers
from tests.vendors.nddprint.test_client import ADD, DOMAIN, READ, held, posts, sheet
from toolkit import InputError, PushRefused, RowErrors
from toolkit.sandbox import Sandbox
from toolkit.vendors.nddprint import push
from toolkit.vendors.nddprint.client import NddPrint


@pytest.fixture
def ndd(api: toolkit.Api) -> NddPrint:
    return api.nddprint


# ── what keeps a sheet from being sent ──


def problems(**columns: Any) -> list[tuple[Any, str, str]]:
    frame = pd.DataFrame({"DomainName": DOMAIN} | columns)
    found = toolkit.check(frame, NddPrint.add_card_codes).errors
    return [(p.row, p.column, p.problem.split(":")[0]) for p in found.itertuples()]


def test_a_good_sheet_has_no_problems() -> None:
    assert problems(LogonName=["a", "b", "c"], CardCode=["001", " 1 ", 7]) == []


def test_the_same_user_twice_is_told_whatever_the_case() -> None:
    found = problems(LogonName=["a", "b", "A "], CardCode=["1", "2", "3"])
    assert found == [(0, "LogonName", "is in several rows"), (2, "LogonName", "is in several rows")]


def test_the_same_code_for_two_users_is_told() -> None:
    found = problems(LogonName=["a", "b", "c"], CardCode=["1", "2", "1 "])
    assert found == [(0, "CardCode", "is given to several users"), (2, "CardCode", "is given to several users")]


def test_a_code_with_another_number_of_zeros_is_another_code() -> None:
    assert problems(LogonName=["a", "b"], CardCode=["01", "1"]) == []


@pytest.mark.parametrize("value", [123.0, "123.0", " 123.00 ", 1.5, 1e20])
def test_a_code_that_became_a_number_is_refused(value: Any) -> None:
    found = problems(LogonName=["a", "b"], CardCode=["1", value])
    assert (1, "CardCode") in {(row, column) for row, column, _ in found}


@pytest.mark.parametrize("value", [None, "", "  ", float("nan"), pd.NA, "1.23457E+15", "#N/A"])
def test_blank_and_shortened_codes_are_refused(value: Any) -> None:
    assert [(row, column) for row, column, _ in problems(LogonName=["a", "b"], CardCode=["1", value])] == [
        (1, "CardCode")
    ]


def test_a_float_column_is_refused_wholly() -> None:
    assert len(problems(LogonName=["a", "b"], CardCode=[1.0, 2.0])) == 2


def test_all_problems_come_at_once_and_nothing_is_sent(box: Sandbox, ndd: NddPrint) -> None:
    frame = sheet(ana="1", ANA="2", luis=3.0, maria="1", usuario123=None)
    with pytest.raises(RowErrors) as caught:
        ndd.add_card_codes(frame, on_bad_rows="raise")
    assert sorted(set(caught.value.table["row"])) == [0, 1, 2, 3, 4]
    report = ndd.add_card_codes(frame)
    assert report.table["outcome"].tolist() == ["not sent"] * 5
    assert report.table["error_column"].tolist() == ["LogonName", "LogonName", "CardCode", "CardCode", "CardCode"]
    assert box.control.log() == []


def test_a_bad_row_costs_its_neighbours_nothing(box: Sandbox, ndd: NddPrint) -> None:
    report = ndd.add_card_codes(sheet(luis="1", maria="2", usuario123=None, nadie=3.0), replace=True)
    assert report.table["outcome"].tolist() == ["accepted", "accepted", "not sent", "not sent"]
    assert report.failed["error"].str.startswith("CardCode is required").tolist() == [True, False]


def test_a_column_that_is_no_field_is_an_error(ndd: NddPrint) -> None:
    with pytest.raises(InputError, match="CardCode"):
        ndd.add_card_codes(sheet(ana="1").rename(columns={"CardCode": "CardCodes"}))


def rows(*codes: str) -> pd.DataFrame:
    return pd.DataFrame({"CardCode": list(codes)})


def exchange(sent: pd.DataFrame, held: dict[int, list[str]], *bad: int) -> tuple[dict[int, int], dict[int, int | None]]:
    return push.exchange(sent, held, np.isin(np.arange(len(sent)), bad))


def test_codes_move_after_their_owners_gave_them_up() -> None:
    assert exchange(rows("B", "C", "new"), {0: ["A"], 1: ["B"], 2: ["C"]}) == ({0: 1, 1: 2}, {})


def test_codes_that_go_round_in_a_circle_have_no_order() -> None:
    _, stuck = exchange(rows("B", "A", "new", "A2"), {0: ["A"], 1: ["B"], 2: ["C"], 3: []})
    assert stuck == {0: None, 1: None}


def test_what_waits_for_a_circle_or_for_a_bad_row_is_not_sent() -> None:
    held = {0: ["A"], 1: ["B"], 2: ["C"], 3: ["D"]}
    assert exchange(rows("B", "A", "B", "C"), held)[1] == {0: None, 1: None, 2: 1, 3: 2}
    assert exchange(rows("B", "C", "D", "new"), held, 2)[1] == {1: 2, 0: 1}
    assert exchange(rows("B", "A", "new", "new2"), held, 0)[1] == {1: None}


def test_a_code_that_its_user_has_already_is_no_circle() -> None:
    assert exchange(rows("A"), {0: ["A"]}) == ({}, {})


# ── many codes ──


def test_many_codes_are_added_and_leading_zeros_survive(box: Sandbox, ndd: NddPrint) -> None:
    box.control.print_users([(f"user{n}", DOMAIN, []) for n in range(50)])
    frame = sheet(**{f"user{n}": f"00{n}" for n in range(50)}).set_index(pd.Index(range(100, 150)))
    report = ndd.add_card_codes(frame)
    assert report.complete
    assert report.table.index.equals(frame.index)
    assert {name: codes for name, codes in held(box).items() if name.startswith("user") and name != "usuario123"} == {
        f"user{n}": [f"00{n}"] for n in range(50)
    }


@pytest.mark.parametrize("replace", [False, True])
def test_no_rows_are_no_work(box: Sandbox, ndd: NddPrint, replace: bool) -> None:
    report = ndd.add_card_codes(sheet(ana="1").head(0), replace=replace)
    assert len(report.table) == report.summary.sum() == posts(box) == 0


def test_refused_rows_cost_their_neighbours_nothing(box: Sandbox, ndd: NddPrint) -> None:
    frame = sheet(maria="5", nadie="6", ana="7", luis="123456789")
    report = ndd.add_card_codes(frame, options={"max_rejected": 1})
    assert report.table["outcome"].tolist() == ["accepted", "rejected", "rejected", "rejected"]
    assert report.table["error"].fillna("").tolist() == [
        "",
        "No se encontró el usuario.",
        "the vendor answered false: the account allows one card code a user, and the old one was not replaced",
        "El código está siendo utilizado por otro usuario.",
    ]
    assert report.table["error_column"].fillna("").tolist() == ["", "LogonName", "CardCode", "CardCode"]
    assert held(box) == {"maria": ["5"], "ana": ["00123"], "luis": ["ABC000001"], "usuario123": ["123456789"]}


def test_replacing_keeps_the_old_codes_so_that_one_can_go_back(box: Sandbox, ndd: NddPrint) -> None:
    before = held(box)
    frame = sheet(ana="1", luis="2", maria="3")
    report = ndd.add_card_codes(frame, replace=True)
    assert report.complete
    old = frame.join(report.table)["previousCardCodes"]
    assert old.tolist() == [["00123"], ["ABC000001"], []]
    back = frame.assign(CardCode=old.str[0]).dropna()
    assert ndd.add_card_codes(back, replace=True).complete
    assert held(box) == before | {"maria": ["3"]}


def test_codes_that_change_hands_are_sent_in_the_right_order(box: Sandbox, ndd: NddPrint) -> None:
    frame = sheet(maria="00123", ana="ABC000001", luis="123456789", usuario123="new")
    report = ndd.add_card_codes(frame, replace=True)
    assert report.complete
    assert report.table["previousCardCodes"].tolist() == [[], ["00123"], ["ABC000001"], ["123456789"]]
    assert held(box) == {"maria": ["00123"], "ana": ["ABC000001"], "luis": ["123456789"], "usuario123": ["new"]}


def test_codes_exchanged_in_a_circle_are_refused_before_anything_is_sent(box: Sandbox, ndd: NddPrint) -> None:
    frame = sheet(ana="ABC000001", maria="1", luis="00123")
    with pytest.raises(RowErrors, match="circle") as caught:
        ndd.add_card_codes(frame, replace=True, on_bad_rows="raise")
    assert caught.value.table["row"].tolist() == [0, 2]
    assert posts(box) == 0
    report = ndd.add_card_codes(frame, replace=True)
    assert report.table["outcome"].tolist() == ["not sent", "accepted", "not sent"]
    assert report.failed["error_value"].tolist() == ["ABC000001", "00123"]


def test_what_waits_for_the_code_of_a_bad_row_is_left_out_with_it(box: Sandbox, ndd: NddPrint) -> None:
    frame = sheet(maria="00123", ana="ABC000001", luis=None, usuario123="new").set_axis([7, 8, 9, 10])
    report = ndd.add_card_codes(frame, replace=True)
    assert report.table["outcome"].tolist() == ["not sent", "not sent", "not sent", "accepted"]
    assert report.table["error"][7] == "CardCode is still the code of a row that is not sent: row 8"
    assert held(box)["luis"] == ["ABC000001"]
    assert ndd.add_card_codes(frame, replace=True).table["outcome"].tolist() == report.table["outcome"].tolist()


def test_a_user_whose_codes_are_refused_costs_the_others_nothing(box: Sandbox, ndd: NddPrint) -> None:
    nobody = {"system": "nddprint", "reply": "status", "status": 400, "body": b""}
    box.control.fault(match=READ, **nobody)
    box.control.fault(match=ADD, **nobody)
    report = ndd.add_card_codes(sheet(ana="1", maria="2"), replace=True, options={"workers": 1, "max_rejected": 1})
    assert sorted(report.table["outcome"]) == ["accepted", "rejected"]
    assert "no text" in report.table["error"].dropna().tolist()


def test_old_codes_that_cannot_be_read_are_not_replaced(box: Sandbox, ndd: NddPrint) -> None:
    box.control.fault(system="nddprint", match=READ, times=None, reply="html")
    with pytest.raises(toolkit.ToolkitError):
        ndd.add_card_codes(sheet(ana="1"), replace=True)
    assert posts(box) == 0


FAULTS = [
    {"commit": "before", "reply": "reset"},
    {"commit": "never", "reply": "reset"},
    {"commit": "before", "reply": "truncated"},
    {"commit": "before", "reply": "status", "status": 502},
    {"commit": "never", "reply": "status", "status": 500},
    {"commit": "never", "reply": "status", "status": 429, "headers": {"Retry-After": "2"}},
    {"commit": "before", "reply": "status", "status": 400, "body": "El código está en uso."},
    {"commit": "before", "reply": "close_after"},
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: "-".join(map(str, list(f.values())[:3])))
def test_whatever_goes_wrong_every_row_ends_as_it_is(box: Sandbox, ndd: NddPrint, fault: dict[str, Any]) -> None:
    box.control.print_users([(f"user{n}", DOMAIN, [f"old{n}"]) for n in range(20)])
    frame = sheet(**{f"user{n}": f"0{n}" for n in range(20)})
    box.control.fault(system="nddprint", match=ADD, times=3, every=4, **fault)
    report = ndd.add_card_codes(frame, replace=True)
    assert set(report.table["outcome"]) <= {"accepted", "verified"}
    assert report.table["previousCardCodes"].tolist() == [[f"old{n}"] for n in range(20)]
    assert {f"user{n}": [f"0{n}"] for n in range(20)}.items() <= held(box).items()


def test_running_again_sends_nothing_and_says_the_same(box: Sandbox, ndd: NddPrint) -> None:
    frame = sheet(ana="1", maria="2", nadie="3")
    first = ndd.add_card_codes(frame, replace=True)
    sent = posts(box)
    again = ndd.add_card_codes(frame.sample(frac=1, random_state=1), replace=True)
    host = box.addresses["nddprint"].split("/")[2]
    assert repr(again).startswith(f"nddprint.add_card_codes, replacing to users at {host}, push ")
    assert posts(box) == sent
    assert again.table.loc[[0, 1, 2]].astype(str).equals(first.table.astype(str))


def test_rows_that_were_sent_before_need_a_decision(ndd: NddPrint) -> None:
    ndd.add_card_codes(sheet(maria="1"))
    more = sheet(maria="1", ana="2")
    with pytest.raises(PushRefused, match="if_sent"):
        ndd.add_card_codes(more, options={"max_rejected": 1})
    report = ndd.add_card_codes(more, if_sent="skip", options={"max_rejected": 1})
    assert report.table["outcome"].tolist() == ["accepted", "rejected"]


@pytest.mark.parametrize("hours", [(0, 0, 0), (0, -2, -1), (0, -2, 0), (0, 9_000, 0), (0, 0, -9_000)])
def test_the_latest_code_is_the_latest_whatever_the_clock_says(
    box: Sandbox, clock: Any, ndd: NddPrint, hours: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clocks are set back and forth between pushes; what was sent last is what holds."""
    for code, shift in zip(("1", "2", "1"), hours, strict=True):
        monkeypatch.setattr(clock, "now", lambda shift=shift: clock.moment + timedelta(hours=shift))
        assert ndd.add_card_codes(sheet(maria=code), replace=True).complete
        assert held(box)["maria"] == [code]
        clock.advance(60)


def test_an_interrupted_push_goes_on_and_still_knows_the_old_codes(
    box: Sandbox, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    box.control.print_users([(f"user{n}", DOMAIN, [f"old{n}"]) for n in range(12)])
    frame = sheet(**{f"user{n}": f"0{n}" for n in range(12)})
    ndd = toolkit.connect(**box.settings(), clock=clock, progress=False).nddprint
    box.control.fault(system="nddprint", match=ADD, times=1, every=7, commit="before", reply="reset")
    with monkeypatch.context() as patched:
        patched.setattr("toolkit.push.driver.Driver._look_up", _interrupted)
        with pytest.raises(KeyboardInterrupt):
            ndd.add_card_codes(frame, replace=True, options={"workers": 1})
    assert posts(box) == 7
    later = toolkit.connect(**box.settings(), clock=clock, progress=False).nddprint
    report = later.add_card_codes(frame, replace=True)
    assert report.complete
    assert report.table["previousCardCodes"].tolist() == [[f"old{n}"] for n in range(12)]
    assert posts(box) == 12


def _interrupted(*_: Any) -> None:
    raise KeyboardInterrupt


DIRT: dict[int, dict[str, Any]] = {  # by row of the sheet below
    17: {"CardCode": None},
    170: {"CardCode": "  "},
    333: {"CardCode": "1.23457E+15"},
    404: {"CardCode": 4711.0},
    505: {"CardCode": "4712.0"},
    606: {"CardCode": "#REF!"},
    707: {"LogonName": ""},
    808: {"DomainName": None},
    909: {"LogonName": "USER0001"},
    1010: {"CardCode": "0000000002"},
}
TIDIED = {1111: {"LogonName": " user1111 "}, 1212: {"CardCode": "\u00a00000001212"}, 1313: {"DomainName": "DOMINIO123"}}


@pytest.mark.slow
def test_five_thousand_codes_with_every_kind_of_dirt(box: Sandbox, ndd: NddPrint, tmp_path: Path) -> None:
    size = 5000
    box.control.print_users([(f"user{n:04}", DOMAIN, []) for n in range(1, size - 9)])  # the last ten are unknown
    frame = pd.DataFrame({"LogonName": [f"user{n:04}" for n in range(1, size + 1)], "DomainName": DOMAIN})
    frame["CardCode"] = [f"{n:010}" for n in range(1, size + 1)]
    frame = frame.astype(object)
    for row, cells in (DIRT | TIDIED).items():
        frame.loc[row - 1, list(cells)] = list(cells.values())
    frame.to_excel(tmp_path / "codes.xlsx", index=False)
    sheet_rows = toolkit.read_sheet(tmp_path / "codes.xlsx").set_axis(range(1, size + 1))
    with pytest.raises(RowErrors) as caught:
        ndd.add_card_codes(sheet_rows, on_bad_rows="raise")
    lost_as_text = {404}  # a sheet shows the number 4711.0 as 4711: nothing tells it from a text any more
    assert set(caught.value.table["row"]) == set(DIRT) - lost_as_text | {1, 2}
    assert posts(box) == 0
    bad = set(DIRT) - lost_as_text | {1, 2}
    clean = sheet_rows.drop(index=list(bad))
    box.control.fault(system="nddprint", match=ADD, times=50, every=97, commit="before", reply="reset")
    report = ndd.add_card_codes(sheet_rows)
    assert report.summary[["rejected", "unknown", "not sent"]].tolist() == [10, 0, len(bad)]
    assert set(report.failed.query("outcome == 'not sent'").index) == bad
    stored = {card["user"]: card["CardCode"] for card in box.control.stored("nddprint", "Card")}
    wanted = {f"{DOMAIN}\\user{n:04}": f"{n:010}" for n in clean.index if n <= size - 10}
    assert {user: stored[user] for user in wanted} == wanted | {f"{DOMAIN}\\user0404": "4711"}


def test_codes_that_are_shorter_than_most_are_doubted(ndd: NddPrint) -> None:
    codes = ["000123", "777", "123456", "00777", "987654", "AB", "111111"]
    rows = pd.DataFrame({"LogonName": [f"u{n}" for n in range(7)], "DomainName": "d", "CardCode": codes})
    problems = toolkit.check(rows, ndd.add_card_codes).problems
    assert problems[["row", "level"]].to_numpy().tolist() == [[1, "doubt"]]
    assert not toolkit.check(rows.head(2), ndd.add_card_codes).problems.empty  # 777 may have had zeros
    assert toolkit.check(rows.iloc[1:3], ndd.add_card_codes).problems.empty  # none of two lengths is the usual one


@pytest.mark.parametrize("code", ["00ABC1", "abc1", "0000000abc1", "00abc1 "])
def test_a_code_that_is_listed_otherwise_is_in_doubt(
    box: Sandbox, ndd: NddPrint, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    body = '"El código está siendo utilizado por otro usuario."'
    box.control.fault(system="nddprint", match=ADD, commit="before", reply="status", status=400, body=body)
    change_answers(monkeypatch, ndd.connection.session, "read_card_codes", lambda whole: {**whole, "cardCodes": [code]})
    report = ndd.add_card_codes(sheet(maria="00abc1"), options={"settle_wait": 1})
    assert report.table["outcome"].tolist() == ["unknown"]
    assert posts(box) == 1
