"""One attempt against real sockets: what a broken exchange means, what is never followed, what never leaves."""

import gzip
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.helpers.clock import ManualClock
from tests.helpers.raw_server import Connection, RawServer, answering, reply, unused_port
from toolkit.errors import InputError, NotSent, OutcomeUnknown, SettingsError
from toolkit.http import session as room
from toolkit.http.answers import Verdict
from toolkit.http.attempt import Attempt
from toolkit.http.secrets import Secret
from toolkit.http.session import Limits, Session, Tokens
from toolkit.http.wire import Request
from toolkit.spec import Endpoint
from toolkit.vendors.ida.api import Ida

INSERT, DATABASE = Ida.endpoints["post_records"], Ida.endpoints["database"]
POST, GET = Request("POST", "/records", body=b'{"records":[]}'), Request("GET", "/database/1")
ACKED, REJECTED, NOT_EXECUTED, AMBIGUOUS = Verdict
OK = {"message": "OK", "statusApi": "OK", "code": 200, "data": {}}
LIMITS = Limits(connect=2, read=2)
TOKEN = "sentinel-token-of-the-session"


class Ticking(ManualClock):
    """Time that passes with every look at it."""

    def __init__(self, step: float) -> None:
        super().__init__()
        self._step = step

    def monotonic(self) -> float:
        self.advance(self._step)
        return super().monotonic()


def session(url: str, **options: Any) -> Session:
    made = Session(url, **{"limits": LIMITS, "clock": ManualClock(), **options})
    made.tokens = Tokens(lambda: (Secret(TOKEN), None), made.clock)
    return made


def attempt(url: str, endpoint: Endpoint = INSERT, request: Request = POST, **options: Any) -> Attempt:
    return session(url, **options).attempt(endpoint, request)


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def bundle(authority: trustme.CA, tmp_path: Path) -> str:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return str(tmp_path / "ca.pem")


def tls(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def test_what_the_caller_was_handling_says_nothing_of_a_request() -> None:
    with RawServer(read_then(Connection.reset)) as server:
        try:
            raise ConnectionRefusedError("something else, earlier")
        except ConnectionRefusedError:
            assert attempt(server.url).verdict is AMBIGUOUS
    try:
        raise OSError("no trustworthy answer")
    except OSError:
        assert attempt(f"http://127.0.0.1:{unused_port()}").verdict is NOT_EXECUTED


def test_a_redirect_to_nowhere_is_in_doubt_and_a_matter_for_a_person() -> None:
    odd = b"HTTP/1.1 302 Found\r\nLocation: http://[\xff/\r\nContent-Length: 0\r\n\r\n"
    with RawServer(read_then(lambda c: c.send(odd))) as server:
        once = attempt(server.url)
        assert once.verdict is AMBIGUOUS
        assert once.result.needs_person
        assert len(server.requests) == 1


def test_a_request_that_is_forbidden_is_not_sent_again_unless_repeating_changes_nothing() -> None:
    renewed = [Secret("another"), Secret(TOKEN)]
    for endpoint, request, times in ((INSERT, POST, 1), (DATABASE, GET, 2)):
        forbidden = answering(*[reply({"code": 403}, "403 Forbidden")] * 2)
        with RawServer(forbidden) as server:
            client = session(server.url)
            client.tokens = Tokens(lambda: (renewed[len(server.requests)], None), client.clock)
            client.attempt(endpoint, request)
            assert len(server.requests) == times


# ── what went wrong on the way (reliability, section 2, "as measured") ───────


def read_then(act: Callable[[Connection], None]) -> Callable[[Connection], None]:
    def step(connection: Connection) -> None:
        connection.read()
        act(connection)

    return step


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1a\r\n"
BROKEN: dict[str, Callable[[Connection], None]] = {
    "reset before it was read": Connection.reset_unread,
    "reset after it was read": read_then(Connection.reset),
    "closed without an answer": read_then(lambda c: None),
    "closed within the head": read_then(lambda c: c.send(b"HTTP/1.1 200 OK\r\nContent-")),
    "no HTTP": read_then(lambda c: c.send(b"hello\r\n\r\n")),
    "body cut short": read_then(lambda c: c.send(reply(OK)[:-5])),
    "no body at all": read_then(lambda c: c.send(reply(OK).partition(b"\r\n\r\n")[0] + b"\r\n\r\n")),
    "chunks cut short": read_then(lambda c: c.send(CHUNKED + b'{"message":"OK"')),
    "chunks that are none": read_then(lambda c: c.send(CHUNKED[:-4] + b"zz\r\n")),
    "gzip that is none": read_then(lambda c: c.send(reply(b"not gzip", Content_Encoding="gzip"))),
    "gzip cut short": read_then(lambda c: c.send(reply(gzip.compress(b'{"code":200}')[:-9], Content_Encoding="gzip"))),
    "two lengths": read_then(lambda c: c.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}x")),
    "a head without end": read_then(lambda c: c.send(b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 500)),
}


@pytest.mark.parametrize("step", BROKEN.values(), ids=BROKEN)
def test_whatever_breaks_after_the_connection_stands_is_ambiguous_and_sent_once(
    step: Callable[[Connection], None],
) -> None:
    with RawServer(step) as server:
        made = attempt(server.url)
        assert made.verdict is AMBIGUOUS
        assert isinstance(made.error, OutcomeUnknown)
        assert "may or may not" in str(made.error) or "does not tell" in str(made.error)
        assert not made.result.needs_person or made.result.status == 200
        assert server.connections == 1


def test_no_answer_in_time_is_ambiguous() -> None:
    with RawServer(read_then(Connection.wait)) as server:
        made = attempt(server.url, limits=Limits(connect=2, read=0.05))
        assert (made.verdict, type(made.error)) == (AMBIGUOUS, OutcomeUnknown)
        assert len(server.requests) == 1


def test_a_read_that_broke_may_be_repeated_and_says_so() -> None:
    with RawServer(read_then(Connection.reset)) as server:
        made = attempt(server.url, DATABASE, GET)
        assert (made.verdict, type(made.error)) == (AMBIGUOUS, NotSent)
        assert "repeating is safe" in str(made.error)


@pytest.mark.parametrize("interim", [[100], [102], [103], [199], [103, 100, 103]], ids=str)
def test_what_announces_an_answer_is_none(interim: list[int]) -> None:
    """The answer comes later, on the same connection: taken for the next one, it would be somebody else's."""
    ahead = b"".join(b"HTTP/1.1 %d Wait\r\nLink: </style.css>\r\n\r\n" % status for status in interim)
    one, two = (reply({**OK, "data": {"id": number}}) for number in (1, 2))
    with RawServer(answering(ahead + one, ahead + two)) as server:
        reader = session(server.url)
        made = [reader.attempt(DATABASE, GET) for _ in range(2)]
        assert [each.verdict for each in made] == [ACKED, ACKED]
        assert [each.result.payload["data"]["id"] for each in made] == [1, 2]
        assert server.connections == 1


@pytest.mark.parametrize(
    "status", ["101 Switching Protocols", "204 No Content", "205 Reset Content", "304 Not Modified"]
)
def test_after_an_answer_without_a_body_the_connection_is_not_used_again(status: str) -> None:
    """A body that comes all the same would be taken for the answer to the next request."""
    with RawServer(answering(reply(b"", status)), answering(reply(OK))) as server:
        reader = session(server.url)
        reader.attempt(DATABASE, GET)
        assert reader.attempt(DATABASE, GET).verdict is ACKED
        assert server.connections == 2


def test_after_an_answer_that_tells_nothing_its_connection_is_not_used_again() -> None:
    """Whatever follows it there belongs to nobody."""
    with RawServer(answering(reply(b"", "200 OK")), answering(reply(OK))) as server:
        sender = session(server.url)
        assert sender.attempt(INSERT, POST).verdict is AMBIGUOUS
        assert sender.attempt(DATABASE, GET).verdict is ACKED
        assert server.connections == 2


def test_what_is_sent_once_only_has_a_connection_of_its_own() -> None:
    """A second copy of another answer, however late, is not taken for its own; nor is one of it for another's."""
    with RawServer(*[answering(reply(OK))] * 3) as server:
        sender = session(server.url)
        made = [
            sender.attempt(*each)
            for each in ((DATABASE, GET), (replace(INSERT, irrevocable=True), POST), (DATABASE, GET))
        ]
        assert [each.verdict for each in made] == [ACKED] * 3
        assert server.connections == 3


def test_an_answer_that_echoes_the_token_does_not_hold_it() -> None:
    body = {**OK, "data": {"id": 1, "headers": {"Authorization": f"Bearer {TOKEN}"}}}
    with RawServer(answering(reply(body))) as server:
        made = attempt(server.url, DATABASE, GET)
    assert made.result.payload["data"] == {"id": 1, "headers": {"Authorization": "Bearer ***"}}


@pytest.mark.parametrize("levels", [199, 600, 100_000])
def test_an_echo_that_cannot_be_looked_through_is_no_answer(levels: int) -> None:
    """More levels than are looked through, on every Python: many, and more than a parser takes."""
    deep = b'{"message":"OK","statusApi":"OK","code":200,"data":{"a":' + b"[" * levels + b"]" * levels + b"}"
    with RawServer(answering(reply(deep + b',"echo":"' + TOKEN.encode() + b'"}'))) as server:
        made = attempt(server.url, DATABASE, GET)
    assert made.verdict is AMBIGUOUS
    assert made.result.payload is None
    assert TOKEN not in repr(made)


def test_the_deepest_answer_that_is_looked_through_is_read() -> None:
    deep = b'{"message":"OK","statusApi":"OK","code":200,"data":{"a":' + b"[" * 198 + b"]" * 198 + b"}"
    with RawServer(answering(reply(deep + b',"echo":"' + TOKEN.encode() + b'"}'))) as server:
        made = attempt(server.url, DATABASE, GET)
    assert (made.verdict, made.result.payload["echo"]) == (ACKED, "***")


def test_a_secret_is_taken_out_before_a_text_is_cut() -> None:
    for before in (*range(165, 240, 12), 1_950, 1_990, 19_990):
        text = ("x" * before + f" {TOKEN} and more").encode()
        with RawServer(answering(reply(text, "500 Oops"))) as server:
            shown = str(attempt(server.url).error)
        assert "token" not in shown


@pytest.mark.parametrize("sent", [1, 20, -20], ids=["in the status line", "in the head", "in the body"])
def test_an_answer_in_drops_ends_at_the_deadline(sent: int) -> None:
    def drip(connection: Connection) -> None:
        connection.read()
        connection.send(reply(OK)[:sent])
        connection.wait()

    with RawServer(drip) as server:
        started = time.perf_counter()
        made = attempt(server.url, clock=Ticking(0.6 * LIMITS.deadline), limits=Limits(read=30))
        assert made.verdict is AMBIGUOUS
        assert len(server.requests) == 1
        assert time.perf_counter() - started < 10  # and not at the end of the silence that is allowed


def test_compressed_and_chunked_answers_are_read() -> None:
    data = gzip.compress(b'{"message":"OK","code":200}')
    chunked = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n"
    with RawServer(answering(chunked % (len(data), data))) as server:
        assert attempt(server.url).verdict is ACKED


# ── never left ───────────────────────────────────────────────────────────────


def never_left(made: Attempt) -> bool:
    return made.verdict is NOT_EXECUTED and type(made.error) is NotSent and "nothing was sent" in str(made.error)


def test_refused_is_not_executed() -> None:
    made = attempt(f"http://127.0.0.1:{unused_port()}")
    assert never_left(made)
    assert not made.result.needs_person


def test_an_unknown_name_is_not_executed(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert never_left(attempt("https://vendor.example"))


def test_connecting_that_takes_too_long_is_not_executed(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: Any, **__: Any) -> Any:
        raise TimeoutError("timed out")

    monkeypatch.setattr(socket.socket, "connect", slow)
    assert never_left(attempt("http://127.0.0.1:9"))


@pytest.mark.parametrize("token", ["with\nbreak", "with–dash"])
def test_a_token_that_no_header_carries_is_not_sent_and_not_shown(token: str) -> None:
    with RawServer(answering(reply(OK))) as server:
        made = session(server.url)
        made.tokens = Tokens(lambda: (Secret(token), None), made.clock)
        tried = made.attempt(INSERT, POST)
        assert never_left(tried)
        assert tried.result.needs_person
        assert token not in str(tried.error)
        assert not server.requests


# ── TLS ──────────────────────────────────────────────────────────────────────


@pytest.fixture
def certificates(authority: trustme.CA) -> dict[str, trustme.LeafCert]:
    return {
        "untrusted": trustme.CA().issue_cert("127.0.0.1"),
        "wrong host": authority.issue_cert("other.example"),
        "expired": authority.issue_cert("127.0.0.1", not_after=datetime(2020, 1, 1, tzinfo=UTC)),
    }


@pytest.mark.parametrize("flaw", ["untrusted", "wrong host", "expired"])
def test_a_bad_certificate_stops_before_any_byte_and_is_not_tried_again(
    flaw: str, certificates: dict[str, trustme.LeafCert], bundle: str
) -> None:
    with RawServer(answering(reply(OK)), tls=tls(certificates[flaw])) as server:
        client = session(server.url, ca_bundle=bundle)
        with pytest.raises(NotSent, match="certificate is not trusted") as caught:
            client.send(INSERT, POST)
        assert "verify" not in str(caught.value).replace("certificate verify failed", "")
        assert client.attempt(INSERT, POST).result.needs_person
        assert not server.requests


def test_a_certificate_of_the_bundle_is_trusted(authority: trustme.CA, bundle: str) -> None:
    with RawServer(answering(reply(OK)), tls=tls(authority.issue_cert("127.0.0.1"))) as server:
        assert attempt(server.url, ca_bundle=bundle).verdict is ACKED


def test_an_ssl_error_after_the_request_was_read_is_ambiguous(authority: trustme.CA, bundle: str) -> None:
    garbage = read_then(lambda c: c.send_outside_tls(b"no record of TLS"))
    with RawServer(garbage, tls=tls(authority.issue_cert("127.0.0.1"))) as server:
        with pytest.raises(OutcomeUnknown):
            session(server.url, ca_bundle=bundle).send(INSERT, POST)
        assert len(server.requests) == 1


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_bundle_that_cannot_be_read_is_said_at_once(content: str | None, tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    if content:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError, match="ca_bundle"):
        Session("https://vendor.example", ca_bundle=str(path))


# ── never followed, never repeated below ─────────────────────────────────────


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
@pytest.mark.parametrize(("endpoint", "request_"), [(INSERT, POST), (DATABASE, GET)])
def test_a_redirect_is_not_followed(status: str, endpoint: Endpoint, request_: Request) -> None:
    with RawServer(answering(reply(b"", status, Location="/login"), reply(OK))) as server:
        made = attempt(server.url, endpoint, request_)
        assert made.verdict is AMBIGUOUS
        assert made.result.needs_person
        assert len(server.requests) == 1


def test_a_stale_connection_is_ambiguous_and_nothing_is_sent_again() -> None:
    def one_answer(connection: Connection) -> None:
        connection.read()
        connection.send(reply(OK))
        connection.read()
        connection.reset()

    with RawServer(one_answer, answering(reply(OK))) as server:
        client = session(server.url)
        assert client.attempt(INSERT, POST).verdict is ACKED
        assert client.attempt(INSERT, POST).verdict is AMBIGUOUS
        assert (server.connections, len(server.requests)) == (1, 2)
        assert client.attempt(INSERT, POST).verdict is ACKED
        assert server.connections == 2


def test_connections_stay_open() -> None:
    with RawServer(answering(reply(OK))) as server:
        client = session(server.url)
        assert [client.attempt(INSERT, POST).verdict for _ in range(3)] == [ACKED] * 3
        assert server.connections == 1


# ── whom the credentials are shown to ────────────────────────────────────────


@pytest.fixture
def beyond(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the loopback were another machine: the environment counts."""
    monkeypatch.setattr(room, "_is_loopback", lambda netloc: False)


def head_of(request: bytes) -> dict[str, str]:
    lines = request.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    return {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}


@pytest.mark.usefixtures("beyond")
@pytest.mark.parametrize(("endpoint", "expected"), [(DATABASE, f"Bearer {TOKEN}"), (Ida.endpoints["login"], None)])
def test_netrc_is_not_read(
    endpoint: Endpoint, expected: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password sentinel-netrc\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    with RawServer(answering(reply(OK))) as server:
        attempt(server.url, endpoint, GET, allow_http=True)
        assert head_of(server.requests[0]).get("authorization") == expected


def test_no_proxy_stands_before_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    with RawServer(answering(reply(OK))) as proxy, RawServer(answering(reply(OK))) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert attempt(server.url).verdict is ACKED
        assert (len(server.requests), proxy.connections) == (1, 0)


def test_a_proxy_sees_no_credentials_and_its_refusal_is_not_executed(monkeypatch: pytest.MonkeyPatch) -> None:
    with RawServer(answering(reply(b"", "407 Proxy Authentication Required"))) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        assert never_left(attempt("https://vendor.example/base"))
        assert proxy.requests[0].startswith(b"CONNECT vendor.example:443 ")
        assert TOKEN.encode() not in b"".join(proxy.requests)
        assert b"/records" not in b"".join(proxy.requests)


def test_an_answer_lost_behind_a_proxy_is_ambiguous(
    authority: trustme.CA, bundle: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tunnel(connection: Connection) -> None:
        connection.read()
        connection.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        connection.start_tls(tls(authority.issue_cert("vendor.example")))
        connection.read()

    with RawServer(tunnel) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        assert attempt("https://vendor.example", ca_bundle=bundle).verdict is AMBIGUOUS
        assert len(proxy.requests) == 2


@pytest.mark.parametrize(
    "url",
    [
        "http://vendor.example",
        "http://127.0.0.1.vendor.example",
        "http://localhost.vendor.example",
        "http://[2001:db8::1]",
        "http://10.0.0.1",
        "ftp://127.0.0.1",
        "vendor.example",
        "//vendor.example",
        "https://",
        "https://ana:clave@vendor.example",
        "https://vendor.example?token=1",
        "ftp://ana:clave@vendor.example",
    ],
)
def test_addresses_that_would_show_credentials_or_are_none_are_refused(url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Session(url)
    assert "clave" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:5000/x/", "http://localhost", "http://[::1]:80", "http://127.9.9.9"])
def test_this_machine_may_be_reached_in_clear(url: str) -> None:
    assert Session(url).base_url == url.rstrip("/")


def test_somebody_may_insist_on_plain_http() -> None:
    assert Session("http://vendor.example", allow_http=True).host == "vendor.example"


@pytest.mark.parametrize(
    "wrong", [{"read": 0}, {"attempts": 0}, {"connect": "10"}, {"deadline": None}, {"backoff": -1}]
)
def test_limits_that_make_no_sense_are_said(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match=f"limits: {next(iter(wrong))}"):
        Limits(**wrong)


def test_a_session_shows_its_host_only() -> None:
    assert repr(session("https://vendor.example/secret-path")) == "<Session vendor.example>"
    assert not issubclass(SettingsError, InputError)
