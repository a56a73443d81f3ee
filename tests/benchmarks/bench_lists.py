"""Long answers into DataFrames."""

import json
from typing import Any

import pandas as pd

from tests.benchmarks.bench_push import exponent, seconds
from tests.benchmarks.measure import Line, faster, in_turns
from toolkit import frames, wire
from toolkit.apis.carmachain import CarmaChain
from toolkit.apis.ida import Ida
from toolkit.apis.signio import Signio
from toolkit.spec import Endpoint

ENDPOINTS = {
    "databases": Ida.endpoints["databases"],
    "envelopes": Signio.endpoints["search_envelopes"],
    "answers": CarmaChain.endpoints["respond"],
}


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


def speed(rows: int, runs: int) -> list[Line]:
    lines = []
    for name, endpoint in ENDPOINTS.items():
        answer = body(endpoint, rows)
        dtypes = decode(endpoint, answer).dtypes.to_dict()

        def found(answer: bytes = answer, endpoint: Endpoint = endpoint) -> Any:
            return wire.find(json.loads(answer), endpoint.at)

        def normalized(found: Any = found, dtypes: Any = dtypes) -> pd.DataFrame:
            made = pd.json_normalize(found())
            for column, dtype in dtypes.items():
                if column in made and str(dtype).startswith("datetime64"):
                    numeric = pd.api.types.is_numeric_dtype(made[column])
                    made[column] = pd.to_datetime(made[column], unit="ms" if numeric else None, utc=True)
            return made.astype({c: t for c, t in dtypes.items() if c in made})

        taken = in_turns(
            {
                "ours": lambda answer=answer, endpoint=endpoint: decode(endpoint, answer),
                "json.loads + pd.DataFrame": lambda found=found: pd.DataFrame(found()),
                "json_normalize, dtypes set after": normalized,
            },
            runs,
        )
        aims = {"json.loads + pd.DataFrame": "≥ 0.77", "json_normalize, dtypes set after": "≥ 3"}
        lines += faster(f"{rows:,} {name} → DataFrame", taken, "ours", aims, {})
    return lines


def growth(sizes: list[int], runs: int) -> list[Line]:
    endpoint = ENDPOINTS["databases"]
    answers = [body(endpoint, rows) for rows in sizes]
    times = [[seconds(lambda a=answer: decode(endpoint, a)) for answer in answers] for _ in range(runs)]
    return [exponent("growth of decoding", sizes, times)]
