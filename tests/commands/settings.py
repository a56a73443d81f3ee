"""Every setting, variable and default on one page: `python -m tests.commands.settings` writes it; a test compares."""

import dataclasses
import inspect
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from toolkit import Api, settings
from toolkit.http.session import Limits
from toolkit.push import Options
from toolkit.spec import Assumption, Masked, System

PAGE = Path(__file__).parent.parent.parent / "toolkit" / "docs" / "SETTINGS.md"
NOTE = re.compile(r"^    (\w+): [^#\n]*#\s*(.+)$", re.MULTILINE)
HEAD = """# Settings

Written by `python -m tests.commands.settings` from the declarations. A setting is looked for in the call
(`toolkit.connect(ida={"limits": {"read": 30}})`), in the environment, in the keyring, and in the profile's table of the
settings file (`[default.ida]`); the first of them counts. Passwords and tokens are refused in the file. A line
`language = "es"` at its top, before all tables, sets the language of what is shown.
"""
VARIABLES = {
    "TOOLKIT_SETTINGS": "The settings file.",
    "TOOLKIT_STATE": "The folder of what pushes keep, and of the sandbox's tokens.",
    "TOOLKIT_LEDGER_PASSWORD": "The password of the team's database; else the keyring, or libpq, knows it.",
    "TOOLKIT_LANGUAGE": "The language of what is shown: en, es or uk. `toolkit.language` in code counts more.",
    "TOOLKIT_SANDBOX": 'The address of a sandbox that runs already, for `toolkit.connect("sandbox")`.',
    "TQDM_DISABLE": "Set to anything but 0: no progress bars.",
    "HTTPS_PROXY, NO_PROXY": "The proxy to the vendors, as requests reads them; never used for this computer itself.",
    "REQUESTS_CA_BUNDLE": "Certificates to trust, where `ca_bundle` names none.",
}


def page() -> str:
    """The page as the declarations have it."""
    systems = [vendor.system for vendor in Api.vendors().values()]
    parts = [
        HEAD,
        *_table("Of every system", ("setting", "default", "meaning"), _common()),
        *_table("`limits`: seconds, unless it says otherwise", ("setting", "default", "meaning"), _fields(Limits)),
        *_table("`push`: seconds, unless it says otherwise", ("setting", "default", "meaning"), _fields(Options)),
        *(line for system in systems for line in _of_system(system)),
        *_table("Other variables", ("variable", "meaning"), ((f"`{n}`", what) for n, what in VARIABLES.items())),
    ]
    return "\n".join(parts)


def _common() -> Iterator[tuple[str, str, str]]:
    defaults = {"workers": "8", "allow_http": "`False`", "base_url": "the vendor's, where it has one"}
    yield from ((f"`{name}`", defaults.get(name, ""), what) for name, what in settings.COMMON.items())


def _fields(kind: type[Any]) -> Iterator[tuple[str, str, str]]:
    """The fields of a class of settings: their defaults, and what is noted beside them."""
    notes = dict(NOTE.findall(inspect.getsource(kind)))
    for field in dataclasses.fields(kind):
        default = "" if field.default in (dataclasses.MISSING, None) else f"`{field.default!r}`"
        yield f"`{field.name}`", default, _sentence(notes.get(field.name, ""))


def _of_system(system: System) -> Iterator[str]:
    rows = [("`base_url`", settings.variable(system, "base_url"), system.base_url or "none: each customer has its own")]
    for field in system.credentials.fields:
        secret = " Secret." if isinstance(field, Masked) else ""
        rows.append((f"`{field.name}`", settings.variable(system, field.name), f"{field.doc}{secret}"))
    header = f"`{system.header.name}: {system.header.form}`"
    rows.append(("`header`", "", f"Default {header}."))
    coded = [(name, f"`{variable}`" if variable else "", what) for name, variable, what in rows]
    yield from _table(f"`{system.name}`: {system.title}", ("setting", "variable", "meaning"), coded)
    variable = settings.variable(system, "assumptions")
    yield f"`[default.{system.name}.assumptions]`, or `{variable}` as a JSON object:\n"
    rows = ((f"`{a.name}`", _written(a.value), _choices(a), str(a.provenance)) for a in system.assumptions)
    yield from _rows(("assumption", "value", "meaning, and other values", "provenance"), rows)


def _choices(assumption: Assumption) -> str:
    others = (f"{_written(v)} ({what})" for v, what in assumption.choices.items())
    return f"{assumption.meaning} {', '.join(others)}".strip()


def _written(value: Any) -> str:
    return f"`{settings.toml(value)}`"


def _table(title: str, head: tuple[str, ...], rows: Any) -> Iterator[str]:
    yield from (f"## {title}", "")
    yield from _rows(head, rows)


def _rows(head: tuple[str, ...], rows: Any) -> Iterator[str]:
    yield from (_line(head), _line(["---"] * len(head)), *map(_line, rows), "")


def _line(cells: Any) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:].rstrip('.')}." if text else ""


def variables(systems: Mapping[str, System]) -> list[str]:
    """The environment variables of these systems."""
    names = [(s, n) for s in systems.values() for n in ("base_url", *(f.name for f in s.credentials.fields))]
    return [settings.variable(system, name) for system, name in names]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
