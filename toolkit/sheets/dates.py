"""Dates and times as people write them."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import islice
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from toolkit.errors import InputError
from toolkit.plain import mark, message
from toolkit.sheets.cells import folded, latin
from toolkit.sheets.checker import DOUBT, QUESTION, CellError, CellRule, ParseOptions, Problem, Result, unlike
from toolkit.sheets.synonyms import spoken
from toolkit.spec import Date, Timestamp

_MONTHS = (  # in Spanish, English, Portuguese, Ukrainian, German, French, Italian, Polish and Russian
    "enero january janeiro січень січня januar jänner janvier gennaio styczeń stycznia январь января",
    "febrero february fevereiro лютий лютого februar feber février febbraio luty lutego февраль февраля",
    "marzo march março березень березня märz mrz mars marzec marca март марта",
    "abril april квітень квітня avril aprile kwiecień kwietnia апрель апреля",
    "mayo may maio травень травня mai maggio maj maja май мая",
    "junio june junho червень червня juni juin giugno czerwiec czerwca июнь июня",
    "julio july julho липень липня juli juillet luglio lipiec lipca июль июля",
    "agosto august серпень серпня août sierpień sierpnia август августа",
    "septiembre setiembre september setembro вересень вересня septembre settembre wrzesień września сентябрь сентября",
    "octubre october outubro жовтень жовтня oktober octobre ottobre październik października октябрь октября",
    "noviembre november novembro листопад листопада novembre listopad listopada ноябрь ноября",
    "diciembre december dezembro грудень грудня dezember décembre dicembre grudzień grudnia декабрь декабря",
)  # fmt: skip
_WEEKDAYS = (  # from Monday on
    "lunes segunda segundafeira monday понеділок montag lundi lunedì понедельник poniedziałek",
    "martes terça terçafeira tuesday вівторок dienstag mardi martedì вторник wtorek",
    "miércoles quarta quartafeira wednesday середа mittwoch mercredi mercoledì среда środa",
    "jueves quinta quintafeira thursday четвер donnerstag jeudi giovedì четверг czwartek",
    "viernes sexta sextafeira friday п'ятниця freitag vendredi venerdì пятница piątek",
    "sábado saturday субота samstag sonnabend samedi sabato суббота sobota",
    "domingo sunday неділя sonntag dimanche domenica воскресенье niedziela",
)
_DAY_NAMES = [(folded(name), number) for number, names in enumerate(_WEEKDAYS) for name in names.split()]
_MONTH_NAMES = [(folded(name), number) for number, names in enumerate(_MONTHS, 1) for name in names.split()]
_ISO = re.compile(r"([12]\d{3})[-/.](\d{1,2})[-/.](\d{1,2})|([12]\d{3})(\d\d)(\d\d)", re.ASCII).fullmatch
_NUMERIC = re.compile(r"(\d{1,2})([-/.\s])(\d{1,2})\2([12]\d{3}|\d\d)", re.ASCII).fullmatch
_SMALL, _LARGE, _YEAR = r"(?:0?[1-9]|1[0-2])", r"(?:1[3-9]|2\d|3[01])", r"(?:[12]\d{3}|\d\d)(?!\d)"
_DAY_FIRST_ONLY, _MONTH_FIRST_ONLY, _EITHER_FIRST = (
    re.compile(rf"^[ \t]{{0,9}}{one}([-/. ]){other}\{group}{_YEAR}", re.MULTILINE | re.ASCII)
    for one, other, group in (
        *((_LARGE, _SMALL, 1), (_SMALL, _LARGE, 1)),
        (rf"(?!0?(\d{{1,2}})[-/. ]0?\1[-/. ]){_SMALL}", _SMALL, 2),  # but for 5/5
    )
)
_LATE_IN_MONTH = re.compile(r"^[12]\d{3}-\d\d-(?:1[3-9]|2\d|3[01])(?!\d)", re.MULTILINE | re.ASCII).search
_EARLY_IN_MONTH = re.compile(r"^[12]\d{3}-(\d\d)-(?!\1)(?:0\d|1[0-2])(?!\d)", re.MULTILINE | re.ASCII)
_A_DAY, _A_MONTH = "(?:dd?|tt?|дд?|d[ií]a|day|tag|день)", "(?:mm?|мм?|m[eê]s|month|monat|місяць)"
_ORDER = re.compile(
    rf"(?<![^\W\d_])(?:({_A_MONTH}[-/. ]{{1,2}}{_A_DAY}(?![^\W\d_]))|{_A_DAY}[-/. ]{{1,2}}{_A_MONTH}(?![^\W\d_]))"
).search
_ON_WEEKDAY = re.compile(r"^[ \t]{0,9}([^\W\d_]{2,13}\.?,?[ ]\d{1,2}([-/. ])\d{1,2}\2[12]\d{3})", re.MULTILINE)
_FEW = 2  # days of each kind, where a spreadsheet made days of some
_MOST = 0.8  # of the texts of a column of days are days
_SAMPLE = 50  # days with the day of the week
_SURE = 3  # dates that show an order, where none shows another
_DAY_SECOND = re.compile(rf"^[ \t]{{0,9}}[12]\d{{3}}([-/.]){_LARGE}\1{_SMALL}(?!\d)", re.MULTILINE | re.ASCII).search
_DAY, _MONTH, _ANY_YEAR = r"(\d{1,2})(?:st|nd|rd|th|er|r?o|\.?[º°ª])?", r"([^\W\d]{3,15})\.?", r"'?([12]\d{3}|\d\d)"
_OF = r"(?:\s{1,3}del?\s{1,3}|[-/.\s]{0,3})"
_NAMED = re.compile(rf"{_DAY}\.?{_OF}{_MONTH},?{_OF}{_ANY_YEAR}", re.IGNORECASE).fullmatch
_MONTH_FIRST = re.compile(
    rf"{_MONTH}[-/\s]{{1,3}}{_DAY},?(?:\s{{1,3}}del?\s{{1,3}}|[-/\s]{{1,3}}){_ANY_YEAR}", re.I
).fullmatch
_YEAR_FIRST = re.compile(rf"([12]\d{{3}})[-/.\s]{{1,3}}{_MONTH}[-/.\s]{{1,3}}(\d{{1,2}})").fullmatch
_WEEKDAY = re.compile(r"([^\W\d]{2,13}(?:[-'’ʼ][^\W\d]{2,7})?)\.?,?\s{1,3}(.{6,80})", re.DOTALL).fullmatch
_OF_THE_YEAR = re.compile(r"(?<=\d)\s{0,3}(?:р(?:оку|\.)?|г(?:ода|\.)?)$", re.IGNORECASE)
_CLOCK = re.compile(
    r"(.{0,80}?)(?:^|[T\s]|,\s)\s{0,3}(\d{1,2}:\d\d(?::\d\d(?:\.\d{1,9})?)?)\s{0,3}(?:([ap])\.?\s?m\b\.?)?"
    r"\s{0,3}(?:uhr|h(?:rs?)?\.?)?(?:(?:UTC|GMT)(?![+-]))?(Z|(?:UTC|GMT)?[+-]\d\d:?\d\d)?(?:\s\([^)]{0,60}\))?",
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
_AN_OLD_YEAR, _A_YEAR_OF_BIRTH = "(?:19|20)[0-9]{2}", "(?:19[2-9]|20[01])[0-9]"
TWO_DAYS, NO_MONTH = mark("can be read as two days"), mark("has no such month")
OPEN_CENTURY = mark("leaves the century open")
UNLIKELY_BIRTH = Problem(mark("is no likely day of birth"), level=DOUBT)
_BORN = range(1911, 2026)  # years in which people who are asked for may be born
_THIS_CENTURY = 29  # of years in two digits, the last that spreadsheets take for one after 2000
_ZERO = (1899, 12, 30), (1899, 12, 31)  # what the number 0 is as a day
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def order_of(blocks: Iterable[list[str]]) -> tuple[bool | None, str]:
    """Whether days come before months in the texts of a column, block by block; None where some cannot be so.

    And what is to be said of that.
    """
    days = either = False
    months = 0
    for text in map("\n".join, blocks):
        months += sum(1 for _ in islice(_MONTH_FIRST_ONLY.finditer(text), _SURE))
        days = days or _DAY_FIRST_ONLY.search(text) is not None
        either = either or (not days and _EITHER_FIRST.search(text) is not None)
        if text.upper() != text.lower():  # letters are in it
            orders = [_order_by_weekday(one[1]) for one in islice(_ON_WEEKDAY.finditer(text), _SAMPLE)]
            months, days = months + orders.count(False), days or True in orders
    if months and (days or either or months < _SURE):
        return None, ""
    if months:
        return False, message("the month was taken to come first, as the dates show")
    shown = days or not either
    return True, "" if shown else message("the day was taken to come first, though none of the dates shows it")


def shows_month_first(texts: list[str]) -> bool:
    """Whether texts of any column are days, of which some can only have the month first."""
    days = [text for text in texts if _NUMERIC(text.strip().partition(" ")[0])]
    return bool(days) and len(days) >= _MOST * len(texts) and order_of([days])[0] is not True


def _order_by_weekday(text: str) -> bool | None:
    """Whether the day comes first, as the day of the week before it shows; None where it does not."""
    text, weekdays = _without_weekday(text)
    fits = []
    for first in (True, False):
        try:
            fits.append(_read(text, first, True).weekday() in weekdays)
        except CellError:
            fits.append(False)
    return fits[0] if fits[0] != fits[1] else None


def order_named(title: str) -> bool | None:
    """Whether days come before months, as the name of a column says in letters: (MM/DD/YYYY)."""
    named = _ORDER(title.casefold())
    return None if named is None else named[1] is None


def month_follows_year(blocks: Iterable[list[str]]) -> bool:
    """Whether the days of a column that begin with the year can be trusted to have the month next.

    They cannot where one has the day there, as some databases write it; nor where a spreadsheet made days of what could
    be one in its own order, and left the others as texts: then all of the former can be read in two ways, and none of
    the latter.
    """
    sure, early, late, either = 0, 0, False, False
    for text in map("\n".join, blocks):
        if _DAY_SECOND(text):
            return False
        if not late and not either:  # else only a day that comes second is looked for
            late, either = _LATE_IN_MONTH(text) is not None, _EITHER_FIRST.search(text) is not None
            early += sum(1 for _ in islice(_EARLY_IN_MONTH.finditer(text), _FEW))
            sure += sum(1 for way in (_DAY_FIRST_ONLY, _MONTH_FIRST_ONLY) for _ in islice(way.finditer(text), _FEW))
    return late or either or early < _FEW or sure < _FEW


def read_date(text: str, day_first: bool | None, *, iso: bool = True) -> date:
    """The day that a text names. `iso`: the month follows the year; else what can be read in two ways is asked.

    Raises:
        CellError: it names none, or more than one; with a proposal where there is a likely one.
    """
    text, weekdays = _without_weekday(_OF_THE_YEAR.sub("", latin(text)))
    if not weekdays:
        return _read(text, day_first, iso)
    days, errors = list[date](), list[CellError]()
    for first in dict.fromkeys((day_first, True, False)):
        try:
            days.append(_read(text, first, iso))
        except CellError as error:
            errors.append(error)
    fit = {day for day in days if day.weekday() in weekdays}
    if len(fit) == 1 or (fit and day_first is not None):
        return next(day for day in days if day in fit)
    if errors:
        raise errors[0]
    raise CellError(mark("is on another day of the week than it says"), days[0].isoformat(), level=QUESTION)


def _read(text: str, day_first: bool | None, iso: bool) -> date:
    try:
        if parts := _ISO(text):
            year, month, day = (int(part) for part in parts.groups() if part)
            if parts[1] and (month > 12 or not iso):
                return _year_first(year, month, day)
        elif parts := _NAMED(text):
            return _named(int(parts[1]), _month(parts[2]), parts[3])
        elif parts := _MONTH_FIRST(text):
            return _named(int(parts[2]), _month(parts[1]), parts[3])
        elif parts := _YEAR_FIRST(text):
            year, month, day = int(parts[1]), _month(parts[2]), int(parts[3])
        elif parts := _NUMERIC(text):
            return _numeric(int(parts[1]), int(parts[3]), parts[4], day_first)
        else:
            raise CellError(mark("is not a date"), _serial(text) or _run_together(text, day_first))
        return date(year, month, day)
    except ValueError:
        raise CellError(mark("is a day that no calendar has"), _run_together(text, day_first)) from None


def _year_first(year: int, second: int, third: int) -> date:
    if second > 12 >= third:
        detail = message("no month {month} when the month comes second", month=second)
        raise CellError(NO_MONTH, date(year, third, second).isoformat(), detail=detail, level=QUESTION)
    read = date(year, second, third)
    if second != third <= 12:
        other = date(year, third, second).isoformat()
        raise CellError(TWO_DAYS, detail=message("{one} or {other}", one=read.isoformat(), other=other), level=QUESTION)
    return read


def _without_weekday(text: str) -> tuple[str, set[int]]:
    """The text without the name of a day of the week before a date, and which days are called so."""
    parts = None if _MONTH_FIRST(text) else _WEEKDAY(text)
    name = folded(parts[1]) if parts else ""
    days = {number for known, number in _DAY_NAMES if known.startswith(name)} if name else set[int]()
    return (parts[2], days) if parts and days else (text, set())


def _run_together(text: str, day_first: bool | None) -> str | None:
    """The day of eight digits that begin with the day or the month, as 12031980."""
    if day_first is None or not re.fullmatch(r"[0-9]{4}(?:19|20)[0-9]{2}", text):
        return None
    first, second = int(text[:2]), int(text[2:4])
    day, month = (first, second) if day_first else (second, first)
    try:
        return date(int(text[4:]), month, day).isoformat()
    except ValueError:
        return None


def _full(year: str) -> int:
    """A year; one of two digits as spreadsheets take it."""
    return int(year) if len(year) == 4 else int(year) + (1900 if int(year) > _THIS_CENTURY else 2000)


def _named(day: int, month: int, year: str) -> date:
    return _of_a_century(date(_full(year), month, day), year)


def _of_a_century(read: date, year: str) -> date:
    if len(year) == 2:
        raise CellError(OPEN_CENTURY, read.isoformat(), level=QUESTION)
    return read


def _numeric(first: int, second: int, year: str, day_first: bool | None) -> date:
    if first > 31 and len(year) == 2:
        return _of_a_century(date(_full(str(first)), second, int(year)), str(first))
    full = _full(year)
    day, month = (second, first) if day_first is False else (first, second)
    if day_first is None and first != second and max(first, second) <= 12:
        detail = message(
            "{one} or {other}; `day_first=` decides",
            one=date(full, second, first).isoformat(),
            other=date(full, first, second).isoformat(),
        )
        raise CellError(TWO_DAYS, detail=detail, level=QUESTION)
    if month > 12 >= day and month <= 31:
        months_first = message("no month {month} when the month comes first", month=month)
        days_first = message("no month {month} when the day comes first", month=month)
        detail = months_first if day_first is False else days_first
        raise CellError(NO_MONTH, date(full, day, month).isoformat(), detail=detail, level=QUESTION)
    return _of_a_century(date(full, month, day), year)


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
    birth = "birth" in [spoken(name).concept for name in (field.name, field.label)]

    def parse(value: str | date) -> Result:
        if isinstance(value, str):
            read, result = _day_of_text(value, field.format, options, birth=birth)
        else:
            _raise_if_zero(value)
            if isinstance(value, datetime):
                if value.timetz().replace(tzinfo=None) != datetime.min.time():
                    raise CellError(mark("has a time of day"), value.date().isoformat(), level=QUESTION)
                value = value.date()
            if not options.iso:
                _year_first(value.year, value.month, value.day)
            read, result = value, Result(_written(value, field.format))
        return result._replace(problem=UNLIKELY_BIRTH) if birth and read.year not in _BORN else result

    known = field.format in _WRITTEN and options.iso and (options.day_first or not field.format.startswith("%d"))
    form = _WRITTEN.get(field.format, "").replace(_AN_OLD_YEAR, _A_YEAR_OF_BIRTH if birth else _AN_OLD_YEAR)
    return CellRule(parse, (date,), unlike=unlike(form) if known else None)


def _raise_if_zero(day: date) -> None:
    if (day.year, day.month, day.day) in _ZERO:
        raise CellError(
            mark("is what a spreadsheet makes of an empty cell, or of a time without a day"), level=QUESTION
        )


def _written(day: date, form: str) -> str:
    """A day as it is sent; one that was never written as ISO 8601 has it."""
    return day.isoformat() if form == "as written" else day.strftime(form)


def _day_of_text(text: str, form: str, options: ParseOptions, *, birth: bool) -> tuple[date, Result]:
    clock = _CLOCK(text)
    try:
        read = read_date(clock[1] if clock else text, options.day_first, iso=options.iso)
    except CellError as error:
        meant = error.problem.proposal
        if birth and meant and error.problem.reason == OPEN_CENTURY and int(meant[:4]) not in _BORN:
            raise CellError(OPEN_CENTURY, level=QUESTION) from None
        raise
    _raise_if_zero(read)
    if clock and re.search(r"[1-9]", _time(clock)):
        raise CellError(mark("has a time of day"), read.isoformat(), level=QUESTION)
    if form == "as written":
        return read, Result(text, text)
    written = read.strftime(form)
    return read, Result(written, text if text in (written, read.isoformat()) else read.isoformat())


def zone_of(name: str) -> tzinfo:
    """The time zone of that name."""
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise InputError(message("there is no time zone named {name!r}", name=name)) from None


def moment(field: Timestamp, options: ParseOptions) -> CellRule:
    theirs = zone_of(field.zone)

    def parse(value: str | datetime) -> Result:
        read = _moment(value, options) if isinstance(value, str) else value
        read = (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
        if not field.format:
            return Result((read - EPOCH) // timedelta(milliseconds=1))
        return Result(read.isoformat() if field.format == "iso" else read.astimezone(theirs).strftime(field.format))

    return CellRule(parse, takes=(datetime,))


def _time(clock: re.Match[str]) -> str:
    """The time of day, the hour from 0 to 23."""
    hour, _, rest = clock[2].partition(":")
    half = (clock[3] or "").lower()
    if not half:
        return clock[2]
    full = int(hour) % 12 + 12 * (half == "p") if int(hour) <= 12 else int(hour)
    return f"{full:02}:{rest}"


def _moment(text: str, options: ParseOptions) -> datetime:
    text = latin(text)
    clock = _CLOCK(text)
    day = read_date(clock[1] if clock else text, options.day_first, iso=options.iso)
    if not clock:
        return datetime.fromisoformat(day.isoformat())
    zone = (clock[4] or "").upper().removeprefix("UTC").removeprefix("GMT")
    try:
        return datetime.fromisoformat(f"{day.isoformat()}T{_time(clock):0>5}{zone}")
    except ValueError:
        raise CellError(mark("has a time that no clock shows")) from None
