"""The progress of a push, with a Pause and a Cancel that work."""

import threading
import time
from collections.abc import Callable
from typing import Any

import ipywidgets as w

from toolkit.notebook.forms.form import button, row
from toolkit.notebook.forms.inert import text
from toolkit.notebook.words import word
from toolkit.push.progress import Progress

OFTEN = 0.2  # seconds between two pictures of the progress: more would flood the browser


class Job(w.VBox):
    """Shown while a push runs. Pause and Cancel stop it after the request that is under way, and lose nothing."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self.cancelled = False
        self._bar = w.IntProgress(min=0, max=1, layout=w.Layout(width="100%", max_width="40em"))
        self._line = w.HTML()
        self._line.add_class("tk-progress")
        buttons = row(button(word("pause"), "pause", self.pause), button(word("cancel"), "cancel", self.cancel))
        super().__init__([self._bar, self._line, buttons])
        self.layout.display = "none"

    @property
    def stopped(self) -> bool:
        """Whether somebody pressed Pause or Cancel."""
        return self._stop.is_set()

    def pause(self) -> None:
        self._stop.set()

    def cancel(self) -> None:
        self.cancelled = True
        self._stop.set()

    def run(self, work: Callable[[dict[str, Any]], Any]) -> Any:
        """Do the work, which gets settings for its push: it is told to stop by them, and tells its progress."""
        self._stop.clear()
        self.cancelled = False
        self._bar.value, self._line.value = 0, ""
        self._began: tuple[float, int] | None = None
        self._shown = 0.0
        self.layout.display = ""
        try:
            return work({"stop": self._stop, "watch": self._watch, "progress": False})
        finally:
            self.layout.display = "none"

    def _watch(self, progress: Progress) -> None:
        now = time.monotonic()
        self._began = self._began or (now, progress.done)
        if now - self._shown < OFTEN and progress.done < progress.rows:
            return
        self._shown = now
        since, first = self._began
        rate = (progress.done - first) / max(now - since, 0.001)
        left = word("seconds left", count=f"{(progress.rows - progress.done) / rate:,.0f}") if rate else ""
        self._bar.max, self._bar.value = max(progress.rows, 1), progress.done
        pace = f"{rate:,.0f}/s" if rate else ""
        facts = [f"{progress.done:,} / {progress.rows:,}", pace, progress.waits_for or left]
        self._line.value = text(" · ".join(filter(None, facts)))
