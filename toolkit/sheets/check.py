"""Every cell of a frame checked before anything is sent: what is wrong, what is proposed, and what would be sent."""

import dataclasses
import html
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from toolkit.errors import InputError, RowErrors
from toolkit.sheets.cells import Unfit, folded, objects_of, shown, values_of
from toolkit.sheets.fields import as_fields, columns_of
from toolkit.sheets.kinds import KEPT, rule_of
from toolkit.sheets.match import Match
from toolkit.sheets.numbers import decimal_of
from toolkit.sheets.rule import FIX, Judged, Problem, Reading, judge
from toolkit.spec import Field, Identity, Json, Masked, Number, Record, Text, Whole

EMPTY = Problem("is required and empty")
NOTHING = Problem("is empty, and so is the whole row")


@dataclass
class _Column:
    """One field, the column that fills it, and what was found in it."""

    field: Field
    name: Hashable | None  # of the frame; None where no column fills the field
    keys: list[Any]  # by position: what the problems are found by
    judged: Judged
    empty: list[int] = dataclasses.field(default_factory=list)  # positions where a value is required and missing
    nothing: list[int] = dataclasses.field(default_factory=list)  # positions of empty rows; one column has them

    @property
    def title(self) -> Hashable:
        return self.field.name if self.name is None else self.name

    def found(self) -> list[tuple[int, Problem]]:
        """Every cell with a problem, by position."""
        keys, problems = self.keys, self.judged.problems
        problems = {k: Problem(FIX, text, safe=True, blocks=False) for k, text in self.judged.fixes.items()} | problems
        listed = [(i, problems[keys[i]]) for i in self.judged.positions if keys[i] in problems] if problems else []
        return listed + [(i, EMPTY) for i in self.empty] + [(i, NOTHING) for i in self.nothing]

    def wrong(self) -> list[tuple[int, Problem]]:
        """The cells with which a row cannot be sent, by position; none in an empty row."""
        keys, blocking = self.keys, {k: p for k, p in self.judged.problems.items() if p.blocks}
        listed = [(i, blocking[keys[i]]) for i in self.judged.positions if keys[i] in blocking] if blocking else []
        return listed + [(i, EMPTY) for i in self.empty]

    def blocked(self) -> list[int]:
        """The positions of the rows that cannot be sent."""
        return [i for i, _ in self.wrong()] + self.nothing

    def value(self, position: int) -> str | None:
        """What stands in the cell, as text."""
        key = self.keys[position]
        value = key[0] if isinstance(key, tuple) and isinstance(self.field, Identity) else key
        if isinstance(self.field, Masked) and value is not None:
            return "***"
        if value is None or isinstance(value, float):
            return None if value is None else str(value)
        return shown(value) or str(value.value if isinstance(value, Unfit) else value)


class Check:
    """What was found in a frame. One line of `problems` is one cell; the frame itself is not changed."""

    def __init__(self, frame: pd.DataFrame, columns: list[_Column]) -> None:
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
        found = [(i, c, p) for c in self._columns for i, p in c.found()]
        found.sort(key=lambda line: line[0])
        data = {
            "row": self._labels([i for i, *_ in found]),
            "column": pd.Series([c.title for _, c, _ in found], dtype=object),
            "field": pd.array([c.field.name for _, c, _ in found], dtype="str"),
            "value": pd.array([c.value(i) for i, c, _ in found], dtype="str"),
            "problem": pd.array([p.text for *_, p in found], dtype="str"),
            "proposal": pd.array([p.proposal for *_, p in found], dtype="str"),
            "safe": np.array([p.safe for *_, p in found], dtype=bool),
            "blocks": np.array([p.blocks for *_, p in found], dtype=bool),
        }
        return pd.DataFrame(data)

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

    def raise_if_bad(self, subject: str = "rows", hint: str = "") -> None:
        """Raise `RowErrors` with every problem that blocks, if there is one."""
        if not self.ok:
            raise RowErrors(self.errors, subject, hint)

    def wire(self) -> dict[str, np.ndarray[Any, Any]]:
        """What the vendor gets: by the key of the field, an object a row; None where nothing, or nothing right, is."""
        return dict(self._wire)

    @cached_property
    def _wire(self) -> dict[str, np.ndarray[Any, Any]]:
        return {
            column.field.key: np.fromiter(column.judged.wire, dtype=object, count=len(self.frame))
            for column in self._columns
            if column.name is not None
        }

    def fixed(self) -> pd.DataFrame:
        """The frame with the safe fixes applied (`fixes` lists them); everything else as it was.

        Its columns keep their names. Which field each fills is remembered in `attrs`, so that it can be sent as it is.
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
        ignored = {c: None for c in self.frame.columns if c not in {c.name for c in self._columns}}
        fixed.attrs["fields"] = ignored | {c.name: c.field.name for c in self._columns if c.name is not None}
        return fixed

    def duplicates(self, *fields: str) -> pd.DataFrame:
        """Rows that say the same as an earlier row, as they are sent; in all fields or in those named.

        One row for each of them: `row`, `same_as` (the first such row), and the fields that agree. They are shown, and
        sent all the same; rows that cannot be sent are not compared.
        """
        by_name = {c.field.name: c for c in self._columns if c.name is not None}
        if unknown := [f for f in fields if f not in by_name]:
            raise InputError(f"no column fills the fields {', '.join(map(repr, unknown))}")
        names = [*fields] or [*by_name]
        rows = [*zip(*([_hashable(v) for v in by_name[n].judged.wire] for n in names), strict=True)]
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
        """The rows that cannot be sent, by position: `outcome` ("not sent"), `error`, `column`, `value`."""
        rows: dict[int, tuple[str, str, str | None, str | None]] = {}
        for column in reversed(self._columns):
            for i, problem in column.wrong():
                said = f"{column.title} {problem.text}" + (f"; {rows[i][1]}" if i in rows else "")
                rows[i] = "not sent", said, str(column.title), column.value(i)
            rows |= dict.fromkeys(column.nothing, ("not sent", "the row is empty", None, None))
        names = ["outcome", "error", "column", "value"]
        return pd.DataFrame([rows[i] for i in sorted(rows)], index=sorted(rows), columns=names, dtype="str")

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


def _said(problem: Problem) -> str:
    """What a person reads of a cell."""
    proposal = f"; {'sent as' if problem.safe else 'perhaps'} {problem.proposal}" if problem.proposal else ""
    return f"{problem.text}{proposal}"


def _hashable(value: Any) -> Any:
    return value if isinstance(value, str | int | float | type(None)) else repr(value)


def check(
    frame: pd.DataFrame,
    fields: Any,
    *,
    day_first: bool = True,
    decimal: str = "",
    zone: str = "UTC",
    empty_rows: bool = False,
) -> Check:
    """Check every cell of a frame against the fields that its columns fill. Nothing is sent or changed.

    A row in which no field is filled is a problem of its own: it is not sent.

    Args:
        frame: of any dtypes. Blank cells are missing values. Its columns are found by the match, else by name or label.
        fields: a match, a record, a list of fields, or a contact database's table of fields.
        day_first: whether 03/04/2024 is in April.
        decimal: the decimal sign, "." or ","; where it is not given, the column's own numbers tell, and what can be
            read in two ways is a problem.
        zone: the time zone of times that name none.
        empty_rows: whether a row may be empty, as a call may be made without arguments.

    Raises:
        InputError: a column is unknown, occurs twice, or fills a field that another fills.
    """
    known = as_fields(fields)
    if isinstance(fields, type) and issubclass(fields, Record) and fields.open:
        names = {name for f in known for name in (f.name, f.key, f.label)}
        known += tuple(Text("", name=str(c)) for c in frame.columns if str(c) not in names)
    strict = isinstance(fields, Match)
    mapping = fields.columns if isinstance(fields, Match) else frame.attrs.get("fields", {})
    paired = columns_of(frame, known, mapping, strict=strict)
    reading = Reading(day_first, decimal, zone)
    done: dict[str, _Column] = {}
    for f, name in sorted(paired, key=lambda pair: isinstance(pair[0], Identity) and bool(pair[0].by)):
        done[f.name] = _column(f, name, frame, reading, done)
    for f, _ in paired:
        _require(done[f.name], done, len(frame))
    columns = [done[f.name] for f, _ in paired]
    if columns and not empty_rows:
        _set_apart(columns, len(frame))
    return Check(frame, columns)


def _column(
    f: Field, name: Hashable | None, frame: pd.DataFrame, reading: Reading, done: Mapping[str, _Column]
) -> _Column:
    if name is None:
        return _Column(f, None, [None] * len(frame), Judged([None] * len(frame), []))
    if isinstance(f, (*KEPT, Json)):
        return _objects(f, name, objects_of(frame[name]), reading)
    values = values_of(frame[name])
    if isinstance(f, Identity) and f.by in done:
        return _identities(f, name, values, done[f.by].judged.wire, reading)
    if isinstance(f, Number | Whole) and not reading.decimal:
        as_numbers = name in frame.attrs.get("numeric", ())
        reading = replace(reading, decimal="." if as_numbers else decimal_of(values))
    return _Column(f, name, values, judge(rule_of(f, reading), values))


def _objects(f: Field, name: Hashable, values: list[Any], reading: Reading) -> _Column:
    """Objects are sent as they are; text in place of JSON is read."""
    values = [None if isinstance(v, str) and not v.strip() else v for v in values]
    if isinstance(f, KEPT):
        return _Column(f, name, [None if v is None else id(v) for v in values], Judged(values, []))
    texts = [v if isinstance(v, str) else None for v in values]
    judged = judge(rule_of(f, reading), texts)
    judged.wire = [made if isinstance(v, str) else v for v, made in zip(values, judged.wire, strict=True)]
    return _Column(f, name, texts, judged)


def _identities(f: Identity, name: Hashable, values: list[Any], types: list[Any], reading: Reading) -> _Column:
    """Identity numbers, each by the rule of its own type of document."""
    whole = Judged([*values], [])
    schemes = {folded(kind): scheme for kind, scheme in f.schemes.items()}
    for kind in dict.fromkeys(types):
        own = [i for i, t in enumerate(types) if t == kind]
        judged = judge(rule_of(f, reading, schemes.get(folded(kind), "")), [values[i] for i in own])
        for i, wire in zip(own, judged.wire, strict=True):
            whole.wire[i] = wire
        whole.positions += [own[i] for i in judged.positions]
        whole.problems |= {(v, kind): problem for v, problem in judged.problems.items()}
    return _Column(f, name, [*zip(values, types, strict=True)], whole)


def _require(column: _Column, done: Mapping[str, _Column], rows: int) -> None:
    """Note where a value is required and missing."""
    f = column.field
    if f.default not in (None, "", ()):
        return
    wanted = [*range(rows)] if f.required else []
    if f.required_when and f.required_when[0] in done:
        other, value = f.required_when
        wanted = [i for i, v in enumerate(done[other].judged.wire) if v is not None and str(v) == str(value)]
    wire, keys, problems = column.judged.wire, column.keys, column.judged.problems
    column.empty = [i for i in wanted if wire[i] is None and keys[i] not in problems]


def _set_apart(columns: Sequence[_Column], rows: int) -> None:
    """Note which rows are empty: that is one problem, and no value is missing in them besides."""
    left = list(range(rows))
    filled = [column for column in columns if column.name is not None]
    for column in filled:
        wire, keys, problems = column.judged.wire, column.keys, column.judged.problems
        left = [i for i in left if wire[i] is None and keys[i] not in problems] if None in wire else []
    if left:
        (filled or columns)[0].nothing = left
        empty = set(left)
        for column in columns:
            column.empty = [i for i in column.empty if i not in empty]
