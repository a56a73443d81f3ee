"""What accounts answer, held against what is assumed of them: the same as `analyst-toolkit probe`, reads only."""

from collections.abc import Iterable
from functools import partial

import pandas as pd

from toolkit import settings
from toolkit.errors import AuthError, InputError, SettingsError
from toolkit.notebook.forms import parts
from toolkit.notebook.forms.form import Form
from toolkit.notebook.forms.listing import Listing
from toolkit.notebook.forms.view import Child
from toolkit.plain import mark, message, plural
from toolkit.vendors import Api, probing
from toolkit.vendors.probing import Finding, Result


class ProbeForm(Form):
    """`findings` is what came of it: a row for each call and each assumption."""

    title = mark("Compare your accounts with what the documents leave open")

    def __init__(self, api: Api) -> None:
        super().__init__()
        self._api, self._vendors = api, api.vendors()
        self._chosen = dict.fromkeys(self._vendors, True)
        self._seen: list[Finding] = []
        self.findings: pd.DataFrame = probing.table(())
        self.draw()

    def elements(self) -> Iterable[Child]:
        ticks = [
            parts.tick(
                f"system-{name}",
                vendor.system.title,
                value=self._chosen[name],
                change=partial(self._chosen.__setitem__, name),
            )
            for name, vendor in self._vendors.items()
        ]
        differs = bool(probing.readings(self._seen))
        save = self.button(message("Save into the profile"), "save", self.save) if differs else None
        return [
            parts.group(*ticks, label=message("Systems")),
            parts.note(
                message("This reads only. What only a write shows is asked by `analyst-toolkit probe --write`.")
            ),
            parts.row(self.button(message("Compare"), "compare", self.compare, style="primary"), save),
            Listing("findings", self.findings).element(message("Findings")) if len(self.findings) else None,
        ]

    def compare(self) -> None:
        """Ask every chosen system; one that cannot be signed in to is not tried."""
        names = [name for name, wanted in self._chosen.items() if wanted]
        if not names:
            raise InputError(message("Choose a system"))
        self.show_code(f"!analyst-toolkit probe {' '.join(names)} --profile {self._api._profile}")
        self._seen = []
        for name in names:
            try:
                self._seen += probing.run(self._vendors[name], getattr(self._api, name))
            except (SettingsError, AuthError) as problem:
                self._seen.append(Finding(name, "sign_in", Result.NOT_TRIED, probing.masked(str(problem))))
        self.findings = probing.table(self._seen)
        count = sum(f.result is Result.DIFFERS for f in self._seen)
        self.say(plural("{count} line differs.", "{count} lines differ.", count=count))

    def save(self) -> None:
        """Write what was seen into the profile, with the day."""
        seen = probing.readings(self._seen)
        day = getattr(self._api, next(iter(seen))).connection.session.clock.now().date()
        file = settings.save_readings(self._api._profile, seen, day)
        self.say(message("Saved in {file}. Connect again, and it holds.", file=file))


def probe(api: Api) -> ProbeForm:
    """Compare accounts with what their documents leave open. Reads only. `.findings` is what came of it."""
    return ProbeForm(api)
