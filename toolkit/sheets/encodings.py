"""In which encoding a text file was written: by its mark, by its bytes, or by the letters that come out."""

import codecs
import contextlib
import re

from toolkit.errors import InputError
from toolkit.plain import message, plural
from toolkit.sheets.plausible import Sense, sense_of

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
DAMAGED = "\ufffd"  # stands for bytes that no character has
_LEGACY = (
    "cp1252", "cp850", "mac_roman", "cp1251", "koi8-u", "cp866", "cp1125", "mac_cyrillic", "iso8859-5", "iso8859-15"
)  # fmt: skip
_HIGH = re.compile(rb"[\x80-\xff]")
_APART = bytes(32 if byte <= 32 or byte in b';,|"' else byte for byte in range(256))  # separators become blanks
_LONGEST, _SHOWN = 40, 20  # bytes of a piece, on either side of its first one; characters of it that are shown
_SAMPLE = 5_000  # pieces that are looked at
_CLEAR, _MARGIN, _ENOUGH = 5, 1.4, 2  # times; pieces of text
_PROBED, _FOREIGN = 2_000, "\u2e80"  # characters that are looked at; from here on, scripts of East Asia


def decoded(data: bytes, encoding: str | None) -> tuple[str, list[str]]:
    """The text, and what is to be said of it. Bytes that are none in UTF-8 become `DAMAGED`.

    Raises:
        InputError: the file is not in the encoding that was said, or it is not clear in which one it is.
    """
    marked = next((name for mark, name in _MARKS if data.startswith(mark)), None)
    if known := encoding or marked or _wide(data):
        sure = encoding or marked
        text = _strict(data, known)
        if not sure and any(c >= _FOREIGN for c in text[:_PROBED]):
            raise InputError(message("the file is neither a spreadsheet nor a text"))
        return text, [] if sure else [_taken(known)]
    text = data.decode("utf-8", "replace")
    bad = text.count(DAMAGED) - data.count(DAMAGED.encode())  # which is UTF-8 that a program wrote
    if not bad:
        return text, []
    letters = len(text) - len(text.encode("ascii", "ignore")) - bad
    if letters >= bad:
        one = "{count} byte is no text in UTF-8, in which the rest of the file is: see the cell with {sign}"
        many = "{count} bytes are no text in UTF-8, in which the rest of the file is: see the cells with {sign}"
        return text, [plural(one, many, count=bad, sign=DAMAGED)]
    name = _legacy(data, also_utf8=bool(letters) or bad == 1)
    return data.decode(name), [_taken(name)]


def _taken(name: str) -> str:
    return message("the encoding was taken to be {name}; `encoding=` says otherwise", name=name)


def _strict(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except (LookupError, AttributeError, TypeError):
        raise InputError(message("there is no encoding named {name!r}", name=encoding)) from None
    except UnicodeError as problem:
        why = getattr(problem, "reason", problem)
        if isinstance(problem, UnicodeDecodeError):
            text = "the file is not {encoding}: {why} at byte {place:,}"
            raise InputError(message(text, encoding=encoding, why=why, place=problem.start)) from None
        raise InputError(message("the file is not {encoding}: {why}", encoding=encoding, why=why)) from None


def _wide(data: bytes) -> str | None:
    """UTF-16 without its mark: every other byte of plain letters is zero."""
    even, uneven = data[:4000:2].count(0), data[1:4000:2].count(0)
    if max(even, uneven) * 5 < min(len(data), 4000):
        return None
    return "utf-16-le" if uneven > even else "utf-16-be"


def _legacy(data: bytes, *, also_utf8: bool) -> str:
    """The encoding in which all that is not ASCII makes sense: that of Windows, unless another one is far better.

    Raises:
        InputError: there is none, or there are several.
    """
    pieces = _pieces(data)
    readings: dict[tuple[str, ...], tuple[str, Sense]] = {}  # of two that read alike, the first
    for name in _LEGACY:
        with contextlib.suppress(UnicodeDecodeError):
            data.decode(name)
            texts = tuple(piece.decode(name) for piece in pieces)
            readings.setdefault(texts, (name, sum(map(sense_of, texts), Sense())))
    ranked = sorted(readings.values(), key=lambda each: each[1].bad - each[1].good)
    fitting = [each for each in ranked if each[1].good > _CLEAR * each[1].bad]
    best = next((each for each in fitting if each[0] == "cp1252"), None)
    if best and any(s.good > _MARGIN * best[1].good and s.words >= _ENOUGH for _, s in fitting):
        best = None
    elif not best and fitting and (len(fitting) == 1 or fitting[0][1].good > _MARGIN * fitting[1][1].good):
        best = fitting[0]
    if best:
        return best[0]
    names = [*(["utf-8"] if also_utf8 else []), *(name for name, _ in ranked)][:4]
    seen = "; ".join(f"{name}: {_examples(pieces, name)}" for name in names)
    raise InputError(message("the encoding is not clear; say `encoding=`, as it reads well here: {seen}", seen=seen))


def _pieces(data: bytes) -> list[bytes]:
    """The distinct pieces of text in which something is not ASCII, each between two separators."""
    apart, pieces, end = data.translate(_APART), dict[bytes, None](), 0
    for high in _HIGH.finditer(data):
        if (at := high.start()) >= end:
            start = max(apart.rfind(b" ", end, at) + 1, end, at - _LONGEST)
            close = apart.find(b" ", at, at + _LONGEST)
            end = close if close > 0 else min(len(data), at + _LONGEST)
            pieces[data[start:end]] = None
            if len(pieces) >= _SAMPLE:
                break
    return [*pieces]


def _examples(pieces: list[bytes], name: str) -> str:
    """How the first pieces read."""
    return ", ".join(repr(piece.decode(name, "replace")[:_SHOWN]) for piece in pieces[:3])
