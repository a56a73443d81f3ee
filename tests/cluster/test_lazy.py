"""Tables in partitions, whoever computes them: in order, a few ahead, and no more of them in memory."""

import gc
import tracemalloc
from collections.abc import Iterator
from functools import partial
from typing import Any

import pandas as pd
import pytest

import toolkit
from tests.benchmarks.server import serving
from tests.cluster.client import part
from toolkit.sheets.partitions import AHEAD, partitions
from toolkit.sheets.rows import frame_of, is_lazy

ROWS = 20_000


class Task:
    """One partition."""

    def __init__(self, number: int, computed: list[int]) -> None:
        self._number, self._computed = number, computed

    def compute(self) -> pd.DataFrame:
        self._computed.append(self._number)
        if self._number == 9:
            raise RuntimeError("the ninth fails")
        return pd.DataFrame({"NOMBRE": [f"Ana {self._number}"], "EMAIL": [f"ana{self._number}@example.cl"]})


class Table:
    """As much of a Dask DataFrame as is used."""

    def __init__(self, npartitions: int) -> None:
        self.npartitions, self.computed = npartitions, list[int]()

    def to_delayed(self) -> list[Task]:
        return [Task(n, self.computed) for n in range(self.npartitions)]


def test_they_come_in_order_and_a_few_ahead() -> None:
    table = Table(8)
    assert is_lazy(table)
    found = []
    for frame in partitions(table, pd.DataFrame):
        assert len(table.computed) <= len(found) + 1 + AHEAD
        found.append(frame["NOMBRE"].iloc[0])
    assert found == [f"Ana {n}" for n in range(8)]


def looked_up(frame: pd.DataFrame, kept: dict[str, int]) -> int:
    kept[frame["NOMBRE"].iloc[0]] = len(kept)
    return len(kept)


def test_what_one_partition_looks_up_changes_nothing_of_another() -> None:
    kept = {"before": 0}
    assert [*partitions(Table(3), partial(looked_up, kept=kept))] == [2, 2, 2]
    assert kept == {"before": 0}


def test_whoever_stops_computes_no_more() -> None:
    table = Table(8)
    frames = partitions(table, pd.DataFrame)
    next(frames)
    frames.close()  # type: ignore[attr-defined]
    assert len(table.computed) <= 1 + AHEAD


def test_what_fails_in_a_partition_fails_here() -> None:
    with pytest.raises(RuntimeError, match="the ninth"):
        list(partitions(Table(12), pd.DataFrame))


def test_they_are_one_push(api: Any) -> None:
    report = api.ida.insert_records(11111, Table(8))
    assert report.summary["verified"] == len(report) == 8
    again = api.ida.insert_records(11111, Table(8))
    assert again.complete
    with pytest.raises(toolkit.InputError, match="all rows at once"):
        api.ida.insert_records(11111, Table(8), on_bad_rows="raise")


def test_one_frame_is_not_a_table_in_partitions() -> None:
    with pytest.raises(toolkit.InputError, match=r"rows\.compute\(\)"):
        frame_of(Table(2))
    assert not is_lazy(pd.DataFrame())
    assert not is_lazy(Table)


@pytest.mark.slow
def test_the_writer_keeps_a_few_bytes_a_row(home: Any) -> None:
    """What became of each row, and which frame it is of: no cells, no positions, no labels that only count."""
    sizes = []

    def frames() -> Iterator[pd.DataFrame]:
        for n in range(10):
            gc.collect()
            sizes.append(tracemalloc.get_traced_memory()[0])
            yield part(n * ROWS, ROWS)

    with serving() as address:
        account = {"base_url": address, "token": "t" * 40, "identity": "memory"}
        ida = toolkit.connect(ida=account, progress=False).ida
        tracemalloc.start(1)
        try:
            assert ida.insert_records(11111, frames()).complete
        finally:
            tracemalloc.stop()
    assert (sizes[-1] - sizes[2]) / (7 * ROWS) < 10, sizes
