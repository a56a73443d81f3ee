"""`analyst-toolkit probe`: hold what a real account answers against what the toolkit declares and assumes."""

import argparse
import contextlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from toolkit import settings
from toolkit.commands.console import complain, say
from toolkit.commands.exits import Exit
from toolkit.errors import AuthError, InputError, SettingsError
from toolkit.notebook.recording import recorded
from toolkit.plain import mark, message
from toolkit.spec.suggest import did_you_mean
from toolkit.vendors import probing
from toolkit.vendors.probing import Finding, Result

ABOUT = mark("compare an account with what its document leaves open; reads only, unless --write is given")
YES = "yes"


def add_parser(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.set_defaults(run=run)
    about = message("of the profile (default: every system that it has the credentials of)")
    parser.add_argument("systems", nargs="*", metavar="SYSTEM", help=about)
    parser.add_argument("--profile", default="default", metavar="NAME", help=message("of the settings file"))
    about = message("write what was seen into the profile, with the day")
    parser.add_argument("--save", action="store_true", help=about)
    about = message("keep the reads there, with secrets taken out; `toolkit.recorded` replays them")
    parser.add_argument("--record", type=Path, metavar="FOLDER", help=about)
    about = message("write, too: first it is said what, and you type yes")
    parser.add_argument("--write", action="store_true", help=about)
    about = message("whom or what a write may touch, as NAME=VALUE; may be given several times")
    parser.add_argument("--with", dest="subjects", action="append", default=[], metavar="NAME=VALUE", help=about)


def run(chosen: argparse.Namespace) -> int:
    """Probe each system, and say what agrees."""
    vendors = chosen.registry.vendors()
    for name in chosen.systems:
        if name not in vendors:
            raise InputError(message("there is no system {name!r}", name=name) + did_you_mean(name, vendors))
    names = chosen.systems or list(vendors)
    subjects = _subjects(chosen.subjects, [vendors[name] for name in names])
    if chosen.write and chosen.record:
        raise InputError(message("--record keeps reads: leave --write out"))
    if chosen.write and not _agreed([vendors[name] for name in names]):
        complain(message("Nothing was written."))
        return Exit.REFUSED
    api = chosen.registry.connect(chosen.profile, {}, progress=False)
    findings: list[Finding] = []
    for name in names:
        try:
            findings += _probed(chosen, vendors[name], api, subjects)
        except (SettingsError, AuthError) as problem:
            if chosen.systems:
                raise
            findings.append(Finding(name, "sign_in", Result.NOT_TRIED, probing.masked(str(problem))))
    say(*lines(findings))
    return _saved(chosen, api, findings)


def _probed(chosen: argparse.Namespace, vendor: Any, api: Any, subjects: Mapping[str, str]) -> list[Finding]:
    client = getattr(api, vendor.name)
    if not chosen.record:
        return probing.run(vendor, client, write=chosen.write, subjects=subjects)
    client.connection.sign_in()
    with recorded(chosen.record / f"{vendor.name}.yaml", mode="record", now=client.connection.session.clock.now()):
        return probing.run(vendor, client, subjects=subjects)


def _saved(chosen: argparse.Namespace, api: Any, findings: list[Finding]) -> int:
    """The exit status; with `--save`, once the readings are written."""
    differs = sum(f.result is Result.DIFFERS for f in findings)
    seen = probing.readings(findings)
    if chosen.save and seen:
        clock = getattr(api, next(iter(seen))).connection.session.clock
        file = settings.save_readings(chosen.profile, seen, clock.now().date())
        say("", message("Saved in {file}, profile {profile}.", file=file, profile=chosen.profile))
        mended = sum(f.result is Result.DIFFERS and bool(f.setting) for f in findings)
        return Exit.DONE if mended == differs else Exit.FAILED
    if differs:
        say("", message("--save writes these settings into the profile."))
    return Exit.FAILED if differs else Exit.DONE


def _agreed(vendors: Iterable[Any]) -> bool:
    """Whether the person wants what is going to be written."""
    say(message("This writes:"))
    for vendor in vendors:
        if module := probing.own_questions(vendor):
            say(f"- {message(module.WRITES)}")
    typed = ""
    with contextlib.suppress(EOFError):
        typed = input(message("Type {word} to go on: ", word=YES)).strip()
    return typed == YES


def _subjects(pairs: Iterable[str], vendors: Iterable[Any]) -> dict[str, str]:
    known = {n for v in vendors for n in getattr(probing.own_questions(v), "SUBJECTS", {})}
    subjects = {}
    for each in pairs:
        name, is_given, value = each.partition("=")
        if not is_given or name not in known:
            text = message(
                "--with takes {names}, as NAME=VALUE, not {given!r}", names=", ".join(sorted(known)), given=each
            )
            raise InputError(text + did_you_mean(name, known))
        subjects[name] = value
    return subjects


def lines(findings: Iterable[Finding]) -> list[str]:
    """The findings as a table of text."""
    rows = [(f.system, f.what, message(str(f.result)), f.setting or f.evidence) for f in findings]
    if not rows:
        return []
    widths = [max(len(row[n]) for row in rows) for n in range(3)]
    aligned = ([cell.ljust(width) for cell, width in zip(row[:3], widths, strict=True)] for row in rows)
    return ["  ".join([*cells, row[3]]).rstrip() for cells, row in zip(aligned, rows, strict=True)]
