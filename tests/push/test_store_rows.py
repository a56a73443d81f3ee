"""Which rows were sent before: twins paired by rank, the surest first, and nothing of what never went."""

import itertools
import sqlite3
import tempfile
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.push import identity
from toolkit.push.states import EventKind, Operation, PushState, Stamp, State
from toolkit.push.store.file import LedgerFile, rollback_path
from toolkit.push.store.rows import NOT_GONE, RowBlock

from .store_kit import BLOCK, NOW, a_push, add, blocks, ledger_in, words

WAY = {  # to each state, by moves that a life knows
    State.PLANNED: [],
    State.SENT: [State.SENT],
    State.ACKNOWLEDGED: [State.SENT, State.ACKNOWLEDGED],
    State.VERIFIED: [State.SENT, State.ACKNOWLEDGED, State.VERIFIED],
    State.COUNTED: [State.SENT, State.COUNTED],
    State.REJECTED: [State.SENT, State.REJECTED],
    State.UNKNOWN: [State.SENT, State.UNKNOWN],
    State.DUPLICATED: [State.SENT, State.DUPLICATED],
    State.RESOLVED_COMMITTED: [State.SENT, State.UNKNOWN, State.RESOLVED_COMMITTED],
    State.RESOLVED_NOT_COMMITTED: [State.SENT, State.UNKNOWN, State.RESOLVED_NOT_COMMITTED],
}


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def bring(ledger: LedgerFile, operation: Operation, to: State) -> None:
    with ledger.transaction():
        for each in WAY[to]:
            operation = replace(operation, state=each)
            ledger.put_operation(operation)


def named(*names: int) -> np.ndarray:
    """Rows with these contents, each named by the first digit of its content."""
    of = np.zeros((len(names), 4), np.uint64)
    of[:, 0], of[:, 1] = names, [n * 7 + 1 for n in names]
    of[:, 3] = [10 ** (len(str(n)) - 1) * int(str(n)[0]) if n else 0 for n in names]
    return of


PUSHES = st.lists(
    st.lists(st.tuples(st.integers(1, 6), st.sampled_from(sorted(WAY))), min_size=1, max_size=12), max_size=6
)


@settings(max_examples=30)
@given(PUSHES, st.lists(st.integers(1, 8), max_size=12))
def test_twins_are_paired_by_rank_and_the_surest_first(pushes: list[list[tuple[int, State]]], ours: list[int]) -> None:
    with tempfile.TemporaryDirectory() as folder, ledger_in(Path(folder) / "state") as ledger:
        sent: dict[int, list[State]] = defaultdict(list)
        for number, push in enumerate(pushes):
            of = named(*(content for content, _ in push))
            for operation, (content, ends) in zip(add(ledger, f"p{number}", of, [1] * len(of)), push, strict=True):
                bring(ledger, operation, ends)
                sent[content] += [ends] if ends not in NOT_GONE else []
        earlier = ledger.sent_before(named(*ours)[:, :2])
        expected = [n for n, content in enumerate(ours) if ours[:n].count(content) < len(sent[content])]
        assert earlier.rows.tolist() == expected
        for content in set(ours):
            mine = [s for row, s in zip(earlier.rows, earlier.states, strict=True) if ours[row] == content]
            sure = sum(s is not State.UNKNOWN for s in sent[content])
            assert sum(s is not State.UNKNOWN for s in mine) == min(ours.count(content), sure)
        for row, push, position, words_ in zip(*earlier[:3], earlier.words, strict=True):
            assert pushes[int(push[1:])][position][0] == ours[row] == words_[0]
        pairs = Counter(zip(earlier.pushes, earlier.positions.tolist(), strict=True))
        assert set(pairs.values()) <= {1}


@settings(max_examples=30)
@given(PUSHES, st.lists(st.integers(0, 8), max_size=12))
def test_of_each_name_the_newest_row_that_went(pushes: list[list[tuple[int, State]]], ours: list[int]) -> None:
    with tempfile.TemporaryDirectory() as folder, ledger_in(Path(folder) / "state") as ledger:
        newest: dict[int, tuple[str, int]] = {}
        for number, push in enumerate(pushes):
            of = named(*(content for content, _ in push))
            for n, operation in enumerate(add(ledger, f"p{number}", of, [1] * len(of))):
                bring(ledger, operation, push[n][1])
                if push[n][1] not in NOT_GONE:
                    newest[push[n][0]] = (f"p{number}", n)
        earlier = ledger.newest(named(*ours)[:, 3])
        found = {int(r): (str(p), int(n)) for r, p, n in zip(*earlier[:3], strict=True)}
        assert found == {n: newest[content] for n, content in enumerate(ours) if content in newest}


def test_what_was_sent_later_is_newer_whatever_the_clock_said(state: Path) -> None:
    with ledger_in(state) as ledger:
        clocks = [("p0", 100.0), ("p1", 50.0), ("p0", 60.0), ("p2", 200.0), ("p1", 70.0)]
        operations = {name: add(ledger, name, named(7))[0] for name in ("p0", "p1", "p2")}
        for name, wall in clocks:
            with ledger.transaction():
                before = ledger.operation(operations[name].id)
                ledger.put_operation(replace(before, state=State.SENT, started=Stamp("boot", 1.0, wall)))
            assert ledger.newest(named(7)[:, 3]).pushes.tolist() == [name]


def test_half_a_fingerprint_is_not_enough(state: Path) -> None:
    with ledger_in(state) as ledger:
        of = words(100)
        bring(ledger, *add(ledger, "one", of), State.VERIFIED)
        other = of[:, :2].copy()
        other[:, 1] += np.uint64(1)
        assert not len(ledger.sent_before(other).rows)
        assert len(ledger.sent_before(of[:, :2]).rows) == 100


def test_rows_come_back_as_they_were_added(state: Path) -> None:
    of = words(3 * BLOCK + 1)
    with ledger_in(state) as ledger:
        add(ledger, "one", of, key="k")
        add(ledger, "two", words(5, 1))
    with ledger_in(state) as ledger:
        assert np.array_equal(ledger.row_words("one"), of)
        assert [len(block.words) for block in ledger.blocks("one")] == [BLOCK, BLOCK, BLOCK, 1]
        assert len(ledger.row_words("two")) == 5


def test_a_push_is_found_by_what_its_rows_are(state: Path) -> None:
    with ledger_in(state) as ledger:
        for name in ("one", "two"):
            add(ledger, name, words(5), key="the same")
        add(ledger, "other", words(5, 1), key="another")
        assert [p.id for p in ledger.pushes_with_key("11111", "the same")] == ["one", "two"]
        assert ledger.push_with_key("22222", "the same") is None
        found = ledger.push_with_key("11111", "the same")
        assert found is not None
        assert found.id == "two"
        with ledger.transaction():
            ledger.put_push(replace(found, state=PushState.SUPERSEDED))
        assert [p.id for p in ledger.pushes_with_key("11111", "the same")] == ["one", "two"]
        found = ledger.push_with_key("11111", "the same")
        assert found is not None
        assert found.id == "one"
        assert [p.id for p in ledger.unfinished()] == ["one", "other"]


def test_a_frame_is_known_again_by_the_digests_of_its_blocks(state: Path) -> None:
    frames = {"one": [b"a", b"b"], "two": [b"a", b"c"], "three": [b"a"], "four": [b"a", b"b"], "five": [b"", b""]}
    bad = np.array([1, 3], np.uint32)
    with ledger_in(state) as ledger:
        for name, digests in frames.items():
            with ledger.transaction():
                ledger.put_push(a_push(name, 5 * len(digests)))
                ledger.add_rows(name, [RowBlock(words(5, n), bad, digest) for n, digest in enumerate(digests)])

        def known(*digests: bytes) -> list[str]:
            return [push.id for push in ledger.pushes_of_frame(digests)]

        assert known(b"a", b"b") == ["one", "four"]
        assert known(b"a") == ["one", "two", "three", "four"]  # a frame may be the first of several
        assert known(b"b") == known(b"b", b"a") == known(b"a", b"") == known(b"", b"") == known() == []
        block = ledger.blocks("one")[1]
        assert np.array_equal(block.words, words(5, 1))
        assert block.bad.tolist() == [1, 3]
        ledger.purge("one", NOW)
        assert known(b"a", b"b") == ["four"]


def test_rows_of_a_push_that_is_undone_are_not_known(state: Path) -> None:
    with ledger_in(state) as ledger:
        bring(ledger, *add(ledger, "one", words(40)), State.VERIFIED)
        with suppress(ZeroDivisionError), ledger.transaction():
            ledger.put_push(a_push("two", 40, "k"))
            ledger.add_rows("two", blocks(words(40, 1)))
            raise ZeroDivisionError
        assert ledger.push_with_key("11111", "k") is None
        add(ledger, "three", words(40, 2))
        assert not len(ledger.sent_before(words(40, 1)[:, :2]).rows)
        assert len(ledger.sent_before(words(40)[:, :2]).rows) == 40


# ── purge ────────────────────────────────────────────────────────────────────


def test_purge_keeps_sizes_times_and_marks(state: Path) -> None:
    with ledger_in(state) as ledger:
        for number, name in enumerate(("one", "two")):
            first, second = add(ledger, name, words(30, number), [11, 19], key="k")
            done = replace(first, sendings=2, started=NOW, ended=NOW, note="why", message="said", digest="d", open=True)
            with ledger.transaction():
                ledger.put_operation(done)
                ledger.keep_results(name, {3: {"id": 7}})
                ledger.blame(name, 4, "is wrong", "EMAIL")
            bring(ledger, done, State.VERIFIED)
            bring(ledger, second, State.VERIFIED)
        before = ledger.operations("one")
        ledger.purge("one", NOW)
        after = ledger.operations("one")
        kept = [replace(o, note="", message="", digest="") for o in before]
        assert after == kept
        with ledger.snapshot():
            assert [o.id for o in ledger.unsettled("11111")] == [1, 3]
        assert ledger.results("one") == ledger.blames("one") == {}
        assert len(ledger.row_words("one")) == 0
        assert [p.id for p in ledger.pushes_with_key("11111", "k")] == ["two"]
        assert not len(ledger.sent_before(words(30)[:, :2]).rows)
        assert not len(ledger.newest(words(30)[:, 3]).rows)
        assert len(ledger.sent_before(words(30, 1)[:, :2]).rows) == 30
        assert ledger.results("two") == {3: {"id": 7}}
        assert [e.kind for e in ledger.events() if e.push == "one"] == [EventKind.PURGED]
        ledger.purge("one", NOW)  # once more changes nothing
        assert ledger.operations("one") == kept


def test_a_purged_push_is_not_begun_again(state: Path) -> None:
    """Its operations stay, so that one more of the same rows needs a name of its own."""
    with ledger_in(state) as ledger:
        bring(ledger, *add(ledger, "one", words(5)), State.VERIFIED)
        ledger.purge("one", NOW)
        with pytest.raises(AssertionError, match="not begun again"):
            add(ledger, "one", words(5))
        assert [operation.state for operation in ledger.operations("one")] == [State.VERIFIED]
        bring(ledger, *add(ledger, "another", words(5)), State.VERIFIED)
        assert len(ledger.sent_before(words(5)[:, :2]).rows) == 5


def traces(ledger: LedgerFile, of: np.ndarray) -> list[str]:
    """Where on disk any word of these rows stands."""
    found = []
    for path in (ledger.path, rollback_path(ledger.path)):
        content = path.read_bytes() if path.exists() else b""
        found += [f"{path.name}: {w}" for w in of.ravel().tolist() if w.to_bytes(8, "little") in content]
    return found


@pytest.mark.parametrize("size", [1, 7, 120, 900])
def test_nothing_of_a_purged_row_stays_on_disk(state: Path, size: int) -> None:
    """Among others that merge with it, before and after; in the file, and in what SQLite would undo a commit with."""
    with ledger_in(state) as ledger:
        for number in range(9):
            name, rows = f"push {number}", size if number == 4 else 37 * number + 1
            operation = add(ledger, name, words(rows, number), key=name)[0]
            bring(ledger, operation, State.VERIFIED)
        purged = words(size, 4)
        assert len(traces(ledger, purged[:3])) >= 4
        ledger.purge("push 4", NOW)
        assert traces(ledger, purged) == []
        for number in (3, 8):
            of = words(37 * number + 1, number)
            assert len(ledger.sent_before(of[:, :2]).rows) == len(of)
    assert traces(ledger, purged) == []


# ── growth, counted ──────────────────────────────────────────────────────────


class Work:
    """What SQLite is asked for: statements, and bytes of blobs read."""

    def __init__(self, ledger: LedgerFile, monkeypatch: pytest.MonkeyPatch) -> None:
        self.statements = self.rows = 0
        original = ledger.database.execute

        def counted(statement: str, values: tuple[object, ...] = ()) -> "Counted":
            return Counted(self, original(statement, values))

        def begun(_: str) -> None:
            self.statements += 1

        monkeypatch.setattr(ledger.database, "execute", counted)
        ledger.database._connection.set_trace_callback(begun)  # type: ignore[attr-defined]


class Counted:
    """A cursor of which the rows that are fetched are counted."""

    def __init__(self, work: Work, cursor: sqlite3.Cursor) -> None:
        self._work, self._cursor = work, cursor

    def fetchone(self) -> Any:
        self._work.rows += 1
        return self._cursor.fetchone()

    def fetchall(self) -> list[Any]:
        rows = self._cursor.fetchall()
        self._work.rows += len(rows)
        return rows


def test_a_push_is_as_much_work_after_a_hundred_others(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ledger_in(state) as ledger:
        work, done = Work(ledger, monkeypatch), []
        for number in range(101):
            before = work.statements, work.rows
            of = words(20, number)
            ledger.sent_before(of[:, :2])
            ledger.newest(of[:, 3])
            ledger.push_with_key("11111", f"key {number}")
            for operation in add(ledger, f"p{number}", of, [9, 11], key=f"key {number}"):
                bring(ledger, operation, State.VERIFIED)
                with ledger.snapshot():
                    ledger.unsettled("11111")
            ledger.unfinished()
            with ledger.transaction():
                ledger.put_push(replace(ledger.push(f"p{number}"), state=PushState.DONE))
            done.append((work.statements - before[0], work.rows - before[1]))
        early, late = np.array(done[10:26]), np.array(done[60:])
        assert (late.mean(axis=0) <= early.mean(axis=0) * 1.25).all()  # chunks that wait to be merged, not pushes
        assert late.max() <= 3 * max(done[1])


def test_one_look_up_reads_each_block_once(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ledger_in(state) as ledger:
        of = words(6 * BLOCK)
        bring(ledger, *add(ledger, "one", of), State.VERIFIED)
        work = Work(ledger, monkeypatch)
        assert len(ledger.sent_before(of[::-1, :2]).rows) == len(of)
        assert work.statements < 6 + 12


def test_identity_is_keyed_with_what_the_memory_is_about() -> None:
    key = "0123456789abcdef" * 2
    scopes = ["database/11111", "database/22222", "users", ""]
    made = {scope: identity.Fingerprints(identity.key_about(key, scope)).of({"a": ["x"]}, 1) for scope in scopes}
    for one, other in itertools.combinations(scopes, 2):
        assert not (made[one] == made[other]).any()
    assert identity.word_of("a") != identity.word_of("b")
