"""SIGNIO: find envelopes, and see the life of one, with the actions that its state allows."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from toolkit.errors import InputError
from toolkit.notebook.forms import parts
from toolkit.notebook.forms.form import Form
from toolkit.notebook.forms.listing import Listing
from toolkit.notebook.forms.view import Child, Element, element
from toolkit.notebook.forms.widgets import Input, as_code
from toolkit.plain import day, mark, message, plural
from toolkit.vendors.signio.api.base import STATUSES, Status
from toolkit.vendors.signio.client import Signio

ACTIONS: dict[int, tuple[str, ...]] = {  # what an envelope's state allows
    Status.DRAFT: ("distribute", "delete_envelope"),
    Status.PENDING: ("return_to_draft",),
    Status.COLLECTING: ("return_to_draft",),
}
LISTED = {  # columns that are shown of envelopes
    "name": mark("Name"),
    "status": mark("State"),
    "created_at": mark("Created (UTC)"),
    "updated_at": mark("Changed (UTC)"),
}


class EnvelopePanel:
    """The life of one envelope at a glance, with the actions that its state allows. Part of a form."""

    def __init__(self, form: Form, signio: Signio, envelope_id: str) -> None:
        self._form, self._signio, self._id = form, signio, envelope_id
        self._about = pd.Series(dtype=object)
        self._status = pd.DataFrame()
        self._listing = Listing("signers", self._status)
        self._sure: set[str] = set()

    def show(self) -> None:
        """Read it, and show where it stands."""
        self._form.show_code(f"api.signio.signature_status([{self._id!r}])")
        about = self._signio.envelope(self._id).iloc[0]
        self._status = self._signio.signature_status([self._id])
        signatures = self._status.dropna(subset=["id_firmante"])
        documents = self._signio.documents(self._id)[["nombre"]]
        self._listing = Listing("signers", documents if signatures.empty else who_signed(signatures))
        self._about = about

    def act(self, name: str) -> None:
        """Do one of the actions that the state allows.

        Raises:
            InputError: nobody said that they are sure. Nothing was done.
        """
        if name not in self._sure:
            self._form.move_focus(f"sure-{name}")
            raise InputError(message("Tick “{sure}” first. Nothing was done.", sure=message("I am sure")))
        code = f"api.signio.{name}({self._id!r})"
        getattr(self._signio, name)(self._id)
        self._sure.clear()
        if name == "delete_envelope":
            self._about = pd.Series(dtype=object)
        else:
            self.show()
        self._form.show_code(code)
        self._form.say(f"{message('Done')}: {message(LABELS[name])}")

    def elements(self) -> list[Child]:
        """What it shows now; nothing while it is not known."""
        if self._about.empty:
            return []
        state = int(self._about["estado"]) if pd.notna(self._about["estado"]) else 0
        return [
            parts.heading(str(self._about["nombre"]), self._id, key="envelope"),
            _way(state),
            *self._signers(),
            *(self._action(name) for name in ACTIONS.get(state, ())),
            self._form.button(message("Look again"), "refresh", self.show),
        ]

    def _signers(self) -> list[Element]:
        people = self._status.dropna(subset=["id_firmante"])
        if people.empty:
            return [self._listing.element()]
        counted, bar = signed_so_far(people)
        return [element("p", counted), bar, self._listing.element()]

    def _action(self, name: str) -> Element:
        """Actions reach people or cannot be undone: each is confirmed."""
        label = f"{message(LABELS[name])}: {message('I am sure')}"
        sure = parts.tick(f"sure-{name}", label, value=name in self._sure, change=lambda on: self._be_sure(name, on))
        warning = (
            parts.warning(message("Real people get e-mail, and it cannot be taken back."))
            if name == "distribute"
            else None
        )
        style = "danger" if name == "distribute" else ""
        act = self._form.button(message(LABELS[name]), name, lambda: self.act(name), style=style)
        return parts.row(warning, sure, act)

    def _be_sure(self, name: str, on: bool) -> None:
        (self._sure.add if on else self._sure.discard)(name)


LABELS = {
    "delete_envelope": mark("Delete"),
    "distribute": mark("Send for signature"),
    "return_to_draft": mark("Return to draft"),
}


class SearchEnvelopes(Form):
    """`envelopes` is what was found."""

    title = mark("SIGNIO: find envelopes")

    def __init__(self, signio: Signio) -> None:
        super().__init__()
        self._signio = signio
        self.envelopes = pd.DataFrame()
        self._inputs = [Input(a) for a in signio.endpoints["search_envelopes"].arguments if a.name != "offset"]
        self._listing: Listing | None = None
        self._panel: EnvelopePanel | None = None
        self.draw()

    def elements(self) -> Iterable[Child]:
        return [
            parts.row(*(i.element() for i in self._inputs)),
            self.button(message("Search"), "search", self.search, style="primary"),
            self._listing.element(message("SIGNIO: find envelopes")) if self._listing else None,
            *(self._panel.elements() if self._panel else ()),
        ]

    def search(self) -> None:
        """Find what matches all that was entered."""
        self._listing = self._panel = None
        (values,) = self.values(self._inputs)
        self.show_code(f"api.signio.search_envelopes({as_code(values).removeprefix(', ')})")
        self.envelopes = matches = self._signio.search_envelopes(**values)
        if len(matches):
            shown = matches[[c for c in LISTED if c in matches]].copy()
            self._listing = Listing("found", shown, controls=self._opener, labels=LISTED)
        self.say(message("{count:,} found", count=len(matches)))

    def _opener(self, position: int) -> list[Element]:
        envelope = str(self.envelopes["id"].iloc[position])
        known = {"key": f"open-{envelope}", "aria_label": f"{message('Open')}: {self.envelopes['name'].iloc[position]}"}
        return [self.button(message("Open"), "open", lambda: self.open_envelope(envelope), style="small", **known)]

    def open_envelope(self, envelope_id: str) -> None:
        """Show the life of one of those that were found."""
        self._panel = EnvelopePanel(self, self._signio, envelope_id)
        self._panel.show()
        self.move_focus("envelope")


class EnvelopeForm(Form):
    """The life of one envelope at a glance, with the actions that its state allows."""

    title = mark("SIGNIO: one envelope")

    def __init__(self, signio: Signio, envelope_id: str) -> None:
        super().__init__()
        self._panel = EnvelopePanel(self, signio, str(envelope_id))
        self.draw()
        self.do(self._panel.show)

    def elements(self) -> Iterable[Child]:
        return self._panel.elements()


def signed_so_far(signatures: pd.DataFrame) -> tuple[str, Element]:
    """How many signatures there are, in words and as a bar."""
    done, every = int(signatures["firmada"].fillna(False).sum()), len(signatures)
    label = plural("{done:,} of {count} signature", "{done:,} of {count} signatures", done=done, count=every)
    return label, parts.progress(done, every, label=label)


def who_signed(signatures: pd.DataFrame) -> pd.DataFrame:
    """Who signs what, and when that was done, for people."""
    waiting = signatures["en_turno"].map({True: message("awaited now"), False: message("not yet")})
    when = [f"✓ {day(moment)}" if pd.notna(moment) else None for moment in signatures["fecha_firma"]]
    who = [f"{name} <{email}>" for name, email in signatures[["firmante", "email"]].itertuples(index=False)]
    columns = {
        message("Signer"): who,
        message("Document"): signatures["documento"],
        message("Signed (UTC)"): pd.Series(when, index=signatures.index, dtype="str").fillna(waiting),
    }
    return pd.DataFrame(columns, index=signatures.index)


def _way(state: int) -> Element:
    """An envelope's way through its states, with the one where it stands."""
    between = [Status.COLLECTING] if state == Status.COLLECTING else []
    last = state if state in (Status.REJECTED, Status.SUSPENDED, Status.RETURNED) else Status.SIGNED
    way = [Status.DRAFT, *between, Status.PENDING, last]
    steps = [element("li", f"{'●' if s == state else '○'} {STATUSES[s]}", aria_current="step" if s == state else None)
             for s in way]  # fmt: skip
    return element("ol", *steps, class_="tk-steps", aria_label=message("State"))


def search_envelopes(signio: Signio) -> SearchEnvelopes:
    """Find envelopes by name, time and state; open one of them."""
    return SearchEnvelopes(signio)


def envelope(signio: Signio, id: Any) -> EnvelopeForm:
    """One envelope: where it stands, who has signed, and what can be done now."""
    return EnvelopeForm(signio, id)
