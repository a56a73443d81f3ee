"""`analyst-toolkit ledger` of a team: keys handed on, ledgers moved in, looked at, trusted, forgotten."""

from pathlib import Path

import pytest

from tests.push.store_kit import ABOUT, MADE, NOW, a_push, add, blocks, ledger_in, words
from tests.push.test_store_rows import bring
from toolkit.__main__ import main
from toolkit.errors import PushRefused
from toolkit.push.states import Baseline, EventKind, PushState, State
from toolkit.push.store.address import TeamAddress
from toolkit.push.store.file import Folder
from toolkit.push.store.ledger import ledger_name
from toolkit.push.store.postgres import TeamDatabase
from toolkit.push.store.team import Team, TeamLedger

from .server import Server

pytestmark = pytest.mark.slow
NAME = ledger_name(ABOUT)
PROFILE = ("--profile", "work")


@pytest.fixture
def state(home: Path, url: str) -> Path:
    """A computer with a ledger of 60 rows, and a profile that names the team's database."""
    home.mkdir(exist_ok=True)
    (home / "settings.toml").write_text(f'[work]\nledger = "{url}"\n', encoding="utf-8")
    folder = home / "state"
    with ledger_in(folder) as ledger:
        bring(ledger, *add(ledger, "one", words(60), key="k"), State.VERIFIED)
        with ledger.transaction():
            ledger.set_baseline(Baseline(60, NOW))
            ledger.event(NOW, EventKind.BEGAN, "one")
            ledger.event(NOW, EventKind.TRUSTED, why="of no push")
    return folder


def opened(address: TeamAddress, state: Path) -> TeamLedger:
    database = TeamDatabase(address)
    ledger = Team(address, state, database).ledger(ABOUT, MADE)
    ledger._alone = True
    return ledger


def test_the_first_to_move_gives_the_team_its_key(state: Path, address: TeamAddress, capsys: object) -> None:
    assert main(["ledger", "move", NAME, *PROFILE]) == 0
    with opened(address, state) as ledger, ledger.snapshot():
        assert ledger.pushes()[0].rows == 60
        assert (ledger.row_words("one") == words(60)).all()
        assert ledger.baseline() == Baseline(60, NOW)
        assert [event.kind for event in ledger.events()] == [EventKind.BEGAN, EventKind.TRUSTED, EventKind.MOVED]
        assert ledger.cache.head.keys == {}
    path = Folder(state).path(ledger_name(ABOUT))
    path.with_suffix(".moved").rename(path)  # as where the computer died just before the file got its new name
    assert main(["ledger", "move", NAME, *PROFILE]) == 0
    with opened(address, state) as ledger, ledger.snapshot():
        assert (len(ledger.pushes()), ledger.baseline()) == (1, Baseline(60, NOW))
        assert len([event for event in ledger.events() if event.kind is EventKind.TRUSTED]) == 1
    with pytest.raises(PushRefused, match="in a team's database now"):
        Folder(state).refuse_if_elsewhere(NAME, ABOUT)
    assert main(["ledger", "check"]) == main(["ledger", "check", *PROFILE]) == 0


@pytest.mark.parametrize("moved", [True, False], ids=["moved", "broken off"])
def test_what_a_team_knows_is_not_sent_by_who_knows_of_no_team(
    state: Path, address: TeamAddress, home: Path, moved: bool
) -> None:
    assert main(["ledger", "move", NAME, *PROFILE]) == 0
    path = Folder(state).path(NAME)
    path.with_suffix(".moved").rename(path.with_suffix(".moved" if moved else ".sqlite"))
    with pytest.raises(PushRefused, match=rf"in a team's database now, as .*\.card says.*ledger move {NAME}"):
        Folder(state).refuse_if_elsewhere(NAME, ABOUT)
    if not moved:
        with Folder(state).open(NAME) as ledger:  # to be read
            assert [push.id for push in ledger.pushes()] == ["one"]


def test_what_one_team_knows_is_not_sent_by_way_of_another(state: Path, address: TeamAddress, server: Server) -> None:
    assert main(["ledger", "move", NAME, *PROFILE]) == 0
    database = TeamDatabase(TeamAddress(server.make("another")))
    try:
        with pytest.raises(PushRefused, match=r"in another team's database than .*, as .*\.card says"):
            Team(database.address, state, database).ledger(ABOUT, MADE)
    finally:
        database.close()


def test_until_it_is_moved_nothing_is_sent(state: Path, address: TeamAddress) -> None:
    database = TeamDatabase(address)
    try:
        with pytest.raises(PushRefused, match=rf"a ledger of its own.*ledger move {NAME}"):
            Team(address, state, database).refuse_if_elsewhere(NAME, ABOUT)
    finally:
        database.close()


def test_a_ledger_under_another_key_moves_in_with_sizes_and_counts(
    state: Path, address: TeamAddress, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = home / "other"
    with opened(address, other) as first, first.transaction():
        first.set_baseline(Baseline(10, NOW))
    with ledger_in(state) as ledger, ledger.transaction():
        ledger.put_push(a_push("two", 5, "q"))
        ledger.add_rows("two", blocks(words(5, seed=2)))
    assert main(["ledger", "move", NAME, *PROFILE]) == 6  # the team's key is not here
    assert "export-key FILE" in capsys.readouterr().err
    with TeamAddressKey(address, other, home / "team.key"):
        assert main(["ledger", "import-key", str(home / "team.key")]) == 0
    assert main(["ledger", "move", NAME, *PROFILE]) == 0
    assert "known only on computers that have it" in capsys.readouterr().out
    with opened(address, state) as team, team.snapshot():
        assert [(push.rows, push.state) for push in team.pushes()] == [
            (60, PushState.SUPERSEDED),
            (5, PushState.SUPERSEDED),
        ]
        (digest,) = team.cache.head.keys
        assert {(push.facts or {}).get("key") for push in team.pushes()} == {digest}
        assert team.baseline() is not None
        assert sum(operation.size for operation in team.operations("one")) == 60
    assert main(["ledger", "check", *PROFILE]) == 0


class TeamAddressKey:
    """The team's key, exported on another computer."""

    def __init__(self, address: TeamAddress, state: Path, path: Path) -> None:
        self._team, self._state, self._path = Team(address, state), state, path

    def __enter__(self) -> None:
        from toolkit.push.store import keys

        keys.export_key(self._state, self._team.key_id(), self._path)

    def __exit__(self, *failure: object) -> None:
        self._path.unlink()


def test_what_a_person_asks_of_a_ledger_of_the_team(
    state: Path, address: TeamAddress, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["ledger", "move", NAME, *PROFILE])
    with opened(address, state) as ledger, ledger.transaction():
        ledger.set_baseline(Baseline(60, NOW, trusted=False))
    with opened(address, state):
        assert main(["ledger", "trust", NAME, "--why", "I counted", *PROFILE]) == 6
        assert "is in use" in capsys.readouterr().err
        assert ledger.trust_command == f'analyst-toolkit ledger trust {NAME} --why "…" --profile {PROFILE[1]}'
    assert main(["ledger", "trust", NAME, "--why", "I counted", *PROFILE]) == 0
    with opened(address, state) as ledger:
        with ledger.snapshot():
            baseline = ledger.baseline()
        assert baseline
        assert baseline.trusted
        ledger.database.rows("DELETE FROM chunk")
    assert main(["ledger", "trust", NAME, "--why", "I counted", *PROFILE]) == 6
    assert "is damaged" in capsys.readouterr().err
    assert main(["ledger", "export-key", str(home / "k"), *PROFILE]) == 0
    assert main(["ledger", "export-key", str(home / "k"), *PROFILE]) == 2
    assert main(["ledger", "forget", NAME, "--yes", *PROFILE]) == 0
    assert Team(address, state).names() == []
    opened(address, state).close()
    assert main(["ledger", "check", "nothing", *PROFILE]) == 2
    assert main(["ledger", "check", "--profile", "other"]) == 2
