"""The sandbox as a thing to start and stop."""

import json
import os
import signal
import stat
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from toolkit.plain import message
from toolkit.sandbox.connection import Listener, Reply, Request
from toolkit.sandbox.control import Control, control_of, over_http
from toolkit.sandbox.guard import Guard, token_file
from toolkit.sandbox.machine import Clock, Machine, encoded
from toolkit.sandbox.openapi import openapi
from toolkit.sandbox.store import Store
from toolkit.sandbox.switches import Readings
from toolkit.sandbox.vendor import FakeVendor

TEMPORARY = "sandbox-"  # how the folder of one without data is called
MEMORY = 10_000  # bytes, in which a sandbox says who it is
ANSWERS_WITHIN = 5  # seconds


class Sandbox:
    """Vendors on one port of this machine: each system at `/<its name>`, the control plane at `/control`.

    `vendors` are the vendors' halves of the sandbox (`Api.fakes()`). `data` names a file that keeps the state from one
    start to the next; without it nothing is kept. `port` 0 is any free one, and the same again after a stop. `clock`
    gives seconds since 1970. `assume` are the readings that vendors have, by system and assumption. A context manager.

    Requests come from programs of this machine; over HTTP the control plane wants the token in `token_file`, which only
    this user can read.
    """

    control: Control

    def __init__(
        self,
        vendors: Sequence[FakeVendor],
        data: str | PathLike[str] | None = None,
        port: int = 0,
        host: str = "127.0.0.1",
        clock: Callable[[], float] = time.time,
        *,
        assume: Readings | None = None,
    ) -> None:
        if not 0 <= port <= 65_535:
            raise ValueError(message("a port is a number from 0 to 65535, not {port}", port=port))
        self._vendors = tuple(vendors)
        self._data, self._address, self._clock, self._assume = data, (host, port), clock, assume
        self._running: ExitStack | None = None
        self._folder: Path | None = None
        self._stopped = threading.Event()

    def __repr__(self) -> str:
        names = ", ".join(vendor.system.name for vendor in self._vendors)
        return f"<sandbox of {names} at {self.url}>" if self._running else f"<sandbox of {names}, stopped>"

    def start(self) -> Self:
        """Start, and return at once. OSError where the port is taken, or another sandbox has the file."""
        if self._running:
            return self
        with ExitStack() as running:
            machine = self._machine = Machine(self._vendors, self._store(running), Clock(self._clock), self._assume)
            self.control = control_of(machine)
            if machine.store.is_new:
                self.control.seed()
            listener = Listener(self._address, self._answer(machine), lambda: machine.max_body)
            running.callback(listener.stop)
            self._address = (self._address[0], listener.server_address[1])
            machine.url = self.url
            self._guard = Guard(*self._address)
            running.callback(self._guard.close)
            listener.start()
            self._running = running.pop_all()
        self._stopped.clear()
        return self

    def _store(self, running: ExitStack) -> Store:
        if not self._data:
            self._folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix=TEMPORARY)))
            running.callback(setattr, self, "_folder", None)
        path = self._folder / "sandbox.sqlite" if self._folder else Path(self._data or "")
        store = Store(path, {v.system.name: v.tables for v in self._vendors})
        running.callback(store.close)
        return store

    def _answer(self, machine: Machine) -> Callable[[Request], Reply]:
        pages: dict[str, Callable[[], Any]] = {"/openapi.json": self.openapi, "/identity": self._memory}

        def answer(request: Request) -> Reply:
            if refused := self._guard.refusal(request):
                return refused
            if page := pages.get(request.path):
                if request.method not in ("GET", "HEAD"):
                    return Reply(405, encoded({"message": "this is only read"}), {"Allow": "GET, HEAD"})
                return Reply(200, encoded(page()))
            if request.path.split("/")[1:2] == ["control"]:
                return over_http(self.control, request)
            return machine.answer(request)

        return answer

    def stop(self) -> None:
        """Finish what is under way, end every connection, stop. Without `data`, what was kept is gone."""
        if self._running:
            self._running.close()
            self._running = None
        self._stopped.set()

    def wait(self) -> None:
        """Return when somebody stopped it."""
        while not self._stopped.wait(0.5):  # in pieces, so that Windows lets Ctrl-C through
            pass

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The address below which the systems and the control plane are."""
        host, port = self._address
        return f"http://{host}:{port}"

    @property
    def token_file(self) -> Path:
        """The file with the token for the control plane over HTTP, while the sandbox runs."""
        return token_file(self._address[1])

    @property
    def addresses(self) -> dict[str, str]:
        """The base URL of each system."""
        return {v.system.name: f"{self.url}/{v.system.name}" for v in self._vendors}

    @property
    def credentials(self) -> dict[str, dict[str, str]]:
        """The credentials of each system's demo account."""
        return {v.system.name: dict(v.credentials) for v in self._vendors}

    @property
    def identity(self) -> str:
        """What tells this sandbox from every other, while it runs: the same after a restart on its data, not after a
        reset."""
        if not self._running:
            return ""
        with self._machine.transaction():
            return self._machine.store.identity()

    @property
    def state(self) -> Path | None:
        """Where what was sent here is remembered while it runs: it goes with the sandbox. None with `data`."""
        return self._folder and self._folder / "state"

    def settings(self) -> dict[str, dict[str, str]]:
        """What `connect()` takes: for each system its address, what remembers what was sent to it, its demo account."""
        return settings_of(self.url, self._vendors, self._memory())

    def _memory(self) -> dict[str, str]:
        return {"identity": self.identity, **({"state": str(self.state)} if self.state else {})}

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI 3.1 description of the vendors' endpoints, from their declarations."""
        return openapi(self._vendors, self.url)


def settings_of(url: str, vendors: Sequence[FakeVendor], memory: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The settings of the sandbox that listens at an address: for each system its own address, and its demo account.

    `memory` says what remembers what was sent there (`memory_at`).
    """
    return {
        v.system.name: {"base_url": f"{url.rstrip('/')}/{v.system.name}", **memory, **v.credentials} for v in vendors
    }


def memory_at(url: str) -> dict[str, str]:
    """The identity of the sandbox that listens at an address, and where its ledgers stand; {} where none answers."""
    parts = urlsplit(url)
    with suppress(OSError, HTTPException, ValueError):
        line = HTTPConnection(parts.hostname or "", parts.port or 80, timeout=ANSWERS_WITHIN)
        try:
            line.request("GET", "/identity")
            reply = line.getresponse()
            identified = json.loads(reply.read(MEMORY)) if reply.status == 200 else {}
            known = {name: str(identified[name]) for name in ("identity", "state") if name in identified}
            if not _is_here(Path(known.get("state", ""))):
                known.pop("state", None)
            return known
        finally:
            line.close()
    return {}


def serve_forever(
    vendors: Sequence[FakeVendor],
    data: str | PathLike[str] | None = None,
    port: int = 0,
    host: str = "127.0.0.1",
    ready: Callable[[Sandbox], None] = lambda _: None,
    *,
    assume: Readings | None = None,
) -> None:
    """Run a sandbox until somebody stops it, presses Ctrl-C, or ends the process; `ready` is called once it listens."""
    with ended_by_signals(), Sandbox(vendors, data, port, host, assume=assume) as box:
        ready(box)
        box.wait()


def _is_here(state: Path) -> bool:
    """Whether a sandbox of this user made the folder that this one is in: whoever listens may say anything."""
    try:
        facts = state.parent.lstat()
    except (OSError, ValueError):
        return False
    is_ours = os.name != "posix" or (facts.st_uid == os.getuid() and not facts.st_mode & 0o077)
    return state.parent.name.startswith(TEMPORARY) and stat.S_ISDIR(facts.st_mode) and is_ours


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """A closed terminal or a `kill` ends this process in order, so that it leaves nothing behind."""

    def stop(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    is_main = threading.current_thread() is threading.main_thread()  # no other one hears signals
    names = [name for name in ("SIGTERM", "SIGHUP", "SIGBREAK") if is_main and hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), stop) for name in names}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)
