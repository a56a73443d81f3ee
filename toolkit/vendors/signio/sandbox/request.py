"""How SIGNIO signs users in and how it answers: tokens, the values of a request, and both dialects of yes and no.

Failures have HTTP status 200 and the documented code, in the words of the service that was called.
"""

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from werkzeug.datastructures import FileStorage

from toolkit.sandbox.vendor import Answer, Call, Described, FakeVendor, Refused
from toolkit.spec import Endpoint
from toolkit.vendors.signio.api import SYSTEM
from toolkit.vendors.signio.sandbox.check import read
from toolkit.vendors.signio.sandbox.envelopes import (
    TABLES,
    Envelope,
    KeptTemplate,
    Row,
    SignioError,
    StoredEnvelopes,
    Tag,
    Tenant,
    User,
)
from toolkit.vendors.signio.sandbox.forms import Forms

CREDENTIALS = {"email": "analista@example.co", "password": "sandbox-password"}
TENANTS = ("EMPRESA - OPERACIONES", "EMPRESA - LEGAL")  # the first is the user's own
BASE = "7d1f0c52-3b7e-4b8e-8e0a-60f0f2f7b001"
MESSAGES = {
    "00": "Operación correcta",
    "01": "token invalido",
    "02": "usuario inactivo",
    "03": "cliente inactivo",
    "04": "error interno",
    "05": "contenido no procesable",
    "06": "recurso no encontrado",
}
CODES = {401: "01", 403: "02", 404: "06", 405: "06", **dict.fromkeys((400, 413, 415), "05"), 500: "04"}
NEWER = ("/envelope", "/templates", "/auth")  # these say `code` and `message`


def seed(call: Call) -> None:
    store, envelopes = call.store, StoredEnvelopes(call.store, call.now)
    store.add(User, {**CREDENTIALS, "active": True})
    store.add_many(Tenant, [{"name": name, "active": True, "webhook": None} for name in TENANTS])
    store.add_many(Tag, [{"tag": "Contratos"}, {"tag": "Nómina"}])
    facts = {"status": 1, "protected": False, "created_at": "2026-01-10T12:00:00+00:00"}
    contract = {"id": 12, "name": "Contrato", "description": "Contrato a término fijo", "type": "PLL"}
    inputs = ["name", "identification"]
    store.add(KeptTemplate, {**facts, **contract, "roles": "Operador,Empleado", "inputs": inputs})
    note = {"id": 13, "name": "Pagaré", "description": "", "type": "XFORM", "roles": "Operador", "inputs": ["name"]}
    store.add(KeptTemplate, {**facts, **note, "status": 2, "protected": True})
    base = envelopes.create(TENANTS[0], {"nombre": "Base laboral"})
    store.change(Envelope, {"id_transaccion": BASE, "base": True}, id_transaccion=base)


def error_response(refusal: Refused) -> Answer:
    """A refusal that no service wrote; its HTTP status tells, and both dialects' words are there."""
    if isinstance(refusal.details, dict):
        return refusal.status, refusal.details
    if refusal.status not in CODES:  # said by what stands before the vendor, and in nobody's dialect
        return refusal.status, {"message": f"HTTP {refusal.status}"}
    code = CODES[refusal.status]
    return refusal.status, {"codigo": code, "mensaje": MESSAGES[code], "code": code, "message": MESSAGES[code]}


FAKE = FakeVendor(SYSTEM, CREDENTIALS, TABLES, seed, error_response, lambda call: None)


@dataclass
class SignioRequest:
    """One request that is let in: who comes, and what is wanted, by the vendor's names."""

    call: Call
    envelopes: StoredEnvelopes
    tenant: str
    email: str
    values: dict[str, Any]
    forms: Forms

    @property
    def id(self) -> str:
        return str(self.values.get("id_transaccion") or self.call.path["envelope_id"])

    @property
    def envelope(self) -> Row:
        return self.envelopes.one(Envelope, id_transaccion=self.id, tenant=self.tenant)

    def draft(self) -> Row:
        return self.envelopes.draft(self.tenant, self.id)

    def address(self, *path: str) -> str:
        """Where something of this sandbox is to be had."""
        return address_in(f"http://{self.call.headers.get('Host')}", *path)


def address_in(sandbox: str, *path: str) -> str:
    return "/".join([f"{sandbox}/{SYSTEM.name}", *(quote(part, safe="") for part in path)])


Service = Callable[[SignioRequest], dict[str, Any] | None]


def describe(endpoint: Endpoint) -> Described:
    code, words = ("code", "message") if endpoint.path.startswith(NEWER) else ("codigo", "mensaje")
    head = {code: {"type": "string", "enum": ["00"]}, words: {"type": ["string", "boolean"]}}
    errors = {"errores": {"type": "array", "items": {"type": "string"}}}
    codes = {code: {"type": "string", "enum": [c for c in MESSAGES if c != "00"]}, words: {"type": "string"}}
    failure = {"type": "object", "properties": {**codes, **errors}, "required": [code, words]}
    return Described({} if endpoint.code_optional else head, failure, failure_is_200=True)


FAKE.describe = describe


def serves(
    declared: Any, *, failed: str = "", lists: bool = False, of_texts: bool = False
) -> Callable[[Service], Service]:
    """Register a service; `failed` names the identifier that is 0 where it could not be done."""
    endpoint: Endpoint = declared.endpoint
    newer = endpoint.path.startswith(NEWER)

    def answer_with(code: str) -> dict[str, Any]:
        return {"code": code, "message": MESSAGES[code]} if newer else {"codigo": code, "mensaje": MESSAGES[code]}

    def register(service: Service) -> Service:
        @FAKE.handles(declared, lists=lists, of_texts=of_texts)
        def handler(call: Call) -> Answer:
            try:
                done = _served(service, call, endpoint)
            except SignioError as refusal:
                errors = {"errores": refusal.errors} if refusal.code == "05" else {}
                zero = {failed: 0} if failed else {}
                missing = endpoint.code_optional and refusal.code == "06"
                raise Refused(404 if missing else 200, details=answer_with(refusal.code) | zero | errors) from None
            return 200, done if endpoint.code_optional else {**answer_with("00"), **done}

        return service

    return register


def _served(service: Service, call: Call, endpoint: Endpoint) -> dict[str, Any]:
    try:
        return service(_request(call, endpoint)) or {}
    except (RecursionError, OverflowError, UnicodeError):  # it can be read, and no database holds it
        raise SignioError("05", "formato") from None


def _request(call: Call, endpoint: Endpoint) -> SignioRequest:
    tenant = email = ""
    if endpoint.authenticated:
        claims = call.claims(call.credential()) or {}
        if not claims or "envelope" in claims:
            raise SignioError("01")
        tenant, email = claims.get("tenant", TENANTS[0]), claims["sub"]
        active(call, email, tenant)
    fields = [a for a in endpoint.arguments if a.name not in endpoint.in_path]
    forms = Forms(call.switched)
    values, wrong = read(fields, _sent(call, endpoint), forms, strict=call.strict)
    if wrong:
        raise SignioError("05", *wrong)
    twice = str(call.reading("deduplication_key"))
    return SignioRequest(call, StoredEnvelopes(call.store, call.now, twice), tenant, email, values, forms)


def active(call: Call, email: str, tenant: str) -> None:
    user, customer = call.store.one(User, email=email), call.store.one(Tenant, name=tenant)
    if user and not user["active"]:
        raise SignioError("02")
    if customer and not customer["active"]:
        raise SignioError("03")


def _sent(call: Call, endpoint: Endpoint) -> Mapping[str, Any]:
    if endpoint.method == "GET":
        return call.query
    if not call.body:
        return {}
    try:
        if endpoint.multipart and call.headers.get_content_type() == "multipart/form-data":
            return {**call.form, **{key: _whole(file) for key, file in call.files.items()}}
        sent = call.json
    except Refused:
        raise SignioError("05", "formato") from None
    if not isinstance(sent, dict):
        raise SignioError("05", "formato")
    return sent


def _whole(file: FileStorage) -> tuple[str, bytes]:
    with closing(file):
        return file.filename or "", file.read()
