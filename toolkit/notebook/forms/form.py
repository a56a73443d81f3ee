"""What every form is: what it asks, what it does beside the kernel, what it says, and the code that does the same."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import ipywidgets as w

from toolkit.errors import ToolkitError
from toolkit.http.secrets import scrub
from toolkit.notebook.forms.inert import text
from toolkit.notebook.words import word
from toolkit.plain import plain

ACTION = "tk-action"
STYLE = """<style>
.tk-form { max-width: 64em; padding: 4px 2px; }
.tk-form h3, .tk-form h4 { margin: 4px 0; color: var(--jp-content-font-color0); }
.tk-form .widget-html-content { line-height: 1.4; white-space: normal; }
.tk-form .jupyter-button { align-self: flex-start; flex: none; }
.tk-form .tk-row > .jupyter-button { align-self: center; }
.tk-form .widget-gridbox .jupyter-button { align-self: stretch; min-width: 0; }
.tk-form .tk-input { margin: 2px 12px 6px 2px; max-width: 40em; flex: none; overflow: visible; }
.tk-form .tk-row > .tk-input { flex: 1 1 11em; align-self: flex-start; }
.tk-input > .widget-inline-hbox { flex-direction: column; align-items: stretch; width: auto; height: auto; margin: 0; }
.tk-input > .widget-inline-hbox > .widget-label { width: auto; text-align: left; font-weight: 600; }
.tk-input > .widget-inline-hbox > :is(input, select) { flex: none; width: 100%; }
.tk-input > .widget-inline-hbox > :is(input, select:not([multiple])) { height: var(--jp-widgets-inline-height); }
.tk-input > .widget-html { min-height: 0; height: auto; }
.tk-form .tk-help { color: var(--jp-content-font-color2); font-size: var(--jp-ui-font-size0); }
.tk-form .tk-wrong { color: var(--jp-error-color1); overflow-wrap: anywhere; }
.tk-form .tk-row { flex-flow: row wrap; align-items: center; gap: 2px 8px; }
.tk-form .tk-table { overflow: auto; max-width: 100%; max-height: 24em; }
.tk-form .tk-table table { border-collapse: collapse; font-size: var(--jp-ui-font-size1); }
.tk-form .tk-table :is(td, th) { padding: 2px 10px; text-align: left; max-width: 28em; overflow-wrap: break-word; }
.tk-form .tk-table tbody th { white-space: nowrap; }
.tk-form .tk-table td { min-width: 5em; }
.tk-form .tk-table tr { border-bottom: 1px solid var(--jp-border-color2); }
.tk-form .tk-table thead { background: var(--jp-layout-color2); }
.tk-form pre { white-space: pre-wrap; word-break: normal; overflow-wrap: break-word; padding: 6px 10px;
  background: var(--jp-layout-color2); color: var(--jp-content-font-color1); }
.tk-heard > .widget-label { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.tk-grid > .widget-vbox > .tk-row { border-bottom: 1px solid var(--jp-border-color2); }
@media (max-width: 760px) { .tk-grid .tk-head { display: none; } }
.tk-form ul { margin: 2px 0 2px 18px; padding: 0; }
.tk-form a { color: var(--jp-content-link-color); text-decoration: underline; }
.tk-form .tk-cell { overflow-wrap: anywhere; }
</style>"""


class Form(w.VBox):
    """A form. Its methods can be called from code as well: there they raise, and a click shows what they raise."""

    def __init__(self, title: str) -> None:
        self.code = ""
        self._busy = False
        self._thread: threading.Thread | None = None
        self.body, self.results = w.VBox(), w.VBox()
        self.message = w.HTML()
        self.message.add_class("tk-message")
        self._code = w.HTML(layout=w.Layout(display="none"))
        self._code.add_class("tk-code")
        show = w.ToggleButton(description=word("show code"), layout=w.Layout(width="auto"))
        show.add_class("tk-show-code")
        show.observe(self._reveal, "value")
        super().__init__(
            [w.HTML(f"{STYLE}<h3>{text(title)}</h3>"), self.body, self.message, self.results, show, self._code]
        )
        self.add_class("tk-form")

    def _reveal(self, change: dict[str, Any]) -> None:
        self._code.layout.display = "" if change["new"] else "none"

    # ── what it says ──

    def say(self, message: str, *, wrong: bool = False) -> None:
        """Show a sentence, and let screen readers read it out."""
        role, sign, look = ("alert", "⚠ ", " class='tk-wrong'") if wrong else ("status", "", "")
        said = f"<div role='{role}'{look} style='white-space:pre-wrap'>{sign}{text(scrub(message))}</div>"
        self.message.value = said if message else ""

    def show_code(self, code: str) -> None:
        """The Python that does the same as the form."""
        self.code = scrub(code)
        self._code.value = f"<pre tabindex='0'>{text(self.code)}</pre>"

    # ── what it does ──

    def button(self, label: str, name: str, action: Callable[[], Any], *, style: str = "") -> w.Button:
        """A button for something that may take a while: it is done beside the kernel."""
        made = button(label, name, lambda: self.do(action), style=style)
        made.disabled = self._busy
        made.add_class(ACTION)
        return made

    def do(self, action: Callable[[], Any]) -> None:
        """Begin an action beside the kernel. Until it has ended, the form begins no other."""
        if self._busy:
            return
        self.join()
        self._busy = True
        self._enable(False)
        self.say(word("working"))
        self._thread = threading.Thread(target=self._run, args=(action, self.message.value), daemon=True)
        self._thread.start()

    def join(self, seconds: float | None = None) -> None:
        """Wait for the action that was begun last."""
        if self._thread:
            self._thread.join(seconds)

    def _run(self, action: Callable[[], Any], working: str) -> None:
        try:
            action()
            if self.message.value == working:
                self.say("")
        except ToolkitError as problem:
            self.say(str(problem), wrong=True)
        except Exception as problem:  # noqa: BLE001 (whatever it is, somebody has to see it: a thread has no reader)
            self.say(f"{type(problem).__name__}: {problem}", wrong=True)
        finally:
            self._busy = False
            self._enable(True)

    def _enable(self, on: bool) -> None:
        for widget in _within(self):
            if ACTION in widget._dom_classes:
                widget.disabled = not on


def _within(widget: w.Widget) -> Iterator[w.Widget]:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from _within(child)


def button(label: str, name: str, action: Callable[[], Any], *, style: str = "") -> w.Button:
    """A button for something that is done at once and cannot fail."""
    made = w.Button(description=plain(label), button_style=style, layout=w.Layout(width="auto"))
    made.add_class(f"tk-{name}")
    made.on_click(lambda _: action())
    return made


def row(*children: w.Widget) -> w.HBox:
    """Widgets beside each other where there is room, below each other where there is none."""
    made = w.HBox(children)
    made.add_class("tk-row")
    return made
