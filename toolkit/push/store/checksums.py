"""Checksums of our own: SQLite has none, and a flipped bit in a fingerprint would send a row twice."""

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from toolkit.errors import PushError
from toolkit.plain import message

MODULUS = 1 << 32
NONE = (0, 0)


class Damaged(PushError):
    """Something in a ledger is not what was written."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(
            message(
                "the ledger is damaged ({what}); nothing more was sent. `analyst-toolkit ledger check` says "
                "what is known, and how to go on",
                what=what,
            )
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


@dataclass(eq=False, kw_only=True)
class Tallied:
    """What counts rows of tables, and adds up their checksums: a row that vanishes is noticed."""

    tallies: dict[str, list[int]] = field(default_factory=dict)  # a number of rows, and the sum of their checksums

    def count(self, name: str) -> int:
        """How many rows there are."""
        return self.tallies.get(name, NONE)[0]

    def change(self, name: str, before: int | None, after: int | None) -> None:
        """A row had the one checksum, and now has the other; None: there was, or is, no such row."""
        count, total = self.tallies.get(name, NONE)
        count += (after is not None) - (before is not None)
        self.tallies[name] = [count, (total + (after or 0) - (before or 0)) % MODULUS]

    def counted(self, name: str, checksums: Sequence[Any]) -> bool:
        """Whether these are the rows that it counted."""
        count, total = self.tallies.get(name, NONE)
        try:
            return len(checksums) == count and sum(checksums) % MODULUS == total
        except TypeError:  # what should be a number is none
            return False

    def check(self, name: str, checksums: Sequence[Any], what: str) -> None:
        """Raise where these are not the rows that it counted."""
        if not self.counted(name, checksums):
            raise Damaged(
                message("{what}: {count:,} were written, and these are not they", what=what, count=self.count(name))
            )
