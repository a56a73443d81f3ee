"""What a rule is: what a cell of one kind may hold, and what is sent for it.

Most cells are right as they stand. A pattern sees that for a whole column at once; only what it does not know is read
one by one, each distinct value once, by the libraries that know the kind exactly.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from toolkit.sheets.cells import ERROR, SHORTENED, encodable, shown, stripped

Find = Callable[[Sequence[str]], list[int]]
FIX = "is written in another form than it is sent in"
FEW = 50  # as few texts are looked at one by one


@dataclass(frozen=True)
class Reading:
    """How what is written is to be understood where it can be understood in two ways."""

    day_first: bool = True
    decimal: str = ""  # "." or ","; "" where nothing tells
    zone: str = "UTC"  # of times that name none


class Problem(NamedTuple):
    text: str
    proposal: str | None = None
    safe: bool = False  # the proposal changes no meaning
    blocks: bool = True  # the row cannot be sent with it


class Wrong(Exception):
    """The value cannot be sent as it is."""

    def __init__(self, problem: str, proposal: str | None = None) -> None:
        self.problem = Problem(problem, proposal)


class Read(NamedTuple):
    wire: Any  # what the vendor gets
    tidy: str | None = None  # the value as it is best written; None where it is so written
    doubt: Problem | None = None


@dataclass(frozen=True)
class Rule:
    read: Callable[[Any], Read]
    takes: tuple[type, ...] = ()  # what is read as it is, not as text
    odd: Find | None = None  # the positions of texts that have to be read; the others are right as they stand
    tidied: Callable[[list[str]], list[str]] | None = None  # makes safe fixes, which hold where nothing odd is left
    right: Callable[[Any], bool] | None = None  # whether a value that is no text is right as it stands
    wire: Callable[[Any], Any] | None = None  # what is sent for a value that is right as it stands, if not itself


def finder(pattern: str) -> Find:
    """Finds the texts that a pattern does not match as a whole. The pattern must not reach over the end of a line."""
    one = re.compile(pattern, re.MULTILINE).fullmatch
    run = re.compile(rf"(?:(?:{pattern})?\n)*+", re.MULTILINE).match

    def odd(texts: Sequence[str]) -> list[int]:
        if len(texts) < FEW:
            return [i for i, text in enumerate(texts) if text and ("\n" in text or not one(text))]
        joined = "\n".join(texts) + "\n"
        if joined.count("\n") > len(texts):
            texts = [" " if "\n" in text else text for text in texts]
            joined = "\n".join(texts) + "\n"
        stops, at = [], 0
        while (at := run(joined, at).end()) < len(joined):  # type: ignore[union-attr]
            stops.append(at)
            at = joined.index("\n", at) + 1
        if not stops:
            return []
        ends = np.cumsum(np.fromiter(map(len, texts), dtype=np.int64, count=len(texts)) + 1)
        found: list[int] = np.searchsorted(ends, stops, side="right").tolist()
        return found

    return odd


class Judge:
    """What a rule says of values, seen a block at a time: each distinct one that has to be read is read once."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._decided: dict[Any, Any] = {}  # what is sent for a value that had to be read
        self.problems: dict[Any, Problem] = {}  # by value
        self.fixes: dict[Any, str] = {}  # by value, what was tidied as a whole

    def odd(self, values: list[Any], texts: bool = False) -> list[int]:
        """Where values stand that had to be read: there may be problems. The others are right as they stand.

        `texts`: whether each value is known to be a text.
        """
        positions = self._rule.odd(values) if texts and self._rule.odd else _odd(self._rule, values)
        decided = self._decided
        waiting = [v for v in dict.fromkeys([values[i] for i in positions]) if v not in decided]
        tidied = _tidied(self._rule, waiting) if self._rule.tidied and waiting else {}
        decided |= tidied
        self.fixes |= tidied
        for value in waiting if not tidied else [v for v in waiting if v not in tidied]:
            try:
                decided[value], problem = _decided(self._rule, value)
            except Wrong as wrong:
                decided[value], problem = None, wrong.problem
            if problem:
                self.problems[value] = problem
        return positions

    def problem(self, value: Any) -> Problem | None:
        """What is wrong with a value, or was fixed in it."""
        if value in self.fixes:
            return Problem(FIX, self.fixes[value], safe=True, blocks=False)
        return self.problems.get(value)

    def wire(self, values: list[Any], odd: Sequence[int]) -> list[Any]:
        """What is to be sent for values, of which those at `odd` had to be read."""
        made = [*values] if odd or self._rule.wire else values  # where nothing is changed, one list is both
        if convert := self._rule.wire:
            for i in odd:
                made[i] = None
            made = [None if v is None else convert(v) for v in made]
        for i in odd:
            made[i] = self._decided[values[i]]
        return made


def _odd(rule: Rule, values: list[Any]) -> list[int]:
    find, right = rule.odd, rule.right
    if find is None:
        return [i for i, v in enumerate(values) if v is not None]
    kinds = set(map(type, values))
    if kinds <= {str, type(None)}:
        return find(values if kinds <= {str} else ["" if v is None else v for v in values])
    others = [i for i, v in enumerate(values) if not isinstance(v, str | None) and not (right and right(v))]
    return sorted([*others, *find([v if isinstance(v, str) else "" for v in values])])


def _tidied(rule: Rule, values: list[Any]) -> dict[Any, str]:
    """The texts that are right once they are tidied, as they are then."""
    assert rule.odd
    assert rule.tidied
    texts = [v for v in values if isinstance(v, str) and "\n" not in v]
    tidied = rule.tidied(texts)
    still = set(rule.odd(tidied))
    return {t: new for i, (t, new) in enumerate(zip(texts, tidied, strict=True)) if new and i not in still}


def _decided(rule: Rule, value: Any) -> tuple[Any, Problem | None]:
    if isinstance(value, rule.takes):
        return rule.read(value).wire, None
    text = shown(value)
    if text is None:
        raise Wrong(f"is of the type {type(getattr(value, 'value', value)).__name__}, which cannot be sent here")
    clean = stripped(text)
    if not clean:
        return None, None
    if ERROR.fullmatch(clean):
        raise Wrong("is the error of a formula")
    if not encodable(clean):
        raise Wrong("has half a character in it, which cannot be sent")
    if SHORTENED.fullmatch(clean):
        raise Wrong("is a long number that the spreadsheet shortened: its last digits are lost")
    wire, tidy, doubt = rule.read(clean)
    if doubt:
        return wire, doubt
    if isinstance(value, float) and value.is_integer() and wire == clean:
        return wire, Problem("is stored as a decimal number; its digits are sent", clean, safe=True, blocks=False)
    if (tidy or clean) == text:
        return wire, None
    return wire, Problem(FIX if tidy not in (None, clean) else "has spaces around it", tidy or clean, True, False)
