"""IDA: make a contact database, change one record."""

from dataclasses import replace

import ipywidgets as w
import pandas as pd

from toolkit.errors import InputError, Rejected
from toolkit.notebook.forms.form import Form, row
from toolkit.notebook.forms.inert import text
from toolkit.notebook.forms.widgets import Input, as_code, values_of
from toolkit.notebook.words import word
from toolkit.spec import Integer, Text
from toolkit.vendors.ida.api import NewField
from toolkit.vendors.ida.client import Ida

ASKED = ("name", "label", "type", "required")  # of a new field; the rest keeps the document's defaults


class CreateDatabase(Form):
    """`database` is the new one, as one row."""

    def __init__(self, ida: Ida) -> None:
        super().__init__(word("title create"))
        self._ida = ida
        self.database = pd.DataFrame()
        self._inputs = [Input(a) for a in ida.endpoints["create_database"].arguments if a.name != "fields"]
        self._fields, self._lines = w.VBox(), list[list[Input]]()
        more = self.button(word("more field"), "add-field", self.add_field)
        make = self.button(word("create"), "create", self.create, style="success")
        heading = w.HTML(f"<h4>{text(word('fields'))}</h4>")
        name, *others = self._inputs
        self.body.children = [name, heading, self._fields, more, row(*others), make]
        self.add_field()

    def add_field(self) -> None:
        """One more field; lines without a name are left out."""
        known = {f.name: f for f in NewField.fields}
        first = not self._lines
        fields = [replace(known[name], required=first and name == "name") for name in ASKED]
        line = [Input(f if first else replace(f, doc="")) for f in fields]
        self._lines.append(line)
        self._fields.children = [row(*each) for each in self._lines]

    def create(self) -> None:
        """Make the database. Once: the form says which one it made."""
        if len(self.database):
            raise InputError(word("created", what=self._made()))
        values = values_of(self._inputs)
        filled = [line for n, line in enumerate(self._lines) if not n or line[0].read()]
        fields = [{k: v for k, v in values_of(line).items() if v not in (False, 0)} for line in filled]
        name = values.pop("name")
        self.show_code(f"api.ida.create_database({name!r}, {fields!r}{as_code(values)})")
        self.database = self._ida.create_database(name, pd.DataFrame(fields), **values)
        self.say(word("created", what=self._made()))

    def _made(self) -> str:
        return f"{self.database['name'].iloc[0]} ({self.database['id'].iloc[0]})"


class EditRecord(Form):
    """One record: looked up by its number, changed field by field. `record` is what it holds."""

    def __init__(self, ida: Ida) -> None:
        super().__init__(word("title edit"))
        self._ida = ida
        self.record = pd.DataFrame()
        self._id = Input(Integer("Identifier of the record.", name="record", required=True, minimum=0))
        self._number = 0
        self._inputs: list[Input] = []
        self._fields = w.VBox()
        load = self.button(word("load"), "load", self.load, style="primary")
        self.body.children = [self._id, load, self._fields]

    def load(self) -> None:
        """Show what the record holds."""
        self._fields.children = []
        self._number = values_of([self._id])["record"]
        self.show_code(f"api.ida.record({self._number})")
        self.record = self._ida.record(self._number)
        self._inputs = [Input(Text("", name=name, default=value)) for name, value in self._held().items()]
        save = self.button(word("change"), "save", self.save, style="success")
        self._fields.children = [row(*self._inputs), save]

    def save(self) -> None:
        """Send the fields that were changed, and no other."""
        held = self._held()
        changed = {i.field.name: i.widget.value for i in self._inputs if i.widget.value != held[i.field.name]}
        for i in self._inputs:
            i.say()
        if not changed:
            self.say(word("nothing changed"))
            return
        self.show_code(f"api.ida.update_record({self._number}{as_code(changed)})")
        try:
            self.record = self._ida.update_record(self._number, **changed)
        except Rejected as refused:
            for i in self._inputs:
                if (sent := changed.get(i.field.name)) and sent in refused.message:
                    i.say(refused.message)
            raise
        self.say(f"{word('changed')}: {', '.join(changed)}")

    def _held(self) -> dict[str, str]:
        row = self.record.iloc[0]
        return {str(name): "" if pd.isna(value) else str(value) for name, value in row.items()}


def create_database(ida: Ida) -> CreateDatabase:
    """Make a contact database with its fields. `.database` is the new one."""
    return CreateDatabase(ida)


def edit_record(ida: Ida) -> EditRecord:
    """Look a record up by its number and change it. `.record` is what it holds."""
    return EditRecord(ida)
