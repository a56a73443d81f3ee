"""The sandbox as people use it: started here, or running in another process, and connected to."""

import os
from collections.abc import Mapping
from typing import Any

from toolkit.http.session import Clock
from toolkit.sandbox import Sandbox, settings_of
from toolkit.vendors import Api

PUSH = {"settle_wait": 1, "settle_stable": 0.1}  # its requests are done when they are answered, unless a fault says so
RUNNING = "TOOLKIT_SANDBOX"  # the address of one in another process

_started: list["Embedded"] = []


class Embedded(Sandbox):
    """The four systems in this process, on loopback, with demo data. A context manager."""

    def connect(self, *, clock: Clock | None = None, progress: bool = True) -> Api:
        """The four systems of this sandbox, entered with its demo credentials."""
        return Api("sandbox", _ready(self.settings()), clock=clock, progress=progress)


def settings() -> dict[str, dict[str, Any]]:
    """Addresses and credentials of the sandbox: of the one that runs, else of one that is started now."""
    if url := os.environ.get(RUNNING):
        return _ready(settings_of(url))
    if not _started:
        _started.append(Embedded().start())
    return _ready(_started[0].settings())


def _ready(found: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    return {name: {"push": PUSH, **account} for name, account in found.items()}
