"""The password of the team's database: from the environment, the keyring or libpq's own file, and nowhere else."""

import logging
import sys
import traceback
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import toolkit
from tests.unattended.kit import Desk, contacts
from toolkit.push.store import places
from toolkit.sandbox import Sandbox

from .server import PASSWORD, WITH_PASSWORD

pytestmark = pytest.mark.slow


@pytest.fixture
def desk(box: Sandbox, tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> Desk:
    made = Desk(tmp_path / "desk", box)
    made.write_settings(ledger=url.replace("tester@", f"{WITH_PASSWORD}@"))
    for name, value in made.environment.items():
        if name.startswith("TOOLKIT_"):
            monkeypatch.setenv(name, value)
    monkeypatch.setattr(places, "_teams_in_use", {})
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "pgpass"))
    return made


def push() -> Any:
    import pandas as pd

    return toolkit.connect("work", progress=False).ida.insert_records(11111, pd.DataFrame(contacts(3)))


def test_from_the_environment(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLKIT_LEDGER_PASSWORD", PASSWORD)
    assert push().complete
    assert toolkit.pushes()["state"].tolist() == ["done"]


def test_from_the_keyring(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {("analyst-toolkit/work/ledger", "password"): PASSWORD}
    keyring = SimpleNamespace(
        get_password=lambda service, name: kept.get((service, name)),
        errors=SimpleNamespace(KeyringError=RuntimeError),
    )
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    assert push().complete


def test_from_libpqs_own_file(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "pgpass").write_text(f"*:*:*:{WITH_PASSWORD}:{PASSWORD}\n", encoding="utf-8")
    (tmp_path / "pgpass").chmod(0o600)
    assert push().complete


@pytest.mark.parametrize("password", ["", "sentinel-wrong-one"])
def test_without_it_nothing_is_sent_and_nothing_shown(
    password: str, desk: Desk, box: Sandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("TOOLKIT_LEDGER_PASSWORD", password)
    before = len(box.control.stored("ida", "Contact"))
    with pytest.raises(toolkit.SettingsError, match=r"lets nobody in.*Nothing was sent") as refused:
        push()
    assert len(box.control.stored("ida", "Contact")) == before
    shown = traceback.TracebackException.from_exception(refused.value, capture_locals=True)
    text = "\n".join(line for line in "".join(shown.format()).splitlines() if "password = " not in line)
    assert "sentinel" not in f"{text}{caplog.text}{toolkit.pushes().to_string()}"
    assert toolkit.pushes()["state"].tolist() == ["damaged"]


def test_a_password_in_the_settings_file_is_refused(desk: Desk, url: str) -> None:
    desk.write_settings(ledger=url.replace("tester@", f"{WITH_PASSWORD}:{PASSWORD}@"))
    with pytest.raises(toolkit.SettingsError, match="holds a password") as refused:
        push()
    assert PASSWORD not in str(refused.value)
    desk.write_settings(ledger=url, ledger_password=PASSWORD)
    with pytest.raises(toolkit.SettingsError, match="in clear: take it out") as refused:
        push()
    assert PASSWORD not in str(refused.value)


def test_an_address_that_is_none_is_said(desk: Desk) -> None:
    desk.write_settings(ledger="mysql://somewhere/x")
    with pytest.raises(toolkit.SettingsError, match="postgresql://user@host/database"):
        push()
