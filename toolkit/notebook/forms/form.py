"""What every form is: what it shows, what it does beside the kernel, what it says, and the code that does the same."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import copy_context
from typing import Any

import ipywidgets as w

from toolkit.errors import InputError, ToolkitError
from toolkit.http.secrets import scrub
from toolkit.notebook.forms import parts
from toolkit.notebook.forms.source import Source
from toolkit.notebook.forms.view import Child, Element, View, element
from toolkit.notebook.forms.widgets import Input, values_of
from toolkit.plain import message, plain

# a notebook that is opened again has no kernel behind its forms: the note stands where the form was
STALE = """<style>
.jp-OutputArea:has(.tk-form) .tk-stale { display: none }
.jp-OutputArea:has(.tk-stale):not(:has(.tk-form)) .jp-OutputArea-output.jupyter-widgets { display: none }
</style><div class="tk-stale">%s</div>"""


class Form(w.VBox):
    """A form. Its methods can be called from code as well: there they raise, and a click shows what they raise."""

    title: str = ""  # marked for the catalogue

    def __init__(self) -> None:
        self.code: str = ""
        self._lock = threading.RLock()  # the browser's messages come beside the main thread
        self._busy = False
        self._code_shown = False
        self._focus = ""
        self._thread: threading.Thread | None = None
        self._sources: list[Source] = []
        self.view: View = View(
            self._receive,
            {"broke": message("The upload of {name} broke off. Choose the file again, or give its path.")},
        )
        self.tables: Any = w.VBox()
        super().__init__([self.view, self.tables])
        self.add_class("tk-form")

    def __repr__(self) -> str:
        return f"<form: {message(self.title)}>"

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(
            {"text/html": STALE % message("This form is not running. Run this cell."), "text/plain": repr(self)},
            raw=True,
        )
        display(self._repr_mimebundle_(), raw=True)

    # ── what it shows ──

    def elements(self) -> Iterable[Child]:
        """What the form shows now, below its title."""
        return ()

    def draw(self) -> None:
        """Show what the form is like now."""
        with self._lock:
            drawn = [parts.heading(message(self.title), level=3), *self.elements(), self._code()]
            self.view.draw([each for each in drawn if isinstance(each, Element)])
            if self._focus:
                self.view.focus(self._focus)
            self._focus = ""

    def source(self, name: str, chosen: Callable[[], Any], *, accept: str, help_text: str = "") -> Source:
        """A file that the form asks for; `chosen` is done beside the kernel once there is one."""
        source = Source(name, self.view, lambda: self.do(chosen), accept=accept, help_text=help_text)
        self._sources.append(source)
        return source

    def _code(self) -> Element:
        shown = self._code_shown
        known: dict[str, Any] = {"aria_expanded": str(shown).lower(), "style": "quiet", "always": True}
        show = parts.button(message("Show code"), self._toggle, name="show-code", **known)
        code = element("pre", self.code, name="code", tabindex="0", aria_label=message("Show code"))
        return element("div", show, code if shown else None)

    def _toggle(self) -> None:
        self._code_shown = not self._code_shown

    # ── what it says ──

    def say(self, message: str, *, wrong: bool = False) -> None:
        """Show a sentence, and let screen readers read it out."""
        count = int(self.view.message.get("n", 0)) + 1  # the same sentence twice is said twice
        sign = "⚠ " if wrong and message else ""
        self.view.message = {"text": plain(f"{sign}{scrub(message)}"), "wrong": wrong, "n": count}

    def show_code(self, code: str) -> None:
        """The Python that does the same as the form."""
        self.code = scrub(code)

    def move_focus(self, key: str) -> None:
        """Put the focus on an element, once it is drawn."""
        self._focus = key

    def values(self, *groups: Sequence[Input]) -> list[dict[str, Any]]:
        """What was entered in each group of boxes; all that is wrong is said at once.

        Raises:
            InputError: something cannot be sent. The first such box has the focus then.
        """
        values = []
        for inputs in groups:
            try:
                values.append(values_of(inputs))
            except InputError as problem:
                wrong = problem
        if len(values) < len(groups):
            self.move_focus(next(i.key for inputs in groups for i in inputs if i.wrong))
            raise wrong
        return values

    # ── what it does ──

    def button(self, label: str, name: str, action: Callable[[], Any], **look: Any) -> Element:
        """A button for something that may take a while: it is done beside the kernel."""
        return parts.button(label, action, name=name, slow=True, **look)

    def do(self, action: Callable[[], Any]) -> None:
        """Begin an action beside the kernel. Until it has ended, the form begins no other."""
        with self._lock:
            if self._busy:
                return
            self._busy = self.view.busy = True
            self.say(message("One moment …"))
            working = self.view.message
            self._thread = threading.Thread(target=copy_context().run, args=(self._run, action, working), daemon=True)
            self._thread.start()

    def join(self, seconds: float | None = None) -> None:
        """Wait for the action that was begun last."""
        if self._thread:
            self._thread.join(seconds)

    def _run(self, action: Callable[[], Any], working: dict[str, Any]) -> None:
        try:
            self._guarded(action)
        finally:
            with self._lock:
                if self.view.message == working:
                    self.say("")
                self._busy = self.view.busy = False
                self._guarded(self.draw)

    def _guarded(self, action: Callable[[], Any]) -> None:
        """Do it, and say what went wrong where somebody reads it: neither a thread nor a message has a reader."""
        try:
            action()
        except ToolkitError as problem:
            self.say(str(problem), wrong=True)
        except Exception as problem:  # noqa: BLE001 (whatever it is, it is said)
            self.say(f"{type(problem).__name__}: {problem}", wrong=True)

    def _receive(self, content: Mapping[str, Any], buffers: Sequence[memoryview]) -> None:
        """What the browser sends: a piece of a file, or what somebody did to an element."""
        if "up" in content:
            source = next((s for s in self._sources if s.name == content["up"]), None)
            if source is not None:
                with self._lock:
                    self._guarded(lambda: source.receive(content, buffers))
                    self.draw()
            return
        with self._lock:
            target = self.view.find(str(content.get("k")))
            if target is None or target.action is None or (self._busy and not target.always):
                return  # it was drawn before, and is gone, or rests
            self._guarded(lambda: self._act(target, content))
            self._guarded(self.draw)

    def _act(self, target: Element, content: Mapping[str, Any]) -> None:
        assert target.action is not None
        if target.slow:
            self.do(target.action)
            return
        target.action(*([content["v"]] if "v" in content else []))
        if content.get("enter") and target.enter:
            target.enter()
