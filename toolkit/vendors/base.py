"""What the clients of all vendors share: a connection to one vendor, and what is settled for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from toolkit import push
from toolkit.client import Client
from toolkit.errors import SettingsError
from toolkit.http.secrets import Secret
from toolkit.http.session import Session, Tokens
from toolkit.push import Options, Report, SendPolicy, Target
from toolkit.push.settle import Oracle
from toolkit.sheets.check import Check
from toolkit.spec import Endpoint, Service


@dataclass(frozen=True, eq=False)
class Connection:
    """How one vendor is reached: an HTTP client, and the settings of one account. Whatever calls or pushes takes it."""

    client: Client
    account: Mapping[str, Any] = field(repr=False)

    @property
    def session(self) -> Session:
        return self.client.session

    @property
    def host(self) -> str:
        return self.session.host

    @property
    def address(self) -> str:
        """The base address without its scheme: what identifies a destination."""
        return self.session.base_url.partition("://")[2]

    def endpoint(self, declared: Endpoint) -> Endpoint:
        """The endpoint with the method and path that the user's settings give it."""
        return self.client.corrected(declared)

    def options(self, settings: Mapping[str, Any] | None = None, **defaults: Any) -> Options:
        """How a push goes about it: the target's own defaults, then the account's settings, then those of the call."""
        return Options.of({"progress": self.client.progress, **defaults}, self.account.get("push"), settings)

    def push(self, target: Target, oracle: Oracle, check: Check, options: Options, policy: SendPolicy) -> Report:
        """Push the rows of one frame; see `toolkit.push.push`."""
        return push.push(target, oracle, check, options, policy)

    def sign_in(self) -> None:
        """Sign in now, instead of at the first call. AuthError where the credentials are refused."""
        if self.session.tokens:
            self.session.tokens.current()


class VendorClient(Service):
    """The base of every vendor's client: declared endpoints upon a connection, and how a token is obtained."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection.client)
        self.connection = connection
        if connection.session.tokens is None:
            connection.session.tokens = Tokens(self._sign_in, connection.session.clock)

    def _sign_in(self) -> tuple[Secret, float | None]:
        """A token and the seconds it lives, as far as that is known. Without more, the token of the settings."""
        if token := self.connection.account.get("token"):
            return token, None
        raise SettingsError(f"{self.system.title} needs a token, and none is known")
