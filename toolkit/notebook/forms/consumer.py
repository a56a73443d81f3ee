"""CarmaChain: ask about one person, and look for the answers."""

import ipywidgets as w
import pandas as pd

from toolkit.errors import InputError
from toolkit.notebook.forms.form import Form, row
from toolkit.notebook.forms.inert import table, text
from toolkit.notebook.forms.widgets import Input, values_of
from toolkit.notebook.words import word
from toolkit.vendors.carmachain.api import Person
from toolkit.vendors.carmachain.client import CarmaChain


class Ask(Form):
    """`tickets` and `answers` are what came of it."""

    def __init__(self, carmachain: CarmaChain) -> None:
        super().__init__(word("title ask"))
        self._carmachain = carmachain
        self.tickets = self.answers = pd.DataFrame()
        known = carmachain.endpoints["create_request"].arguments
        self._person = [Input(f) for f in Person.fields]
        self._categories = Input(next(a for a in known if a.name == "categories"))
        self._buttons = row()
        self._ask = self.button(word("ask"), "ask", self.ask, style="primary")
        self._buttons.children = [self._ask]
        costs = w.HTML(f"<b>{text(word('costs'))}</b>")
        self.body.children = [row(*self._person), self._categories, costs, self._buttons]

    def ask(self) -> None:
        """Ask once; asking again for the same person only looks."""
        values = values_of([*self._person, self._categories])
        categories = values.pop("categories")
        if not values:
            raise InputError(word("ask whom"))
        self.show_code(
            f"tickets = api.carmachain.request(pd.DataFrame([{values!r}]), categories={categories!r})\n"
            "answers = api.carmachain.collect(tickets)"
        )
        self.tickets = self._carmachain.request(pd.DataFrame([values]), categories=categories)
        self._buttons.children = [self._ask, self.button(word("look again"), "look", self.look)]
        self.look()

    def look(self) -> None:
        """Read what the peers have answered so far."""
        without = self.tickets[self.tickets["idRequest"].isna()]
        if len(without):
            self.results.children = [table(without, index=False)]
            raise InputError(str(without["error"].iloc[0]))
        self.answers = self._carmachain.answers(self.tickets)
        people = self.answers.drop_duplicates("idRequest")
        counts = {"done": int((people["status"] == "Done").sum()), "all": len(people)}
        shown = self.answers.dropna(axis=1, how="all")
        self.results.children = [table(shown, index=False)]
        self.say(word("answered", **counts))


def ask(carmachain: CarmaChain) -> Ask:
    """Ask about one person. **It may cost money.** `.answers` is what came of it."""
    return Ask(carmachain)
