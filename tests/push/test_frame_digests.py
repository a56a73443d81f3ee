"""A block of a frame is known again only where all of it is the same."""

import itertools
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.push.frame_digests import FrameDigests

KEY = "0123456789abcdef" * 2
ALL = slice(0, 1_000)
CELLS = [
    "", "1", "1.0", "nan", "None", "True", "a\x1fb", "ñ", "\ud800", None, np.nan, pd.NA, pd.NaT, 1, 1.0, -0.0, 0.0,
    True, Decimal(1), Decimal("1.0"), date(2026, 1, 1), datetime(2026, 1, 1),  # noqa: DTZ001
    datetime(2026, 1, 1, tzinfo=UTC), time(1),
    pd.Timestamp("2026-01-01"), np.float64(1.0), np.int64(1), np.bool_(True),
]  # fmt: skip
LISTS = st.lists(st.one_of(st.sampled_from(CELLS), st.text(max_size=3), st.integers(), st.floats()), max_size=5)


def digest(frame: pd.DataFrame, rows: slice = ALL, key: str = KEY, context: str = "") -> bytes:
    return FrameDigests(frame, key, context).of(rows)


def same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and repr(one) == repr(other)


def column(*cells: Any) -> pd.DataFrame:
    return pd.DataFrame({"a": pd.Series(cells, dtype=object)})


def test_one_other_cell_makes_another_block() -> None:
    known = [digest(column("x", cell)) for cell in CELLS]
    assert all(known)
    assert len(set(known)) == len(CELLS)


@given(LISTS, LISTS)
def test_the_same_cells_and_no_others_have_the_same_digest(one: list[Any], other: list[Any]) -> None:
    alike = len(one) == len(other) and all(map(same, one, other))
    assert (digest(column(*one)) == digest(column(*other))) == alike
    assert digest(column(*one)) == digest(column(*one))


@given(st.lists(st.text(max_size=3), min_size=2, max_size=6), st.data())
def test_texts_do_not_run_into_each_other(texts: list[str], data: st.DataObject) -> None:
    cuts = sorted(
        data.draw(st.lists(st.integers(0, sum(map(len, texts))), min_size=len(texts) - 1, max_size=len(texts) - 1))
    )
    whole = "".join(texts)
    others = [whole[a:b] for a, b in itertools.pairwise([0, *cuts, len(whole)])]
    one, other = (digest(pd.DataFrame({"a": pd.array(t, dtype="str")})) for t in (texts, others))
    assert (one == other) == (texts == others)


COLUMNS = {
    "int64": pd.array([1, 2, 3], dtype="int64"),
    "int32": np.array([1, 2, 3], dtype="int32"),
    "float64": np.array([1.0, 2.0, 3.0]),
    "float32": np.array([1.0, 2.0, 3.0], dtype="float32"),
    "bool": np.array([True, False, True]),
    "Int64": pd.array([1, None, 3], dtype="Int64"),
    "Float64": pd.array([1.5, None, 3], dtype="Float64"),
    "boolean": pd.array([True, None, False], dtype="boolean"),
    "str": pd.array(["a", None, "b"], dtype="str"),
    "string": pd.array(["a", None, "b"], dtype="string"),
    "object": pd.Series(["a", 1, None], dtype=object).array,
    "category": pd.Categorical(["a", "b", "a"]),
    "category of numbers": pd.Categorical([1, 2, 1]),
    "datetime": pd.array(pd.to_datetime(["2026-01-01", "2026-01-02", None])),
    "datetime with zone": pd.array(pd.to_datetime(["2026-01-01", "2026-01-02", None], utc=True)),
    "timedelta": pd.array(pd.to_timedelta([1, 2, None], unit="s")),
}


@pytest.mark.parametrize("kind", COLUMNS)
def test_each_kind_of_column_is_known_again_and_each_cell_tells(kind: str) -> None:
    frame = pd.DataFrame({"a": COLUMNS[kind]})
    known = digest(frame)
    assert known
    assert known == digest(frame.copy())
    assert known == digest(pd.concat([frame.iloc[:1], frame.iloc[1:]]))
    for order in ([1, 0, 2], [0, 2, 1], [0, 0, 2], [0, 1, 1], [0, 1]):
        other = frame.iloc[order].reset_index(drop=True)
        assert (digest(other) == known) == other.equals(frame)


def test_each_kind_is_another() -> None:
    known = [digest(pd.DataFrame({"a": cells})) for cells in COLUMNS.values()]
    assert len(set(known)) == len(COLUMNS)


def test_what_is_missing_in_a_masked_column_does_not_hang_on_what_lies_beneath() -> None:
    one = pd.array([1, 2, 3], dtype="Int64")
    other = pd.array([1, 7, 3], dtype="Int64")
    one[1] = other[1] = pd.NA
    assert digest(pd.DataFrame({"a": one})) == digest(pd.DataFrame({"a": other}))


def test_names_labels_kinds_key_and_context_count() -> None:
    frame = pd.DataFrame({"a": ["x", "y"], "b": [1, 2]})
    others = [
        frame,
        frame.rename(columns={"a": "A"}),
        frame.rename(columns={"a": 0}),
        frame.rename(columns={"a": "0"}),
        frame[["b", "a"]],
        frame.set_axis([1, 2]),
        frame.set_axis(["0", "1"]),
        frame.set_axis([0.0, 1.0]),
        frame.rename_axis("b"),
        frame.set_index("b", append=True),
        frame.astype({"b": "int32"}),
        frame.astype({"a": "category"}),
        frame.iloc[::-1],
        frame.set_axis(["a", "a"], axis=1),
    ]
    known = [digest(other) for other in others]
    known += [digest(frame, key=KEY[::-1]), digest(frame, context="another version")]
    assert all(known)
    assert len(set(known)) == len(known)


def test_a_block_is_known_by_its_own_rows_only() -> None:
    frame = pd.DataFrame({"a": [f"p{n}" for n in range(30)], "b": range(30), "c": pd.Categorical(["x", "y"] * 15)})
    changed = frame.copy()
    changed.loc[15, "a"] = "another"
    one, other = FrameDigests(frame, KEY, ""), FrameDigests(changed, KEY, "")
    blocks = [slice(0, 10), slice(10, 20), slice(20, 30)]
    assert [one.of(b) == other.of(b) for b in blocks] == [True, False, True]
    assert len({one.of(b) for b in blocks}) == 3


def test_labels_of_several_levels_count() -> None:
    index = pd.MultiIndex.from_tuples([(1, "a"), (1, "b"), (2, "a")])
    frame = pd.DataFrame({"a": range(3)}, index=index)
    moved = pd.MultiIndex.from_tuples([(1, "a"), (2, "b"), (2, "a")])
    assert digest(frame)
    assert digest(frame) != digest(frame.set_axis(moved))


CHANGEABLE = [[1], {"a": 1}, (1,), object(), {1}, b"x", pd.Interval(0, 1), np.float32(1)]


@pytest.mark.parametrize("cell", CHANGEABLE, ids=lambda cell: type(cell).__name__)
def test_what_may_change_unseen_is_not_known_again(cell: Any) -> None:
    assert digest(column("x", cell)) == b""
    assert digest(column("x", cell), slice(0, 1))


def test_an_empty_block_is_no_trouble() -> None:
    assert digest(pd.DataFrame({"a": pd.Series([], dtype="str")}))
    assert digest(pd.DataFrame())


def test_texts_of_arrow_are_known_again() -> None:
    pytest.importorskip("pyarrow")
    kind = pd.StringDtype("pyarrow", na_value=np.nan)
    texts = ["a", None, "", "ñb", "c"] * 3
    frame = pd.DataFrame({"a": pd.array(texts, dtype=kind)})
    known = digest(frame)
    assert known == digest(frame.copy())
    assert known == digest(pd.concat([frame.iloc[:7], frame.iloc[7:]]).reset_index(drop=True))
    digests = FrameDigests(frame, KEY, "")
    assert digests.of(slice(5, 10)) == FrameDigests(frame.copy(), KEY, "").of(slice(5, 10))
    for n, other in itertools.product(range(len(texts)), ["a", None, "", "z"]):
        changed = [*texts[:n], other, *texts[n + 1 :]]
        assert (digest(pd.DataFrame({"a": pd.array(changed, dtype=kind)})) == known) == (changed == texts)
