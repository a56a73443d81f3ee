"""The bookshop: what an analyst uses."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tests.vendors.bookshop import api as declared
from toolkit.http import wire
from toolkit.http.wire import Classification
from toolkit.push import (
    BaseTarget,
    Batch,
    IfSent,
    Memory,
    OnBadRows,
    Options,
    PushJob,
    Reconcile,
    Report,
    Suspect,
    bulk_write,
)
from toolkit.sheets.check import Check
from toolkit.sheets.target import Takes, takes
from toolkit.spec import Endpoint
from toolkit.vendors.base import Connection, VendorClient

BOOKS = Takes(declared.Book.fields, shown="api.bookshop.add_books")


class Bookshop(VendorClient, declared.Bookshop):
    """Books on shelves."""

    def __repr__(self) -> str:
        return f"<Bookshop at {self.connection.host}>"

    @takes(BOOKS)
    def add_books(
        self,
        shelf: str,
        rows: Any,
        *,
        if_sent: IfSent = "raise",
        on_bad_rows: OnBadRows = "skip",
        options: Options | Mapping[str, Any] | None = None,
    ) -> Report:
        """Put books on a shelf, and say what became of each. Where an answer leaves doubt, the shelf is read.

        Args:
            shelf: code of the shelf.
            rows: `isbn`, `title`, `price`.
            if_sent: what becomes of rows that were sent before.
            on_bad_rows: whether bad rows stop the others.
            options: of this push.
        """
        return bulk_write(rows, Shelf(self.connection, shelf), self.connection.policy(if_sent, on_bad_rows, options))


class Shelf:
    """A shelf, as books are put there."""

    def __init__(self, connection: Connection, code: str) -> None:
        self._connection, self._code, self.session = connection, code, connection.session
        self.memory = connection.memory(f"shelves/{code}", f"shelf {code} at {connection.host}")

    def takes(self) -> Takes:
        return BOOKS

    def job(self, checked: Check) -> PushJob:
        return PushJob(_Books(self._connection, self._code, self.memory, checked), checked)


class _Books(BaseTarget):
    """Where `add_books` sends its rows: many in a request, all or none; the shelf can be read."""

    what = "bookshop.add_books"
    reconcile = Reconcile.READ
    together = True
    repeatable = reads_refusals = True

    def __init__(self, connection: Connection, shelf: str, memory: Memory, checked: Check) -> None:
        self._shop, self._shelf = declared.Bookshop(connection.client), shelf
        cells = checked.wire()
        rows = zip(*cells.values(), strict=True)
        self._rows = [{name: v for name, v in zip(cells, row, strict=True) if v is not None} for row in rows]
        self._endpoint = connection.endpoint(declared.RawOnly.endpoints["post_books"])
        self.session, self.memory = connection.session, memory

    def request(self, batch: Batch) -> tuple[Endpoint, wire.Request]:
        books = [self._rows[position] for position in batch.positions]
        return self._endpoint, wire.request(self._endpoint, {"shelf": self._shelf, "books": books})

    def suspects(self, result: Classification, positions: np.ndarray) -> Sequence[Suspect]:
        """A book that is said to be there already may be one that an earlier request put there."""
        return [s._replace(certain=s.message != declared.TAKEN) for s in super().suspects(result, positions)]

    def find(self, position: int) -> Mapping[str, Any] | None:
        wanted, found = self._rows[position], self._shop.books(self._shelf)
        same = found[found["isbn"] == wanted["isbn"]]
        return {} if len(same) and same["title"].iloc[0] == wanted["title"] else None
