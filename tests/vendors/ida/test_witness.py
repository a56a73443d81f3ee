"""The pieces that a push to IDA sends, put together, are the manual's request."""

from typing import Any

import pandas as pd

import toolkit
from tests.helpers import witness
from tests.helpers.clock import ManualClock
from tests.helpers.registry import VENDORS, cassettes

CASES = witness.cases(cassettes(VENDORS["ida"]) / "manual.yaml")


def test_insert_records_sends_what_the_manual_shows() -> None:
    created = CASES["create database"]["response"]
    counts = iter(range(100))

    class Counting(dict[str, Any]):
        def __getitem__(self, key: str) -> Any:
            if key != "json":
                return created[key]
            return {**created["json"], "data": {**created["json"]["data"], "rowCounter": next(counts)}}

    case = CASES["insert records"]
    account = {"base_url": witness.BASE, "token": "<token>", "push": {"settle_wait": 0, "settle_stable": 0}}
    people = pd.DataFrame({"EMAIL": ["mail@mail.com", "mail2@mail.com"], "NOMBRE_1": ["Nombre", "Nombre2"]})
    with witness.answering(case["response"], {"/api/v2/database/123": Counting(json=None)}) as vendor:
        toolkit.connect(ida=account, clock=ManualClock(), progress=False).ida.insert_records(123, people)
    sent = [r for r in vendor.requests if r["method"] == "POST"]
    records = [record for r in sent for record in r["json"].pop("records")]
    expected = witness.asked(case)
    assert records == expected["json"].pop("records")
    assert all(r == expected for r in sent)
