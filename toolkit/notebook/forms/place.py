"""Where signatures go: a place picked on a picture of the page, or numbers."""

from typing import Any

import ipywidgets as w

from toolkit.errors import InputError
from toolkit.notebook.forms.form import button, row
from toolkit.notebook.forms.inert import text
from toolkit.notebook.forms.widgets import Input, values_of
from toolkit.notebook.words import word
from toolkit.vendors.signio.api.signers import Stamp
from toolkit.vendors.signio.places import A4, stamp

PLACES = [f"{up} {across}" for up in ("top", "middle", "bottom") for across in ("left", "centre", "right")]
PAGES = {"last": "of the last page", "first": "of the first page"}


class Place(w.VBox):
    """The place of the first signature; others who share it stand beside it."""

    def __init__(self) -> None:
        self._chosen = "bottom left"
        self._page = w.Dropdown(options=[(word(f"{p} page"), p) for p in PAGES], description=word("page"))
        self._page.layout = w.Layout(width="14em")
        self._page.style.description_width = "initial"
        self._page.add_class("tk-page")
        self._picture = w.HTML()
        self._cells = {place: self._cell(place) for place in PLACES}
        layout = w.Layout(
            grid_template_columns="repeat(3, 1fr)",
            grid_template_rows="repeat(3, 1fr)",
            width="150px",
            height="212px",
            grid_gap="2px",
        )
        picker = w.GridBox(list(self._cells.values()), layout=layout)
        self._by_numbers = w.Checkbox(description=word("by numbers"), indent=False, layout=w.Layout(width="auto"))
        self._by_numbers.add_class("tk-by-numbers")
        self._numbers = [Input(field) for field in Stamp.fields]
        self._exact = row(*self._numbers)
        self._exact.layout.display = "none"
        heading = w.HTML(f"<h4>{text(word('place'))}</h4>")
        super().__init__([heading, row(self._picture, picker, self._page), self._by_numbers, self._exact])
        self._by_numbers.observe(self._switch, "value")
        for each in self._numbers:
            each.widget.observe(lambda _: self._draw(), "value")
        self.choose(self._chosen)

    def _cell(self, place: str) -> w.Button:
        made = button(" ", f"place-{place.replace(' ', '-')}", lambda: self.choose(place))
        made.tooltip, made.layout = word(place), w.Layout(width="auto", height="auto", margin="0", padding="0")
        return made

    def choose(self, place: str) -> None:
        """Pick one of the nine places; the numbers follow."""
        self._chosen = place
        for name, cell in self._cells.items():
            cell.button_style = "primary" if name == place else ""
            cell.description = "✍" if name == place else " "
        for name, number in stamp(self._named, [A4]).items():
            next(i for i in self._numbers if i.field.name == name).widget.value = str(number)
        self._draw()

    def read(self) -> Any:
        """The place in words; the vendor's own numbers where they were asked for.

        Raises:
            InputError: the numbers are no place on a page.
        """
        return values_of(self._numbers) if self._by_numbers.value else self._named

    @property
    def _named(self) -> str:
        return f"{self._chosen} {PAGES[self._page.value]}"

    def _switch(self, change: dict[str, Any]) -> None:
        self._exact.layout.display = "" if change["new"] else "none"

    def _draw(self) -> None:
        try:
            at = values_of(self._numbers)
            at = stamp(at | {"pagina": 1}, [A4])
        except (InputError, ValueError) as problem:
            self._picture.value = f"<span class='tk-wrong' role='alert'>⚠ {text(problem)}</span>"
            return
        top = A4[1] - at["y"] - at["alto"]
        size = f"x='{at['x']}' y='{top:g}' width='{at['ancho']}' height='{at['alto']}'"
        lines = "".join(f"<path d='M60 {y}H535' stroke='var(--jp-border-color2)' stroke-width='6'/>"
                        for y in range(90, 780, 45))  # fmt: skip
        page = "<rect width='595' height='842' fill='var(--jp-layout-color1)' stroke='var(--jp-border-color1)' " \
               "stroke-width='6'/>"  # fmt: skip
        box = f"<rect {size} fill='var(--jp-brand-color1)' fill-opacity='0.75'/>"
        said = text(f"{word('place')}: {word(self._chosen)}")
        self._picture.value = (
            f"<svg viewBox='0 0 595 842' width='150' role='img' aria-label='{said}'>{page}{lines}{box}</svg>"
        )
