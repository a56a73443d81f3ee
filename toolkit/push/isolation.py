"""A request of many rows was refused: find the guilty ones, so that they cost their neighbours nothing.

By the value that the refusal names, else by halves. Functions of the ledger: each part is an operation of its own, so
that a crash on the way resumes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Protocol

import numpy as np

from toolkit.plain import message
from toolkit.push.states import IN, Ledger, Operation, Ranges, State, cut, positions, ranges

SECOND_HALF = "second half"
ENOUGH_REFUSALS = 10
JUDGED_ROWS = 200
SUSPICIOUS = 6  # refusals after which some rows from all over are tried alone
PROBES = 5


class Suspect(NamedTuple):
    """A row that a refusal seems to name. `certain`: the refusal names its value, and no other row has it."""

    position: int  # in the push
    column: str
    certain: bool
    message: str = ""  # why this row, where the refusal says so


class Refusal(Protocol):
    """What is known of a refusal beyond what the ledger keeps."""

    @property
    def suspects(self) -> Sequence[Suspect]: ...


def reject(ledger: Ledger, operation: Operation, refusal: Refusal | None) -> int:
    """All its rows are refused. How many these are."""
    named = {s.position: s for s in refusal.suspects} if refusal else {}
    for position in positions(operation.rows).tolist():
        suspect = named.get(position)
        why = suspect.message if suspect and suspect.message else operation.message
        ledger.blame(operation.push, position, why, suspect.column if suspect else None)
    ledger.put_operation(replace(operation, state=State.REJECTED, note=operation.message))
    return operation.size


def part(ledger: Ledger, operation: Operation, refusal: Refusal | None) -> int:
    """One row is refused; of many, the rows that are named are, and the others are sent again. How many are refused."""
    if operation.size == 1:
        return reject(ledger, operation, refusal)
    if refusal is not None and refusal.suspects:
        return _by_value(ledger, operation, refusal.suspects)
    halve(ledger, operation, infer=True)
    return 0


def halve(ledger: Ledger, operation: Operation, *, infer: bool = False) -> None:
    """In two; with `infer`, an accepted first half shows that the second is bad."""
    half = (operation.size - 1) // 2 if operation.size > 20 else operation.size // 2  # two sizes that differ
    first, second = cut(operation.rows, [half])
    _replace(ledger, operation, [first, second], ["", SECOND_HALF if infer else ""])


def known_bad(ledger: Ledger, operation: Operation) -> int:
    """Where its rows must hold a bad one, as the other half was accepted, it is parted without being sent.

    1 more than the number of rows that are refused by that; 0 where nothing is known.
    """
    if operation.note != SECOND_HALF or operation.sendings or operation.parent is None:
        return 0
    if ledger.operation(operation.id - 1).state not in IN:
        return 0
    whole = ledger.operation(operation.parent)
    return 1 + part(ledger, replace(operation, message=whole.message, status=whole.status, code=whole.code), None)


def probe(ledger: Ledger, operation: Operation) -> list[int]:
    """Some rows from all over it become operations of their own: they tell the guilty few from all."""
    where = positions(operation.rows)
    chosen = np.linspace(0, len(where) - 1, PROBES, dtype=np.int64)
    parts = [ranges(where[[n]]) for n in chosen]
    return _replace(ledger, operation, [*parts, ranges(np.delete(where, chosen))], [""] * (PROBES + 1))[:PROBES]


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
class Mapping:
    """Whether the refusals of one run look like a column in the wrong place."""

    requests: int = 0  # refused
    rejected: int = 0  # rows
    taken: int = 0  # rows
    probes: list[int] = field(default_factory=list)

    def accepted(self, operation: Operation) -> None:
        self.taken += operation.size

    def refused(self, rows: int) -> None:
        """A request was; by it, so many rows are."""
        self.requests += 1
        self.rejected += rows

    def wants_probes(self) -> bool:
        return not self.probes and self.requests >= max(SUSPICIOUS, self.taken)

    def suspicion(self, ledger: Ledger, max_rejected: float) -> str:
        """Why it looks like a wrong mapping; "" where it does not."""
        guilty = sum(ledger.operation(probe).state is State.REJECTED for probe in self.probes)
        rows = self.rejected + self.taken
        if max_rejected < 1 and not self.taken and self.requests >= ENOUGH_REFUSALS:
            return message("{requests} requests were refused and none was accepted", requests=self.requests)
        if guilty > max(PROBES / 2, PROBES * max_rejected):
            return message("{guilty} of {probes} rows from all over were refused", guilty=guilty, probes=PROBES)
        if rows >= JUDGED_ROWS and self.rejected > max_rejected * rows:
            return message("{rejected:,} of the first {rows:,} rows were refused", rejected=self.rejected, rows=rows)
        return ""
