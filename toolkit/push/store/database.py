"""A connection to a ledger: transactions, and which process it belongs to; the one to a file, and what went wrong."""

import contextlib
import ctypes
import functools
import os
import sqlite3
import threading
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import MappingProxyType
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
    """One connection. It serves the process that opened it, and no fork of it.

    `execute` and `executemany` are for inside a transaction: whoever began that puts what the driver raises in words.
    """

    patience: float = -1  # seconds that a thread waits for another; without end
    begins: Mapping[str, str]  # the statement that begins a transaction, or a snapshot, by mode
    errors: tuple[type[Exception], ...] = ()  # that `execute` raises, and `in_a_word` puts in words
    execute: Callable[..., Any]  # a statement and its values; gives a cursor
    executemany: Callable[[str, Sequence[Values]], Any]  # a statement, once for each of these values

    def __init__(self) -> None:
        self._process = os.getpid()
        self.guard = threading.RLock()  # held by the thread whose transaction is open
        self.mode = ""  # of the transaction or snapshot that is open
        self.thread = 0  # whose that is
        _see_forks()
        _open.add(self)

    @abstractmethod
    def in_words(self) -> AbstractContextManager[None]:
        """What the driver raises meanwhile is a PushError; `Damaged` where what is stored is not what was written."""

    def in_a_word(self, problem: Exception) -> Exception:
        """The same of one of `errors`."""
        return problem

    def rows(self, statement: str, values: Values = ()) -> list[tuple[Any, ...]]:
        """What a statement gives, at any time. PushError where it cannot be carried out."""
        with self.in_words():
            cursor = self.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def row(self, statement: str, values: Values = ()) -> tuple[Any, ...] | None:
        rows = self.rows(statement, values)
        return rows[0] if rows else None

    @abstractmethod
    def script(self, statements: str) -> None:
        """Carry out several statements."""

    @abstractmethod
    def roll_back(self) -> None:
        """Undo a transaction, as far as that is possible: what led here matters more."""

    def require_files(self) -> None:  # noqa: B027
        """Raise PushError where what is written would not be where it belongs. Before and after each transaction."""

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

    begins = MappingProxyType({READING: sql.BEGIN_READING, WRITING: sql.BEGIN})
    errors = sqlite3.Error, UnicodeDecodeError

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.watched: dict[Path, int] = {}  # files that have to stay, and their inodes: it, and the locks that are held
        source = f"{path.absolute().as_uri()}?mode=rw"
        with self.in_words():
            self._connection = sqlite3.connect(
                source, uri=True, isolation_level=None, check_same_thread=False, timeout=BUSY
            )
        self.execute, self.executemany = self._connection.execute, self._connection.executemany
        try:
            self.script(";".join((*sql.SETTINGS, sql.KEEP_OLD_PAGES)))
            self.watched[path] = path.stat().st_ino
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        if self._process == os.getpid():
            self._connection.close()

    @contextlib.contextmanager
    def in_words(self) -> Iterator[None]:
        try:
            yield
        except self.errors as problem:
            raise self.in_a_word(problem) from None

    def script(self, statements: str) -> None:
        with self.in_words():
            self._connection.executescript(statements)

    def roll_back(self) -> None:
        if self._process == os.getpid():
            with contextlib.suppress(sqlite3.Error):  # SQLite undoes it when it is next opened
                if self._connection.in_transaction:
                    self.execute(sql.ROLLBACK)

    def forget_old_content(self) -> None:
        """Leave nothing of what was removed in what SQLite would undo a commit with."""
        self.rows(sql.FORGET_OLD_PAGES)
        self.rows(sql.WRITE_VERSION)  # a commit: with it, the file is emptied
        self.rows(sql.KEEP_OLD_PAGES)

    def leave_to_parent(self) -> None:
        self.execute = self.executemany = lambda *_: self.confirm()
        if hasattr(self, "_connection"):  # it stays open, and unused
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._connection))

    def require_files(self) -> None:
        """Raise PushError where a file was deleted, or another stands in its place: others may push there by now."""
        for path, inode in self.watched.items():
            try:
                there = os.stat(path).st_ino == inode  # noqa: PTH116 (many times faster than that of a Path)
            except OSError:
                there = False
            if not there:
                raise PushError(message("{path} was taken away; nothing more was sent", path=path))

    def in_a_word(self, problem: Exception) -> Exception:
        if isinstance(problem, UnicodeError):
            return Damaged(message("a text in it"))
        if isinstance(problem, sqlite3.ProgrammingError):
            return PushError(message("the ledger {path} is closed; nothing more was sent", path=self.path))
        try:
            self.require_files()
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
