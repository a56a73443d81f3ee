"""The ledger and its process: killed at any statement, forked, out of disk, its file taken away."""

import errno
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from toolkit import PushError, PushRefused
from toolkit.push.destination import Memory
from toolkit.push.states import Baseline, EventKind, State
from toolkit.push.store import care, examine, file, places, sql
from toolkit.push.store.card import Card
from toolkit.push.store.database import Database
from toolkit.push.store.file import Folder, LedgerFile

from .store_kit import ABOUT, MADE, NOW, add, next_version, opened, words
from .test_locks import in_a_fork
from .test_store_rows import bring

resource = pytest.importorskip("resource")
ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked, and killed by SIGKILL")


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


# ── killed ───────────────────────────────────────────────────────────────────


def work(ledger: LedgerFile, committed: Callable[[], object], name: str = "new") -> None:
    """A push, step by step; `committed` is called after each transaction."""
    of = words(60, 5)
    first, second = add(ledger, name, of, [25, 35], key=name)
    committed()
    for operation in (first, second):
        sent = replace(operation, state=State.SENT, sendings=1, started=NOW)
        with ledger.transaction():
            ledger.put_operation(sent)
        committed()
        with ledger.transaction():
            ledger.put_operation(replace(sent, state=State.ACKNOWLEDGED, ended=NOW))
            ledger.keep_results(name, {operation.rows[0][0]: {"id": 1}})
            ledger.set_baseline(Baseline(operation.size, NOW))
            ledger.event(NOW, EventKind.LOOK, name)
        committed()


STEPS: list[list[State]] = [  # what the operations are after each transaction
    [],
    [State.PLANNED, State.PLANNED],
    [State.SENT, State.PLANNED],
    [State.ACKNOWLEDGED, State.PLANNED],
    [State.ACKNOWLEDGED, State.SENT],
    [State.ACKNOWLEDGED, State.ACKNOWLEDGED],
]


def killed(state: Path, prepare: Callable[[LedgerFile], object], after: float = 0) -> tuple[bool, int]:
    """Whether a process that does `work` was killed, and how many of its transactions had come back as durable."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        with suppress(BaseException):
            ledger = opened(state, durable=True)
            prepare(ledger)
            signal.setitimer(signal.ITIMER_REAL, after)  # nothing handles the alarm
            work(ledger, lambda: os.write(writing, b"."))
        os._exit(0)
    os.close(writing)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    content = os.read(reading, 100)
    os.close(reading)
    return status in (-signal.SIGKILL, -signal.SIGALRM), content.count(b".")


def assert_whole(state: Path, committed: int) -> None:
    """All that was durable is there, at most one transaction more, and none of it in part."""
    (condition,) = care.check(Folder(state))
    assert condition.sound, condition.problems
    with opened(state) as ledger:
        known = ledger.push_with_key("11111", "new")
        states = [] if known is None else [o.state for o in ledger.operations("new")]
        done = STEPS.index(states)
        assert committed <= done <= committed + 1
        answered = states.count(State.ACKNOWLEDGED)
        assert len(ledger.results("new") if known else {}) == answered
        assert len([event for event in ledger.events() if event.push == "new"]) == answered
        assert len(ledger.sent_before(words(60, 5)[:, :2]).rows) == [0, 0, 25, 25, 60, 60][done]
        assert len(ledger.sent_before(words(40)[:, :2]).rows) == 40


def begin(state: Path) -> None:
    with opened(state) as ledger:
        bring(ledger, *add(ledger, "old", words(40), key="old"), State.VERIFIED)


def at_statement(number: int) -> Callable[[LedgerFile], None]:
    """The process is killed as it is about to give SQLite its nth statement."""

    def prepare(ledger: LedgerFile) -> None:
        left = [number]

        def counted(_: str) -> None:
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)

        ledger.database._connection.set_trace_callback(counted)  # type: ignore[attr-defined]

    return prepare


def test_killed_at_any_statement_it_is_whole(tmp_path: Path) -> None:
    ends = set()
    for number in range(1, 400, 3):
        state = tmp_path / str(number)
        begin(state)
        was_killed, committed = killed(state, at_statement(number))
        assert_whole(state, committed)
        ends.add(committed)
        if not was_killed:
            break
    assert not was_killed
    assert ends == {*range(len(STEPS))}


def test_killed_at_any_instant_it_is_whole(tmp_path: Path) -> None:
    """Also inside a commit. What is asserted holds whenever it happens."""
    chance = random.Random(5)
    for number in range(15):
        state = tmp_path / str(number)
        begin(state)
        _, committed = killed(state, lambda ledger: None, after=chance.uniform(0, 0.03))
        assert_whole(state, committed)


# ── forked ───────────────────────────────────────────────────────────────────


def test_a_fork_does_not_write_to_the_ledger_of_its_parent(state: Path) -> None:
    with opened(state) as ledger:
        operation = add(ledger, "one", words(10))[0]

        def goes_on() -> None:
            with pytest.raises(PushError, match="fork"):
                bring(ledger, operation, State.VERIFIED)
            with pytest.raises(PushError, match="fork"):
                ledger.operations("one")
            ledger.close()  # as a `with` of the parent would

        assert in_a_fork(goes_on) == 0
        bring(ledger, operation, State.VERIFIED)
        assert [o.state for o in ledger.operations("one")] == [State.VERIFIED]


def test_a_fork_opens_its_own(state: Path) -> None:
    with opened(state) as ledger:
        add(ledger, "one", words(10))

        def begins_a_push_of_its_own() -> None:
            with opened(state) as own:
                bring(own, *add(own, "two", words(10, 1)), State.VERIFIED)

        assert in_a_fork(begins_a_push_of_its_own) == 0
        assert [push.id for push in ledger.pushes()] == ["one", "two"]
        add(ledger, "three", words(10, 2))
    assert care.check(Folder(state))[0].sound


def test_a_fork_in_mid_transaction_undoes_nothing(state: Path) -> None:
    """Not even when its interpreter ends as usual, and ends every connection that it has."""
    code = """
import os, sys
from pathlib import Path
from tests.push.store_kit import add, opened, words
with opened(Path(sys.argv[1])) as ledger:
    ledger.database.rows("PRAGMA cache_size = 2")  # so that SQLite writes before the commit
    with ledger.transaction():
        add(ledger, "one", words(2_000))
        child = os.fork()
        if not child:
            sys.exit(0)
        os.waitpid(child, 0)
        add(ledger, "two", words(10, 1))
    print([push.id for push in ledger.pushes()])
"""
    done = subprocess.run([sys.executable, "-c", code, state], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.stdout == "['one', 'two']\n", done.stderr
    (condition,) = care.check(Folder(state))
    assert condition.sound, condition.problems


def test_a_fork_in_mid_transaction_carries_out_nothing(state: Path) -> None:
    with opened(state) as ledger:
        operation = add(ledger, "one", words(10))[0]

        def goes_on() -> None:
            with pytest.raises(PushError, match="fork"):
                add(ledger, "two", words(10, 1))
            with pytest.raises(PushError, match="fork"):
                ledger.operations("none that is in memory")

        with ledger.transaction():
            assert in_a_fork(goes_on) == 0
            bring(ledger, operation, State.VERIFIED)
        assert [push.id for push in ledger.pushes()] == ["one"]
    assert care.check(Folder(state))[0].sound


def test_a_fork_waits_for_the_transaction_of_another_thread(state: Path) -> None:
    """Else SQLite would believe, in the child, that it holds a lock that it does not."""
    with opened(state) as ledger:
        inside, go_on = threading.Event(), threading.Event()

        def transaction() -> None:
            with ledger.transaction():
                inside.set()
                go_on.wait(10)
                add(ledger, "one", words(10))

        thread = threading.Thread(target=transaction)
        thread.start()
        inside.wait(10)
        threading.Timer(0.05, go_on.set).start()

        def opens_its_own() -> None:
            with opened(state) as own:
                assert [push.id for push in own.pushes()] == ["one"]

        assert in_a_fork(opens_its_own) == 0
        thread.join()


# ── no room, no right, no file ───────────────────────────────────────────────


def full(database: Database) -> None:
    pages = database.rows("PRAGMA page_count")[0][0]
    database.rows(f"PRAGMA max_page_count = {pages}")


def test_a_full_disk_is_told_and_nothing_is_half_written(state: Path) -> None:
    with opened(state) as ledger:
        operation = add(ledger, "one", words(10))[0]
        full(ledger.database)
        with pytest.raises(PushError, match=r"the disk is full.*nothing more was sent"):
            add(ledger, "two", words(5_000, 1))
        ledger.database.rows("PRAGMA max_page_count = 1000000")
        assert [push.id for push in ledger.pushes()] == ["one"]
        bring(ledger, operation, State.VERIFIED)
    assert care.check(Folder(state))[0].sound


def test_a_file_that_may_not_grow_is_told(state: Path) -> None:
    """As a quota does it: the system refuses the write itself."""
    begin(state)

    def writes_too_much() -> None:
        with opened(state, durable=True) as ledger:
            size = ledger.path.stat().st_size
            resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20_000, size + 20_000))
            with pytest.raises(PushError, match="nothing more was sent"):
                add(ledger, "two", words(50_000, 1))
            assert [push.id for push in ledger.pushes()] == ["old"]

    assert in_a_fork(writes_too_much) == 0
    assert care.check(Folder(state))[0].sound


def test_a_ledger_that_may_not_be_written_to_is_told(state: Path) -> None:
    with opened(state) as ledger:
        add(ledger, "one", words(10))
        ledger.database.rows("PRAGMA query_only = ON")
        with pytest.raises(PushError, match=r"may not be written to.*nothing more was sent"):
            add(ledger, "two", words(10, 1))


@pytest.mark.parametrize("problem", [errno.EROFS, errno.EACCES, errno.ENOSPC, errno.EDQUOT])
def test_a_folder_that_cannot_be_used_is_told(state: Path, monkeypatch: pytest.MonkeyPatch, problem: int) -> None:
    state.mkdir()

    def fails(*_: object) -> int:
        raise OSError(problem, os.strerror(problem))

    monkeypatch.setattr(os, "open", fails)
    with pytest.raises(PushRefused, match="nothing was sent"):
        Folder(state).ledger(ABOUT, MADE)


def test_a_ledger_taken_away_in_the_middle_is_told(state: Path) -> None:
    with opened(state) as ledger:
        operation = add(ledger, "one", words(10))[0]
        ledger.path.unlink()
        with pytest.raises(PushError, match="taken away"):
            bring(ledger, operation, State.VERIFIED)


def test_a_ledger_replaced_in_the_middle_is_told(state: Path, tmp_path: Path) -> None:
    with opened(state) as ledger:
        operation = add(ledger, "one", words(10))[0]
        other = tmp_path / "other"
        other.write_bytes(ledger.path.read_bytes())
        other.replace(ledger.path)
        with pytest.raises(PushError, match="taken away"):
            bring(ledger, operation, State.VERIFIED)


def test_a_closed_ledger_is_told(state: Path) -> None:
    ledger = opened(state)
    ledger.close()
    with pytest.raises(PushError, match="closed"):
        ledger.pushes()


def test_another_process_that_writes_too_long_is_told(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(state) as ledger, opened(state) as other:
        other.database.rows("PRAGMA busy_timeout = 1")
        with ledger.transaction():
            add(ledger, "one", words(10))
            with pytest.raises(PushError, match="another process"):
                add(other, "two", words(10, 1))
        add(other, "two", words(10, 1))
        assert [push.id for push in ledger.pushes()] == ["one", "two"]


def test_two_pushes_with_locks_of_their_own_share_a_ledger(state: Path) -> None:
    """Interleaved, each with its own connection: what one wrote is not undone by what the other remembers."""
    with opened(state) as one, opened(state) as two:
        for n in range(4):
            for ledger, name in ((one, "a"), (two, "b")):
                bring(ledger, *add(ledger, f"{name}{n}", words(10, 10 * n + ord(name))), State.VERIFIED)
        assert [p.id for p in one.pushes()] == [p.id for p in two.pushes()]
        assert len(one.pushes()) == 8
        assert len(two.sent_before(words(10, ord("a"))[:, :2]).rows) == 10
    assert care.check(Folder(state))[0].sound


def test_a_ledger_appears_whole_or_not_at_all(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no space")

    with monkeypatch.context() as patch:
        patch.setattr(file, "fill", fails)
        with pytest.raises(PushRefused, match="no space"):
            opened(state)
    assert list((state / "ledgers").iterdir()) == []
    opened(state).close()
    assert sorted(p.suffix for p in (state / "ledgers").iterdir()) == [".sqlite", ".use"]


def test_where_there_are_no_hard_links_a_ledger_is_made_all_the_same(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise OSError(errno.EPERM, "no hard links here")

    monkeypatch.setattr(Path, "hardlink_to", fails)
    with opened(state) as ledger:
        add(ledger, "one", words(3))
    with opened(state) as ledger:
        assert [push.id for push in ledger.pushes()] == ["one"]
    assert sorted(path.name for path in state.iterdir()) == ["cards", "key", "ledgers"]


def test_of_two_ledgers_made_at_once_the_first_stays(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = file.fill

    def another_is_faster(*arguments: object) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(file, "fill", made)
            with opened(state) as ledger:
                add(ledger, "the first", words(3))
        made(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(file, "fill", another_is_faster)
    with opened(state) as ledger:
        assert [push.id for push in ledger.pushes()] == ["the first"]


def test_older_tables_are_brought_to_this_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one transaction, once, and while nobody has the ledger open."""
    with opened(tmp_path / "state") as ledger:
        add(ledger, "one", words(10))
    next_version(monkeypatch)
    with file.use_lock(ledger.path, shared=True), pytest.raises(PushRefused, match="another push"):
        opened(tmp_path / "state")
    for _ in range(2):
        with opened(tmp_path / "state") as ledger:
            assert ledger.version() == sql.VERSION
            assert len(ledger.row_words("one")) == 10


def test_a_look_at_it_leaves_sqlite_its_locks(state: Path) -> None:
    """By POSIX, whoever closes a handle of a file drops all locks that the process has on it."""
    with opened(state) as ledger, ledger.transaction():
        add(ledger, "one", words(10))
        with opened(state) as other:
            assert other.pushes() == []
        code = "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=0).execute('BEGIN IMMEDIATE')"
        command = [sys.executable, "-c", code, str(ledger.path)]
        assert "locked" in subprocess.run(command, capture_output=True, text=True, check=False).stderr


def test_what_a_push_writes_meanwhile_is_no_damage(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = examine._Examination._index

    def later(examination: examine._Examination, kind: str) -> None:
        with opened(state) as other:
            add(other, kind, words(10, ord(kind[0])), key=kind)
        index(examination, kind)

    with opened(state) as ledger:
        add(ledger, "one", words(10))
    monkeypatch.setattr(examine._Examination, "_index", later)
    assert care.check(Folder(state))[0].sound


def test_what_a_push_writes_while_a_ledger_is_opened_makes_it_no_older_copy(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(state)
    read = Card.read

    def later(card: Card) -> object:
        known = read(card)
        monkeypatch.setattr(Card, "read", read)
        with opened(state) as other:
            add(other, "two", words(10, 1))
        return known

    monkeypatch.setattr(Card, "read", later)
    with opened(state) as ledger:
        assert [push.id for push in ledger.pushes()] == ["old", "two"]


def test_folders_that_are_named_at_once_are_all_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memories = [Memory("system", "a", "", "a", "there", state=tmp_path / f"{n}") for n in range(3)]
    known = places.folders()
    with monkeypatch.context() as patch:
        patch.setattr(places, "folders", lambda: known)  # as each sees them before the others add theirs
        for memory in memories:
            memory.folder.mkdir()
            places.look_into(memory)
    assert {memory.folder for memory in memories} <= {*places.folders()}
