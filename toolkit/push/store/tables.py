"""A ledger's tables, in transactions: the head, pushes, the count and the history; each row with a checksum.

Whatever is read from disk is checked against what was written. A transaction that writes changes the head; so where
the head is as this process left it, so is all the rest, and nothing of it is read again.
"""

import contextlib
import functools
import itertools
import json
import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from threading import get_ident
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar
from zlib import crc32

from toolkit.plain import mark, message
from toolkit.push.states import UNFINISHED, Baseline, Operation, Push, PushState, Stamp
from toolkit.push.store import sql
from toolkit.push.store.database import READING, WRITING, Connection, Damaged
from toolkit.push.store.index import Index

KEPT = 1024  # operations that stay in memory although they are settled
COUNTED = ("push",), ("push", "unfinished")  # under which names the head counts a push: one that ended, and another
S = TypeVar("S", bound="Tables")
P = ParamSpec("P")
T = TypeVar("T")
Row = tuple[Any, ...]
MODULUS = 1 << 32
NONE = (0, 0)
NO_ROW: Row = ()
CHECKSUM_OF = operator.itemgetter(-1)
ITS_HEAD, ITS_COUNT = mark("its head"), mark("its count")


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
        for row, names, one in (before, counted, -1), (after, counts, 1):
            for name in names if row else ():
                count, total = self.tallies.get(name, NONE)
                self.tallies[name] = [count + one, (total + one * row[-1]) % MODULUS]

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
    sent: float = 0  # when the latest request was
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


# ── what is known ──


class Stored(NamedTuple):
    """An operation, and the row that it is."""

    row: Row
    operation: Operation


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
    """`cache` is what is known of them in this transaction, or snapshot."""

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
            if mode == WRITING:
                database.require_files()
            database.execute(database.begins[mode])
            database.mode, database.thread = mode, get_ident()
            rows = database.execute(sql.READ_HEAD).fetchall()
            if self._latest is None or rows != [self._latest.row]:
                self._latest = self._anew(rows)
            self.cache = self._latest
            yield
            if self.cache.changed:
                self._write_changes()
            database.execute(sql.COMMIT)
            if mode == WRITING:
                database.require_files()
            if self.cache.head.writes > self._writes:
                self._writes = self.cache.head.writes
                self.leave_mark(self._writes)
        except BaseException as problem:
            self._latest = None  # what it says of this transaction is undone
            database.roll_back()
            if isinstance(problem, database.errors):
                raise database.in_a_word(problem) from None
            raise
        finally:
            database.mode, database.thread = "", 0
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
        self.database.executemany(sql.PUT_OPERATION, [*cache.changed_operations.values()])
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
        new, pushes = enumerate(cache.new_events, head.count("event") + 1), list[Row]()
        events = [with_checksum("event", n, *event) for n, event in new]
        head.add("event", events)
        for push in cache.changed_pushes.values():
            row, before = push.encoded(), push.row
            head.change(before, COUNTED[before[3] in UNFINISHED] if before else (), row, COUNTED[row[3] in UNFINISHED])
            pushes.append(row)
            push.row = row
        head.writes += 1
        cache.row, cache.changed = head.encoded(), False
        writes = (sql.ADD_EVENT, events), (sql.PUT_PUSH, pushes), (sql.WRITE_HEAD, [cache.row])
        for statement, rows in ((sql.PUT_OPERATION, [*cache.changed_operations.values()]), *writes):
            if rows:
                self.database.executemany(statement, rows)
        cache.changed_operations.clear()
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
        rows = self.database.execute(statement).fetchall()
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
        rows = self.database.execute(statement, (name,)).fetchall()
        if not rows:
            return None
        if name not in rows[0][:2]:
            raise Damaged(f"push {name}")
        return self.cache.pushes.setdefault(rows[0][1], PushRow.decoded(rows[0]))

    # ── the counter ──

    def baseline(self) -> Baseline | None:
        cache = self.cache
        if cache.counter is None and "counter" in cache.head.tallies:
            rows = self.database.execute(sql.READ_COUNTER).fetchall()
            cache.head.check("counter", rows, ITS_COUNT)
            cache.counter = rows[0], decode_baseline(rows[0])
        return cache.counter and cache.counter[1]

    def set_baseline(self, baseline: Baseline) -> None:
        cache, row = self.cache, with_checksum("counter", as_json(asdict(baseline)))
        if cache.counter is None:
            self.baseline()  # what is overwritten is counted no more
        cache.head.change(cache.counter[0] if cache.counter else NO_ROW, ["counter"], row, ["counter"])
        self.database.execute(sql.WRITE_COUNTER, row)
        cache.counter, cache.changed = (row, baseline), True


def decode_baseline(row: Row) -> Baseline:
    (content,) = checked("counter", row, ITS_COUNT)
    values = json.loads(content)
    at, first = values["at"], values["first"]
    return Baseline(**{**values, "at": Stamp(**at), "first": first and Stamp(**first)})
