"""The operations of all pushes: each a row with a checksum, and in memory those that a run needs."""

import itertools
import math
import operator
from collections import defaultdict
from dataclasses import replace

from toolkit.http.secrets import scrub
from toolkit.push.states import IN, LIFE, SENDABLE, Answer, Operation, Stamp, State
from toolkit.push.store import sql
from toolkit.push.store.database import Damaged
from toolkit.push.store.tables import (
    KEPT,
    MODULUS,
    NO_ROW,
    NONE,
    Head,
    PushRow,
    Queue,
    Row,
    Stored,
    Tables,
    checked,
    consistent,
    with_checksum,
)

AHEAD = 256  # operations to send that are read at once
by_id = operator.attrgetter("id")
PARENT, STATE, CHILDREN, FIRST, IS_SENDABLE, IS_UNSETTLED = 5, 7, 23, 24, 25, 26  # where they stand in a row


def encode_operation(operation: Operation, push_number: int, children: int) -> Row:
    """`children`: how many operations took over its rows."""
    started, ended = operation.started, operation.ended
    return with_checksum(
        "operation", operation.id, push_number, operation.kind,
        " ".join(itertools.starmap("{}:{}".format, operation.rows)), operation.size,  # "0:487 490:492"
        operation.parent, " ".join(map(str, operation.after)), operation.state, operation.answer, operation.sendings,
        *(STAMP_OF(started) if started else NO_STAMP), *(STAMP_OF(ended) if ended else NO_STAMP),
        operation.digest, int(operation.open), int(operation.believed),
        operation.note, operation.status, operation.code, operation.message,
        children, operation.rows[0][0] if operation.rows else 0, int(operation.state in SENDABLE),
        int(operation.unsettled),
    )  # fmt: skip


def decode_operation(row: Row, push: str) -> Operation:
    values = checked("operation", row, f"operation {row[0]}")
    ends = [*map(int, values[3].replace(":", " ").split())]
    return Operation(
        id=values[0], push=push, kind=values[2], rows=tuple(zip(ends[::2], ends[1::2], strict=True)), size=values[4],
        parent=values[5], after=tuple(map(int, values[6].split())), state=State(values[7]), answer=Answer(values[8]),
        sendings=values[9], started=None if values[10] is None else Stamp(*values[10:13]),
        ended=None if values[13] is None else Stamp(*values[13:16]), digest=values[16],
        open=bool(values[17]), believed=bool(values[18]), note=values[19], status=values[20], code=values[21],
        message=values[22],
    )  # fmt: skip


STAMP_OF = operator.attrgetter("epoch", "monotonic", "wall")
NO_STAMP = (None, None, None)


def operation_of(owner: PushRow, row: Row) -> Operation:
    """An operation of this push."""
    if row[1] != owner.number:
        raise Damaged(f"the operations of push {owner.push.id}")
    return decode_operation(row, owner.push.id)


def count_operation(owner: PushRow, head: Head, before: Row, after: Row) -> None:
    """Count an operation in the place of another, and in each set that it is in, so that none of a set vanishes."""
    for row, one in (before, -1), (after, 1):
        counted = [(owner.tallies, "operation")] if row else []
        if row and row[IS_SENDABLE]:
            counted.append((owner.tallies, "sendable"))
        if row and row[IS_UNSETTLED]:
            counted.append((head.tallies, "unsettled"))
        if row and row[STATE] == State.UNKNOWN:
            counted.append((head.tallies, "unknown"))
        for tallies, name in counted:
            count, total = tallies.get(name, NONE)
            tallies[name] = [count + one, (total + one * row[-1]) % MODULUS]


def without_content(operation: Operation) -> Operation:
    """What a purge leaves of it: sizes, times and marks."""
    return replace(operation, digest="", note="", code="", message="")


class OperationTables(Tables):
    """`Tables`, and the operations of the pushes."""

    def operation(self, id: int) -> Operation:
        """KeyError where there is none of this id."""
        if not 0 < id <= self.cache.head.operations:
            raise KeyError(id)
        return (self.cache.operations.get(id) or self._read_operation(id)).operation

    def _read_operation(self, id: int) -> Stored:
        if not 0 < id <= self.cache.head.operations:
            raise Damaged(f"operation {id}")
        rows = self.database.execute(sql.READ_OPERATION, (id,)).fetchall()
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
        rows: list[Row] = self.database.execute(statement, values).fetchall()
        return rows

    def add_operation(self, operation: Operation) -> Operation:
        """A new one; gives it back with its id."""
        cache = self.cache
        cache.head.operations += 1
        added = replace(operation, id=cache.head.operations)
        if operation.parent is not None:
            parent = cache.operations.get(operation.parent) or self._read_operation(operation.parent)
            self._write(parent.operation, parent, 1)
        self._write(added, None)
        if added.started:
            cache.head.sent = max(cache.head.sent, added.started.wall)
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
        if operation.started and operation.started != before.started:
            operation = replace(operation, started=self._in_order(operation.started))
        self._write(operation, stored)

    def _in_order(self, sent: Stamp) -> Stamp:
        """When a request is sent. What is sent later is later here, whatever clock was set back in the meantime."""
        head = self.cache.head
        wall = sent.wall if sent.wall >= head.sent else math.nextafter(head.sent, math.inf)
        head.sent = wall
        return replace(sent, wall=wall)

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
