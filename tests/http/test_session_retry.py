"""Trying again: what may be, how often, how long in between; one token for all threads. Answers are scripted."""

import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import pytest
import requests

from tests.helpers.clock import ManualClock
from toolkit.errors import ApiError, AuthError, BadAnswer, NotFound, NotSent, OutcomeUnknown, Rejected, Throttled
from toolkit.http.answers import Answer, Verdict
from toolkit.http.secrets import Secret
from toolkit.http.session import Limits, Quota, Session, Tokens
from toolkit.http.wire import Request, encode
from toolkit.spec import Endpoint, Meaning
from toolkit.vendors.ida.api import Ida
from toolkit.vendors.signio.api import Signio

INSERT, DATABASE, LOGIN = (Ida.endpoints[name] for name in ("post_records", "database", "login"))
ENVELOPES = Signio.endpoints["envelopes"]
POST, GET = Request("POST", "/records", body=b"{}"), Request("GET", "/database/1")
OK = {"message": "OK", "code": 200, "data": {}}
Scripted = Answer | Exception


def answer(status: int, body: Any = None, **headers: str) -> Answer:
    result = {"message": "NO", "code": status} if body is None else body
    return Answer(status, {k.replace("_", "-"): v for k, v in headers.items()}, encode(result))


class Wired(Session):
    """A session whose exchanges are scripted: the last answer is given to all that follow."""

    def __init__(self, answers: Iterable[Scripted] | Callable[[str], Scripted], **limits: Any) -> None:
        self.hand = ManualClock()
        super().__init__("https://vendor.example", limits=Limits(**limits), clock=self.hand)
        self._script = answers if callable(answers) else iter(answers)
        self.sent: list[tuple[float, str]] = []  # when, and with which token
        self._last: Scripted = answer(200, OK)

    def _send(self, request: Request, token: Secret | None) -> Answer:
        self.sent.append((self.clock.monotonic(), token.reveal() if token else ""))
        given = self._script(self.sent[-1][1]) if callable(self._script) else next(self._script, self._last)
        self._last = given
        if isinstance(given, Exception):
            raise given
        return given

    @property
    def left(self) -> bool:
        return not isinstance(self._last, requests.exceptions.ConnectTimeout)

    @property
    def gaps(self) -> list[float]:
        times = [time for time, _ in self.sent]
        return [b - a for a, b in pairwise(times)]


def tokens(client: Session, *names: str) -> list[str]:
    """Lets the session sign in; the list grows with each token that it is given, the last one again and again."""
    given: list[str] = []

    def sign_in() -> tuple[Secret, float | None]:
        given.append(names[min(len(given), len(names) - 1)])
        return Secret(given[-1]), 100.0

    client.tokens = Tokens(sign_in, client.clock)
    return given


# ── how often ────────────────────────────────────────────────────────────────

LOST, REFUSED = requests.exceptions.ChunkedEncodingError("cut"), requests.exceptions.ConnectTimeout("slow")


@pytest.mark.parametrize(
    ("endpoint", "first", "sent", "raised"),
    [
        (INSERT, REFUSED, 2, None),
        (INSERT, answer(408), 1, Throttled),
        (INSERT, answer(429), 1, Throttled),
        (INSERT, answer(503, Retry_After="1"), 1, Throttled),
        (INSERT, answer(413, "<html>"), 1, ApiError),
        (INSERT, LOST, 1, OutcomeUnknown),
        (INSERT, answer(500), 1, OutcomeUnknown),
        (INSERT, answer(503), 1, OutcomeUnknown),
        (INSERT, answer(302), 1, OutcomeUnknown),
        (INSERT, answer(406), 1, Rejected),
        (INSERT, answer(404), 1, NotFound),
        (DATABASE, LOST, 2, None),
        (DATABASE, answer(500), 2, None),
        (DATABASE, answer(503), 2, None),
        (DATABASE, answer(429), 2, None),
        (DATABASE, answer(503, Retry_After="1"), 2, None),
        (DATABASE, answer(413, "<html>"), 1, ApiError),
        (DATABASE, answer(207), 1, BadAnswer),
        (DATABASE, answer(404), 1, NotFound),
        (DATABASE, answer(302), 1, BadAnswer),
        (DATABASE, answer(200, "odd"), 1, BadAnswer),
        (DATABASE, answer(404, "<html>"), 1, ApiError),
        (DATABASE, answer(403), 1, AuthError),
        (LOGIN, answer(401), 1, AuthError),
    ],
)
def test_only_what_does_no_harm_and_may_help_is_tried_again(
    endpoint: Endpoint, first: Scripted, sent: int, raised: type[Exception] | None
) -> None:
    client = Wired([first, answer(200, OK)])
    if raised:
        with pytest.raises(raised) as caught:
            client.send(endpoint, POST)
        assert type(caught.value) is raised
    else:
        assert client.send(endpoint, POST).payload == OK
    assert len(client.sent) == sent


@pytest.mark.parametrize("attempts", [1, 3, 5])
def test_a_call_is_tried_so_often_and_no_more(attempts: int) -> None:
    client = Wired([REFUSED], attempts=attempts)
    with pytest.raises(NotSent):
        client.send(INSERT, POST)
    assert len(client.sent) == attempts
    assert client.hand.slept == pytest.approx(sum(client.gaps), abs=1e-4)


def test_waits_grow_at_random_below_a_doubling_limit() -> None:
    client = Wired([answer(500)], attempts=9, backoff=1, max_wait=20)
    with pytest.raises(ApiError):
        client.send(DATABASE, GET)
    assert all(0 <= gap <= limit for gap, limit in zip(client.gaps, [2, 4, 8, 16, 20, 20, 20, 20], strict=True))
    assert len(set(client.gaps)) == 8


def test_an_outage_costs_a_bounded_number_of_requests() -> None:
    client, calls = Wired([answer(503)], attempts=5), 100
    for _ in range(calls):
        with pytest.raises(ApiError):
            client.send(DATABASE, GET)
    assert len(client.sent) <= calls + client.quota.ceiling / client.quota.cost


def test_success_earns_tries_back() -> None:
    quota = Quota(tokens=5, ceiling=6, cost=5)
    assert (quota.spend(), quota.spend()) == (True, False)
    for _ in range(10):
        quota.earn()
    assert quota.tokens == 6
    client = Wired([answer(200, OK)])
    client.quota.tokens = 0
    client.send(INSERT, POST)
    assert client.quota.tokens == 1


# ── what the vendor asks to wait ─────────────────────────────────────────────


@pytest.mark.parametrize(
    ("asked", "seconds"), [("7", 7), ("Mon, 02 Mar 2026 12:00:09 GMT", 9), ("0", 0), ("-5", 0), ("120", 120)]
)
def test_the_vendors_wait_is_kept(asked: str, seconds: float) -> None:
    client = Wired([answer(429, Retry_After=asked), answer(200, OK)])
    client.send(DATABASE, GET)
    assert client.gaps == [pytest.approx(seconds, abs=1e-4)]


def test_a_wait_that_makes_no_sense_is_an_ordinary_one() -> None:
    client = Wired([answer(429, Retry_After="soon"), answer(200, OK)], backoff=1)
    client.send(DATABASE, GET)
    assert 0 < client.gaps[0] <= 2


def test_the_vendors_wait_holds_for_every_thread() -> None:
    client = Wired([answer(429, Retry_After="30"), answer(200, OK)], attempts=1)
    with pytest.raises(Throttled):
        client.send(INSERT, POST)
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _: client.send(INSERT, POST).payload, range(4))) == [OK] * 4
    first, *others = (time for time, _ in client.sent)
    assert len(others) == 4
    assert min(others) >= first + 30


def test_a_wait_beyond_the_limit_is_said_and_nothing_is_sent_before_its_end() -> None:
    client = Wired([answer(429, Retry_After="999999"), answer(200, OK)])
    with pytest.raises(Throttled) as first:
        client.send(INSERT, POST)
    assert first.value.retry_after == 999_999
    client.hand.advance(900_000)
    with pytest.raises(Throttled, match="nothing was sent") as second:
        client.send(DATABASE, GET)
    assert second.value.retry_after == 99_999
    assert (len(client.sent), client.hand.slept) == (1, 0)
    client.hand.advance(99_999)
    assert client.send(INSERT, POST).payload == OK


# ── tokens ───────────────────────────────────────────────────────────────────


def by_token(good: Mapping[str, Answer]) -> Callable[[str], Answer]:
    return lambda token: good.get(token, answer(401))


def test_a_refused_token_is_renewed_once_and_the_request_sent_once_more() -> None:
    client = Wired(by_token({"second": answer(200, OK)}))
    given = tokens(client, "first", "second")
    assert client.send(INSERT, POST).payload == OK
    assert given == [token for _, token in client.sent] == ["first", "second"]
    assert client.hand.slept == 0


def test_a_new_token_that_is_refused_too_is_the_end() -> None:
    client = Wired(by_token({}))
    given = tokens(client, "first", "second", "third")
    with pytest.raises(AuthError):
        client.send(INSERT, POST)
    assert given == ["first", "second"]
    assert len(client.sent) == 2


def test_the_same_token_again_is_not_sent_again() -> None:
    client = Wired(by_token({}))
    tokens(client, "only")
    with pytest.raises(AuthError):
        client.send(INSERT, POST)
    assert len(client.sent) == 1


def test_a_body_that_says_the_token_is_not_valid_renews_it_too() -> None:
    invalid = answer(200, {"codigo": "01", "mensaje": "token invalido"})
    fine = answer(200, {"codigo": "00", "transacciones": []})
    client = Wired(lambda token: fine if token == "second" else invalid)
    tokens(client, "first", "second")
    client.send(ENVELOPES, POST)
    assert [token for _, token in client.sent] == ["first", "second"]


def test_eight_threads_ask_for_one_new_token() -> None:
    together = threading.Barrier(8)

    def refuse_all_at_once(token: str) -> Answer:
        if token == "first":
            together.wait(10)
        return answer(200, OK) if token == "second" else answer(401)

    client = Wired(refuse_all_at_once)
    given = tokens(client, "first", "second", "third")
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda _: client.send(INSERT, POST).payload, range(8))) == [OK] * 8
    assert given == ["first", "second"]
    assert len(client.sent) == 16


def test_a_token_is_renewed_before_it_ends() -> None:
    client = Wired([answer(200, OK)])
    given = tokens(client, "first", "second")
    client.send(INSERT, POST)
    client.hand.advance(79)
    client.send(INSERT, POST)
    assert given == ["first"]
    client.hand.advance(1)
    client.send(INSERT, POST)
    assert given == ["first", "second"]


def test_signing_in_that_fails_is_the_calls_error_and_nothing_is_sent() -> None:
    def wrong() -> Any:
        raise AuthError("user or password are wrong", service="login", status=404)

    client = Wired([answer(200, OK)])
    client.tokens = Tokens(wrong, client.clock)
    with pytest.raises(AuthError, match="user or password"):
        client.send(INSERT, POST)
    made = client.attempt(INSERT, POST)
    assert (made.verdict, made.result.meaning) == (Verdict.NOT_EXECUTED, Meaning.FORBIDDEN)
    assert client.sent == []


def test_signing_in_that_is_throttled_is_not_hurried() -> None:
    asked: list[float] = []

    def busy() -> Any:
        asked.append(client.clock.monotonic())
        problem = Throttled("too many", service="login", status=429)
        problem.retry_after = 50
        raise problem

    client = Wired([answer(200, OK)], attempts=2)
    client.tokens = Tokens(busy, client.clock)
    with pytest.raises(Throttled):
        client.send(INSERT, POST)
    assert [b - a for a, b in pairwise(asked)] == [50]


def test_calls_without_a_token_do_not_sign_in() -> None:
    client = Wired([answer(200, OK)])
    given = tokens(client, "first")
    client.send(LOGIN, GET)
    assert given == []
    assert client.sent[0][1] == ""


def test_an_interruption_ends_the_call_and_is_not_swallowed() -> None:
    def stop(token: str) -> Answer:
        raise KeyboardInterrupt

    client = Wired(stop)
    with pytest.raises(KeyboardInterrupt):
        client.send(DATABASE, GET)
    assert len(client.sent) == 1
