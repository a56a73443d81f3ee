"""What an answer says of its request: done, refused, or nobody knows; and which rows came. No sockets, no pandas."""

import enum
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from toolkit.errors import (
    ApiError,
    AuthError,
    BadAnswer,
    NotFound,
    OutcomeUnknown,
    Rejected,
    Throttled,
    ToolkitError,
)
from toolkit.http.headers import next_link, retry_after
from toolkit.plain import message
from toolkit.spec import Endpoint, Field, Identifier, Integer, Meaning, Payload, RefusedRows, Table, Value

LONGEST = 20_000  # characters of a refusal that are looked at
PLAIN = ("", "ok", "success", "done")  # words that add nothing to a success
ABSENT: Any = object()  # nothing stands there: not even null
SUCCESSES = (200, 201, 202, 204)  # no document shows another one, and what that would mean is not known
STATUSES = {
    401: Meaning.TOKEN,
    403: Meaning.FORBIDDEN,
    404: Meaning.MISSING,
    **dict.fromkeys((400, 405, 406, 409, 411, 413, 415, 422, 431), Meaning.INVALID),
    **dict.fromkeys((408, 425, 429), Meaning.BUSY),
}


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
            if isinstance(endpoint.returns, Table):
                payload = without_the_operations(endpoint.returns, dialect.message, payload, answer.body)
            return Classification(Verdict.ACKED, meaning, "", answer.status, code, (), payload, next_link=link)
        wait = retry_after(answer.headers, now)
    elif endpoint.irrevocable and from_vendor and not coded and of_success(endpoint, payload, sent) is Meaning.DONE:
        meaning = None  # a refusal with the body of a success contradicts itself
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
    if status in SUCCESSES:
        return by_code
    if status < 300 or 400 <= status < 500:
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


# ── its body ──


def parse(body: bytes) -> Any:
    """The JSON of a body, whole numbers of any length exact; None where it is none.

    msgspec reads twice as fast as the standard library, which has the last word on what msgspec refuses: NaN, lone
    surrogates, other encodings than UTF-8.
    """
    import msgspec  # when the first answer is read

    try:
        return msgspec.json.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        pass
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def rows(endpoint: Endpoint, payload: Any) -> list[dict[str, Any]]:
    """The rows of a successful answer: a list, or one object as one row."""
    value = find(payload, endpoint.returns.data_path)
    if value is None or value is ABSENT:
        return []
    listed = value if isinstance(value, list) else [value]
    if set(map(type, listed)) <= {dict}:
        return listed
    fields = endpoint.returns.record.fields if isinstance(endpoint.returns, Table) else ()
    key = fields[0].key if len(fields) == 1 else "value"  # what is no object is the one column, or a further one
    return [r if isinstance(r, dict) else {key: r} for r in listed]


def envelope_of(endpoint: Endpoint) -> frozenset[str]:
    """The members that say how the request went, where they stand beside those of the row."""
    assert endpoint.system
    dialect = endpoint.system.dialect
    if endpoint.returns.data_path:
        return frozenset()
    paths = (*dialect.code, *dialect.message, dialect.errors, dialect.status, dialect.success)
    return frozenset(path.partition(".")[0] for path in paths if path)


def stated(returns: Value, payload: Any) -> Any:
    """The one value of an answer, wherever it stands; `ABSENT` where it stands nowhere."""
    for path in (returns.data_path, *returns.also):
        if (value := find(payload, path)) is not ABSENT and value is not None:
            return value
    return ABSENT


def remark(endpoint: Endpoint, payload: Any) -> str:
    """What a success says of itself besides, where the vendor has a place for that; "" for a plain OK."""
    assert endpoint.system
    dialect = endpoint.system.dialect
    if not (dialect.status or dialect.success) or not isinstance(payload, dict):
        return ""
    words = first(payload, dialect.message)
    return "" if words is None or str(words).strip().casefold() in PLAIN else str(words)


def find(payload: Any, at: str) -> Any:
    """What stands at a dotted path (or under a key that has dots itself); `ABSENT` where nothing does."""
    if isinstance(payload, dict) and at in payload:
        return payload[at]
    for step in at.split(".") if at else ():
        if not isinstance(payload, dict) or step not in payload:
            return ABSENT
        payload = payload[step]
    return payload


def of_success(endpoint: Endpoint, payload: Any, sent: int | None) -> Meaning | None:
    """What an answer means that looks like success: its body has to be the documented one."""
    returns = endpoint.returns
    value = stated(returns, payload) if isinstance(returns, Value) else find(payload, returns.data_path)
    empty = payload is None or (payload == "" and not isinstance(returns, Payload))
    if (failure := _failure(endpoint, payload)) is not Meaning.DONE:
        return failure
    if empty or value is ABSENT or (isinstance(returns, Value) and not _fits(returns.field, value)):
        return None
    if endpoint.accepted:
        taken = find(payload, endpoint.accepted)
        return Meaning.DONE if type(taken) is int and sent in (None, taken) else None
    if endpoint.success is None or value is endpoint.success:
        return Meaning.DONE
    return endpoint.otherwise if type(value) is type(endpoint.success) else None


def _failure(endpoint: Endpoint, payload: Any) -> Meaning | None:
    """What an answer means whose code says yes, and something else in it says no; DONE where nothing does."""
    assert endpoint.system
    dialect, returns = endpoint.system.dialect, endpoint.returns
    declared = returns.of if isinstance(returns, Payload) else returns
    if isinstance(declared, Identifier) and stated(declared, payload) in dialect.no_identifier:
        return Meaning.INVALID
    if dialect.errors and first(payload, (dialect.errors,)):
        return None
    codes = [code for path in dialect.code if (code := find(payload, path)) is not ABSENT]
    denied = dialect.code and isinstance(payload, dict) and (payload.get("success") is False or payload.get("error"))
    if denied or codes.count(codes[0] if codes else None) < len(codes):
        return None
    status = str(first(payload, (dialect.status,))) if dialect.status else ""
    if status.isdecimal() and int(status) >= 400:
        return by_status(int(status), None)
    if dialect.success and str(first(payload, (dialect.success,))).lower() == "false":
        return Meaning.INVALID
    return Meaning.DONE


def without_the_operations(returns: Table, words: Collection[str], payload: Any, body: bytes) -> Any:
    """The answer without what it says of the operation, where that has the name of one of the row's own fields.

    Where the name stands twice, the first is the row's. Where it stands once, it is the operation's: `words`.
    """
    names = {f.key for f in returns.record.fields}.intersection(words)
    if not names or returns.data_path or not isinstance(payload, dict):
        return payload
    pairs: list[list[tuple[str, Any]]] = []

    def keep(one: list[tuple[str, Any]]) -> dict[str, Any]:
        pairs.append(one)
        return dict(one)

    json.loads(body, object_pairs_hook=keep)
    own = dict(payload)
    for name in names & payload.keys():
        stated_twice = [value for key, value in pairs[-1] if key == name]
        own.pop(name)
        own |= {name: stated_twice[0]} if len(stated_twice) > 1 else {}
    return own


def _fits(field: Field, value: Any) -> bool:
    """Whether a single value of an answer is of its kind."""
    if isinstance(value, str):
        return bool(value) and (not isinstance(field, Integer) or value.isdecimal())
    return isinstance(value, int) and not isinstance(value, bool)


def by_status(status: int, wait: float | None) -> Meaning | None:
    if status in SUCCESSES:
        return Meaning.DONE
    if status == 503 and wait is not None:
        return Meaning.BUSY
    return STATUSES.get(status, Meaning.INTERNAL if status >= 500 else None)


def first(payload: Any, paths: tuple[str, ...]) -> Any:
    for path in paths:
        if (value := find(payload, path)) is not ABSENT:
            return value
    return None
