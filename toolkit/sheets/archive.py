"""Unpacking with limits: a small archive can hold more than the memory does. XML is read as it is unpacked."""

import io
import zipfile
import zlib
from collections.abc import Iterator
from xml.parsers import expat

from toolkit.errors import InputError
from toolkit.plain import message

MAX_ENTRIES = 10_000
MAX_BYTES = 2 * 2**30
MAX_RATIO, RATIO_FROM = 100, 50 * 2**20  # small parts of honest workbooks are packed tighter than that
MAX_ROWS, MAX_COLUMNS = 1_048_576, 16_384  # of a sheet, in every program
MAX_CELLS = 64_000_000  # of a sheet, blank ones before the last of each row among them
_CHUNK = 2**18


def too_much(what: str) -> InputError:
    return InputError(message("the workbook holds {what}. If you trust it, say `limits=2` or more", what=what))


def damaged(why: object) -> InputError:
    return InputError(message("the workbook is damaged: {why}", why=why))


def protected() -> InputError:
    return InputError(message("the workbook is protected by a password"))


def out_of_order(row: int, before: int) -> InputError:
    return damaged(message("row {row:,} stands below row {before:,}", row=row + 1, before=before + 1))


class Archive:
    """The parts of a workbook, none of them unpacked yet.

    Raises:
        InputError: it is damaged or protected, or declares more than `limits` times the limits.
    """

    def __init__(self, data: bytes, limits: int) -> None:
        self.limits = limits
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, EOFError) as problem:
            raise damaged(problem) from None
        entries = self._zip.infolist()
        if len(entries) > MAX_ENTRIES * limits:
            raise too_much(
                message("{count:,} parts, more than {most:,}", count=len(entries), most=MAX_ENTRIES * limits)
            )
        if (total := sum(entry.file_size for entry in entries)) > MAX_BYTES * limits:
            raise too_much(message("{count:,} bytes, more than {most:,}", count=total, most=MAX_BYTES * limits))
        for entry in entries:
            if entry.flag_bits & 1:
                raise protected()
            if entry.file_size > RATIO_FROM and entry.file_size > MAX_RATIO * limits * max(entry.compress_size, 1):
                text = "more than {times:,} times its size ({part})"
                raise too_much(message(text, times=MAX_RATIO * limits, part=entry.filename))
        self._entries = {entry.filename.replace("\\", "/").lstrip("/").lower(): entry for entry in entries}
        if len(self._entries) < len(entries):
            raise damaged(message("it holds two parts of one name"))

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._entries

    def pieces(self, name: str) -> Iterator[bytes]:
        """The part's bytes, never more than it declares; nothing where there is no such part."""
        if (entry := self._entries.get(name.lower())) is None:
            return
        try:
            with self._zip.open(entry) as part:
                while piece := part.read(_CHUNK):
                    yield piece
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError) as problem:
            raise damaged(f"{name}: {problem}") from None

    def whole(self, name: str) -> bytes:
        return b"".join(self.pieces(name))

    def parse(self, name: str, parser: "expat.XMLParserType") -> Iterator[None]:
        """Feed a part to a parser, a piece at a time. A document type, by which entities are declared, is refused."""

        def refuse(*_: object) -> None:
            text = "the workbook declares entities ({part}); no spreadsheet program writes that"
            raise InputError(message(text, part=name))

        parser.StartDoctypeDeclHandler = refuse
        try:
            for piece in self.pieces(name):
                parser.Parse(piece, False)
                yield
            parser.Parse(b"", True)
        except expat.ExpatError as problem:
            raise damaged(f"{name}: {problem}") from None

    def tags(self, name: str) -> Iterator[tuple[str, dict[str, str]]]:
        """The elements of a part in their order, without prefixes: name and attributes."""
        if name not in self:
            return
        tags: list[tuple[str, dict[str, str]]] = []
        parser = expat.ParserCreate()
        parser.StartElementHandler = lambda tag, attributes: tags.append((local(tag), attributes))
        for _ in self.parse(name, parser):
            yield from tags
            tags.clear()
        yield from tags


def local(name: str) -> str:
    """A name of XML without its prefix."""
    return name.rpartition(":")[2]


class Extent:
    """Counts cells while a sheet is read, so that no sheet takes more memory than the limits allow."""

    def __init__(self, limits: int, most: int | None = None) -> None:
        self.cells, self._most = 0, (most or MAX_CELLS) * limits

    def add(self, row: int, width: int) -> None:
        """One row more, by its position, and its cells.

        Raises:
            InputError: no sheet has such a row, or there are too many cells.
        """
        self.check(row, width)
        self.cells += width
        if self.cells > self._most:
            raise too_much(message("a sheet of more than {most:,} cells", most=self._most))

    def check(self, row: int, width: int) -> None:
        """Where no sheet has a cell there is none.

        Raises:
            InputError: no sheet has such a row, or so many columns.
        """
        if row >= MAX_ROWS or width > MAX_COLUMNS:
            text = "a cell in row {row:,}, column {column:,}, where no sheet has one"
            raise damaged(message(text, row=row + 1, column=width))
