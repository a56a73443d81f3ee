"""Which rows are the same rows: keyed fingerprints, and what changed between two frames."""

import hashlib
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pandas.util import hash_array

from toolkit.errors import PushRefused
from toolkit.plain import mark, message
from toolkit.push import disk
from toolkit.sheets.alike import name_key

WORDS = 4  # of 64 bits, by which a row is known
PART = 50_000  # rows of them that are read or written at a time
PRINT, LABEL, CELL = slice(0, 2), 2, 3  # what is sent; the label; one cell that tells rows apart
SPELLING = LABEL  # of things that are named by their label, which tells them apart: that in any spelling
SAMPLE = 1_000  # rows that show which column tells them apart
WITHOUT_KEY = mark(
    "Without it no row that was sent is known again, so that all would be sent once more. Nothing was sent. Put the "
    "file back from a backup; or, if nothing of what was sent matters any more, `analyst-toolkit ledger forget --all` "
    "begins anew"
)
APART, BETWEEN = "\x1f", "\x1e"  # stand between the cells of a row, and between rows


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
        self._own: dict[tuple[str, ...], list[str]] = {(): []}  # what keys the hashes of rows with these cells

    def of(self, columns: Mapping[str, list[Any]], size: int) -> np.ndarray:
        """Those of some rows, given column by column."""
        words = np.zeros((size, 2), dtype=np.uint64)
        if not columns or not size:
            return words
        try:
            gaps, rows = _rows([*columns.values()])
        except (TypeError, ValueError):  # a cell holds no text, or an empty one
            gaps, rows = _rows([_texts(values) for values in columns.values()])
        for places, missing in _patterns(gaps, size):
            names = tuple([name for n, name in enumerate(columns) if n not in missing])
            for word, own in enumerate(self._keys(names)):
                words[places, word] = hash_array(rows[places], hash_key=own, categorize=False)
        return words

    def _keys(self, names: tuple[str, ...]) -> list[str]:
        """What keys the words of rows with these cells; nothing for rows without any."""
        if names not in self._own:
            text = APART.join(names).encode()
            self._own[names] = [hashlib.blake2b(text, key=key, digest_size=8).hexdigest() for key in self._halves]
        return self._own[names]


def _patterns(gaps: Mapping[int, np.ndarray], size: int) -> Iterator[tuple[Any, set[int]]]:
    """Rows in which the same cells are missing: where they are, and the numbers of these columns."""
    if not gaps:
        yield slice(None), set()
        return
    pattern = np.zeros(size, dtype=np.int64)
    for empty in gaps.values():
        pattern = 2 * pattern + empty
        if pattern.max() > size:
            pattern = np.unique(pattern, return_inverse=True)[1]
    for n in np.flatnonzero(np.bincount(pattern)):
        places = np.flatnonzero(pattern == n)
        yield places, {column for column, empty in gaps.items() if empty[places[0]]}


def rows_key(words: np.ndarray, what: str) -> str:
    """The identity of a push of these rows, in any order: keyed words may be added up."""
    total = words[:, PRINT].sum(axis=0, dtype=np.uint64).tolist()
    return hashlib.sha256(f"{what}\n{len(words)} {total}".encode()).hexdigest()


def _rows(columns: Sequence[list[Any]]) -> tuple[dict[int, np.ndarray], np.ndarray]:
    """Of the columns with gaps, where these are; and each row as bytes that no other row with the same cells has.

    Rows are encoded together, and the hash takes bytes as they are: one by one, and for both words, took three times
    as long.

    Raises:
        TypeError, ValueError: a cell holds no text, or an empty one.
    """
    gaps = {n: _empty(values) for n, values in enumerate(columns) if not all(values)}
    cells = zip(*columns, strict=True)
    rows = [APART.join(filter(None, row)) for row in cells] if gaps else [*map(APART.join, cells)]
    together = BETWEEN.join(rows).encode()
    encoded = together.split(BETWEEN.encode())
    marks = len(rows) * (len(columns) - 1) - sum([int(empty.sum()) for empty in gaps.values()])
    if len(encoded) != len(rows) or together.count(APART.encode()) != marks:  # a cell holds a mark itself
        encoded = [_unlike_others([*filter(None, row)]) for row in zip(*columns, strict=True)]
    return gaps, np.array(encoded, dtype=object)


def _empty(values: list[Any]) -> np.ndarray:
    """Where nothing is."""
    empty = np.frombuffer(bytes([value is None for value in values]), bool)  # half the time of an array of a list
    if len([*filter(None, values)]) + empty.sum() < len(values):
        raise TypeError
    return empty


def _unlike_others(cells: list[str]) -> bytes:
    """A row as bytes; where a cell holds a mark itself, in the form of Python, with one mark more than others have."""
    text = APART.join(cells)
    marked = text.count(APART) >= len(cells) or BETWEEN in text
    return (f"{APART * len(cells)}{cells!r}" if marked else text).encode()


def _texts(values: list[Any]) -> list[str | None]:
    """Values as text; what is not text, and an empty one, by its kind and value."""
    return [v if v is None or (v and type(v) is str) else f"\x00{type(v).__name__}:{v!r}" for v in values]


def of_labels(index: pd.Index, key: str) -> np.ndarray:
    """One 64-bit word a row, of the index label."""
    return pd.util.hash_pandas_object(index, hash_key=key[:16]).to_numpy()


def of_spellings(index: pd.Index, key: str) -> np.ndarray:
    """One 64-bit word a row, of the index label in whatever spelling."""
    return of_labels(pd.Index([name_key(str(label)) for label in index], dtype="str"), key)


def of_names(columns: Mapping[str, list[Any]], key: str) -> np.ndarray:
    """One 64-bit word a row, of the cells that name it, in small letters; 0 where one of them is empty.

    Words of other columns never look like these.
    """
    names = [[None if v is None else str(v).casefold() or None for v in values] for values in columns.values()]
    gaps, rows = _rows(names)
    words = hash_array(rows, hash_key=key_about(key, APART.join(columns))[:16], categorize=False)
    for empty in gaps.values():
        words[empty] = 0
    return words


def sample(size: int, most: int = SAMPLE) -> np.ndarray:
    """Positions that show what all rows are like."""
    return np.unique(np.linspace(0, max(0, size - 1), min(size, most), dtype=np.int64))


def distinctive_columns(columns: Mapping[str, list[Any]]) -> list[str]:
    """Those that tell apart most of the rows in which they are filled, as e-mails and numbers do; the best first."""
    distinct: dict[str, int] = {}
    for name, values in columns.items():
        filled = [value for value in values if value is not None]
        different = len({*(filled if {*map(type, filled)} <= {str} else _texts(filled))})
        if different > len(filled) / 2:
            distinct[name] = different
    return sorted(distinct, key=distinct.__getitem__, reverse=True)


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
