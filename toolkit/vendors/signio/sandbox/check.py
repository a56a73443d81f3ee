"""What SIGNIO's tables say of the values of a request: what they are, and the names of those that do not fit."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from toolkit import spec
from toolkit.spec import Field, KindTable, Record
from toolkit.vendors.signio.api.signers import NewSigner
from toolkit.vendors.signio.sandbox.forms import ROLES, Forms

EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
METATAGS = {
    "SigName": "nombre",
    "SigIDType": "tipo_identificacion",
    "SigID": "identificacion",
    "SigEmail": "email",
    "SigPhone": "celular",
    "SigOrder": "orden",
    "SigCmpy": "razonsocial",
    "SigCmpyID": "company_identification",
    "SigCmpyIDType": "company_identification_type",
}
TRUTH = {"0": False, "1": True, "false": False, "true": True}


def read(
    fields: Iterable[Field], sent: Mapping[str, Any], forms: Forms, *, strict: bool = False
) -> tuple[dict[str, Any], list[str]]:
    """The values by the vendor's names, and the names that are missing or hold what they must not.

    Members that no table names are let pass, or named where it is `strict`.
    """
    declared = {f.name if f.name == ROLES[1] else f.key: f for f in fields}
    names = {f.name: key for key, f in declared.items()}
    values: dict[str, Any] = {}
    spelled = {key: next((s for s in forms.spellings(f) if s in sent), key) for key, f in declared.items()}
    known = {name for f in declared.values() for name in forms.spellings(f)}
    wrong = [name for name in sent if name not in known] if strict else []
    for key, field in declared.items():
        wrong += [name for name in forms.refused(field) if name in sent and not strict]
        if sent.get(spelled[key]) in (None, ""):
            continue
        try:
            values[key] = _value(field, sent[spelled[key]], forms)
        except (ValueError, TypeError, KeyError, OverflowError):
            wrong.append(key)
    for key, field in declared.items():
        if isinstance(field, spec.Identity) and field.by and key in values:
            wrong += [] if forms.number(values.get(names.get(field.by, "")), values[key]) else [key]
    for key, field in declared.items():
        when = field.required_when
        needed = field.required or (when and str(values.get(names[when[0]])) == when[1])
        if needed and key not in values and key not in wrong:
            wrong.append(key)
    return values, wrong


def people_of(metatags: Mapping[str, Any], forms: Forms) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Who is described by metatags, by role, as 6.7 names and checks it; and the tags that do not fit."""
    described = {f.key: f for f in NewSigner.fields}
    people: dict[str, dict[str, Any]] = {}
    wrong: list[str] = []
    for role, tags in metatags.items():
        if not isinstance(tags, Mapping):
            wrong.append(f"metatags.{role}")
            continue
        spelled = {name: tag for tag, name in METATAGS.items()}
        sent = {name: tags[tag] for name, tag in spelled.items() if tag in tags}
        people[role], bad = read([described[name] for name in sent], sent, forms)
        wrong += [f"metatags.{role}.{spelled[name]}" for name in bad if sent[name] not in (None, "")]
    return people, wrong


def _require(fits: object) -> None:
    if not fits:
        raise ValueError


def _value(field: Field, value: Any, forms: Forms) -> Any:
    _require(forms.fits(field, value))
    if isinstance(field, spec.Date):
        return forms.day(value)
    if isinstance(field, spec.Timestamp):
        return forms.moment(value)
    return READERS[type(field)](field, value)


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
    codes = {str(code): code for code in field.choices}
    if field.key == "estado":
        codes |= {word.casefold(): code for code, word in field.choices.items()}
    return codes[str(value) if str(value) in codes else str(value).casefold()]


def _several(field: Any, value: Any) -> Any:
    if field.separator:
        _require(isinstance(value, str | list))
        joined = value if isinstance(value, str) else field.separator.join(value)
        items = [item.strip() for item in joined.split(field.separator)]
        _require(not field.emails or all(EMAIL.fullmatch(item) for item in items if item))
        return joined
    _require(isinstance(value, list))
    return [_one_of(field, item) for item in value]


def _json(field: Any, value: Any) -> Any:
    parsed = json.loads(value) if isinstance(value, str) else value
    _require(isinstance(parsed, dict))
    return parsed


def _record(record: type[Record], value: Any) -> dict[str, Any]:
    _require(isinstance(value, dict))
    values, wrong = read(record.fields, value, Forms({}))
    _require(not wrong)
    return values


def _rows(field: Any, value: Any) -> list[dict[str, Any]]:
    _require(isinstance(value, list))
    return [_record(field.record, item) for item in value]


def _file(field: Any, value: Any) -> tuple[str, bytes]:
    """A file of an allowed type, by its name: the manual speaks of extensions only."""
    name, content = value
    _require("." in name and name.lower().rpartition(".")[2] in field.extensions)
    return name, content


READERS: KindTable[Callable[[Any, Any], Any]] = KindTable(
    {
        spec.Text: _text,
        spec.Masked: lambda field, value: _text(spec.Text(), value),
        spec.Email: _like(EMAIL),
        spec.Integer: _whole,
        spec.Bool: _truth,
        spec.Flag: _truth,
        spec.Choice: _one_of,
        spec.List: _several,
        spec.Json: _json,
        spec.Nested: lambda field, value: _record(field.record, value),
        spec.Rows: _rows,
        spec.File: _file,
    },
    without=(spec.Number, spec.Date, spec.Timestamp),  # no service takes a number; the others come in several forms
)
