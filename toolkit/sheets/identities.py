"""Numbers of identity documents, by python-stdnum and by what it leaves out."""

import importlib
import re
from collections.abc import Callable
from functools import lru_cache
from itertools import repeat
from typing import Any

import numpy as np

from toolkit.errors import InputError
from toolkit.plain import mark, message
from toolkit.sheets.cells import folded, latin, undecimal
from toolkit.sheets.checker import (
    DOUBT,
    ENDS_IN_ZEROS,
    ERROR,
    QUESTION,
    STORED,
    CellError,
    CellRule,
    Problem,
    Result,
    unlike,
)
from toolkit.sheets.not_data import LIKELY_CODE, STORED_DATE, ending_in_zeros, stored_as
from toolkit.sheets.synonyms import concept_of, denies
from toolkit.spec import Identity

WEIGHTS = {  # pattern, weights from the right, check digit by the sum modulo 11: as python-stdnum has them
    "cl.rut": (r"(?:[0-9]{7,8}|[0-9]{1,2}\.[0-9]{3}\.[0-9]{3})-[0-9kK]", (9, 8, 7, 6, 5, 4, 9, 8), "0123456789K"),
    "co.nit": ("[0-9]{8,10}-?[0-9]", (3, 7, 13, 17, 19, 23, 29, 37, 41, 43), "01987654321"),
    "ua.rntrc": ("[0-9]{10}", (7, 5, 10, 6, 4, 9, 7, 5, -1), "01234567890"),
}
_GROUPED = re.compile(r"([0-9]{1,3}(?:([.,\s])[0-9]{3})(?:\2[0-9]{3})*)(?:(?!\2)[.,]0{1,2})?").fullmatch
_DECIMAL = re.compile(r"(?:[0-9]{1,3}(?:([.,])[0-9]{3})+(?!\1)|[0-9]+)[.,][0-9]+").fullmatch
_SCIENTIFIC = re.compile(r"[0-9][.,][0-9]{1,14}[eE][0-9]{1,2}").fullmatch
_ONE = r"[0-9]{1,3}(?:([.,\s'’/-])[0-9]{3})(?:\3[0-9]{3})*|[0-9]{4,15}"
_ONE_NUMBER = re.compile(rf"(\D*)({_ONE})(?![^\W_])(\D*)").fullmatch
_KINDS = {"cc", "ci", "ce", "ti", "id", "n", "no", "nro"}  # of documents, as people put them before the number
_LABEL = re.compile(r"[^\W\d_]{3,20}?(?=[ .:-]{0,3}[A-ZА-ЯІЇЄҐ]{0,3}\d+$)").match
_BESIDE = re.compile(r"(?!\s(?:de|do|da)\s).*[^\W_]", re.DOTALL).match  # words behind a number, but for its place
_MONTH = "(?i:ene|jan|feb|mar|abr|apr|may|jun|jul|ago|aug|sept?|oct|nov|dic|dec)"
SHOWN = (  # how a spreadsheet shows the days and times that it made of codes
    rf"(?:[0-9]{{1,2}}[/.-][0-9]{{1,2}}[/.-](?:19|20)[0-9]{{2}}|[0-9]{{1,2}}-{_MONTH}(?:-[0-9]{{2,4}})?"
    rf"|{_MONTH}-[0-9]{{2}}|[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}})(?![^\n])"
)
CUT = r"[1-9][0-9]{14}00{1,5}(?![^\n])"  # of more than 15 digits, which a spreadsheet does not keep
TWO_CODES = r"[^\W_]{5,20}/[^\W_]{5,20}(?![^\n])|0[0-9]{3,20} 0[0-9]{3,20}(?![^\n])"
_MIXED_UP = re.compile(r"[^\W_]*\d[\u0400-\u04ff][^\W_]*").fullmatch  # letters for digits
_is_shown, _is_cut, _TWO = re.compile(SHOWN).fullmatch, re.compile(CUT).fullmatch, re.compile(TWO_CODES).fullmatch
_likely = re.compile(rf"{LIKELY_CODE}[^\W_]+(?:[ .:/_-][^\W_]+)*").fullmatch
UNLIKELY = mark("does not look like a code or the number of a document")
_CEDULA, _ENDING = "[0-9]{3,10}", "(?![0-9]{5}00000(?![0-9]))"
_uncommon = unlike(
    rf"(?!{STORED_DATE}|{SHOWN}|{CUT}|[A-Za-z]{{3,20}}[.-]?[0-9]+(?![^\n]))(?=[A-Za-z.-]*[0-9])[A-Za-z0-9]++(?:[.-][A-Za-z0-9]++)*+"
)


def _ungrouped(text: str) -> str:
    grouped = _GROUPED(text)
    return re.sub(r"[.,\s]", "", grouped[1]) if grouped else text


def _cedula(text: str) -> Result:
    """A Colombian cédula: 3 to 10 digits, no check digit."""
    digits = _ungrouped(text)
    if re.fullmatch(_CEDULA, digits):
        return Result(digits, digits)
    meant = None if digits.isdecimal() else _number_in(text)
    level = ERROR if digits.isdecimal() else QUESTION
    raise CellError(mark("is not a cédula"), meant, detail=message("3 to 10 digits are expected"), level=level)


def _number_in(text: str) -> str | None:
    """The one number in a text that says what it is the number of, and nothing that changes whose it is."""
    matched = _ONE_NUMBER(text)
    if not matched or _BESIDE(matched[4]) or denies(f"{matched[1]} {matched[4]}"):
        return None
    label = folded(matched[1])
    return re.sub(r"\D", "", matched[2]) if not label or label in _KINDS or concept_of(label) == "identity" else None


def no_code(text: str) -> Problem | None:
    """Why a text can be no code and no number of a document, where it cannot: spreadsheets make such of them."""
    if kind := stored_as(text):
        return STORED[kind]
    if _is_shown(text):
        return Problem(UNLIKELY, level=QUESTION)
    if _SCIENTIFIC(text):
        whole, exponent = re.split("[eE]", text)
        all_digits = len(whole) - 2 == int(exponent)
        digits = re.sub("[.,]", "", whole) if all_digits else None
        return Problem(mark("is a number in its scientific form"), digits, level=QUESTION)
    if ending_in_zeros([text]) or _is_cut(text):
        return ENDS_IN_ZEROS
    if (plain := latin(text)) != text and any(c.isdecimal() and c > "\x7f" for c in text):
        return Problem(mark("has digits of another script"), plain, level=QUESTION)
    return Problem(mark("has decimals, as no document has"), level=QUESTION) if _DECIMAL(_ungrouped(text)) else None


def doubtful_code(text: str) -> Problem | None:
    """What is wrong with a code, or may be."""
    return no_code(text) or (Problem(UNLIKELY, level=DOUBT) if not _likely(text) or _TWO(text) else None)


def _any(text: str) -> Result:
    """A number of which nothing is known but that dots between thousands are none of it, nor are words."""
    number = _ungrouped(text)
    if not any(map(str.isdigit, number)):
        return Result(number, number, Problem(mark("has no digits, as a document has"), level=QUESTION))
    label = _LABEL(number)
    if not _likely(number) or _TWO(number) or _MIXED_UP(number) or (label and concept_of(label[0]) == "identity"):
        return Result(number, number, Problem(UNLIKELY, _number_in(text), QUESTION))
    return Result(number, number)


@lru_cache
def _library(scheme: str) -> Any:
    try:
        return importlib.import_module(f"stdnum.{scheme}")
    except ImportError:
        raise InputError(message("there is no rule for identity numbers named {scheme!r}", scheme=scheme)) from None


def _checked(scheme: str) -> Callable[[str], Result]:
    from stdnum.exceptions import InvalidChecksum, ValidationError

    library = _library(scheme)

    def parse(text: str) -> Result:
        try:
            library.validate(text)
        except InvalidChecksum:
            return Result(text, text, Problem(mark("has a wrong check digit"), _completed(library, text), DOUBT))
        except ValidationError as problem:
            why = str(problem).rstrip(".").lower()
            raise CellError(mark("is not a valid number"), _completed(library, text), detail=why) from None
        return Result(text, text)

    return parse


def _completed(library: Any, text: str) -> str | None:
    """The number with its check digit, where the digit seems to have been left out."""
    number = re.sub(r"[.,\s]", "", text)
    if not number.isdigit() or not 7 <= len(number) <= 9 or not hasattr(library, "calc_check_digit"):
        return None
    whole = f"{number}-{library.calc_check_digit(number)}"
    return whole if library.is_valid(whole) else None


def _unlike(scheme: str) -> Callable[[list[str]], list[str]]:
    """Finds the numbers that the library has to be asked about: on whole columns ten times faster than asking."""
    pattern, weights, digits = WEIGHTS[scheme]
    find, codes = unlike(pattern), np.frombuffer(digits.encode(), np.uint8)

    def check_digits(texts: list[str]) -> list[str]:
        others = find(texts)
        uncommon = {*others}
        asked = [text for text in texts if text not in uncommon]
        numbers = "\n".join(asked).replace("-", "").replace(".", "").upper().split("\n") if asked else []
        cells = "".join(map(str.rjust, numbers, repeat(len(weights) + 1), repeat("0"))).encode()
        signs = np.frombuffer(cells, np.uint8).reshape(len(asked), len(weights) + 1)
        sums = (signs[:, :-1].astype(np.int64) - ord("0")) @ weights[::-1]
        return others + [asked[i] for i in np.flatnonzero(codes[sums % 11] != signs[:, -1])]

    return check_digits


def rule(field: Identity, scheme: str) -> CellRule:
    parse = _any if not scheme else _cedula if scheme == "co.cc" else _checked(scheme)

    def parse_plain(text: str) -> Result:
        plain = undecimal(latin(text))
        if problem := no_code(plain):
            return Result(plain, plain, problem)
        result = parse(plain)
        if result.problem or not result.wire or len(parts := result.wire.split()) < 2:
            return result
        return result._replace(problem=Problem(mark("has spaces inside"), "".join(parts), DOUBT))  # as if of another

    if not scheme:
        return CellRule(parse_plain, unlike=_unlike_any, free=True)
    find = unlike(_ENDING + _CEDULA) if scheme == "co.cc" else _unlike(scheme) if scheme in WEIGHTS else None
    return CellRule(parse_plain, unlike=find)


def _unlike_any(texts: list[str]) -> list[str]:
    some = [t for t in texts if len(t) < 5 or _GROUPED(t) or _DECIMAL(t) or _SCIENTIFIC(t)]
    return _uncommon(texts) + some + ending_in_zeros(texts)
