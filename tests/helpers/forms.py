"""Forms driven without a browser: find a widget by its class, type, press, wait."""

from collections.abc import Iterator

import ipywidgets as w

from toolkit.notebook.forms.form import Form


def within(widget: w.Widget) -> Iterator[w.Widget]:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from within(child)


def find(form: w.Widget, name: str, number: int = 0) -> w.Widget:
    """The widget that the form calls so."""
    return [each for each in within(form) if f"tk-{name}" in each._dom_classes][number]


def has(form: w.Widget, name: str) -> bool:
    return any(f"tk-{name}" in each._dom_classes for each in within(form))


def press(form: Form, name: str) -> None:
    """Press a button, and wait until what it does is done."""
    find(form, name).click()
    form.join(60)


def shown(form: w.Widget) -> str:
    """All markup of a form, as the browser gets it."""
    return "\n".join(each.value for each in within(form) if isinstance(each, w.HTML))


def said(form: Form) -> str:
    return str(form.message.value)
