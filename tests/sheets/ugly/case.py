"""One ugly file."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Case:
    data: bytes
    rows: dict[int, list[str | None]]  # by row number of the sheet
    columns: list[str]
    notes: list[str] = field(default_factory=list)  # each stands in one of the notes
    how: dict[str, Any] = field(default_factory=dict)  # arguments of read_sheet


Made = Callable[[], Case]
