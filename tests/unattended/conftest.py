from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.registry import Registry
from toolkit.sandbox import Sandbox
from toolkit.sandbox.embedded import Embedded

from .kit import Desk


@pytest.fixture(scope="session")
def one_box() -> Iterator[Sandbox]:
    with Embedded(Registry.fakes(), Registry) as started:
        yield started


@pytest.fixture
def box(one_box: Sandbox) -> Sandbox:
    """A sandbox with its demo data, and a vendor of the tests besides."""
    one_box.control.reset()
    return one_box


@pytest.fixture
def desk(box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Where commands are started; in this process too."""
    made = Desk(tmp_path / "desk", box, registry=Registry)
    for name, value in made.environment.items():
        if name.startswith("TOOLKIT_"):
            monkeypatch.setenv(name, value)
    monkeypatch.chdir(made.folder)
    return made
