"""A weaker transport, driver or lock is found out too, each by a scenario with real bytes that the real one passes.

What the disk is asked for has mutants of its own in `test_order`.
"""

import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from urllib3.util.retry import Retry

from tests.helpers.clock import ManualClock
from tests.push.benches import Bench, CarmaChain, Ida, NddPrint
from tests.push.envelopes_bench import Envelopes
from tests.push.gateway import TROUBLE, Gateway
from tests.push.mutants import Mutant, mutate
from toolkit import PushRefused
from toolkit.http import answers, session, transport, wire
from toolkit.http.answers import Classification, Verdict
from toolkit.http.session import Session
from toolkit.push import disk, driver
from toolkit.sandbox import Sandbox
from toolkit.vendors.ida.push import Database

pytestmark = pytest.mark.slow  # they prove the tests, not the product

ROWS = 60
Place = Callable[[Sandbox, ManualClock], Bench]
Weaken = Callable[[pytest.MonkeyPatch], None]


# ── scenarios ──


def through(trouble: str, *, make: Place = Ida, rows: int = ROWS) -> Callable[[Sandbox, ManualClock], None]:
    """A push whose second request meets this is run to its end, and long after, all that was said is so."""

    def scenario(box: Sandbox, clock: ManualClock) -> None:
        bench = make(box, clock)
        frame = bench.frame(rows)
        with Gateway(bench, TROUBLE[trouble], first=2, last=2):
            for _ in range(4):
                said = bench.push(frame)
                clock.advance(200)
                if "PAUSED" not in said.text:
                    break
        bench.check(said, frame)
        assert max((bench.stored() - bench.before).values()) == 1

    return scenario


def of_envelopes(trouble: str) -> Callable[[Sandbox, ManualClock], None]:
    def scenario(box: Sandbox, clock: ManualClock) -> None:
        bench = Envelopes(box, clock)
        frame = bench.frame(3)
        with Gateway(bench, TROUBLE[trouble], first=2, last=2) as gateway:
            for _ in range(3):
                bench.check(bench.push(frame), frame)
        assert len(gateway.bodies) == len(set(gateway.bodies)), "it leaves once"

    return scenario


def of_money(trouble: str) -> Callable[[Sandbox, ManualClock], None]:
    return through(trouble, make=CarmaChain)


def a_login_page(box: Sandbox, clock: ManualClock) -> None:
    bench = NddPrint(box, clock)
    frame = bench.frame(5)
    bench.fault(commit="never", reply="html")
    bench.check(bench.push(frame), frame)


def sent_on_to_the_same_place(box: Sandbox, clock: ManualClock) -> None:
    ida = Ida(box, clock)
    frame = ida.frame(ROWS)
    here = f"{box.addresses['ida']}{ida.write['path']}"
    ida.fault(commit="before", reply="redirect", status=307, headers={"Location": here})
    ida.check(ida.push(frame), frame)
    assert max((ida.stored() - ida.before).values()) == 1


def stopped_by_hand_when_all_has_left(box: Sandbox, clock: ManualClock) -> None:
    ida = Ida(box, clock)
    frame, attempt = ida.frame(ROWS), Session._send

    def interrupted(session: Session, request: wire.Request, token: Any) -> answers.Answer:
        answer = attempt(session, request, token)
        if request.path == ida.write["path"]:
            raise KeyboardInterrupt
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Session, "_send", interrupted)
        with pytest.raises(KeyboardInterrupt):
            ida.push(frame)
    ida.check_all_in(ida.push(frame), frame)


def late_while_the_clock_on_the_wall_jumps(box: Sandbox, _: ManualClock) -> None:
    """An hour, between a request without an answer and the first count after it."""
    clock = Jumping(box)
    ida = Ida(box, clock)
    frame, honest = ida.frame(ROWS), Database.count

    def counted(database: Database) -> int:
        clock.ahead = timedelta(hours=ida.posts() >= 2)
        return honest(database)

    ida.fault(commit="before", reply="ok")
    ida.fault(commit="late", reply="reset", late=40)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Database, "count", counted)
        ida.check_all_in(ida.push(frame), frame)


class Jumping(ManualClock):
    """A clock on the wall that is set, and one that counts seconds."""

    ahead = timedelta()

    def now(self) -> Any:
        return self.moment + self.ahead


def the_same_cell_in_another_kernel(box: Sandbox, clock: ManualClock) -> None:
    ida = Ida(box, clock)
    frame, refused = ida.frame(ROWS), list[PushRefused]()

    def again(progress: Any) -> None:
        if progress.done and not refused:
            with pytest.raises(PushRefused, match="another push") as caught:
                Ida(box, clock).push(frame)
            refused.append(caught.value)

    ida.check_all_in(ida.push(frame, watch=again), frame)
    assert refused


# ── mutants ──


def replaced(function: Any, old: str, new: str) -> Weaken:
    return lambda patch: mutate(patch, Mutant("", function, old, new))


def libraries_try_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(transport, "Retry", lambda *_, **__: Retry(3, allowed_methods=None, backoff_factor=0))


def nothing_ever_leaves(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Session, "left", property(lambda _: False))


def redirects_are_followed(patch: pytest.MonkeyPatch) -> None:
    patch.delattr(transport.NoRedirects, "get_redirect_target")
    replaced(Session._send, "allow_redirects=False", "allow_redirects=True")(patch)


def every_200_is_a_yes(patch: pytest.MonkeyPatch) -> None:
    classify = answers.classify

    def gullible(endpoint: Any, answer: answers.Answer, *more: Any) -> Classification:
        said = classify(endpoint, answer, *more)
        return Classification(Verdict.ACKED, status=200) if endpoint.path == NddPrint.write["path"] else said

    patch.setattr(session.answers, "classify", gullible)


def locks_are_not_held(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(disk, "_lock", lambda handle, shared: None)


class Pair(NamedTuple):
    weaken: Weaken
    scenario: Callable[[Sandbox, ManualClock], None]


PAIRS = {
    "the library tries again": Pair(libraries_try_again, through("the head, and a reset")),
    "what was raised tells that nothing left": Pair(nothing_ever_leaves, through("two lengths")),
    "the same, where it costs money": Pair(nothing_ever_leaves, of_money("the head, and a reset")),
    "the same, where it reaches people": Pair(nothing_ever_leaves, of_envelopes("a header without an end")),
    "redirects are followed": Pair(redirects_are_followed, sent_on_to_the_same_place),
    "every 200 is a yes": Pair(every_200_is_a_yes, a_login_page),
    "a page of a gateway is a busy vendor": Pair(
        replaced(driver._kind, "return Answer.LOST, True", "return Answer.NONE, False"),
        through("502 Bad Gateway that was done"),
    ),
    "429 was not done": Pair(
        replaced(driver._kind, "return Answer.BUSY, True", "return Answer.NONE, False"),
        through("429 Slow Down that was done"),
    ),
    "429 was not done, where it costs money": Pair(
        replaced(driver._kind, "return Answer.BUSY, True", "return Answer.NONE, False"),
        of_money("429 Slow Down that was done"),
    ),
    "what was interrupted had not left": Pair(
        replaced(driver.Driver._exchange, "if not self._session.left:", "if True:"), stopped_by_hand_when_all_has_left
    ),
    "waits are read from the wall": Pair(
        replaced(driver.stamp, "clock.monotonic()", "clock.now().timestamp()"), late_while_the_clock_on_the_wall_jumps
    ),
    "locks are not held": Pair(locks_are_not_held, the_same_cell_in_another_kernel),
}


@pytest.mark.parametrize("name", PAIRS)
def test_a_weaker_one_is_found_out(
    quick: None, box: Sandbox, clock: ManualClock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    monkeypatch.setattr(random, "uniform", lambda _, high: high)  # by chance, a pause lets a count come first
    pair = PAIRS[name]
    pair.scenario(box, clock)
    box.control.reset()
    monkeypatch.setenv("TOOLKIT_STATE", str(tmp_path / "another"))
    pair.weaken(monkeypatch)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        pair.scenario(box, clock)
