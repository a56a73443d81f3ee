"""Lines 1 to 16 and 31 of the fault matrix: connections, answers and tokens. The next lines are in the files beside."""

import contextlib
import re
import socket
import ssl
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.helpers.raw_server import Connection, RawServer
from toolkit import NotSent, Throttled
from toolkit.http.session import RealClock

from .benches import Bench, Ida

ROWS = 120
FEW_ROWS = 12  # as many as name their request where rows are counted
AT_ONCE = {"settle_wait": 0, "settle_stable": 0.01}  # for the few tests on the real clock


class Outage:
    """Connections that cannot be made for so many seconds, simulated at the system call."""

    def __init__(self, bench: Bench, monkeypatch: pytest.MonkeyPatch, call: str, failure: OSError, last: float) -> None:
        self.tries, self._bench, self._end, self._last = 0, bench, None, last
        self._real, self._failure = getattr(socket if call == "getaddrinfo" else socket.socket, call), failure
        owner = socket if call == "getaddrinfo" else socket.socket
        monkeypatch.setattr(owner, call, lambda *facts, **named: self._call(*facts, **named))

    def _call(self, *facts: Any, **named: Any) -> Any:
        now = self._bench.clock.monotonic()
        if self._bench.posts():  # it begins when the first rows are in
            self._end = self._end or now + self._last
            if now < self._end:
                self.tries += 1
                raise self._failure
        return self._real(*facts, **named)


@pytest.mark.parametrize(
    ("call", "failure"),
    [("connect", ConnectionRefusedError(111, "refused")), ("getaddrinfo", socket.gaierror(-2, "unknown"))],
    ids=["refused", "no such name"],
)
def test_01_refused_for_30_s(bench: Bench, monkeypatch: pytest.MonkeyPatch, call: str, failure: OSError) -> None:
    """Nothing leaves, and it is tried again with growing pauses, a bounded number of times."""
    frame = bench.frame(ROWS if bench.system in ("ida", "carmachain") else 5)
    bench.fault(reply="close_after")
    monkeypatch.setattr("random.uniform", lambda low, high: (low + high) / 2)
    outage = Outage(bench, monkeypatch, call, failure, last=30)
    told = bench.push(frame)
    if bench.system == "carmachain":  # a connection that is closed just as it is used again leaves a doubt
        bench.check(told, frame)
    else:
        bench.check_all_in(told, frame)
    assert 1 <= outage.tries <= 10


def test_02_reset_before_the_request_is_read(ida: Ida) -> None:
    """The counter shows that nothing was stored: it is sent again, once."""
    frame = ida.frame(ROWS)
    ida.fault(commit="before", reply="ok")
    ida.fault(commit="never", reply="reset")
    told = ida.push(frame)
    ida.check_all_in(told, frame)
    assert ida.posts() <= 2 + ida.posts_of_a_clean_push(ROWS)


def test_03_committed_then_reset(ida: Ida) -> None:
    """The counter shows that the chunk is there: it is not sent again."""
    _committed_once(ida, commit="before", reply="reset")


@pytest.mark.parametrize("system", ["ida", "nddprint", "signio"])
def test_04_committed_then_closed_without_a_reply(system: str, request: pytest.FixtureRequest) -> None:
    """As before; where rows can be read back, that decides."""
    bench = request.getfixturevalue({"signio": "signers"}.get(system, system))
    _committed_once(bench, commit="before", reply="lost")


@pytest.mark.parametrize("system", ["ida", "nddprint", "signio"])
def test_05_committed_and_replied_after_the_timeout(system: str, request: pytest.FixtureRequest) -> None:
    """A timeout tells nothing; it is decided by counting or reading. On the real clock: a fifth of a second."""
    bench = request.getfixturevalue({"signio": "signers"}.get(system, system))
    bench.connect(limits={"read": 0.2})
    _committed_once(bench, commit="before", reply="ok", delay=0.5)


def test_06_stale_connection_closed_as_the_second_request_is_written(bench: Bench) -> None:
    """No library sends again by itself: what was written into a dying connection is in doubt, and is settled."""
    frame = bench.frame(FEW_ROWS)
    bench.fault(reply="close_after")
    bench.fault(commit="never", reply="lost")
    told = bench.push(frame, chunk_rows=4)
    bench.check(told, frame)
    assert told.of("rejected") == told.of("not sent") == 0
    doubled = [n for n in (bench.stored() - bench.before).values() if n > 1]
    assert doubled == []


def test_07_ok_with_half_a_body_after_the_commit(ida: Ida) -> None:
    _committed_once(ida, commit="before", reply="truncated")


@pytest.mark.parametrize("facts", [{"reply": "html"}, {"reply": "redirect"}], ids=["login page", "302 to a login page"])
def test_08_login_page_instead_of_an_answer(bench: Bench, facts: dict[str, Any]) -> None:
    """That is no success: the push pauses until a person has looked; afterwards it goes on."""
    frame = bench.frame(FEW_ROWS)
    bench.fault(times=None, **facts)
    told = bench.push(frame)
    bench.check(told, frame)
    assert told.of("verified") + told.of("accepted") == 0
    assert "PAUSED" in told.text
    assert bench.posts() == 1
    bench.box.control.clear_faults()
    _goes_on(bench, frame)


@pytest.mark.parametrize("status", [307, 308])
def test_09_redirect_to_the_same_path(bench: Bench, status: int) -> None:
    """Not followed: a second POST would be a second commit."""
    frame = bench.frame(FEW_ROWS)
    bench.fault(reply="redirect", status=status, commit="before", headers={"Location": bench.write["path"]})
    told = bench.push(frame)
    bench.check(told, frame)
    assert "PAUSED" in told.text
    assert bench.posts() == 1
    _goes_on(bench, frame)


@pytest.mark.parametrize("status", [502, 504])
def test_10_gateway_error_after_the_commit(ida: Ida, status: int) -> None:
    _committed_once(ida, commit="before", reply="status", status=status)


def test_11_five_errors_without_a_commit(ida: Ida) -> None:
    """Sent again within a budget, then paused: never an endless loop."""
    frame = ida.frame(ROWS)
    ida.fault(commit="before", reply="ok")
    ida.fault(reply="status", status=500, times=5)
    told = ida.push(frame)
    ida.check(told, frame)
    assert "PAUSED" in told.text
    assert ida.posts() <= 1 + 3
    for _ in range(3):
        told = ida.push(frame)
        ida.check(told, frame)
    ida.check_all_in(told, frame)


RETRY_AFTER = {"2": 2, "date": 40, "0": 0, "-5": 0, "soon": 0}


@pytest.mark.parametrize("asked", RETRY_AFTER)
def test_12_too_many_requests(bench: Bench, asked: str) -> None:
    """Nothing leaves before the time that the vendor names; what makes no sense is a growing pause."""
    frame = bench.frame(FEW_ROWS)
    header = format_datetime(bench.clock.now() + timedelta(seconds=40), usegmt=True) if asked == "date" else asked
    begun = bench.clock.monotonic()
    bench.fault(reply="status", status=429, headers={"Retry-After": header})
    told = bench.push(frame)
    if bench.system == "carmachain":  # what may cost money is never sent twice, whatever a status says
        bench.check(told, frame)
        assert bench.posts() == 1
        assert "PAUSED" in told.text
        return
    bench.check_all_in(told, frame)
    first, second = (entry["time"] for entry in bench.log()[:2])
    least = begun + 40 - first if asked == "date" else RETRY_AFTER[asked]
    assert second - first >= least - 1e-6


def test_12_too_many_requests_for_days(bench: Bench) -> None:
    """A wait that nobody sits through pauses the push, with the time; nothing leaves before it."""
    frame = bench.frame(FEW_ROWS)
    bench.fault(reply="status", status=429, headers={"Retry-After": "999999"})
    told = bench.push(frame)
    until = bench.clock.now() + timedelta(seconds=999_999)
    assert f"{until:%Y-%m-%d %H:%M}" in told.text or (bench.system == "carmachain" and "PAUSED" in told.text)
    assert set(told.outcomes) <= {"not sent", "unknown"}
    with pytest.raises(Throttled) if bench.system == "ida" else contextlib.nullcontext():
        bench.push(frame)
    assert bench.posts() == 1
    bench.clock.advance(1_000_000)
    _goes_on(bench, frame)


def test_13_out_of_service_for_ten_minutes(bench: Bench) -> None:
    """A bounded number of requests, then a pause; afterwards the push completes."""
    frame = bench.frame(ROWS if bench.system == "ida" else 5)
    outage = {"reply": "status", "status": 503, "times": None}

    def begin(progress: Any) -> None:
        if progress.done and not bench.box.control.faults():
            bench.fault({}, **outage)

    told = bench.push(frame, watch=begin)
    bench.check(told, frame)
    assert "PAUSED" in told.text or bench.system == "carmachain"
    during = [e for e in bench.box.control.log() if e["system"] == bench.system and e["status"] == 503]
    assert len(during) <= 60
    bench.box.control.clear_faults()
    bench.clock.advance(600)
    told = bench.push(frame)
    bench.check(told, frame)
    if bench.system != "carmachain":  # there, what was in doubt stays unknown
        bench.check_all_in(told, frame)


def test_14_an_answer_that_trickles(bench: Bench) -> None:
    """The time of a whole attempt is bounded, whatever trickles in. On the real clock: parts of a second."""
    frame = bench.frame(FEW_ROWS)
    bench.clock = RealClock()  # type: ignore[assignment]
    bench.connect(limits={"deadline": 0.2, "read": 5})
    bench.fault(commit="before", reply="drip", delay=0.02)
    told = bench.push(frame, **AT_ONCE)
    bench.check(told, frame)
    assert bench.posts() <= len(frame) + (bench.system == "nddprint")
    if bench.system == "carmachain":
        assert told.of("unknown") > 0
    else:
        bench.check_all_in(told, frame)


@pytest.mark.parametrize("wrong", ["untrusted", "expired", "another host"])
def test_15_certificate_that_is_not_good(bench: Bench, tmp_path: Path, wrong: str) -> None:
    """The push ends before a byte of a request leaves; nobody is told how to switch the check off."""
    ca, trusted = trustme.CA(), trustme.CA()
    (trusted if wrong == "untrusted" else ca).cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    expired = {"not_after": bench.clock.now().replace(year=2020)} if wrong == "expired" else {}
    cert = ca.issue_cert("other.example" if wrong == "another host" else "127.0.0.1", **expired)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    cert.configure_cert(context)
    frame = bench.frame(3)
    with RawServer(lambda connection: connection.close(), tls=context) as server:
        bench.connect(base_url=server.url, ca_bundle=str(tmp_path / "ca.pem"))
        try:
            text = bench.push(frame).text
        except NotSent as refused:
            text = str(refused)
        assert server.requests == []
        assert server.connections == 1
    assert "certificate" in text
    assert "verify=False" not in text


def test_16_garbage_on_the_wire_after_the_commit(bench: Bench, tmp_path: Path) -> None:
    """An error of TLS tells nothing: exactly one commit, where libraries that retry make four."""
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ca.issue_cert("127.0.0.1").configure_cert(context)
    address = ("127.0.0.1", int(bench.box.url.rpartition(":")[2]))
    garbled: list[bytes] = []

    def forward(connection: Connection) -> None:
        while request := connection.read():
            with socket.create_connection(address) as inside:
                here = re.sub(rb"(?i)\r\nhost: [^\r]*", b"\r\nHost: 127.0.0.1:%d" % address[1], request)
                inside.sendall(re.sub(rb"(?i)\r\nconnection: [^\r]*", b"\r\nConnection: close", here))
                answer = b"".join(iter(lambda: inside.recv(1 << 16), b""))
            if bench.write["path"].encode() in request and not garbled:
                garbled.append(request)
                connection.send_outside_tls(b"garbage that is no TLS record")
                return
            connection.send(answer)

    frame = bench.frame(3)
    with RawServer(forward, tls=context) as server:
        bench.connect(base_url=f"{server.url}/{bench.system}", ca_bundle=str(tmp_path / "ca.pem"))
        told = bench.push(frame, settle_wait=1)
        bench.check(told, frame)
    assert len(garbled) == 1
    assert max((bench.stored() - bench.before).values()) == 1


def test_31_token_that_expires_on_the_way(bench: Bench) -> None:
    """One renewal, which nobody notices."""
    frame = bench.frame(ROWS if bench.system == "ida" else 5)
    revoked: list[float] = []

    def revoke(progress: Any) -> None:
        if progress.done and not revoked:
            revoked.append(bench.clock.monotonic())
            bench.box.control.revoke(bench.system)

    told = bench.push(frame, watch=revoke)
    bench.check_all_in(told, frame)
    refused = [entry for entry in bench.log() if entry["status"] == 401]
    assert revoked
    assert len(refused) <= 1


def test_31_credentials_that_are_not_good_any_more(ida: Ida) -> None:
    """The push pauses and says so; nothing is lost."""
    frame, revoked = ida.frame(ROWS), list[int]()

    def revoke(progress: Any) -> None:
        if progress.done and not revoked:
            revoked.append(progress.done)
            ida.box.control.revoke("ida")
            ida.fault({"path": "/api/user/login"}, reply="status", status=404, times=None)

    told = ida.push(frame, watch=revoke)
    ida.check(told, frame)
    assert "PAUSED" in told.text
    assert "user or password are wrong" in told.text
    ida.box.control.clear_faults()
    _goes_on(ida, frame)


# ── what these lines share ──


def _committed_once(bench: Bench, **fault: Any) -> None:
    """A request that is carried out without a good answer is found to be, and is not sent again."""
    frame = bench.frame(ROWS if bench.system == "ida" else 5)
    bench.fault(commit="before", reply="ok")
    bench.fault(**fault)
    told = bench.push(frame)
    bench.check_all_in(told, frame)
    assert told.of("verified") > 0
    sent = bench.posts()
    if isinstance(bench, Ida):  # the first request to a database is a small one, until counting was seen to work
        assert sent <= bench.posts_of_a_clean_push(ROWS) + 1
    else:
        assert sent == len(frame)


def _goes_on(bench: Bench, frame: Any) -> None:
    """The same call again completes what was paused."""
    told = bench.push(frame)
    bench.check(told, frame)
    assert not {"not sent", "rejected"} & set(told.outcomes), told.text
    if bench.system != "carmachain":  # there, what was in doubt stays unknown
        bench.check_all_in(told, frame)
