"""The address of a team's database: what it may say, and what it never shows."""

import pytest

from toolkit.errors import SettingsError
from toolkit.http.secrets import Secret
from toolkit.push.store.address import TeamAddress


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://ana@db.example.com/ledgers", "db.example.com/ledgers"),
        ("postgresql://ana@db.example.com:5433/ledgers?sslmode=require", "db.example.com:5433/ledgers"),
        ("postgres:///ledgers", "localhost/ledgers"),
        ("postgresql://?service=team", "localhost"),
    ],
)
def test_it_is_shown_without_the_user(url: str, shown: str) -> None:
    assert str(TeamAddress(url)) == shown


@pytest.mark.parametrize(
    "url", ["", "ledgers", "mysql://db/ledgers", "postgresql://", "https://db.example.com/x", "postgresql://[x"]
)
def test_what_is_none_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="postgresql://user@host/database"):
        TeamAddress(url)


@pytest.mark.parametrize("url", ["postgresql://ana:sentinel@db/x", "postgresql://ana@db/x?password=sentinel"])
def test_a_password_in_it_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(SettingsError, match="holds a password") as refused:
        TeamAddress(url)
    assert "sentinel" not in str(refused.value)


def test_the_password_is_no_part_of_which_one_it_is() -> None:
    one, other = (TeamAddress("postgresql://ana@db/x", Secret(f"sentinel-{n}")) for n in range(2))
    assert one == other
    assert len({one, other}) == 1
    assert "sentinel" not in repr(one)
