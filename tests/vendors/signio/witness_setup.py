"""What the sandbox must hold before a witness case of SIGNIO: the envelope that all of them speak of."""

from collections.abc import Mapping
from typing import Any

from toolkit.sandbox.control import Control
from toolkit.vendors.signio.api.base import Status

ENVELOPE = "0b5c1f9e-8f1c-4a7e-9d35-2f5a1c0b7d11"
ACCOUNT = {"email": "analista@empresa.co", "active": True}  # the password is that of the demo account
IN_STATE = {
    "6.2": Status.PENDING,
    "6.16": Status.PENDING,
    "6.11": Status.PENDING,
    "6.12": Status.PENDING,
    "6.24": Status.PENDING,
}  # the others: a draft
SIGNERLESS = ("6.7",)  # the case registers the signer
STAMP = {"pagina": 1, "alto": 50, "ancho": 150, "x": 50, "y": 80}


def prepare(control: Control, case: Mapping[str, Any]) -> None:
    """Put there what a case presupposes: its user, envelope, documents, signer and link."""
    password = control.stored("signio", "User")[0]["password"]
    control.put("signio", "User", [{**ACCOUNT, "password": password}])
    section = case["section"]
    whose = {"id_transaccion": ENVELOPE, "tenant": "EMPRESA - OPERACIONES", "base": False}
    times = {"created_at": 1_772_460_300.0, "updated_at": 1_772_463_600.0}
    said = {"nombre": "Contrato laboral 2026-001", "mensaje": "Por favor firme", "ciclo_aprobacion": 1}
    state = {"estado": int(IN_STATE.get(section, Status.DRAFT)), "on_premise_signature": 1}
    control.put("signio", "Envelope", [{**whose, **times, **said, **state}])
    if section == "6.16":  # it asks for the second page
        newer = {**whose, **times, **said, **state, "created_at": 1_772_460_301.0}
        control.put("signio", "Envelope", [{**newer, "id_transaccion": f"{n:036}"} for n in range(1000)])
    control.put("sandbox", "Setting", [{"key": f"signio.{kind}", "value": 9} for kind in ("doc", "firmante")])
    documents = [
        {"id_documento": "ZG9jLTE", "nombre": "contrato.pdf", "kind": "file", "roles": []},
        {"id_documento": "ZG9jLTI", "nombre": "Contrato", "kind": "template", "inputs": ["identification", "name"],
         "values": {"name": "Ana", "identification": "123"}},
        {"id_documento": "ZG9jLTM", "nombre": "Pagaré", "kind": "note", "terms": {}},
    ]  # fmt: skip
    control.put("signio", "Document", [{**d, "id_transaccion": ENVELOPE, "protected": False} for d in documents])
    if section not in SIGNERLESS:
        _signer(control)


def _signer(control: Control) -> None:
    ana = {"nombre": "Ana María Pérez", "tipo_identificacion": "CC", "identificacion": "123456789"}
    ids = {"id_contacto": "ZmlybWFudGUtMQ", "id_transaccion": ENVELOPE}
    more = {"email": "ana@correo.co", "orden": 1, "enable_comments": 1, "invited": False}
    control.put("signio", "Signer", [{**ana, **ids, **more}])
    both = {"id_firmante": ids["id_contacto"], "id_documento": "ZG9jLTE", "id_transaccion": ENVELOPE}
    control.put("signio", "Link", [{**both, "posicion": STAMP, "attachment": 0}])
