"""Bytes in, bytes out: HTTP/1.1 with connections that stay open, and every way in which a reply can go wrong."""

import contextlib
import logging
import os
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from typing import IO, Any, cast
from urllib.parse import parse_qsl, unquote, urlsplit

from werkzeug.serving import DechunkedInput

from toolkit.sandbox.faults import Fault

log = logging.getLogger("toolkit.sandbox")
PIECE = 1 << 16
LOGIN_PAGE = b"<!doctype html><html><head><title>Login</title></head><body><form>Usuario</form></body></html>"
HTML = {"Content-Type": "text/html;charset=UTF-8"}
RESET = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)  # linger for 0 seconds: closing resets


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: Mapping[str, str]
    headers: Message
    body: bytes | None  # None: longer than the limit


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    fault: Fault | None = None
    afterwards: Callable[[], None] | None = None  # what is done when the reply has left


class Listener(ThreadingMixIn, TCPServer):
    """A thread a connection. `answer` turns a request into a reply; `limit` bounds the bodies."""

    allow_reuse_address = os.name == "posix"  # on Windows it would let two servers share a port
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], answer: Callable[[Request], Reply], limit: Callable[[], int]) -> None:
        self.answer, self.limit = answer, limit
        self.stopping = threading.Event()
        self._open: dict[threading.Thread, socket.socket] = {}
        super().__init__(address, Connection)

    def start(self) -> None:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """Stop listening and end every connection; returns when the last request is done with."""
        self.stopping.set()
        self.shutdown()
        self.server_close()
        for thread, connection in list(self._open.items()):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            thread.join(5)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        self._open[threading.current_thread()] = request
        try:
            super().process_request_thread(request, client_address)
        finally:
            del self._open[threading.current_thread()]

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.debug("a connection broke off", exc_info=True)


class Connection(BaseHTTPRequestHandler):
    server: Listener
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60  # of silence; a connection that nobody uses is ended, as servers do
    error_content_type = "application/json"
    error_message_format = '{"message": "%(message)s", "code": %(code)d}'

    def log_message(self, *_: Any) -> None: ...

    def _handle(self) -> None:
        target = urlsplit(self.path)
        query = dict(parse_qsl(target.query, keep_blank_values=True))
        try:
            body = self._body()
        except (ValueError, OSError) as problem:  # a length that is no number, chunks that are none
            if isinstance(problem, ConnectionError | TimeoutError):
                raise
            self.send_error(400)
            return
        reply = self.server.answer(Request(self.command, unquote(target.path), query, self.headers, body))
        if reply.fault and reply.fault.delay and reply.fault.reply != "drip":
            self.server.stopping.wait(reply.fault.delay)
        SENDERS[reply.fault.reply if reply.fault else "ok"](self, reply)
        if reply.afterwards:
            reply.afterwards()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _handle

    def _body(self) -> bytes | None:
        """The whole body, so that the next request starts where it ends; None where it is too long."""
        limit = self.server.limit()
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            source, left = cast("IO[bytes]", DechunkedInput(cast("IO[bytes]", self.rfile))), None
        else:
            source, left = cast("IO[bytes]", self.rfile), int(self.headers.get("Content-Length", 0))
            if left < 0:
                raise ValueError("a negative length")
        pieces, size = [], 0
        while left != 0 and (piece := source.read(PIECE if left is None else min(PIECE, left))):
            size += len(piece)
            left = None if left is None else left - len(piece)
            if size <= limit:
                pieces.append(piece)
        if left:
            raise ConnectionError("the client left in the middle of its request")
        return b"".join(pieces) if size <= limit else None

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
