"""Unpacking with limits: a small archive can hold more than the memory does, and need not say so."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator

from toolkit.errors import InputError

MAX_ENTRIES = 10_000
MAX_BYTES = 2 * 2**30
MAX_RATIO, RATIO_FROM = 100, 50 * 2**20  # small parts of honest workbooks are packed tighter than that
_CHUNK = 2**20


def too_much(what: str) -> InputError:
    return InputError(f"the workbook unpacks to {what}. If you trust it, say `limits=2` or more")


class Archive:
    """The parts of a workbook, none of them unpacked yet.

    Raises:
        InputError: it is damaged or protected, or declares more than `more` times the limits.
    """

    def __init__(self, data: bytes, more: int) -> None:
        self._data, self.more = data, more
        try:
            entries = zipfile.ZipFile(io.BytesIO(data)).infolist()
        except (zipfile.BadZipFile, NotImplementedError, struct.error) as problem:
            raise InputError(f"the workbook is damaged: {problem}") from None
        if len(entries) > MAX_ENTRIES * more:
            raise too_much(f"{len(entries):,} parts, more than {MAX_ENTRIES * more:,}")
        if (total := sum(entry.file_size for entry in entries)) > MAX_BYTES * more:
            raise too_much(f"{total:,} bytes, more than {MAX_BYTES * more:,}")
        for entry in entries:
            if entry.flag_bits & 1:
                raise InputError("the workbook is protected by a password")
            if entry.file_size > RATIO_FROM and entry.file_size > MAX_RATIO * more * max(entry.compress_size, 1):
                raise too_much(f"more than {MAX_RATIO * more} times its size ({entry.filename})")
        self._entries = {entry.filename.lstrip("/"): entry for entry in entries}
        if len(self._entries) < len(entries):
            raise InputError("the workbook is damaged: it holds two parts of one name")

    @property
    def names(self) -> list[str]:
        return [*self._entries]

    def pieces(self, name: str) -> Iterator[bytes]:
        """The part's real bytes, counted; nothing where there is no such part.

        Raises:
            InputError: they are damaged, or more than the archive declares.
        """
        entry = self._entries.get(name)
        if entry is None:
            return
        left = entry.file_size
        try:
            for piece in self._unpacked(entry):
                left -= len(piece)
                if left < 0:
                    raise InputError(f"the workbook is damaged: {name} is larger than it says")
                yield piece
        except (zlib.error, struct.error) as problem:
            raise InputError(f"the workbook is damaged: {problem}") from None

    def _unpacked(self, entry: zipfile.ZipInfo) -> Iterator[bytes]:
        name, extra = struct.unpack_from("<HH", self._data, entry.header_offset + 26)
        start = entry.header_offset + 30 + name + extra
        packed = memoryview(self._data)[start : start + entry.compress_size]
        stream = zlib.decompressobj(-15)
        for at in range(0, len(packed), _CHUNK):
            rest = bytes(packed[at : at + _CHUNK])
            if entry.compress_type == zipfile.ZIP_STORED:
                yield rest
                continue
            while rest:
                yield stream.decompress(rest, _CHUNK)
                rest = stream.unconsumed_tail
        yield stream.flush() if entry.compress_type == zipfile.ZIP_DEFLATED else b""
