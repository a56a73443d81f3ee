"""The bookshop: how many books go onto a shelf at once, and how the shelf tells what became of them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tests.vendors.bookshop import api as declared
from toolkit.http import wire
from toolkit.http.answers import Classification
from toolkit.push import Batch, Memory, PushJob, Reconcile, Suspect, Target
from toolkit.sheets.check import Check
from toolkit.sheets.target import Takes
from toolkit.spec import Endpoint
from toolkit.vendors.base import Connection

BOOKS = Takes(declared.Book.fields, shown="api.bookshop.add_books")


class Shelf:
    """A shelf, as books are put there."""

    def __init__(self, connection: Connection, code: str) -> None:
        self._connection, self._code, self.session = connection, code, connection.session
        self.memory = connection.memory(f"shelves/{code}", f"shelf {code} at {connection.host}")

    def takes(self) -> Takes:
        return BOOKS

    def job(self, checked: Check) -> PushJob:
        return PushJob(Books(self._connection, self._code, self.memory, checked), checked)


class Books(Target):
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

    def find(self, positions: Sequence[int]) -> list[Mapping[str, Any] | None]:
        """The shelf is read once, however many books are looked for."""
        shelf = self._shop.books(self._shelf)
        titles = dict(zip(shelf["isbn"], shelf["title"], strict=True))
        return [{} if titles.get(self._rows[n]["isbn"]) == self._rows[n]["title"] else None for n in positions]
