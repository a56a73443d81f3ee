"""The ledger of one destination: found or made, refused in words where it is not what it was."""

import contextlib
import functools
import hashlib
import itertools
import json
import secrets
from pathlib import Path

from toolkit.errors import PushError, PushRefused
from toolkit.plain import mark, message
from toolkit.push import disk, identity
from toolkit.push.destination import may_be_the_same
from toolkit.push.store import sql
from toolkit.push.store.database import Database
from toolkit.push.store.ledger import Mark, StoredLedger, key_digest
from toolkit.push.store.records import Damaged, Head

ABOUT = "ledger of"  # on a card
MOVED = ".moved"  # the suffix of a file that is a team's now
HEADER = 100  # bytes at the beginning of an SQLite file; 16 to 18 are the size of a page, 28 to 32 how many it has
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
        """Open an existing file as it is. `open_ledger` also looks whether it is what it was."""
        super().__init__(Database(path), Mark(path))
        self.path = path
        self._in_use: disk.Lock | None = None

    def share(self) -> None:
        """Let nobody repair or forget it while it is open here; from now on, its mark says how much was written."""
        self._in_use = use_lock(self.path, shared=True).__enter__()
        self.leave_mark = self.mark.leave

    def close(self) -> None:
        self.database.close()
        if self._in_use:
            self._in_use.drop()

    @property
    def name(self) -> str:
        return self.path.name.partition(".")[0]  # also that of a copy, or of a draft

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
        if sorted(itertools.chain.from_iterable(self.database.rows(sql.READ_SCHEMA))) != _statements(sql.TABLES):
            raise Damaged(message("its tables"))
        with self.path.open("rb") as file:
            header = file.read(HEADER)
        size = int.from_bytes(header[28:32], "big") * int.from_bytes(header[16:18], "big")
        if size != (st_size := self.path.stat().st_size):
            text = "its size: {st_size:,} bytes instead of {pages:,}"
            raise Damaged(message(text, st_size=st_size, pages=size))


def open_ledger(state: Path, system: str, about: str, created: str) -> LedgerFile:
    """The ledger of a destination, made where there never was one.

    Args:
        state: the state folder.
        system: the vendor's short name.
        about: which destination, whatever its address is spelt like.
        created: now, ISO 8601, UTC.

    Raises:
        PushRefused: it is missing, damaged, of another version or of another key, or cannot be opened; the message
            says what is known and what to do. Nothing was sent.
    """
    path = ledger_path(state, system, about)
    try:
        disk.private_folder(path.parent)
        key = identity.user_key(state)
        if not path.exists():
            _refuse_if_lost(path, about)
            for card in sorted(path.parent.glob(f"{system}-*.json")):
                refuse_if_the_same(about, read_card(card).get(ABOUT, ""), card.stem)
            _create(path, about, key, created)
        if not path.stat().st_size:
            raise Damaged(message("it is empty"))
        disk.private_file(path)
        return _opened(path, about, key, created)
    except Damaged as problem:
        raise PushRefused(_damaged(path, about, problem.what)) from None
    except OSError as problem:
        raise PushRefused(
            message(
                "the ledger {path} cannot be opened or made ({problem}); nothing was sent", path=path, problem=problem
            )
        ) from None


def _opened(path: Path, about: str, key: str, created: str) -> LedgerFile:
    try:
        ledger = LedgerFile(path)
        try:
            if ledger.can_be_migrated:
                with use_lock(path):
                    ledger.migrate()
            ledger.share()
            ledger.check_identity(about, key)
            leave_card(path, about, created)
        except BaseException:
            ledger.close()
            raise
        return ledger
    except (Damaged, PushRefused):
        raise
    except PushError as problem:
        raise PushRefused(str(problem).replace(message("nothing more was sent"), message("nothing was sent"))) from None


def ledger_path(state: Path, system: str, about: str) -> Path:
    """Where the ledger of a destination is, or would be."""
    return state / "ledgers" / f"{system}-{destination_digest(about)}.sqlite"


def destination_digest(about: str) -> str:
    """What the name of a ledger ends with."""
    return hashlib.sha256(about.encode()).hexdigest()[:12]


def use_lock(path: Path, shared: bool = False) -> disk.Lock:
    """Shared by whoever has a ledger open; had alone by whoever repairs or forgets it."""
    return disk.Lock(path.with_suffix(".use"), message("the destination of {stem}", stem=path.stem), shared)


def rollback_path(path: Path) -> Path:
    """SQLite's rollback file: what a commit that was cut off is undone with."""
    return path.with_name(f"{path.name}-journal")


def card_path(path: Path) -> Path:
    """A few words beside a ledger, by which it is missed when it is gone."""
    return path.with_suffix(".json")


def read_card(path: Path) -> dict[str, str]:
    """What the card says; {} where there is none."""
    with contextlib.suppress(OSError, ValueError):
        card = json.loads(card_path(path).read_text(encoding="utf-8"))
        if isinstance(card, dict):
            return {str(name): str(value) for name, value in card.items()}
    return {}


def _create(path: Path, about: str, key: str, created: str) -> None:
    """A new ledger. It appears whole or not at all; where two are made at once, the first one stays."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    try:
        fill(draft, Head(about, created, key_digest(key)))
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


def leave_card(path: Path, about: str, created: str) -> None:
    card = card_path(path)
    if not card.exists():
        draft = disk.private_file(card.with_name(f"{card.name}.{secrets.token_hex(4)}"))
        with draft.open("w", encoding="utf-8") as file:
            json.dump({ABOUT: about, "since": created}, file, ensure_ascii=False)
            disk.sync_file(file)
        draft.replace(card)
        disk.sync_folder(card.parent)


def _refuse_if_lost(path: Path, about: str) -> None:
    if path.with_suffix(MOVED).exists():
        text = "the ledger of {about} is in a team's database now. Nothing was sent. Use the profile that names it"
        raise PushRefused(message(text, about=about))
    traces = (card_path(path), Mark(path).path)
    if any(trace.exists() for trace in traces) and not path.exists():  # it may have been made meanwhile
        raise PushRefused(
            message(
                "the ledger of {about} is missing: {path}. It was there since {since} UTC; without it nobody "
                "knows which rows were sent, so that all would be sent again. Nothing was sent. {way}",
                about=about,
                path=path,
                since=read_card(path).get("since", "?")[:16],
                way=message(GONE, name=path.stem),
            )
        )


def refuse_if_the_same(about: str, known: str, name: str) -> None:
    """Raise PushRefused where a new ledger would forget what another one knows of the same destination."""
    if may_be_the_same(about, known):
        text = (
            "there is a ledger of {known}, and the vendor says now that it is {about}: the same number, made at "
            "another time. Nothing was sent. If it is the same, the vendor's answer was odd, or is read wrongly; if it "
            "is another one that got the number, `analyst-toolkit ledger forget {name}` makes room for it"
        )
        raise PushRefused(message(text, known=known, about=about, name=name))


def _damaged(path: Path, about: str, what: str) -> str:
    return message(
        "the ledger of {about} is damaged ({what}): {path}. What was sent there cannot be relied on, "
        "so nothing was sent. {way}",
        about=about,
        what=what,
        path=path,
        way=message(WAY_ON, name=path.stem),
    )


@functools.cache
def _statements(script: str) -> list[str]:
    return sorted(statement.strip() for statement in script.split(";") if statement.strip())
