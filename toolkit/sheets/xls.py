"""Workbooks of Excel 97 and before, by xlrd."""

import io
from collections.abc import Iterator
from functools import partial
from typing import Any

from toolkit.plain import mark
from toolkit.sheets.archive import no_table, protected
from toolkit.sheets.formats import shown, style_of
from toolkit.sheets.workbook import Cell, Grid, Row, Tab
from toolkit.sheets.xlsb import ERRORS

_RAISED = 1  # of letters
_TEXT, _NUMBER, _DATE, _BOOL, _ERROR = 1, 2, 3, 4, 5  # xlrd's kinds of cells
ENCRYPTED = ("EncryptedPackage".encode("utf-16-le"), "EncryptionInfo".encode("utf-16-le"))


def read(data: bytes) -> list[Tab]:
    """The tabs of a workbook.

    Raises:
        InputError: it is protected.
    """
    import xlrd

    if any(mark in data for mark in ENCRYPTED):
        raise protected()
    try:
        book = xlrd.open_workbook(
            file_contents=data, formatting_info=True, ragged_rows=True, on_demand=True, logfile=io.StringIO()
        )
    except xlrd.XLRDError as problem:
        if "encrypted" in str(problem).lower() or "password" in str(problem).lower():
            raise protected() from None
        if "find workbook" in str(problem).lower():
            raise no_table(mark("a document of another program")) from None
        raise
    styles = {key: style_of(form.format_str or "") for key, form in book.format_map.items()}

    def grid(position: int) -> Grid:
        sheet = book.sheet_by_index(position)
        grid = Grid(())
        grid.rows = _rows(book, sheet, styles, grid)
        grid.merged = [(top, left, bottom - 1, right - 1) for top, bottom, left, right in sheet.merged_cells]
        grid.comments = {place: note.text for place, note in sheet.cell_note_map.items()}
        grid.hidden_rows = [at for at, row in sheet.rowinfo_map.items() if row.hidden or row.height == 0]
        grid.hidden_columns = [at for at, column in sheet.colinfo_map.items() if column.hidden]
        return grid

    names = enumerate(book.sheet_names())
    return [Tab(name, bool(book._sheet_visibility[n]), partial(grid, n)) for n, name in names]


def _rows(book: Any, sheet: Any, styles: dict[int, str], grid: Grid) -> Iterator[Row]:
    """The filled rows. Only formulas that show nothing have empty texts."""
    fonts = {n for n, font in enumerate(book.font_list) if font.struck_out}
    raised = {n for n, font in enumerate(book.font_list) if font.struck_out or font.escapement == _RAISED}
    runs = {place for place, runs in sheet.rich_text_runlist_map.items() if any(font in raised for _, font in runs)}
    struck = {n for n, form in enumerate(book.xf_list) if form.font_index in fonts}

    def value(kind: int, held: Any, format_index: int) -> Cell:
        if kind in (_NUMBER, _DATE):
            style = book.xf_list[format_index].format_key if format_index < len(book.xf_list) else 0
            return shown(float(held), styles.get(style, ""), 1904 if book.datemode else 1900)
        if kind == _BOOL:
            return "TRUE" if held else "FALSE"
        if kind == _ERROR:
            return ERRORS.get(held, "#ERROR!")
        return str(held) if kind == _TEXT else ""

    for at in range(sheet.nrows):
        kinds, values = sheet.row_types(at), sheet.row_values(at)
        forms = [sheet.cell_xf_index(at, n) if k in (_NUMBER, _DATE) else 0 for n, k in enumerate(kinds)]
        cells = [value(*cell) for cell in zip(kinds, values, forms, strict=True)]
        grid.silent += [n for n, kind in enumerate(kinds) if kind == _TEXT and cells[n] == ""]
        if (struck or runs) and any(
            cell != "" and ((at, n) in runs or sheet.cell_xf_index(at, n) in struck) for n, cell in enumerate(cells)
        ):
            grid.struck.append(at)
        if any(cell != "" for cell in cells):
            yield at, cells
