"""How a command ends, as a number that a scheduler can act upon."""

import enum

from toolkit.errors import (
    ApiError,
    AuthError,
    InputError,
    NotSent,
    OutcomeUnknown,
    PushError,
    PushRefused,
    RowErrors,
    SettingsError,
    Throttled,
)
from toolkit.plain import mark
from toolkit.push import PushState, Report
from toolkit.sheets.outcomes import DOUBTFUL

SERVER_ERROR = 500


class Exit(enum.IntEnum):
    """The exit status of a command; `.meaning` says it in words."""

    meaning: str

    def __new__(cls, number: int, meaning: str) -> "Exit":
        member = int.__new__(cls, number)
        member._value_, member.meaning = number, meaning
        return member

    DONE = 0, mark("all rows are in")
    FAILED = 1, mark("something else went wrong; the message says what")
    USAGE = 2, mark("the command is wrong: an option, a file, a column")
    BAD_ROWS = 3, mark("some rows were not sent or were rejected, the others are in: correct those and send them")
    UNKNOWN = 4, mark("of some rows nobody knows whether they are in: a person has to look; they are not sent again")
    PAUSED = 5, mark("not finished: start the same command again, or `analyst-toolkit resume`")
    REFUSED = 6, mark("nothing was sent: another push is running there, or a person has to choose first")
    NOT_CONFIGURED = 7, mark("settings, credentials or an extra are missing, or were refused; nothing was sent")
    INTERRUPTED = 130, mark("stopped by Ctrl-C; what was done stays")


ERRORS: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], Exit], ...] = (  # the first that fits
    (RowErrors, Exit.BAD_ROWS),
    (InputError, Exit.USAGE),
    ((SettingsError, AuthError, ModuleNotFoundError), Exit.NOT_CONFIGURED),
    (PushRefused, Exit.REFUSED),
    ((PushError, NotSent, Throttled), Exit.PAUSED),
    (ApiError, Exit.REFUSED),
    (OutcomeUnknown, Exit.UNKNOWN),
    (KeyboardInterrupt, Exit.INTERRUPTED),
)


def of_error(problem: BaseException) -> Exit:
    """How a command ends that this stopped."""
    if isinstance(problem, ApiError) and problem.status >= SERVER_ERROR:
        return Exit.PAUSED
    return next((ends for kinds, ends in ERRORS if isinstance(problem, kinds)), Exit.FAILED)


def of_report(report: Report) -> Exit:
    """How an import ends that came to this."""
    if report.facts.get("state") == PushState.PAUSED:
        return Exit.PAUSED
    if report.summary[list(DOUBTFUL)].any():
        return Exit.UNKNOWN
    return Exit.DONE if report.complete else Exit.BAD_ROWS
