"""The sandbox's SIGNIO, asked by a client that knows nothing of the toolkit: the life of an envelope."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import requests

from tests.vendors.signio.helpers import (
    ANA,
    EVA,
    LUIS,
    PDF,
    STAMP,
    Stranger,
    invited,
)
from toolkit.sandbox import Sandbox


@pytest.fixture
def stranger(box: Sandbox) -> Iterator[Stranger]:
    made = Stranger(box.addresses["signio"], **box.credentials["signio"])
    yield made
    made.http.close()


def test_the_manuals_section_4_in_its_order(box: Sandbox) -> None:
    """Only the base URL is the sandbox's; everything else is what the manual tells a customer to write."""
    base_url, account = box.addresses["signio"], box.credentials["signio"]
    answer = requests.post(f"{base_url}/token/crear", json=account).json()
    assert answer["codigo"] == "00"
    header = {"Authorization": f"Bearer {answer['token']}"}
    answer = requests.post(f"{base_url}/transacciones/crear", json={"nombre": "Contrato 1"}, headers=header).json()
    assert answer["codigo"] == "00"
    envelope = answer["id_transaccion"]
    assert len(envelope) == 36
    answer = requests.post(
        f"{base_url}/transacciones/cargar_documento",
        data={"id_transaccion": envelope},
        files={"documento": ("contrato.pdf", PDF)},
        headers=header,
    ).json()
    assert answer["codigo"] == "00"
    document = answer["id_documento"]
    person = {"id_transaccion": envelope, **ANA}
    answer = requests.post(f"{base_url}/transacciones/registrar_contacto", json=person, headers=header).json()
    assert answer["codigo"] == "00"
    ids = {"id_transaccion": envelope, "id_documento": document, "id_firmante": answer["id_firmante"]}
    both = {**ids, "posicion": STAMP}
    assert requests.post(f"{base_url}/transacciones/vincular", json=both, headers=header).json()["codigo"] == "00"
    only = {"id_transaccion": envelope}
    assert requests.post(f"{base_url}/transacciones/distribuir", json=only, headers=header).json()["codigo"] == "00"
    assert invited(box) == ["ana@example.co"]
    assert box.control.stored("signio", "Link")[0]["posicion"] == STAMP


# ── the life of an envelope ──────────────────────────────────────────────────


def test_without_an_order_everybody_is_told_at_once(box: Sandbox, stranger: Stranger) -> None:
    envelope = stranger.distributed(ANA, LUIS)
    assert invited(box) == ["ana@example.co", "luis@example.co"]
    assert stranger.whole(envelope)["estado"] == 2
    assert not box.control.sign(envelope, "luis@example.co")
    signed = [s["fecha_firma"] is not None for s in stranger.whole(envelope)["firmas"]]
    assert signed == [False, True]
    assert box.control.sign(envelope, "ana@example.co")
    assert stranger.whole(envelope)["estado"] == 3
    assert len(invited(box)) == 2


def test_with_an_order_the_next_is_told_when_the_one_before_has_signed(box: Sandbox, stranger: Stranger) -> None:
    envelope = stranger.distributed({**ANA, "orden": 2}, {**LUIS, "orden": 1}, EVA)
    assert invited(box) == ["luis@example.co"]
    with pytest.raises(ValueError, match="turno"):
        box.control.sign(envelope, "ana@example.co")
    for _, expected in zip(range(2), ("ana@example.co", "eva@example.co"), strict=True):
        box.control.sign(envelope)
        assert invited(box)[-1] == expected
    assert box.control.sign(envelope)
    assert invited(box) == ["luis@example.co", "ana@example.co", "eva@example.co"]


def test_the_order_can_be_changed_in_a_draft(box: Sandbox, stranger: Stranger) -> None:
    envelope = stranger.draft({**ANA, "orden": 1}, {**LUIS, "orden": 2})
    luis = stranger.whole(envelope)["contactos"][1]["id_contacto"]
    order = {"id_transaccion": envelope, "id_firmante": luis, "orden": 0}
    assert stranger.post("/transacciones/cambiar_orden", **order)["codigo"] == "00"
    stranger.post("/transacciones/distribuir", id_transaccion=envelope)
    assert invited(box) == ["luis@example.co"]


def test_the_end_is_told_to_those_who_want_to_know(box: Sandbox, stranger: Stranger) -> None:
    boss = {**EVA, "rol": "Notificado", "states": [4]}
    envelope = stranger.distributed(ANA, cc="rrhh@example.co,legal@example.co", created_by="jefe@example.co")
    told = {**boss, "identificacion": "9"}
    assert stranger.signer(envelope, **told)["codigo"] == "05"  # no longer a draft
    box.control.sign(envelope)
    kinds = [(m["kind"], m["recipient"]) for m in box.control.outbox(envelope)]
    copies = [("copia", "rrhh@example.co"), ("copia", "legal@example.co")]
    assert kinds == [("firma", "ana@example.co"), *copies, ("fin", "jefe@example.co")]
    other = stranger.draft(ANA)
    stranger.signer(other, **boss)
    stranger.post("/transacciones/distribuir", id_transaccion=other)
    box.control.reject(other)
    assert stranger.whole(other)["estado"] == 4
    assert [m["kind"] for m in box.control.outbox(other)] == ["firma", "notificado"]


@pytest.mark.parametrize(("hand", "estado"), [("suspend", 6), ("give_back", 8), ("reject", 4)])
def test_other_ends(box: Sandbox, stranger: Stranger, hand: str, estado: int) -> None:
    envelope = stranger.distributed(ANA)
    getattr(box.control, hand)(envelope)
    assert stranger.whole(envelope)["estado"] == estado
    with pytest.raises(ValueError, match="estado"):
        box.control.sign(envelope)


def test_back_to_the_draft_and_out_again(box: Sandbox, stranger: Stranger) -> None:
    envelope = stranger.distributed(ANA, LUIS)
    box.control.sign(envelope, "ana@example.co")
    assert stranger.post("/transacciones/devolver", id_transaccion=envelope)["codigo"] == "00"
    whole = stranger.whole(envelope)
    assert whole["estado"] == 1
    assert [s["fecha_firma"] for s in whole["firmas"]] == [None, None]
    assert stranger.post("/transacciones/devolver", id_transaccion=envelope)["codigo"] == "06"
    stranger.post("/transacciones/distribuir", id_transaccion=envelope)
    assert invited(box) == ["ana@example.co", "luis@example.co"] * 2


def test_only_drafts_are_deleted_or_changed(stranger: Stranger) -> None:
    envelope = stranger.distributed(ANA)
    assert stranger.post("/transacciones/eliminar", id_transaccion=envelope)["codigo"] == "06"
    assert stranger.post("/transacciones/distribuir", id_transaccion=envelope)["codigo"] == "05"
    assert stranger.upload(envelope)["id_documento"] == 0
    draft = stranger.draft(ANA)
    assert stranger.post("/transacciones/eliminar", id_transaccion=draft)["codigo"] == "00"
    assert stranger.whole(draft)["codigo"] == "06"


def test_an_incomplete_draft_is_not_distributed(box: Sandbox, stranger: Stranger) -> None:
    empty = stranger.post("/transacciones/crear", nombre="Vacío")["id_transaccion"]
    assert stranger.post("/transacciones/distribuir", id_transaccion=empty)["codigo"] == "05"
    envelope = stranger.draft(ANA)
    luis = stranger.signer(envelope, **LUIS)["id_firmante"]
    answer = stranger.post("/transacciones/distribuir", id_transaccion=envelope)
    assert (answer["codigo"], answer["errores"]) == ("05", [luis])
    assert box.control.outbox() == []


def test_the_webhook_is_called_at_the_end(box: Sandbox, stranger: Stranger) -> None:
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
        envelope = stranger.distributed(ANA, external_id="emp-001")
        assert heard == []
        box.control.sign(envelope)
        thread.join(5)
    (said,) = heard
    assert (said["id_transaccion"], said["external_id"], said["estado"]) == (envelope, "emp-001", 3)
    assert [d["nombre"] for d in said["Documentos"]] == ["contrato.pdf"]
    with pytest.raises(ValueError, match="this machine"):
        box.control.webhook("https://example.com/fin")


def test_a_webhook_where_nobody_listens_harms_nobody(box: Sandbox, stranger: Stranger) -> None:
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        gone = server.server_port
    box.control.webhook(f"http://127.0.0.1:{gone}/")
    assert box.control.sign(stranger.distributed(ANA))
