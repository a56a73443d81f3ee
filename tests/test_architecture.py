"""The tree is the architecture: who may import whom, and how large things get."""

import ast
import importlib
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import toolkit
from toolkit.spec import KINDS, Choice, Email, Field, KindTable

ROOT = Path(__file__).parent.parent / "toolkit"
LOW = {"spec", "errors", "plain", "http.secrets"}
CLIENT = LOW | {"http.wire", "http.answers", "http.pages", "http.attempt", "http.session"}
CLIENT |= {"calls.frames", "sheets", "settings", "calls.client"}
ROOMS = {  # room: the rooms it may import, besides `plain`, by which every room speaks
    "spec": {"errors", "plain"},
    "plain": set(),
    "errors": {"plain"},
    "http.secrets": {"plain"},
    "http.headers": set(),
    "http.wire": {"spec", "errors"},
    "http.answers": {"spec", "errors", "http.headers"},
    "http.transport": {"http.secrets", "spec"},
    "http.pages": {"spec", "errors", "http.wire", "http.answers"},
    "http.attempt": LOW | {"http.answers", "http.transport"},
    "http.session": LOW | {"http.wire", "http.answers", "http.transport", "http.attempt"},
    "calls.frames": LOW,
    "sheets": {"spec", "errors", "plain"},
    "settings": LOW,
    "calls.client": CLIENT,
    "push": CLIENT | {"notebook.plots"},
    "vendors.api": {"spec"},  # with its assumptions
    "sandbox": {"spec", "settings", "errors", "plain"},
    "vendors.vendor": {"spec"},
    "vendors": CLIENT | {"vendors.api", "vendors.vendor", "push"},
    "vendors.sandbox": LOW | {"vendors.api", "sandbox"},
    "vendors.registry": {"spec", "settings", "http.secrets", "http.session", "vendors", "vendors.vendor", "sandbox"},
    "commands": LOW | {"notebook.recording", "vendors", "vendors.registry", "push", "sheets", "settings"},
    "notebook.recording": LOW | {"http.wire", "http.answers", "http.session"},
    "notebook.plots": {"errors"},
    "notebook.forms": LOW | {"vendors.registry", "vendors", "vendors.api", "push", "sheets", "settings"},
    "notebook.reports": LOW | {"notebook.recording"},
    "notebook.lab": {"sandbox", "settings", "vendors.registry"},
}
OUTSIDE = {  # library: the rooms that may use it
    "pandas": {
        "calls.frames",
        "sheets",
        "calls.client",
        "push",
        "vendors",
        "notebook.forms",
        "notebook.plots",
        "commands",
    },
    "requests": {"http.attempt", "http.session", "http.transport"},
    "urllib3": {"http.session", "http.transport"},
    "msgspec": {"http.answers", "sheets"},
    "sqlite3": {"push", "sandbox", "vendors.sandbox"},
    "psycopg": {"push"},
    "dask": {"sheets"},
    "distributed": set(),
    "werkzeug": {"sandbox", "vendors.sandbox"},
    "vcr": {"notebook.recording"},
    "yaml": {"notebook.recording"},
    "ipywidgets": {"notebook.forms"},
    "anywidget": {"notebook.forms"},
    "traitlets": {"notebook.forms"},
    "itables": {"notebook.forms"},
    "pypdfium2": {"notebook.forms"},
    "matplotlib": {"notebook.plots"},
    "nbformat": {"notebook.reports"},
    "nbclient": {"notebook.reports"},
    "nbconvert": {"notebook.reports"},
    "nh3": {"notebook.reports"},
    "xlsxwriter": {"sheets"},
    "xlrd": {"sheets"},
    "phonenumbers": {"sheets"},
    "stdnum": {"sheets"},
    "email_validator": {"sheets"},
}
SPLIT = ("calls", "http", "notebook")  # folders of several rooms
FILES = sorted(ROOT.rglob("*.py"))
HEAVY = (
    "tqdm",
    "ipywidgets",
    "anywidget",
    "itables",
    "pypdfium2",
    "werkzeug",
    "matplotlib",
    "xlrd",
    "xlsxwriter",
    "phonenumbers",
    "stdnum",
    "email_validator",
    "keyring",
    "psycopg",
    "msgspec",
    "dask",
    "nbformat",
    "nbclient",
    "nbconvert",
    "nh3",
)


def modules(tree: ast.AST, *, hints: bool = False) -> Iterator[str]:
    """Modules imported at run time, with `hints` also those that stand under TYPE_CHECKING, for the reader only."""
    unread = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING" and not hints
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in unread:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("toolkit"):
            yield from (_imported(node.module, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def _imported(package: str, name: str) -> str:
    """The module that `from package import name` loads: `package.name` where that is a module."""
    inner = ROOT.joinpath(*package.split(".")[1:], name)
    return f"{package}.{name}" if inner.is_dir() or inner.with_suffix(".py").exists() else package


def room_of(module: str) -> str:
    """The room of a module, named as `toolkit.` is left out: `http.wire`, `vendors.api`, `push`."""
    parts = module.split(".")
    if parts[0] == "vendors":
        half = parts[2] if len(parts) > 2 else ""
        by_name = {"vendors": "vendors.registry", "vendors.vendor": "vendors.vendor"}
        half = "api" if half == "assumptions" else half
        return f"vendors.{half}" if half in ("api", "sandbox") else by_name.get(module, "vendors")
    if parts[0] in SPLIT:
        return ".".join(parts[:2])
    return parts[0]


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def imported(path: Path) -> tuple[str, ...]:
    return tuple(modules(ast.parse(path.read_text(encoding="utf-8"))))


def imported_rooms(name: str) -> str:
    """The room of an imported name."""
    return room_of(name.removeprefix("toolkit."))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_each_room_imports_only_what_it_may(path: Path) -> None:
    module = module_of(path)
    room = room_of(module)
    if module in ("__init__", "__main__", "calls", "http", "notebook") or module.startswith("sandbox.demo"):
        return  # the front door, empty doors, and what stands before the front door
    for name in imported(path):
        top = name.partition(".")[0]
        if top == "toolkit":
            assert name != "toolkit", f"{path} imports the front door"
            assert imported_rooms(name) in {room, "plain", *ROOMS[room]}, f"{path} imports {name}"
        assert room in OUTSIDE.get(top, {room}), f"{path} imports {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_the_two_halves_of_a_vendor_never_meet(path: Path) -> None:
    """The client's half and the sandbox's half of a folder share its declarations, and nothing else."""
    room = room_of(module_of(path))
    rooms = {imported_rooms(name) for name in imported(path) if name.startswith("toolkit.")}
    if room == "vendors.sandbox":
        assert not rooms & {"vendors", "calls.client", "push", "calls.frames", "http.session", "http.wire"}
    if room == "vendors":
        assert not rooms & {"vendors.sandbox", "sandbox"}


def test_no_module_needs_itself_by_way_of_others() -> None:
    """Not for a type hint either; what a package's own door gathers apart."""
    every = {f"toolkit.{module_of(path)}": path for path in FILES if path.name != "__init__.py"}
    needs = {
        name: {*modules(ast.parse(path.read_text("utf-8")), hints=True)} & every.keys() for name, path in every.items()
    }
    while ends := {n for n, of in needs.items() if not of & needs.keys() or not any(n in o for o in needs.values())}:
        needs = {name: of for name, of in needs.items() if name not in ends}
    assert needs.keys() == set()


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_and_functions_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 400, f"{path.name} is too long"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
            assert (node.end_lineno or 0) - body[0].lineno < 40, f"{path.name}: {node.name} is too long"


def named_in(tree: ast.Module) -> set[str]:
    """The words of a module's code: its names, and its texts that are no docstrings."""
    docs = {id(e.value) for e in ast.walk(tree) if isinstance(e, ast.Expr) and isinstance(e.value, ast.Constant)}
    found = []
    for node in ast.walk(tree):
        for field in ("id", "attr", "arg", "name", "module"):
            found.append(getattr(node, field, None))
        if isinstance(node, ast.Constant) and id(node) not in docs:
            found.append(node.value)
    return {word for text in found if isinstance(text, str) for word in re.findall(r"[a-z]+", text.lower())}


def test_vendors_are_named_only_where_they_belong() -> None:
    """In their own folders and one line of the registry; and by what shows one of them to people: forms, the demo."""
    from toolkit import Api

    names = set(Api.vendors())
    for path in FILES:
        module = module_of(path)
        shows = room_of(module).startswith(("vendors", "notebook", "__")) or module.startswith("sandbox.demo")
        if not shows:
            found = named_in(ast.parse(path.read_text(encoding="utf-8"))) & names
            assert not found, f"{path} names {found}"


def test_importing_the_package_loads_nothing_heavy() -> None:
    used = "toolkit.connect, toolkit.check, toolkit.pushes, toolkit.recorded"
    for code, absent in (("toolkit", (*HEAVY, "pandas", "requests", "toolkit.errors")), (used, HEAVY)):
        code = f"import sys, toolkit; {code}; print([m for m in {absent!r} if m in sys.modules])"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "[]"


def test_the_front_door_knows_where_each_of_its_names_lives() -> None:
    """The imports that type checkers read, the names that people see, and what is loaded are the same."""
    tree = ast.parse((ROOT / "__init__.py").read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    declared = {}
    for line in block.body:
        if isinstance(line, ast.ImportFrom):
            declared |= {alias.asname or alias.name: (line.module, alias.name) for alias in line.names}
    assert declared.keys() == set(toolkit.__all__)
    for name, (module, own) in declared.items():
        home = importlib.import_module(str(module))
        expected = getattr(home, own, None) or importlib.import_module(f"{module}.{own}")
        shown = getattr(toolkit, name)
        assert inspect.unwrap(shown) is inspect.unwrap(expected) if callable(shown) else shown is expected, name


def kind_tables() -> dict[str, "KindTable[object]"]:
    """Every table from kinds of fields to what a dialect makes of them, by module and name."""
    found = {}
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        if "KindTable" in text and not path.is_relative_to(ROOT / "spec"):
            module = importlib.import_module(f"toolkit.{module_of(path)}")
            found |= {f"{module_of(path)}.{n}": t for n, t in vars(module).items() if isinstance(t, KindTable)}
    return found


def test_each_dialect_speaks_every_kind() -> None:
    tables = kind_tables()
    dialects = {
        "calls.frames.COLUMNS",
        "sandbox.store.COLUMNS",
        "sandbox.openapi.SCHEMAS",
        "notebook.forms.widgets.WIDGETS",
    }
    dialects.add("sheets.kinds.RULES")
    assert dialects <= set(tables)
    for name, table in tables.items():
        assert set(table) <= set(KINDS), name
        for kind in KINDS:
            assert issubclass(kind, table.without) or table[kind] is not None, (name, kind)


def test_a_dialect_that_forgets_a_kind_is_an_error_at_once() -> None:
    entries = {kind: kind.__name__ for kind in KINDS if kind.__base__ is Field}
    assert KindTable(entries)[Email] == "Text"
    del entries[Choice]
    with pytest.raises(TypeError, match="says nothing of Choice"):
        KindTable(entries)
    assert KindTable(entries, without=(Choice,)).without == (Choice,)
    with pytest.raises(KeyError):
        KindTable(entries, without=(Choice,))[Choice]


def test_no_dialect_keeps_its_kinds_in_another_manner() -> None:
    others = {module_of(p) for p in FILES if re.search(r"dict\[type\[(spec\.)?Field\]", p.read_text(encoding="utf-8"))}
    assert others - {"sheets.fields"} == {"spec.fields"}  # the table's own home


@pytest.mark.skipif(sys.platform == "win32", reason="files there have no mode")
def test_the_check_of_submissions_can_be_run() -> None:
    assert (ROOT.parent / ".ci/run").stat().st_mode & 0o111


def test_only_one_place_waits() -> None:
    """A test is handed its time, or looks for what it waits for. Only recordings of real answers are really slow."""
    tests = ROOT.parent / "tests"
    waits = {str(p.relative_to(tests)) for p in tests.rglob("*.py") if "time.sle" + "ep(" in p.read_text("utf-8")}
    assert waits == {"helpers/waiting.py", "commands/recording.py"}
