"""The commands that nobody watches."""
