"""No byte of a request leaves before its intent is durable: seen in the system calls.

The last write to the journal, to its rollback file and to their folder is synced before a POST is sent. Unlinking
counts as writing too: with DELETE instead of PERSIST the folder would have to be synced.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from toolkit.http.session import RealClock
from toolkit.sandbox import Sandbox

from .kernel import ROOT
from .world import World

MAY_LAG = ".card"  # the mark is written after a commit, and not synced
NAMES = ("unlink", "rename", "link", "linkat", "mkdir", "mkdirat")
CALLS = (
    "openat",
    "open",
    "creat",
    "close",
    "write",
    "pwrite64",
    "ftruncate",
    "fsync",
    "fdatasync",
    "sendto",
    "sendmsg",
)
LINE = re.compile(r"^(?:\d+ +)?(?P<name>\w+)\((?P<arguments>.*)\) += (?P<result>-?\d+)")
PUSH = """
import json, sys, pandas as pd, toolkit
job = json.load(sys.stdin)
api = toolkit.connect(ida=job["ida"], progress=False)
frame = pd.DataFrame({"EMAIL": job["values"]}, dtype="str")
report = api.ida.insert_records(job["database"], frame, options=job["options"])
assert report.complete, report
"""


class Watch:
    """What is dirty: written, and not synced since."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._open: dict[str, str] = {}
        self.dirty: set[str] = set()
        self.posts = 0
        self.early: list[str] = []  # posts that left while something was dirty

    def see(self, name: str, arguments: str, result: str) -> None:
        if int(result) < 0:
            return
        first = arguments.split(",")[0]
        named = re.findall(r'"([^"]*)"', arguments)
        mine = [path for path in named if path.startswith(self._folder) and not path.endswith(MAY_LAG)]
        if name in ("openat", "open", "creat"):
            self._open[result] = mine[0] if mine else ""
        if name in NAMES or "O_CREAT" in arguments:
            self.dirty |= {str(Path(path).parent) for path in mine}
        elif name in ("write", "pwrite64", "ftruncate") and self._open.get(first):
            self.dirty.add(self._open[first])
        elif name in ("fsync", "fdatasync"):
            self.dirty.discard(self._open.get(first, ""))
        elif name == "close":
            self._open.pop(first, None)
        elif name in ("sendto", "sendmsg") and "POST /" in arguments:
            self._post(arguments)

    def _post(self, arguments: str) -> None:
        self.posts += 1
        if left := self._not_durable():
            self.early.append(f"{left} was not synced before {arguments[:80]}")

    def _not_durable(self) -> list[str]:
        """All but the locks, which hold nothing."""
        return sorted(p for p in self.dirty if not p.endswith((".lock", "/locks", ".use")))


def _watched(trace: Path, folder: str) -> Watch:
    watch = Watch(folder)
    for line in trace.read_text(encoding="utf-8", errors="replace").splitlines():
        if found := LINE.match(line):
            watch.see(found["name"], found["arguments"], found["result"])
    return watch


@pytest.fixture
def world(box: Sandbox) -> Iterator[World]:
    with World(box, rows=120, clock=RealClock(), hasty=False) as made:
        yield made


def _trace(world: World, tmp_path: Path, prelude: str = "") -> Watch:
    if not sys.platform.startswith("linux") or not shutil.which("strace"):
        pytest.skip("system calls are watched with strace, on Linux")
    trace = tmp_path / "trace"
    push = {"settle_wait": 0.1, "settle_stable": 0.02, "chunk_rows": 23, "fence_every": 3}
    job = {"ida": world.box.settings()["ida"], "database": world.database, "values": world.values, "options": push}
    strace = ["strace", "-f", "-s", "200", "-o", str(trace), "-e", f"trace={','.join(CALLS + NAMES)}"]
    done = subprocess.run(
        [*strace, sys.executable, "-c", prelude + PUSH],
        input=json.dumps(job), cwd=ROOT, text=True, capture_output=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return _watched(trace, str(world.folder))


def test_every_intent_is_durable_before_its_request_leaves(world: World, tmp_path: Path) -> None:
    world.fault("before", "lost", every=4)
    watch = _trace(world, tmp_path)
    assert watch.posts > 5
    assert watch.early == []


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("synchronous = FULL", "synchronous = OFF"),
        ("journal_mode = PERSIST", "journal_mode = WAL"),
        ("PERSIST", "DELETE"),
    ],
    ids=["never synced", "WAL, synced at checkpoints", "DELETE, the folder not synced"],
)
def test_the_watch_sees_a_journal_that_is_not_durable(world: World, tmp_path: Path, was: str, becomes: str) -> None:
    """The test above can fail: other ways of SQLite to keep a journal are told from ours."""
    prelude = f"""
import sqlite3
class Other(sqlite3.Connection):
    def executescript(self, settings):
        settings = settings.replace({was!r}, {becomes!r})
        settings = settings.replace("synchronous = FULL", "synchronous = NORMAL") if "WAL" in {becomes!r} else settings
        return super().executescript(settings)
from toolkit.push.store import database
from functools import partial
from types import SimpleNamespace
database.sqlite3 = SimpleNamespace(**{{**vars(sqlite3), "connect": partial(sqlite3.connect, factory=Other)}})
"""
    watch = _trace(world, tmp_path, prelude)
    assert watch.posts > 5
    assert watch.early
