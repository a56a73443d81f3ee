"""Real processes, really killed, with their ledger in PostgreSQL: at every named edge, and at any instant."""

from pathlib import Path
from typing import Any

import pytest

from tests.push import test_kills
from tests.push import world as world_module
from tests.push.conftest import box, one_box
from tests.push.kernel import EDGES, Kernel
from tests.push.test_kills import kernel, kernels, world
from tests.push.world import World
from toolkit.push.store.address import TeamAddress
from toolkit.push.store.care import check
from toolkit.push.store.team import Team

__all__ = ["box", "kernel", "kernels", "one_box", "world"]
pytestmark = pytest.mark.slow
OF_FILES = ("the ledger is being made", "the ledger is open")


@pytest.fixture(autouse=True)
def _in_the_database(url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Kernels push with the ledger in the database, and the truth is compared with what it says there."""
    job, address = test_kills.job, TeamAddress(url)

    def with_team(world: World, **more: Any) -> dict[str, Any]:
        made = job(world, **more)
        return {**made, "ida": {**made["ida"], "ledger": url}}

    monkeypatch.setattr(test_kills, "job", with_team)
    monkeypatch.setattr(World, "ledgers", lambda self: [Path(name) for name in Team(address, self.folder).names()])
    monkeypatch.setattr(world_module, "LedgerFile", lambda path: Team(address, tmp_path).open(path.name))
    monkeypatch.setattr(
        world_module.care,
        "check",
        lambda folder: check(Team(address, folder.state)),
    )


@pytest.mark.parametrize("edge", [edge for edge in EDGES if edge not in OF_FILES])
def test_killed_at(edge: str, world: World, kernel: Kernel, tmp_path: Path) -> None:
    test_kills.test_killed_at(edge, world, kernel, tmp_path)


@pytest.mark.parametrize("seed", range(3))
def test_killed_at_random_instants(seed: int, world: World, kernel: Kernel, tmp_path: Path) -> None:
    test_kills.test_killed_at_random_instants(seed, world, kernel, tmp_path)


def test_many_kernels_at_once_send_once(world: World, kernels: list[Kernel], tmp_path: Path) -> None:
    test_kills.test_many_kernels_at_once_send_once(world, kernels, tmp_path)
