"""Would a weaker protocol be found out? Each mutant of it fails a scenario, by name, that the real one passes."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pandas as pd
import pytest
import requests
from urllib3.util.retry import Retry

import toolkit
from toolkit import PushError, PushRefused
from toolkit.http import session, transport, wire
from toolkit.http.session import Attempt
from toolkit.http.wire import Judgement, Verdict
from toolkit.push import disk, journal, run, settle, sizes, underway
from toolkit.push.journal import Journal, Op
from toolkit.sandbox import Sandbox
from toolkit.spec import Endpoint, Meaning

from .world import Fate, World

Scenario = Callable[[World], None]
Mutant = Callable[[pytest.MonkeyPatch], None]


def all_in_once(world: World) -> None:
    """To the end, and long after: every row is verified, and there once."""
    report = world.to_the_end()
    world.clock.advance(1000)
    world.check()
    assert world.stored() == dict.fromkeys(world.values, 1)
    assert set(report.table["outcome"]) == {"verified"}


# ── scenarios: each passes on the real protocol ──


def killed_between_answer_and_journal(world: World) -> None:
    world.push_and_die(2, "after post_records")
    all_in_once(world)


def applied_late_but_within_the_settle_wait(world: World) -> None:
    world.fault("late", "reset", late=7, every=2)
    all_in_once(world)


def applied_late_while_the_clock_on_the_wall_jumps(world: World) -> None:
    world.fault("late", "reset", late=7, every=2)

    def jump() -> None:
        world.clock.jump = timedelta(hours=1)

    with Fate(2, jump, "after post_records").rules():
        world.push()
    all_in_once(world)


def counter_lags_behind(world: World) -> None:
    world.control.lag(world.database, 1.5)
    world.fault("before", "lost", every=2)
    for _ in range(4):
        if world.push(settle_wait=0, if_sent="skip").facts.get("state") != "paused":
            break
    all_in_once(world)


def applied_later_than_assumed_while_the_next_is_lost(world: World) -> None:
    """One request comes back from the dead while another, of which nothing is stored, is being settled."""
    world.fault("late", "reset", late=18, every=2)
    world.fault("never", "reset", every=3)
    with contextlib.suppress(PushError):
        world.push(chunk_rows=30)
    world.clock.advance(1000)
    world.check()


def the_last_request_is_applied_after_the_settle_wait(world: World) -> None:
    del world.values[8:]
    world.fault("late", "reset", late=15, every=2)
    world.push()
    world.clock.advance(1000)
    world.check()


def answer_lost_once(world: World) -> None:
    world.fault("before", "lost", every=2)
    all_in_once(world)


def connection_reset_after_it_was_stored(world: World) -> None:
    world.fault("before", "reset", every=2)
    all_in_once(world)


def sent_on_to_the_same_place(world: World) -> None:
    here = f"{world.box.settings()['ida']['base_url']}/api/v2/database/records"
    world.fault("before", "redirect", status=307, headers={"Location": here}, every=2)
    world.push()
    world.check()
    assert max(world.stored().values()) == 1


def a_login_page_while_nothing_can_be_counted(world: World) -> None:
    with Fate(3, lambda: world.control.insert(world.database, records=[{}]), "before post_records").rules():
        world.push()
    world.fault("never", "html")
    world.push()
    world.check()


def stopped_by_hand(world: World) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    with Fate(3, interrupt, "before post_records").rules(), pytest.raises(KeyboardInterrupt):
        world.push()
    (push,) = toolkit.pushes().to_dict("records")
    assert push["state"] == "paused"
    assert 0 < push["unknown"] < 30, "the one request that was under way, nothing else"
    assert push["accepted"] + push["verified"] > 1
    all_in_once(world)


def a_part_is_stored_and_acknowledged(world: World) -> None:
    world.fault("partial", "ok", partial=3, every=2)
    world.push()
    world.check()


def taken_over_by_another(world: World) -> None:
    world.push_and_die(1, "before post_records")
    (path,) = world.journals()
    with Journal(path) as old, Journal(path) as new:
        old.recover("2026-03-02")
        step = next(s for s in old.steps() if s.state is Op.PLANNED)
        new.recover("2026-03-02")
        with pytest.raises(PushError, match="taken over"), old.transaction():
            old.intend(step, "0" * 64, "2026-03-02")


def the_same_cell_in_another_kernel(world: World) -> None:
    def again() -> None:
        with pytest.raises(PushRefused, match="another push"):
            world.push()

    with Fate(3, again, "before post_records").rules():
        world.push()
    all_in_once(world)


def asleep_between_intent_and_request(world: World) -> None:
    def sleep() -> None:
        world.clock.ahead += timedelta(seconds=30)

    with Fate(1, sleep, "INSERT INTO attempt (op, number, epoch, started) VALUES (?, ?, ?, ?)").rules():
        world.push()
    with Journal(world.journals()[0]) as held:
        assert [attempt[3] for attempt in held.attempts()][:2] == ["not executed", "acked"]
    all_in_once(world)


def a_request_that_costs_money_is_not_answered(world: World) -> None:
    frame = pd.DataFrame({"IdDocument": ["12345678", "23456789"]})
    match = {"method": "POST", "path": "/api/createrequest"}
    world.control.fault(system="carmachain", match=match, commit="before", reply="lost")
    for _ in range(3):
        with contextlib.suppress(PushError):
            world.api.carmachain.request(frame, categories="All categories")
        world.clock.advance(300)
    asked = [row["IdDocument"] for row in world.control.stored("carmachain", "Request")]
    assert sorted(asked) == ["12345678", "23456789"]


# ── mutants: each is found out by a scenario ──


def intent_after_send(patch: pytest.MonkeyPatch) -> None:
    intend, attempted = Journal.intend, Journal.attempted
    late: dict[int, tuple[str, str]] = {}

    def only_remembered(self: Journal, step: Any, sha256: str, at: str) -> None:
        late[step.id] = sha256, at

    def then_written(self: Journal, step: Any, said: Judgement, at: str) -> None:
        intend(self, step, *late.pop(step.id))
        attempted(self, step, said, at)

    patch.setattr(Journal, "intend", only_remembered)
    patch.setattr(Journal, "attempted", then_written)


def recovery_to_planned(patch: pytest.MonkeyPatch) -> None:
    recover, steps = Journal.recover, Journal.steps

    def hopeful(self: Journal, at: str) -> int:
        with self.transaction():
            self._db.execute("UPDATE op SET state = 'planned' WHERE state = 'intent'")
        return recover(self, at)

    def hoped(self: Journal) -> Any:
        found = steps(self)
        for step in found:
            step.state = Op.PLANNED if step.state is Op.INTENT else step.state
        return found

    patch.setattr(Journal, "recover", hopeful)
    patch.setattr(Journal, "steps", hoped)


def no_settle_wait(patch: pytest.MonkeyPatch) -> None:
    wait = run.Runner.wait
    hasty = lambda self, seconds, why: None if "may still" in why else wait(self, seconds, why)  # noqa: E731
    patch.setattr(run.Runner, "wait", hasty)


def waits_by_the_clock_on_the_wall(patch: pytest.MonkeyPatch) -> None:
    from .world import JumpingClock

    patch.setattr(JumpingClock, "monotonic", lambda self: self.now().timestamp())


def no_stability(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(settle.Counter, "_steady", settle.Counter._count)


def equal_sizes(patch: pytest.MonkeyPatch) -> None:
    explain, provisional = settle._explain, settle._provisional

    def simply(*facts: Any) -> Any:
        with pytest.MonkeyPatch.context() as inner:
            inner.setattr(settle, "_provisional", lambda _: [])
            return explain(*facts)

    assert provisional
    patch.setattr(sizes, "_less", lambda *_: [0])
    patch.setattr(settle, "_explain", simply)
    patch.setattr(settle.Counter, "avoids", lambda *_: False)


def transport_retries(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(transport, "Retry", lambda *_, **__: Retry(3, allowed_methods=None, backoff_factor=0))


def redirects_followed(patch: pytest.MonkeyPatch) -> None:
    request = requests.Session.request
    patch.setattr(
        requests.Session, "request", lambda self, *a, **k: request(self, *a, **{**k, "allow_redirects": True})
    )


def except_exception(patch: pytest.MonkeyPatch) -> None:
    end = run.Runner._end

    def only_for_exceptions(self: run.Runner, *how: Any) -> Any:
        if isinstance(sys.exc_info()[1], Exception | None):
            return end(self, *how)
        return None

    patch.setattr(run.Runner, "_end", only_for_exceptions)


def audit_skipped(patch: pytest.MonkeyPatch) -> None:
    def believe(self: settle.Counter, runner: run.Runner) -> Any:
        runner.mark([s for s in runner.steps if s.state is Op.COUNTED], Op.VERIFIED, "")
        return journal.Run.BALANCED

    patch.setattr(settle.Counter, "finish", believe)


def fences_skipped(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(settle.Counter, "_count", settle.Counter._expected)


def epoch_check_dropped(patch: pytest.MonkeyPatch) -> None:
    def move(self: Journal, step: Any, state: Op, **changed: Any) -> None:
        self._db.execute("UPDATE op SET state = ? WHERE id = ?", (state, step.id))
        vars(step).update(changed, state=state)

    patch.setattr(Journal, "_move", move)


def lock_dropped(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(disk, "_lock", lambda _: None)


def suspension_not_noticed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(underway, "ASLEEP", 10**9)


def any_success_is_success(patch: pytest.MonkeyPatch) -> None:
    classify = wire.classify

    def trusting(endpoint: Endpoint, *facts: Any) -> Judgement:
        said = classify(endpoint, *facts)
        return Judgement(Verdict.ACKED, Meaning.DONE, status=200) if endpoint.method == "POST" else said

    patch.setattr(wire, "classify", trusting)


def a_broken_connection_means_not_sent(patch: pytest.MonkeyPatch) -> None:
    failed = session._failed

    def hopeful(*facts: Any) -> Attempt:
        said = failed(*facts)
        return Attempt(Judgement(Verdict.NOT_EXECUTED, message=said.said.message), said.error)

    patch.setattr(session, "_failed", hopeful)


def irrevocable_is_resent(patch: pytest.MonkeyPatch) -> None:
    plan = Journal.plan
    patch.setattr(Journal, "plan", lambda self, *a, **k: plan(self, *a, **{**k, "irrevocable": False}))
    patch.setattr(settle.NoReconciler, "settle", lambda _, runner, doubtful: runner.mark(doubtful, Op.RESEND, ""))


FOUND_OUT: list[tuple[Mutant, Scenario]] = [
    (intent_after_send, killed_between_answer_and_journal),
    (recovery_to_planned, killed_between_answer_and_journal),
    (no_settle_wait, applied_late_but_within_the_settle_wait),
    (waits_by_the_clock_on_the_wall, applied_late_while_the_clock_on_the_wall_jumps),
    (no_stability, counter_lags_behind),
    (equal_sizes, applied_later_than_assumed_while_the_next_is_lost),
    (audit_skipped, the_last_request_is_applied_after_the_settle_wait),
    (fences_skipped, a_part_is_stored_and_acknowledged),
    (transport_retries, answer_lost_once),
    (redirects_followed, sent_on_to_the_same_place),
    (except_exception, stopped_by_hand),
    (epoch_check_dropped, taken_over_by_another),
    (lock_dropped, the_same_cell_in_another_kernel),
    (suspension_not_noticed, asleep_between_intent_and_request),
    (any_success_is_success, a_login_page_while_nothing_can_be_counted),
    (a_broken_connection_means_not_sent, connection_reset_after_it_was_stored),
    (irrevocable_is_resent, a_request_that_costs_money_is_not_answered),
]


@pytest.fixture
def world(box: Sandbox) -> Iterator[World]:
    with World(box, rows=90) as made:
        yield made


@pytest.mark.parametrize("scenario", dict.fromkeys(s for _, s in FOUND_OUT), ids=lambda s: s.__name__)
def test_the_real_protocol_passes(scenario: Scenario, world: World) -> None:
    scenario(world)


@pytest.mark.parametrize(("mutant", "scenario"), FOUND_OUT, ids=lambda f: f.__name__)
def test_the_mutant_is_found_out(
    mutant: Mutant, scenario: Scenario, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutant(monkeypatch)
    world.connect()
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        scenario(world)
