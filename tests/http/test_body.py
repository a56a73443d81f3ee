"""What the body of an answer says, beside its code: refusals that look like successes, and values in other places."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.http import answers
from toolkit.http.answers import Answer, Verdict
from toolkit.spec import Assumed, Endpoint, Meaning, Payload
from toolkit.vendors.carmachain.api import CarmaChain
from toolkit.vendors.ida.api import Ida
from toolkit.vendors.nddprint.api import NddPrint
from toolkit.vendors.signio.api import Signio

NOW = datetime(2026, 3, 2, tzinfo=UTC)
MAKERS = {
    "create_envelope": "id_transaccion",
    "upload_document": "id_documento",
    "add_signer": "id_firmante",
    "upload_promissory_note": "document_id",
    "edit_promissory_note": "document_id",
}


AWKWARD = [
    *(b"-0", b"-0.0", b"1e400", b"0.1e-400", b"[NaN]", b"-Infinity", b"01", b"[1,]", b"", b" [1] \n", b"<html>"),
    *(b"18446744073709551616", b"-9223372036854775809", b"9" * 40, b"9" * 5_000, b"9007199254740993", b"[" * 90_000),
    *(b'{"a": 1, "a": 2}', b'"\\ud800"', b'"\xed\xa0\x80"', b'"\xff"', b'"\x00"'),
    *(b"\xef\xbb\xbf[1]", '["ñ"]'.encode("utf-16")),
]


@pytest.mark.parametrize("text", AWKWARD, ids=lambda t: repr(t[:12]))
def test_json_says_what_the_standard_library_reads(text: bytes) -> None:
    try:
        expected = json.loads(text)
    except (ValueError, RecursionError):
        expected = None
    parsed = answers.parse(text)
    assert (repr(parsed), type(parsed)) == (repr(expected), type(expected))


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=8))
def test_json_is_read_as_it_was_written(value: Any) -> None:
    for as_ascii in (True, False):
        text = json.dumps(value, ensure_ascii=as_ascii).encode("utf-8", "surrogatepass")
        assert repr(answers.parse(text)) == repr(json.loads(text))


def verdict(endpoint: Endpoint, answer: Any) -> Verdict:
    return answers.classify(endpoint, Answer(200, {}, json.dumps(answer).encode()), NOW).verdict


@pytest.mark.parametrize(("call", "key"), MAKERS.items())
@pytest.mark.parametrize("nothing", [0, "0"])
def test_an_identifier_of_zero_is_a_refusal_whatever_the_code_says(call: str, key: str, nothing: Any) -> None:
    endpoint, code = Signio.endpoints[call], {"codigo": "00", "mensaje": "OK"}
    assert verdict(endpoint, {**code, key: nothing}) is Verdict.REJECTED
    assert verdict(endpoint, {**code, key: "0a"}) is Verdict.ACKED
    raw = replace(endpoint, returns=Payload(endpoint.returns))
    assert verdict(raw, {**code, key: nothing}) is Verdict.REJECTED


def test_an_identifier_of_zero_is_one_where_no_document_says_otherwise() -> None:
    user = {"message": "OK", "statusApi": "OK", "code": 200, "data": {"id": 0, "api_code": "x"}}
    assert verdict(Ida.endpoints["login"], user) is Verdict.ACKED
    assert verdict(Ida.endpoints["create_database"], user) is Verdict.ACKED


def test_a_refusal_says_that_the_answer_contradicts_itself() -> None:
    answer = Answer(200, {}, b'{"codigo": "00", "mensaje": "Operacion correcta", "id_transaccion": 0}')
    said = answers.classify(Signio.endpoints["create_envelope"], answer, NOW)
    assert said.message.endswith("the rest that it was not: Operacion correcta")


@pytest.mark.parametrize("call", ["distribute", "create_envelope", "envelopes", "link"])
@pytest.mark.parametrize("problems", [["x"], {"a": "b"}, "x"])
def test_problems_beside_a_success_are_none(call: str, problems: Any) -> None:
    answer = {"codigo": "00", "mensaje": "OK", "id_transaccion": "e1", "transacciones": [], "errores": problems}
    assert verdict(Signio.endpoints[call], answer) is Verdict.AMBIGUOUS
    assert verdict(Signio.endpoints[call], {**answer, "errores": []}) is Verdict.ACKED
    assert verdict(Signio.endpoints[call], {**answer, "errores": None}) is Verdict.ACKED


@pytest.mark.parametrize(
    ("value", "response", "expected"),
    [
        ("code", {"code": 200, "message": "OK"}, Verdict.ACKED),
        ("code", {"code": 0}, Verdict.ACKED),
        ("code", {"code": "Done"}, Verdict.ACKED),
        ("code", None, Verdict.ACKED),
        ("code", {"code": 400, "message": "no"}, Verdict.REJECTED),
        ("code", {"code": "402"}, Verdict.AMBIGUOUS),
        ("code", {"code": 429}, Verdict.NOT_EXECUTED),
        ("code", {"code": 500}, Verdict.AMBIGUOUS),
        ("success", {"success": True}, Verdict.ACKED),
        ("success", {"success": False, "message": "no"}, Verdict.REJECTED),
        ("success", {"success": "false"}, Verdict.REJECTED),
        ("success", {"code": 400}, Verdict.ACKED),
        ("ignored", {"code": 400}, Verdict.ACKED),
    ],
)
def test_a_status_that_says_failure_is_one(value: str, response: Any, expected: Verdict) -> None:
    assumed = Assumed(CarmaChain.system.assumptions, {"status_object": value})
    endpoint = assumed.endpoint(CarmaChain.endpoints["create_request"])
    assert verdict(endpoint, {"response": response, "parametrRequest": []}) is expected


@pytest.mark.parametrize("where", ["url", "signed_url", "data.url", "link"])
def test_a_signing_url_is_read_wherever_it_stands(where: str) -> None:
    outer, _, inner = where.partition(".")
    answer: Mapping[str, Any] = {outer: {inner: "https://x.example/s"} if inner else "https://x.example/s"}
    endpoint = Signio.endpoints["signing_url"]
    assert verdict(endpoint, answer) is Verdict.ACKED
    assert answers.stated(endpoint.returns, answer) == "https://x.example/s"  # type: ignore[arg-type]
    assert verdict(endpoint, {"other": "x"}) is Verdict.AMBIGUOUS


@pytest.mark.parametrize(
    ("text", "own"),
    [
        (b'{"mensaje": "Por favor firme", "codigo": "00", "mensaje": "OK"}', "Por favor firme"),
        (b'{"mensaje": "Operacion correcta", "codigo": "00"}', None),
    ],
)
def test_the_operations_message_is_never_the_envelopes(text: bytes, own: str | None) -> None:
    read = answers.classify(Signio.endpoints["envelope"], Answer(200, {}, text), NOW).payload
    assert read.get("mensaje") == own
    raw = replace(Signio.endpoints["envelope"], returns=Payload())
    assert answers.classify(raw, Answer(200, {}, text), NOW).payload == json.loads(text)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("refused", Verdict.REJECTED), ("done", Verdict.ACKED), ("read back", Verdict.AMBIGUOUS)],
)
def test_what_false_means_is_an_assumption(value: str, expected: Verdict) -> None:
    assumed = Assumed(NddPrint.system.assumptions, {"false_answer": value})
    assert verdict(assumed.endpoint(NddPrint.endpoints["post_card_code"]), False) is expected
    assert verdict(assumed.endpoint(NddPrint.endpoints["post_card_code"]), True) is Verdict.ACKED


def test_meanings_are_those_of_http() -> None:
    assert answers.by_status(402, None) is None
    assert answers.by_status(503, 1.0) is Meaning.BUSY
