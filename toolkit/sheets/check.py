"""Every cell of a frame checked before anything is sent: what is wrong, what is proposed, and what would be sent."""

import html
from collections.abc import Hashable, Sequence
from dataclasses import replace
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from pandas.api.types import is_list_like

from toolkit.errors import InputError, RowErrors
from toolkit.sheets.cells import objects_of, shown
from toolkit.sheets.column import NOTHING, Column, Where
from toolkit.sheets.fields import as_fields, columns_of
from toolkit.sheets.kinds import KEPT
from toolkit.sheets.match import Match, no_field
from toolkit.sheets.outcomes import COLUMNS
from toolkit.sheets.rows import frame_of
from toolkit.sheets.rule import Problem, Reading
from toolkit.sheets.target import FrameRule, resolved
from toolkit.spec import Identity, Json, Masked, Record, Text
from toolkit.suggest import Suggesting


class Change(NamedTuple):
    """A cell that is sent in another form than it stands in."""

    position: int
    row: Any
    column: Any
    value: str
    sent: str


class Check(Suggesting):
    """What was found in a frame. One line of `problems` is one cell; the frame itself is not changed."""

    frame: pd.DataFrame

    def __init__(self, frame: pd.DataFrame, columns: list[Column]) -> None:
        self.frame, self._columns = frame, columns

    @property
    def columns(self) -> dict[str, Hashable]:
        """The frame's column that fills each field, by the field's own key."""
        return {c.field.key: c.name for c in self._columns if c.name is not None}

    @cached_property
    def problems(self) -> pd.DataFrame:
        """A row for each cell with a problem, from top to bottom.

        `row` (the index label), `column` and `field`, `value`, `problem`, `proposal`, `safe` (the proposal changes no
        meaning: it is what is sent) and `blocks` (the row cannot be sent with it). What neither is safe nor blocks is a
        doubt, for a person to look at.
        """
        found = self._found
        data = {
            "row": self._labels([i for i, *_ in found]),
            "column": pd.Series([c.title for _, c, *_ in found], dtype=object),
            "field": pd.array([c.field.name for _, c, *_ in found], dtype="str"),
            "value": pd.array([value for *_, value in found], dtype="str"),
            "problem": pd.array([p.text for *_, p, _ in found], dtype="str"),
            "proposal": pd.array([p.proposal for *_, p, _ in found], dtype="str"),
            "safe": np.array([p.safe for *_, p, _ in found], dtype=bool),
            "blocks": np.array([p.blocks for *_, p, _ in found], dtype=bool),
        }
        return pd.DataFrame(data)

    @property
    def problem_positions(self) -> list[int]:
        """The position in the frame of each line of `problems`: labels may occur twice."""
        return [i for i, *_ in self._found]

    @cached_property
    def _found(self) -> "list[tuple[int, Column, Problem, str | None]]":
        found = [line for c in self._columns for line in _lines(c, c.found())]
        return sorted(found, key=lambda line: line[0])

    def _labels(self, positions: list[int]) -> "pd.Index[Any]":
        index = self.frame.index.to_flat_index() if self.frame.index.nlevels > 1 else self.frame.index
        return index[np.array(positions, dtype=int)]

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
        for column in self._columns:
            rows[column.blocked()] = True
        return pd.Series(rows, index=self.frame.index, name="bad", dtype=bool)

    @property
    def ok(self) -> bool:
        """Whether every row can be sent."""
        return not any(column.blocked() for column in self._columns)

    def apply(self, rules: Sequence[FrameRule], *, hold: bool = False) -> None:
        """Let rules look at all rows, and with `hold` let doubts keep their rows back."""
        by_key = {column.field.key: column for column in self._columns}
        for found in [problem for rule in rules for problem in rule(self)]:
            by_key[found.field].by_rules.append((found.position, Problem(found.text, blocks=found.blocks)))
        for column in self._columns:
            column.hold |= hold
        for made in ("bad", "problems", "_found", "refused"):
            self.__dict__.pop(made, None)

    def raise_if_bad(self, subject: str = "rows", hint: str = "") -> None:
        """Raise `RowErrors` with every problem that blocks, if there is one."""
        if not self.ok:
            raise RowErrors(self.errors, subject, hint)

    def wire(self, rows: Where = slice(None)) -> dict[str, list[Any]]:
        """What the vendor gets for these rows, at first all: by the key of the field, a value a row.

        None where nothing, or nothing right, is.
        """
        if isinstance(rows, slice):
            rows = slice(*rows.indices(len(self.frame))[:2])
        elif len(rows) and (np.diff(rows) == 1).all():
            rows = slice(int(rows[0]), int(rows[-1]) + 1)
        return {column.field.key: column.wire(rows) for column in self._columns if column.name is not None}

    def changes(self, rows: Where = slice(None)) -> list[Change]:
        """The cells of these rows (all rows by default) that are sent in another form than they stand in."""
        at = np.arange(len(self.frame))[rows]
        found = []
        for column in self._columns:
            if column.name is not None and not isinstance(column.field, (*KEPT, Json, Masked)):
                for i, value, wire in zip(at.tolist(), column.shown(at), column.wire(at), strict=True):
                    if wire is not None and (sent := sent_text(wire)) != value:
                        found.append(Change(i, self._labels([i])[0], column.name, str(value), sent))
        return sorted(found, key=lambda change: change.position)

    def fixed(self) -> pd.DataFrame:
        """The frame with the safe fixes applied (`fixes` lists them); everything else as it was.

        Its columns keep their names. Which field each fills, and how it was said to be read, is remembered in `attrs`,
        so that it can be sent as it is.
        """
        fixed = self.frame.copy()
        for column in self._columns:
            changes = {i: p.proposal for i, p in column.found() if p.safe}
            if changes:
                values = objects_of(self.frame[column.name])
                for position, text in changes.items():
                    values[position] = text
                allowed = {type(v) for v in values} <= {str, type(None)}
                fixed[column.name] = pd.Series(values, index=fixed.index, dtype="str" if allowed else object)
        fixed.attrs["fields"] = self._filled()
        return fixed

    def as_rows(self) -> pd.DataFrame:
        """The frame as it is, with what this check was told: which field each column fills, and how it is read."""
        frame = self.frame.copy(deep=False)
        frame.attrs["fields"] = self._filled()
        return frame

    def _filled(self) -> dict[Hashable, str | None]:
        """The field that each column fills; None for those that are left out."""
        filled: dict[Hashable, str | None] = dict.fromkeys(self.frame.columns)
        return filled | {c.name: c.field.name for c in self._columns if c.name is not None}

    def duplicates(self, *fields: str) -> pd.DataFrame:
        """Rows that say the same as an earlier row, as they are sent; in all fields or in those named.

        One row for each of them: `row`, `same_as` (the first such row), and the fields that agree. They are shown, and
        sent all the same; rows that cannot be sent are not compared.
        """
        by_name = {c.field.name: c for c in self._columns if c.name is not None}
        if unknown := [f for f in fields if f not in by_name]:
            raise InputError(f"no column fills the fields {', '.join(map(repr, unknown))}")
        names = [*fields] or [*by_name]
        everything = slice(0, len(self.frame))
        rows = [*zip(*([_hashable(v) for v in by_name[n].wire(everything)] for n in names), strict=True)]
        first: dict[tuple[Any, ...], int] = {}
        sent = ~self.bad.to_numpy()
        pairs = [(i, first.setdefault(row, i)) for i, row in enumerate(rows) if sent[i] and set(row) != {None}]
        again = [(i, same) for i, same in pairs if i != same]
        told = {"row": self._labels([i for i, _ in again]), "same_as": self._labels([same for _, same in again])}
        return pd.DataFrame(told | {n: [rows[i][k] for i, _ in again] for k, n in enumerate(names)})

    def to_excel(self, path: "str | PathLike[str]") -> Path:
        """Write the frame, problem cells coloured, the reason as a comment, and a summary sheet. Gives its path."""
        from toolkit.sheets.write import write_outcome

        return write_outcome(path, self.frame, self.outcomes, self.summary, cells=self._marks())

    @property
    def summary(self) -> "pd.Series[int]":
        """How many rows there are, how many can be sent, and how many cells were fixed, are doubtful or wrong."""
        kinds = self.problems
        counts = {
            "rows": len(self.frame),
            "rows that can be sent": len(self.frame) - int(self.bad.sum()),
            "rows that cannot": int(self.bad.sum()),
            "cells fixed safely": int(kinds["safe"].sum()),
            "cells in doubt": int((~kinds["safe"] & ~kinds["blocks"]).sum()),
            "cells wrong": int(kinds["blocks"].sum()),
            "rows that repeat an earlier one": len(self.duplicates()),
        }
        return pd.Series(counts, name="count")

    @cached_property
    def refused(self) -> pd.DataFrame:
        """The rows that cannot be sent, by position: `outcome` ("not sent"), `error`, `error_column`, `error_value`."""
        rows: dict[int, tuple[str, str, str | None, str | None]] = {}
        for column in reversed(self._columns):
            for i, _, problem, value in _lines(column, column.wrong()):
                said = f"{column.title} {problem.text}" + (f"; {rows[i][1]}" if i in rows else "")
                rows[i] = "not sent", said, str(column.title), value
            rows |= dict.fromkeys(column.nothing, ("not sent", "the row is empty", None, None))
        return pd.DataFrame([rows[i] for i in sorted(rows)], index=sorted(rows), columns=list(COLUMNS), dtype="str")

    @property
    def outcomes(self) -> pd.DataFrame:
        """What a report says of each row: `refused`, with a row for each row of the frame."""
        return self.refused.reindex(range(len(self.frame))).set_axis(self.frame.index)

    @property
    def wrong_cells(self) -> dict[tuple[int, str], str]:
        """What is wrong with each cell that keeps its row from being sent, by position of the row and column."""
        filled = [c for c in self._columns if c.name is not None]
        return {(i, str(c.name)): _said(p) for c in filled for i, p in c.wrong()}

    def _marks(self) -> dict[tuple[int, int], tuple[str, str]]:
        """The cells to be coloured in a workbook: what is wrong, in doubt or fixed, and what is said of it."""
        places: dict[Hashable, int] = {name: n for n, name in enumerate(self.frame.columns)}
        marks = {}
        for column in self._columns:
            for i, p in column.found():
                if column.name in places and p is not NOTHING:
                    marks[i, places[column.name]] = "fixed" if p.safe else "wrong" if p.blocks else "doubt", _said(p)
        return marks

    def __repr__(self) -> str:
        counts = self.summary
        lines = [
            f"Check of {counts.iloc[0]:,} rows: {', '.join(f'{n:,} {what}' for what, n in counts.iloc[1:].items())}"
        ]
        if len(self.problems):
            lines.append(self.problems.head(10).to_string(max_colwidth=60))
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(repr(self).splitlines()[0])}</p>" + self.problems.head(20).to_html(escape=True)


def _lines(column: Column, found: list[tuple[int, Problem]]) -> list[tuple[int, Column, Problem, str | None]]:
    """Problems of a column, with what stands in their cells."""
    values = column.values([i for i, _ in found])
    return [(i, column, problem, value) for (i, problem), value in zip(found, values, strict=True)]


def _said(problem: Problem) -> str:
    """What a person reads of a cell."""
    proposal = f"; {'sent as' if problem.safe else 'perhaps'} {problem.proposal}" if problem.proposal else ""
    return f"{problem.text}{proposal}"


def sent_text(wire: Any) -> str:
    """What is sent, as text."""
    return (
        wire
        if isinstance(wire, str)
        else shown(wire) or ", ".join(map(str, wire) if is_list_like(wire) else [str(wire)])
    )


def _hashable(value: Any) -> Any:
    return value if isinstance(value, str | int | float | type(None)) else repr(value)


def check(
    rows: Any,
    target: Any,
    *,
    day_first: bool | None = None,
    decimal: str | None = None,
    zone: str | None = None,
    doubts: Literal["send", "hold"] = "send",
    empty_rows: bool = False,
) -> Check:
    """Check every cell of a frame against the fields that its columns fill. Nothing is sent or changed.

    A row in which no field is filled is a problem of its own: it is not sent.

    Args:
        rows: a DataFrame of any dtypes, a list of dicts, a table of polars, pyarrow or DuckDB, or an earlier check.
            Blank cells are missing values. Columns are found by the match, else by name or label.
        target: what the rows are for: the operation itself, without its parentheses; or a match, a contact database's
            table of fields, a record, a list of fields.
        day_first: whether 03/04/2024 is in April; it is, where nothing else is said.
        decimal: the decimal sign, "." or ","; where it is not given, the column's own numbers tell, and what can be
            read in two ways is a problem.
        zone: the time zone of times that name none; UTC, where nothing else is said.
        doubts: "hold" keeps rows from being sent that have a well-formed value of which something is doubtful.
        empty_rows: whether a row may be empty, as a call may be made without arguments.

    Raises:
        InputError: a column is unknown, occurs twice, or fills a field that another fills.
    """
    frame, fields = frame_of(rows), resolved(target)
    known = as_fields(fields)
    if isinstance(fields, type) and issubclass(fields, Record) and fields.open:
        names = {name for f in known for name in (f.name, f.key, f.label)}
        known += tuple(Text("", name=str(c)) for c in frame.columns if str(c) not in names)
    strict = isinstance(fields, Match)
    mapping = fields.columns if isinstance(fields, Match) else frame.attrs.get("fields", {})
    paired = columns_of(frame, known, mapping, strict=strict, explain=lambda names: no_field(names, frame, fields))
    frame = frame.copy(deep=False)  # whatever is done to the caller's own, this one stays as it was checked
    said = {"day_first": day_first, "decimal": decimal, "zone": zone}
    said = frame.attrs.get("reading", {}) | {name: how for name, how in said.items() if how is not None}
    reading = Reading(**said)
    if said:
        frame.attrs["reading"] = said  # a frame made of this one is read so again
    done: dict[str, Column] = {}
    for f, name in sorted(paired, key=lambda pair: isinstance(pair[0], Identity) and bool(pair[0].by)):
        numeric = not reading.decimal and name in frame.attrs.get("numeric", ())
        cells = pd.Series(index=frame.index, dtype=object) if name is None else frame[name]
        kinds = done.get(f.by) if isinstance(f, Identity) and name is not None else None
        done[f.name] = Column(f, name, cells, kinds, replace(reading, decimal=".") if numeric else reading)
    for f, _ in paired:
        other, value = f.required_when or ("", None)
        if f.default in (None, "", ()) and (f.required or other in done):
            done[f.name].require(done.get(other), value)
    columns = [done[f.name] for f, _ in paired]
    if columns and not empty_rows:
        _set_apart(columns, len(frame))
    found = Check(frame, columns)
    found.apply(getattr(fields, "rules", ()), hold=doubts == "hold")
    return found


def _set_apart(columns: Sequence[Column], rows: int) -> None:
    """Note which rows are empty: that is one problem, and no value is missing in them besides."""
    filled = [column for column in columns if column.name is not None]
    nothing = filled[0].unfilled() if filled else np.arange(rows)
    for column in filled[1:]:
        nothing = column.unfilled(nothing) if len(nothing) else nothing
    if len(nothing):
        (filled or columns)[0].nothing = nothing
        for column in columns:
            column.empty = np.setdiff1d(column.empty, nothing)
