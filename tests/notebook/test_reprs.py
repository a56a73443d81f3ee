"""What a notebook shows of an object that ends a cell: short, about what matters, and without what nobody reads."""

import re
from pathlib import Path

import pandas as pd
import pytest

import toolkit
from toolkit.sandbox import Sandbox

PDF = Path(__file__).parents[2] / "notebooks" / "datos" / "anexo.pdf"
SHEET = {"NOMBRE": ["Ana", "Eva", "Luz"], "EMAIL": ["ana@example.cl", "s/i", "x"], "TELEFONO": "+56 9 1234 5678"}


@pytest.fixture
def report(api: toolkit.Api) -> toolkit.Report:
    return api.ida.insert_records(11111, pd.DataFrame(SHEET))


def test_a_push_says_what_went_where_and_when_to_the_second(report: toolkit.Report) -> None:
    push = toolkit.pushes().iloc[0]
    assert re.search(r"\d\d:\d\d:\d\d\+00:00", str(push["started"]))
    assert repr(toolkit.open_push(push["id"])).startswith(f"<Push {push['id']}: ida.insert_records to database 11111")


def test_pushes_of_one_second_stand_the_latest_first(api: toolkit.Api) -> None:
    for n in range(3):
        api.ida.insert_records(11111, pd.DataFrame({"NOMBRE": [f"Persona {n}"]}))
    ids = toolkit.pushes()["id"].tolist()
    ledger = [toolkit.open_push(name).report().facts["started"] for name in ids]
    assert ledger == sorted(ledger, reverse=True)


def test_a_report_of_one_row_counts_one(api: toolkit.Api) -> None:
    assert "1  row in all" in repr(api.ida.insert_records(11111, pd.DataFrame({"NOMBRE": ["Ana"]})))


def test_a_report_shows_rows_that_are_not_in_without_nan(report: toolkit.Report) -> None:
    shown = report._repr_html_()
    assert "NaN" not in shown
    assert "white-space: pre-wrap" in shown


def test_a_check_shows_what_blocks_and_no_column_twice(api: toolkit.Api) -> None:
    many = pd.concat([pd.DataFrame(SHEET).iloc[[0] * 30], pd.DataFrame(SHEET)], ignore_index=True)
    check = toolkit.check(many, api.ida.fields(11111))
    shown = check._repr_html_()
    assert "<td>x</td>" in shown
    assert "+56 9 1234 5678" not in shown  # a safe fix
    assert "can_be_empty" not in shown + repr(check)
    assert "<th>reason</th>" not in shown


def test_a_plan_says_whether_its_drafts_are_made(api: toolkit.Api) -> None:
    signer = {"nombre": "Ana", "tipo_identificacion": "CC", "identificacion": "1001", "email": "ana@example.co"}
    plan = api.signio.plan_envelopes([signer | {"c": "c-1"}], "c", documents=[PDF])
    assert repr(plan).startswith("Campaign: nothing is sent yet")
    plan.build()
    assert repr(plan).startswith("Campaign: 1 draft is made")
    assert "<b>Campaign: 1 draft is made</b>" in plan._repr_html_()


def test_what_lies_below_is_short(api: toolkit.Api, box: Sandbox) -> None:
    assert len(repr(api.ida.connection)) < 80
    assert repr(api.ida.connection.system) == "<system ida: IDA (ITD Chile)>"
    assert box.url in repr(box)
    assert "stopped" in repr(Sandbox(toolkit.Api.fakes()))
