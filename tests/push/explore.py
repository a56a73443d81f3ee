"""Every history of a scope, or some at random; and whether what is claimed in them is so.

python -m tests.push.explore --histories 100000 --seed 1     random ones, with and without a broken assumption
python -m tests.push.explore --scope NAME                    all of one of the large scopes (`LARGE`)
"""

import argparse
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from tests.push.simulate import Budget, Scope, World, moves
from toolkit.push.decide import FEW
from toolkit.push.events import Reconcile
from toolkit.push.states import Operation, PushState, State

CLAIMS = {
    State.ACKNOWLEDGED: (1, 1),
    State.VERIFIED: (1, 1),
    State.COUNTED: (1, 1),
    State.REJECTED: (0, 0),
    State.DUPLICATED: (2, 99),
}
UNFINISHED = {  # in no push that is done; where rows are counted, all that was acknowledged is
    False: (State.PLANNED, State.SENT),
    True: (State.PLANNED, State.SENT, State.ACKNOWLEDGED),
}
LOOKED_AT = (State.COUNTED, State.VERIFIED)
SETTLED = {  # an assumption that is broken: the false claims that no look takes back (README names them)
    "foreign": {"counted, stored 0 times"},
    "removed": {"verified, stored 2 times"},
    "overdue": {"counted, stored 2 times", "verified, stored 2 times", "rejected, stored 1 times"},
    "doubles": set(),
    "partial": set(),
    "executed": set(),
    "unstored": set(),
    "lagging": set(),
}
LARGE = {
    "two of two, two faults, two crashes": Scope(((11, 17), (13, 19)), Budget(faults=2, crashes=2)),
    "two of two, two faults, a crash, a sleep, a purge": Scope(
        ((11, 17), (13, 19)), Budget(faults=2, crashes=1, sleeps=1, purges=1)
    ),
    "two of two, a sleep, a purge, a foreign write, a double delivery": Scope(
        ((11, 17), (13, 19)), Budget(faults=2, sleeps=1, purges=1, foreign=(13,), doubles=1), final_look=True
    ),
}


# ── whether what is claimed is so ──


@dataclass(frozen=True, slots=True)
class Wrong:
    """A false claim, a doubled row, or a row that nobody knows about."""

    what: str
    operation: int
    settled: bool  # no later look would have taken it back

    def __str__(self) -> str:
        return f"{self.operation}: {self.what}{'' if self.settled else ' (open)'}"


def wrong(world: World, *, strict: bool) -> Iterator[Wrong]:
    """What is false now. `strict`: no assumption is broken, so that nothing may be doubled or left open either."""
    for operation in world.ledger._operations.values():
        if operation.state is not State.REPLACED:
            yield from _claimed(world, operation, strict=strict)
            if what := _left_open(world, operation, strict=strict):
                yield Wrong(what, operation.id, True)


def _claimed(world: World, operation: Operation, *, strict: bool) -> Iterator[Wrong]:
    held, drafts = [operation], world.scope.offers is Reconcile.DRAFT
    while held[-1].parent is not None and not drafts:  # a draft that is left behind is nobody's
        held.append(world.ledger._operations[held[-1].parent])
    times = sum(world.vendor.copies.get(o.id, 0) for o in held)
    times = min(times, 1) if dict(world.scope.plan_facts).get("repeatable") else times  # a second one changes nothing
    parts = any(o.id in world.vendor.parts for o in held)
    least, most = CLAIMS.get(operation.state, (0, 99))
    if not least <= times <= most or (parts and operation.state in CLAIMS):
        what = f"{operation.state}, stored {times} times{' and in part' if parts else ''}"
        few = ", of few rows" if operation.state is State.COUNTED and operation.size < FEW else ""
        yield Wrong(what + few, operation.id, not any(o.open for o in held))
    elif strict and times > 1:
        yield Wrong(f"stored {times} times", operation.id, True)
    elif strict and operation.state is State.UNKNOWN:
        yield Wrong("unknown", operation.id, True)


def _left_open(world: World, operation: Operation, *, strict: bool) -> str:
    """What a run should have done about it; "" where nothing is left to do."""
    baseline, scope = world.ledger._baseline, world.scope
    done = world.ledger.push(operation.push).state is PushState.DONE
    if baseline is not None and not baseline.trusted:
        return f"{operation.state}, though the counter is not trusted" if _on_its_word(operation) else ""
    if not done:
        return ""
    if strict and operation.state in UNFINISHED[scope.offers is Reconcile.COUNT]:
        return f"done, and {operation.state}"
    if operation.believed:
        return "done, and a refusal was not looked at"
    if scope.final_look and operation.open and operation.state in LOOKED_AT:
        return "done, and no last look was taken"
    return ""


def _on_its_word(operation: Operation) -> bool:
    """Whether this rests on the counter alone."""
    again = operation.state is State.PLANNED and operation.sendings > 0
    return again or (operation.open and operation.state is State.COUNTED)


# ── every history ──


@dataclass
class Explored:
    states: int = 0
    bad: dict[str, tuple[str, ...]] = field(default_factory=dict)  # the shortest history of each kind

    def __str__(self) -> str:
        return "\n".join([f"{self.states:,} states", *(f"{k}\n    {' | '.join(h)}" for k, h in self.bad.items())])


class Seen:
    """Worlds that were seen. One with less left to happen than the same one before brings nothing new."""

    def __init__(self) -> None:
        self.histories = 0
        self._masks: dict[int, int] = {}  # by the hash of a world: the budgets with which it was seen
        self._budgets: dict[Budget, tuple[int, int]] = {}  # its own bit, and those of all that allow as much

    def __len__(self) -> int:
        return len(self._masks)

    def is_new(self, world: World) -> bool:
        key = hash(world.key())
        mask = self._masks.get(key, 0)
        bit, covering = self._budgets.get(world.left) or self._add(world.left)
        if mask & covering:
            return False
        self._masks[key] = mask | bit
        return True

    def _add(self, budget: Budget) -> tuple[int, int]:
        bit = 1 << len(self._budgets)
        covering = bit
        for other, (its, above) in self._budgets.items():
            if covers(other, budget):
                covering |= its
            if covers(budget, other):
                self._budgets[other] = its, above | bit
        self._budgets[budget] = bit, covering
        return bit, covering


def covers(large: Budget, small: Budget) -> bool:
    """Whether all that may happen with the small one may happen with the large one."""
    more = Counter(small.foreign) - Counter(large.foreign)
    return not more and all(_numbers(small)[n] <= number for n, number in enumerate(_numbers(large)))


@cache
def _numbers(budget: Budget) -> tuple[int, ...]:
    return tuple(n for n in (getattr(budget, name) for name in Budget.__slots__) if isinstance(n, int))  # type: ignore[attr-defined]


def residues(scope: Scope) -> set[str]:
    """The false claims of a scope that no rule removes, as its budget breaks assumptions."""
    budget, sizes = scope.budget, {size for sizes in scope.pushes for size in sizes}
    named = [rows for rows in budget.foreign if scope.cut or abs(rows) in sizes]
    broken = {"foreign": max(named, default=0) > 0, "removed": min(named, default=0) < 0}
    broken["overdue"] = budget.overdue > 0
    unknown = {"unknown"} if dict(scope.plan_facts).get("irrevocable") else set()  # rather than sent twice
    if broken["removed"] and budget.faults > 1:  # nor does a second doubt, while the counter does not show the first
        unknown |= {"counted, stored 0 times", "counted, stored 2 times"}
    if broken["foreign"] and budget.doubles:  # two assumptions at once: README says that a count can be misread then
        unknown |= {"counted, stored 2 times", "verified, stored 2 times"}
    return unknown | {what for name, its in SETTLED.items() if broken.get(name) for what in its}


def explore(
    scope: Scope, *, strict: bool = True, one: bool = False, ignored: frozenset[str] = frozenset(), most: int = 10**9
) -> Explored:
    """Every history of a scope, the shortest first. `one`: up to the first that ends in a claim which is false."""
    seen, done, start = Seen(), Explored(), scope.start()
    seen.is_new(start)
    layer: list[tuple[World, Any]] = [(start, None)]
    named = residues(scope) | ignored
    while layer and len(seen) < most:
        after: list[tuple[World, Any]] = []
        for world, history in layer:
            for label, go in moves(world):
                new = go()
                if not seen.is_new(new):
                    continue
                told = (history, label)
                after.append((new, told))
                for each in wrong(new, strict=strict):
                    if str(each) not in done.bad and not (one and (each.what in named or not each.settled)):
                        done.bad[str(each)] = _steps(told)
                if one and done.bad:
                    done.states = len(seen)
                    return done
        layer = after
    done.states = len(seen)
    return done


def survey(scope: Scope, *, strict: bool = True, most: int = 10**9) -> Explored:
    """As `explore`, for scopes of many millions of states: in depth, so that histories are not the shortest."""
    seen, done, start = Seen(), Explored(), scope.start()
    seen.is_new(start)
    stack, labels = [moves(start)], [""]
    while stack and len(seen) < most:
        for label, go in stack[-1]:
            new = go()
            if seen.is_new(new):
                labels.append(label)
                for each in wrong(new, strict=strict):
                    done.bad.setdefault(str(each), tuple(labels[1:]))
                stack.append(moves(new))
                break
        else:
            stack.pop()
            labels.pop()
    done.states = len(seen)
    return done


def _steps(told: Any) -> tuple[str, ...]:
    steps: list[str] = []
    while told is not None:
        told, label = told
        steps.append(label)
    return tuple(reversed(steps))


# ── histories at random ──


@dataclass
class Tally:
    """What was seen of them."""

    histories: int = 0
    moments: int = 0
    operations: int = 0
    unknown: int = 0
    broken: Counter[str] = field(default_factory=Counter)  # histories by the assumption that is broken in them
    residues: Counter[str] = field(default_factory=Counter)  # false claims that README names
    false: dict[str, str] = field(default_factory=dict)  # false claims, each with its history made short
    beyond: Counter[str] = field(default_factory=Counter)  # of these, histories in which an assumption is broken


def at_random(histories: int, seed: int) -> Tally:
    """So many of them; number n of a seed is always the same one."""
    tally = Tally()
    for number in range(histories):
        chance = random.Random(f"{seed}:{number}")
        broken, scope = some_scope(chance)
        world, labels, found = _wander(scope, chance, broken)
        tally.histories += 1
        tally.moments += len(labels)
        tally.broken[broken or "none"] += 1
        held = [o for o in world.ledger._operations.values() if o.state is not State.REPLACED]
        tally.operations += len(held)
        tally.unknown += sum(o.state is State.UNKNOWN for o in held)
        for what in found:
            if what in residues(scope):
                tally.residues[f"{broken}: {what}"] += 1
            else:
                tally.beyond[f"{broken}: {what}"] += bool(broken)
                short = _shortened(scope, labels, broken, what)
                tally.false.setdefault(
                    f"{broken or 'none'}: {what}", f"{seed}:{number} {scope}\n    {' | '.join(short)}"
                )
    return tally


def some_scope(chance: random.Random) -> tuple[str, Scope]:
    """A scope larger than can be explored; in half of them one assumption is broken, and which."""
    broken = chance.choice(["", *SETTLED]) if chance.random() < 0.5 else ""
    cut = chance.choice([0, 0, 23, 41])
    largest = 90 if cut else 40
    pushes = tuple(
        tuple(chance.randint(1, largest) for _ in range(chance.randint(1, 1 if cut else 3)))
        for _ in range(chance.randint(1, 3))
    )
    limits = {"faults": 4, "crashes": 4, "sleeps": 2, "purges": 2, "refusals": 2}
    budget = Budget(**{what: chance.randint(0, most) for what, most in limits.items()})
    rows = chance.choice([*(size for sizes in pushes for size in sizes), 3, 7, 50])
    if broken in ("foreign", "removed"):
        budget = replace(budget, foreign=(rows if broken == "foreign" else -rows,))
    elif broken:
        budget = replace(budget, **{broken: 1})
    return broken, Scope(pushes, budget, chance.randint(1, 3), bool(broken) or chance.random() < 0.5, cut=cut)


def _wander(scope: Scope, chance: random.Random, broken: str, most: int = 250) -> tuple[World, list[str], set[str]]:
    """One history: what happened in it, and which claims were false at any time."""
    world, labels, found = scope.start(), [], set[str]()
    while len(labels) < most and (ways := [*moves(world)]):
        label, go = ways[int(len(ways) * chance.random() ** 1.5)]
        world = go()
        labels.append(label)
        found |= _false(world, broken)
    return world, labels, found


def _false(world: World, broken: str) -> set[str]:
    return {w.what for w in wrong(world, strict=not broken) if w.settled and w.what != "unknown"}


def _shortened(scope: Scope, labels: Sequence[str], broken: str, what: str) -> tuple[str, ...]:
    """Fewer steps that end in the same false claim."""
    short = _replayed(scope, labels, broken, what)
    for n in reversed(range(len(short))):
        if n < len(short):
            short = _replayed(scope, short[:n] + short[n + 1 :], broken, what) or short
    return short


def _replayed(scope: Scope, labels: Sequence[str], broken: str, what: str) -> tuple[str, ...]:
    """These steps as far as they are possible, up to the false claim; () where it does not come."""
    world, taken = scope.start(), list[str]()
    for label in labels:
        if go := dict(moves(world)).get(label):
            world = go()
            taken.append(label)
            if what in _false(world, broken):
                return tuple(taken)
    return ()


# ── the command ──


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.push.explore", description=__doc__)
    parser.add_argument("--histories", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scope", choices=LARGE)
    chosen = parser.parse_args()
    began = time.process_time()
    if chosen.scope:
        scope = LARGE[chosen.scope]
        explored = survey(scope, strict=scope.budget == replace(scope.budget, foreign=(), doubles=0))
        explored.bad = {what: history for what, history in explored.bad.items() if "(open)" not in what}
        _say(f"{chosen.scope}: {explored}")
    if chosen.histories:
        tally = at_random(chosen.histories, chosen.seed)
        _say(f"{tally.histories:,} histories of seed {chosen.seed}, {tally.moments:,} steps: {dict(tally.broken)}")
        _say(f"{tally.unknown:,} of {tally.operations:,} operations unknown; residues {dict(tally.residues)}")
        _say(f"false claims: {len(tally.false)} kinds; with a broken assumption, in {tally.beyond.total()} histories")
        for what, history in tally.false.items():
            _say(f"  {what}: {history}")
    _say(f"{time.process_time() - began:.0f} s of processor time")


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
