"""Ways of doing the same thing, timed in turns, and the lines that say how they compare."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

Ways = Mapping[str, Callable[[], object]]


@dataclass(frozen=True)
class Line:
    """One comparison. `ratio` is dimensionless: both sides ran in turns, in one process, on one machine."""

    what: str
    against: str
    ratio: float
    low: float
    high: float
    aim: str = ""
    note: str = ""
    otherwise_met: bool = False  # by the other way that the aim names

    @property
    def met(self) -> str:
        if not self.aim:
            return ""
        if self.otherwise_met:
            return "yes"
        sign, limit = self.aim.replace(",", "").split()[:2]
        return "yes" if (self.ratio >= float(limit) if sign == "≥" else self.ratio <= float(limit)) else "no"


def in_turns(ways: Ways, runs: int) -> dict[str, list[float]]:
    """Seconds of each way in each of several rounds; every round runs all of them."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(runs):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            taken[name].append(time.perf_counter() - start)
    return taken


def faster(
    what: str, taken: Mapping[str, list[float]], ours: str, aims: Mapping[str, str], scale: Mapping[str, float]
) -> list[Line]:
    """How many times as fast as each other way ours is: the median over the rounds, and the extremes.

    `scale` says by how much the time of a way is to be multiplied that did only a part of the work.
    """
    whole = {name: [scale.get(name, 1) * t for t in times] for name, times in taken.items()}
    mine, lines = whole.pop(ours), []
    for name, times in whole.items():
        ratios = [theirs / own for theirs, own in zip(times, mine, strict=True)]
        note = f"{statistics.median(mine):.2f} s against {statistics.median(times):.2f} s"
        lines.append(Line(what, name, statistics.median(ratios), min(ratios), max(ratios), aims.get(name, ""), note))
    return lines


def here() -> dict[str, str]:
    """The environment of an interpreter that finds these benchmarks, and keeps what it compiles, as a user's does."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPATH": str(Path(__file__).parents[2])}


def apart(code: str, *arguments: str) -> str:
    """What a fresh interpreter prints that runs this code."""
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, env=here(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout


def table(lines: list[Line]) -> str:
    head = ("what", "against", "ratio", "spread", "aim", "met", "")
    rows = [
        (ln.what, ln.against, f"{ln.ratio:.3g}", f"{ln.low:.3g} to {ln.high:.3g}", ln.aim, ln.met, ln.note)
        for ln in lines
    ]
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in (head, *rows)
    )


def as_json(lines: list[Line]) -> list[dict[str, Any]]:
    return [asdict(line) | {"met": line.met} for line in lines]
