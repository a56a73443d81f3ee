"""Where the ledger of a destination is: in the state folder of this computer, or in a team's database."""

import contextlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from toolkit import settings
from toolkit.errors import PushError, PushRefused, SettingsError
from toolkit.plain import message
from toolkit.push import disk
from toolkit.push.destination import Memory
from toolkit.push.store.address import TeamAddress
from toolkit.push.store.card import Card, refuse_another_name, refuse_another_origin
from toolkit.push.store.examine import Condition
from toolkit.push.store.file import Folder
from toolkit.push.store.ledger import StoredLedger, ledger_name
from toolkit.push.store.postgres import TeamDatabase
from toolkit.push.store.team import Team, number_of

FOLDERS = "folders"  # a file that lists the other folders with ledgers: sandboxes have their own
_teams_in_use: dict[TeamAddress, None] = {}  # that settings named which this process connected with


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

    def refuse_if_elsewhere(self, name: str, about: str) -> None:
        """Raise PushRefused where the ledger of a destination is known to be in another place. Nothing was sent."""

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
    file = memory.lock_file(state)
    try:
        disk.private_folder(file.parent)
    except OSError as problem:
        text = "{folder} cannot be made ({problem}); nothing was sent"
        raise PushRefused(message(text, folder=file.parent, problem=problem)) from None
    with disk.Lock(file, memory.where) as lock:
        yield Folder(state, lock)


def ledger_of(place: Place, memory: Memory, now: str) -> StoredLedger:
    """The ledger of a destination that is locked, made where there never was one; a context manager.

    Raises:
        PushRefused: as `Place.ledger`; or it may be that of another installation, or another one may be that of this.
            Nothing was sent.
    """
    place.refuse_if_elsewhere(name := ledger_name(memory.about), memory.about)
    card = place.card(name)
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


# ── all that a user has ──


def look_into(memory: Memory) -> None:
    """From now on `pushes()` shows what is remembered there, in every process of this user."""
    if memory.state and memory.folder not in folders():
        own = disk.private_folder(settings.state_folder())
        with disk.private_file(own / FOLDERS).open("a", encoding="utf-8") as file:  # others may add theirs at once
            file.write(f"{memory.folder}\n")
    _teams_in_use.update({memory.team: None} if memory.team else {})


def folders() -> list[Path]:
    """The state folders that hold ledgers of this user: the own one first, then those that settings have named."""
    own, named = settings.state_folder(), list[Path]()
    if (own / FOLDERS).exists():
        named = [Path(line) for line in (own / FOLDERS).read_text(encoding="utf-8").splitlines()]
    return [own, *[folder for folder in filter(Path.is_dir, dict.fromkeys(named)) if folder != own]]


def all_ledgers() -> Iterator[tuple[Place, str, list[str]]]:
    """Those of this user's state folders, and of teams: where each is, its name, and why it cannot be listed."""
    places: list[Place] = [*map(Folder, folders())]
    named = (TeamAddress(url, password) for url, password in settings.team_ledgers())
    places += [Team(address, settings.state_folder()) for address in dict.fromkeys([*_teams_in_use, *named])]
    for place in places:
        try:
            names = place.names()
        except (PushError, SettingsError) as problem:
            yield place, str(place), [str(problem)]
            continue
        for name in names:
            yield place, name, place.problems(name)
