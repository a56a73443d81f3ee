"""Rows into a database of contacts: speed, memory, bad rows, resuming, growth."""

import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import requests

import toolkit
from tests.benchmarks import ways
from tests.benchmarks.measure import Line, apart, faster, here, in_turns
from tests.benchmarks.server import serving
from tests.helpers.waiting import wait_until

NO_WAIT = {"settle_wait": 0.0, "settle_stable": 0.0}  # what the vendor needs to come to rest is not our speed
OURS = "insert_records"


@contextmanager
def journals() -> Iterator[None]:
    """A state folder of its own, on the disk where the user's would be: the journal is to be as slow as it is."""
    with tempfile.TemporaryDirectory() as folder:
        before = os.environ.get("TOOLKIT_STATE")
        os.environ["TOOLKIT_STATE"] = folder
        try:
            yield
        finally:
            os.environ.pop("TOOLKIT_STATE") if before is None else os.environ.update(TOOLKIT_STATE=before)


def push(url: str, rows: Any, **settings: Any) -> toolkit.Report:
    api = toolkit.connect(ida={"base_url": url, "token": "a" * 20}, progress=False)
    return api.ida.insert_records(ways.DATABASE, rows, options=NO_WAIT | settings)


def fresh_push(url: str, rows: Any) -> None:
    with journals():
        assert push(url, rows).complete


def speed(rows: int, runs: int) -> list[Line]:
    frame = ways.contacts(rows)
    made, part, tenth = ways.bodies(frame), frame[: rows // 50], frame[: rows // 10]
    with serving() as url, tempfile.TemporaryDirectory() as folder:
        all_ways = {
            OURS: lambda: fresh_push(url, frame),
            "the limit: ready-made bytes": lambda: ways.ready_made(url, made),
            "a plain good loop": lambda: ways.good_loop(url, frame),
            "a typical iterrows notebook": lambda: ways.notebook(url, part),
            **ways.installed("tenacity", lambda: ways.with_tenacity(url, frame)),
            **ways.installed("dlt", lambda: ways.with_dlt(url, tenth, folder)),
        }
        taken = in_turns(all_ways, runs)
    aims = {"the limit: ready-made bytes": "≥ 0.4", "a plain good loop": "≥ 3", "a typical iterrows notebook": "≥ 10"}
    scale = {"a typical iterrows notebook": 50.0, "dlt": 10.0}
    return faster(f"push of {rows:,} rows × 6", taken, OURS, aims, scale)


MEMORY = """
import sys
from tests.benchmarks import bench_push, ways
rows, way, url = int(sys.argv[1]), sys.argv[2], sys.argv[3]
step = 50_000
parts = (ways.contacts(min(step, rows - at), at) for at in range(0, rows, step))
given = ways.contacts(rows) if way == "frame" else parts
before = bench_push.lowest()
bench_push.fresh_push(url, given)
print(bench_push.highest() - before)
"""


def lowest() -> float:
    """Megabytes in use; from here on, the peak counts anew (Linux)."""
    Path("/proc/self/clear_refs").write_text("5")
    return highest()


def highest() -> float:
    text = Path("/proc/self/status").read_text()
    return int(text.partition("VmHWM:")[2].split()[0]) / 1024


def memory(sizes: list[int]) -> list[Line]:
    """Megabytes above the frame, by the kernel's own count."""
    lines = []
    if not Path("/proc/self/clear_refs").exists():
        return lines
    for way, rows in itertools.product(("frame", "iterator"), sizes):
        with serving() as url:
            peak = float(apart(MEMORY, str(rows), way, url))
        given = "above the frame" if way == "frame" else "from an iterator, frames of 50,000 rows"
        lines.append(Line(f"memory of a push of {rows:,} rows", f"MB {given}", peak, peak, peak, "≤ 100"))
    return lines


def bad_rows(rows: int, bad: int) -> list[Line]:
    """Requests that bad rows cost, above those of a clean push."""
    lines = []
    clean = asked("named", ways.contacts(rows))
    frame = ways.contacts(rows)
    frame.loc[np.linspace(0, rows - 1, bad).astype(int), "EMAIL"] = [f"p{n}@refused.example" for n in range(bad)]
    for how, aim in (("named", "≤ 2"), ("unnamed", f"≤ {2 * np.log2(3896):.0f}")):
        each = (asked(how, frame) - clean) / bad
        against = {"named": "the vendor names the value", "unnamed": "it does not: by halves"}[how]
        note = "row by row: one request for each row of a refused chunk"
        lines.append(Line(f"requests for each of {bad} bad rows in {rows:,}", against, each, each, each, aim, note))
    return lines


def asked(refuse: str, frame: pd.DataFrame) -> int:
    """How many requests a push makes."""
    with serving("--refuse", refuse) as url, journals():
        told = push(url, frame, max_rejected=1.0).summary
        assert told["verified"] + told["rejected"] == len(frame)
        return int(requests.get(f"{url}/requests", timeout=9).json()["requests"])


RUN = """
import sys
from tests.benchmarks import bench_push, ways
bench_push.push(sys.argv[1], ways.contacts(int(sys.argv[2])))
"""


def resume(rows: int, delay: float) -> list[Line]:
    """Go on after the process was killed when nine tenths were in."""
    frame = ways.contacts(rows)
    with serving("--delay", str(delay)) as url:
        start = time.perf_counter()
        fresh_push(url, frame)
        whole = time.perf_counter() - start
    with serving("--delay", str(delay)) as url, journals():
        with subprocess.Popen([sys.executable, "-c", RUN, url, str(rows)], env=here()) as process:
            wait_until(lambda: stored(url) >= 0.9 * rows, most=3600, process=process)
            process.kill()
        start = time.perf_counter()
        told = push(url, frame)
        rest = time.perf_counter() - start
        assert told.complete
        assert stored(url) == rows
    what = f"resume of {rows:,} rows killed at 90 %, answers after {delay * 1000:.0f} ms"
    ratio = rest / whole
    return [Line(what, "the whole push", ratio, ratio, ratio, "≤ 0.15", f"{rest:.2f} s against {whole:.2f} s")]


def stored(url: str) -> int:
    about = requests.get(f"{url}/api/v2/database/1", timeout=9).json()
    return int(about["data"]["rowCounter"])


def growth(sizes: list[int], runs: int) -> list[Line]:
    """The exponent of the time over the rows."""
    frames = {rows: ways.contacts(rows) for rows in sizes}
    with serving() as url:
        fresh_push(url, frames[sizes[0]])
        times = [[seconds(lambda f=frame: fresh_push(url, f)) for frame in frames.values()] for _ in range(runs)]
    return [exponent("growth of a push", sizes, times)]


def seconds(work: Any) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def exponent(what: str, sizes: list[int], times: list[list[float]]) -> Line:
    slopes = [float(np.polyfit(np.log(sizes), np.log(row), 1)[0]) for row in times]
    against = f"a straight line, {sizes[0]:,} to {sizes[-1]:,} rows"
    return Line(what, against, statistics.median(slopes), min(slopes), max(slopes), "≤ 1.05")
