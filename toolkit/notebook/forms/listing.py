"""A table that is searched, sorted and turned page by page in the kernel: the browser holds one page of it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from toolkit.notebook.forms import parts
from toolkit.notebook.forms.view import Child, Element, element
from toolkit.plain import message, plural

PAGE = 10  # lines


class Listing:
    """The lines of a frame. `controls` gives what stands at the end of a line, by its position in the frame.

    `labels`, marked for the catalogue, are what its columns are called, "" the one of controls; a vendor's own names
    stay as they are.
    """

    def __init__(
        self,
        name: str,
        frame: pd.DataFrame,
        *,
        controls: Callable[[int], Sequence[Child]] | None = None,
        labels: Mapping[str, str] | None = None,
    ) -> None:
        self._name, self._frame, self._controls, self._labels = name, frame, controls, labels or {}
        self._wanted, self._page = "", 0
        self._sort: tuple[str, bool] | None = None

    def show(self, frame: pd.DataFrame) -> None:
        """Other lines, found and sorted as those before."""
        self._frame = frame

    def element(self, label: str = "", *beside: Child) -> Element:
        """The page that is shown, with what finds another, and what stands beside that."""
        order = self._order()
        self._page = min(self._page, max(0, (len(order) - 1) // PAGE))
        first = self._page * PAGE
        shown = order[first : first + PAGE]
        heads: list[Child] = [self._head(str(c)) for c in self._frame.columns]
        columns = [self._frame[c].iloc[shown].map(parts.cell) for c in self._frame.columns]
        lines: list[list[Child]] = [[*cells] for cells in zip(*columns, strict=True)]
        if self._controls:
            unseen = element("span", message("Actions"), class_="tk-unseen")
            heads.append(message(self._labels[""]) if "" in self._labels else unseen)
            lines = [[*line, parts.row(*self._controls(i))] for line, i in zip(lines, shown, strict=True)]
        finder = self._finder(first, len(shown), len(order), beside)
        return element("div", finder, parts.grid(heads, lines, label=label), name=self._name)

    def _order(self) -> list[int]:
        """The positions that match what is searched, as they are sorted."""
        frame, order = self._frame, pd.Series(range(len(self._frame)))
        if self._sort:
            by = frame[self._sort[0]].reset_index(drop=True)
            by = by if pd.api.types.is_numeric_dtype(by) else by.map(parts.cell).str.casefold()
            order = order[by.sort_values(ascending=self._sort[1], kind="stable").index]
        if self._wanted:
            texts = frame.map(parts.cell).agg("\n".join, axis=1).str.casefold()
            matches = texts.str.contains(self._wanted.casefold(), regex=False).to_numpy()
            order = order[matches[order.to_numpy()]]
        return [int(i) for i in order]

    def _finder(self, first: int, shown: int, matches: int, beside: Sequence[Child]) -> Element | None:
        whole = len(self._frame)
        if whole <= PAGE and not beside:
            return None
        counted = message(
            "{first:,}–{last:,} of {all:,}", first=min(first + 1, matches), last=first + shown, all=matches
        )
        if matches < whole:
            rows = plural("{count} row", "{count} rows", count=whole)
            counted += f" ({rows})"
        known = {"type": "search", "placeholder": message("Search"), "aria_label": message("Search")}
        box = parts.line_box(f"{self._name}-search", self._wanted, change=self._find, enter=lambda: None, **known)
        turn = self._turning((matches - 1) // PAGE) if matches > PAGE else ()
        finding = [box if whole > PAGE else None, element("span", counted)]
        return parts.row(*finding, *turn, *beside, name=f"{self._name}-finder")

    def _turning(self, last: int) -> list[Element]:
        """The buttons for the page before and the one after, and which page this is."""
        before = self._turn_button("previous", message("Previous page"), -1, enabled=self._page > 0)
        after = self._turn_button("next", message("Next page"), 1, enabled=self._page < last)
        return [
            before,
            element("span", message("page {page:,} of {pages:,}", page=self._page + 1, pages=last + 1)),
            after,
        ]

    def _turn_button(self, way: str, label: str, by: int, *, enabled: bool) -> Element:
        known: dict[str, Any] = {"name": f"{self._name}-{way}", "style": "small"}
        return parts.button(label, lambda: self._turn(by), aria_disabled=None if enabled else "true", **known)

    def _head(self, column: str) -> Child:
        label = message(self._labels[column]) if column in self._labels else column
        if len(self._frame) <= 1:
            return label
        up = self._sort[1] if self._sort and self._sort[0] == column else None
        sign = {None: "", True: " ▲", False: " ▼"}[up]
        title = message("Sort by {column}", column=label)
        sort: dict[str, Any] = {"key": f"{self._name}-sort-{column}", "style": "sort", "title": title}
        return parts.button(f"{label}{sign}", lambda: self._by(column), name=f"{self._name}-sort", **sort)

    def _find(self, wanted: str) -> None:
        self._wanted, self._page = wanted.strip(), 0

    def _turn(self, by: int) -> None:
        self._page = max(0, self._page + by)

    def _by(self, column: str) -> None:
        up = not (self._sort and self._sort[0] == column and self._sort[1])
        self._sort, self._page = (column, up), 0
