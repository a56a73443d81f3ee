"""What a push has done, on disk before it is done: states, transitions, recovery.

An *op* is one request's worth of rows. Its intent is durable before the first byte leaves (SQLite, one connection,
`journal_mode=PERSIST`, `synchronous=FULL`: WAL is not durable with less, and fails on network homes). The rollback file
stays beside the journal, and goes where it goes; once its head is zeroed it says nothing. No value of a row is kept:
only positions, keyed fingerprints, and what the vendor gave back.
"""

import contextlib
import enum
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from toolkit.errors import PushError
from toolkit.http.secrets import scrub
from toolkit.push import disk, identity


class Op(enum.StrEnum):
    """States of one op. Those marked * are provisional: an unbalanced audit makes them unknown."""

    PLANNED = "planned"
    INTENT = "intent"
    ACKED = "acked"
    VERIFIED = "verified"
    REJECTED = "rejected"
    SPLIT = "split"  # its children hold its rows
    FOLLOWED = "followed"  # acknowledged, and the next step of its row holds the row
    ABANDONED = "abandoned"  # a draft in doubt is left behind; a new one holds the row
    NOT_EXECUTED = "not executed"
    AMBIGUOUS = "ambiguous"
    COUNTED = "counted"  # * the counter says that it was stored
    RESEND = "resend"  # * the counter says that it was not
    DUPLICATED = "duplicated"  # stored twice: a late commit after a resend
    UNKNOWN = "unknown"
    RESOLVED_DONE = "resolved: committed"  # a person said so
    RESOLVED_NOT_DONE = "resolved: not committed"


class Run(enum.StrEnum):
    """States of a push."""

    OPEN = "open"
    PAUSED = "paused"
    BALANCED = "closed, balanced"
    UNBALANCED = "closed, unbalanced"
    UNVERIFIED = "closed, not verified"
    SUPERSEDED = "superseded"  # a later push took over the rows that were left


MOVES = {
    Op.PLANNED: {Op.INTENT, Op.SPLIT, Op.REJECTED, Op.UNKNOWN},  # refused by name or by inference; of a resent parent
    Op.INTENT: {Op.ACKED, Op.REJECTED, Op.NOT_EXECUTED, Op.AMBIGUOUS, Op.SPLIT, Op.VERIFIED},
    Op.NOT_EXECUTED: {Op.INTENT, Op.SPLIT, Op.REJECTED, Op.COUNTED, Op.DUPLICATED, Op.UNKNOWN},
    Op.AMBIGUOUS: {Op.COUNTED, Op.RESEND, Op.DUPLICATED, Op.UNKNOWN, Op.VERIFIED, Op.ABANDONED},
    Op.RESEND: {Op.INTENT, Op.SPLIT, Op.COUNTED, Op.DUPLICATED, Op.UNKNOWN},
    Op.ACKED: {Op.VERIFIED, Op.COUNTED, Op.DUPLICATED, Op.UNKNOWN, Op.FOLLOWED},
    Op.COUNTED: {Op.VERIFIED, Op.DUPLICATED, Op.UNKNOWN},
    Op.UNKNOWN: {Op.RESOLVED_DONE, Op.RESOLVED_NOT_DONE},
    Op.RESOLVED_NOT_DONE: {Op.INTENT, Op.SPLIT, Op.UNKNOWN},
}
HANDED_ON = (Op.SPLIT, Op.FOLLOWED, Op.ABANDONED)  # another op holds the rows
SENDABLE = (Op.PLANNED, Op.NOT_EXECUTED, Op.RESEND, Op.RESOLVED_NOT_DONE)

SCHEMA = """
CREATE TABLE run (one INTEGER PRIMARY KEY CHECK (one = 1), facts TEXT NOT NULL, state TEXT NOT NULL,
                  reason TEXT NOT NULL DEFAULT '', epoch INTEGER NOT NULL DEFAULT 0);
CREATE TABLE manifest (part INTEGER PRIMARY KEY, words BLOB NOT NULL);
CREATE TABLE op (id INTEGER PRIMARY KEY, parent INTEGER, kind TEXT NOT NULL, positions TEXT NOT NULL,
                 size INTEGER NOT NULL, irrevocable INTEGER NOT NULL, state TEXT NOT NULL, sha256 TEXT,
                 resent INTEGER NOT NULL, note TEXT NOT NULL DEFAULT '');
CREATE TABLE attempt (op INTEGER NOT NULL, number INTEGER NOT NULL, epoch INTEGER NOT NULL, verdict TEXT,
                      started TEXT NOT NULL, ended TEXT, status INTEGER, code TEXT, message TEXT,
                      PRIMARY KEY (op, number)) WITHOUT ROWID;
CREATE TABLE result (position INTEGER PRIMARY KEY, given TEXT NOT NULL);
CREATE TABLE blame (position INTEGER PRIMARY KEY, error TEXT NOT NULL, column TEXT);
CREATE TABLE event (id INTEGER PRIMARY KEY, at TEXT NOT NULL, epoch INTEGER NOT NULL, what TEXT NOT NULL,
                    details TEXT NOT NULL);
"""


@dataclass(eq=False)
class Step:
    """One op as the runner holds it; the journal has the same on disk."""

    id: int
    kind: str
    positions: np.ndarray
    state: Op = Op.PLANNED
    parent: int | None = None
    irrevocable: bool = False
    resent: int = 0
    note: str = ""
    sha256: str | None = None  # of the latest request
    attempts: int = 0

    @property
    def size(self) -> int:
        return len(self.positions)


class Journal:
    """The SQLite file of one push, held by one process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        source = f"{path.absolute().as_uri()}?mode=rw"  # also to read: what a killed process left has to be rolled back
        self._db = sqlite3.connect(source, uri=True, isolation_level=None, check_same_thread=False, timeout=5)
        self._db.execute("PRAGMA journal_mode=PERSIST")
        self._db.execute("PRAGMA synchronous=FULL")
        self.epoch = 0
        self._touched: dict[Step, dict[str, Any]] = {}  # by the transaction under way: how they were before
        self._file = path.stat().st_ino

    @classmethod
    def sound(cls, path: Path) -> "Journal | None":
        """The journal; None where the file is damaged."""
        disk.private_file(path)
        with contextlib.suppress(sqlite3.DatabaseError):
            journal = cls(path)
            if journal.intact():
                return journal
            journal.close()
        return None

    @classmethod
    def create(
        cls, path: Path, facts: Mapping[str, Any], words: Iterable[np.ndarray], ops: Mapping[str, Any]
    ) -> "Journal":
        """A new journal: what all rows are known by, and the first ops (`plan`). It appears whole or not at all."""
        draft = path.with_suffix(".new")
        for left_over in (draft, rollback(draft), rollback(path)):  # SQLite would apply them to the new file
            left_over.unlink(missing_ok=True)
        disk.private_file(draft)
        made = cls(draft)
        made._db.executescript(f"BEGIN; {SCHEMA} COMMIT;")
        with made.transaction():
            made._db.execute("INSERT INTO run (one, facts, state) VALUES (1, ?, ?)", (_json(facts), Run.OPEN))
            made._db.executemany("INSERT INTO manifest (words) VALUES (?)", ((part.tobytes(),) for part in words))
            made.plan(**ops)
        made.close()
        rollback(draft).unlink(missing_ok=True)
        draft.replace(path)
        disk.sync_folder(path.parent)
        return cls(path)

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def close(self) -> None:
        self._db.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it durable at the end, or none of it: then the steps in memory are as before, too."""
        self._touched = {}
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
                for step, before in self._touched.items():
                    vars(step).update(before)
            raise
        if not self.path.exists() or self.path.stat().st_ino != self._file:
            raise PushError(f"the journal {self.path} was taken away; nothing more was sent")

    # ── reading ──

    @property
    def facts(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._db.execute("SELECT facts FROM run").fetchone()[0])
        return {"where": found.get("destination", "")} | found  # early journals know the address only

    @property
    def state(self) -> tuple[Run, str]:
        state, reason = self._db.execute("SELECT state, reason FROM run").fetchone()
        return Run(state), reason

    def intact(self) -> bool:
        """Whether SQLite finds the file undamaged."""
        try:
            return bool(self._db.execute("PRAGMA integrity_check").fetchone() == ("ok",))
        except sqlite3.DatabaseError:
            return False

    def manifest(self) -> np.ndarray:
        """What each row is known by (see `identity`), in the order of the first push."""
        if "words" not in [column for _, column, *_ in self._db.execute("PRAGMA table_info(manifest)")]:  # an early one
            early = self._db.execute("SELECT prints, labels FROM manifest").fetchone()
            return np.column_stack([np.frombuffer(half, dtype=np.uint64).reshape(-1, 2) for half in early])
        parts = [part for (part,) in self._db.execute("SELECT words FROM manifest ORDER BY part")]
        return np.frombuffer(b"".join(parts), dtype=np.uint64).reshape(-1, identity.WORDS)

    def steps(self) -> list[Step]:
        """Every op, with the number of its attempts."""
        return self._steps("")

    def holders(self) -> list[Step]:
        """The ops that hold the rows now: each row is in one of them."""
        return self._steps(f"WHERE state NOT IN {(*map(str, HANDED_ON),)}")

    def _steps(self, where: str) -> list[Step]:
        attempts = dict(self._db.execute("SELECT op, count(*) FROM attempt GROUP BY op"))
        query = "SELECT id, kind, positions, state, parent, irrevocable, resent, note, sha256 FROM op"
        return [
            Step(i, kind, _unpack(rows), Op(state), parent, bool(final), resent, note, sha256, attempts.get(i, 0))
            for i, kind, rows, state, parent, final, resent, note, sha256 in self._db.execute(
                f"{query} {where} ORDER BY id"
            )
        ]

    def results(self) -> dict[int, dict[str, Any]]:
        return {p: json.loads(given) for p, given in self._db.execute("SELECT position, given FROM result")}

    def blames(self) -> dict[int, tuple[str, str | None]]:
        return {
            p: (error, column) for p, error, column in self._db.execute("SELECT position, error, column FROM blame")
        }

    def events(self) -> list[tuple[str, str, dict[str, Any]]]:
        return [
            (at, w, json.loads(d)) for at, w, d in self._db.execute("SELECT at, what, details FROM event ORDER BY id")
        ]

    def epochs(self) -> set[int]:
        """The lock periods in which somebody held this journal."""
        return {epoch for (epoch,) in self._db.execute("SELECT epoch FROM event WHERE what = 'opened'")}

    def attempts(self) -> list[tuple[Any, ...]]:
        """op, number, epoch, verdict, started, ended, status, code, message of every attempt."""
        return self._db.execute("SELECT * FROM attempt ORDER BY op, number").fetchall()

    # ── writing: each inside a transaction of the caller's ──

    def recover(self, at: str) -> int:
        """Take the journal over: a new epoch, and every open intent is ambiguous. How many there were.

        What another push took over stays so, whatever happens next: its rows must not be sent from here.
        """
        with self.transaction():
            self._db.execute("UPDATE run SET epoch = epoch + 1")
            self._db.execute("UPDATE run SET state = ?, reason = '' WHERE state != ?", (Run.OPEN, Run.SUPERSEDED))
            self.epoch = self._db.execute("SELECT epoch FROM run").fetchone()[0]
            lost = self._db.execute("UPDATE op SET state = ? WHERE state = ?", (Op.AMBIGUOUS, Op.INTENT)).rowcount
            self._db.execute("UPDATE attempt SET verdict = 'ambiguous' WHERE verdict IS NULL")
            self.event(at, "opened", recovered=lost)
        return lost

    def set_facts(self, **changed: Any) -> None:
        self._db.execute("UPDATE run SET facts = ?", (_json(self.facts | changed),))

    def set_state(self, state: Run, reason: str = "") -> None:
        self._db.execute("UPDATE run SET state = ?, reason = ?", (state, scrub(reason)))

    def plan(self, kind: str, many: Iterable[np.ndarray], **common: Any) -> list[Step]:
        """New ops, one for each group of row positions."""
        made = []
        for positions in many:
            step = Step(0, kind, positions, **common)
            cursor = self._db.execute(
                "INSERT INTO op (parent, kind, positions, size, irrevocable, state, resent) VALUES (?,?,?,?,?,?,?)",
                (step.parent, kind, _pack(positions), step.size, step.irrevocable, step.state, step.resent),
            )
            step.id = int(cursor.lastrowid or 0)
            made.append(step)
        return made

    def intend(self, step: Step, sha256: str, at: str) -> None:
        """Say what is about to be sent. It may leave once the transaction is durable, and only then."""
        if step.irrevocable and self._spent(step):
            raise AssertionError(f"op {step.id} may be sent once only")
        self._move(step, Op.INTENT, sha256=sha256, attempts=step.attempts + 1)
        self._db.execute(
            "INSERT INTO attempt (op, number, epoch, started) VALUES (?, ?, ?, ?)",
            (step.id, step.attempts, self.epoch, at),
        )

    def outcome(self, step: Step, state: Op, said: Any, at: str) -> None:
        """What came of the attempt that is under way, and the state that follows."""
        self.attempted(step, said, at)
        self._move(step, state)

    def attempted(self, step: Step, said: Any, at: str) -> None:
        """What came of the attempt that is under way. `said`: its verdict, status, code and message."""
        self._db.execute(
            "UPDATE attempt SET verdict = ?, ended = ?, status = ?, code = ?, message = ? WHERE op = ? AND number = ?",
            (said.verdict, at, said.status, _text(said.code), scrub(said.message)[:500], step.id, step.attempts),
        )

    def move(self, step: Step, state: Op, note: str = "") -> None:
        """A state that follows from evidence, inference or a person's word."""
        if state in (Op.RESEND, Op.ABANDONED) and step.irrevocable:
            raise AssertionError(f"op {step.id} is never sent again")
        self._move(step, state, resent=step.resent + (state is Op.RESEND), note=scrub(note) or step.note)

    def split(self, parent: Step, parts: Sequence[np.ndarray]) -> list[Step]:
        """The parent's rows as new ops. Not one row more or less."""
        rows = np.concatenate(parts)
        if not np.array_equal(rows, parent.positions) and not np.array_equal(np.sort(rows), np.sort(parent.positions)):
            raise AssertionError("a split keeps every row once")
        self._move(parent, Op.SPLIT)
        common = {"parent": parent.id, "irrevocable": parent.irrevocable, "resent": parent.resent}
        return self.plan(parent.kind, parts, **common)

    def keep_results(self, given: Mapping[int, Mapping[str, Any]]) -> None:
        """Add to what the vendor gave back for rows."""
        rows = [(int(position), _json(values)) for position, values in given.items()]
        merge = "ON CONFLICT (position) DO UPDATE SET given = json_patch(given, excluded.given)"
        self._db.executemany(f"INSERT INTO result VALUES (?, ?) {merge}", rows)  # noqa: S608 (a constant)

    def blame(self, position: int, error: str, column: str | None) -> None:
        self._db.execute("INSERT OR REPLACE INTO blame VALUES (?, ?, ?)", (int(position), scrub(error), column))

    def event(self, at: str, what: str, **details: Any) -> None:
        self._db.execute(
            "INSERT INTO event (at, epoch, what, details) VALUES (?, ?, ?, ?)",
            (at, self.epoch, what, scrub(_json(details))),
        )

    def _move(self, step: Step, state: Op, **changed: Any) -> None:
        """To this state, together with what else of the step changes."""
        self._touched.setdefault(step, vars(step).copy())
        if state not in MOVES.get(step.state, ()):
            raise AssertionError(f"op {step.id} does not go from {step.state} to {state}")
        vars(step).update(changed)
        found = self._db.execute(
            "UPDATE op SET state = ?, sha256 = ?, resent = ?, note = ? "
            "WHERE id = ? AND state = ? AND (SELECT epoch FROM run) = ?",
            (state, step.sha256, step.resent, step.note, step.id, step.state, self.epoch),
        )
        if found.rowcount != 1:
            raise PushError("this push was taken over by another process; nothing more was sent from here")
        step.state = state

    def _spent(self, step: Step) -> bool:
        query = "SELECT count(*) FROM attempt WHERE op = ? AND (verdict IS NULL OR verdict != 'not executed')"
        person = step.state is Op.RESOLVED_NOT_DONE
        return not person and bool(self._db.execute(query, (step.id,)).fetchone()[0])


def rollback(path: Path) -> Path:
    """SQLite's rollback file of a journal: what a commit that was cut off is undone with."""
    return path.with_name(f"{path.name}-journal")


def remove(path: Path) -> None:
    """Remove a journal and its rollback file."""
    for each in (path, rollback(path)):
        each.unlink(missing_ok=True)
    disk.sync_folder(path.parent)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _pack(positions: np.ndarray) -> str:
    """Positions as ranges, "0:487 490:492": short for chunks, plain for a person who looks."""
    if not len(positions):
        return ""
    breaks = np.flatnonzero(np.diff(positions) != 1) + 1
    return " ".join(f"{run[0]}:{run[-1] + 1}" for run in np.split(positions, breaks))


def _unpack(text: str) -> np.ndarray:
    if not text:
        return np.empty(0, dtype=np.int64)
    return np.concatenate([np.arange(*map(int, run.split(":")), dtype=np.int64) for run in text.split(" ")])
