"""Ugly workbooks."""

import datetime as dt
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import xlsxwriter
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from tests.sheets.ugly.binaries import ods, ods_cell, repacked, xls, xlsb
from tests.sheets.ugly.case import Case, Made

CASES: dict[str, Made] = {}
SHEET = "xl/worksheets/sheet1.xml"


def ugly(make: Made) -> Made:
    CASES[make.__name__] = make
    return make


def book(fill: Callable[[Any, Any], None], **options: Any) -> bytes:
    """A workbook whose first sheet is filled by a function of workbook and sheet."""
    packed = io.BytesIO()
    with xlsxwriter.Workbook(packed, {"in_memory": True, "strings_to_formulas": False, **options}) as made:
        fill(made, made.add_worksheet("Hoja1"))
    return packed.getvalue()


def table(*rows: list[Any], at: tuple[int, int] = (0, 0), **options: Any) -> bytes:
    def fill(_: Any, sheet: Any) -> None:
        for number, row in enumerate(rows):
            sheet.write_row(at[0] + number, at[1], row)

    return book(fill, **options)


@ugly
def plain() -> Case:
    return Case(table(["NOMBRE", "FONO"], ["Ana", "912345678"]), {2: ["Ana", "912345678"]}, ["NOMBRE", "FONO"])


@ugly
def digits_as_text() -> Case:
    data = table(["RUT", "CUENTA"], ["00123", "12345678901234567890"])
    return Case(data, {2: ["00123", "12345678901234567890"]}, ["RUT", "CUENTA"])


@ugly
def names_that_look_like_nothing_in_a_workbook() -> Case:
    return Case(table(["A", "B"], ["NA", "None"], ["nan", ""]), {2: ["NA", "None"], 3: ["nan", None]}, ["A", "B"])


@ugly
def texts_and_numbers_in_one_column() -> Case:
    data = table(["FONO"], [56912345678], ["56912345678"], [0.1 + 0.2], [-5])
    rows: dict[int, list[str | None]] = {2: ["56912345678"], 3: ["56912345678"], 4: ["0.3"], 5: ["-5"]}
    return Case(data, rows, ["FONO"])


@ugly
def number_longer_than_a_spreadsheet_keeps() -> Case:
    data = table(["TARJETA", "N"], [4111111111111111111, 1], ["4111111111111111111", 2])
    rows: dict[int, list[str | None]] = {2: ["4.11111111111111e+18", "1"], 3: ["4111111111111111111", "2"]}
    return Case(data, rows, ["TARJETA", "N"], ["1 number in 'TARJETA' was shortened"])


def dated(book_: Any, sheet: Any) -> None:
    forms = ("dd/mm/yyyy", "dd-mm-yyyy hh:mm", "hh:mm:ss", "[h]:mm")
    values = (dt.date(2024, 3, 5), pd.Timestamp("2024-03-05 14:22"), dt.time(9, 5), dt.timedelta(hours=30, minutes=5))
    sheet.write_row(0, 0, ["DÍA", "MOMENTO", "HORA", "DURACIÓN"])
    for n, (form, value) in enumerate(zip(forms, values, strict=True)):
        sheet.write_datetime(1, n, value, book_.add_format({"num_format": form}))


@ugly
def days_and_times() -> Case:
    rows: dict[int, list[str | None]] = {2: ["2024-03-05", "2024-03-05 14:22:00", "09:05:00", "30:05:00"]}
    return Case(book(dated), rows, ["DÍA", "MOMENTO", "HORA", "DURACIÓN"])


@ugly
def days_counted_from_1904() -> Case:
    made = openpyxl.Workbook()
    made.epoch = CALENDAR_MAC_1904
    made.active.append(["DÍA"])
    made.active.append([pd.Timestamp("1990-05-06").to_pydatetime()])
    return Case(saved(made), {2: ["1990-05-06"]}, ["DÍA"])


def saved(made: openpyxl.Workbook) -> bytes:
    packed = io.BytesIO()
    made.save(packed)
    return packed.getvalue()


@ugly
def true_and_false() -> Case:
    return Case(table(["SÍ"], [True], [False]), {2: ["TRUE"], 3: ["FALSE"]}, ["SÍ"])


@ugly
def formulas_with_values() -> Case:
    def fill(_: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, ["A", "B"])
        sheet.write_formula(1, 0, "=1+1", None, 2)
        sheet.write_formula(1, 1, '="a"&"b"', None, "ab")

    return Case(book(fill), {2: ["2", "ab"]}, ["A", "B"])


@ugly
def formulas_never_calculated() -> Case:
    made = openpyxl.Workbook()
    made.active.append(["A", "B"])
    made.active.append(["x", "=1+1"])
    return Case(saved(made), {2: ["x", "=1+1"]}, ["A", "B"])


@ugly
def formulas_that_failed() -> Case:
    def fill(_: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, ["A", "B"])
        sheet.write_row(1, 0, ["x"])
        sheet.write_formula(1, 1, "=NA()", None, "#N/A")
        sheet.write_formula(2, 1, "=1/0", None, "#DIV/0!")

    return Case(book(fill), {2: ["x", "#N/A"], 3: [None, "#DIV/0!"]}, ["A", "B"])


@ugly
def zeros_that_only_the_format_shows() -> Case:
    def fill(book_: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, ["CÓDIGO", "N"])
        sheet.write_number(1, 0, 42, book_.add_format({"num_format": "00000"}))
        sheet.write_number(1, 1, 42, book_.add_format({"num_format": "0.00"}))

    return Case(book(fill), {2: ["00042", "42"]}, ["CÓDIGO", "N"])


@ugly
def titles_and_blank_lines_above() -> Case:
    data = table(["Informe mensual"], [], ["generado el 3 de mayo"], [], ["NOMBRE", "FONO", "N"], ["Ana", "1", "2"])
    rows: dict[int, list[str | None]] = {6: ["Ana", "1", "2"]}
    return Case(data, rows, ["NOMBRE", "FONO", "N"], ["Informe mensual; generado el 3 de mayo"])


@ugly
def table_in_the_middle_of_the_sheet() -> Case:
    return Case(table(["A", "B"], ["1", "2"], at=(6, 3)), {8: ["1", "2"]}, ["A", "B"])


@ugly
def merged_title() -> Case:
    def fill(_: Any, sheet: Any) -> None:
        sheet.merge_range(0, 0, 0, 2, "Clientes")
        sheet.write_row(1, 0, ["A", "B", "C"])
        sheet.write_row(2, 0, ["1", "2", "3"])

    return Case(book(fill), {3: ["1", "2", "3"]}, ["A", "B", "C"], ["Clientes"])


def grouped(_: Any, sheet: Any) -> None:
    sheet.merge_range(0, 0, 1, 0, "RUT")
    sheet.merge_range(0, 1, 0, 2, "Titular")
    sheet.merge_range(0, 3, 0, 4, "Contacto")
    sheet.write_row(1, 1, ["Nombre", "Fono", "Nombre", "Fono"])
    sheet.write_row(2, 0, ["1-9", "Ana", "1", "Eva", "2"])


@ugly
def two_header_rows_with_merged_groups() -> Case:
    columns = ["RUT", "Titular Nombre", "Titular Fono", "Contacto Nombre", "Contacto Fono"]
    return Case(book(grouped), {3: ["1-9", "Ana", "1", "Eva", "2"]}, columns, ["merged"])


@ugly
def header_with_merged_cells() -> Case:
    def fill(_: Any, sheet: Any) -> None:
        sheet.write(0, 0, "NOMBRE")
        sheet.merge_range(0, 1, 0, 2, "FONOS")
        for row in (1, 2, 3):
            sheet.write_row(row, 0, ["Ana", 1, row])

    rows: dict[int, list[str | None]] = {n: ["Ana", "1", str(n - 1)] for n in (2, 3, 4)}
    return Case(book(fill), rows, ["NOMBRE", "FONOS", "FONOS (2)"], ["merged cells", "more than once"])


@ugly
def the_same_name_twice() -> Case:
    return Case(table(["FONO", "FONO"], ["1", "2"]), {2: ["1", "2"]}, ["FONO", "FONO (2)"], ["more than once"])


@ugly
def column_without_a_name() -> Case:
    data = table(["A", "", "", "D"], ["1", "2", "", "4"])
    return Case(data, {2: ["1", "2", "4"]}, ["A", "Column 2", "D"], ["column 2 has no name"])


@ugly
def blank_rows_and_columns_at_the_end() -> Case:
    def fill(book_: Any, sheet: Any) -> None:
        red = book_.add_format({"bg_color": "red"})
        sheet.write_row(0, 0, ["A", "B"])
        sheet.write_row(1, 0, ["1", "2"])
        for row in range(2, 40):
            sheet.write_blank(row, 7, None, red)
        sheet.write_string(41, 0, "")
        sheet.write_row(39, 0, ["3", "4"])

    return Case(book(fill), {2: ["1", "2"], 40: ["3", "4"]}, ["A", "B"], ["blank rows were left out: 3–39"])


@ugly
def hidden_rows() -> Case:
    def fill(_: Any, sheet: Any) -> None:
        for row, values in enumerate((["A", "B"], ["1", "2"], ["3", "4"], ["5", "6"])):
            sheet.write_row(row, 0, values)
        sheet.set_row(2, None, None, {"hidden": True})

    rows: dict[int, list[str | None]] = {2: ["1", "2"], 3: ["3", "4"], 4: ["5", "6"]}
    return Case(book(fill), rows, ["A", "B"], ["1 row is hidden in the spreadsheet, and was read: 3"])


@ugly
def rows_hidden_by_a_filter() -> Case:
    def fill(_: Any, sheet: Any) -> None:
        sheet.autofilter(0, 0, 9, 1)
        sheet.filter_column(0, "x == no")
        sheet.write_row(0, 0, ["A", "B"])
        for row in range(1, 10):
            sheet.write_row(row, 0, ["x", row])
            sheet.set_row(row, None, None, {"hidden": row > 4})

    rows: dict[int, list[str | None]] = {row + 1: ["x", str(row)] for row in range(1, 10)}
    return Case(book(fill), rows, ["A", "B"], ["5 rows are hidden in the spreadsheet, and were read: 6–10"])


def several(made: Any, sheet: Any) -> None:
    sheet.write_row(0, 0, ["A"])
    sheet.write_row(1, 0, ["first"])
    more = made.add_worksheet("Ventas & más")
    more.write_row(0, 0, ["B"])
    more.write_row(1, 0, ["second"])
    made.add_worksheet("Vacía")


@ugly
def several_sheets() -> Case:
    return Case(book(several), {2: ["first"]}, ["A"], ["other sheets, not read: 'Ventas & más', 'Vacía'"])


@ugly
def sheet_by_a_name_spelt_otherwise() -> Case:
    return Case(book(several), {2: ["second"]}, ["B"], ["'Hoja1'"], {"sheet": "ventas y mas".replace(" y", "")})


@ugly
def sheet_by_its_number() -> Case:
    return Case(book(several), {2: ["second"]}, ["B"], how={"sheet": 2})


@ugly
def first_sheets_empty_or_hidden() -> Case:
    def fill(made: Any, sheet: Any) -> None:
        secret = made.add_worksheet("Oculta")
        secret.write_row(0, 0, ["no"])
        secret.hide()
        shown = made.add_worksheet("Datos")
        shown.write_row(0, 0, ["A"])
        shown.write_row(1, 0, ["1"])
        shown.activate()

    return Case(book(fill), {2: ["1"]}, ["A"], ["'Hoja1', 'Oculta' (hidden)"])


@ugly
def header_over_several_lines() -> Case:
    return Case(table(["  Correo\nelectrónico ", "B"], ["a", "b"]), {2: ["a", "b"]}, ["Correo electrónico", "B"])


@ugly
def spaces_nobody_sees() -> Case:
    data = table(["A", "B"], [" Ana\u00a0", "\u200bx\u202c"])
    return Case(data, {2: [" Ana\u00a0", "\u200bx\u202c"]}, ["A", "B"])


@ugly
def texts_inside_the_cells() -> Case:
    return Case(table(["A", "B"], [" 00x ", "é"], constant_memory=True), {2: [" 00x ", "é"]}, ["A", "B"])


@ugly
def texts_in_several_fonts() -> Case:
    def fill(book_: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, ["A", "B"])
        sheet.write_rich_string(1, 0, "uno ", book_.add_format({"bold": True}), "dos", " tres")
        sheet.write(1, 1, "x")

    return Case(book(fill), {2: ["uno dos tres", "x"]}, ["A", "B"])


@ugly
def control_characters() -> Case:
    rows: dict[int, list[str | None]] = {2: ["a\x07b", "_x0041_"], 3: ["a\r\nb", "\ttab"]}
    return Case(table(["A", "B"], ["a\x07b", "_x0041_"], ["a\r\nb", "\ttab"]), rows, ["A", "B"])


@ugly
def texts_that_look_like_formulas() -> Case:
    return Case(table(["A", "B"], ["=1+1", "@x"], ["+56", "-5"]), {2: ["=1+1", "@x"], 3: ["+56", "-5"]}, ["A", "B"])


@ugly
def names_with_a_prefix_in_the_xml() -> Case:
    data = table(["A", "B"], [1, 2], [3, 4])
    with_prefix = (b"<worksheet xmlns=", b"<worksheet xmlns:extra='x' xmlns=")
    return Case(repacked(data, SHEET, with_prefix), {2: ["1", "2"], 3: ["3", "4"]}, ["A", "B"])


@ugly
def cells_that_do_not_say_where_they_are() -> Case:
    data = table(["A", "B"], [1, 2])
    for place in (b' r="A2"', b' r="B2"'):
        data = repacked(data, SHEET, (place, b""))
    return Case(data, {2: ["1", "2"]}, ["A", "B"])


@ugly
def wide_sheet() -> Case:
    data = table([f"C{n}" for n in range(60)], [*range(60)])
    return Case(data, {2: [str(n) for n in range(60)]}, [f"C{n}" for n in range(60)])


@ugly
def numbers_as_names_of_columns() -> Case:
    return Case(table([2023, 2024], ["a", "b"]), {2: ["a", "b"]}, ["2023", "2024"], ["looks like data"])


@ugly
def old_workbook() -> Case:
    data = xls([["Ñombre", "FONO"], ["José", 56912345678.0], ["Ana", 0.5]])
    return Case(data, {2: ["José", "56912345678"], 3: ["Ana", "0.5"]}, ["Ñombre", "FONO"])


@ugly
def binary_workbook() -> Case:
    data = xlsb([["Ñombre", "FONO"], ["José", 56912345678.0], ["007", 0.5]])
    return Case(data, {2: ["José", "56912345678"], 3: ["007", "0.5"]}, ["Ñombre", "FONO"])


@ugly
def binary_workbook_of_a_program_whose_cells_do_not_say_their_column() -> Case:
    data = (Path(__file__).parent / "by_sheetjs.xlsb").read_bytes()
    rows: dict[int, list[str | None]] = {
        2: ["José Ñandú", "j@example.cl", "56912345678", "2024-03-05", "TRUE", "1234.56", "00123", "#N/A"],
        3: ["Ana <b>&", "a@example.cl", "00123", "1990-05-06", "FALSE", "-0.1", "00007", "#DIV/0!"],
        4: ["Eva\nLuz", "e@example.cl", "0.5", None, "TRUE", "1000000000000000", "1234567", "#REF!"],
        5: ["😀 x", None, "-5", None, None, "100", "00000", None],
    }
    notes = ["other sheets, not read: 'Oculta' (hidden)", "1 row is hidden", "1 column is hidden", "row 4 of 'NOMBRE'"]
    return Case(data, rows, ["NOMBRE", "CORREO", "FONO", "DÍA", "OK", "SALDO", "CÓDIGO", "ERR"], notes)


@ugly
def binary_workbook_of_another_program() -> Case:
    data = (Path(__file__).parent / "by_pyxlsbwriter.xlsb").read_bytes()
    rows: dict[int, list[str | None]] = {
        2: ["José", "00123", "2024-03-05", "2024-03-05 14:22:00", "TRUE", "0.3"],
        3: ["Ana", "56912345678", "1990-05-06", None, "FALSE", "-7"],
        4: [None, None, None, None, None, "12"],
    }
    return Case(data, rows, ["NOMBRE", "FONO", "DÍA", "MOMENTO", "OK", "N"], ["'Oculta' (hidden)"])


def ods_row(*texts: str, more: str = "") -> str:
    return f"<table:table-row{more}>{''.join(map(ods_cell, texts))}</table:table-row>"


@ugly
def open_document() -> Case:
    rows = ods_row("Ñombre", "FONO") + ods_row("José", "007") + ods_row("x", "y", more=' table:visibility="collapse"')
    tail = '<table:table-row table:number-rows-repeated="1048000">'
    tail += '<table:table-cell table:number-columns-repeated="16384"/>'
    read: dict[int, list[str | None]] = {2: ["José", "007"], 3: ["x", "y"]}
    return Case(ods(rows + tail + "</table:table-row>"), read, ["Ñombre", "FONO"], ["1 row is hidden"])


@ugly
def open_document_with_repeated_rows() -> Case:
    rows = ods_row("A", "B") + ods_row("1", "2", more=' table:number-rows-repeated="3"')
    return Case(ods(rows), {n: ["1", "2"] for n in (2, 3, 4)}, ["A", "B"])
