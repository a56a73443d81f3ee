"""Which rows of a frame an earlier push has sent, and what became of them."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from toolkit.errors import PushRefused
from toolkit.plain import mark, message, plural
from toolkit.push import identity
from toolkit.push.destination import Memory, Target
from toolkit.push.frame_rows import FrameKey, FrameRows
from toolkit.push.outcomes import OUTCOME, Table, tags
from toolkit.push.report import CODES, InDoubt
from toolkit.push.states import SENDABLE, Push, State, positions
from toolkit.push.store.ledger import StoredLedger
from toolkit.push.store.rows import SentRows
from toolkit.sheets.outcomes import Outcome

FEW = 10_000  # rows of which each is looked at for what it has in common with earlier ones
NO_PRINTS = np.empty((0, 2), np.uint64)
SENT_BEFORE = mark(
    "{sent:,} of these {rows:,} rows were sent to {where} before (the last push there began {began} UTC). "
    "Of the others, {edited:,} look edited since and {new:,} are new; {missing:,} rows of that push are "
    'not here. Nothing was sent. Choose: if_sent="skip" leaves out what was sent before; '
    'if_sent="resend" sends everything once more. `.difference` shows each row.'
)
SENT_AS_OTHER_FRAMES = mark(
    "All of these {rows:,} rows were sent to {where} before, in other frames than now (the last push there began "
    "{began} UTC). Nothing was sent. The same frames, or the same iterator of them, go on with that push or give its "
    "report. "
    'Or choose: if_sent="skip" reports what became of them; if_sent="resend" sends everything once more.'
)
SENT_OTHERWISE = mark(
    "{edited:,} of these {rows:,} rows look like rows that were sent to {where} before (the last push there began "
    "{began} UTC), and not one of them has the same content now: a column was added, left out or corrected, or an "
    "assumption or an option changed since. None of these rows was sent now. Put that back to go on as before; or "
    'send them by a call of their own with if_sent="resend", which sends all of them once more. `.difference` shows '
    "each row."
)
SENT_BEFORE_A_FRAME = mark(
    "Frame {frame}: {sent:,} of its {rows:,} rows were sent to {where} before (the last push there began "
    "{began} UTC); {edited:,} look edited since and {new:,} are new. Nothing of this frame was sent; the "
    'frames before it were, and `.report` says what became of their rows. Choose: if_sent="skip" leaves '
    "out what was sent before, by this call too. `.difference` shows each row."
)


class EarlierRows:
    """For each row that is to be sent, the row of an earlier push that it is, where there is one."""

    def __init__(self, ledger: StoredLedger, rows: int) -> None:
        self._ledger = ledger
        self.sent: np.ndarray = np.zeros(rows, dtype=bool)  # whether an earlier push has sent it
        self._codes = np.zeros(rows, dtype=np.int8)  # what became of it, where one has
        self._parts: list[tuple[np.ndarray, ...]] = []  # of these: the place here, the push, the place there
        self.edited = np.zeros(rows, dtype=bool)  # sent before with other content
        self.notes: list[str] = []

    @classmethod
    def of(
        cls, ledger: StoredLedger, key: FrameKey, rows: FrameRows, left_out: np.ndarray, passed: Mapping[str, int]
    ) -> "EarlierRows":
        """Looked up in time that hardly grows with what was sent before. Twins are paired with twins.

        Args:
            left_out: fingerprints of this call's earlier frames that stand for rows of other pushes.
            passed: how many rows of a push are of this call's earlier frames.
        """
        earlier, target = cls(ledger, len(rows.words)), rows.target
        if target.keys or target.keyed:
            named = ledger.newest(rows.words[:, identity.CELL])
            same = (named.words[:, identity.PRINT] == rows.prints[named.rows]).all(axis=1)
            others = _of_other_calls(named, passed)
            if target.keyed:  # the same thing, whatever its content: the newest stands
                earlier.edited[named.rows] = others & ~same
            earlier._take(named.only(others if target.keyed else same))  # else what the newest row says, holds
            if target.keyed and target.keys:  # rows of a version that had other names for them
                sent = ledger.sent_before(rows.prints, passed)
                earlier._take(sent.only(~earlier.sent[sent.rows]))
            return earlier
        with ledger.snapshot():
            prints = np.concatenate([left_out, rows.prints]) if len(left_out) else rows.prints
            sent = ledger.sent_before(prints, passed)
            alike = [*_alike(ledger, key, rows)]
        earlier._take(sent.only(sent.rows >= len(left_out)), less=len(left_out))
        for named in alike:
            other = (named.words[:, identity.PRINT] != rows.prints[named.rows]).any(axis=1)  # else a twin too many
            earlier.edited[named.rows] |= other & _of_other_calls(named, passed) & ~earlier.sent[named.rows]
        if count := int(earlier.edited.sum()):
            text = "{count} rows look like rows that were sent before and edited since. They are new here."
            one = "{count} row looks like a row that was sent before and edited since. It is new here."
            earlier.notes.append(plural(one, text, count=count))
        if count := int((~earlier.sent & np.isin(rows.words[:, 0], rows.words[earlier.sent, 0])).sum()):
            text = "{count} rows are like rows that were sent before, and are here more often than they were sent: new."
            one = "{count} row is like a row that was sent before, and is here more often than it was sent: new."
            earlier.notes.append(plural(one, text, count=count))
        return earlier

    def add(self, others: "EarlierRows") -> None:
        """What was found under another key, of the rows of which nothing was found yet."""
        new = others.sent & ~self.sent
        self._parts += [tuple(values[new[part[0]]] for values in part) for part in others._parts]
        self.edited = np.where(new, others.edited, self.edited | (others.edited & ~self.sent))
        self._codes[new] = others._codes[new]
        self.sent |= new

    def _take(self, earlier: SentRows, less: int = 0) -> None:
        rows = earlier.rows - less
        self._parts.append((rows, earlier.pushes, earlier.positions))
        self._codes[rows] = [CODES[OUTCOME.get(state, Outcome.UNKNOWN)] for state in earlier.states]
        self.sent[rows] = True

    @property
    def other(self) -> np.ndarray:
        """For each row whether what an earlier push has sent of the same thing has other content, and stays."""
        return self.sent & self.edited

    @property
    def are_otherwise(self) -> bool:
        """Whether most of the rows were sent before, each with other content: no correction of some cells does that."""
        edited = int((self.edited & ~self.sent).sum())
        return not self.sent.any() and edited > max(1, len(self.edited) // 2)

    def are(self, outcome: Outcome) -> np.ndarray:
        """The rows of which this became, by place."""
        return np.flatnonzero(self.sent & (self._codes == CODES[outcome]) & ~self.edited)

    def fill(self, rows: FrameRows, table: Table) -> None:
        """What became of those, in the table of the report."""
        if not self.sent.any():
            return
        for outcome in Outcome:
            at = rows.good[self.are(outcome)]
            if len(at):
                table.set(at, outcome, message("sent by an earlier push; not sent again"))
        unknown = np.isin(np.arange(len(self.sent)), self.are(Outcome.UNKNOWN))
        for here, pushes, there in self._parts:
            for push in {*pushes[unknown[here]].tolist()}:
                chosen = unknown[here] & (pushes == push)
                table.of_others.append(InDoubt(push, there[chosen], rows.good[here[chosen]]))
        if self.other.any():
            table.set(rows.good[self.other], Outcome.NOT_SENT, message(rows.target.other_content))
        table.give({int(rows.good[n]): values for n, values in self._results().items()})

    def _results(self) -> dict[int, dict[str, Any]]:
        """What the vendor gave back for the rows that were sent before, by place."""
        results: dict[int, dict[str, Any]] = {}
        other = self.other
        parts = [tuple(values[~other[part[0]]] for values in part) for part in self._parts]
        for push, rows, pushes, places in [(push, *part) for part in parts for push in sorted({*part[1]})]:
            with self._ledger.snapshot():
                known, of = self._ledger.results(push), self._ledger.push(push)
            where, serials = rows[pushes == push].tolist(), places[pushes == push].tolist()
            results |= {n: known.get(serial, {}) for n, serial in zip(where, serials, strict=True)}
            if (of.facts or {}).get("tagged"):
                for n, tag in zip(where, tags(of, serials), strict=True):
                    results[n] = {**results[n], "tag": tag}
        return results

    def raise_unless_chosen(self, rows: FrameRows, frames: int, *, skip: bool) -> None:
        """PushRefused where some were sent before, and nobody chose what to do; with `skip`, where that is no answer.

        `frames` of the same call were sent before this one.
        """
        if self.are_otherwise or (not skip and (self.sent.any() or self.edited.any())):
            raise self._refusal(rows, frames)

    def _refusal(self, rows: FrameRows, frames: int) -> PushRefused:
        last = self._last(rows.target)
        gone = self._not_here(last, rows)
        edited = self.edited
        if not rows.target.keyed:
            # Where none of ours was sent before, a label, which may be a mere number, says nothing.
            relabelled = np.isin(rows.words[:, identity.LABEL], gone[:, identity.LABEL]) & self.sent.any()
            edited = ~self.sent & (self.edited | relabelled)
        sent = self.sent & ~edited
        kinds = np.where(sent, "sent before, unchanged", np.where(edited, "sent before, edited since", "new"))
        text = SENT_BEFORE if not (sent.all() and not len(gone)) else SENT_AS_OTHER_FRAMES
        text = SENT_OTHERWISE if self.are_otherwise else SENT_BEFORE_A_FRAME if frames else text
        facts = {
            "sent": int(sent.sum()),
            "rows": len(kinds),
            "where": rows.target.memory.where,
            "began": last.started[:16],
            "edited": int(edited.sum()),
            "new": int((kinds == "new").sum()),
            "missing": max(0, len(gone) - int(edited.sum())),
            "frame": frames + 1,
        }
        refusal = PushRefused(message(text, **facts))
        index = rows.check.frame.index[rows.good]
        refusal.difference = pd.DataFrame({"change": pd.Categorical(kinds)}, index=index)
        return refusal

    def _last(self, target: Target) -> Push:
        return [push for push in self._ledger.pushes() if push.lock == target.memory.lock][-1]

    def _not_here(self, last: Push, rows: FrameRows) -> np.ndarray:
        """The words of the last push's rows that are not here any more."""
        before = self._ledger.row_words(last.id)
        if (last.facts or {}).get("key"):  # they are known by another key than ours: nobody can tell
            return before[:0]
        return before[identity.counterparts(before[:, identity.PRINT], rows.prints) < 0]


def _of_other_calls(named: SentRows, passed: Mapping[str, int]) -> np.ndarray:
    """Which of some rows are of no earlier frame of this call."""
    others = np.ones(len(named.rows), dtype=bool)
    for push, count in passed.items():
        others &= (named.pushes != push) | (named.positions >= count)
    return others


def _alike(ledger: StoredLedger, key: FrameKey, rows: FrameRows) -> Iterator[SentRows]:
    """Rows that were sent with a cell by which rows are told apart: an address, a number, a name.

    By which column those are known, their own frame decided. A column of many rows of which a sample has none of
    these cells is looked at no further.
    """
    if len(columns := rows.distinctive) < 2:
        yield ledger.newest(rows.words[:, identity.CELL])
        return
    every = np.arange(len(rows.words))
    sample = identity.sample(len(every), FEW)
    names = key.names(rows.job, sample, columns)
    matches = {name: named for name, words in names.items() if len((named := ledger.newest(words)).rows)}
    if matches and len(sample) < len(every):
        matches = {name: ledger.newest(words) for name, words in key.names(rows.job, every, [*matches]).items()}
    yield from matches.values()


class EarlierLookup:
    """Finds rows that were sent before, under each key of fingerprints that is at hand, for the frames of one call."""

    def __init__(self, ledger: StoredLedger, key: FrameKey, memory: Memory, others: Mapping[str, str]) -> None:
        """`others`: other keys by their digests; rows that were moved in under one are known only by it."""
        self._ledger, self._once = ledger, key.takes.once
        moved = ledger.moved_in()
        self._key = key
        self._others = [key.with_key(others[digest], memory) for digest in sorted(moved) if digest in others]
        self._left_out = [NO_PRINTS] * (1 + len(self._others))  # of earlier frames, that stand for rows of other pushes
        self.notes: list[str] = []
        if unknown := moved.keys() - others.keys():
            text = (
                "{rows:,} rows were moved into this ledger under a key that is not on this computer: whether these "
                "rows are among them is not known here. `analyst-toolkit ledger import-key FILE` takes such a key over."
            )
            self.notes.append(message(text, rows=sum(moved[digest] for digest in unknown)))

    def find(self, rows: FrameRows, passed: Mapping[str, int], same_cells: Iterable[Push]) -> EarlierRows:
        """For the rows of a frame those of earlier pushes. `passed`: as in `EarlierRows.of`.

        PushRefused where one of `same_cells`, the pushes of a frame with these cells, has read them otherwise.
        """
        if not (rows.target.keyed or rows.target.keys):
            _refuse_if_read_otherwise(self._ledger, rows, same_cells)
        matches = self._under(0, self._key, rows, {} if self._once else passed)
        for n, key in enumerate(self._others, start=1):
            matches.add(self._under(n, key, rows.under(key), {}))
        return matches

    def _under(self, n: int, key: FrameKey, rows: FrameRows, passed: Mapping[str, int]) -> EarlierRows:
        earlier = EarlierRows.of(self._ledger, key, rows, self._left_out[n], passed)
        if not self._once:
            self._left_out[n] = np.concatenate([self._left_out[n], rows.prints[earlier.sent]])
        return earlier


def changed_since(ledger: StoredLedger, push: Push, rows: FrameRows, *, drafts: bool) -> bool:
    """Whether what these rows name got other content later, so that the same rows say something new again.

    `drafts`: whether it got another draft later, of whatever content.
    """
    if not (rows.target.keys or rows.target.keyed):
        return False
    newest = ledger.newest(rows.words[:, identity.CELL])
    other = newest.pushes != push.id
    if not drafts:
        other &= (newest.words[:, identity.PRINT] != rows.prints[newest.rows]).any(axis=1)
    sent = [operation.started.wall for operation in ledger.operations(push.id) if operation.started]
    began = min(sent, default=datetime.fromisoformat(push.started).timestamp())
    return bool((newest.times[other] > began).any())


def refuse_if_rows_are_lost(ledger: StoredLedger, memory: Memory) -> None:
    """PushRefused where nobody can say any more which rows were sent there."""
    for push, rows in ledger.lost_rows(memory.lock).items():
        text = (
            "Damage took away which {rows:,} rows push {push} sent to {where}: they may be any of these. Nothing "
            "was sent. Compare these with the vendor, and leave out the rows that are there: after "
            'toolkit.open_push("{push}").purge() all others are sent.'
        )
        raise PushRefused(message(text, rows=rows, push=push, where=memory.where))


def refuse_half_way(unfinished: Iterable[Push], choice: str) -> None:
    """PushRefused where a stopped push sent some rows once more already: they would be in once too often."""
    for push in unfinished:
        if push.choice == choice:
            text = (
                "Push {push}, which sends rows to {where} once more, stopped half-way, and with other rows than "
                "these. Nothing was sent. Run the call that started it to its end; or, to send all of these rows "
                'on top of what it has sent, pass options={{"resend_as": "third"}} besides.'
            )
            raise PushRefused(message(text, push=push.id, where=push.where))


def _refuse_if_read_otherwise(ledger: StoredLedger, rows: FrameRows, pushes: Iterable[Push]) -> None:
    """PushRefused where a push of a frame with the same cells has sent other values of them than would go now."""
    for push in pushes:
        with ledger.snapshot():
            size, sent = push.frames[0]["rows"], np.zeros(push.rows, dtype=bool)
            theirs = ledger.row_words(push.id)[:size, identity.PRINT]
            for operation in ledger.operations(push.id):
                if operation.state not in (*SENDABLE, State.REJECTED, State.REPLACED):
                    sent[positions(operation.rows)] = True
        if count := int((sent[:size] & (identity.counterparts(theirs, rows.prints) < 0)).sum()):
            text = (
                "{count:,} of these {rows:,} rows were sent to {where} before (push {push}), and other values of the "
                "same cells would go now: an assumption, an option, how a column is read, the fields or the version "
                "changed since. Nothing was sent. Put that back to go on with that push; send the rows that failed as "
                'a frame of their own; or choose if_sent="resend", which sends everything once more.'
            )
            raise PushRefused(message(text, count=count, rows=len(theirs), where=push.where, push=push.id))
