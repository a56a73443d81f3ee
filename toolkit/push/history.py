"""Pushes of the past: what, where, when, how they ended; and what a person can still do about it."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_list_like
from pandas.errors import InvalidIndexError

from toolkit.errors import InputError, PushError, PushRefused
from toolkit.http.session import Clock, RealClock
from toolkit.plain import message, plain
from toolkit.push.destination import Memory
from toolkit.push.driver import stamp
from toolkit.push.options import Options
from toolkit.push.outcomes import Table, holders, sentences, tally
from toolkit.push.report import Report
from toolkit.push.states import SENDABLE, EventKind, Operation, PushState, State, positions, ranges
from toolkit.push.states import Push as PushFacts
from toolkit.push.store.ledger import StoredLedger
from toolkit.push.store.places import Place, all_ledgers, locked
from toolkit.sheets.outcomes import NAMES

WORDS = {"committed": State.RESOLVED_COMMITTED, "not committed": State.RESOLVED_NOT_COMMITTED}
POSITION = "position"  # the index of a report whose rows are known by nothing else


def pushes() -> pd.DataFrame:
    """Past and open pushes, one row each, the latest first.

    Columns: `id`, `what`, `destination` (in words), `by` (who began it, where, and in which process), `started` (UTC),
    `state`, `reason`, `rows`, then the number of rows of each outcome. Those of a team are everybody's. A ledger that
    is damaged, or cannot be reached, is one row with the state "damaged" and the reason.
    """
    rows: list[dict[str, Any]] = []
    for place, name, problems in all_ledgers():
        if problems:
            rows.append({"id": name, "state": "damaged", "reason": "; ".join(problems)})
            continue
        with place.open(name) as ledger, ledger.snapshot():
            for push in ledger.pushes():
                facts: dict[str, Any] = {
                    "id": push.id,
                    "what": push.what,
                    "destination": push.where,
                    "by": (push.facts or {}).get("by", ""),
                    "started": push.started,
                }
                facts |= {"state": str(push.state), "reason": push.reason, "rows": push.rows}
                rows.append(facts | tally(holders(ledger, push), push))
    columns = ["id", "what", "destination", "by", "started", "state", "reason", "rows", *NAMES]
    table = pd.DataFrame(rows, columns=columns)
    table["started"] = pd.to_datetime(table["started"], format="ISO8601", utc=True).astype("datetime64[us, UTC]")
    whole = dict.fromkeys(["rows", *NAMES], "Int64")
    text = dict.fromkeys(["id", "what", "destination", "by", "state", "reason"], "str")
    table = table.fillna(dict.fromkeys(NAMES, 0)).astype(whole | text)
    table = table.sort_values("started", ascending=False, ignore_index=True)
    return table.assign(started=table["started"].dt.floor("s"))  # in a second, the latest still stands first


def open_push(id: str, *, clock: Clock | None = None) -> "Push":
    """One push of the past, by its id as `pushes()` shows it.

    Raises:
        InputError: there is none with this id.
    """
    return Push(id, clock or RealClock())


def resolve(
    report: Report,
    rows: Any,
    verdict: Literal["committed", "not committed"],
    *,
    why: str,
    clock: Clock | None = None,
) -> None:
    """Settle unknown rows by what a person saw at the vendor. Recorded with the reason; nothing is sent.

    The same call that gave the report then gives one in which they are settled, and sends those that are not there.

    Args:
        report: the one that a call gave, or `open_push(…).report()`.
        rows: index labels of the report, such as `[3, 7]`; a part of it, such as `report.unknown.iloc[:5]`; or a
            truth value for each of its rows. In a report of `open_push` one of the last two: its labels are none of
            your rows.
        verdict: "committed": they are there. "not committed": they are not; running the push again sends them.
        why: what was looked at.
        clock: whose time is recorded; by default the computer's own.

    Raises:
        InputError: a row is not unknown, or it cannot be told which is meant. Nothing was changed. Or one was settled
            meanwhile, or a request of it may still arrive: of its push nothing was changed.
        PushRefused: a push to the same place is running, here or in another kernel. Of that nothing was changed.
    """
    if verdict not in WORDS or not why:
        raise InputError(message('say "committed" or "not committed", and why'))
    unknown = np.concatenate([np.empty(0, np.int64), *(each.at for each in report.in_doubt)])
    at = _places(report, rows, unknown)
    if strange := report.table.index[np.setdiff1d(at, unknown)[:10]].tolist():
        text = "nothing is to be settled of the rows {names}: no push has them in doubt"
        raise InputError(message(text, names=", ".join(map(str, strange))))
    for each in report.in_doubt:
        if len(chosen := each.rows[np.isin(each.at, at)]):
            open_push(each.push, clock=clock)._resolve(chosen, verdict, why)


def _places(report: Report, rows: Any, unknown: np.ndarray) -> np.ndarray:
    """Where in the report the rows are that a person names."""
    labels = report.table.index
    if not is_list_like(rows) or (labels.nlevels > 1 and isinstance(rows, tuple)):
        rows = [rows]  # one label, as a text is
    if is_bool_dtype(chosen := rows if hasattr(rows, "dtype") else pd.Series([*rows], dtype=object).infer_objects()):
        if len(chosen) != len(labels):
            raise InputError(message("there are {count:,} rows in the report", count=len(labels)))
        return np.flatnonzero(chosen)
    named = rows.index if isinstance(rows, pd.DataFrame | pd.Series) else rows
    if report.facts.get("labels") == POSITION and getattr(named, "name", None) != POSITION:
        raise InputError(
            message(
                "the labels of this report are none of your rows: name them by a part of it, such as "
                "report.unknown.iloc[:5], or by the labels of the report that the call itself gives"
            )
        )
    return np.unique(np.array([_labelled(labels, label, unknown) for label in named], dtype=np.int64))


def _labelled(labels: pd.Index, label: Any, unknown: np.ndarray) -> int:
    """Where the row with this label is."""
    try:
        place = np.arange(len(labels))[labels.get_loc(label)]
    except (KeyError, TypeError, ValueError, InvalidIndexError):
        raise InputError(message("the report has no row {label!r}", label=label)) from None
    where = np.atleast_1d(place)
    if len(where) > 1:
        where = np.intersect1d(where, unknown)
    if len(where) != 1:
        text = "several rows of the report are {label!r}: give a truth value for each of its rows"
        raise InputError(message(text, label=label))
    return int(where[0])


class Push:
    """A push of the past, and what a person can still do about it."""

    def __init__(self, id: str, clock: Clock) -> None:
        self.id: str = id
        self._clock = clock
        self._place, self._name, self._about = self._find()

    def __repr__(self) -> str:
        return plain(f"<Push {self.id}: {self._about}>")

    def report(self) -> Report:
        """What became of each row, by its position in the push. The rows' values are not kept on disk."""
        with self._opened() as (ledger, push):
            index = pd.RangeIndex(push.rows, name=POSITION)
            table, frame = Table(index), pd.DataFrame(index=index)
            where = np.arange(push.rows)
            table.fill(holders(ledger, push), push, range(push.rows), where)
            table.fill_causes(ledger, push, range(push.rows), where, frame)
            facts: dict[str, Any] = {"id": push.id, "what": push.what, "where": push.where, "started": push.started}
            facts |= {"rows": push.rows, "state": str(push.state), "labels": POSITION}
            report = Report(frame, table, {**facts, "notes": sentences(push, holders(ledger, push), ledger)})
            report.in_doubt = [table.in_doubt(push.id, range(push.rows), where)]
            return report

    def _resolve(self, chosen: np.ndarray, verdict: str, why: str) -> None:
        with self._opened(alone=True) as (ledger, push):
            doubtful = [o for o in holders(ledger, push) if o.state in (State.UNKNOWN, State.SENT)]
            touched = [o for o in doubtful if np.isin(positions(o.rows), chosen).any()]
            if not np.isin(chosen, [n for operation in touched for n in positions(operation.rows)]).all():
                raise InputError(message("some of these rows are not unknown any more: run the same call again"))
            now = stamp(self._clock)
            last = max((o.started.wall for o in touched if o.started), default=0.0)
            early = any(o.state is State.SENT for o in touched) or 0 <= now.wall - last < Options().settle_wait
            if early and verdict != "committed":
                text = (
                    "a request of some of these rows may still arrive: run the same call again first, which waits and "
                    "looks; where nothing can be looked at, say it a minute later"
                )
                raise InputError(message(text))
            with ledger.transaction():
                for operation in touched:
                    _settle(ledger, operation, np.isin(positions(operation.rows), chosen), WORDS[verdict], why)
                named = [o.id for o in touched]
                ledger.event(now, EventKind.RESOLVED, push.id, verdict=verdict, why=why, operations=named)
                self._after(ledger, push)

    def purge(self) -> None:
        """Forget its rows. What it knew is gone: the same rows would be sent again by the next push of them.

        How many rows it sent, and when, stays: it explains what the vendor counts.

        Raises:
            PushRefused: a push to the same place is running, here or in another kernel; or it has not ended.
        """
        with self._opened(alone=True) as (ledger, push):
            if any(o.state is State.SENT for o in holders(ledger, push)):
                raise PushRefused(
                    message("what became of some rows of push {id} is not settled yet: run it again first", id=self.id)
                )
            ledger.purge(self.id, stamp(self._clock))

    def _after(self, ledger: StoredLedger, push: PushFacts) -> None:
        left = any(o.state in (*SENDABLE, State.SENT) for o in holders(ledger, push))
        if push.state is not PushState.SUPERSEDED:
            ended, why = (PushState.PAUSED, message("resolved by hand")) if left else (PushState.DONE, "")
            ledger.put_push(replace(push, state=ended, reason=why))

    def _find(self) -> tuple[Place, str, str]:
        """Where its ledger is, the name of that, and what was pushed where."""
        for place, name, _ in all_ledgers():
            with contextlib.suppress(PushError), place.open(name) as ledger:
                for push in ledger.pushes():
                    if push.id == self.id:
                        return place, name, message("{what} to {where}", what=message(push.what), where=push.where)
        raise InputError(message("there is no push {id!r}; toolkit.pushes() lists them", id=self.id))

    @contextlib.contextmanager
    def _opened(self, alone: bool = False) -> Iterator[tuple[StoredLedger, PushFacts]]:
        """Its ledger and what that says of it; with `alone`, nobody pushes there meanwhile."""
        with self._place.open(self._name) as ledger, ledger.snapshot():
            push = ledger.push(self.id)
            if not alone:
                yield ledger, push
                return
        with contextlib.ExitStack() as opened:
            if where := (push.facts or {}).get("memory"):
                memory = replace(Memory.of(where), team=getattr(self._place, "address", None))
                place = opened.enter_context(locked(memory))
                theirs = place.ledger(memory.about, "") if memory.team else self._place.open(self._name)
                ledger = opened.enter_context(theirs)
            else:  # in the place of one that was lost: it may be of any lock
                ledger = opened.enter_context(self._place.alone(self._name))
            with ledger.snapshot():
                push = ledger.push(self.id)
            yield ledger, push


def _settle(ledger: StoredLedger, operation: Operation, named: np.ndarray, state: State, why: str) -> None:
    """What a person saw of rows of a request; where these are not all, the others stay unknown."""
    ledger.put_operation(replace(operation, state=State.UNKNOWN))
    settled = replace(operation, state=state, note=f"{state}: {why}")
    if named.all():
        ledger.put_operation(settled)
        return
    for each in (State.RESOLVED_NOT_COMMITTED, State.REPLACED):
        ledger.put_operation(replace(operation, state=each))
    for where, part in (named, settled), (~named, replace(operation, state=State.UNKNOWN)):
        rows = positions(operation.rows)[where]
        ledger.add_operation(replace(part, rows=ranges(rows), size=len(rows), parent=operation.id, open=False))
