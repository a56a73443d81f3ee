"""What is called for each recorded cassette. The cases of a system are recorded in order, and are run again singly.

A case takes the system's client, and what the cases before it gave back: a frame as a list of dicts.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd

from toolkit.errors import ApiError
from toolkit.spec import Offset

Told = Mapping[str, Any]
Case = Callable[[Any, Told], Any]

# what the account must hold; the sandbox's demo data do
RECORD = 1234  # of IDA
TEMPLATE = 12  # of SIGNIO, with the inputs `name` and `identification`
DOMAIN = "dominio123"  # of nddPrint: users `ana` and `luis` with a code, `maria` without one

NOBODY = 999_999
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
STAMP = {"pagina": 1, "alto": 50, "ancho": 150, "x": 50, "y": 80}
ANA = {"nombre": "Ana Peña", "tipo_identificacion": "CC", "identificacion": "1001", "email": "ana@example.com"}
OTHERS = pd.DataFrame([{**ANA, "identificacion": n, "email": f"p{n}@example.com"} for n in ("1002", "1004")])
EVA = {"SigName": "Eva", "SigIDType": "PS", "SigID": "1003", "SigEmail": "eva@example.com"}
TERMS = {"type": "SIMPLE", "expiration": "31/01/2027", "payment_way": "Cuota única", "payment_place": "Bogotá"}
FIELDS = pd.DataFrame({"name": ["EMAIL", "NOMBRE", "TELEFONO"], "type": [2, 0, 1], "required": [True, False, False]})
MAILS = ["ana@example.cl", "josé@", "luis@example.cl", "eva@example.cl"]
CONTACTS = pd.DataFrame({"EMAIL": MAILS, "NOMBRE": ["Ana Muñoz", "José", None, "Eva"]})
PEOPLE = pd.DataFrame({"IdDocument": ["0000000001", None, None], "PhoneNumber": [None, "0500000002", "+380500000002"]})
CODES = pd.DataFrame({"LogonName": ["luis", "nadie", "maria"], "DomainName": DOMAIN, "CardCode": ["07", "08", "09"]})
SLOWEST = 660  # seconds until the last peer has answered


def refused(call: Callable[[], object]) -> str:
    """The refusal that a call meets."""
    try:
        call()
    except ApiError as no:
        return f"{type(no).__name__}: {no}"
    raise AssertionError("nothing was refused")


def database(told: Told) -> int:
    return int(told["create_database"][0]["id"])


def post_records(ida: Any, told: Told) -> str:
    cells = zip(told["fields"], ("ana@example.cl", "Ana", "56900000001"), strict=True)
    record = {"values": [{"field_id": field["id"], "fvalue": cell} for field, cell in cells]}
    return str(ida.post_records(database(told), [record]))


IDA: dict[str, Case] = {
    "login": lambda s, _: s.user(),
    "create_database": lambda s, _: s.create_database("Clientes ñ", FIELDS, birthday_message_hour="09:00"),
    "databases": lambda s, _: s.databases(),
    "database": lambda s, told: [s.database(database(told)), refused(lambda: s.database(NOBODY))],
    "fields": lambda s, told: s.fields(database(told)),
    "post_records": post_records,
    "insert_records": lambda s, told: s.insert_records(database(told), CONTACTS),
    "record": lambda s, _: s.record(RECORD),
    "records": lambda s, _: s.records([RECORD, NOBODY]),
    "update_record": lambda s, _: s.update_record(RECORD, TELEFONO="56912345677"),
    "delete_database": lambda s, told: s.delete_database(database(told)),
}


def create_envelope(signio: Any, _: Told) -> str:
    more = {"tags": ["Contratos", "Nómina"], "cc": ["copia@example.com"], "op_btnRechazo": True}
    return str(signio.create_envelope("Contrato grabado", mensaje="Señora", on_premise_signature=True, **more))


def link(signio: Any, told: Told) -> None:
    where = {"position": STAMP, "stamps": [{**STAMP, "pagina": 2}], "attachment": False}
    signio.link(told["create_envelope"], told["add_signer"], told["upload_document"], **where)


def upload_promissory_note(signio: Any, told: Told) -> list[str]:
    """From a template, and from a file."""
    upload, envelope = signio.upload_promissory_note, told["create_envelope"]
    own = {"template_id": "0", "type": "BLANK", "consecutive": "0001", "document": ("pagaré.pdf", PDF)}
    return [upload(envelope, template_id="7", amount=1_500_000, **TERMS), upload(envelope, **own)]


def signing_url(signio: Any, told: Told) -> Any:
    who = {"document_type": "CC", "document": ANA["identificacion"]}
    return signio.signing_url(told["create_envelope"], **who, direct=True, op_token="SCREEN")


def search_envelopes(signio: Any, _: Told) -> list[pd.DataFrame]:
    """As it is, and on pages of one envelope, so that a second page is asked for."""
    small = replace(signio.endpoints["search_envelopes"], page=Offset("offset", 1))
    wanted = {"name": "contrato GRABADO", "sort": "-created_at", "updated_from": "2020-01-01"}
    return [signio.search_envelopes(**wanted, status="pendiente de firma"), signio.connection.client(small, wanted)]


MADE = "create_envelope"
SIGNIO: dict[str, Case] = {
    "create_token": lambda s, _: s.create_token(s.connection.account["email"], s.connection.account["password"]),
    "authenticate": lambda s, _: s.tenants(),
    "tags": lambda s, _: s.tags(),
    "base_envelopes": lambda s, _: s.base_envelopes(),
    "templates": lambda s, _: s.templates(),
    "create_envelope": create_envelope,
    "upload_document": lambda s, told: s.upload_document(told[MADE], ("año.pdf", PDF), metatags={"signer1": EVA}),
    "add_signer": lambda s, told: s.add_signer(told[MADE], **ANA),
    "add_signers": lambda s, told: s.add_signers(told[MADE], OTHERS),
    "link": link,
    "set_order": lambda s, told: s.set_order(told[MADE], told["add_signer"], 1),
    "use_template": lambda s, told: s.use_template(told[MADE], TEMPLATE, {"name": "Ana", "identification": "1"}),
    "template_fields": lambda s, told: s.template_fields(told[MADE]),
    "update_template": lambda s, told: s.update_template(told[MADE], told["use_template"][0]["id"], {"name": "Eva"}),
    "upload_promissory_note": upload_promissory_note,
    "edit_promissory_note": lambda s, told: s.edit_promissory_note(
        told[MADE], told["upload_promissory_note"][0], amount=2, **TERMS
    ),
    "protect_document": lambda s, told: s.protect_document(told["upload_document"]),
    "magic_link": lambda s, told: s.magic_link(told[MADE]),
    "distribute": lambda s, told: [s.distribute(told[MADE]), refused(lambda: s.distribute(told[MADE]))],
    "signing_url": signing_url,
    "envelope": lambda s, told: s.envelope(told[MADE]),
    "documents": lambda s, told: s.documents(told[MADE]),
    "signers": lambda s, told: [s.signers(told[MADE]), s.signers([str(NOBODY)])],
    "signatures": lambda s, told: s.signatures(told[MADE]),
    "signature_status": lambda s, told: s.signature_status([told[MADE]]),
    "envelopes": lambda s, _: s.envelopes("pendiente de firma"),
    "search_envelopes": search_envelopes,
    "return_to_draft": lambda s, told: s.return_to_draft(told[MADE]),
    "delete_envelope": lambda s, told: s.delete_envelope(told[MADE]),
}


def post_card_code(ndd: Any, _: Told) -> list[Any]:
    """Given, and refused for each of the reasons."""
    tries = {"maria": "0008", "luis": "00123", "nadie": "1"}
    given = ndd.post_card_code("maria", DOMAIN, "0007")
    return [given, *(refused(partial(ndd.post_card_code, name, DOMAIN, code)) for name, code in tries.items())]


NDDPRINT: dict[str, Case] = {
    "token": lambda s, _: s.token(s.connection.account["client_id"], s.connection.account["secret_key"]),
    "read_card_codes": lambda s, _: s.read_card_codes("ana", DOMAIN),
    "post_card_code": post_card_code,
    "add_card_codes": lambda s, _: s.add_card_codes(CODES, replace=True, push={"max_rejected": 1}),
    "card_codes_of": lambda s, _: s.card_codes_of(CODES[1:]),
    "pin_codes": lambda s, _: s.pin_codes("ana", DOMAIN),
    "renew_pin_code": lambda s, _: s.renew_pin_code("ana", DOMAIN),
    "update_secure_pin_code": lambda s, _: s.update_secure_pin_code("ana", DOMAIN, "00991"),
}


def respond(carma: Any, told: Told) -> list[pd.DataFrame]:
    """By identifiers at once, and of the last hour when every peer has had its time."""
    first = carma.respond("Name", ids=[ticket["idRequest"] for ticket in told["create_request"]])
    carma.connection.session.clock.sleep(SLOWEST)
    return [first, carma.respond(["Name", "Address"], period=60)]


CARMACHAIN: dict[str, Case] = {
    "get_token": lambda s, _: s.get_token(),
    "create_request": lambda s, _: s.create_request("Name", [{"IdDocument": "0007", "PhoneNumber": "0500000001"}]),
    "request": lambda s, _: s.request(PEOPLE, categories=["Name", "Address"], push={"chunk_rows": 1}),
    "respond": respond,
    "answers": lambda s, told: s.answers(pd.DataFrame(told["request"])),
}

CASES = {"ida": IDA, "signio": SIGNIO, "nddprint": NDDPRINT, "carmachain": CARMACHAIN}
