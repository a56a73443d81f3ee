"""The ledger of one destination, whatever database it is in: what it is about, who may read it, what a purge leaves."""

import hashlib
from abc import abstractmethod
from typing import Self

from toolkit.errors import PushRefused
from toolkit.plain import message
from toolkit.push.states import EventKind, Stamp
from toolkit.push.store import sql
from toolkit.push.store.checksums import Damaged
from toolkit.push.store.records import Head, without_content
from toolkit.push.store.rows import RowTables


class StoredLedger(RowTables):
    """The memory of one destination. See `states.Ledger` for what it promises. A context manager."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None: ...

    @property
    @abstractmethod
    def name(self) -> str:
        """By which people name it in commands."""

    @abstractmethod
    def _check_tables(self) -> None: ...

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
        with self.database.transaction(lambda: None):
            for step in range(self.version(), sql.VERSION):
                for statement in filter(None, map(str.strip, sql.MIGRATIONS[step].split(";"))):
                    self.database.rows(self.in_dialect(statement))
            self.write_version()

    def in_dialect(self, statement: str) -> str:
        """A statement that makes or changes tables, as its database says it."""
        return statement

    @property
    def about(self) -> str:
        """Which destination it is the memory of."""
        with self.database.snapshot:
            return self.head.identity

    def head_of(self, about: str) -> Head:
        """Its head. Raise where it is not the ledger of that destination."""
        with self.database.snapshot:
            self.check_tables()
            head = self.head
        if head.identity != about:
            raise Damaged(message("it is of {identity}, not of {about}", identity=head.identity, about=about))
        return head

    def check_tables(self) -> None:
        """Raise where this is no ledger, one of another version, or not of the size that it says."""
        with self.database.snapshot:  # else another process may be making it longer
            self._check_tables()

    def require_version(self, version: int) -> None:
        """Raise where its tables are not those of this version."""
        if version != sql.VERSION:
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

    def purge(self, push: str, at: Stamp) -> None:
        """Take away what is known of a push's rows. Its sizes, times and marks stay: they explain later counts."""
        with self.transaction():
            self._forget_rows(push)
            self.event(at, EventKind.PURGED, push)
        self.database.forget_old_content()

    def _forget_rows(self, push: str) -> None:
        owner = self._changing(push)
        self.remove_rows(push)
        for operation in self.operations(push):
            self.put_operation(without_content(operation))
        for statement, tally in ((sql.REMOVE_RESULTS, "result"), (sql.REMOVE_BLAMES, "blame")):
            self.database.rows(statement, (owner.number,))
            owner.tallies.pop(tally, None)


def key_digest(key: str) -> str:
    """By which a ledger knows its key, and nobody learns it."""
    return hashlib.blake2b(b"ledger", key=key.encode(), digest_size=16).hexdigest()
