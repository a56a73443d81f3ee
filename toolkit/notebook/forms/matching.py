"""The second step of an import: which column fills which field, and what fills those that no column does."""

from collections.abc import Hashable
from functools import partial
from typing import Any

import pandas as pd

from toolkit.errors import InputError
from toolkit.notebook.forms import parts
from toolkit.notebook.forms.checking import CheckOptions
from toolkit.notebook.forms.form import Form
from toolkit.notebook.forms.target import ImportTarget
from toolkit.notebook.forms.view import Child, Element, element
from toolkit.plain import message, plain, plural
from toolkit.sheets import Match, match_columns
from toolkit.spec import Choice, Field

SAMPLES = 3  # values of a column that are shown
SAMPLE = 40  # characters of each


class MatchStep:
    """The columns of a sheet beside the fields of its target."""

    def __init__(self, form: Form, target: ImportTarget) -> None:
        self._form, self._target = form, target
        self._sheet = pd.DataFrame()
        self._chosen: dict[Hashable, str | None] = {}  # what somebody chose otherwise than it was proposed
        self.constants: dict[str, str] = {}  # one value for all rows, by field
        self.frame = pd.DataFrame()  # the sheet, with a column for each of them
        self.match: Match | None = None
        self.options: CheckOptions = CheckOptions()

    def begin(self, sheet: pd.DataFrame) -> None:
        """Propose a match. What was chosen for a sheet with the same columns stays."""
        if list(sheet.columns) != list(self._sheet.columns):
            self._chosen, self.constants = {}, {}
        self._sheet, self._operation = sheet, self._target.operation()
        self._propose()

    def _propose(self) -> None:
        names = {f.name for f in self.match.fields} if self.match else set()
        self.constants = {field: value for field, value in self.constants.items() if value or field in names}
        self.frame = self._sheet.assign(**{field: value for field, value in self.constants.items() if value})
        self.frame.attrs = dict(self._sheet.attrs)
        self.match = match_columns(self.frame, self._operation)
        for column, field in self._chosen.items():
            if field is None or field in {f.name for f in self.match.fields}:
                self.match[column] = field

    def require_all(self) -> None:
        """Every required field is filled.

        Raises:
            InputError: some are not; the first of them has the focus.
        """
        assert self.match is not None
        if self.match.missing:
            self._form.move_focus(f"constant-{self.match.missing[0]}")
            raise InputError(message("Required, and filled by no column: {names}", names=", ".join(self.match.missing)))

    def choose(self, column: Hashable, field: str | None) -> None:
        """Give a column to a field, or to none; the column that had it has none then."""
        assert self.match is not None
        taken = [c for c, f in self.match.columns.items() if field and f == field and c != column]
        self.match[column] = field
        self._chosen[column] = field
        self._chosen |= dict.fromkeys((c for c in taken if c not in self.constants), None)
        for c in taken:
            if self.constants.pop(str(c), None):
                self._propose()

    def fill(self, field: str, value: str) -> None:
        """Give a field the same value in all rows."""
        self.constants[field] = value.strip()
        if not self.constants[field]:
            del self.constants[field]
        self._propose()

    # ── what is shown ──

    def elements(self) -> list[Child]:
        """A line for each column, and one for each field that none fills."""
        assert self.match is not None
        heads = [message("Column"), message("Samples"), message("Field"), message("Why")]
        lines = [self._line(line) for line in self.match.table.to_dict("records") if line["column"] in self._sheet]
        return [
            parts.heading(message("Which column fills which field"), key="match"),
            parts.grid(heads, lines, label=message("Which column fills which field"), name="match-table"),
            *self._unfilled(),
            self.options.element(self.match),
            *self._target.asked(self.match),
            *self._preview(),
        ]

    def _line(self, line: dict[Hashable, Any]) -> list[Child]:
        assert self.match is not None
        column = line["column"]
        position = list(self._sheet.columns).index(column)
        options = [(message("(leave out)"), "")] + [(self._field(f), f.name) for f in self.match.fields]
        now = self.match[column] or ""
        box = parts.choice(
            "match",
            options,
            value=now,
            change=lambda field: self.choose(column, field or None),
            key=f"match-{position}",
            aria_label=str(column),
        )
        return [element("b", str(column)), self._samples(column), box, str(line["reason"])]

    def _samples(self, column: Hashable) -> str:
        values = [plain(v) for v in self._sheet[column].dropna().head(200).unique()[:SAMPLES]]
        return ", ".join(v if len(v) <= SAMPLE else f"{v[:SAMPLE]}…" for v in values)

    def _field(self, field: Field) -> str:
        required = f" · {message('required')}" if field.required else ""
        return f"{field.name} · {message(field.kind)}{required}"

    def _unfilled(self) -> list[Child]:
        """The fields that no column of the sheet fills: one value for all rows, where somebody wants one."""
        assert self.match is not None
        taken = {f for c, f in self.match.columns.items() if c in self._sheet.columns}
        open_fields = [f for f in self.match.fields if f.name not in taken and not f.readonly]
        if not open_fields:
            return []
        must = [f for f in open_fields if f.required]
        rest = [f for f in open_fields if not f.required]
        opened = any(f.name in self.constants for f in rest)
        more = element(
            "details",
            element("summary", message("Optional fields ({count})", count=len(rest))),
            parts.row(*map(self._constant, rest)),
            open=opened,
            key="optional-fields",
        )
        boxes = parts.row(*map(self._constant, must))
        return [
            parts.heading(message("Filled by no column: the same value for all rows")),
            boxes if must else None,
            more if rest else None,
        ]

    def _constant(self, field: Field) -> Element:
        now, key = self.constants.get(field.name, ""), f"constant-{field.name}"
        change = partial(self.fill, field.name)
        if isinstance(field, Choice):
            shown = [("", ""), *parts.options_of(field.choices)]
            box = parts.choice("constant", shown, value=now, change=change, key=key)
        else:
            box = parts.line_box("constant", now, change=change, key=key)
        required = f" ({message('required')})" if field.required else ""
        return parts.labelled(box, f"{field.name}{required}")

    def _preview(self) -> list[Child]:
        assert self.match is not None
        names = {column: field for column, field in self.match.columns.items() if field}
        if not names:
            return []
        sent = self.frame[[*names]].head(SAMPLES).rename(columns=names)
        return [
            parts.heading(message("What will be sent"), plural("{count} row", "{count} rows", count=len(self.frame))),
            parts.table(sent),
        ]

    # ── as code ──

    def code(self) -> list[str]:
        """The statements that match the sheet."""
        assert self.match is not None
        fresh = match_columns(self.frame, self._operation)
        lines = [f"sheet[{field!r}] = {value!r}" for field, value in self.constants.items()]
        lines.append(f"match = toolkit.match_columns(sheet, {self._target.operation_code()})")
        changed = [(c, f) for c, f in self.match.columns.items() if fresh[c] != f]
        changed.sort(key=lambda pair: pair[1] is not None)
        return lines + [f"match[{column!r}] = {field!r}" for column, field in changed]
