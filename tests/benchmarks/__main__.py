"""python -m tests.benchmarks [--quick] [--only WORD] [--json FILE]

Prints a table of ratios. Both sides of each ran in turns, on this machine, in this run: the numbers in seconds say
nothing about another one. Nothing is asserted.
"""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pandas as pd

from tests.benchmarks import (
    bench_calls,
    bench_history,
    bench_lists,
    bench_many,
    bench_push,
    bench_sheets,
    bench_small,
    bench_start,
    bench_store,
)
from tests.benchmarks.measure import Line, as_json, table

Group = Callable[[], list[Line]]
MANY = {"envelopes × 3 signers": 1_000, "card codes": 10_000, "CarmaChain people": 10_000}
FEW = {"envelopes × 3 signers": 60, "card codes": 400, "CarmaChain people": 2_000}


def groups(quick: bool) -> dict[str, Group]:
    rows, runs = (50_000, 3) if quick else (1_000_000, 3)
    sizes = [1_000, 10_000, 100_000] if quick else [1_000, 10_000, 100_000, 1_000_000]
    large = [100_000] if quick else [100_000, 1_000_000, 3_000_000]
    history, many = ([0, 10, 100], 20_000) if quick else ([0, 10, 100, 1_000], 200_000)
    bad = (50_000, 20) if quick else (1_000_000, 100)
    return {
        "push": partial(bench_push.speed, rows, runs if quick else 5),
        "memory": partial(bench_push.memory, large),
        "bad": partial(bench_push.bad_rows, *bad),
        "resume": partial(bench_push.resume, rows, 0.0),
        "resume of slow": partial(bench_push.resume, rows, 0.05),
        "lists": partial(bench_lists.speed, 10_000 if quick else 100_000, runs if quick else 5),
        "calls": partial(
            bench_calls.near_the_limit, FEW if quick else MANY, [8] if quick else [8, 16, 32], 1 if quick else 2
        ),
        "sheets": partial(bench_sheets.speed, 5_000 if quick else 200_000, 3),
        "small calls": partial(bench_small.speed, 50 if quick else 200, runs if quick else 7),
        "start": partial(bench_start.imports, 3 if quick else 7),
        "demo": bench_start.demo,
        "growth": partial(bench_push.growth, sizes, runs),
        "ledger of small pushes": partial(bench_store.growth, 1_000, [0, 10, 100] if quick else [0, 10, 100, 1_000], 7),
        "ledger of large pushes": partial(bench_store.growth, 20_000 if quick else 200_000, [0, 1, 2, 3, 4, 5], 1),
        "history of small pushes, instant": partial(bench_history.small, 1_000, history, 5, 0.0),
        "history of small pushes, slow": partial(bench_history.small, 1_000, history, 5, 0.05),
        "history of large pushes, instant": partial(bench_history.large, many, 5, 1 if quick else 3, 0.0),
        "history of large pushes, slow": partial(bench_history.large, many, 5, 1 if quick else 3, 0.05),
        "growth of lists": partial(bench_lists.growth, sizes, runs),
        "many ids": partial(bench_many.memory, [20_000] if quick else [200_000, 1_000_000]),
    }


def measured(chosen: dict[str, Group]) -> Iterator[Line]:
    for name, group in chosen.items():
        start = time.perf_counter()
        lines = group()
        print(f"{name}, {time.perf_counter() - start:.0f} s\n{table(lines)}\n", file=sys.stderr)
        yield from lines


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="about a minute: fewer rows, fewer runs")
    parser.add_argument("--only", default="", metavar="WORD", help="the groups with this word in their name")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the lines there too")
    chosen = parser.parse_args()
    lines = list(measured({name: group for name, group in groups(chosen.quick).items() if chosen.only in name}))
    print(table(lines))
    if chosen.json:
        machine = {"python": platform.python_version(), "pandas": pd.__version__, "cores": os.cpu_count()}
        content = {"machine": machine, "quick": chosen.quick, "lines": as_json(lines)}
        chosen.json.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
