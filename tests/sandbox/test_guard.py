"""Who gets into the sandbox: programs of this machine, by its own names; into the control plane this user alone."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

import toolkit
from tests.helpers.raw_server import RawServer, answering, reply
from toolkit import Api
from toolkit.__main__ import main
from toolkit.sandbox import Sandbox
from toolkit.sandbox.demo.scenes import control
from toolkit.sandbox.guard import token_file, token_of
from toolkit.sandbox.server import memory_at

posix = pytest.mark.skipif(os.name == "nt", reason="files there have no mode")
ROOT = Path(__file__).parent.parent.parent


def ask(box: Sandbox, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
    facts = {name.replace("_", "-"): value for name, value in headers.items()}
    with requests.Session() as http:
        http.trust_env = False
        return http.request(method, box.url + path, json=body, headers=facts, timeout=10)


def bearer(box: Sandbox) -> str:
    return f"Bearer {box.token_file.read_text(encoding='ascii')}"


PATHS = [("POST", "/control/stored"), ("GET", "/control"), ("GET", "/openapi.json"), ("GET", "/ida/api/user/login")]
HOSTS = ["evil.example", "evil.example:{port}", "127.0.0.1:1", "127.0.0.1", "localhost.evil.example:{port}", "x@127.0.0.1:{port}", "127.0.0.1:{port}x", "127.0.0.1:{port}/", "[::1:{port}", "", "0.0.0.0:{port}", "127.1:{port}", "2130706433:{port}"]  # fmt: skip  # noqa: E501


@pytest.mark.parametrize(("method", "path"), PATHS)
@pytest.mark.parametrize("host", HOSTS)
def test_a_name_that_is_not_ours_is_refused(host: str, method: str, path: str, box: Sandbox) -> None:
    """A page whose name was made to point here (DNS rebinding) reads nothing, not even with the token."""
    port = urlsplit(box.url).port
    answer = ask(box, method, path, {}, Host=host.format(port=port), Authorization=bearer(box))
    assert answer.status_code in (400, 421)
    assert "username" not in answer.text


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "LOCALHOST:{port}", "[::1]:{port}"])
def test_our_own_names_are_let_in(host: str, box: Sandbox) -> None:
    assert ask(box, "GET", "/openapi.json", Host=host.format(port=urlsplit(box.url).port)).status_code == 200


ORIGINS = [
    "https://evil.example",
    "http://evil.example",
    "null",
    "http://127.0.0.1:1",
    "http://127.0.0.1",
    "",
    "file://",
]


@pytest.mark.parametrize(("method", "path"), PATHS)
@pytest.mark.parametrize("origin", ORIGINS)
def test_another_page_is_refused(origin: str, method: str, path: str, box: Sandbox) -> None:
    answer = ask(box, method, path, {}, Origin=origin, Authorization=bearer(box))
    assert answer.status_code == 403
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_page_is_not_told_that_it_may_ask(box: Sandbox) -> None:
    asked = {"Access_Control_Request_Method": "POST", "Origin": "https://evil.example"}
    answer = ask(box, "OPTIONS", "/control/reset", **asked)
    assert answer.status_code == 403
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


def test_a_page_of_our_own_may_ask(box: Sandbox) -> None:
    assert ask(box, "GET", "/openapi.json", Origin=box.url).status_code == 200


# ── the token ──

TOKENS = ["", "Bearer", "Bearer ", "Bearer x", "Basic {token}", "{token}", "Bearer {token}x", "Bearer x{token}"]


@pytest.mark.parametrize("given", TOKENS)
@pytest.mark.parametrize("path", ["/control", "/control/reset", "/control/", "/%63ontrol/reset", "//control/reset"])
def test_without_the_token_the_control_plane_says_nothing(given: str, path: str, box: Sandbox) -> None:
    box.control.insert(11111, 1)
    headers = {"Authorization": given.format(token=bearer(box).removeprefix("Bearer "))} if given else {}
    answer = ask(box, "POST", path, {}, **headers)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert "insert" not in answer.text
    assert len(box.control.contacts(11111)) == 31


def test_a_token_of_a_system_is_none_for_the_control_plane(box: Sandbox) -> None:
    assert ask(box, "POST", "/control/reset", {}, Authorization=f"Bearer {box.control.token('ida')}").status_code == 401


def test_with_the_token_it_does(box: Sandbox) -> None:
    assert (
        ask(box, "POST", "/control/insert", {"database_id": 11111, "records": 2}, Authorization=bearer(box)).json() == 2
    )


@posix
def test_only_this_user_reads_the_token(box: Sandbox) -> None:
    assert stat.S_IMODE(box.token_file.stat().st_mode) == 0o600
    assert len(token_of(box.url)) > 40


@posix
def test_a_file_that_lies_there_already_is_not_written_into(tmp_path: Path) -> None:
    """Neither one that others can read, nor one that leads elsewhere."""
    with Sandbox(Api.fakes()) as box:
        file = box.token_file
        first = file.read_text(encoding="ascii")
    assert not file.exists()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("untouched", encoding="utf-8")
    file.symlink_to(elsewhere)
    with box:
        assert not file.is_symlink()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert file.read_text(encoding="ascii") != first
    assert elsewhere.read_text(encoding="utf-8") == "untouched"


def test_where_no_token_can_be_kept_the_control_plane_is_for_python_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    monkeypatch.setenv("TOOLKIT_STATE", str(tmp_path / "file" / "state"))
    with Sandbox(Api.fakes()) as box:
        assert box.control.insert(11111, 1) == 1
        assert ask(box, "POST", "/control/reset", {}, Authorization="Bearer ").status_code == 401
    assert "nobody gets into the control plane" in caplog.text


def test_the_token_of_another_sandbox_stays() -> None:
    with Sandbox(Api.fakes()) as box:
        box.token_file.write_text("somebody else's", encoding="ascii")
    assert box.token_file.read_text(encoding="ascii") == "somebody else's"


def test_there_is_no_token_of_a_sandbox_that_is_not_there() -> None:
    assert token_of("http://127.0.0.1:1") == ""
    assert token_of("http://127.0.0.1:99999") == ""


def test_a_notebook_needs_to_say_nothing_of_it(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLKIT_SANDBOX", box.url)
    assert control("insert", database_id=11111, records=2) == 2
    assert len(toolkit.connect("sandbox", progress=False).ida.databases()) == 1
    box.token_file.unlink()
    with pytest.raises(toolkit.InputError, match="wants the token of its user"):
        control("reset")


@posix
def test_who_listens_at_the_address_does_not_say_where_we_write(tmp_path: Path) -> None:
    """It may be another user's program that took the port over."""
    mine = tmp_path / "sandbox-mine"
    mine.mkdir(mode=0o700)
    (open_to_all := tmp_path / "sandbox-open").mkdir()
    open_to_all.chmod(0o755)
    (elsewhere := tmp_path / "elsewhere").mkdir(mode=0o700)
    (link := tmp_path / "sandbox-link").symlink_to(mine)
    none = tmp_path / "sandbox-none"
    for folder, taken in ((mine, True), (open_to_all, False), (elsewhere, False), (link, False), (none, False)):
        told = {"identity": "sandbox-x", "state": str(folder / "state")}
        with RawServer(answering(reply(told))) as server:
            assert ("state" in memory_at(server.url)) is taken, folder


# ── what the control plane takes ──


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000, b"\xff", b"[1]", b"1", b'"x"', b"{", b"null"])
def test_a_body_that_is_no_object_is_answered(body: bytes, box: Sandbox) -> None:
    headers = {"Authorization": bearer(box), "Content-Type": "application/json"}
    answer = requests.post(f"{box.url}/control/clock", data=body, headers=headers, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["message"]


def test_arguments_that_are_too_long_do_nothing(box: Sandbox) -> None:
    box.control.insert(11111, 1)
    box.control.body_limit(100)
    answer = ask(box, "POST", "/control/reset", {"seed": "x" * 200}, Authorization=bearer(box))
    assert answer.status_code == 413
    assert len(box.control.contacts(11111)) == 31


def test_the_webhook_obeys_no_proxy_and_follows_nobody(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    class Called(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            calls.append(f"{self.server.server_address[1]}{self.path}")
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(307)
            self.send_header("Location", f"http://127.0.0.1:{proxy.server_port}/elsewhere")
            self.end_headers()

        do_GET = do_CONNECT = do_POST

        def log_message(self, *_: Any) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Called) as customer, HTTPServer(("127.0.0.1", 0), Called) as proxy:
        for server in (customer, proxy):
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.server_port}")
        monkeypatch.setenv("no_proxy", "")
        box.control.webhook(f"http://127.0.0.1:{customer.server_port}/end?of=it")
        api = toolkit.connect(**box.settings(), progress=False)
        box.control._call_webhook(api.signio.create_envelope("Contrato"))
        for server in (customer, proxy):
            server.shutdown()
    assert calls == [f"{customer.server_port}/end?of=it"]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:99999/", "http://[::1", "https://127.0.0.1/", "http://evil.example/"]
)
def test_a_webhook_elsewhere_is_refused(url: str, box: Sandbox) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whichever words
        box.control.webhook(url)


# ── files, and the end ──


@posix
@pytest.mark.parametrize("before", [None, 0o644])
def test_the_data_and_its_log_are_for_this_user(before: int | None, tmp_path: Path) -> None:
    path = tmp_path / "box.sqlite"
    if before:
        with Sandbox(Api.fakes(), path):
            pass
        path.chmod(before)
    with Sandbox(Api.fakes(), path) as box:
        box.control.insert(11111, 1)
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.glob("box.sqlite*")}
    assert modes == {"box.sqlite": 0o600, "box.sqlite-wal": 0o600}


@pytest.mark.parametrize("content", [b"no database, but somebody's notes\n" * 50, b"SQLite format 3\0" + b"x" * 500])
def test_a_file_that_is_no_database_is_refused_and_stays(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    path.chmod(0o644)
    assert main(["sandbox", "--data", str(path)]) == 1
    assert "no file of a sandbox" in capsys.readouterr().err
    assert path.read_bytes() == content
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_a_folder_or_a_place_that_is_not_there_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (tmp_path, tmp_path / "none" / "box.sqlite"):
        assert main(["sandbox", "--data", str(path)]) == 1
        assert "cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize("port", ["99999", "-1", "x", "65536"])
def test_a_port_that_is_none_is_said(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["sandbox", f"--port={port}"])
    assert ended.value.code == 2
    assert "65535" in capsys.readouterr().err
    with pytest.raises(ValueError, match="65535"):
        toolkit.start_sandbox(port=99_999)


@pytest.mark.skipif(sys.platform == "win32", reason="there a terminated process hears nothing")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_however_it_is_ended_it_leaves_nothing(name: str, tmp_path: Path) -> None:
    (temporary := tmp_path / "temporary").mkdir()
    environment = {**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "toolkit", "sandbox"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        guard = threading.Timer(60, process.kill)
        guard.start()
        assert process.stdout
        url = process.stdout.readline().split()[4].rstrip(";")
        assert list(temporary.iterdir())
        assert token_of(url)
        process.send_signal(getattr(signal, name))
        rest = process.stdout.read()
        guard.cancel()
    assert list(temporary.iterdir()) == []
    assert not token_file(urlsplit(url).port or 0).exists()
    assert "Traceback" not in rest
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((urlsplit(url).hostname, urlsplit(url).port), timeout=10)


def test_the_welcome_says_where_the_token_is(box: Sandbox) -> None:
    from toolkit.__main__ import _welcome

    assert str(box.token_file) in _welcome(box)
    assert token_of(box.url) not in _welcome(box)
    assert json.dumps(box.settings())
