"""A ledger in memory: the same as the one on disk, for simulations."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from toolkit.push.states import IN, LIFE, SENDABLE, Baseline, EventKind, Operation, Push, Stamp, State


class MemoryLedger:
    """Everything in it is immutable, so that a snapshot is a few shallow copies."""

    def __init__(self) -> None:
        self._pushes: dict[str, Push] = {}
        self._operations: dict[int, Operation] = {}
        self._baseline: Baseline | None = None
        self._results: dict[tuple[str, int], Mapping[str, Any]] = {}
        self._blames: dict[tuple[str, int], tuple[str, str | None]] = {}
        self._sent = 0.0  # when the latest request was
        self._depth = 0

    def confirm(self) -> None:
        """Nobody else is there."""

    def copy(self) -> "MemoryLedger":
        """One that goes on by itself."""
        other = MemoryLedger()
        other._pushes, other._operations = dict(self._pushes), dict(self._operations)
        other._results, other._blames = dict(self._results), dict(self._blames)
        other._baseline, other._sent = self._baseline, self._sent
        return other

    @contextmanager
    def transaction(self) -> Iterator[None]:
        before = None if self._depth else self.copy()
        self._depth += 1
        try:
            yield
        except BaseException:
            if before is not None:
                self._pushes, self._operations, self._baseline = before._pushes, before._operations, before._baseline
                self._results, self._blames, self._sent = before._results, before._blames, before._sent
            raise
        finally:
            self._depth -= 1

    def baseline(self) -> Baseline | None:
        return self._baseline

    def set_baseline(self, baseline: Baseline) -> None:
        self._baseline = baseline

    def push(self, id: str) -> Push:
        return self._pushes[id]

    def pushes(self) -> list[Push]:
        return list(self._pushes.values())

    def put_push(self, push: Push) -> None:
        self._pushes[push.id] = push

    def operation(self, id: int) -> Operation:
        return self._operations[id]

    def operations(self, push: str) -> list[Operation]:
        return [o for o in self._operations.values() if o.push == push]

    def unsettled(self, lock: str) -> list[Operation]:
        mine = (o for o in self._operations.values() if self._pushes[o.push].lock == lock)
        return [o for o in mine if o.unsettled]

    def unknown(self, lock: str) -> list[Operation]:
        mine = (o for o in self._operations.values() if self._pushes[o.push].lock == lock)
        return [o for o in mine if o.state is State.UNKNOWN]

    def sendable(self, push: str, limit: int) -> list[Operation]:
        ready = [o for o in self.operations(push) if o.state in SENDABLE and all(map(self._is_in, o.after))]
        return sorted(ready, key=lambda o: (o.rows[0][0], o.id))[:limit]

    def planned(self, push: str) -> list[Operation]:
        return [o for o in self.operations(push) if o.state in SENDABLE]

    def leaves(self, id: int) -> list[Operation]:
        if self._operations[id].state is not State.REPLACED:
            return [self._operations[id]]
        children = [o.id for o in self._operations.values() if o.parent == id]
        return [leaf for child in children for leaf in self.leaves(child)]

    def add_operation(self, operation: Operation) -> Operation:
        new = replace(operation, id=len(self._operations) + 1)
        self._operations[new.id] = new
        self._sent = max(self._sent, new.started.wall if new.started else 0)
        return new

    def put_operation(self, operation: Operation) -> None:
        known = self._operations[operation.id]
        before = known.state
        if operation.state is not before and operation.state not in LIFE[before]:
            raise AssertionError(f"operation {operation.id} does not go from {before} to {operation.state}")
        if operation.started and operation.started != known.started:
            wall = operation.started.wall
            self._sent = wall if wall >= self._sent else math.nextafter(self._sent, math.inf)
            operation = replace(operation, started=replace(operation.started, wall=self._sent))
        self._operations[operation.id] = operation

    def keep_results(self, push: str, results: Mapping[int, Mapping[str, Any]]) -> None:
        for position, values in results.items():
            self._results[push, position] = {**self._results.get((push, position), {}), **values}

    def results(self, push: str) -> dict[int, dict[str, Any]]:
        return {position: dict(values) for (of, position), values in self._results.items() if of == push}

    def blame(self, push: str, position: int, error: str, column: str | None) -> None:
        self._blames[push, position] = error, column

    def blames(self, push: str) -> dict[int, tuple[str, str | None]]:
        return {position: blamed for (of, position), blamed in self._blames.items() if of == push}

    def event(self, at: Stamp, kind: EventKind, push: str = "", **details: Any) -> None:
        """Nobody reads the history of a simulation."""

    def _is_in(self, id: int) -> bool:
        return all(leaf.state in IN for leaf in self.leaves(id))
