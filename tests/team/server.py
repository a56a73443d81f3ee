"""A PostgreSQL of the tests' own, in a temporary folder, gone when they end."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Any

PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin")
WITH_PASSWORD, PASSWORD = "analyst", "sentinel-of-the-ledger"
OTHER_USERS = ("postgres", "nobody")  # as which root runs it: it does not run as root


def programs() -> Path | None:
    """The folder of initdb and pg_ctl; None where there is none."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    folders = [path for place in PLACES for path in sorted(Path("/").glob(place[1:])) if (path / "initdb").exists()]
    return folders[-1] if folders else None


def why_not() -> str:
    """Why no server can be started here; "" where one can."""
    if not hasattr(os, "getuid"):
        return "PostgreSQL is started by the tests on POSIX systems only"
    if programs() is None:
        return "PostgreSQL is not installed"
    try:
        import psycopg  # noqa: F401
    except ImportError:
        return "psycopg is not installed"
    return "" if os.getuid() or _other() else "PostgreSQL does not run as root, and there is no other user"


def _other() -> str:
    known = {user.pw_name for user in pwd.getpwall()}
    return next((name for name in OTHER_USERS if name in known), "")


class Server:
    """A running cluster with one superuser, `tester`."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="toolkit-pg-"))
        self._data, self.port = self._folder / "data", _free_port()
        self._as: dict[str, Any] = {"user": _other(), "extra_groups": []} if not os.getuid() else {}
        if self._as:
            shutil.chown(self._folder, _other())
        self._run("initdb", "-D", str(self._data), "-U", "tester", "-A", "trust", "--locale=C.UTF-8", "--no-sync")
        rules = self._data / "pg_hba.conf"
        needs_password = f"host all {WITH_PASSWORD} 127.0.0.1/32 scram-sha-256\n"
        rules.write_text(needs_password + rules.read_text(encoding="utf-8"), encoding="utf-8")
        self.start()
        self.sql(f"CREATE ROLE {WITH_PASSWORD} LOGIN SUPERUSER PASSWORD '{PASSWORD}'")

    def url(self, database: str, port: int | None = None) -> str:
        return f"postgresql://tester@127.0.0.1:{port or self.port}/{database}"

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
        log = ["-l", str(self._folder / "log")]
        self._run("pg_ctl", "-D", str(self._data), "-w", *log, "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        self._run("pg_ctl", "-D", str(self._data), "-w", "-m", mode, "stop")

    def restart(self) -> None:
        self.stop("immediate")
        self.start()

    def remove(self) -> None:
        self.stop("immediate")
        shutil.rmtree(self._folder, ignore_errors=True)

    def make(self, database: str) -> str:
        """A new, empty database; its address."""
        self.sql(f'CREATE DATABASE "{database}"')
        return self.url(database)

    def sql(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        import psycopg

        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def _run(self, program: str, *arguments: str) -> None:
        folder = programs()
        assert folder
        output = self._folder / "output"
        with output.open("w") as file:  # no pipe: the server would keep it open
            done = subprocess.run(
                [folder / program, *arguments],
                cwd="/",
                env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                check=False,
                **self._as,
            )
        assert done.returncode == 0, output.read_text()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
