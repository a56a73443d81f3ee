"""One field, and the column of a frame that fills it: what stands in its cells, what is wrong, and what is sent.

Nothing is kept of the cells that are sent as they stand: what is sent for them is made again when it is asked for.
"""

import copy
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import replace
from itertools import repeat
from operator import is_not
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_list_like

from toolkit.plain import message, plural
from toolkit.sheets.cells import NotACellValue, folded, objects_of, shown, snapshot, texts_among, values_of, whole
from toolkit.sheets.checker import DOUBT, FIX, CellChecker, ParseOptions, Problem, Result
from toolkit.sheets.dates import order_of
from toolkit.sheets.kinds import PASSTHROUGH, rule_of
from toolkit.sheets.numbers import decimal_of
from toolkit.sheets.phones import likely_country, region_of
from toolkit.spec import Date, Field, Identity, Integer, Json, Masked, Number, Phone, Timestamp

BLOCK = 8_192  # rows at a time: their cells stay in the processor's cache, and bound the memory that looking takes
_HINTED = 3  # phones that fit another country, from which on it is said
Places = np.ndarray[Any, np.dtype[np.int64]]
Where = slice | Places  # a slice with both ends, or positions
Results = np.ndarray[Any, np.dtype[np.object_]]  # of `Result`
NOWHERE: Places = np.empty(0, dtype=np.int64)
NOTHING: Results = np.empty(0, dtype=object)


def blocks(rows: int) -> Iterator[slice]:
    """All rows, a block at a time."""
    return (slice(start, min(start + BLOCK, rows)) for start in range(0, rows, BLOCK))


class Column:
    """What was found in one column. Positions are those of the frame's rows."""

    def __init__(
        self,
        field: Field,
        name: Hashable | None,
        cells: "pd.Series[Any]",
        options: ParseOptions,
        *,
        kinds: "Column | None" = None,
        numbers: frozenset[str] = frozenset(),
    ) -> None:
        """`kinds`: the column that says of each row by which rule it goes; `numbers`: texts that were numbers."""
        self.field: Field = field
        self.name: Hashable | None = name
        self.notes: list[str] = []
        self.options: ParseOptions = options
        self.accepted: frozenset[Any] = frozenset()  # values of which a question was decided: they are sent
        self.filled: np.ndarray = np.zeros(len(cells), dtype=bool)  # where something is, be it right or wrong
        self.kinds, self._numbers = kinds, numbers
        self._plain = isinstance(field, (*PASSTHROUGH, Json))  # objects that are no cells: as they are
        self._checkers: dict[Any, CellChecker] = {}  # by the kind of a row
        self._cells, self._parsed, self._results = (
            cells,
            NOWHERE,
            NOTHING,
        )  # where cells needed parsing, and what became
        if name is not None:
            self._cells = self._held(cells)
            self._decide()
            self._look_at_all()

    def _held(self, cells: "pd.Series[Any]") -> "pd.Series[Any]":
        """The cells so that they can be looked at again and again."""
        if self._plain:
            return cells
        if self._numbers and isinstance(self.field, Number | Integer):
            values = [float(v) if v in self._numbers else v for v in values_of(cells)]
            return pd.Series(values, index=cells.index, dtype=object)
        return snapshot(cells)

    def _decide(self) -> None:
        """Take from the column itself how it is to be read, where that was not said."""
        if isinstance(self.field, Number | Integer) and not self.options.decimal:
            sign, note = decimal_of(self._texts())
            self.options, how = replace(self.options, decimal=sign), "decimal"
        elif isinstance(self.field, Date | Timestamp) and self.options.day_first is None:
            first, note = order_of(self._texts())
            self.options, how = replace(self.options, day_first=first), "day_first"
        else:
            return
        if note:
            text = "{column}: {note}; `{how}=` says otherwise"
            self.notes = [message(text, column=self.title, note=note, how=how)]

    def _texts(self) -> Iterator[str]:
        """The texts of the column, block by block: one a line."""
        return ("\n".join(texts_among(self._values(rows))) for rows in blocks(len(self._cells)))

    @property
    def title(self) -> Hashable:
        return self.field.name if self.name is None else self.name

    def with_cells(self, cells: "pd.Series[Any]", positions: Places) -> "Column":
        """The column once some of its cells are others: only those are looked at."""
        if self.name is None:
            return Column(self.field, cells.name, cells, self.options, kinds=self.kinds)
        new = copy.copy(self)
        new._cells, new.filled = self._held(cells), self.filled.copy()
        kept = ~np.isin(self._parsed, positions)
        places, results = new._look_at(np.sort(positions))
        new._take([(self._parsed[kept], self._results[kept]), (places, results)])
        return new

    def with_kinds(self, kinds: "Column") -> "Column":
        """The column once the kinds of its rows are others."""
        if kinds is self.kinds:
            return self
        new = copy.copy(self)
        new.kinds, new.filled = kinds, self.filled.copy()
        new._look_at_all()
        return new

    def accepting(self, values: frozenset[Any]) -> "Column":
        """The column once some of its values were decided to be sent."""
        new = copy.copy(self)
        new.accepted, new.filled, new._results = self.accepted | values, self.filled.copy(), self._results.copy()
        for n, value in enumerate(self._values(self._parsed)):
            if value in values:
                new._results[n] = Result(self._results[n].wire)
                new.filled[self._parsed[n]] = self._results[n].wire is not None
        return new

    def problems(self, *, fixes: bool = True) -> list[tuple[int, Problem]]:
        """The cells with a problem, by position; with what was fixed safely, or without."""
        if not len(self._parsed):
            return []
        parsed = zip(self._parsed.tolist(), self._results.tolist(), strict=True)
        problems = [(i, result.problem) for i, result in parsed]
        return [(i, p) for i, p in problems if p is not None and (fixes or p.level != FIX)]

    def has_wire(self, position: int) -> bool:
        """Whether there is something to send for a cell, were its question decided so."""
        _, results = self._parsed_among(np.array([position], dtype=np.int64))
        return all(result.wire is not None for result in results)

    def held(self, positions: Sequence[int]) -> list[Any]:
        """The values that stand in these cells, as they are looked up."""
        return self._values(np.array(positions, dtype=np.int64))

    def values(self, positions: Sequence[int]) -> list[str | None]:
        """What stands in these cells, as text."""
        values = self.held(positions)
        if isinstance(self.field, Masked):
            return [None if v is None else "***" for v in values]
        return [v if v is None else whole(v if isinstance(v, str) else _text(v)) for v in values]

    def shown(self, positions: Places) -> list[str | None]:
        """What stands in these cells, as a sheet shows it: 1200 for 1200.0."""
        return [v if v is None or isinstance(v, str) else shown(v) or _text(v) for v in self._values(positions)]

    def changes(self, positions: Places) -> list[tuple[int, str, str]]:
        """The cells among these that are sent in another form: position, what they show, what is sent."""
        if self.name is None or self._plain:
            return []
        cells = zip(positions.tolist(), self.shown(positions), self.wire(positions), strict=True)
        sent = ((i, value, _sent_text(wire)) for i, value, wire in cells if wire is not None)
        return [(i, str(value), text) for i, value, text in sent if text != value]

    def hints(self) -> list[str]:
        """What is to be said once the cells were looked at."""
        further = sum([checker.uncompared for checker in self._checkers.values()])
        one = "{column}: {count} further value was not compared with the list"
        many = "{column}: {count} further values were not compared with the list"
        hints = [plural(one, many, count=further, column=self.title)] if further else []
        if isinstance(self.field, Phone) and self.name is not None:
            hints += self._countries(self.options.country or self.field.country)
        return hints

    def _countries(self, expected: str) -> list[str]:
        """Which country the phones may be of that do not fit the one expected."""
        open_cells = [i for i, problem in self.problems(fixes=False) if problem.level != DOUBT][:1000]
        texts = [value for value in self.values(open_cells) if value]
        likely = likely_country(texts, expected) if len(texts) >= _HINTED else ""
        text = "numbers in {column!r} that do not fit {country} fit {likely}: `country={likely!r}` says so"
        return [message(text, column=self.title, country=expected, likely=likely)] if likely else []

    def wire(self, rows: Where) -> list[Any]:
        """What is sent for these rows; None where nothing, or nothing right, is there."""
        values = self._values(rows)
        at, results = self._parsed_among(rows)
        wires = [*values] if at else values  # where nothing is changed, one list is both
        for i in at:
            wires[i] = None
        wires = self._checkers[None].sent(wires) if None in self._checkers else wires
        for i, result in zip(at, results, strict=True):
            wires[i] = None if result.open else result.wire
        return wires

    def _look_at_all(self) -> None:
        self._take([self._look_at(rows) for rows in blocks(len(self._cells))])

    def _take(self, looked: Sequence[tuple[Places, Results]]) -> None:
        """Keep what was found in some parts of the column."""
        places = np.concatenate([NOWHERE, *[places for places, _ in looked]])
        results = np.concatenate([NOTHING, *[results for _, results in looked]])
        order = np.argsort(places, kind="stable")
        self._parsed, self._results = places[order], results[order]

    def _look_at(self, rows: Where) -> tuple[Places, Results]:
        """Where among these rows cells are that needed parsing, and what became of them."""
        values = self._values(rows)
        filled = np.fromiter(map(is_not, values, repeat(None)), bool, len(values))
        places: list[int] = []
        results: list[Result] = []
        if not isinstance(self.field, PASSTHROUGH):
            texts = [v if isinstance(v, str) else None for v in values] if self._plain else values
            kinds = self.kinds.wire(rows) if self.kinds else [None]
            for kind in dict.fromkeys(kinds):
                checker = self._checker(kind)
                if self.kinds is None:
                    parsed = checker.classify(texts)
                else:
                    own = [i for i, k in enumerate(kinds) if k == kind]
                    parsed = [own[i] for i in checker.classify([texts[i] for i in own])]
                places += parsed
                results += [checker.results[values[i]] for i in parsed]
        if self.accepted:
            taken = [values[i] in self.accepted for i in places]
            results = [Result(r.wire) if ok else r for r, ok in zip(results, taken, strict=True)]
        filled[[i for i, r in zip(places, results, strict=True) if r.wire is None and not r.problem]] = False
        self.filled[rows] = filled
        start = np.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows
        return start[places], np.fromiter(results, dtype=object, count=len(results))

    def _checker(self, kind: Any) -> CellChecker:
        if kind not in self._checkers:
            options, scheme = self.options, ""
            if isinstance(self.field, Identity) and self.kinds:
                scheme = {folded(name): scheme for name, scheme in self.field.schemes.items()}.get(folded(kind), "")
            elif isinstance(self.field, Phone) and kind is not None:
                options = replace(options, country=region_of(kind, unknown="??"))
            self._checkers[kind] = CellChecker(rule_of(self.field, options, scheme), options.empty, str(self.title))
        return self._checkers[kind]

    def _values(self, rows: Where) -> list[Any]:
        """What stands in these rows."""
        cells = self._cells.iloc[rows]
        if self.name is None:
            return [None] * len(cells)
        if self._plain:
            return [None if isinstance(v, str) and not v.strip() else v for v in objects_of(cells)]
        values = values_of(cells)
        if isinstance(self.field, Number | Integer) or isinstance(cells.dtype, pd.StringDtype):
            return values
        if int in {*map(type, values)}:  # whole numbers as their digits: then they are looked at as texts
            return [shown(v) or v if type(v) is int else v for v in values]
        return values

    def _parsed_among(self, rows: Where) -> tuple[list[int], Sequence[Result]]:
        """Which of these rows needed parsing, and what became of them."""
        if not len(self._parsed):
            return [], ()
        if isinstance(rows, slice):
            start, stop = np.searchsorted(self._parsed, [rows.start, rows.stop])
            return (self._parsed[start:stop] - rows.start).tolist(), self._results[start:stop].tolist()
        places = np.minimum(np.searchsorted(self._parsed, rows), len(self._parsed) - 1)
        among = np.flatnonzero(self._parsed[places] == rows)
        return among.tolist(), self._results[places[among]].tolist()


def _text(value: Any) -> str:
    if isinstance(value, int) and shown(value) is None:
        return message("a number of more than a thousand digits")
    if isinstance(value, float):
        return str(value)
    return shown(value) or str(value.value if isinstance(value, NotACellValue) else value)


def _sent_text(wire: Any) -> str:
    """What is sent, as text."""
    if isinstance(wire, str):
        return wire
    return shown(wire) or ", ".join(map(str, wire if is_list_like(wire) else [wire]))
