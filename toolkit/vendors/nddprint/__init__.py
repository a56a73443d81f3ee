"""nddPrint 360: card codes of print users."""

from toolkit.vendors.vendor import Vendor

VENDOR = Vendor(__name__, "NddPrint")
