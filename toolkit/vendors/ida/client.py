"""IDA: what an analyst holds. The declared endpoints, and the workflows made of several calls."""

import base64
import hashlib
import json
import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from toolkit.calls.client import check_arguments
from toolkit.errors import AuthError, NotFound, ToolkitError
from toolkit.http.secrets import ClearedFrames, Secret
from toolkit.plain import message
from toolkit.push import IfSent, OnBadRows, Options, Report, bulk_write
from toolkit.sheets.check import check
from toolkit.sheets.fields import as_fields
from toolkit.sheets.target import takes_fields_of
from toolkit.vendors.base import VendorClient
from toolkit.vendors.ida import api as declared
from toolkit.vendors.ida.edit import edited
from toolkit.vendors.ida.push import Database, forms

SHA1 = re.compile(r"[0-9a-fA-F]{40}")


class Ida(VendorClient, declared.Ida):
    """Contact databases of a mailing platform."""

    _raw_only: declared.RawOnly

    def __repr__(self) -> str:
        who = self.connection.account.get("username", message("the owner of the token"))
        return f"<IDA at {self.connection.host} as {who}>"

    def user(self) -> pd.DataFrame:
        """Read the signed-in user and the customer.

        Returns:
            One row. The token in it is masked.

        Raises:
            SettingsError: only a token is known. The vendor answers this to a user name and a password only.
        """
        return self._raw_only.login(*self._name_and_digest())

    def fields(self, id: int) -> pd.DataFrame:
        table = super().fields(id)
        table.attrs["forms"] = forms(self.connection.assumed)
        return table

    def update_record(
        self, record_id: int, values: Mapping[str, Any], *, database_id: int | None = None
    ) -> pd.DataFrame:
        """Change fields of one record. Safe to repeat.

        Args:
            record_id: of the record.
            values: the fields to change, as {"TELEFONO": "+56 9 1234 5677"}, by the names that the database gives them.
                "" clears a field; None leaves it as it is.
            database_id: of the record's database: its fields are read, and the values checked and written as
                `insert_records` does. Without it, days, and phone numbers with `+` and their country code, are written
                so; everything else is sent as you give it.

        Returns:
            The record as it is now: one row with one column per field, all of them text.

        Raises:
            InputError: a value cannot be sent, or is for no field of the database. Nothing was sent.
            NotFound: no record has this identifier.
            Rejected: the vendor refused a value. Nothing was changed.

        >>> ida.update_record(1234, {"TELEFONO": "+56 9 1234 5677"})[["TELEFONO"]]
              TELEFONO
        0  56912345677

        Manual: IDA API Database 2.5, Editar registro en base de datos; PUT /api/v2/database/saveData (assumed).
        """
        endpoint, assumed = self.endpoints["update_record"], self.connection.assumed
        ready = check_arguments(self.connection.endpoint(endpoint), {"record_id": record_id, "values": values})
        fields = None if database_id is None else as_fields(self.fields(database_id))
        ready["values"] = edited(values, ready["values"], assumed, fields)
        return self.connection.client(endpoint, ready, checked=True)  # type: ignore[no-any-return]

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
        checked.raise_if_bad()
        asked = checked.wire()["recordId"]
        answers = [
            *self.connection.client.stream(self.endpoints["record"], [{"id": i} for i in asked], label="records")
        ]
        rows, errors = zip(*map(_values_or_error, answers), strict=True) if answers else ((), ())
        names = list(dict.fromkeys(name for row in rows for name in row))
        table = pd.DataFrame(list(rows), index=range(len(rows)), columns=names, dtype="str")
        table = table.rename(columns=_stepping_aside(names))
        table.insert(0, "recordId", pd.Series(asked, dtype="Int64"))
        return table.assign(error=pd.array(errors, dtype="str"))

    @takes_fields_of("api.ida.fields(database_id)")
    def insert_records(
        self,
        database_id: int,
        rows: Any,
        *,
        tag_field: str | None = None,
        if_sent: IfSent = "raise",
        on_bad_rows: OnBadRows = "skip",
        options: Options | Mapping[str, Any] | None = None,
    ) -> Report:
        """Add records to a contact database, one for each row, and say what became of each.

        Every cell is checked first, by the database's own fields. The rows travel in chunks. Safe to run again: rows
        that are in are not sent twice, and a push that was interrupted goes on. What cannot be known is `unknown`, and
        is never sent again on its own.

        Args:
            database_id: the database to add to.
            rows: a DataFrame, a list of dicts, a table of polars, pyarrow or DuckDB, a Check, or an iterator of these
                (`read_csv(chunksize=…)`), which is read frame by frame. Columns are names or labels of the database's
                fields; any other column is an error.
            tag_field: a text field to write a mark into, so that each stored row can be traced to this push; the report
                shows it as `tag`.
            if_sent: what to do with rows that were sent to this database before. "raise": nothing is sent, unless these
                are exactly the rows of an earlier push: then it goes on, or its report comes back. "skip": only the
                others are sent. "resend": all are sent once more; a further time needs the option `resend_as`.
            on_bad_rows: "skip" leaves out rows with a bad cell, or with none at all, and the report says why; "raise"
                sends nothing where there are any, and needs all rows at once.
            options: such as `{"settle_wait": 65}`; `toolkit.Options` lists them.

        Returns:
            A report with one row for each row of the input, same index. The vendor gives no ids back: a row is
            `verified` when the database's counter proves it, as far as nobody else wrote there at that time. Of an
            iterator, it keeps the cells of the rows that are not in, and only the index of the others.

        Raises:
            InputError: a column is no field of the database; `RowErrors` for bad rows with `on_bad_rows="raise"`.
                Nothing was sent; of an iterator, nothing of this frame.
            PushRefused: some of these rows were sent before, and `if_sent` is "raise"; or a push that sent rows once
                more stopped half-way, and these are others. Nothing was sent.
            NotFound: no database has this identifier.

        >>> ida.insert_records(11111, [{"EMAIL": "ana@example.cl"}, {"EMAIL": "luis@example.cl"}]).summary
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
        policy = self.connection.policy(if_sent, on_bad_rows, options)
        return bulk_write(rows, Database(self.connection, database_id, tag_field), policy)

    def _new_token(self) -> tuple[Secret, float | None]:
        """A token and the seconds it lives, where it says so.

        Raises:
            AuthError: user or password are wrong.
        """
        try:
            user = self._raw_only.login(*self._name_and_digest())
        except NotFound as refused:
            raise AuthError(message("user or password are wrong"), service="login", status=refused.status) from None
        token = next(iter(user["api_code"]), None)
        if not isinstance(token, Secret):
            raise AuthError(
                message("the login gave no token: is the API switched on in the user's profile?"), service="login"
            )
        return token, self._life_of(token)

    @ClearedFrames()
    def _life_of(self, token: Secret) -> float | None:
        """Seconds until the token ends, as the token itself says; None where it does not."""
        try:
            claims = token.reveal().split(".")[1]
            ends = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["exp"]
            return max(0.0, float(ends) - self.connection.session.clock.now().timestamp())
        except (IndexError, ValueError, KeyError, TypeError):
            return None

    @ClearedFrames()
    def _name_and_digest(self) -> tuple[str, Secret]:
        username, password = self._credentials("username", "password")
        plain = password.reveal()
        digest = plain if SHA1.fullmatch(plain) else hashlib.sha1(plain.encode(), usedforsecurity=False).hexdigest()
        return username, Secret(digest)


def _values_or_error(answers: Any) -> tuple[dict[Hashable, Any], str | None]:
    if isinstance(answers, ToolkitError):
        return {}, str(answers)
    return (answers.iloc[0].to_dict(), None) if len(answers) else ({}, message("the answer holds no record"))


def _stepping_aside(names: Sequence[Hashable]) -> dict[Hashable, str]:
    """New names for the fields that are called as our own columns are."""
    new: dict[Hashable, str] = {}
    for name in {"recordId", "error"}.intersection(names):
        new[name] = f"{name} (record)"
        while new[name] in names:
            new[name] += " (record)"
    return new
