"""Workbooks that people read, correct and send again. Nothing in them is a live formula."""

import contextlib
import csv
import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from toolkit.errors import InputError
from toolkit.plain import message, plural
from toolkit.sheets import evidence
from toolkit.sheets.cells import bare, encodable, objects_of, shown, whole, written_of
from toolkit.sheets.files import expanded
from toolkit.sheets.numbers import were_numbers
from toolkit.sheets.outcomes import COLUMNS, FAILED
from toolkit.sheets.read import read_sheet
from toolkit.sheets.result_format import escaped, outcome_at, outcomes_of, shown_outcome

MAX_ROWS, MAX_TEXT, MAX_COMMENTS = 1_048_575, evidence.MAX_TEXT, 10_000
COLOURS = {"wrong": "#F8CBAD", "doubt": "#FFE699", "fixed": "#E2EFDA"}
MOMENT = "yyyy-mm-dd hh:mm:ss"
_FORMATS = ("@", "General", MOMENT, "yyyy-mm-dd", "hh:mm:ss")
_NAMED = 20  # rows that a note names
LABELS = ("row", "index")  # what the column after the outcome is called that has the labels of the rows
Cells = Mapping[tuple[int, int], tuple[str, str]]  # by row and column position: colour and reason


def write_outcome(
    path: "str | PathLike[str]",
    frame: pd.DataFrame,
    outcome: pd.DataFrame,
    summary: "pd.Series[Any]",
    lines: Sequence[str] = (),
    *,
    cells: Cells = MappingProxyType({}),
) -> Path:
    """Write a frame, what became of each row, and a summary; as a workbook, or as text where the path ends in .csv.

    The frame's columns stand first, in their order, then those of the outcome, with the index after `error_value`:
    in a sheet that was read, that is the `row` of the original. An index that only counts is not written. Times are
    written in UTC. `read_sheet` gives the same data back, and `only_failed` the rows to be sent again.

    Args:
        path: an existing file is replaced.
        frame: what was sent.
        outcome: `outcome`, `error`, `error_column`, `error_value` and whatever else is known, a row for each row of the
            frame.
        summary: counts, for the sheet "Summary".
        lines: sentences for it.
        cells: the cells to colour besides the one that each outcome names.
    """
    target = _target(path)
    if target.suffix.lower() == ".csv":
        return write_text(target, frame, outcome, cells=cells)
    outcome = _labelled(outcome, frame.index)
    if len(frame) > MAX_ROWS:
        text = "a sheet holds {most:,} rows and there are {count:,}: write a .csv instead"
        raise InputError(message(text, most=MAX_ROWS, count=len(frame)))
    import xlsxwriter

    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "constant_memory": True,
    }
    content = io.BytesIO()
    with _writing(target), xlsxwriter.Workbook(content, options) as book:
        sheet = book.add_worksheet(_title(frame.attrs.get("sheet")))
        marks = _blamed(frame, outcome) | dict(cells)
        kept = _write_rows(book, sheet, (frame, shown_outcome(outcome)), marks)
        timed = any(kind.kind == "M" or "datetime" in str(kind) for f in (frame, outcome) for kind in f.dtypes)
        notes = [*lines, *frame.attrs.get("notes", ()), *([message("times are in UTC")] if timed else [])]
        _write_summary(book, summary, [*notes, *kept])
    with _writing(target):
        target.write_bytes(content.getbuffer())
    return target


def require_format(path: Path) -> None:
    """InputError where files of that kind are not written."""
    if path.suffix.lower() not in (".xlsx", ".csv"):
        text = "{name} cannot be written: name it .xlsx or .csv (other formats are only read)"
        raise InputError(message(text, name=path.name))


def _target(path: "str | PathLike[str]") -> Path:
    """Where to write; its folder is made where it is not there.

    Raises:
        InputError: files of that kind are not written, or the folder cannot be made.
    """
    try:
        target = expanded(Path(path))
    except TypeError as problem:
        raise InputError(message("{path!r} is no path: {why}", path=path, why=problem)) from None
    if "\0" in str(target):
        raise InputError(message("{path!r} is no path: {why}", path=path, why="\\0"))
    require_format(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        text = "the folder {folder} cannot be made: {why}"
        raise InputError(message(text, folder=target.parent, why=problem.strerror)) from None
    return target


@contextlib.contextmanager
def _writing(target: Path) -> Iterator[None]:
    """InputError where the disk takes no more, or the file not at all, as one that is open elsewhere."""
    try:
        yield
    except OSError as problem:
        text = "{path} cannot be written: {reason}"
        raise InputError(message(text, path=target, reason=problem.strerror or problem)) from None


def _labelled(outcome: pd.DataFrame, index: "pd.Index[Any]") -> pd.DataFrame:
    """The outcome with the labels by which people find the rows again."""
    if isinstance(index, pd.RangeIndex) and index.name is None and index.start == 0 and index.step == 1:
        return outcome
    names = ["index" if name is None else str(name) for name in index.names]
    labels = index.to_frame(index=False, name=range(index.nlevels)).set_axis(names, axis=1)
    plain, at = outcome.reset_index(drop=True), min(len(COLUMNS), outcome.shape[1])
    return pd.concat([plain.iloc[:, :at], labels, plain.iloc[:, at:]], axis=1)


def _title(wanted: Any) -> str:
    name = re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", str(wanted or "")).strip("' ")[:31]
    return name if name and name.lower() not in (message("Summary").lower(), "history") else message("Rows")


def _blamed(frame: pd.DataFrame, outcome: pd.DataFrame) -> dict[tuple[int, int], tuple[str, str]]:
    """The cell that each row's outcome names."""
    if not {"error_column", "error"} <= set(outcome.columns):
        return {}
    places = {str(name): n for n, name in enumerate(frame.columns)}
    named = zip(objects_of(outcome["error_column"]), objects_of(outcome["error"]), strict=True)
    return {(i, places[str(c)]): ("wrong", str(e)) for i, (c, e) in enumerate(named) if e and str(c) in places}


def _write_rows(book: Any, sheet: Any, frames: Sequence[pd.DataFrame], marks: Cells) -> list[str]:
    """Write the rows below their names. Says what could not be written as it is."""
    names = [whole(str(name)) for frame in frames for name in frame.columns]
    columns, cut = _columns(frames)
    _without_objects(columns, marks)
    formats = {form: book.add_format({"num_format": form}) for form in _FORMATS}
    colours = {
        kind: {form: book.add_format({"bg_color": colour, "num_format": form}) for form in _FORMATS}
        for kind, colour in COLOURS.items()
    }
    text, write_text = formats["@"], sheet.write_string
    _name_columns(book, sheet, dict(enumerate(zip(names, columns, strict=True))), text)
    marked: dict[int, dict[int, tuple[str, str]]] = {}
    for (row, column), reason in marks.items():
        marked.setdefault(row, {})[column] = reason
    commented, rows = 0, len(frames[0])
    for row in range(rows):
        coloured = marked.get(row, {})
        for n, values in enumerate(columns):
            value, mark = values[row], coloured.get(n) if coloured else None
            if type(value) is str:
                write_text(row + 1, n, value, colours[mark[0]]["@"] if mark else text)
            elif value is not None or mark:
                _put(sheet, (row + 1, n), value, colours[mark[0]] if mark else formats)
            if mark:
                commented += 1
                if commented <= MAX_COMMENTS:
                    sheet.write_comment(row + 1, n, mark[1][:1000], {"x_scale": 2})
    sheet.freeze_panes(1, 0)
    if names:
        sheet.autofilter(0, 0, rows, len(names) - 1)
        sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{rows + 1}"})
    return _kept(cut, max(0, commented - MAX_COMMENTS))


def _kept(cut: int, uncommented: int) -> list[str]:
    one = "{count} text was cut to {most:,} characters, the most that a cell holds"
    many = "{count} texts were cut to {most:,} characters, the most that a cell holds"
    notes = [plural(one, many, count=cut, most=MAX_TEXT)] if cut else []
    one = "{count} more cell is coloured without a comment"
    many = "{count} more cells are coloured without a comment"
    return notes + ([plural(one, many, count=uncommented)] if uncommented else [])


def _columns(frames: Sequence[pd.DataFrame]) -> tuple[list[list[Any]], int]:
    """The cells column by column, texts as they can be written; and how many of these were cut.

    What was a number in the sheet that was read is one again: as a text, it might be read by the texts beside it.
    """
    columns, cut = [], 0
    for frame in frames:
        for name, column in bare(frame).items():
            values = written_of(column)
            if numbers := frame.attrs.get("numbers", {}).get(name):
                was_number = were_numbers(numbers)
                values = [float(v) if was_number(v) and "e" not in v else v for v in values]
            texts = [v for v in values if type(v) is str]
            if not encodable("".join(texts)):
                values = [whole(v) if isinstance(v, str) else v for v in values]
            if max(map(len, texts), default=0) > MAX_TEXT:
                cut += sum(len(text) > MAX_TEXT for text in texts)
                values = [v[:MAX_TEXT] if isinstance(v, str) else v for v in values]
            columns.append(values)
    return columns, cut


def _without_objects(columns: list[list[Any]], marks: Cells) -> None:
    """Put the error of a spreadsheet where an object was wrong that no cell holds: its text is not what was there."""
    for (row, column), (kind, _) in marks.items():
        value = columns[column][row]
        if kind == "wrong" and value is not None and shown(value) is None:
            columns[column][row] = "#VALUE!"


def _name_columns(book: Any, sheet: Any, columns: Mapping[int, tuple[str, list[Any]]], text: Any) -> None:
    head = book.add_format({"bold": True, "bg_color": "#D9E1F2", "num_format": "@"})
    for n, (name, values) in columns.items():
        first = values[:200]
        longest = max([len(name) + 3, *(len(shown(v) or "") for v in first)])
        sheet.set_column(n, n, min(max(longest, 8), 50), text if any(isinstance(v, str) for v in first) else None)
        sheet.write_string(0, n, name, head)
    if len(columns) > len(COLUMNS) and evidence.is_name(columns[len(columns) - 1][0]):
        sheet.set_column(len(columns) - 1, len(columns) - 1, None, None, {"hidden": True})


def _put(sheet: Any, at: tuple[int, int], value: Any, formats: Mapping[str, Any]) -> None:
    """Write one value that is no text."""
    match value:
        case None:
            sheet.write_blank(*at, None, formats["@"])
        case bool():
            sheet.write_boolean(*at, value)
        case int() | float() if math.isfinite(value) and abs(value) < 1e15:
            sheet.write_number(*at, value, formats["General"])
        case datetime() if value.year >= 1900:
            sheet.write_datetime(*at, _utc(value), formats[MOMENT])
        case date() if value.year >= 1900:
            sheet.write_datetime(*at, value, formats["yyyy-mm-dd"])
        case time():
            sheet.write_datetime(*at, value, formats["hh:mm:ss"])
        case _:
            sheet.write_string(*at, _written(value)[:MAX_TEXT], formats["@"])


def _utc(moment: datetime) -> datetime:
    plain = moment.to_pydatetime(warn=False) if isinstance(moment, pd.Timestamp) else moment
    return plain.astimezone(UTC).replace(tzinfo=None) if plain.tzinfo else plain


def _written(value: Any) -> str:
    return whole(value if isinstance(value, str) else shown(value) or str(value))


def _write_summary(book: Any, summary: "pd.Series[Any]", notes: Sequence[str]) -> None:
    sheet = book.add_worksheet(message("Summary"))
    bold = book.add_format({"bold": True})
    sheet.set_column(0, 0, 60)
    for row, (name, count) in enumerate(summary.items()):
        sheet.write_string(row, 0, message(str(name)), bold)
        sheet.write_number(row, 1, float(count))
    for row, note in enumerate(notes, len(summary) + 1):
        sheet.write_string(row, 0, str(note)[:MAX_TEXT])


def write_text(
    path: "str | PathLike[str]", frame: pd.DataFrame, outcome: pd.DataFrame, *, cells: Cells = MappingProxyType({})
) -> Path:
    """Write a frame and what became of each row as text, separated by semicolons. Gives its path.

    `cells`: those that are wrong, as for a workbook.
    """
    target, outcome = _target(path), _labelled(outcome, frame.index)
    columns = [written_of(column) for f in (frame, outcome) for _, column in bare(f).items()]
    _without_objects(columns, _blamed(frame, outcome) | dict(cells))

    def text(value: Any) -> str:
        if isinstance(value, datetime):
            value = _utc(value)
        return "" if value is None else escaped(_written(value)) if isinstance(value, str) else _written(value)

    with _writing(target), target.open("w", encoding="utf-8-sig", newline="") as file:
        # programs expect semicolons where the comma is the decimal sign; quoted, no cell is cut into live ones
        writer = csv.writer(file, delimiter=";", quoting=csv.QUOTE_ALL)
        writer.writerow([escaped(whole(str(name))) for f in (frame, outcome) for name in f.columns])
        writer.writerows([text(value) for value in row] for row in zip(*columns, strict=True))
    return target


def only_failed(source: Any) -> pd.DataFrame:
    """The rows of a result that were rejected or not sent, without the columns of the outcome: ready to be sent again.

    They are matched and read as they were before (which field each column fills, the order of days and months, the
    decimal sign, the country), as the column `check` of the result says; where it is gone, what can be read in two ways
    is asked. What was asked of a row as a whole is asked again, unless a cell of it is another now. Rows whose outcome
    is unknown are not among them: they may be in already; nor are rows without an outcome, as those that somebody
    added: a note names them. The labels are those of the rows of the original, where the result has them.

    Args:
        source: a result, as a file or as read by `read_sheet`.

    Raises:
        InputError: it has no columns `outcome`, `error`, `error_column`, `error_value`.
    """
    frame = source if isinstance(source, pd.DataFrame) else read_sheet(source)
    at = outcome_at(list(frame.columns))
    if at is None:
        raise InputError(message("this is no result: it lacks the columns {columns}", columns=", ".join(COLUMNS)))
    if not at:
        text = "this says what became of rows, and lacks the rows: give the file, or `report.failed`"
        raise InputError(message(text))
    outcomes = outcomes_of(frame.iloc[:, at])
    failed = frame[outcomes.isin(FAILED).to_numpy()]
    rows = _labelled_rows(failed, at)
    names = [n for n in range(at, frame.shape[1]) if evidence.is_name(str(frame.columns[n]))]
    texts = failed.iloc[:, names[-1]].tolist() if names else [None] * len(rows)
    rows.attrs |= evidence.recalled_from(rows, texts)
    places = {label: place for place, label in zip(rows.index, failed.index, strict=True)}
    rows.attrs.pop("asked", None)
    rows.attrs["questions"] = {
        reason: [places[label] for label in labels if label in places]
        for reason, labels in frame.attrs.get("questions", {}).items()
    }
    rows.attrs["notes"] = [*frame.attrs.get("notes", ()), *_unnamed(frame.iloc[:, :at], outcomes.isna().to_numpy())]
    return rows


def _unnamed(frame: pd.DataFrame, nameless: Any) -> list[str]:
    """What is said of the rows of which no outcome is known, as those that somebody added."""
    labels = frame.index[nameless & frame.notna().any(axis=1).to_numpy()]
    one = "{count} row has no outcome beside it that is known, and is not among these: row {rows}"
    many = "{count} rows have no outcome beside them that is known, and are not among these: rows {rows}"
    shown = ", ".join(map(str, labels[:_NAMED])) + (" …" if len(labels) > _NAMED else "")
    return [plural(one, many, count=len(labels), rows=shown)] if len(labels) else []


def _labelled_rows(failed: pd.DataFrame, at: int) -> pd.DataFrame:
    """The rows of a result without the outcome, which begins there, under the labels of the original."""
    frame, rows = failed, failed[list(failed.columns[:at])]
    label = str(frame.columns[at + len(COLUMNS)]) if at + len(COLUMNS) < len(frame.columns) else ""
    if re.sub(r" \(\d+\)$", "", label) not in LABELS:
        return rows
    labels = failed[label]
    digits = bool(len(labels)) and labels.notna().all() and labels.astype("str").str.fullmatch(r"\d{1,15}").all()
    return rows.set_axis(pd.Index(labels.astype("int64") if digits else labels, name=label.partition(" (")[0]))
