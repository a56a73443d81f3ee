"""What a reader has seen to, of things that change at the vendor: kept in a ledger, so that nothing is lost or done
twice."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from toolkit.errors import InputError
from toolkit.http.session import RECORDER, Clock
from toolkit.plain import message
from toolkit.push.destination import Memory
from toolkit.push.driver import stamp
from toolkit.push.states import EventKind
from toolkit.push.store.ledger import StoredLedger
from toolkit.push.store.places import ledger_of, locked

PART = "readers"


class Reader:
    """One reader of one system's changes: a mark for each thing that was seen to."""

    def __init__(self, memory: Memory, name: str, clock: Clock) -> None:
        """`memory` is that of the system; the reader's marks have a ledger of their own.

        Raises:
            InputError: the name is empty.
        """
        if not name.strip():
            raise InputError(message("a reader needs a name: what one has processed is new to another"))
        self.name = name
        self._memory = replace(memory, part=PART, lock=PART, where=f"{PART} of {memory.system}")
        self._clock = clock

    def marks(self) -> dict[str, str]:
        """What was seen to, and how it stood then.

        Raises:
            PushRefused: another process is marking just now, or the ledger is damaged or gone.
        """
        with locked(memory := self._memory) as place, ledger_of(place, memory, self._now()) as ledger:
            return self._read(ledger)

    def mark(self, seen: Mapping[str, tuple[str | None, str]]) -> None:
        """Keep that these were seen to: of each, the mark that it had, and the one that it has now.

        Raises:
            InputError: somebody else marked some of them meanwhile; nothing was marked.
            PushRefused: the ledger is damaged or gone, or another process is marking just now.
        """
        if RECORDER.get() is not None:
            raise InputError(message("inside a recording nothing is marked as processed"))
        with locked(memory := self._memory) as place, ledger_of(place, memory, self._now()) as ledger:
            kept = self._read(ledger)
            if any(kept.get(thing) != before for thing, (before, _) in seen.items()):
                text = "{reader!r} has processed some of these meanwhile: ask for the changes once more"
                raise InputError(message(text, reader=self.name))
            new = {thing: after for thing, (_, after) in seen.items()}
            if new:
                with ledger.transaction():
                    ledger.event(stamp(self._clock), EventKind.PROCESSED, reader=self.name, marks=new)

    def _read(self, ledger: StoredLedger) -> dict[str, str]:
        kept: dict[str, str] = {}
        for event in ledger.events():
            details: dict[str, Any] = event.details
            if event.kind is EventKind.PROCESSED and details["reader"] == self.name:
                kept |= details["marks"]
        return kept

    def _now(self) -> str:
        return self._clock.now().isoformat(timespec="seconds")
