"""Workbooks of Excel since 2007: what each cell holds, and shows."""

import re
from collections.abc import Iterator
from functools import cache, lru_cache, partial
from itertools import repeat
from operator import itemgetter
from xml.etree.ElementTree import Element

from toolkit.errors import InputError
from toolkit.plain import line, mark, message
from toolkit.sheets.archive import MAX_COLUMNS, Archive, Extent, damaged, local, no_table, out_of_order
from toolkit.sheets.cells import encodable
from toolkit.sheets.formats import BUILT_IN, shown, style_of
from toolkit.sheets.workbook import Cell, Grid, Row, Shared, Tab, cells_between, column_position, never_calculated

_DIGITS = "0123456789"
TRUE = ("1", "true", "on")
_KEPT = 100_000  # numbers, as they are shown
_CELLS = itemgetter(1)  # of a row
_DOCUMENTS = {  # by how parts begin
    "word/": mark("a text document"),
    "ppt/": mark("a presentation"),
    "visio/": mark("a drawing"),
    "Index/": mark("a document of Numbers, Pages or Keynote"),
}
_SHOWN, _LONGEST = 20, 200  # names; characters of them
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")


def read(archive: Archive) -> list[Tab]:
    """The tabs of a workbook.

    Raises:
        InputError: a part of it is damaged, or declares entities.
    """
    main = _main(archive)
    folder = main.rpartition("/")[0]
    links = relations(archive, f"{folder}/_rels/{main.rpartition('/')[2]}.rels", folder)
    sheets, epoch = [], 1900
    for kind, (element, *_) in archive.elements(main):
        if kind == "sheet":
            link = next((value for key, value in element.items() if local(key) == "id"), "")
            if "worksheets" in (path := links.get(link, "")) or path.rpartition("/")[2].startswith("sheet"):
                sheets.append((element.get("name", ""), element.get("state", "visible") != "visible", path))
        elif kind == "workbookPr" and element.get("date1904") in TRUE:
            epoch = 1904

    @cache
    def shared() -> Shared:
        raised: set[str] = set()
        strings = [*_strings(archive, f"{folder}/sharedStrings.xml", raised)]
        return Shared(strings, raised, *_styles(archive, f"{folder}/styles.xml"), epoch)

    def grid(part: str) -> Grid:
        return _Sheet(archive, part, shared()).grid

    return [Tab(name, hidden, partial(grid, part)) for name, hidden, part in sheets]


def _main(archive: Archive) -> str:
    """The part that lists the sheets."""
    for target in relations(archive, "_rels/.rels", "").values():
        if target.endswith(("workbook.xml", "workbook2.xml")) and target in archive:
            return target
    if "xl/workbook.xml" in archive:
        return "xl/workbook.xml"
    for start, what in _DOCUMENTS.items():
        if any(name.startswith(start) for name in archive.names):
            raise no_table(what)
    names = line(", ".join(archive.names[:_SHOWN]), _LONGEST) or "–"
    raise InputError(
        message("the file is an archive, and no workbook: unpack it, and read a file of it: {names}", names=names)
    )


def relations(archive: Archive, part: str, folder: str) -> dict[str, str]:
    """The parts that another part names, by the name that it has for each."""
    links = {}
    for kind, (element, *_) in archive.elements(part):
        if kind == "Relationship":
            target = element.get("Target", "")
            whole = target if target.startswith("/") else f"{folder}/{target}"
            links[element.get("Id", "")] = re.sub(r"[^/]+/\.\./", "", whole).lstrip("/")
    return links


def comments_of(archive: Archive, part: str) -> str:
    """The part with the comments of a sheet; "" where there is none."""
    folder, _, name = part.rpartition("/")
    others = relations(archive, f"{folder}/_rels/{name}.rels", folder).values()
    return next((other for other in others if other.rpartition("/")[2].lower().startswith("comment")), "")


def _comments(archive: Archive, part: str) -> Iterator[tuple[tuple[int, int], str]]:
    for kind, elements in archive.elements(part, "comment"):
        for comment in elements if kind == "comment" else ():
            if place := cells_between(f"{(ref := comment.get('ref', ''))}:{ref}"):
                yield place[:2], "".join(text.text or "" for text in comment.iter(_sibling(comment, "t")))


def _styles(archive: Archive, part: str) -> tuple[list[str], set[str]]:
    """What each style of cells makes of a number, and which strike out."""
    codes: dict[str, str] = {}
    styles: list[str] = []
    fonts: list[bool] = []
    struck: set[str] = set()
    for kind, (element, *_) in archive.elements(part, "fonts", "cellXfs"):
        if kind == "numFmt":
            codes[element.get("numFmtId", "0")] = style_of(element.get("formatCode", ""))
        elif kind == "fonts":
            fonts = [any(_is_crossed(each) for each in font) for font in element]
        elif kind == "cellXfs":
            numbers = [form.get("numFmtId", "0") for form in element]
            styles += [codes.get(n, BUILT_IN.get(int(n), "") if n.isdigit() else "") for n in numbers]
            of_font = {str(n): struck for n, struck in enumerate(fonts)}
            struck = {str(n) for n, form in enumerate(element) if of_font.get(form.get("fontId", ""))}
    return styles, struck


def _is_crossed(element: Element) -> bool:
    return local(element.tag) == "strike" and element.get("val", "1") in TRUE


def _is_raised(item: Element) -> bool:
    """Whether some letters of a text are struck out, or raised."""
    return any(_is_crossed(e) or (local(e.tag) == "vertAlign" and e.get("val") == "superscript") for e in item.iter())


def _strings(archive: Archive, part: str, raised: set[str]) -> Iterator[str]:
    """The texts that cells share; `raised` gets the numbers of those with letters that are struck out, or raised."""
    count = 0
    for kind, items in archive.elements(part, "si"):
        if kind == "si":
            name = _sibling(items[0], "t")
            plain = [item.findtext(name) if len(item) == 1 else None for item in items]
            raised.update(str(n) for n, item in enumerate(items, count) if len(item) > 1 and _is_raised(item))
            count += len(items)
            yield from (
                _text(item) if text is None else unescaped(text) if "_x" in text else text
                for text, item in zip(plain, items, strict=True)
            )


def _sibling(element: Element, name: str) -> str:
    """A name in the namespace of an element."""
    return element.tag.removesuffix(local(element.tag)) + name


def _text(item: Element) -> str:
    """A text in several fonts, without the readings that stand above it."""
    name = _sibling(item, "t")
    runs = (run.findtext(name, "") for run in item.iter(_sibling(item, "r")))
    return unescaped(item.findtext(name, "") + "".join(runs))


def unescaped(text: str) -> str:
    """A text of which some characters are written as their numbers: two of them may be the halves of one."""
    if "_x" not in text:
        return text
    text = _ESCAPED.sub(lambda code: chr(int(code[1], 16)), text)
    return text if encodable(text) else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class _Sheet:
    """One sheet while it is parsed."""

    def __init__(self, archive: Archive, part: str, shared: Shared) -> None:
        self._archive, self._part, self._strings = archive, part, shared.strings
        self._styles = {str(n): style for n, style in enumerate(shared.styles) if style}
        self._marks = (shared.struck, shared.raised)
        self._at = -1  # position of the row
        self._letters: list[str] = []  # of the columns of the row before,
        self._columns: list[int] = []  # and their positions
        self._gaps = False  # whether those are others than 0, 1, 2 …
        self._position = lru_cache(MAX_COLUMNS)(_position)
        self._shown = lru_cache(_KEPT)(lambda text, style: shown(float(text), self._styles[style], shared.epoch))
        self._extent = Extent(archive.limits)
        self.grid = Grid(self.rows())

    def rows(self) -> Iterator[Row]:
        """The filled rows, as they are parsed."""
        for kind, elements in self._archive.elements(self._part, "row"):
            if kind == "row":
                yield from filter(_CELLS, map(self._row, elements, repeat(_sibling(elements[0], "v"))))
            elif kind == "col" and (elements[0].get("hidden") in TRUE or elements[0].get("width") == "0"):
                first, last = (elements[0].get(key, "0") for key in ("min", "max"))
                if first.isdigit() and last.isdigit() and int(last) <= MAX_COLUMNS:
                    self.grid.hidden_columns += range(int(first) - 1, int(last))
            elif kind == "mergeCell" and (merge := cells_between(elements[0].get("ref", ""))):
                self.grid.merged.append(merge)
        self.grid.comments.update(_comments(self._archive, comments_of(self._archive, self._part)))

    def _row(self, row: Element, name: str) -> Row:
        number = row.get("r", "")
        at = int(number) - 1 if number.isdigit() and len(number) < 12 else self._at + 1
        if at <= self._at:
            raise out_of_order(at, self._at)
        self._at = at
        columns = self._places(row, number)
        strings, value = self._strings, self._value
        try:
            cells = [
                strings[int(text)] if (text := cell.findtext(name)) and cell.get("t") == "s" else value(cell, text)
                for cell in row
            ]
        except (ValueError, IndexError):
            raise damaged(message("a cell of row {row:,} has no text", row=at + 1)) from None
        if any(self._marks) and any(
            value != "" and self._is_struck(cell, name) for cell, value in zip(row, cells, strict=True)
        ):
            self.grid.struck.append(at)
        if self._gaps:
            filled = {column: value for column, value in zip(columns, cells, strict=True) if value != ""}
            cells = [filled.get(column, "") for column in range(max(filled, default=-1) + 1)]
        while cells and cells[-1] == "":
            cells.pop()
        self._extent.add(at, len(cells))
        if row.get("hidden") in TRUE or row.get("ht") == "0":
            self.grid.hidden_rows.append(at)
        return at, cells

    def _is_struck(self, cell: Element, name: str) -> bool:
        """Whether letters of a cell are struck out, or raised."""
        struck, raised = self._marks
        return cell.get("s") in struck or (cell.get("t") == "s" and cell.findtext(name) in raised)

    def _places(self, row: Element, number: str) -> list[int]:
        """The columns of the cells of a row: those of the row before, where it has the same ones."""
        places = [cell.get("r", "") for cell in row]
        same = number and len(places) == len(self._letters)
        if not same or "".join(places) != number.join(self._letters) + number:
            self._letters, self._columns, column = [place.rstrip(_DIGITS) for place in places], [], -1
            for place, letters in zip(places, self._letters, strict=True):
                column = self._position(letters) if place else column + 1
                self._columns.append(column)
            self._gaps = self._columns != [*range(len(places))]
        return self._columns

    def _value(self, cell: Element, text: str | None) -> Cell:
        kind = cell.get("t", "n")
        if text is None and (inner := cell.find(_sibling(cell, "is"))) is not None:
            if len(inner) > 1 and _is_raised(inner):
                self.grid.struck.append(self._at)
            return _text(inner)
        if text is None or (kind == "n" and not text.strip()):
            return never_calculated(cell.findtext(_sibling(cell, "f")))
        if kind == "n":
            style = cell.get("s", "")
            try:
                return self._shown(text, style) if style in self._styles else float(text)
            except ValueError:
                return text.strip()
        if kind == "b":
            return "TRUE" if text.strip() in TRUE else "FALSE"
        if kind == "d":
            return text.strip().replace("T", " ").removesuffix(" 00:00:00")
        return text if kind == "e" else unescaped(text)


def _position(letters: str) -> int:
    position = column_position(letters) if letters.isalpha() and letters.isascii() else MAX_COLUMNS
    if position >= MAX_COLUMNS:
        raise damaged(message("a cell in column {column}, where no sheet has one", column=letters[:20]))
    return position
