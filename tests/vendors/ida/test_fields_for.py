"""The fields that are proposed for a sheet."""

import pandas as pd
import pytest

import toolkit

COLUMNS = {
    "email": ["ana@example.cl", "no tiene", "LUIS@EXAMPLE.COM "],
    "phone": ["+56 9 2123 4567", "922345678", "5.69212E+10"],
    "date": ["31/12/1990", "1991-02-03", "4 de mayo de 1988"],
    "number": ["1.200,50", "300", "por confirmar"],
    "text": ["Ana", "12", "Ñuñoa"],
}


@pytest.mark.parametrize("kind", COLUMNS)
def test_a_column_is_of_the_kind_that_most_of_its_values_have(kind: str) -> None:
    assert toolkit.ida_fields_for(pd.DataFrame({"Columna": COLUMNS[kind]}))["type"].tolist() == [kind]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1200, 3.5], "number"),
        ([56921234567, 56921234568], "phone"),
        ([56921234567.0, None], "phone"),
        (pd.to_datetime(["1990-01-02", "1991-03-04"]), "date"),
        (pd.Categorical(["ana@example.cl", "luis@example.cl"]), "email"),
        (["00123", "45600"], "text"),  # zeros at the front would be lost
        ([True, False], "text"),
        ([None, None], "text"),
        ([["a"], {"b": 1}], "text"),
        ([], "text"),
    ],
)
def test_columns_of_every_dtype(values: object, kind: str) -> None:
    assert toolkit.ida_fields_for(pd.DataFrame({"Columna": values}))["type"].tolist() == [kind]


def test_names_are_capitals_without_accents_and_each_another() -> None:
    frame = pd.DataFrame([["a"] * 5], columns=["Fecha de nacimiento", "fecha  DE nacimiento", "Ñandú (n°)", "", 7])
    fields = toolkit.ida_fields_for(frame)
    assert fields["name"].tolist() == ["FECHA_DE_NACIMIENTO", "FECHA_DE_NACIMIENTO_2", "NANDU_N", "FIELD", "7"]
    assert fields["label"].tolist() == [str(c) for c in frame.columns]


def test_a_frame_that_was_matched_before_is_read_by_its_values() -> None:
    frame = pd.DataFrame({"value": ["ana@example.cl"]})
    frame.attrs["fields"] = {"value": None}
    assert toolkit.ida_fields_for(frame)["type"].tolist() == ["email"]


def test_numbers_of_a_sheet_need_no_decimal_sign() -> None:
    frame = pd.DataFrame({"Monto": ["1.234", "5.678"]})
    frame.attrs["numeric"] = ["Monto"]
    assert toolkit.ida_fields_for(frame)["type"].tolist() == ["number"]


def test_create_database_takes_the_proposal(api: toolkit.Api) -> None:
    frame = pd.DataFrame({kind.title(): values for kind, values in COLUMNS.items()})
    fields = api.ida.fields(api.ida.create_database("Propuesta", toolkit.ida_fields_for(frame)))
    assert fields["kind"].tolist() == [*COLUMNS]
    assert fields["label"].tolist() == [*frame.columns]
    empty = api.ida.create_database("Vacía", toolkit.ida_fields_for(pd.DataFrame({"a": []})))
    assert api.ida.database(empty)["rowCounter"].tolist() == [0]
