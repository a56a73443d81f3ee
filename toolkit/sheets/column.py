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
from toolkit.sheets.checker import DOUBT, FIX, MOST_COMPARED, CellChecker, ParseOptions, Problem
from toolkit.sheets.dates import order_of
from toolkit.sheets.kinds import PASSTHROUGH, rule_of
from toolkit.sheets.numbers import decimal_of
from toolkit.sheets.phones import likely_country, region_of
from toolkit.spec import Date, Field, Identity, Integer, Json, Masked, Number, Phone, Timestamp

BLOCK = 8_192  # rows at a time: their cells stay in the processor's cache, and bound the memory that looking takes
_HINTED = 3  # phones that fit another country, from which on it is said
Places = np.ndarray[Any, np.dtype[np.int64]]
Where = slice | Places  # a slice with both ends, or positions
NOWHERE: Places = np.empty(0, dtype=np.int64)


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
        self.kinds, self._numbers = kinds, numbers if isinstance(field, Number | Integer) else frozenset()
        self._cells = self._held(cells)
        self._checkers: dict[Any, CellChecker] = {}  # by the kind of a row
        self.accepted: frozenset[Any] = frozenset()  # values of which a question was decided: they are sent
        self.options: ParseOptions = self._decided(options)
        self.filled: np.ndarray = np.zeros(len(cells), dtype=bool)  # where something is, be it right or wrong
        looked = [] if name is None else [self._look_at(rows) for rows in blocks(len(cells))]
        self._parsed = np.concatenate([NOWHERE, *looked])  # where cells are that needed parsing

    def _held(self, cells: "pd.Series[Any]") -> "pd.Series[Any]":
        """The cells so that they can be looked at again and again."""
        if isinstance(self.field, (*PASSTHROUGH, Json)):
            return cells
        if self._numbers:
            values = [float(v) if v in self._numbers else v for v in values_of(cells)]
            return pd.Series(values, index=cells.index, dtype=object)
        return snapshot(cells)

    def _decided(self, options: ParseOptions) -> ParseOptions:
        """What the column itself shows of how it is to be read, where that was not said."""
        values = map(self._values, blocks(len(self._cells)))
        texts = ("\n".join(texts_among(block)) for block in values)
        if isinstance(self.field, Number | Integer) and not options.decimal:
            sign, note = decimal_of(texts)
            options, how = replace(options, decimal=sign), "decimal"
        elif isinstance(self.field, Date | Timestamp) and options.day_first is None:
            first, note = order_of(texts)
            options, how = replace(options, day_first=first), "day_first"
        else:
            return options
        if note:
            self.notes.append(
                message("{column}: {note}; `{how}=` says otherwise", column=self.title, note=note, how=how)
            )
        return options

    @property
    def title(self) -> Hashable:
        return self.field.name if self.name is None else self.name

    def with_cells(self, cells: "pd.Series[Any]", positions: Places) -> "Column":
        """The column once some of its cells are others: only those are looked at."""
        new = copy.copy(self)
        if new.name is None:
            new.name, new._checkers = cells.name, {}
        new._cells, new.filled = self._held(cells), self.filled.copy()
        changed = new._look_at(np.sort(positions))
        new._parsed = np.union1d(np.setdiff1d(self._parsed, positions), changed)
        return new

    def with_kinds(self, kinds: "Column") -> "Column":
        """The column once the kinds of its rows are others."""
        if kinds is self.kinds:
            return self
        new = copy.copy(self)
        new.kinds, new.filled = kinds, self.filled.copy()
        new._parsed = np.concatenate([NOWHERE, *(new._look_at(rows) for rows in blocks(len(self._cells)))])
        return new

    def accepting(self, values: frozenset[Any]) -> "Column":
        """The column once some of its values were decided to be sent."""
        new = copy.copy(self)
        new.accepted, new.filled = self.accepted | values, self.filled.copy()
        unsent = [
            i for i, value, kind in self._read() if value in values and self._checkers[kind].results[value].wire is None
        ]
        new.filled[unsent] = False
        return new

    def problems(self, *, fixes: bool = True) -> list[tuple[int, Problem]]:
        """The cells with a problem, by position; with what was fixed safely, or without."""
        if not any(checker.results for checker in self._checkers.values()):
            return []
        results = {kind: checker.results for kind, checker in self._checkers.items()}
        if not fixes and not any(
            r.problem and r.problem.level != FIX for each in results.values() for r in each.values()
        ):
            return []
        parsed = ((i, value, results[kind][value].problem) for i, value, kind in self._read())
        return [(i, p) for i, v, p in parsed if p and (fixes or p.level != FIX) and v not in self.accepted]

    def has_wire(self, position: int) -> bool:
        """Whether there is something to send for a cell, were its question decided so."""
        ((_, value, kind),) = self._read(np.array([position], dtype=np.int64))
        return value not in self._checkers[kind].results or self._checkers[kind].results[value].wire is not None

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
        if self.name is None or isinstance(self.field, (*PASSTHROUGH, Json)):
            return []
        cells = zip(positions.tolist(), self.shown(positions), self.wire(positions), strict=True)
        sent = ((i, value, _sent_text(wire)) for i, value, wire in cells if wire is not None)
        return [(i, str(value), text) for i, value, text in sent if text != value]

    def hints(self) -> list[str]:
        """What is to be said once the cells were looked at."""
        further = sum(max(0, checker.compared - MOST_COMPARED) for checker in self._checkers.values())
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
        values, parsed = self._values(rows), self._parsed_among(rows)
        if self.kinds is None:
            return self._checkers[None].wire(values, parsed, self.accepted) if self._checkers else values
        kinds = self._kind(rows)
        wires = [*values]
        for kind in dict.fromkeys(kinds):
            own = [i for i, k in enumerate(kinds) if k == kind]
            places = {i: n for n, i in enumerate(own)}
            among = [places[i] for i in parsed if i in places]
            for i, wire in zip(
                own, self._checkers[kind].wire([values[i] for i in own], among, self.accepted), strict=True
            ):
                wires[i] = wire
        return wires

    def _read(self, positions: Places | None = None) -> Iterator[tuple[int, Any, Any]]:
        """Cells, else those that needed parsing: where they are, what stands there, and of which kind it is."""
        at = self._parsed if positions is None else positions
        return zip(at.tolist(), self._values(at), self._kind(at), strict=True)

    def _look_at(self, rows: Where) -> Places:
        """Where among these rows cells are that needed parsing."""
        values = self._values(rows)
        filled = np.fromiter(map(is_not, values, repeat(None)), bool, len(values))
        start = np.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows
        parsed: list[int] = []
        if not isinstance(self.field, PASSTHROUGH):
            texts = [v if isinstance(v, str) else None for v in values] if isinstance(self.field, Json) else values
            kinds = self._kind(rows)
            for kind in dict.fromkeys(kinds):
                own = range(len(values)) if self.kinds is None else [i for i, k in enumerate(kinds) if k == kind]
                checker = self._checker(kind)
                places = [own[i] for i in checker.classify(texts if self.kinds is None else [texts[i] for i in own])]
                parsed += places
                for i in places:
                    result = checker.results[values[i]]
                    filled[i] = result.wire is not None or result.problem is not None
        self.filled[rows] = filled
        return start[sorted(parsed)]

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
        if isinstance(self.field, (*PASSTHROUGH, Json)):
            return [None if isinstance(v, str) and not v.strip() else v for v in objects_of(cells)]
        values = values_of(cells)
        if isinstance(self.field, Number | Integer):
            return values
        if not isinstance(cells.dtype, pd.StringDtype) and int in set(
            map(type, values)
        ):  # whole numbers as their digits: then they are looked at as texts
            return [shown(v) or v if type(v) is int else v for v in values]
        return values

    def _kind(self, rows: Where) -> list[Any]:
        """By which rule the cells in these rows go."""
        return self.kinds.wire(rows) if self.kinds else [None] * len(self._cells.iloc[rows])

    def _parsed_among(self, rows: Where) -> list[int]:
        """Which of these rows needed parsing."""
        if not len(self._parsed):
            return []
        if isinstance(rows, slice):
            start, stop = np.searchsorted(self._parsed, [rows.start, rows.stop])
            among: list[int] = (self._parsed[start:stop] - rows.start).tolist()
            return among
        return np.flatnonzero(np.isin(rows, self._parsed)).tolist()


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
