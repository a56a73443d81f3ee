"""What a vendor says of somebody's cells, without the cells: the journal keeps none of them on disk."""

import re
from collections.abc import Iterable
from typing import Any

HIDDEN = "[…]"
SHORTEST = 3  # a shorter value would hide ordinary words
_PERSONAL = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+|\+?\d(?:[ .-]?\d){5,}")  # e-mails, and numbers like phones


def hide(message: str, cells: Iterable[Any]) -> str:
    """The message without these values, and without what looks like a person's in another spelling."""
    folded = message.casefold()
    texts = {text for cell in cells if cell is not None and len(text := str(cell)) >= SHORTEST}
    for text in sorted((t for t in texts if t.casefold() in folded), key=len, reverse=True):
        message = re.sub(rf"(?<!\w){re.escape(text)}(?!\w)", HIDDEN, message, flags=re.IGNORECASE)
    return _PERSONAL.sub(HIDDEN, message)


def show(message: str, cell: Any) -> str:
    """The message with the cell that it is about in its place again."""
    return message.replace(HIDDEN, str(cell))
