"""Rows in whatever form they come, as DataFrames: the one place that knows the forms."""

from collections.abc import Iterator, Mapping
from os import PathLike
from typing import Any, Protocol, TypeGuard

import pandas as pd

from toolkit.errors import InputError
from toolkit.plain import mark, message

FORMS = mark("a DataFrame, a list of dicts, a polars, pyarrow or DuckDB table, or a Check")


class Partitions(Protocol):
    """A table in partitions, in their order."""

    npartitions: int

    def to_delayed(self) -> Any:
        """One object a partition; its `compute()` gives the frame."""


def is_lazy(rows: Any) -> TypeGuard[Partitions]:
    """Whether rows are a table in partitions that are not computed yet."""
    return not isinstance(rows, type) and hasattr(rows, "to_delayed") and hasattr(rows, "npartitions")


def frame_of(rows: Any) -> pd.DataFrame:
    """The rows as one DataFrame. A DataFrame is given back as it is; a Check gives its frame, and remembers the match.

    Raises:
        InputError: they come in a form that is not known, or as an iterator of frames.
    """
    if isinstance(rows, pd.DataFrame):
        return rows
    if hasattr(rows, "as_rows"):  # a Check
        frame: pd.DataFrame = rows.as_rows()
        return frame
    if is_lazy(rows):
        raise InputError(message("one frame is needed here, not a table in partitions: rows.compute() makes one"))
    if is_iterator(rows):
        raise InputError(message("one frame is needed here, not an iterator of them: pandas.concat(rows) makes one"))
    if isinstance(rows, list | tuple) and all(isinstance(row, Mapping) for row in rows):
        return pd.DataFrame([*rows], dtype=object)
    if hasattr(rows, "__arrow_c_stream__") and not isinstance(rows, pd.Series):
        return _from_arrow(rows)
    raise InputError(_unknown_form(rows))


def frames_of(rows: Any) -> Iterator[pd.DataFrame]:
    """The DataFrames of an iterator, which is never held as a whole; of anything else, the one that it is."""
    if not is_iterator(rows):
        yield frame_of(rows)
        return
    for part in rows:
        if isinstance(part, Mapping):
            raise InputError(message("an iterator gives frames, and this one gives single rows: list(rows) makes one"))
        yield frame_of(part)


def asked_of_all(frame: pd.DataFrame) -> str:
    """What the reader of a sheet asks of each of its rows, at the end of a sentence."""
    asked = [reason for reason, rows in frame.attrs.get("questions", {}).items() if len(rows) == len(frame)]
    return "".join(". " + message("Each row {why}", why=message(reason)) for reason in asked)


def is_iterator(rows: Any) -> bool:
    """Whether rows come as frames that follow each other, and cannot be looked at twice."""
    return not isinstance(rows, pd.DataFrame) and (hasattr(rows, "__next__") or is_lazy(rows))


def _from_arrow(rows: Any) -> pd.DataFrame:
    """Whole numbers stay whole where some are missing, and days stay days."""
    try:
        import pyarrow as pa
    except ImportError:
        if callable(getattr(rows, "get_columns", None)):  # polars gives its columns without it
            return pd.DataFrame(
                {column.name: pd.Series(column.to_list(), dtype=object) for column in rows.get_columns()}
            )
        raise InputError(
            message("a table of {kind} is read with pyarrow, which is not installed", kind=_kind(rows))
        ) from None
    try:
        frame: pd.DataFrame = pa.table(rows).to_pandas(integer_object_nulls=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as problem:
        raise InputError(message("{kind} is no table: {problem}", kind=_kind(rows), problem=problem)) from None
    return frame


def _unknown_form(rows: Any) -> str:
    match rows:
        case str() | PathLike():
            way = "toolkit.read_sheet(path) reads a file"
        case pd.Series():
            way = message("rows.to_frame() makes a table of a column")
        case Mapping():
            way = message("pandas.DataFrame(rows) makes a table of columns, [rows] one of a single row")
        case _ if hasattr(rows, "collect"):
            way = message("rows.collect() makes a table of it")
        case list() | tuple():
            way = message("each row of a list is a dict; of several frames, give iter(rows)")
        case _:
            way = message("an iterator of those is taken by a push")
    return message("rows come as {forms}, not as {kind}: {way}", forms=message(FORMS), kind=_kind(rows), way=way)


def _kind(rows: Any) -> str:
    kind = type(rows)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__.partition('.')[0]}.{kind.__name__}"
