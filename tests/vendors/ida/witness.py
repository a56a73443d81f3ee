"""What one types for each case of IDA."""

import pandas as pd

from tests.helpers.witness import Reading, Witness
from tests.vendors.ida.witness_setup import prepare
from toolkit.errors import AuthError, NotFound, Rejected

LOGIN = {"username": "nombreUsuario", "password": "5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8"}
NOBODY = {"username": "nadie", "password": "da39a3ee5e6b4b0d3255bfef95601890afd80709"}
FIELDS = pd.DataFrame({"name": ["EMAIL", "NOMBRE_1"], "label": ["EMAIL", "NOMBRE_1"], "type": [2, 0]})
MAIL = {"values": [{"field_id": 321, "fvalue": "mail@mail.com"}]}
RECORDS = [
    {"values": [{"field_id": 321, "fvalue": "mail@mail.com"}, {"field_id": 322, "fvalue": "Nombre"}]},
    {"values": [{"field_id": 321, "fvalue": "mail2@mail.com"}, {"field_id": 322, "fvalue": "Nombre2"}]},
]
BAD_PHONE = {"values": [{"field_id": 323, "fvalue": "5999xxxx"}]}
FIELD_LIST = frozenset({"fieldList"})

READINGS: dict[str, tuple[Reading, ...]] = {
    "login": (Reading(lambda s: s.login(**LOGIN), "data"),),
    "login, wrong user or password": (Reading(lambda s: s.login(**NOBODY), raises=NotFound),),
    "list databases": (Reading(lambda s: s.databases(), "data"),),
    "list databases, token missing or wrong": (Reading(lambda s: s.databases(), raises=AuthError),),
    "get database": (
        Reading(lambda s: s.database(11111), "data", omits=FIELD_LIST),
        Reading(lambda s: s.fields(11111), "data.fieldList"),
    ),
    "get database, unknown id": (
        Reading(lambda s: s.database(199999), raises=NotFound),
        Reading(lambda s: s.fields(199999), raises=NotFound),
    ),
    "delete database": (Reading(lambda s: s.delete_database(11111)),),
    "delete database, unknown id": (Reading(lambda s: s.delete_database(199999), raises=NotFound),),
    "create database": (
        Reading(
            lambda s: s.create_database(
                "Base de datos 1", FIELDS, birthday=True, birthday_message=42203, birthday_message_hour="09:00"
            ),
            "data.id",
        ),
    ),
    "insert records": (Reading(lambda s: s.post_records(123, RECORDS), "message"),),
    "insert records, unknown database": (Reading(lambda s: s.post_records(199999, [MAIL]), raises=NotFound),),
    "insert records, a badly formed value": (Reading(lambda s: s.post_records(123, [BAD_PHONE]), raises=Rejected),),
    "get record (GET)": (Reading(lambda s: s.record(1234), "data.recordData"),),
    "get record (POST)": (),  # the document's other form; the client reads by GET
    "get record, recordId missing": (),  # Python does not let one leave it out
    "get record, unknown id": (Reading(lambda s: s.record(999999), raises=NotFound),),
    "edit record (GET)": (),  # a GET that changes something; the client uses PUT
    "edit record (PUT)": (Reading(lambda s: s.update_record(1234, {"TELEFONO": "56912345677"}), "data.recordData"),),
    "edit record, recordID missing": (),  # Python does not let one leave it out
}

WITNESS = Witness(
    READINGS,
    prepare,
    codes=frozenset({"code", "statusApi"}),
    exact_texts=lambda body: True,
    listed_codes=frozenset({415}),
    added=frozenset({"kind"}),
)
