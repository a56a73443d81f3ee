"""The bookshop: what an analyst uses."""

from collections.abc import Mapping
from typing import Any

from tests.vendors.bookshop import api as declared
from tests.vendors.bookshop.push import BOOKS, Shelf
from toolkit.push import IfSent, OnBadRows, Options, Report, bulk_write
from toolkit.sheets.target import takes
from toolkit.vendors.base import VendorClient


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
