"""Where the header of a table is, and what its columns are called."""

from collections.abc import Sequence
from typing import Any

Row = Sequence[Any]
Merged = Sequence[tuple[tuple[int, int], tuple[int, int]]]  # top left and bottom right cell


def find(rows: Sequence[Row], merged: Merged) -> int | None:
    """The position of the header among the first rows: the first full row, below titles and below group names."""
    filled = [sum(value != "" for value in row) for row in rows]
    most = max(filled, default=0)
    if not most:
        return None
    for position, count in enumerate(filled):
        grouped = any(r == position and left < right for (r, left), (_, right) in merged)
        below = rows[position + 1] if position + 1 < len(rows) else ()
        names_below = all(isinstance(v, str) for v in below) and filled[position + 1 : position + 2] > [1]
        if count * 2 > most and not (grouped and names_below):
            return position
    return filled.index(most)


def names(rows: Sequence[Row], position: int, merged: Merged, used: Sequence[bool]) -> tuple[list[str], list[str]]:
    """A name for each column, each another, and what is to be said of them; "" for one without name and values.

    A negative position stands for a sheet that has no header.
    """
    notes = []
    width = len(used)
    own = [_name(_value(rows, merged, position, column)) for column in range(width)]
    if any(top <= position <= bottom and (top, left) != (bottom, right) for (top, left), (bottom, right) in merged):
        notes.append("the header has merged cells; each of their columns bears the merged name")
    groups = [_name(_value(rows, merged, position - 1, column)) for column in range(width)]
    spread = any(left < right and top <= position - 1 <= bottom for (top, left), (bottom, right) in merged)
    if spread:
        own = [f"{g} {n}" if g and n and own.count(n) > 1 else n for g, n in zip(groups, own, strict=True)]
    if position >= 0:
        notes += [
            f"column {n} has no name"
            for n, (name, full) in enumerate(zip(own, used, strict=True), 1)
            if full > bool(name)
        ]
    own = [name or (f"Column {n}" if used[n - 1] else "") for n, name in enumerate(own, 1)]
    taken: set[str] = set()
    unique = []
    for name in own:
        new, number = name, 1
        while new and new in taken:
            number += 1
            new = f"{name} ({number})"
        if new != name:
            notes.append(f"the column name {name!r} occurs more than once; one is read as {new!r}")
        taken.add(new)
        unique.append(new)
    return unique, notes


def _name(value: Any) -> str:
    number = isinstance(value, float) and value.is_integer()
    return " ".join(str(int(value) if number else value).split())


def _value(rows: Sequence[Row], merged: Merged, row: int, column: int) -> Any:
    """What stands in a cell, or in the merged cell that it belongs to."""
    for (top, left), (bottom, right) in merged:
        if top <= row <= bottom and left <= column <= right:
            row, column = top, left
    return rows[row][column] if 0 <= row < len(rows) and column < len(rows[row]) else ""


def looks_like_data(row: Row) -> bool:
    """Whether a row that stands where the header is expected holds values rather than names."""
    cells = [value for value in row if value != ""]
    return any(not isinstance(v, str) or "@" in v or (v[:1] in "+0123456789" and len(v) > 4) for v in cells)
