"""From a scheduler's environment: real processes without terminal, home or language; started twice, killed."""

import json
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import toolkit
from tests.helpers.waiting import wait_until
from toolkit.commands.exits import Exit
from toolkit.errors import SettingsError
from toolkit.sandbox import Sandbox

from .kit import Desk, contacts

pytestmark = pytest.mark.slow
RECORDS = {"method": "POST", "path": "/api/v2/database/records"}
TO = ("--to", "ida:11111", "--profile", "work", "--json")
Run = tuple[Desk, Path]


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with toolkit.start_sandbox() as started:
        yield started


@pytest.fixture
def desk(box: Sandbox, tmp_path: Path) -> Desk:
    return Desk(tmp_path / "desk", box)


def emails(box: Sandbox) -> list[str]:
    """Those of the sheets of these tests, as they are stored."""
    found = [row["data"].get("EMAIL", "") for row in box.control.stored("ida", "Contact")]
    return [email for email in found if email.startswith("ana") and email[3].isdigit()]


def wrong_column(desk: Desk) -> tuple[object, ...]:
    return "import", desk.sheet([{"Correo": "ana@example.cl", "Nada": "x"}]), *TO


def bad_rows(desk: Desk) -> tuple[object, ...]:
    return "import", desk.sheet([*contacts(3), {"NOMBRE": "x", "EMAIL": "x.example"}]), *TO


def unknown(desk: Desk) -> tuple[object, ...]:
    desk.box.control.fault(system="carmachain", match={"path": "/api/createrequest"}, reply="lost", times=None)
    to = ("--to", "carmachain", "-p", "categories=Address", "--profile", "work", "--json")
    return "import", desk.sheet([{"PhoneNumber": "0999999999"}]), *to


def paused(desk: Desk) -> tuple[object, ...]:
    headers = {"Retry-After": "9000"}
    desk.box.control.fault(system="ida", match=RECORDS, reply="status", status=429, headers=headers, times=None)
    return "import", desk.sheet(contacts(20)), *TO


def refused(desk: Desk) -> tuple[object, ...]:
    assert desk.run("import", desk.sheet(contacts(20)), *TO).returncode == 0
    return "import", desk.sheet(contacts(20, start=10)), *TO


def not_configured(desk: Desk) -> tuple[object, ...]:
    return "import", desk.sheet(contacts(3)), "--to", "ida:11111", "--profile", "nobody", "--json"


def failed(desk: Desk) -> tuple[object, ...]:
    return "import", desk.sheet(contacts(3)), *TO, "--result", "nowhere/r.xlsx"


ENDS: dict[Exit, Callable[[Desk], tuple[object, ...]]] = {
    Exit.DONE: lambda desk: ("import", desk.sheet(contacts(3)), *TO, "--result", "resultado.xlsx"),
    Exit.FAILED: failed,
    Exit.USAGE: wrong_column,
    Exit.BAD_ROWS: bad_rows,
    Exit.UNKNOWN: unknown,
    Exit.PAUSED: paused,
    Exit.REFUSED: refused,
    Exit.NOT_CONFIGURED: not_configured,
}


@pytest.mark.parametrize("ends", ENDS, ids=lambda ends: ends.name)
def test_each_exit_status(ends: Exit, desk: Desk) -> None:
    assert "HOME" not in desk.environment
    done = desk.run(*ENDS[ends](desk))
    assert (done.returncode, json.loads(done.stdout)["exit"]) == (ends, ends), done.stderr
    assert "Traceback" not in done.stderr
    assert bool(done.stderr) == (ends is not Exit.DONE)


def test_stopped_by_ctrl_c_and_gone_on_with(desk: Desk, box: Sandbox) -> None:
    process = begun(desk)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == Exit.INTERRUPTED
    assert_goes_on(desk, box)


def test_asked_to_end_it_pauses(desk: Desk, box: Sandbox) -> None:
    process = begun(desk)
    process.terminate()
    out, _ = process.communicate(timeout=60)
    assert process.returncode == Exit.PAUSED
    assert json.loads(out)["state"] == "paused"
    assert_goes_on(desk, box)


def test_killed_and_gone_on_with(desk: Desk, box: Sandbox) -> None:
    process = begun(desk)
    process.kill()
    process.communicate(timeout=60)
    assert_goes_on(desk, box)


def test_killed_and_gone_on_with_by_its_id(desk: Desk, box: Sandbox) -> None:
    process = begun(desk)
    process.kill()
    process.communicate(timeout=60)
    push = json.loads(desk.run("pushes", "--unfinished", "--json").stdout)["id"]
    assert desk.run("resume", push).returncode == Exit.DONE
    assert sorted(emails(box)).count("ana3@example.cl") == 1


def test_started_twice_at_once(desk: Desk, box: Sandbox) -> None:
    path = desk.sheet(contacts(400))
    box.control.fault(system="ida", match=RECORDS, delay=0.2, times=None)
    both = [desk.start("import", path, *TO) for _ in range(2)]
    for process in both:
        process.communicate(timeout=60)
    ends = sorted(process.returncode for process in both)
    assert ends in ([Exit.DONE, Exit.DONE], [Exit.DONE, Exit.REFUSED])
    assert desk.run("import", path, *TO).returncode == Exit.DONE
    assert sorted(emails(box)) == sorted({row["EMAIL"] for row in contacts(400)})


def test_no_home_and_no_name_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "TOOLKIT_STATE", "TOOLKIT_SETTINGS", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.path.expanduser", lambda path: path)  # as for a user whom the system does not know
    with pytest.raises(SettingsError, match=r"no home directory.*TOOLKIT_SETTINGS"):
        toolkit.connect("work").ida.databases()
    with pytest.raises(SettingsError, match=r"no home directory.*TOOLKIT_STATE"):
        toolkit.pushes()


def begun(desk: Desk) -> "subprocess.Popen[str]":
    """An import of which some requests are through."""
    desk.box.control.fault(system="ida", match=RECORDS, delay=0.1, times=None)
    process = desk.start("import", desk.sheet(contacts(400)), *TO, "--option", "chunk_rows=23")
    wait_until(lambda: sum(e["path"] == RECORDS["path"] for e in desk.box.control.log()) >= 3, process=process)
    return process


def assert_goes_on(desk: Desk, box: Sandbox) -> None:
    """Every row is in once after `resume`, and nothing is left to go on with."""
    box.control.clear_faults()
    done = desk.run("resume")
    assert done.returncode == Exit.DONE, done.stderr
    assert sorted(emails(box)) == sorted(row["EMAIL"] for row in contacts(400))
    assert "Nothing" in desk.run("resume").stdout
