"""The witness: the client sends what the vendors' documents show and reads what they answer; so does the sandbox."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

import toolkit
from tests.helpers import witness
from tests.helpers.clock import ManualClock
from tests.helpers.witness import BASE, Case, Reading, ask_sandbox, assert_shape, hold_client
from toolkit.sandbox import Sandbox
from toolkit.spec import Choice, Endpoint, Field, File, List, Nested, Rows, Service, Text
from toolkit.vendors.carmachain.api import Detail

VENDORS = toolkit.Api.vendors()
SYSTEMS = list(VENDORS)
CASES = {system: witness.cases(system) for system in SYSTEMS}
READINGS = {s: importlib.import_module(f"tests.vendors.{s}.witness").READINGS for s in SYSTEMS}
SETUP = {s: importlib.import_module(f"tests.vendors.{s}.witness_setup") for s in SYSTEMS}
DECLARED = {name: vendor.service for name, vendor in VENDORS.items()}
ALL_CASES = [pytest.param(s, case, id=f"{s}: {name}") for s, cases in CASES.items() for name, case in cases.items()]
ALL_READINGS = [
    pytest.param(s, CASES[s][name], reading, id=f"{s}: {name} {number}")
    for s, cases in READINGS.items()
    for name, readings in cases.items()
    for number, reading in enumerate(readings)
]


def client(system: str, case: Case) -> Service:
    """The declared service, upon a client whose token is the case's."""
    account = {"base_url": BASE, "token": witness.token_of(case)}
    api = toolkit.connect(**{system: account}, clock=ManualClock(), progress=False)
    return DECLARED[system](getattr(api, system).connection.client)


# ── names and shapes ─────────────────────────────────────────────────────────


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_case_is_accounted_for(system: str) -> None:
    assert list(READINGS[system]) == list(CASES[system])


@pytest.mark.parametrize(("system", "case", "reading"), ALL_READINGS)
def test_the_client_sends_the_manuals_request_and_reads_its_answer(system: str, case: Case, reading: Reading) -> None:
    hold_client(case, reading, client(system, case))


@pytest.fixture(scope="module")
def shared() -> Iterator[Sandbox]:
    with toolkit.start_sandbox() as box:
        yield box


@pytest.mark.parametrize(("system", "case"), ALL_CASES)
def test_the_sandbox_accepts_the_manuals_request_and_answers_in_its_shape(
    system: str, case: Case, shared: Sandbox
) -> None:
    shared.control.reset()
    SETUP[system].prepare(shared.control, case)
    secret = next((v for k, v in shared.credentials[system].items() if k in ("password", "secret_key")), "")
    token = shared.control.token(system, subject=getattr(SETUP[system], "SUBJECT", "demo"))
    answer = ask_sandbox(case, shared.addresses[system], token, secret)
    assert answer.status_code == case["response"]["status"], answer.text
    if "json" in case["response"]:
        refused = answer.json() is not True and answer.json().get("codigo", "00") != "00"
        assert_shape(case["response"]["json"], answer.json(), words=system == "ida" or refused)


def test_insert_records_sends_what_the_manual_shows() -> None:
    """The pieces that a push sends, put together, are the manual's request."""
    made = CASES["ida"]["create database"]["response"]
    counts = iter(range(100))

    class Counting(dict[str, Any]):
        def __getitem__(self, key: str) -> Any:
            if key != "json":
                return made[key]
            return {**made["json"], "data": {**made["json"]["data"], "rowCounter": next(counts)}}

    case = CASES["ida"]["insert records"]
    account = {"base_url": BASE, "token": "<token>", "push": {"settle_wait": 0, "settle_stable": 0}}
    people = pd.DataFrame({"EMAIL": ["mail@mail.com", "mail2@mail.com"], "NOMBRE_1": ["Nombre", "Nombre2"]})
    with witness.answering(case["response"], {"/api/v2/database/123": Counting(json=None)}) as vendor:
        toolkit.connect(ida=account, clock=ManualClock(), progress=False).ida.insert_records(123, people)
    sent = [r for r in vendor.requests if r["method"] == "POST"]
    records = [record for r in sent for record in r["json"].pop("records")]
    expected = witness.asked(case)
    assert records == expected["json"].pop("records")
    assert all(r == expected for r in sent)


# ── nothing is declared that the witness does not know ───────────────────────

WITHOUT_CASE: dict[str, set[str]] = {s: set() for s in SYSTEMS}
WITHOUT_CASE["nddprint"] = {"pin_codes", "renew_pin_code", "update_secure_pin_code"}  # of the vendor's help pages
BEYOND_THE_CASES = {"create_envelope": {"op_token"}}  # specs/README: also accepted there (observed)
DECLARED_ENDPOINTS = [(s, e) for s in SYSTEMS for e in DECLARED[s].endpoints.values() if e.name not in WITHOUT_CASE[s]]
each_endpoint = pytest.mark.parametrize(
    ("system", "endpoint"), [pytest.param(s, e, id=f"{s}: {e.name}") for s, e in DECLARED_ENDPOINTS]
)


def cases_of(system: str, endpoint: Endpoint) -> list[Case]:
    spellings = ((endpoint.method, endpoint.path), *endpoint.also)
    return [c for c in CASES[system].values() for method, path in spellings if witness.is_of(c, method, path)]


def nested(field: Field) -> Iterator[Field]:
    yield field
    if isinstance(field, Rows | Nested) and field.record:
        for inner in field.record.fields:
            yield from nested(inner)


def sent_fields(endpoint: Endpoint) -> list[Field]:
    return [f for a in endpoint.arguments if a.name not in endpoint.in_path for f in nested(a)]


def read_fields(endpoint: Endpoint) -> list[Field]:
    """The fields of the answer's rows; a lone value bears no name there."""
    bare = endpoint.value or endpoint.name == "tags"
    rows = endpoint.rows.fields if endpoint.rows and not bare else ()
    return [f for field in rows for f in nested(field)]


@each_endpoint
def test_every_endpoint_has_a_case(system: str, endpoint: Endpoint) -> None:
    assert cases_of(system, endpoint)
    sections = {str(c["section"]) for c in cases_of(system, endpoint)}
    assert any(s == endpoint.section or s.startswith(f"{endpoint.section} (") for s in sections), sections


@pytest.mark.parametrize("system", SYSTEMS)
def test_only_the_services_beyond_the_documents_have_none(system: str) -> None:
    assert {e.name for e in DECLARED[system].endpoints.values() if not cases_of(system, e)} == WITHOUT_CASE[system]


def unknown_names(system: str, endpoint: Endpoint) -> set[str]:
    """The names of a declaration that none of its cases shows."""
    cases = cases_of(system, endpoint)
    parts = [c["request"].get(part, {}) for c in cases for part in ("query", "json", "form", "files")]
    sent, read = witness.names(parts), witness.names([c["response"].get("json") for c in cases])
    steps = set(filter(None, endpoint.at.split(".")))
    unsent = {f.key for f in sent_fields(endpoint)} - sent - BEYOND_THE_CASES.get(endpoint.name, set())
    return unsent | (steps - read) | {f.key for f in read_fields(endpoint) if not {f.key, f.also} & read}


@each_endpoint
def test_every_declared_name_occurs_in_a_case_of_its_endpoint(system: str, endpoint: Endpoint) -> None:
    assert unknown_names(system, endpoint) == set()


@each_endpoint
def test_limits_are_the_manuals(system: str, endpoint: Endpoint) -> None:
    fields = {f.key: f for f in sent_fields(endpoint)}
    needed = {a.key for a in endpoint.arguments if a.required and a.name not in endpoint.in_path}
    for case in cases_of(system, endpoint):
        limits = case.get("limits", {})
        assert needed == {k for k, said in limits.items() if said == "*" or "*" in witness.names(said)} or not limits
        for key, said in limits.items():
            if key == "page":
                assert endpoint.page
                assert endpoint.page.size == said
            elif said != "*":
                assert_limits(fields[key], said)


def assert_limits(field: Field, said: Any) -> None:
    if isinstance(said, str):  # "required for SIMPLE", "required when template_id is 0"
        name, value = field.required_when or ("", "")
        assert said in (f"required for {value}", f"required when {name} is {value}")
        return
    if "max" in said:
        assert isinstance(field, Text)
        assert field.max_length == said["max"]
    if "one_of" in said:
        choices = set(field.choices) if isinstance(field, Choice) else {0, 1}
        assert choices == set(said["one_of"])
    if "items_of" in said:
        assert isinstance(field, List)
        assert set(field.choices) == set(said["items_of"])
    if "extensions" in said:
        assert isinstance(field, File)
        assert set(field.extensions) == set(said["extensions"])


CODES_IN_THE_TEXT = {  # the document lists them, and shows no answer with them
    "ida": {415},
    "signio": {"02", "03", "04"},
}


@pytest.mark.parametrize("system", ["ida", "signio"])
def test_every_code_occurs_in_a_case_or_in_the_documents_list(system: str) -> None:
    answers = [c["response"].get("json", {}) for c in CASES[system].values()]
    shown = {a[key] for a in answers for key in ("code", "codigo") if key in a}
    assert set(DECLARED[system].system.dialect.meanings) == shown | CODES_IN_THE_TEXT[system]


# ── the witness bites ────────────────────────────────────────────────────────


@contextmanager
def misspelt(declared: Any, **facts: Any) -> Iterator[None]:
    """A declaration with something else in it; declarations are frozen, and are as before afterwards."""
    before = {name: getattr(declared, name) for name in facts}
    for name, value in facts.items():
        object.__setattr__(declared, name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            object.__setattr__(declared, name, value)


def holds(system: str, endpoint: Endpoint) -> bool:
    """Whether all that is read with the cases of an endpoint is as the manual has it, where it says little too."""
    for name, readings in READINGS[system].items():
        case = CASES[system][name]
        if witness.is_of(case, *ORIGINAL[system, endpoint.name]):
            answers = case["response"], witness.filled(case["response"])
            try:
                for reading in readings:
                    for answer in answers[: 1 if reading.raises else 2]:
                        hold_client(case, reading, client(system, case), answer)
            except (AssertionError, LookupError, TypeError):
                return False
    return True


ORIGINAL = {(s, e.name): (e.method, e.path) for s, e in DECLARED_ENDPOINTS}


@each_endpoint
def test_a_wrong_name_in_a_declaration_fails(system: str, endpoint: Endpoint) -> None:
    assert holds(system, endpoint)
    survived = []
    for field in {id(f): f for f in (*sent_fields(endpoint), *read_fields(endpoint))}.values():
        if field.key in BEYOND_THE_CASES.get(endpoint.name, set()):
            continue
        with misspelt(field, wire=f"{field.key}x", also=""):
            kept = field in KEPT or (endpoint.rows and endpoint.rows.open)  # these the client passes on as they come
            caught = unknown_names(system, endpoint) if kept else not holds(system, endpoint)
            survived += [] if caught else [field.key]
    assert survived == []


KEPT = set(Detail.fields)  # what the peers say


@each_endpoint
@pytest.mark.parametrize("facts", [{"method": "PATCH"}, {"path": "/elsewhere"}, {"at": "elsewhere"}], ids=str)
def test_a_wrong_method_path_or_place_fails(system: str, endpoint: Endpoint, facts: dict[str, str]) -> None:
    if "at" in facts and not endpoint.rows and not endpoint.value:
        return  # nothing is read from the answer
    if "path" in facts:
        facts = {"path": endpoint.path + "x"}
    with misspelt(endpoint, **facts):
        assert not holds(system, endpoint)


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_wrong_header_fails(system: str) -> None:
    tokened = next(e for s, e in DECLARED_ENDPOINTS if s == system and e.authenticated)
    declared = DECLARED[system].system
    for wrong in (
        replace(declared.header, form=f"Token {declared.header.form}"),
        replace(declared.header, name="Other"),
    ):
        with misspelt(declared, header=wrong):
            assert not holds(system, tokened)


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": 1},
        {"id": 1, "name": 2, "list": [{"a": 1}]},
        {"id": 1, "name": "x", "list": []},
        {"id": 1, "name": "x", "list": [{"b": 1}]},
        {"id": 1, "name": "x", "list": [{"a": 1}], "more": 1},
        {"id": True, "name": "x", "list": [{"a": 1}]},
        {"id": 1, "name": "x", "list": [{"a": 1}], "code": "01"},
        [],
        None,
    ],
)
def test_a_wrong_shape_is_seen(wrong: Any) -> None:
    shape = {"id": 7, "name": "y", "list": [{"a": 5}, {"a": 6}]}
    if isinstance(wrong, dict) and "code" in wrong:
        shape["code"] = "00"
    assert_shape(shape, {**shape, "id": 8})
    with pytest.raises(AssertionError):
        assert_shape(shape, wrong)
