"""Spreadsheets into contact databases, card codes and consumer-data requests: one flow, three targets."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from toolkit.notebook.forms import parts
from toolkit.notebook.forms.sheet import SheetForm
from toolkit.notebook.forms.target import ImportTarget
from toolkit.notebook.forms.view import Child
from toolkit.notebook.forms.widgets import Input
from toolkit.plain import mark, message
from toolkit.push import IfSent, Report
from toolkit.sheets import Check, Match
from toolkit.vendors.carmachain.client import CarmaChain
from toolkit.vendors.ida.client import Ida
from toolkit.vendors.nddprint.client import NddPrint


class Contacts(ImportTarget):
    """Records of a contact database."""

    title: str = mark("IDA: contacts from a sheet")
    call: str = "api.ida.insert_records"

    def __init__(self, ida: Ida) -> None:
        self._ida = ida
        databases = ida.databases()[["id", "name"]].itertuples(index=False)
        self._databases = {str(number): f"{name} ({number})" for number, name in databases}
        self._database = next(iter(self._databases), "")

    def before(self) -> Sequence[Child]:
        options = [(label, number) for number, label in self._databases.items()]
        box = parts.choice("database", options, value=self._database, change=partial(setattr, self, "_database"))
        return (parts.labelled(box, message("Contact database")),)

    def operation(self) -> Any:
        return self._ida.fields(int(self._database))

    def operation_code(self) -> str:
        return f"api.ida.fields({self._database})"

    def method(self) -> Callable[..., Report]:
        return self._ida.insert_records

    def arguments(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return (int(self._database),), {}


class Codes(ImportTarget):
    """Card codes of print users."""

    title: str = mark("nddPrint 360: card codes from a sheet")
    call: str = "api.nddprint.add_card_codes"

    def __init__(self, nddprint: NddPrint) -> None:
        self._nddprint = nddprint
        self._replace = False

    def before(self) -> Sequence[Child]:
        return (
            parts.tick(
                "replace-codes",
                message("Where a user may have one code only, replace the old one"),
                value=self._replace,
                change=partial(setattr, self, "_replace"),
            ),
        )

    def method(self) -> Callable[..., Report]:
        return self._nddprint.add_card_codes

    def arguments(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return (), {"replace": True} if self._replace else {}


class People(ImportTarget):
    """People to ask about."""

    title: str = mark("CarmaChain: ask about the people of a sheet")
    call: str = "api.carmachain.request"

    def __init__(self, carmachain: CarmaChain) -> None:
        self._carmachain, self.warning = carmachain, message("Each question may cost money.")
        known = carmachain.endpoints["create_request"].arguments
        self._categories = Input(next(a for a in known if a.name == "categories"))

    def before(self) -> Sequence[Child]:
        return (self._categories.element(),)

    def method(self) -> Callable[..., Report]:
        return self._carmachain.request

    def prepare(self, check: Check, match: Match) -> None:
        self.form.values([self._categories])

    def arguments(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        (values,) = self.form.values([self._categories])
        return (), {"categories": values["categories"]}

    def code(self, *, if_sent: IfSent) -> str:
        return f"{super().code(if_sent=if_sent)}\nanswers = api.carmachain.collect(report)"


def import_records(ida: Ida) -> SheetForm:
    """Contacts from a spreadsheet into a contact database. `.report` of the form is what came of it."""
    return SheetForm(Contacts(ida))


def card_codes(nddprint: NddPrint) -> SheetForm:
    """Card codes from a spreadsheet to print users. `.report` of the form is what came of it."""
    return SheetForm(Codes(nddprint))


def people(carmachain: CarmaChain) -> SheetForm:
    """People from a spreadsheet into a consumer-data request. **It may cost money.** `.report` has the tickets."""
    return SheetForm(People(carmachain))
