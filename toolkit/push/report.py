"""What became of every row."""

import html
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from toolkit.errors import OutcomeUnknown, PushError, PushPaused
from toolkit.push.outcomes import CODES, OUTCOMES, Table, categories
from toolkit.suggest import Suggesting

if TYPE_CHECKING:
    from matplotlib.axes import Axes

IN = ("verified", "accepted")
MEANINGS = {
    "verified": "stored, and counted or read back",
    "accepted": "the vendor said yes",
    "rejected": "the vendor said no",
    "unknown": "sent, without a trustworthy answer; never sent again on its own",
    "duplicated": "stored twice: the vendor applied a request late",
    "not sent": "nothing left this machine for this row",
}


class Report(Suggesting):
    """What became of every row of one push, one row for each row of the input, same index.

    `table` has `outcome`, `error`, `column`, `value` (the cell that is to blame, where one is known), then what the
    vendor gave back for the row, and its `tag` where rows were marked. `df.join(report.table)` works.
    """

    def __init__(
        self,
        frame: pd.DataFrame,
        told: "pd.DataFrame | Table | ReportOfFrames",
        facts: Mapping[str, Any],
        held: np.ndarray | None = None,
        wrong_cells: Mapping[tuple[int, str], str] = MappingProxyType({}),
    ) -> None:
        self.frame, self._told, self.facts = frame, told, dict(facts)
        self._wrong = dict(wrong_cells)  # by position in the table and column: more than one in a row, at times
        self._held = np.ones(len(frame), dtype=bool) if held is None else held  # rows of the table that `frame` has

    @cached_property
    def table(self) -> pd.DataFrame:
        """What became of each row."""
        return self._told if isinstance(self._told, pd.DataFrame) else self._told.made()

    @property
    def _codes(self) -> np.ndarray:
        """What became of each row, as positions in `OUTCOMES`."""
        return self.table["outcome"].cat.codes.to_numpy() if isinstance(self._told, pd.DataFrame) else self._told.codes

    @property
    def summary(self) -> pd.Series:
        """Rows by outcome, every outcome named; the counts add up to the rows of the input."""
        counts = np.bincount(self._codes, minlength=len(OUTCOMES)).astype("int64")
        return pd.Series(counts, index=pd.Index(OUTCOMES, dtype="str", name="outcome"), name="rows")

    @property
    def accepted(self) -> pd.DataFrame:
        """The input's rows that are in (verified or accepted), with what became of them.

        Of an iterator, only what became of them: their cells are not kept.
        """
        return self._rows(*IN)

    @property
    def rejected(self) -> pd.DataFrame:
        """The input's rows that the vendor refused, with its words."""
        return self._rows("rejected")

    @property
    def unknown(self) -> pd.DataFrame:
        """The input's rows that a person has to look after."""
        return self._rows("unknown", "duplicated")

    @property
    def not_sent(self) -> pd.DataFrame:
        """The input's rows of which nothing was sent, with the reason."""
        return self._rows("not sent")

    @property
    def complete(self) -> bool:
        """Whether every row is in."""
        return bool(self._in.all())

    def raise_if_incomplete(self) -> "Report":
        """This report where every row is in; otherwise an error that says what is missing.

        Raises:
            OutcomeUnknown: some rows may or may not be in.
            PushPaused: the push stopped on its way; running the same call again goes on.
            PushError: some rows were refused, or not sent.
        """
        if self.complete:
            return self
        if len(self.unknown):
            raise OutcomeUnknown(str(self))
        failure = PushPaused(str(self)) if self.facts.get("state") == "paused" else PushError(str(self))
        failure.report = self
        raise failure

    def to_excel(self, path: str | Path) -> Path:
        """A workbook with the input's columns, what became of each row, its number in the sheet that was read (any
        index that does not merely count), and a summary. Gives its path.

        Of an iterator, it has the rows that are not in.
        Problem cells are coloured, the reason as a comment. Nothing in it is a live formula. Read again with
        `read_sheet`, it gives the same data back.
        """
        from toolkit.sheets.write import write_outcome

        places = {str(name): n for n, name in enumerate(self.frame.columns)}
        row = np.cumsum(self._held) - 1
        cells = {(int(row[i]), places[c]): ("wrong", said) for (i, c), said in self._wrong.items() if self._held[i]}
        return write_outcome(path, self.frame, self.table[self._held], self.summary, self._lines(), cells=cells)

    def plot(self, *, ax: "Axes | None" = None) -> "Axes":
        """A bar for each outcome that occurred. Needs the extra `plots`.

        Args:
            ax: where to draw; a new figure where it is None.
        """
        from toolkit.notebook import plots

        return plots.outcomes(self.summary, ax=ax)

    def without_rows_that_are_in(self) -> "Report":
        """The same, without the cells of the rows that are in: nobody has to look at those again."""
        held = self._held & ~self._in
        return Report(self.frame[held[self._held]], self._told, self.facts, held, self._wrong)

    @classmethod
    def joined(cls, reports: "Sequence[Report]") -> "Report":
        """One report of pushes that followed each other."""
        if len(reports) == 1:
            return reports[0]
        notes = dict.fromkeys(note for r in reports for note in r.facts["notes"])
        facts = reports[-1].facts | {
            "notes": list(notes),
            "id": ", ".join(filter(None, (r.facts.get("id") for r in reports))),
        }
        held = np.concatenate([r._held for r in reports])
        starts = np.cumsum([0, *(len(r._held) for r in reports)]).tolist()
        wrong = {(start + i, c): s for start, r in zip(starts, reports, strict=False) for (i, c), s in r._wrong.items()}
        return cls(pd.concat([r.frame for r in reports]), ReportOfFrames(reports), facts, held, wrong)

    @property
    def _in(self) -> np.ndarray:
        return np.isin(self._codes, [CODES[outcome] for outcome in IN])

    def _rows(self, *outcomes: str) -> pd.DataFrame:
        chosen = self.table["outcome"].isin(outcomes).to_numpy()
        told: pd.DataFrame = self.table[chosen]
        if not self._held[chosen].all():
            return told
        cells: pd.DataFrame = self.frame[chosen[self._held]]
        return pd.concat([cells, told.rename(columns=_apart(cells, told))], axis=1)

    def _lines(self) -> list[str]:
        """The push in sentences."""
        named = f", push {self.facts['id']}" if self.facts.get("id") else ""  # none where nothing had to be sent
        lines = [f"{self.facts.get('what', 'push')} to {self.facts.get('where', '')}{named}"]
        lines += [f"{count:>9,}  {name}: {MEANINGS[str(name)]}" for name, count in self.summary.items() if count]
        lines.append(f"{len(self._held):>9,}  rows in all")
        lines += [str(note) for note in self.facts.get("notes", ())]
        return lines

    def __repr__(self) -> str:
        return "\n".join(self._lines())

    def _repr_html_(self) -> str:
        head, *rest = (html.escape(line) for line in self._lines())
        shown = self.table[~self._in].head(20)
        more = shown.to_html(escape=True) if len(shown) else ""
        return f"<div><b>{head}</b><pre>{chr(10).join(rest)}</pre>{more}</div>"


class ReportOfFrames:
    """The tables of reports that follow each other, as one."""

    def __init__(self, reports: Sequence[Report]) -> None:
        self._reports = reports

    @property
    def codes(self) -> np.ndarray:
        return np.concatenate([r._codes for r in self._reports])

    def made(self) -> pd.DataFrame:
        return pd.concat([r.table for r in self._reports]).assign(outcome=categories(self.codes))


def _apart(frame: pd.DataFrame, table: pd.DataFrame) -> dict[str, str]:
    """New names for the outcome's columns that the input has too."""
    return {c: f"{c} (outcome)" for c in table.columns if c in frame.columns}
