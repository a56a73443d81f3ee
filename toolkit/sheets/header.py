"""Where the header of a table is, and what its columns are called."""

import re
from collections.abc import Mapping, Sequence

from toolkit.plain import message, plural
from toolkit.sheets.synonyms import concept_of
from toolkit.sheets.workbook import Cell, Merge, Row

NO_TABLE, TABLE, OF_A_FIELD, OF_FIELDS = range(4)  # what a sheet looks like
WINDOW = 60  # filled rows among which the header is looked for
MERGES = 1_000  # merged cells that are looked at
_NAMED = 5  # of what is said of columns
_NEXT = 5  # rows by which a candidate is measured
holds_number_or_address = re.compile(r"[^\d@]*[\d@]").match
_EXAMPLE = re.compile(
    r"\W*(?:(?:ejemplos?|exemplos?|examples?|beispiele?|приклад|наприклад|пример|например)(?!\w)"
    r"|(?:p\. ?)?(?:ej|ex)[.:]|e\.g\.|eg:|z\. ?b\.|напр\.)",
    re.IGNORECASE,
).match
_NUMBER = re.compile(r"[+(]?\d[\d\s().-]{5,}").fullmatch


def find(rows: Sequence[Row], merged: Sequence[Merge]) -> int | None:
    """Which of the first filled rows names the columns: by its place in the list. None where none does.

    It is the first whose texts are names of fields, among the rows from the one on that fills most of the columns which
    the rows below it fill; else that one. Of names in groups, it is the last row.
    """
    rows = _spread(rows, merged)
    first = next((n for n in range(len(rows)) if _may_name(n, rows, merged)), None)
    if first is None:
        first = max(range(len(rows)), key=lambda n: (_filled(rows[n][1]), -n), default=None)
    if first is None or names_fields(rows[first][1]):
        return None if first is None else _bottom(first, rows, merged)
    wide = next((n for n in range(first + 1, len(rows)) if _names_more(rows[n][1], rows[first][1])), None)
    if wide is not None:
        return _bottom(wide, rows, merged)
    near = (n for n in range(first + 1, min(first + 1 + _NEXT, len(rows))) if _may_name(n, rows, merged))
    named = next((n for n in near if names_fields(rows[n][1]) and not _recurs(n, rows)), None)
    if named is None and holds_data(rows[first][1]):
        return None
    return _bottom(first if named is None else named, rows, merged)


def _may_name(n: int, rows: Sequence[Row], merged: Sequence[Merge]) -> bool:
    """Whether a row names fields, or as many columns as the rows below it have."""
    cells, below = rows[n][1], rows[n + 1 : n + 1 + _NEXT]
    lone_title = _filled(cells) == 1 and not _all_known(cells) and any(_all_known(row) for _, row in below[:3])
    beside = lone_title or _is_group(n, rows, merged) or _lists_fields(n, rows)
    return not beside and (names_fields(cells) or _covers(cells, below))


def _lists_fields(n: int, rows: Sequence[Row]) -> bool:
    """Whether a row is of a list of fields: "Campos:" and their names, or one that begins with one as the next do."""
    own, above, below = rows[n][1], rows[n - 1][1] if n else [], [cells[0] for _, cells in rows[n + 1 : n + 3]]
    if not is_name(own[0]):
        titled = isinstance(own[0], str) and own[0].rstrip().endswith(":") and _all_known(own[1:])
        return titled and any(names_fields(cells) for _, cells in rows[n + 1 :])
    if _known(own) > 2:
        return False
    goes_on = bool(above) and is_name(above[0]) and not _all_known(above) and not _all_known(own)
    return (goes_on and _filled(above) > 1) or (len({own[0], *below}) > 2 and all(map(is_name, below)))


def _recurs(n: int, rows: Sequence[Row]) -> bool:
    """Whether a text of a row stands in another row of its column too, as values do; names do in a header once more."""
    own = rows[n][1]
    others = [cells for _, cells in rows if cells != own]
    return any(cell != "" and any(_value(cells, c) == cell for cells in others) for c, cell in enumerate(own))


def _bottom(n: int, rows: Sequence[Row], merged: Sequence[Merge]) -> int:
    """The last row of a header, of which some names are merged downwards."""
    at, cells = rows[n]
    bottom = max([b for top, left, b, _ in merged if top <= at < b and _value(cells, left) != ""], default=at)
    return max(m for m in range(n, len(rows)) if rows[m][0] <= max(at, min(bottom, at + 3)))


def _spread(rows: Sequence[Row], merged: Sequence[Merge]) -> list[Row]:
    """The rows, with what is merged downwards in each row that it reaches."""
    known = dict(rows)
    spread = {at: list(cells) for at, cells in rows}
    for top, left, bottom, _ in merged[:MERGES]:
        for at in range(top + 1, min(bottom, top + 3) + 1):
            if at in spread and (value := _value(known.get(top, ()), left)) != "" and _value(spread[at], left) == "":
                spread[at] += [""] * (left + 1 - len(spread[at]))
                spread[at][left] = value
    return list(spread.items())


def _filled(cells: Sequence[Cell]) -> int:
    return sum(cell != "" for cell in cells)


def _value(cells: Sequence[Cell], column: int) -> Cell:
    return cells[column] if column < len(cells) else ""


def _known(cells: Sequence[Cell]) -> int:
    """How many of the cells are names that fields have."""
    return sum(map(is_name, cells))


def is_name(cell: Cell) -> bool:
    """Whether a cell is a name that fields have."""
    return isinstance(cell, str) and len(cell) < 60 and bool(concept_of(cell))


def names_fields(cells: Sequence[Cell]) -> bool:
    """Whether most of the cells are names that fields have."""
    return _known(cells) >= 2 and 2 * _known(cells) >= _filled(cells)


def likeness(rows: Sequence[Row], merged: Sequence[Merge]) -> tuple[int, list[str]]:
    """How much the first filled rows of a sheet look like a table, and what names its columns."""
    top = find(rows, merged)
    cells, below = rows[top or 0][1], rows[(top or 0) + 1 :]
    return _likeness(top, cells, below), [*dict.fromkeys(_name(cell) for cell in cells if cell != "")]


def _likeness(top: int | None, cells: Sequence[Cell], below: Sequence[Row]) -> int:
    if top is not None and below and (names_fields(cells) or _all_known(cells)):
        return OF_FIELDS if _known(cells) > 1 else OF_A_FIELD
    values = [v for _, row in below for v, name in zip(row, cells, strict=False) if name != "" != v]
    if top is None or (len(values) > 1 and all(not isinstance(v, str) or holds_number_or_address(v) for v in values)):
        return TABLE
    wide = sum(_filled(row) > 1 for _, row in below)
    return TABLE if _filled(cells) > 1 and 2 * wide > len(below) and _covers(cells, below) else NO_TABLE


def _names_more(cells: Sequence[Cell], line: Sequence[Cell]) -> bool:
    """Whether a row names fields, and more of them, or twice as many columns, as a line above the table fills."""
    plain = all(isinstance(cell, str) and not holds_number_or_address(cell) for cell in cells)
    return plain and _known(cells) > 1 and _filled(line) < max(_known(cells), (_filled(cells) + 1) // 2)


def _all_known(cells: Sequence[Cell]) -> bool:
    return 0 < _known(cells) == _filled(cells)


def _covers(cells: Sequence[Cell], below: Sequence[Row]) -> bool:
    """Whether the row fills more than half of the columns that most of the rows below it fill."""
    width = max((len(row) for _, row in below), default=0)
    often = [c for c in range(width) if 2 * sum(_value(row, c) != "" for _, row in below) > len(below)]
    return 2 * sum(_value(cells, c) != "" for c in often) > len(often)


def _is_group(n: int, rows: Sequence[Row], merged: Sequence[Merge]) -> bool:
    """Whether a row has the names of groups of columns: merged cells above a row of texts."""
    at = rows[n][0]
    if not any(top == at and left < right for top, left, _, right in merged):
        return False
    below = [cell for _, row in rows[n + 1 : n + 2] for cell in row if cell != ""]
    return len(below) > 1 and all(isinstance(cell, str) for cell in below) and _known(below) > 0


def holds_data(cells: Sequence[Cell]) -> bool:
    """Whether a row that stands where the header is expected holds an address or a number of somebody."""
    return any(isinstance(c, str) and ("@" in c or (_NUMBER(c) and sum(map(str.isdigit, c)) > 6)) for c in cells)


def lies_on_its_side(rows: Sequence[Sequence[Cell]]) -> bool:
    """Whether the names of a table stand in its first column, and each of its rows is one of them for all people."""
    first = [cells[0] for cells in rows if cells and cells[0] != ""]
    beside = [cell for cell in rows[0][1:] if cell != ""] if rows else []
    form = [*dict.fromkeys(first)]  # several of them may stand one below the other
    again = first == form * (len(first) // max(len(form), 1))
    return len(form) > 1 and _all_known(form) and again and bool(beside) and (len(form) > 2 or not _known(beside))


def is_example(cell: Cell) -> bool:
    """Whether a text says that it is an example."""
    return isinstance(cell, str) and bool(_EXAMPLE(cell))


def looks_like_data(cells: Sequence[Cell]) -> bool:
    """Whether a header holds numbers, which may be values rather than names."""
    texts = [cell for cell in cells if cell != ""]
    if all(isinstance(text, str) and text.isdigit() for text in texts):
        return True
    return any(not isinstance(v, str) or (v[:1] in "+0123456789" and len(v) > 4) for v in texts)


def names(
    rows: Mapping[int, Sequence[Cell]], at: int | None, merged: Sequence[Merge], used: Sequence[bool]
) -> tuple[list[str], list[str], list[str]]:
    """A name for each column, each another, "" for one without name and values; their names in the header; notes.

    Args:
        rows: the cells of the first rows, by position.
        at: the position of the header; None stands for a sheet that has none.
        merged: the merged cells.
        used: for each column, whether it holds values.
    """
    width, notes = len(used), []
    above = [m for m in merged if at is not None and m[0] <= at and m[2] >= at - 1][:MERGES]
    own, groups = (_row_names(rows, above, at - up if at is not None else -2, width) for up in (0, 1))
    if any(top <= at <= bottom for top, _, bottom, _ in above if at is not None):
        notes.append(message("the header has merged cells; each of their columns bears the merged name"))
    if at is not None and any(
        top <= at - 1 <= bottom and (left < right or bottom < at) for top, left, bottom, right in above
    ):
        more = [
            g and n and g != n and (own.count(n) > 1 or is_name(g) > is_name(n))
            for g, n in zip(groups, own, strict=True)
        ]
        own = [f"{g} {n}" if together else n for g, n, together in zip(groups, own, more, strict=True)]
    if at is not None:
        nameless = [n for n, (name, full) in enumerate(zip(own, used, strict=True), 1) if full > bool(name)]
        notes += _first([message("column {number} has no name", number=number) for number in nameless])
    names = [name or (f"Column {n}" if used[n - 1] else "") for n, name in enumerate(own, 1)]
    return _unique(names, notes), own, notes


def _first(notes: Sequence[str]) -> list[str]:
    """The first of some notes, and how many more there are."""
    more = len(notes) - _NAMED
    return [*notes[:_NAMED], *([plural("so is {count} more", "so are {count} more", count=more)] if more > 0 else [])]


def _unique(own: Sequence[str], notes: list[str]) -> list[str]:
    taken: set[str] = set()
    counts: dict[str, int] = {}
    unique: list[str] = []
    twice: list[str] = []
    for name in own:
        new = name
        while new and new in taken:
            counts[name] = counts.get(name, 1) + 1
            new = f"{name} ({counts[name]})"
        if new != name:
            text = "the column name {name!r} occurs more than once; one is read as {new!r}"
            twice.append(message(text, name=name, new=new))
        taken.add(new)
        unique.append(new)
    notes += _first(twice)
    return unique


_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\x00-\x08\x0e-\x1f\x7f]")


def _name(value: Cell) -> str:
    number = isinstance(value, float) and value.is_integer() and abs(value) < 1e15
    return " ".join(_UNSEEN.sub("", str(int(value) if number else value)).split())


def _row_names(rows: Mapping[int, Sequence[Cell]], merged: Sequence[Merge], at: int, width: int) -> list[str]:
    """What stands in the cells of a row, or in the merged cells that they belong to."""
    cells = [_value(rows.get(at, ()), column) for column in range(width)]
    for top, left, bottom, right in merged:
        if top <= at <= bottom:
            value = _value(rows.get(top, ()), left)
            for column in range(left, min(right, width - 1) + 1):
                cells[column] = value
    return [_name(cell) for cell in cells]
