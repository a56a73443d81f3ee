"""CarmaChain's answers: from what the peers say to rows, and from people told about to people asked about."""

import logging
import re
from collections import deque
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from toolkit.plain import message
from toolkit.vendors.carmachain.api import CATEGORIES, DONE, PENDING

log: logging.Logger = logging.getLogger("toolkit")
WHO = {"idDocument": "str", "phoneNumber": "str", "idRequest": "str", "status": "str"}
Person = tuple[str | None, str | None]  # document and phone, in one spelling
DETAIL = {"idPpeers": "str", "groupData": "str", "fieldName": "str", "fieldValue": "str", "problem": "str"}


class Watch:
    """What was seen of each request, look after look."""

    def __init__(self, ids: Iterable[str]) -> None:
        self.open: set[str] = set(ids)  # not settled: two looks in a row have not agreed yet on an answer
        self.people: dict[str, dict[str, Any]] = {}
        self.failure: Exception | None = None  # of the last look
        self._taken_back: set[str] = set()

    @property
    def problems(self) -> dict[str, str]:
        """What is odd, by request."""
        unseen = self.open - self.people.keys() if self.failure else ()
        failed = dict.fromkeys(unseen, message("could not be looked at: {failure}", failure=self.failure))
        return failed | dict.fromkeys(self._taken_back, message("was answered, and then pending again"))

    def look(self, answer: pd.DataFrame) -> None:
        """Take in what one request gave."""
        for number, now in merged([answer]).items():
            before = self.people.get(number)
            if before and before["status"] == DONE:
                if now["status"] != DONE:
                    self._taken_back.add(number)
                elif _same(before, now):
                    self.open.discard(number)
            self.people[number] = now


def merged(answers: Sequence[pd.DataFrame]) -> dict[str, dict[str, Any]]:
    """A person a request. Where an answer names a request twice, both count; it is done when both say so."""
    people: dict[str, dict[str, Any]] = {}
    for answer in answers:
        for row in answer.astype(object).where(answer.notna(), None).to_dict("records"):
            named = {name: row[name] for name in WHO}
            person = people.setdefault(str(row["idRequest"]), {**named, "details": []})
            for detail in row["requestDetails"] or ():
                if isinstance(detail, dict) and detail not in person["details"]:
                    person["details"].append(detail)
            person["status"] = row["status"] if person["status"] == DONE else person["status"]
    return people


def tidy(
    people: Mapping[str, Mapping[str, Any]],
    tickets: pd.DataFrame | None = None,
    problems: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """One row per person, peer, group and field, in the order of the tickets (else of the answer)."""
    ids = list(people) if tickets is None else list(tickets["idRequest"])
    others = _about_others(people, tickets)
    rows, at = [], []
    for n, number in enumerate(ids):
        person = people.get(number)
        problem = (problems or {}).get(number) or _problem(number, person)
        if n in others:
            problem = message("the vendor answers about somebody else than was asked about")
        who = [person[name] if person else number if name == "idRequest" else None for name in WHO]
        for detail in (person["details"] if person else None) or [{}]:
            rows.append([*who, *(detail.get(name) for name in list(DETAIL)[:-1]), problem])
            at.append(n)
    table = pd.DataFrame(rows, columns=[*WHO, *DETAIL]).astype(WHO | DETAIL)
    if tickets is not None:
        table.index = tickets.index[at]
        if extra := set(people) - set(ids):
            log.warning("the answer holds %s requests that were not asked for; they were left out", len(extra))
    return table


def tidy_in_blocks(answers: Iterable[tuple[list[str], pd.DataFrame]], tickets: pd.DataFrame) -> pd.DataFrame:
    """The same of answers that come one after the other, each with the requests it is about: each is let go at once."""
    number, names = pd.factorize(tickets["idRequest"])  # -1 where there is no ticket
    order, known = np.argsort(number, kind="stable"), pd.Index(names)
    starts = np.searchsorted(number[order], np.arange(len(names) + 1))
    without = np.flatnonzero(number < 0)
    parts = [tidy({}, tickets.iloc[without].set_axis(without))]
    for ids, answer in answers:
        asked = known.get_indexer(pd.Index(ids))
        places = np.sort(np.concatenate([order[starts[n] : starts[n + 1]] for n in asked]))
        parts.append(tidy(merged([answer]), tickets.iloc[places].set_axis(places)))
    table = pd.concat([part for part in parts if len(part)] or parts[:1])
    table = table.iloc[np.argsort(table.index, kind="stable")]
    return table.set_axis(tickets.index[table.index.to_numpy(dtype=np.int64)])


def _about_others(people: Mapping[str, Mapping[str, Any]], tickets: pd.DataFrame | None) -> set[int]:
    """Where the answer names somebody else than the tickets do, where these say who was asked about."""
    if tickets is None:
        return set()
    tickets = tickets.reindex(columns=["idRequest", "IdDocument", "PhoneNumber"])
    answered = (people.get(number) for number in tickets["idRequest"])
    asked = pairs(tickets["IdDocument"], tickets["PhoneNumber"])
    return {
        n for n, (who, person) in enumerate(zip(asked, answered, strict=True)) if person and _contradict(who, person)
    }


def _contradict(who: tuple[Any, Any], person: Mapping[str, Any]) -> bool:
    theirs = _person(person["idDocument"], person["phoneNumber"])
    return any(None not in both and both[0] != both[1] for both in zip(_person(*who), theirs, strict=True))


def _problem(number: Any, person: Mapping[str, Any] | None) -> str | None:
    if pd.isna(number):
        return message("has no ticket: nobody was asked about this person")
    if person is None:
        return message("the vendor's answer leaves this request out")
    return (
        None
        if person["status"] in (DONE, PENDING)
        else message("status {status!r} is not documented", status=person["status"])
    )


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return sorted(map(repr, one["details"])) == sorted(map(repr, other["details"]))


def _cell(values: Mapping[str, Sequence[str]] | None) -> str | None:
    if not values:
        return None
    if len(values) == 1:
        return next(iter(values))
    by_peers = sorted(values.items(), key=lambda each: (-len(each[1]), each[0]))
    return " | ".join(f"{value} ({', '.join(sorted(peers))})" for value, peers in by_peers)


# ── who is who ───────────────────────────────────────────────────────────────


def same_phone(phones: "pd.Series[str]") -> "pd.Series[str]":
    """Phones in one spelling: +380999999999, 380999999999 and 0999999999 are the same."""
    return phones.astype("str").map(_one_spelling, na_action="ignore").astype("str")


def _one_spelling(phone: str) -> str:
    digits = re.sub(r"\D", "", phone).removeprefix("00")
    return f"38{digits}" if re.fullmatch(r"0\d{9}", digits) else digits


def matched(asked: Sequence[tuple[Any, Any]], answered: Sequence[tuple[Any, Any]]) -> list[int | None]:
    """For each person asked about, which answer is the same person's: by document and phone, else by either.

    Each is a pair of document and phone. By one of the two alone, only who cannot be mistaken is matched.
    """
    ours, theirs = [_person(*one) for one in asked], [_person(*one) for one in answered]
    free: dict[Person, deque[int]] = {}
    for m, person in enumerate(theirs):
        free.setdefault(person, deque()).append(m)
    matches = [free[p].popleft() if p != (None, None) and free.get(p) else None for p in ours]
    for known, other in ((0, 1), (1, 0)):
        mine = _alone(ours, {n for n, m in enumerate(matches) if m is not None}, known)
        their = _alone(theirs, set(matches), known)
        for n, m in ((mine[value], their[value]) for value in mine.keys() & their.keys()):
            if None in (ours[n][other], theirs[m][other]):  # what only one of the two knows does not contradict
                matches[n] = m
    return matches


def _person(document: Any, phone: Any) -> Person:
    return None if pd.isna(document) else str(document), None if pd.isna(phone) else _one_spelling(str(phone))


def _alone(people: Sequence[Person], matched: Container[int | None], known: int) -> dict[str, int]:
    """Where each document (0) or phone (1) stands that one alone has of the people who are not matched yet."""
    places: dict[str, list[int]] = {}
    for n, person in enumerate(people):
        if n not in matched and (value := person[known]) is not None:
            places.setdefault(value, []).append(n)
    return {value: at[0] for value, at in places.items() if len(at) == 1}


def pairs(documents: Iterable[Any], phones: Iterable[Any]) -> list[tuple[Any, Any]]:
    return list(zip(documents, phones, strict=True))


def pivot(answers: pd.DataFrame) -> pd.DataFrame:
    """One row per person, one column per field."""
    person = answers.groupby([answers.index, "idRequest"], sort=False, dropna=False).ngroup().to_numpy()
    first = np.unique(person, return_index=True)[1]
    values: dict[tuple[int, str], dict[str, list[str]]] = {}
    for n, group, name, value, peer in zip(
        person, *(answers[c] for c in ("groupData", "fieldName", "fieldValue", "idPpeers")), strict=True
    ):
        if pd.notna(name):
            values.setdefault((int(n), f"{group}/{name}"), {}).setdefault(str(value), []).append(str(peer))
    rank = {group: n for n, group in enumerate(CATEGORIES)}
    names = sorted({name for _, name in values}, key=lambda c: (rank.get(c.split("/")[0], len(rank)), c))
    cells = {name: pd.array([_cell(values.get((n, name))) for n in range(len(first))], dtype="str") for name in names}
    torn = [[c for c in names if len(values.get((n, c), ())) > 1] for n in range(len(first))]
    who = answers.iloc[first][[*WHO, "problem"]]
    conflicts = pd.array([", ".join(t) or None for t in torn], dtype="str")
    return pd.concat([who.assign(conflicts=conflicts), pd.DataFrame(cells, index=who.index)], axis=1)
