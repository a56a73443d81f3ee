"""Whether characters beyond ASCII make sense where they stand: by their neighbours, and by their words."""

import re
from typing import NamedTuple

_LATIN = {
    letter: weight
    for letters, weight in (("áéíóúñ", 1.0), ("üçãõâêôàèäöß", 0.7), ("îïûùëåæøœýšžðþ", 0.3))
    for letter in letters + letters.upper().replace("SS", "")
}
_UKRAINIAN, _RUSSIAN = frozenset("абвгґдеєжзиіїйклмнопрстуфхцчшщьюя"), frozenset("абвгдеёжзийклмнопрстуфхцчшщъыьэюя")
_COMMON, _VOWELS = frozenset("оаниіветркслумдпяь"), frozenset("аеєиіїоуюяыэё")
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_PIECE = re.compile(r"[^\W\d_²³¹½¼¾]+|[^\x00-\x7f]")  # a word, or a sign
_UNSAID = re.compile(r"[^\x00-\x7f]{3}|áa|ée|íi|óo|úu|ö[aeiou]", re.IGNORECASE).search
_ALONE = frozenset("áàéèóòíâåöÁÀÉÈÓÍ")  # letters that are words
_BESIDE = frozenset("“”«»‹›’‘¿¡…\xa0–—")  # signs that stand beside others
_SIGNS = {
    "€": "money", "£": "money", "¥": "money", "¢": "money", "ª": "ordinal", "º": "ordinal", "°": "ordinal",
    "¿": "opens", "¡": "opens", "„": "opens", "‚": "opens", "–": "dash", "—": "dash",
    "’": "apostrophe", "‘": "apostrophe", "´": "apostrophe", "“": "quote", "”": "quote", "«": "quote", "»": "quote",
    "‹": "quote", "›": "quote", "…": "edge", "•": "edge", "·": "edge", "™": "edge", "®": "edge", "©": "edge",
    "№": "edge", "§": "section", "½": "number", "¼": "number", "¾": "number", "²": "power", "³": "power", "¹": "power",
    "×": "between", "÷": "between", "±": "between", "\xa0": "blank",
}  # fmt: skip

_APART = {"money": (0, 0.7), "edge": (1, 0.5), "number": (0, 0.5), "between": (0, 0.3)}  # letters beside it, at most


class Sense(NamedTuple):
    """How much of a text makes sense, and how much does not; `words`: in how many of its pieces it does."""

    good: float = 0.0
    bad: float = 0.0
    words: int = 0

    def __add__(self, other: "Sense") -> "Sense":  # type: ignore[override]
        return Sense(self.good + other.good, self.bad + other.bad, self.words + other.words)


def sense_of(text: str) -> Sense:
    """That of a piece of text without separators, as of a word with the signs around it."""
    total = Sense()
    for piece in _PIECE.finditer(text):
        shown = piece[0]
        if shown.isascii():
            continue
        before, after = text[piece.start() - 1 : piece.start()], text[piece.end() : piece.end() + 1]
        kind = _SIGNS.get(shown)
        good = _sign(kind, text[: piece.start()], text[piece.end() :]) if kind else _word(shown, before + after)
        total += Sense(good, 0.0, 1) if good > 0 else Sense(0.0, -good)
    return total


def makes_sense(text: str) -> bool:
    """Whether all that is not ASCII in a text does."""
    sense = sense_of(text)
    return sense.good > 0 and not sense.bad


def _word(word: str, around: str) -> float:
    if not word[0].isalpha():
        return -1.5  # a sign that no list is written with
    for sign in "ªº°µ":
        if sign in word:
            return _with_sign(word, sign)
    high = [letter for letter in word if letter > "\x7f"]
    if not _is_cased(word):
        return -float(len(high))
    if _CYRILLIC.search(word):
        return _cyrillic(word)
    weights = [_LATIN.get(letter, -1.0) for letter in high]
    if min(weights) < 0 or (len(word) == len(high) > 1) or _UNSAID(word):
        return -float(len(high))
    if len(word) == 1:
        return -1.0 if word not in _ALONE or any(map(str.isdigit, around)) else 0.2
    return -1.0 if word[0] == "ç" else sum(weights)


def _with_sign(word: str, sign: str) -> float:
    """As 1ª, Nº, Mª, 10µg: the sign is no letter of the word, though it counts as one."""
    first, _, rest = word.partition(sign)
    if sign == "µ":
        return 0.5 if not first and len(rest) <= 2 else -1.0
    return 0.7 if len(first) <= 2 and not rest else -1.0


def _is_cased(word: str) -> bool:
    plain = word.replace("ß", "")
    return plain.islower() or plain.isupper() or (plain[:1].isupper() and plain[1:].islower()) or not plain


def _cyrillic(word: str) -> float:
    lower = word.lower()
    if not (_UKRAINIAN.issuperset(lower) or _RUSSIAN.issuperset(lower)):
        return -float(len(word))
    pattern = "".join("v" if c in _VOWELS else "s" if c in "ьъ" else "c" for c in lower)
    no_vowel = "v" not in pattern and len(word) > 3
    if no_vowel or pattern.startswith("s") or re.search("vs|ss|c{5}|v{4}", pattern):
        return -0.5 * len(word)
    return 0.1 * len(word) + 0.5 * sum(letter in _COMMON for letter in lower)


def _sign(kind: str, before: str, after: str) -> float:
    left, right = before[-1:], after[:1]
    if any(c > "\x7f" and not c.isalpha() and c not in _BESIDE for c in (left, right)):
        return -1.0
    letters = left.isalpha() + right.isalpha()
    if kind in _APART:
        most, weight = _APART[kind]
        return weight if letters <= most else -1.0
    match kind:
        case "ordinal":
            return 0.7 if not right.isalpha() or (not left.isalpha() and after in ("C", "F", "K")) else -1.0
        case "opens":
            return -1.0 if left.isalnum() or not right else 0.7
        case "section":
            return -1.0 if left.isalnum() else 0.5
        case "quote":
            return -1.0 if letters == 2 else 0.5 if left or right else 0.0
        case "dash":
            return -0.5 if left.islower() and right.islower() else 0.5
        case "apostrophe":
            return _apostrophe(before, after) if letters == 2 else 0.3
        case "blank":
            return -0.5 if left.isalpha() and right.islower() else 0.3
    assert kind == "power"
    return 0.5 if left.isalnum() and not right.isalpha() else -1.0


def _apostrophe(before: str, after: str) -> float:
    """Between two letters: O’Higgins, l’eau, Ana’s, В’ячеслав."""
    if before[-1].isupper() and after[0].islower():
        return 0.0  # L’eau; or María, where an í was
    word = re.search(r"[^\W\d_]*$", before)
    short = len(word[0] if word else "") <= 2 or after in ("s", "S")
    return 0.7 if short or _CYRILLIC.match(after) else -0.5
