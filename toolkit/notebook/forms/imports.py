"""Spreadsheets into contact databases, card codes and consumer-data requests: one flow, three aims."""

from collections.abc import Mapping, Sequence
from typing import Any

import ipywidgets as w
import pandas as pd

from toolkit.notebook.forms.sheet import Aim, SheetForm
from toolkit.notebook.forms.widgets import Input, values_of
from toolkit.notebook.words import word
from toolkit.plain import plain
from toolkit.vendors.carmachain.api import Person
from toolkit.vendors.carmachain.client import CarmaChain
from toolkit.vendors.ida.client import Ida
from toolkit.vendors.nddprint.api import NewCardCode
from toolkit.vendors.nddprint.client import NddPrint


def _new(only_new: bool) -> str:
    return ", only_new=True" if only_new else ""


class Contacts(Aim):
    """Records of a contact database."""

    title = "title contacts"
    takes_bad_rows = True

    def __init__(self, ida: Ida) -> None:
        self._ida = ida
        found = ida.databases()
        names = [
            (plain(f"{name} ({number})"), int(number)) for number, name in found[["id", "name"]].itertuples(index=False)
        ]
        self._database = w.Dropdown(options=names, description=word("database"))
        self._database.style.description_width = "initial"
        self._database.layout = w.Layout(width="auto", max_width="40em")
        self._database.add_class("tk-database")

    def before(self) -> Sequence[w.Widget]:
        return (self._database,)

    def fields(self) -> pd.DataFrame:
        return self._ida.fields(self._database.value)

    def send(self, rows: pd.DataFrame, only_new: bool, settings: Mapping[str, Any]) -> Any:
        return self._ida.insert_records(self._database.value, rows, only_new=only_new, push=settings)

    def code(self, only_new: bool) -> str:
        return f"report = api.ida.insert_records({self._database.value}, rows{_new(only_new)})"


class Codes(Aim):
    """Card codes of print users."""

    title = "title codes"

    def __init__(self, nddprint: NddPrint) -> None:
        self._nddprint = nddprint
        self._replace = w.Checkbox(description=word("replace codes"), indent=False, layout=w.Layout(width="auto"))
        self._replace.add_class("tk-replace")

    def before(self) -> Sequence[w.Widget]:
        return (self._replace,)

    def fields(self) -> Any:
        return NewCardCode

    def send(self, rows: pd.DataFrame, only_new: bool, settings: Mapping[str, Any]) -> Any:
        return self._nddprint.add_card_codes(rows, replace=self._replace.value, only_new=only_new, push=settings)

    def code(self, only_new: bool) -> str:
        replace = ", replace=True" if self._replace.value else ""
        return f"report = api.nddprint.add_card_codes(rows{replace}{_new(only_new)})"


class People(Aim):
    """People to ask about."""

    title = "title people"

    def __init__(self, carmachain: CarmaChain) -> None:
        self._carmachain, self.warning = carmachain, word("costs")
        known = carmachain.endpoints["create_request"].arguments
        self._categories = Input(next(a for a in known if a.name == "categories"))

    def before(self) -> Sequence[w.Widget]:
        return (self._categories,)

    def fields(self) -> Any:
        return Person

    def _chosen(self) -> list[str]:
        chosen: list[str] = values_of([self._categories])["categories"]
        return chosen

    def send(self, rows: pd.DataFrame, only_new: bool, settings: Mapping[str, Any]) -> Any:
        return self._carmachain.request(rows, categories=self._chosen(), only_new=only_new, push=settings)

    def code(self, only_new: bool) -> str:
        asked = f"api.carmachain.request(rows, categories={self._chosen()!r}{_new(only_new)})"
        return f"tickets = {asked}\nanswers = api.carmachain.collect(tickets)"


def import_records(ida: Ida) -> SheetForm:
    """Contacts from a spreadsheet into a contact database. `.report` of the form is what came of it."""
    return SheetForm(Contacts(ida))


def card_codes(nddprint: NddPrint) -> SheetForm:
    """Card codes from a spreadsheet to print users. `.report` of the form is what came of it."""
    return SheetForm(Codes(nddprint))


def people(carmachain: CarmaChain) -> SheetForm:
    """People from a spreadsheet into a consumer-data request. **It may cost money.** `.report` holds the tickets."""
    return SheetForm(People(carmachain))
