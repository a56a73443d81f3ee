"""Tables of web pages, which some programs save under the name of a spreadsheet. Each is scanned once."""

import html
import re
from collections.abc import Iterator
from functools import partial

from toolkit.errors import InputError
from toolkit.plain import message
from toolkit.sheets.archive import MAX_COLUMNS, Extent
from toolkit.sheets.workbook import Cell, Grid, Row, Tab

_TAG = re.compile(r"(/?)([A-Za-z][A-Za-z0-9:]{0,20})")
_SPAN = re.compile(r"(col|row)span\s{0,9}=\s{0,9}[\"']?(\d{1,5})", re.IGNORECASE)
_NO_CELLS = re.compile(r"(!--)|(script|style|head)\b", re.IGNORECASE)
_ENDS = {"!--": re.compile("-->")} | {n: re.compile(f"</{n}", re.I) for n in ("script", "style", "head")}
_MOST_CELLS, _MOST_COLUMNS = 5_000_000, 1_000  # of a table; that a cell reaches over
_BREAKS = frozenset({"br", "p", "div", "li"})
Tag = tuple[str, str, str]  # its name, with a slash where it ends; its attributes; the text that follows it


def read(text: str, limits: int) -> list[Tab]:
    """The tables of a page, each as a sheet.

    Raises:
        InputError: there is none, or they are too large.
    """
    extent = Extent(limits, _MOST_CELLS)
    tables: list[_Table] = []
    open_tables: list[_Table] = []  # a table may stand in a cell of another
    for name, attributes, following in _tags(text):
        if name == "table":
            open_tables.append(_Table(extent))
            tables.append(open_tables[-1])
        elif name == "/table" and open_tables:
            open_tables.pop().end_row()
        if open_tables:
            open_tables[-1].take(name, attributes, following)
    for table in open_tables:
        table.end_row()
    filled = [t for t in tables if len(t.rows) > 1] or [t for t in tables if t.rows]  # others only place what they hold
    if not filled:
        raise InputError(message("the file is a web page without a table, whatever its name says"))
    grids = (partial(Grid, table.rows, merged=table.merged) for table in filled)
    return [Tab(f"Table {n}", hidden=False, grid=grid) for n, grid in enumerate(grids, 1)]


def _tags(text: str) -> Iterator[Tag]:
    """The tags of a page, without those inside of comments, scripts and styles."""
    at = 0
    while (start := text.find("<", at)) >= 0:
        at = start + 1
        if hidden := _NO_CELLS.match(text, at):
            end = _ENDS["!--" if hidden[1] else hidden[2].lower()].search(text, at)
            at = end.start() + 1 if end else len(text)
            continue
        name = _TAG.match(text, at)
        stop = text.find("<", at)
        inside, _, following = text[at : stop if stop >= 0 else len(text)].partition(">")
        if name:
            yield name[1] + name[2].lower(), inside, following


class _Table:
    """One table while it is read."""

    def __init__(self, extent: Extent) -> None:
        self.rows: list[Row] = []
        self.merged: list[tuple[int, int, int, int]] = []
        self._extent = extent
        self._row: list[Cell] = []
        self._texts: list[str] | None = None  # of the cell that is open
        self._spans = (1, 1)
        self._at = 0
        self._taken: dict[int, int] = {}  # the last row that a cell of a row above reaches into, by column

    def take(self, name: str, attributes: str, following: str) -> None:
        """A tag, and the text after it."""
        if name in ("td", "th"):
            self._end_cell()
            spans = {kind.lower(): max(int(n), 1) for kind, n in _SPAN.findall(attributes[:1000])}
            self._texts, self._spans = [], (min(spans.get("col", 1), _MOST_COLUMNS), spans.get("row", 1))
        elif name in ("/td", "/th"):
            self._end_cell()
            return
        elif name in ("tr", "/tr"):
            self.end_row()
        elif name in _BREAKS and self._texts:
            self._texts.append("\n")
        if self._texts is not None and following:
            self._texts.append(re.sub(r"[ \t\r\n]+", " ", following))

    def _end_cell(self) -> None:
        if self._texts is None:
            return
        text = html.unescape("".join(self._texts)).replace("\xa0", " ")
        value = "\n".join(line.strip() for line in text.split("\n")).strip()
        self._texts = None
        self._skip_taken()
        column, (wide, high) = len(self._row), self._spans
        self._extent.add(self._at, column + wide)
        if wide > 1 or high > 1:
            self.merged.append((self._at, column, self._at + high - 1, column + wide - 1))
            self._taken |= {column + n: self._at + high - 1 for n in range(wide) if high > 1}
        self._row += [value, *[""] * (wide - 1)]

    def _skip_taken(self) -> None:
        while self._taken.get(len(self._row), -1) >= self._at > 0 and len(self._row) < MAX_COLUMNS:
            self._row.append("")

    def end_row(self) -> None:
        """Put the row that was read among the others."""
        self._end_cell()
        if self._row:
            if any(self._row):
                self.rows.append((self._at, self._row))
            self._at += 1
            self._row = []
