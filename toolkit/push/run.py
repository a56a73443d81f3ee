"""One sitting of a push: send, classify, journal, settle, until nothing is left or somebody has to look."""

import itertools
import sqlite3
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NoReturn, TypeVar

import numpy as np

from toolkit.errors import NotSent, Throttled, ToolkitError
from toolkit.http.secrets import redact
from toolkit.http.session import Attempt
from toolkit.http.wire import Judgement, Verdict
from toolkit.push.contract import PushJob
from toolkit.push.isolate import Refusals
from toolkit.push.journal import HANDED_ON, SENDABLE, Journal, Op, Run, Step
from toolkit.push.made import Maker
from toolkit.push.options import Options
from toolkit.push.progress import Progress
from toolkit.push.sizes import Sizes
from toolkit.push.target import Batch
from toolkit.push.underway import Came, UnderWay
from toolkit.spec import Meaning

SLICE = 0.5  # seconds between two looks at the stop button
TOO_LARGE = 413
PATIENT = 6  # a read that failed has been tried some times already: longer pauses from here on
T = TypeVar("T")


class Paused(Exception):
    """This sitting ends here; the push can go on later."""


class Runner:
    """Holds the journal for one sitting. Only its own thread writes the journal."""

    def __init__(self, journal: Journal, job: PushJob, options: Options, where: np.ndarray) -> None:
        self.journal, self.options = journal, options
        self.target, self.reconciler, self.check = job.target, job.reconciler, job.check
        self.where = where  # for each row of the journal, its position in the frame
        self.session, self.clock = job.target.session, job.target.session.clock
        self.steps = journal.steps()
        me = weakref.proxy(self)  # else this and its rows would stay until the garbage of circles is looked for
        self._refusals = Refusals(me)
        self._stop = options.stop
        self._queue: deque[Step] = deque()
        self._out = UnderWay(self.session, options.workers, options.requests_per_second)
        self._landed: list[tuple[Step, Attempt]] = []  # acknowledged; written with the next intents
        self._written: list[tuple[Step, Attempt]] = []  # by the latest transaction, which may have been undone
        self._others: list[tuple[Step, Attempt]] = []  # not acknowledged; attended to when all are back
        self._unlooked = self._in_doubt = self._tries = 0
        self._looked = False
        self._sizes = Sizes(options, counted=job.reconciler.looks)
        self._maker = Maker(lambda step: job.target.request(me.order(step)))
        self.progress = Progress(
            sum(s.size for s in self.steps if s.state not in HANDED_ON),
            job.target.what,
            options.progress,
            options.watch,
        )

    @property
    def waiting(self) -> list[Step]:
        """The ops that are still to be sent."""
        return [s for s in self._queue if s.state in SENDABLE]

    def now(self) -> datetime:
        return self.clock.now()

    # ── the sitting ──

    def run(self) -> Run:
        """Work until nothing is left, or until somebody has to look. The journal says how it ended."""
        self.journal.recover(self._at())
        for step in self.steps:
            step.state = Op.AMBIGUOUS if step.state is Op.INTENT else step.state
        self.progress.advance(sum(s.size for s in self.steps if s.state not in (*SENDABLE, *HANDED_ON)))
        with self.progress, self._out, ThreadPoolExecutor(1) as self._beside:
            try:
                self._work()
                return self._end(self.reconciler.finish(self))
            except Paused as paused:
                return self._end(Run.PAUSED, str(paused))
            except sqlite3.Error:  # the journal itself failed: what it holds already has to do
                raise
            except BaseException:
                back = [(c.step, c.attempt) for c in self._out.rest()]
                held = [o for o in [*self._written, *self._landed, *self._others, *back] if o[0].state is Op.INTENT]
                sure = (Verdict.ACKED, Verdict.NOT_EXECUTED)
                self._landed, self._others = ([o for o in held if o[1].verdict is verdict] for verdict in sure)
                self._end(Run.PAUSED, "interrupted")
                raise

    def _end(self, ended: Run, reason: str = "") -> Run:
        with self.journal.transaction():
            self._write_landed()
            for step, attempt in self._others if reason == "interrupted" else ():  # else they would be in doubt
                self.journal.outcome(step, Op.NOT_EXECUTED, self.told(step, attempt.said), self._at())
            self.journal.set_state(ended, reason)
            self.journal.event(self._at(), str(ended), reason=reason)
        return ended

    def _work(self) -> None:
        self.reconciler.begin(self, [s for s in self.steps if s.state is Op.AMBIGUOUS])
        self._queue = deque(s for s in self.steps if s.state in SENDABLE)
        while self._queue or self._landed or self._others or self._out.steps:
            self._round()
        self.look()

    def _round(self) -> None:
        """Hand out what may leave, and take in what is back. What calls for attention waits until all are back."""
        if not self._out.steps:
            self._may_go_on()
            self._wait_for_vendor()
        if not self._holds_back():
            while self._hand_out():
                pass
        elif self._landed:
            with self.journal.transaction():
                self._write_landed()
        if self._out.steps:
            self._take_in(self._out.wait())
        if not self._out.steps:
            self._attend()

    def _holds_back(self) -> bool:
        """Whether nothing new is to leave before all that is under way has come back."""
        return bool(self._others) or self._look_is_due() or self._stop.is_set() or self.session.asked_to_wait() > 0

    def _hand_out(self) -> bool:
        """Send an op for each worker that is free. False where there is nothing to send, nor to write.

        Their intents are on disk before the first of them leaves, in one transaction with the answers before them.
        """
        chosen = self._together()
        made = self._maker.make(chosen)
        clocks = self.now(), self.clock.monotonic()
        if not chosen and not self._landed:
            return False
        with self.journal.transaction():
            self._write_landed()
            for step, one in zip(chosen, made, strict=True):
                self.journal.intend(step, one.sha256, self._at())
            self._cut_ahead()
        if chosen and self.target.together:
            self._maker.make_ahead([*itertools.islice(self._queue, self.options.workers)], self._beside)
        for step, one in zip(chosen, made, strict=True):
            self._out.send(step, one, clocks)
        return True

    def _together(self) -> list[Step]:
        """The ops to send now: one alone at first, then as many as can be told apart if no answer comes to any."""
        chosen: list[Step] = []
        sizes = [step.size for step in self._out.steps]
        most = self._out.most if self._looked else min(1, self._out.most)
        while self._queue and len(sizes) < most:
            step = self._next()
            if step and sizes and not self.reconciler.tells_apart([*sizes, step.size]):
                self._queue.appendleft(step)
                break
            chosen += [step] if step else []
            sizes += [step.size] if step else []
        return chosen

    def _next(self) -> Step | None:
        """The next op to send, made smaller where it must be; None where it turned out to need no sending."""
        step = self._queue.popleft()
        if step.state not in SENDABLE:  # a request came in late, or was refused by name
            return None
        if self._refusals.infer(step):
            return None
        if cut := self._cut(step):
            with self.journal.transaction():
                self.split(step, [step.positions[:cut], step.positions[cut:]])
            return None
        return step

    def _cut_ahead(self) -> None:
        """Inside a transaction: cut what is sent next, which saves it a commit of its own."""
        whole: list[Step] = []
        while self.target.together and self._queue and len(whole) < self.options.workers and not self._refusals.infers:
            step = self._queue.popleft()
            if step.state in SENDABLE and (cut := self._cut(step)):
                self.split(step, [step.positions[:cut], step.positions[cut:]])
            else:
                whole.append(step)
        self._queue.extendleft(reversed(whole))

    def _cut(self, step: Step) -> int:
        return self._sizes.cut(step.size, bool(step.resent), self.reconciler.avoids)

    # ── what came back ──

    def _take_in(self, came: Sequence[Came]) -> None:
        landed = [(c.step, c.attempt) for c in came if c.attempt.verdict is Verdict.ACKED]
        self._landed += landed
        self._refusals.accepted(step for step, _ in landed)
        self._others += [(c.step, c.attempt) for c in came if c.attempt.verdict is not Verdict.ACKED]
        self._unlooked += len(came)
        if not self._others:
            self._in_doubt = self._tries = 0
            self._out.went_well(len(came))
            for c in came:
                self._sizes.fast(c.step.size, c.made.size, c.took)

    def _attend(self) -> None:
        """Nothing is under way: see to what was not acknowledged, and to the counter where that is due."""
        first = bool(self._landed) and not self._looked
        if any(attempt.said.meaning is Meaning.BUSY for _, attempt in self._others):
            self._out.busy()
        if self._others:
            self._handle(self._others)
            self._others = []
        if first or self._look_is_due():
            self.look()
            self._looked |= first

    def _look_is_due(self) -> bool:
        return self.reconciler.looks and self._unlooked >= self.options.fence_every * self.options.workers

    def _handle(self, others: Sequence[tuple[Step, Attempt]]) -> None:
        """What was not acknowledged: refused, in doubt, or not executed."""
        refused = [(s, a) for s, a in others if a.verdict is Verdict.REJECTED and a.said.status != TOO_LARGE]
        doubtful = [(s, a) for s, a in others if a.verdict is Verdict.AMBIGUOUS]
        unsent = [o for o in others if o not in refused and o not in doubtful]
        with self.journal.transaction():
            self._write_landed()
            for step, attempt in doubtful:
                self.journal.outcome(step, Op.AMBIGUOUS, self.told(step, attempt.said), self._at())
            for step, attempt in unsent:
                self.journal.outcome(step, Op.NOT_EXECUTED, self.told(step, attempt.said), self._at())
                self._queue.appendleft(step)
        for step, attempt in refused:
            self._refusals.take(step, attempt.said)
        for step, attempt in others:
            if attempt.said.needs_person:
                self.pause(f"{self.told(step, attempt.said).message}. Correct the settings, then run this again")
        if doubtful:
            self._settle([s for s, _ in doubtful])
        if refused:
            self._refusals.worth_going_on()
        self._back_off([self.told(s, a.said) for s, a in unsent])

    def told(self, step: Step, said: Judgement) -> Judgement:
        """What was said, without the cells of these rows."""
        if not said.status:  # our own words
            return said
        wire = self.check.wire(self.where[step.positions])
        return replace(said, message=redact(said.message, itertools.chain.from_iterable(wire.values())))

    def _settle(self, doubtful: Sequence[Step]) -> None:
        self._in_doubt += len(doubtful)
        self._sizes.doubtful()
        self.reconciler.settle(self, doubtful)
        again = [s for s in doubtful if s.state is Op.RESEND]
        self._queue.extendleft(reversed(again))
        if any(s.resent > self.options.max_resends for s in again) or self._in_doubt >= self.options.max_ambiguous:
            self.pause(f"{self._in_doubt} answers in a row did not tell what happened. Run this again to go on")

    def _back_off(self, unsent: Sequence[Judgement]) -> None:
        wait, why = 0.0, ""
        for said in unsent:
            if said.status == TOO_LARGE and self._sizes.most > 1:
                sent = [s.size for s in self._queue if s.state is Op.NOT_EXECUTED]
                self._sizes.too_large(max(sent, default=self._sizes.most))
                continue
            if said.meaning in (Meaning.TOKEN, Meaning.FORBIDDEN):
                self.pause(f"{said.message}. Check the credentials, then run this again")
            if not self.session.quota.spend():
                self.pause(f"{said.message}. It was tried often enough; run this again when the vendor is back")
            if said.retry_after is None:  # else the vendor named the time
                self._tries += 1
                wait, why = max((wait, why), (self.session.delay(self._tries, said), said.message))
        self.wait(wait, why)

    def _wait_for_vendor(self) -> None:
        """Nothing leaves before the time that the vendor asked for."""
        left = self.session.asked_to_wait()
        if left > self.options.max_wait:
            until = self.now() + timedelta(seconds=left)
            self.pause(f"the vendor asks to wait until {until:%Y-%m-%d %H:%M:%S} UTC. Run this again after that")
        self.wait(left, "the vendor asks for a pause")
        self.wait(self._out.pause, "so many requests a second at most")

    # ── what oracles and isolation do to the journal ──

    def mark(self, steps: Sequence[Step], state: Op, note: str) -> None:
        with self.journal.transaction():
            for step in steps:
                self.decide(step, state, note)

    def decide(self, step: Step, state: Op, note: str = "") -> None:
        """Inside a transaction: what evidence says of an op."""
        self.progress.advance(step.size if step.state is Op.AMBIGUOUS and state not in SENDABLE else 0)
        self.journal.move(step, state, note)

    def split(self, step: Step, parts: Sequence[np.ndarray]) -> list[Step]:
        """Inside a transaction: the op's rows as new ops, next in the queue."""
        children = self.journal.split(step, parts)
        if step in self._queue:
            self._queue.remove(step)
        self.steps += children
        self._queue.extendleft(reversed(children))
        return children

    def prefer(self, step: Step) -> None:
        """This op is sent next."""
        if step in self._queue:
            self._queue.remove(step)
            self._queue.appendleft(step)

    def restart(self, step: Step, why: str) -> None:
        """A draft in doubt is left behind, and built anew from its first step."""
        with self.journal.transaction():
            self.journal.move(step, Op.ABANDONED, why)
            self._plan(self.target.first, step)

    def _plan(self, kind: str, before: Step) -> None:
        irrevocable = self.target.irrevocable
        made = self.journal.plan(kind, [before.positions], parent=before.id, irrevocable=irrevocable)
        self.steps += made
        self._queue.extend(made)

    def order(self, step: Step) -> Batch:
        return Batch(step.kind, self.where[step.positions], step.positions)

    def refuse(self, step: Step, message: str, column: str | None) -> None:
        """Inside a transaction: this one row is refused."""
        self.journal.blame(int(step.positions[0]), message, column)
        self.journal.move(step, Op.REJECTED, message)
        self.progress.advance(1)
        if step in self._queue:
            self._queue.remove(step)

    def wait(self, seconds: float, why: str) -> None:
        """Wait, visibly; the stop button works meanwhile."""
        until = self.clock.monotonic() + seconds
        while (left := until - self.clock.monotonic()) > 0:
            self._may_go_on()
            self.progress.waiting(left, why)
            self.clock.sleep(min(left, SLICE))
        self.progress.waiting()

    def read(self, look: Callable[[], T], what: str) -> T:
        """What decides a doubt: read patiently while the vendor is away, as long as the retry quota lasts."""
        for number in itertools.count(PATIENT):
            try:
                return look()
            except ToolkitError as problem:
                asked = getattr(problem, "retry_after", None)
                away = isinstance(problem, NotSent | Throttled) or getattr(problem, "status", 0) >= 500
                passing = away and (asked or 0) <= self.options.max_wait
                if not passing or not self.session.quota.spend():
                    self.pause(f"{what} could not be read: {problem}. Run this again to go on")
                why = Judgement(Verdict.NOT_EXECUTED, None, f"{what} cannot be read", retry_after=asked)
                self.wait(self.session.delay(number, why), why.message)
        raise AssertionError("the quota ends")

    def pause(self, reason: str) -> NoReturn:
        raise Paused(reason)

    def _may_go_on(self) -> None:
        if self._stop.is_set():
            self.pause("stopped by hand. Run this again to go on")

    def look(self) -> None:
        with self.journal.transaction():
            self._write_landed()
        self._unlooked = 0
        self.reconciler.look(self)

    def _write_landed(self) -> None:
        for step, attempt in self._landed:
            order = self.order(step)
            if given := self.target.results(order, attempt.said.payload):
                back = {int(self.where[p]): int(p) for p in step.positions}
                self.journal.keep_results({back[position]: values for position, values in given.items()})
            self.journal.outcome(step, Op.ACKED, attempt.said, self._at())
            if then := self.target.follows(order):
                self.journal.move(step, Op.FOLLOWED)
                self._plan(then, step)
            else:
                self.progress.advance(step.size)
            self.session.quota.earn()
        self._landed, self._written = [], self._landed

    def _at(self) -> str:
        return self.now().isoformat()
