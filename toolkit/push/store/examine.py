"""What is known of a ledger, and what is damaged: read only, and as far as it can be read."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from toolkit.errors import PushError, PushRefused
from toolkit.plain import message
from toolkit.push import identity
from toolkit.push.store import sql
from toolkit.push.store.database import Damaged
from toolkit.push.store.ledger import StoredLedger, key_digest, ledger_name
from toolkit.push.store.rows import push_word


@dataclass
class Condition:
    """What a ledger holds, and what is wrong with it."""

    name: str
    about: str = ""
    since: str = ""
    pushes: int = 0
    rows: int = 0
    problems: list[str] = field(default_factory=list)
    index_only: bool = True  # whatever is damaged can be made anew from the rows
    own_name: str = ""  # where it does not stand under this
    is_copy: bool = False  # and another ledger does

    @property
    def sound(self) -> bool:
        return not self.problems

    def require_sound(self) -> None:
        """Raise PushRefused where something is damaged."""
        if not self.sound:
            text = "{name} is damaged ({problems}): repair it first. Nothing was changed"
            raise PushRefused(message(text, name=self.name, problems="; ".join(self.problems)))

    def note(self, problem: PushError, *, is_index: bool) -> None:
        """That something is damaged."""
        text = problem.what if isinstance(problem, Damaged) else str(problem)
        self.problems += [text] if text not in self.problems else []
        self.index_only &= is_index

    def described(self) -> list[str]:
        """In words: what it holds, what is wrong with it, and the way on."""
        if self.sound:
            return [message("{name}: sound. {facts}", name=self.name, facts=self._facts)]
        way_on = message(
            "The way on: analyst-toolkit ledger repair {name}; or put it back from a backup.", name=self.name
        )
        if self.own_name:
            text = "The way on: move it to {own_name}; then put the right one back from a backup, or forget {name}."
            copy = "The way on: it is a copy of {own_name}, which stands in its place: move it out of the folder."
            way_on = message(copy if self.is_copy else text, own_name=self.own_name, name=self.name)
        return [
            message("{name}: DAMAGED. {facts}", name=self.name, facts=self._facts),
            *(f"  - {problem}" for problem in self.problems),
            f"  {way_on}",
        ]

    @property
    def _facts(self) -> str:
        about = self.about or message("a destination that nobody knows any more")
        return message(
            "It remembers {about} since {since}: rows {rows:,}, pushes {pushes:,}.",
            about=about,
            rows=self.rows,
            pushes=self.pushes,
            since=self.since[:10] or "?",
        )


def examine(ledger: StoredLedger, key: str | None, condition: Condition) -> None:
    """Look at all of a ledger. `key` is that of the fingerprints, None where it is not there."""
    examination = _Examination(ledger, key, condition)
    for looks, is_index in (examination.parts(), False), (examination.indexes(), True):
        for look in looks:
            try:
                look()
            except PushError as problem:
                condition.note(problem, is_index=is_index)


class _Examination:
    """The parts of a ledger, one after the other."""

    def __init__(self, ledger: StoredLedger, key: str | None, condition: Condition) -> None:
        self._ledger, self._key, self._condition = ledger, key, condition
        self._expected = {kind: _Sums() for kind in ("print", "name", "push")}
        self._writes = -1  # of the head, when the rows began to be looked at

    def parts(self) -> Iterator[Callable[[], object]]:
        ledger = self._ledger
        yield from (ledger.checked_head, self._head, ledger.examine_database, ledger.events)
        for part in (ledger.baseline, partial(ledger.unsettled, ""), partial(ledger.unknown, "")):
            yield partial(self._in_snapshot, part)
        yield from (ledger.unfinished, self._pushes)
        for push in self._ids():
            for look in (ledger.operations, ledger.results, ledger.blames, self._rows):
                yield partial(look, push)

    def indexes(self) -> Iterator[Callable[[], object]]:
        """What can be made anew from the rest, when that was looked at."""
        return (partial(self._index, kind) for kind in self._expected)

    def _in_snapshot(self, look: Callable[[], object]) -> None:
        with self._ledger.snapshot():
            look()

    def _head(self) -> None:
        with self._ledger.snapshot():
            head = self._ledger.cache.head
        self._condition.about, self._condition.since = head.identity, head.made
        own_name = ledger_name(head.identity)
        if own_name != self._condition.name:
            self._condition.own_name = own_name
            raise PushError(message("it is that of {about}, in the place of another", about=head.identity))
        if self._key is None:
            raise PushError(message("the key of its fingerprints is gone"))
        if head.key != key_digest(self._key):
            raise PushError(message("the key in the state folder is not the one that it was written with"))

    def _pushes(self) -> None:
        with self._ledger.snapshot():
            pushes, self._writes = self._ledger.pushes(), self._ledger.cache.head.writes
        self._condition.pushes, self._condition.rows = len(pushes), sum(push.rows for push in pushes)

    def _ids(self) -> list[str]:
        try:
            return [push for (push,) in self._ledger.database.rows(sql.READ_PUSH_IDS)]
        except Damaged:
            return []

    def _rows(self, id: str) -> None:
        ledger = self._ledger
        with ledger.snapshot():
            owner, blocks = ledger.push_row(id), ledger.blocks(id)
        if not blocks:
            return
        if sum(len(block.words) for block in blocks) != owner.push.rows:
            raise Damaged(message("the rows of push {id}", id=id))
        if owner.push.key:
            self._expected["push"].add(push_word(owner.push.lock, owner.push.key), owner.number)
        for block in blocks:
            self._expected["print"].add(block.words[:, 0], block.first_row)
            self._expected["name"].add(block.words[:, identity.CELL], block.first_row)

    def _index(self, kind: str) -> None:
        with self._ledger.snapshot():
            index, sums, writes = self._ledger.index_of(kind), _Sums(), self._ledger.cache.head.writes
            for chunk in index.chunks():
                sums.add_pairs(chunk.keys, chunk.serials)
        if writes == self._writes and sums != self._expected[kind]:  # else a push has written since
            raise Damaged(message("the index of its {kind}s does not hold what the rows say", kind=kind))


@dataclass
class _Sums:
    """By which two sets of pairs of a key and a serial number are told apart."""

    count: int = 0
    keys: int = 0
    mixed: int = 0

    def add(self, keys: np.ndarray, first: int) -> None:
        where = np.flatnonzero(keys)
        self.add_pairs(keys[where], where + first)

    def add_pairs(self, keys: np.ndarray, serials: np.ndarray) -> None:
        self.count += len(keys)
        self.keys = (self.keys + int(keys.sum(dtype=np.uint64))) % 2**64
        mixed = keys * (2 * serials.astype(np.uint64) + np.uint64(1))
        self.mixed = (self.mixed + int(mixed.sum(dtype=np.uint64))) % 2**64
