"""CarmaChain: many people asked about at once, and what the peers answer in their own time."""

import logging
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from toolkit.client import progress_bar
from toolkit.errors import ApiError, BadAnswer, InputError, NotSent, RowErrors, Throttled
from toolkit.http import wire
from toolkit.http.secrets import Secret
from toolkit.push import Nothing, Order, Rows, SendPolicy
from toolkit.sheets.check import Check, check
from toolkit.spec import Endpoint
from toolkit.vendors.base import Connection, VendorClient
from toolkit.vendors.carmachain import api as declared
from toolkit.vendors.carmachain.answers import Watch, matched, merged, pairs, pivot, same_phone, tidy
from toolkit.vendors.carmachain.api import ALL, CATEGORIES, TOKEN_LIFE

log = logging.getLogger("toolkit")
UKRAINIAN = r"(?:\+?38)?0\d{9}"
AT_ONCE = {"chunk_rows": 100}  # people in a request, at most
IDS_AT_ONCE = 1000
FIRST_PAUSE, LONGEST_PAUSE = 2.0, 60.0  # seconds between two looks


class CarmaChain(VendorClient, declared.CarmaChain):
    """Data about people, asked of many peers at once and answered in their own time."""

    def __repr__(self) -> str:
        return f"<CarmaChain at {self.connection.host}>"

    def request(
        self,
        people: pd.DataFrame,
        *,
        categories: str | Sequence[str] = ALL,
        only_new: bool = False,
        again: bool | str = False,
        push: Mapping[str, Any] | None = None,
    ) -> pd.DataFrame:
        """Ask about people, and return a ticket for each: one row a row of `people`, same index.

        May cost money. Somebody who stands in several rows, in whatever spelling of the phone, is asked about once.
        Safe to run again: nobody is asked about twice, the same tickets come back, and what was interrupted goes on.
        Where a request gets no trustworthy answer, its people are `unknown` and are never asked about again on their
        own; `answers(period=…)` shows what was asked lately, and `recover_tickets` looks there for them.

        Args:
            people: `IdDocument` and/or `PhoneNumber`; any other column is an error.
            categories: what to ask for: one category, or several.
            only_new: leave out people who were asked about before, for the same categories.
            again: ask once more, on purpose; a text makes a further time of it.
            push: settings for this request, as `{"chunk_rows": 100}`: people in one request at most.

        Returns:
            `IdDocument`, `PhoneNumber`, `type_request`, `idRequest`, `outcome` and `error`. An ordinary DataFrame:
            save it, and collect the answers tomorrow. A row without `idRequest` has no ticket; `outcome` and `error`
            say why.

        Raises:
            RowErrors: some rows name nobody, or name somebody wrongly. Nothing was sent; `.table` lists all.
            PushRefused: some of these people were asked about before, and nobody chose what to do. Nothing was sent.

        >>> people = pd.DataFrame({"PhoneNumber": ["0999999999", "+380999999999", "0999999998"]})
        >>> carmachain.request(people)[["PhoneNumber", "idRequest", "outcome"]]
             PhoneNumber     idRequest   outcome
        0     0999999999  5f2b1c000000  accepted
        1  +380999999999  5f2b1c000000  accepted
        2     0999999998  5f2b1c000001  accepted

        Manual: CarmaChain, Developer guide, Send request; POST /api/createrequest (documented).
        """
        wanted = _known(categories)
        checked = check(people, declared.Person)
        sent = _sent(checked)
        if len(problems := _problems(checked, sent)):
            raise RowErrors(problems, "people")
        key = _key(sent["IdDocument"], sent["PhoneNumber"])
        first = ~key.duplicated().to_numpy()
        target = _People(self.connection, check(people[first], declared.Person), wanted)
        options = self.connection.options(push, **AT_ONCE)
        report = self.connection.push(target, Nothing(), target.check, options, SendPolicy(only_new, again))
        told = report.table.reindex(columns=["idRequest", "outcome", "error"])
        told = told.set_axis(pd.Index(key[first])).reindex(key).reset_index(drop=True)
        tickets = pd.concat([sent, told], axis=1).set_axis(people.index)
        tickets.insert(2, "type_request", "; ".join(wanted))
        tickets = tickets.astype({"idRequest": "str"})
        lost = tickets["idRequest"].isna() & tickets["outcome"].eq("accepted")
        tickets.loc[lost, "error"] = "the vendor's answer holds no ticket for this person"
        tickets.attrs["notes"] = list(report.facts["notes"])
        if without := int(tickets["idRequest"].isna().sum()):
            log.warning("%s of %s people have no ticket: `outcome` and `error` say why", without, len(tickets))
        return tickets

    def answers(
        self,
        tickets: pd.DataFrame | None = None,
        *,
        ids: Iterable[str] | None = None,
        period: int | None = None,
        categories: str | Sequence[str] = ALL,
    ) -> pd.DataFrame:
        """What has been answered so far: one row a person, peer, group and field. Looks once; `collect` waits.

        A person of whom nothing is known yet is one row without a field. `status` is `Done` or `Panding` (pending);
        `problem` says what is odd: a request that the vendor leaves out, a status that no document shows.

        Args:
            tickets: from `request`; the rows have its index, repeated.
            ids: or identifiers of requests.
            period: or everything asked in the last so many minutes.
            categories: which of what was asked for; tickets know theirs.

        Raises:
            InputError: not exactly one of tickets, ids and period is given.
        """
        if sum(given is not None for given in (tickets, ids, period)) != 1:
            raise InputError("give tickets, or ids=…, or period=… (minutes)")
        if period is not None:
            return tidy(merged([self._raw_only.respond(_known(categories), period=period)]))
        if ids is not None:
            tickets = pd.DataFrame({"idRequest": pd.array(list(ids), dtype="str")})
            tickets["type_request"] = "; ".join(_known(categories))
        assert tickets is not None
        return tidy(merged(list(self._look(tickets))), tickets)

    def collect(self, tickets: pd.DataFrame, *, timeout: Any = "30min") -> pd.DataFrame:
        """Wait for the answers, and return what came, in the form of `answers`.

        Looks again and again, ever less often, until everybody is answered or the time is over; who is not answered by
        then stays `Panding`, and the same call goes on later, in any process. An answer counts once two looks in a row
        agree on it, for a first one may be taken back. May be interrupted: nothing is lost.

        Args:
            tickets: from `request`.
            timeout: how long to wait, as "30min" or "2h"; "0s" looks once.
        """
        clock = self.connection.session.clock
        until = clock.monotonic() + _seconds(timeout)
        watch, pause = Watch(tickets["idRequest"].dropna()), FIRST_PAUSE
        total = len(watch.open)
        with progress_bar(total, "answers", shown=self.connection.client.progress) as bar:
            while True:
                self._try_to_look(tickets[tickets["idRequest"].isin(watch.open)], watch)
                bar.update(total - len(watch.open) - bar.n)
                left = until - clock.monotonic()
                if not watch.open or left <= 0:
                    return tidy(watch.people, tickets, watch.problems)
                clock.sleep(min(left, random.uniform(pause / 2, pause)))
                pause = min(LONGEST_PAUSE, pause * 1.5)

    def pivot(self, answers: pd.DataFrame) -> pd.DataFrame:
        """Answers as one row a person, with a column for each field, as `Address/city`.

        Where peers differ, the cell holds each value with the peers who say so, and `conflicts` names the column.

        Args:
            answers: from `answers` or `collect`; the index is theirs, once a person.
        """
        return pivot(answers)

    def recover_tickets(self, tickets: pd.DataFrame, *, period: int) -> pd.DataFrame:
        """The tickets, those without an `idRequest` filled in where the last minutes hold a request for that person.

        For people whose request got no answer. Nobody is asked about again. Look before you trust it: somebody else may
        have asked about the same person.

        Args:
            tickets: from `request`.
            period: minutes back.
        """
        asked = merged([self._raw_only.respond(ALL, period=period)]).values()
        free = [person for person in asked if person["idRequest"] not in set(tickets["idRequest"])]
        key = _key(tickets["IdDocument"], tickets["PhoneNumber"])
        sent = tickets["outcome"].isin(("unknown", "accepted"))
        lost = (sent & tickets["idRequest"].isna() & ~key.duplicated()).to_numpy()
        found = matched(
            pairs(tickets["IdDocument"][lost], tickets["PhoneNumber"][lost]),
            pairs([person["idDocument"] for person in free], [person["phoneNumber"] for person in free]),
        )
        ids = {k: free[n]["idRequest"] for k, n in zip(key[lost], found, strict=True) if n is not None}
        return tickets.assign(idRequest=tickets["idRequest"].fillna(key.map(ids).where(sent).astype("str")))

    @property
    def _raw_only(self) -> declared.RawOnly:
        return declared.RawOnly(self.connection.client)

    def _sign_in(self) -> tuple[Secret, float | None]:
        """A token and the seconds it lives, where that is known. The peer gives it to whoever reaches it."""
        if token := self.connection.account.get("token"):
            return token, None
        return self._raw_only.get_token(), TOKEN_LIFE

    def _try_to_look(self, tickets: pd.DataFrame, watch: Watch) -> None:
        """Look once; what can pass by itself is left to the next look."""
        watch.failure = None
        try:
            for answer in self._look(tickets):
                watch.look(answer)
        except (NotSent, BadAnswer, ApiError) as problem:
            if isinstance(problem, ApiError) and problem.status < 500 and not isinstance(problem, Throttled):
                raise
            watch.failure = problem
            log.warning("a look for answers failed, and is made again: %s", problem)

    def _look(self, tickets: pd.DataFrame) -> Iterator[pd.DataFrame]:
        """The vendor's answers about tickets, a request's worth at a time."""
        asked = tickets.dropna(subset=["idRequest"]).drop_duplicates("idRequest")
        for wanted, ids in asked.groupby("type_request", sort=False)["idRequest"]:
            for start in range(0, len(ids), IDS_AT_ONCE):
                some = list(ids.iloc[start : start + IDS_AT_ONCE])
                yield self._raw_only.respond(str(wanted).split("; "), ids=some)


class _People(Rows):
    """Where `request` sends people; what it sent cannot be looked up by what was asked."""

    what = "carmachain.request"
    together = True
    irrevocable = True

    def __init__(self, connection: Connection, checked: Check, categories: list[str]) -> None:
        self.check, self._categories = checked, categories
        self.session = connection.session
        self._endpoint = connection.endpoint(declared.CarmaChain.endpoints["create_request"])
        self.destination = f"{connection.address}/createrequest {'; '.join(categories)}"
        self.where = f"peers at {connection.host}, about {', '.join(categories)}"
        cells = checked.wire()
        rows = (zip(cells, row, strict=True) for row in zip(*cells.values(), strict=True))
        self._people = [{name: value for name, value in row if value is not None} for row in rows]

    def request(self, order: Order) -> tuple[Endpoint, wire.Request]:
        values = {"categories": _one_or_many(self._categories), "people": [self._people[n] for n in order.positions]}
        return self._endpoint, wire.request(self._endpoint, values)

    def results(self, order: Order, payload: Any) -> Mapping[int, Mapping[str, Any]]:
        listed = payload["parametrRequest"]
        tickets = [t for t in listed if isinstance(t, dict)] if isinstance(listed, list) else []
        people = [self._people[n] for n in order.positions]
        asked = [(person.get("IdDocument"), person.get("PhoneNumber")) for person in people]
        told = [(_either(t, "IdDocument", "idDocument"), _either(t, "PhoneNumber", "phoneNumber")) for t in tickets]
        found = matched(asked, told)
        return {
            int(at): {"idRequest": str(tickets[n]["idRequest"])}
            for at, n in zip(order.positions, found, strict=True)
            if n is not None and tickets[n].get("idRequest")
        }


def _either(item: Mapping[str, Any], *names: str) -> str | None:
    found = next((item[name] for name in names if item.get(name) is not None), None)
    return None if found is None else str(found)


def _key(documents: "pd.Series[str]", phones: "pd.Series[str]") -> "pd.Series[str]":
    return documents.fillna("") + "|" + same_phone(phones).fillna("")


def _sent(checked: Check) -> pd.DataFrame:
    """The people as they are sent, by position."""
    made = pd.DataFrame(checked.wire(), index=range(len(checked.frame)), dtype="str")
    return made.reindex(columns=[f.key for f in declared.Person.fields]).astype("str")


def _problems(checked: Check, sent: pd.DataFrame) -> pd.DataFrame:
    """What keeps people from being asked about: `row`, `column`, `value`, `problem`."""
    labels, phones = checked.frame.index, sent["PhoneNumber"]
    abroad = phones.notna() & ~phones.str.fullmatch(UKRAINIAN, na=False)
    wrong = "is no phone of the form +380999999999, 380999999999 or 0999999999"
    rows = [(labels[int(i)], "PhoneNumber", phones[int(i)], wrong) for i in np.flatnonzero(abroad)]
    names = ["row", "column", "value", "problem"]
    return pd.concat([checked.errors[names], pd.DataFrame(rows, columns=names)], ignore_index=True)


def _known(categories: str | Sequence[str]) -> list[str]:
    listed = [categories] if isinstance(categories, str) else list(dict.fromkeys(categories))
    if unknown := [c for c in listed or [""] if c not in CATEGORIES]:
        raise InputError(f"not a category: {', '.join(map(repr, unknown))}. There are {', '.join(CATEGORIES)}")
    return listed


def _one_or_many(categories: list[str]) -> str | list[str]:
    return categories[0] if len(categories) == 1 else categories


def _seconds(timeout: Any) -> float:
    try:
        seconds = None if isinstance(timeout, int | float) else pd.Timedelta(timeout).total_seconds()
    except ValueError:
        seconds = None
    if seconds is None or not seconds >= 0:
        raise InputError(f"a time is said with its unit, as '30min' or '2h', not {timeout!r}")
    return float(seconds)
