"""SIGNIO campaigns: signers from a spreadsheet, drafts first, then, by their number, out to the signers."""

from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from toolkit.errors import InputError
from toolkit.notebook.forms import parts
from toolkit.notebook.forms.envelopes import signed_so_far, who_signed
from toolkit.notebook.forms.listing import Listing
from toolkit.notebook.forms.places import COLUMN, Places
from toolkit.notebook.forms.sheet import SheetForm
from toolkit.notebook.forms.signing import Signing
from toolkit.notebook.forms.source import Source
from toolkit.notebook.forms.target import ImportTarget, Push
from toolkit.notebook.forms.view import Child, element
from toolkit.plain import mark, message, number, plural
from toolkit.push import IfSent
from toolkit.sheets import Check, Match
from toolkit.vendors.signio.api.documents import EXTENSIONS
from toolkit.vendors.signio.api.signers import NewSigner
from toolkit.vendors.signio.campaign import Plan
from toolkit.vendors.signio.client import Signio
from toolkit.vendors.signio.planner import COLUMN as NAMED

READY = ("verified", "accepted")
LABELS = {  # of the columns of a plan
    "envelope": mark("Envelope"),
    "nombre": mark("Name"),
    "signers": mark("Signers"),
    "order": mark("Order of signing"),
    "first": mark("First e-mails to"),
    "mails": mark("E-mails at first"),
    "documents": mark("Documents"),
    "signatures": mark("Signatures"),
    "problem": mark("Problem"),
    "column": mark("Column"),
    "value": mark("Value"),
    "row": mark("Row"),
}


class Envelopes(ImportTarget):
    """Envelopes by the hundred."""

    title: str = mark("SIGNIO: a campaign")
    _files: Source

    def __init__(self, signio: Signio) -> None:
        self._signio = signio
        self._plan: Plan | None = None
        self._frame = pd.DataFrame()
        self._envelope: Hashable = ""
        self._name = self._campaign = ""
        self._places = Places()
        self._signing = Signing()
        self._typed, self._wrong = "", ""
        self._sent: Any = None  # the report of the distribution
        self._status: pd.DataFrame | None = None

    def operation(self) -> Any:
        return NewSigner

    def operation_code(self) -> str:
        return "api.signio.add_signers"

    def begin(self, frame: pd.DataFrame) -> None:
        if not hasattr(self, "_files"):
            allowed = ",".join(f".{e}" for e in EXTENSIONS)
            self._files = self.form.source(
                "documents",
                lambda: None,
                accept=allowed,
                help_text=message("A path; a column's name in braces stands for its cell, as contratos/{cedula}.pdf"),
            )
        self._frame, self._plan, self._sent, self._status = frame, None, None, None
        if self._envelope not in frame.columns:
            self._envelope = next(iter(frame.columns), "")
        self._places.begin(frame, self._first_document)

    # ── what is asked ──

    def asked(self, match: Match) -> Sequence[Child]:
        options = [(str(c), str(c)) for c in self._frame.columns]
        group = parts.choice("envelope-column", options, value=str(self._envelope), change=self._group)
        name = parts.line_box("envelope-name", self._name, change=self._name_it, placeholder=f"{{{self._envelope}}}")
        campaign = parts.line_box("campaign", self._campaign, change=self._call_it, placeholder="2026-11")
        return [
            parts.heading(message("Envelope")),
            parts.row(
                parts.labelled(group, message("Column that groups signers into envelopes")),
                parts.labelled(
                    name,
                    message("Name of each envelope"),
                    help_text=message("A column's name in braces stands for its cell, as Anexo {contrato}"),
                ),
                parts.labelled(campaign, message("Name of the campaign")),
            ),
            parts.heading(message("Files to sign")),
            *self._files.elements(),
            *self._signing.elements(self._frame, self._roles(match)),
            *self._places.elements(),
        ]

    def _roles(self, match: Match) -> "pd.Series[Any] | None":
        """The column that is matched with the roles of signers."""
        column = next((c for c, field in match.columns.items() if field == "operation_rol"), None)
        return self._frame.get(column)

    def _group(self, column: str) -> None:
        self._envelope = next(c for c in self._frame.columns if str(c) == column)

    def _name_it(self, name: str) -> None:
        self._name = name.strip()

    def _call_it(self, name: str) -> None:
        self._campaign = name.strip()

    def _first_document(self) -> str:
        """The document of the first row that has one."""
        try:
            path = self._files.path
        except InputError:
            return ""
        for _, row in self._frame.head(20).iterrows():
            cells = {str(c): str(v) for c, v in row.items() if isinstance(v, str)}
            filled = NAMED.sub(lambda named, cells=cells: cells.get(named[1], ""), path)  # type: ignore[misc]
            if Path(filled).is_file():
                return filled
        return ""

    def more_columns(self) -> Sequence[Hashable]:
        texts = [self._name, self._files.path, *self._signing.texts()]
        named = [column for text in texts for column in NAMED.findall(text)]
        return list(dict.fromkeys([self._envelope, *named]))

    # ── plan, drafts ──

    def prepare(self, check: Check, match: Match) -> None:
        fixed = check.fixed()[~check.bad]
        people = match.apply(fixed)
        for column in self.more_columns():
            people[str(column)] = fixed[column]
        places = self._places.column()
        if places is not None:
            people[COLUMN] = places.reindex(people.index)
        people.attrs = {}
        facts = self._facts(self._files.path)
        self._plan = self._signio.plan_envelopes(people, str(self._envelope), **facts)

    def _facts(self, path: Any) -> dict[str, Any]:
        """What the plan is told besides its rows."""
        documents = self._signing.documents(path, self._places.place)
        facts: dict[str, Any] = {"documents": documents, "campaign": self._campaign}
        return facts | ({"envelope_options": {"nombre": self._name}} if self._name else {})

    def plan(self) -> Sequence[Child]:
        plan = self._plan
        if plan is None or self._sent is not None:
            return ()
        heading = parts.heading(message("What would be made"))
        counts = element(
            "p", ", ".join(f"{number(n)} {message(str(what))}" for what, n in plan.summary.items()), name="plan"
        )
        if len(plan.problems):
            problems = Listing("plan-problems", plan.problems.astype(str), labels=LABELS)
            return [heading, counts, problems.element(message("Cells to look at"))]
        shown = plan.envelopes.dropna(axis=1, how="all").reset_index()
        shown["order"] = [message(order) for order in shown["order"]]
        return [heading, counts, Listing("plan-envelopes", shown, labels=LABELS).element(message("Envelope")),
                parts.note(message("Nobody is told by making drafts."))]  # fmt: skip

    def label(self, good: int, left: int) -> str:
        """The button that makes the drafts. With a bad row, or a problem of the plan, there is none."""
        if self._plan is None or len(self._plan.problems) or left or not good:
            return ""
        return message("Make drafts ({count:,})", count=len(self._plan.envelopes))

    def send(self, check: Check, *, if_sent: IfSent, options: Mapping[str, Any]) -> Any:
        assert self._plan is not None
        return self._plan.build(if_sent=if_sent, options=options)

    # ── distribution ──

    def after(self, push: Push) -> Sequence[Child]:
        """After the drafts, their distribution; after that, where they stand."""
        if self._sent is not None:
            return self._standing()
        ready = self._ready()
        if not ready:
            return ()
        box = parts.line_box("number", self._typed, change=self._type, inputmode="numeric")
        asked = message("Type how many envelopes are to go out: {count:,}", count=ready)
        return [
            parts.heading(message("Send for signature")),
            parts.warning(message("Real people get e-mail, and it cannot be taken back.")),
            parts.row(
                parts.labelled(box, asked, wrong=self._wrong),
                self.form.button(
                    message("Send for signature"), "distribute", lambda: self._distribute(push), style="danger"
                ),
            ),
        ]

    def _ready(self) -> int:
        drafts = self._plan.drafts if self._plan else None
        return int(drafts.table["outcome"].isin(READY).sum()) if drafts is not None else 0

    def _type(self, number: str) -> None:
        self._typed, self._wrong = number.strip(), ""

    def _distribute(self, push: Push) -> None:
        plan, ready = self._plan, self._ready()
        assert plan is not None
        if self._typed != str(ready):
            self._wrong = message("The number of drafts that are ready is {count:,}. Nothing was sent.", count=ready)
            self.form.move_focus("number")
            raise InputError(self._wrong)
        self.form.show_code(f"{self.form.code}\nsent = plan.distribute(confirm={ready})")
        push(lambda options: self._send_out(plan, ready, options))

    def _send_out(self, plan: Plan, ready: int, options: Mapping[str, Any]) -> Any:
        report = plan.distribute(confirm=ready, options=options)
        self._sent = report
        return report

    def summary(self, report: Any) -> str:
        """What became of the envelopes, in words; empty where the rows' own sentence says it."""
        done = int(report.table["outcome"].isin(READY).sum())
        if report is self._sent:
            return plural("{count} envelope sent to its signers", "{count} envelopes sent to their signers", count=done)
        return plural(
            "{count} draft is ready; nobody has been told.",
            "{count} drafts are ready; nobody has been told.",
            count=done,
        )

    def _standing(self) -> Sequence[Child]:
        look = self.form.button(message("Where they stand"), "standing", self._look)
        if self._status is None:
            return [parts.row(look)]
        signatures = self._status.dropna(subset=["id_firmante"])
        envelopes = self._status.drop_duplicates("id_transaccion")["estado_nombre"].value_counts()
        counts = ", ".join(f"{number(n)} {name}" for name, n in envelopes[envelopes > 0].items())
        shown = pd.DataFrame({message("Envelope"): signatures["nombre"]}).join(who_signed(signatures))
        label, bar = signed_so_far(signatures)
        return [
            parts.heading(message("Where they stand"), key="where"),
            element("p", f"{counts} · {label}", name="standing-counts"),
            bar,
            Listing("standing", shown).element(message("Where they stand")),
            parts.row(look),
        ]

    def _look(self) -> None:
        assert self._sent is not None
        assert self._plan is not None
        drafts = self._plan.drafts
        assert drafts is not None
        self._status = self._signio.signature_status(drafts.table["id_transaccion"].dropna())
        self.form.move_focus("where")

    # ── as code ──

    def code(self, *, if_sent: IfSent) -> str:
        facts = ", ".join(f"{name}={value!r}" for name, value in self._facts(self._files.shown).items() if value != "")
        columns = [f"people[{str(c)!r}] = check.fixed()[{c!r}]" for c in self.more_columns()]
        places = [line.replace("sheet[", "people[", 1) for line in self._places.code()]
        new = f"if_sent={if_sent!r}" if if_sent != "raise" else ""
        planned = f"plan = api.signio.plan_envelopes(people, {str(self._envelope)!r}, {facts})"
        return "\n".join(
            ["people = match.apply(check.fixed())", *columns, *places, planned, f"drafts = plan.build({new})"]
        )


def campaign(signio: Signio) -> SheetForm:
    """Envelopes by the hundred from a spreadsheet of signers. `.report` is what came of the last step.

    Drafts come first, of which nobody is told. **Distribution sends e-mail to real people**, and asks for its number.
    """
    return SheetForm(Envelopes(signio))
