"""nddPrint 360: how card codes are sent, in an order that works, and read back where there is doubt."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from graphlib import CycleError, TopologicalSorter
from typing import Any

import numpy as np
import pandas as pd

from toolkit.errors import NotFound, Rejected, ToolkitError
from toolkit.http import wire
from toolkit.http.wire import Judgement
from toolkit.plain import message
from toolkit.push import BaseTarget, Batch, Options, PushJob, ReadBack, Suspect
from toolkit.push.journal import Step
from toolkit.push.run import Runner
from toolkit.sheets.check import Check, check
from toolkit.sheets.target import RowProblem, Takes
from toolkit.spec import Endpoint
from toolkit.vendors.base import Connection
from toolkit.vendors.nddprint import api as declared

USER = ["LogonName", "DomainName"]
OLD = "previousCardCodes"
BLAMED = {declared.IN_USE: "CardCode", declared.KEPT: "CardCode", declared.NO_USER: "LogonName"}


class Users:
    """The users of an account, to whom card codes are given."""

    lock: str
    where: str

    def __init__(self, connection: Connection, *, replace: bool) -> None:
        self._connection, self._replace = connection, replace
        self.lock = f"{connection.address}/users"
        self.where = f"users at {connection.host}"

    def job(self, frame: pd.DataFrame, options: Options) -> PushJob:
        checked = check(frame, CARD_CODES, doubts=options.doubts)
        sent = sent_rows(checked)
        held = self._held(sent) if self._replace else {}
        order, stuck = exchange_order(sent, held, checked.bad.to_numpy())
        checked.apply([lambda _: [_stuck(checked, i, why) for i, why in stuck.items()]])
        target = CardCodes(self._connection, self.lock, checked, self._replace)
        in_order = not np.array_equal(order, np.sort(order))
        return PushJob(target, KeepingOld(target, held), checked, rows=order, in_order=in_order)

    def _held(self, sent: pd.DataFrame) -> dict[int, list[str]]:
        """The codes that each row's user has now. What cannot be read cannot be kept: then nothing is sent."""
        named = np.flatnonzero(sent[USER].notna().all(axis=1))
        held = {}
        for position, answer in zip(named.tolist(), read_codes(self._connection, sent.iloc[named]), strict=True):
            no_user = isinstance(answer, NotFound | Rejected)
            if isinstance(answer, ToolkitError) and not no_user:
                raise answer
            held[position] = [] if no_user else list(answer["cardCodes"].iloc[0] or ())
        return held


class CardCodes(BaseTarget):
    """Where card codes go: a row a request."""

    together = False
    corrects = True  # a user's new code takes the old one's place, or stands beside it
    resend_at_once = True
    looks_after_refusal = True

    def __init__(self, connection: Connection, lock: str, checked: Check, replace: bool) -> None:
        self.check, self._replace = checked, replace
        self.session = connection.session
        self._nddprint = declared.RawOnly(connection.client)
        self._endpoint = connection.endpoint(declared.NddPrint.endpoints["post_card_code"])
        self.what = f"nddprint.add_card_codes{', replacing' if replace else ''}"
        self.destination = self.lock = lock
        self.where = f"users at {connection.host}"
        self._rows = list(sent_rows(checked).itertuples(index=False, name=None))

    def request(self, batch: Batch) -> tuple[Endpoint, wire.Request]:
        logon_name, domain_name, code = self._rows[batch.positions[0]]
        values = {"logon_name": logon_name, "domain_name": domain_name, "card_code": code, "replace": self._replace}
        return self._endpoint, wire.request(self._endpoint, values)

    def suspects(self, said: Judgement, positions: np.ndarray) -> Sequence[Suspect]:
        columns = self.check.columns
        blamed = columns.get(BLAMED.get(said.code, ""))
        return [] if blamed is None else [Suspect(int(p), str(blamed), True) for p in positions]

    def find(self, position: int) -> Mapping[str, Any] | None:
        logon_name, domain_name, code = self._rows[position]
        try:
            found = self._nddprint.read_card_codes(logon_name, domain_name)
        except (NotFound, Rejected):
            return None
        return {} if any(code in held for held in found["cardCodes"] if held) else None


class KeepingOld(ReadBack):
    """Reads back, and has the users' old codes on disk before the first request leaves."""

    def __init__(self, target: CardCodes, held: Mapping[int, list[str]]) -> None:
        super().__init__(target)
        self._held = held

    def begin(self, run: Runner, doubtful: Sequence[Step]) -> None:
        kept = run.journal.results()
        new = {i: {OLD: self._held[at]} for i, at in enumerate(run.where) if i not in kept and at in self._held}
        with run.journal.transaction():
            run.journal.keep_results(new)
        super().begin(run, doubtful)


def read_codes(connection: Connection, names: pd.DataFrame) -> list[Any]:
    """What the vendor says of each of these users, or the error."""
    values = [{"logon_name": n, "domain_name": d} for n, d in names[USER].itertuples(index=False)]
    return connection.client.each(declared.NddPrint.endpoints["read_card_codes"], values, label="card codes")


def sent_rows(checked: Check) -> pd.DataFrame:
    """The rows as they are sent, by position."""
    made = pd.DataFrame(checked.wire(), index=range(len(checked.frame)), dtype="str")
    return made.reindex(columns=[f.key for f in declared.NewCardCode.fields]).astype("str")


# ── what keeps rows from being sent ──────────────────────────────────────────


def exchange_order(
    sent: pd.DataFrame, held: Mapping[int, Sequence[str]], bad: np.ndarray
) -> tuple[np.ndarray, dict[int, int | None]]:
    """The order in which codes can move between these users, and the rows that cannot be sent.

    Args:
        sent: the rows.
        held: the codes that each row's user has now and gives up, by the row's position.
        bad: for each row whether it is not sent for reasons of its own.

    Returns:
        The positions of the rows to send, in an order that works; and for each of the others that are not bad the row
        whose old code it waits for, or None where it is one of a circle.
    """
    holder = {code: position for position, codes in held.items() for code in codes}
    first = {i: h for i, code in enumerate(sent["CardCode"]) if (h := holder.get(code, i)) != i}
    sorter = TopologicalSorter({i: [first[i]] if i in first else [] for i in range(len(sent))})
    with suppress(CycleError):  # the sorter still gives all that does not wait for a circle
        sorter.prepare()
    order: list[int] = []
    while ready := sorter.get_ready():
        order += sorted(ready)
        sorter.done(*ready)
    circles = set(range(len(sent))) - set(order)
    stuck: dict[int, int | None] = {}
    for i in [*order, *sorted(circles)]:
        if not bad[i] and i in first:
            if i in circles and _in_circle(i, first):
                stuck[i] = None
            elif bad[first[i]] or first[i] in stuck or first[i] in circles:
                stuck[i] = first[i]
    return np.array([i for i in order if not bad[i] and i not in stuck], dtype=np.int64), stuck


def _in_circle(row: int, first: Mapping[int, int]) -> bool:
    seen, at = {row}, first[row]
    while at in first and at not in seen:
        seen.add(at)
        at = first[at]
    return at == row


def _stuck(checked: Check, row: int, waits_for: int | None) -> RowProblem:
    if waits_for is None:
        return RowProblem(row, "CardCode", message("is exchanged in a circle: no order of sending works"))
    label = checked.frame.index[waits_for]
    return RowProblem(row, "CardCode", message("is still the code of row {label}, which is not sent", label=label))


def codes_are_text(checked: Check) -> Iterator[RowProblem]:
    """Card codes that a spreadsheet turned into numbers."""
    text = message("was turned into a number by a spreadsheet: leading zeros may be lost; read the column as text")
    column = checked.columns.get("CardCode")
    cells = () if column is None else checked.frame[column]
    return (RowProblem(i, "CardCode", text) for i, v in enumerate(cells) if _was_number(v))


def one_row_for_each_user(checked: Check) -> Iterator[RowProblem]:
    """Which of two codes a user should have, nobody here can know: neither is sent."""
    users = _users(sent_rows(checked))
    several = users.notna() & users.duplicated(keep=False)
    return (RowProblem(i, "LogonName", message("is in several rows")) for i in _where(several))


def one_user_for_each_code(checked: Check) -> Iterator[RowProblem]:
    """A code opens the printer for one person."""
    sent = sent_rows(checked)
    several = _users(sent).groupby(sent["CardCode"]).transform("nunique") > 1
    return (RowProblem(i, "CardCode", message("is given to several users")) for i in _where(several))


CARD_CODES = Takes(
    declared.NewCardCode.fields,
    (codes_are_text, one_row_for_each_user, one_user_for_each_code),
    "api.nddprint.add_card_codes",
)


def _users(sent: pd.DataFrame) -> "pd.Series[str]":
    return sent["LogonName"].str.casefold() + "\x00" + sent["DomainName"].str.casefold()


def _where(rows: "pd.Series[bool]") -> list[int]:
    return np.flatnonzero(rows.to_numpy(dtype=bool)).tolist()


def _was_number(value: Any) -> bool:
    if isinstance(value, str):
        return bool(re.fullmatch(r"\s*\d+\.0+\s*", value))
    return isinstance(value, float) and not math.isnan(value)
