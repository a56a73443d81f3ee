"""Whether a journal is one that the rules of a push can have written: invariants I1 to I9 of the design.

Recovery makes an open intent ambiguous and nothing else (I3), and recovering twice changes nothing more (I9): of these,
what shows in the file is looked at here.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from toolkit.push.journal import HANDED_ON, Journal, Op, Run, Step
from toolkit.push.outcomes import OUTCOME

UNSETTLED = (Op.INTENT, Op.AMBIGUOUS, Op.COUNTED, Op.RESEND)
ENDED = (Run.BALANCED, Run.UNBALANCED, Run.UNVERIFIED)


def verify(journal: Journal) -> list[str]:
    """What is wrong with a journal, each as the invariant and the op; empty where nothing is."""
    steps = journal.steps()
    tries: dict[int, list[Any]] = defaultdict(list)
    for attempt in journal.attempts():
        tries[attempt[0]].append(attempt)
    found = [*_rows(journal, steps), *_families(steps), *_epochs(journal), *_end(journal, steps)]
    released = Counter(op for _, what, told in journal.events() if what == Op.RESOLVED_NOT_DONE for op in told["ops"])
    for step in steps:
        found += [f"{problem} (op {step.id})" for problem in _op(step, tries[step.id], released[step.id])]
    return found


def _rows(journal: Journal, steps: Sequence[Step]) -> Iterator[str]:
    count = journal.facts["rows"]
    held = [s.positions for s in steps if s.state not in HANDED_ON]
    if not np.array_equal(np.sort(np.concatenate(held)) if held else [], np.arange(count)):
        yield "I4: not every row is in exactly one open op"
    if len(journal.manifest()) != count:
        yield "I8: the rows are not those of the manifest"


def _families(steps: Sequence[Step]) -> Iterator[str]:
    children: dict[int, list[Step]] = defaultdict(list)
    for step in steps:
        if step.parent is not None:
            children[step.parent].append(step)
    for step in steps:
        rows = [s.positions for s in children[step.id]]
        if bool(rows) != (step.state in HANDED_ON):
            yield f"I4: op {step.id} is {step.state}, and {len(rows)} ops follow it"
        elif rows and not np.array_equal(np.sort(np.concatenate(rows)), np.sort(step.positions)):
            yield f"I4: the ops after op {step.id} do not hold its rows"


def _epochs(journal: Journal) -> Iterator[str]:
    opened = journal.epochs()
    now = max(opened, default=0)
    for op, number, epoch, verdict, *_ in journal.attempts():
        if epoch not in opened:
            yield f"I7: attempt {number} of op {op} was made in no lock period"
        if verdict is None and epoch < now:
            yield f"I3: attempt {number} of op {op} was left open by a recovery"


def _end(journal: Journal, steps: Sequence[Step]) -> Iterator[str]:
    if any(OUTCOME.get(state) == "verified" for state in UNSETTLED):
        yield "I5: a provisional state is shown as verified"
    if journal.state[0] in ENDED:
        for step in steps:
            if step.state in UNSETTLED or step.state in (Op.PLANNED, Op.NOT_EXECUTED):
                yield f"I5: the push has ended, and op {step.id} is {step.state}"


def _op(step: Step, tries: Sequence[Any], released: int) -> Iterator[str]:
    verdicts = [t[3] for t in tries]
    if tries and not step.sha256:
        yield "I1: it was sent without a journaled payload"
    if [t[1] for t in tries] != list(range(1, len(tries) + 1)):
        yield "I2: its attempts are not counted one by one"
    if (step.state is Op.INTENT) != (None in verdicts) or None in verdicts[:-1]:
        yield "I2: an intent without an open attempt, or an open attempt that is not the last"
    spent = [v for v in verdicts if v != "not executed"]
    if len(spent) > 1 + step.resent + released:
        yield "I2: sent again without evidence"
    if step.irrevocable and len(spent) > 1 + released:
        yield "I6: sent more than once"
    if step.irrevocable and step.resent:
        yield "I6: marked to be sent again"
