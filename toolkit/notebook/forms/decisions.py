"""What somebody decides about the problem cells of a sheet: value by value, or all of one reason at once."""

from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from toolkit.sheets import Check, Match, check


@dataclass(frozen=True)
class Decision:
    """One of them: what it does to the cells, the code that does the same, and how many cells it changed."""

    code: str
    change: Callable[[pd.DataFrame], "np.ndarray | None"]  # changes the frame; gives the positions that are left out
    cells: int


class Decisions:
    """A check and the decisions about it. Each is checked at once, and can be undone."""

    def __init__(self, frame: pd.DataFrame, match: Match) -> None:
        self._frame, self._match = frame, match
        self.steps: list[Decision] = []
        self._history: list[tuple[Check, np.ndarray]] = [(check(frame, match), np.zeros(len(frame), dtype=bool))]

    @property
    def check(self) -> Check:
        return self._history[-1][0]

    @property
    def left_out(self) -> np.ndarray:
        """Which rows somebody left out, by position."""
        return self._history[-1][1]

    @property
    def problems(self) -> pd.DataFrame:
        """The cells that keep their rows from being sent, of rows that are not left out."""
        errors = self.check.errors
        kept = set(self.check.frame.index[~self.left_out])
        return errors[errors["row"].isin(kept)]

    @property
    def facets(self) -> pd.DataFrame:
        """A line for each column and reason, the largest first."""
        problems = self.problems
        groups = problems.groupby(["column", "problem"], sort=False)
        facets = groups.agg(
            cells=("row", "size"),
            values=("value", lambda v: v.nunique(dropna=False)),
            proposals=("proposal", "count"),
        ).reset_index()
        facets = facets.rename(columns={"problem": "reason"})
        required = {f.name for f in self._match.fields if f.required}
        facets["can_be_empty"] = [self._match.columns.get(c) not in required for c in facets["column"]]
        return facets.sort_values("cells", ascending=False, kind="stable").reset_index(drop=True)

    def values(self, column: Hashable, reason: str) -> pd.DataFrame:
        """The distinct values of a facet, the most frequent first."""
        cells = self.cells(column, reason)
        groups = cells.groupby("value", dropna=False, sort=False)
        shown = groups.agg(cells=("row", "size"), proposal=("proposal", "first"), first=("row", "first")).reset_index()
        return shown.sort_values("cells", ascending=False, kind="stable").reset_index(drop=True)

    def cells(self, column: Hashable, reason: str) -> pd.DataFrame:
        """The cells of a facet."""
        problems = self.problems
        return problems[(problems["column"] == column) & (problems["problem"] == reason)].reset_index(drop=True)

    def sent(self) -> Check:
        """What is sent: the rows that were not left out."""
        frame = self.check.frame[~self.left_out]
        frame.attrs = dict(self._frame.attrs)
        return check(frame, self._match)

    def take_over(self, steps: Sequence[Decision]) -> int:
        """Decide again what was decided about the same sheet; gives how many of them hold."""
        kept = 0
        for step in steps:
            with suppress(KeyError, IndexError):
                self._step(step)
                kept += 1
        return kept

    # ── deciding ──

    def accept(self, lines: pd.DataFrame, code: str) -> None:
        """Take the proposal of each of these cells that has one."""
        lines = lines[lines["proposal"].notna()]
        self._set(lines, list(lines["proposal"]), code)

    def replace(self, lines: pd.DataFrame, value: str | None, code: str) -> None:
        """Write the same into each of these cells."""
        self._set(lines, [value] * len(lines), code)

    def leave_out(self, lines: pd.DataFrame, code: str) -> None:
        """Leave the rows of these cells out."""
        positions = self._frame.index.get_indexer_for(pd.Index(lines["row"].unique()))
        self._step(Decision(code, lambda _: positions, len(positions)))

    def undo(self) -> None:
        """Take the last decision back."""
        self.steps.pop()
        self._history.pop()

    def _set(self, lines: pd.DataFrame, values: Sequence[Any], code: str) -> None:
        cells = list(zip(lines["row"], lines["column"], values, strict=True))

        def change(frame: pd.DataFrame) -> None:
            for column in dict.fromkeys(c for _, c, _ in cells):
                of = [(row, value) for row, c, value in cells if c == column]
                frame.loc[[row for row, _ in of], column] = [value for _, value in of]

        self._step(Decision(code, change, len(cells)))

    def _step(self, decision: Decision) -> None:
        frame, left = self.check.frame.copy(), self.left_out.copy()
        frame.attrs = dict(self._frame.attrs)
        positions = decision.change(frame)
        if positions is not None:
            left[positions] = True
        changed = self.check if positions is not None else check(frame, self._match)
        self._history.append((changed, left))
        self.steps.append(decision)
