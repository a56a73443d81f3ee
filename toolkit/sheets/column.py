"""One field, and the column of a frame that fills it: what stands in its cells, what is wrong, and what is sent.

Nothing is kept of the cells that are sent as they stand: what is sent for them is made again when it is asked for.
"""

import copy
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import chain, islice, repeat
from operator import is_not
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_list_like

from toolkit.plain import message, plural
from toolkit.sheets.cells import Filled, NotACellValue, folded, objects_of, shown, snapshot, texts_in, values_of, whole
from toolkit.sheets.checker import DOUBT, FIX, STORED, CellChecker, ParseOptions, Problem, Result, result_of
from toolkit.sheets.countries import UNKNOWN, region_of
from toolkit.sheets.dates import month_follows_year, order_named, order_of
from toolkit.sheets.kinds import PASSTHROUGH, rule_of
from toolkit.sheets.not_data import mostly_stored_as
from toolkit.sheets.numbers import decimal_of, has_one_currency, shows_another, were_numbers
from toolkit.sheets.phones import OTHER_COUNTRY, country_named, likely_country
from toolkit.sheets.sheet_column import NO_SHEET, SheetColumn, of_whole
from toolkit.spec import KINDS, Date, Field, Identity, Integer, Json, KindTable, Masked, Number, Phone, Text, Timestamp

BLOCK = 8_192  # rows at a time: their cells stay in the processor's cache, and bound the memory that looking takes
_SAMPLE = slice(0, 500)  # rows that tell of what kind most cells of a column are
Places = np.ndarray[Any, np.dtype[np.int64]]
Where = slice | Places  # a slice with both ends, or positions
Results = np.ndarray[Any, np.dtype[np.object_]]  # of `Result`, or of what is sent where only the form is another
NOWHERE: Places = np.empty(0, dtype=np.int64)
NOTHING: Results = np.empty(0, dtype=object)
READ_BY = KindTable(  # the options by which cells are read; the first is decided for all of a column
    {
        **dict.fromkeys(KINDS, ("stored",)),
        **dict.fromkeys((Number, Integer), ("decimal", "one_currency")),
        **dict.fromkeys((Date, Timestamp), ("day_first", "iso")),
        Phone: ("named",),
    }
)


def blocks(rows: int) -> Iterator[slice]:
    """All rows, a block at a time."""
    starts = range(0, rows, BLOCK)
    return map(slice, starts, [*starts[1:], rows])


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
        sheet: SheetColumn = NO_SHEET,
    ) -> None:
        """`kinds`: the column that says of each row by which rule it goes; `sheet`: that of which it is a part."""
        self.field: Field = field
        self.name: Hashable | None = name
        self.title: Hashable = field.name if name is None else name
        self.notes: list[str] = []
        self.options: ParseOptions = options
        self.accepted: frozenset[Any] = frozenset()  # values of which a question was decided: they are sent
        self.filled: Filled = np.zeros(len(cells), dtype=bool)  # where something is, be it right or wrong
        self.kinds = kinds
        self._plain = isinstance(field, (*PASSTHROUGH, Json))  # objects that are no cells: as they are
        self._one_kind = [] if isinstance(field, PASSTHROUGH) else [(None, None)]
        is_number = isinstance(field, Number | Integer)
        self._was_number = were_numbers(sheet.numbers) if sheet.numbers and is_number else None
        self._sheet = sheet
        self._checkers: dict[Any, CellChecker] = {}  # by the kind of a row
        self.parsed: Places = NOWHERE  # where cells needed parsing: there may be problems
        self._cells, self._results = cells, NOTHING
        self._wires: list[Any] | None = None  # of a column that is one block, once it was asked for
        if name is not None:
            self._cells = cells if self._plain or isinstance(cells.dtype, pd.StringDtype) else snapshot(cells)
            if not options.settled:
                self._decide()
            elif options.after_frames:
                self._ask_where_it_differs()
            self._look_at_all()

    @property
    def how(self) -> dict[str, Any]:
        """How its cells are read, so that others of the same column are read alike."""
        how = {}
        for name in READ_BY[type(self.field)]:
            how[name] = getattr(self.options, name)
        return {} if how == {"stored": None} else how

    def _decide(self) -> None:
        """Take from the column itself how it is to be read, where that was not said."""
        if isinstance(self.field, Number | Integer):
            texts, how = self._evidence(), "decimal"
            sign, note = (self.options.decimal, "") if self.options.decimal else decimal_of(texts, self._was_number)
            self.options = replace(self.options, decimal=sign, one_currency=has_one_currency(texts))
        elif isinstance(self.field, Date | Timestamp):
            stated = self.options.day_first if self.options.day_first is not None else order_named(str(self.title))
            texts = self._evidence()
            first, note = order_of(texts) if stated is None else (stated, "")
            iso = month_follows_year(texts)
            self.options, how = replace(self.options, day_first=first, iso=iso), "day_first"
        else:
            return
        if note and self._sheet.lost and self.options.day_first is not False:
            self.options = replace(self.options, day_first=None, decimal="")
        elif note:
            text = "{column}: {note}; `{how}=` says otherwise"
            self.notes = [message(text, column=self.title, note=note, how=how)]

    def _ask_where_it_differs(self) -> None:
        """What earlier frames showed is not believed where this one shows otherwise."""
        how, texts = self.options, self._evidence()
        if isinstance(self.field, Number | Integer) and shows_another(how.decimal, texts, self._was_number):
            self.options = replace(how, decimal="")
        elif isinstance(self.field, Date | Timestamp):
            first, note = order_of(texts)
            same = first is how.day_first or (first and note)  # nothing shows it
            self.options = replace(
                how, day_first=how.day_first if same else None, iso=how.iso and month_follows_year(texts)
            )

    def _texts(self) -> Iterator[list[str]]:
        """The texts of the column, block by block; its days, too, where they stand among texts."""
        is_dated = isinstance(self.field, Date | Timestamp)
        for rows in blocks(len(self._cells)):
            values, texts, _ = self._block(rows)
            more = [shown(v) or "" for v in values if isinstance(v, date)] if texts is not values and is_dated else []
            yield texts + more

    def _evidence(self) -> list[list[str]]:
        """The texts by which its cells are read: those of the sheet's column, too, of which it is a part."""
        return of_whole([*self._texts()], self._sheet.texts, digits=isinstance(self.field, Phone))

    def with_cells(self, cells: "pd.Series[Any]", positions: Places) -> "Column":
        """The column once some of its cells are others: only those are looked at."""
        if self.name is None:
            return Column(self.field, cells.name, cells, self.options, kinds=self.kinds)
        new = self._copy()
        new._cells = cells if self._plain else snapshot(cells)
        kept = ~np.isin(self.parsed, positions)
        places, results = new._look_at(np.sort(positions))
        new._take([(self.parsed[kept], self._results[kept]), (places, results)])
        return new

    def with_kinds(self, kinds: "Column") -> "Column":
        """The column once the kinds of its rows are others."""
        if kinds is self.kinds:
            return self
        new = self._copy()
        new.kinds = kinds
        new._look_at_all()
        return new

    def accepting(self, values: frozenset[Any]) -> "Column":
        """The column once some of its values were decided to be sent."""
        new = self._copy()
        new.accepted = self.accepted | values
        for n, value in enumerate(self._values(self.parsed)):
            if value in values:
                wire = result_of(self._results[n]).wire
                new._results[n] = Result(wire)
                new.filled[self.parsed[n]] = wire is not None
        return new

    def _copy(self) -> "Column":
        new = copy.copy(self)
        new.filled, new._results, new._wires = self.filled.copy(), self._results.copy(), None
        return new

    def problems(self, *, fixes: bool = True) -> list[tuple[int, Problem]]:
        """The cells with a problem, by position; with what was fixed safely, or without."""
        parsed = zip(self.parsed.tolist(), self._results.tolist(), strict=True)
        problems = [(i, result_of(kept).problem) for i, kept in parsed if fixes or type(kept) is not str]
        return [(i, p) for i, p in problems if p is not None and (fixes or p.level != FIX)]

    def has_wire(self, position: int) -> bool:
        """Whether there is something to send for a cell, were its question decided so."""
        _, results = self._parsed_among(np.array([position], dtype=np.int64)) if len(self.parsed) else ([], ())
        return all(result_of(kept).wire is not None for kept in results)

    def held(self, positions: Sequence[int]) -> list[Any]:
        """The values that stand in these cells, as they are looked up."""
        return self._values(np.array(positions, dtype=np.int64))

    def values(self, positions: Sequence[int]) -> list[str | None]:
        """What stands in these cells, as text."""
        values = self.held(positions)
        if isinstance(self.field, Masked):
            return [None if v is None else "***" for v in values]
        return [v if v is None else whole(v if isinstance(v, str) else _text(v)) for v in values]

    def numbers_among(self, positions: Sequence[int]) -> list[tuple[int, str]]:
        """The cells among these whose texts were numbers in the sheet that was read."""
        if (was_number := self._was_number) is None:
            return []
        cells = zip(positions, self.held(positions), strict=True)
        return [(i, value) for i, value in cells if was_number(value)]

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
        likely = likely_country(texts, expected)
        text = "numbers in {column!r} that do not fit {country} fit {likely}: `country={likely!r}` says so"
        return [message(text, column=self.title, country=expected, likely=likely)] if likely else []

    def wire(self, rows: Where) -> list[Any]:
        """What is sent for these rows; None where nothing, or nothing right, is there."""
        if len(self._cells) > BLOCK:
            return self._wire(rows)
        if self._wires is None:
            self._wires = self._wire(slice(0, len(self._cells)))
        wires = self._wires
        return wires[rows] if isinstance(rows, slice) else [*map(wires.__getitem__, rows.tolist())]

    def _wire(self, rows: Where) -> list[Any]:
        wires = self._values(rows)
        at, results = self._parsed_among(rows) if len(self.parsed) else ([], ())
        for i in at:
            wires[i] = None
        if (checker := self._checkers.get(None)) and checker.convert:
            wires = checker.convert(wires)
        for i, kept in zip(at, results, strict=True):
            wires[i] = kept if isinstance(kept, str) else None if kept.open else kept.wire
        return wires

    def _look_at_all(self) -> None:
        """Look at every cell; once more, where what was found shows how the column is meant."""
        rows = len(self._cells)
        self._take(map(self._look_at, blocks(rows)) if rows > BLOCK else [self._look_at(slice(0, rows))])
        if isinstance(self.field, Text) and len(self.parsed) and (meant := self._meant()) != self.options:
            self.options, self._checkers = meant, {}
            self._take(map(self._look_at, blocks(len(self._cells))))

    def _meant(self) -> ParseOptions:
        """As what texts are stored, and which country phones name that name one, where that was asked of some cells."""
        how, reasons = self.options, {problem.reason for _, problem in self.problems(fixes=False)}
        if how.stored is None and any(problem.reason in reasons for problem in STORED.values()):
            some = [shown(value) or "" for value in self._values(_SAMPLE) if value is not None]
            texts = chain.from_iterable(of_whole([some], self._sheet.texts, digits=True))
            return replace(how, stored=mostly_stored_as(islice(texts, _SAMPLE.stop)))
        open_to_others = not (self.kinds or how.country or how.named or how.settled)
        is_part = self._sheet.texts.count("\n") >= np.count_nonzero(self.filled)
        if isinstance(self.field, Phone) and open_to_others and (OTHER_COUNTRY in reasons or is_part):
            return replace(how, named=country_named(self._evidence(), self.field.country))
        return how

    def _take(self, looked: Iterable[tuple[Places, Results]]) -> None:
        """Keep what was found in some parts of the column."""
        parts = [(NOWHERE, NOTHING), *looked]
        places, results = map(np.concatenate, zip(*parts, strict=True))
        order = np.argsort(places, kind="stable")
        self.parsed, self._results = places[order], results[order]

    def _look_at(self, rows: Where) -> tuple[Places, Results]:
        """Where among these rows cells are that needed parsing, and what became of them."""
        values, texts, filled = self._block(rows)
        if self._plain:  # only texts may be wrong
            values = [v if isinstance(v, str) else None for v in values]
        places: list[int] = []
        results: list[Result | str] = []
        for kind, own in self._by_kind(self.kinds, rows) if self.kinds else self._one_kind:
            checker, some = self._checker(kind), values if own is None else [values[i] for i in own]
            among = checker.classify(some, texts if own is None and len(texts) == np.count_nonzero(filled) else None)
            if among:
                places += among if own is None else [own[i] for i in among]
                results += [checker.results[some[i]] for i in among]
        if self.accepted:
            taken = [values[i] in self.accepted for i in places]
            results = [Result(result_of(r).wire) if ok else r for r, ok in zip(results, taken, strict=True)]
        if places:
            filled[[i for i, r in zip(places, results, strict=True) if not isinstance(r, str) and r.is_nothing]] = False
        self.filled[rows] = filled
        start = np.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows
        return start[places], np.fromiter(results, dtype=object, count=len(results))

    def _by_kind(self, kinds: "Column", rows: Where) -> Iterable[tuple[Any, list[int]]]:
        """The kinds of some rows, and which of them are of each."""
        some: dict[Any, list[int]] = {}
        for i, kind in enumerate(kinds.wire(rows)):
            some.setdefault(kind, []).append(i)
        return some.items()

    def _checker(self, kind: Any) -> CellChecker:
        if kind not in self._checkers:
            options, scheme = self.options, ""
            if isinstance(self.field, Identity) and self.kinds:
                scheme = {folded(name): scheme for name, scheme in self.field.schemes.items()}.get(folded(kind), "")
            elif isinstance(self.field, Phone) and kind is not None:
                region = region_of(kind, unknown=UNKNOWN)  # of rows that name another than is expected, it is asked
                options = replace(options, named=region) if options.country else replace(options, country=region)
            rule = rule_of(self.field, options, scheme)
            self._checkers[kind] = CellChecker(rule, options, str(self.title), self._was_number)
        return self._checkers[kind]

    def _values(self, rows: Where) -> list[Any]:
        """What stands in these rows."""
        return self._block(rows)[0]

    def _block(self, rows: Where) -> tuple[list[Any], list[str], Filled]:
        """What stands in these rows, None where nothing does; the texts of that; and where something stands."""
        cells = self._cells.iloc[rows]
        if self.name is None:
            return [None] * len(cells), [], np.zeros(len(cells), dtype=bool)
        if isinstance(cells.dtype, pd.StringDtype) and not self._plain:
            return texts_in(cells)
        if self._plain:
            values = [None if isinstance(v, str) and not v.strip() else v for v in objects_of(cells)]
        else:
            values = values_of(cells)
            if not isinstance(self.field, Number | Integer) and int in {*map(type, values)}:
                values = [shown(v) or v if type(v) is int else v for v in values]  # their digits are looked at as texts
        texts = [v for v in values if type(v) is str]
        return values, texts, np.fromiter(map(is_not, values, repeat(None)), bool, len(values))

    def _parsed_among(self, rows: Where) -> tuple[list[int], Sequence[Result | str]]:
        """Which of these rows needed parsing, and what became of them."""
        if isinstance(rows, slice):
            start, stop = np.searchsorted(self.parsed, [rows.start, rows.stop])
            return (self.parsed[start:stop] - rows.start).tolist(), self._results[start:stop].tolist()
        places = np.minimum(np.searchsorted(self.parsed, rows), len(self.parsed) - 1)
        among = np.flatnonzero(self.parsed[places] == rows)
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
