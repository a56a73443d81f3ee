"""6.1 and 6.21: tokens."""

from typing import TYPE_CHECKING, Annotated

from toolkit.spec import ASSUMED, OBSERVED, Email, Integer, Masked, Record, Service, Table, Text, Timestamp, Value, post
from toolkit.vendors.signio.api.base import PATH_ONLY, SYSTEM

if TYPE_CHECKING:
    from pandas import DataFrame

    from toolkit.http.secrets import Secret


class Tenant(Record):
    """A tenant (customer) that the user may work for."""

    token: Masked = Masked("A token for it.")
    tenant: Text = Text("Its name.")
    expires_at: Timestamp = Timestamp("When the token ends.", format="iso")


UserEmail = Annotated[str, Email("The e-mail address that the user was registered with.")]
Password = Annotated["str | Secret", Masked("The user's password.")]


class RawOnly(Service):
    """Tokens: the services that you reach by `.raw` alone."""

    system = SYSTEM

    @post(
        "/token/crear",
        section="6.1",
        provenance=OBSERVED,
        returns=Value(Masked("The token."), "token"),
        authenticated=False,
        repeatable=True,
        note=PATH_ONLY,
    )
    def create_token(self, email: UserEmail, password: Password) -> "Secret":
        """Ask for a token, which lives for about two hours. `connect()` does this for you.

        Raises:
            AuthError: the e-mail address or the password is wrong, or the user or customer is inactive.
        """

    @post(
        "/auth/tokens",
        section="6.21",
        provenance=ASSUMED,
        returns=Table(Tenant, "tokens"),
        authenticated=False,
        repeatable=True,
        note="Its heading asks for a token: that of 6.1 is sent, where it gave one (see `authenticate_header`).",
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
        """Ask for a token for each tenant that the user may work for, one row per tenant.

        `tenants()` lists them for the signed-in user.

        Raises:
            AuthError: the e-mail address or the password is wrong, or the user or customer is inactive.
        """
