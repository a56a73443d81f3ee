"""What the tests of SIGNIO share: people, files, somebody else's client, and looks at the sandbox's truth."""

import io
from typing import Any

import pandas as pd
import requests
from pypdf import PdfWriter

from toolkit.sandbox import Sandbox
from toolkit.vendors.signio.campaign import Plan
from toolkit.vendors.signio.client import Signio

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"  # begins and ends as one; has no pages
STAMP = {"pagina": 1, "alto": 50, "ancho": 150, "x": 50, "y": 80}
NOWHERE = "ffffffff-0000-0000-0000-000000000000"
ANA = {"nombre": "Ana", "tipo_identificacion": "CC", "identificacion": "1001", "email": "ana@example.co"}
LUIS = {"nombre": "Luis", "tipo_identificacion": "CE", "identificacion": "1002", "email": "luis@example.co"}
EVA = {"nombre": "Eva", "tipo_identificacion": "PS", "identificacion": "1003", "email": "eva@example.co"}


class Stranger:
    """A client of the real SIGNIO, written by somebody else."""

    def __init__(self, base_url: str, email: str, password: str) -> None:
        self.url, self.http = base_url, requests.Session()
        answer = self.http.post(f"{base_url}/token/crear", json={"email": email, "password": password}).json()
        self.http.headers["Authorization"] = f"Bearer {answer['token']}"

    def send(self, method: str, path: str, **options: Any) -> Any:
        return self.http.request(method, self.url + path, **options).json()

    def post(self, path: str, **body: Any) -> Any:
        return self.send("POST", path, json=body)

    def upload(self, envelope: str, name: str = "contrato.pdf", content: bytes = PDF, **form: str) -> Any:
        data = {"id_transaccion": envelope, **form}
        return self.send("POST", "/transacciones/cargar_documento", data=data, files={"documento": (name, content)})

    def signer(self, envelope: str, **who: Any) -> Any:
        return self.post("/transacciones/registrar_contacto", id_transaccion=envelope, **who)

    def link(self, envelope: str, signer: str, document: str, **more: Any) -> Any:
        body = {"id_transaccion": envelope, "id_firmante": signer, "id_documento": document}
        return self.post("/transacciones/vincular", **body, **more)

    def whole(self, envelope: str) -> Any:
        return self.send("GET", "/transacciones/gestionar", params={"id_transaccion": envelope})

    def draft(self, *people: dict[str, Any], **options: Any) -> str:
        """An envelope with one document that these people sign."""
        envelope = str(self.post("/transacciones/crear", nombre="Contrato", **options)["id_transaccion"])
        document = self.upload(envelope)["id_documento"]
        for person in people:
            self.link(envelope, self.signer(envelope, **person)["id_firmante"], document, posicion=STAMP)
        return envelope

    def distributed(self, *people: dict[str, Any], **options: Any) -> str:
        envelope = self.draft(*people, **options)
        assert self.post("/transacciones/distribuir", id_transaccion=envelope)["codigo"] == "00"
        return envelope


def invited(box: Sandbox) -> list[str]:
    return [mail["recipient"] for mail in box.control.outbox() if mail["kind"] == "firma"]


def draft(signio: Signio, *people: dict[str, Any], **options: Any) -> str:
    envelope = signio.create_envelope("Contrato", **options)
    document = signio.upload_document(envelope, ("contrato.pdf", PDF))
    for person in people:
        signio.link(envelope, signio.add_signer(envelope, **person), document, position=STAMP)
    return envelope


def sent(box: Sandbox) -> int:
    return len(box.control.log())


def pdf(pages: int = 1, width: float = 595, height: float = 842) -> bytes:
    writer, made = PdfWriter(), io.BytesIO()
    for _ in range(pages):
        writer.add_blank_page(width, height)
    writer.write(made)
    return made.getvalue()


CONTRACT = ("contrato.pdf", pdf(2))


def crowd(envelopes: int, signers: Any = 2) -> pd.DataFrame:
    """A row a signer: so many envelopes, with so many signers each."""
    rows = [
        {
            "contrato": f"emp-{n:03}",
            "archivo": f"emp-{n:03}.pdf",
            "nombre": f"Persona {n}-{k}",
            "tipo_identificacion": "CC",
            "identificacion": f"{n:04}{k:03}",
            "email": f"persona.{n}.{k}@example.co",
            "orden": k + 1 if n % 2 else None,
        }
        for n in range(envelopes)
        for k in range(signers(n) if callable(signers) else signers)
    ]
    return pd.DataFrame(rows).astype({"orden": "Int64"})


def planned(signio: Signio, people: pd.DataFrame, **how: Any) -> Plan:
    """A plan of documents that everybody signs; what else is said are the options of the envelopes."""
    extra = [] if any("{archivo}" in str(v) for v in how.values()) else ["archivo"]
    files, place = how.pop("documents", CONTRACT), how.pop("place", None)
    asked = {k: how.pop(k) for k in ("campaign", "on_bad_rows") if k in how}
    several = files if isinstance(files, list) else [files] if files else []
    documents = [{"file": file, **({"place": place} if place else {})} for file in several]
    if template := how.pop("template", None):
        documents.append({"template": template["id"], "fields": template.get("fields") or {}})
    return signio.plan_envelopes(
        people.drop(columns=extra, errors="ignore"), "contrato", documents=documents, envelope_options=how, **asked
    )


def posts(box: Sandbox) -> list[str]:
    return [line["service"] for line in box.control.log() if line["method"] != "GET" and "token" not in line["path"]]


def mails(box: Sandbox) -> list[str]:
    return [mail["recipient"] for mail in box.control.outbox() if mail["kind"] == "firma"]


def envelopes(box: Sandbox, **equal: Any) -> list[dict[str, Any]]:
    return box.control.stored("signio", "Envelope", {"base": False, **equal})
