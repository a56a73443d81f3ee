"""Long answers into DataFrames."""

import json
from typing import Any

import pandas as pd

from tests.benchmarks.bench_push import exponent, seconds
from tests.benchmarks.measure import Line, faster, in_turns
from toolkit import frames
from toolkit.http import wire
from toolkit.spec import Endpoint
from toolkit.vendors.carmachain.api import CarmaChain
from toolkit.vendors.ida.api import Ida
from toolkit.vendors.signio.api import Signio

ENDPOINTS = {
    "databases": Ida.endpoints["databases"],
    "envelopes": Signio.endpoints["search_envelopes"],
    "answers": CarmaChain.endpoints["respond"],
}

NORMALIZED = "json_normalize, dtypes set after"


def example(endpoint: Endpoint, number: int) -> dict[str, Any]:
    """A row as the vendor sends it, by the kinds of its fields."""
    assert endpoint.rows
    by_kind = {
        "Whole": number,
        "Bool": True,
        "Flag": 1,
        "Number": number / 7,
        "Time": 1568032184000 + number,
        "Rows": [],
    }
    row = {}
    for field in endpoint.rows.fields:
        kind = type(field).__name__
        if kind == "OneOf":
            row[field.key] = [*field.choices][number % len(field.choices)]
        elif kind == "Time" and field.format:
            row[field.key] = (
                "2024-05-17T10:20:30Z" if field.format == "iso" else pd.Timestamp(2024, 5, 17).strftime(field.format)
            )
        else:
            row[field.key] = by_kind.get(kind, f"{field.name} {number}")
    return row


def body(endpoint: Endpoint, rows: int) -> bytes:
    found: Any = [example(endpoint, n) for n in range(rows)]
    for step in reversed(endpoint.at.split(".") if endpoint.at else ()):
        found = {step: found}
    return json.dumps(found, ensure_ascii=False).encode()


def decode(endpoint: Endpoint, answer: bytes) -> pd.DataFrame:
    assert endpoint.rows
    return frames.to_frame(endpoint.rows, wire.rows(endpoint, json.loads(answer)))


def normalized(rows: Any, dtypes: dict[Any, Any]) -> pd.DataFrame:
    """What people write to get the same columns."""
    made = pd.json_normalize(rows)
    for column, dtype in dtypes.items():
        if column in made and str(dtype).startswith("datetime64"):
            numeric = pd.api.types.is_numeric_dtype(made[column])
            made[column] = pd.to_datetime(made[column], unit="ms" if numeric else None, utc=True)
    return made.astype({c: t for c, t in dtypes.items() if c in made})


def speed(rows: int, runs: int) -> list[Line]:
    return [line for name, endpoint in ENDPOINTS.items() for line in _speed(f"{rows:,} {name}", endpoint, rows, runs)]


def _speed(what: str, endpoint: Endpoint, rows: int, runs: int) -> list[Line]:
    answer, record = body(endpoint, rows), endpoint.rows
    dtypes = decode(endpoint, answer).dtypes.to_dict()

    def found() -> Any:
        return wire.find(json.loads(answer), endpoint.at)

    whole = {
        "ours": lambda: decode(endpoint, answer),
        "json.loads + pd.DataFrame": lambda: pd.DataFrame(found()),
        NORMALIZED: lambda: normalized(found(), dtypes),
    }
    aims = {"json.loads + pd.DataFrame": "≥ 0.77", NORMALIZED: "≥ 3"}
    lines = faster(f"{what} → DataFrame", in_turns(whole, runs), "ours", aims, {})
    parsed = found()
    apart = {"ours": lambda: frames.to_frame(record, parsed), NORMALIZED: lambda: normalized(parsed, dtypes)}
    return lines + faster(f"{what}, parsed before", in_turns(apart, runs), "ours", {}, {})


def growth(sizes: list[int], runs: int) -> list[Line]:
    endpoint = ENDPOINTS["databases"]
    answers = [body(endpoint, rows) for rows in sizes]
    times = [[seconds(lambda a=answer: decode(endpoint, a)) for answer in answers] for _ in range(runs)]
    return [exponent("growth of decoding", sizes, times)]
