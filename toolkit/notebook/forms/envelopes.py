"""SIGNIO: find envelopes, and see the life of one, with the actions that its state allows."""

from typing import Any

import ipywidgets as w
import pandas as pd

from toolkit.errors import InputError
from toolkit.notebook.forms.form import Form, row
from toolkit.notebook.forms.inert import table, text
from toolkit.notebook.forms.widgets import Input, as_code, values_of
from toolkit.notebook.words import word
from toolkit.plain import plain
from toolkit.vendors.signio.api.base import STATUSES, Status
from toolkit.vendors.signio.client import Signio

ACTIONS: dict[int, tuple[str, ...]] = {  # what an envelope's state allows
    Status.DRAFT: ("distribute", "delete_envelope"),
    Status.PENDING: ("return_to_draft",),
    Status.COLLECTING: ("return_to_draft",),
}


class SearchEnvelopes(Form):
    """`envelopes` is what was found."""

    def __init__(self, signio: Signio) -> None:
        super().__init__(word("title search"))
        self._signio = signio
        self.envelopes = pd.DataFrame()
        self._inputs = [Input(a) for a in signio.endpoints["search_envelopes"].arguments if a.name != "offset"]
        self._opened = w.VBox()
        self._choice = w.Dropdown(description=word("envelope"), layout=w.Layout(width="auto", flex="0 1 30em"))
        self._choice.add_class("tk-choice")
        find = self.button(word("search"), "search", self.search, style="primary")
        self.body.children = [row(*self._inputs), find]

    def search(self) -> None:
        """Find what matches all that was entered."""
        values = values_of(self._inputs)
        self.show_code(f"api.signio.search_envelopes({as_code(values).removeprefix(', ')})")
        self.envelopes = found = self._signio.search_envelopes(**values)
        listed = found[["id", "name", "status"]].itertuples(index=False)
        self._choice.options = [(plain(f"{each.name} · {each.status}"), each.id) for each in listed]
        self._choice.index = 0 if len(found) else None
        opener = row(self._choice, self.button(word("open"), "open", self.open_chosen))
        self._opened.children = []
        self.results.children = [table(found, index=False), opener, self._opened] if len(found) else []
        self.say(word("found", count=f"{len(found):,}"))

    def open_chosen(self) -> None:
        """Show the life of the chosen one."""
        self._opened.children = [EnvelopeForm(self._signio, self._choice.value)]


class EnvelopeForm(Form):
    """The life of one envelope at a glance, with the actions that its state allows."""

    def __init__(self, signio: Signio, envelope_id: str) -> None:
        super().__init__(word("title envelope"))
        self._signio, self._id = signio, str(envelope_id)
        self._life, self._actions = w.VBox(), row()
        again = self.button(word("refresh"), "refresh", self.show)
        self.body.children = [self._life, self._actions, again]
        self.do(self.show)

    def show(self) -> None:
        """Read it, and show where it stands."""
        self.show_code(f"api.signio.signature_status([{self._id!r}])")
        about = self._signio.envelope(self._id).iloc[0]
        status = self._signio.signature_status([self._id])
        state = int(about["estado"]) if pd.notna(about["estado"]) else 0
        name = f"<h4>{text(about['nombre'])} <small>{text(self._id)}</small></h4>"
        self._life.children = [w.HTML(f"{name}<p>{_way(state)}</p>"), *self._signers(status)]
        self._actions.children = [self._action(name) for name in ACTIONS.get(state, ())]

    def _signers(self, status: pd.DataFrame) -> list[w.Widget]:
        people = status.dropna(subset=["id_firmante"])
        if people.empty:
            return [table(self._signio.documents(self._id)[["nombre"]], index=False)]
        waiting = people["en_turno"].map({True: word("turn"), False: word("turn later")})
        when = people["fecha_firma"].dt.strftime("✓ %Y-%m-%d %H:%M UTC")
        who = [f"{n} <{e}>" for n, e in people[["firmante", "email"]].itertuples(index=False)]
        shown = {word("person"): who, word("document"): people["documento"], word("signed"): when.fillna(waiting)}
        done = int(people["firmada"].sum())
        share = w.IntProgress(value=done, max=len(people), description=f"{done} / {len(people)}")
        return [share, table(pd.DataFrame(shown), index=False)]

    def _action(self, name: str) -> w.HBox:
        """Actions reach people or cannot be undone: each is confirmed."""
        sure = w.Checkbox(description=f"{word(name)}: {word('sure')}", indent=False, layout=w.Layout(width="auto"))
        sure.add_class(f"tk-sure-{name}")
        warning = [w.HTML(f"<span class='tk-wrong'>{text(word('distribute warning'))}</span>")]
        style = "danger" if name == "distribute" else "warning"
        act = self.button(word(name), name, lambda: self.act(name, sure=sure.value), style=style)
        return row(*(warning if name == "distribute" else []), sure, act)

    def act(self, name: str, *, sure: bool) -> None:
        """Do one of the actions that the state allows.

        Raises:
            InputError: nobody said that they are sure. Nothing was done.
        """
        if not sure:
            raise InputError(word("sure first", sure=word("sure")))
        code = f"api.signio.{name}({self._id!r})"
        getattr(self._signio, name)(self._id)
        if name == "delete_envelope":
            self._actions.children = self._life.children = []
        else:
            self.show()
        self.show_code(code)
        self.say(f"{word('done')}: {word(name)}")


def _way(state: int) -> str:
    """An envelope's way through its states, with the one where it stands."""
    between = [Status.COLLECTING] if state == Status.COLLECTING else []
    last = state if state in (Status.REJECTED, Status.SUSPENDED, Status.RETURNED) else Status.SIGNED
    way = [Status.DRAFT, *between, Status.PENDING, last]
    names = [f"<b>● {text(STATUSES[s])}</b>" if s == state else f"○ {text(STATUSES[s])}" for s in way]
    return f"{text(word('stage'))}: {' → '.join(names)}"


def search_envelopes(signio: Signio) -> SearchEnvelopes:
    """Find envelopes by name, time and state; open one of them."""
    return SearchEnvelopes(signio)


def envelope(signio: Signio, id: Any) -> EnvelopeForm:
    """One envelope: where it stands, who has signed, and what can be done now."""
    return EnvelopeForm(signio, id)
