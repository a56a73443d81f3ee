"""A simulated vendor, clock, network and disk: the other driver of the runner.

The decider and the runner are the real ones. Time goes in ticks: the counter lags at most `STABLE` of them, and a
request whose connection died is applied within `WAIT` or never.

What nobody can tell apart is one history. A late request that never lands is one that was not stored. When it lands,
and when somebody else writes, is seen by counting only: each happens just before a count, at the latest when it has to.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache, partial
from typing import Any, TypeVar

from tests.push.memory import MemoryLedger
from toolkit.push import decide, events, runner
from toolkit.push.chunking import Sizes
from toolkit.push.states import Answer, Baseline, Operation, Push, PushState, Stamp, State

STABLE, WAIT = 1, 2
LATE = STABLE + WAIT
WAITS = decide.Waits(wait=WAIT, stable=STABLE)
LOCK = "database"
T = TypeVar("T")


@cache
def _copier(kind: type) -> Callable[[Any], Any]:
    """A shallow copy of an object with slots: much faster than `dataclasses.replace`."""
    lines = [f"    new.{name} = old.{name}" for name in kind.__slots__]  # type: ignore[attr-defined]
    space: dict[str, Any] = {"kind": kind, "blank": object.__new__}
    exec("\n".join(["def copied(old):", "    new = blank(kind)", *lines, "    return new"]), space)
    copied: Callable[[Any], Any] = space["copied"]
    return copied


def _twin(one: T) -> T:
    twin: T = _copier(type(one))(one)
    return twin


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

    def set_baseline(self, baseline: Baseline) -> None:
        before = self._baseline
        if before is not None and baseline.trusted and not before.trusted:
            raise AssertionError("trust returns by a person's word only")
        self._baseline = baseline

    def purged(self, push: str) -> None:
        """Rows' fingerprints go; sizes, times and marks stay: nothing that is known here."""

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

    def land(self, operation: int) -> None:
        """A request that was on its way is stored just before what the counter may not show yet."""
        rows = next(rows for n, rows, _, _ in self.moving if n == operation)
        first = next(n for n, moving in enumerate(self.moving) if moving[0] == operation)
        self.moving = self.moving[:first] + self.moving[first + 1 :]
        self.copies[operation] = self.copies.get(operation, 0) + 1
        self.total += rows
        self.recent = ((rows, self.recent[0][1] if self.recent else 0), *self.recent)

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
    plan: events.Plan | None = None
    push: str = ""
    effect: events.Effect | None = None
    rested: bool = True  # time may have passed between two runs only once

    def copy(self) -> "World":
        new = _twin(self)
        new.ledger, new.vendor = self.ledger.copy(), self.vendor.copy()
        if self.volatile is not None:
            v = new.volatile = _twin(self.volatile)
            v.in_flight, v.refusals, v.mapping = dict(v.in_flight), dict(v.refusals), _twin(v.mapping)
            v.read_again = set(v.read_again)
        return new

    # ── the driver ──

    @property
    def stamp(self) -> Stamp:
        return Stamp("", self.now, 0)

    def take(self, event: events.Event) -> "World":
        """The runner takes in what happened; its effect is what has to happen next."""
        assert self.volatile
        assert self.plan
        self.ledger.running = self.push
        self.volatile.now = self.stamp
        effects = runner.step(runner.Run(self.ledger, self.volatile, self.plan), event)
        *ahead, self.effect = effects  # one operation in flight; nothing is made ahead here
        assert [isinstance(effect, events.Prepare) for effect in effects] == [*(True for _ in ahead), False]
        self.rested = False
        if isinstance(self.effect, events.End):
            self.volatile = self.effect = None
        return self

    def begin(self, push: str) -> "World":
        self.volatile, self.push, self.plan = events.Volatile(self.stamp, self.stamp), push, self.scope.plan(push)
        return self.take(events.Woke())

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
        """All that what comes depends on, but for what is left to happen."""
        now = self.now

        def old(stamp: Stamp | None) -> float | None:
            return None if stamp is None else min(now - stamp.monotonic, LATE)

        operations = tuple(
            (o.id, o.state, o.sendings if o.sendings < 2 else 2, o.open, o.believed, o.parent, o.note == "second half",
             old(o.ended) if o.unsettled else 0, o.answer if o.state is State.SENT else "", o.size)
            for o in self.ledger._operations.values()
        )  # fmt: skip
        baseline = self.ledger._baseline
        base = baseline and (self.vendor.total - baseline.count, old(baseline.at), baseline.trusted, baseline.proved)
        v = self.volatile
        run = v and (
            old(v.locked), tuple(v.in_flight), v.looked, v.unlooked, v.latest_size, v.refusal_looked_at,
            tuple(v.refusals), tuple(sorted(v.read_again)), v.trouble,
            max(0, v.wake - now) if v.wake else None, bool(v.stop), v.parted,
        )  # fmt: skip
        vendor = tuple(sorted(self.vendor.copies.items())), self.vendor.parts, self.vendor.recent, self.vendor.moving
        states = tuple(p.state for p in self.ledger._pushes.values())
        return operations, base, run, vendor, states, self.push, self.effect.__class__, self.rested


@dataclass(frozen=True)
class Scope:
    """What is explored: the operations of each push by their sizes, and what may happen to them."""

    pushes: tuple[tuple[int, ...], ...]
    budget: Budget
    looks_every: int = 1
    final_look: bool = False
    rows_of_somebody: int = 100
    offers: events.Reconcile = events.Reconcile.COUNT  # to settle a doubt
    plan_facts: tuple[tuple[str, Any], ...] = ()  # what else the plan says
    cut: int = 0  # rows in a request at most, cut as a push cuts them; 0: they are as large as the scope says

    @property
    def keeps(self) -> int:
        return LATE if self.budget.lagging else STABLE

    def plan(self, push: str) -> events.Plan:
        return self._plan_of(push) if self.cut else _plan(self, push)

    def _plan_of(self, push: str) -> events.Plan:
        return events.Plan(
            push,
            LOCK,
            self.offers,
            WAITS,
            Sizes(self.cut) if self.cut else Whole(),  # type: ignore[arg-type]
            looks_every=self.looks_every,
            final_look=self.final_look,
            max_doubts=99,
            max_sendings=99,
            max_rejected=1,
            **dict(self.plan_facts),
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

Move = tuple[str, Callable[[], World]]


def moves(world: World) -> Iterator[Move]:
    """Every way on, what costs nothing of the budget first; calling one makes a world of its own."""
    match world.effect:
        case None:
            yield from _between_runs(world)
        case events.Send(operation):
            yield from _send(world, world.ledger.operation(operation.id))
        case events.Count():
            yield from _count(world)
        case events.LookUp(operation):
            yield from _look_up(world, operation)
        case events.Sleep(seconds):
            yield f"waits {int(seconds)}", lambda: _passed(world, max(1, int(seconds))).take(events.Woke())
            if world.left.crashes:
                yield (
                    "crash while it waits",
                    lambda: _passed(_spent(world, "crashes"), max(1, int(seconds))).crash(),
                )


def _spent(world: World, what: str) -> World:
    """The same world with one less of that."""
    new = world.copy()
    new.left = _less(world.left, what)
    return new


@cache
def _less(budget: Budget, what: str) -> Budget:
    return replace(budget, **{what: getattr(budget, what) - 1})


def _passed(world: World, ticks: int) -> World:
    """Time passes; what is on its way lands at the latest when it has to."""
    new = world.copy()
    for _ in range(ticks):
        new.pass_tick()
        for operation, rows, old, most in new.vendor.moving:
            if old >= most:
                new.vendor.store(operation, rows)
        new.vendor.moving = tuple(m for m in new.vendor.moving if m[2] < m[3])
    return new


def _between_runs(world: World) -> Iterator[Move]:
    for push in world.ledger.pushes():
        if push.state is not PushState.DONE:
            yield f"run {push.id}", partial(_begun, world, push.id)
    if not world.rested:
        yield "time passes", partial(_rested, world)
    if world.left.purges:
        for push in world.ledger.pushes():
            if push.state is PushState.DONE:
                yield f"purge {push.id}", partial(_purged, world, push.id)


def _begun(world: World, push: str) -> World:
    return world.copy().begin(push)


def _rested(world: World) -> World:
    new = _passed(world, LATE)
    new.rested = True
    return new


def _purged(world: World, push: str) -> World:
    new = _spent(world, "purges")
    purge(new, push)
    return new


def purge(world: World, push: str) -> None:
    world.ledger.purged(push)


def _count(world: World) -> Iterator[Move]:
    usual = world.vendor.shown()
    for count in sorted(usual):
        yield f"counts {count}", partial(_counted, world, count, "")
    for operation in dict.fromkeys(n for n, *_ in world.vendor.moving):
        yield f"{operation} lands late", partial(_landed, world, operation)
    if world.left.crashes:
        yield "crash before it counts", lambda: _spent(world, "crashes").crash()
    for n, rows in enumerate(world.left.foreign):
        yield f"somebody else: {rows:+}", partial(_foreign, world, n)
    if world.left.lagging:
        for count in sorted(world.vendor.shown(LATE) - usual):
            yield f"counts {count}, long ago", partial(_counted, world, count, "lagging")


def _look_up(world: World, operation: Operation) -> Iterator[Move]:
    """A row is read back; what lands late lands just before, and the latest may not show yet."""
    copies, rows = world.vendor.copies.get(operation.id, 0), operation.size
    hidden = sum(1 for n, _ in world.vendor.recent if n == rows)
    for there in sorted({min(1, copies), min(1, max(0, copies - hidden))}):
        yield f"{operation.id} is {'' if there else 'not '}there", partial(_looked, world, operation, there * rows)
    for other in dict.fromkeys(n for n, *_ in world.vendor.moving):
        yield f"{other} lands late", partial(_landed, world, other)
    if world.left.crashes:
        yield "crash before it reads", lambda: _spent(world, "crashes").crash()


def _looked(world: World, operation: Operation, there: int) -> World:
    return world.copy().take(events.Looked(operation.id, there))


def _counted(world: World, count: int, spent: str) -> World:
    new = _spent(world, spent) if spent else world.copy()
    return new.take(events.Counted(count))


def _landed(world: World, operation: int) -> World:
    new = world.copy()
    new.vendor.land(operation)
    return new


def _foreign(world: World, number: int) -> World:
    new, foreign = world.copy(), world.left.foreign
    new.left = replace(world.left, foreign=foreign[:number] + foreign[number + 1 :])
    new.vendor.change(foreign[number])
    return new


# ── what becomes of a request ──

Fate = Callable[[World, Operation], None]


def _stored(world: World, operation: Operation) -> None:
    world.vendor.store(operation.id, operation.size)


def _late(world: World, operation: Operation, most: int = WAIT) -> None:
    world.vendor.moving += ((operation.id, operation.size, 0, most),)


def _overdue(world: World, operation: Operation) -> None:
    _late(world, operation, 2 * LATE)


def _never(world: World, operation: Operation) -> None:
    pass


ARRIVES: dict[str, Fate] = {"stored": _stored, "late": _late}
FATES: dict[str, Fate] = {**ARRIVES, "not stored": _never}


def _send(world: World, operation: Operation) -> Iterator[Move]:
    sent = partial(_sent, world, operation)
    left, name = world.left, operation.id
    yield f"{name} is stored, yes", partial(sent, "", [_stored], "ACKNOWLEDGED")
    if left.faults:
        for how, fate in FATES.items():
            yield f"{name} {how}, no answer", partial(sent, "faults", [fate], "LOST")
        yield f"{name} told to wait", partial(sent, "faults", [], "BUSY")
        yield f"{name} does not leave", partial(sent, "faults", [], "NONE")
    if left.crashes:
        for how, fate in FATES.items():
            yield f"{name} {how}, crash", partial(sent, "crashes", [fate], "")
    if left.refusals:
        yield f"{name} refused", partial(sent, "refusals", [], "REFUSED")
    if left.sleeps:
        yield "this machine sleeps before it sends", lambda: _passed(_spent(world, "sleeps"), LATE)
    yield from _broken(world, operation)


def _sent(world: World, operation: Operation, spent: str, fates: Sequence[Fate], answer: str) -> World:
    """The request met its fates; this is how it was answered. Without an answer, the process died."""
    new = _spent(world, spent) if spent else world.copy()
    for fate in fates:
        fate(new, operation)
    if not answer:
        return new.crash()
    return new.take(events.Answered(operation.id, events.Reply(Answer[answer], left=answer != "NONE")))


def _broken(world: World, operation: Operation) -> Iterator[Move]:
    """What is assumed not to happen."""
    sent, left, name = partial(_sent, world, operation), world.left, operation.id
    if left.doubles:
        for how, fate in ARRIVES.items():
            yield f"{name} stored, and {how}, yes", partial(sent, "doubles", [_stored, fate], "ACKNOWLEDGED")
            yield f"{name} stored, and {how}, no answer", partial(sent, "doubles", [_stored, fate], "LOST")
    for rows in _fewer(world, operation) if left.partial else ():
        part = partial(_part, rows=rows)
        for how in ("ACKNOWLEDGED", "REFUSED", "LOST"):
            yield f"{name} in part ({rows}), {how}", partial(sent, "partial", [part], how)
    if left.executed:
        for how in ("BUSY", "REFUSED"):
            yield f"{name} stored, {how}", partial(sent, "executed", [_stored], how)
            yield f"{name} late, {how}", partial(sent, "executed", [_late], how)
    if left.unstored:
        yield f"{name} not stored, yes", partial(sent, "unstored", [], "ACKNOWLEDGED")
    if left.overdue:
        yield f"{name} overdue, no answer", partial(sent, "overdue", [_overdue], "LOST")


def _part(world: World, operation: Operation, rows: int) -> None:
    world.vendor.store_part(operation.id, rows)


def _fewer(world: World, operation: Operation) -> set[int]:
    """How many rows of it may be stored in part: one less, or as many as another operation has, or the difference."""
    others = {o.size for o in world.ledger._operations.values()} | {operation.size - 1}
    return {n for size in others for n in (size, operation.size - size) if 0 < n < operation.size}
