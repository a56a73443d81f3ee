"""Rows to DataFrames: columns and dtypes stand with and without rows; what no document shows is a bad answer."""

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from toolkit import vendors
from toolkit.calls import frames
from toolkit.errors import AnswerWarning
from toolkit.http.secrets import MaskedLink, Secret
from toolkit.spec import (
    Bool,
    Choice,
    Date,
    Email,
    Field,
    File,
    Flag,
    Identity,
    Integer,
    Json,
    Link,
    List,
    Masked,
    Nested,
    Number,
    Phone,
    Record,
    Rows,
    Text,
    Timestamp,
)

MS = st.integers(-(10**12), 4 * 10**12)
TEXT = st.text(max_size=20)
SAMPLES: dict[type[Field], st.SearchStrategy[Any]] = {  # what a vendor may answer for each kind
    Text: TEXT,
    Email: TEXT,
    Phone: TEXT | st.integers(0, 10**12),
    Identity: TEXT,
    Integer: st.integers(-(2**63), 2**63 - 1) | st.integers(-9, 9).map(str),
    Number: st.integers(-(10**9), 10**9) | st.floats(allow_nan=False, allow_infinity=False),
    Bool: st.booleans() | st.sampled_from([0, 1, "true", "0"]),
    Flag: st.sampled_from([0, 1, True, False, "1", ""]),
    Date: st.dates(min_value=pd.Timestamp("1900-01-01").date()).map(str),
    List: st.lists(TEXT, max_size=3) | st.just("a;b"),
    Json: st.dictionaries(TEXT, TEXT, max_size=2) | st.lists(TEXT, max_size=2),
    Rows: st.lists(st.dictionaries(TEXT, TEXT, max_size=2), max_size=2),
    File: TEXT,
    Masked: TEXT,
    Link: st.just("https://example.co/x?token=1"),
}


def sample(field: Field) -> st.SearchStrategy[Any]:
    if isinstance(field, Nested):
        assert field.record
        return rows_of(field.record)
    if isinstance(field, Choice):
        return st.sampled_from([*field.choices])
    if isinstance(field, Timestamp):
        return MS if not field.format else MS.map(lambda ms: pd.Timestamp(ms, unit="ms", tz="UTC").isoformat())
    return SAMPLES[type(field)]


def rows_of(record: type[Record]) -> st.SearchStrategy[dict[str, Any]]:
    """Rows as they come: any key may be missing or null."""
    return st.fixed_dictionaries({}, optional={f.key: st.none() | sample(f) for f in record.fields})


def records() -> dict[str, type[Record]]:
    """Every record that a vendor's answers are declared with, by module and name."""
    modules = [
        importlib.import_module(m.name)
        for m in pkgutil.walk_packages(vendors.__path__, f"{vendors.__name__}.")
        if ".api" in m.name
    ]
    found = [r for m in modules for r in vars(m).values() if isinstance(r, type) and issubclass(r, Record)]
    return {f"{r.__module__.removeprefix('toolkit.vendors.')}.{r.__name__}": r for r in found if r is not Record}


each_record = pytest.mark.parametrize("record", records().values(), ids=records())


def test_the_walk_finds_the_records_of_all_systems() -> None:
    assert {name.partition(".")[0] for name in records()} == {*vendors.Api.vendors()}
    assert len(records()) > 25


@each_record
def test_columns_and_dtypes_stand_with_and_without_rows(record: type[Record]) -> None:
    none = frames.to_frame(record, [])
    full = {f.key: None for f in record.fields}
    for rows in ([], [{}], [full], [full] * 3):
        frame = frames.to_frame(record, rows)
        assert len(frame) == len(rows)
        assert frame.dtypes.to_dict() == none.dtypes.to_dict()
        assert frame.columns.equals(none.columns)
        assert frame.columns.dtype == "str"
        assert frame.isna().all(axis=None)


@each_record
def test_columns_are_the_declared_fields_in_their_order(record: type[Record]) -> None:
    frame = frames.to_frame(record, [])
    names = [name.partition(".")[0] for name in frame.columns]
    meanings = {f.meaning for f in record.fields if isinstance(f, Choice)}
    assert list(dict.fromkeys(n for n in names if n not in meanings)) == [f.name for f in record.fields]
    assert frame.columns.is_unique


@each_record
@settings(max_examples=15)
@given(data=st.data())
def test_any_documented_rows_make_the_same_frame_as_none(record: type[Record], data: st.DataObject) -> None:
    rows = data.draw(st.lists(rows_of(record), max_size=4))
    frame = frames.to_frame(record, rows)
    empty = frames.to_frame(record, [])
    assert frame[empty.columns].dtypes.to_dict() == empty.dtypes.to_dict()
    assert_frame_equal(frame, pd.concat([frames.to_frame(record, [row]) for row in rows] or [empty], ignore_index=True))


# ── each kind ────────────────────────────────────────────────────────────────


def column(field: Field, *values: Any) -> "pd.Series[Any]":
    made = type("Made", (Record,), {"x": field})
    frame: pd.DataFrame = frames.to_frame(made, [{"x": v} for v in values])
    return frame["x"]


@pytest.mark.parametrize(
    ("field", "values", "dtype", "expected"),
    [
        (Text(), ["a", None, 7, 56912345678, 56912345678.0, 1.5, True, {"a": 1}], "str",
         ["a", None, "7", "56912345678", "56912345678", "1.5", "true", '{"a": 1}']),
        (Text(), ["00123", "NA", ""], "str", ["00123", "NA", ""]),
        (Integer(), [1, None, 0], "Int64", [1, None, 0]),
        (Integer(), ["5", 0, "", None, " 7 ", 2.0], "Int64", [5, 0, None, None, 7, 2]),
        (Integer(), [2**63 - 1, 9007199254740993], "Int64", [2**63 - 1, 9007199254740993]),
        (Number(), [1, None, 2.5, "3.5"], "float64", [1.0, None, 2.5, 3.5]),
        (Bool(), [True, None, False], "boolean", [True, None, False]),
        (Flag(), [1, "0", "", None, True, "TRUE"], "boolean", [True, False, None, None, True, True]),
        (Timestamp(), [0, None, 1568032184000], "datetime64[us, UTC]",
         [pd.Timestamp(0, tz="UTC"), None, pd.Timestamp("2019-09-09T12:29:44Z")]),
        (Timestamp(), ["1568032184000", 1568032184000.0], "datetime64[us, UTC]",
         [pd.Timestamp("2019-09-09T12:29:44Z")] * 2),
        (Timestamp(format="iso"), ["2026-03-02T10:00:00-05:00", None, "2026-03-02 15:00:00", "2026-03-02"],
         "datetime64[us, UTC]", [*[pd.Timestamp("2026-03-02T15:00Z"), None] , pd.Timestamp("2026-03-02T15:00Z"),
                                 pd.Timestamp("2026-03-02T00:00Z")]),
        (Date(), ["2026-03-02", None], "datetime64[us]", [pd.Timestamp("2026-03-02"), None]),
        (Date(format="%d/%m/%Y"), ["02/03/2026"], "datetime64[us]", [pd.Timestamp("2026-03-02")]),
        (Choice(choices={0: "no", 2: "e-mail"}), [2, None, "0", 9], "Int64", [2, None, 0, 9]),
        (Choice(choices={"CC": "Cédula"}), ["CC", None, "??"], "str", ["CC", None, "??"]),
        (List(separator=";"), ["a; b", "", None, ["c"]], "object", [["a", "b"], [], None, ["c"]]),
        (List(), [["a"], "b", None, []], "object", [["a"], ["b"], None, []]),
        (Json(), [{"a": 1}, [1], None, "x"], "object", [{"a": 1}, [1], None, "x"]),
    ],
)  # fmt: skip
def test_each_kind_has_its_dtype_and_keeps_its_values(
    field: Field, values: list[Any], dtype: str, expected: list[Any]
) -> None:
    made = column(field, *values)
    assert made.dtype == dtype
    assert [None if v is None or v is pd.NA or v is pd.NaT or v != v else v for v in made] == expected


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (Integer(), "five"),
        (Integer(), 1.5),
        (Integer(), 2**63),
        (Integer(), "9" * 30),
        (Integer(), [1]),
        (Integer(), {}),
        (Number(), "a lot"),
        (Number(), {"a": 1}),
        (Bool(), "perhaps"),
        (Bool(), 2),
        (Bool(), []),
        (Timestamp(), "yesterday"),
        (Timestamp(), 10**30),
        (Timestamp(), 10**17),
        (Timestamp(), []),
        (Timestamp(format="iso"), "yesterday"),
        (Timestamp(format="iso"), 12),
        (Date(), "2026-02-30"),
        (Date(), "02/03/2026"),
        (Date(), {}),
        (Choice(choices={0: "no"}), "none"),
        (Choice(choices={0: "no"}, meaning="words"), [0]),
        (Nested(record=type("Inner", (Record,), {"a": Text()})), "text"),
        (Nested(record=type("Inner", (Record,), {"a": Text()})), [1]),
    ],
)
def test_a_cell_that_no_document_shows_costs_itself_and_a_warning_names_its_column(field: Field, value: Any) -> None:
    good = {"a": "b"} if isinstance(field, Nested) else None
    record = type("Made", (Record,), {"x": field, "y": Text()})
    with pytest.warns(AnswerWarning, match="^read: x: 1 of the cells are no ") as warned:
        frame = frames.to_frame(record, [{"x": good, "y": "before"}, {"x": value, "y": "after"}], call="read")
    assert len(warned) == 1
    assert frame["y"].tolist() == ["before", "after"]
    assert frame.drop(columns="y").iloc[1].isna().all()
    assert frame.dtypes.astype(str).tolist() == frames.to_frame(record, []).dtypes.astype(str).tolist()


def test_a_word_stands_for_its_code_and_one_without_a_code_for_itself() -> None:
    states = {2: "Pendiente de firma", 3: "Firmada"}
    record = type("Made", (Record,), {"estado": Choice("", choices=states, meaning="estado_nombre")})
    frame = frames.to_frame(record, [{"estado": e} for e in ("Pendiente de Firma", "FIRMADA", "3", "Archivada", 9)])
    assert [None if pd.isna(v) else v for v in frame["estado"]] == [2, 3, 3, None, 9]
    words = ["Pendiente de firma", "Firmada", "Firmada", "Archivada", None]
    assert [None if pd.isna(v) else v for v in frame["estado_nombre"]] == words


def test_keys_are_read_whatever_spaces_and_capitals_they_have() -> None:
    record = type("Made", (Record,), {"fecha_firma": Timestamp(format="iso"), "rol": Text(aliases=("role",))})
    rows = [{" fecha_firma ": "2026-03-02T10:00:00Z", "ROL": "a"}, {"fecha_firma": None, "role": "b"}]
    frame = frames.to_frame(record, rows, apart=())
    assert frame["fecha_firma"].iloc[0] == pd.Timestamp("2026-03-02T10:00Z")
    assert frame["rol"].tolist() == ["a", "b"]
    assert frame.columns.tolist() == ["fecha_firma", "rol"]


def test_members_that_nobody_declared_are_further_columns_and_said_once() -> None:
    record = type("Made", (Record,), {"a": Text(), "b": Choice("", choices={1: "one"}, meaning="more")})
    rows = [{"a": "x", "new": 1, "api_token": "sentinel", "more": "m", "code": "00"}, {"new": {"k": 2}}]
    with pytest.warns(AnswerWarning, match="members that the document does not show: new, api_token, more") as warned:
        frame = frames.to_frame(record, rows, call="read", apart=("code",))
    assert len(warned) == 1
    assert frame.columns.tolist() == ["a", "b", "more", "new", "api_token", "more (answer)"]
    assert frame["new"].tolist() == ["1", '{"k": 2}']
    assert isinstance(frame["api_token"].iloc[0], Secret)
    assert frames.to_frame(record, rows).columns.tolist() == ["a", "b", "more"]


@pytest.mark.parametrize(
    ("written", "field"),
    [
        ("2026-03-02 10:00:00", Timestamp(format="iso", zone="America/Bogota")),
        ("02/03/2026 10:00:00", Timestamp(format="iso", also="%d/%m/%Y %H:%M:%S", zone="America/Bogota")),
        ("2026-03-02T15:00:00Z", Timestamp(format="iso", also="%d/%m/%Y %H:%M:%S", zone="America/Bogota")),
        ("2026-03-02T15:00:00Z", Timestamp()),
        (1772463600000, Timestamp(format="iso")),
        ("1772463600000", Timestamp(format="iso")),
    ],
)
def test_a_time_is_read_in_every_form_that_can_be_told(written: Any, field: Timestamp) -> None:
    assert column(field, written).tolist() == [pd.Timestamp("2026-03-02T15:00Z")]


def test_a_day_of_zeros_is_no_day() -> None:
    assert column(Timestamp(format="iso"), "0000-00-00 00:00:00", "2026-03-02").isna().tolist() == [True, False]


def test_a_code_may_have_its_meaning_beside_it() -> None:
    record = type("Made", (Record,), {"type": Choice("", choices={0: "text", 2: "e-mail"}, meaning="kind")})
    frame = frames.to_frame(record, [{"type": 2}, {"type": "0"}, {"type": 9}, {}])
    assert frame.columns.tolist() == ["type", "kind"]
    assert frame["kind"].tolist()[:2] == ["e-mail", "text"]
    assert frame["kind"].isna().tolist() == [False, False, True, True]
    assert frame["kind"].cat.categories.tolist() == ["text", "e-mail"]


def test_a_record_inside_a_record_has_columns_with_a_dot() -> None:
    inner = type("Inner", (Record,), {"id": Integer(), "name": Text()})
    record = type("Outer", (Record,), {"id": Text(), "client": Nested(record=inner)})
    frame = frames.to_frame(record, [{"id": "a", "client": {"id": 7, "name": "x"}}, {"id": "b", "client": None}])
    assert frame.columns.tolist() == ["id", "client.id", "client.name"]
    assert frame["client.id"].tolist()[0] == 7
    assert frame["client.id"].isna().tolist() == [False, True]


def test_a_second_spelling_is_read_where_the_first_is_not_there() -> None:
    record = type("Made", (Record,), {"IdDocument": Text(aliases=("idDocument",))})
    rows = [{"IdDocument": "1"}, {"idDocument": "2"}, {"IdDocument": "3", "idDocument": "4"}]
    assert frames.to_frame(record, rows)["IdDocument"].tolist() == ["1", "2", "3"]


def test_an_open_record_keeps_what_else_comes_as_text() -> None:
    record = type("Made", (Record,), {"open": True, "id": Integer()})
    frame = frames.to_frame(record, [{"id": 1, "b": "x"}, {"id": 2, "a": 56912345678, "b": {"c": 1}}])
    assert frame.columns.tolist() == ["id", "b", "a"]
    assert frame["b"].tolist() == ["x", '{"c": 1}']
    assert frame["a"].tolist()[1] == "56912345678"
    assert frame.dtypes[["a", "b"]].tolist() == ["str", "str"]


@pytest.mark.parametrize(("field", "kind"), [(Masked(), Secret), (Link(), MaskedLink)])
def test_secrets_come_under_their_masks(field: Field, kind: type[Secret]) -> None:
    made = column(field, "https://example.co/sentinel", "", None)
    assert type(made[0]) is kind
    assert made[0].reveal() == "https://example.co/sentinel"
    assert made[1:].isna().all()
    writers: list[Callable[[], str | None]] = [made.to_csv, made.to_string, made.to_json, made.to_frame().to_html]
    assert not [write for write in writers if "sentinel" in (write() or "")]


def test_keys_that_are_not_declared_are_left_out() -> None:
    record = type("Made", (Record,), {"id": Integer()})
    assert frames.to_frame(record, [{"id": 1, "more": 2}]).columns.tolist() == ["id"]


def test_the_index_counts_the_rows() -> None:
    record = type("Made", (Record,), {"id": Integer()})
    assert frames.to_frame(record, [{"id": 5}] * 3).index.equals(pd.RangeIndex(3))


def test_an_excerpt_says_how_much_it_leaves_out_and_shows_no_empty_column() -> None:
    frame = pd.DataFrame({"a": range(5000), "nothing": None, "<b>": "<i>"})
    shown = frames.excerpt(frame)
    assert "20 of 5,000 rows" in shown
    assert "nothing" not in shown
    assert "<i>" not in shown
    assert "rows" not in frames.excerpt(frame.head(20))
