"""How an extra that is missing is installed."""

import json
import re
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, distribution
from urllib.parse import urlsplit
from urllib.request import url2pathname

from toolkit import settings
from toolkit.plain import message

REQUIREMENT = re.compile(r"([\w.-]+)(?:\[([^\]]*)\])?([^;]*)(?:;(.*))?")


def how_to_install(extra: str) -> str:
    """The command that adds an extra, from where the toolkit was installed: by its name anybody might answer."""
    try:
        installed = distribution(settings.APP)
    except PackageNotFoundError:
        return message("install the toolkit with the extra [{extra}], from where you have it", extra=extra)
    origin = json.loads(installed.read_text("direct_url.json") or "{}")
    url = str(origin.get("url", ""))
    if url.startswith("file:"):
        option = "-e " if origin.get("dir_info", {}).get("editable") else ""
        return f'python -m pip install {option}"{url2pathname(urlsplit(url).path)}[{extra}]"'
    packages = " ".join(f'"{name}"' for name in _packages(installed.requires or [], extra))
    return f"python -m pip install {packages}"


def _packages(requirements: Sequence[str], extra: str) -> list[str]:
    """What an extra asks for, packages of others only."""
    packages: list[str] = []
    for requirement in requirements:
        matched = REQUIREMENT.match(requirement)
        if matched and re.search(rf"""extra == ['"]{extra}['"]""", matched[4] or ""):
            if matched[1] == settings.APP:
                packages += [p for inner in matched[2].split(",") for p in _packages(requirements, inner.strip())]
            else:
                packages.append(f"{matched[1]}{matched[3].strip()}")
    return list(dict.fromkeys(packages))
