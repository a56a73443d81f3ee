"""Spreadsheets into contact databases, card codes and consumer-data requests: one flow, three targets."""

from collections.abc import Mapping, Sequence
from typing import Any

from toolkit.notebook.forms import parts
from toolkit.notebook.forms.sheet import SheetForm
from toolkit.notebook.forms.target import ImportTarget
from toolkit.notebook.forms.view import Child
from toolkit.notebook.forms.widgets import Input
from toolkit.plain import mark, message
from toolkit.push import IfSent, Report
from toolkit.sheets import Check
from toolkit.vendors.carmachain.client import CarmaChain
from toolkit.vendors.ida.client import Ida
from toolkit.vendors.nddprint.client import NddPrint


def _new(if_sent: IfSent) -> str:
    return f", if_sent={if_sent!r}" if if_sent != "raise" else ""


class Contacts(ImportTarget):
    """Records of a contact database."""

    title: str = mark("IDA: contacts from a sheet")

    def __init__(self, ida: Ida) -> None:
        self._ida = ida
        databases = ida.databases()[["id", "name"]].itertuples(index=False)
        self._databases = {str(number): f"{name} ({number})" for number, name in databases}
        self._database = next(iter(self._databases), "")

    def before(self) -> Sequence[Child]:
        options = [(label, number) for number, label in self._databases.items()]
        box = parts.choice("database", options, value=self._database, change=self._choose)
        return (parts.labelled(box, message("Contact database")),)

    def _choose(self, number: str) -> None:
        self._database = number

    @property
    def _id(self) -> int:
        return int(self._database)

    def operation(self) -> Any:
        return self._ida.fields(self._id)

    def operation_code(self) -> str:
        return f"api.ida.fields({self._id})"

    def send(self, check: Check, *, if_sent: IfSent, options: Mapping[str, Any]) -> Report:
        return self._ida.insert_records(self._id, check, if_sent=if_sent, options=options)

    def code(self, *, if_sent: IfSent) -> str:
        return f"report = api.ida.insert_records({self._id}, check{_new(if_sent)})"


class Codes(ImportTarget):
    """Card codes of print users."""

    title: str = mark("nddPrint 360: card codes from a sheet")

    def __init__(self, nddprint: NddPrint) -> None:
        self._nddprint = nddprint
        self._replace = False

    def before(self) -> Sequence[Child]:
        return (
            parts.tick(
                "replace-codes",
                message("Where a user may have one code only, replace the old one"),
                value=self._replace,
                change=self._choose,
            ),
        )

    def _choose(self, on: bool) -> None:
        self._replace = on

    def operation(self) -> Any:
        return self._nddprint.add_card_codes

    def operation_code(self) -> str:
        return "api.nddprint.add_card_codes"

    def send(self, check: Check, *, if_sent: IfSent, options: Mapping[str, Any]) -> Report:
        return self._nddprint.add_card_codes(check, replace=self._replace, if_sent=if_sent, options=options)

    def code(self, *, if_sent: IfSent) -> str:
        replace = ", replace=True" if self._replace else ""
        return f"report = api.nddprint.add_card_codes(check{replace}{_new(if_sent)})"


class People(ImportTarget):
    """People to ask about."""

    title: str = mark("CarmaChain: ask about the people of a sheet")

    def __init__(self, carmachain: CarmaChain) -> None:
        self._carmachain, self.warning = carmachain, message("Each question may cost money.")
        known = carmachain.endpoints["create_request"].arguments
        self._categories = Input(next(a for a in known if a.name == "categories"))

    def before(self) -> Sequence[Child]:
        return (self._categories.element(),)

    def operation(self) -> Any:
        return self._carmachain.request

    def operation_code(self) -> str:
        return "api.carmachain.request"

    def prepare(self, check: Check) -> None:
        self.form.values([self._categories])

    def _chosen(self) -> list[str]:
        (values,) = self.form.values([self._categories])
        chosen: list[str] = values["categories"]
        return chosen

    def send(self, check: Check, *, if_sent: IfSent, options: Mapping[str, Any]) -> Report:
        chosen = self._chosen()
        return self._carmachain.request(check, categories=chosen, if_sent=if_sent, options=options)

    def code(self, *, if_sent: IfSent) -> str:
        report = f"report = api.carmachain.request(check, categories={self._chosen()!r}{_new(if_sent)})"
        return f"{report}\nanswers = api.carmachain.collect(report)"


def import_records(ida: Ida) -> SheetForm:
    """Contacts from a spreadsheet into a contact database. `.report` of the form is what came of it."""
    return SheetForm(Contacts(ida))


def card_codes(nddprint: NddPrint) -> SheetForm:
    """Card codes from a spreadsheet to print users. `.report` of the form is what came of it."""
    return SheetForm(Codes(nddprint))


def people(carmachain: CarmaChain) -> SheetForm:
    """People from a spreadsheet into a consumer-data request. **It may cost money.** `.report` has the tickets."""
    return SheetForm(People(carmachain))
