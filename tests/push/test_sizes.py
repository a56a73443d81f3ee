"""How many rows a request carries."""

import itertools
import re

import numpy as np
import pytest

from toolkit import InputError
from toolkit.push.options import Options
from toolkit.push.sizes import FAST, FIRST, LARGEST, Sizes, plan

SMALL = 200_000  # bytes of a body that leaves room for more


def test_sizes_that_follow_each_other_differ() -> None:
    sizes = Sizes(Options())
    made = [sizes.next() for _ in range(10)]
    assert len(set(made)) == 10
    assert max(made) <= FIRST


@pytest.mark.parametrize("workers", [2, 4, 8])
def test_no_two_sets_of_what_is_sent_at_once_add_up_to_the_same(workers: int) -> None:
    sizes = Sizes(Options(workers=workers))
    made = [sizes.next() for _ in range(workers)]
    sums = [sum(some) for n in range(workers + 1) for some in itertools.combinations(made, n)]
    assert len(sums) == len(set(sums))


@pytest.mark.parametrize("workers", [1, 8, 32])
def test_many_workers_do_not_make_small_requests(workers: int) -> None:
    sizes = Sizes(Options(workers=workers))
    assert min(sizes.next() for _ in range(64)) >= FIRST // 2
    parts = plan(10_000, True, Options(workers=workers, chunk_rows=100))
    assert min(map(len, parts[1:-1])) >= 50


def test_a_vendor_that_answers_fast_gets_more_rows_but_never_more_than_allowed() -> None:
    sizes = Sizes(Options(chunk_rows=1500))
    seen = []
    for _ in range(4):
        seen.append(sizes.limit)
        sizes.fast(sizes.limit, SMALL, FAST / 2)
    assert seen == [FIRST, 2 * FIRST, 1500, 1500]


def test_a_slow_answer_or_the_last_few_rows_say_nothing_about_more() -> None:
    sizes = Sizes(Options())
    sizes.fast(FIRST, SMALL, FAST)
    sizes.fast(10, SMALL, FAST / 2)
    assert sizes.limit == FIRST


def test_a_body_stays_below_what_proxies_take() -> None:
    sizes = Sizes(Options())
    sizes.fast(FIRST, LARGEST * 2 // 3, FAST / 2)
    assert sizes.limit == FIRST * LARGEST // (LARGEST * 2 // 3)


def test_after_doubt_it_begins_again_and_what_was_too_large_is_not_tried_again() -> None:
    sizes = Sizes(Options())
    sizes.fast(FIRST, SMALL, FAST / 2)
    sizes.doubtful()
    assert sizes.limit == FIRST
    sizes.too_large(400)
    sizes.fast(sizes.limit, SMALL, FAST / 2)
    assert sizes.limit == 201


@pytest.mark.parametrize("rows", [0, 1, 2, 500, 200_000])
def test_a_plan_holds_every_row_once_and_begins_with_one_alone(rows: int) -> None:
    blocks = plan(rows, together=True, options=Options())
    assert np.concatenate([np.empty(0, dtype=int), *blocks]).tolist() == list(range(rows))
    assert [len(block) for block in blocks[:1]] == [1] * min(rows, 1)
    assert all(len(block) for block in blocks)


@pytest.mark.parametrize("setting", ["workers", "chunk_rows", "fence_every"])
@pytest.mark.parametrize("value", [0, -1, 1.5, "2"])
def test_settings_that_make_no_sense(setting: str, value: object) -> None:
    wrong = f"the option {setting} is (a whole number|1 or more), not {re.escape(repr(value))}"
    with pytest.raises(InputError, match=wrong):
        Options.of({setting: value})


def test_settings_that_do_not_exist() -> None:
    with pytest.raises(InputError, match="a push has no option 'chunk_row'; did you mean 'chunk_rows'"):
        Options.of({"chunk_row": 3})
    with pytest.raises(InputError, match="a push has no option 'zzz'; there are settle_wait"):
        Options.of({"zzz": 3})
    with pytest.raises(InputError, match="options come as a dict, not as list"):
        Options.of(["workers"])


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("settle_wait", "65"),
        ("progress", 1),
        ("workers", True),
        ("doubts", "keep"),
        ("watch", "print"),
        ("stop", None),
        ("resend_as", None),
        ("requests_per_second", 0),
        ("final_look", "yes"),
    ],
)
def test_options_of_the_wrong_type(option: str, value: object) -> None:
    with pytest.raises(InputError, match=f"the option {option}|{option} is more than 0"):
        Options.of({option: value})


def test_options_change_each_other_in_turn() -> None:
    made = Options.of({"workers": 2, "chunk_rows": 5}, None, Options(workers=4), {"doubts": "hold"})
    assert (made.workers, made.chunk_rows, made.doubts) == (4, 5, "hold")
