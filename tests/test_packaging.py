"""What a package has to have: true floors, declared imports, a version, a command, quiet logs, pages that are true."""

import ast
import importlib.metadata
import json
import logging
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

import toolkit
from tests.commands import floors
from tests.commands import settings as settings_page
from toolkit import __main__ as command_line
from toolkit.commands import extras

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
NAMES = {"yaml": "pyyaml", "stdnum": "python-stdnum", "PIL": "pillow"}
NAMES |= {"vcr": "vcrpy", "email_validator": "email-validator", "pypdfium2": "pypdfium2"}
OPTIONAL = {"pyarrow", "IPython"}  # used where it is loaded already


def imported() -> set[str]:
    """The packages of others that the package imports, by their names at an index."""
    names: set[str] = set()
    for path in (ROOT / "toolkit").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.partition(".")[0])
    return {NAMES.get(n, n) for n in names - sys.stdlib_module_names - {"toolkit"} - OPTIONAL}


def test_every_package_that_is_imported_is_declared_with_a_floor() -> None:
    assert imported() - floors.floors().keys() == set()


def test_no_requirement_has_a_ceiling_or_none() -> None:
    assert all(re.fullmatch(r"[0-9.]+", version) for version in floors.floors().values())


@pytest.mark.parametrize("wrong", ["requests", "requests==2", "requests>=2,<3", "requests>=2; python_version<'3'"])
def test_what_is_no_floor_is_refused(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(floors, "requirements", lambda: {"": [wrong]})
    with pytest.raises(ValueError, match="is no floor"):
        floors.floors()


def test_what_is_loaded_of_recordings_is_safe() -> None:
    assert int(floors.floors()["vcrpy"].partition(".")[0]) >= 9


def test_the_metadata_is_there_and_says_only_what_is_so() -> None:
    assert PROJECT["authors"]
    assert PROJECT["keywords"]
    assert "Private :: Do Not Upload" in PROJECT["classifiers"]
    assert "Typing :: Typed" in PROJECT["classifiers"]
    assert not {"license", "license-files", "urls"} & PROJECT.keys()
    assert not [c for c in PROJECT["classifiers"] if c.startswith("License")]


def test_the_version_is_that_of_the_metadata(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert toolkit.__version__ == importlib.metadata.version("analyst-toolkit")
    with pytest.raises(SystemExit) as ended:
        command_line.main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.split()[-1] == toolkit.__version__

    def none(_: str) -> str:
        raise importlib.metadata.PackageNotFoundError

    monkeypatch.setattr(importlib.metadata, "version", none)
    assert toolkit.__version__ == "0+unknown"


def test_there_is_a_command() -> None:
    assert PROJECT["scripts"] == {"analyst-toolkit": "toolkit.__main__:main"}


def test_nothing_is_logged_to_somebody_who_did_not_ask(capsys: pytest.CaptureFixture[str]) -> None:
    assert any(isinstance(h, logging.NullHandler) for h in logging.getLogger("toolkit").handlers)
    for path in (ROOT / "toolkit").rglob("*.py"):
        named = re.findall(r'getLogger\("([^"]+)"\)', path.read_text(encoding="utf-8"))
        assert [name for name in named if name.partition(".")[0] != "toolkit"] == []


# ── how to install an extra ──


class Installed:
    """What the metadata say."""

    requires = ("requests>=2", 'werkzeug>=3.0; extra == "sandbox"', "jupyterlab>=4; extra == 'lab'",
                'analyst-toolkit[sandbox,x]; extra == "lab"', 'other; extra == "sandboxes"')  # fmt: skip

    def __init__(self, origin: Any) -> None:
        self._origin = origin

    def read_text(self, name: str) -> str | None:
        assert name == "direct_url.json"
        return None if self._origin is None else json.dumps(self._origin)


ORIGINS: dict[str, tuple[Any, str]] = {
    "a folder": (
        {"url": "file:///home/ana/my%20toolkit", "dir_info": {}},
        'python -m pip install "/home/ana/my toolkit[lab]"',
    ),
    "a checkout": (
        {"url": "file:///home/ana/toolkit", "dir_info": {"editable": True}},
        'python -m pip install -e "/home/ana/toolkit[lab]"',
    ),
    "a wheel": (
        {"url": "file:///home/ana/analyst_toolkit-1-py3-none-any.whl", "archive_info": {}},
        'python -m pip install "/home/ana/analyst_toolkit-1-py3-none-any.whl[lab]"',
    ),
    "an index": (None, 'python -m pip install "jupyterlab>=4" "werkzeug>=3.0"'),
    "another address": ({"url": "https://example.com/x"}, 'python -m pip install "jupyterlab>=4" "werkzeug>=3.0"'),
}


@pytest.mark.skipif(sys.platform == "win32", reason="paths of another system")
@pytest.mark.parametrize(("origin", "command"), ORIGINS.values(), ids=ORIGINS)
def test_an_extra_comes_from_where_the_package_came(origin: Any, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its name alone, anybody who takes that name at an index would answer."""
    monkeypatch.setattr(extras, "distribution", lambda _: Installed(origin))
    assert extras.how_to_install("lab") == command


def test_without_metadata_no_name_is_proposed(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_: str) -> Any:
        raise importlib.metadata.PackageNotFoundError

    monkeypatch.setattr(extras, "distribution", none)
    assert "pip" not in extras.how_to_install("lab")


def test_a_result_that_cannot_be_written_is_told_before_anything_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("toolkit.sandbox.demo.run", lambda _: pytest.fail("it began"))
    for path, status in ((tmp_path / "none" / "x.xlsx", 1), (tmp_path, 2)):  # which is no name of a file
        assert command_line.main(["demo", "--output", str(path)]) == status
        (line,) = capsys.readouterr().err.splitlines()
        assert path.name in line
    assert list(tmp_path.iterdir()) == []


# ── the pages ──


def test_the_page_of_settings_is_that_of_the_declarations() -> None:
    written = settings_page.PAGE.read_text(encoding="utf-8")
    assert settings_page.page() == written, "python -m tests.commands.settings writes it again"


def test_the_page_of_settings_has_every_variable_that_is_read() -> None:
    """As a text in the code; and those that are made of a system's name."""
    page = settings_page.PAGE.read_text(encoding="utf-8")
    systems = {name: vendor.system for name, vendor in toolkit.Api.vendors().items()}
    read = set(settings_page.variables(systems))
    for path in (ROOT / "toolkit").rglob("*.py"):
        read |= set(re.findall(r'"((?:TOOLKIT|TQDM)_[A-Z]+)"', path.read_text(encoding="utf-8")))
    assert {"TOOLKIT_STATE", "TOOLKIT_IDA_PASSWORD", "TQDM_DISABLE"} <= read
    assert [name for name in sorted(read) if f"`{name}`" not in page] == []


def test_every_setting_is_explained() -> None:
    rows = re.findall(r"^\| (`.*) \|$", settings_page.page(), re.MULTILINE)
    assert len(rows) > 40
    assert [row for row in rows if not row.split(" | ")[-1].strip()] == []


def test_the_changes_begin_with_this_version_and_say_how_to_release() -> None:
    text = (ROOT / "toolkit" / "docs" / "CHANGES.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## (\d+\.\d+\.\d+)", text, re.MULTILINE)
    assert versions[0] == PROJECT["version"]
    assert versions == sorted(versions, key=lambda v: [*map(int, v.split("."))], reverse=True)
    assert "## How to release" in text
