"""What IDA accepts in the fields of a record, and the words in which it refuses the rest."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from toolkit.sandbox.vendor import Refused
from toolkit.vendors.ida.api import FIELD_TYPES

TEXT, PHONE, EMAIL, DATE, NUMBER, LIST = FIELD_TYPES
MISTAKES = {  # what a 406 says; the first is documented, the others follow it
    PHONE: "Formato de teléfono erróneo",
    EMAIL: "Formato de email erróneo",
    DATE: "Formato de fecha erróneo",
    NUMBER: "Formato de número erróneo",
    LIST: "Valor no permitido",
}
FORMATS = {
    PHONE: re.compile(r"\+?\d{9,15}", re.ASCII),
    EMAIL: re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+"),
    DATE: re.compile(r"\d{2}/\d{2}/\d{4}|\d{4}-\d{2}-\d{2}", re.ASCII),
    NUMBER: re.compile(r"-?\d+([.,]\d+)?", re.ASCII),
}

Reader = Callable[[Any], Any]


def contact(
    record: Mapping[str, Any], readers: Mapping[int, tuple[str, Reader]], fillers: Iterable[tuple[str, Reader]]
) -> dict[str, Any]:
    """The values of one record, by the names of the fields."""
    values = record.get("values")
    if not isinstance(values, list):
        raise Refused(400)
    data: dict[str, Any] = {}
    for value in values:
        if not isinstance(value, dict) or "field_id" not in value or "fvalue" not in value:
            raise Refused(400)
        field = whole(value["field_id"])
        if field not in readers:
            raise Refused(406, f"Campo no encontrado: {field}")  # assumed
        name, read = readers[field]
        if name in data:
            raise Refused(406, f"Campo repetido: {name}")  # assumed
        data[name] = read(value["fvalue"])
    for name, read in fillers:
        if name not in data:
            data[name] = read(None)
    return data


def reader(field: Mapping[str, Any]) -> Reader:
    """What checks a value of this field and makes it what is kept: text, and a number for a phone."""
    kind, options = field["type"], set(field["options"] or ())

    def read(value: Any) -> Any:
        if value is None or value == "":
            if field["required"] and not field["defaultValue"]:
                raise Refused(406, f"Campo requerido: {field['name']}")  # assumed
            value = field["defaultValue"] or ""
            if value == "":
                return value
        if type(value) in (int, float):
            value = json.dumps(value)
        if not isinstance(value, str):
            raise Refused(400)
        if kind not in FORMATS and kind != LIST:
            return value
        good = value in options if kind == LIST else _is_day(value) if kind == DATE else FORMATS[kind].fullmatch(value)
        if not good:
            raise Refused(406, f"{MISTAKES[kind]}: {value}")
        return int(value) if kind == PHONE else value

    return read


def whole(value: Any) -> int:
    """A number, or the digits of one."""
    if type(value) is int:
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        return int(value)
    raise Refused(400)


@lru_cache(4096)  # days recur
def _is_day(text: str) -> bool:
    if not FORMATS[DATE].fullmatch(text):
        return False
    try:
        date.fromisoformat("-".join(reversed(text.split("/"))))
    except ValueError:
        return False
    return True
