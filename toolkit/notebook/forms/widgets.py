"""A box for every kind of field, with its name, its help, and what is wrong with what was entered."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from toolkit.errors import InputError
from toolkit.http.secrets import Secret
from toolkit.notebook.forms import parts
from toolkit.notebook.forms.view import Element, acting, element
from toolkit.plain import mark, message
from toolkit.sheets import check
from toolkit.sheets.target import Takes
from toolkit.spec import (
    Bool,
    Choice,
    Date,
    Field,
    File,
    Flag,
    Integer,
    Json,
    KindTable,
    Link,
    List,
    Masked,
    Nested,
    Number,
    Rows,
    Text,
    Timestamp,
)

# of declared fields, by name; a vendor's own names stay as they are
LABELS = {
    "birthday": mark("Birthday messages"),
    "birthday_message": mark("Birthday message"),
    "birthday_message_hour": mark("Hour of the message"),
    "base_url": mark("Address"),
    "categories": mark("Categories"),
    "client_id": mark("Client id"),
    "email": mark("E-mail"),
    "label": mark("Label"),
    "name": mark("Name"),
    "password": mark("Password"),
    "record": mark("Record number"),
    "required": mark("Required"),
    "secret_key": mark("Secret key"),
    "sort": mark("Order"),
    "status": mark("State"),
    "tenant": mark("Tenant"),
    "token": mark("Token"),
    "type": mark("Type"),
    "updated_from": mark("Changed from"),
    "updated_to": mark("Changed until"),
    "username": mark("User"),
}
ENTERED = "•" * 8  # stands where a secret was entered, however long
YES_OR_NO: dict[str, bool | None] = {"": None, "yes": True, "no": False}


class Input:
    """One declared field. `value` is what stands in its box."""

    def __init__(self, field: Field, *, key: str = "") -> None:
        self.field: Field = field
        self.key: str = key or field.name
        self.value: Any = _first_value(field)
        self.wrong = ""
        self._secret: Secret | None = None
        self._emptied = 0  # times that a secret left its box
        self._box = f"field-{field.name}"  # a field may be called as anything

    @property
    def name(self) -> str:
        """What people call it."""
        return self.field.label or message(LABELS.get(self.field.name, self.field.name))

    def element(self) -> Element:
        """Its box, with all that belongs to it."""
        control = WIDGETS[type(self.field)](self)
        required = f" ({message('required')})" if self.field.required else ""
        if control.attributes.get("type") == "checkbox":
            return element("label", control, f" {self.name}{required}", class_="tk-tick tk-input")
        wrong = f"{self.name} {self.wrong}" if self.wrong else ""
        return parts.labelled(control, f"{self.name}{required}", help_text=message(self.field.doc), wrong=wrong)

    def change(self, value: Any) -> None:
        """Take what somebody entered. A secret is kept as one: no state of a widget and no repr holds it."""
        if isinstance(self.field, Masked | Link):
            self._secret = Secret(value) if value else None
        else:
            self.value = value

    def read(self) -> Any:
        """What was entered; None where nothing was. A secret is given once, and leaves its box."""
        if isinstance(self.field, Masked | Link):
            secret, self._secret = self._secret, None
            self._emptied += 1
            return secret
        value = self.value
        value = value.strip() if isinstance(value, str) else value
        if value in ("", (), [], None):
            return None
        if isinstance(self.field, Rows | Nested):
            return json.loads(value)
        if isinstance(self.field, Integer) and re.fullmatch(r"-?\d+", str(value)):
            return int(value)
        if isinstance(self.field, List) and not self.field.choices:
            return value
        return list(value) if isinstance(value, tuple | list) else value

    def line(self, **more: Any) -> Element:
        """A box for a line of text."""
        return parts.line_box(self._box, self.value, change=self.change, key=self.key, **more)

    def secret(self) -> Element:
        """A box that never shows what it holds, and that the page does not keep."""
        entered = ENTERED if self._secret else ""
        known = {"type": "password", "autocomplete": "off", "data_emptied": str(self._emptied), "placeholder": entered}
        drawn = element("input", name=self._box, key=self.key, **known)
        return acting(drawn, self.change, always=True)

    def area(self) -> Element:
        """A box for JSON."""
        drawn = element("textarea", name=self._box, key=self.key, value=self.value, placeholder="JSON")
        return acting(drawn, self.change, always=True)

    def yes_or_no(self) -> Element:
        """A box to tick; where nothing need be said, one to choose from."""
        if self.field.default is None and not self.field.required:
            shown = [("", ""), (message("Yes"), "yes"), (message("No"), "no")]
            now = next(name for name, value in YES_OR_NO.items() if value is self.value)
            return self._choice(shown, now, lambda v: self.change(YES_OR_NO.get(v, v)))
        drawn = element("input", name=self._box, key=self.key, type="checkbox", checked=bool(self.value))
        return acting(drawn, self.change, always=True)

    def choice(self) -> Element:
        """A box to choose one from."""
        assert isinstance(self.field, Choice)
        codes = {str(code): code for code in self.field.choices}
        shown = parts.options_of(self.field.choices)
        if not self.field.required and self.field.default is None:
            shown.insert(0, ("", ""))
        now = "" if self.value is None else str(self.value)
        return self._choice(shown, now, lambda v: self.change(codes.get(str(v))))

    def choices(self) -> Element:
        """A box to choose several from; of what nobody lists, a line."""
        assert isinstance(self.field, List)
        if not self.field.choices:
            return self.line(placeholder="a; b; c")
        codes = {str(code): code for code in self.field.choices}
        shown = [element("option", message(text), value=str(code)) for code, text in self.field.choices.items()]
        now = [str(code) for code in self.value]
        known = {"multiple": True, "size": min(9, len(shown)), "value": now}
        drawn = element("select", *shown, name=self._box, key=self.key, **known)
        return acting(drawn, lambda v: self.change([codes[str(each)] for each in v]), always=True)

    def _choice(self, options: Sequence[tuple[str, str]], now: str, change: Callable[[Any], None]) -> Element:
        return parts.choice(self._box, options, value=now, change=change, key=self.key)


WIDGETS: KindTable[Callable[[Input], Element]] = KindTable(
    {
        Text: Input.line,
        Integer: Input.line,
        Number: Input.line,
        Bool: Input.yes_or_no,
        Flag: Input.yes_or_no,
        Timestamp: lambda i: i.line(placeholder="2026-01-31 14:05 (UTC)"),
        Date: lambda i: i.line(type="date"),
        Choice: Input.choice,
        List: Input.choices,
        Json: Input.area,
        Rows: Input.area,
        Nested: Input.area,
        File: Input.line,
        Masked: Input.secret,
    }
)


def _first_value(field: Field) -> Any:
    if isinstance(field, Masked | Link):
        return ""  # never prefilled
    if isinstance(field, Bool | Flag):
        return field.default if field.default is not None or not field.required else False
    if isinstance(field, List) and field.choices:
        return [next(iter(field.choices))] if field.required else []
    if isinstance(field, Choice):
        return next(iter(field.choices)) if field.default is None and field.required else field.default
    return "" if field.default is None else str(field.default)


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
            wrong[i.field.name] = message("is not JSON: {problem}", problem=problem)
    entered = {name: value for name, value in values.items() if value is not None}
    row = pd.DataFrame({name: pd.Series([value], dtype=object) for name, value in entered.items()}, index=[0])
    for line in check(row, Takes(tuple(i.field for i in inputs), empty_rows=True)).errors.to_dict("records"):
        proposal = f" → {line['proposal']}" if isinstance(line["proposal"], str) else ""
        wrong.setdefault(line["field"], f"{line['problem']}{proposal}")
    for i in inputs:
        i.wrong = wrong.get(i.field.name, "")
    if wrong:
        raise InputError(message("Some fields need a look; nothing was sent."))
    return entered


def as_code(values: Mapping[str, Any]) -> str:
    """Values as keyword arguments, each after a comma."""
    return "".join(f", {name}={code_of(name, value)}" for name, value in values.items())


def code_of(name: str, value: Any) -> str:
    """A value as code; of a secret only the question for it."""
    return f"getpass.getpass({name + ': '!r})" if isinstance(value, Secret) else repr(value)
