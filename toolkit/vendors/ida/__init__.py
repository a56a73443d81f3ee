"""IDA (ITD Chile): contact databases of a mailing platform."""

from toolkit.vendors.vendor import Vendor

VENDOR = Vendor(__name__, "Ida")
