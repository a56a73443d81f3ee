"""Real bytes on loopback: whatever stands between client and vendor does to requests and answers (`gateway.TROUBLE`).

No line of the table breaks what a push assumes, so that nothing is doubled, nothing is lost, and nothing is claimed
that is not so; what reaches people or costs money leaves once. Only `TWICE` breaks an assumption: a request that is
delivered twice.
"""

from collections import Counter
from typing import Any

import pytest

from tests.helpers.clock import ManualClock
from tests.push.benches import BENCHES, Bench, CarmaChain, Ida, Told
from tests.push.envelopes_bench import Envelopes
from tests.push.gateway import BYTES, LOCATIONS, STATUSES, TROUBLE, TWICE, Gateway
from toolkit.sandbox import Sandbox

ALL: dict[str, type[Bench]] = {**BENCHES, "distribution": Envelopes}
ROWS = {"ida": 60, "carmachain": 60}
ONCE = ("carmachain", "distribution")  # it costs money, or reaches people
READABLE = (
    "a length that is none",
    "a length below zero",
)  # the documented answer comes whole, until the end of the line
SOME = [*BYTES][::3] + [*LOCATIONS][::5] + [*STATUSES][::4]


def _through(bench: Bench, trouble: str, **options: Any) -> tuple[Told, Gateway]:
    """A push whose second request meets this, run again until it does not stop any more; what was said last."""
    frame = bench.frame(ROWS.get(bench.system, 6))
    with Gateway(bench, {**TROUBLE, **TWICE}[trouble], first=2, last=2) as gateway:
        for _ in range(4):
            said = bench.push(frame, **options)
            if trouble in TROUBLE:
                bench.check(said, frame)
            if "PAUSED" not in said.text:
                break
            bench.clock.advance(200)
    assert gateway.seen >= 2
    assert "PAUSED" not in said.text
    bench.check(said, frame)
    return said, gateway


def _is_so(bench: Bench, name: str, trouble: str) -> None:
    said, gateway = _through(bench, trouble)
    assert max((bench.stored() - bench.before).values()) == 1
    if name in ONCE:
        assert max(Counter(gateway.bodies).values()) == 1, "it leaves once"
    if name == "carmachain":
        assert (said.of("unknown") > 0) is (trouble not in READABLE), "nobody can look"
    else:
        assert set(said.outcomes) <= {"verified", "accepted"}, said.text


@pytest.mark.parametrize("name", ["ida", "distribution"])
@pytest.mark.parametrize("trouble", TROUBLE)
def test_nothing_is_doubled_lost_or_claimed(
    quick: None, box: Sandbox, clock: ManualClock, name: str, trouble: str
) -> None:
    _is_so(ALL[name](box, clock), name, trouble)


@pytest.mark.parametrize("name", [name for name in ALL if name not in ("ida", "distribution")])
@pytest.mark.parametrize("trouble", SOME)
def test_nor_elsewhere(quick: None, box: Sandbox, clock: ManualClock, name: str, trouble: str) -> None:
    _is_so(ALL[name](box, clock), name, trouble)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in ALL if name not in ("ida", "distribution")])
@pytest.mark.parametrize("trouble", [trouble for trouble in TROUBLE if trouble not in SOME])
def test_nor_elsewhere_whatever_happens(quick: None, box: Sandbox, clock: ManualClock, name: str, trouble: str) -> None:
    _is_so(ALL[name](box, clock), name, trouble)


@pytest.mark.parametrize("trouble", ["two lengths", "the head, and a reset", "429 Slow Down that was done"])
@pytest.mark.parametrize("name", ["ida", "distribution"])
def test_in_a_cell_that_handles_another_failure(
    quick: None, box: Sandbox, clock: ManualClock, name: str, trouble: str
) -> None:
    """An error that the notebook was handling before says nothing about this request."""
    bench = ALL[name](box, clock)
    try:
        raise ConnectionRefusedError(111, "refused") from OSError("nothing left")
    except ConnectionRefusedError:
        _is_so(bench, name, trouble)


@pytest.mark.parametrize("trouble", TWICE)
def test_a_second_copy_is_never_claimed_away(ida: Ida, trouble: str) -> None:
    """With a last look, the rows that came twice are unknown."""
    said, _ = _through(ida, trouble, final_look=True)
    doubled = [key for key, times in (ida.stored() - ida.before).items() if times > 1]
    assert len(doubled) == ida.rows_sent()[1]
    assert said.of("unknown") >= len(doubled)


@pytest.mark.parametrize("trouble", TWICE)
def test_a_second_copy_changes_nothing_where_a_row_is_there_or_not(
    quick: None, box: Sandbox, clock: ManualClock, trouble: str
) -> None:
    bench = BENCHES["nddprint"](box, clock)
    said, _ = _through(bench, trouble)
    assert set(said.outcomes) <= {"verified", "accepted"}, said.text


def test_carmachain_is_one_of_those_that_cost_money() -> None:
    assert CarmaChain.system in ONCE
