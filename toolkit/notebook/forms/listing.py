"""A table that is searched, sorted and turned page by page in the kernel: the browser holds one page of it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from toolkit.notebook.forms import parts
from toolkit.notebook.forms.view import Child, Element, element
from toolkit.plain import mark, message, plural

PAGE = 10  # lines


class Listing:
    """The lines of a frame. `controls` gives what stands at the end of a line, by its position in the frame.

    `labels`, marked for the catalogue, are what its columns are called; a vendor's own names stay as they are.
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

    def element(self, label: str = "") -> Element:
        """The page that is shown, with what finds another."""
        order = self._order()
        self._page = min(self._page, max(0, (len(order) - 1) // PAGE))
        first = self._page * PAGE
        shown = order[first : first + PAGE]
        heads: list[Child] = [self._head(str(c)) for c in self._frame.columns]
        columns = [self._frame[c].iloc[shown].map(parts.cell) for c in self._frame.columns]
        lines: list[list[Child]] = [[*cells] for cells in zip(*columns, strict=True)]
        if self._controls:
            heads.append(element("span", message("Actions"), class_="tk-unseen"))
            lines = [[*line, parts.row(*self._controls(i))] for line, i in zip(lines, shown, strict=True)]
        return element(
            "div", self._finder(first, len(shown), len(order)), parts.grid(heads, lines, label=label), name=self._name
        )

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

    def _finder(self, first: int, shown: int, matches: int) -> Element | None:
        whole = len(self._frame)
        if whole <= PAGE:
            return None
        counted = message(
            "{first:,}–{last:,} of {all:,}", first=min(first + 1, matches), last=first + shown, all=matches
        )
        if matches < whole:
            rows = plural("{count} row", "{count} rows", count=whole)
            counted += f" ({rows})"
        name, last = self._name, (matches - 1) // PAGE
        known = {"type": "search", "placeholder": message("Search"), "aria_label": message("Search")}
        box = parts.line_box(f"{name}-search", self._wanted, change=self._find, enter=lambda: None, **known)
        moves = [
            ("previous", mark("Previous page"), -1, self._page > 0),
            ("next", mark("Next page"), 1, self._page < last),
        ]
        turn = [
            parts.button(
                message(label),
                lambda by=by: self._turn(by),  # type: ignore[misc]
                name=f"{name}-{way}",
                style="small",
                aria_disabled=None if enabled else "true",
            )
            for way, label, by, enabled in moves
        ]
        page = element("span", message("page {page:,} of {pages:,}", page=self._page + 1, pages=last + 1))
        return parts.row(box, element("span", counted), turn[0], page, turn[1], name=f"{name}-finder")

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
