"""The same sheet gives the same rows, whatever the format of its file."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.sheets.ugly.binaries import ods, xls, xlsb
from tests.sheets.ugly.workbooks import book
from toolkit.sheets.read import read_sheet
from toolkit.sheets.sheet_frame import STRUCK

NA = b"\x2a"  # the code of #N/A
CELLS: dict[str, tuple[str, Any, str, str]] = {  # its format, what it holds, shows, and how it is read
    "a text": ("General", "0012", "0012", "0012"),
    "a number": ("General", 1234.5, "1234.5", "1234.5"),
    "thousands": ("#,##0", 1234.0, "1,234", "1234"),
    "an error": ("General", NA, "#N/A", "#N/A"),
    "a truth": ("General", True, "TRUE", "TRUE"),
    "a percentage": ("0%", 0.15, "15%", "15%"),
    "a day": ("yyyy-mm-dd", 45382.0, "2024-03-31", "2024-03-31"),
    "a moment": ("yyyy-mm-dd hh:mm", 45382.5, "2024-03-31 12:00", "2024-03-31 12:00:00"),
    "a time": ("hh:mm:ss", 0.5, "12:00:00", "12:00:00"),
    "a duration": ("[h]:mm:ss", 1.25, "30:00:00", "30:00:00"),
    "zeros": ("00000", 123.0, "00123", "00123"),
    "a prefix": ('"A"0', 123.0, "A123", "A123"),
    "a phone": ('"+569"0', 12345678.0, "+56912345678", "+56912345678"),
    "a unit": ('0" kg"', 12.0, "12 kg", "12"),
}
KINDS = {"0%": "percentage", "yyyy-mm-dd": "date", "yyyy-mm-dd hh:mm": "date", "hh:mm:ss": "time", "[h]:mm:ss": "time"}
OPEN = {"a day": "2024-03-31", "a moment": "2024-03-31T12:00:00", "a time": "PT12H00M00S", "a duration": "PT30H00M00S"}


def in_xlsx(name: str) -> bytes:
    form, held, *_ = CELLS[name]

    def fill(made: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, ["A", "B"])
        style = made.add_format({"num_format": form})
        if held is NA:
            sheet.write_formula(1, 0, "=NA()", style, "#N/A")
        else:
            sheet.write(1, 0, held, style)
        sheet.write(1, 1, "y")

    return book(fill)


def in_ods(name: str) -> bytes:
    form, held, shown, _ = CELLS[name]
    kind = KINDS.get(form, "string" if isinstance(held, str | bytes) else "boolean" if held is True else "float")
    value = OPEN.get(name, str(held).lower())
    attribute = f"{kind}-value" if kind in ("date", "time", "boolean") else "value"
    attributes = f'office:value-type="{kind}" office:{attribute}="{value}"'
    cells = [f"<table:table-cell {attributes}><text:p>{shown}</text:p></table:table-cell>", "y"]
    texts = "<table:table-cell><text:p>{}</text:p></table:table-cell>".format
    head, row = texts("A") + texts("B"), cells[0] + texts("y")
    return ods(f"<table:table-row>{head}</table:table-row><table:table-row>{row}</table:table-row>")


def in_page(name: str) -> bytes:
    return f"<table><tr><th>A<th>B</tr><tr><td>{CELLS[name][2]}</td><td>y</tr></table>".encode()


def in_text(name: str, sign: str) -> bytes:
    return f'A{sign}B\n"{CELLS[name][2]}"{sign}y\n'.encode()


def in_binary(make: Callable[..., bytes], name: str) -> bytes:
    return make([["A", "B"], [CELLS[name][1], "y"]], CELLS[name][0])


FORMATS: dict[str, Callable[[str], bytes]] = {
    "xlsx": in_xlsx,
    "ods": in_ods,
    "xls": lambda name: in_binary(xls, name),
    "xlsb": lambda name: in_binary(xlsb, name),
    "html": in_page,
    "csv": lambda name: in_text(name, ";"),
    "tsv": lambda name: in_text(name, "\t"),
}
AS_SHOWN = ("html", "csv", "tsv")  # which hold no more than that


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", CELLS)
def test_a_cell_is_read_alike_in_every_format(name: str, form: str) -> None:
    frame = read_sheet(FORMATS[form](name))
    _, _, shown, read = CELLS[name]
    assert frame.to_numpy().tolist() == [[shown if form in AS_SHOWN else read, "y"]]
    assert (list(frame.columns), frame.index.tolist(), frame.attrs["questions"]) == (["A", "B"], [2], {})


@pytest.mark.parametrize("make", [xls, xlsb])
def test_what_is_struck_out_is_seen_in_binary_workbooks(make: Callable[..., bytes]) -> None:
    rows = [["A", "B"], ["x", 1.0], ["x", 2.0], ["x", 3.0]]
    assert read_sheet(make(rows, struck=[(2, 0), (3, 1)])).attrs["questions"] == {STRUCK: [3, 4]}
    assert read_sheet(make(rows, "0")).attrs["questions"] == {}
