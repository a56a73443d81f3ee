"""Lines 17 to 30 of the fault matrix: what a counter can and cannot tell, and refusals of whole requests."""

import re
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

import toolkit
from toolkit import NotSent
from toolkit.__main__ import main
from toolkit.sandbox.vendor import Refused
from toolkit.vendors.ida.api import FIELD_TYPES
from toolkit.vendors.ida.push import Records
from toolkit.vendors.ida.sandbox import values as ida_values

from .benches import DATABASE, Ida, Told

ROWS = 120
PHONE = FIELD_TYPES[1]
ABROAD = "+29022158"  # a good number, of eight digits: the client lets it pass, the vendor does not


def once(act: Callable[[], Any]) -> Callable[[Any], None]:
    """For `watch`: act once, when the first rows are in."""
    done: list[Any] = []

    def watch(progress: Any) -> None:
        if progress.done and not done:
            done.append(None)
            act()

    return watch


def during_waits(ida: Ida, monkeypatch: pytest.MonkeyPatch, act: Callable[[], Any]) -> None:
    """Act once, when somebody has waited for 10 seconds."""
    sleep, done = ida.clock.sleep, []

    def acting(seconds: float) -> None:
        sleep(seconds)
        if ida.clock.slept > 10 and not done:
            done.append(None)
            act()

    monkeypatch.setattr(ida.clock, "sleep", acting)


def lose_second_chunk(ida: Ida, **fault: Any) -> None:
    ida.fault(commit="before", reply="ok")
    ida.fault(**{"reply": "reset", **fault})


# ── late, lagging, lying counters ────────────────────────────────────────────


@pytest.mark.parametrize("late", [5, 30, 60])
def test_17_commit_that_comes_late(ida: Ida, late: float) -> None:
    """The wait is longer than a dead request lives: the chunk is counted, and not sent again."""
    frame = ida.frame(ROWS)
    lose_second_chunk(ida, commit="late", late=late)
    told = ida.push(frame)
    ida.check_all_in(told, frame)
    assert told.of("accepted") == ida.rows_sent()[1]
    assert told.of("verified") == ROWS - ida.rows_sent()[1]


@pytest.mark.parametrize("late", [16, 20, 24])
def test_18_commit_that_comes_later_than_the_wait(ida: Ida, late: float) -> None:
    """The chunk is in twice: said so or unknown, never "verified"; and the imbalance is told."""
    frame = ida.frame(ROWS)
    lose_second_chunk(ida, commit="late", late=late)
    told = ida.push(frame, settle_wait=10)
    found = ida.check(told, frame)
    assert max((ida.stored() - ida.before).values()) == 2
    assert found.outcomes["duplicated"] + found.outcomes["unknown"] > 0
    assert "counter" in told.text


@pytest.mark.parametrize("lag", [1, 4])
def test_19_counter_that_lags(ida: Ida, lag: float) -> None:
    """A counter that comes after a while is waited for, and believed."""
    ida.box.control.lag(DATABASE, lag)
    frame = ida.frame(ROWS)
    lose_second_chunk(ida, commit="never")
    told = ida.push(frame)
    ida.check_all_in(told, frame)
    assert told.of("verified") == ROWS


@pytest.mark.parametrize("facts", [{"reply": "status", "status": 500}, {"reply": "lost"}], ids=["500", "no answer"])
def test_20_counter_that_cannot_be_read(ida: Ida, facts: dict[str, Any]) -> None:
    """No verdict without a reading: nothing more is verified, and the push pauses; afterwards all is settled."""
    frame = ida.frame(ROWS)
    lose_second_chunk(ida, commit="before")
    told = ida.push(frame, watch=once(lambda: ida.fault(ida.read, times=None, **facts)))
    ida.check(told, frame)
    assert told.of("verified") == 0
    assert "the counter could not be read" in told.text
    ida.box.control.clear_faults()
    ida.check_all_in(ida.push(frame), frame)


def test_20_counter_at_an_address_that_is_not_trusted_any_more(ida: Ida, monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate that ran out is nothing to wait for."""
    frame, slept = ida.frame(ROWS), ida.clock.monotonic()
    lose_second_chunk(ida, commit="before")

    def distrusted(_: object) -> int:
        problem = NotSent("its certificate is not trusted")
        problem.needs_person = True
        raise problem

    told = ida.push(frame, watch=once(lambda: monkeypatch.setattr(Records, "count", distrusted)))
    assert "the counter could not be read: its certificate is not trusted" in told.text
    assert ida.clock.monotonic() - slept < 5


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_21_somebody_else_adds_rows(ida: Ida, rows: int) -> None:
    """A few rows more are nobody's request: what was acknowledged stays verified, and the report says so."""
    frame = ida.frame(ROWS)
    told = ida.push(frame, watch=once(lambda: ida.box.control.insert(DATABASE, rows)))
    ida.check_all_in(told, frame)
    assert f"Somebody else seems to have changed rows there meanwhile: +{rows}" in told.text


@pytest.mark.parametrize("options", [{}, {"final_look": True}], ids=str)
@pytest.mark.parametrize("gone", [1, ROWS])
def test_21_somebody_else_removes_rows_of_a_push_that_is_done(ida: Ida, options: dict[str, Any], gone: int) -> None:
    """What was verified then is not taken back, and the report says what the counter shows now."""
    frame = ida.frame(ROWS)
    assert "rows fewer" not in ida.push(frame).text
    assert "rows fewer" not in ida.push(frame, **options).text
    ids = [row["id"] for row in ida.box.control.stored("ida", "Contact")][-gone:]
    ida.box.control.remove(DATABASE, ids)
    told = ida.push(frame, **options)
    assert f"The vendor's counter shows {gone} rows fewer than when it was last looked at" in told.text


@pytest.mark.parametrize("off", [-1, 1])
def test_22_somebody_else_adds_about_a_chunk_while_one_is_in_doubt(
    ida: Ida, monkeypatch: pytest.MonkeyPatch, off: int
) -> None:
    """Only exactly one of our own sizes can be mistaken for ours; any other number is seen to be foreign."""
    frame = ida.frame(ROWS)
    lose_second_chunk(ida, commit="never")
    during_waits(ida, monkeypatch, lambda: ida.box.control.insert(DATABASE, ida.rows_sent()[1] + off))
    told = ida.push(frame)
    ida.check(told, frame)
    assert told.of("unknown") > 0


def test_22_somebody_else_adds_exactly_our_chunk_while_it_is_in_doubt(
    ida: Ida, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit of a counter, which cannot be overcome: the report names the assumption under which it speaks."""
    frame = ida.frame(ROWS)
    lose_second_chunk(ida, commit="never")
    added: list[int] = []
    during_waits(ida, monkeypatch, lambda: added.append(ida.box.control.insert(DATABASE, ida.rows_sent()[1])))
    told = ida.push(frame)
    missing = [key for key in ida.keys(frame) if key not in ida.stored()]
    assert [len(missing)] == added
    assert "assuming that nobody else wrote there between 12:0" in told.text


def test_23_somebody_else_deletes_rows(ida: Ida) -> None:
    """A counter that falls is explained by no push: unknown, and paused."""
    frame = ida.frame(ROWS)
    told = ida.push(frame, watch=once(lambda: ida.box.control.remove(DATABASE, list(range(1205, 1208)))))
    ida.check(told, frame)
    assert told.of("unknown") > 0
    assert "PAUSED" in told.text


@pytest.mark.parametrize("reply", ["ok", "reset"])
def test_24_a_part_of_a_request_is_stored(ida: Ida, reply: str) -> None:
    """That a request is stored wholly or not at all turns out to be wrong: unknown, and said."""
    frame = ida.frame(ROWS)
    ida.fault(commit="before", reply="ok")
    ida.fault(commit="partial", partial=5, reply=reply)
    told = ida.push(frame)
    ida.check(told, frame)
    assert told.of("unknown") >= ida.rows_sent()[1]
    assert ("PAUSED" in told.text) == (reply == "ok"), "a counter that fell short is not trusted any more"


@pytest.mark.parametrize("after", [0, 1], ids=["the first row", "a later chunk"])
def test_25_rows_that_are_dropped_without_a_word(ida: Ida, after: int) -> None:
    """As a vendor does that takes them for duplicates: the counter does not follow, so nothing more is verified."""
    frame = ida.frame(ROWS)
    if after:
        ida.fault(commit="before", reply="ok", times=after)
    ida.fault(commit="partial", partial=0, reply="ok")
    told = ida.push(frame)
    ida.check(told, frame)
    assert "PAUSED" in told.text
    told = ida.push(frame)
    ida.check(told, frame)
    assert told.of("not sent") == 0
    assert told.of("unknown") >= ida.rows_sent()[after]


# ── refusals ─────────────────────────────────────────────────────────────────


def phones(ida: Ida, rows: int, bad: list[int]) -> pd.DataFrame:
    frame = ida.frame(rows).assign(TELEFONO=[f"569{n:08}" for n in range(rows)])
    frame.loc[bad, "TELEFONO"] = [f"+677 2{n:04}" for n in bad]
    return frame


def check_guilty(ida: Ida, told: Told, frame: pd.DataFrame, bad: list[int]) -> None:
    """Exactly the guilty rows are refused."""
    ida.check(told, frame)
    assert [n for n, outcome in enumerate(told.outcomes) if outcome == "rejected"] == bad, told.text
    assert told.of("verified") + told.of("accepted") == len(frame) - len(bad)


@pytest.mark.parametrize("bad", [[50], [1], [0], [119], [40, 50, 60]], ids=str)
def test_26_refusal_that_names_a_value(ida: Ida, bad: list[int]) -> None:
    """The named rows are refused at the price of one request each; their neighbours are in."""
    frame = phones(ida, ROWS, bad)
    told = ida.push(frame)
    check_guilty(ida, told, frame, bad)
    assert ida.posts() <= ida.posts_of_a_clean_push(ROWS) + 2 * len(bad)


def test_26_refusal_that_names_a_value_of_three_rows(ida: Ida) -> None:
    bad = [40, 50, 60]
    frame = phones(ida, ROWS, bad)
    frame.loc[bad, "TELEFONO"] = ABROAD
    told = ida.push(frame)
    check_guilty(ida, told, frame, bad)
    assert ida.posts() <= ida.posts_of_a_clean_push(ROWS) + 2 * len(bad)


def test_26_refusal_that_names_a_value_which_another_column_holds_too(ida: Ida) -> None:
    """The same text as a name is nobody's fault."""
    frame = phones(ida, ROWS, [50])
    frame.loc[50, "TELEFONO"] = ABROAD
    frame.loc[[45, 55], "NOMBRE"] = ABROAD[1:]
    told = ida.push(frame)
    check_guilty(ida, told, frame, [50])


UNHELPFUL = {
    "unknown words": lambda message: "Registro no válido",
    "empty": lambda message: " ",
    "the value in another spelling": lambda message: f"Formato de teléfono erróneo: {message[-7:]}",
    "cut off": lambda message: message[:-6],
    "names no kind": lambda message: message.rpartition(": ")[2],
}


@pytest.mark.parametrize("said", UNHELPFUL)
def test_27_refusal_that_names_nobody(ida: Ida, monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    """By halves: the right rows, within the bound."""
    monkeypatch.setattr(ida_values, "Refused", lambda status, words="": Refused(status, UNHELPFUL[said](words)))
    bad = [5, 50, 51, 110]
    frame = phones(ida, ROWS, bad)
    told = ida.push(frame)
    check_guilty(ida, told, frame, bad)
    assert ida.posts() <= ida.posts_of_a_clean_push(ROWS) + len(bad) * 2 * 6  # 2 log2(37) for each


def test_28_every_row_is_refused(ida: Ida) -> None:
    """A column in the wrong place stops early, with examples; nothing is stored."""
    frame = phones(ida, ROWS, list(range(ROWS)))
    told = ida.push(frame)
    ida.check(told, frame)
    assert ida.posts() <= 12
    assert not ida.stored() - ida.before
    assert "looks like a column in the wrong place" in told.text
    assert told.text.count("teléfono erróneo") >= 1


@pytest.mark.parametrize("commit", ["before", "never"])
@pytest.mark.parametrize("number", [3, 4, 5])
def test_29_half_of_a_refused_request_is_in_doubt(
    ida: Ida, monkeypatch: pytest.MonkeyPatch, commit: str, number: int
) -> None:
    """That half is settled before anything else is sent. A few rows are no name: their count alone proves nothing."""
    monkeypatch.setattr(ida_values, "Refused", lambda status, words="": Refused(status, "Registro no válido"))
    frame = phones(ida, ROWS, [5, 20])
    ida.fault(commit="before", reply="ok", times=number - 1)
    ida.fault(commit=commit, reply="reset")
    told = ida.push(frame)
    ida.check(told, frame)
    assert told.of("unknown") < 10
    assert {n for n, outcome in enumerate(told.outcomes) if outcome == "rejected"} <= {5, 20}, told.text


@pytest.mark.parametrize("page", [True, False], ids=["page of a proxy", "the vendor's own"])
def test_30_request_that_is_too_large(ida: Ida, page: bool) -> None:
    """The chunk is cut, and those after it too."""
    frame = ida.frame(ROWS)
    if page:
        ida.fault(commit="before", reply="ok")
        ida.fault(reply="html", status=413, times=2)
    else:
        ida.box.control.body_limit(2_000)
    told = ida.push(frame)
    ida.check_all_in(told, frame)
    refused = [entry["size"] for entry in ida.log() if entry["status"] == 413]
    assert 1 <= len(refused) <= 4
    if page:
        sizes = [entry["size"] for entry in ida.log() if entry["status"] == 200]
        assert max(sizes[1:]) < min(refused)


def test_a_report_says_exactly_how_a_counter_is_trusted_again(ida: Ida, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever copies the command from the report needs nothing else but the reason."""
    frame = ida.frame(ROWS)
    ida.push(frame, watch=once(lambda: ida.box.control.remove(DATABASE, list(range(1205, 1208)))))
    report = ida.insert(frame)
    shown = re.search(r'trusted again: analyst-toolkit (ledger trust \S+ --why "…"( --profile \w+)?)', repr(report))
    assert shown
    assert main([word.replace('"…"', "counted by hand") for word in shown[1].split()]) == 0
    assert "trusted again" in capsys.readouterr().out
    assert "trusted again" not in repr(ida.insert(frame))
    assert "trusted again" not in repr(toolkit.open_push(report.facts["id"]).report())
