"""How cells are read where they can be read in two ways: decided by the cells themselves, or by a person."""

from collections.abc import Sequence
from typing import Any

from toolkit.notebook.forms import parts
from toolkit.notebook.forms.view import Child, element
from toolkit.plain import message
from toolkit.sheets import Match
from toolkit.spec import Date, Number, Phone, Timestamp

COUNTRIES = ("AR", "BO", "BR", "CL", "CO", "CR", "EC", "ES", "GT", "MX", "PA", "PE", "PY", "UA", "US", "UY", "VE")
SIGNS = {",": "1.234,50", ".": "1,234.50"}
ORDERS = {"yes": "31/01/2026", "no": "01/31/2026"}


class CheckOptions:
    """What somebody says of it; the rest is decided by the cells, and said in the check's notes."""

    def __init__(self) -> None:
        self._country = self._sign = self._order = ""
        self._nothing: list[str] = []  # words that stand for nothing

    def arguments(self) -> dict[str, Any]:
        """As `check` takes it."""
        known = {"country": self._country or None, "decimal": self._sign or None}
        day_first = {"yes": True, "no": False}.get(self._order)
        return {
            name: value
            for name, value in {**known, "day_first": day_first, "empty": self._nothing or None}.items()
            if value is not None
        }

    def code(self) -> str:
        """The same, as further arguments."""
        return "".join(f", {name}={value!r}" for name, value in self.arguments().items())

    def element(self, match: Match) -> Child:
        """The boxes for what matters among the fields that are filled."""
        taken = {field for field in match.columns.values() if field}
        kinds = [type(f) for f in match.fields if f.name in taken]

        def has(*of: type) -> bool:
            return any(issubclass(kind, of) for kind in kinds)

        boxes = [
            self._box("country", message("Country of phones"), [(c, c) for c in COUNTRIES], self._country)
            if has(Phone)
            else None,
            self._box("decimal", message("Decimal sign"), [*map(_shown, SIGNS.items())], self._sign)
            if has(Number)
            else None,
            self._box("days", message("Order of dates"), [(text, code) for code, text in ORDERS.items()], self._order)
            if has(Date, Timestamp)
            else None,
            self._words(),
        ]
        summary = element("summary", message("How cells are read"))
        return element("details", summary, parts.row(*boxes), key="check-options", open=bool(self.arguments()))

    def _box(self, name: str, label: str, options: Sequence[tuple[str, str]], now: str) -> Child:
        shown = [(message("(decided by the cells)"), ""), *options]
        box = parts.choice(f"read-{name}", shown, value=now, change=lambda value: self._take(name, value))
        return parts.labelled(box, label)

    def _take(self, name: str, value: str) -> None:
        attribute = {"country": "_country", "decimal": "_sign", "days": "_order"}[name]
        setattr(self, attribute, value)

    def _words(self) -> Child:
        box = parts.line_box("read-nothing", "; ".join(self._nothing), change=self._mean_nothing, placeholder="s/i; -")
        return parts.labelled(box, message("Words that stand for nothing"))

    def _mean_nothing(self, words: str) -> None:
        self._nothing = [each.strip() for each in words.split(";") if each.strip()]


def _shown(sign: tuple[str, str]) -> tuple[str, str]:
    return f"{sign[0]} ({sign[1]})", sign[0]
