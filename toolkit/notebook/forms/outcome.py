"""What came of a push, in words and counts, and as a workbook to keep."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from toolkit.notebook.forms import parts, tables
from toolkit.notebook.forms.listing import Listing
from toolkit.notebook.forms.view import Child
from toolkit.plain import mark, message, number, plural
from toolkit.push import Report
from toolkit.sheets import outcomes
from toolkit.sheets.outcomes import IN

MEANING = {str(outcome): outcome.meaning for outcome in outcomes.Outcome}
LABELS = {  # of the columns of a report
    "outcome": mark("Outcome"),
    "error": mark("Problem"),
    "error_column": mark("Column"),
    "error_value": mark("Value"),
}


class Outcome:
    """The sentence, the rows that are not in, and the notes of one report."""

    def __init__(self, report: Report, *, bad: int = 0, left: int = 0) -> None:
        self.report: Report = report
        self._bad, self._left = bad, left
        table = report.table
        rest = table[~table["outcome"].isin(IN)].dropna(axis=1, how="all")
        shown = report.frame.loc[report.frame.index.isin(rest.index)] if len(rest) else report.frame.head(0)
        beside = [c for c in shown if c not in rest.columns]
        aligned = len(shown) == len(rest) and rest.index.is_unique
        self.rest = _with_labels(rest.join(shown[beside]) if aligned else rest) if len(rest) else None  # rows not in
        self._listing = Listing("not-in", self.rest) if self.rest is not None and not tables.available() else None

    def sentence(self) -> str:
        """What became of the rows: "346 in, 152 not sent: 140 bad cells, 12 not reached"."""
        counts = self.report.table["outcome"].value_counts()
        counted = [plural("{count} in", "{count} in", count=int(counts.reindex(IN).fillna(0).sum()))]
        counted += [_counted(str(name), int(n)) for name, n in counts.items() if n and name not in (*IN, "not sent")]
        here = max(int(counts.get("not sent", 0)), self._bad + self._left)
        if here:
            reasons = [
                (self._bad, plural("{count} with bad cells", "{count} with bad cells", count=self._bad)),
                (self._left, plural("{count} left out", "{count} left out", count=self._left)),
            ]
            away = here - self._bad - self._left
            reasons.append((away, plural("{count} not reached", "{count} not reached", count=away)))
            why = ", ".join(text for n, text in reasons if n > 0)
            counted.append(message("{count:,} not sent: {why}", count=here, why=why))
        return ", ".join(counted)

    def elements(self) -> list[Child]:
        """The counts with what they mean, and the rows to look at."""
        counts = self.report.table["outcome"].value_counts()
        counts = counts[counts > 0]
        lines = [[message(str(name)), number(n), message(MEANING[str(name)])] for name, n in counts.items()]
        known = self.report.frame.attrs.get("notes", ())  # of how the sheet was read: they were shown then
        notes = [str(note) for note in self.report.facts.get("notes", ()) if note not in known]
        return [
            parts.grid([message("Outcome"), message("Count"), message("Meaning")], lines, label=message("Outcome")),
            parts.bullets(notes),
            self._listing.element(message("Rows that are not in")) if self._listing else None,
        ]

    def write(self) -> Path:
        """Write the result beside the notebook. An older one is not touched."""
        path = Path(f"{message('result')}-{datetime.now(UTC).astimezone():%Y%m%d-%H%M%S}.xlsx")
        return self.report.to_excel(path)


def _counted(outcome: str, count: int) -> str:
    if outcome == "rejected":
        return plural("{count} rejected", "{count} rejected", count=count)
    if outcome == "unknown":
        return plural("{count} in doubt", "{count} in doubt", count=count)
    return plural("{count} stored twice", "{count} stored twice", count=count)


def _with_labels(rest: pd.DataFrame) -> pd.DataFrame:
    """The rows with their numbers, for people; no column is called as another one is."""
    shown = rest.assign(outcome=[message(str(outcome)) for outcome in rest["outcome"]])
    names = {c: message(text) for c, text in LABELS.items() if c in shown and message(text) not in shown}
    row = message("Row")
    while row in (*names.values(), *shown.columns):
        row += " #"
    return shown.rename(columns=names).rename_axis(index=row).reset_index()


def is_paused(report: Any) -> bool:
    """Whether a push can be gone on with."""
    return isinstance(report, Report) and report.facts.get("state") == "paused"
