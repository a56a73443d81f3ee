"""The third step of an import: what is wrong, by column and reason, and what to do about it."""

from collections.abc import Callable, Hashable
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from toolkit.notebook.forms import parts
from toolkit.notebook.forms.decisions import Call, Decisions
from toolkit.notebook.forms.listing import PAGE
from toolkit.notebook.forms.view import Child, Element, element
from toolkit.plain import mark, message, number, plural
from toolkit.sheets.checker import DOUBT, ERROR, QUESTION
from toolkit.sheets.facets import ROW
from toolkit.spec import Choice

if TYPE_CHECKING:
    from toolkit.notebook.forms.sheet import SheetForm

CHOICES = "choices"  # of the open facet's field, by which its boxes find them
SUSPECT = 0.8  # of a column with one problem: the column may be the wrong one
LEVELS = {QUESTION: mark("a question"), DOUBT: mark("in doubt, and sent")}
HEADS = {
    "row": mark("Row"),
    "name": mark("Name"),
    "value": mark("Value"),
    "count": mark("Count"),
    "as in row": mark("First in row"),
}
VERBS = ("accept", "empty", "leave_out")  # of a whole facet
Facet = tuple[Hashable, str]  # a column and a reason


class About(NamedTuple):
    """What a button decides about: for its key, and in words."""

    key: str
    words: str


class ProblemStep:
    """The facets of a check, one of which is open."""

    def __init__(self, form: "SheetForm") -> None:
        self._form = form
        self.decisions: Decisions | None = None
        self._open: Facet | None = None
        self._single, self._search, self._page = False, "", 0
        self._sort = ""
        self._typed: dict[tuple[Facet, str], str] = {}
        self._fixed: Child = None

    @property
    def _known(self) -> Decisions:
        assert self.decisions is not None
        return self.decisions

    def begin(self, decisions: Decisions) -> None:
        """Show what is wrong with a sheet; the first facet is open."""
        self.decisions = decisions
        self._fixed = self._fixes(decisions.check.fixes)
        self._typed.clear()
        self._switch(self._first())

    def _first(self) -> Facet | None:
        blocking = self._known.blocking
        return (blocking["column"].iloc[0], blocking["reason"].iloc[0]) if len(blocking) else None

    def _switch(self, facet: Facet | None) -> None:
        self._open, self._single, self._search, self._page, self._sort = facet, False, "", 0, ""

    # ── what is shown ──

    def totals(self) -> str:
        """How many rows can be sent, and how many not."""
        rows, bad, left = self._known.counts()
        if not bad and not left:
            return plural("The row can be sent.", "All {count} rows can be sent.", count=rows)
        good = rows - bad - left
        return plural(
            "{good:,} of {count} row can be sent; {bad:,} not yet, {left:,} left out.",
            "{good:,} of {count} rows can be sent; {bad:,} not yet, {left:,} left out.",
            good=good,
            count=rows,
            bad=bad,
            left=left,
        )

    def elements(self) -> list[Child]:
        """The totals, what can be done at once, and a line for each facet."""
        facets = self._known.facets
        heading = parts.heading(message("Cells to look at"), key="problems") if len(facets) else None
        lines = [self._line(line) for line in facets.to_dict("records")]
        return [
            heading,
            element("p", element("b", self.totals()), name="totals"),
            parts.bullets(self._notes()),
            self._fixed,
            self._bulk(),
            element("div", *lines, name="facets", role="group", aria_label=message("Cells to look at"))
            if lines
            else None,
        ]

    def _notes(self) -> list[str]:
        """What the check noted. How the sheet was read was shown with it; a column that is needed goes somewhere."""
        check, match = self._known.check, self._form.match
        needed = [c for c in self._form.target.more_columns() if match is None or not match[c]]
        notes = [note for note in check.notes if note not in check.frame.attrs.get("notes", ())]
        return [note for note in notes if not note.startswith(tuple(map(repr, needed)))]

    def _fixes(self, fixes: pd.DataFrame) -> Child:
        """How many cells are sent in another form, with an example."""
        if not len(fixes):
            return None
        first = fixes.iloc[0]
        example = message("as {before} → {after}", before=repr(first["value"]), after=repr(first["proposal"]))
        counted = plural(
            "{count} cell is sent in a tidier form, with the same meaning",
            "{count} cells are sent in a tidier form, with the same meaning",
            count=len(fixes),
        )
        return parts.note(f"{counted} ({first['column']}: {example})")

    def _bulk(self) -> Element | None:
        blocking = self._known.blocking
        rest = blocking[blocking["can_be_empty"]]
        sure, empties = int(blocking["sure"].sum()), int((rest["cells"] - rest["proposals"]).sum())
        alike = int(blocking["proposals"].sum()) - sure
        accept = mark("Accept all sure proposals ({count:,})") if alike else mark("Accept all proposals ({count:,})")
        every = [
            self._button(accept, "accept-all", sure, partial(self._known.accepting_all, sure=True)),
            self._button(
                mark("Accept what is only spelt alike ({count:,})"),
                "accept-alike",
                alike,
                partial(self._known.accepting_all, sure=False),
            ),
            self._button(
                mark("Empty the rest in optional columns ({count:,})"), "empty-rest", empties, self._known.emptying_rest
            ),
        ]
        undo = None
        if self._known.steps:
            undo = parts.button(message("Undo: {what}", what=self._known.steps[-1].label), self._undo, name="undo")
        return parts.row(*every, undo) if any([*every, undo]) else None

    def _button(self, text: str, name: str, count: int, calls: Callable[[], list[Call]]) -> Element | None:
        if not count:
            return None
        label = message(text, count=count)
        return parts.button(label, lambda: self._decide(calls(), name, label), name=name)

    def _line(self, facet: dict[Hashable, Any]) -> Element:
        which = (facet["column"], facet["reason"])
        opened = which == self._open
        key = f"facet-{which[0]}-{which[1]}"
        label = message(
            "{column} · {reason}: {cells}, {values}",
            column=_title(which),
            reason=facet["problem"],
            cells=plural("{count} cell", "{count} cells", count=facet["cells"]),
            values=plural("{count} different value", "{count} different values", count=facet["values"]),
        )
        sign, level = "▾" if opened else "▸", "" if facet["level"] == ERROR else f" ({message(LEVELS[facet['level']])})"
        look: dict[str, Any] = {"key": key, "style": "facet", "aria_expanded": str(opened).lower()}
        turn = partial(self._switch, None if opened else which)
        toggle = parts.button(f"{sign} {label}{level}", turn, name="facet", **look)
        inside = self._inside(which, facet) if opened else ()
        head = parts.row(toggle, *self._facet_actions(which, facet))
        return element("div", head, *inside, class_="tk-facet-box", key=f"box-{key}")

    def _facet_actions(self, which: Facet, facet: dict[Hashable, Any]) -> list[Child]:
        cells, proposals = int(facet["cells"]), int(facet["proposals"])
        as_it_stands = cells if facet["level"] == QUESTION and not proposals and facet["can_be_accepted"] else 0
        about = About(f"{which[0]}-{which[1]}", f"{_title(which)}, {facet['problem']}")
        empties = cells if facet["can_be_empty"] else 0
        accept, empty, leave = (partial(lambda verb: [Call(verb, which)], verb) for verb in VERBS)
        return [
            self._act(
                mark("Accept {count:,}"),
                "accept-facet",
                lambda: self._known.accepting(facet),
                about=about,
                count=proposals,
            ),
            self._act(mark("Send as it stands ({count:,})"), "accept-facet", accept, about=about, count=as_it_stands),
            self._act(mark("Empty"), "empty-facet", empty, about=about, count=empties),
            self._act(mark("Leave rows out"), "leave-facet", leave, about=about, count=cells),
        ]

    def _act(self, text: str, name: str, calls: Callable[[], list[Call]], *, about: About, count: int = 1) -> Child:
        """A button that decides, and is read out with what it decides about; none where there is nothing to."""
        if not count:
            return None
        label = message(text, count=count)
        own = f"{name}-{about.key}"
        named: dict[str, Any] = {"key": own, "style": "small", "aria_label": f"{label}: {about.words}"}
        return parts.button(label, lambda: self._decide(calls(), own, label), name=name, **named)

    # ── inside of a facet ──

    def _inside(self, which: Facet, facet: dict[Hashable, Any]) -> list[Child]:
        lines = self._known.cells(*which) if self._single else self._known.values(*which)
        whole = len(lines)
        if self._search:
            lines = lines[self._matching(lines)]
        if self._sort:
            lines = lines.sort_values(self._sort, ascending=self._sort != "cells", kind="stable")
        pages = max(1, -(-len(lines) // PAGE))
        self._page = min(self._page, pages - 1)
        page = lines.iloc[self._page * PAGE : (self._page + 1) * PAGE]
        choices = self._choices(which[0])
        suspect = facet["level"] == ERROR and facet["cells"] > SUSPECT * len(self._known.check.frame)
        return [
            self._suspicion(which[0]) if suspect else None,
            self._finder(len(page), len(lines), whole, pages),
            self._table(which, page, facet),
            element("datalist", *(element("option", value=c) for c in choices), id=CHOICES) if choices else None,
        ]

    def _suspicion(self, column: Hashable) -> Element:
        return parts.row(
            parts.warning(message("Is {column} the right column?", column=column)), self._form.back_button()
        )

    def _matching(self, lines: pd.DataFrame) -> Any:
        label = "row" if self._single else "first"
        texts = lines["value"].fillna("").astype(str) + "\n" + lines[label].map(self._name)
        return texts.str.casefold().str.contains(self._search.casefold(), regex=False)

    def _finder(self, shown: int, matches: int, whole: int, pages: int) -> Element:
        first = self._page * PAGE
        counted = message(
            "{first:,}–{last:,} of {all:,}", first=min(first + 1, matches), last=first + shown, all=matches
        )
        known = {"type": "search", "placeholder": message("Search"), "aria_label": message("Search")}
        box = parts.line_box("facet-search", self._search, change=self._find, enter=lambda: None, **known)
        single = parts.tick("single", message("single cells"), value=self._single, change=self._show_single)
        turn: list[Child] = []
        if pages > 1:
            page = element("span", message("page {page:,} of {pages:,}", page=self._page + 1, pages=pages))
            turn = [
                self._turn("previous", message("Previous page"), -1, self._page > 0),
                page,
                self._turn("next", message("Next page"), 1, self._page < pages - 1),
            ]
        return parts.row(box if whole > PAGE else None, element("span", counted), *turn, single, name="finder")

    def _turn(self, way: str, label: str, by: int, on: bool) -> Element:
        def turn() -> None:
            self._page += by

        return parts.button(label, turn, name=way, style="small", aria_disabled=None if on else "true")

    def _table(self, which: Facet, page: pd.DataFrame, facet: dict[Hashable, Any]) -> Element:
        columns = ["row", "name", "value"] if self._single else ["value", "count", "as in row"]
        sorts = {"row": "row", "value": "value", "count": "cells"}
        heads: list[Child] = [self._sorter(c, sorts[c]) if c in sorts else message(HEADS[c]) for c in columns]
        lines = [self._value_line(which, line, facet) for line in page.to_dict("records")]
        return parts.grid([*heads, message("Correction")], lines, label=f"{which[0]}, {which[1]}", name="values")

    def _sorter(self, head: str, by: str) -> Element:
        label = message(HEADS[head])
        look: dict[str, Any] = {
            "key": f"sort-{head}",
            "style": "sort",
            "title": message("Sort by {column}", column=label),
        }
        return parts.button(label, lambda: self._by(by), name="sort", **look)

    def _value_line(self, which: Facet, line: dict[Hashable, Any], facet: dict[Hashable, Any]) -> list[Child]:
        """A value, or a single cell, and what can be done about it."""
        value = line["value"] if isinstance(line["value"], str) and line["value"].strip() else None
        row = line["row"] if self._single else line["first"]
        shown, rows = value or message("(empty)"), [row] if self._single else None
        own = f"{row}" if self._single else f"={value}"
        about = About(f"{which[0]}-{which[1]}-{own}", f"{message('Row')} {row}" if self._single else shown)
        verb = mark("Fill") if value is None else mark("Replace")
        proposal = line["proposal"] if isinstance(line["proposal"], str) else ""
        replace = partial(self._replacing, which, value, rows, lambda: self._typed.get((which, own), proposal))
        box = self._correction((which, own), proposal, replace, about=about, verb=verb)
        can_be_replaced = bool(facet["can_be_replaced"])
        leave = mark("Leave the row out") if self._single else mark("Leave rows out")
        controls = parts.row(
            box if can_be_replaced else None,
            self._act(verb, "replace", replace, about=about, count=int(can_be_replaced)),
            self._act(mark("Empty"), "empty", lambda: [Call("replace", (which[0], {value: None}), {"rows": rows})],
                      about=about, count=int(facet["can_be_empty"] and value is not None)),
            self._act(leave, "leave", lambda: [self._leaving(which, value, rows)], about=about),
        )  # fmt: skip
        if self._single:
            return [str(row), self._name(row), shown, controls]
        return [shown, number(line["cells"]), f"{row} {self._name(row)}".strip(), controls]

    def _correction(
        self, which: tuple[Facet, str], proposal: str, calls: Callable[[], list[Call]], *, about: About, verb: str
    ) -> Element:
        """The box for another value; where the field has choices, it offers them."""
        key = f"new-{about.key}"
        known: dict[str, Any] = {"key": key, "aria_label": f"{message('Correction')}: {about.words}"}
        if self._choices(which[0][0]):
            known["list"] = CHOICES
        return parts.line_box(
            "correction",
            self._typed.get(which, proposal),
            change=partial(self._keep, which),
            enter=lambda: self._decide(calls(), key, message(verb)),
            **known,
        )

    def _choices(self, column: Hashable) -> list[str]:
        match = self._form.match
        name = match.columns.get(column, column) if match else column
        fields = (f for f in match.fields if f.name == name) if match else ()
        return [str(label) for f in fields if isinstance(f, Choice) for label in f.choices.values()]

    def _leaving(self, which: Facet, value: str | None, rows: list[Hashable] | None) -> Call:
        if rows is not None:
            return Call("leave_out", options={"rows": rows})
        return Call("leave_out", which, {"values": [value]} if value is not None else {})

    def _keep(self, which: tuple[Facet, str], text: str) -> None:
        self._typed[which] = text

    def _replacing(
        self, which: Facet, value: str | None, rows: list[Hashable] | None, typed: Callable[[], str]
    ) -> list[Call]:
        new = typed().strip()
        return [Call("replace", (which[0], {value: new}), {"rows": rows})] if new else []

    def _name(self, row: Hashable) -> str:
        return self._form.name_of(row)

    def _find(self, text: str) -> None:
        self._search, self._page = text.strip(), 0

    def _show_single(self, on: bool) -> None:
        self._single, self._page, self._sort = on, 0, ""

    def _by(self, column: str) -> None:
        self._sort, self._page = "" if self._sort == column else column, 0

    # ── deciding ──

    def _decide(self, calls: list[Call], key: str, label: str) -> None:
        """Decide, say what that changed, and keep the focus where the next decision is."""
        if not calls:
            return
        cells = self._known.decide(label, calls)
        changed = plural("{count} cell changed.", "{count} cells changed.", count=cells) if cells else ""
        self._form.say(f"{changed} {self.totals()}".strip())
        self._after(key)

    def _undo(self) -> None:
        self._known.undo()
        self._form.say(f"{message('Undone.')} {self.totals()}")
        self._after("undo")

    def _after(self, key: str) -> None:
        facets = self._known.facets
        if self._open not in set(zip(facets["column"], facets["reason"], strict=True)):
            self._switch(self._first())
        self._form.decided(key)


def _title(which: Facet) -> str:
    """What the column of a facet is called."""
    return message("Row") if which[0] == ROW else str(which[0])
