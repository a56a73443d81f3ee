"""Checksums of our own: SQLite has none, and a flipped bit in a fingerprint would send a row twice."""

import json
import zlib
from collections.abc import Iterable
from typing import Any

from toolkit.errors import PushError

MODULUS = 1 << 32


class Damaged(PushError):
    """Something in a ledger is not what was written."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(
            f"the ledger is damaged ({what}); nothing more was sent. `analyst-toolkit ledger check` says what is "
            "known, and how to go on"
        )


def checksum(*contents: bytes) -> int:
    """CRC-32 of stored bytes."""
    value = 0
    for content in contents:
        value = zlib.crc32(content, value)
    return value


as_json = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=str
).encode  # compact, always the same for the same value


def checksum_of(*values: Any) -> int:
    """That of the values of one row of a table."""
    return zlib.crc32(as_json(values).encode())


def as_bytes(value: Any) -> bytes:
    """What should be a stored block; empty where damage made something else of it."""
    return value if isinstance(value, bytes) else b""


class Tally:
    """How many rows a table has, and the sum of their checksums: a row that vanishes is noticed."""

    def __init__(self, count: int = 0, total: int = 0) -> None:
        self.count, self.total = count, total

    def change(self, before: int | None, after: int | None) -> None:
        """A row had the one checksum, and now has the other; None: there was, or is, no such row."""
        self.count += (after is not None) - (before is not None)
        self.total = (self.total + (after or 0) - (before or 0)) % MODULUS

    def counted(self, checksums: Iterable[Any]) -> bool:
        """Whether these are the rows that it counted."""
        values = [*checksums]
        try:
            return len(values) == self.count and sum(values) % MODULUS == self.total
        except TypeError:  # what should be a number is none
            return False

    def check(self, checksums: Iterable[Any], what: str) -> None:
        """Raise where these are not the rows that it counted."""
        if not self.counted(checksums):
            raise Damaged(f"{what}: {self.count:,} were written, and these are not they")
