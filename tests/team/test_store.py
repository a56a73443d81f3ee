"""The ledger in PostgreSQL is the one in SQLite and in memory: the same tables, the same code above them."""

import contextlib
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings

from tests.push.store_kit import ABOUT, MADE, NOW, add, next_version, words
from tests.push.test_store_equals_memory import BothLedgers
from toolkit.errors import PushError, PushRefused
from toolkit.push.states import Baseline, EventKind, State
from toolkit.push.store import sql
from toolkit.push.store.address import TeamAddress
from toolkit.push.store.database import Damaged
from toolkit.push.store.postgres import TeamDatabase
from toolkit.push.store.team import Team, TeamLedger

from .server import Server

pytestmark = pytest.mark.slow


def opened(address: TeamAddress, state: Path, about: str = ABOUT) -> TeamLedger:
    database = TeamDatabase(address)
    try:
        ledger = Team(address, state, database).ledger(about, MADE)
    except BaseException:
        database.close()
        raise
    ledger._alone = True
    return ledger


@pytest.fixture
def state(tmp_path: Path) -> Path:
    (tmp_path / "state").mkdir()
    return tmp_path / "state"


def test_what_is_written_is_read_again(address: TeamAddress, state: Path) -> None:
    with opened(address, state) as ledger:
        operations = add(ledger, "one", words(120), sizes=[50, 70], key="k")
        with ledger.transaction():
            ledger.set_baseline(Baseline(120, NOW))
            ledger.keep_results("one", {3: {"id": "ñ\x00"}})
            ledger.event(NOW, EventKind.BEGAN, "one")
    with opened(address, state) as again:
        assert [o.size for o in again.operations("one")] == [o.size for o in operations]
        assert np.array_equal(again.row_words("one"), words(120))
        assert again.results("one") == {3: {"id": "ñ\x00"}}
        with again.snapshot():
            assert again.baseline() == Baseline(120, NOW)
        assert again.push_with_key("11111", "k") is not None
        again.purge("one", NOW)
        assert len(again.row_words("one")) == 0


def test_both_say_the_same_as_the_one_in_memory(address: TeamAddress, state: Path) -> None:
    numbers = iter(range(1_000_000))

    class Both(BothLedgers):
        def __init__(self) -> None:
            self._name = f"{ABOUT}/{next(numbers)}"
            super().__init__()

        def opened(self) -> TeamLedger:
            return opened(address, state, self._name)

    Both.TestCase.settings = settings(max_examples=5, stateful_step_count=20, deadline=None)
    Both.TestCase("runTest").runTest()


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        ("UPDATE operation SET size = 7 WHERE id = 1", "operation"),
        ("DELETE FROM operation WHERE id = 1", "operation"),
        (
            "UPDATE row_block SET words = set_byte(words, 9, 255 - get_byte(words, 9)) WHERE number = 0",
            "rows of push",
        ),
        ("DELETE FROM event", "history"),
        ("UPDATE head SET content = replace(content, ':1', ':2')", "head"),
        ("DELETE FROM chunk", "chunk"),
    ],
)
def test_what_was_changed_by_another_is_noticed(
    damage: str, what: str, server: Server, address: TeamAddress, state: Path
) -> None:
    with opened(address, state) as ledger:
        add(ledger, "one", words(60))
        with ledger.transaction():
            ledger.event(NOW, EventKind.BEGAN, "one")
        ledger.database.rows(damage)
    with pytest.raises((Damaged, PushRefused), match=what), opened(address, state) as ledger:
        look_at_all(ledger)


def look_at_all(ledger: TeamLedger) -> None:
    ledger.operations("one")
    ledger.row_words("one")
    ledger.events()
    ledger.sent_before(words(60)[:, :2])


def test_a_missing_ledger_and_another_version_are_refused(address: TeamAddress, state: Path, monkeypatch: Any) -> None:
    opened(address, state).close()
    with monkeypatch.context() as newer:
        newer.setattr(sql, "VERSION", sql.VERSION + 1)
        with pytest.raises(PushRefused, match="an older version"):
            opened(address, state)
    with contextlib.closing(TeamDatabase(address)) as database:
        (name,) = Team(address, state).names()
        database.rows(f'DROP SCHEMA "toolkit_{name}" CASCADE')
    with pytest.raises(PushRefused, match=r"is missing at 127\.0\.0\.1"):
        opened(address, state)


def test_a_destination_that_says_otherwise_when_it_was_made_gets_no_second_ledger(
    address: TeamAddress, state: Path
) -> None:
    opened(address, state, "system/x/11 20190816144428").close()
    with pytest.raises(PushRefused, match="made at another time"):
        opened(address, state, "system/x/11")


def test_a_database_that_was_restored_from_an_older_copy_is_refused(address: TeamAddress, state: Path) -> None:
    """The mark of each computer that pushed since tells."""
    with opened(address, state) as ledger:
        (older,) = ledger.database.rows(sql.READ_HEAD)
        add(ledger, "one", words(10))
        ledger.database.rows(sql.WRITE_HEAD, older)
    with pytest.raises(PushRefused, match=r"older copy .* Restore the database; .* remove (\S+\.card)") as refused:
        opened(address, state)
    Path(re.search(r"\S+\.card", str(refused.value))[0]).unlink()  # type: ignore[index]
    opened(address, state).close()


def test_two_write_one_after_the_other(address: TeamAddress, state: Path) -> None:
    with opened(address, state) as one, opened(address, state) as other:
        add(one, "one", words(10))
        add(other, "two", words(10, seed=1))
        assert {p.id for p in one.pushes()} == {p.id for p in other.pushes()} == {"one", "two"}
        with one.transaction():
            one.event(NOW, EventKind.BEGAN, "one")
            other.database.rows("SET lock_timeout = '50ms'")
            with pytest.raises(PushError, match="cannot be used"), other.transaction():
                pass
        assert len(other.events()) == 1


def test_the_key_is_the_teams_and_not_in_the_database(
    server: Server, url: str, address: TeamAddress, tmp_path: Path
) -> None:
    from toolkit.push.store import keys

    ana, luis = tmp_path / "ana", tmp_path / "luis"
    ana.mkdir()
    luis.mkdir()
    opened(address, ana).close()
    with pytest.raises(PushRefused, match=r"export-key FILE.*import-key FILE"):
        opened(address, luis)
    with contextlib.closing(TeamDatabase(address)) as database:
        team = Team(address, ana, database)
        keys.export_key(ana, team.key_id(), tmp_path / "team.key")
    assert keys.import_key(luis, tmp_path / "team.key")
    opened(address, luis).close()
    key = (ana / "key").read_text(encoding="ascii")
    database_name = url.rpartition("/")[2]
    for schema, table in server.sql(
        "SELECT schemaname, tablename FROM pg_tables WHERE schemaname LIKE 'toolkit%'", database_name
    ):
        rows = server.sql(f'SELECT t::text FROM "{schema}"."{table}" t', database_name)
        assert not [row for row in rows if key in str(row)]


def test_the_states_of_a_ledger_are_plain_texts(address: TeamAddress, state: Path) -> None:
    with opened(address, state) as ledger:
        add(ledger, "one", words(3))
        assert ledger.database.rows("SELECT state FROM operation") == [(str(State.PLANNED),)]


def test_older_tables_are_brought_to_this_version(
    server: Server, url: str, address: TeamAddress, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(address, state) as ledger:
        add(ledger, "one", words(10))
    next_version(monkeypatch)
    with opened(address, state) as ledger:
        assert ledger.version() == sql.VERSION
        assert ledger.database.rows("SELECT count(*) FROM chunk WHERE note = 7") == [(0,)]
        assert len(ledger.row_words("one")) == 10
