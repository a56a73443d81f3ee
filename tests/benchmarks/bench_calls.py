"""Many requests to a server that takes 50 ms for each: how near to what the workers could do at best."""

import io
import time
from collections.abc import Callable
from statistics import median

import pandas as pd
import requests
from pypdf import PdfWriter

import toolkit
from tests.benchmarks.bench_push import journals
from tests.benchmarks.measure import Line
from tests.benchmarks.server import serving

DELAY = 0.05
TOKEN = "t" * 40


def contract() -> bytes:
    writer, made = PdfWriter(), io.BytesIO()
    writer.add_blank_page(595, 842)
    writer.write(made)
    return made.getvalue()


def envelopes(api: toolkit.Api, many: int, workers: int) -> None:
    rows = [
        {
            "contrato": f"c{n}",
            "nombre": f"P {n} {k}",
            "tipo_identificacion": "CC",
            "identificacion": f"{n:05}{k}",
            "email": f"p{n}.{k}@example.co",
        }
        for n in range(many)
        for k in range(3)
    ]
    plan = api.signio.plan_envelopes(pd.DataFrame(rows), "contrato", documents=("contrato.pdf", contract()))
    assert plan.build(options={"workers": workers}).complete


def card_codes(api: toolkit.Api, many: int, workers: int) -> None:
    names = [f"user{n}" for n in range(many)]
    codes = pd.DataFrame({"LogonName": names, "DomainName": "example", "CardCode": [f"00{n}" for n in range(many)]})
    assert api.nddprint.add_card_codes(codes, options={"workers": workers}).complete


def people(api: toolkit.Api, many: int, workers: int) -> None:
    asked = pd.DataFrame({"IdDocument": [f"{10_000_000 + n}" for n in range(many)]})
    report = api.carmachain.request(asked, categories="All categories", options={"workers": workers, "chunk_rows": 10})
    assert report.table["idRequest"].notna().all()


WORK: dict[str, tuple[Callable[[toolkit.Api, int, int], None], str]] = {
    "envelopes × 3 signers": (envelopes, "signio"),
    "card codes": (card_codes, "nddprint"),
    "CarmaChain people": (people, "carmachain"),
}


def near_the_limit(many: dict[str, int], workers: list[int], runs: int) -> list[Line]:
    """The limit is the number of requests × 50 ms ÷ workers; a loop without workers takes all of them."""
    lines = []
    with serving("--delay", str(DELAY)) as url:
        for what, (work, system) in WORK.items():
            for some in workers:
                found = [_shares(url, system, work, many[what], some) for _ in range(runs)]
                ratios = [limit / took for limit, took, _ in found]
                _, took, calls = found[-1]
                note = f"{calls:,} requests in {took:.2f} s; one after the other {calls * DELAY:.0f} s"
                aim = "≥ 0.9" if some == 8 else ""
                title = f"{many[what]:,} {what}, {some} workers"
                lines.append(
                    Line(title, "requests × 50 ms ÷ workers", median(ratios), min(ratios), max(ratios), aim, note)
                )
    return lines


def _shares(
    url: str, system: str, work: Callable[[toolkit.Api, int, int], None], many: int, workers: int
) -> tuple[float, float, int]:
    account = {"base_url": url, "token": TOKEN}
    api = toolkit.connect(**{system: account}, progress=False)
    getattr(api, system)  # signing in, and looking for a keyring, is not what is timed
    with journals():
        before = _requests(url)
        start = time.perf_counter()
        work(api, many, workers)
        took = time.perf_counter() - start
    calls = _requests(url) - before - 1
    return calls * DELAY / min(workers, calls), took, calls


def _requests(url: str) -> int:
    return int(requests.get(f"{url}/requests", timeout=9).json()["requests"])
