"""Benches: each a system of the sandbox and a client of it, on one clock that nobody waits for."""

import pytest
from hand_clock import HandClock

from toolkit.sandbox import Sandbox

from .benches import BENCHES, Bench, CarmaChain, Ida, NddPrint, Signers


@pytest.fixture(params=list(BENCHES))
def bench(request: pytest.FixtureRequest, box: Sandbox, clock: HandClock) -> Bench:
    """Each system in turn."""
    return BENCHES[request.param](box, clock)


@pytest.fixture
def ida(box: Sandbox, clock: HandClock) -> Ida:
    return Ida(box, clock)


@pytest.fixture
def nddprint(box: Sandbox, clock: HandClock) -> NddPrint:
    return NddPrint(box, clock)


@pytest.fixture
def carmachain(box: Sandbox, clock: HandClock) -> CarmaChain:
    return CarmaChain(box, clock)


@pytest.fixture
def signers(box: Sandbox, clock: HandClock) -> Signers:
    return Signers(box, clock)
