"""No damaged file kills, hangs or fills the kernel, and each is refused in words."""

import pytest

from tests.sheets.fuzz import SLOWEST, tried


@pytest.mark.parametrize(("count", "seed"), [(150, 3), pytest.param(4_000, 4, marks=pytest.mark.slow)])
def test_damaged_files_are_read_or_refused_in_words(count: int, seed: int) -> None:
    outcomes = [(outcome, seconds) for outcome, seconds, _ in tried(count, seed)]
    assert {outcome for outcome, _ in outcomes} == {"read", "refused"}
    assert max(seconds for _, seconds in outcomes) < SLOWEST
