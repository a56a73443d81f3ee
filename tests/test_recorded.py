"""Recorded cassettes: every service runs again without network to the same result, and any other request fails."""

import json
import socket
from pathlib import Path
from typing import Any

import pytest
import yaml
from vcr.errors import CannotOverwriteExistingCassetteException as NotAsRecorded

import toolkit
from tests.commands import recording
from tests.commands.recording import RESULTS, SANDBOX, cases_of, read_results, record_sandbox, recorded, replay
from tests.helpers import witness
from tests.helpers.clock import ManualClock
from tests.helpers.registry import VENDORS, Registry
from toolkit.http.secrets import Secret, holds_secret
from toolkit.notebook.recording import public_address
from toolkit.sandbox import Sandbox
from toolkit.spec import Endpoint, Masked
from toolkit.vendors.vendor import Vendor

each_vendor = pytest.mark.parametrize("vendor", VENDORS.values(), ids=VENDORS)
ALL_CASES = [pytest.param(v, name, id=f"{v.name}: {name}") for v in VENDORS.values() for name in cases_of(v)]


def exchanges(folder: Path, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load((folder / f"{name}.yaml").read_text(encoding="utf-8"))["interactions"]
    return found


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even a sandbox can be reached."""

    def refused(self: socket.socket, address: Any) -> None:
        raise AssertionError(f"a replay reached for the network: {address}")

    monkeypatch.setattr(socket.socket, "connect", refused)


@pytest.mark.parametrize(("vendor", "name"), ALL_CASES)
@pytest.mark.usefixtures("offline")
def test_a_service_runs_again_to_the_same_result(vendor: Vendor, name: str) -> None:
    result, cassette = replay(vendor, name, ManualClock())
    assert result == read_results(recorded(vendor))["results"][name]
    assert len(cassette) > 0
    assert cassette.all_played


def change_body(request: dict[str, Any]) -> None:
    """By little: another byte in a file, 0 for false, one member more."""
    body = request["body"] or "{}"
    if "multipart" in str(request["headers"]):
        request["body"] = body.replace("EOF", "EOG")
    elif "false" in body:
        request["body"] = body.replace("false", "0")
    else:
        request["body"] = json.dumps({**json.loads(body), "more": None}, sort_keys=True)


def change_address(request: dict[str, Any]) -> None:
    request["uri"] += "?more=1"


def change_credential(request: dict[str, Any]) -> None:
    name = next(name for name in request["headers"] if name != "Content-Type")
    request["headers"][name] = [f"Other {request['headers'][name][0]}"]


def change_header(request: dict[str, Any]) -> None:
    name = next(name for name in request["headers"] if name != "Content-Type")
    request["headers"]["X-Other"] = request["headers"].pop(name)


def one_case(vendor: Vendor) -> str:
    """A case whose requests carry the credential."""
    names = {"Content-Type"}
    return next(
        name
        for name in cases_of(vendor)
        if all(x["request"]["headers"].keys() - names for x in exchanges(recorded(vendor), name))
    )


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize(
    ("vendor", "name", "change"),
    [
        *(pytest.param(*case.values, change_body, id=case.id) for case in ALL_CASES),
        *(
            pytest.param(vendor, one_case(vendor), change, id=f"{vendor.name}: {change.__name__}")
            for vendor in VENDORS.values()
            for change in (change_address, change_credential, change_header)
            if change is not change_credential or " " in vendor.system.header.form  # else all of it is the credential
        ),
    ],
)
def test_a_request_that_changed_fails(vendor: Vendor, name: str, change: Any, tmp_path: Path) -> None:
    kept = exchanges(recorded(vendor), name)
    last = max(range(len(kept)), key=lambda n: (bool(kept[n]["request"]["body"]), n))
    change(kept[last]["request"])
    text = yaml.safe_dump({"version": 1, "interactions": kept})
    (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    with pytest.raises((NotAsRecorded, toolkit.ToolkitError)):  # an unknown header is refused before it is compared
        replay(vendor, name, ManualClock(), tmp_path)


# ── the files ────────────────────────────────────────────────────────────────


@each_vendor
def test_every_service_that_is_declared_is_recorded(vendor: Vendor) -> None:
    endpoints, folder = vendor.client.endpoints.values(), recorded(vendor)
    assert [e.name for e in endpoints if not any(is_of(e, x) for x in exchanges(folder, e.name))] == []


def is_of(endpoint: Endpoint, exchange: dict[str, Any]) -> bool:
    assert endpoint.system
    address, _, _ = exchange["request"]["uri"].partition("?")
    path = address.removeprefix(public_address(endpoint.system))
    return witness.is_of({"request": {**exchange["request"], "path": path}}, endpoint.method, endpoint.path)


@each_vendor
def test_every_cassette_is_played_and_says_where_it_comes_from(vendor: Vendor) -> None:
    folder = recorded(vendor)
    assert {path.name for path in folder.iterdir()} == {RESULTS, *(f"{name}.yaml" for name in cases_of(vendor))}
    answers = [exchange["response"] for name in cases_of(vendor) for exchange in exchanges(folder, name)]
    assert {str(a["headers"]["X-Recorded-From"]) for a in answers} == {str([read_results(folder)["source"]])}


@each_vendor
def test_no_cassette_holds_a_secret_or_an_address_of_this_machine(vendor: Vendor) -> None:
    names = {field.name for field in vendor.system.credentials.fields if isinstance(field, Masked)}
    alive = [Secret(value) for name, value in vendor.fake.credentials.items() if name in names]
    texts = {path: path.read_text(encoding="utf-8") for path in recorded(vendor).iterdir()}
    assert [p.name for p, text in texts.items() if holds_secret(text) or "127.0.0.1" in text or "eyJ" in text] == []
    assert sum(len(text.encode()) for text in texts.values()) < 200_000
    assert all(holds_secret(secret.reveal()) for secret in alive)


# ── making them ──────────────────────────────────────────────────────────────


@each_vendor
def test_recording_anew_gives_the_same(vendor: Vendor, tmp_path: Path) -> None:
    if read_results(recorded(vendor))["source"] != SANDBOX:
        pytest.skip("recorded from the vendor")
    record_sandbox(vendor, ManualClock(), tmp_path)
    now, before = (
        [read_results(folder), *(exchanges(folder, name) for name in cases_of(vendor))]
        for folder in (tmp_path, recorded(vendor))
    )
    assert now == before, "what is sent or answered has changed: if it should, run `python -m tests.commands.recording`"


LEAKS = {
    "a token": "eyJhbGciOiJIUzUxMiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl",
    "a digest": "0123456789abcdef0123456789abcdef01234567",
    "the password": "clave-demo-ida",
}


@pytest.mark.parametrize("leak", LEAKS.values(), ids=LEAKS)
def test_a_secret_where_none_is_declared_is_not_written(
    leak: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = {"made": lambda ida, _: [ida.create_database(f"x {leak}", ["NOMBRE"]), ida.databases()]}
    monkeypatch.setattr(recording, "cases_of", lambda vendor: case)
    with pytest.raises(toolkit.ToolkitError, match="not written"):
        record_sandbox(VENDORS["ida"], ManualClock(), tmp_path)
    assert [path.name for path in tmp_path.rglob("*.*") if leak in path.read_text(encoding="utf-8")] == []


def test_a_credential_in_a_header_that_nothing_declares_is_noticed(
    box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def case(ida: Any, _: Any) -> None:
        ida.connection.session._local.http.headers["X-Other-Key"] = "sentinel-of-another-header"
        ida.databases()

    monkeypatch.setattr(recording, "cases_of", lambda vendor: {"databases": case})
    with pytest.raises(toolkit.ToolkitError, match="X-Other-Key, which nothing declares"):
        record_sandbox(VENDORS["ida"], ManualClock(), tmp_path)
    assert list(tmp_path.glob("*.*")) == []


def test_a_credential_is_masked_whoever_made_it(tmp_path: Path) -> None:
    """Where it stands counts, not whether this process knows it."""
    api = Registry("x", {"ida": {"base_url": "https://vendor.example", "token": "sentinel-token"}})
    request = recording.Request("GET", "https://vendor.example/x", "", {"Authorization": "Bearer unheard-of"})
    assert recording.Keeper(api.ida)._request(request).headers == {"Authorization": "Bearer ***"}
