"""In which encoding a text file was written: by its mark, by its bytes, or by the letters that come out."""

import codecs
import re
from itertools import islice

from toolkit.errors import InputError
from toolkit.plain import message, plural

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
DAMAGED = "\ufffd"  # stands for bytes that no character has
_LEGACY = ("cp1252", "cp850", "mac_roman", "cp1251", "koi8-u", "cp866")
_SPANISH, _LATIN = set("áéíóúüñÁÉÍÓÚÜÑªº"), set("çãõâêôàÇÃÕÂÊÔÀ")
_CYRILLIC = set("абвгґдеєжзиіїйклмнопрстуфхцчшщьюяыэъё")
_WORD = re.compile(r"(?=[^\W\d_]*[^\W\d_\x00-\x7f])[^\W\d_]+")
_INSIDE = re.compile(r"(?<=[^\W\d_])[^\w\s\x00-\x7f](?=[^\W\d_])|[\x80-\x9f]")  # signs inside of words, controls
_SAMPLE = 50_000  # words that are looked at
_MARGIN = 1.5
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
    bad = text.count(DAMAGED)
    if not bad:
        return text, []
    letters = len(text) - len(text.encode("ascii", "ignore")) - bad
    if letters >= 2 * bad:
        one = "{count} byte is no text in UTF-8, in which the rest of the file is: see the cell with {sign}"
        many = "{count} bytes are no text in UTF-8, in which the rest of the file is: see the cells with {sign}"
        return text, [plural(one, many, count=bad, sign=DAMAGED)]
    name = _legacy(data)
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


def _legacy(data: bytes) -> str:
    """The encoding of which the most letters make sense where they stand."""
    scores = {}
    for name in _LEGACY:
        try:
            scores[name] = sense(data.decode(name))
        except UnicodeDecodeError:
            continue
    best, *others = sorted(scores, key=lambda name: -scores[name])
    rival = max((scores[name] for name in others), default=0.0)
    if scores[best] < 0 or (rival > 0 and scores[best] < _MARGIN * rival) or (scores[best] == 0 and best != "cp1252"):
        seen = "; ".join(f"{name}: {_example(data.decode(name))!r}" for name in (best, *others)[:4])
        raise InputError(
            message("the encoding is not clear; say `encoding=`, as it reads well here: {seen}", seen=seen)
        )
    return best


def sense(text: str) -> float:
    """How many letters beyond ASCII stand in words that make sense, less those that do not."""
    score = 0.0
    for match in islice(_WORD.finditer(text), _SAMPLE):
        word = match[0]
        high = [letter for letter in word if letter > "\x7f"]
        sane = word.islower() or word.isupper() or (word[0].isupper() and word[1:].islower())
        if sane and len(word) > 1 and _CYRILLIC.issuperset(word.lower()):
            score += len(high)
        elif sane and (_SPANISH | _LATIN).issuperset(high):
            score += sum(1 if letter in _SPANISH else 0.5 for letter in high)
        else:
            score -= len(high)
    return score - len(_INSIDE.findall(text))


def _example(text: str) -> str:
    """A word with letters beyond ASCII."""
    at = next((n for n, letter in enumerate(text) if letter > "\x7f"), 0)
    return text[max(0, at - 8) : at + 8].strip()
