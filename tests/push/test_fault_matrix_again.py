"""Lines 47 to 50 of the fault matrix: a push that is run twice, changed in between, or woken up later."""

import threading
from datetime import timedelta
from typing import Any

import pandas as pd
import pytest

import toolkit
from tests.helpers.clock import ManualClock
from toolkit import PushRefused
from toolkit.sandbox import Sandbox

from .benches import Bench, Ida

ROWS = 120


def test_47_another_kernel_pushes_there(bench: Bench) -> None:
    """The second is refused without a request; the first completes."""
    frame, refused = bench.frame(60), []

    def second(progress: Any) -> None:
        if progress.done and not refused:
            other = type(bench)(bench.box, bench.clock) if not hasattr(bench, "envelope") else bench
            posts = bench.posts()
            with pytest.raises(PushRefused, match="another push") as caught:
                other.push(frame)
            refused.append(caught.value)
            assert bench.posts() == posts

    result = bench.push(frame, watch=second, chunk_rows=20)
    assert refused
    bench.check_all_in(result, frame)


def test_47_the_same_cell_twice_and_run_all_twice(bench: Bench) -> None:
    """No request more, and the same report."""
    frame = bench.frame(6)
    first = bench.push(frame)
    posts = bench.posts()
    assert bench.push(frame).outcomes == first.outcomes
    bench.connect()
    again = bench.push(frame)
    assert again.outcomes == first.outcomes
    assert "already pushed" in again.text
    assert bench.posts() == posts


def test_48_owner_that_is_stopped_and_continues(ida: Ida) -> None:
    """The lock is not a lease: it holds while its owner sleeps. Simulated by a thread; `test_kills` stops a process."""
    frame, asleep, go_on, results = ida.frame(ROWS), threading.Event(), threading.Event(), []

    def sleep(progress: Any) -> None:
        if progress.done and not asleep.is_set():
            asleep.set()
            go_on.wait(20)

    owner = threading.Thread(target=lambda: results.append(ida.push(frame, watch=sleep)))
    owner.start()
    assert asleep.wait(20)
    try:
        with pytest.raises(PushRefused, match="another push"):
            Ida(ida.box, ida.clock).push(frame)
    finally:
        go_on.set()
        owner.join(20)
    ida.check_all_in(results[0], frame)


def half_way(ida: Ida, frame: pd.DataFrame) -> None:
    """A push of it that stopped in the middle."""
    stop = threading.Event()
    ida.push(frame, stop=stop, watch=lambda progress: stop.set() if progress.done > 40 else None)
    ida.connect()


SAME = {
    "reordered": lambda frame: frame.sample(frac=1, random_state=3),
    "another index": lambda frame: frame.set_axis([f"row {n}" for n in range(len(frame))]),
    "other dtypes": lambda frame: frame.astype("category"),
    "columns in another order": lambda frame: frame[frame.columns[::-1]],
    "an empty column more": lambda frame: frame.assign(TELEFONO=None),
}


@pytest.mark.parametrize("change", SAME)
def test_49_same_rows_in_another_form(ida: Ida, change: str) -> None:
    """They are the same rows: the push goes on where it was."""
    frame = ida.frame(ROWS)
    half_way(ida, frame)
    other = SAME[change](frame)
    result = ida.push(other)
    ida.check_all_in(result, other)
    assert len(toolkit.pushes()) == 1


@pytest.mark.parametrize("change", ["a row edited", "rows added", "rows removed"])
def test_49_other_rows(ida: Ida, change: str) -> None:
    """Shown as a difference and refused, until a person chooses; then only what is new goes out."""
    frame = ida.frame(ROWS)
    half_way(ida, frame)
    more = pd.concat([frame, ida.frame(5, prefix="more")], ignore_index=True)
    other = {"rows added": more, "rows removed": frame.iloc[3:]}.get(change, frame.copy())
    if change == "a row edited":
        other.loc[0, "EMAIL"] = "edited@example.cl"
    posts = ida.posts()
    with pytest.raises(PushRefused) as caught:
        ida.push(other)
    assert ida.posts() == posts
    told_of = caught.value.difference["change"].value_counts()
    assert told_of["sent before, unchanged"] > 0
    if change == "a row edited":
        assert told_of["sent before, edited since"] == 1
    report = ida.insert(other, if_sent="skip")
    everything = pd.concat([frame, other]).drop_duplicates()
    assert max((ida.stored() - ida.before).values()) == 1
    assert set(ida.stored() - ida.before) <= set(everything["EMAIL"])
    assert set(report.table["outcome"].astype(str)) <= {"verified", "accepted"}


class Jumping(ManualClock):
    """A clock on the wall that jumps, while the one that counts seconds does not."""

    def __init__(self, box: Sandbox) -> None:
        super().__init__(box)
        self.jumped = timedelta()

    def now(self) -> Any:
        return self.moment + self.jumped


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1)], ids=["forward", "back"])
@pytest.mark.parametrize("when", ["while waiting", "between two requests"])
def test_50_clock_jumps(box: Sandbox, jump: timedelta, when: str) -> None:
    """What is waited for is counted in seconds, not read from the wall."""
    ida = Ida(box, Jumping(box))
    frame = ida.frame(ROWS)
    ida.fault(commit="before", reply="ok")
    ida.fault(commit="late", late=30, reply="reset")
    sleep = ida.clock.sleep

    def jumping(seconds: float) -> None:
        sleep(seconds)
        if ida.clock.slept > 20:
            ida.clock.jumped = jump

    def watch(progress: Any) -> None:
        if progress.done > 1:
            ida.clock.jumped = jump

    ida.clock.sleep = jumping if when == "while waiting" else sleep
    result = ida.push(frame, watch=watch if when != "while waiting" else None)
    ida.check_all_in(result, frame)
    assert ida.clock.slept >= 65
