"""What a report says: one row for each row of the input, in words that a person can act upon."""

import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest

import toolkit
from toolkit import InputError, OutcomeUnknown, PushError, PushPaused, Report, settings
from toolkit.sandbox import Sandbox
from toolkit.sandbox.vendor import Refused
from toolkit.sheets.outcomes import COLUMNS, NAMES, Outcome
from toolkit.vendors.ida.sandbox import values as ida_values

from .benches import DATABASE, Ida, told


def mixed(ida: Ida, rows: int = 60) -> tuple[pd.DataFrame, Report]:
    """A push with every outcome but "duplicated": it is paused."""
    frame = ida.frame(rows).assign(TELEFONO=[f"569{n:08}" for n in range(rows)])
    frame.loc[3, "EMAIL"] = "nobody"
    frame.loc[10, "TELEFONO"] = "+29022158"
    frame = frame.set_axis([f"r{n}" for n in range(rows)])
    ida.fault(commit="before", reply="ok", times=3)
    ida.fault(commit="never", reply="html")
    return frame, ida.insert(frame, options={"chunk_rows": 20})


def test_the_table_stands_beside_the_input(ida: Ida) -> None:
    frame, report = mixed(ida)
    assert report.table.index.equals(frame.index)
    assert list(report.table.columns) == list(COLUMNS)
    assert list(report.table["outcome"].cat.categories) == list(NAMES)
    joined = frame.join(report.table)
    assert len(joined) == len(frame)
    assert joined.loc["r10", "outcome"] == "rejected"
    assert joined.loc["r3", ["outcome", "error_column", "error_value"]].tolist() == ["not sent", "EMAIL", "nobody"]


def test_the_summary_names_every_outcome_and_adds_up(ida: Ida) -> None:
    frame, report = mixed(ida)
    assert list(report.summary.index) == list(NAMES)
    assert report.summary.sum() == len(frame)
    assert len(report) == len(frame)
    assert [str(o) for o in Outcome] == list(report.summary.index)
    parts = [report.joined, report.failed, report.unknown]
    left = [label for part in parts[1:] for label in part.index]
    assert sorted(left) == sorted(report.table[~report.table["outcome"].isin(["verified", "accepted"])].index)
    for part in parts:
        kept = [] if part is parts[2] else ["check"]
        assert list(part.columns) == [*frame.columns, *COLUMNS, *kept]
        pd.testing.assert_frame_equal(part[frame.columns], frame.loc[part.index])


def test_an_input_that_has_such_columns_itself(ida: Ida) -> None:
    """Nothing of the input is covered: the outcome's column steps aside."""
    frame = ida.frame(4).assign(TELEFONO="+29022158")
    report = ida.insert(frame, options={"max_rejected": 1})
    clash = Report(frame.assign(error="mine", outcome="too", value=1), report.table, report.facts)
    for part in (clash.failed, clash.joined):
        assert part["error"].tolist() == ["mine"] * 4
        assert part["error (report)"].str.startswith("Formato").all()
        assert (part["outcome"].tolist(), part["outcome (report)"].tolist()) == (["too"] * 4, ["rejected"] * 4)
        assert part.columns.is_unique
    twice = Report(clash.joined, report.table, report.facts).joined
    assert twice["outcome (report) (report)"].tolist() == ["rejected"] * 4
    assert len(frame.assign(value=1, column=2).join(report.table)) == 4  # only the words of the report collide


INDEXES = {
    "a range": lambda n: pd.RangeIndex(n),
    "twice the same": lambda n: pd.Index([1] * n),
    "two levels": lambda n: pd.MultiIndex.from_arrays([["a"] * n, range(n)], names=["group", "number"]),
    "dates": lambda n: pd.date_range("2026-01-01", periods=n, tz="UTC"),
    "missing labels": lambda n: pd.Index([None, *range(1, n)], dtype=object),
}


@pytest.mark.parametrize("kind", INDEXES)
def test_any_index(ida: Ida, kind: str) -> None:
    frame = ida.frame(12).set_axis(INDEXES[kind](12))
    frame.iloc[5, 0] = "nobody"
    report = ida.insert(frame)
    assert report.table.index.equals(frame.index)
    assert report.table["outcome"].tolist() == ["verified"] * 5 + ["not sent"] + ["verified"] * 6
    assert len(report.failed) == 1
    assert len(report.joined) == len(report) == 12


def test_an_incomplete_push_can_be_an_error(ida: Ida, monkeypatch: pytest.MonkeyPatch) -> None:
    frame, report = mixed(ida)
    with pytest.raises(OutcomeUnknown, match="unknown"):
        report.raise_if_incomplete()
    assert ida.insert(ida.frame(5, "fine")).raise_if_incomplete().complete
    stop = threading.Event()
    stop.set()
    paused = ida.insert(ida.frame(5, "stopped"), options={"stop": stop})
    with pytest.raises(PushPaused, match="goes on where it stopped") as caught:
        paused.raise_if_incomplete()
    assert caught.value.report is paused
    monkeypatch.setattr(ida_values, "Refused", lambda status, words="": Refused(status, "no"))
    refused = ida.insert(ida.frame(20, "no").assign(TELEFONO=["+29022158"] + [None] * 19))
    with pytest.raises(PushError) as error:
        refused.raise_if_incomplete()
    assert not isinstance(error.value, PushPaused)
    assert error.value.report is refused
    assert len(frame)


def test_the_text_says_where_what_how_many_and_what_next(ida: Ida) -> None:
    _, report = mixed(ida)
    text = repr(report)
    host = ida.box.addresses["ida"].split("/")[2]
    assert text.startswith(f"ida.insert_records to database {DATABASE} «Base de datos 1» at {host}, push ")
    assert report.facts["id"] in text
    assert "60  rows in all" in text
    assert "PAUSED: a web page instead of an answer" in text
    assert "Running the same call again goes on where it stopped" in text
    assert "None" not in text
    assert "nan" not in text


def test_the_assumptions_of_verified_are_stated(ida: Ida) -> None:
    text = repr(ida.insert(ida.frame(5)))
    assert "Verified by count, assuming that nobody else wrote there between 12:00:00 and 12:00:00 UTC" in text
    assert "wholly or not at all" in text


def test_what_comes_from_outside_is_text_in_a_notebook(ida: Ida, monkeypatch: pytest.MonkeyPatch) -> None:
    nasty = "<img src=x onerror=alert(1)>"
    monkeypatch.setattr(ida_values, "Refused", lambda status, words="": Refused(status, nasty))
    frame = ida.frame(4).assign(TELEFONO=["+29022158", None, None, None])
    shown = ida.insert(frame)._repr_html_()
    assert nasty not in shown
    assert "&lt;img" in shown
    assert "<table" in shown


def test_unknown_rows_say_how_to_settle_them(ida: Ida) -> None:
    ida.fault(commit="before", reply="reset")
    frame = ida.frame(8)  # so few rows that their number in the counter may be somebody else's
    report = ida.insert(frame)
    assert report.summary["unknown"] > 0
    assert "toolkit.resolve(report, rows" in repr(report)
    assert "look at the vendor's own screen" in repr(report)
    reasons = report.unknown["error"].unique()
    assert len(reasons) == 1
    assert "does not tell whether this is stored" in reasons[0]


# ── the workbook ─────────────────────────────────────────────────────────────


def test_a_workbook_can_be_corrected_and_sent_again(ida: Ida, tmp_path: Path) -> None:
    frame = ida.frame(30).assign(TELEFONO=[f"569{n:08}" for n in range(30)])
    frame.loc[[4, 9], "TELEFONO"] = ["+29022158", "+29022159"]
    report = ida.insert(frame)
    path = report.to_excel(tmp_path / "result.xlsx")
    again = toolkit.read_sheet(path)
    assert len(again) == 30
    assert again["outcome"].value_counts().to_dict() == {"verified": 28, "rejected": 2}
    failed = toolkit.only_failed(path)
    failed["TELEFONO"] = ["56911111111", "56922222222"]
    fixed = ida.insert(failed[list(frame.columns)], if_sent="skip")
    assert fixed.complete
    assert set((ida.stored() - ida.before).values()) == {1}


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_nothing_is_left_of_a_result_without_rows(ida: Ida, tmp_path: Path, kind: str) -> None:
    frame = ida.frame(3)
    again = frame
    for n in range(2):  # a result of three rows, and one of none
        report, path = ida.insert(again), tmp_path / f"{n}.{kind}"
        again = toolkit.only_failed(report.to_excel(path) if kind == "xlsx" else report.to_csv(path))
    assert [*again.columns] == [*frame.columns]
    assert again.empty


def test_every_wrong_cell_of_a_row_is_said_and_coloured(ida: Ida, tmp_path: Path) -> None:
    frame = ida.frame(6).assign(TELEFONO=[f"569{n:08}" for n in range(6)], MONTO="1")
    frame.loc[2, ["EMAIL", "MONTO"]] = ["nobody", "x"]
    frame.loc[4, ["EMAIL", "TELEFONO", "MONTO"]] = ["nobody", "1", "y"]
    frame.loc[5, "TELEFONO"] = "+29022158"  # the vendor refuses this one
    for rows in (frame, (frame.iloc[n : n + 3] for n in (0, 3))):
        report = ida.insert(rows, if_sent="raise" if rows is frame else "resend", options={"max_rejected": 1})
        told = report.table.loc[4]
        assert [part.split(" is ")[0] for part in told["error"].split("; ")] == ["EMAIL", "TELEFONO", "MONTO"]
        assert (told["error_column"], told["error_value"]) == ("EMAIL", "nobody")
        sheet = openpyxl.load_workbook(report.to_excel(tmp_path / "result.xlsx")).worksheets[0]
        commented = [cell for row in sheet.iter_rows(2) for cell in row if cell.comment]
        assert [(cell.value, cell.comment.text.partition(" ")[0]) for cell in commented] == [
            ("nobody", "is"),
            ("x", "is"),
            ("nobody", "is"),
            ("1", "is"),
            ("y", "is"),
            ("+29022158", "Formato"),
        ]
        assert {cell.fill.fill_type for cell in commented} == {"solid"}


# ── tags ─────────────────────────────────────────────────────────────────────


def test_every_stored_row_bears_the_tag_that_the_report_shows(ida: Ida) -> None:
    frame = ida.frame(50)[["EMAIL"]].sample(frac=1, random_state=2)
    ida.fault(commit="before", reply="ok")
    ida.fault(commit="before", reply="reset")
    report = ida.insert(frame, tag_field="NOMBRE")
    stored = {row["EMAIL"]: row["NOMBRE"] for row in ida.box.control.contacts(DATABASE) if "EMAIL" in row}
    shown = dict(zip(frame["EMAIL"], report.table["tag"], strict=True))
    assert shown.items() <= stored.items()
    assert report.table["tag"].iloc[0] == f"push={report.facts['id']}·r0000000"
    assert report.table["tag"].is_unique
    later = toolkit.open_push(report.facts["id"]).report()
    assert later.table["tag"].tolist() == report.table["tag"].tolist()
    again = ida.insert(pd.concat([frame, ida.frame(1, "new")[["EMAIL"]]]), tag_field="NOMBRE", if_sent="skip")
    assert again.table["tag"].tolist()[:50] == report.table["tag"].tolist()


def test_a_tag_needs_a_field_of_its_own(ida: Ida) -> None:
    with pytest.raises(InputError, match="no field 'NOTA'"):
        ida.insert(ida.frame(2), tag_field="NOTA")
    with pytest.raises(InputError, match="NOMBRE"):
        ida.insert(ida.frame(2), tag_field="NOMBRE")
    assert ida.posts() == 0


# ── of an iterator ───────────────────────────────────────────────────────────


def test_of_an_iterator_only_problem_rows_keep_their_cells(ida: Ida, tmp_path: Path) -> None:
    frame = ida.frame(90).assign(TELEFONO=[f"569{n:08}" for n in range(90)])
    frame.loc[[4, 50], "TELEFONO"] = "+29022158"
    frame.loc[70, "EMAIL"] = "nobody"
    report = ida.insert(frame.iloc[start : start + 30] for start in (0, 30, 60))
    assert report.table.index.equals(frame.index)
    assert report.summary[["verified", "rejected", "not sent"]].tolist() == [87, 2, 1]
    assert len(report.frame) == 3
    pd.testing.assert_frame_equal(report.failed[frame.columns], frame.loc[[4, 50, 70]])
    assert report.joined.index.tolist() == [4, 50, 70]
    assert len(report) == 90
    assert len(toolkit.read_sheet(report.to_excel(tmp_path / "problems.xlsx"))) == 3
    ida.check(told(report), frame)


def test_of_an_iterator_that_breaks_off_the_error_tells_what_is_in(ida: Ida) -> None:
    frames = [ida.frame(5), ida.frame(3, "q").rename(columns={"EMAIL": "Nada"})]
    with pytest.raises(toolkit.InputError, match="Nada") as caught:
        ida.insert(iter(frames))
    (note,) = caught.value.__notes__
    assert "frames before" in note
    assert "5  verified" in note


@pytest.mark.parametrize(
    "rows",
    [None, 7, "clientes.xlsx", pd.Series(["ana@example.cl"], name="EMAIL")],
    ids=["None", "int", "str", "Series"],
)
def test_what_is_neither_frame_nor_iterator_is_refused_in_words(ida: Ida, rows: Any) -> None:
    with pytest.raises(toolkit.InputError, match="rows come as a DataFrame, a list of dicts"):
        ida.insert(rows)


class Stream:
    """A table of another library, which hands out its rows as an Arrow stream."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        import pyarrow as pa

        batches = pa.Table.from_pandas(self._frame).to_batches(max_chunksize=30)
        return pa.RecordBatchReader.from_batches(batches[0].schema, batches).__arrow_c_stream__(requested_schema)


def test_anything_with_an_arrow_stream_is_pushed_batch_by_batch(ida: Ida) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    frame = ida.frame(70)
    report = ida.insert(Stream(frame))
    ida.check_all_in(told(report), frame)


# ── later ────────────────────────────────────────────────────────────────────


def test_a_push_is_reported_later_without_its_cells(ida: Ida) -> None:
    frame, report = mixed(ida)
    later = toolkit.open_push(report.facts["id"]).report()
    sent = report.table[~report.table["error"].fillna("").str.contains("EMAIL")]
    assert later.table["outcome"].astype(str).tolist() == sent["outcome"].astype(str).tolist()
    assert later.summary.sum() == len(frame) - 1
    assert "+29022158" not in later.table.to_csv()
    assert later.failed.query("outcome == 'rejected'")["error"].tolist() == ["Formato de teléfono erróneo: […]"]
    assert "PAUSED" in repr(later)


def test_pushes_to_a_sandbox_are_listed_in_a_process_that_knows_nothing_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its ledger stands in its own folder; whoever lists, checks or trusts finds it there at once."""
    monkeypatch.setattr(Sandbox, "state", tmp_path / "own")
    with toolkit.start_sandbox() as box:
        for rows in (1, 2):
            frame = pd.DataFrame({"EMAIL": [f"{rows}{n}@example.cl" for n in range(rows)]})
            report = box.connect(progress=False).ida.insert_records(DATABASE, frame)

    def command(*arguments: str) -> str:
        run = [sys.executable, "-m", "toolkit", *arguments]
        return subprocess.run(run, capture_output=True, text=True, check=True).stdout

    assert report.facts["id"] in command("pushes")
    name, _, condition = command("ledger", "check").partition(": ")
    assert condition.startswith("sound")
    assert "trusted again" in command("ledger", "trust", name, "--why", "I counted them")
    shutil.rmtree(tmp_path / "own")
    assert toolkit.pushes().empty


def test_a_purged_push_keeps_its_id_and_its_place(ida: Ida) -> None:
    report = ida.insert(ida.frame(5))
    push = toolkit.open_push(report.facts["id"])
    push.purge()
    assert toolkit.open_push(push.id).report().summary.sum() == 5
    push.purge()
    again = ida.insert(ida.frame(5))
    assert again.facts["id"] != push.id
    assert len(set(toolkit.pushes()["id"])) == 2


def test_pushes_are_listed_the_latest_first(ida: Ida) -> None:
    assert list(toolkit.pushes().columns)[:8] == [
        "id",
        "what",
        "destination",
        "by",
        *["started", "state", "reason", "rows"],
    ]
    assert len(toolkit.pushes()) == 0
    ida.insert(ida.frame(5))
    ida.clock.advance(60)
    ida.insert(ida.frame(7, "later"))
    table = toolkit.pushes()
    host = ida.box.addresses["ida"].split("/")[2]
    assert table["destination"].tolist() == [f"database {DATABASE} «Base de datos 1» at {host}"] * 2
    assert table["rows"].tolist() == [7, 5]
    assert table[list(NAMES)].sum(axis=1).tolist() == [7, 5]
    assert f"database {DATABASE}" in repr(toolkit.open_push(table["id"][0]).report())
    assert str(table["started"].dtype) == "datetime64[us, UTC]"
    assert table.dtypes.equals(toolkit.pushes().head(0).dtypes)


def test_files_are_for_this_user_only_and_hold_no_cell(ida: Ida) -> None:
    frame, _ = mixed(ida)
    folder = settings.state_folder()
    modes = {path: path.stat().st_mode & 0o777 for path in [folder, *folder.rglob("*")]}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}
    kept = b"".join(path.read_bytes() for path in modes if path.is_file())
    cells = np.unique([str(cell) for cell in frame.to_numpy().ravel()])
    assert [cell for cell in cells if cell.encode() in kept] == []
    secrets = ida.box.credentials["ida"]["password"]
    assert secrets.encode() not in kept
    next((folder / "ledgers").glob("*.sqlite")).chmod(0o644)
    with pytest.raises((PushError, toolkit.SettingsError), match="others"):
        ida.insert(frame)
