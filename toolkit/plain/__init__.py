"""Text for people: sentences in the reader's language, numbers and dates in its manner; text from outside made plain.

`message("{name} is missing.", name=name)` and `plural("{count} row", "{count} rows", count=n)` look up the catalogue
of the language (`toolkit/plain/locale`). Both take literals, so that the catalogue can be drawn from the source; a
literal at module level is marked with `mark` and goes through `message` where it is shown.
"""

import datetime as dt
import functools
import gettext
import locale
import numbers
import os
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

SUBSTITUTE = "\ufffd"
LONGEST = 2_000  # characters of one sentence by a vendor: more of them explain nothing
CATALOGUES = Path(__file__).parent / "locale"


class Manner(NamedTuple):
    """How a language writes numbers and dates."""

    group: str
    decimal: str
    percent: str
    day: str


LANGUAGES = {
    "en": Manner(",", ".", "%", "%Y-%m-%d"),
    "es": Manner(".", ",", "\u00a0%", "%d/%m/%Y"),
    "uk": Manner("\u00a0", ",", "\u00a0%", "%d.%m.%Y"),
}


def message(text: str, /, **values: Any) -> str:
    """The sentence in the reader's language, with the values in the place of their names in braces.

    A number that is counted or measured says so, and is written as the language does: `{rows:,}`, `{seconds:.1f}`.
    Without that it stays as it is, as identifiers must.
    """
    code = current_language()
    sentence = _catalogue(code).gettext(text) if text else ""
    return _filled(sentence, values, code) if values else sentence


def plural(one: str, many: str, /, *, count: int, **values: Any) -> str:
    """The same for a sentence that depends on a number: `plural("{count} row", "{count} rows", count=n)`."""
    code = current_language()
    counted = {"count": _Localised(count, ",", LANGUAGES[code]), **values}
    return _filled(_catalogue(code).ngettext(one, many, count), counted, code)


def mark(text: str) -> str:
    """The literal as it is; the catalogue takes it up. `message` translates it where it is shown."""
    return text


def in_every_language(text: str) -> set[str]:
    """The text and what it is in each language: a file that was written in one of them is read in all."""
    return {_catalogue(code).gettext(text) for code in LANGUAGES}


def number(value: float, form: str = ",") -> str:
    """A number as the reader's language writes it: `number(1234.5, ",.1f")` is 1.234,5 in Spanish."""
    return _number(value, form, LANGUAGES[current_language()])


def day(value: dt.date) -> str:
    """A date, or a date and time to the minute, as the reader's language writes it."""
    return _day(value, LANGUAGES[current_language()])


# ── which language ──

_chosen = ""  # one for the process: widgets and pushes speak it in every thread
_setting: Callable[[], str] = str


def speak(code: str) -> None:
    """Take one of `LANGUAGES` from now on; "" takes what the environment, the setting or the system says."""
    global _chosen
    _chosen = code
    _usual.cache_clear()


def look_up_setting(setting: Callable[[], str]) -> None:
    """Ask this where no language is chosen and the environment names none."""
    global _setting
    _setting = setting


def current_language() -> str:
    """The reader's language: chosen, else `TOOLKIT_LANGUAGE`, else the setting, else the system's, else English."""
    return _chosen or _known(os.environ.get("TOOLKIT_LANGUAGE", "")) or _usual()


@functools.cache
def _usual() -> str:
    variables = [os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG")]
    return _known(_setting()) or _known(next(filter(None, variables), "") or _of_system()) or "en"


def _of_system() -> str:
    try:
        return locale.getlocale()[0] or ""
    except ValueError:  # a name that Python does not know
        return ""


@functools.cache
def _known(name: str) -> str:
    """The language of a name such as es_CL.UTF-8, es-CO or Spanish_Chile; "" where it is none of ours."""
    first = name.replace("-", "_").partition("_")[0].partition(".")[0].lower()
    code = {"spanish": "es", "ukrainian": "uk", "english": "en"}.get(first, first)
    return code if code in LANGUAGES else ""


@functools.cache
def _catalogue(code: str) -> gettext.NullTranslations:
    return gettext.translation("toolkit", CATALOGUES, [code], fallback=True)


# ── values inside a sentence ──


class _Localised:
    """A number or a date that is written in a language's manner; everything else about it is its own."""

    def __init__(self, value: Any, form: str, manner: Manner) -> None:
        self._value, self._form, self._manner = value, form, manner

    def __format__(self, form: str) -> str:
        if isinstance(self._value, dt.date):
            return format(self._value, form) if form else _day(self._value, self._manner)
        return _number(self._value, form or self._form, self._manner)

    def __repr__(self) -> str:
        return repr(self._value)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._value, name)


def _filled(text: str, values: dict[str, Any], code: str) -> str:
    if code != "en":
        manner = LANGUAGES[code]
        values = {n: _Localised(v, "", manner) if _has_manner(v) else v for n, v in values.items()}
    return text.format(**values)


def _has_manner(value: Any) -> bool:
    return isinstance(value, numbers.Real | dt.date) and not isinstance(value, bool)


def _number(value: float, form: str, manner: Manner) -> str:
    signs = {",": manner.group, ".": manner.decimal, "%": manner.percent}
    return "".join(signs.get(sign, sign) for sign in format(value, form))


def _day(value: dt.date, manner: Manner) -> str:
    form = f"{manner.day} %H:%M" if isinstance(value, dt.datetime) else manner.day
    return value.strftime(form)


# ── text from outside ──


def plain(value: object) -> str:
    """Anything as text. Control characters and marks that turn writing around show as �; lines and tabs stay."""
    text = str(value)
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in "\n\t" or _is_space(c) else SUBSTITUTE for c in text)


def line(value: object, longest: int = LONGEST) -> str:
    """The same as one line of bounded length: a vendor's sentence can pass for nothing else."""
    text = str(value)
    cut = text[: longest * 4] if len(text) > longest * 4 else text  # bounded before anything looks at it
    joined = plain(" ".join(cut.split()))
    return joined if len(joined) <= longest and cut is text else joined[: longest - 1] + "…"


def _is_space(character: str) -> bool:
    return unicodedata.category(character) == "Zs"  # such as the no-break space
