"""Tables in partitions, whoever computes them: in order, a few ahead, and no more of them in memory."""

from typing import Any

import pandas as pd
import pytest

import toolkit
from toolkit.sheets.lazy import AHEAD, is_lazy, partitions
from toolkit.sheets.rows import frame_of, frames_of


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
    for frame in partitions(table):
        assert len(table.computed) <= len(found) + 1 + AHEAD
        found.append(frame["NOMBRE"].iloc[0])
    assert found == [f"Ana {n}" for n in range(8)]


def test_whoever_stops_computes_no_more() -> None:
    table = Table(8)
    frames = frames_of(table)
    next(frames)
    frames.close()  # type: ignore[attr-defined]
    assert len(table.computed) <= 1 + AHEAD


def test_what_fails_in_a_partition_fails_here() -> None:
    with pytest.raises(RuntimeError, match="the ninth"):
        list(partitions(Table(12)))


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
