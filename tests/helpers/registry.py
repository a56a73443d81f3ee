"""The vendors that shared tests run over: those of the product, and one that is registered here as anybody would."""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit import Api
from toolkit.vendors.vendor import Vendor, registered

if TYPE_CHECKING:
    from tests.vendors.bookshop.client import Bookshop

ROOT = Path(__file__).parents[2]


class Registry(Api):
    bookshop: "Bookshop" = registered("tests.vendors.bookshop")


VENDORS = Registry.vendors()


def piece(vendor: Vendor, module: str, name: str) -> Any:
    """A piece of a vendor's folder in `tests/vendors`."""
    return getattr(import_module(f"tests.vendors.{vendor.name}.{module}"), name)


def cassettes(vendor: Vendor) -> Path:
    """The vendor's folder of cassettes; that of a vendor of the tests stands in its own folder."""
    of_product = vendor.package.startswith("toolkit.")
    return ROOT / "cassettes" / vendor.name if of_product else ROOT.joinpath(*vendor.package.split("."), "cassettes")
