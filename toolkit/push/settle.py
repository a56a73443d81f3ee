"""How doubt is settled: by a counter, by reading back, or not at all (reliability, sections 3.2 to 3.6).

An oracle is told what was acknowledged and what is ambiguous, and moves the ops in the journal accordingly. It never
guesses: what it cannot explain is unknown, with what was observed.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NoReturn, Protocol

from toolkit.push.journal import SENDABLE, Journal, Op, Run, Step
from toolkit.push.target import Countable, Readable

if TYPE_CHECKING:
    from toolkit.push.run import Runner


class Reconciler(Protocol):
    @property
    def looks(self) -> bool:
        """Whether `look` sees anything: then nothing may be under way meanwhile."""

    def begin(self, run: "Runner", doubtful: Sequence[Step]) -> None:
        """Before the first request of this sitting; `doubtful` was left ambiguous by an earlier one."""

    def look(self, run: "Runner") -> None:
        """Nothing is under way: see whether the acknowledged ops are there."""

    def rejected(self, run: "Runner", step: Step) -> bool:
        """This was refused. True where it turns out to be there all the same."""

    def settle(self, run: "Runner", doubtful: Sequence[Step]) -> None:
        """Decide these, or leave them unknown."""

    def avoids(self, size: int) -> bool:
        """Whether a chunk of this size could be mistaken for something else."""

    def tells_apart(self, sizes: Sequence[int]) -> bool:
        """Whether chunks of these sizes, sent at once, could be told apart afterwards."""

    def finish(self, run: "Runner") -> Run:
        """Nothing is left to send: look once more, and say how it ended."""


class NoReconciler:
    """No way to look: what is ambiguous stays unknown."""

    looks = False

    def begin(self, run: "Runner", doubtful: Sequence[Step]) -> None:
        self.settle(run, doubtful)

    def look(self, run: "Runner") -> None:
        pass

    def rejected(self, run: "Runner", step: Step) -> bool:
        return False

    def settle(self, run: "Runner", doubtful: Sequence[Step]) -> None:
        run.mark(doubtful, Op.UNKNOWN, "no answer came, and the vendor offers no way to look; it was not sent again")

    def avoids(self, size: int) -> bool:
        return False

    def tells_apart(self, sizes: Sequence[int]) -> bool:
        return True

    def finish(self, run: "Runner") -> Run:
        return Run.UNVERIFIED


class ReadBack(NoReconciler):
    """Each row can be looked up."""

    def __init__(self, target: Readable) -> None:
        self._target = target

    def rejected(self, run: "Runner", step: Step) -> bool:
        looks = step.attempts > 1 or self._target.looks_after_refusal
        return looks and all(self._find(run, row) for row in step.positions)

    def settle(self, run: "Runner", doubtful: Sequence[Step]) -> None:
        if doubtful and not self._target.resend_at_once:
            run.wait(run.options.settle_wait, "a request without an answer may still be applied")
        for step in doubtful:
            there = [self._find(run, row) for row in step.positions]
            if all(there):
                run.mark([step], Op.VERIFIED, "read back after an ambiguous answer")
            elif any(there) and not self._target.resend_at_once:
                run.mark([step], Op.UNKNOWN, f"read back after an ambiguous answer: {sum(there)} of {len(there)} rows")
            else:
                run.mark([step], Op.RESEND, "read back after an ambiguous answer: not there")

    def _find(self, run: "Runner", row: int) -> bool:
        given = run.read(lambda: self._target.find(int(run.where[row])), f"whether row {row} is in")
        if given:
            with run.journal.transaction():
                run.journal.keep_results({int(row): given})
        return given is not None

    def finish(self, run: "Runner") -> Run:
        return Run.BALANCED


class Drafts(NoReconciler):
    """Nothing that is sent here reaches anybody: what is in doubt is left behind and built anew."""

    def settle(self, run: "Runner", doubtful: Sequence[Step]) -> None:
        for step in doubtful:
            run.restart(step, "no trustworthy answer came; this draft was left behind and a new one begun")


class Counter:
    """Rows can be counted only.

    Exactly once, as long as a request is stored wholly or not at all, nobody else writes in the meantime, a dead
    request is applied within `settle_wait` or never, and the counter counts every stored row. What was sent again stays
    provisional to the end: until then, an earlier request of it may show that it was only late.
    """

    def __init__(self, target: Countable) -> None:
        self._target = target
        self._fence = 0  # the last count that was wholly explained
        self._stored = self._elsewhere = 0  # rows that this push, and others of ours to the same place, have explained
        self._last_doubt: float | None = None
        self._reserved: set[int] = set()  # sizes of what was sent again: a rise by one of them may be a late request
        self.trusted = True

    # ── the oracle ──

    @property
    def looks(self) -> bool:
        return self.trusted

    def begin(self, run: "Runner", doubtful: Sequence[Step]) -> None:
        facts = run.journal.facts.get("counter")
        self._fence, self.trusted = (facts["fence"], facts["trusted"]) if facts else (0, True)
        self._elsewhere = _stored_elsewhere(run)
        if facts:  # what other pushes of ours stored in the meantime is nobody else's doing
            self._fence += self._elsewhere - facts["elsewhere"]
            self._stored = facts["stored"]
        provisional = _provisional(run)
        self._reserved = {s.size for s in provisional if s.resent}
        self._last_doubt = run.clock.monotonic() if provisional else None
        if doubtful:
            self.settle(run, doubtful)
        elif facts and (_acked(run) or provisional):
            self.look(run)
        elif self.trusted:
            count, at = run.read(self._target.first_count, "the counter")
            with run.journal.transaction():
                self._set_fence(run, count, at)

    def look(self, run: "Runner") -> None:
        """A fence: the count is what the acknowledged chunks make it, or the counter is not trusted any more."""
        if not self.trusted:
            return
        count, waited = self._count(run), 0.0
        while count != self._expected(run) and waited < run.options.settle_stable:
            pause = min(max(0.05, waited), run.options.settle_stable - waited)
            run.wait(pause, "the counter lags behind")
            waited += pause
            count = self._count(run)
        self._conclude(run, [], count)

    def rejected(self, run: "Runner", step: Step) -> bool:
        return False

    def settle(self, run: "Runner", doubtful: Sequence[Step]) -> None:
        if not doubtful:
            return
        if not self.trusted:
            run.mark(doubtful, Op.UNKNOWN, "no trustworthy answer came, and the counter could not be trusted here")
            return
        run.wait(run.options.settle_wait, "a request without an answer may still be applied")
        count = self._steady(run)
        self._last_doubt = run.clock.monotonic()
        self._conclude(run, doubtful, count)

    def avoids(self, size: int) -> bool:
        return size % 50 == 0 or size in self._reserved

    def tells_apart(self, sizes: Sequence[int]) -> bool:
        sums = 1
        for size in sizes:
            if sums & sums << size:
                return False
            sums |= sums << size
        return True

    def finish(self, run: "Runner") -> Run:
        if self.trusted and _provisional(run):
            if self._last_doubt is not None:
                left = run.options.settle_wait - (run.clock.monotonic() - self._last_doubt)
                run.wait(left, "a last look, when no request can be on its way any more")
            self.look(run)
            counted = [s for s in run.steps if s.state is Op.COUNTED]
            run.mark(counted, Op.VERIFIED, "the counter named this chunk, and agreed at the end")
        if self.trusted and run.options.final_look:
            run.wait(run.options.settle_wait + run.options.settle_stable, "a final look, as the options ask for")
            self.look(run)
        return Run.BALANCED if self.trusted else Run.UNBALANCED

    # ── counting ──

    def _expected(self, run: "Runner") -> int:
        return self._fence + sum(s.size for s in _acked(run))

    def _steady(self, run: "Runner") -> int:
        """The counter once it has stayed the same for `settle_stable` seconds, or as it is after many looks."""
        count = self._count(run)
        for _ in range(_MOST_LOOKS):
            run.wait(run.options.settle_stable, "whether the counter stays as it is")
            before, count = count, self._count(run)
            if count == before:
                break
        return count

    def _count(self, run: "Runner") -> int:
        return run.read(self._target.count, "the counter")

    def _conclude(self, run: "Runner", doubtful: Sequence[Step], count: int) -> None:
        """What is the same in every history that explains the count is so; what differs among them is unknown."""
        change = count - self._expected(run)
        possible = _explain(run, doubtful, change)
        if possible is None:
            self._distrust(run, doubtful, _why(doubtful, change), count)
        late = [s for s, times in possible.items() if min(times) > (s in doubtful or s.state in SENDABLE)]
        if late:
            self._distrust(run, doubtful, "the counter rose by a chunk twice: a request was applied late", count, late)
        with run.journal.transaction():
            for step in _acked(run):
                run.decide(step, Op.COUNTED if step.resent else Op.VERIFIED)
            for step, times in possible.items():
                if len(times) > 1:
                    run.decide(step, Op.UNKNOWN, f"the counter rose by {change}: this, or a late request")
                elif times == {1}:
                    run.decide(step, Op.COUNTED, f"the counter rose by {change}: stored")
                elif step in doubtful:
                    run.decide(step, Op.RESEND, f"the counter rose by {change}: not stored")
            self._stored += count - self._fence
            self._set_fence(run, count)
        self._reserved = {s.size for s in _provisional(run) if s.resent}

    def _distrust(
        self, run: "Runner", doubtful: Sequence[Step], why: str, count: int, late: Sequence[Step] = ()
    ) -> NoReturn:
        """What was not yet looked at, and all that is provisional, is unknown; but for those known to be in twice."""
        told = f"{why}. Expected {self._expected(run)}, found {count}"
        self.trusted = False
        with run.journal.transaction():
            for step in dict.fromkeys([*doubtful, *_acked(run), *_provisional(run)]):
                if step in late:
                    run.decide(step, Op.DUPLICATED, told)
                elif late and step.state is Op.ACKED and not step.resent:
                    run.decide(step, Op.VERIFIED)  # the count is explained, and this is in it once
                else:
                    run.decide(step, Op.UNKNOWN, told)
            self._set_fence(run, count)
        run.pause(f"{why}. What was not yet verified is unknown; running this again goes on without verification")

    def _set_fence(self, run: "Runner", count: int, at: datetime | None = None) -> None:
        """Inside a transaction, together with what the count decided."""
        self._fence = count
        seen = (at or run.now()).isoformat()
        first = run.journal.facts.get("counter", {}).get("first", {"count": count, "at": seen})
        counter = {"fence": count, "trusted": self.trusted, "seen": seen, "first": first}
        run.journal.set_facts(counter=counter | {"stored": self._stored, "elsewhere": self._elsewhere})


_MOST_LOOKS = 20  # at a counter that does not stand still


def _stored_elsewhere(run: "Runner") -> int:
    """The rows that other pushes to the same place know to be stored by them."""
    own, stored = run.journal.path, 0
    for path in own.parent.glob(f"{own.name.partition('-')[0]}-*.sqlite"):
        if path != own and (journal := Journal.sound(path)):
            with journal:
                stored += journal.facts.get("counter", {"stored": 0})["stored"]
    return stored


def _acked(run: "Runner") -> list[Step]:
    return [s for s in run.steps if s.state is Op.ACKED]


def _provisional(run: "Runner") -> list[Step]:
    """What only the counter vouches for: an unbalanced count makes it unknown."""
    return [s for s in run.steps if s.state is Op.COUNTED or (s.resent and s.state in (*SENDABLE, Op.ACKED))]


def _explain(run: "Runner", doubtful: Sequence[Step], change: int) -> dict[Step, set[int]] | None:
    """How often each op may have been applied beyond what is known, over all histories that fit; None: none does.

    In a history, each request in doubt was applied or not, and at most one that was given up came late.
    """
    late = [s for s in _provisional(run) if s.resent]
    sums = _sums(doubtful)
    fitting = [s for s in late if _has(sums, change - s.size)]
    if not fitting and not _has(sums, change):
        return None
    possible: dict[Step, set[int]] = {}
    for step in late:
        possible[step] = {0} if _has(sums, change) or any(s is not step for s in fitting) else set()
        possible[step] |= {1} if step in fitting else set()
    for step in doubtful:
        others = _sums([s for s in doubtful if s is not step])
        left = {n: change - n * step.size for n in range(step.resent + 2)}
        rests = [0, *(s.size for s in late)]
        possible[step] = {n for n in left if any(_has(others, left[n] - rest) for rest in rests)}
    return possible


def _sums(doubtful: Sequence[Step]) -> int:
    """What requests in doubt may add up to: bit n is set where some of them make n."""
    sums = 1
    for step in doubtful:
        for _ in range(step.resent + 1):
            sums |= sums << step.size
    return sums


def _has(sums: int, number: int) -> bool:
    return number >= 0 and bool(sums >> number & 1)


def _why(doubtful: Sequence[Step], change: int) -> str:
    if len(doubtful) == 1 and 0 < change < doubtful[0].size:
        return f"the counter rose by {change} of {doubtful[0].size}: a part of the request may be stored"
    return f"the counter changed by {change}, which no chunk of this push explains: somebody else may have written"
