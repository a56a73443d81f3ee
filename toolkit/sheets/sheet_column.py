"""What is known of a column of a sheet where a frame has but a part of its rows."""

from collections.abc import Hashable
from itertools import chain
from typing import NamedTuple

import pandas as pd

from toolkit.sheets.cells import texts_in


def of_whole(own: list[list[str]], sheet: str, *, digits: bool = False) -> list[list[str]]:
    """Some texts of a column, block by block, and those of all the sheet, where they are some of these.

    `digits`: also those that are nothing but digits tell whether they are.
    """
    lines = "\n".join(chain.from_iterable(own))
    if not sheet or lines == sheet:
        return own
    whole = [*map(str.strip, sheet.split("\n"))]
    known = {*whole}
    evident = [text for text in map(str.strip, lines.split("\n")) if digits or not text.isdigit()]
    new = [text for text in evident if text not in known]
    return own if len(new) == len(evident) else [whole, new]


class SheetColumn(NamedTuple):
    """What a sheet knows of a column of which these rows may be a part."""

    texts: str = ""  # all of them, one a line
    numbers: str = ""  # those that were numbers, so
    numeric: bool = False  # whether all were
    lost: bool = False  # whether nothing of this is known any more: what can be read in two ways is asked

    @classmethod
    def of(cls, frame: pd.DataFrame, name: Hashable) -> "SheetColumn":
        """What is known of a column of a frame, also where its name is another now, or several were put into one."""
        known, numbers = (frame.attrs.get(kept, {}) for kept in ("texts", "numbers"))
        names, gone = [name], [n for n in known if n not in frame.columns]
        if name not in known and gone:
            lines = {*"\n".join(texts_in(frame[name].astype("str"))[1]).split("\n")}
            whole = [n for n in gone if lines.issubset(known[n].split("\n"))]
            names = whole[:1] or [n for n in gone if not lines.isdisjoint(known[n].split("\n"))] or names
        numeric = {n for n in names if n in frame.attrs.get("numeric", ())}
        were = [known.get(n) if n in numeric and len(names) > 1 else numbers.get(n) for n in names]
        texts = "\n".join(filter(None, map(known.get, names)))
        lost = "row" in frame.index.names and "questions" not in frame.attrs
        return cls(texts, "\n".join(filter(None, were)), len(numeric) == len(names), lost)


NO_SHEET = SheetColumn()
