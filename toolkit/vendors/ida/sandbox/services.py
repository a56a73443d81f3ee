"""IDA: contact databases, their fields and records.

A field that was given no value, and has no default, is not in a record's answer, as in the manual's example.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from toolkit.sandbox.vendor import Answer, Call, Described, FakeVendor, Refused
from toolkit.spec import Bool, Choice, Integer, Json, Masked, Number, Record, Text
from toolkit.vendors.ida import api
from toolkit.vendors.ida.api import Ida, RawOnly
from toolkit.vendors.ida.sandbox.values import answered, contact, kind_of, number_of, reader, whole

DAY = 86_400.0
MESSAGES: dict[int, tuple[str | None, str]] = {  # HTTP status: message (None: statusApi), statusApi
    400: ("BAD PARAMETERS", "BAD_REQUEST"),
    401: (None, "UNAUTHORIZED"),
    404: (None, "NOT_FOUND"),
    405: (None, "METHOD_NOT_ALLOWED"),
    406: (None, "FILE_NOT_FOUND"),  # sic
    413: (None, "PAYLOAD_TOO_LARGE"),
    415: (None, "UNSUPPORTED_MEDIA_TYPE"),
    429: (None, "TOO_MANY_REQUESTS"),
    500: (None, "INTERNAL_SERVER_ERROR"),
    503: (None, "SERVICE_UNAVAILABLE"),
}


# ── what is kept ─────────────────────────────────────────────────────────────


class User(api.User):
    password_sha1: Masked = Masked()


class Database(api.Database):
    lag: Number = Number("Seconds after which a change shows in rowCounter.")


class Field(api.FieldOfDatabase):
    database_id: Integer = Integer()
    kind: Text = Text("What it holds, whatever number says so.")


class Contact(Record):
    """A record of a database: its values by the names of the fields."""

    id: Integer = Integer()
    database_id: Integer = Integer()
    data: Json = Json()


class Change(Record):
    """What one request did to a rowCounter."""

    id: Integer = Integer()
    database_id: Integer = Integer()
    time: Number = Number()
    delta: Integer = Integer()


# ── saying yes and no ────────────────────────────────────────────────────────


def answer_of(status: int, status_api: str, message: str | None, **data: Any) -> Answer:
    head = {} if message is None else {"message": message}
    return status, {**head, "statusApi": status_api, "code": status, **data}


def ok(**data: Any) -> Answer:
    return answer_of(200, "OK", "OK", **data)


def error_response(refusal: Refused) -> Answer:
    message, status_api = MESSAGES.get(refusal.status, (None, "ERROR"))
    return answer_of(refusal.status, status_api, refusal.message or message or status_api)


def seed(call: Call) -> None:
    """A user, and a database of invented people whose last one is the manual's."""
    texts = dict.fromkeys(("legal_name", "address", "town", "city", "ani"), "")
    client = {"id": 1, "name": "nombreCliente", "email": "cliente@example.cl", "phone": "56900000000", "rut": "1-9"}
    user = {f.key: None for f in api.User.fields} | {
        "username": CREDENTIALS["username"],
        "firstName": "Nombre",
        "lastName": "Apellido",
        "email": "usuario@example.cl",
        "client": {**client, **texts, "logo": None},
        "fullName": "Nombre Apellido",
        "normalUser": False,
        "roleList": [],
        "authorities": [],
        "accountNonExpired": True,
        "credentialsNonExpired": True,
        "accountNonLocked": True,
        "password_sha1": hashlib.sha1(CREDENTIALS["password"].encode(), usedforsecurity=False).hexdigest(),
    }
    call.store.add(User, {**user, "id": 1})
    kinds = {2: "EMAIL", 0: "NOMBRE", 1: "TELEFONO", 3: "FECHA_NACIMIENTO", 4: "MONTO", 5: "CIUDAD"}
    holds = {1: "phone", 3: "date", 4: "number", 5: "list"}
    fields: list[dict[str, Any]] = [
        {"name": name, "type": number_of(call, holds[n], n) if n in holds else n} for n, name in kinds.items()
    ]
    fields[-1]["options"] = CITIES
    facts = {"name": "Base de datos 1", "birthday": True, "birthday_message_hour": "09:00", "birthdayMessage": 34871}
    created = _create(call, {**facts, "fieldList": fields}, {"id": 11111, "createdAt": 1568032184000}, first_field=2222)
    people = [
        {
            "EMAIL": f"persona{n}@example.cl",
            "NOMBRE": f"Persona {n}",
            "TELEFONO": 56900000000 + n,
            "FECHA_NACIMIENTO": f"{n:02}/05/1980",
            "MONTO": str(1000 * n),
            "CIUDAD": CITIES[n % len(CITIES)],
        }
        for n in range(1, 30)
    ]
    people.append({"TELEFONO": 56912345678, "EMAIL": "mail@mail.com", "NOMBRE": "nombre"})
    add_contacts(call, created["id"], people, first=1205)
    call.store.remove(Change, database_id=created["id"])  # they were there always


CITIES = ["Santiago", "Valparaíso", "Concepción", "Antofagasta", "Temuco"]
CREDENTIALS = {"username": "demo", "password": "clave-demo-ida"}
FAKE = FakeVendor(
    api.SYSTEM,
    credentials=CREDENTIALS,
    tables={User: "id", Database: "id", Field: "id", Contact: "id", Change: "id"},
    seed=seed,
    error_response=error_response,
)
HEAD = {"message": {"type": "string"}, "statusApi": {"type": "string"}, "code": {"type": "integer"}}
FAKE.describe = lambda _: Described(
    HEAD, {"type": "object", "properties": HEAD, "required": ["message", "statusApi", "code"]}
)
handles = FAKE.handles


# ── handlers ─────────────────────────────────────────────────────────────────


@handles(RawOnly.login)
def login(call: Call) -> Answer:
    if not {"username", "password"} <= set(call.query):
        raise Refused(400)
    kept = call.store.one(User, username=call.query["username"])
    if kept is None or kept.pop("password_sha1") != call.query["password"].lower():
        raise Refused(404, "User not Found.")
    return ok(data={**kept, "api_code": call.issue(kept["username"], lifetime=30 * DAY)})


@handles(Ida.databases, lists=True)
def databases(call: Call) -> Answer:
    return ok(data=[_shown(call, row) | {"labelName": _label(row)} for row in call.store.rows(Database)])


@handles(Ida.database)
def database(call: Call) -> Answer:
    kept = _database(call, call.path["id"])
    return ok(data=_shown(call, kept) | {"fieldList": [_shown_field(call, f) for f in fields_of(call, kept["id"])]})


@handles(Ida.delete_database)
def delete_database(call: Call) -> Answer:
    kept = _database(call, call.path["id"])
    call.store.remove(Database, id=kept["id"])
    for record in (Field, Contact, Change):
        call.store.remove(record, database_id=kept["id"])
    return ok()


@handles(Ida.create_database)
def create_database(call: Call) -> Answer:
    arguments = Ida.endpoints["create_database"].arguments
    body = _object(call, {a.key for a in arguments})
    _check(body, arguments)
    sent = body.get("fieldList")
    if not isinstance(sent, list) or not sent:
        raise Refused(400)
    for each in sent:
        _check(_members(each, call.strict, {f.key for f in api.NewField.fields}), api.NewField.fields)
        if call.switched.get("label") == ("left out" if "label" in each else "sent"):
            raise Refused(400)
    if len({each["name"] for each in sent}) < len(sent):
        raise Refused(400)
    created = _create(call, body, {})
    fields = [{**_shown_field(call, f), "database": None} for f in fields_of(call, created["id"])]
    # the manual's answer shows the milliseconds that are not kept, and no birthdayMessage where one was sent
    times = dict.fromkeys(("createdAt", "updatedAt"), int(call.now * 1000))
    return ok(data={**_shown(call, created), **times, "birthdayMessage": None, "fieldList": fields})


@handles(RawOnly.post_records)
def post_records(call: Call) -> Answer:
    body = _object(call, {"database_id", "records"})
    kept = _database(call, whole(body.get("database_id")))
    sent = body.get("records")
    if not isinstance(sent, list) or not sent:
        raise Refused(400)
    if len(sent) > call.switched.get("largest_request", len(sent)):
        raise Refused(413)
    fields = fields_of(call, kept["id"])
    readers = {f["id"]: (f["name"], reader(call, f)) for f in fields}
    fillers = [(f["name"], reader(call, f)) for f in fields if f["required"] or f["defaultValue"]]
    contacts: list[dict[str, Any]] = []
    try:
        for record in sent:
            contacts.append(contact(_members(record, call.strict, {"values"}), readers, fillers))
    except Refused as refusal:
        if call.reading("atomic_requests"):
            raise
        add_contacts(call, kept["id"], _to_keep(call, kept["id"], contacts))
        return error_response(refusal)  # what came before the bad record stays
    add_contacts(call, kept["id"], _to_keep(call, kept["id"], contacts))
    return ok()


@handles(Ida.record)
def record(call: Call) -> Answer:
    supplied = _object(call) if call.method == "POST" else dict(call.query)
    kept = _contact_with(call, _pop_id(call, supplied))
    return _record_data(call, kept["database_id"], kept["data"])


@handles(Ida.update_record)
def update_record(call: Call) -> Answer:
    supplied = _object(call) if call.method == "PUT" else dict(call.query)
    kept = _contact_with(call, _pop_id(call, supplied))
    readers = {f["name"]: reader(call, f) for f in fields_of(call, kept["database_id"])}
    if unknown := [name for name in supplied if name not in readers]:
        raise Refused(406, f"Campo no encontrado: {unknown[0]}")  # assumed
    refused = {"empty": (None,), "null": ("",)}.get(call.switched.get("empty_text", ""), ())
    if any(value in refused for value in supplied.values()):
        raise Refused(406, "Valor no permitido: ")
    data = kept["data"] | {name: readers[name](value) for name, value in supplied.items()}
    call.store.change(Contact, {"data": data}, id=kept["id"])
    return _record_data(call, kept["database_id"], data)


# ── what they share ──────────────────────────────────────────────────────────


def _object(call: Call, keys: Iterable[str] | None = None) -> dict[str, Any]:
    """The body, a JSON object."""
    return _members(call.json, call.strict and keys is not None, keys or ())


def _members(value: Any, strict: bool, keys: Iterable[str]) -> dict[str, Any]:
    """A JSON object; where it is `strict`, with no keys but these."""
    if not isinstance(value, dict) or (strict and not value.keys() <= set(keys)):
        raise Refused(400)
    return dict(value)


def _check(body: Mapping[str, Any], fields: Iterable[Any]) -> None:
    """Every value of its declared kind, and none missing that is required."""
    for field in fields:
        value = body.get(field.key)
        kind = next((t for k, t in JSON_TYPES.items() if isinstance(field, k)), object)
        if value is None and not field.required:
            continue
        if not isinstance(value, kind) or (field.required and not value) or (kind is int and isinstance(value, bool)):
            raise Refused(400)


JSON_TYPES: dict[type, type] = {Text: str, Bool: bool, Integer: int, Choice: int, Json: list}


def _database(call: Call, id: int) -> dict[str, Any]:
    kept = call.store.one(Database, id=id)
    if kept is None:
        raise Refused(404, f"Database with identifier [{id}]: not found")
    return kept


def fields_of(call: Call, database_id: int) -> list[dict[str, Any]]:
    rows = call.store.rows(Field, database_id=database_id)
    return [row | {"kind": row["kind"] or kind_of(call, row["type"])} for row in rows]


def _contact_with(call: Call, id: int) -> dict[str, Any]:
    kept = call.store.one(Contact, id=id)
    if kept is None:
        raise Refused(404, "RECORD NOT FOUND")
    return kept


def _pop_id(call: Call, sent: dict[str, Any]) -> int:
    """The record's id, taken out of what was sent: under the printed spelling first, for a field may have the other."""
    in_body = call.method in ("POST", "PUT")
    printed, other = ("recordID", "recordId") if in_body else ("recordId", "recordID")
    only = {"as printed": (printed,), "recordId": ("recordId",), "recordID": ("recordID",)}
    spellings = only.get(call.switched.get("record_id", ""), (printed, other))
    return whole(next((sent.pop(key) for key in spellings if key in sent), None))


def _record_data(call: Call, database_id: int, data: Mapping[str, Any]) -> Answer:
    kinds = {f["name"]: f["kind"] for f in fields_of(call, database_id)}
    shown = {name: answered(call, kinds.get(name, ""), value) for name, value in data.items()}
    return answer_of(200, "OK", None, data={"recordData": shown})


def _to_keep(call: Call, database_id: int, contacts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What a request stores of its records."""
    if not call.reading("duplicates_kept"):
        known = [row["data"] for row in call.store.rows(Contact, database_id=database_id)]
        contacts = [c for n, c in enumerate(contacts) if c not in known and c not in contacts[:n]]
    return contacts[: call.keep]


def _shown(call: Call, row: Mapping[str, Any]) -> dict[str, Any]:
    shown = {f.key: row[f.key] for f in api.Database.fields}
    if lag := row["lag"] or call.switched.get("counter_delay", 0):
        changes = call.store.rows(Change, database_id=row["id"])
        shown["rowCounter"] -= sum(c["delta"] for c in changes if c["time"] > call.now - lag)
    return shown


def _shown_field(call: Call, row: Mapping[str, Any]) -> dict[str, Any]:
    return {f.key: row[f.key] for f in api.FieldOfDatabase.fields} | {"type": number_of(call, row["kind"], row["type"])}


def _label(row: Mapping[str, Any]) -> str:
    return f"{row['name']} - {datetime.fromtimestamp(row['createdAt'] / 1000, UTC):%d/%m/%Y %H:%M}"


def _create(call: Call, body: Mapping[str, Any], facts: Mapping[str, Any], first_field: int = 0) -> dict[str, Any]:
    """A database and its fields; the database as it is kept."""
    kinds = {kind_of(call, f.get("type") or 0) for f in body["fieldList"]}
    now = facts.get("createdAt", int(call.now) * 1000)
    row = {f.key: body.get(f.key) for f in api.Database.fields} | {
        "createdAt": now,
        "updatedAt": now,
        "rowCounter": 0,
        **dict.fromkeys(("deleted", "demo"), False),
        "imported": True,
        "birthday": bool(body.get("birthday")),
        "has_mail": "email" in kinds,
        "has_mobile": "phone" in kinds,
        "labelName": "",
        "lag": 0,
    }
    row = {**row, **facts}
    row["id"] = call.store.add(Database, {k: v for k, v in row.items() if v is not None})
    for position, supplied in enumerate(body["fieldList"]):
        field = {f.key: f.default if supplied.get(f.key) is None else supplied[f.key] for f in api.NewField.fields}
        field |= {"label": field["label"] or field["name"], "database_id": row["id"]}
        field |= {"createdAt": now, "updatedAt": now, "kind": kind_of(call, field["type"])}
        call.store.add(Field, field | ({"id": first_field + position} if first_field else {}))
    return row


def add_contacts(call: Call, database_id: int, contacts: Sequence[Mapping[str, Any]], first: int = 0) -> None:
    rows = [{"database_id": database_id, "data": data} for data in contacts]
    call.store.add_many(Contact, [r | {"id": first + n} for n, r in enumerate(rows)] if first else rows)
    count_change(call, database_id, len(contacts))


def count_change(call: Call, database_id: int, delta: int) -> None:
    row = _database(call, database_id)
    changes = {"rowCounter": row["rowCounter"] + delta, "updatedAt": int(call.now) * 1000}
    call.store.change(Database, changes, id=database_id)
    call.store.add(Change, {"database_id": database_id, "time": call.now, "delta": delta})
