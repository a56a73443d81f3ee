"""Rows, rate, time left, and what a push waits for: in notebooks and terminals, off with one switch."""

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

from toolkit.calls.client import progress_bar
from toolkit.plain import message

if TYPE_CHECKING:
    from tqdm.auto import tqdm


class Progress:
    """`watch` is called at every change, from the thread that pushes: for bars of somebody else's."""

    def __init__(self, rows: int, label: str, shown: bool, watch: "Callable[[Progress], None] | None" = None) -> None:
        self.rows: int = rows
        self._label, self._shown, self._watch = label, shown, watch
        self.done: int = 0
        self.waits_for = ""
        self._bar: tqdm | None = None  # type: ignore[type-arg]

    def __enter__(self) -> "Progress":
        self._bar = progress_bar(self.rows, self._label, shown=self._shown, initial=self.done, unit="rows")
        return self

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, trace: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.close()

    def advance(self, rows: int) -> None:
        self.done += rows
        if self._bar is not None:
            self._bar.update(rows)
        if self._watch:
            self._watch(self)

    def waiting(self, seconds: float = 0, why: str = "") -> None:
        """Show what is waited for; nothing when called without a reason."""
        self.waits_for = message("waiting up to {seconds:.0f} s: {why}", seconds=seconds, why=why) if why else ""
        if self._bar is not None:
            self._bar.set_postfix_str(self.waits_for)
        if self._watch:
            self._watch(self)
