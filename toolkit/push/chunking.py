"""How many rows a request carries: few at first, more while the vendor answers fast, fewer where that went wrong.

A size names its request: it is unlike every size that a second copy may still land of, and unlike every one that was
sent again. Between two looks, sizes ascend strictly. None is round, as somebody else's import would be.
"""

import itertools
from dataclasses import replace

from toolkit.push.states import Ledger, Operation, cut

FIRST = 487
UNPROVED = 37  # until an acknowledged operation was once counted here: little is at stake
FEW = 10  # rows that may be somebody typing: a size from here on names its request
FAST = 0.25  # seconds: a vendor that answers within them gets twice as many rows the next time
LARGEST = 1 << 20  # bytes in a body; a common limit of proxies
ROUND = 50
AHEAD = 8  # operations whose sizes are spoken for before they are sent


class Sizes:
    """The sizes of one run."""

    def __init__(self, most: int, *, counted: bool = True) -> None:
        self.most = max(1, most)
        self.limit = min(FIRST, self.most)
        self._counted = counted

    def fit(self, ledger: Ledger, operation: Operation, latest: int = 0, slots: int = 1) -> Operation:
        """The operation, or as much of it as goes now.

        `latest`: the size before it, where nobody looked since. `slots`: how many more go before somebody looks.
        """
        if not self._counted:
            whole = operation.sendings or operation.size <= self.limit
            return operation if whole else cut_off(ledger, operation, self.limit)
        if operation.sendings or operation.size <= min(FEW, self.most):
            return operation
        if self.most <= FEW:
            return cut_off(ledger, operation, self.most)
        unsettled = ledger.unsettled(ledger.push(operation.push).lock)
        used = {o.size for o in unsettled if o.sendings and o.id != operation.id}
        waiting = ledger.sendable(operation.push, AHEAD)
        used |= {o.size for o in waiting if o.id != operation.id}  # those that go whole bear their own
        baseline = ledger.baseline()
        limit = self.limit if baseline is None or baseline.proved else min(UNPROVED, self.limit)
        size = _size(operation.size, limit, used, latest, slots)
        return operation if size == operation.size else cut_off(ledger, operation, size)

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


def _size(rows: int, limit: int, used: set[int], latest: int, slots: int) -> int:
    def names(n: int) -> bool:
        return n >= FEW and n % ROUND > 0 and n not in used

    fits = (n for n in range(min(rows, limit), FEW - 1, -1) if names(n) and (rows == n or rows - n >= FEW))
    if rows <= limit:
        if names(rows) and (rows > latest or not latest):
            return rows
        parts = [n for n in fits if rows - n != n and names(rows - n)]  # the last ones, in two that name themselves
        return parts[len(parts) // 2] if parts else rows
    some = [*itertools.islice(fits, slots)]
    above = [n for n in some if n > latest] or some
    return above[-1] if above else limit


def cut_off(ledger: Ledger, operation: Operation, size: int) -> Operation:
    """Its first rows as an operation of their own; it keeps the others."""
    first, rest = cut(operation.rows, [size])
    ledger.put_operation(replace(operation, rows=rest, size=operation.size - size, note=""))
    return ledger.add_operation(replace(operation, id=0, rows=first, size=size, note=""))
