"""The third step of an import: what is wrong, by column and reason, and what to do about it."""

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any

import pandas as pd

from toolkit.notebook.forms import parts
from toolkit.notebook.forms.decisions import Decisions
from toolkit.notebook.forms.listing import PAGE
from toolkit.notebook.forms.view import Child, Element, element
from toolkit.notebook.words import word

if TYPE_CHECKING:
    from toolkit.notebook.forms.sheet import SheetForm

SUSPECT = 0.8  # of a column with one problem: the column may be the wrong one
Facet = tuple[Hashable, str]  # a column and a reason


class ProblemStep:
    """The facets of a check, one of which is open."""

    def __init__(self, form: "SheetForm") -> None:
        self._form = form
        self.decisions: Decisions | None = None
        self._open: Facet | None = None
        self._single, self._search, self._page = False, "", 0
        self._sort = ""
        self._typed: dict[tuple[Facet, str], str] = {}
        self._done: list[tuple[str, int]] = []  # what was pressed, and how many decisions there were before

    def begin(self, decisions: Decisions) -> None:
        """Show what is wrong with a sheet; the first facet is open."""
        self.decisions = decisions
        self._typed.clear()
        self._done = [(step.code, n) for n, step in enumerate(decisions.steps)]
        facets = decisions.facets
        self._switch(self._facet(0) if len(facets) else None)

    def _facet(self, n: int) -> Facet:
        assert self.decisions is not None
        line = self.decisions.facets.iloc[n]
        return line["column"], line["reason"]

    def _switch(self, facet: Facet | None) -> None:
        self._open, self._single, self._search, self._page, self._sort = facet, False, "", 0, ""

    # ── what is shown ──

    def totals(self) -> str:
        """How many rows can be sent, and how many not."""
        assert self.decisions is not None
        rows, bad, left = self.counts()
        if not bad and not left:
            return word("all to send", rows=f"{rows:,}")
        good = rows - bad - left
        return word("rows to send", good=f"{good:,}", rows=f"{rows:,}", bad=f"{bad:,}", left=f"{left:,}")

    def counts(self) -> tuple[int, int, int]:
        """All rows, those that cannot be sent yet, and those that were left out."""
        assert self.decisions is not None
        left = self.decisions.left_out
        bad = self.decisions.check.bad.to_numpy() & ~left
        return len(left), int(bad.sum()), int(left.sum())

    def elements(self) -> list[Child]:
        """The totals, what can be done at once, and a line for each facet."""
        assert self.decisions is not None
        facets = self.decisions.facets
        heading = parts.heading(word("problems"), key="problems") if len(facets) else None
        lines = [self._line(line) for line in facets.to_dict("records")]
        return [
            heading,
            element("p", element("b", self.totals()), name="totals"),
            *self._fixes(),
            self._bulk(facets),
            element("div", *lines, name="facets", role="group", aria_label=word("problems")) if lines else None,
        ]

    def _fixes(self) -> list[Child]:
        assert self.decisions is not None
        fixes = self.decisions.check.fixes
        if not len(fixes):
            return []
        first = fixes.iloc[0]
        example = word("example", before=repr(first["value"]), after=repr(first["proposal"]))
        return [parts.note(f"{word('fixed', count=f'{len(fixes):,}')} ({first['column']}: {example})")]

    def _bulk(self, facets: pd.DataFrame) -> Element | None:
        assert self.decisions is not None
        proposals = int(facets["proposals"].sum()) if len(facets) else 0
        rest = facets[facets["can_be_empty"].astype(bool)] if len(facets) else facets
        empties = int((rest["cells"] - rest["proposals"]).sum()) if len(rest) else 0
        every = [
            self._button("accept all", "accept-all", proposals, self._accept_all),
            self._button("empty rest", "empty-rest", empties, self._empty_rest),
        ]
        undo = None
        if self._done:
            undo = parts.button(word("undo", what=self._done[-1][0]), self._undo, name="undo")
        return parts.row(*every, undo) if any([*every, undo]) else None

    def _button(self, key: str, name: str, count: int, action: Callable[[], None]) -> Element | None:
        if not count:
            return None
        label = word(key, count=f"{count:,}")
        return parts.button(label, lambda: self._decide(action, name, label), name=name)

    def _line(self, facet: dict[Hashable, Any]) -> Element:
        which = (facet["column"], facet["reason"])
        column, reason = which
        opened = which == self._open
        key = f"facet-{column}-{reason}"
        label = word("facet", column=column, reason=reason, cells=f"{facet['cells']:,}", values=f"{facet['values']:,}")
        sign = "▾" if opened else "▸"
        toggle = parts.button(f"{sign} {label}", lambda: self._switch(None if opened else which), name="facet",
                              key=key, style="facet", aria_expanded=str(opened).lower())  # fmt: skip
        inside = self._inside(which, facet) if opened else ()
        head = parts.row(toggle, *self._facet_actions(which, facet))
        return element("div", head, *inside, class_="tk-facet-box", key=f"box-{key}")

    def _facet_actions(self, which: Facet, facet: dict[Hashable, Any]) -> list[Child]:
        column, reason = which
        cells, proposals = int(facet["cells"]), int(facet["proposals"])
        name = f"{column}, {reason}"
        return [
            self._act("accept n", "accept-facet", which, "", lambda: self._accept(which, None), proposals, about=name),
            self._act("empty", "empty-facet", which, "", lambda: self._empty(which, None),
                      cells if facet["can_be_empty"] else 0, about=name),
            self._act("leave rows out", "leave-facet", which, "", lambda: self._leave(which, None), cells, about=name),
        ]  # fmt: skip

    def _act(self, key: str, name: str, which: Facet, value: str, action: Callable[[], None], count: int,
             *, about: str) -> Element | None:  # fmt: skip
        """A button that decides, and is read out with what it decides about."""
        if not count:
            return None
        label = word(key, count=f"{count:,}")
        own = f"{name}-{which[0]}-{which[1]}-{value}"
        return parts.button(label, lambda: self._decide(action, own, label), name=name, key=own, style="small",
                            aria_label=f"{label}: {about}")  # fmt: skip

    # ── inside of a facet ──

    def _inside(self, which: Facet, facet: dict[Hashable, Any]) -> list[Child]:
        assert self.decisions is not None
        column, reason = which
        lines = self.decisions.cells(column, reason) if self._single else self.decisions.values(column, reason)
        whole = len(lines)
        if self._search:
            lines = lines[self._matching(lines)]
        if self._sort:
            lines = lines.sort_values(self._sort, ascending=self._sort != "cells", kind="stable")
        pages = max(1, -(-len(lines) // PAGE))
        self._page = min(self._page, pages - 1)
        page = lines.iloc[self._page * PAGE : (self._page + 1) * PAGE]
        suspect = facet["cells"] > SUSPECT * len(self.decisions.check.frame)
        return [
            parts.row(parts.warning(word("right column", column=column)), self._form.back_button())
            if suspect
            else None,
            self._finder(len(page), len(lines), whole, pages),
            self._table(which, page, bool(facet["can_be_empty"])),
        ]

    def _suspicion(self, column: Hashable) -> Element:
        return parts.row(parts.warning(word("right column", column=column)), self._form.back_button())

    def _matching(self, lines: pd.DataFrame) -> Any:
        label = "row" if self._single else "first"
        texts = lines["value"].fillna("").astype(str) + "\n" + lines[label].map(self._name)
        return texts.str.casefold().str.contains(self._search.casefold(), regex=False)

    def _finder(self, shown: int, matches: int, whole: int, pages: int) -> Element:
        first = self._page * PAGE
        counted = word("of rows", first=f"{min(first + 1, matches):,}", last=f"{first + shown:,}", all=f"{matches:,}")
        known = {"type": "search", "placeholder": word("search"), "aria_label": word("search")}
        box = parts.line_box("facet-search", self._search, change=self._find, enter=lambda: None, **known)
        single = parts.tick("single", word("single cells"), value=self._single, change=self._show_single)
        turn: list[Child] = []
        if pages > 1:
            page = element("span", word("page of", page=f"{self._page + 1:,}", pages=f"{pages:,}"))
            turn = [self._turn("previous", -1, self._page > 0), page, self._turn("next", 1, self._page < pages - 1)]
        return parts.row(box if whole > PAGE else None, element("span", counted), *turn, single, name="finder")

    def _turn(self, way: str, by: int, on: bool) -> Element:
        def turn() -> None:
            self._page += by

        return parts.button(word(way), turn, name=way, style="small", aria_disabled=None if on else "true")

    def _table(self, which: Facet, page: pd.DataFrame, can_be_empty: bool) -> Element:
        columns = ["row", "name", "value"] if self._single else ["value", "count", "as in row"]
        sorts = {"row": "row", "value": "value", "count": "cells"}
        heads: list[Child] = [
            parts.button(word(c), lambda by=sorts[c]: self._by(by), name="sort", key=f"sort-{c}", style="sort",  # type: ignore[misc]
                         title=word("sort by", column=word(c)))
            if c in sorts else word(c) for c in columns
        ]  # fmt: skip
        lines = [self._value_line(which, line, can_be_empty) for line in page.to_dict("records")]
        return parts.grid([*heads, word("correction")], lines, label=f"{which[0]}, {which[1]}", name="values")

    def _value_line(self, which: Facet, line: dict[Hashable, Any], can_be_empty: bool) -> list[Child]:
        value = line["value"] if isinstance(line["value"], str) else ""
        proposal = line["proposal"] if isinstance(line["proposal"], str) else ""
        row = line["row"] if self._single else line["first"]
        own = f"{row}" if self._single else f"={value}"
        about = f"{word('row')} {row}" if self._single else repr(value)
        typed = self._typed.get((which, own), proposal)

        def keep(text: str) -> None:
            self._typed[which, own] = text

        def replace() -> None:
            self._replace(which, line, self._typed.get((which, own), proposal))

        box = parts.line_box("correction", typed, change=keep, key=f"new-{which}-{own}",
                             enter=lambda: self._decide(replace, f"new-{which}-{own}", word("replace")),
                             aria_label=f"{word('correction')}: {about}")  # fmt: skip
        actions = [
            self._act("replace", "replace", which, own, replace, 1, about=about),
            self._act("empty", "empty", which, own, lambda: self._empty(which, line), int(can_be_empty and bool(value)),
                      about=about),
            self._act("leave out row" if self._single else "leave rows out", "leave", which, own,
                      lambda: self._leave(which, line), 1, about=about),
        ]  # fmt: skip
        controls = parts.row(box, *actions)
        shown = value or word("nothing")
        if self._single:
            return [str(row), self._name(row), shown, controls]
        return [shown, f"{line['cells']:,}", f"{row} {self._name(row)}".strip(), controls]

    def _name(self, row: Hashable) -> str:
        return self._form.name_of(row)

    def _find(self, text: str) -> None:
        self._search, self._page = text.strip(), 0

    def _show_single(self, on: bool) -> None:
        self._single, self._page, self._sort = on, 0, ""

    def _by(self, column: str) -> None:
        self._sort, self._page = "" if self._sort == column else column, 0

    # ── deciding ──

    def _decide(self, action: Callable[[], None], key: str, label: str) -> None:
        """Decide, say what that changed, and keep the focus where the next decision is."""
        assert self.decisions is not None
        before = len(self.decisions.steps)
        action()
        if len(self.decisions.steps) > before:
            self._done.append((label, before))
            cells = sum(step.cells for step in self.decisions.steps[before:])
            self._form.say(f"{word('changed cells', count=f'{cells:,}')} {self.totals()}")
        self._after(key)

    def _after(self, key: str) -> None:
        assert self.decisions is not None
        facets = self.decisions.facets
        names = {(c, r) for c, r in facets[["column", "reason"]].itertuples(index=False)} if len(facets) else set()
        if self._open not in names:
            self._switch(self._facet(0) if len(facets) else None)
        self._form.decided(key)

    def _undo(self) -> None:
        assert self.decisions is not None
        _, before = self._done.pop()
        while len(self.decisions.steps) > before:
            self.decisions.undo()
        self._form.say(f"{word('undone')} {self.totals()}")
        self._after("undo")

    def _accept_all(self) -> None:
        assert self.decisions is not None
        self.decisions.accept(self.decisions.problems, "check = check.accept()")

    def _empty_rest(self) -> None:
        assert self.decisions is not None
        facets = self.decisions.facets
        for column, reason in facets[facets["can_be_empty"]][["column", "reason"]].itertuples(index=False):
            cells = self.decisions.cells(column, reason)
            self.decisions.replace(
                cells[cells["proposal"].isna()], None, f"check = check.empty({column!r}, {reason!r})"
            )

    def _lines(self, which: Facet, line: dict[Hashable, Any] | None) -> tuple[pd.DataFrame, str]:
        """The cells that are meant, and how the code names them."""
        assert self.decisions is not None
        column, reason = which
        cells = self.decisions.cells(column, reason)
        if line is None:
            return cells, f"{column!r}, {reason!r}"
        if self._single:
            return cells[cells["row"] == line["row"]], f"{column!r}, rows=[{line['row']!r}]"
        value = line["value"]
        same = cells["value"].isna() if not isinstance(value, str) else cells["value"] == value
        return cells[same], f"{column!r}, values=[{value!r}]"

    def _accept(self, which: Facet, line: dict[Hashable, Any] | None) -> None:
        assert self.decisions is not None
        lines, named = self._lines(which, line)
        self.decisions.accept(lines, f"check = check.accept({named})")

    def _empty(self, which: Facet, line: dict[Hashable, Any] | None) -> None:
        assert self.decisions is not None
        lines, named = self._lines(which, line)
        self.decisions.replace(lines, None, f"check = check.empty({named})")

    def _leave(self, which: Facet, line: dict[Hashable, Any] | None) -> None:
        assert self.decisions is not None
        lines, named = self._lines(which, line)
        self.decisions.leave_out(lines, f"check = check.leave_out({named})")

    def _replace(self, which: Facet, line: dict[Hashable, Any], value: str) -> None:
        assert self.decisions is not None
        if not value.strip():
            return
        lines, named = self._lines(which, line)
        self.decisions.replace(lines, value.strip(), f"check = check.replace({named}, {value.strip()!r})")
