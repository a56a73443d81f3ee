"""The witness: the client sends what the vendors' documents show and reads what they answer; so does the sandbox."""

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from tests.helpers import witness
from tests.helpers.clock import ManualClock
from tests.helpers.registry import VENDORS, Registry, cassettes, piece
from tests.helpers.witness import BASE, Case, Reading, Witness, ask_sandbox, assert_shape, hold_client
from toolkit.sandbox import Sandbox
from toolkit.sandbox.embedded import Embedded
from toolkit.spec import Choice, Endpoint, Field, File, List, Masked, Nested, Rows, Service, Table, Text, Value

WITNESS: dict[str, Witness] = {name: piece(vendor, "witness", "WITNESS") for name, vendor in VENDORS.items()}
CASES = {name: witness.cases(cassettes(vendor) / "manual.yaml") for name, vendor in VENDORS.items()}
DECLARED = {name: vendor.service for name, vendor in VENDORS.items()}
CLIENTS = {name: vendor.client for name, vendor in VENDORS.items()}  # loaded before anything is misspelt
each_system = pytest.mark.parametrize("system", VENDORS)
ALL_CASES = [pytest.param(s, case, id=f"{s}: {name}") for s, cases in CASES.items() for name, case in cases.items()]
ALL_READINGS = [
    pytest.param(s, CASES[s][name], reading, id=f"{s}: {name} {number}")
    for s in VENDORS
    for name, readings in WITNESS[s].readings.items()
    for number, reading in enumerate(readings)
]


def client(system: str, case: Case) -> Service:
    """The declared service, upon a client whose token is the case's."""
    credential = DECLARED[system].system.header.credential
    account = {"base_url": BASE, credential: witness.token_of(case)}
    api = Registry("witness", {system: account}, clock=ManualClock(), progress=False)
    return witness.everything(DECLARED[system])(getattr(api, system).connection.client)


# ── names and shapes ─────────────────────────────────────────────────────────


@each_system
def test_every_case_is_accounted_for(system: str) -> None:
    assert list(WITNESS[system].readings) == list(CASES[system])


@pytest.mark.parametrize(("system", "case", "reading"), ALL_READINGS)
def test_the_client_sends_the_manuals_request_and_reads_its_answer(system: str, case: Case, reading: Reading) -> None:
    hold_client(case, reading, client(system, case), WITNESS[system])


@pytest.fixture(scope="module")
def shared() -> Iterator[Sandbox]:
    with Embedded(Registry.fakes(), Registry) as box:
        yield box


@pytest.mark.parametrize(("system", "case"), ALL_CASES)
def test_the_sandbox_accepts_the_manuals_request_and_answers_in_its_shape(
    system: str, case: Case, shared: Sandbox
) -> None:
    shared.control.reset()
    WITNESS[system].prepare(shared.control, case)
    fields = DECLARED[system].system.credentials.fields
    secrets = [f.name for f in fields if isinstance(f, Masked) and f.name in shared.credentials[system]]
    secret = shared.credentials[system][secrets[0]] if secrets else ""
    token = shared.control.token(system, subject=WITNESS[system].subject)
    answer = ask_sandbox(case, shared.addresses[system], token, secret)
    assert answer.status_code == case["response"]["status"], answer.text
    if "json" in case["response"]:
        body, vendor = answer.json(), WITNESS[system]
        texts = vendor.texts if vendor.exact_texts(body) else frozenset()
        assert_shape(case["response"]["json"], body, vendor.codes | texts)


# ── nothing is declared that the witness does not know ───────────────────────

DECLARED_ENDPOINTS = [
    (s, e) for s in VENDORS for e in DECLARED[s].endpoints.values() if e.name not in WITNESS[s].undocumented
]
each_endpoint = pytest.mark.parametrize(
    ("system", "endpoint"), [pytest.param(s, e, id=f"{s}: {e.name}") for s, e in DECLARED_ENDPOINTS]
)


def cases_of(system: str, endpoint: Endpoint) -> list[Case]:
    spellings = ((endpoint.method, endpoint.path), *endpoint.aliases)
    return [c for c in CASES[system].values() for method, path in spellings if witness.is_of(c, method, path)]


def nested(field: Field) -> Iterator[Field]:
    if not (isinstance(field, Nested) and field.flat):
        yield field
    if isinstance(field, Rows | Nested) and field.record:
        for inner in field.record.fields:
            yield from nested(inner)


def sent_fields(endpoint: Endpoint) -> list[Field]:
    return [f for a in endpoint.arguments if a.name not in endpoint.in_path for f in nested(a)]


def read_fields(system: str, endpoint: Endpoint) -> list[Field]:
    """The fields of the answer's rows; a lone value bears no name there."""
    unnamed = endpoint.name in WITNESS[system].unnamed
    rows = endpoint.record.fields if endpoint.record and not unnamed else ()
    return [f for field in rows for f in nested(field)]


@each_endpoint
def test_every_endpoint_has_a_case(system: str, endpoint: Endpoint) -> None:
    assert cases_of(system, endpoint)
    sections = {str(c["section"]) for c in cases_of(system, endpoint)}
    assert any(s == endpoint.section or s.startswith(f"{endpoint.section} (") for s in sections), sections


@each_system
def test_only_the_services_beyond_the_documents_have_none(system: str) -> None:
    assert {e.name for e in DECLARED[system].endpoints.values() if not cases_of(system, e)} == WITNESS[
        system
    ].undocumented


def unknown_names(system: str, endpoint: Endpoint) -> set[str]:
    """The names of a declaration that none of its cases shows."""
    cases = cases_of(system, endpoint)
    parts = [c["request"].get(part, {}) for c in cases for part in ("query", "json", "form", "files")]
    sent, read = witness.names(parts), witness.names([c["response"].get("json") for c in cases])
    steps = set(filter(None, endpoint.returns.data_path.split(".")))
    unsent = {f.key for f in sent_fields(endpoint)} - sent - WITNESS[system].beyond.get(endpoint.name, set())
    return unsent | (steps - read) | {f.key for f in read_fields(system, endpoint) if not {f.key, *f.aliases} & read}


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


@pytest.mark.parametrize("system", [s for s in VENDORS if DECLARED[s].system.dialect.code])
def test_every_code_occurs_in_a_case_or_in_the_documents_list(system: str) -> None:
    dialect, answers = DECLARED[system].system.dialect, [c["response"].get("json", {}) for c in CASES[system].values()]
    shown = {a[key] for a in answers for key in dialect.code if key in a}
    assert set(dialect.meanings) == shown | WITNESS[system].listed_codes


# ── the witness bites ────────────────────────────────────────────────────────


@contextmanager
def misspelt(declared: Any, **facts: Any) -> Iterator[None]:
    """A declaration with something else in it; declarations are frozen, and are as before afterwards."""
    before = dict(vars(declared))
    declared_facts = {field.name for field in dataclasses.fields(declared)}
    try:
        vars(declared).clear()  # what is kept of it, too
        vars(declared).update({name: value for name, value in before.items() if name in declared_facts} | facts)
        yield
    finally:
        vars(declared).clear()
        vars(declared).update(before)


def holds(system: str, endpoint: Endpoint) -> bool:
    """Whether all that is read with the cases of an endpoint is as the manual has it, where it says little too."""
    vendor = WITNESS[system]
    for name, readings in vendor.readings.items():
        case = CASES[system][name]
        if witness.is_of(case, *ORIGINAL[system, endpoint.name]):
            answers = case["response"], witness.filled(case["response"], vendor.fillings)
            try:
                for reading in readings:
                    for answer in answers[: 1 if reading.raises else 2]:
                        hold_client(case, reading, client(system, case), vendor, answer)
            except (AssertionError, LookupError, TypeError):
                return False
    return True


ORIGINAL = {(s, e.name): (e.method, e.path) for s, e in DECLARED_ENDPOINTS}


@each_endpoint
def test_a_wrong_name_in_a_declaration_fails(system: str, endpoint: Endpoint) -> None:
    assert holds(system, endpoint)
    survived = []
    for field in {id(f): f for f in (*sent_fields(endpoint), *read_fields(system, endpoint))}.values():
        if field.key in WITNESS[system].beyond.get(endpoint.name, set()):
            continue
        with misspelt(field, wire=f"{field.key}x", aliases=()):
            kept = field in WITNESS[system].passed_on or (
                endpoint.record and endpoint.record.open
            )  # these the client passes on as they come
            caught = unknown_names(system, endpoint) if kept else not holds(system, endpoint)
            survived += [] if caught else [field.key]
    assert survived == []


@each_endpoint
@pytest.mark.parametrize("facts", [{"method": "PATCH"}, {"path": "/elsewhere"}, {"data_path": "elsewhere"}], ids=str)
def test_a_wrong_method_path_or_place_fails(system: str, endpoint: Endpoint, facts: dict[str, str]) -> None:
    if "data_path" in facts and not isinstance(endpoint.returns, Table | Value):
        return  # nothing is read from the answer
    if "path" in facts:
        facts = {"path": endpoint.path + "x"}
    with misspelt(endpoint.returns if "data_path" in facts else endpoint, **facts):
        assert not holds(system, endpoint)


@each_system
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
    assert_shape(shape, {**shape, "id": 8}, frozenset({"code"}))
    with pytest.raises(AssertionError):
        assert_shape(shape, wrong, frozenset({"code"}))
