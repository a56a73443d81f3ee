"""A spreadsheet as a DataFrame of texts: what is there, and nothing else."""

import re
from collections.abc import Mapping, Sequence
from itertools import chain, islice, takewhile
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from toolkit.errors import InputError
from toolkit.plain import message, plural
from toolkit.sheets import delimited, html_table, ods, xls, xlsb, xlsx
from toolkit.sheets import header as headers
from toolkit.sheets.archive import MAX_BYTES, Archive
from toolkit.sheets.cells import folded
from toolkit.sheets.evidence import numbers_in
from toolkit.sheets.files import expanded
from toolkit.sheets.not_data import says_no
from toolkit.sheets.result_format import outcome_at, restored
from toolkit.sheets.sheet_frame import framed
from toolkit.sheets.workbook import Grid, Merge, Tab, cells_between

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLD = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00", b"\x09\x08")  # xls before it was a compound
_LOCK = re.compile(r"~\$(.+)|\.~lock\.(.+)#").fullmatch  # of Excel, and of LibreOffice
_LOOKED_AT = 10  # sheets with content
_MOST = 2**31 - 1  # bytes of an open file; some kinds of them take no larger number


def read_sheet(
    source: Any,
    *,
    sheet: str | int | None = None,
    header: int | str | None = None,
    encoding: str | None = None,
    separator: str | None = None,
    limits: int = 1,
) -> pd.DataFrame:
    """The table in a spreadsheet, one row for each filled row, every column as text exactly as the cells hold it.

    Nothing is guessed: leading zeros, long digit strings and "NA" stay. Dates are written as 2024-03-31, times as
    14:05:00. Formulas give their stored values. The index, `row`, is the number that the spreadsheet shows beside the
    row. `attrs` says `source`, `sheet` and `sheets` (all there are), `header` (its row, or 0), `notes` (sentences: what
    was left out, hidden, damaged or decided, and how to decide otherwise), `numeric` (columns whose cells are all
    numbers), `numbers` (of the other columns, the texts that were numbers in their cells, a line each), `texts`
    (those of columns of numbers, days and the like, so that a part of the rows is read as all of them) and `questions`
    (rows to look at, by reason; in `asked`, what is in them). It stays known where sheets are put together.
    A million rows of ten cells take 1.7 GB.

    Args:
        source: a path, bytes, an open file, or an upload of a notebook; xlsx, xls, xlsb, ods, csv, tsv, or a web page
            with a table, whatever its name says.
        sheet: its name, or its number from 1; without one, the first that holds anything and is more than a cover.
        header: the row that names the columns, as the spreadsheet numbers it, or its cells, as "E1:G1", of one of the
            tables that stand side by side; 0 where none does; without it, the first row that names what is below it.
        encoding: of a text file, where it is not UTF-8 and its letters do not tell.
        separator: of a text file, one character; without one, comma, semicolon, tab or bar.
        limits: how many times the usual limits on unpacked size are allowed.

    Raises:
        InputError: there is no such file or sheet, or it is damaged, protected, empty, no table, or too large.
    """
    names = _header(header)
    if isinstance(limits, bool) or not isinstance(limits, int) or limits < 1:
        raise InputError(message("`limits` is a whole number from 1: {value!r} is none", value=limits))
    name, data = _content(source)
    try:
        title, sheets, grid = _opened(data, sheet, limits, encoding, separator)
        frame = framed(grid, names, delimited=not title)
    except InputError:
        raise
    except Exception as problem:  # noqa: BLE001 (whatever the reader of a foreign file stumbles over is said in words)
        raise InputError(
            message("the file is damaged, and cannot be read ({why})", why=type(problem).__name__)
        ) from None
    if not title:
        frame = restored(frame)
        frame.attrs["numbers"] = numbers_in(frame)
    frame.attrs |= {"source": name, "sheet": title, "sheets": sheets, "notes": grid.notes}
    return frame


def _header(header: Any) -> int | Merge | None:
    """The row of the header, or the corners of its cells."""
    if isinstance(header, str) and (corners := cells_between(header)) and corners[0] == corners[2]:
        return corners
    if header is not None and (isinstance(header, bool) or not isinstance(header, int) or header < 0):
        text = "`header` is the number of a row, 0 where none names the columns, or cells as 'A1:C1', not {value!r}"
        raise InputError(message(text, value=header))
    return header


def _content(source: Any) -> tuple[str, bytes]:
    """The name and the bytes of a source."""
    if isinstance(source, list | tuple):
        if len(source) != 1:
            raise InputError(message("one upload is read at a time; there are {count:,}", count=len(source)))
        source = source[0]
    if isinstance(source, Mapping):
        if not isinstance(content := source.get("content"), bytes | bytearray | memoryview):
            raise InputError(message("the upload has no content: choose the file again"))
        return str(source.get("name", "upload")), bytes(content)
    if isinstance(source, bytes | bytearray | memoryview):
        return "", bytes(source)
    if callable(getattr(source, "read", None)):
        try:
            content = source.read(_MOST)
        except (OSError, ValueError, TypeError) as problem:  # it is closed, or no file
            raise InputError(message("the open file cannot be read: {why}", why=problem)) from None
        return Path(str(getattr(source, "name", ""))).name, content.encode() if isinstance(content, str) else content
    if isinstance(source, pd.DataFrame) or not isinstance(source, str | Path):
        text = "a sheet is read from a path, bytes, an open file or an upload, not from a {kind}"
        raise InputError(message(text, kind=type(source).__name__))
    return _file(str(source).strip().strip("\"'“”"))


def _file(name: str) -> tuple[str, bytes]:
    if name.lower().startswith(("http://", "https://")):
        raise InputError(message("{name} is an address: save the file, and read that", name=name))
    if not name:
        raise InputError(message("there is no path"))
    path = Path(name)
    if lock := _LOCK(path.name):
        text = "{name} is what a program leaves while {file!r} is open: read that file"
        raise InputError(message(text, name=path.name, file=lock[1] or lock[2]))
    try:
        path = expanded(path)
        if path.exists() and not path.is_file() and not path.is_dir():
            raise InputError(message("{path} is no file", path=path))
        if path.stat().st_size > MAX_BYTES:
            raise InputError(message("{name} is larger than {most:,} bytes", name=path.name, most=MAX_BYTES))
        return path.name, path.read_bytes()
    except InputError:
        raise
    except OSError as problem:
        raise InputError(message("{path} cannot be read: {why}", path=path, why=problem.strerror)) from None
    except ValueError as problem:
        raise InputError(message("{path!r} is no path: {why}", path=name, why=problem)) from None


def _opened(
    data: bytes, wanted: str | int | None, limits: int, encoding: str | None, separator: str | None
) -> tuple[str, list[str], Grid]:
    """The title of the sheet, "" for a text file; those of all sheets; and its cells."""
    if data[:2] == b"PK":
        archive = Archive(data, limits)
        kind = ods if ods.MANIFEST in archive or ods.PART in archive else xlsb if "xl/workbook.bin" in archive else xlsx
        return _sheet(kind.read(archive), wanted)
    if data[:8] == _OLE or data.startswith(_OLD):
        return _sheet(xls.read(data), wanted)
    text, notes = delimited.text_of(data, encoding)
    if delimited.is_page(text):
        title, sheets, grid = _sheet(html_table.read(text, limits), wanted)
        grid.notes += [*notes, message("the file is a web page, of which a table was read as it is shown")]
        return title, sheets, grid
    if wanted not in (None, 1):
        raise InputError(message("there is no sheet {wanted!r}: the file is a text, which has none", wanted=wanted))
    return "", [], delimited.read(text, separator, notes)


class _Peek(NamedTuple):
    """A sheet of which the first rows were read."""

    tab: Tab
    grid: Grid
    likeness: int  # how much it looks like a table
    header: list[str]


def _sheet(tabs: Sequence[Tab], wanted: str | int | None) -> tuple[str, list[str], Grid]:
    names = [tab.name for tab in tabs]
    read = _first_table(tabs) if wanted is None else _peeked(tabs[_chosen(names, wanted)])
    if read is None:
        raise InputError(message("sheet {name!r} holds nothing", name=names[_chosen(names, wanted or 1)]))
    read.grid.title = read.tab.name if wanted is None else ""
    others = [tab for tab in tabs if tab is not read.tab]
    if others:
        listed = (message("{name!r} (hidden)", name=tab.name) if tab.hidden else repr(tab.name) for tab in others)
        text = "other sheets, not read: {names}; `sheet=` reads another"
        read.grid.notes.append(message(text, names=", ".join(listed)))
    if read.tab.hidden:
        read.grid.notes.append(message("the sheet {name!r} is hidden", name=read.tab.name))
    return read.tab.name or "Sheet", names, read.grid


def _first_table(tabs: Sequence[Tab]) -> _Peek:
    """The first sheet with content that is no mere cover. Where others may be meant as well, its rows are asked."""
    peeks = map(_peeked, sorted(tabs, key=lambda tab: tab.hidden))
    filled = [*islice(filter(None, peeks), _LOOKED_AT)]
    if not filled:
        raise InputError(message("the workbook holds nothing"))
    best = max(filled, key=lambda sheet: sheet.likeness)
    read = best if filled[0].likeness == headers.NO_TABLE and not best.tab.hidden else filled[0]
    likeness, notes = read.likeness, read.grid.notes
    for passed in takewhile(lambda sheet: sheet is not read, filled):
        one = "{name!r} comes first and is passed over: its {count} row is not read; `sheet={name!r}` reads it"
        many = "{name!r} comes first and is passed over: its {count} rows are not read; `sheet={name!r}` reads it"
        notes.append(plural(one, many, count=sum(1 for _ in passed.grid.rows), name=passed.tab.name))
    alike = (s for s in filled if s is not read and s.likeness >= likeness)
    rivals = [s for s in alike if s.likeness > likeness or (likeness > headers.TABLE and not s.tab.hidden)]
    read.grid.rivals = {sheet.tab.name: sheet.header for sheet in rivals}
    if rivals:
        text = "{read!r} was read, and the table may be {names} as well: `sheet=` says which is to be read"
        notes.append(message(text, names=", ".join(map(repr, read.grid.rivals)), read=read.tab.name))
    return read


def _peeked(tab: Tab) -> _Peek | None:
    """A sheet, unless it is blank."""
    grid = tab.grid()
    rows = iter(grid.rows)
    head = list(islice(rows, headers.WINDOW))
    if not head:
        return None
    grid.rows = chain(head, rows)
    likeness, own = headers.likeness(head, grid.merged)
    if outcome_at(head[0][1]) is not None:  # a result, be it without rows
        likeness = headers.OF_FIELDS
    elif says_no(tab.name) or headers.is_example(tab.name):
        likeness = headers.NO_TABLE
    return _Peek(tab, grid, likeness, own)


def _chosen(names: Sequence[str], wanted: str | int) -> int:
    if isinstance(wanted, int) and not isinstance(wanted, bool):
        if 1 <= wanted <= len(names):
            return wanted - 1
    elif isinstance(wanted, str):
        alike = [n for n in names if n == wanted] or [n for n in names if folded(n) == folded(wanted)]
        if len(alike) == 1:
            return names.index(alike[0])
    known = ", ".join(map(repr, names)) or "–"
    raise InputError(message("there is no sheet {wanted!r}; there are {known}", wanted=wanted, known=known))
