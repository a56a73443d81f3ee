"""What the runner reads and writes of a ledger, in SQLite. Whatever is read is checked against what was written."""

import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cached_property
from typing import Any, NamedTuple

from toolkit.http.secrets import scrub
from toolkit.push.states import IN, LIFE, SENDABLE, Baseline, EventKind, Operation, Push, Stamp, State
from toolkit.push.store import sql
from toolkit.push.store.checksums import Damaged, Tallied, as_json
from toolkit.push.store.connection import WRITING, Connection
from toolkit.push.store.records import (
    Head,
    PushRow,
    Row,
    checked,
    children_of,
    decode_baseline,
    decode_operation,
    encode_baseline,
    encode_operation,
    with_checksum,
)

SETS: dict[str, Callable[[Operation], bool]] = {  # operations that are counted apart, so that none of them vanishes
    "unsettled": lambda operation: operation.unsettled,
    "unknown": lambda operation: operation.state is State.UNKNOWN,
}


def is_sendable(operation: Operation) -> bool:
    return operation.state in SENDABLE


class Event(NamedTuple):
    """Something that happened, as the ledger keeps it."""

    at: Stamp
    kind: EventKind
    push: str
    details: dict[str, Any]


class Tables:
    """Pushes, operations, counter, events. Rows are read one snapshot or transaction at a time, and not kept longer."""

    def __init__(self, database: Connection) -> None:
        self.database = database
        self._cached_pushes: dict[str, PushRow] = {}
        self._changed: dict[str, PushRow] = {}
        self._unchanged: dict[str, tuple[Row, PushRow]] = {}  # pushes as they were read, and with which row
        database.begun = self._begun

    def transaction(self) -> AbstractContextManager[None]:
        """All of it durable at the end, or none of it; one inside another belongs to the outer one.

        PushError where it cannot be: the disk is full, the file was taken away, another process holds it too long.
        """
        return self.database.transaction(self._flush)

    # ── the counter ──

    def baseline(self) -> Baseline | None:
        with self.database.snapshot:
            row = self.database.row(sql.READ_COUNTER)
            self.head.check("counter", [] if row is None else [row[-1]], "its count")
            return None if row is None else decode_baseline(row)

    def set_baseline(self, baseline: Baseline) -> None:
        head = self._writable_head()
        row, before = encode_baseline(baseline), self.database.row(sql.READ_COUNTER)
        head.check("counter", [before[-1]] if before else [], "its count")
        self.database.rows(sql.WRITE_COUNTER, row)
        head.change("counter", before[-1] if before else None, row[-1])

    # ── pushes ──

    def push(self, id: str) -> Push:
        """KeyError where there is none of this id."""
        with self.database.snapshot:
            return self.push_row(id).push

    def pushes(self) -> list[Push]:
        """All of them, in the order in which they began."""
        return [row.push for row in self._all_pushes(sql.READ_PUSHES, "push")]

    def unfinished(self) -> list[Push]:
        """Those that are open or paused."""
        return [row.push for row in self._all_pushes(sql.READ_UNFINISHED, "unfinished")]

    def put_push(self, push: Push) -> None:
        """Add it, or replace the one with its id."""
        head = self._writable_head()
        row = self._kept_push(push.id)
        if row is None:
            head.pushes += 1
            row = self._cached_pushes[push.id] = PushRow(head.pushes, push)
        row.push = push
        self._changed[push.id] = row
        self._unchanged.pop(push.id, None)

    def _all_pushes(self, statement: str, tally: str) -> list[PushRow]:
        with self.database.snapshot:
            self._flush()
            rows = self.database.rows(statement)
            self.head.check(tally, [row[-1] for row in rows], "its pushes")
            return [PushRow.decoded(row, f"push {row[1]}") for row in rows]

    # ── operations ──

    def operation(self, id: int) -> Operation:
        """KeyError where there is none of this id."""
        with self.database.snapshot:
            if not 0 < id <= self.head.operations:
                raise KeyError(id)
            return self._decoded(self.database.row(sql.READ_OPERATION, (id,)), f"operation {id}")

    def operations(self, push: str) -> list[Operation]:
        """All of one push, by id."""
        with self.database.snapshot:
            owner = self.push_row(push)
            rows = self.database.rows(sql.READ_OPERATIONS, (owner.number,))
            owner.check("operation", [row[-1] for row in rows], f"the operations of push {push}")
            return [operation_of(owner, row) for row in rows]

    def unsettled(self, lock: str) -> list[Operation]:
        """Of every push of this lock, those that are `unsettled`. Its time does not grow with the others."""
        return self._set("unsettled", sql.READ_UNSETTLED, lock)

    def unknown(self, lock: str) -> list[Operation]:
        """Of every push of this lock, those that are `unknown`. Its time does not grow with the others."""
        return self._set("unknown", sql.READ_UNKNOWN, lock)

    def in_doubt(self) -> int:
        """How many operations of all locks are `sent`, and nothing shows what became of them."""
        return sum(operation.state is State.SENT for operation in self._set("unsettled", sql.READ_UNSETTLED, None))

    def _set(self, name: str, statement: str, lock: str | None) -> list[Operation]:
        with self.database.snapshot:
            rows = self.database.rows(statement)
            self.head.check(name, [row[-1] for row in rows], f"its {name} operations")
            numbers = {row[1]: self._push_numbered(row[1]) for row in rows}
            return [
                decode_operation(row, numbers[row[1]].push.id)
                for row in rows
                if lock in (None, numbers[row[1]].push.lock)
            ]

    def sendable(self, push: str, limit: int) -> list[Operation]:
        """Those whose turn it is: planned, all that they wait for is in; by their first row, then by id."""
        ready: dict[int, Operation] = {}
        with self.database.snapshot:
            owner, many, checksums = self.push_row(push), max(limit, 16), list[Any]()
            for start in itertools.count(0, many):
                rows = self.database.rows(sql.READ_SENDABLE, (owner.number, many, start))
                checksums += [row[-1] for row in rows]
                for operation in [operation_of(owner, row) for row in rows]:
                    if all(map(self._is_in, operation.after)):
                        ready[operation.id] = operation
                if len(ready) >= limit:
                    return list(ready.values())[:limit]
                if len(rows) < many:
                    owner.check("sendable", checksums, f"what is planned of push {push}")
                    return list(ready.values())
        raise AssertionError("a table ends")

    def leaves(self, id: int) -> list[Operation]:
        """The operations that hold its rows now: itself, or what replaced it."""
        with self.database.snapshot:
            row = self.database.row(sql.READ_OPERATION, (id,)) if 0 < id <= self.head.operations else None
            operation = self._decoded(row, f"operation {id}")
            if operation.state is not State.REPLACED or row is None:
                return [operation]
            children = {child[0]: child[5] for child in self.database.rows(sql.READ_CHILDREN, (id,))}
            if set(children.values()) != {id} or len(children) != children_of(row):
                raise Damaged(f"what replaced operation {id}")
            return [leaf for child in children for leaf in self.leaves(child)]

    def _is_in(self, id: int) -> bool:
        return all(leaf.state in IN for leaf in self.leaves(id))

    def add_operation(self, operation: Operation) -> Operation:
        """A new one; gives it back with its id."""
        head = self._writable_head()
        head.operations += 1
        added = replace(operation, id=head.operations)
        if operation.parent is not None:
            row = self.database.row(sql.READ_OPERATION, (operation.parent,))
            parent = self._decoded(row, f"operation {operation.parent}")
            self._write(parent, row, 1)
        self._write(added, None)
        return added

    def put_operation(self, operation: Operation) -> None:
        """Replace it. A move that `LIFE` does not know is an AssertionError."""
        self._writable_head()
        row = self.database.row(sql.READ_OPERATION, (operation.id,))
        before = self._decoded(row, f"operation {operation.id}")
        known = operation.state is before.state or operation.state in LIFE[before.state]
        assert known, f"operation {operation.id} does not go from {before.state} to {operation.state}"
        assert operation.push == before.push, "an operation stays in its push"
        self._write(operation, row)

    def _write(self, operation: Operation, before: Row | None, more_children: int = 0) -> None:
        """Write an operation in the place of the row that was there before."""
        owner = self._changing(operation.push)
        written = replace(operation, note=scrub(operation.note), message=scrub(operation.message))
        row = encode_operation(written, owner.number, more_children + (children_of(before) if before else 0))
        self.database.rows(sql.PUT_OPERATION, row)
        was = decode_operation(before, operation.push) if before else None
        mark = before[-1] if before else None
        owner.change("operation", mark, row[-1])
        tallies: list[tuple[Tallied, str, Callable[[Operation], bool]]] = [(owner, "sendable", is_sendable)]
        for counter, name, belongs in [*tallies, *((self.head, name, belongs) for name, belongs in SETS.items())]:
            gone, new = was is not None and belongs(was), belongs(written)
            if gone or new:
                counter.change(name, mark if gone else None, row[-1] if new else None)

    def _decoded(self, row: Row | None, what: str) -> Operation:
        if row is None:
            raise Damaged(what)
        return decode_operation(row, self._push_numbered(row[1]).push.id)

    # ── what came back for rows ──

    def keep_results(self, push: str, results: Mapping[int, Mapping[str, Any]]) -> None:
        """Add to what the vendor gave back for rows, by position in the push."""
        owner = self._changing(push)
        for position, values in results.items():
            key = owner.number, int(position)
            before = self.database.row(sql.READ_RESULT, key)
            earlier = json.loads(checked("result", (*key, *before), f"a result of push {push}")[-1]) if before else {}
            row = with_checksum("result", *key, as_json({**earlier, **values}))
            self.database.rows(sql.PUT_RESULT, row)
            owner.change("result", before[-1] if before else None, row[-1])

    def results(self, push: str) -> dict[int, dict[str, Any]]:
        return dict(self._contents(push, sql.READ_RESULTS, "result"))

    def blame(self, push: str, position: int, error: str, column: str | None) -> None:
        """Say why a row was refused."""
        owner = self._changing(push)
        key = owner.number, int(position)
        before = self.database.row(sql.READ_BLAME, key)
        if before:
            checked("blame", (*key, *before), f"a blame of push {push}")
        row = with_checksum("blame", *key, as_json([scrub(error), column]))
        self.database.rows(sql.PUT_BLAME, row)
        owner.change("blame", before[-1] if before else None, row[-1])

    def blames(self, push: str) -> dict[int, tuple[str, str | None]]:
        return {
            position: (error, column) for position, (error, column) in self._contents(push, sql.READ_BLAMES, "blame")
        }

    def _contents(self, push: str, statement: str, table: str) -> Iterator[tuple[int, Any]]:
        with self.database.snapshot:
            owner, what = self.push_row(push), f"a {table} of push {push}"
            rows = self.database.rows(statement, (owner.number,))
            owner.check(table, [row[-1] for row in rows], what)
        for row in rows:
            yield row[0], json.loads(checked(table, (owner.number, *row), what)[-1])

    # ── what happened ──

    def event(self, at: Stamp, kind: EventKind, push: str = "", **details: Any) -> None:
        """Add to the history."""
        head = self._writable_head()
        content = scrub(as_json([at.epoch, at.monotonic, at.wall, kind, details]))
        row = with_checksum("event", head.count("event") + 1, push, content)
        self.database.rows(sql.ADD_EVENT, row)
        head.change("event", None, row[-1])
        if push:
            self._changing(push).change("event", None, row[-1])

    def events(self, push: str | None = None) -> list[Event]:
        """The history, of one push or of all."""
        with self.database.snapshot:
            if push is None:
                rows = self.database.rows(sql.READ_EVENTS)
                self.head.check("event", [row[-1] for row in rows], "its history")
            else:
                rows = self.database.rows(sql.READ_EVENTS_OF, (push,))
                self.push_row(push).check("event", [row[-1] for row in rows], f"the history of push {push}")
        return [decode_event(checked("event", row, f"event {row[0]}")) for row in rows]

    # ── what vouches for the rest ──

    @cached_property
    def head(self) -> Head:
        return Head.decoded(self.database.row(sql.READ_HEAD))

    def _writable_head(self) -> Head:
        assert self.database.mode == WRITING, "a ledger is written to inside a transaction"
        return self.head

    def _begun(self) -> None:
        """Another process may have written since."""
        self.__dict__.pop("head", None)
        self._cached_pushes, self._changed = {}, {}

    def push_row(self, id: str) -> PushRow:
        """A push and what is kept of it; KeyError where there is none of this id."""
        row = self._kept_push(id)
        if row is None:
            if any(each.push.id == id for each in self._all_pushes(sql.READ_PUSHES, "push")):
                raise Damaged("the list of its pushes")
            raise KeyError(id)
        return row

    def _kept_push(self, id: str) -> PushRow | None:
        if id not in self._cached_pushes:
            row = self.database.row(sql.READ_PUSH, (id,))
            if row is None:
                return None
            if row[1] != id:
                raise Damaged(f"push {id}")
            return self._read_push(row)
        return self._cached_pushes[id]

    def _push_numbered(self, number: int) -> PushRow:
        for known in self._cached_pushes.values():
            if known.number == number:
                return known
        row = self.database.row(sql.READ_PUSH_NUMBER, (number,))
        if row is None:
            raise Damaged(f"push number {number}")
        return self._read_push(row)

    def _read_push(self, row: Row) -> PushRow:
        """A push that was not read yet since this began; what is decoded of it may be known from before."""
        before, known = self._unchanged.get(row[1], (None, None))
        if known is None or before != row:
            known = PushRow.decoded(row, f"push {row[1]}")
            self._unchanged[known.push.id] = row, known
        return self._cached_pushes.setdefault(known.push.id, known)

    def _changing(self, push: str) -> PushRow:
        self._writable_head()
        row = self._changed[push] = self.push_row(push)
        self._unchanged.pop(push, None)
        return row

    def _flush(self) -> None:
        """Write the pushes that changed, and the head, before the transaction ends or all pushes are read."""
        if self.database.mode != WRITING:
            return
        head = self.head
        for row in self._changed.values():
            values = row.encoded()
            self.database.rows(
                *((sql.ADD_PUSH, values) if row.checksum is None else (sql.CHANGE_PUSH, _to_change(values)))
            )
            head.change("push", row.checksum, values[-1])
            head.change(
                "unfinished", row.checksum if row.was_unfinished else None, values[-1] if row.unfinished else None
            )
            row.checksum, row.was_unfinished = values[-1], row.unfinished
        self._changed.clear()
        self.database.rows(sql.WRITE_HEAD, head.encoded())


def operation_of(owner: PushRow, row: Row) -> Operation:
    """An operation of this push."""
    if row[1] != owner.number:
        raise Damaged(f"the operations of push {owner.push.id}")
    return decode_operation(row, owner.push.id)


def _to_change(values: tuple[Any, ...]) -> tuple[Any, ...]:
    return (*values[1:], values[0])


def decode_event(values: tuple[Any, ...]) -> Event:
    _, push, content = values
    *at, kind, details = json.loads(content)
    return Event(Stamp(*at), EventKind(kind), push, details)
