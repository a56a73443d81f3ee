"""Forms driven without a browser: find an element by its name, type, press, wait."""

from collections.abc import Iterator
from typing import Any

from toolkit.notebook.forms.form import Form
from toolkit.notebook.forms.view import Element, css_name


class Shown:
    """An element that a form shows; what is done to it goes the way that the browser's messages go."""

    def __init__(self, form: Form, element: Element) -> None:
        self._form, self.element = form, element

    @property
    def value(self) -> Any:
        now = self._form.view.find(self.element.key) or self.element
        return (
            bool(now.attributes.get("checked"))
            if now.attributes.get("type") == "checkbox"
            else now.attributes.get("value")
        )

    @value.setter
    def value(self, value: Any) -> None:
        self._form._receive({"k": self.element.key, "v": value}, [])

    @property
    def options(self) -> list[tuple[str, str]]:
        return [(text_of(o), str(o.attributes["value"])) for o in self.element.children if isinstance(o, Element)]

    @property
    def description(self) -> str:
        return text_of(self.element)

    @property
    def disabled(self) -> bool:
        return bool(self.element.attributes.get("aria-disabled")) or (self._form.view.busy and not self.element.always)

    def click(self) -> None:
        if not self.disabled:
            self._form._receive({"k": self.element.key}, [])


def within(form: Form) -> Iterator[Element]:
    for each in form.view.elements:
        yield from each.within()


def _all(form: Form, name: str) -> list[Element]:
    names = {css_name(name), css_name(f"field-{name}")}
    return [e for e in within(form) if names & {*str(e.attributes.get("class", "")).split()}]


def find(form: Form, name: str, number: int = 0) -> Shown:
    """The element that the form calls so."""
    return Shown(form, _all(form, name)[number])


def has(form: Form, name: str) -> bool:
    return bool(_all(form, name))


def press(form: Form, name: str, number: int = 0) -> None:
    """Press a button, and wait until what it does is done."""
    find(form, name, number).click()
    form.join(60)


def text_of(element: Element | str) -> str:
    return element if isinstance(element, str) else "".join(map(text_of, element.children))


def shown(form: Form) -> str:
    """All texts of a form, as the browser gets them."""
    return "\n".join(map(text_of, form.view.elements))


def said(form: Form) -> str:
    return str(form.view.message.get("text", ""))


def is_wrong(form: Form) -> bool:
    """Whether what the form said last is an error."""
    return bool(form.view.message.get("wrong"))
