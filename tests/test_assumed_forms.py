"""Every assumption takes effect: what leaves, what is read and what becomes of rows differ with its value."""

import contextlib
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

import toolkit
from tests.helpers.clock import ManualClock
from toolkit.calls import frames
from toolkit.errors import InputError, Rejected
from toolkit.http import answers, wire
from toolkit.sandbox import Sandbox
from toolkit.sheets.value import check_value
from toolkit.spec import Assumed, Date, Phone
from toolkit.vendors.carmachain.api import CarmaChain
from toolkit.vendors.ida.api import Ida
from toolkit.vendors.nddprint.api import NddPrint
from toolkit.vendors.signio import places
from toolkit.vendors.signio.api import Signio

Connect = Callable[..., toolkit.Api]


@pytest.fixture
def connect(box: Sandbox) -> Connect:
    """The sandbox's systems under other assumptions."""

    def connected(system: str, **assumptions: Any) -> toolkit.Api:
        accounts: dict[str, Any] = box.settings()
        accounts[system] = {**accounts[system], "assumptions": assumptions}
        return toolkit.connect("work", **accounts, clock=ManualClock(box), progress=False)

    return connected


def sent(api: toolkit.Api, system: str) -> list[wire.Request]:
    """What leaves from now on."""
    session, requests = getattr(api, system).connection.session, []
    send = session._send

    def noted(request: wire.Request, token: Any) -> answers.Answer:
        requests.append(request)
        return send(request, token)  # type: ignore[no-any-return]

    session._send = noted
    return requests


# ── IDA ──


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("%d/%m/%Y", "31/12/2024"),
        ("%d-%m-%Y", "31-12-2024"),
        ("%Y-%m-%d", "2024-12-31"),
        ("%Y/%m/%d", "2024/12/31"),
        ("as written", "31.12.2024"),
    ],
)
def test_days_are_sent_in_one_form_by_inserts_and_edits(connect: Connect, form: str, written: str) -> None:
    api = connect("ida", date_form=form)
    fields = api.ida.fields(11111)
    assert toolkit.check([{"FECHA_NACIMIENTO": "31.12.2024"}], fields).wire()["FECHA_NACIMIENTO"] == [written]
    requests = sent(api, "ida")
    with contextlib.suppress(Rejected):  # the sandbox takes two of these forms
        api.ida.update_record(1234, {"FECHA_NACIMIENTO": "31.12.2024"}, database_id=11111)
    assert f'"{written}"'.encode() in (requests[-1].body or b"")


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("digits", "56912345678"),
        ("+digits", "+56912345678"),
        ("national", "912345678"),
        ("bare", "+56912345678"),
        ("as written", "+56 9 1234 5678"),
    ],
)
def test_phones_are_sent_in_one_form(form: str, written: str) -> None:
    assert check_value(Phone(form=form), "+56 9 1234 5678") == (written, None)


def test_an_edit_writes_phones_and_days_as_inserts_do(connect: Connect) -> None:
    api = connect("ida", phone_form="+digits", date_form="%Y-%m-%d")
    requests = sent(api, "ida")
    api.ida.update_record(1234, {"TELEFONO": "+56 9 1234 5677", "FECHA_NACIMIENTO": pd.Timestamp("2024-12-31").date()})
    assert requests[-1].body == b'{"recordID":1234,"TELEFONO":"+56912345677","FECHA_NACIMIENTO":"2024-12-31"}'
    api.ida.update_record(1234, {"FECHA_NACIMIENTO": "31/12/2003", "NOMBRE": "el 31/12/2003"})
    assert requests[-1].body == b'{"recordID":1234,"FECHA_NACIMIENTO":"2003-12-31","NOMBRE":"el 31/12/2003"}'
    with pytest.raises(InputError, match="TELEFONE is no field of the database; did you mean 'TELEFONO'"):
        api.ida.update_record(1234, {"TELEFONE": "1"}, database_id=11111)
    with pytest.raises(InputError, match="EMAIL: is not an e-mail address"):
        api.ida.update_record(1234, {"EMAIL": "ana@"}, database_id=11111)


def test_a_field_may_have_the_name_of_the_identifier(connect: Connect) -> None:
    endpoint = Ida.endpoints["update_record"]
    values = {"record_id": 7, "values": {"recordID": "x", "id": "y"}}
    assert wire.request(endpoint, values).body == b'{"recordId":7,"recordID":"x","id":"y"}'
    with pytest.raises(InputError, match="recordID names what is sent with it"):
        wire.request(endpoint, {"record_id": 7, "values": {"recordID": "x", "recordId": "y"}})


@pytest.mark.parametrize(
    ("value", "query", "body"),
    [
        ("as printed", "recordId", "recordID"),
        ("recordId", "recordId", "recordId"),
        ("recordID", "recordID", "recordID"),
    ],
)
def test_each_form_has_its_own_key_of_a_record(connect: Connect, value: str, query: str, body: str) -> None:
    api = connect("ida", record_id=value)
    requests = sent(api, "ida")
    api.ida.record(1234)
    api.ida.update_record(1234, {"NOMBRE": "Ana"})
    assert dict(requests[-2].query) == {query: "1234"}
    assert requests[-1].body == f'{{"{body}":1234,"NOMBRE":"Ana"}}'.encode()


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_other_method_takes_the_key_of_its_own_form(box: Sandbox, method: str) -> None:
    settings = {**box.settings()["ida"], "endpoints": {"record": f"{method} /api/v2/database/data"}}
    settings["endpoints"]["update_record"] = f"{'PUT' if method == 'POST' else 'GET'} /api/v2/database/saveData"
    api = toolkit.connect("work", ida=settings, clock=ManualClock(box))
    requests = sent(api, "ida")
    api.ida.record(1234)
    api.ida.update_record(1234, {"NOMBRE": "Ana"})
    if method == "GET":
        assert [dict(r.query) for r in requests[-2:]] == [{"recordId": "1234"}, {"recordId": "1234", "NOMBRE": "Ana"}]
    else:
        assert [r.body for r in requests[-2:]] == [b'{"recordID":1234}', b'{"recordID":1234,"NOMBRE":"Ana"}']


@pytest.mark.parametrize(("value", "written"), [("empty", b'""'), ("null", b"null")])
def test_what_clears_a_field_is_an_assumption(connect: Connect, value: str, written: bytes) -> None:
    api = connect("ida", empty_text=value)
    requests = sent(api, "ida")
    api.ida.update_record(1234, {"NOMBRE": ""})
    assert requests[-1].body == b'{"recordID":1234,"NOMBRE":' + written + b"}"


@pytest.mark.parametrize(("value", "has"), [("sent", True), ("left out", False)])
def test_a_label_is_sent_and_equals_the_name_where_it_is_missing(connect: Connect, value: str, has: bool) -> None:
    api = connect("ida", label=value)
    requests = sent(api, "ida")
    api.ida.create_database("Otra", [{"name": "A", "label": "La A"}, {"name": "B"}])
    body = (requests[-1].body or b"").decode()
    assert ('"label":"La A"' in body, '"label":"B"' in body) == (has, has)


def test_what_a_type_holds_is_an_assumption(connect: Connect) -> None:
    fields = connect("ida").ida.fields(11111).set_index("name")
    other = connect("ida", type_1="text", type_3="text").ida.fields(11111).set_index("name")
    assert fields.loc[["TELEFONO", "FECHA_NACIMIENTO"], "kind"].tolist() == ["phone", "date"]
    assert other.loc[["TELEFONO", "FECHA_NACIMIENTO"], "kind"].tolist() == ["text", "text"]
    assert toolkit.check([{"TELEFONO": "casa"}], other.reset_index()).ok
    assert not toolkit.check([{"TELEFONO": "casa"}], fields.reset_index()).ok


def test_any_number_may_be_a_type(connect: Connect) -> None:
    api = connect("ida", other_types="number")
    requests = sent(api, "ida")
    fields = pd.DataFrame({"name": ["A", "B", "C"], "type": [7, "phone", 0]})
    api.ida.create_database("Otra", fields)
    body = (requests[-1].body or b"").decode()
    assert '"type":7' in body
    assert '"type":1' in body
    record = api.ida.connection.assumed.endpoint(Ida.endpoints["fields"]).record
    assert record
    assert frames.to_frame(record, [{"type": 7}])["kind"].tolist() == ["number"]


def test_a_database_is_cloned_by_its_fields(connect: Connect) -> None:
    ida = connect("ida").ida
    fields = ida.fields(11111)
    copy = ida.fields(ida.create_database("Copia", fields))
    same = ["name", "label", "type", "kind", "required", "defaultValue", "hidden"]
    pd.testing.assert_frame_equal(copy[same], fields[same])


def test_a_bad_field_names_the_call(connect: Connect) -> None:
    with pytest.raises(toolkit.RowErrors, match="These are rows of `fields` of create_database"):
        connect("ida").ida.create_database("Otra", [{"name": "A"}, {"label": "B"}])


def test_requests_that_may_be_stored_in_part_carry_one_record(connect: Connect) -> None:
    api = connect("ida", atomic_requests=False)
    requests = sent(api, "ida")
    report = api.ida.insert_records(11111, [{"EMAIL": f"a{n}@example.cl"} for n in range(3)])
    assert report.complete
    bodies = [r.body for r in requests if r.path.endswith("/records")]
    assert [body.count(b"values") for body in bodies if body] == [1, 1, 1]


def test_where_duplicates_are_left_out_a_count_vouches_for_nothing(connect: Connect) -> None:
    rows = [{"EMAIL": "a@example.cl"}, {"EMAIL": "b@example.cl"}]
    assert connect("ida").ida.insert_records(11111, rows).summary["verified"] == 2
    api = connect("ida", duplicates_kept=False)
    assert api.ida.insert_records(11111, rows, if_sent="resend").summary["accepted"] == 2


# ── SIGNIO ──

PERSON = {"nombre": "Ana", "tipo_identificacion": "CC", "identificacion": "1001", "email": "ana@example.co"}


@pytest.mark.parametrize(("value", "written"), [("joined", b'"tags":"a;b"'), ("array", b'"tags":["a","b"]')])
def test_tags_travel_joined_or_as_an_array(connect: Connect, value: str, written: bytes) -> None:
    api = connect("signio", tags_form=value)
    requests = sent(api, "signio")
    api.signio.create_envelope("Contrato", tags=["a", "b"])
    assert written in (requests[-1].body or b"")
    documents = [{"template": 12}]
    options = {"tags": ["a", "b"]}
    api.signio.plan_envelopes([{**PERSON, "c": "1"}], "c", documents=documents, envelope_options=options).build()
    assert [written in (r.body or b"") for r in requests if r.path.endswith("/transacciones/crear")] == [True, True]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("as written", "+57 3001234567"),
        ("digits", "573001234567"),
        ("+digits", "+573001234567"),
        ("national", "3001234567"),
    ],
)
def test_a_celular_is_sent_as_written_unless_a_form_is_chosen(connect: Connect, value: str, written: str) -> None:
    api = connect("signio", celular_form=value)
    requests = sent(api, "signio")
    envelope = api.signio.create_envelope("Contrato")
    api.signio.add_signer(envelope, **PERSON, celular="+57 3001234567")
    assert f'"celular":"{written}"'.encode() in (requests[-1].body or b"")
    report = api.signio.add_signers(envelope, [{**PERSON, "identificacion": "2", "celular": "+57 3001234567"}])
    assert report.complete
    assert f'"celular":"{written}"'.encode() in (requests[-1].body or b"")


def test_a_celular_that_is_no_phone_is_a_doubt(connect: Connect) -> None:
    checked = toolkit.check([{**PERSON, "celular": "casa 12"}], connect("signio").signio.add_signers)
    assert checked.ok
    assert checked.wire()["celular"] == ["casa 12"]
    assert checked.problems["column"].tolist() == ["celular"]
    assert not toolkit.check([{**PERSON, "celular": "1" * 16}], connect("signio").signio.add_signers).ok


@pytest.mark.parametrize("key", ["Operation_rol", "operation_rol"])
def test_roles_travel_under_the_key_of_their_chapter(connect: Connect, key: str) -> None:
    api = connect("signio", operation_rol_key=key)
    requests = sent(api, "signio")
    envelope = api.signio.create_envelope("Contrato")
    api.signio.add_signer(envelope, **PERSON, operation_rol=["a", "b"])
    assert f'"{key}":"a,b"'.encode() in (requests[-1].body or b"")
    api.signio.add_signers(envelope, [{**PERSON, "identificacion": "2", "operation_rol": "c"}])
    assert f'"{key}":"c"'.encode() in (requests[-1].body or b"")


@pytest.mark.parametrize(("value", "ok"), [("lenient", True), ("strict", False)])
@pytest.mark.parametrize(
    ("kind", "number"), [("CC", "12345678901234"), ("CC", "12"), ("NIT", "900123456-1"), ("NIT", "no-nit")]
)
def test_identity_numbers_are_doubts_unless_they_are_strict(
    connect: Connect, value: str, ok: bool, kind: str, number: str
) -> None:
    row = {**PERSON, "identificacion": number} if kind == "CC" else PERSON
    company = {"company_identification_type": kind, "company_identification": number} if kind == "NIT" else {}
    checked = toolkit.check([{**row, **company}], connect("signio", identity_numbers=value).signio.add_signers)
    assert checked.ok is (ok or number == "900123456-1")  # a wrong check digit is a doubt in either
    assert len(checked.problems) == 1
    assert not toolkit.check([{**PERSON, "identificacion": "1" * 21}], connect("signio").signio.add_signers).ok


@pytest.mark.parametrize(("value", "written"), [("numbers", b"2"), ("words", b'"Pendiente de firma"')])
def test_a_state_is_asked_for_by_number_or_word(connect: Connect, value: str, written: bytes) -> None:
    api = connect("signio", estado_form=value)
    requests = sent(api, "signio")
    with contextlib.suppress(toolkit.ApiError):  # the sandbox takes the words where it is switched
        api.signio.envelopes(2)
    assert requests[-1].body == b'{"estado":' + written + b"}"


@pytest.mark.parametrize(("value", "written"), [("numbers", b"1"), ("booleans", b"true")])
def test_yes_travels_as_a_number_or_as_true(connect: Connect, value: str, written: bytes) -> None:
    api = connect("signio", flags_form=value)
    requests = sent(api, "signio")
    api.signio.create_envelope("Contrato", op_btnRechazo=True)
    assert requests[-1].body == b'{"nombre":"Contrato","op_btnRechazo":' + written + b"}"


def test_y_grows_upwards_or_downwards() -> None:
    for place in ("bottom left of the last page", "top right of page 1", "middle of the first page"):
        up, down = (places.stamp(place, [(595, 842)], down=down) for down in (False, True))
        assert up["y"] + down["y"] + up["alto"] == 842
        assert {**up, "y": 0} == {**down, "y": 0}


@pytest.mark.parametrize(("value", "headers"), [("token", [False, True]), ("none", [False])])
def test_6_21_gets_the_token_of_6_1(connect: Connect, value: str, headers: list[bool]) -> None:
    api = connect("signio", authenticate_header=value)
    session, tokens = api.signio.connection.session, []
    send = session._send

    def noted(request: wire.Request, token: Any) -> answers.Answer:
        tokens.append((request.path, token is not None))
        return send(request, token)  # type: ignore[no-any-return]

    session._send = noted  # type: ignore[method-assign]
    assert len(api.signio.tenants())
    assert [has for _, has in tokens] == headers
    assert tokens[-1][0] == "/auth/tokens"


def test_without_a_token_of_6_1_none_is_sent(connect: Connect, box: Sandbox) -> None:
    api = connect("signio")
    body = {"codigo": "04", "mensaje": "error interno"}
    box.control.fault(
        system="signio", match={"path": "/token/crear"}, times=None, reply="status", status=200, body=body
    )
    assert len(api.signio.tenants())


@pytest.mark.parametrize(
    ("form", "zone", "written"),
    [
        ("%Y-%m-%d %H:%M:%S", "UTC", "2024-12-31 18:30:00"),
        ("%Y-%m-%dT%H:%M:%SZ", "UTC", "2024-12-31T18:30:00Z"),
        ("%d/%m/%Y %H:%M:%S", "UTC", "31/12/2024 18:30:00"),
        ("%Y-%m-%d %H:%M:%S", "America/Bogota", "2024-12-31 13:30:00"),
    ],
)
def test_times_are_asked_for_in_one_form_and_zone(form: str, zone: str, written: str) -> None:
    assumed = Assumed(Signio.system.assumptions, {"datetime_form": form, "time_zone": zone})
    (field,) = (f for f in assumed.endpoint(Signio.endpoints["search_envelopes"]).arguments if f.name == "updated_from")
    assert check_value(field, "2024-12-31T18:30:00Z") == (written, None)
    fields = {f.name: f for f in assumed.endpoint(Signio.endpoints["signatures"]).record.fields}  # type: ignore[union-attr]
    assert (fields["fecha_firma"].zone) == zone  # type: ignore[attr-defined]


@pytest.mark.parametrize(("form", "written"), [("%Y-%m-%d", "2024-12-31"), ("%d/%m/%Y", "31/12/2024")])
def test_a_note_falls_due_on_a_day_in_one_form(form: str, written: str) -> None:
    assumed = Assumed(Signio.system.assumptions, {"date_form": form})
    (field,) = (
        f for f in assumed.endpoint(Signio.endpoints["edit_promissory_note"]).arguments if f.name == "expiration"
    )
    assert isinstance(field, Date)
    assert check_value(field, "2024-12-31") == (written, None)


def test_every_page_of_a_search_is_asked_for_in_the_same_way(connect: Connect, box: Sandbox) -> None:
    account = {**box.settings()["signio"], "endpoints": {"search_envelopes": "POST /envelopes"}}
    api = toolkit.connect("work", signio=account, clock=ManualClock(box))
    requests = sent(api, "signio")
    session = api.signio.connection.session
    pages = iter([[{"id": str(n)} for n in range(1000)], [{"id": "last"}]])

    def answered(request: wire.Request, token: Any) -> answers.Answer:
        requests.append(request)
        body = wire.encode({"envelopes": next(pages), "code": "00", "message": "OK"})
        return answers.Answer(200, {}, body)

    session.tokens = None
    session._send = answered  # type: ignore[method-assign]
    assert len(api.signio.search_envelopes(name="x")) == 1001
    assert [(r.body, dict(r.query)) for r in requests] == [
        (b'{"filter[name]":"x"}', {}),
        (b'{"filter[name]":"x","offset":1000}', {}),
    ]


# ── nddPrint ──


@pytest.mark.parametrize(("value", "path"), [(True, "/api/v1/users/card-codes"), (False, "/api/v1/card-codes")])
def test_users_stands_in_addresses_or_not(connect: Connect, value: bool, path: str) -> None:
    api = connect("nddprint", users_in_path=value)
    requests = sent(api, "nddprint")
    api.nddprint.card_codes("usuario123", "dominio123")
    assert requests[-1].path == path
    assumed = api.nddprint.connection.assumed
    paths = [assumed.endpoint(e).path for e in NddPrint.endpoints.values() if "/users/" in e.path]
    assert all(("/users/" in p) is value for p in paths)


@pytest.mark.parametrize(
    ("value", "body"),
    [("empty", b'{"LogonName":"ana","DomainName":""}'), ("left out", b'{"LogonName":"ana"}')],
)
def test_a_user_may_have_no_domain(connect: Connect, value: str, body: bytes) -> None:
    api = connect("nddprint", empty_domain=value)
    requests = sent(api, "nddprint")
    with pytest.raises(toolkit.ApiError):
        api.nddprint.card_codes("ana", "")
    assert requests[-1].body == body
    rows = [{"LogonName": "ana", "DomainName": None, "CardCode": "0007"}]
    api.nddprint.add_card_codes(rows)
    assert (requests[-1].body or b"").startswith(body[:-1])
    with pytest.raises(InputError, match="domain_name: is required"):
        connect("nddprint").nddprint.card_codes("ana", "")


# ── CarmaChain ──


@pytest.mark.parametrize(
    ("value", "one", "two"),
    [
        ("text or list", b'"Address"', b'["Address","Name"]'),
        ("list", b'["Address"]', b'["Address","Name"]'),
        ("text", b'"Address"', None),
    ],
)
def test_categories_travel_as_text_or_list(connect: Connect, value: str, one: bytes, two: bytes | None) -> None:
    endpoint = connect("carmachain", categories_form=value).carmachain.connection.endpoint(
        CarmaChain.endpoints["respond"]
    )
    (field,) = (f for f in endpoint.arguments if f.name == "categories")
    assert wire.encode(check_value(field, ["Address"])[0]) == one
    several = check_value(field, ["Address", "Name"])
    assert several[1] == "names several, and one can be sent at a time" if two is None else True
    assert two is None or wire.encode(several[0]) == two


@pytest.mark.parametrize(("value", "header"), [("{token}", "abc"), ("Bearer {token}", "Bearer abc")])
def test_the_token_travels_by_itself_or_after_bearer(connect: Connect, value: str, header: str) -> None:
    connection = connect("carmachain", authorization=value).carmachain.connection
    assert connection.session._header.form.format(token="abc") == header


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("as written", "0999999999"),
        ("+digits", "+380999999999"),
        ("digits", "380999999999"),
        ("national", "0999999999"),
    ],
)
def test_a_phone_of_a_person_is_sent_in_one_form(connect: Connect, value: str, written: str) -> None:
    api = connect("carmachain", phone_form=value)
    people = toolkit.check([{"PhoneNumber": "0999999999"}], api.carmachain.request)
    assert people.wire()["PhoneNumber"] == [written]


@pytest.mark.parametrize(("value", "outcome"), [("unknown", "unknown"), ("not executed", "accepted")])
def test_a_429_pauses_or_waits(connect: Connect, box: Sandbox, value: str, outcome: str) -> None:
    api, at = connect("carmachain", too_many_requests=value), {"path": "/api/createrequest"}
    box.control.fault(system="carmachain", match=at, commit="never", reply="status", status=429)
    report = api.carmachain.request([{"PhoneNumber": "0999999999"}], categories="Address")
    assert report.summary[outcome] == 1
    assert ("PAUSED" in str(report)) is (outcome == "unknown")


def test_the_headers_form_is_checked_when_it_is_set() -> None:
    for header in ("Bearer", "Bearer {key}", "Bad Name: {token}", 5):
        with pytest.raises(toolkit.SettingsError):
            toolkit.connect(ida={"base_url": "https://api.example", "header": header})
    with pytest.raises(toolkit.SettingsError, match="did you mean 'date_form'"):
        toolkit.connect(ida={"base_url": "https://api.example", "assumptions": {"date_from": "x"}})
