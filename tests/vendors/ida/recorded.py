"""What is called for each recorded cassette of IDA. The account must hold the record RECORD; the sandbox does."""

from typing import Any

import pandas as pd

from tests.helpers.recorded import NOBODY, Case, Results, refused

RECORD = 1234
FIELDS = pd.DataFrame({"name": ["EMAIL", "NOMBRE", "TELEFONO"], "type": [2, 0, 1], "required": [True, False, False]})
MAILS = ["ana@example.cl", "josé@", "luis@example.cl", "eva@example.cl"]
CONTACTS = pd.DataFrame({"EMAIL": MAILS, "NOMBRE": ["Ana Muñoz", "José", None, "Eva"]})


def database(earlier: Results) -> int:
    return int(earlier["create_database"])


def post_records(ida: Any, earlier: Results) -> Any:
    cells = zip(earlier["fields"], ("ana@example.cl", "Ana", "56900000001"), strict=True)
    record = {"values": [{"field_id": field["id"], "fvalue": cell} for field, cell in cells]}
    return ida.raw.post_records(database(earlier), [record])


CASES: dict[str, Case] = {
    "login": lambda s, _: s.user(),
    "create_database": lambda s, _: s.create_database("Clientes ñ", FIELDS, birthday_message_hour="09:00"),
    "databases": lambda s, _: s.databases(),
    "database": lambda s, earlier: [s.database(database(earlier)), refused(lambda: s.database(NOBODY))],
    "fields": lambda s, earlier: s.fields(database(earlier)),
    "post_records": post_records,
    "insert_records": lambda s, earlier: s.insert_records(database(earlier), CONTACTS),
    "record": lambda s, _: s.record(RECORD),
    "records": lambda s, _: s.records([RECORD, NOBODY]),
    "update_record": lambda s, _: s.update_record(RECORD, {"TELEFONO": "56912345677"}),
    "delete_database": lambda s, earlier: s.delete_database(database(earlier)),
}
