"""What all tests share: no network but loopback, a home of their own, a clock that is handed in."""

import gc
import itertools
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

import toolkit
from tests.helpers.clock import ManualClock
from toolkit.plain import speak
from toolkit.sandbox import Sandbox

hypothesis.settings.register_profile("same every time", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("same every time")

PLACES = {"TOOLKIT_SETTINGS": "settings.toml", "TOOLKIT_STATE": "state"}  # of a home
HOMES = itertools.count()
STATE = Sandbox.state

gc.disable()  # what is collected stays: looking for what could go takes a third of the time


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def _set_apart() -> Iterator[None]:
    """No network but loopback, no keyring, English."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test reached for the network: {address[0]}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        patch.setattr(Sandbox, "state", Sandbox.state)
        patch.setenv("TOOLKIT_LANGUAGE", "en")
        patch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
        for name in PLACES:
            patch.setenv(name, "")
        yield


@pytest.fixture(autouse=True)
def home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Settings, ledgers and locks of this test only: one fixture, as it runs for every test."""
    folder = tmp_path_factory.getbasetemp() / f"home-{next(HOMES)}"
    os.environ |= {name: str(folder / place) for name, place in PLACES.items()}
    # many tests share one sandbox: each remembers for itself what it sent
    Sandbox.state = STATE if "sandbox" in request.path.parts else None  # type: ignore[method-assign,assignment]
    yield folder
    speak("")


@pytest.fixture
def box() -> Iterator[Sandbox]:
    """A sandbox with its demo data."""
    with toolkit.start_sandbox() as started:
        yield started


@pytest.fixture
def clock(box: Sandbox) -> ManualClock:
    """One clock for the client and the sandbox."""
    made = ManualClock(box)
    box.control.clock(set=made.moment.isoformat())
    return made


@pytest.fixture
def api(box: Sandbox, clock: ManualClock) -> toolkit.Api:
    return toolkit.connect(**box.settings(), clock=clock, progress=False)
