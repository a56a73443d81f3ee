"""A file: uploaded, or named by its path. Large uploads never arrive, so the path box always stands beside."""

from collections.abc import Callable
from typing import Any

import ipywidgets as w

from toolkit.errors import InputError
from toolkit.notebook.forms.form import row
from toolkit.notebook.forms.inert import text
from toolkit.notebook.words import word

SHEETS = ".xlsx,.xlsm,.xls,.xlsb,.ods,.csv,.tsv,.txt"


class Source(w.VBox):
    """`given` is what was chosen last: a path, or a pair of name and bytes."""

    def __init__(self, name: str, chosen: Callable[[], Any], *, accept: str, help_text: str = "") -> None:
        self._chosen = chosen
        self._uploaded: tuple[str, bytes] | None = None
        self._upload = w.FileUpload(accept=accept, description=word("upload"), layout=w.Layout(width="auto"))
        self._upload.add_class(f"tk-upload-{name}")
        self.path = w.Text(description=word("path"), style={"description_width": "initial"})
        self.path.layout = w.Layout(width="auto", flex="1 1 18em", max_width="36em")
        self.path.add_class(f"tk-path-{name}")
        self._note = w.HTML(f"<span class='tk-help'>{text(help_text or word('path help'))}</span>")
        super().__init__([row(self._upload, self.path), self._note])
        self._upload.observe(self._take, "value")

    @property
    def given(self) -> Any:
        """What was chosen last.

        Raises:
            InputError: nothing was.
        """
        path = self.path.value.strip()
        if not path and self._uploaded is None:
            raise InputError(word("give a file"))
        return path or self._uploaded

    def _take(self, change: dict[str, Any]) -> None:
        if not change["new"]:
            return
        upload = change["new"][0]
        self._uploaded = upload["name"], bytes(upload["content"])
        self._upload.value = ()  # the same file can be chosen again
        self.path.value = ""
        self._note.value = f"<span class='tk-help'>{text(upload['name'])}</span>"
        self._chosen()
