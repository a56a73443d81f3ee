"""Every cell of a frame checked before anything is sent."""

import functools
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain, islice, product
from typing import Any, Literal, TypedDict, Unpack, overload

import pandas as pd

from toolkit.errors import InputError
from toolkit.plain import message
from toolkit.sheets.cells import bare
from toolkit.sheets.checked import Check
from toolkit.sheets.checker import ParseOptions
from toolkit.sheets.column import READ_BY, Column
from toolkit.sheets.countries import country_column, country_in, region_of
from toolkit.sheets.dates import shows_month_first
from toolkit.sheets.fields import as_fields, columns_of, listed
from toolkit.sheets.findings import Change, Terms
from toolkit.sheets.frame_rules import Shape, recalled
from toolkit.sheets.match import Match, asked_of_all, match_columns, no_field, rivals_of
from toolkit.sheets.partitions import CheckOfPartitions, check_partitions
from toolkit.sheets.rows import Partitions, frame_of, is_lazy
from toolkit.sheets.sheet_column import NO_SHEET, SheetColumn, of_whole
from toolkit.sheets.sheet_frame import UNSURE
from toolkit.sheets.target import resolved
from toolkit.spec import Date, Field, Identity, Phone, Record, Text, Timestamp

__all__ = ["Change", "Check", "check"]
_APART, _NAMED = 3, 60  # columns that fill no field: so many are said one by one, and so many are named together
_SEEN = 500  # cells that tell whether a column is one of texts


class How(TypedDict, total=False):
    """The ways to read cells; `check` explains each."""

    day_first: bool | None
    decimal: str | None
    country: str | Mapping[Any, str] | None
    empty: Iterable[str] | None
    doubts: Literal["send", "hold"] | None
    strict: bool


@overload
def check(rows: Partitions, target: Any, **how: Unpack[How]) -> CheckOfPartitions: ...
@overload
def check(rows: Any, target: Any, **how: Unpack[How]) -> Check: ...
def check(
    rows: Any,
    target: Any,
    *,
    day_first: bool | None = None,
    decimal: str | None = None,
    country: str | Mapping[Any, str] | None = None,
    empty: Iterable[str] | None = None,
    doubts: Literal["send", "hold"] | None = None,
    strict: bool = False,
) -> Check | CheckOfPartitions:
    """Check every cell of a frame against the fields that its columns fill. Nothing is sent or changed.

    A row in which no field is filled is a problem of its own: it is not sent. What the check decided by itself, and
    which columns with content are not sent, is said in `notes`.

    Args:
        rows: a DataFrame of any dtypes, a list of dicts, a table of polars, pyarrow or DuckDB, or a check, what was
            decided there stays. Columns are found by the match, else by name or label. Blank cells are missing. Of a
            Dask DataFrame each partition is checked where it is computed, and a `CheckOfPartitions` comes back:
            counts of all of it, and the first problems of each kind.
        target: what the rows are for: the operation itself, without its parentheses; or a match, a contact database's
            table of fields, a record, a list of fields.
        day_first: whether 03/04/2024 is in April; without it, the column's own dates tell. The day comes first where
            nothing else is seen; where some dates can only have it second, what can be read in two ways is asked.
        decimal: the decimal sign, "." or ","; without it, the column's own numbers tell, and what can be read in two
            ways is asked.
        country: of phones that name none, as "CO"; by column as `{"Celular": "CO"}`; or the name of the column that
            says it for each row. Without it, that of the field.
        empty: words that stand for nothing, as `{"s/i", "-"}`.
        doubts: "send" what is well-formed and yet looks wrong, as without it, or "hold" its rows back.
        strict: refuse a match of which a column was only guessed by its values.

    Raises:
        InputError: a column is unknown, occurs twice, or fills a field that another fills; none fills any field.
    """
    if empty is not None and (not isinstance(empty, Iterable) or isinstance(empty, Mapping)):
        raise InputError(message("`empty` takes words, as {{'s/i', '-'}}, not {value!r}", value=empty))
    if day_first not in (None, True, False):
        raise InputError(message("`day_first` is True or False, not {value!r}", value=day_first))
    if country is not None and not isinstance(country, str | int | tuple | Mapping):  # or a column is called so
        region_of(str(country))
    words = None if empty is None else sorted({empty} if isinstance(empty, str) else {*empty})
    arguments = {"day_first": day_first, "decimal": decimal, "country": country, "doubts": doubts, "empty": words}
    if is_lazy(rows):
        return check_partitions(rows, target, functools.partial(check_frame, how=arguments, strict=strict))
    return check_frame(rows, target, arguments, strict=strict)


def check_frame(rows: Any, target: Any, how: Mapping[str, Any], *, strict: bool = False) -> Check:
    """The same of rows that are one frame. `how`: the ways to read cells that were said."""
    data, fields = frame_of(rows), resolved(target) if callable(target) else target
    reading = _reading(data.attrs.get("reading", {}), how)
    mapping = fields.columns if isinstance(fields, Match) else data.attrs.get("fields", {})
    explain = functools.partial(no_field, frame=data, target=fields)
    paired = columns_of(data, _fields(fields, data), mapping, strict=isinstance(fields, Match), explain=explain)
    used = {name for _, name in paired}
    _raise_if_not_matched(data, paired, used, guessed=fields.guessed if strict and isinstance(fields, Match) else ())
    if isinstance(how.get("country"), Mapping):
        _raise_if_no_phones(how["country"], paired)
    elif how.get("country") and how["country"] not in data.columns:
        region_of(str(how["country"]))  # also where no column asks for it
    _raise_if_in_the_index(data, paired)
    data = data.copy(deep=False)  # whatever is done to the caller's own, this one stays as it was checked
    decided, empty_rows = data.attrs.pop("decided", False), getattr(fields, "empty_rows", False)
    if "rivals" in data.attrs and not rivals_of(data, [f for f, _ in paired], len(used - {None})):
        data.attrs.get("questions", {}).pop(UNSURE, None)
    if reading:
        data.attrs["reading"] = reading  # a frame made of this one is read so again
    columns = _columns(data, paired, reading)
    asked, left_out = recalled(data, reading.get("rows", {}))
    shape = Shape(columns, data, reading.get("usual", 0))
    if not decided and not empty_rows:
        asked += shape.questions()
    terms = Terms(
        rules=getattr(fields, "rules", ()),
        empty_rows=empty_rows,
        notes=(*data.attrs.get("notes", ()), *_notes(data, used, fields)),
        reading=reading | {"usual": shape.usual},
        accepted=frozenset(map(tuple, reading.get("accepted_rows", ()))),
        asked=tuple(dict.fromkeys(asked)),
        left_out=frozenset(left_out),
        decisions=tuple(rows.decisions) if isinstance(rows, Check) else (),
    )
    return Check(data, columns, terms)


def _reading(remembered: Mapping[str, Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """How cells are to be read: as the arguments say, else as it was said or seen before."""
    doubts, decimal = arguments.get("doubts"), arguments.get("decimal")
    if doubts not in (None, "send", "hold"):
        raise InputError(message("doubts are to be 'send' or 'hold', not {value!r}", value=doubts))
    if decimal not in (None, "", ".", ","):
        raise InputError(message("the decimal sign is '.' or ',', not {value!r}", value=decimal))
    new = {name: how for name, how in arguments.items() if how is not None}
    if "columns" not in remembered:
        return {**remembered, **new}
    columns = {
        name: {key: how for key, how in own.items() if key not in new} for name, own in remembered["columns"].items()
    }
    return {**remembered, "columns": columns, **new}


def _fields(target: Any, frame: pd.DataFrame) -> tuple[Field, ...]:
    known = as_fields(target)
    if isinstance(target, type) and issubclass(target, Record) and target.open:
        names = {name for f in known for name in (f.name, f.key, f.label)}
        known += tuple(Text("", name=str(c)) for c in frame.columns if str(c) not in names)
    return known


def _raise_if_not_matched(
    frame: pd.DataFrame,
    paired: Sequence[tuple[Field, Hashable | None]],
    used: Collection[Hashable | None],
    *,
    guessed: Sequence[Any],
) -> None:
    if guessed:
        text = "matched by a guess only: {columns}. Confirm each: match[column] = field"
        raise InputError(message(text, columns=listed(guessed)))
    if used == {None} and len(frame) and len(frame.columns):
        text = "no column fills a field. The columns are {columns}; the fields are {fields}: say match[column] = field"
        refusal = message(text, columns=listed(frame.columns), fields=listed(f.name for f, _ in paired))
        raise InputError(refusal + asked_of_all(frame, [f for f, _ in paired]))


def _raise_if_in_the_index(frame: pd.DataFrame, paired: Sequence[tuple[Field, Hashable | None]]) -> None:
    """A column that became the index, as by `groupby`, would be left out without a word."""
    names = [name for name in frame.index.names if name not in (None, "row")]
    empty = {field.name for field, name in paired if name is None}
    if not names or not empty or len({*names}) < len(names):
        return
    meant = match_columns(pd.DataFrame(columns=names), [field for field, _ in paired]).columns
    if lost := [name for name in names if meant[name] in empty]:
        text = (
            "{names} would fill a field, and is no column but the index: rows.reset_index() makes a column of it, "
            "rows.rename_axis(None) says that it is none"
        )
        raise InputError(message(text, names=listed(lost)))


def _notes(frame: pd.DataFrame, used: Collection[Hashable | None], target: Any) -> list[str]:
    """Which columns with content are not sent, and which were only guessed."""
    notes = [] if len(frame) else [message("there is no row to be sent")]
    others = [name for name in frame.columns if name not in used]
    unused = {n: int(count) for n, count in bare(frame)[others].notna().sum().items() if count} if others else {}
    if len(unused) > _APART:
        text = "{count:,} columns fill no field: their cells are not sent: {columns}; match[column] = field sends one"
        columns = ", ".join(f"{name!r} ({count:,})" for name, count in [*unused.items()][:_NAMED])
        columns += " …" * (len(unused) > _NAMED)
        notes, unused = [*notes, message(text, count=len(unused), columns=columns)], {}
    undecided: Mapping[Any, str] = target.undecided if isinstance(target, Match) else {}
    for name, count in unused.items():
        text = "{column!r} fills no field: its {count:,} cells are not sent; match[{column!r}] = field sends them"
        why = f" ({undecided[name]})" if name in undecided else ""
        notes.append(message(text, column=name, count=count) + why)
    if "row" in frame.index.names and "questions" not in frame.attrs:
        text = "what was noted when the sheet was read is lost, as in `pandas.concat`: check each sheet by itself"
        notes.append(message(text))
    for name in target.guessed if isinstance(target, Match) else ():
        text = "{column!r} fills {field} by a guess: {why}. match[{column!r}] = {field!r} confirms it"
        notes.append(message(text, column=name, field=target.columns[name], why=undecided[name]))
    return notes


def _columns(
    frame: pd.DataFrame, paired: Sequence[tuple[Field, Hashable | None]], reading: Mapping[str, Any]
) -> list[Column]:
    """Each field with what was found in its column; a column after the one by which it is read."""
    words = frozenset([str(word).strip().casefold() for word in reading["empty"]] if reading.get("empty") else ())
    options = ParseOptions(day_first=reading.get("day_first"), decimal=reading.get("decimal") or "", empty=words)
    cells = bare(frame)
    nothing = pd.Series(index=frame.index, dtype=object)
    done: dict[str, Column] = {}
    of_sheet = frame.attrs or "row" in frame.index.names
    dates: list[Column] = []
    for by_others, (field, name) in product((False, True), paired):
        if by_others is not (isinstance(field, Identity) and bool(field.by)):
            continue
        if name is None:
            done[field.name] = Column(field, None, nothing, options)
            continue
        settled = reading.get("columns", {}).get(name, {})
        how: dict[str, Any] = {}
        if settled:
            names = READ_BY[type(field)]
            how = {key: settled[key] for key in names if key in settled} | {"settled": names[0] in settled}
            how["after_frames"] = reading.get("after_frames", False)
        sheet = SheetColumn.of(frame, name) if of_sheet else NO_SHEET
        if not options.decimal and sheet.numeric:
            how["decimal"] = "."
        kinds = done.get(field.by) if isinstance(field, Identity) else None
        if isinstance(field, Phone):
            more, kinds = _country(cells, field, name, reading.get("country"))
            how |= more
        column = Column(field, name, cells[name], replace(options, **how), kinds=kinds, sheet=sheet)
        if accepted := reading.get("accepted", {}).get(name):
            column = column.accepting(frozenset(accepted))
        done[field.name] = column
        dates += [column] * isinstance(field, Date | Timestamp)
    if dates and reading.get("day_first") is None:
        _ask_for_orders(cells, done, dates, frame.attrs.get("texts", {}))
    return [done[field.name] for field, _ in paired]


def _ask_for_orders(
    frame: pd.DataFrame, columns: dict[str, Column], dates: Sequence[Column], sheet: Mapping[Hashable, str]
) -> None:
    """Ask in which order the days of a column are that does not show it, where another column has the month first."""
    unshown = [column for column in dates if column.options.day_first and column.notes]
    shown = [column.name for column in dates if not column.options.day_first]
    if unshown and not shown:
        used = {column.name for column in columns.values()}
        others = (name for name in frame.columns if name not in used)
        texts = ((name, [*chain(*of_whole([_texts(frame[name])], sheet.get(name, "")))]) for name in others)
        shown = [*islice((name for name, some in texts if shows_month_first(some)), 1)]
    for column in unshown if shown else ():
        asked = Column(
            column.field, column.name, frame[column.name], replace(column.options, day_first=None, settled=True)
        )
        text = (
            "{column}: days that can be read in two ways are asked, as {other!r} has the month first; `day_first=` says"
        )
        asked.notes = [message(text, column=column.title, other=shown[0])]
        columns[column.field.name] = asked.accepting(column.accepted)


def _texts(cells: "pd.Series[Any]") -> list[str]:
    """The texts of a column whose first cells are texts."""
    first = cells.head(_SEEN).tolist()
    return [v for v in cells.tolist() if isinstance(v, str)] if any(isinstance(v, str) for v in first) else []


def _raise_if_no_phones(country: Mapping[Any, str], paired: Sequence[tuple[Field, Hashable | None]]) -> None:
    """A country is said of columns of phones: of another it would be passed over in silence."""
    phones = {name for f, column in paired if isinstance(f, Phone) and column is not None for name in (f.name, column)}
    if others := [name for name in country if name not in phones]:
        text = "`country` names {others}, which fill no field of phones"
        raise InputError(message(text, others=listed(others)))


def _country(frame: pd.DataFrame, field: Phone, name: Hashable, wanted: Any) -> tuple[dict[str, str], Column | None]:
    """The country of a column of phones, or the column that says it for each row: said, else seen in the sheet."""
    if isinstance(wanted, Mapping):
        wanted = wanted.get(name, wanted.get(field.name))
    elif wanted in frame.columns and wanted is not None:
        return {"country": "", "named": ""}, _said_by_row(frame, wanted)
    if wanted:
        return {"country": region_of(str(wanted)), "named": ""}, None
    if (seen := country_column(frame, field.country)) is not None and seen != name:
        return {"country": field.country}, _said_by_row(frame, seen)  # the rows that say another are asked
    return ({"named": named} if (named := country_in(str(name))) else {}), None


def _said_by_row(frame: pd.DataFrame, name: Hashable) -> Column:
    plain = frame[name].where(frame[name].notna(), None)
    return Column(Text("", name=str(name)), name, plain, ParseOptions())
