"""Logs for machines: one JSON object a line, without secrets. Their words do not depend on a language."""

import contextlib
import json
import logging
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, TextIO

from toolkit.http.secrets import scrub
from toolkit.push.options import Progress

log: logging.Logger = logging.getLogger("toolkit.commands")
BETWEEN = 10.0  # seconds between two lines about how far it is


class JsonLines(logging.Formatter):
    """A record as one line: `time` (UTC), `level`, `logger`, `event`, and the facts of the event."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"time": at, "level": record.levelname, "logger": record.name, "event": record.getMessage()}
        line |= getattr(record, "facts", {})
        if record.exc_info and record.exc_info[1]:
            line["error"] = self.formatException(record.exc_info)
        return scrub(as_line(line))


def as_line(value: Any) -> str:
    """JSON on one line."""
    return json.dumps(value, ensure_ascii=False, default=str)


@contextlib.contextmanager
def logged(where: str | None, level: str = "info") -> Iterator[None]:
    """Write what is logged meanwhile to a file, or for "-" to standard error; nowhere where it is None."""
    if where is None:
        yield
        return
    root = logging.getLogger("toolkit")
    before = root.level
    with _opened(where) as stream:
        handler = logging.StreamHandler(stream)
        handler.setFormatter(JsonLines())
        root.addHandler(handler)
        root.setLevel(level.upper())
        try:
            yield
        finally:
            root.removeHandler(handler)
            root.setLevel(before)


@contextlib.contextmanager
def _opened(where: str) -> Iterator[TextIO]:
    if where == "-":
        yield sys.stderr
    else:
        with open(where, "a", encoding="utf-8") as stream:  # noqa: PTH123 (as the shell writes it)
            yield stream


def event(name: str, **facts: Any) -> None:
    """Something that happened, with plain facts."""
    log.info(name, extra={"facts": facts})


class LoggedProgress:
    """Logs how far a push is, and what it waits for; not at every request."""

    def __init__(self) -> None:
        self._next, self._waits = 0.0, ""

    def __call__(self, progress: Progress) -> None:
        reason = progress.waits_for.partition(": ")[2]
        if time.monotonic() < self._next and reason == self._waits:
            return
        self._next, self._waits = time.monotonic() + BETWEEN, reason
        event("progress", done=progress.done, rows=progress.rows, waits_for=progress.waits_for)
