"""The last step of an import: send, pause, go on, and see what came of it."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from toolkit.errors import PushRefused
from toolkit.notebook.forms import parts, tables
from toolkit.notebook.forms.form import Form
from toolkit.notebook.forms.job import LONG, Job
from toolkit.notebook.forms.outcome import Outcome, is_paused
from toolkit.notebook.forms.tables import ReadOnlyTable
from toolkit.notebook.forms.target import ImportTarget
from toolkit.notebook.forms.view import Child, Element, element
from toolkit.plain import message
from toolkit.push import IfSent, Report


class SendStep:
    """A push from a form. `report` is what came of it."""

    def __init__(self, form: Form, target: ImportTarget) -> None:
        self._form, self._target = form, target
        self.job: Job = Job(form.draw, form.say)
        self._table = ReadOnlyTable()
        self.report: Any = None
        self.outcome: Outcome | None = None
        self.only_new = False
        self.done = False  # all that could be sent was: the step is locked
        self._again: Callable[[], None] | None = None
        self._file: Path | None = None

    @property
    def if_sent(self) -> IfSent:
        """What happens to rows that were sent before."""
        return "skip" if self.only_new else "raise"

    @property
    def begun(self) -> bool:
        """Whether anything may have left already: what was sent cannot be changed then."""
        return self.job.running or self.report is not None

    def clear(self) -> None:
        """Forget a push: another one begins."""
        self.report = self.outcome = self._again = self._file = None
        self.done = False
        self._form.tables.children = []

    def push(self, work: Callable[[dict[str, Any]], Any], *, bad: int = 0, left: int = 0) -> None:
        """Do something that shows its progress, and show what came of it. Paused, it can be gone on with."""
        self._form.say("")
        report = self.job.run(work)
        self.report = report
        self.outcome = Outcome(report, bad=bad, left=left) if isinstance(report, Report) else None
        rest = self.outcome.rest if self.outcome else None
        self._form.tables.children = self._table.widgets(rest)
        self._file = None
        sentence = self.sentence()
        if is_paused(report):
            self._again = lambda: self.push(work, bad=bad, left=left)
            self._form.move_focus("go-on")
            self._form.say(f"{message('Paused. Nothing is sent twice.')} {sentence}")
        else:
            self._again, self.done = None, True
            self._form.move_focus("outcome")
            self._form.say(f"{message('Done')}. {sentence}")
        if self.job.notifies or self.job.seconds > LONG:
            self._form.view.send({"notice": {"title": message(self._form.title), "text": sentence or message("Done")}})

    def sentence(self) -> str:
        """What came of it, in words."""
        summary = self._target.summary(self.report) if self.report is not None else ""
        return summary or (self.outcome.sentence() if self.outcome else "")

    def refused(self, problem: PushRefused) -> PushRefused:
        """The refusal in the words of the form."""
        if problem.difference is None:
            return problem
        counts = problem.difference["change"].value_counts()
        sent, new = int(counts.get("sent before, unchanged", 0)), int(counts.get("new", 0))
        facts = {"sent": sent, "new": new, "edited": len(problem.difference) - sent - new}
        self._form.move_focus("only-new")
        return PushRefused(
            message(
                "{sent:,} of these rows were sent before; {edited:,} look edited since, {new:,} are new. "
                "Nothing was sent now. Tick “{choice}” to send only the others.",
                choice=message("Leave out rows that were sent before"),
                **facts,
            )
        )

    # ── what is shown ──

    def elements(self, back: Element, send: Element | None, restart: Element) -> list[Child]:
        """What is to be sent, how far it is, or what came of it; with these buttons."""
        if self.job.running:
            return [parts.heading(message("Sending"), key="sending"), *self.job.elements()]
        if self.begun:
            return [parts.heading(message("Outcome"), key="outcome"), *self._outcome(restart)]
        plan = self._target.plan()
        if send is None:
            return [*plan, parts.row(back)]
        warning = parts.warning(self._target.warning) if self._target.warning else None
        new = parts.tick(
            "only-new",
            message("Leave out rows that were sent before"),
            value=self.only_new,
            change=partial(setattr, self, "only_new"),
        )
        return [*plan, warning, new, parts.row(back, send)]

    def _outcome(self, restart: Element) -> list[Child]:
        again = None
        if self._again is not None:
            again = self._form.button(message("Go on"), "go-on", self._again, style="primary")
        sentence = element("p", element("b", self.sentence()), name="sentence")
        shown = [sentence, *self.outcome.elements()] if self.outcome else []
        write = self._form.button(message("Download the workbook"), "result", self.write) if self.outcome else None
        file = element("p", message("Written to {path}", path=self._file), name="file") if self._file else None
        after = self._target.after(self.push) if self.done else ()
        rest = self.outcome.rest if self.outcome else None
        below = parts.note(tables.below(rest)) if rest is not None and self._form.tables.children else None
        return [
            parts.row(again) if again else None,
            *shown,
            *after,
            parts.row(write, restart if self.done else None),
            file,
            below,
        ]

    def write(self) -> None:
        """Write the workbook beside the notebook, and hand it to the browser too."""
        assert self.outcome is not None
        path = self.outcome.write()
        self._file = path.resolve()
        self._form.view.download(path)
        self._form.say(message("Written to {path}", path=self._file))
