"""What a result keeps of a check, so that rows that come back are read as before, and asked about as before.

It stands in a column of the result: people sort rows, delete some, and put files together.
"""

import json
import re
import zlib
from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from toolkit.plain import mark
from toolkit.sheets.cells import folded, shown, written_of
from toolkit.sheets.checker import QUESTION, ParseOptions, Problem
from toolkit.sheets.column import Column
from toolkit.sheets.frame_rules import LEFT_OUT, remembered
from toolkit.spec import Date, Integer, Number, Timestamp

NAME = "check"  # of the column
Evidence = Mapping[str, Any]  # the OPTIONS that were said, which `fields` the columns fill and which were `left` out,
# how `columns` are read, and what was `asked` of the row
OPTIONS = ("day_first", "decimal", "country", "empty", "doubts")
NOT_DECIDED = {"decimal": "", "day_first": None}  # so that what can be read in two ways is asked
LEFT_OUT_BEFORE = mark("the row was left out before")
CUT = mark("has a text that was cut to what a cell of a workbook holds")
MAX_TEXT = 32_767  # characters of a cell
OTHERWISE = mark("was read in another way than others of these rows")
_HALF = 4  # hexadecimal digits of the name of a cell's column, and of the cell
_MIDNIGHT = re.compile(r"[ T]00:00:00$|(?<=:\d\d)\.\d+$")


def evidence(
    columns: Sequence[Column],
    others: Iterable[Hashable],
    reading: Mapping[str, Any],
    asked: Iterable[tuple[int, Problem]],
    rows: Iterable[int],
) -> dict[int, Evidence]:
    """What a later check has to know of these rows; `others`: the columns that fill no field."""
    how = {name: value for name in OPTIONS if (value := reading.get(name)) is not None}
    how["fields"] = {str(column.name): column.field.name for column in columns}
    how["left"] = "".join(_half(folded(name)) for name in others)
    how["columns"] = {str(column.name): own for column in columns if (own := _reading(column))}
    reasons: dict[int, list[str]] = {}
    for i, problem in asked:
        reasons.setdefault(i, []).append(LEFT_OUT_BEFORE if problem == LEFT_OUT else problem.reason)
    return {i: {**how, "asked": reasons[i]} if i in reasons else how for i in rows}


def _reading(column: Column) -> dict[str, Any]:
    """How a column is read, where its cells can be read in more than one way."""
    how, plain = column.options, ParseOptions()
    own = {name: value for name in ("stored", "iso", "named") if (value := getattr(how, name)) != getattr(plain, name)}
    if isinstance(column.field, Date | Timestamp | Number | Integer):
        own |= {"decimal": how.decimal, "day_first": how.day_first}
    return own


def with_evidence(outcome: pd.DataFrame, frame: pd.DataFrame, known: Mapping[int, Evidence]) -> pd.DataFrame:
    """What became of the rows of a frame, with a column that keeps what is known of them, where something is."""
    name, n = NAME, 2
    while name in outcome:
        name, n = f"{NAME} ({n})", n + 1
    return outcome.assign(**{name: pd.array(_as_texts(frame, known), dtype="str")}) if known else outcome


def _as_texts(frame: pd.DataFrame, known: Mapping[int, Evidence]) -> list[str | None]:
    """The column of a result, with what is known of its rows, by position."""
    texts: list[str | None] = [None] * len(frame)
    asked = [i for i, each in known.items() if "asked" in each]
    cells = dict(zip(asked, _cells(frame.iloc[asked]), strict=True))
    same: dict[int, str] = {}  # most rows share what is known of them
    for i, each in known.items():
        if i in cells:
            texts[i] = json.dumps({**each, "cells": "".join(sorted(cells[i]))}, ensure_ascii=False)
        else:
            texts[i] = same.get(id(each)) or same.setdefault(id(each), json.dumps(each, ensure_ascii=False))
    return texts


def _cells(frame: pd.DataFrame) -> list[set[str]]:
    """By which it is seen whether a cell is another now, for each row; whatever a program makes of signs and zeros."""
    rows: list[set[str]] = [set() for _ in range(len(frame))]
    for n, name in enumerate(map(str, frame.columns)):
        column = _half(folded(name))
        for row, value in zip(rows, written_of(frame.iloc[:, n]), strict=True):
            row.add(column + _half(_plain(value)))
    return rows


def _half(text: str) -> str:
    return f"{zlib.crc32(text.encode(errors='replace')) & 0xFFFF:0{_HALF}x}"


def _plain(value: Any) -> str:
    if isinstance(value, datetime) and value.tzinfo:
        value = value.astimezone(UTC).replace(tzinfo=None)
    text = value if isinstance(value, str) else "" if value is None else shown(value) or str(value)
    return folded(_MIDNIGHT.sub("", text)).lstrip("0")


def recalled_from(rows: pd.DataFrame, texts: Iterable[Any]) -> dict[str, Any]:
    """How rows of a result were matched and read and what was asked of them, as the `attrs` by which a check knows it.

    Of rows that are other now, nothing was asked.

    Args:
        rows: without the columns of the outcome.
        texts: what stands beside each in the column of the result.
    """
    listed = [text if isinstance(text, str) else "" for text in texts]
    notes = {text: _note(text) for text in listed}
    asked = []
    if any("asked" in note for note in notes.values()):
        asked = [
            (i, Problem(reason, level=QUESTION))
            for i, (text, cells) in enumerate(zip(listed, _cells(rows), strict=True))
            if _is_same(notes[text].get("cells", ""), cells)
            for reason in notes[text].get("asked", ())
        ]
    asked += [(i, Problem(CUT, level=QUESTION)) for i in _full(rows)]
    options = [{name: note.get(name) for name in OPTIONS} for note in notes.values()]
    agreed = {n: options[0][n] for n in OPTIONS if options and all(each[n] == options[0][n] for each in options)}
    if options and len(agreed) < len(OPTIONS):
        asked += [(i, Problem(OTHERWISE, level=QUESTION)) for i in range(len(rows))]
    ways = [note.get("columns", {}) for note in notes.values()]
    reading = {
        **{name: value for name, value in agreed.items() if value is not None},
        "columns": {name: how for name in rows.columns if (how := _agreed(ways, str(name)))},
        "rows": remembered(rows.index, np.arange(len(rows), dtype=np.int64), asked),
    }
    return {"reading": reading, "fields": _fields(rows, [*notes.values()])}


def _full(rows: pd.DataFrame) -> list[int]:
    """The rows with a text as long as a cell holds: more of it was cut off when the result was written."""
    columns = [written_of(rows.iloc[:, n]) for n in range(rows.shape[1])]
    return [i for values in columns for i, v in enumerate(values) if type(v) is str and len(v) == MAX_TEXT]


def _fields(rows: pd.DataFrame, notes: Sequence[Mapping[str, Any]]) -> dict[Hashable, str | None]:
    """Which field each column filled in all of the rows; None where it was left out."""
    if not notes or any(note.get("fields") != notes[0].get("fields") for note in notes):
        return {}
    filled: dict[str, str] = notes[0].get("fields") or {}
    left = {
        note.get("left", "")[at : at + _HALF] for note in notes for at in range(0, len(note.get("left", "")), _HALF)
    }
    known = [column for column in rows.columns if str(column) in filled or _half(folded(column)) in left]
    return {column: filled.get(str(column)) for column in known}


def _note(text: str) -> dict[str, Any]:
    try:
        note = json.loads(text)
    except ValueError:
        note = None
    return note if isinstance(note, dict) else {"columns": None}


def _agreed(ways: Sequence[Mapping[str, Any] | None], name: str) -> dict[str, Any]:
    """How a column was read in all of the rows; where that differs, or nobody knows, it is not decided."""
    own = [NOT_DECIDED if way is None else way.get(name, {}) for way in ways]
    return dict(NOT_DECIDED if any(way != own[0] for way in own) else own[0]) if own else {}


def _is_same(before: str, now: set[str]) -> bool:
    """Whether all cells are as they were, but for columns that came or went."""
    size = 2 * _HALF
    then = {before[at : at + size] for at in range(0, len(before), size)}
    names = {each[:_HALF] for each in then}
    return all(cell in then for cell in now if cell[:_HALF] in names)
