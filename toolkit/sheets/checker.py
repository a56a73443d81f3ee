"""What a cell of one kind may hold, and what is sent for it: each distinct value is looked at once.

Most values are sent as they stand: one pattern sees that. Only what it does not know is parsed, by the libraries that
know the kind exactly.
"""

import re
import string
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from toolkit.sheets.cells import SHORTENED, encodable, shown, stripped
from toolkit.sheets.encodings import DAMAGED

FORMULA = "is the error of a formula"
SPACES, OTHER_FORM = "has spaces around it", "is written in another form than it is sent in"
ERROR, QUESTION, DOUBT, FIX = "error", "question", "doubt", "fix"
_SHORT = 60  # characters of words for nothing, and of what formulas show
_FEW = 50  # texts that are looked at one by one
LONGEST = 300  # characters of a value that has a form; texts may be longer

_FORMULA = re.compile(r"#[¡¿]?[^\W\d_][\w /'.’]{0,30}[!?]").fullmatch
_UNCALCULATED = re.compile(
    r"#{3,}|#N/?[AD](?: .{0,40})?|#Н/Д|#NV|#N/DISP|#GETTING_DATA|#OBTENIENDO_DATOS|(?:ERR:|#ERR)\d{3}!?"
).fullmatch
_WAITING = ("loading", "cargando", "carregando", "загрузка", "завантаження", "chargement")
_LOADING = frozenset(f"{word}{dots}" for word in _WAITING for dots in ("...", "…"))
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
_NULL = """nan, <na>, na, n/a, n.a., n.a, none, null, (null), nil, <null>, nat, <nat>, undefined, s/i, s.i., s/d, s.d.,
    n/i, sin información, sin info, sin datos, sin dato, sin correo, sin email, sin e-mail, sin mail, sin teléfono,
    sin fono, sin celular, sin rut, no tiene, no tiene correo, no tiene email, no tiene teléfono, no registra,
    no informa, no informado, no disponible, no aplica, not available, not applicable, no data, no email, no phone,
    não tem, sem informação, sem email, немає даних, не вказано, нет данных"""
_VAGUE = """s/n, vacío, empty, nulo, ninguno, ninguna, ningún, nada, desconocido, desconocida, pendiente, por confirmar,
    unknown, missing, tbd, no, xx, xxx, 0, 00, 000, sin número, немає, нема, відсутній, відсутня, невідомо, нет"""


def _unaccented(text: str) -> str:
    """In lower case, without accents; spaces are one."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())


_TOTAL = re.compile(
    r"(?:sub ?|gran |grand )?total(?:es)?(?: (?:general|final|de|del|personas|registros|clientes|filas)\b.{0,40})?"
    r"|sumas?|sum|всього|усього|разом|итого|promedio|average"
).fullmatch
_NOTHING, _PERHAPS = (frozenset(_unaccented(word) for word in words.split(",")) for words in (_NULL, _VAGUE))


@dataclass(frozen=True)
class ParseOptions:
    """How what is written is to be understood where it can be understood in more than one way."""

    day_first: bool | None = True  # None: what can be read in two ways is asked
    decimal: str = ""  # "." or ","; "" where nothing tells
    zone: str = "UTC"  # of times that name none
    country: str = ""  # of phones that name none; "" for that of the field
    empty: frozenset[str] = frozenset()  # what stands for nothing, in lower case


class Problem(NamedTuple):
    reason: str  # the same for all cells of its kind
    proposal: str | None = None
    level: str = ERROR
    detail: str = ""

    @property
    def text(self) -> str:
        return f"{self.reason}: {self.detail}" if self.detail else self.reason


class CellError(Exception):
    """The value cannot be sent as it is: an error, or a question."""

    def __init__(self, reason: str, proposal: str | None = None, *, detail: str = "", level: str = ERROR) -> None:
        self.problem = Problem(reason, proposal, level, detail)


class Parsed(NamedTuple):
    wire: Any  # what the vendor gets
    normalised: str | None = None  # the value as it is best written; None where it is so written
    doubt: Problem | None = None


class Result(NamedTuple):
    """What became of a value: what is sent for it, if nothing is wrong or once a question is decided so."""

    wire: Any
    problem: Problem | None = None

    @property
    def open(self) -> bool:
        """Whether it is not sent as it is."""
        return self.problem is not None and self.problem.level in (ERROR, QUESTION)


@dataclass(frozen=True)
class CellRule:
    parse: Callable[[Any], Parsed]
    takes: tuple[type, ...] = ()  # what is parsed as it is, not as text
    unlike: Callable[[list[str]], list[str]] | None = None  # those of some texts that may not be sent as they stand
    is_valid: Callable[[Any], bool] | None = None  # whether a value that is no text is sent as it stands
    convert: Callable[[Any], Any] | None = None  # what is sent for a value that stands as it is, if not itself
    free: bool = False  # whether any text will do
    longest: int = LONGEST  # characters that are looked at
    limit: int | None = None  # characters that the field takes


@lru_cache(maxsize=500)
def unlike(pattern: str) -> Callable[[list[str]], list[str]]:
    """Finds the texts that a pattern does not match as a whole. Many are looked at together, which is much faster.

    The pattern must not reach over the end of a line.
    """
    one, run = re.compile(pattern).fullmatch, re.compile(rf"(?:(?:{pattern})\n)*+").match

    def find(texts: list[str]) -> list[str]:
        joined = "\n".join([*texts, ""])
        if len(texts) < _FEW or joined.count("\n") > len(texts):
            return [text for text in texts if not one(text)]
        odd, at = [], 0
        while (at := run(joined, at).end()) < len(joined):  # type: ignore[union-attr]
            stop = joined.index("\n", at)
            odd.append(joined[at:stop])
            at = stop + 1
        return odd

    return find


class CellChecker:
    """What a rule makes of values, seen a block at a time: each distinct one that needs parsing is parsed once."""

    def __init__(self, rule: CellRule, empty: frozenset[str] = frozenset(), title: str = "") -> None:
        self._rule, self._empty, self._title = rule, empty, _unaccented(title)
        named = [*empty, *([title] if rule.free and title else [])]  # looked at, however plain they are
        self._named = {f for word in named for f in (word, word.upper(), word.lower(), word.title(), word.capitalize())}
        self.results: dict[Any, Result] = {}  # by value, of those that needed parsing

    def classify(self, values: Sequence[Any]) -> list[int]:
        """Where values stand that needed parsing: there may be problems. The others are sent as they stand."""
        rule, results = self._rule, self.results
        texts = [v for v in values if type(v) is str]
        unknown = rule.unlike(texts) if rule.unlike else texts
        if len(texts) + values.count(None) < len(values):
            valid = rule.is_valid or _never
            unknown = unknown + [v for v in values if type(v) is not str and v is not None and not valid(v)]
        if limit := rule.limit:
            unknown = unknown + [v for v in texts if len(v) > limit]
        if self._named:
            unknown = [*unknown, *self._named.intersection(texts)]
        for value in unknown:
            if value not in results:
                results[value] = self._result(value)
        found = {*unknown}
        return [i for i, value in enumerate(values) if value in found] if found else []

    def wire(self, values: list[Any], positions: Sequence[int], accepted: frozenset[Any] = frozenset()) -> list[Any]:
        """What is to be sent for values, of which those at `positions` needed parsing."""
        convert = self._rule.convert
        made = [*values] if positions or convert else values  # where nothing is changed, one list is both
        if convert:
            for i in positions:
                made[i] = None
            made = [None if v is None else convert(v) for v in made]
        for i in positions:
            result = self.results[values[i]]
            made[i] = None if result.open and values[i] not in accepted else result.wire
        return made

    def _result(self, value: Any) -> Result:
        try:
            return self._parsed(value)
        except CellError as wrong:
            text = shown(value)
            asked = wrong.problem.level == ERROR and wrong.problem.reason != FORMULA and isinstance(value, str)
            if asked and text and says_nothing(stripped(text)):
                return Result(None, NOTHING_SAID)
            return Result(None, wrong.problem)

    def _parsed(self, value: Any) -> Result:
        rule = self._rule
        if isinstance(value, rule.takes):
            return Result(rule.parse(value).wire)
        text = value if type(value) is str else shown(value)
        if text is None:
            kind = type(getattr(value, "value", value)).__name__
            raise CellError("cannot be sent here", detail=f"it is of the type {kind}")
        clean = stripped(text)
        if not clean or (self._empty and clean.casefold() in self._empty):
            return Result(None)
        _look_at(clean, rule.longest)
        parsed = rule.parse(clean)
        if rule.free and (question := _question(clean, self._title)):
            return Result(parsed.wire, question)
        return Result(parsed.wire, parsed.doubt or _change(value, text, clean, parsed))


def _never(_: object) -> bool:
    return False


def _look_at(text: str, longest: int) -> None:
    """Raise an error where a text is damaged, or may be something else than it looks like."""
    if is_formula_error(text):
        raise CellError(FORMULA)
    if "+" in text[1:] and SHORTENED.fullmatch(text[:LONGEST]):
        raise CellError("is a long number that the spreadsheet shortened: its last digits are lost")
    if text[0] in "'’`" and len(text) > 1:
        raise CellError("begins with an apostrophe", stripped(text.strip("'’`")) or None, level=QUESTION)
    if len(text) > longest:
        raise CellError("is too long to be read", detail=f"{len(text):,} characters")
    if text.isascii() and text.isprintable():
        return
    if not encodable(text):
        raise CellError("has half a character in it, which cannot be sent")
    if DAMAGED in text:
        raise CellError("has a damaged character", level=QUESTION)
    if _CONTROL.search(text):
        raise CellError("has control characters", stripped(_CONTROL.sub("", text)) or None, level=QUESTION)


def _change(value: Any, text: str, clean: str, parsed: Parsed) -> Problem | None:
    """What is said where another form is sent than stands in the cell."""
    if isinstance(value, float) and value.is_integer() and parsed.wire == clean:
        return Problem("is stored as a decimal number; its digits are sent", clean, FIX)
    best = clean if parsed.normalised is None else parsed.normalised
    if best == text:
        return None
    return Problem(
        "has spaces around it" if best == clean else "is written in another form than it is sent in", best, FIX
    )


def is_formula_error(text: str) -> bool:
    """Whether a text is what a spreadsheet shows where a formula failed, in any language."""
    if text[0] not in "#EeLlCcЗз" or len(text) > _SHORT:
        return False
    upper = text.upper()
    return bool((text == upper and _FORMULA(text)) or _UNCALCULATED(upper) or text.casefold() in _LOADING)


def says_nothing(text: str, *, surely: bool = False) -> bool:
    """Whether a text is a word for nothing, or has neither letter nor digit in it. `surely`: in any field."""
    if len(text) > 30:
        return False
    plain = _unaccented(text)
    drawn = all(c in string.punctuation or unicodedata.category(c)[0] in "PZ" for c in text)
    return plain in _NOTHING or drawn or (not surely and plain in _PERHAPS)


def _question(text: str, title: str) -> Problem | None:
    """Whether a text may be no data at all."""
    if says_nothing(text, surely=True):
        return NOTHING_SAID
    plain = _unaccented(text) if len(text) < LONGEST else ""
    if plain and plain == title:
        return Problem("repeats the name of its column", level=QUESTION)
    return Problem("looks like a total", level=QUESTION) if _TOTAL(plain.rstrip(": ")) else None


def unlike_text(texts: list[str]) -> list[str]:
    """Those of some texts that may not be sent as they stand in a field that takes any."""
    return [
        t
        for t in texts
        if not t.isprintable()
        or not t[0].isalnum()
        or t[-1] == " "
        or DAMAGED in t
        or (t[0] in _INITIALS and len(t) <= _SHORT and _special(t))
    ]


def _special(text: str) -> bool:
    return is_formula_error(text) or bool(SHORTENED.fullmatch(text)) or _question(text, "") is not None


_INITIALS = frozenset(
    {c for word in _NOTHING for c in (word[0], word[0].upper())} | set("0123456789ELlCcЗзSTGPAstgpaВУРИвури")
)
NOTHING_SAID = Problem("says that there is nothing", level=QUESTION)
