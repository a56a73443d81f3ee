"""What stands between client and vendor, and may do anything to a request and to its answer: real bytes on loopback.

`TROUBLE` is a table. Each line takes a request that carries rows, may deliver it to the vendor, never, once or more
often, and answers as it likes.
"""

import re
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import TracebackType
from typing import Self

from tests.helpers.raw_server import Connection, RawServer, reply
from tests.push.benches import Bench

Deliver = Callable[[], bytes]
Act = Callable[["Gateway", Connection, Deliver], None]
LATER = 30.0  # seconds after which a request is delivered a second time: within the settle wait


@dataclass
class Gateway:
    """Lets everything pass to the vendor, but for the requests that carry rows from number `first` to `last`."""

    bench: Bench
    act: Act
    first: int = 1
    last: int = 1
    reading: Act | None = None  # what becomes of the requests by which doubt is settled
    seen: int = 0
    bodies: list[bytes] = field(default_factory=list)  # of requests that carry rows
    due: list[tuple[float, bytes]] = field(default_factory=list)  # requests that are delivered later, and when

    def __enter__(self) -> Self:
        self._vendor = ("127.0.0.1", int(self.bench.box.url.rpartition(":")[2]))
        self._server = RawServer(self._forward).__enter__()
        self._sleep = self.bench.clock.sleep
        self.bench.clock.sleep = self._sleeping  # type: ignore[method-assign]
        self.bench.connect(base_url=f"{self._server.url}/{self.bench.system}")
        return self

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, trace: TracebackType | None) -> None:
        self.bench.clock.sleep = self._sleep  # type: ignore[method-assign]
        self._server.__exit__(kind, e, trace)
        self.deliver_due(all_of_them=True)

    def deliver(self, request: bytes) -> bytes:
        """The vendor's answer."""
        with socket.create_connection(self._vendor) as inside:
            here = re.sub(rb"(?i)\r\nhost: [^\r]*", b"\r\nHost: 127.0.0.1:%d" % self._vendor[1], request, count=1)
            inside.sendall(re.sub(rb"(?i)\r\nconnection: [^\r]*", b"\r\nConnection: close", here, count=1))
            return b"".join(iter(lambda: inside.recv(1 << 16), b""))

    def deliver_later(self, request: bytes) -> None:
        self.due.append((self.bench.clock.monotonic() + LATER, request))

    def deliver_due(self, *, all_of_them: bool = False) -> None:
        now = self.bench.clock.monotonic()
        ready = [request for at, request in self.due if all_of_them or at <= now]
        self.due = [(at, request) for at, request in self.due if not (all_of_them or at <= now)]
        for request in ready:
            self.deliver(request)

    def _sleeping(self, seconds: float) -> None:
        self._sleep(seconds)
        self.deliver_due()

    def _forward(self, connection: Connection) -> None:
        while request := connection.read():
            head, deliver = request.split(b"\r\n", 1)[0].decode(), partial(self.deliver, request)
            if self._is(self.bench.write, head):
                self.seen += 1
                self.bodies.append(request.partition(b"\r\n\r\n")[2])
                if self.first <= self.seen <= self.last:
                    self.act(self, connection, deliver)
                    return
            elif self.reading and self._is(self.bench.read, head):
                self.reading(self, connection, deliver)
                continue
            if not (answer := deliver()):
                return  # the vendor has hung up
            connection.send(answer)

    def _is(self, wanted: Mapping[str, str], head: str) -> bool:
        return head.startswith(f"{wanted['method']} ") and wanted["path"] in head


# ── counters ──


def cached(seconds: float) -> Act:
    """The answer of before is given again for so long."""
    kept: list[tuple[float, bytes]] = []

    def act(gateway: Gateway, connection: Connection, deliver: Deliver) -> None:
        now = gateway.bench.clock.monotonic()
        if not kept or now - kept[-1][0] >= seconds:
            kept[:] = [(now, deliver())]
        connection.send(kept[-1][1])

    return act


def replicas(seconds: float) -> Act:
    """Of two that answer in turns, one is so far behind."""
    history: list[tuple[float, bytes]] = []

    def act(gateway: Gateway, connection: Connection, deliver: Deliver) -> None:
        now = gateway.bench.clock.monotonic()
        history.append((now, deliver()))
        behind = [answer for at, answer in history if at <= now - seconds] or [history[0][1]]
        connection.send(behind[-1] if len(history) % 2 and now - history[0][0] < seconds else history[-1][1])

    return act


# ── answers that no library may misread ──


def _odd(change: Callable[[bytes], bytes]) -> Act:
    """The vendor does it; its answer arrives changed."""
    return lambda gateway, connection, deliver: connection.send(change(deliver()))


def _header(line: bytes) -> Act:
    return _odd(lambda answer: answer.replace(b"\r\n", b"\r\n" + line + b"\r\n", 1))


def _committed(status: str, **headers: str) -> Act:
    def act(gateway: Gateway, connection: Connection, deliver: Deliver) -> None:
        deliver()
        connection.send(reply({}, status, **headers))

    return act


def _reset(gateway: Gateway, connection: Connection, deliver: Deliver) -> None:
    deliver()
    connection.reset()


def _half(gateway: Gateway, connection: Connection, deliver: Deliver) -> None:
    connection.send(deliver()[:40])


def _twice(gateway: Gateway, connection: Connection, deliver: Deliver) -> None:
    deliver()
    connection.send(deliver())


def _twice_lost(gateway: Gateway, connection: Connection, deliver: Deliver) -> None:
    deliver()
    deliver()


def _later(gateway: Gateway, connection: Connection, deliver: Deliver) -> None:
    connection.send(deliver())
    gateway.deliver_later(connection.latest)


def _lost_and_later(gateway: Gateway, connection: Connection, deliver: Deliver) -> None:
    gateway.deliver_later(connection.latest)


def _location(value: bytes) -> Act:
    def act(gateway: Gateway, connection: Connection, deliver: Deliver) -> None:
        deliver()
        connection.send(b"HTTP/1.1 302 Found\r\nLocation: " + value + b"\r\nContent-Length: 0\r\n\r\n")

    return act


def _without_length(answer: bytes) -> bytes:
    return re.sub(rb"(?i)\r\ncontent-length: \d+", b"", answer, count=1)


BYTES: dict[str, Act] = {  # done, and answered so that nobody can be sure
    "two lengths": _header(b"Content-Length: 3"),
    "a length that is none": _odd(lambda a: re.sub(rb"(?i)(content-length: )\d+", rb"\1many", a)),
    "a length below zero": _odd(lambda a: re.sub(rb"(?i)(content-length: )\d+", rb"\g<1>-5", a)),
    "a length and chunks": _header(b"Transfer-Encoding: chunked"),
    "chunks that are none": _odd(
        lambda a: _without_length(a).replace(b"\r\n", b"\r\nTransfer-Encoding: chunked\r\n", 1)
    ),
    "packed, and not": _header(b"Content-Encoding: gzip"),
    "a header without an end": _odd(lambda a: a.split(b"\r\n\r\n")[0]),
    "a status that is none": _odd(lambda a: a.replace(b" 20", b" 2x", 1)),
    "no status line": _odd(lambda a: a.partition(b"\r\n\r\n")[2]),
    "a thousand headers": _odd(lambda a: a.replace(b"\r\n", b"\r\n" + b"X-Much: y\r\n" * 1000, 1)),
    "a header too long": _header(b"X-Long: " + b"y" * 70_000),
    "nothing but zeros": _odd(lambda a: b"\0" * 200),
    "the head, and a reset": _reset,
    "a part of the head": _half,
}
LOCATIONS: dict[str, Act] = {
    f"location {value[:24]!r}": _location(value)
    for value in (
        b"", b"http://[::1", b"//", b"http://\xff\xfe/", b"javascript:alert(1)", b"http://example.com:99999/",
        b"/" + b"a" * 5_000, b"http://user:pw@example.com/", b"\x00", b"http:///api",
    )
}  # fmt: skip
STATUSES: dict[str, Act] = {  # done, though the status says that it was not
    f"{status} that was done": _committed(status, **headers)
    for status, headers in (
        ("408 Request Timeout", {}),
        ("425 Too Early", {}),
        ("429 Too Many Requests", {"Retry-After": "1"}),
        ("429 Slow Down", {}),
        ("503 Service Unavailable", {"Retry-After": "1"}),
        ("503 Busy", {}),
        ("500 Internal Server Error", {}),
        ("502 Bad Gateway", {}),
        ("504 Gateway Timeout", {}),
        ("520 Unknown", {}),
    )
}
TROUBLE: dict[str, Act] = {**BYTES, **LOCATIONS, **STATUSES, "lost, and delivered later": _lost_and_later}
TWICE: dict[str, Act] = {
    "delivered twice at once": _twice,
    "delivered twice at once, no answer": _twice_lost,
    "delivered a second time later": _later,
}
