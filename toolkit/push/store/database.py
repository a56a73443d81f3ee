"""A connection to a ledger: transactions, and which process it belongs to; the one to a file, and what went wrong."""

import contextlib
import ctypes
import functools
import os
import sqlite3
import threading
import weakref
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from toolkit.errors import PushError
from toolkit.plain import mark, message
from toolkit.push.store import sql

READING, WRITING = "reading", "writing"
BUSY = 10  # seconds that another process may take for one transaction
Values = Sequence[Any]
_open: "weakref.WeakSet[Connection]" = weakref.WeakSet()
_held: list[Any] = []  # guards of connections, while a fork is made


class Damaged(PushError):
    """Something in a ledger is not what was written."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(
            message(
                "the ledger is damaged ({what}); nothing more was sent. `analyst-toolkit ledger check` says "
                "what is known, and how to go on",
                what=what,
            )
        )


class Connection(ABC):
    """One connection. It serves the process that opened it, and no fork of it."""

    patience: float = -1  # seconds that a thread waits for another; without end

    def __init__(self) -> None:
        self._process = os.getpid()
        self.guard = threading.RLock()  # held by the thread whose transaction is open
        self.mode = ""
        self.thread = 0  # the one whose transaction or snapshot is open
        _see_forks()
        _open.add(self)

    @abstractmethod
    def rows(self, statement: str, values: Values = ()) -> list[tuple[Any, ...]]:
        """What a statement gives.

        PushError where it cannot be carried out; `Damaged` where what is stored is not what was written.
        """

    def row(self, statement: str, values: Values = ()) -> tuple[Any, ...] | None:
        rows = self.rows(statement, values)
        return rows[0] if rows else None

    @abstractmethod
    def many(self, statement: str, rows: Sequence[Values]) -> None:
        """Carry out a statement once for each of these."""

    @abstractmethod
    def script(self, statements: str) -> None:
        """Carry out several statements."""

    @abstractmethod
    def begin(self, mode: str) -> list[tuple[Any, ...]]:
        """Begin a transaction, or a snapshot. Gives the head, which tells whether anything is new."""

    @abstractmethod
    def commit(self) -> None:
        """End it, durably. PushError where what was written is not where it belongs."""

    @abstractmethod
    def roll_back(self) -> None:
        """Undo it, as far as that is possible: what led here matters more."""

    @abstractmethod
    def close(self) -> None: ...

    @abstractmethod
    def forget_old_content(self) -> None:
        """Leave nothing of what was removed, outside of transactions."""

    @abstractmethod
    def leave_to_parent(self) -> None:
        """In a fork: the connection is the parent's. Closing it here would undo what the parent is writing."""

    def confirm(self) -> None:
        """Raise PushError where what the connection holds, as a lock, may be lost: nothing may be sent then."""
        if self._process != os.getpid():
            raise PushError(message("this process is a fork of the one that pushes; it has to start its own push"))

    def waited_too_long(self) -> PushError:
        """What to say where another thread has used the connection for longer than `patience`."""
        raise NotImplementedError("without patience, nobody waits too long")


@functools.cache  # once: a fork inherits it
def _see_forks() -> None:
    """From now on, a fork waits until no transaction runs, and leaves the connections of its parent alone."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=_before, after_in_parent=_after, after_in_child=_in_child)


def _before() -> None:
    _held.extend(each.guard for each in [*_open] if each.guard.acquire(timeout=BUSY))


def _after() -> None:
    while _held:
        _held.pop().release()


def _in_child() -> None:
    for each in [*_open]:
        each.guard = threading.RLock()
        each.leave_to_parent()
    _open.clear()
    _held.clear()


class Database(Connection):
    """One connection to an SQLite file."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.watched: dict[Path, int] = {}  # files that have to stay, and their inodes: it, and the locks that are held
        source = f"{path.absolute().as_uri()}?mode=rw"
        try:
            self._connection = sqlite3.connect(
                source, uri=True, isolation_level=None, check_same_thread=False, timeout=BUSY
            )
        except (sqlite3.Error, UnicodeError) as problem:
            raise self._in_a_word(problem) from None
        try:
            self.script(";".join((*sql.SETTINGS, sql.KEEP_OLD_PAGES)))
            self.watched[path] = path.stat().st_ino
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        if self._process == os.getpid():
            self._connection.close()

    def rows(self, statement: str, values: Values = ()) -> list[tuple[Any, ...]]:
        if self._process != os.getpid():
            self.confirm()
        try:
            return self._connection.execute(statement, values).fetchall()
        except (sqlite3.Error, UnicodeError) as problem:
            raise self._in_a_word(problem) from None

    def many(self, statement: str, rows: Sequence[Values]) -> None:
        if self._process != os.getpid():
            self.confirm()
        try:
            self._connection.executemany(statement, rows)
        except (sqlite3.Error, UnicodeError) as problem:
            raise self._in_a_word(problem) from None

    def script(self, statements: str) -> None:
        if self._process != os.getpid():
            self.confirm()
        try:
            self._connection.executescript(statements)
        except (sqlite3.Error, UnicodeError) as problem:
            raise self._in_a_word(problem) from None

    def begin(self, mode: str) -> list[tuple[Any, ...]]:
        if self._process != os.getpid():
            self.confirm()
        if mode == WRITING:
            self._require_all()
        try:
            self._connection.execute(sql.BEGIN if mode == WRITING else sql.BEGIN_READING)
            self.mode, self.thread = mode, threading.get_ident()
            return self._connection.execute(sql.READ_HEAD).fetchall()
        except (sqlite3.Error, UnicodeError) as problem:
            raise self._in_a_word(problem) from None

    def commit(self) -> None:
        mode = self.mode
        try:
            self._connection.execute(sql.COMMIT)
        except sqlite3.Error as problem:
            raise self._in_a_word(problem) from None
        self.mode, self.thread = "", 0
        if mode == WRITING:
            self._require_all()

    def roll_back(self) -> None:
        self.mode, self.thread = "", 0
        if self._process == os.getpid():
            with contextlib.suppress(sqlite3.Error):  # SQLite undoes it when it is next opened
                if self._connection.in_transaction:
                    self._connection.execute(sql.ROLLBACK)

    def forget_old_content(self) -> None:
        """Leave nothing of what was removed in what SQLite would undo a commit with."""
        self.rows(sql.FORGET_OLD_PAGES)
        self.rows(sql.WRITE_VERSION)  # a commit: with it, the file is emptied
        self.rows(sql.KEEP_OLD_PAGES)

    def leave_to_parent(self) -> None:
        if hasattr(self, "_connection"):  # it stays open, and unused
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._connection))

    def _require_all(self) -> None:
        """Raise PushError where a file was deleted, or another stands in its place: others may push there by now."""
        for path, inode in self.watched.items():
            try:
                there = os.stat(path).st_ino == inode  # noqa: PTH116 (many times faster than that of a Path)
            except OSError:
                there = False
            if not there:
                raise PushError(message("{path} was taken away; nothing more was sent", path=path))

    def _in_a_word(self, problem: Exception) -> Exception:
        if isinstance(problem, UnicodeError):
            return Damaged(message("a text in it"))
        if isinstance(problem, sqlite3.ProgrammingError):
            return PushError(message("the ledger {path} is closed; nothing more was sent", path=self.path))
        try:
            self._require_all()
        except PushError as gone:
            return gone
        name = getattr(problem, "sqlite_errorname", "") or ""
        if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")) or not name.startswith(tuple(REASONS)):
            return Damaged(message("SQLite: {problem}", problem=problem))
        reason = next(why for start, why in REASONS.items() if name.startswith(start))
        text = "the ledger {path} cannot be used: {reason} ({problem}); nothing more was sent"
        return PushError(message(text, path=self.path, reason=message(reason, seconds=BUSY), problem=problem))


REASONS = {
    "SQLITE_FULL": mark("the disk is full"),
    "SQLITE_READONLY": mark("it may not be written to"),
    "SQLITE_CANTOPEN": mark("it, or its folder, may not be opened"),
    "SQLITE_PERM": mark("it may not be opened"),
    "SQLITE_BUSY": mark("another process has been writing to it for {seconds} seconds"),
    "SQLITE_LOCKED": mark("another part of this process is writing to it"),
    "SQLITE_IOERR": mark("the disk failed"),
    "SQLITE_NOMEM": mark("memory is used up"),
    "SQLITE_NOLFS": mark("the disk does not take files as large"),
    "SQLITE_TOOBIG": mark("a value is too large"),
    "SQLITE_INTERRUPT": mark("it was interrupted"),
    "SQLITE_PROTOCOL": mark("its locks do not work on this disk"),
}
