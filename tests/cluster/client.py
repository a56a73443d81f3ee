"""A client that pushes a Dask DataFrame from a cluster of two processes: `python -m tests.cluster.client ADDRESS …`.

It prints the outcomes as JSON, and how much memory it used. It can be killed, and started again.
"""

import argparse
import json
import os
import resource
import signal
import sys
import threading
import time
from typing import Any

import numpy as np
import pandas as pd

import toolkit


def part(start: int, rows: int) -> pd.DataFrame:
    """Rows that no other partition has."""
    numbers = np.arange(start, start + rows).astype(str).astype(object)
    return pd.DataFrame({"EMAIL": "ana" + numbers + "@example.cl", "NOMBRE": "Ana " + numbers})


def table(rows: int, partitions: int) -> Any:
    """The same rows at every call."""
    import dask.dataframe as dd

    size = rows // partitions
    meta = part(0, 1).iloc[:0]
    return dd.from_map(part, range(0, rows, size), rows=size, meta=meta)


def main(arguments: list[str]) -> None:
    from dask.distributed import Client, LocalCluster

    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--partitions", type=int, default=20)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kill-worker", type=float, help="seconds after which a worker is killed")
    chosen = parser.parse_args(arguments)
    cluster = LocalCluster(n_workers=chosen.workers, threads_per_worker=1, dashboard_address=None)
    with cluster, Client(cluster):
        victim = next(iter(cluster.workers.values())).pid
        killer = threading.Timer(chosen.kill_worker or 0, os.kill, (victim, signal.SIGKILL))
        if chosen.kill_worker:
            killer.start()
        settings = {"base_url": chosen.address, "token": "t" * 40, "identity": "cluster"}
        api, start = toolkit.connect(ida=settings, progress=False), time.monotonic()
        rows, memory = table(chosen.rows, chosen.partitions), Memory()
        used = time.process_time()
        report = api.ida.insert_records(11111, rows, options={"watch": memory})
        took, used = time.monotonic() - start, time.process_time() - used
        killed = bool(chosen.kill_worker) and not killer.is_alive()
        told = {
            "outcomes": report.summary.to_dict(),
            "seconds": took,
            "processor_seconds": used,
            "killed": killed,
            **memory.told(),
        }
    sys.stdout.write(json.dumps(told) + "\n")


class Memory:
    """The writer's resident memory at every tenth of the way."""

    def __init__(self) -> None:
        self._megabytes: list[float] = []

    def __call__(self, progress: Any) -> None:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123
            self._megabytes.append(int(file.read().split()[1]) * resource.getpagesize() / 1e6)

    def told(self) -> dict[str, Any]:
        every = max(1, len(self._megabytes) // 10)
        return {"megabytes": [round(m) for m in self._megabytes[::every]]}


if __name__ == "__main__":
    main(sys.argv[1:])
