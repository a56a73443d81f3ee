"""Which rows were sent before: sorted chunks of 64-bit keys, each with the serial number of its row.

Keys are hashes, so their top bits cut them evenly. A chunk belongs to a node, the top bits that its keys share. Small
chunks gather at a node; four of one tier are merged, and a merged chunk that is too large goes to the four nodes below.
One addition merges a bounded number of keys, so that no push pays for those before it. Nothing here is an object a row.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from zlib import crc32

import numpy as np

from toolkit.push.store import sql
from toolkit.push.store.database import Connection, Damaged

Words = np.ndarray  # of uint64
Serials = np.ndarray  # of uint32

LARGEST = 1 << 15  # keys in a chunk, unless they cannot be told apart by their top bits; half of it is usual
MOST_BITS = 32
FAN_OUT = 4  # chunks of one tier that are merged, and nodes below a node
MERGES = 2  # of one addition, at least
LAST_SERIAL = (1 << 32) - 1
CATALOG = np.dtype(
    [("id", "<i8"), ("prefix", "<u4"), ("bits", "u1"), ("tier", "u1"), ("count", "<u4"), ("checksum", "<u4")]
)
NO_CHUNKS = np.empty(0, CATALOG)


class Matches(NamedTuple):
    """Pairs: a place among the keys that were looked for, and the serial number of a row that has this key."""

    places: np.ndarray
    serials: Serials


class Chunk(NamedTuple):
    """Keys in ascending order, and the row of each."""

    keys: Words
    serials: Serials


@dataclass(eq=False)
class Index:
    """The keys of one kind. `catalog` says which chunks there are; whoever keeps the chunks keeps it too."""

    database: Connection
    catalog: np.ndarray

    def find(self, keys: Words) -> Matches:
        """The rows that have any of these keys, which are distinct and ascending."""
        places, serials = [np.empty(0, np.int64)], [np.empty(0, "<u4")]
        for entry, start, end in self._concerned(keys):
            chunk, wanted = self._read(entry), keys[start:end]
            low = np.searchsorted(chunk.keys, wanted, "left")
            counts = np.searchsorted(chunk.keys, wanted, "right") - low
            hits = np.flatnonzero(counts)
            counts = counts[hits]
            places.append(np.repeat(hits + start, counts))
            within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
            serials.append(chunk.serials[np.repeat(low[hits], counts) + within])
        return Matches(np.concatenate(places), np.concatenate(serials))

    def add(self, keys: Words, first: int) -> None:
        """The keys of rows that are numbered from `first` on. A key of zero stands for nothing, and is left out."""
        where = np.flatnonzero(keys)
        if not len(where):
            return
        where = where[np.argsort(keys[where])]  # a stable order takes five times as long, and twins need none
        bits = 0  # of the top ones, as many as cut so many keys into chunks that are not too large
        while len(where) >> bits > LARGEST:
            bits += 2
        self._put(Chunk(keys[where], (where + first).astype("<u4")), bits)
        budget = MERGES + 4 * len(where) // LARGEST
        while budget and (group := self._full_group()) is not None:
            self._merge(group)
            budget -= 1

    def remove(self, keys: Words, first: int, end: int) -> None:
        """Forget the rows numbered from `first` to `end`, exclusive, whose keys these are: distinct and ascending."""
        for entry, _, _ in self._concerned(keys):
            chunk = self._read(entry)
            kept = (chunk.serials < first) | (chunk.serials >= end)
            if not kept.all():
                self._drop([entry])
                if kept.any():
                    self._put(Chunk(chunk.keys[kept], chunk.serials[kept]), int(entry["bits"]))

    def chunks(self) -> Iterator[Chunk]:
        """All that it holds."""
        return (self._read(entry) for entry in self.catalog)

    def _concerned(self, keys: Words) -> list[tuple[np.void, int, int]]:
        """The chunks that may hold some of these keys, and which of the keys each may hold."""
        concerned = []
        for bits in np.unique(self.catalog["bits"]):
            entries = self.catalog[self.catalog["bits"] == bits]
            prefixes = _prefixes(keys, bits)
            starts = np.searchsorted(prefixes, entries["prefix"], "left")
            ends = np.searchsorted(prefixes, entries["prefix"], "right")
            for n in np.flatnonzero(starts < ends):
                concerned.append((entries[n], int(starts[n]), int(ends[n])))
        return concerned

    def _read(self, entry: np.void) -> Chunk:
        count, rows = int(entry["count"]), self.database.execute(sql.READ_CHUNK, (int(entry["id"]),)).fetchall()
        content = rows[0][0] if rows else None
        if not isinstance(content, bytes) or len(content) != 12 * count or crc32(content) != entry["checksum"]:
            raise Damaged(f"chunk {entry['id']}")
        return Chunk(np.frombuffer(content, "<u8", count), np.frombuffer(content, "<u4", count, 8 * count))

    def _put(self, chunk: Chunk, bits: int) -> None:
        """Store keys in the nodes of so many bits."""
        prefixes = _prefixes(chunk.keys, bits)
        edges = [0, *(np.flatnonzero(np.diff(prefixes)) + 1).tolist(), len(prefixes)]
        entries = []
        for start, end in itertools.pairwise(edges):
            content, count = chunk.keys[start:end].tobytes() + chunk.serials[start:end].tobytes(), end - start
            ((number,),) = self.database.execute(sql.ADD_CHUNK, (content,)).fetchall()
            tier = (count.bit_length() - 1) // 2
            entries.append((number, prefixes[start], bits, tier, count, crc32(content)))
        self.catalog = np.concatenate([self.catalog, np.array(entries, CATALOG)])

    def _drop(self, entries: Sequence[np.void]) -> None:
        numbers = [int(entry["id"]) for entry in entries]
        for number in numbers:
            self.database.execute(sql.REMOVE_CHUNK, (number,))
        self.catalog = self.catalog[~np.isin(self.catalog["id"], numbers)]

    def _full_group(self) -> np.ndarray | None:
        """Chunks of one node and tier that are to be merged, the smallest first; None where there are too few."""
        of = self.catalog
        groups = of["tier"].astype(np.uint64) << 40 | of["bits"].astype(np.uint64) << 32 | of["prefix"]
        names, counts = np.unique(groups, return_counts=True)
        full = names[counts >= FAN_OUT]
        return of[groups == full[0]][:FAN_OUT] if len(full) else None

    def _merge(self, group: np.ndarray) -> None:
        chunks = [self._read(entry) for entry in group]
        keys = np.concatenate([chunk.keys for chunk in chunks])
        order = np.argsort(keys)
        merged = Chunk(keys[order], np.concatenate([chunk.serials for chunk in chunks])[order])
        bits = int(group["bits"][0])
        self._drop([*group])
        self._put(merged, min(bits + 2, MOST_BITS) if len(keys) > LARGEST else bits)


def distinct(values: np.ndarray) -> np.ndarray:
    """Each value once, ascending, and no zero: keys as an index wants them. Many times as fast as `numpy.unique`."""
    ordered = np.sort(values)
    new = np.ones(len(ordered), dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    return ordered[new & (ordered > 0)]


def _prefixes(keys: Words, bits: int) -> np.ndarray:
    return (keys >> np.uint64(64 - int(bits))).astype("<u4")  # a shift by all 64 gives zeros
