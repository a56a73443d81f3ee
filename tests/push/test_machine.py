"""Whatever happens, in whatever order: what the journals say is what the vendor has.

A crash is simulated at the boundary of every journal statement and of every request: nothing that comes after it in the
process is done, and SQLite finds the file as a killed process leaves it. Real kills are in `test_kills`.
"""

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

import toolkit
from toolkit import PushRefused
from toolkit.push import IfSent
from toolkit.push.outcomes import holders
from toolkit.push.states import IN, State, positions
from toolkit.push.store.file import LedgerFile
from toolkit.sandbox import Sandbox

from .world import COUNTS, FOREIGN, REFUSED, Died, Fate, World

TROUBLE: list[dict[str, Any]] = [  # within what is assumed: requests stored wholly or not, late ones within settle_wait
    {"commit": "before", "reply": "reset"},
    {"commit": "before", "reply": "lost"},
    {"commit": "before", "reply": "truncated"},
    {"commit": "before", "reply": "html"},
    {"commit": "before", "reply": "status", "status": 502},
    {"commit": "after", "reply": "lost"},
    {"commit": "never", "reply": "reset"},
    {"commit": "never", "reply": "status", "status": 500},
    {"commit": "late", "reply": "reset", "late": 7},
    {"commit": "late", "reply": "status", "status": 504, "late": 9.5},
    {"commit": "never", "reply": "status", "status": 429, "headers": {"Retry-After": "3"}},
    {"commit": "never", "reply": "status", "status": 401},
    {"commit": "never", "reply": "status", "status": 413, "body": "<html>too large</html>"},
    {"commit": "never", "reply": "status", "status": 500, "match": COUNTS},
    {"commit": "never", "reply": "lost", "match": COUNTS, "times": 6},
]


class Analyst(RuleBasedStateMachine):
    """One analyst, one database: pushes, faults, crashes, resumptions, edits, other people, resolutions, odd clocks."""

    def __init__(self, box: Sandbox) -> None:
        super().__init__()
        self.world = World(box)
        self.refused = False  # without a reason

    @initialize(rows=st.integers(1, 150))
    def begin(self, rows: int) -> None:
        self.world.add(rows)

    def push(self, fate: Fate, if_sent: IfSent, settings: dict[str, Any]) -> None:
        with fate.rules(), contextlib.suppress(Died, KeyboardInterrupt):
            try:
                self.world.push(if_sent=if_sent, **settings)
            except PushRefused as refusal:
                self.refused = if_sent == "skip" or refusal.difference.empty
            except (toolkit.NotSent, toolkit.ApiError):  # the database could not be read, before anything was sent
                pass

    options = st.fixed_dictionaries({"chunk_rows": st.integers(5, 40), "fence_every": st.integers(1, 4)})
    moment = st.integers(20, 160)  # the step of a push at which something happens
    luck = st.lists(st.tuples(st.sampled_from(TROUBLE), st.integers(1, 3), st.integers(1, 3)), min_size=1, max_size=3)

    def trouble(self, luck: list[tuple[dict[str, Any], int, int]]) -> None:
        for kind, every, times in luck:
            self.world.fault(**{"every": every, "times": times, **kind})

    @rule(if_sent=st.sampled_from(["raise", "skip"]), settings=options)
    def push_undisturbed(self, if_sent: IfSent, settings: dict[str, Any]) -> None:
        self.push(Fate(), if_sent, settings)

    @rule(rows=st.integers(1, 60), luck=luck, settings=options)
    def push_more_with_bad_luck(self, rows: int, luck: Any, settings: dict[str, Any]) -> None:
        self.world.add(rows)
        self.trouble(luck)
        self.push(Fate(), "skip", settings)

    @rule(rows=st.integers(1, 60), luck=luck, at=moment, settings=options)
    def push_more_with_bad_luck_and_die(self, rows: int, luck: Any, at: int, settings: dict[str, Any]) -> None:
        self.world.add(rows)
        self.trouble(luck)
        self.push(Fate(at), "skip", settings)

    @rule(at=moment, settings=options)
    def push_and_die(self, at: int, settings: dict[str, Any]) -> None:
        self.push(Fate(at), "skip", settings)

    @rule(rows=st.integers(1, 60), at=moment, settings=options)
    def push_and_interrupt(self, rows: int, at: int, settings: dict[str, Any]) -> None:
        self.world.add(rows)
        self.push(Fate(at, _interrupt), "skip", settings)

    @rule(rows=st.integers(1, 60), luck=luck, at=moment, settings=options)
    def push_while_somebody_else_writes(self, rows: int, luck: Any, at: int, settings: dict[str, Any]) -> None:
        self.world.add(rows)
        self.trouble(luck)
        self.push(Fate(at, lambda: _foreign(self.world)), "skip", settings)

    @rule(rows=st.integers(1, 60), luck=luck, at=moment, seconds=st.sampled_from([-3600, 8, 3600]))
    def push_while_the_clock_jumps(self, rows: int, luck: Any, at: int, seconds: int) -> None:
        def jump() -> None:
            self.world.clock.ahead += timedelta(seconds=seconds)

        self.world.add(rows)
        self.trouble(luck)
        self.push(Fate(at, jump), "skip", {})

    @rule(rows=st.integers(1, 40))
    def add_rows(self, rows: int) -> None:
        self.world.add(rows)

    @rule(rows=st.integers(1, 3))
    def add_rows_that_the_vendor_refuses(self, rows: int) -> None:
        self.world.add(rows, REFUSED)

    @rule(data=st.data())
    def drop_rows(self, data: st.DataObject) -> None:
        if len(self.world.values) > 1:
            first = data.draw(st.integers(0, len(self.world.values) - 1))
            del self.world.values[first : first + 5]

    @rule()
    def reorder(self) -> None:
        self.world.values.reverse()

    @rule()
    def somebody_else_writes(self) -> None:
        _foreign(self.world)

    @precondition(lambda self: self.world.ledgers())
    @rule(committed=st.booleans())
    def resolve(self, committed: bool) -> None:
        """A person looks: one request is there once, or not at all, beside what other pushes brought."""
        self.world.clock.advance(60)  # what was late is done by now
        stored = Counter(self.world.stored())
        stored.subtract(_claimed(self.world))
        for push, rows, values in _unknown_requests(self.world):
            if all(stored.get(v, 0) == committed for v in values):
                clock = self.world.clock
                report = toolkit.open_push(push, clock=clock).report()
                verdict = "committed" if committed else "not committed"
                toolkit.resolve(report, report.table.iloc[rows], verdict, why="looked", clock=clock)
                return

    @invariant()
    def what_is_said_is_so(self) -> None:
        self.world.check()
        assert not self.refused

    def teardown(self) -> None:
        try:
            self.world.control.clear_faults()
            if self.world.values:
                report = self.world.to_the_end()
                self.world.check()
                outcomes = report.summary
                assert outcomes["not sent"] == 0, report
                assert outcomes["duplicated"] == 0, report
        finally:
            self.world.close()


def _interrupt() -> None:
    raise KeyboardInterrupt


def _foreign(world: World) -> None:
    world.control.insert(world.database, records=[{}] * FOREIGN)


def _claimed(world: World) -> Counter[str]:
    """How often each value is claimed to be in, by any push."""
    claims: Counter[str] = Counter()
    for path in world.ledgers():
        with LedgerFile(path) as ledger:
            for push in ledger.pushes():
                values = world.values_of(ledger, push)
                rows = [row for o in holders(ledger, push) if o.state in IN for row in positions(o.rows).tolist()]
                claims.update(values[row] for row in rows)
    return claims


def _unknown_requests(world: World) -> Iterator[tuple[str, list[int], list[str]]]:
    """Of each request that is unknown: its push, its rows, and their values."""
    found = []
    for path in world.ledgers():
        with LedgerFile(path) as ledger:
            for push in ledger.pushes():
                values = world.values_of(ledger, push)
                unknown = [o for o in holders(ledger, push) if o.state is State.UNKNOWN]
                rows = [positions(o.rows).tolist() for o in unknown]
                found += [(push.id, some, [values[row] for row in some]) for some in rows]
    yield from found


def _run(box: Sandbox, examples: int, steps: int) -> None:
    run_state_machine_as_test(
        lambda: Analyst(box),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],  # a failure is printed as it was found: making it smaller takes very long
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.slow
def test_an_analyst_with_bad_luck(box: Sandbox) -> None:
    _run(box, examples=25, steps=12)


@pytest.mark.slow
def test_many_analysts_with_bad_luck(box: Sandbox) -> None:
    _run(box, examples=150, steps=25)


# ── every boundary of a short push ──

STORIES: dict[str, Callable[[World], None]] = {
    "plain": lambda world: world.add(60),
    "lost after it was stored": lambda world: (world.add(60), world.fault("before", "lost", every=2)),
    "lost before it was stored": lambda world: (world.add(60), world.fault("never", "reset", every=2)),
    "late": lambda world: (world.add(60), world.fault("late", "reset", late=7, every=3)),
    "refused by name": lambda world: (world.add(30), world.add(1, REFUSED), world.add(30)),
    "refused without a name": lambda world: (
        world.add(20),
        world.fault("never", "status", status=406, body={"statusApi": "x", "code": 406}, every=2),
    ),
    "told to wait": lambda world: (
        world.add(60),
        world.fault("never", "status", status=429, headers={"Retry-After": "2"}, every=2),
    ),
}


@pytest.mark.parametrize("story", STORIES)
def test_a_crash_at_a_boundary_loses_and_doubles_nothing(box: Sandbox, story: str) -> None:
    _crash_at(box, story, lambda at: at + 1 + at // 4)


@pytest.mark.slow
@pytest.mark.parametrize("story", STORIES)
def test_a_crash_at_any_boundary_loses_and_doubles_nothing(box: Sandbox, story: str) -> None:
    _crash_at(box, story, lambda at: at + 1)


def _crash_at(box: Sandbox, story: str, following: Callable[[int], int]) -> None:
    """One push, killed before its first step, and before others up to its last; each time then run to the end."""
    at, died = 1, True
    while died:
        with World(box) as world:
            STORIES[story](world)
            died = world.push_and_die(at)
            world.check()
            report = world.to_the_end()
            world.check()
            assert report.summary["not sent"] == 0, (at, report)
            assert report.summary["unknown"] < 10, (at, report)  # of so few, a count alone proves nothing
        at = following(at)
    assert at > 40


def test_a_crash_of_the_recovery_is_recovered_from(box: Sandbox) -> None:
    """Killed at one boundary, then at another of what comes after, then run to the end."""
    for first in range(25, 90, 13):
        for second in range(4, 60, 17):
            with World(box, rows=60) as world:
                world.fault("before", "lost", every=2)
                world.push_and_die(first)
                world.push_and_die(second)
                world.check()
                assert world.to_the_end().complete
                world.check()
