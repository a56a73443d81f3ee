"""What is called for each recorded cassette of SIGNIO.

The account must hold the template TEMPLATE, with the inputs `name` and `identification`.
"""

from dataclasses import replace
from typing import Any

import pandas as pd

from tests.helpers.recorded import NOBODY, Case, Results, refused
from toolkit.spec import Offset

TEMPLATE = 12
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
STAMP = {"pagina": 1, "alto": 50, "ancho": 150, "x": 50, "y": 80}
ANA = {"nombre": "Ana Peña", "tipo_identificacion": "CC", "identificacion": "1001", "email": "ana@example.com"}
OTHERS = pd.DataFrame([{**ANA, "identificacion": n, "email": f"p{n}@example.com"} for n in ("1002", "1004")])
EVA = {"SigName": "Eva", "SigIDType": "PS", "SigID": "1003", "SigEmail": "eva@example.com"}
TERMS = {"type": "SIMPLE", "expiration": "31/01/2027", "payment_way": "Cuota única", "payment_place": "Bogotá"}


def create_envelope(signio: Any, _: Results) -> str:
    more = {"tags": ["Contratos", "Nómina"], "cc": ["copia@example.com"], "op_btnRechazo": True}
    return str(signio.create_envelope("Contrato grabado", mensaje="Señora", on_premise_signature=True, **more))


def link(signio: Any, earlier: Results) -> None:
    where = {"position": STAMP, "stamps": [{**STAMP, "pagina": 2}], "attachment": False}
    signio.link(earlier["create_envelope"], earlier["add_signer"], earlier["upload_document"], **where)


def upload_promissory_note(signio: Any, earlier: Results) -> list[str]:
    """From a template, and from a file."""
    upload, envelope = signio.upload_promissory_note, earlier["create_envelope"]
    own = {"template_id": "0", "type": "BLANK", "consecutive": "0001", "document": ("pagaré.pdf", PDF)}
    return [upload(envelope, template_id="7", amount=1_500_000, **TERMS), upload(envelope, **own)]


def distributed(signio: Any, earlier: Any) -> Any:
    """Once, and refused the second time."""
    return [signio.raw.distribute(earlier[MADE]), refused(lambda: signio.raw.distribute(earlier[MADE]))]


def signing_url(signio: Any, earlier: Results) -> Any:
    who = {"document_type": "CC", "document": ANA["identificacion"]}
    return signio.signing_url(earlier["create_envelope"], **who, direct=True, op_token="SCREEN")


def search_envelopes(signio: Any, _: Results) -> list[pd.DataFrame]:
    """As it is, and on pages of one envelope, so that a second page is asked for."""
    small = replace(signio.endpoints["search_envelopes"], page=Offset("offset", 1))
    wanted = {"name": "contrato GRABADO", "sort": "-created_at", "updated_from": "2020-01-01"}
    return [signio.search_envelopes(**wanted, status="pendiente de firma"), signio.connection.client(small, wanted)]


MADE = "create_envelope"
CASES: dict[str, Case] = {
    "create_token": lambda s, _: s.raw.create_token(s.connection.account["email"], s.connection.account["password"]),
    "authenticate": lambda s, _: s.tenants(),
    "tags": lambda s, _: s.tags(),
    "base_envelopes": lambda s, _: s.base_envelopes(),
    "templates": lambda s, _: s.templates(),
    "create_envelope": create_envelope,
    "upload_document": lambda s, earlier: s.upload_document(earlier[MADE], ("año.pdf", PDF), metatags={"signer1": EVA}),
    "add_signer": lambda s, earlier: s.add_signer(earlier[MADE], **ANA),
    "add_signers": lambda s, earlier: s.add_signers(earlier[MADE], OTHERS),
    "link": link,
    "set_order": lambda s, earlier: s.set_order(earlier[MADE], earlier["add_signer"], 1),
    "use_template": lambda s, earlier: s.use_template(earlier[MADE], TEMPLATE, {"name": "Ana", "identification": "1"}),
    "template_fields": lambda s, earlier: s.template_fields(earlier[MADE]),
    "update_template": lambda s, earlier: s.update_template(earlier[MADE], earlier["use_template"], {"name": "Eva"}),
    "upload_promissory_note": upload_promissory_note,
    "edit_promissory_note": lambda s, earlier: s.edit_promissory_note(
        earlier[MADE], earlier["upload_promissory_note"][0], amount=2, **TERMS
    ),
    "protect_document": lambda s, earlier: s.protect_document(earlier["upload_document"]),
    "magic_link": lambda s, earlier: s.magic_link(earlier[MADE]),
    "distribute": distributed,
    "signing_url": signing_url,
    "envelope": lambda s, earlier: s.envelope(earlier[MADE]),
    "documents": lambda s, earlier: s.documents(earlier[MADE]),
    "signers": lambda s, earlier: [s.signers(earlier[MADE]), s.signers([str(NOBODY)])],
    "signatures": lambda s, earlier: s.signatures(earlier[MADE]),
    "signature_status": lambda s, earlier: s.signature_status([earlier[MADE]]),
    "envelopes": lambda s, _: s.envelopes("pendiente de firma"),
    "search_envelopes": search_envelopes,
    "return_to_draft": lambda s, earlier: s.return_to_draft(earlier[MADE]),
    "delete_envelope": lambda s, earlier: s.delete_envelope(earlier[MADE]),
}
