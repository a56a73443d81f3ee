"""What one types for each case of SIGNIO."""

import pandas as pd

from tests.helpers.witness import PDF, Reading, Witness
from tests.vendors.signio.witness_setup import prepare
from toolkit.errors import AuthError, NotFound

ENVELOPE = "0b5c1f9e-8f1c-4a7e-9d35-2f5a1c0b7d11"
NOWHERE = "ffffffff-0000-0000-0000-000000000000"
SIGNER, DOCUMENT, TEMPLATE_DOCUMENT, NOTE = "ZmlybWFudGUtMQ", "ZG9jLTE", "ZG9jLTI", "ZG9jLTM"
USER = {"email": "analista@empresa.co", "password": "<secret>"}
STAMP = {"pagina": 1, "alto": 50, "ancho": 150, "x": 50, "y": 80}
OPTIONS = {
    "mensaje": "Por favor firme",
    "ciclo_aprobacion": True,
    "tags": ["Contratos", "Nómina"],
    "id_transaccion_base": "7d1f0c52-3b7e-4b8e-8e0a-60f0f2f7b001",
    "external_id": "emp-001",
    "cc": ["rrhh@empresa.co", "legal@empresa.co"],
    "op_btnRechazo": True,
    "op_foto": "Opcional",
    "op_certLegops": False,
    "op_firmasProcesadas": True,
    "remitente": "Recursos Humanos",
    "mensaje_firma": "Lea antes de firmar",
    "mensaje_final": "Gracias",
    "permiteEdicion": False,
    "permiteEdicionFirmantes": False,
    "on_premise_signature": True,
    "envelopeDeduplicationKey": "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
    "notificar_contacto": True,
    "campos_plantillas": {"name": "Ana", "identification": "123"},
    "created_by": "distribuidor@empresa.co",
}
ANA = {
    "nombre": "Ana María Pérez",
    "tipo_identificacion": "CC",
    "identificacion": "123456789",
    "email": "ana@correo.co",
    "orden": 1,
    "aprobador": False,
    "tipo_firma": "Firma electrónica",
    "tipo_firmante": "Persona natural",
    "celular": "573001234567",
    "razonsocial": "Pérez SAS",
    "company_identification_type": "NIT",
    "company_identification": "900123456-8",  # with the right check digit
    "servicio_identidad": "basic",
    "rol": "Notificado",
    "states": [3, 4],
    "enable_comments": True,
    "on_premise_signature": True,
    "operation_rol": "signer1",
}
UNKNOWN = {"nombre": "Ana", "tipo_identificacion": "CC", "identificacion": "123", "email": "ana@correo.co"}
TERMS = {"type": "SIMPLE", "reference": "P-001", "payment_way": "Cuota única"}
SEARCH = {
    "name": "contrato",
    "updated_from": pd.Timestamp("2026-01-01", tz="UTC"),
    "updated_to": "2026-12-31 23:59:59",
    "status": "Pendiente de Firma",
    "sort": "-created_at",
    "offset": 1000,
}
TAGS = {"signer1": {"SigIDType": "CC", "SigID": "123456789"}}
FILE = ("contrato.pdf", PDF)
CODED = frozenset({"codigo", "code", "mensaje", "message"})
LISTS = frozenset({"documentos", "contactos", "firmas", "codigo"})
SIGNING = {
    "document_type": "CC",
    "document": "123456789",
    "direct": True,
    "op_token": "SCREEN",
    "confirmation_url": "https://empresa.example/gracias",
}

READINGS: dict[str, tuple[Reading, ...]] = {
    "create token": (Reading(lambda s: s.create_token(**USER), "token"),),
    "list transactions": (Reading(lambda s: s.envelopes("pendiente de firma"), "transacciones"),),
    "list transactions, token not valid": (Reading(lambda s: s.envelopes(0), raises=AuthError),),
    "list tags": (Reading(lambda s: s.tags(), "tags"),),
    "list base transactions": (Reading(lambda s: s.base_envelopes(), "transacciones"),),
    "create transaction": (
        Reading(lambda s: s.create_envelope("Contrato laboral 2026-001", **OPTIONS), "id_transaccion"),
    ),
    "create transaction, nothing in nombre": (),  # refused before anything is sent
    "upload document": (Reading(lambda s: s.upload_document(ENVELOPE, FILE, metatags=TAGS), "id_documento"),),
    "register signer": (
        Reading(
            lambda s: s.add_signer(ENVELOPE, **ANA), "id_firmante", instead={"company_identification": "900123456-8"}
        ),
    ),
    "register signer, unknown envelope": (
        Reading(lambda s: s.add_signer(NOWHERE, **UNKNOWN), raises=NotFound, instead={"identificacion": "123"}),
    ),
    "link signer and document": (
        Reading(
            lambda s: s.link(
                ENVELOPE,
                SIGNER,
                DOCUMENT,
                position=STAMP,
                stamps=[{**STAMP, "pagina": 2}],
                attachment=False,
                role="signer1",
            )
        ),
    ),
    "change signing order": (Reading(lambda s: s.set_order(ENVELOPE, SIGNER, 2)),),
    "distribute": (Reading(lambda s: s.distribute(ENVELOPE)),),
    "get transaction": (
        Reading(lambda s: s.envelope(ENVELOPE), omits=LISTS),
        Reading(lambda s: s.documents(ENVELOPE), "documentos"),
        Reading(lambda s: s.signers(ENVELOPE), "contactos"),
        Reading(lambda s: s.signatures(ENVELOPE), "firmas"),
    ),
    "return to drafting": (Reading(lambda s: s.return_to_draft(ENVELOPE)),),
    "delete": (Reading(lambda s: s.delete_envelope(ENVELOPE)),),
    "protect document": (Reading(lambda s: s.protect_document(DOCUMENT)),),
    "template fields of an envelope": (Reading(lambda s: s.template_fields(ENVELOPE), "campos"),),
    "search envelopes": (Reading(lambda s: s.search_envelopes(**SEARCH), "envelopes"),),
    "list templates": (Reading(lambda s: s.templates(), "templates"),),
    "use template": (
        Reading(lambda s: s.use_template(ENVELOPE, 12, {"name": "Ana", "identification": "123"}), "document.id"),
    ),
    "update template values": (
        Reading(lambda s: s.update_template(ENVELOPE, TEMPLATE_DOCUMENT, {"name": "Ana María"}), "document"),
    ),
    "edit or consult link": (Reading(lambda s: s.magic_link(ENVELOPE), "magic_link"),),
    "authenticate, a token per tenant": (Reading(lambda s: s.authenticate(**USER, ttl=120), "tokens"),),
    "upload promissory note from a template": (
        Reading(
            lambda s: s.upload_promissory_note(
                ENVELOPE, **TERMS, template_id="7", expiration="31/01/2027", amount=1_500_000, payment_place="Bogotá"
            ),
            "document_id",
        ),
    ),
    "upload promissory note from a file": (
        Reading(
            lambda s: s.upload_promissory_note(
                ENVELOPE, type="BLANK", template_id="0", consecutive="0001", document=("pagare.pdf", PDF)
            ),
            "document_id",
        ),
    ),
    "edit promissory note": (
        Reading(
            lambda s: s.edit_promissory_note(
                ENVELOPE, NOTE, **TERMS, expiration="2027-02-28", amount=1_600_000, payment_place="Cali"
            ),
            "document_id",
        ),
    ),
    "signed URL for signing on site": (Reading(lambda s: s.signing_url(ENVELOPE, **SIGNING), "url"),),
}

WITNESS = Witness(
    READINGS,
    prepare,
    beyond={"create_envelope": {"op_token"}},  # specs/README: also accepted there (observed)
    unnamed=frozenset({"tags"}),
    codes=frozenset({"code", "codigo"}),
    texts=frozenset({"message", "mensaje"}),
    exact_texts=lambda body: body.get("codigo", "00") != "00",
    listed_codes=frozenset({"02", "03", "04"}),
    added=frozenset({"estado_nombre", "status_name"}),
    fillings={"fecha": "2026-03-02T15:00:00+00:00"},
)
