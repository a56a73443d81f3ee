"""Five million rows from 50 partitions: a worker is killed, the client is killed half-way and started again.

`python -m tests.cluster.large [--rows N] [--workers N]` prints what became of the rows, the time, and the memory of the
writer, as the kernel counts it. It takes some minutes: no everyday test.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from tests.benchmarks.server import serving

ROOT = Path(__file__).parents[2]
TENTHS = 10


def counted(address: str) -> int:
    """The rows that the vendor has."""
    with urllib.request.urlopen(f"{address}/api/v2/database/11111") as answer:
        return int(json.load(answer)["data"]["rowCounter"])


def megabytes(process: "subprocess.Popen[str]", what: str) -> int:
    """`VmRSS`, which is in use now, or `VmHWM`, the most that was; 0 once the process has ended."""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    return int((status.partition(f"{what}:")[2].split() or ["0"])[0]) // 1024


def watched(process: "subprocess.Popen[str]", address: str, rows: int, until: int) -> dict[str, Any]:
    """The memory of the writer at each tenth of the rows, until so many are in or it has ended."""
    began, at_tenths, peak = time.monotonic(), dict[str, int](), 0
    while process.poll() is None and (there := counted(address)) < until:
        at_tenths.setdefault(f"{there * TENTHS // rows}/{TENTHS}", megabytes(process, "VmRSS"))
        peak = max(peak, megabytes(process, "VmHWM"))
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.5)
    return {"seconds": round(time.monotonic() - began, 1), "VmRSS": at_tenths, "VmHWM": peak}


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--partitions", type=int, default=50)
    parser.add_argument("--workers", type=int, default=2)
    chosen = parser.parse_args(arguments)
    rows, facts = chosen.rows, {"load": os.getloadavg()}
    with serving() as address, tempfile.TemporaryDirectory() as state:

        def start(*more: str) -> "subprocess.Popen[str]":
            sizes = ("--rows", str(rows), "--partitions", str(chosen.partitions), "--workers", str(chosen.workers))
            command = [sys.executable, "-W", "ignore", "-m", "tests.cluster.client", address, *sizes, *more]
            environment = {**os.environ, "PYTHONPATH": str(ROOT), "TOOLKIT_STATE": state}
            return subprocess.Popen(
                command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            )

        first = start("--kill-worker", str(rows / 1_000_000))
        facts["first"] = watched(first, address, rows, rows // 2)
        first.kill()
        first.communicate()
        facts["killed at"] = counted(address)
        again = start()
        facts["again"] = watched(again, address, rows, rows + 1)
        told = json.loads(again.communicate()[0].splitlines()[-1])
        facts |= {"outcomes": told["outcomes"], "there": counted(address), "client": told}
    sys.stdout.write(json.dumps(facts, indent=1) + "\n")
    assert facts["there"] == told["outcomes"]["verified"] + told["outcomes"]["accepted"] == rows


if __name__ == "__main__":
    main(sys.argv[1:])
