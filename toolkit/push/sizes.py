"""How many rows a request carries: few at first, more while the vendor answers fast, fewer where that went wrong.

Sizes that follow each other differ, so that a counter's rise names its request. One request after the other, they step
by 7; several at a time, they differ by powers of two, so that no two sets of them add up to the same. None is round,
as somebody else's import would be. Where nobody counts, they may be alike.
"""

import itertools
from collections.abc import Callable

import numpy as np

from toolkit.push.options import Options

FIRST = 487
STEP, STEPS = 7, 16
FAST = 0.25  # seconds: a vendor that answers within them gets twice as many rows the next time
LARGEST = 1 << 20  # bytes in a body; a common limit of proxies


class Sizes:
    """The sizes of one sitting."""

    def __init__(self, options: Options, counted: bool = True) -> None:
        self.most = max(1, options.chunk_rows)
        self.limit = min(FIRST, self.most)
        self._counted, self._workers, self._number = counted, options.workers, 0

    def next(self) -> int:
        """The size of the next request, unlike those before it."""
        less = _less(self.limit, self._workers) if self._counted else [0]
        self._number += 1
        return max(1, self.limit - less[self._number % len(less)])

    def cut(self, size: int, resent: bool, avoids: Callable[[int], bool]) -> int:
        """Where to cut rows that are too many or could be mistaken; 0 where they stay whole, or no cut helps."""
        too_large = size > (self.most if resent else self.limit)
        if size == 1 or not (too_large or (not resent and avoids(size))):
            return 0
        wanted = min(self.next(), size - 1) if too_large else (size - 1) // 2
        fine = (n for n in range(wanted, 0, -1) if not (avoids(n) or (not too_large and avoids(size - n))))
        return next(fine, wanted if too_large else 0)

    def fast(self, rows: int, size: int, seconds: float) -> None:
        """So many rows, in a body of this size, were accepted in this time."""
        if seconds < FAST and 2 * rows > self.limit:
            self.limit = max(self.limit, min(2 * self.limit, self.most, rows * LARGEST // max(1, size)))

    def doubtful(self) -> None:
        """No trustworthy answer came: little is put at stake until the vendor answers fast again."""
        self.limit = min(FIRST, self.most)

    def too_large(self, rows: int) -> None:
        """So many rows were too large a request."""
        self.most = max(1, min(rows - 1, rows // 2 + 1))
        self.limit = min(self.limit, self.most)


def plan(rows: int, together: bool, options: Options) -> list[np.ndarray]:
    """Row positions by op: one row alone first, which shows that counting works; then blocks, cut when they are sent.

    Where rows do not travel together, each is an op.
    """
    if not together:
        return [np.array([i]) for i in range(rows)]
    most = max(1, options.chunk_rows)
    block = sum(max(1, most - less) for less in _less(most, options.workers))
    edges = [0, *range(1, rows, block), rows] if rows else []
    return [np.arange(start, end) for start, end in itertools.pairwise(edges)]


def _less(limit: int, workers: int) -> list[int]:
    """By how much the sizes of one round stay below the limit: by half of it at most, however many the workers."""
    if workers > 1:
        return [2**i for i in range(workers) if 2 ** (i + 1) <= limit] or [0]
    return [STEP * i for i in range(min(STEPS, 1 + limit // (2 * STEP)))]
