"""A ledger of this computer moved into a team's database: with sizes, counts and history.

Rows are known by fingerprints under a key. Those under another key than the team's stay known where that key is.
"""

import contextlib
from dataclasses import replace

from toolkit.plain import message
from toolkit.push import disk
from toolkit.push.states import UNFINISHED, Baseline, EventKind, PushState, Stamp
from toolkit.push.store.file import MOVED, Folder, LedgerFile, use_lock
from toolkit.push.store.ledger import StoredLedger, key_digest
from toolkit.push.store.postgres import TeamDatabase
from toolkit.push.store.salvage import Salvage, pour_push
from toolkit.push.store.team import Team


def move(folder: Folder, name: str, team: Team, now: Stamp) -> list[str]:
    """Move a ledger into the team's database. Its file is kept beside it, and not used any more. Says what holds now.

    Raises:
        PushRefused: a push has it open, or it is damaged. Nothing was changed.
        PushError: the database cannot be reached, or was lost. The same call again does the rest.
        InputError: there is no such ledger.
    """
    path = folder.require(name)
    with use_lock(path), contextlib.closing(TeamDatabase(team.address)) as database:
        condition = folder.examined(name)
        condition.require_sound()
        with LedgerFile(path) as old:
            into = Team(team.address, team.state, database)
            new = into.ledger(condition.about, condition.since, moving=True)
            sentences = _move_in(old, new, folder.key, now)
        kept = path.with_suffix(MOVED)
        path.replace(kept)
        folder.remove(path)
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
