"""The problems and the changes that a check lists, and how a decision about them is written as code."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd
from pandas.api.types import is_list_like

from toolkit.errors import InputError
from toolkit.sheets.cells import objects_of, shown
from toolkit.sheets.checker import FIX, Problem
from toolkit.sheets.column import Column
from toolkit.sheets.outcomes import COLUMNS


class Found(NamedTuple):
    """A problem, and the cell that has it."""

    position: int
    row: Any  # its label
    title: Hashable  # the column's name; "(row)" where the whole row is meant
    field: str
    value: str | None
    problem: Problem
    column: Column | None

    @property
    def in_frame(self) -> bool:
        """Whether there is a cell for it."""
        return self.column is not None and self.column.name is not None

    @property
    def told(self) -> str:
        """What a person reads of the cell."""
        problem = self.problem
        how = "sent as" if problem.level == FIX else "perhaps"
        return f"{problem.text}; {how} {problem.proposal}" if problem.proposal else problem.text


class Change(NamedTuple):
    """A cell that is sent in another form than it stands in."""

    position: int
    row: Any
    column: Any
    value: str
    sent: str


def facets(found: Iterable[Found]) -> pd.DataFrame:
    """The problems by column and reason, the most frequent first; what is fixed safely is none."""
    groups: dict[tuple[Hashable, str, str], list[Found]] = {}
    for one in found:
        if one.problem.level != FIX:
            groups.setdefault((one.title, one.problem.reason, one.problem.level), []).append(one)
    lines = [
        (
            *key,
            len(ones),
            len({one.value for one in ones}),
            sum(one.problem.proposal is not None for one in ones),
            ones[0].in_frame and not (ones[0].column and ones[0].column.field.required),
        )
        for key, ones in sorted(groups.items(), key=lambda group: -len(group[1]))
    ]
    names = ["column", "reason", "level", "cells", "values", "proposals", "can_be_empty"]
    kinds = {"column": object, "reason": "str", "level": "str", "can_be_empty": bool} | dict.fromkeys(
        names[3:6], "int64"
    )
    return pd.DataFrame(lines, columns=names).astype(kinds)  # type: ignore[arg-type]


def values(found: Sequence[Found]) -> pd.DataFrame:
    """The distinct values of some cells, the most frequent first."""
    counts = Counter(one.value for one in found)
    first = {one.value: one for one in reversed(found)}
    lines = [(value, n, first[value].problem.proposal, first[value].row) for value, n in counts.most_common()]
    made = pd.DataFrame(lines, columns=["value", "cells", "proposal", "first"])
    return made.astype({"value": "str", "proposal": "str", "cells": "int64"})


def chosen(
    found: Sequence[Found], column: Hashable | None, reason: str | None, wanted: Iterable[str] | None = None
) -> list[Found]:
    """The cells of a facet; of all of a column, or of a reason, where only that is said. Safe fixes are none.

    Raises:
        InputError: there are none.
    """
    found = [one for one in found if one.problem.level != FIX]
    own = [one for one in found if column is None or column in (one.title, one.field)]
    ones = [one for one in own if reason in (None, one.problem.reason)]
    if wanted is not None:
        texts = {wanted} if isinstance(wanted, str) else {*map(str, wanted)}
        ones = [one for one in ones if one.value in texts]
    if not ones:
        known = dict.fromkeys(f"{one.title!r}, {one.problem.reason!r}" for one in own or found)
        there = f"there is {'; '.join([*known][:8])}" if known else "there is no problem at all"
        raise InputError(f"no cell of {column!r} has the problem {reason!r} with such a value: {there}")
    return ones


def with_cells(frame: pd.DataFrame, cells: Mapping[Hashable, Mapping[int, Any]]) -> pd.DataFrame:
    """The frame with some of its cells changed, by column and position; its other columns are shared."""
    made = frame.copy(deep=False)
    for name, changes in cells.items():
        held = objects_of(frame[name])
        for position, value in changes.items():
            held[position] = value
        texts = {type(value) for value in held} <= {str, type(None)}
        made[name] = pd.Series(held, index=frame.index, dtype="str" if texts else object)
    return made


def code(verb: str, **arguments: Any) -> str:
    """A decision as it is called."""
    said = {name: value for name, value in arguments.items() if value is not None}
    return f"check = check.{verb}({', '.join(f'{name}={value!r}' for name, value in said.items())})"


def refused(found: Iterable[Found]) -> pd.DataFrame:
    """A row for each row that has one of these problems, by position: the first of its cells, and all that is wrong."""
    rows: dict[int, list[Found]] = {}
    for one in found:
        rows.setdefault(one.position, []).append(one)
    lines = [
        (
            "not sent",
            "; ".join(f"{one.title} {one.problem.text}" if one.column else one.problem.text for one in rows[i]),
            str(rows[i][0].title) if rows[i][0].column else None,
            rows[i][0].value,
        )
        for i in sorted(rows)
    ]
    return pd.DataFrame(lines, index=sorted(rows), columns=list(COLUMNS), dtype="str")


def sent_text(wire: Any) -> str:
    """What is sent, as text."""
    if isinstance(wire, str):
        return wire
    return shown(wire) or ", ".join(map(str, wire if is_list_like(wire) else [wire]))
