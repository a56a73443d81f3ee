"""What marks our own files: the columns that say what became of each row, and texts kept from being formulas."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from toolkit.sheets.outcomes import COLUMNS

_LIVE = "=+\\-@\t\r\0＝＋－＠"
_ESCAPED = re.compile(rf"''*[{_LIVE}]").match
_LIVELY = re.compile(rf"'*[{_LIVE}]").match
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?").fullmatch


def escaped(text: str) -> str:
    """The text so that a spreadsheet program takes it for a text, never for a formula."""
    return f"'{text}" if _LIVELY(text) and not _NUMBER(text) else text


def unescaped(text: str) -> str:
    """What `escaped` was given."""
    return text[1:] if _ESCAPED(text) else text


def outcome_at(columns: Sequence[Any]) -> int | None:
    """Where the columns of an outcome begin; None where there are none. They are the last, so a sheet's own stay."""
    names = [re.sub(r" \(\d+\)$", "", str(column)) for column in columns]
    starts = [i for i in range(len(names)) if tuple(names[i : i + len(COLUMNS)]) == COLUMNS]
    return starts[-1] if starts else None


def restored(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame read from text, without the marks that `escaped` made if the file is one of ours."""
    if outcome_at([*frame.columns]) is None:
        return frame
    columns = {unescaped(str(name)): [*map(unescaped, column.fillna(""))] for name, column in frame.items()}
    return pd.DataFrame(columns, index=frame.index, dtype="str").replace("", np.nan)
