"""6.1 and 6.21: tokens."""

from typing import TYPE_CHECKING, Annotated, Any

from toolkit.spec import ASSUMED, OBSERVED, Email, Integer, Masked, Record, Service, Text, Timestamp, post
from toolkit.vendors.signio.api.base import PATH_ONLY, SYSTEM

if TYPE_CHECKING:
    from pandas import DataFrame


class Token(Record):
    """A token."""

    token = Masked("The token.")


class Tenant(Record):
    """A tenant (customer) that the user may work for."""

    token = Masked("A token for it.")
    tenant = Text("Its name.")
    expires_at = Timestamp("When the token ends.", format="iso")


UserEmail = Annotated[str, Email("The e-mail address that the user was registered with.")]
Password = Annotated[Any, Masked("The user's password.")]


class Session(Service):
    """Tokens."""

    system = SYSTEM

    @post(
        "/token/crear",
        section="6.1",
        provenance=OBSERVED,
        rows=Token,
        at="token",
        value=True,
        authenticated=False,
        repeatable=True,
        note=PATH_ONLY,
    )
    def create_token(self, email: UserEmail, password: Password) -> Any:
        """A token, masked. `connect()` asks for one by itself, and for another when it ends, after about two hours.

        Raises:
            AuthError: e-mail or password are wrong, or the user or customer is inactive.
        """

    @post(
        "/auth/tokens",
        section="6.21",
        provenance=ASSUMED,
        rows=Tenant,
        at="tokens",
        authenticated=False,
        repeatable=True,
        note="Its heading asks for a token, which nobody can have yet: none is sent.",
    )
    def authenticate(
        self,
        email: UserEmail,
        password: Password,
        *,
        ttl: Annotated[
            int | None, Integer("Life of the tokens in minutes; 120 where it is missing.", minimum=1)
        ] = None,
    ) -> "DataFrame":
        """A token for each tenant that the user may work for, one row each. `tenants()` asks for the user connected.

        Raises:
            AuthError: e-mail or password are wrong, or the user or customer is inactive.
        """
