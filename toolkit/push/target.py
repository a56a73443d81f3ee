"""What a push is handed: where its rows go, and how doubt is settled there. Vendor names stay outside."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple, Protocol

import numpy as np

from toolkit.errors import InputError
from toolkit.http import wire
from toolkit.http.session import Session
from toolkit.http.wire import Judgement
from toolkit.push.progress import Progress
from toolkit.spec import Endpoint


class Suspect(NamedTuple):
    """A row that a refusal seems to name. `certain`: the refusal names its value, and no other row has it."""

    position: int
    column: str
    certain: bool
    message: str = ""  # why this row, where the refusal says so


class Order(NamedTuple):
    """What one request is to carry."""

    kind: str  # "send", or the name of a step
    positions: np.ndarray  # of the rows in the frame
    serials: np.ndarray  # of the same rows in the push


class Target(Protocol):
    """Where rows go. Positions are those of the frame."""

    what: str  # the call that people know it by
    destination: str  # "host/database/11111": identity, and what is locked
    where: str  # the same as people call it: "database 11111 «Clientes» at host"
    session: Session
    together: bool  # many rows in a request, or one
    keyed: bool  # an index label names the same thing in every frame: another content is a correction, not a new row
    corrects: bool  # a row with another content says something new about the same thing, and is sent without a question
    irrevocable: bool  # what is sent reaches people or costs money: never sent twice
    first: str  # the kind of the first op of every row
    tag: str  # set when the push begins: what marks its rows, where the target marks them
    tagged: bool  # whether it does (`row_tag`)

    def request(self, order: Order) -> tuple[Endpoint, wire.Request]:
        """The request that carries these rows."""

    def results(self, order: Order, payload: Any) -> Mapping[int, Mapping[str, Any]]:
        """What the vendor gave back for each row, added to what it gave before; {} where it gives nothing."""

    def follows(self, order: Order) -> str:
        """The kind of the next op of this row, once this one is acknowledged; "" where it was the last."""

    def suspects(self, said: Judgement, positions: np.ndarray) -> Sequence[Suspect]:
        """The rows that a refusal names; none where it names nobody."""

    def recall(self, results: Mapping[int, Mapping[str, Any]]) -> None:
        """What earlier sittings were given, before this one begins."""


class Rows:
    """What most targets share: rows that are sent once, marked by nothing, and answered with nothing."""

    keyed = False
    corrects = False
    irrevocable = False
    first = "send"
    tag = ""
    tagged = False

    def results(self, order: Order, payload: Any) -> Mapping[int, Mapping[str, Any]]:
        return {}

    def follows(self, order: Order) -> str:
        return ""

    def suspects(self, said: Judgement, positions: np.ndarray) -> Sequence[Suspect]:
        """The rows that the refusal lists by their index, where the vendor's dialect declares such a list."""
        named = [row for row in said.rows if row.index < len(positions)]
        return [Suspect(int(positions[r.index]), r.column, certain=True, message=r.message) for r in named]

    def recall(self, results: Mapping[int, Mapping[str, Any]]) -> None:
        pass


def tag_of(push_id: str) -> str:
    """What marks every row of a push."""
    return f"push={push_id}"


def row_tag(tag: str, serial: int) -> str:
    """What marks one row of a push."""
    return f"{tag}·r{serial:07d}"


class Countable(Protocol):
    """A destination whose rows can be counted and not read."""

    def count(self) -> int: ...


class Readable(Protocol):
    """A destination where one row can be looked up."""

    resend_at_once: bool  # sending the same row twice leaves one: no late commit need be waited for
    looks_after_refusal: bool  # a refusal may mean that the row is there already

    def find(self, position: int) -> Mapping[str, Any] | None:
        """What the vendor has of this row, or None where it has nothing."""


@dataclass(frozen=True)
class Options:
    """How a push goes about it. Seconds."""

    settle_wait: float = 65  # a request whose connection died is applied within this time, or never
    settle_stable: float = 5  # a counter that stays so long is current
    chunk_rows: int = 3896  # in a request, at most; it begins with fewer (see `sizes`)
    workers: int = 1  # requests at a time
    max_wait: float = 120  # a vendor that asks for more pauses the push
    fence_every: int = 10  # chunks of each worker between two looks at the counter
    max_ambiguous: int = 5  # in a row, before the push pauses
    max_resends: int = 2  # of one request
    max_rejected: float = 0.1  # of the rows, before it looks like a wrong mapping
    progress: bool = True  # whether a bar is shown
    watch: Callable[[Progress], None] | None = None  # told of progress too, in the thread that pushes
    stop: threading.Event = field(default_factory=threading.Event)  # set by another thread, it pauses the push

    def __post_init__(self) -> None:
        for name in ("workers", "chunk_rows", "fence_every"):
            if not isinstance(value := getattr(self, name), int) or value < 1:
                raise InputError(f"the setting {name} of a push is a whole number from 1 on, not {value!r}")

    @classmethod
    def of(cls, *given: Mapping[str, Any] | None) -> "Options":
        """The defaults, changed by each of the given settings in turn."""
        changes = {name: value for one in given for name, value in (one or {}).items()}
        known = [f.name for f in fields(cls)]
        if unknown := [name for name in changes if name not in known]:
            raise InputError(f"a push has no setting {', '.join(unknown)}; it has {', '.join(known)}")
        return cls(**changes)


@dataclass(frozen=True)
class SendPolicy:
    """What a person decided about rows that were sent before."""

    only_new: bool = False  # leave them out
    again: bool | str = False  # send them once more, on purpose; a text makes it a further time
