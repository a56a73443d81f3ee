"""Named places on a page, as stamp positions: "bottom left of the last page"."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from toolkit.plain import message

Size = tuple[float, float]
A4: Size = (595, 842)
HEIGHT, WIDTH, MARGIN, GAP = 50, 150, 50, 10  # of a stamp, in pixels of the page
PLACE = re.compile(
    r"(?:(top|middle|bottom)\s*(left|centre|center|right)?|(?:the\s+)?(?:centre|center))\s+of\s+"
    r"(?:the\s+)?(?:(first|last)\s+page|page\s+(\d+))",
    re.IGNORECASE,
)
EXAMPLE = "“bottom left of the last page”, “top right of page 2”, “middle of the first page”"


def stamp(place: Any, pages: Sequence[Size], taken: int = 0, *, down: bool = False) -> dict[str, int]:
    """Where a stamp goes, in the vendor's terms: y grows upwards from the bottom of the page, or from its top.

    Args:
        place: a named place; or the vendor's own `{"pagina": …, "alto": …, "ancho": …, "x": …, "y": …}`, as a dict
            or its text.
        pages: the size of each page; none where the file has no pages that can be counted.
        taken: how many stamps stand at the same place already: this one stands beside or above them.
        down: the vendor's y grows downwards from the top of the page; coordinates here count from the bottom all the
            same.

    Raises:
        ValueError: it is no place, or none of these pages has it.
    """
    if isinstance(place, str) and place.strip().startswith("{"):
        place = json.loads(place)
    if isinstance(place, Mapping):
        exact = _on_page(dict(place), pages)
        _, height = pages[exact["pagina"] - 1] if pages else A4
        return exact | {"y": round(height - exact["alto"] - exact["y"])} if down else exact
    named = PLACE.fullmatch(str(place).strip())
    if not named:
        raise ValueError(message("is not a place: write {example}, or coordinates", example=EXAMPLE))
    vertical, horizontal = (named[1] or "middle").lower(), (named[2] or "centre").lower()
    if (named[3] or "").lower() == "last" and not pages:
        raise ValueError(message("names the last page of a file whose pages cannot be counted"))
    number = int(named[4]) if named[4] else len(pages) if (named[3] or "").lower() == "last" else 1
    if pages and not 1 <= number <= len(pages):
        raise ValueError(message("names page {number} of {pages}", number=number, pages=len(pages)))
    width, height = pages[number - 1] if pages else A4
    beside = 1 if horizontal.startswith("cent") else max(1, int((width - 2 * MARGIN + GAP) // (WIDTH + GAP)))
    line, column = divmod(taken, beside)
    x = {"left": MARGIN + column * (WIDTH + GAP), "right": width - MARGIN - WIDTH - column * (WIDTH + GAP)}
    y = {"bottom": MARGIN + line * (HEIGHT + GAP), "top": height - MARGIN - HEIGHT - line * (HEIGHT + GAP)}
    across = x.get(horizontal, (width - WIDTH) / 2)
    up = y.get(vertical, (height - HEIGHT) / 2 + line * (HEIGHT + GAP))
    if not (0 <= across <= width - WIDTH and 0 <= up <= height - HEIGHT):
        raise ValueError(message("has no room for {stamps} stamps", stamps=taken + 1))
    from_edge = height - HEIGHT - up if down else up
    return {"pagina": number, "alto": HEIGHT, "ancho": WIDTH, "x": round(across), "y": round(from_edge)}


def _on_page(exact: dict[str, int], pages: Sequence[Size]) -> dict[str, int]:
    wanted = {"pagina", "alto", "ancho", "x", "y"}
    if set(exact) != wanted or not all(isinstance(v, int) and v >= 0 for v in exact.values()):
        names = ", ".join(sorted(wanted))
        raise ValueError(message("is not a stamp: whole numbers for {names} are expected", names=names))
    number = exact["pagina"]
    if number < 1 or (pages and number > len(pages)):
        if not pages:
            raise ValueError(message("names page {number} of a file that counts from 1", number=number))
        raise ValueError(message("names page {number} of {pages}", number=number, pages=len(pages)))
    if pages:
        width, height = pages[number - 1]
        if exact["x"] + exact["ancho"] > width or exact["y"] + exact["alto"] > height:
            text = "reaches over the edge of page {number}, which has {width:g} × {height:g}"
            raise ValueError(message(text, number=number, width=width, height=height))
    return exact


def sizes_of(name: str, content: bytes) -> list[Size]:
    """The size of each page of a PDF; none for other files.

    Raises:
        ValueError: it is a PDF that cannot be read.
    """
    if not name.lower().endswith(".pdf"):
        return []
    import io

    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        pages = PdfReader(io.BytesIO(content)).pages
        return [(float(page.mediabox.width), float(page.mediabox.height)) for page in pages]
    except (PyPdfError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as problem:
        raise ValueError(message("is a PDF that cannot be read: {problem}", problem=problem)) from None
