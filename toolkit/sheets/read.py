"""A spreadsheet as a DataFrame of texts: what is there, and nothing else."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from toolkit.errors import InputError
from toolkit.sheets import delimited, ods, xls, xlsb, xlsx
from toolkit.sheets import header as headers
from toolkit.sheets.archive import MAX_BYTES, Archive
from toolkit.sheets.cells import SHORTENED, folded, shown
from toolkit.sheets.result_format import restored
from toolkit.sheets.workbook import Cell, Grid, Row, Tab, Workbook

_BLOCK = 500  # rows: few at a time stay in the processor's cache
_DIGITS = "{:.15g}".format  # as many as a spreadsheet keeps; longer numbers come out as 1.23e+16
_SPANS = 20  # places that a note names
LONGER = "has more cells than the header: a separator may stand inside of one"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLD = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00", b"\x09\x08")  # xls before it was a compound


def read_sheet(
    source: Any,
    *,
    sheet: str | int | None = None,
    header: int | None = None,
    encoding: str | None = None,
    separator: str | None = None,
    limits: int = 1,
) -> pd.DataFrame:
    """The table in a spreadsheet, one row for each filled row, every column as text exactly as the cells hold it.

    Nothing is guessed: leading zeros, long digit strings and "NA" stay. Dates are written as 2024-03-31, times as
    14:05:00. Formulas give their stored values. The index, `row`, is the number that the spreadsheet shows beside the
    row. `attrs` says `source`, `sheet` and `sheets` (all there are), `header` (its row, or 0), `notes` (sentences: what
    was left out, hidden, damaged or decided, and how to decide otherwise), `numeric` (columns whose cells are all
    numbers), `numbers` (of the other columns, the texts that were numbers in their cells) and `questions` (rows to look
    at, by reason). A million rows of ten cells take 1.7 GB.

    Args:
        source: a path, bytes, an open file, or an upload of a notebook; xlsx, xls, xlsb, ods, csv or tsv, whatever its
            name says.
        sheet: its name, or its number from 1; without one the first that holds anything.
        header: the row that names the columns, as the spreadsheet numbers it; 0 where none does; without one it is
            the first row that names what the rows below it hold.
        encoding: of a text file, where it is not UTF-8 and its letters do not tell.
        separator: of a text file, one character; without one, comma, semicolon, tab or bar.
        limits: how many times the usual limits on unpacked size are allowed.

    Raises:
        InputError: there is no such file or sheet, or it is damaged, protected, empty, no table, or too large.
    """
    if header is not None and (isinstance(header, bool) or not isinstance(header, int) or header < 0):
        raise InputError(f"`header` is the number of a row, 0 where none names the columns: {header!r} is none")
    name, data = _content(source)
    try:
        title, sheets, grid = _opened(data, sheet, limits, encoding, separator)
        frame = _framed(grid, header, delimiter=not title)
    except InputError:
        raise
    except Exception as problem:  # noqa: BLE001 (whatever the reader of a foreign file stumbles over is said in words)
        raise InputError(
            f"the file is damaged, and cannot be read: {type(problem).__name__}: {problem}"[:300]
        ) from None
    if not title:
        frame = restored(frame)
    frame.attrs |= {"source": name, "sheet": title, "sheets": sheets, "notes": grid.notes}
    return frame


def _content(source: Any) -> tuple[str, bytes]:
    """The name and the bytes of what was given."""
    if isinstance(source, list | tuple):
        if len(source) != 1:
            raise InputError(f"one upload is read at a time; there are {len(source)}")
        source = source[0]
    if isinstance(source, Mapping):
        if not isinstance(content := source.get("content"), bytes | bytearray | memoryview):
            raise InputError("the upload has no content: choose the file again")
        return str(source.get("name", "upload")), bytes(content)
    if isinstance(source, bytes | bytearray | memoryview):
        return "", bytes(source)
    if callable(getattr(source, "read", None)):
        content = source.read(MAX_BYTES + 1)
        return Path(str(getattr(source, "name", ""))).name, content.encode() if isinstance(content, str) else content
    if isinstance(source, pd.DataFrame) or not isinstance(source, str | Path):
        raise InputError(
            f"a sheet is read from a path, bytes, an open file or an upload, not from a {type(source).__name__}"
        )
    return _file(Path(str(source).strip().strip("\"'“”")).expanduser())


def _file(path: Path) -> tuple[str, bytes]:
    if path.name.startswith("~$"):
        raise InputError(f"{path.name} is what Excel leaves while {path.name[2:]!r} is open: read that file")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{path.name} is larger than {MAX_BYTES:,} bytes")
        return path.name, path.read_bytes()
    except OSError as problem:
        raise InputError(f"{path} cannot be read: {problem.strerror}") from None
    except ValueError as problem:
        raise InputError(f"{str(path)!r} is no path: {problem}") from None


def _opened(
    data: bytes, wanted: str | int | None, limits: int, encoding: str | None, separator: str | None
) -> tuple[str, list[str], Grid]:
    """The title of the sheet, "" for a text file; those of all sheets; and its cells."""
    if data[:2] == b"PK":
        archive = Archive(data, limits)
        kind = ods if ods.PART in archive else xlsb if "xl/workbook.bin" in archive else xlsx
        return _sheet(kind.read(archive), wanted)
    if data[:8] == _OLE or data.startswith(_OLD):
        return _sheet(xls.read(data), wanted)
    return "", [], delimited.read(data, encoding, separator)


def _sheet(book: Workbook, wanted: str | int | None) -> tuple[str, list[str], Grid]:
    names = [tab.name for tab in book.tabs]
    shown_first = sorted(range(len(names)), key=lambda n: book.tabs[n].hidden)
    for position in shown_first if wanted is None else [_chosen(names, wanted)]:
        grid = book.grid(position)
        rows = iter(grid.rows)
        if first := next(rows, None):
            grid.rows = _chained(first, rows)
            grid.notes += _tabs(book.tabs, position)
            return names[position] or "Sheet", names, grid
    raise InputError("the workbook holds nothing" if wanted is None else f"sheet {names[position]!r} holds nothing")


def _chained(first: Row, rows: Iterator[Row]) -> Iterator[Row]:
    yield first
    yield from rows


def _tabs(tabs: Sequence[Tab], chosen: int) -> list[str]:
    others = [f"{tab.name!r} (hidden)" if tab.hidden else repr(tab.name) for tab in tabs if tab is not tabs[chosen]]
    notes = [f"other sheets, not read: {', '.join(others)}"] if others else []
    return notes + ([f"the sheet {tabs[chosen].name!r} is hidden"] if tabs[chosen].hidden else [])


def _chosen(names: Sequence[str], wanted: str | int) -> int:
    if isinstance(wanted, int):
        if 1 <= wanted <= len(names):
            return wanted - 1
    else:
        alike = [n for n in names if n == wanted] or [n for n in names if folded(n) == folded(wanted)]
        if len(alike) == 1:
            return names.index(alike[0])
    raise InputError(f"there is no sheet {wanted!r}; there are {', '.join(map(repr, names)) or 'none'}")


# ── from cells to a frame ────────────────────────────────────────────────────


def _framed(grid: Grid, wanted: int | None, *, delimiter: bool) -> pd.DataFrame:
    rows = (
        row
        for row in grid.rows
        if any(cell != "" and not (isinstance(cell, str) and cell.isspace()) for cell in row[1])
    )
    head = list(islice(rows, headers.WINDOW))
    while wanted and head and head[-1][0] < wanted - 1 and (more := list(islice(rows, _BLOCK))):
        head += more
    if not head:
        raise InputError("the sheet holds nothing")
    found = headers.find(head, grid.merged) if wanted is None else _wanted(head, wanted)
    body = 0 if found is None else found + 1
    table = _Table()
    for block in _blocks(head[body:], rows):
        table.add(block)
    width = max(len(table.columns), len(head[found][1]) if found is not None else 0)
    columns = table.columns + [[""] * len(table.positions) for _ in range(width - len(table.columns))]
    at = None if found is None else head[found][0]
    used = [any(texts) for texts in columns]
    named, said = headers.names(dict(head[:body]), at, grid.merged, used)
    grid.notes += _above(head[: max(body - 1, 0)]) + said + _header_notes(head, found, wanted)
    filled = {name: texts for name, texts in zip(named, columns, strict=True) if name}
    made = {name: pd.array([text or None for text in texts], dtype="str") for name, texts in filled.items()}
    positions = np.array(table.positions, dtype=np.int64)
    frame = pd.DataFrame(made, index=pd.Index(positions + 1, name="row"))
    frame.attrs |= table.numbers(named)
    frame.attrs["header"] = 0 if at is None else at + 1
    names_end = 0 if found is None else len(head[found][1])
    frame.attrs["questions"] = _longer(table, names_end) if delimiter and names_end else {}
    grid.notes += _left_out(positions, -1 if at is None else at, grid, named) + _damaged(filled)
    return frame


def _wanted(head: Sequence[Row], wanted: int) -> int | None:
    """The place of the row that was said to be the header; None for 0."""
    if not wanted:
        return None
    place = next((n for n, (at, _) in enumerate(head) if at == wanted - 1), None)
    if place is None:
        raise InputError(f"the sheet has no row {wanted}, or nothing is in it")
    return place


def _blocks(first: Iterable[Row], rest: Iterator[Row]) -> Iterator[list[Row]]:
    start = list(first)
    if start:
        yield start
    while block := list(islice(rest, _BLOCK)):
        yield block


class _Table:
    """The body of a sheet, column by column, as texts."""

    def __init__(self) -> None:
        self.columns: list[list[str]] = []
        self.positions: list[int] = []
        self._kinds: list[set[type]] = []
        self._mixed: dict[int, tuple[set[str], set[str]]] = {}  # of columns with both: numbers, and texts like numbers

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
        if len(after) > 1:
            if n not in self._mixed:
                self._mixed[n] = set(), set()
                self._mixed[n][str in before].update(t for t in self.columns[n] if "." in t)
            for text, value in zip(texts, values, strict=True):
                if "." in text:  # type: ignore[operator]
                    self._mixed[n][isinstance(value, str)].add(text)  # type: ignore[arg-type]
        return texts  # type: ignore[return-value]

    def numbers(self, names: Sequence[str]) -> dict[str, Any]:
        """The columns whose cells are all numbers; of the others, the texts that only numbers have."""
        numeric = [names[n] for n, kinds in enumerate(self._kinds) if kinds == {float}]
        mixed = {names[n]: sorted(numbers - texts) for n, (numbers, texts) in self._mixed.items()}
        return {"numeric": numeric, "numbers": {name: texts for name, texts in mixed.items() if texts}}


# ── what is said ─────────────────────────────────────────────────────────────


def _above(rows: Sequence[Row]) -> list[str]:
    if not rows:
        return []
    titles = "; ".join(" ".join(shown(v) or "" for v in cells if v != "") for _, cells in rows)
    return [f"above the header, {len(rows)} rows not read: {titles[:200]}; `header=` names another row"]


def _header_notes(head: Sequence[Row], found: int | None, wanted: int | None) -> list[str]:
    if wanted is not None:
        return []
    if found is None:
        at = head[0][0] + 1
        return [
            f"no row names the columns: row {at} looks like data, and was read so; `header={at}` takes it for the names"
        ]
    if headers.looks_like_data(head[found][1]):
        row = head[found][0] + 1
        return [f"row {row} was taken for the header, though it looks like data: `header=0` says there is none"]
    return []


def _longer(table: _Table, width: int) -> dict[str, list[int]]:
    """The rows that have more cells than the header, by number."""
    longer = sorted({n for texts in table.columns[width:] for n, text in enumerate(texts) if text})
    return {LONGER: [table.positions[n] + 1 for n in longer]} if longer else {}


def _left_out(positions: np.ndarray[Any, Any], header: int, grid: Grid, names: Sequence[str]) -> list[str]:
    notes = []
    steps = np.diff(positions, prepend=header)
    if len(gaps := np.flatnonzero(steps > 1)):
        spans = [(int(positions[n] - steps[n]) + 2, int(positions[n])) for n in gaps[:_SPANS].tolist()]
        more = " …" if len(gaps) > _SPANS else ""
        notes.append(f"blank rows were left out: {', '.join(f'{a}' if a == b else f'{a}–{b}' for a, b in spans)}{more}")
    if hidden := np.intersect1d(grid.hidden_rows, positions).astype(int).tolist():
        notes.append(f"{len(hidden)} rows are hidden in the spreadsheet, and were read: {_spans(hidden)}")
    named = dict(enumerate(names))
    if columns := [name for n in sorted(set(grid.hidden_columns)) if (name := named.get(n))]:
        notes.append(f"{len(columns)} columns are hidden in the spreadsheet, and were read: {_listed(columns)}")
    if merged := [m for m in grid.merged if m[0] > header and len(positions) and m[0] <= positions[-1]]:
        places = _listed(f"row {m[0] + 1} of {named.get(m[1], '')!r}" for m in merged[: _SPANS + 1])
        notes.append(
            f"{len(merged)} merged cells below the header hold their value in the first of their cells only: {places}"
        )
    if grid.uncounted:
        places = _listed(dict.fromkeys(named.get(n) or f"Column {n + 1}" for n in grid.uncounted))
        notes.append(
            f"{len(grid.uncounted)} formulas have no stored value and are read as empty ({places}): "
            "open the file in a spreadsheet program and save it"
        )
    return notes


def _listed(texts: Iterable[str]) -> str:
    listed = list(texts)
    return ", ".join(listed[:_SPANS]) + (" …" if len(listed) > _SPANS else "")


def _spans(positions: Sequence[int]) -> str:
    """Row numbers as people list them: 3, 5–9."""
    cuts = np.flatnonzero(np.diff(positions) > 1) + 1
    parts = [part + 1 for part in np.split(np.array(positions), cuts)]
    return _listed(f"{part[0]}" if len(part) == 1 else f"{part[0]}–{part[-1]}" for part in parts)


def _damaged(columns: Mapping[str, Sequence[str]]) -> list[str]:
    notes = []
    for name, texts in columns.items():
        joined = "\n".join(texts)
        count = (
            sum(bool(SHORTENED.fullmatch(t)) for t in texts if len(t) < 60) if "E+" in joined or "e+" in joined else 0
        )
        if count:
            notes.append(f"{count} numbers in {name!r} were shortened by the spreadsheet; their last digits are lost")
    return notes
