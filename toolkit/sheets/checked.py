"""A check, and what a person decides about what it found."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from toolkit.errors import InputError
from toolkit.sheets import decisions
from toolkit.sheets.checker import DOUBT, QUESTION
from toolkit.sheets.column import Column
from toolkit.sheets.decisions import Found
from toolkit.sheets.findings import Findings, Terms
from toolkit.sheets.target import FrameRule


class Check(Findings):
    """What was found in a frame. One line of `problems` is one cell; the caller's own frame is not changed.

    An *error* is what the vendor refuses, a *question* what may be no data, or has two readings: their rows are not
    sent. A *doubt* is well-formed and sent. Each decision gives a new check, which looks only at what it changes.
    """

    def __init__(
        self, frame: pd.DataFrame, columns: Sequence[Column], terms: Terms, before: "Check | None" = None
    ) -> None:
        super().__init__(frame, columns, terms)
        self._before = before

    def apply(self, rules: Sequence[FrameRule], *, hold: bool = False) -> None:
        """Let more rules look at all rows, and with `hold` let doubts keep their rows back."""
        self._terms = replace(self._terms, rules=(*self._terms.rules, *rules), hold=self._terms.hold or hold)
        for name in ("_of_rules", "_found", "_open", "problems", "bad", "refused"):
            self.__dict__.pop(name, None)

    def values(self, column: Hashable, reason: str | None = None) -> pd.DataFrame:
        """The distinct values of a facet, the most frequent first: `value`, `cells`, `proposal`, and the `first` row.

        Args:
            column: as `facets` names it, or its field.
            reason: as `facets` says it; without one, all of the column.
        """
        return decisions.values(decisions.chosen(self._open, column, reason))

    def replace(self, column: Hashable, values: Mapping[Any, Any], *, rows: Iterable[Any] | None = None) -> "Check":
        """Other values for some, as `{"Stgo": "Santiago"}`: in every cell of the column, or in those of `rows`.

        Raises:
            InputError: no field is filled by the column, or none of its cells holds one of the values.
        """
        own = next((c for c in self._columns if c.name is not None and column in (c.name, c.field.name)), None)
        if own is None:
            raise InputError(f"{column!r} fills no field; {', '.join(repr(c) for c in self.columns.values())} do")
        among = range(len(self.frame)) if rows is None else np.flatnonzero(self._labels_in(rows)).tolist()
        new = {str(old): value for old, value in values.items()}
        cells = {i: new[text] for i, text in zip(among, own.values(among), strict=True) if text in new}
        if not cells:
            raise InputError(f"no cell of {column!r} holds {', '.join(map(repr, [*new][:5]))}")
        line = decisions.code("replace", column=column, values=dict(values), rows=None if rows is None else [*rows])
        return self._decided(line, cells={own.name: cells})

    def empty(
        self, column: Hashable | None = None, reason: str | None = None, *, values: Iterable[str] | None = None
    ) -> "Check":
        """Nothing in the cells of a facet, or in those of its cells that hold one of `values`."""
        ones = [one for one in decisions.chosen(self._open, column, reason, values) if one.in_frame]
        line = decisions.code("empty", column=column, reason=reason, values=_listed(values))
        return self._decided(line, cells=_by_column((one, None) for one in ones))

    def accept(
        self, column: Hashable | None = None, reason: str | None = None, *, values: Iterable[str] | None = None
    ) -> "Check":
        """Take what is proposed for the cells of a facet; where nothing is, a question or doubt is sent as it stands.

        Without a column, of all; errors without a proposal stay: what the vendor refuses is not decided here.
        """
        ones = decisions.chosen(self._open, column, reason, values)
        cells = _by_column(
            (one, one.problem.proposal) for one in ones if one.in_frame and one.problem.proposal is not None
        )
        others = [one for one in ones if one.problem.proposal is None and one.problem.level in (QUESTION, DOUBT)]
        line = decisions.code("accept", column=column, reason=reason, values=_listed(values))
        return self._decided(line, cells=cells, accepted=others)

    def leave_out(
        self,
        column: Hashable | None = None,
        reason: str | None = None,
        *,
        values: Iterable[str] | None = None,
        rows: Iterable[Any] | None = None,
    ) -> "Check":
        """Do not send the rows of a facet, or those with the labels `rows`. They are reported as not sent."""
        if rows is not None:
            labels = [*rows]
            left_out = {*np.flatnonzero(self._labels_in(labels)).tolist()}
            return self._decided(decisions.code("leave_out", rows=labels), left_out=left_out)
        ones = decisions.chosen(self._open, column, reason, values)
        line = decisions.code("leave_out", column=column, reason=reason, values=_listed(values))
        return self._decided(line, left_out={one.position for one in ones})

    def _labels_in(self, rows: Iterable[Any]) -> "np.ndarray[Any, np.dtype[np.bool_]]":
        """Which rows have these labels.

        Raises:
            InputError: none has.
        """
        found = self.frame.index.isin([*rows])
        if not found.any():
            raise InputError("no row has one of these labels")
        return found

    @property
    def decisions(self) -> list[str]:
        """What was decided since the check, each as the line of code that decides it again."""
        return [*self._terms.decisions]

    def undo(self) -> "Check":
        """The check before the last decision.

        Raises:
            InputError: nothing was decided.
        """
        if self._before is None:
            raise InputError("nothing was decided that could be undone")
        return self._before

    def _decided(
        self,
        line: str,
        *,
        cells: Mapping[Hashable, Mapping[int, Any]] | None = None,
        accepted: Sequence[Found] = (),
        left_out: Iterable[int] = (),
    ) -> "Check":
        """The check once some cells are others, some questions are no more, and some rows are left out."""
        frame = decisions.with_cells(self.frame, cells or {})
        columns = _changed(self._columns, frame, cells or {}, accepted)
        of_rules = {problem for found in self._of_rules.values() for _, problem in found}
        waived = {(one.title, one.problem.reason) for one in accepted if one.column is None or one.problem in of_rules}
        terms = replace(
            self._terms,
            accepted=self._terms.accepted | waived,
            left_out=self._terms.left_out.union(left_out),
            decisions=(*self._terms.decisions, line),
        )
        return Check(frame, columns, terms, self)


def _listed(values: Iterable[str] | None) -> list[str] | None:
    return None if values is None else [values] if isinstance(values, str) else [*values]


def _by_column(values: Iterable[tuple[Found, Any]]) -> dict[Hashable, dict[int, Any]]:
    """New values for some cells, by column and position."""
    cells: dict[Hashable, dict[int, Any]] = {}
    for one, value in values:
        assert one.column is not None
        cells.setdefault(one.column.name, {})[one.position] = value
    return cells


def _changed(
    columns: Sequence[Column],
    frame: pd.DataFrame,
    cells: Mapping[Hashable, Mapping[int, Any]],
    accepted: Sequence[Found],
) -> list[Column]:
    """The columns once some cells are others, and some values are accepted; the rest is shared."""
    made: dict[Column, Column] = {}
    for column in columns:
        new = column
        if changes := cells.get(column.name) if column.name is not None else None:
            new = new.with_cells(frame[column.name], np.array(sorted(changes), dtype=np.int64))
        if places := [one.position for one in accepted if one.column is column]:
            new = new.accepting(frozenset(column.held(places)))
        made[column] = new
    return [new.with_kinds(made[kinds]) if (kinds := new.kinds) in made else new for new in made.values()]
