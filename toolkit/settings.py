"""Profiles and credentials: what a call gives, the environment, the keyring, one file in the home directory.

Never the working directory: a notebook from somebody else must not bring its own addresses.
"""

import contextlib
import getpass
import importlib
import json
import os
import re
import sys
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import platformdirs

from toolkit.errors import InputError, SettingsError
from toolkit.http.secrets import ClearedFrames, Secret, scrub
from toolkit.plain import LANGUAGES, message, speak
from toolkit.spec import Masked, System
from toolkit.spec.suggest import did_you_mean

APP = "analyst-toolkit"
COMMON = {  # settings of every system, and what they say
    "base_url": "Where the system answers.",
    "identity": "The account's name for the ledger: one name for several addresses of one account, two names for two.",
    "state": "The folder of the ledger, where `TOOLKIT_STATE` does not name one.",
    "ledger": "The team's database, as `postgresql://user@host/database`: for all systems at the top of a profile.",
    "header": "How the credential is sent, as `Bearer {token}`, or with the header's name, as `X-Key: {token}`.",
    "endpoints": "A table of calls whose method and path differ from the document, as `GET /v3/templates`.",
    "assumptions": "A table: our readings of the document that another one replaces; `api.….assumptions()` lists them.",
    "confirmed": "A table that `probe` writes: which readings it saw to be true, and when.",
    "limits": "A table: how long to wait, how often to try again, how much to take.",
    "push": "A table: how a push goes about it.",
    "ca_bundle": "A file or folder of certificates to trust instead of the usual ones.",
    "allow_http": "Whether plain http may be used beyond this computer: it shows the credentials.",
    "workers": "How many reads run at a time.",
}

LEDGER, LEDGER_PASSWORD = "ledger", "ledger_password"  # the second is nowhere written


def language(code: str) -> None:
    """The language of everything that is shown from now on: "en", "es" or "uk". What is sent never depends on it.

    Without this call it is that of `TOOLKIT_LANGUAGE`, else of `language = "es"` at the top of the settings file, else
    the system's. A vendor's own words stay as they are; what has no Ukrainian yet is English then.

    Raises:
        InputError: there is no such language.
    """
    if code not in LANGUAGES:
        known = ", ".join(LANGUAGES)
        hint = did_you_mean(str(code), LANGUAGES)
        raise InputError(message("there is no language {code!r}; there are {known}", code=code, known=known) + hint)
    speak(code)


def language_setting() -> str:
    """The language that the settings file names; "" where it names none, or cannot be read."""
    try:
        return str(_written().get("language", ""))
    except SettingsError:
        return ""  # the first connection says what is wrong with it


def settings_file() -> Path:
    """Where profiles are kept: `[profile.system]` tables with addresses, users and limits, without secrets."""
    named = os.environ.get("TOOLKIT_SETTINGS")
    try:
        return Path(named or platformdirs.user_config_path(APP) / "settings.toml")
    except RuntimeError:
        raise _without_home("TOOLKIT_SETTINGS") from None


def state_folder(setting: str | Path | None = None) -> Path:
    """Where ledgers and locks are kept, for this user only: the same folder wherever a notebook is started."""
    named = setting or os.environ.get("TOOLKIT_STATE")
    try:
        folder = Path(named or platformdirs.user_state_path(APP)).expanduser()
    except RuntimeError:
        raise _without_home("TOOLKIT_STATE") from None
    if not folder.is_absolute():
        name = message("the setting `state`") if setting else "TOOLKIT_STATE"
        raise SettingsError(
            message(
                "{name} is {folder!r}, which is another folder for each place that a notebook is started in, "
                "so that nothing would be remembered. Give the whole path",
                name=name,
                folder=str(folder),
            )
        )
    return folder


def _without_home(variable: str) -> SettingsError:
    """Why there is no such path: a scheduler's user may have no home directory."""
    text = "this user has no home directory to keep it in: name the place in {variable}"
    return SettingsError(message(text, variable=variable))


def profiles() -> dict[str, dict[str, dict[str, Any]]]:
    """Every profile of the settings file, by name."""
    return {name: table for name, table in _written().items() if name != "language"}


def _written() -> dict[str, Any]:
    path = settings_file()
    if not path.exists():
        return {}
    try:
        return _parsed(path.read_text(encoding="utf-8"), path)
    except (UnicodeDecodeError, OSError) as problem:
        raise SettingsError(f"{path}: {problem}") from None


def _parsed(text: str, path: Path) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise SettingsError(f"{path}: {problem}") from None


def save_readings(profile: str, readings: Mapping[str, Mapping[str, Any]], day: date) -> Path:
    """Write readings that were seen to be true, and when, into a profile. The rest of the file stays as it is.

    Args:
        profile: a name in the settings file; it is added where it is not there.
        readings: the values by system and assumption. They are added to those that the profile has.
        day: when they were seen.

    Returns:
        The settings file.

    Raises:
        SettingsError: the file cannot be read or written, or has these tables in a form that cannot be added to. It is
            as it was.
    """
    path, known = settings_file(), profiles().get(profile, {})
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    for system, values in readings.items():
        confirmed = {name: {"value": value, "on": day} for name, value in values.items()}
        for table, new in (("assumptions", values), ("confirmed", confirmed)):
            rows = {**known.get(system, {}).get(table, {}), **new}
            head = f"[{_key(profile)}.{system}.{table}]"
            old = re.compile(rf"^{re.escape(head)}[^\n]*\n(?:(?!\[)[^\n]*\n?)*", re.MULTILINE)
            lines = [head, *(f"{_key(name)} = {toml(value)}" for name, value in rows.items())]
            text = "\n".join([*filter(None, [old.sub("", text).rstrip("\n")]), "", *lines, ""]).lstrip("\n")
    _parsed(text, path)
    _replace(path, text)
    return path


def _replace(path: Path, text: str) -> None:
    """Another content for a file, whole or not at all: what is named there, as an identity, hangs on it."""
    path = path.resolve()  # where it is a link, it stays one
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("w", encoding="utf-8", newline="\n") as file:
            if path.exists():
                draft.chmod(path.stat().st_mode)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as problem:
        raise SettingsError(message("{path} cannot be written: {reason}", path=path, reason=problem)) from None
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name)


def toml(value: Any) -> str:
    """A value as a settings file has it."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(name)} = {toml(inner)}" for name, inner in value.items()) + "}"
    return value.isoformat() if isinstance(value, date) else json.dumps(value, ensure_ascii=False)


@ClearedFrames()
def of_system(system: System, profile: str, supplied: Mapping[str, Any] | None) -> dict[str, Any]:
    """What is known of one system: supplied now, else the environment, else the keyring, else the profile's table."""
    table = profiles().get(profile, {})
    kept = table.get(system.name, {}) if isinstance(table, Mapping) else None
    if not isinstance(kept, Mapping):
        raise SettingsError(
            message(
                "{settings_file}: {profile}.{name} is no table; it is written [{profile}.{name}]",
                settings_file=settings_file(),
                profile=profile,
                name=system.name,
            )
        )
    secrets = [f.name for f in system.credentials.fields if isinstance(f, Masked)]
    if written := [name for name in secrets if name in kept]:
        raise SettingsError(
            message(
                "{settings_file} holds {names} of {profile}.{name} in clear: take it out, and keep it in the "
                "keyring (forms.connect()) or in the environment ({variable})",
                settings_file=settings_file(),
                names=", ".join(written),
                profile=profile,
                name=system.name,
                variable=variable(system, written[0]),
            )
        )
    account: dict[str, Any] = {**_ledger_of(profile, table, kept), **kept}
    for field in system.credentials.fields:
        value = os.environ.get(variable(system, field.name))
        if value is None and field.name in secrets:
            value = _from_keyring(system.name, profile, field.name)
        if value is not None:
            account[field.name] = value
    if (address := os.environ.get(variable(system, "base_url"))) is not None:
        account["base_url"] = address
    supplied = {name: value for name, value in (supplied or {}).items() if value is not None}
    readings = [_table(system, each) for each in (account, _from_environment(system), supplied)]
    account |= supplied
    if any(readings):
        account["assumptions"] = {name: value for each in readings for name, value in each.items()}
    return masked(system, account)


def _ledger_of(profile: str, *tables: Mapping[str, Any]) -> dict[str, Any]:
    """Where a profile keeps its ledgers, where that is a team's database, and the password of that."""
    if any(LEDGER_PASSWORD in table for table in tables):
        text = (
            "{file} holds {name} of {profile} in clear: take it out, and keep it in {variable}, in the keyring, or in "
            "libpq's own file (.pgpass)"
        )
        where = {"file": settings_file(), "name": LEDGER_PASSWORD, "profile": profile}
        raise SettingsError(message(text, **where, variable="TOOLKIT_LEDGER_PASSWORD"))
    named = [table[LEDGER] for table in tables if LEDGER in table]
    if not named:
        return {}
    password = os.environ.get("TOOLKIT_LEDGER_PASSWORD") or _from_keyring(LEDGER, profile, "password")
    return {LEDGER: named[-1], **({LEDGER_PASSWORD: Secret(password)} if password else {})}


@ClearedFrames()
def team_ledgers(named: str | None = None) -> list[tuple[str, Secret | None]]:
    """The teams' databases that profiles name, or one of them, and passwords where libpq does not find them itself."""
    ledgers: dict[str, Secret | None] = {}
    for profile, table in profiles().items():
        if named not in (None, profile):
            continue
        for each in (table, *table.values()) if isinstance(table, Mapping) else ():
            if isinstance(each, Mapping) and isinstance(each.get(LEDGER), str):
                ledgers.setdefault(each[LEDGER], _ledger_of(profile, each).get(LEDGER_PASSWORD))
    return [*ledgers.items()]


def _table(system: System, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """The readings among some settings."""
    table = values.get("assumptions") or {}
    if not isinstance(table, Mapping):
        raise SettingsError(
            message("{system}.assumptions is a table, not {kind}", system=system.name, kind=type(table).__name__)
        )
    return table


def _from_environment(system: System) -> Mapping[str, Any]:
    """The readings that the environment names, as a JSON object."""
    name = variable(system, "assumptions")
    text = os.environ.get(name)
    try:
        return {"assumptions": json.loads(text)} if text else {}
    except ValueError:
        raise SettingsError(message('{name} is not JSON; it is written {{"name": value}}', name=name)) from None


def masked(system: System, values: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of one system. Its secrets are under masks, and so is what has no setting's name: it may be one.

    Raises:
        SettingsError: it is no table.
    """
    if not isinstance(values, Mapping):
        raise SettingsError(
            message("{name} is a table of settings, not {kind}", name=system.name, kind=type(values).__name__)
        )
    plain = {*COMMON, *(f.name for f in system.credentials.fields if not isinstance(f, Masked))}
    return {name: v if name in plain or v is None or v == "" else Secret(v) for name, v in values.items()}


def without_secrets(environment: Mapping[str, str], systems: Iterable[System]) -> dict[str, str]:
    """An environment for another program: passwords and tokens of these systems are not in it."""
    of_ledgers = {"TOOLKIT_LEDGER_PASSWORD", "PGPASSWORD"}
    secret = of_ledgers | {variable(s, f.name) for s in systems for f in s.credentials.fields if isinstance(f, Masked)}
    return {name: value for name, value in environment.items() if name.upper() not in secret}


def variable(system: System, name: str) -> str:
    """The environment variable of one setting: `TOOLKIT_IDA_PASSWORD`."""
    return f"TOOLKIT_{system.name}_{name}".upper()


@ClearedFrames()
def keep(system: System, profile: str, name: str, value: Secret) -> None:
    """Keep a secret in the operating system's keyring."""
    keyring = _keyring()
    if keyring is None:
        raise SettingsError(
            message("there is no keyring on this machine: install the extra `keyring`, or use the environment")
        )
    try:
        keyring.set_password(f"{APP}/{profile}/{system.name}", name, value.reveal())
    except keyring.errors.KeyringError as problem:
        raise SettingsError(
            message("the keyring of this machine cannot be used: {problem}", problem=scrub(str(problem)))
        ) from None


@ClearedFrames()
def ask(prompt: str) -> Secret | None:
    """A secret typed by a person, where one is there to type."""
    if not (hasattr(sys, "ps1") or "ipykernel" in sys.modules or (sys.stdin and sys.stdin.isatty())):
        return None
    return Secret(getpass.getpass(prompt))


@ClearedFrames()
def _from_keyring(system: str, profile: str, name: str) -> str | None:
    keyring = _keyring()
    if keyring is None:
        return None
    try:
        kept: str | None = keyring.get_password(f"{APP}/{profile}/{system}", name)
    except keyring.errors.KeyringError:
        return None
    return kept


def _keyring() -> Any:
    try:
        return importlib.import_module("keyring")
    except ImportError:
        return None
