"""What a vendor was made to be: readings of its document that differ from ours, or are the only ones it takes.

A form that nobody switched is taken in every spelling; one that was switched is taken, and answered, in that one only.
"""

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from toolkit.errors import SettingsError
from toolkit.plain import message
from toolkit.spec import Assumed, System
from toolkit.spec.suggest import did_you_mean

Readings = Mapping[str, Mapping[str, Any]]  # by system and assumption


class Switches:
    """The readings that vendors were switched to."""

    def __init__(self, systems: Iterable[System], start: Readings) -> None:
        self._systems = {system.name: system for system in systems}
        self._start = start
        self._values: dict[str, dict[str, Any]] = {}
        self.reset()

    def reset(self) -> None:
        """As it was started."""
        self._values = {name: {} for name in self._systems}
        for system, values in self._start.items():
            self.switch(system, values)

    def of(self, system: str) -> Mapping[str, Any]:
        return self._values[system]

    def switch(self, system: str, values: Mapping[str, Any]) -> None:
        """SettingsError where there is no such system, assumption or value; nothing was switched then."""
        if system not in self._systems:
            hint = did_you_mean(str(system), self._systems)
            raise SettingsError(message("there is no system {system!r}", system=system) + hint)
        assumed = Assumed(self._systems[system].assumptions, values, f"the sandbox's {system}")
        self._values[system] |= {name: assumed[name] for name in values}

    def turn_forms(self) -> None:
        """Every form of every system has its other value."""
        for system, values in other_forms(self._systems.values()).items():
            self.switch(system, values)


def other_forms(systems: Iterable[System]) -> dict[str, dict[str, Any]]:
    """The other value of every form (spelling, type, date, header, word)."""
    return {s.name: {a.name: a.other for a in s.assumptions if a.other is not None} for s in systems}


def from_texts(texts: Iterable[str], systems: Iterable[System]) -> dict[str, dict[str, Any]]:
    """What a command line says: `date_form=%Y-%m-%d`, or `system.date_form=…` where several systems have that name.

    Raises:
        SettingsError: no system has it, or several have it, or the value is none of its choices.
    """
    listed, chosen = list(systems), dict[str, dict[str, Any]]()
    for text in texts:
        name, equals, value = text.partition("=")
        whose, _, short = name.rpartition(".")
        owners = [s for s in listed if whose in ("", s.name) and any(a.name == short for a in s.assumptions)]
        if not equals or not owners:
            known = [f"{s.name}.{a.name}" for s in listed for a in s.assumptions]
            hint = did_you_mean(name, known)
            raise SettingsError(message("{text!r} is no assumption: write system.name=value", text=text) + hint)
        if len(owners) > 1:
            names = ", ".join(f"{s.name}.{short}" for s in owners)
            raise SettingsError(message("{short} is of several systems: write {names}", short=short, names=names))
        (owner,) = owners
        chosen.setdefault(owner.name, {})[short] = _value(owner, short, value)
    return chosen


def _value(system: System, name: str, text: str) -> Any:
    """A choice by its name; else a number, or true or false, as JSON writes it."""
    (declared,) = (a for a in system.assumptions if a.name == name)
    if text in declared.choices:
        return text
    with suppress(ValueError):
        return declared.checked(json.loads(text), system.name)
    return declared.checked(text, system.name)
