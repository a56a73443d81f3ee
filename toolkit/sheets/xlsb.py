"""Binary workbooks of Excel, record by record."""

import struct
from collections.abc import Iterator
from functools import cache, partial

from toolkit.plain import message
from toolkit.sheets.archive import Archive, Extent, damaged, out_of_order
from toolkit.sheets.formats import BUILT_IN, shown, style_of
from toolkit.sheets.workbook import Cell, Grid, Row, Shared, Tab
from toolkit.sheets.xlsx import comments_of, relations

ERRORS = {
    0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A", 43: "#GETTING_DATA"
}  # fmt: skip
_ROW, _RK, _ERROR, _BOOL, _REAL, _TEXT, _SHARED = 0, 2, 3, 4, 5, 6, 7
_KINDS = {  # of a cell's value, by that of its record
    **dict.fromkeys((_RK, 13), _RK),
    **dict.fromkeys((_ERROR, 11, 14), _ERROR),
    **dict.fromkeys((_BOOL, 10, 15), _BOOL),
    **dict.fromkeys((_REAL, 9, 16), _REAL),
    **dict.fromkeys((_TEXT, 8, 17), _TEXT),
    **dict.fromkeys((_SHARED, 18), _SHARED),
    62: 62,  # a text in several fonts
}
_BLANK, _SHORT = 1, range(12, 19)  # short records stand in the column after that of the cell before
_COLUMN, _MERGED, _STRING, _FORMAT, _STYLE, _SHEET, _BOOK = 60, 176, 19, 44, 47, 156, 153
_FONT, _STRUCK_OUT = 43, 8
_COMMENT, _COMMENT_TEXT = 635, 637
_STYLES_BEGIN, _STYLES_END = 617, 618
Record = tuple[int, bytes]


def read(archive: Archive) -> list[Tab]:
    """The tabs of a workbook.

    Raises:
        InputError: a part of it is damaged.
    """
    links = relations(archive, "xl/_rels/workbook.bin.rels", "xl")
    sheets, epoch = [], 1900
    for kind, content in _records(archive, "xl/workbook.bin"):
        if kind == _SHEET:
            link, at = _text(content, 8)
            if "worksheets" in (part := links.get(link, "")):
                sheets.append((_text(content, at)[0], bool(struct.unpack_from("<I", content)[0]), part))
        elif kind == _BOOK and content[:1]:
            epoch = 1904 if content[0] & 1 else 1900

    @cache
    def shared() -> Shared:
        parts = _records(archive, "xl/sharedStrings.bin")
        strings = [_text(content, 1)[0] for kind, content in parts if kind == _STRING]
        return Shared(strings, set(), *_styles(archive), epoch)

    def grid(part: str) -> Grid:
        grid = Grid(())
        grid.rows = _rows(archive, part, shared(), grid)
        return grid

    return [Tab(name, hidden, partial(grid, part)) for name, hidden, part in sheets]


def _records(archive: Archive, part: str) -> Iterator[Record]:
    """The kind and content of each record of a part."""
    data, at = bytearray(), 0
    for piece in archive.pieces(part):
        del data[:at]
        data += piece
        at = 0
        while (record := _record(data, at)) is not None:
            kind, start, stop = record
            yield kind, bytes(data[start:stop])
            at = stop
    if at < len(data):
        raise damaged(message("{part} ends in the middle", part=part))


def _record(data: bytearray, at: int) -> tuple[int, int, int] | None:
    """Kind, start and end of the record that begins here; None where it is not there as a whole."""
    if at + 2 > len(data):
        return None
    kind = data[at]
    at += 1
    if kind & 128:
        kind = (kind & 127) | (data[at] << 7)
        at += 1
    size = 0
    for shift in (0, 7, 14, 21):
        if at >= len(data):
            return None
        size |= (data[at] & 127) << shift
        at += 1
        if not data[at - 1] & 128:
            break
    return (kind, at, at + size) if at + size <= len(data) else None


def _text(content: bytes, at: int) -> tuple[str, int]:
    """A text, and where what follows it begins."""
    (length,) = struct.unpack_from("<I", content, at)
    stop = at + 4 + 2 * length
    if length == 0xFFFFFFFF or stop > len(content):
        return "", at + 4
    return content[at + 4 : stop].decode("utf-16-le", "replace"), stop


def _styles(archive: Archive) -> tuple[list[str], set[str]]:
    """What each style of cells makes of a number, and which strike out."""
    codes: dict[int, str] = {}
    styles: list[str] = []
    fonts: list[bool] = []
    struck: set[str] = set()
    inside = False
    for kind, content in _records(archive, "xl/styles.bin"):
        inside = kind == _STYLES_BEGIN or (inside and kind != _STYLES_END)
        if kind == _FORMAT:
            codes[struct.unpack_from("<H", content)[0]] = style_of(_text(content, 2)[0])
        elif kind == _FONT:
            fonts.append(bool(content[2] & _STRUCK_OUT))
        elif kind == _STYLE and inside:
            number, font = struct.unpack_from("<HH", content, 2)
            struck |= {str(len(styles))} if fonts[font : font + 1] == [True] else set()
            styles.append(codes.get(number, BUILT_IN.get(number, "")))
    return styles, struck


def _rows(archive: Archive, part: str, shared: Shared, grid: Grid) -> Iterator[Row]:
    extent = Extent(archive.limits)
    at, column, row = -1, -1, []  # type: tuple[int, int, list[Cell]]
    for kind, content in _records(archive, part):
        if kind == _ROW:
            if row:
                yield at, row
            extent.add(at, len(row))
            before, (at,) = at, struct.unpack_from("<I", content)
            extent.check(at, 0)
            if at <= before:
                raise out_of_order(at, before)
            column, row = -1, []
            if len(content) > 11 and content[11] & 16:
                grid.hidden_rows.append(at)
        elif kind in _KINDS or kind in (_BLANK, _SHORT[0]):
            content = struct.pack("<I", column + 1) + content if kind in _SHORT else content
            (column,) = struct.unpack_from("<I", content)
            if kind in _KINDS:
                extent.check(at, column + 1)
                row += [""] * (column + 1 - len(row))
                row[column] = _value(_KINDS[kind], content, shared)
                grid.struck += [at] * (str(_style(content)) in shared.struck)
        elif kind in (_COLUMN, _MERGED):
            _aside(kind, content, grid)
    if row:
        yield at, row
    grid.comments.update(_comments(archive, comments_of(archive, part)))


def _comments(archive: Archive, part: str) -> Iterator[tuple[tuple[int, int], str]]:
    place = -1, -1
    for kind, content in _records(archive, part):
        if kind == _COMMENT:
            place = struct.unpack_from("<I4xI", content, 4)
        elif kind == _COMMENT_TEXT:
            yield place, _text(content, 1)[0]


def _style(content: bytes) -> int:
    return int(struct.unpack_from("<I", content, 4)[0] & 0xFFFFFF)


def _value(kind: int, content: bytes, shared: Shared) -> Cell:
    if kind in (_RK, _REAL):
        number = _packed(content) if kind == _RK else float(struct.unpack_from("<d", content, 8)[0])
        style = _style(content)
        return shown(number, shared.styles[style], shared.epoch) if style < len(shared.styles) else number
    if kind == _BOOL:
        return "TRUE" if content[8] else "FALSE"
    if kind == _ERROR:
        return ERRORS.get(content[8], "#ERROR!")
    if kind == _SHARED:
        place: int = struct.unpack_from("<I", content, 8)[0]
        return shared.strings[place]
    return _text(content, 8 if kind == _TEXT else 9)[0]


def _packed(content: bytes) -> float:
    (packed,) = struct.unpack_from("<i", content, 8)
    double: float = struct.unpack("<d", struct.pack("<q", (packed & ~3) << 32))[0]
    number = float(packed >> 2) if packed & 2 else double
    return number / 100 if packed & 1 else number


def _aside(kind: int, content: bytes, grid: Grid) -> None:
    if kind == _MERGED:
        top, bottom, left, right = struct.unpack_from("<IIII", content)
        grid.merged.append((top, left, bottom, right))
    else:
        first, last, _, _, flags = struct.unpack_from("<IIIIH", content)
        if flags & 1 and last < 16_384:
            grid.hidden_columns += range(first, last + 1)
