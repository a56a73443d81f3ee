"""What is asked of whole rows, and of a frame as a whole."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from toolkit.sheets.checker import QUESTION, Problem
from toolkit.sheets.column import Column
from toolkit.sheets.target import FrameRule, RowProblem
from toolkit.spec import Identity, Text

if TYPE_CHECKING:
    from toolkit.sheets.checked import Check

ROW = "(row)"  # stands for the column of a problem that a whole row has
EMPTY_ROW = Problem("the row is empty")
LEFT_OUT = Problem("the row was left out")
SPARSE = Problem("hardly anything in the row is filled", level=QUESTION)
LONE_TEXT = Problem("nothing but one text is in the row: it may be a note", level=QUESTION)
_TENTH, _USUAL = 10, 3


def repeated(*fields: str) -> FrameRule:
    """The rule that doubts a row which says the same in these fields as a row above it, as they are sent."""

    def rule(checked: "Check") -> Iterator[RowProblem]:
        for position, first in checked.repeats(fields):
            row = f"row {checked.frame.index[first]}"
            yield RowProblem(position, checked.keys[fields[0]], "is the same as in a row above", False, row)

    return rule


def empty_rows(columns: Sequence[Column], rows: int) -> "np.ndarray[Any, np.dtype[np.bool_]]":
    """The rows in which no field is filled."""
    filled = np.zeros(rows, dtype=bool)
    for column in columns:
        filled |= column.filled
    return ~filled


def row_questions(
    columns: Sequence[Column], index: "pd.Index[Any]", known: Mapping[str, Sequence[Any]]
) -> Iterator[tuple[int, Problem]]:
    """Rows that may be no data, by position. `known`: labels of rows by the reason to ask, as the reader found them."""
    for reason, labels in known.items():
        for i in np.flatnonzero(index.isin(labels)) if index.name == "row" else ():
            yield int(i), Problem(reason, level=QUESTION)
    used = [column for column in columns if column.name is not None]
    if len(used) < _USUAL or not len(index):
        return
    counts = np.sum([column.filled for column in used], axis=0)
    if not (counts > 0).any() or np.median(counts[counts > 0]) < _USUAL:
        return
    sparse = (counts > 0) & (counts * _TENTH <= len(used))
    yield from ((int(i), SPARSE) for i in np.flatnonzero(sparse))
    texts = [column.filled for column in used if type(column.field) in (Text, Identity)]
    if texts:
        lone = (counts == 1) & np.any(texts, axis=0) & ~sparse
        yield from ((int(i), LONE_TEXT) for i in np.flatnonzero(lone))
