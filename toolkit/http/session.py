"""The only room that opens a socket: one attempt at a time, classified; and the one layer that tries again.

An attempt ends as `acked`, `rejected`, `not executed` or `ambiguous` (reliability, section 2). Ordinary calls try again
what was not executed, and what is ambiguous only where repeating changes nothing. Pushes look at each attempt
themselves.
"""

import copy
import ipaddress
import logging
import os
import random
import ssl
import sys
import threading
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from http.client import HTTPException
from pathlib import Path
from typing import Any, Protocol, Self
from urllib.parse import urlsplit

import requests
import urllib3.exceptions as u3

from toolkit.errors import SettingsError, Throttled, ToolkitError
from toolkit.http import answers, wire
from toolkit.http.answers import Answer, Classification, Verdict
from toolkit.http.attempt import Attempt, failed, plain_result, unsent
from toolkit.http.secrets import Secret, clear_frames, guard_logs, scrub, scrubbed
from toolkit.http.transport import Adapter, NoRedirects, read_body, with_credential
from toolkit.plain import message
from toolkit.spec import CredentialHeader, Endpoint, Meaning

log: logging.Logger = logging.getLogger("toolkit")


class Clock(Protocol):
    """Time, handed in."""

    def now(self) -> datetime: ...
    def monotonic(self) -> float: ...
    def sleep(self, seconds: float) -> None: ...


class RealClock:
    now: Callable[[], datetime] = staticmethod(partial(datetime.now, UTC))
    monotonic: Callable[[], float] = staticmethod(time.monotonic)
    sleep: Callable[[float], None] = staticmethod(time.sleep)


@dataclass(frozen=True)
class Limits:
    """How long to wait, how often to try again, how much to take. Seconds, and bytes."""

    connect: float = 10  # until a connection stands
    read: float = 60  # of silence
    deadline: float = 120  # of one attempt, whatever trickles in
    attempts: int = 5  # of one ordinary call
    backoff: float = 0.5  # doubled at each attempt, at random below it
    max_wait: float = 120  # a vendor that asks for more stops the call instead
    answer: float = 50_000_000  # bytes of one answer, unpacked

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            least = {"attempts": 1, "backoff": 0, "max_wait": 0}.get(name, 0.001)
            if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= 1e15:
                raise SettingsError(
                    message(
                        "limits: {name} is {value!r}; it has to be a number from {least} on",
                        name=name,
                        value=value,
                        least=least,
                    )
                )


class Tokens:
    """The token of one account: asked for once, renewed before it ends, by one thread for all."""

    RENEW_AT = 0.8  # of its life

    def __init__(self, sign_in: Callable[[], tuple[Secret, float | None]], clock: Clock) -> None:
        self._sign_in, self._clock = sign_in, clock
        self._lock = threading.RLock()
        self._here = threading.local()
        self._token: Secret | None = None
        self._until: float | None = None

    def unlock(self) -> None:
        """In a fork: whoever held the lock is not here."""
        self._lock, self._here = threading.RLock(), threading.local()

    def current(self) -> Secret:
        with self._lock:
            ended = self._until is not None and self._clock.monotonic() >= self._until
            if self._token is None or ended:
                self._here.asking = True
                try:
                    self._token, life = self._sign_in()
                finally:
                    self._here.asking = False
                self._until = None if life is None else self._clock.monotonic() + life * self.RENEW_AT
            return self._token

    @property
    def asking(self) -> bool:
        """Whether this thread is asking for a token right now."""
        return getattr(self._here, "asking", False)

    def renew(self, refused: Secret) -> bool:
        """Ask for another one, unless another thread just did; False where none but the refused one is to be had."""
        with self._lock:
            if self._token is refused:
                self._token = None
            return self.current() != refused


@dataclass
class Quota:
    """Bounds what an outage costs: trying again spends, success earns back."""

    tokens: float = 50
    ceiling: float = 50
    cost: float = 5
    _lock: Any = field(default_factory=threading.Lock, repr=False)

    def unlock(self) -> None:
        """In a fork: whoever held the lock is not here."""
        self._lock = threading.Lock()

    def spend(self) -> bool:
        with self._lock:
            if self.tokens < self.cost:
                return False
            self.tokens -= self.cost
            return True

    def earn(self) -> None:
        with self._lock:
            self.tokens = min(self.ceiling, self.tokens + 1)


class Recorder(Protocol):
    """Keeps what is exchanged, or gives it back without network (`replay`)."""

    replays: bool

    def exchange(self, endpoint: Endpoint, request: wire.Request, send: Callable[[], Answer]) -> Answer: ...


# The one that runs where this is called: other threads go on as they were. Workers of a call have its context.
RECORDER: ContextVar[Recorder | None] = ContextVar("recorder", default=None)


class Session:
    """An address of one vendor and the right to use it. Threads may share it."""

    def __init__(
        self,
        base_url: str,
        *,
        header: CredentialHeader | None = None,
        limits: Limits | None = None,
        clock: Clock | None = None,
        ca_bundle: str | None = None,
        allow_http: bool = False,
    ) -> None:
        self.base_url: str = _address(base_url, allow_http)
        self.host: str = urlsplit(self.base_url).netloc
        self.limits: Limits = limits or Limits()
        self.clock: Clock = clock or RealClock()
        self.tokens: Tokens | None = None
        self.quota: Quota = Quota()
        self._header, self._ca_bundle = header or CredentialHeader(), _certificates(ca_bundle)
        self._local, self._process = threading.local(), os.getpid()
        self._pause_until = 0.0
        self._held: Secret | None = None
        guard_logs()

    def __repr__(self) -> str:
        return f"<Session {getattr(self, 'host', 'without an address')}>"

    def holding(self, token: Secret) -> Self:
        """The same session for calls that need a certain token, though they are declared to need none."""
        session = copy.copy(self)
        session._held = token
        return session

    # ── one attempt ──

    def attempt(self, endpoint: Endpoint, request: wire.Request) -> Attempt:
        """Send once. A refused token is renewed and the request sent once more: nothing was executed."""
        before = sys.exception()
        try:
            if self._process != os.getpid():
                self._after_fork()
            try:
                replays = (recorder := RECORDER.get()) is not None and recorder.replays
                token = self.tokens.current() if endpoint.authenticated and self.tokens and not replays else self._held
            except ToolkitError as problem:
                return unsent(problem)
            attempt = self._exchange(endpoint, request, token)
            refused = (Meaning.TOKEN, Meaning.FORBIDDEN) if endpoint.repeatable else (Meaning.TOKEN,)
            if token is not None and token is not self._held and attempt.result.meaning in refused:
                attempt = self._with_another_token(endpoint, request, token) or attempt
            return attempt
        except BaseException as problem:
            clear_frames(problem, before)
            raise

    def _with_another_token(self, endpoint: Endpoint, request: wire.Request, refused: Secret) -> Attempt | None:
        """The same once more; None where no other token is to be had."""
        try:
            renewed = bool(self.tokens and self.tokens.renew(refused)) and self.tokens
        except ToolkitError as problem:
            return unsent(problem)
        return self._exchange(endpoint, request, renewed.current()) if renewed else None

    def _after_fork(self) -> None:
        """A fork has connections and locks of its own: on those of its parent, each would read the other's answers."""
        self._local, self._process = threading.local(), os.getpid()
        self.quota.unlock()
        if self.tokens:
            self.tokens.unlock()

    def _begin(self, endpoint: Endpoint) -> None:
        if not hasattr(self._local, "http"):
            self._open()
        self._local.sending.left = False
        if endpoint.irrevocable:
            self._local.http.close()  # a second copy of an answer that was read there would be taken for its own

    def _exchange(self, endpoint: Endpoint, request: wire.Request, token: Secret | None) -> Attempt:
        started = self.clock.monotonic()
        self._begin(endpoint)
        try:
            recorder = RECORDER.get()
            if recorder is None or (self.tokens and self.tokens.asking):
                answer = self._send(request, token)
            else:
                answer = recorder.exchange(endpoint, request, partial(self._send, request, token))
        except (requests.RequestException, u3.HTTPError, HTTPException, OSError, ValueError) as failure:
            if isinstance(failure, ValueError) and not isinstance(failure, requests.RequestException) and not self.left:
                raise  # a fault of this program, before anything was sent
            attempt = failed(endpoint, failure, self.host, left=self.left)
        else:
            result = answers.classify(endpoint, answer, self.clock.now(), request.rows)
            if result.verdict is not Verdict.ACKED:
                result = plain_result(result)
            elif token is not None and token.reveal().encode() in answer.body:  # an echo of what was sent
                result = _without_secrets(endpoint, result)
            if result.meaning is Meaning.BUSY:
                self._pause_until = max(self._pause_until, self.clock.monotonic() + (result.retry_after or 0))
            if result.verdict is Verdict.AMBIGUOUS or endpoint.irrevocable:
                self._local.http.close()  # whatever follows this answer on its connection belongs to nobody
            attempt = Attempt(result, None if result.verdict is Verdict.ACKED else answers.error(endpoint, result))
        took = self.clock.monotonic() - started
        log.debug("%s %s: %s in %.3f s", request.method, request.path, attempt.result.verdict, took)
        return attempt

    @property
    def left(self) -> bool:
        """Whether a byte of this thread's latest request was handed to a socket."""
        return hasattr(self._local, "sending") and self._local.sending.left

    def _send(self, request: wire.Request, token: Secret | None) -> Answer:
        response = self._local.http.request(
            request.method,
            self.base_url + request.path,
            params=request.query,
            data=request.body if request.body is not None else request.form or None,
            files=dict(request.files) or None,
            headers={"Content-Type": wire.JSON} if request.body is not None else None,
            auth=partial(with_credential, self._header, token),
            timeout=(self.limits.connect, self.limits.read),
            allow_redirects=False,
            verify=self._ca_bundle,
            stream=True,
        )
        return Answer(response.status_code, response.headers, read_body(response, self.limits.answer))

    def _open(self) -> None:
        """A requests session a thread: the library does not promise that threads may share one."""
        http = NoRedirects()
        adapter = Adapter(self.limits.deadline, self.clock.monotonic)
        http.mount("https://", adapter)
        http.mount("http://", adapter)
        http.headers["User-Agent"] = "analyst-toolkit"
        http.trust_env = not _is_loopback(self.host)  # no proxy stands before this machine itself
        self._local.http, self._local.sending = http, adapter.sending

    # ── trying again ──

    def send(self, endpoint: Endpoint, request: wire.Request) -> Classification:
        """The answer of a request that succeeded. Tries again what may be; raises otherwise (see `errors`)."""
        for number in range(1, self.limits.attempts + 1):
            if self._pause_until:
                self.wait_for_pause(endpoint)
            attempt = self.attempt(endpoint, request)
            if attempt.error is None:
                self.quota.earn()
                return attempt.result
            if number == self.limits.attempts or not self.may_repeat(endpoint, attempt):
                raise attempt.error
            self.clock.sleep(self.delay(number, attempt.result))
        raise AssertionError("the last attempt raises or returns")

    def may_repeat(self, endpoint: Endpoint, attempt: Attempt) -> bool:
        """Whether sending again can do no harm and may help."""
        result = attempt.result
        not_sent = result.verdict is Verdict.NOT_EXECUTED and result.status == 0
        harmless = not_sent or (endpoint.repeatable and result.verdict in (Verdict.NOT_EXECUTED, Verdict.AMBIGUOUS))
        helps = not result.needs_person and result.meaning in (None, Meaning.INTERNAL, Meaning.BUSY)
        readable = result.meaning is not None or result.status == 0  # a strange page will be as strange the next time
        return (
            harmless and helps and readable and (result.retry_after or 0) <= self.limits.max_wait and self.quota.spend()
        )

    def delay(self, number: int, result: Classification) -> float:
        """How long to wait after attempt `number`: what the vendor asks for, else at random below a doubling limit."""
        limit = min(self.limits.max_wait, self.limits.backoff * 2**number)
        return random.uniform(0, limit) if result.retry_after is None else result.retry_after

    def wait_for_pause(self, endpoint: Endpoint) -> None:
        """Nobody sends before the time that the vendor asked for; `Throttled` where it is far. Threads share it."""
        while (left := self._pause_until - self.clock.monotonic()) > 0:
            if left > self.limits.max_wait:
                text = message("the vendor asked to wait, {left:,.0f} s from now; nothing was sent", left=left)
                throttled = Throttled(text, service=endpoint.name, status=429)
                throttled.retry_after = left
                raise throttled
            self.clock.sleep(left)


def _address(base_url: str, allow_http: bool) -> str:
    try:
        parts = urlsplit(base_url)
        _ = parts.port  # one that is none is found out here
    except (ValueError, AttributeError, TypeError):
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        shown = message("what was given") if "@" in str(base_url) else repr(scrub(str(base_url)))
        raise SettingsError(message("{shown} is not an address; one looks like https://host/path", shown=shown))
    if parts.username or parts.password or parts.query or parts.fragment:
        raise SettingsError(message("the address holds more than scheme, host and path; credentials are given apart"))
    if parts.scheme == "http" and not (allow_http or _is_loopback(parts.netloc)):
        raise SettingsError(
            message(
                "{hostname}: plain http would show the credentials; use https, or allow_http=True",
                hostname=parts.hostname,
            )
        )
    return base_url.rstrip("/")


def _is_loopback(netloc: str) -> bool:
    host = urlsplit(f"//{netloc}").hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _certificates(bundle: str | None) -> str | None:
    try:
        if bundle is not None:
            path, folder = (None, bundle) if Path(bundle).is_dir() else (bundle, None)
            ssl.create_default_context(cafile=path, capath=folder)
    except (OSError, ValueError, TypeError) as problem:
        raise SettingsError(
            message("ca_bundle: {bundle} cannot be used: {problem}", bundle=bundle, problem=problem)
        ) from None
    return bundle


def _without_secrets(endpoint: Endpoint, result: Classification) -> Classification:
    """The same with no secret in its payload; where that cannot be looked through, nobody knows what it says."""
    try:
        return replace(result, payload=scrubbed(result.payload))
    except RecursionError:
        words = message("{call}: the answer is nested too deeply", call=endpoint.name)
        return replace(result, verdict=Verdict.AMBIGUOUS, meaning=None, message=words, payload=None)
