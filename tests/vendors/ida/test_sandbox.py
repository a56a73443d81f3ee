"""The sandbox as IDA: what it says yes and no to, asked with plain requests."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from toolkit.sandbox import Sandbox
from toolkit.vendors.ida.api import FieldOfDatabase, Ida
from toolkit.vendors.ida.sandbox import FAKE

Ask = Callable[..., requests.Response]
UNAUTHORIZED = {"message": "UNAUTHORIZED", "statusApi": "UNAUTHORIZED", "code": 401}
BAD = {"message": "BAD PARAMETERS", "statusApi": "BAD_REQUEST", "code": 400}
OK = {"message": "OK", "statusApi": "OK", "code": 200}
NO_DATABASE = {"message": "Database with identifier [199999]: not found", "statusApi": "NOT_FOUND", "code": 404}
NO_RECORD = {"message": "RECORD NOT FOUND", "statusApi": "NOT_FOUND", "code": 404}
EMAIL, NOMBRE, TELEFONO, NACIMIENTO, MONTO, CIUDAD = range(2222, 2228)
RECORDS = "/api/v2/database/records"


@pytest.fixture
def http(box: Sandbox) -> Any:
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {box.control.token('ida')}"
        yield session


@pytest.fixture
def ask(box: Sandbox, http: requests.Session) -> Ask:
    def call(method: str, path: str, **more: Any) -> requests.Response:
        return http.request(method, box.addresses["ida"] + path, timeout=5, **more)

    return call


def one(*values: tuple[int, Any], database: Any = 11111) -> dict[str, Any]:
    """The body that inserts one record."""
    return many([values], database)


def many(records: Any, database: Any = 11111) -> dict[str, Any]:
    wired = [{"values": [{"field_id": f, "fvalue": v} for f, v in values]} for values in records]
    return {"database_id": database, "records": wired}


def count(ask: Ask, database: int = 11111) -> int:
    found: int = ask("GET", f"/api/v2/database/{database}").json()["data"]["rowCounter"]
    return found


def test_every_declared_endpoint_is_handled() -> None:
    declared = {spelling for e in Ida.endpoints.values() for spelling in ((e.method, e.path), *e.aliases)}
    assert declared == set(FAKE.routes)


def test_login_gives_a_token_that_opens_the_rest(box: Sandbox) -> None:
    url, account = box.addresses["ida"], box.credentials["ida"]
    digest = hashlib.sha1(account["password"].encode()).hexdigest()
    answer = requests.get(f"{url}/api/user/login", {"username": account["username"], "password": digest}, timeout=5)
    assert answer.status_code == 200
    token = answer.json()["data"]["api_code"]
    assert token.count(".") == 2
    assert "password" not in answer.text
    assert requests.get(f"{url}/api/v2/database/databases", timeout=5).json() == UNAUTHORIZED
    opened = requests.get(f"{url}/api/v2/database/databases", headers={"Authorization": f"Bearer {token}"}, timeout=5)
    assert [d["id"] for d in opened.json()["data"]] == [11111]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"username": "demo", "password": "clave-demo-ida"}, 404),  # not the digest of it
        ({"username": "nadie", "password": hashlib.sha1(b"clave-demo-ida").hexdigest()}, 404),
        ({"username": "demo"}, 400),
    ],
)
def test_login_says_no(box: Sandbox, query: dict[str, str], status: int) -> None:
    answer = requests.get(f"{box.addresses['ida']}/api/user/login", query, timeout=5)
    assert answer.status_code == answer.json()["code"] == status
    if status == 404:
        assert answer.json() == {"message": "User not Found.", "statusApi": "NOT_FOUND", "code": 404}


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer x", "Bearer a.b.c", "Basic {}", "{}", "Bearer {}x", "Bearer .{}"]
)
def test_a_bad_token_is_401(box: Sandbox, header: str) -> None:
    headers = {"Authorization": header.format(box.control.token("ida"))}
    answer = requests.get(f"{box.addresses['ida']}/api/v2/database/databases", headers=headers, timeout=5)
    assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)


def test_tokens_end_and_can_be_revoked(box: Sandbox, ask: Ask, http: requests.Session) -> None:
    box.control.clock(set="2026-03-02T12:00:00+00:00")
    box.control.token_lifetime("ida", 600)
    http.headers["Authorization"] = f"Bearer {box.control.token('ida')}"
    box.control.clock(advance=599)
    assert ask("GET", "/api/v2/database/databases").status_code == 200
    box.control.clock(advance=1)
    assert ask("GET", "/api/v2/database/databases").json() == UNAUTHORIZED
    http.headers["Authorization"] = f"Bearer {box.control.token('ida')}"
    assert ask("GET", "/api/v2/database/databases").status_code == 200
    box.control.revoke("ida")
    assert ask("GET", "/api/v2/database/databases").status_code == 401


def test_a_database_is_made_shown_and_deleted(box: Sandbox, ask: Ask) -> None:
    box.control.clock(set=1_772_452_800.123)
    fields = [{"name": "EMAIL", "type": 2}, {"name": "CELULAR", "label": "Celular", "type": 1, "required": True}]
    sent = {"name": "Nueva", "birthday": True, "birthdayMessage": 42203, "fieldList": fields}
    made = ask("POST", "/api/v2/database/", json=sent).json()["data"]
    assert (made["id"], made["rowCounter"], made["createdAt"]) == (11112, 0, 1_772_452_800_123)
    assert (made["has_mail"], made["has_mobile"], made["birthday"]) == (True, True, True)
    assert [set(f) for f in made["fieldList"]] == [{f.key for f in FieldOfDatabase.fields} | {"database"}] * 2
    shown = ask("GET", "/api/v2/database/11112").json()["data"]
    assert (shown["createdAt"], shown["birthdayMessage"]) == (1_772_452_800_000, 42203)
    assert [(f["name"], f["label"], f["required"], f["options"]) for f in shown["fieldList"]] == [
        ("EMAIL", "EMAIL", False, []),
        ("CELULAR", "Celular", True, []),
    ]
    assert [d["name"] for d in ask("GET", "/api/v2/database/databases").json()["data"]] == ["Base de datos 1", "Nueva"]
    assert ask("DELETE", "/api/v2/database/11112").json() == OK
    assert ask("DELETE", "/api/v2/database/11112").status_code == 404
    assert box.control.stored("ida", "Field", {"database_id": 11112}) == []
    assert ask("POST", "/api/v2/database/", json=sent).json()["data"]["id"] == 11113


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"name": "Sin campos"},
        {"name": "", "fieldList": [{"name": "A"}]},
        {"name": 5, "fieldList": [{"name": "A"}]},
        {"name": "N", "fieldList": []},
        {"name": "N", "fieldList": {"name": "A"}},
        {"name": "N", "fieldList": ["A"]},
        {"name": "N", "fieldList": [{"label": "A"}]},
        {"name": "N", "fieldList": [{"name": "A"}, {"name": "A"}]},
        {"name": "N", "fieldList": [{"name": "A", "type": "text"}]},
        {"name": "N", "fieldList": [{"name": "A", "type": True}]},
        {"name": "N", "fieldList": [{"name": "A", "required": "no"}]},
        {"name": "N", "fieldList": [{"name": "A"}], "birthdayMessage": True},
        {"name": "N\ud800", "fieldList": [{"name": "A"}]},
        {"name": "N", "fieldList": [{"name": "A"}], "birthdayMessage": 10**30},
    ],
)
def test_a_bad_database_is_not_made(box: Sandbox, ask: Ask, body: Any) -> None:
    answer = ask("POST", "/api/v2/database/", json=body)
    assert (answer.status_code, answer.json()) == (400, BAD)
    assert len(box.control.stored("ida", "Database")) == 1


def test_records_go_in_and_the_counter_is_exact(box: Sandbox, ask: Ask) -> None:
    everything = [
        (EMAIL, "ana@example.cl"),
        (NOMBRE, "Ana Ñandú"),
        (TELEFONO, "56900000099"),
        (NACIMIENTO, "29/02/2024"),
        (MONTO, "1234,50"),
        (CIUDAD, "Temuco"),
    ]
    answer = ask("POST", RECORDS, json=many([everything, [(NOMBRE, "Solo"), (EMAIL, "")]]))
    assert answer.json() == OK
    assert count(ask) == 32
    found = ask("GET", "/api/v2/database/data", params={"recordId": 1235}).json()
    values = ["ana@example.cl", "Ana Ñandú", 56900000099, "29/02/2024", "1234,50", "Temuco"]
    names = ["EMAIL", "NOMBRE", "TELEFONO", "FECHA_NACIMIENTO", "MONTO", "CIUDAD"]
    assert found == {"statusApi": "OK", "code": 200, "data": {"recordData": dict(zip(names, values, strict=True))}}
    assert box.control.multiplicity(11111, "NOMBRE")["Solo"] == 1


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        (TELEFONO, "5999xxxx", "Formato de teléfono erróneo: 5999xxxx"),
        (TELEFONO, 56912345678.5, "Formato de teléfono erróneo: 56912345678.5"),
        (TELEFONO, "٥٦٩١٢٣٤٥٦٧٨", "Formato de teléfono erróneo: ٥٦٩١٢٣٤٥٦٧٨"),
        (EMAIL, "ana@", "Formato de email erróneo: ana@"),
        (NACIMIENTO, "30/02/2024", "Formato de fecha erróneo: 30/02/2024"),
        (NACIMIENTO, "2024-W01-1", "Formato de fecha erróneo: 2024-W01-1"),
        (MONTO, "mil", "Formato de número erróneo: mil"),
        (CIUDAD, "Lima", "Valor no permitido: Lima"),
        (999, "x", "Campo no encontrado: 999"),
    ],
)
def test_one_bad_value_stores_nothing(ask: Ask, field: int, value: Any, message: str) -> None:
    answer = ask("POST", RECORDS, json=many([[(NOMBRE, "Buena")], [(NOMBRE, "Mala"), (field, value)]]))
    assert (answer.status_code, answer.json()) == (
        406,
        {"message": message, "statusApi": "FILE_NOT_FOUND", "code": 406},
    )
    assert count(ask) == 30


def test_required_and_default_values(ask: Ask) -> None:
    fields = [{"name": "RUT", "required": True}, {"name": "PAIS", "defaultValue": "Chile"}]
    made = ask("POST", "/api/v2/database/", json={"name": "N", "fieldList": fields}).json()["data"]
    rut, country = (f["id"] for f in made["fieldList"])
    for values in ([(country, "Perú")], [(rut, "")], [(rut, None)]):
        answer = ask("POST", RECORDS, json=many([values], made["id"]))
        assert (answer.status_code, answer.json()["message"]) == (406, "Campo requerido: RUT")
    assert ask("POST", RECORDS, json=many([[(rut, "1-9")], [(rut, "1-9")]], made["id"])).status_code == 200
    assert ask("GET", "/api/v2/database/data?recordId=1236").json()["data"]["recordData"] == {
        "RUT": "1-9",
        "PAIS": "Chile",
    }
    assert count(ask, made["id"]) == 2


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (one((NOMBRE, "A"), database=199999), 404),
        (one((NOMBRE, "A"), database=10**30), 400),
        (one((NOMBRE, "A"), database=None), 400),
        (one((NOMBRE, "A"), database=True), 400),
        (one((NOMBRE, ["A"])), 400),
        (one((NOMBRE, True)), 400),
        (one((NOMBRE, "\ud800")), 400),
        (one((NOMBRE, "A"), (NOMBRE, "B")), 406),
        ({"database_id": 11111}, 400),
        ({"database_id": 11111, "records": []}, 400),
        ({"database_id": 11111, "records": [{}]}, 400),
        ({"database_id": 11111, "records": [{"values": {"field_id": 1}}]}, 400),
        ({"database_id": 11111, "records": [{"values": [{"field_id": NOMBRE}]}]}, 400),
        ({"database_id": 11111, "records": [{"values": [{"field_id": [], "fvalue": "A"}]}]}, 400),
    ],
)
def test_a_malformed_insert_is_refused(ask: Ask, body: Any, status: int) -> None:
    assert ask("POST", RECORDS, json=body).status_code == status
    assert count(ask) == 30


def test_text_ids_are_taken_too(ask: Ask) -> None:
    assert ask("POST", RECORDS, json=one((NOMBRE, "A"), database="11111")).json() == OK
    assert ask("POST", RECORDS, json=one((NOMBRE, "A"), database="199999")).json() == NO_DATABASE


@pytest.mark.parametrize("spelling", ["recordId", "recordID"])
def test_a_record_is_read_and_changed_in_every_form(ask: Ask, spelling: str) -> None:
    read, write = "/api/v2/database/data", "/api/v2/database/saveData"
    before = {"TELEFONO": 56912345678, "EMAIL": "mail@mail.com", "NOMBRE": "nombre"}
    for answer in (ask("GET", read, params={spelling: 1234}), ask("POST", read, json={spelling: 1234})):
        assert answer.json() == {"statusApi": "OK", "code": 200, "data": {"recordData": before}}
    changed = ask("GET", write, params={spelling: 1234, "TELEFONO": "56912345677"})
    assert changed.json()["data"]["recordData"] == {**before, "TELEFONO": 56912345677}
    changed = ask("PUT", write, json={spelling: "1234", "CIUDAD": "Temuco"})
    assert changed.json()["data"]["recordData"] == {**before, "TELEFONO": 56912345677, "CIUDAD": "Temuco"}
    assert ask("PUT", write, json={spelling: 1234}).json() == changed.json()


@pytest.mark.parametrize("path", ["/api/v2/database/data", "/api/v2/database/saveData"])
def test_a_record_without_or_with_a_wrong_id(ask: Ask, path: str) -> None:
    method = "PUT" if path.endswith("saveData") else "POST"
    for query in ({}, {"recordId": ""}, {"recordId": "x"}, {"recordId": "1.0"}):
        assert ask("GET", path, params=query).json() == BAD
    for body in ({}, [], {"recordID": None}, {"recordID": 1.5}, {"recordID": True}):
        assert ask(method, path, json=body).json() == BAD
    for answer in (ask("GET", path, params={"recordId": 999999}), ask(method, path, json={"recordID": -1})):
        assert (answer.status_code, answer.json()) == (404, NO_RECORD)


def test_a_bad_change_changes_nothing(box: Sandbox, ask: Ask) -> None:
    for change, message in (
        ({"NOMBRE": "otro", "TELEFONO": "1"}, "Formato de teléfono erróneo: 1"),
        ({"APELLIDO": "x"}, "Campo no encontrado: APELLIDO"),
    ):
        answer = ask("PUT", "/api/v2/database/saveData", json={"recordID": 1234, **change})
        assert (answer.status_code, answer.json()["message"]) == (406, message)
    assert box.control.contacts(11111)[-1]["NOMBRE"] == "nombre"


@pytest.mark.parametrize(
    "kind", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
@pytest.mark.parametrize("path", ["/api/v2/database/", RECORDS, "/api/v2/database/data"])
def test_another_content_type_is_415(ask: Ask, path: str, kind: str | None) -> None:
    answer = ask("POST", path, data=b"{}", headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["statusApi"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff", b'{"database_id": NaN}', b"[" * 100_000, b'{"a":' * 5_000 + b"1" + b"}" * 5_000, b"1" * 5000],
    ids=["empty", "open", "not utf-8", "NaN", "deep", "deep and closed", "long number"],
)
def test_a_body_that_is_no_json_is_400(ask: Ask, body: bytes) -> None:
    answer = ask("POST", RECORDS, data=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()) == (400, BAD)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v2/database/199999", 404),
        ("DELETE", "/api/v2/database/199999", 404),
        ("GET", "/api/v2/database/" + "9" * 5000, 404),
        ("GET", "/api/v2/database/-1", 404),
        ("GET", "/api/v2/database/abc", 404),
        ("GET", "/api/v3/database", 404),
        ("GET", "", 404),
        ("PATCH", "/api/v2/database/11111", 405),
        ("PUT", "/api/v2/database/records", 405),
        ("OPTIONS", "/api/v2/database/records", 405),
    ],
)
def test_unknown_places_and_methods(ask: Ask, method: str, path: str, status: int) -> None:
    answer = ask(method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, status)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["database_id", "records", "values", "x"]), inner),
    max_leaves=8,
)
addresses = st.sampled_from(["/api/v2/database/", RECORDS, "/api/v2/database/data"])


@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(path=addresses, body=json_values)
def test_whatever_is_sent_the_answer_is_no_500(ask: Ask, path: str, body: Any) -> None:
    answer = ask("POST", path, json=body)
    assert answer.status_code < 500
    assert answer.json()["code"] == answer.status_code
