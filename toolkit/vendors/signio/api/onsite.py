"""6.24: signing on site."""

from typing import TYPE_CHECKING, Annotated

from toolkit.spec import Choice, Flag, Identity, Link, Service, Text, Value, put
from toolkit.vendors.signio.api.base import IDENTITY_RULES, PARTY_TYPES, SYSTEM
from toolkit.vendors.signio.api.envelopes import ON_SCREEN

if TYPE_CHECKING:
    from toolkit.http.secrets import Secret


NUMBER = Identity("Its number.", max_length=20, by="document_type", schemes=IDENTITY_RULES, strict=False)


class OnSite(Service):
    """Signing on site."""

    system = SYSTEM

    @put(
        "/envelope/onpremise/get-signed-url",
        section="6.24",
        returns=Value(
            Link("The link: whoever has it can sign as this person."), "url", ("signed_url", "data.url", "link")
        ),
        code_optional=True,
        repeatable=True,
        note="Its answer shows no code. Accounts without the feature answer 404 (observed).",
    )
    def signing_url(
        self,
        envelope_id: Annotated[str, Text("Identifier of the envelope.", wire="transaction_id", max_length=36)],
        *,
        document_type: Annotated[str, Choice("Type of the signer's identity document.", choices=PARTY_TYPES)],
        document: Annotated[str, NUMBER],
        direct: Annotated[bool | None, Flag("Straight to signing.", wire="direct_signature")] = None,
        op_token: Annotated[str | None, Choice("How the token is given.", choices=ON_SCREEN)] = None,
        confirmation_url: Annotated[str | None, Text("Where the signer goes afterwards.")] = None,
    ) -> "Secret":
        """Make a link with which one signer signs on site.

        Whoever has the link can sign as this person. Safe to repeat.

        Args:
            envelope_id: of a distributed envelope that may be signed on site.
            document_type: of the signer's identity document, as "CC".
            document: its number.
            direct: True leads straight to signing; False to the list of envelopes, with this one.
            op_token: "SCREEN" shows the token on the screen, "SHOW_OPTIONS" offers to send it.
            confirmation_url: where the signer goes afterwards.

        Returns:
            The link, masked; `.reveal()` shows it.

        Raises:
            NotFound: the envelope or the signer does not exist, or the account cannot sign on site.
        """
