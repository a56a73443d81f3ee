"""The sandbox's OpenAPI description is true: every recorded answer, and every refusal, is as it says."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import yaml
from jsonschema import Draft202012Validator

from tests.helpers.registry import cassettes
from toolkit import Api
from toolkit.sandbox import Sandbox
from toolkit.vendors.vendor import Vendor

VENDORS = Api.vendors()


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    with Sandbox(Api.fakes()) as box:
        return box.openapi()


def operation(described: dict[str, Any], system: str, method: str, path: str) -> dict[str, Any]:
    """The operation of an address that ends in one of the paths; the longest wins."""
    found = {}
    for declared, operations in described["paths"].items():
        pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(declared.removeprefix(f"/{system}")))
        if declared.startswith(f"/{system}/") and method in operations and re.search(f"{pattern}$", path):
            found[len(declared)] = operations[method]
    return dict(found[max(found)])


def problems(described: dict[str, Any], operation: dict[str, Any], status: int, kind: str, body: str) -> list[str]:
    """What of an answer is not as it is described."""
    content = operation["responses"].get(str(status), operation["responses"]["default"])["content"]
    kind = kind.partition(";")[0]
    if kind not in content:
        return [f"{kind} instead of {', '.join(content)}"]
    value = json.loads(body) if kind == "application/json" else body
    schema = {**content[kind]["schema"], "components": described["components"]}
    return [f"{e.json_path}: {e.message}" for e in Draft202012Validator(schema).iter_errors(value)]


def recorded(vendor: Vendor) -> Iterator[tuple[str, str, int, str, str]]:
    for file in sorted((cassettes(vendor) / "recorded").glob("*.yaml")):
        for exchange in yaml.safe_load(file.read_text(encoding="utf-8"))["interactions"]:
            request, answer = exchange["request"], exchange["response"]
            kind = answer["headers"]["Content-Type"][0]
            yield (request["method"].lower(), urlsplit(request["uri"]).path, answer["status"]["code"], kind,
                   answer["body"]["string"])  # fmt: skip


@pytest.mark.parametrize("vendor", VENDORS.values(), ids=list(VENDORS))
def test_every_recorded_answer_is_as_described(described: dict[str, Any], vendor: Vendor) -> None:
    seen = 0
    for method, path, status, kind, body in recorded(vendor):
        found = operation(described, vendor.name, method, path)
        assert problems(described, found, status, kind, body) == [], (path, body)
        seen += 1
    assert seen > 2


ROUTES = [(s, m, p) for s, v in VENDORS.items() for (m, p), (e, _) in v.fake.routes.items() if e.name]


@pytest.mark.parametrize(("system", "method", "path"), ROUTES)
def test_every_refusal_is_as_described(
    box: Sandbox, described: dict[str, Any], system: str, method: str, path: str
) -> None:
    """Without a token, with one and nothing else, with a body that is none, and under another method."""
    fake = VENDORS[system].fake
    header = fake.system.header
    subject = fake.credentials.get("email", "demo")
    signed = {header.name: header.form.format_map({header.credential: box.control.token(system, subject=subject)})}
    url = box.addresses[system] + re.sub(r"{\w+}", "7", path)
    found = described["paths"][f"/{system}{path}"][method.lower()]
    json_type = {"Content-Type": "application/json"}
    for headers, body in (
        (json_type, b"{}"),
        ({**signed, **json_type}, b"{}"),
        ({**signed, **json_type}, b"{"),
        (signed, b"[]"),
    ):
        answer = requests.request(method, url, headers=headers, data=None if method == "GET" else body, timeout=5)
        said = problems(described, found, answer.status_code, answer.headers["Content-Type"], answer.text)
        assert said == [], (answer.status_code, answer.text)
    answer = requests.request("PATCH", url, headers=signed, timeout=5)
    assert answer.status_code == 405
    assert problems(described, found, 405, answer.headers["Content-Type"], answer.text) == []


def test_a_yes_of_signio_is_no_failure(described: dict[str, Any]) -> None:
    """Both come with HTTP 200: a generated client tells them apart by the code."""
    for path, operations in described["paths"].items():
        for each in operations.values() if path.startswith("/signio/") else ():
            yes, no = each["responses"]["200"]["content"]["application/json"]["schema"]["anyOf"]
            code = "code" if "code" in no["properties"] else "codigo"
            assert "00" not in no["properties"][code]["enum"]
            members = yes if "properties" in yes else yes["allOf"][1]
            assert members["properties"].get(code, {"enum": ["00"]})["enum"] == ["00"]


def test_files_and_texts_are_called_so(described: dict[str, Any]) -> None:
    upload = described["paths"]["/signio/transacciones/cargar_documento"]["post"]["requestBody"]
    assert upload["content"]["multipart/form-data"]["schema"]["properties"]["documento"]["format"] == "binary"
    tags = described["paths"]["/signio/transacciones/listar_tags"]["post"]["responses"]["200"]
    yes = tags["content"]["application/json"]["schema"]["anyOf"][0]
    assert yes["properties"]["tags"] == {"type": "array", "items": {"type": "string"}}
    pin = described["paths"]["/nddprint/api/v1/pin-codes"]["post"]["responses"]
    assert pin["default"]["content"]["application/json"]["schema"] == {"type": "string"}
    renewed = described["paths"]["/nddprint/api/v1/update-pin-code-autorenew"]["post"]["responses"]["200"]["content"]
    assert renewed == {"text/plain": {"schema": {"type": "string"}}}
