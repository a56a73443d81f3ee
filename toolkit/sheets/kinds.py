"""The rule of each kind of field."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from toolkit.sheets import days, emails, files, identities, numbers, phones
from toolkit.sheets.cells import ERROR, INVISIBLE, SHORTENED, Unfit, encodable, folded
from toolkit.sheets.rule import Read, Reading, Rule, Wrong, finder
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
    List,
    Masked,
    Nested,
    Number,
    Phone,
    Rows,
    Text,
    Timestamp,
)

YES = {folded(word): True for word in ("true", "yes", "y", "sí", "s", "verdadero", "sim", "так", "1", "x")}
NO = {folded(word): False for word in ("false", "no", "n", "falso", "não", "ні", "0")}
_EDGE = rf"[^\s{INVISIBLE}]"
_PLAIN = rf"(?!(?:{ERROR.pattern}|{SHORTENED.pattern})$){_EDGE}(?:[^\n]*{_EDGE})?"


@lru_cache(maxsize=512)
def rule_of(field: Field, reading: Reading, scheme: str = "") -> Rule:
    """The rule of a field; of an identity number, by the scheme of its document."""
    if isinstance(field, Identity):
        return limited(field, identities.rule(field, scheme or field.scheme))
    made = next(RULES[kind] for kind in type(field).__mro__ if kind in RULES)(field, reading)
    return limited(field, made) if isinstance(field, Text) else made


def limited(field: Text, rule: Rule) -> Rule:
    """The rule, with the field's greatest length."""
    limit, inner = field.max_length, rule.read
    if limit is None:
        return rule

    def read(value: Any) -> Read:
        found = inner(value)
        if len(found.wire) > limit:
            raise Wrong(f"has {len(found.wire)} characters; at most {limit} are allowed")
        return found

    find = rule.odd

    def odd(texts: Sequence[str]) -> list[int]:
        assert find
        return sorted({*find(texts), *(i for i, text in enumerate(texts) if len(text) > limit)})

    return replace(rule, read=read, odd=find and odd)


def _text(field: Field, reading: Reading) -> Rule:
    find = finder(_PLAIN)
    return Rule(Read, odd=lambda texts: [] if _all_plain(texts) else sorted({*find(texts), *_broken(texts)}))


def _broken(texts: Sequence[str]) -> list[int]:
    """Texts with half a character in them."""
    return [] if encodable("".join(texts)) else [i for i, text in enumerate(texts) if not encodable(text)]


def _all_plain(texts: Sequence[str]) -> bool:
    """Whether all are plain for sure, at a fifth of the cost of looking with the pattern."""
    joined = "\n".join(texts)
    inside = joined.replace("\n", "")
    spaced = joined[:1] == " " or joined[-1:] == " " or " \n" in joined or "\n " in joined
    errors = "#" in inside or "E+" in inside or "e+" in inside
    return not spaced and not errors and inside.isprintable() and len(joined) - len(inside) == max(0, len(texts) - 1)


def _bool(field: Field, reading: Reading) -> Rule:
    known = YES | NO

    def read(text: str) -> Read:
        if (found := known.get(folded(text))) is None:
            raise Wrong("is neither yes nor no")
        return Read(int(found) if isinstance(field, Flag) else found)

    return Rule(read)


def _chooser(choices: Mapping[Any, str]) -> Callable[[str], Any]:
    """What finds the code of a code or label, however it is spelt."""
    exact = {str(code): code for code in choices}
    loose: dict[str, set[Any]] = {}
    for code, label in choices.items():
        loose.setdefault(folded(label), set()).add(code)
    loose |= {folded(code): {code} for code in choices}

    def choose(text: str) -> Any:
        if text in exact:
            return exact[text]
        found = loose.get(folded(text), set())
        if len(found) == 1:
            return next(iter(found))
        near = get_close_matches(folded(text), [name for name in loose if name and len(loose[name]) == 1], 1)
        named = [f"{c} ({label})" if str(c) != label else label for c, label in [*choices.items()][:8]]
        listed = ", ".join(named) + (" …" if len(choices) > 8 else "")
        raise Wrong(f"is not one of {listed}", str(next(iter(loose[near[0]]))) if near else None)

    return choose


def _one_of(field: Field, reading: Reading) -> Rule:
    assert isinstance(field, Choice)
    choose = _chooser(field.choices)
    codes = {code for code in field.choices if isinstance(code, str)}
    return Rule(
        lambda text: Read(choose(text)), odd=lambda texts: [i for i, t in enumerate(texts) if t and t not in codes]
    )


def _several(field: Field, reading: Reading) -> Rule:
    assert isinstance(field, List)
    choose = _chooser(field.choices) if field.choices else None
    address = rule_of(Email(), reading).read
    apart = re.compile(rf"[{re.escape(field.separator or ';,|')};\n]")

    def item(value: Any) -> Any:
        if isinstance(value, tuple | Unfit):
            raise Wrong("has an item that is no single value")
        text = str(value).strip()
        if field.separator and field.separator in text:
            raise Wrong(f"has an item with {field.separator!r} in it, which separates items")
        return choose(text) if choose else address(text).wire if field.emails else text if field.separator else value

    def read(value: Any) -> Read:
        parts = [p.strip() for p in apart.split(value)] if isinstance(value, str) else list(value)
        items = [item(part) for part in parts if part not in ("", None)]
        if field.alone and len(items) == 1:
            return Read(items[0])
        return Read(field.separator.join(map(str, items)) if field.separator else items)

    return Rule(read, takes=(tuple,))


def _json(field: Field, reading: Reading) -> Rule:
    def read(text: str) -> Read:
        try:
            return Read(json.loads(text), text) if text[0] in "{[" else Read(text)
        except ValueError:
            raise Wrong("is not JSON") from None

    return Rule(read)


RULES: dict[type[Field], Callable[[Any, Reading], Rule]] = {
    Text: _text,
    Email: emails.rule,
    Phone: phones.rule,
    Integer: numbers.whole,
    Number: numbers.number,
    Bool: _bool,
    Flag: _bool,
    Timestamp: days.time,
    Date: days.day,
    Choice: _one_of,
    List: _several,
    Json: _json,
    File: files.rule,
}
KEPT = (Masked, Rows, Nested)  # objects that no cell holds: sent as they are
