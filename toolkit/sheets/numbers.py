"""Numbers as people write them, with either decimal sign."""

import math
import re
from collections.abc import Iterable
from typing import Any

import numpy as np

from toolkit.sheets.cells import EXACT, latin
from toolkit.sheets.rule import Read, Reading, Rule, Wrong, finder
from toolkit.spec import Integer, Number

HUGE = 10**300  # no float is much larger
_INTEGER = re.compile(r"[+-]?\d{1,300}", re.ASCII).fullmatch
_TINY = re.compile(r"[+-]?\d(?:\.\d+)?[eE]-\d{1,3}", re.ASCII).fullmatch
_WRITTEN = {
    sign: re.compile(rf"[+-]?(?:\d{{1,3}}(?:{other}\d{{3}})+|\d+)?(?:{re.escape(sign)}\d+)?", re.ASCII).fullmatch
    for sign, other in ((".", ","), (",", r"\."))
}
_EITHER = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}", re.ASCII).fullmatch


def _telling(sign: str, other: str) -> re.Pattern[str]:
    """Numbers that can be read in one way only, `sign` being their decimal sign."""
    grouped = rf"\d{{1,3}}(?:{other}\d{{3}})"
    forms = (rf"0?{sign}\d+", rf"\d+{sign}(?:\d\d?|\d{{4,}})", rf"\d{{4,}}{sign}\d+", rf"{grouped}+{sign}\d+")
    return re.compile(rf"^[+-]?(?:{'|'.join(forms)}|{grouped}{{2,}})$", re.MULTILINE)


_TELLS = {".": _telling(r"\.", ","), ",": _telling(",", r"\.")}


def decimal_of(blocks: Iterable[Iterable[object]]) -> str:
    """The decimal sign that the values of a column give away; "" where they do not, or disagree."""
    found = set()
    for values in blocks:
        joined = "\n".join([v for v in values if isinstance(v, str)])
        if "." in joined or "," in joined:
            found |= {sign for sign, tells in _TELLS.items() if tells.search(joined)}
    return found.pop() if len(found) == 1 else ""


def _number(text: str, decimal: str) -> int | float:
    text = re.sub(r"(?<=\d)[\s'’](?=\d{3})", "", latin(text))
    if _INTEGER(text):
        return int(text)
    if _TINY(text):
        return float(text)
    ways = {sign for sign, written in _WRITTEN.items() if text[-1:].isdigit() and written(text)}
    if decimal not in ways and len(ways) == 2:
        if _EITHER(text):
            digits = re.sub("[.,]", "", text)
            raise Wrong(
                f"can be read as {digits} or as {text.replace(',', '.')}: correct it, or check with `decimal=`", digits
            )
        ways = {sign for sign in ways if _TELLS[sign].match(text)} or ways
    if decimal and decimal not in ways:
        ways = set()
    if not ways:
        raise Wrong("is not a number", _proposal(text, decimal))
    sign = decimal or ways.pop()
    plain = text.replace("," if sign == "." else ".", "").replace(sign, ".")
    return float(plain) if "." in plain else int(plain)


def _proposal(text: str, decimal: str) -> str | None:
    """The number in a text such as "$ 1.611.580": as it is sent, or as it stands where that has two readings."""
    bare = re.sub(r"[^\d.,-]", "", text)
    if bare == text:
        return None
    try:
        found = _number(bare, decimal)
    except Wrong as wrong:
        return bare if wrong.problem.proposal else None
    plain = str(found)
    return bare if isinstance(found, float) and (decimal == "," or _EITHER(plain)) else plain


def number(field: Number, reading: Reading) -> Rule:
    def read(value: str | int | float) -> Read:
        found = _number(value, reading.decimal) if isinstance(value, str) else value
        if not _finite(found):
            raise Wrong("is not a finite number")
        return Read(_digits(found) if field.as_text else found)

    if field.as_text:  # as it is written
        plain = "(?:0|-?[1-9][0-9]{0,14})" + (r"|-?(?:0|[1-9][0-9]{0,8})\.[0-9]{0,3}[1-9]" * (reading.decimal == "."))
        return Rule(read, (int, float), finder(plain), right=_finite, wire=_digits)
    plain = "[+-]?[0-9]{1,15}" + (r"(?:\.[0-9]{1,15})?" if reading.decimal == "." else "")
    return Rule(read, (int, float), finder(plain), right=_finite, wire=_plain)


def _finite(value: Any) -> bool:
    return abs(value) < HUGE if isinstance(value, int) else isinstance(value, float) and math.isfinite(value)


def _digits(value: str | float) -> str:
    """A finite number in plain digits; a whole one without ".0".

    Else one empty cell more, which makes a column of whole numbers one of floats, would make other rows of them all.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT:
        value = int(value)
    text = repr(value)
    return text if "e" not in text else np.format_float_positional(value, trim="-")


def _plain(value: str | float) -> int | float:
    return value if not isinstance(value, str) else float(value) if "." in value else int(value)


def whole(field: Integer, reading: Reading) -> Rule:
    def read(value: str | int | float) -> Read:
        found = _number(value, reading.decimal) if isinstance(value, str) else value
        if isinstance(found, float):
            if not found.is_integer():
                raise Wrong("is not a whole number")
            if abs(found) >= 2**53:
                raise Wrong("is a whole number that lost digits as a decimal one")
        if field.minimum is not None and found < field.minimum:
            raise Wrong(f"is less than {field.minimum}")
        return Read(int(found))

    plain = {None: "[+-]?[0-9]{1,15}", 0: "[0-9]{1,15}"}.get(field.minimum)
    return Rule(read, (int, float), finder(plain) if plain else None, wire=int)
