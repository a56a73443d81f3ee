"""What marks our own files: the columns that say what became of each row, and texts kept from being formulas."""

import re
from collections.abc import Sequence
from operator import contains
from typing import Any

import numpy as np
import pandas as pd

from toolkit.plain import in_every_language, message
from toolkit.sheets.outcomes import COLUMNS, Outcome

_LIVE = "=+\\-@\t\r\0＝＋－＠"
_ESCAPED = re.compile(rf"''*[{_LIVE}]").match
_LIVELY = re.compile(rf"'*[{_LIVE}]").match
_INSIDE = re.compile(rf"([,;|\t\r\n] {{0,9}})('*[{_LIVE}])")
_MARKED = re.compile(rf"([,;|\t\r\n] {{0,9}})'('*[{_LIVE}])")
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?").fullmatch


def escaped(text: str) -> str:
    """The text so that a spreadsheet program takes it for a text, never for a formula.

    Nor is a part of it one, where the program cuts at other signs than we do: quotes protect the first cell of a line
    only.
    """
    inside = _INSIDE.sub(r"\1'\2", text)
    return f"'{inside}" if _LIVELY(text) and not _NUMBER(text) else inside


def unescaped(text: str) -> str:
    """What was escaped so."""
    return _MARKED.sub(r"\1\2", text[1:] if _ESCAPED(text) else text)


def outcome_at(columns: Sequence[Any]) -> int | None:
    """Where the columns of an outcome begin, whichever language they are named in; None where there are none.

    They are the last, so a sheet's own stay.
    """
    known = [in_every_language(name) for name in COLUMNS]
    names = [re.sub(r" \(\d+\)$", "", str(column)) for column in columns]
    ends = range(len(known), len(names) + 1)
    starts = [end - len(known) for end in ends if all(map(contains, known, names[end - len(known) : end]))]
    return starts[-1] if starts else None


def shown_outcome(outcome: pd.DataFrame) -> pd.DataFrame:
    """What became of each row, its columns and outcomes named in the reader's language, for a workbook."""
    named = outcome.rename(columns={name: message(name) for name in COLUMNS if name in outcome})
    if "outcome" in outcome:
        named[message("outcome")] = outcome["outcome"].astype("str").map({str(o): message(str(o)) for o in Outcome})
    return named


def outcomes_of(texts: "pd.Series[Any]") -> "pd.Series[Any]":
    """The outcomes that a result's texts name, whichever language it was written in."""
    known = {text: str(outcome) for outcome in Outcome for text in in_every_language(str(outcome))}
    return texts.map(known)


def restored(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame read from text, without the marks that `escaped` made if the file is one of ours."""
    if outcome_at([*frame.columns]) is None:
        return frame
    columns = {unescaped(str(name)): [*map(unescaped, column.fillna(""))] for name, column in frame.items()}
    plain = type(frame)(columns, index=frame.index, dtype="str").replace("", np.nan)
    texts = frame.attrs.get("texts", {}).items()
    plain.attrs = frame.attrs | {
        "texts": {unescaped(name): "\n".join(map(unescaped, own.split("\n"))) for name, own in texts}
    }
    return plain
