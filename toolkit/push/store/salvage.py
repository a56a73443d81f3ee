"""A damaged ledger made anew of what of it is intact. What is not becomes unknown, and never "not sent before"."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from toolkit.errors import PushError
from toolkit.plain import mark, message
from toolkit.push import identity
from toolkit.push.states import (
    SENDABLE,
    Baseline,
    EventKind,
    Operation,
    Push,
    PushState,
    Ranges,
    Stamp,
    State,
    positions,
    ranges,
)
from toolkit.push.store import sql
from toolkit.push.store.database import Damaged
from toolkit.push.store.ledger import Event, StoredLedger, decode_event
from toolkit.push.store.operations import decode_operation
from toolkit.push.store.rows import ANY_LOCK, RowBlock, decode_block
from toolkit.push.store.tables import PushRow, Row, checked, decode_baseline

MISSES = 100  # numbers that nothing has, after which no more is looked for
WHY = mark("the ledger was damaged, and what it knew of this is lost")
T = TypeVar("T")


class Salvage:
    """What of a damaged ledger is intact."""

    def __init__(self, old: StoredLedger, writes: int = 0) -> None:
        """`writes`: how many transactions it once held; whatever the last ones wrote is lost where it has fewer."""
        self._database = old.database
        try:
            with old.snapshot():
                self._last: dict[str, int] = {"push": old.cache.head.pushes, "operation": old.cache.head.operations}
                self.knows_how_many = old.cache.head.writes >= writes
        except PushError:
            self._last = {}
            self.knows_how_many = _intact(self._database.rows, sql.SOUND) == [("ok",)]
        self.is_latest = bool(self._last) and self.knows_how_many and _intact(old.pushes) is not None
        counter = _intact(_counter, old)
        self.counts_hurt = not (self.is_latest and counter)  # whether later counts are explained by what is lost

    @cached_property
    def baseline(self) -> Baseline | None:
        row = _intact(self._database.row, sql.READ_COUNTER)
        kept = _intact(decode_baseline, row) if row else None
        self.counts_hurt |= bool(row) and not kept
        return kept

    @cached_property
    def pushes(self) -> dict[int, PushRow | None]:
        """By number; None where it is lost."""
        rows = self._numbered(sql.READ_PUSH_NUMBER, "push", sql.LAST_PUSH)
        intact = {number: _intact(PushRow.decoded, row) for number, row in rows}
        self.counts_hurt |= None in intact.values()
        return intact

    @cached_property
    def operations(self) -> dict[int, list[tuple[Operation, int]]]:
        """By the number of their push, each with its checksum."""
        intact: dict[int, list[tuple[Operation, int]]] = defaultdict(list)
        for _, row in self._numbered(sql.READ_OPERATION, "operation", sql.LAST_OPERATION):
            operation = _intact(decode_operation, row, "") if row else None
            if row and operation:
                intact[row[1]].append((operation, row[-1]))
            else:
                self.counts_hurt = True
        return intact

    def blocks(self, number: int, count: int | None) -> dict[int, RowBlock]:
        """The blocks of rows of a push, by number."""
        intact, missing, n = {}, 0, 0
        while n < count if count is not None else missing < MISSES:
            row = _intact(self._database.row, sql.READ_BLOCK, (number, n))
            block = _intact(decode_block, row, number)
            missing = 0 if row else missing + 1
            if block:
                intact[n] = block
            n += 1
        return intact

    def contents(self, table: str, number: int) -> list[tuple[int, Any]]:
        """What came back for rows of a push."""
        rows = _intact(self._database.rows, sql.READ_CONTENTS[table], (number,)) or []
        kept = (_intact(checked, table, (number, *row), "") for row in rows)
        return [(row[1], json.loads(row[2])) for row in kept if row]

    def events(self) -> Iterator[Event]:
        for _, row in self._numbered(sql.READ_EVENT, "event", sql.LAST_EVENT):
            values = _intact(checked, "event", row, "")
            event = _intact(decode_event, values) if values else None
            if event:
                yield event

    def _numbered(self, statement: str, kind: str, last: str) -> Iterator[tuple[int, Row | None]]:
        """Every row of a table by its number; None where there should be one."""
        end = self._last.get(kind) or (_intact(self._database.row, last) or (0,))[0]
        number = missing = 0
        while number < end if isinstance(end, int) and end else missing < MISSES:
            number += 1
            row = _intact(self._database.row, statement, (number,))
            missing = 0 if row else missing + 1
            if row or end:
                yield number, row


def _counter(old: StoredLedger) -> list[Baseline | None]:
    with old.snapshot():
        return [old.baseline()]


def _intact(read: Callable[..., T], *arguments: Any) -> T | None:
    """What is read; None where it is damaged."""
    try:
        return read(*arguments)
    except (Damaged, ValueError, TypeError, KeyError):
        return None


def pour(salvage: Salvage, new: StoredLedger, now: Stamp) -> list[str]:
    """Write all that is intact into a new ledger. Gives in words what is not."""
    sentences: list[str] = []
    with new.transaction():
        operations, baseline = salvage.operations, salvage.baseline
        for number, row in salvage.pushes.items():
            sentences += pour_push(salvage, new, number, row, operations.get(number, []))
        if not salvage.knows_how_many:
            new.put_push(stand_in("salvaged-rest", new, 0))
            new.cache.head.lost["salvaged-rest"] = 1
            sentences.append(
                message(
                    "Whether there were more pushes is lost: any row may be of one, until `salvaged-rest` is purged."
                )
            )
        known = {push.id for push in new.pushes()}
        for event in salvage.events():
            new.event(event.at, event.kind, event.push if event.push in known else "", **event.details)
        if baseline or salvage.counts_hurt:
            kept = baseline or Baseline(0, now)
            new.set_baseline(replace(kept, trusted=kept.trusted and not salvage.counts_hurt))
        if salvage.counts_hurt:
            sentences.append(
                message(
                    "The vendor's counter is not trusted any more, and requests in doubt are unknown. A person's "
                    "word ends it: {command}",
                    command=new.trust_command,
                )
            )
        new.event(now, EventKind.REPAIRED, what=sentences)
    return sentences


def pour_push(
    salvage: Salvage, new: StoredLedger, number: int, row: PushRow | None, operations: list[tuple[Operation, int]]
) -> list[str]:
    """Write one push, with all that belongs to it but its events, into another ledger. In words what is lost of it."""
    return _Pour(salvage, new, number, row).push(operations)


def stand_in(id: str, ledger: StoredLedger, rows: int) -> Push:
    """A push in the place of one that is lost."""
    return Push(
        id=id, what="?", lock=ANY_LOCK, where=ledger.about, started=ledger.cache.head.made, rows=rows,
        state=PushState.DONE, reason=message(WHY),
    )  # fmt: skip


class _Pour:
    """One push, from the old ledger into the new one."""

    def __init__(self, salvage: Salvage, new: StoredLedger, number: int, row: PushRow | None) -> None:
        self._salvage, self._new, self._number, self._row = salvage, new, number, row
        self._sentences: list[str] = []

    def push(self, operations: list[tuple[Operation, int]]) -> list[str]:
        row, new = self._row, self._new
        blocks = self._salvage.blocks(self._number, row.count("row_block") if row else None)
        push = row.push if row else self._stand_in([operation for operation, _ in operations], blocks)
        new.put_push(push)
        if row is None or blocks or row.count("row_block"):
            self._rows(push, blocks)
        self._operations(push, operations)
        for position, content in self._salvage.contents("result", self._number):
            new.keep_results(push.id, {position: content})
        for position, content in self._salvage.contents("blame", self._number):
            new.blame(push.id, position, *content)
        return self._sentences

    def _stand_in(self, operations: list[Operation], blocks: dict[int, RowBlock]) -> Push:
        """For a push of which at most its rows or operations are left."""
        ends = [stop for o in operations for _, stop in o.rows] + [b.start + len(b.words) for b in blocks.values()]
        self._sentences.append(
            message("Push number {number} is lost; rows of it that are left are unknown.", number=self._number)
        )
        return stand_in(f"salvaged-{self._number}", self._new, max(ends, default=0))

    def _rows(self, push: Push, blocks: dict[int, RowBlock]) -> None:
        """Its rows; where a block is lost, rows without a fingerprint hold the place."""
        parts, at, lost = list[RowBlock](), 0, 0
        for start, block in [*((b.start, b) for _, b in sorted(blocks.items())), (push.rows, None)]:
            if start > at:
                parts.append(RowBlock(np.zeros((start - at, identity.WORDS), np.uint64)))
                lost += start - at
            if block is not None:
                parts.append(block)
                at = start + len(block.words)
        self._new.add_rows(push.id, parts)
        if self._row is None:
            lost = max(lost, 1)  # nobody knows how many it had
        if lost:
            self._new.cache.head.lost[push.id] = lost
            self._sentences.append(
                message(
                    "{lost:,} fingerprints or more of push {id} are lost: any row may be one of these, until that "
                    "push is purged.",
                    lost=lost,
                    id=push.id,
                )
            )

    def _operations(self, push: Push, intact: list[tuple[Operation, int]]) -> None:
        """Its operations, with new ids; one more, unknown, holds the rows of those that are lost."""
        operations, first = [operation for operation, _ in intact], self._new.cache.head.operations + 1
        whole = self._whole(checksum for _, checksum in intact)
        settled_since = (*SENDABLE, State.SENT) if not (whole and self._salvage.is_latest) else ()
        ids = {o.id: first + n for n, o in enumerate(operations)}
        parents, stand_in, doubtful = {o.parent for o in operations}, first + len(operations), 0
        for o in operations:
            after = tuple(ids.get(each, stand_in) for each in o.after)
            moved = replace(o, push=push.id, parent=ids.get(o.parent or 0), after=after)
            childless = o.state is State.REPLACED and o.id not in parents
            if childless or o.state in settled_since or (o.state is State.SENT and self._salvage.counts_hurt):
                moved = replace(moved, state=State.UNKNOWN, note=message(WHY))
                doubtful += o.size
            self._new.add_operation(moved)
        if not whole and push.rows:
            left = _left(push, operations)
            self._new.add_operation(Operation(0, push.id, left, _size(left), state=State.UNKNOWN, note=message(WHY)))
            doubtful += _size(left)
        if doubtful:
            size = min(doubtful, push.rows)
            self._sentences.append(message("{size:,} rows of push {id} are unknown.", size=size, id=push.id))

    def _whole(self, checksums: Iterable[int]) -> bool:
        """Whether these are all operations that the push had."""
        if self._row is None:
            return False
        try:
            self._row.check("operation", [(each,) for each in checksums], "")
        except Damaged:
            return False
        return True


def _left(push: Push, operations: list[Operation]) -> Ranges:
    """The rows that none of these operations holds; where each holds some, nobody knows which are in doubt: all."""
    held = [positions(o.rows) for o in operations if o.state is not State.REPLACED]
    left = np.setdiff1d(np.arange(push.rows), np.concatenate(held) if held else [])
    return ranges(left) or ((0, push.rows),)


def _size(rows: Ranges) -> int:
    return sum(stop - start for start, stop in rows)
