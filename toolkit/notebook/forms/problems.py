"""The third step of an import: what is wrong, by column and reason, and what to do about it."""

from collections.abc import Callable, Hashable
from functools import partial
from typing import Any, NamedTuple

import pandas as pd

from toolkit.notebook.forms import parts
from toolkit.notebook.forms.decisions import Call, Decisions
from toolkit.notebook.forms.form import Form
from toolkit.notebook.forms.listing import Listing
from toolkit.notebook.forms.target import ImportTarget
from toolkit.notebook.forms.view import Child, Element, element
from toolkit.plain import mark, message, plural
from toolkit.sheets import Match
from toolkit.sheets.checker import DOUBT, ERROR, QUESTION
from toolkit.sheets.facets import ROW
from toolkit.spec import Choice

CHOICES = "choices"  # of the open facet's field, by which its boxes find them
SUSPECT = 0.8  # of a column with one problem: the column may be the wrong one
LEVELS = {QUESTION: mark("a question"), DOUBT: mark("in doubt, and sent")}
HEADS = {
    "row": mark("Row"),
    "name": mark("Name"),
    "value": mark("Value"),
    "count": mark("Count"),
    "as in row": mark("First in row"),
    "": mark("Correction"),
}
NAMES = ("nombre", "name", "nombres", "contacto", "firmante", "cliente")  # of a column that names its row
VERBS = ("accept", "empty", "leave_out")  # of a whole facet
Facet = tuple[Hashable, str]  # a column and a reason


class About(NamedTuple):
    """What a button decides about: for its key, and in words."""

    key: str
    words: str


class ProblemStep:
    """The facets of a check, one of which is open. After each decision `decided` is called with its button's key."""

    def __init__(
        self, form: Form, target: ImportTarget, *, back: Callable[[], None], decided: Callable[[str], None]
    ) -> None:
        self._form, self._target, self._back, self._decided = form, target, back, decided
        self.decisions: Decisions | None = None
        self._match: Match | None = None
        self._open: Facet | None = None
        self._single = False
        self._listing = self._new_listing()
        self._typed: dict[tuple[Facet, str], str] = {}
        self._fixed: Child = None
        self._lines: list[dict[Hashable, Any]] = []  # of the open facet
        self._facet: dict[Hashable, Any] = {}

    @property
    def _known(self) -> Decisions:
        assert self.decisions is not None
        return self.decisions

    def begin(self, decisions: Decisions, match: Match) -> None:
        """Show what is wrong with a sheet; the first facet is open."""
        self.decisions, self._match = decisions, match
        self._fixed = self._fixes(decisions.check.fixes)
        self._typed.clear()
        self._switch(self._first())

    def _first(self) -> Facet | None:
        blocking = self._known.blocking
        return (blocking["column"].iloc[0], blocking["reason"].iloc[0]) if len(blocking) else None

    def _switch(self, facet: Facet | None) -> None:
        self._open = facet
        self._show_single(False)

    def _show_single(self, on: bool) -> None:
        self._single, self._listing = on, self._new_listing()

    def _new_listing(self) -> Listing:
        return Listing("values", pd.DataFrame(), controls=self._controls, labels=HEADS)

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
        check, match = self._known.check, self._match
        needed = [c for c in self._target.more_columns() if match is None or not match[c]]
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
        offered: list[tuple[str, str, Callable[[], list[Call]], int]] = [
            (mark("Accept {count:,}"), "accept-facet", lambda: self._known.accepting(facet), proposals),
            (mark("Send as it stands ({count:,})"), "accept-facet", accept, as_it_stands),
            (mark("Empty"), "empty-facet", empty, empties),
            (mark("Leave rows out"), "leave-facet", leave, cells),
        ]
        return [self._act(text, name, calls, about=about, count=count) for text, name, calls, count in offered]

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
        self._lines, self._facet = lines.to_dict("records"), facet
        values = lines["value"].where(lines["value"].fillna("").str.strip() != "", message("(empty)"))
        names = _names(self._known.check.frame, lines["row" if self._single else "first"])
        if self._single:
            self._listing.show(pd.DataFrame({"row": lines["row"], "name": names, "value": values}))
        else:
            first = [f"{row} {name}" for row, name in zip(lines["first"], names, strict=True)]
            self._listing.show(pd.DataFrame({"value": values, "count": lines["cells"], "as in row": first}))
        single = parts.tick("single", message("single cells"), value=self._single, change=self._show_single)
        choices = self._choices(which[0])
        suspect = facet["level"] == ERROR and facet["cells"] > SUSPECT * len(self._known.check.frame)
        return [
            self._suspicion(which[0]) if suspect else None,
            self._listing.element(f"{which[0]}, {which[1]}", single),
            element("datalist", *(element("option", value=c) for c in choices), id=CHOICES) if choices else None,
        ]

    def _suspicion(self, column: Hashable) -> Element:
        return parts.row(parts.warning(message("Is {column} the right column?", column=column)), self.back_button())

    def back_button(self) -> Element:
        """Back to the match."""
        return parts.button(message("Back to match"), self._back, name="back")

    def _controls(self, position: int) -> list[Child]:
        """What can be done about a value, or a single cell, of the open facet."""
        facet, line = self._facet, self._lines[position]
        which = (facet["column"], facet["reason"])
        value = line["value"] if isinstance(line["value"], str) and line["value"].strip() else None
        rows = [line["row"]] if self._single else None
        own = f"{line['row']}" if self._single else f"={value}"
        words = f"{message('Row')} {line['row']}" if self._single else value or message("(empty)")
        about = About(f"{which[0]}-{which[1]}-{own}", words)
        verb = mark("Fill") if value is None else mark("Replace")
        proposal = line["proposal"] if isinstance(line["proposal"], str) else ""
        replace = partial(self._replacing, which, value, rows, lambda: self._typed.get((which, own), proposal))
        box = self._correction((which, own), proposal, replace, about=about, verb=verb)
        can_be_replaced = bool(facet["can_be_replaced"])
        leave = mark("Leave the row out") if self._single else mark("Leave rows out")
        return [
            box if can_be_replaced else None,
            self._act(verb, "replace", replace, about=about, count=int(can_be_replaced)),
            self._act(mark("Empty"), "empty", lambda: [Call("replace", (which[0], {value: None}), {"rows": rows})],
                      about=about, count=int(facet["can_be_empty"] and value is not None)),
            self._act(leave, "leave", lambda: [self._leaving(which, value, rows)], about=about),
        ]  # fmt: skip

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
            change=partial(self._typed.__setitem__, which),
            enter=lambda: self._decide(calls(), key, message(verb)),
            **known,
        )

    def _choices(self, column: Hashable) -> list[str]:
        match = self._match
        name = match.columns.get(column, column) if match else column
        fields = (f for f in match.fields if f.name == name) if match else ()
        return [str(label) for f in fields if isinstance(f, Choice) for label in f.choices.values()]

    def _leaving(self, which: Facet, value: str | None, rows: list[Hashable] | None) -> Call:
        if rows is not None:
            return Call("leave_out", options={"rows": rows})
        return Call("leave_out", which, {"values": [value]} if value is not None else {})

    def _replacing(
        self, which: Facet, value: str | None, rows: list[Hashable] | None, typed: Callable[[], str]
    ) -> list[Call]:
        new = typed().strip()
        return [Call("replace", (which[0], {value: new}), {"rows": rows})] if new else []

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
        self._decided(key)


def _names(frame: pd.DataFrame, rows: "pd.Series[Any]") -> "pd.Series[str]":
    """What rows are called, for people; "–" where nothing names them."""
    column = next((c for c in frame.columns if str(c).casefold() in NAMES), None)
    column = column or next((c for c in frame.columns if str(c).casefold().startswith(NAMES)), None)
    names = rows.map(frame[column]) if column is not None else pd.Series(None, index=rows.index, dtype=object)
    return names.where(names.notna() & (names != ""), "–").astype(str)


def _title(which: Facet) -> str:
    """What the column of a facet is called."""
    return message("Row") if which[0] == ROW else str(which[0])
