"""JupyterLab on a copy of the notebooks, and a sandbox with demo data beside it: both end together.

Run as a module this file is that sandbox: it prints its address, and ends when its standard input does.
"""

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

FIRST = "1-first-five-minutes.ipynb"


def notebooks() -> Path:
    """Where the notebooks stand: in the installed package, or beside it in a checkout."""
    folder = Path(__file__).parent
    return next(p for p in (folder / "notebooks", folder.parents[1] / "notebooks") if p.is_dir())


def copied(folder: Path) -> Path:
    """A copy of the notebooks and their data. What is there already stays as it is: somebody may have changed it."""
    for source in notebooks().rglob("*"):
        target = folder / source.relative_to(notebooks())
        if source.is_file() and not target.exists() and ".ipynb_checkpoints" not in source.parts:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    return folder


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
    with _ended_by_signals(), _sandbox() as (url, box):
        say(f"Notebooks: {folder.resolve()}. Sandbox: {url}. Ctrl-C ends JupyterLab and the sandbox.")
        command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder.resolve()}"]
        command += [f"--LabApp.default_url=/lab/tree/{FIRST}", "--ServerApp.answer_yes=True", *options]
        lab = subprocess.Popen(command, env={**os.environ, "TOOLKIT_SANDBOX": url})
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
def _ended_by_signals() -> Iterator[None]:
    """A closed terminal or a `kill` ends this process in order, so that it ends the others."""

    def stop(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    names = [name for name in ("SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), stop) for name in names}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


@contextmanager
def _sandbox() -> "Iterator[tuple[str, subprocess.Popen[str]]]":
    """A sandbox in a process of its own. However this one ends, its end of the pipe closes, and the sandbox ends."""
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-m", __name__], stdin=pipe, stdout=pipe, text=True) as box:
        assert box.stdin
        assert box.stdout
        try:
            url = box.stdout.readline().strip()
            if not url:
                raise OSError("the sandbox did not start")
            yield url, box
        finally:
            box.stdin.close()


def _be_the_sandbox() -> None:
    from toolkit.sandbox import Sandbox
    from toolkit.vendors import Api

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C reaches this process too; JupyterLab may need it still
    with Sandbox(Api.fakes()) as box:
        print(box.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    _be_the_sandbox()
