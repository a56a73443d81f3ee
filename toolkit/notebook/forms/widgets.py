"""A widget for every kind of field, with its name, its help, and what is wrong with what was entered."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ipywidgets as w
import pandas as pd

from toolkit.errors import InputError
from toolkit.http.secrets import Secret
from toolkit.notebook.forms.inert import text
from toolkit.notebook.words import help_of, label_of, word
from toolkit.plain import plain
from toolkit.sheets import check
from toolkit.spec import (
    Bool,
    Choice,
    Date,
    Email,
    Field,
    File,
    Flag,
    Identity,
    Integer,
    Json,
    Link,
    List,
    Masked,
    Nested,
    Number,
    Phone,
    Rows,
    Text,
    Timestamp,
)


def _line(field: Field) -> w.Widget:
    return w.Text(value="" if field.default is None else plain(field.default))


def _moment(field: Field) -> w.Widget:
    return w.Text(placeholder="2026-01-31 14:05 (UTC)")


def _yes_or_no(field: Field) -> w.Widget:
    if field.default is None and not field.required:
        return w.Dropdown(options=[("", None), (word("yes"), True), (word("no"), False)])
    return w.Checkbox(value=bool(field.default), indent=False)


def _choice(field: Field) -> w.Widget:
    assert isinstance(field, Choice)
    shown = [(label if label == str(code) else f"{label} ({code})", code) for code, label in field.choices.items()]
    if not field.required and field.default is None:
        shown.insert(0, ("", None))
    return w.Dropdown(options=shown, value=shown[0][1] if field.default is None else field.default)


def _choices(field: Field) -> w.Widget:
    assert isinstance(field, List)
    if not field.choices:
        return w.Text(placeholder="a; b; c")
    shown = [(label, code) for code, label in field.choices.items()]
    return w.SelectMultiple(options=shown, value=[shown[0][1]] if field.required else [], rows=min(9, len(shown)))


def _secret(field: Field) -> w.Widget:
    return w.Password(continuous_update=False)  # never prefilled: a saved notebook may keep what a widget holds


def _area(field: Field) -> w.Widget:
    return w.Textarea(placeholder="JSON")


def _day(field: Field) -> w.Widget:
    return w.DatePicker()


ENTERED = "•" * 8  # stands where a secret was entered, however long
WIDGETS: dict[type[Field], Callable[[Field], w.Widget]] = {
    Text: _line,
    Email: _line,
    Phone: _line,
    Identity: _line,
    Integer: _line,
    Number: _line,
    Bool: _yes_or_no,
    Flag: _yes_or_no,
    Timestamp: _moment,
    Date: _day,
    Choice: _choice,
    List: _choices,
    Json: _area,
    Rows: _area,
    Nested: _area,
    File: _line,
    Masked: _secret,
    Link: _secret,
}


class Input(w.VBox):
    """One declared field. `widget` is what people type into."""

    def __init__(self, field: Field) -> None:
        self.field = field
        self.widget = WIDGETS[type(field)](field)
        marked = f" ({word('required')})" if field.required else ""
        self.name = plain(field.label or label_of(field.name))
        self.widget.description = f"{self.name}{marked}"  # the browser ties it to the box: screen readers say it
        self.widget.tooltip = plain(help_of(field.doc))
        self.widget.add_class(css_name(field.name))
        self._secret: Secret | None = None
        if isinstance(self.widget, w.Password):
            self.widget.observe(self._take, "value")
        self._error = w.HTML()
        help_text = w.HTML(f"<span class='tk-help'>{text(help_of(field.doc))}</span>")
        super().__init__([self.widget, *([help_text] if field.doc else []), self._error])
        self.add_class("tk-input")

    def _take(self, change: dict[str, Any]) -> None:
        """A secret leaves its box when it comes: whatever becomes of the form, no state of a widget holds it."""
        if change["new"]:
            self._secret = Secret(change["new"])
            self.widget.value, self.widget.placeholder = "", ENTERED

    def read(self) -> Any:
        """What was entered; None where nothing was. A secret is given once."""
        if isinstance(self.widget, w.Password):
            secret, self._secret = self._secret, None
            self.widget.placeholder = ""
            return secret
        given = self.widget.value
        given = given.strip() if isinstance(given, str) else given
        if given in ("", (), None):
            return None
        if isinstance(self.field, Rows | Nested):
            return json.loads(given)
        if isinstance(self.field, Integer) and re.fullmatch(r"-?\d+", str(given)):
            return int(given)
        return list(given) if isinstance(given, tuple) else given

    def say(self, problem: str = "") -> None:
        """Show what is wrong with it, in words; nothing where nothing is."""
        told = f"<span class='tk-wrong' role='alert'>⚠ {text(self.name)} {text(problem)}</span>"
        self._error.value = told if problem else ""


def css_name(name: str) -> str:
    """The class by which a widget of this name is found; a vendor's name may hold anything."""
    return f"tk-{re.sub(r'[^a-zA-Z0-9_-]+', '-', name)}"


def values_of(inputs: Sequence[Input]) -> dict[str, Any]:
    """What was entered, by field, checked by the same rules as the cells of a sheet.

    Raises:
        InputError: something cannot be sent; it is said beside its field.
    """
    values: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for i in inputs:
        try:
            values[i.field.name] = i.read()
        except ValueError as problem:
            wrong[i.field.name] = f"is not JSON: {problem}"
    entered = {name: value for name, value in values.items() if value is not None}
    row = pd.DataFrame({name: pd.Series([value], dtype=object) for name, value in entered.items()}, index=[0])
    for found in check(row, [i.field for i in inputs], empty_rows=True).errors.to_dict("records"):
        proposal = f" → {found['proposal']}" if isinstance(found["proposal"], str) else ""
        wrong.setdefault(found["field"], f"{found['problem']}{proposal}")
    for i in inputs:
        i.say(wrong.get(i.field.name, ""))
    if wrong:
        raise InputError(word("look at fields"))
    return entered


def as_code(values: Mapping[str, Any]) -> str:
    """Values as keyword arguments, each after a comma; of a secret only the question for it."""
    return "".join(f", {name}={_code(name, value)}" for name, value in values.items())


def _code(name: str, value: Any) -> str:
    return f"getpass.getpass({name + ': '!r})" if isinstance(value, Secret) else repr(value)
