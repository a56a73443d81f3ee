"""The sandbox as people use it: started here, or running in another process, and connected to."""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from toolkit.sandbox.server import Sandbox, memory_at, settings_of
from toolkit.sandbox.vendor import FakeVendor

if TYPE_CHECKING:
    from toolkit.http.session import Clock

PUSH: dict[str, float] = {
    "settle_wait": 1,
    "settle_stable": 0.1,
}  # its requests are done when they are answered, unless a fault says so
RUNNING = "TOOLKIT_SANDBOX"  # the address of one in another process
A = TypeVar("A")

_started: dict[tuple[FakeVendor, ...], Sandbox] = {}


class Embedded(Sandbox, Generic[A]):
    """A sandbox in this process, on loopback, with demo data, and the way to connect to it. A context manager.

    `registry` makes an `Api` of a profile's name and the settings of its systems.
    """

    def __init__(
        self,
        vendors: Sequence[FakeVendor],
        registry: Callable[..., A],
        data: str | os.PathLike[str] | None = None,
        *,
        port: int = 0,
    ) -> None:
        super().__init__(vendors, data, port)
        self._registry = registry

    def connect(self, *, clock: "Clock | None" = None, progress: bool = True) -> A:
        """The systems of this sandbox, with the credentials of its demo accounts."""
        return self._registry("sandbox", _ready(self.settings()), clock=clock, progress=progress)


def address(vendors: Sequence[FakeVendor]) -> str:
    """Where the sandbox of these vendors listens: the one that runs, else one that is started now."""
    return os.environ.get(RUNNING) or _own(vendors).url


def settings(vendors: Sequence[FakeVendor]) -> dict[str, dict[str, Any]]:
    """Addresses, identity and credentials of that sandbox."""
    if url := os.environ.get(RUNNING):
        return _ready(settings_of(url, vendors, memory_at(url)))
    return _ready(_own(vendors).settings())


def _own(vendors: Sequence[FakeVendor]) -> Sandbox:
    if (key := tuple(vendors)) not in _started:
        _started[key] = Sandbox(key).start()
    return _started[key]


def _ready(accounts: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    return {name: {"push": PUSH, **account} for name, account in accounts.items()}
