"""What the reader of cells does not tell of a sheet: its true size, hidden rows, errors, padded numbers.

The parts are looked at as bytes, in pieces, not as XML: a parser takes longer for it than reading the cells does.
"""

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from toolkit.errors import InputError
from toolkit.sheets.unzip import Archive, too_much

MAX_CELLS = 64_000_000  # of the rectangle around what a sheet holds: the reader takes 32 bytes for each
MAX_ROWS = 1_048_576
_ROW = re.compile(rb"<(?:\w+:)?row\b[^>]*>")
_PIECE = 8 * 2**20
_ATTRIBUTE = re.compile(rb"([\w:-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_WIDE = re.compile(rb' r="[A-Za-z]{2}')
_PLACE = re.compile(rb"\sr\s*=\s*[\"']([A-Za-z]{1,3})([0-9]{1,9})[\"']")
_ERROR = re.compile(rb"<(?:\w+:)?c\b([^>]*\st=[\"']e[\"'][^>]*)>.*?<(?:\w+:)?v>([^<]*)<", re.DOTALL)
_UNCOUNTED = re.compile(rb"</(?:\w+:)?f>\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>")
_TABLE = re.compile(rb"<table:table\s[^>]*>")
_REPEATED = re.compile(rb"number-(?:rows|columns)-repeated=[\"']([0-9]+)")
_ODS_CELL = re.compile(rb"<table:(?:covered-)?table-cell\b([^>]*)(/>|>)")


@dataclass
class Facts:
    """What is to be known of one sheet before, and said after, it is read."""

    rows: int = 0
    width: int = 26  # at least; most sheets are no wider, and counting takes time
    hidden: list[int] = field(default_factory=list)  # rows
    shown: dict[tuple[int, int], str] = field(
        default_factory=dict
    )  # by position: what a cell shows and its value is not
    uncounted: int = 0  # formulas without a stored value

    def check_size(self, more: int) -> None:
        if self.rows > MAX_ROWS or self.rows * self.width > MAX_CELLS * more:
            raise too_much(f"a sheet of {self.rows:,} rows and {self.width:,} columns")


def look(archive: Archive) -> dict[str, Facts]:
    """What the sheets of an xlsx or ods hold, by their names.

    Raises:
        InputError: a part is damaged, larger than it says, or declares entities.
    """
    parts = ("xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml")
    workbook, links, styles = (b"".join(archive.pieces(name)) for name in parts)
    titles, padded = _titles(workbook, links), _padded(styles)
    found = {}
    for name in archive.names:
        pieces = _whole_rows(archive.pieces(name), name)
        if name in titles:
            found[titles[name]] = _of_workbook(pieces, padded)
        elif name == "content.xml":
            found |= _of_open_document(pieces, archive.more)
        else:
            for _ in pieces:  # counted, all the same
                pass
    return found


def _attributes(tag: bytes) -> dict[str, str]:
    found = (
        (name.decode("ascii", "replace"), (a or b).decode("utf-8", "replace")) for name, a, b in _ATTRIBUTE.findall(tag)
    )
    return {name.rpartition(":")[2]: html.unescape(value) for name, value in found}


def _tags(name: bytes, text: bytes) -> list[dict[str, str]]:
    return [_attributes(tag) for tag in re.findall(rb"<(?:\w+:)?" + name + rb"\b[^>]*>", text)]


def _titles(workbook: bytes, links: bytes) -> dict[str, str]:
    """The names that people see, by the sheet's path inside the archive."""
    targets = {link.get("Id"): link.get("Target", "") for link in _tags(b"Relationship", links)}
    paths = {sheet.get("name", ""): targets.get(sheet.get("id"), "") for sheet in _tags(b"sheet", workbook)}
    return {path.lstrip("/") if path.startswith("/") else f"xl/{path}": name for name, path in paths.items()}


def _padded(styles: bytes) -> dict[bytes, int]:
    """The styles that show whole numbers with leading zeros, and how many digits they show."""
    codes = {f.get("numFmtId"): f.get("formatCode", "") for f in _tags(b"numFmt", styles)}
    cells = styles.partition(b"<cellXfs")[2].partition(b"</cellXfs")[0]
    used = [codes.get(style.get("numFmtId"), "") for style in _tags(b"xf", cells)]
    return {str(n).encode(): len(code) for n, code in enumerate(used) if re.fullmatch("00+", code)}


def _whole_rows(chunks: Iterable[bytes], name: str) -> Iterator[bytes]:
    """The part in pieces that end between rows."""
    kept = b""
    for number, chunk in enumerate(chunks):
        piece = kept + chunk
        if number < 2 and (b"<!ENTITY" in piece or b"<!DOCTYPE" in piece):  # no later place is allowed
            raise InputError(f"the workbook declares entities ({name}); no spreadsheet program writes that")
        cut = piece.rfind(b"<row")
        if cut <= 0:
            cut = max(piece.rfind(b"<x:row"), piece.rfind(b"<table:table-row"))
        if cut <= 0 and len(piece) > _PIECE:
            cut = piece.rfind(b"<")
        yield piece[: max(cut, 0)]
        kept = piece[max(cut, 0) :]
    yield kept


def _of_workbook(pieces: Iterable[bytes], padded: dict[bytes, int]) -> Facts:
    facts = Facts()
    cells = {s: re.compile(rb"<c\b([^>]*\ss=\"" + s + rb"\"[^>]*)>\s*<v>([0-9]+)<") for s in padded}
    plain = False
    for piece in pieces:
        plain = plain or b"<worksheet" in piece  # its names have no prefix
        if b"hidden" in piece:
            rows = [_attributes(tag) for tag in _ROW.findall(piece) if b"hidden" in tag]
            facts.hidden += [int(row.get("r", 0)) for row in rows if row.get("hidden") in ("1", "true")]
        if b"</f>" in piece or (not plain and b":f>" in piece):
            facts.uncounted += len(_UNCOUNTED.findall(piece))
        if b't="e"' in piece or (not plain and b"t='e'" in piece):
            facts.shown |= {_place(tag): value.decode("ascii", "replace") for tag, value in _ERROR.findall(piece)}
        for style, cell in cells.items():
            facts.shown |= {_place(tag): value.decode().zfill(padded[style]) for tag, value in cell.findall(piece)}
        _extend(facts, piece, plain)
    return facts


def _place(tag: bytes) -> tuple[int, int]:
    """The position of a cell, by its tag."""
    found = re.match(r"([A-Za-z]+)([0-9]+)$", _attributes(tag).get("r", ""))
    return (int(found[2]) - 1, _column(found[1]) - 1) if found else (-1, -1)


def _column(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def _extend(facts: Facts, piece: bytes, plain: bool) -> None:
    """How far the sheet goes, told only where it is wide. Cells need not say where they are: then they are counted."""
    plain = plain and piece.count(b"<c ") == piece.count(b'<c r="') and b"<c>" not in piece
    if plain and not _WIDE.search(piece):
        return
    places = [(_column(letters.decode()), int(row)) for letters, row in set(_PLACE.findall(piece))]
    facts.rows = max([facts.rows + piece.count(b"<row") + piece.count(b":row"), *(row for _, row in places)])
    facts.width = max([facts.width, *(column for column, _ in places)])
    if not plain:
        counts = (part.count(b"<c") + part.count(b":c") for part in re.split(rb"<(?:\w+:)?row", piece))
        facts.width = max(facts.width, *counts)


def _of_open_document(pieces: Iterable[bytes], more: int) -> dict[str, Facts]:
    """Rows and cells may be said to repeat; what is empty at the end of a row or a sheet does not count.

    Every sheet of such a document is opened at once, so each must fit.
    """
    found: dict[str, Facts] = {}
    facts, row = Facts(), 0
    for piece in pieces:
        for part in re.split(rb"<table:table-(?=row)", piece):
            if part.startswith(b"row"):
                said = _REPEATED.search(head := part.partition(b">")[0])
                times = int(said[1]) if said else 1
                if b"office:value" in part or b"<text:p" in part:
                    facts.rows, facts.width = row + times, max(facts.width, _cells(part))
                    facts.check_size(more)
                    facts.hidden += range(row + 1, row + times + 1) if b"visibility=" in head else ()
                row += times
            if title := _TABLE.search(part):
                facts, row = found.setdefault(_attributes(title[0]).get("name", ""), Facts(width=0)), 0
    return found


def _cells(row: bytes) -> int:
    """How many cells a row has, to the last that holds something."""
    width = end = 0
    for attributes, close in _ODS_CELL.findall(row):
        said = _REPEATED.search(attributes)
        width += int(said[1]) if said else 1
        end = width if close == b">" or b"office:value" in attributes else end
    return end
