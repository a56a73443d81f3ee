"""JupyterLab at once: a copy of the notebooks, a sandbox beside it, both ended together."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

import toolkit
from toolkit.__main__ import main
from toolkit.notebook import lab

ROOT = Path(__file__).parent.parent.parent
# stands for JupyterLab: says what it was given, and what the sandbox says; then it ends, or waits for the sandbox's end
STAND_IN = """
import os, socket, sys, urllib.request
url = os.environ["TOOLKIT_SANDBOX"]
with urllib.request.urlopen(url + "/openapi.json", timeout=30) as answer:
    print("stand-in", url, answer.status, *sys.argv[1:], flush=True)
for place in os.environ["JUPYTER_CONFIG_PATH"].split(os.pathsep):
    settings = os.path.join(place, "labconfig", "default_setting_overrides.json")
    if os.path.exists(settings):
        print("settings", open(settings, encoding="utf-8").read(), flush=True)
if "--wait" in sys.argv:
    host, port = url.removeprefix("http://").split(":")
    socket.create_connection((host, int(port))).recv(1)
"""


@pytest.fixture(autouse=True)
def _importable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes find this package; and the stand-in before JupyterLab."""
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "jupyterlab.py").write_text(STAND_IN, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", f"{folder}{os.pathsep}{ROOT}")


@contextmanager
def running(*options: str) -> Iterator["subprocess.Popen[str]"]:
    """`python -m toolkit lab` as a process."""
    command = [sys.executable, "-m", "toolkit", "lab", *options]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=subprocess.STDOUT, text=True, encoding="utf-8") as process:
        guard = threading.Timer(120, process.kill)  # a line that never comes would be waited for without end
        guard.start()
        try:
            yield process
        finally:
            guard.cancel()
            process.terminate()  # so that it ends the others too


def line_with(words: str, process: "subprocess.Popen[str]") -> str:
    assert process.stdout
    return next(line for line in process.stdout if words in line)


def wait_until_closed(url: str, process: "subprocess.Popen[str]", end: str) -> None:
    """The sandbox ends its connections when it ends; a connection that was there before notices."""
    with socket.create_connection((urlsplit(url).hostname, urlsplit(url).port), timeout=30) as connection:
        getattr(process, end)()
        assert connection.recv(1) == b""


def test_the_copy_has_every_notebook_and_its_data(tmp_path: Path) -> None:
    folder = lab.copied(tmp_path / "copy")
    copied = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    assert {Path(lab.FIRST), Path("datos/clientes.xlsx")} <= copied
    assert len([path for path in copied if path.suffix == ".ipynb"]) == 6


def test_what_somebody_changed_in_the_copy_stays(tmp_path: Path) -> None:
    folder = lab.copied(tmp_path / "copy")
    (folder / lab.FIRST).write_text("mine", encoding="utf-8")
    (folder / "datos" / "anexo.pdf").unlink()
    lab.copied(folder)
    assert (folder / lab.FIRST).read_text(encoding="utf-8") == "mine"
    assert (folder / "datos" / "anexo.pdf").exists()


def test_the_sandbox_runs_beside_it_and_ends_with_it(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "copy"
    assert main(["lab", "--folder", str(folder), "--", "--no-browser"]) == 0
    said = capfd.readouterr().out
    _, url, status, *options = next(line for line in said.splitlines() if line.startswith("stand-in")).split()
    assert status == "200"
    assert options[0] == f"--ServerApp.root_dir={folder.resolve()}"
    assert options[-1] == "--no-browser"
    assert "--ServerApp.tornado_settings=websocket_max_message_size=536870912" in options
    assert '{"@jupyterlab/apputils-extension:notification": {"fetchNews": "false"' in said
    assert f"Sandbox: {url}" in said
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((urlsplit(url).hostname, urlsplit(url).port), timeout=10)


@pytest.mark.parametrize("end", ["terminate", "kill"])
def test_however_the_command_ends_the_sandbox_ends(tmp_path: Path, end: str) -> None:
    with running("--folder", str(tmp_path / "copy"), "--", "--wait") as process:
        url = line_with("stand-in", process).split()[1]
        wait_until_closed(url, process, end)


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "jupyterlab", None)
    assert main(["lab"]) == 7
    assert 'This needs the extra "lab"' in capsys.readouterr().err


@pytest.mark.slow
def test_jupyterlab_itself_shows_the_notebooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    for name in ("CONFIG", "DATA", "RUNTIME"):
        monkeypatch.setenv(f"JUPYTER_{name}_DIR", str(tmp_path / name))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = ["--no-browser", "--allow-root", "--IdentityProvider.token=invented", "--ip=127.0.0.1", f"--port={port}"]
    with running("--folder", str(tmp_path / "copy"), "--", *options) as process:
        url = f"http://127.0.0.1:{port}"
        line_with(f"{url}/lab/tree/", process)
        with requests.Session() as http:  # it says where it runs a moment before it listens
            http.mount(url, HTTPAdapter(max_retries=Retry(connect=10, backoff_factor=0.1)))
            listed = http.get(f"{url}/api/contents", params={"token": "invented"}, timeout=30).text
            news = http.get(f"{url}/lab/api/settings/{lab.NEWS}", params={"token": "invented"}, timeout=30).json()
    assert lab.FIRST in listed
    assert news["schema"]["properties"]["fetchNews"]["default"] == "false", "no pop-up covers the first notebook"


def test_the_copy_speaks_the_readers_language_and_runs_the_same_code(tmp_path: Path) -> None:
    toolkit.language("es")
    lab.copied(tmp_path)
    for source in lab.notebooks().glob("*.ipynb"):
        book, copy = (nbformat.read(path, as_version=4) for path in (source, tmp_path / source.name))
        for cell, translated in zip(book.cells, copy.cells, strict=True):
            same = cell.source == translated.source
            assert same == (cell.cell_type == "code"), cell.source
            assert {k: v for k, v in cell.items() if k != "source"} == {
                k: v for k, v in translated.items() if k != "source"
            }
    assert (tmp_path / "1-first-five-minutes.ipynb").read_text(encoding="utf-8").count(
        "Los primeros cinco minutos"
    ) == 1
    assert (tmp_path / "datos" / "clientes.xlsx").exists()


def test_the_english_copy_is_the_notebook_itself(tmp_path: Path) -> None:
    lab.copied(tmp_path)
    for source in lab.notebooks().glob("*.ipynb"):
        assert json.loads((tmp_path / source.name).read_text(encoding="utf-8")) == json.loads(
            source.read_text(encoding="utf-8")
        )
