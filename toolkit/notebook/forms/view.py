"""A form's picture in the browser: elements described in Python, drawn and kept up to date by a small module of ours.

Texts and attributes reach the page as text, never as markup, so that a hostile cell stays a cell.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from toolkit.plain import plain

HERE = Path(__file__).parent / "browser"
DOWNLOAD_PIECE = 1 << 20  # bytes
SCRIPTS = ("view.js", "upload.js", "stamps.js")


def css_name(name: str) -> str:
    """The class by which an element of this name is found; a vendor's name may hold anything."""
    return f"tk-{re.sub(r'[^a-zA-Z0-9_-]+', '-', name)}"


def _key(text: str) -> str:
    """The text with what cannot be printed spelt out: two texts never become one key."""
    return "".join(c if c.isprintable() else f"\\u{{{ord(c):x}}}" for c in text)


@dataclass(frozen=True)
class Element:
    """One element of the page. `key` says which one it is from one drawing to the next; actions are found by it."""

    tag: str
    attributes: Mapping[str, Any]
    children: tuple["Element | str", ...] = ()
    key: str = ""
    action: Callable[..., Any] | None = field(default=None, compare=False)  # of a box it gets the value
    enter: Callable[[], Any] | None = field(default=None, compare=False)  # the Enter key in a box
    slow: bool = False  # the action is done beside the kernel
    always: bool = False  # also while something is under way

    def within(self) -> Iterator["Element"]:
        """It, and every element below it."""
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.within()

    def as_json(self) -> list[Any]:
        """What the browser gets."""
        known = {name: _attribute(value) for name, value in self.attributes.items() if value not in (None, False)}
        facts = {"k": self.key, "act": self.action is not None, "enter": self.enter is not None, "always": self.always}
        known |= {name: value for name, value in facts.items() if value}
        return [self.tag, known, [c.as_json() if isinstance(c, Element) else plain(c) for c in self.children]]


def _attribute(value: Any) -> Any:
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(name): _attribute(inner) for name, inner in value.items()}
    return [_attribute(v) for v in value] if isinstance(value, list | tuple) else plain(value)


Child = Element | str | None


def element(tag: str, *children: Child, name: str = "", key: str = "", **attributes: Any) -> Element:
    """An element with these children, None left out. `name` gives a class to find it by, and its key."""
    own = {each.rstrip("_").replace("_", "-"): value for each, value in attributes.items()}
    classes = " ".join(filter(None, (css_name(name) if name else "", str(own.pop("class", "")))))
    if classes:
        own = {"class": classes, **own}
    return Element(tag, own, tuple(c for c in children if c is not None), _key(key or name))


def acting(
    drawn: Element,
    action: Callable[..., Any],
    *,
    enter: Callable[[], Any] | None = None,
    slow: bool = False,
    always: bool = False,
) -> Element:
    """The element, with what it does."""
    return replace(drawn, action=action, enter=enter, slow=slow, always=always)


class View(anywidget.AnyWidget):
    """What the browser shows, and what it sends back."""

    _esm = "\n".join((HERE / name).read_text(encoding="utf-8") for name in SCRIPTS)
    _css = (HERE / "form.css").read_text(encoding="utf-8")
    tree: Any = traitlets.List().tag(sync=True)
    words: Any = traitlets.Dict().tag(sync=True)  # what the browser says by itself
    message: Any = traitlets.Dict().tag(sync=True)
    busy: Any = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self, receive: Callable[[Mapping[str, Any], Sequence[memoryview]], None], words: dict[str, str]
    ) -> None:
        super().__init__(words=words)
        self.elements: tuple[Element, ...] = ()
        self.on_msg(lambda _, content, buffers: receive(content, buffers))

    def draw(self, elements: Sequence[Element]) -> None:
        """Show these elements; what stays the same keeps its place, its focus and its caret."""
        self.elements = tuple(elements)
        self.tree = [each.as_json() for each in elements]

    def find(self, key: str) -> Element | None:
        """The element that is shown with this key."""
        return next((e for each in self.elements for e in each.within() if e.key == _key(key)), None)

    def focus(self, key: str) -> None:
        """Move the focus to an element."""
        self.send({"focus": _key(key)})

    def download(self, path: Path) -> None:
        """Hand a file to the browser, which saves it. In pieces: its size does not matter."""
        content = path.read_bytes()
        pieces = range(0, len(content), DOWNLOAD_PIECE)
        for n, start in enumerate(pieces):
            facts = {"save": path.name, "n": n, "of": len(pieces)}
            self.send(facts, [content[start : start + DOWNLOAD_PIECE]])
