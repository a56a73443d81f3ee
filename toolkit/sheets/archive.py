"""Unpacking with limits: a small archive can hold more than the memory does. XML is read as it is unpacked."""

import contextlib
import io
import zipfile
import zlib
from collections.abc import Container, Iterator
from itertools import groupby
from operator import attrgetter
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser
from xml.parsers import expat

from toolkit.errors import InputError
from toolkit.plain import message

MAX_ENTRIES = 10_000
MAX_BYTES = 2 * 2**30
MAX_RATIO, RATIO_FROM = 100, 50 * 2**20  # small parts of honest workbooks are packed tighter than that
MAX_ROWS, MAX_COLUMNS = 1_048_576, 16_384  # of a sheet, in every program
MAX_CELLS = 64_000_000  # of a sheet, blank ones before the last of each row among them
MAX_ELEMENT, MAX_DEPTH = 2**24, 100  # bytes of an element that is read as a whole; elements inside of each other
_CHUNK, _FED = 2**16, 2**12  # bytes that are unpacked, and parsed, at a time: few objects live at once
_TAG = attrgetter("tag")


def too_much(what: str) -> InputError:
    return InputError(message("the workbook holds {what}. If you trust it, say `limits=2` or more", what=what))


def damaged(why: object) -> InputError:
    return InputError(message("the workbook is damaged: {why}", why=why))


def no_table(what: str) -> InputError:
    text = "the file is {what}, whatever its name says: no table can be read from it. If it holds one, {way}"
    way = message("open it in its program, or in a spreadsheet program, and save the table as xlsx or csv")
    return InputError(message(text, what=message(what), way=way))


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
        self.names = [entry.filename for entry in entries]
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

    def elements(self, name: str, *whole: str) -> Iterator[tuple[str, list[Element]]]:
        """The elements of a part in their order, by kind: its name without a prefix; nothing where there is no part.

        Those of the kinds in `whole` come when they are complete, many at a time; the others one by one as they begin,
        with their attributes only. All are forgotten afterwards.

        Raises:
            InputError: it is damaged, declares entities, or has an element that takes too much memory.
        """
        if name not in self:
            return
        builder, walk = TreeBuilder(), _Walk(name, whole)
        parser, pending, waited = XMLParser(target=builder), bytearray(), 0  # noqa: S314 (without entities)
        try:
            for piece in self._without_entities(name):
                pending += piece
                if len(pending) < waited:  # what goes on is looked at anew with each piece: they get larger
                    continue
                parser.feed(bytes(pending))
                walk.moved = False
                if (root := builder.close()) is not None:
                    yield from walk.below([root])
                waited = 0 if walk.moved else waited + len(pending)
                pending.clear()
                if waited > MAX_ELEMENT * self.limits:
                    raise too_much(message("an element of more than {most:,} bytes ({part})", most=waited, part=name))
            parser.feed(bytes(pending))
            yield from walk.below([parser.close()], complete=True)
        except ParseError as problem:
            raise damaged(f"{name}: {problem}") from None

    def _without_entities(self, name: str) -> Iterator[bytes]:
        """The pieces of a part. A document type, by which entities are declared, is refused."""

        def refuse(*_: object) -> None:
            text = "the workbook declares entities ({part}); no spreadsheet program writes that"
            raise InputError(message(text, part=name))

        began: list[object] = []
        start = expat.ParserCreate()
        start.StartDoctypeDeclHandler, start.StartElementHandler = refuse, lambda *names: began.append(names)
        for piece in self.pieces(name):
            if not began:
                with contextlib.suppress(expat.ExpatError):
                    start.Parse(piece, False)
            yield from (piece[at : at + _FED] for at in range(0, len(piece), _FED))


class _Walk:
    """The elements of a document while it grows."""

    def __init__(self, part: str, whole: Container[str]) -> None:
        self._part, self._whole = part, whole
        self._path: list[Element] = []  # that have begun, each in the one before
        self.moved = False  # whether an element was complete

    def below(
        self, parent: list[Element] | Element, depth: int = 0, *, complete: bool = False
    ) -> Iterator[tuple[str, list[Element]]]:
        """The new elements in another one, whose last may go on."""
        if depth > MAX_DEPTH:
            raise damaged(
                message("{part} has more than {most} elements inside of each other", part=self._part, most=depth)
            )
        children = parent[:] if complete else parent[:-1]
        for tag, alike in groupby(children, _TAG):
            self.moved = True
            if (kind := local(tag)) in self._whole:
                yield kind, [*alike]
            else:
                for child in alike:
                    yield from self._begun(kind, child, depth, complete=True)
        del parent[: len(children)]
        for child in parent[:]:
            if (kind := local(child.tag)) not in self._whole:
                yield from self._begun(kind, child, depth, complete=False)

    def _begun(self, kind: str, child: Element, depth: int, *, complete: bool) -> Iterator[tuple[str, list[Element]]]:
        if child not in self._path[depth : depth + 1]:
            self._path[depth:] = [child]
            yield kind, [child]
        yield from self.below(child, depth + 1, complete=complete)


def local(name: str) -> str:
    """A name of XML without its namespace."""
    return name.rpartition("}")[2]


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
