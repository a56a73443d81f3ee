"""HTTP that does nothing by itself: no retries, no redirects, no .netrc, and no answer without end."""

import http.client
import io
import socket
from collections.abc import Callable
from functools import partial
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.retry import Retry

from toolkit.http.secrets import Secret
from toolkit.plain import message
from toolkit.spec import CredentialHeader

PIECE = 1 << 16  # bytes
SWITCHING = 101
BODILESS = (SWITCHING, 204, 205, 304)  # statuses


def with_credential(
    header: CredentialHeader, token: Secret | None, request: requests.PreparedRequest
) -> requests.PreparedRequest:
    """The request with our header and no other: where something is called to put it in, .netrc is not looked into."""
    if token is not None:
        value = header.form.format_map({header.credential: token.reveal()})
        if not (value.isascii() and value.isprintable()):
            raise requests.exceptions.InvalidHeader("no header carries this token")  # without it in the message
        request.headers[header.name] = value
    return request


class AnswerTooLarge(requests.RequestException):
    """An answer that is longer than the limit, packed or unpacked. What came of it is thrown away."""


def read_body(response: requests.Response, limit: float) -> bytes:
    """The body of an answer, unpacked.

    Raises:
        AnswerTooLarge: it is longer than the limit. The connection is closed.
    """
    announced = response.headers.get("Content-Length", "")
    body, fits = bytearray(), not (announced.isdecimal() and len(announced) < 20 and int(announced) > limit)
    try:
        for piece in response.iter_content(PIECE) if fits else ():
            body += piece
            if not (fits := len(body) <= limit):
                break
    finally:
        if not fits:
            response.close()
    if not fits:
        raise AnswerTooLarge(
            message("an answer of more than {limit:,.0f} bytes was not read; `limits.answer` allows more", limit=limit)
        )
    return bytes(body)


class NoRedirects(requests.Session):
    """Looks at no `Location`: even where redirects are not followed, the library stumbles over odd ones."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


class Adapter(HTTPAdapter):
    """Sends once, and reads an answer for `deadline` seconds at most.

    The libraries' own timeout starts anew with every byte, so that an answer in drops has no end.
    """

    def __init__(self, deadline: float, monotonic: Callable[[], float]) -> None:
        self.sending: Sending = Sending()
        answer = partial(_Answer, deadline=deadline, monotonic=monotonic)
        self._pools = {
            scheme: partial(_pool, kind, answer, self.sending)
            for scheme, kind in (("http", HTTPConnectionPool), ("https", HTTPSConnectionPool))
        }
        super().__init__(max_retries=Retry(0, read=False, other=0, redirect=0))

    def init_poolmanager(self, *facts: Any, **named: Any) -> None:
        super().init_poolmanager(*facts, **named)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, *facts: Any, **named: Any) -> Any:
        manager = super().proxy_manager_for(*facts, **named)
        manager.pool_classes_by_scheme = self._pools
        return manager


class Sending:
    """Whether a byte of the latest request was handed to a socket: nothing that is raised tells that.

    Connections share it with their adapter.
    """

    left = False


class _Connection(HTTPConnection):
    """Notes when a request begins to leave. Shaking hands, or asking a proxy for a tunnel, is nothing of a request."""

    sending: Sending
    connecting = False

    def connect(self) -> None:
        self.connecting = True
        try:
            super().connect()
        finally:
            self.connecting = False

    def send(self, data: Any) -> None:
        if not self.connecting:
            if self.sock is None and self.auto_open:
                self.connect()
            self.sending.left = True
        super().send(data)


class _SecureConnection(_Connection, HTTPSConnection):
    """The same with TLS."""


def _pool(kind: Any, answer: Callable[..., Any], sending: Sending, *facts: Any, **named: Any) -> Any:
    """A pool whose connections read their answers as `answer` does, and note in `sending` what leaves."""
    pool = kind(*facts, **named)
    make = pool._new_conn

    def new_connection() -> Any:
        outer = make()
        connection = getattr(outer, "real_connection", outer)  # a recorder's connection has the one that sends inside
        connection.__class__ = _SecureConnection if isinstance(connection, HTTPSConnection) else _Connection
        connection.response_class, connection.sending = answer, sending
        connection.set_debuglevel(0)  # it would print addresses and headers, secrets and all
        return outer

    pool._new_conn = new_connection
    return pool


class _Answer(http.client.HTTPResponse):
    """An answer whose last byte has to come before the deadline, and the one that belongs to its request.

    What an interim answer (100, 102, 103) announces comes later on the same connection: it is waited for. After a 101
    the connection speaks something else; after an answer that has no body, a body that came all the same would be taken
    for the next answer. Neither is used again.
    """

    def __init__(
        self, sock: socket.socket, *facts: Any, deadline: float, monotonic: Callable[[], float], **named: Any
    ) -> None:
        super().__init__(sock, *facts, **named)
        end = monotonic() + deadline
        self.fp = io.BufferedReader(_Bytes(self.fp.detach(), sock, end, monotonic))

    def begin(self) -> None:
        super().begin()
        while 100 <= self.status < 200 and self.status != SWITCHING:
            self.headers = self.msg = None  # type: ignore[assignment]  # it has not begun yet
            super().begin()
        self.will_close = self.will_close or self.status in BODILESS


class _Bytes(io.RawIOBase):
    """What comes from a socket until `end`."""

    def __init__(self, source: Any, sock: socket.socket, end: float, monotonic: Callable[[], float]) -> None:
        self._source, self._sock, self._end, self._monotonic = source, sock, end, monotonic

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return int(self._source.fileno())

    def readinto(self, buffer: Any) -> int | None:
        left = self._end - self._monotonic()
        if left <= 0:
            raise TimeoutError(message("no complete answer before the deadline"))
        silence = self._sock.gettimeout()
        self._sock.settimeout(left if silence is None else min(left, silence))
        try:
            count: int | None = self._source.readinto(buffer)
        finally:
            self._sock.settimeout(silence)
        return count

    def close(self) -> None:
        if not self.closed:
            self._source.close()
        super().close()
