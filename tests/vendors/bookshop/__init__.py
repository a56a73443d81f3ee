"""A vendor that nobody sells: books on shelves. It shows that one folder and one line of a registry make a vendor."""

from toolkit.vendors.vendor import Vendor

VENDOR = Vendor(__name__, "Bookshop")
