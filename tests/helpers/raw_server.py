"""A server that a test scripts byte by byte: what a vendor, or something in between, can do to a connection."""

import json
import socket
import socketserver
import ssl
import struct
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

RESET = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)  # linger for 0 seconds: closing resets


class Connection:
    """One connection, as a step of a script handles it."""

    def __init__(self, server: "RawServer", sock: socket.socket) -> None:
        self._server, self._sock = server, sock
        self.latest = b""  # request that was read

    def read(self) -> bytes:
        """One whole request, noted by the server; nothing where the client has left."""
        head = b""
        while b"\r\n\r\n" not in head:
            if not (piece := self._sock.recv(1 << 16)):
                return b""
            head += piece
        start, _, body = head.partition(b"\r\n\r\n")
        lengths = [line for line in start.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        size = int(lengths[0].partition(b":")[2]) if lengths else 0
        while len(body) < size:
            body += self._sock.recv(1 << 16)
        self.latest = start + b"\r\n\r\n" + body
        self._server.requests.append(self.latest)
        return self.latest

    def reset_unread(self) -> None:
        """Reset when the first byte has come, and nothing was read."""
        self._sock.recv(1, socket.MSG_PEEK)
        self.reset()

    def send(self, data: bytes) -> None:
        self._sock.sendall(data)

    def wait(self) -> None:
        """Until the client leaves."""
        while self._sock.recv(1 << 16):
            pass

    def reset(self) -> None:
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self._sock.close()

    def send_outside_tls(self, data: bytes) -> None:
        with socket.socket(fileno=self._sock.detach()) as plain:
            plain.sendall(data)

    def start_tls(self, context: ssl.SSLContext) -> None:
        self._sock = context.wrap_socket(self._sock, server_side=True)

    def close(self) -> None:
        self._sock.close()


Step = Callable[[Connection], None]


class RawServer(socketserver.ThreadingTCPServer):
    """Every connection is handled by the next step; the last step handles all that follow. A context manager."""

    daemon_threads = True
    allow_reuse_address = False

    def __init__(self, *steps: Step, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), socketserver.BaseRequestHandler)
        self.requests: list[bytes] = []
        self.connections = 0
        self._steps, self._tls = steps, tls

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, trace: TracebackType | None) -> None:
        self.shutdown()
        self.server_close()

    def finish_request(self, request: Any, client_address: Any) -> None:
        step = self._steps[min(self.connections, len(self._steps) - 1)]
        self.connections += 1
        connection = Connection(self, request)
        if self._tls:
            connection.start_tls(self._tls)
        step(connection)
        connection.close()

    def shutdown_request(self, request: Any) -> None:
        self.close_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that breaks is what these tests are about."""


def reply(body: Any, status: str = "200 OK", **headers: str) -> bytes:
    """An answer; a body that is no bytes is sent as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    facts = {"Content-Type": "application/json", "Content-Length": str(len(data)), **headers}
    lines = [f"HTTP/1.1 {status}", *(f"{k.replace('_', '-')}: {v}" for k, v in facts.items())]
    return "\r\n".join([*lines, "", ""]).encode() + data


def answering(*replies: bytes) -> Step:
    """Each request of a connection is answered by the next reply, the last one again and again."""

    def step(connection: Connection) -> None:
        waiting = list(replies)
        while connection.read():
            connection.send(waiting.pop(0) if len(waiting) > 1 else waiting[0])

    return step


def unused_port() -> int:
    """A port of this machine at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
