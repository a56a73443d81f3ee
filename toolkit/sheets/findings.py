"""What a check of a frame found, and what would be sent of it."""

import html
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from toolkit.errors import InputError, RowErrors
from toolkit.plain import mark, message, plain
from toolkit.sheets import facets
from toolkit.sheets.cells import with_cells
from toolkit.sheets.checker import DOUBT, ERROR, FIX, QUESTION, Problem
from toolkit.sheets.column import Column, Places, Where
from toolkit.sheets.facets import ROW, CellProblem
from toolkit.sheets.frame_rules import EMPTY_ROW, LEFT_OUT, missing, remembered
from toolkit.sheets.outcomes import COLUMNS
from toolkit.sheets.target import FrameRule
from toolkit.spec.suggest import Suggesting

_OF_FACETS = ["column", "level", "problem", "cells", "values", "proposals"]  # what is shown of the tables
_OF_CELLS = ["row", "column", "value", "problem", "proposal"]


class Change(NamedTuple):
    """A cell that is sent in another form than it stands in."""

    position: int
    row: Any
    column: Any
    value: str
    sent: str


@dataclass(frozen=True)
class Terms:
    """What holds for a check beside its cells: how it was asked for, and what was decided since."""

    rules: tuple[FrameRule, ...] = ()
    empty_rows: bool = False
    notes: tuple[str, ...] = ()
    reading: Mapping[str, Any] = field(default_factory=dict)  # how cells are to be read, and doubts taken, as was said
    accepted: frozenset[tuple[Hashable, str]] = frozenset()  # questions of rows, and of rules: column and reason
    asked: tuple[tuple[int, Problem], ...] = ()  # questions of rows, by position
    left_out: frozenset[int] = frozenset()  # positions
    decisions: tuple[str, ...] = ()
    before: "Findings | None" = None  # the check before the last of them


class Findings(Suggesting):
    """What was found in a frame, and what would be sent of it."""

    frame: pd.DataFrame

    def __init__(self, frame: pd.DataFrame, columns: Sequence[Column], terms: Terms) -> None:
        self.frame, self._columns, self._terms = frame, [*columns], terms
        self._blocking = (ERROR, QUESTION, DOUBT) if terms.reading.get("doubts") == "hold" else (ERROR, QUESTION)
        self._used = [column for column in columns if column.name is not None]
        self._rows = {} if terms.empty_rows or not columns else self._row_problems()

    def _row_problems(self) -> dict[int, Problem]:
        """The rows that have a problem as such: one each."""
        asked, accepted = self._terms.asked, self._terms.accepted
        questions = dict(q for q in reversed(asked) if (ROW, q[1].reason) not in accepted) if asked else {}
        nothing = np.flatnonzero(~np.any([c.filled for c in self._columns], axis=0)).tolist()
        return questions | dict.fromkeys(nothing, EMPTY_ROW) | dict.fromkeys(self._terms.left_out, LEFT_OUT)

    # ── what was found ──

    @property
    def columns(self) -> dict[str, Hashable]:
        """The frame's column that fills each field, by the field's own key."""
        return {c.field.key: c.name for c in self._used}

    @cached_property
    def problems(self) -> pd.DataFrame:
        """A row for each cell with a problem, from top to bottom.

        `row` (the index label), `column` ("(row)" where the whole row is meant) and `field`, `value`, `problem`,
        `proposal`, `safe` (the proposal changes no meaning: it is what is sent), `blocks` (the row is not sent with
        it), `reason` (by which `facets` groups: `problem` in English, without what differs from cell to cell) and
        `level`: error, question, doubt or fix.
        """
        labels = self._labels([one.position for one in self._cells])
        return facets.table(self._cells, labels, [self._blocks(one.problem) for one in self._cells])

    @cached_property
    def _cells(self) -> list[CellProblem]:
        """Every problem, from top to bottom, and from left to right."""
        return sorted(self._all(fixes=True), key=lambda one: one.position)

    @cached_property
    def _undecided(self) -> list[CellProblem]:
        """What somebody may decide about."""
        return sorted((one for one in self._unfixed if one.problem != LEFT_OUT), key=lambda one: one.position)

    @cached_property
    def _unfixed(self) -> list[CellProblem]:
        """The problems but for what is fixed safely, which can be every cell of a column."""
        return [*self._all(fixes=False)]

    def _all(self, *, fixes: bool) -> Iterator[CellProblem]:
        """The problems, column by column; with what was fixed safely, or without."""
        for column, problems in self._problems_by_column(fixes=fixes):
            title, name = (ROW, "") if column is None else (column.title, column.field.name)
            places = [i for i, _ in problems]
            values = repeat(None) if column is None else column.values(places)
            for (i, problem), label, value in zip(problems, self._labels(places), values, strict=False):
                yield CellProblem(i, label, title, name, value, problem, column)

    def _problems_by_column(self, *, fixes: bool = False) -> Iterator[tuple[Column | None, list[tuple[int, Problem]]]]:
        """What is wrong, or may be, in each column that has such cells, and with whole rows, by position."""
        rules = self._of_rules
        for column in self._columns:
            cells = column.problems(fixes=fixes) if len(column.parsed) else []
            if self._rows:
                cells = [(i, problem) for i, problem in cells if self._rows.get(i) not in (EMPTY_ROW, LEFT_OUT)]
            if cells := [*cells, *rules.get(column.field.key, ())]:
                yield column, cells
        if rows := [*self._rows.items(), *rules.get("", ())]:
            yield None, rows

    @cached_property
    def _of_rules(self) -> dict[str, list[tuple[int, Problem]]]:
        """What is missing, and what the rules of the whole frame find, by the key of the field."""
        problems = missing(self._columns, [*self._rows])
        if not self._terms.rules:
            return problems
        cells_only: Any = type(self)(self.frame, self._columns, replace(self._terms, rules=()))
        titles = {column.field.key: column.title for column in self._columns}
        for rule in self._terms.rules:
            for position, key, problem in rule(cells_only):
                waived = (titles.get(key, ROW), problem.reason) in self._terms.accepted
                if not waived and self._rows.get(position) not in (EMPTY_ROW, LEFT_OUT):
                    problems.setdefault(key if key in titles else "", []).append((position, problem))
        return problems

    def _blocks(self, problem: Problem) -> bool:
        return problem.level in self._blocking

    def _labels(self, positions: Sequence[int]) -> "pd.Index[Any]":
        index = self.frame.index.to_flat_index() if self.frame.index.nlevels > 1 else self.frame.index
        return index[np.array(positions, dtype=int)]

    @property
    def problem_positions(self) -> list[int]:
        """The position in the frame of each line of `problems`: labels may occur twice."""
        return [one.position for one in self._cells]

    @property
    def errors(self) -> pd.DataFrame:
        """The problems that keep their rows from being sent."""
        return self.problems[self.problems["blocks"]].reset_index(drop=True)

    @property
    def fixes(self) -> pd.DataFrame:
        """The safe fixes: what is sent instead of what stands in the cell."""
        return self.problems[self.problems["safe"]].reset_index(drop=True)

    @cached_property
    def bad(self) -> "pd.Series[bool]":
        """For each row of the frame whether it cannot be sent as it is."""
        rows = np.zeros(len(self.frame), dtype=bool)
        for _, problems in self._problems_by_column():
            rows[[i for i, problem in problems if self._blocks(problem)]] = True
        return pd.Series(rows, index=self.frame.index, name="bad", dtype=bool)

    @property
    def ok(self) -> bool:
        """Whether every row can be sent."""
        return not self.bad.any()

    def raise_if_bad(self, hint: str = "") -> None:
        """Raise `RowErrors` with every problem that blocks, if there is one."""
        if not self.ok:
            raise RowErrors(self.errors, hint)

    @cached_property
    def notes(self) -> list[str]:
        """What was decided without you, and what will not be sent: sentences, each with the way to decide otherwise."""
        notes = [*self._terms.notes]
        for column in self._used:
            notes += [*column.notes, *(column.hints() if len(column.parsed) else ())]
        return notes

    # ── what would be sent ──

    def wire(self, rows: Where | None = None) -> dict[str, list[Any]]:
        """What the vendor gets for these rows, without them all: by the key of the field, a value a row.

        None where nothing, or nothing right, is.
        """
        if rows is None or isinstance(rows, slice):
            rows = slice(*(rows or slice(None)).indices(len(self.frame))[:2])
        elif len(rows) and (np.diff(rows) == 1).all():
            rows = slice(int(rows[0]), int(rows[-1]) + 1)
        sent = {}
        for column in self._used:
            sent[column.field.key] = column.wire(rows)
        return sent

    def changes(self, rows: Where | None = None) -> list[Change]:
        """The cells of these rows (all rows by default) that are sent in another form than they stand in."""
        at = np.arange(len(self.frame))[slice(None) if rows is None else rows]
        changes = []
        for column in self._used:
            cells = column.changes(at)
            labels = self._labels([i for i, _, _ in cells])
            changes += [Change(i, row, column.name, *texts) for (i, *texts), row in zip(cells, labels, strict=True)]
        return sorted(changes, key=lambda change: change.position)

    def as_rows(self) -> pd.DataFrame:
        """The frame as it is, with what this check was told and what was decided, so that it can be checked again."""
        frame = self._remembering(self.frame.copy(deep=False), np.arange(len(self.frame)))
        frame.attrs["decided"] = True
        return frame

    def _remembering(self, frame: pd.DataFrame, kept: Places) -> pd.DataFrame:
        """The frame, of which these rows are kept: what was decided travels with it."""
        left_out = ((i, LEFT_OUT) for i in sorted(self._terms.left_out))
        rows = remembered(self.frame.index, kept, [*left_out, *self._terms.asked])
        asked = frame.attrs.get("questions", {}).items()
        still = {reason: labels for reason, labels in asked if (ROW, reason) not in self._terms.accepted}
        frame.attrs |= {"fields": self.mapping, "reading": self.reading | {"rows": rows}, "questions": still}
        return frame

    def fixed(self) -> pd.DataFrame:
        """The frame as it would be sent: safe fixes applied (`fixes` lists them), rows that were left out gone.

        Its columns keep their names. Which field each fills, how it is read and what was decided is remembered in
        `attrs`, so that it can be sent as it is.
        """
        changes: dict[Hashable, dict[int, Any]] = {}
        for column in self._used:
            if fixes := {i: p.proposal for i, p in column.problems() if p.level == FIX}:
                changes[column.name] = fixes
        fixed = with_cells(self.frame, changes)
        kept = np.setdiff1d(np.arange(len(fixed)), [*self._terms.left_out])
        fixed = self._remembering(fixed, kept)
        return fixed.iloc[kept] if self._terms.left_out else fixed

    @property
    def mapping(self) -> dict[Hashable, str | None]:
        """The field that each column of the frame fills; None where it is left out."""
        filled = {c.name: c.field.name for c in self._used}
        return {column: filled.get(column) for column in self.frame.columns}

    @property
    def left_out(self) -> frozenset[int]:
        """The positions of the rows that were left out."""
        return self._terms.left_out

    @property
    def reading(self) -> dict[str, Any]:
        """How the cells were read and what was decided, as `check` takes it up again."""
        own, accepted = dict[Hashable, dict[str, Any]](), dict[Hashable, list[Any]]()
        for column in self._used:
            own[column.name] = column.how
            if column.accepted:
                accepted[column.name] = [*column.accepted]
        return {**self._terms.reading, "columns": own, "accepted": accepted, "accepted_rows": [*self._terms.accepted]}

    def repeats(self, fields: Iterable[str] = ()) -> list[tuple[int, int]]:
        """The positions of rows that say the same as an earlier one, as they are sent, and those of the earlier ones.

        In all fields, or in those named, all of which have to be filled then. Rows that cannot be sent do not count.
        """
        names = [*fields]
        used = [c for c in self._used if not names or c.field.name in names]
        rows = zip(*([_hashable(v) for v in c.wire(slice(0, len(self.frame)))] for c in used), strict=True)
        first: dict[tuple[Any, ...], int] = {}
        nothing = {None}
        pairs = []
        for i, (row, bad) in enumerate(zip(rows, self.bad.tolist(), strict=True)) if used else ():
            counts = not bad and (None not in row if names else {*row} != nothing)
            if counts and (same := first.setdefault(row, i)) != i:
                pairs.append((i, same))
        return pairs

    def duplicates(self, *fields: str) -> pd.DataFrame:
        """Rows that say the same as an earlier row, as they are sent; in all fields or in those named.

        One row for each of them: `row`, `same_as` (the first such row), and the fields that agree. They are shown, and
        sent all the same; rows that cannot be sent are not compared.
        """
        by_name = {c.field.name: c for c in self._used}
        if unknown := [f for f in fields if f not in by_name]:
            raise InputError(message("no column fills the fields {fields}", fields=", ".join(map(repr, unknown))))
        pairs = self.repeats(fields)
        again = np.array([i for i, _ in pairs], dtype=np.int64)
        labels = {"row": self._labels([i for i, _ in pairs]), "same_as": self._labels([same for _, same in pairs])}
        return pd.DataFrame(labels | {n: by_name[n].wire(again) for n in fields or by_name})

    @property
    def facets(self) -> pd.DataFrame:
        """What there is to decide: a row for each column and reason, with the most cells first.

        `column`, "(row)" where a whole row is meant; `reason`, the same in every language; `level`: an error or a
        question (neither is sent) or a doubt (sent); `problem`: the reason in yours; how many `cells`, how many
        distinct `values` they hold, for how many there are `proposals`, of how many these are `sure` (by a rule, not
        only spelt alike); and whether they `can_be_empty`, `can_be_accepted` (with what is proposed, else as they
        stand) or `can_be_replaced`: blank cells too, by `replace(column, {None: …})`.
        """
        return facets.facets(self._undecided)

    # ── showing ──

    @property
    def summary(self) -> "pd.Series[int]":
        """How many rows there are, how many can be sent, and how many cells are of each level."""
        levels = Counter(one.problem.level for one in self._cells)
        bad = int(self.bad.sum())
        counts = {
            mark("rows"): len(self.frame),
            mark("rows that can be sent"): len(self.frame) - bad,
            mark("rows that cannot"): bad,
            mark("cells fixed safely"): levels[FIX],
            mark("cells in doubt"): levels[DOUBT],
            mark("cells in question"): levels[QUESTION],
            mark("cells wrong"): levels[ERROR],
            mark("rows that repeat an earlier one"): len(self.repeats()),
        }
        return pd.Series(counts, name="count")

    @cached_property
    def refused(self) -> pd.DataFrame:
        """The rows that cannot be sent, by position: `outcome` ("not sent"), `error`, `error_column`, `error_value`."""
        if self.ok:
            return pd.DataFrame([], index=[], columns=[*COLUMNS], dtype="str")
        return facets.refused(one for one in self._unfixed if self._blocks(one.problem))

    @property
    def outcomes(self) -> pd.DataFrame:
        """What a report says of each row: `refused`, with a row for each row of the frame."""
        return self.refused.reindex(range(len(self.frame))).set_axis(self.frame.index)

    @property
    def wrong_cells(self) -> dict[tuple[int, str], str]:
        """What is wrong with each cell that keeps its row from being sent, by position of the row and column."""
        wrong = (one for one in self._unfixed if self._blocks(one.problem))
        return {(one.position, str(one.title)): one.text for one in wrong if one.in_frame}

    def __repr__(self) -> str:
        lines = [facets.counted(self.summary), *(f"- {note}" for note in self.notes)]
        if len(table := self.facets):
            lines += [
                table[_OF_FACETS].head(facets.SHOWN).to_string(index=False, max_colwidth=60),
                *facets.cut(table),
            ]
            lines.append(message("`facets`, `values` and `problems` say more"))
        return plain("\n".join(lines))

    def _repr_html_(self) -> str:
        notes = "".join(f"<li>{html.escape(plain(note))}</li>" for note in self.notes)
        decisions = self.facets
        tables = [(decisions, _OF_FACETS), (self.errors, _OF_CELLS)] if len(decisions) else []
        shown = ""
        for table, columns in tables:
            shown += table[columns].head(facets.SHOWN).to_html(escape=True, index=False, na_rep="")
            shown += "".join(f"<p>{text}</p>" for text in facets.cut(table))
        return f"<p>{html.escape(plain(facets.counted(self.summary)))}</p><ul>{notes}</ul>{shown}"


def _hashable(value: Any) -> Any:
    return value if isinstance(value, str | int | float | type(None)) else repr(value)
