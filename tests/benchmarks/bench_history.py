"""What one more push costs after many others to the same place: time, and memory, in a process of its own."""

import itertools
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from tests.benchmarks import bench_push, ways
from tests.benchmarks.bench_push import journals
from tests.benchmarks.measure import Line, apart
from tests.benchmarks.server import serving

PUSH = """
import sys, time
from tests.benchmarks import bench_push, ways
url, rows, start = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
frame = ways.contacts(rows, start)
bench_push.push(url, ways.contacts(20, start + rows))  # all modules are loaded
before = bench_push.lowest()
began = time.perf_counter()
assert bench_push.push(url, frame).complete
print(time.perf_counter() - began, bench_push.highest() - before)
"""


class History:
    """Pushes to one place, none with a row of another."""

    def __init__(self, url: str, rows: int) -> None:
        self._url, self._rows = url, itertools.count(step=rows + 1_000)
        self.pushes = 0

    def earlier(self, until: int, rows: int) -> None:
        """As many pushes, as fast as the vendor answers."""
        while self.pushes < until:
            assert bench_push.push(self._url, ways.contacts(rows, next(self._rows))).complete
            self.pushes += 1

    def one_more(self, rows: int, delay: float) -> tuple[float, float]:
        """Seconds and megabytes of another one, where the vendor takes so long for an answer."""
        with answering_after(self._url, delay):
            seconds, megabytes = map(float, apart(PUSH, self._url, str(rows), str(next(self._rows))).split())
        self.pushes += 2
        return seconds, megabytes


@contextmanager
def answering_after(url: str, delay: float) -> Iterator[None]:
    _delay(url, delay)
    try:
        yield
    finally:
        _delay(url, 0.0)


def _delay(url: str, seconds: float) -> None:
    with urllib.request.urlopen(f"{url}/delay/{seconds}", timeout=9) as answer:
        answer.read()


def small(rows: int, histories: list[int], runs: int, delay: float) -> list[Line]:
    """A push of so many rows after none, and after more and more earlier ones of the same size."""
    taken: list[list[tuple[float, float]]] = []
    with serving() as url, journals():
        past = History(url, rows)
        for earlier in histories:
            past.earlier(earlier, rows)
            taken.append([past.one_more(rows, delay) for _ in range(runs)])
    return _lines(f"a push of {rows:,} rows", [f"{n:,} earlier pushes" for n in histories], taken, delay)


def large(rows: int, pushes: int, runs: int, delay: float) -> list[Line]:
    """One push after the other: each is larger than what small ones leave behind."""
    taken: list[list[tuple[float, float]]] = [[] for _ in range(pushes + 1)]
    for _ in range(runs):
        with serving() as url, journals():
            past = History(url, rows)
            for number in range(pushes + 1):
                taken[number].append(past.one_more(rows, delay))
    return _lines(f"a push of {rows:,} rows", [f"{n} of the same size" for n in range(pushes + 1)], taken, delay)


def _lines(what: str, names: list[str], taken: list[list[tuple[float, float]]], delay: float) -> list[Line]:
    """The last against the first, in seconds and megabytes: the least of several runs."""
    lines = []
    for number, unit in enumerate(("s", "MB")):
        values = [[each[number] for each in runs] for runs in taken]
        first, last = min(values[0]), min(values[-1])
        among = ", ".join(f"{min(runs):.3g}" for runs in values)
        note = f"{unit}: {among}" + (f"; {1000 * (last - first):+.0f} ms" if unit == "s" else "")
        what_of = f"{what}, answers after {delay * 1000:.0f} ms: {'time' if unit == 's' else 'memory'}"
        ratio = last / first if first else 1.0
        against = f"after {names[-1]} ÷ after {names[0]}"
        or_so = unit == "s" and not delay  # with an instant server, little is much
        aim = ("≤ 1.15" if delay else "≤ 1.3") + (", or 50 ms more" if or_so else "")
        spread = min(values[-1]) / first, max(values[-1]) / first
        lines.append(Line(what_of, against, ratio, *spread, aim, note, or_so and last - first <= 0.05))
    return lines
