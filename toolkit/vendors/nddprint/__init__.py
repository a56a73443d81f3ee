"""nddPrint 360: card codes of print users."""
