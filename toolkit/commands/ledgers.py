"""`analyst-toolkit ledger`: look at what is known to have been sent, and do what a person asks with it."""

import argparse
from pathlib import Path

from toolkit import settings
from toolkit.commands.console import complain, say
from toolkit.commands.exits import Exit
from toolkit.errors import InputError
from toolkit.plain import message
from toolkit.push import TeamAddress
from toolkit.push.store import care, keys
from toolkit.push.store.file import Folder
from toolkit.push.store.move import move
from toolkit.push.store.places import Place, folders
from toolkit.push.store.team import Team


def add_parser(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.set_defaults(run=run)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

    def action(name: str, about: str, *, team: bool = True) -> argparse.ArgumentParser:
        parser = actions.add_parser(name, help=about, description=about)
        if team:
            parser.add_argument("--profile", metavar="NAME", help=message("the team that this profile names"))
        return parser

    parser = action("check", message("what each ledger holds, and what of it is damaged"))
    parser.add_argument("names", nargs="*", metavar="NAME", help=message("these only (default: all)"))
    parser = action(
        "repair", message("save what can be saved of a damaged ledger; the damaged file is kept"), team=False
    )
    parser.add_argument("name", metavar="NAME")
    parser = action("forget", message("remove a ledger for good; asks first"))
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("name", nargs="?", metavar="NAME")
    which.add_argument("--all", action="store_true", help=message("every ledger, and the key of the fingerprints"))
    parser.add_argument("--yes", action="store_true", help=message("do not ask"))
    parser = action("trust", message("let the vendor's counter of a destination be trusted again"))
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("--why", required=True, metavar="TEXT", help=message("what you looked at; it is recorded"))
    parser = action("move", message("move a ledger of this computer into the team's database"))
    parser.add_argument("name", metavar="NAME")
    parser = action("export-key", message("write the key of the fingerprints into a file, to hand it on to the team"))
    parser.add_argument("file", type=Path, metavar="FILE")
    parser = action("import-key", message("take over a key from such a file"), team=False)
    parser.add_argument("file", type=Path, metavar="FILE")


def run(chosen: argparse.Namespace) -> int:
    """Do what the command line says."""
    folder = _folder_of(getattr(chosen, "name", None))
    team = team_of(chosen.profile, folder.state) if getattr(chosen, "profile", None) else None
    match chosen.action:
        case "check":
            return _check(chosen.names, team)
        case "forget":
            return _forget(chosen, folder, team)
        case "trust":
            care.trust(team or folder, chosen.name, chosen.why, care.now())
            say(message("The counter of {name} is trusted again.", name=chosen.name))
        case "repair":
            say(*care.repair(folder, chosen.name, care.now()))
        case "move":
            if team is None:
                raise InputError(message("say where it moves to: --profile NAME"))
            say(*move(folder, chosen.name, team, care.now()))
        case "export-key":
            _export(chosen.file, folder, team)
        case "import-key":
            digest = keys.import_key(folder.state, chosen.file)
            say(message("The key {digest} is on this computer now. Remove the file.", digest=digest))
    return Exit.DONE


def _folder_of(name: str | None) -> Folder:
    """The state folder that has this ledger; the user's own where none has."""
    known = [*map(Folder, folders())]
    return next((folder for folder in known if name in folder.names()), known[0])


def team_of(profile: str, state: Path) -> Team:
    """The team's database of a profile.

    Raises:
        SettingsError: its address cannot be used.
        InputError: the profile names none.
    """
    teams = settings.team_ledgers(profile)
    if len(teams) != 1:
        text = 'profile {profile!r} names no team\'s database: ledger = "postgresql://user@host/database" at its top'
        raise InputError(message(text, profile=profile))
    return Team(TeamAddress(*teams[0]), state)


def _check(names: list[str], team: Team | None) -> int:
    places: list[Place] = [team] if team else [*map(Folder, folders())]
    if names:
        conditions = [(team or _folder_of(name)).examined(name) for name in names]
    else:
        conditions = [condition for place in places for condition in care.check(place)]
    lines = [line for condition in conditions for line in condition.described()]
    say(*(lines or [message("There is no ledger.")]), *places[0].notes())
    return Exit.DONE if all(condition.sound for condition in conditions) else Exit.FAILED


def _forget(chosen: argparse.Namespace, folder: Folder, team: Team | None) -> int:
    """Forget one ledger, or all, once the person has said so."""
    name, what = chosen.name, chosen.name or "all"
    if team and not name:
        raise InputError(message("one ledger of a team is forgotten at a time: say its name"))
    place: Place = team or folder
    names = [condition.name for condition in care.check(place, [name] if name else None)]
    text = "Forgets {names}: what was sent there is not known any more, and is sent again."
    say(message(text, names=", ".join(names) or message("nothing")))
    if not chosen.yes and _typed(message("Type {what} to go on: ", what=what)) != what:
        complain(message("Nothing was forgotten."))
        return Exit.FAILED
    if name:
        place.forget(name)
    else:
        care.forget_all(folder)
    say(message("Forgotten."))
    return Exit.DONE


def _export(file: Path, folder: Folder, team: Team | None) -> None:
    digest = team.key_id() if team else keys.own_digest(folder.state)
    keys.export_key(folder.state, digest, file)
    text = "{file} holds the key {digest}. Whoever has it can look whether a row was sent: hand it on as a password."
    say(message(text, file=file, digest=digest))


def _typed(prompt: str) -> str:
    """What a person types; nothing where there is nobody."""
    try:
        return input(prompt)
    except EOFError:
        return ""
