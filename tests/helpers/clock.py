"""Time that is handed in."""

from datetime import UTC, datetime, timedelta

from toolkit.sandbox import Sandbox


class ManualClock:
    """Time that passes only when somebody sleeps, or a test says so."""

    def __init__(self, box: Sandbox | None = None) -> None:
        self.moment, self.slept, self._box = datetime(2026, 3, 2, 12, tzinfo=UTC), 0.0, box

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.moment.timestamp()

    def sleep(self, seconds: float) -> None:
        self.slept += seconds
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds) or (seconds > 0) * timedelta.resolution  # every wait ends
        if self._box:
            self._box.control.clock(advance=seconds)
