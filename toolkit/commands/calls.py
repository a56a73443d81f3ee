"""Imports that were begun and are not finished: what `analyst-toolkit resume` starts again.

The rows of a push are kept nowhere; a call remembers which file they came from, so that the same command can be started
once more. A file that was changed since gives other rows, and the push says so.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pandas as pd

from toolkit.push import disk

UNFINISHED = ("open", "paused")


@dataclass(frozen=True)
class Call:
    """One import, as it was started."""

    path: Path
    arguments: Mapping[str, Any]
    by: str  # who started it last, and in which process
    push: str = ""  # its id, as far as it is known

    @classmethod
    def of(cls, state: Path, arguments: Mapping[str, Any]) -> Self:
        """The call with these arguments, which are plain values and hold no secret."""
        text = json.dumps(arguments, sort_keys=True, ensure_ascii=False)
        name = hashlib.sha256(text.encode()).hexdigest()[:12]
        return cls(state / "calls" / f"{name}.json", arguments, disk.who())

    @property
    def is_kept(self) -> bool:
        return self.path.exists()

    def keep(self, push: str = "") -> None:
        """Remember it; it appears whole or not at all."""
        disk.private_folder(self.path.parent)
        draft = disk.private_file(self.path.with_name(f"{self.path.name}.{secrets.token_hex(4)}"))
        kept = {"arguments": self.arguments, "by": self.by, "push": push}
        with draft.open("w", encoding="utf-8") as file:
            json.dump(kept, file, ensure_ascii=False)
            disk.sync_file(file)
        draft.replace(self.path)

    def forget(self) -> None:
        """It is finished."""
        self.path.unlink(missing_ok=True)

    def is_of(self, push: str, pushes: pd.DataFrame) -> bool:
        """Whether this is the call that made a push: one that was killed does not know its id, but who it was."""
        if self.push:
            return self.push == push
        mine = (pushes["by"] == self.by) & pushes["state"].isin(UNFINISHED)
        return push in set(pushes["id"][mine])


def kept_calls(state: Path) -> list[Call]:
    """Those that are not finished, the oldest first."""
    paths = sorted((state / "calls").glob("*.json"), key=lambda path: path.stat().st_mtime)
    calls = []
    for path in paths:
        content = json.loads(path.read_text(encoding="utf-8"))
        calls.append(Call(path, content["arguments"], content["by"], content["push"]))
    return calls
