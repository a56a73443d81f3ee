"""What became of every row."""

import html
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import pandas as pd

from toolkit.calls.frames import excerpt
from toolkit.errors import OutcomeUnknown, PushError, PushPaused
from toolkit.plain import message, number, plain, plural
from toolkit.sheets.check import Change, Check
from toolkit.sheets.evidence import with_evidence
from toolkit.sheets.outcomes import DOUBTFUL, FAILED, IN, NAMES, Outcome
from toolkit.spec.suggest import Suggesting

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CODES = {outcome: code for code, outcome in enumerate(NAMES)}


class InDoubt(NamedTuple):
    """Rows of a push that are unknown."""

    push: str
    rows: np.ndarray  # their positions in the push
    at: np.ndarray  # and in the report


class Outcomes(Protocol):
    """The table of a report, before somebody asks for it."""

    @property
    def codes(self) -> np.ndarray:
        """What became of each row, as positions in `NAMES`."""

    def as_frame(self) -> pd.DataFrame: ...


class Report(Suggesting):
    """What became of every row of one push: one row for each row of the input, same index.

    `table` has `outcome`, `error`, `error_column` and `error_value` (the cell that is to blame, where one is known),
    then what the vendor gave back for the row. `joined` has the same beside the input's own columns; `failed` and
    `unknown` are the rows of it that are left to you. `len(report)` is the number of rows.
    """

    frame: pd.DataFrame
    facts: dict[str, Any]
    in_doubt: "Sequence[InDoubt]" = ()

    def __init__(
        self,
        frame: pd.DataFrame,
        outcomes: pd.DataFrame | Outcomes,
        facts: Mapping[str, Any],
        check: Check | None = None,
        held: "Held | None" = None,
    ) -> None:
        self.frame, self.facts = frame, dict(facts)
        self._outcomes, self._check = outcomes, check
        self._held = held or Held(np.ones(len(frame), dtype=bool), check)

    def __len__(self) -> int:
        return len(self._codes)

    @cached_property
    def table(self) -> pd.DataFrame:
        """What became of each row."""
        return self._outcomes if isinstance(self._outcomes, pd.DataFrame) else self._outcomes.as_frame()

    @property
    def joined(self) -> pd.DataFrame:
        """The input with the columns of `table` after its own; `outcome (report)` where the input has an `outcome`.

        Beside rows that failed, `check` keeps how they were read and what was asked of them, for `only_failed`.
        Of an iterator, only the rows that are not in: the cells of the others are not kept.
        """
        return self._rows(np.ones(len(self), dtype=bool) & self._held.rows)

    @property
    def failed(self) -> pd.DataFrame:
        """The rows of `joined` that were rejected or not sent: safe to mend and to send again."""
        return self._rows(self._are(FAILED))

    @property
    def unknown(self) -> pd.DataFrame:
        """The rows of `joined` that are unknown or duplicated: look at the vendor's own screen; do not resend them."""
        return self._rows(self._are(DOUBTFUL))

    @property
    def changes(self) -> pd.DataFrame:
        """The cells that were sent in another form than they stood in: `row`, `column`, `value`, `sent`.

        Rows that were not sent have none. Of an iterator, only the rows that are not in.
        """
        return self._held.changes(~self._are((Outcome.NOT_SENT,)))

    @property
    def summary(self) -> "pd.Series[int]":
        """Rows by outcome, every outcome named; the counts add up to `len(report)`."""
        counts = np.bincount(self._codes, minlength=len(NAMES)).astype("int64")
        return pd.Series(counts, index=pd.Index(NAMES, dtype="str", name="outcome"), name="rows")

    @property
    def complete(self) -> bool:
        """Whether every row is in."""
        return bool(self._are(IN).all())

    def raise_if_incomplete(self) -> "Report":
        """This report where every row is in; otherwise an error that says what is missing.

        Raises:
            OutcomeUnknown: some rows may or may not be in.
            PushPaused: the push stopped on its way; run the same call again to go on.
            PushError: some rows were refused, or not sent.
        """
        if self.complete:
            return self
        failure: OutcomeUnknown | PushError
        if self._are(DOUBTFUL).any():
            failure = OutcomeUnknown(str(self))
        else:
            failure = PushPaused(str(self)) if self.facts.get("state") == "paused" else PushError(str(self))
        failure.report = self
        raise failure

    def to_excel(self, path: "str | PathLike[str]") -> Path:
        """Write a workbook with the input's columns, what became of each row, and a summary. Gives its path.

        Problem cells are coloured, the reason as a comment; nothing in it is a live formula. An index that does more
        than count is written too: of a sheet that was read, it is the row's number there. `toolkit.read_sheet` gives
        the same data back, `toolkit.only_failed` the rows to mend. Of an iterator, it has the rows that are not in.
        """
        from toolkit.sheets.write import write_outcome

        return write_outcome(
            path, self.frame, self._kept(self._held.rows), self.summary, self._lines(), cells=self._marks()
        )

    def to_csv(self, path: "str | PathLike[str]") -> Path:
        """Write the rows of `to_excel` as text, separated by semicolons. Gives its path."""
        from toolkit.sheets.write import write_text

        return write_text(path, self.frame, self._kept(self._held.rows), cells=self._marks())

    def plot(self, *, ax: "Axes | None" = None) -> "Axes":
        """A bar for each outcome that occurred. Needs the extra `plots`.

        Args:
            ax: where to draw; a new figure where it is None.
        """
        from toolkit.notebook import plots

        return plots.outcomes(self.summary, ax=ax)

    # ── made of others ──

    def with_table(self, table: pd.DataFrame) -> "Report":
        """The same with another table, of the same rows."""
        return Report(self.frame, table, self.facts, self._check, self._held)

    def sent(self) -> pd.DataFrame:
        """The rows that were sent, as they were, by the fields' own names; where that is not known, as they stood."""
        left = ~self._are((Outcome.NOT_SENT,))
        if self._check is not None:
            return pd.DataFrame(self._check.wire(), index=self.table.index, dtype=object)[left]
        cells = self.frame.astype(object).set_axis(np.flatnonzero(self._held.rows))
        return cells.reindex(range(len(self))).set_axis(self.table.index)[left]

    def without_rows_that_are_in(self) -> "Report":
        """The same, without the cells of the rows that are in: nobody has to look at those again."""
        held = self._held.rows & ~self._are(IN)
        return Report(self.frame[held[self._held.rows]], self._outcomes, self.facts, None, self._held.only(held))

    @classmethod
    def of_frames(cls, reports: "Sequence[Report]") -> "Report":
        """One report of pushes that followed each other."""
        if len(reports) == 1:
            return reports[0]
        frame = pd.concat([r.frame for r in reports])
        return cls(frame, ReportOfFrames(reports), {}, None, Held.joined([r._held for r in reports]))

    # ── its parts ──

    @property
    def _codes(self) -> np.ndarray:
        """What became of each row, as positions in `NAMES`."""
        table = self._outcomes
        return table["outcome"].cat.codes.to_numpy() if isinstance(table, pd.DataFrame) else table.codes

    def _are(self, outcomes: Iterable[Outcome]) -> np.ndarray:
        return np.isin(self._codes, [CODES[outcome] for outcome in outcomes])

    def _rows(self, chosen: np.ndarray) -> pd.DataFrame:
        """These rows, which the frame still has, beside what became of them."""
        if not self._held.rows[chosen].all():
            return self.table[chosen]
        outcome = self._kept(chosen)
        cells: pd.DataFrame = self.frame[chosen[self._held.rows]]
        return pd.concat([cells, outcome.rename(columns=_apart(cells, outcome))], axis=1)

    def _kept(self, chosen: np.ndarray) -> pd.DataFrame:
        """What became of these rows, which the frame still has, and what a later check has to know of them."""
        known = self._held.evidence(chosen & self._are(FAILED))
        places = np.cumsum(chosen) - 1
        return with_evidence(self.table[chosen], {int(places[i]): text for i, text in known.items()})

    def _marks(self) -> dict[tuple[int, int], tuple[str, str]]:
        """The cells to be coloured: those that kept their rows from being sent."""
        places = {str(name): n for n, name in enumerate(self.frame.columns)}
        row = np.cumsum(self._held.rows) - 1
        wrong = self._held.wrong_cells().items()
        return {(int(row[i]), places[c]): ("wrong", text) for (i, c), text in wrong if self._held.rows[i]}

    def _lines(self) -> list[str]:
        """The push in sentences."""
        about = {"what": message(self.facts.get("what", "push")), "where": self.facts.get("where", "")}
        if self.facts.get("id"):  # none where nothing had to be sent
            lines = [message("{what} to {where}, push {id}", **about, id=self.facts["id"])]
        else:
            lines = [message("{what} to {where}", **about)]
        counts = zip(Outcome, self.summary, strict=True)
        lines += [f"{number(n):>9}  {message(str(o))}: {message(o.meaning)}" for o, n in counts if n]
        lines.append(f"{number(len(self)):>9}  {plural('row in all', 'rows in all', count=len(self))}")
        lines += [str(note) for note in self.facts.get("notes", ())]
        return lines

    def __repr__(self) -> str:
        return plain("\n".join(self._lines()))

    def _repr_html_(self) -> str:
        head, *rest = (html.escape(plain(line)) for line in self._lines())
        shown = self.table[~self._are(IN)]
        more = excerpt(shown) if len(shown) else ""
        lines = f'<pre style="white-space: pre-wrap; word-break: normal">{chr(10).join(rest)}</pre>'
        return f"<div><b>{head}</b>{lines}{more}</div>"


class Held:
    """The rows of the table of which a report still has the cells, and what the check knows of these."""

    def __init__(self, rows: np.ndarray, check: Check | None = None) -> None:
        self.rows: np.ndarray = rows
        self._check = check
        self._wrong: dict[tuple[int, str], str] = {}
        self._changes: list[Change] = []
        self._evidence: dict[int, str] = {}

    def wrong_cells(self) -> dict[tuple[int, str], str]:
        """What is wrong with cells, by position in the table and column: more than one in a row, at times."""
        return self._wrong if self._check is None else self._check.wrong_cells

    def evidence(self, rows: np.ndarray) -> dict[int, str]:
        """What a later check has to know of these rows, by position in the table."""
        if self._check is not None:
            return self._check.evidence(np.flatnonzero(rows).tolist())
        return {i: each for i, each in self._evidence.items() if rows[i]}

    def changes(self, sent: np.ndarray) -> pd.DataFrame:
        """The cells that are sent in another form than they stand in, of rows that were sent."""
        lines = [change[1:] for change in self._changed(self.rows & sent)]
        table = pd.DataFrame(lines, columns=list(Change._fields[1:]), dtype=object)
        return table.astype({"value": "str", "sent": "str"}).infer_objects()

    def only(self, rows: np.ndarray) -> "Held":
        """Some of these rows, without the check, which holds the cells of all."""
        held = Held(rows)
        held._wrong = {(i, c): text for (i, c), text in self.wrong_cells().items() if rows[i]}
        held._changes = self._changed(rows)
        held._evidence = self.evidence(rows)
        return held

    @classmethod
    def joined(cls, parts: "Sequence[Held]") -> "Held":
        """Those of frames that follow each other."""
        held = cls(np.concatenate([part.rows for part in parts]))
        start = 0
        for part in parts:
            held._wrong |= {(start + i, c): text for (i, c), text in part.wrong_cells().items()}
            held._changes += [change._replace(position=start + change.position) for change in part._changed(part.rows)]
            held._evidence |= {start + i: each for i, each in part.evidence(part.rows).items()}
            start += len(part.rows)
        return held

    def _changed(self, rows: np.ndarray) -> "list[Change]":
        if self._check is not None:
            return self._check.changes(np.flatnonzero(rows))
        return [change for change in self._changes if rows[change.position]]


class ReportOfFrames:
    """The tables of reports that follow each other, as one."""

    def __init__(self, reports: Sequence[Report]) -> None:
        self._reports = reports

    @property
    def codes(self) -> np.ndarray:
        return np.concatenate([r._codes for r in self._reports])

    def as_frame(self) -> pd.DataFrame:
        return pd.concat([r.table for r in self._reports]).assign(outcome=categories(self.codes))


def categories(codes: np.ndarray) -> "pd.Categorical[Any]":
    return pd.Categorical.from_codes(codes, dtype=pd.CategoricalDtype(list(NAMES)))


def _apart(frame: pd.DataFrame, table: pd.DataFrame) -> dict[str, str]:
    """New names for the table's columns that the input has too."""
    new: dict[str, str] = {}
    for name in map(str, table.columns):
        if name in frame.columns:
            new[name] = f"{name} (report)"
            while new[name] in frame.columns:
                new[name] += " (report)"
    return new
