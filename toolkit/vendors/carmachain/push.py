"""CarmaChain: how people are asked about, each once, and which ticket belongs to whom."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from toolkit.errors import InputError
from toolkit.http import wire
from toolkit.http.answers import remark
from toolkit.http.secrets import vendor_text
from toolkit.plain import mark, message
from toolkit.push import Batch, Memory, PushJob, Reconcile, Report, Target
from toolkit.push.destination import Others
from toolkit.sheets.cells import whole
from toolkit.sheets.check import Check
from toolkit.sheets.checker import DOUBT, Problem
from toolkit.sheets.outcomes import Outcome
from toolkit.sheets.target import RowProblem, Takes
from toolkit.spec import Endpoint
from toolkit.vendors.base import Connection
from toolkit.vendors.carmachain import api as declared
from toolkit.vendors.carmachain.answers import matched, same_phone

UKRAINIAN = r"(?:\+?38)?0\d{9}"
_OF_TAX = re.compile(r"ІПН|ІНН|ИНН|РНОКПП|RNTRC|RNOKPP|податков|\bTIN\b", re.IGNORECASE).search
DIGITS = (9, 10)  # of an identity card, and of a tax number
BETWEEN = "; "  # stands between the categories of a request


class Peers:
    """The peers who are asked about people, for some categories."""

    memory: Memory
    categories: list[str]
    type_request: str

    def __init__(self, connection: Connection, categories: Sequence[str]) -> None:
        self._connection, self.session = connection, connection.session
        self.categories = sorted({*categories})  # one question, in whatever order they are given
        self.type_request = BETWEEN.join(self.categories)
        where = f"peers at {connection.host}, about {', '.join(self.categories)}"
        self.memory = connection.memory(f"createrequest {self.type_request}", where)

    def takes(self) -> Takes:
        return self._connection.takes(PEOPLE)

    def job(self, checked: Check) -> PushJob:
        sent = sent_people(checked)
        same_as = _first_of_each(same_person(sent["IdDocument"], sent["PhoneNumber"]), checked.bad.to_numpy())
        asked = np.flatnonzero(same_as == np.arange(len(sent)))
        target = People(self._connection, self, checked)
        return PushJob(target, checked, asked, finish=lambda report: self._with_tickets(report, same_as))

    def _with_tickets(self, report: Report, same_as: np.ndarray) -> Report:
        """The report where somebody in several rows has the ticket of the row that was sent.

        Without a ticket of one's own, nothing vouches that somebody was asked about: `unknown`, whatever was answered.
        """
        asked = np.where(same_as < 0, np.arange(len(same_as)), same_as)
        table = report.table.reindex(columns=list(dict.fromkeys([*report.table.columns, "idRequest"])))
        tickets = table["idRequest"].astype("str").iloc[asked].reset_index(drop=True)
        shared = pd.Series(asked).groupby(tickets).transform("nunique") > 1
        table = table.iloc[asked].set_axis(report.table.index)
        table["idRequest"] = tickets.mask(shared).array
        table = table.assign(type_request=pd.array([self.type_request] * len(table), dtype="str"))
        doubted = table["outcome"].eq(Outcome.UNKNOWN)
        table["idRequest"] = table["idRequest"].mask(doubted)
        lost = table["idRequest"].isna() & (doubted | table["outcome"].isin([Outcome.ACCEPTED, Outcome.VERIFIED]))
        table.loc[lost, "outcome"] = Outcome.UNKNOWN
        table.loc[lost, "error"] = message(
            "the vendor's answer was lost, or holds no ticket for this person, or one that others have too; "
            "`recover_tickets` looks for it"
        )
        return report.with_table(table)


class People(Target):
    """Where `request` sends people; what it sent cannot be looked up by what was asked."""

    what = "carmachain.request"
    reconcile = Reconcile.NOTHING
    together = True
    irrevocable = True

    def __init__(self, connection: Connection, peers: Peers, checked: Check) -> None:
        self.check, self._peers = checked, peers
        self.busy_is_unsent = connection.assumed["too_many_requests"] == "not executed"
        self.session = connection.session
        self._endpoint = connection.endpoint(declared.CarmaChain.endpoints["create_request"])
        self.memory = peers.memory
        self._alone = connection.assumed["categories_form"] != "list"
        cells = checked.wire()
        rows = (zip(cells, row, strict=True) for row in zip(*cells.values(), strict=True))
        self._owners: dict[str, int | None] = {}  # of tickets: the position; None for a row of another push
        self._people = [{name: value for name, value in row if value is not None} for row in rows]

    def request(self, batch: Batch) -> tuple[Endpoint, wire.Request]:
        categories, people = self._peers.categories, [self._people[n] for n in batch.positions]
        one = len(categories) == 1 and self._alone
        values = {"categories": categories[0] if one else categories, "people": people}
        return self._endpoint, wire.request(self._endpoint, values)

    def results(self, batch: Batch, payload: Any) -> Mapping[int, Mapping[str, Any]]:
        listed = payload["parametrRequest"]
        tickets = [t for t in listed if isinstance(t, dict)] if isinstance(listed, list) else []
        people = [self._people[n] for n in batch.positions]
        asked = [(person.get("IdDocument"), person.get("PhoneNumber")) for person in people]
        answered = [(_either(t, "IdDocument", "idDocument"), _either(t, "PhoneNumber", "phoneNumber")) for t in tickets]
        ids = [_ticket(t) for t in tickets]
        words = remark(self._endpoint, payload)  # what `response` says besides
        shown = {"response": whole(str(vendor_text(words)))} if words else {}
        return {
            int(at): {"idRequest": ids[n], "type_request": self._peers.type_request, **shown}
            for at, n in zip(batch.positions, matched(asked, answered), strict=True)
            if n is not None and ids[n]
        }

    def recall(self, results: Mapping[int, Mapping[str, Any]], others: Others) -> None:
        self._owners = {str(kept["idRequest"]): None for kept in others() if "idRequest" in kept}
        self._owners |= {str(kept["idRequest"]): at for at, kept in results.items() if "idRequest" in kept}

    def doubtful(self, batch: Batch, results: Mapping[int, Mapping[str, Any]]) -> Sequence[int]:
        """Whoever has no ticket, and all who have one: a request is about one person."""
        doubted: set[int] = {*batch.positions.tolist()} - results.keys()
        for at, kept in results.items():
            owner = self._owners.setdefault(str(kept["idRequest"]), at)  # also where two threads ask at once
            doubted |= {at, *([] if owner is None else [owner])} if owner != at else set()
        return sorted(doubted)


def sent_people(checked: Check) -> pd.DataFrame:
    """The people as they are sent, by position."""
    table = pd.DataFrame(checked.wire(), index=range(len(checked.frame)), dtype="str")
    return table.reindex(columns=[f.key for f in declared.Person.fields]).astype("str")


def same_person(documents: "pd.Series[str]", phones: "pd.Series[str]") -> "pd.Series[str]":
    """Alike for the same person, in whatever spelling of the phone."""
    return documents.fillna("") + "|" + same_phone(phones).fillna("")


def known_people(cells: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    """The cells of people by which the ledger knows them: those that `same_person` takes for one are one there too."""
    if "PhoneNumber" not in cells:
        return {**cells}
    phones = same_phone(pd.Series(cells["PhoneNumber"], dtype="str"))
    return {**cells, "PhoneNumber": [None if pd.isna(phone) else phone for phone in phones]}


def _first_of_each(key: "pd.Series[str]", bad: np.ndarray) -> np.ndarray:
    """For each row the first one of the same person that is not bad; -1 for a bad row."""
    firsts: dict[str, int] = {}
    rows = zip(key, bad.tolist(), strict=True)
    return np.array(
        [-1 if is_bad else firsts.setdefault(who, i) for i, (who, is_bad) in enumerate(rows)], dtype=np.int64
    )


def phones_are_ukrainian(checked: Check) -> Iterator[RowProblem]:
    """The vendor knows phones of one country, in three spellings."""
    text = mark("is no phone of the form +380999999999, 380999999999 or 0999999999")
    phones = sent_people(checked)["PhoneNumber"]
    abroad = phones.notna() & ~phones.str.fullmatch(UKRAINIAN, na=False)
    return ((i, "PhoneNumber", Problem(text)) for i in np.flatnonzero(abroad).tolist())


def documents_are_whole(checked: Check) -> Iterator[RowProblem]:
    """A number without its first zeros, or with a digit too many, is somebody else's, and each question costs."""
    text = mark("has neither the 10 digits of a tax number nor the 9 of an identity card: zeros may be lost")
    documents = sent_people(checked)["IdDocument"]
    of_tax = any(map(_OF_TAX, (str(name) for name, field in checked.mapping.items() if field == "IdDocument")))
    incomplete = documents.str.fullmatch(r"\d+", na=False) & ~documents.str.len().isin(DIGITS[of_tax:])
    return ((i, "IdDocument", Problem(text, level=DOUBT)) for i in np.flatnonzero(incomplete).tolist())


PEOPLE = Takes(
    declared.Person.fields,
    (phones_are_ukrainian, documents_are_whole),
    "api.carmachain.request",
    once=True,
    known_as=known_people,
)


def known(categories: str | Sequence[str]) -> list[str]:
    """The categories as a list, each once. A text may hold several, as `type_request` of a ticket does.

    Raises:
        InputError: one of them does not exist, or there is none.
    """
    texts = [categories] if isinstance(categories, str) else categories
    listed = list(dict.fromkeys(part.strip() for text in texts for part in re.split("[;,]", str(text))))
    if unknown := [c for c in listed or [""] if c not in declared.CATEGORIES]:
        text = "not a category: {unknown}. There are {known}"
        names = ", ".join(declared.CATEGORIES)
        raise InputError(message(text, unknown=", ".join(map(repr, unknown)), known=names))
    return listed


def _ticket(item: Mapping[str, Any]) -> str:
    """The identifier of a ticket; "" where it has none that is one."""
    ticket = item.get("idRequest")
    return whole(str(ticket)) if isinstance(ticket, str | int) and not isinstance(ticket, bool) else ""


def _either(item: Mapping[str, Any], *names: str) -> str | None:
    value = next((item[name] for name in names if item.get(name) is not None), None)
    return None if value is None else str(value)
