"""The sandbox as people use it: started here, or running in another process, and connected to."""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from toolkit.sandbox.server import Sandbox, settings_of
from toolkit.sandbox.vendor import FakeVendor

if TYPE_CHECKING:
    from toolkit.http.session import Clock

PUSH = {"settle_wait": 1, "settle_stable": 0.1}  # its requests are done when they are answered, unless a fault says so
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
    if url := os.environ.get(RUNNING):
        return url
    if (key := tuple(vendors)) not in _started:
        _started[key] = Sandbox(key).start()
    return _started[key].url


def settings(vendors: Sequence[FakeVendor]) -> dict[str, dict[str, Any]]:
    """Addresses and credentials of that sandbox."""
    return _ready(settings_of(address(vendors), vendors))


def _ready(accounts: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    return {name: {"push": PUSH, **account} for name, account in accounts.items()}
