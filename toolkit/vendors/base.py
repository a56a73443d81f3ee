"""What the clients of all vendors share: a connection to one vendor, and what is settled for it."""

import dataclasses
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar, Self
from urllib.parse import urlsplit

import pandas as pd

from toolkit import settings
from toolkit.calls.client import Client
from toolkit.errors import SettingsError
from toolkit.http.secrets import Secret
from toolkit.http.session import Clock, Limits, Session, Tokens
from toolkit.plain import mark, message
from toolkit.push import IfSent, Memory, OnBadRows, Options, SendPolicy, TeamAddress
from toolkit.push.destination import canonical_origin
from toolkit.push.store.places import look_into
from toolkit.sheets.target import Takes
from toolkit.spec import Assumed, Assumption, CredentialHeader, Endpoint, Raw, Service, System, raw_services
from toolkit.spec.service import assumptions_of
from toolkit.spec.suggest import Suggesting, did_you_mean, suggests_arguments

INTERNAL = ("connection", "declared", "endpoints", "raw_only", "system")  # what no analyst uses


@dataclass(frozen=True, eq=False)
class Connection:
    """How one vendor is reached: an HTTP client, and the settings of one account. Whatever calls or pushes takes it."""

    client: Client
    account: Mapping[str, Any]
    system: System

    def __repr__(self) -> str:
        return f"<connection to {self.system.title} at {self.session.host}>"

    @classmethod
    def of(
        cls, service: type[Service], account: Mapping[str, Any], *, clock: Clock | None = None, progress: bool = True
    ) -> Self:
        """A connection as the settings of one account describe it. Nothing is sent.

        Raises:
            SettingsError: a setting is unknown or cannot be used, or no address is known.
        """
        system, limits, corrections = service.system, account.get("limits", {}), account.get("endpoints", {})
        known = [*settings.COMMON, settings.LEDGER_PASSWORD]
        require_known(system.name, account, [*known, *(f.name for f in system.credentials.fields)])
        require_known(f"{system.name}.limits", limits, [f.name for f in dataclasses.fields(Limits)])
        require_known(f"{system.name}.endpoints", corrections, list(service.endpoints))
        address = account.get("base_url") or system.base_url
        if not address:
            raise SettingsError(
                message(
                    "{title}: no address is known. Give {name}={{'base_url': 'https://…', …}} to connect(), set "
                    "{variable}, or write it into {settings_file}",
                    title=system.title,
                    name=system.name,
                    variable=settings.variable(system, "base_url"),
                    settings_file=settings.settings_file(),
                )
            )
        assumed = Assumed(system.assumptions, account.get("assumptions"), system.name)
        session = Session(
            address,
            header=_header(system, account.get("header")) or assumed.header(system.header),
            limits=Limits(**limits),
            clock=clock,
            ca_bundle=account.get("ca_bundle"),
            allow_http=account.get("allow_http", False),
        )
        workers = account.get("workers", 8)
        client = Client(session, corrections=corrections, assumed=assumed, workers=workers, progress=progress)
        connection = cls(client, account, system)
        if connection.team or account.get("state"):  # an address with a password in it is refused here, not later
            look_into(connection.memory("", ""))
        return connection

    @cached_property
    def session(self) -> Session:
        return self.client.session

    @cached_property
    def assumed(self) -> Assumed:
        """The readings of the document that are in force."""
        return self.client.assumed

    @cached_property
    def host(self) -> str:
        return self.session.host

    @property
    def address(self) -> str:
        """The base address without its scheme: what identifies a destination."""
        return self.session.base_url.partition("://")[2]

    @cached_property
    def identity(self) -> str:
        """Which installation of the system this is, however its address is spelt: what was sent there is remembered."""
        if name := self.account.get(self._named_by):
            return str(name)
        return self.system.name if self.system.one_installation else canonical_origin(self.session.base_url)

    @cached_property
    def _named_by(self) -> str:
        return next((setting for setting in ("identity", "tenant") if self.account.get(setting)), "")

    @cached_property
    def _origin(self) -> str:
        """Where it is reached: host, port and path, and which customer's account where one address serves many."""
        named = next((name for name in self.system.customer if self.account.get(name)), "")
        whose = _folded(self.account.get(named))
        shown = whose if "@" in whose else sha256(whose.encode()).hexdigest()[:8]  # people know each other by addresses
        account = f"?{named}={shown}" if named else ""
        return canonical_origin(self.session.base_url) + urlsplit(self.session.base_url).path.rstrip("/") + account

    def memory(self, lock: str, where: str) -> Memory:
        """What remembers the rows sent to a place of this system, and what is locked meanwhile."""
        state = Path(folder) if (folder := self.account.get("state")) else None
        return Memory(self.system.name, self.identity, "", lock, where, state, self.team, self._origin, self._named_by)

    @cached_property
    def team(self) -> TeamAddress | None:
        """The team's database that the ledgers are in, where the settings name one."""
        address = self.account.get(settings.LEDGER)
        return TeamAddress(address, self.account.get(settings.LEDGER_PASSWORD)) if address else None

    def endpoint(self, declared: Endpoint) -> Endpoint:
        """The endpoint as the assumptions and the user's settings have it."""
        return self.client.corrected(declared)

    def takes(self, declared: Takes) -> Takes:
        """What rows are checked by, as the assumptions have it."""
        return declared._replace(fields=self.assumed.fields(declared.fields))

    def policy(
        self,
        if_sent: IfSent = "raise",
        on_bad_rows: OnBadRows = "skip",
        options: Options | Mapping[str, Any] | None = None,
        **defaults: Any,
    ) -> SendPolicy:
        """What a person decided of a bulk write: options of the target's own, of the account, then of the call.

        Raises:
            InputError: a value or an option is unknown.
        """
        own = {"progress": self.client.progress, **self.assumed.options, **defaults}
        return SendPolicy(if_sent, on_bad_rows, Options.of(own, self.account.get("push"), options))

    def sign_in(self) -> None:
        """Sign in now, instead of at the first call. AuthError where the credentials are refused."""
        if self.session.tokens:
            self.session.tokens.current()


class VendorClient(Suggesting, Service):
    """The base of every vendor's client: declared endpoints upon a connection, and how a token is obtained."""

    raw: Raw  # the vendor's services one to one
    _raw_services: ClassVar[type[Raw]]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls._raw_services = raw_services(cls)
        for name, member in list(vars(cls).items()):
            if inspect.isfunction(member) and not name.startswith("_"):
                member.__doc__ = _with_assumptions(inspect.cleandoc(member.__doc__ or ""), cls.system, name)
                setattr(cls, name, suggests_arguments(member, f"{cls.system.name}.{name}"))

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection.client)
        self.connection = connection
        self.raw = self._raw_services(connection.client.raw)
        self._raw_only: Any = self.raw_only and self.raw_only(connection.client)  # each client says its type
        if connection.session.tokens is None:
            connection.session.tokens = Tokens(self._sign_in, connection.session.clock)

    def assumptions(self) -> pd.DataFrame:
        """List our readings of what the vendor's document leaves open. Nothing is sent.

        Another reading is chosen in `connect(…, assumptions={"name": value})`, in the settings file under
        `[profile.system.assumptions]`, or as a JSON object in `TOOLKIT_SYSTEM_ASSUMPTIONS`, with the system's name.
        `analyst-toolkit probe` compares them with a real account.

        Returns:
            One row per reading: `name`, `meaning`, `value`, `choices` (none for a number), `provenance` (documented,
            observed, assumed, or confirmed on a day), and the calls that it `touches`.
        """
        assumed, seen = self.connection.assumed, self.connection.account.get("confirmed") or {}
        rows = [
            {
                "name": a.name,
                "meaning": message(a.meaning),
                "value": assumed[a.name],
                "choices": [*a.choices],
                "provenance": _provenance(a, assumed[a.name], seen),
                "touches": [*a.touches],
            }
            for a in self.system.assumptions
        ]
        return pd.DataFrame(rows, dtype=object).astype(dict.fromkeys(("name", "meaning", "provenance"), "str"))

    def __dir__(self) -> list[str]:
        """What an analyst uses; completion shows it."""
        names = super().__dir__()
        return [n for n in names if n.startswith("__") or (not n.startswith("_") and n not in INTERNAL)]

    def _no_attribute(self, name: str) -> str:
        if self.raw_only and name in self.raw_only.endpoints:
            call = f"{self.system.name}.raw.{name}"
            return message(
                "{system}.{name} is a service of the vendor: call {call}", system=self.system.name, name=name, call=call
            )
        return super()._no_attribute(name)

    def _sign_in(self) -> tuple[Secret, float | None]:
        """A token and the seconds it lives, as far as that is known: that of the settings, else a new one."""
        held = self.connection.account.get(self.system.header.credential)
        return (held, self._life_of(held)) if held else self._new_token()

    def _new_token(self) -> tuple[Secret, float | None]:
        """Ask the vendor for a token. A vendor that gives none is entered with what the settings hold."""
        (credential,) = self._credentials(self.system.header.credential)
        return credential, None

    def _life_of(self, token: Secret) -> float | None:
        """The seconds that a token lives which the settings hold, where it says so itself."""
        return None

    def _credentials(self, *names: str) -> list[Any]:
        """Credentials of the account, all of them. SettingsError where one is not known."""
        values = [self.connection.account.get(name) for name in names]
        if not all(values):
            raise SettingsError(
                message("{title} needs {names} here: not known yet", title=self.system.title, names=" and ".join(names))
            )
        return values


def _with_assumptions(doc: str, system: System, call: str) -> str:
    """A docstring with the assumptions of the call before its place in the manual."""
    text, apart, manual = doc.partition("\n\nManual: ")
    return "\n\n".join([text, *assumptions_of(system, call)]) + apart + manual


def _provenance(assumption: Assumption, value: Any, seen: Mapping[str, Any]) -> str:
    """Who says so; where `probe` saw that the value in force is true, when that was."""
    known = seen.get(assumption.name)
    if isinstance(known, Mapping) and known.get("value") == value:
        return message("confirmed {day}", day=known.get("on"))
    return message(str(assumption.provenance))


def _header(system: System, text: str | None) -> CredentialHeader | None:
    """The header that carries the credential, where the settings have another one: "Name: text", or its text alone."""
    if text is None:
        return None
    name, _, form = text.rpartition(": ") if isinstance(text, str) else ("", "", "")
    try:
        header = CredentialHeader(name or system.header.name, form)
    except ValueError as problem:
        raise SettingsError(message("{name}.header: {problem}", name=system.name, problem=problem)) from None
    if header.credential != system.header.credential:
        raise SettingsError(
            message(
                "{name}.header names {{{credential}}} in braces, not {what!r}",
                name=system.name,
                credential=system.header.credential,
                what=text,
            )
        )
    return header


def require_usable(system: System, account: Mapping[str, Any]) -> None:
    """SettingsError where the form of the header, or an assumption, cannot be used: before anything needs it."""
    _header(system, account.get("header"))
    Assumed(system.assumptions, account.get("assumptions"), system.name)


def require_known(where: str, names: Any, known: Sequence[str], what: str = mark("setting")) -> None:
    """SettingsError for the first name that is not known; it proposes the nearest one."""
    if not isinstance(names, Mapping):
        raise SettingsError(message("{name} is a table of settings, not {kind}", name=where, kind=type(names).__name__))
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known) or message("; it has {names}", names=", ".join(known))
            raise SettingsError(
                message("{where} has no {what} {name!r}{hint}", where=where, what=message(what), name=name, hint=hint)
            )


def _folded(name: Any) -> str:
    """A name in whatever letters and spaces."""
    return " ".join(str(name).split()).casefold()
