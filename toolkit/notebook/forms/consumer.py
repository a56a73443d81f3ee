"""CarmaChain: ask about one person, and look for the answers."""

from collections.abc import Iterable

import pandas as pd

from toolkit.errors import InputError
from toolkit.notebook.forms import parts
from toolkit.notebook.forms.form import Form
from toolkit.notebook.forms.listing import Listing
from toolkit.notebook.forms.view import Child
from toolkit.notebook.forms.widgets import Input
from toolkit.plain import mark, message
from toolkit.vendors.carmachain.api import Person
from toolkit.vendors.carmachain.client import CarmaChain


class Ask(Form):
    """`tickets` and `answers` are what came of it."""

    title = mark("CarmaChain: ask about one person")

    def __init__(self, carmachain: CarmaChain) -> None:
        super().__init__()
        self._carmachain = carmachain
        self.tickets = self.answers = pd.DataFrame()
        known = carmachain.endpoints["create_request"].arguments
        self._person = [Input(f) for f in Person.fields]
        self._categories = Input(next(a for a in known if a.name == "categories"))
        self._shown: Listing | None = None
        self.draw()

    def elements(self) -> Iterable[Child]:
        again = self.button(message("Look for answers"), "look", self.look) if len(self.tickets) else None
        return [
            parts.row(*(i.element() for i in self._person)),
            self._categories.element(),
            parts.warning(message("Each question may cost money.")),
            parts.row(self.button(message("Ask"), "ask", self.ask, style="primary"), again),
            self._shown.element(message("Answers")) if self._shown else None,
        ]

    def ask(self) -> None:
        """Ask once; asking again for the same person only looks."""
        (values,) = self.values([*self._person, self._categories])
        categories = values.pop("categories")
        if not values:
            self.move_focus(self._person[0].key)
            raise InputError(message("Give a document or a phone"))
        self.show_code(
            f"report = api.carmachain.request([{values!r}], categories={categories!r})\n"
            "answers = api.carmachain.collect(report)"
        )
        self.tickets = self._carmachain.request([values], categories=categories, on_bad_rows="raise").joined
        self.look()

    def look(self) -> None:
        """Read what the peers have answered so far."""
        without = self.tickets[self.tickets["idRequest"].isna()]
        if len(without):
            self._shown = Listing("answers", without)
            raise InputError(str(without["error"].iloc[0]))
        self.answers = self._carmachain.answers(self.tickets)
        people = self.answers.drop_duplicates("idRequest")
        counts = {"done": int((people["status"] == "Done").sum()), "all": len(people)}
        self._shown = Listing("answers", self.answers.dropna(axis=1, how="all"))
        self.say(message("{done:,} of {all:,} answered so far.", **counts))


def ask(carmachain: CarmaChain) -> Ask:
    """Ask about one person. **It may cost money.** `.answers` is what came of it."""
    return Ask(carmachain)
