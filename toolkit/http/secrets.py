"""The one redactor: secrets that do not show, and everything that takes them, or somebody's cells, out of texts.

By value where a value is long enough to be one (`scrub`); by place where it may be short (`scrubbed`, for JSON).
"""

import base64
import contextlib
import hashlib
import hmac
import html
import json
import logging
import re
import sys
import threading
import traceback
import weakref
from collections.abc import Callable, Collection, Iterable, Mapping
from types import FrameType, TracebackType
from typing import Any, NoReturn, Self
from urllib.parse import quote, quote_plus, unquote, urlsplit

from toolkit.plain import line, message

MASK = "***"
HIDDEN = "[…]"  # a cell of somebody's
SHORTEST = 8  # characters: a shorter value stands in ordinary texts and numbers, and is masked by place only
SHORTEST_CELL = 3


class Secret:
    """A value that is not shown: not by `repr`, `str`, `format`, a notebook, `vars`, `pickle` or JSON.

    `.reveal()` gives the value itself. A notebook saves what it shows: clear the output afterwards.
    """

    __slots__ = ("__weakref__", "reveal")

    def __init__(self, value: "str | Secret") -> None:
        text = value.reveal() if isinstance(value, Secret) else str(value)
        self.reveal: Callable[[], str] = lambda: text
        _registry.add(self, text)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({MASK})"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(_bytes(self.reveal()), _bytes(other.reveal()))

    def __hash__(self) -> int:
        return id(Secret)  # equal secrets hash alike, and the hash tells nothing

    def __bool__(self) -> bool:
        return bool(self.reveal())

    def __reduce__(self) -> NoReturn:
        raise TypeError(message("a secret is not pickled"))

    def __copy__(self) -> "Secret":
        return self

    def __deepcopy__(self, memo: Any) -> "Secret":
        return self


class MaskedLink(Secret):
    """A link that logs somebody in. Shows its host only; `.reveal()` gives the link."""

    def __repr__(self) -> str:
        return f"<link to {urlsplit(self.reveal()).hostname}: {MASK}>"  # no address: a notebook would link to it

    def __str__(self) -> str:
        return repr(self)


class SecretRegistry:
    """The live secrets in every spelling in which one might leave: as it is, digested, encoded, escaped."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._spellings: dict[int, tuple[str, ...]] = {}
        self._longest_first: tuple[list[tuple[str, str]], set[str]] | None = None  # None where secrets came or went
        self._words: dict[str, str] = {}  # what each spelling says once decoded

    def add(self, secret: Secret, value: str) -> None:
        if value:
            with self._lock:
                self._spellings[id(secret)], self._longest_first = _spellings(value), None
            weakref.finalize(secret, self._forget, id(secret))

    def _forget(self, ended: int) -> None:
        """At any instant, in any thread: what is being iterated over is a copy."""
        self._spellings.pop(ended, None)
        self._longest_first = None

    def scrub(self, text: str) -> str:
        """The text without any secret that is alive and long enough to be one, in whatever spelling.

        A secret may be broken by blanks, or by the end of a line. A word that holds one once it is decoded goes whole.
        """
        longest_first, decoded = self._longest_first or self._ordered()
        joined = "".join(text.split())
        for spelling, unbroken in longest_first:
            number = unbroken.isdecimal()  # not in the middle of a longer one
            if not number and spelling in text:
                text = text.replace(spelling, MASK)
            if len(unbroken) >= SHORTEST and unbroken in joined:
                pattern = r"\s*".join(map(re.escape, unbroken))
                text = re.sub(rf"(?<!\d){pattern}(?!\d)" if number else pattern, MASK, text)

        def masked(word: re.Match[str]) -> str:
            plain = _decoded(word[0]) if _ESCAPE.search(word[0]) else ""
            return MASK if plain and any(secret in plain for secret in decoded) else word[0]

        return _TEXT.sub(masked, text) if _ESCAPE.search(text) else text

    def _ordered(self) -> tuple[list[tuple[str, str]], set[str]]:
        """The spellings, the longest first, each also without blanks; and what they say once decoded."""
        with self._lock:
            spellings = self._spellings.copy()
            ordered = sorted(set[str]().union(*spellings.values()), key=len, reverse=True)
            longest_first = [(spelling, "".join(spelling.split())) for spelling in ordered]
            self._words = {each: self._words.get(each) or _decoded(each) for each in ordered}
            decoded = {w for w in self._words.values() if len(w) >= SHORTEST and not w.isdecimal()}
            known = longest_first, decoded
            self._longest_first = known if len(self._spellings) == len(spellings) else None  # one ended meanwhile
            return known


_ESCAPE, _TEXT = re.compile(r"[\\&%]"), re.compile(r'(?:[^\s"\\]|\\.)+')  # no longer than a text in JSON


def _decoded(word: str) -> str:
    """What a word says once nothing in it is escaped, as in JSON in JSON, an address, or a web page."""
    for _ in range(3):
        word = re.sub(r"\\+u([0-9a-fA-F]{4})", lambda code: chr(int(code[1], 16)), word)
        word = unquote(html.unescape(word.encode("utf-16", "surrogatepass").decode("utf-16", "replace")))
    return re.sub(r"[\s\\+]", "", word)  # in an address, a + is a blank


def _bytes(value: str) -> bytes:
    return value.encode("utf-8", "surrogatepass")


def _spellings(value: str) -> tuple[str, ...]:
    raw = _bytes(value)
    digest = hashlib.sha1(raw, usedforsecurity=False)
    hexadecimal = digest.hexdigest(), digest.hexdigest().upper()
    spellings = {*hexadecimal, *_base64(digest.digest())}  # like no other text
    spellings = spellings.union(*map(_within_base64, map(str.encode, hexadecimal)))
    if len(value) >= SHORTEST:
        escaped = {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], repr(value)[1:-1]}
        spellings |= _within_base64(raw)
        spellings |= {value, " ".join(value.split()), raw.hex(), repr(raw)[2:-1], *_base64(raw), *_entities(value)}
        spellings |= {quote(raw, safe=""), quote(raw), quote_plus(raw)}
        spellings |= {*escaped, *(each.replace("/", r"\/") for each in escaped)}
        spellings |= {json.dumps(each)[1:-1] for each in escaped}  # JSON in JSON
    return tuple(each for each in spellings if len(each) >= SHORTEST)  # where blanks go, less is left


def _base64(raw: bytes) -> set[str]:
    coded = {base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()}
    return coded | {each.rstrip("=") for each in coded}


def _within_base64(raw: bytes) -> set[str]:
    """What stands in the base64 of every longer text that holds this, wherever in it that begins."""
    cores = set()
    for before in range(3):  # bytes of which the first one takes characters that are not its own
        coded = base64.b64encode(bytes(before) + raw)
        cores.add(coded[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6].decode())
    return cores | {core.translate({ord("+"): "-", ord("/"): "_"}) for core in cores}


def _entities(value: str) -> set[str]:
    """As encoders for web pages write it that leave blanks as they are."""
    by_number = {html.escape(value), html.escape(value, quote=False)}
    for name, number in (("&quot;", "&#34;"), ("&#x27;", "&#39;")):
        by_number |= {each.replace(name, number) for each in by_number}
    return by_number | {each.encode("ascii", "xmlcharrefreplace").decode() for each in by_number}


_registry = SecretRegistry()
scrub: Callable[[str], str] = _registry.scrub


DEEPEST = 200  # levels of JSON that are looked through: the same on every Python


def scrubbed(value: Any, keys: Collection[str] = (), levels: int = DEEPEST) -> Any:
    """JSON without secrets: whatever stands under these keys, and texts and numbers that are secrets by value.

    RecursionError where it has more than so many levels.
    """
    if not levels and isinstance(value, Mapping | list | tuple):
        raise RecursionError
    if isinstance(value, Mapping):
        return {k: MASK if k in keys and v else scrubbed(v, keys, levels - 1) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [scrubbed(v, keys, levels - 1) for v in value]
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value if scrub(str(value)) == str(value) else MASK
    return value


def masked(value: Any, keys: Collection[str]) -> Any:
    """JSON in which whatever stands under these keys is a `Secret`. It has been looked through: see `scrubbed`."""
    if isinstance(value, Mapping):
        return {k: Secret(v) if k in keys and isinstance(v, str) and v else masked(v, keys) for k, v in value.items()}
    return [masked(v, keys) for v in value] if isinstance(value, list) else value


def scrub_json(text: str, keys: Collection[str] = ()) -> str:
    """The same for JSON as text, which stays as it is where no secret stands in it. Other text is scrubbed as text."""
    try:
        payload = json.loads(text)
        clean = scrubbed(payload, keys)
    except (ValueError, RecursionError):
        return scrub(text)
    return text if clean == payload else json.dumps(clean, ensure_ascii=False)


# ── what looks like a secret ──

_DIGEST = re.compile(r"\b[0-9a-fA-F]{40}\b")  # SHA-1
_DOTTED = re.compile(r"(?<![\w-])[\w-]++(?:\.[\w-]++){2,}+")
_JWT = re.compile(r"(?<![A-Za-z0-9])eyJ[\w-]")  # how its first part begins: `{"`


def looks_secret(text: str) -> bool:
    """Whether a JWT or a SHA-1 digest stands there, by its look."""
    firsts = (part for m in _DOTTED.finditer(text) for part in m[0].split(".")[:-2])
    return any(map(_JWT.search, firsts)) or bool(_DIGEST.search(text))


def holds_secret(text: str) -> bool:
    """Whether a secret that is alive stands there, or what looks like one."""
    return scrub(text) != text or looks_secret(text)


def vendor_text(value: Any) -> Any:
    """What a vendor said, for a message: one plain line without secrets. Numbers, truth values and None stay."""
    if value is None or isinstance(value, bool | int | float):
        return value
    try:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    except RecursionError:
        return "…"
    return line(scrub(text))


# ── somebody's cells ──

_WORD = re.compile(r"[^\s<>\"']++")
_LIKE_PHONE = re.compile(r"\+?\d(?:[ .-]?\d){5,}+")


def redact(message: str, cells: Iterable[Any]) -> str:
    """The message without these values, and without what looks like a person's in another spelling."""
    folded = message.casefold()
    texts = {text for cell in cells if cell is not None and len(text := str(cell)) >= SHORTEST_CELL}
    for text in sorted((t for t in texts if t.casefold() in folded), key=len, reverse=True):
        message = re.sub(rf"(?<!\w){re.escape(text)}(?!\w)", HIDDEN, message, flags=re.IGNORECASE)
    message = _WORD.sub(lambda word: HIDDEN if "@" in word[0].strip("@") else word[0], message)
    return _LIKE_PHONE.sub(HIDDEN, message)


def restore(message: str, cell: Any) -> str:
    """The message with the cell that it is about in its place again."""
    return message.replace(HIDDEN, str(cell))


# ── exceptions and logs ──


class ClearedFrames(contextlib.ContextDecorator):
    """A block, or a function, that no exception leaves with values: variables of the frames below hold secrets.

    Files and lines of the traceback stay. What was raised before the block is left alone.
    """

    def _recreate_cm(self) -> Self:
        return type(self)()  # a call of a decorated function has its own

    def __enter__(self) -> Self:
        self._before = sys.exception()
        return self

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, trace: TracebackType | None) -> None:
        if e is not None:
            _clear(e, self._before, sys._getframe(1))


def clear_frames(problem: BaseException, before: BaseException | None) -> None:
    """What `ClearedFrames` does, for an `except` clause: a `with` costs a call each time that nothing goes wrong.

    `before` is what was being handled when the block began (`sys.exception()`); it is left alone.
    """
    _clear(problem, before, sys._getframe(1))


def _clear(problem: BaseException, before: BaseException | None, own: FrameType) -> None:
    """Clear the frames below `own`, which runs still and cannot be cleared."""
    seen: set[int] = {id(before), id(None)}
    waiting: list[BaseException | None] = [problem]
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        below = each.__traceback__
        while below is not None and below.tb_frame is own:
            below = below.tb_next
        traceback.clear_frames(below)
        each.__traceback__ = below
        each.args = tuple(scrub(a) if isinstance(a, str) else a for a in each.args)
        waiting += [each.__cause__, each.__context__, *getattr(each, "exceptions", ())]


class Scrubber(logging.Filter):
    """Takes secrets out of log records."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = scrub(record.getMessage()), ()
        if record.exc_info and record.exc_info[1]:
            record.exc_text = scrub(logging.Formatter().formatException(record.exc_info))
            record.exc_info = None
        return True


LOGGERS = (
    "toolkit",
    "toolkit.sandbox",
    "requests",
    *(f"urllib3.{name}" for name in ("connection", "connectionpool", "poolmanager", "response", "util.retry")),
)


def guard_logs() -> None:
    """Scrub what this package and the HTTP libraries below it log."""
    for name in LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(f, Scrubber) for f in logger.filters):
            logger.addFilter(Scrubber())
