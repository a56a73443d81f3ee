"""What people would do instead: rows into a database of contacts, in the ways that notebooks and tools have."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import requests

COLUMNS = {"EMAIL": 100, "NOMBRE": 101, "NOTA": 102, "TELEFONO": 103, "CIUDAD": 104, "MONTO": 105}
PATH = "/api/v2/database/records"
AT_ONCE = 500
DATABASE = 11111


def contacts(rows: int, start: int = 0) -> pd.DataFrame:
    """Invented people as sheets have them: unique e-mails, phones and notes, quotes, accents, commas, and blanks."""
    numbers = np.arange(start, start + rows)
    return pd.DataFrame(
        {
            "EMAIL": [f"persona{n}@example.cl" for n in numbers],
            "NOMBRE": [f'María "Ñata" Núñez {n}' if n % 7 else "" for n in numbers],
            "NOTA": [f'dijo "sí", después; año {n}' if n % 5 else "" for n in numbers],
            "TELEFONO": [f"569{2_000 + n // 1_000:04d}1{n % 1_000:03d}" for n in numbers],
            "CIUDAD": [f"Ciudad {n % 300}" for n in numbers],
            "MONTO": [str(n % 100_000) for n in numbers],
        }
    )


def payload(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        "database_id": DATABASE,
        "records": [{"values": [{"field_id": COLUMNS[k], "fvalue": v} for k, v in row.items()]} for row in rows],
    }


def bodies(frame: pd.DataFrame) -> list[bytes]:
    """The requests, ready made."""
    rows = frame.to_dict("records")
    chunks = (payload(rows[at : at + AT_ONCE]) for at in range(0, len(rows), AT_ONCE))
    return [json.dumps(chunk, ensure_ascii=False, separators=(",", ":")).encode() for chunk in chunks]


def ready_made(url: str, made: Sequence[bytes]) -> None:
    """The limit: nothing but sending."""
    with _session() as http:
        for body in made:
            http.post(url + PATH, data=body, headers={"Content-Type": "application/json"}).raise_for_status()


def good_loop(url: str, frame: pd.DataFrame) -> None:
    """What somebody writes who knows how."""
    rows = frame.to_dict("records")
    with _session() as http:
        for at in range(0, len(rows), AT_ONCE):
            http.post(url + PATH, json=payload(rows[at : at + AT_ONCE])).raise_for_status()


def notebook(url: str, frame: pd.DataFrame) -> None:
    """What stands in most notebooks."""
    records: list[Any] = []
    for i, (_, row) in enumerate(frame.iterrows(), 1):
        records.append({"values": [{"field_id": COLUMNS[c], "fvalue": row[c]} for c in frame.columns]})
        if len(records) == AT_ONCE or i == len(frame):
            requests.post(url + PATH, json={"database_id": DATABASE, "records": records}).raise_for_status()
            records = []


def with_tenacity(url: str, frame: pd.DataFrame) -> None:
    """The good loop, with each request tried again by tenacity: after a lost answer, it sends rows twice."""
    from tenacity import retry, stop_after_attempt, wait_exponential

    rows = frame.to_dict("records")
    with _session() as http:

        @retry(stop=stop_after_attempt(5), wait=wait_exponential())
        def send(chunk: Sequence[dict[str, Any]]) -> None:
            http.post(url + PATH, json=payload(chunk)).raise_for_status()

        for at in range(0, len(rows), AT_ONCE):
            send(rows[at : at + AT_ONCE])


def with_dlt(url: str, frame: pd.DataFrame, folder: str) -> None:
    """dlt, with a destination that posts: extract, normalize, load, each by files on the disk."""
    import dlt

    http = _session()

    @dlt.destination(
        batch_size=AT_ONCE,
        loader_file_format="typed-jsonl",
        naming_convention="direct",
        skip_dlt_columns_and_tables=True,
    )
    def ida(items: Any, table: Any) -> None:
        http.post(url + PATH, json=payload(items)).raise_for_status()

    pipeline = dlt.pipeline("contacts", destination=ida, pipelines_dir=folder, progress=None)
    pipeline.run(frame.to_dict("records"), table_name="contacts")


def installed(name: str, way: Callable[[], None]) -> dict[str, Callable[[], None]]:
    """The way where its package is there, and nothing otherwise."""
    import importlib.util

    return {f"pandas + {name}" if name != "dlt" else name: way} if importlib.util.find_spec(name) else {}


def _session() -> requests.Session:
    http = requests.Session()
    http.trust_env = False
    return http
