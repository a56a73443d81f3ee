"""Which rows are the same rows: keyed fingerprints, and what changed between two frames."""

import hashlib
import secrets
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pandas.util import hash_array

from toolkit.push import disk

SAMPLE = 1_000  # rows that show which column tells them apart
BLOCK = 50_000  # rows at a time: bounds the memory that hashing takes
APART = "\x1f"  # stands between the cells of a row


def user_key(folder: Path) -> str:
    """The secret of this user that keys the fingerprints: without it nobody can try phone numbers against a journal."""
    path = folder / "key"
    if not path.exists():
        draft = disk.private_file(folder / f"key.{secrets.token_hex(4)}")
        with draft.open("w", encoding="ascii") as file:
            file.write(secrets.token_hex(16))
            disk.sync_file(file)  # without it, no row would be known again
        try:
            path.hardlink_to(draft)  # the first one wins
        except FileExistsError:
            pass
        finally:
            draft.unlink()
            disk.sync_folder(folder)
    return disk.private_file(path).read_text(encoding="ascii")


def fingerprints(columns: Mapping[str, Any], size: int, key: str) -> np.ndarray:
    """Two 64-bit words a row, of the values as they are sent; an empty cell is as good as no column.

    A row is hashed as one text: that takes half the time of hashing cell by cell.
    """
    made = np.zeros((size, 2), dtype=np.uint64)
    filled = {name: pd.notna(np.asarray(values, dtype=object)) for name, values in columns.items()}
    for rows in _filled_alike(list(filled.values()), size):
        names = [name for name in columns if filled[name][rows[0]]]
        for word, half in enumerate((key[:16], key[16:]) if names else ()):
            own = hashlib.blake2b(APART.join(names).encode(), key=half.encode(), digest_size=8).hexdigest()
            for start in range(0, len(rows), BLOCK):
                block = rows[start : start + BLOCK]
                texts = _rows([_texts(columns[name][block]) for name in names])
                made[block, word] = hash_array(np.array(texts, dtype=object), hash_key=own, categorize=False)
    return made


def _filled_alike(filled: Sequence[np.ndarray], size: int) -> Iterator[np.ndarray]:
    """The positions of rows in which the same cells are filled, together."""
    codes = np.zeros(size, dtype=np.int64)
    for mask in filled:
        if not mask.all():
            codes = pd.factorize(2 * codes + mask)[0]
    order = np.argsort(codes, kind="stable")
    return iter(np.split(order, np.flatnonzero(np.diff(codes[order])) + 1) if size else ())


def _rows(columns: Sequence[Sequence[str]]) -> list[str]:
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


def _texts(values: Any) -> list[str]:
    """Values as text; what is not text by its kind and value."""
    listed: list[Any] = np.asarray(values, dtype=object).tolist()
    if set(map(type, listed)) <= {str}:
        return listed
    return [v if type(v) is str else f"\x00{type(v).__name__}:{v!r}" for v in listed]


def of_labels(index: pd.Index, key: str) -> np.ndarray:
    """One 64-bit word a row, of the index label."""
    return pd.util.hash_pandas_object(index, hash_key=key[:16]).to_numpy()


def of_cells(values: Any, key: str) -> np.ndarray:
    """One 64-bit word a row, of one cell; 0 where it is empty."""
    words = hash_array(np.array(_texts(values), dtype=object), hash_key=key[:16], categorize=False)
    return np.where(pd.notna(np.asarray(values, dtype=object)), words, np.uint64(0))


def telling(columns: Mapping[str, Any], size: int) -> str:
    """The column that tells rows apart best, as an e-mail or a number does; "" where none tells most of them."""
    sample = np.unique(np.linspace(0, max(0, size - 1), min(size, SAMPLE), dtype=np.int64))
    distinct = {name: len({*_texts(values[sample])}) for name, values in columns.items()}
    best = max(distinct, key=lambda name: distinct[name], default="")
    return best if distinct.get(best, 0) > len(sample) / 2 else ""


def run_key(destination: str, name: str, prints: np.ndarray) -> str:
    """The identity of a push: where to, what for, and which rows, in any order."""
    digest = hashlib.sha256(f"{destination}\n{name}\n".encode())
    for word in range(2):
        digest.update(np.sort(prints[:, word]).tobytes())
    return digest.hexdigest()


def short(text: str) -> str:
    """A file name for a destination."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def align(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """For each row of the journal, where the same row stands in the new frame (same rows, any order)."""
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
