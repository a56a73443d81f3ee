"""A request of many rows was refused: find the guilty ones, so that they cost their neighbours nothing.

By the value that the refusal names, else by halves. Each part is an op of its own, so that a crash on the way resumes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from toolkit.http.wire import Judgement
from toolkit.push.journal import Op, Step
from toolkit.push.target import Suspect

if TYPE_CHECKING:
    from toolkit.push.run import Runner

ENOUGH_REFUSALS = 10
JUDGED_ROWS = 200
SUSPICIOUS = 6  # refusals after which some rows from all over are tried alone
PROBES = 5


class Refusals:
    """What was refused in one sitting, and what follows from it."""

    def __init__(self, run: "Runner") -> None:
        self._run = run
        self._count = 0
        self._pairs: dict[int, tuple[Step, str]] = {}  # of a first half: its second half, why both were refused
        self._known_bad: dict[int, str] = {}
        self._probes: list[Step] = []

    @property
    def infers(self) -> bool:
        """Whether what becomes of one op may tell about another."""
        return bool(self._pairs or self._known_bad)

    def take(self, step: Step, said: Judgement) -> None:
        """This op was refused: a row by itself stays so, many are parted."""
        run = self._run
        self._count += 1
        suspects = run.target.suspects(said, run.where[step.positions])
        suspects = [s._replace(message=run.told(step, replace(said, message=s.message)).message) for s in suspects]
        said = run.told(step, said)
        if step.size > 1:
            self._part(step, said, suspects)
        elif run.reconciler.rejected(run, step):
            with run.journal.transaction():
                run.journal.outcome(step, Op.VERIFIED, said, run.now().isoformat())
        else:
            with run.journal.transaction():
                run.journal.attempted(step, said, run.now().isoformat())
                why = next((s.message for s in suspects if s.message), said.message)
                run.refuse(step, why, next((s.column for s in suspects), None))
        if step.id in self._pairs:  # its second half comes next: whether that is accepted tells more than smaller parts
            run.prefer(self._pairs.pop(step.id)[0])

    def _part(self, step: Step, said: Judgement, suspects: Sequence[Suspect]) -> None:
        """Replace a refused op by smaller ones. The attempt is on disk with them."""
        with self._run.journal.transaction():
            self._run.journal.attempted(step, said, self._run.now().isoformat())
            if suspects:
                self._by_value(step, said.message, suspects)
            else:
                self._halve(step, said.message)

    def _by_value(self, step: Step, message: str, suspects: Sequence[Suspect]) -> None:
        """The rest in one request; a row that is named beyond doubt is refused, the others are tried alone."""
        run = self._run
        journal_position = {int(run.where[p]): int(p) for p in step.positions}
        named = [journal_position[s.position] for s in suspects]
        rest = step.positions[~np.isin(step.positions, named)]
        children = run.split(step, [*(np.array([p], dtype=np.int64) for p in named), *([rest] if len(rest) else [])])
        for child, suspect in zip(children, suspects, strict=False):
            if suspect.certain:
                run.refuse(child, suspect.message or message, suspect.column)

    def _halve(self, step: Step, message: str) -> None:
        half = step.size // 2
        left, right = self._run.split(step, [step.positions[:half], step.positions[half:]])
        self._pairs[left.id] = (right, message)

    # ── inference ──

    def accepted(self, steps: Iterable[Step]) -> None:
        """These ops were acknowledged: where one is a first half, the second is known to be bad without being sent."""
        for step in steps:
            if step.id in self._pairs:
                right, message = self._pairs.pop(step.id)
                self._known_bad[right.id] = message

    def infer(self, step: Step) -> bool:
        """Whether this op is known to hold bad rows: then it is halved again, or its only row is refused."""
        if step.resent or step.id not in self._known_bad:
            return False
        message = self._known_bad.pop(step.id)
        with self._run.journal.transaction():
            if step.size == 1:
                self._run.refuse(step, message, None)
            else:
                self._halve(step, message)
        return True

    # ── whether going on makes sense ──

    def worth_going_on(self) -> None:
        """Look, probe or pause, as the refusals so far suggest."""
        if self._count == 1:
            self._run.look()  # a refused request stored nothing: seen once, not only believed
        if why := self._looks_like_wrong_mapping():
            blames = self._run.journal.blames().values()
            messages = "; ".join(dict.fromkeys(error for error, _ in blames))[:300]
            self._run.pause(
                f"{why}: this looks like a column in the wrong place. First messages: {messages}. "
                "To send the rest all the same, run it again with a higher max_rejected"
            )
        if self._count >= max(SUSPICIOUS, self._taken()) and not self._probes:
            self._probe()

    def _looks_like_wrong_mapping(self) -> str:
        run = self._run
        refused = sum(s.size for s in run.steps if s.state is Op.REJECTED)
        taken = self._taken()
        guilty = sum(s.state is Op.REJECTED for s in self._probes)
        if run.options.max_rejected < 1 and not taken and self._count >= ENOUGH_REFUSALS:
            return f"{self._count} requests were refused and none was accepted"
        if guilty > max(PROBES / 2, PROBES * run.options.max_rejected):
            return f"{guilty} of {PROBES} rows from all over were refused"
        if refused + taken >= JUDGED_ROWS and refused > run.options.max_rejected * (refused + taken):
            return f"{refused:,} of the first {refused + taken:,} rows were refused"
        return ""

    def _taken(self) -> int:
        return sum(s.size for s in self._run.steps if s.state in (Op.ACKED, Op.VERIFIED, Op.COUNTED))

    def _probe(self) -> None:
        """Some rows from all over the largest op that waits, each by itself: they tell the guilty few from all."""
        step = max(self._run.waiting, key=lambda s: s.size, default=None)
        if step and step.size > PROBES:
            chosen = np.linspace(0, step.size - 1, PROBES, dtype=np.int64)
            parts = [*(step.positions[[n]] for n in chosen), np.delete(step.positions, chosen)]
            with self._run.journal.transaction():
                self._probes = self._run.split(step, parts)[:PROBES]
