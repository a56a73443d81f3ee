"""Requests under way: each in a thread of its own, or, where there is one worker only, in that of the push."""

import contextlib
import queue
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import NamedTuple

from toolkit.errors import NotSent
from toolkit.http.session import Attempt, Session
from toolkit.http.wire import Judgement, Verdict
from toolkit.push.journal import Step
from toolkit.push.made import Made

ASLEEP = 5  # seconds by which the clock on the wall may run ahead: more, and the machine was suspended
HEARS = 0.5  # seconds: without a limit, waiting for a thread is deaf to Ctrl-C on Windows


class Came(NamedTuple):
    """A request that is back."""

    step: Step
    made: Made
    attempt: Attempt
    took: float


class UnderWay:
    """What has been sent and is not back yet. All but `_exchange` runs in the thread of the push."""

    def __init__(self, session: Session, workers: int, per_second: float | None = None) -> None:
        self.steps: list[Step] = []
        self._session, self._clock = session, session.clock
        self._alone, self._workers, self._most = workers == 1, workers, float(workers)
        self._gap, self._free_at = 1 / per_second if per_second else 0.0, 0.0
        self._pool = ThreadPoolExecutor(workers)
        self._back: queue.SimpleQueue[Future[Came]] = queue.SimpleQueue()

    def __enter__(self) -> "UnderWay":
        return self

    def __exit__(self, *failure: object) -> None:
        self._pool.shutdown()

    @property
    def most(self) -> int:
        """How many may be under way at once: half as many once the vendor was busy, then one more after each round."""
        return min(int(self._most), len(self.steps) + (not self.pause)) if self._gap else int(self._most)

    @property
    def pause(self) -> float:
        """Seconds before the next may leave, where the options set a pace."""
        return max(0.0, self._free_at - self._clock.monotonic())

    def busy(self) -> None:
        self._most = max(1.0, self._most / 2)

    def went_well(self, answers: int) -> None:
        self._most = min(self._workers, self._most + answers / self._most)

    def send(self, step: Step, made: Made, intended: tuple[datetime, float]) -> None:
        """Send this. `intended`: what both clocks showed before its intent was written."""
        self.steps.append(step)
        self._free_at = self._clock.monotonic() + self._gap
        if self._alone:
            back: Future[Came] = Future()
            back.set_result(self._exchange(step, made, intended))
            self._back.put(back)
        else:
            self._pool.submit(self._exchange, step, made, intended).add_done_callback(self._back.put)

    def wait(self) -> list[Came]:
        """All that is back, one at least. What a thread failed with is raised here, once the others are taken in."""
        ended = [self._next()]
        while not self._back.empty() and not ended[-1].exception():
            ended.append(self._next())
        if len(ended) > 1 and ended[-1].exception():
            self._back.put(ended.pop())
        came = [each.result() for each in ended]
        for one in came:
            self.steps.remove(one.step)
        return came

    def rest(self) -> list[Came]:
        """All that was under way, once it is back, but for what failed in its thread. Nothing is sent after this."""
        self._pool.shutdown()
        ended = [self._back.get() for _ in range(self._back.qsize())]
        return [one.result() for one in ended if not one.exception()]

    def _next(self) -> Future[Came]:
        while True:
            with contextlib.suppress(queue.Empty):
                return self._back.get(timeout=HEARS)

    def _exchange(self, step: Step, made: Made, intended: tuple[datetime, float]) -> Came:
        at, since = intended
        started = self._clock.monotonic()
        slept = (self._clock.now() - at).total_seconds() - (started - since)
        if slept > ASLEEP:
            said = Judgement(Verdict.NOT_EXECUTED, None, "this machine was asleep; nothing was sent")
            attempt = Attempt(said, NotSent(said.message))
        else:
            attempt = self._session.attempt(made.endpoint, made.request)
        return Came(step, made, attempt, self._clock.monotonic() - started)
