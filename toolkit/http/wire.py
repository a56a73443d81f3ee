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
from toolkit.http.body import by_status, find, first, of_success, parse, without_the_operations
from toolkit.http.headers import next_link, retry_after
from toolkit.plain import message
from toolkit.spec import (
    Endpoint,
    File,
    Meaning,
    Nested,
    Payload,
    RefusedRows,
    Rows,
)

JSON = "application/json"
LONGEST = 20_000  # characters of a refusal that are looked at


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


def classify(endpoint: Endpoint, answer: Answer, now: datetime, sent: int | None = None) -> Classification:
    """What became of the request. Success is the documented status with the documented body, nothing less.

    `sent` is how many rows the request carried, where that is known.
    """
    assert endpoint.system
    dialect, is_page = endpoint.system.dialect, _is_page(answer.body)
    payload = answer.body.decode("utf-8", "replace").strip().strip('"') if endpoint.is_text else parse(answer.body)
    as_bytes = payload is None and isinstance(endpoint.returns, Payload) and 200 <= answer.status < 300 and not is_page
    code = first(payload, dialect.code)
    code = code if isinstance(code, str | int) else None
    coded = bool(dialect.code) and (code is not None or not (endpoint.code_optional or as_bytes))
    from_vendor = not is_page and (not coded or code is not None)
    wait = None if answer.status < 300 else retry_after(answer.headers, now)
    meaning = by_status(answer.status, wait)
    if coded and from_vendor:
        meaning = _by_code(dialect.meanings.get(code), answer.status, meaning)
    if meaning is Meaning.DONE:
        payload = answer.body if as_bytes else payload
        meaning = of_success(endpoint, payload, sent) if from_vendor else None
        if meaning is Meaning.DONE:
            link = next_link(answer.headers) if endpoint.page else ""
            payload = without_the_operations(endpoint, payload, answer.body)
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
    words = payload if isinstance(payload, str) and not is_page else first(payload, dialect.message)
    errors = first(payload, (dialect.errors,)) or () if dialect.errors else ()
    text = str(words)[:LONGEST] if words not in (None, "") else _excerpt(answer)
    if from_vendor and 200 <= answer.status < 300 and dialect.meanings.get(code) is Meaning.DONE:
        text = message("the code says that it was done, and the rest that it was not: {words}", words=text)
    if meaning is Meaning.INVALID and from_vendor and code is None:
        code = next((c for form, c in dialect.words.items() if re.search(form, text, re.IGNORECASE)), None)
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


def _by_code(by_code: Meaning | None, status: int, by_status: Meaning | None) -> Meaning | None:
    """What the vendor's code says, as far as the status allows: a yes needs both of them."""
    if 200 <= status < 300:
        return by_code
    if 400 <= status < 500:
        return None if by_code is Meaning.DONE else by_code or by_status
    return by_status


def _is_page(body: bytes) -> bool:
    return body.lstrip()[:1] == b"<"


def _excerpt(answer: Answer) -> str:
    if _is_page(answer.body):
        return message("a web page instead of an answer")
    if 300 <= answer.status < 400:
        return message("a pointer to another address instead of an answer")
    text = answer.body[:LONGEST].decode("utf-8", "replace").replace("\0", "")
    return text.strip() or message("no text")  # cut only once its secrets are out: half a one is not known again
