"""What a person can do about ledgers: check, repair, forget, trust. The command line stands on these."""

import secrets
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from toolkit.errors import InputError, PushError, PushRefused
from toolkit.plain import mark, message
from toolkit.push import disk
from toolkit.push.states import EventKind, Stamp
from toolkit.push.store.database import Damaged
from toolkit.push.store.examine import Condition
from toolkit.push.store.file import Folder, LedgerFile, fill, rollback_path, use_lock
from toolkit.push.store.ledger import key_digest
from toolkit.push.store.places import Place
from toolkit.push.store.salvage import Salvage, pour
from toolkit.push.store.tables import Head

BEGINNING = b"SQLite format 3\x00\x10\x00\x01\x01\x00\x40\x20\x20"  # pages of 4,096 bytes, a rollback file


def now() -> Stamp:
    """This instant, for what a person does."""
    return Stamp("by hand", time.monotonic(), time.time())


NOTHING_LEFT = mark("Put it back from a backup; or forget it, and what was sent is not known any more")


def check(place: Place, names: list[str] | None = None) -> list[Condition]:
    """What each ledger holds, and what of it is damaged; of all where none is named."""
    return [place.examined(name) for name in names or place.names()]


def repair(folder: Folder, name: str, now: Stamp) -> list[str]:
    """Save what can be saved of a damaged ledger; in words, what could not. The damaged file is kept beside it.

    Raises:
        PushRefused: a push has it open, or there is nothing to repair it from; the message says what is left to do.
    """
    with use_lock(folder.require(name)):
        condition = folder.examined(name)
        if condition.sound:
            return [message("Nothing is damaged.")]
        if condition.own_name:
            raise PushRefused(
                message("{name} was not changed. {way}", name=name, way=condition.described()[-1].strip())
            )
        if condition.index_only:
            with LedgerFile(folder.path(name)) as ledger, ledger.transaction():
                ledger.rebuild_index()
                ledger.event(now, EventKind.REPAIRED, what=condition.problems)
            return [message("The index was made anew from the rows. Nothing is lost.")]
        return _made_anew(folder, condition, now)


def forget_all(folder: Folder) -> None:
    """Remove every ledger, and the key of the fingerprints. Ask before you call this."""
    for name in folder.names():
        folder.forget(name)
    (folder.state / "key").unlink(missing_ok=True)
    disk.sync_folder(folder.state)


def trust(place: Place, name: str, why: str, now: Stamp) -> None:
    """A person's word that the vendor's counter of a destination may be trusted again. Recorded with the reason.

    Raises:
        InputError: no reason, or nothing was counted there yet.
        PushRefused: a push has it open, it is damaged, or a request is still in doubt: the next run looks at that one.
    """
    condition = place.examined(name)
    condition.require_sound()
    with place.alone(name) as ledger:
        if not why:
            raise InputError(message("say why the counter may be trusted again: it is recorded"))
        with ledger.transaction():
            baseline, in_doubt = ledger.baseline(), ledger.in_doubt()
            if in_doubt:
                text = (
                    "{in_doubt:,} requests to {about} are still in doubt. Run the call that sent them again "
                    "first: it says what became of them. Nothing was changed"
                )
                raise PushRefused(message(text, in_doubt=in_doubt, about=condition.about))
            if baseline is None:
                text = "nothing was counted yet at {about}: there is nothing to trust"
                raise InputError(message(text, about=condition.about))
            ledger.set_baseline(replace(baseline, trusted=True))
            ledger.event(now, EventKind.TRUSTED, why=why)


def _require_something_left(path: Path, condition: Condition, key: str | None) -> None:
    if not path.exists() or not path.stat().st_size:
        way = message(NOTHING_LEFT)
        raise PushRefused(message("nothing is left of {name} to repair it from. {way}", name=condition.name, way=way))
    if key is None or not condition.about:
        missing = message("the key of the fingerprints") if key is None else message("what it is the ledger of")
        text = "{name} cannot be repaired: {missing} is gone. Nothing was changed"
        raise PushRefused(message(text, name=condition.name, missing=missing))


def _made_anew(folder: Folder, condition: Condition, now: Stamp) -> list[str]:
    path, card, key = folder.path(condition.name), folder.card(condition.name), folder.known_key()
    _require_something_left(path, condition, key)
    assert key
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    copy = path.with_name(f"{path.name}.{secrets.token_hex(4)}.copy")
    try:
        _copy(path, copy)
        with LedgerFile(copy) as old:
            _refuse_another_key(old, key, condition)
            fill(draft, Head(condition.about, condition.since, key_digest(key), writes=card.read().writes))
            with LedgerFile(draft) as new:
                sentences = pour(Salvage(old, card.read().writes), new, now)
        sentences.append(message("The damaged file is kept: {name}.", name=_keep(path).name))
        draft.replace(path)
        card.make(condition.about, condition.since)
    except Damaged:
        way = message(NOTHING_LEFT)
        raise PushRefused(
            message("nothing of {name} can be read, and nothing was changed. {way}", name=condition.name, way=way)
        ) from None
    except OSError as problem:
        raise PushError(
            message("{path} could not be repaired ({problem}); it is as it was", path=path, problem=problem)
        ) from None
    finally:
        for left_over in (draft, rollback_path(draft), copy, rollback_path(copy)):
            left_over.unlink(missing_ok=True)
        disk.sync_folder(path.parent)
    return sentences


def _copy(path: Path, copy: Path) -> None:
    """A copy to read from, with what every ledger begins with, so that SQLite opens it."""
    disk.private_file(copy)
    copy.write_bytes(path.read_bytes())
    if rollback_path(path).exists():
        disk.private_file(rollback_path(copy))
        rollback_path(copy).write_bytes(rollback_path(path).read_bytes())
    with copy.open("r+b") as file:
        file.write(BEGINNING)


def _refuse_another_key(old: LedgerFile, key: str, condition: Condition) -> None:
    try:
        with old.snapshot():
            same = old.cache.head.key == key_digest(key)
    except PushError:
        return  # its head is lost: nobody can tell
    if not same:
        raise PushRefused(
            message("{name} was written with another key than the one here. Nothing was changed", name=condition.name)
        )


def _keep(path: Path) -> Path:
    """Move a damaged file, and what SQLite would undo it with, out of the way."""
    kept = next(k for k in _other_names(path) if not k.exists())
    path.replace(kept)
    if rollback_path(path).exists():
        rollback_path(path).replace(rollback_path(kept))
    return kept


def _other_names(path: Path) -> Iterator[Path]:
    number = 1
    while True:
        yield path.with_name(f"{path.name}.damaged" + (f"-{number}" if number > 1 else ""))
        number += 1
