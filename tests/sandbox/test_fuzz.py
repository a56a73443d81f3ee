"""Whatever is sent to whichever service of any system, the answer is a clear one, and never a 500."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.helpers.registry import VENDORS, Registry
from toolkit.http import answers
from toolkit.sandbox import Sandbox
from toolkit.sandbox.embedded import Embedded
from toolkit.sandbox.vendor import FakeVendor
from toolkit.spec import Endpoint, Field, Meaning, Record

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
ODD = st.sampled_from(
    ["", "0", "-1", "9" * 30, "\ud800", "\x00", "a" * 300, 10**30, 1.5, True, [], {}, [None], {"": 1}]
)
VALUES = ODD | LEAVES | st.lists(LEAVES, max_size=3) | st.dictionaries(st.text(max_size=5), LEAVES, max_size=3)


def objects(fields: tuple[Field, ...]) -> st.SearchStrategy[Any]:
    """Objects with some of the declared keys, and values of any kind, or rows that are like that again."""
    made: dict[str, st.SearchStrategy[Any]] = {}
    for field in fields:
        record: type[Record] | None = getattr(field, "record", None)
        made[field.key] = VALUES | st.lists(objects(record.fields), max_size=2) if record else VALUES
    return st.fixed_dictionaries({}, optional=made)


NOW = datetime(2026, 3, 2, tzinfo=UTC)
SUBJECTS = {name: vendor.fake.credentials.get("email", "demo") for name, vendor in VENDORS.items()}
ROUTES = [(v, m, p, e) for v in Registry.fakes() for (m, p), (e, _) in v.routes.items()]


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Embedded(Registry.fakes(), Registry) as started:
        yield started


@pytest.mark.parametrize(
    ("vendor", "method", "path", "endpoint"), ROUTES, ids=lambda part: part if isinstance(part, str) else ""
)
@settings(max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_nothing_makes_a_500(
    box: Sandbox, vendor: FakeVendor, method: str, path: str, endpoint: Endpoint, data: Any
) -> None:
    name = vendor.system.name
    sent = data.draw(objects(endpoint.arguments) | VALUES)
    parts = {a: data.draw(st.sampled_from(["1", "0", "9" * 30, "x", "%00", "%ED%A0%80"])) for a in endpoint.in_path}
    url = box.addresses[name] + path.format_map(parts)
    header = vendor.system.header
    token = box.control.token(name, subject=SUBJECTS[name])
    headers = {header.name: header.form.format_map({header.credential: token})}
    if method in ("GET", "DELETE"):
        query = {k: str(v).encode("utf-8", "replace") for k, v in sent.items()} if isinstance(sent, dict) else {}
        answer = requests.request(method, url, params=query, headers=headers, timeout=5)
    elif endpoint.multipart and isinstance(sent, dict):
        parts_sent = {str(k): (None, str(v).encode("utf-8", "replace")) for k, v in sent.items()}
        answer = requests.request(method, url, files=parts_sent, headers=headers, timeout=5)
    else:
        answer = requests.request(method, url, json=sent, headers=headers, timeout=5)
    assert answer.status_code < 500, answer.text
    answer.json()
    if endpoint.name and endpoint.authenticated:  # the token is a good one: more than refusals of it was seen
        said = answers.classify(endpoint, answers.Answer(answer.status_code, answer.headers, answer.content), NOW)
        assert said.meaning not in (Meaning.TOKEN, Meaning.FORBIDDEN), answer.text
