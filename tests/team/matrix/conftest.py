from pathlib import Path

import pytest

from tests.push.conftest import api, bench, box, carmachain, ida, nddprint, one_box, quick, signers
from toolkit.push.store import places
from toolkit.push.store.address import TeamAddress
from toolkit.vendors.base import Connection

__all__ = ["api", "bench", "box", "carmachain", "ida", "nddprint", "one_box", "quick", "signers"]


@pytest.fixture(autouse=True)
def home(home: Path, address: TeamAddress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The ledger of every push of this test is in a database of its own, which a profile names."""
    (profiles := tmp_path / "team.toml").write_text(f'[work]\nledger = "{address.url}"\n', encoding="utf-8")
    monkeypatch.setenv("TOOLKIT_SETTINGS", str(profiles))
    monkeypatch.setattr(Connection, "team", address)
    monkeypatch.setattr(places, "_teams_in_use", {})
    return home
