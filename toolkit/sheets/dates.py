"""Dates and times as people write them."""

import re
from collections.abc import Iterable, Mapping
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
_YEAR_OF_TWO_DIGITS = re.compile(
    rf"^[ \t]{{0,9}}(?:3[2-9]|[4-9]\d)([-/.]){_SMALL}\1\d\d(?!\d)", re.MULTILINE | re.ASCII
).search  # which comes first
_FEW = 2  # days that could be read otherwise, and as many more of either kind, where a spreadsheet made days of some
_MOST = 0.8  # of the texts of a column of days are days
_SAMPLE = 50  # days with the day of the week
_SURE = 3  # dates that show an order, where none shows another
_DAY_SECOND = re.compile(rf"^[ \t]{{0,9}}[12]\d{{3}}([-/.]){_LARGE}\1{_SMALL}(?!\d)", re.MULTILINE | re.ASCII).search
_DAY, _MONTH = r"(?P<day>\d{1,2})(?:st|nd|rd|th|er|r?o|\.?[º°ª])?", r"(?P<name>[^\W\d]{3,15})\.?"
_FULL_YEAR, _ANY_YEAR = r"(?P<year>[12]\d{3})", r"'?(?P<year>[12]\d{3}|\d\d)"
_OF, _OF_TIGHT = (rf"(?:\s{{1,3}}del?\s{{1,3}}|{signs})" for signs in (r"[-/.\s]{0,3}", r"[-/\s]{1,3}"))
_MONTH_FIRST = rf"{_MONTH}[-/\s]{{1,3}}{_DAY},?{_OF_TIGHT}{_ANY_YEAR}"
_BEGINS_WITH_MONTH = re.compile(_MONTH_FIRST, re.IGNORECASE).fullmatch
_FORMS = [  # of days; `one` and `two` are the month and the day, or the day and the month
    re.compile(form, re.IGNORECASE).fullmatch
    for form in (
        rf"{_FULL_YEAR}[-/.](?P<one>\d{{1,2}})[-/.](?P<two>\d{{1,2}})",
        rf"{_FULL_YEAR}(?P<month>\d\d)(?P<day>\d\d)",
        rf"{_DAY}\.?{_OF}{_MONTH},?{_OF}{_ANY_YEAR}",
        _MONTH_FIRST,
        rf"{_FULL_YEAR}[-/.\s]{{1,3}}{_MONTH}[-/.\s]{{1,3}}(?P<day>\d{{1,2}})",
        r"(?P<year>3[2-9]|[4-9]\d)([-/.\s])(?P<month>\d{1,2})\2(?P<day>\d\d)",
        r"(?P<one>\d{1,2})([-/.\s])(?P<two>\d{1,2})\2(?P<year>[12]\d{3}|\d\d)",
    )
]
_NUMERIC = _FORMS[-1]
_RUN_TOGETHER = re.compile(r"([0-9]{2})([0-9]{2})((?:19|20)[0-9]{2})").fullmatch
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
ZERO = mark("is what a spreadsheet makes of an empty cell, or of a time without a day")
TWO_DAYS, NO_MONTH = mark("can be read as two days"), mark("has no such month")
_NO_MONTH = {  # where it was looked for
    "first": mark("no month {month} when the month comes first"),
    "second": mark("no month {month} when the month comes second"),
    "after the day": mark("no month {month} when the day comes first"),
}
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
    days = either = years = False
    months = 0
    for text in map("\n".join, blocks):
        years = years or _YEAR_OF_TWO_DIGITS(text) is not None
        months += _count(_MONTH_FIRST_ONLY, text, _SURE)
        days = days or _DAY_FIRST_ONLY.search(text) is not None
        either = either or (not days and _EITHER_FIRST.search(text) is not None)
        if text.upper() != text.lower():  # letters are in it
            orders = [_order_by_weekday(one[1]) for one in islice(_ON_WEEKDAY.finditer(text), _SAMPLE)]
            months, days = months + orders.count(False), days or True in orders
    if months or years:
        sure = not days and not years and not either and months >= _SURE
        return (False, message("the month was taken to come first, as the dates show")) if sure else (None, "")
    shown = days or not either
    return True, "" if shown else message("the day was taken to come first, though none of the dates shows it")


def _count(pattern: re.Pattern[str], text: str, most: int) -> int:
    return len([*islice(pattern.finditer(text), most)])


def shows_month_first(texts: list[str]) -> bool:
    """Whether texts of any column are days, of which some can only have the month first."""
    days = [text for text in texts if _NUMERIC(text.strip().partition(" ")[0])]
    return bool(days) and len(days) >= _MOST * len(texts) and order_of([days])[0] is not True


def _order_by_weekday(text: str) -> bool | None:
    """Whether the day comes first, as the day of the week before it shows; None where it does not."""
    text, weekdays = _without_weekday(text)
    fits = [first for first in (True, False) if _weekday(_tried(text, first)) in weekdays]
    return fits[0] if len(fits) == 1 else None


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
            early += _count(_EARLY_IN_MONTH, text, 2 * _FEW)
            sure += _count(_DAY_FIRST_ONLY, text, _FEW) + _count(_MONTH_FIRST_ONLY, text, _FEW)
    return late or either or early < _FEW or not sure or early + sure < 2 * _FEW


def read_date(text: str, day_first: bool | None, *, iso: bool = True) -> date:
    """The day that a text names. `iso`: the month follows the year; else what can be read in two ways is asked.

    Raises:
        CellError: it names none, or more than one; with a proposal where there is a likely one.
    """
    text, weekdays = _without_weekday(_OF_THE_YEAR.sub("", latin(text)))
    if not weekdays:
        return _read(text, day_first, iso)
    ways = [_tried(text, first, iso) for first in dict.fromkeys((day_first, True, False))]
    fit = [day for day in ways if isinstance(day, date) and day.weekday() in weekdays]
    if len({*fit}) == 1 or (fit and day_first is not None):
        return fit[0]
    for error in ways:
        if isinstance(error, CellError):
            raise error
    raise CellError(mark("is on another day of the week than it says"), str(ways[0]), level=QUESTION)


def _tried(text: str, day_first: bool | None, iso: bool = True) -> date | CellError:
    try:
        return _read(text, day_first, iso)
    except CellError as error:
        return error


def _weekday(day: date | CellError) -> int | None:
    return day.weekday() if isinstance(day, date) else None


def _read(text: str, day_first: bool | None, iso: bool) -> date:
    matched = next(filter(None, (form(text) for form in _FORMS)), None)
    if matched is None:
        raise CellError(mark("is not a date"), _counted(text, day_first))
    parts = matched.groupdict()
    try:
        if "one" in parts and matched.start("year") == 0:
            return _in_order(parts, "second", asked=not iso)
        if "one" in parts:
            return _in_order(parts, "first" if day_first is False else "after the day", asked=day_first is None)
        return _of_a_century(parts, _month(parts["name"]) if "name" in parts else int(parts["month"]), parts["day"])
    except ValueError:
        raise CellError(mark("is a day that no calendar has"), _counted(text, day_first)) from None


def _in_order(parts: Mapping[str, str], place: str, *, asked: bool) -> date:
    """The day of two numbers, of which either may be the month. `asked`: nothing tells which of them."""
    one, two, year = int(parts["one"]), int(parts["two"]), _full(parts["year"])
    month, day = (two, one) if place == "after the day" else (one, two)
    if asked and len(parts["year"]) == 2:
        raise CellError(OPEN_CENTURY, level=QUESTION)
    if asked and month != day and max(month, day) <= 12:
        ways = {"one": date(year, month, day).isoformat(), "other": date(year, day, month).isoformat()}
        by_option = message("{one} or {other}; `day_first=` decides", **ways)
        detail = message("{one} or {other}", **ways) if place == "second" else by_option
        raise CellError(TWO_DAYS, detail=detail, level=QUESTION)
    if month > 12 >= day:
        detail = message(_NO_MONTH[place], month=month)
        raise CellError(NO_MONTH, date(year, day, month).isoformat(), detail=detail, level=QUESTION)
    return _of_a_century(parts, month, day)


def _of_a_century(parts: Mapping[str, str], month: int, day: int | str) -> date:
    read = date(_full(parts["year"]), month, int(day))
    if len(parts["year"]) == 2:
        raise CellError(OPEN_CENTURY, read.isoformat(), level=QUESTION)
    return read


def _without_weekday(text: str) -> tuple[str, set[int]]:
    """The text without the name of a day of the week before a date, and which days are called so."""
    parts = None if _BEGINS_WITH_MONTH(text) else _WEEKDAY(text)
    name = folded(parts[1]) if parts else ""
    days = {number for known, number in _DAY_NAMES if known.startswith(name)} if name else set[int]()
    return (parts[2], days) if parts and days else (text, set())


def _counted(text: str, day_first: bool | None) -> str | None:
    """The day that a spreadsheet counts so; or of eight digits that begin with the day or the month, as 12031980."""
    if _SERIAL(text):
        return (date(1899, 12, 30) + timedelta(int(text))).isoformat()
    parts = _RUN_TOGETHER(text)
    day = _tried("/".join(parts.groups()), day_first) if parts else None
    return day.isoformat() if isinstance(day, date) else None


def _full(year: str) -> int:
    """A year; one of two digits as spreadsheets take it."""
    return int(year) if len(year) == 4 else int(year) + (1900 if int(year) > _THIS_CENTURY else 2000)


def _month(name: str) -> int:
    plain = folded(name)
    months = {number for known, number in _MONTH_NAMES if known.startswith(plain)}
    if len(plain) < 3 or len(months) != 1:
        raise CellError(mark("names no month"))
    return months.pop()


def day(field: Date, options: ParseOptions) -> CellRule:
    birth = "birth" in [spoken(name).concept for name in (field.name, field.label)]
    written = field.format != "as written"

    def parse(value: str | date) -> Result:
        try:
            read, timed = _day_of(value, options)
        except CellError as error:
            meant = error.problem.proposal
            if birth and meant and error.problem.reason == OPEN_CENTURY and int(meant[:4]) not in _BORN:
                raise CellError(OPEN_CENTURY, level=QUESTION) from None
            raise
        if (read.year, read.month, read.day) in _ZERO:
            raise CellError(ZERO, level=QUESTION)
        if timed:
            raise CellError(mark("has a time of day"), read.isoformat(), level=QUESTION)
        shown = value if isinstance(value, str) else read.isoformat()
        wire = read.strftime(field.format) if written else shown
        normalised = read.isoformat() if written and shown != wire else shown
        doubt = UNLIKELY_BIRTH if birth and read.year not in _BORN else None
        return Result(wire, normalised if isinstance(value, str) else None, doubt)

    known = field.format in _WRITTEN and options.iso and (options.day_first or not field.format.startswith("%d"))
    form = _WRITTEN.get(field.format, "").replace(_AN_OLD_YEAR, _A_YEAR_OF_BIRTH if birth else _AN_OLD_YEAR)
    return CellRule(parse, (date,), unlike=unlike(form) if known else None)


def _day_of(value: str | date, options: ParseOptions) -> tuple[date, bool]:
    """The day of a text or of a moment, and whether a time is told with it."""
    if isinstance(value, str):
        clock = _CLOCK(value)
        read = read_date(clock[1] if clock else value, options.day_first, iso=options.iso)
        return read, bool(clock and re.search(r"[1-9]", _time(clock)))
    timed = isinstance(value, datetime) and value.timetz().replace(tzinfo=None) != datetime.min.time()
    read = value.date() if isinstance(value, datetime) else value
    return read if options.iso or timed else _read(read.isoformat(), None, iso=False), timed


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
