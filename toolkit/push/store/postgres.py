"""A connection to a team's database. It holds the lock of a destination, and never comes back once it was lost.

A server that hears nothing for `IDLE` seconds ends the session, and with it the lock; so a thread lets it hear
something every `BEAT` seconds. Who gets no answer for `PATIENCE` seconds cuts the connection off. So a lock whose owner
died is free within `FREE_WITHIN` seconds, and an owner that lost its connection knows it before its next request.
"""

import contextlib
import datetime as dt
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from toolkit.errors import PushError, PushRefused, SettingsError
from toolkit.http.secrets import ClearedFrames, scrub
from toolkit.plain import message
from toolkit.push import disk
from toolkit.push.store import sql
from toolkit.push.store.address import TeamAddress
from toolkit.push.store.database import BUSY, READING, WRITING, Connection, Damaged, Values

if TYPE_CHECKING:
    import psycopg

BEAT, PATIENCE, IDLE = 3.0, 10.0, 15  # seconds
IN_TRANSACTION = 30  # seconds that the server waits for the next statement of one
FREE_WITHIN = IN_TRANSACTION + 5
LOST = "08", "57P", "25P03"  # beginnings of SQLSTATE: the connection, or the session, is gone
ESCAPE, NUL = "\x1b", "\x00"  # PostgreSQL keeps no NUL in a text


class TeamDatabase(Connection):
    """One connection to PostgreSQL; with `lock`, the one that holds the lock of a destination."""

    patience = PATIENCE + 1
    begins = MappingProxyType({READING: sql.PG_BEGIN_READING, WRITING: sql.PG_BEGIN})

    def __init__(self, address: TeamAddress) -> None:
        super().__init__()
        self.address = address
        self._lost = ""
        self._since: float | None = None  # when the statement that is under way began
        self._latest = time.monotonic()  # when the server was last heard of
        self._locked: tuple[int, int] | None = None  # the process at the server, and the number of the lock
        self._ended = threading.Event()
        self._connection = self._connect()
        try:
            self.script(sql.PG_SESSION.format(busy=BUSY, idle=IDLE, in_transaction=IN_TRANSACTION))
            for setting in sql.PG_WHERE_IT_CAN:
                with contextlib.suppress(PushError):
                    self.rows(setting)
        except BaseException:
            self.close()
            raise

    @ClearedFrames()
    def _connect(self) -> "psycopg.Connection[Any]":
        try:
            import psycopg
        except ModuleNotFoundError:
            raise SettingsError(message("a team's ledger needs the extra `team` (the package psycopg)")) from None
        password = self.address.password.reveal() if self.address.password else None
        try:
            connection = psycopg.connect(
                self.address.url,
                password=password,
                autocommit=True,
                connect_timeout=int(PATIENCE),
                application_name=f"{disk.who()[-46:]} {dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M}",  # which everybody sees
                keepalives=1,
                keepalives_idle=2,
                keepalives_interval=1,
                keepalives_count=3,
                tcp_user_timeout=5000,
                row_factory=_read_row,
            )
        except psycopg.Error as problem:
            if problem.pgconn and problem.pgconn.used_password:  # the server asked for one
                text = "the team's ledger {name} lets nobody in with this password: {problem}. Nothing was sent"
                raise SettingsError(message(text, name=self.address, problem=_words(problem))) from None
            text = "the team's ledger {name} cannot be reached: {problem}. Nothing was sent; run the same call again"
            raise PushError(message(text, name=self.address, problem=_words(problem))) from None
        if connection.info.server_version < sql.PG_OLDEST:
            connection.close()
            raise SettingsError(message("the team's ledger needs PostgreSQL 14 or newer: {name}", name=self.address))
        return connection

    # ── statements ──

    def execute(self, statement: str, values: Values = ()) -> "psycopg.Cursor[Any]":
        with self.in_words():
            marked = sql.in_postgres(statement) if values else statement
            return self._connection.execute(marked, [_stored(value) for value in values] or None)

    def executemany(self, statement: str, rows: Sequence[Values]) -> None:
        with self.in_words(), self._connection.cursor() as cursor:  # one way to the server and back for all
            cursor.executemany(sql.in_postgres(statement), [[_stored(value) for value in row] for row in rows])

    def script(self, statements: str) -> None:
        self.execute(statements)

    def use(self, schema: str) -> None:
        """Let tables be those of one ledger."""
        self.rows(f'SET search_path TO "{schema}"')

    def close(self) -> None:
        self._ended.set()
        if self._process == os.getpid():
            with contextlib.suppress(Exception):
                self._connection.close()

    def forget_old_content(self) -> None:
        """Give back the room of what was removed. The server's own log and backups keep it for as long as they do."""
        self.rows(sql.PG_FORGET)

    def roll_back(self) -> None:
        if not self._lost and self._process == os.getpid():
            with contextlib.suppress(PushError):
                self.rows(sql.ROLLBACK)

    def leave_to_parent(self) -> None:
        """The copy of the socket is closed, so that the lock ends with the parent; psycopg sends nothing in a fork."""
        self._lost = "fork"
        self._ended.set()
        with contextlib.suppress(Exception):
            os.close(self._connection.fileno())

    # ── the lock ──

    def lock(self, number: int, subject: str) -> None:
        """Take the lock of a destination, until this connection ends.

        Raises:
            PushRefused: another process has it; the message says whose it is.
        """
        got, process = self.rows(sql.PG_LOCK, (number,))[0]
        if not got:
            (holder,) = self.row(sql.PG_HOLDER, (number,)) or ("",)
            who, _, since = holder.rpartition(" ")
            raise PushRefused(
                message(
                    "another push to {subject} is running: {who}, since {since} UTC; nothing was sent. Wait for it, or "
                    "stop it, and run this again. If its computer died, the lock is free within {seconds} seconds",
                    subject=subject,
                    who=who or "?",
                    since=since or "?",
                    seconds=FREE_WITHIN,
                )
            )
        self._locked = process, number
        threading.Thread(target=self._beat, name="ledger", daemon=True).start()

    def confirm(self) -> None:
        """Ask whether the lock is still held, by this session and no other that a pool put in its place."""
        super().confirm()
        if self._locked and self.rows(sql.PG_HOLDS, self._locked) != [(1,)]:
            raise self._cut_off(message("it holds the lock no more"))

    def _beat(self) -> None:
        while not self._ended.wait(1):
            now, since = time.monotonic(), self._since
            if since is not None:
                if now - since > PATIENCE:
                    self._cut_off(_no_answer())
                    return
            elif now - self._latest > BEAT and self.guard.acquire(blocking=False):
                try:
                    self.rows(sql.PG_ALIVE)
                except PushError:
                    return  # whoever uses the connection next is told
                finally:
                    self.guard.release()

    def _cut_off(self, why: str) -> PushError:
        """Let nobody wait for an answer any more. What to say; the first reason is the one that counts."""
        self._lost = self._lost or why
        with contextlib.suppress(Exception), socket.socket(fileno=os.dup(self._connection.fileno())) as copy:
            copy.shutdown(socket.SHUT_RDWR)
        return self._is_lost()

    def waited_too_long(self) -> PushError:
        """The beat waits for an answer that does not come."""
        return self._cut_off(_no_answer())

    # ── what went wrong ──

    def _is_lost(self) -> PushError:
        text = (
            "the connection to the team's ledger {name} was lost ({why}); nothing more was sent. Run the same call "
            "again: it goes on where it stopped"
        )
        return PushError(message(text, name=self.address, why=self._lost))

    @contextlib.contextmanager
    def in_words(self) -> Iterator[None]:
        import psycopg

        super().confirm()
        if not self.guard.acquire(timeout=self.patience):
            raise self.waited_too_long()
        try:
            if self._lost:
                raise self._is_lost()
            self._since = time.monotonic()
            yield
            self._latest = time.monotonic()
        except psycopg.Error as problem:
            raise self._explained(problem) from None
        finally:
            self._since = None
            self.guard.release()

    def _explained(self, problem: "psycopg.Error") -> Exception:
        state = getattr(problem, "sqlstate", None) or ""
        if self._lost or self._connection.closed or not state or state.startswith(LOST):
            return self._cut_off(_words(problem))
        if state.startswith("XX"):
            return Damaged(f"PostgreSQL: {_words(problem)}")
        text = "the team's ledger {name} cannot be used: {problem}; nothing more was sent"
        return PushError(message(text, name=self.address, problem=_words(problem)))


def _no_answer() -> str:
    return message("no answer for {seconds:.0f} seconds", seconds=PATIENCE)


def _words(problem: Exception) -> str:
    """What a driver says, on one line, without secrets and the mark at its end."""
    return scrub(" ".join(str(problem).split())).rstrip(".?!")


def _stored(value: Any) -> Any:
    """A text without NUL."""
    if isinstance(value, str) and (NUL in value or ESCAPE in value):
        return value.replace(ESCAPE, f"{ESCAPE}1").replace(NUL, f"{ESCAPE}0")
    return str(value) if isinstance(value, str) else value


def _read_row(_: object) -> "Callable[[Sequence[Any]], tuple[Any, ...]]":
    """How psycopg makes a row."""
    return lambda values: tuple(map(_read, values))


def _read(value: Any) -> Any:
    """The text that was stored."""
    if isinstance(value, str) and ESCAPE in value:
        return value.replace(f"{ESCAPE}0", NUL).replace(f"{ESCAPE}1", ESCAPE)
    return bytes(value) if isinstance(value, memoryview) else value
