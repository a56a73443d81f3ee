"""Text files with separators: what encoding, what separator, what rows."""

import codecs
import csv
import io
import re
from collections import Counter
from itertools import islice

from toolkit.errors import InputError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NAMES = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "bar"}


def decoded(data: bytes, encoding: str | None) -> tuple[str, str]:
    """The text, and the encoding that it was read in."""
    known = encoding or next((name for mark, name in _MARKS if data.startswith(mark)), None) or _wide(data)
    try:
        return data.decode(known or "utf-8"), known or "utf-8"
    except LookupError:
        raise InputError(f"there is no encoding named {encoding!r}") from None
    except UnicodeDecodeError as problem:
        if known:
            raise InputError(f"the file is not {known}: {problem.reason} at byte {problem.start:,}") from None
    name = "cp1251" if _cyrillic(data) else "cp1252"
    try:
        return data.decode(name), name
    except UnicodeDecodeError:
        return data.decode("latin-1"), "latin-1"


def _wide(data: bytes) -> str | None:
    """UTF-16 without its mark: every other byte of plain letters is zero."""
    even, odd = data[:4000:2].count(0), data[1:4000:2].count(0)
    if max(even, odd) * 5 < min(len(data), 4000):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _cyrillic(data: bytes) -> bool:
    """Letters beyond ASCII stand together in Cyrillic words, and alone in Spanish ones."""
    high = re.findall(rb"[\xb3\xbf\xba\xb4\xc0-\xff]+", data[:200_000])
    return sum(len(run) for run in high if len(run) > 2) * 2 > sum(map(len, high))


def rows_of(text: str, separator: str | None) -> tuple[list[list[str]], list[str]]:
    """The rows, and what is to be said of them.

    Raises:
        InputError: a quote is opened and never closed, so that everything after it would be one cell.
    """
    notes = []
    told = re.match(r"sep=(.)\r?\n", text)
    if told:
        text = text[told.end() :]
    found = separator or (told[1] if told else _separator(text))
    if not separator:
        notes.append(f"the separator was taken to be a {_NAMES.get(found, repr(found))}")
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=found, strict=True))
    except csv.Error as problem:
        if "unexpected end" in str(problem):
            raise InputError(f"a quote is opened in row {_unclosed(text, found)} and never closed") from None
        rows = _loose(text, found)
        notes.append(f"some quotes are not where they belong: {problem}; their cells were read as they stand")
    return ([[]] if told else []) + rows, notes


def _separator(text: str) -> str:
    """The separator that cuts the first rows most evenly into most cells."""
    sample = "".join(text.splitlines(keepends=True)[:100])
    scores = {}
    for mark in _NAMES:
        counts = [len(row) for row in islice(csv.reader(io.StringIO(sample, newline=""), delimiter=mark), 100) if row]
        cells, rows = Counter(counts).most_common(1)[0] if counts else (1, 1)
        scores[mark] = (rows / max(len(counts), 1) if cells > 1 else 0, cells)
    best = max(scores, key=lambda mark: scores[mark])
    return best if scores[best][0] else ","


def _loose(text: str, separator: str) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error as problem:
        raise InputError(f"the file cannot be read as a table: {problem}") from None


def _unclosed(text: str, separator: str) -> int:
    count = 1
    try:
        for _ in csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True):
            count += 1
    except csv.Error:
        pass
    return count
