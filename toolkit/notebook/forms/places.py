"""Where signatures go: on the page itself, one stamp for all signers or one for each kind of them."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd

from toolkit.notebook.forms import parts
from toolkit.notebook.forms.page import Document
from toolkit.notebook.forms.view import Child, Element, acting, element
from toolkit.plain import mark, message
from toolkit.vendors.signio.places import stamp

NAMES = {  # of places, as `plan_envelopes` takes them
    "bottom left": mark("bottom left"),
    "bottom centre": mark("bottom centre"),
    "bottom right": mark("bottom right"),
    "middle left": mark("middle left"),
    "middle centre": mark("middle centre"),
    "middle right": mark("middle right"),
    "top left": mark("top left"),
    "top centre": mark("top centre"),
    "top right": mark("top right"),
}
PAGE_LABELS = {"last": mark("last"), "first": mark("first")}
PAGES = {"last": "of the last page", "first": "of the first page"}
EXACT = "exact"
MOST = 8  # kinds of signers that have stamps of their own
COLUMN = "stamp"  # of the sheet, where there is more than one place


@dataclass
class Stamp:
    """One stamp: a named place, or an exact one."""

    name: str = "bottom left"
    page: str = "last"  # or "first"; of a named place
    exact: dict[str, int] | None = None

    @property
    def place(self) -> Any:
        """As `plan_envelopes` takes it."""
        return dict(self.exact) if self.exact else f"{self.name} {PAGES[self.page]}"


class Places:
    """The stamps of a campaign on a picture of its first document."""

    def __init__(self) -> None:
        self.by: Hashable | None = None  # the column whose values have stamps of their own
        self._frame = pd.DataFrame()
        self._document: Callable[[], str] = str
        self._read = Document.of("")
        self._shown = 0  # the page that is shown; 0 follows the stamp
        self.stamps: dict[str, Stamp] = {"": Stamp()}
        self._selected = ""

    def begin(self, frame: pd.DataFrame, document: Callable[[], str]) -> None:
        """Another sheet. `document` gives the path of the document to show, empty while there is none."""
        self._frame, self._document = frame, document
        if self.by not in frame.columns:
            self.divide("")

    def divide(self, column: str) -> None:
        """Give each value of a column a stamp of its own; all share one where it is empty."""
        columns = {str(c): c for c in self._frame.columns}
        self.by = columns.get(column)
        kinds = [""] if self.by is None else self._kinds(self.by)
        spots = ["bottom left", "bottom right", "middle left", "middle right", "top left", "top right"]
        self.stamps = {kind: self.stamps.get(kind) or Stamp(spots[n % len(spots)]) for n, kind in enumerate(kinds)}
        self._selected = kinds[0]

    def _kinds(self, column: Hashable) -> list[str]:
        return [str(v) for v in self._frame[column].dropna().unique()[: MOST + 1]]

    # ── what it comes to ──

    @property
    def place(self) -> Any:
        """As `plan_envelopes` takes it."""
        return self.stamps[""].place if self.by is None else f"{{{COLUMN}}}"

    def column(self) -> "pd.Series[Any] | None":
        """The place of each signer, where not all share one."""
        return None if self.by is None else self._frame[self.by].map(self._texts())

    def _texts(self) -> dict[str, str]:
        import json

        every = {kind: one.place for kind, one in self.stamps.items()}
        return {kind: place if isinstance(place, str) else json.dumps(place) for kind, place in every.items()}

    def code(self) -> list[str]:
        """The statements that name the places."""
        return [] if self.by is None else [f"sheet[{COLUMN!r}] = sheet[{self.by!r}].map({self._texts()!r})"]

    # ── what is shown ──

    def elements(self) -> list[Child]:
        """The page with its stamps, and the boxes that say the same in words."""
        columns = [str(c) for c in self._frame.columns if 1 < len(self._kinds(c)) <= MOST]
        shown = [
            (message("One place for all signers, beside each other"), ""),
            *((message("A place for each: {column}", column=c), c) for c in columns),
        ]
        by = parts.choice("stamps-by", shown, value="" if self.by is None else str(self.by), change=self.divide)
        return [
            parts.heading(message("Where the signatures go")),
            parts.labelled(by, message("Stamps")),
            parts.row(self._page(), element("div", *self._boxes(), class_="tk-beside"), name="places"),
        ]

    def _boxes(self) -> list[Child]:
        boxes: list[Child] = []
        for n, (kind, one) in enumerate(self.stamps.items()):
            title = kind or message("Signature")
            names = [(message(label), name) for name, label in NAMES.items()]
            if one.exact:
                place = message("page {page}, {x} × {y}", page=one.exact["pagina"], x=one.exact["x"], y=one.exact["y"])
                names.insert(0, (place, EXACT))
            where = parts.choice("place", names, value=EXACT if one.exact else one.name, key=f"place-{n}",
                                 change=partial(self._name, one))  # fmt: skip
            pages = [(message(label), page) for page, label in PAGE_LABELS.items()]
            change = partial(self._page_of, one)
            page = parts.choice("page", pages, value=one.page, key=f"page-{n}", change=change)
            boxes.append(parts.row(parts.labelled(where, title),
                                   None if one.exact else parts.labelled(page, message("Page"))))  # fmt: skip
        return [
            *boxes,
            parts.note(
                message(
                    "Drag a stamp, or move it with the arrow keys; Shift moves it further. "
                    "‹ and › take it to another page."
                )
            ),
        ]

    def _name(self, one: Stamp, name: str) -> None:
        if name != EXACT:
            one.name, one.exact, self._shown = name, None, 0

    def _page_of(self, one: Stamp, page: str) -> None:
        one.page, self._shown = page, 0

    def _page(self) -> Element:
        path = self._document()
        if str(self._read.path) != path:
            self._read, self._shown = Document.of(path), 0
        sizes = self._read.sizes
        count = max(len(sizes), 1)
        page = min(self._shown or self._at(self.stamps[self._selected])["pagina"], count)
        width, height = self._read.size(page)
        stamps = [self._drawn(kind, one) for kind, one in self.stamps.items() if self._at(one)["pagina"] == page]
        known = {
            "width": width,
            "height": height,
            "picture": self._read.picture(page) or None,
            "label": message("Where the signatures go"),
        }
        drawn = acting(Element("stamps", {**known, "stamps": stamps}, key="page"), self._move, always=True)
        turn = [
            parts.button("‹", lambda: self._turn(page - 1), name="page-before", style="small",
                         aria_label=message("Previous page"), aria_disabled=None if page > 1 else "true"),
            element("span", message("page {page} of {pages}", page=page, pages=count)),
            parts.button("›", lambda: self._turn(page + 1), name="page-after", style="small",
                         aria_label=message("Next page"), aria_disabled=None if page < count else "true"),
        ]  # fmt: skip
        return element("div", drawn, parts.row(*turn) if count > 1 else None, class_="tk-pages")

    def _turn(self, page: int) -> None:
        self._shown = page
        one = self.stamps[self._selected]
        if self._at(one)["pagina"] != page:  # the chosen stamp goes along: that is how it gets to another page
            one.exact = {**self._at(one), "pagina": page}

    def _at(self, one: Stamp) -> dict[str, int]:
        try:
            return stamp(one.place, self._read.sizes or [self._read.size(1)])
        except ValueError:
            return stamp(f"bottom left {PAGES['first']}", [self._read.size(1)])

    def _drawn(self, kind: str, one: Stamp) -> dict[str, Any]:
        at = self._at(one)
        label = kind or message("Signature")
        where = message("page {page}, {x} × {y}", page=at["pagina"], x=at["x"], y=at["y"])
        box = {"x": at["x"], "y": at["y"], "w": at["ancho"], "h": at["alto"]}
        return {"id": kind, "label": label, "description": f"{label}: {where}", "on": kind == self._selected, **box}

    def _move(self, moved: dict[str, Any]) -> None:
        kind = str(moved["id"])
        if kind not in self.stamps:
            return
        self._selected = kind
        if "x" in moved:
            one = self.stamps[kind]
            one.exact = {**self._at(one), "x": int(moved["x"]), "y": int(moved["y"])}
