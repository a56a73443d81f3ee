"""The check of a table in partitions: each is checked where it is computed; what comes back is of bounded size."""

import copy
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

import pandas as pd

from toolkit import plain
from toolkit.errors import InputError, RowErrors
from toolkit.plain import message, plural
from toolkit.sheets.checked import Check
from toolkit.sheets.fields import as_fields
from toolkit.sheets.match import Match
from toolkit.sheets.rows import Partitions
from toolkit.sheets.target import Takes, resolved
from toolkit.spec.suggest import Suggesting

AHEAD = 2  # partitions that are computed, or wait, while one is in use
SHOWN = 20  # problems of one column and reason that are kept
LEAST_FACETS = 500  # columns and reasons that are counted apart, at most
KIND = ["column", "reason", "level"]  # what tells one facet from another


class CheckOfPartitions(Suggesting):
    """What was found in a table that is too large for one check: counts of everything, and the first of each kind.

    `summary` counts rows and cells of all partitions; `facets` has a row for each column and reason, with the number of
    `cells` and of `partitions`; `problems` has the first twenty of each, with the number of their `partition`. Each
    partition is read by itself, as a push of the same table reads it: rows are compared within it, and where dates or
    decimal signs can be read in two ways, say which.
    """

    def __init__(self) -> None:
        self.summary: pd.Series[int] = pd.Series(dtype="int64")
        self.facets = pd.DataFrame(columns=[*KIND, "problem", "cells", "partitions"])
        self.problems = pd.DataFrame()
        self.notes: list[str] = []
        self.partitions = 0

    def __len__(self) -> int:
        return int(self.summary.get("rows", 0))

    @property
    def ok(self) -> bool:
        """Whether every row can be sent."""
        return not self.summary.get("rows that cannot", 0)

    def raise_if_bad(self) -> None:
        """Raise `RowErrors` with the problems that were kept, if a row cannot be sent."""
        if not self.ok:
            raise RowErrors(self.problems[self.problems["blocks"]])

    def add(self, summary: "pd.Series[int]", facets: pd.DataFrame, problems: pd.DataFrame, notes: list[str]) -> None:
        """What was found in the next partition; `facets` with `KIND`, `problem`, `cells`; the first of each kind."""
        self.summary = self.summary.add(summary, fill_value=0).astype("int64") if self.partitions else summary
        self.notes = list(dict.fromkeys([*self.notes, *notes]))[:LEAST_FACETS]
        both = pd.concat([f for f in (self.facets, facets.assign(partitions=1)) if len(f)] or [self.facets])
        merged = both.groupby(KIND, sort=False, as_index=False)
        self.facets = merged.agg({"problem": "first", "cells": "sum", "partitions": "sum"})
        self.facets = self.facets.sort_values("cells", ascending=False, ignore_index=True).head(LEAST_FACETS)
        new = problems.assign(partition=self.partitions)
        kept = pd.concat([p for p in (self.problems, new) if len(p)] or [new])
        self.problems = kept.groupby(KIND, sort=False).head(SHOWN).reset_index(drop=True)
        self.partitions += 1

    def __repr__(self) -> str:
        head = plural(
            "Check of {rows:,} rows in {count} partition", "Check of {rows:,} rows in {count} partitions",
            count=self.partitions, rows=len(self),
        )  # fmt: skip
        lines = [head, self.summary.to_string(), *(f"- {note}" for note in self.notes)]
        return plain.plain("\n".join([*lines, self.facets.to_string(index=False)] if len(self.facets) else lines))


def check_partitions(rows: Partitions, target: Any, check: Callable[..., Check]) -> CheckOfPartitions:
    """Check a table partition by partition; `check` checks one."""
    fields = resolved(target)
    if not isinstance(fields, Match):
        fields = Takes(tuple(as_fields(fields)), tuple(getattr(fields, "rules", ())))
    checked = CheckOfPartitions()
    for part in partitions(rows, partial(_part, check=partial(check, target=fields))):
        checked.add(*part)
    if not checked.partitions:
        raise InputError(message("there are no rows: the table has no partitions"))
    return checked


def checked_partitions(rows: Partitions, takes: Callable[[], Takes], check: Callable[..., Check]) -> Iterator[Check]:
    """The check of each partition, done where it is computed; the partition comes back in it."""
    yield from partitions(rows, partial(_checked, check=partial(check, target=takes())))


def _checked(frame: pd.DataFrame, check: Callable[[pd.DataFrame], Check]) -> Check:
    checked = check(frame)
    _ = checked.bad  # is kept in it
    return checked


def _part(frame: pd.DataFrame, check: Callable[[pd.DataFrame], Check]) -> tuple[Any, ...]:
    """What of a check is counted and shown."""
    checked = check(frame)
    problems = checked.problems[checked.problems["level"] != "fix"]
    first = problems.groupby(KIND, sort=False).head(SHOWN)
    return checked.summary, checked.facets[[*KIND, "problem", "cells"]], first, checked.notes


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
