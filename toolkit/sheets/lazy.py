"""Tables in partitions that are computed when they are wanted, as Dask's: the engine and its scheduler are Dask's."""

import copy
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol, TypeGuard

import pandas as pd

from toolkit import plain

AHEAD = 2  # partitions that are computed, or wait, while one is in use


class Partitions(Protocol):
    """A table in partitions, in their order."""

    npartitions: int

    def to_delayed(self) -> Any:
        """One object a partition; its `compute()` gives the frame."""


def is_lazy(rows: Any) -> TypeGuard[Partitions]:
    """Whether rows are a table in partitions that are not computed yet."""
    return not isinstance(rows, type) and hasattr(rows, "to_delayed") and hasattr(rows, "npartitions")


def partitions(rows: Partitions, work: Callable[[pd.DataFrame], Any]) -> Iterator[Any]:
    """What the work makes of each partition, in their order; both are done by whatever scheduler or cluster is in use.

    Never more than `AHEAD` results wait here, however many there are. `work` travels: it holds no secret. Each
    partition has its own copy, for what is looked up in declarations is kept in them, and what changes is not packed.
    """
    language, waiting = plain.current_language(), deque[Future[Any]]()
    pool = ThreadPoolExecutor(AHEAD, thread_name_prefix="partitions")  # threads that only wait for the scheduler
    try:
        for task in rows.to_delayed():
            waiting.append(pool.submit(_computed, task, copy.deepcopy(work), language))
            if len(waiting) > AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _computed(task: Any, work: Callable[[pd.DataFrame], Any], language: str) -> Any:
    if not hasattr(task, "__dask_graph__"):
        return work(task.compute())
    from dask import delayed

    return delayed(_work_in_language)(task, work, language).compute()


def _work_in_language(frame: pd.DataFrame, work: Callable[[pd.DataFrame], Any], language: str) -> Any:
    """In the language of who waits for it: what is found is said in sentences."""
    if plain.current_language() != language:
        plain.speak(language)
    return work(frame)
