"""One JupyterLab and one Chromium for all tests here; a kernel for each."""

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.notebook.browser.lab import Lab, Notebook

START = """import toolkit
from toolkit import forms
box = toolkit.start_sandbox()
api = box.connect()
"""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """The everyday run does without playwright, and does not wait until it is loaded."""
    marks = config.option.markexpr
    asked = not marks or "browser" in marks.replace("not browser", "")
    return None if asked and find_spec("playwright") else collection_path.name.startswith("test_") or None


def pytest_collection_modifyitems(items: list[Any]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Lab]":
    from tests.notebook.browser.lab import jupyterlab

    with jupyterlab(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    from playwright.sync_api import expect, sync_playwright

    from tests.notebook.browser.lab import ARGUMENTS, CHROMIUM

    with sync_playwright() as playwright:
        expect.set_options(timeout=60_000)
        running = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def page(browser: "Browser") -> "Iterator[Page]":
    context = browser.new_context(viewport={"width": 1280, "height": 1500}, accept_downloads=True)
    opened = context.new_page()
    opened.set_default_timeout(60_000)
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    yield opened
    context.close()
    assert not wrong, wrong


@pytest.fixture
def show(lab: "Lab", page: "Page", request: pytest.FixtureRequest) -> "Iterator[Callable[[str], Notebook]]":
    """Opens a notebook whose cell shows a form, beside a sandbox in the kernel."""
    from tests.notebook.browser.lab import Notebook

    yield lambda code: Notebook(lab, page, request.node.name, START + code)
    lab.stop_kernels()


@pytest.fixture
def folder(lab: "Lab") -> Path:
    """Where the notebooks are, and the kernel's working directory."""
    return lab.root
