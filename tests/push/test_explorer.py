"""Every history of small scopes: no claim is false, nothing is doubled; and each rule, dropped, is found out.

`pytest --slow` (see `conftest`) explores the larger scopes.
"""

import inspect
import textwrap
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from tests.push import simulate
from tests.push.explore import SETTLED, explore
from tests.push.simulate import Budget, Scope, SimulatedLedger
from toolkit.push import decide, runner, schedule

ONE_EACH = ((11,), (13,))
TWO_EACH = ((11, 17), (13,))

# ── nothing is broken ──

EVERYDAY = {
    "two pushes, two faults, two crashes": Scope(ONE_EACH, Budget(faults=2, crashes=2)),
    "two of two, looking each time": Scope(((11, 17), (13, 19)), Budget(faults=1, crashes=1)),
    "three, looking every other time": Scope(((11, 13, 17),), Budget(faults=2, crashes=1), looks_every=2),
    "a sleep and a purge": Scope(ONE_EACH, Budget(faults=1, crashes=1, sleeps=1, purges=1)),
    "a refusal": Scope(((2,), (13,)), Budget(faults=1, refusals=2)),
}


@pytest.mark.parametrize("scope", EVERYDAY.values(), ids=EVERYDAY)
def test_no_claim_is_false(scope: Scope) -> None:
    explored = explore(scope)
    names = {size for sizes in scope.pushes for size in sizes if size >= decide.FEW}
    unexpected = {what for what in explored.bad if "unknown" not in what or len(names) == sum(map(len, scope.pushes))}
    assert not unexpected, explored
    assert explored.states > 1_000


# ── an assumption is broken ──

BROKEN = {
    "foreign": [Budget(faults=1, foreign=(n,)) for n in (3, 4, 23, 27, 31, 50)],
    "removed": [Budget(faults=1, foreign=(-n,)) for n in (3, 4, 23, 27, 31, 50)],
    **{
        what: [replace(Budget(faults=1), **{what: 1})]
        for what in ("doubles", "partial", "executed", "unstored", "overdue", "lagging")
    },
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_assumption_costs_unknown_rows_and_no_false_claim_but_those_named(what: str) -> None:
    settled: dict[str, Any] = {}
    for budget in BROKEN[what]:
        explored = explore(Scope(((23, 27), (31,)), budget, final_look=True), strict=False)
        settled |= {k.split(": ", 1)[1]: h for k, h in explored.bad.items() if "(open)" not in k}
    assert set(settled) == SETTLED[what], settled


# ── each rule, dropped in turn ──


class Mutant(NamedTuple):
    """A rule of the design that is dropped: what is replaced where, and the scope that finds it out."""

    rule: str
    function: Callable[..., Any]
    old: str
    new: str
    scope: Scope
    strict: bool = True


PLAIN = Scope(ONE_EACH, Budget(faults=1, crashes=1))
MUTANTS = [
    Mutant(
        "1: what another push left in doubt is settled first",
        SimulatedLedger.unsettled,
        "if o.unsettled",
        "if o.unsettled and o.push == self.running",
        PLAIN,
    ),
    Mutant(
        "2: waits count from the lock or from a recorded end",
        runner._book,
        "locked if o.ended is None else age(o.ended, at)",
        "age(o.started or v.locked, at)",
        Scope(ONE_EACH, Budget(crashes=1, sleeps=1)),
    ),
    Mutant(
        "3: decisions and the new baseline are one",
        runner._apply,
        "ledger.set_baseline(",
        "(lambda baseline: 0)(",
        PLAIN,
    ),
    Mutant("4: W + S, not W", decide._wait, "waits.late) - book", "waits.wait) - book", PLAIN),
    Mutant("4: W + S, not S", decide._wait, "waits.late) - book", "stable) - book", PLAIN),
    Mutant(
        "4: nothing is sent again before a count",
        schedule.next_effects,
        "if settling is not None:",
        "for o in in_doubt(run): put(run, o, State.PLANNED)\n        if False:",
        PLAIN,
    ),
    Mutant(
        "5: a count that does not fit is taken again",
        decide._wait,
        "if not rise:\n        return 0",
        "return 0",
        Scope(ONE_EACH, Budget(crashes=0)),
    ),
    Mutant(
        "5: of the size of the rise, all unknown",
        decide.explain,
        "if o.size == rest and o.sendings",
        "if False and o.sendings",
        Scope(((23, 27), (31,)), Budget(doubles=1), final_look=True),
        strict=False,
    ),
    Mutant(
        "5: a count that fell leaves nothing verified",
        decide.decide,
        "acknowledged if removed or",
        "acknowledged if",
        Scope(((23, 27), (31,)), Budget(unstored=1), final_look=True),
        strict=False,
    ),
    Mutant(
        "6: the second copy of another, too",
        decide.explain,
        "[*plain, *copies,",
        "[*plain,",
        Scope(((11,), (11,)), Budget(faults=1, doubles=1)),
        strict=False,
    ),
    Mutant(
        "7: verified ones stay suspects",
        decide.decide,
        "if book.ages[o.id] >= waits.late and",
        "if True or",
        Scope(((23, 27), (31,)), Budget(doubles=1), final_look=True),
        strict=False,
    ),
    Mutant(
        "8: few rows may be somebody typing",
        decide.explain,
        "if 0 < r < FEW",
        "if 0 < r < 0",
        Scope(((3,), (13,)), Budget(faults=1, foreign=(3,)), final_look=True),
        strict=False,
    ),
    Mutant(
        "10: trust is lost",
        decide._distrust,
        "if explained or not rise:",
        "if True:",
        Scope(((23, 27), (31,)), Budget(faults=1, foreign=(-23,)), final_look=True),
        strict=False,
    ),
    Mutant(
        "11: a purge keeps sizes",
        simulate.purge,
        '"""',
        'world.ledger.forget(push); """',
        Scope(((11,), (11,)), Budget(faults=1, purges=1, doubles=1)),
        strict=False,
    ),
]


def mutate(patch: pytest.MonkeyPatch, mutant: Mutant) -> None:
    source = textwrap.dedent(inspect.getsource(mutant.function))
    assert mutant.old in source, mutant.rule
    head, _, rest = source.partition(mutant.old) if mutant.function is simulate.purge else (source, "", "")
    changed = head + mutant.new.replace('"""', "") + "0\n" if rest else source.replace(mutant.old, mutant.new)
    space = mutant.function.__globals__
    compiled: dict[str, Any] = {}
    exec(compile(changed, mutant.rule, "exec"), space, compiled)
    name = mutant.function.__name__
    if mutant.function is SimulatedLedger.unsettled:
        patch.setattr(SimulatedLedger, name, compiled[name])
        return
    patch.setitem(space, name, compiled[name])
    for importer in (m for m in (runner,) if name in vars(m)):
        patch.setattr(importer, name, compiled[name])


def beyond(scope: Scope, strict: bool) -> dict[str, tuple[str, ...]]:
    """What an exploration finds that no look takes back."""
    return {k: h for k, h in explore(scope, strict=strict).bad.items() if "(open)" not in k}


@pytest.mark.parametrize("mutant", MUTANTS, ids=[m.rule for m in MUTANTS])
def test_a_rule_that_is_dropped_is_found_out(
    monkeypatch: pytest.MonkeyPatch, mutant: Mutant, record_property: Any
) -> None:
    before = beyond(mutant.scope, mutant.strict)
    mutate(monkeypatch, mutant)
    new = {k: h for k, h in beyond(mutant.scope, mutant.strict).items() if k not in before}
    assert new
    what, history = min(new.items(), key=lambda each: len(each[1]))
    record_property(mutant.rule, f"{what}, after {len(history)} steps: {' | '.join(history)}")
