"""nddPrint 360: how card codes are sent, in an order that works, and read back where there is doubt."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from toolkit.errors import BadAnswer, NotFound, Rejected, ToolkitError
from toolkit.http import wire
from toolkit.http.answers import Classification
from toolkit.plain import mark, message
from toolkit.push import Batch, Memory, PushJob, Reconcile, Suspect, Target
from toolkit.push.destination import MAY_BE
from toolkit.sheets.alike import name_key
from toolkit.sheets.check import Check
from toolkit.sheets.checker import DOUBT, Problem
from toolkit.sheets.target import RowProblem, Takes
from toolkit.spec import Endpoint, Payload
from toolkit.vendors.base import Connection
from toolkit.vendors.nddprint import api as declared

USER = ["LogonName", "DomainName"]
OLD = "previousCardCodes"
CODES = declared.NddPrint.endpoints["read_card_codes"]
WHOLE = replace(CODES, returns=Payload())
BLAMED = {declared.IN_USE: "CardCode", declared.KEPT: "CardCode", declared.NO_USER: "LogonName"}


class Users:
    """The users of an account, to whom card codes are given."""

    memory: Memory

    def __init__(self, connection: Connection, *, replace: bool) -> None:
        self._connection, self._replace, self.session = connection, replace, connection.session
        self.memory = connection.memory("users", f"users at {connection.host}")

    def takes(self) -> Takes:
        return self._connection.takes(CARD_CODES)

    def job(self, checked: Check) -> PushJob:
        sent = sent_rows(checked)
        held = self._held(sent) if self._replace else {}
        after, stuck = exchange(sent, held, checked.bad.to_numpy())
        checked = checked.with_rules([lambda cells: [_stuck(cells, i, why) for i, why in stuck.items()]])
        target = CardCodes(self._connection, self.memory, checked, self._replace)
        target.kept = {position: {OLD: codes} for position, codes in held.items()}
        return PushJob(target, checked, after=after)

    def _held(self, sent: pd.DataFrame) -> dict[int, list[str]]:
        """The codes that each row's user has now. What cannot be read cannot be kept: then nothing is sent."""
        named = np.flatnonzero(sent["LogonName"].notna())
        held = {}
        read = read_codes(self._connection, sent.iloc[named], WHOLE)
        for position, answer in zip(named.tolist(), read, strict=True):
            no_user = isinstance(answer, NotFound | Rejected)
            if isinstance(answer, ToolkitError) and not no_user:
                raise answer
            held[position] = [] if no_user else codes_of(answer)
        return held


class CardCodes(Target):
    """Where card codes go: a row a request."""

    reconcile = Reconcile.READ
    together = False
    keys: tuple[str, ...] = (
        "LogonName",
        "DomainName",
    )  # a user's new code takes the old one's place, or stands beside it
    repeatable = reads_refusals = True

    def __init__(self, connection: Connection, memory: Memory, checked: Check, replace: bool) -> None:
        self.check, self._replace = checked, replace
        self.session = connection.session
        self._client = connection.client
        self._endpoint = connection.endpoint(declared.NddPrint.endpoints["post_card_code"])
        self.what = f"nddprint.add_card_codes{', replacing' if replace else ''}"
        self.memory = memory
        rows = sent_rows(checked).itertuples(index=False, name=None)
        self._rows = [(logon_name, domain_of(connection, domain), code) for logon_name, domain, code in rows]

    def request(self, batch: Batch) -> tuple[Endpoint, wire.Request]:
        logon_name, domain_name, code = self._rows[batch.positions[0]]
        values = {"logon_name": logon_name, "domain_name": domain_name, "card_code": code, "replace": self._replace}
        return self._endpoint, wire.request(self._endpoint, values)

    def suspects(self, result: Classification, positions: np.ndarray) -> Sequence[Suspect]:
        columns = self.check.columns
        blamed = columns.get(BLAMED.get(result.code, ""))
        return [] if blamed is None else [Suspect(int(p), str(blamed), True) for p in positions]

    def find(self, positions: Sequence[int]) -> list[Mapping[str, Any] | None]:
        return [self._held_by_its_user(position) for position in positions]

    def _held_by_its_user(self, position: int) -> Mapping[str, Any] | None:
        logon_name, domain_name, code = self._rows[position]
        try:
            answer = self._client(WHOLE, {"logon_name": logon_name, "domain_name": domain_name or ""}, checked=True)
        except (NotFound, Rejected):
            return None
        codes = codes_of(answer)
        if code in codes:
            return {}
        return MAY_BE if _bare(code) in map(_bare, codes) else None


def _bare(code: str) -> str:
    """A code without what a vendor may write otherwise: capitals, signs, and the zeros before it."""
    return "".join(name_key(code).split()).lstrip("0")


def codes_of(answer: Any) -> list[str]:
    """The codes of a user, in the whole answer about them.

    Raises:
        BadAnswer: it has another form than the document shows, so that nobody knows which codes there are.
    """
    if isinstance(answer, dict) and "cardCodes" in answer:
        codes = answer["cardCodes"] or []
        if isinstance(codes, list) and all(isinstance(code, str) for code in codes):
            return codes
    raise BadAnswer(message("the card codes of a user are answered in a form that no document shows"))


def read_codes(connection: Connection, names: pd.DataFrame, endpoint: Endpoint = CODES) -> Iterator[Any]:
    """What the vendor says of each of these users, or the error, when it is asked for."""
    rows = names[USER].itertuples(index=False)
    values = [{"logon_name": name, "domain_name": domain_of(connection, domain)} for name, domain in rows]
    return connection.client.stream(endpoint, values, label="card codes")


def domain_of(connection: Connection, domain: Any) -> str | None:
    """The domain as it is sent; what stands for none, where a user has none."""
    if isinstance(domain, str):
        return domain
    return "" if connection.assumed["empty_domain"] == "empty" else None


def sent_rows(checked: Check) -> pd.DataFrame:
    """The rows as they are sent, by position."""
    table = pd.DataFrame(checked.wire(), index=range(len(checked.frame)), dtype="str")
    return table.reindex(columns=[f.key for f in declared.NewCardCode.fields]).astype("str")


# ── what keeps rows from being sent ──────────────────────────────────────────


def exchange(
    sent: pd.DataFrame, held: Mapping[int, Sequence[str]], bad: np.ndarray
) -> tuple[dict[int, int], dict[int, int | None]]:
    """Which rows wait for which, for codes to move between these users, and the rows that cannot be sent.

    Args:
        sent: the rows.
        held: the codes that each row's user has now and gives up, by the row's position.
        bad: for each row whether it is not sent for reasons of its own.

    Returns:
        For a row's position, that of the row whose old code it takes; and for each row that cannot be sent, and is not
        bad, the row whose old code it waits for in vain, or None where it is one of a circle.
    """
    holder = {code: position for position, codes in held.items() for code in codes}
    first = {i: h for i, code in enumerate(sent["CardCode"]) if (h := holder.get(code, i)) != i}
    stuck: dict[int, int | None] = {}
    for row in first:
        chain = _chain(row, first)
        if row == chain[-1]:
            stuck[row] = None
        elif bad[chain[-1]] or chain[-1] in first or any(bad[i] for i in chain[1:]):
            stuck[row] = first[row]
    return first, {row: waits_for for row, waits_for in stuck.items() if not bad[row]}


def _chain(row: int, first: Mapping[int, int]) -> list[int]:
    """A row, the one that it waits for, and so on, to one that waits for none, or is in the chain already."""
    chain = [row]
    while chain[-1] in first:
        chain.append(first[chain[-1]])
        if chain[-1] in chain[:-1]:
            break
    return chain


def _stuck(checked: Check, row: int, waits_for: int | None) -> RowProblem:
    if waits_for is None:
        return row, "CardCode", Problem(mark("is exchanged in a circle: no order of sending works"))
    label = message("row {row}", row=checked.frame.index[waits_for])
    return row, "CardCode", Problem(mark("is still the code of a row that is not sent"), detail=label)


def codes_are_text(checked: Check) -> Iterator[RowProblem]:
    """Card codes that a spreadsheet turned into numbers."""
    text = mark("was turned into a number by a spreadsheet: leading zeros may be lost; read the column as text")
    column = checked.columns.get("CardCode")
    cells = () if column is None else checked.frame[column]
    return ((i, "CardCode", Problem(text)) for i, v in enumerate(cells) if _was_number(v))


def codes_are_whole(checked: Check) -> Iterator[RowProblem]:
    """Card codes of digits that are shorter than most, or than one with a zero: spreadsheets drop zeros of numbers."""
    codes = [code if code and code.isdecimal() else "" for code in sent_rows(checked)["CardCode"].fillna("")]
    lengths = Counter(len(code) for code in codes if code)
    usual, often = max(lengths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
    padded = max((len(code) for code in codes if code[:1] == "0"), default=0)
    if usual := max(usual if 2 * often > lengths.total() else 0, padded):
        text = mark("has fewer digits than the others: leading zeros may be lost")
        short = (i for i, code in enumerate(codes) if 0 < len(code) < usual and code[0] != "0")
        yield from ((i, "CardCode", Problem(text, level=DOUBT)) for i in short)


def one_row_for_each_user(checked: Check) -> Iterator[RowProblem]:
    """Which of two codes a user should have, nobody here can know: neither is sent."""
    users = _users(sent_rows(checked))
    several = users.notna() & users.duplicated(keep=False)
    return ((i, "LogonName", Problem(mark("is in several rows"))) for i in _where(several))


def one_user_for_each_code(checked: Check) -> Iterator[RowProblem]:
    """A code opens the printer for one person."""
    sent = sent_rows(checked)
    several = _users(sent).groupby(sent["CardCode"]).transform("nunique") > 1
    return ((i, "CardCode", Problem(mark("is given to several users"))) for i in _where(several))


CARD_CODES = Takes(
    declared.NewCardCode.fields,
    (codes_are_text, codes_are_whole, one_row_for_each_user, one_user_for_each_code),
    "api.nddprint.add_card_codes",
)


def _users(sent: pd.DataFrame) -> "pd.Series[str]":
    return sent["LogonName"].str.casefold() + "\x00" + sent["DomainName"].fillna("").str.casefold()


def _where(rows: "pd.Series[bool]") -> list[int]:
    return np.flatnonzero(rows.to_numpy(dtype=bool)).tolist()


def _was_number(value: Any) -> bool:
    if isinstance(value, str):
        return bool(re.fullmatch(r"\s*\d+\.0+\s*", value))
    return isinstance(value, float) and not math.isnan(value)
