"""Locks, file modes and durable names: the one room with a form for each operating system.

The Windows forms are written from the documents of Python and Windows; they were not run there.
"""

import contextlib
import errno
import functools
import getpass
import os
import re
import socket
import sys
import weakref
from pathlib import Path
from types import TracebackType
from typing import IO

from toolkit.errors import PushRefused, SettingsError
from toolkit.plain import message

NETWORK = ("nfs", "cifs", "smb", "fuse.sshfs", "fuse.rclone", "fuse.s3fs", "9p", "afs", "ceph", "glusterfs", "lustre")
WINDOWS = sys.platform == "win32"


def private_folder(path: Path) -> Path:
    """The folder, made where it is missing, for this user only."""
    if not path.is_dir():
        new = [each for each in (path, *path.parents) if not each.exists()]
        path.mkdir(parents=True, exist_ok=True)
        for new_folder in new:
            sync_folder(new_folder.parent)
    if not WINDOWS:  # there, the user's own folder is private by inheritance
        path.chmod(0o700)
    return path


def private_file(path: Path) -> Path:
    """The file, made where it is missing, for this user only; refused where others may read it."""
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        sync_folder(path.parent)
    elif path.is_dir():
        raise SettingsError(message("{path} is a folder, where a file has to be: move it away", path=path))
    elif not WINDOWS and path.stat().st_mode & 0o077:
        raise SettingsError(message("{path} can be read by others; make it private first: chmod 600", path=path))
    return path


def appear(draft: Path, path: Path) -> None:
    """Give a finished file its name, unless there is one of this name by now: the first one wins."""
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    except OSError:  # a disk without hard links
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
        sync_folder(path.parent)


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


def network_file_system(path: Path) -> str:
    """The kind of network file system that a folder is on, as "nfs4"; "" where it is on this computer's own disk.

    There, locks and durable writes hang on another computer, and on how the file system is mounted.
    """
    path = path.resolve()
    if WINDOWS:
        return "network share" if path.drive.startswith("\\\\") else ""
    best, kind = 0, ""
    for mount, name in _mounts():
        if path.is_relative_to(mount) and len(mount) >= best:
            best, kind = len(mount), name
    return kind if kind.startswith(NETWORK) else ""


def _mounts() -> list[tuple[str, str]]:
    """Where file systems are mounted, and their kinds; nothing where the system does not tell."""
    mounts = []
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            fields, _, rest = line.partition(" - ")
            where = re.sub(r"\\(\d{3})", lambda octal: chr(int(octal[1], 8)), fields.split()[4])
            mounts.append((where, rest.split()[0]))
    return mounts


def who() -> str:
    """Who runs this, where, and in which process, as "ana@laptop:4711"."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError, ImportError):  # a user without a name, as in a container
        user = str(os.getuid()) if hasattr(os, "getuid") else "?"
    return f"{user}@{socket.gethostname()}:{os.getpid()}"


class Lock:
    """A lock that the operating system holds for this process, and drops when the process ends, however it ends.

    A fork does not have it: its copy of the handle is closed at once, so that the lock ends with this process.
    """

    def __init__(self, path: Path, subject: str, shared: bool = False) -> None:
        """`shared`: with others that share it, and with nobody else."""
        self._path, self._subject, self._shared = path, subject, shared
        self._handle: int | None = None
        self.file: dict[Path, int] = {}  # the inode of what is locked: others may lock another that stands there
        _see_forks()

    def __enter__(self) -> "Lock":
        try:
            handle = os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600)
            try:
                _lock(handle, self._shared)
            except BaseException:
                os.close(handle)
                raise
        except OSError as problem:
            raise PushRefused(self._refusal(problem)) from None
        self._handle, self.file = handle, {self._path: os.fstat(handle).st_ino}
        _held.add(self)
        return self

    def _refusal(self, problem: OSError) -> str:
        if problem.errno in (errno.EAGAIN, errno.EACCES) and self._path.exists():
            return message(
                "another push to {subject} is running, here or in another kernel; nothing was sent. Wait for "
                "it, or stop it, and run this again",
                subject=self._subject,
            )
        return message("{path} cannot be locked ({problem}); nothing was sent", path=self._path, problem=problem)

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, trace: TracebackType | None) -> None:
        self.drop()

    def drop(self) -> None:
        """Close the handle, which also unlocks, unless another process has a copy of it."""
        _held.discard(self)
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


_held: "weakref.WeakSet[Lock]" = weakref.WeakSet()


@functools.cache  # once: a fork inherits it
def _see_forks() -> None:
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_drop_all)


def _drop_all() -> None:
    for lock in [*_held]:
        lock.drop()


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int, shared: bool) -> None:
        if not shared:  # there are no shared locks there: who would share one goes without
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(handle: int, shared: bool) -> None:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
