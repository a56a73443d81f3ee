"""The README says what is so: its table, its outputs, its commands, its settings."""

import importlib
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import toolkit
from tests.commands.readme import END, LEEME, README, with_outputs, with_table
from toolkit.sandbox import Sandbox

TEXT = README.read_text(encoding="utf-8")
ROOT = README.parent
SYSTEMS = list(toolkit.Api.vendors())


def test_the_table_of_endpoints_is_that_of_the_declarations() -> None:
    assert with_table(TEXT) == TEXT, "python -m tests.commands.readme writes it again"


def test_the_table_has_a_row_for_each_endpoint() -> None:
    table = with_table("<!-- endpoints -->\n<!-- /endpoints -->")
    for system in SYSTEMS:
        assert f"### `api.{system}`" in table
    assert "| `create_database` | POST `/api/v2/database/` | documented | Crear base de datos |" in table
    assert "| `update_record` | PUT `/api/v2/database/saveData` | assumed |" in table


def test_the_examples_print_what_is_shown(box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOOLKIT_SANDBOX", box.url)
    assert with_outputs(TEXT) == TEXT, "python -m tests.commands.readme writes it again"


def test_a_wrong_output_would_be_seen() -> None:
    assert with_outputs("```python\n1 + 1\n```\n\n```text\n3\n```\n") == "```python\n1 + 1\n```\n\n```text\n2\n```\n"


def blocks(kind: str, text: str = TEXT) -> Iterator[str]:
    return (found[1] for found in re.finditer(rf"```{kind}\n(.*?)```", text, re.DOTALL))


def test_the_spanish_page_has_the_same_commands_and_prints_what_it_shows(
    box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOOLKIT_SANDBOX", box.url)
    text = LEEME.read_text(encoding="utf-8")
    assert with_outputs(text) == text, "python -m tests.commands.readme writes it again"
    for kind in ("sh", "powershell"):
        assert [*blocks(kind, text)] == [*blocks(kind)]
    assert next(blocks("python", text)) == next(blocks("python"))
    for name in set(re.findall(r"toolkit\.(\w+)[(`]", text)):
        assert hasattr(toolkit, name), name


def test_the_two_commands_are_one_line_each_and_stand_alone() -> None:
    commands = [*blocks("sh")]
    assert [c.count("\n") for c in commands] == [1, 1]
    assert [shlex.split(c)[-1] for c in commands] == ["demo", "pytest"]
    tests = next(line for line in TEXT.splitlines() if "-m pytest" in line)  # which .ci/run takes
    assert f"{tests}\n" == commands[1]


def test_powershell_runs_the_same_commands() -> None:
    sh = [c.replace("python3 -m", "py -3 -m").replace(".venv/bin/", ".venv\\Scripts\\") for c in blocks("sh")]
    (shell,) = blocks("powershell")
    assert shell == "".join(sh).replace(" &&", ";")


def test_the_profile_that_is_shown_can_be_used(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (profile,) = blocks("toml")
    home.mkdir()
    (home / "settings.toml").write_text(profile, encoding="utf-8")
    systems = {*tomllib.loads(profile)["default"]}
    assert {"ida"} <= systems <= {*SYSTEMS}
    for variable in re.findall(r"`(TOOLKIT_\w+_(?:PASSWORD|SECRET_KEY|TOKEN))`", TEXT):
        monkeypatch.setenv(variable, "sentinel")
    api = toolkit.connect()
    for system in systems:
        assert "sentinel" not in repr(getattr(api, system))
    assert "ana" in repr(api.ida)


def test_paths_and_names_exist() -> None:
    for path in re.findall(r"`((?!\.venv)[\w.]+/[\w./]*)`", with_table(TEXT).partition(END)[2]):
        assert (ROOT / path).exists(), path
    for name in set(re.findall(r"toolkit\.(\w+)[(`]", TEXT)):
        assert hasattr(toolkit, name), name
    for module in re.findall(r"-m (tests[.\w]+\w)", TEXT):
        place = ROOT / module.replace(".", "/")
        assert place.with_suffix(".py").exists() or (place / "__main__.py").exists(), module
        importlib.import_module(f"{module}.__main__" if place.is_dir() else module)


def test_it_is_short() -> None:
    before, _, table = TEXT.partition("<!-- endpoints -->")
    assert before.count("\n") + table.partition(END)[2].count("\n") <= 215, "without the table of endpoints"
