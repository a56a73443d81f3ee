"""A frame that is known again is not checked again, and what differs is never taken for the same."""

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import toolkit
from toolkit.push import frame_rows
from toolkit.sandbox import Sandbox
from toolkit.sheets.check import check_frame

from .benches import Ida, NddPrint, Signers, told

ROWS = 90


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows each check looked at."""
    sizes: list[int] = []

    def counting(frame: pd.DataFrame, *arguments: Any, **options: Any) -> Any:
        sizes.append(len(frame))
        return check_frame(frame, *arguments, **options)

    monkeypatch.setattr(frame_rows, "check_frame", counting)
    return sizes


def stopped(ida: Ida, frame: pd.DataFrame, at: int = 40, **options: Any) -> toolkit.Report:
    stop = threading.Event()
    watch = {"stop": stop, "watch": lambda p: stop.set() if p.done > at else None}
    report = ida.insert(frame, options={**watch, **options})
    assert report.facts["state"] == "paused"
    return report


def test_only_rows_that_are_not_in_are_checked_again(ida: Ida, checked: list[int]) -> None:
    frame = ida.frame(ROWS).assign(MONTO="1.234,5")
    report = stopped(ida, frame)
    left = int(report.summary["not sent"])
    checked.clear()
    done = ida.insert(frame.copy())
    assert checked == [left]
    ida.check_all_in(told(done), frame)
    checked.clear()
    assert "already pushed" in repr(ida.insert(frame))
    assert checked == [0]


def edited(frame: pd.DataFrame) -> pd.DataFrame:
    other = frame.copy()
    other.loc[3, "NOMBRE"] = "Otra"
    return other


OTHERS = {
    "an edited cell": edited,
    "a column more": lambda frame: frame.assign(MONTO="5"),
    "a column less": lambda frame: frame.drop(columns="NOMBRE"),
    "one row less": lambda frame: frame.iloc[1:],
}


@pytest.mark.parametrize("how", OTHERS)
def test_what_differs_is_not_taken_for_the_same(how: str, ida: Ida, checked: list[int]) -> None:
    frame = ida.frame(ROWS)
    ida.insert(frame)
    other = OTHERS[how](frame)
    checked.clear()
    with pytest.raises(toolkit.PushRefused):
        ida.insert(other)
    assert checked == [len(other)]


SAME_TEXT = {
    "objects": lambda frame: frame.astype(object),
    "another index": lambda frame: frame.set_axis(range(100, 100 + ROWS)),
    "other options": lambda frame: frame,
    "reordered": lambda frame: frame.iloc[::-1],
}


@pytest.mark.parametrize("how", SAME_TEXT)
def test_the_same_rows_in_another_form_take_the_full_way(how: str, ida: Ida, checked: list[int]) -> None:
    frame = ida.frame(ROWS)
    ida.insert(frame)
    checked.clear()
    options = {"doubts": "hold"} if how == "other options" else {}
    report = ida.insert(SAME_TEXT[how](frame), options=options)
    assert checked == [ROWS]
    assert "already pushed" in repr(report)


def test_what_was_decided_of_a_whole_column_holds_for_the_rest_of_it(ida: Ida, checked: list[int]) -> None:
    """The last rows alone would not show that the comma is the decimal sign."""
    frame = ida.frame(ROWS).assign(MONTO=["1.234,56"] * 60 + ["1.234"] * 30)
    left = int(stopped(ida, frame).summary["not sent"])
    checked.clear()
    ida.check_all_in(told(ida.insert(frame)), frame)
    assert checked == [left]
    assert {*ida.box.control.multiplicity(11111, "MONTO")} >= {"1234.56", "1234"}


def test_a_check_that_finds_other_content_is_not_believed(
    ida: Ida, checked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after another library reads a cell otherwise: the fingerprints of what is left have to be those known."""
    frame = ida.frame(ROWS)
    stopped(ida, frame)
    prints = frame_rows.FrameKey.prints
    monkeypatch.setattr(frame_rows.FrameKey, "prints", lambda *a: prints(*a) + np.uint64(1))
    checked.clear()
    ida.check_all_in(told(ida.insert(frame)), frame)
    assert len(checked) == 2
    assert checked[1] == ROWS


def test_rows_that_were_bad_are_said_again(ida: Ida) -> None:
    frame = ida.frame(ROWS)
    frame.loc[[2, 70], "EMAIL"] = "no mail"
    first = stopped(ida, frame)
    report = ida.insert(frame)
    assert report.table.loc[[2, 70], "error"].tolist() == first.table.loc[[2, 70], "error"].tolist()
    assert report.summary["not sent"] == 2
    assert report.failed.index.tolist() == [2, 70]
    with pytest.raises(toolkit.RowErrors):
        ida.insert(frame, on_bad_rows="raise")


def test_the_notes_and_changes_of_a_report_stay_the_same(ida: Ida) -> None:
    frame = ida.frame(ROWS).assign(MONTO="1.234,5")
    whole = ida.insert(frame)
    again = ida.insert(frame)
    assert set(whole.facts["notes"]) <= set(again.facts["notes"])
    assert again.changes.equals(whole.changes)
    assert len(whole.changes) == ROWS


def test_frames_of_an_iterator_are_known_again_too(ida: Ida, checked: list[int]) -> None:
    frame = ida.frame(100)
    halves = [frame.iloc[:50], frame.iloc[50:]]
    stop = threading.Event()
    ida.insert(iter(halves), options={"stop": stop, "watch": lambda p: stop.set() if p.done > 55 else None})
    checked.clear()
    ida.check_all_in(told(ida.insert(iter(halves))), frame)
    assert checked[0] == 0
    assert 0 < checked[1] < 50


def test_other_vendors_know_a_frame_again(nddprint: NddPrint, signers: Signers, checked: list[int]) -> None:
    for bench in (nddprint, signers):
        frame = bench.frame(5)
        assert set(bench.push(frame).outcomes) <= {"verified", "accepted"}
        posts = bench.posts()
        assert set(bench.push(frame).outcomes) <= {"verified", "accepted"}
        assert bench.posts() == posts


def test_a_number_of_a_push_that_is_known_again_stays_a_number(api: toolkit.Api, box: Sandbox, tmp_path: Path) -> None:
    amounts = [37.125, "12,5", "58,92", "1.234,50"]
    pd.DataFrame({"NOMBRE": list("abcd"), "MONTO": amounts}, dtype=object).to_excel(tmp_path / "a.xlsx", index=False)
    sheet = toolkit.read_sheet(tmp_path / "a.xlsx")
    refused = {"message": "no", "statusApi": "no", "code": 406}
    box.control.fault(system="ida", match={"method": "POST"}, commit="never", reply="status", status=406, body=refused)
    options = {"max_rejected": 1.0, "chunk_rows": 1}
    api.ida.insert_records(11111, sheet, options=options)
    again = api.ida.insert_records(11111, sheet, options=options)
    assert again.table["outcome"].tolist() == ["rejected", *["verified"] * 3]
    again.to_csv(tmp_path / "result.csv")
    left = toolkit.only_failed(tmp_path / "result.csv")
    assert toolkit.check(left, api.ida.fields(11111)).wire()["MONTO"] == ["37.125"]
