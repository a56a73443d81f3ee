"""The ledger of one destination, whatever database it is in: what it is about, who may read it, what a purge leaves."""

import hashlib
import json
from abc import abstractmethod
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple, Self

from toolkit.errors import PushRefused
from toolkit.http.secrets import scrub
from toolkit.plain import message
from toolkit.push.states import EventKind, Stamp
from toolkit.push.store import sql
from toolkit.push.store.card import Card
from toolkit.push.store.database import WRITING, Connection, Damaged
from toolkit.push.store.operations import without_content
from toolkit.push.store.rows import RowTables
from toolkit.push.store.tables import NO_ROW, Head, Row, as_json, checked, consistent, with_checksum


class Event(NamedTuple):
    """Something that happened, as the ledger keeps it."""

    at: Stamp
    kind: EventKind
    push: str
    details: dict[str, Any]


class StoredLedger(RowTables):
    """The memory of one destination. See `states.Ledger` for what it promises. A context manager."""

    def __init__(self, database: Connection, name: str, card: Card) -> None:
        """`name`: by which people name it in commands."""
        super().__init__(database)
        self.name, self.card = name, card

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None: ...

    @property
    def trust_command(self) -> str:
        """By which a person says that its counter may be trusted again."""
        return message('analyst-toolkit ledger trust {name} --why "…"', name=self.name)

    @abstractmethod
    def examine_database(self) -> None:
        """Raise where the database itself says that it is damaged."""

    @abstractmethod
    def version(self) -> int:
        """That of its tables; Damaged where it has none."""

    @abstractmethod
    def write_version(self) -> None:
        """Its tables are those of this version now."""

    @property
    def can_be_migrated(self) -> bool:
        """Whether its tables are older, and there is a way from each version to the next."""
        steps = range(self.version(), sql.VERSION)
        return bool(steps) and all(step in sql.MIGRATIONS for step in steps)

    def migrate(self) -> None:
        """Bring its tables to this version, all of it or nothing. Nobody else may have it open."""
        self.database.rows(self.database.begins[WRITING])
        try:
            for step in range(self.version(), sql.VERSION):
                for statement in filter(None, map(str.strip, sql.MIGRATIONS[step].split(";"))):
                    self.database.rows(self.in_dialect(statement))
            self.write_version()
            self.database.rows(sql.COMMIT)
        except BaseException:
            self.database.roll_back()
            raise

    def in_dialect(self, statement: str) -> str:
        """A statement that makes or changes tables, as its database says it."""
        return statement

    @property
    @consistent
    def about(self) -> str:
        """Which destination it is the memory of."""
        return self.cache.head.identity

    def check_identity(self, about: str, key: str) -> Head:
        """Its head. Raise PushRefused where it is not one of this key, or not the ledger of that destination."""
        head = self.checked_head()
        if head.identity != about:
            text = (
                "the ledger {name} is that of {identity}, not of {about}: it stands in the place of another. Nothing "
                "was sent. Move it back under its own name; then put the right one back from a backup, or, if nothing "
                "of what was sent there matters any more, `analyst-toolkit ledger forget {name}` begins a new one"
            )
            raise PushRefused(message(text, name=self.name, identity=head.identity, about=about))
        if head.key != key_digest(key):
            raise PushRefused(self._another_key())
        return head

    @abstractmethod
    def _another_key(self) -> str:
        """What to say where it was written with another key."""

    def checked_head(self) -> Head:
        """Its head. Raise where this is no ledger, one of another version or size than it says, or an older copy."""
        self.require_version(self.version())
        writes = self.card.read().writes  # before the head is read: others write meanwhile
        with self.snapshot():
            self._check_tables()
            head = self.cache.head
            if (missing := writes - head.writes) > 0:
                text = "an older copy took its place, without the last {missing:,} changes"
                raise Damaged(message(text, missing=missing))
            return head

    @abstractmethod
    def _check_tables(self) -> None: ...

    def require_version(self, version: int) -> None:
        """Raise where its tables are not those of this version, nor become those when it is next written to."""
        if version != sql.VERSION and not self.can_be_migrated:
            newer = message("a newer version") if version > sql.VERSION else message("an older version")
            raise PushRefused(
                message(
                    "the ledger {name} was written by {which} of analyst-toolkit (its tables have version {version}, "
                    "these are {ours}). Nothing was sent. Use that version, or update this one",
                    name=self.name,
                    which=newer,
                    version=version,
                    ours=sql.VERSION,
                )
            )

    def confirm(self) -> None:
        """Raise PushError where another process may push there by now: nothing may be sent then."""
        self.database.confirm()

    # ── what came back for rows ──

    def keep_results(self, push: str, results: Mapping[int, Mapping[str, Any]]) -> None:
        """Add to what the vendor gave back for rows, by position in the push."""
        for position, values in results.items():
            self._put_content("result", push, position, partial(_added, values))

    def results(self, push: str) -> dict[int, dict[str, Any]]:
        return self._contents("result", push)

    def blame(self, push: str, position: int, error: str, column: str | None) -> None:
        """Say why a row was refused."""
        self._put_content("blame", push, position, lambda _: [scrub(error), column])

    def blames(self, push: str) -> dict[int, tuple[str, str | None]]:
        return {position: (error, column) for position, (error, column) in self._contents("blame", push).items()}

    def _put_content(self, table: str, push: str, position: int, changed: Callable[[Any], Any]) -> None:
        """Write what a table says of a row, `changed` from what it said before, or None."""
        owner = self.changing_push(push)
        key = owner.number, int(position)
        before = self.database.execute(sql.READ_CONTENT[table], key).fetchone()
        earlier = json.loads(checked(table, (*key, *before), f"a {table} of push {push}")[-1]) if before else None
        row = with_checksum(table, *key, as_json(changed(earlier)))
        self.database.execute(sql.PUT_CONTENT[table], row)
        owner.change(before or NO_ROW, [table], row, [table])

    @consistent
    def _contents(self, table: str, push: str) -> dict[int, Any]:
        owner, what = self.cache.pushes.get(push) or self.push_row(push), f"a {table} of push {push}"
        if table not in owner.tallies:
            return {}
        rows = self.database.execute(sql.READ_CONTENTS[table], (owner.number,)).fetchall()
        owner.check(table, rows, what)
        return {row[0]: json.loads(checked(table, (owner.number, *row), what)[-1]) for row in rows}

    # ── what happened ──

    def event(self, at: Stamp, kind: EventKind, push: str = "", **details: Any) -> None:
        """Add to the history."""
        cache = self.cache
        cache.new_events.append((push, scrub(as_json([at.epoch, at.monotonic, at.wall, kind, details]))))
        cache.changed = True

    @consistent
    def events(self) -> list[Event]:
        """The history."""
        if self.cache.changed:
            self._write_changes()
        rows = self.database.execute(sql.READ_EVENTS).fetchall()
        self.cache.head.check("event", rows, "its history")
        return [decode_event(checked("event", row, f"event {row[0]}")) for row in rows]

    def purge(self, push: str, at: Stamp) -> None:
        """Take away what is known of a push's rows. Its sizes, times and marks stay: they explain later counts."""
        with self.transaction():
            self._forget_rows(push)
            self.event(at, EventKind.PURGED, push)
        self.database.forget_old_content()

    def _forget_rows(self, push: str) -> None:
        owner = self.changing_push(push)
        self.remove_rows(push)
        for operation in self.operations(push):
            self.put_operation(without_content(operation))
        for table, statement in sql.REMOVE_CONTENTS.items():
            self.database.execute(statement, (owner.number,))
            owner.tallies.pop(table, None)


def _added(new: Mapping[str, Any], earlier: dict[str, Any] | None) -> dict[str, Any]:
    return {**(earlier or {}), **new}


def decode_event(values: Row) -> Event:
    _, push, content = values
    *at, kind, details = json.loads(content)
    return Event(Stamp(*at), EventKind(kind), push, details)


def ledger_name(about: str) -> str:
    """That of the ledger of a destination, by what it is about (`Memory.about`); its system stands first in both."""
    return f"{about.partition('/')[0]}-{hashlib.sha256(about.encode()).hexdigest()[:12]}"


def key_digest(key: str) -> str:
    """By which a ledger knows its key, and nobody learns it."""
    return hashlib.blake2b(b"ledger", key=key.encode(), digest_size=16).hexdigest()
