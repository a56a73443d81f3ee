"""Who may talk to a sandbox: programs of this machine, by its own names; to its control plane this user alone."""

import contextlib
import hmac
import ipaddress
import json
import logging
import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit

from toolkit.sandbox.connection import Reply, Request
from toolkit.settings import state_folder

log: logging.Logger = logging.getLogger("toolkit.sandbox")
LOCAL = ("127.0.0.1", "localhost", "[::1]")


def token_file(port: int) -> Path:
    """Where the token for the control plane of the sandbox at a port stands, for this user only."""
    return state_folder() / f"sandbox-{port}.token"


def token_of(url: str) -> str:
    """The token for the control plane of the sandbox at an address; "" where this user has none."""
    try:
        return token_file(urlsplit(url).port or 80).read_text(encoding="ascii")
    except (OSError, ValueError):
        return ""


class Guard:
    """Refuses whom a browser was tricked into speaking for, and other users of the machine."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._token = secrets.token_urlsafe(32)
        self.file: Path = token_file(port)
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.file.unlink(missing_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            with open(os.open(self.file, flags, 0o600), "wb") as handle:  # noqa: PTH123 - nobody else's from the start
                handle.write(self._token.encode())
        except OSError as problem:
            log.warning("over HTTP nobody gets into the control plane: %s cannot be written (%s)", self.file, problem)

    def close(self) -> None:
        """Take the token back; another sandbox that has the port by now keeps its own."""
        with contextlib.suppress(OSError):
            if self.file.read_text(encoding="ascii") == self._token:
                self.file.unlink()

    def refusal(self, request: Request) -> Reply | None:
        """What is said to a request that may not come in; None to any other."""
        host, origin = request.headers.get("Host", ""), request.headers.get("Origin")
        if not self._is_own(host):
            return _refused(421, "this is no name of the sandbox")
        if origin is not None and origin.lower() != f"http://{host.lower()}":
            return _refused(403, "no other page may ask")
        if request.path.split("/")[1:2] != ["control"]:
            return None
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer" and hmac.compare_digest(token.strip().encode(), self._token.encode()):
            return None
        return _refused(401, "the control plane wants the token of its user", {"WWW-Authenticate": "Bearer"})

    def _is_own(self, host: str) -> bool:
        name, _, port = host.lower().rpartition(":")
        if port != str(self._port):
            return False
        return name in (*LOCAL, self._host.lower()) or (_is_wide(self._host) and _is_address(name.strip("[]")))


def _refused(status: int, message: str, headers: dict[str, str] | None = None) -> Reply:
    return Reply(status, json.dumps({"message": message, "code": status}).encode(), headers or {})


def _is_address(name: str) -> bool:
    """A number, which no name server can turn to somebody else's."""
    with contextlib.suppress(ValueError):
        return bool(ipaddress.ip_address(name))
    return False


def _is_wide(host: str) -> bool:
    """Whether a sandbox listens at all addresses of its machine."""
    return host in ("", "0.0.0.0", "::")  # noqa: S104 - compared, not bound
