"""What a ledger costs one push, after many others: nothing is sent."""

import itertools
import statistics
import tempfile
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from tests.benchmarks.measure import Line
from toolkit.push.states import Operation, Push, PushState, Stamp, State
from toolkit.push.store.file import Folder, LedgerFile
from toolkit.push.store.rows import RowBlock

BLOCK = 8_192
NOW = Stamp("benchmark", 1.0, 2.0)
NONE_BAD = np.empty(0, np.uint32)
MADE = "2026-01-01T00:00:00+00:00"


class Pushes:
    """One push after the other into one ledger, which is opened for each, as a call does it."""

    def __init__(self, folder: Path, rows: int) -> None:
        self._folder, self._rows = folder, rows
        self._chance, self.number = np.random.default_rng(7), 0

    def once(self) -> float:
        """Seconds that the ledger takes of one more push."""
        self.number += 1
        name, words = f"push {self.number}", self._chance.integers(1, 2**64, (self._rows, 4), dtype=np.uint64)
        start = time.perf_counter()
        with self._opened() as ledger:
            look_up(ledger, words)
            operation = begin(ledger, name, words)
            for state in (State.SENT, State.ACKNOWLEDGED, State.VERIFIED):
                with ledger.transaction():
                    operation = replace(operation, state=state)
                    ledger.put_operation(operation)
                with ledger.snapshot():
                    ledger.unsettled("a lock")
            with ledger.transaction():
                ledger.put_push(replace(ledger.push(name), state=PushState.DONE))
        return time.perf_counter() - start

    def many(self, until: int) -> None:
        """Pushes up to this number, without waiting for the disk."""
        while self.number < until:
            self.number += 1
            words = self._chance.integers(1, 2**64, (self._rows, 4), dtype=np.uint64)
            with self._opened() as ledger:
                ledger.database.rows("PRAGMA synchronous = OFF")
                operation = begin(ledger, f"push {self.number}", words)
                with ledger.transaction():
                    ledger.put_push(replace(ledger.push(operation.push), state=PushState.DONE))

    def memory(self) -> float:
        """Megabytes that a look-up takes at most."""
        words = self._chance.integers(1, 2**64, (self._rows, 4), dtype=np.uint64)
        with self._opened() as ledger:
            tracemalloc.start()
            look_up(ledger, words)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        return peak / 1e6

    def size(self) -> float:
        """Megabytes on disk."""
        return sum(path.stat().st_size for path in (self._folder / "ledgers").iterdir()) / 1e6

    @contextmanager
    def _opened(self) -> Iterator[LedgerFile]:
        with Folder(self._folder).ledger("benchmark/one", MADE) as ledger:
            yield ledger


def look_up(ledger: LedgerFile, words: np.ndarray) -> None:
    """What a call asks before it sends: whether it began before, and which rows went."""
    assert ledger.push_with_key("a lock", "another key") is None
    assert not len(ledger.sent_before(words[:, :2]).rows)
    assert not len(ledger.newest(words[:, 3]).rows)
    ledger.unfinished()
    with ledger.snapshot():
        ledger.unsettled("a lock")


def begin(ledger: LedgerFile, name: str, words: np.ndarray) -> Operation:
    """A push and its rows, in one operation."""
    blocks = (RowBlock(words[n : n + BLOCK], NONE_BAD, name.encode()) for n in range(0, len(words), BLOCK))
    rows = len(words)
    with ledger.transaction():
        ledger.put_push(Push(name, "a call", "a lock", "a place", MADE, rows, key=name))
        ledger.add_rows(name, blocks)
        return ledger.add_operation(Operation(0, name, ((0, rows),), rows))


def growth(rows: int, after: list[int], runs: int) -> list[Line]:
    """A push of so many rows after so many others of the same size: the last against the first."""
    with tempfile.TemporaryDirectory() as folder:
        pushes, taken, room = Pushes(Path(folder) / "state", rows), {}, {}
        for before in after:
            pushes.many(before)
            room[before] = pushes.memory()
            taken[before] = [pushes.once() for _ in range(runs)]
        return [*_lines(rows, taken, room), _size(rows, pushes)]


def _lines(rows: int, taken: dict[int, list[float]], room: dict[int, float]) -> Iterator[Line]:
    first, *_, last = taken
    middle = {before: 1_000 * statistics.median(seconds) for before, seconds in taken.items()}
    seen = ", ".join(f"{middle[before]:.0f} ms after {before:,}" for before in taken)
    ratios = [b / a for a, b in itertools.product(taken[first], taken[last])]
    what = f"ledger of a push of {rows:,} rows"
    more = middle[last] - middle[first]
    yield Line(what, "the first", middle[last] / middle[first], min(ratios), max(ratios), "", f"{seen}; {more:+.0f} ms")
    megabytes = ", ".join(f"{taken_up:.1f} MB after {before:,}" for before, taken_up in room.items())
    yield Line(f"memory of its look-up ({rows:,} rows)", "the first", room[last] / room[first], 0, 0, "", megabytes)


def _size(rows: int, pushes: Pushes) -> Line:
    each = 1e6 * pushes.size() / (rows * pushes.number)
    return Line(f"bytes a row ({rows:,} rows a push)", "-", each, each, each, "", f"{pushes.size():.0f} MB")
