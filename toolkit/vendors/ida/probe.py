"""IDA: what an account shows of our readings. Writes go into a database of their own, which is deleted."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from toolkit.errors import NotFound, Rejected, ToolkitError
from toolkit.plain import mark, message
from toolkit.vendors.probing import Probe, masked

WRITES = mark(
    "IDA: makes a database of its own, inserts a few rows of invented people in each form, times the counter, and "
    "deletes the database. With ida_record=NUMBER, a text of that record is cleared and written back."
)
SUBJECTS = {"ida_record": mark("the number of a record that may be changed and changed back")}
NOBODY = 9_007_199_254_740_991  # the identifier of no record
TYPES = (1, 3, 4, 5)
OPTION, WORDS = "uno", "una palabra, y otra"
DAYS = {  # each another one: records that are alike may be left out
    "%d/%m/%Y": "31/12/1999",
    "%d-%m-%Y": "30-12-1999",
    "%Y-%m-%d": "1999-12-29",
    "%Y/%m/%d": "1999/12/28",
}
PHONES = {"digits": "56900000001", "+digits": "+56900000002", "national": "900000003"}
PATIENCE = 30.0  # seconds until the counter is given up


def reads(probe: Probe) -> None:
    """What can be seen without a write."""
    listed = probe.read("databases")
    rows = [r for r in (listed or {}).get("data") or () if isinstance(r, dict) and isinstance(r.get("id"), int)]
    if rows:
        probe.read("database", id=rows[0]["id"])
        probe.read("fields", id=rows[0]["id"])
    probe.settle("record_id", _asks_for_nobody)


def _asks_for_nobody(ida: Any) -> str:
    """A record that does not exist is not found, where its identifier is understood: in the address, and in a body."""
    for call in (ida, _in_a_body(ida)):
        try:
            call.record(NOBODY)
        except NotFound:
            continue
    return ""


def _in_a_body(ida: Any) -> Any:
    account = {**ida.connection.account, "endpoints": {"record": "POST /api/v2/database/data"}}
    connection = type(ida.connection).of(type(ida), account, clock=ida.connection.session.clock, progress=False)
    connection.session.tokens = ida.connection.session.tokens
    return type(ida)(connection)


def writes(probe: Probe) -> None:
    """What only a write shows."""
    with _database(probe) as database:
        if database is not None:
            for number in TYPES:
                _type(probe, database, number)
            _forms(probe, database)
            _counting(probe, database)
    if probe.subjects.get("ida_record"):
        _clearing(probe, int(probe.subjects["ida_record"]))
    for name, why in (
        ("settle_wait", message("a connection that dies cannot be had at will")),
        ("largest_request", message("it is not tried how much the account bears")),
        ("other_types", message("which numbers there are besides is not known")),
        ("database_made", message("an answer that does not say it shows nothing of it")),
    ):
        probe.cannot_tell(name, why)


class _Database:
    """The database of a probe: rows go into it one by one."""

    def __init__(self, ida: Any, number: int) -> None:
        self.ida, self.id, self.stored = ida, number, 0
        self._tried: dict[str, bool] = {}
        answer = ida.raw.fields(number)["data"]["fieldList"]
        self.fields: dict[str, int] = {f["name"]: f["id"] for f in answer}

    def takes_value(self, field: str, value: str) -> bool:
        """Whether a field takes a value. It is tried once."""
        tried = f"{field} {value}"
        if tried not in self._tried:
            self._tried[tried] = self.takes({field: value})
        return self._tried[tried]

    def takes(self, *rows: dict[str, str]) -> bool:
        """Whether a request with these rows is taken."""
        records = [{"values": [{"field_id": self.fields[n], "fvalue": v} for n, v in row.items()]} for row in rows]
        try:
            self.ida.raw.post_records(self.id, records)
        except Rejected:
            return False
        self.stored += len(rows)
        return True

    def count(self) -> int:
        return int(self.ida.raw.database(self.id)["data"]["rowCounter"])


@contextmanager
def _database(probe: Probe) -> Iterator[_Database | None]:
    """A database with a field of each type; deleted afterwards."""
    fields = [{"name": f"TIPO_{n}", "type": n, "options": [OPTION, "dos"]} for n in (0, *TYPES)]
    databases: list[_Database] = []

    def create(ida: Any) -> str:
        databases.append(_Database(ida, ida.create_database("analyst-toolkit probe", fields)))
        return ""

    probe.settle("label", create)
    try:
        yield databases[0] if databases else None
    finally:
        for database in databases:
            try:
                probe.client().delete_database(database.id)
            except ToolkitError as problem:
                left = message("the database of the probe could not be deleted: {why}", why=masked(str(problem)))
                probe.cannot_tell("delete_database", left)


def _type(probe: Probe, database: _Database, number: int) -> None:
    """What a field of a type holds, by what it takes: each kind takes something that the ones after it refuse."""
    field = f"TIPO_{number}"
    trials = {"text": [WORDS], "list": [OPTION], "number": ["12"], "date": DAYS.values(), "phone": PHONES.values()}
    for kind, values in {**trials, "email": ["nadie@example.com"]}.items():
        taken = [value for value in values if database.takes_value(field, value)]
        if taken:
            probe.decide(f"type_{number}", kind, message("takes {kind}", kind=kind))
            return
    probe.cannot_tell(f"type_{number}", message("nothing that was tried is taken"))


def _forms(probe: Probe, database: _Database) -> None:
    """In which forms days and phones are taken."""
    for name, kind, ways in (("date_form", "date", DAYS), ("phone_form", "phone", PHONES)):
        fields = [f"TIPO_{n}" for n in TYPES if probe.known.get(f"type_{n}") == kind]
        taken = [form for form, value in ways.items() if fields and database.takes_value(fields[0], value)]
        ours = probe.connection.assumed[name]
        if ours in taken or (ours == "as written" and taken):
            probe.decide(name, ours, message("taken: {forms}", forms=", ".join(taken)))
        elif taken:
            probe.decide(name, taken[0], message("taken: {forms}", forms=", ".join(taken)))
        else:
            probe.cannot_tell(name, message("no field takes one"))


def _counting(probe: Probe, database: _Database) -> None:
    """How the counter follows, and what it says of records that are there, and of requests that are refused."""
    delay = _delay(probe, database)
    if delay is None:
        probe.cannot_tell("counter_delay", message("the counter did not reach what was stored"))
        return
    known = probe.connection.assumed["counter_delay"]
    value = known if delay <= known else float(math.ceil(2 * delay))
    probe.decide("counter_delay", value, message("seen after {seconds:.1f} s", seconds=delay))
    for _ in range(2):
        database.takes({"TIPO_0": "la misma fila"})
    kept = _delay(probe, database) is not None
    probe.decide("duplicates_kept", kept, message("two rows alike were counted as {count}", count=2 if kept else 1))
    _atomic(probe, database)


def _atomic(probe: Probe, database: _Database) -> None:
    strict = [n for n in TYPES if probe.known.get(f"type_{n}") in ("phone", "date", "number", "list")]
    before = database.count()
    if not strict or database.takes({"TIPO_0": "una fila"}, {f"TIPO_{strict[0]}": WORDS}):
        probe.cannot_tell("atomic_requests", message("no request was refused"))
        return
    probe.connection.session.clock.sleep(min(PATIENCE, probe.known["counter_delay"]))
    rise = database.count() - before
    probe.decide("atomic_requests", rise == 0, message("a refused request stored {count} of 2", count=rise))


def _delay(probe: Probe, database: _Database) -> float | None:
    """Seconds until the counter shows what was stored; None where it does not."""
    clock = probe.connection.session.clock
    started = clock.monotonic()
    while (waited := clock.monotonic() - started) <= PATIENCE:
        if database.count() == database.stored:
            return waited
        clock.sleep(1)
    database.stored = database.count()
    return None


def _clearing(probe: Probe, record: int) -> None:
    """What clears a field of the record that somebody named; its text is written back."""
    ida = probe.client()
    filled = ida.record(record).iloc[0].dropna()
    texts = {name: value for name, value in filled.items() if str(value).isalpha()}
    if not texts:
        probe.cannot_tell("empty_text", message("the record has no field of plain text"))
        return
    name, value = next(iter(texts.items()))

    def clear(client: Any) -> str:
        left = client.update_record(record, {name: ""})[name].iloc[0]
        return message("the field is {left!r} then", left=left)

    probe.settle("empty_text", clear)
    ida.update_record(record, {name: value})
