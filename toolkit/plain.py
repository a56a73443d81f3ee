"""Text for people: every sentence of ours goes through `message`, and text from outside is made plain."""

import unicodedata
from typing import Any

SUBSTITUTE = "\ufffd"
LONGEST = 2_000  # characters of one sentence by a vendor: more of them explain nothing


def message(text: str, **values: Any) -> str:
    """The sentence in the reader's language, with the values in the place of their names in braces."""
    return text.format(**values) if values else text


def plain(value: object) -> str:
    """Anything as text. Control characters and marks that turn writing around show as �; lines and tabs stay."""
    text = str(value)
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in "\n\t" or _is_space(c) else SUBSTITUTE for c in text)


def line(value: object, longest: int = LONGEST) -> str:
    """The same as one line of bounded length: a vendor's sentence can pass for nothing else."""
    text = str(value)
    cut = text[: longest * 4] if len(text) > longest * 4 else text  # bounded before anything looks at it
    joined = plain(" ".join(cut.split()))
    return joined if len(joined) <= longest and cut is text else joined[: longest - 1] + "…"


def _is_space(character: str) -> bool:
    return unicodedata.category(character) == "Zs"  # such as the no-break space
