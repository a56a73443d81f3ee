"""The page on security is held by tests, and one password is looked for on every surface that there is."""

import ast
import io
import json
import logging
import os
import re
import shutil
import stat
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ipywidgets
import pandas as pd
import pytest

import toolkit
from tests.helpers.forms import find, said
from tests.helpers.forms import shown as form_text
from tests.helpers.sentinel import leaks, spellings
from toolkit import forms
from toolkit.sandbox import Sandbox

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "toolkit" / "docs" / "SECURITY.md"
PASSWORD = "sentinel-Pässword/7+&"
PEOPLE = pd.DataFrame(
    {
        "NOMBRE": ["Zacarías Centinela", "Yolanda Centinela", "Wenceslao Centinela"],
        "EMAIL": ["zacarias.centinela@example.cl", "yolanda.centinela@example.cl", "wenceslao.example.cl"],
        "TELEFONO": ["56921234567", "56921234568", "56921234569"],
    }
)

# ── the page ─────────────────────────────────────────────────────────────────

NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def sentences() -> list[str]:
    """The statements of the page: its list items, with the lines that belong to them."""
    text = PAGE.read_text(encoding="utf-8")
    return [" ".join(item.split()) for item in re.findall(r"^- (.*(?:\n  .*)*)", text, re.MULTILINE)]


@pytest.mark.parametrize("sentence", sentences(), ids=lambda s: s[:50])
def test_every_sentence_names_a_test_that_there_is(sentence: str) -> None:
    named = NAMED.findall(sentence)
    assert named, "which test holds it?"
    for file, name in named:
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        assert name in [function.name for function in functions], f"there is no {file}::{name}"


def test_the_page_holds_nothing_but_headings_and_such_sentences() -> None:
    text = PAGE.read_text(encoding="utf-8")
    rest = re.sub(r"^- .*(?:\n  .*)*", "", text, flags=re.MULTILINE)
    assert [line for line in rest.splitlines() if line and not line.startswith("#")] == [
        "Each sentence names the tests that hold it."
    ]
    assert 20 <= len(sentences()) <= 50


# ── every surface ────────────────────────────────────────────────────────────


@pytest.fixture
def account(box: Sandbox) -> dict[str, Any]:
    """IDA by password, with the sentinel as its password."""
    (user,) = box.control.stored("ida", "User")
    digest = spellings(PASSWORD)[1]
    box.control.put("ida", "User", [{**user, "id": 99, "username": "sentinel", "password_sha1": digest}])
    account = {"base_url": box.addresses["ida"], "username": "sentinel", "password": PASSWORD}
    return {**account, "push": {"settle_wait": 1, "settle_stable": 0.1}}


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    out = io.StringIO()
    handler, root, level = logging.StreamHandler(out), logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield out
    root.removeHandler(handler)
    root.setLevel(level)


def use_everything(account: dict[str, Any], folder: Path) -> list[Any]:
    """A day's work; whatever it gave that a person may look at, or pass on."""
    api = toolkit.connect(ida=account, progress=False)
    seen: list[Any] = [api, api.ida, api.ida.user(), api.ida.databases(), api.ida.fields(11111)]
    report = api.ida.insert_records(11111, PEOPLE)
    report.to_excel(folder / "result.xlsx")
    report.table.to_csv(folder / "result.csv")
    seen += [report, report.table, toolkit.pushes()]
    with toolkit.recorded(folder / "reads.yaml"):
        seen += [api.ida.user(), api.ida.databases(), api.ida.records([1, 2])]
    with toolkit.recorded(folder / "reads.yaml", mode="replay"):
        seen.append(api.ida.databases())
    form = forms.connect()
    for name in ("base_url", "username", "password"):
        find(form, name).value = account[name]
    form.connect()
    return [*seen, form, form.code, said(form), form_text(form)]


def as_shown(thing: Any) -> Iterator[str]:
    yield from (repr(thing), str(thing), repr(getattr(thing, "__dict__", "")))
    if isinstance(thing, pd.DataFrame):
        yield from (
            thing.to_csv(),
            thing.to_json(date_format="iso", default_handler=str),
            thing.to_html(),
            str(thing.attrs),
        )


def contents(folder: Path) -> Iterator[tuple[str, str]]:
    """Every file below a folder, those inside workbooks too, as text of a code that loses nothing."""
    for path in folder.rglob("*"):
        if path.suffix == ".xlsx":
            shutil.unpack_archive(path, folder / f"{path.stem}-unpacked", "zip")
    for path in folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            yield (
                path.name,
                data.decode("latin-1") + data.decode("utf-8", "replace") + data.decode("utf-16-le", "replace"),
            )


def test_a_password_is_on_no_surface(
    account: dict[str, Any], tmp_path: Path, home: Path, logged: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    seen = use_everything(account, tmp_path)
    shown = [text for thing in seen for text in as_shown(thing)]
    shown += [repr(widget.get_state()) for widget in list(ipywidgets.widgets.widget._instances.values())]
    printed = capfd.readouterr()
    shown += [printed.out, printed.err, logged.getvalue(), repr(sys.argv), repr(dict(os.environ))]
    assert not leaks("\n".join(shown), PASSWORD)
    files = [*contents(tmp_path), *contents(home)]
    names = {name for name, _ in files}
    assert {"result.csv", "reads.yaml", "sheet1.xml"} <= names
    assert any(name.startswith("ida-") and name.endswith(".sqlite") for name in names), "the ledger"
    assert [name for name, text in files if leaks(text, PASSWORD)] == []


def test_the_surfaces_are_really_looked_at(tmp_path: Path) -> None:
    pd.DataFrame({"x": [PASSWORD]}).to_excel(tmp_path / "leak.xlsx")
    (tmp_path / "leak.txt").write_text(spellings(PASSWORD)[1], encoding="utf-8")
    assert {name for name, text in contents(tmp_path) if leaks(text, PASSWORD)} == {"sharedStrings.xml", "leak.txt"}


@pytest.mark.parametrize("kind", [ArithmeticError, AssertionError, KeyboardInterrupt, ExceptionGroup])
def test_whatever_stops_a_push_shows_no_password(
    kind: type[BaseException], account: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    ida = toolkit.connect(ida=account, progress=False).ida
    problem = kind("stopped", [ValueError("inside")]) if kind is ExceptionGroup else kind("stopped")

    def stopped(*_: Any, **__: Any) -> Any:
        raise problem

    monkeypatch.setattr("http.client.HTTPConnection.getresponse", stopped)
    with pytest.raises(BaseException) as caught:  # noqa: PT011 - whichever it becomes
        ida.insert_records(11111, PEOPLE)
    below = caught.value.__traceback__ and caught.value.__traceback__.tb_next
    chain = [caught.value, caught.value.__context__, caught.value.__cause__]
    shown = traceback.TracebackException(kind, caught.value, below, capture_locals=True).format()
    rest = (traceback.TracebackException.from_exception(e, capture_locals=True).format() for e in chain[1:] if e)
    assert not leaks("".join([*shown, *(line for lines in rest for line in lines)]), PASSWORD)


# ── what is kept ─────────────────────────────────────────────────────────────


def test_what_a_push_keeps_holds_no_cell_of_a_person(account: dict[str, Any], home: Path) -> None:
    toolkit.connect(ida=account, progress=False).ida.insert_records(11111, PEOPLE)
    kept = dict(contents(home))
    assert kept
    cells = [str(cell) for column in PEOPLE for cell in PEOPLE[column]]
    assert [(name, cell) for name, text in kept.items() for cell in cells if cell in text] == []


@pytest.mark.skipif(os.name == "nt", reason="files there have no mode")
def test_what_a_push_keeps_is_for_this_user_only(account: dict[str, Any], home: Path) -> None:
    toolkit.connect(ida=account, progress=False).ida.insert_records(11111, PEOPLE)
    state = home / "state"
    assert stat.S_IMODE(state.stat().st_mode) & 0o077 == 0
    open_to_others = [path.name for path in state.rglob("*") if path.is_file() and path.stat().st_mode & 0o077]
    assert open_to_others == []


def test_a_recording_holds_what_was_read_people_and_all(account: dict[str, Any], box: Sandbox, tmp_path: Path) -> None:
    person = box.control.contacts(11111)[0]
    ida = toolkit.connect(ida=account, progress=False).ida
    with toolkit.recorded(tmp_path / "reads.yaml"):
        ida.records([person["id"]])
    assert person["NOMBRE"] in " ".join((tmp_path / "reads.yaml").read_text(encoding="utf-8").split())


def test_a_workbook_holds_the_persons_own_cells_and_why(account: dict[str, Any], tmp_path: Path) -> None:
    report = toolkit.connect(ida=account, progress=False).ida.insert_records(11111, PEOPLE)
    report.to_excel(tmp_path / "result.xlsx")
    read = toolkit.read_sheet(tmp_path / "result.xlsx")
    assert read["EMAIL"].tolist() == PEOPLE["EMAIL"].tolist()
    assert read["outcome"].notna().all()


# ── what is assumed of the machine ───────────────────────────────────────────


def test_the_demo_accounts_are_the_same_for_everybody(box: Sandbox) -> None:
    with Sandbox(toolkit.Api.fakes()) as another:
        assert another.credentials == box.credentials


COMMAND = "import sys\nfrom toolkit.__main__ import main\nsys.exit(main())\n"  # as pip writes it


def test_the_command_runs_nothing_of_the_current_folder(tmp_path: Path) -> None:
    folder, mark = tmp_path / "downloads", tmp_path / "ran"
    folder.mkdir()
    for module in ("secrets", "random", "json", "werkzeug", "requests", "sandbox"):
        (folder / f"{module}.py").write_text(f"open({str(mark)!r}, 'a').write({module!r})", encoding="utf-8")
    (tmp_path / "analyst-toolkit").write_text(COMMAND, encoding="utf-8")
    command = [sys.executable, str(tmp_path / "analyst-toolkit"), "--version"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("analyst-toolkit ")
    assert not mark.exists(), mark.read_text(encoding="utf-8")


def test_what_is_loaded_later_is_not_looked_for_in_the_current_folder(tmp_path: Path) -> None:
    """Not with `python -m` either, which looks there for what `import toolkit` itself loads."""
    mark = tmp_path / "ran"
    (tmp_path / "werkzeug.py").write_text(f"open({str(mark)!r}, 'w').close()", encoding="utf-8")
    command = [sys.executable, "-m", "toolkit", "sandbox", "--data", str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert "cannot be written" in done.stderr
    assert not mark.exists()


def test_children_get_no_passwords_and_nothing_of_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from toolkit.notebook import lab

    seen: list[tuple[list[str], dict[str, str]]] = []
    started = subprocess.Popen

    def popen(command: list[str], **facts: Any) -> Any:
        seen.append((command, facts["env"]))
        if "jupyterlab" in command:
            command = [sys.executable, "-c", ""]
        return started(command, **facts)

    monkeypatch.setattr(subprocess, "Popen", popen)
    monkeypatch.setenv("TOOLKIT_IDA_PASSWORD", PASSWORD)
    monkeypatch.setenv("TOOLKIT_IDA_USERNAME", "ana")
    lab.run(tmp_path / "copy")
    assert len(seen) == 2
    for command, environment in seen:
        assert command[1] == "-P"
        assert not leaks(json.dumps(environment, ensure_ascii=False), PASSWORD)
        assert environment["TOOLKIT_IDA_USERNAME"] == "ana"
    assert "Not handed on to JupyterLab: TOOLKIT_IDA_PASSWORD" in capsys.readouterr().out
