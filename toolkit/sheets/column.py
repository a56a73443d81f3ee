"""One field, and the column of a frame that fills it: what stands in its cells, what is wrong, and what is sent.

Nothing is kept of the cells that are right as they stand: what is sent for them is made again when it is asked for.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from toolkit.sheets.cells import Unfit, folded, objects_of, owned, shown, texts_of, values_of
from toolkit.sheets.kinds import KEPT, rule_of
from toolkit.sheets.numbers import decimal_of
from toolkit.sheets.rule import Judge, Problem, Reading
from toolkit.spec import Field, Identity, Integer, Json, Masked, Number

EMPTY = Problem("is required and empty")
NOTHING = Problem("is empty, and so is the whole row")
BLOCK = 8_192  # rows at a time: their cells stay in the processor's cache, and bound the memory that looking takes
Places = np.ndarray[Any, np.dtype[np.int64]]
Where = slice | Places  # a slice with both ends, or positions
NOWHERE: Places = np.empty(0, dtype=np.int64)


def blocks(rows: int) -> Iterator[slice]:
    """All rows, a block at a time."""
    return (slice(start, min(start + BLOCK, rows)) for start in range(0, rows, BLOCK))


class Column:
    """What was found in one column. Positions are those of the frame's rows."""

    def __init__(
        self, field: Field, name: Hashable | None, cells: "pd.Series[Any]", kinds: "Column | None", reading: Reading
    ) -> None:
        self.field, self.name, self._kinds = field, name, kinds
        self._cells = cells if isinstance(field, (*KEPT, Json)) else owned(cells)
        self._judges: dict[Any, Judge] = {}  # by the kind of document, where another column says it
        self._others = False  # whether a cell was seen that holds no text
        self._texts = False  # whether each cell is known to hold a text: then nobody looks for other things again
        if isinstance(field, Number | Integer) and not reading.decimal:
            reading = replace(reading, decimal=decimal_of(map(self._values, blocks(len(cells)))))
        self._reading = reading
        self._odd = self._look()  # where there may be problems
        self._texts = name is not None and not self._others and not isinstance(field, KEPT)  # those were not looked at
        self.empty = NOWHERE  # where a value is required and missing
        self.nothing = NOWHERE  # the empty rows of the frame; one of its columns has them
        self.hold = False  # whether a doubt keeps its row from being sent
        self.by_rules: list[tuple[int, Problem]] = []  # what the rules of the whole frame found

    @property
    def title(self) -> Hashable:
        return self.field.name if self.name is None else self.name

    def found(self) -> list[tuple[int, Problem]]:
        """Every cell with a problem, by position."""
        found = [(i, problem) for i, v, judge in self._read() if (problem := judge.problem(v))]
        found = [(i, self._held(problem)) for i, problem in [*found, *self.by_rules]]
        return [*found, *((i, EMPTY) for i in self.empty.tolist()), *((i, NOTHING) for i in self.nothing.tolist())]

    def wrong(self) -> list[tuple[int, Problem]]:
        """The cells with which a row cannot be sent, by position; none in an empty row."""
        held = self._held
        blocking = any(held(problem).blocks for judge in self._judges.values() for problem in judge.problems.values())
        cells = self._read() if blocking else ()
        found = [(i, held(problem)) for i, v, judge in cells if (problem := judge.problems.get(v))]
        found += [(i, held(problem)) for i, problem in self.by_rules]
        return [line for line in found if line[1].blocks] + [(i, EMPTY) for i in self.empty.tolist()]

    def _held(self, problem: Problem) -> Problem:
        return problem._replace(blocks=True) if self.hold and not problem.safe else problem

    def blocked(self) -> list[int]:
        """The positions of the rows that cannot be sent."""
        return [i for i, _ in self.wrong()] + [*map(int, self.nothing)]

    def _read(self) -> Iterator[tuple[int, Any, Judge]]:
        """The cells that had to be read: where they are, what stands there, and who judged it."""
        if any(judge.problems or judge.fixes for judge in self._judges.values()):
            for i, v, kind in zip(self._odd.tolist(), self._values(self._odd), self._kind(self._odd), strict=True):
                yield i, v, self._judges[kind]

    def values(self, positions: Sequence[int]) -> list[str | None]:
        """What stands in these cells, as text."""
        values = self._values(np.asarray(positions, dtype=np.int64))
        if isinstance(self.field, Masked):
            return [None if v is None else "***" for v in values]
        return [v if v is None or isinstance(v, str) else _said(v) for v in values]

    def shown(self, positions: Sequence[int] | Places) -> list[str | None]:
        """What stands in these cells, as a sheet shows it: 1200 for 1200.0."""
        values = self._values(np.asarray(positions, dtype=np.int64))
        return [v if v is None or isinstance(v, str) else shown(v) or _said(v) for v in values]

    def wire(self, rows: Where) -> list[Any]:
        """What is sent for these rows; None where nothing, or nothing right, is there."""
        values, odd = self._values(rows), self._odd_among(rows)
        if self._kinds is None:
            return self._judges[None].wire(values, odd) if self._judges else values
        kinds = self._kind(rows)
        for i in odd:
            (values[i],) = self._judges[kinds[i]].wire([values[i]], [0])
        return values

    def require(self, other: "Column | None", value: Any) -> None:
        """Note where something is missing: everywhere it is, or where the other column has this value."""
        self.empty = self.unfilled()
        if other is not None:
            self.empty = self.empty[[v is not None and str(v) == str(value) for v in other.wire(self.empty)]]

    def unfilled(self, among: Places | None = None) -> Places:
        """Where nothing is sent, and nothing is wrong; of all rows, or of some."""
        if self._texts and not len(self._odd):
            return NOWHERE
        if among is None:
            wires = ((rows.start, self.wire(rows)) for rows in blocks(len(self._cells)))
            missing = [at + np.flatnonzero([v is None for v in wire]) for at, wire in wires if None in wire]
            among = np.concatenate([NOWHERE, *missing])
        else:
            among = among[[v is None for v in self.wire(among)]]
        wrong = [i for i, v, judge in self._read() if v in judge.problems] if len(among) else []
        return np.setdiff1d(among, np.array(wrong, dtype=np.int64))

    def _look(self) -> Places:
        """Where cells are that had to be read one by one."""
        nothing = self.name is None or isinstance(self.field, KEPT)
        return np.concatenate([NOWHERE, *([] if nothing else map(self._look_at, blocks(len(self._cells))))])

    def _look_at(self, rows: slice) -> Places:
        texts = self._texts_of(rows)
        values = self._values(rows) if texts is None else texts
        if isinstance(self.field, Json):
            values = [v if isinstance(v, str) else None for v in values]
        found = [] if self._kinds else self._judge(None).odd(values, texts is not None)
        kinds = self._kind(rows) if self._kinds else []
        for kind in dict.fromkeys(kinds):
            own = [i for i, k in enumerate(kinds) if k == kind]
            found += [own[i] for i in self._judge(kind).odd([values[i] for i in own])]
        return np.array([rows.start + i for i in sorted(found)], dtype=np.int64)

    def _judge(self, kind: Any) -> Judge:
        if kind not in self._judges:
            schemes = self.field.schemes if isinstance(self.field, Identity) and self._kinds else {}
            scheme = {folded(name): scheme for name, scheme in schemes.items()}.get(folded(kind), "")
            self._judges[kind] = Judge(rule_of(self.field, self._reading, scheme))
        return self._judges[kind]

    def _texts_of(self, rows: Where) -> list[str] | None:
        """What stands in these rows, where each cell holds a text."""
        texts = texts_of(self._cells.iloc[rows])
        self._others |= texts is None
        return texts

    def _values(self, rows: Where) -> list[Any]:
        """What stands in these rows."""
        cells = self._cells.iloc[rows]
        if self.name is None:
            return [None] * len(cells)
        if self._texts:
            return cells.to_numpy(dtype=object).tolist()
        if not isinstance(self.field, (*KEPT, Json)):
            return self._digits(values_of(cells))
        return [None if isinstance(v, str) and not v.strip() else v for v in objects_of(cells)]

    def _digits(self, values: list[Any]) -> list[Any]:
        """Whole numbers as their digits, where a text is looked for: then they are looked at together."""
        if int not in set(map(type, values)) or isinstance(self.field, Number | Integer):
            return values
        return [str(v) if type(v) is int else v for v in values]

    def _kind(self, rows: Where) -> list[Any]:
        """Of which kind the numbers in these rows are."""
        return self._kinds.wire(rows) if self._kinds else [None] * len(self._cells.iloc[rows])

    def _odd_among(self, rows: Where) -> list[int]:
        """Which of these rows had to be read."""
        if not len(self._odd):
            return []
        if isinstance(rows, slice):
            start, stop = np.searchsorted(self._odd, [rows.start, rows.stop])
            found: list[int] = (self._odd[start:stop] - rows.start).tolist()
            return found
        return np.flatnonzero(np.isin(rows, self._odd)).tolist()


def _said(value: Any) -> str:
    if isinstance(value, float):
        return str(value)
    return shown(value) or str(value.value if isinstance(value, Unfit) else value)
