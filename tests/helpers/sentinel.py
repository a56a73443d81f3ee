"""Secrets that are looked for: in every spelling, on every surface, in every kind of traceback."""

import base64
import hashlib
import html
import json
import re
import string
import traceback
from urllib.parse import quote

import pytest

LETTERS = string.ascii_letters + string.digits


def spellings(value: str) -> list[str]:
    """Written down here once more: what the redactor has to know."""
    raw = value.encode()
    digest = hashlib.sha1(raw).hexdigest()
    return [
        value,
        digest,
        digest.upper(),
        base64.b64encode(raw).decode(),
        base64.urlsafe_b64encode(raw).decode(),
        quote(value),
        quote(value, safe=""),
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        json.dumps(value)[1:-1].replace("/", "\\/"),
        json.dumps(json.dumps(value)[1:-1])[1:-1],
        repr(value)[1:-1],
        html.escape(value),
        html.escape(value).replace("&#x27;", "&#39;"),
        "".join(c if c in LETTERS else f"&#{ord(c)};" for c in value),
        "".join(c if c in LETTERS else f"&#x{ord(c):X};" for c in value),
        re.sub("%..", lambda code: code[0].lower(), quote(value, safe="")),
        quote(quote(value, safe="")),
        raw.hex(),
        re.sub("[^a-zA-Z0-9]", lambda c: f"\\u{ord(c[0]):04X}", value),
        json.dumps(json.dumps(json.dumps(re.sub("[^a-zA-Z0-9]", lambda c: f"\\u{ord(c[0]):04X}", value))))[1:-1],
        quote(html.escape(json.dumps(value)[1:-1]), safe=""),
        "".join(c if c in LETTERS else f"&amp;#{ord(c)};" for c in value),
        f"{digest[:7]} {digest[7:]}",
        "\n".join(digest),
    ]


def leaks(text: str, *values: str) -> list[str]:
    """The spellings of these values that stand there."""
    return [s for value in values for s in spellings(value) if s in text]


def verbose(failure: BaseException) -> str:
    """The traceback below the caller with all variables as far as they show: Python's, and IPython's verbose mode."""
    assert failure.__traceback__
    below = failure.__traceback__.tb_next
    frames = traceback.TracebackException(type(failure), failure, below, capture_locals=True)
    ultratb = pytest.importorskip("IPython.core.ultratb")
    show = ultratb.VerboseTB(theme_name="nocolor", tb_offset=0, long_header=False)
    chain = "".join("".join(traceback.TracebackException.from_exception(e, capture_locals=True).format())
                    for e in (failure.__context__, failure.__cause__) if e)  # fmt: skip
    return "".join(frames.format()) + chain + str(show.text(type(failure), failure, below, context=3))
