"""CarmaChain: many people asked about at once, and what the peers answer in their own time."""

import logging
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from toolkit.calls.client import progress_bar
from toolkit.errors import ApiError, BadAnswer, InputError, NotSent, Throttled
from toolkit.http.secrets import Secret
from toolkit.plain import message
from toolkit.push import IfSent, OnBadRows, Options, Report, bulk_write
from toolkit.sheets.outcomes import Outcome
from toolkit.sheets.target import takes
from toolkit.vendors.base import VendorClient
from toolkit.vendors.carmachain import api as declared
from toolkit.vendors.carmachain.answers import Watch, matched, merged, pairs, pivot, tidy, tidy_in_blocks
from toolkit.vendors.carmachain.api import ALL, TOKEN_LIFE
from toolkit.vendors.carmachain.push import BETWEEN, PEOPLE, Peers, known, same_person

log: logging.Logger = logging.getLogger("toolkit")
IDS_AT_ONCE = 1000
FIRST_PAUSE, LONGEST_PAUSE = 2.0, 60.0  # seconds between two looks
TICKET = ("idRequest", "type_request")
PERSON = ("IdDocument", "PhoneNumber", "outcome")


class CarmaChain(VendorClient, declared.CarmaChain):
    """Data about people, asked of many peers at once and answered in their own time."""

    _raw_only: declared.RawOnly

    def __repr__(self) -> str:
        return f"<CarmaChain at {self.connection.host}>"

    @takes(PEOPLE)
    def request(
        self,
        rows: Any,
        *,
        categories: str | Sequence[str],
        if_sent: IfSent = "raise",
        on_bad_rows: OnBadRows = "skip",
        options: Options | Mapping[str, Any] | None = None,
    ) -> Report:
        """Ask about people, and say what became of each question: a ticket for each person who could be asked about.

        **It may cost money.** Somebody who stands in several rows, in whatever spelling of the phone, is asked about
        once; of an iterator, a later frame with them is refused, or `if_sent="skip"` leaves them out. Safe to run
        again: nobody is asked about twice, the same tickets come back, and what was interrupted goes on. Where a
        request gets no trustworthy answer, its people are `unknown` and are never asked about again on their own;
        `answers(period=…)` shows what was asked lately, and `recover_tickets` looks there for them.

        Args:
            rows: `IdDocument`, `PhoneNumber`, or both; any other column is an error. A DataFrame, a list of dicts, a
                table of polars, pyarrow or DuckDB, a Check, or an iterator of these.
            categories: what to ask for: one category, or several, in any order, in a list or as "Address; Contacts".
                Asking for "All categories" may cost most.
            if_sent: what to do with people who were asked about before, for the same categories. "raise": nothing is
                sent, unless these are exactly the people of an earlier request: then it goes on, or its report comes
                back. "skip": only the others are asked about. "resend": all are asked about once more; a further time
                needs the option `resend_as`.
            on_bad_rows: "skip" leaves out rows that name nobody, or name somebody wrongly, and the report says why;
                "raise" sends nothing where there are any.
            options: such as `{"chunk_rows": 100}`, people in one request at most, or `{"requests_per_second": 2}`;
                `toolkit.Options` lists them.

        Returns:
            A report with one row for each row of the input, same index. Its table has `idRequest`, missing where there
            is no ticket, and `type_request`. Collect the answers with the report, or tomorrow with the table, saved.

        Raises:
            RowErrors: some rows cannot be sent, with `on_bad_rows="raise"`. Nothing was sent; `.table` lists all.
            PushRefused: some of these people were asked about before, and `if_sent` is "raise". Nothing was sent.

        >>> people = [{"PhoneNumber": phone} for phone in ("0999999999", "+380999999999", "0999999998")]
        >>> carmachain.request(people, categories="Address").joined[["PhoneNumber", "idRequest", "outcome"]]
             PhoneNumber     idRequest   outcome
        0     0999999999  5f2b1c000000  accepted
        1  +380999999999  5f2b1c000000  accepted
        2     0999999998  5f2b1c000001  accepted

        Manual: CarmaChain, Developer guide, Send request; POST /api/createrequest (documented).
        """
        policy = self.connection.policy(if_sent, on_bad_rows, options)
        report = bulk_write(rows, Peers(self.connection, known(categories)), policy)
        if without := int(report.table["idRequest"].isna().sum()):
            log.warning("%s of %s rows have no ticket: `outcome` and `error` say why", without, len(report))
        return report

    def answers(
        self,
        tickets: Report | pd.DataFrame | None = None,
        *,
        ids: Iterable[str] | None = None,
        period: int | None = None,
        categories: str | Sequence[str] = ALL,
    ) -> pd.DataFrame:
        """Read the answers so far. This looks once; `collect` waits.

        Give exactly one of `tickets`, `ids` and `period`. Safe to repeat: nobody is asked again.

        Args:
            tickets: the report of `request`, or any frame with `idRequest` and `type_request`.
            ids: identifiers of requests.
            period: everything that was asked in the last so many minutes.
            categories: with `ids` and `period`, the categories to read; tickets hold theirs.

        Returns:
            One row per person, peer, group and field, with the index of `tickets`, repeated. A person of whom nothing
            is known yet is one row without a field. `status` is `Done` or `Panding` (pending); `problem` says what is
            wrong: a request that the vendor leaves out, a status that no document shows.

        Raises:
            InputError: you gave none or several of the three, or the frame lacks one of the two columns.
        """
        if sum(each is not None for each in (tickets, ids, period)) != 1:
            raise InputError(message("give tickets, or ids=…, or period=… (minutes)"))
        if period is not None:
            return tidy(merged([self._raw_only.respond(known(categories), period=period)]))
        if ids is not None:
            tickets = pd.DataFrame({"idRequest": pd.array(list(ids), dtype="str")})
            tickets["type_request"] = BETWEEN.join(known(categories))
        asked = tickets_of(tickets)
        return tidy_in_blocks(self._look(asked), asked)

    def collect(self, tickets: Report | pd.DataFrame, *, timeout: Any = "30min") -> pd.DataFrame:
        """Wait for the answers, and return them in the form of `answers`.

        This looks again and again, ever less often, until all answers are there or the time is over. An answer counts
        once two looks in a row agree on it, because the vendor may take a first one back. You may interrupt the call,
        and call it again later, in any process: nothing is lost, and nothing is asked again.

        Args:
            tickets: the report of `request`, or any frame with `idRequest` and `type_request`.
            timeout: how long to wait, as "30min" or "2h"; "0s" looks once.

        Returns:
            One row per person, peer, group and field, with the index of `tickets`, repeated. A person without an answer
            by then is one row, whose `status` is `Panding`.

        Raises:
            ApiError: the vendor refused the request. The answers so far are not lost: call it again.
        """
        asked, clock = tickets_of(tickets), self.connection.session.clock
        until = clock.monotonic() + _seconds(timeout)
        watch, pause = Watch(asked["idRequest"].dropna()), FIRST_PAUSE
        total = len(watch.open)
        with progress_bar(total, "answers", shown=self.connection.client.progress) as bar:
            while True:
                self._try_to_look(asked[asked["idRequest"].isin(watch.open)], watch)
                bar.update(total - len(watch.open) - bar.n)
                left = until - clock.monotonic()
                if not watch.open or left <= 0:
                    return tidy(watch.people, asked, watch.problems)
                clock.sleep(min(left, random.uniform(pause / 2, pause)))
                pause = min(LONGEST_PAUSE, pause * 1.5)

    def pivot(self, answers: pd.DataFrame) -> pd.DataFrame:
        """Turn answers into one row per person, with one column per field, as `Address/city`. Nothing is sent.

        Args:
            answers: from `answers` or `collect`.

        Returns:
            One row per person, with the index of `answers`. Where peers differ, the cell holds each value with the
            peers that give it, and `conflicts` names the column.
        """
        return pivot(answers)

    def recover_tickets(self, tickets: Report | pd.DataFrame, *, period: int) -> pd.DataFrame:
        """Find tickets that were lost: fill in `idRequest` where a recent request asked about that person.

        Use it for people whose request got no answer. Nobody is asked about again. Look at the result before you trust
        it: somebody else may have asked about the same person.

        Args:
            tickets: the report of `request`, or a frame with `IdDocument`, `PhoneNumber`, `outcome`, `idRequest` and
                `type_request`, as its `joined` was saved.
            period: how many minutes to look back.

        Returns:
            A frame with these columns, which `answers` and `collect` take.
        """
        known_tickets = tickets_of(tickets, *PERSON)
        asked = merged([self._raw_only.respond(ALL, period=period)]).values()
        free = [person for person in asked if person["idRequest"] not in set(known_tickets["idRequest"])]
        documents, phones = known_tickets["IdDocument"], known_tickets["PhoneNumber"]
        key = same_person(documents, phones)
        sent = known_tickets["outcome"].isin((Outcome.UNKNOWN, Outcome.ACCEPTED))
        lost = (sent & known_tickets["idRequest"].isna() & ~key.duplicated()).to_numpy()
        matches = matched(
            pairs(documents[lost], phones[lost]),
            pairs([person["idDocument"] for person in free], [person["phoneNumber"] for person in free]),
        )
        ids = {k: free[n]["idRequest"] for k, n in zip(key[lost], matches, strict=True) if n is not None}
        filled = known_tickets["idRequest"].fillna(key.map(ids).where(sent).astype("str"))
        return known_tickets.assign(idRequest=filled)

    def _new_token(self) -> tuple[Secret, float | None]:
        """A token and the seconds it lives. The peer gives it to whoever reaches it."""
        return self._raw_only.get_token(), TOKEN_LIFE

    def _try_to_look(self, tickets: pd.DataFrame, watch: Watch) -> None:
        """Look once; what can pass by itself is left to the next look."""
        watch.failure = None
        try:
            for _, answer in self._look(tickets):
                watch.look(answer)
        except (NotSent, BadAnswer, ApiError) as problem:
            if isinstance(problem, ApiError) and problem.status < 500 and not isinstance(problem, Throttled):
                raise
            watch.failure = problem
            log.warning("a look for answers failed, and is made again: %s", problem)

    def _look(self, tickets: pd.DataFrame) -> Iterator[tuple[list[str], pd.DataFrame]]:
        """The vendor's answers about tickets, a request's worth at a time, each with the requests asked for."""
        asked = tickets.dropna(subset=["idRequest"]).drop_duplicates("idRequest")
        for wanted, ids in asked.groupby("type_request", sort=False)["idRequest"]:
            for start in range(0, len(ids), IDS_AT_ONCE):
                some = list(ids.iloc[start : start + IDS_AT_ONCE])
                yield some, self._raw_only.respond(str(wanted).split(BETWEEN), ids=some)


def tickets_of(tickets: Any, *more: str) -> pd.DataFrame:
    """The tickets of a report, or of a frame, as text; of a report, the people as they were sent.

    Raises:
        InputError: it has not the columns of tickets.
    """
    if isinstance(tickets, Report):
        table = tickets.table.reindex(columns=[*TICKET, "outcome", "error"])
        sent = tickets.sent().reindex(columns=[f.key for f in declared.Person.fields])
        sent = sent.set_axis(np.flatnonzero(table["outcome"] != "not sent")).reindex(range(len(table)))
        tickets = pd.concat([sent.set_axis(table.index), table], axis=1)
    wanted = [*TICKET, *more]
    if not isinstance(tickets, pd.DataFrame) or (missing := [name for name in wanted if name not in tickets]):
        lacks = message(", which lacks {names}", names=", ".join(missing)) if isinstance(tickets, pd.DataFrame) else ""
        text = "tickets are the report of `request`, or a frame with {names}, not {kind}"
        raise InputError(message(text, names=", ".join(wanted), kind=type(tickets).__name__) + lacks)
    texts = [name for name in (*TICKET, *(f.key for f in declared.Person.fields)) if name in tickets]
    return tickets.astype(dict.fromkeys(texts, "str"))


def _seconds(timeout: Any) -> float:
    try:
        seconds = None if isinstance(timeout, int | float) else pd.Timedelta(timeout).total_seconds()
    except ValueError:
        seconds = None
    if seconds is None or not seconds >= 0:
        raise InputError(message("a time is said with its unit, as '30min' or '2h', not {timeout!r}", timeout=timeout))
    return float(seconds)
