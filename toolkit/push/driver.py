"""The thin driver of a run: it owns threads, sockets and the clock, performs effects, and hands in what happened.

Only its own thread writes the ledger. Requests run in threads of a pool, or, with one worker, in its own.
"""

import contextlib
import functools
import hashlib
import itertools
import queue
import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple, TypeVar

from toolkit.errors import BadAnswer, NotSent, Throttled, ToolkitError
from toolkit.http import wire
from toolkit.http.answers import Classification, Verdict
from toolkit.http.attempt import Attempt
from toolkit.http.secrets import redact
from toolkit.http.session import Clock
from toolkit.plain import mark, message
from toolkit.push import events
from toolkit.push.destination import MAY_BE, Batch
from toolkit.push.events import Answered, Counted, Looked, Reconcile, Reply, Run, Stopped, Volatile, Woke
from toolkit.push.frame_rows import Places
from toolkit.push.options import Progress, SendPolicy
from toolkit.push.runner import step
from toolkit.push.states import DECIDED, Answer, Ledger, Operation, PushState, Ranges, Stamp
from toolkit.spec import Endpoint, Meaning

SLICE = 0.5  # seconds between two looks at the stop button, and the longest that waiting is deaf to Ctrl-C on Windows
TOO_LARGE = 413
TOO_MANY = 429
BUSY = (408, 425, TOO_MANY, 503)  # answered: the request is not on its way any more
COUNTER, ROW = mark("the counter"), mark("what became of a row")  # that are read
PATIENT = 6  # a read that failed has been tried some times already: longer pauses from here on
T = TypeVar("T")


def stamp(clock: Clock) -> Stamp:
    """Now."""
    return Stamp(getattr(clock, "epoch", "") or _epoch(), clock.monotonic(), clock.now().timestamp())


@functools.cache
def _epoch() -> str:
    """The boot whose monotonic clock is read; where the system does not tell, this process."""
    with contextlib.suppress(OSError):
        if epoch := Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip():
            return epoch
    return uuid.uuid4().hex


class Prepared(NamedTuple):
    """A request that is ready to be sent."""

    batch: Batch
    endpoint: Endpoint
    request: wire.Request
    digest: str


class Driver:
    """One run of one push."""

    def __init__(self, ledger: Ledger, part: Places, policy: SendPolicy, *, since: Stamp, more: bool) -> None:
        """What it does first becomes durable together with what its caller writes.

        `part`: the rows at hand. `since`: when the lock was there. `more`: further rows may be added to the push.
        """
        target, options, plan = part.rows.target, policy.options, part.plan(policy, more=more)
        self._ledger, self._target, self._check, self._options = ledger, target, part.rows.check, options
        self._session, self._clock, self._places = target.session, target.session.clock, part
        self._since, self._run = since, Run(ledger, Volatile(since, since), plan)
        self._events: list[events.Event] = []
        self._back: queue.SimpleQueue[Future[Answered]] = queue.SimpleQueue()
        self._ready: dict[
            tuple[int, Ranges], Future[Prepared]
        ] = {}  # by operation and rows, which may be cut once more
        self._watched: dict[int, int] = {}  # operations that are not done, and how many of their rows are
        self._tries, self._slot = 0, 0.0
        rows = ledger.push(plan.push).rows if plan.push else 0
        self._progress = Progress(rows, target.what, options.progress, options.watch)
        if plan.push:
            self._progress.done = sum([o.size for o in ledger.operations(plan.push) if o.state in DECIDED])
        self._effects = self._step([self._read(self._begin, COUNTER)])

    def run(self) -> events.End:
        """Work until nothing is left, or until somebody has to look. The ledger says how it ended."""
        with self._progress, ThreadPoolExecutor(self._run.plan.workers) as self._pool:
            try:
                while True:
                    for effect in self._effects:
                        if isinstance(effect, events.End):
                            return effect
                        self._perform(effect)
                    self._effects = self._step(self._wait())
            except BaseException:
                self._interrupted()
                raise

    def _step(self, happened: Iterable[events.Event]) -> list[events.Effect]:
        """Take in what happened: answers that came meanwhile cost one transaction together."""
        v = self._run.volatile
        v.now = stamp(self._clock)
        if self._options.stop.is_set():
            v.stop, v.hurried = v.stop or message("stopped by hand"), True
        effects, done = list[events.Effect](), 0
        with self._ledger.transaction():
            for event in happened:
                effects += step(self._run, event)
                if isinstance(event, Answered):
                    self._watched.setdefault(event.operation, 0)
                done += self._newly_done() if self._watched else 0
        if done:
            self._progress.advance(done)
        return effects

    def _wait(self) -> list[events.Event]:
        while not self._events:
            back: list[Future[Answered]] = []
            with contextlib.suppress(queue.Empty):
                back.append(self._back.get(timeout=SLICE))
                while True:
                    back.append(self._back.get_nowait())
            self._events += [future.result() for future in back if not future.exception()]
            for future in back:
                future.result()  # raises what one of them raised
        happened, self._events = self._events, []
        return happened

    def _interrupted(self) -> None:
        """What came back meanwhile is written, what did not is in doubt; the push can go on later."""
        self._pool.shutdown()
        v = self._run.volatile
        v.stop, v.hurried = v.stop or "interrupted", True
        with contextlib.suppress(queue.Empty):
            while True:
                ended = self._back.get_nowait()
                if not ended.exception():
                    self._events.append(ended.result())
        for event in self._events:
            if isinstance(event, Answered) and event.operation in v.in_flight:
                self._step([event])
        with self._ledger.transaction():
            if push := self._run.plan.push:
                ended_push = self._ledger.push(push)
                self._ledger.put_push(replace(ended_push, state=PushState.PAUSED, reason="interrupted"))

    # ── effects ──

    def _perform(self, effect: events.Effect) -> None:
        match effect:
            case events.Send(operation):
                self._send(operation)
            case events.Prepare(operation):
                self._prepare(operation)
            case events.Count():
                self._events.append(self._read(self._count, COUNTER))
            case events.LookUp(operation):
                self._events.append(self._read(functools.partial(self._look_up, operation), ROW))
            case events.Sleep(seconds, why):
                self._sleep(seconds, why)
                self._events.append(Woke())

    def _send(self, operation: Operation) -> None:
        try:
            ready = self._ready.pop((operation.id, operation.rows), None)
            prepared = ready.result() if ready else self._build(self._batch(operation))
        except BaseException:
            self._events.append(Answered(operation.id, Reply(Answer.NONE, left=False)))
            raise
        self._pace()
        if self._run.plan.workers == 1:
            self._events.append(self._exchange(operation, prepared))
        else:
            self._pool.submit(self._exchange, operation, prepared).add_done_callback(self._back.put)

    def _prepare(self, operation: Operation) -> None:
        """Begin with the next body, while an answer is awaited. What fails here fails again in its turn."""
        known = operation.id, operation.rows
        if known not in self._ready:
            latest = [*self._ready.items()][-1:]  # the one that is sent now
            with contextlib.suppress(Exception):
                self._ready = dict([*latest, (known, self._pool.submit(self._build, self._batch(operation)))])

    def _build(self, batch: Batch) -> Prepared:
        endpoint, request = self._target.request(batch)
        return Prepared(batch, endpoint, request, _sha256(request))

    def _batch(self, operation: Operation) -> Batch:
        batch = self._places(operation)
        assert batch is not None, "what is sent is at hand"
        return batch

    def _exchange(self, operation: Operation, prepared: Prepared) -> Answered:
        self._ledger.confirm()
        started = self._clock.monotonic()
        try:
            attempt = self._session.attempt(prepared.endpoint, prepared.request)
        except BaseException:
            if not self._session.left:
                self._events.append(Answered(operation.id, Reply(Answer.NONE, left=False)))
            raise
        took = self._clock.monotonic() - started
        return Answered(operation.id, self._reply(operation, prepared, attempt, took))

    def _pace(self) -> None:
        if rate := self._options.requests_per_second:
            now = self._clock.monotonic()
            self._slot = max(self._slot, now) + 1 / rate
            self._sleep(self._slot - 1 / rate - now, message("not more requests than were asked for"))

    def _sleep(self, seconds: float, why: str) -> None:
        """Wait, visibly; the stop button works meanwhile."""
        until = self._clock.monotonic() + seconds
        while (left := until - self._clock.monotonic()) > 0 and not self._options.stop.is_set():
            self._progress.waiting(left, why)
            self._clock.sleep(min(left, SLICE))
        self._progress.waiting()

    # ── reading what settles a doubt ──

    def _begin(self) -> events.Event:
        """A run begins with the count that the reading of the destination showed, where it showed one."""
        first = self._target.first_count() if self._run.plan.reconcile is Reconcile.COUNT else None
        if first is None:
            return Woke()
        count, seconds = first
        at = stamp(self._clock)
        return Counted(count, replace(at, monotonic=max(self._since.monotonic, at.monotonic - seconds)))

    def _count(self) -> Counted:
        return Counted(self._target.count())

    def _look_up(self, operation: Operation) -> Looked:
        batch = self._places(operation)
        if batch is None:
            return Looked(operation.id, None)
        rows = dict(zip(batch.serials.tolist(), self._target.find(batch.positions.tolist()), strict=True))
        if any(values is MAY_BE for values in rows.values()):
            return Looked(operation.id, -1)
        there = {n: values for n, values in rows.items() if values is not None}
        return Looked(operation.id, len(there), {n: values for n, values in there.items() if values})

    def _read(self, look: Callable[[], events.Event], what: str) -> events.Event:
        """Patiently while the vendor is away, as long as the retry quota lasts."""
        for number in itertools.count(PATIENT):
            try:
                return look()
            except ToolkitError as problem:
                asked = getattr(problem, "retry_after", None)
                away = isinstance(problem, NotSent | Throttled) or getattr(problem, "status", 0) >= 500
                away = away and not getattr(problem, "needs_person", False)
                passing = away and (asked or 0) <= self._options.max_wait
                if self._options.stop.is_set() or not passing or not self._session.quota.spend():
                    return Stopped(message("{what} could not be read: {problem}", what=message(what), problem=problem))
                why = Classification(
                    Verdict.NOT_EXECUTED, None, message("{what} cannot be read", what=message(what)), retry_after=asked
                )
                self._sleep(self._session.delay(number, why), why.message)
        raise AssertionError("the quota ends")

    # ── what an answer means ──

    def _reply(self, operation: Operation, prepared: Prepared, attempt: Attempt, took: float) -> Reply:
        result = attempt.result
        if result.verdict is Verdict.ACKED:
            return self._yes(operation, prepared, result, took)
        unsent = result.status == TOO_MANY and self._target.busy_is_unsent
        answer, left = (Answer.NONE, False) if unsent else _kind(result)
        batch = prepared.batch
        back = dict(zip(batch.positions.tolist(), batch.serials.tolist(), strict=True))
        suspects = self._target.suspects(result, batch.positions) if answer is Answer.REFUSED else ()
        words = self._redacted(batch, result)
        retry_in, stop, away = self._whether_to_go_on(result, words, again=not left or answer is Answer.BUSY)
        if answer is Answer.LOST:
            self._run.plan.sizes.doubtful()
        return Reply(
            answer,
            left,
            words,
            result.status,
            "" if result.code is None else str(result.code),
            suspects=[
                s._replace(position=back[s.position], message=self._without_cells(batch, s.message)) for s in suspects
            ],
            too_large=result.status == TOO_LARGE,
            retry_in=retry_in,
            stop=stop,
            away=away,
            digest=prepared.digest,
        )

    def _yes(self, operation: Operation, prepared: Prepared, result: Classification, took: float) -> Reply:
        self._session.quota.earn()
        self._tries, batch = 0, prepared.batch
        self._run.plan.sizes.fast(operation.size, len(prepared.request.body or b""), took)
        try:
            results = self._target.results(batch, result.payload)
        except BadAnswer as problem:
            words = str(problem)
            return Reply(Answer.LOST, message=words, status=result.status, stop=words, digest=prepared.digest)
        serials = self._places.serials() if (doubtful := self._target.doubtful(batch, results)) else {}
        if results:
            back = dict(zip(batch.positions.tolist(), batch.serials.tolist(), strict=True))
            results = {back[position]: values for position, values in results.items()}
        more = self._target.follows(batch)
        return Reply(
            Answer.ACKNOWLEDGED,
            status=result.status,
            results=results,
            doubtful=[serials[position] for position in doubtful],
            follows=more,
            digest=prepared.digest,
        )

    def _redacted(self, batch: Batch, result: Classification) -> str:
        """What was said, without the cells of these rows."""
        if not result.status:  # our own words
            return result.message
        return self._without_cells(batch, result.message)

    def _without_cells(self, batch: Batch, words: str) -> str:
        cells = itertools.chain.from_iterable(self._check.wire(batch.positions).values())
        return redact(words, cells) if words else ""

    def _whether_to_go_on(self, result: Classification, words: str, *, again: bool) -> tuple[float, str, bool]:
        """How long nothing may leave; why a person has to look first, "" where nobody has to; and `Reply.away`."""
        if result.meaning in (Meaning.TOKEN, Meaning.FORBIDDEN):
            return 0, message("{words}. Check the credentials", words=words), True
        if result.needs_person and result.status != TOO_LARGE:
            return 0, message("{words}. Correct the settings", words=words), True
        if not again or result.status == TOO_LARGE:
            return 0, "", False
        unsent = result.status == TOO_MANY and self._target.busy_is_unsent
        if result.status in BUSY and self._target.irrevocable and not unsent:
            text = message("{words}. What may cost money or reach people is not sent again by itself", words=words)
            asked = result.retry_after or 0
            return asked, text, asked > self._options.max_wait
        if not self._session.quota.spend():
            return 0, message("{words}. It was tried often enough; wait until the vendor is back", words=words), True
        if result.retry_after is None:
            self._tries += 1
        wait = self._session.delay(max(1, self._tries), result)
        if wait > self._options.max_wait:
            until = self._clock.now() + timedelta(seconds=wait)
            return 0, message("the vendor asks to wait until {until:%Y-%m-%d %H:%M:%S} UTC", until=until), True
        return wait, "", False

    # ── progress ──

    def _newly_done(self) -> int:
        """How many rows more are done, of the operations that were answered."""
        rows = 0
        for watched, before in [*self._watched.items()]:
            done = left = 0
            for operation in self._ledger.leaves(watched):
                if operation.state in DECIDED:
                    done += operation.size
                else:
                    left += operation.size
            rows += max(0, done - before)
            self._watched[watched] = max(before, done)
            if not left:
                del self._watched[watched]
        return rows


def _kind(result: Classification) -> tuple[Answer, bool]:
    """What a sending ended with, and whether it counts as one."""
    if result.meaning is Meaning.TOKEN or (result.verdict is Verdict.NOT_EXECUTED and not result.status):
        return Answer.NONE, False
    if result.verdict is Verdict.REJECTED or result.status == TOO_LARGE:
        return Answer.REFUSED, True
    if result.status in BUSY or result.verdict is Verdict.NOT_EXECUTED:
        return Answer.BUSY, True
    return Answer.LOST, True


def _sha256(request: wire.Request) -> str:
    digest = hashlib.sha256(f"{request.method} {request.path} {sorted(request.query.items())}".encode())
    digest.update(request.body or repr(sorted(request.form.items())).encode())
    for name, (file, content) in sorted(request.files.items()):
        digest.update(f"{name} {file}".encode() + content)
    return digest.hexdigest()
