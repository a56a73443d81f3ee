"""What the vendors document: one module a system, declarations only."""
