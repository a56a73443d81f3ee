"""The life of an operation, as the ledger's docstring draws it, is the one that the ledger allows."""

import re
from dataclasses import replace

import pytest

from tests.push.simulate import LATE, Budget, Scope
from toolkit.push import states
from toolkit.push.events import Answered, Counted, Looked, LookUp, Reconcile, Reply, Send, Sleep, Woke
from toolkit.push.states import LIFE, Answer, Stamp, State, age


def drawn() -> list[str]:
    """The table, from the code."""
    width = max(map(len, State))
    in_order = {state: [to for to in State if to in LIFE[state]] for state in State}
    return [f"    {state:<{width}}  → {', '.join(following) or 'nothing'}" for state, following in in_order.items()]


def test_the_table_in_the_docstring_is_drawn_from_the_code() -> None:
    said = [line for line in (states.__doc__ or "").splitlines() if " → " in line]
    assert said == drawn(), "\n" + "\n".join(drawn())


def test_the_picture_shows_every_state() -> None:
    picture = (states.__doc__ or "").partition(" → ")[0]
    assert [state for state in State if not re.search(rf"\b{state.partition(':')[0]}\b", picture)] == ["duplicated"]


def test_nothing_comes_back_from_where_rows_are_in_other_hands() -> None:
    assert LIFE[State.REPLACED] == LIFE[State.RESOLVED_COMMITTED] == LIFE[State.DUPLICATED] == frozenset()
    assert not any(State.PLANNED in LIFE[state] for state in State if state is not State.SENT)


LOCKED, LATER = Stamp("this boot", 500, 10_000), Stamp("this boot", 530, 10_030)


@pytest.mark.parametrize(
    ("then", "seconds"),
    [
        (Stamp("this boot", 480, 9_980), 50),
        (None, 30),  # no end is recorded
        (Stamp("another boot", 9_000, 9_990), 30),  # before the lock was taken, whatever its clocks say
        (Stamp("another boot", 9_000, 99_000), 30),
        (Stamp("another boot", 9_000, 10_030 - 2 * 86_400), 86_400),
    ],
)
def test_what_ended_under_another_boot_ended_before_the_lock(then: Stamp | None, seconds: float) -> None:
    assert age(then, LOCKED, LATER) == seconds


def test_what_another_push_sent_is_not_applied_after_what_takes_its_place() -> None:
    scope = Scope(((1,), (1,)), Budget(), offers=Reconcile.READ, plan_facts=(("repeatable", True),))
    world = scope.start().begin("A").take(Answered(1, Reply(Answer.LOST))).crash().begin("B")
    assert isinstance(world.effect, LookUp)
    world.take(Looked(1, None))  # of other rows than those at hand: nobody can say which to read
    assert isinstance(world.effect, Sleep)
    assert world.effect.seconds == LATE
    world.now += LATE
    assert isinstance(world.take(Woke()).effect, Send)


def test_a_doubt_of_another_boot_is_settled_in_its_time() -> None:
    world = Scope(((11,),), Budget()).start().begin("A").take(Counted(100))
    assert isinstance(world.effect, Send)
    world.take(Answered(1, Reply(Answer.LOST)))
    (doubt,) = world.ledger.operations("A")
    assert doubt.ended
    world.ledger.put_operation(replace(doubt, ended=replace(doubt.ended, epoch="another boot")))
    world.crash().begin("A")
    while not isinstance(world.effect, Send):
        if isinstance(world.effect, Sleep):
            world.now += max(1, int(world.effect.seconds))
        world.take(Woke() if isinstance(world.effect, Sleep) else Counted(100))
        assert world.now <= LATE
