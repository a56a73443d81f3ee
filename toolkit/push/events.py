"""What a run is to do, what happens to it, and what it asks for: the words between the runner and its drivers."""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from toolkit.push.chunking import MappingCheck, Sizes, Suspect
from toolkit.push.decide import Waits
from toolkit.push.states import Answer, Ledger, Operation, PushState, Stamp


class Reconcile(enum.Enum):
    """What a vendor offers to settle a doubt."""

    COUNT = "a counter"
    READ = "the row, or a list with the row in it, can be read"
    DRAFT = "nobody sees it before it is released: it is left behind and built anew"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Plan:
    """What one run is to do, and how."""

    push: str  # "" only settles what others left in doubt
    lock: str
    reconcile: Reconcile
    waits: Waits
    sizes: Sizes
    span: range = range(1 << 32)  # the rows of the push that are at hand: others are not sent now
    more: bool = False  # rows may be added to the push when these are done
    irrevocable: bool = False  # it reaches people or costs money: sent a second time only after a refused token
    repeatable: bool = False  # sending the same row twice leaves one: no late request need be waited for
    reads_refusals: bool = False  # a refusal may mean that the row is there already
    first_kind: str = "send"
    looks_every: int = 1
    workers: int = 1
    final_look: bool = False
    max_doubts: int = 5  # in a row, before it pauses
    max_sendings: int = 3
    max_rejected: float = 0.1


@dataclass(slots=True)
class Volatile:
    """What a crash forgets."""

    now: Stamp
    locked: Stamp
    in_flight: dict[int, None] = field(default_factory=dict)
    looked: bool = False
    proved: bool = False  # as far as this run has looked: an acknowledged operation was once counted there
    unlooked: int = 0  # operations since the latest look
    latest_size: int = 0  # of those, the latest: between looks, sizes ascend
    refusal_looked_at: bool = False  # the first refusal of this run was counted: others are believed
    refusals: dict[int, "Reply"] = field(default_factory=dict)  # that wait for a count
    read_again: set[int] = field(default_factory=set)  # unknown ones, read in this run
    not_here: set[int] = field(default_factory=set)  # operations whose rows this run does not have: it cannot read them
    trouble: bool = False  # something was in doubt: a last look is worth its time
    doubts: int = 0  # in a row
    parted: bool = False  # it stops, and nothing is counted or read before it ends
    wake: float = 0  # monotonic: nothing is counted or read before
    rest: float = 0  # monotonic: nothing is sent before
    stop: str = ""
    hurried: bool = False  # a person stopped it: no wait is worth it
    mapping: MappingCheck = field(default_factory=MappingCheck)


@dataclass(slots=True)
class Run:
    """The ledger, what a crash forgets, and what is to be done."""

    ledger: Ledger
    volatile: Volatile
    plan: Plan


# ── events ──


@dataclass(frozen=True, slots=True)
class Reply:
    """What the transport knows of one sending."""

    answer: Answer
    left: bool = True  # a byte of the request was handed to the socket, and it was not a refused token
    message: str = ""
    status: int = 0
    code: str = ""
    suspects: Sequence[Suspect] = ()
    results: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)  # by position in the push
    doubtful: Sequence[int] = ()  # rows of the push for which nothing vouches, though the vendor said yes
    follows: str = ""  # the kind of the step that comes next
    too_large: bool = False
    retry_in: float = 0  # seconds before anything may leave again
    stop: str = ""  # why a person has to look first
    away: bool = False  # for longer than a run waits: nothing is read either
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    operation: int
    reply: Reply


@dataclass(frozen=True, slots=True)
class Counted:
    count: int
    at: Stamp | None = None  # when it was begun to be read, where that was earlier


@dataclass(frozen=True, slots=True)
class Looked:
    """Rows were read: how many of the operation's are there, and what the vendor has of them.

    `there` is None where this run does not have the rows, so that nobody can say which ones to read; less than nothing
    where something is there that may be one of them.
    """

    operation: int
    there: int | None
    results: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Woke:
    """It begins, or goes on after a pause."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """A person, or a reading that failed for good."""

    reason: str


Event = Answered | Counted | Looked | Woke | Stopped


# ── effects ──


@dataclass(frozen=True, slots=True)
class Send:
    operation: Operation


@dataclass(frozen=True, slots=True)
class Prepare:
    """This is likely to be sent next: its body may be made while an answer is awaited."""

    operation: Operation


@dataclass(frozen=True, slots=True)
class Count:
    pass


@dataclass(frozen=True, slots=True)
class LookUp:
    operation: Operation


@dataclass(frozen=True, slots=True)
class Sleep:
    seconds: float
    why: str


@dataclass(frozen=True, slots=True)
class End:
    state: PushState
    reason: str


Effect = Send | Prepare | Count | LookUp | Sleep | End
