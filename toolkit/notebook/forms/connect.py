"""Enter a profile: address and credentials, tried at once, kept in the keyring if wanted; never in the notebook."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from toolkit import settings
from toolkit.errors import InputError
from toolkit.http.secrets import Secret
from toolkit.notebook.forms import parts
from toolkit.notebook.forms.form import Form
from toolkit.notebook.forms.view import Child, element
from toolkit.notebook.forms.widgets import Input, code_of
from toolkit.plain import mark, message
from toolkit.spec import Masked, Text
from toolkit.vendors import Api


class ConnectForm(Form):
    """`api` is there once a connection was made; with a second one it holds both."""

    title = mark("Connect to a system")

    def __init__(self) -> None:
        super().__init__()
        self.api: Api | None = None
        self._supplied: dict[str, dict[str, Any]] = {}
        self._systems = {name: vendor.system for name, vendor in Api.vendors().items()}
        self._system = next(iter(self._systems))
        self._profile, self._keep = "default", False
        self._inputs: list[Input] = []
        self._ask()
        self.draw()

    def elements(self) -> Iterable[Child]:
        named = [(s.title, s.name) for s in self._systems.values()]
        system = parts.choice("system", named, value=self._system, change=self._choose)
        profile = parts.line_box("profile", self._profile, change=self._take_profile, list="profiles")
        known = [element("option", value=name) for name in settings.profiles() if name != "sandbox"]
        return [
            parts.labelled(system, message("System")),
            parts.labelled(
                profile,
                message("Profile"),
                help_text=message("A name for these settings; secrets are never written into the notebook."),
            ),
            element("datalist", *known, id="profiles"),
            *(i.element() for i in self._inputs),
            parts.tick(
                "keep",
                message("Keep the secrets in this computer's keyring"),
                value=self._keep,
                change=partial(setattr, self, "_keep"),
            ),
            self.button(message("Connect"), "connect", self.connect, style="primary"),
        ]

    def _choose(self, name: str) -> None:
        self._system = name
        self._ask()

    def _take_profile(self, name: str) -> None:
        self._profile = name or "default"
        self._ask()

    def _ask(self) -> None:
        """The fields of the chosen system; what the profile says of them stands there, secrets never."""
        system = self._systems[self._system]
        known = settings.profiles().get(self._profile, {}).get(system.name, {})
        address = Text(mark("Where the system answers."), name="base_url", default=system.base_url or None)
        self._inputs = [Input(f, key=f"{system.name}-{f.name}") for f in (address, *system.credentials.fields)]
        for i in self._inputs:
            if i.field.name in known and not isinstance(i.field, Masked):
                i.change(str(known[i.field.name]))

    def connect(self) -> None:
        """Try what was entered. The secrets leave their boxes at once, whatever comes of it."""
        system = self._systems[self._system]
        if self._profile == "sandbox":
            raise InputError(message('The sandbox needs no form: api = toolkit.connect("sandbox")'))
        (values,) = self.values(self._inputs)
        api = Api(self._profile, {**self._supplied, system.name: values})
        api.sign_in(system.name)
        if self._keep:
            for name, value in values.items():
                if isinstance(value, Secret):
                    settings.keep(system, self._profile, name, value)
        self.api = api
        self._supplied[system.name] = values
        self.show_code(self._as_code())
        self.say(message("Connected: {who}", who=repr(getattr(api, system.name))))

    def _as_code(self) -> str:
        """The call that does the same: it asks for the secrets that no keyring holds."""
        asks = not self._keep
        arguments = []
        for name, values in self._supplied.items():
            shown = {n: v for n, v in values.items() if asks or not isinstance(v, Secret)}
            arguments.append(f", {name}={{{', '.join(f'{n!r}: {code_of(n, v)}' for n, v in shown.items())}}}")
        imports = "import getpass\n\nimport toolkit" if asks else "import toolkit"
        return f"{imports}\n\napi = toolkit.connect({self._profile!r}{''.join(arguments)})"


def connect() -> ConnectForm:
    """Enter the credentials of one system, try them, and keep them in the keyring if wanted. `.api` is the result."""
    return ConnectForm()
