"""The rule of each kind of field."""

import json
import re
import sys
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from toolkit.plain import mark, message
from toolkit.sheets import dates, emails, files, identities, numbers, phones
from toolkit.sheets.alike import Alike
from toolkit.sheets.cells import NotACellValue, folded, latin, seen
from toolkit.sheets.checker import (
    DOUBT,
    NOTHING_SAID,
    QUESTION,
    CellError,
    CellRule,
    ParseOptions,
    Problem,
    Result,
    unlike,
)
from toolkit.sheets.not_data import PLAIN, PLAIN_CODE, PLAIN_NAME, says_nothing
from toolkit.sheets.synonyms import denies, spoken
from toolkit.spec import (
    Bool,
    Choice,
    Date,
    Email,
    Field,
    File,
    Flag,
    Identity,
    Integer,
    Json,
    KindTable,
    List,
    Masked,
    Nested,
    Number,
    Phone,
    Rows,
    Text,
    Timestamp,
)

_NOBODY = frozenset({"x", "х", "нет", "inf", "infinity", "falso", "verdadero"})
_PEOPLE = frozenset({"name", "first name", "last name"})
_NAMED = _PEOPLE | {"city", "town", "country"}  # people and places: by words
_CODES = frozenset({"card", "identity", "company identity"})
_has_address = re.compile(r"[^\s@<>]{1,64}@[^\s@.<>]{1,60}\.[^\s@<>]{1,60}").search
_words = re.compile(r"[^\W\d_]+").findall
_is_number = re.compile(r"\+?[0-9]+").fullmatch
_AN_ADDRESS = Problem(mark("holds an e-mail address, where a name is expected"), level=DOUBT)
_IN_ONE = Problem(mark("may name several in one"), level=DOUBT)
_several = re.compile(r"/|\s(?:y|e|and|і|та)\s|^\[.*\]$", re.IGNORECASE | re.DOTALL).search
_NO_LETTER = Problem(mark("has no letter, as a name has"), level=DOUBT)
_signs = re.compile(r"[-.,]?\d+|-(?=\s*$)|[^\w\s.,;:'’\"()¿?¡!-]").findall  # of a name, which make it another one
_is_whole = re.compile(r"(\d{1,15})[.,]0{1,2}").fullmatch
_YES = "true, yes, y, on, sí, s, verdadero, sim, так, т, істина, истина, да, wahr, vrai, 1, x, ok, ✓, ✔, ☑, ✅"
_NO = "false, no, n, off, falso, não, ні, н, хибність, ложь, нет, falsch, faux, 0, ✗, ✘, ☐, ❌"
YES_NO = {folded(word) or word: yes for words, yes in ((_YES, True), (_NO, False)) for word in words.split(", ")}
LONG = 100_000  # characters of a list, or of an object


@lru_cache(maxsize=512)
def rule_of(field: Field, options: ParseOptions, scheme: str = "") -> CellRule:
    """The rule of a field; of an identity number, by the scheme of its document."""
    if isinstance(field, Identity):
        rule = identities.rule(field, scheme or field.scheme)
    else:
        rule = RULES[type(field)](field, options)
    if isinstance(field, Identity | Phone) and not field.strict:
        rule = lenient(field, rule)
    return limited(field, rule) if isinstance(field, Text) else rule


def lenient(field: Field, rule: CellRule) -> CellRule:
    """The rule of a field of which the vendor's document states no form: what breaks it is sent, as a doubt."""
    inner = rule.parse

    def parse(text: Any) -> Result:
        try:
            return inner(text)
        except CellError as wrong:
            asked = wrong.problem.level == QUESTION and isinstance(field, Identity)
            if asked or not isinstance(text, str) or says_nothing(text):
                raise
            return Result(text, text, wrong.problem._replace(level=DOUBT))

    return replace(rule, parse=parse)


def limited(field: Text, rule: CellRule) -> CellRule:
    """The rule, with the field's greatest length."""
    limit, inner = field.max_length, rule.parse
    if limit is None:
        return rule

    def parse(value: Any) -> Result:
        parsed = inner(value)
        if len(parsed.wire) > limit:
            detail = message("{count:,} characters; at most {limit:,} are allowed", count=len(parsed.wire), limit=limit)
            compact = re.sub(r"[\s().-]", "", parsed.wire)
            if isinstance(field, Phone) and _is_number(compact) and len(compact) <= limit:
                return parsed._replace(wire=compact, normalised=compact)
            raise CellError(mark("is too long"), detail=detail)
        return parsed

    return replace(rule, parse=parse, limit=limit)


def _text(field: Field, options: ParseOptions) -> CellRule:
    def parse(text: str) -> Result:
        return Result(seen(text), seen(text))

    concepts = {spoken(name).concept for name in (field.name, field.label)}
    if _CODES & concepts:
        return CellRule(
            lambda text: parse(text)._replace(problem=identities.doubtful_code(text)),
            unlike=unlike(rf"(?!{identities.SHOWN}|{identities.CUT}|{identities.TWO_CODES}){PLAIN_CODE}"),
            free=True,
        )
    if not _NAMED & concepts:
        return CellRule(parse, unlike=unlike(PLAIN), free=True, longest=sys.maxsize)

    def parse_name(text: str) -> Result:
        if _PEOPLE & concepts and folded(text) in _NOBODY:
            return parse(text)._replace(problem=NOTHING_SAID)
        doubt = _AN_ADDRESS if _has_address(text) else None if any(map(str.isalpha, text)) else _NO_LETTER
        return parse(text)._replace(problem=doubt)

    return CellRule(parse_name, unlike=unlike(PLAIN_NAME), free=True, longest=sys.maxsize)


def _spelling(text: str) -> str:
    """The text without case, accents and blanks: what else stands in it may mean something."""
    plain = unicodedata.normalize("NFKD", re.sub("[‘’ʼ´`]", "'", latin(text))).casefold()
    return "".join(c for c in plain if not unicodedata.combining(c) and not c.isspace())


def _whole(text: str) -> str:
    """The digits of a whole number that a column of decimal ones made of it: 1.0."""
    whole = _is_whole(text)
    return whole[1] if whole else text


def _bool(field: Field, options: ParseOptions) -> CellRule:
    def parse(text: str) -> Result:
        if (yes := YES_NO.get(_spelling(_whole(text)))) is None:
            raise CellError(mark("is neither yes nor no"))
        return Result(int(yes) if isinstance(field, Flag) and not field.as_bool else yes)

    return CellRule(parse)


class _Choices:
    """Finds the code of a code or label, whatever its case, accents and blanks; other signs are asked about."""

    def __init__(self, choices: Mapping[Any, str]) -> None:
        self._exact = {str(code): code for code in choices}
        self._spelt: dict[str, set[Any]] = {}
        self._names: dict[str, set[tuple[Any, str]]] = {}  # codes and labels as they are compared for likeness
        for code, label in choices.items():
            for name in (str(code), str(label)):
                self._spelt.setdefault(_spelling(name), set()).add(code)
                self._names.setdefault(folded(name), set()).add((code, name))
        self._labels = {str(code): str(label) for code, label in choices.items()}
        self._yes_no: dict[bool, list[Any]] = {True: [], False: []}  # the codes of a list of yes and no
        for code, label in choices.items():
            if (yes := YES_NO.get(folded(label) or str(label))) is not None:
                self._yes_no[yes].append(code)
        self._alike = Alike(name for name, own in self._names.items() if name and len({code for code, _ in own}) == 1)
        named = [f"{c} ({label})" if str(c) != label else label for c, label in [*choices.items()][:8]]
        self._listed = ", ".join(named) + (" …" if len(choices) > 8 else "")

    def parse(self, text: str) -> Result:
        text = latin(text)
        for exact in (text, _whole(text)):
            if exact in self._exact:
                return Result(self._exact[exact], exact)
        plain = _spelling(text)
        codes = self._spelt.get(plain, set())
        if len(codes) == 1:
            return Result(next(iter(codes)))
        if not codes and all(len(same) == 1 for same in self._yes_no.values()) and plain in YES_NO:
            (code,) = self._yes_no[YES_NO[plain]]  # x, where the list has one yes and one no
            return Result(code, self._labels[str(code)])
        raise CellError(mark("is not one of the choices"), detail=self._listed)

    def nearest(self, text: str) -> str | None:
        """The code of the choice that is spelt most like a text, where that says neither no nor anything besides."""
        near = self._alike.nearest(folded(text))
        code, name = min(self._names[near]) if near else (None, "")
        if denies(text) or code is None or len(_words(text)) > len(_words(self._labels[str(code)])):
            return None
        return str(code) if _signs(text) == _signs(name) else None


def _choice(field: Field, options: ParseOptions) -> CellRule:
    assert isinstance(field, Choice)
    codes = {code for code in field.choices if isinstance(code, str)}
    choices = _Choices(field.choices)

    def parse(text: str) -> Result:
        if field.others and text.isdecimal() and int(text) not in field.choices:
            return Result(int(text))
        parsed = choices.parse(text)
        return parsed._replace(wire=field.choices[parsed.wire]) if field.as_words else parsed

    unknown = None if field.as_words else lambda texts: [t for t in texts if t not in codes]
    return CellRule(parse, unlike=unknown, nearest=choices.nearest)


def _list(field: Field, options: ParseOptions) -> CellRule:
    assert isinstance(field, List)
    choices = _Choices(field.choices) if field.choices else None
    address = rule_of(Email(), options).parse
    apart = re.compile(rf"[{re.escape(field.separator or ';,|')};\n]")
    named = bool(field.separator) and not (choices or field.emails)  # items are the names of things

    def item(value: Any) -> Any:
        if isinstance(value, tuple | NotACellValue):
            raise CellError(mark("has an item that is no single value"))
        text = str(value).strip()
        if field.separator and field.separator in text:
            raise CellError(mark("has an item with the separator of items in it"), detail=repr(field.separator))
        if named and says_nothing(text, surely=True):
            raise CellError(mark("has an item that says nothing"))
        if choices or field.emails:
            return (choices.parse if choices else address)(text).wire
        return text if field.separator else value

    def parse(value: Any) -> Result:
        parts = [p.strip() for p in apart.split(value)] if isinstance(value, str) else list(value)
        items = [item(part) for part in parts if part not in ("", None)]
        if field.only_one and len(items) > 1:
            raise CellError(mark("names several, and one can be sent at a time"))
        if (field.alone or field.only_one) and len(items) == 1:
            return Result(items[0])
        doubt = _IN_ONE if named and any(map(_several, map(str, items))) else None
        return Result(field.separator.join(map(str, items)) if field.separator else items, problem=doubt)

    def nearest(text: str) -> str | None:
        return choices.nearest(text) if choices and not apart.search(text) else None

    return CellRule(parse, takes=(tuple,), longest=LONG, nearest=nearest)


def _json(field: Field, options: ParseOptions) -> CellRule:
    def parse(text: str) -> Result:
        try:
            return Result(json.loads(text), text) if text[0] in "{[" else Result(text)
        except ValueError:
            raise CellError(mark("is not JSON")) from None

    return CellRule(parse, longest=sys.maxsize)


PASSTHROUGH = (Masked, Rows, Nested)  # objects that no cell holds: sent as they are
RULES: KindTable[Callable[[Any, ParseOptions], CellRule]] = KindTable(
    {
        Text: _text,
        Email: emails.rule,
        Phone: phones.rule,
        Integer: numbers.integer,
        Number: numbers.number,
        Bool: _bool,
        Flag: _bool,
        Timestamp: dates.moment,
        Date: dates.day,
        Choice: _choice,
        List: _list,
        Json: _json,
        File: files.rule,
    },
    without=PASSTHROUGH,
)
