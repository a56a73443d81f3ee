"""What is read back to decide something has to have the form that a document shows; else nothing is decided by it."""

from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest

import toolkit
from tests.helpers.answers import change_answers
from tests.helpers.clock import ManualClock
from tests.vendors.signio.helpers import crowd, planned
from toolkit import BadAnswer
from toolkit.sandbox import Sandbox


@pytest.fixture
def api(box: Sandbox, clock: ManualClock) -> toolkit.Api:
    return toolkit.connect(**box.settings(), clock=clock, progress=False)


ODD_CODES = [True, False, {}, "1", ["1"], [], {"cardCodes": [None]}, {"cardCodes": [0]}, {"cardCodes": [["1"]]}]


@pytest.mark.parametrize("payload", [*ODD_CODES, [{"cardCodes": ["1"]}, {"cardCodes": ["2"]}]], ids=str)
def test_a_code_whose_place_another_takes_is_kept_or_stays(
    box: Sandbox, api: toolkit.Api, monkeypatch: pytest.MonkeyPatch, payload: Any
) -> None:
    change_answers(monkeypatch, api.nddprint.connection.session, "read_card_codes", lambda _: payload)
    row = {"LogonName": "usuario123", "DomainName": "dominio123", "CardCode": "0022"}
    with pytest.raises(BadAnswer, match="no document shows"):
        api.nddprint.add_card_codes([row], replace=True)
    assert not [line for line in box.control.log() if line["service"] == "post_card_code"]


@pytest.mark.parametrize("state", [0, "0", False, True, -1, 99, "99", None, "Pendiente", [2], 10**30, 2.5])
def test_what_was_distributed_is_read_from_a_state_of_the_manual(
    box: Sandbox, api: toolkit.Api, monkeypatch: pytest.MonkeyPatch, state: Any
) -> None:
    plan = planned(api.signio, crowd(1))
    plan.build()
    match = {"method": "POST", "path": "*/distribuir"}
    box.control.fault(system="signio", match=match, commit="never", reply="status", times=1)
    change_answers(monkeypatch, api.signio.connection.session, "envelope", lambda facts: {**facts, "estado": state})
    assert plan.distribute(confirm=1).table["outcome"].tolist() == ["unknown"]


def test_the_state_of_another_envelope_says_nothing(
    box: Sandbox, api: toolkit.Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = planned(api.signio, crowd(1))
    plan.build()
    match = {"method": "POST", "path": "*/distribuir"}
    box.control.fault(system="signio", match=match, commit="never", reply="status", times=1)
    other = {"estado": 2, "id_transaccion": "another"}
    change_answers(monkeypatch, api.signio.connection.session, "envelope", lambda facts: {**facts, **other})
    assert plan.distribute(confirm=1).table["outcome"].tolist() == ["unknown"]


def test_the_facts_of_another_database_are_not_those_of_this_one(
    api: toolkit.Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def another(payload: Any) -> Any:
        return {**payload, "data": {**payload["data"], "id": 22222}}

    change_answers(monkeypatch, api.ida.connection.session, "database", another)
    with pytest.raises(BadAnswer, match="without its facts"):
        api.ida.insert_records(11111, pd.DataFrame({"EMAIL": ["a@example.cl"]}))


@pytest.mark.parametrize("created", [None, "", 0, 1_565_966_668])
def test_no_ledger_is_begun_for_a_database_without_its_time(
    box: Sandbox, api: toolkit.Api, monkeypatch: pytest.MonkeyPatch, created: Any
) -> None:
    def untimed(payload: Any) -> Any:
        return {**payload, "data": {**payload["data"], "createdAt": created}}

    change_answers(monkeypatch, api.ida.connection.session, "database", untimed)
    rows = pd.DataFrame({"EMAIL": ["a@example.cl"]})
    with pytest.raises(BadAnswer, match="without a time at which it was made"):
        api.ida.insert_records(11111, rows)
    api.ida.connection.assumed["database_made"] = 20190816144428
    before = len(box.control.stored("ida", "Contact"))
    for _ in range(2):
        assert api.ida.insert_records(11111, rows).summary["verified"] == 1
    assert len(box.control.stored("ida", "Contact")) == before + 1


@pytest.mark.parametrize("year", [1970, 2000, 2017])
def test_a_clock_that_is_years_behind_is_named(api: toolkit.Api, monkeypatch: pytest.MonkeyPatch, year: int) -> None:
    clock = api.ida.connection.session.clock
    monkeypatch.setattr(type(clock), "now", lambda _: datetime(year, 1, 1, tzinfo=UTC))
    rows = pd.DataFrame({"EMAIL": ["a@example.cl"]})
    with pytest.raises(BadAnswer, match=rf"was made in \d+, and the clock of this computer says {year}.*Correct the"):
        api.ida.insert_records(11111, rows)
