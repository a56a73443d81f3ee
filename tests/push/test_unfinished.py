"""Pushes that stopped half-way beside others, and frames that come one after the other."""

import threading
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest

import toolkit
from toolkit import InputError, PushRefused, Report

from .benches import DATABASE, Ida, Signers, told
from .world import Died, Fate

ROWS = 90


# ── pushes that stopped half-way ─────────────────────────────────────────────


def stopped(ida: Ida, frame: pd.DataFrame, at: int = 20) -> Report:
    stop = threading.Event()
    report = ida.insert(frame, options={"stop": stop, "watch": lambda p: stop.set() if p.done > at else None})
    assert report.facts["state"] == "paused"
    assert 0 < report.summary["not sent"] < len(frame)
    return report


def in_doubt(ida: Ida, frame: pd.DataFrame, commit: str) -> Report:
    """A push that stopped with rows that nothing tells about: somebody else wrote while they were in doubt."""
    ida.fault(commit="before", reply="ok")
    ida.fault(commit=commit, reply="html")
    report = ida.insert(frame)
    ida.box.control.insert(DATABASE, 7)
    assert report.facts["state"] == "paused"
    return report


def states() -> list[str]:
    return sorted(toolkit.pushes()["state"])


def test_another_push_there_does_not_touch_one_that_is_paused(ida: Ida) -> None:
    """Other rows are no reason to take anything over."""
    frame, other = ida.frame(ROWS), ida.frame(ROWS, "other")
    stopped(ida, frame)
    ida.insert(other)
    assert states() == ["done", "paused"]
    report = ida.insert(frame)
    whole = pd.concat([frame, other])
    assert set((ida.stored() - ida.before).values()) == {1}
    assert (ida.stored() - ida.before).total() == len(whole)
    assert report.summary["not sent"] == 0


def test_a_larger_frame_takes_over_what_the_paused_push_has_not_sent(ida: Ida) -> None:
    frame = ida.frame(ROWS)
    stopped(ida, frame)
    whole = pd.concat([frame, ida.frame(20, "new")], ignore_index=True)
    report = ida.insert(whole, if_sent="skip")
    ida.check_all_in(told(report), whole)
    assert report.complete
    assert states() == ["done", "superseded"]


def test_a_larger_frame_stops_and_goes_on_as_any_other(ida: Ida) -> None:
    frame = ida.frame(ROWS)
    stopped(ida, frame)
    whole = pd.concat([frame, ida.frame(20, "new")], ignore_index=True)
    ida.fault(times=None, reply="html")
    report = ida.insert(whole, if_sent="skip")
    ida.check(told(report), whole)
    assert "PAUSED" in repr(report)
    assert states() == ["paused", "superseded"]
    ida.box.control.clear_faults()
    for _ in range(2):
        report = ida.insert(whole, if_sent="skip")
    ida.check_all_in(told(report), whole)


def test_a_smaller_frame_takes_over_its_rows_and_none_is_sent_twice(ida: Ida) -> None:
    frame = ida.frame(ROWS)
    stopped(ida, frame)
    part = frame.iloc[10:70]
    ida.insert(part, if_sent="skip")
    assert states() == ["done", "superseded"]
    with pytest.raises(PushRefused):
        ida.insert(frame)
    report = ida.insert(frame, if_sent="skip")
    ida.check_all_in(told(report), frame)


def test_a_push_that_was_taken_over_is_not_woken_by_a_persons_word(ida: Ida) -> None:
    frame = ida.frame(ROWS)
    first = in_doubt(ida, frame, "never")
    ida.insert(frame.iloc[50:], if_sent="skip")
    toolkit.resolve(first, first.unknown, "not committed", why="looked at the screen")
    assert states() == ["done", "superseded"]
    report = ida.insert(frame, if_sent="skip")
    ida.check_all_in(told(report), frame)


def test_a_person_whose_kernel_dies_does_not_wake_a_push_that_was_taken_over(ida: Ida) -> None:
    frame = ida.frame(ROWS)
    first = in_doubt(ida, frame, "never")
    ida.insert(frame.iloc[50:], if_sent="skip")
    with Fate(1, what="BEGIN IMMEDIATE").rules(), pytest.raises(Died):
        toolkit.resolve(first, first.unknown, "committed", why="looked at the screen")
    assert states() == ["done", "superseded"]
    ida.insert(frame, if_sent="skip")
    assert max((ida.stored() - ida.before).values()) == 1


def test_resolved_rows_are_sent_or_left_as_the_person_said(ida: Ida) -> None:
    for verdict, commit in (("committed", "before"), ("not committed", "never")):
        frame = ida.frame(ROWS, verdict.replace(" ", "-"))
        ida.before = ida.stored()
        report = in_doubt(ida, frame, commit)
        with pytest.raises(InputError, match="nothing is to be settled"):
            toolkit.resolve(report, [frame.index[0]], verdict, why="looked")
        assert states().count("paused") == 1
        if verdict == "not committed":
            with pytest.raises(InputError, match="may still arrive"):
                toolkit.resolve(report, report.unknown, verdict, why="looked too early")
            report = ida.insert(frame)
        stored = report.unknown["EMAIL"].isin((ida.stored() - ida.before).keys())
        toolkit.resolve(report, report.unknown[stored], "committed", why="looked at the vendor's screen")
        toolkit.resolve(report, report.unknown[~stored], "not committed", why="looked at the vendor's screen")
        ida.check_all_in(told(ida.insert(frame)), frame)


@pytest.mark.parametrize("stored", [1, 6])
def test_of_a_request_that_was_stored_in_part_a_person_says_which_rows(ida: Ida, stored: int) -> None:
    """The assumption of whole requests broke: of some rows one word is true, of the others the other."""
    frame = ida.frame(ROWS)
    ida.before = ida.stored()
    ida.fault(commit="before", reply="ok")
    ida.fault(commit="partial", partial=stored, reply="html")
    report = ida.insert(frame)
    unknown = report.unknown.index
    toolkit.resolve(report, unknown[:stored], "committed", why="looked at the vendor's screen")
    part = toolkit.open_push(report.facts["id"]).report().table.set_axis(frame.index)
    assert (part["outcome"][unknown[stored:]] == "unknown").all()
    assert not (part["outcome"][unknown[:stored]] == "unknown").any()
    toolkit.resolve(report, unknown[stored:], "not committed", why="looked at the vendor's screen")
    ida.check_all_in(told(ida.insert(frame)), frame)


def test_a_purged_push_is_forgotten(ida: Ida) -> None:
    frame = ida.frame(20)
    report = ida.insert(frame)
    push = toolkit.open_push(report.facts["id"])
    push.purge()
    assert toolkit.pushes()["rows"].tolist() == [20], "how many rows it sent explains what the vendor counts"
    ida.insert(frame)
    assert set((ida.stored() - ida.before).values()) == {2}


def test_a_push_that_runs_is_not_purged(ida: Ida) -> None:
    refused: list[str] = []

    def purge(progress: Any) -> None:
        if progress.done and not refused:
            (one,) = toolkit.pushes()["id"]
            with pytest.raises(PushRefused) as caught:
                toolkit.open_push(one).purge()
            refused.append(str(caught.value))

    frame = ida.frame(ROWS)
    ida.check_all_in(told(ida.insert(frame, options={"watch": purge})), frame)
    assert refused


# ── frames that come one after the other ─────────────────────────────────────


def pieces(frame: pd.DataFrame, size: int) -> Iterator[pd.DataFrame]:
    return (frame.iloc[start : start + size] for start in range(0, len(frame), size))


def test_frames_of_an_iterator_are_one_push(ida: Ida) -> None:
    frame = ida.frame(100)
    for _ in range(2):
        report = ida.insert(pieces(frame, 30))
        assert report.table.index.equals(frame.index)
        ida.check_all_in(told(report), frame)
    (row,) = toolkit.pushes().itertuples()
    assert (row.id, row.rows, row.verified, row.state) == (report.facts["id"], 100, 100, "done")
    assert toolkit.open_push(row.id).report().summary["verified"] == 100


def test_an_iterator_that_brings_more_frames_than_before_grows_its_push(ida: Ida) -> None:
    frame = ida.frame(100)
    ida.insert(pieces(frame.iloc[:60], 30))
    ida.check_all_in(told(ida.insert(pieces(frame, 30))), frame)
    assert toolkit.pushes()[["rows", "state"]].to_numpy().tolist() == [[100, "done"]]


def test_an_iterator_that_stops_short_is_paused_until_its_frames_come(ida: Ida) -> None:
    frame = ida.frame(100)
    stop = threading.Event()
    ida.insert(pieces(frame, 50), options={"stop": stop, "watch": lambda p: stop.set() if p.done > 55 else None})
    report = ida.insert(pieces(frame.iloc[:50], 50))
    assert set(report.table["outcome"]) == {"verified"}
    assert toolkit.pushes()["state"].tolist() == ["paused"]
    ida.check_all_in(told(ida.insert(pieces(frame, 50))), frame)
    assert toolkit.pushes()[["rows", "state"]].to_numpy().tolist() == [[100, "done"]]


def test_an_iterator_that_changed_on_its_way_is_not_gone_on_with_by_itself(ida: Ida) -> None:
    frame = ida.frame(100)
    stop = threading.Event()
    ida.insert(pieces(frame, 50), options={"stop": stop, "watch": lambda p: stop.set() if p.done > 55 else None})
    other = frame.replace({"EMAIL": {"p99@example.cl": "new@example.cl"}})
    posts = ida.posts()
    with pytest.raises(PushRefused, match="Frame 2 has other rows"):
        ida.insert(pieces(other, 50))
    assert ida.posts() == posts
    ida.check_all_in(told(ida.insert(pieces(other, 50), if_sent="skip")), other)


def test_a_later_frame_takes_back_what_was_said_of_an_earlier_one(ida: Ida) -> None:
    """A second copy of an operation of the first frame lands while the second one is sent."""
    frame = ida.frame(90)

    def frames() -> Iterator[pd.DataFrame]:
        yield frame.iloc[:45]
        first = ida.rows_sent()[0]
        ida.box.control.insert(DATABASE, first)
        yield frame.iloc[45:]

    report = ida.insert(frames())
    assert report.summary["unknown"] > 0
    assert report.table["outcome"].iloc[0] == "unknown"


def test_twins_in_two_frames_of_an_iterator_stay_twins(ida: Ida) -> None:
    """Even where the frames are wholly alike."""
    frame = pd.concat([ida.frame(30), ida.frame(30), ida.frame(10)], ignore_index=True)
    for _ in range(2):
        ida.check_all_in(told(ida.insert(pieces(frame, 30))), frame)
    more = pd.concat([frame, ida.frame(4)], ignore_index=True)
    with pytest.raises(PushRefused):
        ida.insert(pieces(more, 25))
    ida.check_all_in(told(ida.insert(pieces(more, 25), if_sent="skip")), more)


def test_a_row_that_is_in_is_no_new_one_for_its_twin_in_the_frame_before(ida: Ida) -> None:
    """The first frame was pushed in its own push, the second has grown since: its twin is in, too."""
    frame = ida.frame(60)
    frame.loc[30, "EMAIL"] = frame.loc[0, "EMAIL"]
    assert ida.insert(pieces(frame, 30)).complete
    more = pd.concat([frame, ida.frame(4, "new")], ignore_index=True)
    ida.check_all_in(told(ida.insert(iter([more.iloc[:30], more.iloc[30:]]), if_sent="skip")), more)


def test_an_edited_twin_in_the_next_frame_is_another_row(ida: Ida) -> None:
    """Within one call nobody is asked: the same e-mail twice is what the caller has."""
    frame = pd.concat([ida.frame(30), ida.frame(30).assign(NOMBRE="Otra")], ignore_index=True)
    assert ida.insert(pieces(frame, 30)).complete
    assert set((ida.stored() - ida.before).values()) == {2}


def test_an_iterator_is_read_no_further_than_it_is_pushed(ida: Ida) -> None:
    read: list[int] = []

    def watched() -> Iterator[pd.DataFrame]:
        for number, piece in enumerate(pieces(ida.frame(100), 30)):
            read.append(number)
            yield piece

    ida.fault(commit="before", reply="ok", times=4)
    ida.fault(times=None, reply="html")
    report = ida.insert(watched())
    assert read == [0, 1, 2]
    assert len(report.table) == 90
    assert "PAUSED" in repr(report)
    ida.box.control.clear_faults()
    for _ in range(2):
        report = ida.insert(watched())
    ida.check_all_in(told(report), ida.frame(100))


def test_a_refused_frame_tells_of_those_before_it(ida: Ida) -> None:
    ida.insert(ida.frame(10, "known"))
    frames = [ida.frame(20), ida.frame(10, "known").iloc[::2]]
    with pytest.raises(PushRefused) as caught:
        ida.insert(iter(frames))
    assert caught.value.report.summary["verified"] == 20
    report = ida.insert(iter(frames), if_sent="skip")
    assert report.complete
    assert set((ida.stored() - ida.before).values()) == {1}


def test_an_iterator_that_is_empty_or_holds_something_else(ida: Ida) -> None:
    with pytest.raises(InputError, match="empty"):
        ida.insert(iter([]))
    with pytest.raises(InputError, match=r"single rows: list\(rows\) makes one"):
        ida.insert(iter([{"EMAIL": "a@example.cl"}]))
    with pytest.raises(InputError, match="rows come as a DataFrame"):
        ida.insert(iter([7]))
    with pytest.raises(InputError, match="needs all rows at once"):
        ida.insert(iter([ida.frame(2)]), on_bad_rows="raise")
    assert ida.posts() == 0


def test_no_rows_are_no_push(ida: Ida) -> None:
    report = ida.insert(ida.frame(0))
    assert len(report.table) == 0
    assert report.complete
    assert ida.posts() == 0


def test_the_list_of_pushes_says_what_one_is(ida: Ida) -> None:
    report = ida.insert(ida.frame(5))
    (row,) = toolkit.pushes().itertuples()
    assert (row.id, row.what, row.rows, row.verified) == (report.facts["id"], "ida.insert_records", 5, 5)
    assert (row.state, row.reason) == ("done", "")


@pytest.mark.parametrize("commit", ["before", "never"])
def test_a_doubt_of_a_paused_push_outlives_another_push(ida: Ida, commit: str) -> None:
    """What the other push of ours has stored in the meantime is nobody else's doing."""
    frame, other = ida.frame(ROWS), ida.frame(25, "other")
    ida.fault(commit="before", reply="ok", times=2)
    ida.fault(commit=commit, reply="html")
    assert ida.insert(frame).facts["state"] == "paused"
    assert ida.insert(other).summary["verified"] == 25
    report = ida.insert(frame)
    assert report.complete
    assert set((ida.stored() - ida.before).values()) == {1}
    assert (ida.stored() - ida.before).total() == ROWS + 25


# ── doubts of others, where rows can be read ─────────────────────────────────


def in_doubt_of_its_first_row(signers: Signers, frame: pd.DataFrame) -> None:
    """A push that stopped, and of which nobody could read what became of its first row: it is not there."""
    signers.fault(commit="never", reply="reset", times=1)
    signers.fault(match=signers.read, commit="never", reply="status", status=500, times=None)
    assert signers.push(frame).outcomes[0] == "unknown"
    signers.box.control.clear_faults()


def test_a_row_of_another_push_is_never_read_by_the_place_of_ours(signers: Signers) -> None:
    """Our first row is there, that of the other push is not: nothing of ours says anything of it."""
    frame = signers.frame(2)
    in_doubt_of_its_first_row(signers, frame.iloc[:1])
    signers.fault(commit="before", reply="reset", times=1)
    assert set(signers.push(frame.iloc[1:]).outcomes) == {"verified"}
    assert toolkit.pushes()["unknown"].tolist() == [0, 1]
    assert set(signers.push(frame.iloc[:1]).outcomes) == {"accepted"}
    assert set((signers.stored() - signers.before).values()) == {1}


def test_a_doubt_is_settled_by_an_edited_frame_that_has_its_row(signers: Signers) -> None:
    frame = signers.frame(3)
    in_doubt_of_its_first_row(signers, frame)
    frame.loc[2, "email"] = "new@example.co"
    report = signers.api.signio.add_signers(signers.envelope, frame, if_sent="skip", options={"settle_wait": 65})
    signers.check_all_in(told(report), frame)


def test_a_doubt_whose_row_is_gone_waits_for_the_frame_that_has_it(signers: Signers) -> None:
    frame = signers.frame(3)
    in_doubt_of_its_first_row(signers, frame)
    edited = frame.copy()
    edited.loc[0, "email"] = "new@example.co"
    report = signers.api.signio.add_signers(signers.envelope, edited, if_sent="skip", options={"settle_wait": 65})
    assert report.table["outcome"].tolist() == ["not sent", "accepted", "accepted"]  # the person may be in as before
    assert toolkit.pushes()["unknown"].tolist() == [0, 1]
    report = signers.api.signio.add_signers(signers.envelope, frame, if_sent="skip", options={"settle_wait": 65})
    assert report.complete
    assert toolkit.pushes()["unknown"].sum() == 0


def test_a_stopped_push_is_settled_before_an_edited_frame_is_sent(ida: Ida) -> None:
    frame = ida.frame(ROWS)
    ida.fault(commit="before", reply="ok")
    ida.fault(commit="never", reply="reset", times=1)
    stop = threading.Event()
    report = ida.insert(frame, options={"stop": stop, "watch": lambda p: stop.set() if p.waits_for else None})
    assert report.summary["unknown"] > 0
    edited = frame.copy()
    edited.loc[ROWS - 1, "EMAIL"] = "new@example.cl"
    report = ida.insert(edited, if_sent="skip")
    ida.check_all_in(told(report), edited)
    left = toolkit.open_push(toolkit.pushes()["id"].iloc[1]).report()
    assert f"push {report.facts['id']} took" in left.table["error"].iloc[-2]
    assert f"Push {report.facts['id']} took over" in repr(left)
    assert toolkit.pushes()["unknown"].tolist() == [0, 0]
