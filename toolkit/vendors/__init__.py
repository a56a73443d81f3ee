"""The registry of vendors. A vendor is a folder with the same pieces in each (see `vendor`), and one line of `Api`."""

import inspect
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from toolkit import settings
from toolkit.http.secrets import ClearedFrames
from toolkit.http.session import Clock
from toolkit.plain import mark
from toolkit.spec.suggest import Suggesting
from toolkit.vendors.base import Connection, require_known, require_usable
from toolkit.vendors.vendor import Registered, Vendor, registered

if TYPE_CHECKING:
    from toolkit.sandbox.embedded import Embedded
    from toolkit.sandbox.vendor import FakeVendor
    from toolkit.vendors.carmachain.client import CarmaChain
    from toolkit.vendors.ida.client import Ida
    from toolkit.vendors.nddprint.client import NddPrint
    from toolkit.vendors.signio.client import Signio

F = TypeVar("F", bound=Callable[..., Any])


class Api(Suggesting):
    """The systems of one profile, each made when it is first used. `toolkit.connect()` returns one."""

    ida: "Ida" = registered("toolkit.vendors.ida")
    signio: "Signio" = registered("toolkit.vendors.signio")
    nddprint: "NddPrint" = registered("toolkit.vendors.nddprint")
    carmachain: "CarmaChain" = registered("toolkit.vendors.carmachain")

    @ClearedFrames()
    def __init__(
        self,
        profile: str = "default",
        systems: Mapping[str, Mapping[str, Any] | None] | None = None,
        *,
        clock: Clock | None = None,
        progress: bool = True,
    ) -> None:
        vendors, systems = self.vendors(), systems or {}
        require_known("connect()", systems, [*vendors, "profile", "clock", "progress"], mark("system"))
        self._profile, self._clock, self._progress = profile, clock, progress
        self._accounts = {name: settings.masked(v.system, systems.get(name) or {}) for name, v in vendors.items()}
        for name, vendor in vendors.items():
            require_usable(vendor.system, self._accounts[name])

    @classmethod
    @ClearedFrames()
    def connect(
        cls,
        profile: str,
        systems: Mapping[str, Mapping[str, Any] | None],
        *,
        clock: Clock | None = None,
        progress: bool = True,
    ) -> Self:
        """The systems of a profile; that of the name "sandbox" is the embedded sandbox, started where none runs."""
        if profile == "sandbox":
            from toolkit.sandbox import embedded

            accounts, systems = embedded.settings(cls.fakes()), dict(systems)
            for name, account in accounts.items():
                supplied = systems.get(name) or {}
                systems[name] = {**account, **supplied} if isinstance(supplied, Mapping) else supplied
        return cls(profile, systems, clock=clock, progress=progress)

    @classmethod
    def vendors(cls) -> dict[str, Vendor]:
        """The registered vendors by name, in their order."""
        lines = [line for base in reversed(cls.__mro__) for line in vars(base).items()]
        return {name: line.vendor for name, line in lines if isinstance(line, Registered)}

    @classmethod
    def fakes(cls) -> "tuple[FakeVendor, ...]":
        """The vendors' halves of the sandbox. Needs the extra `sandbox`."""
        return tuple(vendor.fake for vendor in cls.vendors().values())

    def sign_in(self, name: str) -> None:
        """Sign in to a system now, instead of at its first call.

        Args:
            name: of the system, as "ida".

        Raises:
            AuthError: the credentials are refused.
            SettingsError: there is no such system, or its settings do not say how to sign in.
        """
        require_known("sign_in()", {name: None}, list(self.vendors()), "system")
        getattr(self, name).connection.sign_in()

    def __dir__(self) -> list[str]:
        """What an analyst uses; completion shows it."""
        return [name for name in super().__dir__() if name not in ("connect", "fakes", "vendors")]

    def __repr__(self) -> str:
        profile = vars(self).get("_profile", "")  # "" of one that was not made to its end
        return f"<toolkit profile {profile!r}: {', '.join(self.vendors())}>"

    @ClearedFrames()
    def _open(self, vendor: Vendor) -> Any:
        account = settings.of_system(vendor.system, self._profile, self._accounts[vendor.name])
        kept = settings.profiles().get(self._profile, {})
        known = [*self.vendors(), settings.LEDGER]
        require_known(f"{settings.settings_file()}: {self._profile}", kept, known, "system")
        connection = Connection.of(vendor.service, account, clock=self._clock, progress=self._progress)
        return vendor.client(connection)


def with_systems(function: F) -> F:
    """The function, shown with an argument for each registered system in the place of `**systems`."""
    names, shown = list(Api.vendors()), inspect.signature(function)
    first, *rest = (p for p in shown.parameters.values() if p.name != "systems")
    kind = inspect.Parameter.KEYWORD_ONLY
    systems = [inspect.Parameter(name, kind, default=None, annotation=dict | None) for name in names]
    function.__signature__ = shown.replace(parameters=[first, *systems, *rest])  # type: ignore[attr-defined]
    function.__doc__ = (function.__doc__ or "").replace("**systems", ", ".join(names))
    return function


@with_systems
@ClearedFrames()
def connect(
    profile: str = "default",
    *,
    clock: Clock | None = None,
    progress: bool = True,
    **systems: Mapping[str, Any] | None,
) -> Api:
    """The systems of a profile, ready to use. Nothing is sent before the first call.

    Args:
        profile: a name in the settings file; "sandbox" is the embedded sandbox, started when none runs.
        **systems: settings of one system (address, credentials, limits …); what is not given comes from the
            environment, the keyring, then the profile. A password may be plain text or a `Secret`.
        clock: time, for tests.
        progress: whether progress bars are shown.

    Raises:
        SettingsError: a system or a setting is unknown, or a setting cannot be used. They are read at the first use.

    >>> api = toolkit.connect("sandbox")
    >>> api.ida.databases()[["id", "name"]]
          id             name
    0  11111  Base de datos 1
    """
    return Api.connect(profile, systems, clock=clock, progress=progress)


def start_sandbox(data: str | os.PathLike[str] | None = None, *, port: int = 0) -> "Embedded[Api]":
    """Start the sandbox in this process, on loopback, with demo data of every system. A context manager.

    Gives `.connect()`, `.control`, `.addresses` and `.credentials`. Needs the extra `sandbox`.

    Args:
        data: a file that keeps the state; without one it ends with the sandbox.
        port: 0 takes a free one.

    >>> with toolkit.start_sandbox() as box:
    ...     api = box.connect()
    """
    from toolkit.sandbox.embedded import Embedded

    return Embedded(Api.fakes(), Api, data, port=port).start()
