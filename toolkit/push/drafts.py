"""Which drafts of the things of a frame earlier pushes made, and which of them were released."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from toolkit.errors import PushRefused
from toolkit.plain import message
from toolkit.push import identity
from toolkit.push.frame_rows import FrameRows, key_of_rows
from toolkit.push.states import SENDABLE, UNFINISHED, Push, State, positions
from toolkit.push.store.ledger import StoredLedger


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
        self._released: set[str] = set()
        with ledger.snapshot():
            pushes = [push for push in ledger.pushes() if push.lock == release.drafts.lock]
            for key in keys if pushes else ():
                words = pd.Index(identity.of_labels(self._labels, key_of_rows(key, release.drafts)))
                for push in pushes:
                    self._add(push.id, words.get_indexer(ledger.row_words(push.id)[:, identity.CELL]))
            ids = [*dict.fromkeys(draft for drafts in self._drafts.values() for draft in drafts)]
            for key in keys if ids else ():
                fingerprints = identity.Fingerprints(key_of_rows(key, release.releases))
                prints = fingerprints.of({release.identifier: ids}, len(ids))
                self._released |= {ids[n] for n in ledger.sent_before(prints).rows.tolist()}

    def __bool__(self) -> bool:
        return bool(self._drafts)

    def _add(self, push: str, places: np.ndarray) -> None:
        for position, results in self._ledger.results(push).items() if len(places) else ():
            if (place := int(places[position])) >= 0:
                self._drafts.setdefault(place, {}).update(dict.fromkeys(self._release.ids(results), push))

    def of_others(self, push: str) -> set[str]:
        """The drafts that other pushes than this one made, whatever they are of."""
        ledger, ids = self._ledger, self._release.ids
        others = [each.id for each in ledger.pushes() if each.id != push and not self._own]
        return {draft for other in others for results in ledger.results(other).values() for draft in ids(results)}

    def released(self, push: str = "") -> dict[int, str]:
        """The rows whose thing was released as another draft, or may have been, and why they are not sent.

        What this push made is left out of account.
        """
        text = "it went out to people as {draft}, or may have: it is neither made nor sent once more"
        return {place: message(text, draft=draft) for place, draft in self._others_released(push).items()}

    def _others_released(self, push: str) -> dict[int, str]:
        own = self._own
        return {
            place: draft
            for place, drafts in self._drafts.items()
            for draft, origin in drafts.items()
            if draft in self._released and origin != push and not (own and own[place] == draft)
        }

    def spare(self, chosen: np.ndarray) -> np.ndarray:
        """Of the rows that are chosen by a mask those that were not released, as places; the others say why."""
        reasons = {place: why for place, why in self.released().items() if chosen[place]}
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
