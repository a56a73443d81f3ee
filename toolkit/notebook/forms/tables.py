"""A table to read: by itables where that is installed, which sorts, searches and pages it in the browser."""

import importlib.util
from typing import Any

import pandas as pd

from toolkit.notebook.forms import parts
from toolkit.plain import message, number, plural

STYLE = "table-layout:auto;width:auto;margin:0;text-align:left"
LARGEST = 5_000  # rows that go to the browser; the rest is in the report and in the workbook


def available() -> bool:
    """Whether itables is installed."""
    return importlib.util.find_spec("itables") is not None


class ReadOnlyTable:
    """One widget for all the tables that a form shows one after the other: each brings itables' code along."""

    def __init__(self) -> None:
        self._widget: Any = None

    def widgets(self, frame: pd.DataFrame | None) -> list[Any]:
        """The widgets that show it; none where there is nothing to show, or nothing to show it with."""
        if frame is None or not available():
            return []
        from itables.widget import ITable

        shown = frame.head(LARGEST).map(parts.cell)
        facts: dict[str, Any] = {"maxBytes": 0, "allow_html": False, "showIndex": False}
        facts |= {"language": _words(), "style": STYLE}
        if self._widget is None:
            self._widget = ITable(shown, **facts)
            self._widget.layout.overflow = "auto"
        else:
            self._widget.update(shown, **facts)
        return [self._widget]


def below(frame: pd.DataFrame) -> str:
    """What stands in the table below the form, and how much of it."""
    if len(frame) > LARGEST:
        return message("Below: the first {shown:,} of {count:,} rows that are not in.", shown=LARGEST, count=len(frame))
    return plural("Below: the row that is not in.", "Below: the {count} rows that are not in.", count=len(frame))


def _words() -> dict[str, str]:
    """What itables says by itself, as it takes it."""
    return {
        "search": message("Search"),
        "lengthMenu": message("{count} rows a page", count="_MENU_"),
        "info": message("{first}–{last} of {all}", first="_START_", last="_END_", all="_TOTAL_"),
        "infoEmpty": message("no rows"),
        "infoFiltered": f"(_MAX_ {message('rows')})",
        "zeroRecords": message("no rows"),
        "thousands": number(1000)[1:-3],
    }
