"""Everything that can go wrong.

ToolkitError
├── InputError (ValueError)        the call was wrong; nothing was sent
│   ├── ArgumentError (TypeError)  it had an argument that the function does not take, or lacked one
│   └── RowErrors                  cells of a DataFrame were wrong                    .table
├── SettingsError                  a profile, an address or a credential is missing or unusable; nothing was sent
├── ApiError                       the vendor refused the request; nothing was done   .status .code .errors .service
│   ├── AuthError                  the credentials or the token were refused
│   ├── NotFound (LookupError)     what you asked for does not exist
│   ├── Rejected                   the request is not acceptable to the vendor
│   └── Throttled                  too many requests, after waiting and trying again
├── NotSent (ConnectionError)      the vendor was not reached; nothing was sent
├── OutcomeUnknown                 it was sent and no trustworthy answer came: it may or may not have been done
├── BadAnswer                      a read was answered with something that no document shows
└── PushError                      a push stopped                                     .report
    ├── PushPaused                 resumable as it stands; the message says how
    └── PushRefused                nothing was sent: a person has to choose first     .difference
"""

from typing import TYPE_CHECKING, Any

from toolkit.plain import message, plain, plural

if TYPE_CHECKING:
    from pandas import DataFrame


class ToolkitError(Exception):
    """Base of every error that the toolkit raises. What others wrote stands in it as plain text."""

    def __init__(self, *facts: Any) -> None:
        super().__init__(*(plain(f) if isinstance(f, str) else f for f in facts))

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows instead of the frames of this package."""
        return [f"{type(self).__name__}: {self}"]


class InputError(ToolkitError, ValueError):
    """The call was wrong. Nothing was sent."""


class ArgumentError(InputError, TypeError):
    """The call had an argument that the function does not take, or lacked one. Nothing was sent."""


class RowErrors(InputError):
    """Some cells were wrong. Nothing was sent; `.table` has a line for each: `row`, `column`, `value`, `problem`."""

    def __init__(self, table: "DataFrame", hint: str = "") -> None:
        self.table = table
        one = "{count} row cannot be sent; nothing was. `.table` lists all:"
        many = "{count} rows cannot be sent; nothing was. `.table` lists all:"
        lines = [plural(one, many, count=table["row"].nunique())]
        lines += [f"  {r.row}: {r.column}: {r.problem}" for r in table.head(10).itertuples()]
        if len(table) > 10:
            lines.append("  " + message("… and {count:,} more", count=len(table) - 10))
        super().__init__("\n".join(lines) + hint)


class SettingsError(ToolkitError):
    """A profile, an address or a credential is missing or cannot be used. Nothing was sent."""


class ApiError(ToolkitError):
    """The vendor refused the request, and did nothing.

    `status` is the HTTP status, `code` the vendor's own code, `errors` its list of problems, `service` the endpoint.
    """

    message: str
    service: str
    status: int
    code: Any
    errors: list[Any]

    def __init__(self, message: str, *, service: str = "", status: int = 0, code: Any = None, errors: Any = ()) -> None:
        self.message, self.service, self.status, self.code = message, service, status, code
        self.errors = list(errors)
        details = f" ({', '.join(map(str, self.errors))})" if self.errors else ""
        numbers = status if code in (None, status) else f"{status}, code {code}"
        super().__init__(f"{service}: {message}{details} [{numbers}]")


class AuthError(ApiError):
    """The credentials or the token were refused."""


class NotFound(ApiError, LookupError):
    """What you asked for does not exist."""


class Rejected(ApiError):
    """The request is not acceptable to the vendor."""


class Throttled(ApiError):
    """Too many requests, after waiting and trying again. `retry_after` are the seconds the vendor asks for, if any."""

    retry_after: float | None = None


class NotSent(ToolkitError, ConnectionError):
    """The vendor was not reached. Nothing was sent.

    `needs_person` where trying again does not help: the address or its certificate is wrong.
    """

    needs_person = False


class OutcomeUnknown(ToolkitError):
    """The request was sent and no trustworthy answer came: it may or may not have been done. It was not sent again.

    Where it is remembered, `report` is what `toolkit.resolve` takes once you know.
    """

    report: Any = None


class BadAnswer(ToolkitError):
    """A read got an answer that no document shows."""


class AnswerWarning(UserWarning):
    """An answer had another form than its document shows. What could be read of it came; `.raw` shows the rest."""


class InputWarning(UserWarning):
    """A value looks wrong, and is sent: the vendor's document does not exclude it."""


class PushError(ToolkitError):
    """A push stopped. `report` says what became of every row so far."""

    report: Any = None


class PushPaused(PushError):
    """The push can go on as it stands; the message says how."""


class Stopped(KeyboardInterrupt):
    """Somebody pressed Stop. What the push had done stays, and the message says how to go on."""

    def _render_traceback_(self) -> list[str]:
        """One sentence: where the push was when it stopped helps nobody."""
        return [str(self)]


class PushRefused(PushError):
    """Nothing was sent: a person has to choose first. `difference` shows what changed.

    Of an iterator, nothing of the frame that the message names; the frames before it were sent, and `report` has them.
    """

    difference: Any = None
