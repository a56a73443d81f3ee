"""What a person holds: the four systems, each with its declared endpoints and the workflows made of several calls."""

import dataclasses
import difflib
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from toolkit import settings
from toolkit.client import Client
from toolkit.errors import SettingsError
from toolkit.http.session import Clock, Limits, Session
from toolkit.spec import Service, System
from toolkit.vendors.base import Connection

if TYPE_CHECKING:
    from toolkit.vendors.carmachain.client import CarmaChain
    from toolkit.vendors.ida.client import Ida
    from toolkit.vendors.nddprint.client import NddPrint
    from toolkit.vendors.signio.client import Signio

COMMON = ("base_url", "header", "endpoints", "limits", "push", "ca_bundle", "allow_http", "workers")


def systems() -> tuple[System, ...]:
    """The four systems, as they are declared."""
    from toolkit.vendors.carmachain import api as carmachain
    from toolkit.vendors.ida import api as ida
    from toolkit.vendors.nddprint import api as nddprint
    from toolkit.vendors.signio import api as signio

    return ida.Ida.system, signio.Signio.system, nddprint.NddPrint.system, carmachain.CarmaChain.system


class Api:
    """The four systems of one profile, each made when it is first used."""

    def __init__(
        self, profile: str, given: Mapping[str, Mapping[str, Any] | None], *, clock: Clock | None, progress: bool
    ) -> None:
        self._profile, self._clock, self._progress = profile, clock, progress
        self._given = {s.name: settings.masked(s, given.get(s.name) or {}) for s in systems()}

    def __repr__(self) -> str:
        return f"<toolkit profile {self._profile!r}: ida, signio, nddprint, carmachain>"

    @cached_property
    def ida(self) -> "Ida":
        """Contact databases (ITD Chile)."""
        from toolkit.vendors.ida import client as ida

        return ida.Ida(self._connection(ida.Ida))

    @cached_property
    def signio(self) -> "Signio":
        """Electronic signature (Legops, Colombia)."""
        from toolkit.vendors.signio import client as signio

        return signio.Signio(self._connection(signio.Signio))

    @cached_property
    def nddprint(self) -> "NddPrint":
        """Card codes of print users (nddPrint 360)."""
        from toolkit.vendors.nddprint import client as nddprint

        return nddprint.NddPrint(self._connection(nddprint.NddPrint))

    @cached_property
    def carmachain(self) -> "CarmaChain":
        """Consumer-data requests that are answered later (CarmaChain, Ukraine)."""
        from toolkit.vendors.carmachain import client as carmachain

        return carmachain.CarmaChain(self._connection(carmachain.CarmaChain))

    def try_out(self, system: System) -> None:
        """Enter a system now, instead of at its first call.

        Raises:
            AuthError: the credentials are refused.
        """
        getattr(self, system.name).connection.sign_in()

    def _connection(self, service: type[Service]) -> Connection:
        system = service.system
        account = settings.of_system(system, self._profile, self._given.get(system.name))
        limits, corrections = account.get("limits", {}), account.get("endpoints", {})
        _require_known(system.name, account, [*COMMON, *(f.name for f in system.credentials.fields)])
        _require_known(f"{system.name}.limits", limits, [f.name for f in dataclasses.fields(Limits)])
        _require_known(f"{system.name}.endpoints", corrections, list(service.endpoints))
        address = account.get("base_url") or system.base_url
        if not address:
            raise SettingsError(
                f"{system.title}: no address is known. Give {system.name}={{'base_url': 'https://…', …}} to connect(), "
                f"set {settings.variable(system, 'base_url')}, or write it into {settings.settings_file()}"
            )
        session = Session(
            address,
            header=account.get("header", system.header),
            limits=Limits(**limits),
            clock=self._clock,
            ca_bundle=account.get("ca_bundle"),
            allow_http=account.get("allow_http", False),
        )
        workers = account.get("workers", 8)
        client = Client(session, corrections=corrections, workers=workers, progress=self._progress)
        return Connection(client, account)


def _require_known(what: str, given: Any, known: Sequence[str]) -> None:
    if not isinstance(given, Mapping):
        raise SettingsError(f"{what} is a table of settings, not {type(given).__name__}")
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; it has {', '.join(known)}"
            raise SettingsError(f"{what} has no setting {name!r}{hint}")
