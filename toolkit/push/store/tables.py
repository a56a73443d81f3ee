"""Pushes, their operations, and the last count: on disk, and in memory for as long as nobody else writes.

Whatever is read from disk is checked against what was written. A transaction that writes changes the head; so where
the head is as this process left it, so is all the rest, and nothing of it is read again.
"""

import functools
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from operator import attrgetter
from threading import get_ident
from typing import Concatenate, ParamSpec, TypeVar

from toolkit.http.secrets import scrub
from toolkit.plain import message
from toolkit.push.states import IN, LIFE, UNFINISHED, Baseline, Operation, Push, State
from toolkit.push.store import sql
from toolkit.push.store.cache import KEPT, Cache, Queue, Stored, place_of
from toolkit.push.store.database import WRITING, Connection
from toolkit.push.store.records import (
    Damaged,
    Head,
    PushRow,
    Row,
    as_json,
    children_of,
    decode_baseline,
    encode_baseline,
    encode_operation,
    operation_of,
    sets_of,
)

AHEAD = 256  # operations to send that are read at once
SETS = {"unsettled": sql.READ_UNSETTLED, "unknown": sql.READ_UNKNOWN}
S = TypeVar("S", bound="Tables")
P = ParamSpec("P")
T = TypeVar("T")
by_id = attrgetter("id")


def consistent(read: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], T]:
    """A method of which all that it reads fits together, whatever other processes write."""

    @functools.wraps(read)
    def reading(self: S, /, *arguments: P.args, **named: P.kwargs) -> T:
        if self.database.thread == get_ident():
            return read(self, *arguments, **named)
        with self.database.snapshot:
            return read(self, *arguments, **named)

    return reading


class Tables:
    """Pushes, operations, the counter. `cache` is what is known of them in this transaction, or snapshot."""

    def __init__(self, database: Connection) -> None:
        self.database = database
        self._latest: Cache | None = None
        self._writes = 0  # transactions that the ledger on disk is known to hold
        database.begun = self._begun

    def transaction(self) -> AbstractContextManager[None]:
        """All of it durable at the end, or none of it; one inside another belongs to the outer one.

        PushError where it cannot be: the disk is full, the file was taken away, another process holds it too long.
        """
        return self.database.transaction(before_commit=self._write_changes)

    def _begun(self) -> None:
        self.__dict__.pop("cache", None)

    @functools.cached_property
    def cache(self) -> Cache:
        rows = self.database.rows(sql.READ_HEAD)
        if self._latest is None or rows != [self._latest.row]:
            row = rows[0] if rows else None
            self._latest = Cache(Head.decoded(row), row)
        if self._latest.head.writes < self._writes:
            raise Damaged(message("an older copy took its place"))
        self._writes = self._latest.head.writes
        return self._latest

    @property
    def head(self) -> Head:
        """What vouches for the rest."""
        return self.cache.head

    def changing(self) -> Head:
        """The head, to change it."""
        assert self.database.mode == WRITING, "a ledger is written to inside a transaction"
        self.cache.row = None
        return self.cache.head

    def changing_push(self, push: str) -> PushRow:
        """A push and what is kept of it, to change it."""
        self.changing()
        row = self.cache.changed[push] = self.push_row(push)
        return row

    def _write_operations(self) -> None:
        cache = self.cache
        if cache.written:
            self.database.many(sql.PUT_OPERATION, [*cache.written.values()])
            cache.written.clear()
            cache.forget_some()

    def _write_changes(self) -> None:
        """Write what changed, before the transaction ends or all pushes are read."""
        cache: Cache | None = self.__dict__.get("cache")
        if cache is None or cache.row is not None:
            return
        self._write_operations()
        head = cache.head
        for push in cache.changed.values():
            row, before = push.encoded(), push.row
            self.database.rows(sql.PUT_PUSH if before else sql.ADD_PUSH, row)
            head.change("push", before, row)
            left = before if before and before[3] in UNFINISHED else None
            head.change("unfinished", left, row if row[3] in UNFINISHED else None)
            push.row = row
        cache.changed.clear()
        head.writes += 1
        cache.row = head.encoded()
        self.database.rows(sql.WRITE_HEAD, cache.row)

    # ── the counter ──

    @consistent
    def baseline(self) -> Baseline | None:
        cache = self.cache
        if cache.counter is None and cache.head.count("counter"):
            rows = self.database.rows(sql.READ_COUNTER)
            cache.head.check("counter", rows, "its count")
            cache.counter = rows[0], decode_baseline(rows[0])
        return cache.counter and cache.counter[1]

    def set_baseline(self, baseline: Baseline) -> None:
        self.baseline()  # what is overwritten is counted no more
        head, cache, row = self.changing(), self.cache, encode_baseline(baseline)
        self.database.rows(sql.WRITE_COUNTER, row)
        head.change("counter", cache.counter and cache.counter[0], row)
        cache.counter = row, baseline

    # ── pushes ──

    @consistent
    def push(self, id: str) -> Push:
        """KeyError where there is none of this id."""
        return self.push_row(id).push

    def pushes(self) -> list[Push]:
        """All of them, in the order in which they began."""
        return self._all_pushes(sql.READ_PUSHES, "push")

    def unfinished(self) -> list[Push]:
        """Those that are open or paused."""
        return self._all_pushes(sql.READ_UNFINISHED, "unfinished")

    def put_push(self, push: Push) -> None:
        """Add it, or replace the one with its id."""
        head, cache = self.changing(), self.cache
        row = cache.pushes.get(push.id) or self._read_push(sql.READ_PUSH, push.id)
        if row is None:
            head.pushes += 1
            row = cache.pushes[push.id] = PushRow(head.pushes, push)
        if push.facts is not row.push.facts or row.row is None:
            push = replace(push, facts=json.loads(as_json(push.facts)))
        row.push = push
        cache.changed[push.id] = row

    @consistent
    def _all_pushes(self, statement: str, tally: str) -> list[Push]:
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
        row = self.database.row(statement, (name,))
        if row is None:
            return None
        if name not in row[:2]:
            raise Damaged(f"push {name}")
        return self.cache.pushes.setdefault(row[1], PushRow.decoded(row))

    # ── operations ──

    @consistent
    def operation(self, id: int) -> Operation:
        """KeyError where there is none of this id."""
        if not 0 < id <= self.cache.head.operations:
            raise KeyError(id)
        return self._stored(id).operation

    def _stored(self, id: int) -> Stored:
        if known := self.cache.operations.get(id):
            return known
        row = self.database.row(sql.READ_OPERATION, (id,)) if 0 < id <= self.cache.head.operations else None
        if row is None:
            raise Damaged(f"operation {id}")
        stored = self.cache.operations[id] = Stored(row, operation_of(self._push_numbered(row[1]), row))
        return stored

    @consistent
    def operations(self, push: str) -> list[Operation]:
        """All of one push, by id."""
        owner, known = self.push_row(push), self.cache.operations
        kept = [stored.operation for stored in known.values() if stored.operation.push == push]
        if len(kept) == owner.count("operation"):
            return sorted(kept, key=by_id)
        rows = self._operation_rows(sql.READ_OPERATIONS, owner.number)
        owner.check("operation", rows, f"the operations of push {push}")
        operations = [operation_of(owner, row) for row in rows]
        if len(rows) <= KEPT:
            known |= {row[0]: Stored(row, each) for row, each in zip(rows, operations, strict=True)}
            self.cache.forget_some()
        return operations

    def unsettled(self, lock: str) -> list[Operation]:
        """Of every push of this lock, those that are `unsettled`. Its time does not grow with the others."""
        return self._set("unsettled", lock)

    def unknown(self, lock: str) -> list[Operation]:
        """Of every push of this lock, those that are `unknown`. Its time does not grow with the others."""
        return self._set("unknown", lock)

    def in_doubt(self) -> int:
        """How many operations of all locks are `sent`, and nothing shows what became of them."""
        return sum(operation.state is State.SENT for operation in self._set("unsettled", None))

    @consistent
    def _set(self, name: str, lock: str | None) -> list[Operation]:
        cache = self.cache
        operations = cache.sets.get(name)
        if operations is None:
            rows = self._operation_rows(SETS[name])
            cache.head.check(name, rows, f"its {name} operations")
            operations = cache.sets[name] = {row[0]: operation_of(self._push_numbered(row[1]), row) for row in rows}
        return [o for _, o in sorted(operations.items()) if lock in (None, cache.pushes[o.push].push.lock)]

    @consistent
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

    @consistent
    def planned(self, push: str) -> list[Operation]:
        """Those that are to be sent, whatever they wait for."""
        queue = self.cache.queues.get(push)
        if queue is None or queue.end is not None:
            queue = self._read_queue(push, self.push_row(push).count("sendable") + 1)
        return [*queue.operations.values()]

    def _read_queue(self, push: str, size: int) -> Queue:
        owner = self.push_row(push)
        rows = self._operation_rows(sql.READ_SENDABLE, owner.number, size)
        operations = {place_of(o): o for o in [operation_of(owner, row) for row in rows]}
        if len(rows) < size:
            owner.check("sendable", rows, f"what is planned of push {push}")
        queue = self.cache.queues[push] = Queue(operations, None if len(rows) < size else [*operations][-1])
        return queue

    @consistent
    def leaves(self, id: int) -> list[Operation]:
        """The operations that hold its rows now: itself, or what replaced it."""
        stored = self._stored(id)
        if stored.operation.state is not State.REPLACED:
            return [stored.operation]
        rows = self._operation_rows(sql.READ_CHILDREN, id)
        if any(row[5] != id for row in rows) or len(rows) != children_of(stored.row):
            raise Damaged(f"what replaced operation {id}")
        return [leaf for row in rows for leaf in self.leaves(row[0])]

    def _is_in(self, id: int) -> bool:
        return all(leaf.state in IN for leaf in self.leaves(id))

    def _operation_rows(self, statement: str, *values: int) -> list[Row]:
        if self.cache.written:
            self._write_operations()
        return self.database.rows(statement, values)

    def add_operation(self, operation: Operation) -> Operation:
        """A new one; gives it back with its id."""
        head = self.changing()
        head.operations += 1
        added = replace(operation, id=head.operations)
        if operation.parent is not None:
            parent = self._stored(operation.parent)
            self._write(parent.operation, parent, 1)
        self._write(added, None)
        return added

    def put_operation(self, operation: Operation) -> None:
        """Replace it. A move that `LIFE` does not know is an AssertionError."""
        self.changing()
        stored = self._stored(operation.id)
        before = stored.operation
        known = operation.state is before.state or operation.state in LIFE[before.state]
        assert known, f"operation {operation.id} does not go from {before.state} to {operation.state}"
        assert operation.push == before.push, "an operation stays in its push"
        self._write(operation, stored)

    def _write(self, operation: Operation, before: Stored | None, more_children: int = 0) -> None:
        """Write an operation in the place of the row that was there before."""
        cache, owner = self.cache, self.push_row(operation.push)
        cache.changed[operation.push] = owner
        if operation.note or operation.message:
            operation = replace(operation, note=scrub(operation.note), message=scrub(operation.message))
        old = before and before.row
        row = encode_operation(operation, owner.number, more_children + (children_of(old) if old else 0))
        cache.operations.pop(operation.id, None)
        cache.operations[operation.id], cache.written[operation.id] = Stored(row, operation), row
        owner.change("operation", old, row)
        sets, left = sets_of(row), sets_of(old) if old else []
        for name in {*sets, *left}:
            tallied = owner if name == "sendable" else cache.head
            tallied.change(name, old if name in left else None, row if name in sets else None)
            if name in cache.sets:
                cache.sets[name].pop(operation.id, None)
                if name in sets:
                    cache.sets[name][operation.id] = operation
        if operation.push in cache.queues:
            cache.queues[operation.push].change(before and before.operation, operation)
        if len(cache.written) >= KEPT:
            self._write_operations()
