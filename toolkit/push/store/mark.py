"""How many transactions a ledger holds, in a file that does not stand in it: what has fewer is an older copy."""

import contextlib
import os
from pathlib import Path


class Mark:
    """It is written after each commit, and not synced: it may lag, and never runs ahead."""

    def __init__(self, ledger: Path) -> None:
        """`ledger`: its file, or what stands for it on this computer; the mark is beside it."""
        self.path = ledger.with_suffix(".writes")

    def read(self) -> int:
        """What it says; 0 where there is none."""
        with contextlib.suppress(OSError, ValueError):
            return int(self.path.read_bytes())
        return 0

    def leave(self, writes: int) -> None:
        """Say that there are so many, where that is possible: on a full disk it lags."""
        with contextlib.suppress(OSError):
            handle = os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o600)
            try:
                os.write(handle, b"%020d" % writes)
            finally:
                os.close(handle)
