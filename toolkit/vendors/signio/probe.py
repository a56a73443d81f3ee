"""SIGNIO: what an account shows of our readings. Writes make drafts that are never distributed, and are deleted."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pandas as pd

from toolkit.calls.frames import form_of
from toolkit.errors import Rejected, SettingsError, ToolkitError
from toolkit.plain import mark, message
from toolkit.vendors.probing import Finding, Probe, Result, masked
from toolkit.vendors.signio.assumptions import TIMES

WRITES = mark(
    "SIGNIO: makes drafts with one document and one signer, who has your own address; reads them back and deletes "
    "them. They are never distributed: nobody gets an e-mail."
)
SUBJECTS = {"signio_email": mark("the address of the signer in the draft (default: your own)")}
KEY = "9c5e6a52-2a4f-4f0c-8f5e-6d7b1f0a2c31"  # of a probe's own drafts
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj "
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
)
ZONES = {0: "UTC", -5: "America/Bogota"}  # hours from UTC


def reads(probe: Probe) -> None:
    """What can be seen without a write."""
    listed = probe.read("envelopes")
    for call in ("tags", "base_envelopes", "templates"):
        probe.read(call)
    answer = probe.read("search_envelopes")
    _tenants(probe)
    probe.settle("estado_form", lambda signio: _nothing(signio.envelopes(1)))
    probe.settle("datetime_form", lambda signio: _nothing(signio.search_envelopes(updated_from="1999-12-31 18:30:00")))
    _times(probe, answer)
    rows = [row for row in (listed or {}).get("transacciones") or () if isinstance(row, dict)]
    if rows and isinstance(envelope := rows[0].get("id_transaccion"), str):
        for call in ("envelope", "documents", "signers", "signatures"):
            probe.read(call, envelope_id=envelope)


def _nothing(_: Any) -> str:
    return ""


def _tenants(probe: Probe) -> None:
    def ask(signio: Any) -> str:
        return message("{count} tenants", count=len(signio.tenants()))

    try:
        probe.client()._credentials("email", "password")
    except SettingsError:
        probe.cannot_tell("authenticate_header", message("only a token is known"))
        return
    probe.settle("authenticate_header", ask)


def _times(probe: Probe, answer: Any) -> None:
    """In which form times are answered."""
    cells = [row.get("updated_at") for row in (answer or {}).get("envelopes") or () if isinstance(row, dict)]
    texts = [cell for cell in cells if isinstance(cell, str) and cell.strip()]
    if not texts:
        return
    ours = probe.known.get("datetime_form", probe.connection.assumed["datetime_form"])
    forms = [form for form in (ours, *TIMES) if _has_form(texts[0], form)]
    if not _has_form(texts[0], "ISO8601") and forms:
        probe.decide("datetime_form", forms[0], message("answered as {form}", form=form_of(texts[0])))


def _has_form(text: str, form: str) -> bool:
    return not pd.isna(pd.to_datetime(text, format=form, errors="coerce"))


def writes(probe: Probe) -> None:
    """What only a write shows."""
    address = probe.subjects.get("signio_email") or probe.connection.account.get("email")
    with _drafts(probe) as drafts:
        _creation(probe, drafts)
        if drafts and address:
            _signer(probe, drafts[0], str(address))
        if drafts:
            _note(probe, drafts[0])
            _zone(probe, drafts[0])
    probe.cannot_tell("identity_numbers", message("no invalid number is registered"))
    probe.cannot_tell("y_direction", message("only eyes see where a stamp stands: look at a draft"))


@contextmanager
def _drafts(probe: Probe) -> Iterator[list[str]]:
    """The drafts of a probe; deleted afterwards."""
    drafts: list[str] = []
    try:
        yield drafts
    finally:
        left = []
        for draft in drafts:
            try:
                probe.client().delete_envelope(draft)
            except ToolkitError as problem:
                left.append(masked(str(problem)))
        if left:
            why = message("{count} drafts could not be deleted: {why}", count=len(left), why=left[0])
            probe.findings["delete_envelope"] = Finding(probe.name, "delete_envelope", Result.CANNOT_TELL, why)


def _creation(probe: Probe, drafts: list[str]) -> None:
    def create(signio: Any, **options: Any) -> str:
        drafts.append(signio.create_envelope("analyst-toolkit probe", **options))
        return ""

    probe.settle("tags_form", lambda signio: create(signio, tags=["analyst-toolkit", "probe"]))
    probe.settle("flags_form", lambda signio: create(signio, op_btnRechazo=True))
    now = probe.connection.session.clock.now()
    key = f"{KEY[:-12]}{int(now.timestamp() * 1000):012x}"[:36]
    signio = probe.client()
    try:
        create(signio, envelopeDeduplicationKey=key)
    except ToolkitError as problem:
        probe.cannot_tell("deduplication_key", masked(str(problem)))
        return
    try:
        create(signio, envelopeDeduplicationKey=key)
    except Rejected as problem:
        probe.decide("deduplication_key", "refused", masked(str(problem)))
        return
    same = drafts[-1] == drafts[-2]
    if same:
        drafts.pop()
    evidence = message("the same identifier came back") if same else message("another identifier came back")
    probe.decide("deduplication_key", "same envelope" if same else "ignored", evidence)


def _signer(probe: Probe, draft: str, address: str) -> None:
    person = {"nombre": "Probe", "tipo_identificacion": "OT", "email": address}
    numbers = iter(range(1, 100))

    def register(signio: Any, **more: Any) -> str:
        signio.add_signer(draft, **person, identificacion=f"{next(numbers)}", **more)
        return ""

    probe.settle("celular_form", lambda signio: register(signio, celular="+573000000000"))
    probe.settle("operation_rol_key", lambda signio: register(signio, operation_rol=["probe"]))
    probe.read("signers", envelope_id=draft)


def _note(probe: Probe, draft: str) -> None:
    """A day is sent with a promissory note in the draft; an account without notes cannot tell."""
    due = (probe.connection.session.clock.now() + timedelta(days=400)).date().replace(day=28)

    def upload(signio: Any) -> str:
        terms = {"type": "SIMPLE", "amount": 1, "payment_way": "x", "payment_place": "x", "expiration": due}
        own = {"template_id": 0, "document": ("probe.pdf", PDF), "consecutive": "probe"}
        signio.upload_promissory_note(draft, **terms, **own)
        return ""

    probe.settle("date_form", upload)


def _zone(probe: Probe, draft: str) -> None:
    """What was made a moment ago says in which zone its time is written."""
    client = probe.client(time_zone="UTC")
    envelopes = client.search_envelopes(name="analyst-toolkit probe")
    created = envelopes.loc[envelopes["id"] == draft, "created_at"]
    if created.empty or pd.isna(created.iloc[0]):
        probe.cannot_tell("time_zone", message("the draft has no time"))
        return
    raw = client.raw.search_envelopes(name="analyst-toolkit probe")["envelopes"]
    text = next((str(row.get("created_at")) for row in raw if row.get("id") == draft), "")
    now = pd.Timestamp(probe.connection.session.clock.now()).tz_convert("UTC")
    hours = round((created.iloc[0] - now).total_seconds() / 3600)
    named = pd.to_datetime(text, errors="coerce", format="ISO8601")
    if not pd.isna(named) and named.tzinfo is not None:
        probe.decide("time_zone", probe.connection.assumed["time_zone"], message("times name their zone"))
    elif hours in ZONES:
        probe.decide("time_zone", ZONES[hours], message("a draft of now is {hours:+} h from UTC", hours=hours))
    else:
        probe.cannot_tell("time_zone", message("a draft of now is {hours:+} h from UTC", hours=hours))
