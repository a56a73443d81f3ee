"""An answer that says yes and no at once says nothing."""

from datetime import UTC, datetime
from typing import Any

import pytest

from toolkit.http.answers import Answer, Verdict, classify
from toolkit.http.wire import encode
from toolkit.vendors.carmachain.api import CarmaChain
from toolkit.vendors.signio.api import Signio

DISTRIBUTE, ASK = Signio.endpoints["distribute"], CarmaChain.endpoints["create_request"]
TICKETS = {"response": {"code": 200}, "parametrRequest": [{"idRequest": "T1"}]}
NOW = datetime(2026, 11, 27, tzinfo=UTC)


def verdict(endpoint: Any, status: int, body: Any) -> Verdict:
    return classify(endpoint, Answer(status, {}, encode(body)), NOW).verdict


@pytest.mark.parametrize(
    "more", [{"code": "04"}, {"success": False}, {"error": "Internal"}, {"errores": ["no"]}], ids=repr
)
def test_a_yes_beside_a_no_is_in_doubt(more: dict[str, Any]) -> None:
    assert verdict(DISTRIBUTE, 200, {"codigo": "00", **more}) is Verdict.AMBIGUOUS


@pytest.mark.parametrize("more", [{"code": "00"}, {"success": True}, {"error": None}, {"errores": []}], ids=repr)
def test_a_yes_said_twice_is_a_yes(more: dict[str, Any]) -> None:
    assert verdict(DISTRIBUTE, 200, {"codigo": "00", **more}) is Verdict.ACKED


@pytest.mark.parametrize("status", [203, 205, 206, 207, 226, 299])
def test_a_success_that_no_document_shows_is_in_doubt(status: int) -> None:
    assert verdict(DISTRIBUTE, status, {"codigo": "00"}) is Verdict.AMBIGUOUS


@pytest.mark.parametrize("status", [400, 409, 422])
def test_a_refusal_that_holds_tickets_is_in_doubt(status: int) -> None:
    assert verdict(ASK, status, TICKETS) is Verdict.AMBIGUOUS
    assert verdict(ASK, status, {"message": "wrong"}) is Verdict.REJECTED
    assert verdict(ASK, 200, TICKETS) is Verdict.ACKED
