"""E-mail addresses: syntax by email-validator, and the slips of the hand that it cannot see."""

import re
import string
from collections.abc import Sequence
from functools import lru_cache

from toolkit.sheets.cells import latin
from toolkit.sheets.rule import Problem, Read, Reading, Rule, Wrong, finder
from toolkit.spec import Email

PROVIDERS = ("gmail.com", "hotmail.com", "outlook.com", "yahoo.com", "icloud.com", "live.com", "ukr.net", "yahoo.es")
NO_SLIP = {*PROVIDERS, "mail.com", "ymail.com", "gmx.com", "hotmail.co", "hotmail.es", "outlook.es", "outlook.cl"}
_SEVERAL = re.compile(r"[\s;,|/]+")
_FRAMED = re.compile(r"[<(\[\"':]")  # "Ana <ana@…>", "mailto:ana@…"
_INSIDE = re.compile(r"[^\s<>,;:\"'()\[\]|/]+@[^\s<>,;:\"'()\[\]|/]+")


@lru_cache
def _slips() -> dict[str, str]:
    """Domains that differ from a great provider's by one letter left out, doubled, swapped or hit beside."""
    made: dict[str, str] = {}
    for domain in PROVIDERS:
        halves = [(domain[:i], domain[i:]) for i in range(len(domain))]
        for left, right in halves:
            near = [left + right[1:], left + right[0] + right, left + right[1:2] + right[0] + right[2:]]
            near += [left + letter + right[1:] for letter in string.ascii_lowercase]
            made |= dict.fromkeys(near, domain)
    return {slip: domain for slip, domain in made.items() if slip not in NO_SLIP}


_WORD, _LABEL = "[A-Za-z0-9_+%-]++", "[A-Za-z0-9]++(?:-[A-Za-z0-9]++)*+"
_find = finder(rf"{_WORD}(?:\.{_WORD})*+@(?:{_LABEL}\.)+[A-Za-z]{{2,}}")
_SHORT = 64  # so short an address breaks none of the limits on its parts


@lru_cache
def _special() -> frozenset[str]:
    """Top domains that nobody receives mail in."""
    from email_validator import SPECIAL_USE_DOMAIN_NAMES

    return frozenset(name.rpartition(".")[2] for name in SPECIAL_USE_DOMAIN_NAMES)


def _odd(texts: Sequence[str]) -> list[int]:
    """Finds what the library has to decide, or a person: the rest has the common form, which the library accepts."""
    slips, special = _slips(), _special()
    found = _find(texts)
    domains = {domain: domain.lower() for domain in {text.rpartition("@")[2] for text in texts}}
    wrong = {d for d, low in domains.items() if low in slips or low.rpartition(".")[2] in special}
    if wrong:
        found += [i for i, text in enumerate(texts) if text.rpartition("@")[2] in wrong]
    if max(map(len, texts), default=0) > _SHORT:
        found += [i for i, text in enumerate(texts) if len(text) > _SHORT]
    return sorted({*found})


def rule(field: Email, reading: Reading) -> Rule:
    slips = _slips()

    def read(text: str) -> Read:
        text = latin(text)
        name, _, domain = text.rpartition("@")
        if _odd([text]):
            _validate(text)
        meant = slips.get(domain.lower())
        return Read(text, text, Problem(f"may be meant as {meant}", f"{name}@{meant}", blocks=False) if meant else None)

    return Rule(read, odd=_odd)


def _validate(text: str) -> None:
    from email_validator import EmailNotValidError, validate_email

    try:
        validate_email(text, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as problem:
        found = [part for part in _SEVERAL.split(text) if "@" in part]
        if len(found) > 1:
            raise Wrong("holds several addresses", _first(found)) from None
        inside = _INSIDE.findall(text) if _FRAMED.search(text) else []  # else "ana soto@…" would become somebody else
        guesses = [*inside, "".join(text.split()), text.replace(",", "."), text.rstrip(".,;:")]
        said = str(problem).rstrip(".")
        raise Wrong(f"is not an e-mail address: {said[:1].lower()}{said[1:]}", _first(guesses)) from None


def _first(texts: list[str]) -> str | None:
    return next((t for t in (t.rstrip(".,;:") for t in texts) if not _odd([t])), None)
