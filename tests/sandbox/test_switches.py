"""The sandbox as another vendor: every assumption can be switched, and shows where a plain HTTP client looks."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

import toolkit
from tests.vendors.signio.helpers import ANA, PDF, STAMP, Stranger
from toolkit.errors import SettingsError
from toolkit.sandbox import Sandbox
from toolkit.sandbox.switches import from_texts, other_forms

SYSTEMS = [fake.system for fake in toolkit.Api.fakes()]
FORM = {"type": "SIMPLE", "template_id": "7", "amount": 1, "payment_way": "Cuota", "payment_place": "Cali"}
ANA_AT = {"LogonName": "ana", "DomainName": "dominio123"}


class Asked:
    """Plain requests to one sandbox; True where the vendor did what was asked."""

    def __init__(self, box: Sandbox) -> None:
        self.box, self.http = box, requests.Session()
        self.signio = Stranger(box.addresses["signio"], **box.credentials["signio"])

    def call(self, system: str, method: str, path: str, prefix: str = "Bearer ", **options: Any) -> requests.Response:
        header = {"Authorization": prefix + self.box.control.token(system)}
        return self.http.request(method, self.box.addresses[system] + path, headers=header, timeout=5, **options)

    def ida(self, method: str, path: str, **options: Any) -> requests.Response:
        return self.call("ida", method, f"/api/v2/database{path}", **options)

    def insert(self, **values: Any) -> bool:
        return self.insert_all([values]).status_code == 200

    def insert_all(self, rows: list[dict[str, Any]]) -> requests.Response:
        fields = {f["name"]: f["id"] for f in self.ida("GET", "/11111").json()["data"]["fieldList"]}
        records = [{"values": [{"field_id": fields[k], "fvalue": v} for k, v in row.items()]} for row in rows]
        return self.ida("POST", "/records", json={"database_id": 11111, "records": records})

    def created(self, **field: Any) -> Any:
        field = {"label": "A", **field} if field.pop("labelled", True) else field
        answer = self.ida("POST", "/", json={"name": "N", "fieldList": [{"name": "A", **field}]})
        return answer.json()["data"] if answer.status_code == 200 else None

    def edited(self, **values: Any) -> bool:
        return self.ida("PUT", "/saveData", json={"recordID": 1205, **values}).status_code == 200

    def code(self, path: str, **body: Any) -> bool:
        return self.signio.post(path, **body).get("codigo") == "00"

    def signer(self, **more: Any) -> bool:
        return bool(self.signio.signer(self.signio.draft(), **{**ANA, **more})["id_firmante"])

    def note(self, expiration: str) -> bool:
        path = f"/envelopes/{self.signio.draft()}/tve"
        return self.signio.post(path, **FORM, expiration=expiration)["code"] == "00"

    def searched(self, **query: Any) -> Any:
        return self.signio.send("GET", "/envelopes", params=query)

    def card(self, path: str = "users/card-codes", **more: Any) -> bool:
        body = {k: v for k, v in {**ANA_AT, **more}.items() if v is not ...}
        return self.call("nddprint", "POST", f"/api/v1/{path}", json=body).status_code == 200

    def peer(self, prefix: str = "", **body: Any) -> bool:
        asked: dict[str, Any] = {"type_request": "Name", "value": [{"IdDocument": "1"}], **body}
        return self.call("carmachain", "POST", "/api/createrequest", prefix, json=asked).status_code == 200


@pytest.fixture
def asked(box: Sandbox) -> Iterator[Asked]:
    box.control.clock(set="2026-03-02T12:00:00+00:00")
    made = Asked(box)
    yield made
    made.http.close()
    made.signio.http.close()


def states(asked: Asked) -> Any:
    return asked.signio.whole(asked.signio.distributed(ANA))["estado"]


# system, assumption, value: what is taken then, and what is not
Test = Callable[[Asked], object]
FORMS: list[tuple[str, str, Any, list[Test], list[Test]]] = [
    ("ida", "type_1", "date", [lambda a: a.created(type=1)], []),
    ("ida", "date_form", "%Y-%m-%d",
     [lambda a: a.insert(FECHA_NACIMIENTO="1980-05-31"), lambda a: a.edited(FECHA_NACIMIENTO="1980-05-31")],
     [lambda a: a.insert(FECHA_NACIMIENTO="31/05/1980"), lambda a: a.edited(FECHA_NACIMIENTO="31/05/1980")]),
    ("ida", "date_form", "%d-%m-%Y", [lambda a: a.insert(FECHA_NACIMIENTO="31-05-1980")],
     [lambda a: a.insert(FECHA_NACIMIENTO="1980-05-31")]),
    ("ida", "phone_form", "+digits",
     [lambda a: a.insert(TELEFONO="+56912345678"), lambda a: a.edited(TELEFONO="+573001234567")],
     [lambda a: a.insert(TELEFONO="56912345678"), lambda a: a.edited(TELEFONO=56912345678)]),
    ("ida", "phone_form", "digits", [lambda a: a.insert(TELEFONO=56912345678)],
     [lambda a: a.insert(TELEFONO="+56912345678"), lambda a: a.insert(TELEFONO="912345678")]),
    ("ida", "phone_form", "national", [lambda a: a.insert(TELEFONO="912345678")],
     [lambda a: a.insert(TELEFONO="56912345678")]),
    ("ida", "record_id", "as printed",
     [lambda a: a.ida("GET", "/data?recordId=1205").ok, lambda a: a.ida("POST", "/data", json={"recordID": 1205}).ok],
     [lambda a: a.ida("GET", "/data?recordID=1205").ok, lambda a: a.ida("POST", "/data", json={"recordId": 1205}).ok]),
    ("ida", "record_id", "recordID",
     [lambda a: a.ida("GET", "/data?recordID=1205").ok, lambda a: a.ida("POST", "/data", json={"recordID": 1205}).ok],
     [lambda a: a.ida("GET", "/data?recordId=1205").ok, lambda a: a.ida("POST", "/data", json={"recordId": 1205}).ok]),
    ("ida", "record_id", "recordId",
     [lambda a: a.ida("GET", "/data?recordId=1205").ok, lambda a: a.ida("POST", "/data", json={"recordId": 1205}).ok],
     [lambda a: a.ida("GET", "/data?recordID=1205").ok, lambda a: a.ida("POST", "/data", json={"recordID": 1205}).ok]),
    ("ida", "empty_text", "null", [lambda a: a.edited(NOMBRE=None)], [lambda a: a.edited(NOMBRE="")]),
    ("ida", "empty_text", "empty", [lambda a: a.edited(NOMBRE="")], [lambda a: a.edited(NOMBRE=None)]),
    ("ida", "label", "left out", [lambda a: a.created(labelled=False)], [lambda a: a.created()]),
    ("ida", "label", "sent", [lambda a: a.created()], [lambda a: a.created(labelled=False)]),
    ("ida", "largest_request", 2, [lambda a: a.insert_all([{"NOMBRE": "a"}] * 2).ok],
     [lambda a: a.insert_all([{"NOMBRE": "a"}] * 3).ok]),
    ("signio", "tags_form", "array", [lambda a: a.code("/transacciones/crear", nombre="N", tags=["Una"])],
     [lambda a: a.code("/transacciones/crear", nombre="N", tags="Una;Otra")]),
    ("signio", "tags_form", "joined", [lambda a: a.code("/transacciones/crear", nombre="N", tags="Una;Otra")],
     [lambda a: a.code("/transacciones/crear", nombre="N", tags=["Una"])]),
    ("signio", "celular_form", "digits", [lambda a: a.signer(celular="573001234567")],
     [lambda a: a.signer(celular="+573001234567"), lambda a: a.signer(celular="3001234567")]),
    ("signio", "celular_form", "+digits", [lambda a: a.signer(celular="+573001234567")],
     [lambda a: a.signer(celular="573001234567")]),
    ("signio", "celular_form", "national", [lambda a: a.signer(celular="3001234567")],
     [lambda a: a.signer(celular="+573001234567")]),
    ("signio", "operation_rol_key", "Operation_rol", [lambda a: a.signer(Operation_rol="signer1")],
     [lambda a: a.signer(operation_rol="signer1")]),
    ("signio", "operation_rol_key", "operation_rol", [lambda a: a.signer(operation_rol="signer1")],
     [lambda a: a.signer(Operation_rol="signer1")]),
    ("signio", "identity_numbers", "strict",
     [lambda a: a.signer(company_identification_type="NIT", company_identification="900123456-8")],
     [lambda a: a.signer(company_identification_type="NIT", company_identification="900123456-7"),
      lambda a: a.signer(identificacion="12")]),
    ("signio", "estado_form", "words",
     [lambda a: a.code("/transacciones/listar", estado="Pendiente de firma"),
      lambda a: states(a) == "Pendiente de firma"],
     [lambda a: a.code("/transacciones/listar", estado=2)]),
    ("signio", "estado_form", "numbers",
     [lambda a: a.code("/transacciones/listar", estado=2), lambda a: states(a) == 2],
     [lambda a: a.code("/transacciones/listar", estado="Firmada")]),
    ("signio", "flags_form", "booleans",
     [lambda a: a.signer(aprobador=True),
      lambda a: a.signio.whole(a.signio.draft(ANA))["firmas"][0]["aprobador"] is False],
     [lambda a: a.signer(aprobador=1)]),
    ("signio", "flags_form", "numbers", [lambda a: a.signer(aprobador=1)], [lambda a: a.signer(aprobador=True)]),
    ("signio", "date_form", "%d/%m/%Y", [lambda a: a.note("31/01/2027")], [lambda a: a.note("2027-01-31")]),
    ("signio", "datetime_form", "%d/%m/%Y %H:%M:%S",
     [lambda a: a.searched(**{"filter[from]": "02/03/2026 12:00:00"})["code"] == "00",
      lambda a: (a.signio.draft(), a.searched()["envelopes"][0]["created_at"])[1] == "02/03/2026 12:00:00"],
     [lambda a: a.searched(**{"filter[from]": "2026-03-02 12:00:00"})["code"] == "00"]),
    ("signio", "time_zone", "America/Bogota",
     [lambda a: a.signio.draft() and a.searched(**{"filter[from]": "2026-03-02 07:00:00"})["envelopes"],
      lambda a: (a.signio.draft(), a.searched()["envelopes"][0]["created_at"])[1] == "2026-03-02 07:00:00"],
     [lambda a: a.signio.draft() and a.searched(**{"filter[from]": "2026-03-02 12:00:00"})["envelopes"]]),
    ("signio", "authenticate_header", "none",
     [lambda a: requests.post(f"{a.signio.url}/auth/tokens", json=a.box.credentials["signio"]).json()["code"] == "00"],
     [lambda a: a.signio.post("/auth/tokens", **a.box.credentials["signio"])["code"] == "00"]),
    ("signio", "authenticate_header", "token",
     [lambda a: a.signio.post("/auth/tokens", **a.box.credentials["signio"])["code"] == "00"],
     [lambda a: requests.post(f"{a.signio.url}/auth/tokens", json=a.box.credentials["signio"]).json()["code"] == "00"]),
    ("nddprint", "users_in_path", True, [lambda a: a.card()], [lambda a: a.card("card-codes")]),
    ("nddprint", "users_in_path", False, [lambda a: a.card("card-codes")], [lambda a: a.card()]),
    ("carmachain", "categories_form", "list", [lambda a: a.peer(type_request=["Name"])], [lambda a: a.peer()]),
    ("carmachain", "categories_form", "text", [lambda a: a.peer()], [lambda a: a.peer(type_request=["Name"])]),
    ("carmachain", "authorization", "Bearer {token}", [lambda a: a.peer("Bearer ")], [lambda a: a.peer()]),
    ("carmachain", "phone_form", "+digits", [lambda a: a.peer(value=[{"PhoneNumber": "+380999999999"}])],
     [lambda a: a.peer(value=[{"PhoneNumber": "0999999999"}])]),
    ("carmachain", "phone_form", "national", [lambda a: a.peer(value=[{"PhoneNumber": "0999999999"}])],
     [lambda a: a.peer(value=[{"PhoneNumber": "380999999999"}])]),
    ("carmachain", "phone_form", "digits", [lambda a: a.peer(value=[{"PhoneNumber": "380999999999"}])],
     [lambda a: a.peer(value=[{"PhoneNumber": "+380999999999"}])]),
    ("carmachain", "largest_request", 1, [lambda a: a.peer()], [lambda a: a.peer(value=[{"IdDocument": "1"}] * 2)]),
]  # fmt: skip
ALONE = {  # each with a test of its own below
    ("ida", "type_3"), ("ida", "type_4"), ("ida", "type_5"), ("ida", "other_types"), ("ida", "atomic_requests"),
    ("ida", "counter_delay"), ("ida", "settle_wait"), ("ida", "duplicates_kept"), ("signio", "y_direction"),
    ("ida", "database_made"),  # the sandbox always says it
    ("signio", "deduplication_key"), ("nddprint", "false_answer"), ("nddprint", "empty_domain"),
    ("carmachain", "status_object"), ("carmachain", "too_many_requests"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("system", "name", "value", "taken", "refused"), FORMS, ids=[f"{row[0]}.{row[1]}={row[2]}" for row in FORMS]
)
def test_a_form_that_was_switched_is_the_only_one_that_is_taken(
    asked: Asked, system: str, name: str, value: Any, taken: list[Test], refused: list[Test]
) -> None:
    asked.box.control.assume(system, {name: value})
    for number, test in enumerate(taken):
        assert test(asked), number
    for number, test in enumerate(refused):
        assert not test(asked), number


def test_every_assumption_has_its_switch_tried() -> None:
    declared = {(s.name, a.name) for s in SYSTEMS for a in s.assumptions}
    assert {(row[0], row[1]) for row in FORMS} | ALONE >= declared


def test_every_value_can_be_chosen_and_nothing_else(box: Sandbox) -> None:
    for system in SYSTEMS:
        for assumption in system.assumptions:
            for value in assumption.choices or (7,):
                box.control.assume(system.name, {assumption.name: value})
    with pytest.raises(SettingsError, match="date_form"):
        box.control.assume("ida", {"dateform": "%Y"})
    with pytest.raises(SettingsError, match="date_form"):
        box.control.assume("ida", {"date_form": "%Y"})
    with pytest.raises(SettingsError, match="no system"):
        box.control.assume("idea", {"date_form": "%Y-%m-%d"})


# ── IDA ──────────────────────────────────────────────────────────────────────


def test_types_of_fields_mean_what_they_were_switched_to(asked: Asked) -> None:
    asked.box.control.other_forms()
    fields = {f["name"]: f["type"] for f in asked.ida("GET", "/11111").json()["data"]["fieldList"]}
    assert fields == {"EMAIL": 2, "NOMBRE": 0, "TELEFONO": 3, "FECHA_NACIMIENTO": 1, "MONTO": 5, "CIUDAD": 4}
    made = asked.created(labelled=False, type=3)
    assert (made["has_mobile"], made["fieldList"][0]["type"]) == (True, 3)
    assert not asked.created(labelled=False, type=1)["has_mobile"]


def test_a_type_that_nobody_knows_is_text_unless_switched(asked: Asked) -> None:
    for other, taken in (("text", True), ("number", False)):
        asked.box.control.assume("ida", {"other_types": other})
        made = asked.created(type=9)
        assert made["fieldList"][0]["type"] == 9
        value = {"field_id": made["fieldList"][0]["id"], "fvalue": "mil"}
        answer = asked.ida("POST", "/records", json={"database_id": made["id"], "records": [{"values": [value]}]})
        assert answer.ok is taken


def test_a_switched_form_is_answered_too(asked: Asked) -> None:
    asked.box.control.assume("ida", {"date_form": "%Y-%m-%d", "phone_form": "+digits"})
    kept = asked.ida("GET", "/data?recordId=1205").json()["data"]["recordData"]
    assert (kept["FECHA_NACIMIENTO"], kept["TELEFONO"]) == ("1980-05-01", "+56900000001")
    asked.box.control.assume("ida", {"date_form": "as written", "phone_form": "national"})
    kept = asked.ida("GET", "/data?recordId=1205").json()["data"]["recordData"]
    assert (kept["FECHA_NACIMIENTO"], kept["TELEFONO"]) == ("01/05/1980", "900000001")


def count(asked: Asked) -> int:
    return int(asked.ida("GET", "/11111").json()["data"]["rowCounter"])


def test_a_refused_request_may_have_stored_some(asked: Asked) -> None:
    rows: list[dict[str, Any]] = [{"NOMBRE": "a"}, {"NOMBRE": "b"}, {"EMAIL": "nobody"}, {"NOMBRE": "c"}]
    assert (asked.insert_all(rows).status_code, count(asked)) == (406, 30)
    asked.box.control.assume("ida", {"atomic_requests": False})
    assert (asked.insert_all(rows).status_code, count(asked)) == (406, 32)


def test_duplicates_may_be_left_out_in_silence(asked: Asked) -> None:
    asked.box.control.assume("ida", {"duplicates_kept": False})
    assert asked.insert_all([{"NOMBRE": "a"}, {"NOMBRE": "a"}, {"NOMBRE": "b"}]).ok
    assert asked.insert(NOMBRE="a")
    assert count(asked) == 32


def test_the_counter_may_be_late(asked: Asked) -> None:
    asked.box.control.assume("ida", {"counter_delay": 5})
    assert asked.insert(NOMBRE="a")
    assert count(asked) == 30
    asked.box.control.clock(advance=5)
    assert count(asked) == 31


def test_a_request_of_a_dead_connection_is_stored_when_the_wait_ends(asked: Asked) -> None:
    asked.box.control.assume("ida", {"settle_wait": 200})
    asked.box.control.fault(system="ida", match={"method": "POST"}, commit="late", reply="status")
    assert not asked.insert(NOMBRE="a")
    asked.box.control.clock(advance=199)
    assert count(asked) == 30
    asked.box.control.clock(advance=1)
    assert count(asked) == 31


# ── the others ───────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("y_direction", "bottom"), [("up", 80), ("down", 842 - 50 - 80)])
def test_the_same_stamp_stands_elsewhere(asked: Asked, y_direction: str, bottom: int) -> None:
    asked.box.control.assume("signio", {"y_direction": y_direction})
    (stamp,) = asked.box.control.stamps(asked.signio.draft(ANA))
    assert (STAMP["y"], stamp["page"], stamp["bottom"]) == (80, 1, bottom)


@pytest.mark.parametrize(("value", "made"), [("same envelope", 1), ("ignored", 2), ("refused", 1)])
def test_the_same_deduplication_key_again(asked: Asked, value: str, made: int) -> None:
    asked.box.control.assume("signio", {"deduplication_key": value})
    twice = [
        asked.signio.post("/transacciones/crear", nombre="N", envelopeDeduplicationKey="k")["id_transaccion"]
        for _ in range(2)
    ]
    assert len(set(twice) - {0}) == made
    assert (0 in twice) is (value == "refused")


@pytest.mark.parametrize(("value", "codes"), [("refused", ["00123"]), ("done", ["00123", "A1"])])
def test_what_false_means_when_a_card_is_added(asked: Asked, value: str, codes: list[str]) -> None:
    asked.box.control.assume("nddprint", {"false_answer": value})
    body = {**ANA_AT, "CardCode": "A1", "ReplaceUniqueCardCode": False}
    assert asked.call("nddprint", "POST", "/api/v1/users/add-card-code", json=body).json() is False
    kept = asked.call("nddprint", "POST", "/api/v1/users/card-codes", json=ANA_AT).json()["cardCodes"]
    assert kept == codes


def test_where_false_says_nothing_some_cards_are_added_and_some_are_not(asked: Asked) -> None:
    asked.box.control.assume("nddprint", {"false_answer": "read back"})
    for code in range(20):
        body = {**ANA_AT, "CardCode": f"A{code}", "ReplaceUniqueCardCode": False}
        assert asked.call("nddprint", "POST", "/api/v1/users/add-card-code", json=body).json() is False
    kept = asked.call("nddprint", "POST", "/api/v1/users/card-codes", json=ANA_AT).json()["cardCodes"]
    assert 1 < len(kept) < 21


@pytest.mark.parametrize(("value", "sent"), [("empty", ""), ("left out", ...)])
def test_users_without_a_domain(asked: Asked, value: str, sent: Any) -> None:
    asked.box.control.print_users([("sola", "", ["S1"])])
    assert not asked.card(LogonName="sola", DomainName=sent)
    asked.box.control.assume("nddprint", {"empty_domain": value})
    assert asked.card(LogonName="sola", DomainName=sent)
    assert not asked.card(LogonName="sola", DomainName="" if sent is ... else ...)


@pytest.mark.parametrize(
    ("value", "good", "bad"),
    [
        ("code", {"code": 200}, {"code": 400}),
        ("success", {"success": True}, {"success": False}),
        ("ignored", {}, {}),
    ],
)
def test_what_the_peers_say_of_a_request(asked: Asked, value: str, good: Any, bad: Any) -> None:
    asked.box.control.assume("carmachain", {"status_object": value})
    body = {"type_request": "Name", "value": [{"IdDocument": "1"}]}
    said = asked.call("carmachain", "POST", "/api/createrequest", "", json=body).json()["response"]
    assert said == {**good, "message": "OK"}
    said = asked.call("carmachain", "POST", "/api/createrequest", "", json={}).json()["response"]
    assert {k: v for k, v in said.items() if k != "message"} == bad


@pytest.mark.parametrize(("value", "asks"), [("unknown", 1), ("not executed", 0)])
def test_what_a_429_did(asked: Asked, value: str, asks: int) -> None:
    asked.box.control.assume("carmachain", {"too_many_requests": value})
    asked.box.control.fault(system="carmachain", commit="before", reply="status", status=429)
    assert not asked.peer()
    assert len(asked.box.control.stored("carmachain", "Request")) == asks


# ── how it is switched ───────────────────────────────────────────────────────


def test_a_reset_leaves_what_it_was_started_with() -> None:
    with Sandbox(toolkit.Api.fakes(), assume={"ida": {"date_form": "%Y-%m-%d"}}) as box:
        box.control.assume("ida", {"date_form": "%d/%m/%Y", "phone_form": "+digits"})
        box.control.reset()
        asked = Asked(box)
        assert asked.insert(FECHA_NACIMIENTO="1980-05-31", TELEFONO="56912345678")
        assert not asked.insert(FECHA_NACIMIENTO="31/05/1980")


def test_a_command_line_says_it() -> None:
    assert from_texts(["ida.date_form=%Y-%m-%d", "tags_form=array", "atomic_requests=false"], SYSTEMS) == {
        "ida": {"date_form": "%Y-%m-%d", "atomic_requests": False},
        "signio": {"tags_form": "array"},
    }
    assert from_texts(["ida.largest_request=5", "users_in_path=false"], SYSTEMS) == {
        "ida": {"largest_request": 5},
        "nddprint": {"users_in_path": False},
    }
    for text, words in [
        ("date_form=%Y-%m-%d", "ida.date_form, signio.date_form"),
        ("ida.date_from=1", "ida.date_form"),
        ("tags_form", "tags_form"),
        ("tags_form=list", "tags_form is not 'list'"),
        ("counter_delay=soon", "number"),
    ]:
        with pytest.raises(SettingsError, match=words):
            from_texts([text], SYSTEMS)


def test_the_other_forms_are_all_forms_and_no_behaviour() -> None:
    turned = other_forms(SYSTEMS)
    assert json.dumps(turned, sort_keys=True)  # what a settings file could hold
    for system in SYSTEMS:
        names = {a.name for a in system.assumptions if a.other is not None}
        assert turned[system.name].keys() == names
        assert all(turned[system.name][a.name] != a.value for a in system.assumptions if a.name in names)


def test_uploads_work_with_every_form_turned(asked: Asked) -> None:
    asked.box.control.other_forms()
    envelope = asked.signio.post("/transacciones/crear", nombre="N", tags=["Una"], ciclo_aprobacion=False)
    assert asked.signio.upload(envelope["id_transaccion"], content=PDF)["codigo"] == "00"
