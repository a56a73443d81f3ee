"""Endpoints to requests, and answers to what they say. No sockets, no pandas."""

import enum
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from toolkit.errors import (
    ApiError,
    AuthError,
    BadAnswer,
    InputError,
    NotFound,
    OutcomeUnknown,
    Rejected,
    Throttled,
    ToolkitError,
)
from toolkit.http.headers import next_link, retry_after
from toolkit.plain import message
from toolkit.spec import (
    Endpoint,
    Field,
    File,
    Integer,
    Meaning,
    Nested,
    Payload,
    RefusedRows,
    Rows,
    Table,
    Value,
)

JSON = "application/json"
LONGEST = 20_000  # characters of a refusal that are looked at
ABSENT: Any = object()  # nothing stands there: not even null


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
    for name, value in values.items():
        field = endpoint.by_name.get(name)
        if value is None:
            continue
        if name in endpoint.in_path:
            segments[name] = _segment(name, value)
        elif isinstance(field, File):
            files[field.key] = value
        elif isinstance(field, Nested) and field.flat:
            _join(sent, value, endpoint)
        else:
            sent[field.key if field else name] = value
            count = len(value) if isinstance(field, Rows) else count
    path = _path(endpoint, segments) if endpoint.in_path else endpoint.path
    if endpoint.method not in ("GET", "DELETE") and not files:
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
    """Add the fields that stand beside the arguments."""
    if taken := sent.keys() & more.keys():
        raise InputError(
            message(
                "{name}: {names} names what is sent with it, and no field",
                name=endpoint.name,
                names=", ".join(sorted(taken)),
            )
        )
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


# ── what came back ───────────────────────────────────────────────────────────


class Verdict(enum.StrEnum):
    """What one attempt did to the vendor's data (reliability, section 2)."""

    ACKED = "acked"  # done
    REJECTED = "rejected"  # refused as it stands; not done
    NOT_EXECUTED = "not executed"  # not done; may be sent again
    AMBIGUOUS = "ambiguous"  # done or not: nobody here can tell


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class RefusedRow:
    """A row that a refusal names: its index within the request, its column where it says so, and why."""

    index: int
    column: str
    message: str


@dataclass(frozen=True)
class Classification:
    """What an answer says of the request that it answers."""

    verdict: Verdict
    meaning: Meaning | None = None
    message: str = ""
    status: int = 0
    code: Any = None
    errors: tuple[Any, ...] = ()
    payload: Any = field(default=None, repr=False)
    retry_after: float | None = None
    needs_person: bool = False  # an address, a proxy or a right is wrong: trying again does not help
    rows: tuple[RefusedRow, ...] = ()  # that a refusal names, as far as the vendor's dialect lists them
    next_link: str = ""  # of the header Link: the address of the next page


VERDICTS: dict[Meaning | None, Verdict] = {
    Meaning.DONE: Verdict.ACKED,
    Meaning.TOKEN: Verdict.NOT_EXECUTED,
    Meaning.FORBIDDEN: Verdict.NOT_EXECUTED,
    Meaning.INVALID: Verdict.REJECTED,
    Meaning.MISSING: Verdict.REJECTED,
    Meaning.BUSY: Verdict.NOT_EXECUTED,
    Meaning.INTERNAL: Verdict.AMBIGUOUS,
    None: Verdict.AMBIGUOUS,
}
STATUSES = {
    401: Meaning.TOKEN,
    403: Meaning.FORBIDDEN,
    404: Meaning.MISSING,
    **dict.fromkeys((400, 405, 406, 409, 411, 413, 415, 422, 431), Meaning.INVALID),
    **dict.fromkeys((408, 425, 429), Meaning.BUSY),
}


def classify(endpoint: Endpoint, answer: Answer, now: datetime, sent: int | None = None) -> Classification:
    """What became of the request. Success is the documented status with the documented body, nothing less.

    `sent` is how many rows the request carried, where that is known.
    """
    assert endpoint.system
    dialect, is_page = endpoint.system.dialect, _is_page(answer.body)
    payload = answer.body.decode("utf-8", "replace").strip().strip('"') if endpoint.is_text else _json(answer.body)
    as_bytes = payload is None and isinstance(endpoint.returns, Payload) and 200 <= answer.status < 300 and not is_page
    code = _first(payload, dialect.code)
    code = code if isinstance(code, str | int) else None
    coded = bool(dialect.code) and (code is not None or not (endpoint.code_optional or as_bytes))
    from_vendor = not is_page and (not coded or code is not None)
    wait = None if answer.status < 300 else retry_after(answer.headers, now)
    meaning = _by_status(answer.status, wait)
    if coded and from_vendor:
        meaning = _by_code(dialect.meanings.get(code), answer.status, meaning)
    if meaning is Meaning.DONE:
        payload = answer.body if as_bytes else payload
        meaning = _of_success(endpoint, payload, sent) if from_vendor else None
        if meaning is Meaning.DONE:
            link = next_link(answer.headers) if endpoint.page else ""
            return Classification(Verdict.ACKED, meaning, "", answer.status, code, (), payload, next_link=link)
        wait = retry_after(answer.headers, now)
    return _refusal(
        endpoint, answer, Classification(Verdict.AMBIGUOUS, meaning, "", answer.status, code, (), payload, wait)
    )


def _refusal(endpoint: Endpoint, answer: Answer, judgement: Classification) -> Classification:
    """What an answer that is no success says, in words too."""
    assert endpoint.system
    dialect, is_page, payload = endpoint.system.dialect, _is_page(answer.body), judgement.payload
    meaning, code = judgement.meaning, judgement.code
    from_vendor = not is_page and (code is not None or endpoint.code_optional or not dialect.code)
    message = payload if isinstance(payload, str) and not is_page else _first(payload, dialect.message)
    errors = _first(payload, (dialect.errors,)) or () if dialect.errors else ()
    text = str(message)[:LONGEST] if message not in (None, "") else _excerpt(answer)
    if meaning is Meaning.INVALID and from_vendor and code is None:
        code = next((c for words, c in dialect.words.items() if re.search(words, text, re.IGNORECASE)), None)
        meaning = dialect.meanings.get(code, meaning)
        text = dialect.explained.get(code, text)
    verdict = VERDICTS[meaning]
    if not from_vendor and verdict is Verdict.REJECTED:
        verdict = Verdict.NOT_EXECUTED  # something between here and the vendor refused
    if endpoint.irrevocable and meaning is Meaning.BUSY and answer.status >= 500:
        verdict = Verdict.AMBIGUOUS
    mistaken = not from_vendor and answer.status < 500 and meaning is not Meaning.BUSY and answer.status != 413
    return replace(
        judgement,
        verdict=verdict,
        meaning=meaning,
        message=text,
        code=code,
        errors=tuple(errors) if isinstance(errors, list) else (errors,) if errors else (),
        needs_person=300 <= answer.status < 400 or mistaken,
        rows=refused_rows(dialect.rows, payload) if dialect.rows and verdict is Verdict.REJECTED else (),
    )


def error(endpoint: Endpoint, judgement: Classification) -> ToolkitError:
    """The exception of a request that did not succeed."""
    listed = tuple(
        message("row {n}: ", n=r.index) + ": ".join(filter(None, (r.column, r.message))) for r in judgement.rows
    )
    facts = {
        "service": endpoint.name,
        "status": judgement.status,
        "code": judgement.code,
        "errors": judgement.errors or listed,
    }
    about = {"call": endpoint.name, "words": judgement.message, "status": judgement.status}
    if judgement.verdict is Verdict.AMBIGUOUS and not endpoint.repeatable:
        return OutcomeUnknown(
            message("{call}: the answer does not tell whether it was done: {words} [{status}]", **about)
        )
    match judgement.meaning:
        case Meaning.TOKEN | Meaning.FORBIDDEN:
            return AuthError(judgement.message, **facts)
        case Meaning.MISSING | Meaning.INVALID if judgement.verdict is Verdict.NOT_EXECUTED:
            return ApiError(message("{words}: not the vendor's own answer; is the address right?", **about), **facts)
        case Meaning.MISSING:
            return NotFound(judgement.message, **facts)
        case Meaning.INVALID:
            return Rejected(judgement.message, **facts)
        case Meaning.BUSY:
            throttled = Throttled(judgement.message, **facts)
            throttled.retry_after = judgement.retry_after
            return throttled
        case Meaning.INTERNAL:
            return ApiError(judgement.message, **facts)
    return BadAnswer(message("{call}: not an answer that the manual shows: {words} [{status}]", **about))


def rows(endpoint: Endpoint, payload: Any) -> list[dict[str, Any]]:
    """The rows of a successful answer: a list, or one object as one row."""
    value = find(payload, endpoint.returns.data_path)
    if value is None:
        return []
    listed = value if isinstance(value, list) else [value]
    fields = endpoint.returns.record.fields if isinstance(endpoint.returns, Table) else ()
    if len(fields) == 1:
        listed = [r if isinstance(r, dict) else {fields[0].key: r} for r in listed]
    if not set(map(type, listed)) <= {dict}:
        about = {"call": endpoint.name, "data_path": endpoint.returns.data_path}
        raise BadAnswer(message("{call}: the rows at {data_path!r} are not objects", **about))
    return listed


def find(payload: Any, at: str) -> Any:
    """What stands at a dotted path (or under a key that has dots itself); `ABSENT` where nothing does."""
    if isinstance(payload, dict) and at in payload:
        return payload[at]
    for step in at.split(".") if at else ():
        if not isinstance(payload, dict) or step not in payload:
            return ABSENT
        payload = payload[step]
    return payload


def refused_rows(listed: RefusedRows, payload: Any) -> tuple[RefusedRow, ...]:
    """The rows that a refusal names, each once. What is not of the declared form names nobody."""
    items = find(payload, listed.data_path)
    rows: dict[int, RefusedRow] = {}
    for item in items if isinstance(items, list) else ():
        index = item.get(listed.index) if isinstance(item, dict) else None
        if type(index) is int and index >= listed.first:
            texts = (item.get(name) or "" for name in (listed.column, listed.message))
            rows.setdefault(index - listed.first, RefusedRow(index - listed.first, *map(str, texts)))
    return tuple(rows.values())


def _of_success(endpoint: Endpoint, payload: Any, sent: int | None) -> Meaning | None:
    """What an answer means that looks like success: its body has to be the documented one."""
    returns = endpoint.returns
    value = find(payload, returns.data_path)
    empty = payload is None or (payload == "" and not isinstance(returns, Payload))
    if empty or value is ABSENT or (isinstance(returns, Value) and not _fits(returns.field, value)):
        return None
    if endpoint.accepted:
        taken = find(payload, endpoint.accepted)
        return Meaning.DONE if type(taken) is int and sent in (None, taken) else None
    if endpoint.success is None or value is endpoint.success:
        return Meaning.DONE
    return Meaning.INVALID if type(value) is type(endpoint.success) else None


def _fits(field: Field, value: Any) -> bool:
    """Whether a single value of an answer is of its kind."""
    if isinstance(value, str):
        return bool(value) and (not isinstance(field, Integer) or value.isdecimal())
    return isinstance(value, int) and not isinstance(value, bool)


def _by_status(status: int, wait: float | None) -> Meaning | None:
    if 200 <= status < 300:
        return Meaning.DONE
    if status == 503 and wait is not None:
        return Meaning.BUSY
    return STATUSES.get(status, Meaning.INTERNAL if status >= 500 else None)


def _by_code(by_code: Meaning | None, status: int, by_status: Meaning | None) -> Meaning | None:
    """What the vendor's code says, as far as the status allows: a yes needs both of them."""
    if 200 <= status < 300:
        return by_code
    if 400 <= status < 500:
        return None if by_code is Meaning.DONE else by_code or by_status
    return by_status


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _first(payload: Any, paths: tuple[str, ...]) -> Any:
    for path in paths:
        if (value := find(payload, path)) is not ABSENT:
            return value
    return None


def _is_page(body: bytes) -> bool:
    return body.lstrip()[:1] == b"<"


def _excerpt(answer: Answer) -> str:
    if _is_page(answer.body):
        return message("a web page instead of an answer")
    return " ".join(answer.body[:200].decode("utf-8", "replace").split()) or message("no text")
