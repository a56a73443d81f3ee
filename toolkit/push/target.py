"""What a push is handed: a destination, rows, and a target that makes requests and settles doubt. No vendor names."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

import numpy as np

from toolkit.http import wire
from toolkit.http.answers import Classification
from toolkit.http.session import Session
from toolkit.push.destination import Memory
from toolkit.push.events import Reconcile
from toolkit.push.isolation import Suspect
from toolkit.sheets.check import Check
from toolkit.sheets.target import Takes
from toolkit.spec import Endpoint


class Batch(NamedTuple):
    """What one request is to carry."""

    kind: str  # "send", or the name of a step
    positions: np.ndarray  # of the rows in the frame
    serials: np.ndarray  # of the same rows in the push


class Release(NamedTuple):
    """How the drafts of things are released. A thing is known by its label, a draft by its identifier."""

    drafts: Memory  # of the pushes that make them
    releases: Memory  # of the pushes that release them; in the same ledger
    identifier: str  # of a draft: the only cell of a row there
    ids: Callable[[Mapping[str, Any]], list[str]]  # those of a thing's drafts, in what came back for it


class Target(ABC):
    """Where rows go. Positions are those of the frame. Most send rows once, unmarked, and are answered with nothing."""

    what: str  # the call that people know it by
    memory: Memory
    session: Session
    check: Any
    reconcile: Reconcile  # how a doubt is settled there
    together: bool  # many rows in a request, or one
    keyed: bool = False  # an index label names one thing in every frame: another content is a correction, no new row
    other_content: str = ""  # where it is: what is said of a row of which an earlier push has sent other content
    keys: tuple[str, ...] = ()  # wire names of the cells that name a thing, of which the newest row says what holds now
    irrevocable: bool = False  # it reaches people or costs money: sent a second time only after a refused token
    repeatable: bool = False  # sending the same row twice leaves one: no late request need be waited for
    reads_refusals: bool = False  # a refusal may mean that the row is there already
    busy_is_unsent: bool = False  # a 429 did nothing: what may be sent once only is sent later
    first: str = "send"  # the kind of the first operation of every row
    tag: str = ""  # set when the push begins: what marks its rows, where the target marks them
    tagged: bool = False  # whether it does (`row_tag`)
    release: Release | None = None  # where rows become drafts, or drafts are sent: of a thing one is released
    kept: Mapping[int, Mapping[str, Any]] = MappingProxyType({})  # what the report shows of rows from the start

    @abstractmethod
    def request(self, order: Batch) -> tuple[Endpoint, wire.Request]:
        """The request that carries these rows."""

    def results(self, order: Batch, payload: Any) -> Mapping[int, Mapping[str, Any]]:
        """What the vendor gave back for each row, added to what it gave before; {} where it gives nothing.

        BadAnswer where that cannot be true: what became of the rows is in doubt then, whatever the answer says.
        """
        return {}

    def follows(self, order: Batch) -> str:
        """The kind of the next op of this row, once this one is acknowledged; "" where it was the last."""
        return ""

    def suspects(self, result: Classification, positions: np.ndarray) -> Sequence[Suspect]:
        """The rows that a refusal names; here those that it lists, where the dialect declares a list."""
        named = [row for row in result.rows if row.index < len(positions)]
        return [Suspect(int(positions[r.index]), r.column, certain=True, message=r.message) for r in named]

    def recall(self, results: Mapping[int, Mapping[str, Any]], taken: Collection[str]) -> None:  # noqa: B027
        """What earlier runs were given, before this one begins; and the drafts that other pushes made."""

    def count(self) -> int:
        """How many rows are there. Of a counted destination only."""
        raise NotImplementedError("nothing is counted here")

    def first_count(self) -> tuple[int, float] | None:
        """The count that was read together with the destination, and how many seconds ago; None once it was taken."""
        return None

    def find(self, positions: Sequence[int]) -> Sequence[Mapping[str, Any] | None]:
        """What the vendor has of each of these rows, None where it has nothing. Where rows can be read only."""
        raise NotImplementedError("no row can be read here")


class PushJob(NamedTuple):
    """The rows of one frame: where they go, and what the check found in them."""

    target: Target
    check: Check
    rows: np.ndarray | None = None  # positions of the rows to send, in their order; None: all that are not bad
    after: Mapping[int, int] = MappingProxyType({})  # for a row's position, that of the row that has to be in before
    finish: Callable[[Any], Any] = lambda report: report  # the report, with what it says besides

    @property
    def good(self) -> np.ndarray:
        return np.flatnonzero(~self.check.bad.to_numpy()) if self.rows is None else self.rows


class Destination(Protocol):
    """Where the rows of one call go. It is locked before anything is read there."""

    session: Session

    @property
    def memory(self) -> Memory:
        """What is locked, and what remembers what was sent; `part` and `where` in full once `takes` was read."""

    def takes(self) -> Takes:
        """What its rows are checked by. What has to be read for that is read once, and under the lock."""

    def job(self, checked: Check) -> PushJob:
        """Make the checked rows of a frame ready to be sent.

        Raises:
            InputError: they cannot be sent as they are.
        """


def tag_of(push_id: str) -> str:
    """What marks every row of a push."""
    return f"push={push_id}"


def row_tag(tag: str, serial: int) -> str:
    """What marks one row of a push."""
    return f"{tag}·r{serial:07d}"
