"""What is read from ugly files, and what is refused."""

import io
import os
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.sheets.ugly import CASES
from tests.sheets.ugly.binaries import compound, ods, ods_cell, repacked, zipped
from tests.sheets.ugly.case import Made
from tests.sheets.ugly.delimited import BROKEN
from tests.sheets.ugly.workbooks import SHEET, book, table
from toolkit.errors import InputError
from toolkit.sheets import archive
from toolkit.sheets.read import read_sheet


def test_there_are_enough_ugly_files() -> None:
    assert len(CASES) >= 40


@pytest.mark.parametrize("make", CASES.values(), ids=CASES.keys())
def test_ugly_file(make: Made) -> None:
    case = make()
    frame = read_sheet(case.data, **case.how)
    assert list(frame.columns) == case.columns
    assert frame.astype(object).where(frame.notna(), None).to_numpy().tolist() == list(case.rows.values())
    assert list(frame.index) == list(case.rows)
    assert frame.index.name == "row"
    assert {str(dtype) for dtype in frame.dtypes} <= {"str"}
    for note in case.notes:
        assert any(note in said for said in frame.attrs["notes"]), frame.attrs["notes"]


@pytest.mark.parametrize(("data", "said"), BROKEN.values(), ids=BROKEN.keys())
def test_broken_text(data: bytes, said: str) -> None:
    how = {"encoding": "utf-8"} if "encod" in said or "utf-8" in said else {}
    with pytest.raises(InputError, match=said):
        read_sheet(data, **how)


def test_what_is_said_of_a_clean_file() -> None:
    frame = read_sheet(table(["A", "B"], ["x", 1.5], ["y", 2]))
    found = {"numeric": ["B"], "numbers": {}, "texts": {"B": "1.5\n2"}, "questions": {}, "header": 1}
    assert frame.attrs == {"source": "", "sheet": "Hoja1", "sheets": ["Hoja1"], "notes": [], **found}


class TestSource:
    data = table(["A"], ["1"])

    def test_path(self, tmp_path: Path) -> None:
        path = tmp_path / "ugly.csv"  # the name says nothing
        path.write_bytes(self.data)
        for source in (path, str(path)):
            frame = read_sheet(source)
            assert frame.attrs["source"] == "ugly.csv"
            assert frame["A"].tolist() == ["1"]

    def test_what_is_no_file_is_not_waited_for(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe.csv")
        for path in (tmp_path / "pipe.csv", "/dev/zero"):
            with pytest.raises(InputError, match="is no file"):
                read_sheet(path)
        with pytest.raises(InputError, match="cannot be read"):
            read_sheet(tmp_path)

    def test_an_object_that_reads_in_another_way_is_refused(self) -> None:
        class Odd:
            def read(self) -> bytes:
                return b"A\n1\n"

        with pytest.raises(InputError, match="the open file cannot be read"):
            read_sheet(Odd())

    def test_upload(self) -> None:
        upload = {"name": "a.xlsx", "type": "", "size": 1, "content": memoryview(self.data)}
        for source in (upload, (upload,), [upload]):
            assert read_sheet(source).attrs["source"] == "a.xlsx"
        with pytest.raises(InputError, match="there are 2"):
            read_sheet((upload, upload))

    def test_bytes(self) -> None:
        for source in (self.data, bytearray(self.data), memoryview(self.data)):
            assert read_sheet(source)["A"].tolist() == ["1"]

    def test_no_file(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"nothing.xlsx cannot be read"):
            read_sheet(tmp_path / "nothing.xlsx")

    @pytest.mark.parametrize("sheet", ["Hoja", 0, 2, -1])
    def test_no_such_sheet(self, sheet: Any) -> None:
        with pytest.raises(InputError, match="there are 'Hoja1'"):
            read_sheet(self.data, sheet=sheet)

    def test_no_such_header(self) -> None:
        with pytest.raises(InputError, match="no row 7"):
            read_sheet(self.data, header=7)

    def test_empty_workbook(self) -> None:
        empty = book(lambda *_: None)
        for how, said in (({}, "the workbook holds nothing"), ({"sheet": 1}, "'Hoja1' holds nothing")):
            with pytest.raises(InputError, match=said):
                read_sheet(empty, **how)

    def test_unknown_encoding(self) -> None:
        with pytest.raises(InputError, match="no encoding named 'klingon'"):
            read_sheet(b"a;b\n", encoding="klingon")


def test_rows_of_nothing_but_spaces_are_blank() -> None:
    frame = read_sheet(table(["A", "B"], ["x", " y"], ["", " "], [" ", "z"], ["\u00a0", "  "], [None, ""]))
    assert frame.index.tolist() == [2, 4]
    assert frame.to_numpy().tolist() == [["x", " y"], [" ", "z"]]
    assert frame.attrs["notes"] == ["blank rows were left out: 3"]


def test_numbers_are_known_as_such() -> None:
    data = table(["A", "B", "C"], [1.5, "x", 1], ["", "y", "2"], [3, "z", 3])
    assert read_sheet(data).attrs["numeric"] == ["A"]


def test_long_sheets_are_read_in_pieces() -> None:
    rows = [[f"a{n}", n, "" if n % 7 else "x"] for n in range(1700)]
    frame = read_sheet(table(["A", "B", "C"], *rows))
    assert frame["A"].tolist() == [a for a, _, _ in rows]
    assert frame["B"].tolist() == [str(b) for _, b, _ in rows]
    assert frame["C"].isna().tolist() == [c == "" for _, _, c in rows]
    assert frame.attrs["numeric"] == ["B"]


class TestRefused:
    """What would take all the memory there is, and what no spreadsheet program writes."""

    data = table(["A"], ["1"])

    def refused(self, data: bytes, said: str, **how: Any) -> None:
        with pytest.raises(InputError, match=said):
            read_sheet(data, **how)

    def test_more_parts_than_any_workbook(self) -> None:
        parts = {f"x{n}": b"" for n in range(archive.MAX_ENTRIES + 1)}
        self.refused(zipped({"xl/workbook.xml": b"", **parts}), "10,002 parts.*limits=2")

    def test_packed_too_tight(self) -> None:
        bomb = zipped({"xl/workbook.xml": b"", "xl/worksheets/sheet1.xml": bytes(archive.RATIO_FROM + 1)})
        assert len(bomb) < 100_000
        self.refused(bomb, "100 times its size")

    def test_more_bytes_than_the_limit(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(archive, "MAX_BYTES", 1000)
        self.refused(self.data, "bytes, more than 1,000")

    def test_more_than_it_says(self) -> None:
        data = bytearray(zipped({"xl/workbook.xml": bytes(100_000)}))
        true = (100_000).to_bytes(4, "little")
        data = data.replace(true, (10).to_bytes(4, "little"))
        self.refused(bytes(data), "damaged")

    def test_cells_where_no_sheet_has_one(self) -> None:
        for before, after in ((b'r="A1"', b'r="XFE1"'), (b'<row r="1"', b'<row r="2000000000"'), (b'r="A1"', b'r="1"')):
            self.refused(repacked(self.data, SHEET, (before, after)), "where no sheet has one")

    def test_more_cells_than_the_memory_holds(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(archive, "MAX_CELLS", 100_000)
        filled = (b"<row>" + b"<c><v>1</v></c>" * 300 + b"</row>") * 400
        blank = b'<row><c r="XFD1"><v>1</v></c></row>' * 10
        for rows in (filled, blank):
            self.refused(
                repacked(self.data, SHEET, (b"</sheetData>", rows + b"</sheetData>")), "more than 100,000 cells"
            )

    def test_rows_repeated(self) -> None:
        cell = ods_cell("1", ' table:number-columns-repeated="500"')
        self.refused(
            ods(f'<table:table-row table:number-rows-repeated="1000000">{cell}</table:table-row>'),
            "more than 64,000,000 cells",
        )

    @pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "xl/sharedStrings.xml"])
    def test_entities(self, part: str) -> None:
        declared = b'?>\n<!DOCTYPE x [<!ENTITY e SYSTEM "file:///nothing">]>'
        self.refused(repacked(self.data, part, (b"?>", declared)), "declares entities")

    @pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "xl/sharedStrings.xml"])
    @pytest.mark.parametrize("more", [b"<a>" * 150 + b"</a>" * 150, b"<a>" * 150 + b"x" * 10_000 + b"</a>" * 150])
    def test_elements_inside_of_each_other(self, part: str, more: bytes) -> None:
        with zipfile.ZipFile(io.BytesIO(self.data)) as archive:
            root = archive.read(part).rpartition(b"</")[2]
        self.refused(repacked(self.data, part, (b"</" + root, more + b"</" + root)), "inside of each other")

    @pytest.mark.parametrize(
        "inside", [b"<c/>" * 20_000, b'<c x="' + b"y" * 80_000 + b'"/>', b"<is>\n" + b"\n" * 80_000]
    )
    def test_an_element_that_goes_on(self, monkeypatch: pytest.MonkeyPatch, inside: bytes) -> None:
        monkeypatch.setattr(archive, "MAX_ELEMENT", 20_000)
        rows = b"<row>" + inside + b"</row></sheetData>"
        self.refused(repacked(self.data, SHEET, (b"</sheetData>", rows)), "an element of more than.*limits=2")

    def test_two_parts_of_one_name(self) -> None:
        packed = io.BytesIO(self.data)
        with zipfile.ZipFile(packed, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr(SHEET, "<worksheet/>")
        self.refused(packed.getvalue(), "two parts of one name")

    def test_truncated(self) -> None:
        self.refused(self.data[:-300], "damaged")

    def test_damaged_inside(self) -> None:
        with zipfile.ZipFile(io.BytesIO(self.data)) as archive:
            at = archive.getinfo(SHEET).header_offset + 60
        self.refused(self.data[:at] + bytes(60) + self.data[at + 60 :], "damaged")

    def test_protected(self) -> None:
        self.refused(compound("EncryptedPackage", b"x"), "protected by a password")

    @pytest.mark.parametrize("name", ["content.xml", "encrypted-package"])
    def test_protected_open_document(self, name: str) -> None:
        manifest = b'<m:manifest xmlns:m="m"><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>'
        self.refused(zipped({name: b"x", "META-INF/manifest.xml": manifest}), "protected by a password")

    def test_archive_of_something_else(self) -> None:
        self.refused(zipped({"a.txt": b"x"}), "no workbook: unpack it, and read a file of it: a.txt")


def test_limits_can_be_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    data = table(["A"], ["1"])
    monkeypatch.setattr(
        archive, "MAX_BYTES", sum(i.file_size for i in zipfile.ZipFile(io.BytesIO(data)).infolist()) // 2 + 1
    )
    with pytest.raises(InputError, match="limits=2"):
        read_sheet(data)
    assert read_sheet(data, limits=2)["A"].tolist() == ["1"]


def test_cells_far_away_take_no_memory() -> None:
    far = book(lambda _, sheet: (sheet.write(0, 0, "A"), sheet.write(1_048_575, 16_383, "B")))
    for spelt in (b'<c r="XFD1048576"', b"<c  r='XFD1048576'", b'<c s="0" r="XFD1048576"'):
        frame = read_sheet(repacked(far, SHEET, (b'<c r="XFD1048576"', spelt)))
        assert (list(frame.index), list(frame.columns)) == ([1_048_576], ["A", "Column 16384"])


def test_attrs_can_be_copied() -> None:
    frame = read_sheet(table(["A"], ["1"]))
    both = pd.concat([frame, frame])
    assert both.attrs == frame.attrs
