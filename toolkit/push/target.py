"""What a push is handed: where its rows go, and how doubt is settled there. Vendor names stay outside."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

import numpy as np

from toolkit.http import wire
from toolkit.http.session import Session
from toolkit.http.wire import Judgement
from toolkit.spec import Endpoint


class Suspect(NamedTuple):
    """A row that a refusal seems to name. `certain`: the refusal names its value, and no other row has it."""

    position: int
    column: str
    certain: bool
    message: str = ""  # why this row, where the refusal says so


class Batch(NamedTuple):
    """What one request is to carry."""

    kind: str  # "send", or the name of a step
    positions: np.ndarray  # of the rows in the frame
    serials: np.ndarray  # of the same rows in the push


class Target(Protocol):
    """Where rows go. Positions are those of the frame."""

    what: str  # the call that people know it by
    destination: str  # "host/database/11111 20260102": identity
    lock: str  # what is locked while rows are sent there: "host/database/11111"
    where: str  # the same as people call it: "database 11111 «Clientes» at host"
    session: Session
    together: bool  # many rows in a request, or one
    keyed: bool  # an index label names the same thing in every frame: another content is a correction, not a new row
    corrects: bool  # a row with another content says something new about the same thing, and is sent without a question
    irrevocable: bool  # what is sent reaches people or costs money: never sent twice
    first: str  # the kind of the first op of every row
    tag: str  # set when the push begins: what marks its rows, where the target marks them
    tagged: bool  # whether it does (`row_tag`)

    def request(self, order: Batch) -> tuple[Endpoint, wire.Request]:
        """The request that carries these rows."""

    def results(self, order: Batch, payload: Any) -> Mapping[int, Mapping[str, Any]]:
        """What the vendor gave back for each row, added to what it gave before; {} where it gives nothing."""

    def follows(self, order: Batch) -> str:
        """The kind of the next op of this row, once this one is acknowledged; "" where it was the last."""

    def suspects(self, said: Judgement, positions: np.ndarray) -> Sequence[Suspect]:
        """The rows that a refusal names; none where it names nobody."""

    def recall(self, results: Mapping[int, Mapping[str, Any]]) -> None:
        """What earlier sittings were given, before this one begins."""


class BaseTarget:
    """What most targets share: rows that are sent once, marked by nothing, and answered with nothing."""

    destination: str
    lock: str
    where: str
    session: Session
    check: Any
    keyed: bool = False
    corrects: bool = False
    irrevocable: bool = False
    first: str = "send"
    tag: str = ""
    tagged: bool = False

    def results(self, order: Batch, payload: Any) -> Mapping[int, Mapping[str, Any]]:
        return {}

    def follows(self, order: Batch) -> str:
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

    def first_count(self) -> tuple[int, datetime]:
        """The count before the first request, and when it was read."""


class Readable(Protocol):
    """A destination where one row can be looked up."""

    resend_at_once: bool  # sending the same row twice leaves one: no late commit need be waited for
    looks_after_refusal: bool  # a refusal may mean that the row is there already

    def find(self, position: int) -> Mapping[str, Any] | None:
        """What the vendor has of this row, or None where it has nothing."""
