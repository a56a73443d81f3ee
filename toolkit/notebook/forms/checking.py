"""How cells are read where they can be read in two ways: decided by the cells themselves, or by a person."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from toolkit.notebook.forms import parts
from toolkit.notebook.forms.view import Child, Element, element
from toolkit.plain import message
from toolkit.sheets import Match
from toolkit.spec import Date, Number, Phone, Timestamp

COUNTRIES = ("AR", "BO", "BR", "CL", "CO", "CR", "EC", "ES", "GT", "MX", "PA", "PE", "PY", "UA", "US", "UY", "VE")
SIGNS = {",": "1.234,50", ".": "1,234.50"}
ORDERS = {"yes": "31/01/2026", "no": "01/31/2026"}


class CheckOptions:
    """What somebody says of it; the rest is decided by the cells, and said in the check's notes."""

    def __init__(self) -> None:
        self._chosen: dict[str, str] = {}  # by argument of `check`

    def arguments(self) -> dict[str, Any]:
        """As `check` takes it."""
        known: dict[str, Any] = {name: text for name, text in self._chosen.items() if text}
        if "day_first" in known:
            known["day_first"] = known["day_first"] == "yes"
        if "empty" in known:
            known["empty"] = [each.strip() for each in known["empty"].split(";") if each.strip()]
        return known

    def code(self) -> str:
        """The same, as further arguments."""
        return "".join(f", {name}={value!r}" for name, value in self.arguments().items())

    def element(self, match: Match) -> Child:
        """The boxes for what matters among the fields that are filled."""
        taken = {field for field in match.columns.values() if field}
        kinds = [type(f) for f in match.fields if f.name in taken]
        asked = [
            ((Phone,), "country", message("Country of phones"), [(c, c) for c in COUNTRIES]),
            (
                (Number,),
                "decimal",
                message("Decimal sign"),
                [(f"{sign} ({text})", sign) for sign, text in SIGNS.items()],
            ),
            (
                (Date, Timestamp),
                "day_first",
                message("Order of dates"),
                [(text, code) for code, text in ORDERS.items()],
            ),
        ]
        boxes = [
            self._box(name, label, options)
            for of, name, label, options in asked
            if any(issubclass(k, of) for k in kinds)
        ]
        words = parts.line_box(
            "read-empty", self._chosen.get("empty", ""), change=partial(self._take, "empty"), placeholder="s/i; -"
        )
        boxes.append(parts.labelled(words, message("Words that stand for nothing")))
        summary = element("summary", message("How cells are read"))
        return element("details", summary, parts.row(*boxes), key="check-options", open=bool(self.arguments()))

    def _box(self, name: str, label: str, options: Sequence[tuple[str, str]]) -> Element:
        shown = [(message("(decided by the cells)"), ""), *options]
        now = self._chosen.get(name, "")
        return parts.labelled(parts.choice(f"read-{name}", shown, value=now, change=partial(self._take, name)), label)

    def _take(self, name: str, text: str) -> None:
        self._chosen[name] = text.strip()
