"""The fault matrix of `tests/push`, with its ledgers in PostgreSQL."""
