"""The small calls that a notebook is made of: one read, whole, against `requests` and pandas by hand."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import requests

import toolkit
from tests.benchmarks.measure import Line, faster, in_turns
from tests.benchmarks.server import serving

TOKEN = "a" * 20
HEADERS = {"Authorization": TOKEN}


def record_by_hand(http: requests.Session, url: str) -> pd.DataFrame:
    answer = http.get(f"{url}/api/v2/database/data", params={"recordId": 1}, headers=HEADERS, timeout=9)
    answer.raise_for_status()
    return pd.DataFrame([answer.json()["data"]["recordData"]])


def fields_by_hand(http: requests.Session, url: str) -> pd.DataFrame:
    answer = http.get(f"{url}/api/v2/database/1", headers=HEADERS, timeout=9)
    answer.raise_for_status()
    return pd.DataFrame(answer.json()["data"]["fieldList"])


CALLS: dict[str, tuple[Callable[[toolkit.Api], Any], Callable[[requests.Session, str], Any]]] = {
    "ida.record(id)": (lambda api: api.ida.record(1), record_by_hand),
    "ida.fields(id)": (lambda api: api.ida.fields(1), fields_by_hand),
}


def speed(calls: int, runs: int) -> list[Line]:
    """Each way makes the same number of calls, on one kept connection."""
    lines = []
    with serving() as url, requests.Session() as http:
        http.trust_env = False
        api = toolkit.connect(ida={"base_url": url, "token": TOKEN}, progress=False)
        for name, (ours, by_hand) in CALLS.items():
            ours(api), by_hand(http, url)
            ways = {
                "ours": lambda call=ours: [call(api) for _ in range(calls)],
                "requests + pd.DataFrame": lambda call=by_hand: [call(http, url) for _ in range(calls)],
            }
            aims = {"requests + pd.DataFrame": "≥ 0.77"}
            lines += faster(f"{calls} × {name}", in_turns(ways, runs), "ours", aims, {})
    return lines
