"""Real processes, really killed: at every named edge, at any instant, while recovering from the kill before."""

import json
import os
import random
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.waiting import wait_until
from toolkit import PushRefused
from toolkit.http.session import RealClock
from toolkit.push.decide import FEW
from toolkit.sandbox import Sandbox

from .kernel import DONE, EDGES, Kernel
from .kernel import REFUSED as TURNED_AWAY
from .world import REFUSED, World

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kernels are forked, and killed by SIGKILL")

LATE = 0.1  # seconds; late requests are applied within the settle wait
QUICK = {"settle_wait": 0.15, "settle_stable": 0.03, "chunk_rows": 23, "fence_every": 3}


@pytest.fixture(scope="module")
def kernels() -> Iterator[list[Kernel]]:
    with Kernel() as first, Kernel() as second, Kernel() as third:
        yield [first, second, third]


@pytest.fixture
def kernel(kernels: list[Kernel]) -> Kernel:
    return kernels[0]


@pytest.fixture
def world(box: Sandbox) -> Iterator[World]:
    """On the real clock, with trouble of every kind ahead."""
    with World(box, rows=60, clock=RealClock(), hasty=False) as made:
        made.patience = 0.05
        made.add(1, REFUSED)
        made.add(30)
        yield made


def trouble(world: World) -> None:
    world.fault("before", "lost", every=5, times=3)
    world.fault("never", "reset", every=4, times=3)
    world.fault("late", "reset", late=LATE, every=6, times=2)


def job(world: World, **more: Any) -> dict[str, Any]:
    facts = {"state": str(world.folder), "database": world.database, "values": world.values, "options": QUICK}
    return {**facts, "ida": world.box.settings()["ida"], **more}


def end_well(world: World, kernel: Kernel, tmp_path: Path) -> None:
    """Run it to the end: everything is in once, but for the row that the vendor refuses."""
    result = tmp_path / "result.json"
    for _ in range(8):
        assert kernel.run(**job(world, result=str(result)))
        told = json.loads(result.read_text(encoding="utf-8"))
        if told["state"] != "paused":
            break
    world.check()
    became = dict(zip(world.values, told["outcomes"], strict=True))
    unknown = [v for v, outcome in became.items() if outcome == "unknown"]
    assert all(size < FEW for size in world.unknown_with_a_name()), "a size that is unlike all others names its request"
    assert {v for v, outcome in became.items() if outcome == "rejected"} <= {v for v in world.values if REFUSED in v}
    expected = {v: 1 for v in world.values if REFUSED not in v}
    assert {v: n for v, n in world.stored().items() if v not in unknown} == {
        v: n for v, n in expected.items() if v not in unknown
    }
    assert set(told["outcomes"]) <= {"verified", "accepted", "rejected", "unknown"}


@pytest.mark.parametrize("edge", EDGES)
def test_killed_at(edge: str, world: World, kernel: Kernel, tmp_path: Path) -> None:
    """Killed there, killed there again while recovering, then run to the end."""
    trouble(world)
    killed = 0
    for nth in (1, 2):
        killed += not kernel.run(**job(world, edge=edge, nth=nth))
        world.check()
    assert killed, "the edge was never reached"
    end_well(world, kernel, tmp_path)


@pytest.mark.parametrize("seed", range(3))
def test_killed_at_random_instants(seed: int, world: World, kernel: Kernel, tmp_path: Path) -> None:
    """Many kills over one journal, wherever they fall."""
    chance = random.Random(seed)
    trouble(world)
    for _ in range(6):
        kernel.run(**job(world, dies_after=chance.uniform(0.01, 0.6)))
        world.check()
    end_well(world, kernel, tmp_path)


def test_a_second_kernel_is_refused_also_while_the_first_is_stopped(
    world: World, kernels: list[Kernel], tmp_path: Path
) -> None:
    """A suspended owner keeps its lock; woken, it goes on, and every row is in once."""
    first, second, _ = kernels
    world.fault("before", "ok", delay=0.2, times=None)
    first.start(**job(world))
    wait_until(world.stored)
    os.kill(first.pid, signal.SIGSTOP)
    try:
        second.start(**job(world))
        assert second.ended() == TURNED_AWAY
        with pytest.raises(PushRefused, match="another push"):
            world.push(**QUICK)
    finally:
        os.kill(first.pid, signal.SIGCONT)
    assert first.wait()
    world.control.clear_faults()
    end_well(world, second, tmp_path)


def test_many_kernels_at_once_send_once(world: World, kernels: list[Kernel], tmp_path: Path) -> None:
    """Of those that start together one works; the others are refused, or find nothing left to do."""
    for each in kernels:
        each.start(**job(world))
    ended = [each.ended() for each in kernels]
    assert set(ended) <= {DONE, TURNED_AWAY}
    assert DONE in ended
    end_well(world, kernels[0], tmp_path)


@pytest.mark.slow
def test_a_hundred_thousand_rows_through_faults_and_five_kills(box: Sandbox, kernel: Kernel, tmp_path: Path) -> None:
    """5 % of the requests go wrong, five times the process is killed: it ends the same as without."""
    chance = random.Random(0)
    quick = QUICK | {"chunk_rows": 487, "fence_every": 10}
    with World(box, clock=RealClock(), hasty=False) as world:
        world.add(60_000)
        world.add(3, REFUSED)
        world.add(39_997)
        kinds = [
            ("before", "lost"),
            ("never", "reset"),
            ("late", "reset"),
            ("before", "truncated"),
            ("never", "status"),
        ]
        for seed, (commit, reply) in enumerate(kinds):
            world.fault(commit, reply, late=LATE, status=500, times=None, probability=0.01, seed=seed)
        kills = 0
        while kills < 5:
            kernel.start(**job(world, options=quick))
            before = len(world.stored())
            enough = min(before + 12_000 + chance.randrange(5_000), 90_000)
            wait_until(lambda enough=enough: len(world.stored()) >= enough)
            kernel.kill()
            kills += not kernel.wait()
        result = tmp_path / "result.json"
        told: dict[str, Any] = {}
        while told.get("state", "paused") == "paused":
            assert kernel.run(**job(world, options=quick, result=str(result)))
            told = json.loads(result.read_text(encoding="utf-8"))
        world.check()
        assert told["outcomes"].count("rejected") == 3
        sure = told["outcomes"].count("verified") + told["outcomes"].count("accepted")
        assert sure >= len(world.values) - 3 - 20
        assert max(world.stored().values()) == 1
        assert not {v for v in world.stored() if REFUSED in v}
