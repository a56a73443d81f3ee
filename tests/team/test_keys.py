"""Rows that were sent under another key than the team's: known where that key is, and said where it is not."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import toolkit
from tests.unattended.kit import contacts
from toolkit.__main__ import main
from toolkit.push.store import places
from toolkit.push.store.file import Folder

pytestmark = pytest.mark.slow
NOT_KNOWN = "under a key that is not on this computer"


class Home:
    """One analyst's computer."""

    def __init__(self, box: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._box, self.folder, self._patch = box, folder, monkeypatch
        folder.mkdir()

    def here(self, url: str = "") -> Any:
        """From now on, this is the computer; with `url`, its ledger is the team's."""
        account = {n: v for n, v in self._box.settings()["ida"].items() if n != "state"}
        self._patch.setenv("TOOLKIT_STATE", str(self.folder / "state"))
        self._patch.setenv("TOOLKIT_SETTINGS", str(self.folder / "settings.toml"))
        (self.folder / "settings.toml").write_text(f'[work]\nledger = "{url}"\n' if url else "", encoding="utf-8")
        return toolkit.connect(ida={**account, **({"ledger": url} if url else {})}, progress=False).ida


@pytest.fixture
def homes(box: Any, tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Home, Home]:
    """Ana, who made the team's ledger; and Luis, whose rows of before were moved into it under his own key."""
    monkeypatch.setattr(places, "_teams_in_use", {})
    ana, luis = (Home(box, tmp_path / name, monkeypatch) for name in ("ana", "luis"))
    ana.here(url).insert_records(11111, pd.DataFrame(contacts(3, start=900)))
    assert main(["ledger", "export-key", str(tmp_path / "team.key"), "--profile", "work"]) == 0
    assert luis.here().insert_records(11111, pd.DataFrame(contacts(20))).complete
    ida = luis.here(url)
    with pytest.raises(toolkit.PushRefused, match="a ledger of its own"):
        ida.insert_records(11111, pd.DataFrame(contacts(20)))
    assert main(["ledger", "import-key", str(tmp_path / "team.key")]) == 0
    assert main(["ledger", "export-key", str(tmp_path / "luis.key")]) == 0
    (name,) = Folder(luis.folder / "state").names()
    assert main(["ledger", "move", name, "--profile", "work"]) == 0
    return ana, luis


def test_they_are_known_where_the_key_is(homes: tuple[Home, Home], url: str, box: Any) -> None:
    ida, before = homes[1].here(url), len(box.control.stored("ida", "Contact"))
    with pytest.raises(toolkit.PushRefused, match="20 of these 25 rows were sent"):
        ida.insert_records(11111, pd.DataFrame(contacts(25)))
    report = ida.insert_records(11111, pd.DataFrame(contacts(25)), if_sent="skip")
    assert report.complete
    assert NOT_KNOWN not in repr(report)
    assert len(box.control.stored("ida", "Contact")) == before + 5


def test_twins_in_two_frames_stay_twins(homes: tuple[Home, Home], url: str, box: Any) -> None:
    ida, before = homes[1].here(url), len(box.control.stored("ida", "Contact"))
    frames = iter([pd.DataFrame(contacts(20)), pd.DataFrame(contacts(20))])
    report = ida.insert_records(11111, frames, if_sent="skip")
    assert report.complete
    assert len(box.control.stored("ida", "Contact")) == before + 20


def test_elsewhere_it_is_said_until_the_key_is_there(
    homes: tuple[Home, Home], url: str, tmp_path: Path, box: Any
) -> None:
    ida, before = homes[0].here(url), len(box.control.stored("ida", "Contact"))
    report = ida.insert_records(11111, pd.DataFrame(contacts(2, start=500)))
    assert "20 rows were moved into this ledger under a key that is not on this computer" in repr(report)
    assert main(["ledger", "import-key", str(tmp_path / "luis.key")]) == 0
    with pytest.raises(toolkit.PushRefused, match="20 of these 20 rows were sent"):
        ida.insert_records(11111, pd.DataFrame(contacts(20)))
    assert len(box.control.stored("ida", "Contact")) == before + 2
    assert sorted(toolkit.pushes()["rows"]) == [2, 3, 20]


def test_a_profile_that_names_the_team_no_more_sends_nothing(homes: tuple[Home, Home], url: str, box: Any) -> None:
    for home, rows in zip(homes, (contacts(3, start=900), contacts(20)), strict=True):
        before = len(box.control.stored("ida", "Contact"))
        with pytest.raises(toolkit.PushRefused, match="in a team's database now"):
            home.here().insert_records(11111, pd.DataFrame(rows))
        assert len(box.control.stored("ida", "Contact")) == before
