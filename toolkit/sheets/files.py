"""Files to send: there, not empty, and of an allowed type by name. Content of another look is a doubt."""

import contextlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from toolkit.plain import mark
from toolkit.sheets.checker import DOUBT, CellError, CellRule, ParseOptions, Problem, Result
from toolkit.spec import File

OLE, ZIP = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04"
STARTS: dict[str, Callable[[bytes], object]] = {  # a file of this type begins so; Office files also hold their kind
    "pdf": lambda content: content.lstrip().startswith(b"%PDF-") and b"%%EOF" in content[-2048:],
    "png": lambda content: content.startswith(b"\x89PNG\r\n\x1a\n"),
    "jpg": lambda content: content.startswith(b"\xff\xd8\xff"),
    "doc": lambda content: content.startswith(OLE),
    "xls": lambda content: content.startswith(OLE),
    "docx": lambda content: content.startswith(ZIP) and b"word/" in content,
    "xlsx": lambda content: content.startswith(ZIP) and b"xl/" in content,
}


def rule(field: File, options: ParseOptions) -> CellRule:
    def parse(file: Any) -> Result:
        name, content = opened(file, field.extensions)
        return Result((name, content), None, unlike_its_name(name, content))

    return CellRule(parse, takes=(str, Path, tuple))


def opened(file: Any, extensions: tuple[str, ...]) -> tuple[str, bytes]:
    """The file's name and content.

    Raises:
        CellError: it is not there, cannot be read, is empty, or of another type by its name.
    """
    name, content = _read(file)
    kind = Path(name).suffix.lower().removeprefix(".")
    if extensions and kind not in extensions:
        raise CellError(mark("is not of an allowed type"), detail=", ".join(extensions))
    if not content:
        raise CellError(mark("is an empty file"))
    return name, content


def unlike_its_name(name: str, content: bytes) -> Problem | None:
    """A doubt about a file whose content looks unlike the type that its name says."""
    kind = Path(name).suffix.lower().removeprefix(".")
    if kind in STARTS and not STARTS[kind](content):
        return Problem(mark("does not look like a whole file of the type that its name says"), detail=kind, level=DOUBT)
    return None


def _read(file: Any) -> tuple[str, bytes]:
    if isinstance(file, tuple):
        name, content = file if len(file) == 2 else (None, None)
        if not isinstance(name, str) or not isinstance(content, bytes):
            raise CellError(mark("is neither a path nor a pair of name and bytes"))
        return _safe(name), content
    try:
        path = expanded(Path(str(file).strip().strip("\"'“”")))
        return _safe(path.name), path.read_bytes()
    except ValueError:
        raise CellError(mark("is no path")) from None
    except OSError as problem:
        raise CellError(mark("cannot be read"), detail=str(problem.strerror)) from None


def expanded(path: Path) -> Path:
    """The path with the home of its user; one that begins with the name of nobody is as it is written."""
    with contextlib.suppress(RuntimeError):
        return path.expanduser()
    return path


def _safe(name: str) -> str:
    """The name without what a form's header could not carry."""
    return re.sub(r"[\x00-\x1f\"\\/]", "_", name)
