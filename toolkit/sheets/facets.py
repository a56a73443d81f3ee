"""The problems of a check, and the tables that are made of them."""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from toolkit.errors import InputError
from toolkit.plain import message, plural
from toolkit.sheets.alike import fingerprint
from toolkit.sheets.cells import texts_of
from toolkit.sheets.checker import DOUBT, FIX, NOTHING_SAID, QUESTION, Problem
from toolkit.sheets.column import Column
from toolkit.sheets.fields import listed
from toolkit.sheets.outcomes import COLUMNS

SHOWN = 10  # lines of a table
_LOOKED_AT = 200  # cells of a facet, to see whether any can be accepted
ROW = "(row)"  # stands for the column of a problem that a whole row has


class CellProblem(NamedTuple):
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
    def can_be_accepted(self) -> bool:
        """Whether there is something to send for it: what is proposed, else a question or doubt as it stands."""
        if self.problem.proposal is not None:
            return self.in_frame
        if self.problem.level not in (QUESTION, DOUBT):
            return False
        return self.column is None or self.problem == NOTHING_SAID or self.column.has_wire(self.position)

    @property
    def sure(self) -> bool:
        """Whether a proposal for it follows from a rule; what is only spelt alike is to be looked at."""
        return self.problem.proposal is not None and self.problem.sure

    @property
    def text(self) -> str:
        """What a person reads of the cell."""
        problem, proposal = self.problem.text, self.problem.proposal
        if not proposal:
            return problem
        if self.problem.level == FIX:
            return message("{problem}; sent as {value}", problem=problem, value=proposal)
        return message("{problem}; perhaps {value}", problem=problem, value=proposal)


def table(problems: Sequence[CellProblem], labels: "pd.Index[Any]", blocks: Sequence[bool]) -> pd.DataFrame:
    """A row for each problem."""
    data = {
        "row": labels,
        "column": pd.Series([one.title for one in problems], dtype=object),
        "field": texts_of(one.field for one in problems),
        "value": texts_of(one.value for one in problems),
        "problem": texts_of(one.problem.text for one in problems),
        "proposal": texts_of(one.problem.proposal for one in problems),
        "safe": np.array([one.problem.level == FIX for one in problems], dtype=bool),
        "blocks": np.array(blocks, dtype=bool),
        "reason": texts_of(one.problem.reason for one in problems),
        "level": texts_of(one.problem.level for one in problems),
    }
    return pd.DataFrame(data)


def facets(problems: Iterable[CellProblem]) -> pd.DataFrame:
    """The problems by column and reason, the most frequent first."""
    groups: dict[tuple[Hashable, str, str], list[CellProblem]] = {}
    for one in problems:
        groups.setdefault((one.title, one.problem.reason, one.problem.level), []).append(one)
    lines = [
        (
            *key,
            message(key[1]),
            len(ones),
            len({one.value for one in ones}),
            sum(one.problem.proposal is not None for one in ones),
            sum(one.sure for one in ones),
            ones[0].in_frame and not (ones[0].column and ones[0].column.field.required),
            any(one.can_be_accepted for one in {one.value: one for one in ones[:_LOOKED_AT]}.values()),
            ones[0].column is not None,
        )
        for key, ones in sorted(groups.items(), key=lambda group: -len(group[1]))
    ]
    kinds: dict[str, Any] = {
        "column": object,
        **dict.fromkeys(("reason", "level", "problem"), "str"),
        **dict.fromkeys(("cells", "values", "proposals", "sure"), int),
        **dict.fromkeys(("can_be_empty", "can_be_accepted", "can_be_replaced"), bool),
    }
    return pd.DataFrame(lines, columns=[*kinds]).astype(kinds)


def values(problems: Sequence[CellProblem]) -> pd.DataFrame:
    """The distinct values of some cells, the most frequent first."""
    counts = Counter(one.value for one in problems)
    first = {one.value: one for one in reversed(problems)}
    clusters: dict[str, str] = {}  # by what is alike in all of them: the proposal, else the most frequent
    lines = []
    for value, count in counts.most_common():
        proposal = first[value].problem.proposal
        cluster = proposal or (None if value is None else clusters.setdefault(fingerprint(value), value))
        lines.append((value, count, proposal, first[value].sure, cluster, first[value].row))
    frame = pd.DataFrame(lines, columns=["value", "cells", "proposal", "sure", "cluster", "first"], dtype=object)
    texts = {name: texts_of(frame[name]) for name in ("value", "proposal", "cluster")}
    return frame.assign(**texts, cells=frame["cells"].astype("int64"), sure=frame["sure"].astype(bool))


def choose(
    problems: Sequence[CellProblem], column: Hashable | None, reason: str | None, values: Iterable[str] | None = None
) -> list[CellProblem]:
    """The cells of a facet; of all of a column, or of a reason, where only that is given.

    The reason is that of `facets`, or as it reads in the reader's language.

    Raises:
        InputError: there are none.
    """
    own = [one for one in problems if column is None or column in (one.title, one.field)]
    ones = [one for one in own if reason in (None, one.problem.reason, message(one.problem.reason))]
    if values is not None:
        texts = {values} if isinstance(values, str) else {*map(str, values)}
        ones = [one for one in ones if one.value in texts]
    if ones:
        return ones
    known = dict.fromkeys(f"{one.title!r}, {one.problem.reason!r}" for one in own or problems)
    if not known:
        raise InputError(message("there is no problem to decide about"))
    wanted = listed(one for one in (column, reason, *(values or ())) if one is not None)
    text = "there is no problem that is called {wanted}: there is {known}"
    raise InputError(message(text, wanted=wanted, known="; ".join([*known][:8])))


def refused(problems: Iterable[CellProblem]) -> pd.DataFrame:
    """A row for each row that has one of these problems, by position: the first of its cells, and all that is wrong."""
    rows: dict[int, list[CellProblem]] = {}
    for one in problems:
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


def counted(summary: "pd.Series[int]") -> str:
    """The counts of a check as a sentence."""
    rows, sendable, bad, fixed, doubted, asked, wrong, again = map(int, summary)
    counted = (
        (bad, plural("{count} row that cannot", "{count} rows that cannot", count=bad)),
        (fixed, plural("{count} cell fixed safely", "{count} cells fixed safely", count=fixed)),
        (doubted, plural("{count} cell in doubt", "{count} cells in doubt", count=doubted)),
        (asked, plural("{count} cell in question", "{count} cells in question", count=asked)),
        (wrong, plural("{count} cell wrong", "{count} cells wrong", count=wrong)),
        (again, plural("{count} row that repeats an earlier one", "{count} rows that repeat one", count=again)),
    )
    can = plural("{count} row that can be sent", "{count} rows that can be sent", count=sendable)
    what = ", ".join([can, *(text for count, text in counted if count)])
    return plural("Check of {count} row: {what}", "Check of {count} rows: {what}", count=rows, what=what)


def cut(table: pd.DataFrame) -> list[str]:
    """How many lines there are, where not all are shown."""
    return [message("{shown} of {count:,}", shown=SHOWN, count=len(table))] if len(table) > SHOWN else []
