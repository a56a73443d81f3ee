"""The ledgers of a team: each a schema of one PostgreSQL database, with the tables that a ledger's file has."""

import contextlib
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from toolkit import settings
from toolkit.errors import InputError, PushError, PushRefused
from toolkit.plain import message
from toolkit.push import disk
from toolkit.push.store import file, keys, sql
from toolkit.push.store.address import TeamAddress
from toolkit.push.store.card import Card
from toolkit.push.store.database import Damaged
from toolkit.push.store.examine import Condition, examine
from toolkit.push.store.ledger import StoredLedger, key_digest, ledger_name
from toolkit.push.store.postgres import TeamDatabase
from toolkit.push.store.tables import Head

SCHEMA = "toolkit_"  # before the name of a ledger
ABOUT_TABLES = "analyst-toolkit ledger, version "


class TeamLedger(StoredLedger):
    """One destination's memory in a team's database."""

    def __init__(self, database: TeamDatabase, name: str, card: Card, *, alone: bool) -> None:
        """`alone`: the connection serves this ledger only, and ends with it."""
        super().__init__(database, name, card)
        self.database: TeamDatabase = database
        self._alone = alone
        database.use(SCHEMA + name)

    def close(self) -> None:
        if self._alone:
            self.database.close()

    @property
    def trust_command(self) -> str:
        url = self.database.address.url
        of = (name for name in settings.profiles() if url in dict(settings.team_ledgers(name)))
        return " ".join([super().trust_command, "--profile", next(of, "NAME")])

    def version(self) -> int:
        (comment,) = self.database.row(sql.PG_VERSION, (f'"{SCHEMA}{self.name}"',)) or (None,)
        if not comment or not str(comment).startswith(ABOUT_TABLES):
            raise Damaged(message("it is no ledger"))
        return int(str(comment).removeprefix(ABOUT_TABLES))

    def write_version(self) -> None:
        self.database.rows(f"COMMENT ON SCHEMA \"{SCHEMA}{self.name}\" IS '{ABOUT_TABLES}{sql.VERSION}'")

    def in_dialect(self, statement: str) -> str:
        return sql.tables_in_postgres(statement)

    def _check_tables(self) -> None:
        there = {name for (name,) in self.database.execute(sql.PG_TABLES, (SCHEMA + self.name,))}
        if there != sql.table_names():
            raise Damaged(message("its tables"))

    def examine_database(self) -> None:
        """The server looks after its own pages; ours have checksums besides."""

    def _another_key(self) -> str:
        text = "the ledger of {about} was written with another key than that of the team. Nothing was sent"
        return message(text, about=self.about)


class Team:
    """A team's database, as seen from one computer. The key of the fingerprints stands in the state folder only.

    See `places.Place`.
    """

    def __init__(self, address: TeamAddress, state: Path, held: TeamDatabase | None = None) -> None:
        """`held`: the connection that holds the lock: what cannot be written through it any more is not sent."""
        self.address, self.state, self._held = address, state, held

    def __str__(self) -> str:
        return str(self.address)

    @contextlib.contextmanager
    def _connected(self) -> Iterator[TeamDatabase]:
        if self._held:
            yield self._held
            return
        with contextlib.closing(TeamDatabase(self.address)) as database:
            yield database

    def names(self) -> list[str]:
        with self._connected() as database:
            return [str(schema).removeprefix(SCHEMA) for (schema,) in database.rows(sql.PG_SCHEMAS)]

    def require(self, name: str) -> None:
        """InputError where there is none of this name."""
        if name not in (known := self.names()):
            text = "there is no ledger {name!r} at {place}; there are: {known}"
            raise InputError(message(text, name=name, place=self.address, known=", ".join(known) or "none"))

    def open(self, name: str) -> TeamLedger:
        return TeamLedger(TeamDatabase(self.address), name, self.card(name), alone=True)

    @contextlib.contextmanager
    def alone(self, name: str) -> Iterator[TeamLedger]:
        self.require(name)
        with self.open(name) as ledger:
            use(ledger.database, name, alone=True)
            yield ledger

    def examined(self, name: str) -> Condition:
        self.require(name)
        condition = Condition(name)
        with self.open(name) as ledger:
            examine(ledger, self.key, condition)
        return condition

    def problems(self, name: str) -> list[str]:
        """Its rows are not looked at, for there may be many."""
        try:
            with self.open(name) as ledger:
                ledger.checked_head()
                ledger.pushes()
        except PushError as problem:
            return [str(problem)]
        return []

    def forget(self, name: str) -> None:
        with self.alone(name) as ledger:
            ledger.database.rows(f'DROP SCHEMA "{SCHEMA}{name}" CASCADE')
        self.card(name).remove()

    def notes(self) -> list[str]:
        return []

    def key_id(self) -> str:
        """The digest of the team's key. The first ledger gives the team its key: that of whoever makes it."""
        with self._connected() as database:
            if database.row(sql.PG_VERSION, (sql.TEAM,)) == (None,):
                with _creating(database):
                    database.rows(f"CREATE SCHEMA IF NOT EXISTS {sql.TEAM}")
                    database.rows(f"COMMENT ON SCHEMA {sql.TEAM} IS '{ABOUT_TABLES}{sql.VERSION}'")
                    database.rows(sql.TEAM_TABLE)
                    if database.row(sql.READ_TEAM) is None:
                        key = keys.own_digest(self.state)
                        database.rows(sql.WRITE_TEAM, (json.dumps({"key": key, "by": disk.who()}),))
            return self._about_key(database, "key")

    @property
    def key(self) -> str:
        """The team's key.

        Raises:
            PushRefused: it is not on this computer; the message says who has it, and how it is handed on.
        """
        key = keys.key_with(self.state, self.key_id())
        if key is None:
            with self._connected() as database:
                who = self._about_key(database, "by").rpartition(":")[0]
            raise PushRefused(
                message(
                    "the team's ledger {name} is written with a key that is not on this computer, so that no row would "
                    "be known again. Nothing was sent. {who} has it: `analyst-toolkit ledger export-key FILE --profile "
                    "PROFILE` there, then `analyst-toolkit ledger import-key FILE` here",
                    name=self.address,
                    who=who or "?",
                )
            )
        return key

    @property
    def other_keys(self) -> dict[str, str]:
        return keys.others(self.state, key_digest(self.key))

    def _about_key(self, database: TeamDatabase, what: str) -> str:
        (content,) = database.row(sql.READ_TEAM) or ("{}",)
        return str(json.loads(content).get(what, ""))

    def ledger(self, about: str, now: str, *, moving: bool = False) -> TeamLedger:
        """`moving`: the ledger of this computer goes into it, and nobody else has it open.

        Raises:
            PushRefused: as `Place.ledger`.
        """
        assert self._held, "a destination is locked first"
        name, database = ledger_name(about), self._held
        key, card = self.key, self.card(name)
        try:
            if database.row(sql.PG_VERSION, (f'"{SCHEMA}{name}"',)) == (None,):
                self._refuse_if_lost(card, about)
                for other in self.names():
                    with self.open(other) as known:
                        file.refuse_if_the_same(about, known.about, other)
                _create(database, name, Head(about, now, key_digest(key)))
            ledger = TeamLedger(database, name, card, alone=False)
            if ledger.can_be_migrated:
                use(database, name, alone=True)
                ledger.migrate()
            use(database, name, alone=moving)
            head = ledger.check_identity(about, key)
        except Damaged as problem:
            text = (
                "the ledger of {about} at {name} is damaged ({what}). Nothing was sent. Restore the database; if an "
                "older copy of it is the newest there is, remove {card}, and what was sent since is not known any more"
            )
            raise PushRefused(
                message(text, about=about, name=self.address, what=problem.what, card=card.path)
            ) from None
        card.make(head.identity, head.made)
        ledger.leave_mark = card.count
        return ledger

    def refuse_if_elsewhere(self, name: str, about: str) -> None:
        if file.Folder(self.state).path(name).exists():
            raise PushRefused(
                message(
                    "this computer has a ledger of its own of {about}, and what it knows was sent is not known to the "
                    "team yet. Nothing was sent. `analyst-toolkit ledger move {name} --profile PROFILE` moves it there",
                    about=about,
                    name=name,
                )
            )

    def _refuse_if_lost(self, card: Card, about: str) -> None:
        if card.path.exists():
            raise PushRefused(
                message(
                    "the ledger of {about} is missing at {name}: it was there since {since} UTC. Without it nobody "
                    "knows which rows were sent. Nothing was sent. Restore the database; or, if nothing of what was "
                    "sent there matters any more, remove {card}",
                    about=about,
                    name=self.address,
                    since=card.read().since[:16] or "?",
                    card=card.path,
                )
            )
        for other in sorted(card.path.parent.glob(f"{card.path.stem.rpartition('-')[0]}-*.card")):
            text = (
                "the ledger of {about} is in another team's database than {name}, as {card} says: what is known there "
                "is not known here. Nothing was sent. Use the profile that names that one; or, if nothing of what was "
                "sent there matters any more, remove {card}"
            )
            raise PushRefused(message(text, about=about, name=self.address, card=other))

    def card(self, name: str) -> Card:
        place = hashlib.sha256(str(self.address).encode()).hexdigest()[:8]
        return Card(self.state / "team", f"{name}-{place}")


def use(database: TeamDatabase, name: str, *, alone: bool) -> None:
    """Let nobody forget the ledger, or move another into it, while it is open; with `alone`, nobody have it open.

    Raises:
        PushRefused: that is not possible now.
    """
    number = number_of(f"use of {name}")
    if database.rows(sql.PG_USE_ALONE if alone else sql.PG_USE, (number,)) != [(True,)]:
        text = "the ledger {name} is in use: a push has it open, or somebody moves or forgets it. Nothing was done"
        raise PushRefused(message(text, name=name))


def _create(database: TeamDatabase, name: str, head: Head) -> None:
    """A new ledger, whole or not at all; where two are made at once, the first one stays."""
    schema = SCHEMA + name
    with _creating(database):
        if database.row(sql.PG_VERSION, (f'"{schema}"',)) != (None,):
            return
        database.rows(f'CREATE SCHEMA "{schema}"')
        database.use(schema)
        database.script(sql.tables_in_postgres(sql.TABLES))
        for table in sql.PG_OUTSIDE:
            column = "words" if table == "row_block" else "content"
            database.rows(f"ALTER TABLE {table} ALTER COLUMN {column} SET STORAGE EXTERNAL")
        database.rows(sql.WRITE_HEAD, head.encoded())
        database.rows(f"COMMENT ON SCHEMA \"{schema}\" IS '{ABOUT_TABLES}{sql.VERSION}'")


@contextlib.contextmanager
def _creating(database: TeamDatabase) -> Iterator[None]:
    """One transaction that nobody else makes anything in."""
    database.rows(sql.PG_BEGIN_TEAM)
    try:
        database.rows(sql.PG_LOCK_TEAM, (number_of(sql.TEAM),))
        yield
        database.rows(sql.COMMIT)
    except BaseException:
        database.roll_back()
        raise


def number_of(text: str) -> int:
    """The number of an advisory lock."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)
