"""What is known of a ledger's tables, for as long as nobody else writes to them."""

import itertools
from dataclasses import dataclass, field
from typing import NamedTuple

from toolkit.push.states import SENDABLE, Baseline, Operation
from toolkit.push.store.index import Index
from toolkit.push.store.records import Head, PushRow, Row

KEPT = 1024  # operations that stay in memory although they are settled


class Stored(NamedTuple):
    """An operation, and the row that it is."""

    row: Row
    operation: Operation


@dataclass
class Queue:
    """Operations of a push that can be sent or wait for others, by their first row and id; those before `end`."""

    operations: dict[tuple[int, int], Operation]
    end: tuple[int, int] | None  # None: there are no more

    def change(self, before: Operation | None, now: Operation) -> None:
        """One was written."""
        if before is not None:
            self.operations.pop(place_of(before), None)
        if now.state in SENDABLE and (self.end is None or place_of(now) <= self.end):
            self.operations[place_of(now)] = now


@dataclass
class Cache:
    """What is known of the tables."""

    head: Head
    row: Row | None  # the head as it stands on disk; None: something was written that may be undone
    pushes: dict[str, PushRow] = field(default_factory=dict)
    operations: dict[int, Stored] = field(default_factory=dict)  # those that were written or read last
    sets: dict[str, dict[int, Operation]] = field(default_factory=dict)  # unsettled, unknown
    queues: dict[str, Queue] = field(default_factory=dict)  # by push
    counter: tuple[Row, Baseline] | None = None
    indexes: dict[str, Index] = field(default_factory=dict)
    changed: dict[str, PushRow] = field(default_factory=dict)  # to be written at the end of the transaction
    written: dict[int, Row] = field(default_factory=dict)  # operations, likewise

    def forget_some(self) -> None:
        """Keep no more operations than a run needs."""
        if len(self.operations) > 2 * KEPT:
            for old in [*itertools.islice(self.operations, len(self.operations) - KEPT)]:
                del self.operations[old]


def place_of(operation: Operation) -> tuple[int, int]:
    """In which order operations are sent."""
    return operation.rows[0][0] if operation.rows else 0, operation.id
