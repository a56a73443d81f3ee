"""What the sandbox keeps: one SQLite file, its tables made from the declared records."""

import json
import os
import secrets
import sqlite3
import threading
import uuid
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from toolkit import spec
from toolkit.plain import message
from toolkit.spec import KindTable, Record

COLUMNS: KindTable[str] = KindTable(  # no type: kept as it came
    {
        spec.Text: "TEXT",
        spec.Integer: "INTEGER",
        spec.Number: "",
        spec.Bool: "INTEGER",
        spec.Flag: "INTEGER",
        spec.Timestamp: "",
        spec.Date: "TEXT",
        spec.Choice: "",
        spec.List: "TEXT",
        spec.Json: "TEXT",
        spec.Rows: "TEXT",
        spec.Nested: "TEXT",
        spec.File: "BLOB",
        spec.Masked: "TEXT",
    }
)
AS_JSON = (spec.List, spec.Json, spec.Rows, spec.Nested)


class Setting(Record):
    """A fact of the sandbox itself: a key that signs tokens, how long they live."""

    key: spec.Text = spec.Text()
    value: spec.Json = spec.Json()


Tables = Mapping[str, Mapping[type[Record], str]]  # system: its records, each with its key


class Store:
    """Rows of declared records, as dicts. One thread at a time: whoever uses it holds a transaction."""

    def __init__(self, path: Path, tables: Tables) -> None:
        """Open the file, or make it, for this user only. OSError where another sandbox has it, ValueError where it is
        not ours."""
        self._tables: dict[type[Record], tuple[str, str]] = {Setting: ("sandbox.Setting", "key")}
        for system, records in tables.items():
            self._tables |= {record: (f"{system}.{record.__name__}", key) for record, key in records.items()}
        self._as_json = {r: frozenset(f.key for f in r.fields if isinstance(f, AS_JSON)) for r in self._tables}
        self.lock: Any = threading.RLock()
        _make_private(path)
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=1)
        try:
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = OFF")  # the system keeps what a killed process wrote
            self.is_new: bool = self._make()
            for file in (path, path.with_name(f"{path.name}-wal")):
                file.chmod(0o600)  # one that was there may have been open to others
        except sqlite3.OperationalError as problem:
            self._db.close()
            text = "{path}: another sandbox has this file, or it cannot be written ({problem})"
            raise OSError(message(text, path=path, problem=problem)) from None
        except sqlite3.DatabaseError as problem:
            self._db.close()
            text = "{path} is no file of a sandbox ({problem}): name another one"
            raise ValueError(message(text, path=path, problem=problem)) from None
        except BaseException:
            self._db.close()
            raise

    def _make(self) -> bool:
        """Make the tables, unless the file has them already; False where it has."""
        definitions = [self._definition(record) for record in self._tables]
        version = zlib.crc32("".join(definitions).encode()) >> 1 or 1
        (stored,) = self._db.execute("PRAGMA user_version").fetchone()
        if stored == version:
            return False
        if stored:
            text = "this file was made by another version of the sandbox: name another one, or delete it"
            raise ValueError(message(text))
        with self.transaction():
            for definition in definitions:
                self._db.execute(definition)
            self._db.execute(f"PRAGMA user_version = {version}")
        return True

    def _definition(self, record: type[Record]) -> str:
        table, key = self._tables[record]
        columns = []
        for f in record.fields:
            kind = COLUMNS[type(f)]
            unique = " PRIMARY KEY" + " AUTOINCREMENT" * (kind == "INTEGER") if f.key == key else ""
            columns.append(f'"{f.key}" {kind}{unique}')
        return f'CREATE TABLE "{table}" ({", ".join(columns)})'

    @contextmanager
    def transaction(self, *, keep: bool = True) -> Iterator[None]:
        """All of it or nothing; nothing at all without `keep`."""
        with self.lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT" if keep else "ROLLBACK")

    def close(self) -> None:
        with self.lock:
            self._db.close()

    # ── rows ──

    def add(self, record: type[Record], row: Mapping[str, Any]) -> int:
        """Keep a row; the number it got."""
        statement, keys = self._insert(record, row)
        return self._db.execute(statement, self._coded(record, keys, row)).lastrowid or 0

    def add_many(self, record: type[Record], rows: Iterable[Mapping[str, Any]]) -> None:
        """Keep many rows, all with the keys of the first."""
        rows = list(rows)
        if rows:
            statement, keys = self._insert(record, rows[0])
            self._db.executemany(statement, [self._coded(record, keys, row) for row in rows])

    def _insert(self, record: type[Record], row: Mapping[str, Any]) -> tuple[str, list[str]]:
        keys = [f.key for f in record.fields if f.key in row]
        if unknown := set(row) - set(keys):
            names = ", ".join(sorted(unknown))
            raise ValueError(message("{table} has no {names}", table=record.__name__, names=names))
        names, marks = ", ".join(f'"{k}"' for k in keys), ", ".join("?" * len(keys))
        return " ".join(("INSERT INTO", self._name(record), "(", names, ") VALUES (", marks, ")")), keys

    def rows(self, record: type[Record], **equal: Any) -> list[dict[str, Any]]:
        """The rows whose fields equal these, in the order they came."""
        where, values = self._where(record, equal)
        names = ", ".join(f'"{f.key}"' for f in record.fields)
        statement = " ".join(("SELECT", names, "FROM", self._name(record), where, "ORDER BY rowid"))
        keys = [f.key for f in record.fields]
        readers = [(f.key, json.loads if isinstance(f, AS_JSON) else bool) for f in record.fields if _is_read(f)]
        rows = [dict(zip(keys, values, strict=True)) for values in self._db.execute(statement, values)]
        for row in rows:
            row.update({key: read(row[key]) for key, read in readers if row[key] is not None})
        return rows

    def one(self, record: type[Record], **equal: Any) -> dict[str, Any] | None:
        """The first such row."""
        return next(iter(self.rows(record, **equal)), None)

    def change(self, record: type[Record], changes: Mapping[str, Any], **equal: Any) -> int:
        """Change such rows; how many they were."""
        keys = list(changes)
        where, values = self._where(record, equal)
        assignments = ", ".join(f'"{k}" = ?' for k in keys)
        statement = " ".join(("UPDATE", self._name(record), "SET", assignments, where))
        return self._db.execute(statement, [*self._coded(record, keys, changes), *values]).rowcount

    def remove(self, record: type[Record], **equal: Any) -> int:
        """Remove such rows; how many they were."""
        where, values = self._where(record, equal)
        return self._db.execute(" ".join(("DELETE FROM", self._name(record), where)), values).rowcount

    def clear(self) -> None:
        """Remove every row of every table, and count from the start again."""
        for record in self._tables:
            self.remove(record)
        self._db.execute("DELETE FROM sqlite_sequence")

    def table(self, system: str, name: str) -> type[Record]:
        """The record that a table is made of."""
        for record, (table, _) in self._tables.items():
            if table == f"{system}.{name}":
                return record
        known = ", ".join(t for t, _ in self._tables.values())
        text = "there is no table {system}.{name}; there are {known}"
        raise ValueError(message(text, system=system, name=name, known=known))

    def _name(self, record: type[Record]) -> str:
        return f'"{self._tables[record][0]}"'

    def _where(self, record: type[Record], equal: Mapping[str, Any]) -> tuple[str, list[Any]]:
        if unknown := set(equal) - {f.key for f in record.fields}:
            names = ", ".join(sorted(unknown))
            raise ValueError(message("{table} has no {names}", table=record.__name__, names=names))
        return ("WHERE " + " AND ".join(f'"{k}" IS ?' for k in equal)) if equal else "", self._coded(
            record, equal, equal
        )

    def _coded(self, record: type[Record], keys: Iterable[str], row: Mapping[str, Any]) -> list[Any]:
        as_json = self._as_json[record]
        return [_encode(v) if k in as_json and (v := row[k]) is not None else row[k] for k in keys]

    # ── facts of the sandbox ──

    def setting(self, key: str, default: Any = None) -> Any:
        stored = self.one(Setting, key=key)
        return default if stored is None or stored["value"] is None else stored["value"]

    def set(self, key: str, value: Any) -> None:
        self.remove(Setting, key=key)
        self.add(Setting, {"key": key, "value": value})

    def identity(self) -> str:
        """By which what was sent here is remembered apart from every other sandbox: made once, new after a reset."""
        if (identity := self.setting("identity")) is None:
            self.set("identity", identity := f"sandbox-{uuid.uuid4().hex}")
        return str(identity)

    def signing_key(self, system: str) -> bytes:
        """What signs a system's tokens: made once, kept over restarts, forgotten where its tokens are revoked."""
        if (key := self.setting(f"{system}.key")) is None:
            self.set(f"{system}.key", key := secrets.token_hex(32))
        return bytes.fromhex(key)


def _make_private(path: Path) -> None:
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as problem:
        text = "{path} cannot be written: {reason}"
        raise OSError(message(text, path=path, reason=problem.strerror)) from None


def _is_read(field: spec.Field) -> bool:
    return isinstance(field, (*AS_JSON, spec.Bool))


_encode = json.JSONEncoder(ensure_ascii=False).encode
