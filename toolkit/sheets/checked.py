"""A check, and what a person decides about what it found."""

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time
from os import PathLike
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
from pandas.api.types import is_scalar

from toolkit.errors import InputError
from toolkit.plain import message
from toolkit.sheets import facets
from toolkit.sheets.cells import shown, with_cells
from toolkit.sheets.checker import DOUBT, FIX, QUESTION
from toolkit.sheets.column import Column
from toolkit.sheets.evidence import evidence, with_evidence
from toolkit.sheets.facets import CellProblem
from toolkit.sheets.fields import listed
from toolkit.sheets.findings import Findings
from toolkit.sheets.frame_rules import EMPTY_ROW, LEFT_OUT, MISSING, Shape
from toolkit.sheets.target import FrameRule


class Check(Findings):
    """What was found in a frame. One line of `problems` is one cell; the caller's own frame is not changed.

    An *error* is what the vendor refuses, a *question* what may be no data, or has two readings: their rows are not
    sent. A *doubt* is well-formed and sent. Each decision gives a new check, which looks only at what it changes.
    """

    def with_rules(self, rules: Sequence[FrameRule]) -> "Check":
        """The check once more rules have looked at all rows."""
        return Check(self.frame, self._columns, replace(self._terms, rules=(*self._terms.rules, *rules)))

    def values(self, column: Hashable, reason: str | None = None) -> pd.DataFrame:
        """The distinct values of a facet, the most frequent first.

        `value`, how many `cells` hold it, its `proposal`, whether that is `sure` (by a rule, not only spelt alike), its
        `cluster` (the same for values that are spelt alike: the proposal, or the most frequent of them), and the
        `first` row.

        Args:
            column: as `facets` names it, or its field.
            reason: as `facets` says it; without one, all of the column.
        """
        return facets.values(facets.choose(self._undecided, column, reason))

    def replace(self, column: Hashable, values: Mapping[Any, Any], *, rows: Iterable[Any] | None = None) -> "Check":
        """Other values for some, as `{"Stgo": "Santiago"}`: in every cell of the column, or in those of `rows`.

        `{None: "Chile"}` fills blank cells. So a field that no column fills can be filled too: the frame of the new
        check has a column for it. Without `rows`, rows that are empty as a whole stay so.

        Raises:
            InputError: there is no such column or field, or none of the cells holds one of the values.
        """
        own = self._column(column)
        if not isinstance(values, Mapping):
            text = "the other values come as {{old: new}}, not as {value!r}"
            raise InputError(message(text, value=values))
        values = {_settled(old): _settled(value) for old, value in values.items()}
        new = {None if _is_blank(old) else str(old): value for old, value in values.items()}
        empty = {i for i, problem in self._rows.items() if problem == EMPTY_ROW}
        rows = None if rows is None else _several(rows)
        among = [i for i in range(len(self.frame)) if i not in empty] if rows is None else self._positions(rows)
        texts = (None if _is_blank(text) else text for text in own.values(among))
        cells = {i: new[text] for i, text in zip(among, texts, strict=True) if text in new}
        if not cells:
            raise InputError(
                message("no cell of {column!r} holds {values}", column=column, values=listed([*values][:5]))
            )
        line = _code("replace", column=column, values=values, rows=rows)
        return self._decided(line, cells={own.title: cells}, anew=[] if rows is None else [*cells])

    def empty(
        self, column: Hashable | None = None, reason: str | None = None, *, values: Iterable[str] | None = None
    ) -> "Check":
        """Nothing in the cells of a facet, or in those of its cells that hold one of `values`."""
        cells, line = self._chosen("empty", column, reason, values)
        return self._decided(line, cells=_by_column((one, None) for one in cells if one.in_frame))

    def accept(
        self, column: Hashable | None = None, reason: str | None = None, *, values: Iterable[str] | None = None
    ) -> "Check":
        """Take what is proposed for the cells of a facet; where nothing is, a question or doubt is sent as it stands.

        Without any argument, of all, and a question for which nothing is proposed stays: what looks like a total, a
        note or a word for nothing is accepted by its column or reason, never in one go with the rest. Errors without a
        proposal stay: what the vendor refuses is not decided here. So do questions of which nobody but you knows the
        answer, such as a day that can be read in two ways.

        Raises:
            InputError: there is nothing to accept.
        """
        cells, line = self._chosen("accept", column, reason, values)
        accepted = [one for one in cells if one.can_be_accepted]
        proposed = [one for one in accepted if one.problem.proposal is not None]
        others = [one for one in accepted if one.problem.proposal is None]
        if column is reason is values is None:
            others = [one for one in others if one.problem.level != QUESTION]
        if not proposed and not others:
            text = "there is nothing to accept: say `replace`, `empty` or `leave_out`, or `accept(column, reason)`"
            raise InputError(message(text))
        return self._decided(line, cells=_by_column((one, one.problem.proposal) for one in proposed), accepted=others)

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
            labels = _several(rows)
            return self._decided(_code("leave_out", rows=labels), left_out=self._positions(labels))
        cells, line = self._chosen("leave_out", column, reason, values)
        return self._decided(line, left_out=[one.position for one in cells])

    def _chosen(
        self, verb: str, column: Hashable | None, reason: str | None, values: Iterable[str] | None
    ) -> tuple[list[CellProblem], str]:
        """The cells that are decided about, and the decision as a line of code, which reads so in every language."""
        wanted = None if values is None else _several(values)
        cells = facets.choose(self._undecided, column, reason, wanted)
        english = None if reason is None else cells[0].problem.reason
        return cells, _code(verb, column=column, reason=english, values=wanted)

    def _column(self, name: Hashable) -> Column:
        """The column of that name, or of the field of that name; also of a field that no column fills.

        Raises:
            InputError: there is none.
        """
        for column in self._columns:
            if name == column.title or name == column.field.name:
                return column
        known = listed(column.title for column in self._columns)
        raise InputError(message("{column!r} fills no field; there are {known}", column=name, known=known))

    def _positions(self, rows: Iterable[Any]) -> list[int]:
        """Where the rows with these labels stand.

        Raises:
            InputError: none has one of them.
        """
        labels = [*rows]
        positions: list[int] = np.flatnonzero(self.frame.index.isin(labels)).tolist()
        if len(positions) < len(labels):  # as decisions write them
            known = [*map(_settled, labels)]
            written = (i for i, label in enumerate(self.frame.index) if _settled(label) in known)
            positions = sorted({*positions, *written})
        if not positions:
            raise InputError(message("no row has one of these labels"))
        return positions

    def evidence(self, rows: Iterable[int]) -> dict[int, str]:
        """What a result keeps of these rows, so that they are read and asked about as before when they come back."""
        asked = [q for q in self._terms.asked if (facets.ROW, q[1].reason) not in self._terms.accepted]
        asked += ((i, LEFT_OUT) for i in self._terms.left_out)
        asked += (q for problems in self._of_rules.values() for q in problems if self._blocks(q[1]) and q[1] != MISSING)
        return evidence(self.frame, self._used, self.reading, asked, rows)

    def to_excel(self, path: "str | PathLike[str]") -> Path:
        """Write the frame, problem cells coloured, the reason as a comment, and a summary sheet. Gives its path."""
        from toolkit.sheets.write import write_outcome

        places: dict[Hashable, int] = {name: n for n, name in enumerate(self.frame.columns)}
        colours = {FIX: "fixed", DOUBT: "doubt"}
        marks = {
            (one.position, places[one.title]): (colours.get(one.problem.level, "wrong"), one.text)
            for one in self._cells
            if one.in_frame
        }
        bad = np.flatnonzero(self.bad).tolist()
        outcome = with_evidence(self.outcomes, self.evidence(bad))
        return write_outcome(path, self.frame, outcome, self.summary, self.notes, cells=marks)

    @property
    def decisions(self) -> list[str]:
        """What was decided since the check, each as the line of code that decides it again."""
        return [*self._terms.decisions]

    def undo(self) -> "Check":
        """The check before the last decision.

        Raises:
            InputError: nothing was decided.
        """
        if self._terms.before is None:
            raise InputError(message("nothing was decided that could be undone"))
        return cast(Check, self._terms.before)

    def _decided(
        self,
        line: str,
        *,
        cells: Mapping[Hashable, Mapping[int, Any]] | None = None,
        accepted: Sequence[CellProblem] = (),
        left_out: Iterable[int] = (),
        anew: Iterable[int] = (),
    ) -> "Check":
        """The check once some cells are others, some questions are no more, and some rows are left out.

        `anew`: rows that somebody looked at one by one, so that what was asked of them is asked only if it still is so.
        """
        frame = with_cells(self.frame, cells or {})
        columns = _changed(self._columns, frame, cells or {}, accepted)
        of_rules = {problem for problems in self._of_rules.values() for _, problem in problems}
        waived = {(one.title, one.problem.reason) for one in accepted if one.column is None or one.problem in of_rules}
        touched, anew = {i for changes in (cells or {}).values() for i in changes}, {*anew}
        asked = [q for q in self._terms.asked if q[0] not in anew]
        if touched:
            asked += [q for q in Shape(columns, frame).questions() if q[0] in touched]
        terms = replace(
            self._terms,
            asked=tuple(dict.fromkeys(asked)),
            accepted=self._terms.accepted | waived,
            left_out=self._terms.left_out.union(left_out),
            decisions=(*self._terms.decisions, line),
            before=self,
        )
        return Check(frame, columns, terms)


def _is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip()) or bool(is_scalar(value) and pd.isna(value))


def _several(values: Any) -> list[Any]:
    """Some values; a single one is taken for a list of it."""
    if not (is_scalar(values) or isinstance(values, Iterable)):
        raise InputError(message("several are given as a list of them, as [2, 3], not as {value!r}", value=values))
    return [values] if is_scalar(values) or isinstance(values, tuple) else [*values]


def _settled(value: Any) -> Any:
    """A value in a form that stays the same when it is written as code, and run again."""
    if isinstance(value, np.datetime64):
        value = pd.Timestamp(value)
    if not isinstance(value, str) and _is_blank(value):
        return None
    if isinstance(value, int) and shown(value) is None:
        raise InputError(message("a cell takes no number of more than a thousand digits"))
    if isinstance(value, datetime):
        whole = value.tzinfo is None and value.time() == time.min
        return value.date().isoformat() if whole else value.isoformat(" ")
    if isinstance(value, np.generic):
        return float(str(value)) if isinstance(value, np.floating) else value.item()
    if isinstance(value, Mapping):
        return {_settled(key): _settled(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(_settled, value))
    plain = isinstance(value, str | bytes | int) or (isinstance(value, float) and math.isfinite(value))
    return value if plain or value is None else str(value)


def _code(verb: str, **named: Any) -> str:
    """A decision as it is called."""
    arguments = ", ".join(f"{name}={_settled(value)!r}" for name, value in named.items() if value is not None)
    return f"check = check.{verb}({arguments})"


def _by_column(values: Iterable[tuple[CellProblem, Any]]) -> dict[Hashable, dict[int, Any]]:
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
    accepted: Sequence[CellProblem],
) -> list[Column]:
    """The columns once some cells are others, and some values are accepted; the rest is shared."""
    changed: dict[Column, Column] = {}
    for column in columns:
        new = column
        if changes := cells.get(column.title):
            new = new.with_cells(frame[column.title], np.array(sorted(changes), dtype=np.int64))
        if places := [one.position for one in accepted if one.column is column]:
            new = new.accepting(frozenset(column.held(places)))
        changed[column] = new
    return [new.with_kinds(changed[kinds]) if (kinds := new.kinds) in changed else new for new in changed.values()]
