"""Awkward DataFrames, as they come out of notebooks: what takes a frame has to cope with each, or say what is wrong.

`AWKWARD` holds them by name, made anew at each call, so that no test sees what another has changed.
"""

import importlib.util
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

NAME, PHONE, MAIL = "NOMBRE", "TELEFONO", "EMAIL"


def empty() -> pd.DataFrame:
    return pd.DataFrame()


def without_rows() -> pd.DataFrame:
    return pd.DataFrame({NAME: pd.Series(dtype="str"), PHONE: pd.Series(dtype="Int64")})


def without_columns() -> pd.DataFrame:
    return pd.DataFrame(index=[3, 4])


def twice_the_same_column() -> pd.DataFrame:
    return pd.DataFrame([["Ana", "Pérez"]], columns=[NAME, NAME])


def columns_that_are_no_text() -> pd.DataFrame:
    return pd.DataFrame({0: ["Ana"], 1.5: ["x"], None: ["y"], ("a", "b"): ["z"]})


def columns_in_levels() -> pd.DataFrame:
    return pd.DataFrame([["Ana", 1]], columns=pd.MultiIndex.from_tuples([("a", NAME), ("b", PHONE)]))


def mixed_types() -> pd.DataFrame:
    return pd.DataFrame({NAME: ["Ana", 7, 2.5, True, date(2026, 3, 2), Decimal("1.50"), None]}, dtype=object)


def objects_that_no_cell_holds() -> pd.DataFrame:
    return pd.DataFrame({NAME: [{"a": 1}, ["b"], (1, 2), {3}, b"x", np.array([1, 2])]})


def every_kind_of_missing() -> pd.DataFrame:
    return pd.DataFrame({NAME: ["Ana", None, np.nan, pd.NA, pd.NaT, "", "  "]}, dtype=object)


def floats_that_were_whole() -> pd.DataFrame:
    return pd.DataFrame({PHONE: [56912345678.0, np.nan, 56987654321.0], NAME: ["Ana", "Luis", "Eva"]})


def numbers_without_end() -> pd.DataFrame:
    return pd.DataFrame({PHONE: [np.inf, -np.inf, np.nan, 1e300], NAME: ["a", "b", "c", "d"]})


def dates_as_text() -> pd.DataFrame:
    return pd.DataFrame({NAME: ["2026-03-02", "02/03/2026", "2 de marzo de 2026", "45000"]})


def real_times() -> pd.DataFrame:
    times = pd.to_datetime(["2026-03-02 12:00", None])
    return pd.DataFrame({NAME: times, MAIL: times.tz_localize("America/Santiago")})


def numpy_dtypes() -> pd.DataFrame:
    return pd.DataFrame({NAME: np.array([1, 2], dtype="uint8"), PHONE: np.array([0.1, 2], dtype="float32")})


def nullable_dtypes() -> pd.DataFrame:
    return pd.DataFrame({NAME: pd.array(["Ana", pd.NA], dtype="string"), PHONE: pd.array([1, pd.NA], dtype="Int64")})


def categories() -> pd.DataFrame:
    return pd.DataFrame({NAME: pd.Categorical(["Ana", None, "Ana"], categories=["Luis", "Ana"])})


def repeated_index() -> pd.DataFrame:
    return pd.DataFrame({NAME: ["Ana", "Luis", "Eva"]}, index=[1, 1, 2])


def index_in_levels() -> pd.DataFrame:
    index = pd.MultiIndex.from_tuples([("a", 1), ("a", 2)], names=["letter", "number"])
    return pd.DataFrame({NAME: ["Ana", "Luis"]}, index=index)


def index_of_times() -> pd.DataFrame:
    return pd.DataFrame({NAME: ["Ana", None]}, index=pd.to_datetime(["2026-03-02", None]))


def unusual_text() -> pd.DataFrame:
    texts = ["Ñandú\u00a0", "\u200bAna", "a\nb", '"quoted"', "=1+1", "\U0001f600", "e\u0301", "<b>&"]
    return pd.DataFrame({NAME: texts})


def a_view_of_a_larger_frame() -> pd.DataFrame:
    return pd.DataFrame({NAME: list("abcdef"), PHONE: range(6)}).iloc[::-2]


def arrow_text() -> pd.DataFrame:
    return pd.DataFrame({NAME: pd.array(["Ana", None], dtype="string[pyarrow]")})


_MAKERS: tuple[Callable[[], pd.DataFrame], ...] = (
    empty,
    without_rows,
    without_columns,
    twice_the_same_column,
    columns_that_are_no_text,
    columns_in_levels,
    mixed_types,
    objects_that_no_cell_holds,
    every_kind_of_missing,
    floats_that_were_whole,
    numbers_without_end,
    dates_as_text,
    real_times,
    numpy_dtypes,
    nullable_dtypes,
    categories,
    repeated_index,
    index_in_levels,
    index_of_times,
    unusual_text,
    a_view_of_a_larger_frame,
    *((arrow_text,) if importlib.util.find_spec("pyarrow") else ()),
)
AWKWARD: dict[str, Callable[[], pd.DataFrame]] = {maker.__name__: maker for maker in _MAKERS}
each_awkward_frame = pytest.mark.parametrize("make_frame", _MAKERS, ids=list(AWKWARD))
