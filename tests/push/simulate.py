"""A simulated vendor, clock, network and disk, and every history of them: the other driver of the runner.

The decider and the runner are the real ones. Time goes in ticks: the counter lags at most `STABLE` of them, and a
request whose connection died is applied within `WAIT` or never.
"""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, TypeVar

from tests.push.memory import MemoryLedger
from toolkit.push import decide, events, runner
from toolkit.push.states import Answer, Operation, Push, PushState, Stamp, State

STABLE, WAIT = 1, 2
LATE = STABLE + WAIT
WAITS = decide.Waits(wait=WAIT, stable=STABLE)
LOCK = "database"
T = TypeVar("T")
CLAIMS = {
    State.ACKNOWLEDGED: (1, 1),
    State.VERIFIED: (1, 1),
    State.COUNTED: (1, 1),
    State.REJECTED: (0, 0),
    State.DUPLICATED: (2, 99),
}


def _twin(one: T) -> T:
    """A shallow copy of an object with slots: much faster than `dataclasses.replace`."""
    new = object.__new__(type(one))
    for name in type(one).__slots__:  # type: ignore[attr-defined]
        setattr(new, name, getattr(one, name))
    return new


@dataclass(frozen=True, slots=True)
class Budget:
    """How often each thing may happen. The first line breaks no assumption."""

    faults: int = 0
    crashes: int = 0
    sleeps: int = 0
    purges: int = 0
    refusals: int = 0
    # each of these breaks one
    foreign: tuple[int, ...] = ()  # rows that somebody else adds (or removes, below zero), each once
    doubles: int = 0  # a gateway delivers a request twice: at once, or later
    partial: int = 0  # a part of a request is stored
    executed: int = 0  # a request that was refused, or told to wait, is stored all the same
    unstored: int = 0  # an acknowledged request is not stored
    overdue: int = 0  # a request is applied later than WAIT
    lagging: int = 0  # the counter lags more than STABLE


class SimulatedLedger(MemoryLedger):
    """Steps are atomic here: a crash in the middle of one is a crash before it."""

    running = ""  # the push that is: of use to a mutant only

    def copy(self) -> "SimulatedLedger":
        other = SimulatedLedger()
        other._pushes, other._operations = dict(self._pushes), dict(self._operations)
        other._baseline, other.running = self._baseline, self.running
        return other

    @contextmanager
    def transaction(self) -> Iterator[None]:
        yield

    def blame(self, push: str, position: int, error: str, column: str | None) -> None:
        """Of no use here."""

    def forget(self, push: str) -> None:
        """What no purge may do: the sizes of what was sent are gone too."""
        self._operations = {n: o for n, o in self._operations.items() if o.push != push}


class Whole:
    """Operations are as large as the scope says."""

    def fit(self, ledger: Any, operation: Operation, latest: int = 0, slots: int = 1) -> Operation:
        return operation

    def too_large(self, rows: int) -> None:
        raise AssertionError

    def doubtful(self) -> None:
        pass


@dataclass(slots=True)
class Vendor:
    """What is stored, what the counter does not show yet, and what is still on its way."""

    copies: dict[int, int] = field(default_factory=dict)  # by operation
    parts: frozenset[int] = frozenset()  # operations of which a part is stored
    total: int = 0
    recent: tuple[tuple[int, int], ...] = ()  # changes of the total and their ages, the oldest first
    moving: tuple[
        tuple[int, int, int, int], ...
    ] = ()  # operation, size, age, and the age up to which it may be applied

    def copy(self) -> "Vendor":
        new = _twin(self)
        new.copies = dict(self.copies)
        return new

    def store(self, operation: int, rows: int) -> None:
        self.copies[operation] = self.copies.get(operation, 0) + 1
        self.change(rows)

    def store_part(self, operation: int, rows: int) -> None:
        self.parts |= {operation}
        self.change(rows)

    def change(self, rows: int) -> None:
        self.total += rows
        self.recent += ((rows, 0),)

    def shown(self, most: int = STABLE) -> set[int]:
        """What the counter may show: it lacks the latest changes, none of them older than `most`."""
        values, hidden = {self.total}, 0
        for rows, old in reversed(self.recent):
            if old >= most:
                break
            hidden += rows
            values.add(self.total - hidden)
        return values


@dataclass(slots=True)
class World:
    """One moment of a history."""

    scope: "Scope"
    ledger: SimulatedLedger
    vendor: Vendor
    left: Budget
    now: int = 0
    volatile: events.Volatile | None = None
    push: str = ""
    effect: events.Effect | None = None
    rested: bool = True  # time may have passed between two runs only once

    def copy(self) -> "World":
        new = _twin(self)
        new.ledger, new.vendor = self.ledger.copy(), self.vendor.copy()
        if self.volatile is not None:
            v = new.volatile = _twin(self.volatile)
            v.in_flight, v.refusals, v.mapping = dict(v.in_flight), dict(v.refusals), _twin(v.mapping)
        return new

    # ── the driver ──

    @property
    def stamp(self) -> Stamp:
        return Stamp("", self.now, 0)

    def take(self, event: events.Event) -> "World":
        """The runner takes in what happened; its effect is what has to happen next."""
        assert self.volatile
        self.ledger.running = self.push
        self.volatile.now = self.stamp
        effects = runner.step(runner.Run(self.ledger, self.volatile, self.scope.plan(self.push)), event)
        self.effect, *_ = effects  # one operation in flight; nothing is made ahead here
        self.rested = False
        if isinstance(self.effect, events.End):
            self.volatile = self.effect = None
        return self

    def begin(self, push: str) -> "World":
        self.volatile, self.push = events.Volatile(self.stamp, self.stamp), push
        return self.take(events.Began())

    def crash(self) -> "World":
        self.volatile = self.effect = None
        self.rested = False
        return self

    def pass_tick(self) -> None:
        self.now += 1
        v = self.vendor
        keep = max(STABLE, self.scope.keeps)
        v.recent = tuple((rows, old + 1) for rows, old in v.recent if old + 1 < keep)
        v.moving = tuple((n, rows, old + 1, most) for n, rows, old, most in v.moving)

    # ── what a hash compares ──

    def key(self) -> Any:
        now = self.now

        def old(stamp: Stamp | None) -> float | None:
            return None if stamp is None else min(now - stamp.monotonic, LATE)

        operations = tuple(
            (o.id, o.state, o.answer, o.sendings, o.open, o.believed, old(o.ended), o.parent, o.note == "second half")
            for o in self.ledger._operations.values()
        )
        baseline = self.ledger._baseline
        base = baseline and (self.vendor.total - baseline.count, old(baseline.at), baseline.trusted, baseline.proved)
        v = self.volatile
        run = v and (
            old(v.locked), tuple(v.in_flight), v.busy, v.looked, v.unlooked, v.latest_size, v.refusal_looked_at,
            tuple(v.refusals), v.trouble, v.doubts, max(0, v.wake - now) if v.wake else None, v.stop,
        )  # fmt: skip
        vendor = tuple(sorted(self.vendor.copies.items())), self.vendor.parts, self.vendor.recent, self.vendor.moving
        states = tuple(p.state for p in self.ledger._pushes.values())
        return operations, base, run, vendor, states, self.left, self.push, self.effect.__class__, self.rested


@dataclass(frozen=True)
class Scope:
    """What is explored: the operations of each push by their sizes, and what may happen to them."""

    pushes: tuple[tuple[int, ...], ...]
    budget: Budget
    looks_every: int = 1
    final_look: bool = False
    rows_of_somebody: int = 100

    @property
    def keeps(self) -> int:
        return LATE if self.budget.lagging else STABLE

    def plan(self, push: str) -> events.Plan:
        return _plan(self, push)

    def _plan_of(self, push: str) -> events.Plan:
        return events.Plan(
            push,
            LOCK,
            events.Reconcile.COUNT,
            WAITS,
            Whole(),  # type: ignore[arg-type]
            looks_every=self.looks_every,
            final_look=self.final_look,
            max_doubts=99,
            max_sendings=99,
            max_rejected=1,
        )

    def start(self) -> World:
        ledger = SimulatedLedger()
        for push, sizes in zip("ABC", self.pushes, strict=False):
            ledger.put_push(Push(push, "insert", LOCK, "a database", "", sum(sizes)))
            row = 0
            for size in sizes:
                ledger.add_operation(Operation(0, push, ((row, row + size),), size))
                row += size
        return World(self, ledger, Vendor(total=self.rows_of_somebody), self.budget)


@lru_cache(maxsize=8)
def _plan(scope: Scope, push: str) -> events.Plan:
    return scope._plan_of(push)


# ── what may happen next ──

Move = tuple[str, World]


def moves(world: World) -> Iterator[Move]:
    """Every way on, each as a world of its own."""
    yield from _environment(world)
    match world.effect:
        case None:
            yield from _between_runs(world)
        case events.Send(operation):
            yield from _send(world, world.ledger.operation(operation.id))
        case events.Count():
            yield from _count(world)
        case events.Sleep(seconds):
            yield from _sleep(world, seconds)


def _spent(world: World, what: str) -> World | None:
    """The same world with one less of that; None where none is left."""
    left = getattr(world.left, what)
    if not left:
        return None
    new = world.copy()
    new.left = replace(world.left, **{what: left - 1})
    return new


def _environment(world: World) -> Iterator[Move]:
    """Before reads and between runs: a request that was on its way lands, or never will; somebody else writes."""
    if not (world.effect is None or isinstance(world.effect, events.Count)):
        return
    for n, (operation, rows, _, _) in enumerate(world.vendor.moving):
        new = world.copy()
        new.vendor.moving = world.vendor.moving[:n] + world.vendor.moving[n + 1 :]
        yield f"{operation} never lands", new.copy()
        new.vendor.store(operation, rows)
        yield f"{operation} lands late", new
    for n, rows in enumerate(world.left.foreign):
        new = world.copy()
        new.left = replace(world.left, foreign=world.left.foreign[:n] + world.left.foreign[n + 1 :])
        new.vendor.change(rows)
        yield f"somebody else: {rows:+}", new


def _between_runs(world: World) -> Iterator[Move]:
    for push in world.ledger.pushes():
        if push.state is not PushState.DONE:
            yield f"run {push.id}", world.copy().begin(push.id)
        elif world.left.purges and (new := _spent(world, "purges")):
            purge(new, push.id)
            yield f"purge {push.id}", new
    if not world.rested:
        for passed in _ticks(world.copy(), LATE):
            passed.rested = True
            yield "time passes", passed


def purge(world: World, push: str) -> None:
    """Rows' fingerprints go; sizes, times and marks stay: nothing that this world knows."""


def _ticks(world: World, ticks: int) -> Iterator[World]:
    """Time passes; what is on its way lands or not, at the latest when it has to."""
    if not ticks:
        yield world
        return
    world.pass_tick()
    choices = [
        ("stays", "lands", "never") if old < most else ("lands", "never") for *_, old, most in world.vendor.moving
    ]
    for chosen in itertools.product(*choices):
        new = world.copy()
        new.vendor.moving = tuple(m for m, c in zip(world.vendor.moving, chosen, strict=True) if c == "stays")
        for (operation, rows, _, _), what in zip(world.vendor.moving, chosen, strict=True):
            if what == "lands":
                new.vendor.store(operation, rows)
        yield from _ticks(new, ticks - 1)


def _sleep(world: World, seconds: float) -> Iterator[Move]:
    for slept in _ticks(world.copy(), max(1, int(seconds))):
        if new := _spent(slept, "crashes"):
            yield "crash while it waits", new.crash()
        yield f"waits {int(seconds)}", slept.take(events.Woke())


def _count(world: World) -> Iterator[Move]:
    if new := _spent(world, "crashes"):
        yield "crash before it counts", new.crash()
    usual = world.vendor.shown()
    for count in sorted(usual):
        yield f"counts {count}", world.copy().take(events.Counted(count))
    if world.left.lagging:
        for count in sorted(world.vendor.shown(LATE) - usual):
            new = _spent(world, "lagging")
            assert new
            yield f"counts {count}, long ago", new.take(events.Counted(count))


def _send(world: World, operation: Operation) -> Iterator[Move]:
    yield f"{operation.id} is stored, yes", _stored(world.copy(), operation).take(_reply(operation, "ACKNOWLEDGED"))
    for how, apply in FATES.items():
        if new := _spent(world, "faults"):
            yield f"{operation.id} {how}, no answer", apply(new, operation).take(_reply(operation, "LOST"))
        if new := _spent(world, "crashes"):
            yield f"{operation.id} {how}, crash", apply(new, operation).crash()
    if new := _spent(world, "faults"):
        yield f"{operation.id} told to wait", new.copy().take(_reply(operation, "BUSY"))
        yield f"{operation.id} does not leave", new.take(_reply(operation, "NONE", left=False))
    if new := _spent(world, "refusals"):
        yield f"{operation.id} refused", new.take(_reply(operation, "REFUSED"))
    if new := _spent(world, "sleeps"):
        for slept in _ticks(new, LATE):
            yield "this machine sleeps before it sends", slept
    yield from _broken(world, operation)


def _broken(world: World, operation: Operation) -> Iterator[Move]:
    """What is assumed not to happen."""
    if new := _spent(world, "doubles"):
        for how, apply in FATES.items():
            first = _stored(new.copy(), operation)
            yield (
                f"{operation.id} stored, and {how}, yes",
                apply(first.copy(), operation).take(_reply(operation, "ACKNOWLEDGED")),
            )
            yield (
                f"{operation.id} stored, and {how}, no answer",
                apply(first, operation).take(_reply(operation, "LOST")),
            )
    for rows in _fewer(world, operation):
        if new := _spent(world, "partial"):
            new.vendor.store_part(operation.id, rows)
            for how in ("ACKNOWLEDGED", "REFUSED", "LOST"):
                yield f"{operation.id} in part ({rows}), {how}", new.copy().take(_reply(operation, how))
    if new := _spent(world, "executed"):
        for how in ("BUSY", "REFUSED"):
            yield f"{operation.id} stored, {how}", _stored(new.copy(), operation).take(_reply(operation, how))
            yield f"{operation.id} late, {how}", _late(new.copy(), operation).take(_reply(operation, how))
    if new := _spent(world, "unstored"):
        yield f"{operation.id} not stored, yes", new.take(_reply(operation, "ACKNOWLEDGED"))
    if new := _spent(world, "overdue"):
        yield f"{operation.id} overdue, no answer", _late(new, operation, 2 * LATE).take(_reply(operation, "LOST"))


def _fewer(world: World, operation: Operation) -> set[int]:
    """How many rows of it may be stored in part: one less, or as many as another operation has, or the difference."""
    others = {o.size for o in world.ledger._operations.values()} | {operation.size - 1}
    return {n for size in others for n in (size, operation.size - size) if 0 < n < operation.size}


def _reply(operation: Operation, answer: str, *, left: bool = True) -> events.Answered:
    return events.Answered(operation.id, events.Reply(Answer[answer], left=left))


def _stored(world: World, operation: Operation) -> World:
    world.vendor.store(operation.id, operation.size)
    return world


def _late(world: World, operation: Operation, most: int = WAIT) -> World:
    world.vendor.moving += ((operation.id, operation.size, 0, most),)
    return world


def _never(world: World, operation: Operation) -> World:
    return world


FATES: dict[str, Callable[[World, Operation], World]] = {"stored": _stored, "late": _late, "not stored": _never}


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
    """What is false now. `strict`: no assumption is broken, so that nothing may be doubled either."""
    operations = world.ledger._operations
    for operation in operations.values():
        if operation.state is State.REPLACED:
            continue
        times, parts, above = 0, False, operation
        open_ = False
        while True:
            times += world.vendor.copies.get(above.id, 0)
            parts |= above.id in world.vendor.parts
            open_ |= above.open
            if above.parent is None:
                break
            above = operations[above.parent]
        least, most = CLAIMS.get(operation.state, (0, 99))
        if not least <= times <= most or (parts and operation.state in CLAIMS):
            yield Wrong(
                f"{operation.state}, stored {times} times{' and in part' if parts else ''}", operation.id, not open_
            )
        elif strict and times > 1:
            yield Wrong(f"stored {times} times", operation.id, True)
        elif strict and operation.state is State.UNKNOWN:
            yield Wrong("unknown", operation.id, True)


# ── every history ──


@dataclass
class Explored:
    states: int = 0
    bad: dict[str, tuple[str, ...]] = field(default_factory=dict)  # the shortest history of each kind

    def __str__(self) -> str:
        return "\n".join([f"{self.states:,} states", *(f"{k}\n    {' | '.join(h)}" for k, h in self.bad.items())])


def explore(scope: Scope, *, strict: bool = True, most: int = 10**9) -> Explored:
    """Every history of a scope, the shortest first."""
    start = scope.start()
    seen: dict[Any, tuple[Any, str] | None] = {start.key(): None}
    layer, done = [start], Explored()
    while layer and len(seen) < most:
        after: list[World] = []
        for world in layer:
            at = world.key()
            for label, new in moves(world):
                key = new.key()
                if key in seen:
                    continue
                seen[key] = (at, label)
                after.append(new)
                for each in wrong(new, strict=strict):
                    if str(each) not in done.bad:
                        done.bad[str(each)] = _history(seen, key)
        layer = after
    done.states = len(seen)
    return done


def survey(scope: Scope, *, strict: bool = True) -> Explored:
    """As `explore`, for scopes of many millions of states: in depth, keeping hashes only, so without histories."""
    start = scope.start()
    seen, stack, done = {hash(start.key())}, [moves(start)], Explored()
    while stack:
        for _, new in stack[-1]:
            key = hash(new.key())
            if key not in seen:
                seen.add(key)
                for each in wrong(new, strict=strict):
                    done.bad.setdefault(str(each), ("a history of `explore` shows it",))
                stack.append(moves(new))
                break
        else:
            stack.pop()
    done.states = len(seen)
    return done


def _history(seen: dict[Any, tuple[Any, str] | None], key: Any) -> tuple[str, ...]:
    steps: list[str] = []
    while (before := seen[key]) is not None:
        key, label = before
        steps.append(label)
    return tuple(reversed(steps))
