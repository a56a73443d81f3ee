"""Pushes of the past: what, where, when, how they ended; and what a person can still do."""

from collections.abc import Callable, Iterable
from typing import Any, Literal

import numpy as np
import pandas as pd

from toolkit import settings
from toolkit.errors import InputError, PushError
from toolkit.http.session import Clock, RealClock
from toolkit.push import disk, identity
from toolkit.push.journal import SENDABLE, Journal, Op, Run, Step, remove
from toolkit.push.outcomes import OUTCOME, Table, row_states, sentences
from toolkit.push.report import Report
from toolkit.push.verify import verify
from toolkit.sheets.outcomes import NAMES

_resumable: dict[str, Callable[[], Report]] = {}  # pushes whose rows this kernel holds


def pushes() -> pd.DataFrame:
    """Past and open pushes, one row each, the latest first.

    Columns: `id`, `what`, `destination` (in words), `started` (UTC), `state`, `reason`, `rows`, then the number of
    rows of each outcome.
    """
    rows: list[dict[str, Any]] = []
    for path in (settings.state_folder() / "pushes").glob("*.sqlite"):
        journal = Journal.sound(path)
        if journal is None:
            rows.append({"id": path.stem, "state": "damaged"})
            continue
        with journal:
            facts, (state, reason) = journal.facts, journal.state
            counts = pd.Series([OUTCOME[s] for s in row_states(journal)], dtype=object).value_counts()
        facts |= {"destination": facts["where"]}
        rows.append(facts | {"state": str(state), "reason": reason} | {str(k): v for k, v in counts.items()})
    columns = ["id", "what", "destination", "started", "state", "reason", "rows", *NAMES]
    table = pd.DataFrame(rows, columns=columns)
    table["started"] = pd.to_datetime(table["started"], format="ISO8601", utc=True).astype("datetime64[us, UTC]")
    whole = dict.fromkeys(["rows", *NAMES], "Int64")
    text = dict.fromkeys(["id", "what", "destination", "state", "reason"], "str")
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
        self._path = settings.state_folder() / "pushes" / f"{id}.sqlite"
        if not self._path.exists():
            raise InputError(f"there is no push {id!r}; toolkit.pushes() lists them")

    def __repr__(self) -> str:
        return f"<Push {self.id}>"

    def report(self) -> Report:
        """What became of each row, by its position in the push. The rows' values are not kept on disk."""
        with self._journal() as journal:
            index = pd.RangeIndex(journal.facts["rows"], name="position")
            table, frame = Table(index), pd.DataFrame(index=index)
            table.journal(journal, np.arange(len(index)), frame)
            state, _ = journal.state
            return Report(frame, table, journal.facts | {"state": str(state), "notes": sentences(journal)})

    def resume(self) -> Report:
        """Go on where it stopped, while this kernel still holds its rows.

        Raises:
            PushError: it does not. Run the call that started it once more, with the same frame: that resumes it.
        """
        if self.id not in _resumable:
            raise PushError(
                "this kernel does not hold the rows of this push, and none are kept on disk: run the call that started "
                "it once more, with the same frame; it goes on where it stopped"
            )
        return _resumable[self.id]()

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
        state = {"committed": Op.RESOLVED_DONE, "not committed": Op.RESOLVED_NOT_DONE}.get(verdict)
        if state is None or not why:
            raise InputError('say "committed" or "not committed", and why')
        with self._journal() as journal, self._lock(journal):
            doubtful = [s for s in journal.steps() if s.state in (Op.UNKNOWN, Op.AMBIGUOUS, Op.INTENT)]
            self._complete([s for s in doubtful if np.isin(s.positions, chosen).any()], chosen)
            run, _ = journal.state
            journal.recover(self._clock.now().isoformat())
            self._settle(journal, run, chosen, state, why)
        return self.report()

    def purge(self) -> None:
        """Remove the journal. What it knew is gone: the same rows would be sent again by the next push of them.

        Raises:
            PushRefused: the push is running, here or in another kernel.
        """
        with self._journal() as journal:
            lock = self._lock(journal)
        with lock:
            remove(self._path)
        forget(self.id)

    def verify(self) -> list[str]:
        """What is wrong with its journal, by the rules that every push obeys; empty where nothing is."""
        with self._journal() as journal:
            return verify(journal)

    def _journal(self) -> Journal:
        if journal := Journal.sound(self._path):
            return journal
        raise PushError(f"the journal {self._path} is damaged: nothing can be learned from it any more")

    def _lock(self, journal: Journal) -> disk.Lock:
        locks = disk.private_folder(settings.state_folder() / "locks")
        return disk.Lock(locks / f"{identity.short(journal.facts['lock'])}.lock", journal.facts["where"])

    def _complete(self, touched: list[Step], chosen: np.ndarray) -> None:
        covered = np.concatenate([s.positions for s in touched]) if touched else np.empty(0, dtype=np.int64)
        if strange := sorted(set(chosen) - set(covered)):
            raise InputError(f"not unknown: rows {', '.join(map(str, strange[:10]))}")
        if forgotten := sorted(set(covered) - set(chosen)):
            named = ", ".join(map(str, forgotten[:10]))
            raise InputError(f"these rows went in the same requests, which were done wholly or not at all: {named}")

    def _settle(self, journal: Journal, run: Run, chosen: np.ndarray, state: Op, why: str) -> None:
        steps = journal.steps()
        touched = [s for s in steps if s.state in (Op.UNKNOWN, Op.AMBIGUOUS) and np.isin(s.positions, chosen).any()]
        uncounted = [s for s in touched if s.state is Op.AMBIGUOUS]
        with journal.transaction():
            for step in uncounted:
                journal.move(step, Op.UNKNOWN)
            for step in touched:
                journal.move(step, state, f"{state}: {why}")
            if uncounted and (counter := journal.facts.get("counter")):
                journal.set_facts(counter=counter | {"trusted": False})  # a person was faster than the counter
            journal.event(self._clock.now().isoformat(), str(state), why=why, ops=[s.id for s in touched])
            left = any(s.state in (*SENDABLE, Op.AMBIGUOUS) for s in steps)
            after = run if run is Run.SUPERSEDED else Run.PAUSED if left else Run.UNVERIFIED
            journal.set_state(after, "resolved by hand" if left else "")


def remember(id: str, resume: Callable[[], Report]) -> None:
    """Let `open_push(id).resume()` go on in this kernel."""
    _resumable[id] = resume


def forget(id: str) -> None:
    """That push is done with, or gone."""
    _resumable.pop(id, None)
