"""Pushes, operations and the rest as rows of tables, each with a checksum over all that it says."""

import functools
import json
from dataclasses import asdict, dataclass, field, replace
from typing import Any
from zlib import crc32

from toolkit.plain import message
from toolkit.push.states import SENDABLE, UNFINISHED, Answer, Baseline, Operation, Push, PushState, Ranges, Stamp, State
from toolkit.push.store import sql
from toolkit.push.store.checksums import Damaged, Tallied, as_json

Row = tuple[Any, ...]


def checked(table: str, row: Row | None, what: str) -> Row:
    """A row without its checksum, which is its last value. Damaged where it does not match, or there is no row."""
    if row is None or crc32(as_json((table, *row[:-1])).encode()) != row[-1]:
        raise Damaged(what)
    return row[:-1]


def with_checksum(table: str, *values: Any) -> Row:
    """A row of a table, with a checksum that no row of another table has."""
    return (*values, crc32(as_json((table, *values)).encode()))


# ── the head: what the whole ledger is ──


@dataclass
class Head(Tallied):
    """One row that vouches for the others. It counts push, unfinished, counter, event, and `SETS`."""

    identity: str
    made: str  # ISO 8601, UTC
    key: str  # a digest of the key of the fingerprints
    version: int = sql.VERSION
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
        (content,) = checked("head", row, message("its head"))
        return cls(**json.loads(content))


# ── pushes ──


@dataclass(eq=False)
class PushRow(Tallied):
    """A push as the ledger keeps it. It counts operation, sendable, result, blame, event, row_block."""

    number: int
    push: Push
    checksum: int | None = None  # as it stands on disk
    was_unfinished: bool = False  # likewise

    @property
    def unfinished(self) -> bool:
        return self.push.state in UNFINISHED

    def encoded(self) -> Row:
        content = {name: value for name, value in asdict(self.push).items() if name not in IN_COLUMNS}
        push = self.push
        return with_checksum(
            "push",
            self.number,
            push.id,
            push.lock,
            push.state,
            push.rows,
            as_json(content),
            as_json(self.tallies),
        )

    @classmethod
    def decoded(cls, row: Row | None, what: str) -> "PushRow":
        number, name, lock, state, rows, content, tallies = checked("push", row, what)
        push = Push(id=name, lock=lock, state=PushState(state), rows=rows, **json.loads(content))
        read = cls(number, push, row[-1] if row else None, tallies=json.loads(tallies))
        read.was_unfinished = read.unfinished
        return read


IN_COLUMNS = ("id", "lock", "state", "rows")


# ── operations ──


def encode_operation(operation: Operation, push_number: int, children: int) -> Row:
    """`children`: how many operations took over its rows."""
    return with_checksum(
        "operation", operation.id, push_number, operation.kind, _text_of(operation.rows), operation.size,
        operation.parent, " ".join(map(str, operation.after)), operation.state, operation.answer, operation.sendings,
        *_stamp_columns(operation.started), *_stamp_columns(operation.ended), operation.digest, int(operation.open),
        int(operation.believed), operation.note, operation.status, operation.code, operation.message,
        children, operation.rows[0][0] if operation.rows else 0, int(operation.state in SENDABLE),
        int(operation.unsettled),
    )  # fmt: skip


@functools.lru_cache(maxsize=512)
def decode_operation(row: Row, push: str) -> Operation:
    values = checked("operation", row, f"operation {row[0]}")
    return Operation(
        id=values[0], push=push, kind=values[2], rows=_ranges_of(values[3]), size=values[4], parent=values[5],
        after=tuple(map(int, values[6].split())), state=State(values[7]), answer=Answer(values[8]),
        sendings=values[9], started=None if values[10] is None else Stamp(*values[10:13]),
        ended=None if values[13] is None else Stamp(*values[13:16]), digest=values[16],
        open=bool(values[17]), believed=bool(values[18]), note=values[19], status=values[20], code=values[21],
        message=values[22],
    )  # fmt: skip


def children_of(row: Row) -> int:
    """How many operations took over the rows of this one."""
    return int(row[23])


def without_content(operation: Operation) -> Operation:
    """What a purge leaves of it: sizes, times and marks."""
    return replace(operation, digest="", note="", code="", message="")


def _stamp_columns(stamp: Stamp | None) -> Row:
    return (None, None, None) if stamp is None else (stamp.epoch, stamp.monotonic, stamp.wall)


def _text_of(rows: Ranges) -> str:
    """Ranges as text, "0:487 490:492": plain for a person who looks."""
    return " ".join(f"{start}:{stop}" for start, stop in rows)


def _ranges_of(text: str) -> Ranges:
    ends = [*map(int, text.replace(":", " ").split())]
    return tuple(zip(ends[::2], ends[1::2], strict=True))


# ── the counter ──


def encode_baseline(baseline: Baseline) -> Row:
    return with_checksum("counter", as_json(asdict(baseline)))


@functools.lru_cache(maxsize=8)
def decode_baseline(row: Row) -> Baseline:
    (content,) = checked("counter", row, message("its count"))
    values = json.loads(content)
    at, first = values["at"], values["first"]
    return Baseline(**{**values, "at": Stamp(**at), "first": first and Stamp(**first)})
