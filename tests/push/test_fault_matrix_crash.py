"""Lines 42 to 46 of the fault matrix: a push that is killed, interrupted, or robbed of its journal.

Kills are simulated here: from the moment of death nothing is written any more. Real ones are in `test_kills`.
"""

import contextlib
import itertools
import re
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import toolkit
from tests.helpers.clock import ManualClock
from toolkit import PushError, PushRefused, SettingsError, settings
from toolkit.http.session import Session
from toolkit.push import chunking, driver
from toolkit.push.events import Answered
from toolkit.push.states import State
from toolkit.push.store import care
from toolkit.push.store.database import Database as Connection
from toolkit.push.store.file import Folder, LedgerFile
from toolkit.sandbox.vendor import Refused
from toolkit.vendors.ida.push import Database
from toolkit.vendors.ida.sandbox import values as ida_values

from .benches import Bench, CarmaChain, Ida, told

ROWS = 120


class Killed(BaseException):
    """The process is gone."""


def kill(patch: pytest.MonkeyPatch, owner: Any, name: str, when: str, number: int = 1) -> None:
    """Die before or after call `number` of a function; nothing is written to a ledger from then on."""
    real, calls = getattr(owner, name), itertools.count(1)

    def die() -> None:
        patch.setattr(LedgerFile, "transaction", lambda self: dead())
        raise Killed

    @contextlib.contextmanager
    def dead() -> Iterator[None]:
        raise Killed
        yield

    def call(*facts: Any, **named: Any) -> Any:
        writes = name != "attempt" or (facts[1].method == "POST" and "token" not in facts[1].path)
        mine = writes and next(calls) == number
        if mine and when == "before":
            die()
        result = real(*facts, **named)
        if mine:
            die()
        return result

    patch.setattr(owner, name, call)


EDGES = {
    "before an event is taken in": (driver, "step", "before"),
    "after an event is taken in": (driver, "step", "after"),
    "within a transaction": (LedgerFile, "put_operation", "after"),
    "before a request": (Session, "attempt", "before"),
    "after a request": (Session, "attempt", "after"),
    "before a new operation": (LedgerFile, "add_operation", "before"),
    "after a new operation": (LedgerFile, "add_operation", "after"),
    "within a split": (chunking, "part", "after"),
    "before a count": (Database, "count", "before"),
    "after a count": (Database, "count", "after"),
    "within what a count decides": (LedgerFile, "set_baseline", "after"),
    "at the end": (LedgerFile, "event", "before"),
}


def troubled(ida: Ida, monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    """A frame with a row that is refused without a name, while the third request is carried out without an answer."""
    monkeypatch.setattr(ida_values, "Refused", lambda status, words="": Refused(status, "Registro no válido"))
    frame = ida.frame(ROWS).assign(TELEFONO=[f"569{n:08}" for n in range(ROWS)])
    frame.loc[70, "TELEFONO"] = "+29022158"
    ida.fault(commit="before", reply="ok", times=2)
    ida.fault(commit="before", reply="reset")
    return frame


def check_troubled(ida: Ida, frame: pd.DataFrame) -> None:
    for _ in range(3):  # a life that ended may have left a pause for a person behind
        ida.connect()
        result = ida.push(frame)
        ida.check(result, frame)
    left = [n for n, outcome in enumerate(result.outcomes) if outcome not in ("verified", "accepted")]
    assert 70 in left
    assert len(left) <= 10, result.text  # of less rows than ten, a count alone proves nothing


@pytest.mark.parametrize("number", [1, 3, 6])
@pytest.mark.parametrize("edge", EDGES)
def test_42_killed_at_an_edge(ida: Ida, monkeypatch: pytest.MonkeyPatch, edge: str, number: int) -> None:
    """The next life finds out what is there, and completes: nothing lost, nothing doubled."""
    frame = troubled(ida, monkeypatch)
    with pytest.MonkeyPatch.context() as patch, contextlib.suppress(Killed):
        kill(patch, *EDGES[edge], number)
        ida.push(frame)
    check_troubled(ida, frame)


@pytest.mark.parametrize(("first", "second"), [*itertools.product(list(EDGES)[2:6:3], list(EDGES)[4:])])
def test_42_killed_again_while_recovering(ida: Ida, monkeypatch: pytest.MonkeyPatch, first: str, second: str) -> None:
    """Recovery of recovery."""
    frame = troubled(ida, monkeypatch)
    for edge, number in ((first, 3), (second, 1), (second, 1)):
        with pytest.MonkeyPatch.context() as patch, contextlib.suppress(Killed):
            kill(patch, *EDGES[edge], number)
            ida.connect()
            ida.push(frame)
    check_troubled(ida, frame)


@pytest.mark.parametrize("edge", list(EDGES)[:6])
def test_42_killed_wherever_rows_go(bench: Bench, edge: str) -> None:
    """In every system; where nothing can be looked up, what was under way is unknown and never sent again."""
    frame = bench.frame(12)
    with pytest.MonkeyPatch.context() as patch, contextlib.suppress(Killed):
        kill(patch, *EDGES[edge], 2)
        bench.push(frame)
    bench.connect()
    result = bench.push(frame)
    bench.check(result, frame)
    assert max((bench.stored() - bench.before).values()) == 1
    if not isinstance(bench, CarmaChain):
        bench.check_all_in(result, frame)


def interrupt(patch: pytest.MonkeyPatch, owner: Any, name: str, only: Callable[..., bool]) -> None:
    real, done = getattr(owner, name), []

    def call(*facts: Any, **named: Any) -> Any:
        if not done and only(*facts):
            done.append(None)
            raise KeyboardInterrupt
        return real(*facts, **named)

    patch.setattr(owner, name, call)


MOMENTS: dict[str, tuple[Any, str, Callable[..., bool]]] = {
    "connecting": (Session, "_exchange", lambda *_: len(toolkit.pushes()) > 0),
    "sending": (Session, "_send", lambda session, request, token: "records" in request.path),
    "waiting": (ManualClock, "sleep", lambda clock, seconds: clock.slept > 20),
    "counting": (Session, "_send", lambda session, request, token: session.clock.slept > 60),
    "taking in the answer": (driver, "step", lambda run, event: isinstance(event, Answered)),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_43_interrupted(ida: Ida, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    """Ctrl-C and the kernel's stop button leave a push that goes on, and say how."""
    frame = troubled(ida, monkeypatch)
    with pytest.MonkeyPatch.context() as patch:
        interrupt(patch, *MOMENTS[moment])
        with pytest.raises(KeyboardInterrupt) as stopped:
            ida.push(frame)
    (one,) = toolkit.pushes().itertuples()
    assert (one.state, one.reason) == ("paused", "interrupted")
    words = f"Stopped. Push {one.id} is safe as it is: run the same call again to go on."
    assert stopped.value._render_traceback_() == [words], "a notebook shows the sentence, and no frames"  # type: ignore[attr-defined]
    check_troubled(ida, frame)


def test_43_stopped_by_a_button(ida: Ida) -> None:
    """A form's Cancel: set by another thread, it pauses at the next moment, waits included."""
    stop, frame, pressed = threading.Event(), ida.frame(ROWS), []

    def press(progress: Any) -> None:
        if progress.done and not pressed:
            pressed.append(stop.set())

    report = ida.insert(frame, options={"stop": stop, "watch": press})
    assert "stopped by hand" in repr(report)
    assert report.summary["not sent"] > 0
    report = ida.insert(frame)
    ida.check_all_in(told(report), frame)


def test_44_intent_is_there_before_a_byte_leaves(ida: Ida, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Power loss, simulated: what lies in the files as a request leaves is all that a restart would find.

    That each file is flushed before is the order test's matter (`test_order`).
    """
    found: list[list[State]] = []
    attempt = Session.attempt

    def leaving(session: Session, endpoint: Any, request: Any) -> Any:
        if "records" in request.path:
            left = shutil.copytree(settings.state_folder() / "ledgers", tmp_path / str(len(found)))
            with LedgerFile(next(left.glob("*.sqlite"))) as ledger:
                (push,) = ledger.pushes()
                found.append([o.state for o in ledger.operations(push.id) if o.state is State.SENT])
        return attempt(session, endpoint, request)

    monkeypatch.setattr(Session, "attempt", leaving)
    ida.push(ida.frame(ROWS))
    assert len(found) == ida.posts()
    assert all(states == [State.SENT] for states in found)


class Failing:
    """A database connection whose disk gives out at its `number`-th use of a statement."""

    def __init__(self, db: sqlite3.Connection, statement: str, number: int, words: str, name: str) -> None:
        self._db, self._statement, self._left = db, statement, number
        self._words, self._name = words, name

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)

    def execute(self, sql: str, *values: Any) -> Any:
        self._use(sql)
        return self._db.execute(sql, *values)

    def executemany(self, sql: str, rows: Any) -> Any:
        self._use(sql)
        return self._db.executemany(sql, rows)

    def _use(self, sql: str) -> None:
        if sql.startswith(self._statement):
            self._left -= 1
            if self._left <= 0:
                problem = sqlite3.OperationalError(self._words)
                problem.sqlite_errorname = self._name
                raise problem


DISKS = {
    "full": ("COMMIT", "database or disk is full", "SQLITE_FULL"),
    "read-only": ("INSERT INTO operation", "attempt to write a readonly database", "SQLITE_READONLY"),
    "broken": ("BEGIN IMMEDIATE", "disk I/O error", "SQLITE_IOERR"),
}


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("disk", DISKS)
def test_45_journal_that_cannot_be_written(bench: Bench, disk: str, number: int) -> None:
    """No request leaves that the journal does not hold. Simulated where SQLite is called."""
    frame, opened, sent = bench.frame(12), Connection.__init__, 0
    statement, words, name = DISKS[disk]
    if isinstance(bench, CarmaChain) and disk == "broken" and number == 3:
        pytest.skip("nothing is counted there: it writes twice, the plan with the intent, and the answer")

    def failing(connection: Connection, path: Path) -> None:
        opened(connection, path)
        if path.suffix == ".sqlite":
            broken = Failing(connection._connection, statement, number, words, name)
            vars(connection).update(execute=broken.execute, executemany=broken.executemany)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Connection, "__init__", failing)
        with pytest.raises((PushError, PushRefused), match=words):
            bench.push(frame)
    for path in (settings.state_folder() / "ledgers").glob("*.sqlite"):
        with LedgerFile(path) as ledger:
            sent += sum(o.sendings for push in ledger.pushes() for o in ledger.operations(push.id))
    assert bench.posts() <= sent
    bench.connect()
    result = bench.push(frame)
    bench.check(result, frame)
    if not isinstance(bench, CarmaChain):
        bench.check_all_in(result, frame)


DELETIONS: dict[str, Callable[[Path], object]] = {
    "its file": lambda state: [path.unlink() for path in (state / "ledgers").glob("*.sqlite")],
    "all files": lambda state: [path.unlink() for path in (state / "ledgers").iterdir()],
    "the folder of the ledgers": lambda state: shutil.rmtree(state / "ledgers"),
    "the state folder": shutil.rmtree,
}


@pytest.mark.parametrize("what", DELETIONS)
def test_45_journal_that_is_deleted_on_the_way(what: str, ida: Ida) -> None:
    """A journal that is gone knows nothing: the push stops before the next request, and the same call sends nothing."""
    frame, posts = ida.frame(ROWS), []

    def delete(progress: Any) -> None:
        if progress.done > 1 and not posts:
            posts.append(ida.posts())
            DELETIONS[what](settings.state_folder())

    with pytest.raises(PushError, match=r"taken away|may not be written"):
        ida.push(frame, watch=delete)
    for _ in range(2):
        with pytest.raises(PushRefused, match=r"is missing.*would be sent again.*ledger forget"):
            ida.push(frame)
    assert [ida.posts()] == posts


@pytest.mark.parametrize("what", ["locks/*.lock", "ledgers/*.use"])
def test_45_lock_that_is_deleted_on_the_way(what: str, ida: Ida) -> None:
    """Another kernel may have locked a new file by now: nothing more leaves. The same call goes on."""
    frame, posts = ida.frame(ROWS), []

    def delete(progress: Any) -> None:
        if progress.done > 1 and not posts:
            posts.append(ida.posts())
            for path in settings.state_folder().glob(what):
                path.unlink()
                path.touch(0o600)

    with pytest.raises(PushError, match=r"taken away; nothing more was sent"):
        ida.push(frame, watch=delete)
    assert [ida.posts()] == posts
    ida.check_all_in(ida.push(frame), frame)


def test_45_journal_that_an_older_copy_takes_the_place_of(ida: Ida) -> None:
    """It is the same file, and whole: only that it has fewer transactions tells. What was on its way leaves."""
    ida.push(ida.frame(5, prefix="before"))
    (path,) = (settings.state_folder() / "ledgers").glob("*.sqlite")
    older, frame, posts = path.read_bytes(), ida.frame(ROWS), []

    def put_back(progress: Any) -> None:
        if progress.done > 1 and not posts:
            posts.append(ida.posts())
            path.write_bytes(older)

    with pytest.raises(PushError, match="older copy"):
        ida.push(frame, watch=put_back)
    assert ida.posts() <= posts[0] + 1


@pytest.mark.parametrize("damage", ["a page", "the head", "nothing left"])
def test_46_damaged_journal(ida: Ida, damage: str) -> None:
    """Nothing is sent on top of it; the list of pushes says so."""
    frame = ida.frame(ROWS)
    ida.push(frame)
    (path,) = (settings.state_folder() / "ledgers").glob("*.sqlite")
    content = bytearray(path.read_bytes())
    at = {"a page": slice(4096, 4296), "the head": slice(0, 100), "nothing left": slice(0, None)}[damage]
    content[at] = b"\xff" * len(content[at])
    path.write_bytes(content)
    posts = ida.posts()
    for rows in (frame, ida.frame(5, prefix="other")):
        with pytest.raises(PushRefused, match="damaged"):
            ida.push(rows)
    assert ida.posts() == posts
    assert toolkit.pushes()["state"].tolist() == ["damaged"]


def test_46_what_a_repaired_journal_proposes_leads_on(ida: Ida) -> None:
    """The push itself is lost: its rows are known, whose they are is not. A person compares, and purges it."""
    frame = ida.frame(ROWS)
    ida.push(frame)
    state = settings.state_folder()
    (path,) = (state / "ledgers").glob("*.sqlite")
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE push SET state = 'paused'")
        db.commit()
    care.repair(Folder(state), path.stem, care.now())
    with pytest.raises(
        PushRefused, match=r"leave out the rows that are there.*purge\(\) all others are sent"
    ) as refused:
        ida.push(frame)
    (lost,) = re.findall(r'open_push\("(.+?)"\)', str(refused.value))
    toolkit.open_push(lost).purge()
    before = ida.posts()
    ida.push(ida.frame(5, prefix="other"))
    assert ida.posts() > before


def test_46_a_folder_in_the_way_is_named(ida: Ida) -> None:
    state = settings.state_folder()
    (state / "locks").rmdir() if (state / "locks").exists() else state.mkdir(parents=True, exist_ok=True)
    (state / "locks").write_text("")
    with pytest.raises(PushRefused, match="locks cannot be made"):
        ida.push(ida.frame(5))
    (state / "locks").unlink()
    (state / "key").mkdir()
    with pytest.raises(SettingsError, match="key is a folder, where a file has to be"):
        ida.push(ida.frame(5))
