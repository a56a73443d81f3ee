"""SIGNIO (Legops, Colombia): electronic signature."""

from toolkit.vendors.vendor import Vendor

VENDOR = Vendor(__name__, "Signio")
