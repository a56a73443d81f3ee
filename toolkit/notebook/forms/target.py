"""Where the rows of a sheet are to go: what a form needs to know of it."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import pandas as pd

from toolkit.notebook.forms.form import Form
from toolkit.notebook.forms.view import Child
from toolkit.plain import message
from toolkit.push import IfSent
from toolkit.sheets import Check, Match

Push = Callable[[Callable[[dict[str, Any]], Any]], None]  # does something that takes a push's options


class ImportTarget:
    """One destination. The form that shows it sets `form`."""

    form: Form
    title = ""  # marked for the catalogue
    call = ""  # what sends the rows, as code
    warning = ""

    def before(self) -> Sequence[Child]:
        """What is asked before the sheet."""
        return ()

    def method(self) -> Callable[..., Any]:
        """What sends the rows."""
        raise NotImplementedError

    def arguments(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """What it takes before its rows, and by name."""
        return (), {}

    def operation(self) -> Any:
        """What `match_columns` and `check` take."""
        return self.method()

    def operation_code(self) -> str:
        """The same, as code."""
        return self.call

    def begin(self, frame: pd.DataFrame) -> None:
        """A sheet was read."""

    def asked(self, match: Match) -> Sequence[Child]:
        """What is asked beside the match."""
        return ()

    def more_columns(self) -> Sequence[Hashable]:
        """Columns that are needed besides those that fill fields."""
        return ()

    def prepare(self, check: Check, match: Match) -> None:
        """The sheet was checked: look at what else has to be known before it is sent."""

    def plan(self) -> Sequence[Child]:
        """What is shown above the button that sends."""
        return ()

    def label(self, good: int, left: int) -> str:
        """The button that sends; empty where nothing can be."""
        if not good:
            return ""
        return (
            message("Send {count:,}, leave {left:,} here", count=good, left=left)
            if left
            else message("Send rows ({count:,})", count=good)
        )

    def send(self, check: Check, *, if_sent: IfSent, options: Mapping[str, Any]) -> Any:
        """Send what can be sent: a `Report`."""
        before, named = self.arguments()
        return self.method()(*before, check, **named, if_sent=if_sent, options=options)

    def summary(self, report: Any) -> str:
        """What came of it, in words; empty where the counts of the rows say it."""
        return ""

    def code(self, *, if_sent: IfSent) -> str:
        """The statements that send `check`."""
        before, named = self.arguments()
        named |= {"if_sent": if_sent} if if_sent != "raise" else {}
        texts = [*map(repr, before), "check", *(f"{name}={value!r}" for name, value in named.items())]
        return f"report = {self.call}({', '.join(texts)})"

    def after(self, push: Push) -> Sequence[Child]:
        """What can be done once all that could be sent was; `push` does it with its progress."""
        return ()
