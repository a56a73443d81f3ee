"""What refused rows cost: how many requests, and never a neighbour."""

import math
import random

import pandas as pd
import pytest

from toolkit import settings
from toolkit.sandbox.vendor import Refused
from toolkit.vendors.ida.sandbox import values as ida_values

from .benches import DATABASE, Ida, Told

ROWS, CHUNK = 1_000, 250
PAUSED = "looks like a column in the wrong place"


def crowd(ida: Ida, bad: list[int], rows: int = ROWS) -> pd.DataFrame:
    """People whose phones are good here and there, but for some of which the vendor has another opinion."""
    frame = ida.frame(rows).assign(TELEFONO=[f"569{n:08}" for n in range(rows)])
    frame.loc[bad, "TELEFONO"] = [f"+677 2{n:04}" for n in bad]
    return frame


def pushed(ida: Ida, frame: pd.DataFrame, **settings: object) -> tuple[Told, int]:
    """What was told, and the requests that it took."""
    before = ida.posts()
    return ida.push(frame, **{"chunk_rows": CHUNK, **settings}), ida.posts() - before


def check_guilty(ida: Ida, told: Told, frame: pd.DataFrame, bad: list[int]) -> None:
    ida.check(told, frame)
    assert {n for n, outcome in enumerate(told.outcomes) if outcome == "rejected"} == set(bad), told.text
    assert told.of("verified") == len(frame) - len(bad)


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A vendor that refuses without a reason."""
    monkeypatch.setattr(ida_values, "Refused", lambda status, words="": Refused(status, "Registro no válido"))


def some(count: int, rows: int = ROWS) -> list[int]:
    return sorted(random.Random(count).sample(range(rows), count))


@pytest.mark.parametrize("bad", [some(1), some(5), some(20), some(40), [0], [ROWS - 1], [1, 2, 3, 4, 5]], ids=len)
def test_named_values_cost_two_requests_a_row_at_most(ida: Ida, bad: list[int]) -> None:
    frame = crowd(ida, bad)
    told, posts = pushed(ida, frame)
    check_guilty(ida, told, frame, bad)
    assert posts - ida.posts_of_a_clean_push(ROWS, chunk_rows=CHUNK) <= 2 * len(bad)


@pytest.mark.usefixtures("silent")
@pytest.mark.parametrize("bad", [some(1), some(5), some(20), [0], [ROWS - 1], [300, 301]], ids=len)
def test_halving_costs_a_logarithm_a_row_at_most(ida: Ida, bad: list[int]) -> None:
    frame = crowd(ida, bad)
    told, posts = pushed(ida, frame)
    check_guilty(ida, told, frame, bad)
    assert posts - ida.posts_of_a_clean_push(ROWS, chunk_rows=CHUNK) <= len(bad) * 2 * math.log2(CHUNK)


@pytest.mark.usefixtures("silent")
def test_a_half_whose_twin_was_accepted_is_not_sent_to_learn_that_it_is_bad(ida: Ida) -> None:
    """One bad row at the end of a chunk: each first half is accepted, no second half is sent, but the row alone."""
    frame = crowd(ida, [63], 64)
    told, posts = pushed(ida, frame, chunk_rows=63)
    check_guilty(ida, told, frame, [63])
    refused = sum(entry["status"] == 406 for entry in ida.log())
    assert refused == 2
    assert posts <= 3 + math.log2(64)


@pytest.mark.parametrize("rows", [2, 3, 40, 400])
@pytest.mark.usefixtures("silent")
def test_a_refusal_that_passes_costs_no_row(ida: Ida, rows: int) -> None:
    """A row is rejected where it was refused alone, never as what others leave over."""
    frame = crowd(ida, [], rows)
    ida.fault(reply="status", status=406, every=1, times=1)
    told, _ = pushed(ida, frame)
    check_guilty(ida, told, frame, [])


@pytest.mark.usefixtures("silent")
def test_inference_that_a_restart_forgets_costs_requests_only(ida: Ida) -> None:
    frame = crowd(ida, [60, 63], 64)
    for number in range(3, 9):  # one life each
        ida.fault(reply="status", status=429, headers={"Retry-After": str(10**6)}, every=number)
        ida.push(frame, chunk_rows=63)
        ida.clock.advance(10**6)
        ida.connect()
        ida.box.control.clear_faults()
    told, _ = pushed(ida, frame, chunk_rows=63)
    check_guilty(ida, told, frame, [60, 63])


def test_a_value_that_many_rows_share(ida: Ida) -> None:
    """Each of them is tried alone: the value may be right in another row."""
    bad = list(range(100, 140))
    frame = crowd(ida, [])
    frame.loc[bad, "TELEFONO"] = "+29022158"
    told, posts = pushed(ida, frame)
    check_guilty(ida, told, frame, bad)
    assert posts - ida.posts_of_a_clean_push(ROWS, chunk_rows=CHUNK) <= 2 * len(bad)


def test_a_refusal_that_names_a_row_wrongly_costs_no_innocent(ida: Ida, monkeypatch: pytest.MonkeyPatch) -> None:
    """The vendor names a value that two good rows hold as well: they are tried alone, and are in."""

    def refused(status: int, words: str = "") -> Refused:
        return Refused(status, f"{words.partition(':')[0]}: 56900000007")

    monkeypatch.setattr(ida_values, "Refused", refused)
    frame = crowd(ida, [50], 100)
    frame.loc[[7, 8], "TELEFONO"] = "56900000007"
    told, _ = pushed(ida, frame)
    check_guilty(ida, told, frame, [50])


@pytest.mark.parametrize("words", ["named", "silent"])
@pytest.mark.parametrize("good", [[], [0], [0, 500]], ids=["none", "the first", "two"])
def test_a_column_in_the_wrong_place_stops_early(
    ida: Ida, request: pytest.FixtureRequest, good: list[int], words: str
) -> None:
    if words == "silent":
        request.getfixturevalue("silent")
    bad = [n for n in range(ROWS) if n not in good]
    frame = crowd(ida, bad)
    told, posts = pushed(ida, frame)
    ida.check(told, frame)
    assert posts <= 12
    assert told.of("verified") <= len(good)
    assert len(ida.stored() - ida.before) <= len(good)
    assert PAUSED in told.text
    assert ("teléfono erróneo" if words == "named" else "Registro no válido") in told.text


@pytest.mark.parametrize("words", ["named", "silent"])
def test_bad_rows_at_the_top_are_no_wrong_column(ida: Ida, request: pytest.FixtureRequest, words: str) -> None:
    """A dozen bad rows before a thousand good ones: a look at rows from all over tells them apart."""
    if words == "silent":
        request.getfixturevalue("silent")
    bad = list(range(12))
    frame = crowd(ida, bad)
    told, _ = pushed(ida, frame)
    check_guilty(ida, told, frame, bad)


def test_more_bad_rows_than_allowed_pause_and_a_higher_limit_goes_on(ida: Ida) -> None:
    bad = [n for n in range(600) if n % 4 == 0]
    frame = crowd(ida, bad, 600)
    told, _ = pushed(ida, frame)
    ida.check(told, frame)
    assert PAUSED in told.text
    told, _ = pushed(ida, frame, max_rejected=1)
    check_guilty(ida, told, frame, bad)


def test_many_rows_one_by_one_stop_early_too(request: pytest.FixtureRequest) -> None:
    """Where each row is a request of its own: after ten refusals and no yes."""
    ndd = request.getfixturevalue("nddprint")
    frame = ndd.frame(50).assign(DomainName="nowhere")
    told = ndd.push(frame)
    ndd.check(told, frame)
    assert ndd.posts() <= 12
    assert PAUSED in told.text


def test_no_cell_of_a_refused_row_is_kept_on_disk(ida: Ida) -> None:
    """The refusals are there, the values are not; the report, which has the frame, shows them."""
    bad = [5, 30]
    frame = crowd(ida, bad, 60).assign(NOMBRE="Nombre Inconfundible")
    report = ida.insert(frame)
    errors = report.table["error"].iloc[bad].tolist()
    assert errors == [f"Formato de teléfono erróneo: +677 2{n:04}" for n in bad]
    assert report.table["error_value"].iloc[bad].tolist() == frame["TELEFONO"].iloc[bad].tolist()
    kept = b"".join(path.read_bytes() for path in (settings.state_folder() / "ledgers").iterdir())
    assert "Formato de teléfono erróneo".encode() in kept
    for cell in (*frame["EMAIL"], *frame["NOMBRE"], *frame["TELEFONO"], "67720005", "example.cl"):
        assert cell.encode() not in kept
    assert str(DATABASE).encode() in kept  # where to: that is no cell
