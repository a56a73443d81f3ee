"""The words of the forms, a module for each language. What a vendor says stays in the vendor's language."""

import importlib
from collections.abc import Mapping
from typing import cast

from toolkit.plain import current_language


def table(code: str, name: str) -> Mapping[str, str]:
    """One of a language's tables: `WORDS`, `LABELS`, `HELP`; empty where it has none."""
    return cast("Mapping[str, str]", getattr(importlib.import_module(f"{__name__}.{code}"), name, {}))


def word(key: str, **values: object) -> str:
    """One of the words, in the chosen language."""
    text = table(current_language(), "WORDS").get(key) or table("en", "WORDS")[key]
    return text.format(**values) if values else text


def has_word(key: str) -> bool:
    """Whether there is such a word."""
    return key in table("en", "WORDS")


def label_of(name: str) -> str:
    """What a declared field is called; its own name where it has no other."""
    return table(current_language(), "LABELS").get(name) or table("en", "LABELS").get(name) or name


def help_of(doc: str) -> str:
    """What a declaration says of a field, in the chosen language where that is known."""
    return table(current_language(), "HELP").get(doc, doc)
