"""From rows to a push and back to a report: which push it is, what was sent before, and the way on.

Rows come as one frame, or as frames that follow each other: these are one push too. Of each frame it is found out
whether the push has it already (then its rows go on where they stopped), or what of it is new (then the push grows).
"""

import contextlib
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from toolkit.errors import InputError, PushError, PushRefused, Stopped, ToolkitError
from toolkit.http.session import RECORDER
from toolkit.plain import message
from toolkit.push import disk, identity
from toolkit.push.destination import Destination, tag_of
from toolkit.push.drafts import Drafts, results_of_others
from toolkit.push.driver import Driver, stamp
from toolkit.push.earlier import EarlierLookup, changed_since, refuse_half_way, refuse_if_rows_are_lost
from toolkit.push.events import Reconcile
from toolkit.push.frame_rows import FrameKey, FrameRows, Places
from toolkit.push.options import SendPolicy
from toolkit.push.outcomes import CallReport, already_pushed
from toolkit.push.remembered import known_again, rows_left
from toolkit.push.report import Report
from toolkit.push.states import SENDABLE, UNFINISHED, EventKind, Push, PushState, State
from toolkit.push.store.places import Place, ledger_of, locked, look_into
from toolkit.push.store.rows import RowBlock
from toolkit.sheets.check import Check, check_frame
from toolkit.sheets.partitions import checked_partitions
from toolkit.sheets.rows import frames_of, is_iterator, is_lazy
from toolkit.sheets.target import Takes


def bulk_write(rows: Any, destination: Destination, policy: SendPolicy) -> Report:
    """Send rows that were not sent before, and say what became of each. Run again, it goes on, or does nothing.

    Of an iterator of frames, each is sent when the one before it is done, and the report holds the cells of the rows
    that are not in: the others are known by their index.

    Raises:
        InputError: the rows cannot be sent as they are; `RowErrors` where `on_bad_rows` says so.
        PushRefused: another kernel pushes there, the ledger of what was sent is damaged or gone, or some of these rows
            were sent before and nobody chose what to do. Nothing was sent; of an iterator, nothing of that frame.
        PushError: the ledger cannot be written any more. Nothing was sent that it does not know of.
    """
    several = is_iterator(rows)
    if several and policy.on_bad_rows == "raise":
        raise InputError(
            message('on_bad_rows="raise" needs all rows at once, and an iterator gives them one frame after the other')
        )
    if RECORDER.get() is not None:
        raise InputError(message("inside a recording nothing is pushed: a recording is not a way to send"))
    look_into(destination.memory)
    with locked(destination.memory) as place:
        return _Call(place, destination, policy, several).run(rows)


class _Call:
    """One call: frames that follow each other, one push, one report. The destination is locked."""

    def __init__(self, place: Place, destination: Destination, policy: SendPolicy, several: bool) -> None:
        self._place, self._destination, self._policy, self._several = place, destination, policy, several
        self._choice = policy.resend_as
        self._clock = destination.session.clock
        self._since = stamp(self._clock)
        self._push: Push | None = None  # the one that this call goes on with
        self._frames = 0  # of it, that this call has passed
        self._reading: dict[str, Any] = {}  # of several frames, how those before are read
        self._passed: dict[str, int] = {}  # rows of pushes that are of frames before the one at hand
        self._again: Push | None = None  # it was ended already, and nothing was added to it
        self._same_cells: list[Push] = []  # pushes of a frame with these cells, however they were read
        self._drafts: Drafts | None = None  # what the latest rows stand for, where that is released
        self._notes: list[str] = []
        self._reports = CallReport(several)

    def run(self, rows: Any) -> Report:
        """Send them, one frame after the other."""
        takes = None
        frames: Iterator[pd.DataFrame | Check]
        if is_lazy(rows):
            look = partial(check_frame, how={"doubts": self._policy.options.doubts})
            frames = checked_partitions(rows, self._destination.takes, look)
        else:
            frames = frames_of(rows)
        with contextlib.ExitStack() as opened:
            try:
                for frame in frames:
                    if takes is None:
                        takes = self._destination.takes()
                        self._open(opened, takes)
                    if self._take(frame) is PushState.PAUSED:
                        break  # the frames after it are not even read
                if takes is None:
                    raise InputError(message("there are no rows: the iterator is empty"))
                self._end()
                return self._report()
            except ToolkitError as problem:
                raise self._with_report(problem) from None

    def _open(self, opened: contextlib.ExitStack, takes: Takes) -> None:
        memory = self._memory = self._destination.memory
        ledger = ledger_of(self._place, memory, self._clock.now().isoformat())
        self._ledger = opened.enter_context(ledger)
        self._reports.ledger = self._ledger
        key, other_keys = self._place.key, self._place.other_keys
        self._key = FrameKey.of(key, memory, takes, self._policy.options, self._choice, str(self._several))
        self._keys = [key, *other_keys.values()]
        with self._ledger.snapshot():
            refuse_if_rows_are_lost(self._ledger, memory)
            self._lookup = EarlierLookup(self._ledger, self._key, memory, other_keys)
        self._notes += [*self._place.notes(), *self._lookup.notes]

    # ── one frame: which push it is of ──

    def _take(self, checked: pd.DataFrame | Check) -> PushState:
        """Send the rows of one frame that are to be sent, be it checked or not. How that ended."""
        frame = checked.frame if isinstance(checked, Check) else checked
        key, place, digests = self._key, self._destination, self._key.digests(frame)
        rows = self._known_again(frame, digests) or FrameRows.checked(checked, place, key, digests, self._reading)
        self._reading = rows.reading(self._reading) if self._several else {}
        if self._policy.on_bad_rows == "raise":
            rows.check.raise_if_bad()
        self._notes += rows.check.notes
        drafts = self._drafts = Drafts(self._ledger, rows, self._keys) if rows.target.release else None
        known, push = self._with_push(rows)
        if push is not None and not self._is_overtaken(push, known):
            return self._go_on(push, known)
        if self._choice:
            refuse_half_way(self._unfinished(), self._choice)
            rows = rows.without(drafts.released()) if drafts else rows
            return self._add(rows, np.arange(len(rows.words)))
        if self._policy.if_sent == "skip" and (stopped := self._settle(rows)):
            text = (
                "PAUSED: what an earlier push left in doubt could not be settled: {stopped}. No new row was sent; "
                "running the same call again goes on where it stopped."
            )
            self._notes.append(message(text, stopped=stopped))
            self._reports.add(Places(self._ledger, rows), stopped=True)
            return PushState.PAUSED
        earlier = self._lookup.find(rows, self._passed, self._same_cells)
        earlier.raise_unless_chosen(rows, self._frames, skip=self._policy.if_sent == "skip")
        self._notes += earlier.notes
        self._reports.earlier = partial(earlier.fill, rows)
        return self._add(rows, drafts.spare(~earlier.sent, self._policy) if drafts else np.flatnonzero(~earlier.sent))

    def _known_again(self, frame: pd.DataFrame, digests: list[bytes]) -> FrameRows | None:
        """The rows of a frame that an earlier run has checked, and of which nothing is other now."""
        for push in reversed(self._candidates(digests)):
            facts, blocks = self._of_frame(push)
            if not facts or [block.digest for block in blocks] != digests:
                continue
            start, operations = self._passed.get(push.id, 0), self._ledger.operations(push.id)
            open_rows = rows_left(operations, range(start, start + facts["rows"]))
            remembered = known_again(frame, blocks, facts, open_rows, self._key)
            if remembered and not (self._policy.on_bad_rows == "raise" and remembered.bad.any()):
                job = self._destination.job(remembered)
                if job.target.what == push.what and np.array_equal(job.good, remembered.good):
                    words = np.concatenate([block.words for block in blocks])
                    return FrameRows(job, words, digests, push)
        return None

    def _candidates(self, digests: list[bytes]) -> list[Push]:
        """The pushes whose next frame may be the one with these digests."""
        self._same_cells = []
        if self._push is not None:
            return [self._push]
        ours = self._memory.lock, self._choice
        self._same_cells = [p for p in self._ledger.pushes_of_frame(digests) if p.lock == ours[0]]
        return [p for p in self._same_cells if p.choice == ours[1] and p.state is not PushState.SUPERSEDED]

    def _of_frame(self, push: Push) -> tuple[dict[str, Any], list[RowBlock]]:
        """What a push keeps of the frame that comes next, and its rows; nothing where it has no more."""
        kept, number = push.frames, self._frames if self._push else 0
        if number >= len(kept):
            return {}, []
        first = sum(each["blocks"] for each in kept[:number])
        return kept[number], self._ledger.blocks(push.id, range(first, first + kept[number]["blocks"]))

    def _with_push(self, rows: FrameRows) -> tuple[FrameRows, Push | None]:
        """The push that has exactly these rows, or all but those that were released before it."""
        push, drafts = rows.push or self._with_same_rows(rows), self._drafts
        if push is not None or not drafts or not drafts.released():
            return rows, push
        for each in reversed(self._ledger.pushes()):
            others = rows.without(drafts.released(each.id))
            if each.lock == self._memory.lock and each.key == self._rows_key(others, others.words):
                return others, each
        return rows, None

    def _with_same_rows(self, rows: FrameRows) -> Push | None:
        """The push whose next frame has exactly these rows, in any order."""
        if self._push is None:
            return self._ledger.push_with_key(self._memory.lock, self._rows_key(rows, rows.words))
        facts, blocks = self._of_frame(self._push)
        if not facts:
            return None  # it grows by this frame
        words = np.concatenate([block.words for block in blocks])
        if self._rows_key(rows, words) == self._rows_key(rows, rows.words):
            return self._push
        if self._policy.if_sent != "skip":
            text = (
                "Frame {number} has other rows than the one with which push {push} went on. Nothing more was sent. "
                'Give the frames that it began with; or choose: if_sent="skip" leaves out what was sent before.'
            )
            raise PushRefused(message(text, number=self._frames + 1, push=self._push.id))
        self._push = None
        return None

    def _rows_key(self, rows: FrameRows, words: np.ndarray) -> str:
        frames = " and more frames" if self._several else ""
        return identity.rows_key(words, f"{rows.target.what} {self._choice}{frames}")

    def _places(self, push: Push, rows: FrameRows) -> np.ndarray:
        """For each row of a push that comes next, which of these it is."""
        words = np.concatenate([block.words for block in self._of_frame(push)[1]])
        return identity.align(words[:, identity.PRINT], rows.prints)

    def _is_overtaken(self, push: Push, rows: FrameRows) -> bool:
        """Whether others have sent later what these rows name, so that this push is not the one to go on with."""
        drafts = self._drafts
        if push.state is PushState.DONE:
            return changed_since(self._ledger, push, rows, drafts=bool(drafts) and self._policy.if_sent == "skip")
        if not drafts or rows.spared:
            return False
        why = drafts.released_meanwhile(push, partial(self._places, push, rows))
        if why and self._policy.if_sent != "skip":
            raise why
        return why is not None

    def _unfinished(self) -> list[Push]:
        ours = self._push.id if self._push else ""
        return [p for p in self._ledger.unfinished() if p.lock == self._memory.lock and p.id != ours]

    # ── sending ──

    def _go_on(self, push: Push, rows: FrameRows) -> PushState:
        """The rows of a frame that the push has: on where they stopped."""
        part, target = self._pass(push, rows, rows.good[self._places(push, rows)]), rows.target
        if push.state in UNFINISHED:
            return self._open_again(push, part)
        self._again = push
        with self._ledger.snapshot():
            before = self._ledger.baseline()
            reads = target.reconcile is Reconcile.READ and self._ledger.unknown(self._memory.lock)
        if reads or self._policy.options.final_look:
            state = self._open_again(push, part)
            with self._ledger.snapshot():
                counted = after.count if (after := self._ledger.baseline()) else None
        else:
            state, counted = push.state, first[0] if before and (first := target.first_count()) else None
            self._reports.add(part)
        if before and counted is not None and counted < before.count:
            text = (
                "The vendor's counter shows {rows:,} rows fewer than when it was last looked at: rows of this push may "
                "have been deleted since."
            )
            self._notes.append(message(text, rows=before.count - counted))
        return state

    def _open_again(self, push: Push, part: Places) -> PushState:
        with self._ledger.transaction():
            driver = self._begin_run(push, part)
        return self._drive(driver, part)

    def _add(self, rows: FrameRows, chosen: np.ndarray) -> PushState:
        """Rows that the push does not have: it begins with them, or grows by them."""
        if not len(chosen):
            self._reports.add(Places(self._ledger, rows))
            return PushState.DONE
        some = chosen if len(chosen) < len(rows.words) else slice(None)  # of a million rows, a copy is forty megabytes
        words, where, blocks = rows.words[some], rows.good[some], [*rows.blocks(chosen)]
        push = self._push or self._new_push(rows, words)
        facts = {**(push.facts or {}), "frames": [*push.frames, {**rows.facts(chosen), "blocks": len(blocks)}]}
        grown = replace(push, rows=push.rows + len(chosen), facts=facts, state=PushState.OPEN, reason="")
        with self._ledger.transaction():
            self._supersede(words, grown)
            self._ledger.put_push(grown)
            self._ledger.add_rows(grown.id, blocks)
            part = self._pass(grown, rows, where)
            part.add_operations()
            driver = self._begin_run(grown, part, EventKind.OPENED if push.rows else EventKind.BEGAN)
        self._again = None
        return self._drive(driver, part)

    def _pass(self, push: Push, rows: FrameRows, where: np.ndarray) -> Places:
        """The call goes on with the next rows of a push, which stand there in the frame."""
        self._frames = 1 + (self._frames if self._push else 0)
        start = self._passed.get(push.id, 0)
        self._push, self._passed[push.id] = push, start + len(where)
        return Places(self._ledger, rows, push.id, range(start, start + len(where)), where)

    def _new_push(self, rows: FrameRows, words: np.ndarray) -> Push:
        target = rows.target
        return Push(
            id=f"{self._memory.system}-{secrets.token_hex(6)}",
            what=target.what,
            lock=self._memory.lock,
            where=self._memory.where,
            started=self._clock.now().isoformat(),
            rows=0,
            key=self._rows_key(rows, words),
            choice=self._choice,
            irrevocable=target.irrevocable,
            facts={"tagged": target.tagged, "by": disk.who(), "memory": self._memory.as_dict()},
        )

    def _supersede(self, words: np.ndarray, push: Push) -> None:
        """What a stopped push has not sent, and this one sends, is not sent by both."""
        for old in self._unfinished() if not self._choice else ():
            theirs = self._ledger.row_words(old.id)[:, identity.PRINT]
            if old.id != push.id and (identity.counterparts(theirs, words[:, identity.PRINT]) >= 0).any():
                self._ledger.put_push(replace(old, state=PushState.SUPERSEDED, reason=push.id))

    def _begin_run(self, push: Push, part: Places, kind: EventKind = EventKind.OPENED) -> Driver:
        """The target learns what came back for its rows before; the ledger, what it shows of them from the start."""
        ledger, target = self._ledger, part.rows.target
        target.tag = tag_of(push.id)
        before = ledger.results(push.id) if kind is not EventKind.BEGAN else {}
        known = dict[int, Mapping[str, Any]](part.by_position(before) if before else {})
        if target.kept:
            serials = part.serials()
            new = {at: values for at, values in target.kept.items() if at in serials and at not in known}
            ledger.keep_results(push.id, {serials[at]: values for at, values in new.items()})
            known |= new
        if push.state is not PushState.OPEN:
            ledger.put_push(replace(push, state=PushState.OPEN, reason=""))
        ledger.event(self._since, kind, push.id)
        target.recall(known, partial(results_of_others, ledger, push.id))
        return Driver(ledger, part, self._policy, since=self._since, more=self._several)

    def _drive(self, driver: Driver, part: Places) -> PushState:
        try:
            state = driver.run().state
        except KeyboardInterrupt:
            text = "Stopped. Push {push} is safe as it is: run the same call again to go on."
            raise Stopped(message(text, push=part.push)) from None
        self._reports.add(part)
        return state

    def _settle(self, rows: FrameRows) -> str:
        """Find out what stopped pushes left in doubt; why that was not possible, where it was not."""
        with self._ledger.snapshot():
            if not any(o.state is State.SENT for o in self._ledger.unsettled(self._memory.lock)):
                return ""
        none = Places(self._ledger, rows)
        ended = Driver(self._ledger, none, self._policy, since=self._since, more=self._several).run()
        return ended.reason if ended.state is PushState.PAUSED else ""

    # ── the end ──

    def _end(self) -> None:
        """No frame follows: what has all its rows, is done."""
        if self._push is None or not self._several:
            return
        with self._ledger.transaction():
            push, state, reason = self._ledger.push(self._push.id), PushState.DONE, ""
            if push.state is not PushState.OPEN:
                return
            if any(o.state in SENDABLE for o in self._ledger.operations(push.id)):
                state, reason = PushState.PAUSED, message("frames that it began with did not come this time")
            self._ledger.put_push(replace(push, state=state, reason=reason))
            self._ledger.event(stamp(self._clock), EventKind.ENDED, push.id, state=str(state), reason=reason)

    def _report(self) -> Report:
        notes = [*([already_pushed(self._again)] if self._again else ()), *self._notes]
        with self._ledger.snapshot():
            report = self._reports.report(self._memory.where, notes)
            if self._drafts is not None:
                self._drafts.read()  # this call made some, or released them
                report.facts["drafts"] = self._drafts.unreleased()
            return report

    def _with_report(self, problem: ToolkitError) -> ToolkitError:
        """The error, with what became of the frames before the one that failed."""
        if not self._reports:
            return problem
        report = self._report()
        if isinstance(problem, PushError):
            problem.report = report
        else:
            problem.add_note(message("What became of the frames before it: {report}", report=report))
        return problem
