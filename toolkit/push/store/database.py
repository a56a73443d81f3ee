"""The connection to a ledger's file: what SQLite does, and what went wrong in words."""

import contextlib
import ctypes
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from toolkit.errors import PushError
from toolkit.plain import mark, message
from toolkit.push.store import sql
from toolkit.push.store.checksums import Damaged
from toolkit.push.store.connection import BUSY, Connection, Values


class Database(Connection):
    """One connection to an SQLite file."""

    begin = (sql.BEGIN_READING, sql.BEGIN)

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self._file = 0
        with self._in_words():
            source = f"{path.absolute().as_uri()}?mode=rw"
            self._connection = sqlite3.connect(
                source, uri=True, isolation_level=None, check_same_thread=False, timeout=BUSY
            )
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
        if self._process != os.getpid():
            self.require_own_process()
        try:
            return self._connection.execute(statement, values).fetchall()
        except (sqlite3.Error, UnicodeError) as problem:
            raise self._in_a_word(problem) from None

    def row(self, statement: str, values: Values = ()) -> tuple[Any, ...] | None:
        if self._process != os.getpid():
            self.require_own_process()
        try:
            rows = self._connection.execute(statement, values).fetchall()
        except (sqlite3.Error, UnicodeError) as problem:
            raise self._in_a_word(problem) from None
        return rows[0] if rows else None

    def script(self, statements: str) -> None:
        with self._in_words():
            self._connection.executescript(statements)

    def forget_old_content(self) -> None:
        """Leave nothing of what was removed in what SQLite would undo a commit with."""
        self.rows(sql.FORGET_OLD_PAGES)
        self.rows(sql.WRITE_VERSION)  # a commit: with it, the file is emptied
        self.rows(sql.KEEP_OLD_PAGES)

    def leave_to_parent(self) -> None:
        if hasattr(self, "_connection"):  # it stays open, and unused
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._connection))

    def roll_back(self) -> None:
        if self._process == os.getpid():
            with contextlib.suppress(sqlite3.Error):  # SQLite undoes it when it is next opened
                if self._connection.in_transaction:
                    self._connection.execute(sql.ROLLBACK)

    def after_commit(self) -> None:
        if not self._is_there():
            raise PushError(self._taken_away)

    def _is_there(self) -> bool:
        with contextlib.suppress(OSError):
            return self.path.stat().st_ino == self._file
        return False

    @property
    def _taken_away(self) -> str:
        return message("the ledger {path} was taken away; nothing more was sent", path=self.path)

    @contextlib.contextmanager
    def _in_words(self) -> Iterator[None]:
        self.require_own_process()
        try:
            yield
        except (sqlite3.Error, UnicodeError) as problem:
            raise self._in_a_word(problem) from None

    def _in_a_word(self, problem: Exception) -> Exception:
        if isinstance(problem, UnicodeError):
            return Damaged(message("a text in it"))
        if isinstance(problem, sqlite3.ProgrammingError):
            return PushError(message("the ledger {path} is closed; nothing more was sent", path=self.path))
        if self._file and not self._is_there():
            return PushError(self._taken_away)
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
