"""Waiting for another process or thread: until something can be seen of it, and not for ever."""

import subprocess
import time
from collections.abc import Callable
from typing import Any

PAUSE = 0.01  # seconds between two looks


def wait_until(
    happens: Callable[[], Any], *, most: float = 60, process: "subprocess.Popen[Any] | None" = None
) -> float:
    """Look until it happens, at most so many seconds; the seconds that it took. The process may not end before."""
    started = time.monotonic()
    while not happens():
        assert process is None or process.poll() is None, process.communicate()
        assert time.monotonic() - started < most, "it did not happen in time"
        time.sleep(PAUSE)
    return time.monotonic() - started
