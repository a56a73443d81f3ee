"""Recorded cassettes: every service runs again without network to the same result, and any other request fails."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from vcr.errors import CannotOverwriteExistingCassetteException as NotAsRecorded

import toolkit
from tests.commands.recording import FOLDER, RESULTS, SANDBOX, SYSTEMS, read_results, record_sandbox, replay
from tests.helpers import witness
from tests.helpers.clock import ManualClock
from tests.helpers.recorded_cases import CASES
from toolkit.http.secrets import Secret, holds_secret
from toolkit.notebook.recording import public_address
from toolkit.sandbox import Sandbox
from toolkit.spec import Endpoint, Masked

each_system = pytest.mark.parametrize("system", SYSTEMS.values(), ids=lambda system: system.name)
ALL_CASES = [pytest.param(SYSTEMS[s], n, id=f"{s}: {n}") for s, cases in CASES.items() for n in cases]
ONE_CASE = {"ida": "databases", "signio": "tags", "nddprint": "pin_codes", "carmachain": "create_request"}


def exchanges(system: Any, name: str, folder: Path = FOLDER) -> list[dict[str, Any]]:
    text = (folder / system.name / f"{name}.yaml").read_text(encoding="utf-8")
    found: list[dict[str, Any]] = yaml.safe_load(text)["interactions"]
    return found


@pytest.mark.parametrize(("system", "name"), ALL_CASES)
@pytest.mark.block_network
def test_a_service_runs_again_to_the_same_result(system: Any, name: str) -> None:
    result, cassette = replay(system, name, ManualClock())
    assert result == read_results(system)["results"][name]
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


def change_token(request: dict[str, Any]) -> None:
    request["headers"]["Authorization"] = ["Token ***"]


@pytest.mark.block_network
@pytest.mark.parametrize(
    ("system", "name", "change"),
    [
        *(pytest.param(*case.values, change_body, id=case.id) for case in ALL_CASES),
        *((system, ONE_CASE[s], change_address) for s, system in SYSTEMS.items()),
        *((system, ONE_CASE[s], change_token) for s, system in SYSTEMS.items()),
    ],
)
def test_a_request_that_changed_fails(system: Any, name: str, change: Any, tmp_path: Path) -> None:
    kept = exchanges(system, name)
    last = max(range(len(kept)), key=lambda n: (bool(kept[n]["request"]["body"]), n))
    change(kept[last]["request"])
    (tmp_path / system.name).mkdir()
    text = yaml.safe_dump({"version": 1, "interactions": kept})
    (tmp_path / system.name / f"{name}.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(NotAsRecorded):
        replay(system, name, ManualClock(), tmp_path)


# ── the files ────────────────────────────────────────────────────────────────


@each_system
def test_every_service_that_is_declared_is_recorded(system: Any) -> None:
    service = getattr(toolkit.connect(**{system.name: {"base_url": public_address(system)}}), system.name)
    missing = [e.name for e in service.endpoints.values() if not any(is_of(e, x) for x in exchanges(system, e.name))]
    assert missing == []


def is_of(endpoint: Endpoint, exchange: dict[str, Any]) -> bool:
    assert endpoint.system
    address, _, _ = exchange["request"]["uri"].partition("?")
    path = address.removeprefix(public_address(endpoint.system))
    return witness.is_of({"request": {**exchange["request"], "path": path}}, endpoint.method, endpoint.path)


@each_system
def test_every_cassette_is_played_and_says_where_it_comes_from(system: Any) -> None:
    files = {path.name for path in (FOLDER / system.name).iterdir()}
    assert files == {RESULTS, *(f"{name}.yaml" for name in CASES[system.name])}
    answers = [exchange["response"] for name in CASES[system.name] for exchange in exchanges(system, name)]
    assert {str(a["headers"]["X-Recorded-From"]) for a in answers} == {str([read_results(system)["source"]])}


def test_no_cassette_holds_a_secret_or_an_address_of_this_machine(box: Sandbox) -> None:
    alive = [
        Secret(box.credentials[system.name][field.name])
        for system in SYSTEMS.values()
        for field in system.credentials.fields
        if isinstance(field, Masked) and field.name in box.credentials[system.name]
    ]
    assert len(alive) == 3
    texts = {path: path.read_text(encoding="utf-8") for path in FOLDER.rglob("*.*")}
    assert [p.name for p, text in texts.items() if holds_secret(text) or "127.0.0.1" in text or "eyJ" in text] == []
    assert sum(len(text.encode()) for text in texts.values()) < 400_000


# ── making them ──────────────────────────────────────────────────────────────


@each_system
def test_recording_anew_gives_the_same(system: Any, tmp_path: Path) -> None:
    if read_results(system)["source"] != SANDBOX:
        pytest.skip("recorded from the vendor")
    record_sandbox(system, ManualClock(), tmp_path)
    made, kept = (
        [read_results(system, folder), *(exchanges(system, name, folder) for name in CASES[system.name])]
        for folder in (tmp_path, FOLDER)
    )
    assert made == kept, "what is sent or answered has changed: if it should, run `python -m tests.commands.recording`"


LEAKS = {
    "a token": "eyJhbGciOiJIUzUxMiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl",
    "a digest": "0123456789abcdef0123456789abcdef01234567",
    "the password": "clave-demo-ida",
}


@pytest.mark.parametrize("leak", LEAKS.values(), ids=LEAKS)
def test_a_secret_where_none_is_declared_is_not_written(
    leak: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CASES, "ida", {"create_database": lambda ida, _: ida.create_database(f"x {leak}", ["NOMBRE"])})
    with pytest.raises(toolkit.ToolkitError, match="not written"):
        record_sandbox(SYSTEMS["ida"], ManualClock(), tmp_path)
    assert [path.name for path in tmp_path.rglob("*.*") if leak in path.read_text(encoding="utf-8")] == []
