"""Bytes in, bytes out: HTTP/1.1 with connections that stay open, and every way in which a reply can go wrong.

What can be read in two ways is read in none: it is answered with 400, and the connection ends.
"""

import contextlib
import logging
import os
import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.message import Message
from functools import cached_property
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from toolkit.sandbox.faults import Fault

log: logging.Logger = logging.getLogger("toolkit.sandbox")
PIECE = 1 << 16
MOST_CONNECTIONS = 256  # at a time; each has a thread
DRAINED = 16  # times the limit of a body: what is read of a longer one, so that its sender hears the answer
REQUEST_LINE = re.compile(rb"[A-Z]+ /[!-~]* HTTP/1\.[01]\r\n")
HEADER_LINE = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\x00-\x08\x0a-\x1f\x7f]*\r\n")
LENGTH = re.compile(r"[0-9]{1,18}")
CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(;[^\r\n]*)?\r\n")
TOO_MANY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
LOGIN_PAGE = b"<!doctype html><html><head><title>Login</title></head><body><form>Usuario</form></body></html>"
HTML = {"Content-Type": "text/html;charset=UTF-8"}
RESET = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)  # linger for 0 seconds: closing resets


@dataclass(frozen=True)
class Request:
    method: str
    target: str  # the path as it came: what is escaped there (a slash) is no part of its structure
    query: Mapping[str, str]
    headers: Message
    body: bytes | None  # None: longer than the limit

    @cached_property
    def path(self) -> str:
        return unquote(self.target)


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    fault: Fault | None = None
    afterwards: Callable[[], None] | None = None  # what is done when the reply has left


class BadFraming(ValueError):
    """A request that does not say in one way only where it ends."""


class Listener(ThreadingMixIn, TCPServer):
    """A thread a connection, so many at a time. `answer` turns a request into a reply; `limit` bounds the bodies."""

    allow_reuse_address: bool = os.name == "posix"  # on Windows it would let two servers share a port
    daemon_threads = True
    request_queue_size = 128
    timeout = 0.5  # seconds until it looks whether it is to stop, where nothing wakes it

    def __init__(self, address: tuple[str, int], answer: Callable[[Request], Reply], limit: Callable[[], int]) -> None:
        self.answer: Callable[[Request], Reply] = answer
        self.limit: Callable[[], int] = limit
        self.stopping: threading.Event = threading.Event()
        self._open: dict[threading.Thread, socket.socket] = {}
        self._free = threading.BoundedSemaphore(MOST_CONNECTIONS)
        self._serving = threading.Thread(target=self._serve, daemon=True)
        super().__init__(address, Connection)

    def start(self) -> None:
        self._serving.start()

    def _serve(self) -> None:
        while not self.stopping.is_set():
            self.handle_request()

    def stop(self) -> None:
        """Stop listening and end every connection; returns when the last request is done with."""
        self.stopping.set()
        if self._serving.ident:
            host, port = self.server_address[:2]
            with contextlib.suppress(OSError):  # wakes it
                socket.create_connection((str(host), port), self.timeout).close()
            self._serving.join()
        self.server_close()
        for thread, connection in list(self._open.items()):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            thread.join(5)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            with contextlib.suppress(OSError):
                request.sendall(TOO_MANY)
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        self._open[threading.current_thread()] = request
        try:
            super().process_request_thread(request, client_address)
        finally:
            del self._open[threading.current_thread()]
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.debug("a connection broke off", exc_info=True)


class StrictLines:
    """What a connection sends. The lines of a head are lines of HTTP as it is written down, to the last byte."""

    def __init__(self, source: Any) -> None:
        self._source = source
        self.head: re.Pattern[bytes] | None = None  # what the next line of a head is like; None in a body

    def readline(self, limit: int = -1) -> bytes:
        line: bytes = self._source.readline(limit)
        if self.head is None or not line or (len(line) == limit and not line.endswith(b"\n")):
            return line
        if line == b"\r\n" and self.head is HEADER_LINE:
            self.head = None
        elif not self.head.fullmatch(line):
            raise BadFraming("no line of a request")
        else:
            self.head = HEADER_LINE
        return line

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)


class Connection(BaseHTTPRequestHandler):
    server: Listener
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60  # of silence; a connection that nobody uses is ended, as servers do
    error_content_type = "application/json"
    error_message_format = '{"message": "%(message)s", "code": %(code)d}'

    def log_message(self, *_: Any) -> None: ...

    def setup(self) -> None:
        super().setup()
        self.rfile: Any = StrictLines(self.rfile)

    def handle_one_request(self) -> None:
        self.rfile.head = REQUEST_LINE
        try:
            super().handle_one_request()
        except BadFraming:  # in the first line
            self.requestline = self.command = ""
            self.request_version = "HTTP/1.1"
            self._refuse()

    def parse_request(self) -> bool:
        try:
            if not super().parse_request():
                return False
            _check_framing(self.headers, self.request_version)
        except BadFraming:
            self._refuse()
            return False
        return True

    def handle_expect_100(self) -> bool:
        return True  # sent before the body is read, once its framing is known

    def _refuse(self) -> None:
        self.send_error(400)
        self.close_connection = True

    def _handle(self) -> None:
        target = urlsplit(self.path)
        query = dict(parse_qsl(target.query, keep_blank_values=True))
        try:
            body = self._body()
        except BadFraming:
            self._refuse()
            return
        reply = self.server.answer(Request(self.command, target.path, query, self.headers, body))
        if reply.fault and reply.fault.delay and reply.fault.reply != "drip":
            self.server.stopping.wait(reply.fault.delay)
        SENDERS[reply.fault.reply if reply.fault else "ok"](self, reply)
        if reply.afterwards:
            reply.afterwards()

    def __getattr__(self, name: str) -> Any:
        """Every method is handled the same way: whether a path has it is for the vendor to say."""
        if name.startswith("do_"):
            return self._handle
        raise AttributeError(name)

    def _body(self) -> bytes | None:
        """The whole body, so that the next request starts where it ends; None where it is too long."""
        if self.headers.get("Expect", "").lower() == "100-continue" and self.request_version == "HTTP/1.1":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        limit, pieces, size = self.server.limit(), [], 0
        chunked = "Transfer-Encoding" in self.headers
        for piece in self._chunks() if chunked else self._pieces(int(self.headers.get("Content-Length", 0))):
            size += len(piece)
            if size <= limit:
                pieces.append(piece)
            elif size > limit * DRAINED:
                self.close_connection = True
                break
        return b"".join(pieces) if size <= limit else None

    def _pieces(self, left: int) -> Iterator[bytes]:
        while left > 0:
            if not (piece := self.rfile.read1(min(PIECE, left))):
                raise ConnectionError("the client left in the middle of its request")
            left -= len(piece)
            yield piece

    def _chunks(self) -> Iterator[bytes]:
        while size := self._size_of_chunk():
            yield from self._pieces(size)
            if self.rfile.readline(PIECE) != b"\r\n":
                raise BadFraming("a chunk does not end where it says")
        if self.rfile.readline(PIECE) != b"\r\n":
            raise BadFraming("trailers are not read")

    def _size_of_chunk(self) -> int:
        if not (matched := CHUNK_SIZE.fullmatch(self.rfile.readline(PIECE))):
            raise BadFraming("no size of a chunk")
        return int(matched[1], 16)

    # ── replies ──

    def _bytes(self, reply: Reply, ends: bool = False) -> bytes:
        phrase = HTTPStatus(reply.status).phrase if reply.status in HTTPStatus.__members__.values() else "Status"
        facts = {"Content-Type": "application/json;charset=UTF-8", **reply.headers}
        facts |= {"Date": self.date_time_string(), "Content-Length": str(len(reply.body))}
        if ends or self.close_connection:
            facts["Connection"] = "close"
        lines = [f"HTTP/1.1 {reply.status} {phrase}", *(f"{k}: {v}" for k, v in facts.items())]
        head = "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")
        return head if self.command == "HEAD" else head + reply.body

    def send_whole(self, reply: Reply) -> None:
        self.wfile.write(self._bytes(reply))

    def send_and_close(self, reply: Reply) -> None:
        self.send_whole(reply)
        self.close_connection = True

    def send_half(self, reply: Reply) -> None:
        self.wfile.write(self._bytes(reply)[: -max(1, len(reply.body) // 2)])
        self.close_connection = True

    def send_drop_by_drop(self, reply: Reply) -> None:
        assert reply.fault
        for byte in self._bytes(reply):
            self.wfile.write(bytes((byte,)))
            if self.server.stopping.wait(reply.fault.delay):
                break
        self.close_connection = self.close_connection or self.server.stopping.is_set()

    def hang_up(self, _: Reply) -> None:
        self.close_connection = True

    def reset(self, _: Reply) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.rfile.close()
        self.connection.close()  # here, without the polite shutdown that the server does
        self.close_connection = True


def _check_framing(headers: Message, version: str) -> None:
    lengths, codings = headers.get_all("Content-Length", []), headers.get_all("Transfer-Encoding", [])
    if len(lengths) + len(codings) > 1 or len(headers.get_all("Host", [])) != 1:
        raise BadFraming("more than one length, or not one host")
    if lengths and not LENGTH.fullmatch(lengths[0].strip(" \t")):
        raise BadFraming("the length is no number")
    if codings and (codings[0].strip(" \t").lower() != "chunked" or version != "HTTP/1.1"):
        raise BadFraming("a coding that nobody here reads")


SENDERS: dict[str, Callable[[Connection, Reply], None]] = {
    "ok": Connection.send_whole,
    "status": Connection.send_whole,
    "reworded": Connection.send_whole,
    "html": Connection.send_whole,
    "redirect": Connection.send_whole,
    "truncated": Connection.send_half,
    "drip": Connection.send_drop_by_drop,
    "lost": Connection.hang_up,
    "close": Connection.hang_up,
    "reset": Connection.reset,
    "close_after": Connection.send_and_close,
}
