"""Which drafts of the things that rows stand for were made or released, also under a name that is spelt otherwise."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np

from toolkit.errors import PushRefused
from toolkit.plain import message
from toolkit.push import identity
from toolkit.push.destination import Memory
from toolkit.push.frame_rows import FrameRows, key_of_rows
from toolkit.push.options import SendPolicy
from toolkit.push.states import SENDABLE, UNFINISHED, Push, State, positions
from toolkit.push.store.ledger import StoredLedger
from toolkit.sheets.alike import name_key


class Drafts:
    """All drafts that the ledger knows of the things that some rows stand for, by the places of these rows."""

    def __init__(self, ledger: StoredLedger, rows: FrameRows, keys: Sequence[str]) -> None:
        """`keys`: all that rows may be known by. `rows.target.release` says of which drafts they tell."""
        release = rows.target.release
        assert release
        self._ledger, self._rows, self._keys, self._release = ledger, rows, keys, release
        self._labels = rows.check.frame.index[rows.good]
        self._own: list[Any] = []  # what these rows themselves release
        if release.releases.lock == rows.target.memory.lock:
            self._own = rows.check.wire(rows.good)[release.identifier]
        self.read()

    def read(self) -> None:
        """Look up how they stand now."""
        ledger, keys, release = self._ledger, self._keys, self._release
        self._drafts: dict[int, dict[str, str]] = {}  # by place and identifier, the push that made it
        self._alike: dict[int, dict[str, str]] = {}  # the same, of things whose names are spelt otherwise
        self._released: set[str] = set()
        with ledger.snapshot():
            by_lock: dict[str, list[Push]] = {}
            for push in ledger.pushes():
                by_lock.setdefault(push.lock, []).append(push)
            for pushes in by_lock.values() if self._own else ():
                self._find(pushes, *self._names_of_own(pushes))
            ours = [] if self._own else by_lock.get(release.drafts.lock, [])
            for key in keys if ours else ():
                own = key_of_rows(key, release.drafts)
                self._find(ours, identity.of_labels(self._labels, own), identity.of_spellings(self._labels, own))
            if not ours and not self._own:
                _refuse_another_spelling(ledger, release.drafts)
            ids = [*dict.fromkeys(draft for _, drafts in self._known() for draft in drafts)]
            for key in keys if ids else ():
                fingerprints = identity.Fingerprints(key_of_rows(key, release.releases))
                prints = fingerprints.of({release.identifier: ids}, len(ids))
                self._released |= {ids[n] for n in ledger.sent_before(prints).rows.tolist()}

    def __bool__(self) -> bool:
        return bool(self._drafts or self._alike)

    def _known(self) -> list[tuple[int, dict[str, str]]]:
        return [*self._drafts.items(), *self._alike.items()]

    def _words(self, pushes: Sequence[Push]) -> dict[str, np.ndarray]:
        """By push, the name and the spelling of each row."""
        return {push.id: self._ledger.row_words(push.id)[:, [identity.CELL, identity.SPELLING]] for push in pushes}

    def _names_of_own(self, pushes: Sequence[Push]) -> tuple[np.ndarray, np.ndarray]:
        """The names and spellings of the things that these rows are drafts of; zero where these pushes made none."""
        places = {draft: place for place, draft in enumerate(self._own)}
        known = np.zeros((2, len(self._own)), np.uint64)
        for push, words in self._words(pushes).items():
            for position, results in self._ledger.results(push).items() if len(words) else ():
                for place in [places[draft] for draft in self._release.ids(results) if draft in places]:
                    known[:, place] = words[position]
        return known[0], known[1]

    def _find(self, pushes: Sequence[Push], named: np.ndarray, spelling: np.ndarray) -> None:
        """The drafts of these things; and of those spelt otherwise that never stood beside them in one sheet."""
        names, spelt = named.tolist(), spelling.tolist()
        places: dict[int, list[int]] = {}
        for place, word in chain(enumerate(names), enumerate(spelt)):
            places.setdefault(word, []).append(place)
        places.pop(0, None)  # of which nothing is known
        words = self._words(pushes) if places else {}
        beside: dict[int, set[int]] = {}  # by name, those of its spelling that stood in one sheet with it
        for rows in words.values():
            groups: dict[int, set[int]] = {}
            for name, like in rows.tolist():
                groups.setdefault(like, set()).add(name)
            for group in groups.values():
                for name in group if len(group) > 1 else ():
                    beside.setdefault(name, set()).update(group)
        for push, rows in words.items():
            for position, results in self._ledger.results(push).items() if len(rows) else ():
                name, like = rows[position].tolist()
                for place in {*places.get(name, ()), *places.get(like, ())}:
                    if (same := names[place] == name) or name not in beside.get(names[place], ()):
                        known = (self._drafts if same else self._alike).setdefault(place, {})
                        known.update(dict.fromkeys(self._release.ids(results), push))

    def released(self, push: str = "") -> dict[int, str]:
        """The rows whose thing was released as another draft, or may have been, and why they are not sent.

        What this push made is left out of account.
        """
        return {place: self._why_not(place, draft) for place, draft in self._others_released(push).items()}

    def _why_not(self, place: int, draft: str) -> str:
        if draft in self._drafts.get(place, ()):
            text = "it went out to people as {draft}, or may have: it is neither made nor sent once more"
            return message(text, draft=draft)
        text = (
            "{draft} is of a name that differs in its spelling alone (case, accents, signs, spaces, zeros): nobody "
            "here knows whether they are one, and this is neither made nor sent. If it is another one, give it "
            "another name, or a campaign of its own"
        )
        return message(text, draft=draft)

    def _others_released(self, push: str) -> dict[int, str]:
        own = self._own
        return {
            place: draft
            for place, drafts in self._known()
            for draft, origin in drafts.items()
            if draft in self._released and origin != push and not (own and own[place] == draft)
        }

    def spare(self, chosen: np.ndarray, policy: SendPolicy) -> np.ndarray:
        """Of the rows that are chosen by a mask those that were not released, as places; the others say why.

        One of which only another spelling is known is left out, too; PushRefused where a person is to be asked.
        """
        alike = {place: next(iter(drafts)) for place, drafts in self._alike.items() if drafts and chosen[place]}
        alike = {place: draft for place, draft in alike.items() if not self._drafts.get(place)}
        if alike and policy.if_sent != "skip":
            text = (
                "{count:,} of these {rows:,} differ from what was made before in the spelling of their names alone "
                "(case, accents, signs, spaces, zeros): {names}. Nothing was sent. Spell them as before; or, if they "
                'are others, give them other names or a campaign of their own. if_sent="skip" leaves them out.'
            )
            names = ", ".join(repr(self._labels[place]) for place in [*alike][:5])
            raise PushRefused(message(text, count=len(alike), rows=len(chosen), names=names))
        reasons = {place: self._why_not(place, draft) for place, draft in alike.items()}
        reasons |= {place: why for place, why in self.released().items() if chosen[place]}
        self._rows.spared |= {int(self._rows.good[place]): why for place, why in reasons.items()}
        return np.setdiff1d(np.flatnonzero(chosen), [*reasons])

    def unreleased(self) -> dict[Any, list[str]]:
        """The drafts of each thing, by its label, that were not released."""
        return {self._labels[n]: [d for d in drafts if d not in self._released] for n, drafts in self._drafts.items()}

    def released_meanwhile(self, push: Push, places: Callable[[], np.ndarray]) -> PushRefused | None:
        """Why a push does not go on: of rows that it has left, another draft was released meanwhile. None where not.

        `places`: gives of each row of the push its place.
        """
        released = self._others_released(push.id) if push.state in UNFINISHED else {}
        to_be_sent = (*SENDABLE, State.SENT) if not push.irrevocable else SENDABLE
        left = [o for o in self._ledger.operations(push.id) if o.state in to_be_sent] if released else []
        place_of = places() if left else np.empty(0, dtype=np.int64)
        late = {int(place_of[n]) for o in left for n in positions(o.rows)} & released.keys()
        if not late:
            return None
        text = (
            "Push {push} does not go on: {count:,} of the rows that it has left went out to people meanwhile, or may "
            'have, as {drafts}. Nothing was sent. Build with if_sent="skip": that takes the drafts that stand now.'
        )
        drafts = ", ".join(sorted(released[place] for place in late)[:5])
        return PushRefused(message(text, push=push.id, count=len(late), drafts=drafts))


def _refuse_another_spelling(ledger: StoredLedger, memory: Memory) -> None:
    """PushRefused where what is new here is known under a name that differs in its spelling alone."""
    for push in ledger.pushes():
        if name_key(push.lock) == name_key(memory.lock):
            text = (
                "{where} is new, and {known} differs from it in its spelling alone (case, accents, signs, spaces, "
                "zeros). Nothing was sent. Use the name that is known, or one that is clearly another."
            )
            raise PushRefused(message(text, where=memory.where, known=push.where))


def results_of_others(ledger: StoredLedger, push: str) -> Iterator[Mapping[str, Any]]:
    """What the vendor gave back for each row of other pushes than this one; read when it is asked for."""
    for other in ledger.pushes():
        yield from ledger.results(other.id).values() if other.id != push else ()
