"""What a vendor's folder holds: the same pieces in each, every one loaded when it is used."""

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from toolkit.spec import Service, System
from toolkit.spec.suggest import forget_half_imported

if TYPE_CHECKING:
    from toolkit.sandbox.vendor import FakeVendor
    from toolkit.vendors.base import VendorClient


@dataclass(frozen=True)
class Vendor:
    """One vendor, as the `__init__.py` of its folder states it: `VENDOR = Vendor(__name__, "Ida")`.

    The folder holds `api` (`SYSTEM`, and the service as the vendor documents it), `client` (what an analyst uses),
    `push` (how its rows are sent, and how doubt about them is settled) and `sandbox` (`FAKE`). The class that `api`
    declares and the one that `client` makes of it bear the same name.
    """

    package: str
    class_name: str

    @property
    def name(self) -> str:
        """The name of the folder, of the attribute of `Api`, and of the argument of `connect`."""
        return self.package.rpartition(".")[2]

    @property
    def system(self) -> System:
        return self._piece("api", "SYSTEM")  # type: ignore[no-any-return]

    @property
    def service(self) -> type[Service]:
        """The service as it is declared."""
        return self._piece("api", self.class_name)  # type: ignore[no-any-return]

    @property
    def client(self) -> "type[VendorClient]":
        """What an analyst uses."""
        return self._piece("client", self.class_name)  # type: ignore[no-any-return]

    @property
    def fake(self) -> "FakeVendor":
        """Its half of the sandbox. Needs the extra `sandbox`."""
        return self._piece("sandbox", "FAKE")  # type: ignore[no-any-return]

    def _piece(self, module: str, name: str) -> Any:
        return getattr(import_module(f"{self.package}.{module}"), name)


class Registered:
    """An attribute of a registry (`Api`): the client of one vendor, made when it is first used."""

    def __init__(self, package: str) -> None:
        self._package = package

    @property
    def vendor(self) -> Vendor:
        return import_module(self._package).VENDOR  # type: ignore[no-any-return]

    def __set_name__(self, registry: type, name: str) -> None:
        self._name = name

    def __get__(self, api: Any, registry: type | None = None) -> Any:
        if api is None:
            return self
        try:
            return vars(api).setdefault(self._name, api._open(self.vendor))  # is found before this one from now on
        except KeyboardInterrupt:
            forget_half_imported()
            raise


def registered(package: str) -> Any:
    """The line of a vendor in a registry: `ida: "Ida" = registered("toolkit.vendors.ida")`."""
    return Registered(package)
