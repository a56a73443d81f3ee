"""CarmaChain: how peers answer, each in its own time.

What a peer knows of a person, and when it says so, follows from the seed of the sandbox and the person alone: the same
question has the same answer, in every process.
"""

import hashlib
import random
import re
from collections.abc import Iterator
from typing import Any

from toolkit.sandbox.vendor import Answer, Call, ControlPlane, Described, FakeVendor, Refused
from toolkit.spec import List, Number, Record, Text
from toolkit.vendors.carmachain.api import ALL, CATEGORIES, DONE, PENDING, SYSTEM, TOKEN_LIFE, RawOnly

SEED = "carmachain.seed"  # a setting
PEERS = tuple(f"peer-{n}" for n in range(1, 10))
SLOWEST = 600  # seconds until the last peer that answers has done so
NEVER = 0.04  # of the people: one of the peers never answers
PERSON = {"IdDocument", "PhoneNumber"}
PHONES = {  # by form
    "as written": re.compile(r"(?:\+?38)?0\d{9}", re.ASCII).fullmatch,
    "+digits": re.compile(r"\+380\d{9}", re.ASCII).fullmatch,
    "digits": re.compile(r"380\d{9}", re.ASCII).fullmatch,
    "national": re.compile(r"0\d{9}", re.ASCII).fullmatch,
}
FIRST_ID = 0x5F2B1C000000
KNOWN: dict[str, dict[str, tuple[str, ...]]] = {
    "Address": {"city": ("Kyiv", "Lviv", "Odesa", "Dnipro"), "street": ("Khreshchatyk 1", "Svobody 2", "Morska 3")},
    "Consumer Profile": {"segment": ("A", "B", "C")},
    "Contacts": {"email": ("olena@example.com", "taras@example.com"), "phone": ("+380500000001", "0500000002")},
    "Credit History": {"open_loans": ("0", "1", "2"), "overdue_days": ("0", "30")},
    "Identity": {"birth_date": ("1980-01-02", "1991-03-04"), "tax_number": ("0123456789", "3000000001")},
    "Name": {"first_name": ("Олена", "Тарас", "Марія"), "last_name": ("Коваль", "Шевчук")},
    "Services": {"operator": ("Operator 1", "Operator 2")},
    "Socio-Demographic Profile": {"children": ("0", "1", "2"), "education": ("higher", "secondary")},
    "Subscription": {"tariff": ("S", "M", "L")},
}


class Request(Record):
    """A person asked about."""

    idRequest: Text = Text()
    IdDocument: Text = Text()
    PhoneNumber: Text = Text()
    categories: List = List()
    at: Number = Number("When, in seconds since 1970.")


def authenticate(call: Call) -> None:
    scheme, _, token = call.headers.get("Authorization", "").strip().rpartition(" ")
    expected = call.reading("authorization").removesuffix("{token}").strip()
    if scheme.lower() != expected.lower() or call.claims(token) is None:
        raise _refused(call, 401, "Unauthorized")


def error_response(refusal: Refused) -> Answer:
    status = {"code": refusal.status} if refusal.details is None else refusal.details
    return refusal.status, {"response": {**status, "message": refusal.message or "Bad Request"}}


def _refused(call: Call, status: int, message: str = "") -> Refused:
    return Refused(status, message, _status(call, status))


def _status(call: Call, status: int) -> dict[str, Any]:
    """What `response` says of a request (assumed)."""
    forms: dict[str, dict[str, Any]] = {"code": {"code": status}, "success": {"success": status == 200}}
    return forms.get(call.reading("status_object"), {})


def seed(call: Call) -> None:
    call.store.set(SEED, 1)


FAKE = FakeVendor(SYSTEM, {}, {Request: "idRequest"}, seed, error_response, authenticate)
STATUS = {"response": {"type": "object", "properties": {"code": {"type": "integer"}, "message": {"type": "string"}}}}
FAKE.describe = lambda endpoint: Described(
    STATUS if endpoint.authenticated else {}, {"type": "object", "properties": STATUS, "required": ["response"]}
)


@FAKE.handles(RawOnly.get_token)
def get_token(call: Call) -> Answer:
    return 200, {"token": call.issue("peer", TOKEN_LIFE)}


@FAKE.handles(RawOnly.create_request, lists=True)
def create_request(call: Call) -> Answer:
    sent = _body(call, {"type_request", "value"})
    categories, people = _categories(call, sent.get("type_request")), sent.get("value")
    if not isinstance(people, list) or not people:
        raise _refused(call, 400, "value is empty")
    if len(people) > call.switched.get("largest_request", len(people)):
        raise _refused(call, 413, "value is too long")
    people = [_person(call, item) for item in people][: call.keep]
    number = FIRST_ID + len(call.store.rows(Request))
    rows = [
        {**dict.fromkeys(("IdDocument", "PhoneNumber")), **person, "idRequest": f"{number + n:x}"}
        for n, person in enumerate(people)
    ]
    call.store.add_many(Request, [{**row, "categories": categories, "at": call.now} for row in rows])
    return _answer(call, [{key: value for key, value in row.items() if value is not None} for row in rows])


@FAKE.handles(RawOnly.respond, lists=True)
def respond(call: Call) -> Answer:
    sent = _body(call, {"type_request", "idRequest", "period"})
    categories, ids, period = _categories(call, sent.get("type_request")), sent.get("idRequest"), sent.get("period")
    if isinstance(ids, list) and ids and all(isinstance(i, str) for i in ids) and period is None:
        asked = [row for i in dict.fromkeys(ids) if (row := call.store.one(Request, idRequest=i))]
    elif isinstance(period, int | float) and not isinstance(period, bool) and ids is None:
        since = call.now - period * 60
        asked = [row for row in call.store.rows(Request) if row["at"] >= since]
    else:
        raise _refused(call, 400, "idRequest or period is needed")
    return _answer(call, [_answered(call, row, categories) for row in asked])


def _answer(call: Call, people: list[dict[str, Any]]) -> Answer:
    return 200, {"response": {**_status(call, 200), "message": "OK"}, "parametrRequest": people}


def _answered(call: Call, row: dict[str, Any], categories: list[str]) -> dict[str, Any]:
    """A person in an answer: what is asked now, of what was asked then, and has been answered by now."""
    wanted = _meant(row["categories"]) & _meant(categories)
    peers = list(_peers(f"{call.store.setting(SEED)}|{_identity(row)}"))
    facts = [d for after, details in peers if after is not None and row["at"] + after <= call.now for d in details]
    done = all(after is not None and row["at"] + after <= call.now for after, _ in peers)
    random.Random(f"{row['idRequest']}|{len(facts)}").shuffle(facts)
    named = {"idDocument": row["IdDocument"], "phoneNumber": row["PhoneNumber"]}
    return {
        **{key: value for key, value in named.items() if value is not None},
        "idRequest": row["idRequest"],
        "status": DONE if done else PENDING,
        "requestDetails": [d for d in facts if d["groupData"] in wanted],
    }


def _peers(person: str) -> Iterator[tuple[float | None, list[dict[str, str]]]]:
    """What each peer knows of a person, and after how many seconds it says so (None: never)."""
    drawn = random.Random(hashlib.sha256(person.encode()).digest())
    never = drawn.random() < NEVER
    for n, peer in enumerate(drawn.sample(PEERS, drawn.randint(1, 3))):
        details = [
            {"idPpeers": peer, "groupData": group, "fieldName": name, "fieldValue": drawn.choice(values)}
            for group, fields in KNOWN.items()
            if drawn.random() < 0.6
            for name, values in fields.items()
        ]
        yield (None if never and n == 0 else drawn.uniform(5, SLOWEST)), details


def _identity(row: dict[str, Any]) -> str:
    """What tells a person apart: the document, else the phone in whatever spelling."""
    return str(row["IdDocument"] or row["PhoneNumber"][-10:])


def _meant(categories: list[str]) -> set[str]:
    return set(KNOWN) if ALL in categories else set(categories)


def _categories(call: Call, value: Any) -> list[str]:
    """`type_request`: a text in the document's table, a list in the vendor's example."""
    only = {"list": list, "text": str}.get(call.switched.get("categories_form", ""), (list, str))
    if not isinstance(value, only):
        raise _refused(call, 400, "type_request has a wrong type")
    listed = value if isinstance(value, list) else [value]
    if not listed or not all(isinstance(name, str) and name in CATEGORIES for name in listed):
        raise _refused(call, 400, "type_request is not known")
    return listed


def _person(call: Call, item: Any) -> dict[str, str]:
    if not isinstance(item, dict) or (call.strict and not item.keys() <= PERSON):
        raise _refused(call, 400, "IdDocument or PhoneNumber is needed")
    person = {name: item[name] for name in sorted(PERSON) if item.get(name) is not None}
    if not person:
        raise _refused(call, 400, "IdDocument or PhoneNumber is needed")
    if not all(value and isinstance(value, str) for value in person.values()):
        raise _refused(call, 400, "IdDocument and PhoneNumber are texts")
    if "PhoneNumber" in person and not PHONES[call.reading("phone_form")](person["PhoneNumber"]):
        raise _refused(call, 400, f"PhoneNumber has a wrong format: {person['PhoneNumber']}")
    return person


def _body(call: Call, known: set[str]) -> dict[str, Any]:
    if not isinstance(call.json, dict) or (call.strict and not call.json.keys() <= known):
        raise _refused(call, 400)
    return call.json


@FAKE.controls
class CarmaChainControl(ControlPlane):
    """The peers."""

    def peers(self, seed: int) -> None:
        """Other peers: another seed draws what they know, and when they say it."""
        with self._machine.transaction():
            self._machine.store.set(SEED, seed)
