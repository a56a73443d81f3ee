"""SIGNIO campaigns: signers from a spreadsheet, drafts first, then, by their number, out to the signers."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import ipywidgets as w
import pandas as pd

from toolkit.errors import InputError
from toolkit.notebook.forms.form import row
from toolkit.notebook.forms.inert import table, text
from toolkit.notebook.forms.place import Place
from toolkit.notebook.forms.sheet import Aim, SheetForm
from toolkit.notebook.forms.source import Source
from toolkit.notebook.words import word
from toolkit.plain import plain
from toolkit.vendors.signio.api.documents import EXTENSIONS
from toolkit.vendors.signio.api.signers import NewSigner
from toolkit.vendors.signio.campaign import Plan
from toolkit.vendors.signio.client import Signio
from toolkit.vendors.signio.drafts import COLUMN


class Envelopes(Aim):
    """Envelopes by the hundred."""

    title = "title campaign"
    needs_every_row = True
    reports_rows = False

    def __init__(self, signio: Signio) -> None:
        self._signio = signio
        self._plan: Plan | None = None
        self._envelope = w.Dropdown(description=word("envelope column"), options=[])
        self._envelope.add_class("tk-envelope-column")
        self._name = w.Text(description=word("campaign"), placeholder="2026-11")
        self._name.add_class("tk-campaign")
        for box in (self._envelope, self._name):
            box.style.description_width = "initial"
            box.layout = w.Layout(width="auto", max_width="40em")
        allowed = ",".join(f".{e}" for e in EXTENSIONS)
        self._files = Source("documents", lambda: None, accept=allowed, help_text=word("documents help"))
        self._place = Place()
        self._typed = w.Text(layout=w.Layout(width="6em"))
        self._typed.add_class("tk-number")

    def fields(self) -> Any:
        return NewSigner

    def options(self, frame: pd.DataFrame) -> Sequence[w.Widget]:
        self._envelope.options = [(plain(c), c) for c in frame.columns]
        self._envelope.index = 0
        heading = w.HTML(f"<h4>{text(word('documents'))}</h4>")
        return (self._envelope, self._name, heading, self._files, self._place)

    def more_columns(self) -> Sequence[Hashable]:
        given = self._files.given
        named = COLUMN.findall(given) if isinstance(given, str) else []
        return list(dict.fromkeys([self._envelope.value, *named]))

    def plan(self, rows: pd.DataFrame, good: int) -> tuple[str, Sequence[w.Widget]]:
        envelope = str(self._envelope.value)
        more = {"documents": [self._files.given], "place": self._place.read(), "campaign": self._name.value.strip()}
        self._plan = plan = self._signio.plan_envelopes(rows, envelope, **more)
        heading = w.HTML(f"<h4>{text(word('what would be sent'))}</h4>")
        shown = [heading, table(plan.summary.to_frame(word("count")))]
        if len(plan.problems):
            return "", [*shown, table(plan.problems)]
        told = w.HTML(f"<span class='tk-help'>{text(word('drafts help'))}</span>")
        return word("drafts", count=f"{len(plan.envelopes):,}"), [
            *shown,
            table(plan.envelopes.dropna(axis=1, how="all")),
            told,
        ]

    def send(self, rows: pd.DataFrame, only_new: bool, settings: Mapping[str, Any]) -> Any:
        assert self._plan is not None
        return self._plan.build(only_new=only_new, push=settings)

    def then(self, form: SheetForm, outcome: Any) -> Sequence[w.Widget]:
        """After the drafts, their distribution; after that, nothing."""
        assert self._plan is not None
        ready = len(self._plan.drafts.accepted) if self._plan.drafts is not None else 0
        if not ready or outcome is not self._plan.drafts:
            return ()
        self._typed.value = ""
        self._typed.description = word("type the number", count=f"{ready:,}")
        self._typed.style.description_width = "initial"
        self._typed.layout.width = "auto"
        warning = w.HTML(f"<b class='tk-wrong'>{text(word('distribute warning'))}</b>")
        send = form.button(word("distribute"), "distribute", lambda: self._distribute(form), style="danger")
        return (warning, row(self._typed, send))

    def _distribute(self, form: SheetForm) -> None:
        plan, typed = self._plan, self._typed.value.strip()
        assert plan is not None
        ready = len(plan.drafts.accepted) if plan.drafts is not None else 0
        if typed != str(ready):
            raise InputError(word("type the number", count=f"{ready:,}"))
        form.show_code(f"{form.code}\nsent = plan.distribute(confirm={ready})")
        form.push(lambda settings: plan.distribute(confirm=int(typed), push=settings))

    def code(self, only_new: bool) -> str:
        given = self._files.given
        facts = {
            "documents": given if isinstance(given, str) else given[0],
            "place": self._place.read(),
            "campaign": self._name.value.strip(),
        }
        said = ", ".join(f"{name}={value!r}" for name, value in facts.items())
        new = "only_new=True" if only_new else ""
        planned = f"plan = api.signio.plan_envelopes(rows, {self._envelope.value!r}, {said})"
        return f"{planned}\ndrafts = plan.build({new})"


def campaign(signio: Signio) -> SheetForm:
    """Envelopes by the hundred from a spreadsheet of signers. `.report` is what came of the last step.

    Drafts come first, of which nobody is told. **Distribution sends e-mail to real people**, and asks for its number.
    """
    return SheetForm(Envelopes(signio))
