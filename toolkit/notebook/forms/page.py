"""A page of a document as a picture, where there is something to draw it with."""

import base64
import io
from dataclasses import dataclass, field
from pathlib import Path

from toolkit.vendors.signio.places import A4, Size, sizes_of

WIDTH = 500  # pixels of a picture


@dataclass
class Document:
    """A document's pages. Without the extra `pages`, or where it is no PDF, they have sizes and no pictures."""

    path: Path
    sizes: list[Size] = field(default_factory=list)
    _pictures: dict[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, path: str) -> "Document":
        """The document at a path; one blank page where it cannot be read."""
        document = cls(Path(path))
        try:
            document.sizes = sizes_of(path, document.path.read_bytes())
        except (OSError, ValueError):
            document.sizes = []
        return document

    def size(self, page: int) -> Size:
        """The size of a page, counted from 1; A4 where it is not known."""
        return self.sizes[page - 1] if 1 <= page <= len(self.sizes) else A4

    def picture(self, page: int) -> str:
        """The page as the address of a picture; empty where it cannot be drawn."""
        if not 1 <= page <= len(self.sizes):
            return ""
        if page not in self._pictures:
            self._pictures[page] = _drawn(self.path, page)
        return self._pictures[page]


def _drawn(path: Path, page: int) -> str:
    try:
        import pypdfium2
    except ImportError:
        return ""
    try:
        with pypdfium2.PdfDocument(path) as document:
            drawn = document[page - 1]
            image = drawn.render(scale=WIDTH / drawn.get_width()).to_pil()
    except (pypdfium2.PdfiumError, OSError, ValueError, ImportError):
        return ""
    png = io.BytesIO()
    image.convert("P", palette=1, colors=32).save(png, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(png.getvalue()).decode()}"
