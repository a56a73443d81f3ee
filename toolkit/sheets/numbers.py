"""Numbers as people write them, with either decimal sign."""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

import numpy as np

from toolkit.plain import mark, message
from toolkit.sheets.cells import EXACT, latin
from toolkit.sheets.checker import LONGEST, NEVER, QUESTION, CellError, CellRule, ParseOptions, Result, unlike
from toolkit.spec import Integer, Number

_KEPT, _NOISE = 16, 4  # digits and a point that every number keeps; digits that adding up leaves behind
TWO_NUMBERS = mark("can be read as two numbers")
HUGE = 10**300  # no float is much larger
_INTEGER = re.compile(r"[+-]?\d{1,300}", re.ASCII).fullmatch
_TINY = re.compile(r"[+-]?\d(?:\.\d{1,30})?[eE]-\d{1,3}", re.ASCII).fullmatch
_SCIENTIFIC = re.compile(r"[+-]?\d(?:[.,]\d{1,14})?[eE]\d{1,2}", re.ASCII).fullmatch
_GROUPS = re.compile(r"(?<![\d.,])[1-9]\d{0,2}([ '’])\d{3}(?:\1\d{3})*(?!\d)")  # not two numbers: 1500 1600
_BREAK = re.compile("[\t-\r\x85\u2028\u2029]").search
_CURRENCY = r"us\$|r\$|s/\.?|clp|cop|usd|eur|uah|pen|mxn|ars|brl|uyu|bob|\$|€|£|₴|грн\.?|pesos?|euros?|d[oó]lares"
_CURRENCIES = re.compile(rf"(?<![^\W\d])(?:{_CURRENCY})(?![^\W\d])", re.IGNORECASE)
_PRICED = re.compile(  # a sign of money says nothing against a number
    rf"^([+-]?)\s{{0,3}}(?:{_CURRENCY})\s{{0,3}}(?=[\d+-])|(?<=\d)\s{{0,3}}(?:{_CURRENCY})$", re.IGNORECASE
)
_SAME = {"us$": "usd", "€": "eur", "euro": "eur", "euros": "eur", "₴": "uah", "грн": "uah", "грн.": "uah", "r$": "brl"}
_MONEY = re.compile(
    rf"([(+-]{{0,2}})\s*(?:{_CURRENCY}){{0,2}}\s*([(+-]?[\d.,\s'’]+?)(?:[.,]-{{1,2}})?\s*(?:{_CURRENCY})?\s*(\)?-?)",
    re.IGNORECASE,
).fullmatch
_READ_BY = {  # numbers whose decimal sign is that one
    sign: re.compile(rf"[+-]?(?:[1-9]\d{{0,2}}(?:{other}\d{{3}})+|\d+)?(?:{re.escape(sign)}\d+)?", re.ASCII).fullmatch
    for sign, other in ((".", ","), (",", r"\."))
}
_POINT = r"\.(?:[0-9]{1,2}|[0-9]{4,15})"  # which nobody can take for a thousand
_unlike_digits = unlike(r"[+-]?[0-9.,]{1,40}")
_pointless = unlike(rf"[+-]?[0-9]{{1,15}}(?:{_POINT})?")


def decimal_of(blocks: Iterable[list[str]], was_number: Callable[[str], bool] | None = None) -> tuple[str, str]:
    """The decimal sign that the texts of a column show, block by block; "" for none. And what is to be said of that.

    Those that show one have to agree, and to be more than those that can be read in two ways.
    """
    shows = _shown(blocks, was_number)
    signs = [sign for sign in ".," if shows[sign]]
    if len(signs) != 1 or (shows["either"] and shows[signs[0]] <= shows["either"]):
        return "", ""
    text = "the decimal sign was taken to be {sign!r}, as {count:,} of its numbers show"
    return signs[0], message(text, sign=signs[0], count=shows[signs[0]]) if shows["either"] else ""


def shows_another(sign: str, blocks: Iterable[list[str]], was_number: Callable[[str], bool] | None = None) -> bool:
    """Whether some texts of a column show another decimal sign than this."""
    shows = _shown(blocks, was_number)
    return any(shows[other] for other in ".," if other != sign)


def _shown(blocks: Iterable[list[str]], was_number: Callable[[str], bool] | None) -> Counter[str]:
    """How many texts show each decimal sign, and how many can be read in two ways."""
    shows: Counter[str] = Counter()
    for texts in blocks:
        written = [text for text in texts if not was_number(text)] if was_number else texts
        others = _pointless(written)
        shows["."] += sum("." in text for text in written) - sum("." in text for text in others)
        shows.update(_sign_shown(text) for text in others if ("." in text or "," in text) and len(text) < LONGEST)
    return shows


def has_one_currency(blocks: Iterable[list[str]]) -> bool:
    """Whether the amounts of a column show one sign of money at most."""
    currencies: set[str] = set()
    for texts in blocks:
        signs = (sign.lower() for sign in _CURRENCIES.findall("\n".join(_unlike_digits(texts))))
        currencies.update(_SAME.get(sign, sign) for sign in signs)
    return len(currencies) < 2


def were_numbers(joined: str) -> Callable[[Any], bool]:
    """Tells which values are among some texts that were numbers, one a line."""
    known = {*joined.split("\n")} - {""}

    def was_number(value: Any) -> bool:
        return type(value) is str and value in known

    return was_number


def _sign_shown(text: str) -> str:
    ways = _ways(_bare(text), ".,")
    return "".join(ways) if len(ways) < 2 else "either" if len({*ways.values()}) > 1 else ""


def _ways(text: str, signs: str) -> dict[str, str]:
    """The number that a text is, by each decimal sign with which it is one."""
    ways = [sign for sign in signs if text[-1:].isdigit() and _READ_BY[sign](text)]
    return {sign: text.replace("," if sign == "." else ".", "").replace(sign, ".") for sign in ways}


def _ungrouped(text: str) -> str:
    if _BREAK(text):  # of a line: two numbers, one below the other
        return text
    return _GROUPS.sub(lambda number: number[0].replace(number[1], ""), latin(text))


def _bare(text: str) -> str:
    """The digits and signs of an amount of money."""
    text = _ungrouped(text)
    amount = _MONEY(text[:LONGEST])
    return "".join(part.strip() for part in amount.groups()) if amount else text


def _number(value: str | int | float, options: ParseOptions) -> int | float:
    if isinstance(value, str) and not options.one_currency and _CURRENCIES.search(value):
        raise CellError(mark("is an amount in one of several currencies of its column"), level=QUESTION)
    number = _read(value, options.decimal) if isinstance(value, str) else value
    if not _finite(number):
        raise CellError(mark("is not a finite number"))
    return number


def _read(text: str, decimal: str) -> int | float:
    text = _PRICED.sub(r"\1", _ungrouped(text))
    if _INTEGER(text):
        return int(text)
    if _TINY(text):
        return float(text)
    ways = {*_ways(text, decimal or ".,").values()}
    if len(ways) > 1:
        whole, fraction = sorted(ways, key=len)
        detail = message("{whole} or {fraction}; `decimal=` decides", whole=whole, fraction=fraction)
        raise CellError(TWO_NUMBERS, detail=detail, level=QUESTION)
    if not ways:
        raise CellError(mark("is not a number"), _proposal(text, decimal))
    plain = ways.pop()
    number = float(plain) if "." in plain else int(plain)
    if len(plain) > _KEPT and isinstance(number, float) and Decimal(plain) != Decimal(repr(number)):
        raise CellError(mark("has more digits than a number keeps"), _digits(number), level=QUESTION)
    return number


def _proposal(text: str, decimal: str) -> str | None:
    """The number in an amount of money, as "$ 1.611.580": as it is sent, or as it stands where it has two readings.

    Whatever else stands beside digits, as in 15% or ½, may change what they mean.
    """
    bare = _bare(text)
    if bare.startswith("(") and bare.endswith(")"):
        bare = f"-{bare[1:-1].strip()}"
    elif bare.endswith("-"):
        bare = f"-{bare[:-1].strip()}"
    if _SCIENTIFIC(bare):
        return f"{Decimal(bare.replace(',', '.')):f}"
    if bare == text or bare[-1:] not in "0123456789":
        return None
    try:
        number = _read(bare, decimal)
    except CellError as error:
        return bare if error.problem.reason == TWO_NUMBERS else None
    plain = str(number)
    return bare if isinstance(number, float) and (decimal == "," or _sign_shown(plain) == "either") else plain


def number(field: Number, options: ParseOptions) -> CellRule:
    def parse(value: str | int | float) -> Result:
        number = _number(value, options)
        return Result(_digits(number) if field.as_text else number)

    point = {".": r"\.[0-9]{1,15}", "": _POINT}.get(options.decimal, NEVER)
    if field.as_text:  # as it is written
        form = rf"0|-?[1-9][0-9]{{0,14}}|-?(?:0|[1-9][0-9]{{0,8}})(?=\.[0-9]{{0,3}}[1-9](?![^\n])){point}"
        return CellRule(parse, (int, float), unlike(form), _infinite, convert=_as_digits)
    form = rf"[+-]?(?![0-9.]{{{_KEPT + 1}}})[0-9]{{1,15}}(?:{point})?"
    return CellRule(parse, (int, float), unlike(form), _infinite, convert=_as_numbers)


def _finite(value: Any) -> bool:
    return abs(value) < HUGE if isinstance(value, int) else isinstance(value, float) and math.isfinite(value)


def _infinite(values: list[Any]) -> list[Any]:
    """Those of some values that are no finite numbers."""
    if {*map(type, values)} <= {int, float} and min(values) > -HUGE and max(values) < HUGE:
        return []
    return [v for v in values if not _finite(v)]


def _as_digits(values: list[Any]) -> list[Any]:
    """Numbers in plain digits; texts as they are."""
    if {*map(type, values)} <= {str, type(None)}:
        return values
    return [_digits(v) if isinstance(v, int | float) else v for v in values]


def _as_numbers(values: list[Any]) -> list[Any]:
    """Texts as the numbers that they are."""
    if str not in {*map(type, values)}:
        return values
    return [(float(v) if "." in v else int(v)) if isinstance(v, str) else v for v in values]


def _digits(value: float) -> str:
    """A finite number in plain digits; a whole one without ".0".

    Else one empty cell more, which makes a column of whole numbers one of floats, would make other rows of them all.
    """
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT:
        value = int(value)
    text = repr(value)
    if isinstance(value, float) and len(text) > _KEPT:
        text = _without_noise(value, text)
    return text if "e" not in text or isinstance(value, int) else np.format_float_positional(float(text), trim="-")


def _without_noise(value: float, text: str) -> str:
    """What a sum of few digits is, where adding up left a last digit or two behind: 0.3 for 0.30000000000000004."""
    short = repr(float(f"{value:.15g}"))
    near = len(short) < _KEPT - _NOISE and abs(float(short) - value) <= 2**_NOISE * math.ulp(value)
    return short.removesuffix(".0") if near else text


def integer(field: Integer, options: ParseOptions) -> CellRule:
    def parse(value: str | int | float) -> Result:
        number = _number(value, options)
        if isinstance(number, float) and not number.is_integer():
            raise CellError(mark("is not a whole number"))
        if isinstance(number, float) and abs(number) >= EXACT:
            raise CellError(mark("is a whole number that lost digits as a decimal one"))
        if field.minimum is not None and number < field.minimum:
            raise CellError(mark("is too small"), detail=message("less than {minimum}", minimum=field.minimum))
        return Result(int(number))

    def invalid(values: list[Any]) -> list[Any]:
        least = -HUGE if field.minimum is None else field.minimum
        if {*map(type, values)} <= {int} and least <= min(values) and max(values) < HUGE:
            return []
        return values

    form = {None: "[+-]?[0-9]{1,15}", 0: "[0-9]{1,15}"}.get(field.minimum, "")
    return CellRule(parse, (int, float), unlike(form) if form else None, invalid, convert=_as_integers)


def _as_integers(values: list[Any]) -> list[Any]:
    return values if {*map(type, values)} <= {int} else [v if v is None else int(v) for v in values]
