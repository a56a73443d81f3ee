"""Phone numbers, by the rules of libphonenumber: the digits of country code and number are what is sent.

A number fits when it has the general form of its country. Which ranges an operator has put to use is not asked: that
changes faster than the library.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from toolkit.plain import mark, message
from toolkit.sheets.cells import latin, undecimal
from toolkit.sheets.checker import (
    DOUBT,
    ENDS_IN_ZEROS,
    NEVER,
    QUESTION,
    CellError,
    CellRule,
    ParseOptions,
    Problem,
    Result,
    unlike,
)
from toolkit.sheets.countries import UNKNOWN, country_in
from toolkit.sheets.not_data import ending_in_zeros
from toolkit.sheets.synonyms import denies, spoken
from toolkit.spec import Phone

_COMPARED = (  # countries whose numbers those of a column may be
    *("AR", "BO", "BR", "CL", "CO", "CR", "EC", "SV", "GT", "HN", "MX", "NI", "PA", "PY", "PE", "DO", "UY", "VE"),
    *("ES", "PT", "US", "UA", "PL", "DE"),
)
_MOBILES = {"56": "9"}  # how they begin, where the library does not tell them from others
_NUMBER = re.compile(r"\+?\d{4,20}").fullmatch
_unspaced = unlike(r"\+[0-9](?:[ -]?[0-9]){3,18}")
_EXTENSION = re.compile(r"\s?(?:ext|anexo|extensi[oó]n|int|x|#|дод)\.?\s{0,3}\d{1,7}$", re.IGNORECASE)
_WORDS, _OF_PHONES = re.compile(r"[^\W\d_]{2,}").findall, ("phone", "landline")
_SEVERAL = re.compile(r"[/;,|\n]|\s(?:y|e|o|ó|u|and|or|та|або|і)\s")
_FILLED = tuple(digit * 7 for digit in "0123456789")  # runs of digits in what is no number, but fills a field
MADE_UP = Problem(mark("repeats one digit: it may be made up"), level=DOUBT)
SEVERAL, MORE_THAN_ONE_THING = mark("holds several phone numbers"), mark("holds more than a phone number")
NEGATIVE = mark("is negative, as no phone number is")
_NEGATIVE = re.compile(r"[-−–][0-9][0-9 .]{5,20}").fullmatch
NOT_MOBILE = Problem(mark("is not the number of a mobile phone"), level=DOUBT)
OTHER_COUNTRY = mark("is a number of another country than the one expected")
ELSEWHERE = mark("names no country, and the sheet says another than the one expected")
_SHORTEST = 7  # digits of a number, where several stand in a cell
_HINTED, _MARGIN = 3, 0.8  # so many fit another country, and such a share, of numbers that are none of ours
_NAMES_ONE = re.compile(r"^[ \t(]{0,3}(?:\+|00)[ (]{0,2}([1-9][0-9 ()-]{2,20})", re.MULTILINE).findall
_KINDS = ("mobile", "fixed_line", "toll_free", "premium_rate", "shared_cost", "voip", "uan")  # of numbers
_FORMED = ("digits", "+digits", "national", "trunk")  # forms in which a country is added or taken away


@dataclass(frozen=True)
class _Country:
    code: str
    trunk: str  # the prefix of calls within the country
    general: str  # the pattern of national numbers
    fits: Callable[[str], Any]  # national number
    whole: Callable[[str], Any]  # country code and national number
    mobile: Callable[[str], Any]
    fixed: Callable[[str], Any]

    def is_fixed(self, digits: str) -> bool:
        """Whether a number with its country code is of no mobile phone."""
        national = digits.removeprefix(self.code)
        if first := _MOBILES.get(self.code):
            return not national.startswith(first)
        return bool(self.fixed(national) and not self.mobile(national))


@lru_cache
def _country(region: str, code: int = 0) -> _Country:
    from phonenumbers import PhoneMetadata

    known = PhoneMetadata.metadata_for_region(region) or PhoneMetadata.metadata_for_nongeo_region(code)
    shapes = [getattr(known, kind, None) for kind in _KINDS]
    lengths = {n for shape in shapes[:2] if shape for n in shape.possible_length if n > 0}
    special, mobile, fixed = (_any_of(some) for some in (shapes[2:], shapes[:1], shapes[1:2]))
    general = _any_of([getattr(known, "general_desc", None)])
    if lengths:
        sizes = "|".join(f"[0-9]{{{n}}}" for n in sorted(lengths))
        general = f"(?=(?:{sizes}|{special})(?![^\n])){general}"
    prefix, trunk = (str(known.country_code), known.national_prefix or "") if known else ("", "")
    compiled = (re.compile(p).fullmatch for p in (general, f"{prefix}(?:{general})", mobile, fixed))
    return _Country(prefix, trunk, general, *compiled)


def _any_of(shapes: Iterable[Any]) -> str:
    patterns = [d.national_number_pattern.replace(r"\d", "[0-9]") for d in shapes if d and d.national_number_pattern]
    return "|".join(f"(?:{pattern})" for pattern in patterns) or NEVER


@lru_cache(maxsize=20_000)
def _abroad(digits: str) -> str:
    """The country code that digits begin with, where they fit its country; "" where they do not."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

    code = next((digits[:n] for n in (1, 2, 3) if int(digits[:n]) in COUNTRY_CODE_TO_REGION_CODE), "")
    regions = COUNTRY_CODE_TO_REGION_CODE[int(code)] if code else ()
    return code if any(_country(region, int(code)).whole(digits) for region in regions) else ""


def _near(one: str, other: str) -> bool:
    """Whether two country codes are of one continent."""
    return one[:1] == other[:1] or {one[:1], other[:1]} <= {"3", "4"}


def rule(field: Phone, options: ParseOptions) -> CellRule:
    region, named = options.country or field.country, options.named
    if named and named != region:
        if field.form in _FORMED:
            return CellRule(_asking(field, region, named))
        region = named
    home, parse = _country(region), _parser(field, region)
    if field.form not in ("digits", "+digits") or field.mobile or not home.code:
        return CellRule(parse)
    own, plus = f"(?:{home.general})(?![^\n])", re.escape("+") if field.form == "+digits" else ""
    find = unlike(f"(?!{own}){plus}{home.code}{own}")

    def strange(texts: list[str]) -> list[str]:
        return find(texts) + _made_up(texts) + ending_in_zeros(texts)

    return CellRule(parse, unlike=strange, respelt=_respelt(home, plus=bool(plus)))


def _parser(field: Phone, region: str) -> Callable[[str], Result]:
    """Reads numbers, of which those that name no country are of this one."""
    home = _country(region)

    def parse(text: str) -> Result:
        if _NEGATIVE(text):  # what a formula made of +56 - 9…
            raise CellError(NEGATIVE, _first([text.lstrip("-−– ")], parse), level=QUESTION)
        number = _bare(text.replace("(0)", ""))
        abroad = _names_country(number)
        digits = number.lstrip("+").removeprefix("00") if abroad else number
        own = abroad and home.whole(digits)
        if not own and not _NUMBER(number):
            raise _of_another(text, field, region) or _unreadable(text, parse)
        if not own and not abroad:
            digits = _at_home(home, digits, parse)
            own = home.whole(digits)
        elif not own and (len(digits) < 4 or not _abroad(digits)):
            raise CellError(mark("is not a phone number of the country that it names"), _half(text, number, parse))
        spelt = (
            undecimal(text) if field.form != "bare" else home.trunk + number if digits == home.code + number else number
        )
        wire = _sent_as(field.form, home, digits, own=bool(own)) if field.form in _FORMED else spelt
        normalised = wire if own or field.form not in _FORMED else f"+{digits}"  # without its +, it would be of home
        if ending_in_zeros([text]):
            return Result(wire, normalised, ENDS_IN_ZEROS)
        if _made_up([digits]):
            return Result(wire, normalised, MADE_UP)
        if not own and home.code:
            return Result(wire, normalised, Problem(OTHER_COUNTRY, detail=f"+{digits}", level=DOUBT))
        return Result(wire, normalised, NOT_MOBILE if own and field.mobile and home.is_fixed(digits) else None)

    return parse


def _asking(field: Phone, region: str, named: str) -> Callable[[str], Result]:
    """Asks about numbers that name no country, where the sheet says another one for them than the one expected."""
    home, parse = _country(region), _parser(field, region)
    elsewhere = _parser(replace(field, form="digits", mobile=False), named)

    def ask(text: str) -> Result:
        number = _bare(text.replace("(0)", ""))
        if _names_country(number) or home.whole(number):
            return parse(text)
        meant = _meant(elsewhere, text)
        country = message("a country that is not known") if named == UNKNOWN else named
        asked = Problem(ELSEWHERE, meant, QUESTION, message("{country}; `country=` decides", country=country))
        try:
            return parse(text)._replace(problem=asked)
        except CellError:
            if not meant:
                raise
            return Result(None, problem=asked)

    return ask


def _meant(parse: Callable[[str], Result], text: str) -> str | None:
    """The number that a text is in another country, where nothing is wrong with it."""
    try:
        read = parse(text)
    except CellError:
        return None
    return None if read.problem else f"+{read.wire}"


def _made_up(numbers: list[str]) -> list[str]:
    """The numbers that repeat one digit, as those do that only fill a field."""
    joined = "\n".join(numbers)
    runs = [run for run in _FILLED if run in joined]
    return [number for number in numbers if any(run in number for run in runs)] if runs else []


def _names_country(number: str) -> bool:
    return number[:1] == "+" or number[:2] == "00"


def country_named(texts: Iterable[list[str]], expected: str) -> str:
    """The country that most of those numbers name which name one, where that is not the one expected.

    "" where there is none, or where the numbers that name none are too many for it to speak for them.
    """
    codes, seen = Counter[str](), 0
    for some in texts:
        seen += len(some)
        for digits in _NAMES_ONE("\n".join(some)):
            codes[_abroad(re.sub(r"\D", "", digits)[:15])] += 1
    bare = seen - codes.total()
    codes.pop("", None)
    (code, count) = max(codes.items(), key=lambda item: item[1], default=("", 0))
    if not code or code == _country(expected).code or 2 * count < bare:
        return ""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

    region: str = COUNTRY_CODE_TO_REGION_CODE[int(code)][0]
    return region


def _respelt(home: _Country, *, plus: bool) -> Callable[[list[str]], dict[str, str]]:
    """Finds the numbers of home that name their country and are only spaced: what is sent for each."""
    strange = unlike(rf"\+{home.code}(?:{home.general})(?![^\n])")

    def respelt(texts: list[str]) -> dict[str, str]:
        unspaced = {*_unspaced(texts)}
        whole = [text for text in texts if text not in unspaced]
        numbers = "\n".join(whole).replace("-", "").replace(" ", "").split("\n") if whole else []
        others = {*strange(numbers), *_made_up(numbers)}
        sent = (n if plus else n[1:] for n in numbers)
        return {t: wire for t, n, wire in zip(whole, numbers, sent, strict=True) if n not in others and wire != t}

    return respelt


def _sent_as(form: str, home: _Country, digits: str, *, own: bool) -> str:
    """The digits of country code and number, in a form."""
    if form in ("national", "trunk") and own:
        return f"{home.trunk if form == 'trunk' else ''}{digits.removeprefix(home.code)}"
    return f"+{digits}" if form in ("+digits", "national", "trunk") else digits


def _bare(text: str) -> str:
    """The text without what stands between the digits of a number."""
    text = undecimal(latin(text)).replace(" ", "").replace("-", "").replace(".", "").replace("(", "").replace(")", "")
    return text if text.isprintable() else "".join(text.split())


def _at_home(home: _Country, digits: str, parse: Callable[[str], Result]) -> str:
    """The full number of digits that name no country, where there is one way to read them."""
    own = digits.removeprefix(home.trunk) if home.trunk and not home.fits(digits) else digits
    ways = {f"{home.code}{own}" if home.fits(own) else "", digits if home.whole(digits) else ""} - {""}
    if len(ways) == 1:
        return ways.pop()
    if len(ways) > 1:
        raise CellError(mark("can be read with and without its country code"), sorted(ways)[0], level=QUESTION)
    if (code := _abroad(digits)) and _near(code, home.code):
        return digits
    if first := _half("", digits, parse):
        raise CellError(SEVERAL, first)
    begin = "8" + home.trunk if home.trunk else "0"  # of calls within the country, once
    bare = digits.removeprefix(begin)
    old = bare != digits and home.fits(bare) and (home.trunk or not _is_mobile_elsewhere(bare, home))
    raise CellError(mark("is not a phone number"), f"{home.code}{bare}" if old else None)


def _is_mobile_elsewhere(national: str, home: _Country) -> bool:
    """Whether a number with a zero before it is one of a mobile phone in a country that writes it so."""
    if home.code in _MOBILES and national.startswith(_MOBILES[home.code]):
        return False
    others = map(_country, (*_COMPARED, "FR", "GB", "IT", "NL"))
    return any(other.trunk == "0" and other.mobile(national) for other in others)


def _half(text: str, digits: str, parse: Callable[[str], Result]) -> str | None:
    """The first of two numbers that stand in a cell one after the other, whatever is between them."""
    parts = [part for part in re.split(r"\s{1,9}-\s{1,9}|(?<=\d)\s?(?=\+)", text) if part]
    if len(parts) > 1:
        return _first(parts[:1], parse)
    cuts = sorted(range(_SHORTEST, len(digits) - _SHORTEST + 1), key=lambda n: (2 * n != len(digits), n))
    return _first([digits[:n] for n in cuts if _first([digits[n:]], parse)], parse)


def _of_another(text: str, field: Phone, region: str) -> CellError | None:
    """What is said of a number beside which another country is named in words: "España 612345678"."""
    named = "" if "+" in text else country_in(f"({text[:60]})")
    if not named or named == region:
        return None
    digits, elsewhere = re.sub(r"[^0-9+]", "", latin(text)), _parser(replace(field, form="digits", mobile=False), named)
    return CellError(MORE_THAN_ONE_THING, _meant(elsewhere, digits) if digits else None)


def _unreadable(text: str, parse: Callable[[str], Result]) -> CellError:
    if denies(re.sub(r"[^\W\d_]{1,3}\.?\s?#?\d{1,9}$", "", text)):  # but for an extension
        return CellError(MORE_THAN_ONE_THING)
    if (main := _EXTENSION.sub("", text)) != text:
        return CellError(mark("has an extension"), _first([main], parse))
    parts = [part for part in (part.strip() for part in _SEVERAL.split(text)) if part]
    if len(parts) > 1 and (first := _first(parts, parse)):
        return CellError(SEVERAL if sum(map(str.isdigit, parts[1])) > 5 else MORE_THAN_ONE_THING, first)
    bare = re.sub(r"[^\d+]", "", latin(text))
    words = " ".join(_WORDS(text))
    of_phone = spoken(words).whole and spoken(words).concept in _OF_PHONES
    if words and not of_phone and not country_in(f"({text[:60]})"):
        return CellError(mark("is not a phone number"))  # whose it is, or whether it is one still, they may say
    if len(bare) >= 2 * _SHORTEST and (first := _half(text, bare.lstrip("+"), parse)):
        return CellError(SEVERAL, first)
    return CellError(mark("is not a phone number"), _first([bare], parse) if len(bare) > 6 else None)


def _first(parts: Iterable[str], parse: Callable[[str], Result]) -> str | None:
    """The first of some texts that is a phone number."""
    for part in parts:
        number = _bare(part)
        if _NUMBER(number) and len(number) < 2 * _SHORTEST + 2:
            try:
                return parse(part).normalised
            except CellError:
                continue
    return None


def likely_country(texts: Iterable[str], expected: str) -> str:
    """The country, of the same continent, that most numbers fit which are none of the one expected; "" for none."""
    home, fits, seen = _country(expected), Counter[str](), 0
    for text in texts:
        number = _bare(text[:40]).removeprefix("0")
        if number.isdigit() and 7 <= len(number) <= 12:
            seen += 1
            fits.update(r for r in _COMPARED if _near(_country(r).code, home.code) and _country(r).mobile(number))
    if not fits:
        return ""
    (best, count), *others = fits.most_common(2)
    clear = not others or others[0][1] < _MARGIN * count
    return best if clear and count >= max(_HINTED, _MARGIN * seen) else ""
