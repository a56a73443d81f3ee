"""Workbooks of Excel since 2007, read by expat: what each cell holds, and shows."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from operator import itemgetter
from typing import Any
from xml.parsers import expat

from toolkit.errors import InputError
from toolkit.plain import message
from toolkit.sheets.archive import MAX_COLUMNS, Archive, Extent, damaged, local, out_of_order
from toolkit.sheets.cells import encodable
from toolkit.sheets.formats import BUILT_IN, shown, style_of
from toolkit.sheets.workbook import Cell, Grid, Row, Tab, cells_between, column_letters, column_position

_DIGITS = "0123456789"
_SIGN = "\x01"  # between the namespace and the name of an element
_OPEN, _CLOSE, _FORMULA = range(3)
Token = dict[str, str] | str | int
_PLACE = itemgetter("r")
TRUE = ("1", "true", "on")
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_PLAIN = ("s", "n")  # kinds of cells whose value may stand between spaces
_IN_CELLS = frozenset(
    {"is", "r", "rPr", "b", "i", "u", "sz", "color", "rFont", "family", "scheme", "charset", "vertAlign"}
)


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
    parser = expat.ParserCreate(namespace_separator=_SIGN)
    parser.buffer_text = True
    texts = _Texts(parser)
    for _ in archive.parse(part, parser) if part in archive else ():
        yield from texts.done()


class _Texts:
    """Texts while they are parsed; the readings that stand above some are left out.

    Tokens are None where a text begins, False where a reading does, texts, and the names of elements that end. These
    have a sign that no text can have.
    """

    def __init__(self, parser: "expat.XMLParserType") -> None:
        self._tokens: list[str | bool | None] = []
        self._parser, self._text, self._item, self._above = parser, "", "", ""
        parser.StartElementHandler = self._root

    def _root(self, name: str, _: object) -> None:
        space, sign, _ = name.rpartition(_SIGN)
        text, item, above = (space + _SIGN + kind for kind in ("t", "si", "rPh"))
        add = self._parser.CharacterDataHandler = self._tokens.append

        def start(name: str, _: object) -> None:
            if name == text:
                add(None)
            elif name == above:
                add(False)

        self._text, self._item, self._above = text, item, above
        self._parser.StartElementHandler = start if sign else lambda name, _: start(_SIGN + name, _)
        self._parser.EndElementHandler = add if sign else lambda name: add(_SIGN + name)

    def done(self) -> list[str]:
        """The texts that are whole."""
        tokens = self._tokens
        if self._item not in tokens:
            return []
        first = tokens.index(self._item) + 1  # this one may have been cut by the end of a piece
        stop = first + (len(tokens) - first) // 4 * 4
        parts = [tokens[first + n : stop : 4] for n in range(4)]
        if all(parts[n].count(sign) == len(parts[n]) for n, sign in ((0, None), (2, self._text), (3, self._item))):
            texts: list[Any] = [*self._items(tokens[:first]), *parts[1]]
        else:
            stop = len(tokens) - tokens[::-1].index(self._item)
            texts = [*self._items(tokens[:stop])]
        del tokens[:stop]
        return [unescaped(text) if "_x" in text else text for text in texts]

    def _items(self, tokens: Iterable[str | bool | None]) -> Iterator[str]:
        """The texts of items in any form."""
        parts: list[str] = []
        inside = reading = False
        for token in tokens:
            if token is None:
                inside = not reading
            elif token is False:
                reading = True
            elif token == self._text:
                inside = False
            elif token == self._above:
                reading = False
            elif token == self._item:
                yield "".join(parts)
                parts.clear()
            elif inside:
                parts.append(str(token))


def unescaped(text: str) -> str:
    """A text of which some characters are written as their numbers: two of them may be the halves of one."""
    if "_x" not in text:
        return text
    text = _ESCAPED.sub(lambda code: chr(int(code[1], 16)), text)
    return text if encodable(text) else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _cells(tokens: Sequence[Token]) -> Iterator[tuple[dict[str, str], str | None, bool]]:
    """The cells in any form: their attributes, their texts, and whether they have a formula."""
    starts = [n for n, token in enumerate(tokens) if isinstance(token, dict)]
    for start, stop in pairwise([*starts, len(tokens)]):
        cell, texts = tokens[start], tokens[start + 1 : stop]
        assert isinstance(cell, dict)
        inside = plain = cell.get("t", "n") in _PLAIN and _FORMULA not in texts
        parts: list[str] = []
        valued = plain and any(isinstance(t, str) and not t.isspace() for t in texts)
        for token in texts:
            if token == _OPEN:
                inside = valued = True
            elif token == _CLOSE:
                inside = False
            elif inside and isinstance(token, str):
                parts.append(token)
        yield cell, "".join(parts) if valued else None, _FORMULA in texts


class _Sheet:
    """One sheet while it is parsed.

    Tokens are the attributes of a cell, the texts that follow them, `_FORMULA`, and `_OPEN` and `_CLOSE` around those
    texts that are values, but where a cell is the plain number of its text.
    """

    def __init__(self, archive: Archive, part: str, strings: list[str], styles: list[str], epoch: int) -> None:
        import msgspec

        self._archive, self._part, self._strings, self._epoch = archive, part, strings, epoch
        self._styles = {str(n): style for n, style in enumerate(styles) if style}
        self._rows: list[Row] = []
        self._row: list[Cell] = []
        self._tokens: list[Token] = []
        self._at = self._column = -1  # positions of the row and of the cell before
        self._reading = False  # whether a reading above a text is open
        self._columns: dict[str, int] = {}  # positions by letters
        self._number, self._letters = "", []  # type: tuple[str, list[str]]  # of a row as the one before, without gaps
        self._shown: dict[tuple[str, str], Cell] = {}
        self._extent = Extent(archive.limits)
        self._parser = expat.ParserCreate()
        self._decode = msgspec.json.Decoder(list[int | float]).decode
        self.grid = Grid(self.rows())

    def rows(self) -> Iterator[Row]:
        """The filled rows, as they are parsed."""
        self._parser.buffer_text = True
        self._parser.StartElementHandler, self._parser.CharacterDataHandler = self._root, self._tokens.append
        for _ in self._archive.parse(self._part, self._parser):
            cut = next((n for n in range(len(self._tokens) - 1, -1, -1) if type(self._tokens[n]) is dict), 0)
            self._finish(cut)
            whole, self._rows = self._rows[:-1], self._rows[-1:]  # the last may go on
            yield from ((at, row) for at, row in whole if row)
        self._finish(len(self._tokens))
        yield from ((at, row) for at, row in self._rows if row)

    def _root(self, name: str, _: dict[str, str]) -> None:
        prefix, add = name.removesuffix(local(name)), self._tokens.append
        cell, value, row = (prefix + kind for kind in ("c", "v", "row"))

        def start(name: str, attributes: dict[str, str]) -> None:
            if name == cell:
                add(attributes)
                if "t" in attributes and attributes["t"] not in _PLAIN:
                    self._mark(True)
            elif name == row:
                self._begin_row(attributes)
            elif name != value:
                self._aside(local(name), attributes)

        def start_marked(name: str, attributes: dict[str, str]) -> None:
            if name == value:
                add(_OPEN)
            else:
                if name == cell:
                    self._mark(False)
                start(name, attributes)

        self._starts = start, start_marked
        self._mark(False)

    def _mark(self, marked: bool) -> None:
        """Mark values from here on, or no more."""
        self._parser.StartElementHandler = self._starts[marked]
        self._parser.EndElementHandler = self._end if marked else None

    def _end(self, name: str) -> None:
        self._tokens.append(_CLOSE)
        if local(name) == "rPh":
            self._reading = False

    def _aside(self, name: str, attributes: dict[str, str]) -> None:
        """Everything but rows, cells and their values."""
        if name == "f":
            self._tokens.append(_FORMULA)
            self._mark(True)
        elif name == "t":
            self._tokens.append(_CLOSE if self._reading else _OPEN)
        elif name == "rPh":
            self._reading = True
        elif name not in _IN_CELLS:
            self._finish(len(self._tokens))
            self._beyond_rows(name, attributes)

    def _beyond_rows(self, name: str, attributes: dict[str, str]) -> None:
        if name == "col" and attributes.get("hidden") in TRUE:
            first, last = (attributes.get(key, "0") for key in ("min", "max"))
            if first.isdigit() and last.isdigit() and int(last) <= MAX_COLUMNS:
                self.grid.hidden_columns += range(int(first) - 1, int(last))
        elif name == "mergeCell" and (merge := cells_between(attributes.get("ref", ""))):
            self.grid.merged.append(merge)

    def _begin_row(self, attributes: dict[str, str]) -> None:
        self._finish(len(self._tokens))
        number = attributes.get("r", "")
        at = int(number) - 1 if number.isdigit() and len(number) < 12 else self._at + 1
        if at <= self._at:
            raise out_of_order(at, self._at)
        self._extent.add(at, len(self._row))
        self._at, self._column, self._row, self._number = at, -1, [], number
        self._rows.append((at, self._row))
        if "hidden" in attributes and attributes["hidden"] in TRUE:
            self.grid.hidden_rows.append(at)

    def _finish(self, stop: int) -> None:
        """Put the cells of the first tokens into their row."""
        tokens, row = self._tokens[:stop], self._row
        del self._tokens[:stop]
        if tokens and not row and (usual := self._usual(tokens[::2], tokens[1::2])):
            row += usual
            self._column = len(row) - 1
            return
        for cell, text, formula in _cells(tokens):
            self._put(cell, text, formula)
        self._letters = [column_letters(n) for n in range(len(row))]

    def _usual(self, cells: Sequence[Any], texts: Sequence[Any]) -> list[Cell]:
        """The cells of a row like the one before, where each has a text that is a number; else nothing.

        Numbers are read as those of JSON, which is quicker than one by one.
        """
        number, strings, value = self._number, self._strings, self._value
        try:
            if "".join(map(_PLACE, cells)) != number.join(self._letters) + number or len(cells) != len(self._letters):
                return []
            numbers = self._decode("[" + ",".join(texts) + "]")
            return [
                strings[n] if cell.get("t") == "s" else value(cell, text, False)  # type: ignore[index]
                for cell, text, n in zip(cells, texts, numbers, strict=True)
            ]
        except (KeyError, TypeError, ValueError, IndexError):
            return []

    def _put(self, cell: dict[str, str], text: str | None, formula: bool) -> None:
        row = self._row
        self._column = column = self._place(cell)
        value = self._value(cell, text, formula)
        if value != "":
            row.extend([""] * (column + 1 - len(row)))
            row[column] = value

    def _place(self, attributes: dict[str, str]) -> int:
        """In which column the cell is: the one after the cell before, where it does not say so."""
        letters = attributes.get("r", "").rstrip(_DIGITS)
        if (known := self._columns.get(letters)) is not None:
            return known
        position = column_position(letters) if letters.isalpha() and letters.isascii() else MAX_COLUMNS
        if "r" not in attributes:
            position = self._column + 1
        elif position < MAX_COLUMNS:
            self._columns[letters] = position
        if position >= MAX_COLUMNS:
            raise damaged(message("a cell in column {column}, where no sheet has one", column=letters[:20]))
        return position

    def _value(self, cell: dict[str, str], text: str | None, formula: bool) -> Cell:
        kind = cell.get("t", "n")
        if kind == "s" and text:
            try:
                return self._strings[int(text)]
            except (ValueError, IndexError):
                raise damaged(message("a cell of row {row:,} has no text", row=self._at + 1)) from None
        if text is None or (kind == "n" and not text.strip()):
            if formula:
                self.grid.uncounted.setdefault(self._column, []).append(self._at)
            return ""
        if kind == "n":
            try:
                number = float(text)
            except ValueError:
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
