"""What all tests share: no network but loopback, a home of their own, a clock that is handed in."""

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


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test reached for the network: {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def home(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings, ledgers and locks of this test only."""
    folder = tmp_path / "home"
    monkeypatch.setenv("TOOLKIT_SETTINGS", str(folder / "settings.toml"))
    monkeypatch.setenv("TOOLKIT_STATE", str(folder / "state"))
    monkeypatch.setenv("TOOLKIT_LANGUAGE", "en")
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    if "sandbox" not in request.path.parts:  # many tests share one sandbox: each remembers for itself what it sent
        monkeypatch.setattr(Sandbox, "state", None)
    return folder


@pytest.fixture(autouse=True)
def _no_language_chosen() -> Iterator[None]:
    yield
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
