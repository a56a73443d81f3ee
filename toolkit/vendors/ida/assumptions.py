"""What the document of IDA leaves open."""

from toolkit.plain import mark
from toolkit.spec import DOCUMENTED, Assumption

KINDS = {
    "text": "any text; nothing is checked",
    "phone": "a phone",
    "email": "an e-mail address",
    "date": "a day",
    "number": "a number",
    "list": "one of the field's options",
}
DAYS = {
    "%d/%m/%Y": "31/12/2024",
    "%d-%m-%Y": "31-12-2024",
    "%Y-%m-%d": "2024-12-31",
    "%Y/%m/%d": "2024/12/31",
    "as written": "as the cell has it",
}
PHONES = {
    "digits": "56912345678",
    "+digits": "+56912345678",
    "national": "912345678",
    "as written": "as the cell has it",
}
SPELLINGS, IDENTIFIED = ("recordId", "recordID"), ("record.id", "update_record.record_id")
FILLED = ("fields", "create_database", "insert_records", "update_record")
EDITED = ("insert_records", "update_record")


def _type(number: int, meaning: str, value: str, other: str) -> Assumption:
    return Assumption(
        f"type_{number}",
        meaning,
        value,
        KINDS,
        touches=FILLED,
        other=other,
        facts={kind: {"type": {"choices": {number: kind}}} for kind in KINDS},
    )


ASSUMPTIONS = (
    _type(1, mark("What a field of type 1 holds."), "phone", "date"),
    _type(3, mark("What a field of type 3 holds."), "date", "phone"),
    _type(4, mark("What a field of type 4 holds."), "number", "list"),
    _type(5, mark("What a field of type 5 holds."), "list", "number"),
    Assumption(
        "other_types",
        mark("What a field of type 6 or above holds."),
        "text",
        KINDS,
        touches=FILLED,
        facts={kind: {"type": {"others": kind}} for kind in KINDS},
    ),
    Assumption(
        "date_form",
        mark("How days are sent, in inserts and in edits."),
        "%d/%m/%Y",
        DAYS,
        touches=EDITED,
        other="%Y-%m-%d",
        facts={form: {"date": {"format": form}} for form in DAYS},
    ),
    Assumption(
        "phone_form",
        mark("How phones are sent, in inserts and in edits."),
        "digits",
        PHONES,
        touches=EDITED,
        other="+digits",
        facts={form: {"phone": {"form": form}} for form in PHONES},
    ),
    Assumption(
        "record_id",
        mark("The name under which a record's identifier travels."),
        "as printed",
        {
            "as printed": "`recordId` in the address, `recordID` in a body",
            "recordId": "`recordId` in both",
            "recordID": "`recordID` in both",
        },
        touches=("record", "records", "update_record"),
        provenance=DOCUMENTED,
        other="recordID",
        facts={name: {call: {"wire": name, "in_body": name} for call in IDENTIFIED} for name in SPELLINGS},
    ),
    Assumption(
        "empty_text",
        mark("What clears a field in an edit."),
        "empty",
        {"empty": 'the text ""', "null": "null"},
        touches=("update_record",),
        other="null",
    ),
    Assumption(
        "label",
        mark("Whether a new field's `label` is sent; where it is missing, it is the name."),
        "sent",
        {"sent": "always", "left out": "never"},
        touches=("create_database",),
        provenance=DOCUMENTED,
        other="left out",
        facts={"left out": {"label": {"sent": False}}},
    ),
    Assumption(
        "atomic_requests",
        mark("Whether a request's records are stored all or none."),
        True,
        {True: "all or none", False: "some may be stored: each record travels by itself"},
        touches=("insert_records",),
        options={False: {"chunk_rows": 1}},
    ),
    Assumption(
        "counter_delay",
        mark("Seconds after which `rowCounter` shows what was stored."),
        5.0,
        touches=("insert_records",),
        option="settle_stable",
    ),
    Assumption(
        "settle_wait",
        mark("Seconds after which a request whose connection died is stored, or never will be."),
        65.0,
        touches=("insert_records",),
        option="settle_wait",
    ),
    Assumption(
        "duplicates_kept",
        mark("Whether a record like one that is there is stored once more, and counted."),
        True,
        {True: "stored and counted", False: "left out in silence: the count vouches for nothing"},
        touches=("insert_records",),
    ),
    Assumption(
        "database_made",
        mark(
            "When a database was made whose answer does not say it, in UTC: 20240131235959. 0: no rows are sent to it."
        ),
        0,
        touches=("insert_records",),
    ),
    Assumption(
        "largest_request",
        mark("Records in one request, at most."),
        3896,
        touches=("insert_records",),
        minimum=1,
        option="chunk_rows",
    ),
)
