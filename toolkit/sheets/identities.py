"""Numbers of identity documents, by python-stdnum and by what it leaves out."""

import importlib
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from toolkit.errors import InputError
from toolkit.sheets.cells import latin, undecimal
from toolkit.sheets.rule import FEW, Find, Read, Rule, Wrong, finder
from toolkit.spec import Identity

WEIGHTS = {  # pattern, weights from the right, check digit by the sum modulo 11: as python-stdnum has them
    "cl.rut": ("[0-9]{7,8}-[0-9kK]", (9, 8, 7, 6, 5, 4, 9, 8), b"0123456789K"),
    "co.nit": ("[0-9]{8,10}-?[0-9]", (3, 7, 13, 17, 19, 23, 29, 37, 41, 43), b"01987654321"),
    "ua.rntrc": ("[0-9]{10}", (7, 5, 10, 6, 4, 9, 7, 5, -1), b"01234567890"),
}
_GROUPED = re.compile(r"[0-9]{1,3}(?:[.,\s][0-9]{3})+").fullmatch
_CEDULA = re.compile(r"\d{3,10}", re.ASCII).fullmatch


def _cedula(text: str) -> Read:
    """A Colombian cédula: 3 to 10 digits, no check digit."""
    digits = re.sub(r"[.,\s]", "", text) if _GROUPED(text) else text
    if not _CEDULA(digits):
        raise Wrong("is not a cédula: 3 to 10 digits are expected")
    return Read(digits, digits)


@lru_cache
def _library(scheme: str) -> Any:
    try:
        return importlib.import_module(f"stdnum.{scheme}")
    except ImportError:
        raise InputError(f"there is no rule for identity numbers named {scheme!r}") from None


def _checked(scheme: str) -> Callable[[str], Read]:
    from stdnum.exceptions import InvalidChecksum, ValidationError

    library = _library(scheme)

    def read(text: str) -> Read:
        try:
            library.validate(text)
        except InvalidChecksum:
            raise Wrong("has a wrong check digit", _completed(library, text)) from None
        except ValidationError as problem:
            raise Wrong(
                f"is not a valid number: {str(problem).rstrip('.').lower()}", _completed(library, text)
            ) from None
        return Read(text, text)

    return read


def _completed(library: Any, text: str) -> str | None:
    """The number with its check digit, where the digit seems to have been left out."""
    number = re.sub(r"[.,\s]", "", text)
    if not number.isdigit() or not 7 <= len(number) <= 9 or not hasattr(library, "calc_check_digit"):
        return None
    whole = f"{number}-{library.calc_check_digit(number)}"
    return whole if library.is_valid(whole) else None


def _sums_up(scheme: str) -> Find:
    """Finds the numbers that the library has to be asked about: on whole columns ten times faster than asking."""
    pattern, weights, digits = WEIGHTS[scheme]
    find = finder(pattern)

    def odd(texts: Sequence[str]) -> list[int]:
        if len(texts) < FEW:
            return [i for i, text in enumerate(texts) if text]
        found = find(texts)
        unlike = {*found}
        asked = [i for i, text in enumerate(texts) if text and i not in unlike]
        numbers = np.fromstring(" ".join([texts[i][:-1] for i in asked]).replace("-", ""), dtype=np.int64, sep=" ")
        sums = np.zeros_like(numbers)
        for weight in weights:
            sums += numbers % 10 * weight
            numbers //= 10
        last = "".join([texts[i][-1] for i in asked]).upper()
        wrong = np.frombuffer(digits, np.uint8)[sums % 11] != np.frombuffer(last.encode(), np.uint8)
        return sorted([*found, *(asked[i] for i in np.flatnonzero(wrong))])

    return odd


def rule(field: Identity, scheme: str) -> Rule:
    if not scheme:
        return Rule(lambda text: Read(text, latin(text)), odd=finder("[A-Za-z0-9]+(?:[.-][A-Za-z0-9]+)*"))
    checked = _cedula if scheme == "co.cc" else _checked(scheme)
    odd = finder("[0-9]{3,10}") if scheme == "co.cc" else _sums_up(scheme) if scheme in WEIGHTS else None
    return Rule(lambda text: checked(undecimal(latin(text))), odd=odd)
