"""The life of an envelope: from the draft to its end, who is told when, and what signers do.

What the vendor would refuse raises `SignioError` with the documented code.
"""

import base64
import hashlib
import re
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from toolkit.sandbox.store import Store
from toolkit.spec import Bool, File, Flag, Integer, Json, List, Number, Record, Text
from toolkit.vendors.signio.api.base import Status
from toolkit.vendors.signio.api.envelopes import EnvelopeOptions
from toolkit.vendors.signio.api.notes import NewNote
from toolkit.vendors.signio.api.signers import NewSigner
from toolkit.vendors.signio.api.templates import Template

Row = dict[str, Any]


class User(Record):
    email: Text = Text()
    password: Text = Text()
    active: Bool = Bool()


class Tenant(Record):
    name: Text = Text()
    active: Bool = Bool()
    webhook: Text = Text("A loopback address that is called when an envelope ends.")


class Tag(Record):
    tag: Text = Text()


class KeptTemplate(Template):
    inputs: Json = Json("The names of its inputs.")


class Envelope(EnvelopeOptions):
    id_transaccion: Text = Text()
    tenant: Text = Text()
    nombre: Text = Text()
    estado: Integer = Integer()
    base: Bool = Bool("Whether others copy its structure.")
    created_at: Number = Number("Seconds since 1970.")
    updated_at: Number = Number()


class Document(Record):
    id_documento: Text = Text()
    id_transaccion: Text = Text()
    nombre: Text = Text()
    kind: Text = Text("file, template or note")
    roles: Json = Json("Of its tags or template.")
    inputs: Json = Json("The names of its template's inputs …")
    values: Json = Json("… and what they hold.")
    terms: Json = Json("Of a promissory note.")
    protected: Bool = Bool()


class Content(Record):
    id_documento: Text = Text()
    content: File = File()


class Signer(NewSigner):
    id_contacto: Text = Text()
    id_transaccion: Text = Text()
    invited: Bool = Bool("Whether the invitation went out.")
    operation_rol: List = List("Roles, joined by commas; here by one name.")


class Link(Record):
    n: Integer = Integer()
    id_transaccion: Text = Text()
    id_firmante: Text = Text()
    id_documento: Text = Text()
    posicion: Json = Json()
    stamps: Json = Json()
    attachment: Flag = Flag()
    operation_rol: Text = Text()
    fecha_firma: Number = Number("Seconds since 1970.")


class Mail(Record):
    """An e-mail that would have gone out."""

    n: Integer = Integer()
    at: Number = Number("Seconds since 1970.")
    id_transaccion: Text = Text()
    id_firmante: Text = Text()
    recipient: Text = Text()
    kind: Text = Text("firma, captura, copia, notificado or fin")


TABLES: dict[type[Record], str] = {
    User: "email",
    Tenant: "name",
    Tag: "tag",
    KeptTemplate: "id",
    Envelope: "id_transaccion",
    Document: "id_documento",
    Content: "id_documento",
    Signer: "id_contacto",
    Link: "n",
    Mail: "n",
}
ID_BYTES = 148  # 200 characters of base64
STAMP_TAG = re.compile(rb"\{\{Sig\w+:([\w-]+)")
NEEDED = ("nombre", "tipo_identificacion", "identificacion", "email")


class SignioError(Exception):
    """The documented code of a refusal, and what is wrong."""

    def __init__(self, code: str, *errors: str) -> None:
        super().__init__(code, *errors)
        self.code: str = code
        self.errors: list[str] = list(errors)


class StoredEnvelopes:
    """The envelopes of one store at one moment."""

    def __init__(self, store: Store, now: float, twice: str = "") -> None:
        self.store: Store = store
        self.now: float = now
        self._twice = twice  # what the same deduplication key again is

    def one(self, record: type[Record], **equal: Any) -> Row:
        """The one such row, or the code of what is not found."""
        kept = self.store.one(record, **equal)
        if kept is None:
            raise SignioError("06", record.__name__)
        return kept

    def _named(self, kind: str) -> str:
        """A new identifier, opaque and long as the vendor's: 200 characters, `+`, `/` and `=` among them."""
        n = self.store.setting(f"signio.{kind}", 0) + 1
        self.store.set(f"signio.{kind}", n)
        return base64.b64encode(hashlib.shake_256(f"{kind}-{n}".encode()).digest(ID_BYTES)).decode()

    def _touch(self, envelope: str, **changes: Any) -> None:
        self.store.change(Envelope, {"updated_at": self.now, **changes}, id_transaccion=envelope)

    # ── drafts ──

    def create(self, tenant: str, values: Mapping[str, Any]) -> str:
        """A new draft; the first one again where its deduplication key is known, unless that was switched."""
        key, base = values.get("envelopeDeduplicationKey"), values.get("id_transaccion_base")
        known = self.store.one(Envelope, tenant=tenant, envelopeDeduplicationKey=key) if key else None
        if known and self._twice == "refused":
            raise SignioError("05", "envelopeDeduplicationKey")
        if known and self._twice != "ignored":
            return str(known["id_transaccion"])
        if base:
            self.one(Envelope, id_transaccion=base, tenant=tenant, base=True)
        created = str(uuid.uuid4())
        times = {"created_at": self.now, "updated_at": self.now}
        whose = {"id_transaccion": created, "tenant": tenant, "estado": int(Status.DRAFT), "base": False}
        self.store.add(Envelope, {**values, **whose, **times})
        if base:
            self._copy(base, created)
        return created

    def _copy(self, base: str, created: str) -> None:
        new: dict[str, str] = {}
        for d in self.store.rows(Document, id_transaccion=base):
            content = self.store.one(Content, id_documento=d["id_documento"]) or {}
            facts = {k: d[k] for k in ("roles", "inputs", "values", "terms")}
            new[d["id_documento"]] = self.add_document(created, d["nombre"], d["kind"], content.get("content"), **facts)
        for s in self.store.rows(Signer, id_transaccion=base):
            new[s["id_contacto"]] = self.add_signer(created, {f.name: s[f.name] for f in NewSigner.fields})
        for k in self.store.rows(Link, id_transaccion=base):
            facts = {name: k[name] for name in ("posicion", "stamps", "attachment", "operation_rol")}
            self.link(created, new[k["id_firmante"]], new[k["id_documento"]], **facts)

    def draft(self, tenant: str, envelope: str) -> Row:
        """The envelope, which can be changed in *En elaboración* only (assumed)."""
        kept = self.one(Envelope, id_transaccion=envelope, tenant=tenant)
        if kept["estado"] != Status.DRAFT:
            raise SignioError("05", "estado")
        self._touch(envelope)
        return kept

    def add_document(self, envelope: str, nombre: str, kind: str, content: bytes | None = None, **facts: Any) -> str:
        created = self._named("doc")
        whose = {
            "id_documento": created,
            "id_transaccion": envelope,
            "nombre": nombre,
            "kind": kind,
            "protected": False,
        }
        self.store.add(Document, {**facts, **whose})
        if content is not None:
            self.store.add(Content, {"id_documento": created, "content": content})
        return created

    def add_signer(self, envelope: str, values: Mapping[str, Any]) -> str:
        """A new signer; the same identity document twice in one envelope is refused (assumed)."""
        who = {k: values.get(k) for k in ("tipo_identificacion", "identificacion")}
        if self.store.one(Signer, id_transaccion=envelope, **who):
            raise SignioError("05", "identificacion")
        created = self._register(envelope, values)
        for document in self.store.rows(Document, id_transaccion=envelope, kind="file"):
            if set(_roles(values)) & set(document["roles"] or ()):
                self.link(envelope, created, document["id_documento"], attachment=0)
        return created

    def _register(self, envelope: str, values: Mapping[str, Any]) -> str:
        created = self._named("firmante")
        self.store.add(Signer, {**values, "id_contacto": created, "id_transaccion": envelope, "invited": False})
        return created

    def upload(self, envelope: str, nombre: str, content: bytes, people: Mapping[str, Row]) -> str:
        """A file, and who signs it: whom its metatags describe (`people`, by role), and who has one of its roles.

        Somebody described for the first time is registered; the same person in a second file signs both.
        """
        in_file = [tag.decode() for tag in STAMP_TAG.findall(content)]
        roles = [*dict.fromkeys([*people, *in_file])]
        created = self.add_document(envelope, nombre, "file", content, roles=roles)
        described = {role: self._described(envelope, role, person) for role, person in people.items()}
        known = {role: signer for role, signer in described.items() if signer}
        for signer in self.store.rows(Signer, id_transaccion=envelope):
            if signer["id_contacto"] in known.values() or set(_roles(signer)) & (set(roles) - set(known)):
                self.link(envelope, signer["id_contacto"], created, attachment=0)
        return created

    def _described(self, envelope: str, role: str, person: Row) -> str:
        """The signer that a role's metatags describe, registered where that is new; "" where they say too little."""
        who = {k: person.get(k) for k in ("tipo_identificacion", "identificacion")}
        kept = self.store.one(Signer, id_transaccion=envelope, **who) if all(who.values()) else None
        if kept is None:
            whole = all(person.get(k) for k in NEEDED)
            return self._register(envelope, {**person, "operation_rol": role}) if whole else ""
        joined = ",".join(dict.fromkeys([*_roles(kept), role]))
        self.store.change(Signer, {"operation_rol": joined}, id_contacto=kept["id_contacto"])
        return str(kept["id_contacto"])

    def link(self, envelope: str, signer: str, document: str, **facts: Any) -> None:
        """What a signer signs or, attached, only reads. The last word counts (assumed)."""
        self.one(Signer, id_contacto=signer, id_transaccion=envelope)
        self.one(Document, id_documento=document, id_transaccion=envelope)
        both = {"id_firmante": signer, "id_documento": document}
        self.store.remove(Link, **both)
        self.store.add(Link, {**facts, **both, "id_transaccion": envelope, "attachment": facts.get("attachment") or 0})

    def use_template(self, envelope: Row, template: int, fields: Mapping[str, Any]) -> Row:
        """A document made from a template, attached to every contact who is there."""
        kept = self.one(KeptTemplate, id=template)
        if kept["status"] != 1:
            raise SignioError("05", "template_id")
        known = envelope["campos_plantillas"] or {}
        values = {name: known[name] for name in kept["inputs"] if name in known}
        facts = {"inputs": kept["inputs"], "roles": kept["roles"].split(","), "values": values}
        created = self.add_document(envelope["id_transaccion"], kept["name"], "template", **facts)
        for signer in self.store.rows(Signer, id_transaccion=envelope["id_transaccion"]):
            self.link(envelope["id_transaccion"], signer["id_contacto"], created, attachment=1)
        return self.fill(envelope["id_transaccion"], created, fields)

    def fill(self, envelope: str, document: str, fields: Mapping[str, Any]) -> Row:
        kept = self.one(Document, id_documento=document, id_transaccion=envelope, kind="template")
        if unknown := [name for name in fields if name not in kept["inputs"]]:
            raise SignioError("05", *unknown)
        self.store.change(Document, {"values": {**kept["values"], **fields}}, id_documento=document)
        return kept

    def note(self, envelope: str, values: Mapping[str, Any], content: bytes | None) -> str:
        terms = {f.key: values.get(f.key) for f in NewNote.fields if f.key != "document"}
        return self.add_document(envelope, values.get("reference") or "Pagaré", "note", content, terms=terms)

    # ── distribution ──

    def distribute(self, envelope: str) -> None:
        """To the signers; first to those who fill in templates, where inputs are empty."""
        links = self.store.rows(Link, id_transaccion=envelope)
        signers = [s for s in self.store.rows(Signer, id_transaccion=envelope) if not s["rol"]]
        linked = {k["id_firmante"] for k in links}
        missing = [] if any(not k["attachment"] for k in links) else ["firmas"]
        missing += [s["id_contacto"] for s in signers if s["id_contacto"] not in linked]
        if missing:
            raise SignioError("05", *missing)
        templates = self.store.rows(Document, id_transaccion=envelope, kind="template")
        empty = {d["id_documento"] for d in templates if set(d["inputs"]) - set(d["values"])}
        self._touch(envelope, estado=int(Status.COLLECTING if empty else Status.PENDING))
        if not empty:
            self._invite(envelope)
            return
        asked = {k["id_firmante"] for k in links if k["id_documento"] in empty}
        for signer in signers:
            if signer["id_contacto"] in asked:
                self._tell(envelope, "captura", [signer["email"]], signer["id_contacto"])

    def turn(self, envelope: str) -> list[Row]:
        """Whose turn it is: everybody's where nobody has an order, else that of the lowest who has not signed."""
        links = self.store.rows(Link, id_transaccion=envelope, attachment=0, fecha_firma=None)
        waiting = {k["id_firmante"] for k in links}
        signers = self.store.rows(Signer, id_transaccion=envelope, rol=None)
        pending = [s for s in signers if s["id_contacto"] in waiting]
        first = min((_order(s) for s in pending), default=0)
        return [s for s in pending if _order(s) == first]

    def _invite(self, envelope: str) -> None:
        for signer in self.turn(envelope):
            if not signer["invited"]:
                self._tell(envelope, "firma", [signer["email"]], signer["id_contacto"])
                self.store.change(Signer, {"invited": True}, id_contacto=signer["id_contacto"])

    def _tell(self, envelope: str, kind: str, recipients: Iterable[str], signer: str | None = None) -> None:
        for recipient in recipients:
            facts = {"at": self.now, "id_transaccion": envelope, "id_firmante": signer}
            self.store.add(Mail, {**facts, "recipient": recipient, "kind": kind})

    def return_to_draft(self, envelope: str) -> None:
        """Back to be edited; the signatures so far are void (assumed)."""
        self._touch(envelope, estado=int(Status.DRAFT))
        self.store.change(Link, {"fecha_firma": None}, id_transaccion=envelope)
        self.store.change(Signer, {"invited": False}, id_transaccion=envelope)

    def delete(self, envelope: str) -> None:
        for document in self.store.rows(Document, id_transaccion=envelope):
            self.store.remove(Content, id_documento=document["id_documento"])
        for record in (Document, Signer, Link, Envelope):
            self.store.remove(record, id_transaccion=envelope)

    # ── what signers do ──

    def sign(self, envelope: str, who: str | None) -> bool:
        """One whose turn it is, or all of them, signs everything; True where the envelope ends with it."""
        if self.one(Envelope, id_transaccion=envelope)["estado"] != Status.PENDING:
            raise SignioError("05", "estado")
        able = [s for s in self.turn(envelope) if who in (None, s["id_contacto"], s["email"])]
        if not able:
            raise SignioError("05", "turno")
        for signer in able:
            self.store.change(Link, {"fecha_firma": self.now}, id_firmante=signer["id_contacto"], attachment=0)
        self._touch(envelope)
        if self.turn(envelope):
            self._invite(envelope)
            return False
        self.end(envelope, Status.SIGNED)
        return True

    def collect(self, envelope: str, fields: Mapping[str, Any]) -> None:
        """The roles fill the inputs of the templates: the envelope goes on to be signed."""
        if self.one(Envelope, id_transaccion=envelope)["estado"] != Status.COLLECTING:
            raise SignioError("05", "estado")
        for d in self.store.rows(Document, id_transaccion=envelope, kind="template"):
            self.fill(envelope, d["id_documento"], {k: v for k, v in fields.items() if k in d["inputs"]})
        self._touch(envelope, estado=int(Status.PENDING))
        self._invite(envelope)

    def end(self, envelope: str, estado: Status) -> None:
        """The end, and who is told of it: the copies once signed, those to be notified, and the distributor."""
        kept = self.one(Envelope, id_transaccion=envelope)
        if kept["estado"] not in (Status.PENDING, Status.COLLECTING):
            raise SignioError("05", "estado")
        self._touch(envelope, estado=int(estado))
        if estado is Status.SIGNED:
            self._tell(envelope, "copia", [a.strip() for a in (kept["cc"] or "").split(",") if a.strip()])
        for signer in self.store.rows(Signer, id_transaccion=envelope, rol="Notificado"):
            if estado in (signer["states"] or [Status.SIGNED]):
                self._tell(envelope, "notificado", [signer["email"]], signer["id_contacto"])
        if kept["created_by"]:
            self._tell(envelope, "fin", [kept["created_by"]])


def _roles(signer: Mapping[str, Any]) -> list[str]:
    return [role.strip() for role in (signer.get("operation_rol") or "").split(",") if role.strip()]


def _order(signer: Mapping[str, Any]) -> float:
    return float("inf") if signer["orden"] is None else float(signer["orden"])
