"""The first step of an import: a file is chosen and read, and what was decided about it can be decided otherwise."""

from collections.abc import Callable
from typing import Any

import pandas as pd

from toolkit.errors import InputError
from toolkit.notebook.forms import parts
from toolkit.notebook.forms.form import Form
from toolkit.notebook.forms.source import SHEETS, Source
from toolkit.notebook.forms.view import Child, Element, acting, element
from toolkit.plain import message, plural
from toolkit.sheets import read_sheet

AROUND = 4  # rows that are shown above and below the header
WIDE = 8  # columns that are shown of them


class ReadStep:
    """A sheet, and how it is read. `begin` reads it, and goes on to what comes next."""

    def __init__(self, form: Form, begin: Callable[[], None]) -> None:
        self._form, self._begin = form, begin
        self.source: Source = form.source("sheet", begin, accept=SHEETS)
        self.frame: pd.DataFrame | None = None
        self.options: dict[str, Any] = {}  # that somebody chose
        self._read = ""  # the path that was read
        self._top = pd.DataFrame()  # the sheet's first rows, the header among them

    def read(self) -> pd.DataFrame:
        """Read the sheet that was chosen, as it was chosen to be read.

        Raises:
            InputError: it cannot be read. What was read before stays.
        """
        path = self.source.path
        if path != self._read:
            self.options = {}
        self.frame = frame = read_sheet(path, **self.options)
        self._top = self._first_rows(path, frame)
        self._read = path
        return frame

    def _first_rows(self, path: str, frame: pd.DataFrame) -> pd.DataFrame:
        """The rows around the header, as the sheet has them."""
        options = {name: value for name, value in self.options.items() if name != "header"}
        try:
            raw = read_sheet(path, header=0, **options)
        except InputError:
            return pd.DataFrame()
        at = self._header(raw, frame)
        return raw.iloc[max(0, at - AROUND) : at + AROUND + 1]

    def _header(self, raw: pd.DataFrame, frame: pd.DataFrame) -> int:
        """The position of the header among the rows."""
        if len(frame) and frame.index[0] in raw.index:
            return max(int(raw.index.get_indexer_for(frame.index[:1])[0]) - 1, 0)
        return 0

    # ── what is shown ──

    def elements(self) -> list[Child]:
        """The file, and how to read it."""
        read = self._form.button(message("Read the sheet"), "read", self._begin, style="primary")
        return [*self.source.elements(), read]

    def summary(self) -> list[Child]:
        """What was read and how, with the ways to read it otherwise."""
        assert self.frame is not None
        attrs = self.frame.attrs
        title = " · ".join(filter(None, [str(attrs.get("source", "")), str(attrs.get("sheet", ""))]))
        notes = parts.bullets([str(note) for note in attrs.get("notes", ())])
        return [
            parts.heading(title, plural("{count} row", "{count} rows", count=len(self.frame)), key="sheet"),
            notes,
            self._sheets(),
            self._rows(),
        ]

    def _sheets(self) -> Child:
        names = [str(name) for name in self.frame.attrs.get("sheets", ())] if self.frame is not None else []
        if len(names) < 2:
            return None
        now = str(self.frame.attrs["sheet"]) if self.frame is not None else ""
        box = parts.choice("sheet-name", [(n, n) for n in names], value=now, change=lambda n: self._again(sheet=n))
        return parts.labelled(box, message("Spreadsheet"))

    def _rows(self) -> Child:
        """The rows around the header; another one can be made the header."""
        if self._top.empty or self.frame is None:
            return parts.table(self.frame.head(3)) if self.frame is not None else None
        number = self._top.index[self._header(self._top, self.frame)]
        lines = [[self._radio(label, label == number), *cells] for label, *cells in self._cells()]
        more = self._top.shape[1] - WIDE
        heads: list[Child] = [message("Header row"), *"ABCDEFGHIJ"[: min(WIDE, self._top.shape[1])]]
        cut = (
            parts.note(plural("and {count} more column", "and {count} more columns", count=more)) if more > 0 else None
        )
        return element("div", parts.grid(heads, lines, label=message("Header row"), name="header-rows"), cut)

    def _cells(self) -> list[list[Any]]:
        cut = self._top.iloc[:, :WIDE]
        return [[label, *map(parts.cell, cells)] for label, *cells in cut.itertuples(name=None)]

    def _radio(self, label: Any, on: bool) -> Element:
        known: dict[str, Any] = {"type": "radio", "name_": "header", "checked": on, "value": str(label)}
        box = element("input", name=f"header-{label}", **known)
        return element("label", acting(box, lambda _: self._again(header=int(label)), always=True), f" {label}")

    def _again(self, **option: Any) -> None:
        before = dict(self.options)
        self.options |= option
        if "sheet" in option:
            self.options.pop("header", None)

        def read() -> None:
            try:
                self._begin()
            except InputError:
                self.options = before
                raise

        self._form.do(read)

    # ── as code ──

    def code(self) -> str:
        """The statement that reads the sheet."""
        options = "".join(f", {name}={value!r}" for name, value in self.options.items())
        return f"sheet = toolkit.read_sheet({self.source.shown!r}{options})"
