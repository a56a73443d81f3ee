"""A part of a sheet is read as the whole of it is: by the days, amounts and phones of the rows that were left out."""

from collections.abc import Callable

import pandas as pd
import pytest

from tests.sheets.ugly.workbooks import table
from toolkit import match_columns, read_sheet
from toolkit.sheets.check import check
from toolkit.spec import Date, Field, Number, Phone, Text

FIELDS: list[Field] = [
    Text(name="NOMBRE"),
    Date(name="NACIDO", label="Fecha nacimiento", format="%d/%m/%Y"),
    Number(name="MONTO"),
    Phone(name="CELULAR", country="CL"),
]
COLUMNS = {  # the cells of the rows that are left out, and of those that stay, which alone would be read otherwise
    "month first": ("Fecha nacimiento", ["12/31/1980", "11/30/1980"], ["05/06/1981", "07/04/1982"]),
    "day after the year": ("Fecha nacimiento", ["1980-31-12"], ["1981-06-05", "1982-04-07"]),
    "half converted": ("Fecha nacimiento", ["13/05/1980", "25/12/1981"], ["1981-06-05", "1982-04-07"]),
    "decimal comma": ("Monto", ["1.500,50", "1.500,5", "2,5"], ["12.345", "7.500"]),
    "both signs": ("Monto", ["1.500,50"], ["2,500.50", "2,500.53", "7.500"]),
    "currencies": ("Monto", ["US$ 15"], ["$ 12", "$ 75"]),
    "country": ("Celular", ["+34612345671", "+34612345675"], ["922345678", "922345679"]),
}
PARTS: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "filter": lambda sheet: sheet[sheet.Ciudad == "Temuco"],
    "query": lambda sheet: sheet.query("Ciudad == 'Temuco'"),
    "group": lambda sheet: sheet.groupby("Ciudad").get_group("Temuco"),
    "sorted": lambda sheet: sheet[sheet.Ciudad == "Temuco"].sort_values("Nombre", ignore_index=True),
    "renamed": lambda sheet: sheet[sheet.Ciudad == "Temuco"].rename(columns={"Fecha nacimiento": "NACIDO"}),
}


def sheet_of(column: str, others: list[str], stay: list[str]) -> pd.DataFrame:
    lines = [f"Ana;{cell};Santiago" for cell in others] + [f"Eva;{cell};Temuco" for cell in stay]
    return read_sheet("\n".join([f"Nombre;{column};Ciudad", *lines]).encode())


@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
@pytest.mark.parametrize("cells", COLUMNS.values(), ids=COLUMNS)
def test_a_part_is_read_as_the_whole(
    cells: tuple[str, list[str], list[str]], part: Callable[[pd.DataFrame], pd.DataFrame]
) -> None:
    sheet = sheet_of(*cells)
    few = part(sheet)
    alone = pd.DataFrame(few.to_dict("records"))
    whole, done = check(sheet, match_columns(sheet, FIELDS)), check(few, match_columns(few, FIELDS))
    by_itself = check(alone, match_columns(alone, FIELDS))
    n = len(few)
    assert done.bad.tolist() == whole.bad.tolist()[-n:]
    assert done.wire() == {name: values[-n:] for name, values in whole.wire().items()}
    assert (by_itself.bad.tolist(), by_itself.wire()) != (done.bad.tolist(), done.wire())


@pytest.mark.parametrize(
    ("cells", "mend", "sent"),
    [
        (("Monto", ["1500,50", "2,5"], ["12,345"]), lambda c: c.str.replace(",", "."), 12.345),
        (("Monto", ["1500,50", "2,5"], ["17,25"]), lambda c: c.str.replace(",", "."), 17.25),
        (
            ("Fecha nacimiento", ["12/31/1980"], ["05/06/1981"]),
            lambda c: pd.to_datetime(c, format="%m/%d/%Y").dt.strftime("%d/%m/%Y"),
            "06/05/1981",
        ),
    ],
)
def test_cells_that_were_written_anew_speak_for_themselves(
    cells: tuple[str, list[str], list[str]], mend: Callable[["pd.Series[str]"], "pd.Series[str]"], sent: object
) -> None:
    sheet = sheet_of(*cells)
    sheet[cells[0]] = mend(sheet[cells[0]])
    done = check(sheet, match_columns(sheet, FIELDS))
    assert [*done.wire().values()][-1][-1] == sent


def test_cells_of_which_some_were_written_anew_do_not_hide_what_the_others_show() -> None:
    sheet = sheet_of("Fecha nacimiento", ["12/31/1980", "11/30/1980"], ["05/06/1981", "7/04/1982"])
    sheet["Fecha nacimiento"] += " "
    sheet.loc[sheet["Fecha nacimiento"] == "7/04/1982 ", "Fecha nacimiento"] = "07/04/1982"
    few = sheet[sheet.Ciudad == "Temuco"]
    assert check(few, match_columns(few, FIELDS)).bad.all()


JOINED: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "concat": lambda sheet: pd.concat([sheet, sheet_of("Otra", [], [])]),
    "renamed": lambda sheet: sheet.rename(columns={"Monto": "MONTO"}),
    "merged": lambda sheet: sheet.merge(pd.DataFrame({"Ciudad": ["Santiago", "Temuco"], "Zona": ["1", "2"]})),
    "melted": lambda sheet: sheet.melt(["Nombre", "Ciudad"], ["Monto"], value_name="MONTO").drop(columns="variable"),
}


@pytest.mark.parametrize("join", JOINED.values(), ids=JOINED)
def test_a_number_cell_among_texts_stays_one(join: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    head = ["Nombre", "Monto", "Ciudad"]
    cells: list[object] = ["58,92", "1.234,50", 37.125]
    sheet = read_sheet(table(head, *(["Ana", cell, "Temuco"] for cell in cells)))
    both = join(sheet)
    assert check(both, match_columns(both, FIELDS)).wire()["MONTO"] == [58.92, 1234.5, 37.125]


@pytest.mark.parametrize("kind", ["month first", "decimal comma"])
def test_where_what_the_sheet_showed_is_lost_two_readings_are_asked(kind: str) -> None:
    few = sheet_of(*COLUMNS[kind]).tail(2)
    few.attrs = {}
    assert check(few, match_columns(few, FIELDS)).bad.all()
