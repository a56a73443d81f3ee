"""The ten numbers of the push: `python -m tests.reliability [--long]`."""
