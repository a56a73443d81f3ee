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
from toolkit.sheets.checker import QUESTION, Problem
from toolkit.sheets.column import Column
from toolkit.sheets.frame_rules import LEFT_OUT, remembered

NAME = "check"  # of the column
is_name = re.compile(rf"{NAME}(?: \(\d+\)| \(report\))*").fullmatch  # also where others are called so
# beside a row: the OPTIONS that were said, which `fields` the columns fill, how `columns` are read, what was `asked` of
# the row, and the `cells` of which it was asked; which texts were `numbers`
OPTIONS = ("day_first", "decimal", "country", "empty", "doubts")
NOT_DECIDED = {"decimal": "", "day_first": None}  # so that what can be read in two ways is asked
LEFT_OUT_BEFORE = mark("the row was left out before")
CUT = mark("has a text that was cut to what a cell of a workbook holds")
MAX_TEXT = 32_767  # characters of a cell
OTHERWISE = mark("was read in another way than others of these rows")
_HALF = 4  # hexadecimal digits of the name of a cell's column, and of the cell
_MIDNIGHT = re.compile(r"[ T]00:00:00$|(?<=:\d\d)\.\d+$")


def evidence(
    frame: pd.DataFrame,
    columns: Sequence[Column],
    reading: Mapping[str, Any],
    asked: Iterable[tuple[int, Problem]],
    rows: Iterable[int],
) -> dict[int, str]:
    """What a later check has to know of these rows, by position."""
    how = {name: value for name in OPTIONS if (value := reading.get(name)) is not None}
    filled = {column.name: column.field.name for column in columns}
    how["fields"] = {str(name): filled.get(name) for name in frame.columns}
    how["columns"] = {str(column.name): own for column in columns if (own := column.how)}
    reasons: dict[int, list[str]] = {}
    for i, problem in asked:
        reasons.setdefault(i, []).append(LEFT_OUT_BEFORE if problem == LEFT_OUT else problem.reason)
    known = dict.fromkeys(rows, json.dumps(how, ensure_ascii=False))
    several = [i for i in known if i in reasons]
    more: dict[int, dict[str, Any]] = {}
    for i, cells in zip(several, _cells(frame.iloc[several]), strict=True):
        more[i] = {"asked": reasons[i], "cells": "".join(sorted(cells))}
    for column in columns:
        for i, number in column.numbers_among([i for i in known if i >= 0]):
            more.setdefault(i, {}).setdefault("numbers", {})[str(column.name)] = number
    return known | {i: json.dumps({**how, **own}, ensure_ascii=False) for i, own in more.items()}


def numbers_in(frame: pd.DataFrame) -> dict[str, str]:
    """The texts of a result that were numbers, by column, as `attrs` keep them: those that no text beside them is."""
    texts = [] if frame.empty or not is_name(str(frame.columns[-1])) else frame.iloc[:, -1].tolist()
    notes: Iterable[Any] = (
        _note(text).get("numbers") if isinstance(text, str) and '"numbers"' in text else {} for text in texts
    )
    marks: list[dict[str, Any]] = [own if isinstance(own, dict) else {} for own in notes]
    known: dict[str, str] = {}
    for name in dict.fromkeys(name for own in marks for name in own if name in frame.columns):
        cells = [*zip(frame[name].tolist(), [own.get(name) for own in marks], strict=True)]
        others = {cell for cell, number in cells if cell != number}
        known[name] = "\n".join(dict.fromkeys(n for cell, n in cells if cell == n and n not in others))
    return known


def with_evidence(outcome: pd.DataFrame, known: Mapping[int, str]) -> pd.DataFrame:
    """What became of some rows, with a column that keeps what is known of them, where something is."""
    name, n = NAME, 2
    while name in outcome:
        name, n = f"{NAME} ({n})", n + 1
    texts = [known.get(i) for i in range(len(outcome))]
    return outcome.assign(**{name: pd.array(texts, dtype="str")}) if known else outcome


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
    common = {n: options[0][n] for n in OPTIONS if options and all(each[n] == options[0][n] for each in options)}
    if options and len(common) < len(OPTIONS):
        asked += [(i, Problem(OTHERWISE, level=QUESTION)) for i in range(len(rows))]
    ways = [note.get("columns", {}) for note in notes.values()]
    reading = {
        **{name: value for name, value in common.items() if value is not None},
        "columns": {name: how for name in rows.columns if (how := agreed(ways, str(name)))},
        "rows": remembered(rows.index, np.arange(len(rows), dtype=np.int64), asked),
    }
    fields = [note.get("fields") or {} for note in notes.values()]
    ends = {name: {own.get(str(name), "") for own in fields} for name in rows.columns}  # "": where nobody knows
    agreed_on = {name: each.pop() for name, each in ends.items() if len(each) == 1 and each != {""}}
    return {"reading": reading, "fields": agreed_on}


def _full(rows: pd.DataFrame) -> list[int]:
    """The rows with a text as long as a cell holds: more of it was cut off when the result was written."""
    columns = [written_of(rows.iloc[:, n]) for n in range(rows.shape[1])]
    return [i for values in columns for i, v in enumerate(values) if type(v) is str and len(v) == MAX_TEXT]


def _note(text: str) -> dict[str, Any]:
    try:
        note = json.loads(text)
    except ValueError:
        note = None
    return note if isinstance(note, dict) else {"columns": None}


def agreed(ways: Sequence[Mapping[Any, Any] | None], name: Hashable) -> dict[str, Any]:
    """How a column was read in all of the rows; where that differs, or nobody knows, it is not decided."""
    own = [NOT_DECIDED if way is None else way.get(name, {}) for way in ways]
    return dict(NOT_DECIDED if any(way != own[0] for way in own) else own[0]) if own else {}


def _is_same(before: str, now: set[str]) -> bool:
    """Whether all cells are as they were, but for columns that came or went."""
    size = 2 * _HALF
    then = {before[at : at + size] for at in range(0, len(before), size)}
    names = {each[:_HALF] for each in then}
    return all(cell in then for cell in now if cell[:_HALF] in names)
