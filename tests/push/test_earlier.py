"""Rows that were sent before: what is said of them in other frames, or where they come more often than before."""

from typing import Any

import pandas as pd
import pytest

import toolkit
from toolkit.sandbox import Sandbox

from .benches import Ida


@pytest.mark.parametrize("first", ["an iterator", "two calls"])
def test_the_same_rows_in_other_frames_are_told_apart_from_new_ones(ida: Ida, first: str) -> None:
    """No word of edited, new or missing rows, of which there are none; and a way to the report."""
    frame = ida.frame(40)
    halves = [frame.iloc[:15], frame.iloc[15:]]
    sent = [ida.insert(iter(halves))] if first == "an iterator" else [ida.insert(half) for half in halves]
    with pytest.raises(toolkit.PushRefused, match=r"^All of these 40 rows were sent to .* in other frames") as refused:
        ida.insert(frame)
    assert (refused.value.difference["change"] == "sent before, unchanged").all()
    assert ida.insert(frame, if_sent="skip").summary["verified"] == 40
    if first == "an iterator":
        assert ida.insert(iter(halves)).facts["id"] == sent[0].facts["id"]
    assert set(ida.stored().values()) == {1}


def test_rows_that_are_missing_are_still_said(ida: Ida) -> None:
    ida.insert(iter([ida.frame(40)]))
    with pytest.raises(toolkit.PushRefused, match=r"^30 of these 30 rows were .* 10 rows of that push are not here"):
        ida.insert(ida.frame(40).iloc[:30])


@pytest.mark.parametrize("before", [0, 1, 2])
def test_what_is_sent_before_is_left_out_as_often_as_it_was_sent(ida: Ida, before: int) -> None:
    """A row twice in a sheet is two rows: of two alike, one that was sent before stands for one; and it is said."""
    frame, row = ida.frame(20), ida.frame(20).iloc[:1]
    if before:
        ida.insert(pd.concat([row] * before, ignore_index=True))
    report = ida.insert(pd.concat([frame, row], ignore_index=True), if_sent="skip")
    assert report.complete
    assert [ida.stored()[key] for key in ida.keys(frame)] == [2] + [1] * 19
    said = "1 row is like a row that was sent before, and is here more often than it was sent: new."
    assert (said in repr(report)) is (before == 1)


@pytest.mark.parametrize("if_sent", ["raise", "skip"])
def test_cells_that_are_read_otherwise_since_are_not_sent_once_more(box: Sandbox, if_sent: Any) -> None:
    rows = pd.DataFrame({"TELEFONO": [f"+56 9 2123 {4000 + n}" for n in range(12)], "NOMBRE": ["Ana", "Eva"] * 6})
    first, second = box.connect(), box.connect()
    second.ida.connection.assumed["phone_form"] = "as written"
    before = len(box.control.stored("ida", "Contact"))
    assert first.ida.insert_records(11111, rows).complete
    with pytest.raises(toolkit.PushRefused, match="other values of the same cells would go now"):
        second.ida.insert_records(11111, rows, if_sent=if_sent)
    assert first.ida.insert_records(11111, rows, if_sent=if_sent).complete  # put back, it is known
    assert len(box.control.stored("ida", "Contact")) == before + 12
    assert second.ida.insert_records(11111, rows, if_sent="resend").summary["rejected"]  # such a phone is refused
