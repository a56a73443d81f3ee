"""Checksums of our own: SQLite has none, and a flipped bit in a fingerprint sends a row twice."""

import json
import zlib
from typing import Any


def checksum(content: bytes) -> int:
    """CRC-32 of stored bytes."""
    return zlib.crc32(content)


def checksum_of(*values: Any) -> int:
    """That of the values of one row of a table."""
    return zlib.crc32(json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode())
