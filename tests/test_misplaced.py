"""What is typed in the wrong place: a misspelt password shows nowhere, and every mistake is told in words."""

import traceback
from collections.abc import Callable, Mapping
from typing import Any

import pytest

import toolkit
from tests.helpers.sentinel import leaks, verbose
from toolkit import settings
from toolkit.errors import SettingsError, ToolkitError
from toolkit.http.secrets import Secret
from toolkit.http.session import Limits, Session
from toolkit.vendors.ida.api import SYSTEM as IDA

PASSWORD = "sentinel-misplaced-7"

MISPLACED: dict[str, Mapping[str, Any]] = {
    "a misspelt name": {"ida": {"username": "ana", "pasword": PASSWORD}},
    "another vendor's name": {"ida": {"username": "ana", "secret_key": PASSWORD}},
    "a name in capitals": {"ida": {"username": "ana", "PASSWORD": PASSWORD}},
    "a list": {"ida": ["ana", PASSWORD]},
    "a pair": {"ida": ("ana", PASSWORD)},
    "a text": {"ida": PASSWORD},
    "a set": {"ida": {PASSWORD}},
    "a level too high": {"password": PASSWORD},
    "a system that is not there": {"idaa": {"password": PASSWORD}},
    "a header": {"ida": {"token": "x", "header": {PASSWORD: 1}}},
    "limits": {"ida": {"token": "x", "limits": PASSWORD}},
    "an address": {"ida": {"token": "x", "base_url": f"https://ana:{PASSWORD}@ida.example"}},
    "a ledger": {"ida": {"token": "x", "ledger": f"postgresql://ana:{PASSWORD}@db.example/x"}},
    "a query of a ledger": {"ida": {"token": "x", "ledger": f"postgresql://db.example/x?password={PASSWORD}"}},
    "a query": {"ida": {"token": "x", "base_url": f"https://ida.example/?password={PASSWORD}"}},
}


@pytest.mark.parametrize("profile", ["default", "sandbox"])
@pytest.mark.parametrize("systems", MISPLACED.values(), ids=MISPLACED)
def test_a_misplaced_password_shows_nowhere(systems: Mapping[str, Any], profile: str) -> None:
    api = None
    with pytest.raises(ToolkitError) as caught:  # noqa: PT012 - which of the two lines it is depends
        api = toolkit.connect(profile, progress=False, **systems)
        api.ida.databases()
    shown = [str(caught.value), repr(caught.value), verbose(caught.value)]
    assert not leaks("\n".join([*shown, repr(api)]), PASSWORD)


def test_nothing_that_stops_connecting_shows_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: Any, **__: Any) -> Any:
        raise ArithmeticError

    for place in ("settings.masked", "settings.of_system", "vendors.base.require_known", "http.session._certificates"):
        with monkeypatch.context() as patched, pytest.raises(ArithmeticError) as caught:  # noqa: PT012
            patched.setattr(f"toolkit.{place}", stopped)
            toolkit.connect(ida={"username": "ana", "password": PASSWORD}, progress=False).ida.databases()
        below = caught.value.__traceback__ and caught.value.__traceback__.tb_next
        frames = traceback.TracebackException(ArithmeticError, caught.value, below, capture_locals=True)
        assert not leaks("".join(frames.format()), PASSWORD), place


def test_what_has_no_settings_name_is_masked() -> None:
    account = settings.masked(
        IDA, {"username": "ana", "pasword": PASSWORD, "base_url": "https://x", "old": None, "n": 5}
    )
    assert account == {
        "username": "ana",
        "pasword": Secret(PASSWORD),
        "base_url": "https://x",
        "old": None,
        "n": Secret("5"),
    }
    assert settings.masked(IDA, {"password": ""}) == {"password": ""}


def test_passwords_are_no_part_of_an_environment_for_others() -> None:
    given = {"TOOLKIT_IDA_PASSWORD": "x", "toolkit_ida_token": "x", "TOOLKIT_IDA_USERNAME": "ana", "PATH": "y"}
    assert settings.without_secrets(given, [IDA]) == {"TOOLKIT_IDA_USERNAME": "ana", "PATH": "y"}


# ── raw exceptions ──

ADDRESSES = [
    "https://[::1",
    "https://ida.example:99999",
    "https://ida.example:x",
    "https://ida.example:-1",
    "https://",
    "//ida.example",
    "ida.example",
    "ftp://ida.example",
    "https://ida.example#x",
    "",
    "https://\u2100.example",
    5,
    None,
    b"https://ida.example",
    ["https://ida.example"],
]


@pytest.mark.parametrize("address", ADDRESSES, ids=repr)
def test_an_address_that_is_none_is_told(address: Any) -> None:
    with pytest.raises(SettingsError, match="address"):
        Session(address)


def test_a_session_that_was_not_made_has_a_name() -> None:
    session = Session.__new__(Session)
    with pytest.raises(SettingsError):
        session.__init__("https://[::1")  # type: ignore[misc]
    assert repr(session) == "<Session without an address>"


HEADERS = ["{tok}", "{}", "{0}", "{token", "token}", "{token!r}", "{token:>9999999999}", "{token.x}", "{token[0]}", "plain", "A: B: {token}", "X\nY: {token}", "", 5]  # fmt: skip  # noqa: E501


@pytest.mark.parametrize("header", HEADERS, ids=repr)
def test_a_header_that_is_none_is_told(header: Any) -> None:
    with pytest.raises(SettingsError, match="header"):
        _ = toolkit.connect(ida={"token": "x", "header": header}, progress=False).ida


BUNDLES: list[Any] = ["/nowhere/at.all", "\0", 5, __file__]


@pytest.mark.parametrize("bundle", BUNDLES)
def test_certificates_that_are_none_are_told(bundle: Any) -> None:
    with pytest.raises(SettingsError, match="ca_bundle"):
        Session("https://ida.example", ca_bundle=bundle)


WRONG: dict[str, Callable[[], object]] = {
    "limits": lambda: Limits(read="soon"),  # type: ignore[arg-type]
    "no number": lambda: Limits(read=float("nan")),
    "endless": lambda: Limits(deadline=float("inf")),
}


@pytest.mark.parametrize("make", WRONG.values(), ids=WRONG)
def test_limits_that_are_none_are_told(make: Callable[[], object]) -> None:
    with pytest.raises(SettingsError, match="limits"):
        make()


def test_a_settings_file_that_cannot_be_read_is_told(home: Any) -> None:
    home.mkdir()
    (home / "settings.toml").mkdir()
    with pytest.raises(SettingsError, match=r"settings\.toml"):
        settings.profiles()
