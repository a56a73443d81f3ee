"""Rows to DataFrames. The only room that knows dtypes."""

import json
from collections.abc import Callable, Sequence
from itertools import chain
from operator import itemgetter, methodcaller
from typing import Any

import numpy as np
import pandas as pd

from toolkit.errors import BadAnswer
from toolkit.http.secrets import MaskedLink, Secret, scrub
from toolkit.plain import message, plural
from toolkit.spec import (
    Bool,
    Choice,
    Date,
    Field,
    File,
    Flag,
    Integer,
    Json,
    KindTable,
    Link,
    List,
    Masked,
    Nested,
    Number,
    Record,
    Rows,
    Text,
    Timestamp,
)

FIRST, LAST = -62_135_596_800_000, 253_402_300_799_999  # milliseconds since 1970: the years 1 to 9999
Values = list[Any]
STR, INT64, BOOLEAN = pd.StringDtype(na_value=float("nan")), pd.Int64Dtype(), pd.BooleanDtype()


def to_frame(record: type[Record], rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """A row for each row, a column for each declared field in declared order, with its dtype, even without rows."""
    columns: dict[str, Any] = {}
    _add_columns(columns, record, rows)
    if record.open:
        more = dict.fromkeys(chain.from_iterable(rows))
        for field in record.fields:
            more.pop(field.key, None)
        for key in more:
            columns[key] = text(list(map(methodcaller("get", key), rows)))
    return pd.DataFrame(columns, index=pd.RangeIndex(len(rows)), columns=pd.Index(list(columns), dtype=STR))


def excerpt(frame: pd.DataFrame, rows: int = 20) -> str:
    """The first rows as HTML, without columns in which nothing stands; of more rows, how many there are is said."""
    shown = frame.head(rows).dropna(axis=1, how="all").to_html(escape=True)
    if len(frame) <= rows:
        return shown
    count = plural("{shown:,} of {count} row", "{shown:,} of {count} rows", shown=rows, count=len(frame))
    return f"{shown}<p>{count}</p>"


def _add_columns(columns: dict[str, Any], record: type[Record], rows: Sequence[Any], prefix: str = "") -> None:
    for f in record.fields:
        values = _values(rows, f.wire or f.name, f.aliases)
        if isinstance(f, Nested):
            assert f.record
            inner = [v or {} for v in values]
            if not all(isinstance(v, dict) for v in inner):
                raise BadAnswer(message("column {prefix}{name}: not an object", prefix=prefix, name=f.name))
            _add_columns(columns, f.record, inner, f"{prefix}{f.name}.")
            continue
        try:
            cells = COLUMNS[type(f)](f, values)
        except (ValueError, TypeError, OverflowError) as problem:
            raise BadAnswer(
                message(
                    "column {prefix}{name}: not {kind}: {problem}",
                    prefix=prefix,
                    name=f.name,
                    kind=message(f.kind),
                    problem=scrub(str(problem)),
                )
            ) from None
        columns[prefix + f.name] = cells
        if isinstance(f, Choice) and f.meaning:
            places = dict(zip(f.choices, range(len(f.choices)), strict=True))
            meanings = pd.CategoricalDtype(list(f.choices.values()))
            columns[prefix + f.meaning] = pd.Categorical.from_codes([places.get(v, -1) for v in cells], dtype=meanings)


def _values(rows: Sequence[dict[str, Any]], key: str, aliases: Sequence[str] = ()) -> Values:
    """What stands in each row under a key, or under another spelling of it; None where nothing does."""
    try:
        return list(map(itemgetter(key), rows))  # two thirds of the time that asking each row takes
    except KeyError:
        spellings = (key, *aliases)
        return [next((row[name] for name in spellings if name in row), None) for row in rows]


def value(field: Field, item: Any) -> Any:
    """One value of an answer, as a cell of its kind would hold it, in plain Python.

    Raises:
        BadAnswer: it is missing, or of another kind.
    """
    try:
        (cell,) = COLUMNS[type(field)](field, [item])
    except (ValueError, TypeError, OverflowError):
        cell = None
    if cell is None or cell is pd.NA or cell != cell:
        raise BadAnswer(message("the answer holds no {kind} where one is expected", kind=message(field.kind)))
    return cell.item() if hasattr(cell, "item") else cell


def text(values: Values) -> Any:
    """Text, as `str`: whole numbers as their digits, objects as JSON."""
    if not set(map(type, values)) <= {str, type(None)}:
        values = list(map(_spelt, values))
    return pd.array(values, dtype=STR)


def _spelt(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value, ensure_ascii=False)


def _whole(field: Field, values: Values) -> Any:
    if str in set(map(type, values)):
        values = [(int(v) if v.strip() else None) if isinstance(v, str) else v for v in values]
    return pd.array(values, dtype=INT64)


def _yes_or_no(field: Field, values: Values) -> Any:
    if set(map(type, values)) <= {bool, type(None)}:
        return pd.array(values, dtype=BOOLEAN)
    return pd.array([None if v in (None, "") else _truth(v) for v in values], dtype=BOOLEAN)


def _truth(value: Any) -> bool:
    if value in (0, 1, True, False):
        return bool(value)
    text = str(value).strip().lower()
    if text in ("0", "1", "true", "false"):
        return text in ("1", "true")
    raise ValueError(message("{value!r} is neither yes nor no", value=value))


def _moment(field: Field, values: Values) -> Any:
    assert isinstance(field, Timestamp)
    if not field.format:
        return _of_milliseconds(_whole(field, values))
    style = "ISO8601" if field.format == "iso" else field.format
    moments = pd.to_datetime(pd.Series(values, dtype=STR), utc=True, format=style)
    return moments.astype("datetime64[us, UTC]").array


def _of_milliseconds(counts: Any) -> Any:
    """Timestamps of milliseconds since 1970."""
    numbers = counts.to_numpy("int64", na_value=0)
    if ((numbers < FIRST) | (numbers > LAST)).any():
        raise ValueError(message("a time outside of the years 1 to 9999"))
    moments = (numbers * 1000).view("datetime64[us]")
    moments[counts.isna()] = np.datetime64("NaT")
    return pd.DatetimeIndex(moments, tz="UTC").array


def _day(field: Field, values: Values) -> Any:
    assert isinstance(field, Date)
    return pd.to_datetime(pd.Series(values, dtype=STR), format=field.format).astype("datetime64[us]").array


def _code(field: Field, values: Values) -> Any:
    assert isinstance(field, Choice)
    numeric = all(isinstance(c, int) for c in field.choices)
    return _whole(field, values) if numeric else text(values)


def _list(field: Field, values: Values) -> Any:
    assert isinstance(field, List)
    apart = field.separator
    split = [[p.strip() for p in v.split(apart) if p.strip()] if apart and isinstance(v, str) else v for v in values]
    return objects([v if v is None or isinstance(v, list) else [v] for v in split])


def objects(values: Values) -> Any:
    """Python objects as they are; None where there is none."""
    return pd.Series(values, dtype=object).array


def _as_it_is(field: Field, values: Values) -> Any:
    return objects(values)


def _text(field: Field, values: Values) -> Any:
    return text(values)


def _number(field: Field, values: Values) -> Any:
    return pd.to_numeric(pd.Series(values, dtype=object)).astype("float64").array


def _secret(field: Field, values: Values) -> Any:
    return objects([None if v in (None, "") else Secret(v) for v in values])


def _link(field: Field, values: Values) -> Any:
    return objects([None if v in (None, "") else MaskedLink(v) for v in values])


COLUMNS: KindTable[Callable[[Field, Values], Any]] = KindTable(
    {
        Text: _text,
        Integer: _whole,
        Number: _number,
        Bool: _yes_or_no,
        Flag: _yes_or_no,
        Timestamp: _moment,
        Date: _day,
        Choice: _code,
        List: _list,
        Json: _as_it_is,
        Rows: _as_it_is,
        File: _text,
        Masked: _secret,
        Link: _link,
    },
    without=(Nested,),  # whose fields are columns of their own
)
