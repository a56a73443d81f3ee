"""IDA: make a contact database, change one record."""

from collections.abc import Iterable
from dataclasses import replace

import pandas as pd

from toolkit.errors import Rejected
from toolkit.notebook.forms import parts
from toolkit.notebook.forms.form import Form
from toolkit.notebook.forms.view import Child, element
from toolkit.notebook.forms.widgets import Input, as_code
from toolkit.plain import mark, message
from toolkit.spec import Integer, Text
from toolkit.vendors.ida.api import NewField
from toolkit.vendors.ida.client import Ida

ASKED = ("name", "label", "type", "required")  # of a new field; the rest keeps the document's defaults


class CreateDatabase(Form):
    """`database` is the identifier of the new one."""

    title = mark("IDA: a new contact database")

    def __init__(self, ida: Ida) -> None:
        super().__init__()
        self._ida = ida
        self.database: int | None = None
        self._name = ""
        self._inputs = [Input(a) for a in ida.endpoints["create_database"].arguments if a.name != "fields"]
        self._lines = list[list[Input]]()
        self.add_field()
        self.draw()

    def elements(self) -> Iterable[Child]:
        name, *others = (i.element() for i in self._inputs)
        lines = [parts.row(*(i.element() for i in line)) for line in self._lines]
        more = parts.button(message("Add a field"), self.add_field, name="add-field")
        rest = {"aria_disabled": None if self.database is None else "true"}
        make = self.button(message("Create"), "create", self.create, style="primary", **rest)
        return [name, parts.heading(message("Fields")), element("div", *lines), more, parts.row(*others), make]

    def add_field(self) -> None:
        """One more field; lines without a name are left out."""
        known = {f.name: f for f in NewField.fields}
        first, n = not self._lines, len(self._lines)
        fields = [replace(known[name], required=first and name == "name") for name in ASKED]
        line = [Input(f if first else replace(f, doc=""), key=f"field-{n}-{f.name}") for f in fields]
        self._lines.append(line)
        if not first:
            self.move_focus(line[0].key)

    def create(self) -> None:
        """Make the database. Once: the form says which one it made."""
        if self.database is not None:
            self.say(message("Created: {what}", what=self._label()))
            return
        filled = [line for n, line in enumerate(self._lines) if not n or line[0].read()]
        values, *fields = self.values(self._inputs, *filled)
        fields = [{k: v for k, v in each.items() if v not in (False, 0)} for each in fields]
        self._name = values.pop("name")
        self.show_code(f"api.ida.create_database({self._name!r}, {fields!r}{as_code(values)})")
        self.database = self._ida.create_database(self._name, pd.DataFrame(fields), **values)
        self.say(message("Created: {what}", what=self._label()))

    def _label(self) -> str:
        return f"{self._name} ({self.database})"


class EditRecord(Form):
    """One record: looked up by its number, changed field by field. `record` is what it holds."""

    title = mark("IDA: one record")

    def __init__(self, ida: Ida) -> None:
        super().__init__()
        self._ida = ida
        self.record = pd.DataFrame()
        self._id = Input(Integer(mark("Identifier of the record."), name="record", required=True, minimum=0))
        self._number = 0
        self._inputs: list[Input] = []
        self.draw()

    def elements(self) -> Iterable[Child]:
        load = self.button(message("Load"), "load", self.load, style="" if self._inputs else "primary")
        save = self.button(message("Save changes"), "save", self.save, style="primary") if self._inputs else None
        return [self._id.element(), load, parts.row(*(i.element() for i in self._inputs)), save]

    def load(self) -> None:
        """Show what the record holds."""
        self._inputs = []
        (asked,) = self.values([self._id])
        self._number = asked["record"]
        self.show_code(f"api.ida.record({self._number})")
        self.record = self._ida.record(self._number)
        values = self._values().items()
        self._inputs = [Input(Text("", name=name, default=value), key=f"of-{name}") for name, value in values]
        self.move_focus(self._inputs[0].key)

    def save(self) -> None:
        """Send the fields that were changed, and no other."""
        before = self._values()
        changed = {i.field.name: i.value for i in self._inputs if i.value != before[i.field.name]}
        for i in self._inputs:
            i.wrong = ""
        if not changed:
            self.say(message("Nothing was changed."))
            return
        self.show_code(f"api.ida.update_record({self._number}, {changed!r})")
        try:
            self.record = self._ida.update_record(self._number, changed)
        except Rejected as refused:
            for i in self._inputs:
                if (sent := changed.get(i.field.name)) and sent in refused.message:
                    i.wrong = refused.message
                    self.move_focus(i.key)
            raise
        self.say(f"{message('Changed')}: {', '.join(changed)}")

    def _values(self) -> dict[str, str]:
        row = self.record.iloc[0]
        return {str(name): "" if pd.isna(value) else str(value) for name, value in row.items()}


def create_database(ida: Ida) -> CreateDatabase:
    """Make a contact database with its fields. `.database` is its identifier."""
    return CreateDatabase(ida)


def edit_record(ida: Ida) -> EditRecord:
    """Look a record up by its number and change it. `.record` is what it holds."""
    return EditRecord(ida)
