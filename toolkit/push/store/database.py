"""The connection to a ledger's file: transactions, failures in words, and which process it belongs to."""

import contextlib
import ctypes
import os
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from toolkit.errors import PushError
from toolkit.push.store import sql
from toolkit.push.store.checksums import Damaged

READING, WRITING = "reading", "writing"
BUSY = 10  # seconds that another process may take for one transaction
Values = Sequence[Any]
_open: "weakref.WeakSet[Database]" = weakref.WeakSet()
_held: list[Any] = []  # guards of connections, while a fork is made
_hooked: list[int] = []  # the processes, this one and those it comes from, in which forks are seen


class Database:
    """One connection. It serves the process that opened it, and no fork of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._process, self._file = os.getpid(), 0
        self._guard = threading.RLock()
        self.mode, self.era = "", 0  # era: what was read in an earlier one may have changed since
        _see_forks()
        with self._in_words():
            source = f"{path.absolute().as_uri()}?mode=rw"
            self._connection = sqlite3.connect(
                source, uri=True, isolation_level=None, check_same_thread=False, timeout=BUSY
            )
        _open.add(self)
        try:
            for setting in (*sql.SETTINGS, sql.KEEP_OLD_PAGES):
                self.rows(setting)
            self._file = path.stat().st_ino
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        if self._process == os.getpid():
            self._connection.close()

    def rows(self, statement: str, values: Values = ()) -> list[tuple[Any, ...]]:
        """What a statement gives."""
        with self._in_words():
            return self._connection.execute(statement, values).fetchall()

    def row(self, statement: str, values: Values = ()) -> tuple[Any, ...] | None:
        return next(iter(self.rows(statement, values)), None)

    def script(self, statements: str) -> None:
        with self._in_words():
            self._connection.executescript(statements)

    @contextlib.contextmanager
    def transaction(self, before_commit: Callable[[], None]) -> Iterator[None]:
        """All of it durable at the end, or none of it. One inside another belongs to the outer one."""
        with self._guard:
            if self.mode == WRITING:
                yield
                return
            assert not self.mode, "whoever writes says so before reading"
            with self._mode(WRITING, sql.BEGIN):
                yield
                before_commit()
            self._still_there()

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[None]:
        """What is read meanwhile fits together, whatever other processes write."""
        with self._guard:
            if self.mode:
                yield
                return
            with self._mode(READING, sql.BEGIN_READING):
                yield

    @contextlib.contextmanager
    def _mode(self, mode: str, begin: str) -> Iterator[None]:
        self.rows(begin)
        self.mode = mode
        self.era += 1
        try:
            yield
            self.rows(sql.COMMIT)
        except BaseException:
            self._roll_back()
            raise
        finally:
            self.mode = ""

    def empty_rollback_file(self) -> None:
        """Leave nothing of what was removed in what SQLite would undo a commit with."""
        self.rows(sql.FORGET_OLD_PAGES)
        self.rows(sql.WRITE_VERSION)  # a commit: with it, the file is emptied
        self.rows(sql.KEEP_OLD_PAGES)

    def _roll_back(self) -> None:
        if self._process == os.getpid() and self._connection.in_transaction:
            with contextlib.suppress(sqlite3.Error):  # what led here matters more; SQLite undoes it when next opened
                self._connection.execute(sql.ROLLBACK)

    def _still_there(self) -> None:
        if not self._is_there():
            raise PushError(self._taken_away)

    def _is_there(self) -> bool:
        with contextlib.suppress(OSError):
            return self.path.stat().st_ino == self._file
        return False

    @property
    def _taken_away(self) -> str:
        return f"the ledger {self.path} was taken away; nothing more was sent"

    @contextlib.contextmanager
    def _in_words(self) -> Iterator[None]:
        if self._process != os.getpid():
            raise PushError("this process is a fork of the one that pushes; it has to start a push of its own")
        try:
            yield
        except sqlite3.Error as problem:
            raise self._told(problem) from None
        except UnicodeError:
            raise Damaged("a text in it") from None

    def _told(self, problem: sqlite3.Error) -> Exception:
        if isinstance(problem, sqlite3.ProgrammingError):
            return PushError(f"the ledger {self.path} is closed; nothing more was sent")
        if self._file and not self._is_there():
            return PushError(self._taken_away)
        name = getattr(problem, "sqlite_errorname", "") or ""
        if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")) or not name.startswith(tuple(REASONS)):
            return Damaged(f"SQLite: {problem}")
        reason = next(why for start, why in REASONS.items() if name.startswith(start))
        return PushError(f"the ledger {self.path} cannot be used: {reason} ({problem}); nothing more was sent")


REASONS = {
    "SQLITE_FULL": "the disk is full",
    "SQLITE_READONLY": "it may not be written to",
    "SQLITE_CANTOPEN": "it, or its folder, may not be opened",
    "SQLITE_PERM": "it may not be opened",
    "SQLITE_BUSY": f"another process has been writing to it for {BUSY} seconds",
    "SQLITE_LOCKED": "another part of this process is writing to it",
    "SQLITE_IOERR": "the disk failed",
    "SQLITE_NOMEM": "memory is used up",
    "SQLITE_NOLFS": "the disk does not take files as large",
    "SQLITE_TOOBIG": "a value is too large",
    "SQLITE_INTERRUPT": "it was interrupted",
    "SQLITE_PROTOCOL": "its locks do not work on this disk",
}


def _see_forks() -> None:
    """From now on, a fork waits until no transaction runs, and leaves the connections of its parent alone."""
    if not _hooked:
        _hooked.append(os.getpid())
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(before=_before, after_in_parent=_after, after_in_child=_in_child)


def _before() -> None:
    _held.extend(database._guard for database in [*_open] if database._guard.acquire(timeout=BUSY))


def _after() -> None:
    while _held:
        _held.pop().release()


def _in_child() -> None:
    """Closing the parent's connection here would undo what the parent is writing: it stays open, and unused."""
    for database in [*_open]:
        database._guard = threading.RLock()
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(database._connection))
    _open.clear()
    _held.clear()
