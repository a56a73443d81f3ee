"""What no vendor has: the hand that resets, seeds, moves the clock, breaks things, and sees what is really there."""

import base64
import inspect
import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, cast

from toolkit.errors import SettingsError
from toolkit.plain import message
from toolkit.sandbox.connection import Reply, Request
from toolkit.sandbox.faults import Fault
from toolkit.sandbox.machine import Machine, encoded
from toolkit.sandbox.vendor import ControlPlane, Refused

BAD_ARGUMENTS = (
    TypeError,
    ValueError,
    AttributeError,
    LookupError,
    OverflowError,
    RecursionError,
    sqlite3.Error,
    Refused,
    SettingsError,
)


class Control(ControlPlane):
    """Every method is also `POST /control/<method>`, its arguments as one JSON object, its result as JSON.

    These are the methods that all systems share; `control_of` adds the vendors' own.
    """

    _machine: Machine

    def reset(self, seed: bool = True) -> None:
        """Forget everything: rows, faults, late commits, the log, the clock, and what was switched since the start.

        Then, or not, the demo data again.
        """
        machine = self._machine
        with machine.store.lock:
            machine.faults.clear()
            machine.late.clear()
            machine.requests.clear()
            machine.clock.fixed, machine.clock.ahead = None, 0.0
            machine.strict = False
            machine.switches.reset()
            with machine.store.transaction():
                machine.store.clear()
        if seed:
            self.seed()

    def seed(self) -> None:
        """Put the demo data in. On a sandbox that has them already, reset() is what you want."""
        machine = self._machine
        with machine.transaction():
            for name, vendor in machine.vendors.items():
                machine.store.signing_key(name)
                vendor.seed(machine.call(name))

    def clock(self, set: float | str | None = None, advance: float = 0) -> float:
        """The sandbox's time in seconds since 1970. `set` (seconds or ISO text) stops it; `advance` moves it on."""
        clock = self._machine.clock
        if set is not None:
            clock.fixed, clock.ahead = _seconds(set), 0.0
        clock.ahead += advance
        return clock.now()

    # ── trouble ──

    def fault(self, **facts: Any) -> None:
        """Trouble for matching requests to come: the facts are the fields of `Fault`. First made, first served."""
        with self._machine.store.lock:
            self._machine.faults.append(Fault(**facts))

    def faults(self) -> list[dict[str, Any]]:
        """The faults in line, with how many requests each saw and hit."""
        return [asdict(fault) for fault in self._machine.faults]

    def clear_faults(self) -> None:
        """No more trouble. What is to be done late still is."""
        with self._machine.store.lock:
            self._machine.faults.clear()

    def release_late(self) -> int:
        """Do now what was to be done late; how many requests that were."""
        return self._machine.commit_late(float("inf"))

    def token(self, system: str, lifetime: float = 86_400, subject: str = "demo") -> str:
        """A ready token, as from the profile page of the user; seconds until it ends."""
        with self._machine.transaction():
            return self._machine.call(system).issue(subject, lifetime)

    def token_lifetime(self, system: str, seconds: float) -> None:
        """How long the tokens live that a system gives from now on."""
        with self._machine.transaction():
            self._machine.store.set(f"{system}.lifetime", seconds)

    def revoke(self, system: str) -> None:
        """No token that a system gave so far is good any more."""
        with self._machine.transaction():
            self._machine.store.set(f"{system}.key", None)

    def strict(self, on: bool = True) -> None:
        """Refuse members of a body that no table of the manual names. They are let pass otherwise."""
        self._machine.strict = on

    def assume(self, system: str, values: Mapping[str, Any]) -> None:
        """Make a vendor another one: `assume("ida", {"date_form": "%Y-%m-%d"})`.

        The names and values are those of `api.ida.assumptions()`. A form that was switched is taken in that spelling
        only, and answered in it; a behaviour is as it says.
        """
        with self._machine.store.lock:
            self._machine.switches.switch(system, values)

    def other_forms(self) -> None:
        """Turn every form of every system (spelling, type, date, header, word) to its other value."""
        with self._machine.store.lock:
            self._machine.switches.turn_forms()

    def body_limit(self, size: int) -> None:
        """Longer bodies, in bytes, are answered with 413."""
        self._machine.max_body = size

    # ── the truth ──

    def stored(self, system: str, table: str, equal: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """What a table holds, a dict a row, as it is stored; with `equal`, the rows with these values only."""
        with self._machine.transaction():
            return self._machine.store.rows(self._machine.store.table(system, table), **(equal or {}))

    def put(self, system: str, table: str, rows: Sequence[Mapping[str, Any]]) -> list[int]:
        """Rows straight into a table, unchecked; their numbers."""
        with self._machine.transaction():
            store = self._machine.store
            return [store.add(store.table(system, table), row) for row in rows]

    def log(self) -> list[dict[str, Any]]:
        """The requests so far, oldest first, without secrets: time, service, method, path, query, status (None where
        no answer left), size of the body, fault."""
        return list(self._machine.requests)


def control_of(machine: Machine) -> Control:
    """The control plane of a sandbox: what all systems share, and each vendor's part.

    Raises:
        ValueError: two parts have a method of the same name.
    """
    vendors = machine.vendors.values()
    parts: list[type[ControlPlane]] = [Control, *(vendor.control for vendor in vendors if vendor.control)]
    owners: dict[str, type] = {}
    for part in parts:
        for name in methods_of(part):
            if (first := owners.setdefault(name, part)) is not part:
                text = "{first} and {second} have both a method {name}"
                raise ValueError(message(text, first=first.__name__, second=part.__name__, name=name))
    return cast("Control", type("Control", tuple(parts), {"__doc__": Control.__doc__})(machine))


def methods_of(part: type[ControlPlane]) -> dict[str, Callable[..., Any]]:
    """The public methods of the control plane, or of a part of it, by name."""
    return {n: m for n, m in inspect.getmembers(part, inspect.isfunction) if not n.startswith("_")}


def over_http(control: Control, request: Request) -> Reply:
    """A call of the control plane that came in as a request. Bad arguments are 400, with the reason."""
    name, methods = request.path.removeprefix("/control").strip("/"), methods_of(type(control))
    if name not in methods:
        known = {n: inspect.cleandoc(m.__doc__ or "") for n, m in methods.items()}
        return Reply(404 if name else 200, encoded({"methods": known}))
    if request.method != "POST":
        return Reply(405, encoded({"message": "the control plane is called by POST"}), {"Allow": "POST"})
    if request.headers.get_content_type() != "application/json":  # no web page can send that unasked
        return Reply(415, encoded({"message": "the arguments are a JSON object"}))
    if request.body is None:
        return Reply(413, encoded({"message": "the arguments are too long"}))
    try:
        result = methods[name](control, **json.loads(request.body or b"{}"))
        return Reply(200, json.dumps(result, default=lambda value: base64.b64encode(value).decode()).encode())
    except BAD_ARGUMENTS as problem:
        return Reply(400, encoded({"message": f"{type(problem).__name__}: {problem}"}))


def _seconds(moment: float | str) -> float:
    if not isinstance(moment, str):
        return float(moment)
    read = datetime.fromisoformat(moment)
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
