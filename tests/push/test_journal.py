"""The journal: which states follow which, what is durable together, what is on disk and what is not."""

import contextlib
import itertools
import os
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

import toolkit
from toolkit import PushError, PushPaused, PushRefused
from toolkit.http.wire import Judgement, Verdict
from toolkit.push import journal as rules
from toolkit.push.journal import MOVES, Journal, Op, Run, Step
from toolkit.push.outcomes import OUTCOME
from toolkit.push.settle import _explain
from toolkit.push.verify import verify
from toolkit.sandbox import Sandbox

from .world import REFUSED, Fate, World

NOW = "2026-03-02T12:00:00+00:00"
LOST = Judgement(Verdict.AMBIGUOUS, message="no answer")


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Journal]:
    """A journal of ten rows in two ops, taken over once."""
    with made(tmp_path) as journal:
        yield journal


def made(folder: Path, *, irrevocable: bool = False) -> Journal:
    ops = {"kind": "send", "many": [np.arange(4), np.arange(4, 10)], "irrevocable": irrevocable}
    words = np.arange(40, dtype=np.uint64).reshape(10, 4)
    journal = Journal.create(folder / "a.sqlite", {"rows": 10}, [words], ops)
    journal.recover(NOW)
    return journal


def intended(journal: Journal) -> Step:
    step = journal.steps()[0]
    with journal.transaction():
        journal.intend(step, "0" * 64, NOW)
    return step


def in_doubt(journal: Journal) -> Step:
    step = intended(journal)
    with journal.transaction():
        journal.outcome(step, Op.AMBIGUOUS, LOST, NOW)
    return step


# ── states ──


def test_an_op_goes_only_where_its_state_may_go(held: Journal) -> None:
    for state, then in itertools.product(Op, Op):
        step = held.steps()[0]
        with held.transaction():
            held._db.execute("UPDATE op SET state = ? WHERE id = ?", (state, step.id))
        step.state = state
        if then in MOVES.get(state, ()):
            with held.transaction():
                held.move(step, then)
        else:
            with pytest.raises(AssertionError), held.transaction():
                held.move(step, then)


@pytest.mark.parametrize("never", [Op.PLANNED, Op.INTENT, Op.NOT_EXECUTED], ids=str)
def test_what_is_in_doubt_is_not_sent_again_without_evidence(never: Op) -> None:
    """The only ways back to sending lead over a count, a look, or a person."""
    for state in (Op.AMBIGUOUS, Op.UNKNOWN, Op.ACKED, Op.COUNTED, Op.VERIFIED, Op.DUPLICATED, Op.REJECTED):
        assert never not in MOVES.get(state, ())
    assert Op.RESEND not in MOVES[Op.UNKNOWN]


def test_an_irrevocable_op_is_never_marked_to_be_sent_again(tmp_path: Path) -> None:
    with made(tmp_path, irrevocable=True) as journal:
        step = in_doubt(journal)
        with pytest.raises(AssertionError, match="never sent again"), journal.transaction():
            journal.move(step, Op.RESEND)


def test_an_irrevocable_op_is_intended_once(tmp_path: Path) -> None:
    with made(tmp_path, irrevocable=True) as journal:
        step = intended(journal)
        with journal.transaction():
            journal._db.execute("UPDATE op SET state = 'planned' WHERE id = ?", (step.id,))
        step.state = Op.PLANNED
        with pytest.raises(AssertionError, match="once only"), journal.transaction():
            journal.intend(step, "0" * 64, NOW)


def test_a_split_keeps_every_row_once(held: Journal) -> None:
    step = held.steps()[0]
    for parts in ([0, 1], [2]), ([0, 1, 2], [2, 3]), ([0, 1], [2, 4]):
        with pytest.raises(AssertionError, match="every row once"), held.transaction():
            held.split(step, [np.array(part) for part in parts])
    with held.transaction():
        held.split(step, [np.array([0, 3]), np.array([1, 2])])
    assert verify(held) == []


# ── together or not at all ──


def test_what_is_rolled_back_is_rolled_back_in_memory_too(held: Journal) -> None:
    step = held.steps()[0]
    with contextlib.suppress(KeyboardInterrupt), held.transaction():
        held.intend(step, "0" * 64, NOW)
        raise KeyboardInterrupt
    assert (step.state, step.attempts, step.sha256) == (Op.PLANNED, 0, None)
    assert held.attempts() == []
    intended(held)


def test_a_journal_appears_whole_or_not_at_all(box: Sandbox) -> None:
    """Killed at every step of its making: then there is none, or one with all its rows in ops."""
    for at in range(1, 40, 2):
        with World(box, rows=20) as world:
            world.push_and_die(at)
            for path in world.journals():
                with Journal(path) as journal:
                    assert verify(journal) == []


def test_recovery_makes_an_open_intent_ambiguous_and_nothing_else(held: Journal) -> None:
    intended(held)
    assert held.recover(NOW) == 1
    once = [(s.state, s.resent, s.attempts) for s in held.steps()]
    assert once == [(Op.AMBIGUOUS, 0, 1), (Op.PLANNED, 0, 0)]
    assert held.recover(NOW) == 0
    assert [(s.state, s.resent, s.attempts) for s in held.steps()] == once
    assert held.epoch == 3


def test_a_full_disk_stops_before_sending(box: Sandbox) -> None:
    with World(box, rows=90) as world:

        def full() -> None:
            raise sqlite3.OperationalError("database or disk is full")

        with Fate(6, full, "COMMIT").rules(), pytest.raises(PushError, match="nothing more was sent"):
            world.push()
        sent = len(world.stored())
        world.check()
        assert 0 < sent < 90
        assert world.to_the_end().complete
        world.check()


# ── rules ──


BROKEN = {  # what of a sound journal makes it break which rule
    "I1": "UPDATE op SET sha256 = NULL WHERE id = 1",
    "I2: its attempts": "UPDATE attempt SET number = 3",
    "I2: an intent": "UPDATE attempt SET verdict = NULL",
    "I2: sent again": "INSERT INTO attempt (op, number, epoch, verdict, started) VALUES (1, 2, 1, 'ambiguous', '')",
    "I3": "UPDATE attempt SET verdict = NULL; UPDATE op SET state = 'intent' WHERE id = 1;"
    "INSERT INTO event (at, epoch, what, details) VALUES ('', 2, 'opened', '{}')",
    "I4: not every row": "UPDATE op SET positions = '0:3' WHERE id = 1",
    "I4: op 1": "UPDATE op SET state = 'split' WHERE id = 1",
    "I5": "UPDATE run SET state = 'closed, balanced'",
    "I6: sent more than once": "UPDATE op SET irrevocable = 1, resent = 1;"
    "INSERT INTO attempt (op, number, epoch, verdict, started) VALUES (1, 2, 1, 'ambiguous', '')",
    "I7": "UPDATE attempt SET epoch = 9",
    "I8": """UPDATE run SET facts = '{"rows": 11}'""",
}


@pytest.mark.parametrize("rule", BROKEN)
def test_a_journal_that_breaks_a_rule_is_recognised(held: Journal, rule: str) -> None:
    in_doubt(held)
    assert verify(held) == []
    held._db.executescript(BROKEN[rule])
    assert [problem for problem in verify(held) if problem.startswith(rule)], verify(held)


def test_provisional_states_are_shown_as_unknown() -> None:
    assert {OUTCOME[s] for s in (Op.INTENT, Op.AMBIGUOUS, Op.COUNTED, Op.RESEND)} == {"unknown"}
    assert set(OUTCOME) == set(Op) - set(rules.HANDED_ON)


# ── what a count explains ──


class Ops:
    """As much of a runner as the arithmetic needs."""

    def __init__(self, *steps: Step) -> None:
        self.steps = list(steps)


def op(size: int, state: Op, resent: int = 0) -> Step:
    return Step(size, "send", np.arange(size), state, resent=resent)


def test_a_count_decides_what_is_the_same_in_every_history() -> None:
    first, second = op(30, Op.AMBIGUOUS), op(23, Op.AMBIGUOUS)
    run = Ops(first, second)
    assert _explain(run, [first, second], 30) == {first: {1}, second: {0}}
    assert _explain(run, [first, second], 53) == {first: {1}, second: {1}}
    assert _explain(run, [first, second], 7) is None
    assert _explain(run, [first], -1) is None


def test_a_count_that_a_late_request_explains_too_decides_nothing() -> None:
    doubtful, sent_again = op(30, Op.AMBIGUOUS), op(30, Op.COUNTED, resent=1)
    assert _explain(Ops(doubtful, sent_again), [doubtful], 30) == {doubtful: {0, 1}, sent_again: {0, 1}}
    assert _explain(Ops(doubtful, sent_again), [doubtful], 60) == {doubtful: {1}, sent_again: {1}}
    assert _explain(Ops(sent_again), [], 30) == {sent_again: {1}}


# ── at rest ──


@pytest.mark.skipif(os.name == "nt", reason="on Windows the user's own folder is private by inheritance")
def test_files_are_for_this_user_only(box: Sandbox) -> None:
    with World(box, rows=40) as world:
        world.push()
        folders = [world.folder, world.folder / "pushes", world.folder / "locks"]
        assert {path.stat().st_mode & 0o777 for path in folders} == {0o700}
        files = [path for path in world.folder.rglob("*") if path.is_file()]
        assert len(files) > 2
        assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
        (world.folder / "key").chmod(0o644)
        with pytest.raises(toolkit.SettingsError, match="chmod 600"):
            world.push()


def test_no_value_of_a_row_is_on_disk(box: Sandbox) -> None:
    with World(box, rows=60, hasty=False) as world:
        world.add(2, REFUSED)
        world.fault("before", "lost", every=3)
        world.fault("never", "status", status=500, body={"message": world.values[3], "code": 500}, every=4)
        report = world.to_the_end()
        kept = b"".join(path.read_bytes() for path in world.folder.rglob("*") if path.is_file())
        assert report.summary["rejected"] == 2
        assert not [value for value in world.values if value.encode() in kept]
        assert box.credentials["ida"]["password"].encode() not in kept


def test_purge_leaves_nothing(box: Sandbox) -> None:
    with World(box, rows=60, hasty=False) as world:
        report = world.push()
        assert list((world.folder / "pushes").iterdir())
        toolkit.open_push(report.facts["id"]).purge()
        assert list((world.folder / "pushes").iterdir()) == []
        assert toolkit.pushes().empty


def test_what_a_lost_journal_left_is_not_applied_to_the_next(tmp_path: Path) -> None:
    """Its file was deleted by hand after a kill, and the rollback file beside it forgotten."""
    with made(tmp_path) as lost:
        left = rules.rollback(lost.path)
        in_doubt(lost)
        lost._db.execute("PRAGMA cache_size = 1")  # so that pages reach the file before the commit
        lost._db.execute("BEGIN IMMEDIATE")
        for changed in ("op SET note", "run SET reason", "attempt SET message"):
            lost._db.execute(f"UPDATE {changed} = hex(randomblob(100000))")
        hot = left.read_bytes()
    assert any(hot[:8]), "once a commit is done with it, its head is zeroed"
    lost.path.unlink()
    left.write_bytes(hot)
    with made(tmp_path) as journal:
        assert journal.intact()
        assert [step.state for step in journal.steps()] == [Op.PLANNED, Op.PLANNED]


def test_a_running_push_is_not_purged(box: Sandbox) -> None:
    with World(box, rows=60) as world:

        def purge() -> None:
            (path,) = world.journals()
            with pytest.raises(PushRefused, match="another push"):
                toolkit.open_push(path.stem).purge()

        with Fate(2, purge, "before post_records").rules() as fate:
            assert world.push().complete
        assert len(fate.seen) > 2


# ── going on ──


def test_a_paused_push_goes_on_in_the_kernel_that_holds_its_rows(box: Sandbox) -> None:
    with World(box, rows=90) as world:
        world.fault("never", "status", status=429, times=None)
        report = world.push()
        assert report.facts["state"] == Run.PAUSED
        with pytest.raises(PushPaused):
            report.raise_if_incomplete()
        world.control.clear_faults()
        push = toolkit.open_push(report.facts["id"])
        assert push.resume().complete
        world.check()
        with pytest.raises(PushError, match="does not hold the rows"):
            push.resume()


def test_the_machine_may_sleep_while_an_intent_is_written(box: Sandbox) -> None:
    """The wall clock ran ahead: nothing is sent on that intent, and it is made anew."""
    with World(box, rows=90) as world:

        def sleep() -> None:
            world.clock.ahead += timedelta(minutes=20)

        with Fate(2, sleep, "INSERT INTO attempt (op, number, epoch, started) VALUES (?, ?, ?, ?)").rules():
            assert world.push().complete
        with Journal(world.journals()[0]) as journal:
            assert [attempt[3] for attempt in journal.attempts()].count("not executed") == 1
        world.check()


def test_two_requests_in_flight_are_told_apart(box: Sandbox) -> None:
    """Several workers, and no answer to any of them: the count says which are in."""
    with World(box, rows=200) as world:
        world.fault("before", "lost", every=3, times=3)
        world.fault("never", "reset", every=4, times=3)
        report = world.to_the_end(workers=4, chunk_rows=40)
        world.check()
        assert report.complete, report


def test_a_counter_that_never_stands_still_is_not_trusted(box: Sandbox) -> None:
    """Somebody else writes all the time: that is said after a while, not waited out for ever."""
    with World(box, rows=60) as world:
        world.fault("before", "lost", every=2)
        honest = world.clock.sleep

        def busy(seconds: float) -> None:
            world.control.insert(world.database, records=[{}])
            honest(seconds)

        world.clock.sleep = busy
        report = world.push()
        world.clock.sleep = honest
        assert "somebody else may have written" in repr(report)
        world.check()


def test_earlier_outcomes_stay_what_they_were(box: Sandbox) -> None:
    """A row that was verified by an earlier push is verified in the report of a later one."""
    with World(box, rows=50) as world:
        assert set(world.push().table["outcome"]) == {"verified"}
        world.add(10)
        report = world.push(if_sent="skip")
        assert set(report.table["outcome"]) == {"verified"}
        assert world.stored() == dict.fromkeys(world.values, 1)


def test_rows_of_a_superseded_push_are_not_sent_again(box: Sandbox) -> None:
    """A push was killed half-way; an edited frame took over; then the first frame comes again."""
    with World(box, rows=90) as world:
        assert world.push_and_die(4, "before post_records")
        first = list(world.values)
        del world.values[-1]
        world.add(1)
        world.to_the_end()
        world.values = first
        report = world.to_the_end()
        world.check()
        assert set(world.stored().values()) == {1}
        assert 0 < report.summary["unknown"] <= 30, "the request under way was never settled"
        assert report.summary["not sent"] == 0
