"""What other people's clients send is taken: members that no table names, null, chunks, lists."""

import json
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.vendors.signio.helpers import ANA, EVA, LUIS, PDF, Stranger, invited
from toolkit.sandbox import Sandbox

NEW = {"name": "Base", "fieldList": [{"name": "EMAIL", "type": 2}]}


@pytest.fixture
def stranger(box: Sandbox) -> Iterator[Stranger]:
    made = Stranger(box.addresses["signio"], **box.credentials["signio"])
    yield made
    made.http.close()


def asked(box: Sandbox, system: str, path: str, body: Any, prefix: str = "Bearer ") -> requests.Response:
    token = box.control.token(system)
    return requests.post(
        f"{box.addresses[system]}{path}", json=body, headers={"Authorization": prefix + token}, timeout=5
    )


BODIES = [
    ("ida", "/api/v2/database/", {**NEW, "note": "x"}),
    ("ida", "/api/v2/database/", {**NEW, "fieldList": [{"name": "EMAIL", "type": 2, "colour": "red"}]}),
    ("ida", "/api/v2/database/records", {"database_id": 11111, "records": [{"values": []}], "note": "x"}),
    ("ida", "/api/v2/database/records", {"database_id": 11111, "records": [{"values": [], "note": "x"}]}),
    ("nddprint", "/api/v1/users/card-codes", {"LogonName": "ana", "DomainName": "dominio123", "note": "x"}),
]
FROM_PEERS = [
    {"type_request": "All categories", "value": [{"IdDocument": "1", "Name": "Olena"}]},
    {"type_request": "All categories", "value": [{"IdDocument": "1", "PhoneNumber": "0999999999"}], "note": "x"},
]


@pytest.mark.parametrize(
    ("system", "path", "body"), [*BODIES, *(("carmachain", "/api/createrequest", body) for body in FROM_PEERS)]
)
def test_members_that_no_table_names_are_let_pass_unless_it_is_strict(
    box: Sandbox, system: str, path: str, body: Any
) -> None:
    prefix = "" if system == "carmachain" else "Bearer "
    assert asked(box, system, path, body, prefix).status_code == 200
    box.control.strict()
    assert asked(box, system, path, body, prefix).status_code == 400
    box.control.reset()
    assert asked(box, system, path, body, prefix).status_code == 200


def test_null_is_as_good_as_nothing(box: Sandbox, stranger: Stranger) -> None:
    box.control.strict()
    assert stranger.post("/transacciones/crear", nombre="Contrato", tags=None, op_foto=None)["codigo"] == "00"
    assert stranger.signer(stranger.draft(), **ANA, orden=None, celular=None)["codigo"] == "00"
    whole = {**NEW, "birthday": None, "birthdayMessage": None}
    assert asked(box, "ida", "/api/v2/database/", whole).status_code == 200
    people = [{"IdDocument": "1", "PhoneNumber": None}]
    assert asked(box, "carmachain", "/api/createrequest", {"type_request": "Name", "value": people}, "").json()[
        "parametrRequest"
    ] == [{"IdDocument": "1", "idRequest": "5f2b1c000000"}]


@pytest.mark.parametrize("tags", [["Contratos", "Nómina"], "Contratos;Nómina", ["Otra"], "Otra", []])
def test_tags_come_as_a_list_or_joined_and_need_not_be_known(box: Sandbox, stranger: Stranger, tags: Any) -> None:
    made = stranger.post("/transacciones/crear", nombre="Contrato", tags=tags, cc=["a@example.co", "b@example.co"])
    assert made["codigo"] == "00"
    (kept,) = box.control.stored("signio", "Envelope", {"id_transaccion": made["id_transaccion"]})
    assert kept["tags"] == (";".join(tags) if isinstance(tags, list) else tags)
    assert kept["cc"] == "a@example.co,b@example.co"


@pytest.mark.parametrize("phone", ["+573001234567", "300 123 45 67", "3001234567", "(601) 5551234", "+57-3001234567"])
def test_a_phone_is_any_fifteen_characters(box: Sandbox, stranger: Stranger, phone: str) -> None:
    assert stranger.signer(stranger.draft(), **ANA, celular=phone)["codigo"] == "00"
    assert [s["celular"] for s in box.control.stored("signio", "Signer")] == [phone]


def test_identifiers_are_long_and_opaque(box: Sandbox, stranger: Stranger) -> None:
    envelope = stranger.draft(ANA, LUIS)
    whole = stranger.whole(envelope)
    ids = [d["id_documento"] for d in whole["documentos"]] + [c["id_contacto"] for c in whole["contactos"]]
    assert len(envelope) == 36
    assert {len(each) for each in ids} == {200}
    assert len(set(ids)) == 3
    assert set("+/=") <= set("".join(ids))


# ── metatags ─────────────────────────────────────────────────────────────────

TAGGED = b"{{SigStamp:signer1:250,55}} {{SigStamp:signer2:250,55}}"
PEOPLE = {
    "signer1": {"SigName": "Ana", "SigIDType": "CC", "SigID": "1001", "SigEmail": "ana@example.co", "SigOrder": "1"},
    "signer2": {"SigName": "Luis", "SigIDType": "CE", "SigID": "1002", "SigEmail": "luis@example.co", "SigOrder": 1},
}


def with_tags(stranger: Stranger, envelope: str, name: str, metatags: Any) -> Any:
    content = PDF.replace(b"<<>>endobj", TAGGED + b"endobj")
    return stranger.upload(envelope, name, content, metatags=json.dumps(metatags))


def test_the_same_people_in_a_second_document_sign_both(box: Sandbox, stranger: Stranger) -> None:
    envelope = stranger.post("/transacciones/crear", nombre="Contrato")["id_transaccion"]
    assert with_tags(stranger, envelope, "contrato.pdf", PEOPLE)["codigo"] == "00"
    assert with_tags(stranger, envelope, "pagare.pdf", PEOPLE)["codigo"] == "00"
    whole = stranger.whole(envelope)
    assert [c["nombre"] for c in whole["contactos"]] == ["Ana", "Luis"]
    assert len(whole["firmas"]) == 4
    assert stranger.post("/transacciones/distribuir", id_transaccion=envelope)["codigo"] == "00"
    assert sorted(invited(box)) == ["ana@example.co", "luis@example.co"]  # both have turn 1


def test_a_person_under_another_role_in_a_second_document_signs_there_only_as_that(stranger: Stranger) -> None:
    envelope = stranger.post("/transacciones/crear", nombre="Contrato")["id_transaccion"]
    first = with_tags(stranger, envelope, "contrato.pdf", PEOPLE)["id_documento"]
    short = {"signer1": {"SigIDType": "CE", "SigID": "1002"}}  # whom the first file described, as signer2
    second = stranger.upload(envelope, "pagare.pdf", metatags=json.dumps(short))["id_documento"]
    whole = stranger.whole(envelope)
    names = {c["id_contacto"]: c["nombre"] for c in whole["contactos"]}
    signed = sorted((s["id_documento"] == second, names[s["id_firmante"]]) for s in whole["firmas"])
    assert signed == [(False, "Ana"), (False, "Luis"), (True, "Luis")]
    assert first != second


@pytest.mark.parametrize(
    ("tag", "value"),
    [
        ("SigName", "x" * 51),
        ("SigName", 5),
        ("SigIDType", "XX"),
        ("SigID", "1" * 21),
        ("SigEmail", "nobody"),
        ("SigPhone", "1" * 16),
        ("SigOrder", "x"),
        ("SigOrder", -1),
        ("SigOrder", 10**30),
        ("SigOrder", []),
        ("SigCmpy", "x" * 46),
        ("SigCmpyID", "1" * 31),
        ("SigCmpyIDType", "x" * 6),
    ],
)
def test_metatags_are_checked_as_signers_are(stranger: Stranger, tag: str, value: Any) -> None:
    envelope = stranger.post("/transacciones/crear", nombre="Contrato")["id_transaccion"]
    answer = with_tags(stranger, envelope, "contrato.pdf", {"signer1": {**PEOPLE["signer1"], tag: value}})
    assert (answer["id_documento"], answer["codigo"]) == (0, "05")
    assert answer["errores"] in ([f"metatags.signer1.{tag}"], ["formato"])
    whole = stranger.whole(envelope)
    assert (whole["contactos"], whole["documentos"]) == ([], [])


@pytest.mark.parametrize("metatags", [[], "x", 5, {"signer1": "x"}, {"signer1": None}, {"signer1": []}])
def test_metatags_that_are_no_objects_are_refused(stranger: Stranger, metatags: Any) -> None:
    envelope = stranger.post("/transacciones/crear", nombre="Contrato")["id_transaccion"]
    assert with_tags(stranger, envelope, "contrato.pdf", metatags)["codigo"] == "05"


def test_protecting_wants_its_word(stranger: Stranger) -> None:
    stranger.draft()
    (document,) = [d["id_documento"] for d in stranger.whole(stranger.draft())["documentos"]]
    answer = stranger.post("/documentos/proteger/", id_documento=document)
    assert (answer["codigo"], answer["errores"]) == ("05", ["protect"])


def test_filling_nothing_in_is_allowed(stranger: Stranger) -> None:
    envelope = stranger.draft(ANA)
    made = stranger.post(f"/envelopes/{envelope}/templates", template_id=12)["document"]["id"]
    path = f"/envelopes/{envelope}/templates/{requests.utils.quote(made, safe='')}"
    assert stranger.send("PUT", path, json={})["code"] == "00"


# ── the webhook ──────────────────────────────────────────────────────────────


def test_the_webhook_says_it_in_both_forms_that_customers_read(box: Sandbox, stranger: Stranger) -> None:
    heard: list[Any] = []

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Listener) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        box.control.webhook(f"http://127.0.0.1:{server.server_port}/fin")
        envelope = stranger.post("/transacciones/crear", nombre="Contrato")["id_transaccion"]
        signer = stranger.signer(envelope, **EVA)["id_firmante"]
        stranger.link(envelope, signer, stranger.upload(envelope, "Contrato de María (1).pdf")["id_documento"])
        stranger.post("/transacciones/distribuir", id_transaccion=envelope)
        box.control.sign(envelope)
        thread.join(5)
    (said,) = heard
    assert said["id"] == said["id_transaccion"] == envelope
    assert said["Documentos"] == said["documentos"]
    (file,) = said["documentos"]
    assert file["nombre"] == "Contrato de María (1).pdf"
    assert requests.utils.unquote(urlsplit(file["ruta"]).path.rpartition("/")[2]) == file["nombre"]
    assert requests.get(file["ruta"], timeout=5).content == PDF  # no header, as it stands there


# ── transport ────────────────────────────────────────────────────────────────


def pieces(content: bytes) -> Iterator[bytes]:
    yield from (content[n : n + 7] for n in range(0, len(content), 7))


def test_chunked_uploads_are_taken(box: Sandbox, stranger: Stranger) -> None:
    envelope = stranger.draft()
    form = {"id_transaccion": (None, envelope), "documento": ("contrato.pdf", PDF)}
    whole = requests.Request("POST", stranger.url, files=form).prepare()
    answer = stranger.http.post(
        f"{stranger.url}/transacciones/cargar_documento",
        data=pieces(bytes(whole.body or b"")),
        headers={"Content-Type": whole.headers["Content-Type"]},
        timeout=5,
    )
    assert answer.request.headers["Transfer-Encoding"] == "chunked"
    assert answer.json()["codigo"] == "00"
    answer = stranger.http.post(
        f"{stranger.url}/transacciones/crear",
        data=pieces(json.dumps({"nombre": "Contrato"}).encode()),
        headers={"Content-Type": "application/json"},
        timeout=5,
    )
    assert answer.json()["codigo"] == "00"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/ida/api/v2/database/databases", {"GET", "HEAD"}),
        ("PATCH", "/ida/api/v2/database/11111", {"DELETE", "GET", "HEAD"}),
        ("PUT", "/ida/api/v2/database/data", {"GET", "HEAD", "POST"}),
        ("GET", "/signio/token/crear", {"POST"}),
        ("OPTIONS", "/signio/templates", {"GET", "HEAD"}),
        ("TRACE", "/signio/templates", {"GET", "HEAD"}),
        ("QUERY", "/signio/templates", {"GET", "HEAD"}),
        ("GET", "/nddprint/api/v1/users/card-codes", {"POST"}),
        ("DELETE", "/carmachain/api/respond", {"POST"}),
        ("GET", "/control/reset", {"POST"}),
        ("PUT", "/control/reset", {"POST"}),
        ("POST", "/openapi.json", {"GET", "HEAD"}),
        ("DELETE", "/identity", {"GET", "HEAD"}),
    ],
)
def test_a_405_says_what_is_allowed(box: Sandbox, method: str, path: str, allowed: set[str]) -> None:
    connection = HTTPConnection(str(urlsplit(box.url).hostname), urlsplit(box.url).port, timeout=5)
    token = box.token_file.read_text("ascii")
    connection.request(method, path, headers={"Authorization": f"Bearer {token}"})
    answer = connection.getresponse()
    connection.close()
    assert answer.status == 405
    assert set((answer.headers["Allow"] or "").split(", ")) == allowed
