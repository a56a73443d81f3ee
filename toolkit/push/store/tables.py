"""Pushes and their operations: on disk, and in memory for as long as nobody else writes.

Whatever is read from disk is checked against what was written. A transaction that writes changes the head; so where
the head is as this process left it, so is all the rest, and nothing of it is read again.
"""

import contextlib
import functools
import itertools
import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from operator import attrgetter
from threading import get_ident
from typing import Concatenate, NamedTuple, ParamSpec, TypeVar

from toolkit.http.secrets import scrub
from toolkit.plain import message
from toolkit.push.states import IN, LIFE, UNFINISHED, Baseline, Operation, Push, State
from toolkit.push.store import sql
from toolkit.push.store.database import READING, WRITING, Connection
from toolkit.push.store.index import Index
from toolkit.push.store.records import (
    CHILDREN,
    FIRST,
    IS_SENDABLE,
    IS_UNSETTLED,
    NO_ROW,
    PARENT,
    STATE,
    Damaged,
    Head,
    PushRow,
    Row,
    Stored,
    as_json,
    count_operation,
    encode_operation,
    operation_of,
    with_checksum,
)

AHEAD = 256  # operations to send that are read at once
KEPT = 1024  # operations that stay in memory although they are settled
COUNTED = ("push",), ("push", "unfinished")  # under which names the head counts a push: one that ended, and another
S = TypeVar("S", bound="Tables")
P = ParamSpec("P")
T = TypeVar("T")
by_id = attrgetter("id")


class Queue(NamedTuple):
    """Operations of a push that can be sent or wait for others, by their first row and id; those up to `end`."""

    operations: dict[tuple[int, int], Operation]
    end: tuple[int, int] | None  # None: there are no more


@dataclass
class Cache:
    """What is known of the tables, and what of it is not written yet. It holds for as long as the head is this one."""

    head: Head
    row: Row  # the head as it stands on disk
    pushes: dict[str, PushRow] = field(default_factory=dict)
    operations: dict[int, Stored] = field(default_factory=dict)  # those that were written or read last
    sets: dict[str, dict[str, dict[int, Operation]]] = field(default_factory=dict)  # unsettled, unknown; by lock
    queues: dict[str, Queue] = field(default_factory=dict)  # by push
    counter: tuple[Row, Baseline] | None = None
    indexes: dict[str, Index] = field(default_factory=dict)
    changed: bool = False  # something is to be written at the end of the transaction: these, and the head
    changed_pushes: dict[str, PushRow] = field(default_factory=dict)
    changed_operations: dict[int, Row] = field(default_factory=dict)
    new_events: list[tuple[str, str]] = field(default_factory=list)  # the push, and the content


def consistent(read: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], T]:
    """A method that can be called at any time: all that it reads fits together, whatever other processes write."""

    @functools.wraps(read)
    def reading(self: S, /, *arguments: P.args, **named: P.kwargs) -> T:
        if self.database.thread == get_ident():
            return read(self, *arguments, **named)
        with self.snapshot():
            return read(self, *arguments, **named)

    return reading


class Tables:
    """Pushes and operations. `cache` is what is known of them in this transaction, or snapshot."""

    cache: Cache

    def __init__(self, database: Connection) -> None:
        self.database = database
        self._latest: Cache | None = None
        self._writes = 0  # transactions that the ledger on disk is known to hold
        self.leave_mark: Callable[[int], object] = int  # called with their number after each of ours

    @contextlib.contextmanager
    def transaction(self, mode: str = WRITING) -> Iterator[None]:
        """All of it durable at the end, or none of it; one inside another belongs to the outer one.

        PushError where it cannot be: the disk is full, the file was taken away, another process holds it too long.
        """
        database = self.database
        if database.thread == get_ident():
            assert mode in (READING, database.mode), "whoever writes says so before reading"
            yield
            return
        if not database.guard.acquire(timeout=database.patience):
            raise database.waited_too_long()
        try:
            rows = database.begin(mode)
            if self._latest is None or rows != [self._latest.row]:
                self._latest = self._anew(rows)
            self.cache = self._latest
            yield
            if self.cache.changed:
                self._write_changes()
            database.commit()
            if self.cache.head.writes > self._writes:
                self._writes = self.cache.head.writes
                self.leave_mark(self._writes)
        except BaseException:
            self._latest = None  # what it says of this transaction is undone
            database.roll_back()
            raise
        finally:
            vars(self).pop("cache", None)  # outside, nothing of it is known
            database.guard.release()

    snapshot = functools.partialmethod(transaction, READING)  # what is read meanwhile fits together

    def _anew(self, rows: list[Row]) -> Cache:
        """Another process has written, or nothing was read yet."""
        head = Head.decoded(rows[0] if rows else None)
        if head.writes < self._writes:
            raise Damaged(message("an older copy took its place"))
        self._writes = head.writes
        return Cache(head, rows[0])

    def changing_push(self, push: str) -> PushRow:
        """A push and what is kept of it, to change it."""
        cache, row = self.cache, self.cache.pushes.get(push) or self.push_row(push)
        cache.changed_pushes[push], cache.changed = row, True
        return row

    def _write_operations(self) -> None:
        cache = self.cache
        self.database.many(sql.PUT_OPERATION, [*cache.changed_operations.values()])
        cache.changed_operations.clear()
        if len(cache.operations) > 2 * KEPT:
            self._forget_some()

    def _forget_some(self) -> None:
        """Keep no more operations than a run needs."""
        operations = self.cache.operations
        for old in [*itertools.islice(operations, max(0, len(operations) - KEPT))]:
            del operations[old]

    def _write_changes(self) -> None:
        """Write what changed, before the transaction ends or all pushes are read."""
        assert self.database.mode == WRITING, "a ledger is written to inside a transaction"
        cache, head = self.cache, self.cache.head
        events, pushes = list[Row](), list[tuple[str, Row]]()
        if cache.new_events:
            first = head.count("event") + 1
            events = [with_checksum("event", n, *event) for n, event in enumerate(cache.new_events, first)]
            head.add("event", events)
        for push in cache.changed_pushes.values():
            row, before = push.encoded(), push.row
            head.change(before, COUNTED[before[3] in UNFINISHED] if before else (), row, COUNTED[row[3] in UNFINISHED])
            pushes.append((sql.PUT_PUSH if before else sql.ADD_PUSH, row))
            push.row = row
        head.writes += 1
        cache.row, cache.changed = head.encoded(), False
        if cache.changed_operations:
            self._write_operations()
        if events:
            self.database.many(sql.ADD_EVENT, events)
        for statement, row in pushes:
            self.database.rows(statement, row)
        self.database.rows(sql.WRITE_HEAD, cache.row)
        cache.new_events, cache.changed_pushes = [], {}

    # ── pushes ──

    def push(self, id: str) -> Push:
        """KeyError where there is none of this id."""
        return (self.cache.pushes.get(id) or self.push_row(id)).push

    def pushes(self) -> list[Push]:
        """All of them, in the order in which they began."""
        return self._all_pushes(sql.READ_PUSHES, "push")

    def unfinished(self) -> list[Push]:
        """Those that are open or paused."""
        return self._all_pushes(sql.READ_UNFINISHED, "unfinished")

    def put_push(self, push: Push) -> None:
        """Add it, or replace the one with its id."""
        cache = self.cache
        row = cache.pushes.get(push.id) or self._read_push(sql.READ_PUSH, push.id)
        if row is None:
            cache.head.pushes += 1
            row = cache.pushes[push.id] = PushRow(cache.head.pushes, push)
            cache.queues[push.id] = Queue({}, None)
        if push.facts is not row.push.facts or not row.row:
            push = replace(push, facts=json.loads(as_json(push.facts)))
        row.push = push
        cache.changed_pushes[push.id], cache.changed = row, True

    @consistent
    def _all_pushes(self, statement: str, tally: str) -> list[Push]:
        if self.cache.changed:
            self._write_changes()
        rows = self.database.rows(statement)
        self.cache.head.check(tally, rows, "its pushes")
        return [PushRow.decoded(row).push for row in rows]

    def push_row(self, id: str) -> PushRow:
        """A push and what is kept of it; KeyError where there is none of this id."""
        row = self.cache.pushes.get(id) or self._read_push(sql.READ_PUSH, id)
        if row is None:
            if any(push.id == id for push in self.pushes()):
                raise Damaged("the list of its pushes")
            raise KeyError(id)
        return row

    def _push_numbered(self, number: int) -> PushRow:
        for known in self.cache.pushes.values():
            if known.number == number:
                return known
        row = self._read_push(sql.READ_PUSH_NUMBER, number)
        if row is None:
            raise Damaged(f"push number {number}")
        return row

    def _read_push(self, statement: str, name: str | int) -> PushRow | None:
        rows = self.database.rows(statement, (name,))
        if not rows:
            return None
        if name not in rows[0][:2]:
            raise Damaged(f"push {name}")
        return self.cache.pushes.setdefault(rows[0][1], PushRow.decoded(rows[0]))

    # ── operations ──

    def operation(self, id: int) -> Operation:
        """KeyError where there is none of this id."""
        if not 0 < id <= self.cache.head.operations:
            raise KeyError(id)
        return (self.cache.operations.get(id) or self._read_operation(id)).operation

    def _read_operation(self, id: int) -> Stored:
        rows = self.database.rows(sql.READ_OPERATION, (id,)) if 0 < id <= self.cache.head.operations else []
        if not rows:
            raise Damaged(f"operation {id}")
        stored = self.cache.operations[id] = Stored(rows[0], operation_of(self._push_numbered(rows[0][1]), rows[0]))
        return stored

    @consistent
    def operations(self, push: str) -> list[Operation]:
        """All of one push, by id."""
        owner, cache = self.cache.pushes.get(push) or self.push_row(push), self.cache
        kept = [stored.operation for stored in cache.operations.values() if stored.operation.push == push]
        if len(kept) == owner.count("operation"):
            return sorted(kept, key=by_id)
        rows = self._operation_rows(sql.READ_OPERATIONS, owner.number)
        owner.check("operation", rows, f"the operations of push {push}")
        operations = [operation_of(owner, row) for row in rows]
        if len(rows) <= KEPT:
            cache.operations |= {row[0]: Stored(row, each) for row, each in zip(rows, operations, strict=True)}
            self._forget_some()
        return operations

    def unsettled(self, lock: str) -> list[Operation]:
        """Of every push of this lock, those that are `unsettled`. Its time does not grow with the others."""
        by_lock = self.cache.sets.get("unsettled") or self._read_set("unsettled", sql.READ_UNSETTLED)
        return sorted(by_lock[lock].values(), key=by_id)

    def unknown(self, lock: str) -> list[Operation]:
        """Of every push of this lock, those that are `unknown`. Its time does not grow with the others."""
        by_lock = self.cache.sets.get("unknown") or self._read_set("unknown", sql.READ_UNKNOWN)
        return sorted(by_lock[lock].values(), key=by_id)

    def in_doubt(self) -> int:
        """How many operations of all locks are `sent`, and nothing shows what became of them."""
        by_lock = self._read_set("unsettled", sql.READ_UNSETTLED)
        return sum(operation.state is State.SENT for known in by_lock.values() for operation in known.values())

    def _read_set(self, name: str, statement: str) -> dict[str, dict[int, Operation]]:
        rows = self._operation_rows(statement)
        self.cache.head.check(name, rows, f"its {name} operations")
        by_lock = self.cache.sets[name] = defaultdict[str, dict[int, Operation]](dict)
        for row in rows:
            owner = self._push_numbered(row[1])
            by_lock[owner.push.lock][row[0]] = operation_of(owner, row)
        return by_lock

    def sendable(self, push: str, limit: int) -> list[Operation]:
        """Those whose turn it is: planned, all that they wait for is in; by their first row, then by id."""
        queue = self.cache.queues.get(push) or self._read_queue(push, AHEAD)
        while True:
            ready: list[Operation] = []
            for place in sorted(queue.operations):
                operation = queue.operations[place]
                if not operation.after or all(map(self._is_in, operation.after)):
                    ready.append(operation)
                    if len(ready) == limit:
                        return ready
            if queue.end is None:
                return ready
            queue = self._read_queue(push, 2 * len(queue.operations) + limit + AHEAD)

    def planned(self, push: str) -> list[Operation]:
        """Those that are to be sent, whatever they wait for."""
        queue = self.cache.queues.get(push)
        if queue is None or queue.end is not None:
            queue = self._read_queue(push, self.push_row(push).count("sendable") + 1)
        return [*queue.operations.values()]

    def _read_queue(self, push: str, size: int) -> Queue:
        owner = self.push_row(push)
        rows = self._operation_rows(sql.READ_SENDABLE, owner.number, size)
        operations = {(row[FIRST], row[0]): operation_of(owner, row) for row in rows}
        if len(rows) < size:
            owner.check("sendable", rows, f"what is planned of push {push}")
        queue = self.cache.queues[push] = Queue(operations, None if len(rows) < size else [*operations][-1])
        return queue

    def leaves(self, id: int) -> list[Operation]:
        """The operations that hold its rows now: itself, or what replaced it."""
        stored = self.cache.operations.get(id) or self._read_operation(id)
        if stored.operation.state is not State.REPLACED:
            return [stored.operation]
        rows = self._operation_rows(sql.READ_CHILDREN, id)
        if any(row[PARENT] != id for row in rows) or len(rows) != stored.row[CHILDREN]:
            raise Damaged(f"what replaced operation {id}")
        return [leaf for row in rows for leaf in self.leaves(row[0])]

    def _is_in(self, id: int) -> bool:
        return all(leaf.state in IN for leaf in self.leaves(id))

    def _operation_rows(self, statement: str, *values: int) -> list[Row]:
        if self.cache.changed_operations:
            self._write_operations()
        return self.database.rows(statement, values)

    def add_operation(self, operation: Operation) -> Operation:
        """A new one; gives it back with its id."""
        cache = self.cache
        cache.head.operations += 1
        added = replace(operation, id=cache.head.operations)
        if operation.parent is not None:
            parent = cache.operations.get(operation.parent) or self._read_operation(operation.parent)
            self._write(parent.operation, parent, 1)
        self._write(added, None)
        queue = cache.queues.get(operation.push)
        if queue and queue.end is None and len(queue.operations) > AHEAD:
            del cache.queues[operation.push]  # no more is remembered than is needed soon
        return added

    def put_operation(self, operation: Operation) -> None:
        """Replace it. A move that `LIFE` does not know is an AssertionError."""
        stored = self.cache.operations.get(operation.id) or self._read_operation(operation.id)
        before = stored.operation
        known = operation.state is before.state or operation.state in LIFE[before.state]
        assert known, f"operation {operation.id} does not go from {before.state} to {operation.state}"
        assert operation.push == before.push, "an operation stays in its push"
        self._write(operation, stored)

    def _write(self, operation: Operation, before: Stored | None, more_children: int = 0) -> None:
        """Write an operation in the place of the row that was there before."""
        cache, number = self.cache, operation.id
        owner = cache.changed_pushes[operation.push] = cache.pushes.get(operation.push) or self.push_row(operation.push)
        cache.changed = True
        if operation.note or operation.message:
            operation = replace(operation, note=scrub(operation.note), message=scrub(operation.message))
        old = before.row if before else NO_ROW
        row = encode_operation(operation, owner.number, more_children + (old[CHILDREN] if old else 0))
        cache.operations.pop(number, None)
        cache.operations[number], cache.changed_operations[number] = Stored(row, operation), row
        count_operation(owner, cache.head, old, row)
        for name, is_in in ("unsettled", row[IS_UNSETTLED]), ("unknown", row[STATE] == State.UNKNOWN):
            if name in cache.sets:
                of_lock = cache.sets[name][owner.push.lock]
                of_lock.pop(number, None)
                if is_in:
                    of_lock[number] = operation
        if queue := cache.queues.get(operation.push):
            if old:
                queue.operations.pop((old[FIRST], number), None)
            if row[IS_SENDABLE] and (queue.end is None or (row[FIRST], number) <= queue.end):
                queue.operations[row[FIRST], number] = operation
        if len(cache.changed_operations) >= KEPT:
            self._write_operations()
