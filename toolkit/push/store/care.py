"""What a person can do about ledgers: check, repair, forget, trust. The command line stands on these."""

import contextlib
import secrets
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from toolkit.errors import InputError, PushError, PushRefused
from toolkit.plain import mark, message
from toolkit.push import disk, identity
from toolkit.push.states import EventKind, Stamp
from toolkit.push.store.examine import Condition, examine
from toolkit.push.store.file import (
    LedgerFile,
    card_path,
    fill,
    leave_card,
    rollback_path,
    use_lock,
)
from toolkit.push.store.ledger import Mark, StoredLedger, key_digest
from toolkit.push.store.records import Damaged, Head
from toolkit.push.store.salvage import Salvage, pour

BEGINNING = b"SQLite format 3\x00\x10\x00\x01\x01\x00\x40\x20\x20"  # pages of 4,096 bytes, a rollback file


def now() -> Stamp:
    """This instant, for what a person does."""
    return Stamp("by hand", time.monotonic(), time.time())


NOTHING_LEFT = mark("Put it back from a backup; or forget it, and what was sent is not known any more")


def ledger_names(state: Path) -> list[str]:
    """The ledgers of a state folder, also those of which only the card is left."""
    folder = state / "ledgers"
    return sorted({path.stem for suffix in ("sqlite", "json", "writes") for path in folder.glob(f"*.{suffix}")})


def check(state: Path, names: list[str] | None = None) -> list[Condition]:
    """What each ledger holds, and what of it is damaged; of all where none is named."""
    key = _key(state)
    return [examine(path_of(state, name), key) for name in (names or ledger_names(state))]


def repair(state: Path, name: str, now: Stamp) -> list[str]:
    """Save what can be saved of a damaged ledger; in words, what could not. The damaged file is kept beside it.

    Raises:
        PushRefused: a push has it open, or there is nothing to repair it from; the message says what is left to do.
    """
    path = path_of(state, name)
    with use_lock(path):
        condition = examine(path, _key(state))
        if condition.sound:
            return [message("Nothing is damaged.")]
        if condition.own_name:
            raise PushRefused(
                message("{name} was not changed. {way}", name=name, way=condition.described()[-1].strip())
            )
        if condition.index_only:
            with LedgerFile(path) as ledger, ledger.transaction():
                ledger.rebuild_index()
                ledger.event(now, EventKind.REPAIRED, what=condition.problems)
            return [message("The index was made anew from the rows. Nothing is lost.")]
        return _made_anew(state, condition, now)


@contextlib.contextmanager
def alone(path: Path) -> Iterator[LedgerFile]:
    """A ledger that nobody else has open meanwhile; PushRefused where somebody has."""
    with use_lock(path), LedgerFile(path) as ledger:
        yield ledger


def forget(state: Path, name: str) -> None:
    """Remove a ledger for good: what it knows of is sent again by the next push of it. Ask before you call this.

    Raises:
        PushRefused: a push has it open.
    """
    path = path_of(state, name)
    with use_lock(path):
        for each in (path, rollback_path(path), card_path(path), Mark(path).path):
            each.unlink(missing_ok=True)
        disk.sync_folder(path.parent)


def forget_all(state: Path) -> None:
    """Remove every ledger, and the key of the fingerprints. Ask before you call this."""
    for name in ledger_names(state):
        forget(state, name)
    (state / "key").unlink(missing_ok=True)
    disk.sync_folder(state)


def trust(state: Path, name: str, why: str, now: Stamp) -> None:
    """A person's word that the vendor's counter of a destination may be trusted again. Recorded with the reason.

    Raises:
        InputError: no reason, or nothing was counted there yet.
        PushRefused: a push has it open, it is damaged, or a request is still in doubt: the next run looks at that one.
    """
    path = path_of(state, name)
    with use_lock(path):
        condition = examine(path, _key(state))
        condition.require_sound()
        with LedgerFile(path) as ledger:
            trust_counter(ledger, condition, why, now)


def trust_counter(ledger: StoredLedger, condition: Condition, why: str, now: Stamp) -> None:
    """The same of a ledger that is open, and that nobody pushes with."""
    if not why:
        raise InputError(message("say why the counter may be trusted again: it is recorded"))
    with ledger.snapshot():
        baseline, in_doubt = ledger.baseline(), ledger.in_doubt()
    if in_doubt:
        raise PushRefused(
            message(
                "{in_doubt:,} requests to {about} are still in doubt. Run the call that sent them again "
                "first: it says what became of them. Nothing was changed",
                in_doubt=in_doubt,
                about=condition.about,
            )
        )
    if baseline is None:
        raise InputError(
            message("nothing was counted yet at {about}: there is nothing to trust", about=condition.about)
        )
    with ledger.transaction():
        ledger.set_baseline(replace(baseline, trusted=True))
        ledger.event(now, EventKind.TRUSTED, why=why)


def _require_something_left(condition: Condition, key: str | None) -> None:
    if not condition.path.exists() or not condition.path.stat().st_size:
        way = message(NOTHING_LEFT)
        raise PushRefused(message("nothing is left of {name} to repair it from. {way}", name=condition.name, way=way))
    if key is None or not condition.about:
        missing = message("the key of the fingerprints") if key is None else message("what it is the ledger of")
        text = "{name} cannot be repaired: {missing} is gone. Nothing was changed"
        raise PushRefused(message(text, name=condition.name, missing=missing))


def _made_anew(state: Path, condition: Condition, now: Stamp) -> list[str]:
    path, key = condition.path, _key(state)
    _require_something_left(condition, key)
    assert key
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    copy = path.with_name(f"{path.name}.{secrets.token_hex(4)}.copy")
    try:
        _copy(path, copy)
        with LedgerFile(copy) as old:
            _refuse_another_key(old, key, condition)
            fill(draft, Head(condition.about, condition.since, key_digest(key), writes=Mark(path).read()))
            with LedgerFile(draft) as new:
                sentences = pour(Salvage(old, Mark(path).read()), new, now)
        sentences.append(message("The damaged file is kept: {name}.", name=_keep(path).name))
        draft.replace(path)
        leave_card(path, condition.about, condition.since)
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


def path_of(state: Path, name: str) -> Path:
    """The file of a ledger. InputError where there is none of this name."""
    if name not in ledger_names(state):
        known = ", ".join(ledger_names(state)) or "none"
        raise InputError(
            message("there is no ledger {name!r} in {state}; there are: {known}", name=name, state=state, known=known)
        )
    return state / "ledgers" / f"{name}.sqlite"


def _key(state: Path) -> str | None:
    try:
        return identity.user_key(state) if (state / "key").exists() else None
    except PushRefused:
        return None
