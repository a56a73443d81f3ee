"""What a number in a cell shows, by its format: a number, a day, a time, a duration, a percentage, or a code."""

import re
from datetime import datetime, timedelta

DATE, TIME, DURATION, PERCENT = "date", "time", "duration", "percent"  # else "", or a code with _DIGIT for its digits
BUILT_IN = {
    **dict.fromkeys((9, 10), PERCENT),
    **dict.fromkeys((14, 15, 16, 17, 22, *range(27, 37), *range(50, 59)), DATE),
    **dict.fromkeys((18, 19, 20, 21, 45, 47), TIME),
    46: DURATION,
}
_LITERAL = re.compile(r'"[^"]*"?|\\.|_.|\*.|\[(?!h|m|s)[^\]]*\]?|general|[ae]m/pm|a/p', re.IGNORECASE)
_PIECE = re.compile(r'"([^"]*)"?|\\(.)|[_*].|\[[^\]]*\]?|(0)|(#|general)', re.DOTALL | re.IGNORECASE)
_DIGIT, _PERHAPS = "\0", "\1"  # a digit that is always there, and one that may be
_PLACE = re.compile(f"[{_DIGIT}{_PERHAPS}]")
_BESIDE = re.compile(  # a text before a number that is no part of it: a sign, a unit of money, a name and a blank
    r"(?:us|u\$s|r|ch|s/|bs|rd|mx|ar|ca|au|uf|utm|kr|chf|gbp|jpy|clp|cop|usd|eur|uah|pen|mxn|ars|brl|uyu|bob|pyg|gs|rs|b/|c\$|\$u|грн|n[º°o]?|\W)*"
    r"|[^\d+]* ",
    re.IGNORECASE,
).fullmatch
_NAMED = re.compile(r"[^\W\d_]\w*-\0").fullmatch
_DASHED = re.compile(r"(?:[^\W\d_]\w*|\d[\d ]*)-\d[\d -]*").fullmatch
_NO_DIGITS = re.compile(r"[^\d.,]")
_LONGEST = 500  # characters of a format
_DAY = 86_400


def style_of(code: str) -> str:
    """What a format makes of a number."""
    section = code[:_LONGEST].partition(";")[0]
    plain = _LITERAL.sub("", section).lower().strip()
    pattern = _PIECE.sub(
        lambda piece: _DIGIT if piece[3] else _PERHAPS if piece[4] else piece[1] or piece[2] or "", section
    ).strip()
    if re.fullmatch("\0+[.,]\0+", pattern):  # a group of thousands that is drawn by hand
        return ""
    places, before = re.sub("[- ()+1-9]", "", plain), _PLACE.split(pattern)[0]
    if re.fullmatch("[0#]+" if plain else _PERHAPS, places or pattern[len(before) :]) and not _BESIDE(before):
        return pattern
    if re.fullmatch("0[0#]*", places) and (len(_PLACE.findall(pattern)) > 1 or _NAMED(pattern)):
        return pattern
    if re.fullmatch("[#0?.,]+ ?%", plain):
        return PERCENT
    if re.search(r"\[[hms]+\]", plain):
        return DURATION
    if re.search("[yd]", plain) or ("m" in plain and not re.search("[hs]", plain)):
        return DATE
    return TIME if re.search("[hms]", plain) else ""


def shown(number: float, style: str, epoch: int) -> str | float:
    """The text that a cell shows, where that is more than its number. `epoch`: the year from which days count."""
    if not style or abs(number) > 1e15:
        return number
    if style == PERCENT:
        return percent(number)
    if _PLACE.search(style):
        return _code(str(int(number)), style) if number.is_integer() and number >= 0 else number
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


def _code(digits: str, style: str) -> str:
    """Digits in their places; what is more of them stands in the first."""
    places = "".join(_PLACE.findall(style))
    digits = digits.zfill(len(places) - places.find(_DIGIT) if _DIGIT in places else 0)
    more = len(digits) - len(places)
    each = iter([digits[: more + 1], *digits[more + 1 :]] if more >= 0 else [*[""] * -more, *digits])
    return _PLACE.sub(lambda _: next(each), style)


def is_code(text: str, number: float) -> bool:
    """Whether a number shows more than its digits: zeros before them, dashes between them, or a text before them."""
    digits = _NO_DIGITS.sub("", text)
    whole = re.search(" ?".join(str(int(abs(number)))) + "$", text) if number.is_integer() else None
    named = whole is not None and not _BESIDE(before := text[: whole.start()]) and not re.search(r"[.,]\d*$", before)
    return (digits.isdigit() and digits[0] == "0" < digits[1:]) or named or bool(_DASHED(text))


def percent(number: float) -> str:
    return f"{number * 100:.15g}%"


def clock(seconds: float) -> str:
    """A time, or a duration of any length: 30:05:00."""
    whole, rest = divmod(round(abs(seconds) * 1000), 1000)
    sign, more = "-" if seconds < 0 else "", f".{rest:03}".rstrip("0") if rest else ""
    return f"{sign}{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}{more}"
