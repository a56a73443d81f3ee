"""A person says what became of rows: those that are meant, however they are labelled, and no others."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import toolkit
from toolkit.errors import InputError
from toolkit.push import Report

from .benches import Ida, told

ROWS = 12
STORED = 4  # of the rows without an answer
WHY = "looked at the vendor's screen"
FRAMES: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "numbers from 0": lambda frame: frame.reset_index(drop=True),
    "rows of a sheet": lambda frame: frame.set_axis(range(2, ROWS + 2)),
    "sorted the other way": lambda frame: frame.reset_index(drop=True).iloc[::-1],
    "every other row": lambda frame: frame.set_axis(range(0, 2 * ROWS, 2)),
    "digits": lambda frame: frame.set_axis([*map(str, reversed(range(ROWS)))]),
    "days": lambda frame: frame.set_axis(pd.date_range("2026-01-01", periods=ROWS)),
    "two levels": lambda frame: frame.set_axis(pd.MultiIndex.from_product([["a", "b"], range(ROWS // 2)])),
}
WAYS: dict[str, Callable[[Report, pd.DataFrame], Any]] = {
    "labels": lambda report, part: part.index.tolist(),
    "index": lambda report, part: part.index,
    "part": lambda report, part: part,
    "mask": lambda report, part: report.table.index.isin(part.index),
    "list of truth values": lambda report, part: report.table.index.isin(part.index).tolist(),
}


def stored_in_part(ida: Ida, frame: pd.DataFrame, **more: Any) -> Report:
    """The vendor stored the first rows of the only request, and nobody was told."""
    ida.before = ida.stored()
    ida.fault(commit="partial", partial=STORED, reply="html")
    report = ida.insert(frame, **more)
    assert report.summary["unknown"] == len(report.unknown) > STORED
    return report


def settle(ida: Ida, report: Report, name: Callable[[Report, pd.DataFrame], Any] = WAYS["part"]) -> None:
    """What a person does: looks each row up, and says what is there and what is not."""
    stored = report.unknown["EMAIL"].isin((ida.stored() - ida.before).keys()).to_numpy()
    for verdict, part in ("committed", report.unknown[stored]), ("not committed", report.unknown[~stored]):
        toolkit.resolve(report, name(report, part), verdict, why=WHY)


@pytest.mark.parametrize("labelled", FRAMES.values(), ids=FRAMES)
@pytest.mark.parametrize("name", WAYS.values(), ids=WAYS)
def test_rows_are_named_as_the_report_names_them(ida: Ida, labelled: Any, name: Any) -> None:
    frame = labelled(ida.frame(ROWS))
    settle(ida, stored_in_part(ida, frame), name)
    ida.check_all_in(told(ida.insert(frame)), frame)


def test_a_later_report_names_them_by_its_own_labels(ida: Ida) -> None:
    """The same rows in another order, and with the labels of other rows."""
    frame = ida.frame(ROWS)
    stored_in_part(ida, frame)
    again = frame.iloc[::-1].reset_index(drop=True)
    settle(ida, ida.insert(again))
    ida.check_all_in(told(ida.insert(frame)), frame)


def test_rows_kept_back_move_no_label(ida: Ida) -> None:
    frame = ida.frame(ROWS)
    frame.loc[[0, 5], "EMAIL"] = "no address"
    settle(ida, stored_in_part(ida, frame))
    report = ida.insert(frame)
    assert report.table["outcome"].eq("not sent").to_numpy().nonzero()[0].tolist() == [0, 5]
    ida.check_all_in(told(ida.insert(frame.drop([0, 5]), if_sent="skip")), frame.drop([0, 5]))


def test_rows_of_an_earlier_push_are_settled_in_that(ida: Ida) -> None:
    frame = ida.frame(ROWS)
    stored_in_part(ida, frame.iloc[4:])
    report = ida.insert(frame.iloc[::-1], if_sent="skip")
    assert report.summary["unknown"] == ROWS - 4
    settle(ida, report)
    assert ida.insert(frame.iloc[4:]).complete
    assert set((ida.stored() - ida.before).values()) == {1}


@pytest.mark.parametrize("name", ["labels", "index", "part"])
def test_a_label_of_several_unknown_rows_is_refused(ida: Ida, name: str) -> None:
    parts = [ida.frame(ROWS, prefix).set_axis([n // 2 for n in range(ROWS)]) for prefix in "ab"]
    report = stored_in_part(ida, parts[0])
    before = toolkit.pushes()
    with pytest.raises(InputError, match="several rows"):
        toolkit.resolve(report, WAYS[name](report, report.unknown), "committed", why=WHY)
    assert toolkit.pushes().equals(before)


def test_truth_values_name_rows_of_any_label(ida: Ida) -> None:
    """Frames of an iterator that number their rows alike; the second was stored in part."""
    parts = [ida.frame(ROWS, prefix) for prefix in "ab"]
    ida.fault(commit="before", reply="ok")
    ida.fault(commit="partial", partial=STORED, reply="html")
    report = ida.insert(iter(parts))
    stored = pd.concat(parts)["EMAIL"].isin((ida.stored() - ida.before).keys()).to_numpy()
    unknown = (report.table["outcome"] == "unknown").to_numpy()
    assert unknown.nonzero()[0].tolist() == [*range(ROWS, 2 * ROWS)]
    toolkit.resolve(report, unknown & stored, "committed", why=WHY)
    toolkit.resolve(report, pd.Series(unknown & ~stored), "not committed", why=WHY)
    assert ida.insert(iter(parts)).complete
    assert set((ida.stored() - ida.before).values()) == {1}


@pytest.mark.parametrize("rows", [[0, 1], np.array([0]), pd.RangeIndex(2), pd.Series(1, index=[2])])
def test_of_a_past_push_only_parts_of_its_own_report_name_rows(ida: Ida, rows: Any) -> None:
    """Its rows are known by their positions, which a person may take for labels."""
    report = toolkit.open_push(stored_in_part(ida, ida.frame(ROWS)).facts["id"]).report()
    with pytest.raises(InputError, match="labels of this report are none of your rows"):
        toolkit.resolve(report, rows, "committed", why=WHY)
    toolkit.resolve(report, report.unknown.iloc[:2], "committed", why=WHY)
    assert toolkit.open_push(report.facts["id"]).report().summary["accepted"] == 2


@pytest.mark.parametrize(
    ("rows", "verdict", "why", "says"),
    [
        ([99], "committed", WHY, "no row 99"),
        (["3"], "committed", WHY, "no row '3'"),
        (["a"], "committed", WHY, "no row"),
        ([True], "committed", WHY, "12 rows in the report"),
        ([3], "yes", WHY, "say"),
        ([3], "committed", "", "why"),
    ],
)
def test_what_names_no_row_changes_nothing(ida: Ida, rows: Any, verdict: Any, why: str, says: str) -> None:
    report = stored_in_part(ida, ida.frame(ROWS))
    before = toolkit.pushes()
    with pytest.raises(InputError, match=says):
        toolkit.resolve(report, rows, verdict, why=why)
    assert toolkit.pushes().equals(before)


def test_a_row_that_is_settled_is_not_settled_again(ida: Ida) -> None:
    report = stored_in_part(ida, ida.frame(ROWS))
    toolkit.resolve(report, report.unknown.index[:1], "committed", why=WHY)
    with pytest.raises(InputError, match="not unknown any more"):
        toolkit.resolve(report, report.unknown, "not committed", why=WHY)


def test_a_text_is_one_label(ida: Ida) -> None:
    frame = ida.frame(ROWS).set_axis([*map(str, range(ROWS))])
    report = stored_in_part(ida, frame)
    toolkit.resolve(report, "11", "committed", why=WHY)
    assert toolkit.open_push(report.facts["id"]).report().table["outcome"].eq("accepted").to_numpy().nonzero()[0] == 11


@pytest.mark.parametrize("rows", [slice(0, 2), None, 3.5, object()])
def test_what_is_no_label_is_refused_in_words(ida: Ida, rows: Any) -> None:
    report = stored_in_part(ida, ida.frame(ROWS))
    with pytest.raises(InputError, match="no row"):
        toolkit.resolve(report, rows, "committed", why=WHY)


def test_an_index_of_your_own_may_be_called_position(ida: Ida) -> None:
    frame = ida.frame(ROWS).rename_axis("position")
    settle(ida, stored_in_part(ida, frame), WAYS["labels"])
    ida.check_all_in(told(ida.insert(frame)), frame)
