"""Endpoints to requests, and answers to what they say. No sockets, no pandas."""

import email.utils
import enum
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
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
from toolkit.spec import Endpoint, File, Meaning, RefusedRows, Rows

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
    fields = {a.name: a for a in endpoint.arguments}
    path = endpoint.path.format_map({name: _segment(name, values[name]) for name in endpoint.in_path})
    rest = {fields[n].key if n in fields else n: v for n, v in values.items() if n not in endpoint.in_path}
    files = {fields[n].key: v for n, v in values.items() if n in fields and isinstance(fields[n], File)}
    if endpoint.method in ("GET", "DELETE"):
        return Request(endpoint.method, path, query={k: _text(v) for k, v in rest.items()})
    if files:
        form = {k: _text(v) for k, v in rest.items() if k not in files}
        return Request(endpoint.method, path, form=form, files=files)
    listed = [v for n, v in values.items() if n in fields and isinstance(fields[n], Rows)]
    count = sum(map(len, listed)) if listed else None
    return Request(endpoint.method, path, body=encode(rest) if rest else None, rows=count)


def encode(value: Any) -> bytes:
    """JSON as the vendors read it. NaN is an error here, before anything is sent."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_revealed).encode()


def _segment(name: str, value: Any) -> str:
    text = str(value)
    if text in (".", ".."):
        raise InputError(f"{name}: {text!r} would lead to another address. Nothing was sent")
    return quote(text, safe="")


def _text(value: Any) -> str:
    value = _revealed(value) if hasattr(value, "reveal") else value
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, allow_nan=False)


def _revealed(value: Any) -> Any:
    """A secret shows itself here, where it leaves: no variable of the rooms above holds it in clear."""
    if not hasattr(value, "reveal"):
        raise TypeError(f"{type(value).__name__} has no form in JSON")
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
class Judgement:
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


VERDICTS = {
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


def judge(endpoint: Endpoint, answer: Answer, now: datetime, sent: int | None = None) -> Judgement:
    """What became of the request. Success is the documented status with the documented body, nothing less.

    `sent` is how many rows the request carried, where that is known.
    """
    assert endpoint.system
    dialect = endpoint.system.dialect
    payload = answer.body.decode("utf-8", "replace").strip().strip('"') if endpoint.plain else _json(answer.body)
    wait = retry_after(answer.headers, now)
    code = _first(payload, dialect.code)
    code = code if isinstance(code, str | int) else None
    coded = bool(dialect.code) and (code is not None or not endpoint.bare)
    message = payload if isinstance(payload, str) and not _is_page(answer.body) else _first(payload, dialect.message)
    errors = _first(payload, (dialect.errors,)) or () if dialect.errors else ()
    meaning = _by_status(answer, wait)
    from_vendor = not _is_page(answer.body) and (not coded or code is not None)
    if coded and from_vendor:
        meaning = _by_code(dialect.meanings.get(code), answer.status, meaning)
    if meaning is Meaning.DONE:
        meaning = _of_success(endpoint, payload, sent) if from_vendor else None
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
    return Judgement(
        verdict,
        meaning,
        text,
        answer.status,
        code,
        tuple(errors) if isinstance(errors, list) else (errors,) if errors else (),
        payload,
        wait,
        needs_person=300 <= answer.status < 400
        or (not from_vendor and answer.status < 500 and meaning is not Meaning.BUSY and answer.status != 413),
        rows=refused_rows(dialect.rows, payload) if dialect.rows and verdict is Verdict.REJECTED else (),
        next_link=next_link(answer.headers),
    )


def error(endpoint: Endpoint, said: Judgement) -> ToolkitError:
    """The exception of a judgement that is not success."""
    listed = tuple(f"row {r.index}: {': '.join(filter(None, (r.column, r.message)))}" for r in said.rows)
    facts = {"service": endpoint.name, "status": said.status, "code": said.code, "errors": said.errors or listed}
    if said.verdict is Verdict.AMBIGUOUS and not endpoint.repeatable:
        return OutcomeUnknown(
            f"{endpoint.name}: the answer does not tell whether it was done: {said.message} [{said.status}]"
        )
    match said.meaning:
        case Meaning.TOKEN | Meaning.FORBIDDEN:
            return AuthError(said.message, **facts)
        case Meaning.MISSING | Meaning.INVALID if said.verdict is Verdict.NOT_EXECUTED:
            return ApiError(f"{said.message}: not the vendor's own answer; is the address right?", **facts)
        case Meaning.MISSING:
            return NotFound(said.message, **facts)
        case Meaning.INVALID:
            return Rejected(said.message, **facts)
        case Meaning.BUSY:
            throttled = Throttled(said.message, **facts)
            throttled.retry_after = said.retry_after
            return throttled
        case Meaning.INTERNAL:
            return ApiError(said.message, **facts)
    return BadAnswer(f"{endpoint.name}: not an answer that the manual shows: {said.message} [{said.status}]")


def rows(endpoint: Endpoint, payload: Any) -> list[dict[str, Any]]:
    """The rows of a successful answer: a list, or one object as one row."""
    found = find(payload, endpoint.at)
    if found is None:
        return []
    listed = found if isinstance(found, list) else [found]
    fields = endpoint.rows.fields if endpoint.rows else ()
    if len(fields) == 1:
        listed = [r if isinstance(r, dict) else {fields[0].key: r} for r in listed]
    if not all(isinstance(r, dict) for r in listed):
        raise BadAnswer(f"{endpoint.name}: the rows at {endpoint.at!r} are not objects")
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
    found = find(payload, listed.data_path)
    rows: dict[int, RefusedRow] = {}
    for item in found if isinstance(found, list) else ():
        index = item.get(listed.index) if isinstance(item, dict) else None
        if type(index) is int and index >= listed.first:
            texts = (item.get(name) or "" for name in (listed.column, listed.message))
            rows.setdefault(index - listed.first, RefusedRow(index - listed.first, *map(str, texts)))
    return tuple(rows.values())


def next_link(headers: Mapping[str, str]) -> str:
    """The address of the next page in the header Link; "" where there is none."""
    header = next((v for k, v in headers.items() if k.lower() == "link"), "")
    links = re.findall(r"<([^>]*)>\s*((?:;[^,;]*)*)", header)
    return next((target for target, facts in links if re.search(r';\s*rel="?next"?\s*(;|$)', facts)), "")


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that the vendor asks to wait: from seconds or a date; 0 for the past; None where it makes no sense."""
    given = next((v for k, v in headers.items() if k.lower() == "retry-after"), None)
    if given is None:
        return None
    try:
        seconds = float(given)
    except ValueError:
        try:
            seconds = (email.utils.parsedate_to_datetime(given) - now).total_seconds()
        except (ValueError, TypeError):
            return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _of_success(endpoint: Endpoint, payload: Any, sent: int | None) -> Meaning | None:
    """What an answer means that looks like success: its body has to be the documented one."""
    found = find(payload, endpoint.at)
    if payload in (None, "") or found is ABSENT:
        return None
    if endpoint.accepted:
        taken = find(payload, endpoint.accepted)
        return Meaning.DONE if type(taken) is int and sent in (None, taken) else None
    if endpoint.success is None or found is endpoint.success:
        return Meaning.DONE
    return Meaning.INVALID if type(found) is type(endpoint.success) else None


def _by_status(answer: Answer, wait: float | None) -> Meaning | None:
    if 200 <= answer.status < 300:
        return Meaning.DONE
    if answer.status == 503 and wait is not None:
        return Meaning.BUSY
    return STATUSES.get(answer.status, Meaning.INTERNAL if answer.status >= 500 else None)


def _by_code(said: Meaning | None, status: int, by_status: Meaning | None) -> Meaning | None:
    """What the vendor's code says, as far as the status allows: a yes needs both of them."""
    if 200 <= status < 300:
        return said
    if 400 <= status < 500:
        return None if said is Meaning.DONE else said or by_status
    return by_status


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _first(payload: Any, keys: tuple[str, ...]) -> Any:
    return next((v for k in keys if (v := find(payload, k)) is not ABSENT), None)


def _is_page(body: bytes) -> bool:
    return body.lstrip()[:1] == b"<"


def _excerpt(answer: Answer) -> str:
    if _is_page(answer.body):
        return "a web page instead of an answer"
    return " ".join(answer.body[:200].decode("utf-8", "replace").split()) or "no text"
