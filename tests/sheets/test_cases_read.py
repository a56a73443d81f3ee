"""Sheets that went wrong once, by kind: what is read. The numbers are those of the list of cases."""

import contextlib
import io
import json
import time
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
import xlsxwriter

from tests.sheets.ugly.binaries import compound, ods, ods_cell, repacked, xls, zipped
from tests.sheets.ugly.workbooks import SHEET, book, saved, table
from toolkit.errors import InputError
from toolkit.sheets.check import check
from toolkit.sheets.match import match_columns
from toolkit.sheets.other_tables import BELOW, BESIDE
from toolkit.sheets.read import read_sheet
from toolkit.sheets.sheet_frame import COMMENTED, EXAMPLE, JOINED, LONGER, MERGED, SIDEWAYS, STRUCK, TITLED, UNSURE
from toolkit.sheets.target import Takes
from toolkit.spec import Email, Number, Phone, Text


def csv(*lines: str) -> bytes:
    return "\n".join(lines).encode()


def column(data: bytes, name: str, **how: Any) -> list[Any]:
    return read_sheet(data, **how)[name].tolist()


def refused(data: Any, said: str, **how: Any) -> None:
    with pytest.raises(InputError, match=said):
        read_sheet(data, **how)


# ── 2: the header ────────────────────────────────────────────────────────────

PEOPLE = [["NOMBRE", "FONO"], *([f"Ana {n}", f"9{n:08}"] for n in range(20))]


def far_remarks() -> bytes:
    def fill(_: Any, sheet: Any) -> None:
        for n, row in enumerate(PEOPLE):
            sheet.write_row(n, 0, row)
        sheet.write_row(14, 8, ["ojo", "revisar", "con Ana", "urgente"])

    return book(fill)


def merged_down() -> bytes:
    def fill(_: Any, sheet: Any) -> None:
        sheet.merge_range(0, 0, 1, 0, "NOMBRE")
        sheet.merge_range(0, 1, 1, 1, "FONO")
        for n, row in enumerate(PEOPLE[1:], 2):
            sheet.write_row(n, 0, row)

    return book(fill)


def merged_down_and_grouped() -> bytes:
    def fill(_: Any, sheet: Any) -> None:
        sheet.merge_range(0, 0, 1, 0, "NOMBRE")
        sheet.merge_range(0, 1, 0, 2, "Contacto")
        sheet.write_row(1, 1, ["FONO", "CORREO"])
        for n, row in enumerate(PEOPLE[1:], 2):
            sheet.write_row(n, 0, [*row, f"a{n}@example.cl"])

    return book(fill)


def wide_legend() -> bytes:
    return table(*PEOPLE, [], ["rojo", "moroso", "verde", "al día", "azul", "nuevo"])


def content_far_below() -> bytes:
    return table(*PEOPLE, at=(80, 2))


OF_MANY: list[list[Any]] = [
    ["N°", "Cliente nombre", "Correo electrónico", "Teléfono móvil", "Importe", "Vendedor", "Fecha compra"],
    *([n, f"Ana {n}", f"a{n}@example.cl", f"91234567{n}", 100, "Luz", "2024-03-05"] for n in range(8)),
]
HEADERS = {
    "remarks far to the right": (far_remarks(), 1),
    "merged downwards": (merged_down(), 1),
    "merged downwards beside a group": (merged_down_and_grouped(), 2),
    "a legend below that is wider": (wide_legend(), 1),
    "content that starts below row 60": (content_far_below(), 81),
    "titles above": (table(["Clientes"], ["mayo 2024"], *PEOPLE), 3),
    "a blank row below the header": (table(PEOPLE[0], [], *PEOPLE[1:]), 1),
    "remarks in the first rows": (table(PEOPLE[0], [*PEOPLE[1], "x", "y", "z"], *PEOPLE[2:]), 1),
}


@pytest.mark.parametrize(("data", "header"), HEADERS.values(), ids=HEADERS)
def test_2_no_person_is_lost_to_the_header(data: bytes, header: int) -> None:
    frame = read_sheet(data)
    assert frame.attrs["header"] == header
    assert {"NOMBRE", "FONO"} <= {name.removeprefix("Contacto ") for name in frame.columns}
    assert [name for name in frame["NOMBRE"] if str(name).startswith("Ana")] == [row[0] for row in PEOPLE[1:]]


@pytest.mark.parametrize(
    ("rows", "header"),
    [
        ([["Informe 2024"], [], ["Sucursal: Norte", "Fecha: 01/02/2024"], [], *PEOPLE], 5),
        ([["Required", "Optional"], *PEOPLE], 2),
        ([["Totals", "20 people"], ["Office", "North"], *PEOPLE], 3),
        ([["Canal 1", "Canal 2"], ["Correo", "Fono"], ["SMS", "Fono"], ["Correo", "Carta"]], 1),
        ([["NOMBRE"], ["Ana"], ["NOMBRE"], ["Eva"]], 1),
        ([["Reporte"], ["Reporte"], ["Sucursal", "Centro"], ["Moneda", "CLP"], ["Datos", "", "Contacto"], *OF_MANY], 6),
        ([["CONFIDENCIAL"], ["CONFIDENCIAL"], ["Reporte mensual"], *OF_MANY], 4),
        ([["Usuario", "JP"], ["Sociedad", 1000], ["Moneda", "CLP"], ["Página", 1], *OF_MANY[:3]], 5),
        ([["", "", "Fecha", "12.03.2024"], ["Usuario", "JP"], ["Sucursal", "Sur"], [], *OF_MANY, OF_MANY[0]], 5),
        ([["Sucursal", "Centro"], ["Filtro:", "activos"], ["Fecha", "1/2/2024"], *OF_MANY, OF_MANY[0]], 4),
    ],
)
def test_2_a_row_of_names_comes_before_one_that_is_only_wide(rows: list[list[str]], header: int) -> None:
    assert read_sheet(table(*rows)).attrs["header"] == header


def test_2_a_row_of_digits_is_said() -> None:
    assert any("looks like data" in note for note in read_sheet(csv("1;2;3", "4;5;6")).attrs["notes"])


def test_2_a_single_row_of_data_is_no_header() -> None:
    frame = read_sheet(table(["Ana", "ana@example.cl", "912345678"]))
    assert (frame.attrs["header"], len(frame)) == (0, 1)
    assert any("no row names the columns" in note for note in frame.attrs["notes"])


@pytest.mark.parametrize(
    ("lines", "name", "values"),
    [
        (["NOMBRE", "Peña, Ana", "Soto, Luis", "Ríos, Eva"], "NOMBRE", ["Peña, Ana", "Soto, Luis", "Ríos, Eva"]),
        (["CIUDAD", "Santiago,Chile", "Talca,Chile"], "CIUDAD", ["Santiago,Chile", "Talca,Chile"]),
        (["Dirección", "Uno 12, Talca", "Dos 4, Arica"], "Dirección", ["Uno 12, Talca", "Dos 4, Arica"]),
        (
            ["Observación larga", "uno, dos", "tres, cuatro, cinco"],
            "Observación larga",
            ["uno, dos", "tres, cuatro, cinco"],
        ),
    ],
)
def test_2_one_column_of_texts_with_commas(lines: list[str], name: str, values: list[str]) -> None:
    assert column(csv(*lines), name) == values


@pytest.mark.parametrize("extra", ["Calle 1, depto 2", "Calle 1, depto 2, block 3", "1, 2, 3, 4"])
def test_2_unquoted_commas_are_a_question_of_their_row(extra: str) -> None:
    frame = read_sheet(csv("NOMBRE,DIRECCION,FONO", "Ana,Calle 5,912345678", f"Eva,{extra},912345679"))
    assert frame.attrs["header"] == 1
    done = check(
        frame[["NOMBRE", "DIRECCION", "FONO"]], [Text(name="NOMBRE"), Text(name="DIRECCION"), Text(name="FONO")]
    )
    assert done.bad.tolist() == [False, True]
    assert done.facets["reason"].tolist() == [LONGER]


@pytest.mark.parametrize("header", [-1, -5, "NOMBRE", 1.5, True])
def test_2_a_header_is_the_number_of_a_row(header: Any) -> None:
    refused(table(*PEOPLE), "number of a row", header=header)


def test_2_what_is_above_is_counted_and_can_be_overridden() -> None:
    frame = read_sheet(table(["Clientes de mayo"], *PEOPLE))
    assert any("1 row not read: Clientes de mayo; `header=`" in note for note in frame.attrs["notes"])
    assert column(table(["x", "y"], *PEOPLE), "x", header=1)[0] == "NOMBRE"


# ── 4: errors of formulas, 12: what the sheet shows ──────────────────────────


def xls_record(kind: int, content: bytes) -> bytes:
    return kind.to_bytes(2, "little") + len(content).to_bytes(2, "little") + content


@pytest.mark.parametrize(("code", "text"), [(0x2A, "#N/A"), (0x07, "#DIV/0!"), (0x17, "#REF!"), (0x1D, "#NAME?")])
def test_4_an_error_in_an_old_workbook_is_seen(code: int, text: str) -> None:
    data = xls([["NOMBRE", "N"], ["Ana", 1.0], ["Eva", 2.0]])
    number = xls_record(0x203, b"\x02\0\x01\0\0\0" + b"\0\0\0\0\0\0\0@")
    error = xls_record(0x205, b"\x02\0\x01\0\0\0" + bytes([code, 1])) + xls_record(0x5C, bytes(2))
    assert number in data
    assert column(data.replace(number, error), "N") == ["1", text]


@pytest.mark.parametrize("text", ["#N/A", "#DIV/0!", "Err:502", "#¡REF!"])
def test_4_an_error_in_an_open_document_is_seen(text: str) -> None:
    kind = "float" if text == "Err:502" else "string"
    cell = (
        f'<table:table-cell office:value-type="{kind}" office:value="0" office:string-value=""><text:p>{text}</text:p>'
    )
    rows = f"<table:table-row>{ods_cell('A')}</table:table-row><table:table-row>{cell}</table:table-cell>"
    assert column(ods(f"{rows}</table:table-row>"), "A") == [text]


def test_4_errors_without_a_text_do_not_hang() -> None:
    cells = "".join(f'<row r="{n}"><c r="A{n}" t="e"></c></row>' for n in range(3, 8_000))
    data = repacked(table(["A"], ["x"]), SHEET, (b"</sheetData>", cells.encode() + b"</sheetData>"))
    assert column(data, "A") == ["x"]


@pytest.mark.parametrize(
    ("form", "number", "text"), [("00000", 123, "00123"), ("000", 7, "007"), ('0000"x"', 42, "0042x")]
)
def test_12_zeros_that_are_shown_are_read(form: str, number: int, text: str) -> None:
    def fill(made: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, ["A", "B"])
        sheet.write_number(1, 0, number, made.add_format({"num_format": form}))
        sheet.write_formula(1, 1, f"={number}", made.add_format({"num_format": form}), number)

    frame = read_sheet(book(fill))
    assert frame.to_numpy().tolist() == [[text, text]]


def test_12_zeros_in_an_open_document() -> None:
    assert open_number("float", "123", "00123") == ["00123"]


def open_number(kind: str, value: str, shown: str) -> list[Any]:
    held = f'office:value-type="{kind}" office:value="{value}"'
    cell = f"<table:table-cell {held}><text:p>{shown}</text:p></table:table-cell>"
    rows = f"<table:table-row>{ods_cell('A')}</table:table-row><table:table-row>{cell}</table:table-row>"
    return column(ods(rows), "A")


@pytest.mark.parametrize(
    ("kind", "value", "shown", "read"),
    [
        ("float", "7", "ID-0007", "ID-0007"),
        ("float", "7", "ID-7", "ID-7"),
        ("float", "123456785", "12345678-5", "12345678-5"),
        ("float", "123", "000-123", "000-123"),
        ("float", "1234.5", "1 234,50", "1234.5"),
        ("float", "0.5", "0,50", "0.5"),
        ("float", "-5", "-5", "-5"),
        ("float", "0.00000123", "1,23E-06", "1.23e-06"),
        ("float", "1.5", "1 1/2", "1.5"),
        ("float", "12", "12 kg", "12"),
        ("float", "123", "A123", "A123"),
        ("float", "12345678", "+56912345678", "+56912345678"),
        ("float", "12345678", "+56 9 1234 5678", "+56 9 1234 5678"),
        ("float", "123", "CC 123", "123"),
        ("float", "1234", "US$ 1.234", "1234"),
        ("float", "-5", "(5)", "-5"),
        ("float", "0", "0,00", "0"),
        ("float", "1000", "1.000,00", "1000"),
        ("float", "12", "USD 12", "12"),
        ("currency", "1234", "$1.234", "1234"),
        ("percentage", "0.15", "15%", "15%"),
        ("percentage", "0.1534", "15%", "15.34%"),
    ],
)
def test_12_what_an_open_document_shows(kind: str, value: str, shown: str, read: str) -> None:
    assert open_number(kind, value, shown) == [read]


@pytest.mark.parametrize(
    ("value", "text"), [("PT30H05M00S", "30:05:00"), ("PT00H00M07S", "00:00:07"), ("-PT1H", "-01:00:00")]
)
def test_12_durations_of_an_open_document(value: str, text: str) -> None:
    cell = (
        f'<table:table-cell office:value-type="time" office:time-value="{value}"><text:p>x</text:p></table:table-cell>'
    )
    rows = f"<table:table-row>{ods_cell('A')}</table:table-row><table:table-row>{cell}</table:table-row>"
    assert column(ods(rows), "A") == [text]


def with_prefix(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for name in (SHEET, "xl/sharedStrings.xml"):
        text = parts[name].decode().replace("xmlns=", "xmlns:x=")
        head, _, body = text.partition("?>")
        parts[name] = (head + "?>" + body.replace("</", "\0").replace("<", "<x:").replace("\0", "</x:")).encode()
    return zipped(parts)


def test_12_unusual_spellings_of_the_same_sheet() -> None:
    data = table(["A", "B"], ["x", 1.5], ["y", 2])
    expected = read_sheet(data)
    quotes = repacked(data, SHEET, (b'<c r="A2" t="s">', b"<c  r='A2'  t='s' >"))
    for spelt in (
        with_prefix(data),
        quotes,
        repacked(data, SHEET, (b' r="B3"', b"")),
        repacked(data, SHEET, (b' r="2"', b"")),
    ):
        pd.testing.assert_frame_equal(read_sheet(spelt), expected)


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (b'<f t="shared" si="0"/>', "=…"),
        (b"<f>1+1</f>", "=1+1"),
        (b'<f t="shared" si="0"/><v></v>', "=…"),
        (b"<f>A2&amp;&quot; &quot;</f><v/>   ", '=A2&" "'),
    ],
)
def test_12_a_formula_without_a_value_is_asked(formula: bytes, text: str) -> None:
    data = repacked(table(["A", "B"], ["x", 7]), SHEET, (b"<v>7</v>", formula))
    frame = read_sheet(data)
    assert frame.to_numpy().tolist() == [["x", text]]
    for field in (Text(name="B"), Number(name="B"), Phone(name="B")):
        found = check(frame[["B"]], Takes((field,))).problems
        assert found[["level", "reason"]].to_numpy().tolist() == [["question", "looks like a formula"]]


def test_12_a_formula_without_a_value_in_an_open_document() -> None:
    cell = '<table:table-cell table:formula="of:=[.A2]&amp;1"/>'
    rows = f"<table:table-row>{ods_cell('A')}{ods_cell('B')}</table:table-row>"
    rows += f"<table:table-row>{ods_cell('x')}{cell}</table:table-row>"
    assert read_sheet(ods(rows)).to_numpy().tolist() == [["x", "=[.A2]&1"]]


@pytest.mark.parametrize(
    ("form", "number", "text"),
    [
        ("0000-0000", 1234567, "0123-4567"),
        ("00 00 00", 1234, "00 12 34"),
        ("0#######", 1234567, "01234567"),
        ("(00) 0000", 12345, "(01) 2345"),
        (r"00\.000\.000\-0", 123456785, "12.345.678-5"),
        (r"0\.000", 1234, "1234"),
        ('"ID-"0000', 123, "ID-0123"),
        ('"ID-"0', 123, "ID-123"),
        ("0.00", 2, "2"),
        ("0%", 2, "200%"),
        ("0.0 %", 0.1534, "15.34%"),
        ("#,##0", 1234, "1234"),
        ('"RUT "0', 123, "123"),
        ("+56 0 0000 0000", 912345678, "+56 9 1234 5678"),
        ('"A"0', 123, "A123"),
        ('"A"General', 123, "A123"),
        ('"+569"0', 12345678, "+56912345678"),
        ('"+57 "0', 3012345678, "+57 3012345678"),
        (r"\+\5\6\90", 12345678, "+56912345678"),
        ('"9"#', 12345678, "912345678"),
        ('"+56 9 "#### ####', 12345678, "+56 9 1234 5678"),
        ('"+56 9 "#### ####', 123, "+56 9  123"),
        ('"09-"0', 1234567, "09-1234567"),
        ('"US$ "0', 5, "5"),
        ('"UF"0', 5, "5"),
        ('"C$"0', 5, "5"),
        ('"Gs. "0', 5, "5"),
        ("# ##0", 1234, "1234"),
        ('General" kg"', 5, "5"),
        ("+0", 5, "5"),
    ],
)
def test_12_digits_that_a_format_shows(form: str, number: int, text: str) -> None:
    def fill(made: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, ["A", "B"])
        sheet.write(1, 0, "x")
        sheet.write(1, 1, number, made.add_format({"num_format": form}))

    assert column(book(fill), "B") == [text]


@pytest.mark.parametrize(
    ("number", "text", "shortened"),
    [
        (1e15, "1000000000000000", False),
        (4110000000000000.0, "4110000000000000", False),
        (-2.5e17, "-250000000000000000", False),
        (1234567890123456, "1.23456789012346e+15", True),
        (4111111111111111111, "4.11111111111111e+18", True),
        (1e30, "1e+30", True),
    ],
)
def test_12_a_long_number_is_whole_where_its_digits_end(number: float, text: str, shortened: bool) -> None:
    frame = read_sheet(table(["A", "N"], ["x", number], ["y", 0.5]))
    assert frame["N"].tolist() == [text, "0.5"]
    assert any("shortened" in note for note in frame.attrs["notes"]) == shortened


@pytest.mark.parametrize(
    ("value", "text"), [("P1DT2H", "26:00:00"), ("P2D", "48:00:00"), ("-P1DT0H30M", "-24:30:00"), ("PT0S", "00:00:00")]
)
def test_12_durations_with_days(value: str, text: str) -> None:
    cell = (
        f'<table:table-cell office:value-type="time" office:time-value="{value}"><text:p>x</text:p></table:table-cell>'
    )
    rows = f"<table:table-row>{ods_cell('A')}{ods_cell('B')}</table:table-row>"
    assert column(ods(f"{rows}<table:table-row>{ods_cell('x')}{cell}</table:table-row>"), "B") == [text]


def test_12_rows_that_a_merged_cell_reaches_into_are_asked() -> None:
    def fill(_: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, ["CIUDAD", "NOMBRE"])
        sheet.merge_range(1, 0, 3, 0, "Talca")
        for n, name in enumerate(["Ana", "Eva", "Sol", "Luz"], 1):
            sheet.write(n, 1, name)
        sheet.write(4, 0, "Arica")

    done = check(read_sheet(book(fill)), [Text(name="CIUDAD"), Text(name="NOMBRE")])
    assert done.bad.tolist() == [False, True, True, False]
    assert done.facets[["column", "reason", "cells"]].to_numpy().tolist() == [["(row)", MERGED, 2]]
    filled = done.replace("CIUDAD", {None: "Talca"}, rows=[3, 4]).accept("(row)", MERGED)
    assert filled.ok
    assert filled.wire()["CIUDAD"] == ["Talca", "Talca", "Talca", "Arica"]


def test_12_halves_of_a_character_are_joined_or_marked() -> None:
    data = table(["A", "B"], ["x", "Ana 1"], ["y", "Eva 2"])
    for digit, escape in ((b"1", b"_xD83D__xDE00_"), (b"2", b"_xD83D_")):
        data = repacked(data, "xl/sharedStrings.xml", (b" %b<" % digit, b" %b<" % escape))
    assert column(data, "B") == ["Ana 😀", "Eva \ufffd"]


def test_12_hidden_columns_and_merged_cells_are_said() -> None:
    def fill(_: Any, sheet: Any) -> None:
        for n, row in enumerate([["A", "B", "C"], ["1", "2", "3"], ["4", "5", "6"], ["7", "8", "9"]]):
            sheet.write_row(n, 0, row)
        sheet.set_column(1, 1, None, None, {"hidden": True})
        sheet.merge_range(1, 2, 2, 2, "x")

    notes = read_sheet(book(fill)).attrs["notes"]
    assert any("1 column is hidden in the spreadsheet, and was read: B" in note for note in notes)
    assert any("1 merged cell below the header" in note and "row 2 of 'C'" in note for note in notes)


# ── 6: one bad byte ──────────────────────────────────────────────────────────

TEXT = "NOMBRE;CIUDAD\nAna Peña;Concepción\nLuis Ríos;Ñuñoa\nEva Muñoz;Valparaíso\n"


@pytest.mark.parametrize("bad", [b"\xf1", b"\xff", b"\xc3", b"\xe2\x82"])
def test_6_one_bad_byte_is_a_problem_of_its_cell(bad: bytes) -> None:
    data = TEXT.encode() + b"Mar" + bad + b";Talca\n"
    frame = read_sheet(data)
    assert frame["NOMBRE"].tolist()[:3] == ["Ana Peña", "Luis Ríos", "Eva Muñoz"]
    done = check(frame, [Text(name="NOMBRE"), Text(name="CIUDAD")])
    assert done.bad.tolist() == [False, False, False, True]
    assert done.problems["problem"].tolist() == ["has a damaged character"]
    assert any("no text in UTF-8" in note for note in frame.attrs["notes"])


CYRILLIC = "Прізвище;Місто\nШевченко;Київ\nКовальчук;Вінниця\nЇжакевич;Ґданськ\n"


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1252", TEXT),
        ("cp850", TEXT),
        ("mac_roman", TEXT),
        ("koi8-u", CYRILLIC.replace("Ґ", "Г")),
        ("cp1251", CYRILLIC),
        ("cp850", TEXT.upper()),
        ("cp1252", "NOMBRE;CIUDAD\nJosé;Talca\n"),
    ],
)
def test_6_legacy_encodings_are_told_by_their_words(encoding: str, text: str) -> None:
    frame = read_sheet(text.encode(encoding))
    assert frame.iloc[0, 0] == text.splitlines()[1].split(";")[0]
    assert any(encoding in note and "`encoding=`" in note for note in frame.attrs["notes"])


@pytest.mark.parametrize("data", [b"A;B\n\xd0\xff\x81;1\n", b"A;B\n\x81\xfd\xa4z;1\n"])
def test_6_an_encoding_that_is_not_clear_is_asked(data: bytes) -> None:
    refused(data, "encoding is not clear; say `encoding=`")


# ── 13, 14: what killed the kernel, or hung ──────────────────────────────────


@pytest.mark.parametrize("row", ["2000000000", "1048577", "99999999999"])
def test_13_a_row_where_no_sheet_has_one(row: str) -> None:
    refused(repacked(table(["A"]), SHEET, (b'<row r="1"', f'<row r="{row}"'.encode())), "no sheet has one")


@pytest.mark.parametrize("place", ["XFE1", "ZZZZ1", "AAAAAAAAA1"])
def test_13_a_column_where_no_sheet_has_one(place: str) -> None:
    refused(repacked(table(["A"]), SHEET, (b'r="A1"', f'r="{place}"'.encode())), "no sheet has one")


def test_13_rows_that_repeat_more_often_than_a_sheet_has_rows() -> None:
    row = f'<table:table-row table:number-rows-repeated="900000000">{ods_cell("1")}</table:table-row>'
    refused(ods(row), "no sheet has one")


def test_14_an_unclosed_row_and_many_styles() -> None:
    refused(repacked(table(["A"]), SHEET, (b"</row>", b"<row " * 5_000)), "damaged")

    def fill(made: Any, sheet: Any) -> None:
        for n in range(300):
            sheet.write_number(n, 0, n, made.add_format({"num_format": "0" * (2 + n % 40) + f'"{n}"'}))

    assert len(read_sheet(book(fill), header=0)) == 300


# ── 15: sources and arguments ────────────────────────────────────────────────


def test_15_open_files_are_read(tmp_path: Path) -> None:
    data = table(["A"], ["1"])
    path = tmp_path / "a.xlsx"
    path.write_bytes(data)
    assert column(io.BytesIO(data), "A") == ["1"]  # type: ignore[arg-type]
    with path.open("rb") as file:
        assert read_sheet(file).attrs["source"] == "a.xlsx"
    assert column(io.StringIO("A;B\n1;2\n"), "A") == ["1"]  # type: ignore[arg-type]
    assert column(f'"{path}"', "A") == ["1"]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (None, "not from a NoneType"),
        (pd.DataFrame({"A": [1]}), "not from a DataFrame"),
        (7, "not from a int"),
        ("a\0b.xlsx", "is no path"),
        ({"name": "a.xlsx"}, "has no content"),
        ({"name": "a.xlsx", "content": None}, "has no content"),
    ],
)
def test_15_what_is_no_source_is_said(source: Any, said: str) -> None:
    refused(source, said)


def test_15_files_that_cannot_be_read(tmp_path: Path) -> None:
    closed = io.BytesIO(b"A;B")
    closed.close()
    refused(closed, "the open file cannot be read")
    with (tmp_path / "a.csv").open("wb") as file:
        refused(file, "the open file cannot be read")


@pytest.mark.parametrize("sheet", ["Hoja1", 2, 0])
def test_15_a_text_has_no_sheets(sheet: Any) -> None:
    refused(csv("A;B", "1;2"), "which has none", sheet=sheet)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"sheet": True}, "no sheet True"),
        ({"sheet": 1.0}, "no sheet 1.0"),
        ({"limits": 0}, "`limits`"),
        ({"limits": "2"}, "`limits`"),
    ],
)
def test_15_what_is_no_argument_is_said(how: dict[str, Any], said: str) -> None:
    refused(table(["A", "B"], ["x", "y"]), said, **how)


@pytest.mark.parametrize(
    ("source", "said"), [("", "no path"), ("  ", "no path"), ("https://example.cl/a.xlsx", "an address")]
)
def test_15_what_is_no_path_is_said(source: str, said: str) -> None:
    refused(source, said)


@pytest.mark.parametrize("separator", [";;", "", '"', "\n"])
def test_15_a_separator_is_one_character(separator: str) -> None:
    refused(b"a;b\n1;2\n", "a separator is one character", separator=separator)


@pytest.mark.parametrize("length", [131_073, 200_000, 1_000_000])
def test_15_a_cell_that_is_longer_than_any_is_named(length: int) -> None:
    refused(csv("A;B", "1;2", f"{'x' * length};3"), "row 3 has a cell of more than 131,072 characters")
    assert len(column(csv("A;B", f"{'x' * 131_072};3"), "A")[0]) == 131_072


# ── 16, 17, 18: wrong refusals, other kinds of files ─────────────────────────


@pytest.mark.parametrize("part", ["xl/media/logo.svg", "xl/media/image1.jpeg", "docProps/custom.xml"])
def test_16_only_parts_that_are_parsed_matter(part: str) -> None:
    with zipfile.ZipFile(io.BytesIO(table(["A"], ["1"]))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert column(zipped({**parts, part: b'<!DOCTYPE svg [<!ENTITY x "y">]><svg/>'}), "A") == ["1"]


def test_17_passwords_are_named() -> None:
    refused(compound("EncryptedPackage", b"x"), "password")
    with zipfile.ZipFile(io.BytesIO(ods(f"<table:table-row>{ods_cell('A')}</table:table-row>"))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["META-INF/manifest.xml"] = (
        b'<m:manifest xmlns:m="m"><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>'
    )
    refused(zipped(parts), "password")


def test_17_a_pretty_printed_open_document() -> None:
    rows = "".join(f"\n  <table:table-row>\n    {ods_cell(text)}\n  </table:table-row>\n" for text in "A1")
    with zipfile.ZipFile(io.BytesIO(ods(rows))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert column(zipped({**parts, "mimetype": parts["mimetype"] + b"\n"}), "A") == ["1"]


@pytest.mark.parametrize(
    ("lines", "columns"),
    [
        (["A;B;C", "1,5;2,25", "3,5;4,25;1,0"], ["A", "B", "C"]),
        (["A;B;C", "1,5;2,25", "3,5;4,25"], ["A", "B", "C"]),
        (["Nombre;Monto", "Ana, María;1,5", "Eva;2,5"], ["Nombre", "Monto"]),
        (["Nombre|Nota", "Ana|a; b; c", "Eva|d; e"], ["Nombre", "Nota"]),
    ],
)
def test_18_the_separator_is_that_of_the_header(lines: list[str], columns: list[str]) -> None:
    assert list(read_sheet(csv(*lines)).columns) == columns


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"%PDF-1.7\n...", "is a PDF"),
        (b"{\\rtf1\\ansi Ana}", "RTF"),
        (b"BEGIN:VCARD\nFN:Ana\nEND:VCARD\n", "vCard"),
        (b'[{"a": 1}, {"a": 2}]', "is JSON"),
        (b'{"a": [1, 2]}', "is JSON"),
        (b'{"a": 1}\n{"a": 2}\n', "is JSON"),
        (b"[]", "is JSON"),
        (b"<d:rows xmlns:d='x'><d:row/></d:rows>", "web page or XML without a table"),
        (b"<table><row><name>Ana</name></row></table>", "web page or XML without a table"),
        (b"-- dump\n\nINSERT INTO t VALUES ('Ana', 'a@x.cl');\n", "commands .SQL."),
        (b"CREATE TABLE t (\n  a int\n);\n", "commands .SQL."),
        (b"drop table if exists t;\n", "commands .SQL."),
        (b"NOMBRE          CORREO\n-----           -----\nAna Paz         a@x.cl\n", "columns of fixed width"),
        (zipped({"word/document.xml": b"x"}), "is a text document.*save the table as xlsx or csv"),
        (zipped({"ppt/presentation.xml": b"x"}), "is a presentation"),
        (zipped({"clientes.xlsx": b"x", "b.csv": b"x"}), "unpack it, and read a file of it: clientes.xlsx, b.csv"),
        (zipped({"content.xml": b"<d><text><p>x</p></text></d>", "META-INF/manifest.xml": b"<m/>"}), "a text document"),
        (b"<table><tr><td> </td></tr></table>", "web page or XML without a table"),
        (b"\n  <!-- x --><html>", "web page"),
        (b"MIME-Version: 1.0\nContent-Type: multipart/related", "web page"),
        (b"\x1f\x8b\x08\0\0", "packed file"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
    ],
)
def test_18_what_is_no_table_is_named(data: bytes, said: str) -> None:
    refused(data, said)


@pytest.mark.parametrize(
    "text", ["[12/03/24 10:11] Ana: hola\n[13/03/24] Eva: si\n", "[NOMBRE];[CORREO]\nAna;a@x.cl\n"]
)
def test_18_words_and_brackets_alone_are_no_commands(text: str) -> None:
    assert len(read_sheet(text.encode())) == 1


PAGE = (
    '<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head><meta charset="windows-1252"><style>td {}</style>'
    "<!-- <table><tr><td>no</td></tr></table> --></head><body><p>Clientes</p>"
    "<table border=1><TR><th>NOMBRE<th>CORREO</tr>"
    "<tr><td>Peña &amp; C&iacute;a<td><a href='mailto:a@example.cl'>a@example.cl</a></tr>"
    "<tr><td rowspan=2>Eva<br>Luz</td><td>e@example.cl</td></tr><tr><td>x@example.cl</td></tr>"
    "<tr><td colspan=2>total</td></tr></table><table><tr><td>z</td></tr><tr><td>y</td></tr></table></body></html>"
)


def test_18_a_table_of_a_web_page_is_read() -> None:
    frame = read_sheet(PAGE.encode("cp1252"))
    assert frame.astype(object).where(frame.notna(), None).to_numpy().tolist() == [
        ["Peña & Cía", "a@example.cl"],
        ["Eva\nLuz", "e@example.cl"],
        [None, "x@example.cl"],
        ["total", None],
    ]
    assert frame.attrs["sheets"] == ["Table 1", "Table 2"]
    assert frame.attrs["questions"] == {MERGED: [4]}
    assert any("a web page, of which a table was read" in note for note in frame.attrs["notes"])
    assert read_sheet(PAGE.encode("cp1252"), sheet=2, header=0).iloc[0, 0] == "z"


@pytest.mark.parametrize(
    "page",
    [
        "<center>{}</center>",
        "<style>td {{}}</style>{}",
        '<?xml version="1.0"?><!DOCTYPE html><html xmlns="x"><body>{}</body></html>',
        "<table><tr><td>Logo</td></tr></table>{}",
        "<!-- saved --><div>{}</div>",
        "<div>İİİİİİİİ</div><SCRIPT>if (a<b) '</td>'</SCRIPT><!-- İ <table> -->{}",
        "<TABLE><TR><TD>{}</TD></TR></TABLE>",
        "<p title='<table>'>1 < 2</p><p x=\"</p>\">{}</p>",
    ],
)
def test_18_wherever_a_table_stands_in_a_page(page: str) -> None:
    rows = "<table><tr><td>NOMBRE<td>FONO<tr><td>Ana<td>012</table>"
    assert read_sheet(page.format(rows).encode()).to_dict("list") == {"NOMBRE": ["Ana"], "FONO": ["012"]}


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('<td data-v="Ana <b>" id="x">Ana', "Ana"),
        ("<td title='a > b'>Ana</td>", "Ana"),
        ('<td title = "it\'s">Ana</td>', "Ana"),
        ("<td>a < b", "a < b"),
        ("<td>I <3 you</td>", "I <3 you"),
        ("<td>5<6<br>x", "5<6\nx"),
        ('<td width=5">Ana</td>', "Ana"),
        ('<td title="Ana>Ana</td>', "Ana"),
    ],
)
def test_18_signs_of_tags_inside_of_a_page(cell: str, text: str) -> None:
    assert column(f"<table><tr><th>NOMBRE<tr>{cell}".encode(), "NOMBRE") == [text]


HEAD, ANA, EVA = (
    "<th>NOMBRE<th>FONO",
    "<td>Ana<td>1",
    "<td>Eva<td>2",
)


@pytest.mark.parametrize(
    "row",
    [
        "<tr hidden>",
        "<TR STYLE='height:0; DISPLAY : None'>",
        '<tr class="x h">',
        "<tr id=off>",
        "</tbody><tbody hidden><tr>",
        "<tr height=0 style='display:none;mso-height-source:userset'>",
        "<tr style='visibility:collapse'>",
    ],
)
def test_18_hidden_rows_of_a_page_are_read_and_said(row: str) -> None:
    style = "<style>p {color: red} td, tr.h, #off { margin: 0; display: none } @media print {.x {display:none}}</style>"
    page = f"<html><head>{style}</head><table><tbody><tr>{HEAD}<tr class=x>{ANA}{row}{EVA}</tbody></table>"
    frame = read_sheet(page.encode())
    assert frame.to_dict("list") == {"NOMBRE": ["Ana", "Eva"], "FONO": ["1", "2"]}
    assert any("1 row is hidden in the spreadsheet, and was read: 3" in note for note in frame.attrs["notes"])


@pytest.mark.parametrize("cell", ["td hidden", "td style='display:none'", "th class=h", 'td data-x="a" hidden=""'])
def test_18_hidden_columns_of_a_page_are_read_and_said(cell: str) -> None:
    rows = "".join(f"<tr><{cell}>{n}</th>{cells}" for n, cells in zip(("CLAVE", 7, 8), (HEAD, ANA, EVA), strict=True))
    described = f"<col style=display:none><col span=2><tr><td>CLAVE{HEAD}<tr><td>7{ANA}<tr><td>8{EVA}"
    for content in (rows, described):
        frame = read_sheet(f"<style>.h{{display:none}}</style><table>{content}</table>".encode())
        assert frame.to_dict("list") == {"CLAVE": ["7", "8"], "NOMBRE": ["Ana", "Eva"], "FONO": ["1", "2"]}
        assert any("1 column is hidden in the spreadsheet, and was read: CLAVE" in n for n in frame.attrs["notes"])


@pytest.mark.parametrize(
    "rows",
    [
        f"<tr>{HEAD}<tr><td hidden>7{ANA}<tr><td hidden>8{EVA}",
        f"<tr>{HEAD}<tr><td><span style='display:none'>0001</span>Ana<td>1<tr><td>Eva<td><b hidden>x<b>y</b></b>2",
        f"<tr>{HEAD}<tr><td>Ana<p hidden>x<p></p><td>1<tr><td><div class=h><br>x<div>z</div></div>Eva<td>2",
        f"<tr>{HEAD}<tr><td>Ana<i hidden>x<td>1<tr><td>Eva<td>2<em hidden>x",
    ],
)
def test_18_what_a_page_does_not_show_in_a_cell_is_counted(rows: str) -> None:
    frame = read_sheet(f"<style>.h{{display:none}}</style><table>{rows}</table>".encode())
    assert frame.to_dict("list") == {"NOMBRE": ["Ana", "Eva"], "FONO": ["1", "2"]}
    said = "2 cells have a text that the page does not show, and that was not read"
    assert any(said in note for note in frame.attrs["notes"])


@pytest.mark.parametrize(
    "page",
    [
        "<table hidden>{0}</table>{1}",
        "<div style='display:none'><div>{0}</div></div>{1}",
        "<table class=h>{0}</table>{1}",
        "<form hidden>{0}</form>{1}",
    ],
)
def test_18_a_hidden_table_of_a_page_is_not_the_first(page: str) -> None:
    tables = [f"<table><tr>{HEAD}<tr>{row}</table>" for row in (ANA, EVA)]
    if "<table" in page:
        tables[0] = tables[0].removeprefix("<table>").removesuffix("</table>")
    frame = read_sheet(("<style>.h{display:none}</style>" + page.format(*tables)).encode())
    assert (frame["NOMBRE"].tolist(), frame.attrs["sheet"]) == (["Eva"], "Table 2")
    assert any("'Table 1' (hidden)" in note for note in frame.attrs["notes"])


def test_18_rows_of_many_cells_are_no_larger_than_they_are() -> None:
    wide = "".join(f"<td>{n}" for n in range(700))
    assert read_sheet(f"<table>{f'<tr>{wide}' * 30}</table>".encode()).shape == (29, 700)


def test_18_a_text_that_speaks_of_tables_is_no_page() -> None:
    assert column(csv("NOMBRE;NOTA", "Ana;<table>"), "NOTA") == ["<table>"]


@pytest.mark.parametrize(
    "piece", ["<", "<td", "<td>", "<!--", "<script>", "<td colspan=1000 rowspan=9999>", "<tr><td rowspan=99>", "<a b='"]
)
def test_18_a_web_page_is_scanned_once(piece: str) -> None:
    page = ("<table><tr><td>NOMBRE</td></tr><tr><td>Ana</td></tr>" + piece * (200_000 // len(piece))).encode()
    start = time.perf_counter()
    with contextlib.suppress(InputError):
        read_sheet(page)
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize(
    ("start", "what"),
    [
        (b"begin:vcard\nversion:3.0", "vCard"),
        (b"PAR1\x15\x04", "data file of a program"),
        (b"SQLite format 3\0", "data file of a program"),
        (b"MZ\x90\0\x03", "a program"),
        (b"II*\0\x08", "a picture"),
        (b"\0\0\0\x18ftypheic", "a picture"),
        (b"BZh91AY&SY", "a packed file"),
        (b"%!PS-Adobe-3.0", "PostScript"),
        (b"ID;PWXL;N;E\nC;Y1", "SYLK"),
        (b"TABLE\r\n0,1\r\n", "DIF"),
        (b"[1, 2, 3]", "JSON"),
        (compound("WordDocument", b"x"), "a document of another program"),
    ],
)
def test_18_what_was_saved_under_another_name_is_named(start: bytes, what: str) -> None:
    refused(start, what)


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        (['"Ana \\"La\\" Peña",a@example.cl', "Eva,e@example.cl"], ['Ana "La" Peña', "Eva"]),
        (['"\\"x\\"",a', '"Soto, \\"Lu\\"",b'], ['"x"', 'Soto, "Lu"']),
    ],
)
def test_18_quotes_behind_a_backslash(lines: list[str], names: list[str]) -> None:
    assert column(csv("NOMBRE,CORREO", *lines), "NOMBRE") == names


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    ("first", "cells"),
    [
        ("Soto\\{0} Ana{0}a@example.cl{0}Lota", ["Soto{0} Ana", "a@example.cl", "Lota"]),
        ("Soto\\{0} Ana{0}a@example.cl{0}", ["Soto{0} Ana", "a@example.cl", None]),
        ("Ana{0}a@example.cl{0}Lota\\\nAlta", ["Ana", "a@example.cl", "Lota\nAlta"]),
        ("An\\\\a\\{0}{0}\\N{0}C:\\new", ["An\\a{0}", "\\N", "C:\\new"]),
    ],
)
def test_18_separators_and_breaks_behind_a_backslash(sign: str, first: str, cells: list[str | None]) -> None:
    frame = read_sheet(csv(*(line.format(sign) for line in ("NOMBRE{0}CORREO{0}CIUDAD", first, "Eva{0}e@x.cl{0}Lebu"))))
    assert frame.astype(object).where(frame.notna(), None).iloc[0].tolist() == [c and c.format(sign) for c in cells]
    assert (len(frame), frame.attrs["questions"]) == (2, {})


def test_18_a_backslash_that_may_escape_is_asked_about() -> None:
    frame = read_sheet(csv("NOMBRE;CORREO;CIUDAD", "Soto\\; Ana;a@example.cl", "Eva", "Luz;l@example.cl", "Pía;;Lebu"))
    assert frame.attrs["questions"] == {JOINED: [2]}
    folders = read_sheet(csv("NOMBRE;CARPETA;CIUDAD", *(f"{a};C:\\{a}\\;Lebu" for a in "bcde")))
    assert folders.attrs["questions"] == {}


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
@pytest.mark.parametrize("header", [True, False])
def test_18_lines_that_were_quoted_once_more(sign: str, header: bool) -> None:
    lines = [
        f"NOMBRE{sign}CORREO{sign}CIUDAD",
        f'Ana{sign}a@x.cl{sign}"Lota{sign} Chile"',
        f'"Ev""a"{sign}e@x.cl{sign}Lebu',
    ]
    twice = ['"' + line.replace('"', '""') + '"' for line in lines]
    frame = read_sheet(csv(*(twice if header else [lines[0], *twice[1:]])))
    assert frame.to_numpy().tolist() == [["Ana", "a@x.cl", f"Lota{sign} Chile"], ['Ev"a', "e@x.cl", "Lebu"]]


@pytest.mark.parametrize("sign", [",", ";", "|"])
@pytest.mark.parametrize("title", [[], [["Clientes"]]])
def test_18_rows_that_stand_in_single_cells_of_a_workbook_are_cut(sign: str, title: Any) -> None:
    lines = [f"NOMBRE{sign}EMAIL", f'"Soto{sign} Ana"{sign}a@x.cl', "", f"Eva{sign}"]
    frame = read_sheet(table(*title, *([line] for line in lines)))
    assert frame.fillna("").to_numpy().tolist() == [[f"Soto{sign} Ana", "a@x.cl"], ["Eva", ""]]
    assert frame.index.tolist() == [2 + len(title), 4 + len(title)]
    assert any("was cut at each" in note for note in frame.attrs["notes"])


def test_18_commas_in_a_list_of_names_cut_nothing() -> None:
    frame = read_sheet(table(["Nombre, Apellido"], ["Soto, Ana"], ["Paz, Eva"]))
    assert list(frame.columns) == ["Nombre, Apellido"]


def test_18_a_line_that_was_quoted_once_more_is_asked_about() -> None:
    frame = read_sheet(
        csv("NOMBRE,CORREO,CIUDAD", '"Ana,a@x.cl,""Lota, Chile"""', "Eva,e@x.cl,Lebu", "Luz,l@x.cl,Lota")
    )
    assert frame.attrs["questions"] == {JOINED: [2]}
    names = read_sheet(csv("NOMBRE", '"Soto, Ana"', '"Paz, Eva"'))
    assert names["NOMBRE"].tolist() == ["Soto, Ana", "Paz, Eva"]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("<input value='Ana'>", "Ana"),
        ('<input type=email value="a@x.cl">', "a@x.cl"),
        ("<input type=hidden value=x>", ""),
    ],
)
def test_18_boxes_for_input_show_their_text(cell: str, text: str) -> None:
    assert column(f"<table><tr><th>A<th>B<tr><td>y<td>{cell}z</table>".encode(), "B") == [text + "z"]


def test_18_a_page_that_names_another_encoding_than_its_own() -> None:
    page = '<meta charset="utf-8"><table><tr><th>NOMBRE<tr><td>Peña Muñoz</table>'
    assert column(page.encode("cp1252"), "NOMBRE") == ["Peña Muñoz"]


def test_18_a_column_called_id_is_no_sylk() -> None:
    assert column(csv("ID;Producto", "1;Pan"), "Producto") == ["Pan"]


def test_18_the_lock_file_of_excel(tmp_path: Path) -> None:
    (tmp_path / "~$clientes.xlsx").write_bytes(b"\x05Ana")
    refused(tmp_path / "~$clientes.xlsx", "while 'clientes.xlsx' is open")


# ── 1: numbers that were numbers ─────────────────────────────────────────────


def amounts(cells: Sequence[Any]) -> list[Any]:
    frame = read_sheet(table(["MONTO", "X"], *([cell, "x"] for cell in cells)))
    return check(frame[["MONTO"]], [Number(name="MONTO")]).wire()["MONTO"]


@pytest.mark.parametrize("text", ["1.234,50", "2.500.000,75", "3,5", "1.000.000"])
def test_1_a_number_cell_keeps_its_value_beside_texts(text: str) -> None:
    sent = amounts([37.125, 12.345, text, 0.5])
    assert [sent[0], sent[1], sent[3]] == [37.125, 12.345, 0.5]
    assert sent[2] == float(text.replace(".", "").replace(",", "."))


def test_what_is_remembered_of_a_sheet_can_be_written_down() -> None:
    frame = read_sheet(table(["MONTO"], [37.125], ["1.234,50"]))
    done = check(frame, [Number(name="MONTO")])
    for attributes in (frame.attrs, done.fixed().attrs):
        assert json.loads(json.dumps(attributes)) == attributes


def test_1_a_text_like_a_number_beside_it_is_asked() -> None:
    assert amounts([37.125, "37.125", 2]) == [None, None, 2]


def test_all_kinds_of_a_clean_sheet_stay(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as made:
        made.add_worksheet().write_row(0, 0, ["CORREO", "FONO"])
        made.worksheets()[0].write_row(1, 0, ["a@example.cl", "912345678"])
    done = check(read_sheet(tmp_path / "a.xlsx"), [Email(name="CORREO"), Phone(name="FONO")])
    assert done.ok
    assert done.notes == []


LIST = ("NOMBRE;EMAIL;TELEFONO", "Ana;ana@example.cl;912345678", "Luz;luz@example.cl;912345679")


@pytest.mark.parametrize(
    ("below", "rows"),
    [
        (["Producto;Precio;Cantidad", "Lápiz;100;2", "Goma;200;3"], [5, 6, 7]),
        (["Resumen", "Sucursal;Dirección;Ciudad", "Centro;Calle 1;Talca"], [5, 6, 7]),
        (["Región;Vendedor;Meta", "Norte;Pía;10"], [5, 6]),
        (["Місто;Адреса;Країна", "Київ;вулиця 1;Україна"], [5, 6]),
        (["NOMBRE;EMAIL;TELEFONO", "Eva;eva@example.cl;912345671"], []),
        (["Eva;;912345671", "Sol;s/i;sin fono"], []),
        (["Fin de la lista"], []),
    ],
)
def test_2_another_table_below_is_asked_about(below: list[str], rows: list[int]) -> None:
    frame = read_sheet(csv(*LIST, "", *below))
    assert frame.attrs["questions"] == ({BELOW: rows} if rows else {})
    done = check(frame, [Text(name="NOMBRE"), Email(name="EMAIL"), Phone(name="TELEFONO")])
    assert done.bad.tolist()[:2] == [False, False]
    assert all(done.bad[rows])


PERSONS = (
    ["NOMBRE", "EMAIL", "TELEFONO"],
    *([f"Ana {a}", f"{a}@example.cl", f"91234567{n}"] for n, a in enumerate("bcdef")),
)
GOODS = (["Producto", "Precio"], *([f"Lápiz {a}", n] for n, a in enumerate("bcdef", 1)))


@pytest.mark.parametrize(
    ("first", "below", "rows", "header"),
    [
        (PERSONS, GOODS[:4], [7, 8, 9, 10], 7),
        (PERSONS, [["Sucursal", "Dirección", "Ciudad"], ["Centro", "Calle 1", "Talca"]], [7, 8], 7),
        (PERSONS, [["Artículo", "Bodega", "Estante"], ["Lápiz", "Norte", "b"], ["Goma", "Sur", "c"]], [7, 8, 9], 7),
        (PERSONS, [["TELEFONO", "NOMBRE", "EMAIL"], ["912345678", "Eva", "e@example.cl"]], [7, 8], 7),
        (PERSONS, [["NOMBRE", "EMAIL", "RUT"], ["Eva", "e@example.cl", "12345678-5"]], [7, 8], 7),
        (PERSONS, [["Proveedores"], ["Empresa", "Correo", "Fono"], ["Acme", "a@example.cl", 5]], [7, 8, 9], 8),
        (PERSONS, [["Nombre", "Correo", "Fono", "Ciudad"], ["Acme", "a@example.cl", 5, "Talca"]], [7, 8], 7),
        (PERSONS, [["", "", "", "Lote", "Zona"], ["", "", "", "b", "Norte"]], [7, 8], 7),
        ([["NOMBRE", "CIUDAD"], ["Ana", "Talca"]], [["Empresa", "Dirección"], ["Acme", "Calle"]], [3, 4], 3),
        ([["Ім'я", "Місто"], ["Ольга", "Київ"]], [["Компанія", "Адреса"], ["Сад", "вулиця"]], [3, 4], 3),
    ],
)
def test_2_another_table_glued_below_is_asked_about(first: Any, below: Any, rows: list[int], header: int) -> None:
    frame = read_sheet(table(*first, *below))
    assert frame.attrs["questions"] == {BELOW: rows}
    way = f"begins in row {rows[0]}, with {len(rows)} rows: `header={header}` reads it"
    assert any(way in note for note in frame.attrs["notes"])
    assert len(read_sheet(table(*first, *below), header=header)) == len(first) + len(below) - header


@pytest.mark.parametrize(
    "more",
    [
        [["NOMBRE", "EMAIL", "TELEFONO"], ["Eva", "e@example.cl", "912345671"]],
        [["Eva", "Correo", "912345671"], ["Sol", "s@example.cl", "912345672"]],
        [["Eva", "pide otro día", "no contesta"], ["Sol", "s@example.cl", "912345672"]],
        [["Eva", "sin correo", "sin fono"], ["Sol", "", ""]],
        [["Eva", "pide otro día", "no contesta"]],
    ],
)
def test_2_rows_that_are_no_header_are_of_the_same_table(more: Any) -> None:
    assert read_sheet(table(*PERSONS, *more)).attrs["questions"] == {}


@pytest.mark.parametrize(
    "dragged", [["", "", "Santiago", 0], ["", "", 0, 0], ["", "", "x", "Sala 1"], ["", "", "activo", "activo"]]
)
def test_2_columns_that_were_dragged_below_the_list_are_no_other_table(dragged: list[Any]) -> None:
    people = [[f"Ana {a}", f"{a}@example.cl", "Santiago", n] for n, a in enumerate("bcdefghi")]
    frame = read_sheet(table(["Nombre", "Correo", "Ciudad", "Monto"], *people, dragged, dragged, dragged))
    assert frame.attrs["questions"] == {}


def side_by_side(left: Sequence[list[Any]], right: Sequence[list[Any]], gap: int, down: int = 0) -> bytes:
    def fill(_: Any, sheet: Any) -> None:
        for n, row in enumerate(left):
            sheet.write_row(n + max(-down, 0), 0, row)
        for n, row in enumerate(right):
            sheet.write_row(n + max(down, 0), len(left[0]) + gap, row)

    return book(fill)


@pytest.mark.parametrize(
    ("data", "rows", "cells"),
    [
        (side_by_side(PERSONS, PERSONS, 1), [2, 3, 4, 5, 6], ("A1:C1", "E1:G1")),
        (side_by_side(PERSONS, PERSONS, 0), [2, 3, 4, 5, 6], ("A1:C1", "D1:F1")),
        (side_by_side(PERSONS, GOODS, 1), [2, 3, 4, 5, 6], ("A1:C1", "E1:F1")),
        (side_by_side(PERSONS, GOODS[:4], 2), [2, 3, 4], ("A1:C1", "F1:G1")),
        (side_by_side(PERSONS, GOODS[:4], 0), [2, 3, 4], ("A1:C1", "D1:E1")),
        (side_by_side(PERSONS[:3], GOODS, 0), [2, 3], ("D1:E1", "A1:C1")),
        (side_by_side(PERSONS, GOODS[:4], 1, down=2), [3, 4, 5, 6], ("A1:C1", "E3:F3")),
        (side_by_side(PERSONS, GOODS[:4], 0, down=2), [3, 4, 5, 6], ("A1:C1", "D3:E3")),
        (side_by_side(PERSONS, GOODS[:4], 1, down=-1), [3, 4], ("A2:C2", "E1:F1")),
        (side_by_side(PERSONS, [["Leyenda"], ["rojo"], ["verde"]], 1), [2, 3], ("A1:C1", "E1:E1")),
        (
            side_by_side([["NOMBRE"], ["Ana"], ["Eva"], ["Sol"]], [["INVITA"], ["b"], ["c"]], 1),
            [2, 3],
            ("A1:A1", "C1:C1"),
        ),
    ],
)
def test_2_another_table_beside_is_asked_about(data: bytes, rows: list[int], cells: tuple[str, str]) -> None:
    frame = read_sheet(data)
    assert frame.attrs["questions"] == {BESIDE: rows}
    way = "side by side: `header={!r}` reads one, `header={!r}` the other".format(*cells)
    assert any(way in note for note in frame.attrs["notes"])
    one, other = (read_sheet(data, header=header) for header in cells)
    assert {*one.columns}.isdisjoint({*other.columns}) or [*one.columns] == [*other.columns] == PERSONS[0]
    assert one.attrs["questions"] == other.attrs["questions"] == {}
    assert any("outside of the columns" in note for note in one.attrs["notes"])


@pytest.mark.parametrize(
    "rows",
    [
        [["NOMBRE", "", "EMAIL", "TELEFONO"], *([a, "", b, c] for a, b, c in PERSONS[1:])],
        [["NOMBRE", "FONO", "FONO", "FONO"], ["Ana", "1", "2", "3"], ["Eva", "1", "2", "3"]],
        [["NOMBRE", "FONO", "", "NOTA"], ["Ana", "1", "", ""], ["Eva", "2", "", "ojo"], ["Sol", "3", "", ""]],
        [["NOMBRE", "FONO", "PAGO", "DÍA"], ["Ana", "1", "", ""], ["Eva", "2", "9", "x"], ["Sol", "3", "", ""]],
        [[*PERSONS[0]], [*PERSONS[1], "x", "y", "z"], *PERSONS[2:]],
        [*([*row, n] for n, row in enumerate(PERSONS)), [], ["Elaborado por: Juan"], ["", "Nota: no distribuir"]],
        [*([*row, n] for n, row in enumerate(PERSONS)), ["Elaborado por: Juan"], ["", "Nota: no distribuir"]],
        [*([*row, n] for n, row in enumerate(PERSONS)), [], ["Resumen"], ["Activos", "40"], ["Otros", "3"]],
        [*([n, *row] for n, row in enumerate(PERSONS)), ["Activos", "40"], ["Otros", "3"]],
    ],
)
def test_2_columns_of_one_table_are_not_parted(rows: Any) -> None:
    assert read_sheet(table(*rows)).attrs["questions"] == {}


def test_2_what_stands_outside_of_the_header_is_counted() -> None:
    frame = read_sheet(side_by_side(PERSONS, GOODS, 1), header="$E$1:F1")
    assert frame.index.tolist() == [2, 3, 4, 5, 6]
    assert frame.iloc[0].tolist() == ["Lápiz b", "1"]
    assert any("18 cells outside of the columns E–F were not read" in note for note in frame.attrs["notes"])


@pytest.mark.parametrize("header", ["A1:C2", "A1", "1:1", "A:C"])
def test_15_a_header_is_cells_of_one_row(header: str) -> None:
    refused(table(*PEOPLE), "cells as 'A1:C1'", header=header)


@pytest.mark.parametrize(
    "lines",
    [
        ["NOMBRE;Ana;Luz", "EMAIL;ana@example.cl;luz@example.cl", "TELEFONO;912345678;912345679"],
        ["Correo;ana@example.cl;luz@example.cl", "Nombre;Ana;Luz"],
        ["Ім'я;Ольга;Ірина", "Телефон;0501234567;0501234568"],
        ["Nome;João;Inês", "Cidade;Lisboa;Porto", "Telefone;912345678;912345679"],
    ],
)
def test_2_a_table_on_its_side_is_asked_about(lines: list[str]) -> None:
    frame = read_sheet(csv(*lines))
    assert [*frame.attrs["questions"]] == [SIDEWAYS]
    assert frame.attrs["questions"][SIDEWAYS] == frame.index.tolist()


@pytest.mark.parametrize("name", ["~$list.xlsx", ".~lock.list.xlsx#", "~nobody at all/list.xlsx", "~~.csv"])
def test_15_paths_of_nobody(name: str) -> None:
    with pytest.raises(InputError, match=r"list\.xlsx|~~\.csv"):
        read_sheet(name)


# ── which sheet ──────────────────────────────────────────────────────────────

LESSER_SHEETS: dict[str, list[list[Any]]] = {
    "pairs": [["Empresa:", "Acme"], ["Fecha:", "01/05/2024"], ["Autor:", "Ana"]],
    "fields and what they are": [["Campo", "Descripción"], ["NOMBRE", "Nombre del cliente"], ["EMAIL", "Su correo"]],
    "steps": [["Paso", "Qué hacer"], [1, "Complete la hoja Datos"], [2, "No cambie los títulos"]],
    "an index": [["Hoja", "Contenido"], ["Datos", "Los clientes"], ["Otros", "Las ventas"]],
    "goods": [["Producto", "Precio"], ["Lápiz", 1], ["Goma", 2]],
    "codes": [["CODIGO"], ["1"], ["2"]],
}
COVERS: dict[str, list[list[Any]]] = {
    "a title": [["Base de clientes"]],
    "lines": [["Base de clientes"], ["Mayo 2024"], ["Elaborado por Ana"]],
    "instructions": [["Instrucciones"], [], ["Complete la hoja Datos"], ["", "sin cambiar los títulos"], ["Guarde"]],
    "a logo and a date": [[], ["", "", "Acme"], ["", "", "", "mayo de 2024"]],
}


def sheets(*tables: Sequence[list[Any]], hidden: int = -1) -> bytes:
    def fill(made: Any, sheet: Any) -> None:
        for n, rows in enumerate(tables):
            sheet = made.add_worksheet(f"Hoja{n + 1}") if n else sheet
            for at, row in enumerate(rows):
                sheet.write_row(at, 0, row)
            if n == hidden:
                sheet.hide()

    return book(fill)


def with_open_document(*tables: Sequence[list[Any]]) -> bytes:
    def rows(cells: Sequence[list[Any]]) -> str:
        return "".join(f"<table:table-row>{''.join(ods_cell(str(c)) for c in row)}</table:table-row>" for row in cells)

    parts = [f'</table:table><table:table table:name="Hoja{n}">{rows(t)}' for n, t in enumerate(tables[1:], 2)]
    return ods(rows(tables[0]) + "".join(parts))


@pytest.mark.parametrize("make", [sheets, with_open_document])
@pytest.mark.parametrize("cover", COVERS.values(), ids=COVERS)
def test_2_a_cover_is_passed_over_and_said(cover: list[list[Any]], make: Any) -> None:
    data = make(cover, PERSONS, GOODS)
    frame = read_sheet(data)
    assert (frame.attrs["sheet"], len(frame), frame.attrs["questions"]) == ("Hoja2", 5, {})
    count = sum(map(any, cover))
    said = f"'Hoja1' comes first and is passed over: its {count} row"
    assert any(said in note and "`sheet='Hoja1'` reads it" in note for note in frame.attrs["notes"])
    assert any("not read: 'Hoja1', 'Hoja3'; `sheet=`" in note for note in frame.attrs["notes"])
    assert read_sheet(data, sheet=1).attrs["sheet"] == "Hoja1"


@pytest.mark.parametrize("first", LESSER_SHEETS.values(), ids=LESSER_SHEETS)
def test_2_a_sheet_that_is_less_of_a_table_than_another_is_asked_about(first: list[list[Any]]) -> None:
    frame = read_sheet(sheets(first, PERSONS))
    assert frame.attrs["sheet"] == "Hoja1"
    assert frame.attrs["questions"][UNSURE] == frame.index.tolist()
    assert any("'Hoja1' was read, and the table may be 'Hoja2' as well" in note for note in frame.attrs["notes"])
    with pytest.raises(InputError, match="Each row stands in one of several sheets"):
        check(frame, [Email(name="EMAIL")])
    for sheet in ("Hoja1", "Hoja2"):
        assert UNSURE not in read_sheet(sheets(first, PERSONS), sheet=sheet).attrs["questions"]


def test_2_a_hidden_sheet_is_only_asked_about() -> None:
    frame = read_sheet(sheets(COVERS["lines"], PERSONS, hidden=1))
    assert (frame.attrs["sheet"], [*frame.attrs["questions"]]) == ("Hoja1", [UNSURE])
    assert any("not read: 'Hoja2' (hidden)" in note for note in frame.attrs["notes"])


def test_2_a_list_of_values_beside_a_table_is_no_rival() -> None:
    """As those that a drop-down list is made of."""
    frame = read_sheet(sheets(PERSONS, [["Ciudades"], ["Santiago"], ["Talca"]]))
    assert (frame.attrs["sheet"], frame.attrs["questions"]) == ("Hoja1", {})


@pytest.mark.parametrize("first", [PERSONS, [["CORREO"], ["a@example.cl"]], [["Informe"], [], *PERSONS]])
def test_2_a_table_that_comes_first_is_read(first: Any) -> None:
    frame = read_sheet(sheets(first, GOODS))
    assert (frame.attrs["sheet"], frame.attrs["questions"]) == ("Hoja1", {})


@pytest.mark.parametrize(
    "first",
    [
        PERSONS,
        [["Nombre", "Correo", "Celular"], ["Ejemplo Ejemplo", "ejemplo@example.cl", "912345678"]],
    ],
)
@pytest.mark.parametrize("cover", [[], [["Bajas y altas"]]])
def test_2_of_sheets_that_are_alike_it_is_asked_which(first: Any, cover: Any) -> None:
    frame = read_sheet(sheets(cover, first, PERSONS))
    assert frame.attrs["sheet"] == "Hoja2"
    assert frame.attrs["questions"][UNSURE] == frame.index.tolist()
    assert any("the table may be 'Hoja3' as well" in note for note in frame.attrs["notes"])
    assert UNSURE not in read_sheet(sheets(first, PERSONS), sheet="hoja1").attrs["questions"]


LOG = [["Fecha", "Usuario", "Cambio"], ["12/03/2024", "eva", "alta"], ["13/03/2024", "eva", "baja"]]
SALES = [["Fecha", "Cliente", "Monto"], ["12/03/2024", "Ana Paz", 1000], ["13/03/2024", "Eva Paz", 2000]]
PERSON = (Text(name="NOMBRE"), Email(name="EMAIL"), Phone(name="TELEFONO"), Number(name="MONTO"))


@pytest.mark.parametrize(("other", "asked"), [(LOG, 0), (SALES, 0), ([row[:2] for row in PERSONS], 5)])
def test_2_a_sheet_is_asked_about_only_where_another_fills_the_fields_as_well(other: Any, asked: int) -> None:
    frame = read_sheet(sheets(PERSONS, other))
    done = check(frame, match_columns(frame, PERSON))
    assert int(done.bad.sum()) == asked
    assert any("the table may be 'Hoja2' as well" in note for note in done.notes)


@pytest.mark.parametrize("first", [LOG, LESSER_SHEETS["goods"], [["Comuna", "Encargado"], ["Talca", "Eva"]]])
@pytest.mark.parametrize("matched", [True, False])
def test_2_a_sheet_that_fills_nothing_names_the_one_that_does(first: Any, matched: bool) -> None:
    frame = read_sheet(sheets(first, PERSONS, [["Ayuda"]]))
    with pytest.raises(InputError, match=r"The sheet 'Hoja2' has columns that fit: `sheet='Hoja2'` reads it$"):
        check(frame, match_columns(frame, PERSON) if matched else PERSON)


FIELDS_ABOVE: dict[str, list[list[Any]]] = {
    "a legend": [["Campos:", "NOMBRE", "EMAIL", "TELEFONO"]],
    "a legend and blanks": [["Campos obligatorios:", "Nombre", "Correo"], ["Opcional:", "Celular"], []],
    "what they are": [["Leyenda"], ["Nombre", "nombre completo"], ["Correo", "correo válido"], ["Celular", "9"], []],
    "keys and groups": [*([f"Clave {n}", f"valor {n}"] for n in range(7)), ["Datos", "", "Contacto"]],
    "keys that fields have": [["Cliente:", "Acme"], ["Correo:", "x@example.cl"], ["Fecha:", "hoy"], []],
}


@pytest.mark.parametrize("above", FIELDS_ABOVE.values(), ids=FIELDS_ABOVE)
def test_2_a_list_of_the_fields_above_a_table_is_no_header(above: Any) -> None:
    frame = read_sheet(table(*above, *PERSONS))
    assert (list(frame.columns), len(frame), frame.attrs["questions"]) == (PERSONS[0], 5, {})


@pytest.mark.parametrize(
    "rows",
    [
        [["campo", "tipo", "ejemplo"], ["nombre", "texto", "Ana"], ["correo", "email", "a@example.cl"]],
        [
            ["Campo", "Descripción"],
            ["Nombre", "Nombre completo"],
            ["Correo", "Correo válido"],
            ["Celular", "9 dígitos"],
        ],
        [["field", "type", "example"], ["name", "text", "Ana"], ["email", "email", "a@x.cl"], ["phone", "phone", "1"]],
    ],
)
def test_2_a_list_of_the_fields_is_no_table_of_persons(rows: Any) -> None:
    frame = read_sheet(table(*rows))
    assert list(frame.columns) == rows[0]
    assert set(match_columns(frame, PERSON).columns.values()) == {None}


def title_above(*lines: str, sign: str, header: str = "Nombre;Correo;Monto") -> bytes:
    rows = [header, *["Ana;a@example.cl;12,5", "Eva;e@example.cl;1500"] * 15]
    return "\n".join([*lines, "", *(row.replace(";", sign) for row in rows)]).encode()


@pytest.mark.parametrize("sign", [";", "\t", "|"])
@pytest.mark.parametrize(
    "lines",
    [
        ["Listado de clientes, marzo 2024"],
        ["Empresa: ACME, S.A.", "Filtros: estado=activo, región=RM"],
        ["a, b, c, d"] * 5,
        ["\n" * 300],
    ],
)
def test_18_titles_with_another_separator_stand_above(sign: str, lines: list[str]) -> None:
    frame = read_sheet(title_above(*lines, sign=sign))
    assert list(frame.columns) == ["Nombre", "Correo", "Monto"]
    assert frame["Monto"].tolist() == ["12,5", "1500"] * 15


OF_THREE = ["Nombre", "Correo", "Celular"]
THREE = [[name, f"{name}@example.cl".lower(), f"+5692234567{n}"] for n, name in enumerate(("Ana", "Eva", "Luis"))]


@pytest.mark.parametrize(
    ("above", "below"),
    [
        ([["ACME", "", "Pág 1"]], [OF_THREE, *THREE]),
        ([["ACME", "Listado", "Pág 1"]], [OF_THREE, *THREE, OF_THREE, *THREE]),
        ([["Empresa", "ACME"], *[["Usuario", f"u{n}"] for n in range(7)]], []),
        ([[f"línea {n} del informe"] for n in range(9)], []),
        ([["Empresa", "ACME"], ["Usuario", "JPEREZ"], *[["Filtro", f"f{n}"] for n in range(12)]], [OF_THREE, *THREE]),
    ],
)
def test_2_a_row_of_names_is_the_header(above: list[list[str]], below: list[list[str]]) -> None:
    frame = read_sheet(table(*above, OF_THREE, *THREE, *below))
    assert (frame.attrs["header"], list(frame.columns)) == (len(above) + 1, OF_THREE)
    assert frame["Nombre"].tolist()[:3] == ["Ana", "Eva", "Luis"]


@pytest.mark.parametrize("times", [1, 2, 5])
@pytest.mark.parametrize("gap", [[], [[""]]])
def test_9_forms_one_below_the_other_are_asked(times: int, gap: list[list[str]]) -> None:
    form = [["Nombre", "Ana"], ["Correo", "ana@example.cl"], ["Celular", "+56922345678"], *gap]
    frame = read_sheet(table(*form * times))
    assert frame.attrs["questions"][SIDEWAYS] == frame.index.tolist()


COMMENT = "no llamar, falleció"


def commented() -> Iterator[bytes]:
    def fill(_: Any, sheet: Any) -> None:
        for at, row in enumerate((OF_THREE, *THREE)):
            sheet.write_row(at, 0, row)
        sheet.write_comment("A3", COMMENT)
        sheet.write_comment("C2", "nuevo número")

    yield book(fill)
    note = f"<office:annotation><text:p>{COMMENT}</text:p></office:annotation>"
    other = "<office:annotation><text:p>nuevo <text:span>número</text:span></text:p></office:annotation>"
    cells = [[ods_cell(text) for text in row] for row in (OF_THREE, *THREE)]
    cells[2][0], cells[1][2] = (c.replace("><", f">{n}<", 1) for c, n in ((cells[2][0], note), (cells[1][2], other)))
    yield ods("".join(f"<table:table-row>{''.join(row)}</table:table-row>" for row in cells))


@pytest.mark.parametrize("data", [*commented()], ids=["xlsx", "ods"])
def test_12_comments_are_counted_and_what_they_say_is_asked(data: bytes) -> None:
    frame = read_sheet(data)
    assert frame.to_numpy().tolist() == THREE
    assert frame.attrs["questions"] == {COMMENTED: [3]}
    said = f"2 cells have comments, which are not sent: row 2 of 'Celular': nuevo número, row 3 of 'Nombre': {COMMENT}"
    assert said in frame.attrs["notes"]


@pytest.mark.parametrize(
    "example",
    ["Ej: Juan Pérez", "ejemplo", "(Ejemplo) Ana", "p. ej. Ana", "e.g. Ann", "Example Ltd", "Приклад: Ана", "z.B. Max"],
)
def test_9_the_example_of_a_template_is_asked(example: str) -> None:
    row = [example, "juan@ejemplo.cl", "912345678"]
    assert read_sheet(table(OF_THREE, row, *THREE)).attrs["questions"] == {EXAMPLE: [2]}
    assert read_sheet(table(OF_THREE, *THREE, row)).attrs["questions"] == {}


@pytest.mark.parametrize("name", ["Exequiel", "Ejército", "Examina", "Ejemplina", "Egon"])
def test_9_names_are_no_examples(name: str) -> None:
    assert read_sheet(table(OF_THREE, [name, *THREE[0][1:]], *THREE)).attrs["questions"] == {}


@pytest.mark.parametrize("name", ["Bajas", "No contactar", "Ejemplo", "Example"])
@pytest.mark.parametrize("rows", [THREE, THREE[:1]])
def test_2_the_sheet_that_plainly_fits_is_read(name: str, rows: list[list[str]]) -> None:
    made = openpyxl.Workbook()
    for n, (title, people) in enumerate(((name, rows), ("Clientes", THREE))):
        sheet = made.create_sheet(title, n)
        for row in (OF_THREE, *people):
            sheet.append(row)
    data = saved(made)
    frame = read_sheet(data)
    assert (frame.attrs["sheet"], frame.attrs["questions"]) == ("Clientes", {})
    assert any(f"'{name}' comes first and is passed over" in note for note in frame.attrs["notes"])
    assert read_sheet(data, sheet=name)["Nombre"].tolist() == [row[0] for row in rows]


def test_2_a_unit_below_a_merged_name_keeps_it() -> None:
    def fill(_: Any, sheet: Any) -> None:
        for column, name in enumerate(("Nombre", "Correo")):
            sheet.merge_range(0, column, 2, column, name)
        sheet.merge_range(0, 2, 1, 2, "Monto")
        sheet.write(2, 2, "CLP")
        sheet.merge_range(0, 3, 1, 4, "Teléfono")
        sheet.write_row(2, 3, ["fijo", "celular"])
        for n in range(3, 6):
            sheet.write_row(n, 0, [f"Ana {n}", f"a{n}@example.cl", 1000, "222345678", "922345678"])

    assert list(read_sheet(book(fill)).columns) == ["Nombre", "Correo", "Monto CLP", "Teléfono fijo", "celular"]


FULL = [f"p{n};Temuco;{n}500;p{n}@example.cl" for n in range(6)]


@pytest.mark.parametrize(
    ("lines", "asked"),
    [
        (["Luis;Temuco;15", "00;l@example.cl"], [8, 9]),
        (["Luis", "Soto;Temuco;1500;l@example.cl"], [7, 8, 9]),
        (["Luis;Te", "muco;1500;l@example.cl"], [8, 9]),
        (["Luis;Temuco;1500;l@example.cl;"], [8]),
        (["Luis;Temuco;1500;15", "00"], [8, 9, 10]),
        (["Luis;Temuco;;", "Eva;Temuco"], [9]),  # the others have all their separators
        (["Luis;Temuco;1500", "Eva;Temuco;1500;e@example.cl"], []),  # blanks at the end may be left out
        (["Luis;Temuco", "Eva;Temuco", "Pía;Temuco;1"], []),
        (["Luis;Temuco", "1500;l@example.cl"], [8, 9]),
        (["Luis;Temuco;1500", "l@example.cl"], [8, 9]),
        (["Luis", "Temuco;1500;l@example.cl"], []),  # Luis may be a title, and no address is where it is expected
        (["", "Fuente: SAP"], []),
    ],
)
def test_18_a_row_that_a_line_break_cuts_is_asked_with_its_rest(lines: list[str], asked: list[int]) -> None:
    frame = read_sheet(csv("Nombre;Ciudad;Monto;Correo", *FULL, *lines, *FULL))
    assert frame.attrs["questions"].get(JOINED, []) == asked


def test_18_a_row_whose_last_cell_is_cut_is_asked_with_its_rest() -> None:
    people = [f"p{n}@example.cl;Ana {n}" for n in range(6)]
    for rest, asked in (("Soto", [8, 9, 10]), ("Fuente: SAP\n", [])):
        frame = read_sheet(csv("Correo;Nombre", *people, "l@example.cl;Luis", rest, *people[: len(asked)]))
        assert frame.attrs["questions"].get(JOINED, []) == asked


def test_18_titles_of_groups_are_no_halves() -> None:
    groups = [line for n in range(3) for line in (f"Grupo {n}", *FULL)]
    assert JOINED not in read_sheet(csv("Nombre;Ciudad;Monto;Correo", *groups)).attrs["questions"]


def test_18_rows_of_nothing_but_separators_are_blank() -> None:
    frame = read_sheet(csv("Nombre;Correo", *["Ana;a@example.cl"] * 3, *[";;;;;"] * 20))
    assert (len(frame), frame.attrs["questions"]) == (3, {})


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("<clientes><cliente><nombre>Ana</nombre></cliente></clientes>", "page or XML without a table"),
        ("<rows>\n<row a='1'/></rows>", "page or XML without a table"),
        ("<p>Hola</p>", "web page or XML without a table"),
        ("<body class='x'>Hola</body>", "web page or XML without a table"),
    ],
)
def test_18_what_begins_with_a_tag_is_named(text: str, what: str) -> None:
    refused(text.encode(), what)


@pytest.mark.parametrize(
    "title", ["Bajas (no enviar)", "Clientes inactivos", "NO ENVIAR antes del 1 de mayo", "Ejemplo", "Не надсилати"]
)
def test_9_what_a_title_above_says_is_asked_of_all_rows(title: str) -> None:
    assert read_sheet(table([title], [], *PERSONS)).attrs["questions"][TITLED] == [4, 5, 6, 7, 8]


@pytest.mark.parametrize(
    "title", ["Clientes", "Incluye bajas: no", "Activos (sin bajas)", "No incluye bajas", "Salvo los inactivos"]
)
def test_9_what_a_title_leaves_out_is_not_asked(title: str) -> None:
    assert read_sheet(table([title], ["Estado", "Inactivos"], [], *PERSONS)).attrs["questions"] == {}


@pytest.mark.parametrize("name", ["Bajas 2026", "NO USAR", "Ejemplo"])
def test_9_what_the_name_of_the_only_sheet_says_is_asked_of_all_rows(name: str) -> None:
    data = ods("".join(f"<table:table-row>{''.join(map(ods_cell, row))}</table:table-row>" for row in PERSONS), name)
    assert read_sheet(data).attrs["questions"][TITLED] == [2, 3, 4, 5, 6]
    assert read_sheet(data, sheet=name).attrs["questions"] == {}


def test_9_what_the_name_of_a_sheet_says_is_not_asked_of_its_result(tmp_path: Path) -> None:
    sheet = read_sheet(table(["Bajas"], [], PERSONS[0], ["Ana", "x", "912345678"]))
    done = check(sheet, match_columns(sheet, PERSON)).accept("(row)")
    assert TITLED in sheet.attrs["questions"]
    done.to_excel(tmp_path / "r.xlsx")
    assert TITLED not in read_sheet(tmp_path / "r.xlsx").attrs["questions"]


# ── struck out, or raised ────────────────────────────────────────────────────


def struck_in_a_workbook(made: Any, sheet: Any) -> None:
    strike, raised, bold = (made.add_format(f) for f in ({"font_strikeout": 1}, {"font_script": 1}, {"bold": 1}))
    sheet.write_row(0, 0, ["A", "B"])
    sheet.write_row(1, 0, ["x", "y"], bold)
    sheet.write(2, 0, "x", strike)
    sheet.write(3, 1, 5, strike)
    sheet.write_rich_string(4, 0, "x ", strike, "y", " z")
    sheet.write_rich_string(5, 0, "x", raised, "2", " z")
    sheet.write_rich_string(6, 0, "x", bold, "2", " z")
    sheet.write(7, 0, "x")
    sheet.write_blank(7, 1, None, strike)


STRUCK_PAGE = """<style>.xl5 {text-decoration:line-through} #a {color:red}</style><table>
<tr><th>A<th>B</tr><tr><td><b>x<td>y</tr><tr><td><del>5</del>6</tr><tr class=xl5><td>x</tr>
<tr><td style="text-decoration: line-through">x</tr><tr><td>x<sup>2</tr>
<tr><td id=a>x</tr><tr><td><select><option>x<option>y</select></tr></table>"""
OPEN_STYLES = """<office:automatic-styles><style:style style:name="ce1"><style:text-properties
style:text-line-through-style="solid"/></style:style><style:style style:name="T1"><style:text-properties
style:text-position="super 58%"/></style:style><style:style style:name="ce2"><style:text-properties
style:text-line-through-style="none"/></style:style></office:automatic-styles><office:body>"""


def struck_in_an_open_document() -> bytes:
    style = ' table:style-name="{}"'.format
    rows = [ods_cell("A"), ods_cell("x", style("ce2")), ods_cell("x", style("ce1")), ods_cell("x", style("ce1"))]
    rows += [ods_cell('<text:span text:style-name="T1">x</text:span>y') * 2] * 2 + [ods_cell("x")]
    data = ods("".join(f"<table:table-row>{row}</table:table-row>" for row in rows))
    spaces = b'<office:document-content xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"'
    data = repacked(data, "content.xml", (b"<office:body>", OPEN_STYLES.encode()))
    return repacked(data, "content.xml", (b"<office:document-content", spaces))


@pytest.mark.parametrize("make", [lambda: book(struck_in_a_workbook), STRUCK_PAGE.encode, struck_in_an_open_document])
def test_12_rows_with_letters_that_are_struck_out_are_asked_about(make: Any) -> None:
    assert read_sheet(make()).attrs["questions"] == {STRUCK: [3, 4, 5, 6]}


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("<!---->500", "500"),
        ("5<!-- x -->00", "500"),
        ("Ana<style>a {}</style> Paz<script>x</script> Soto", "Ana Paz Soto"),
        ("<![if !x]>Ana<![endif]>", "Ana"),
        ("<?xml x?>Ana", "Ana"),
        ("<svg><text>1</text></svg><template>1</template><datalist><option>1</datalist>500", "500"),
        ("<span style='visibility:hidden'>1</span>500", "500"),
        ("<span style='font-size: 0px'>1</span>500", "500"),
        ("<span style='opacity:0'>1</span><i style='opacity:0.5'>5</i>00", "500"),
        ("<select><option>x<option>y</select>", "x\ny"),
        ("<table><tr><td>500</td></tr></table>", "500"),
        ("Ana <table><tr><td>Paz<td>Soto</table>", "Ana Paz Soto"),
        ("<!-- not closed", ""),
    ],
)
def test_18_a_cell_of_a_page_has_all_that_is_shown_and_nothing_else(cell: str, text: str) -> None:
    frame = read_sheet(f"<table><tr><td>A<td>B</tr><tr><td>x<td>{cell}</td></tr><tr><td>y<td>z</tr></table>".encode())
    assert frame["B"].fillna("").tolist()[0] == text
