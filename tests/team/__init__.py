"""One memory for a team: ledgers in PostgreSQL."""
