"""IDA: how rows go into a contact database, and how its counter tells what became of them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from json.encoder import encode_basestring as quoted
from typing import Any

import numpy as np
import pandas as pd

from toolkit.calls import frames
from toolkit.errors import BadAnswer, InputError
from toolkit.http import wire
from toolkit.http.answers import Classification
from toolkit.plain import message
from toolkit.push import Batch, Memory, PushJob, Reconcile, Suspect, Target, row_tag
from toolkit.sheets.cells import whole
from toolkit.sheets.check import Check, check
from toolkit.sheets.fields import as_fields
from toolkit.sheets.target import Takes
from toolkit.spec import Choice, Date, Email, Endpoint, Field, Integer, Number, Payload, Phone, Record, Text, Timestamp
from toolkit.vendors.base import Connection
from toolkit.vendors.ida import api as declared

FIRST_YEAR = 2000  # in which a database can have been made
UNESCAPED = "\x7f"  # the one control character that JSON shows as it is
OPENING = '{"values":['
TOGETHER = 1_024  # rows that are written together: of four times as many, each takes half as long again
WHOLE = replace(declared.Ida.endpoints["database"], returns=Payload())


class Counted(Record):
    """Of a database, how many records it holds."""

    rowCounter: Integer = Integer("How many records it holds.")


class About(Record):
    """Of a database, what tells it from others."""

    name: Text = Text("Its name.")
    createdAt: Timestamp = Timestamp("When it was created.")


class Database:
    """A database as rows go into it. One reading of it, under its lock, gives its identity, fields and first count."""

    connection: Connection
    id: int
    memory: Memory  # once it was read, that of the same database for ever: another may get its number

    def __init__(self, connection: Connection, database_id: int, tag_field: str | None) -> None:
        self.connection, self.id, self._tag_field = connection, _id(database_id), tag_field
        self.session = connection.session
        self.memory = connection.memory(f"database/{self.id}", f"database {self.id} at {connection.host}")
        self._opened_at: float | None = None  # until the count that was read then has been taken

    def takes(self) -> Takes:
        called, created = self._about["name"].iloc[0], self._about["createdAt"].iloc[0]
        answered = created
        latest = self.session.clock.now().year + 1
        if pd.isna(created) or not FIRST_YEAR <= created.year <= latest:
            stated = str(self.connection.assumed["database_made"])
            created = pd.to_datetime(stated, format="%Y%m%d%H%M%S", errors="coerce", utc=True)
        if pd.isna(created) or not FIRST_YEAR <= created.year <= latest:
            text = (
                "database {id} is answered without a time at which it was made, which tells it from another one that "
                "had its number. Nothing was sent. Run it again; where that stays so, look at the vendor's own screen "
                'when it was made, and state it in UTC: connect(…, ida={{"assumptions": {{"database_made": '
                "20240131235959}}}})"
            )
            if pd.notna(late := answered if pd.isna(created) else created) and late.year > latest:
                text = (
                    "database {id} was made in {year}, and the clock of this computer says {now}. Nothing was sent. "
                    "Correct the clock; where it is right, state in UTC when the database was made: connect(…, "
                    'ida={{"assumptions": {{"database_made": 20240131235959}}}})'
                )
                raise BadAnswer(message(text, id=self.id, year=late.year, now=latest - 1))
            raise BadAnswer(message(text, id=self.id))
        part = f"{self.id} {created:%Y%m%d%H%M%S}"
        title = f"database {self.id} «{whole(str(called))}» at {self.connection.host}"
        self.memory = replace(self.memory, part=part, where=title if pd.notna(called) else self.memory.where)
        return Takes(self._fields, shown=f"api.ida.fields({self.id})")

    def job(self, checked: Check) -> PushJob:
        return PushJob(Records(self, checked, self._fields, self._tag_field), checked)

    @cached_property
    def _read(self) -> dict[str, Any]:
        """The whole answer about the database."""
        self._opened_at = self.connection.session.clock.monotonic()
        return self._answer()

    @cached_property
    def field_ids(self) -> dict[str, int]:
        return dict(zip(self._table["name"], self._table["id"], strict=True))

    @cached_property
    def _about(self) -> pd.DataFrame:
        return frames.to_frame(About, [self._read])

    @cached_property
    def _table(self) -> pd.DataFrame:
        assumed = self.connection.assumed
        table = frames.to_frame(assumed.record(declared.FieldOfDatabase), self._read.get("fieldList") or [])
        table.attrs["forms"] = forms(assumed)
        return table

    @cached_property
    def _fields(self) -> tuple[Field, ...]:
        known = as_fields(self._table)
        fields = tuple([f for f in known if f.name != self._tag_field])
        if self._tag_field is not None and len(fields) == len(known):
            text = "the database has no field {tag!r} for the tag; it has {names}"
            raise InputError(message(text, tag=self._tag_field, names=", ".join(self.field_ids)))
        return fields

    def first_count(self) -> tuple[int, float] | None:
        """The count that came with the first reading, and how many seconds ago; None once it was taken."""
        at, self._opened_at = self._opened_at, None
        return None if at is None else (_count(self._read), self.connection.session.clock.monotonic() - at)

    def count(self) -> int:
        return _count(self._answer())

    def _answer(self) -> dict[str, Any]:
        answer = self.connection.client(WHOLE, {"id": self.id}, checked=True)
        facts = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(facts, dict) or str(facts.get("id", self.id)) != str(self.id):
            raise BadAnswer(message("database {id} is answered without its facts", id=self.id))
        return facts


def _id(database_id: Any) -> int:
    """The number of a database, however it is written: what is locked has one name."""
    if type(database_id) is int and database_id >= 0:
        return database_id
    checked = check(pd.DataFrame({"id": pd.Series([database_id], dtype=object)}), WHOLE.arguments)
    if not checked.ok:
        raise InputError(message("database_id {problem}", problem=checked.errors["problem"].iloc[0]))
    return int(checked.wire()["id"][0])


def _count(answer: dict[str, Any]) -> int:
    try:
        return int(frames.value(Counted.rowCounter, answer.get("rowCounter")))
    except BadAnswer:
        raise BadAnswer(message("the database says no rowCounter")) from None


def forms(assumed: Mapping[str, Any]) -> dict[str, str]:
    """In which form days and phones are sent."""
    return {"date": assumed["date_form"], "phone": assumed["phone_form"]}


KINDS: dict[str, tuple[type[Field], ...]] = {  # whom a refusal speaks of, by the word in it
    "teléfono": (Phone,),
    "telefono": (Phone,),
    "email": (Email,),
    "correo": (Email,),
    "fecha": (Date,),
    "número": (Number,),
    "numero": (Number,),
    "valor": (Choice,),
}


class Records(Target):
    """Where `insert_records` sends its rows; their count is the only thing that can be read back."""

    what = "ida.insert_records"
    reconcile = Reconcile.COUNT
    together = True

    def __init__(self, database: Database, checked: Check, fields: Sequence[Field], tag_field: str | None) -> None:
        self._database, self.check, self._tag_field, self.tagged = database, checked, tag_field, bool(tag_field)
        self.memory = database.memory
        self.session = database.connection.session
        self._endpoint = database.connection.endpoint(declared.Ida.endpoints["post_records"])
        self._fields = {f.key: f for f in fields}
        self._columns = checked.columns
        if not database.connection.assumed["duplicates_kept"]:
            self.reconcile = Reconcile.NOTHING  # a count that leaves some out vouches for none

    def count(self) -> int:
        return self._database.count()

    def first_count(self) -> tuple[int, float] | None:
        return self._database.first_count()

    def request(self, batch: Batch) -> tuple[Endpoint, wire.Request]:
        ids = self._database.field_ids
        columns = [(ids[key], values) for key, values in self.check.wire(batch.positions).items()]
        if self._tag_field:
            columns.append((ids[self._tag_field], [row_tag(self.tag, n) for n in batch.serials]))
        parts = [f'{{"database_id":{self._database.id},"records":['.encode()]
        for start in range(0, len(batch.positions), TOGETHER):
            some = [(field_id, values[start : start + TOGETHER]) for field_id, values in columns]
            parts += [_records(some).encode(), b","]
        parts[-1] = b"]}"
        body = b"".join(parts)
        return self._endpoint, wire.Request(self._endpoint.method, self._endpoint.path, body=body)

    def suspects(self, result: Classification, positions: np.ndarray) -> Sequence[Suspect]:
        """The rows with the value that a refusal names, in fields of the kind that it names."""
        words, _, named = result.message.rpartition(": ")
        named = named.strip().strip("\"'")
        kinds = next((kinds for word, kinds in KINDS.items() if word in words.casefold()), None)
        if not named or not kinds:
            return []
        exact, near = [], []
        for key, values in self.check.wire(positions).items():
            if isinstance(self._fields[key], kinds):
                cells = list(zip(positions.tolist(), values, strict=True))
                exact += [(p, self._columns[key]) for p, v in cells if v == named]
                near += [(p, self._columns[key]) for p, v in cells if _alike(v, named)]
        named_rows = dict(exact or near)
        return [Suspect(p, str(column), certain=len(exact) == 1) for p, column in named_rows.items()]


def _records(columns: Sequence[tuple[int, list[str | None]]]) -> str:
    """The rows as JSON, joined by commas. IDA takes every value as text, and the check made texts of all of them.

    What rows share and their cells are laid side by side and joined once: half the time of putting each row together
    by itself. A value's head closes the value before it; the first of a row opens the row.
    """
    texts_of: list[list[Any]] = [texts for _, texts in columns]
    heads = [f'"}},{{"field_id":{field_id},"fvalue":"' for field_id, _ in columns]
    heads[0] = OPENING + heads[0][3:]
    width, parts = 2 * len(columns) + 1, [*[p for head in heads for p in (head, "")], '"}]},'] * len(texts_of[0])
    for n, texts in enumerate(texts_of):
        if None in texts:
            parts[2 * n :: width] = ["" if v is None else heads[n] for v in texts]
            texts = [v or "" for v in texts]
        parts[2 * n + 1 :: width] = _escaped(texts)
    for row in [n for n, v in enumerate(texts_of[0]) if v is None]:
        places = range(row * width, (row + 1) * width, 2)
        first = next(place for place in places if parts[place])
        parts[first] = OPENING + parts[first].removeprefix('"}').removeprefix(",")
    return "".join(parts)[:-1]


def _escaped(texts: list[str]) -> list[str]:
    """Texts as they stand between the quotes of JSON; together, as most columns have nothing to escape."""
    together = UNESCAPED.join(texts)
    escaped = quoted(together)[1:-1]
    if len(escaped) == len(together):
        return texts
    parts = escaped.split(UNESCAPED)
    return parts if len(parts) == len(texts) else [quoted(v)[1:-1] for v in texts]


def _alike(value: str | None, named: str) -> bool:
    if value is None:
        return False
    digits = re.sub(r"\D", "", named)
    return value.casefold() == named.casefold() or (len(digits) >= 6 and re.sub(r"\D", "", value) == digits)
