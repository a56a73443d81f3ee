"""Where our reading of the documents was too narrow: the lines of that table which no other test holds.

`READINGS` names for every line the tests that hold it; a test says that they exist.
"""

import importlib
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import toolkit
from tests.helpers.clock import ManualClock
from toolkit.errors import AnswerWarning, InputWarning
from toolkit.sandbox import Sandbox

PERSON = {"nombre": "Ana", "tipo_identificacion": "CC", "identificacion": "1001", "email": "ana@example.co"}
FORMS, HERE = "tests.test_assumed_forms", "tests.test_wider_readings"
READINGS = {  # the line of the table: where it is held
    "IDA types": [
        f"{FORMS}::test_what_a_type_holds_is_an_assumption",
        f"{FORMS}::test_any_number_may_be_a_type",
    ],
    "IDA dates": [f"{FORMS}::test_days_are_sent_in_one_form_by_inserts_and_edits"],
    "record by POST, edit by GET": [
        f"{FORMS}::test_each_form_has_its_own_key_of_a_record",
        f"{FORMS}::test_the_other_method_takes_the_key_of_its_own_form",
    ],
    "label": [f"{FORMS}::test_a_label_is_sent_and_equals_the_name_where_it_is_missing"],
    "Operation_rol": [
        f"{FORMS}::test_roles_travel_under_the_key_of_their_chapter",
        "tests.calls.test_frames::test_keys_are_read_whatever_spaces_and_capitals_they_have",
    ],
    "tags": [f"{FORMS}::test_tags_travel_joined_or_as_an_array"],
    "identificacion": [f"{FORMS}::test_identity_numbers_are_doubts_unless_they_are_strict"],
    "celular": [
        f"{FORMS}::test_a_celular_is_sent_as_written_unless_a_form_is_chosen",
        f"{FORMS}::test_a_celular_that_is_no_phone_is_a_doubt",
    ],
    "one e-mail for two signers": [f"{HERE}::test_two_signers_with_one_address_are_a_doubt"],
    "file types": [f"{HERE}::test_a_file_is_taken_by_its_name_and_its_content_only_warns"],
    "6.19 fields": [f"{HERE}::test_a_template_is_updated_without_fields"],
    "6.21 header": [
        f"{FORMS}::test_6_21_gets_the_token_of_6_1",
        f"{FORMS}::test_without_a_token_of_6_1_none_is_sent",
    ],
    "ids of 0": [
        "tests.http.test_body::test_an_identifier_of_zero_is_a_refusal_whatever_the_code_says",
        "tests.http.test_body::test_problems_beside_a_success_are_none",
    ],
    "6.11 odd cells": [
        f"{HERE}::test_an_odd_cell_costs_itself_and_raw_shows_it",
        "tests.calls.test_frames::test_a_cell_that_no_document_shows_costs_itself_and_a_warning_names_its_column",
        "tests.calls.test_frames::test_a_word_stands_for_its_code_and_one_without_a_code_for_itself",
    ],
    "6.16 by POST": [f"{FORMS}::test_every_page_of_a_search_is_asked_for_in_the_same_way"],
    "CarmaChain response": [
        "tests.http.test_body::test_a_status_that_says_failure_is_one",
        f"{HERE}::test_what_a_success_says_besides_is_shown",
    ],
    "6.11 mensaje": ["tests.http.test_body::test_the_operations_message_is_never_the_envelopes"],
    "unknown members": [
        f"{HERE}::test_tags_that_are_objects_are_kept",
        "tests.calls.test_frames::test_members_that_nobody_declared_are_further_columns_and_said_once",
    ],
    "edits": [
        f"{FORMS}::test_an_edit_writes_phones_and_days_as_inserts_do",
        f"{FORMS}::test_a_field_may_have_the_name_of_the_identifier",
    ],
    "6.24 types": [f"{HERE}::test_a_signing_url_is_made_for_any_type_of_document"],
    "phones of another country": [f"{HERE}::test_a_phone_of_another_country_is_a_doubt"],
    "methods and headers": [
        f"{HERE}::test_a_call_can_be_corrected_to_patch",
        f"{FORMS}::test_the_headers_form_is_checked_when_it_is_set",
    ],
}


@pytest.mark.parametrize("test", [test for tests in READINGS.values() for test in tests])
def test_each_line_of_the_table_is_held(test: str) -> None:
    module, _, name = test.partition("::")
    assert callable(getattr(importlib.import_module(module), name))


def answering(box: Sandbox, system: str, path: str, body: Any) -> None:
    box.control.fault(system=system, match={"path": path}, reply="status", status=200, body=body)


def test_two_signers_with_one_address_are_a_doubt(api: toolkit.Api) -> None:
    rows = [PERSON, {**PERSON, "identificacion": "1002"}]
    checked = toolkit.check(rows, api.signio.add_signers)
    assert checked.ok
    assert checked.problems["level"].tolist() == ["doubt", "doubt"]
    envelope = api.signio.create_envelope("Contrato")
    assert api.signio.add_signers(envelope, rows).complete


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("contrato.pdf", b"\x00\x01 junk\n%PDF-1.4\n%%EOF" + b"\n" * 3000),
        ("carta.doc", b"{\\rtf1 hola}"),
        ("tabla.xls", b"<html><table></table></html>"),
    ],
)
def test_a_file_is_taken_by_its_name_and_its_content_only_warns(
    api: toolkit.Api, name: str, content: bytes, tmp_path: Path
) -> None:
    envelope = api.signio.create_envelope("Contrato")
    with pytest.warns(InputWarning, match="does not look like a whole file of the type that its name says"):
        assert api.signio.upload_document(envelope, (name, content))
    assert api.signio.documents(envelope)["nombre"].tolist() == [name]
    with pytest.raises(toolkit.InputError, match="is not of an allowed type"):
        api.signio.upload_document(envelope, ("nota.txt", b"x"))


def test_a_template_is_updated_without_fields(api: toolkit.Api) -> None:
    envelope = api.signio.create_envelope("Contrato")
    document = api.signio.use_template(envelope, 12)
    assert len(api.signio.update_template(envelope, document)) == 1


def test_an_odd_cell_costs_itself_and_raw_shows_it(api: toolkit.Api, box: Sandbox) -> None:
    firmas = [
        {"id_firmante": "a", "id_documento": "d", "aprobador": 0, " fecha_firma ": "2026-03-02T10:00:00Z"},
        {"id_firmante": "b", "fecha_firma": "hace dos días", "aprobador": "quizás"},
    ]
    body = {"codigo": "00", "mensaje": "OK", "id_transaccion": "e", "estado": "Archivada", "firmas": firmas}
    answering(box, "signio", "/transacciones/gestionar", body)
    with pytest.warns(AnswerWarning, match="signatures: aprobador: 1 of the cells are no flag") as warned:
        found = api.signio.signatures("e")
    assert len(warned) == 1
    assert found["id_firmante"].tolist() == ["a", "b"]
    assert found["fecha_firma"].notna().tolist() == [True, False]
    assert found["id_documento"].isna().tolist() == [False, True]
    answering(box, "signio", "/transacciones/gestionar", body)
    envelope = api.signio.envelope("e")
    assert envelope["estado"].isna().tolist() == [True]
    assert envelope["estado_nombre"].tolist() == ["Archivada"]
    answering(box, "signio", "/transacciones/gestionar", body)
    assert api.signio.raw.signatures("e") == body


def test_tags_that_are_objects_are_kept(api: toolkit.Api, box: Sandbox) -> None:
    tags = [{"id": 7, "nombre": "Contratos"}, "Pagarés"]
    answering(box, "signio", "/transacciones/listar_tags", {"codigo": "00", "mensaje": "OK", "tags": tags})
    with pytest.warns(AnswerWarning, match="members that the document does not show: id, nombre"):
        found = api.signio.tags()
    assert found.columns.tolist() == ["tag", "id", "nombre"]
    assert found["nombre"].tolist()[0] == "Contratos"
    assert found["tag"].tolist()[1] == "Pagarés"


def test_what_a_success_says_besides_is_shown(api: toolkit.Api, box: Sandbox) -> None:
    words = {"code": 201, "message": "partly: two peers are silent"}
    answering(box, "carmachain", "/api/respond", {"response": words, "parametrRequest": []})
    with pytest.warns(AnswerWarning, match="respond: the vendor says: partly: two peers are silent"):
        api.carmachain.answers(ids=["x"])
    people = [{"PhoneNumber": "0999999999", "idRequest": "r1"}]
    answering(box, "carmachain", "/api/createrequest", {"response": words, "parametrRequest": people})
    report = api.carmachain.request([{"PhoneNumber": "0999999999"}], categories="Address")
    assert report.table["response"].tolist() == ["partly: two peers are silent"]


@pytest.mark.parametrize(("kind", "number"), [("NIT", "900123456-8"), ("CC", "900123456"), ("PS", "900123456-8")])
def test_a_signing_url_is_made_for_any_type_of_document(api: toolkit.Api, box: Sandbox, kind: str, number: str) -> None:
    answering(box, "signio", "/envelope/onpremise/get-signed-url", {"url": "https://sign.example/x"})
    link = api.signio.signing_url("e", document_type=kind, document=number)
    assert link.reveal() == "https://sign.example/x"


@pytest.mark.parametrize("phone", ["573001234567", "+57 300 123 4567"])
def test_a_phone_of_another_country_is_a_doubt(api: toolkit.Api, phone: str) -> None:
    rows = pd.DataFrame({"EMAIL": ["ana@example.cl"], "TELEFONO": [phone]})
    checked = toolkit.check(rows, api.ida.fields(11111))
    assert checked.ok
    assert checked.wire()["TELEFONO"] == ["573001234567"]
    assert checked.problems["problem"].str.contains("another country").tolist() == [True]
    assert api.ida.insert_records(11111, rows).complete


def test_a_call_can_be_corrected_to_patch(box: Sandbox) -> None:
    account = {**box.settings()["ida"], "endpoints": {"update_record": "PATCH /api/v2/database/saveData"}}
    ida = toolkit.connect(ida=account, clock=ManualClock(box)).ida
    session, bodies = ida.connection.session, []

    def answered(request: Any, token: Any) -> Any:
        bodies.append((request.method, request.body))
        body = {"statusApi": "OK", "code": 200, "data": {"recordData": {"A": "b"}}}
        return toolkit.http.answers.Answer(200, {}, json.dumps(body).encode())

    session.tokens, session._send = None, answered
    ida.update_record(7, {"A": "b"})
    assert bodies == [("PATCH", b'{"recordID":7,"A":"b"}')]
