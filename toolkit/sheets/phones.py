"""Phone numbers, by the rules of libphonenumber: the digits of country code and number are what is sent.

A number fits when it has the general form of its country. Which ranges an operator has put to use is not asked: that
changes faster than the library.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from toolkit.sheets.cells import latin, undecimal
from toolkit.sheets.rule import Read, Reading, Rule, Wrong, finder
from toolkit.spec import Phone

NEVER = "(?!)"
_BETWEEN = str.maketrans(dict.fromkeys(" \t\n\r\u00a0().-"))
_NUMBER = re.compile(r"\+?\d{4,20}").fullmatch
_EXTENSION = re.compile(r"\s*(?:ext|anexo|extensi[oó]n|int|x|#|дод)\.?\s*\d{1,7}$", re.IGNORECASE)
_SEVERAL = re.compile(r"\s*[/;,|\n]\s*|\s+(?:y|o|and|or|та|або)\s+")


@dataclass(frozen=True)
class _Country:
    code: str
    trunk: str  # the prefix of calls within the country
    general: str  # the pattern of national numbers
    fits: Callable[[str], Any]  # national number
    whole: Callable[[str], Any]  # country code and national number
    mobile: Callable[[str], Any]
    fixed: Callable[[str], Any]


@lru_cache
def _country(region: str, code: int = 0) -> _Country:
    from phonenumbers import PhoneMetadata

    known = PhoneMetadata.metadata_for_region(region) or PhoneMetadata.metadata_for_nongeo_region(code)
    if known is None:
        never = re.compile(NEVER).fullmatch
        return _Country("", "", NEVER, never, never, never, never)
    shapes = (known.general_desc, known.mobile, known.fixed_line)
    patterns = [((d and d.national_number_pattern) or NEVER).replace(r"\d", "[0-9]") for d in shapes]
    fits, mobile, fixed = (re.compile(pattern).fullmatch for pattern in patterns)
    whole = re.compile(f"{known.country_code}(?:{patterns[0]})").fullmatch
    return _Country(str(known.country_code), known.national_prefix or "", patterns[0], fits, whole, mobile, fixed)


def _abroad(digits: str) -> bool:
    """Whether digits that begin with a country code fit that country."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

    code = next((digits[:n] for n in (1, 2, 3) if int(digits[:n]) in COUNTRY_CODE_TO_REGION_CODE), "")
    regions = COUNTRY_CODE_TO_REGION_CODE[int(code)] if code else ()
    return any(_country(region, int(code)).whole(digits) for region in regions)


def rule(field: Phone, reading: Reading) -> Rule:
    home = _country(field.country)

    def read(text: str) -> Read:
        number = undecimal(latin(text)).replace("(0)", "").translate(_BETWEEN)
        if not _NUMBER(number):
            raise _unreadable(text, read)
        abroad = number[0] == "+" or number.startswith("00")
        digits = number.lstrip("+").removeprefix("00") if abroad else number
        if not abroad:
            digits = _at_home(home, digits)
        elif not home.whole(digits) and not _abroad(digits):
            raise Wrong("is not a phone number of the country that it names")
        if field.mobile and home.whole(digits) and _is_fixed(home, digits):
            raise Wrong("is not the number of a mobile phone")
        if field.as_written:
            return Read(number, number)
        return Read(digits, digits if home.whole(digits) else f"+{digits}")  # without its +, it would be of home

    if field.mobile or field.as_written or not home.code:
        return Rule(read)
    own = f"(?:{home.general})$"
    start = re.compile(rf"^(?:(?:\+|00){home.code}|(?:{home.trunk})?(?!{home.code}{own}))(?={own})", re.MULTILINE)

    def tidied(texts: list[str]) -> list[str]:
        joined = undecimal("\n".join(texts))
        for between in " -.()\u00a0":
            joined = joined.replace(between, "")
        return start.sub(home.code, joined).split("\n") if texts else []

    return Rule(read, odd=finder(f"(?!{own}){home.code}(?:{home.general})"), tidied=tidied)


def _is_fixed(home: _Country, digits: str) -> bool:
    national = digits.removeprefix(home.code)
    return bool(home.fixed(national) and not home.mobile(national))


def _at_home(home: _Country, digits: str) -> str:
    """The full number of digits that name no country, where there is one way to read them."""
    own = digits.removeprefix(home.trunk) if home.trunk and not home.fits(digits) else digits
    ways = {f"{home.code}{own}" if home.fits(own) else "", digits if home.whole(digits) else ""} - {""}
    if len(ways) == 1:
        return ways.pop()
    if len(ways) > 1:
        raise Wrong("can be read with and without its country code", sorted(ways)[0])
    if _abroad(digits):
        raise Wrong("names no country, and does not fit the one expected", f"+{digits}")
    bare = digits.lstrip("0")
    raise Wrong("is not a phone number", f"{home.code}{bare}" if home.fits(bare) else None)


def _unreadable(text: str, read: Callable[[str], Read]) -> Wrong:
    if (main := _EXTENSION.sub("", text)) != text:
        return Wrong("has an extension", _first([main], read))
    parts = [part for part in _SEVERAL.split(text) if part]
    if len(parts) > 1 and (first := _first(parts, read)):
        return Wrong("holds several phone numbers" if sum(map(str.isdigit, parts[1])) > 5 else "holds more", first)
    bare = re.sub(r"[^\d+]", "", latin(text))
    return Wrong("is not a phone number", _first([bare], read) if len(bare) > 6 else None)


def _first(parts: list[str], read: Callable[[str], Read]) -> str | None:
    """The first of some texts that is a phone number."""
    for part in parts:
        if _NUMBER(latin(part).translate(_BETWEEN)):
            try:
                return read(part).tidy
            except Wrong:
                continue
    return None
