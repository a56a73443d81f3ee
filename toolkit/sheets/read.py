"""A spreadsheet as a DataFrame of texts: what is there, and nothing else."""

import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from toolkit.errors import InputError
from toolkit.sheets import delimited
from toolkit.sheets import header as headers
from toolkit.sheets.cells import SHORTENED, folded, shown
from toolkit.sheets.facts import Facts, look
from toolkit.sheets.own import restored
from toolkit.sheets.unzip import MAX_BYTES, Archive

_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f]")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_HEAD, _BLOCK = 60, 500  # rows: few at a time stay in the processor's cache
_DIGITS = "{:.15g}".format  # as many as a spreadsheet keeps; longer numbers come out as 1.23e+16


@dataclass
class _Grid:
    """The cells of one sheet as they come, row by row from the first."""

    rows: Iterable[Sequence[Any]]
    title: str
    notes: list[str] = field(default_factory=list)
    merged: headers.Merged = ()
    facts: Facts = field(default_factory=Facts)


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
    row. `attrs` says `source`, `sheet`, `notes` (sentences: what was left out, hidden, damaged or taken for granted)
    and `numeric` (columns whose cells are all numbers). A million rows of ten cells take 1.7 GB of memory.

    Args:
        source: a path, bytes, or an upload of a notebook; xlsx, xls, xlsb, ods, csv or tsv, whatever its name says.
        sheet: its name, or its number from 1; without one the first that holds anything.
        header: the row that names the columns, as the spreadsheet numbers it; 0 where none does; without one it is
            found under titles and blank lines.
        encoding: of a text file, where it is none of UTF-8, UTF-16, cp1252 and cp1251.
        separator: of a text file, where it is to be none of comma, semicolon, tab and bar.
        limits: how many times the usual limits on unpacked size are allowed.

    Raises:
        InputError: there is no such file or sheet, or it is damaged, protected, empty, or too large to unpack.
    """
    name, data = _content(source)
    if data[:2] == b"PK" or data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        grid = _workbook(data, sheet, limits)
    else:
        grid = _text(data, name, encoding, separator)
    frame = _framed(grid, header)
    if not grid.title:
        frame = restored(frame)
    frame.attrs |= {"source": name, "sheet": grid.title, "notes": grid.notes}
    return frame


def _content(source: Any) -> tuple[str, bytes]:
    if isinstance(source, list | tuple):
        if len(source) != 1:
            raise InputError(f"one upload is read at a time; there are {len(source)}")
        source = source[0]
    if isinstance(source, Mapping):
        return str(source.get("name", "upload")), bytes(source["content"])
    if isinstance(source, bytes | bytearray | memoryview):
        return "", bytes(source)
    path = Path(source).expanduser()
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{path.name} is larger than {MAX_BYTES:,} bytes")
        return path.name, path.read_bytes()
    except OSError as problem:
        raise InputError(f"{path} cannot be read: {problem.strerror}") from None


# ── workbooks ────────────────────────────────────────────────────────────────


def _workbook(data: bytes, wanted: str | int | None, limits: int) -> _Grid:
    import python_calamine as calamine

    facts = look(Archive(data, limits)) if data[:2] == b"PK" else {}
    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        found = [s for s in book.sheets_metadata if s.typ == calamine.SheetTypeEnum.WorkSheet]
        hidden = {s.name for s in found if s.visible != calamine.SheetVisibleEnum.Visible}
        names = [s.name for s in found]
        chosen = [_chosen(names, wanted)] if wanted is not None else sorted(names, key=hidden.__contains__)
        for title in chosen:
            known = facts.get(title, Facts())
            known.check_size(limits)
            cells = book.get_sheet_by_name(title)
            if cells.start:
                break
        else:
            raise InputError(
                f"sheet {chosen[0]!r} holds nothing" if wanted is not None else "the workbook holds nothing"
            )
    except calamine.CalamineError as problem:
        if isinstance(problem, calamine.PasswordError) or _ENCRYPTED in data:
            raise InputError("the workbook is protected by a password") from None
        raise InputError(f"the workbook cannot be read: {problem}") from None
    others = [f"{n!r} (hidden)" if n in hidden else repr(n) for n in names if n != title]
    notes = [f"other sheets, not read: {', '.join(others)}"] if others else []
    notes += [f"the sheet {title!r} is hidden"] if title in hidden else []
    left = [""] * (cells.start or (0, 0))[1]
    rows = (left + row for row in cells.iter_rows()) if left else cells.iter_rows()
    return _Grid(rows, title, notes, cells.merged_cell_ranges or (), known)


def _chosen(names: Sequence[str], wanted: str | int) -> str:
    if isinstance(wanted, int):
        if 1 <= wanted <= len(names):
            return names[wanted - 1]
    else:
        alike = [n for n in names if n == wanted] or [n for n in names if folded(n) == folded(wanted)]
        if len(alike) == 1:
            return alike[0]
    raise InputError(f"there is no sheet {wanted!r}; there are {', '.join(map(repr, names)) or 'none'}")


def _text(data: bytes, name: str, encoding: str | None, separator: str | None) -> _Grid:
    text, found = delimited.decoded(data, encoding)
    if re.match(r"\s*<(?:!doctype|html|table|\?xml|\?mso)", text[:200], re.IGNORECASE):
        raise InputError("the file is a web page or XML, whatever its name says: save it as xlsx first")
    if len(_CONTROLS.findall(text[:2000])) > 20:
        raise InputError("the file is neither a spreadsheet nor a text")
    rows, notes = delimited.rows_of(text, separator)
    if found not in ("utf-8", "utf-8-sig", "utf-16", encoding):
        notes.append(f"the encoding was taken to be {found}")
    return _Grid(rows, "", notes)


# ── from cells to a frame ────────────────────────────────────────────────────


def _framed(grid: _Grid, wanted: int | None) -> pd.DataFrame:
    rows = iter(grid.rows)
    head = list(islice(rows, max(_HEAD, wanted or 0)))
    position = headers.find(head, grid.merged) if wanted is None else wanted - 1
    if position is None or position >= len(head):
        raise InputError("the sheet holds nothing" if position is None else f"the sheet has no row {wanted}")
    body = position + 1
    columns, numeric, filled = _columns(chain(head[body:], rows))
    columns += [[""] * len(filled)] * (len(head[position]) - len(columns) if position >= 0 else 0)
    for (row, column), text in grid.facts.shown.items():
        if body <= row < body + len(filled) and column < len(columns):
            columns[column][row - body], filled[row - body] = text, True
    named, said = headers.names(head, position, grid.merged, [any(texts) for texts in columns])
    grid.notes += _above(head, position) + said
    if wanted is None and headers.looks_like_data(head[position]):
        grid.notes.append(
            f"row {body} was taken for the header, though it looks like data: `header=0` says there is none"
        )
    kept = np.flatnonzero(filled)
    grid.notes += _left_out(filled, body, grid.facts)
    made = {}
    for name, texts in zip(named, columns, strict=True):
        if name:
            array = pd.array([text or None for text in texts], dtype="str")
            made[name] = array if len(kept) == len(array) else array[kept]
    frame = pd.DataFrame(made, index=pd.Index(kept + body + 1, name="row"))
    frame.attrs["numeric"] = [named[n] for n in sorted(numeric)]
    grid.notes += _damaged(frame)
    return frame


def _columns(rows: Iterator[Sequence[Any]]) -> tuple[list[list[str]], set[int], list[bool]]:
    """Each column as texts, the positions of those that are all numbers, and which rows hold anything."""
    columns: list[list[str]] = []
    kinds: list[set[type]] = []
    filled: list[bool] = []
    while block := list(islice(rows, _BLOCK)):
        width = max(map(len, block))
        if any(len(row) < width for row in block):
            block = [[*row, *[""] * (width - len(row))] for row in block]
        while len(columns) < width:
            columns.append([""] * len(filled))
            kinds.append(set())
        made = [_texts(values, kinds[n]) for n, values in enumerate(zip(*block, strict=True))]
        for n, texts in enumerate(columns):
            texts += made[n] if n < width else [""] * len(block)
        full = [False] * len(block)
        for texts in made:
            if all(full):
                break
            full = [known or (text != "" and not text.isspace()) for known, text in zip(full, texts, strict=True)]
        filled += full
    numeric = {n for n, found in enumerate(kinds) if found <= {int, float, type(None)} and found - {type(None)}}
    return columns, numeric, filled


def _texts(values: Sequence[Any], kinds: set[type]) -> list[str]:
    found = set(map(type, values))
    if found == {str}:
        kinds |= {str} if any(values) else {type(None)}
        return list(values)
    if found == {float}:
        kinds.add(float)
        return list(map(_DIGITS, values))
    kinds |= {type(None) if v == "" else type(v) for v in values} if str in found else found
    return [v if type(v) is str else _DIGITS(v) if type(v) is float else _written(v) for v in values]


def _written(value: Any) -> str:
    text = shown(value) or ""
    return text.rstrip("0") if isinstance(value, datetime | time) and value.microsecond else text


# ── what is said ─────────────────────────────────────────────────────────────


def _above(head: Sequence[Sequence[Any]], position: int) -> list[str]:
    titles = [" ".join(str(v) for v in row if v != "") for row in head[: max(position, 0)]]
    if not (found := [title for title in titles if title]):
        return []
    return [f"above the header, not read: {'; '.join(found)[:200]}"]


def _left_out(filled: Sequence[bool], body: int, facts: Facts) -> list[str]:
    notes = []
    blank = [n + body + 1 for n, full in enumerate(filled) if not full]
    if blank:
        notes.append(f"blank rows were left out: {_spans(blank)}")
    if hidden := [n for n in facts.hidden if body < n <= body + len(filled) and filled[n - body - 1]]:
        notes.append(f"{len(hidden)} rows are hidden in the spreadsheet, and were read: {_spans(hidden)}")
    if facts.shown:
        notes.append(
            f"{len(facts.shown)} cells hold the error of a formula, or show zeros that their number lacks: as shown"
        )
    if facts.uncounted:
        notes.append(
            f"{facts.uncounted} formulas have no stored value and are read as empty: "
            "open the file in a spreadsheet program and save it"
        )
    return notes


def _spans(numbers: Sequence[int]) -> str:
    """Row numbers as people list them: 3, 5–9."""
    cuts = np.flatnonzero(np.diff(numbers) > 1) + 1
    spans = [f"{part[0]}" if len(part) == 1 else f"{part[0]}–{part[-1]}" for part in np.split(np.array(numbers), cuts)]
    return ", ".join(spans[:20]) + (" …" if len(spans) > 20 else "")


def _damaged(frame: pd.DataFrame) -> list[str]:
    notes = []
    for name in frame:
        texts = frame[name].dropna().tolist()
        if any(sign in "\n".join(texts) for sign in ("E+", "e+")) and (
            count := sum(bool(SHORTENED.fullmatch(t)) for t in texts)
        ):
            notes.append(f"{count} numbers in {name!r} were shortened by the spreadsheet; their last digits are lost")
    return notes
