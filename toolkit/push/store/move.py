"""A ledger of this computer moved into a team's database: with sizes, counts and history; and what a person asks there.

Rows are known by fingerprints under a key. Those under another key than the team's stay known where that key is.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from toolkit.errors import InputError
from toolkit.plain import message
from toolkit.push import disk, identity
from toolkit.push.states import Baseline, EventKind, PushState, Stamp
from toolkit.push.store import care, file
from toolkit.push.store.examine import Condition, examine, examine_opened
from toolkit.push.store.ledger import Mark, StoredLedger, key_digest
from toolkit.push.store.postgres import TeamDatabase
from toolkit.push.store.salvage import Salvage, pour_push
from toolkit.push.store.team import SCHEMA, Team

UNFINISHED = (PushState.OPEN, PushState.PAUSED)


def move(state: Path, name: str, team: Team, now: Stamp) -> list[str]:
    """Move a ledger into the team's database. Its file is kept beside it, and not used any more. Says what holds now.

    Raises:
        PushRefused: a push has it open, or it is damaged. Nothing was changed.
        PushError: the database cannot be reached, or was lost. The same call again does the rest.
        InputError: there is no such ledger.
    """
    path = care.path_of(state, name)
    with file.use_lock(path), contextlib.closing(TeamDatabase(team.address)) as database:
        own = identity.user_key(state)
        condition = examine(path, own)
        condition.require_sound()
        system = name.rpartition("-")[0]
        with file.LedgerFile(path) as old:
            new = team.ledger(database, system, condition.about, condition.since, moving=True)
            sentences = _move_in(old, new, own, now)
        kept = path.with_suffix(file.MOVED)
        path.replace(kept)
        for left_over in (file.card_path(path), file.rollback_path(path), Mark(path).path):
            left_over.unlink(missing_ok=True)
        disk.sync_folder(path.parent)
    return [*sentences, message("The file is kept: {file}.", file=kept.name)]


def _move_in(old: StoredLedger, new: StoredLedger, key: str, now: Stamp) -> list[str]:
    salvage, digest = Salvage(old), key_digest(key)
    with new.transaction():
        same_key, source = new.cache.head.key == digest, _source(old)
        done = any(event.kind is EventKind.MOVED and event.details["source"] == source for event in new.events())
        numbers = {} if done else {n: row for n, row in salvage.pushes.items() if row}
        rows = 0
        for number, row in numbers.items():
            pour_push(salvage, new, number, row, salvage.operations.get(number, []))
            push = new.push(row.push.id)
            if not same_key and push.key:
                ended = {"state": PushState.SUPERSEDED, "reason": "moved"} if push.state in UNFINISHED else {}
                new.put_push(replace(push, facts={**(push.facts or {}), "key": digest}, **ended))  # type: ignore[arg-type]
                new.cache.head.keys[digest] = new.cache.head.keys.get(digest, 0) + push.rows
            rows += push.rows
        if not done:
            for event in salvage.events():
                new.event(event.at, event.kind, event.push, **event.details)
            _count(salvage.baseline, new)
            new.event(now, EventKind.MOVED, rows=rows, pushes=len(numbers), key=digest, source=source)
    moved = message("In the team's ledger now: rows {rows:,}, pushes {pushes:,}.", rows=rows, pushes=len(numbers))
    if same_key:
        return [moved]
    text = (
        "They are under another key than the team's: they are known only on computers that have it. "
        "`analyst-toolkit ledger export-key FILE` here and `analyst-toolkit ledger import-key FILE` there hand it on."
    )
    return [moved, message(text)]


def _source(old: StoredLedger) -> str:
    """By which a ledger is known again that was moved before, where that was broken off at its very end."""
    with old.snapshot():
        return f"{old.cache.head.made} {old.cache.head.key}"


def _count(theirs: Baseline | None, new: StoredLedger) -> None:
    """Of two counts of one counter, the later one; trusted only where both are."""
    ours = new.baseline()
    if theirs is None or ours is None:
        if theirs is not None:
            new.set_baseline(theirs)
        return
    latest = max(ours, theirs, key=lambda count: count.at.wall)
    new.set_baseline(replace(latest, trusted=ours.trusted and theirs.trusted))


# ── what a person asks of a team's ledger ──


def check(team: Team, names: list[str]) -> list[Condition]:
    """What each ledger of the team holds, and what of it is damaged; of all where none is named."""
    return [examined(team, name) for name in names or team.names()]


def examined(team: Team, name: str) -> Condition:
    condition = Condition(name, Path(name))
    with _opened(team, name) as (ledger, key):
        examine_opened(ledger, key, condition)
    return condition


def trust(team: Team, name: str, why: str, now: Stamp) -> None:
    """A person's word that the vendor's counter may be trusted again; as `care.trust`."""
    condition = examined(team, name)
    condition.require_sound()
    with _opened(team, name, alone=True) as (ledger, _):
        care.trust_counter(ledger, condition, why, now)


def forget(team: Team, name: str) -> None:
    """Remove a ledger of the team for good; as `care.forget`."""
    with contextlib.closing(TeamDatabase(team.address)) as database:
        _require(team, name)
        team.use(database, name, alone=True)
        database.rows(f'DROP SCHEMA "{SCHEMA}{name}" CASCADE')
    team.forget_card(name)


@contextlib.contextmanager
def alone(team: Team, name: str) -> Iterator[StoredLedger]:
    """A ledger that nobody else has open meanwhile; as `care.alone`."""
    with _opened(team, name, alone=True) as (ledger, _):
        yield ledger


@contextlib.contextmanager
def _opened(team: Team, name: str, *, alone: bool = False) -> Iterator[tuple[StoredLedger, str | None]]:
    _require(team, name)
    with team.open(name) as ledger:
        if alone:
            team.use(ledger.connection, name, alone=True)
        yield ledger, team.key(ledger.connection)


def _require(team: Team, name: str) -> None:
    if name not in (known := team.names()):
        text = "there is no ledger {name!r} at {place}; there are: {known}"
        raise InputError(message(text, name=name, place=team.address, known=", ".join(known) or "none"))
