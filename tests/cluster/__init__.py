"""More rows than memory: tables in partitions."""
