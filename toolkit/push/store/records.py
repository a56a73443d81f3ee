"""Pushes, operations and the rest as rows of tables, each with a checksum over all that it says.

SQLite has no checksums, and a flipped bit in a fingerprint would send a row twice.
"""

import itertools
import json
import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, NamedTuple
from zlib import crc32

from toolkit.errors import PushError
from toolkit.plain import mark, message
from toolkit.push.states import SENDABLE, Answer, Baseline, Operation, Push, PushState, Stamp, State
from toolkit.push.store import sql

Row = tuple[Any, ...]
MODULUS = 1 << 32
NONE = (0, 0)
NO_ROW: Row = ()
CHECKSUM_OF = operator.itemgetter(-1)
ITS_HEAD, ITS_COUNT = mark("its head"), mark("its count")


class Damaged(PushError):
    """Something in a ledger is not what was written."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(
            message(
                "the ledger is damaged ({what}); nothing more was sent. `analyst-toolkit ledger check` says "
                "what is known, and how to go on",
                what=what,
            )
        )


as_json = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=str
).encode  # compact, always the same for the same value


@dataclass(eq=False, kw_only=True)
class Tallied:
    """What counts rows of tables, and adds up their checksums: a row that vanishes is noticed."""

    tallies: dict[str, list[int]] = field(default_factory=dict)  # a number of rows, and the sum of their checksums

    def count(self, name: str) -> int:
        """How many rows there are."""
        return self.tallies.get(name, NONE)[0]

    def change(self, before: Row, counted: Iterable[str], after: Row, counts: Iterable[str]) -> None:
        """A row, which now counts under these names, stands in the place of another; an empty one counts under none."""
        for name in counted if before else ():
            count, total = self.tallies.get(name, NONE)
            self.tallies[name] = [count - 1, (total - before[-1]) % MODULUS]
        for name in counts if after else ():
            count, total = self.tallies.get(name, NONE)
            self.tallies[name] = [count + 1, (total + after[-1]) % MODULUS]

    def add(self, name: str, rows: Sequence[Row]) -> None:
        """There are these rows more."""
        count, total = self.tallies.get(name, NONE)
        self.tallies[name] = [count + len(rows), (total + sum(map(CHECKSUM_OF, rows))) % MODULUS]

    def check(self, name: str, rows: Sequence[Row], what: str) -> None:
        """Raise where these are not the rows that it counted, by their last values."""
        count, total = self.tallies.get(name, NONE)
        try:
            intact = len(rows) == count and sum(map(CHECKSUM_OF, rows)) % MODULUS == total
        except TypeError:  # what should be a number is none
            intact = False
        if not intact:
            raise Damaged(
                message("{what}: {count:,} were written, and these are not they", what=message(what), count=count)
            )


def checked(table: str, row: Row | None, what: str) -> Row:
    """A row without its checksum, which is its last value. Damaged where it does not match, or there is no row."""
    if row is None or crc32(as_json((table, *row[:-1])).encode()) != row[-1]:
        raise Damaged(message(what))
    return row[:-1]


def with_checksum(table: str, *values: Any) -> Row:
    """A row of a table, with a checksum that no row of another table has."""
    return (*values, crc32(as_json((table, *values)).encode()))


# ── the head: what the whole ledger is ──


@dataclass
class Head(Tallied):
    """One row that vouches for the others. It counts push, unfinished, counter, event, unsettled, unknown."""

    identity: str
    made: str  # ISO 8601, UTC
    key: str  # a digest of the key of the fingerprints
    version: int = sql.VERSION
    writes: int = 0  # transactions that wrote: an older copy of the ledger has fewer
    rows: int = 0  # that were ever numbered
    pushes: int = 0
    operations: int = 0
    lost: dict[str, int] = field(default_factory=dict)  # rows of a push whose fingerprints damage took away
    keys: dict[str, int] = field(default_factory=dict)  # rows that were moved in under another key, by its digest
    catalogs: dict[str, int] = field(default_factory=dict)  # the checksum of each

    def encoded(self) -> Row:
        return with_checksum("head", as_json(vars(self)))

    @classmethod
    def decoded(cls, row: Row | None) -> "Head":
        (content,) = checked("head", row, ITS_HEAD)
        try:
            return cls(**json.loads(content))
        except TypeError:  # of another version
            raise Damaged(message(ITS_HEAD)) from None


# ── pushes ──


@dataclass(eq=False)
class PushRow(Tallied):
    """A push as the ledger keeps it. It counts operation, sendable, result, blame, row_block."""

    number: int
    push: Push
    row: Row = NO_ROW  # as it stands on disk

    def encoded(self) -> Row:
        push = self.push
        content = as_json(dict(zip(IN_CONTENT, CONTENT_OF(push), strict=True)))
        return with_checksum(
            "push", self.number, push.id, push.lock, push.state, push.rows, content, as_json(self.tallies)
        )

    @classmethod
    def decoded(cls, row: Row) -> "PushRow":
        number, name, lock, state, rows, content, tallies = checked("push", row, f"push {row[1]}")
        push = Push(id=name, lock=lock, state=PushState(state), rows=rows, **json.loads(content))
        return cls(number, push, row, tallies=json.loads(tallies))


IN_CONTENT = tuple({field.name for field in fields(Push)} - {"id", "lock", "state", "rows"})
CONTENT_OF = operator.attrgetter(*IN_CONTENT)


# ── operations ──


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


class Stored(NamedTuple):
    """An operation, and the row that it is."""

    row: Row
    operation: Operation


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


# ── the counter ──


def decode_baseline(row: Row) -> Baseline:
    (content,) = checked("counter", row, ITS_COUNT)
    values = json.loads(content)
    at, first = values["at"], values["first"]
    return Baseline(**{**values, "at": Stamp(**at), "first": first and Stamp(**first)})
