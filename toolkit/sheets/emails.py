"""E-mail addresses: syntax by email-validator, and the slips of the hand that it cannot see."""

import re
import string
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import repeat
from operator import itemgetter

from toolkit.plain import current_language, mark, message
from toolkit.sheets.cells import latin
from toolkit.sheets.checker import DOUBT, CellError, CellRule, ParseOptions, Problem, Result, unlike
from toolkit.sheets.letters import unescaped
from toolkit.sheets.synonyms import denies
from toolkit.spec import Email

PROVIDERS = ("gmail.com", "hotmail.com", "outlook.com", "yahoo.com", "icloud.com", "live.com", "ukr.net", "yahoo.es")
NO_SLIP = {*PROVIDERS, "mail.com", "ymail.com", "gmx.com", "hotmail.co", "hotmail.es", "outlook.es", "outlook.cl"}
SAID_OF_ADDRESSES = (  # by the library that reads them
    mark("an email address must have an @-sign"),
    mark("the part after the @-sign is not valid. It should have a period"),
    mark("the part after the @-sign contains invalid characters"),
    mark("the email address contains invalid characters before the @-sign"),
    mark("there must be something before the @-sign"),
    mark("there must be something after the @-sign"),
)
_SEVERAL = re.compile(r"[\s;,|/]+")
_FRAMED = re.compile(r"[<(\[\"':“”«»‘’]")  # "Ana <ana@…>", "mailto:ana@…"
_INSIDE = re.compile(r"[^\s<>,;:\"'()\[\]|/@“”«»‘’]++@[^\s<>,;:\"'()\[\]|/@“”«»‘’]++")
_WORD, _LABEL = "[A-Za-z0-9_+%-]++", "[A-Za-z0-9]++(?:-[A-Za-z0-9]++)*+"
_FILLERS = "test|prueba|no|na|nn|nada|x|xx|xxx|a|aa|aaa|asdf|correo|mail|email|ejemplo|sin|nocorreo|abc"
_NONE = (
    r"(?=[nNsS])(?i:(?:no|sin|sem|nao|not)[._-]?(?:tiene|posee|hay|informa(?:do)?|registra(?:do)?|aplica|existe|usa|tem|possui"
    r"|correo|e-?mail|mail))[0-9]{0,3}@|(?i:" + "|".join(f"{word}@{word}" for word in _FILLERS.split("|")) + r")\."
)
_stands_for_none = re.compile(_NONE).match
_uncommon = unlike(rf"(?!{_NONE}){_WORD}(?:\.{_WORD})*+@(?:{_LABEL}\.)+[A-Za-z]{{2,}}")
MISSPELT = mark("has a domain that may be misspelt")
OTHER_LETTERS = mark("has letters beyond a to z in its domain")
_MOST_BEFORE_AT = 64  # characters, by RFC 5321
_NEAR_COM = {"con", "cmo", "ocm", "vom", "xom", "dom", "comm", "coom", "ccom", "cim", "cpm", "cok", "coml", "comn"}
_SHORT = 64  # so short an address breaks none of the limits on its parts


@lru_cache
def _slips() -> dict[str, str]:
    """Domains that differ from a great provider's by one letter left out, doubled, swapped or hit beside."""
    slips: dict[str, str] = {}
    for domain in PROVIDERS:
        halves = [(domain[:i], domain[i:]) for i in range(len(domain))]
        for left, right in halves:
            near = [left + right[1:], left + right[0] + right, left + right[1:2] + right[0] + right[2:]]
            near += [left + letter + right[1:] for letter in string.ascii_lowercase]
            slips |= dict.fromkeys(near, domain)
    return {slip: domain for slip, domain in slips.items() if slip not in NO_SLIP}


@lru_cache
def _special() -> frozenset[str]:
    """Top domains that nobody receives mail in."""
    from email_validator import SPECIAL_USE_DOMAIN_NAMES

    return frozenset(name.rpartition(".")[2] for name in SPECIAL_USE_DOMAIN_NAMES)


@lru_cache(maxsize=20_000)
def _is_sound(domain: str) -> bool:
    low = domain.lower()
    top = low.rpartition(".")[2]
    strange = top in _NEAR_COM or top in _special() or (low.startswith("gmail.") and low != "gmail.com")
    return low not in _slips() and not strange


def _unlike(texts: list[str]) -> list[str]:
    """The addresses that the library has to decide, or a person: it accepts the common form, and no slip is in it."""
    uncommon = _uncommon(texts)
    if max(map(len, texts), default=0) > _SHORT:
        uncommon = uncommon + [text for text in texts if len(text) > _SHORT]
    domains = {*map(itemgetter(2), map(str.rpartition, texts, repeat("@")))}
    if slips := {domain for domain in domains if not _is_sound(domain)}:
        uncommon = uncommon + [text for text in texts if text.rpartition("@")[2] in slips]
    return uncommon


def rule(field: Email, options: ParseOptions) -> CellRule:
    return CellRule(_parse, unlike=_unlike)


def _parse(text: str) -> Result:
    text = latin(text)
    if _unlike([text]):
        _validate(text)
    return Result(text, text, _doubt(text))


def _doubt(text: str) -> Problem | None:
    """What may be wrong with an address that is written as one."""
    name, _, domain = text.rpartition("@")
    rest, _, top = domain.lower().rpartition(".")
    meant = _slips().get(domain.lower()) or (f"{domain[: len(rest)]}.com" if top in _NEAR_COM else None)
    if meant or (rest == "gmail" and top != "com"):
        return Problem(MISSPELT, f"{name}@{meant or 'gmail.com'}", DOUBT)
    if _stands_for_none(text):
        return Problem(mark("may be written for no address"), level=DOUBT)
    if not domain.isascii():
        plain = "".join(c for c in unicodedata.normalize("NFKD", domain) if not unicodedata.combining(c))
        return Problem(OTHER_LETTERS, f"{name}@{plain}" if plain.isascii() else None, DOUBT)
    is_one = len(top) > 1 and (top.isalpha() or top.startswith("xn--"))
    return None if is_one else Problem(MISSPELT, level=DOUBT)


def _validate(text: str) -> None:
    from email_validator import EmailNotValidError, validate_email

    if len(text.rpartition("@")[0]) > _MOST_BEFORE_AT:
        limit = message("more than {limit} characters before the @-sign", limit=_MOST_BEFORE_AT)
        raise CellError(mark("is not an e-mail address"), detail=limit)
    try:
        validate_email(text, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as problem:
        addresses = [part for part in _SEVERAL.split(text) if "@" in part]
        if len(addresses) > 1:
            raise CellError(mark("holds several addresses"), _first(addresses)) from None
        inside = _INSIDE.findall(text) if _FRAMED.search(text) else []  # else "ana soto@…" would become somebody else
        guesses = [
            *inside,
            re.sub(r"\s{0,9}([@.])\s{0,9}", r"\1", text),
            text.replace(",", "."),
            text.rstrip(".,;:"),
            unescaped(text) or "",
        ]
        why = str(problem).rstrip(".")
        meant = None if denies(_INSIDE.sub(" ", text)) else _first(guesses)
        raise CellError(mark("is not an e-mail address"), meant, detail=_in_words(why)) from None


def _first(texts: Iterable[str]) -> str | None:
    return next((t for t in (t.rstrip(".,;:") for t in texts) if not _unlike([t])), None)


def _in_words(why: str) -> str:
    """What the library says of an address; in another language only what there is a translation of."""
    words, colon, signs = f"{why[:1].lower()}{why[1:]}".partition(": ")
    known = words in SAID_OF_ADDRESSES
    return f"{message(words)}{colon}{signs}" if known or current_language() == "en" else ""
