"""A file: dropped, chosen, or named by its path. It arrives in pieces, so that any size does."""

import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.notebook.forms import parts
from toolkit.notebook.forms.view import Element, View, element
from toolkit.plain import message, plain

SHEETS = ".xlsx,.xlsm,.xls,.xlsb,.ods,.csv,.tsv,.txt"


@dataclass
class _Arriving:
    """A file under way: its pieces may come in any order."""

    id: str
    path: Path
    size: int
    received: int = 0


class Source:
    """A file that somebody chooses. `path` is where it stands, `name` in `shown` what people call it."""

    def __init__(self, name: str, view: View, chosen: Callable[[], Any], *, accept: str, help_text: str = "") -> None:
        self.name: str = f"upload-{name}"
        self._short, self._view, self._chosen = name, view, chosen
        self._accept, self._help = accept, help_text
        self._typed = ""
        self._uploaded: Path | None = None
        self._arriving: _Arriving | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None  # ends with the form

    @property
    def path(self) -> str:
        """Where the file stands that was chosen last.

        Raises:
            InputError: none was.
        """
        if not self._typed and self._uploaded is None:
            raise InputError(message("Choose a file, or type its path"))
        return self._typed or str(self._uploaded)

    @property
    def shown(self) -> str:
        """The file as code names it: an upload by its own name, which stands where the analyst has it."""
        return self._typed or (self._uploaded.name if self._uploaded else "")

    def elements(self) -> list[Element]:
        """The place to drop a file on, and the box for a path."""
        arriving = self._arriving
        done = (
            message("{name}, uploaded", name=self._uploaded.name)
            if self._uploaded and not self._typed
            else message("or drop it here")
        )
        drop = element(
            "upload",
            name=self.name,
            label=message("Choose a file"),
            accept=self._accept,
            note=done,
            receiving=arriving.id if arriving else None,
            file=arriving.path.name if arriving else None,
        )
        box = parts.line_box(f"path-{self._short}", self._typed, change=self._type, enter=self._chosen)
        path = parts.labelled(box, message("or its path"), help_text=self._help)
        return [parts.row(drop, path, name=f"source-{self._short}")]

    def _type(self, value: str) -> None:
        self._typed = value.strip()

    # ── pieces ──

    def receive(self, content: Mapping[str, Any], buffers: Sequence[memoryview]) -> None:
        """A step of an upload: its begin, a piece, its end, or that it broke off."""
        if "name" in content:
            self._begin(content)
        elif self._arriving is None or self._arriving.id != content["id"]:
            self._answer(content["id"], wrong=True)  # of an upload that was given up
        elif "n" in content:
            with self._arriving.path.open("r+b") as file:
                file.seek(int(content["at"]))
                file.write(buffers[0])
            self._arriving.received += len(buffers[0])
            self._answer(content["id"], n=content["n"])
        elif content.get("gone"):
            self._arriving.path.unlink(missing_ok=True)
            self._arriving = None
        else:
            self._end(self._arriving)

    def _begin(self, content: Mapping[str, Any]) -> None:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="toolkit-", ignore_cleanup_errors=True)
        folder = Path(tempfile.mkdtemp(dir=self._folder.name))  # a file of the same name stays until this one is there
        path = folder / (re.sub(r'[\\/:*?"<>|\x00-\x1f]', "_", plain(content["name"]))[-120:].lstrip(".") or "file")
        path.touch()
        self._arriving = _Arriving(str(content["id"]), path, int(content["size"]))
        self._answer(content["id"])

    def _end(self, arrived: _Arriving) -> None:
        self._arriving = None
        if arrived.path.stat().st_size != arrived.size or arrived.received != arrived.size:
            arrived.path.unlink()
            raise InputError(
                message(
                    "The upload of {name} broke off. Choose the file again, or give its path.", name=arrived.path.name
                )
            )
        if self._uploaded:
            self._uploaded.unlink(missing_ok=True)
        self._uploaded, self._typed = arrived.path, ""
        self._chosen()

    def _answer(self, id: Any, **facts: Any) -> None:
        self._view.send({"up": id, **facts})
