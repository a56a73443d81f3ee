"""What somebody decides about the problem cells of a sheet: each step a call of the check, and one click back."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from toolkit.errors import InputError
from toolkit.sheets import Check
from toolkit.sheets.checker import DOUBT, FIX, NOTHING_SAID, QUESTION


@dataclass(frozen=True)
class Call:
    """A decision: a method of the check, and what it is called with."""

    verb: str
    arguments: tuple[Any, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)

    def on(self, check: Check) -> Check:
        """The check once it is decided.

        Raises:
            InputError: there is nothing to decide so.
        """
        decided: Check = getattr(check, self.verb)(*self.arguments, **self.options)
        return decided


@dataclass(frozen=True)
class Step:
    """What one click decided: its label, its calls, and the check before."""

    label: str
    calls: tuple[Call, ...]
    before: Check


class Decisions:
    """A check and the steps that led to it."""

    def __init__(self, check: Check) -> None:
        self.check = check
        self.steps: list[Step] = []
        self._known: tuple[Check, pd.DataFrame] | None = None  # the facets, and of which check

    def decide(self, label: str, calls: Sequence[Call]) -> int:
        """Decide; gives how many cells have another value now. Nothing is decided where there is nothing to."""
        before, after = self.check, self.check
        for call in calls:
            after = call.on(after)
        if after is before:
            return 0
        self.check = after
        self.steps.append(Step(label, tuple(calls), before))
        return _changed_cells(before.frame, after.frame)

    def undo(self) -> None:
        """Take the last step back."""
        self.check = self.steps.pop().before

    def take_over(self, steps: Sequence[Step]) -> int:
        """Decide again what was decided about the same sheet; gives how many steps hold."""
        kept = 0
        for step in steps:
            try:
                self.decide(step.label, step.calls)
            except InputError:
                continue
            kept += 1
        return kept

    # ── what there is to decide ──

    @property
    def facets(self) -> pd.DataFrame:
        """A line for each column and reason, those that keep rows here before those that are only in doubt.

        Of a row that is asked about, as a total, no cell is to be emptied: it would be sent as nobody's.
        """
        if self._known is None or self._known[0] is not self.check:
            facets = self.check.facets
            facets = facets.loc[(facets["level"] == DOUBT).sort_values(kind="stable").index]
            nothing = (facets["level"] != QUESTION) | (facets["reason"] == NOTHING_SAID.reason)
            self._known = self.check, facets.assign(can_be_empty=facets["can_be_empty"] & nothing)
        return self._known[1]

    @property
    def blocking(self) -> pd.DataFrame:
        """The facets that keep rows from being sent."""
        facets = self.facets
        return facets[facets["level"] != DOUBT]

    def cells(self, column: Hashable, reason: str) -> pd.DataFrame:
        """The cells of a facet: `row`, `value`, `proposal`."""
        problems = self.check.problems
        own = (problems["column"] == column) & (problems["reason"] == reason) & (problems["level"] != FIX)
        return problems[own][["row", "value", "proposal"]].reset_index(drop=True)

    def values(self, column: Hashable, reason: str) -> pd.DataFrame:
        """The distinct values of a facet; all that is blank is one of them."""
        values = self.check.values(column, reason)
        blank = values["value"].fillna("").str.strip() == ""
        if blank.any():
            first = values.index[blank][0]
            values.loc[first, ["value", "cells"]] = [None, int(values.loc[blank, "cells"].sum())]
            values = values.drop(index=values.index[blank][1:])
        return values

    def counts(self) -> tuple[int, int, int]:
        """All rows, those that cannot be sent yet, and those that were left out."""
        left = len(self.check.left_out)
        return len(self.check.frame), int(self.check.bad.sum()) - left, left

    # ── the calls for it ──

    def accepting_all(self, *, sure: bool) -> list[Call]:
        """Take every proposal that is sure, or every one that is not: its value is only spelt alike."""
        facets = self.blocking
        some = facets["sure"] > 0 if sure else facets["sure"] < facets["proposals"]
        return [call for line in facets[some].to_dict("records") for call in self.accepting(line, sure=sure)]

    def accepting(self, facet: Mapping[Hashable, Any], *, sure: bool | None = None) -> list[Call]:
        """Take the proposals of a facet: all, or those that are sure, or those that are not."""
        values = self.check.values(facet["column"], facet["reason"])
        chosen = values["proposal"].notna()
        if sure is not None:
            chosen &= values["sure"] == sure
        proposed = values[chosen]["value"]
        if len(proposed) == len(values):
            return [Call("accept", (facet["column"], facet["reason"]))]
        return [Call("accept", (facet["column"], facet["reason"]), {"values": [*proposed]})]

    def emptying_rest(self) -> list[Call]:
        """Empty what has no proposal, where a cell may be empty."""
        calls = []
        for line in self.blocking[self.blocking["can_be_empty"]].to_dict("records"):
            values = self.check.values(line["column"], line["reason"])
            rest = values[values["proposal"].isna()]["value"].dropna()
            if len(rest) == len(values):
                calls.append(Call("empty", (line["column"], line["reason"])))
            elif len(rest):
                calls.append(Call("empty", (line["column"], line["reason"]), {"values": [*rest]}))
        return calls


def _changed_cells(before: pd.DataFrame, after: pd.DataFrame) -> int:
    """How many cells are others. Columns that are shared were not touched."""
    changed = 0
    for column in after.columns:
        if after[column] is not before[column]:
            one, other = before[column].astype(object), after[column].astype(object)
            changed += int(((one != other) & ~(one.isna() & other.isna())).sum())
    return changed
