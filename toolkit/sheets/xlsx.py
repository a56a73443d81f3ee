"""Workbooks of Excel since 2007, read by expat: what each cell holds, and shows."""

import re
from collections.abc import Iterator
from functools import partial
from xml.parsers import expat

from toolkit.errors import InputError
from toolkit.plain import message
from toolkit.sheets.archive import MAX_COLUMNS, Archive, Extent, damaged, local, out_of_order
from toolkit.sheets.cells import encodable
from toolkit.sheets.formats import BUILT_IN, shown, style_of
from toolkit.sheets.workbook import Cell, Grid, Row, Tab, cells_between, column_position

_DIGITS = "0123456789"
TRUE = ("1", "true", "on")
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_EXACT = frozenset({"str", "inlineStr", "e", "b", "d"})  # kinds of cells of which each character counts


def read(archive: Archive) -> list[Tab]:
    """The tabs of a workbook.

    Raises:
        InputError: a part of it is damaged, or declares entities.
    """
    main = _main(archive)
    folder = main.rpartition("/")[0]
    links = _links(archive, f"{folder}/_rels/{main.rpartition('/')[2]}.rels", folder)
    sheets, epoch = [], 1900
    for name, attributes in archive.tags(main):
        if name == "sheet":
            link = next((value for key, value in attributes.items() if local(key) == "id"), "")
            if "worksheets" in (path := links.get(link, "")) or path.rpartition("/")[2].startswith("sheet"):
                sheets.append((attributes.get("name", ""), attributes.get("state", "visible") != "visible", path))
        elif name == "workbookPr" and attributes.get("date1904") in TRUE:
            epoch = 1904
    strings: list[str] = []

    def grid(part: str) -> Grid:
        if not strings:
            strings.extend(_strings(archive, f"{folder}/sharedStrings.xml"))
        return _Sheet(archive, part, strings, styles_of(archive, f"{folder}/styles.xml"), epoch).grid

    return [Tab(name, hidden, partial(grid, part)) for name, hidden, part in sheets]


def _main(archive: Archive) -> str:
    """The part that lists the sheets."""
    for target in _links(archive, "_rels/.rels", "").values():
        if target.endswith(("workbook.xml", "workbook2.xml")) and target in archive:
            return target
    if "xl/workbook.xml" in archive:
        return "xl/workbook.xml"
    raise InputError(message("the file cannot be read: it is an archive, but no workbook"))


def _links(archive: Archive, part: str, folder: str) -> dict[str, str]:
    links = {}
    for name, attributes in archive.tags(part):
        target = attributes.get("Target", "")
        if name == "Relationship":
            whole = target if target.startswith("/") else f"{folder}/{target}"
            links[attributes.get("Id", "")] = re.sub(r"[^/]+/\.\./", "", whole).lstrip("/")
    return links


def styles_of(archive: Archive, part: str) -> list[str]:
    """What each style of cells makes of a number."""
    codes: dict[str, str] = {}
    styles: list[str] = []
    inside = False
    for name, attributes in archive.tags(part):
        inside = name == "cellXfs" or (inside and name not in ("cellStyles", "dxfs"))
        number = attributes.get("numFmtId", "0")
        if name == "numFmt":
            codes[number] = style_of(attributes.get("formatCode", ""))
        elif name == "xf" and inside:
            styles.append(codes.get(number, BUILT_IN.get(int(number), "") if number.isdigit() else ""))
    return styles


def _strings(archive: Archive, part: str) -> Iterator[str]:
    """The texts that cells share."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    texts = _Texts(parser)
    for _ in archive.parse(part, parser) if part in archive else ():
        yield from texts.done
        texts.done.clear()
    yield from texts.done


class _Texts:
    """Texts while they are parsed; the readings that stand above some are left out."""

    def __init__(self, parser: "expat.XMLParserType") -> None:
        self.done: list[str] = []
        self._parser, self._buffer = parser, []  # type: tuple[expat.XMLParserType, list[str]]
        self._reading = False
        self._text, self._item, self._above = "t", "si", "rPh"
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end

    def _start(self, name: str, _: object) -> None:
        if name == self._text:
            self._parser.CharacterDataHandler = None if self._reading else self._buffer.append
        elif name == self._above:
            self._reading = True
        elif name.endswith(":sst"):
            self._text, self._item, self._above = (f"{name[:-3]}{kind}" for kind in ("t", "si", "rPh"))

    def _end(self, name: str) -> None:
        if name == self._text:
            self._parser.CharacterDataHandler = None
        elif name == self._item:
            self.done.append(unescaped("".join(self._buffer)))
            self._buffer.clear()
            self._reading = False


def unescaped(text: str) -> str:
    """A text of which some characters are written as their numbers: two of them may be the halves of one."""
    if "_x" not in text:
        return text
    text = _ESCAPED.sub(lambda code: chr(int(code[1], 16)), text)
    return text if encodable(text) else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class _Sheet:
    """One sheet while it is parsed. Cells whose spaces count are parsed by `_start_exact`, the others by `_start`."""

    def __init__(self, archive: Archive, part: str, strings: list[str], styles: list[str], epoch: int) -> None:
        self._archive, self._part, self._strings, self._epoch = archive, part, strings, epoch
        self._styles = {str(n): style for n, style in enumerate(styles) if style}
        self._rows: list[Row] = []
        self._row: list[Cell] = []
        self._at = self._column = -1  # positions of the row and of the cell before
        self._cell: dict[str, str] = {}  # the attributes of this one
        self._buffer: list[str] = []
        self._valued = self._formula = self._reading = False  # whether this cell has a value, a formula, a reading
        self._columns: dict[str, int] = {}  # positions by letters
        self._shown: dict[tuple[str, str], Cell] = {}
        self._extent = Extent(archive.limits)
        self._parser = expat.ParserCreate()
        self._prefixed = False
        self.grid = Grid(self.rows())

    def rows(self) -> Iterator[Row]:
        """The filled rows, as they are parsed."""
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._root
        for _ in self._archive.parse(self._part, self._parser):
            whole, self._rows = self._rows[:-1], self._rows[-1:]  # the last may go on
            yield from ((at, row) for at, row in whole if row)
        self._finish()
        yield from ((at, row) for at, row in self._rows if row)

    def _root(self, name: str, _: dict[str, str]) -> None:
        self._prefixed = local(name) != name
        self._exactly(self._prefixed)

    def _exactly(self, exact: bool) -> None:
        self._parser.StartElementHandler = self._start_exact if exact else self._start
        self._parser.EndElementHandler = self._end if exact else None
        self._parser.CharacterDataHandler = None if exact else self._buffer.append

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "v":
            self._buffer.clear()
            self._valued = True
        elif name == "c":
            if self._valued or self._formula:
                self._finish()
            self._cell = attributes
            position = self._columns.get(attributes.get("r", "").rstrip(_DIGITS))
            if position is None:
                self._place(attributes)
            else:
                self._column = position
            if attributes.get("t") in _EXACT:
                self._exactly(True)
        else:
            self._aside(name, attributes)

    def _start_exact(self, name: str, attributes: dict[str, str]) -> None:
        name = local(name)
        if name in ("v", "t") and not self._reading:
            if not self._valued:
                self._buffer.clear()
            self._valued = True
            self._parser.CharacterDataHandler = self._buffer.append
        elif name == "rPh":
            self._reading = True
        elif name == "c":
            self._finish()
            if not self._prefixed and attributes.get("t") not in _EXACT:
                self._exactly(False)
            self._cell = attributes
            self._place(attributes)
        else:
            self._aside(name, attributes)

    def _end(self, _: str) -> None:
        self._parser.CharacterDataHandler = None

    def _aside(self, name: str, attributes: dict[str, str]) -> None:
        """Everything but cells and their values."""
        if name == "f":
            self._formula = True
        elif name == "row":
            self._finish()
            self._begin_row(attributes)
        elif name == "col" and attributes.get("hidden") in TRUE:
            first, last = (attributes.get(key, "0") for key in ("min", "max"))
            if first.isdigit() and last.isdigit() and int(last) <= MAX_COLUMNS:
                self.grid.hidden_columns += range(int(first) - 1, int(last))
        elif name == "mergeCell" and (merge := cells_between(attributes.get("ref", ""))):
            self.grid.merged.append(merge)

    def _begin_row(self, attributes: dict[str, str]) -> None:
        number = attributes.get("r", "")
        at = int(number) - 1 if number.isdigit() and len(number) < 12 else self._at + 1
        if at <= self._at:
            raise out_of_order(at, self._at)
        self._extent.add(at, len(self._row))
        self._at, self._column, self._row = at, -1, []
        self._rows.append((at, self._row))
        if attributes.get("hidden") in TRUE:
            self.grid.hidden_rows.append(at)

    def _place(self, attributes: dict[str, str]) -> None:
        """Note in which column the cell is: the one after the cell before, where it does not say so."""
        letters = attributes.get("r", "").rstrip(_DIGITS)
        position = column_position(letters) if letters.isalpha() and letters.isascii() else MAX_COLUMNS
        if "r" not in attributes:
            position = self._column + 1
        elif position < MAX_COLUMNS:
            self._columns[letters] = position
        if position >= MAX_COLUMNS:
            raise damaged(message("a cell in column {column}, where no sheet has one", column=letters[:20]))
        self._column = position

    def _finish(self) -> None:
        """Put the cell that was parsed into its row."""
        if self._valued:
            buffer, cell = self._buffer, self._cell
            text = buffer[0] if len(buffer) == 1 else "".join(buffer)
            value = self._shared(text) if cell.get("t") == "s" else self._value(cell, text)
            row, column = self._row, self._column
            if column == len(row):
                row.append(value)
            elif value != "":
                row.extend([""] * (column + 1 - len(row)))
                row[column] = value
        elif self._formula:
            self.grid.uncounted.append(self._column)
        self._valued = self._formula = self._reading = False

    def _shared(self, text: str) -> str:
        try:
            return self._strings[int(text)]
        except (ValueError, IndexError):
            raise damaged(message("a cell of row {row:,} has no text", row=self._at + 1)) from None

    def _value(self, cell: dict[str, str], text: str) -> Cell:
        kind = cell.get("t", "n")
        if kind == "n":
            try:
                number = float(text)
            except ValueError:
                if self._formula and not text.strip():
                    self.grid.uncounted.append(self._column)
                return text.strip()
            style = cell.get("s", "")
            return self._as_shown(text, number, style) if style in self._styles else number
        if kind == "b":
            return "TRUE" if text.strip() in TRUE else "FALSE"
        if kind == "d":
            return text.strip().replace("T", " ").removesuffix(" 00:00:00")
        return text if kind == "e" else unescaped(text)

    def _as_shown(self, text: str, number: float, style: str) -> Cell:
        key = text, style
        if key not in self._shown:
            if len(self._shown) > 100_000:
                self._shown.clear()
            self._shown[key] = shown(number, self._styles[style], self._epoch)
        return self._shown[key]
