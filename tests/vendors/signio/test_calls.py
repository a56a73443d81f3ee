"""SIGNIO by the toolkit's client: reads, many envelopes, changes, masked links."""

import logging
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest

import toolkit
from tests.vendors.signio.helpers import ANA, LUIS, NOWHERE, PDF, STAMP, draft
from toolkit.http.secrets import MaskedLink, Secret
from toolkit.sandbox import Sandbox
from toolkit.vendors.signio.api.base import STATUSES
from toolkit.vendors.signio.client import Signio


@pytest.fixture
def signio(box: Sandbox) -> Signio:
    return toolkit.connect(**box.settings(), progress=False).signio


# ── reads ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", ["pendiente de firma", "PENDIENTE DE FIRMA", 2, "2", Signio.Status.PENDING])
def test_envelopes_by_name_number_or_enum(signio: Signio, status: Any) -> None:
    draft(signio, ANA)
    out = draft(signio, ANA)
    signio.distribute(out)
    found = signio.envelopes(status)
    assert found["id_transaccion"].tolist() == [out]
    assert (found["estado"].iloc[0], found["estado_nombre"].iloc[0]) == (2, STATUSES[2])
    assert len(signio.envelopes()) == 2


def test_reads_without_rows_keep_their_columns(signio: Signio) -> None:
    empty = signio.envelopes("firmada")
    assert (empty.empty, str(empty["estado"].dtype)) == (True, "Int64")
    searched = signio.search_envelopes(name="nada")
    assert str(searched["created_at"].dtype) == "datetime64[us, UTC]"
    assert len(signio.signature_status([])) == len(signio.signers([])) == 0


def test_a_search_reads_all_pages(box: Sandbox, signio: Signio) -> None:
    row = {"tenant": "EMPRESA - OPERACIONES", "estado": 1, "base": False, "created_at": 0, "updated_at": 86_400}
    names = [f"Contrato {n:04}" for n in range(2001)]
    rows = [{**row, "id_transaccion": f"{n:036}", "nombre": name} for n, name in enumerate(names)]
    box.control.put("signio", "Envelope", rows)
    found = signio.search_envelopes(sort="+name", updated_to=datetime(1970, 1, 3, tzinfo=UTC), status="en proceso")
    assert found["name"].tolist() == names
    assert [line["service"] for line in box.control.log()].count("search_envelopes") == 3
    assert signio.search_envelopes(updated_to="1970-01-01").empty


def test_one_envelope_in_four_frames(box: Sandbox, signio: Signio) -> None:
    envelope = draft(signio, {**ANA, "celular": "300 123 4567"}, {**LUIS, "orden": 1, "enable_comments": True})
    assert signio.envelope(envelope)[["nombre", "estado"]].iloc[0].tolist() == ["Contrato", 1]
    assert signio.documents(envelope)["nombre"].tolist() == ["contrato.pdf"]
    assert signio.signers(envelope)["enable_comments"].tolist() == [False, True]
    assert signio.signers(envelope)["orden"].isna().tolist() == [True, False]
    assert signio.signatures(envelope)["fecha_firma"].isna().all()
    assert box.control.stored("signio", "Signer")[0]["celular"] == "300 123 4567"


def test_templates_roles_and_fields_are_tidy(signio: Signio) -> None:
    templates = signio.templates()
    assert templates["roles"].tolist() == [["Operador", "Empleado"], ["Operador"]]
    assert templates["status_name"].tolist() == ["Activa", "Inactiva"]
    roles = signio.template_roles()
    assert list(roles.itertuples(index=False, name=None)) == [
        (12, "Contrato", "Operador"),
        (12, "Contrato", "Empleado"),
        (13, "Pagaré", "Operador"),
    ]
    envelope = draft(signio, ANA)
    document = signio.use_template(envelope, 12, {"name": "Ana"})
    assert signio.template_fields(envelope)["name"].tolist() == ["name", "identification"]
    assert signio.update_template(envelope, document, {"identification": "1"})["id"].tolist() == [document]


def test_tags_bases_and_tenants(box: Sandbox, signio: Signio) -> None:
    assert signio.tags()["tag"].tolist() == ["Contratos", "Nómina"]
    assert signio.base_envelopes()["nombre"].tolist() == ["Base laboral"]
    tenants = signio.tenants()
    assert tenants["tenant"].tolist() == ["EMPRESA - OPERACIONES", "EMPRESA - LEGAL"]
    assert all(isinstance(token, Secret) for token in tenants["token"])
    assert "***" in repr(tenants)
    token = toolkit.connect(signio={"base_url": box.addresses["signio"], "token": tenants["token"].iloc[1]}).signio
    assert token.base_envelopes().empty
    with pytest.raises(toolkit.SettingsError, match="password"):
        token.tenants()


def test_a_tenant_is_picked_by_name(box: Sandbox) -> None:
    account = box.settings()["signio"]
    legal = toolkit.connect(signio={**account, "tenant": "empresa - legal"}, progress=False).signio
    envelope = legal.create_envelope("De Legal")
    assert box.control.stored("signio", "Envelope", {"id_transaccion": envelope})[0]["tenant"] == "EMPRESA - LEGAL"
    with pytest.raises(toolkit.SettingsError, match="EMPRESA - LEGAL"):
        toolkit.connect(signio={**account, "tenant": "Otra"}).signio.tags()


def test_tokens_are_renewed_when_they_end(box: Sandbox, signio: Signio) -> None:
    signio.tags()
    box.control.clock(advance=7201)
    assert len(signio.tags()) == 2
    assert [line["service"] for line in box.control.log()].count("create_token") == 2


# ── many envelopes ───────────────────────────────────────────────────────────


def test_signature_status_agrees_with_the_truth(box: Sandbox, signio: Signio) -> None:
    series = draft(signio, {**ANA, "orden": 1}, {**LUIS, "orden": 2})
    parallel, resting = draft(signio, ANA, LUIS), draft(signio, ANA)
    for envelope in (series, parallel):
        signio.distribute(envelope)
    box.control.sign(parallel, "luis@example.co")
    status = signio.signature_status(pd.Series([resting, series, NOWHERE, parallel]))
    shown = status[["id_transaccion", "firmante", "firmada", "en_turno"]].itertuples(index=False)
    rows = [tuple(None if pd.isna(value) else value for value in row) for row in shown]
    assert rows == [
        (resting, "Ana", False, False),
        (series, "Ana", False, True),
        (series, "Luis", False, False),
        (NOWHERE, None, None, None),
        (parallel, "Ana", False, True),
        (parallel, "Luis", True, False),
    ]
    assert status["error"].notna().tolist() == [False, False, False, True, False, False]
    assert status["fecha_firma"].notna().tolist() == [False] * 5 + [True]
    assert status["documento"].dropna().unique().tolist() == ["contrato.pdf"]


def test_signers_of_many_envelopes(signio: Signio) -> None:
    first, second = draft(signio, ANA, LUIS), draft(signio, LUIS)
    found = signio.signers([second, NOWHERE, first])
    assert found["nombre"].fillna("?").tolist() == ["Luis", "?", "Ana", "Luis"]
    assert found["id_transaccion"].tolist() == [second, NOWHERE, first, first]
    assert found.columns[0] == "id_transaccion"
    with pytest.raises(toolkit.NotFound):
        signio.signers(NOWHERE)


def test_an_envelope_where_nobody_signs_is_one_row(signio: Signio) -> None:
    status = signio.signature_status([signio.create_envelope("Vacío")])
    assert (len(status), status["nombre"].iloc[0], status["id_firmante"].isna().iloc[0]) == (1, "Vacío", True)


# ── changes ──────────────────────────────────────────────────────────────────


def test_all_options_of_an_envelope_arrive(box: Sandbox, signio: Signio) -> None:
    base = signio.base_envelopes()["id_transaccion"].iloc[0]
    texts = dict.fromkeys(("mensaje", "external_id", "remitente", "mensaje_firma", "mensaje_final", "created_by"), "x")
    flags = ("ciclo_aprobacion", "op_btnRechazo", "op_certLegops", "op_firmasProcesadas", "permiteEdicion",
             "permiteEdicionFirmantes", "on_premise_signature", "notificar_contacto")  # fmt: skip
    envelope = signio.create_envelope(
        "Contrato", tags=["Contratos", "Nómina"], cc=["a@example.co", "b@example.co"], op_foto="opcional",
        id_transaccion_base=base, envelopeDeduplicationKey="k" * 36, campos_plantillas={"name": "Ana"},
        op_token="SCREEN", **texts, **dict.fromkeys(flags, True),
    )  # fmt: skip
    (kept,) = box.control.stored("signio", "Envelope", {"id_transaccion": envelope})
    assert {k: kept[k] for k in texts} == texts
    assert [kept[flag] for flag in flags] == [1] * len(flags)
    assert (kept["tags"], kept["cc"]) == ("Contratos;Nómina", "a@example.co,b@example.co")
    assert (kept["op_foto"], kept["op_token"], kept["campos_plantillas"]) == ("OP", "SCREEN", {"name": "Ana"})
    assert signio.create_envelope("Otro", envelopeDeduplicationKey="k" * 36) == envelope


def test_the_life_of_an_envelope(box: Sandbox, signio: Signio) -> None:
    envelope = draft(signio, ANA, LUIS)
    luis = signio.signers(envelope).set_index("nombre").loc["Luis", "id_contacto"]
    signio.set_order(envelope, luis, 1)
    signio.protect_document(signio.documents(envelope)["id_documento"].iloc[0])
    signio.distribute(envelope)
    assert [mail["recipient"] for mail in box.control.outbox()] == ["luis@example.co"]
    signio.return_to_draft(envelope)
    with pytest.raises(toolkit.NotFound):
        signio.return_to_draft(envelope)
    signio.delete_envelope(envelope)
    with pytest.raises(toolkit.NotFound):
        signio.envelope(envelope)


def test_links_with_every_kind_of_stamp(box: Sandbox, signio: Signio) -> None:
    envelope = draft(signio, ANA)
    signer, document = (
        signio.signers(envelope)["id_contacto"].iloc[0],
        signio.documents(envelope)["id_documento"].iloc[0],
    )
    more = pd.DataFrame([STAMP, {**STAMP, "pagina": 2}])
    signio.link(envelope, signer, document, position=STAMP, stamps=more, attachment=False, role="signer1")
    (kept,) = box.control.stored("signio", "Link")
    assert (kept["posicion"], kept["stamps"]) == (STAMP, [STAMP, {**STAMP, "pagina": 2}])
    assert (kept["attachment"], kept["operation_rol"]) == (0, "signer1")


def test_promissory_notes(box: Sandbox, signio: Signio) -> None:
    envelope = draft(signio, ANA)
    terms = {"expiration": "31/01/2027", "amount": 1_500_000, "payment_way": "Cuota única", "payment_place": "Bogotá"}
    note = signio.upload_promissory_note(envelope, type="SIMPLE", template_id=7, **terms)
    assert signio.edit_promissory_note(envelope, note, type="SIMPLE", **{**terms, "amount": 2}) == note
    filed = signio.upload_promissory_note(
        envelope, type="BLANK", template_id=0, consecutive="0001", document=("pagare.pdf", PDF)
    )
    kept = {row["id_documento"]: row["terms"] for row in box.control.stored("signio", "Document", {"kind": "note"})}
    assert (kept[note]["amount"], kept[note]["expiration"]) == (2, "2027-01-31")
    assert kept[filed]["consecutive"] == "0001"


def test_a_file_from_a_path_and_tags_in_it(box: Sandbox, signio: Signio, tmp_path: Any) -> None:
    path = tmp_path / 'año "1".pdf'
    path.write_bytes(PDF)
    envelope = signio.create_envelope("Con etiquetas")
    ana = {"SigName": "Ana", "SigIDType": "CC", "SigID": "1001", "SigEmail": "ana@example.co"}
    signio.upload_document(envelope, path, metatags={"signer1": ana})
    assert signio.signers(envelope)["nombre"].tolist() == ["Ana"]
    assert signio.documents(envelope)["nombre"].tolist() == ["año _1_.pdf"]
    assert box.control.stored("signio", "Content")[0]["content"] == PDF


# ── secrets ──────────────────────────────────────────────────────────────────


def test_links_that_log_in_are_masked(box: Sandbox, signio: Signio, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    envelope = draft(signio, ANA, on_premise_signature=True)
    edit = signio.magic_link(envelope)
    signio.distribute(envelope)
    sign = signio.signing_url(envelope, document_type="CC", document="1001", direct=True, op_token="SCREEN")
    for link in (edit, sign):
        assert isinstance(link, MaskedLink)
        assert str(link) == "<link to 127.0.0.1: ***>"
        assert link.reveal().startswith(box.addresses["signio"])
        assert link.reveal() not in caplog.text
    password = box.credentials["signio"]["password"]
    assert password not in caplog.text + repr(signio) + repr(vars(signio))


def test_signing_on_site_where_the_account_may_not(box: Sandbox, signio: Signio) -> None:
    envelope = draft(signio, ANA, on_premise_signature=True)
    box.control.account(onsite=False)
    with pytest.raises(toolkit.NotFound):
        signio.signing_url(envelope, document_type="CC", document="1001")


def test_a_refused_token_is_renewed_where_success_carries_no_code(box: Sandbox, signio: Signio) -> None:
    envelope = draft(signio, ANA, on_premise_signature=True)
    signio.distribute(envelope)
    box.control.clock(advance=7201)
    assert signio.signing_url(envelope, document_type="CC", document="1001").reveal()
