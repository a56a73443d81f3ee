"""The sandbox's SIGNIO, asked by somebody else's client: what it refuses, tokens, templates, links."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
import requests

from tests.vendors.signio.helpers import (
    ANA,
    LUIS,
    NOWHERE,
    PDF,
    Stranger,
    invited,
)
from toolkit.sandbox import Sandbox

BASE = "7d1f0c52-3b7e-4b8e-8e0a-60f0f2f7b001"


@pytest.fixture
def stranger(box: Sandbox) -> Iterator[Stranger]:
    made = Stranger(box.addresses["signio"], **box.credentials["signio"])
    yield made
    made.http.close()


# ── what is refused ──────────────────────────────────────────────────────────


def test_bad_values_are_named_and_nothing_is_made(box: Sandbox, stranger: Stranger) -> None:
    box.control.strict()
    bad = {"nombre": "x" * 256, "op_foto": "SI", "ciclo_aprobacion": 2, "cc": "nobody", "campo": 1}
    answer = stranger.post("/transacciones/crear", **bad, envelopeDeduplicationKey="k" * 37)
    assert (answer["id_transaccion"], answer["codigo"]) == (0, "05")
    assert sorted(answer["errores"]) == sorted([*bad, "envelopeDeduplicationKey"])
    assert stranger.post("/transacciones/listar")["transacciones"] == []


@pytest.mark.parametrize(
    ("wrong", "value"),
    [("email", "ana"), ("tipo_identificacion", "XX"), ("nombre", "x" * 51), ("celular", "3" * 16), ("states", [1]),
     ("orden", "uno"), ("tipo_firma", 2), ("rol", "Otro"), ("identificacion", 5), ("enable_comments", "tal vez")],
)  # fmt: skip
def test_bad_signers(stranger: Stranger, wrong: str, value: Any) -> None:
    envelope = stranger.draft()
    answer = stranger.signer(envelope, **{**ANA, wrong: value})
    assert (answer["id_firmante"], answer["codigo"], answer["errores"]) == (0, "05", [wrong])


@pytest.mark.parametrize(
    ("name", "content"),
    [("contrato.exe", PDF), ("contrato", PDF), ("pdf", PDF), ("contrato.pdf.zip", PDF)],
)
def test_bad_files(stranger: Stranger, name: str, content: bytes) -> None:
    answer = stranger.upload(stranger.draft(), name, content)
    assert (answer["id_documento"], answer["codigo"], answer["errores"]) == (0, "05", ["documento"])


def test_unknown_and_foreign_things_are_not_found(stranger: Stranger) -> None:
    mine, other = stranger.draft(ANA), stranger.draft(LUIS)
    whole = stranger.whole(mine)
    signer, document = whole["contactos"][0]["id_contacto"], whole["documentos"][0]["id_documento"]
    foreign = stranger.whole(other)["documentos"][0]["id_documento"]
    assert stranger.upload(NOWHERE)["codigo"] == "06"
    assert stranger.signer(NOWHERE, **ANA) == {"codigo": "06", "mensaje": "recurso no encontrado", "id_firmante": 0}
    assert stranger.link(mine, signer, foreign)["codigo"] == "06"
    assert stranger.link(NOWHERE, signer, document)["codigo"] == "06"
    assert stranger.whole(NOWHERE)["codigo"] == "06"
    assert stranger.send("GET", f"/envelopes/{NOWHERE}/magic-link")["code"] == "06"
    assert stranger.post("/documentos/proteger/", id_documento="nada", protect=True)["codigo"] == "06"


def test_the_same_person_twice_in_an_envelope_is_refused(stranger: Stranger) -> None:
    envelope = stranger.draft(ANA)
    assert stranger.signer(envelope, **ANA)["errores"] == ["identificacion"]


def test_the_same_deduplication_key_is_the_same_envelope(stranger: Stranger) -> None:
    ids = {
        stranger.post("/transacciones/crear", nombre=n, envelopeDeduplicationKey="k-1")["id_transaccion"] for n in "ab"
    }
    assert len(ids) == 1
    assert len(stranger.post("/transacciones/listar")["transacciones"]) == 1


def test_malformed_bodies_get_a_code(stranger: Stranger) -> None:
    for body, kind in [(b"{", "application/json"), (b"[]", "application/json"), (b"nombre=a", "text/plain")]:
        answer = stranger.send("POST", "/transacciones/crear", data=body, headers={"Content-Type": kind})
        assert (answer["codigo"], answer["errores"]) == ("05", ["formato"])
    deep = stranger.send(
        "POST", "/transacciones/crear", data=b'{"a":' * 100_000, headers={"Content-Type": "application/json"}
    )
    assert deep["codigo"] == "05"


# ── tokens ───────────────────────────────────────────────────────────────────


def test_tokens_end(box: Sandbox, stranger: Stranger) -> None:
    assert stranger.post("/transacciones/listar_tags")["tags"] == ["Contratos", "Nómina"]
    box.control.clock(advance=2 * 3600 + 1)
    assert stranger.post("/transacciones/listar_tags") == {"codigo": "01", "mensaje": "token invalido"}
    assert stranger.send("GET", "/templates") == {"code": "01", "message": "token invalido"}
    assert requests.post(f"{stranger.url}/transacciones/listar_tags").json()["codigo"] == "01"


def test_a_token_for_each_tenant_with_its_own_life_and_envelopes(box: Sandbox, stranger: Stranger) -> None:
    account = box.credentials["signio"]
    answer = requests.post(f"{stranger.url}/auth/tokens", json={**account, "ttl": 5}).json()
    assert [t["tenant"] for t in answer["tokens"]] == ["EMPRESA - OPERACIONES", "EMPRESA - LEGAL"]
    mine = stranger.draft(ANA)
    stranger.http.headers["Authorization"] = f"Bearer {answer['tokens'][1]['token']}"
    assert stranger.whole(mine)["codigo"] == "06"
    assert stranger.post("/transacciones/listar_base")["transacciones"] == []
    box.control.clock(advance=301)
    assert stranger.whole(mine)["codigo"] == "01"


def test_wrong_passwords_and_inactive_accounts(box: Sandbox, stranger: Stranger) -> None:
    account = box.credentials["signio"]
    wrong = requests.post(f"{stranger.url}/token/crear", json={**account, "password": "nope"}).json()
    assert (wrong["codigo"], "token" in wrong) == ("02", False)
    box.control.account(tenant=False)
    assert stranger.post("/transacciones/listar_tags")["codigo"] == "03"
    box.control.account(user=False)
    assert stranger.post("/transacciones/listar_tags")["codigo"] == "02"
    assert requests.post(f"{stranger.url}/auth/tokens", json=account).json()["code"] == "02"


# ── lists, documents, templates, notes, links ────────────────────────────────


def test_lists_and_searches(box: Sandbox, stranger: Stranger) -> None:
    box.control.clock("2026-03-02T12:00:00")
    stranger = Stranger(stranger.url, **box.credentials["signio"])
    first = stranger.draft(ANA)
    box.control.clock(advance=60)
    second = stranger.distributed(ANA)
    listed = stranger.post("/transacciones/listar", estado=2)["transacciones"]
    assert [e["id_transaccion"] for e in listed] == [second]
    assert len(stranger.post("/transacciones/listar", estado=0)["transacciones"]) == 2

    def found(**query: Any) -> list[str]:
        return [e["id"] for e in stranger.send("GET", "/envelopes", params=query)["envelopes"]]

    assert found(sort="-created_at") == [second, first]
    assert found(**{"filter[status]": "En Proceso"}) == [first]
    assert found(**{"filter[from]": "2026-03-02 12:00:30"}) == [second]
    assert found(**{"filter[to]": "2026-03-02 12:00:30"}) == [first]
    assert found(**{"filter[name]": "TRATO", "offset": 1}) == [second]
    assert found(**{"filter[name]": "otro"}) == []
    assert stranger.send("GET", "/envelopes?sort=name")["code"] == "05"
    stranger.http.close()


def test_a_search_gives_a_thousand_at_a_time(box: Sandbox, stranger: Stranger) -> None:
    row = {"tenant": "EMPRESA - OPERACIONES", "estado": 1, "base": False, "created_at": 0, "updated_at": 0}
    rows = [{**row, "id_transaccion": f"{n:036}", "nombre": f"Contrato {n}"} for n in range(1003)]
    box.control.put("signio", "Envelope", rows)
    assert len(stranger.send("GET", "/envelopes")["envelopes"]) == 1000
    assert len(stranger.send("GET", "/envelopes?offset=1000")["envelopes"]) == 3


def test_files_are_served_back_until_they_are_protected_and_signed(box: Sandbox, stranger: Stranger) -> None:
    envelope = stranger.distributed(ANA)
    (document,) = stranger.whole(envelope)["documentos"]
    assert requests.get(document["path"]).content == PDF
    answer = stranger.post("/documentos/proteger/", id_documento=document["id_documento"], protect=True)
    assert answer == {"codigo": "00", "mensaje": True}
    assert requests.get(document["path"]).content == PDF
    box.control.sign(envelope)
    assert requests.get(document["path"]).status_code == 403


def test_signers_are_made_from_metatags(box: Sandbox, stranger: Stranger) -> None:
    envelope = stranger.post("/transacciones/crear", nombre="Con etiquetas")["id_transaccion"]
    tagged = PDF.replace(b"<<>>endobj", b"({{SigStamp:signer1:250,55}} {{SigStamp:signer2:250,55}})endobj")
    ana = {"SigName": "Ana", "SigIDType": "CC", "SigID": "1001", "SigEmail": "ana@example.co", "SigOrder": "1"}
    stranger.upload(envelope, content=tagged, metatags=json.dumps({"signer1": ana}))
    stranger.signer(envelope, **LUIS, orden=2, operation_rol="signer2")
    whole = stranger.whole(envelope)
    assert [(c["nombre"], c["orden"]) for c in whole["contactos"]] == [("Ana", 1), ("Luis", 2)]
    assert len(whole["firmas"]) == 2
    stranger.post("/transacciones/distribuir", id_transaccion=envelope)
    assert invited(box) == ["ana@example.co"]


def test_empty_inputs_of_a_template_are_collected_first(box: Sandbox, stranger: Stranger) -> None:
    envelope = stranger.draft(ANA, campos_plantillas={"name": "Ana"})
    path = f"/envelopes/{envelope}/templates"
    answer = stranger.post(path, template_id=12)
    assert (answer["code"], answer["document"]["name"]) == ("00", "Contrato")
    fields = stranger.send("GET", "/transacciones/campos_plantillas", params={"id_transaccion": envelope})
    assert fields["campos"] == [{"name": "name"}, {"name": "identification"}]
    assert len(stranger.whole(envelope)["firmas"]) == 1  # attached, not to be signed
    stranger.post("/transacciones/distribuir", id_transaccion=envelope)
    assert stranger.whole(envelope)["estado"] == 7
    assert [m["kind"] for m in box.control.outbox()] == ["captura"]
    box.control.fill_in(envelope, {"identification": "1001"})
    assert stranger.whole(envelope)["estado"] == 2
    assert invited(box) == ["ana@example.co"]


def test_filled_templates_are_signed_at_once(box: Sandbox, stranger: Stranger) -> None:
    envelope = stranger.draft(ANA)
    made = stranger.post(f"/envelopes/{envelope}/templates", template_id=12, fields={"name": "Ana"})["document"]
    path = f"/envelopes/{envelope}/templates/{quote(made['id'], safe='')}"
    assert stranger.send("PUT", path, json={"fields": {"identification": "1"}})["code"] == "00"
    assert stranger.send("PUT", path, json={"fields": {"nada": "1"}})["errores"] == ["nada"]
    stranger.post("/transacciones/distribuir", id_transaccion=envelope)
    assert stranger.whole(envelope)["estado"] == 2
    assert stranger.post(f"/envelopes/{stranger.draft()}/templates", template_id=13)["code"] == "05"  # inactive
    assert stranger.post(f"/envelopes/{stranger.draft()}/templates", template_id=99)["code"] == "06"


def test_promissory_notes(box: Sandbox, stranger: Stranger) -> None:
    envelope = stranger.draft()
    path = f"/envelopes/{envelope}/tve"
    terms = {"type": "SIMPLE", "expiration": "2027-01-31", "amount": 1, "payment_way": "Cuota", "payment_place": "Cali"}
    note = stranger.post(path, template_id="7", **terms)
    assert note["code"] == "00"
    short = stranger.post(path, template_id="7", type="SIMPLE")
    assert (short["document_id"], short["code"]) == (0, "05")
    assert sorted(short["errores"]) == ["amount", "expiration", "payment_place", "payment_way"]
    bare = stranger.post(path, template_id="0", type="BLANK")
    assert sorted(bare["errores"]) == ["consecutive", "document"]
    form = {"type": "BLANK", "template_id": "0", "consecutive": "0001"}
    filed = stranger.send("POST", path, data=form, files={"document": ("pagare.pdf", PDF)})
    assert filed["code"] == "00"
    edited = stranger.send("PUT", f"{path}/{quote(note['document_id'], safe='')}", json={**terms, "amount": 2})
    assert edited == {"code": "00", "message": "Operación correcta", "document_id": note["document_id"]}
    kept = box.control.stored("signio", "Document", {"id_documento": note["document_id"]})
    assert kept[0]["terms"]["amount"] == 2


def test_edit_links_log_in_for_half_an_hour(box: Sandbox, stranger: Stranger) -> None:
    envelope = stranger.draft()
    link = stranger.send("GET", f"/envelopes/{envelope}/magic-link")["magic_link"]
    assert requests.get(link).json()["id_transaccion"] == envelope
    token = link.partition("token=")[2]
    not_a_token = requests.get(f"{stranger.url}/templates", headers={"Authorization": f"Bearer {token}"}).json()
    assert not_a_token["code"] == "01"
    assert token not in str(box.control.log())
    box.control.clock(advance=1801)
    assert requests.get(link).status_code == 404


def test_signing_on_site_needs_leave_of_account_envelope_and_signer(box: Sandbox, stranger: Stranger) -> None:
    def ask(envelope: str) -> requests.Response:
        who = {"document_type": "CC", "document": "1001", "transaction_id": envelope}
        return stranger.http.put(f"{stranger.url}/envelope/onpremise/get-signed-url", json=who)

    allowed = stranger.distributed(ANA, on_premise_signature=1)
    assert list(ask(allowed).json()) == ["url"]
    assert ask(stranger.distributed(ANA)).status_code == 404
    assert ask(stranger.distributed({**ANA, "on_premise_signature": 0}, on_premise_signature=1)).status_code == 404
    box.control.account(onsite=False)
    assert ask(allowed).status_code == 404
    box.control.clock(advance=7201)
    assert ask(allowed).json()["code"] == "01"


def test_a_base_envelope_is_copied(box: Sandbox, stranger: Stranger) -> None:
    (base,) = stranger.post("/transacciones/listar_base")["transacciones"]
    assert base == {"id_transaccion": BASE, "nombre": "Base laboral"}
    mine = stranger.draft(ANA)
    box.control.put("signio", "Envelope", [{**box.control.stored("signio", "Envelope")[-1], "id_transaccion": "b" * 36,
                                            "base": True}])  # fmt: skip
    for table in ("Document", "Signer", "Link"):
        for row in box.control.stored("signio", table, {"id_transaccion": mine}):
            renamed = {k: f"{v}-b" if k.startswith("id_") else v for k, v in row.items() if k != "n"}
            box.control.put("signio", table, [renamed | {"id_transaccion": "b" * 36}])
    copy = stranger.post("/transacciones/crear", nombre="Copia", id_transaccion_base="b" * 36)["id_transaccion"]
    whole = stranger.whole(copy)
    assert [len(whole[part]) for part in ("documentos", "contactos", "firmas")] == [1, 1, 1]
    assert stranger.post("/transacciones/crear", nombre="x", id_transaccion_base=mine)["codigo"] == "06"
