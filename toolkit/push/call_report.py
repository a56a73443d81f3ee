"""The report of one call: frame by frame, and as the ledger says it at the end."""

from typing import Any, NamedTuple

import numpy as np

from toolkit.plain import message
from toolkit.push.earlier import EarlierRows
from toolkit.push.frame_rows import FrameRows
from toolkit.push.outcomes import Table, holders, sentences
from toolkit.push.report import Report
from toolkit.push.states import Push, PushState
from toolkit.push.store.ledger import StoredLedger
from toolkit.sheets.outcomes import Outcome

NOWHERE = np.empty(0, dtype=np.int64)


class _Part(NamedTuple):
    """One frame."""

    push: str  # "" where none of its rows is in a push of this call
    span: range  # the positions in that push
    where: np.ndarray | None  # for each of these, the position in the frame; None where it is the same
    table: Table
    report: Report


class CallReport:
    """What becomes of frames that follow each other."""

    ledger: StoredLedger  # once it is open
    earlier: EarlierRows | None = None  # rows of other pushes that stand for some of the frame that is added next

    def __init__(self, several: bool) -> None:
        self._several = several
        self._facts: dict[str, Any] = {}
        self._parts: list[_Part] = []

    def __bool__(self) -> bool:
        return bool(self._parts)

    def add(
        self,
        rows: FrameRows,
        push: str = "",
        span: range = range(0),
        where: np.ndarray = NOWHERE,
        *,
        stopped: bool = False,
    ) -> PushState:
        """What became of the next frame. How its push ended; `stopped`: before any of its rows was in one."""
        check, ledger = rows.check, self.ledger
        table = Table(check.frame.index)
        table.refused(check.refused)
        earlier, self.earlier = self.earlier, None
        if earlier is not None and earlier.sent.any():
            for outcome in Outcome:
                at = rows.good[earlier.are(outcome)]
                if len(at):
                    table.set(at, outcome, message("sent by an earlier push; not sent again"))
            if earlier.other.any():
                table.set(rows.good[earlier.other], Outcome.NOT_SENT, message(rows.target.other_content))
            table.give({int(rows.good[n]): values for n, values in earlier.results(ledger).items()})
        for at, why in rows.spared.items():
            table.set(at, Outcome.NOT_SENT, why)
        state = PushState.PAUSED if stopped else PushState.DONE
        if push:
            with ledger.snapshot():
                sent = ledger.push(push)
                state = sent.state
                table.fill(ledger, sent, span, where)
                table.fill_causes(ledger, sent, span, where, check.frame)
        self._facts["what"] = rows.target.what
        report = rows.job.finish(Report(check.frame, table, {"notes": []}, check))
        report = report.without_rows_that_are_in() if self._several else report
        same = np.array_equal(where, np.arange(len(span)))  # of a million rows, eight million bytes
        self._parts.append(_Part(push, span, None if same else where, table, report))
        if stopped:
            self._facts["state"] = str(state)
        return state

    def report(self, where: str, notes: list[str]) -> Report:
        """What became of all of them, as the ledger says it now: a later frame may have shown more of them."""
        ledger, ids = self.ledger, [*dict.fromkeys(part.push for part in self._parts if part.push)]
        pushes, open_rows = [ledger.push(each) for each in ids], 0
        for push in pushes:
            held = holders(ledger, push)
            notes = [*notes, *sentences(push, held, ledger)]
            open_rows += sum(operation.size for operation in held if operation.open)
        facts = {"where": where, "notes": [*dict.fromkeys(notes)], **self._facts}
        if pushes:
            facts |= {"id": ", ".join(ids), "started": pushes[0].started, "rows": sum(push.rows for push in pushes)}
            facts |= {"state": str(pushes[-1].state), **self._facts, "open": open_rows}
        for part in self._parts if self._several else ():
            if part.push:
                places = np.arange(len(part.span)) if part.where is None else part.where
                part.table.fill(ledger, ledger.push(part.push), part.span, places)
        report = Report.of_frames([part.report for part in self._parts])
        report.facts = facts
        return report


def already_pushed(push: Push) -> str:
    """That nothing was sent now, and how to send all the same."""
    began = push.started[:16]
    if push.choice:
        text = (
            "These rows were already pushed on {began} UTC; nothing was sent now. To send them once more, pass "
            'options={{"resend_as": "third"}} besides.'
        )
        return message(text, began=began)
    text = (
        "These rows were already pushed on {began} UTC; nothing was sent now. To send them a second time, pass "
        'if_sent="resend".'
    )
    return message(text, began=began)
