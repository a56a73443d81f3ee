"""Days and times as people write them. The day comes first where nothing else tells."""

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from toolkit.errors import InputError
from toolkit.sheets.cells import folded, latin
from toolkit.sheets.rule import Read, Reading, Rule, Wrong, finder
from toolkit.spec import Date, Timestamp

_MONTHS = (
    ("ene", "jan", "січ"), ("feb", "fev", "лют"), ("mar", "бер"), ("abr", "apr", "кві"), ("may", "mai", "тра"),
    ("jun", "чер"), ("jul", "лип"), ("ago", "aug", "сер"), ("sep", "set", "вер"), ("oct", "out", "жов"),
    ("nov", "лис"), ("dic", "dec", "dez", "гру"),
)  # fmt: skip
_MONTH = {name: number for number, names in enumerate(_MONTHS, 1) for name in names}
_ISO = re.compile(r"([12]\d{3})[-/.](\d{1,2})[-/.](\d{1,2})|([12]\d{3})(\d\d)(\d\d)", re.ASCII).fullmatch
_NUMERIC = re.compile(r"(\d{1,2})([-/.\s])(\d{1,2})\2([12]\d{3}|\d\d)", re.ASCII).fullmatch
_NAMED = re.compile(r"(\d{1,2})(?:\s+de\s+|[-/.\s]+)([^\W\d]+)\.?,?(?:\s+del?\s+|[-/.\s]+)([12]\d{3})").fullmatch
_MONTH_FIRST = re.compile(r"([^\W\d]+)\.?\s+(\d{1,2}),?\s+([12]\d{3})").fullmatch
_CLOCK = re.compile(r"(?:^|[T\s]+)(\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?)\s*(Z|[+-]\d\d:?\d\d)?$", re.IGNORECASE)
_SERIAL = re.compile(r"[2-6]\d{4}", re.ASCII).fullmatch
_DAYS = {  # how months of that length are written
    "(?:0[1-9]|1[0-9]|2[0-8])": "(?:0[1-9]|1[0-2])", "(?:29|30)": "(?:0[13-9]|1[0-2])", "31": "(?:0[13578]|1[02])"
}  # fmt: skip
_WRITTEN = {
    "%Y-%m-%d": "(?:19|20)[0-9]{2}-(?:" + "|".join(f"{month}-{day}" for day, month in _DAYS.items()) + ")",
    "%d/%m/%Y": "(?:" + "|".join(f"{day}/{month}" for day, month in _DAYS.items()) + ")/(?:19|20)[0-9]{2}",
}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_day(text: str, day_first: bool) -> date:
    """The day that a text names.

    Raises:
        Wrong: it names none, or more than one; with a proposal where there is a likely one.
    """
    text = latin(text)
    try:
        if found := _ISO(text):
            year, month, day = (int(part) for part in found.groups() if part)
        elif found := _NAMED(text):
            day, month, year = int(found[1]), _month(found[2]), int(found[3])
        elif found := _MONTH_FIRST(text):
            month, day, year = _month(found[1]), int(found[2]), int(found[3])
        elif found := _NUMERIC(text):
            return _numeric(int(found[1]), int(found[3]), found[4], day_first)
        else:
            raise Wrong("is not a date", _serial(text))
        return date(year, month, day)
    except ValueError:
        raise Wrong("is a day that no calendar has") from None


def _numeric(first: int, second: int, year: str, day_first: bool) -> date:
    day, month = (first, second) if day_first else (second, first)
    full = int(year) if len(year) == 4 else int(year) + (1900 if int(year) > 68 else 2000)
    if month > 12 >= day and month <= 31:
        order = "day" if day_first else "month"
        raise Wrong(f"has no month {month} when the {order} comes first", date(full, day, month).isoformat())
    found = date(full, month, day)
    if len(year) == 2:
        raise Wrong("leaves the century open", found.isoformat())
    return found


def _month(name: str) -> int:
    if (found := _MONTH.get(folded(name)[:3])) is None:
        raise Wrong("names no month")
    return found


def _serial(text: str) -> str | None:
    """The day that a spreadsheet counts so."""
    return (date(1899, 12, 30) + timedelta(int(text))).isoformat() if _SERIAL(text) else None


def day(field: Date, reading: Reading) -> Rule:
    def read(value: str | date) -> Read:
        if isinstance(value, str):
            return _day_of_text(value, field.format, reading)
        if isinstance(value, datetime):
            if value.timetz().replace(tzinfo=None) != datetime.min.time():
                raise Wrong("has a time of day", value.date().isoformat())
            value = value.date()
        return Read(value.strftime(field.format))

    known = field.format in _WRITTEN and (reading.day_first or not field.format.startswith("%d"))
    return Rule(read, (date,), finder(_WRITTEN[field.format]) if known else None)


def _day_of_text(text: str, form: str, reading: Reading) -> Read:
    clock = _CLOCK.search(text)
    found = read_day(text[: clock.start()] if clock else text, reading.day_first)
    if clock and re.search(r"[1-9]", clock[1]):
        raise Wrong("has a time of day", found.isoformat())
    written = found.strftime(form)
    return Read(written, text if text in (written, found.isoformat()) else found.isoformat())


def zone_of(name: str) -> tzinfo:
    """The time zone of that name."""
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise InputError(f"there is no time zone named {name!r}") from None


def time(field: Timestamp, reading: Reading) -> Rule:
    zone = zone_of(reading.zone)

    def read(value: str | datetime) -> Read:
        moment = _moment(value, reading.day_first) if isinstance(value, str) else value
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
        if not field.format:
            return Read((moment - EPOCH) // timedelta(milliseconds=1))
        return Read(moment.isoformat() if field.format == "iso" else moment.strftime(field.format))

    return Rule(read, takes=(datetime,))


def _moment(text: str, day_first: bool) -> datetime:
    text = latin(text)
    clock = _CLOCK.search(text)
    found = read_day(text[: clock.start()] if clock else text, day_first)
    if not clock:
        return datetime.fromisoformat(found.isoformat())
    try:
        return datetime.fromisoformat(f"{found.isoformat()}T{clock[1]:0>5}{(clock[2] or '').upper()}")
    except ValueError:
        raise Wrong("has a time that no clock shows") from None
