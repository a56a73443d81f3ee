"""What a count shows of operations. Pure: plain values in, decisions out; no I/O, no clock, no memory.

*n* is the size of the operation in doubt, W the longest that a request whose connection died may still be applied, S
the longest that the counter lags, and the *rise* is count - baseline - all that was acknowledged since the baseline.

A *history* explains a rise: the operation in doubt was stored or not, and nothing else happened, or one thing did that
is assumed not to (somebody else added or removed rows; a second copy of an operation landed). What all histories agree
on is claimed; the rest is unknown. These rules were model-checked, and are in `tests/push`: change them only with a
counterexample in hand.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import accumulate
from operator import itemgetter
from typing import NamedTuple

from toolkit.plain import mark, message
from toolkit.push.states import Answer, Baseline, Operation, Stamp, State

FEW = 10  # a rise by fewer rows may be somebody typing: it names no operation


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds: how long a dead request may still be applied, and how long the counter lags."""

    wait: float
    stable: float

    @property
    def late(self) -> float:
        """After so long, a request that was not counted was not applied."""
        return self.wait + self.stable


@dataclass(frozen=True, slots=True)
class Book:
    """What the ledger says of one destination at the time of a count."""

    baseline: Baseline
    operations: tuple[Operation, ...]  # all that are not settled, of any push
    ages: Mapping[int, float]  # seconds since their latest sending ended, or since the lock was taken
    locked: float  # seconds since then
    counted_before: float  # seconds since the baseline was taken
    first: bool = False  # no count of this run came before


class Change(NamedTuple):
    """A claim about an operation, or about those that hold its rows now."""

    operation: int
    state: State
    note: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What a count shows. With `wait`, nothing yet: count again after so many seconds."""

    changes: tuple[Change, ...] = ()
    refused: int | None = None  # this one was refused, and nothing of it stored: it may be cut
    baseline: Baseline | None = None
    closed: tuple[int, ...] = ()  # of these, no second copy is to be expected any more
    believed: tuple[int, ...] = ()  # of these, the refusal is now looked at
    wait: float = 0
    why: str = ""  # trust is lost
    rise: int = 0
    others: int = 0  # rows that nobody here sent, it seems


class History(NamedTuple):
    """`stored`: the one in doubt. `copy`: whose second copy landed. `rest`: rows of somebody else."""

    stored: bool
    copy: int | None = None
    rest: int = 0


def decide(book: Book, count: int, now: Stamp, waits: Waits) -> Decision:
    """What a count shows of everything that is not settled."""
    acknowledged = [o for o in book.operations if o.state is State.ACKNOWLEDGED]
    doubt = next((o for o in book.operations if o.state is State.SENT), None)
    rise = count - book.baseline.count - sum([o.size for o in acknowledged])
    histories, explained = explain(rise, doubt, book.operations)
    if (wait := _wait(book, rise, doubt, histories, waits)) > 0:
        return Decision(wait=wait, rise=rise)
    copied = {h.copy for h in histories if h.copy is not None}
    removed = min([h.rest for h in histories]) < 0
    masks = _masks(book, waits)
    shown = book.operations if not masks else [o for o in book.operations if o.size not in masks]
    changes = [_settled(doubt, rise, histories, book.baseline.trusted)] if doubt else []
    refused = doubt.id if doubt and not changes[0] else None
    why = _distrust(book, rise, removed=removed, explained=explained, doubt=doubt)
    taken_back = acknowledged if removed or (why and _believed(book) and rise) else []
    for each in acknowledged:
        if each in taken_back or each.id in copied:
            changes.append(Change(each.id, State.UNKNOWN, _note(rise)))
        else:
            changes.append(Change(each.id, State.VERIFIED, ""))
    if copied:
        tainted = [o for o in book.operations if _tainted(o, copied, doubt)]
        changes += [Change(o.id, State.UNKNOWN, _copy_note(rise)) for o in tainted]
    if why:
        changes += [Change(o.id, State.UNKNOWN, why) for o in book.operations if _provisional(o, rise)]
    return Decision(
        changes=tuple({c.operation: c for c in changes if c}.values()),
        refused=None if why and refused and rise else refused,
        baseline=replace(
            book.baseline,
            count=count,
            at=now,
            trusted=book.baseline.trusted and not why,
            proved=book.baseline.proved or (bool(acknowledged) and not rise),
        ),
        closed=tuple([o.id for o in shown if book.ages[o.id] >= waits.late and o.state is not State.PLANNED]),
        believed=tuple([o.id for o in shown if o.believed and book.ages[o.id] >= waits.stable]),
        why=why,
        rise=rise,
        others=0 if explained or book.first else rise,
    )


def _masks(book: Book, waits: Waits) -> set[int]:
    """What the counter may not show yet: as many rows of another operation would look as if nothing had come."""
    acknowledged = [(book.ages[o.id], o.size) for o in book.operations if o.state is State.ACKNOWLEDGED]
    latest = sorted([each for each in acknowledged if each[0] < waits.stable], key=itemgetter(0))
    return {*accumulate(map(itemgetter(1), latest))}


def explain(rise: int, doubt: Operation | None, operations: tuple[Operation, ...]) -> tuple[list[History], bool]:
    """The histories that count, and whether one of them needs nothing that is assumed not to happen.

    Where one does, of the others only two kinds are taken as likely enough: another operation's second copy, and
    somebody else's few rows.
    """
    if doubt is None and not rise:
        return [History(stored=False)], True
    both = (False,) if doubt is None else (False, True)
    rests = {stored: rise - (doubt.size if stored and doubt else 0) for stored in both}
    plain = [History(stored) for stored, rest in rests.items() if not rest]
    copies = [
        History(stored, copy=o.id)
        for stored, rest in rests.items()
        for o in operations
        if o.size == rest and o.sendings and (o is not doubt or stored)
    ]
    if plain:
        return [*plain, *copies, *(History(s, rest=r) for s, r in rests.items() if 0 < r < FEW)], True
    return [*copies, *(History(s, rest=r) for s, r in rests.items())], False


def _wait(book: Book, rise: int, doubt: Operation | None, histories: list[History], waits: Waits) -> float:
    """How long it is too early to decide anything."""
    stable = waits.stable
    if doubt is not None:
        answered = doubt.answer in (Answer.BUSY, Answer.REFUSED)
        if rise == doubt.size and all(h.stored for h in histories) and doubt.answer is not Answer.REFUSED:
            # else somebody else's rows could stand for those that the counter does not show
            hidden = [stable - book.ages[o.id] for o in book.operations if o.state is State.ACKNOWLEDGED]
            return max(hidden, default=0)
        return (stable if answered else waits.late) - book.ages[doubt.id]
    if not rise:
        return 0
    fresh = [book.ages[o.id] for o in book.operations if o.state is State.ACKNOWLEDGED or o.believed]
    since = [*fresh, *([book.locked] if fresh else []), *([book.locked, book.counted_before] if rise < 0 else [])]
    return stable - min(since, default=stable)


def _settled(doubt: Operation, rise: int, histories: list[History], trusted: bool) -> Change | None:
    """What became of the one in doubt; None where it was refused, and nothing of it is stored."""
    stored = {h.stored for h in histories}
    if doubt.answer is Answer.REFUSED:
        if rise == 0 and stored == {False} and (trusted or doubt.size == 1):
            return None
    elif trusted and stored == {True}:
        return Change(
            doubt.id, State.COUNTED, message("no trustworthy answer came; the counter rose by {rise}", rise=rise)
        )
    elif trusted and stored == {False} and rise == 0:
        return Change(
            doubt.id, State.PLANNED, message("no trustworthy answer came; the counter did not rise: not stored")
        )
    return Change(doubt.id, State.UNKNOWN, _note(rise) if trusted else message(UNTRUSTED))


UNTRUSTED = mark("no trustworthy answer came, and the counter is not trusted here")


def _distrust(book: Book, rise: int, *, removed: bool, explained: bool, doubt: Operation | None) -> str:
    """Why the counter cannot be trusted any more; "" where it can."""
    if explained or not rise:
        return ""
    fresh = any(o.state is State.ACKNOWLEDGED for o in book.operations)
    if rise < 0 and (fresh or doubt or not book.first):
        return message("the counter fell by {fall} rows short of what was acknowledged", fall=-rise)
    if rise and _believed(book):
        return message("the counter rose by {rise} rows although requests were refused", rise=rise)
    again = [o for o in book.operations if o.open and (o.resent or (o.state is State.PLANNED and o.sendings))]
    if any(0 < o.size <= rise and o is not doubt for o in again):
        return message("the counter rose by {rise}, and a request that was sent again may have been late", rise=rise)
    return ""


def _believed(book: Book) -> bool:
    return any(o.believed for o in book.operations)


def _tainted(operation: Operation, copied: set[int], doubt: Operation | None) -> bool:
    """Whether a second copy of this may have landed, and a claim stands that it would make false."""
    return operation.id in copied and operation is not doubt and operation.state is not State.ACKNOWLEDGED


def _provisional(operation: Operation, rise: int) -> bool:
    """What is claimed, or about to be sent, on the word of a counter that has just lost its trust."""
    if operation.state is State.PLANNED:
        return bool(operation.sendings)
    if operation.believed and rise:
        return True
    return operation.open and (
        operation.state is State.COUNTED or (operation.resent and operation.state is not State.SENT)
    )


def _note(rise: int) -> str:
    return (
        message("the counter rose by {rise}, which does not tell whether this is stored", rise=rise)
        if rise > 0
        else (
            message("the counter fell by {fall} short of what was acknowledged", fall=-rise)
            if rise < 0
            else message("nothing tells whether this is stored")
        )
    )


def _copy_note(rise: int) -> str:
    return message("the counter rose by {rise} more: somebody else's rows, or this a second time", rise=rise)
