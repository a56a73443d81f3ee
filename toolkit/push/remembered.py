"""A frame that an earlier run checked, and that is the same now: only cells that may still be sent are read again."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from toolkit.push import identity
from toolkit.push.frame_rows import FrameKey
from toolkit.push.states import IN, Operation, State, positions
from toolkit.push.store.rows import RowBlock
from toolkit.sheets.column import blocks

SETTLED = (*IN, State.REJECTED, State.DUPLICATED, State.REPLACED)  # of these, no cell is asked for any more

if TYPE_CHECKING:
    from toolkit.sheets.check import Check

    CheckLike = Check
else:
    CheckLike = object


def rows_left(operations: Iterable[Operation], span: range) -> np.ndarray:
    """Of these rows of a push, by their places among them, those of which a cell may still be asked for."""
    left = np.zeros(len(span), dtype=bool)
    for operation in operations:
        if operation.state not in SETTLED:
            serials = positions(operation.rows) - span.start
            left[serials[(serials >= 0) & (serials < len(span))]] = True
    return np.flatnonzero(left)


def known_again(
    frame: pd.DataFrame, stored: list[RowBlock], facts: Mapping[str, Any], open_rows: np.ndarray, key: FrameKey
) -> "RememberedCheck | None":
    """What an earlier run found in this frame, of which each block has its digest; None where that does not fit.

    Of the rows that may still be sent, the cells are checked now, and have to have the content that is known.
    """
    others = [block.bad.astype(np.int64) + n * identity.PART for n, block in enumerate(stored)]
    good = np.delete(np.arange(len(frame)), np.concatenate(others))
    words = np.concatenate([block.words for block in stored])
    if len(good) != len(words) or "columns" not in facts:
        return None
    remembered = RememberedCheck(frame, good, key, facts, good[open_rows])
    for rows in blocks(len(open_rows)):
        known = words[open_rows[rows]][:, identity.PRINT]
        if not np.array_equal(key.prints(remembered.wire(good[open_rows[rows]]), len(known)), known):
            return None
    return remembered


class RememberedCheck(CheckLike):
    """What an earlier run found in a frame that is the same now. Only cells that may be sent are checked again.

    Whatever else is asked for is found by checking all of the frame, then.
    """

    def __init__(
        self, frame: pd.DataFrame, good: np.ndarray, key: FrameKey, facts: Mapping[str, Any], rest: np.ndarray
    ) -> None:
        self.frame = frame = frame.copy(deep=False)  # whatever is done to the caller's own, this one stays
        self.good, self._key, self._rest = good, key, rest
        self._notes = facts["notes"]
        part = frame.iloc[rest]
        names, reading = list(frame.columns), dict(frame.attrs.get("reading", {}))
        columns = {names[n]: how for n, how in facts["columns"]}
        part.attrs["reading"] = {**reading, "columns": columns, "usual": facts["usual"]}
        self._part = key.check(part)

    @cached_property
    def _whole(self) -> "Check":
        return self._key.check(self.frame)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._whole, name)

    @property
    def bad(self) -> Any:
        if "_whole" in self.__dict__:
            return self._whole.bad
        bad = np.ones(len(self.frame), dtype=bool)
        bad[self.good] = False
        return pd.Series(bad, index=self.frame.index, name="bad")

    @property
    def columns(self) -> dict[str, Any]:
        return self._part.columns

    @property
    def notes(self) -> Any:
        return self._notes

    @property
    def reading(self) -> dict[str, Any]:
        return self._part.reading

    @property
    def refused(self) -> pd.DataFrame:
        return self._whole.refused if len(self.good) < len(self.frame) else self._part.refused.iloc[:0]

    def wire(self, rows: Any = None) -> dict[str, list[Any]]:
        """What is sent of these rows."""
        if rows is None or isinstance(rows, slice):
            return self._whole.wire(rows)
        places = np.searchsorted(self._rest, rows)
        if len(rows) and (places.max() >= len(self._rest) or not np.array_equal(self._rest[places], rows)):
            return self._whole.wire(rows)
        return self._part.wire(places)

    @property
    def wrong_cells(self) -> dict[tuple[int, str], str]:
        return self._whole.wrong_cells if len(self.good) < len(self.frame) else {}

    def evidence(self, rows: Any) -> dict[int, Any]:
        """What a result keeps of these rows: of a frame without bad rows, or numbers, only how the columns are read."""
        if not len(rows):
            return {}
        if len(self.good) < len(self.frame) or self.frame.attrs.get("numbers"):
            return self._whole.evidence(rows)
        how = self._part.evidence([-1])[-1]
        return dict.fromkeys(rows, how)

    def changes(self, rows: Any = None) -> list[Any]:
        return self._whole.changes(rows) if rows is None or len(rows) else []
