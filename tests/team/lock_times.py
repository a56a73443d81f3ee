"""After how many seconds a lock is free, with the times of the product: `python -m tests.team.lock_times`.

It takes two minutes, and a PostgreSQL of its own.
"""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.helpers.waiting import wait_until
from toolkit.errors import PushRefused
from toolkit.push.store.address import TeamAddress
from toolkit.push.store.postgres import FREE_WITHIN, TeamDatabase

from .proxy import Proxy
from .server import Server

NUMBER = 4711
ROOT = Path(__file__).parents[2]
OWNER = """
import sys
from toolkit.push.store.address import TeamAddress
from toolkit.push.store.postgres import TeamDatabase
owner = TeamDatabase(TeamAddress(sys.argv[1]))
owner.lock(int(sys.argv[2]), "the database")
owner.rows(sys.argv[3])
print(1, flush=True)
sys.stdin.read()
"""


def is_free(address: TeamAddress) -> bool:
    try:
        with contextlib.closing(TeamDatabase(address)) as database:
            database.lock(NUMBER, "the database")
            return True
    except PushRefused:
        return False


def seconds(address: TeamAddress, through: str, statement: str, trouble: Callable[[int], None]) -> float:
    """Until the lock is free that an owner has, once it has run a statement and is in trouble."""
    command = [sys.executable, "-c", OWNER, through, str(NUMBER), statement]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as owner:
        assert owner.stdout
        assert owner.stdout.readline()
        assert not is_free(address)
        trouble(owner.pid)
        try:
            return wait_until(lambda: is_free(address), most=2 * FREE_WITHIN)
        finally:
            owner.kill()


def main() -> None:
    server = Server()
    try:
        address = TeamAddress(server.make("times"))
        with Proxy(server.port) as proxy:
            through = server.url("times", proxy.port)
            killed, stopped = (lambda pid: os.kill(pid, signal.SIGKILL)), (lambda pid: os.kill(pid, signal.SIGSTOP))
            for name, url, trouble in (
                ("is killed", address.url, killed),
                ("stands still", address.url, stopped),
                ("is behind a proxy that went silent", through, lambda _: proxy.silence()),
            ):
                for where, statement in (("between two transactions", "SELECT 1"), ("in a transaction", "BEGIN")):
                    proxy.speaks.set()
                    took = seconds(address, url, statement, trouble)
                    sys.stdout.write(f"an owner that {name} {where}: free after {took:.1f} s\n")
                    assert took < FREE_WITHIN
    finally:
        server.remove()


if __name__ == "__main__":
    main()
