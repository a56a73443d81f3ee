"""Endpoints and values to requests. No sockets, no pandas."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from toolkit.errors import (
    InputError,
)
from toolkit.plain import message
from toolkit.spec import (
    Endpoint,
    File,
    Nested,
    Rows,
)

JSON = "application/json"


@dataclass(frozen=True)
class Request:
    """What is to be sent, below the base address. Its values are not shown: they may be secret, or somebody's."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    form: Mapping[str, str] = field(default_factory=dict, repr=False)
    files: Mapping[str, tuple[str, bytes]] = field(default_factory=dict, repr=False)
    rows: int | None = None  # how many it carries, where that is to be compared with what the vendor says it took


def request(endpoint: Endpoint, values: Mapping[str, Any]) -> Request:
    """The request of a call whose values are in the vendor's form already (see `sheets.check`)."""
    segments: dict[str, str] = {}
    sent: dict[str, Any] = {}
    files: dict[str, tuple[str, bytes]] = {}
    count: int | None = None
    in_body = endpoint.method not in ("GET", "DELETE")
    for name, value in values.items():
        field = endpoint.by_name.get(name)
        if value is None or (field and not field.sent):
            continue
        if name in endpoint.in_path:
            segments[name] = _segment(name, value)
        elif isinstance(field, File):
            files[field.key] = value
        elif isinstance(field, Nested) and field.flat:
            _join(sent, value, endpoint)
        else:
            sent[(in_body and field.in_body) or field.key if field else name] = value
            count = len(value) if isinstance(field, Rows) else count
    path = _path(endpoint, segments) if endpoint.in_path else endpoint.path
    if in_body and not files:
        return Request(endpoint.method, path, body=encode(sent) if sent else None, rows=count)
    for key, value in sent.items():
        sent[key] = _text(value)
    return Request(endpoint.method, path, form=sent, files=files) if files else Request(endpoint.method, path, sent)


def _path(endpoint: Endpoint, segments: Mapping[str, str]) -> str:
    if missing := endpoint.in_path - segments.keys():
        raise InputError(
            message(
                "{name}: {names}: is required. Nothing was sent", name=endpoint.name, names=", ".join(sorted(missing))
            )
        )
    return endpoint.path.format_map(segments)


def _join(sent: dict[str, Any], more: Mapping[str, Any], endpoint: Endpoint) -> None:
    """Add the fields that stand beside the arguments. An argument whose name one of them has takes its other name."""
    spellings = {f.key: f.in_body for f in endpoint.arguments if f.in_body}
    spellings |= {f.in_body: f.key for f in endpoint.arguments if f.in_body}
    for taken in sent.keys() & more.keys():
        other = spellings.get(taken)
        if not other or other in more:
            text = "{name}: {names} names what is sent with it, and no field"
            raise InputError(message(text, name=endpoint.name, names=taken))
        sent[other] = sent.pop(taken)
    sent |= {key: value for key, value in more.items() if value is not None}


def encode(value: Any) -> bytes:
    """JSON as the vendors read it. NaN is an error here, before anything is sent."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_revealed).encode()


def _segment(name: str, value: Any) -> str:
    text = str(value)
    if text in (".", ".."):
        raise InputError(
            message("{name}: {what!r} would lead to another address. Nothing was sent", name=name, what=text)
        )
    return quote(text, safe="")


def _text(value: Any) -> str:
    value = value.reveal() if hasattr(value, "reveal") else value
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, allow_nan=False, default=_revealed)


def _revealed(value: Any) -> Any:
    """A secret shows itself here, where it leaves: no variable of the rooms above holds it in clear."""
    if not hasattr(value, "reveal"):
        raise InputError(message("{kind} has no form in JSON. Nothing was sent", kind=type(value).__name__))
    return value.reveal()
