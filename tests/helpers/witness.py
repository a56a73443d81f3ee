"""The witness: the cases of each vendor's `manual.yaml`, and what it takes to hold client and sandbox against them.

Nothing here is made from the declarations, which are what is to be judged.
"""

import copy
import email
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pandas as pd
import pytest
import requests
import urllib3
import yaml
from requests.adapters import HTTPAdapter

from toolkit.http.secrets import Secret

BASE = "https://vendor.example/base"
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
Case = dict[str, Any]
EVERY_REQUEST = {"accept", "accept-encoding", "connection", "content-length", "content-type", "user-agent"}  # has these


@dataclass(frozen=True)
class Reading:
    """What somebody types for a case, and where in its answer stands what comes back."""

    call: Callable[[Any], Any]  # of the system's declared service
    at: str = ""  # a dotted path
    raises: type[Exception] | None = None
    omits: frozenset[str] = frozenset()  # keys of the rows that another endpoint reads, or that say nothing
    instead: Mapping[str, Any] = field(default_factory=dict)  # what the case invents and the client's own check refuses
    rows: Sequence[Mapping[str, Any]] | None = None  # what comes back, where it has another form than the answer


@dataclass(frozen=True)
class Witness:
    """One vendor's cases as they are read, and what a general test has to know of its document."""

    readings: Mapping[str, tuple[Reading, ...]]  # of every case, in the document's order
    prepare: Callable[[Any, Case], None] = lambda control, case: None  # puts into the sandbox what a case presupposes
    subject: str = "demo"  # whose token the sandbox gives
    undocumented: frozenset[str] = frozenset()  # endpoints that no case is about
    beyond: Mapping[str, set[str]] = field(default_factory=dict)  # endpoint: names that no case shows
    unnamed: frozenset[str] = frozenset()  # endpoints whose rows are values without a name
    passed_on: tuple[Any, ...] = ()  # fields that the client passes on as they come
    codes: frozenset[str] = frozenset()  # keys whose values the document prescribes
    texts: frozenset[str] = frozenset({"message"})  # keys of sentences
    exact_texts: Callable[[Any], bool] = lambda body: False  # whether the document prescribes those of an answer
    listed_codes: frozenset[Any] = frozenset()  # codes in the document's list that none of its answers shows
    added: frozenset[str] = frozenset()  # columns that the client adds
    fillings: Mapping[str, Any] = field(default_factory=dict)  # beginning of a key: a value of its kind


def cases(path: Path) -> dict[str, Case]:
    """The cases of one vendor by name, in the manual's order."""
    listed = yaml.safe_load(path.read_text(encoding="utf-8"))
    named = {case["service"]: case for case in listed}
    assert len(named) == len(listed)
    return named


# ── the client ───────────────────────────────────────────────────────────────


def asked(case: Case) -> dict[str, Any]:
    """The case's request in a form in which requests can be compared."""
    request = copy.deepcopy(case["request"])
    return {
        "method": request["method"],
        "path": request["path"],
        "query": {k: str(v) for k, v in request.get("query", {}).items()},
        "json": request.get("json"),
        "form": request.get("form", {}),
        "files": request.get("files", {}),
        "headers": headers_of(request),
    }


def headers_of(request: Mapping[str, Any]) -> dict[str, str]:
    """The credential's headers of a case: `auth` is short for Authorization."""
    return {"Authorization": request["auth"]} if "auth" in request else dict(request.get("headers", {}))


def seen(request: requests.PreparedRequest) -> dict[str, Any]:
    """What a request that leaves the client says, in the same form; read from its bytes."""
    assert request.url
    parts = urlsplit(request.url)
    kind = request.headers.get("Content-Type", "")
    body = request.body or b""
    assert isinstance(body, bytes)
    form, files = _parts(kind, body) if kind.startswith("multipart/") else ({}, {})
    assert kind.startswith("multipart/") or kind == ("application/json" if body else "")
    return {
        "method": request.method,
        "path": parts.path.removeprefix(urlsplit(BASE).path),
        "query": dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))),
        "json": json.loads(body) if kind == "application/json" else None,
        "form": form,
        "files": files,
        "headers": {k: v for k, v in request.headers.items() if k.lower() not in EVERY_REQUEST},
    }


def _parts(kind: str, body: bytes) -> tuple[dict[str, str], dict[str, str]]:
    """The texts and the names of the files of a multipart body."""
    message = email.message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
    form, files = {}, {}
    for part in message.walk():
        name = part.get_param("name", header="content-disposition")
        if part.get_filename():
            files[str(name)] = str(part.get_filename())
        elif name:
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            form[str(name)] = content.decode()
    return form, files


def written(answer: Mapping[str, Any]) -> bytes:
    """An answer as its bytes. `again` are members that stand in it a second time."""
    if "json" not in answer:
        return b""
    whole, more = json.dumps(answer["json"]), json.dumps(answer.get("again", {}))[1:-1]
    return f"{whole[:-1]}, {more}}}".encode() if more else whole.encode()


class Answerer:
    """Answers what is sent to the vendor's host, and notes it. `answers`: by path, else the one answer for all."""

    def __init__(self, answer: Mapping[str, Any], others: Mapping[str, Any] | None = None) -> None:
        self.requests: list[dict[str, Any]] = []
        self._answer, self._others = answer, others or {}

    def send(self, _: HTTPAdapter, request: requests.PreparedRequest, **__: Any) -> requests.Response:
        self.requests.append(seen(request))
        given = self._others.get(self.requests[-1]["path"], self._answer)
        body = written(given)
        made = requests.Response()
        made.status_code = given["status"]
        made.raw = urllib3.HTTPResponse(io.BytesIO(body), status=made.status_code, preload_content=False)
        return made


@contextmanager
def answering(answer: Mapping[str, Any], others: Mapping[str, Any] | None = None) -> Iterator[Answerer]:
    answerer = Answerer(answer, others)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HTTPAdapter, "send", lambda *a, **k: answerer.send(*a, **k))
        yield answerer


def everything(declared: Any) -> Any:
    """A declared service with all its endpoints, those that only `.raw` offers too, called as the others are."""
    return type(declared.__name__, (declared, declared.raw_only), {}) if declared.raw_only else declared


def token_of(case: Case) -> str:
    return next(iter(headers_of(case["request"]).values()), "none").rpartition(" ")[2]


def hold_client(
    case: Case, reading: Reading, service: Any, vendor: Witness, answer: Mapping[str, Any] | None = None
) -> None:
    """The client sends the case's request, and no other, and reads its answer whole. AssertionError where not."""
    answer = answer or case["response"]
    with answering(answer) as answerer:
        found = _outcome(lambda: reading.call(service))
    sent = answerer.requests[0] if answerer.requests else None
    assert len(answerer.requests) <= 1
    expected = asked(case)
    expected["json"] = {**expected["json"], **reading.instead} if reading.instead else expected["json"]
    if sent and not expected["headers"] and all(token_of(case) in value for value in sent["headers"].values()):
        sent["headers"] = {}  # the case is about a missing token, which the client never forgets
    assert exact(sent) == exact(expected)
    if reading.raises or isinstance(found, Exception):
        assert type(found) is reading.raises, repr(found)
        body = answer.get("json", {})
        assert all(body[key] in str(found) for key in vendor.texts & body.keys())
        return
    value = answer.get("json")
    for step in filter(None, reading.at.split(".")):
        value = value[step]
    if reading.rows is not None:
        value = reading.rows
    if isinstance(found, pd.DataFrame):
        assert_rows(found, value if isinstance(value, list | tuple) else [value], reading.omits, vendor.added)
    else:
        assert found is None if not reading.at else same(found, value)


def exact(value: Any) -> Any:
    """The value in a form in which true is not 1."""
    if isinstance(value, dict):
        return {key: exact(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [exact(inner) for inner in value]
    return (type(value).__name__, value) if isinstance(value, bool | int | float) else value


def _outcome(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except Exception as raised:  # noqa: BLE001 - whatever it is, it is compared
        return raised


def filled(value: Any, fillings: Mapping[str, Any], name: str = "") -> Any:
    """An answer with something in the places that the document's example leaves empty."""
    if isinstance(value, dict):
        return {k: filled(v, fillings, k) for k, v in value.items()}
    if isinstance(value, list):
        return [filled(v, fillings) for v in value]
    filling = next((v for beginning, v in fillings.items() if name.startswith(beginning)), "7")
    return filling if value in (None, "") else value


def assert_rows(frame: pd.DataFrame, rows: list[Any], omits: frozenset[str], added: frozenset[str]) -> None:
    """Every value of the rows stands in the frame, under the vendor's own name."""
    assert len(frame) == len(rows)
    for row, (_, cells) in zip(rows, frame.iterrows(), strict=True):
        flat = dict(_flat(row if isinstance(row, dict) else {frame.columns[0]: row}))
        assert set(flat) - omits <= set(frame.columns)
        assert [(k, v, cells[k]) for k, v in flat.items() if k not in omits and not same(cells[k], v)] == []
        more = cells.drop(list(flat.keys() - omits))
        assert more.isna().all() or set(more.dropna().index) <= added


def _flat(row: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in row.items():
        if isinstance(value, dict):
            yield from ((f"{key}.{inner}", v) for inner, v in _flat(value))
        else:
            yield key, value


def same(cell: Any, value: Any) -> bool:
    """Whether a cell says what the answer said, in the type that people work with."""
    if isinstance(cell, Secret):
        cell = cell.reveal()
    if isinstance(cell, list):
        return cell == (value if isinstance(value, list) else value.split(","))
    if value is None or (value == "" and pd.isna(cell)):
        return bool(pd.isna(cell))
    if isinstance(cell, pd.Timestamp):
        return bool(cell == pd.to_datetime(value, unit="ms" if isinstance(value, int) else None, utc=True))
    return str(cell) == str(value) if isinstance(cell, str) or isinstance(value, str) else bool(cell == value)


# ── the sandbox ──────────────────────────────────────────────────────────────


def ask_sandbox(case: Case, address: str, token: str, secret: str) -> requests.Response:
    """The sandbox's answer to the case's request: with a real token and secret in the places of the masks."""
    request = case["request"]
    masks = {"<token>": token, "<secret>": secret}
    headers = {name: value.replace("<token>", token) for name, value in headers_of(request).items()}
    body = {k: masks.get(v, v) if isinstance(v, str) else v for k, v in request.get("json", {}).items()}
    return requests.request(
        request["method"],
        address + request["path"],
        params=request.get("query"),
        json=body if "json" in request else None,
        data=request.get("form"),
        files={name: (file, PDF) for name, file in request.get("files", {}).items()} or None,
        headers=headers,
        timeout=10,
        allow_redirects=False,
    )


def assert_shape(expected: Any, found: Any, same_values: frozenset[str] = frozenset(), where: str = "$") -> None:
    """The same keys and types all the way down; under some keys the same values."""
    if expected is None:
        return
    assert type(found) is type(expected), f"{where}: {found!r} instead of {expected!r}"
    if isinstance(expected, dict):
        assert found.keys() == expected.keys(), f"{where}: {sorted(found)} instead of {sorted(expected)}"
        for key, value in expected.items():
            if key in same_values:
                assert found[key] == value, f"{where}.{key}"
            assert_shape(value, found[key], same_values, f"{where}.{key}")
    if isinstance(expected, list) and expected:
        assert found, f"{where} is empty"
        for item in found:
            assert any(_has_shape(e, item, same_values) for e in expected), (
                f"{where}: {item!r} is like none of {expected!r}"
            )
        for item in expected:
            assert any(_has_shape(item, f, same_values) for f in found), f"{where}: none of {found!r} is like {item!r}"


def _has_shape(expected: Any, found: Any, same_values: frozenset[str]) -> bool:
    try:
        assert_shape(expected, found, same_values)
    except AssertionError:
        return False
    return True


# ── names ────────────────────────────────────────────────────────────────────


def names(value: Any) -> set[str]:
    """Every key in a value, all the way down."""
    if isinstance(value, dict):
        return {*value, *(name for v in value.values() for name in names(v))}
    return {name for v in value for name in names(v)} if isinstance(value, list) else set()


def is_of(case: Case, method: str, path: str) -> bool:
    """Whether a case is about this service: by method and path."""
    pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))
    return bool(case["request"]["method"] == method and re.fullmatch(pattern, case["request"]["path"]))
