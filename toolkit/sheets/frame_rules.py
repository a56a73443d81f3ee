"""What is asked of whole rows, and of a frame as a whole."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from toolkit.plain import mark, message
from toolkit.sheets.cells import bare
from toolkit.sheets.checker import DOUBT, QUESTION, TOTAL, Problem
from toolkit.sheets.column import Column, Places
from toolkit.sheets.not_data import is_title, is_total, may_begin_total, says_no
from toolkit.sheets.target import FrameRule, RowProblem
from toolkit.spec import Email, Identity, Integer, Number, Phone, Text

EMPTY_ROW = Problem(mark("the row is empty"))
LEFT_OUT = Problem(mark("the row was left out"))
SPARSE = Problem(mark("hardly anything in the row is filled"), level=QUESTION)
NAMELESS = Problem(mark("nothing in the row says whom or what it is about"), level=QUESTION)
LONE_TEXT = Problem(mark("nothing but one text is in the row: it may be a note"), level=QUESTION)
REFUSED = Problem(mark("stands below a title that says not to send it"), level=QUESTION)
_TITLES = 2_000  # rows of one cell, among which titles are looked for
_TENTH, _USUAL = 10, 3
_RARE = 50  # one in so many
_FOOT = 20  # rows at the end, among which notes stand
Rows = np.ndarray[Any, np.dtype[np.bool_]]


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
    for reason, labels in known.get("labels", {}).items():
        places[reason] = np.flatnonzero(frame.index.isin(labels)).tolist()
    for reason, at in places.items():
        if reason == LEFT_OUT.reason:
            left_out += at
        else:
            asked += [(i, Problem(reason, level=QUESTION)) for i in at]
    return asked, left_out


def repeated(*fields: str) -> FrameRule:
    """The rule that doubts a row which says the same in these fields as a row above it, as they are sent."""

    def rule(checked: Any) -> Iterator[RowProblem]:
        for position, first in checked.repeats(fields):
            row = message("row {row}", row=checked.frame.index[first])
            problem = Problem(mark("is the same as in a row above"), level=DOUBT, detail=row)
            yield position, checked.keys[fields[0]], problem

    return rule


def empty_rows(columns: Sequence[Column], rows: int) -> Rows:
    """The rows in which no field is filled."""
    filled = np.zeros(rows, dtype=bool)
    for column in columns:
        filled |= column.filled
    return ~filled


def row_questions(columns: Sequence[Column], frame: pd.DataFrame) -> Iterator[tuple[int, Problem]]:
    """Rows that may be no data, by position; some of them the reader of a sheet has named, by the reason to ask."""
    index, known = frame.index, frame.attrs.get("questions", {})
    for reason, labels in known.items():
        for i in np.flatnonzero(index.isin(labels)) if index.name == "row" else ():
            yield int(i), Problem(reason, level=QUESTION)
    used = [column for column in columns if column.name is not None]
    counts = np.sum([column.filled for column in used], axis=0) if used else np.zeros(len(index))
    if (counts == len(used)).all():
        return
    few = np.flatnonzero((counts > 0) & (counts <= len(used) / 2))
    yield from ((position, TOTAL) for position in _named_totals(frame, used, few))
    yield from ((position, REFUSED) for position in _refused(frame, np.flatnonzero(counts <= 1)))
    if len(used) < 2 or not (counts > 0).any():
        return
    foot = np.logical_and.accumulate((counts <= 1)[::-1])[::-1]  # of notes and totals; it does not say what is usual
    usual = np.median(counts[(counts > 0) & ~foot] if (counts > 1).any() else counts[counts > 0])
    sparse = (counts > 0) & (counts * _TENTH <= len(used)) & (usual >= _USUAL)
    yield from ((int(i), SPARSE) for i in np.flatnonzero(sparse))
    nameless = _nameless(used, counts) & ~sparse
    yield from ((int(i), NAMELESS) for i in np.flatnonzero(nameless))
    lone = _lone_texts(used, counts, usual, sheet=index.name == "row") & ~sparse
    if len(used) == 2 and index.name == "row":
        lone |= _rare_names(used, counts)
    yield from ((int(i), LONE_TEXT) for i in np.flatnonzero(lone))
    fewer = (counts > 0) & (counts < usual) & ~sparse & ~lone
    yield from ((i, TOTAL) for i in _totals(used, np.flatnonzero(fewer)))


def _nameless(used: Sequence[Column], counts: "np.ndarray[Any, Any]") -> Rows:
    """The rows without a cell by which others are told apart, filled half as much as those at most."""
    naming = [column.filled for column in used if isinstance(column.field, Text)]
    named: Rows = np.logical_or.reduce(naming) if naming else counts < 0
    usual = np.median(counts[named]) if named.any() else 0
    return (counts > 0) & ~named & (counts * 2 <= usual) & (usual >= _USUAL)


def _lone_texts(used: Sequence[Column], counts: "np.ndarray[Any, Any]", usual: float, *, sheet: bool) -> Rows:
    """The rows with one text and nothing else; also at the end of a sheet, beside a number at most."""
    texts = np.sum([c.filled for c in used if type(c.field) in (Text, Identity)] or [counts * 0], axis=0)
    numbers = np.sum([c.filled for c in used if isinstance(c.field, Number | Integer)] or [counts * 0], axis=0)
    note = (texts == 1) & (counts == texts + numbers) & (counts < usual)
    alone: Rows = (texts == 1) & (counts == 1) & (usual >= _USUAL)
    foot = np.logical_and.accumulate((note | (counts == 0))[::-1])[::-1]
    foot[: max(len(counts) - _FOOT, len(counts) // 2)] = False
    rare = sheet and np.count_nonzero(note & ~foot) * _RARE <= len(counts)
    return alone | (note & foot) if rare else alone


def _rare_names(used: Sequence[Column], counts: "np.ndarray[Any, Any]") -> Rows:
    """Of a sheet of names and one way to reach each, the few rows that have but a text: titles of groups."""
    names, ways = ([c for c in used if (type(c.field) is Text) is text] for text in (True, False))
    if len(names) != 1 or not isinstance(ways[0].field, Email | Phone):
        return counts < 0
    bare_names: Rows = names[0].filled & ~ways[0].filled
    return bare_names & (int(np.count_nonzero(bare_names)) <= max(1, int(np.count_nonzero(counts == 2)) // _TENTH))


def _refused(frame: pd.DataFrame, few: "np.ndarray[Any, Any]") -> Iterator[int]:
    """The rows below a title that says not to send them, up to the next title, and the title."""
    if not 0 < len(few) <= _TITLES:
        return
    cells = [[v for v in row if isinstance(v, str) and v.strip()] for row in bare(frame).iloc[few].to_numpy().tolist()]
    rows = zip(few.tolist(), cells, strict=True)
    titles = {i: texts[0] for i, texts in rows if len(texts) == 1 and is_title(texts[0])}
    for start, end in pairwise([*titles, len(frame)]):
        if says_no(titles[start]):
            yield from range(start, end)


def _named_totals(frame: pd.DataFrame, used: Sequence[Column], positions: "np.ndarray[Any, Any]") -> Iterator[int]:
    """Which of some rows, of which little is sent, are called a total in a column that fills no field."""
    sent = {column.name for column in used}
    few = bare(frame).iloc[positions] if len(positions) else frame[[]]
    for n, name in enumerate(few.columns):
        if name not in sent:
            cells = few.iloc[:, n].tolist()
            texts = ((i, v) for i, v in zip(positions.tolist(), cells, strict=True) if isinstance(v, str))
            yield from (i for i, text in texts if may_begin_total(text) and is_total(text))


def _totals(used: Sequence[Column], positions: "np.ndarray[Any, Any]") -> list[int]:
    """Which of some rows that are filled less than usual begin as a total does: by the first of their texts."""
    texts = [c for c in used if type(c.field) in (Text, Identity)]
    rows = positions.tolist()
    if not texts or not rows:
        return []
    cells = zip(*(column.held(rows) for column in texts), strict=True)
    first = ((i, next((v for v in values if v is not None), None)) for i, values in zip(rows, cells, strict=True))
    begun = ((i, text) for i, text in first if isinstance(text, str) and may_begin_total(text))
    return [i for i, text in begun if not is_total(text)]  # of those the cells ask
