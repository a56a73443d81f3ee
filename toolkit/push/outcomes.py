"""From the journal's states to what a person reads: outcomes by row, and sentences."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from toolkit.http.secrets import restore
from toolkit.push.journal import Journal, Op, Run
from toolkit.push.target import row_tag, tag_of
from toolkit.sheets.outcomes import COLUMNS, NAMES, Outcome

DOUBTFUL = [Op.INTENT, Op.AMBIGUOUS, Op.UNKNOWN, Op.RESEND]
OUTCOME = {
    Op.PLANNED: Outcome.NOT_SENT,
    Op.NOT_EXECUTED: Outcome.NOT_SENT,
    Op.INTENT: Outcome.UNKNOWN,
    Op.AMBIGUOUS: Outcome.UNKNOWN,
    Op.RESEND: Outcome.UNKNOWN,
    Op.COUNTED: Outcome.UNKNOWN,  # provisional: never shown as verified
    Op.UNKNOWN: Outcome.UNKNOWN,
    Op.ACKED: Outcome.ACCEPTED,
    Op.RESOLVED_DONE: Outcome.ACCEPTED,
    Op.VERIFIED: Outcome.VERIFIED,
    Op.REJECTED: Outcome.REJECTED,
    Op.DUPLICATED: Outcome.DUPLICATED,
    Op.RESOLVED_NOT_DONE: Outcome.NOT_SENT,
}
REASON = {
    Op.PLANNED: "the push stopped before this row",
    Op.NOT_EXECUTED: "the push stopped before this row",
    Op.INTENT: "it was being sent when the push stopped",
    Op.AMBIGUOUS: "no trustworthy answer came; the next run of this push looks again",
    Op.COUNTED: "counted as stored; the last look of this push is still to come",
}
CODES = {outcome: code for code, outcome in enumerate(NAMES)}


def categories(codes: np.ndarray) -> "pd.Categorical[Any]":
    return pd.Categorical.from_codes(codes, dtype=pd.CategoricalDtype(list(NAMES)))


class Table:
    """The outcome table of a report: a byte a row, and what is said of some. The DataFrame is made when asked for."""

    def __init__(self, index: pd.Index) -> None:
        self._index = index
        self.codes: np.ndarray = np.full(len(index), CODES["not sent"], dtype=np.int8)
        self._columns: dict[str, np.ndarray] = {}

    def set(self, at: Any, outcome: str, error: str | None = None) -> None:
        self.codes[at] = CODES[outcome]
        if error is not None or "error" in self._columns:
            self._column("error")[at] = error

    def refused(self, told: pd.DataFrame) -> None:
        """What the check said of the rows that could not be sent (`Check.refused`)."""
        for name in COLUMNS[1:] if len(told) else ():
            values = told[name].astype(object).where(told[name].notna(), None)
            self._column(name)[told.index.to_numpy(dtype=np.int64)] = values

    def journal(self, journal: Journal, where: np.ndarray, frame: pd.DataFrame) -> None:
        """What the journal knows of its rows; `where` are their positions in the frame."""
        for step in journal.holders():
            self.set(where[step.positions], OUTCOME[step.state], step.note or REASON.get(step.state))
        for position, (error, column) in journal.blames().items():
            at = where[position]
            if self.codes[at] == CODES["rejected"]:
                value = frame[column].iloc[at] if column in frame else None
                told = error if value is None else restore(error, value)
                for name, said in zip(COLUMNS[1:], (told, column, value), strict=True):
                    self._column(name)[at] = said
        self.give({int(where[position]): told for position, told in journal.results().items()})
        if journal.facts.get("tagged"):
            self._column("tag")[where] = tags(journal)

    def give(self, given: Mapping[int, Mapping[str, Any]]) -> None:
        """What the vendor gave back, by position."""
        for at, told in given.items():
            for name, value in told.items():
                self._column(name)[at] = value

    def made(self) -> pd.DataFrame:
        """One row a row of the input, same index."""
        table: dict[str, Any] = {"outcome": categories(self.codes)}
        for name in dict.fromkeys([*COLUMNS[1:], *self._columns]):
            values = self._columns.get(name)
            values = np.full(len(self._index), None, dtype=object) if values is None else values
            if name in ("error", "error_column"):
                table[name] = pd.array(values, dtype="str")
            else:
                table[name] = values if name == "error_value" else pd.Series(values).infer_objects().array
        return pd.DataFrame(table, index=self._index)

    def _column(self, name: str) -> np.ndarray:
        if name not in self._columns:
            self._columns[name] = np.full(len(self._index), None, dtype=object)
        return self._columns[name]


def tags(journal: Journal) -> list[str]:
    """What marks each row."""
    tag = tag_of(journal.path.stem)
    return [row_tag(tag, n) for n in range(journal.facts["rows"])]


def given(journal: Journal) -> list[dict[str, Any]]:
    """For each row what the vendor gave back, and its tag where rows were marked."""
    results = journal.results()
    if journal.facts.get("tagged"):
        return [{**results.get(n, {}), "tag": tag} for n, tag in enumerate(tags(journal))]
    return [results.get(n, {}) for n in range(journal.facts["rows"])]


def row_states(journal: Journal) -> np.ndarray:
    """The state of the op that holds each row, by the row's position in the journal."""
    steps = journal.holders()
    states = np.full(sum(s.size for s in steps), Op.PLANNED, dtype=object)
    for step in steps:
        states[step.positions] = step.state
    return states


def sentences(journal: Journal) -> list[str]:
    """What a person should know beside the counts."""
    state, reason = journal.state
    counter = journal.facts.get("counter")
    said = []
    if state is Run.PAUSED:
        said.append(f"PAUSED: {reason}. Running the same call again goes on where it stopped.")
    elif state is Run.BALANCED and counter:
        since, until = counter["first"]["at"][11:19], counter["seen"][11:19]
        said.append(
            f"Verified by count, assuming that nobody else wrote there between {since} and {until} UTC and that a "
            "request is stored wholly or not at all."
        )
    elif counter and not counter["trusted"]:
        said.append("The vendor's counter did not add up, so nothing was verified by it after that.")
    if doubtful := sum(s.size for s in journal.holders() if s.state in DOUBTFUL and state is not Run.PAUSED):
        said.append(
            f"{doubtful:,} rows are unknown: look at the vendor's own screen, then say what you found: "
            f'toolkit.open_push("{journal.path.stem}").resolve(rows, "committed" or "not committed", why="…").'
        )
    return said
