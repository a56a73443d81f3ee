"""Letters that nobody can have written so: read in a wrong encoding, or of two alphabets in one word."""

import html
import re
import unicodedata
from collections import Counter

from toolkit.plain import mark
from toolkit.sheets.encodings import DAMAGED
from toolkit.sheets.plausible import makes_sense, sense_of

WRONG_ENCODING = mark("was read in a wrong encoding")
TWO_ALPHABETS = mark("mixes letters of two alphabets in one word")
DAMAGED_SIGN = mark("has a damaged character")
_HIGH = "".join(bytes([n]).decode("cp1252", "ignore") for n in range(0x80, 0xC0))  # the second bytes of letters
_TWICE = re.compile(f"[\xc2-\xf4][\x80-\xbf{_HIGH}]").search
_TWICE_CYRILLIC = re.compile(r"(?:[РС][^\x00-\x7fА-Яа-я]){2}").search  # the first bytes of its letters
_MAY_BE_ESCAPED = re.compile(r"[&\\=%_]").search
_ESCAPED = re.compile(
    r"&(?:#[0-9]{2,7}|#[xX][0-9a-fA-F]{2,6}|[A-Za-z]{2,8}[0-9]{0,2});|\\u([0-9a-fA-F]{4})"
    r"|((?:[=%](?i:c[2-5]|d[01])[=%][89abAB][0-9a-fA-F])+)|_x([0-9a-fA-F]{4})_"
)
_UTF8_READ_AS = (
    *("cp1252", "cp1251", "mac_roman", "cp850", "cp437", "cp866", "cp1250", "cp1253", "cp1254", "cp1257"),
    *("mac_cyrillic", "latin2"),
)
_READ_AS = (  # one by one: how it was read, what it was
    *(("cp1252", "cp850"), ("cp1252", "mac_roman"), ("cp1252", "cp1251"), ("cp850", "cp1252"), ("cp850", "mac_roman")),
    *(("mac_roman", "cp1252"), ("mac_roman", "cp850"), ("cp1251", "cp1252"), ("cp866", "cp1251")),
    *(("latin-1", "mac_roman"), ("latin-1", "cp850"), ("cp437", "cp1252"), ("cp1251", "cp866")),
)
_LATIN, _CYRILLIC, _GREEK = "A-Za-z\xaa\xba\xc0-\xd6\xd8-\xf6\xf8-\u024f\u1e00-\u1eff", "\u0400-\u052f", "\u0370-\u03ff"
_SCRIPTS = {name: re.compile(f"[{letters}]") for name, letters in (("l", _LATIN), ("c", _CYRILLIC), ("g", _GREEK))}
_MIXED = re.compile(
    "|".join(f"[{a}][{b}]" for a in (_LATIN, _CYRILLIC, _GREEK) for b in (_LATIN, _CYRILLIC, _GREEK) if a != b)
)
_WORDS = re.compile(r"[^\W\d_]+")
_SIGN = "\xa2-\xa6\xa8\xac\xaf\xb1-\xb3\xb6\xb8\xb9\xbc-\xbe\xf7\u0192\u2020\u2021\u2202-\u22ff\u2500-\u25ff"
_BROKEN = re.compile(rf"(?<=[^\W\d_])[{_SIGN}](?=[^\W\d_])|[\u2500-\u25ff](?=[{_CYRILLIC}])").search
_UPPER = "\xc0-\xd6\xd8-\xde\u0160\u017d\u0152\u0178"
_MISREAD = re.compile(  # where letters were read one by one in a wrong encoding
    rf"(?<=[^\W\d_])[{_SIGN}\xa1\xa7\u201a\u02c6]|[a-z\xdf-\xff][{_UPPER}]|[A-Z][{_UPPER}][a-z]|[\xc0-\xff]{{3}}|[\u2500-\u25ff\x80-\x9f]"
).search
_OTHER_FORM = re.compile("[\ufb00-\ufb06\uff21-\uff3a\uff41-\uff5a\U0001d400-\U0001d7ff]").search
_LOST = re.compile(r"[^\W\d_]\?[^\W\d_]").search
_TAGS = re.compile(
    r"</?(?:b|i|u|p|br|a|div|span|strong|em|td|tr|li|ul|font|h[1-6])(?:\s[^<>]{0,200})?/?>", re.IGNORECASE
)
_ADDRESS = re.compile(r"[/=@]|www\.").search
_ALIKE = {  # letters that look the same
    **dict(zip("АВЕІЈКМНОРСТУХЅаеіјорсухѕһ", "ABEIJKMHOPCTYXSaeijopcyxsh", strict=True)),
    **dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧο", "ABEZHIKMNOPTYXo", strict=True)),
}
_LATIN_ALIKE = {latin: letter for letter, latin in _ALIKE.items() if letter > "\u0400"}
_NOTE_MARKS = "¹²³"  # of a note at the foot
_ORDINALS = set("ªº")
_LONGEST = 2_000  # characters of which it is tried what they were


def unescaped(text: str) -> str | None:
    """A text whose letters were written in signs, as web pages, mails and workbooks do: Peña for Pe&ntilde;a."""
    if not _MAY_BE_ESCAPED(text) or "://" in text:
        return None
    plain = _ESCAPED.sub(_letters, text)
    return None if plain == text else plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace").strip()


def _letters(escape: re.Match[str]) -> str:
    if escape[3]:
        letter = chr(int(escape[3], 16))
        return letter if letter.isprintable() else " "
    if escape[1]:
        return chr(int(escape[1], 16))
    if escape[2]:
        return bytes.fromhex(re.sub("[=%]", "", escape[2])).decode("utf-8", "replace")
    return html.unescape(escape[0])


def broken(text: str) -> tuple[str, str | None] | None:
    """What is wrong with the letters of a text that is not all ASCII, and what it may have been; None for nothing."""
    if was := _was_utf8(text):
        return WRONG_ENCODING, was
    if DAMAGED in text:
        return DAMAGED_SIGN, None
    text = text.rstrip(_NOTE_MARKS)
    mixed, misread = _MIXED.search(text), _MISREAD(text)
    was = _was_other(text) if mixed or misread else None
    if mixed:
        return TWO_ALPHABETS, _in_one_alphabet(text) if was is None else None
    if was:
        return WRONG_ENCODING, was
    return (DAMAGED_SIGN, None) if _BROKEN(text) else None


TAGS = mark("has tags of a web page in it")


def left_behind(text: str) -> tuple[str, str | None] | None:
    """What programs left in a text that takes any, and what it may have been; None for nothing."""
    if plain := unescaped(text):
        return WRONG_ENCODING, plain
    if "<" in text and (plain := " ".join(_TAGS.sub(" ", text).split())) != " ".join(text.split()):
        return TAGS, plain or None
    if not text.isascii() and _OTHER_FORM(text):
        return mark("has letters in another form than people write them"), unicodedata.normalize("NFKC", text)
    lost = "?" in text and _LOST(text) and not _ADDRESS(text)  # Pe?a: an encoding did not have the letter
    return (DAMAGED_SIGN, None) if lost else None


def _was_utf8(text: str) -> str | None:
    """What a text was before its UTF-8 was read as something else: Peña for PeÃ±a, or for Pe√±a."""
    sure = "cp1252" if _TWICE(text) else "cp1251" if _TWICE_CYRILLIC(text) else ""
    for encoding in _UTF8_READ_AS if len(text) <= _LONGEST else (sure,) * bool(sure):
        try:
            was = b"".join([_one_byte(letter, encoding) for letter in text]).decode("utf-8")
        except UnicodeError:
            continue
        if encoding == sure or makes_sense(was):
            return was
    return None


def _one_byte(letter: str, encoding: str) -> bytes:
    try:
        return letter.encode(encoding)
    except UnicodeEncodeError:
        return letter.encode("latin-1")


def _was_other(text: str) -> str | None:
    """What a text was before its letters were read in another encoding of one byte each, where all make sense so."""
    ways = set[str]()
    for read_as, was_in in _READ_AS if len(text) <= _LONGEST else ():
        try:
            was = text.encode(read_as).decode(was_in)
        except UnicodeError:
            continue
        sure = sum("\x7f" < letter < "\u0400" for letter in was)  # of Cyrillic words, all letters tell together
        if sum(map(str.isalpha, was)) < sum(map(str.isalpha, text)):
            continue
        if makes_sense(was) and sense_of(was).good >= sure and _ORDINALS.isdisjoint(was):
            ways.add(was)
    return ways.pop() if len(ways) == 1 else None


def _in_one_alphabet(text: str) -> str | None:
    """The text with each word in one alphabet, where the letters of the other only look like those of it."""
    plain = _WORDS.sub(lambda word: _unmixed(word[0]), text)
    return None if _MIXED.search(plain) else plain


def _unmixed(word: str) -> str:
    if not _MIXED.search(word):
        return word
    counts = Counter(name for letter in word for name, script in _SCRIPTS.items() if script.match(letter))
    latin = "".join(_ALIKE.get(letter, letter) for letter in word)
    cyrillic = "".join(_LATIN_ALIKE.get(letter, letter) for letter in word)
    ways = [(counts["l"], latin), (counts["c"], cyrillic)]
    ways = [way for way in ways if not _MIXED.search(way[1])]
    best = max(ways, default=(0, word))
    return best[1] if [n for n, _ in ways].count(best[0]) == 1 else word
