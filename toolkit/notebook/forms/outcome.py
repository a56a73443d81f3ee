"""What came of a push, in words and counts, and as a workbook to keep."""

import base64
from collections.abc import Callable, Hashable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import ipywidgets as w
import pandas as pd

from toolkit.notebook.forms.inert import table, text
from toolkit.notebook.words import WORDS, word
from toolkit.push import Report
from toolkit.push.journal import Op
from toolkit.push.outcomes import REASON
from toolkit.sheets import Check
from toolkit.sheets.write import write_outcome

IN = ("verified", "accepted")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LARGEST_LINK = 6_000_000  # bytes; more does not pass to the browser in one piece


class Outcome(w.VBox):
    """The counts, the rows that are not in, and a button that writes the result."""

    def __init__(self, outcome: Any, button: Callable[..., w.Button]) -> None:
        self._outcome = outcome
        self._file = w.HTML()
        self._file.add_class("tk-file")
        told = outcome.table if isinstance(outcome, Report) else outcome
        counts = told["outcome"].value_counts()
        counts = counts[counts > 0]
        meanings = [word(str(name)) if name in WORDS else "" for name in counts.index]
        shown = pd.DataFrame({word("count"): [f"{n:,}" for n in counts], word("meaning"): meanings}, index=counts.index)
        left = told[~told["outcome"].isin(IN) & (told["error"] != REASON[Op.PLANNED])]  # reached, and not in
        rows = [table(left.dropna(axis=1, how="all"))] if len(left) else []
        notes = outcome.facts.get("notes", ()) if isinstance(outcome, Report) else outcome.attrs.get("notes", ())
        said = "".join(f"<li>{text(note)}</li>" for note in notes)
        heading = w.HTML(f"<h4>{text(word('outcome'))}</h4>")
        write = button(word("result"), "result", self.write)
        super().__init__([heading, table(shown), w.HTML(f"<ul>{said}</ul>"), *rows, write, self._file])
        self.add_class("tk-outcome")

    def write(self) -> Path:
        """Write the result beside the notebook, with a link that downloads it. An older one is not touched."""
        path = Path(f"{word('result name')}-{datetime.now(UTC).astimezone():%Y%m%d-%H%M%S}.xlsx")
        outcome = self._outcome
        if isinstance(outcome, Report):
            outcome.to_excel(path)
        else:
            told = ["outcome", "error"]
            counts = outcome["outcome"].value_counts().rename("rows")
            blame = outcome[told].assign(column=None, value=None)
            write_outcome(path, outcome.drop(columns=told), blame, counts, outcome.attrs.get("notes", ()))
        self._file.value = f"<p role='status'>{_link(path)} {text(word('written', path=path.resolve()))}</p>"
        return path


def _link(path: Path) -> str:
    """The file in the link itself: no server knows where the notebook's folder is."""
    content = path.read_bytes()
    if len(content) > LARGEST_LINK:
        return ""
    data = base64.b64encode(content).decode()
    name, label = text(path.name), text(word("download", name=path.name))
    return f"<a download='{name}' href='data:{XLSX};base64,{data}'>{label}</a><br>"


def is_paused(outcome: Any, *, stopped: bool) -> bool:
    """Whether a push can be gone on with."""
    if isinstance(outcome, Report):
        return bool(outcome.facts.get("state") == "paused")
    return stopped and bool((outcome["outcome"] == "not sent").any())


def whole(report: Report, frame: pd.DataFrame, check: Check, columns: Mapping[str, Hashable]) -> Report:
    """The report of all rows of a sheet, with the sheet's own columns (`columns`: of each field); what was left out is
    not sent."""
    told = report.table
    if len(told) < len(frame):
        told = pd.concat([told, check.outcomes[check.bad.to_numpy()]]).reindex(frame.index)
    outcomes = pd.Categorical(told["outcome"], categories=report.table["outcome"].cat.categories)
    blamed = told["column"].map(lambda field: columns.get(field, field))
    told = told.assign(outcome=outcomes, column=blamed)
    return Report(frame, told, report.facts, wrong_cells=check.wrong_cells)
