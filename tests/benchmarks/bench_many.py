"""Reads of very many ids: how much memory they take beside their table. The vendor answers at once, in this process."""

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pandas as pd
import requests
from urllib3 import HTTPResponse

import toolkit
from tests.benchmarks.bench_calls import contract
from tests.benchmarks.bench_push import highest, journals, lowest
from tests.benchmarks.measure import Line, apart
from toolkit.http.transport import Adapter

Read = Callable[[Any], pd.DataFrame]
IDS = re.compile(rb"id\d{9}")


class Echo:
    """Keeps the answer of a vendor, and gives it to whoever asks from then on."""

    def __init__(self) -> None:
        self._answer: tuple[int, dict[str, str], bytes] | None = None
        self._is_kept = False

    def send(self, adapter: Adapter, request: requests.PreparedRequest, **how: Any) -> requests.Response:
        if not self._is_kept:
            response = send(adapter, request, **how)
            self._answer = response.status_code, dict(response.headers), response.content
        assert self._answer
        status, headers, body = self._answer
        asked = IDS.findall(f"{request.url} {request.body!r}".encode())
        if self._is_kept and asked and body.startswith(b"["):
            (example,) = json.loads(body)
            body = json.dumps([{**example, "idRequest": each.decode()} for each in asked]).encode()
        raw = HTTPResponse(io.BytesIO(body), headers, status, preload_content=False)
        return adapter.build_response(request, raw)

    def keep(self) -> None:
        self._is_kept = True


send = Adapter.send


def statuses(api: toolkit.Api, many: int) -> tuple[Any, Any, Read]:
    """Of envelopes with one document and three signers."""
    people = [
        {
            "c": "c",
            "nombre": f"P {k}",
            "tipo_identificacion": "CC",
            "identificacion": f"{k:05}",
            "email": f"p{k}@example.co",
        }
        for k in range(3)
    ]
    plan = api.signio.plan_envelopes(pd.DataFrame(people), "c", documents=("contrato.pdf", contract()))
    example = [*plan.build().table["id_transaccion"]]
    return example, [f"id{n:09}" for n in range(many)], api.signio.signature_status


def codes(api: toolkit.Api, many: int) -> tuple[Any, Any, Read]:
    """Of users with one card code."""
    user = pd.DataFrame({"LogonName": ["ana.perez"], "DomainName": ["example"], "CardCode": ["00123"]})
    api.nddprint.add_card_codes(user)
    users = pd.DataFrame({"LogonName": [f"id{n:09}" for n in range(many)], "DomainName": "example"})
    return user, users, api.nddprint.card_codes_of


def answers(api: toolkit.Api, many: int) -> tuple[Any, Any, Read]:
    """Of tickets with all that was answered about a person."""
    report = api.carmachain.request([{"PhoneNumber": "0999999999"}], categories="All categories")
    return [*report.table["idRequest"]], [f"id{n:09}" for n in range(many)], lambda ids: api.carmachain.answers(ids=ids)


READS = {"signature_status": statuses, "card_codes_of": codes, "answers": answers}
RUN = """
import sys
from tests.benchmarks import bench_many
print(*bench_many.measured(sys.argv[1], int(sys.argv[2])))
"""


def measured(name: str, many: int) -> tuple[float, float, int]:
    """Megabytes above the ids, those of the table, and its rows."""
    echo = Echo()
    with journals(), toolkit.start_sandbox() as box:
        example, ids, read = READS[name](box.connect(progress=False), many)
        with patch.object(Adapter, "send", lambda adapter, request, **how: echo.send(adapter, request, **how)):
            read(example)
            echo.keep()
            before = lowest()
            table = read(ids)
            peak = highest() - before
    return peak, table.memory_usage(deep=True).sum() / 2**20, len(table)


def memory(sizes: list[int]) -> list[Line]:
    """The peak while a table is read, as many times the size of the table."""
    lines = []
    for name in READS if Path("/proc/self/clear_refs").exists() else ():
        for many in sizes:
            peak, table, rows = map(float, apart(RUN, name, str(many)).split())
            note = f"{peak:,.0f} MB above the ids; {rows:,.0f} rows"
            lines.append(
                Line(f"memory of {name}, {many:,} ids", f"its table, {table:,.0f} MB", *[peak / table] * 3, "≤ 2", note)
            )
    return lines
