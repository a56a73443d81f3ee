"""Dates and times as people write them."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from toolkit.errors import InputError
from toolkit.plain import mark, message
from toolkit.sheets.cells import folded, latin
from toolkit.sheets.checker import QUESTION, CellError, CellRule, ParseOptions, Result, unlike
from toolkit.spec import Date, Timestamp

_MONTHS = (
    "enero january janeiro січень січня", "febrero february fevereiro лютий лютого",
    "marzo march março березень березня", "abril april квітень квітня", "mayo may maio травень травня",
    "junio june junho червень червня", "julio july julho липень липня", "agosto august серпень серпня",
    "septiembre setiembre september setembro вересень вересня",
    "octubre october outubro жовтень жовтня", "noviembre november novembro листопад листопада",
    "diciembre december dezembro грудень грудня",
)  # fmt: skip
_MONTH_NAMES = [(folded(name), number) for number, names in enumerate(_MONTHS, 1) for name in names.split()]
_ISO = re.compile(r"([12]\d{3})[-/.](\d{1,2})[-/.](\d{1,2})|([12]\d{3})(\d\d)(\d\d)", re.ASCII).fullmatch
_NUMERIC = re.compile(r"(\d{1,2})([-/.\s])(\d{1,2})\2([12]\d{3}|\d\d)", re.ASCII).fullmatch
_SMALL, _LARGE, _YEAR = r"(?:0?[1-9]|1[0-2])", r"(?:1[3-9]|2\d|3[01])", r"(?:[12]\d{3}|\d\d)(?!\d)"
_DAY_FIRST_ONLY, _MONTH_FIRST_ONLY, _EITHER_FIRST = (
    re.compile(rf"^[ \t]{{0,9}}{one}([-/. ]){other}\1{_YEAR}", re.MULTILINE | re.ASCII).search
    for one, other in ((_LARGE, _SMALL), (_SMALL, _LARGE), (_SMALL, _SMALL))
)
_NAMED = re.compile(
    r"(\d{1,2})(?:\s{1,3}de\s{1,3}|[-/.\s]{1,3})([^\W\d]{3,15})\.?,?(?:\s{1,3}del?\s{1,3}|[-/.\s]{1,3})([12]\d{3})"
).fullmatch
_MONTH_FIRST = re.compile(r"([^\W\d]{3,15})\.?\s{1,3}(\d{1,2}),?\s{1,3}([12]\d{3})").fullmatch
_CLOCK = re.compile(
    r"(.{0,80}?)(?:^|[T\s])\s{0,3}(\d{1,2}:\d\d(?::\d\d(?:\.\d{1,9})?)?)\s{0,3}(Z|[+-]\d\d:?\d\d)?",
    re.IGNORECASE | re.DOTALL,
).fullmatch
_SERIAL = re.compile(r"[2-6]\d{4}", re.ASCII).fullmatch
_DAYS = {  # how months of that length are written
    "(?:0[1-9]|1[0-9]|2[0-8])": "(?:0[1-9]|1[0-2])", "(?:29|30)": "(?:0[13-9]|1[0-2])", "31": "(?:0[13578]|1[02])"
}  # fmt: skip
_WRITTEN = {
    "%Y-%m-%d": "(?:19|20)[0-9]{2}-(?:" + "|".join(f"{month}-{day}" for day, month in _DAYS.items()) + ")",
    "%d/%m/%Y": "(?:" + "|".join(f"{day}/{month}" for day, month in _DAYS.items()) + ")/(?:19|20)[0-9]{2}",
}
_THIS_CENTURY = 29  # of years in two digits, the last that spreadsheets take for one after 2000
_ZERO = (1899, 12, 30), (1899, 12, 31)  # what the number 0 is as a day
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def order_of(blocks: Iterable[list[str]]) -> tuple[bool | None, str]:
    """Whether days come before months in the texts of a column, block by block; None where some cannot be so.

    And what is to be said of that.
    """
    days = months = either = False
    for text in map("\n".join, blocks):
        months = months or _MONTH_FIRST_ONLY(text) is not None
        days = days or _DAY_FIRST_ONLY(text) is not None
        either = either or (not days and _EITHER_FIRST(text) is not None)
    if months:
        return None, ""
    shown = days or not either
    return True, "" if shown else message("the day was taken to come first, though none of the dates shows it")


def read_date(text: str, day_first: bool | None) -> date:
    """The day that a text names.

    Raises:
        CellError: it names none, or more than one; with a proposal where there is a likely one.
    """
    text = latin(text)
    try:
        if parts := _ISO(text):
            year, month, day = (int(part) for part in parts.groups() if part)
        elif parts := _NAMED(text):
            day, month, year = int(parts[1]), _month(parts[2]), int(parts[3])
        elif parts := _MONTH_FIRST(text):
            month, day, year = _month(parts[1]), int(parts[2]), int(parts[3])
        elif parts := _NUMERIC(text):
            return _numeric(int(parts[1]), int(parts[3]), parts[4], day_first)
        else:
            raise CellError(mark("is not a date"), _serial(text))
        return date(year, month, day)
    except ValueError:
        raise CellError(mark("is a day that no calendar has")) from None


def _numeric(first: int, second: int, year: str, day_first: bool | None) -> date:
    full = int(year) if len(year) == 4 else int(year) + (1900 if int(year) > _THIS_CENTURY else 2000)
    day, month = (second, first) if day_first is False else (first, second)
    if day_first is None and first != second and max(first, second) <= 12:
        detail = message(
            "{one} or {other}; `day_first=` decides",
            one=date(full, second, first).isoformat(),
            other=date(full, first, second).isoformat(),
        )
        raise CellError(mark("can be read as two days"), detail=detail, level=QUESTION)
    if month > 12 >= day and month <= 31:
        months_first = message("no month {month} when the month comes first", month=month)
        days_first = message("no month {month} when the day comes first", month=month)
        detail = months_first if day_first is False else days_first
        raise CellError(mark("has no such month"), date(full, day, month).isoformat(), detail=detail, level=QUESTION)
    read = date(full, month, day)
    if len(year) == 2:
        raise CellError(mark("leaves the century open"), read.isoformat(), level=QUESTION)
    return read


def _month(name: str) -> int:
    plain = folded(name)
    months = {number for known, number in _MONTH_NAMES if known.startswith(plain)}
    if len(plain) < 3 or len(months) != 1:
        raise CellError(mark("names no month"))
    return months.pop()


def _serial(text: str) -> str | None:
    """The day that a spreadsheet counts so."""
    return (date(1899, 12, 30) + timedelta(int(text))).isoformat() if _SERIAL(text) else None


def day(field: Date, options: ParseOptions) -> CellRule:
    def parse(value: str | date) -> Result:
        if isinstance(value, str):
            return _day_of_text(value, field.format, options)
        _raise_if_zero(value)
        if isinstance(value, datetime):
            if value.timetz().replace(tzinfo=None) != datetime.min.time():
                raise CellError(mark("has a time of day"), value.date().isoformat(), level=QUESTION)
            value = value.date()
        return Result(_written(value, field.format))

    known = field.format in _WRITTEN and (options.day_first or not field.format.startswith("%d"))
    return CellRule(parse, (date,), unlike=unlike(_WRITTEN[field.format]) if known else None)


def _raise_if_zero(day: date) -> None:
    if (day.year, day.month, day.day) in _ZERO:
        raise CellError(
            mark("is what a spreadsheet makes of an empty cell, or of a time without a day"), level=QUESTION
        )


def _written(day: date, form: str) -> str:
    """A day as it is sent; one that was never written as ISO 8601 has it."""
    return day.isoformat() if form == "as written" else day.strftime(form)


def _day_of_text(text: str, form: str, options: ParseOptions) -> Result:
    clock = _CLOCK(text)
    read = read_date(clock[1] if clock else text, options.day_first)
    _raise_if_zero(read)
    if clock and re.search(r"[1-9]", clock[2]):
        raise CellError(mark("has a time of day"), read.isoformat(), level=QUESTION)
    if form == "as written":
        return Result(text, text)
    written = read.strftime(form)
    return Result(written, text if text in (written, read.isoformat()) else read.isoformat())


def zone_of(name: str) -> tzinfo:
    """The time zone of that name."""
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise InputError(message("there is no time zone named {name!r}", name=name)) from None


def moment(field: Timestamp, options: ParseOptions) -> CellRule:
    theirs = zone_of(field.zone)

    def parse(value: str | datetime) -> Result:
        read = _moment(value, options.day_first) if isinstance(value, str) else value
        read = (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
        if not field.format:
            return Result((read - EPOCH) // timedelta(milliseconds=1))
        return Result(read.isoformat() if field.format == "iso" else read.astimezone(theirs).strftime(field.format))

    return CellRule(parse, takes=(datetime,))


def _moment(text: str, day_first: bool | None) -> datetime:
    text = latin(text)
    clock = _CLOCK(text)
    day = read_date(clock[1] if clock else text, day_first)
    if not clock:
        return datetime.fromisoformat(day.isoformat())
    try:
        return datetime.fromisoformat(f"{day.isoformat()}T{clock[2]:0>5}{(clock[3] or '').upper()}")
    except ValueError:
        raise CellError(mark("has a time that no clock shows")) from None
