"""By what a block of a frame is known again without checking it: a keyed digest of its raw cells.

Two blocks with the same digest have the same cells, of the same kinds, under the same names and labels, so that the
same was found in them and the same is sent. The converse does not hold, nor need it: an unknown block is checked. Two
with the same first half have the same cells, and may be read otherwise.
"""

import contextlib
import dataclasses
import hashlib
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from types import FunctionType
from typing import Any

import numpy as np
import pandas as pd

from toolkit.push.store.rows import OF_CELLS
from toolkit.sheets.cells import bare

APART = "\x1f"  # stands between the texts of a column
DIGEST = 16  # bytes
TOGETHER = 8_192  # rows of a block that are looked at together: their texts stay in the processor's cache
PLAIN = "biufcmM"  # kinds of NumPy columns whose bytes are their values
TYPES: tuple[type, ...] = (str, type(None), float, int, bool, type(pd.NA), type(pd.NaT), Decimal, datetime, date, time)
TYPES += (pd.Timestamp, np.float64, np.int64, np.bool_)
_LONG = 4_000  # bits
MOMENTS = (datetime, pd.Timestamp)
_LONG = 10_000  # characters of a text that is described by its digest
NUMBER_OF = {kind: n for n, kind in enumerate(TYPES)}


class NotKnownAgain(Exception):
    """A cell holds something whose value nobody can take down, as a list that may change."""


class FrameDigests:
    """Digests of the blocks of a frame.

    Args:
        frame: what is pushed.
        key: the key of the fingerprints.
        context: all else that the words of a row hang on: the fields, how they are read, the options, the version.
    """

    def __init__(self, frame: pd.DataFrame, key: str, context: str) -> None:
        self._rows, self._key = len(frame), key.encode()
        cells = bare(frame)
        self._columns = [cells.iloc[:, n].array for n in range(frame.shape[1])]
        self._columns += [frame.index.get_level_values(n).array for n in range(frame.index.nlevels)]
        named = zip([*frame.columns, *frame.index.names], self._columns, strict=True)
        self._context = context.encode()
        self._names = repr([(f"{type(name).__name__}:{name!r}", str(a.dtype)) for name, a in named]).encode()
        self._categories: dict[int, bytes] = {}

    def of_blocks(self, size: int) -> list[bytes]:
        """Those of all blocks of so many rows."""
        return [self.of(slice(start, min(start + size, self._rows))) for start in range(0, self._rows, size)]

    def of(self, rows: slice) -> bytes:
        """That of one block; empty where it would not be known again."""
        digest = hashlib.blake2b(self._names, key=self._key, digest_size=DIGEST)
        try:
            for start in range(rows.start, rows.stop, TOGETHER):
                some = slice(start, min(start + TOGETHER, rows.stop))
                for number, column in enumerate(self._columns):
                    for part in self._parts(number, column[some]):
                        digest.update(len(part).to_bytes(8, "little"))
                        digest.update(part)
        except NotKnownAgain:
            return b""
        cells = digest.digest()
        read = hashlib.blake2b(cells + self._context, key=self._key, digest_size=DIGEST - OF_CELLS)
        return cells[:OF_CELLS] + read.digest()

    def _parts(self, number: int, cells: Any) -> list[Any]:
        """The cells of one column as bytes."""
        if isinstance(cells, pd.Categorical):
            if number not in self._categories:
                whole = hashlib.blake2b(key=self._key, digest_size=DIGEST)
                for part in self._parts(-1, cells.categories.array):
                    whole.update(len(part).to_bytes(8, "little"))
                    whole.update(part)
                self._categories[number] = whole.digest()
            return [self._categories[number], np.ascontiguousarray(cells.codes).data]
        if hasattr(cells, "__arrow_array__") and "pyarrow" in str(getattr(cells.dtype, "storage", "")):
            return _of_arrow(cells)
        if isinstance(cells, pd.arrays.BooleanArray | pd.arrays.IntegerArray | pd.arrays.FloatingArray):
            dtype: Any = cells.dtype
            filled = cells.to_numpy(dtype=dtype.numpy_dtype, na_value=dtype.numpy_dtype.type(0))
            return [cells.isna().data.cast("B"), np.ascontiguousarray(filled).data.cast("B")]
        if isinstance(cells, pd.arrays.DatetimeArray | pd.arrays.TimedeltaArray):
            raw: Any = cells
            return [np.ascontiguousarray(raw.asi8).data.cast("B")]
        held = np.asarray(cells)
        if held.dtype.kind in PLAIN:
            return [np.ascontiguousarray(held).view(np.uint8).data] if len(held) else []
        return _of_objects(held.tolist())


def _of_objects(values: list[Any]) -> list[Any]:
    """Their types, their lengths as text, and their texts."""
    with contextlib.suppress(TypeError):
        return _of_texts(values)
    if not set(map(type, values)) <= NUMBER_OF.keys():
        raise NotKnownAgain
    kinds = bytes([NUMBER_OF[type(value)] for value in values])
    return [kinds, *_of_texts([value if type(value) is str else _shown(value) for value in values])]


def _shown(value: Any) -> str:
    if type(value) is int and value.bit_length() > _LONG:
        return hex(value)  # Python writes no number of so many digits
    return f"{value!r} {value.utcoffset()}" if type(value) in MOMENTS else repr(value)


def _of_texts(texts: list[str]) -> list[Any]:
    """Texts with a mark between them; where one holds the mark, their lengths and the texts."""
    together = APART.join(texts).encode("utf-8", "surrogatepass")
    if together.count(APART.encode()) == len(texts) - 1:
        return [together]
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    return [lengths.data.cast("B"), "".join(texts).encode("utf-8", "surrogatepass")]


def _of_arrow(cells: Any) -> list[Any]:
    """Of texts that Arrow holds: their lengths in bytes, -1 where there is none, and their bytes."""
    lengths, contents = [], []
    chunked = cells.__arrow_array__()
    for chunk in getattr(chunked, "chunks", [chunked]):
        _, offsets, content = chunk.buffers()
        wide = np.dtype(np.int64 if "large" in str(chunk.type) else np.int32)
        ends = np.frombuffer(offsets, wide, len(chunk) + 1, chunk.offset * wide.itemsize).astype(np.int64)
        sizes = np.diff(ends).astype(np.int32)
        if chunk.null_count:
            sizes[np.asarray(chunk.is_null())] = -1
        lengths.append(sizes)
        contents.append(memoryview(content or b"")[ends[0] : ends[-1]])
    return [np.concatenate([np.empty(0, np.int32), *lengths]).data.cast("B"), b"".join(contents)]


def described(value: Any) -> str:
    """A text that only an equal value has: of fields and rules, and of what stands in a frame's `attrs`.

    Raises:
        NotKnownAgain: nobody can tell of such a value whether another is equal.
    """
    texts, left = list[str](), [value]
    while left:
        each = left.pop()
        if type(each) is str and len(each) > _LONG:
            texts.append(hashlib.blake2b(each.encode(errors="surrogatepass")).hexdigest())
        elif type(each) in NUMBER_OF:
            texts.append(f"{type(each).__name__} {each!r}" if type(each) not in MOMENTS else _shown(each))
        elif isinstance(each, type):
            texts.append(f"{each.__module__}.{each.__qualname__}")
        elif isinstance(each, Mapping):
            texts += [f"mapping/{len(each)}", *sorted([described(member) for member in each.items()])]
        elif isinstance(each, set | frozenset):
            texts += [f"set/{len(each)}", *sorted(map(described, each))]
        elif isinstance(each, list | tuple):
            texts.append(f"list/{len(each)}")
            left += each
        elif dataclasses.is_dataclass(each) and " at 0x" not in (text := repr(each)):
            texts.append(text)
        elif isinstance(each, FunctionType):  # a rule: its code goes with the version
            texts.append(f"{each.__module__}.{each.__qualname__}")
            left.append([cell.cell_contents for cell in each.__closure__ or ()])
        else:
            raise NotKnownAgain
    return repr(texts)
