"""What is known of a ledger outside of it: by this it is missed when it is gone, and told from an older copy."""

import contextlib
import json
import os
import secrets
from collections.abc import Iterable
from itertools import repeat
from pathlib import Path
from typing import NamedTuple, Self

from toolkit.errors import PushRefused
from toolkit.plain import message
from toolkit.push import disk
from toolkit.push.destination import Memory, may_be_the_same
from toolkit.sheets.alike import name_key

ABOUT = "ledger of"
DIGITS = 20


class Known(NamedTuple):
    """What a card says; as much of it as can be read."""

    writes: int = 0  # transactions that the ledger held, or more by now
    about: str = ""
    since: str = ""
    origins: str = ""  # at which its destination was reached, as far as that is known
    identity: str = ""  # these three: see `Memory`
    part: str = ""
    named_by: str = ""

    def with_origin(self, memory: Memory) -> Self:
        """The same, with the address at which the destination is reached, and what named it."""
        origins = self.origins.split()
        host, _, customer = memory.origin.partition("?")
        if customer or host not in [origin.partition("?")[0] for origin in origins]:
            origins = [origin for origin in origins if origin not in (host, memory.origin)] + [memory.origin]
        return self._replace(
            about=memory.about,
            origins=" ".join(origins).strip(),
            identity=memory.identity,
            part=memory.part,
            named_by=memory.named_by or self.named_by,
        )


CONTENT = (ABOUT, *Known._fields[2:])


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
        writes, content = text[:DIGITS], None
        with contextlib.suppress(ValueError):
            content = json.loads(text[DIGITS:])
        texts = map((content if isinstance(content, dict) else {}).get, CONTENT, repeat(""))
        return Known(int(writes) if writes.isdecimal() else 0, *map(str, texts))

    def make(self, about: str, since: str) -> None:
        """For a ledger that has none; durable."""
        if not self.path.exists():
            disk.appear(self._draft(Known(0, about, since)), self.path)

    def keep(self, known: Known) -> None:
        """Say this from now on, durably; on a full disk it is said next time."""
        with contextlib.suppress(OSError):
            self._draft(known).replace(self.path)
            disk.sync_folder(self.path.parent)

    def _draft(self, known: Known) -> Path:
        content = {name: text for name, text in zip(CONTENT, known[1:], strict=True) if text}
        draft = disk.private_folder(self.path.parent) / f"{self.path.name}.{secrets.token_hex(4)}"
        with disk.private_file(draft).open("w", encoding="utf-8") as file:
            file.write(f"{known.writes:0{DIGITS}d} {json.dumps(content, ensure_ascii=False)}\n")
            disk.sync_file(file)
        return draft

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


# ── which installation it is of ──


def refuse_another_origin(memory: Memory, known: Known) -> None:
    """Raise PushRefused where what is known may have been sent to another installation than this one."""
    if known.origins and not _reached(memory, known) and memory.named_by != "identity":
        text = (
            "what is known of {about} was sent at {origins}, and this is {origin}: nobody here knows whether these are "
            "one account. Nothing was sent. If they are, as behind a proxy or of a colleague, say so in the settings "
            'of this one: identity = "{identity}". If this is another one, as for tests, give it a name of its own: '
            'identity = "test"'
        )
        names = {"about": known.about or memory.about, "origins": known.origins.replace(" ", ", ")}
        raise PushRefused(message(text, **names, origin=memory.origin, identity=memory.identity))


def refuse_another_name(memory: Memory, others: Iterable[Known]) -> None:
    """Raise PushRefused where a new ledger would forget what another one knows of the same place."""
    for known in others:
        if may_be_the_same(memory.about, known.about):
            refuse_another_origin(memory, known)
        elif known.part == memory.part and (_spelt_otherwise(memory, known) or _named_otherwise(memory, known)):
            text = (
                "what was sent at {origin} is known as that of {theirs}, and the settings call it {ours} now: all of "
                'it would be sent again. Nothing was sent. identity = "{theirs}" in the settings goes on with what is '
                "known. If these are two accounts there, give each of them a name (`identity`), the first one by "
                "pushing once with that one"
            )
            raise PushRefused(message(text, origin=memory.origin, theirs=known.identity, ours=memory.identity))


def _spelt_otherwise(memory: Memory, known: Known) -> bool:
    """Vendors know a tenant in capitals or not."""
    named = memory.named_by or known.named_by
    return bool(named) and name_key(memory.identity) == name_key(known.identity)


def _named_otherwise(memory: Memory, known: Known) -> bool:
    """The same account by its address; two names that a person gave say that there are two."""
    return _reached(memory, known, colleagues=True) and not memory.named_by == known.named_by == "identity"


def _reached(memory: Memory, known: Known, *, colleagues: bool = False) -> bool:
    """Whether that address is known, or one that differs only in how the customer is named.

    With `colleagues`, also where two people reach it: they may be of one customer.
    """
    here, _, customer = memory.origin.partition("?")
    origins = (origin.partition("?") for origin in known.origins.split())
    named_by = customer.partition("=")[0]
    return any(
        here == there and (whose == customer or whose.partition("=")[0] != named_by or (colleagues and "@" in whose))
        for there, _, whose in origins
    )
