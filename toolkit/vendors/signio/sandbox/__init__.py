"""SIGNIO: what each of its services does."""

from collections.abc import Callable
from typing import Any

from toolkit.sandbox.vendor import Answer, Call, Refused
from toolkit.spec import Endpoint, Field, Masked, Text
from toolkit.vendors.signio.api import SYSTEM, Signio
from toolkit.vendors.signio.api.base import STATUSES, Status
from toolkit.vendors.signio.sandbox.envelopes import (
    Content,
    Document,
    Envelope,
    KeptTemplate,
    Link,
    No,
    Row,
    Signer,
    Tag,
    Tenant,
    User,
)
from toolkit.vendors.signio.sandbox.request import TENANTS, VENDOR, Visit, active, iso, serves

__all__ = ["ONSITE", "VENDOR"]

TOKEN_LIFE, LINK_LIFE, PAGE = 120, 30, 1000  # minutes, minutes, rows
SEARCHED = {Status.DRAFT: "En Proceso", Status.COLLECTING: "En Proceso", Status.PENDING: "Pendiente de Firma"}
ONSITE = "signio.onsite"  # setting of the account: whether it may sign on site


# ── tokens ───────────────────────────────────────────────────────────────────


@serves(Signio.create_token)
def create_token(visit: Visit) -> dict[str, Any]:
    return {"token": _tokens(visit, TENANTS[:1])[0]["token"]}


@serves(Signio.authenticate)
def authenticate(visit: Visit) -> dict[str, Any]:
    tenants = [t["name"] for t in visit.call.store.rows(Tenant, active=True)]
    return {"tokens": _tokens(visit, tenants)}


def _tokens(visit: Visit, tenants: Any) -> list[dict[str, Any]]:
    """A token for each tenant. A wrong password is answered as an inactive user (assumed: no code says it)."""
    call, email = visit.call, visit.values["email"]
    user = call.store.one(User, email=email)
    if not user or user["password"] != visit.values["password"]:
        raise No("02")
    for tenant in tenants:
        active(call, email, tenant)
    life = visit.values.get("ttl", TOKEN_LIFE) * 60
    ends = call.now + call.store.setting("signio.lifetime", life)
    return [
        {"token": call.issue(email, life, tenant=tenant), "tenant": tenant, "expires_at": iso(ends)}
        for tenant in tenants
    ]


# ── envelopes ────────────────────────────────────────────────────────────────


@serves(Signio.envelopes)
def envelopes(visit: Visit) -> dict[str, Any]:
    estado = visit.values.get("estado") or None
    found = visit.call.store.rows(Envelope, tenant=visit.tenant, base=False, **({"estado": estado} if estado else {}))
    return {"transacciones": [{k: e[k] for k in ("id_transaccion", "nombre", "estado")} for e in found]}


@serves(Signio.tags)
def tags(visit: Visit) -> dict[str, Any]:
    return {"tags": [row["tag"] for row in visit.call.store.rows(Tag)]}


@serves(Signio.base_envelopes)
def base_envelopes(visit: Visit) -> dict[str, Any]:
    found = visit.call.store.rows(Envelope, tenant=visit.tenant, base=True)
    return {"transacciones": [{k: e[k] for k in ("id_transaccion", "nombre")} for e in found]}


@serves(Signio.create_envelope, failed="id_transaccion")
def create_envelope(visit: Visit) -> dict[str, Any]:
    return {"id_transaccion": visit.life.create(visit.tenant, visit.values), "errores": []}


@serves(Signio.distribute)
def distribute(visit: Visit) -> None:
    visit.life.distribute(visit.draft()["id_transaccion"])


@serves(Signio.envelope)
def envelope(visit: Visit) -> dict[str, Any]:
    found, store = visit.envelope, visit.call.store
    documents, signers, links = (store.rows(r, id_transaccion=visit.id) for r in (Document, Signer, Link))
    whole = {k: found[k] for k in ("id_transaccion", "nombre", "estado")}
    whole |= {"mensaje": found["mensaje"] or "", "ciclo_aprobacion": found["ciclo_aprobacion"] or 0}
    whole["documentos"] = [
        {"id_documento": d["id_documento"], "nombre": d["nombre"], "path": visit.address("archivos", d["id_documento"])}
        for d in documents
    ]
    whole["contactos"] = [_contact(s) for s in signers]
    approvers = {s["id_contacto"]: s["aprobador"] or 0 for s in signers}
    whole["firmas"] = [
        {
            "id_firmante": k["id_firmante"],
            "id_documento": k["id_documento"],
            "aprobador": approvers[k["id_firmante"]],
            "fecha_firma": iso(k["fecha_firma"]),
        }
        for k in links
        if not k["attachment"]
    ]
    return whole


def _contact(signer: Row) -> dict[str, Any]:
    shown = {k: signer[k] for k in ("id_contacto", "tipo_identificacion", "identificacion", "nombre", "email", "orden")}
    kinds = {"tipo_firma": signer["tipo_firma"] or 0, "aprobador": signer["aprobador"] or 0}
    return shown | kinds | {"enable_comments": bool(signer["enable_comments"])}


def _in_state(visit: Visit, *states: Status) -> str:
    """The envelope, if in one of these states. The only documented refusal of these services is: not found."""
    if visit.envelope["estado"] not in states:
        raise No("06")
    return visit.id


@serves(Signio.return_to_draft)
def return_to_draft(visit: Visit) -> None:
    visit.life.return_to_draft(_in_state(visit, Status.PENDING, Status.COLLECTING))


@serves(Signio.delete_envelope)
def delete_envelope(visit: Visit) -> None:
    visit.life.delete(_in_state(visit, Status.DRAFT))


@serves(Signio.search_envelopes)
def search_envelopes(visit: Visit) -> dict[str, Any]:
    wanted, store = visit.values, visit.call.store
    sort = wanted.get("sort", "+created_at")
    found = [
        {**e, "name": e["nombre"], "status": SEARCHED.get(e["estado"], STATUSES[e["estado"]])}
        for e in store.rows(Envelope, tenant=visit.tenant, base=False)
        if wanted.get("filter[name]", "").casefold() in e["nombre"].casefold()
        and wanted.get("filter[from]", 0) <= e["updated_at"] <= wanted.get("filter[to]", float("inf"))
    ]
    status = wanted.get("filter[status]")
    found = sorted(
        (e for e in found if status in (None, e["status"])), key=lambda e: e[sort[1:]], reverse=sort[0] == "-"
    )
    start = wanted.get("offset", 0)
    return {
        "envelopes": [
            {
                "id": e["id_transaccion"],
                "name": e["name"],
                "status": e["status"],
                "created_at": iso(e["created_at"]),
                "updated_at": iso(e["updated_at"]),
                "documents_count": len(store.rows(Document, id_transaccion=e["id_transaccion"])),
            }
            for e in found[start : start + PAGE]
        ]
    }


# ── documents, signers, links ────────────────────────────────────────────────


@serves(Signio.upload_document, failed="id_documento")
def upload_document(visit: Visit) -> dict[str, Any]:
    visit.draft()
    name, content = visit.values["documento"]
    return {"id_documento": visit.life.upload(visit.id, name, content, visit.values.get("metatags", {}))}


@serves(Signio.protect_document)
def protect_document(visit: Visit) -> dict[str, Any]:
    found = visit.life.one(Document, id_documento=visit.values["id_documento"])
    visit.life.one(Envelope, id_transaccion=found["id_transaccion"], tenant=visit.tenant)
    visit.call.store.change(Document, {"protected": visit.values["protect"]}, id_documento=found["id_documento"])
    return {"mensaje": True}


@serves(Signio.add_signer, failed="id_firmante")
def add_signer(visit: Visit) -> dict[str, Any]:
    visit.draft()
    return {"id_firmante": visit.life.add_signer(visit.id, visit.values)}


@serves(Signio.link)
def link(visit: Visit) -> None:
    visit.draft()
    facts = {k: v for k, v in visit.values.items() if k not in ("id_transaccion", "id_firmante", "id_documento")}
    visit.life.link(visit.id, visit.values["id_firmante"], visit.values["id_documento"], **facts)


@serves(Signio.set_order)
def set_order(visit: Visit) -> None:
    visit.draft()
    signer = visit.life.one(Signer, id_contacto=visit.values["id_firmante"], id_transaccion=visit.id)
    visit.call.store.change(Signer, {"orden": visit.values["orden"]}, id_contacto=signer["id_contacto"])


# ── templates, promissory notes, links ───────────────────────────────────────


@serves(Signio.template_fields)
def template_fields(visit: Visit) -> dict[str, Any]:
    found = visit.call.store.rows(Document, id_transaccion=visit.envelope["id_transaccion"], kind="template")
    return {"campos": [{"name": name} for name in dict.fromkeys(name for d in found for name in d["inputs"])]}


@serves(Signio.templates)
def templates(visit: Visit) -> dict[str, Any]:
    found = visit.call.store.rows(KeptTemplate)
    return {"templates": [{k: v for k, v in row.items() if k != "inputs"} for row in found]}


@serves(Signio.use_template)
def use_template(visit: Visit) -> dict[str, Any]:
    made = visit.life.use_template(visit.draft(), visit.values["template_id"], visit.values.get("fields", {}))
    return {"document": {"id": made["id_documento"], "name": made["nombre"]}}


@serves(Signio.update_template)
def update_template(visit: Visit) -> dict[str, Any]:
    visit.draft()
    made = visit.life.fill(visit.id, visit.call.path["document_id"], visit.values["fields"])
    return {"document": {"id": made["id_documento"], "name": made["nombre"]}}


@serves(Signio.upload_promissory_note, failed="document_id")
def upload_promissory_note(visit: Visit) -> dict[str, Any]:
    visit.draft()
    _, content = visit.values.pop("document", ("", None))
    return {"document_id": visit.life.note(visit.id, visit.values, content)}


@serves(Signio.edit_promissory_note, failed="document_id")
def edit_promissory_note(visit: Visit) -> dict[str, Any]:
    visit.draft()
    note = visit.life.one(Document, id_documento=visit.call.path["document_id"], id_transaccion=visit.id, kind="note")
    visit.call.store.change(Document, {"terms": note["terms"] | visit.values}, id_documento=note["id_documento"])
    return {"document_id": note["id_documento"]}


@serves(Signio.edit_link)
def edit_link(visit: Visit) -> dict[str, Any]:
    token = visit.call.issue(visit.email, LINK_LIFE * 60, envelope=visit.envelope["id_transaccion"])
    return {"magic_link": f"{visit.address('enlaces')}?token={token}"}


@serves(Signio.signing_url)
def signing_url(visit: Visit) -> dict[str, Any]:
    """For an envelope and a signer that both may sign on site. Everything else is a 404 (observed)."""
    wanted = visit.values
    found = visit.life.one(Envelope, id_transaccion=wanted["transaction_id"], tenant=visit.tenant)
    who = {"tipo_identificacion": wanted["document_type"], "identificacion": wanted["document"]}
    signer = visit.life.one(Signer, id_transaccion=found["id_transaccion"], **who)
    allowed = found["on_premise_signature"] and signer["on_premise_signature"] in (None, 1)
    if not allowed or found["estado"] != Status.PENDING or not visit.call.store.setting(ONSITE, True):
        raise No("06")
    token = visit.call.issue(signer["email"], LINK_LIFE * 60, envelope=found["id_transaccion"])
    return {"url": f"{visit.address('enlaces')}?token={token}"}


# ── what links and paths lead to: no service of the manual ───────────────────


def _page(path: str, argument: Field, handler: Callable[[Call], Answer]) -> None:
    endpoint = Endpoint("GET", path, "", system=SYSTEM, arguments=(argument,), authenticated=False)
    VENDOR.routes["GET", path] = (endpoint, handler)


def _file(call: Call) -> Answer:
    """A document's file. A protected one cannot be had once its envelope is signed."""
    document = call.store.one(Document, id_documento=call.path["id"])
    content = call.store.one(Content, id_documento=call.path["id"])
    if not document or not content:
        raise Refused(404)
    signed = call.store.one(Envelope, id_transaccion=document["id_transaccion"], estado=int(Status.SIGNED))
    if signed and document["protected"]:
        raise Refused(403)
    return 200, content["content"]


def _linked(call: Call) -> Answer:
    """Who is logged in by a link, and where."""
    claims = call.claims(call.query.get("token", ""))
    if not claims or "envelope" not in claims:
        raise Refused(404)
    return 200, {"usuario": claims["sub"], "id_transaccion": claims["envelope"]}


_page("/archivos/{id}", Text(name="id"), _file)
_page("/enlaces", Masked(name="token"), _linked)
