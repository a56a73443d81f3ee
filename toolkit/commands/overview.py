"""`analyst-toolkit pushes`, `resume` and `status`: what was sent, what is to be gone on with, who has signed."""

import argparse
import sys
from collections.abc import Iterable, Iterator

import pandas as pd

from toolkit import settings
from toolkit.commands import calls, exits, imports, logs
from toolkit.commands.console import complain, say
from toolkit.commands.exits import Exit
from toolkit.errors import InputError
from toolkit.plain import message
from toolkit.push import pushes as all_pushes

AT_ONCE = 500  # envelopes that are read before their rows are written
STATUS = "signature_status"  # the call of a system that says who has signed
SHOWN = [
    "id",
    "by",
    "started",
    "state",
    "destination",
    "rows",
    "verified",
    "accepted",
    "rejected",
    "unknown",
    "not sent",
]


def add_pushes(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=pushes)
    parser.add_argument("--unfinished", action="store_true", help=message("open and paused ones only"))
    parser.add_argument("--json", action="store_true", help=message("one JSON object a line"))


def add_resume(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=resume)
    about = message("of `pushes` (default: every import that was begun by this command and is not finished)")
    parser.add_argument("push", nargs="?", metavar="PUSH", help=about)


def add_status(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=status)
    parser.add_argument(
        "ids", nargs="+", metavar="ENVELOPE", help=message("identifiers; - reads them from standard input")
    )
    parser.add_argument("--profile", default="default", metavar="NAME", help=message("of the settings file"))
    parser.add_argument("--json", action="store_true", help=message("one JSON object a line"))
    imports.add_log_arguments(parser)


def pushes(chosen: argparse.Namespace) -> int:
    """List the pushes that the ledgers know."""
    table = all_pushes()
    if chosen.unfinished:
        table = table[table["state"].isin(calls.UNFINISHED)]
    _print(table if chosen.json else table[SHOWN], lines=chosen.json)
    damaged = table[table["state"] == "damaged"]
    for name, reason in zip(damaged["id"], damaged["reason"], strict=True):
        complain(f"{name}: {reason}")
    return Exit.FAILED if len(damaged) else Exit.DONE


def resume(chosen: argparse.Namespace) -> int:
    """Start again what was begun and is not finished, one after the other; how the worst of it ended."""
    kept = calls.kept_calls(settings.state_folder())
    if chosen.push:
        known = all_pushes()
        kept = [call for call in kept if call.is_of(chosen.push, known)]
        if not kept:
            text = "no import that this command began here is push {push}: start the call that began it once more"
            raise InputError(message(text, push=chosen.push))
    ends = [_again(call, chosen) for call in kept]
    if not kept:
        say(message("Nothing is to be gone on with."))
    return max(ends, default=Exit.DONE)


def _again(call: calls.Call, chosen: argparse.Namespace) -> int:
    """One import once more; what stops it does not stop the others."""
    again = imports.chosen_of(call.arguments, chosen.registry)
    say(message("Goes on with {file} to {to}.", file=again.file, to=again.to))
    try:
        return imports.run(again)
    except Exception as problem:  # noqa: BLE001 (said, and told by the exit status)
        complain(str(problem))
        return exits.of_error(problem)


def status(chosen: argparse.Namespace) -> int:
    """Say who has signed what."""
    with logs.logged(chosen.log, chosen.log_level):
        api = chosen.registry.connect(chosen.profile, {}, progress=not chosen.json)
        system = next(name for name, vendor in api.vendors().items() if hasattr(vendor.client, STATUS))
        unread = 0
        for ids in _batches(_each_id(chosen.ids)):
            table = getattr(getattr(api, system), STATUS)(ids)
            unread += int(table["error"].notna().sum())
            _print(table if chosen.json else table.dropna(axis="columns", how="all"), lines=chosen.json)
    return Exit.BAD_ROWS if unread else Exit.DONE


def _each_id(ids: Iterable[str]) -> Iterator[str]:
    for one in ids:
        yield from (line.strip() for line in sys.stdin if line.strip()) if one == "-" else [one]


def _batches(ids: Iterator[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    for one in ids:
        batch.append(one)
        if len(batch) == AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


def _print(table: pd.DataFrame, *, lines: bool) -> None:
    if lines:
        text = table.to_json(orient="records", lines=True, date_format="iso", force_ascii=False).strip()
    else:
        text = table.to_string(index=False, na_rep="") if len(table) else message("None.")
    if text:
        say(text)
