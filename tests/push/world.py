"""One database, one frame and one state folder; a push that dies where it is told to; and the truth to compare with."""

import contextlib
import random
import re
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import toolkit
from tests.helpers.clock import ManualClock
from tests.helpers.registry import Registry
from toolkit.http.session import Clock, Session
from toolkit.push import IfSent, identity
from toolkit.push.outcomes import holders, outcome_of
from toolkit.push.states import Push, State, positions
from toolkit.push.store import care, database
from toolkit.push.store.file import Folder, LedgerFile
from toolkit.sandbox import Sandbox
from toolkit.spec import Endpoint
from toolkit.vendors.ida.sandbox import values as ida_values

POSTS = {"method": "POST", "path": "/api/v2/database/records"}
COUNTS = {"method": "GET", "path": "/api/v2/database/*"}
FOREIGN = 1009  # rows that somebody else adds at once: more than all chunks of a test together
REFUSED = "prohibido.example"  # e-mails there are refused by the vendor, though their form is right
SETTINGS = {"settle_wait": 10, "settle_stable": 2, "chunk_rows": 30, "fence_every": 3, "max_rejected": 1}
FOREVER = 10**9
BOUNDS = {  # how often a row may be stored, by what is said of it
    "verified": (1, 1),
    "accepted": (1, 1),
    "rejected": (0, 0),
    "not sent": (0, 0),
    "duplicated": (2, FOREVER),
    "unknown": (0, FOREVER),
}


class Died(BaseException):
    """The process is gone: nothing that it would have done afterwards is done."""


class Fate:
    """Counts what a push does, journal statements and requests alike; at step number `at`, something happens.

    With `what`, steps of that name only are counted: "before post_records", "after post_records", "COMMIT".
    """

    def __init__(self, at: int | None = None, happens: Callable[[], None] | None = None, what: str = "") -> None:
        self.at, self._happens, self._what = at, happens or self.die, what
        self.seen: list[str] = []
        self.dead = False

    def die(self) -> None:
        self.dead = True
        raise Died

    def step(self, what: str) -> None:
        if self.dead:
            raise Died
        if self._what in ("", what):
            self.seen.append(what)
            if len(self.seen) == self.at:
                self._happens()

    @contextlib.contextmanager
    def rules(self) -> Iterator["Fate"]:
        """While this lasts, journals and requests are subject to it."""
        fate = self

        class Mortal(Hasty):
            def execute(self, *statement: Any) -> sqlite3.Cursor:
                fate.step(statement[0])
                return super().execute(*statement)

            def executemany(self, *statement: Any) -> sqlite3.Cursor:
                fate.step(statement[0])
                return super().executemany(*statement)

            def executescript(self, script: str) -> sqlite3.Cursor:
                fate.step(script)
                return super().executescript(script)

        def attempt(session: Session, endpoint: Endpoint, request: Any) -> Any:
            fate.step(f"before {endpoint.name}")
            answer = honest(session, endpoint, request)
            fate.step(f"after {endpoint.name}")
            return answer

        honest = Session.attempt
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(database, "sqlite3", sqlite_with(Mortal))
            patch.setattr(Session, "attempt", attempt)
            yield self


class Hasty(sqlite3.Connection):
    """Does not wait for the disk: here processes die, and machines do not."""

    def execute(self, *statement: Any) -> sqlite3.Cursor:
        return super().execute(statement[0].replace("synchronous = FULL", "synchronous = OFF"), *statement[1:])


def sqlite_with(factory: type[sqlite3.Connection]) -> SimpleNamespace:
    """The module as the store knows it, with other connections."""
    return SimpleNamespace(**{**vars(sqlite3), "connect": partial(sqlite3.connect, factory=factory)})


class JumpingClock(ManualClock):
    """A clock on the wall that can be set wrong, and a monotonic one that cannot."""

    ahead = timedelta()
    jump = timedelta()  # at the next sleep

    def now(self) -> datetime:
        return self.moment + self.ahead

    def sleep(self, seconds: float) -> None:
        self.ahead, self.jump = self.ahead + self.jump, timedelta()
        super().sleep(seconds)


def by_hand(box: Sandbox) -> JumpingClock:
    """One clock for the client and the sandbox."""
    clock = JumpingClock(box)
    box.control.clock(set=clock.moment.isoformat())
    return clock


@contextlib.contextmanager
def stricter_vendor() -> Iterator[None]:
    """The vendor refuses e-mails of a domain: a rule of its own, that nobody here knows."""
    form = ida_values.FORMATS["email"].pattern
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(ida_values.FORMATS, "email", re.compile(rf"(?!.*@{re.escape(REFUSED)}){form}"))
        yield


def in_our_folder(systems: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """Settings of a sandbox without its own state folder: what is sent is remembered where the test looks."""
    return {system: {k: v for k, v in facts.items() if k != "state"} for system, facts in systems.items()}


class Database:
    """A contact database of its own, a frame to be pushed there, and what is known about both."""

    def __init__(self, box: Sandbox, api: toolkit.Api, folder: Path) -> None:
        self.box, self.control, self.api, self.folder = box, box.control, api, folder
        self.database = api.ida.create_database("base", pd.DataFrame({"name": ["EMAIL"], "type": ["email"]}))
        self.values: list[str] = []
        self.known: dict[str, None] = {}  # every value that ever stood in the frame

    # ── the frame ──

    def add(self, rows: int, host: str = "example.cl") -> None:
        new = [f"p{len(self.known) + i}@{host}" for i in range(rows)]
        self.values += new
        self.known |= dict.fromkeys(new)

    @property
    def frame(self) -> pd.DataFrame:
        return pd.DataFrame({"EMAIL": pd.Series(self.values, dtype="str")})

    # ── the truth ──

    def stored(self) -> dict[str, int]:
        return self.control.multiplicity(self.database, "EMAIL")

    def ledgers(self) -> list[Path]:
        return sorted((self.folder / "ledgers").glob("*.sqlite"))

    def values_of(self, ledger: LedgerFile, push: Push) -> list[str]:
        """The values of a push's rows, in its order: the ledger holds their fingerprints only."""
        key = identity.key_about(identity.user_key(self.folder), f"{ledger.about} {push.lock}")
        names = [*self.known]
        prints = identity.Fingerprints(key).of({"EMAIL": names}, len(names))
        values = {tuple(words): name for words, name in zip(prints.tolist(), names, strict=True)}
        return [values[tuple(words)] for words in ledger.row_words(push.id)[:, identity.PRINT].tolist()]

    def said(self) -> dict[str, list[str]]:
        """For each value, what the ledger says of its rows."""
        outcomes: dict[str, list[str]] = {name: [] for name in self.known}
        for path in self.ledgers():
            with LedgerFile(path) as ledger:
                for push in ledger.pushes():
                    values = self.values_of(ledger, push)
                    for operation in holders(ledger, push):
                        for row in positions(operation.rows).tolist():
                            outcomes[values[row]].append(str(outcome_of(operation, push)))
        return outcomes

    def unknown_with_a_name(self) -> list[int]:
        """The sizes of requests that are unknown, although no other one had as many rows."""
        sizes: list[int] = []
        for path in self.ledgers():
            with LedgerFile(path) as ledger:
                sent = [o for push in ledger.pushes() for o in ledger.operations(push.id) if o.sendings]
                every = [o.size for o in sent]
                sizes += [o.size for o in sent if o.state is State.UNKNOWN and every.count(o.size) == 1]
        return sizes

    def check(self) -> None:
        """The ledger is sound, holds every row once, and says of no row what is not so."""
        for condition in care.check(Folder(self.folder)):
            assert condition.sound, condition.problems
        for path in self.ledgers():
            with LedgerFile(path) as ledger:
                for push in ledger.pushes():
                    rows = [positions(o.rows) for o in holders(ledger, push)]
                    assert sorted(np.concatenate(rows).tolist()) == list(range(push.rows)), "each row once"
        stored = self.stored()
        assert self.ledgers() or not stored, "rows are stored, and no ledger stands where it is looked for"
        assert set(stored) <= set(self.known), "rows from nowhere"
        wrong = {}
        for value, outcomes in self.said().items():
            least = sum(BOUNDS[o][0] for o in outcomes)
            most = sum(BOUNDS[o][1] for o in outcomes)
            if not least <= stored.get(value, 0) <= most:
                wrong[value] = (outcomes, stored.get(value, 0))
        assert not wrong


class World(Database):
    """One analyst at one database."""

    def __init__(self, box: Sandbox, rows: int = 0, *, clock: Clock | None = None, hasty: bool = True) -> None:
        random.seed(5)  # of back-off times
        self._open = contextlib.ExitStack()
        folder = self._open.enter_context(tempfile.TemporaryDirectory())
        self._open.enter_context(stricter_vendor())
        patch = self._open.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("TOOLKIT_STATE", folder)
        if hasty:
            patch.setattr(database, "sqlite3", sqlite_with(Hasty))
        self.box, self.clock = box, clock or by_hand(box)
        self.connect()
        self.patience = 200.0  # seconds before a paused push is run again
        super().__init__(box, self.api, Path(folder))
        self.add(rows)

    def connect(self) -> None:
        """A new client, as after a restart of the kernel."""
        self.api = Registry("", in_our_folder(self.box.settings()), clock=self.clock, progress=False)

    def close(self) -> None:
        self.control.clear_faults()
        self.control.release_late()
        self.api.ida.delete_database(self.database)
        self._open.close()

    def __enter__(self) -> "World":
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    # ── pushing ──

    def fault(self, commit: str, reply: str, *, match: dict[str, str] = POSTS, **facts: Any) -> None:
        self.control.fault(system="ida", match=match, commit=commit, reply=reply, **facts)

    def push(self, *, if_sent: IfSent = "raise", **settings: Any) -> toolkit.Report:
        return self.api.ida.insert_records(self.database, self.frame, if_sent=if_sent, options={**SETTINGS, **settings})

    def push_and_die(self, at: int, what: str = "", **settings: Any) -> bool:
        """A push whose process dies at the step of this number; False where it was done before."""
        with Fate(at, what=what).rules() as fate, contextlib.suppress(Died):
            self.push(**settings)
        return fate.dead

    def to_the_end(self, **settings: Any) -> toolkit.Report:
        """Run the same call until it does not stop on its way."""
        for _ in range(10):
            report = self.push(if_sent="skip", **settings)
            if report.facts.get("state") != "paused":
                return report
            self.clock.sleep(self.patience)
        raise AssertionError(f"still not done:\n{report}")
