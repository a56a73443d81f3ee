"""Text files with separators: which separator, and which rows."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from toolkit.errors import InputError
from toolkit.plain import mark, message
from toolkit.sheets.archive import MAX_COLUMNS, no_table
from toolkit.sheets.encodings import decoded
from toolkit.sheets.header import WINDOW, names_fields
from toolkit.sheets.synonyms import concept_of
from toolkit.sheets.workbook import Cell, Grid, Row

_NAMES = {"\t": mark("tab"), ";": mark("semicolon"), "|": mark("bar"), ",": mark("comma")}
_SAMPLE, _SEVERAL = 200, 6  # rows
_START = 4_000  # characters of a text that tell what it is
_OF_NUMBERS = "0123456789.,- "
_MOST_CONTROLS = 20  # characters among the first 2,000
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f]")
_KINDS = (  # how files begin that are no tables
    (r"%PDF-", mark("a PDF")),
    (r"\{\\rtf", mark("a text document (RTF)")),
    (r"(?i:BEGIN:VCARD)", mark("a list of contacts in the form of vCard")),
    (r"(?i:BEGIN:VCALENDAR)", mark("a calendar")),
    (r"(?i:MIME-Version:)", mark("a saved web page")),
    (r"\x89PNG|\xff\xd8\xff|GIF8|II\*\0|MM\0\*|RIFF....WEBP|....ftyp|BM....\0\0\0\0", mark("a picture or a film")),
    (r"\x1f\x8b|7z\xbc\xaf|Rar!|BZh\d|\xfd7zXZ|\x28\xb5\x2f\xfd", mark("a packed file")),
    (r"PAR1|SQLite format|ARROW1|\x89HDF|Obj\x01", mark("a database or a data file of a program")),
    (r"MZ.{0,2}\0|\x7fELF|L\0\0\0\x01\x14", mark("a program or a shortcut")),
    (r"%!PS", mark("a PostScript document")),
    (r"ID;P(?:WXL|CALC|SCALC)", mark("a SYLK table")),
    (r"TABLE\r?\n0,1\r?\n", mark("a DIF table")),
    (r"\x78\x9f\x3e\x22", mark("an attachment of Outlook")),
)
_TAGS = re.compile(r"\s{0,100}<(?:[!?]|[a-z_][\w.:-]{0,60}[\s/>])", re.IGNORECASE)
_JSON = re.compile(r'\s{0,100}(?:\{\s{0,100}["}]|\[\s{0,100}(?:[\[{"\]]|-?\d[\d.]{0,30}\s{0,9}[,\]]))')
_SQL = re.compile(
    r"insert\sinto\s\S+\s?(?:\(|values|select)|create\stable\s(?:if\snot\sexists\s)?\S+\s?\("
    r"|drop\stable\s(?:if\sexists\s)?\S+;|update\s\S+\sset\s\S+\s?=",
    re.IGNORECASE,
)
_APART = re.compile(r"\S {2,}\S")
_TABLE = re.compile(r"<table[\s>]", re.IGNORECASE)
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s{0,9}=\s{0,9}[\"']?([A-Za-z0-9_-]{2,30})", re.IGNORECASE)


def text_of(data: bytes, encoding: str | None) -> tuple[str, list[str]]:
    """What is written in a text file, and what is to be said of that.

    Raises:
        InputError: it is something else, or its encoding is not clear.
    """
    start = data[:300].decode("latin-1").removeprefix("\xef\xbb\xbf").lstrip("\r\n\t ")
    for begin, what in _KINDS:
        if re.match(begin, start, re.DOTALL):
            raise no_table(what)
    named = _CHARSET.search(data[:2000])
    try:
        text, notes = decoded(data, encoding or (named[1].decode() if named and _TAGS.match(start) else None))
    except InputError:
        if encoding or not named:
            raise
        text, notes = decoded(data, None)  # the page says another one than it is in
    text = text.removeprefix("\ufeff")
    if len(_CONTROLS.findall(text[:2000])) > _MOST_CONTROLS:
        raise InputError(message("the file is neither a spreadsheet nor a text"))
    return text, notes


def is_page(text: str) -> bool:
    """Whether a text has tags, those of a table among them."""
    return bool(_TAGS.match(text) and _TABLE.search(text))


def _other(text: str) -> str:
    """What a text is where it is no table with separators; else nothing."""
    lines = [line for line in text[:_START].splitlines() if line.strip(" -=+")]
    if _TAGS.match(text):
        return mark("a web page or XML without a table")
    if _JSON.match(text):
        return mark("JSON")
    if any(map(_SQL.match, lines)):
        return mark("a list of commands (SQL)")
    apart = len(lines) > 1 and all(_APART.search(line) and not any(sign in line for sign in _NAMES) for line in lines)
    return mark("a table in columns of fixed width") if apart else ""


def read(text: str, separator: str | None, notes: Sequence[str] = ()) -> Grid:
    """The rows of a text.

    Raises:
        InputError: it is no table; a quote is opened and never closed, so that everything after it would be one cell.
    """
    if not separator and (what := _other(text)):
        raise no_table(what)
    rows, more, sign = _rows(text, separator)
    joined = _joined(rows, sign, lines=text.count("\n") + (text[-1:] != "\n"))
    return Grid(_filled(rows), notes=[*notes, *more], joined=joined)


def sign_within(rows: Sequence[Row]) -> str:
    """The separator that stands in the cells of the only column, below names of fields that it cuts; else nothing."""
    ones = [str(cells[0]) for _, cells in rows if _is_one(cells)]
    for sign in _NAMES if len(ones) + 1 >= len(rows) > 1 else ():
        cut = [cut_again(cells, sign) for _, cells in rows]
        top = next((n for n, cells in enumerate(cut) if names_fields(cells)), len(cut) - 1)
        alike = top < len(cut) - 1 and {len(cells) for cells in cut[top:]} == {len(cut[top])}
        if alike and not (len(ones) == len(rows) and _one_column("\n".join(ones), sign)):
            return sign
    return ""


def cut_again(cells: list[Cell], sign: str) -> list[Cell]:
    """The cells of a row of which only the first holds something, with separators in it; else the row as it is."""
    rows = _cut(str(cells[0]), sign) if _is_one(cells) else []
    return [*rows[0]] if len(rows) == 1 else cells


def _is_one(cells: Sequence[Cell]) -> bool:
    return cells[0] != "" and not any(cells[1:])


def _joined(rows: Sequence[list[str]], sign: str, *, lines: int) -> list[int]:
    """The rows that may be several, or are cut by another separator: by a quote too many, or by another program."""
    width = Counter(map(len, rows)).most_common(1)[0][0] if rows else 0
    if width < 2:
        return []
    joined = [at for at, cells in enumerate(rows) if len(cells) == 1 and _is_cut_otherwise(cells[0], width)]
    joined += _of_another_size(rows, width)
    escaped = [at for at, cells in enumerate(rows) if any(cell[-1:] == "\\" for cell in cells[:-1])]
    joined += escaped if 2 * len(escaped) <= len(rows) else []  # else they are folders
    if lines > len(rows):
        joined += [
            at for at, cells in enumerate(rows) if any(_swallowed(cells, n, sign, width) for n in range(len(cells)))
        ]
    return joined


def _of_another_size(rows: Sequence[list[str]], width: int) -> list[int]:
    """The rows that a line break may have cut in two, or a separator made longer, where nearly all others are alike."""
    sizes = [len(cells) if any(cells) else 0 for cells in rows]
    first = sizes.index(width) if width in sizes else len(rows)
    others = [at for at in range(first, len(rows)) if sizes[at] not in (0, width)]
    if len(rows) < _SEVERAL or 10 * (len(others) - 1) > len(rows):
        return []
    padded = any(size == width and not cells[-1] for size, cells in zip(sizes, rows, strict=True))
    cut = (at for at in others if sizes[at - 1] and (sizes[at] > 1 or len(others) == 1))
    halves = [at for at in cut if sum(sizes[at : at + 2]) == width + 1 or _is_rest(rows, at, width)]
    rests = (at for at in others if sizes[at - 1 : at + 1] == [width, 1])
    halves += [at - 1 for at in rests if at in halves or not rows[at][0].strip(_OF_NUMBERS)]
    alone = [at for at in others if (padded if sizes[at] < width else not any(rows[at][width:]))]
    return [*alone, *halves, *(at + 1 for at in halves)]


def _is_rest(rows: Sequence[list[str]], at: int, width: int) -> bool:
    """Whether a row and the next are the parts of one, cut at a separator: what it lacks is what stands in that."""
    first, rest = rows[at], rows[at + 1] if at + 1 < len(rows) else []
    model = next((_forms(cells) for cells in rows[1:] if len(cells) == width and all(cells)), [])
    return [*_forms(first), *_forms(rest)] == model and _forms(rest) != model[: len(rest)]


def _forms(cells: Sequence[str]) -> list[str]:
    return ["@" if "@" in text else "#" if not text.strip(_OF_NUMBERS) else "" for text in cells]


def _is_cut_otherwise(text: str, width: int) -> bool:
    """Whether a separator cuts a line into as many cells as the other rows have: another one, or that inside of it."""
    return (width > 2 or "@" in text) and any(width in map(len, _cut(text, sign)[:1]) for sign in _NAMES)


def _swallowed(cells: Sequence[str], n: int, sign: str, width: int) -> bool:
    """Whether a cell holds the end of one row and the beginning of another, each with as many cells as is usual."""
    text = cells[n]
    if "\n" not in text or sign not in text:
        return False
    lines = text.splitlines()
    ends, begins = lines[0].count(sign), lines[-1].count(sign)
    whole = ends == width - 1 - n and begins == width - len(cells) + n
    return whole and (ends > 0 or begins > 1 or "@" in text)


def _filled(rows: Sequence[list[str]]) -> Iterator[Row]:
    for at, texts in enumerate(rows):
        if len(texts) > MAX_COLUMNS:
            text = "row {row} has {count:,} cells, more than any sheet: is `separator=` another one?"
            raise InputError(message(text, row=at + 1, count=len(texts)))
        if any(texts):
            cells: list[Cell] = [*texts]
            yield at, cells


def _rows(text: str, separator: str | None) -> tuple[list[list[str]], list[str], str]:
    """The rows, what is to be said of them, and the separator."""
    notes = []
    named = re.match(r"sep=(.)\r?\n", text)
    if named:
        text = text[named.end() :]
    if separator is not None and (not isinstance(separator, str) or len(separator) != 1 or separator in '"\r\n'):
        raise InputError(
            message("a separator is one character, as ';', and no quote: {value!r} is none", value=separator)
        )
    sign = separator or (named[1] if named else _separator(text))
    if not separator and not named:
        name = message(_NAMES[sign])
        notes.append(message("the separator was taken to be a {name}; `separator=` says otherwise", name=name))
    rows, why = _in_quotes(text, sign)
    if why:
        way = "some quotes are not where they belong: {why}; their cells were read as they stand"
        notes.append(message(way, why=why))
    return ([[]] if named else []) + rows, notes, sign


def _in_quotes(text: str, sign: str) -> tuple[list[list[str]], str]:
    """The rows, and what is wrong with the quotes. Backslashes escape what follows where that makes better rows.

    Raises:
        InputError: a quote is never closed, or a cell is longer than any.
    """
    plain, why = _parsed(text, sign, strict=True)
    special = f'\\"{sign}\r\n'
    if any(f"\\{one}" in text for one in special[1:]):
        lone = re.sub(r"\\(.)", lambda pair: pair[0] if pair[1] in special else f"\\{pair[0]}", text, flags=re.DOTALL)
        escaped, wrong = _parsed(lone, sign, strict=True, escapechar="\\")
        if not wrong and (why or _uneven(escaped) < _uneven(plain)):
            return escaped, ""
    if "unexpected end" in why:
        raise InputError(message("a quote is opened in row {row} and never closed", row=len(plain) + 1))
    rows, too_long = _parsed(text, sign) if why else (plain, "")
    if too_long:
        text = "row {row} has a cell of more than {most:,} characters: a quote may be missing at its end"
        raise InputError(message(text, row=len(rows) + 1, most=csv.field_size_limit()))
    return rows, why


def _parsed(
    text: str, sign: str, *, strict: bool = False, escapechar: str | None = None
) -> tuple[list[list[str]], str]:
    """The rows up to the one that cannot be read, and why that is so."""
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=strict, escapechar=escapechar):
            rows.append(row)
    except csv.Error as problem:
        return rows, str(problem)
    return rows, ""


def _uneven(rows: Sequence[list[str]]) -> int:
    """How many rows are shorter or longer than most."""
    return len(rows) - max(Counter(map(len, rows)).values(), default=0)


def _separator(text: str) -> str:
    """The only separator by which a row names fields, else that by which the first rows are cut most evenly."""
    sample = "".join(text.lstrip("\r\n")[: 2**20].splitlines(keepends=True)[:_SAMPLE])
    rows = {sign: _cut(sample, sign) for sign in _NAMES}
    names = [sign for sign in _NAMES if any(map(names_fields, rows[sign][:WINDOW]))]
    if len(names) == 1:
        return names[0]
    counts = {sign: [*map(len, rows[sign])] for sign in _NAMES}
    first = {sign for sign, cells in counts.items() if cells and cells[0] > 1}
    scores = {sign: _evenness(cells) * (1 if sign in first or not first else 0.5) for sign, cells in counts.items()}
    best = max(scores, key=lambda sign: scores[sign])
    if not scores[best]:
        return next((sign for sign in _NAMES if sign in sample and not counts[sign]), ",")
    return best if (best in first or not _one_column(sample, best)) else "," if "," not in sample else "\t"


def _cut(sample: str, sign: str) -> list[list[str]]:
    """The rows that hold something; none where a cell is too long."""
    rows, why = _parsed(sample, sign)
    return [] if why else [row for row in rows if any(cell.strip() for cell in row)]


def _evenness(counts: Sequence[int]) -> float:
    head = next((n for n, count in enumerate(counts) if count > 1), None)
    if head is None:
        return 0.0
    width, below = counts[head], counts[head + 1 :]
    shares = [1.0 if c == width else 0.7 if 1 < c < width else 0.2 if c > width else 0.1 for c in below]
    return (sum(shares) / len(shares) if shares else 1.0) * 0.95**head + width / 100_000


def _one_column(sample: str, sign: str) -> bool:
    """Whether the separator stands inside of the cells of a single column, whose name has none: Peña, Ana."""
    name = next((line for line in sample.splitlines() if line.strip(f'" \t{sign}')), "")
    return bool(concept_of(name.strip('" '))) or sample.count(f"{sign} ") >= 0.9 * sample.count(sign)
