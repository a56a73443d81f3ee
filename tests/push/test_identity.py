"""Which rows are the same rows, and what happens when a frame comes again: the same, or changed."""

import gc
import threading
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import toolkit
from toolkit import InputError, PushRefused
from toolkit.push import identity
from toolkit.push.driver import Driver

from .benches import Ida, NddPrint, Signers, told

ROWS = 90
KEY = "0123456789abcdef" * 2


# ── fingerprints ─────────────────────────────────────────────────────────────


def prints(key: str = KEY, **columns: list[Any]) -> np.ndarray:
    return identity.Fingerprints(key).of(columns, len(next(iter(columns.values()), [])))


def test_the_same_row_has_the_same_print_wherever_it_stands() -> None:
    one = prints(a=["x", "y", None], b=[1, 2.5, "z"])
    other = prints(a=["y", None, "x"], b=[2.5, "z", 1])
    assert one.tolist() == other[[2, 0, 1]].tolist()


def test_an_empty_cell_is_as_good_as_no_column() -> None:
    with_gaps = prints(a=["x", "y"], b=[None, "z"], c=[None, None])
    assert with_gaps[0].tolist() == prints(a=["x"])[0].tolist()
    assert with_gaps[1].tolist() == prints(a=["y"], b=["z"])[0].tolist()


@given(
    st.lists(
        st.lists(st.none() | st.integers(0, 1) | st.text("\x1e\x1fxñ", max_size=2), min_size=3, max_size=3),
        min_size=2,
        max_size=6,
    )
)
def test_a_row_has_the_same_print_alone_and_among_others(rows: list[list[Any]]) -> None:
    """And rows have the same one only where they are the same."""
    together = prints(**dict(zip("abc", map(list, zip(*rows, strict=True)), strict=True))).tolist()
    assert together == [prints(a=[a], b=[b], c=[c])[0].tolist() for a, b, c in rows]
    assert len({*map(tuple, together)}) == len({repr(row) for row in rows})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": ["1"]}, {"a": [1]}),
        ({"a": [1]}, {"a": [1.0]}),
        ({"a": ["x"]}, {"b": ["x"]}),
        ({"a": ["x"], "b": ["y"]}, {"a": ["y"], "b": ["x"]}),
        ({"a": ["x\x1fy"], "b": ["z"]}, {"a": ["x"], "b": ["y\x1fz"]}),
        ({"a": ["x\x1ey"], "b": ["z"]}, {"a": ["x"], "b": ["y\x1ez"]}),
        ({"a": ["x"], "b": ["y\x1f"], "c": ["z"]}, {"a": ["x"], "b": ["y"], "c": ["\x1fz"]}),
        ({"a": ["x\x1fy"], "b": ["z"], "c": [""]}, {"a": ["x"], "b": ["y"], "c": ["z"]}),
        ({"a": ["xy"], "b": [""]}, {"a": ["x"], "b": ["y"]}),
        ({"a": ["x"], "b": [None]}, {"a": [None], "b": ["x"]}),
        ({"a": [True]}, {"a": ["True"]}),
    ],
    ids=str,
)
def test_other_contents_have_other_prints(one: dict[str, list[Any]], other: dict[str, list[Any]]) -> None:
    assert not (prints(**one) == prints(**other)).any()


def test_prints_need_the_key_of_the_user() -> None:
    """Without it nobody can try phone numbers against a journal."""
    assert not (prints(a=["56912345678"]) == prints(key=KEY[::-1], a=["56912345678"])).any()


def test_a_hundred_thousand_rows_have_as_many_prints() -> None:
    made = prints(a=[f"p{n}@example.cl" for n in range(100_000)])
    assert len(np.unique(made, axis=0)) == 100_000


def test_twins_meet_their_twins() -> None:
    ours, theirs = prints(a=["x", "x", "y", "x"]), prints(a=["z", "x", "x"])
    assert identity.counterparts(ours, theirs).tolist() == [1, 2, -1, -1]
    assert identity.counterparts(ours[:0], theirs).tolist() == []
    assert identity.counterparts(ours, theirs[:0]).tolist() == [-1] * 4


def test_the_telling_column_tells_rows_apart() -> None:
    rows = {"group": ["a"] * 50, "name": ["Ana", "Luis"] * 25, "mail": [f"p{n}" for n in range(50)]}
    assert identity.distinctive_columns(rows) == ["mail"]
    assert identity.distinctive_columns({"group": rows["group"], "none": [None] * 50}) == []
    assert identity.distinctive_columns({"code": [*map(str, range(5)), *[None] * 45]} | rows) == ["mail", "code"]
    assert identity.distinctive_columns({}) == []


def test_the_key_is_private_and_stays(home: Any) -> None:
    folder = home / "state"
    folder.mkdir(parents=True)
    key = identity.user_key(folder)
    assert identity.user_key(folder) == key
    (folder / "key").chmod(0o644)
    with pytest.raises(toolkit.SettingsError, match="chmod 600"):
        identity.user_key(folder)


# ── the same frame again ─────────────────────────────────────────────────────

SAME = {
    "as it is": lambda frame: frame,
    "reordered": lambda frame: frame.sample(frac=1, random_state=1),
    "another index": lambda frame: frame.set_axis(range(1_000, 1_000 + len(frame))),
    "the same label everywhere": lambda frame: frame.set_axis([7] * len(frame)),
    "objects": lambda frame: frame.astype(object),
    "categories": lambda frame: frame.astype("category"),
    "numbers as text": lambda frame: frame.assign(MONTO=frame["MONTO"].map(str)),
    "numbers as floats": lambda frame: frame.assign(MONTO=frame["MONTO"].astype(float)),
    "numbers that may be missing": lambda frame: frame.assign(MONTO=frame["MONTO"].astype("Int64")),
    "spaces around": lambda frame: frame.assign(EMAIL=" " + frame["EMAIL"] + " "),
}


@pytest.mark.parametrize("form", SAME)
def test_the_same_rows_are_not_sent_twice(ida: Ida, form: str) -> None:
    frame = ida.frame(ROWS).assign(MONTO=range(ROWS))
    ida.insert(frame)
    posts = ida.posts()
    again = SAME[form](frame)
    report = ida.insert(again)
    assert "already pushed" in repr(report)
    assert report.complete
    assert report.table.index.equals(again.index)
    assert ida.posts() == posts


def test_an_empty_cell_of_a_new_row_makes_no_new_rows_of_the_others(ida: Ida) -> None:
    """It makes a column of whole numbers one of floats."""
    frame = ida.frame(ROWS).assign(MONTO=range(ROWS))
    ida.insert(frame)
    more = pd.concat([frame, ida.frame(1, "new")], ignore_index=True)
    assert more["MONTO"].dtype == float
    ida.check_all_in(told(ida.insert(more, if_sent="skip")), more)


def test_whoever_sends_again_twice_is_told_how_to_send_a_third_time(ida: Ida) -> None:
    frame = ida.frame(3)
    assert 'pass if_sent="resend"' in repr([ida.insert(frame), ida.insert(frame)][1])
    ida.insert(frame, if_sent="resend")
    said = repr(ida.insert(frame, if_sent="resend"))
    assert "already pushed" in said
    assert '"resend_as": "third"' in said
    assert 'if_sent="resend"' not in said


@pytest.mark.parametrize("split", [60, 25])
def test_once_more_that_stopped_half_way_is_not_begun_anew(ida: Ida, split: int) -> None:
    """A row that was edited since, or another size of the frames, makes another push of it."""
    frame, stop = ida.frame(60), threading.Event()
    ida.insert(frame)

    def watch(progress: Any) -> None:
        if progress.done:
            stop.set()

    halves = [frame.iloc[:30], frame.iloc[30:]]
    report = ida.insert(iter(halves), if_sent="resend", options={"stop": stop, "watch": watch, "chunk_rows": 9})
    assert report.facts["state"] == "paused"
    edited = frame.replace({"EMAIL": {"p59@example.cl": "new@example.cl"}})
    posts = ida.posts()
    with pytest.raises(PushRefused, match="stopped half-way"):
        ida.insert(iter([edited.iloc[:split], edited.iloc[split:]]), if_sent="resend")
    assert ida.posts() == posts
    assert ida.insert(iter(halves), if_sent="resend").complete
    assert set((ida.stored() - ida.before).values()) == {2}
    ida.insert(edited, if_sent="resend")
    assert set((ida.stored() - ida.before).values()) == {3, 2, 1}


def test_a_report_of_rows_that_were_all_left_out_names_no_push(ida: Ida) -> None:
    frame = ida.frame(6)
    ida.insert(frame)
    parts = [frame.iloc[:3], pd.concat([frame.iloc[3:], ida.frame(1)]), ida.frame(2)]
    reports = [ida.insert(frame.iloc[:3], if_sent="skip"), ida.insert(iter(parts), if_sent="skip")]
    first, second = (repr(report).splitlines()[0] for report in reports)
    assert "push" not in first
    assert second.count("push ") == 1
    assert ", ," not in second


def test_twins_in_the_frame_are_several_rows(ida: Ida) -> None:
    frame = pd.concat([ida.frame(30)] * 3, ignore_index=True)
    ida.check_all_in(told(ida.insert(frame)), frame)
    with pytest.raises(PushRefused):
        ida.insert(pd.concat([frame, ida.frame(5)], ignore_index=True))
    ida.insert(pd.concat([frame, ida.frame(5)], ignore_index=True), if_sent="skip")
    counts = ida.stored() - ida.before
    assert [counts[key] for key in ida.keys(ida.frame(30))] == [4] * 5 + [3] * 25


def test_twins_over_several_pushes_are_counted_together(ida: Ida) -> None:
    """Twice there by two pushes is twice there: a third look leaves both out."""
    once, twice = ida.frame(10), pd.concat([ida.frame(10)] * 2, ignore_index=True)
    ida.insert(once)
    ida.insert(twice, if_sent="skip")
    report = ida.insert(pd.concat([twice, ida.frame(1, "new")], ignore_index=True), if_sent="skip")
    assert report.complete
    assert set((ida.stored() - ida.before).values()) == {1, 2}
    assert (ida.stored() - ida.before).total() == 21


# ── a changed frame ──────────────────────────────────────────────────────────


def changes(refusal: pytest.ExceptionInfo[PushRefused]) -> dict[str, int]:
    return refusal.value.difference["change"].value_counts().to_dict()


def test_the_difference_is_a_frame_with_the_index_of_the_rows(ida: Ida) -> None:
    frame = ida.frame(10).set_axis([f"r{n}" for n in range(10)])
    ida.insert(frame)
    other = pd.concat([frame.iloc[2:], ida.frame(3, "new").set_axis(["n0", "n1", "n2"])])
    other.loc["r5", "NOMBRE"] = "Otra"
    posts = ida.posts()
    with pytest.raises(PushRefused, match=r"7 of these 11 rows.* 1 look edited since and 3 are new; 2 rows") as caught:
        ida.insert(other)
    assert ida.posts() == posts
    change = caught.value.difference["change"]
    assert change.index.equals(other.index)
    assert change["r5"] == "sent before, edited since"
    assert (change[["n0", "n1", "n2"]] == "new").all()
    assert changes(caught)["sent before, unchanged"] == 7


def test_a_column_that_was_filled_in_since_is_an_edit_of_every_row(ida: Ida) -> None:
    """Not one row is the same any more, and still they are no new people."""
    frame = ida.frame(20)
    ida.insert(frame)
    posts = ida.posts()
    with pytest.raises(PushRefused) as caught:
        ida.insert(frame.assign(CIUDAD="Santiago"))
    assert changes(caught) == {"sent before, edited since": 20}
    assert ida.posts() == posts
    with pytest.raises(PushRefused, match="not one of them has the same content"):
        ida.insert(frame.assign(CIUDAD="Santiago"), if_sent="skip")
    report = ida.insert(pd.concat([frame, frame.assign(CIUDAD="Santiago").iloc[:5]]), if_sent="skip")
    assert "5 rows look like rows that were sent before and edited since" in repr(report)
    assert ida.insert(frame.assign(CIUDAD="Santiago"), if_sent="resend").complete


EDITS: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "a column less": lambda frame: frame.drop(columns="TELEFONO"),
    "a column more": lambda frame: frame.assign(MONTO=[n + 1 for n in range(len(frame))]),
    "every name": lambda frame: frame.assign(NOMBRE=[f"Ana {n}" for n in range(len(frame))]),
    "every phone": lambda frame: frame.assign(TELEFONO=[f"+56 9 8765 {n:04d}" for n in range(len(frame))]),
    "a row more": lambda frame: pd.concat(
        [frame.assign(CIUDAD="Santiago"), frame.iloc[:1].assign(EMAIL="new@example.cl")]
    ),
    "in another order": lambda frame: frame.assign(CIUDAD="Santiago").iloc[::-1],
    "with other labels": lambda frame: frame.assign(CIUDAD="Santiago").set_axis(range(500, 500 + len(frame))),
}


@pytest.mark.parametrize("if_sent", ["raise", "skip"])
@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_rows_of_which_every_one_is_edited_are_no_new_ones(ida: Ida, edit: Any, if_sent: str) -> None:
    """Whichever of their columns tells rows apart: an earlier push has kept one, and this frame may have others."""
    phones = [f"+56 9 2123 {n:04d}" for n in range(20)]
    frame = ida.frame(20).assign(TELEFONO=phones, NOMBRE=[f"Luis {n}" for n in range(20)])
    ida.insert(frame)
    posts = ida.posts()
    with pytest.raises(PushRefused, match="look like rows that were sent"):
        ida.insert(edit(frame), if_sent=if_sent)
    assert ida.posts() == posts


@pytest.mark.parametrize("if_sent", ["raise", "skip"])
def test_a_frame_of_edited_rows_says_what_became_of_those_before_it(ida: Ida, if_sent: str) -> None:
    earlier = ida.frame(10)
    ida.insert(earlier)
    frames = [ida.frame(5, "new"), earlier.assign(NOMBRE=[f"Ana {n}" for n in range(10)])]
    with pytest.raises(PushRefused, match="None of these rows was sent now") as caught:
        ida.insert(iter(frames), if_sent=if_sent)
    assert caught.value.report.summary["verified"] == 5
    assert "Nothing was sent" not in str(caught.value)


@pytest.mark.parametrize("form", [{"phone_form": "as written"}, {"date_form": "%Y-%m-%d"}])
@pytest.mark.parametrize("rows", [slice(0, 19), slice(None, None, -1)])
def test_an_assumption_that_changed_makes_no_new_rows_of_those_that_were_sent(
    ida: Ida, form: dict[str, str], rows: slice
) -> None:
    """Of rows that nothing tells apart but what is sent in another form now."""
    column, cells = "TELEFONO", [f"9 2123 {n:04d}" for n in range(20)]
    if "date_form" in form:
        column, cells = "FECHA_NACIMIENTO", [f"1980-{n // 2 + 1:02d}-{n + 1:02d}" for n in range(20)]
    frame = pd.DataFrame({column: cells, "NOMBRE": "Ana"})
    ida.insert(frame)
    ida.connect(assumptions=form)
    with pytest.raises(PushRefused, match="look like rows that were sent"):
        ida.insert(frame.iloc[rows])


def test_a_cell_that_is_empty_leaves_the_others_to_tell_rows_apart(ida: Ida) -> None:
    frame = ida.frame(20).assign(TELEFONO=[f"+56 9 2123 {n:04d}" for n in range(20)])
    frame.loc[15:, "EMAIL"] = None
    ida.insert(frame)
    with pytest.raises(PushRefused) as caught:
        ida.insert(frame.iloc[14:].assign(NOMBRE="Eva"))
    assert changes(caught) == {"sent before, edited since": 6}


def test_other_people_are_no_question(ida: Ida) -> None:
    """The same row numbers and the same names: that makes nobody the same."""
    ida.insert(ida.frame(20))
    assert ida.insert(ida.frame(20, "other")).complete


def test_only_new_leaves_out_what_was_sent_and_keeps_what_became_of_it(ida: Ida) -> None:
    frame = ida.frame(40)
    first = ida.insert(frame)
    more = pd.concat([ida.frame(5, "new"), frame]).set_axis(range(45))
    report = ida.insert(more, if_sent="skip")
    assert first.summary["verified"] == 40
    assert report.summary["verified"] == 45
    ida.check_all_in(told(report), more)
    assert report.table["error"].iloc[5:].unique().tolist() == ["sent by an earlier push; not sent again"]
    posts = ida.posts()
    assert ida.insert(more, if_sent="skip").complete
    assert ida.posts() == posts


def test_again_is_once_more_and_not_more_often(ida: Ida) -> None:
    frame = ida.frame(20)
    again: dict[str, Any] = {"if_sent": "resend"}
    march = again | {"options": {"resend_as": "march"}}
    for choice in ({}, again, again, march, march, {}):
        assert ida.insert(frame, **choice).complete
    assert set((ida.stored() - ida.before).values()) == {3}
    with pytest.raises(InputError, match="resend_as goes with"):
        ida.insert(frame, options={"resend_as": "march"})


def test_rows_that_were_refused_are_new_the_next_time(ida: Ida) -> None:
    frame = ida.frame(40).assign(TELEFONO=[f"569{n:08}" for n in range(40)])
    frame.loc[7, "TELEFONO"] = "+29022158"
    assert ida.insert(frame).summary["rejected"] == 1
    frame.loc[7, "TELEFONO"] = "56900000007"
    with pytest.raises(PushRefused) as caught:
        ida.insert(frame)
    assert changes(caught) == {"sent before, unchanged": 39, "sent before, edited since": 1}
    report = ida.insert(frame, if_sent="skip")
    ida.check_all_in(told(report), frame)


def test_a_new_code_for_the_same_user_is_no_question(nddprint: NddPrint) -> None:
    """Where a row takes the place of what was there, another content is the point of it."""
    frame = nddprint.frame(5)
    add = nddprint.api.nddprint.add_card_codes
    assert add(frame, replace=True).complete
    assert add(frame.assign(CardCode=[f"1{n}" for n in range(5)]), replace=True).complete


def test_left_out_rows_carry_what_the_vendor_gave_back(signers: Signers) -> None:
    frame = signers.frame(6)
    first = signers.api.signio.add_signers(signers.envelope, frame.head(4))
    both = signers.api.signio.add_signers(signers.envelope, frame, if_sent="skip")
    assert both.table["id_firmante"].head(4).tolist() == first.table["id_firmante"].tolist()
    assert both.table["id_firmante"].nunique() == 6


def test_nothing_of_a_push_that_ended_stays(ida: Ida, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even until the garbage of circles is looked for: a frame of an iterator is large."""
    made: list[weakref.ref[Driver]] = []
    honest = Driver.__init__

    def remembered(driver: Driver, *facts: Any, **named: Any) -> None:
        honest(driver, *facts, **named)
        made.append(weakref.ref(driver))

    monkeypatch.setattr(Driver, "__init__", remembered)
    gc.disable()
    try:
        assert ida.insert(iter([ida.frame(5), ida.frame(5, "more")])).complete
        assert [runner() for runner in made] == [None, None]
    finally:
        gc.enable()
