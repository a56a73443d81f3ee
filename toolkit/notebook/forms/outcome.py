"""What came of a push, in words and counts, and as a workbook to keep."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from toolkit.notebook.forms import parts, tables
from toolkit.notebook.forms.listing import Listing
from toolkit.notebook.forms.view import Child
from toolkit.plain import mark, message, number
from toolkit.push import Report
from toolkit.sheets import outcomes
from toolkit.sheets.outcomes import IN

SHORT = {
    "rejected": mark("rejected"),
    "unknown": mark("in doubt"),
    "duplicated": mark("stored twice"),
}

MEANING = {str(outcome): outcome.meaning for outcome in outcomes.Outcome}


class Outcome:
    """The sentence, the rows that are not in, and the notes of one report."""

    def __init__(self, report: Report, *, bad: int = 0, left: int = 0) -> None:
        self.report: Report = report
        self._bad, self._left = bad, left
        table = report.table
        rest = table[~table["outcome"].isin(IN)].dropna(axis=1, how="all")
        shown = report.frame.loc[report.frame.index.isin(rest.index)] if len(rest) else report.frame.head(0)
        columns = {c: c for c in rest.columns}
        aligned = len(shown) == len(rest)
        beside = rest.join(shown[[c for c in shown if c not in columns]]) if aligned and rest.index.is_unique else rest
        self.rest = beside.rename_axis(index=message("Row")).reset_index() if len(rest) else None  # the rows not in
        self._listing = Listing("not-in", self.rest) if self.rest is not None and not tables.available() else None

    def sentence(self) -> str:
        """What became of the rows: "346 in, 152 not sent: 140 bad cells, 12 not reached"."""
        counts = self.report.table["outcome"].value_counts()
        told = [message("{count:,} in", count=int(counts.reindex(IN).fillna(0).sum()))]
        told += [
            message("{count:,} {outcome}", count=int(n), outcome=message(SHORT[str(name)]))
            for name, n in counts.items()
            if n and name not in (*IN, "not sent")
        ]
        here = max(int(counts.get("not sent", 0)), self._bad + self._left)
        if here:
            reasons = {
                mark("{count:,} with bad cells"): self._bad,
                mark("{count:,} left out"): self._left,
                mark("{count:,} not reached"): here - self._bad - self._left,
            }
            why = ", ".join(message(text, count=n) for text, n in reasons.items() if n > 0)
            told.append(message("{count:,} not sent: {why}", count=here, why=why))
        return ", ".join(told)

    def elements(self) -> list[Child]:
        """The counts with what they mean, and the rows to look at."""
        counts = self.report.table["outcome"].value_counts()
        counts = counts[counts > 0]
        meaning = [message(MEANING[str(name)]) for name in counts.index]
        lines = [[message(str(name)), number(n), said] for (name, n), said in zip(counts.items(), meaning, strict=True)]
        notes = [str(note) for note in self.report.facts.get("notes", ())]
        return [
            parts.grid([message("Outcome"), message("Count"), message("Meaning")], lines, label=message("Outcome")),
            parts.bullets(notes),
            self._listing.element(message("Rows that are not in")) if self._listing else None,
        ]

    def write(self) -> Path:
        """Write the result beside the notebook. An older one is not touched."""
        path = Path(f"{message('result')}-{datetime.now(UTC).astimezone():%Y%m%d-%H%M%S}.xlsx")
        return self.report.to_excel(path)


def is_paused(report: Any) -> bool:
    """Whether a push can be gone on with."""
    return isinstance(report, Report) and report.facts.get("state") == "paused"
