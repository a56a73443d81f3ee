"""Values as inert text and markup. The one place where forms turn what somebody else wrote into HTML."""

import html
from typing import Any

import ipywidgets as w
import pandas as pd

from toolkit.plain import plain

SHOWN = 50  # rows of a table


def text(value: object) -> str:
    """Anything as inert HTML."""
    return html.escape(plain(value))


def table(frame: pd.DataFrame, *, index: bool = True) -> w.HTML:
    """The first rows of a frame, inert; it scrolls where it is wide."""
    made = frame.head(SHOWN).astype(object).map(_cell)
    made = made.set_axis([plain(c) for c in frame.columns], axis=1).set_axis(
        [plain(label) for label in frame.index[:SHOWN]]
    )
    shown = made.to_html(escape=True, index=index, border=0)
    return w.HTML(f"<div class='tk-table' tabindex='0'>{shown}</div>")


def _cell(value: Any) -> str:
    if isinstance(value, list | tuple | dict):
        return plain(value)
    return "" if value is None or pd.isna(value) else plain(value)
