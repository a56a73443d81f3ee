"""Two analysts on two machines, each with a home of its own, and one memory: never both at once, never twice."""

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import toolkit
from tests.helpers.waiting import wait_until
from tests.unattended.kit import Desk, contacts
from toolkit.commands.exits import Exit
from toolkit.sandbox import Sandbox

from .proxy import Proxy
from .server import Server

pytestmark = pytest.mark.slow
RECORDS = {"method": "POST", "path": "/api/v2/database/records"}
TO = ("--to", "ida:11111", "--profile", "work", "--json", "--option", "chunk_rows=23")
ROWS = 300


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with toolkit.start_sandbox() as started:
        yield started


@pytest.fixture
def ana(box: Sandbox, tmp_path: Path, url: str) -> Desk:
    """The first of the team: its key is hers."""
    desk = Desk(tmp_path / "ana", box)
    desk.write_settings(ledger=url)
    return desk


@pytest.fixture
def luis(box: Sandbox, tmp_path: Path, url: str, ana: Desk) -> Desk:
    """Another home, with the team's key."""
    assert ana.run("import", ana.sheet(contacts(1, start=10_000), "first.csv"), *TO).returncode == Exit.DONE
    assert ana.run("ledger", "export-key", tmp_path / "team.key", "--profile", "work").returncode == Exit.DONE
    desk = Desk(tmp_path / "luis", box)
    desk.write_settings(ledger=url)
    assert desk.run("import", desk.sheet(contacts(1)), *TO).returncode == Exit.REFUSED
    assert desk.run("ledger", "import-key", tmp_path / "team.key").returncode == Exit.DONE
    return desk


def emails(box: Sandbox) -> list[str]:
    """Those of the sheets of these tests, as they are stored."""
    found = [row["data"].get("EMAIL", "") for row in box.control.stored("ida", "Contact")]
    return sorted(email for email in found if email.startswith("ana") and email[3].isdigit() and email != FIRST)


FIRST = "ana10000@example.cl"
ONCE = sorted(row["EMAIL"] for row in contacts(ROWS))


def begun(desk: Desk, through: int = 3) -> "subprocess.Popen[str]":
    """An import of which so many requests are through."""
    desk.box.control.fault(system="ida", match=RECORDS, delay=0.15, times=None)
    before = requests(desk.box)
    process = desk.start("import", desk.sheet(contacts(ROWS)), *TO)
    wait_until(lambda: requests(desk.box) >= before + through, process=process)
    return process


def requests(box: Sandbox) -> int:
    return sum(entry["path"] == RECORDS["path"] for entry in box.control.log())


def goes_on(desk: Desk, most: float = 60) -> None:
    """The same import, started again until nobody else has the lock: all rows are in, each once."""
    desk.box.control.clear_faults()
    until = time.monotonic() + most
    while (done := desk.run("import", desk.sheet(contacts(ROWS)), *TO)).returncode == Exit.REFUSED:
        assert "another push" in done.stderr, done.stderr
        assert time.monotonic() < until
    assert done.returncode == Exit.DONE, done.stderr
    assert emails(desk.box) == ONCE


def test_what_one_has_sent_the_other_knows(ana: Desk, luis: Desk, box: Sandbox) -> None:
    assert luis.run("import", luis.sheet(contacts(ROWS)), *TO).returncode == Exit.DONE
    again = ana.run("import", ana.sheet(contacts(ROWS)), *TO)
    assert again.returncode == Exit.DONE
    more = ana.run("import", ana.sheet(contacts(ROWS + 10)), *TO)
    assert (more.returncode, json.loads(more.stdout)["error"]) == (Exit.REFUSED, "PushRefused")
    assert emails(box) == ONCE
    lines = [json.loads(line) for line in ana.run("pushes", "--json").stdout.splitlines()]
    assert len({line["by"] for line in lines}) == len(lines) == 2
    assert [line["by"].rpartition(":")[0] for line in lines] == [lines[0]["by"].rpartition(":")[0]] * 2


def test_both_at_once(ana: Desk, luis: Desk, box: Sandbox) -> None:
    box.control.fault(system="ida", match=RECORDS, delay=0.1, times=None)
    both = [desk.start("import", desk.sheet(contacts(ROWS)), *TO) for desk in (ana, luis)]
    for process in both:
        process.communicate(timeout=120)
    assert sorted(process.returncode for process in both) in ([0, 0], [Exit.DONE, Exit.REFUSED])
    goes_on(luis)


@pytest.mark.parametrize("number", range(3))
def test_one_is_killed_and_the_other_goes_on(number: int, ana: Desk, luis: Desk) -> None:
    process = begun(ana, through=3 + number)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    goes_on(luis, most=5)
    goes_on(ana)


def test_the_server_is_restarted(server: Server, ana: Desk, luis: Desk) -> None:
    process = begun(ana)
    server.restart()
    _, error = process.communicate(timeout=60)
    assert process.returncode == Exit.PAUSED, error
    assert "was lost" in error
    assert "Traceback" not in error
    goes_on(luis)
    goes_on(ana)


@pytest.mark.parametrize("trouble", ["cut", "silence"])
def test_a_proxy_in_between(trouble: str, server: Server, ana: Desk, luis: Desk, url: str) -> None:
    """She stops before her next request; the lock is free for him within the stated time."""
    with Proxy(server.port) as proxy:
        ana.write_settings(ledger=server.url(url.rpartition("/")[2], proxy.port))
        process = begun(ana)
        sent = requests(ana.box)
        getattr(proxy, trouble)()
        _, error = process.communicate(timeout=60)
        assert process.returncode == Exit.PAUSED, error
        assert "was lost" in error
        assert requests(ana.box) <= sent + 2
        goes_on(luis)
    ana.write_settings(ledger=url)
    goes_on(ana)
