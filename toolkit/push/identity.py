"""Which rows are the same rows: keyed fingerprints, and what changed between two frames."""

import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pandas.util import hash_array

from toolkit.errors import PushRefused
from toolkit.plain import mark, message
from toolkit.push import disk

WORDS = 4  # of 64 bits, by which a row is known
PART = 50_000  # rows of them that are read or written at a time
PRINT, LABEL, CELL = slice(0, 2), 2, 3  # what is sent; the label; one telling cell
SAMPLE = 1_000  # rows that show which column tells them apart
WITHOUT_KEY = mark(
    "Without it no row that was sent is known again, so that all would be sent once more. Nothing was sent. Put the "
    "file back from a backup; or, if nothing of what was sent matters any more, `analyst-toolkit ledger forget --all` "
    "begins anew"
)
APART = "\x1f"  # stands between the cells of a row


def user_key(folder: Path) -> str:
    """The secret of this user that keys the fingerprints: without it nobody can try phone numbers against a journal."""
    path = folder / "key"
    if not path.exists():
        if any((folder / "ledgers").glob("*.sqlite")):
            raise PushRefused(
                message("the key of the fingerprints is gone: {path}. {way}", path=path, way=message(WITHOUT_KEY))
            )
        draft = disk.private_file(folder / f"key.{secrets.token_hex(4)}")
        with draft.open("w", encoding="ascii") as file:
            file.write(secrets.token_hex(16))
            disk.sync_file(file)  # without it, no row would be known again
        disk.appear(draft, path)
    key = disk.private_file(path).read_text(encoding="ascii", errors="replace")
    if not re.fullmatch("[0-9a-f]{32}", key):
        raise PushRefused(
            message("the key of the fingerprints is damaged: {path}. {way}", path=path, way=message(WITHOUT_KEY))
        )
    return key


def key_about(key: str, scope: str) -> str:
    """The key for rows of one memory, as a database's or an envelope's: those of two never look alike."""
    return hashlib.blake2b(scope.encode(), key=key.encode(), digest_size=16).hexdigest()


def word_of(text: str) -> int:
    """64 bits that stand for a text, never zero."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little") or 1


class Fingerprints:
    """Two 64-bit words a row, of the values as they are sent; an empty cell is as good as no column.

    A row is hashed as one text: that takes half the time of hashing cell by cell.
    """

    def __init__(self, key: str) -> None:
        self._halves = [half.encode() for half in (key[:16], key[16:])]
        self._own: dict[tuple[str, ...], list[str]] = {}  # what keys the hashes of rows with these columns

    def of(self, columns: Mapping[str, list[Any]], size: int) -> np.ndarray:
        """Those of some rows, given column by column."""
        try:
            return self._hashed(columns, size)
        except TypeError:  # a cell is empty, or holds no text
            texts = {name: _texts(values) for name, values in columns.items()}
        partly = [name for name, values in columns.items() if None in values]
        if not partly:
            return self._hashed(texts, size)
        words = np.zeros((size, 2), dtype=np.uint64)
        empties = np.array([[v is None for v in columns[name]] for name in partly])
        patterns, pattern = np.unique(empties, axis=1, return_inverse=True)
        for n, empty in enumerate(patterns.T):
            rows = np.flatnonzero(pattern == n).tolist()
            left = columns.keys() - {name for name, blank in zip(partly, empty, strict=True) if blank}
            here = {name: [values[i] for i in rows] for name, values in texts.items() if name in left}
            words[rows] = self._hashed(here, len(rows))
        return words

    def _hashed(self, columns: Mapping[str, list[str]], size: int) -> np.ndarray:
        """Those of rows whose cells all hold text."""
        names, words = tuple(columns), np.zeros((size, 2), dtype=np.uint64)
        if names and names not in self._own:
            text = APART.join(names).encode()
            self._own[names] = [hashlib.blake2b(text, key=key, digest_size=8).hexdigest() for key in self._halves]
        rows = np.array(_rows([*columns.values()]), dtype=object)
        for word, own in enumerate(self._own.get(names, ())):
            words[:, word] = hash_array(rows, hash_key=own, categorize=False)
        return words


def rows_key(words: np.ndarray, what: str) -> str:
    """The identity of a push of these rows, in any order: keyed words may be added up."""
    total = words[:, PRINT].sum(axis=0, dtype=np.uint64).tolist()
    return hashlib.sha256(f"{what}\n{len(words)} {total}".encode()).hexdigest()


def _rows(columns: Sequence[list[str]]) -> list[str]:
    """Each row as one text that no other row has. Where a cell holds the separator itself, it is the form of Python."""
    rows = list(map(APART.join, zip(*columns, strict=True)))
    inside = APART.join(rows).count(APART) > len(rows) * len(columns) - 1
    if inside:
        wanted = len(columns) - 1
        cells = zip(*columns, strict=True)
        rows = [
            r if r.count(APART) == wanted else f"{APART * (wanted + 1)}{c!r}" for r, c in zip(rows, cells, strict=True)
        ]
    return rows


def _texts(values: list[Any]) -> list[str]:
    """Values as text; what is not text by its kind and value."""
    if set(map(type, values)) <= {str}:
        return values
    return [v if type(v) is str else f"\x00{type(v).__name__}:{v!r}" for v in values]


def of_labels(index: pd.Index, key: str) -> np.ndarray:
    """One 64-bit word a row, of the index label."""
    return pd.util.hash_pandas_object(index, hash_key=key[:16]).to_numpy()


def of_cells(values: list[Any], key: str) -> np.ndarray:
    """One 64-bit word a row, of one cell; 0 where it is empty."""
    words = hash_array(np.array(_texts(values), dtype=object), hash_key=key[:16], categorize=False)
    return np.where([v is not None for v in values], words, np.uint64(0)) if None in values else words


def of_names(columns: Mapping[str, list[Any]], key: str) -> np.ndarray:
    """One 64-bit word a row, of the cells that name it, in small letters; 0 where one of them is empty.

    Words of other columns never look like these.
    """
    rows = zip(*columns.values(), strict=True)
    names = [None if None in row else APART.join(map(str, row)).casefold() for row in rows]
    return of_cells(names, key_about(key, APART.join(columns)))


def sample(size: int) -> np.ndarray:
    """Positions that show which column tells rows apart."""
    return np.unique(np.linspace(0, max(0, size - 1), min(size, SAMPLE), dtype=np.int64))


def most_distinctive_column(columns: Mapping[str, list[Any]]) -> str:
    """The column that tells rows apart best, as an e-mail or a number does; "" where none tells most of them."""
    distinct = {name: len({*_texts(values)}) for name, values in columns.items()}
    best = max(distinct, key=lambda name: distinct[name], default="")
    return best if best and distinct[best] > len(columns[best]) / 2 else ""


def short(text: str) -> str:
    """A file name for a destination."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def align(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """For each row of the journal, where the same row stands in the new frame (same rows, any order)."""
    if np.array_equal(old, new):  # spares sorting both
        return np.arange(len(old))
    where = np.empty(len(old), dtype=np.int64)
    where[_order(old)] = _order(new)
    return where


def _order(prints: np.ndarray) -> np.ndarray:
    return np.lexsort((prints[:, 1], prints[:, 0]))  # stable: twins keep their order


def occurrences(prints: np.ndarray) -> pd.Series:
    """Which occurrence of its fingerprint each row is (0 for the first): legitimate twins stay twins."""
    pairs = pd.DataFrame(prints)
    return pairs.groupby([0, 1], sort=False).cumcount()


def counterparts(prints: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Where each row stands among others, twin for twin; -1 where it does not."""
    return np.asarray(_twins(others).get_indexer(_twins(prints)))


def _twins(prints: np.ndarray) -> pd.MultiIndex:
    return pd.MultiIndex.from_arrays([prints[:, 0], prints[:, 1], occurrences(prints)])
