"""What the body of an answer says: whether the request was done, and which rows came. No sockets, no pandas."""

import json
from typing import Any

from toolkit.spec import Endpoint, Field, Identifier, Integer, Meaning, Payload, Table, Value

PLAIN = ("", "ok", "success", "done")  # words that add nothing to a success
ABSENT: Any = object()  # nothing stands there: not even null
STATUSES = {
    401: Meaning.TOKEN,
    403: Meaning.FORBIDDEN,
    404: Meaning.MISSING,
    **dict.fromkeys((400, 405, 406, 409, 411, 413, 415, 422, 431), Meaning.INVALID),
    **dict.fromkeys((408, 425, 429), Meaning.BUSY),
}


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
    status = str(first(payload, (dialect.status,))) if dialect.status else ""
    if status.isdecimal() and int(status) >= 400:
        return by_status(int(status), None)
    if dialect.success and str(first(payload, (dialect.success,))).lower() == "false":
        return Meaning.INVALID
    return Meaning.DONE


def without_the_operations(endpoint: Endpoint, payload: Any, body: bytes) -> Any:
    """The answer without what it says of the operation, where that has the name of one of the row's own fields.

    Where the name stands twice, the first is the row's. Where it stands once, it is the operation's.
    """
    assert endpoint.system
    returns = endpoint.returns
    if not isinstance(returns, Table) or returns.data_path or not isinstance(payload, dict):
        return payload
    names = {f.key for f in returns.record.fields} & {*endpoint.system.dialect.message}
    if not names:
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
    if 200 <= status < 300:
        return Meaning.DONE
    if status == 503 and wait is not None:
        return Meaning.BUSY
    return STATUSES.get(status, Meaning.INTERNAL if status >= 500 else None)


def first(payload: Any, paths: tuple[str, ...]) -> Any:
    for path in paths:
        if (value := find(payload, path)) is not ABSENT:
            return value
    return None
