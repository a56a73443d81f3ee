"""What the ledger of a destination holds: pushes, their operations, and the last count that was explained.

An *operation* is one request's worth of rows. This is its life; `LIFE` is what the ledger allows, and a test draws the
table from it:

    planned ──> sent ──> acknowledged ──> verified
       ^          │                          │
       │          ├──> counted               │   a later look may take a claim back:
       │          ├──> rejected              v
       └──────────┼──> replaced           unknown ──> resolved: committed | resolved: not committed
    (not stored,  │                          ^
     or not left) └──────────────────────────┘

    planned                  → sent, verified, rejected, replaced, unknown
    sent                     → planned, acknowledged, verified, counted, rejected, replaced, unknown, duplicated
    acknowledged             → verified, replaced, unknown, duplicated
    verified                 → unknown, duplicated
    counted                  → unknown, duplicated
    rejected                 → unknown
    replaced                 → nothing
    unknown                  → verified, duplicated, resolved: committed, resolved: not committed
    duplicated               → nothing
    resolved: committed      → nothing
    resolved: not committed  → sent, replaced, unknown

Plain values only: no I/O, no clock. Instants are `Stamp`s; whoever needs an age asks `age`.
"""

import enum
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

DAY = 86_400.0  # seconds


class State(enum.StrEnum):
    """Of an operation. In doubt are those that are `sent` while no request of them is under way."""

    PLANNED = "planned"  # nothing left for it, or a count showed that nothing was stored
    SENT = "sent"  # durable before its first byte leaves; in doubt until something shows what became of it
    ACKNOWLEDGED = "acknowledged"  # the vendor said yes; not looked at
    VERIFIED = "verified"  # the vendor said yes and it was counted, or it was read back
    COUNTED = "counted"  # no answer came; the count alone vouches for it
    REJECTED = "rejected"  # the vendor said no to this row
    REPLACED = "replaced"  # other operations hold its rows now
    UNKNOWN = "unknown"
    DUPLICATED = "duplicated"  # a person, or reading back, saw it twice
    RESOLVED_COMMITTED = "resolved: committed"  # a person's word
    RESOLVED_NOT_COMMITTED = "resolved: not committed"


class Answer(enum.StrEnum):
    """What the latest sending of an operation ended with."""

    NONE = "none"  # no end is recorded: it runs, or the process died
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"  # a documented refusal
    BUSY = "busy"  # 408, 425, 429, 503, and pages of a gateway: answered, so it is not on its way any more
    LOST = "lost"  # no trustworthy answer: it may still be on its way


class PushState(enum.StrEnum):
    OPEN = "open"
    PAUSED = "paused"
    DONE = "done"
    SUPERSEDED = "superseded"  # a later push took over the rows that were left


class EventKind(enum.StrEnum):
    """Of the ledger's append-only history."""

    BEGAN = "began"  # its first run
    OPENED = "opened"  # a further one
    LOOK = "look"
    TRUST_LOST = "trust lost"
    TRUSTED = "trusted"  # a person's word
    RESOLVED = "resolved"
    PURGED = "purged"
    REPAIRED = "repaired"  # of damage
    MOVED = "moved"  # what another ledger knew was taken over
    ENDED = "ended"
    PROCESSED = "processed"  # a reader has seen to changes


LIFE: Mapping[State, frozenset[State]] = {
    State.PLANNED: frozenset({State.SENT, State.REPLACED, State.REJECTED, State.UNKNOWN, State.VERIFIED}),
    State.SENT: frozenset(
        {
            State.PLANNED,
            State.ACKNOWLEDGED,
            State.VERIFIED,
            State.COUNTED,
            State.REJECTED,
            State.REPLACED,
            State.UNKNOWN,
            State.DUPLICATED,
        }
    ),
    State.ACKNOWLEDGED: frozenset({State.VERIFIED, State.REPLACED, State.UNKNOWN, State.DUPLICATED}),
    State.VERIFIED: frozenset({State.UNKNOWN, State.DUPLICATED}),
    State.COUNTED: frozenset({State.UNKNOWN, State.DUPLICATED}),
    State.REJECTED: frozenset({State.UNKNOWN}),
    State.REPLACED: frozenset(),
    State.UNKNOWN: frozenset(
        {State.VERIFIED, State.DUPLICATED, State.RESOLVED_COMMITTED, State.RESOLVED_NOT_COMMITTED}
    ),
    State.DUPLICATED: frozenset(),
    State.RESOLVED_COMMITTED: frozenset(),
    State.RESOLVED_NOT_COMMITTED: frozenset({State.SENT, State.REPLACED, State.UNKNOWN}),
}
UNFINISHED = (PushState.OPEN, PushState.PAUSED)
IN = (State.ACKNOWLEDGED, State.VERIFIED, State.COUNTED, State.RESOLVED_COMMITTED)
SENDABLE = (State.PLANNED, State.RESOLVED_NOT_COMMITTED)
DECIDED = (*IN, State.REJECTED, State.UNKNOWN, State.DUPLICATED)  # this run does nothing more about it by itself

Ranges = tuple[tuple[int, int], ...]  # row positions within the push, as half-open ranges


@dataclass(frozen=True, slots=True)
class Stamp:
    """An instant. `epoch` names the boot whose monotonic clock was read; `wall` is seconds since 1970, UTC."""

    epoch: str
    monotonic: float
    wall: float


def age(then: Stamp | None, locked: Stamp, now: Stamp) -> float:
    """Seconds since an instant, at least. `locked`: when this run took the lock.

    What has no recorded end, or ended under another boot, ended before that. Of another boot, a clock on the wall is
    believed but for a day.
    """
    if then is not None and then.epoch == now.epoch:
        return max(0.0, now.monotonic - then.monotonic)
    by_the_wall = 0.0 if then is None else now.wall - then.wall - DAY
    return max(0.0, by_the_wall, now.monotonic - locked.monotonic)


@dataclass(frozen=True, slots=True)
class Operation:
    """One request's worth of rows, or one step of a row that takes several."""

    id: int
    push: str
    rows: Ranges
    size: int
    kind: str = "send"  # or the name of a step
    parent: int | None = None  # the operation whose rows it took over
    after: tuple[int, ...] = ()  # operations that have to be in before it is sent
    state: State = State.PLANNED
    answer: Answer = Answer.NONE
    sendings: int = 0  # requests of it of which a byte may have left
    started: Stamp | None = None  # of its latest sending
    ended: Stamp | None = None  # of its latest sending; None while, or because, no end is recorded
    digest: str = ""  # of the latest body
    open: bool = False  # a second copy of it may still land
    believed: bool = False  # it was refused, and no count has yet shown that nothing of it is stored
    note: str = ""  # why it is where it is, without any cell of a row
    status: int = 0  # what the vendor answered last
    code: str = ""
    message: str = ""  # redacted

    @property
    def resent(self) -> bool:
        """Sent again after a count showed that nothing was stored: a suspect for ever."""
        return self.sendings > 1

    @property
    def unsettled(self) -> bool:
        """Whether a count may still say something of it, or it may be what explains a count."""
        return self.open or self.resent or self.state is State.SENT


@dataclass(frozen=True, slots=True)
class Push:
    """One call's rows for one destination."""

    id: str
    what: str  # the call that people know it by
    lock: str  # what was locked: a database, an envelope, a campaign, the distribution
    where: str  # the same in words
    started: str  # ISO 8601, UTC
    rows: int
    key: str = ""  # of its rows in any order, and what they are for
    choice: str = ""  # "" or what made it a resend
    state: PushState = PushState.OPEN
    reason: str = ""
    irrevocable: bool = False
    facts: Mapping[str, Any] | None = None  # what else is known of it, and of each of its frames, in JSON

    @property
    def frames(self) -> list[dict[str, Any]]:
        """What it keeps of each of its frames."""
        frames: list[dict[str, Any]] = (self.facts or {}).get("frames", [])
        return frames


@dataclass(frozen=True, slots=True)
class Baseline:
    """The last count of a destination that was explained. Kept for ever; one for each ledger."""

    count: int
    at: Stamp
    trusted: bool = True
    proved: bool = False  # an acknowledged operation was once counted here
    first: Stamp | None = None  # since when the counts of the present run reach back


class Ledger(Protocol):
    """What the runner reads and writes. Writing happens inside a transaction only.

    The rows' fingerprints are the store's own matter: the runner never asks for them.
    """

    def transaction(self) -> AbstractContextManager[None]:
        """All of it durable at the end, or none of it; nested ones join the outer."""

    def confirm(self) -> None:
        """Raise PushError where another process may push there by now: nothing may be sent then."""

    def baseline(self) -> Baseline | None: ...
    def set_baseline(self, baseline: Baseline) -> None: ...

    def push(self, id: str) -> Push: ...
    def pushes(self) -> list[Push]: ...
    def put_push(self, push: Push) -> None:
        """Add it, or replace the one with its id."""

    def operation(self, id: int) -> Operation: ...
    def operations(self, push: str) -> list[Operation]:
        """All of one push, by id."""

    def unsettled(self, lock: str) -> list[Operation]:
        """Of every push of this lock, those that are `unsettled`. Their number does not grow with what is settled."""

    def unknown(self, lock: str) -> list[Operation]:
        """Of every push of this lock, those that are `unknown`."""

    def sendable(self, push: str, limit: int) -> list[Operation]:
        """Those whose turn it is: planned, all that they wait for is in; by their first row, then by id."""

    def planned(self, push: str) -> list[Operation]:
        """Those that are to be sent, whatever they wait for."""

    def leaves(self, id: int) -> list[Operation]:
        """The operations that hold its rows now: itself, or what replaced it."""

    def add_operation(self, operation: Operation) -> Operation:
        """A new one; its `id` is chosen here. Gives it back with its id."""

    def put_operation(self, operation: Operation) -> None:
        """Replace it. A move that `LIFE` does not know is an AssertionError."""

    def keep_results(self, push: str, results: Mapping[int, Mapping[str, Any]]) -> None:
        """Add to what the vendor gave back for rows, by position in the push."""

    def results(self, push: str) -> dict[int, dict[str, Any]]: ...
    def blame(self, push: str, position: int, error: str, column: str | None) -> None: ...
    def blames(self, push: str) -> dict[int, tuple[str, str | None]]: ...

    def event(self, at: Stamp, kind: EventKind, push: str = "", **details: Any) -> None: ...


# ── rows ──


def ranges(positions: np.ndarray) -> Ranges:
    """Row positions, in their order, as ranges."""
    if not len(positions):
        return ()
    breaks = np.flatnonzero(np.diff(positions) != 1) + 1
    return tuple((int(run[0]), int(run[-1]) + 1) for run in np.split(positions, breaks))


def positions(rows: Ranges) -> np.ndarray:
    """Ranges as row positions."""
    if len(rows) == 1:
        return np.arange(*rows[0], dtype=np.int64)
    parts = [np.arange(start, stop, dtype=np.int64) for start, stop in rows]
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)


def cut(rows: Ranges, sizes: Iterable[int]) -> list[Ranges]:
    """Consecutive parts of these sizes; what is left over is the last part."""
    parts: list[Ranges] = []
    rest = list(rows)
    for size in sizes:
        part: list[tuple[int, int]] = []
        while size and rest:
            start, stop = rest.pop(0)
            end = min(stop, start + size)
            part.append((start, end))
            size -= end - start
            if end < stop:
                rest.insert(0, (end, stop))
        parts.append(tuple(part))
    return [*parts, tuple(rest)] if rest else parts
