"""The pieces that forms are made of: headings, boxes, buttons, tables, progress."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from toolkit.notebook.forms.view import Child, Element, acting, element
from toolkit.plain import day, message, plain

Action = Callable[[], Any]
Change = Callable[[Any], Any]


def heading(text: str, small: str = "", *, key: str = "", level: int = 4) -> Element:
    """A heading, which can be given the focus."""
    return element(f"h{level}", text, element("small", f" {small}") if small else None, key=key, tabindex="-1")


def note(text: str, name: str = "") -> Element:
    """A line that helps."""
    return element("p", text, name=name, class_="tk-help")


def warning(text: str) -> Element:
    """A line that warns."""
    return element("p", text, class_="tk-warning")


def bullets(lines: Sequence[str]) -> Element | None:
    """Lines of a list; None where there are none."""
    return element("ul", *(element("li", line) for line in lines)) if lines else None


def row(*children: Child, name: str = "") -> Element:
    """Elements beside each other where there is room, below each other where there is none."""
    return element("div", *children, name=name, class_="tk-row")


def group(*children: Child, name: str = "", label: str = "") -> Element:
    """Elements that belong together."""
    return element("div", *children, name=name, role="group" if label else None, aria_label=label or None)


def button(
    label: str, action: Action, *, name: str, style: str = "", slow: bool = False, always: bool = False, **more: Any
) -> Element:
    """A button; a slow action is done beside the kernel. `more` are its key and attributes."""
    look = f"tk-button tk-{style}" if style else "tk-button"
    drawn = element("button", label, name=name, type="button", class_=look, **more)
    return acting(drawn, action, slow=slow, always=always)


def labelled(control: Element, label: str, *, help_text: str = "", wrong: str = "") -> Element:
    """A control below its name, with its help and with what is wrong with it."""
    key = control.key
    known = {"id": key, "aria-invalid": "true" if wrong else None}
    about = [f"{key}-help"] * bool(help_text) + [f"{key}-wrong"] * bool(wrong)
    known["aria-describedby"] = " ".join(about) or None
    control = Element(**{**vars(control), "attributes": {**control.attributes, **known}})
    return element(
        "div",
        element("label", label, for_=key),
        control,
        element("span", help_text, id=f"{key}-help", class_="tk-help") if help_text else None,
        element("span", f"⚠ {wrong}", id=f"{key}-wrong", class_="tk-wrong") if wrong else None,
        class_="tk-input",
    )


def line_box(name: str, value: str, *, change: Change, enter: Action | None = None, **more: Any) -> Element:
    """A box for a line of text. `more` are its key and attributes."""
    known = {"type": "text", "autocomplete": "off", "spellcheck": "false", **more}
    return acting(element("input", name=name, value=value, **known), change, enter=enter, always=True)


def choice(name: str, options: Sequence[tuple[str, str]], *, value: str, change: Change, **more: Any) -> Element:
    """A box to choose one of the options, each a label and a value. `more` are its key and attributes."""
    shown = [element("option", label, value=each) for label, each in options]
    return acting(element("select", *shown, name=name, value=value, **more), change, always=True)


def tick(name: str, label: str, *, value: bool, change: Change, key: str = "") -> Element:
    """A box to tick, before its name."""
    box = element("input", name=name, key=key, type="checkbox", checked=value)
    return element("label", acting(box, change, always=True), f" {label}", class_="tk-tick")


def progress(done: int, whole: int, *, label: str) -> Element:
    """How far something is."""
    share = 100 * done / max(whole, 1)
    known: dict[str, Any] = {"role": "progressbar", "aria_valuenow": done, "aria_valuemin": 0, "aria_valuemax": whole}
    bar = element("div", style=f"width:{share:.1f}%")
    return element("div", bar, class_="tk-bar", aria_label=label, **known)


def table(frame: pd.DataFrame) -> Element:
    """A few rows of a frame."""
    lines = zip(map(str, frame.index), *(map(cell, frame[c]) for c in frame.columns), strict=True)
    return grid([message("Row"), *map(str, frame.columns)], [[*cells] for cells in lines])


def grid(heads: Sequence[Child], lines: Sequence[Sequence[Child]], *, label: str = "", name: str = "") -> Element:
    """A table of these cells, which scrolls where it is wide."""
    head = element("tr", *(element("th", each, scope="col") for each in heads))
    body = [element("tr", *(element("td", each) for each in line)) for line in lines]
    drawn = element("table", element("thead", head), element("tbody", *body))
    about = {"role": "region", "aria_label": label or message("Table")}
    return element("div", drawn, name=name, class_="tk-table", tabindex="0", **about)


def cell(value: Any) -> str:
    """A value as it stands in a table, for people: nothing where there is none."""
    if isinstance(value, list | tuple | dict):
        return plain(value)
    if value is None or pd.isna(value):
        return ""
    if isinstance(value, bool | np.bool_):
        return message("Yes") if value else message("No")
    return day(value) if isinstance(value, pd.Timestamp) else plain(value)


def options_of(choices: Mapping[Hashable, str]) -> list[tuple[str, str]]:
    """The labels and values of a box, of choices by code."""
    known = {str(code): message(label) for code, label in choices.items()}
    return [(label if label == code else f"{label} ({code})", code) for code, label in known.items()]
