"""Every scan of a cell and of a file is linear: eight times as much takes about eight times as long."""

import contextlib
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from tests.sheets.ugly.binaries import ods, ods_cell, repacked
from tests.sheets.ugly.workbooks import SHEET, table
from toolkit.errors import InputError
from toolkit.sheets.check import check
from toolkit.sheets.match import match_columns
from toolkit.sheets.read import read_sheet
from toolkit.sheets.target import Takes
from toolkit.spec import Bool, Choice, Date, Email, Field, Identity, Integer, List, Number, Phone, Text, Timestamp

pytestmark = pytest.mark.slow
MORE, MOST = 8, 24  # times as much, times as long: linear growth takes 8, quadratic growth 64
FIELDS: tuple[Field, ...] = (
    Text(name="x"),
    Text(name="x", max_length=10),
    Email(name="x"),
    Phone(name="x"),
    Identity(name="x"),
    Identity(name="x", scheme="cl.rut"),
    Integer(name="x"),
    Number(name="x"),
    Bool(name="x"),
    Date(name="x"),
    Timestamp(name="x"),
    Choice(name="x", choices={"a": "Uno"}),
    List(name="x"),
    List(name="x", separator=",", emails=True),
)
FILLERS = (" ", "\t", "\u200b", "\u00a0", "a ", "1.", "1,", "a@", "-", "#A", "1 ", "a.b-", "\n", "é", "(", "00")


def seconds(work: Callable[[], object]) -> float:
    """The least that some work takes."""
    taken = []
    for _ in range(3):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)


def grows(work: Callable[[int], object], size: int) -> float:
    return seconds(lambda: work(MORE * size)) / max(seconds(lambda: work(size)), 0.01)


@pytest.mark.parametrize("filler", FILLERS)
def test_one_cell(filler: str) -> None:
    def work(size: int) -> None:
        frame = pd.DataFrame({"x": [f"1{filler * (size // len(filler))}1"]})
        for field in FIELDS:
            assert len(check(frame, Takes((field,), empty_rows=True)).problems) < 2

    assert grows(work, 100_000) < MOST


XLSX = table(["A"], ["x"])
FILES: dict[str, Callable[[int], bytes]] = {
    "errors without a text": lambda n: _inside("".join(f'<row r="{i}"><c r="A{i}" t="e"/></row>' for i in range(3, n))),
    "cells without a place": lambda n: _inside("<row><c><v>1</v></c></row>" * n),
    "formulas without a value": lambda n: _inside(f"<row><c><f>1</f>{' ' * 20}</c></row>" * n),
    "merged cells": lambda n: _inside("", "".join(f'<mergeCell ref="A{i}:B{i}"/>' for i in range(1, n))),
    "an attribute that goes on": lambda n: _inside(f'<row x="{"y" * 100 * n}"/>'),
    "a row that goes on": lambda n: _inside(f"<row>{'<x/>' * 10 * n}</row>"),
    "an unclosed row": lambda n: _inside("<row " * n),
    "repeated rows": lambda n: ods(f"<table:table-row>{ods_cell('a')}</table:table-row>" * n),
    "many columns": lambda n: _wide([f"c{i}" for i in range(n // 10)]),
    "the same name many times": lambda n: _wide(["c"] * (n // 10)),
    "long lines": lambda n: ("A;B\n" + "x" * n + ";1\n").encode(),
    "quotes": lambda n: ('A;B\n"x"y;1\n' * n).encode(),
    "letters of another encoding": lambda n: ("A;B\n" + "Peña;Muñoz\n" * n).encode("cp1252"),
    "damage": lambda n: ("A;B\n" + "Peña;Muñoz\n" * n).encode() + b"\xff;\xff\n" * (n // 10),
}


def _wide(names: list[str]) -> bytes:
    return (";".join(names) + "\n" + ";".join("1" * len(names)) + "\n").encode()


def _inside(rows: str, after: str = "") -> bytes:
    merged = f"<mergeCells>{after}</mergeCells>" if after else ""
    return repacked(XLSX, SHEET, (b"</sheetData>", f"{rows}</sheetData>{merged}".encode()))


@pytest.mark.parametrize("make", FILES.values(), ids=FILES)
def test_one_file(make: Callable[[int], bytes]) -> None:
    def work(size: int) -> None:
        data = make(size)
        with contextlib.suppress(InputError):
            read_sheet(data)

    assert grows(work, 4_000) < MOST


def test_a_match() -> None:
    def work(size: int) -> None:
        frame = pd.DataFrame({f"C{n}": [str(n)] * 100 for n in range(size)})
        match_columns(frame, [Email(name=f"campo {n}") for n in range(30)])

    assert grows(work, 20) < MOST


def test_columns_that_fill_no_field(tmp_path: Path) -> None:
    """Also of a frame that remembers what became of each of them."""

    def work(columns: int) -> None:
        frame = pd.DataFrame({"x": ["a", "b"], **{f"other {n}": ["b", None] for n in range(columns)}})
        frame.attrs["fields"] = {"x": "x"} | dict.fromkeys(frame.columns[1:])
        match = match_columns(frame, [Text(name="x")])
        done = check(frame, match)
        check(done, [Text(name="x")]).to_excel(tmp_path / "x.xlsx")

    assert grows(work, 200) < MOST
