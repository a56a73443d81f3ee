"""Where the ledger of a destination is: in the state folder of this computer, or in a team's database."""

import contextlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Protocol

from toolkit.errors import PushRefused
from toolkit.plain import message
from toolkit.push import disk
from toolkit.push.destination import Memory
from toolkit.push.store.card import Card, refuse_another_name, refuse_another_origin
from toolkit.push.store.examine import Condition
from toolkit.push.store.file import Folder
from toolkit.push.store.ledger import StoredLedger, ledger_name
from toolkit.push.store.postgres import TeamDatabase
from toolkit.push.store.team import Team, number_of


class Place(Protocol):
    """Ledgers, each known by its name. One of a name that is not there is an InputError."""

    @property
    def key(self) -> str:
        """That of the fingerprints of rows that are pushed now."""

    @property
    def other_keys(self) -> dict[str, str]:
        """Keys that rows of earlier pushes may be known by, each by its digest."""

    def ledger(self, about: str, now: str) -> StoredLedger:
        """The ledger of a destination, made where there never was one; a context manager.

        Args:
            about: which destination, whatever its address is spelt like; the vendor's short name stands first.
            now: ISO 8601, UTC.

        Raises:
            PushRefused: it is missing, damaged, of another version or of another key, or cannot be opened; the message
                says what is known and what to do. Nothing was sent.
        """

    def names(self) -> list[str]:
        """The ledgers there are, also those that are missed."""

    def card(self, name: str) -> Card:
        """What stands for a ledger outside of it."""

    def open(self, name: str) -> StoredLedger:
        """A ledger to read; PushRefused as `ledger`."""

    def alone(self, name: str) -> AbstractContextManager[StoredLedger]:
        """A ledger as it is, that nobody else has open meanwhile; PushRefused where somebody has."""

    def examined(self, name: str) -> Condition:
        """What a ledger holds, and what of it is damaged."""

    def problems(self, name: str) -> list[str]:
        """Why a ledger cannot be listed."""

    def forget(self, name: str) -> None:
        """Remove a ledger for good: what it knows of is sent again by the next push of it. Ask before you call this.

        Raises:
            PushRefused: a push has it open.
        """

    def notes(self) -> list[str]:
        """What a person should know of the place, in sentences."""


@contextlib.contextmanager
def locked(memory: Memory) -> Iterator[Place]:
    """Lock a destination: one push at a time writes there. Gives the place of its ledger.

    Raises:
        PushRefused: another push to it is running, here or elsewhere. Nothing was sent.
        PushError: the team's database cannot be reached. Nothing was sent; the same call again may reach it.
        SettingsError: it does not take the password, or the extra is missing.
    """
    state = disk.private_folder(memory.folder)
    if memory.team is not None:
        with contextlib.closing(TeamDatabase(memory.team)) as database:
            database.lock(number_of(memory.lock_name), memory.where)
            yield Team(memory.team, state, database)
        return
    try:
        disk.private_folder(state / "locks")
    except OSError as problem:
        text = "{folder} cannot be made ({problem}); nothing was sent"
        raise PushRefused(message(text, folder=state / "locks", problem=problem)) from None
    with disk.Lock(memory.lock_file(state), memory.where) as lock:
        yield Folder(state, lock)


def ledger_of(place: Place, memory: Memory, now: str) -> StoredLedger:
    """The ledger of a destination that is locked, made where there never was one; a context manager.

    Raises:
        PushRefused: as `Place.ledger`; or it may be that of another installation, or another one may be that of this.
            Nothing was sent.
    """
    card = place.card(name := ledger_name(memory.about))
    known = card.read()
    if memory.origin in known.origins.split() and (known.named_by or not memory.named_by):
        return place.ledger(memory.about, now)
    if card.path.exists():
        refuse_another_origin(memory, known)
    else:
        others = (each for each in place.names() if each.rpartition("-")[0] == memory.system and each != name)
        refuse_another_name(memory, (place.card(each).read() for each in others))
    ledger = place.ledger(memory.about, now)
    card.keep(card.read().with_origin(memory))
    return ledger
