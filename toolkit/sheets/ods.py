"""Open documents, read by expat: what each cell holds, and shows."""

import re
from collections.abc import Iterator
from functools import partial
from xml.parsers import expat

from toolkit.sheets.archive import MAX_COLUMNS, MAX_ROWS, Archive, Extent, local, protected
from toolkit.sheets.formats import clock
from toolkit.sheets.workbook import Cell, Grid, Merge, Row, Tab

PART = "content.xml"
_TIMES = r"T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9}(?:[.,]\d{1,9})?)S)?"
_DURATION = re.compile(rf"(-?)P(?:(\d{{1,6}})D)?(?:{_TIMES})?").fullmatch
_SIGNS = re.compile(r"[-/ ()+]")  # that stand between the digits of a number that is padded
_BLANKS = re.compile(r"[ \t\r\n]+")  # one or many, they stand for one space
_HIDDEN = ("collapse", "filter")


def read(archive: Archive) -> list[Tab]:
    """The tabs of a document.

    Raises:
        InputError: it is damaged or protected, or declares entities.
    """
    if any(name == "encryption-data" for name, _ in archive.tags("META-INF/manifest.xml")):
        raise protected()
    tabs: list[Tab] = []
    hidden: set[str] = set()  # styles of sheets
    style = ""
    for name, attributes in archive.tags(PART):
        plain = {local(key): value for key, value in attributes.items()} if name in _READ else {}
        if name == "style":
            style = plain.get("name", "")
        elif name == "table-properties" and plain.get("display") == "false":
            hidden.add(style)
        elif name == "table":
            grid = partial(_grid, archive, len(tabs))
            tabs.append(Tab(plain.get("name", ""), plain.get("style-name", "") in hidden, grid))
    return tabs


def _grid(archive: Archive, position: int) -> Grid:
    return _Sheet(archive, position).grid


_READ = ("style", "table-properties", "table")


class _Sheet:
    """One sheet while the document is parsed."""

    def __init__(self, archive: Archive, position: int) -> None:
        self._archive, self._wanted, self._table = archive, position, -1
        self._rows: list[Row] = []
        self._row: list[Cell] = []
        self._at, self._times, self._blank = 0, 1, 0  # position, how often the row repeats; blank cells before
        self._cell: dict[str, str] = {}
        self._text: list[str] = []
        self._paragraphs: list[str] = []
        self._note = self._columns = 0
        self._hidden = False
        self._extent = Extent(archive.limits)
        self._parser = expat.ParserCreate()
        self.grid = Grid(self.rows())

    def rows(self) -> Iterator[Row]:
        """The filled rows, as they are parsed."""
        self._parser.buffer_text = True
        self._parser.StartElementHandler, self._parser.EndElementHandler = self._start, self._end
        for _ in self._archive.parse(PART, self._parser):
            yield from self._rows
            self._rows.clear()
            if self._table > self._wanted:
                return
        yield from self._rows

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = local(name)
        if name == "table":
            self._table += 1
        elif self._table != self._wanted:
            return
        elif name == "annotation":
            self._note += 1
        elif name in ("table-cell", "covered-table-cell"):
            self._cell = {local(key): value for key, value in attributes.items()}
            self._paragraphs.clear()
        elif name == "p" and not self._note:
            self._text.clear()
            self._parser.CharacterDataHandler = lambda text: self._text.append(_BLANKS.sub(" ", text))
        elif name in _SPACES and not self._note:
            times = attributes.get("text:c", "1")
            self._text.append(_SPACES[name] * (int(times) if times.isdigit() and len(times) < 5 else 1))
        elif name in ("table-row", "table-column"):
            plain = {local(key): value for key, value in attributes.items()}
            self._begin(name, _number(plain.get(f"number-{name[6:]}s-repeated", "1")), plain)

    def _begin(self, name: str, times: int, plain: dict[str, str]) -> None:
        hidden = plain.get("visibility") in _HIDDEN
        if name == "table-column":
            if hidden and self._columns + times <= MAX_COLUMNS:
                self.grid.hidden_columns += range(self._columns, self._columns + times)
            self._columns += times
            return
        self._row, self._times, self._blank = [], times, 0
        self._hidden = hidden

    def _end(self, name: str) -> None:
        name = local(name)
        if self._table != self._wanted:
            return
        if name == "annotation":
            self._note -= 1
        elif name == "p" and not self._note:
            self._parser.CharacterDataHandler = None
            self._paragraphs.append("".join(self._text))
        elif name in ("table-cell", "covered-table-cell"):
            self._put()
        elif name == "table-row":
            if self._row:
                self._extent.add(self._at + self._times - 1, 0)
                for at in range(self._at, self._at + self._times):
                    self._extent.add(at, len(self._row))
                    self._rows.append((at, self._row))
                if self._hidden:
                    self.grid.hidden_rows += range(self._at, self._at + self._times)
            self._at = min(self._at + self._times, MAX_ROWS + 1)

    def _put(self) -> None:
        """Put a cell into its row, as often as it repeats; blank ones only before one that is filled."""
        times = _number(self._cell.get("number-columns-repeated", "1"))
        value = self._value("\n".join(self._paragraphs))
        if value == "":
            self._blank += times
            return
        width = len(self._row) + self._blank
        self._merge(width)
        self._extent.check(self._at, width + times)
        self._row += [""] * self._blank + [value] * times
        self._blank = 0

    def _merge(self, column: int) -> None:
        wide, high = (_number(self._cell.get(f"number-{what}s-spanned", "1")) for what in ("column", "row"))
        if (wide > 1 or high > 1) and wide <= MAX_COLUMNS and high <= MAX_ROWS:
            merge: Merge = (self._at, column, self._at + high - 1, column + wide - 1)
            self.grid.merged.append(merge)

    def _value(self, text: str) -> Cell:
        get = self._cell.get
        kind = get("value-type", "")
        if kind in ("float", "currency", "percentage"):
            digits = _SIGNS.sub("", text)
            padded = digits.isdigit() and digits[0] == "0" and len(digits) > 1
            try:
                return text if padded or text.startswith(("#", "Err:")) else float(get("value", ""))
            except ValueError:
                return text
        if kind == "date":
            return get("date-value", text).replace("T", " ").removesuffix(" 00:00:00")
        if kind == "time" and (parts := _DURATION(get("time-value", ""))):
            days, hours, minutes, seconds = (float((parts[n] or "0").replace(",", ".")) for n in (2, 3, 4, 5))
            return parts[1] + clock(days * 86_400 + hours * 3600 + minutes * 60 + seconds)
        if kind == "boolean":
            return "TRUE" if get("boolean-value") == "true" else "FALSE"
        if not kind and not text and get("formula"):
            self.grid.uncounted.setdefault(len(self._row) + self._blank, []).append(self._at)
        return text or get("string-value", "")


_SPACES = {"s": " ", "tab": "\t", "line-break": "\n"}


def _number(text: str) -> int:
    """How often something repeats."""
    return max(1, int(text)) if text.isdigit() and len(text) < 10 else 1
