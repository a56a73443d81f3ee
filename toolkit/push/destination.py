"""Where rows go: what is remembered together and locked, and a target that makes requests and settles doubt.

A push is handed a `Destination`. It knows no vendor's name. However an address is spelt, the destination is the same;
no user and no credential enters: two analysts share one memory.
"""

import contextlib
import dataclasses
import hashlib
import ipaddress
import re
import socket
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol, Self
from urllib.parse import urlsplit

import numpy as np

from toolkit.errors import SettingsError
from toolkit.http import wire
from toolkit.http.answers import Classification
from toolkit.http.session import Session
from toolkit.plain import message
from toolkit.push.chunking import Suspect
from toolkit.push.events import Reconcile
from toolkit.push.store.address import TeamAddress
from toolkit.settings import state_folder
from toolkit.sheets.check import Check
from toolkit.sheets.target import Takes
from toolkit.spec import Endpoint

LOOPBACK = "localhost"
Others = Callable[[], Iterable[Mapping[str, Any]]]  # what rows of other pushes of a ledger were given
MAY_BE: Mapping[str, Any] = MappingProxyType({})  # what may be a row, and is not written as it was sent
PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True)
class Memory:
    """What is remembered together, and what is locked, of a destination."""

    system: str  # the vendor's short name
    identity: str  # which installation of it: the setting `identity`, else what the vendor is known by
    part: str  # what of it has a ledger of its own, as a database; "" where one ledger serves all of it
    lock: str  # what of it only one push at a time may write to; it is known before anything is read
    where: str  # the same for people: "database 11111 «Clientes» at host"
    state: Path | None = None  # where it stands, instead of the state folder: a sandbox's goes with the sandbox
    team: TeamAddress | None = None  # the database that it is in, instead of a file
    origin: str = ""  # where it is reached: host, port and path, and the customer where one address serves many
    named_by: str = ""  # the setting that gave the identity its name; "" where the vendor or the origin did

    @cached_property
    def folder(self) -> Path:
        """The state folder that its lock, its ledger and the key of its fingerprints are in.

        SettingsError where it is not the same wherever a notebook is started.
        """
        return state_folder(self.state)

    @cached_property
    def about(self) -> str:
        """What its ledger is the memory of."""
        return "/".join(filter(None, (self.system, self.identity, self.part)))

    def as_dict(self) -> dict[str, str]:
        """The same, to be kept."""
        kept = {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name != "team"}
        return {name: str(value) for name, value in kept.items() if value is not None}

    @classmethod
    def of(cls, kept: Mapping[str, str]) -> Self:
        """The one that was kept."""
        state = kept.get("state")
        return cls(**{**kept, "state": Path(state) if state else None})  # type: ignore[arg-type]

    @property
    def lock_name(self) -> str:
        """What is locked, in full."""
        return f"{self.system}/{self.identity}/{self.lock}"

    def lock_file(self, state: Path) -> Path:
        """The file that is locked."""
        return state / "locks" / f"{self.system}-{hashlib.sha256(self.lock_name.encode()).hexdigest()[:12]}.lock"


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
    keyed: bool = False  # `keys`, else the label, name one thing in every frame: another content is no new row
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

    def doubtful(self, order: Batch, results: Mapping[int, Mapping[str, Any]]) -> Sequence[int]:
        """Rows for which nothing vouches after these results; of the batch, or of one before it."""
        return ()

    def follows(self, order: Batch) -> str:
        """The kind of the next op of this row, once this one is acknowledged; "" where it was the last."""
        return ""

    def suspects(self, result: Classification, positions: np.ndarray) -> Sequence[Suspect]:
        """The rows that a refusal names; here those that it lists, where the dialect declares a list."""
        named = [row for row in result.rows if row.index < len(positions)]
        return [Suspect(int(positions[r.index]), r.column, certain=True, message=r.message) for r in named]

    def recall(self, results: Mapping[int, Mapping[str, Any]], others: Others) -> None:  # noqa: B027
        """What earlier runs were given, before this one begins; `others` reads what other pushes of its ledger were."""

    def count(self) -> int:
        """How many rows are there. Of a counted destination only."""
        raise NotImplementedError("nothing is counted here")

    def first_count(self) -> tuple[int, float] | None:
        """The count that was read together with the destination, and how many seconds ago; None once it was taken."""
        return None

    def find(self, positions: Sequence[int]) -> Sequence[Mapping[str, Any] | None]:
        """What the vendor has of each of these rows, None where it has nothing; `MAY_BE` where it has its like.

        Where rows can be read only.
        """
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


# ── whether two are the same ──


_NUMBERED = re.compile(r"(.+/\d+)(?: \d{14})?")  # what ends with a number, and when that was made


def may_be_the_same(about: str, known: str) -> bool:
    """Whether a destination may be one that a ledger knows: by its number it is, by when it was made it is not."""
    now, then = _NUMBERED.fullmatch(about), _NUMBERED.fullmatch(known)
    return bool(now and then) and about != known and now[1] == then[1]  # type: ignore[index]


def canonical_origin(address: str) -> str:
    """Host and port of an address, one spelling for all: case, user, path, default port and names of loopback go.

    SettingsError where it is no address.
    """
    try:
        parts = urlsplit(address if "://" in address else f"https://{address}")
        host, port = parts.hostname, parts.port
    except ValueError as problem:
        raise SettingsError(message("{address!r} is no address: {problem}", address=address, problem=problem)) from None
    host = _canonical_host(host or "")
    if not host:
        raise SettingsError(message("{address!r} is no address: it names no host", address=address))
    shown = f"[{host}]" if ":" in host else host
    return shown if port in (None, PORTS.get(parts.scheme)) else f"{shown}:{port}"


def _canonical_host(host: str) -> str:
    with contextlib.suppress(UnicodeError):
        host = host if ":" in host else host.encode("idna").decode("ascii")
    host = host.lower().rstrip(".")
    if host == "localhost" or host.endswith((".localhost", ".localdomain")):
        return LOOPBACK
    try:
        number = ipaddress.ip_address(host.partition("%")[0] if ":" in host else socket.inet_aton(host))
    except (OSError, ValueError):
        return host
    number = getattr(number, "ipv4_mapped", None) or number
    return LOOPBACK if number.is_loopback or number.is_unspecified else str(number)
