"""Enter a profile: address and credentials, tried at once, kept in the keyring if wanted; never in the notebook."""

from typing import Any

import ipywidgets as w

from toolkit import settings
from toolkit.errors import InputError
from toolkit.http.secrets import Secret
from toolkit.notebook.forms.form import Form
from toolkit.notebook.forms.inert import text
from toolkit.notebook.forms.widgets import Input, values_of
from toolkit.notebook.words import word
from toolkit.spec import Masked, System, Text
from toolkit.vendors import Api


class ConnectForm(Form):
    """`api` is there once a connection was made; with a second one it holds both."""

    def __init__(self) -> None:
        super().__init__(word("title connect"))
        self.api: Api | None = None
        self._given: dict[str, dict[str, Any]] = {}
        systems = [vendor.system for vendor in Api.vendors().values()]
        self._system = w.Dropdown(options=[(s.title, s) for s in systems], description=word("system"))
        self._system.add_class("tk-system")
        names = [name for name in settings.profiles() if name != "sandbox"]
        self._profile = w.Combobox(value="default", options=names, description=word("profile"))
        self._profile.add_class("tk-profile")
        for box in (self._system, self._profile):
            box.style.description_width = "5em"
            box.layout = w.Layout(width="auto", max_width="30em")
        self._keep = w.Checkbox(description=word("keep"), indent=False, layout=w.Layout(width="auto"))
        self._keep.add_class("tk-keep")
        self._inputs: list[Input] = []
        self._fields = w.VBox()
        self._system.observe(lambda _: self._ask(), "value")
        self._profile.observe(lambda _: self._ask(), "value")
        connect = self.button(word("connect"), "connect", self.connect, style="primary")
        note = w.HTML(f"<span class='tk-help'>{text(word('profile help'))}</span>")
        self.body.children = [self._system, self._profile, note, self._fields, self._keep, connect]
        self._ask()

    def _ask(self) -> None:
        """The fields of the chosen system; what the profile says of them stands there, secrets never."""
        system: System = self._system.value
        known = settings.profiles().get(self._profile.value, {}).get(system.name, {})
        address = Text("Where the system answers.", name="base_url", default=system.base_url or None)
        self._inputs = [Input(f) for f in (address, *system.credentials.fields)]
        for i in self._inputs:
            if i.field.name in known and not isinstance(i.field, Masked):
                i.widget.value = str(known[i.field.name])
        for old in self._fields.children:
            old.close()
        self._fields.children = self._inputs

    def connect(self) -> None:
        """Try what was entered. The secrets leave their boxes at once, whatever comes of it."""
        system: System = self._system.value
        profile = self._profile.value.strip() or "default"
        if profile == "sandbox":
            raise InputError(word("sandbox"))
        given = values_of(self._inputs)
        api = Api(profile, {**self._given, system.name: given})
        api.sign_in(system.name)
        if self._keep.value:
            for name, value in given.items():
                if isinstance(value, Secret):
                    settings.keep(system, profile, name, value)
        self.api = api
        self._given[system.name] = given
        self.show_code(self._as_code(profile))
        self.say(word("connected", who=repr(getattr(api, system.name))))

    def _as_code(self, profile: str) -> str:
        """The call that does the same: it asks for the secrets that no keyring holds."""
        asks = not self._keep.value
        systems = []
        for name, given in self._given.items():
            said = [f"{n!r}: {_asked(n) if isinstance(v, Secret) else repr(v)}" for n, v in given.items()
                    if asks or not isinstance(v, Secret)]  # fmt: skip
            systems.append(f", {name}={{{', '.join(said)}}}")
        imports = "import getpass\n\nimport toolkit" if asks else "import toolkit"
        return f"{imports}\n\napi = toolkit.connect({profile!r}{''.join(systems)})"


def _asked(name: str) -> str:
    return f"getpass.getpass({name + ': '!r})"


def connect() -> ConnectForm:
    """Enter the credentials of one system, try them, and keep them in the keyring if wanted. `.api` is the result."""
    return ConnectForm()
