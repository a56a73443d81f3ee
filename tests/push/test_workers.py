"""Several answers of which none can be trusted; trouble with the very first row; several requests at once."""

from typing import Any

import pytest

from toolkit import InputError
from toolkit.push import Batch
from toolkit.vendors.ida.push import Records

from .benches import Bench, Ida

ROWS = 400


def test_rows_that_are_counted_travel_one_request_after_the_other(ida: Ida) -> None:
    with pytest.raises(InputError, match="one request after the other"):
        ida.push(ida.frame(20), workers=4)


def test_each_body_is_written_once(ida: Ida, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next one is prepared while a request is away, and kept until its turn comes."""
    written: list[int] = []
    real = Records.request

    def request(records: Records, batch: Batch) -> Any:
        written.append(len(batch.positions))
        return real(records, batch)

    monkeypatch.setattr(Records, "request", request)
    assert ida.insert(ida.frame(ROWS), options={"chunk_rows": 60}).complete
    assert sum(written) < 1.3 * ROWS, written  # the last part may be cut once more


FAULTS: dict[str, list[dict[str, Any]]] = {
    "all lost before": [{"commit": "never", "reply": "lost", "times": 4}],
    "all lost after": [{"commit": "before", "reply": "lost", "times": 4}],
    "some of each": [{"commit": c, "reply": "reset"} for c in ("before", "never", "before", "never")],
    "late": [{"commit": "late", "late": 30, "reply": "lost", "times": 2}, {"commit": "never", "reply": "lost"}],
    "busy": [{"reply": "status", "status": 429, "headers": {"Retry-After": "3"}, "times": 3}],
    "mixed": [
        {"commit": "before", "reply": "truncated"},
        {"reply": "status", "status": 429, "headers": {"Retry-After": "3"}},
        {"commit": "never", "reply": "lost"},
    ],
}


@pytest.mark.parametrize("faults", FAULTS)
def test_answers_that_several_requests_miss(ida: Ida, faults: str) -> None:
    """The counter tells which of them are in: no size is another's."""
    frame = ida.frame(ROWS)
    ida.fault(commit="before", reply="ok", times=3)
    for fault in FAULTS[faults]:
        ida.fault(**fault)
    told = ida.push(frame, chunk_rows=60, max_ambiguous=10, max_resends=5)
    ida.check_all_in(told, frame)


def test_a_part_of_one_of_several_is_no_guess(ida: Ida) -> None:
    frame = ida.frame(ROWS)
    ida.fault(commit="before", reply="ok", times=3)
    ida.fault(commit="partial", partial=7, reply="lost")
    ida.fault(commit="never", reply="lost", times=2)
    told = ida.push(frame, chunk_rows=60)
    ida.check(told, frame)
    assert told.of("unknown") > 0


def test_refusals_among_several(ida: Ida) -> None:
    """Named rows of requests that were under way together."""
    frame = ida.frame(ROWS).assign(TELEFONO=[f"569{n:08}" for n in range(ROWS)])
    bad = [20, 100, 160, 161, 350]
    frame.loc[bad, "TELEFONO"] = [f"+677 2{n:04}" for n in bad]
    ida.fault(commit="before", reply="ok", times=4)
    ida.fault(commit="before", reply="reset")
    told = ida.push(frame, chunk_rows=60)
    ida.check(told, frame)
    assert [n for n, outcome in enumerate(told.outcomes) if outcome == "rejected"] == bad
    assert told.of("verified") + told.of("accepted") == ROWS - len(bad)


def test_a_refusal_after_a_doubt(ida: Ida) -> None:
    """A request that holds a bad row is lost, then sent again and refused: what it would have stored, it never did."""
    frame = ida.frame(60).assign(TELEFONO=[f"569{n:08}" for n in range(60)])
    frame.loc[30, "TELEFONO"] = "+29022158"
    ida.fault(commit="before", reply="ok")
    ida.fault(commit="late", late=30, reply="reset")
    told = ida.push(frame, chunk_rows=59)
    ida.check(told, frame)
    assert told.of("rejected") == 1
    assert told.of("verified") + told.of("accepted") == 59


FIRST: dict[str, dict[str, Any]] = {
    "lost after": {"commit": "before", "reply": "lost"},
    "lost before": {"commit": "never", "reply": "lost"},
    "late": {"commit": "late", "late": 20, "reply": "reset"},
    "error": {"reply": "status", "status": 500},
    "busy": {"reply": "status", "status": 429},
    "page": {"reply": "html"},
}


@pytest.mark.parametrize("fault", FIRST)
@pytest.mark.parametrize("workers", [1, 4])
def test_trouble_with_the_very_first_row(bench: Bench, fault: str, workers: int) -> None:
    frame = bench.frame(12)
    bench.fault(**FIRST[fault])
    for _ in range(2):
        told = bench.push(frame, workers=1 if bench.system == "ida" else workers)
        bench.check(told, frame)
    assert max((bench.stored() - bench.before).values(), default=0) <= 1
    if bench.system != "carmachain":
        bench.check_all_in(told, frame)


def test_a_refused_first_row_is_no_reason_to_distrust(ida: Ida) -> None:
    frame = ida.frame(50).assign(TELEFONO=["+29022158", *["56912345678"] * 49])
    told = ida.push(frame)
    ida.check(told, frame)
    assert (told.of("rejected"), told.of("verified")) == (1, 49)
