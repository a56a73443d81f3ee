"""Pushes of the past: what, where, when, how they ended; and what a person can still do about it."""

import contextlib
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from toolkit import settings
from toolkit.errors import InputError, PushError, PushRefused
from toolkit.http.session import Clock, RealClock
from toolkit.push import disk
from toolkit.push.destination import Memory
from toolkit.push.drive import stamp
from toolkit.push.outcomes import Table, holders, sentences, tally
from toolkit.push.report import Report
from toolkit.push.states import SENDABLE, EventKind, Operation, PushState, State, positions
from toolkit.push.states import Push as PushFacts
from toolkit.push.store import care
from toolkit.push.store.file import LedgerFile, open_ledger
from toolkit.sheets.outcomes import NAMES

WORDS = {"committed": State.RESOLVED_COMMITTED, "not committed": State.RESOLVED_NOT_COMMITTED}
_folders_in_use: set[Path] = set()  # that settings named which this process connected with


def pushes() -> pd.DataFrame:
    """Past and open pushes, one row each, the latest first.

    Columns: `id`, `what`, `destination` (in words), `by` (who began it, where, and in which process), `started` (UTC),
    `state`, `reason`, `rows`, then the number of rows of each outcome. A ledger that is damaged is one row with the
    state "damaged".
    """
    rows: list[dict[str, Any]] = []
    for condition in itertools.chain.from_iterable(map(care.check, _folders())):
        if not condition.sound:
            rows.append({"id": condition.name, "state": "damaged", "reason": "; ".join(condition.problems)})
            continue
        with _ledger(condition.path) as ledger:
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
    return table.sort_values("started", ascending=False, ignore_index=True)


def open_push(id: str, *, clock: Clock | None = None) -> "Push":
    """One push of the past, by its id as `pushes()` shows it.

    Raises:
        InputError: there is none with this id.
    """
    return Push(id, clock or RealClock())


class Push:
    """A push of the past, and what a person can still do about it."""

    def __init__(self, id: str, clock: Clock) -> None:
        self.id: str = id
        self._clock = clock
        self._path = self._found()

    def __repr__(self) -> str:
        return f"<Push {self.id}>"

    def report(self) -> Report:
        """What became of each row, by its position in the push. The rows' values are not kept on disk."""
        with self._opened() as (ledger, push):
            index = pd.RangeIndex(push.rows, name="position")
            table, frame = Table(index), pd.DataFrame(index=index)
            where = np.arange(push.rows)
            table.fill(ledger, push, range(push.rows), where)
            table.fill_causes(ledger, push, range(push.rows), where, frame)
            facts: dict[str, Any] = {"id": push.id, "what": push.what, "where": push.where, "started": push.started}
            facts |= {"rows": push.rows, "state": str(push.state)}
            return Report(frame, table, {**facts, "notes": sentences(ledger, push)})

    def resolve(self, rows: Iterable[int], verdict: Literal["committed", "not committed"], *, why: str) -> Report:
        """Settle unknown rows by what a person saw at the vendor. Recorded with the reason.

        Args:
            rows: positions in the push (the index of `report().table`); only unknown ones, and whole requests of them.
            verdict: "committed": they are there. "not committed": they are not; running the push again sends them.
            why: what was looked at.

        Raises:
            InputError: a row is not unknown, or belongs to a request of which other rows are not named.
        """
        chosen = np.unique(np.fromiter(rows, dtype=np.int64))
        state = WORDS.get(verdict)
        if state is None or not why:
            raise InputError('say "committed" or "not committed", and why')
        with self._opened(alone=True) as (ledger, push):
            doubtful = [o for o in holders(ledger, push) if o.state in (State.UNKNOWN, State.SENT)]
            touched = [o for o in doubtful if np.isin(positions(o.rows), chosen).any()]
            _complete(touched, chosen)
            with ledger.transaction():
                for operation in touched:
                    ledger.put_operation(replace(operation, state=State.UNKNOWN))
                    ledger.put_operation(replace(operation, state=state, note=f"{state}: {why}"))
                now, named = stamp(self._clock), [o.id for o in touched]
                ledger.event(now, EventKind.RESOLVED, push.id, verdict=verdict, why=why, operations=named)
                self._after(ledger, push)
        return self.report()

    def purge(self) -> None:
        """Forget its rows. What it knew is gone: the same rows would be sent again by the next push of them.

        How many rows it sent, and when, stays: it explains what the vendor counts.

        Raises:
            PushRefused: a push to the same place is running, here or in another kernel; or it has not ended.
        """
        with self._opened(alone=True) as (ledger, push):
            if any(o.state is State.SENT for o in holders(ledger, push)):
                raise PushRefused(f"what became of some rows of push {self.id} is not settled yet: run it again first")
            ledger.purge(self.id, stamp(self._clock))

    def _after(self, ledger: LedgerFile, push: PushFacts) -> None:
        left = any(o.state in (*SENDABLE, State.SENT) for o in holders(ledger, push))
        if push.state is not PushState.SUPERSEDED:
            ended, why = (PushState.PAUSED, "resolved by hand") if left else (PushState.DONE, "")
            ledger.put_push(replace(push, state=ended, reason=why))

    def _found(self) -> Path:
        for path in [folder / "ledgers" / f"{n}.sqlite" for folder in _folders() for n in care.ledger_names(folder)]:
            with contextlib.suppress(PushError, PushRefused), _ledger(path) as ledger:
                if any(push.id == self.id for push in ledger.pushes()):
                    return path
        raise InputError(f"there is no push {self.id!r}; toolkit.pushes() lists them")

    @contextlib.contextmanager
    def _opened(self, alone: bool = False) -> Iterator[tuple[LedgerFile, PushFacts]]:
        """Its ledger and what that says of it; with `alone`, nobody pushes there meanwhile."""
        with _ledger(self._path) as ledger:
            memory = Memory.of((ledger.push(self.id).facts or {})["memory"])
            held = _lock(memory) if alone else contextlib.nullcontext()
            with held:
                yield ledger, ledger.push(self.id)


def _folders() -> list[Path]:
    """Where ledgers are: the user's own state folder, and those that this kernel has pushed with."""
    return sorted({settings.state_folder(), *(folder for folder in _folders_in_use if folder.exists())})


def _lock(memory: Memory) -> disk.Lock:
    return disk.Lock(memory.lock_file(memory.folder), memory.where)


def _ledger(path: Path) -> LedgerFile:
    with LedgerFile(path) as ledger:
        about = ledger.about
    return open_ledger(path.parent.parent, path.stem.rpartition("-")[0], about, "")


def _complete(touched: list[Operation], chosen: np.ndarray) -> None:
    covered = np.concatenate([positions(o.rows) for o in touched]) if touched else np.empty(0, dtype=np.int64)
    if strange := sorted(set(chosen.tolist()) - set(covered.tolist())):
        raise InputError(f"not unknown: rows {', '.join(map(str, strange[:10]))}")
    if forgotten := sorted(set(covered.tolist()) - set(chosen.tolist())):
        named = ", ".join(map(str, forgotten[:10]))
        raise InputError(f"these rows went in the same requests, which were done wholly or not at all: {named}")


def look_into(state: Path | None) -> None:
    """From now on `pushes()` shows what is remembered there, as a sandbox of this process has its own folder."""
    _folders_in_use.update([state] if state else ())
