"""How rows are cut into requests: how many of them at first, and again where a request of many was refused.

A size names its request: it is unlike every size that a second copy may still land of, and unlike every one that was
sent again. Between two looks, sizes ascend strictly. None is round, as somebody else's import would be. Few rows go at
first, more while the vendor answers fast, fewer where that went wrong.

Of many that are refused the guilty are found, so that they cost their neighbours nothing: by the value that the refusal
names, else by halves. All are functions of the ledger: each part is an operation of its own, so that a crash on the way
resumes.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from toolkit.plain import message
from toolkit.push.states import IN, Ledger, Operation, Ranges, State, cut, positions, ranges

FIRST = 487
UNPROVED = 37  # until an acknowledged operation was once counted here: little is at stake
FEW = 10  # rows that may be somebody typing: a size from here on names its request
FAST = 0.25  # seconds: a vendor that answers within them gets twice as many rows the next time
LARGEST = 1 << 20  # bytes in a body; a common limit of proxies
ROUND = 50
AHEAD = 8  # operations whose sizes are spoken for before they are sent
SECOND_HALF = "second half"
ENOUGH_REFUSALS = 10
ENOUGH_ROWS = 200
SUSPICIOUS = 6  # refusals after which some rows from all over are tried alone
PROBES = 5


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


# ── of many that are refused, the guilty ──


class Suspect(NamedTuple):
    """A row that a refusal seems to name. `certain`: the refusal names its value, and no other row has it."""

    position: int  # in the push
    column: str
    certain: bool
    message: str = ""  # why this row, where the refusal says so


def reject(ledger: Ledger, operation: Operation, suspects: Sequence[Suspect] = ()) -> int:
    """All its rows are refused. How many these are."""
    named = {s.position: s for s in suspects}
    for position in positions(operation.rows).tolist():
        suspect = named.get(position)
        why = suspect.message if suspect and suspect.message else operation.message
        ledger.blame(operation.push, position, why, suspect.column if suspect else None)
    ledger.put_operation(replace(operation, state=State.REJECTED, note=operation.message))
    return operation.size


def acknowledge(ledger: Ledger, operation: Operation, doubtful: Sequence[int]) -> None:
    """The vendor said yes; of these rows of the push nobody knows it all the same."""
    ledger.put_operation(replace(operation, state=State.ACKNOWLEDGED))
    for each in ledger.operations(operation.push) if doubtful else ():
        where = positions(each.rows)
        doubted = np.isin(where, doubtful)
        if each.state is not State.ACKNOWLEDGED or not doubted.any():
            continue
        note = message("the vendor said yes, and its answer holds nothing for this row, or what others have too")
        unknown = replace(each, state=State.UNKNOWN, note=note)
        if doubted.all():
            ledger.put_operation(unknown)
            continue
        ledger.put_operation(replace(each, state=State.REPLACED))
        for rows, new in (where[doubted], unknown), (where[~doubted], each):
            ledger.add_operation(replace(new, rows=ranges(rows), size=len(rows), parent=each.id))


def part(ledger: Ledger, operation: Operation, suspects: Sequence[Suspect] = ()) -> int:
    """One row is refused; of many, the rows that are named are, and the others are sent again. How many are refused."""
    if operation.size == 1:
        return reject(ledger, operation, suspects)
    if suspects:
        return _by_value(ledger, operation, suspects)
    halve(ledger, operation, infer=True)
    return 0


def halve(ledger: Ledger, operation: Operation, *, infer: bool = False) -> None:
    """In two; with `infer`, an accepted first half shows that the second is bad."""
    half = (operation.size - 1) // 2 if operation.size > 20 else operation.size // 2  # two sizes that differ
    first, second = cut(operation.rows, [half])
    _replace(ledger, operation, [first, second], ["", SECOND_HALF if infer else ""])


def known_bad(ledger: Ledger, operation: Operation) -> bool:
    """Where its rows must hold a bad one, as the other half was accepted, they are parted without being sent.

    A row alone is sent: what was refused once may have been a hiccup of the vendor.
    """
    if operation.note != SECOND_HALF or operation.sendings or operation.parent is None or operation.size == 1:
        return False
    if ledger.operation(operation.id - 1).state not in IN:
        return False
    whole = ledger.operation(operation.parent)
    part(ledger, replace(operation, message=whole.message, status=whole.status, code=whole.code))
    return True


def probe(ledger: Ledger, ready: Sequence[Operation]) -> list[int]:
    """Some rows from all over the largest of these get operations of their own: they tell the guilty few from all."""
    largest = max(ready, key=lambda o: o.size, default=None)
    if largest is None or largest.size <= PROBES or largest.sendings:
        return []
    where = positions(largest.rows)
    chosen = np.linspace(0, len(where) - 1, PROBES, dtype=np.int64)
    parts = [ranges(where[[n]]) for n in chosen]
    return _replace(ledger, largest, [*parts, ranges(np.delete(where, chosen))], [""] * (PROBES + 1))[:PROBES]


def _by_value(ledger: Ledger, operation: Operation, suspects: Sequence[Suspect]) -> int:
    """The rest in one request; a row that is named beyond doubt is refused, the others are tried alone."""
    where = positions(operation.rows)
    named = [s.position for s in suspects]
    rest = where[~np.isin(where, named)]
    parts: list[Ranges] = [((p, p + 1),) for p in named]
    children = _replace(ledger, operation, [*parts, *([ranges(rest)] if len(rest) else [])], [""] * (len(parts) + 1))
    for child, suspect in zip(children, suspects, strict=False):
        if suspect.certain:
            why = suspect.message or operation.message
            ledger.blame(operation.push, suspect.position, why, suspect.column)
            ledger.put_operation(replace(ledger.operation(child), state=State.REJECTED, note=operation.message))
    return sum(suspect.certain for suspect in suspects)


def _replace(ledger: Ledger, operation: Operation, parts: Sequence[Ranges], notes: Sequence[str]) -> list[int]:
    """Its rows as new operations. Not one row more or less."""
    sizes = [sum(stop - start for start, stop in rows) for rows in parts]
    if sum(sizes) != operation.size:
        raise AssertionError("a part keeps every row once")
    ledger.put_operation(replace(operation, state=State.REPLACED))
    new = [
        Operation(0, operation.push, rows, size, operation.kind, parent=operation.id, note=note)
        for rows, size, note in zip(parts, sizes, notes, strict=False)
    ]
    return [ledger.add_operation(each).id for each in new]


# ── whether going on makes sense ──


@dataclass(slots=True)
class MappingCheck:
    """Whether the refusals of one run look like a column in the wrong place."""

    requests: int = 0  # refused
    rejected: int = 0  # rows
    taken: int = 0  # rows
    probes: list[int] = field(default_factory=list)

    def refused(self, rows: int) -> None:
        """A request was; by it, so many rows are."""
        self.requests += 1
        self.rejected += rows

    def wants_probes(self) -> bool:
        return not self.probes and self.requests >= max(SUSPICIOUS, self.taken)

    def suspicion(self, ledger: Ledger, push: str, max_rejected: float) -> str:
        """Why it looks like a wrong mapping; "" where it does not."""
        guilty = sum(ledger.operation(probe).state is State.REJECTED for probe in self.probes)
        rows = self.rejected + self.taken
        if max_rejected < 1 and not self.taken and self.requests >= ENOUGH_REFUSALS:
            why = message("{requests} requests were refused and none was accepted", requests=self.requests)
        elif guilty > max(PROBES / 2, PROBES * max_rejected):
            why = message("{guilty} of {probes} rows from all over were refused", guilty=guilty, probes=PROBES)
        elif rows >= ENOUGH_ROWS and self.rejected > max_rejected * rows:
            why = message("{rejected:,} of the first {rows:,} rows were refused", rejected=self.rejected, rows=rows)
        else:
            return ""
        texts = "; ".join(dict.fromkeys(error for error, _ in ledger.blames(push).values()))[:300]
        text = (
            "{why}: this looks like a column in the wrong place. First messages: {texts}. To send the "
            "rest all the same, run it again with a higher max_rejected"
        )
        return message(text, why=why, texts=texts)
