"""Secrets that do not show, and the scrubber that knows each of them by value."""

import base64
import hashlib
import hmac
import json
import logging
import threading
import weakref
from collections.abc import Callable
from typing import Any, NoReturn
from urllib.parse import quote, quote_plus, urlsplit

MASK = "***"
_SHORTEST = 4  # a shorter value would blacken ordinary text


class Secret:
    """A value that is not shown: not by `repr`, `str`, `format`, a notebook, `vars`, `pickle` or JSON."""

    __slots__ = ("__weakref__", "_reveal")

    def __init__(self, value: "str | Secret") -> None:
        text = value.reveal() if isinstance(value, Secret) else str(value)
        self._reveal: Callable[[], str] = lambda: text
        _known.add(self, text)

    def reveal(self) -> str:
        """The value itself. A notebook saves what it shows: clear the output afterwards."""
        return self._reveal()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({MASK})"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self.reveal().encode(), other.reveal().encode())

    def __hash__(self) -> int:
        return id(Secret)  # equal secrets hash alike, and the hash tells nothing

    def __bool__(self) -> bool:
        return bool(self.reveal())

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled")

    def __copy__(self) -> "Secret":
        return self

    def __deepcopy__(self, memo: Any) -> "Secret":
        return self


class MaskedLink(Secret):
    """A link that logs somebody in. Shows its host only; `.reveal()` gives the link."""

    def __repr__(self) -> str:
        parts = urlsplit(self.reveal())
        return f"{parts.scheme}://{parts.hostname}/{MASK}"

    __str__ = __repr__


class _Known:
    """The live secrets in every spelling in which one might leave: as it is, digested, encoded, escaped."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._spellings: dict[int, tuple[str, ...]] = {}

    def add(self, secret: Secret, value: str) -> None:
        if len(value) >= _SHORTEST:
            with self._lock:
                self._spellings[id(secret)] = _spellings(value)
            weakref.finalize(secret, self._spellings.pop, id(secret), None)

    def scrub(self, text: str) -> str:
        with self._lock:
            spellings = {s for many in [*self._spellings.values()] for s in many}  # one may end meanwhile
        for spelling in sorted(spellings, key=len, reverse=True):
            if spelling in text:
                text = text.replace(spelling, MASK)
        return text


def _spellings(value: str) -> tuple[str, ...]:
    raw = value.encode()
    digest = hashlib.sha1(raw, usedforsecurity=False).hexdigest()
    coded = base64.b64encode(raw).decode()
    made = {
        value,
        digest,
        digest.upper(),
        coded,
        coded.rstrip("="),
        quote(value, safe=""),
        quote(value),
        quote_plus(value),
    }
    made |= {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], repr(value)[1:-1]}
    return tuple(made)


_known = _Known()


def scrub(text: str) -> str:
    """The text without any secret that is alive, in whatever spelling it appears."""
    return _known.scrub(text)


class Scrubber(logging.Filter):
    """Takes secrets out of log records."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = scrub(record.getMessage()), ()
        if record.exc_info and record.exc_info[1]:
            record.exc_text = scrub(logging.Formatter().formatException(record.exc_info))
            record.exc_info = None
        return True


def guard_logs() -> None:
    """Scrub what this package and the HTTP libraries below it log."""
    for name in ("toolkit", "urllib3.connectionpool", "urllib3.util.retry", "requests"):
        logger = logging.getLogger(name)
        if not any(isinstance(f, Scrubber) for f in logger.filters):
            logger.addFilter(Scrubber())
