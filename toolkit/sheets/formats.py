"""What a number in a cell shows, by its format: a number, a day, a time, a duration, or digits with leading zeros."""

import re
from datetime import datetime, timedelta

DATE, TIME, DURATION = "date", "time", "duration"  # else "", or the zeros of the format
BUILT_IN = {
    **dict.fromkeys((14, 15, 16, 17, 22, *range(27, 37), *range(50, 59)), DATE),
    **dict.fromkeys((18, 19, 20, 21, 45, 47), TIME),
    46: DURATION,
}
_LITERAL = re.compile(r'"[^"]*"?|\\.|_.|\*.|\[(?!h|m|s)[^\]]*\]?|general|[ae]m/pm|a/p', re.IGNORECASE)
_LONGEST = 500  # characters of a format
_DAY = 86_400


def style_of(code: str) -> str:
    """What a format makes of a number."""
    plain = _LITERAL.sub("", code[:_LONGEST].partition(";")[0]).lower().strip()
    if re.fullmatch("0[0#]+", digits := re.sub("[- ()]", "", plain)):
        return digits  # each of them is shown
    if re.search(r"\[[hms]+\]", plain):
        return DURATION
    if re.search("[yd]", plain) or ("m" in plain and not re.search("[hs]", plain)):
        return DATE
    return TIME if re.search("[hms]", plain) else ""


def shown(number: float, style: str, epoch: int) -> str | float:
    """The text that a cell shows, where that is more than its number. `epoch`: the year from which days count."""
    if not style or abs(number) > 1e15:
        return number
    if style not in (DATE, TIME, DURATION):
        return str(int(number)).zfill(len(style)) if number.is_integer() and number >= 0 else number
    seconds = round(number * _DAY, 3)
    if style == DURATION or (style == TIME and seconds < _DAY):
        return clock(seconds)
    if epoch == 1900 and number < 60:
        number += 1  # the programs count a 29 February 1900
    start = datetime(1904, 1, 1) if epoch == 1904 else datetime(1899, 12, 30)  # noqa: DTZ001 (a calendar's)
    try:
        moment = start + timedelta(seconds=round(number * _DAY, 3))
    except OverflowError:
        return number
    text = moment.isoformat(" ")
    return text.removesuffix(" 00:00:00") if "." not in text else text.rstrip("0")


def clock(seconds: float) -> str:
    """A time, or a duration of any length: 30:05:00."""
    whole, rest = divmod(round(abs(seconds) * 1000), 1000)
    sign, more = "-" if seconds < 0 else "", f".{rest:03}".rstrip("0") if rest else ""
    return f"{sign}{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}{more}"
