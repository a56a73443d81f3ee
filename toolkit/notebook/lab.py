"""JupyterLab on a copy of the notebooks, and a sandbox with demo data beside it: both end together."""

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from toolkit.plain import message
from toolkit.settings import without_secrets

FIRST = "1-first-five-minutes.ipynb"
LARGEST_MESSAGE = 512 << 20  # bytes: widgets of others send a file as one message, which Jupyter cuts off at 10 MB
NEWS = "@jupyterlab/apputils-extension:notification"
QUIET = {NEWS: {"fetchNews": "false", "checkForUpdates": False}}  # nothing pops up before the first notebook
SANDBOX = "import sys; sys.path.append(sys.argv[1]); from toolkit.notebook.lab import be_the_sandbox; be_the_sandbox()"


def notebooks() -> Path:
    """Where the notebooks stand: in the installed package, or beside it in a checkout."""
    folder = Path(__file__).parent
    return next(p for p in (folder / "notebooks", folder.parents[1] / "notebooks") if p.is_dir())


def copied(folder: Path) -> Path:
    """A copy of the notebooks, their text in the reader's language, and of their data.

    What is there already stays as it is: somebody may have changed it.
    """
    for source in notebooks().rglob("*"):
        target = folder / source.relative_to(notebooks())
        if source.is_file() and not target.exists() and ".ipynb_checkpoints" not in source.parts:
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.suffix == ".ipynb":
                target.write_text(_translated(source.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
            else:
                shutil.copyfile(source, target)
    return folder


def _translated(notebook: str) -> str:
    """A notebook with its text in the reader's language. Code is the same in every language."""
    book = json.loads(notebook)
    for cell in book["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = message("".join(cell["source"])).splitlines(keepends=True)
    return json.dumps(book, ensure_ascii=False, indent=1) + "\n"


def run(folder: Path, options: Sequence[str] = (), say: Callable[[str], None] = print) -> int:
    """Open JupyterLab in a copy of the notebooks, with a sandbox; returns when JupyterLab ends, with its status.

    Args:
        folder: for the copy.
        options: for JupyterLab, as "--no-browser".
        say: is told what a person should read.

    Raises:
        ModuleNotFoundError: JupyterLab is not installed.
    """
    for name in ("jupyterlab", "werkzeug"):
        if importlib.util.find_spec(name) is None:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    copied(folder)
    from toolkit.sandbox.server import ended_by_signals

    environment = _environment()
    if kept := sorted(set(os.environ) - set(environment)):
        say(
            message(
                "Not handed on to JupyterLab: {names}. For notebooks, keep it in the keyring.", names=", ".join(kept)
            )
        )
    with ended_by_signals(), _sandbox(environment) as (url, box), _quiet(environment) as quiet:
        say(
            message(
                "Notebooks: {folder}. Sandbox: {url}. Ctrl-C ends JupyterLab and the sandbox.",
                folder=folder.resolve(),
                url=url,
            )
        )
        command = [sys.executable, "-P", "-m", "jupyterlab", f"--ServerApp.root_dir={folder.resolve()}"]
        command += [f"--LabApp.default_url=/lab/tree/{FIRST}", "--ServerApp.answer_yes=True"]
        command += [f"--ServerApp.tornado_settings=websocket_max_message_size={LARGEST_MESSAGE}"]
        command += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", *options]
        lab = subprocess.Popen(command, env={**quiet, "TOOLKIT_SANDBOX": url})
        try:
            while lab.poll() is None and box.poll() is None:
                _wait(lab)
        except KeyboardInterrupt:
            _wait(lab, 10)  # it got the Ctrl-C too, and ends its kernels
        finally:
            _end(lab)
    return lab.returncode if lab.returncode > 0 else 0


def _wait(process: "subprocess.Popen[Any]", seconds: float = 0.5) -> None:
    """In pieces, so that Windows lets Ctrl-C through."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)


def _end(process: "subprocess.Popen[Any]") -> None:
    if process.poll() is None:
        process.terminate()
        _wait(process, 10)
        process.kill()
        process.wait()


@contextmanager
def _quiet(environment: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The environment with settings of JupyterLab for people who have chosen none; their own ones hold."""
    with tempfile.TemporaryDirectory(prefix="toolkit-", ignore_cleanup_errors=True) as folder:
        settings = Path(folder) / "labconfig" / "default_setting_overrides.json"
        settings.parent.mkdir()
        settings.write_text(json.dumps(QUIET), encoding="utf-8")
        known = environment.get("JUPYTER_CONFIG_PATH")
        yield {**environment, "JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, (known, folder)))}


def _environment() -> dict[str, str]:
    """This process's, without passwords and tokens: what is started needs none."""
    from toolkit.vendors import Api

    return without_secrets(os.environ, [vendor.system for vendor in Api.vendors().values()])


@contextmanager
def _sandbox(environment: Mapping[str, str]) -> "Iterator[tuple[str, subprocess.Popen[str]]]":
    """A sandbox in a process of its own. However this one ends, its end of the pipe closes, and the sandbox ends."""
    pipe = subprocess.PIPE
    command = [sys.executable, "-P", "-c", SANDBOX, str(Path(__file__).parents[2])]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment) as box:
        assert box.stdin
        assert box.stdout
        try:
            url = box.stdout.readline().strip()
            if not url:
                raise OSError(message("the sandbox did not start"))
            yield url, box
        finally:
            box.stdin.close()


def be_the_sandbox() -> None:
    """Be a sandbox that prints its address, and ends when the standard input does."""
    from toolkit.sandbox import Sandbox
    from toolkit.sandbox.server import ended_by_signals
    from toolkit.vendors import Api

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C reaches this process too; JupyterLab may need it still
    with ended_by_signals(), Sandbox(Api.fakes()) as box:
        print(box.url, flush=True)
        sys.stdin.read()
