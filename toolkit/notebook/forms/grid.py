"""The cells with a problem, page by page, each with its reason and a box to correct it."""

from collections.abc import Hashable, Mapping
from typing import Any

import ipywidgets as w
import pandas as pd

from toolkit.notebook.forms.form import button, row
from toolkit.notebook.forms.inert import text
from toolkit.notebook.words import word
from toolkit.plain import plain

PAGE = 10
WIDTHS = {"row": "3em", "column": "7em", "value": "12em", "why": "15em", "correction": "13em"}
Cell = tuple[Hashable, Hashable]  # label of the row, name of the column


class Grid(w.VBox):
    """Problems as a check lists them. What a person types or accepts goes into `corrections`."""

    def __init__(self, problems: pd.DataFrame, corrections: dict[Cell, str]) -> None:
        self._lines: list[dict[Hashable, Any]] = problems.to_dict("records")
        self._first, self._corrections = 0, corrections
        self._body = w.VBox()
        self._count = w.HTML()
        proposals = [button(word("accept all"), "accept-all", self.accept_all)] if self._proposed() else []
        pages = [
            button(word("previous"), "previous", lambda: self._turn(-PAGE)),
            button(word("next"), "next", lambda: self._turn(PAGE)),
        ]
        controls = row(*(pages if len(self._lines) > PAGE else []), *proposals)
        super().__init__([self._count, self._body, controls])
        self.add_class("tk-grid")
        self._show()

    def accept_all(self) -> None:
        """Take every proposal, on all pages, that nobody corrected otherwise."""
        for cell, proposal in self._proposed().items():
            self._corrections.setdefault(cell, proposal)
        self._show()

    def _proposed(self) -> dict[Cell, str]:
        return {_cell(line): p for line in self._lines if isinstance(p := line.get("proposal"), str)}

    def _turn(self, by: int) -> None:
        last = (len(self._lines) - 1) // PAGE * PAGE
        self._first = min(max(0, self._first + by), last)
        self._show()

    def _show(self) -> None:
        page = self._lines[self._first : self._first + PAGE]
        counted = word("of rows", first=self._first + 1, last=self._first + len(page), all=f"{len(self._lines):,}")
        self._count.value = f"<h4>{text(word('problems'))} <small>{text(counted)}</small></h4>"
        head = row(*(_text(f"<b>{text(word(name))}</b>", name) for name in WIDTHS))
        head.add_class("tk-head")
        self._body.children = [head, *(self._line(n, line) for n, line in enumerate(page))]

    def _line(self, n: int, line: Mapping[Hashable, Any]) -> w.HBox:
        cell = _cell(line)
        proposal = line["proposal"] if isinstance(line.get("proposal"), str) else None
        name = plain(f"{word('correction')}: {word('row')} {cell[0]}, {cell[1]}")
        box = w.Text(value=self._corrections.get(cell, ""), description=name, placeholder=plain(proposal or ""))
        box.layout.width = WIDTHS["correction"]
        box.add_class(f"tk-cell-{n}")
        box.add_class("tk-heard")  # its name is read out, and the table's head shows it

        def typed(change: Mapping[str, Any]) -> None:
            if change["new"].strip():
                self._corrections[cell] = change["new"].strip()
            else:
                self._corrections.pop(cell, None)

        def accept() -> None:
            box.value = proposal

        box.observe(typed, "value")
        value = line["value"] if isinstance(line["value"], str) else ""
        shown = {"row": cell[0], "column": cell[1], "value": value, "why": line["problem"]}
        accepts = [button(word("accept"), f"accept-{n}", accept)] if proposal else []
        return row(*(_text(text(said), column) for column, said in shown.items()), box, *accepts)


def _cell(line: Mapping[Hashable, Any]) -> Cell:
    return line["row"], line["column"]


def _text(markup: str, column: str) -> w.HTML:
    return w.HTML(f"<span class='tk-cell'>{markup}</span>", layout=w.Layout(width=WIDTHS[column]))
