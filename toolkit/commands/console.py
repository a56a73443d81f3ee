"""What a command prints, as plain text."""

import sys

from toolkit.commands.reading import in_options
from toolkit.plain import plain


def say(*lines: str) -> None:
    """On standard output, at once."""
    for line in lines:
        print(in_options(plain(line)), flush=True)


def complain(text: str) -> None:
    """On standard error; nothing where there is nothing to say."""
    if text:
        print(in_options(plain(text)), file=sys.stderr, flush=True)
