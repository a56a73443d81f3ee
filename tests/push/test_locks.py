"""Locks belong to one process: they end with it, and a fork neither has nor ends them."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from toolkit import PushRefused
from toolkit.push.disk import Lock

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")


def in_a_fork(work: Callable[[], object]) -> int:
    """What a fork that does this ends with: 0 where nothing is raised, 1 where a refusal is, 2 otherwise."""
    child = os.fork()
    if not child:
        try:
            work()
            os._exit(0)
        except PushRefused:
            os._exit(1)
        except BaseException:  # noqa: BLE001 (the parent asserts what came)
            os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def taken(path: Path) -> bool:
    """Whether another process cannot have it."""

    def take() -> None:
        with Lock(path, "there"):
            pass

    return in_a_fork(take) == 1


def test_a_lock_is_had_once_and_given_back(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    with Lock(path, "database 1"):
        assert taken(path)
        with pytest.raises(PushRefused, match="another push to database 1 is running"), Lock(path, "database 1"):
            pass
    assert not taken(path)


def test_a_fork_neither_has_nor_ends_the_lock_of_its_parent(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    with Lock(path, "there") as lock:

        def leaves_as_the_parent_would() -> None:
            assert lock._handle is None
            lock.__exit__(None, None, None)

        assert in_a_fork(leaves_as_the_parent_would) == 0
        assert taken(path)
    assert not taken(path)


def test_the_lock_ends_with_its_process_though_a_fork_lives(tmp_path: Path) -> None:
    """Else a forgotten worker would keep everybody out."""
    code = """
import os, sys, time
from pathlib import Path
from toolkit.push.disk import Lock
lock = Lock(Path(sys.argv[1]), "there").__enter__()
if not os.fork():
    sys.stdin.read()
    os._exit(0)
print("locked", flush=True)
os.kill(os.getpid(), 9)
"""
    path = tmp_path / "a.lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", code, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert holder.stdout is not None
    assert holder.stdin is not None
    assert holder.stdout.readline() == b"locked\n"
    assert holder.wait() == -signal.SIGKILL
    assert not taken(path)
    holder.stdin.close()
    holder.stdout.close()


def test_a_folder_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    with pytest.raises(PushRefused, match="cannot be locked"), Lock(tmp_path / "missing" / "a.lock", "there"):
        pass
