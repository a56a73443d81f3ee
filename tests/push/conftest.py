"""Benches: each a system of the sandbox and a client of it, on one clock that nobody waits for."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.helpers.clock import ManualClock
from tests.helpers.registry import Registry
from toolkit.push.driver import Driver
from toolkit.push.states import Operation
from toolkit.push.store import sql
from toolkit.sandbox import Sandbox
from toolkit.sandbox.embedded import Embedded

from .benches import BENCHES, SENT, Bench, CarmaChain, Ida, NddPrint, Signers

MOST = 10_000_000  # bytes in a body


@pytest.fixture(scope="session")
def one_box() -> Iterator[Sandbox]:
    with Embedded(Registry.fakes(), Registry) as started:
        yield started


@pytest.fixture
def box(one_box: Sandbox) -> Sandbox:
    """A sandbox with its demo data: one for all tests here, which forgets what the test before did."""
    one_box.control.reset()
    one_box.control.body_limit(MOST)
    return one_box


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waiting for the disk, which takes half the time: that ledgers reach it is proved in `test_order`."""
    hasty = [setting.replace("synchronous = FULL", "synchronous = OFF") for setting in sql.SETTINGS]
    monkeypatch.setattr(sql, "SETTINGS", hasty)


@pytest.fixture(params=list(BENCHES))
def bench(request: pytest.FixtureRequest, quick: None, box: Sandbox, clock: ManualClock) -> Bench:
    """Each system in turn."""
    return BENCHES[request.param](box, clock)


@pytest.fixture
def ida(quick: None, box: Sandbox, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> Ida:
    exchange = Driver._exchange

    def counted(driver: Driver, operation: Operation, prepared: Any) -> Any:
        SENT.append(operation.size)
        return exchange(driver, operation, prepared)

    SENT.clear()
    monkeypatch.setattr(Driver, "_exchange", counted)
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


@pytest.fixture
def api(box: Sandbox, clock: ManualClock) -> Registry:
    return Registry("", box.settings(), clock=clock, progress=False)
