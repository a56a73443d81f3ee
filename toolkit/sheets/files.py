"""Files to send: there, not empty, and of an allowed type by name and by content."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from toolkit.plain import mark
from toolkit.sheets.checker import CellError, CellRule, Parsed, ParseOptions
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
    return CellRule(lambda file: Parsed(opened(file, field.extensions)), takes=(str, Path, tuple))


def opened(file: Any, extensions: tuple[str, ...]) -> tuple[str, bytes]:
    """The file's name and content.

    Raises:
        CellError: it is not there, cannot be read, is empty, or is not what its name says.
    """
    name, content = _read(file)
    kind = Path(name).suffix.lower().removeprefix(".")
    if extensions and kind not in extensions:
        raise CellError(mark("is not of an allowed type"), detail=", ".join(extensions))
    if not content:
        raise CellError(mark("is an empty file"))
    if kind in STARTS and not STARTS[kind](content):
        raise CellError(mark("is not a whole file of the type that its name says"), detail=kind)
    return name, content


def _read(file: Any) -> tuple[str, bytes]:
    if isinstance(file, tuple):
        name, content = file if len(file) == 2 else (None, None)
        if not isinstance(name, str) or not isinstance(content, bytes):
            raise CellError(mark("is neither a path nor a pair of name and bytes"))
        return _safe(name), content
    try:
        path = Path(str(file).strip().strip("\"'“”")).expanduser()
        return _safe(path.name), path.read_bytes()
    except ValueError:
        raise CellError(mark("is no path")) from None
    except OSError as problem:
        raise CellError(mark("cannot be read"), detail=str(problem.strerror)) from None


def _safe(name: str) -> str:
    """The name without what a form's header could not carry."""
    return re.sub(r"[\x00-\x1f\"\\/]", "_", name)
