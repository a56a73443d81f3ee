"""Workbooks of kinds that nothing here writes, byte by byte: xls, xlsb, ods, and a protected one."""

import io
import struct
import zipfile
from collections.abc import Sequence

END, FREE, FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD


def compound(name: str, stream: bytes) -> bytes:
    """An OLE file with one stream."""
    stream = stream.ljust(4096, b"\0")
    count = -(-len(stream) // 512)
    fat = [FAT, END, *range(3, 2 + count), END]
    fat += [FREE] * (128 - len(fat))
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += (
        struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, END, 0, END, 0)
        + struct.pack("<I", 0)
        + struct.pack("<I", FREE) * 108
    )
    entries = _entry("Root Entry", 5, 1, END, 0) + _entry(name, 2, FREE, 2, len(stream)) + bytes(256)
    return head + struct.pack("<128I", *fat) + entries + stream.ljust(count * 512, b"\0")


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    text = (name + "\0").encode("utf-16-le")
    entry = text.ljust(64, b"\0") + struct.pack("<HBBIII", len(text), kind, 1, FREE, FREE, child)
    return entry + bytes(16 + 4 + 16) + struct.pack("<IQ", start, size)


Value = str | float | bool | bytes  # bytes: the code of an error
Rows = Sequence[Sequence[Value]]


def xls(rows: Rows, form: str = "", struck: Sequence[tuple[int, int]] = ()) -> bytes:
    """A workbook of Excel 97. `form`: of its numbers; `struck`: the cells that are struck out, by row and column."""

    def record(kind: int, content: bytes) -> bytes:
        return struct.pack("<HH", kind, len(content)) + content

    def text(value: str) -> bytes:
        return struct.pack("<HB", len(value), 1) + value.encode("utf-16-le")

    def cell(place: tuple[int, int], value: Value) -> bytes:
        at = struct.pack("<HHH", *place, 2 if place in struck else int(bool(form) and not isinstance(value, str)))
        if isinstance(value, str):
            return record(0x204, at + text(value))
        if isinstance(value, bytes | bool):
            return record(0x205, at + (value + b"\1" if isinstance(value, bytes) else bytes([value, 0])))
        return record(0x203, at + struct.pack("<d", value))

    start = record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0))
    if form or struck:
        for flags in (0, 8):
            start += record(0x31, struct.pack("<HHHHHBBBBBB", 200, flags, 8, 400, 0, 0, 0, 0, 0, 1, 0) + b"A")
        start += record(0x41E, struct.pack("<H", 164) + text(form or "General"))
        start += b"".join(record(0xE0, struct.pack("<HH", *of) + bytes(16)) for of in ((0, 0), (0, 164), (1, 0)))
    place = len(start) + 4 + 8 + 2 * 5
    book = start + record(
        0x85, struct.pack("<IBB", place + 4, 0, 0) + struct.pack("<BB", 5, 1) + "Hoja1".encode("utf-16-le")
    )
    book += record(0x0A, b"")
    sheet = record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0))
    sheet += record(0x200, struct.pack("<IIHHH", 0, len(rows), 0, max(map(len, rows)), 0))
    sheet += b"".join(cell((r, c), value) for r, row in enumerate(rows) for c, value in enumerate(row))
    return compound("Workbook", book + sheet + record(0x0A, b""))


def xlsb(rows: Rows, form: str = "", struck: Sequence[tuple[int, int]] = ()) -> bytes:
    """A binary workbook. `form`: of its numbers; `struck`: the cells that are struck out, by row and column."""

    def record(kind: int, content: bytes = b"") -> bytes:
        head = bytes([kind]) if kind < 128 else bytes([kind & 127 | 128, kind >> 7])
        size, length = b"", len(content)
        while True:
            size += bytes([length & 127 | (128 if length > 127 else 0)])
            length >>= 7
            if not length:
                return head + size + content

    def text(value: str) -> bytes:
        return struct.pack("<I", len(value)) + value.encode("utf-16-le")

    def cell(place: tuple[int, int], value: Value) -> bytes:
        at = struct.pack("<II", place[1], 2 if place in struck else int(bool(form) and not isinstance(value, str)))
        if isinstance(value, str):
            return record(6, at + text(value))
        if isinstance(value, bytes | bool):
            return record(3, at + value) if isinstance(value, bytes) else record(4, at + bytes([value]))
        return record(5, at + struct.pack("<d", value))

    book = (
        record(131) + record(143) + record(156, struct.pack("<II", 0, 1) + text("rId1") + text("Hoja1")) + record(144)
    )
    sheet = record(129) + record(148, struct.pack("<IIII", 0, len(rows) - 1, 0, max(map(len, rows)) - 1)) + record(145)
    for r, row in enumerate(rows):
        sheet += record(0, struct.pack("<IIHBBI", r, 0, 300, 0, 0, 0))
        sheet += b"".join(cell((r, c), value) for c, value in enumerate(row))
    styles = record(44, struct.pack("<H", 164) + text(form or "General")) + record(43, bytes(25))
    styles += record(43, struct.pack("<HH", 200, 8) + bytes(21)) + record(617, struct.pack("<I", 3))
    styles += b"".join(record(47, struct.pack("<HHH", 0, *of) + bytes(10)) for of in ((0, 0), (164, 0), (0, 1)))
    links = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" '
        'Target="worksheets/sheet1.bin"/></Relationships>'
    )
    parts = {"xl/workbook.bin": book + record(132), "xl/worksheets/sheet1.bin": sheet + record(146) + record(130)}
    parts["xl/styles.bin"] = styles + record(618)
    return zipped({"[Content_Types].xml": b"<Types/>", "xl/_rels/workbook.bin.rels": links.encode(), **parts})


def ods(rows: str, name: str = "Hoja1") -> bytes:
    """An open document with these rows (as XML)."""
    spaces = "".join(f' xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "table", "text"))
    body = (
        f'<office:body><office:spreadsheet><table:table table:name="{name}">{rows}</table:table></office:spreadsheet>'
    )
    content = f'<?xml version="1.0"?><office:document-content{spaces}>{body}</office:body></office:document-content>'
    kind = b"application/vnd.oasis.opendocument.spreadsheet"
    return zipped({"mimetype": kind, "content.xml": content.encode(), "META-INF/manifest.xml": b"<m/>"})


def ods_cell(text: str, more: str = "") -> str:
    return f'<table:table-cell office:value-type="string"{more}><text:p>{text}</text:p></table:table-cell>'


def zipped(parts: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return packed.getvalue()


def repacked(data: bytes, part: str, change: tuple[bytes, bytes]) -> bytes:
    """A workbook with something replaced in one of its parts."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    before, after = change
    assert before in parts[part]
    return zipped({**parts, part: parts[part].replace(before, after)})
