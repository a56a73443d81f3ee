"""From a frame to a push and back to a report: who it is, what was sent before, and the way on."""

import itertools
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from toolkit import settings
from toolkit.errors import InputError, PushError, PushRefused, Stopped, ToolkitError
from toolkit.http.session import Session
from toolkit.plain import message
from toolkit.push import disk, identity, past, sizes
from toolkit.push.contract import Destination, PushJob, SendPolicy
from toolkit.push.course import NO_PRINTS, Course
from toolkit.push.journal import Journal, Run
from toolkit.push.outcomes import OUTCOME, Table, given, row_states, sentences
from toolkit.push.report import Report
from toolkit.push.run import Runner
from toolkit.push.target import tag_of
from toolkit.sheets.column import blocks
from toolkit.sheets.outcomes import NAMES
from toolkit.sheets.rows import frame_of, frames_of, is_iterator

UNFINISHED = (Run.OPEN, Run.PAUSED)


def bulk_write(rows: Any, destination: Destination, policy: SendPolicy) -> Report:
    """Send rows that were not sent before, and say what became of each. Run again, it goes on, or does nothing.

    Of an iterator of frames, each is sent when the one before it is done, and the report holds the cells of the rows
    that are not in: the others are known by their index.

    Raises:
        InputError: the rows cannot be sent as they are; `RowErrors` where `on_bad_rows` says so.
        PushRefused: another kernel pushes there, or some of these rows were sent before and nobody chose what to do.
        PushError: the journal cannot be written or is damaged. Nothing was sent that it does not know of.
    """
    several = is_iterator(rows)
    if several and policy.on_bad_rows == "raise":
        raise InputError(
            message('on_bad_rows="raise" needs all rows at once, and an iterator gives them one frame after the other')
        )
    if Session.recorder is not None:
        raise InputError(message("inside a recording nothing is pushed: a recording is not a way to send"))
    course, reports = Course(), list[Report]()
    parts = frames_of(rows) if several else [frame_of(rows)]
    with _locked(destination.lock, destination.where):
        for part in parts:
            try:
                report = _send(destination.job(part, policy.options), policy, course)
            except ToolkitError as problem:
                raise _with_earlier(problem, reports) from None
            reports.append(report.without_rows_that_are_in() if several else report)
            if report.facts.get("state") == Run.PAUSED:
                break  # the frames after it are not even read
    if not reports:
        raise InputError(message("there are no rows: the iterator is empty"))
    return Report.of_frames(reports)


def _with_earlier(problem: ToolkitError, reports: Sequence[Report]) -> ToolkitError:
    """The error, with what became of the frames before the one that failed."""
    if reports and isinstance(problem, PushError):
        problem.report = Report.of_frames(reports)
    elif reports:
        problem.add_note(message("What became of the frames before it: {report}", report=Report.of_frames(reports)))
    return problem


def _locked(name: str, where: str) -> disk.Lock:
    locks = disk.private_folder(disk.private_folder(settings.state_folder()) / "locks")
    return disk.Lock(locks / f"{identity.short(name)}.lock", where)


def _send(job: PushJob, policy: SendPolicy, course: Course) -> Report:
    """Send the rows of one frame; its destination is locked."""
    if policy.on_bad_rows == "raise":
        job.check.raise_if_bad()
    journals = disk.private_folder(settings.state_folder() / "pushes")
    try:
        sitting = _Sitting(job, policy, course, journals)
    except OSError as problem:
        raise PushError(f"{journals} could not be written to ({problem}); nothing was sent") from None
    try:
        report = sitting.run()
        course.add(sitting.left_out, report)
        return job.finish(report)
    except sqlite3.Error as problem:
        raise PushError(
            f"the journal in {journals} could not be written or read ({problem}); nothing more was sent"
        ) from None
    finally:
        sitting.close()


class _Sitting:
    """What one call works with for one frame, under the destination's lock."""

    def __init__(self, job: PushJob, policy: SendPolicy, course: Course, journals: Path) -> None:
        self._job, self._policy, self._course = job, policy, course
        self._frames = course.frames  # before this one: the course goes on, and a resumption begins here
        self._target, self._reconciler, self._check = job.target, job.reconciler, job.check
        self._options = replace(policy.options, workers=1) if job.in_order else policy.options
        self._journals, self._short = journals, identity.short(self._target.destination)
        self._good = job.good  # positions of the rows that are to be sent
        self._key = identity.user_key(journals.parent)
        self._telling = identity.telling(self._check.wire(self._good[identity.sample(len(self._good))]))
        self._known = self._learn(self._telling)
        self._again = policy.resend_as
        self._name = f"{self._target.what} {self._again}" + (f" frame {course.frames}" if course.frames else "")
        self._earlier: dict[str, np.ndarray] = {}  # which rows an earlier push has sent, by what became of them
        self._given: dict[int, Any] = {}  # what the vendor gave back for it then
        self._notes: list[str] = []
        self._others = sorted(self._journals.glob(f"{self._short}-*.sqlite"))  # other pushes there
        self._others = [path for path in self._others if path.stem not in course.ids]

    def run(self) -> Report:
        mine = self._path(self._known, lambda path: self._state(path) is not Run.SUPERSEDED)
        if mine.exists():
            return self._go_on(mine)
        if self._again:
            self._refuse_half_way()
        elif self._others:
            if self._policy.if_sent == "skip" and (stopped := self._finish_first()):
                return stopped
            self._leave_out()
        sent = self._before
        if len(sent) == len(self._good):
            return self._report(None, sent)
        if not len(sent):
            return self._start(self._known, self._good)
        new = np.setdiff1d(np.arange(len(self._good)), sent)
        with identity.Known(self._journals) as known:
            known.add(self._words[new])
            return self._start(known, self._good[new])

    def close(self) -> None:
        self._known.close()

    @cached_property
    def _words(self) -> np.ndarray:
        return self._known.all()

    @property
    def _prints(self) -> np.ndarray:
        return self._words[:, identity.PRINT]

    @property
    def left_out(self) -> np.ndarray:
        """The fingerprints of the rows that an earlier push has sent."""
        before = self._before
        return self._prints[before] if len(before) else NO_PRINTS

    @property
    def _before(self) -> np.ndarray:
        return np.concatenate([np.empty(0, dtype=np.int64), *self._earlier.values()])

    @property
    def _labels(self) -> np.ndarray:
        return self._words[:, identity.LABEL]

    def _learn(self, by: str) -> identity.Known:
        """What each row is known by: its fingerprint; its label, and the cell `by`, which tell it if others change."""
        known, maker = identity.Known(self._journals), identity.Fingerprints(self._key)
        try:
            for rows in blocks(len(self._good)):
                known.add(self._words_of(self._good[rows], by, maker))
        except BaseException:
            known.close()
            raise
        return known

    def _words_of(self, rows: np.ndarray, by: str, maker: identity.Fingerprints) -> np.ndarray:
        cells, words = self._check.wire(rows), np.zeros((len(rows), identity.WORDS), dtype=np.uint64)
        words[:, identity.PRINT] = maker.of(cells, len(rows))
        words[:, identity.LABEL] = identity.of_labels(self._check.frame.index[rows], self._key)
        if self._target.keyed:
            words[:, identity.CELL] = words[:, identity.LABEL]
        elif by in cells and not self._target.corrects:
            words[:, identity.CELL] = identity.of_cells(cells[by], self._key)
        return words

    def _go_on(self, path: Path) -> Report:
        with self._opened(path) as journal:
            where = self._good[identity.align(journal.manifest()[:, identity.PRINT], self._prints)]
            state, _ = journal.state
            if state in UNFINISHED:
                return self._sit(journal, where)
            another = 'once more, pass options={"resend_as": "third"} besides'
            more = another if self._again else 'a second time, pass if_sent="resend"'
            began = journal.facts["started"][:16]
            self._notes.append(f"already pushed on {began} UTC; nothing was sent now. To send these rows {more}")
            return self._report(journal, where)

    def _refuse_half_way(self) -> None:
        """Rows that a stopped push has sent once more already would be in once too often."""
        for path in self._others:
            with self._opened(path) as journal:
                if journal.state[0] in UNFINISHED and journal.facts.get("resend_as") == self._again:
                    raise PushRefused(
                        f"push {path.stem}, which sends rows to {self._target.where} once more, stopped half-way, and "
                        "with other rows than these. Nothing was sent. Run the call that started it to its end; or, to "
                        'send all of these rows on top of what it has sent, pass options={"resend_as": "third"} besides'
                    )

    def _finish_first(self) -> Report | None:
        """Earlier pushes of some of these rows that stopped half-way go on; the report of one that stops again."""
        for path in self._others:
            with self._opened(path) as journal:
                mine = identity.counterparts(journal.manifest()[:, identity.PRINT], self._prints)
                if journal.state[0] not in UNFINISHED or (mine < 0).any():
                    continue
                self._sit(journal, self._good[mine])
                if journal.state[0] is Run.PAUSED:
                    self._notes.append("this earlier push has to be finished first; no new row was sent")
                    return self._report(journal, self._good[mine])
        return None

    def _leave_out(self) -> None:
        """Mark the rows that earlier pushes have sent; refused where there are any and nobody chose."""
        sent, edited = self._sent()
        ours = np.concatenate([self._course.left_out, self._prints])
        found = identity.counterparts(ours, sent[["a", "b"]].to_numpy())[len(self._course.left_out) :]
        unchanged = found >= 0
        edited &= ~unchanged
        if self._policy.if_sent != "skip" and (unchanged.any() or edited.any()):
            raise self._refusal(unchanged, edited)
        if self._target.keyed:  # the same thing, whatever its content
            labels = dict(zip(sent["label"][::-1], range(len(sent))[::-1], strict=True))
            found = np.where(unchanged, found, [labels.get(label, -1) for label in self._labels])
        elif count := int(edited.sum()):
            self._notes.append(
                f"{count:,} rows look like rows that were sent before and edited since; they are new here"
            )
        became = np.append(sent["outcome"].to_numpy(), "")[found]
        self._earlier = {outcome: where for outcome in NAMES if len(where := np.flatnonzero(became == outcome))}
        self._given = {int(self._good[n]): sent["given"].iloc[at] for n, at in enumerate(found) if at >= 0}
        if count := int((found >= 0).sum()):
            self._notes.append(f"{count:,} rows were sent by an earlier push and were left out")

    def _sent(self) -> tuple[pd.DataFrame, np.ndarray]:
        """The rows that earlier pushes have sent, what is in for sure first; and which of ours bear such a name."""
        many = [pd.DataFrame({"a": self._prints[:0, 0], "b": self._prints[:0, 1], "label": self._labels[:0]})]
        known = np.zeros(len(self._good), dtype=bool)
        for path in self._others:
            with self._opened(path) as journal:
                words = journal.manifest()
                told = [OUTCOME[state] for state in row_states(journal)]
                rows = pd.DataFrame({"a": words[:, 0], "b": words[:, 1], "label": words[:, identity.LABEL]})
                rows["outcome"] = told
                rows["given"] = pd.Series(given(journal), dtype=object)
                out = ~np.isin(told, ("rejected", "not sent"))
                ours = self._named(journal.facts["named_by"])
                known |= (ours > 0) & np.isin(ours, words[out, identity.CELL])
                many.append(rows[out])
        sent = pd.concat(many).reindex(columns=["a", "b", "label", "outcome", "given"])
        return sent.iloc[np.argsort(sent["outcome"] == "unknown", kind="stable")], known

    def _named(self, by: str) -> np.ndarray:
        """A name for each row, by which it is known again when its content has changed: its label, or the cell `by`."""
        if by == self._telling:
            return self._words[:, identity.CELL]
        with self._learn(by) as known:
            return known.all()[:, identity.CELL]

    def _refusal(self, unchanged: np.ndarray, edited: np.ndarray) -> PushRefused:
        with self._opened(max(self._others, key=self._started)) as journal:
            words = journal.manifest()
            started = journal.facts["started"][:16]
        gone = identity.counterparts(words[:, identity.PRINT], self._prints) < 0
        if unchanged.any():  # else a label, which may be a mere number, says nothing
            edited = edited | (~unchanged & np.isin(self._labels, words[gone, identity.LABEL]))
        kinds = np.where(unchanged, "sent before, unchanged", np.where(edited, "sent before, edited since", "new"))
        missing = max(0, int(gone.sum() - edited.sum()))
        refusal = PushRefused(
            f"{int(unchanged.sum()):,} of these {len(kinds):,} rows were sent to {self._target.where} before "
            f"(the last push there began {started} UTC). Of the others, {int(edited.sum()):,} look edited since and "
            f"{int((kinds == 'new').sum()):,} are new; {missing:,} rows of that push are not here. Nothing was sent. "
            'Choose: if_sent="skip" leaves out what was sent before; if_sent="resend" sends everything once more. '
            "`.difference` shows each row"
        )
        index = self._check.frame.index[self._good]
        refusal.difference = pd.DataFrame({"change": pd.Categorical(kinds)}, index=index)
        return refusal

    def _start(self, known: identity.Known, where: np.ndarray) -> Report:
        path = self._path(known, lambda path: False)
        facts = {
            "id": path.stem,
            "what": self._target.what,
            "destination": self._target.destination,
            "where": self._target.where,
            "started": self._target.session.clock.now().isoformat(),
            "rows": known.rows,
            "resend_as": self._again,
            "lock": self._target.lock,
            "tagged": self._target.tagged,
            "named_by": self._telling,
        }
        for old in () if self._again else self._others:
            with self._opened(old) as journal, journal.transaction():
                theirs, ours = journal.manifest()[:, identity.PRINT], known.all()[:, identity.PRINT]
                taken_over = (identity.counterparts(theirs, ours) >= 0).any()
                if taken_over and journal.state[0] in UNFINISHED:
                    journal.set_state(Run.SUPERSEDED, f"push {path.stem} took over")
        ops = {
            "kind": self._target.first,
            "many": sizes.plan(known.rows, self._target.together, self._options),
            "irrevocable": self._target.irrevocable,
        }
        with Journal.create(path, facts, known.parts(), ops) as journal:
            return self._sit(journal, where)

    def _sit(self, journal: Journal, where: np.ndarray) -> Report:
        self._target.tag = tag_of(journal.path.stem)
        self._target.recall({int(where[p]): given for p, given in journal.results().items()})
        past.remember(journal.path.stem, self._resume)
        try:
            ended = Runner(journal, self._job, self._options, where).run()
        except KeyboardInterrupt:
            words = f"Stopped. Push {journal.path.stem} is safe as it is: run the same call again to go on."
            raise Stopped(words) from None
        if ended is not Run.PAUSED:
            past.forget(journal.path.stem)
        return self._report(journal, where)

    def _resume(self) -> Report:
        """The same once more, in this kernel; a stop button that was pressed is released."""
        self._options.stop.clear()
        with _locked(self._target.lock, self._target.where):
            return _send(self._job, self._policy, Course(self._frames))

    def _report(self, journal: Journal | None, where: np.ndarray) -> Report:
        table = Table(self._check.frame.index)
        table.refused(self._check.refused)
        for outcome, sent in self._earlier.items():
            table.set(self._good[sent], outcome, "sent by an earlier push; not sent again")
        table.give(self._given)
        notes = [*self._notes, *self._check.notes]
        facts: dict[str, Any] = {"what": self._target.what, "where": self._target.where, "notes": notes}
        if journal is not None:
            facts = journal.facts | {"state": str(journal.state[0]), "notes": [*notes, *sentences(journal)]}
            table.journal(journal, where, self._check.frame)
        return Report(self._check.frame, table, facts, self._check)

    def _path(self, known: identity.Known, serves: Callable[[Path], bool]) -> Path:
        """The first journal of this name and these rows that serves, or that is still to be made."""
        key = known.run_key(self._target.destination, self._name)[:16]
        for more in itertools.chain([""], (f"-{n}" for n in itertools.count(2))):
            path = self._journals / f"{self._short}-{key}{more}.sqlite"
            if not path.exists() or serves(path):
                return path
        raise AssertionError("there is always another name")

    def _state(self, path: Path) -> Run:
        with self._opened(path) as journal:
            return journal.state[0]

    def _started(self, path: Path) -> str:
        with self._opened(path) as journal:
            return str(journal.facts["started"])

    def _opened(self, path: Path) -> Journal:
        if journal := Journal.sound(path):
            return journal
        raise PushRefused(
            f"the journal {path} is damaged: what became of its rows is unknown; nothing is sent on top of it. "
            "Compare its rows with the vendor by hand; then move the file away"
        )
