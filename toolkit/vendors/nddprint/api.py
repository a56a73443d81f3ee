"""nddPrint 360: «Identificador físico» (physical identifiers of users), and the PIN services of the same help pages."""

from typing import TYPE_CHECKING, Annotated, ClassVar

from toolkit.spec import (
    OBSERVED,
    Bool,
    Dialect,
    Integer,
    List,
    Masked,
    Meaning,
    Record,
    Service,
    System,
    Table,
    Text,
    Value,
    post,
)
from toolkit.vendors.nddprint.assumptions import ASSUMPTIONS

if TYPE_CHECKING:
    from pandas import DataFrame

    from toolkit.http.secrets import Secret

IN_USE, NO_USER, INCOMPLETE, KEPT = "code in use", "user not found", "parameter missing", "old code kept"


class Credentials(Record):
    """Credentials: the client's id and secret key, or a token that you have already."""

    client_id: Text = Text("Identifier of the client, from the portal.")
    secret_key: Masked = Masked("Its secret key.")
    token: Masked = Masked("Or a ready token.")


SYSTEM = System(
    name="nddprint",
    title="nddPrint 360",
    manual="nddPrint 360, Identificador físico",
    base_url="https://integration-360-api.nddprint.com/integration-360-api",
    credentials=Credentials,
    dialect=Dialect(
        words={  # the three 400s come without a documented body: read as the document and its translations call them
            r"otro usuario|another user|outro usu[aá]rio|in use|en uso|em uso": IN_USE,
            r"no se encontr|not found|n[aã]o (foi )?encontrad": NO_USER,
            r"falta|missing|required|obrigat": INCOMPLETE,
            r"^false$": KEPT,
        },
        meanings={NO_USER: Meaning.MISSING, **dict.fromkeys((IN_USE, INCOMPLETE, KEPT), Meaning.INVALID)},
        explained={
            KEPT: "the vendor answered false: the account allows one card code a user, and the old one was not replaced"
        },
    ),
    customer=("client_id",),
    assumptions=ASSUMPTIONS,
)


class Token(Record):
    """A token, and how long it lasts."""

    accessToken: Masked = Masked("The token.")
    expiresIn: Integer = Integer("Its life in seconds.")
    tokenType: Text = Text("How it is sent: Bearer.")


class Cards(Record):
    """The card codes of one user."""

    uniqueCardCode: Bool = Bool("Whether the account allows one code a user.")
    cardCodes: List = List("The codes.")


class NewCardCode(Record):
    """A card code to add: a row of the sheet that `add_card_codes` takes."""

    LogonName: Text = Text("The user's logon name.", required=True)
    DomainName: Text = Text("The user's domain.", required=True)
    CardCode: Text = Text("The code. Leading zeros count.", required=True)


class Pins(Record):
    """The PIN codes of one user."""

    pinCode: Masked = Masked("The PIN.")
    securePinCode: Masked = Masked("The secure PIN.")
    useSecurePinCode: Bool = Bool("Whether the secure PIN is used.")


LogonName = Annotated[str, Text("The user's logon name.", wire="LogonName")]
DomainName = Annotated[str, Text("The user's domain.", wire="DomainName")]
PATHS = "The document's headings have `users/` in the path, its examples leave it out: the headings are followed."


class RawOnly(Service):
    """The services that you reach by `.raw` alone."""

    system = SYSTEM

    @post(
        "/api/v1/token",
        section="Token",
        provenance=OBSERVED,
        returns=Table(Token),
        authenticated=False,
        repeatable=True,
    )
    def token(
        self,
        client_id: Annotated[str, Text("Identifier of the client.", wire="clientID")],
        secret_key: Annotated["str | Secret", Masked("Its secret key.", wire="SecretKey")],
    ) -> "DataFrame":
        """Ask for a token: one row with the token, masked, and its life in seconds. `connect()` does this for you."""

    @post(
        "/api/v1/users/card-codes",
        section="Card Codes",
        returns=Table(Cards),
        repeatable=True,
        aliases=(("POST", "/api/v1/card-codes"),),
        note=PATHS,
    )
    def read_card_codes(self, logon_name: LogonName, domain_name: DomainName) -> "DataFrame":
        """Read the card codes of one user: one row, the codes in a list. `card_codes` has one row per code."""

    @post(
        "/api/v1/users/add-card-code",
        section="Add Card code",
        success=True,
        aliases=(("POST", "/api/v1/add-card-code"),),
        note=f"{PATHS} `false` is read as a refusal: the user keeps another code (assumed).",
    )
    def post_card_code(
        self,
        logon_name: LogonName,
        domain_name: DomainName,
        card_code: Annotated[str, Text("The code. Leading zeros count.", wire="CardCode")],
        *,
        replace: Annotated[
            bool, Bool("Whether it takes the place of the user's only code.", wire="ReplaceUniqueCardCode")
        ] = False,
    ) -> None:
        """Add a card code to one user. `add_card_code` reads the codes where the answer leaves doubt.

        Raises:
            NotFound: no user has this name.
            Rejected: another user has the code, or this user keeps another one. `.code` says which, if the text does.
            OutcomeUnknown: no trustworthy answer came.
        """


class NddPrint(Service):
    """Card codes and PINs of the users of a print management."""

    system = SYSTEM
    raw_only: ClassVar[type[Service] | None] = RawOnly

    @post(
        "/api/v1/users/pin-codes",
        section="PIN Codes",
        provenance=OBSERVED,
        returns=Table(Pins),
        repeatable=True,
        note=PATHS,
    )
    def pin_codes(self, logon_name: LogonName, domain_name: DomainName) -> "DataFrame":
        """Read the PIN and the secure PIN of one user.

        Returns:
            One row. Both PINs are masked; `.reveal()` on a cell shows one.

        Raises:
            NotFound: no user has this name.

        >>> nddprint.pin_codes("usuario123", "dominio123")
               pinCode securePinCode  useSecurePinCode
        0  Secret(***)   Secret(***)              True
        """

    @post(
        "/api/v1/users/update-pin-code-autorenew",
        section="Update Pin code auto renew",
        provenance=OBSERVED,
        returns=Value(Masked("The PIN.")),
        is_text=True,
        note="The answer is the bare PIN, as `0208`: text, for JSON has no such number.",
    )
    def renew_pin_code(self, logon_name: LogonName, domain_name: DomainName) -> "Secret":
        """Give one user a new PIN. The old one is void.

        Not safe to repeat: a second call makes another PIN.

        Returns:
            The new PIN, masked; `.reveal()` shows it.

        Raises:
            AuthError: the account does not renew PINs automatically (403). Nothing was changed.
            NotFound: no user has this name.
            OutcomeUnknown: no trustworthy answer came. `pin_codes` shows the PIN that is valid now.
        """

    @post(
        "/api/v1/users/update-secure-pin-code",
        section="Update Secure PIN Code",
        provenance=OBSERVED,
        repeatable=True,
        is_text=True,
        note="The address is observed; that the body has `SecurePinCode`, as the answer of PIN Codes, is assumed. "
        "What it answers is shown nowhere: any text is taken for done, and no text is not.",
    )
    def update_secure_pin_code(
        self,
        logon_name: LogonName,
        domain_name: DomainName,
        secure_pin_code: Annotated["str | Secret", Masked("The new secure PIN.", wire="SecurePinCode")],
    ) -> None:
        """Set the secure PIN of one user. The old one is void. Safe to repeat.

        Args:
            logon_name: of the user.
            domain_name: of the user.
            secure_pin_code: the digits as text (leading zeros count), or a Secret.

        Raises:
            NotFound: no user has this name.
            Rejected: the vendor refused the PIN. Nothing was changed.
            BadAnswer: the answer was empty, which tells nothing. You may set the PIN again.
        """
