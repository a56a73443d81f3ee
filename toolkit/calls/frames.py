"""Rows to DataFrames. The only room that knows dtypes."""

import json
import re
import unicodedata
import warnings
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cache, lru_cache, partial
from itertools import chain, filterfalse, islice
from operator import itemgetter, methodcaller
from typing import Any

import numpy as np
import pandas as pd

from toolkit.errors import AnswerWarning, BadAnswer
from toolkit.http.secrets import MaskedLink, Secret
from toolkit.plain import message, plain, plural
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
SECRET_NAMES = r"token|secret|passw|contrase|api_?(code|key)|pin_?code"  # of members that nobody declared


def to_frame(
    record: type[Record], rows: Sequence[dict[str, Any]], *, call: str = "", apart: Collection[str] | None = None
) -> pd.DataFrame:
    """A row for each row, a column for each declared field in declared order, with its dtype, even without rows.

    A cell that is not what is declared is missing, and a warning says so once. Members that nobody declared become
    further columns, as text, where the record is open or `apart` names those that are no part of the row.
    """
    columns: dict[str, Any] = {}
    unexpected = _Unexpected()
    _add_columns(columns, record, rows, unexpected)
    if record.open or apart is not None:
        declared = {name for f in record.fields for name in (f.wire or f.name, *f.aliases)}
        further = [*filterfalse(declared.__contains__, dict.fromkeys(chain.from_iterable(rows)))]
        known = set(map(folded_key, (*declared, *record.apart, *(apart or ())))) if further else set()
        for key in further:
            if known and folded_key(key) in known:
                continue
            values = list(map(methodcaller("get", key), rows))
            is_secret = re.search(SECRET_NAMES, str(key), re.IGNORECASE)
            columns[f"{key} (answer)" if key in columns else key] = _masked(values) if is_secret else text(values)
            if not record.open:
                unexpected.members.append(str(key))
    if unexpected.cells or unexpected.members:
        unexpected.warn(call)
    names = None if columns else pd.Index([], dtype=STR)
    return pd.DataFrame(columns, index=pd.RangeIndex(len(rows)), columns=names, copy=False)


def in_blocks(record: type[Record], rows: Iterable[dict[str, Any]], *, size: int = 10_000) -> pd.DataFrame:
    """The same of rows that come one after the other: they become a frame a block at a time, and are let go."""
    rest, frames = iter(rows), list[pd.DataFrame]()
    while block := list(islice(rest, size)):
        frames.append(to_frame(record, block))
    return pd.concat(frames, ignore_index=True) if len(frames) > 1 else (frames or [to_frame(record, [])])[0]


def differences(record: type[Record], rows: Sequence[dict[str, Any]], apart: Collection[str]) -> list[str]:
    """What rows hold that is not as it is declared, and what none of them holds that is."""
    unexpected = _Unexpected()
    _add_columns({}, record, rows, unexpected)
    seen = {folded_key(key) for key in chain.from_iterable(rows)}
    known = {folded_key(name) for f in record.fields for name in (f.key, *f.aliases)}
    known |= {folded_key(name) for name in (*record.apart, *apart)}
    unexpected.members += [] if record.open else sorted(seen - known)
    expected = [f for f in record.fields if rows and not f.omissible]
    missing = [f.key for f in expected if not {folded_key(n) for n in (f.key, *f.aliases)} & seen]
    lacking = [message("no row has {names}", names=", ".join(missing))] if missing else []
    return [*unexpected.facts(), *lacking]


class _Unexpected:
    """What an answer holds that its document does not show."""

    def __init__(self) -> None:
        self.cells: list[tuple[str, str, int, str]] = []  # column, kind, how many, the form of one
        self.members: list[str] = []

    def facts(self) -> list[str]:
        text = "{column}: {count} of the cells are no {kind} (as {form}), and are missing"
        facts = [message(text, column=c, kind=message(k), count=n, form=f) for c, k, n, f in self.cells]
        if self.members:
            names = ", ".join(self.members)
            facts.append(message("the answer has members that the document does not show: {names}", names=names))
        return facts

    def warn(self, call: str) -> None:
        """Say it once a call."""
        facts = "; ".join(self.facts())
        text = message("{call}: {facts}. `.raw` gives the answer as it came.", call=call, facts=facts)
        warnings.warn(plain(text), AnswerWarning, stacklevel=2)


def form_of(value: Any) -> str:
    """The form of a value, without what it says: letters are a, digits 9."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return "".join("9" if c.isdigit() else "a" if c.isalpha() else c for c in text[:40])


def folded_key(name: Any) -> str:
    """A key as it is recognised: without spaces around it, in small letters."""
    return str(name).strip().casefold()


def _masked(values: Values) -> Any:
    """A column that nobody declared, under a mask: its name calls it a secret."""
    return objects([None if v in (None, "") else Secret(_spelt(v) or "") for v in values])


def excerpt(frame: pd.DataFrame, rows: int = 20) -> str:
    """The first rows as HTML, without columns in which nothing stands; of more rows, how many there are is said."""
    shown = frame.head(rows).dropna(axis=1, how="all").to_html(escape=True, na_rep="")
    if len(frame) <= rows:
        return shown
    count = plural("{shown:,} of {count} row", "{shown:,} of {count} rows", shown=rows, count=len(frame))
    return f"{shown}<p>{count}</p>"


def _add_columns(
    columns: dict[str, Any], record: type[Record], rows: Sequence[Any], unexpected: _Unexpected, prefix: str = ""
) -> None:
    spellings = cache(partial(_spellings, rows))  # looked at once, and only where a key is missing somewhere
    for f in record.fields:
        name = prefix + f.name
        try:
            values = list(map(itemgetter(f.key), rows))  # two thirds of the time that asking each row takes
        except KeyError:
            values = _under_other_names(rows, (f.key, *f.aliases), spellings())
        if isinstance(f, Nested):
            assert f.record
            inner = [v or {} for v in values]
            if others := [v for v in inner if not isinstance(v, dict)]:
                unexpected.cells.append((name, "object", len(others), form_of(others[0])))
                inner = [v if isinstance(v, dict) else {} for v in inner]
            _add_columns(columns, f.record, inner, unexpected, f"{name}.")
            continue
        if values and values[0] is None and values.count(None) == len(values):
            cells = _missing(f).take(np.zeros(len(values), dtype=np.intp))
        else:
            try:
                cells = COLUMNS[type(f)](values, f)
            except (ValueError, TypeError, OverflowError):
                cells = _one_by_one(f, values, name, unexpected)
        columns[name] = cells
        if isinstance(f, Choice) and f.meaning:
            columns[prefix + f.meaning] = _meanings(f, cells, values)


@lru_cache(1_000)
def _missing(field: Field) -> Any:
    """One missing cell of a field's column: a column that has no other is made of it, ten times as fast."""
    return COLUMNS[type(field)]([None], field)


def _one_by_one(field: Field, values: Values, name: str, unexpected: _Unexpected) -> Any:
    """A column in which some cells are not of its kind: these are missing."""
    column, others, known = COLUMNS[type(field)], [], []
    for item in values:
        try:
            column([item], field)
            known.append(item)
        except (ValueError, TypeError, OverflowError):
            others.append(item)
            known.append(None)
    in_words = isinstance(field, Choice) and field.meaning  # a word without a code stands where meanings stand
    if named := [v for v in others if not (in_words and isinstance(v, str))]:
        unexpected.cells.append((name, field.kind, len(named), form_of(named[0])))
    return column(known, field)


def _meanings(field: Choice, codes: Any, values: Values) -> Any:
    """What each code means; the vendor's own word, where it sent one that has no code."""
    known = dict.fromkeys([*field.choices.values(), *([field.others] if field.others else [])])
    words = [None if code is pd.NA else field.choices.get(code) or field.others or None for code in codes]
    if str in set(map(type, values)):
        spelt = (v if isinstance(v, str) and v.strip() else None for v in values)
        words = [own if code is pd.NA else word for code, word, own in zip(codes, words, spelt, strict=True)]
        known |= dict.fromkeys(filter(None, words))
    places: dict[str | None, int] = {word: place for place, word in enumerate(known)}
    return pd.Categorical.from_codes([places.get(w, -1) for w in words], dtype=_categories(tuple(known)))


@lru_cache  # making one takes ten times as long as using it
def _categories(words: tuple[str, ...]) -> "pd.CategoricalDtype[str]":
    return pd.CategoricalDtype([*words])


def _under_other_names(
    rows: Sequence[dict[str, Any]], declared: Sequence[str], spellings: dict[str, list[str]]
) -> Values:
    """What stands in each row under one of these names, or another spelling of it; None where nothing does."""
    alike = chain.from_iterable(spellings.get(folded_key(name), ()) for name in declared)
    names = dict.fromkeys((*declared, *alike))
    if spellings.keys().isdisjoint(map(folded_key, names)):
        return [None] * len(rows)
    return [next((row[name] for name in names if name in row), None) for row in rows]


def _spellings(rows: Sequence[dict[str, Any]]) -> dict[str, list[str]]:
    """The keys of all rows, by what they are recognised by."""
    spellings: dict[str, list[str]] = {}
    for key in dict.fromkeys(chain.from_iterable(rows)):
        spellings.setdefault(folded_key(key), []).append(key)
    return spellings


def value(field: Field, item: Any) -> Any:
    """One value of an answer, as a cell of its kind would hold it, in plain Python.

    Raises:
        BadAnswer: it is missing, or of another kind.
    """
    try:
        (cell,) = COLUMNS[type(field)]([item], field)
    except (ValueError, TypeError, OverflowError):
        cell = None
    if cell is None or cell is pd.NA or cell != cell:
        raise BadAnswer(message("the answer holds no {kind} where one is expected", kind=message(field.kind)))
    return cell.item() if hasattr(cell, "item") else cell


def text(values: Values, _: Field | None = None) -> Any:
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


def _whole(values: Values, _: Field | None = None) -> Any:
    kinds = set(map(type, values))
    if kinds == {int}:
        return pd.arrays.IntegerArray(np.array(values, dtype="int64"), np.zeros(len(values), dtype=bool))
    if str in kinds:
        values = [(int(v) if v.strip() else None) if isinstance(v, str) else v for v in values]
    return pd.array(values, dtype=INT64)


def _yes_or_no(values: Values, _: Field) -> Any:
    kinds = set(map(type, values))
    if kinds == {bool}:  # a third of the time that pandas takes to find that out
        return pd.arrays.BooleanArray(np.array(values, dtype=bool), np.zeros(len(values), dtype=bool))
    if kinds <= {bool, type(None)}:
        return pd.array(values, dtype=BOOLEAN)
    return pd.array([None if v in (None, "") else _truth(v) for v in values], dtype=BOOLEAN)


def _truth(value: Any) -> bool:
    if value in (0, 1, True, False):
        return bool(value)
    text = str(value).strip().lower()
    if text in ("0", "1", "true", "false"):
        return text in ("1", "true")
    raise ValueError(message("{value!r} is neither yes nor no", value=value))


def _moment(values: Values, field: Field) -> Any:
    assert isinstance(field, Timestamp)
    try:
        if not field.format:
            return _of_milliseconds(_whole(values))
        if field.zone == "UTC" and not field.also:
            style = "ISO8601" if field.format == "iso" else field.format
            moments = pd.to_datetime(pd.Series(values, dtype=STR), utc=True, format=style, cache=False)
            return moments.astype("datetime64[us, UTC]").array
    except ValueError:
        pass  # then each is looked at by itself
    return pd.Series([_one_moment(field, v) for v in values], dtype="datetime64[us, UTC]").array


def _of_milliseconds(counts: Any) -> Any:
    """Timestamps of milliseconds since 1970."""
    numbers = counts.to_numpy("int64", na_value=0)
    if ((numbers < FIRST) | (numbers > LAST)).any():
        raise ValueError(message("a time outside of the years 1 to 9999"))
    moments = (numbers * 1000).view("datetime64[us]")
    moments[counts.isna()] = np.datetime64("NaT", "us")
    return pd.DatetimeIndex(moments, tz="UTC").array


def _one_moment(field: Timestamp, item: Any) -> Any:
    """A moment in any of the forms that are told apart: epoch milliseconds, ISO 8601, the one declared.

    Raises:
        ValueError: it has none of them.
    """
    if item is None or (isinstance(item, str) and (not item.strip() or item.startswith("0000"))):
        return pd.NaT  # a day 0000-00-00 is how some databases write that there is none
    if isinstance(item, bool) or not isinstance(item, str | int | float):
        raise ValueError(message("no time"))
    number = str(item).strip().lstrip("-")
    if number.isdecimal() and len(number) > 8 and FIRST <= int(item) <= LAST:
        return pd.to_datetime(int(item), unit="ms", utc=True)
    styles = dict.fromkeys(["ISO8601", field.also, "" if field.format == "iso" else field.format])
    for style in filter(None, styles):
        try:
            moment = pd.to_datetime(str(item).strip(), format=style)
        except ValueError:
            continue
        return (moment if moment.tzinfo else moment.tz_localize(field.zone)).tz_convert("UTC")
    raise ValueError(message("no time"))


def _day(values: Values, field: Field) -> Any:
    assert isinstance(field, Date)
    return pd.to_datetime(pd.Series(values, dtype=STR), format=field.format).astype("datetime64[us]").array


def _code(values: Values, field: Field) -> Any:
    assert isinstance(field, Choice)
    if not isinstance(next(iter(field.choices), 0), int):  # codes are all numbers or all text
        return text(values)
    if str in set(map(type, values)):  # a code's own word stands for it
        codes = {_in_words(word): code for code, word in field.choices.items()}
        values = [codes.get(_in_words(v), v) if isinstance(v, str) else v for v in values]
    return _whole(values)


def _in_words(text: str) -> str:
    """Without accents, in small letters."""
    plain_letters = unicodedata.normalize("NFKD", text.strip().casefold())
    return "".join(c for c in plain_letters if not unicodedata.combining(c))


def _list(values: Values, field: Field) -> Any:
    assert isinstance(field, List)
    apart = field.separator
    split = [[p.strip() for p in v.split(apart) if p.strip()] if apart and isinstance(v, str) else v for v in values]
    return objects([v if v is None or isinstance(v, list) else [v] for v in split])


def objects(values: Values, _: Field | None = None) -> Any:
    """Python objects as they are; None where there is none."""
    return pd.arrays.NumpyExtensionArray(np.fromiter(values, object, len(values)))


def _number(values: Values, _: Field) -> Any:
    return pd.to_numeric(pd.Series(values, dtype=object)).astype("float64").array


def _secret(values: Values, _: Field) -> Any:
    return objects([None if v in (None, "") else Secret(v) for v in values])


def _link(values: Values, _: Field) -> Any:
    return objects([None if v in (None, "") else MaskedLink(v) for v in values])


COLUMNS: KindTable[Callable[[Values, Field], Any]] = KindTable(
    {
        Text: text,
        Integer: _whole,
        Number: _number,
        Bool: _yes_or_no,
        Flag: _yes_or_no,
        Timestamp: _moment,
        Date: _day,
        Choice: _code,
        List: _list,
        Json: objects,
        Rows: objects,
        File: text,
        Masked: _secret,
        Link: _link,
    },
    without=(Nested,),  # whose fields are columns of their own
)
