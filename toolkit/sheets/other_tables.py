"""Other tables in a sheet: below the first one, or beside it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from toolkit.plain import mark
from toolkit.sheets.cells import folded
from toolkit.sheets.header import holds_number_or_address as holds
from toolkit.sheets.header import is_name, names_fields
from toolkit.sheets.not_data import says_nothing

BELOW = mark("stands in what looks like another table below")
BESIDE = mark("stands beside, or in, what looks like another table")
_ABOVE, _NEXT = 200, 3  # rows that a header is compared with
_MOST = 0.8  # the share of a column's cells that makes it one of numbers or addresses
_LOOKED_AT = 100  # rows that may be headers
Columns = Sequence[Sequence[str]]
Texts = Mapping[int, str]  # of a row, by column


def below(columns: Columns, names: Sequence[str], gaps: Sequence[int]) -> tuple[int, int] | None:
    """The places of the first row, and of the header, of another table below.

    Its texts name fields, or stand in columns of numbers or addresses. The same names again are of the same table.

    Args:
        columns: what stands below the header.
        names: what the columns are called.
        gaps: the places of rows that stand below blank ones: less tells that they begin another table.
    """
    after_gaps = {gap + below_title: gap for gap in gaps for below_title in (0, 1)}
    for n in sorted({*after_gaps, *_once(columns, _without_values(columns))[:_LOOKED_AT]}):
        row = _row(columns, n)
        gap = n in after_gaps and (n in gaps or len(_row(columns, n - 1)) == 1)
        if n and len(row) > 1 and _begins(row, columns, n, names, gap=gap):
            return (after_gaps[n] if gap else n - (len(_row(columns, n - 1)) == 1)), n
    return None


def _row(columns: Columns, n: int) -> Texts:
    return {c: texts[n] for c, texts in enumerate(columns) if n < len(texts) and texts[n]}


def _without_values(columns: Columns) -> list[int]:
    """The rows in which no cell holds a digit or an address, as that is so in a row of names."""
    rows = list(range(len(columns[0]) if columns else 0))
    for texts in sorted(columns, key=lambda texts: -sum(map(bool, map(holds, texts[:_ABOVE])))):
        rows = [n for n in rows if not texts[n] or not holds(texts[n])]
    return rows


def _once(columns: Columns, rows: list[int]) -> list[int]:
    """Those of the rows whose texts stand only once in their columns, as names do."""
    for texts in columns if rows else ():
        times = Counter(texts)
        rows = [n for n in rows if not texts[n] or times[texts[n]] == 1]
    return rows


def _begins(row: Texts, columns: Columns, n: int, names: Sequence[str], *, gap: bool) -> bool:
    if any(holds(text) or says_nothing(text) for text in row.values()):
        return False
    again = {c for c, text in row.items() if c < len(names) and folded(text) == folded(names[c])}
    if len(again) == len(row):
        return False
    above = {c: [text for text in columns[c][max(0, n - _ABOVE) : n] if text] for c in row}
    kinds = {c: kind for c, cells in above.items() if (kind := _kind(cells))}
    known = {c for c, text in row.items() if is_name(text)}
    if gap:
        return names_fields([*row.values()]) or len(again) > 1 or len(kinds) > 1 or bool(kinds and known)
    following = [_row(columns, m) for m in range(n + 1, n + 1 + _NEXT) if m < len(columns[0])]
    unlike = [
        {below for c, kind in kinds.items() if c in texts and (below := _kind([texts[c]])) != kind}
        for texts in following
    ]
    return (
        len(known | again) == len(row)
        or (not any(above.values()) and bool(following and row.keys() & following[0].keys()))
        or (bool(following) and all(unlike) and (names_fields([*row.values()]) or len(again) > 1 or len(kinds) > 1))
        or (len(following) > 1 and all(map(any, unlike)))
    )


def _kind(cells: Sequence[str]) -> str:
    """Of what most of some cells are: "@", addresses; "#", numbers; "" for texts."""
    if cells and sum("@" in text for text in cells) >= _MOST * len(cells):
        return "@"
    return "#" if cells and sum(map(bool, map(holds, cells))) >= _MOST * len(cells) else ""


def beside(
    columns: Columns, names: Sequence[str], own: Sequence[str], gap: int | None
) -> Iterator[tuple[range, range, int | None]]:
    """The columns of the table that fills most, those of each other table beside it, and where that has its header.

    Args:
        columns: what stands below the header.
        names: what the columns are called, "" where nothing is in them.
        own: what the header has for them. The place of a header further down is that of its row.
        gap: the place of the first row below a blank one: how long columns are, is told by the rows above it.
    """
    above = [texts[:gap] for texts in columns]
    blocks = [part for block in _blocks(names, own) for part in _by_length(block, above)]
    if len(blocks) < 2:
        return
    filled = [{n for c in block for n, text in enumerate(columns[c]) if text} for block in blocks]
    most = max(range(len(blocks)), key=lambda n: (len(filled[n]) * len(blocks[n]), -n))
    for n, block in enumerate(blocks):
        named = any(own[c] for c in block)
        if n != most and (named or _begins_below(block, columns, sorted(filled[n]))):
            alone = min(len(block), len(blocks[most])) == 1
            if not alone or (filled[n] != filled[most] and _from_top(filled[n]) and _from_top(filled[most])):
                yield blocks[most], block, None if named else min(filled[n])


def _blocks(names: Sequence[str], own: Sequence[str]) -> Iterator[range]:
    """The columns between blank ones, and where their names begin anew, or end."""
    start, plain = 0, [folded(name) for name in own]
    before: set[tuple[str, str]] = set()  # pairs of names
    for c in range(len(names) + 1):
        blank = c == len(names) or not names[c]
        pair = ("", "") if blank or c + 1 == len(names) else (plain[c], plain[c + 1])
        ends = not blank and c > start and bool(own[c - 1]) and not any(own[c : c + 2])
        if blank or ends or pair in before:
            if c > start:
                yield range(start, c)
            start, before = c + blank, set()
        if all(pair) and pair[0] != pair[1]:
            before.add(pair)


def _by_length(block: range, columns: Columns) -> Iterator[range]:
    """The columns in two, where some are full to one row and all the others go on below it."""
    ends = [_end(columns[c]) for c in block]
    cut = next((n for n in range(2, len(ends) - 1) if bool(ends[n]) != bool(ends[0])), 0)
    sides = block[:cut], block[cut:]
    shorter = sides[not ends[0]]
    marks = {_end(columns[c]) for c in shorter} if cut else set()
    longer = [columns[c] for c in block if c not in shorter]
    named = any(_names_things(texts[max(marks) :]) for texts in longer) if marks else False
    if len(marks) == 1 and named and all(_goes_on(texts, max(marks)) for texts in longer):
        yield from sides
    else:
        yield block


def _goes_on(texts: Sequence[str], end: int) -> bool:
    """Whether most cells below a row are filled, with what stands above it."""
    above, below = [t for t in texts[:end] if t], [t for t in texts[end:] if t]
    return len(below) > 1 and 2 * len(below) > len(texts) - end and _kind(above) == _kind(below)


def _names_things(texts: Sequence[str]) -> bool:
    """Whether each cell has another text: formulas and lists that were dragged too far repeat one, or count."""
    filled = [text for text in texts if text]
    return len({*filled}) == len(filled) and not any(map(holds, filled))


def _end(texts: Sequence[str]) -> int:
    """How many cells are filled, where these are the first, at least two, and less than all but one."""
    if not texts or texts[-1] or "" not in texts[2:-1]:
        return 0
    end = texts.index("")
    return end if end > 1 and not any(texts[end:]) else 0


def _from_top(rows: set[int]) -> bool:
    return len(rows) > 1 and rows == {*range(len(rows))}


def _begins_below(block: range, columns: Columns, filled: Sequence[int]) -> bool:
    """Whether the first row of some columns without names has them, and another follows."""
    row = [columns[c][n] for n in filled[:1] for c in block if columns[c][n]]
    return len(row) > 1 and filled[1:2] == [filled[0] + 1] and not any(holds(t) or says_nothing(t) for t in row)
