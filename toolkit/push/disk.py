"""Locks, file modes and durable names: the one room with a form for each operating system.

The Windows forms are written from the documents of Python and Windows; they were not run there.
"""

import os
import sys
from pathlib import Path
from types import TracebackType
from typing import IO

from toolkit.errors import PushRefused, SettingsError

WINDOWS = sys.platform == "win32"


def private_folder(path: Path) -> Path:
    """The folder, made where it is missing, for this user only."""
    new = [each for each in (path, *path.parents) if not each.exists()]
    path.mkdir(parents=True, exist_ok=True)
    for made in new:
        sync_folder(made.parent)
    if not WINDOWS:  # there, the user's own folder is private by inheritance
        path.chmod(0o700)
    return path


def private_file(path: Path) -> Path:
    """The file, made where it is missing, for this user only; refused where others may read it."""
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        sync_folder(path.parent)
    elif not WINDOWS and path.stat().st_mode & 0o077:
        raise SettingsError(f"{path} can be read by others; make it private first: chmod 600")
    return path


def sync_folder(path: Path) -> None:
    """Make new and removed names in a folder survive a power loss."""
    if WINDOWS:  # NTFS journals its names itself; a folder cannot be opened for that
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_file(file: IO[str]) -> None:
    """Make what was written survive a power loss."""
    file.flush()
    os.fsync(file.fileno())


class Lock:
    """A lock that the operating system holds for this process, and drops when the process ends, however it ends."""

    def __init__(self, path: Path, subject: str) -> None:
        self._path, self._subject = path, subject
        self._handle: int | None = None

    def __enter__(self) -> "Lock":
        handle = os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            _lock(handle)
        except OSError:
            os.close(handle)
            raise PushRefused(
                f"another push to {self._subject} is running, here or in another kernel; nothing was sent. "
                "Wait for it, or stop it, and run this again"
            ) from None
        self._handle = handle
        return self

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, trace: TracebackType | None) -> None:
        if self._handle is not None:
            os.close(self._handle)  # which also unlocks
            self._handle = None


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
