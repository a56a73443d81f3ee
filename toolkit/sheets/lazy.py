"""Tables in partitions that are computed when they are wanted, as Dask's: the engine and its scheduler are Dask's."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol, TypeGuard

import pandas as pd

AHEAD = 2  # partitions that are computed, or wait, while one is in use


class Partitions(Protocol):
    """A table in partitions, in their order."""

    npartitions: int

    def to_delayed(self) -> Any:
        """One object a partition; its `compute()` gives the frame."""


def is_lazy(rows: Any) -> TypeGuard[Partitions]:
    """Whether rows are a table in partitions that are not computed yet."""
    return not isinstance(rows, type) and hasattr(rows, "to_delayed") and hasattr(rows, "npartitions")


def computed(tasks: Any) -> Iterator[Any]:
    """What these tasks give, in their order; a few are computed ahead, by whatever scheduler or cluster is in use.

    Never more than `AHEAD` results wait here, however many there are.
    """
    waiting: deque[Future[Any]] = deque()
    pool = ThreadPoolExecutor(AHEAD, thread_name_prefix="partitions")  # threads that only wait for the scheduler
    try:
        for task in tasks:
            waiting.append(pool.submit(task.compute))
            if len(waiting) > AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def partitions(rows: Partitions) -> Iterator[pd.DataFrame]:
    """The frames of its partitions. Their labels may repeat: each partition counts from the beginning, at times."""
    yield from computed(rows.to_delayed())
