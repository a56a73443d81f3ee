"""What stands in a cell: any kind of pandas column as plain Python values, and values as a sheet shows them."""

import re
import unicodedata
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import infer_dtype, is_scalar

_UNSHOWN = (0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x180F), 0x3164, 0xFEFF, 0xFFA0)
INVISIBLE = "".join(map(chr, [*_UNSHOWN, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A)]))
BLANK = "".join(map(chr, [*range(9, 14), 32, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F]))
BLANK += "\u205f\u2800\u3000"
Filled = np.ndarray[Any, np.dtype[np.bool_]]
_LARGEST = 4_000  # bits of a number that is written out
_AROUND = BLANK + INVISIBLE
_UNSEEN = re.compile(f"[{''.join(sorted({*INVISIBLE} - {chr(0x200C), chr(0x200D)}))}]")
SHORTENED = re.compile(r"[+-]?\d(?:[.,]\d{1,30})?[eE]\+\d{1,3}")
EXACT = 2.0**53  # from here on, not every whole number has a float
_HALVES = re.compile("[\ud800-\udfff]")
_DECIMAL = re.compile(r"(\d{5,})[.,]0{1,3}").fullmatch
_PLAIN_FORM = dict.fromkeys(map(ord, INVISIBLE)) | dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")
_PLAIN_FORM |= {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | dict.fromkeys(map(ord, BLANK[6:]), " ")
_HALF = ("float16", "halffloat[pyarrow]")
_SMALL = ("float32", "float[pyarrow]", *_HALF)


@dataclass(frozen=True, eq=False, repr=False)
class NotACellValue:
    """An object that no cell holds, such as a dict. Like nothing but itself."""

    value: Any

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NotACellValue) and self.value is other.value

    def __hash__(self) -> int:
        return id(self.value)

    def __repr__(self) -> str:
        return repr(self.value)


def objects_of(column: "pd.Series[Any]") -> list[Any]:
    """The column's objects as they are; None where there is none."""
    held = column.to_numpy(dtype=object)
    values: list[Any] = held.tolist()
    for position in np.flatnonzero(pd.isna(held)).tolist():
        values[position] = None
    return values


def values_of(column: "pd.Series[Any]") -> list[Any]:
    """The column as plain, hashable Python values: None where there is none, truth as a sheet shows it."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        known = [*values_of(pd.Series(column.cat.categories)), None]
        return [known[code] for code in column.cat.codes.tolist()]
    if str(column.dtype).lower() in _SMALL:
        half = str(column.dtype).lower() in _HALF
        return [_small(v) for v in column.to_numpy(dtype="float16" if half else "float32", na_value=np.nan)]
    if isinstance(column.dtype, pd.StringDtype):
        return texts_in(column)[0]
    listed = objects_of(column)
    if set(map(type, listed)) <= {str, type(None), float, int}:
        return [None if v == "" else v for v in listed] if "" in listed else listed
    return [None if isinstance(v, str) and not v else plain_value(v) for v in listed]


def texts_in(column: "pd.Series[Any]") -> tuple[list[Any], list[str], Filled]:
    """Of a column of texts: its values, None where there is none; those that are there; and where they are."""
    held = np.asarray(column.array, dtype=object)
    missing = held != held if column.array.dtype.na_value is np.nan else pd.isna(held)
    values: list[Any] = held.tolist()
    for position in np.flatnonzero(missing).tolist():
        values[position] = None
    texts = [*filter(None, values)]
    if len(texts) + np.count_nonzero(missing) < len(values):
        return [v or None for v in values], texts, ~missing & (held != "")
    return values, texts, ~missing


def written_of(column: "pd.Series[Any]") -> list[Any]:
    """The cells of a column as they are written: a number that has lost digits in a form in which that is seen."""
    values = values_of(column) if str(column.dtype).lower() in _SMALL else objects_of(column)
    return [plain_value(v) if isinstance(v, np.generic) else v for v in values]


def bare(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame without its `attrs`, which pandas copies for each column that is taken from it."""
    plain = pd.DataFrame(frame, copy=False)
    plain.attrs = {}
    return plain


def texts_of(values: Iterable[str | None]) -> Any:
    """Texts as a column of them, whatever stands in them: half a character cannot be written down."""
    return pd.array([None if value is None else whole(value) for value in values], dtype="str")


def with_cells(frame: pd.DataFrame, cells: Mapping[Hashable, Mapping[int, Any]]) -> pd.DataFrame:
    """The frame with some of its cells changed, by column and position; its other columns are shared."""
    new = frame.copy(deep=False)
    for name, changes in cells.items():
        held = objects_of(frame[name]) if name in frame else [None] * len(frame)
        for position, value in changes.items():
            held[position] = value
        texts = all(value is None or (type(value) is str and encodable(value)) for value in held)
        new[name] = pd.Series(held, index=frame.index, dtype="str" if texts else object)
    return new


def snapshot(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """The column; its plain values where lists and the like are in it, which may change, or are others at each look."""
    if infer_dtype(column) not in ("mixed", "mixed-integer", "unknown-array"):
        return column
    values = values_of(column)
    return pd.Series(values, dtype=object) if {tuple, NotACellValue} & set(map(type, values)) else column


def _small(value: Any) -> Any:
    """A number of few digits as it was written; in the scientific form where it has lost some."""
    if np.isnan(value):
        return None
    exact = 2.0 ** (np.finfo(value).nmant + 1)
    return float(str(value)) if abs(value) < exact or not np.isfinite(value) else shown_number(float(value), exact)


def plain_value(value: Any) -> Any:
    """A value as a plain, hashable one."""
    if isinstance(value, np.float32 | np.float16):
        return _small(value)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, str):
        return str.__str__(value)  # of a kind of text, the text
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, Decimal):
        return int(value) if value.is_finite() and value == value.to_integral_value() else str(value)
    if isinstance(value, list | tuple | set | np.ndarray | pd.Series | pd.Index):
        value = tuple(None if is_scalar(item) and pd.isna(item) else plain_value(item) for item in value)
    return value if value is None or isinstance(value, Hashable) else NotACellValue(value)


def shown(value: Any) -> str | None:
    """The value as text, as a sheet shows it; None where nothing is there or it has no text."""
    match value:
        case str():
            return value
        case bool():
            return "TRUE" if value else "FALSE"
        case int():
            return str(value) if value.bit_length() < _LARGEST else None
        case float():
            return shown_number(value, EXACT)
        case datetime():
            return value.isoformat(" ").removesuffix(" 00:00:00")
        case date() | time():
            return value.isoformat()
        case timedelta():
            seconds = round(value.total_seconds())
            return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return None


def shown_number(number: float, exact: float) -> str:
    """Whole numbers as their digits; what has lost digits in the scientific form, so that it is seen."""
    if not number.is_integer():
        return f"{number:.15g}"
    return str(int(number)) if abs(number) < exact else f"{number:.14E}"


def encodable(text: str) -> bool:
    """Whether the text can be written down: a torn file name or emoji cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def whole(text: str) -> str:
    """The text with a sign in the place of each half of a character, so that it can be written down."""
    return text if encodable(text) else _HALVES.sub("\ufffd", text)


def stripped(text: str) -> str:
    """The text without spaces of any kind, and without invisible characters, around it."""
    return text.strip(_AROUND)


def seen(text: str) -> str:
    """The text without invisible characters, but for those that join others; a letter and its accent are one."""
    return text if text.isascii() else unicodedata.normalize("NFC", _UNSEEN.sub("", text))


def latin(text: str) -> str:
    """The text with digits, dashes and spaces of any script in their plain forms, and without invisible characters."""
    if text.isascii():
        return text
    text = text.translate(_PLAIN_FORM)
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(c)) if c > "\x7f" and c.isdecimal() else c for c in text)


def undecimal(text: str) -> str:
    """The digits of a long whole number that was once stored as a decimal one: 56912345678.0."""
    decimal = _DECIMAL(text) if text[-1:] == "0" else None
    return decimal[1] if decimal else text


def folded(text: object) -> str:
    """Without accents, case, punctuation and spaces: for telling whether two names are the same."""
    plain = unicodedata.normalize("NFKD", str(text)).casefold()
    return "".join(c for c in plain if c.isalnum() and c not in "ʼʹʻ")  # which are letters of their own
