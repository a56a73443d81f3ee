"""From a spreadsheet to somebody else's system: read, match, correct, send, see the outcome."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from toolkit.errors import PushRefused
from toolkit.notebook.forms import parts
from toolkit.notebook.forms.decisions import Decisions
from toolkit.notebook.forms.form import Form
from toolkit.notebook.forms.matching import MatchStep
from toolkit.notebook.forms.problems import ProblemStep
from toolkit.notebook.forms.reading import ReadStep
from toolkit.notebook.forms.sending import SendStep
from toolkit.notebook.forms.target import ImportTarget
from toolkit.notebook.forms.view import Child, Element, element
from toolkit.plain import mark, message, plural
from toolkit.sheets import Check, Match, check

STEPS = (mark("Read"), mark("Match"), mark("Problems"), mark("Send"))
READ, MATCH, PROBLEMS, SEND = range(4)


class SheetForm(Form):
    """The steps of an import. `report` is what came of it."""

    def __init__(self, target: ImportTarget) -> None:
        self.title: str = target.title
        super().__init__()
        self.target = target
        target.form = self
        self._step = READ
        self._confirm = False  # reading again would drop decisions: that is asked first
        self._reading, self._matching = ReadStep(self, self.read), MatchStep(self, target)
        self._problems = ProblemStep(self, target, back=self.back, decided=self._after_decision)
        self._sending = SendStep(self, target)
        self.draw()

    # ── what it holds ──

    @property
    def frame(self) -> pd.DataFrame | None:
        """The sheet as it was read."""
        return self._reading.frame

    @property
    def match(self) -> Match | None:
        """Which column fills which field."""
        return self._matching.match

    @property
    def check(self) -> Check | None:
        """The sheet as it would be sent, with every decision."""
        return self._problems.decisions.check if self._problems.decisions else None

    @property
    def report(self) -> Any:
        """What came of it."""
        return self._sending.report

    @property
    def _known(self) -> Decisions:
        assert self._problems.decisions is not None
        return self._problems.decisions

    # ── what it shows ──

    def elements(self) -> Iterable[Child]:
        return [self._line(), *self._shown()]

    def _line(self) -> Element:
        """The steps, and which one this is. What is done can be gone back to, until something was sent."""
        locked = self._sending.begun
        steps = []
        for n, name in enumerate(STEPS):
            label = f"{'①②③④'[n]} {message(name)}"
            now = n == self._step
            done = n < self._step
            mark = " ✔" if done else ""
            to = {READ: self.back_to_read, MATCH: self.back}.get(n)
            link = done and not locked and to is not None
            shown: Child = f"{label}{mark}"
            if link and to:
                shown = parts.button(f"{label}{mark}", to, name=f"step-{n}", style="link")
            steps.append(element("li", shown, aria_current="step" if now else None))
        return element("ol", *steps, class_="tk-steps", aria_label=message("Steps"))

    def _shown(self) -> list[Child]:
        if self._step == READ:
            return [*self.target.before(), *self._reading.elements(), self._ask()]
        if self._step == MATCH:
            back = parts.button(message("Back"), self.back_to_read, name="back")
            go_on = self.button(message("Check"), "check", self.look, style="primary")
            return [*self._reading.summary(), *self._matching.elements(), parts.row(back, go_on)]
        problems = [] if self._sending.begun else self._problems.elements()
        label = self._label()
        send = self.button(label, "send", self.send_rows, style="primary") if label else None
        restart = parts.button(message("Another sheet"), self.restart, name="restart")
        return [*problems, *self._sending.elements(self._problems.back_button(), send, restart)]

    def _ask(self) -> Element | None:
        """Reading anew drops decisions: it says so first."""
        decisions = self._problems.decisions
        if not self._confirm or decisions is None:
            return None
        count = len(decisions.steps)
        drop = self.button(message("Read again and drop them"), "drop", self._drop, style="danger")
        keep = parts.button(message("Keep them"), self._keep, name="keep-decisions")
        return parts.row(
            parts.warning(
                plural("Reading again drops {count} decision.", "Reading again drops {count} decisions.", count=count)
            ),
            keep,
            drop,
            name="confirm",
        )

    def _label(self) -> str:
        rows, bad, left = self._known.counts()
        return self.target.label(rows - bad - left, bad + left)

    # ── read, match ──

    def read(self) -> None:
        """Read the sheet that was chosen, and propose which column fills which field.

        Where decisions would be lost, it asks first.
        """
        decisions = self._problems.decisions
        if decisions is not None and decisions.steps and not self._sending.begun:
            self._confirm = True
            self._step = READ
            self.move_focus("keep-decisions")
            return
        sheet = self._reading.read()
        self._confirm = False
        self._problems.decisions = None
        self._sending.clear()
        self.target.begin(sheet)
        self._matching.begin(sheet)
        self._step = MATCH
        self.move_focus("sheet")
        self.say(message("{rows:,} rows, {columns:,} columns were read.", rows=len(sheet), columns=sheet.shape[1]))

    def _drop(self) -> None:
        self._problems.decisions = None
        self.read()

    def _keep(self) -> None:
        self._confirm, self._step = False, PROBLEMS
        self.move_focus("problems")

    def back_to_read(self) -> None:
        """Show the file again."""
        self._step = READ
        self.move_focus(self._reading.source.name)

    def back(self) -> None:
        """Show the sheet and the match again."""
        self._step = MATCH
        self.move_focus("match")

    def restart(self) -> None:
        """Another sheet: nothing of this one is kept in the form."""
        self._problems.decisions = None
        self._sending.clear()
        self.say("")
        self.back_to_read()

    # ── check, correct ──

    def look(self) -> None:
        """Check every cell, and show what is wrong and what can be sent. What was decided holds, where it can."""
        self._matching.require_all()
        match = self.match
        assert match is not None
        before = self._problems.decisions
        decisions = Decisions(check(self._matching.frame, match, **self._matching.options.arguments()))
        kept = decisions.take_over(before.steps) if before else 0
        self.target.prepare(decisions.check, match)
        self._problems.begin(decisions, match)
        self._after_check()
        self.move_focus("problems" if self._step == PROBLEMS else "send")
        lost = len(before.steps) - kept if before else 0
        forgotten = plural(
            "{count} earlier decision no longer applies.", "{count} earlier decisions no longer apply.", count=lost
        )
        self.say(f"{self._problems.totals()} {forgotten if lost else ''}".strip())

    def _after_check(self) -> None:
        """The code of what was decided, and the step that this leads to."""
        self.show_code(self._as_code())
        self._step = PROBLEMS if len(self._known.blocking) else SEND

    def _after_decision(self, key: str) -> None:
        """A decision was taken, or taken back: the next one is where the focus goes."""
        assert self.match is not None
        self.target.prepare(self._known.check, self.match)
        self._after_check()
        self.draw()
        known = [key, "undo", "send"] if self._step == PROBLEMS else ["send", "undo"]
        self.move_focus(next((k for k in known if self.view.find(k)), ""))

    # ── send ──

    def send_rows(self) -> None:
        """Send what can be sent. Sending again goes on where it stopped, and sends nothing twice."""
        decisions = self._known
        self.show_code(self._as_code())
        checked, if_sent = decisions.check, self._sending.if_sent
        _, bad, left = decisions.counts()
        self._step = SEND
        self.move_focus("sending")
        try:
            self._sending.push(
                lambda options: self.target.send(checked, if_sent=if_sent, options=options), bad=bad, left=left
            )
        except PushRefused as refused:
            raise self._sending.refused(refused) from None

    # ── as code ──

    def _as_code(self) -> str:
        decisions = self._problems.decisions
        lines = ["import toolkit", "", self._reading.code(), *self._matching.code()]
        lines.append(f"check = toolkit.check(sheet, match{self._matching.options.code()})")
        lines += decisions.check.decisions if decisions else []
        return "\n".join([*lines, self.target.code(if_sent=self._sending.if_sent)])
