"""Several requests under way: none waits for another, and what calls for attention waits until all are back."""

import contextlib
import sqlite3
import threading
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

import toolkit
from toolkit import InputError, settings
from toolkit.http import wire
from toolkit.http.session import Attempt, Session
from toolkit.http.wire import Verdict
from toolkit.push.made import _sha256
from toolkit.push.run import Runner
from toolkit.push.underway import UnderWay
from toolkit.spec import Endpoint
from toolkit.vendors.nddprint.push import CardCodes

from .benches import CarmaChain, Ida, NddPrint
from .world import Died, Fate

LONG = 30  # seconds: whoever waits so long waits for ever
Exchange = Callable[[], Attempt]


class Traffic:
    """Requests that carry rows, as they leave and come back; a test decides when each does."""

    def __init__(self, patch: pytest.MonkeyPatch, name: str, rule: Callable[[int, Exchange], Attempt]) -> None:
        self.begun = self.ended = 0
        self.together: list[int] = []  # for each other request, how many with rows were under way
        self._lock = threading.Lock()
        honest = Session.attempt

        def attempt(session: Session, endpoint: Endpoint, request: wire.Request) -> Attempt:
            if endpoint.name != name:
                self.together.append(self.begun - self.ended)
                return honest(session, endpoint, request)
            with self._lock:
                self.begun += 1
                number = self.begun
            try:
                return rule(number, lambda: honest(session, endpoint, request))
            finally:
                with self._lock:
                    self.ended += 1

        patch.setattr(Session, "attempt", attempt)


def test_as_many_are_under_way_as_there_are_workers(nddprint: NddPrint, monkeypatch: pytest.MonkeyPatch) -> None:
    four = threading.Barrier(4)

    def rule(number: int, exchange: Exchange) -> Attempt:
        if number > 1:
            four.wait(LONG)
        return exchange()

    Traffic(monkeypatch, "post_card_code", rule)
    frame = nddprint.frame(13)
    nddprint.check_all_in(nddprint.push(frame, workers=4), frame)


def test_a_slow_answer_does_not_hold_the_others_up(nddprint: NddPrint, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second request is answered when all the others are."""
    others = threading.Event()

    def rule(number: int, exchange: Exchange) -> Attempt:
        if number == 2:
            assert others.wait(LONG)
        elif number == 20:
            others.set()
        return exchange()

    Traffic(monkeypatch, "post_card_code", rule)
    frame = nddprint.frame(20)
    nddprint.check_all_in(nddprint.push(frame, workers=2), frame)


def test_every_intent_is_committed_before_its_request_leaves(
    nddprint: NddPrint, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []

    def attempt(session: Session, endpoint: Endpoint, request: wire.Request) -> Attempt:
        if endpoint.name == "post_card_code":
            (path,) = (settings.state_folder() / "pushes").glob("*.sqlite")
            with contextlib.closing(sqlite3.connect(path, timeout=LONG)) as other:
                query = "SELECT state FROM op WHERE sha256 = ?"
                seen.extend(other.execute(query, (_sha256(request),)).fetchall())
        return honest(session, endpoint, request)

    honest = Session.attempt
    monkeypatch.setattr(Session, "attempt", attempt)
    frame = nddprint.frame(40)
    nddprint.check_all_in(nddprint.push(frame, workers=8), frame)
    assert seen == [("intent",)] * 40


def test_all_are_back_before_doubt_is_settled(ida: Ida, monkeypatch: pytest.MonkeyPatch) -> None:
    """One answer is lost while others are under way: nothing new leaves, and nothing is counted, until these are in."""
    seen, looks, early = threading.Event(), [0], []

    def rule(number: int, exchange: Exchange) -> Attempt:
        if seen.is_set() and len(traffic.together) == looks[-1]:
            early.append(number)
        attempt = exchange()
        if number > 1 and attempt.verdict is Verdict.ACKED:
            assert seen.wait(LONG)
        return attempt

    def take_in(runner: Runner, came: Any) -> None:
        honest(runner, came)
        if runner._others and not seen.is_set():
            looks.append(len(traffic.together))
            seen.set()

    honest = Runner._take_in
    monkeypatch.setattr(Runner, "_take_in", take_in)
    traffic = Traffic(monkeypatch, "post_records", rule)
    ida.fault(commit="before", reply="ok", times=2)
    ida.fault(commit="before", reply="lost")
    frame = ida.frame(400)
    told = ida.push(frame, workers=4, chunk_rows=60)
    ida.check_all_in(told, frame)
    assert early == []
    assert set(traffic.together) == {0}


def test_what_cannot_be_made_does_not_cost_the_answers_under_way(
    nddprint: NddPrint, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = threading.Event()
    honest = CardCodes.request

    def request(target: CardCodes, order: Any) -> Any:
        if order.positions[0] == 6:
            failed.set()
            raise InputError("changed since it was planned")
        return honest(target, order)

    def rule(number: int, exchange: Exchange) -> Attempt:
        if number in (3, 4, 5):
            assert failed.wait(LONG)
        return exchange()

    monkeypatch.setattr(CardCodes, "request", request)
    traffic = Traffic(monkeypatch, "post_card_code", rule)
    with pytest.raises(InputError, match="changed since"):
        nddprint.push(nddprint.frame(12), workers=4)
    (push,) = toolkit.pushes().to_dict("records")
    assert (push["state"], push["unknown"], push["accepted"]) == ("paused", 0, traffic.ended)
    assert push["accepted"] == nddprint.stored().total() - nddprint.before.total()


def test_a_thread_that_fails_does_not_cost_the_answers_beside_it(
    nddprint: NddPrint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three are back at once, and one of them with an error that nobody expected."""
    three = threading.Barrier(3)

    def rule(number: int, exchange: Exchange) -> Attempt:
        if number == 1:
            return exchange()
        attempt = exchange()
        three.wait(LONG)
        if number == 3:
            raise MemoryError
        return attempt

    Traffic(monkeypatch, "post_card_code", rule)
    with pytest.raises(MemoryError):
        nddprint.push(nddprint.frame(4), workers=3)
    (push,) = toolkit.pushes().to_dict("records")
    assert (push["accepted"], push["unknown"]) == (3, 1)


def test_stopped_by_hand_with_several_under_way(nddprint: NddPrint, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing new leaves, and what was under way is known."""
    stop = threading.Event()
    three = threading.Barrier(3)

    def rule(number: int, exchange: Exchange) -> Attempt:
        if number > 1:
            three.wait(LONG)
            stop.set()
        return exchange()

    Traffic(monkeypatch, "post_card_code", rule)
    frame = nddprint.frame(30)
    told = nddprint.push(frame, workers=3, stop=stop)
    assert (told.of("accepted"), told.of("not sent")) == (4, 26)
    stop.clear()
    monkeypatch.undo()
    nddprint.check_all_in(nddprint.push(frame, workers=3), frame)


@pytest.mark.parametrize("edge", ["before create_request", "after create_request", "COMMIT"])
def test_killed_with_several_under_way_nobody_is_asked_about_twice(carmachain: CarmaChain, edge: str) -> None:
    """What costs money: requests whose outcome is not on disk stay unknown."""
    frame = carmachain.frame(120)
    with Fate(7, what=edge).rules(), pytest.raises(Died):
        carmachain.push(frame, workers=4, chunk_rows=10)
    told = carmachain.push(frame, workers=4, chunk_rows=10)
    carmachain.check(told, frame)
    assert max((carmachain.stored() - carmachain.before).values()) == 1
    assert 0 < told.of("unknown") <= 4 * 10
    assert told.of("unknown") + told.of("accepted") == len(frame)


def test_interrupted_while_answers_are_written_none_of_them_is_lost(carmachain: CarmaChain) -> None:
    """The transaction that held them is undone; they are written with the end of the sitting."""

    def interrupt() -> None:
        raise KeyboardInterrupt

    frame = carmachain.frame(30)
    with Fate(5, interrupt, what="COMMIT").rules(), pytest.raises(KeyboardInterrupt):
        carmachain.push(frame, workers=1, chunk_rows=10)
    told = carmachain.push(frame, workers=1, chunk_rows=10)
    carmachain.check_all_in(told, frame)


@pytest.mark.parametrize("number", [7, 8, 9])
def test_interrupted_what_was_not_executed_is_no_doubt(carmachain: CarmaChain, number: int) -> None:
    """A busy vendor did nothing: that is written, even where the transaction that held it was undone."""

    def interrupt() -> None:
        raise KeyboardInterrupt

    frame = carmachain.frame(40)
    carmachain.fault(commit="before", reply="ok", times=3)
    carmachain.fault(reply="status", status=429, headers={"Retry-After": "1"}, times=2)
    with Fate(number, interrupt, what="COMMIT").rules(), pytest.raises(KeyboardInterrupt):
        carmachain.push(frame, workers=3, chunk_rows=5)
    told = carmachain.push(frame, workers=3, chunk_rows=5)
    carmachain.check_all_in(told, frame)


@pytest.mark.parametrize("body", [{"parametrRequest": 5}, {"parametrRequest": {"a": 1}}])
def test_tickets_of_an_unknown_shape_do_not_stop_the_push(carmachain: CarmaChain, body: dict[str, Any]) -> None:
    carmachain.fault(commit="before", reply="status", status=200, body=body)
    frame = carmachain.frame(30)
    told = carmachain.push(frame, workers=2, chunk_rows=10)
    carmachain.check_all_in(told, frame)


def test_busy_vendors_are_given_their_time_by_all_workers(nddprint: NddPrint) -> None:
    nddprint.fault(commit="before", reply="ok", times=3)
    nddprint.fault(reply="status", status=429, headers={"Retry-After": "7"}, times=2)
    frame = nddprint.frame(30)
    nddprint.check_all_in(nddprint.push(frame, workers=4), frame)
    assert nddprint.clock.slept == pytest.approx(7)
    assert nddprint.posts() == 32


def test_a_frame_goes_on_with_another_number_of_workers(ida: Ida) -> None:
    frame = pd.concat([ida.frame(150), ida.frame(150, prefix="q")], ignore_index=True)
    stop = threading.Event()
    ida.push(frame, workers=4, chunk_rows=20, stop=stop, watch=lambda p: p.done > 60 and stop.set())
    ida.check_all_in(ida.push(frame, workers=1), frame)


def test_a_busy_vendor_gets_half_as_many_at_once(nddprint: NddPrint, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then one more after each round that went well."""
    abreast: dict[int, int] = {}

    def rule(number: int, exchange: Exchange) -> Attempt:
        with lock:
            abreast[number] = traffic.begun - traffic.ended
        return exchange()

    def send(out: UnderWay, *facts: Any) -> None:
        allowed.append(out.most)
        honest(out, *facts)

    lock, allowed, honest = threading.Lock(), [], UnderWay.send
    monkeypatch.setattr(UnderWay, "send", send)
    traffic = Traffic(monkeypatch, "post_card_code", rule)
    nddprint.fault(commit="before", reply="ok", times=5)
    nddprint.fault(reply="status", status=429, headers={"Retry-After": "3"})
    frame = nddprint.frame(60)
    nddprint.check_all_in(nddprint.push(frame, workers=8), frame)
    narrow = allowed.index(4)
    assert set(allowed[:narrow]) == {8}
    assert allowed[narrow:] == sorted(allowed[narrow:])
    assert allowed[-1] == 8
    assert max(abreast[n] for n in range(narrow + 1, narrow + 5)) <= 5
