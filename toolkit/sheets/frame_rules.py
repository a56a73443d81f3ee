"""Which rows may be no data: each kind by what it looks like beside the others; and what is missing in a row.

`KINDS` is the table: what is asked, and how its rows are seen. A row is asked about once, by the first kind that it is.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from toolkit.plain import mark
from toolkit.sheets.cells import bare, folded
from toolkit.sheets.checker import QUESTION, TOTAL, Problem
from toolkit.sheets.column import Column, Places
from toolkit.sheets.kinds import YES_NO
from toolkit.sheets.not_data import (
    BELOW_REFUSAL,
    MOST_TITLES,
    below_refusals,
    is_title,
    is_total,
    may_begin_total,
    says_no,
)
from toolkit.spec import Date, Email, Field, Identity, Integer, Number, Phone, Text, Timestamp

REFUSED = Problem(mark("a cell of the row says not to send it"), level=QUESTION)
EMPTY_ROW = Problem(mark("the row is empty"))
LEFT_OUT = Problem(mark("the row was left out"))
MISSING = Problem(mark("is required and empty"))
RELABELLED = Problem(
    mark("may be a row that the sheet asks about: the labels are gone, so check before you change them"), level=QUESTION
)
_TENTH, _USUAL = 10, 3
_RARE = 50  # one in so many
_FOOT = 20  # rows at the end, among which notes stand
_FEW_OF, _RARE_FORM, _SAMPLE = 5, 20, 500  # one row in so many, one name in so many, and of how many
_FORMS = ("single", "signed", "lower")
_FEW = 8  # rows among which as many may be titles and notes
Rows = np.ndarray[Any, np.dtype[np.bool_]]
Counts = np.ndarray[Any, np.dtype[np.int64]]


Remembered = dict[str, Any]  # of how many rows, and which of them, by what is asked: `labels`, or else `positions`


def remembered(index: "pd.Index[Any]", kept: Places, problems: Iterable[tuple[int, Problem]]) -> Remembered:
    """The problems of the rows that are kept, for a later check of these: by label, where labels tell rows apart."""
    places: dict[str, list[int]] = {}
    for position, problem in problems:
        places.setdefault(problem.reason, []).append(position)
    index = index[kept]
    among = {reason: np.flatnonzero(np.isin(kept, some)) for reason, some in places.items()}
    if index.is_unique:
        return {"rows": len(index), "labels": {reason: [*index[at]] for reason, at in among.items()}}
    return {"rows": len(index), "positions": {reason: at.tolist() for reason, at in among.items()}}


def recalled(frame: pd.DataFrame, known: Remembered) -> tuple[list[tuple[int, Problem]], list[int]]:
    """The questions that an earlier check had of rows, and the rows that were left out."""
    asked, left_out = list[tuple[int, Problem]](), list[int]()
    places = {**known.get("positions", {})} if known.get("rows") == len(frame) else {}
    if any(known.get("positions", {}).values()) and not places:
        asked = [(i, RELABELLED) for i in range(len(frame))]
    for reason, labels in known.get("labels", {}).items():
        places[reason] = np.flatnonzero(frame.index.isin(labels)).tolist()
    for reason, at in places.items():
        if reason == LEFT_OUT.reason:
            left_out += at
        else:
            asked += [(i, Problem(reason, level=QUESTION)) for i in at]
    return asked, left_out


def missing(columns: Sequence[Column], others: Sequence[int]) -> dict[str, list[tuple[int, Problem]]]:
    """Where a value is required and missing, by the key of the field; not in `others`, which are asked about whole."""
    named = {column.field.name: column for column in columns}
    lacking: dict[str, list[tuple[int, Problem]]] = {}
    for column in columns:
        field, (other, value) = column.field, column.field.required_when or ("", None)
        if field.default in (None, "", ()) and (field.required or other in named):
            places = np.setdiff1d(np.flatnonzero(~column.filled), np.array(others, dtype=np.int64))
            if other in named:
                places = places[[v is not None and str(v) == str(value) for v in named[other].wire(places)]]
            if len(places):
                lacking[field.key] = [(i, MISSING) for i in places.tolist()]
    return lacking


class Shape:
    """How much of each row of a frame is filled: by that, a row is seen to be unlike the others."""

    def __init__(self, columns: Sequence[Column], frame: pd.DataFrame, before: float = 0) -> None:
        """`before`: what is usual in the frames before this one, where it is a part of a table, and has few rows."""
        self.frame, self.is_sheet, few = frame, frame.index.name == "row", len(frame) <= _FOOT
        self.used = [column for column in columns if column.name is not None]
        self.counts = self.having(Field)
        self.before = before if few else 0
        self.usual: float = max(self._usual(), self.before)
        self.none_is_full = 1 < self.before > int(self.counts.max(initial=0))
        self.least = _USUAL - int(self.none_is_full)  # cells of a usual row that let one with fewer be seen

    def _usual(self) -> float:
        """How much of a row is filled as a rule; notes and totals do not say so."""
        counts = self.counts
        filled = counts[counts > 0]
        if not len(filled) or filled.min() == len(self.used):
            return len(self.used) if len(filled) else 0
        titles = len(counts) <= _FEW and 2 * np.count_nonzero(filled == 1) <= len(filled) + 1
        body = counts[~_at_the_end(counts <= 1) & (counts > titles)]
        return float(np.median(body if len(body) else filled))

    def having(self, *kinds: type[Field]) -> Counts:
        """How many fields of some kinds each row fills."""
        counts: Counts = np.zeros(len(self.frame), dtype=np.int64)
        for column in self.used:
            if isinstance(column.field, kinds):
                counts += column.filled
        return counts

    @cached_property
    def sparse(self) -> Rows:
        """The rows of which hardly anything is filled, where the others are filled."""
        return (self.counts > 0) & (self.counts * _TENTH <= len(self.used)) & (self.usual >= self.least)

    @cached_property
    def texts(self) -> list[Column]:
        """The columns of texts that have no form."""
        return [column for column in self.used if type(column.field) in (Text, Identity)]

    @cached_property
    def others(self) -> pd.DataFrame:
        """The columns that fill no field."""
        sent = {column.name for column in self.used}
        return bare(self.frame).loc[:, [name not in sent for name in self.frame.columns]]

    @cached_property
    def lone_text(self) -> Rows:
        """The rows with one text and nothing else; also at the end of a sheet, beside a number or a day at most."""
        counts = self.counts
        texts = np.sum([counts * 0, *(column.filled for column in self.texts)], axis=0)
        note = (texts == 1) & (counts == texts + self.having(Number, Integer, Date, Timestamp)) & (counts < self.usual)
        alone = (texts == 1) & (counts == 1) & (self.usual >= self.least)
        foot = _at_the_end(note | (counts == 0))
        foot[: max(len(counts) - _FOOT, len(counts) // 2)] = False
        rare = self.is_sheet and np.count_nonzero(note & ~foot) * _RARE <= len(counts)
        lone: Rows = (alone | (note & foot & rare) | _rare_name(self) | _groups(self)) & ~self.sparse
        return lone & ~self._as_full_as_others if lone.any() else lone

    @property
    def _as_full_as_others(self) -> Rows:
        """The rows with half as much in them as others have, columns that fill no field among it: they are no notes."""
        cells = bare(self.frame).notna().to_numpy().sum(axis=1)
        rows: Rows = (cells > self.counts) & (2 * cells >= np.median(cells[self.counts > 0]))
        return rows

    @property
    def below_gap(self) -> Rows:
        """The last rows of a sheet, below a blank one, where they are few."""
        rows, labels = self.counts < 0, self.frame.index
        if self.is_sheet and len(labels) > 1 and labels.dtype.kind == "i":
            gaps = np.flatnonzero(np.diff(labels.to_numpy()[-_FOOT:]) > 1)
            rows[len(rows) - min(len(rows), _FOOT) + gaps[-1] + 1 if len(gaps) else len(rows) :] = True
        return rows

    def questions(self) -> Iterator[tuple[int, Problem]]:
        """Rows that may be no data, by position; some of them the reader of a sheet has named, by the reason to ask."""
        known = self.frame.attrs.get("asked", {})
        for reason, labels in self.frame.attrs.get("questions", {}).items():
            rows = _rows_asked_about(self.frame, labels, known.get(reason, ()))
            question = RELABELLED if rows is None else Problem(reason, level=QUESTION)
            for i in range(len(self.frame)) if rows is None else np.flatnonzero(rows).tolist():
                yield i, question
        yield from ((i, REFUSED) for i in np.flatnonzero(_refused_by_a_cell(self)).tolist())
        if not self.used or self.counts.min(initial=len(self.used)) == len(self.used):
            return
        for problem, seen in KINDS:
            for i in np.flatnonzero(seen(self)).tolist():
                yield i, problem


def _rows_asked_about(frame: pd.DataFrame, labels: Sequence[Any], asked: Sequence[Mapping[str, str]]) -> Rows | None:
    """The rows of a sheet that have these labels, or else hold the same; None where one cannot be found again."""
    if frame.index.name == "row" and frame.index.is_unique:
        return frame.index.isin(labels)
    texts, asked_about = bare(frame).loc[:, ~frame.columns.duplicated()], np.zeros(len(frame), dtype=bool)
    may_be = ~asked_about
    for name in [name for name in texts.columns if all(row.get(name) for row in asked)] if asked else ():
        may_be &= (texts[name].isin({row[name] for row in asked}) | texts[name].isna()).to_numpy()
    texts = texts[may_be].astype("str")
    for row in asked:
        own = texts[[name for name in texts.columns if row.get(name)]]  # what was in them: columns may come and go
        same = own.eq([row[name] for name in own.columns])
        rows: Rows = (same | own.isna()).all(axis=1).to_numpy() & same.any(axis=1).to_numpy()
        if not rows.any():
            return None
        asked_about[np.flatnonzero(may_be)[rows]] = True
    return asked_about if len(asked) == len(labels) else None


def _at_the_end(rows: Rows) -> Rows:
    """Those of some rows below which no other stands."""
    return np.logical_and.accumulate(rows[::-1])[::-1]


def _nameless(shape: Shape) -> Rows:
    """The rows without a cell by which others are told apart, filled half as much as those at most."""
    named = shape.having(Text) > 0
    usual = np.median(shape.counts[named]) if named.any() else shape.before
    return (shape.counts > 0) & ~named & (shape.counts * 2 <= usual) & (usual >= shape.least) & ~shape.sparse


def _rare_name(shape: Shape) -> Rows:
    """Of a sheet of names and one way to reach each, the few rows that have but a text: titles of groups."""
    names, ways = ([c for c in shape.used if (type(c.field) is Text) is text] for text in (True, False))
    if not shape.is_sheet or (len(names), len(ways)) != (1, 1) or not isinstance(ways[0].field, Email | Phone):
        return shape.counts < 0
    alone: Rows = names[0].filled & ~ways[0].filled
    return alone & (int(np.count_nonzero(alone)) <= max(1, int(np.count_nonzero(shape.counts == 2)) // _TENTH))


def _groups(shape: Shape) -> Rows:
    """The rows with a text in a column in which no fuller row has any: names of groups, as of a pivot table."""
    rows = np.zeros(len(shape.counts), dtype=bool)
    for column in shape.texts if (shape.counts > 1).any() else ():
        rows |= column.filled & bool((shape.counts[column.filled] == 1).all())
    return rows


def _refused(shape: Shape) -> Rows:
    """The rows below a title that says not to send them, up to the next title, and the title."""
    rows, few = np.zeros(len(shape.counts), dtype=bool), np.flatnonzero(shape.counts <= 1)
    if 0 < len(few) <= MOST_TITLES:
        cells = zip(few.tolist(), bare(shape.frame).iloc[few].to_numpy().tolist(), strict=True)
        rows[below_refusals(dict(cells), len(rows))] = True
    return rows


def _refused_by_a_cell(shape: Shape) -> Rows:
    """The rows of which a cell that is not sent says that they are not to be sent: a remark, a state, a flag."""
    rows = np.zeros(len(shape.counts), dtype=bool)
    for name, cells in shape.others.items() if shape.used else ():
        values = cells.tolist()
        texts = {value for value in values if isinstance(value, str)}
        flags = says_no(str(name))  # of what is not to be done
        if len(texts) <= MOST_TITLES:
            no = {text for text in texts if (flags and YES_NO.get(folded(text))) or (is_title(text) and says_no(text))}
            rows |= [isinstance(value, str) and value in no for value in values] if no else False
    return rows


def _named_total(shape: Shape) -> Rows:
    """The rows, of which little is sent, that are called a total in a column that fills no field."""
    rows = np.zeros(len(shape.counts), dtype=bool)
    few = np.flatnonzero((shape.counts > 0) & (shape.counts <= len(shape.used) / 2))
    for _, cells in shape.others.iloc[few].items() if len(few) else ():
        rows[few] |= [isinstance(v, str) and may_begin_total(v) and is_total(v) for v in cells.tolist()]
    return rows


def _is_sum(shape: Shape) -> Rows:
    """The rows of a text and a number, and less than usual, whose number is the sum of those above it."""
    rows = np.zeros(len(shape.counts), dtype=bool)
    numbers = [column for column in shape.used if isinstance(column.field, Number | Integer)]
    few = (shape.counts <= 1 + shape.having(Number, Integer)) & (shape.counts < shape.usual) & (shape.having(Text) > 0)
    for column in numbers if few.any() else ():
        part, whole, added = 0.0, 0.0, 0
        values = column.wire(np.arange(len(rows)))
        for i, (value, may_be) in enumerate(zip(values, few.tolist(), strict=True)):
            number = float(value or 0)
            if may_be and added > 1 and number and (math.isclose(number, part) or math.isclose(number, whole)):
                rows[i], part = True, 0.0
            else:
                part, whole, added = part + number, whole + number, added + (number != 0)
    return rows


def _begins_as_total(shape: Shape) -> Rows:
    """The rows filled less than usual whose first text begins as a total does, and is not one: those the cells ask."""
    fewer = (shape.counts > 0) & (shape.counts < shape.usual) & ~shape.sparse & ~shape.lone_text
    rows, places = np.zeros(len(shape.counts), dtype=bool), np.flatnonzero(fewer)
    if len(places) and shape.texts:
        cells = zip(*(column.held(places.tolist()) for column in shape.texts), strict=True)
        first = [next((v for v in values if v is not None), None) for values in cells]
        rows[places] = [isinstance(v, str) and bool(may_begin_total(v)) and not is_total(v) for v in first]
    return rows


def _label(shape: Shape) -> Rows:
    """The rows, filled less than usual, whose text ends with a colon; and few that are called as hardly another is.

    Those with a number and nothing else, as `Saldo` or `IVA`, and those at the end that stand below a blank row. Where
    the frames before had fuller rows than any here, all those.
    """
    fewer = (shape.counts > 0) & (shape.counts < shape.usual) & (shape.having(Text) > 0)
    numbers, rows = shape.having(Number, Integer), np.zeros(len(fewer), dtype=bool)
    few = fewer & (shape.below_gap | ((numbers > 0) & (shape.counts == 1 + numbers)))
    for column in shape.texts if fewer.any() else ():
        places = np.flatnonzero(column.filled & fewer)
        others, rare = np.flatnonzero(column.filled & ~few)[:_SAMPLE], set[str]()
        if len(others) >= _FEW_OF and 0 < _FEW_OF * np.count_nonzero(few) <= len(few):
            forms = Counter(form for name in column.held(others.tolist()) for form in _forms(str(name)))
            rare = {form for form in _FORMS if forms[form] * _RARE_FORM <= len(others)}
        for i, name in zip(places.tolist(), map(str, column.held(places.tolist())), strict=True):
            called_so = shape.none_is_full or not rare.isdisjoint(_forms(name))
            rows[i] |= name.rstrip().endswith(":") or (few[i] and called_so)
    return rows


def _forms(name: str) -> set[str]:
    """How a name is written, where that is unusual in a list of people."""
    signs, last = any(not c.isalpha() for c in name if c not in " '’.-"), name.rpartition(" ")[2]
    return {form for form, has in zip(_FORMS, (last == name, signs, last[:1].islower()), strict=True) if has}


KINDS: tuple[tuple[Problem, Callable[[Shape], Rows]], ...] = (
    (TOTAL, _named_total),
    (Problem(BELOW_REFUSAL, level=QUESTION), _refused),
    (Problem(mark("hardly anything in the row is filled"), level=QUESTION), lambda s: s.sparse),
    (Problem(mark("nothing in the row says whom or what it is about"), level=QUESTION), _nameless),
    (Problem(mark("nothing but one text is in the row: it may be a note"), level=QUESTION), lambda s: s.lone_text),
    (TOTAL, _begins_as_total),
    (TOTAL, _is_sum),
    (Problem(mark("is called as no other row is: it may be a label, or a total"), level=QUESTION), _label),
)
