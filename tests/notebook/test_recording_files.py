"""A recording from somebody else is data: it runs nothing, and what is no recording is refused in words."""

import json
from pathlib import Path

import pytest
import yaml

import toolkit
from toolkit.http.secrets import Secret
from toolkit.sandbox import Sandbox

RUNS = """
interactions:
- request: {{method: GET, uri: 'https://ida.itdchile.cl/', body: null, headers: {{}}}}
  response:
    status: {{code: 200, message: OK}}
    headers: {{}}
    body: {{string: {code}}}
version: 1
"""
CODE = {
    "a call": '!!python/object/apply:pathlib.Path.touch [!!python/object/apply:pathlib.PosixPath ["{mark}"]]',
    "a new object": '!!python/object/new:os.system ["touch {mark}"]',
    "a module": "!!python/module:antigravity",
    "a name": "!!python/name:os.system",
    "an object with state": "!!python/object:toolkit.errors.InputError {{}}",
    "an iterator": '!!python/object/apply:builtins.iter {{args: [["{mark}"]]}}',
    "an unknown tag": '!vendor "{mark}"',
}
NONE = {
    "nothing": "",
    "text": "no recording at all",
    "a list": "- 1\n- 2\n",
    "a number": "12",
    "not YAML": "{[}",
    "no exchanges": "version: 1\n",
    "exchanges that are none": "interactions: [1, 2]\n",
    "exchanges without an answer": "interactions: [{request: {method: GET, uri: x, body: null, headers: {}}}]\n",
    "a number for a body": RUNS.format(code="5"),
    "nested without end": RUNS.format(code="[" * 5_000),
    "bytes": b"\xff\xfe\x00interactions",
}


def ida() -> toolkit.Api:
    return toolkit.connect(ida={"base_url": "https://ida.itdchile.cl"}, progress=False)


@pytest.mark.parametrize("code", CODE.values(), ids=CODE)
def test_a_recording_runs_no_code(code: str, tmp_path: Path) -> None:
    path, mark = tmp_path / "foreign.yaml", tmp_path / "ran"
    path.write_text(RUNS.format(code=code.format(mark=mark)), encoding="utf-8")
    with pytest.raises(toolkit.InputError, match="Nothing of it was run") as caught, toolkit.recorded(path):
        ida().ida.databases()
    assert not mark.exists()
    assert caught.value.__suppress_context__


def test_it_runs_no_code_with_a_library_that_would(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As vcrpy did before 9."""
    path, mark = tmp_path / "foreign.yaml", tmp_path / "ran"
    monkeypatch.setattr("vcr.serializers.yamlserializer._CassetteLoader", yaml.UnsafeLoader)
    path.write_text(RUNS.format(code=CODE["a new object"].format(mark=mark)), encoding="utf-8")
    with pytest.raises(toolkit.InputError), toolkit.recorded(path):
        pass
    assert not mark.exists()


@pytest.mark.parametrize("text", NONE.values(), ids=NONE)
def test_what_is_no_recording_is_refused_in_words(text: str | bytes, tmp_path: Path) -> None:
    path = tmp_path / "foreign.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(toolkit.InputError, match="no recording that can be read"), toolkit.recorded(path):
        pass
    with pytest.raises(toolkit.InputError, match="no recording that can be read"), toolkit.recorded(tmp_path):
        pass


def test_a_recording_with_a_short_secret_stays_json_and_replays(box: Sandbox, tmp_path: Path) -> None:
    """A PIN of four digits is masked where PINs stand, and nowhere else."""
    path = tmp_path / "pins.yaml"
    (user,) = [u for u in box.control.stored("nddprint", "User") if u["LogonName"] == "ana"]
    pins = Secret(user["pinCode"] or "1111"), Secret("1111"), Secret("11")
    api = toolkit.connect(**box.settings(), progress=False)
    with toolkit.recorded(path):
        before = api.ida.databases(), api.nddprint.pin_codes("ana", "dominio123")
    for exchange in yaml.safe_load(path.read_text(encoding="utf-8"))["interactions"]:
        json.loads(exchange["response"]["body"]["string"])
    with toolkit.recorded(path, mode="replay"):
        after = api.ida.databases(), api.nddprint.pin_codes("ana", "dominio123")
    assert before[0].equals(after[0])
    assert list(before[1].columns) == list(after[1].columns)
    assert after[1]["pinCode"].iloc[0].reveal() == "***"
    assert len(pins) == 3
