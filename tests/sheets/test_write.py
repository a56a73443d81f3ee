"""What is written is read again as it was, and is never live."""

import io
import zipfile
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sheets.ugly import CASES
from tests.sheets.ugly.case import Made
from toolkit.errors import InputError
from toolkit.settings import language
from toolkit.sheets import write
from toolkit.sheets.check import check
from toolkit.sheets.evidence import with_evidence
from toolkit.sheets.outcomes import COLUMNS
from toolkit.sheets.read import read_sheet
from toolkit.sheets.result_format import escaped, outcome_at, unescaped
from toolkit.sheets.write import only_failed, write_outcome, write_text
from toolkit.spec import Email, Number, Phone, Text

SLOW = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
LIVE = [
    "=1+1",
    "+56912345678",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    '=HYPERLINK("http://example.com")',
    "＝1",
    "'=1",
    "''@x",
    "=cmd|' /C calc'!A0",
    "http://example.com",
    "mailto:a@example.com",
    "{=1}",
    "-5",
    "0012",
    "1E5",
]
NOTHING = pd.DataFrame({name: pd.Series(dtype="str") for name in COLUMNS})


def outcome(rows: int) -> pd.DataFrame:
    chosen = ["accepted", "rejected", "not sent", "unknown", "verified"]
    made = pd.DataFrame({"outcome": [chosen[n % 5] for n in range(rows)]}, dtype="str")
    return made.assign(error=None, error_column=None, error_value=None).astype("str")


def saved(path: Path, frame: pd.DataFrame, **how: Any) -> pd.DataFrame:
    """The frame's own columns, written and read again."""
    told = outcome(len(frame))
    assert write_outcome(path, frame, told, pd.Series({"rows": len(frame)}), **how) == path
    again = read_sheet(path)
    at = outcome_at([*again.columns])
    assert at is not None
    assert again["outcome"].tolist() == told["outcome"].tolist()
    return again[again.columns[:at]]


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    assert list(one.columns) == [*map(str, other.columns)]
    assert one.astype(object).fillna("").to_numpy().tolist() == other.astype(object).fillna("").to_numpy().tolist()


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
@pytest.mark.parametrize("make", CASES.values(), ids=CASES.keys())
def test_ugly_files_survive(make: Made, suffix: str, tmp_path: Path) -> None:
    case = make()
    frame = read_sheet(case.data, **case.how)
    if len(frame):
        same(saved(tmp_path / f"again{suffix}", frame), frame)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).filter(lambda t: t != "")
CELLS = TEXTS | st.none() | st.sampled_from(LIVE)


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
@SLOW
@given(rows=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6))
def test_texts_survive(rows: list[tuple[str | None, str | None]], suffix: str, tmp_path: Path) -> None:
    frame = pd.DataFrame(rows, columns=["A", "B"], dtype="str")
    same(saved(tmp_path / f"again{suffix}", frame), frame)


KINDS: dict[str, tuple[st.SearchStrategy[Any], Any]] = {
    "whole numbers": (st.integers(-(10**15) + 1, 10**15 - 1), str),
    "numbers": (st.floats(-1e9, 1e9).map(lambda x: float(f"{x:.12g}")), lambda x: f"{x:.15g}"),
    "days": (st.dates(date(1901, 1, 1), date(2200, 1, 1)), str),
    "times": (
        st.integers(-(2**31), 2**32).map(lambda s: pd.Timestamp(s, unit="s").to_pydatetime()),
        lambda t: str(t).removesuffix(" 00:00:00"),
    ),
    "truth": (st.booleans(), lambda x: str(x).upper()),
    "digits": (st.from_regex(r"0[0-9]{3,20}", fullmatch=True), str),
    "phones": (st.from_regex(r"569[0-9]{8}", fullmatch=True), str),
}


@pytest.mark.parametrize(("values", "shown"), KINDS.values(), ids=KINDS.keys())
@SLOW
@given(data=st.data())
def test_every_kind_survives(values: st.SearchStrategy[Any], shown: Any, data: st.DataObject, tmp_path: Path) -> None:
    drawn = data.draw(st.lists(values, min_size=1, max_size=5))
    frame = pd.DataFrame({"A": pd.Series(drawn, dtype=object)})
    once = saved(tmp_path / "once.xlsx", frame)
    assert once["A"].tolist() == [shown(value) for value in drawn]
    same(saved(tmp_path / "twice.xlsx", once), once)


@given(st.text() | st.sampled_from(LIVE))
def test_escape_is_undone(text: str) -> None:
    assert unescaped(escaped(text)) == text
    assert not text or escaped(text)[0] not in "=@\t\r\0＝＋－＠"


def test_numbers_are_not_escaped() -> None:
    assert [escaped(t) for t in ("-5", "+5", "-1,5", "12")] == ["-5", "+5", "-1,5", "12"]


def live_cells(path: Path) -> list[str]:
    book = openpyxl.load_workbook(path)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    return [str(cell.value) for cell in cells if cell.data_type == "f" or cell.hyperlink]


def test_nothing_is_live(tmp_path: Path) -> None:
    frame = pd.DataFrame({"=A1": LIVE, "b": [f"{text} b" for text in LIVE]})
    told = pd.DataFrame({"outcome": "rejected", "error": LIVE, "error_column": "b", "error_value": LIVE, "=x": LIVE})
    write_outcome(tmp_path / "a.xlsx", frame, told, pd.Series({"=1+1": 3}), ["=1+1"])
    assert live_cells(tmp_path / "a.xlsx") == []
    with zipfile.ZipFile(tmp_path / "a.xlsx") as archive:
        assert not any(b"<f>" in archive.read(name) or b"<f " in archive.read(name) for name in archive.namelist())
    write_outcome(tmp_path / "a.csv", frame, told, pd.Series({"=1+1": 3}), ["=1+1"])
    rows = pd.read_csv(tmp_path / "a.csv", sep=";", dtype=str, keep_default_na=False, header=None).to_numpy().ravel()
    assert not [cell for cell in rows if cell[:1] in tuple("=@\t\r\0＝＋－＠")]
    assert not [cell for cell in rows if cell[:1] in ("+", "-") and not cell[1:].isdigit()]


class TestWorkbook:
    def made(self, tmp_path: Path) -> Any:
        frame = pd.DataFrame({"NOMBRE": ["Ana", "Eva"], "FONO": ["1", "912345678"]}, index=pd.Index([5, 9], name="row"))
        frame.attrs = {"sheet": "Clientes/2024", "notes": ["algo"]}
        told = outcome(2).set_index(frame.index)
        told.loc[5, ["outcome", "error", "error_column", "error_value"]] = ["rejected", "FONO is bad", "FONO", "1"]
        write_outcome(tmp_path / "a.xlsx", frame, told, pd.Series({"rejected": 1, "accepted": 1}), ["line <one>"])
        return openpyxl.load_workbook(tmp_path / "a.xlsx")

    def test_layout(self, tmp_path: Path) -> None:
        book = self.made(tmp_path)
        assert book.sheetnames == ["Clientes 2024", "Summary"]
        sheet = book.worksheets[0]
        assert [cell.value for cell in sheet[1]] == ["NOMBRE", "FONO", *COLUMNS, "row"]
        assert [cell.value for cell in sheet["G"]] == ["row", 5, 9]
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref == "A1:G3"
        assert sheet.column_dimensions["A"].width >= 8
        assert sheet["A2"].number_format == "@"

    def test_problem_cell(self, tmp_path: Path) -> None:
        sheet = self.made(tmp_path).worksheets[0]
        assert sheet["B2"].comment.text == "FONO is bad"
        assert sheet["B2"].fill.start_color.rgb == f"FF{write.COLOURS['wrong'][1:]}"
        assert sheet["B3"].comment is None
        assert sheet["A2"].fill.fill_type is None

    def test_summary(self, tmp_path: Path) -> None:
        summary = self.made(tmp_path)["Summary"]
        cells = [cell.value for row in summary.iter_rows() for cell in row if cell.value is not None]
        assert cells == ["rejected", 1, "accepted", 1, "line <one>", "algo"]

    def test_times_are_in_utc(self, tmp_path: Path) -> None:
        moment = datetime(2024, 3, 5, 12, 30, tzinfo=timezone(timedelta(hours=-3)))
        frame = pd.DataFrame({"A": ["x"]})
        told = outcome(1).assign(made=pd.to_datetime([moment]))
        write_outcome(tmp_path / "a.xlsx", frame, told, pd.Series({"rows": 1}))
        book = openpyxl.load_workbook(tmp_path / "a.xlsx")
        assert book.worksheets[0]["F2"].value == pd.Timestamp("2024-03-05 15:30")
        assert book["Summary"]["A3"].value == "times are in UTC"
        write_outcome(tmp_path / "a.csv", frame, told, pd.Series({"rows": 1}))
        assert read_sheet(tmp_path / "a.csv")["made"].tolist() == ["2024-03-05 15:30:00"]

    def test_values_of_every_sort(self, tmp_path: Path) -> None:
        values = [np.inf, 10**20, {"a": 1}, ["x"], date(1850, 1, 1), pd.NaT, np.nan, None, 2.5, "x" * 40_000]
        frame = pd.DataFrame({"A": pd.Series(values, dtype=object)})
        again = saved(tmp_path / "a.xlsx", frame)["A"].fillna("").tolist()
        texts = ["inf", str(10**20), "{'a': 1}", "['x']", "1850-01-01", "", "", "", "2.5", "x" * write.MAX_TEXT]
        assert again == texts
        book = openpyxl.load_workbook(tmp_path / "a.xlsx")
        assert "1 text was cut" in str([cell.value for cell in book["Summary"]["A"]])

    def test_more_rows_than_a_sheet_holds(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(write, "MAX_ROWS", 2)
        with pytest.raises(InputError, match=r"\.csv"):
            saved(tmp_path / "a.xlsx", pd.DataFrame({"A": ["1", "2", "3"]}))
        same(saved(tmp_path / "a.csv", pd.DataFrame({"A": ["1", "2", "3"]})), pd.DataFrame({"A": ["1", "2", "3"]}))

    def test_more_comments_than_are_useful(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(write, "MAX_COMMENTS", 1)
        frame = pd.DataFrame({"A": ["1", "2"]})
        told = outcome(2).assign(error_column="A", error="bad")
        write_outcome(tmp_path / "a.xlsx", frame, told, pd.Series({"rows": 2}))
        book = openpyxl.load_workbook(tmp_path / "a.xlsx")
        cells = [book.worksheets[0][place] for place in ("A2", "A3")]
        assert [cell.comment is not None for cell in cells] == [True, False]
        assert cells[1].fill.fill_type == "solid"
        assert "1 more cell is coloured" in str([cell.value for cell in book["Summary"]["A"]])

    @pytest.mark.parametrize("title", ["Summary", "history", "", "a" * 50, "[x]:*?/\\", "'q'", None])
    def test_awkward_titles(self, title: str | None, tmp_path: Path) -> None:
        frame = pd.DataFrame({"A": ["1"]})
        frame.attrs["sheet"] = title
        same(saved(tmp_path / "a.xlsx", frame), frame)


INDEXES: dict[str, tuple["pd.Index[Any]", dict[str, list[str]]]] = {
    "of a sheet": (pd.Index([5, 9], name="row"), {"row": ["5", "9"]}),
    "chosen rows": (pd.Index([0, 7]), {"index": ["0", "7"]}),
    "texts": (pd.Index(["=1", "b"], name="who"), {"who": ["=1", "b"]}),
    "levels": (
        pd.MultiIndex.from_arrays([["a", "a"], [1, 2]], names=["g", None]),
        {"g": ["a", "a"], "index": ["1", "2"]},
    ),
    "twice the same": (pd.Index([3, 3], name="row"), {"row": ["3", "3"]}),
    "a column's name": (pd.Index([4, 5], name="A"), {"A (2)": ["4", "5"]}),
    "times": (pd.DatetimeIndex(["2024-01-01", "2024-01-02"], tz="UTC"), {"index": ["2024-01-01", "2024-01-02"]}),
    "a mere count": (pd.RangeIndex(2), {}),
}


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
@pytest.mark.parametrize("kind", INDEXES)
def test_the_labels_of_the_rows_are_written(kind: str, suffix: str, tmp_path: Path) -> None:
    index, labels = INDEXES[kind]
    frame, path = pd.DataFrame({"A": ["x", "y"]}, index=index), tmp_path / f"a{suffix}"
    same(saved(path, frame), frame)
    told = read_sheet(path)
    assert list(told.columns) == ["A", *COLUMNS, *labels]
    assert {name: [value[:10] for value in told[name]] for name in labels} == labels
    assert list(only_failed(path).columns) == ["A"]


class TestSentAgain:
    frame = pd.DataFrame({"NOMBRE": list("abcde"), "value": ["1", None, "3", "4", "5"]}, dtype="str")

    @pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
    def test_only_failed(self, suffix: str, tmp_path: Path) -> None:
        path = tmp_path / f"a{suffix}"
        write_outcome(path, self.frame, outcome(5).assign(id="x"), pd.Series({"rows": 5}))
        for source in (path, read_sheet(path), path.read_bytes()):
            again = only_failed(source)
            same(again, self.frame.iloc[[1, 2]])  # unknown is not among them: it may be in
            assert list(again.index) == [3, 4]

    def test_no_result(self) -> None:
        with pytest.raises(InputError, match="no result"):
            only_failed(pd.DataFrame({"outcome": ["rejected"], "value": [1]}))

    def test_own_columns_of_the_same_names(self, tmp_path: Path) -> None:
        frame = pd.DataFrame({name: ["x", "y"] for name in COLUMNS} | {"Z": ["1", "2"]}, dtype="str")
        told = outcome(2).assign(outcome="rejected")
        write_outcome(tmp_path / "a.xlsx", frame, told, pd.Series({"rows": 2}))
        same(only_failed(tmp_path / "a.xlsx"), frame)

    def test_check_to_excel(self, tmp_path: Path) -> None:
        source = pd.DataFrame(
            {
                "n": ["Ana", " Eva ", None],
                "e": ["x", "a@gmial.com", "b@example.com"],
                "p": ["1", "912345678", "56912345678"],
            }
        )
        done = check(source, [Text(name="n", required=True), Email(name="e"), Phone(name="p")])
        done.to_excel(tmp_path / "a.xlsx")
        sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets[0]
        colours = {
            cell.coordinate: cell.fill.start_color.rgb[2:] for row in sheet["A2:C4"] for cell in row if cell.comment
        }
        wrong, doubt, fixed = (write.COLOURS[kind][1:] for kind in ("wrong", "doubt", "fixed"))
        assert colours == {"B2": wrong, "C2": wrong, "A3": fixed, "B3": doubt, "C3": fixed, "A4": wrong}
        assert sheet["C3"].comment.text.endswith("sent as 56912345678")
        assert sheet["B3"].comment.text == "has a domain that may be misspelt; perhaps a@gmail.com"
        assert only_failed(tmp_path / "a.xlsx")["e"].tolist() == ["x", "b@example.com"]

    def test_from_memory(self) -> None:
        assert outcome_at(["a", *COLUMNS]) == 1
        assert outcome_at([*COLUMNS, "b", *(f"{name} (2)" for name in COLUMNS)]) == 5
        assert outcome_at(["outcome", "error"]) is None


AMOUNTS = [Text(name="Nombre"), Number(name="MONTO"), Phone(name="Celular")]
NUMBER_CELLS = [["Nombre", "MONTO", "Celular"], ["Ana", "58,92", "922345671"], ["Noa", "1.234,50", "922345672"]]


def of_number_cells(path: Path, *rows: list[Any]) -> pd.DataFrame:
    book = openpyxl.Workbook()
    for row in [*NUMBER_CELLS, *rows]:
        book.worksheets[0].append(row)
    book.save(path)
    return read_sheet(path)


def amounts(frame: pd.DataFrame) -> list[Any]:
    return check(frame[NUMBER_CELLS[0]], AMOUNTS).wire()["MONTO"]


class TestNumberCellsAreSentAgainAsNumbers:
    """Beside texts of which the comma is the decimal sign."""

    @pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
    @pytest.mark.parametrize("number", [37.125, -37.125, 1.5, 1234.567, 1500, 0.125])
    def test_whatever_is_mended_in_the_row(self, number: float, suffix: str, tmp_path: Path) -> None:
        sheet = of_number_cells(tmp_path / "a.xlsx", ["Eva", number, "bad"], ["Luz", "2.500", "worse"])
        assert amounts(sheet)[2:] == [number, 2500]
        done = check(sheet, AMOUNTS)
        path = tmp_path / f"b{suffix}"
        known = with_evidence(done.outcomes, done.evidence([2, 3]))
        write_outcome(path, done.frame, known, done.summary, cells={(2, 1): ("wrong", "x")})
        assert amounts(only_failed(path)) == [number, 2500]
        assert amounts(only_failed(read_sheet(path).iloc[::-1])) == [2500, number]
        assert amounts(read_sheet(path))[2:] == [number, 2500]  # also of somebody who sends all of it

    def test_a_text_that_is_typed_beside_it_is_a_text(self, tmp_path: Path) -> None:
        done = check(
            of_number_cells(tmp_path / "a.xlsx", ["Eva", 37.125, "bad"], ["Luz", "x", "bad"]),
            AMOUNTS,
        )
        known = with_evidence(done.outcomes, done.evidence([2, 3]))
        write_outcome(tmp_path / "b.csv", done.frame, known, done.summary)
        text = (tmp_path / "b.csv").read_text(encoding="utf-8-sig")
        (tmp_path / "b.csv").write_text(text.replace('"Luz";"x"', '"Luz";"41.125"'), encoding="utf-8-sig")
        assert amounts(only_failed(tmp_path / "b.csv")) == [37.125, 41125]
        (tmp_path / "b.csv").write_text(text.replace('"Luz";"x"', '"Luz";"37.125"'), encoding="utf-8-sig")
        assert amounts(only_failed(tmp_path / "b.csv")) == [37125, 37125]

    def test_colours_keep_the_kind_of_a_cell(self, tmp_path: Path) -> None:
        frame = pd.DataFrame({"n": [1.5], "d": [date(1980, 5, 6)], "t": ["x"]})
        marks = {(0, n): ("wrong", "why") for n in range(3)}
        write_outcome(tmp_path / "a.xlsx", frame, outcome(1), pd.Series({"rows": 1}), cells=marks)
        sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets[0]
        assert {cell.fill.start_color.rgb[2:] for cell in sheet["A2:C2"][0]} == {write.COLOURS["wrong"][1:]}
        assert [cell.number_format for cell in sheet["A2:C2"][0]] == ["General", "yyyy-mm-dd", "@"]


def test_a_text_file_of_somebody_else_is_not_touched() -> None:
    assert read_sheet(io.BytesIO(b"a;b\n'=1;x\n").getvalue())["a"].tolist() == ["'=1"]


@pytest.mark.parametrize("written", ["en", "es", "uk"])
@pytest.mark.parametrize("read", ["en", "es"])
def test_only_failed_reads_a_workbook_of_any_language(tmp_path: Path, written: str, read: str) -> None:
    frame = pd.DataFrame({"name": ["Ana", "Luis", "Inés", "Eva"]})
    names = ["verified", "rejected", "not sent", "unknown"]
    outcome = pd.DataFrame(
        {"outcome": names, "error": [None, "no", "no", None], "error_column": None, "error_value": None}
    )
    language(written)
    path = write_outcome(tmp_path / "result.xlsx", frame, outcome, pd.Series({"rows": 4}), [])
    language(read)
    sheet = read_sheet(path)
    assert sheet["name"].tolist() == frame["name"].tolist()
    assert only_failed(sheet)["name"].tolist() == ["Luis", "Inés"]


def test_a_workbook_has_the_headers_and_outcomes_of_its_language(tmp_path: Path) -> None:
    frame = pd.DataFrame({"nombre": ["Ana"]})
    outcome = pd.DataFrame(
        {"outcome": ["not sent"], "error": ["x"], "error_column": ["nombre"], "error_value": ["Ana"]}
    )
    language("es")
    book = openpyxl.load_workbook(write_outcome(tmp_path / "r.xlsx", frame, outcome, pd.Series({"not sent": 1}), []))
    rows, summary = book.worksheets
    assert [c.value for c in rows[1]] == ["nombre", "resultado", "error", "columna del error", "valor del error"]
    assert rows["B2"].value == "no enviada"
    assert (rows.title, summary.title, summary["A1"].value) == ("Filas", "Resumen", "no enviada")
    text = write_text(tmp_path / "r.csv", frame, outcome).read_text(encoding="utf-8-sig")
    assert text.splitlines()[0] == '"nombre";"outcome";"error";"error_column";"error_value"'  # for programs


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
def test_half_a_character_is_written_as_a_sign(suffix: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({"NOMBRE": pd.Series(["An\ud83d", "Eva"], dtype=object), "N\udc00": ["x", "y"]})
    path = write_outcome(tmp_path / f"a{suffix}", frame, outcome(2), pd.Series({"rows": 2}))
    back = read_sheet(path)
    assert (back.columns[1], back["NOMBRE"].tolist()) == ("N\ufffd", ["An\ufffd", "Eva"])


@pytest.mark.parametrize(
    "name", ["x" * 300 + ".xlsx", "x" * 300 + ".csv", "folder.xlsx", "folder.csv", "full.xlsx", "full.csv"]
)
def test_a_file_that_cannot_be_written_is_named_with_the_reason(name: str, tmp_path: Path) -> None:
    for kind in ("xlsx", "csv"):
        (tmp_path / f"folder.{kind}").mkdir()
        (tmp_path / f"full.{kind}").symlink_to("/dev/full")
    with pytest.raises(InputError, match="cannot be written: "):
        check(pd.DataFrame({"NOMBRE": ["Ana"]}), [Text("", name="NOMBRE")]).to_excel(tmp_path / name)


def test_what_became_of_rows_is_no_result_without_them() -> None:
    outcome = check(pd.DataFrame({"NOMBRE": ["Ana"]}), [Text("", name="NOMBRE")]).outcomes
    with pytest.raises(InputError, match="lacks the rows"):
        only_failed(outcome)
