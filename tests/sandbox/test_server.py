"""The sandbox as a server: connections, limits, faults, restarts, and many clients at once."""

import http.client
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.helpers.waiting import wait_until
from toolkit import Api
from toolkit.errors import SettingsError
from toolkit.sandbox import Sandbox, serve_forever, settings_of
from toolkit.sandbox.server import memory_at

RECORDS = "/api/v2/database/records"
INSERT = {"method": "POST", "path": RECORDS}
NOMBRE = 2223
OK = b"HTTP/1.1 200 OK\r\n\r\n"
ELSEWHERE = b'{"state": "/etc/state"}'
Ask = Callable[..., http.client.HTTPResponse]


def body(*names: str) -> bytes:
    records = [{"values": [{"field_id": NOMBRE, "fvalue": name}]} for name in names]
    return json.dumps({"database_id": 11111, "records": records}).encode()


@pytest.fixture
def line(box: Sandbox) -> Iterator[http.client.HTTPConnection]:
    """One connection; it does not come back by itself when it is lost."""
    connection = http.client.HTTPConnection(str(urlsplit(box.url).netloc), timeout=5)
    connection.connect()
    connection.auto_open = 0
    yield connection
    connection.close()


@pytest.fixture
def headers(box: Sandbox) -> dict[str, str]:
    return {"Authorization": f"Bearer {box.control.token('ida')}", "Content-Type": "application/json"}


@pytest.fixture
def insert(line: http.client.HTTPConnection, headers: dict[str, str]) -> Ask:
    def call(*names: str) -> http.client.HTTPResponse:
        line.request("POST", f"/ida{RECORDS}", body(*names), headers)
        return line.getresponse()

    return call


def stored(box: Sandbox, *names: str) -> list[int]:
    found = box.control.multiplicity(11111, "NOMBRE")
    return [found.get(name, 0) for name in names]


# ── connections and limits ───────────────────────────────────────────────────


def test_a_connection_serves_many_requests(insert: Ask, box: Sandbox) -> None:
    for n in range(3):
        answer = insert(f"uno {n}")
        assert (answer.status, json.loads(answer.read())["code"]) == (200, 200)
    assert stored(box, "uno 0", "uno 1", "uno 2") == [1, 1, 1]


def test_chunked_bodies_are_read(line: http.client.HTTPConnection, headers: dict[str, str], box: Sandbox) -> None:
    for name in ("uno", "dos"):
        line.request("POST", f"/ida{RECORDS}", iter([body(name)[:20], body(name)[20:]]), headers, encode_chunked=True)
        assert line.getresponse().read().startswith(b'{"message":"OK"')
    assert stored(box, "uno", "dos") == [1, 1]


def test_a_body_over_the_limit_is_413_and_the_connection_lives(insert: Ask, box: Sandbox) -> None:
    box.control.body_limit(2000)
    answer = insert("x" * 3000)
    assert (answer.status, json.loads(answer.read())["code"]) == (413, 413)
    assert insert("corto").read()
    assert stored(box, "corto") == [1]


@pytest.mark.parametrize(
    "head",
    ["Content-Length: x", "Content-Length: -1", "Transfer-Encoding: chunked\r\n\r\nzz"],
)
def test_bad_framing_is_400_and_ends_the_connection(box: Sandbox, head: str) -> None:
    with socket.create_connection(tuple(urlsplit(box.url).netloc.split(":")), timeout=5) as raw:
        raw.sendall(f"POST /ida{RECORDS} HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n".encode())
        said = b"".join(iter(lambda: raw.recv(4096), b""))
    assert said.startswith(b"HTTP/1.1 400 ")


def test_a_client_that_leaves_in_the_middle_stores_nothing(box: Sandbox, headers: dict[str, str]) -> None:
    with socket.create_connection(tuple(urlsplit(box.url).netloc.split(":")), timeout=5) as raw:
        lines = [f"POST /ida{RECORDS} HTTP/1.1", "Host: x", "Content-Length: 5000", *map(": ".join, headers.items())]
        raw.sendall("\r\n".join([*lines, "", ""]).encode() + body("medio"))
    box.stop()
    assert [r["service"] for r in box.control.log()] == []


def test_head_answers_without_a_body(line: http.client.HTTPConnection, headers: dict[str, str]) -> None:
    for _ in range(2):
        line.request("HEAD", "/ida/api/v2/database/11111", headers=headers)
        answer = line.getresponse()
        assert (answer.status, answer.read()) == (200, b"")


def test_many_clients_at_once(box: Sandbox, headers: dict[str, str]) -> None:
    def push(client: int) -> None:
        with requests.Session() as session:
            for n in range(10):
                session.post(
                    box.addresses["ida"] + RECORDS, body(f"{client}-{n}", "todos"), headers=headers, timeout=10
                )

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(push, range(8)))
    assert stored(box, "todos") == [80]
    assert len(box.control.contacts(11111)) == box.control.stored("ida", "Database")[0]["rowCounter"] == 190


def test_there_is_nothing_beside_the_systems(box: Sandbox) -> None:
    for path in ("", "/", "/nobody/api", "/idax/api/v2/database/databases"):
        answer = requests.get(box.url + path, timeout=5)
        assert (answer.status_code, answer.json()["code"]) == (404, 404)


def test_an_error_of_the_sandbox_itself_is_told_and_undone(
    box: Sandbox, insert: Ask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("broken on purpose")

    with monkeypatch.context() as patched:
        patched.setattr("toolkit.vendors.ida.sandbox.services.count_change", broken)
        assert insert("uno").status == 500
    assert "broken on purpose" in caplog.text
    assert stored(box, "uno") == [0]


# ── faults ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("commit", ["before", "never"])
@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ("lost", http.client.RemoteDisconnected),
        ("close", http.client.RemoteDisconnected),
        ("reset", ConnectionResetError),
        ("truncated", http.client.IncompleteRead),
    ],
)
def test_a_lost_reply(box: Sandbox, insert: Ask, commit: str, reply: str, error: type[Exception]) -> None:
    box.control.fault(system="ida", match=INSERT, commit=commit, reply=reply)
    with pytest.raises(error) as caught:
        insert("uno").read()
    assert type(caught.value) is error
    assert stored(box, "uno") == [int(commit == "before")]
    told = box.control.log()[-1]
    assert (told["fault"], told["status"]) == (f"{commit}, {reply}", 200 if reply == "truncated" else None)


def test_a_status_speaks_in_the_vendors_words_unless_told_otherwise(box: Sandbox, insert: Ask) -> None:
    box.control.fault(match=INSERT, reply="status", status=429, headers={"Retry-After": "7"})
    box.control.fault(match=INSERT, reply="status", status=502, commit="before", body="<html>Bad gateway</html>")
    first = insert("uno")
    assert (first.status, first.headers["Retry-After"], json.loads(first.read())["code"]) == (429, "7", 429)
    second = insert("dos")
    assert (second.status, second.read()) == (502, b"<html>Bad gateway</html>")
    assert insert("tres").status == 200
    assert stored(box, "uno", "dos", "tres") == [0, 1, 1]


def test_a_login_page_and_redirects(box: Sandbox, insert: Ask) -> None:
    box.control.fault(reply="html")
    box.control.fault(reply="redirect")
    box.control.fault(reply="redirect", status=307, headers={"Location": f"/ida{RECORDS}"})
    page = insert("uno")
    assert (page.status, page.headers.get_content_type(), page.read()[:9]) == (200, "text/html", b"<!doctype")
    seen = []
    for name in ("dos", "tres"):
        answer = insert(name)
        seen.append((answer.status, answer.headers["Location"], answer.read()))
    assert seen == [(302, "/login", b""), (307, f"/ida{RECORDS}", b"")]
    assert stored(box, "uno", "dos", "tres") == [0, 0, 0]


def test_a_refusal_in_other_words(box: Sandbox, line: http.client.HTTPConnection, headers: dict[str, str]) -> None:
    box.control.fault(match=INSERT, times=None, reply="reworded", body={"message": "", "code": 406})
    answers = []
    for phone in ("56900000001", "mal"):
        values = [{"field_id": 2224, "fvalue": phone}]
        sent = json.dumps({"database_id": 11111, "records": [{"values": values}]})
        line.request("POST", f"/ida{RECORDS}", sent, headers)
        answer = line.getresponse()
        answers.append((answer.status, json.loads(answer.read())["message"]))
    assert answers == [(200, "OK"), (406, "")]


def test_only_the_first_records_are_stored(box: Sandbox, insert: Ask) -> None:
    box.control.fault(match=INSERT, commit="partial", partial=2, reply="reset")
    with pytest.raises(ConnectionResetError):
        insert("uno", "dos", "tres")
    assert stored(box, "uno", "dos", "tres") == [1, 1, 0]
    assert box.control.stored("ida", "Database")[0]["rowCounter"] == 32


def test_a_late_commit_comes_by_the_clock_or_by_hand(box: Sandbox, insert: Ask) -> None:
    box.control.clock(set="2026-03-02T12:00:00")
    box.control.fault(match=INSERT, commit="late", late=30, times=2)
    assert (insert("uno").read(), insert("dos").read()) == (insert("tres").read(),) * 2
    box.control.clock(advance=29)
    assert stored(box, "uno", "dos", "tres") == [0, 0, 1]
    assert box.control.release_late() == 2
    assert stored(box, "uno", "dos", "tres") == [1, 1, 1]
    box.control.fault(match=INSERT, commit="late", late=30)
    insert("cuatro").read()
    box.control.clock(advance=30)
    assert (stored(box, "cuatro"), box.control.release_late()) == ([1], 0)


def test_a_late_commit_is_of_the_time_when_it_was_due(box: Sandbox, insert: Ask) -> None:
    box.control.clock(set="2026-03-02T12:00:00")
    box.control.lag(11111, 5)
    before = box.connect(progress=False).ida.database(11111)["rowCounter"].item()
    box.control.fault(match=INSERT, commit="late", late=30)
    insert("uno").read()
    box.control.clock(advance=36)  # nobody asked in between: done at 30, counted from 35 on
    assert box.connect(progress=False).ida.database(11111)["rowCounter"].item() == before + 1


def test_what_is_refused_is_not_done_late_either(box: Sandbox, insert: Ask) -> None:
    box.control.fault(match=INSERT, commit="late", late=0)
    assert insert().status == 400
    assert box.control.release_late() == 0


def test_commit_after_the_reply(box: Sandbox, insert: Ask) -> None:
    box.control.fault(match=INSERT, commit="after", reply="lost")
    with pytest.raises(http.client.RemoteDisconnected):
        insert("uno")
    assert stored(box, "uno") == [1]


def test_drip_and_delay(box: Sandbox, insert: Ask) -> None:
    box.control.fault(match=INSERT, reply="drip", delay=0.0001)
    box.control.fault(match=INSERT, delay=0.001)
    assert [insert("uno").read(), insert("uno").read()] == [insert("uno").read()] * 2


def test_a_connection_that_ends_unannounced(box: Sandbox, insert: Ask) -> None:
    box.control.fault(match=INSERT, reply="close_after")
    first = insert("uno")
    assert (first.status, first.headers.get("Connection")) == (200, None)
    first.read()
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        insert("dos").read()
    assert stored(box, "uno", "dos") == [1, 0]


def test_faults_are_used_up_in_order_by_what_they_match(box: Sandbox, insert: Ask) -> None:
    box.control.fault(system="signio", reply="status", status=500)
    box.control.fault(match={"path": "/api/v2/*/data"}, reply="status", status=500)
    box.control.fault(match=INSERT, times=None, every=2, reply="status", status=503)
    assert [answer.status for n in range(4) if (answer := insert(str(n))).read()] == [200, 503, 200, 503]
    assert [f["hits"] for f in box.control.faults()] == [0, 0, 2]
    box.control.clear_faults()
    assert [answer.status for n in range(2) if (answer := insert(str(n))).read()] == [200, 200]


def test_chance_is_the_same_each_time(box: Sandbox, insert: Ask) -> None:
    def draw(seed: int) -> list[int]:
        box.control.clear_faults()
        box.control.fault(times=None, probability=0.5, seed=seed, reply="status", status=503)
        return [answer.status for n in range(20) if (answer := insert(str(n))).read()]

    first, again, other = draw(1), draw(1), draw(2)
    assert first == again != other
    assert 4 < first.count(503) < 16


@pytest.mark.parametrize(
    "facts", [{"commit": "maybe"}, {"reply": "smile"}, {"match": {"verb": "GET"}}, {"every": 0}, {"probability": 2}]
)
def test_a_fault_that_makes_no_sense_is_refused(box: Sandbox, facts: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"is one of|match|every"):
        box.control.fault(**facts)


# ── start, stop, start again ─────────────────────────────────────────────────


def test_a_named_file_survives_a_restart_and_the_address_stays(tmp_path: Path) -> None:
    box = Sandbox(Api.fakes(), tmp_path / "box.sqlite").start()
    token = box.control.token("ida")
    box.control.insert(11111, [{"NOMBRE": "antes"}])
    url = box.url
    box.stop()
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=5)
    with box:
        assert box.url == url
        headers = {"Authorization": f"Bearer {token}"}
        shown = requests.get(f"{url}/ida/api/v2/database/11111", headers=headers, timeout=5).json()
        assert (shown["data"]["rowCounter"], stored(box, "antes")) == (31, [1])


def test_what_a_killed_sandbox_had_stored_is_there(tmp_path: Path) -> None:
    code = (
        "import sys; from toolkit import Api; from toolkit.sandbox import Sandbox\n"
        "box = Sandbox(Api.fakes(), sys.argv[1]).start(); box.control.insert(11111, [{'NOMBRE': 'antes'}])\n"
        "print('ready', flush=True); box.wait()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "box.sqlite")], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        try:
            assert process.stdout.readline() == b"ready\n"
            with pytest.raises(OSError, match="another sandbox"):
                Sandbox(Api.fakes(), tmp_path / "box.sqlite").start()
        finally:
            process.kill()
    with Sandbox(Api.fakes(), tmp_path / "box.sqlite") as box:
        assert stored(box, "antes") == [1]


def files(*folders: Path) -> list[Path]:
    return [path for folder in folders for path in folder.rglob("*") if path.is_file()]


def test_without_a_file_nothing_is_left(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (temporary := tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    with Sandbox(Api.fakes()):
        assert list(temporary.iterdir())
    assert files(tmp_path, home) == []


def test_a_file_of_another_version_is_refused(tmp_path: Path) -> None:
    with Sandbox(Api.fakes(), tmp_path / "box.sqlite"):
        pass
    import sqlite3

    with sqlite3.connect(tmp_path / "box.sqlite") as db:
        db.execute("PRAGMA user_version = 1")
    db.close()
    with pytest.raises(ValueError, match="another version"):
        Sandbox(Api.fakes(), tmp_path / "box.sqlite").start()


def test_a_taken_port_is_an_error_and_leaves_nothing(
    box: Sandbox, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (temporary := tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    with pytest.raises(OSError):  # noqa: PT011 - the text is the system's, in its language
        Sandbox(Api.fakes(), port=int(box.url.rpartition(":")[2])).start()
    assert not list(temporary.iterdir())
    assert files(tmp_path, home) == [box.token_file]


def test_what_keeps_it_from_starting_is_said_at_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[Exception] = []

    def start() -> None:
        try:
            started.start()
        except SettingsError as problem:
            said.append(problem)

    started = Sandbox(Api.fakes())
    monkeypatch.setenv("TOOLKIT_STATE", "here/or/there")
    threading.Thread(target=start, daemon=True).start()
    wait_until(lambda: said, most=5)
    assert "Give the whole path" in str(said[0])
    monkeypatch.setenv("TOOLKIT_STATE", str(home / "state"))
    with started:
        assert started.identity


def test_stopping_waits_neither_for_idle_connections_nor_for_delays(
    box: Sandbox, line: http.client.HTTPConnection, headers: dict[str, str], insert: Ask
) -> None:
    insert("uno").read()
    box.control.fault(delay=60)
    line.request("POST", f"/ida{RECORDS}", body("dos"), headers)
    wait_until(lambda: len(box.control.log()) >= 2)
    started = time.monotonic()
    box.stop()
    assert time.monotonic() - started < 5


def test_serve_forever_runs_until_it_is_stopped() -> None:
    seen = []

    def ready(box: Sandbox) -> None:
        seen.append(requests.get(f"{box.url}/openapi.json", timeout=5).status_code)
        box.stop()

    serve_forever(Api.fakes(), ready=ready)
    assert seen == [200]


def test_settings_name_every_system(box: Sandbox) -> None:
    assert settings_of(box.url, Api.fakes(), memory_at(box.url)) == box.settings()
    shared = {"base_url": box.addresses["ida"], "identity": box.identity, "state": str(box.state)}
    assert box.settings()["ida"] == {**shared, **box.credentials["ida"]}
    assert box.addresses["ida"] == f"{box.url}/ida"


# ── who it is ──


def test_each_sandbox_is_another(box: Sandbox) -> None:
    with Sandbox(Api.fakes()) as other:
        assert box.identity.startswith("sandbox-")
        assert box.identity != other.identity
        assert memory_at(other.url) == {"identity": other.identity, "state": str(other.state)}
        state = other.state
        assert state is not None
        assert state.parent.is_dir()
    assert other.state is None
    assert not state.parent.exists()  # what is remembered of it goes with it


def test_a_sandbox_is_the_same_after_a_restart_on_its_data(tmp_path: Path) -> None:
    with Sandbox(Api.fakes(), tmp_path / "data.sqlite") as first:
        identity = first.identity
        assert first.state is None
        assert memory_at(first.url) == {"identity": identity}
    assert first.identity == ""
    with Sandbox(Api.fakes(), tmp_path / "data.sqlite") as again:
        assert again.identity == identity


def test_a_sandbox_is_another_after_a_reset(box: Sandbox) -> None:
    before = box.identity
    assert box.identity == before
    box.control.reset()
    assert box.identity != before


@pytest.mark.parametrize(
    "answer",
    [b"", b"HTTP/1.1 404 No\r\n\r\n", b"\xff\xff", *(OK + said for said in (b"else", b"[1]", b"{}", ELSEWHERE))],
)
def test_what_is_no_sandbox_has_no_identity(answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"

        def speak() -> None:
            with server.accept()[0] as line:
                line.recv(1_000)
                line.sendall(answer)

        thread = threading.Thread(target=speak)
        thread.start()
        assert memory_at(url) == {}
        thread.join()
    assert memory_at(url) == memory_at("nothing") == memory_at("http://127.0.0.1:port") == {}
