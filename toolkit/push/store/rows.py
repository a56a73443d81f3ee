"""The rows of all pushes: what each is known by, and which of ours were sent before.

A row is four words of 64 bits: two of its content, one of its label, one of what names it. They stand in blocks, by
push; an index finds them by the first word of the content, and by the name. Words are keyed with what the memory is
about, so that rows of another database or envelope never meet these.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from toolkit.errors import PushError
from toolkit.push import identity
from toolkit.push.states import Operation, Push, PushState, State, positions
from toolkit.push.store import sql
from toolkit.push.store.checksums import Damaged, as_bytes, checksum
from toolkit.push.store.connection import WRITING
from toolkit.push.store.index import LAST_SERIAL, Index, distinct
from toolkit.push.store.records import PushRow, Row
from toolkit.push.store.tables import Tables

NOT_GONE = (State.PLANNED, State.REJECTED, State.RESOLVED_NOT_COMMITTED, State.REPLACED)
STATES = tuple(State)
GONE = np.array([state not in NOT_GONE for state in STATES])
KINDS = ("print", "name", "push")
ANY_LOCK = "?"  # of a push of which damage left too little to say


class RowBlock(NamedTuple):
    """Some rows of a frame that follow each other."""

    words: np.ndarray  # of uint64, four a row; of the rows that can be sent
    bad: np.ndarray  # of uint32: where in the block the others stand
    digest: bytes = b""  # of the block of the frame, and of all that its words hang on; b"" where it is not known


class Earlier(NamedTuple):
    """Rows of ours that an earlier push sent, one entry each."""

    rows: np.ndarray  # their places among ours
    pushes: np.ndarray  # of str
    positions: np.ndarray  # in that push
    states: np.ndarray  # of `State`
    words: np.ndarray  # of the earlier row


class RowTables(Tables):
    """`Tables`, and the rows of the pushes."""

    def add_rows(self, push: str, blocks: Iterable[RowBlock]) -> None:
        """The rows of a push, in the transaction that adds it."""
        head, owner = self._writable_head(), self._changing(push)
        new = owner.first_row is None and not owner.tally("operation").count
        assert new, "a push gets its rows once, and before its operations"
        if head.rows + owner.push.rows > LAST_SERIAL:
            raise PushError("this ledger is full: it has numbered four billion rows; nothing was sent")
        owner.first_row, start = head.rows, 0
        keys: list[np.ndarray] = [np.empty((0, 2), np.uint64)]
        for number, block in enumerate(blocks):
            row = _encoded(owner.number, number, start, block)
            self.database.rows(sql.ADD_BLOCK, row)
            owner.tally("row_block").change(None, row[-1])
            start += len(block.words)
            keys.append(block.words[:, [0, identity.CELL]])
        assert start == owner.push.rows, "a push has as many rows as it says"
        head.rows += start
        self._index(np.concatenate(keys), owner)

    def remove_rows(self, push: str) -> None:
        """Forget the rows of a push, and that its call was made. Whoever counts them keeps the operations."""
        owner = self._changing(push)
        if owner.first_row is not None:
            end = owner.first_row + owner.push.rows
            words = self.row_words(push)
            for kind, column in (("print", 0), ("name", identity.CELL)):
                self._remove_keys(kind, distinct(words[:, column]), owner.first_row, end)
            self.database.rows(sql.REMOVE_BLOCKS, (owner.number,))
        self._remove_keys("push", push_keys(owner.push.lock, [owner.push.key]), owner.number, owner.number + 1)
        self._writable_head().lost.pop(push, None)
        owner.first_row, owner.push = None, replace(owner.push, key="", facts=None)
        owner.tallies.pop("row_block", None)

    def lost_rows(self, lock: str) -> dict[str, int]:
        """Pushes of this lock that damage took fingerprints from, and of how many rows: these may be any rows.

        As long as there are such, nobody can say of a row that it was not sent before. A purge of the push ends it.
        """
        with self.database.snapshot():
            lost = dict(self.head.lost)
            return {push: rows for push, rows in lost.items() if self.push_row(push).push.lock in (lock, ANY_LOCK)}

    def blocks(self, push: str) -> list[RowBlock]:
        """The rows of a push, block by block; none where they were purged."""
        with self.database.snapshot():
            return [block for _, block in self._blocks(self.push_row(push))]

    def row_words(self, push: str) -> np.ndarray:
        """The four words of each row of a push."""
        return np.concatenate([np.empty((0, identity.WORDS), np.uint64), *(b.words for b in self.blocks(push))])

    def pushes_of_frame(self, digests: Sequence[bytes]) -> list[Push]:
        """The pushes whose rows are exactly these blocks of a frame, in the order in which they began.

        Of a frame in part nothing follows: how a cell is read may hang on all cells of its column.
        """
        if not digests or not all(digests):
            return []
        with self.database.snapshot():
            numbers = [number for (number,) in self.database.rows(sql.READ_PUSHES_LIKE, (digests[0],))]
            pushes = [self._push_numbered(number).push for number in numbers]
            return [push for push in pushes if [block.digest for block in self.blocks(push.id)] == [*digests]]

    def pushes_with_key(self, lock: str, key: str) -> list[Push]:
        """The pushes of the same rows for the same thing, in the order in which they began."""
        with self.database.snapshot():
            numbers = self.index_of("push").find(push_keys(lock, [key])).serials.tolist()
            rows = [self._push_numbered(number) for number in sorted(numbers)]
        return [row.push for row in rows if (row.push.lock, row.push.key) == (lock, key)]

    def push_with_key(self, lock: str, key: str) -> Push | None:
        """The latest of them that no other took over."""
        serving = [push for push in self.pushes_with_key(lock, key) if push.state is not PushState.SUPERSEDED]
        return serving[-1] if serving else None

    def sent_before(self, prints: np.ndarray, apart_from: Collection[str] = ()) -> Earlier:
        """Which of these rows an earlier push sent, twin for twin, those first of which it is known what became.

        What was never sent, was rejected, or is known not to be there does not count.
        """
        with self.database.snapshot():
            serials = np.sort(self.index_of("print").find(distinct(prints[:, 0])).serials)
            sent = self._gone(serials)
        others = ~np.isin(sent.pushes.astype(str), [*apart_from])
        surest = np.argsort((sent.states == State.UNKNOWN)[others], kind="stable")
        sent = Earlier(*(column[others][surest] for column in sent))
        alike = np.flatnonzero(np.isin(prints[:, 0], sent.words[:, 0]))
        places = identity.counterparts(prints[alike], sent.words[:, identity.PRINT])
        known = places >= 0
        return Earlier(alike[known], *(column[places[known]] for column in sent[1:]))

    def newest(self, names: np.ndarray) -> Earlier:
        """For each of these names the row that was sent last of all that bear it; none for a name of zero."""
        with self.database.snapshot():
            keys = distinct(names)
            matches = self.index_of("name").find(keys)
            order = np.argsort(matches.serials, kind="stable")
            serials, which = matches.serials[order], matches.places[order]
            sent = self._gone(serials)
        latest = np.full(len(keys), -1)
        latest[which[sent.rows]] = np.arange(len(sent.rows))  # the last of several stays
        place = np.searchsorted(keys, names)
        known = np.flatnonzero(names > 0)
        found = latest[place[known]] if len(keys) else np.full(len(known), -1)
        rows, found = known[found >= 0], found[found >= 0]
        return Earlier(rows, *(column[found] for column in sent[1:]))

    def _gone(self, serials: np.ndarray) -> Earlier:
        """Those of the rows with these serial numbers, which ascend, that were sent."""
        parts = [Earlier(*EMPTY)]
        start = 0
        while start < len(serials):
            owner = self._owner(int(serials[start]))
            first = owner.first_row or 0
            end = int(np.searchsorted(serials, first + owner.push.rows))
            where = serials[start:end].astype(np.int64) - first
            states = _state_numbers(self.operations(owner.push.id), owner.push.rows)[where]
            gone = np.flatnonzero(GONE[states])
            words, named = self._words_at(owner, where[gone]), np.full(len(gone), owner.push.id, dtype=object)
            parts.append(Earlier(gone + start, named, where[gone], STATE_OBJECTS[states[gone]], words))
            start = end
        return Earlier(*map(np.concatenate, zip(*parts, strict=True)))

    def _owner(self, serial: int) -> PushRow:
        """The push that a numbered row belongs to."""
        row = self.database.row(sql.READ_PUSH_OF_ROW, (serial,))
        owner = PushRow.decoded(row, f"the push of row number {serial}")
        if not 0 <= serial - (owner.first_row or 0) < owner.push.rows:
            raise Damaged(f"the push of row number {serial}")
        return self._cached_pushes.setdefault(owner.push.id, owner)

    def _words_at(self, owner: PushRow, where: np.ndarray) -> np.ndarray:
        """The words of rows of a push, at these positions, which ascend."""
        what, words = f"the rows of push {owner.push.id}", np.empty((len(where), identity.WORDS), np.uint64)
        blocks = self.database.rows(sql.READ_BLOCK_STARTS, (owner.number,))
        starts = [start for _, start in blocks]
        if not all(isinstance(start, int) for start in starts) or sorted(starts) != starts:
            raise Damaged(what)
        in_block = np.searchsorted(np.array(starts, np.int64), where, "right") - 1
        for n in np.unique(in_block):
            row = self.database.row(sql.READ_BLOCK, (owner.number, blocks[n][0])) if n >= 0 else None
            start, block = decode_block(row, owner.number, what)
            wanted = in_block == n
            places = where[wanted] - start
            if places.min() < 0 or places.max() >= len(block.words):
                raise Damaged(what)
            words[wanted] = block.words[places]
        return words

    def _blocks(self, owner: PushRow) -> Iterator[tuple[int, RowBlock]]:
        what = f"the rows of push {owner.push.id}"
        rows = self.database.rows(sql.READ_BLOCKS, (owner.number,))
        owner.tally("row_block").check([row[-1] for row in rows], what)
        return (decode_block(row, owner.number, what) for row in rows)

    # ── the index ──

    def _index(self, keys: np.ndarray, owner: PushRow) -> None:
        """Make rows found by their content and by their name, and their push by its key."""
        for kind, column in zip(("print", "name"), keys.T, strict=True):
            self._add_keys(kind, column, owner.first_row or 0)
        if owner.push.key:
            self._add_keys("push", push_keys(owner.push.lock, [owner.push.key]), owner.number)

    def _add_keys(self, kind: str, keys: np.ndarray, first: int) -> None:
        index = self.index_of(kind)
        index.add(keys, first)
        self._keep(kind, index)

    def rebuild_index(self) -> None:
        """Make the index anew, from the rows and pushes."""
        for (chunk,) in self.database.rows(sql.READ_CHUNK_IDS):
            self.database.rows(sql.REMOVE_CHUNK, (chunk,))
        for kind in KINDS:
            self._keep(kind, Index(ChunkTable(self)))
        for push in self.pushes():
            owner = self.push_row(push.id)
            if owner.first_row is not None:
                keys = self.row_words(push.id)[:, [0, identity.CELL]]
                self._index(keys, owner)

    def _remove_keys(self, kind: str, keys: np.ndarray, first: int, end: int) -> None:
        index = self.index_of(kind)
        index.remove(keys, first, end)
        self._keep(kind, index)

    def index_of(self, kind: str) -> Index:
        row = self.database.row(sql.READ_CATALOG, (kind,))
        content = as_bytes(row[0]) if row else b""
        if checksum(content) != self.head.catalogs.get(kind, checksum(b"")):
            raise Damaged(f"the list of its {kind} chunks")
        return Index(ChunkTable(self), content)

    def _keep(self, kind: str, index: Index) -> None:
        self.database.rows(sql.PUT_CATALOG, (kind, index.catalog))
        self._writable_head().catalogs[kind] = checksum(index.catalog)


class ChunkTable:
    """The chunks of the index, in the ledger's file."""

    def __init__(self, tables: RowTables) -> None:
        self.database = tables.database

    def read(self, id: int) -> bytes:
        row = self.database.row(sql.READ_CHUNK, (id,))
        return as_bytes(row[0]) if row else b""

    def add(self, content: bytes) -> int:
        assert self.database.mode == WRITING
        return int(self.database.rows(sql.ADD_CHUNK, (content,))[0][0])

    def remove(self, ids: Sequence[int]) -> None:
        for chunk in ids:
            self.database.rows(sql.REMOVE_CHUNK, (chunk,))


STATE_OBJECTS = np.array(STATES, dtype=object)
EMPTY = (
    np.empty(0, np.int64),
    np.empty(0, object),
    np.empty(0, np.int64),
    np.empty(0, object),
    np.empty((0, identity.WORDS), np.uint64),
)


def _state_numbers(operations: Iterable[Operation], rows: int) -> np.ndarray:
    """For each row of a push the state, as its number in `STATES`, of the latest operation that holds it."""
    states = np.full(rows, STATES.index(State.PLANNED), dtype=np.int8)
    for operation in operations:
        if operation.state is not State.REPLACED:
            states[positions(operation.rows)] = STATES.index(operation.state)
    return states


def push_keys(lock: str, keys: Sequence[str]) -> np.ndarray:
    """Words by which pushes are found."""
    return np.array([identity.word_of(f"{lock}\n{key}") for key in keys], dtype=np.uint64)


def _encoded(push: int, number: int, start: int, block: RowBlock) -> Row:
    words, bad = np.ascontiguousarray(block.words, "<u8").tobytes(), block.bad.astype("<u4").tobytes()
    size = len(block.words)
    marks = checksum(f"{push} {number} {start} {size}".encode(), words, bad, block.digest)
    return push, number, start, size, words, bad, block.digest, marks


def decode_block(row: Row | None, owner: int, what: str) -> tuple[int, RowBlock]:
    """Where a block begins, and the block."""
    if row is None:
        raise Damaged(what)
    push, number, start, size, *contents, marks = row
    words, bad, digest = map(as_bytes, contents)
    intact = checksum(f"{push} {number} {start} {size}".encode(), words, bad, digest) == marks
    if not intact or push != owner or len(words) != 8 * identity.WORDS * size:
        raise Damaged(what)
    return start, RowBlock(np.frombuffer(words, "<u8").reshape(-1, identity.WORDS), np.frombuffer(bad, "<u4"), digest)
