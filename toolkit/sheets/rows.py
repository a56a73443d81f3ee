"""Rows in whatever form they come, as DataFrames: the one place that knows the forms."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from os import PathLike
from typing import Any, Protocol, TypeGuard

import pandas as pd

from toolkit.errors import InputError
from toolkit.plain import mark, message
from toolkit.sheets.cells import bare
from toolkit.sheets.evidence import agreed

FORMS = mark("a DataFrame, a list of dicts, a polars, pyarrow or DuckDB table, or a Check")


class SheetFrame(pd.DataFrame):
    """The table of a sheet. What `attrs` say of it is known of a frame made of several, as by `pandas.concat`, too."""

    @property
    def _constructor(self) -> "type[SheetFrame]":
        return SheetFrame

    def __finalize__(self, other: Any, method: str | None = None, **kwargs: Any) -> "SheetFrame":
        super().__finalize__(other, method, **kwargs)  # type: ignore[misc]
        if (parts := getattr(other, "input_objs", None)) and not self.attrs:
            self.attrs = _of_all([part for part in parts if isinstance(part, pd.DataFrame)])
        return self


def _of_all(frames: Sequence[pd.DataFrame]) -> dict[Hashable, Any]:
    """What is known of the rows of several sheets; how they are read, where that is one way."""
    known: list[Any] = [frame.attrs for frame in frames if frame.attrs]
    if not known:
        return {}
    texts = [{name: texts.split("\n") for name, texts in own.get("texts", {}).items()} for own in known]
    fields, readings = ([own.get(name, {}) for own in known] for name in ("fields", "reading"))
    asked = [own.get("rows", {}) for own in readings]  # by an earlier check
    earlier = [own.get("labels") or own.get("positions", {}) for own in asked]
    reading = {name: how for name, how in readings[0].items() if all(own.get(name) == how for own in readings)}
    if any(ways := [own.get("columns") for own in readings]):
        reading["columns"] = {name: agreed(ways, name) for own in ways if own for name in own}
    return {
        "questions": _joined([*(own.get("questions", {}) for own in known), *earlier]),
        "asked": _joined([own.get("asked", {}) for own in known]),
        "texts": {name: "\n".join(cells) for name, cells in _joined(texts).items()},
        "notes": list(dict.fromkeys(note for own in known for note in own.get("notes", ()))),
        "fields": {name: f for name, f in fields[0].items() if all(own.get(name, f) == f for own in fields)},
        "reading": reading,
        **_numbers(frames),
    }


def _joined(lists: Sequence[Mapping[Any, Sequence[Any]]]) -> dict[Any, list[Any]]:
    """The lists of the same name, one after the other."""
    return {name: [one for own in lists for one in own.get(name, ())] for each in lists for name in each}


def _numbers(frames: Sequence[pd.DataFrame]) -> dict[Hashable, Any]:
    """Which columns are all numbers, and which texts only numbers have, in some sheets together."""
    numeric, numbers = [], {}
    for name in dict.fromkeys(n for f in frames for n in (*f.attrs.get("numeric", ()), *f.attrs.get("numbers", {}))):
        were, texts = set[str](), set[str]()
        for frame in frames:
            cells = {*pd.Series(bare(frame).loc[:, frame.columns == name].to_numpy().ravel()).dropna().astype("str")}
            own = frame.attrs.get("numbers", {}).get(name, "").split("\n")
            were |= (mine := cells if name in frame.attrs.get("numeric", ()) else cells.intersection(own))
            texts |= cells - mine
        if not texts:
            numeric.append(name)
        elif mixed := sorted(text for text in were - texts if "." in text):
            numbers[name] = "\n".join(mixed)
    return {"numeric": numeric, "numbers": numbers}


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
