"""The rows of all pushes: what each is known by, and which of ours were sent before.

A row is four words of 64 bits: two of its content, one of its label, one of what names it. They stand in blocks, by
push; an index finds them by the first word of the content, and by the name. Words are keyed with what the memory is
about, so that rows of another database or envelope never meet these.
"""

import itertools
import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple
from zlib import crc32

import numpy as np

from toolkit.errors import PushError
from toolkit.plain import message
from toolkit.push import identity
from toolkit.push.states import Operation, Push, PushState, State
from toolkit.push.store import sql
from toolkit.push.store.database import Damaged
from toolkit.push.store.index import CATALOG, LAST_SERIAL, NO_CHUNKS, Index, distinct
from toolkit.push.store.operations import OperationTables
from toolkit.push.store.tables import PushRow, Row, consistent

NOT_GONE = (State.PLANNED, State.REJECTED, State.RESOLVED_NOT_COMMITTED, State.REPLACED)
STATES = tuple(State)
GONE = np.array([state not in NOT_GONE for state in STATES])
ROW_KEYS = {  # the words by which rows are found
    "print": operator.itemgetter((slice(None), 0)),
    "name": operator.itemgetter((slice(None), identity.CELL)),
}
KINDS = (*ROW_KEYS, "push")
OF_CELLS = 8  # bytes at the beginning of a block's digest: those of its cells, however they are read
ANY_LOCK = "?"  # of a push of which damage left too little to say


class RowBlock(NamedTuple):
    """Some rows of a frame that follow each other."""

    words: np.ndarray  # of uint64, four a row; of the rows that are pushed
    bad: np.ndarray = np.empty(0, np.uint32)  # of uint32: where in the block of the frame the others stand
    digest: bytes = b""  # of the block of the frame, and of all that its words hang on; b"" where it is not known
    start: int = 0  # of its first row, the position in the push; the ledger says it
    first_row: int = 0  # and its serial number


class SentRows(NamedTuple):
    """Rows of ours that an earlier push sent, one entry each."""

    rows: np.ndarray  # their places among ours
    pushes: np.ndarray  # of str
    positions: np.ndarray  # in that push
    states: np.ndarray  # of `State`
    words: np.ndarray  # of the earlier row
    times: np.ndarray  # when it was sent last, in seconds since 1970

    def only(self, which: np.ndarray) -> "SentRows":
        """Some of them, in this order."""
        return SentRows(*map(operator.getitem, self, itertools.repeat(which)))


class RowTables(OperationTables):
    """`OperationTables`, and the rows of the pushes."""

    def add_rows(self, push: str, blocks: Iterable[RowBlock]) -> None:
        """More rows of a push, in the transaction that says how many it has with them."""
        owner, head, new = self.changing_push(push), self.cache.head, [*blocks]
        words = [NO_WORDS, *[block.words for block in new]]
        count, start, number, first = sum(map(len, words)), 0, owner.count("row_block"), head.rows
        if number:
            last = decode_block(self.database.execute(sql.READ_BLOCK, (owner.number, number - 1)).fetchone(), owner)
            start = last.start + len(last.words)
        if first + count > LAST_SERIAL:
            raise PushError(message("This ledger is full: it has numbered four billion rows. Nothing was sent."))
        assert number or not owner.count("operation"), "a purged push is not begun again"
        assert start + count == owner.push.rows, "a push has as many rows as it says"
        for n, block in enumerate(new, start=number):
            row = _encoded(owner.number, n, block._replace(start=start, first_row=head.rows))
            self.database.execute(sql.ADD_BLOCK, row)
            owner.add("row_block", [row])
            start, head.rows = start + len(block.words), head.rows + len(block.words)
        self._index(words, first)
        if owner.push.key and not number:
            self.index_of("push").add(push_word(owner.push.lock, owner.push.key), owner.number)
        self._keep_indexes()

    def remove_rows(self, push: str) -> None:
        """Forget the rows of a push, and that its call was made. Whoever counts them keeps the operations."""
        owner = self.changing_push(push)
        for first, words in _runs(self.blocks(push)):
            for kind, column in ROW_KEYS.items():
                self.index_of(kind).remove(distinct(column(words)), first, first + len(words))
        self.database.execute(sql.REMOVE_BLOCKS, (owner.number,))
        word = push_word(owner.push.lock, owner.push.key)
        self.index_of("push").remove(word, owner.number, owner.number + 1)
        self._keep_indexes()
        self.cache.head.lost.pop(push, None)
        left = {name: value for name, value in (owner.push.facts or {}).items() if name == "memory"}
        owner.push = replace(owner.push, key="", facts=left)
        owner.tallies.pop("row_block", None)

    @consistent
    def lost_rows(self, lock: str) -> dict[str, int]:
        """Pushes of this lock that damage took fingerprints from, and of how many rows: these may be any rows.

        As long as there are such, nobody can say of a row that it was not sent before. A purge of the push ends it.
        """
        lost = self.cache.head.lost.items()
        return {push: rows for push, rows in lost if self.push_row(push).push.lock in (lock, ANY_LOCK)}

    def moved_in(self) -> dict[str, int]:
        """How many rows are known by another key only, by its digest: they were moved in from another ledger."""
        return dict(self.cache.head.keys)

    @consistent
    def blocks(self, push: str, numbers: range | None = None) -> list[RowBlock]:
        """The rows of a push, block by block; none where they were purged. With `numbers`, some of the blocks."""
        owner, read = self.push_row(push), self.database.execute
        if numbers is not None:
            return [decode_block(read(sql.READ_BLOCK, (owner.number, n)).fetchone(), owner) for n in numbers]
        rows = read(sql.READ_BLOCKS, (owner.number,)).fetchall()
        owner.check("row_block", rows, message("the rows of push {push}", push=push))
        return [decode_block(row, owner) for row in rows]

    def row_words(self, push: str) -> np.ndarray:
        """The four words of each row of a push."""
        return np.concatenate([NO_WORDS, *(block.words for block in self.blocks(push))])

    @consistent
    def pushes_of_frame(self, digests: Sequence[bytes]) -> list[Push]:
        """The pushes that begin with blocks of the same cells, however read, in the order in which they began.

        Of a frame in part nothing follows: how a cell is read may hang on all cells of its column.
        """
        if not digests or not all(digests):
            return []
        pushes, cells = [], [digest[:OF_CELLS] for digest in digests]
        like = cells[0], cells[0] + b"\xff" * OF_CELLS
        for (number,) in self.database.execute(sql.READ_PUSHES_LIKE, like).fetchall():
            push = self._push_numbered(number).push
            if [block.digest[:OF_CELLS] for block in self.blocks(push.id)[: len(digests)]] == cells:
                pushes.append(push)
        return pushes

    @consistent
    def pushes_with_key(self, lock: str, key: str) -> list[Push]:
        """The pushes of the same rows for the same thing, in the order in which they began."""
        pushes = []
        for number in sorted(self.index_of("push").find(push_word(lock, key)).serials.tolist()):
            push = self._push_numbered(number).push
            if (push.lock, push.key) == (lock, key):
                pushes.append(push)
        return pushes

    def push_with_key(self, lock: str, key: str) -> Push | None:
        """The latest of them that no other took over."""
        for push in reversed(self.pushes_with_key(lock, key)):
            if push.state is not PushState.SUPERSEDED:
                return push
        return None

    @consistent
    def sent_before(self, prints: np.ndarray, passed: Mapping[str, int] = MappingProxyType({})) -> SentRows:
        """Which of these rows an earlier push sent, twin for twin, those first of which it is known what became.

        What was never sent, was rejected, or is known not to be there does not count; nor do the first rows of the
        pushes `passed`, so many of each.
        """
        serials = self.index_of("print").find(distinct(prints[:, 0])).serials
        if not len(serials):
            return NOTHING
        sent = self._gone(np.sort(serials))
        for push, rows in passed.items():
            sent = sent.only((sent.pushes != push) | (sent.positions >= rows))
        sent = sent.only(np.argsort(sent.states == State.UNKNOWN, kind="stable"))  # the surest first
        alike = np.flatnonzero(np.isin(prints[:, 0], sent.words[:, 0]))
        places = identity.counterparts(prints[alike], sent.words[:, identity.PRINT])
        known = places >= 0
        return sent.only(places[known])._replace(rows=alike[known])

    @consistent
    def newest(self, names: np.ndarray) -> SentRows:
        """For each of these names the row that was sent last of all that bear it; none for a name of zero."""
        index, keys = self.index_of("name"), distinct(names)
        matches = index.find(keys)
        if not len(matches.serials):
            return NOTHING
        order = np.argsort(matches.serials, kind="stable")
        serials, which = matches.serials[order], matches.places[order]
        sent = self._gone(serials)
        by_time = np.argsort(sent.times, kind="stable")
        latest = np.full(len(keys), -1)
        latest[which[sent.rows][by_time]] = by_time  # the last of several stays
        known = np.flatnonzero(names > 0)
        newest = latest[np.searchsorted(keys, names[known])]
        return sent.only(newest[newest >= 0])._replace(rows=known[newest >= 0])

    def _gone(self, serials: np.ndarray) -> SentRows:
        """Those of the rows with these serial numbers, which ascend, that were sent."""
        parts, start = [NOTHING], 0
        known: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        while start < len(serials):
            owner, block = self._block_of(int(serials[start]))
            push, end = owner.push.id, int(np.searchsorted(serials, block.first_row + len(block.words)))
            where = serials[start:end].astype(np.int64) - block.first_row
            if push not in known:
                known[push] = _states_and_times(self.operations(push), owner.push.rows)
            states, sent_at = (column[where + block.start] for column in known[push])
            gone = np.flatnonzero(GONE[states])
            named, at = np.full(len(gone), push, dtype=object), where[gone]
            ended = STATE_OBJECTS[states[gone]]
            parts.append(SentRows(gone + start, named, at + block.start, ended, block.words[at], sent_at[gone]))
            start = end
        return SentRows(*map(np.concatenate, zip(*parts, strict=True)))

    def _block_of(self, serial: int) -> tuple[PushRow, RowBlock]:
        """The block that a numbered row is in, and whose it is."""
        row = self.database.execute(sql.READ_BLOCK_OF_ROW, (serial,)).fetchone()
        if row is None:
            raise Damaged(message("row number {serial}", serial=serial))
        owner = self._push_numbered(row[0])
        block = decode_block(row, owner)
        if not 0 <= serial - block.first_row < len(block.words):
            raise Damaged(message("row number {serial}", serial=serial))
        return owner, block

    # ── the index ──

    def index_of(self, kind: str) -> Index:
        """By which rows, or pushes, are found by a word of this kind."""
        cache = self.cache
        if kind not in cache.indexes:
            rows = self.database.execute(sql.READ_CATALOG, (kind,)).fetchall()
            content = rows[0][0] if rows else b""
            if not isinstance(content, bytes) or crc32(content) != cache.head.catalogs.get(kind, 0):
                raise Damaged(message("the list of its {kind} chunks", kind=kind))
            cache.indexes[kind] = Index(self.database, np.frombuffer(content, CATALOG))
        return cache.indexes[kind]

    def _index(self, words: Sequence[np.ndarray], first: int) -> None:
        """Make rows, one block or more and numbered from `first` on, found by their content and by their name."""
        for index, column in zip([*map(self.index_of, ROW_KEYS)], ROW_KEYS.values(), strict=True):
            index.add(np.concatenate([*map(column, words)]), first)

    def _keep_indexes(self) -> None:
        """Write which chunks there are now."""
        catalogs = []
        for kind, index in self.cache.indexes.items():
            catalogs.append((kind, content := index.catalog.tobytes()))
            self.cache.head.catalogs[kind] = crc32(content)
        self.database.executemany(sql.PUT_CATALOG, catalogs)

    def rebuild_index(self) -> None:
        """Make the index anew, from the rows and pushes."""
        cache = self.cache
        for (chunk,) in self.database.execute(sql.READ_CHUNK_IDS).fetchall():
            self.database.execute(sql.REMOVE_CHUNK, (chunk,))
        cache.indexes = {kind: Index(self.database, NO_CHUNKS) for kind in KINDS}
        for push in self.pushes():
            for first, words in _runs(self.blocks(push.id)):
                self._index([words], first)
            if push.key:
                self.index_of("push").add(push_word(push.lock, push.key), self.push_row(push.id).number)
        self._keep_indexes()


NO_WORDS = np.empty((0, identity.WORDS), np.uint64)
STATE_OBJECTS = np.array(STATES, dtype=object)
NO_PLACES, NO_OBJECTS = np.empty(0, np.int64), np.empty(0, object)
NOTHING = SentRows(NO_PLACES, NO_OBJECTS, NO_PLACES, NO_OBJECTS, NO_WORDS, np.empty(0))


def _states_and_times(operations: Iterable[Operation], rows: int) -> tuple[np.ndarray, np.ndarray]:
    """For each row of a push the state, as its number in `STATES`, of the operation that holds it, and when it went."""
    states, times = np.full(rows, STATES.index(State.PLANNED), dtype=np.int8), np.zeros(rows)
    for operation in operations:
        if operation.state is not State.REPLACED:
            for start, stop in operation.rows:
                states[start:stop] = STATES.index(operation.state)
                times[start:stop] = operation.started.wall if operation.started else 0
    return states, times


def _runs(blocks: Iterable[RowBlock]) -> Iterator[tuple[int, np.ndarray]]:
    """Words of rows whose serial numbers follow each other, and the first of these."""
    for first, run in itertools.groupby(_with_first(blocks), key=lambda pair: pair[0]):
        yield first, np.concatenate([block.words for _, block in run])


def _with_first(blocks: Iterable[RowBlock]) -> Iterator[tuple[int, RowBlock]]:
    first = end = -1
    for block in blocks:
        first = first if block.first_row == end else block.first_row
        end = block.first_row + len(block.words)
        yield first, block


def push_word(lock: str, key: str) -> np.ndarray:
    """The word by which a push is found."""
    return np.array([identity.word_of(f"{lock}\n{key}")], dtype=np.uint64)


def _encoded(push: int, number: int, block: RowBlock) -> Row:
    words, bad = np.ascontiguousarray(block.words, "<u8").tobytes(), block.bad.astype("<u4").tobytes()
    place = push, number, block.start, len(block.words), block.first_row
    return *place, words, bad, block.digest, _checksum(repr(place).encode(), words, bad, block.digest)


def decode_block(row: Row | None, owner: PushRow | int) -> RowBlock:
    """A block of the rows of this push."""
    number, name = (owner, owner) if isinstance(owner, int) else (owner.number, owner.push.id)
    if row is None or not all(isinstance(each, bytes) for each in row[5:8]):
        raise Damaged(message("the rows of push {name}", name=name))
    *place, words, bad, digest, marks = row
    intact = _checksum(repr(tuple(place)).encode(), words, bad, digest) == marks
    if not intact or place[0] != number or len(words) != 8 * identity.WORDS * place[3]:
        raise Damaged(message("the rows of push {name}", name=name))
    cells = np.frombuffer(words, "<u8").reshape(-1, identity.WORDS)
    return RowBlock(cells, np.frombuffer(bad, "<u4"), digest, place[2], place[4])


def _checksum(*contents: bytes) -> int:
    value = 0
    for content in contents:
        value = crc32(content, value)
    return value
