"""Secrets do not show: the value itself, its spellings, and a real login looked at from every side."""

import base64
import copy
import gc
import hashlib
import inspect
import io
import json
import logging
import pickle
import re
import string
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import toolkit
from tests.helpers.sentinel import leaks, spellings, verbose
from toolkit.errors import AnswerWarning, ToolkitError
from toolkit.http.secrets import MASK, MaskedLink, Scrubber, Secret, guard_logs, scrub
from toolkit.sandbox import Sandbox

PASSWORD = 'sentinel-pässwörd "7/ +&'
TOKEN = "sentinel.token.of-the.account"
DIGEST = hashlib.sha1(PASSWORD.encode()).hexdigest()


# ── one secret ───────────────────────────────────────────────────────────────

SHOWN: dict[str, Callable[[Any], Any]] = {
    "repr": repr,
    "str": str,
    "f-string": lambda s: f"{s} {s!r} {s:>40}",
    "percent": lambda s: "%s %r" % (s, s),  # noqa: UP031 - one of the ways in which it may be shown
    "format": "{}".format,
    "ascii": ascii,
    "in a list": lambda s: repr([s]),
    "in a dict": lambda s: str({"password": s}),
    "dir": dir,
    "slots": lambda s: [getattr(type(s), name, None) for name in type(s).__slots__] if type(s) is Secret else "",
    "attributes": lambda s: repr(getattr(s, "__dict__", {})),
    "hash": hash,
    "truth": bool,
    "frame": lambda s: pd.DataFrame({"x": [s, s]}).to_string(),
    "frame as HTML": lambda s: pd.DataFrame({"x": [s]})._repr_html_(),
    "frame as CSV": lambda s: pd.DataFrame({"x": [s]}).to_csv(),
    "frame as JSON": lambda s: pd.DataFrame({"x": [s]}).to_json(),
    "frame as text": lambda s: pd.DataFrame({"x": [s]}).astype("str").to_csv(),
    "series": lambda s: repr(pd.Series([s], name="x")),
    "counts": lambda s: repr(pd.Series([s, s]).value_counts()),
    "copy": lambda s: repr((copy.copy(s), copy.deepcopy(s), copy.deepcopy([s]))),
    "exception": lambda s: "".join(traceback.format_exception(ValueError(s))),
}


@pytest.mark.parametrize("kind", [Secret, MaskedLink])
@pytest.mark.parametrize("show", SHOWN.values(), ids=SHOWN)
def test_a_secret_does_not_show(kind: type[Secret], show: Callable[[Any], Any]) -> None:
    assert not leaks(str(show(kind(f"https://example.co/{PASSWORD}"))), PASSWORD, f"https://example.co/{PASSWORD}")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_secret_is_not_pickled(protocol: int) -> None:
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(Secret(PASSWORD), protocol)
    with pytest.raises(TypeError, match="not pickled"):
        pd.DataFrame({"x": [Secret(PASSWORD)]}).to_pickle(io.BytesIO())


def test_a_secret_is_not_json() -> None:
    with pytest.raises(TypeError):
        json.dumps(Secret(PASSWORD))


def test_neither_length_nor_beginning_show() -> None:
    assert repr(Secret("a" * 5)) == repr(Secret("b" * 500)) == f"Secret({MASK})"
    assert repr(MaskedLink("https://example.co:8443/x?y#z")) == f"<link to example.co: {MASK}>"


def test_secrets_are_equal_by_value() -> None:
    assert Secret("a-value") == Secret("a-value") == Secret(Secret("a-value")) == MaskedLink("a-value")
    assert len({Secret("a-value"), Secret("a-value"), MaskedLink("a-value")}) == 1
    assert Secret("a-value") != Secret("another")
    assert Secret("a-value") != "a-value"
    assert not Secret("")
    assert Secret(Secret("a-value")).reveal() == "a-value"
    assert Secret("\ud800 alone") == Secret("\ud800 alone") != Secret("\ud800 other")


def test_a_half_made_api_can_be_shown() -> None:
    assert repr(toolkit.Api.__new__(toolkit.Api)).startswith("<toolkit profile")


# ── the scrubber ─────────────────────────────────────────────────────────────


@given(st.text(string.printable[:95] + "ñé–€", min_size=16, max_size=30))
def test_every_spelling_is_scrubbed(value: str) -> None:
    secret = Secret(value)
    for spelling in spellings(value):
        shown = scrub(f"\x00{spelling}\x00")
        assert MASK in shown
        assert not re.sub(r"%5C|\W", "", shown)  # of what escapes it, and of blanks at its ends, some may be left
    assert secret


@given(st.text(min_size=8, max_size=30), st.binary(max_size=7), st.binary(max_size=7))
def test_a_secret_in_longer_base64_is_scrubbed(value: str, before: bytes, after: bytes) -> None:
    for value_or_digest in (value, hashlib.sha1(value.encode()).hexdigest()):
        secret, raw = Secret(value), value_or_digest.encode()
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            text = encode(before + raw + after).decode()
            for broken in (text, "\r\n".join(re.findall(".{1,9}", text))):
                left = re.sub(r"\s", "", scrub(f"({broken})"))
                assert MASK in left
                assert len(left) - len(f"({MASK})") <= len(encode(before + after)) + 4  # of its two ends, some bits
        assert secret


@given(st.text(string.printable, min_size=30, max_size=40).filter(lambda value: len("".join(value.split())) >= 24))
def test_a_broken_secret_is_scrubbed(value: str) -> None:
    value = value.strip()
    secret = Secret(value)
    for between in ("\n", "\r\n    ", " ", "\u2028"):
        assert scrub(f"({between.join(value)})") == f"({MASK})"
    assert secret


def test_a_secret_that_is_gone_is_not_remembered() -> None:
    secret = Secret("sentinel-gone")
    assert scrub("sentinel-gone") == MASK
    del secret
    assert scrub("sentinel-gone") == "sentinel-gone"


@pytest.mark.parametrize("step", range(1, 13))
def test_secrets_may_end_while_a_text_is_looked_at(step: int) -> None:
    """Wherever memory is tidied up: here at each of the first steps of `scrub` that take any."""
    kept, before = [Secret(f"a-long-secret-{n}") for n in range(50)], gc.get_threshold()
    gc.disable()
    try:
        for n in range(50):
            ring: list[Any] = [Secret(f"another-long-secret-{n}")]
            ring.append(ring)  # ends when it is found, not at once
        scrub("")
        gc.set_threshold(gc.get_count()[0] + step)
        gc.enable()
        assert scrub(f"no {kept[7].reveal()} here") == "no *** here"
    finally:
        gc.set_threshold(*before)
        gc.enable()


def test_two_secrets_of_one_value_are_known_until_both_are_gone() -> None:
    first, second = Secret("sentinel-twice"), Secret("sentinel-twice")
    assert first == second
    del first
    assert scrub("sentinel-twice") == MASK


def test_the_longer_secret_goes_first_and_short_ones_are_left() -> None:
    kept = Secret("abcdefgh"), Secret("abcdefghij"), Secret("abcdefg")
    assert scrub("abcdefghij abcdefgh abcdefg") == f"{MASK} {MASK} abcdefg"
    assert kept


def test_log_records_are_scrubbed_with_their_arguments_and_their_traceback() -> None:
    secret = Secret(PASSWORD)
    out = io.StringIO()
    logger = logging.Logger("alone", logging.DEBUG)
    logger.addHandler(logging.StreamHandler(out))
    logger.addFilter(Scrubber())
    logger.debug("GET /login?password=%s", DIGEST)
    try:
        raise ValueError(f"no {secret.reveal()}")
    except ValueError:
        logger.exception("it broke")
    assert f"password={MASK}" in out.getvalue()
    assert f"ValueError: no {MASK}" in out.getvalue()
    assert not leaks(out.getvalue(), PASSWORD)


def test_loggers_are_guarded_once() -> None:
    guard_logs()
    guard_logs()
    for name in ("toolkit", "urllib3.connectionpool"):
        assert sum(isinstance(f, Scrubber) for f in logging.getLogger(name).filters) == 1


# ── a real account, looked at from every side ────────────────────────────────


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything that anybody logs, at DEBUG."""
    out = io.StringIO()
    handler, root, level = logging.StreamHandler(out), logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield out
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def entered(box: Sandbox) -> toolkit.Api:
    """IDA by password, with the sentinel as its password."""
    (user,) = box.control.stored("ida", "User")
    box.control.put("ida", "User", [{**user, "id": 99, "username": "sentinel", "password_sha1": DIGEST}])
    account = {"base_url": box.addresses["ida"], "username": "sentinel", "password": PASSWORD}
    return toolkit.connect(ida=account, progress=False)


def test_a_login_leaves_no_trace_in_logs_and_objects(entered: toolkit.Api, logged: io.StringIO) -> None:
    user = entered.ida.user()
    entered.ida.databases()
    token = user["api_code"].iloc[0]
    assert "/api/user/login?username=sentinel" in logged.getvalue()  # it was logged
    shown = [logged.getvalue(), repr(entered), repr(entered.ida), user.to_csv(), user.to_string(), user.to_json()]
    for thing in (
        entered,
        entered.ida,
        entered.ida.connection,
        entered.ida.connection.client,
        entered.ida.connection.session,
    ):
        shown += [repr(thing), repr(vars(thing)), repr(vars(vars(thing).get("tokens") or thing))]
    assert not leaks("\n".join(shown), PASSWORD, token.reveal())
    with pytest.raises(TypeError):
        pickle.dumps(entered)


def test_a_recording_holds_no_secret(entered: toolkit.Api, tmp_path: Path) -> None:
    with toolkit.recorded(tmp_path / "reads.yaml"):
        token = entered.ida.user()["api_code"].iloc[0].reveal()
        entered.ida.databases()
    text = (tmp_path / "reads.yaml").read_text(encoding="utf-8")
    assert "/api/v2/database/databases" in text
    assert not leaks(text, PASSWORD, token)


def test_a_digest_that_is_given_as_plain_text_is_masked_too(entered: toolkit.Api, logged: io.StringIO) -> None:
    entered.ida.raw.login("sentinel", DIGEST)
    assert "/api/user/login" in logged.getvalue()
    assert DIGEST not in logged.getvalue()


FAULTS = {
    "wrong password": {"reply": "status", "status": 404, "body": {"message": "User not Found.", "code": 404}},
    "password said back": {
        "reply": "status",
        "status": 400,
        "body": {"message": f"no {DIGEST} {PASSWORD}", "code": 400},
    },
    "error page": {"reply": "html", "status": 500},
    "redirect": {"reply": "redirect"},
    "lost": {"reply": "lost"},
    "reset": {"reply": "reset"},
    "truncated": {"reply": "truncated"},
    "no token in it": {"reply": "status", "status": 200, "body": {"message": "OK", "code": 200, "data": {}}},
    "no user in it": {"reply": "status", "status": 200, "body": {"message": "OK", "code": 200, "data": None}},
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_login_that_fails_shows_nothing(
    fault: dict[str, Any], box: Sandbox, entered: toolkit.Api, logged: io.StringIO
) -> None:
    box.control.fault(system="ida", match={"path": "/api/user/login"}, times=None, **fault)
    entered.ida.connection.session.clock = FrozenClock()
    with pytest.raises(ToolkitError) as caught:
        entered.ida.databases()
    failure = caught.value
    shown = [str(failure), repr(failure), repr(failure.args), repr(vars(failure)), verbose(failure)]
    assert not leaks("\n".join([*shown, logged.getvalue(), *failure._render_traceback_()]), PASSWORD)
    assert "login?" not in str(failure)


def test_a_login_with_an_odd_value_shows_nothing(box: Sandbox, entered: toolkit.Api, logged: io.StringIO) -> None:
    body = {"message": "OK", "code": 200, "data": {"id": PASSWORD}}
    box.control.fault(
        system="ida", match={"path": "/api/user/login"}, times=None, reply="status", status=200, body=body
    )
    with (
        pytest.warns(AnswerWarning, match="login: id: 1 of the cells") as warned,
        pytest.raises(ToolkitError) as caught,
    ):
        entered.ida.databases()
    shown = [str(w.message) for w in warned] + [str(caught.value), verbose(caught.value), logged.getvalue()]
    assert not leaks("\n".join(shown), PASSWORD)


class FrozenClock:
    """No waiting between tries."""

    def now(self) -> Any:
        return pd.Timestamp("2026-03-02", tz="UTC").to_pydatetime()

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None: ...


STEPS = (
    "http.client.HTTPConnection.getresponse",
    "urllib3.connection.HTTPConnection.request",
    "requests.Session.request",
    "toolkit.http.wire.request",
    "toolkit.http.answers.classify",
    "toolkit.http.answers.rows",
    "toolkit.calls.frames.to_frame",
    "toolkit.vendors.ida.client.Ida._life_of",
)
STOPS = (KeyboardInterrupt, SystemExit, MemoryError, ArithmeticError, AssertionError, LookupError, BaseException)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("stop", STOPS)
def test_a_call_that_is_stopped_shows_nothing(
    stop: type[BaseException], step: str, entered: toolkit.Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By whoever: a person, an alarm, a test's time limit, a mistake of ours."""

    message = f"stopped with {DIGEST}"

    def stopped(*_: Any, **__: Any) -> Any:
        raise stop(message)

    monkeypatch.setattr(step, stopped)
    with pytest.raises(stop) as caught:
        entered.ida.databases()
    assert not leaks(verbose(caught.value), PASSWORD)


class Alarm(Exception):
    """Goes off anywhere."""


def ends_at(number: int, work: Callable[[], Any]) -> BaseException | None:
    """Run it with an alarm at its so-manieth step inside the package; None where it has fewer."""
    left = number

    def trace(frame: Any, event: str, _: Any) -> Any:
        nonlocal left
        if "toolkit" in frame.f_code.co_filename and "tests" not in frame.f_code.co_filename and event == "call":
            left -= not frame.f_code.co_flags & inspect.CO_GENERATOR  # closing one counts as a call, too
            if left == -1:
                sys.settrace(None)
                raise Alarm
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    except BaseException as problem:  # noqa: BLE001 - whatever became of the alarm
        return problem
    finally:
        sys.settrace(before)
    return None


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # of what was stopped half-made
def test_an_alarm_at_any_step_of_a_call_shows_nothing(box: Sandbox) -> None:
    """At every third of them; the account signs in anew each time."""
    (user,) = box.control.stored("ida", "User")
    box.control.put("ida", "User", [{**user, "id": 99, "username": "sentinel", "password_sha1": DIGEST}])
    account = {"base_url": box.addresses["ida"], "username": "sentinel", "password": PASSWORD}
    for step in range(0, 2_000, 3):
        ida = toolkit.connect(ida=account, progress=False).ida
        problem = ends_at(step, ida.user)
        if problem is None:
            break
        below = problem.__traceback__ and problem.__traceback__.tb_next
        shown = "".join(traceback.TracebackException(Alarm, problem, below, capture_locals=True).format())
        assert not leaks(shown, PASSWORD), step
    assert step > 50


def test_a_password_given_to_a_call_does_not_show_where_it_fails(box: Sandbox) -> None:
    ida = toolkit.connect(ida={"base_url": box.addresses["ida"], "token": TOKEN}, progress=False).ida
    with pytest.raises(ToolkitError) as caught:
        ida.raw.login("nobody", PASSWORD)
    assert not leaks(verbose(caught.value), PASSWORD)


def call_after_a_failure(api: toolkit.Api) -> None:
    own = "a variable of somebody else"
    try:
        raise ValueError("before")
    except ValueError:
        api.ida.databases()
    assert own


def test_what_was_raised_before_a_call_is_left_alone(entered: toolkit.Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: Any, **__: Any) -> Any:
        raise Alarm

    monkeypatch.setattr("toolkit.http.answers.classify", stopped)
    with pytest.raises(Alarm) as caught:
        call_after_a_failure(entered)
    before = caught.value.__context__
    assert isinstance(before, ValueError)
    shown = "".join(traceback.TracebackException.from_exception(before, capture_locals=True).format())
    assert "a variable of somebody else" in shown
    assert "in _exchange" in "".join(traceback.format_exception(caught.value))  # where it happened stays


def test_debug_output_of_the_http_library_shows_nothing(
    entered: toolkit.Api, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("http.client.HTTPConnection.debuglevel", 2)
    entered.ida.databases()
    shown = capfd.readouterr()
    assert not leaks(shown.out + shown.err, PASSWORD)


def test_a_ready_token_does_not_show(box: Sandbox, logged: io.StringIO) -> None:
    ida = toolkit.connect(ida={"base_url": box.addresses["ida"], "token": TOKEN}, progress=False).ida
    with pytest.raises(toolkit.AuthError) as caught:
        ida.databases()
    shown = [logged.getvalue(), repr(ida), repr(vars(ida)), verbose(caught.value), repr(caught.value)]
    assert not leaks("\n".join(shown), TOKEN)


def test_a_traceback_in_a_notebook_has_no_frames_of_the_toolkit() -> None:
    assert ToolkitError("it broke")._render_traceback_() == ["ToolkitError: it broke"]
    assert "sentinel" not in "".join(sys.argv)
