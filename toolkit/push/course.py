"""What one call pushes: a frame, or several that follow each other."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from toolkit.errors import InputError
from toolkit.push.report import Report

NO_PRINTS = np.empty((0, 2), dtype=np.uint64)


class Course:
    """What one call has pushed so far: an iterator's earlier frames, so that twins in two of them stay twins."""

    def __init__(self, frames: int = 0) -> None:
        self.frames = frames
        self.left_out = NO_PRINTS  # rows that stand for those of other pushes, twin for twin
        self.ids: set[str] = set()

    def add(self, left_out: np.ndarray, report: Report) -> None:
        self.frames += 1
        self.left_out = np.concatenate([self.left_out, left_out])
        self.ids |= {report.facts.get("id", "")}


def parts(rows: Any) -> Iterator[pd.DataFrame]:
    """The frames of what is to be pushed: one frame, an iterator of frames, or anything with an Arrow stream.

    An iterator is never held as a whole.
    """
    if isinstance(rows, pd.Series) or not (isinstance(rows, Iterable) or hasattr(rows, "__arrow_c_stream__")):
        rows = [rows]
    if isinstance(rows, pd.DataFrame):
        yield rows
    elif hasattr(rows, "__arrow_c_stream__"):
        import pyarrow as pa

        for batch in pa.RecordBatchReader.from_stream(rows):
            yield batch.to_pandas()
    else:
        for part in rows:
            if not isinstance(part, pd.DataFrame):
                raise InputError(f"rows come as a DataFrame or an iterator of DataFrames, not {type(part).__name__}")
            yield part
