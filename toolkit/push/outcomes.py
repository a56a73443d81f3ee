"""From the ledger's states to what a person reads: outcomes by row, and sentences."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from toolkit.http.secrets import restore
from toolkit.plain import mark, message, plural
from toolkit.push.decide import FEW
from toolkit.push.destination import row_tag, tag_of
from toolkit.push.report import CODES, InDoubt, Report, categories
from toolkit.push.states import Answer, Ledger, Operation, Push, PushState, Stamp, State, positions
from toolkit.push.store.ledger import StoredLedger
from toolkit.sheets.outcomes import COLUMNS, NAMES, Outcome

if TYPE_CHECKING:
    from toolkit.push.frame_rows import Places

OUTCOME = {
    State.PLANNED: Outcome.NOT_SENT,
    State.SENT: Outcome.UNKNOWN,
    State.ACKNOWLEDGED: Outcome.ACCEPTED,
    State.VERIFIED: Outcome.VERIFIED,
    State.COUNTED: Outcome.ACCEPTED,
    State.REJECTED: Outcome.REJECTED,
    State.UNKNOWN: Outcome.UNKNOWN,
    State.DUPLICATED: Outcome.DUPLICATED,
    State.RESOLVED_COMMITTED: Outcome.ACCEPTED,
    State.RESOLVED_NOT_COMMITTED: Outcome.NOT_SENT,
}
REASON = {
    State.PLANNED: mark("the push stopped before this row"),
    State.SENT: mark("no trustworthy answer came; the next run of this push looks again"),
}
BEGUN = mark(
    "a draft of it was begun at the vendor, and nobody sees it; "
    "the next run of this push completes it, or makes another"
)
UNKNOWN_ROWS = mark(
    "{doubtful:,} rows are unknown: look at the vendor's own screen, then say what you found: "
    'toolkit.resolve(report, rows, "committed" or "not committed", why="…"). The report is what the call gave, or the '
    "`.report` of its error; the same call, run again, gives it once more, and sends none of these rows."
)
NOT_STORED = mark("nothing of it was stored when that was last counted; the next run of this push sends it again")


def without_cache(index: pd.Index) -> pd.Index:
    """The same labels. An index that counts keeps all numbers once somebody asked for them: eight bytes a row."""
    if isinstance(index, pd.RangeIndex):
        return pd.RangeIndex(index.start, index.stop, index.step, name=index.name)
    return index


class Table:
    """The outcome table of a report: a byte a row, and what is said of some. The DataFrame is made when asked for."""

    def __init__(self, index: pd.Index) -> None:
        self._index = without_cache(index)
        self.codes: np.ndarray = np.full(len(index), CODES["not sent"], dtype=np.int8)
        self._columns: dict[str, np.ndarray] = {}
        self.of_others: list[InDoubt] = []  # rows that an earlier push sent

    def set(self, at: Any, outcome: str, error: str | None = None) -> None:
        self.codes[at] = CODES[outcome]
        if error is not None or "error" in self._columns:
            self._column("error")[at] = error

    def refused(self, rows: pd.DataFrame) -> None:
        """What the check said of the rows that could not be sent (`Check.refused`)."""
        for name in COLUMNS[1:] if len(rows) else ():
            values = rows[name].astype(object).where(rows[name].notna(), None)
            self._column(name)[rows.index.to_numpy(dtype=np.int64)] = values

    def fill(self, held: Iterable[Operation], push: Push, span: range, where: np.ndarray) -> None:
        """What became of these rows of a push, by the operations that hold them; `where` are their positions here."""
        for operation in held:
            serials = positions(operation.rows)
            if len(span) < push.rows:
                serials = serials[(serials >= span.start) & (serials < span.stop)]
            if len(serials):
                self.set(where[serials - span.start], outcome_of(operation, push), reason_of(operation, push))

    def fill_causes(self, ledger: Ledger, push: Push, span: range, where: np.ndarray, frame: pd.DataFrame) -> None:
        """Why rows were rejected, and what the vendor gave back for rows."""
        rejected = self.codes == CODES["rejected"]
        for position, (error, column) in ledger.blames(push.id).items() if rejected.any() else ():
            if position in span and rejected[at := where[position - span.start]]:
                value = frame[column].iloc[at] if column in frame else None
                text = error if value is None else restore(error, value)
                for name, cell in zip(COLUMNS[1:], (text, column, value), strict=True):
                    self._column(name)[at] = cell
        if results := ledger.results(push.id):
            self.give({int(where[n - span.start]): values for n, values in results.items() if n in span})
        if (push.facts or {}).get("tagged"):
            self._column("tag")[where] = tags(push, span)

    def in_doubt(self, push: str, rows: range, where: np.ndarray) -> InDoubt:
        """Those of these rows of a push that are unknown; `where` are their positions here."""
        unknown = np.flatnonzero(self.codes[where] == CODES["unknown"])
        return InDoubt(push, rows.start + unknown, where[unknown])

    def give(self, results: Mapping[int, Mapping[str, Any]]) -> None:
        """What the vendor gave back, by position."""
        for at, values in results.items():
            for name, value in values.items():
                self._column(name)[at] = value

    def as_frame(self) -> pd.DataFrame:
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


def tags(push: Push, span: Iterable[int]) -> list[str]:
    """What marks each of these rows of a push."""
    return [row_tag(tag_of(push.id), n) for n in span]


def holders(ledger: Ledger, push: Push) -> list[Operation]:
    """The operations that hold the push's rows now: each row is in one of them."""
    return [o for o in ledger.operations(push.id) if o.state is not State.REPLACED]


def outcome_of(operation: Operation, push: Push) -> Outcome:
    """What is said of its rows. Of what was sent once, "not sent" is not said while this push may send it again."""
    planned_again = operation.state is State.PLANNED and operation.sendings and push.state is not PushState.SUPERSEDED
    return Outcome.UNKNOWN if planned_again else OUTCOME[operation.state]


def reason_of(operation: Operation, push: Push) -> str | None:
    if operation.state is State.PLANNED and push.state is PushState.SUPERSEDED:
        return message("push {other} took this row over: its report says what became of it", other=push.reason)
    if operation.state is State.PLANNED and operation.sendings:
        return message(NOT_STORED)
    if operation.state is State.PLANNED and operation.kind != "send" and operation.parent is not None:
        return message(BEGUN)  # a later step of it, or the first one again
    reason = REASON.get(operation.state)
    return operation.note or (message(reason) if reason else None)


def tally(operations: Iterable[Operation], push: Push) -> dict[str, int]:
    """Rows by outcome."""
    counts = dict.fromkeys(NAMES, 0)
    for operation in operations:
        counts[str(outcome_of(operation, push))] += operation.size
    return counts


def sentences(push: Push, held: Sequence[Operation], ledger: StoredLedger) -> list[str]:
    """What a person should know beside the counts. `held`: the operations that hold the push's rows now."""
    baseline, lines = ledger.baseline(), list[str]()
    if push.state is PushState.PAUSED:
        text = "PAUSED: {reason}. Running the same call again goes on where it stopped."
        lines.append(message(text, reason=push.reason))
    counted = [o for o in held if o.state in (State.VERIFIED, State.COUNTED)]
    if baseline and counted:
        lines.append(_window(counted, baseline.at))
    if others := (push.facts or {}).get("others"):
        lines.append(
            message(
                "Somebody else seems to have changed rows there meanwhile: {others:+,} by the vendor's counter.",
                others=others,
            )
        )
    if baseline and not baseline.trusted:
        lines.append(
            message(
                "The vendor's counter did not add up, so that what got no answer stays unknown. Once you know "
                "why, this lets it be trusted again: {command}",
                command=ledger.trust_command,
            )
        )
    if push.state is PushState.SUPERSEDED:
        lines += _taken_over(push, held)
    elif (doubtful := tally(held, push)["unknown"]) and push.state is not PushState.PAUSED:
        lines.append(message(UNKNOWN_ROWS, doubtful=doubtful))
    if baseline and any(o.state is State.UNKNOWN and o.size < FEW and o.answer is Answer.LOST for o in held):
        text = (
            "Requests of fewer than {few} rows that got no answer are always unknown where rows are only counted: "
            "somebody typing a few rows looks the same."
        )
        lines.append(message(text, few=FEW))
    return lines


def _taken_over(push: Push, held: Sequence[Operation]) -> list[str]:
    """Where the rows of a push are that another one took over, and what it cannot know of those it had in doubt."""
    text = "Push {other} took over the rows that this one had not sent: its report says what became of them."
    lines = [message(text, other=push.reason)]
    if doubtful := sum(o.size for o in held if o.state in (State.UNKNOWN, State.SENT)):
        one = (
            "Of {count} row nobody knows whether this push stored it. Push {other} left it out, or sent it after this "
            "one was found not to have stored it: look at the vendor's own screen whether it is there once, then say "
            'what you found: toolkit.resolve(toolkit.open_push("{push}").report(), rows, "committed" or "not '
            'committed", why="…").'
        )
        many = (
            "Of {count} rows nobody knows whether this push stored them. Push {other} left them out, or sent them "
            "after this one was found not to have stored them: look at the vendor's own screen whether they are there "
            'once, then say what you found: toolkit.resolve(toolkit.open_push("{push}").report(), rows, "committed" or '
            '"not committed", why="…").'
        )
        lines.append(plural(one, many, count=doubtful, other=push.reason, push=push.id))
    return lines


def _window(counted: Sequence[Operation], until: Stamp) -> str:
    """Between which times nobody else may have written, for what the counter vouches for to be true."""
    since = min([o.started.wall for o in counted if o.started], default=until.wall)
    text = message(
        "Verified by count, assuming that nobody else wrote there between {since} and {until} UTC "
        "and that a request is stored wholly or not at all.",
        since=_clock(since),
        until=_clock(until.wall),
    )
    if silent := sum([o.size for o in counted if o.state is State.COUNTED]):
        text += message(" For {counted:,} accepted rows no answer came, and the count alone vouches.", counted=silent)
    if claims := sum([o.size for o in counted if o.open]):
        text += message(
            ' No late second copy was looked for of {claims:,} rows: options={{"final_look": True}}, or the next run.',
            claims=claims,
        )
    return text


def _clock(wall: float) -> str:
    return f"{datetime.fromtimestamp(wall, UTC):%H:%M:%S}"


# ── of one call ──


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
    earlier: Callable[[Table], None] | None = None  # fills in rows of other pushes that stand for some of those next

    def __init__(self, several: bool) -> None:
        self._several = several
        self._facts: dict[str, Any] = {}
        self._parts: list[_Part] = []
        self._next: Places | None = None  # the frame of which it is still to be read what became

    def __bool__(self) -> bool:
        return bool(self._parts or self._next)

    def add(self, part: "Places", *, stopped: bool = False) -> None:
        """The next frame, of which nothing is sent any more; `stopped`: before any of its rows was in a push."""
        self._next = part
        if stopped:
            self._facts["state"] = str(PushState.PAUSED)
        if self._several:
            with self.ledger.snapshot():
                self._read(part)

    def _read(self, part: "Places") -> None:
        """What became of a frame."""
        self._next, ledger = None, self.ledger
        rows, push, span, where = part.rows, part.push, part.span, part.where
        check, table = rows.check, Table(rows.check.frame.index)
        table.refused(check.refused)
        fill_earlier, self.earlier = self.earlier, None
        if fill_earlier:
            fill_earlier(table)
        for at, why in rows.spared.items():
            table.set(at, Outcome.NOT_SENT, why)
        if push:
            sent = ledger.push(push)
            table.fill(holders(ledger, sent), sent, span, where)
            table.fill_causes(ledger, sent, span, where, check.frame)
        self._facts["what"] = rows.target.what
        report = rows.job.finish(Report(check.frame, table, {"notes": []}, check))
        report = report.without_rows_that_are_in() if self._several else report
        same = np.array_equal(where, np.arange(len(span)))  # of a million rows, eight million bytes
        self._parts.append(_Part(push, span, None if same else where, table, report))

    def report(self, where: str, notes: list[str]) -> Report:
        """What became of all of them, as the ledger says it now: a later frame may have shown more of them."""
        if self._next:
            self._read(self._next)
        ledger, ids = self.ledger, [*dict.fromkeys([part.push for part in self._parts if part.push])]
        pushes, rows, open_rows = [ledger.push(each) for each in ids], 0, 0
        for push in pushes:
            held = holders(ledger, push)
            notes = [*notes, *sentences(push, held, ledger)]
            open_rows += sum([operation.size for operation in held if operation.open])
            rows += push.rows
            for part in self._parts if self._several else ():
                if part.push == push.id:
                    places = np.arange(len(part.span)) if part.where is None else part.where
                    part.table.fill(held, push, part.span, places)
        facts = {"where": where, "notes": [*dict.fromkeys(notes)], **self._facts}
        if pushes:
            facts |= {"id": ", ".join(ids), "started": pushes[0].started, "rows": rows}
            facts |= {"state": str(pushes[-1].state), **self._facts, "open": open_rows}
        report = Report.of_frames([part.report for part in self._parts])
        report.facts, report.in_doubt = facts, [*self._in_doubt()]
        return report

    def _in_doubt(self) -> Iterator[InDoubt]:
        """The rows that are unknown, push by push; their positions are those in the report of all frames."""
        before = 0
        for part in self._parts:
            rows = [*part.table.of_others]
            if part.push:
                where = np.arange(len(part.span)) if part.where is None else part.where
                rows.append(part.table.in_doubt(part.push, part.span, where))
            yield from (each._replace(at=each.at + before) for each in rows if len(each.at))
            before += len(part.table.codes)


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
