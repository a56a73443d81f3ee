"""Names that are spelt otherwise, and are one; and names that are nearly alike and begin alike: by the pairs of letters
that they share, else as one cut short: Stgo, Valpo."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from heapq import nlargest
from itertools import chain

from toolkit.sheets.cells import folded, latin

LEAST, MARGIN = 0.6, 0.03  # how much two names share, of 1; and how much more than any other
_LONGEST = 300  # characters that are compared
SHORTEST = 4  # letters of a name that was cut short
_WORDS = re.compile(r"\d+|[^\W\d_]+").findall
_AROUND_NUMBERS = re.compile(r"(?<=\d)[.,](?:0{1,2}\s*$|(?=\d{3}(?!\d)))").sub  # 1.0; 1.000


class Alike:
    """Some names, among which the one most like another is looked for."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = [*dict.fromkeys(names)]
        self._sizes: list[int] = []
        self._having: dict[str, list[int]] = {}  # by pair of letters
        self._initials: dict[str, list[str]] = {}
        for n, name in enumerate(self._names):
            self._initials.setdefault(name[:1], []).append(name)
            pairs = _pairs(name)
            self._sizes.append(len(pairs))
            for pair in pairs:
                self._having.setdefault(pair, []).append(n)

    def nearest(self, name: str) -> str | None:
        """The name most like this one; None where none is, or two are alike near."""
        pairs = _pairs(name[:100])
        shared = Counter(chain.from_iterable([self._having.get(pair, ()) for pair in pairs]))
        least = (LEAST - MARGIN) * len(pairs) / 2  # of pairs that are shared, where that many make a difference
        close = [
            (2 * count / (len(pairs) + self._sizes[n]), n)
            for n, count in shared.items()
            if count >= least and len(name) > 1 and self._names[n][0] == name[0]
        ]
        ranked = nlargest(2, close)
        if ranked and ranked[0][0] >= LEAST:
            clear = len(ranked) == 1 or ranked[0][0] - ranked[1][0] >= MARGIN
            return self._names[ranked[0][1]] if clear else None
        return self._whole(name)

    def _whole(self, short: str) -> str | None:
        """The only name of which some letters were left out."""
        if not SHORTEST <= len(short) < 30:
            return None
        whole = [
            name for name in self._initials.get(short[0], ()) if len(name) > len(short) and _leaves_out(name, short)
        ]
        return whole[0] if len(whole) == 1 else None


def _pairs(name: str) -> set[str]:
    whole = f" {name} "
    return {whole[n : n + 2] for n in range(len(whole) - 1)}


def name_key(name: str) -> str:
    """What all spellings of one name share: case, accents, signs, spaces and the zeros around a number are left out.

    Who writes C-1, c 1 or c01 may mean one thing, and nobody but a person knows.
    """
    plain = _AROUND_NUMBERS("", unicodedata.normalize("NFKC", latin(name)))
    return " ".join([folded(word).lstrip("0") or "0" for word in _WORDS(plain)]) or name


def fingerprint(text: str) -> str:
    """The words of a text whatever their order and spelling: for telling which values are alike."""
    return " ".join(sorted({*name_key(text[:_LONGEST]).split()})) or text


def one_word(one: str, two: str) -> bool:
    """Whether two words are one, but for a letter inside or the plural: what begins or ends otherwise is another."""
    short, long = sorted((one, two), key=len)
    if one == two or (len(short) > 3 and long in (f"{short}s", f"{short}es", f"{short}{short[-1]}")):
        return True
    if len(short) < 5 or len(long) - len(short) > 1 or short[0] != long[0] or short[-1] != long[-1]:
        return False
    n = next((n for n, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    return short[n + (len(short) == len(long)) :] == long[n + 1 :] and short.isalpha() and long.isalpha()


def _leaves_out(whole: str, short: str) -> bool:
    """Whether the letters of one name stand in the other in their order."""
    letters = iter(whole)
    return all(letter in letters for letter in short)
