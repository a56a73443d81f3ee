"""Where settings come from, in which order, and what is refused; `connect()` up to the first request."""

import errno
import getpass
import os
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import keyring.backend
import keyring.core
import keyring.errors
import pytest

import toolkit
from toolkit import settings
from toolkit.errors import SettingsError
from toolkit.http.secrets import Secret
from toolkit.http.session import Limits
from toolkit.vendors.carmachain.api import SYSTEM as CARMACHAIN
from toolkit.vendors.ida.api import SYSTEM as IDA


class Ring(keyring.backend.KeyringBackend):
    """A keyring in memory."""

    priority = 1

    def __init__(self, *, broken: bool = False) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self._broken = broken

    def get_password(self, service: str, username: str) -> str | None:
        if self._broken:
            raise keyring.errors.KeyringLocked("locked")
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self._broken:
            raise keyring.errors.PasswordSetError("locked")
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


@pytest.fixture
def ring() -> Iterator[Ring]:
    before, made = keyring.get_keyring(), Ring()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


def write(home: Path, text: str) -> None:
    home.mkdir(exist_ok=True)
    (home / "settings.toml").write_text(text, encoding="utf-8")


PROFILE = '[work.ida]\nbase_url = "https://profile.example"\nusername = "from-profile"\n[work.ida.limits]\nread = 9\n'


def test_without_anything_nothing_is_known() -> None:
    assert settings.profiles() == {}
    assert settings.of_system(IDA, "default", None) == {}


def test_a_profile_is_a_table_of_the_settings_file(home: Path) -> None:
    write(home, PROFILE)
    assert settings.settings_file() == home / "settings.toml"
    found = settings.of_system(IDA, "work", {})
    assert found == {"base_url": "https://profile.example", "username": "from-profile", "limits": {"read": 9}}
    assert settings.of_system(IDA, "another", {}) == {}
    assert settings.of_system(CARMACHAIN, "work", {}) == {}


def test_the_nearer_source_wins(home: Path, monkeypatch: pytest.MonkeyPatch, ring: Ring) -> None:
    write(home, PROFILE)
    ring.kept["analyst-toolkit/work/ida", "password"] = "from-keyring"
    assert settings.of_system(IDA, "work", None)["password"] == Secret("from-keyring")
    assert "password" not in settings.of_system(IDA, "another", None)
    monkeypatch.setenv("TOOLKIT_IDA_PASSWORD", "from-environment")
    monkeypatch.setenv("TOOLKIT_IDA_USERNAME", "from-environment")
    monkeypatch.setenv("TOOLKIT_IDA_BASE_URL", "https://environment.example")
    found = settings.of_system(IDA, "work", None)
    assert found["password"] == Secret("from-environment")
    assert (found["username"], found["base_url"]) == ("from-environment", "https://environment.example")
    given = {"password": "from-call", "username": "from-call", "base_url": "https://call.example", "token": None}
    found = settings.of_system(IDA, "work", given)
    assert found["password"] == Secret("from-call")
    assert (found["username"], found["base_url"]) == ("from-call", "https://call.example")
    assert "token" not in found


def test_secrets_are_masked_wherever_they_come_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLKIT_IDA_TOKEN", "sentinel-environment")
    found = settings.of_system(IDA, "default", {"password": "sentinel-call", "username": "ana"})
    assert type(found["token"]) is type(found["password"]) is Secret
    assert "sentinel" not in repr(found)
    assert settings.of_system(IDA, "default", {"password": found["password"]})["password"] == found["password"]


@pytest.mark.parametrize("name", ["password", "token"])
def test_a_secret_in_the_file_is_refused_and_not_shown(name: str, home: Path) -> None:
    write(home, f'[work.ida]\n{name} = "sentinel"\n')
    with pytest.raises(SettingsError, match=f"{name} of work.ida in clear") as caught:
        settings.of_system(IDA, "work", None)
    assert f"TOOLKIT_IDA_{name.upper()}" in str(caught.value)
    assert "sentinel" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["work = 1\n", '[work]\nida = "https://x"\n', "[[work.ida]]\na = 1\n", "[work.ida\n", "\x00"]
)
def test_a_file_that_cannot_be_read_so_is_named(text: str, home: Path) -> None:
    write(home, text)
    with pytest.raises(SettingsError, match=r"settings\.toml"):
        settings.of_system(IDA, "work", None)


def test_a_file_in_another_encoding_is_named(home: Path) -> None:
    home.mkdir()
    (home / "settings.toml").write_bytes('[work.ida]\nusername = "Muñoz"\n'.encode("utf-16"))
    with pytest.raises(SettingsError, match=r"settings\.toml"):
        settings.profiles()


def test_the_working_directory_is_not_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("settings.toml", "analyst-toolkit.toml", ".env", "pyproject.toml"):
        (tmp_path / name).write_text(PROFILE, encoding="utf-8")
    assert settings.profiles() == {}


def test_without_the_variable_the_file_is_in_the_users_own_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOOLKIT_SETTINGS")
    monkeypatch.delenv("TOOLKIT_STATE")
    assert settings.settings_file().name == "settings.toml"
    assert settings.settings_file().is_absolute()
    assert settings.APP in settings.state_folder().parts


# ── the keyring ──────────────────────────────────────────────────────────────


def test_a_secret_is_kept_in_the_keyring_and_found_again(ring: Ring) -> None:
    settings.keep(IDA, "work", "password", Secret("sentinel"))
    assert list(ring.kept) == [("analyst-toolkit/work/ida", "password")]
    assert settings.of_system(IDA, "work", None)["password"].reveal() == "sentinel"


def test_a_keyring_that_does_not_work_is_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    before = keyring.get_keyring()
    keyring.set_keyring(Ring(broken=True))
    try:
        assert settings.of_system(IDA, "work", None) == {}
        with pytest.raises(SettingsError, match="keyring"):
            settings.keep(IDA, "work", "password", Secret("sentinel"))
    finally:
        keyring.set_keyring(before)


def test_without_the_extra_there_is_no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert settings.of_system(IDA, "work", None) == {}
    with pytest.raises(SettingsError, match="extra `keyring`"):
        settings.keep(IDA, "work", "password", Secret("sentinel"))


# ── asking ───────────────────────────────────────────────────────────────────


def test_nobody_is_asked_where_nobody_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getpass", lambda prompt: pytest.fail("asked"))
    monkeypatch.setattr(sys, "stdin", None)
    monkeypatch.delattr(sys, "ps1", raising=False)
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    assert settings.ask("Password: ") is None


def test_a_person_is_asked_and_the_answer_is_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getpass", lambda prompt: "sentinel")
    monkeypatch.setattr(sys, "ps1", ">>> ", raising=False)
    assert settings.ask("Password: ") == Secret("sentinel")


# ── connect ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("account", "said"),
    [
        ({"usrname": "ana"}, "ida has no setting 'usrname'; did you mean 'username'?"),
        ({"zzz": 1}, "ida has no setting 'zzz'; it has base_url"),
        ({"limits": {"raed": 1}}, "ida.limits has no setting 'raed'; did you mean 'read'?"),
        ({"limits": {"read": "9"}}, "limits: read is '9'"),
        ({"limits": 9}, "ida.limits is a table of settings, not int"),
        ({"endpoints": {"databses": "GET /x"}}, "ida.endpoints has no setting 'databses'; did you mean 'databases'?"),
        ({"endpoints": {"databases": "/x"}}, "'METHOD /path'"),
        ({"endpoints": ["databases"]}, "ida.endpoints is a table of settings, not list"),
        ({"base_url": "http://vendor.example"}, "plain http"),
        ({"ca_bundle": "nowhere.pem"}, "ca_bundle"),
    ],
)
def test_a_setting_that_cannot_be_used_is_said_when_the_system_is_first_used(
    account: dict[str, Any], said: str
) -> None:
    api = toolkit.connect(ida=account)
    with pytest.raises(SettingsError) as caught:
        _ = api.ida
    assert said in str(caught.value)


def test_a_system_without_an_address_says_how_to_give_one() -> None:
    with pytest.raises(SettingsError, match="TOOLKIT_CARMACHAIN_BASE_URL"):
        _ = toolkit.connect().carmachain


def test_a_call_without_credentials_says_which_are_missing() -> None:
    with pytest.raises(SettingsError, match="username and password"):
        toolkit.connect().ida.databases()


def test_a_profile_is_used_by_name(home: Path) -> None:
    write(home, PROFILE)
    session = toolkit.connect("work").ida.connection.session
    assert (session.host, session.limits) == ("profile.example", Limits(read=9))


def test_a_misspelt_system_in_a_profile_is_an_error(home: Path) -> None:
    write(home, PROFILE.replace("work.ida", "work.idda"))
    with pytest.raises(SettingsError, match=r"settings\.toml: work has no system 'idda'; did you mean 'ida'\?"):
        _ = toolkit.connect("work").signio


def test_connecting_sends_nothing_and_starts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("connected"))
    api = toolkit.connect(ida={"username": "ana", "password": "clave"})
    assert repr(api.ida) == "<IDA at ida.itdchile.cl as ana>"
    assert repr(api) == f"<toolkit profile 'default': {', '.join(toolkit.Api.vendors())}>"
    assert api.ida is api.ida


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_settings_file_that_cannot_be_written_stays_as_it_is(
    home: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """An identity that got lost with it would send every row again."""
    path, text = settings.settings_file(), '[work.ida]\nusername = "ana"\nidentity = "mine"\n'
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os if step == "fsync" else Path, step, full)
        with pytest.raises(SettingsError, match="cannot be written"):
            settings.save_readings("work", {"ida": {"date_form": "%Y-%m-%d"}}, date(2026, 11, 27))
    assert path.read_text(encoding="utf-8") == text
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    settings.save_readings("work", {"ida": {"date_form": "%Y-%m-%d"}}, date(2026, 11, 27))
    assert settings.profiles()["work"]["ida"]["identity"] == "mine"
