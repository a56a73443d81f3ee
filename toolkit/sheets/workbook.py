"""What the readers of all formats give: the tabs of a workbook, and the cells of one of them."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

Cell = str | float  # a text, or a number; "" where nothing is
Row = tuple[int, list[Cell]]  # its position, and its cells to the last that is filled
Merge = tuple[int, int, int, int]  # top, left, bottom, right: positions
_RANGE = re.compile(r"\$?([A-Za-z]{1,3})\$?(\d{1,7}):\$?([A-Za-z]{1,3})\$?(\d{1,7})").fullmatch


@dataclass
class Grid:
    """The filled rows of one sheet from top to bottom. The other facts are known once the rows were gone through."""

    rows: Iterable[Row]
    merged: list[Merge] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)  # positions
    hidden_columns: list[int] = field(default_factory=list)
    comments: dict[tuple[int, int], str] = field(default_factory=dict)  # by position of the row and the column
    title: str = ""  # of the sheet, where nobody chose it
    struck: list[int] = field(default_factory=list)  # rows with letters that are struck out, or raised
    silent: list[int] = field(default_factory=list)  # columns of formulas that show nothing, or were never calculated
    notes: list[str] = field(default_factory=list)
    joined: list[int] = field(default_factory=list)  # rows of a text that may be several, or are cut otherwise
    rivals: dict[str, list[str]] = field(
        default_factory=dict
    )  # sheets that may be the table as well, and their headers


class Tab(NamedTuple):
    """One sheet of a workbook, not read yet."""

    name: str
    hidden: bool
    grid: Callable[[], Grid]


class Shared(NamedTuple):
    """What the cells of a workbook share."""

    strings: list[str]
    raised: set[str]  # which of them have letters that are struck out, or raised, by their number
    styles: list[str]  # what each makes of a number
    struck: set[str]  # which of them strike out, by their number
    epoch: int  # the year from which days count


def never_calculated(formula: str | None) -> str:
    """What stands for the value of a formula that has none, so that its cell is asked about; of no formula, nothing."""
    return "" if formula is None else f"={formula.strip() or '…'}"


def column_position(letters: str) -> int:
    """A, B … XFD as 0, 1 … 16383."""
    number = 0
    for letter in letters[:8].upper():
        number = number * 26 + ord(letter) - 64
    return number - 1


def column_letters(position: int) -> str:
    """0, 1 … 16383 as A, B … XFD."""
    letters = ""
    while position >= 0:
        letters = chr(65 + position % 26) + letters
        position = position // 26 - 1
    return letters


def cells_between(text: str) -> Merge | None:
    """The corners of a range as B2:D9; None of another text."""
    if not (ends := _RANGE(text)):
        return None
    return int(ends[2]) - 1, column_position(ends[1]), int(ends[4]) - 1, column_position(ends[3])
