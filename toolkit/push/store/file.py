"""The ledgers of this computer, each an SQLite file: found or made, refused in words where one is not what it was."""

import contextlib
import functools
import itertools
import secrets
from collections.abc import Iterator
from pathlib import Path

from toolkit.errors import InputError, PushError, PushRefused
from toolkit.plain import mark, message
from toolkit.push import disk, identity
from toolkit.push.destination import may_be_the_same
from toolkit.push.store import sql
from toolkit.push.store.card import Card
from toolkit.push.store.database import Damaged, Database
from toolkit.push.store.examine import Condition, examine
from toolkit.push.store.ledger import StoredLedger, key_digest, ledger_name
from toolkit.push.store.tables import Head

USE = ".use"  # the suffix of what is locked as long as it is open
TRACES = USE, ".json"  # what stays where a ledger was deleted; the second was its card in earlier versions
MOVED = ".moved"  # the suffix of a file that is a team's now
WAY_ON = mark(
    "`analyst-toolkit ledger check {name}` says what is known; `analyst-toolkit ledger repair {name}` saves what can be"
)
GONE = mark(
    "Put it back from a backup; or, if nothing of what was sent there matters any more, "
    "`analyst-toolkit ledger forget {name}` begins a new one"
)


class LedgerFile(StoredLedger):
    """The SQLite file of one destination's memory. See `states.Ledger` for what it promises."""

    def __init__(self, path: Path) -> None:
        """Open an existing file as it is. `Folder.ledger` also looks whether it is what it was."""
        self.database: Database
        super().__init__(Database(path), path.name.partition(".")[0], Card(path.parents[1] / "cards", path.stem))
        self.path = path
        self._in_use: disk.Lock | None = None
        self._known: tuple[str, str] | None = None  # what its card says

    def share(self, about: str, key: str) -> None:
        """Look whether it is what it was. While it is open here, nobody repairs or forgets it, and its card counts."""
        self._in_use = use_lock(self.path, shared=True).__enter__()
        self.database.watched |= self._in_use.file
        head = self.check_identity(about, key)
        self._known = head.identity, head.made
        self.card.make(*self._known)
        self.leave_mark = self.card.count

    def close(self) -> None:
        self.database.close()
        if self._known and not self.path.exists():
            with contextlib.suppress(OSError):  # it was deleted meanwhile: from now on, it is missed
                self.card.make(*self._known)
        if self._in_use:
            self._in_use.drop()

    def _another_key(self) -> str:
        return message(
            "the ledger of {about} was written with another key than {key} holds now, so that no row "
            "would be known again. Nothing was sent. Put that key back from a backup; or, if nothing of what was "
            "sent there matters any more, `analyst-toolkit ledger forget {name}` begins a new ledger",
            about=self.about,
            key=self.path.parents[1] / "key",
            name=self.name,
        )

    def examine_database(self) -> None:
        if (problems := self.database.rows(sql.SOUND)) != [("ok",)]:
            raise Damaged(f"SQLite: {problems[0][0]}")

    def version(self) -> int:
        ((application, version),) = self.database.rows(sql.READ_VERSION)
        if application != sql.APPLICATION or not isinstance(version, int):
            raise Damaged(message("it is no ledger"))
        return version

    def write_version(self) -> None:
        self.database.rows(sql.WRITE_VERSION)

    def _check_tables(self) -> None:
        if sorted(itertools.chain.from_iterable(self.database.execute(sql.READ_SCHEMA))) != _statements(sql.TABLES):
            raise Damaged(message("its tables"))
        ((size,),) = self.database.execute(sql.READ_SIZE)  # a handle of our own, once closed, would end SQLite's locks
        if size != (st_size := self.path.stat().st_size):
            text = "its size: {st_size:,} bytes instead of {pages:,}"
            raise Damaged(message(text, st_size=st_size, pages=size))


class Folder:
    """The ledgers in a state folder of this computer, and the key of their fingerprints. See `places.Place`."""

    def __init__(self, state: Path, held: disk.Lock | None = None) -> None:
        """`held`: the lock without which nothing is written any more."""
        self.state, self._held = state, held

    def path(self, name: str) -> Path:
        """Where a ledger is, or would be."""
        return self.state / "ledgers" / f"{name}.sqlite"

    def card(self, name: str) -> Card:
        return Card(self.state / "cards", name)

    def names(self) -> list[str]:
        traces = *(("ledgers", f"*{suffix}") for suffix in (".sqlite", *TRACES)), ("cards", "*.card")
        known = {path.stem for folder, pattern in traces for path in (self.state / folder).glob(pattern)}
        moved = {path.stem for path in (self.state / "ledgers").glob(f"*{MOVED}")}
        return sorted(name for name in known if name not in moved or self.path(name).exists())

    def require(self, name: str) -> Path:
        """The file of a ledger. InputError where there is none of this name."""
        if name not in (names := self.names()):
            text = "there is no ledger {name!r} in {state}; there are: {known}"
            raise InputError(message(text, name=name, state=self.state, known=", ".join(names) or "none"))
        return self.path(name)

    @functools.cached_property
    def key(self) -> str:
        return identity.user_key(self.state)

    @property
    def other_keys(self) -> dict[str, str]:
        return {}

    def known_key(self) -> str | None:
        """The key, where it is there and intact."""
        with contextlib.suppress(PushRefused):
            return self.key if (self.state / "key").exists() else None
        return None

    def ledger(self, about: str, now: str) -> LedgerFile:
        path = self.path(name := ledger_name(about))
        try:
            disk.private_folder(path.parent)
            key = self.key
            if not path.exists():
                self._refuse_if_lost(path, about)
                for known in [each for each in self.names() if each.startswith(f"{name.rpartition('-')[0]}-")]:
                    refuse_if_the_same(about, self.card(known).read().about, known)
                _create(path, Head(about, now, key_digest(key)))
            if not path.stat().st_size:
                raise Damaged(message("it is empty"))
            disk.private_file(path)
            ledger = _opened(path, about, key)
            ledger.database.watched |= self._held.file if self._held else {}
            return ledger
        except Damaged as problem:
            text = (
                "the ledger of {about} is damaged ({what}): {path}. What was sent there cannot be relied on, "
                "so nothing was sent. {way}"
            )
            way = message(WAY_ON, name=name)
            raise PushRefused(message(text, about=about, what=problem.what, path=path, way=way)) from None
        except OSError as problem:
            text = "the ledger {path} cannot be opened or made ({problem}); nothing was sent"
            raise PushRefused(message(text, path=path, problem=problem)) from None

    def refuse_if_elsewhere(self, name: str, about: str) -> None:
        text = "the ledger of {about} is in a team's database now. Nothing was sent. Use the profile that names it"
        for card in sorted((self.state / "team").glob(f"{name}-*.card")):
            text = (
                "the ledger of {about} is in a team's database now, as {card} says. Nothing was sent. Use the profile "
                "that names it. A move there that was broken off ends with the same `analyst-toolkit ledger move "
                "{name}`. If nothing of what was sent by way of the team matters any more, remove {card}"
            )
            raise PushRefused(message(text, about=about, card=card, name=name))
        if self.path(name).with_suffix(MOVED).exists():
            raise PushRefused(message(text, about=about))

    def open(self, name: str) -> LedgerFile:
        with LedgerFile(self.path(name)) as ledger:
            about = ledger.about
        return self.ledger(about, "")

    @contextlib.contextmanager
    def alone(self, name: str) -> Iterator[LedgerFile]:
        with use_lock(self.path(name)), LedgerFile(self.path(name)) as ledger:
            yield ledger

    def examined(self, name: str) -> Condition:
        path, known = self.require(name), self.card(name).read()
        condition = Condition(name, known.about, known.since)
        if not path.exists() or not path.stat().st_size:
            condition.problems.append(message("it is empty") if path.exists() else message("it is missing"))
            condition.index_only = False
            return condition
        try:
            with LedgerFile(path) as ledger:
                examine(ledger, self.known_key(), condition)
        except PushError as problem:
            condition.note(problem, is_index=False)
        condition.is_copy = bool(condition.own_name) and self.path(condition.own_name).exists()
        return condition

    def problems(self, name: str) -> list[str]:
        return self.examined(name).problems

    def forget(self, name: str) -> None:
        path = self.require(name)
        with use_lock(path):
            self.remove(path)
            path.unlink(missing_ok=True)
        for suffix in TRACES:
            path.with_suffix(suffix).unlink(missing_ok=True)
        disk.sync_folder(path.parent)

    def remove(self, path: Path) -> None:
        """What stands beside a ledger that is not there any more."""
        rollback_path(path).unlink(missing_ok=True)
        self.card(path.stem).remove()

    def _refuse_if_lost(self, path: Path, about: str) -> None:
        card = self.card(path.stem)
        traces = card.path, *map(path.with_suffix, TRACES)
        if any(trace.exists() for trace in traces) and not path.exists():  # it may have been made meanwhile
            text = (
                "the ledger of {about} is missing: {path}. It was there since {since} UTC; without it nobody "
                "knows which rows were sent, so that all would be sent again. Nothing was sent. {way}"
            )
            since, way = card.read().since[:16] or "?", message(GONE, name=path.stem)
            raise PushRefused(message(text, about=about, path=path, since=since, way=way))

    def notes(self) -> list[str]:
        sentences = []
        if kind := disk.network_file_system(self.state):
            text = (
                "{state} is on a network file system ({kind}): whether two computers keep out of each other's way, and "
                "whether a power cut loses what was written, hangs on how it is mounted. Safe is a folder on a disk of "
                "this computer (set TOOLKIT_STATE), or a database "
                '(`ledger = "postgresql://user@host/database"` in the profile).'
            )
            sentences.append(message(text, state=self.state, kind=kind))
        old = self.state / "pushes"
        if any(old.glob("*.sqlite")):
            text = (
                "{old} holds journals of version 0.1. They are not read: what they say was sent is not known "
                "here, and would be sent again. Move the folder away once you have compared it with the "
                "vendor."
            )
            sentences.append(message(text, old=old))
        return sentences


def _opened(path: Path, about: str, key: str) -> LedgerFile:
    try:
        ledger = LedgerFile(path)
        try:
            if ledger.can_be_migrated:
                with use_lock(path):
                    ledger.migrate()
            ledger.share(about, key)
        except BaseException:
            ledger.close()
            raise
        return ledger
    except (Damaged, PushRefused):
        raise
    except PushError as problem:
        raise PushRefused(str(problem).replace(message("nothing more was sent"), message("nothing was sent"))) from None


def use_lock(path: Path, shared: bool = False) -> disk.Lock:
    """Shared by whoever has a ledger open; had alone by whoever repairs or forgets it."""
    return disk.Lock(path.with_suffix(USE), path.stem, shared)


def rollback_path(path: Path) -> Path:
    """SQLite's rollback file: what a commit that was cut off is undone with."""
    return path.with_name(f"{path.name}-journal")


def _create(path: Path, head: Head) -> None:
    """A new ledger. It appears whole or not at all; where two are made at once, the first one stays."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    try:
        fill(draft, head)
        rollback_path(path).unlink(missing_ok=True)  # SQLite would apply it to the new file
        disk.appear(draft, path)
    finally:
        for left_over in (draft, rollback_path(draft)):
            left_over.unlink(missing_ok=True)
        disk.sync_folder(path.parent)


def fill(path: Path, head: Head) -> None:
    """Make the tables of a ledger in a new file."""
    disk.private_file(path)
    with contextlib.closing(Database(path)) as database:
        database.script(f"BEGIN;{sql.TABLES}{sql.WRITE_APPLICATION};{sql.WRITE_VERSION};COMMIT;")
        database.rows(sql.WRITE_HEAD, head.encoded())


def refuse_if_the_same(about: str, known: str, name: str) -> None:
    """Raise PushRefused where a new ledger would forget what another one knows of the same destination."""
    if may_be_the_same(about, known):
        text = (
            "there is a ledger of {known}, and the vendor says now that it is {about}: the same number, made at "
            "another time. Nothing was sent. If it is the same, the vendor's answer was odd, or is read wrongly; if it "
            "is another one that got the number, `analyst-toolkit ledger forget {name}` makes room for it"
        )
        raise PushRefused(message(text, known=known, about=about, name=name))


@functools.cache
def _statements(script: str) -> list[str]:
    return sorted(statement.strip() for statement in script.split(";") if statement.strip())
