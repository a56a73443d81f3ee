"""Open documents: what each cell holds, and shows."""

import re
from collections.abc import Iterator
from functools import partial
from xml.etree.ElementTree import Element

from toolkit.plain import mark
from toolkit.sheets.archive import MAX_COLUMNS, MAX_ROWS, Archive, Extent, local, no_table, protected
from toolkit.sheets.formats import clock, is_code, percent
from toolkit.sheets.workbook import Cell, Grid, Row, Tab, never_calculated

PART, MANIFEST = "content.xml", "META-INF/manifest.xml"
_TIMES = r"T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9}(?:[.,]\d{1,9})?)S)?"
_DURATION = re.compile(rf"(-?)P(?:(\d{{1,6}})D)?(?:{_TIMES})?").fullmatch
_BLANKS = re.compile(r"[ \t\r\n]+")  # one or many, they stand for one space
_SPACES = {"s": "\x01", "tab": "\x02", "line-break": "\x03"}  # elements, and signs that no document has, for
_AS_WRITTEN = str.maketrans("\x01\x02\x03", " \t\n")
_ROW, _COLUMN, _CELLS = "table-row", "table-column", ("table-cell", "covered-table-cell")


def read(archive: Archive) -> list[Tab]:
    """The tabs of a document.

    Raises:
        InputError: it is damaged or protected, holds no sheet, or declares entities.
    """
    if any(kind == "encryption-data" for kind, _ in archive.elements(MANIFEST)):
        raise protected()
    tabs: list[Tab] = []
    hidden: set[str] = set()  # styles of sheets
    for kind, elements in archive.elements(PART, "style", _ROW):
        if kind == "style":
            hidden.update(
                _own(e).get("name", "") for e in elements for each in e if _own(each).get("display") == "false"
            )
        elif kind == "table":
            own = _own(elements[0])
            grid = partial(_grid, archive, len(tabs))
            tabs.append(Tab(own.get("name", ""), own.get("style-name", "") in hidden, grid))
    if not tabs:
        raise no_table(mark("a text document"))
    return tabs


def _grid(archive: Archive, position: int) -> Grid:
    grid = Grid(())
    grid.rows = _rows(archive, position, grid)
    return grid


def _rows(archive: Archive, position: int, grid: Grid) -> Iterator[Row]:
    """The filled rows of a sheet, as they are parsed."""
    extent = Extent(archive.limits)
    struck: set[str] = set()  # styles
    table, at, columns = -1, 0, 0
    for kind, elements in archive.elements(PART, "style", _ROW):
        table += kind == "table"
        struck.update(_own(e).get("name", "") for e in elements if kind == "style" and any(map(_is_struck, e)))
        if table > position:
            return
        for element in elements if table == position and kind in (_ROW, _COLUMN) else ():
            own = _own(element)
            times, hidden = (
                _number(own, f"number-{kind[6:]}s-repeated"),
                own.get("visibility") in ("collapse", "filter"),
            )
            if kind == _COLUMN:
                if hidden and columns + times <= MAX_COLUMNS:
                    grid.hidden_columns += range(columns, columns + times)
                columns += times
                continue
            if cells := _cells(element, at, grid, extent):
                extent.add(at + times - 1, 0)
                for n in range(at, at + times):
                    extent.add(n, len(cells))
                    yield n, cells
                if hidden:
                    grid.hidden_rows += range(at, at + times)
                if struck and any(_own(e).get("style-name") in struck for e in element.iter()):
                    grid.struck += range(at, at + times)
            at = min(at + times, MAX_ROWS + 1)


def _cells(row: Element, at: int, grid: Grid, extent: Extent) -> list[Cell]:
    """The cells of a row to the last that is filled, each as often as it repeats."""
    cells: list[Cell] = []
    column = 0
    for cell in row:
        if local(cell.tag) not in _CELLS:
            continue
        own = _own(cell)
        times = _number(own, "number-columns-repeated")
        if comment := "\n".join("".join(each.itertext()) for each in cell if local(each.tag) == "annotation"):
            grid.comments[at, column] = comment
        value = _value(own, "\n".join(_text(p) for p in cell if local(p.tag) == "p"))
        if value != "":
            extent.check(at, column + times)
            cells += [""] * (column - len(cells)) + [value] * times
            wide, high = _number(own, "number-columns-spanned"), _number(own, "number-rows-spanned")
            if (wide > 1 or high > 1) and wide <= MAX_COLUMNS and high <= MAX_ROWS:
                grid.merged.append((at, column, at + high - 1, column + wide - 1))
        column += times
    return cells


def _is_struck(properties: Element) -> bool:
    """Whether letters are struck out, or raised, by the properties of a style."""
    own = _own(properties)
    raised = own.get("text-position", "").startswith("super")
    return raised or own.get("text-line-through-style", "none") != "none"


def _text(paragraph: Element) -> str:
    for element in paragraph.iter() if len(paragraph) else ():
        own, name = _own(element), local(element.tag)
        if name in _SPACES:
            times = own.get("c", "1")
            element.text = _SPACES[name] * (int(times) if times.isdigit() and len(times) < 5 else 1)
        elif name == "annotation":
            after = element.tail
            element.clear()
            element.tail = after
    return _BLANKS.sub(" ", "".join(paragraph.itertext())).translate(_AS_WRITTEN)


def _value(own: dict[str, str], text: str) -> Cell:
    kind = own.get("value-type", "")
    if kind in ("float", "currency", "percentage"):
        try:
            number = float(own.get("value", ""))
        except ValueError:
            return text
        if is_code(text, number) or text.startswith(("#", "Err:")):
            return text
        return percent(number) if kind == "percentage" else number
    if kind == "date":
        return own.get("date-value", text).replace("T", " ").removesuffix(" 00:00:00")
    if kind == "time" and (parts := _DURATION(own.get("time-value", ""))):
        days, hours, minutes, seconds = (float((parts[n] or "0").replace(",", ".")) for n in (2, 3, 4, 5))
        return parts[1] + clock(days * 86_400 + hours * 3600 + minutes * 60 + seconds)
    if kind == "boolean":
        return "TRUE" if own.get("boolean-value") == "true" else "FALSE"
    if not kind and not text and "formula" in own:
        return never_calculated(own["formula"].partition(":=")[2])
    return text or own.get("string-value", "")


def _own(element: Element) -> dict[str, str]:
    """The attributes of an element, by name."""
    return {local(name): value for name, value in element.items()}


def _number(own: dict[str, str], name: str) -> int:
    """How often something repeats."""
    text = own.get(name, "1")
    return max(1, int(text)) if text.isdigit() and len(text) < 10 else 1
