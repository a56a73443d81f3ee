"""A request that is all but right: one member at a time holds something odd. The answer is a clear one, never a 500.

`test_fuzz` sends nonsense, most of which is refused at the door; here everything but one value is as it should be, so
that the odd one gets as far as it can.
"""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
import requests

from tests.vendors.signio.helpers import ANA, PDF, STAMP, Stranger
from toolkit import Api
from toolkit.sandbox import Sandbox

ODD: list[Any] = [
    *(None, "", "x", "\x00", "\ud800", "٣", "00", "a" * 300, "9" * 5000),
    *(0, -1, 1.5, 10**30, 1e308, True, [], {}, [None], [[1]], {"": 1}, {"a": None}),
]
PERSON = {
    **ANA,
    "orden": 1,
    "aprobador": 0,
    "tipo_firma": 1,
    "tipo_firmante": 1,
    "celular": "3001234567",
    "razonsocial": "ACME",
    "company_identification_type": "NIT",
    "company_identification": "900123456",
    "servicio_identidad": "basic",
    "rol": "Notificado",
    "states": [3],
    "enable_comments": 1,
    "on_premise_signature": 1,
    "Operation_rol": "signer1",
}
OPTIONS = {
    "nombre": "Contrato",
    "mensaje": "x",
    "ciclo_aprobacion": 0,
    "tags": "a;b",
    "cc": "a@example.co",
    "op_foto": "OP",
    "op_token": "SCREEN",
    "campos_plantillas": {"name": "Ana"},
    "envelopeDeduplicationKey": "k",
    "id_transaccion_base": "7d1f0c52-3b7e-4b8e-8e0a-60f0f2f7b001",
    "created_by": "a@example.co",
    "external_id": "e",
}
TAGS = {"signer1": {"SigName": "Ana", "SigIDType": "CC", "SigID": "9", "SigEmail": "ana@example.co", "SigOrder": "1"}}
FIELD = {"name": "A", "label": "A", "type": 5, "options": ["a"], "required": False, "defaultValue": "a", "hidden": True}
NOTE = {"type": "SIMPLE", "template_id": "7", "reference": "r", "expiration": "2027-01-31", "amount": 1,
        "payment_way": "Cuota", "payment_place": "Cali", "consecutive": "1"}  # fmt: skip


def mutated(value: Any) -> Iterator[Any]:
    """The value with an odd one in the place of one of its parts, at whatever depth."""
    yield from ODD
    if isinstance(value, dict):
        for key, part in value.items():
            yield {k: v for k, v in value.items() if k != key}
            yield from ({**value, key: other} for other in mutated(part))
    elif isinstance(value, list):
        for n, part in enumerate(value):
            yield from ([*value[:n], other, *value[n + 1 :]] for other in mutated(part))


class Vendors:
    """One sandbox, and everything in it that a request can name."""

    def __init__(self, box: Sandbox) -> None:
        self.box, self.http = box, requests.Session()
        self.signio = Stranger(box.addresses["signio"], **box.credentials["signio"])
        self.envelope = self.signio.post("/transacciones/crear", nombre="Contrato")["id_transaccion"]
        self.document = self.signio.upload(self.envelope)["id_documento"]
        self.signer = self.signio.signer(self.envelope, **{**ANA, "identificacion": "7"})["id_firmante"]
        made = self.signio.post(f"/envelopes/{self.envelope}/templates", template_id=12)
        self.template = made["document"]["id"]
        note = self.signio.post(f"/envelopes/{self.envelope}/tve", type="BLANK", template_id="7")
        self.note = note["document_id"]

    def check(self, system: str, method: str, path: str, body: Any, **how: Any) -> None:
        prefix = "" if system == "carmachain" else "Bearer "
        subject = self.box.credentials[system].get("email", "demo")
        header = {"Authorization": prefix + self.box.control.token(system, subject=subject)}
        for sent in mutated(body):
            url = self.box.addresses[system] + path
            if how.get("query"):
                text = {k: str(v).encode("utf-8", "replace") for k, v in sent.items()} if isinstance(sent, dict) else {}
                answer = self.http.request(method, url, params=text, headers=header, timeout=5)
            else:
                raw = json.dumps(sent).encode()
                kind = {"Content-Type": "application/json"}
                answer = self.http.request(method, url, data=raw, headers={**header, **kind}, timeout=5)
            assert answer.status_code < 500, (path, str(sent)[:300], answer.text)
            if system == "signio":
                assert answer.status_code in (200, 404), (path, str(sent)[:300], answer.text)


@pytest.fixture
def vendors() -> Iterator[Vendors]:
    with Sandbox(Api.fakes()) as box:
        made = Vendors(box)
        yield made
        made.http.close()
        made.signio.http.close()


def test_ida(vendors: Vendors) -> None:
    whole = {
        "name": "N",
        "birthday": True,
        "birthdayMessage": 1,
        "birthday_message_hour": "09:00",
        "fieldList": [FIELD],
    }
    vendors.check("ida", "POST", "/api/v2/database/", whole)
    cells = [{"field_id": 2222, "fvalue": "a@example.cl"}, {"field_id": 2225, "fvalue": "01/02/2000"}]
    vendors.check("ida", "POST", "/api/v2/database/records", {"database_id": 11111, "records": [{"values": cells}]})
    vendors.check("ida", "POST", "/api/v2/database/data", {"recordID": 1205})
    edit = {
        "recordID": 1205,
        "TELEFONO": 56912345678,
        "MONTO": "5",
        "FECHA_NACIMIENTO": "01/02/2000",
        "CIUDAD": "Temuco",
    }
    vendors.check("ida", "PUT", "/api/v2/database/saveData", edit)
    vendors.check("ida", "GET", "/api/v2/database/saveData", edit, query=True)
    vendors.check("ida", "GET", "/api/user/login", {"username": "demo", "password": "x"}, query=True)


def test_signio_envelopes(vendors: Vendors) -> None:
    vendors.check("signio", "POST", "/transacciones/crear", OPTIONS)
    vendors.check("signio", "POST", "/transacciones/listar", {"estado": 1})
    vendors.check("signio", "POST", "/token/crear", dict(vendors.box.credentials["signio"]))
    vendors.check("signio", "POST", "/auth/tokens", {**vendors.box.credentials["signio"], "ttl": 5})
    search = {"filter[name]": "a", "filter[from]": "2026-01-01 00:00:00", "filter[to]": "2027-01-01 00:00:00",
              "filter[status]": "Firmada", "sort": "-name", "offset": 0}  # fmt: skip
    vendors.check("signio", "GET", "/envelopes", search, query=True)
    for path in ("gestionar", "campos_plantillas"):
        vendors.check("signio", "GET", f"/transacciones/{path}", {"id_transaccion": vendors.envelope}, query=True)
    for path in ("distribuir", "devolver"):
        vendors.check("signio", "POST", f"/transacciones/{path}", {"id_transaccion": vendors.envelope})


def test_signio_documents_and_signers(vendors: Vendors) -> None:
    ids = {"id_transaccion": vendors.envelope}
    vendors.check("signio", "POST", "/transacciones/registrar_contacto", {**ids, **PERSON})
    both = {**ids, "id_firmante": vendors.signer, "id_documento": vendors.document}
    how = {"posicion": STAMP, "stamps": [STAMP], "attachment": 0, "operation_rol": "signer1"}
    vendors.check("signio", "POST", "/transacciones/vincular", {**both, **how})
    vendors.check("signio", "POST", "/transacciones/cambiar_orden", {**ids, "id_firmante": vendors.signer, "orden": 1})
    vendors.check("signio", "POST", "/documentos/proteger/", {"id_documento": vendors.document, "protect": True})
    path = f"/envelopes/{vendors.envelope}"
    vendors.check("signio", "POST", f"{path}/templates", {"template_id": 12, "fields": {"name": "Ana"}})
    vendors.check("signio", "PUT", f"{path}/templates/{quote(vendors.template, safe='')}", {"fields": {"name": "Ana"}})
    vendors.check("signio", "POST", f"{path}/tve", NOTE)
    vendors.check("signio", "PUT", f"{path}/tve/{quote(vendors.note, safe='')}", NOTE)
    wanted = {"document_type": "CC", "document": "7", "transaction_id": vendors.envelope, "direct_signature": 1}
    vendors.check("signio", "PUT", "/envelope/onpremise/get-signed-url", {**wanted, "op_token": "SCREEN"})
    for sent in mutated(TAGS):
        files: Any = {"documento": ("a.pdf", PDF), "metatags": (None, json.dumps(sent))}
        answer = vendors.signio.send("POST", "/transacciones/cargar_documento", data=ids, files=files)
        assert answer["codigo"] in ("00", "05"), sent


def test_the_others(vendors: Vendors) -> None:
    user = {"LogonName": "ana", "DomainName": "dominio123"}
    vendors.check("nddprint", "POST", "/api/v1/token", {"clientID": "c", "SecretKey": "s"})
    vendors.check("nddprint", "POST", "/api/v1/users/card-codes", user)
    card = {**user, "CardCode": "A1", "ReplaceUniqueCardCode": True}
    vendors.check("nddprint", "POST", "/api/v1/users/add-card-code", card)
    vendors.check("nddprint", "POST", "/api/v1/users/update-secure-pin-code", {**user, "SecurePinCode": "1"})
    people = [{"IdDocument": "1", "PhoneNumber": "0999999999"}]
    vendors.check("carmachain", "POST", "/api/createrequest", {"type_request": ["Name"], "value": people})
    vendors.check("carmachain", "POST", "/api/respond", {"type_request": "Name", "idRequest": ["5f2b1c000000"]})
    vendors.check("carmachain", "POST", "/api/respond", {"type_request": "Name", "period": 5})


def test_with_every_form_turned(vendors: Vendors) -> None:
    """The same where the vendors are others."""
    vendors.box.control.other_forms()
    try:
        test_ida(vendors)
        vendors.check("signio", "POST", "/transacciones/crear", {**OPTIONS, "tags": ["a"], "ciclo_aprobacion": False})
        person = {**PERSON, "aprobador": False, "celular": "573001234567"}
        ids = {"id_transaccion": vendors.envelope}
        vendors.check("signio", "POST", "/transacciones/registrar_contacto", {**ids, **person})
    finally:
        vendors.box.control.reset(seed=False)
        vendors.box.control.seed()
