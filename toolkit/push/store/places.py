"""Where the ledger of a destination is: in the state folder of this computer, or in a team's database."""

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from toolkit.errors import PushError, PushRefused, SettingsError
from toolkit.plain import message
from toolkit.push import disk, identity
from toolkit.push.destination import Memory
from toolkit.push.store import care, file, keys, move
from toolkit.push.store.address import TeamAddress
from toolkit.push.store.ledger import StoredLedger, key_digest
from toolkit.push.store.postgres import TeamDatabase
from toolkit.push.store.team import Team, number_of


class Locked(Protocol):
    """A destination that only this process pushes to now, and its memory."""

    def ledger(self, memory: Memory, now: str) -> StoredLedger:
        """Its ledger, made where there never was one; a context manager.

        Args:
            memory: in full.
            now: ISO 8601, UTC.

        Raises:
            PushRefused: it is missing, damaged, of another version or of another key, or cannot be opened; the message
                says what is known and what to do. Nothing was sent.
        """

    @property
    def key(self) -> str:
        """That of the fingerprints of rows that are pushed now."""

    @property
    def other_keys(self) -> dict[str, str]:
        """Keys that rows of earlier pushes may be known by, each by its digest."""

    def notes(self) -> list[str]:
        """What a person should know of the place, in sentences."""


@contextlib.contextmanager
def locked(memory: Memory) -> Iterator[Locked]:
    """Lock a destination: one push at a time writes there.

    Raises:
        PushRefused: another push to it is running, here or elsewhere. Nothing was sent.
        PushError: the team's database cannot be reached. Nothing was sent; the same call again may reach it.
        SettingsError: it does not take the password, or the extra is missing.
    """
    state = disk.private_folder(memory.folder)
    if memory.team is None:
        try:
            disk.private_folder(state / "locks")
        except OSError as problem:
            text = "{folder} cannot be made ({problem}); nothing was sent"
            raise PushRefused(message(text, folder=state / "locks", problem=problem)) from None
        with disk.Lock(memory.lock_file(state), memory.where):
            yield _OnThisComputer(state)
        return
    with contextlib.closing(TeamDatabase(memory.team)) as database:
        database.lock(number_of(memory.lock_name), memory.where)
        yield _OfTheTeam(memory, database)


def notes(state: Path) -> list[str]:
    """What else a person should know of a state folder."""
    sentences = []
    if kind := disk.network_file_system(state):
        text = (
            "{state} is on a network file system ({kind}): whether two computers keep out of each other's way, and "
            "whether a power cut loses what was written, hangs on how it is mounted. Safe is a folder on a disk of "
            "this computer (set TOOLKIT_STATE), or a database "
            '(`ledger = "postgresql://user@host/database"` in the profile).'
        )
        sentences.append(message(text, state=state, kind=kind))
    old = state / "pushes"
    if any(old.glob("*.sqlite")):
        sentences.append(
            message(
                "{old} holds journals of version 0.1. They are not read: what they say was sent is not known "
                "here, and would be sent again. Move the folder away once you have compared it with the "
                "vendor.",
                old=old,
            )
        )
    return sentences


@dataclass(frozen=True)
class _OnThisComputer:
    """In the state folder."""

    _state: Path

    def ledger(self, memory: Memory, now: str) -> StoredLedger:
        return file.open_ledger(self._state, memory.system, memory.about, now)

    @property
    def key(self) -> str:
        return identity.user_key(self._state)

    @property
    def other_keys(self) -> dict[str, str]:
        return {}

    def notes(self) -> list[str]:
        return notes(self._state)


class _OfTheTeam:
    """In the database that holds the lock: what cannot be written any more is not sent."""

    def __init__(self, memory: Memory, database: TeamDatabase) -> None:
        assert memory.team
        self._state, self._team, self._database = memory.folder, Team(memory.team, memory.folder), database

    def ledger(self, memory: Memory, now: str) -> StoredLedger:
        return self._team.ledger(self._database, memory.system, memory.about, now)

    @property
    def key(self) -> str:
        return self._team.key(self._database)

    @property
    def other_keys(self) -> dict[str, str]:
        return keys.others(self._state, key_digest(self.key))

    def notes(self) -> list[str]:
        return []


# ── to look at ──


@dataclass(frozen=True)
class KnownLedger:
    """A ledger that can be looked at, or what keeps it from that."""

    name: str
    open: Callable[[], StoredLedger]
    alone: Callable[[], AbstractContextManager[StoredLedger]]  # while nobody else has it open
    problems: list[str]
    team: TeamAddress | None = None


def in_folder(state: Path) -> Iterator[KnownLedger]:
    """The ledgers of a state folder."""
    for condition in care.check(state):
        yield KnownLedger(
            condition.name, partial(_opened, condition.path), partial(care.alone, condition.path), condition.problems
        )


def of_team(address: TeamAddress, state: Path) -> Iterator[KnownLedger]:
    """The ledgers of a team."""
    team = Team(address, state)
    try:
        names = team.names()
    except (PushError, SettingsError) as problem:
        fail = partial(_fail, problem)
        yield KnownLedger(str(address), fail, fail, [str(problem)], address)
        return
    for name in names:
        yield KnownLedger(
            name, partial(team.open, name), partial(move.alone, team, name), _problems(team, name), address
        )


def _problems(team: Team, name: str) -> list[str]:
    """Why a ledger cannot be listed; its rows are not looked at, for there may be many."""
    try:
        with team.open(name) as ledger:
            ledger.checked_head()
            ledger.pushes()
    except PushError as problem:
        return [str(problem)]
    return []


def _opened(path: Path) -> StoredLedger:
    with file.LedgerFile(path) as ledger:
        about = ledger.about
    return file.open_ledger(path.parent.parent, path.stem.rpartition("-")[0], about, "")


def _fail(problem: Exception) -> StoredLedger:
    raise problem
