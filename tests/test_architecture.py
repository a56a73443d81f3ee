"""The tree is the architecture: who may import whom, and how large things get."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "toolkit"
LOW = {"spec", "errors", "secret"}
CLIENT = LOW | {"wire", "frames", "sheets", "session", "settings", "client"}
ROOMS = {  # room: the rooms it may import
    "spec": set(),
    "errors": set(),
    "secret": set(),
    "apis": {"spec"},
    "wire": {"spec", "errors"},
    "frames": {"spec", "errors", "secret"},
    "sheets": {"spec", "errors", "frames"},
    "settings": LOW,
    "transport": set(),
    "session": LOW | {"wire", "transport"},
    "client": CLIENT,
    "replay": LOW | {"wire", "session"},
    "plots": {"errors"},
    "push": CLIENT | {"plots"},
    "systems": CLIENT | {"apis", "push"},
    "words": {"errors"},
    "forms": LOW | {"apis", "systems", "push", "sheets", "frames", "settings", "words"},
    "sandbox": {"apis", "spec", "secret"},
    "embedded": {"sandbox", "systems", "session"},
    "reports": LOW | {"replay"},
    "lab": {"sandbox"},
}
OUTSIDE = {  # library: the rooms that may use it
    "pandas": {"frames", "sheets", "client", "push", "systems", "forms", "plots"},
    "requests": {"session", "transport"},
    "urllib3": {"session", "transport"},
    "sqlite3": {"push", "sandbox"},
    "werkzeug": {"sandbox"},
    "vcr": {"replay"},
    "ipywidgets": {"forms"},
    "matplotlib": {"plots"},
    "nbformat": {"reports"},
    "nbclient": {"reports"},
    "nbconvert": {"reports"},
    "xlsxwriter": {"sheets"},
    "python_calamine": {"sheets"},
    "phonenumbers": {"sheets"},
    "stdnum": {"sheets"},
    "email_validator": {"sheets"},
}
FILES = sorted(ROOT.rglob("*.py"))
HEAVY = (
    "tqdm",
    "ipywidgets",
    "werkzeug",
    "matplotlib",
    "python_calamine",
    "xlsxwriter",
    "phonenumbers",
    "stdnum",
    "email_validator",
    "keyring",
    "nbformat",
    "nbclient",
    "nbconvert",
)


def modules(tree: ast.AST) -> Iterator[str]:
    """Modules imported at run time: what stands under TYPE_CHECKING is only for the reader."""
    hints = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in hints:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "toolkit":
            yield from (f"toolkit.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def room_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_each_room_imports_only_what_it_may(path: Path) -> None:
    room = room_of(path)
    if room in ("__init__", "__main__", "demo"):  # these stand before the front door
        return
    for name in modules(ast.parse(path.read_text(encoding="utf-8"))):
        top, *rest = name.split(".")
        if top == "toolkit":
            assert rest, f"{path} imports the front door"
            assert rest[0] == room or rest[0] in ROOMS[room], f"{path} imports {name}"
        assert room in OUTSIDE.get(top, {room}), f"{path} imports {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_and_functions_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 400, f"{path.name} is too long"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
            assert (node.end_lineno or 0) - body[0].lineno < 40, f"{path.name}: {node.name} is too long"


def test_vendors_are_named_only_where_they_belong() -> None:
    names = ("signio", "nddprint", "carmachain", "itdchile")
    for path in FILES:
        if room_of(path) in ("spec", "wire", "frames", "session", "client", "push", "sheets", "secret", "errors"):
            text = path.read_text(encoding="utf-8").lower()
            assert not [n for n in names if n in text], f"{path} names a vendor"


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = f"import sys, toolkit; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_each_dialect_speaks_every_kind() -> None:
    from toolkit import frames, spec
    from toolkit.forms.widgets import WIDGETS
    from toolkit.sandbox import store

    def kinds(of: type) -> set[type]:
        return {k for kind in of.__subclasses__() for k in {kind, *kinds(kind)}}

    assert kinds(spec.Field) - {spec.Part} == set(frames.COLUMNS)
    assert kinds(spec.Field) == set(store.COLUMNS)
    assert kinds(spec.Field) == set(WIDGETS)


@pytest.mark.skipif(sys.platform == "win32", reason="files there have no mode")
def test_the_check_of_submissions_can_be_run() -> None:
    assert (ROOT.parent / ".ci/run").stat().st_mode & 0o111
