"""Which destination rows go to, however its address is spelt: what is remembered together, and what is locked.

No user and no credential enters: two analysts share one memory.
"""

import contextlib
import dataclasses
import hashlib
import ipaddress
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from toolkit.errors import SettingsError
from toolkit.plain import message
from toolkit.push.store.address import TeamAddress
from toolkit.settings import state_folder

LOOPBACK = "localhost"
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

    @cached_property
    def folder(self) -> Path:
        """The state folder that its lock, its ledger and the key of its fingerprints are in.

        SettingsError where it is not the same wherever a notebook is started.
        """
        return state_folder(self.state)

    @property
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
