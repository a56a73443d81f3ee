"""The cells of a sheet as a DataFrame of texts, and what is to be said of them."""

import re
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any

import numpy as np
import pandas as pd

from toolkit.errors import InputError
from toolkit.plain import line, mark, message, plural
from toolkit.sheets import header as headers
from toolkit.sheets import other_tables
from toolkit.sheets.cells import SHORTENED, bare, shown
from toolkit.sheets.delimited import cut_again, sign_within
from toolkit.sheets.not_data import BELOW_REFUSAL, MOST_TITLES, below_refusals, says_no
from toolkit.sheets.result_format import outcome_at
from toolkit.sheets.rows import SheetFrame
from toolkit.sheets.workbook import Cell, Grid, Merge, Row, column_letters

_BLOCK = 500  # rows: few at a time stay in the processor's cache
_DIGITS = "{:.15g}".format  # as many as a spreadsheet keeps; longer numbers come out as 1.23e+16
_KEPT, _LONGEST = 14, 1e21  # digits; a number that is longer is none that somebody wrote
_SPANS, _SHORT = 20, 60  # places that a note names, characters of what stands there
LONGER = mark("has more cells than the header: a separator may stand inside of one")
JOINED = mark("may be several rows, or one that is cut otherwise: look at its quotes and separators")
MERGED = mark("a merged cell of a row above reaches into it, and only that row has its value")
COMMENTED = mark("has a comment that may say that it is not to be sent")
TITLED = mark("stands under a title, or in a sheet, that says not to send it")
STRUCK = mark("has letters that are struck out, or raised: what is left to be sent?")
EXAMPLE = mark("may be the example of a template")
SIDEWAYS = mark("stands in a table that seems to lie on its side: its first column has the names")
UNSURE = mark("stands in one of several sheets of the workbook that may be the table")
_COMMENT = 500  # characters of a comment
_KEPT_CELLS = 5_000  # of rows that are asked about, by which they are found again
_QUARTER = 4
_begins = re.compile(r"[^\d@]{0,4}\d[^@]*").fullmatch  # as numbers, days and phones do
_GAPS = 100  # blank rows below which another table is looked for
Positions = np.ndarray[Any, np.dtype[np.int64]]


def framed(grid: Grid, wanted: int | Merge | None, *, delimited: bool) -> pd.DataFrame:
    """The table in a sheet, below its header.

    Args:
        grid: the cells; what is to be said is added to its notes.
        wanted: the row of the header, 0 for none, or its cells; None where it is to be looked for.
        delimited: whether separators cut the cells.
    """
    if isinstance(wanted, tuple):
        grid.rows, wanted = _between(grid, grid.rows, wanted), wanted[0] + 1
    rows = (row for row in grid.rows if _holds(row[1][0]) or any(map(_holds, row[1])))
    head = list(islice(rows, headers.WINDOW))
    while wanted and head and head[-1][0] < wanted - 1 and (more := list(islice(rows, _BLOCK))):
        head += more
    if not head:
        raise InputError(message("the sheet holds nothing"))
    if sign := sign_within(head):
        rows = ((at, cut_again(cells, sign)) for at, cells in chain(head, rows))
        head = list(islice(rows, len(head)))
        grid.notes.append(message("each row stands in a single cell, which was cut at each {sign!r}", sign=sign))
    top = headers.find(head, grid.merged) if wanted is None else _wanted(head, wanted)
    body = 0 if top is None else top + 1
    at, names_end = (-1, 0) if top is None else (head[top][0], len(head[top][1]))
    table = _Table()
    for block in _blocks(head[body:], rows):
        table.add(block)
    table.widen(names_end)
    used = [any(texts) for texts in table.columns]
    names, own, notes = headers.names(dict(head[:body]), None if top is None else at, grid.merged, used)
    filled = {name: texts for name, texts in zip(names, table.columns, strict=True) if name}
    columns = {name: pd.array([text or None for text in texts], dtype="str") for name, texts in filled.items()}
    positions = np.array(table.positions, dtype=np.int64)
    frame = SheetFrame(columns, index=pd.Index(positions + 1, name="row"))
    sideways = wanted is None and headers.lies_on_its_side([cells for _, cells in head[max(body - 1, 0) :]])
    above = [cells for _, cells in head[: max(body - 1, 0)]]
    questions = {
        LONGER: table.longer(names_end) if delimited and names_end else [],
        EXAMPLE: [at + 1 for at, cells in head[body : body + 1] if body and any(map(headers.is_example, cells))],
        SIDEWAYS: frame.index.tolist() if sideways else [],
        **_to_ask(grid, at, positions),
        TITLED: frame.index.tolist() if outcome_at(names) is None and _says_no([[grid.title], *above]) else [],
        **(table.others(names, own, head[:body], grid.notes) if body else {}),
    }
    frame.attrs |= {**table.numbers(names), "texts": _texts_of_forms(filled), "header": at + 1}
    frame.attrs |= _asked(frame, questions) | ({"rivals": grid.rivals} if grid.rivals else {})
    grid.notes += _above(head[: max(body - 1, 0)]) + notes + _header_notes(head, top, wanted)
    grid.notes += _left_out(positions, at) + _unusual(grid, positions, at, names) + _damaged(filled)
    return frame


def _to_ask(grid: Grid, header: int, positions: Positions) -> dict[str, list[int]]:
    """The rows that are asked about for what is known of them beside their cells, by number."""
    noted = {at for (at, _), text in grid.comments.items() if says_no(text[:_COMMENT])}
    rows = {JOINED: {*grid.joined}, COMMENTED: noted, STRUCK: {*grid.struck}}
    return {
        **{reason: sorted(at + 1 for at in own if at > header) for reason, own in rows.items()},
        MERGED: _reached([m for m in grid.merged if m[0] > header], positions),
        UNSURE: (positions + 1).tolist() if grid.rivals else [],
    }


def _below_refusals(frame: pd.DataFrame) -> list[int]:
    """The rows below a title that says not to send them, and the title: a part of the sheet may not have it."""
    few = np.flatnonzero(frame.notna().to_numpy().sum(axis=1) == 1)
    if not 0 < len(few) <= MOST_TITLES:
        return []
    cells = zip(few.tolist(), bare(frame).iloc[few].to_numpy().tolist(), strict=True)
    rows: list[int] = frame.index[below_refusals(dict(cells), len(frame))].tolist()
    return rows


def _asked(frame: pd.DataFrame, questions: Mapping[str, Sequence[int]]) -> dict[Hashable, Any]:
    """The rows to be asked about, by label; and, where they are few, what is in them, by which each is found again."""
    questions = {**questions, BELOW_REFUSAL: _below_refusals(frame)}
    asked = {reason: frame.index[frame.index.isin(rows)].tolist() for reason, rows in questions.items() if rows}
    asked = {reason: rows for reason, rows in asked.items() if rows}
    if not 0 < sum(map(len, asked.values())) * frame.shape[1] <= _KEPT_CELLS:
        return {"questions": asked}
    rows = {reason: bare(frame).loc[rows].fillna("") for reason, rows in asked.items()}
    return {"questions": asked, "asked": {reason: some.to_dict("records") for reason, some in rows.items()}}


def _says_no(rows: Iterable[Sequence[Cell]]) -> bool:
    """Whether a row is a title that says that what is below is not to be sent, or is an example."""
    titles = [cells[-1] for cells in rows if sum(map(_holds, cells)) == 1]
    texts = [text for text in titles if isinstance(text, str) and len(text) < _SHORT and not {*text} & {*"@:"}]
    return any(says_no(text) or headers.is_example(text) for text in texts)


def _holds(cell: Cell) -> bool:
    return cell != "" and not (isinstance(cell, str) and cell.isspace())


def _between(grid: Grid, rows: Iterable[Row], header: Merge) -> Iterator[Row]:
    """The cells of the header's columns; what the others hold is counted in a note."""
    outside, (_, left, _, right) = 0, header
    for at, cells in rows:
        outside += sum(cell != "" for cell in (*cells[:left], *cells[right + 1 :]))
        yield at, [*[""] * left, *cells[left : right + 1]]
    grid.merged[:] = [merge for merge in grid.merged if merge[1] <= right and merge[3] >= left]
    grid.silent[:] = [n for n in grid.silent if left <= n <= right]
    if outside:
        one = "{count} cell outside of the columns {first}–{last} was not read, as `header=` says"
        many = "{count} cells outside of the columns {first}–{last} were not read, as `header=` says"
        letters = {"first": column_letters(left), "last": column_letters(right)}
        grid.notes.append(plural(one, many, count=outside, **letters))


def _wanted(head: Sequence[Row], wanted: int) -> int | None:
    """The place of the row that was said to be the header; None for 0."""
    if not wanted:
        return None
    place = next((n for n, (at, _) in enumerate(head) if at == wanted - 1), None)
    if place is None:
        raise InputError(message("the sheet has no row {row}, or nothing is in it", row=wanted))
    return place


def _blocks(first: Iterable[Row], rest: Iterator[Row]) -> Iterator[list[Row]]:
    start = list(first)
    if start:
        yield start
    while block := list(islice(rest, _BLOCK)):
        yield block


def _whole(number: float, digits: str) -> str:
    """All digits of a long number of which the spreadsheet lost none: it would have kept more of them."""
    short = "e+" in digits and len(digits.partition("e")[0]) < _KEPT and abs(number) < _LONGEST
    return str(int(number)) if short else digits


class _Table:
    """The body of a sheet, column by column, as texts."""

    def __init__(self) -> None:
        self.columns: list[list[str]] = []
        self.positions: list[int] = []
        self._kinds: list[set[type]] = []
        self._mixed: dict[int, tuple[dict[str, None], dict[str, None]]] = {}  # of columns with both: numbers, texts

    def add(self, block: Sequence[Row]) -> None:
        """Some rows more."""
        width = max(len(cells) for _, cells in block)
        whole = [cells if len(cells) == width else [*cells, *[""] * (width - len(cells))] for _, cells in block]
        while len(self.columns) < width:
            self.columns.append([""] * len(self.positions))
            self._kinds.append(set())
        for n, values in enumerate(zip(*whole, strict=True)):
            self.columns[n] += self._texts(n, values)
        for texts in self.columns[width:]:
            texts += [""] * len(block)
        self.positions += [at for at, _ in block]

    def _texts(self, n: int, values: Sequence[Cell]) -> Sequence[str]:
        before = self._kinds[n]
        kinds = set(map(type, values))
        after = before | ({type(v) for v in values if v != ""} if kinds != {str} or not before else kinds)
        self._kinds[n] = after
        texts = values if kinds == {str} else [v if isinstance(v, str) else _DIGITS(v) for v in values]
        if float in kinds and "e+" in "".join(texts):  # type: ignore[arg-type]
            texts = [_whole(v, t) if isinstance(v, float) else t for v, t in zip(values, texts, strict=True)]  # type: ignore[arg-type]
        if len(after) > 1:
            if n not in self._mixed:
                self._mixed[n] = {}, {}
                self._mixed[n][str in before].update({t: None for t in self.columns[n] if "." in t})
            for text, value in zip(texts, values, strict=True):
                if "." in text:  # type: ignore[operator]
                    self._mixed[n][isinstance(value, str)][text] = None  # type: ignore[index]
        return texts  # type: ignore[return-value]

    def widen(self, width: int) -> None:
        """As many columns as are named."""
        self.columns += [[""] * len(self.positions) for _ in range(width - len(self.columns))]

    def longer(self, width: int) -> list[int]:
        """The rows that have more cells than the header, by number."""
        rows = sorted({n for texts in self.columns[width:] for n, text in enumerate(texts) if text})
        return [self.positions[n] + 1 for n in rows]

    def others(
        self, names: Sequence[str], own: Sequence[str], above: Sequence[Row], notes: list[str]
    ) -> dict[str, list[int]]:
        """The rows of what looks like other tables, by number; how to read those is added to the notes."""
        header = above[-1][0]
        gaps = np.flatnonzero(np.diff(self.positions, prepend=header) > 1)[:_GAPS].tolist()
        columns, below = self.columns, []
        if place := other_tables.below(columns, names, gaps):
            below = [at + 1 for at in self.positions[place[0] :]]
            one = "what looks like another table begins in row {row}, with {count} row: `header={header}` reads it"
            many = "what looks like another table begins in row {row}, with {count} rows: `header={header}` reads it"
            notes.append(plural(one, many, count=len(below), row=below[0], header=self.positions[place[1]] + 1))
            columns = [texts[: place[0]] for texts in columns]
        beside: set[int] = set()
        for block, other, row in other_tables.beside(columns, names, own, gaps[0] if gaps and gaps[0] else None):
            beside.update(n for c in other for n, text in enumerate(columns[c]) if text)
            begins = _first_to_fill(above, other) if row is None else self.positions[row]
            first, second = _cells(block, header), _cells(other, begins)
            text = "two tables seem to stand side by side: `header={first!r}` reads one, `header={second!r}` the other"
            notes.append(message(text, first=first, second=second))
        return {other_tables.BELOW: below, other_tables.BESIDE: [self.positions[n] + 1 for n in sorted(beside)]}

    def numbers(self, names: Sequence[str]) -> dict[str, Any]:
        """The columns whose cells are all numbers; of the others, the texts that only numbers have."""
        numeric = [names[n] for n, kinds in enumerate(self._kinds) if kinds == {float}]
        mixed = {names[n]: [t for t in numbers if t not in texts] for n, (numbers, texts) in self._mixed.items()}
        joined = {name: "\n".join(texts) for name, texts in mixed.items() if texts}  # pandas copies lists at each step
        return {"numeric": numeric, "numbers": joined}


def _first_to_fill(rows: Sequence[Row], columns: range) -> int:
    """The position of the first of some rows that fills some columns; else of the last row."""
    return next((at for at, cells in rows if sum(map(bool, cells[columns[0] : columns[-1] + 1])) > 1), rows[-1][0])


def _cells(columns: range, at: int) -> str:
    return f"{column_letters(columns[0])}{at + 1}:{column_letters(columns[-1])}{at + 1}"


# ── notes ────────────────────────────────────────────────────────────────────


def _above(rows: Sequence[Row]) -> list[str]:
    if not rows:
        return []
    titles = "; ".join(" ".join(shown(v) or "" for v in cells if v != "") for _, cells in rows)[:200]
    one = "above the header, {count} row not read: {titles}; `header=` names another row"
    many = "above the header, {count} rows not read: {titles}; `header=` names another row"
    return [plural(one, many, count=len(rows), titles=titles)]


def _header_notes(head: Sequence[Row], top: int | None, wanted: int | None) -> list[str]:
    if wanted is not None:
        return []
    if top is None:
        text = "no row names the columns: row {row} looks like data, and was read so; `header={row}` takes it for names"
        return [message(text, row=head[0][0] + 1)]
    if headers.looks_like_data(head[top][1]):
        text = "row {row} was taken for the header, though it looks like data: `header=0` says there is none"
        return [message(text, row=head[top][0] + 1)]
    return []


def _left_out(positions: Positions, header: int) -> list[str]:
    blank = np.setdiff1d(np.arange(header + 1, positions[-1] if len(positions) else 0), positions, assume_unique=True)
    return [message("blank rows were left out: {rows}", rows=_spans(blank))] if len(blank) else []


def _unusual(grid: Grid, positions: Positions, header: int, names: Sequence[str]) -> list[str]:
    """What is hidden, merged, or was never calculated."""
    notes = []
    named = dict(enumerate(names))
    hidden = np.intersect1d(grid.hidden_rows, positions).astype(np.int64)
    if len(hidden):
        one = "{count} row is hidden in the spreadsheet, and was read: {rows}"
        many = "{count} rows are hidden in the spreadsheet, and were read: {rows}"
        notes.append(plural(one, many, count=len(hidden), rows=_spans(hidden)))
    own = {len(names) - 1} if outcome_at(names) is not None else set()  # the last column of a result of ours
    if columns := [name for n in sorted({*grid.hidden_columns} - own) if (name := named.get(n))]:
        one = "{count} column is hidden in the spreadsheet, and was read: {columns}"
        many = "{count} columns are hidden in the spreadsheet, and were read: {columns}"
        notes.append(plural(one, many, count=len(columns), columns=_listed(columns)))
    if merged := [m for m in grid.merged if m[0] > header and len(positions) and m[0] <= positions[-1]]:
        cell = "row {row} of {column!r}"
        places = _listed(message(cell, row=m[0] + 1, column=named.get(m[1], "")) for m in merged[: _SPANS + 1])
        one = "{count} merged cell below the header holds its value in its first row and column only: {places}"
        many = "{count} merged cells below the header hold their value in the first of their cells only: {places}"
        notes.append(plural(one, many, count=len(merged), places=places))
    if grid.comments and not own:
        text = "row {row} of {column!r}: {comment}"
        comments = sorted(grid.comments.items())[: _SPANS + 1]
        places = _listed(
            message(text, row=at + 1, column=named.get(n, column_letters(n)), comment=line(comment, _SHORT))
            for (at, n), comment in comments
        )
        one = "{count} cell has a comment, which is not sent: {places}"
        many = "{count} cells have comments, which are not sent: {places}"
        notes.append(plural(one, many, count=len(grid.comments), places=places))
    if grid.silent:
        places = _listed(dict.fromkeys(named.get(n) or f"Column {n + 1}" for n in grid.silent))
        one = "{count} cell holds an empty text, as a formula does that was never calculated: {places}"
        many = "{count} cells hold an empty text, as formulas do that were never calculated: {places}"
        notes.append(plural(one, many, count=len(grid.silent), places=places))
    return notes


def _reached(merged: Sequence[Merge], positions: Positions) -> list[int]:
    """The filled rows into which a merged cell of a row above reaches, by number."""
    edges = np.array([(top + 1, bottom + 1) for top, _, bottom, _ in merged], dtype=np.int64).reshape(-1, 2)
    begins, ends = (np.bincount(np.searchsorted(positions, side), minlength=len(positions) + 1) for side in edges.T)
    rows: list[int] = (positions[np.cumsum(begins - ends)[: len(positions)] > 0] + 1).tolist()
    return rows


def _listed(texts: Iterable[str]) -> str:
    listed = list(texts)
    return ", ".join(listed[:_SPANS]) + (" …" if len(listed) > _SPANS else "")


def _spans(positions: Positions) -> str:
    """Row numbers as people list them: 3, 5–9."""
    cuts = np.flatnonzero(np.diff(positions) > 1)[: _SPANS + 1] + 1
    parts = [part + 1 for part in np.split(positions, cuts)]
    return _listed(f"{part[0]}" if len(part) == 1 else f"{part[0]}–{part[-1]}" for part in parts)


def _texts_of_forms(columns: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The texts of columns of numbers, days and the like, a line each: a part of them is read as the whole."""
    firsts = {name: [*islice(filter(None, texts), _BLOCK)] for name, texts in columns.items()}
    own = [name for name, some in firsts.items() if some and sum(map(bool, map(_begins, some))) * _QUARTER >= len(some)]
    return {name: "\n".join(filter(None, columns[name])) for name in own}


def _damaged(columns: Mapping[str, Sequence[str]]) -> list[str]:
    notes = []
    for name, texts in columns.items():
        joined = "\n".join(texts)
        if "E+" not in joined and "e+" not in joined:
            continue
        if count := sum(bool(SHORTENED.fullmatch(t)) for t in texts if len(t) < 60):
            one = "{count} number in {column!r} was shortened by the spreadsheet; its last digits are lost"
            many = "{count} numbers in {column!r} were shortened by the spreadsheet; their last digits are lost"
            notes.append(plural(one, many, count=count, column=name))
    return notes
