"""The ledger on disk is the one in memory: whatever is written to both, both say the same, also when opened anew.

Two have it open, as two processes would: what one of them wrote, the other one says too.
"""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from toolkit.push.states import LIFE, Answer, Baseline, EventKind, Operation, Push, PushState, Stamp, State, cut
from toolkit.push.store import operations, tables
from toolkit.push.store.file import LedgerFile

from .memory import MemoryLedger
from .store_kit import a_push, opened

STAMPS = st.builds(Stamp, st.sampled_from(["one boot", "another"]), st.floats(0, 1e6), st.floats(0, 2e9))
TEXTS = st.text(max_size=8)
LOCKS = st.sampled_from(["11111", "22222"])
SELDOM = st.sampled_from([False, False, False, True])
VALUES = st.dictionaries(st.sampled_from(["id", "url"]), st.one_of(TEXTS, st.integers(), st.none()), max_size=2)


class Undone(Exception):
    """What a transaction is broken off with."""


class BothLedgers(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self._patch = pytest.MonkeyPatch()
        for module, limit in ((operations, "AHEAD"), (operations, "KEPT"), (tables, "KEPT")):
            self._patch.setattr(module, limit, 2)  # so that little is kept in memory, and less than there is
        self._folder = tempfile.TemporaryDirectory()
        self.disk, self.other, self.memory = self.opened(), self.opened(), MemoryLedger()
        self.written = 0

    def opened(self) -> Any:
        """The ledger on disk, once more."""
        return opened(Path(self._folder.name) / "state")

    def teardown(self) -> None:
        self.disk.close()
        self.other.close()
        self._patch.undo()
        self._folder.cleanup()

    def both(self, name: str, *arguments: Any, undone: bool = False, **named: Any) -> None:
        """The same call to both, which may be undone."""
        results = []
        for ledger in (self.disk, self.memory):
            try:
                with ledger.transaction():
                    with ledger.transaction():
                        results.append(getattr(ledger, name)(*arguments, **named))
                    if undone:
                        raise Undone
            except Undone:
                pass
        assert results[0] == results[1]

    @initialize()
    def two_pushes(self) -> None:
        for lock in ("11111", "22222"):
            name = f"push {len(self.memory.pushes())}"
            self.both("put_push", a_push(name, 40, lock=lock))
            for start in range(0, 40, 10):
                self.both("add_operation", Operation(0, name, ((start, start + 10),), 10))

    def push(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(sorted(p.id for p in self.memory.pushes())))

    def operation(self, data: st.DataObject) -> Operation:
        every = [o for p in self.memory.pushes() for o in self.memory.operations(p.id)]
        return data.draw(st.sampled_from(every))

    @rule(lock=LOCKS, rows=st.integers(1, 50), undone=SELDOM)
    def begin(self, lock: str, rows: int, undone: bool) -> None:
        name = f"push {len(self.memory.pushes())}"
        self.both("put_push", a_push(name, rows, lock=lock), undone=undone)

    @rule(data=st.data(), state=st.sampled_from(PushState), reason=TEXTS, facts=VALUES)
    def change_push(self, data: st.DataObject, state: PushState, reason: str, facts: dict[str, Any]) -> None:
        push = self.memory.push(self.push(data))
        self.both("put_push", replace(push, state=state, reason=reason, facts=facts))

    @rule(data=st.data(), undone=SELDOM, final=st.booleans())
    def plan(self, data: st.DataObject, undone: bool, final: bool) -> None:
        push = self.memory.push(self.push(data))
        start = data.draw(st.integers(0, push.rows - 1))
        stop = data.draw(st.integers(start + 1, push.rows))
        others = [o.id for o in self.memory.operations(push.id)]
        after = tuple(data.draw(st.lists(st.sampled_from(others), max_size=2, unique=True))) if others else ()
        made = Operation(0, push.id, ((start, stop),), stop - start, "send" if final else "draft", after=after)
        self.both("add_operation", made, undone=undone)

    @rule(data=st.data(), undone=SELDOM)
    def move(self, data: st.DataObject, undone: bool) -> None:
        before = self.operation(data)
        state = data.draw(st.sampled_from([before.state, *sorted(LIFE[before.state] - {State.REPLACED})]))
        changed = replace(
            before,
            state=state,
            answer=data.draw(st.sampled_from(Answer)),
            sendings=data.draw(st.integers(before.sendings, before.sendings + 2)),
            started=data.draw(st.none() | STAMPS),
            ended=data.draw(st.none() | STAMPS),
            open=data.draw(st.booleans()),
            believed=data.draw(st.booleans()),
            note=data.draw(TEXTS),
            code=data.draw(TEXTS),
            status=data.draw(st.integers(0, 599)),
        )
        self.both("put_operation", changed, undone=undone)

    @rule(data=st.data())
    def part(self, data: st.DataObject) -> None:
        before = self.operation(data)
        if State.REPLACED in LIFE[before.state]:
            self.both("put_operation", replace(before, state=State.REPLACED))
            for rows in cut(before.rows, [before.size // 2] if before.size > 1 else [1]):
                size = sum(stop - start for start, stop in rows)
                self.both("add_operation", Operation(0, before.push, rows, size, parent=before.id))

    @rule(data=st.data())
    def move_where_life_does_not_go(self, data: st.DataObject) -> None:
        before = self.operation(data)
        state = data.draw(st.sampled_from(sorted(set(State) - LIFE[before.state] - {before.state})))
        for ledger in (self.disk, self.memory):
            with pytest.raises(AssertionError), ledger.transaction():
                ledger.put_operation(replace(before, state=state))

    @rule(count=st.integers(-5, 10**9), at=STAMPS, trusted=st.booleans(), first=st.none() | STAMPS, undone=SELDOM)
    def look(self, count: int, at: Stamp, trusted: bool, first: Stamp | None, undone: bool) -> None:
        self.both("set_baseline", Baseline(count, at, trusted, count > 0, first), undone=undone)

    @rule(data=st.data(), values=st.dictionaries(st.integers(0, 9), VALUES, max_size=3), error=TEXTS, undone=SELDOM)
    def answer(self, data: st.DataObject, values: dict[int, dict[str, Any]], error: str, undone: bool) -> None:
        push = self.push(data)
        self.both("keep_results", push, values, undone=undone)
        self.both("blame", push, data.draw(st.integers(0, 9)), error, data.draw(st.none() | TEXTS), undone=undone)
        self.both("event", Stamp("boot", 1.0, 2.0), EventKind.LOOK, push, undone=undone, what=error)
        self.written += not undone

    @rule()
    def another_process_goes_on(self) -> None:
        self.disk, self.other = self.other, self.disk

    @rule()
    def open_anew(self) -> None:
        self.disk.close()
        self.disk = self.opened()

    @invariant()
    def both_say_the_same(self) -> None:
        self.says_the_same(self.disk, 1, 2)

    @rule()
    def the_other_says_the_same(self) -> None:
        self.says_the_same(self.other, 1, 3, 99)
        self.says_all_that_is_planned(self.other)

    def says_the_same(self, disk: Any, *limits: int) -> None:
        with disk.snapshot():
            self.says_the_same_of_all(disk)
            for push in self.memory.pushes():
                self.says_the_same_of(push, disk, *limits)

    def says_the_same_of_all(self, disk: Any) -> None:
        memory = self.memory
        assert disk.baseline() == memory.baseline()
        assert disk.pushes() == memory.pushes()
        assert len(disk.events()) == self.written
        for lock in ("11111", "22222"):
            assert disk.unsettled(lock) == memory.unsettled(lock)
            assert disk.unknown(lock) == memory.unknown(lock)

    def says_the_same_of(self, push: Push, disk: Any, *limits: int) -> None:
        memory = self.memory
        assert disk.push(push.id) == push
        operations = disk.operations(push.id)
        assert operations == memory.operations(push.id)
        assert [disk.operation(o.id) for o in operations] == operations
        assert [disk.leaves(o.id) for o in operations] == [memory.leaves(o.id) for o in operations]
        for limit in limits:
            assert disk.sendable(push.id, limit) == memory.sendable(push.id, limit)
        assert disk.results(push.id) == memory.results(push.id)
        assert disk.blames(push.id) == memory.blames(push.id)

    def says_all_that_is_planned(self, disk: Any) -> None:
        with disk.snapshot():
            for push in self.memory.pushes():
                planned = sorted(disk.planned(push.id), key=lambda operation: operation.id)
                assert planned == self.memory.planned(push.id)


TestBothLedgers = BothLedgers.TestCase
TestBothLedgers.settings = settings(max_examples=20, stateful_step_count=40, deadline=None, derandomize=True)


@pytest.mark.parametrize("kind", ["disk", "memory"])
def test_what_chance_seldom_finds(tmp_path: Path, kind: str) -> None:
    """Results add up; what a person says is not there can be sent again."""
    ledger = opened(tmp_path / "state") if kind == "disk" else MemoryLedger()
    with ledger.transaction():
        ledger.put_push(a_push("one", 5))
        operation = ledger.add_operation(Operation(0, "one", ((0, 5),), 5))
        ledger.keep_results("one", {1: {"id": 7}, 2: {"id": 8}})
        ledger.keep_results("one", {1: {"url": "u"}, 2: {"id": 9}})
    assert ledger.results("one") == {1: {"id": 7, "url": "u"}, 2: {"id": 9}}
    for state in (State.SENT, State.UNKNOWN, State.RESOLVED_NOT_COMMITTED):
        operation = replace(operation, state=state)
        with ledger.transaction():
            ledger.put_operation(operation)
            assert ledger.sendable("one", 1) == ([operation] if state is State.RESOLVED_NOT_COMMITTED else [])
    if isinstance(ledger, LedgerFile):
        ledger.close()
