"""From a spreadsheet to somebody else's system: read, match, check, correct, confirm, send, see the outcome."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import ipywidgets as w
import pandas as pd

from toolkit.errors import InputError, PushRefused, RowErrors
from toolkit.notebook.forms.form import Form, row
from toolkit.notebook.forms.grid import Cell, Grid
from toolkit.notebook.forms.inert import table, text
from toolkit.notebook.forms.job import Job
from toolkit.notebook.forms.outcome import Outcome, is_paused, whole
from toolkit.notebook.forms.source import SHEETS, Source
from toolkit.notebook.words import word
from toolkit.plain import plain
from toolkit.push import Report
from toolkit.sheets import Check, Match, check, match_columns, read_sheet


class Aim:
    """Where the rows of a sheet are to go."""

    title = ""  # a word
    takes_bad_rows = False  # it leaves bad rows out by itself, and reports them
    needs_every_row = False  # with a bad row, nothing is sent
    reports_rows = True  # its report has a line for each row of the sheet
    warning = ""

    def before(self) -> Sequence[w.Widget]:
        """What is asked before the sheet."""
        return ()

    def fields(self) -> Any:
        """What the sheet's columns are matched to."""
        raise NotImplementedError

    def options(self, frame: pd.DataFrame) -> Sequence[w.Widget]:
        """What is asked once the sheet is known."""
        return ()

    def more_columns(self) -> Sequence[Hashable]:
        """Columns that are needed under their own names too."""
        return ()

    def plan(self, rows: pd.DataFrame, good: int) -> tuple[str, Sequence[w.Widget]]:
        """The label of the button that sends, "" where nothing can be; and what else is shown before that."""
        return word("send", count=f"{good:,}"), ()

    def send(self, rows: pd.DataFrame, only_new: bool, settings: Mapping[str, Any]) -> Any:
        """Send the rows: a `Report`, or a frame with a column `outcome`."""
        raise NotImplementedError

    def then(self, form: "SheetForm", outcome: Any) -> Sequence[w.Widget]:
        """What can be done after that."""
        return ()

    def code(self, only_new: bool) -> str:
        """The statement that sends `rows`."""
        raise NotImplementedError


class SheetForm(Form):
    """The steps of an import, each shown when the one before it is done. `report` is what came of it."""

    def __init__(self, aim: Aim) -> None:
        super().__init__(word(aim.title))
        self.aim = aim
        self.frame: pd.DataFrame | None = None  # as it was read
        self.match: Match | None = None
        self.check: Check | None = None
        self.corrections: dict[Cell, str] = {}
        self.report: Any = None
        self._fixed = pd.DataFrame()
        self._source = Source("sheet", lambda: self.do(self.read), accept=SHEETS)
        self._only_new = w.Checkbox(description=word("only new"), indent=False, layout=w.Layout(width="auto"))
        self._only_new.add_class("tk-only-new")
        self._job = Job()
        self._options: Sequence[w.Widget] = ()
        self._boxes: dict[Hashable, w.Dropdown] = {}
        self._steps = w.VBox()
        before = aim.before()
        for widget in before:
            if isinstance(widget, w.Dropdown):
                widget.observe(lambda _: self.clear(), "value")
        guide = w.HTML(f"<span class='tk-help'>{text(word('guide'))}</span>")
        read = self.button(word("read"), "read", self.read, style="primary")
        self.body.children = [guide, *before, self._source, read, self._steps, self._job]

    def clear(self) -> None:
        """Back to the start: another destination has other fields."""
        self._steps.children = self.results.children = []

    # ── read, match ──

    def read(self) -> None:
        """Read the sheet that was chosen, and propose which column fills which field."""
        given = self._source.given
        self.frame = read_sheet(given if isinstance(given, str) else {"name": given[0], "content": given[1]})
        self.match = match_columns(self.frame, self.aim.fields())
        self._options = self.aim.options(self.frame)
        self.corrections.clear()
        self.back()

    def back(self) -> None:
        """Show the sheet and the match."""
        assert self.frame is not None
        assert self.match is not None
        notes = "".join(f"<li>{text(note)}</li>" for note in self.frame.attrs.get("notes", ()))
        name = text(self.frame.attrs.get("source", ""))
        count = text(word("rows", count=f"{len(self.frame):,}"))
        self.results.children = []
        self._boxes.clear()
        self._steps.children = [
            w.HTML(f"<h4>{name} <small>{count}</small></h4>{f'<ul>{notes}</ul>' if notes else ''}"),
            table(self.frame.head(3)),
            w.HTML(f"<h4>{text(word('match'))}</h4>"),
            *(self._match_line(line) for line in self.match.table.to_dict("records")),
            *self._options,
            self.button(word("continue"), "check", self.look, style="primary"),
        ]

    def _match_line(self, line: Mapping[Hashable, Any]) -> w.HBox:
        assert self.match is not None
        needed = f" · {word('required')}"
        shown = [(plain(f"{f.name} · {f.kind}{needed if f.required else ''}"), f.name) for f in self.match.fields]
        box = w.Dropdown(options=[(word("leave out"), None), *shown], description=plain(line["column"]))
        box.value = line["field"] if isinstance(line["field"], str) else None
        box.style.description_width = "12em"
        box.layout = w.Layout(width="auto", flex="0 1 32em")
        box.add_class("tk-match")
        self._boxes[line["column"]] = box

        def chosen(change: Mapping[str, Any]) -> None:
            assert self.match is not None
            self.match[line["column"]] = change["new"]
            for column, other in self._boxes.items():  # a field that was taken leaves the column that had it
                other.value = self.match[column]

        box.observe(chosen, "value")
        reason = w.HTML(f"<span class='tk-help'>{text(line['reason'])}</span>", layout=w.Layout(flex="1 1 14em"))
        return row(box, reason)

    # ── check, correct ──

    def look(self) -> None:
        """Check every cell, corrections in their places, and show what is wrong and what can be sent."""
        assert self.frame is not None
        assert self.match is not None
        if self.match.missing:
            raise InputError(word("missing", names=", ".join(self.match.missing)))
        corrected = self.frame.copy()
        for (label, column), value in self.corrections.items():
            corrected.loc[label, column] = value
        self.check = check(corrected, self.match)
        self._fixed = self.check.fixed()
        self._show_check(self.check.problems[~self.check.problems["safe"]])
        self.show_code(self._as_code())

    def _show_check(self, problems: pd.DataFrame, *, refused: bool = False) -> None:
        """What can be sent, and what is wrong. `refused`: with these problems nothing can be."""
        assert self.check is not None
        bad = problems["row"].nunique() if refused else int(self.check.bad.sum())
        counts = {"good": len(self._fixed) - bad, "rows": len(self._fixed), "bad": bad}
        stopped = refused or (bad > 0 and self.aim.needs_every_row)
        said = "all rows" if stopped else "rows to send" if bad else "all to send"
        summary = word(said, **{name: f"{n:,}" for name, n in counts.items()})
        shown: list[w.Widget] = [w.HTML(f"<div role='status'><b>{text(summary)}</b></div>"), *self._fixes()]
        if len(problems):
            again = self.button(word("again"), "recheck", self.look)
            shown += [Grid(problems, self.corrections), again]
        label, plan = ("", ()) if stopped else self.aim.plan(self._rows(), counts["good"])
        shown += plan
        send = [self.button(label, "send", self.send_rows, style="success")] if label and counts["good"] else []
        warning = [w.HTML(f"<b>{text(self.aim.warning)}</b>")] if send and self.aim.warning else []
        back = self.button(word("back"), "back", self.back)
        self.results.children = []
        self._steps.children = [*shown, *([self._only_new] if send else []), *warning, row(back, *send)]

    def _fixes(self) -> list[w.HTML]:
        assert self.check is not None
        fixes = self.check.fixes
        if not len(fixes):
            return []
        first = fixes.iloc[0]
        example = word("example", before=repr(first["value"]), after=repr(first["proposal"]))
        said = f"{word('fixed', count=f'{len(fixes):,}')} ({first['column']}: {example})"
        return [w.HTML(f"<span class='tk-help'>{text(said)}</span>")]

    # ── send ──

    def send_rows(self) -> None:
        """Send what can be sent. Sending again goes on where it stopped, and sends nothing twice."""
        self.show_code(self._as_code())
        rows, only_new = self._rows(), self._only_new.value
        try:
            self.push(lambda settings: self.aim.send(rows, only_new, settings))
        except RowErrors as wrong:  # what only the system itself can see: twins, codes given twice
            names = self._columns()
            problems = wrong.table.assign(column=wrong.table["column"].map(lambda c: names.get(c, c)))
            self._show_check(problems, refused=True)
            raise InputError(word("look at fields")) from None
        except PushRefused as refused:
            if refused.difference is None:
                raise
            counts = refused.difference["change"].value_counts()
            sent, new = counts.get("sent before, unchanged", 0), counts.get("new", 0)
            facts = {"sent": sent, "new": new, "edited": len(refused.difference) - sent - new}
            told = {name: f"{count:,}" for name, count in facts.items()}
            raise PushRefused(word("sent before", choice=word("only new"), **told)) from None

    def push(self, work: Callable[[dict[str, Any]], Any]) -> None:
        """Do something that tells its progress, and show what came of it. Paused, it can be gone on with."""
        self.results.children = []
        self.say("")
        outcome = self._job.run(work)
        self.report = outcome
        if isinstance(outcome, Report) and self.aim.reports_rows and self.check is not None:
            self.report = whole(outcome, self._fixed, self.check, self._columns())
        shown: list[w.Widget] = [Outcome(self.report, self.button)]
        if is_paused(self.report, stopped=self._job.stopped):
            go_on = self.button(word("go on"), "go-on", lambda: self.push(work), style="primary")
            shown = [go_on, *shown]
            self.say(word("cancelled") if self._job.cancelled else word("paused"))
            if isinstance(outcome, Report):
                self.show_code(f"{self.code}\nreport = toolkit.open_push({outcome.facts['id']!r}).resume()")
        else:
            shown += self.aim.then(self, outcome)
            self.say(word("done"))
        self.results.children = shown

    def _rows(self) -> pd.DataFrame:
        """What is sent: a column a field."""
        assert self.check is not None
        kept = self._fixed if self.aim.takes_bad_rows else self._fixed[~self.check.bad]
        names = self._columns()
        made = pd.DataFrame({field: kept[column] for field, column in names.items()}, index=kept.index)
        made.attrs = {"numeric": [f for f, column in names.items() if column in kept.attrs.get("numeric", ())]}
        return made

    def _columns(self) -> dict[str, Hashable]:
        """The sheet's column for each column that is sent."""
        assert self.match is not None
        names = {field: column for column, field in self.match.columns.items() if field}
        return names | {str(column): column for column in self.aim.more_columns()}

    def _as_code(self) -> str:
        given = self._source.given
        columns = ", ".join(f"{field!r}: sheet[{column!r}]" for field, column in self._columns().items())
        lines = ["import pandas as pd", "import toolkit", ""]
        lines += [f"sheet = toolkit.read_sheet({given if isinstance(given, str) else given[0]!r})"]
        lines += [f"sheet.loc[{label!r}, {column!r}] = {v!r}" for (label, column), v in self.corrections.items()]
        lines += [f"rows = pd.DataFrame({{{columns}}})"]
        if self.check is not None and not self.check.ok and not self.aim.takes_bad_rows:
            record = self.aim.fields()
            lines += [f"from {record.__module__} import {record.__name__}"]
            lines += [f"rows = rows[~toolkit.check(rows, {record.__name__}).bad]"]
        return "\n".join([*lines, self.aim.code(self._only_new.value)])
