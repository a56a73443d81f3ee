"""Benches: each a system of the sandbox and a client of it, on one clock that nobody waits for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import toolkit
from tests.helpers.clock import ManualClock
from toolkit.push.journal import Journal
from toolkit.sandbox import Sandbox

from .benches import BENCHES, Bench, CarmaChain, Ida, NddPrint, Signers

MOST = 10_000_000  # bytes in a body


@pytest.fixture(scope="session")
def one_box() -> Iterator[Sandbox]:
    with toolkit.start_sandbox() as started:
        yield started


@pytest.fixture
def box(one_box: Sandbox) -> Sandbox:
    """A sandbox with its demo data: one for all tests here, which forgets what the test before did."""
    one_box.control.reset()
    one_box.control.body_limit(MOST)
    return one_box


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waiting for the disk, which takes half the time: that journals reach it is proved in `test_order`."""
    made = Journal.__init__

    def quickly(journal: Journal, path: Path) -> None:
        made(journal, path)
        journal._db.execute("PRAGMA synchronous=OFF")

    monkeypatch.setattr(Journal, "__init__", quickly)


@pytest.fixture(params=list(BENCHES))
def bench(request: pytest.FixtureRequest, quick: None, box: Sandbox, clock: ManualClock) -> Bench:
    """Each system in turn."""
    return BENCHES[request.param](box, clock)


@pytest.fixture
def ida(quick: None, box: Sandbox, clock: ManualClock) -> Ida:
    return Ida(box, clock)


@pytest.fixture
def nddprint(quick: None, box: Sandbox, clock: ManualClock) -> NddPrint:
    return NddPrint(box, clock)


@pytest.fixture
def carmachain(quick: None, box: Sandbox, clock: ManualClock) -> CarmaChain:
    return CarmaChain(box, clock)


@pytest.fixture
def signers(quick: None, box: Sandbox, clock: ManualClock) -> Signers:
    return Signers(box, clock)
