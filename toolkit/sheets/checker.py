"""What a cell of one kind may hold, and what is sent for it: each distinct value is looked at once.

Most values are sent as they stand: one pattern sees that. Only what it does not know is parsed, by the libraries that
know the kind exactly.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import compress, count
from typing import Any, NamedTuple

from toolkit.plain import mark, message
from toolkit.sheets.cells import SHORTENED, encodable, shown, stripped
from toolkit.sheets.letters import broken, left_behind
from toolkit.sheets.not_data import (
    ERROR_STARTS,
    begins_as_total,
    is_formula_error,
    is_total,
    may_say_nothing,
    says_nothing,
    stored_as,
    unaccented,
)

ERROR, QUESTION, DOUBT, FIX = "error", "question", "doubt", "fix"
_FEW = 50  # texts that are looked at one by one
MOST_COMPARED = 2_000  # values of a column, so that looking for what is spelt alike ends
NEVER = "(?!)"  # a pattern that nothing matches
LONGEST = 300  # characters of a value that has a form; texts may be longer

_STARTS = frozenset("='’`") | ERROR_STARTS  # of formulas, their errors, and texts kept from being numbers
_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff]"
)
_TEXT_FORMULA = re.compile(r'="([^"]+)"').fullmatch  # by which programs keep zeros
_IN_WORD = re.compile(r"(?<=[^\W\d_])[\x80-\x9f](?=[^\W\d_])").search  # in the place of a letter


@dataclass(frozen=True)
class ParseOptions:
    """How what is written is to be understood where it can be understood in more than one way."""

    day_first: bool | None = True  # None: what can be read in two ways is asked
    iso: bool = True  # a month follows its year; False: what can be read in two ways is asked
    decimal: str = ""  # "." or ","; "" where nothing tells
    one_currency: bool = True  # False: the amounts of the column are of several
    country: str = ""  # of phones that name none; "" for that of the field
    named: str = ""  # the country that the sheet says of them, without being asked; "" where it says none
    empty: frozenset[str] = frozenset()  # what stands for nothing, in lower case
    stored: str | None = None  # what most of a column of texts are, where not text; None where nobody looked
    after_frames: bool = False  # those before it say how it is read: where it shows otherwise, it is asked
    settled: bool = False  # an earlier check looked at all of the column: what it left open is asked, not looked for


class Problem(NamedTuple):
    """What is wrong with a value, or may be. The reason is one English sentence for all values of its kind, whatever
    the language in which it is shown: by it problems are grouped, decided about, and found in code."""

    reason: str
    proposal: str | None = None
    level: str = ERROR
    detail: str = ""
    sure: bool = True  # whether the proposal follows from a rule, or is only spelt alike

    @property
    def text(self) -> str:
        """What people read."""
        reason = message(self.reason)
        return message("{reason}: {detail}", reason=reason, detail=self.detail) if self.detail else reason


FORMULA = Problem(mark("is the error of a formula"))
NOTHING_SAID = Problem(mark("says that there is nothing"), level=QUESTION)
ENDS_IN_ZEROS = Problem(mark("ends in zeros, as a number that a spreadsheet shortened"), level=QUESTION)
PLACEHOLDER = Problem(mark("may stand for what is still to come"), level=DOUBT)
STORED = {  # what a spreadsheet may have made of a code, as of 3-12 or MAR5, by the kind of its cell
    "date": Problem(mark("is a date among texts that are none"), level=QUESTION),
    "truth": Problem(mark("is TRUE or FALSE among texts that are neither"), level=QUESTION),
}
TOTAL = Problem(mark("looks like a total"), level=QUESTION)
REPEATED_NAME = Problem(mark("repeats the name of its column"), level=QUESTION)
MAY_BE_NO_DATA = (NOTHING_SAID, TOTAL, *STORED.values())
SPACES, OTHER_FORM = mark("has spaces around it"), mark("is written in another form than it is sent in")
STORED_DECIMAL = mark("is stored as a decimal number; its digits are sent")


class CellError(Exception):
    """The value cannot be sent as it is: an error, or a question."""

    def __init__(self, reason: str, proposal: str | None = None, *, detail: str = "", level: str = ERROR) -> None:
        self.problem: Problem = Problem(reason, proposal, level, detail)


class Result(NamedTuple):
    """What became of a value: what is sent for it, if nothing is wrong or once a question is decided so."""

    wire: Any  # what the vendor gets
    normalised: str | None = None  # the value as it is best written; None where it is so written
    problem: Problem | None = None

    @property
    def open(self) -> bool:
        """Whether it is not sent as it is."""
        return self.problem is not None and self.problem.level in (ERROR, QUESTION)

    @property
    def is_nothing(self) -> bool:
        """Whether the value stands for nothing."""
        return self.wire is None and self.problem is None


def result_of(kept: "Result | str") -> Result:
    """The whole of a result that is kept as what is sent: of many values, only that was another form."""
    return Result(kept, problem=Problem(OTHER_FORM, kept, FIX)) if isinstance(kept, str) else kept


@dataclass(frozen=True)
class CellRule:
    parse: Callable[[Any], Result]
    takes: tuple[type, ...] = ()  # what is parsed as it is, not as text
    unlike: Callable[[list[str]], list[str]] | None = None  # those of some texts that may not be sent as they stand
    invalid: Callable[[list[Any]], list[Any]] | None = None  # those of some other values that may not
    respelt: Callable[[list[str]], dict[str, str]] | None = None  # the others that are only written in another form
    convert: Callable[[list[Any]], list[Any]] | None = None  # what is sent for values that stand as they are, or None
    free: bool = False  # whether any text will do
    longest: int = LONGEST  # characters that are looked at
    limit: int | None = None  # characters that the field takes
    nearest: Callable[[str], str | None] | None = None  # of a text that is wrong, what is spelt alike


@lru_cache(maxsize=500)
def unlike(pattern: str) -> Callable[[list[str]], list[str]]:
    """Finds the texts that a pattern does not match as a whole. Many are looked at together, which is much faster.

    The pattern must not reach over the end of a line.
    """
    assert not re.compile(pattern).groups  # `findall` gives only what they hold
    one, others = re.compile(pattern).fullmatch, re.compile(rf"(?:(?:{pattern})\n)*+(?:(.*)\n)?").findall

    def find(texts: list[str]) -> list[str]:
        joined = "\n".join([*texts, ""])
        if len(texts) < _FEW or joined.count("\n") > len(texts):
            return [text for text in texts if not one(text)]
        return [*filter(None, others(joined))]

    return find


class CellChecker:
    """What a rule makes of values, seen a block at a time: each distinct one that needs parsing is parsed once."""

    def __init__(
        self,
        rule: CellRule,
        options: ParseOptions = ParseOptions(),
        title: str = "",
        was_number: Callable[[Any], bool] | None = None,
    ) -> None:
        """`title`: the column's name; `was_number`: which texts are numbers."""
        self._rule, self._options, self._title, self._was_number = rule, options, title, was_number
        empty = self._empty = options.empty
        named = [*empty, *([title] if rule.free and title else [])]  # looked at, however plain they are
        spelt = (str.strip, str.upper, str.lower, str.title, str.capitalize)
        self._named = {form for spell in spelt for form in map(spell, named)} if named else frozenset[str]()
        self.results: dict[Any, Result | str] = {}  # by value, of those that needed parsing
        self.convert = rule.convert  # what is sent for values that stand as they are, or None
        self._compared = 0  # values of which something spelt alike was looked for

    @property
    def uncompared(self) -> int:
        """Values of which nothing spelt alike was looked for any more."""
        return max(0, self._compared - MOST_COMPARED)

    def classify(self, values: list[Any], texts: list[str] | None = None) -> list[int]:
        """Where values stand that needed parsing: there may be problems. The others are sent as they stand.

        `texts`: the values that are not missing, where all of these are known to be texts.
        """
        rule, results, others = self._rule, self.results, list[Any]()
        if texts is None:
            texts = [v for v in values if type(v) is str]
            others = [v for v in values if type(v) is not str and v is not None]
        unknown = rule.unlike(texts) if rule.unlike else texts
        if others:
            unknown = unknown + (rule.invalid(others) if rule.invalid else others)
        if rule.limit and max(map(len, texts), default=0) > rule.limit:
            unknown = unknown + [v for v in texts if len(v) > rule.limit]
        if self._named:
            unknown = [*unknown, *self._named.intersection(texts)]
        if not unknown:
            return []
        parsed = {*unknown}
        new = [value for value in parsed if value not in results]
        if new and rule.respelt:
            respelt = rule.respelt([v for v in new if type(v) is str and v not in self._named])
            results.update(respelt)
        numbers = {value: float(value) for value in new if self._was_number(value)} if self._was_number else {}
        if numbers:
            wrong = {*rule.invalid([*numbers.values()])} if rule.invalid else numbers.values()
            plain = {text: number for text, number in numbers.items() if number not in wrong}
            wires = self.convert([*plain.values()]) if self.convert else plain.values()
            results.update(zip(plain, map(Result, wires), strict=True))
        for value in new:
            if value not in results:
                results[value] = self._result(numbers.get(value, value))
        return [*compress(count(), map(parsed.__contains__, values))]

    def result(self, value: Any) -> Result:
        """What becomes of one value."""
        if self.classify([value]):
            return result_of(self.results[value])
        return Result(self.convert([value])[0] if self.convert else value)

    def _result(self, value: Any) -> Result:
        try:
            return self._parsed(value)
        except CellError as error:
            problem, text = error.problem, shown(value) or ""
            if problem.level == ERROR and not problem.proposal and text and isinstance(value, str):
                problem = self._otherwise(problem, stripped(text))
            return Result(None, problem=problem)

    def _otherwise(self, problem: Problem, text: str) -> Problem:
        """What may be the matter with a text that is no value of its field: it is no data, or spelt alike."""
        if says_nothing(text):
            return NOTHING_SAID
        if begins_as_total(text):
            return TOTAL
        self._compared += self._rule.nearest is not None
        near = self._rule.nearest(text) if self._rule.nearest and self._compared <= MOST_COMPARED else None
        return problem._replace(proposal=near, sure=False) if near else problem

    def _parsed(self, value: Any) -> Result:
        rule = self._rule
        if isinstance(value, rule.takes):
            return rule.parse(value)
        text = value if type(value) is str else shown(value)
        if text is None:
            kind = type(getattr(value, "value", value)).__name__
            raise CellError(mark("cannot be sent here"), detail=message("it is of the type {kind}", kind=kind))
        clean = stripped(text)
        if not clean and any(map(str.isalpha, text)):
            return Result(None, problem=NOTHING_SAID)
        if not clean or (self._empty and clean.casefold() in self._empty):
            return Result(None)
        problem = None if _is_common(clean) else _in_any_field(clean, rule.longest)
        if problem and not (rule.free and problem.level == QUESTION):
            return Result(None, problem=problem)
        parsed = rule.parse(clean)
        problem = problem or (self._may_be_no_data(clean) if rule.free else None)
        return Result(parsed.wire, problem=problem or parsed.problem or _change(value, text, clean, parsed))

    def _may_be_no_data(self, text: str) -> Problem | None:
        """The question whether a text in a field that takes any is data at all."""
        if says_nothing(text, surely=True):
            return NOTHING_SAID
        if left := left_behind(text):
            return Problem(*left, level=QUESTION)
        if len(text) < LONGEST and unaccented(text) == unaccented(self._title):
            return REPEATED_NAME
        if (kind := stored_as(text)) and kind != self._options.stored:
            return STORED[kind]
        return TOTAL if is_total(text) else PLACEHOLDER if may_say_nothing(text) else None


def _is_common(text: str) -> bool:
    """Whether a text has nothing in it that has to be asked in every field."""
    return (
        text[0] not in _STARTS and text.isascii() and text.isprintable() and len(text) < LONGEST and "+" not in text[1:]
    )


def _in_any_field(text: str, longest: int) -> Problem | None:
    """What is wrong with a text, or has to be asked, whatever field it stands in."""
    if is_formula_error(text):
        return FORMULA
    if "+" in text[1:] and SHORTENED.fullmatch(text[:LONGEST]):
        return Problem(mark("is a long number that the spreadsheet shortened: its last digits are lost"))
    if len(text) > longest:
        return Problem(mark("is too long to be read"), detail=message("{count:,} characters", count=len(text)))
    if not encodable(text):
        return Problem(mark("has half a character in it, which cannot be sent"))
    if text[0] == "=" and len(text) > 1 and not text[1:].isspace():
        held = _TEXT_FORMULA(text)
        return Problem(mark("looks like a formula"), held[1] if held else None, level=QUESTION)
    if text[0] in "'’`" and len(text) > 1:
        proposal = stripped(text.strip("'’`")) or None
        return Problem(mark("begins with an apostrophe"), proposal, level=QUESTION)
    if text.isascii() and text.isprintable():
        return None
    if not text.isascii() and (wrong := broken(text)):
        return Problem(*wrong, level=QUESTION)
    if _CONTROL.search(text):
        proposal = None if _IN_WORD(text) else stripped(_CONTROL.sub("", text)) or None
        return Problem(mark("has control characters"), proposal, level=QUESTION)
    return None


def _change(value: Any, text: str, clean: str, parsed: Result) -> Problem | None:
    """What is said where another form is sent than stands in the cell."""
    if isinstance(value, float) and value.is_integer() and parsed.wire == clean:
        return Problem(STORED_DECIMAL, clean, FIX)
    best = clean if parsed.normalised is None else parsed.normalised
    return None if best == text else Problem(SPACES if best == clean else OTHER_FORM, best, FIX)
