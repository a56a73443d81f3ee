"""The rule of each kind of field."""

import json
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from toolkit.sheets import dates, emails, files, identities, numbers, phones
from toolkit.sheets.alike import Alike
from toolkit.sheets.cells import NotACellValue, folded
from toolkit.sheets.checker import CellError, CellRule, Parsed, ParseOptions, unlike_text
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

_YES = "true, yes, y, sí, s, verdadero, sim, так, т, 1, x, ok, ✓, ✔"
_NO = "false, no, n, falso, não, ні, н, 0"
YES_NO = {folded(word) or word: said for words, said in ((_YES, True), (_NO, False)) for word in words.split(", ")}
LONG = 100_000  # characters of a list, or of an object


@lru_cache(maxsize=512)
def rule_of(field: Field, options: ParseOptions, scheme: str = "") -> CellRule:
    """The rule of a field; of an identity number, by the scheme of its document."""
    if isinstance(field, Identity):
        return limited(field, identities.rule(field, scheme or field.scheme))
    made = RULES[type(field)](field, options)
    return limited(field, made) if isinstance(field, Text) else made


def limited(field: Text, rule: CellRule) -> CellRule:
    """The rule, with the field's greatest length."""
    limit, inner = field.max_length, rule.parse
    if limit is None:
        return rule

    def parse(value: Any) -> Parsed:
        parsed = inner(value)
        if len(parsed.wire) > limit:
            raise CellError("is too long", detail=f"{len(parsed.wire)} characters; at most {limit} are allowed")
        return parsed

    return replace(rule, parse=parse, limit=limit)


def _text(field: Field, options: ParseOptions) -> CellRule:
    return CellRule(Parsed, unlike=unlike_text, free=True, longest=sys.maxsize)


def _bool(field: Field, options: ParseOptions) -> CellRule:
    def parse(text: str) -> Parsed:
        if (found := YES_NO.get(folded(text) or text)) is None:
            raise CellError("is neither yes nor no")
        return Parsed(int(found) if isinstance(field, Flag) else found)

    return CellRule(parse)


class _Choices:
    """Finds the code of a code or label, however it is spelt."""

    def __init__(self, choices: Mapping[Any, str]) -> None:
        self._exact = {str(code): code for code in choices}
        self._loose: dict[str, set[Any]] = {}
        for code, label in choices.items():
            self._loose.setdefault(folded(label), set()).add(code)
        self._loose |= {folded(code): {code} for code in choices}
        self._labels = {str(code): str(label) for code, label in choices.items()}
        self._alike = Alike(name for name, codes in self._loose.items() if name and len(codes) == 1)
        named = [f"{c} ({label})" if str(c) != label else label for c, label in [*choices.items()][:8]]
        self._listed = ", ".join(named) + (" …" if len(choices) > 8 else "")

    def parse(self, text: str) -> Parsed:
        if text in self._exact:
            return Parsed(self._exact[text])
        plain = folded(text)
        found = self._loose.get(plain, set())
        if len(found) == 1:
            return Parsed(next(iter(found)))
        if not found and (said := YES_NO.get(plain or text)) is not None:
            meant = {code for name, codes in self._loose.items() if YES_NO.get(name) is said for code in codes}
            if len(meant) == 1:  # x, where the list has yes and no
                code = meant.pop()
                return Parsed(code, self._labels[str(code)])
        near = self._alike.nearest(plain)
        proposal = str(next(iter(self._loose[near]))) if near else None
        raise CellError("is not one of the choices", proposal, detail=self._listed)


def _choice(field: Field, options: ParseOptions) -> CellRule:
    assert isinstance(field, Choice)
    codes = {code for code in field.choices if isinstance(code, str)}
    return CellRule(_Choices(field.choices).parse, unlike=lambda texts: [t for t in texts if t not in codes])


def _list(field: Field, options: ParseOptions) -> CellRule:
    assert isinstance(field, List)
    choices = _Choices(field.choices).parse if field.choices else None
    address = rule_of(Email(), options).parse
    apart = re.compile(rf"[{re.escape(field.separator or ';,|')};\n]")

    def item(value: Any) -> Any:
        if isinstance(value, tuple | NotACellValue):
            raise CellError("has an item that is no single value")
        text = str(value).strip()
        if field.separator and field.separator in text:
            raise CellError("has an item with the separator of items in it", detail=repr(field.separator))
        if one := choices or (address if field.emails else None):
            return one(text).wire
        return text if field.separator else value

    def parse(value: Any) -> Parsed:
        parts = [p.strip() for p in apart.split(value)] if isinstance(value, str) else list(value)
        items = [item(part) for part in parts if part not in ("", None)]
        if field.alone and len(items) == 1:
            return Parsed(items[0])
        return Parsed(field.separator.join(map(str, items)) if field.separator else items)

    return CellRule(parse, takes=(tuple,), longest=LONG)


def _json(field: Field, options: ParseOptions) -> CellRule:
    def parse(text: str) -> Parsed:
        try:
            return Parsed(json.loads(text), text) if text[0] in "{[" else Parsed(text)
        except ValueError:
            raise CellError("is not JSON") from None

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
