"""The benchmarks run: each group once, as small as it goes. Nothing is timed here."""

from functools import partial

import pytest

from tests.benchmarks import (
    bench_calls,
    bench_history,
    bench_lists,
    bench_many,
    bench_push,
    bench_sheets,
    bench_small,
    bench_start,
    bench_store,
)
from tests.benchmarks.measure import table

pytestmark = pytest.mark.slow
SMALLEST = {
    "push": partial(bench_push.speed, 1_000, 1),
    "memory": partial(bench_push.memory, [1_000]),
    "bad rows": partial(bench_push.bad_rows, 1_000, 2),
    "lists": partial(bench_lists.speed, 10, 1),
    "calls": partial(bench_calls.near_the_limit, dict.fromkeys(bench_calls.WORK, 10), [8], 1),
    "sheets": partial(bench_sheets.speed, 10, 1),
    "small calls": partial(bench_small.speed, 2, 1),
    "start": partial(bench_start.imports, 1),
    "many ids": partial(bench_many.memory, [50]),
    "growth of lists": partial(bench_lists.growth, [10, 100], 1),
    "history of small pushes": partial(bench_history.small, 20, [0, 2], 1, 0.0),
    "history of large pushes": partial(bench_history.large, 100, 1, 1, 0.01),
    "ledger": partial(bench_store.growth, 10, [0, 1], 1),
}


@pytest.mark.parametrize("group", SMALLEST.values(), ids=SMALLEST)
def test_a_group_runs_and_gives_its_table(group: partial[list[object]]) -> None:
    lines = group()
    assert lines
    assert len(table(lines).splitlines()) == len(lines) + 1  # type: ignore[arg-type]
