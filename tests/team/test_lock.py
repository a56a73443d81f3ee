"""The lock of a destination in PostgreSQL: whose it is, when it is free, and that its owner knows when it is lost."""

import contextlib
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.waiting import wait_until
from toolkit.errors import PushError, PushRefused
from toolkit.push.store import postgres
from toolkit.push.store.address import TeamAddress
from toolkit.push.store.postgres import TeamDatabase

from .proxy import Proxy
from .server import Server

pytestmark = pytest.mark.slow
NUMBER = 4711
ROOT = Path(__file__).parents[2]


@contextlib.contextmanager
def holder(address: TeamAddress) -> Iterator[TeamDatabase]:
    with contextlib.closing(TeamDatabase(address)) as database:
        database.lock(NUMBER, "the database")
        yield database


def is_free(address: TeamAddress) -> bool:
    try:
        with holder(address):
            return True
    except PushRefused:
        return False


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """The times of the product, ten times as fast."""
    monkeypatch.setattr(postgres, "BEAT", 0.3)
    monkeypatch.setattr(postgres, "PATIENCE", 1.0)
    monkeypatch.setattr(TeamDatabase, "patience", 1.1)
    monkeypatch.setattr(postgres, "IDLE", 2)
    monkeypatch.setattr(postgres, "IN_TRANSACTION", 3)


def test_one_at_a_time_and_the_other_is_told_whose_turn_it_is(server: Server, address: TeamAddress) -> None:
    with holder(address) as first:
        first.confirm()
        told = rf"another push to the database is running: \S+:{os.getpid()}, since \d{{4}}-\d\d-\d\dT\d\d:\d\d UTC"
        server.sql("CREATE ROLE plain LOGIN")
        for user in ("tester", "plain"):  # a user sees little of another's session
            own = TeamAddress(address.url.replace("tester@", f"{user}@"))
            with pytest.raises(PushRefused, match=told), holder(own):
                pass
    assert is_free(address)


def test_it_is_kept_while_nothing_else_is_done(
    address: TeamAddress, hasty: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with holder(address) as first:
        rows, beats = first.rows, list[object]()
        monkeypatch.setattr(first, "rows", lambda *statement: (beats.append(statement), rows(*statement))[1])
        wait_until(lambda: len(beats) > postgres.IDLE + 1)  # a beat a second
        first.confirm()
        assert not is_free(address)


def test_a_killed_owner_frees_it_at_once(address: TeamAddress) -> None:
    code = (
        "import sys; from tests.team.test_lock import *; held = TeamDatabase(TeamAddress(sys.argv[1])); "
        "held.lock(NUMBER, 'x'); print(1, flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, address.url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout
    assert process.stdout.readline()
    assert not is_free(address)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert wait_until(lambda: is_free(address), most=5) < 2


def test_a_silent_proxy(server: Server, address: TeamAddress, hasty: None) -> None:
    """The server lets the lock go, and the owner knows by then that it may be gone."""
    with Proxy(server.port) as proxy:
        through = TeamAddress(server.url(address.url.rpartition("/")[2], proxy.port))
        with holder(through) as owner:
            proxy.silence()
            with pytest.raises(PushError, match=r"was lost \(no answer for 1 second"):
                owner.confirm()
            assert wait_until(lambda: is_free(address), most=10) < 5
            with pytest.raises(PushError, match="was lost"):
                owner.confirm()


def test_a_silent_proxy_while_nobody_asks(server: Server, address: TeamAddress, hasty: None) -> None:
    with Proxy(server.port) as proxy:
        through = TeamAddress(server.url(address.url.rpartition("/")[2], proxy.port))
        with holder(through) as owner:
            proxy.silence()
            assert wait_until(lambda: is_free(address), most=10) < 5
            start = time.monotonic()
            with pytest.raises(PushError, match="was lost"):
                owner.confirm()
            assert time.monotonic() - start < 3


@pytest.mark.parametrize("trouble", ["the session is ended", "the server is restarted", "the connection is cut"])
def test_an_owner_that_lost_it_is_told_before_it_sends(trouble: str, server: Server, address: TeamAddress) -> None:
    database = address.url.rpartition("/")[2]
    with Proxy(server.port) as proxy, holder(TeamAddress(server.url(database, proxy.port))) as owner:
        if trouble == "the session is ended":
            server.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'")
        elif trouble == "the server is restarted":
            server.restart()
        else:
            proxy.cut()
        with pytest.raises(PushError, match=r"was lost \((?!no answer).+\); nothing more was sent\. Run the"):
            owner.confirm()
        assert wait_until(lambda: is_free(address), most=10) < 5  # the server takes a moment to notice
        with pytest.raises(PushError, match="was lost"):
            owner.execute("SELECT 1")


def test_a_pool_that_changes_sessions_is_noticed(address: TeamAddress) -> None:
    with holder(address) as owner, contextlib.closing(TeamDatabase(address)) as other:
        owner._connection, other._connection = other._connection, owner._connection
        try:
            with pytest.raises(PushError, match="it holds the lock no more"):
                owner.confirm()
        finally:
            owner._connection, other._connection = other._connection, owner._connection


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks there")
def test_a_fork_has_no_lock(address: TeamAddress) -> None:
    with holder(address) as owner:
        read, write = os.pipe()
        child = os.fork()
        if not child:
            try:
                owner.confirm()
            except PushError:
                os.write(write, b"refused")
            signal.pause()
            os._exit(0)
        assert os.read(read, 7) == b"refused"
        owner.confirm()
    assert is_free(address)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(read)
    os.close(write)


def test_a_database_that_cannot_be_reached_is_said_without_a_password(address: TeamAddress) -> None:
    from toolkit.http.secrets import Secret

    nobody = TeamAddress("postgresql://tester@127.0.0.1:1/nowhere", Secret("sentinel-password"))
    with pytest.raises(PushError, match=r"cannot be reached.*Nothing was sent; run the same call again") as refused:
        TeamDatabase(nobody)
    shown = traceback.TracebackException.from_exception(refused.value, capture_locals=True)
    lines = [line for line in "".join(shown.format()).splitlines() if "Secret(" not in line]  # this test's own
    assert "sentinel" not in "\n".join([*lines, repr(refused.value), repr(nobody)])
