"""CarmaChain (Ukraine): consumer-data requests that are answered later."""

from toolkit.vendors.vendor import Vendor

VENDOR = Vendor(__name__, "CarmaChain")
