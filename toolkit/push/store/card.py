"""What is known of a ledger outside of it: by this it is missed when it is gone, and told from an older copy."""

import contextlib
import json
import os
import secrets
from pathlib import Path
from typing import NamedTuple

from toolkit.push import disk

ABOUT, SINCE = "ledger of", "since"
DIGITS = 20


class Known(NamedTuple):
    """What a card says; as much of it as can be read."""

    writes: int = 0  # transactions that the ledger held, or more by now
    about: str = ""
    since: str = ""


class Card:
    """A small file in a folder where no ledger is: who deletes the ledgers, or puts them back, leaves it as it was.

    The number of transactions is written after each commit, and not synced: it may lag, and never runs ahead.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.path = folder / f"{name}.card"

    def read(self) -> Known:
        try:
            text = self.path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return Known()
        writes, about = text[:DIGITS], {}
        with contextlib.suppress(ValueError):
            about = json.loads(text[DIGITS:])
        return Known(int(writes) if writes.isdecimal() else 0, *_texts(about, ABOUT, SINCE))

    def make(self, about: str, since: str) -> None:
        """For a ledger that has none; durable."""
        if not self.path.exists():
            draft = disk.private_folder(self.path.parent) / f"{self.path.name}.{secrets.token_hex(4)}"
            with disk.private_file(draft).open("w", encoding="utf-8") as file:
                file.write(f"{0:0{DIGITS}d} {json.dumps({ABOUT: about, SINCE: since}, ensure_ascii=False)}\n")
                disk.sync_file(file)
            disk.appear(draft, self.path)

    def count(self, writes: int) -> None:
        """There are so many transactions now; said where that is possible: on a full disk it lags."""
        with contextlib.suppress(OSError):
            handle = os.open(self.path, os.O_WRONLY)
            try:
                os.write(handle, b"%0*d" % (DIGITS, writes))
            finally:
                os.close(handle)

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)


def _texts(content: object, *names: str) -> list[str]:
    return [str(content.get(name, "")) for name in names] if isinstance(content, dict) else []
