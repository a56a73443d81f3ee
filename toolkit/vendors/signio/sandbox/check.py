"""What SIGNIO's tables say of the values of a request: what they are, and the names of those that do not fit."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from toolkit import spec
from toolkit.spec import Field, KindTable, Record

EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
PHONE = re.compile(r"\d{7,15}", re.ASCII)
OLE, ZIP = b"\xd0\xcf\x11\xe0", b"PK"
BEGINS = {"pdf": b"%PDF-", "png": b"\x89PNG", "jpg": b"\xff\xd8\xff", "docx": ZIP, "xlsx": ZIP, "doc": OLE, "xls": OLE}
TRUTH = {"0": False, "1": True, "false": False, "true": True}


def read(fields: Iterable[Field], sent: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The values by the vendor's names, and the names that are unknown, missing or hold what they must not."""
    declared = {f.key: f for f in fields}
    names = {f.name: f.key for f in declared.values()}
    values: dict[str, Any] = {}
    wrong = [key for key in sent if key not in declared]
    for key, field in declared.items():
        if sent.get(key) in (None, ""):
            continue
        try:
            values[key] = READERS[type(field)](field, sent[key])
        except (ValueError, TypeError, KeyError, OverflowError):
            wrong.append(key)
    for key, field in declared.items():
        when = field.required_when
        needed = field.required or (when and str(values.get(names[when[0]])) == when[1])
        if needed and key not in values and key not in wrong:
            wrong.append(key)
    return values, wrong


def _require(fits: object) -> None:
    if not fits:
        raise ValueError


def _text(field: Any, value: Any) -> str:
    _require(isinstance(value, str) and len(value) <= (field.max_length or len(value)))
    return str(value)


def _like(pattern: re.Pattern[str]) -> Callable[[Any, Any], str]:
    def reader(field: Any, value: Any) -> str:
        _require(pattern.fullmatch(_text(field, value)))
        return str(value)

    return reader


def _whole(field: Any, value: Any) -> int:
    _require(isinstance(value, int | str) and not isinstance(value, bool))
    _require(field.minimum is None or int(value) >= field.minimum)
    return int(value)


def _truth(field: Any, value: Any) -> bool:
    return TRUTH[str(value).lower()]


def _one_of(field: Any, value: Any) -> Any:
    return {str(code): code for code in field.choices}[str(value)]


def _several(field: Any, value: Any) -> Any:
    if field.separator:
        items = _text(spec.Text(), value).split(field.separator)
        _require(not field.emails or all(EMAIL.fullmatch(item.strip()) for item in items))
        return value
    _require(isinstance(value, list))
    return [_one_of(field, item) for item in value]


def _json(field: Any, value: Any) -> Any:
    made = json.loads(value) if isinstance(value, str) else value
    _require(isinstance(made, dict))
    return made


def _record(record: type[Record], value: Any) -> dict[str, Any]:
    _require(isinstance(value, dict))
    values, wrong = read(record.fields, value)
    _require(not wrong)
    return values


def _rows(field: Any, value: Any) -> list[dict[str, Any]]:
    _require(isinstance(value, list))
    return [_record(field.record, item) for item in value]


def _day(field: Any, value: Any) -> str:
    datetime.strptime(value, field.format).replace(tzinfo=UTC)
    return str(value)


def _time(field: Any, value: Any) -> float:
    return datetime.fromisoformat(value).replace(tzinfo=UTC).timestamp()


def _file(field: Any, value: Any) -> tuple[str, bytes]:
    """A file of an allowed type, by its name and by how it begins."""
    name, content = value
    kind = name.lower().rpartition(".")[2]
    _require(kind in field.extensions and content.startswith(BEGINS[kind]))
    return name, content


READERS: KindTable[Callable[[Any, Any], Any]] = KindTable(
    {
        spec.Text: _text,
        spec.Masked: lambda field, value: _text(spec.Text(), value),
        spec.Email: _like(EMAIL),
        spec.Phone: _like(PHONE),
        spec.Integer: _whole,
        spec.Bool: _truth,
        spec.Flag: _truth,
        spec.Choice: _one_of,
        spec.List: _several,
        spec.Json: _json,
        spec.Nested: lambda field, value: _record(field.record, value),
        spec.Rows: _rows,
        spec.Date: _day,
        spec.Timestamp: _time,
        spec.File: _file,
    },
    without=(spec.Number,),  # no service takes one
)
