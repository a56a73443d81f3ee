"""A connection to a ledger, whatever database it is in: transactions, and which process it belongs to."""

import contextlib
import os
import threading
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Any

from toolkit.errors import PushError
from toolkit.plain import message
from toolkit.push.store import sql

READING, WRITING = "reading", "writing"
BUSY = 10  # seconds that another process may take for one transaction
Values = Sequence[Any]
_open: "weakref.WeakSet[Connection]" = weakref.WeakSet()
_held: list[Any] = []  # guards of connections, while a fork is made
_hooked: list[int] = []  # the processes, this one and those it comes from, in which forks are seen


class Connection(ABC):
    """One connection. It serves the process that opened it, and no fork of it."""

    begin: tuple[str, str]  # statements that begin reading and writing
    patience: float = -1  # seconds that a thread waits for another; without end

    def __init__(self) -> None:
        self._process = os.getpid()
        self._guard = threading.RLock()
        self.mode = ""
        self.begun: Callable[[], object] = int  # called at each beginning: what was read before may have changed since
        self.snapshot: Snapshot = Snapshot(self)
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
    def script(self, statements: str) -> None:
        """Carry out several statements."""

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
        self.require_own_process()

    @contextlib.contextmanager
    def transaction(self, before_commit: Callable[[], None]) -> Iterator[None]:
        """All of it durable at the end, or none of it. One inside another belongs to the outer one."""
        if not self._guard.acquire(timeout=self.patience):
            raise self.waited_too_long()
        try:
            if self.mode == WRITING:
                yield
                return
            assert not self.mode, "whoever writes says so before reading"
            try:
                self._begin(WRITING, self.begin[1])
                yield
                before_commit()
                self.rows(sql.COMMIT)
            except BaseException:
                self.roll_back()
                raise
            finally:
                self.mode = ""
            self.after_commit()
        finally:
            self._guard.release()

    def waited_too_long(self) -> PushError:
        """What to say where another thread has used the connection for longer than `patience`."""
        raise NotImplementedError("without patience, nobody waits too long")

    def after_commit(self) -> None:  # noqa: B027 (nothing, where nothing can be seen)
        """Look whether what was written is where it belongs."""

    def _begin(self, mode: str, statement: str) -> None:
        self.rows(statement)
        self.mode = mode
        self.begun()

    @abstractmethod
    def roll_back(self) -> None:
        """Undo a transaction, as far as that is possible: what led here matters more."""

    def require_own_process(self) -> None:
        if self._process != os.getpid():
            raise PushError(message("this process is a fork of the one that pushes; it has to start its own push"))


class Snapshot:
    """What is read meanwhile fits together, whatever other processes write. One inside another belongs to the outer."""

    def __init__(self, connection: Connection) -> None:
        self._connection, self._depth = connection, 0

    def __enter__(self) -> None:
        connection = self._connection
        if not connection._guard.acquire(timeout=connection.patience):
            raise connection.waited_too_long()
        try:
            if not connection.mode:
                connection._begin(READING, connection.begin[0])
                self._depth = 0
        except BaseException:
            connection.roll_back()
            connection._guard.release()
            raise
        self._depth += 1

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, trace: TracebackType | None) -> None:
        connection = self._connection
        self._depth -= 1
        try:
            if not self._depth and connection.mode == READING:
                connection.mode = ""
                if kind:
                    connection.roll_back()
                else:
                    connection.rows(sql.COMMIT)
        except BaseException:
            connection.roll_back()
            raise
        finally:
            connection._guard.release()


def _see_forks() -> None:
    """From now on, a fork waits until no transaction runs, and leaves the connections of its parent alone."""
    if not _hooked:
        _hooked.append(os.getpid())
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(before=_before, after_in_parent=_after, after_in_child=_in_child)


def _before() -> None:
    _held.extend(each._guard for each in [*_open] if each._guard.acquire(timeout=BUSY))


def _after() -> None:
    while _held:
        _held.pop().release()


def _in_child() -> None:
    for each in [*_open]:
        each._guard = threading.RLock()
        each.leave_to_parent()
    _open.clear()
    _held.clear()
