"""Text files with separators: which separator, and which rows."""

import csv
import io
import re
from collections.abc import Iterator, Sequence

from toolkit.errors import InputError
from toolkit.sheets.archive import MAX_COLUMNS
from toolkit.sheets.encodings import decoded
from toolkit.sheets.synonyms import concept_of
from toolkit.sheets.workbook import Cell, Grid, Row

_NAMES = {"\t": "tab", ";": "semicolon", "|": "bar", ",": "comma"}
_SAMPLE = 200  # rows
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f]")
_KINDS = (  # how files begin that are no tables
    ("%PDF-", "a PDF"),
    ("{\\rtf", "a text document (RTF)"),
    ("BEGIN:VCARD", "a list of contacts in the form of vCard"),
    ("BEGIN:VCALENDAR", "a calendar"),
    ("MIME-Version:", "a saved web page"),
    ("\x89PNG", "a picture"),
    ("\xff\xd8\xff", "a picture"),
    ("GIF8", "a picture"),
    ("\x1f\x8b", "a packed file (gzip)"),
    ("7z\xbc\xaf", "a packed file (7z)"),
    ("Rar!", "a packed file (rar)"),
)
_MARKUP = re.compile(
    r"\s{0,100}<(?:!doctype|!--|html|head|body|table|div|meta|\?xml|\?mso|svg|workbook)", re.IGNORECASE
)
_JSON = re.compile(r'\s{0,100}(?:\{\s{0,100}"|\[\s{0,100}[\[{"])')


def read(data: bytes, encoding: str | None, separator: str | None) -> Grid:
    """The rows of a text file.

    Raises:
        InputError: it is something else; its encoding is not clear; a quote is opened and never closed, so that
            everything after it would be one cell.
    """
    start = data[:300].decode("latin-1").removeprefix("\xef\xbb\xbf").lstrip("\r\n\t ")
    for begin, what in _KINDS:
        if start.startswith(begin):
            raise InputError(f"the file is {what}, whatever its name says: no table can be read from it")
    text, notes = decoded(data, encoding)
    text = text.removeprefix("\ufeff")
    if _MARKUP.match(text[:500]):
        raise InputError(
            "the file is a web page or XML, whatever its name says: open it in a spreadsheet program, save it as xlsx"
        )
    if _JSON.match(text[:500]):
        raise InputError("the file is JSON, whatever its name says: `pandas.read_json` reads it")
    if len(_CONTROLS.findall(text[:2000])) > 20:
        raise InputError("the file is neither a spreadsheet nor a text")
    rows, more = _rows(text, separator)
    return Grid(_filled(rows), notes=notes + more)


def _filled(rows: Sequence[list[str]]) -> Iterator[Row]:
    for at, texts in enumerate(rows):
        if len(texts) > MAX_COLUMNS:
            raise InputError(
                f"row {at + 1} has {len(texts):,} cells, more than any sheet: is `separator=` another one?"
            )
        if any(texts):
            cells: list[Cell] = [*texts]
            yield at, cells


def _rows(text: str, separator: str | None) -> tuple[list[list[str]], list[str]]:
    notes = []
    named = re.match(r"sep=(.)\r?\n", text)
    if named:
        text = text[named.end() :]
    if separator is not None and (not isinstance(separator, str) or len(separator) != 1 or separator in '"\r\n'):
        raise InputError(f"a separator is one character, as ';', and no quote: {separator!r} is none")
    mark = separator or (named[1] if named else _separator(text))
    if not separator and not named:
        notes.append(f"the separator was taken to be a {_NAMES[mark]}; `separator=` says otherwise")
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True))
    except csv.Error as problem:
        rows = _loose(text, mark)
        notes.append(f"some quotes are not where they belong: {problem}; their cells were read as they stand")
    return ([[]] if named else []) + rows, notes


def _loose(text: str, mark: str) -> list[list[str]]:
    """The rows of a text with quotes in odd places.

    Raises:
        InputError: a quote is never closed, or a cell is longer than any.
    """
    count = 0
    try:
        for _ in csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True):
            count += 1
    except csv.Error as problem:
        if "unexpected end" in str(problem):
            raise InputError(f"a quote is opened in row {count + 1} and never closed") from None
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=mark):
            rows.append(row)
    except csv.Error:
        most = f"{csv.field_size_limit():,}"
        raise InputError(
            f"row {len(rows) + 1} has a cell of more than {most} characters: a quote may be missing at its end"
        ) from None
    return rows


def _separator(text: str) -> str:
    """The separator that the first rows are cut by most evenly, the row that names the columns among them."""
    sample = "".join(text[: 2**20].splitlines(keepends=True)[:_SAMPLE])
    counts = {mark: _counts(sample, mark) for mark in _NAMES}
    first = {mark for mark, cells in counts.items() if cells and cells[0] > 1}
    scores = {mark: _evenness(cells) * (1 if mark in first or not first else 0.5) for mark, cells in counts.items()}
    best = max(scores, key=lambda mark: scores[mark])
    if not scores[best]:
        return next((mark for mark in _NAMES if mark in sample and not counts[mark]), ",")
    return best if (best in first or not _one_column(sample, best)) else "," if "," not in sample else "\t"


def _counts(sample: str, mark: str) -> list[int]:
    """How many cells each row has."""
    try:
        rows = csv.reader(io.StringIO(sample, newline=""), delimiter=mark)
        return [len(row) for row in rows if any(cell.strip() for cell in row)]
    except csv.Error:
        return []


def _evenness(counts: Sequence[int]) -> float:
    head = next((n for n, count in enumerate(counts) if count > 1), None)
    if head is None:
        return 0.0
    width, below = counts[head], counts[head + 1 :]
    shares = [1.0 if c == width else 0.7 if 1 < c < width else 0.2 if c > width else 0.1 for c in below]
    return (sum(shares) / len(shares) if shares else 1.0) * 0.95**head + width / 100_000


def _one_column(sample: str, mark: str) -> bool:
    """Whether the separator stands inside of the cells of a single column, whose name has none: Peña, Ana."""
    name = next((line for line in sample.splitlines() if line.strip(f'" \t{mark}')), "")
    return bool(concept_of(name.strip('" '))) or sample.count(f"{mark} ") >= 0.9 * sample.count(mark)
