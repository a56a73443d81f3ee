"""Would a weaker protocol be found out? Each mutant comes to a false claim that the protocol as it is does not come to.

Those of the pure parts (decider, runner, chunking) are found out by all histories of a scope; those of the
driver, the ledger and the transport by a scenario with real bytes (`test_mutants_of_the_driver`). The rules of the
design, dropped in turn, are in `test_explorer`.

Not here, as no history tells them apart: `stored == {False}` without `rise == 0` (a plain history that is not stored
has no rise); looks that are not taken between operations of ascending sizes, or before counting was once seen to work
(they only bound what a doubt costs).
"""

from functools import cache
from typing import Any

import pytest

from tests.push.explore import explore
from tests.push.mutants import Mutant, found_out
from tests.push.simulate import Budget, Scope
from tests.push.test_explorer import PLAIN, elsewhere
from toolkit.push import chunking, decide, runner
from toolkit.push.events import Reconcile

pytestmark = pytest.mark.slow  # they prove the tests, not the product

BOTH = ((23, 27), (31,))
COSTLY = elsewhere("irrevocable", offers=Reconcile.NOTHING)
READ = elsewhere()


def broken(sizes: tuple[tuple[int, ...], ...] = BOTH, looks: int = 1, **what: Any) -> Scope:
    return Scope(sizes, Budget(**{"faults": 1, **what}), looks_every=looks, final_look=True)


def loose(rule: str, function: Any, old: str, new: str, scope: Scope) -> Mutant:
    """Found out by what is claimed falsely, not by what is unknown or doubled: the scope breaks an assumption."""
    return Mutant(rule, function, old, new, scope, strict=False)


DECIDER = [
    loose("a busy vendor is counted at once", decide._wait, "stable if answered", "0 if answered", broken(executed=1)),
    loose(
        "a count decides that may not show all that was acknowledged",
        decide._wait,
        "return max(hidden, default=0)",
        "return 0",
        broken(((23, 27, 31),), looks=2, foreign=(58,)),
    ),
    loose(
        "silence is believed without trust",
        decide._settled,
        "trusted and stored == {True}",
        "stored == {True}",
        broken(faults=2, foreign=(-23,)),
    ),
    loose(
        "a refusal is believed whatever came in",
        decide._settled,
        "if rise == 0 and stored == {False} and (trusted or doubt.size == 1)",
        "if True",
        broken(((12,),), faults=0, executed=1),
    ),
    Mutant(
        "what was acknowledged is not subtracted", decide.decide, " - sum([o.size for o in acknowledged])", "", PLAIN
    ),
    loose(
        "trust returns by itself",
        decide.decide,
        "trusted=book.baseline.trusted and not why",
        "trusted=not why",
        broken(faults=2, foreign=(-23,)),
    ),
    loose(
        "what may be there twice stays verified",
        decide.decide,
        "each in taken_back or each.id in copied",
        "each in taken_back",
        broken(doubles=1),
    ),
    loose("an older claim stays", decide._tainted, "operation.id in copied", "False", broken(doubles=1)),
    loose(
        "what was counted stays so when trust is lost",
        decide._provisional,
        "operation.state is State.COUNTED or",
        "False or",
        broken(faults=2, foreign=(-23,)),
    ),
    loose("a fall costs no trust", decide._distrust, "if rise < 0 and", "if False and", broken(foreign=(-23,))),
    loose(
        "a rise after believed refusals costs no trust",
        decide._distrust,
        "if rise and _believed(book)",
        "if False",
        broken(((23, 1, 12),), faults=0, partial=1, refusals=1, looks=3),
    ),
    loose(
        "few rows are nobody's",
        decide.explain,
        "*(History(s, rest=r) for s, r in rests.items() if 0 < r < FEW)",
        "",
        broken(((3,), (13,)), foreign=(3,)),
    ),
    loose(
        "it is settled before W + S",
        decide.decide,
        "book.ages[o.id] >= waits.late and",
        "book.ages[o.id] >= waits.wait and",
        broken(doubles=1),
    ),
]
RUNNER = [
    Mutant(
        "no answer is no sending",
        runner._answered,
        "if not reply.left:",
        "if reply.answer is not Answer.ACKNOWLEDGED:",
        PLAIN,
    ),
    Mutant(
        "429 is no sending, where it costs money",
        runner._answered,
        "if not reply.left:",
        "if not reply.left or reply.answer is Answer.BUSY:",
        elsewhere("irrevocable", budget=Budget(executed=1), offers=Reconcile.NOTHING),
        ignored=frozenset({"rejected, stored 1 times"}),
    ),
    Mutant(
        "no answer is a yes",
        runner._answered,
        "if reply.answer is Answer.ACKNOWLEDGED:\n",
        "if reply.answer in (Answer.ACKNOWLEDGED, Answer.LOST):\n",
        PLAIN,
    ),
    Mutant("nobody looks after an answer", runner._answered, "v.unlooked += 1", "pass", PLAIN),
    Mutant(
        "the refusal of a row that was sent before is believed",
        runner._needs_look,
        "(plan.reads_refusals or operation.resent)",
        "plan.reads_refusals",
        elsewhere("repeatable"),
    ),
    Mutant("what a count shows is not written", runner._counted, "_apply(run, decision)", "pass", PLAIN),
    Mutant("it is always late enough", runner._book, "age(o.ended, v.locked, at)", "99", PLAIN),
    Mutant(
        "what is not there is sent again at once",
        runner._looked,
        "elif (due := _due(run, operation)) > 0:",
        "elif (due := 0) > 0:",
        READ,
    ),
    Mutant("read back: S, not W + S", runner._due, "else waits.late", "else waits.stable", READ),
    Mutant("read back: W, not W + S", runner._due, "else waits.late", "else waits.wait", READ),
    Mutant(
        "read back: waits count from the intent",
        runner._due,
        "age(operation.ended,",
        "age(operation.started,",
        elsewhere(budget=Budget(crashes=1, sleeps=1)),
    ),
    Mutant(
        "read back: a refusal says something of the sending before it",
        runner._due,
        "repeatable and operation.resent",
        "False",
        elsewhere("repeatable"),
    ),
    Mutant(
        "what reaches people is sent again",
        runner._looked,
        "elif plan.irrevocable:",
        "elif False:",
        elsewhere("irrevocable", budget=Budget(faults=1, overdue=1)),
    ),
]
SCHEDULE = [
    Mutant(
        "what costs money is sent again",
        runner._settle,
        "_change(run, operation.id, State.UNKNOWN, message(note))",
        "_put(run, operation, State.PLANNED)",
        COSTLY,
    ),
    Mutant(
        "a draft is taken up again",
        runner._settle,
        "_next_step(run, operation, run.plan.first_kind)",
        "_put(run, operation, State.PLANNED)",
        elsewhere(offers=Reconcile.DRAFT),
    ),
    Mutant("the intent is not written", runner._send, "state=State.SENT,", "state=State.PLANNED,", PLAIN),
    Mutant(
        "after a crash, all begins anew",
        runner._next_effects,
        "v = run.volatile\n",
        "v = run.volatile\n    for o in _in_doubt(run):\n        _put(run, o, State.PLANNED)\n",
        Scope(((11,), (13,)), Budget(crashes=1)),
    ),
    Mutant(
        "the next one goes while one is in doubt",
        runner._settle_by_count,
        "or _in_doubt(run) or",
        "or",
        Scope(((11, 13, 17),), Budget(faults=2), looks_every=3),
    ),
    Mutant("no first count", runner._settle_by_count, "or not v.looked or", "or", PLAIN),
    Mutant(
        "nobody looks at the end",
        runner._finish,
        "if v.unlooked or believed:",
        "if believed:",
        Scope(((11, 17),), Budget(), looks_every=3),
    ),
    loose(
        "believed refusals are not looked at at the end",
        runner._finish,
        "if v.unlooked or believed:",
        "if v.unlooked:",
        broken(((1, 1),), faults=0, executed=1, refusals=1, looks=3),
    ),
    loose(
        "no last look",
        runner._finish,
        "if (plan.final_look or v.trouble) and (baseline := run.ledger.baseline()) and baseline.trusted:",
        "if False:",
        broken(((23,),), doubles=1),
    ),
    loose(
        "a claim closes what is open", runner._change, "reopened = operation.open or", "reopened =", broken(doubles=1)
    ),
    loose(
        "a claim falls on the whole, not on its parts",
        runner._change,
        "ledger.leaves(claimed)",
        "[ledger.operation(claimed)]",
        broken(((12,),), refusals=1, executed=1, faults=0),
    ),
    Mutant(
        "a half is lost", chunking.halve, "[first, second]", "[first, first]", Scope(((4,), (13,)), Budget(refusals=3))
    ),
]
MUTANTS = [*DECIDER, *RUNNER, *SCHEDULE]


@cache
def _wrong_by_itself(scope: Scope, strict: bool, ignored: frozenset[str]) -> dict[str, tuple[str, ...]]:
    return explore(scope, strict=strict, one=True, ignored=ignored).bad


@pytest.mark.parametrize("mutant", MUTANTS, ids=[m.rule for m in MUTANTS])
def test_a_weaker_protocol_is_found_out(mutant: Mutant, record_property: Any) -> None:
    assert mutant.scope
    assert not _wrong_by_itself(mutant.scope, mutant.strict, mutant.ignored)
    found = found_out(mutant)
    assert found
    what, history = found
    record_property(mutant.rule, f"{what}, after {len(history)} steps: {' | '.join(history)}")
