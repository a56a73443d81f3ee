"""Ledgers on disk for tests: opened anew as often as wanted, and without waiting for the disk."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from toolkit.push.states import Operation, Push, Stamp
from toolkit.push.store import sql
from toolkit.push.store.file import Folder, LedgerFile
from toolkit.push.store.rows import RowBlock

ABOUT = "system/11111"
MADE = "2026-01-01T00:00:00+00:00"
NOW = Stamp("boot", 1.0, 1_767_225_600.0)
BLOCK = 50


def opened(state: Path, about: str = ABOUT, durable: bool = False) -> LedgerFile:
    """The ledger of a destination; not `durable`, it does not wait for the disk, which takes most of the time."""
    ledger = Folder(state).ledger(about, MADE)
    if not durable:
        ledger.database.rows("PRAGMA synchronous = OFF")
    return ledger


@contextmanager
def ledger_in(state: Path) -> Iterator[LedgerFile]:
    with opened(state) as ledger:
        yield ledger


def words(rows: int, seed: int = 0) -> np.ndarray:
    """What some rows are known by: all different."""
    return np.random.default_rng(seed).integers(1, 2**64, (rows, 4), dtype=np.uint64)


def blocks(of: np.ndarray) -> list[RowBlock]:
    none = np.empty(0, np.uint32)
    return [RowBlock(of[i : i + BLOCK], none, b"block" + of[i].tobytes()) for i in range(0, len(of), BLOCK)]


def a_push(name: str, rows: int, key: str = "", lock: str = "11111") -> Push:
    return Push(id=name, what="send", lock=lock, where="there", started=MADE, rows=rows, key=key)


def add(
    ledger: LedgerFile, name: str, of: np.ndarray, sizes: list[int] | None = None, key: str = ""
) -> list[Operation]:
    """A push of these rows, cut into operations of these sizes."""
    edges = np.cumsum([0, *(sizes or [len(of)])]).tolist()
    with ledger.transaction():
        ledger.put_push(a_push(name, len(of), key))
        ledger.add_rows(name, blocks(of))
        parts = itertools.pairwise(edges)
        return [ledger.add_operation(Operation(0, name, ((a, b),), b - a)) for a, b in parts]


def next_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the tables had one column more from now on."""
    now = "chunk (id INTEGER PRIMARY KEY, content BLOB NOT NULL"
    monkeypatch.setattr(sql, "TABLES", sql.TABLES.replace(now, f"{now}, note INTEGER"))
    monkeypatch.setattr(
        sql, "MIGRATIONS", {**sql.MIGRATIONS, sql.VERSION: "ALTER TABLE chunk ADD COLUMN note INTEGER;"}
    )
    monkeypatch.setattr(sql, "WRITE_VERSION", f"PRAGMA user_version = {sql.VERSION + 1}")
    monkeypatch.setattr(sql, "VERSION", sql.VERSION + 1)
