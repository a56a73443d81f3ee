"""The lowest versions that the package works with, as constraints for pip: `python -m tests.commands.floors`."""

import re
import sys
import tomllib
from pathlib import Path

PROJECT = Path(__file__).parent.parent.parent / "pyproject.toml"
TOOLS = ("test", "dev", "browser")  # what develops the package, and is no part of it
FLOOR = re.compile(r"([A-Za-z0-9._-]+)(?:\[[\w,-]+\])?>=([0-9.]+)")


def requirements() -> dict[str, list[str]]:
    """What the package needs of others, by extra; under "" what it always needs."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    extras = {name: listed for name, listed in project["optional-dependencies"].items() if name not in TOOLS}
    listed = {"": project["dependencies"], **extras}
    return {extra: [r for r in listed if not r.startswith(project["name"])] for extra, listed in listed.items()}


def floors() -> dict[str, str]:
    """The lowest version of each package.

    Raises:
        ValueError: a requirement has none, or is more than a floor.
    """
    found: dict[str, str] = {}
    for listed in requirements().values():
        for requirement in listed:
            if not (matched := FLOOR.fullmatch(requirement)):
                raise ValueError(f"{requirement} is no floor, as in requests>=2.32")
            if found.setdefault(matched[1], matched[2]) != matched[2]:
                raise ValueError(f"{matched[1]} has two floors")
    return found


if __name__ == "__main__":
    sys.stdout.writelines(f"{name}=={version}\n" for name, version in floors().items())
