"""Requests as the vendors read them, and what each answer means. No socket, no frame."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from toolkit.errors import ApiError, AuthError, BadAnswer, InputError, NotFound, OutcomeUnknown, Rejected, Throttled
from toolkit.http import answers, wire
from toolkit.http.answers import Answer, Classification, Verdict
from toolkit.http.attempt import plain_result
from toolkit.http.headers import LONGEST_WAIT, retry_after
from toolkit.http.secrets import Secret
from toolkit.spec import Endpoint, Meaning
from toolkit.vendors.carmachain.api import CarmaChain
from toolkit.vendors.ida.api import Ida
from toolkit.vendors.nddprint.api import IN_USE, KEPT, NO_USER, NddPrint
from toolkit.vendors.signio.api import Signio

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
INSERT, DATABASE = Ida.endpoints["post_records"], Ida.endpoints["database"]
CREATE, SEARCH = Signio.endpoints["create_envelope"], Signio.endpoints["search_envelopes"]
DISTRIBUTE, SIGNING_URL = Signio.endpoints["distribute"], Signio.endpoints["signing_url"]
ADD_CARD, RENEW_PIN = NddPrint.endpoints["post_card_code"], NddPrint.endpoints["renew_pin_code"]
SET_PIN = NddPrint.endpoints["update_secure_pin_code"]
ASK = CarmaChain.endpoints["create_request"]
ACKED, REJECTED, NOT_EXECUTED, AMBIGUOUS = Verdict
PAGE = b"<!doctype html><html><title>Login</title></html>"
OK = {"message": "OK", "statusApi": "OK", "code": 200}


def result(endpoint: Endpoint, status: int, body: Any = b"", **headers: str) -> Classification:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    return answers.classify(endpoint, Answer(status, {k.replace("_", "-"): v for k, v in headers.items()}, sent), NOW)


def ida(status: int, message: str = "NO") -> dict[str, Any]:
    return {"message": message, "statusApi": "NO", "code": status}


# ── requests ─────────────────────────────────────────────────────────────────


def test_a_body_carries_the_vendors_names_and_plain_utf8() -> None:
    made = wire.request(
        Ida.endpoints["create_database"], {"name": "Ñandú", "fields": [{"name": "A"}], "birthday": True}
    )
    assert (made.method, made.path, dict(made.query)) == ("POST", "/api/v2/database/", {})
    assert made.body == '{"name":"Ñandú","fieldList":[{"name":"A"}],"birthday":true}'.encode()


def test_a_get_carries_text_in_its_query() -> None:
    values = {"name": "a&b", "updated_from": "2026-01-01 00:00:00", "offset": 1000}
    made = wire.request(SEARCH, values)
    assert made.body is None
    assert made.query == {"filter[name]": "a&b", "filter[from]": "2026-01-01 00:00:00", "offset": "1000"}


def test_values_of_the_path_leave_the_body() -> None:
    made = wire.request(Signio.endpoints["update_template"], {"envelope_id": "a/b", "document_id": "ñ?", "fields": {}})
    assert made.path == "/envelopes/a%2Fb/templates/%C3%B1%3F"
    assert made.body == b'{"fields":{}}'


@pytest.mark.parametrize("step", [".", ".."])
def test_a_value_that_would_lead_to_another_address_is_refused(step: str) -> None:
    with pytest.raises(InputError, match="another address"):
        wire.request(Signio.endpoints["magic_link"], {"envelope_id": step})


@given(st.text(min_size=1).filter(lambda t: t not in (".", "..")))
def test_no_value_leaves_its_segment_of_the_path(value: str) -> None:
    value = value.encode("utf-8", "ignore").decode() or "x"
    path = wire.request(Signio.endpoints["magic_link"], {"envelope_id": value}).path
    start, middle, end = path.partition("/magic-link")
    assert start.startswith("/envelopes/")
    assert start.count("/") == 2
    assert (middle, end) == ("/magic-link", "")
    assert "?" not in path
    assert "#" not in path


def test_a_file_makes_a_form_of_the_rest() -> None:
    values = {"envelope_id": "e1", "document": ("a.pdf", b"%PDF"), "metatags": {"signer1": {"SigID": "1"}}}
    made = wire.request(Signio.endpoints["upload_document"], values)
    assert made.body is None
    assert made.files == {"documento": ("a.pdf", b"%PDF")}
    assert made.form == {"id_transaccion": "e1", "metatags": '{"signer1": {"SigID": "1"}}'}


def test_nothing_to_say_is_no_body() -> None:
    assert wire.request(Signio.endpoints["tags"], {}).body is None


def test_secrets_come_out_in_the_request_and_not_in_its_repr() -> None:
    secret = Secret("sentinel-in-wire")
    query = wire.request(Ida.endpoints["login"], {"username": "ana", "password": secret})
    body = wire.request(Signio.endpoints["create_token"], {"email": "a@example.co", "password": secret})
    assert query.query["password"] == "sentinel-in-wire"
    assert b"sentinel-in-wire" in (body.body or b"")
    assert "sentinel" not in repr(query) + repr(body)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), {1, 2}])
def test_what_json_cannot_say_fails_before_anything_is_sent(value: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        wire.encode({"x": value})


# ── what an answer means (reliability, section 2) ────────────────────────────

ANSWERS = {
    # 2xx and the documented body
    "ida ok": (INSERT, 200, OK, ACKED),
    "signio ok, old words": (CREATE, 200, {"codigo": "00", "mensaje": "OK", "id_transaccion": "e"}, ACKED),
    "signio ok, new words": (SEARCH, 200, {"code": "00", "message": "OK", "envelopes": []}, ACKED),
    "signio ok, no code documented": (SIGNING_URL, 200, {"url": "https://example.co/x"}, ACKED),
    "nddprint ok": (ADD_CARD, 200, b"true", ACKED),
    "nddprint plain": (RENEW_PIN, 200, b'"0208"', ACKED),
    "carmachain ok": (ASK, 200, {"response": {}, "parametrRequest": []}, ACKED),
    # 2xx and something else
    "truncated": (INSERT, 200, b'{"message":"OK","co', AMBIGUOUS),
    "no JSON": (INSERT, 200, b"OK", AMBIGUOUS),
    "nothing": (INSERT, 200, b"", AMBIGUOUS),
    "a page": (INSERT, 200, PAGE, AMBIGUOUS),
    "a page where text is expected": (RENEW_PIN, 200, PAGE, AMBIGUOUS),
    "nothing where text is expected": (RENEW_PIN, 200, b"", AMBIGUOUS),
    "an empty text where text is expected": (SET_PIN, 200, b' "" ', AMBIGUOUS),
    "any text where none is documented": (SET_PIN, 200, b"true", ACKED),
    "unknown code": (INSERT, 200, ida(299), AMBIGUOUS),
    "no code": (INSERT, 200, {"message": "OK"}, AMBIGUOUS),
    "code of another type": (INSERT, 200, {**OK, "code": "200"}, AMBIGUOUS),
    "code that is a list": (INSERT, 200, {**OK, "code": [200]}, AMBIGUOUS),
    "signio unknown code": (CREATE, 200, {"codigo": "99", "id_transaccion": "e"}, AMBIGUOUS),
    "signio no code": (CREATE, 200, {"id_transaccion": "e"}, AMBIGUOUS),
    "signio code as a number": (CREATE, 200, {"codigo": 0, "id_transaccion": "e"}, AMBIGUOUS),
    "the promised part is missing": (CREATE, 200, {"codigo": "00", "mensaje": "OK"}, AMBIGUOUS),
    "rows are missing": (ASK, 200, {"response": {"code": 200}}, AMBIGUOUS),
    "a list instead of an object": (INSERT, 200, [OK], AMBIGUOUS),
    "nddprint null": (ADD_CARD, 200, b"null", AMBIGUOUS),
    "nddprint another type": (ADD_CARD, 200, b'"true"', AMBIGUOUS),
    "deep JSON": (INSERT, 200, b"[" * 100_000, AMBIGUOUS),
    # the status says no: a code that says yes makes no yes of it
    "redirect": (INSERT, 302, b"", AMBIGUOUS),
    "redirect that posts again": (INSERT, 307, PAGE, AMBIGUOUS),
    "redirect with a body of success": (INSERT, 302, OK, AMBIGUOUS),
    "not found with a body of success": (INSERT, 404, OK, AMBIGUOUS),
    "signio refusal with a code of success": (CREATE, 400, {"codigo": "00", "id_transaccion": "e"}, AMBIGUOUS),
    # refused by the vendor
    **{f"{n} by the vendor": (INSERT, n, ida(n), REJECTED) for n in (400, 404, 405, 406, 409, 411, 413, 415, 422, 431)},
    "signio 05": (CREATE, 200, {"codigo": "05", "mensaje": "no", "errores": ["nombre"]}, REJECTED),
    "signio 06, new words": (SEARCH, 200, {"code": "06", "message": "no"}, REJECTED),
    "nddprint bare 400": (ADD_CARD, 400, b"", REJECTED),
    "nddprint false": (ADD_CARD, 200, b"false", REJECTED),
    # refused by something in between
    **{f"{n} by a proxy": (INSERT, n, PAGE, NOT_EXECUTED) for n in (400, 404, 405, 406, 413, 422)},
    "404 in plain words": (INSERT, 404, b"not here", NOT_EXECUTED),
    # not now, not with this token
    **{f"{n}": (INSERT, n, ida(n), NOT_EXECUTED) for n in (401, 403, 408, 425, 429)},
    **{f"{n} by a proxy, too": (INSERT, n, PAGE, NOT_EXECUTED) for n in (401, 403, 408, 425, 429)},
    "signio 01": (CREATE, 200, {"codigo": "01", "mensaje": "token invalido"}, NOT_EXECUTED),
    "signio 02": (CREATE, 200, {"codigo": "02", "mensaje": "inactivo"}, NOT_EXECUTED),
    "signio 03": (SEARCH, 200, {"code": "03", "message": "inactivo"}, NOT_EXECUTED),
    # anything may have happened
    **{f"{n}": (INSERT, n, ida(n), AMBIGUOUS) for n in (500, 502, 503, 504, 520, 599)},
    **{f"{n} by a gateway": (INSERT, n, PAGE, AMBIGUOUS) for n in (500, 502, 503, 504, 522)},
    "signio 04": (CREATE, 200, {"codigo": "04", "mensaje": "error interno"}, AMBIGUOUS),
    "500 with a body of success": (INSERT, 500, OK, AMBIGUOUS),
    "an unheard-of status": (INSERT, 418, b"", AMBIGUOUS),
    "less than 200": (INSERT, 103, OK, AMBIGUOUS),
}


@pytest.mark.parametrize(("endpoint", "status", "body", "verdict"), ANSWERS.values(), ids=ANSWERS)
def test_every_answer_has_its_verdict(endpoint: Endpoint, status: int, body: Any, verdict: Verdict) -> None:
    assert result(endpoint, status, body).verdict is verdict


def test_503_is_not_executed_when_it_says_how_long_to_wait_and_nothing_irrevocable_was_asked() -> None:
    assert result(INSERT, 503, ida(503), Retry_After="2").verdict is NOT_EXECUTED
    assert result(INSERT, 503, PAGE, Retry_After="2").verdict is NOT_EXECUTED
    assert result(DISTRIBUTE, 503, PAGE, Retry_After="2").verdict is AMBIGUOUS
    assert result(DISTRIBUTE, 429, PAGE, Retry_After="2").verdict is NOT_EXECUTED


@pytest.mark.parametrize(
    ("status", "body", "person"),
    [
        (302, b"", True),
        (307, OK, True),
        (200, PAGE, True),
        (404, PAGE, True),
        (403, PAGE, True),
        (413, PAGE, False),
        (429, PAGE, False),
        (502, PAGE, False),
        (400, ida(400), False),
        (401, ida(401), False),
        (200, ida(299), False),
    ],
)
def test_a_person_is_needed_where_trying_again_cannot_help(status: int, body: Any, person: bool) -> None:
    assert result(INSERT, status, body).needs_person is person


@pytest.mark.parametrize("body", [b"", b"{}", b"[]"])
def test_a_redirect_is_called_one(body: bytes) -> None:
    assert "another address" in result(INSERT, 302, body).message


@pytest.mark.parametrize(
    ("words", "code", "meaning"),
    [
        (b"El usuario no se encontro", NO_USER, Meaning.MISSING),
        (b'{"message": "User not found"}', NO_USER, Meaning.MISSING),
        (b'{"message": "codigo en uso por otro usuario"}', IN_USE, Meaning.INVALID),
        (b'"Card code in use"', IN_USE, Meaning.INVALID),
        (b"false", KEPT, Meaning.INVALID),
        (b"something else", None, Meaning.INVALID),
    ],
)
def test_refusals_without_a_code_are_told_apart_by_their_words(words: bytes, code: Any, meaning: Meaning) -> None:
    status = 200 if words == b"false" else 400
    found = result(ADD_CARD, status, words)
    assert (found.verdict, found.code, found.meaning) == (REJECTED, code, meaning)


def test_a_refusal_keeps_what_the_vendor_wrote() -> None:
    found = result(
        CREATE, 200, {"id_transaccion": 0, "codigo": "05", "mensaje": "no procesable", "errores": ["nombre"]}
    )
    assert (found.message, found.code, found.errors, found.status) == ("no procesable", "05", ("nombre",), 200)
    one = result(CREATE, 200, {"codigo": "05", "mensaje": "no", "errores": "nombre"})
    assert one.errors == ("nombre",)
    assert result(INSERT, 404, PAGE).message == "a web page instead of an answer"
    assert result(ADD_CARD, 400, b"").message == "no text"
    assert len(plain_result(result(ADD_CARD, 400, b"x" * 30_000)).message) == 2_000


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("2", 2),
        ("0", 0),
        ("-5", 0),
        ("1.5", 1.5),
        ("999999", 999_999),
        ("999999999999", LONGEST_WAIT),
        ("1e300", LONGEST_WAIT),
        ("Fri, 31 Dec 9999 23:59:59 -2359", LONGEST_WAIT),
        ("Mon, 02 Mar 2026 12:00:30 GMT", 30),
        ("Mon, 02 Mar 2026 11:59:00 GMT", 0),
        ("Monday, 02-Mar-26 12:00:30 GMT", 30),
        ("soon", None),
        ("", None),
        ("nan", None),
        ("inf", None),
        ("Mon, 02 Mar 2026 12:00:30 -0000", None),
        ("Mon, 99 Mar 2026 12:00:30 GMT", None),
    ],
)
def test_retry_after_in_all_its_forms(given: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": given}, NOW) == seconds
    assert result(INSERT, 429, PAGE, Retry_After=given).retry_after == seconds


def test_no_retry_after_is_none() -> None:
    assert retry_after({"Date": "2"}, NOW) is None


@given(
    st.binary(max_size=80), st.integers(100, 599), st.sampled_from([INSERT, CREATE, SEARCH, ADD_CARD, RENEW_PIN, ASK])
)
@example(b'{"code":{"a":1}}', 200, INSERT)
@example(b'{"codigo":"05","errores":{"a":1}}', 200, CREATE)
@example(b"NaN", 200, ADD_CARD)
def test_every_answer_means_something_and_only_2xx_can_mean_done(body: bytes, status: int, endpoint: Endpoint) -> None:
    found = result(endpoint, status, body)
    assert found.verdict in Verdict
    assert status // 100 == 2 or found.verdict is not ACKED
    if found.verdict is not ACKED:
        assert isinstance(answers.error(endpoint, found), Exception)


# ── errors and rows ──────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("endpoint", "status", "body", "kind"),
    [
        (INSERT, 401, ida(401), AuthError),
        (INSERT, 403, PAGE, AuthError),
        (INSERT, 404, ida(404), NotFound),
        (INSERT, 404, PAGE, ApiError),
        (INSERT, 406, ida(406), Rejected),
        (INSERT, 429, ida(429), Throttled),
        (INSERT, 500, ida(500), OutcomeUnknown),
        (INSERT, 302, b"", OutcomeUnknown),
        (INSERT, 200, PAGE, OutcomeUnknown),
        (DATABASE, 500, ida(500), ApiError),
        (DATABASE, 302, b"", BadAnswer),
        (DATABASE, 200, PAGE, BadAnswer),
    ],
)
def test_every_judgement_has_its_error(endpoint: Endpoint, status: int, body: Any, kind: type[Exception]) -> None:
    raised = answers.error(endpoint, result(endpoint, status, body, Retry_After="7"))
    assert type(raised) is kind
    if isinstance(raised, ApiError):
        assert (raised.service, raised.status) == (endpoint.name, status)
    if isinstance(raised, Throttled):
        assert raised.retry_after == 7


def test_rows_are_a_list_or_one_object() -> None:
    fields = Ida.endpoints["fields"]
    assert answers.rows(fields, {"data": {"fieldList": [{"id": 1}, {"id": 2}]}}) == [{"id": 1}, {"id": 2}]
    assert answers.rows(DATABASE, {"data": {"id": 1}}) == [{"id": 1}]
    assert answers.rows(DATABASE, {"data": None}) == []
    assert answers.rows(DATABASE, {"data": []}) == []


def test_bare_values_fill_a_record_of_one_field() -> None:
    assert answers.rows(Signio.endpoints["tags"], {"tags": ["a", "b"]}) == [{"tag": "a"}, {"tag": "b"}]


@pytest.mark.parametrize("found", ["a", 1, [1], None])
def test_a_row_that_is_no_object_is_a_further_column(found: Any) -> None:
    assert answers.rows(DATABASE, {"data": [{"id": 1}, found]}) == [{"id": 1}, {"value": found}]


@pytest.mark.parametrize(
    ("at", "value"),
    [("", {"a": {"b": None}}), ("a", {"b": None}), ("a.b", None), ("a.c", answers.ABSENT), ("x.y", answers.ABSENT)],
)
def test_what_stands_at_a_path(at: str, value: Any) -> None:
    assert answers.find({"a": {"b": None}}, at) == value
