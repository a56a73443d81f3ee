"""The maps of the package and of the tests name what exists."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAPS = [ROOT / "toolkit" / "README.md", ROOT / "tests" / "README.md"]
FOLDERS = ("toolkit/vendors", "tests/vendors", "cassettes")
PIECES = [ROOT / folder / "nddprint" for folder in FOLDERS]  # the pieces of a vendor's folders are named without them
COMMANDS = {"mypy"}
NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)?$")


def defined() -> set[str]:
    """Every name that a module, a class, a function, a module's assignment or an argument bears."""
    names = set()
    for path in [p for folder in ("toolkit", "tests") for p in (ROOT / folder).rglob("*.py")]:
        names |= {path.stem, path.parent.name}
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef | ast.FunctionDef):
                names.add(node.name)
            elif isinstance(node, ast.arg):
                names.add(node.arg)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
    return names


DEFINED = defined()


def quoted(page: Path) -> list[str]:
    return re.findall(r"`([^`\n]+)`", page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", MAPS, ids=lambda p: p.parent.name)
def test_every_path_on_a_map_exists(page: Path) -> None:
    paths = [q for q in quoted(page) if re.fullmatch(r"[\w<>./-]+", q) and ("/" in q or q.endswith(".py"))]
    assert paths
    for path in paths:
        place = path.replace("<vendor>", "nddprint")
        assert any((base / place).exists() for base in (page.parent, ROOT, *PIECES)), path


@pytest.mark.parametrize("page", MAPS, ids=lambda p: p.parent.name)
def test_every_name_on_a_map_is_defined(page: Path) -> None:
    names = [q for q in quoted(page) if NAME.match(q) and not q.endswith((".py", ".yaml"))]
    assert names
    for name in names:
        assert set(name.split(".")) <= DEFINED | COMMANDS, name


def test_the_map_has_every_room() -> None:
    page = (ROOT / "toolkit" / "README.md").read_text(encoding="utf-8")
    rooms = re.findall(r"^\| `([\w./]+)` \|", page, re.MULTILINE)
    there = {
        p.name + ("/" if p.is_dir() else "")
        for p in (ROOT / "toolkit").iterdir()
        if p.name not in ("README.md", "py.typed", "__pycache__")
    }
    assert set(rooms) == there


def test_both_maps_are_short() -> None:
    assert [page for page in MAPS if page.read_text(encoding="utf-8").count("\n") > 180] == []
