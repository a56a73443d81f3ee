"""The life of an operation, as the ledger's docstring draws it, is the one that the ledger allows."""

import re

from toolkit.push import states
from toolkit.push.states import LIFE, State


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
