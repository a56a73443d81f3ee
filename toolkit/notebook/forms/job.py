"""The progress of a push, with a Pause that works."""

import threading
import time
from collections.abc import Callable
from typing import Any

from toolkit.notebook.forms import parts
from toolkit.notebook.forms.view import Child, element
from toolkit.plain import message
from toolkit.push.options import Progress

OFTEN = 0.2  # seconds between two pictures of the progress: more would flood the browser
EARLY = 3.0  # seconds before which no time left is estimated
LONG = 10.0  # seconds after which the end of a push is worth a notice


class Job:
    """A push that runs. Pause stops it after the request that is under way, and loses nothing."""

    def __init__(self, draw: Callable[[], None], speak: Callable[[str], None]) -> None:
        self._draw, self._speak = draw, speak
        self._stop = threading.Event()
        self.running: bool = False
        self.notifies: bool = False
        self.seconds: float = 0.0  # that the last one took

    @property
    def stopped(self) -> bool:
        """Whether somebody pressed Pause."""
        return self._stop.is_set()

    def pause(self) -> None:
        """Stop after the request that is under way."""
        self._stop.set()
        self._waits = message("pausing after the request under way")

    def run(self, work: Callable[[dict[str, Any]], Any]) -> Any:
        """Do the work, which gets options for its push: it is stopped by them, and shows its progress."""
        self._stop.clear()
        self._rows = self._done = self._first = self._spoken = 0
        self._waits, self._shown = "", 0.0
        self._began = time.monotonic()
        self.running = True
        self._draw()
        try:
            return work({"stop": self._stop, "watch": self.watch, "progress": False})
        finally:
            self.running = False
            self.seconds = time.monotonic() - self._began

    def watch(self, progress: Progress) -> None:
        """Take what a push says of its progress."""
        now = time.monotonic()
        if not self._rows:
            self._began, self._first = now, progress.done
        self._rows, self._done = progress.rows, progress.done
        if not self.stopped:
            self._waits = progress.waits_for
        if now - self._shown < OFTEN and self._done < self._rows:
            return
        self._shown = now
        tenth = 10 * self._done // max(self._rows, 1)
        if tenth > self._spoken:
            self._spoken = tenth
            self._speak(self._counts())
        self._draw()

    def elements(self) -> list[Child]:
        """The bar and its buttons."""
        line = " · ".join(filter(None, [self._counts(), self._waits or self._left()]))
        pause = parts.button(message("Pause"), self.pause, name="pause", always=True)
        known: dict[str, Any] = {"data_asks": True, "aria_pressed": str(self.notifies).lower(), "always": True}
        notify = parts.button(message("Tell me when it ends"), self._notify, name="notify", **known)
        bar = parts.progress(self._done, self._rows, label=message("Progress"))
        return [bar, element("p", line, name="progress"), parts.row(pause, notify)]

    def _notify(self, answer: str = "granted") -> None:
        """A title is changed in any case; a notice of the browser's takes its permission."""
        self.notifies = True
        if answer != "granted":
            self._speak(message("The browser allows no notices; the title of its tab will say it."))

    def _counts(self) -> str:
        return (
            message("{done:,} of {all:,}", done=self._done, all=self._rows) if self._rows else message("One moment …")
        )

    def _left(self) -> str:
        """A round estimate, once there is something to base it on."""
        passed, done = time.monotonic() - self._began, self._done - self._first
        if passed < EARLY or not done:
            return ""
        left = (self._rows - self._done) * passed / done
        if left < 60:
            return message("less than a minute left")
        if left < 90 * 60:
            return message("about {count:.0f} min left", count=left / 60)
        return message("about {count:.1f} h left", count=left / 3600)
