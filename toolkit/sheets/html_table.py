"""Tables of web pages, which some programs save under the name of a spreadsheet. Each is scanned once."""

import html
import re
from bisect import bisect
from collections import Counter
from collections.abc import Callable, Container, Iterator

from toolkit.plain import mark, plural
from toolkit.sheets.archive import MAX_COLUMNS, Extent, no_table
from toolkit.sheets.workbook import Cell, Grid, Merge, Row, Tab

_TAG = re.compile(r"(/?)([A-Za-z][A-Za-z0-9:]{0,20})")
_SPAN = re.compile(r"(col|row)span\s{0,9}=\s{0,9}[\"']?(\d{1,5})", re.IGNORECASE)
_TIMES = re.compile(r"\bspan\s{0,9}=\s{0,9}[\"']?(\d{1,5})", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([\w:-]+)(?:\s{0,9}=\s{0,9}(\"[^\"]*\"|'[^']*'|[^\s\"']+))?")
_HIDES = re.compile(
    r"display\s{0,9}:\s{0,9}none|visibility\s{0,9}:\s{0,9}(?:collapse|hidden)|(?:font-size|opacity)\s{0,9}:\s{0,9}0(?![.\d]*[1-9])",
    re.IGNORECASE,
).search
_STRUCK_STYLE = re.compile(r"line-through|vertical-align\s{0,9}:\s{0,9}super", re.IGNORECASE).search
_END_OR_QUOTE = re.compile(r"[<>]|=\s{0,9}([\"'])")
_STYLE, _SELECTOR = re.compile(r"<style\b[^>]{0,200}>", re.IGNORECASE), re.compile(r"\s*\w*([.#][\w-]+)\s*").fullmatch
_BOXES = ("text", "email", "tel", "number", "date", "search", "url")
_LONGEST = 1_000  # characters of a tag's attributes
_CELL_ENDS = frozenset({"td", "th", "tr", "/td", "/th", "/tr", "/table"})
_CLOSED_BY_NEXT = frozenset({"p", "li", "option"})
_WITHOUT_CONTENT = {"table", "td", "th", "tr", "thead", "tbody", "tfoot", "caption"}  # these are asked themselves
_WITHOUT_CONTENT |= {"br", "img", "input", "hr", "wbr", "col", "embed", "source", "track", "area", "link", "meta"}
_UNSEEN = ("script", "style", "head", "template", "datalist", "svg")
_NO_CELLS = re.compile(rf"(!--)|({'|'.join(_UNSEEN)})\b", re.IGNORECASE)
_ENDS = {"!--": re.compile("-->")} | {name: re.compile(f"</{name}", re.IGNORECASE) for name in _UNSEEN}
_MOST_CELLS, _MOST_COLUMNS = 5_000_000, 1_000  # of a table; that a cell reaches over
_PLAIN = (1, 1, False)  # how wide and high a cell is, and whether it is hidden
_BREAKS = frozenset({"br", "p", "div", "li", "option"})
_STRUCK = frozenset({"s", "strike", "del", "sup"})
Pattern = Callable[[str], object]
Tag = tuple[str, str, str]  # its name, with a slash where it ends; its attributes; the text that follows it


def read(text: str, limits: int) -> list[Tab]:
    """The tables of a page, each as a sheet.

    Raises:
        InputError: there is none, or they are too large.
    """
    extent, hides = Extent(limits, _MOST_CELLS), _Hiding(text)
    tables: list[_Table] = []
    open_tables: list[_Table] = []  # a table may stand in a cell of another
    for name, attributes, following in _tags(text):
        hides.take(name, attributes, len(open_tables))
        if name == "table":
            open_tables.append(_Table(extent, hidden=hides.level >= 0 or hides.by(attributes)))
            tables.append(open_tables[-1])
        elif name == "/table" and open_tables:
            inner = open_tables.pop()
            inner.end_row()
            if open_tables and inner.filled == 1:  # it only places what it holds
                open_tables[-1].take("", "", inner.text, hides, cut=False)
        if open_tables:
            open_tables[-1].take(name, attributes, following, hides, cut=hides.level == len(open_tables))
            if hides.is_struck(name, attributes):
                open_tables[-1].strike(name)
    for table in open_tables:
        table.end_row()
    filled = [t for t in tables if t.filled > 1] or [t for t in tables if t.filled]  # others only place what they hold
    if not filled:
        raise no_table(mark("a web page or XML without a table"))
    return [Tab(f"Table {n}", hidden=table.hidden, grid=table.grid) for n, table in enumerate(filled, 1)]


def _tags(text: str) -> Iterator[Tag]:
    """The tags of a page, without those inside of comments, scripts and styles; one without a name is a text."""
    at = 0
    while (start := text.find("<", at)) >= 0:
        at = start + 1
        if unseen := _NO_CELLS.match(text, at):
            end = _ENDS["!--" if unseen[1] else unseen[2].lower()].search(text, at)
            at = end.start() if end else len(text)
        name = _TAG.match(text, at) if not unseen else None
        aside = unseen or (not name and text[at : at + 1] in ("!", "?", "/"))
        stop = _end_of_tag(text, at) if name else text.find(">", at) % (len(text) + 1) if aside else start - 1
        following = stop if name and text[stop : stop + 1] == "<" else text.find("<", max(stop, at))
        following = following if following >= 0 else len(text)
        yield (name[1] + name[2].lower() if name else ""), text[at:stop], text[stop + 1 : following]
        at = following


def _end_of_tag(text: str, at: int) -> int:
    """Where the sign stands that ends a tag, none in quotes; the end of the text where there is none."""
    while end := _END_OR_QUOTE.search(text, at):
        if not end[1]:
            return end.start()
        closed = text.find(end[1], end.end())
        at = closed + 1 if closed >= 0 else end.end()
    return len(text)


class _Hiding:
    """What a page does not show, by its attributes and its own styles, while its tags are gone through."""

    def __init__(self, text: str) -> None:
        self.level = -1  # in how many tables the element stands that hides what is in it; -1 where none is open
        self._open, self._times = "", 0  # its name, and how often it is open
        self._names, self._struck = (frozenset(_names_of(text, style)) for style in (_HIDES, _STRUCK_STYLE))

    def by(self, attributes: str) -> bool:
        """Whether an element is hidden by its own attributes."""
        may = self._names or "hidden" in attributes.lower() or _HIDES(attributes)
        return bool(may) and _styled(attributes, _HIDES, self._names)

    def is_struck(self, name: str, attributes: str) -> bool:
        """Whether an element strikes out, or raises, what is in it."""
        may = "line-through" in attributes.lower() or self._struck
        return name in _STRUCK or bool(may and name[:1] != "/" and _styled(attributes, _STRUCK_STYLE, self._struck))

    def take(self, name: str, attributes: str, level: int) -> None:
        """A tag inside of so many tables."""
        if level <= self.level and name in _CELL_ENDS:
            self.level = -1
        if self.level >= 0 and name.lstrip("/") == self._open:
            self._times += -1 if name[:1] == "/" else 1
            if not self._times or name in _CLOSED_BY_NEXT:
                self.level = -1
        if self.level < 0 and name[:1] != "/" and name not in _WITHOUT_CONTENT and self.by(attributes):
            self.level, self._open, self._times = level, name, 1


def _styled(attributes: str, style: Pattern, names: Container[str]) -> bool:
    """Whether an element has a style, by its own attributes or by the names that have it."""
    for name, value in _ATTRIBUTE.findall(attributes[:_LONGEST]):
        kind, plain = name.lower(), value.strip("\"'")
        if (kind == "hidden" and style is _HIDES) or (kind == "style" and style(plain)):
            return True
        if kind in ("class", "id") and any("#."[kind == "class"] + each in names for each in plain.split()):
            return True
    return False


def _names_of(text: str, style: Pattern) -> Iterator[str]:
    """The classes and ids that have a style by the page's own ones, as .class and #id."""
    for start in _STYLE.finditer(text):
        end = _ENDS["style"].search(text, start.end())
        depth, selectors = 0, ""
        for piece in re.split(r"([{}])", text[start.end() : end.start() if end else len(text)]):
            if piece in ("{", "}"):
                depth += 1 if piece == "{" else -1
            elif depth == 0:
                selectors = piece
            elif depth == 1 and style(piece):
                yield from (name[1] for part in selectors.split(",") if (name := _SELECTOR(part)))


def _shown_in(attributes: str) -> str:
    """The text in a box for input; boxes that are ticked, and buttons, have none."""
    own = {name.lower(): value.strip("\"'") for name, value in _ATTRIBUTE.findall(attributes[:_LONGEST])}
    return own.get("value", "") if own.get("type", "text").lower() in _BOXES else ""


class _Table:
    """One table while it is read."""

    def __init__(self, extent: Extent, *, hidden: bool) -> None:
        self.hidden, self.filled = hidden, 0  # rows with a text
        self._extent = extent
        self._rows: list[list[str]] = []
        self._row: list[str] = []
        self._texts: list[str] | None = None  # of the cell that is open
        self._cell = _PLAIN  # what that is besides its text
        self._special: dict[tuple[int, int], tuple[int, int, bool]] = {}  # that of all others, by row and cell
        self._hidden_rows: list[int] = []
        self._hidden_columns: list[int] = []
        self._columns = self._unseen = 0  # columns that were described; cells that hold a hidden text
        self._struck: list[int] = []  # rows with letters that are struck out, or raised
        self._of_row = self._of_rows = self._cut = False  # whether those are hidden; whether a text of this cell is

    def take(self, name: str, attributes: str, following: str, hides: _Hiding, *, cut: bool) -> None:
        """A tag, and the text after it; `cut` where the page does not show that."""
        if name in ("td", "th"):
            self._end_cell()
            spans = {kind.lower(): max(int(n), 1) for kind, n in _SPAN.findall(attributes[:_LONGEST])}
            wide, high = min(spans.get("col", 1), _MOST_COLUMNS), spans.get("row", 1)
            self._texts, self._cell = [], (wide, high, hides.by(attributes))
        elif name in ("/td", "/th"):
            self._end_cell()
            return
        elif name in ("tr", "/tr"):
            self.end_row()
            self._of_row = name == "tr" and hides.by(attributes)
        elif name in ("thead", "tbody", "tfoot"):
            self.end_row()
            self._of_rows = hides.by(attributes)
        elif name == "col":
            times = min(int((_TIMES.search(attributes[:_LONGEST]) or "01")[1]) or 1, _MOST_COLUMNS)
            self._hidden_columns += range(self._columns, self._columns + times * hides.by(attributes))
            self._columns += times
        elif name == "input" and self._texts is not None and not cut:
            self._texts.append(_shown_in(attributes))
        elif name in _BREAKS and self._texts:
            self._texts.append("\n")
        if self._texts is not None and following:
            if cut:
                self._cut |= not following.isspace()
            else:
                self._texts.append(re.sub(r"[ \t\r\n]+", " ", following))

    def strike(self, name: str) -> None:
        """Letters of a cell, or of a row that begins, are struck out or raised."""
        if self._texts is not None or name == "tr":
            self._struck.append(len(self._rows))

    def _end_cell(self) -> None:
        if self._texts is None:
            return
        text = html.unescape("".join(self._texts)).replace("\xa0", " ")
        value = "\n".join(line.strip() for line in text.split("\n")).strip()
        if self._cell != _PLAIN:
            self._special[len(self._rows), len(self._row)] = self._cell
        self._row.append(value)
        self._unseen += self._cut
        self._texts, self._cut = None, False

    def end_row(self) -> None:
        """Put the row that was read among the others."""
        self._end_cell()
        if self._row:
            self.filled += any(self._row)
            if self._of_row or self._of_rows:
                self._hidden_rows.append(len(self._rows))
            self._rows.append(self._row)
            self._row = []

    @property
    def text(self) -> str:
        """All texts, one after the other."""
        return " ".join(cell for row in self._rows for cell in row if cell)

    def grid(self) -> Grid:
        """The cells where they stand. Hidden ones that are no column of hidden ones keep no place, and are counted."""
        hidden = [place for place, (_, _, unseen) in self._special.items() if unseen]
        columns, widths = Counter(n for _, n in hidden), sorted(map(len, self._rows))
        whole = all(count == len(widths) - bisect(widths, n) for n, count in columns.items())
        grid = Grid((), hidden_rows=self._hidden_rows, hidden_columns=self._hidden_columns, struck=self._struck)
        if whole:
            grid.hidden_columns = [*grid.hidden_columns, *columns]
        else:
            self._unseen += sum(bool(self._rows[at][n]) for at, n in hidden)
        if self._unseen:
            one = "{count} cell has a text that the page does not show, and that was not read"
            many = "{count} cells have a text that the page does not show, and that was not read"
            grid.notes.append(plural(one, many, count=self._unseen))
        grid.rows = self._laid_out(grid.merged, frozenset(() if whole else hidden))
        return grid

    def _laid_out(self, merged: list[Merge], left_out: Container[tuple[int, int]]) -> Iterator[Row]:
        taken: dict[int, int] = {}  # the last row that a cell of a row above reaches into, by column
        for at, cells in enumerate(self._rows):
            row: list[Cell] = []
            for n, text in enumerate(cells):
                if (at, n) in left_out:
                    continue
                while taken.get(len(row), -1) >= at and len(row) < MAX_COLUMNS:
                    row.append("")
                wide, high, _ = self._special.get((at, n), _PLAIN)
                column, bottom = len(row), at + high - 1
                self._extent.check(at, column + wide)
                if wide > 1 or high > 1:
                    merged.append((at, column, bottom, column + wide - 1))
                    taken |= {column + n: bottom for n in range(wide) if high > 1}
                row += [text, *[""] * (wide - 1)]
            self._extent.add(at, len(row))
            if any(row):
                yield at, row
