"""SIGNIO: what changed since a reader last looked, again and again until it was seen to."""

import hashlib
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import pandas as pd

from toolkit.calls.frames import excerpt
from toolkit.plain import message, plain
from toolkit.push.readers import Reader
from toolkit.vendors.signio.status import SIGNED

KEY = ["id_transaccion", "id_documento", "id_firmante"]


class StatusChanges:
    """Signatures that are not as they were when this reader last marked them as processed.

    `table` has the columns of `signature_status`, and before them `change` (how it is now: signed, waits, rejected and
    so on) and `before` (how it was; missing for what is new). An envelope that could not be read is a row with its
    `error`; it is never marked.
    """

    table: pd.DataFrame

    def __init__(self, status: pd.DataFrame, reader: Reader) -> None:
        marks = reader.marks()
        self._reader, self._seen = reader, dict[str, tuple[str | None, str]]()
        self._marked = False
        kept: list[int] = []
        words: list[tuple[str | None, str | None]] = []
        rows = status[[*KEY, "signature", "fecha_firma", "error"]].itertuples(index=False, name=None)
        for n, (*key, signature, signed, error) in enumerate(rows):
            thing, mark = _fingerprint(key), _mark(signature, signed)
            before = marks.get(thing)
            if pd.isna(error) and before != mark:
                self._seen[thing] = before, mark
                kept.append(n)
                words.append((_word(mark), _word(before)))
            elif not pd.isna(error):
                kept.append(n)
                words.append((None, None))
        change = pd.DataFrame(words, columns=["change", "before"], index=range(len(kept)), dtype="str")
        self.table = pd.concat([change, status.iloc[kept].reset_index(drop=True)], axis=1)

    def mark_processed(self) -> None:
        """Say that these changes were seen to: the same reader is not given them again.

        Call it when what you do with them is done. A kernel that dies before is given them once more. Called again, it
        does nothing.

        Raises:
            InputError: another run of this reader marked some of them meanwhile, or a recording is running. Nothing was
                marked.
        """
        if not self._marked:
            self._reader.mark(self._seen)
            self._marked = True

    @property
    def summary(self) -> "pd.Series[int]":
        """How many signatures changed to what, and how many envelopes could not be read."""
        counts = self.table["change"].fillna("not read").value_counts()
        return pd.Series(counts, name="signatures")

    def to_excel(self, path: "str | PathLike[str]") -> Path:
        """Write the changes as a workbook, or as text where the path ends in .csv. Gives its path.

        It marks nothing as processed.
        """
        from toolkit.sheets.write import write_outcome

        lines = [message("Changes for the reader {reader!r}.", reader=self._reader.name)]
        return write_outcome(path, self.table, pd.DataFrame(index=self.table.index), self.summary, lines)

    def __len__(self) -> int:
        return len(self.table)

    def __repr__(self) -> str:
        text = message("{count} changes for the reader {reader!r}", count=len(self), reader=self._reader.name)
        return plain(f"{text}\n{self.table.head(10).dropna(axis=1, how='all').to_string(max_colwidth=40)}")

    def _repr_html_(self) -> str:
        return excerpt(self.table)


def _word(mark: str | None) -> str | None:
    return (mark or "").partition("@")[0] or None


def _fingerprint(key: Sequence[Any]) -> str:
    parts = "\n".join("" if pd.isna(part) else str(part) for part in key)
    return hashlib.blake2b(parts.encode(), digest_size=12).hexdigest()


def _mark(signature: Any, signed: Any) -> str:
    """How a signature stands; given once more after a return, it is another one."""
    word = "" if pd.isna(signature) else str(signature)
    return f"{word}@{signed.isoformat()}" if word == SIGNED and not pd.isna(signed) else word
