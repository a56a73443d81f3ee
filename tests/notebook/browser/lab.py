"""A private JupyterLab on loopback, driven with Chromium."""

import contextlib
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import Locator, Page, expect

from tests.helpers.waiting import wait_until

REPOSITORY = Path(__file__).parents[3]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = {"fetchNews": "false", "checkForUpdates": False}  # no pop-up asks for a click, and nothing looks outside
CALLED = "e => e.getAttribute('aria-label') || e.labels?.[0]?.innerText || e.innerText || e.title || ''"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]


@dataclass
class Lab:
    """A running JupyterLab."""

    url: str
    token: str
    root: Path

    def request(self, method: str, path: str) -> Any:
        asked = urllib.request.Request(f"{self.url}{path}", method=method)
        asked.add_header("Authorization", f"token {self.token}")
        with urllib.request.urlopen(asked, timeout=10) as answer:
            body = answer.read()
        return json.loads(body) if body else None

    def theme(self, name: str) -> None:
        """For the pages that are opened next."""
        chosen = self.root.parent / "settings" / "@jupyterlab" / "apputils-extension" / "themes.jupyterlab-settings"
        chosen.write_text(json.dumps({"theme": name}), encoding="utf-8")

    def stop_kernels(self) -> None:
        for kernel in self.request("GET", "/api/kernels"):
            with contextlib.suppress(OSError):
                self.request("DELETE", f"/api/kernels/{kernel['id']}")


@contextlib.contextmanager
def jupyterlab(folder: Path) -> Iterator[Lab]:
    """With its own settings, and the toolkit's own home; ended at the end."""
    root = folder / "notebooks"
    root.mkdir(parents=True)
    news = folder / "settings" / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    news.parent.mkdir(parents=True)
    news.write_text(json.dumps(QUIET), encoding="utf-8")
    port, token = _free_port(), secrets.token_hex(16)
    with (folder / "lab.log").open("wb") as log:
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1"]
        command += [f"--port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}"]
        command += [f"--ServerApp.root_dir={root}"]
        running = subprocess.Popen(command, env=_environment(folder), stdout=log, stderr=log)
        lab = Lab(f"http://127.0.0.1:{port}", token, root)
        try:
            _wait_for(lab, running, folder / "lab.log")
            yield lab
        finally:
            with contextlib.suppress(OSError):
                lab.stop_kernels()
            running.terminate()
            running.wait(20)


def _environment(folder: Path) -> dict[str, str]:
    own = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
        "TOOLKIT_STATE": "state",
        "TOOLKIT_SETTINGS": "settings.toml",
    }
    made = dict(os.environ, PYTHON_KEYRING_BACKEND="keyring.backends.null.Keyring", PYTHONPATH=str(REPOSITORY))
    return made | {name: str(folder / place) for name, place in own.items()}


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _wait_for(lab: Lab, running: "subprocess.Popen[bytes]", log: Path) -> None:
    def answers() -> bool:
        with contextlib.suppress(OSError):
            lab.request("GET", "/api/status")
            return True
        assert running.poll() is None, log.read_text(encoding="utf-8", errors="replace")
        return False

    wait_until(answers)


class Notebook:
    """A notebook of one cell that shows a form."""

    def __init__(self, lab: Lab, page: Page, name: str, code: str) -> None:
        self.lab, self.page = lab, page
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(notebook, lab.root / f"{name}.ipynb")
        page.goto(f"{lab.url}/doc/tree/{name}.ipynb?reset&token={lab.token}", wait_until="domcontentloaded")
        expect(page.locator("#jp-main-statusbar")).to_contain_text("| Idle")
        self.menu("Run", "Run All Cells")
        self.form = page.locator(".jp-OutputArea-output .tk-form").first
        expect(self.form).to_be_visible()

    def menu(self, *names: str) -> None:
        """Choose an entry of the menu."""
        self.page.get_by_role("menuitem", name=names[0], exact=True).click()
        for name in names[1:]:
            self.page.get_by_role("menuitem", name=re.compile(f"^{re.escape(name)}")).first.click()

    def find(self, name: str) -> Locator:
        """An element by the class that the form gives it."""
        return self.form.locator(f".tk-{name}, .tk-field-{name}")

    def type_into(self, name: str, text: str) -> None:
        box = self.find(name).first
        box.fill(text)
        box.press("Tab")

    def click(self, name: str) -> None:
        self.find(name).first.click()

    def focused(self) -> str:
        """What a screen reader calls the thing that has the focus."""
        return " ".join(str(self.page.evaluate(f"({CALLED})(document.activeElement)")).split())

    def has_focus(self, name: str) -> None:
        """Wait until what is called so has the focus."""
        self.page.wait_for_function(
            f"name => ({CALLED})(document.activeElement).trim().split(/\\s+/).join(' ').startsWith(name)", arg=name
        )

    def tab_to(self, name: str, presses: int = 60) -> None:
        """Press Tab until what is called so has the focus."""
        for _ in range(presses):
            self.page.keyboard.press("Tab")
            if self.focused().startswith(name):
                return
        raise AssertionError(f"Tab never comes to {name!r}")

    def says(self, text: str) -> None:
        expect(self.form.locator(".tk-message")).to_contain_text(text)

    def code(self) -> str:
        """What Show code shows."""
        if not self.find("code").first.is_visible():
            self.click("show-code")
        return self.find("code").first.inner_text()

    def run(self, code: str) -> None:
        """Run one more cell, below."""
        self.page.keyboard.press("Escape")
        cells = self.page.locator(".jp-CodeCell")
        count = cells.count()
        cells.last.locator(".jp-InputArea-prompt").click()
        self.page.keyboard.press("b")
        expect(cells).to_have_count(count + 1)
        cells.last.locator(".cm-content").click()
        self.page.keyboard.insert_text(code)
        self.page.keyboard.press("Control+Enter")

    def output(self, cell: int, part: str = ".jp-Cell-outputArea") -> Locator:
        """What a cell shows; the first one is 1."""
        return self.page.locator(".jp-CodeCell").nth(cell - 1).locator(part).first

    def picture(self, name: str) -> None:
        """Keep what it looks like, where somebody asked for that."""
        if folder := os.environ.get("TOOLKIT_SCREENSHOTS"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.form.scroll_into_view_if_needed()
            self.form.screenshot(path=str(Path(folder) / f"{name}.png"))
