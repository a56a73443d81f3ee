"""SIGNIO: what each of its services does."""

from collections.abc import Callable
from typing import Any

from toolkit.sandbox.vendor import Answer, Call, Refused
from toolkit.spec import Endpoint, Field, Masked, Text
from toolkit.vendors.signio.api import SYSTEM, RawOnly, Signio
from toolkit.vendors.signio.api.base import STATUSES, Status
from toolkit.vendors.signio.sandbox.check import people_of
from toolkit.vendors.signio.sandbox.envelopes import (
    Content,
    Document,
    Envelope,
    KeptTemplate,
    Link,
    Row,
    Signer,
    SignioError,
    Tag,
    Tenant,
    User,
)
from toolkit.vendors.signio.sandbox.forms import Forms
from toolkit.vendors.signio.sandbox.request import FAKE, TENANTS, SignioRequest, active, serves

TOKEN_LIFE, LINK_LIFE, PAGE = 120, 30, 1000  # minutes, minutes, rows
SEARCHED = {Status.DRAFT: "En Proceso", Status.COLLECTING: "En Proceso", Status.PENDING: "Pendiente de Firma"}
ONSITE = "signio.onsite"  # setting of the account: whether it may sign on site


# ── tokens ───────────────────────────────────────────────────────────────────


@serves(RawOnly.create_token)
def create_token(request: SignioRequest) -> dict[str, Any]:
    return {"token": _tokens(request, TENANTS[:1])[0]["token"]}


@serves(RawOnly.authenticate, lists=True)
def authenticate(request: SignioRequest) -> dict[str, Any]:
    """Of the token of 6.1 that its heading shows, nothing is asked, unless the vendor was switched."""
    header = request.call.switched.get("authenticate_header")
    if header == "none" and request.call.headers.get(SYSTEM.header.name):
        raise SignioError("05", SYSTEM.header.name)
    if header == "token" and not request.call.claims(request.call.credential()):
        raise SignioError("01")
    tenants = [t["name"] for t in request.call.store.rows(Tenant, active=True)]
    return {"tokens": _tokens(request, tenants)}


def _tokens(request: SignioRequest, tenants: Any) -> list[dict[str, Any]]:
    """A token for each tenant. A wrong password is answered as an inactive user (assumed: no code says it)."""
    call, email = request.call, request.values["email"]
    user = call.store.one(User, email=email)
    if not user or user["password"] != request.values["password"]:
        raise SignioError("02")
    for tenant in tenants:
        active(call, email, tenant)
    lifetime = request.values.get("ttl", TOKEN_LIFE) * 60
    ends = call.now + call.store.setting("signio.lifetime", lifetime)
    until = request.forms.shown_moment(ends)
    return [
        {"token": call.issue(email, lifetime, tenant=tenant), "tenant": tenant, "expires_at": until}
        for tenant in tenants
    ]


# ── envelopes ────────────────────────────────────────────────────────────────


@serves(Signio.envelopes, lists=True)
def envelopes(request: SignioRequest) -> dict[str, Any]:
    estado = request.values.get("estado") or None
    kept = request.call.store.rows(
        Envelope, tenant=request.tenant, base=False, **({"estado": estado} if estado else {})
    )
    state = request.forms.shown_state
    rows = [{**{k: e[k] for k in ("id_transaccion", "nombre")}, "estado": state(e["estado"])} for e in kept]
    return {"transacciones": rows}


@serves(Signio.tags, of_texts=True)
def tags(request: SignioRequest) -> dict[str, Any]:
    return {"tags": [row["tag"] for row in request.call.store.rows(Tag)]}


@serves(Signio.base_envelopes, lists=True)
def base_envelopes(request: SignioRequest) -> dict[str, Any]:
    kept = request.call.store.rows(Envelope, tenant=request.tenant, base=True)
    return {"transacciones": [{k: e[k] for k in ("id_transaccion", "nombre")} for e in kept]}


@serves(Signio.create_envelope, failed="id_transaccion")
def create_envelope(request: SignioRequest) -> dict[str, Any]:
    return {"id_transaccion": request.envelopes.create(request.tenant, request.values), "errores": []}


@serves(Signio.distribute)
def distribute(request: SignioRequest) -> None:
    request.envelopes.distribute(request.draft()["id_transaccion"])


@serves(Signio.envelope)
def envelope(request: SignioRequest) -> dict[str, Any]:
    kept, store = request.envelope, request.call.store
    documents, signers, links = (store.rows(r, id_transaccion=request.id) for r in (Document, Signer, Link))
    forms = request.forms
    whole = {k: kept[k] for k in ("id_transaccion", "nombre")} | {"estado": forms.shown_state(kept["estado"])}
    whole |= {"mensaje": kept["mensaje"] or "", "ciclo_aprobacion": forms.shown_flag(kept["ciclo_aprobacion"])}
    whole["documentos"] = [
        {
            "id_documento": d["id_documento"],
            "nombre": d["nombre"],
            "path": request.address("archivos", d["id_documento"], d["nombre"]),
        }
        for d in documents
    ]
    whole["contactos"] = [_contact(s, forms) for s in signers]
    approvers = {s["id_contacto"]: forms.shown_flag(s["aprobador"]) for s in signers}
    whole["firmas"] = [
        {
            "id_firmante": k["id_firmante"],
            "id_documento": k["id_documento"],
            "aprobador": approvers[k["id_firmante"]],
            "fecha_firma": forms.shown_moment(k["fecha_firma"]),
        }
        for k in links
        if not k["attachment"]
    ]
    return whole


def _contact(signer: Row, forms: Forms) -> dict[str, Any]:
    shown = {k: signer[k] for k in ("id_contacto", "tipo_identificacion", "identificacion", "nombre", "email", "orden")}
    kinds = {"tipo_firma": signer["tipo_firma"] or 0, "aprobador": forms.shown_flag(signer["aprobador"])}
    return shown | kinds | {"enable_comments": bool(signer["enable_comments"])}


def _in_state(request: SignioRequest, *states: Status) -> str:
    """The envelope, if in one of these states. The only documented refusal of these services is: not found."""
    if request.envelope["estado"] not in states:
        raise SignioError("06")
    return request.id


@serves(Signio.return_to_draft)
def return_to_draft(request: SignioRequest) -> None:
    request.envelopes.return_to_draft(_in_state(request, Status.PENDING, Status.COLLECTING))


@serves(Signio.delete_envelope)
def delete_envelope(request: SignioRequest) -> None:
    request.envelopes.delete(_in_state(request, Status.DRAFT))


@serves(Signio.search_envelopes, lists=True)
def search_envelopes(request: SignioRequest) -> dict[str, Any]:
    wanted, store = request.values, request.call.store
    sort = wanted.get("sort", "+created_at")
    kept = [
        {**e, "name": e["nombre"], "status": SEARCHED.get(e["estado"], STATUSES[e["estado"]])}
        for e in store.rows(Envelope, tenant=request.tenant, base=False)
        if wanted.get("filter[name]", "").casefold() in e["nombre"].casefold()
        and wanted.get("filter[from]", 0) <= e["updated_at"] <= wanted.get("filter[to]", float("inf"))
    ]
    status = wanted.get("filter[status]")
    kept = sorted((e for e in kept if status in (None, e["status"])), key=lambda e: e[sort[1:]], reverse=sort[0] == "-")
    start = wanted.get("offset", 0)
    return {
        "envelopes": [
            {
                "id": e["id_transaccion"],
                "name": e["name"],
                "status": e["status"],
                "created_at": request.forms.shown_moment(e["created_at"]),
                "updated_at": request.forms.shown_moment(e["updated_at"]),
                "documents_count": len(store.rows(Document, id_transaccion=e["id_transaccion"])),
            }
            for e in kept[start : start + PAGE]
        ]
    }


# ── documents, signers, links ────────────────────────────────────────────────


@serves(Signio.upload_document, failed="id_documento")
def upload_document(request: SignioRequest) -> dict[str, Any]:
    request.draft()
    name, content = request.values["documento"]
    people, wrong = people_of(request.values.get("metatags", {}), request.forms)
    if wrong:
        raise SignioError("05", *wrong)
    return {"id_documento": request.envelopes.upload(request.id, name, content, people)}


@serves(Signio.protect_document)
def protect_document(request: SignioRequest) -> dict[str, Any]:
    if "protect" not in request.values:
        raise SignioError("05", "protect")
    kept = request.envelopes.one(Document, id_documento=request.values["id_documento"])
    request.envelopes.one(Envelope, id_transaccion=kept["id_transaccion"], tenant=request.tenant)
    request.call.store.change(Document, {"protected": request.values["protect"]}, id_documento=kept["id_documento"])
    return {"mensaje": True}


@serves(Signio.add_signer, failed="id_firmante")
def add_signer(request: SignioRequest) -> dict[str, Any]:
    request.draft()
    return {"id_firmante": request.envelopes.add_signer(request.id, request.values)}


@serves(Signio.link)
def link(request: SignioRequest) -> None:
    request.draft()
    facts = {k: v for k, v in request.values.items() if k not in ("id_transaccion", "id_firmante", "id_documento")}
    request.envelopes.link(request.id, request.values["id_firmante"], request.values["id_documento"], **facts)


@serves(Signio.set_order)
def set_order(request: SignioRequest) -> None:
    request.draft()
    signer = request.envelopes.one(Signer, id_contacto=request.values["id_firmante"], id_transaccion=request.id)
    request.call.store.change(Signer, {"orden": request.values["orden"]}, id_contacto=signer["id_contacto"])


# ── templates, promissory notes, links ───────────────────────────────────────


@serves(Signio.template_fields, lists=True)
def template_fields(request: SignioRequest) -> dict[str, Any]:
    kept = request.call.store.rows(Document, id_transaccion=request.envelope["id_transaccion"], kind="template")
    return {"campos": [{"name": name} for name in dict.fromkeys(name for d in kept for name in d["inputs"])]}


@serves(Signio.templates, lists=True)
def templates(request: SignioRequest) -> dict[str, Any]:
    kept = request.call.store.rows(KeptTemplate)
    return {"templates": [{k: v for k, v in row.items() if k != "inputs"} for row in kept]}


@serves(Signio.use_template)
def use_template(request: SignioRequest) -> dict[str, Any]:
    created = request.envelopes.use_template(
        request.draft(), request.values["template_id"], request.values.get("fields", {})
    )
    return {"document": {"id": created["id_documento"], "name": created["nombre"]}}


@serves(Signio.update_template)
def update_template(request: SignioRequest) -> dict[str, Any]:
    request.draft()
    created = request.envelopes.fill(request.id, request.call.path["document_id"], request.values.get("fields", {}))
    return {"document": {"id": created["id_documento"], "name": created["nombre"]}}


@serves(Signio.upload_promissory_note, failed="document_id")
def upload_promissory_note(request: SignioRequest) -> dict[str, Any]:
    request.draft()
    _, content = request.values.pop("document", ("", None))
    return {"document_id": request.envelopes.note(request.id, request.values, content)}


@serves(Signio.edit_promissory_note, failed="document_id")
def edit_promissory_note(request: SignioRequest) -> dict[str, Any]:
    request.draft()
    note = request.envelopes.one(
        Document, id_documento=request.call.path["document_id"], id_transaccion=request.id, kind="note"
    )
    request.call.store.change(Document, {"terms": note["terms"] | request.values}, id_documento=note["id_documento"])
    return {"document_id": note["id_documento"]}


@serves(Signio.magic_link)
def magic_link(request: SignioRequest) -> dict[str, Any]:
    token = request.call.issue(request.email, LINK_LIFE * 60, envelope=request.envelope["id_transaccion"])
    return {"magic_link": f"{request.address('enlaces')}?token={token}"}


@serves(Signio.signing_url)
def signing_url(request: SignioRequest) -> dict[str, Any]:
    """For an envelope and a signer that both may sign on site. Everything else is a 404 (observed)."""
    wanted = request.values
    kept = request.envelopes.one(Envelope, id_transaccion=wanted["transaction_id"], tenant=request.tenant)
    who = {"tipo_identificacion": wanted["document_type"], "identificacion": wanted["document"]}
    signer = request.envelopes.one(Signer, id_transaccion=kept["id_transaccion"], **who)
    allowed = kept["on_premise_signature"] and signer["on_premise_signature"] in (None, 1)
    if not allowed or kept["estado"] != Status.PENDING or not request.call.store.setting(ONSITE, True):
        raise SignioError("06")
    token = request.call.issue(signer["email"], LINK_LIFE * 60, envelope=kept["id_transaccion"])
    return {"url": f"{request.address('enlaces')}?token={token}"}


# ── what links and paths lead to: no service of the manual ───────────────────


def _page(path: str, arguments: tuple[Field, ...], handler: Callable[[Call], Answer]) -> None:
    endpoint = Endpoint("GET", path, "", system=SYSTEM, arguments=arguments, authenticated=False)
    FAKE.routes["GET", path] = (endpoint, handler)


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


_page("/archivos/{id}", (Text(name="id"),), _file)
_page("/archivos/{id}/{nombre}", (Text(name="id"), Text(name="nombre")), _file)
_page("/enlaces", (Masked(name="token"),), _linked)
