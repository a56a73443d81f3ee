"""From a frame to a push and back to a report: who it is, what was sent before, and the way on."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from toolkit.errors import InputError, PushError, PushRefused, Stopped, ToolkitError
from toolkit.http.session import Session
from toolkit.plain import message
from toolkit.push import disk, identity, past
from toolkit.push.chunking import Sizes
from toolkit.push.contract import Destination, PushJob, SendPolicy
from toolkit.push.course import Course
from toolkit.push.decide import Waits
from toolkit.push.destination import Memory
from toolkit.push.drive import Driver, stamp
from toolkit.push.earlier import EarlierRows, Words
from toolkit.push.events import End, Plan, Reconcile
from toolkit.push.outcomes import OUTCOME, Table, sentences
from toolkit.push.report import Report
from toolkit.push.states import EventKind, Operation, Push, PushState, Stamp, State
from toolkit.push.store import care
from toolkit.push.store.file import LedgerFile, open_ledger
from toolkit.push.target import tag_of
from toolkit.sheets.outcomes import Outcome
from toolkit.sheets.rows import frame_of, frames_of, is_iterator

UNFINISHED = (PushState.OPEN, PushState.PAUSED)


def bulk_write(rows: Any, destination: Destination, policy: SendPolicy) -> Report:
    """Send rows that were not sent before, and say what became of each. Run again, it goes on, or does nothing.

    Of an iterator of frames, each is sent when the one before it is done, and the report holds the cells of the rows
    that are not in: the others are known by their index.

    Raises:
        InputError: the rows cannot be sent as they are; `RowErrors` where `on_bad_rows` says so.
        PushRefused: another kernel pushes there, the ledger of what was sent is damaged or gone, or some of these rows
            were sent before and nobody chose what to do. Nothing was sent.
        PushError: the ledger cannot be written any more. Nothing was sent that it does not know of.
    """
    several = is_iterator(rows)
    if several and policy.on_bad_rows == "raise":
        raise InputError(
            message('on_bad_rows="raise" needs all rows at once, and an iterator gives them one frame after the other')
        )
    if Session.recorder is not None:
        raise InputError(message("inside a recording nothing is pushed: a recording is not a way to send"))
    course, reports = Course(), list[Report]()
    with locked(destination.memory):
        for part in frames_of(rows) if several else [frame_of(rows)]:
            try:
                report = _send(destination.job(part, policy.options), policy, course)
            except ToolkitError as problem:
                raise _with_earlier(problem, reports) from None
            reports.append(report.without_rows_that_are_in() if several else report)
            if report.facts.get("state") == PushState.PAUSED:
                break  # the frames after it are not even read
    if not reports:
        raise InputError(message("there are no rows: the iterator is empty"))
    return Report.of_frames(reports)


def locked(memory: Memory) -> disk.Lock:
    """The lock of a destination: one push at a time writes there."""
    state = disk.private_folder(memory.folder)
    disk.private_folder(state / "locks")
    return disk.Lock(memory.lock_file(state), memory.where)


def _with_earlier(problem: ToolkitError, reports: Sequence[Report]) -> ToolkitError:
    """The error, with what became of the frames before the one that failed."""
    if reports and isinstance(problem, PushError):
        problem.report = Report.of_frames(reports)
    elif reports:
        problem.add_note(message("What became of the frames before it: {report}", report=Report.of_frames(reports)))
    return problem


def _send(job: PushJob, policy: SendPolicy, course: Course) -> Report:
    """Send the rows of one frame; its destination is locked."""
    if policy.on_bad_rows == "raise":
        job.check.raise_if_bad()
    memory, clock = job.target.memory, job.target.session.clock
    since = stamp(clock)
    with open_ledger(memory.folder, memory.system, memory.about, clock.now().isoformat()) as ledger:
        call = _Call(ledger, job, policy, course, since)
        report = call.run()
    course.add(call.left_out, report)
    return job.finish(report)


class _Call:
    """What one call does with one frame, under the destination's lock."""

    def __init__(self, ledger: LedgerFile, job: PushJob, policy: SendPolicy, course: Course, since: Stamp) -> None:
        self._ledger, self._job, self._policy, self._course, self._since = ledger, job, policy, course, since
        self._frames = course.frames  # before this one: a resumption begins here
        self._target, self._check, self._options = job.target, job.check, policy.options
        self._good = job.good  # positions of the rows that are to be sent
        self._lock = self._target.memory.lock
        self._words = Words.of(job, identity.user_key(self._target.memory.folder))
        self._notes = care.notes(self._target.memory.folder)
        self._earlier: EarlierRows | None = None

    def run(self) -> Report:
        self._refuse_if_rows_are_lost()
        mine = self._ledger.push_with_key(self._lock, self._key(self._words.all))
        if mine is not None and not (mine.state is PushState.DONE and self._changed_since(mine)):
            return self._go_on(mine)
        if self._policy.resend_as:
            self._refuse_half_way()
            return self._start(self._words.all, self._good)
        if self._policy.if_sent == "skip" and (stopped := self._settle()):
            self._notes.append(
                f"PAUSED: what an earlier push left in doubt could not be settled: {stopped}. No new row was sent; "
                "running the same call again goes on where it stopped."
            )
            return self._report(None, self._good[:0], PushState.PAUSED)
        earlier = EarlierRows.of(self._ledger, self._words, self._target, self._course)
        if self._policy.if_sent != "skip" and (earlier.sent.any() or earlier.edited.any()):
            raise earlier.refusal(self._ledger, self._words, self._target, self._check.frame.index[self._good])
        self._earlier = earlier
        self._notes += earlier.notes
        new = np.flatnonzero(~earlier.sent)
        return self._start(self._words.all[new], self._good[new]) if len(new) else self._report(None, self._good[:0])

    @property
    def left_out(self) -> np.ndarray:
        """The fingerprints of the rows that an earlier push has sent."""
        return self._words.prints[self._earlier.sent if self._earlier else slice(0, 0)]

    # ── which push it is ──

    def _key(self, words: np.ndarray) -> str:
        frame = f" frame {self._frames}" if self._frames else ""
        return identity.rows_key(words, f"{self._target.what} {self._policy.resend_as}{frame}")

    def _refuse_if_rows_are_lost(self) -> None:
        for push, rows in self._ledger.lost_rows(self._lock).items():
            raise PushRefused(
                f"damage took away which {rows:,} rows push {push} sent to {self._target.memory.where}: they may be "
                "any of these. Nothing was sent. Compare them with the vendor; then "
                f'toolkit.open_push("{push}").purge()'
            )

    def _changed_since(self, mine: Push) -> bool:
        """Whether what these rows name got other content later, so that the same rows say something new again."""
        if not self._target.keys:
            return False
        newest = self._ledger.newest(self._words.all[:, identity.CELL])
        other = (newest.words[:, identity.PRINT] != self._words.prints[newest.rows]).any(axis=1)
        return any(self._ledger.push(push).started > mine.started for push in {*newest.pushes[other]})

    def _go_on(self, push: Push) -> Report:
        where = self._good[identity.align(self._ledger.row_words(push.id)[:, identity.PRINT], self._words.prints)]
        if push.state in UNFINISHED:
            return self._drive(push, where)
        another = 'once more, pass options={"resend_as": "third"} besides'
        more = another if self._policy.resend_as else 'a second time, pass if_sent="resend"'
        self._notes.append(
            f"already pushed on {push.started[:16]} UTC; nothing was sent now. To send these rows {more}"
        )
        reads = self._target.reconcile is Reconcile.READ and self._ledger.unknown(self._lock)
        return self._drive(push, where) if reads or self._options.final_look else self._report(push, where)

    def _refuse_half_way(self) -> None:
        """Rows that a stopped push has sent once more already would be in once too often."""
        for push in self._unfinished():
            if push.choice and push.choice == self._policy.resend_as:
                raise PushRefused(
                    f"push {push.id}, which sends rows to {push.where} once more, stopped half-way, and "
                    "with other rows than these. Nothing was sent. Run the call that started it to its end; or, to "
                    'send all of these rows on top of what it has sent, pass options={"resend_as": "third"} besides'
                )

    def _unfinished(self) -> list[Push]:
        return [p for p in self._ledger.unfinished() if p.lock == self._lock]

    def _settle(self) -> str:
        """Find out what stopped pushes left in doubt; why that was not possible, where it was not."""
        if not any(o.state is State.SENT for o in self._ledger.unsettled(self._lock)):
            return ""
        ended = self._run("", self._good[:0])
        return ended.reason if ended.state is PushState.PAUSED else ""

    # ── sending ──

    def _start(self, words: np.ndarray, where: np.ndarray) -> Report:
        target, clock = self._target, self._target.session.clock
        key = self._key(words)
        marks = {"tagged": target.tagged, "named_by": self._words.named_by, "by": disk.who()}
        push = Push(
            id=f"{target.memory.system}-{secrets.token_hex(6)}",
            what=target.what,
            lock=self._lock,
            where=target.memory.where,
            started=clock.now().isoformat(),
            rows=len(where),
            key=key,
            choice=self._policy.resend_as,
            irrevocable=target.irrevocable,
            facts={**marks, "memory": target.memory.as_dict()},
        )
        with self._ledger.transaction():
            self._supersede(words, push)
            self._ledger.put_push(push)
            self._ledger.add_rows(push.id, self._words.blocks(words))
            self._plan_operations(push, where)
            self._ledger.event(stamp(clock), EventKind.BEGAN, push.id)
        return self._drive(push, where)

    def _supersede(self, words: np.ndarray, push: Push) -> None:
        """What a stopped push has not sent, and this one sends, is not sent by both."""
        for old in self._unfinished() if not self._policy.resend_as else ():
            theirs = self._ledger.row_words(old.id)[:, identity.PRINT]
            if (identity.counterparts(theirs, words[:, identity.PRINT]) >= 0).any():
                ended = replace(old, state=PushState.SUPERSEDED, reason=f"push {push.id} took over")
                self._ledger.put_push(ended)

    def _plan_operations(self, push: Push, where: np.ndarray) -> None:
        rows, after = len(where), self._job.after
        if self._target.together:
            self._ledger.add_operation(Operation(0, push.id, ((0, rows),), rows, self._target.first))
            return
        serials = {int(position): n for n, position in enumerate(where)}
        ids: dict[int, int] = {}

        def add(n: int) -> int:
            if n not in ids:
                before = serials.get(after.get(int(where[n]), -1))
                waits = () if before is None else (add(before),)
                new = Operation(0, push.id, ((n, n + 1),), 1, self._target.first, after=waits)
                ids[n] = self._ledger.add_operation(new).id
            return ids[n]

        for n in range(rows):
            add(n)

    def _drive(self, push: Push, where: np.ndarray) -> Report:
        ledger, target = self._ledger, self._target
        target.tag = tag_of(push.id)
        back = {int(position): n for n, position in enumerate(where)}
        known = ledger.results(push.id)
        kept = {back[at]: values for at, values in target.kept.items() if at in back and back[at] not in known}
        with ledger.transaction():
            ledger.keep_results(push.id, kept)
            ledger.put_push(replace(push, state=PushState.OPEN, reason=""))
            ledger.event(stamp(target.session.clock), EventKind.OPENED, push.id)
        target.recall({int(where[n]): values for n, values in ledger.results(push.id).items()})
        past.remember(push.id, self._resume, target.memory.state)
        try:
            ended = self._run(push.id, where)
        except KeyboardInterrupt:
            raise Stopped(f"Stopped. Push {push.id} is safe as it is: run the same call again to go on.") from None
        if ended.state is PushState.DONE:
            past.forget(push.id)
        return self._report(ledger.push(push.id), where)

    def _run(self, push: str, where: np.ndarray) -> End:
        plan = plan_of(push, self._job, self._policy)
        return Driver(self._ledger, self._job, plan, self._options, where, since=self._since).run()

    def _resume(self) -> Report:
        """The same once more, in this kernel; a stop button that was pressed is released."""
        self._options.stop.clear()
        with locked(self._target.memory):
            return _send(self._job, self._policy, Course(self._frames))

    # ── the report ──

    def _report(self, push: Push | None, where: np.ndarray, state: PushState | None = None) -> Report:
        table = Table(self._check.frame.index)
        table.refused(self._check.refused)
        notes = [*self._notes, *self._check.notes]
        facts: dict[str, Any] = {"what": self._target.what, "where": self._target.memory.where, "notes": notes}
        if state is not None:
            facts["state"] = str(state)
        if self._earlier is not None:
            self._show_earlier(table)
        if push is not None:
            facts |= {"id": push.id, "started": push.started, "rows": push.rows, "state": str(push.state)}
            facts["notes"] = [*notes, *sentences(self._ledger, push)]
            facts["open"] = sum(o.size for o in self._ledger.operations(push.id) if o.open and o.state in OUTCOME)
            table.fill(self._ledger, push, where, self._check.frame)
        return Report(self._check.frame, table, facts, self._check)

    def _show_earlier(self, table: Table) -> None:
        assert self._earlier
        for outcome in Outcome:
            rows = self._good[self._earlier.are(outcome)]
            if len(rows):
                table.set(rows, outcome, message("sent by an earlier push; not sent again"))
        table.give({int(self._good[n]): values for n, values in self._earlier.results(self._ledger).items()})


def plan_of(push: str, job: PushJob, policy: SendPolicy) -> Plan:
    """What a run is to do, and how."""
    target, options = job.target, policy.options
    counted = target.reconcile is Reconcile.COUNT
    if counted and options.workers > 1:
        raise InputError(message("rows that are counted travel one request after the other: workers is 1 here"))
    return Plan(
        push,
        target.memory.lock,
        target.reconcile,
        Waits(options.settle_wait, options.settle_stable),
        Sizes(options.chunk_rows, counted=counted),
        irrevocable=target.irrevocable,
        repeatable=target.repeatable,
        reads_refusals=target.reads_refusals,
        first_kind=target.first,
        looks_every=options.fence_every,
        workers=options.workers,
        final_look=options.final_look,
        max_doubts=options.max_ambiguous,
        max_sendings=options.max_resends + 1,
        max_rejected=options.max_rejected,
    )
