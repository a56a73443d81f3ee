"""The index of keys: it finds what a dictionary would find, and no addition pays for those before it."""

from collections import defaultdict
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.push.store import index as module
from toolkit.push.store import sql
from toolkit.push.store.index import NO_CHUNKS, Damaged, Index

TOP = st.integers(1, 2**64 - 1)
FEW = st.sampled_from([1, 2, 3, 2**62, 2**63, 2**64 - 1])  # twins, and keys that no top bits tell apart
RUNS = st.lists(st.lists(st.one_of(TOP, FEW, st.just(0)), max_size=40), max_size=30)


class Memory:
    """Chunks in a dictionary; it counts what is done with them."""

    def __init__(self) -> None:
        self.kept: dict[int, bytes] = {}
        self.reads = self.bytes_read = self.bytes_added = self._last = 0

    def execute(self, statement: str, values: Sequence[Any]) -> SimpleNamespace:
        rows = self._rows(statement, *values)
        return SimpleNamespace(fetchall=lambda: rows)

    def _rows(self, statement: str, value: Any) -> list[tuple[Any, ...]]:
        if statement == sql.READ_CHUNK:
            self.reads += 1
            self.bytes_read += len(self.kept[value])
            return [(self.kept[value],)]
        if statement == sql.ADD_CHUNK:
            self._last += 1
            self.bytes_added += len(value)
            self.kept[self._last] = value
            return [(self._last,)]
        assert statement == sql.REMOVE_CHUNK
        del self.kept[value]
        return []


def words(*keys: int) -> np.ndarray:
    return np.array(keys, dtype=np.uint64)


def filled(runs: list[list[int]]) -> tuple[Index, Memory, dict[int, list[int]]]:
    memory = Memory()
    index, expected, first = Index(memory, NO_CHUNKS), defaultdict(list), 0
    for keys in runs:
        index.add(words(*keys), first)
        for n, key in enumerate(keys):
            if key:
                expected[key].append(first + n)
        first += len(keys)
    return index, memory, expected


def found(index: Index, keys: list[int]) -> dict[int, list[int]]:
    wanted = np.unique(words(*keys))
    matches, by_key = index.find(wanted), defaultdict(list)
    for place, serial in zip(matches.places.tolist(), matches.serials.tolist(), strict=True):
        by_key[int(wanted[place])].append(serial)
    return {key: sorted(serials) for key, serials in by_key.items()}


@given(RUNS, st.lists(st.one_of(TOP, FEW), max_size=40), st.sampled_from([4, 16, 1 << 15]))
def test_it_finds_what_a_dictionary_finds(runs: list[list[int]], others: list[int], largest: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "LARGEST", largest)
        index, memory, expected = filled(runs)
        keys = [key for run in runs for key in run[::2] if key] + others
        assert found(index, keys) == {key: expected[key] for key in keys if expected[key]}
        assert index.catalog["count"].sum() == sum(map(len, expected.values()))
        again = Index(memory, index.catalog)  # all that is kept is in the chunks and the catalog
        assert found(again, keys) == found(index, keys)


@given(RUNS, st.data())
def test_what_is_removed_is_not_found_and_nothing_else_goes(runs: list[list[int]], data: st.DataObject) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "LARGEST", 16)
        index, memory, expected = filled(runs)
        total = sum(map(len, runs))
        first = data.draw(st.integers(0, total))
        end = data.draw(st.integers(first, total))
        gone = [key for key, serials in expected.items() if any(first <= s < end for s in serials)]
        index.remove(np.unique(words(*gone)), first, end)
        left = {key: [s for s in serials if not first <= s < end] for key, serials in expected.items()}
        assert found(index, [*expected]) == {key: serials for key, serials in left.items() if serials}
        kept = b"".join(memory.kept.values())
        lost = [key for key in gone if not left[key]]
        assert not [key for key in lost if key > 2**32 and key.to_bytes(8, "little") in kept]


def test_a_damaged_chunk_is_not_believed() -> None:
    rng = np.random.default_rng(1)
    index, memory, _ = filled([rng.integers(1, 2**64, 500, dtype=np.uint64).tolist()])
    ((chunk, content),) = memory.kept.items()
    for bit in (0, 7, 8 * 4_000 + 1, 8 * len(content) - 1):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        memory.kept[chunk] = bytes(flipped)
        with pytest.raises(Damaged):
            list(index.chunks())
        with pytest.raises(Damaged):
            index.find(words(2**62))
    memory.kept[chunk] = content[:-12]
    with pytest.raises(Damaged):
        index.find(words(2**62))


@pytest.mark.parametrize("each", [10, 100])
def test_no_addition_pays_for_those_before_it(monkeypatch: pytest.MonkeyPatch, each: int) -> None:
    """Counted, not timed: bytes written by the dearest addition, and chunks at the end."""
    monkeypatch.setattr(module, "LARGEST", 1_000)
    rng, memory = np.random.default_rng(2), Memory()
    index, dearest = Index(memory, NO_CHUNKS), 0
    for n in range(2_000):
        before = memory.bytes_added
        index.add(rng.integers(1, 2**64, each, dtype=np.uint64), n * each)
        dearest = max(dearest, memory.bytes_added - before)
    usual = 12 * module.LARGEST
    assert dearest <= module.MERGES * module.FAN_OUT * usual + 12 * each
    assert len(memory.kept) <= 8 * (1 + index.catalog["count"].sum() // module.LARGEST)
    memory.reads = memory.bytes_read = 0
    index.find(words(2**63))
    assert memory.bytes_read < 40 * usual  # one key: its path from the top, not the whole history


def test_the_catalog_is_small() -> None:
    rng = np.random.default_rng(3)
    index, _, _ = filled([rng.integers(1, 2**64, 300_000, dtype=np.uint64).tolist()])
    assert len(index.catalog) < 300_000 * 12 / 1_000
