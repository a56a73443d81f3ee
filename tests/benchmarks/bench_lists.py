"""Long answers into DataFrames."""

import json
from collections.abc import Callable
from typing import Any

import pandas as pd

from tests.benchmarks.bench_push import exponent, seconds
from tests.benchmarks.measure import Line, faster, in_turns
from toolkit.calls import frames
from toolkit.http import answers as answered
from toolkit.spec import (
    Bool,
    Choice,
    Date,
    Endpoint,
    Field,
    File,
    Flag,
    Integer,
    Json,
    KindTable,
    Link,
    List,
    Masked,
    Nested,
    Number,
    Record,
    Rows,
    Table,
    Text,
    Timestamp,
)
from toolkit.vendors.carmachain.api import CarmaChain
from toolkit.vendors.ida.api import Ida
from toolkit.vendors.signio.api import Signio

ENDPOINTS = {
    "databases": Ida.endpoints["databases"],
    "envelopes": Signio.endpoints["search_envelopes"],
    "answers": CarmaChain.endpoints["respond"],
}

NORMALIZED = "json_normalize, dtypes set after"


def record_of(endpoint: Endpoint) -> type[Record]:
    assert isinstance(endpoint.returns, Table)
    return endpoint.returns.record


def example(record: type[Record], number: int) -> dict[str, Any]:
    """A row as the vendor sends it, by the kinds of its fields; text with accents and quotes, as people write it."""
    return {field.key: _value(field, number) for field in record.fields}


def _value(field: Field, number: int) -> Any:
    if isinstance(field, Choice):
        return [*field.choices][number % len(field.choices)]
    if isinstance(field, Timestamp):
        if field.format == "iso":
            return "2024-05-17T10:20:30Z"
        moment = pd.Timestamp(2024, 5, 17, 10, number % 60)
        return moment.strftime(field.format) if field.format else 1568032184000 + number
    return EXAMPLES[type(field)](number, field)


EXAMPLES: KindTable[Callable[[int, Field], Any]] = KindTable(
    {
        Integer: lambda n, _: n,
        Number: lambda n, _: n / 7,
        Bool: lambda n, _: n % 2 == 0,
        Flag: lambda n, _: n % 2,
        Date: lambda n, field: pd.Timestamp(2024, 5, 17).strftime(getattr(field, "format", "%Y-%m-%d")),
        Text: lambda n, field: f'{field.name} "Ñuñoa", {n}',
        List: lambda n, _: [f"a{n}"],
        Rows: lambda n, _: [],
        Nested: lambda n, _: None,
        Json: lambda n, _: {"n": n},
        Masked: lambda n, _: f"s{n}",
        Link: lambda n, _: f"https://files.example/{n}",
        File: lambda n, _: "",
        Choice: lambda n, _: "",
        Timestamp: lambda n, _: n,
    }
)


def body(endpoint: Endpoint, rows: int) -> bytes:
    answer: Any = [example(record_of(endpoint), n) for n in range(rows)]
    path = endpoint.returns.data_path
    for step in reversed(path.split(".") if path else ()):
        answer = {step: answer}
    return json.dumps(answer, ensure_ascii=False).encode()


def decode(endpoint: Endpoint, answer: bytes) -> pd.DataFrame:
    """What a call does with the bytes of an answer."""
    return frames.to_frame(record_of(endpoint), answered.rows(endpoint, answered.parse(answer)))


def normalized(rows: Any, dtypes: dict[Any, Any]) -> pd.DataFrame:
    """What people write to get the same columns."""
    frame = pd.json_normalize(rows)
    for column, dtype in dtypes.items():
        if column in frame and str(dtype).startswith("datetime64"):
            numeric = pd.api.types.is_numeric_dtype(frame[column])
            frame[column] = pd.to_datetime(frame[column], unit="ms" if numeric else None, utc=True)
    return frame.astype({c: t for c, t in dtypes.items() if c in frame})


def speed(rows: int, runs: int) -> list[Line]:
    return [line for name, endpoint in ENDPOINTS.items() for line in _speed(f"{rows:,} {name}", endpoint, rows, runs)]


def _speed(what: str, endpoint: Endpoint, rows: int, runs: int) -> list[Line]:
    answer, record = body(endpoint, rows), record_of(endpoint)
    dtypes = decode(endpoint, answer).dtypes.to_dict()

    def parsed() -> Any:
        return answered.find(json.loads(answer), endpoint.returns.data_path)

    whole = {
        "ours": lambda: decode(endpoint, answer),
        "json.loads + pd.DataFrame": lambda: pd.DataFrame(parsed()),
        NORMALIZED: lambda: normalized(parsed(), dtypes),
    }
    aims = {"json.loads + pd.DataFrame": "≥ 0.77", NORMALIZED: "≥ 3"}
    lines = faster(f"{what} → DataFrame", in_turns(whole, runs), "ours", aims, {})
    listed = parsed()
    after = {"ours": lambda: frames.to_frame(record, listed), NORMALIZED: lambda: normalized(listed, dtypes)}
    return lines + faster(f"{what}, parsed before", in_turns(after, runs), "ours", {}, {})


def growth(sizes: list[int], runs: int) -> list[Line]:
    endpoint = ENDPOINTS["databases"]
    answers = [body(endpoint, rows) for rows in sizes]
    times = [[seconds(lambda a=answer: decode(endpoint, a)) for answer in answers] for _ in range(runs)]
    return [exponent("growth of decoding", sizes, times)]
