"""IDA: what an analyst holds. The declared endpoints, and the workflows made of several calls."""

import base64
import contextlib
import hashlib
import json
import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from toolkit.errors import AuthError, BadAnswer, InputError, NotFound, SettingsError, ToolkitError
from toolkit.http import wire
from toolkit.http.secrets import ClearedFrames, Secret
from toolkit.http.session import Clock
from toolkit.http.wire import Judgement
from toolkit.push import Aim, Counter, Order, Report, Rows, SendPolicy, Suspect, push_all, row_tag
from toolkit.sheets.check import Check, check
from toolkit.sheets.fields import as_fields
from toolkit.spec import Choice, Date, Email, Endpoint, Field, Number, Phone
from toolkit.vendors.base import Connection, VendorClient
from toolkit.vendors.ida import api as declared

ESCAPED = bytes([*range(32), *b'"\\'])  # what JSON does not show as it is
SHA1 = re.compile(r"[0-9a-fA-F]{40}")


class Ida(VendorClient, declared.Ida):
    """Contact databases of a mailing platform."""

    def __repr__(self) -> str:
        who = self.connection.account.get("username", "the owner of the token")
        return f"<IDA at {self.connection.host} as {who}>"

    def user(self) -> pd.DataFrame:
        """Read the signed-in user and the customer.

        Returns:
            One row. The token in it is masked.

        Raises:
            SettingsError: only a token is known. The vendor answers this to a user name and a password only.
        """
        return self._raw_only.login(*_name_and_digest(self.connection.account))

    def records(self, ids: Iterable[int]) -> pd.DataFrame:
        """Read many records, several at a time. A record that cannot be read costs the others nothing.

        Args:
            ids: identifiers of records, as a list or a column.

        Returns:
            One row per identifier, in the order of `ids`, with one text column per field. `recordId` is the identifier;
            `error` says why a record could not be read, and is missing where it was. A field that has one of these two
            names becomes the column `error (record)` or `recordId (record)`.

        Raises:
            RowErrors: some identifiers are not whole numbers. Nothing was read; `.table` lists them.

        >>> ida.records([1234, 999999])[["recordId", "TELEFONO", "error"]]
           recordId     TELEFONO                           error
        0      1234  56912345678                             NaN
        1    999999          NaN  record: RECORD NOT FOUND [404]
        """
        checked = check(pd.DataFrame({"id": pd.Series(list(ids), dtype=object)}), self.endpoints["record"].arguments)
        checked.raise_if_bad("ids")
        asked = checked.wire()["recordId"]
        found = self.connection.client.each(self.endpoints["record"], [{"id": i} for i in asked], label="records")
        rows, errors = zip(*map(_values_or_error, found), strict=True) if found else ((), ())
        names = list(dict.fromkeys(name for row in rows for name in row))
        table = pd.DataFrame(list(rows), index=range(len(rows)), columns=names, dtype="str")
        table = table.rename(columns=_stepping_aside(names))
        table.insert(0, "recordId", pd.Series(asked, dtype="Int64"))
        return table.assign(error=pd.array(errors, dtype="str"))

    def insert_records(
        self,
        database_id: int,
        rows: Any,
        *,
        tag_field: str | None = None,
        only_new: bool = False,
        again: bool | str = False,
        push: Mapping[str, Any] | None = None,
    ) -> Report:
        """Add records to a contact database, one for each row, and say what became of each.

        Every cell is checked first, by the database's own fields: a row with a bad cell, or with none at all, is not
        sent, and the report says why. The others travel in chunks. Safe to run again: rows that are in are not sent
        twice, and a push that was interrupted goes on. What cannot be known is `unknown`, and is never sent again on
        its own.

        Args:
            database_id: where to.
            rows: a DataFrame, an iterator of them (`read_csv(chunksize=…)`), or anything with an Arrow stream. Columns
                are names or labels of the database's fields; any other column is an error. An iterator is read frame by
                frame: the report then keeps the cells of the rows that are not in, and only the index of the others.
            tag_field: a text field to write a mark into, so that each stored row can be traced to this push; the report
                shows it as `tag`.
            only_new: leave out rows that an earlier push has sent to this database.
            again: send rows that were sent before once more; a text makes a further time of it.
            push: settings for this push, as `{"settle_wait": 65}`; see `toolkit.push.Options`.

        Returns:
            A report with one row for each row of the input, same index. The vendor gives no ids back: a row is
            `verified` when the database's counter proves it, as far as nobody else wrote there at that time.

        Raises:
            InputError: a column is no field of the database. Nothing was sent; of an iterator, nothing of this frame.
            PushRefused: some of these rows were sent before, and nobody chose what to do; or a push that sent rows once
                more stopped half-way, and these are others. Nothing was sent.
            NotFound: there is no such database.

        >>> ida.insert_records(11111, pd.DataFrame({"EMAIL": ["ana@example.cl", "luis@example.cl"]})).summary
        outcome
        verified      2
        accepted      0
        rejected      0
        unknown       0
        duplicated    0
        not sent      0
        Name: rows, dtype: int64

        Manual: IDA API Database 2.5, Insertar registros en base de datos; POST /api/v2/database/records (documented).
        """
        where = Destination(self.connection, database_id)
        options, policy = self.connection.options(push), SendPolicy(only_new, again)
        return push_all(rows, lambda frame: where.aim(frame, tag_field), options, policy)

    @property
    def _raw_only(self) -> declared.RawOnly:
        return declared.RawOnly(self.connection.client)

    def _sign_in(self) -> tuple[Secret, float | None]:
        """A token and the seconds it lives, where it says so.

        Raises:
            AuthError: user or password are wrong.
        """
        account, clock = self.connection.account, self.connection.session.clock
        if token := account.get("token"):
            return token, _life(token, clock)
        try:
            user = self._raw_only.login(*_name_and_digest(account))
        except NotFound as refused:
            raise AuthError("user or password are wrong", service="login", status=refused.status) from None
        token = next(iter(user["api_code"]), None)
        if not isinstance(token, Secret):
            raise AuthError("the login gave no token: is the API switched on in the user's profile?", service="login")
        return token, _life(token, clock)


def _values_or_error(found: Any) -> tuple[dict[Hashable, Any], str | None]:
    if isinstance(found, ToolkitError):
        return {}, str(found)
    return (found.iloc[0].to_dict(), None) if len(found) else ({}, "the answer holds no record")


def _stepping_aside(names: Sequence[Hashable]) -> dict[Hashable, str]:
    """New names for the fields that are called as our own columns are."""
    new: dict[Hashable, str] = {}
    for name in {"recordId", "error"}.intersection(names):
        new[name] = f"{name} (record)"
        while new[name] in names:
            new[name] += " (record)"
    return new


class Destination:
    """A database as rows go into it: its identity and its fields, read once."""

    def __init__(self, connection: Connection, database_id: int) -> None:
        self.connection, self.id = connection, database_id
        self._ida = declared.Ida(connection.client)
        about = self._ida.database(database_id)
        created = about["createdAt"].iloc[0]
        made = f"{created:%Y%m%d%H%M%S}" if pd.notna(created) else ""
        self.name = f"{connection.address}/database/{database_id} {made}".strip()
        called = about["name"].iloc[0]
        title = f"database {database_id} «{called}»" if pd.notna(called) else f"database {database_id}"
        self.where = f"{title} at {connection.host}"
        self.table = self._ida.fields(database_id)
        self.fields = as_fields(self.table, day_format=declared.DATE_FORMAT)
        self.field_ids = dict(zip(self.table["name"], self.table["id"], strict=True))

    def count(self) -> int:
        counted = self._ida.database(self.id)["rowCounter"].iloc[0]
        if pd.isna(counted):
            raise BadAnswer("the database says no rowCounter")
        return int(counted)

    def aim(self, frame: pd.DataFrame, tag_field: str | None) -> Aim:
        target = self.target(frame, tag_field)
        return Aim(target, Counter(target), target.check)

    def target(self, frame: pd.DataFrame, tag_field: str | None = None) -> "Records":
        fields = tuple(f for f in self.fields if f.name != tag_field)
        if tag_field is not None and len(fields) == len(self.fields):
            raise InputError(f"the database has no field {tag_field!r} for the tag; it has {', '.join(self.field_ids)}")
        return Records(self, check(frame, fields), fields, tag_field)


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


class Records(Rows):
    """Where `insert_records` sends its rows; their count is the only thing that can be read back."""

    what = "ida.insert_records"
    together = True

    def __init__(self, where: Destination, checked: Check, fields: Sequence[Field], tag_field: str | None) -> None:
        self._where, self.check, self._tag_field, self.tagged = where, checked, tag_field, bool(tag_field)
        self.destination, self.where = where.name, where.where
        self.session = where.connection.session
        self._endpoint = where.connection.endpoint(declared.Ida.endpoints["post_records"])
        self._fields = {f.key: f for f in fields}
        self._columns = checked.columns

    def request(self, order: Order) -> tuple[Endpoint, wire.Request]:
        ids = self._where.field_ids
        columns = [(ids[key], values) for key, values in self.check.wire(order.positions).items()]
        if self._tag_field:
            columns.append((ids[self._tag_field], [row_tag(self.tag, n) for n in order.serials]))
        head = f'{{"database_id":{self._where.id},"records":['
        body = f"{head}{_records(columns)}]}}"
        return self._endpoint, wire.Request(self._endpoint.method, self._endpoint.path, body=body.encode())

    def suspects(self, said: Judgement, positions: np.ndarray) -> Sequence[Suspect]:
        """The rows with the value that a refusal names, in fields of the kind that it names."""
        words, _, named = said.message.rpartition(": ")
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

    def count(self) -> int:
        return self._where.count()


def _records(columns: Sequence[tuple[int, list[str | None]]]) -> str:
    """The rows as JSON, joined by commas. IDA takes every value as text, and the check made texts of all of them."""
    with contextlib.suppress(TypeError, IndexError):  # a cell is empty, or all of them
        return _whole_records(columns)
    quote = json.encoder.encode_basestring
    pieces = []
    for field_id, texts in columns:
        head = f'{{"field_id":{field_id},"fvalue":'
        pieces.append(["" if v is None else f"{head}{quote(v)}}}" for v in texts])
    return ",".join([f'{{"values":[{",".join(filter(None, row))}]}}' for row in zip(*pieces, strict=True)])


def _whole_records(columns: Sequence[tuple[int, list[str | None]]]) -> str:
    """The same where no value is missing: what all rows share and the cells are laid side by side and joined once.

    This takes half the time of putting each row together by itself.
    """
    rows, width = len(columns[0][1]), 2 * len(columns)
    parts: list[Any] = [None] * (rows * width)
    for n, (field_id, texts) in enumerate(columns):
        before = '"},' if n else '"}]},{"values":['
        parts[2 * n :: width] = [f'{before}{{"field_id":{field_id},"fvalue":"'] * rows
        parts[2 * n + 1 :: width] = texts
    cells = "".join(parts[1::2]).encode()
    if len(cells.translate(None, ESCAPED)) < len(cells):
        parts[1::2] = [json.encoder.encode_basestring(cell)[1:-1] for cell in parts[1::2]]
    return "".join(parts).removeprefix('"}]},') + '"}]}'


def _alike(value: str | None, named: str) -> bool:
    if value is None:
        return False
    digits = re.sub(r"\D", "", named)
    return value.casefold() == named.casefold() or (len(digits) >= 6 and re.sub(r"\D", "", value) == digits)


@ClearedFrames()
def _name_and_digest(account: Mapping[str, Any]) -> tuple[str, Secret]:
    username, password = account.get("username"), account.get("password")
    if not username or not password:
        raise SettingsError("IDA needs username and password here, and they are not known")
    plain = password.reveal()
    digest = plain if SHA1.fullmatch(plain) else hashlib.sha1(plain.encode(), usedforsecurity=False).hexdigest()
    return username, Secret(digest)


@ClearedFrames()
def _life(token: Secret, clock: Clock) -> float | None:
    """Seconds until the token ends, as the token itself says; None where it does not."""
    try:
        claims = token.reveal().split(".")[1]
        ends = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["exp"]
        return max(0.0, float(ends) - clock.now().timestamp())
    except (IndexError, ValueError, KeyError, TypeError):
        return None
