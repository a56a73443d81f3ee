import itertools
from collections.abc import Iterator

import pytest

from toolkit.push.store.address import TeamAddress

from .server import Server, why_not

_numbers = itertools.count()


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """PostgreSQL; where it cannot be started, the tests are skipped and say why."""
    if why := why_not():
        pytest.skip(why)
    started = Server()
    yield started
    started.remove()


@pytest.fixture
def url(server: Server) -> str:
    """An empty database of this test."""
    return server.make(f"team{next(_numbers)}")


@pytest.fixture
def address(url: str) -> TeamAddress:
    return TeamAddress(url)
