"""What IDA accepts in the fields of a record, and the words in which it refuses the rest."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from toolkit.sandbox.vendor import Call, Refused
from toolkit.vendors.ida.assumptions import DAYS

AS_WRITTEN = "as written"
MISTAKES = {  # what a 406 says; the first is documented, the others follow it
    "phone": "Formato de teléfono erróneo",
    "email": "Formato de email erróneo",
    "date": "Formato de fecha erróneo",
    "number": "Formato de número erróneo",
    "list": "Valor no permitido",
}
FORMATS = {
    "email": re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+"),
    "number": re.compile(r"-?\d+([.,]\d+)?", re.ASCII),
}
PHONES = {  # by the form that the vendor was switched to
    AS_WRITTEN: re.compile(r"\+?\d{9,15}", re.ASCII),
    "digits": re.compile(r"\d{10,15}", re.ASCII),
    "+digits": re.compile(r"\+\d{10,15}", re.ASCII),
    "national": re.compile(r"\d{9}", re.ASCII),
}
DAY_FORMS = tuple(form for form in DAYS if form != AS_WRITTEN)
OPEN_TYPES = (1, 3, 4, 5)  # of which the document says nothing: `type_1` and so on say it

Reader = Callable[[Any], Any]


def kind_of(call: Call, number: int) -> str:
    """What a field of a type holds."""
    documented = {0: "text", 2: "email"}
    reading = f"type_{number}" if number in OPEN_TYPES else "other_types"
    return documented.get(number) or str(call.reading(reading))


def number_of(call: Call, kind: str, number: int) -> int:
    """The type under which a field of a kind is shown; its own `number`, where none means that."""
    if kind_of(call, number) == kind:
        return number
    return next((each for each in OPEN_TYPES if kind_of(call, each) == kind), number)


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


def reader(call: Call, field: Mapping[str, Any]) -> Reader:
    """What checks a value of this field and makes it what is kept: text, and a number for a phone."""
    kind, fits = field["kind"], _fits(call, field)

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
        if not fits(value):
            raise Refused(406, f"{MISTAKES[kind]}: {value}")
        return int(value) if kind == "phone" else value

    return read


def _fits(call: Call, field: Mapping[str, Any]) -> Callable[[str], object]:
    """Whether a text is one that the field takes."""
    form = call.switched.get(f"{field['kind']}_form", AS_WRITTEN)
    match field["kind"]:
        case "list":
            return set(field["options"] or ()).__contains__
        case "date":
            forms = DAY_FORMS if form == AS_WRITTEN else (form,)
            return lambda value: day_of(value, forms)
        case "phone":
            return PHONES[form].fullmatch
        case "email" | "number":
            return FORMATS[field["kind"]].fullmatch
    return lambda value: True


def answered(call: Call, kind: str, value: Any) -> Any:
    """A kept value in the form that the vendor was switched to."""
    form = call.switched.get(f"{kind}_form", AS_WRITTEN) if kind in ("phone", "date") else AS_WRITTEN
    if form == AS_WRITTEN or value == "":
        return value
    if kind == "date":
        day = day_of(str(value), DAY_FORMS)
        return value if day is None else day.strftime(form)
    return {"+digits": f"+{value}", "digits": value, "national": str(value)[-9:]}[form]


def whole(value: Any) -> int:
    """A number, or the digits of one."""
    if type(value) is int:
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        return int(value)
    raise Refused(400)


@lru_cache(4096)  # days recur
def day_of(text: str, forms: tuple[str, ...]) -> date | None:
    """The day that a text writes in one of these forms, digit for digit."""
    for form in forms:
        try:
            day = datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
        if day.strftime(form) == text:
            return day
    return None
