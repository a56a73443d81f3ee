"""Which rows of a frame an earlier push has sent, and what became of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from toolkit.errors import PushRefused
from toolkit.push import identity
from toolkit.push.contract import PushJob
from toolkit.push.course import Course
from toolkit.push.outcomes import OUTCOME, tags
from toolkit.push.states import Push
from toolkit.push.store.file import LedgerFile
from toolkit.push.store.rows import Earlier, RowBlock
from toolkit.push.target import Target
from toolkit.sheets.column import blocks
from toolkit.sheets.outcomes import Outcome

NO_BAD = np.empty(0, np.uint32)


@dataclass
class Words:
    """What each row that is to be sent is known by."""

    all: np.ndarray
    named_by: str  # the column that tells a row when other cells of it change

    @classmethod
    def of(cls, job: PushJob, key: str) -> "Words":
        """The words of a job's rows, keyed with what they are about: rows of two destinations never look alike."""
        check, target, good = job.check, job.target, job.good
        key = identity.key_about(key, f"{target.memory.about} {target.memory.lock}")
        named_by = identity.telling(check.wire(good[identity.sample(len(good))]))
        prints, words = identity.Fingerprints(key), np.zeros((len(good), identity.WORDS), dtype=np.uint64)
        for rows in blocks(len(good)):
            cells, part = check.wire(good[rows]), words[rows]
            part[:, identity.PRINT] = prints.of(cells, len(part))
            part[:, identity.LABEL] = identity.of_labels(check.frame.index[good[rows]], key)
            if target.keyed:
                part[:, identity.CELL] = part[:, identity.LABEL]
            elif named := target.keys or ((named_by,) if named_by in cells else ()):
                part[:, identity.CELL] = identity.of_names({name: cells[name] for name in named}, key)
            words[rows] = part
        return cls(words, named_by)

    @property
    def prints(self) -> np.ndarray:
        return self.all[:, identity.PRINT]

    @staticmethod
    def blocks(words: np.ndarray) -> Iterator[RowBlock]:
        """The same as the ledger keeps them."""
        for start in range(0, len(words), identity.PART):
            yield RowBlock(words[start : start + identity.PART], NO_BAD)


class EarlierRows:
    """For each row that is to be sent, the row of an earlier push that it is, where there is one."""

    def __init__(self, rows: int) -> None:
        self._pushes = np.full(rows, None, dtype=object)
        self._positions = np.full(rows, -1, dtype=np.int64)
        self._outcomes = np.full(rows, None, dtype=object)
        self.edited = np.zeros(rows, dtype=bool)  # sent before with other content
        self.notes: list[str] = []

    @classmethod
    def of(cls, ledger: LedgerFile, words: Words, target: Target, course: Course) -> "EarlierRows":
        """Looked up in time that hardly grows with what was sent before. Twins are paired with twins."""
        found = cls(len(words.all))
        named = ledger.newest(words.all[:, identity.CELL])
        same = (named.words[:, identity.PRINT] == words.prints[named.rows]).all(axis=1)
        if target.keys:  # what the newest row of a thing says, holds
            found._take(named, same)
            return found
        ours = np.concatenate([course.left_out, words.prints])
        sent = ledger.sent_before(ours, apart_from=course.ids)
        found._take(sent, sent.rows >= len(course.left_out), less=len(course.left_out))
        others = ~np.isin(named.pushes.astype(str), [*course.ids])
        if target.keyed:  # the same thing, whatever its content
            found.edited[named.rows] = others & ~same & ~found.sent[named.rows]
            found._take(named, others & ~found.sent[named.rows])
            return found
        found.edited[named.rows] = others & ~found.sent[named.rows]
        if count := int(found.edited.sum()):
            found.notes.append(
                f"{count:,} rows look like rows that were sent before and edited since; they are new here"
            )
        return found

    def _take(self, earlier: Earlier, chosen: np.ndarray, less: int = 0) -> None:
        rows = earlier.rows[chosen] - less
        self._pushes[rows], self._positions[rows] = earlier.pushes[chosen], earlier.positions[chosen]
        self._outcomes[rows] = [OUTCOME.get(state, Outcome.UNKNOWN) for state in earlier.states[chosen]]

    @property
    def sent(self) -> np.ndarray:
        """For each row whether an earlier push has sent it."""
        return self._positions >= 0

    def are(self, outcome: Outcome) -> np.ndarray:
        """The rows of which this became, by place."""
        return np.flatnonzero(self._outcomes == outcome)

    def results(self, ledger: LedgerFile) -> dict[int, dict[str, Any]]:
        """What the vendor gave back for the rows that were sent before, by place."""
        given: dict[int, dict[str, Any]] = {}
        for push in sorted({*self._pushes[self.sent]}):
            known, of = ledger.results(push), ledger.push(push)
            marks = tags(of) if (of.facts or {}).get("tagged") else None
            for n in np.flatnonzero(self._pushes == push).tolist():
                position = int(self._positions[n])
                given[n] = {**known.get(position, {}), **({"tag": marks[position]} if marks else {})}
        return given

    def refusal(self, ledger: LedgerFile, words: Words, target: Target, index: pd.Index) -> PushRefused:
        """Why nothing is sent before somebody chose."""
        last = self._last(ledger, target)
        edited = self.edited if target.keyed else ~self.sent & (self.edited | self._gone(ledger, last, words))
        sent = self.sent & ~edited
        kinds = np.where(sent, "sent before, unchanged", np.where(edited, "sent before, edited since", "new"))
        refusal = PushRefused(
            f"{int(sent.sum()):,} of these {len(kinds):,} rows were sent to {target.memory.where} before "
            f"(the last push there began {last.started[:16]} UTC). Of the others, {int(edited.sum()):,} look edited "
            f"since and {int((kinds == 'new').sum()):,} are new; "
            f"{self._missing(ledger, last, words, edited):,} rows of that push are not here. Nothing was sent. "
            'Choose: if_sent="skip" leaves out what was sent before; if_sent="resend" sends everything once more. '
            "`.difference` shows each row"
        )
        refusal.difference = pd.DataFrame({"change": pd.Categorical(kinds)}, index=index)
        return refusal

    @staticmethod
    def _last(ledger: LedgerFile, target: Target) -> Push:
        return max((p for p in ledger.pushes() if p.lock == target.memory.lock), key=lambda p: p.started)

    def _gone(self, ledger: LedgerFile, last: Push, words: Words) -> np.ndarray:
        """The rows with a label of which the last push has another row, which is not here any more.

        Where none of ours was sent before, a label, which may be a mere number, says nothing.
        """
        gone = self._not_here(ledger, last, words)
        return np.isin(words.all[:, identity.LABEL], gone[:, identity.LABEL]) & self.sent.any()

    def _missing(self, ledger: LedgerFile, last: Push, words: Words, edited: np.ndarray) -> int:
        return max(0, len(self._not_here(ledger, last, words)) - int(edited.sum()))

    @staticmethod
    def _not_here(ledger: LedgerFile, last: Push, words: Words) -> np.ndarray:
        before = ledger.row_words(last.id)
        return before[identity.counterparts(before[:, identity.PRINT], words.prints) < 0]
