"""CarmaChain: «API. Developer guide»."""

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from toolkit.spec import (
    Choice,
    CredentialHeader,
    Dialect,
    Identity,
    Integer,
    List,
    Masked,
    Phone,
    Record,
    Rows,
    Service,
    System,
    Table,
    Text,
    Value,
    get,
    post,
)
from toolkit.vendors.carmachain.assumptions import ASSUMPTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pandas import DataFrame

    from toolkit.http.secrets import Secret

ALL = "All categories"
CATEGORIES = {
    name: name
    for name in (
        ALL,
        "Address",
        "Consumer Profile",
        "Contacts",
        "Credit History",
        "Identity",
        "Name",
        "Services",
        "Socio-Demographic Profile",
        "Subscription",
    )
}
DONE, PENDING = "Done", "Panding"  # sic
TOKEN_LIFE = 24 * 60 * 60  # seconds


class Credentials(Record):
    """Credentials: none, for the customer's own peer gives a token to whoever reaches it; or a token that you have."""

    token: Masked = Masked(
        "A ready token. Where there is none, the peer is asked for one, and for another every 24 hours."
    )


SYSTEM = System(
    name="carmachain",
    title="CarmaChain",
    manual="CarmaChain, Developer guide",
    credentials=Credentials,
    header=CredentialHeader(form="{token}"),
    dialect=Dialect(message=("response.message", "message"), status="response.code"),
    assumptions=ASSUMPTIONS,
)


class Person(Record):
    """A person to ask about: a document, a phone, or both."""

    IdDocument: Identity = Identity("Number of the identity document. Leading zeros count.")
    PhoneNumber: Phone = Phone(
        "Phone, as +380999999999, 380999999999 or 0999999999: all three are one person.", country="UA", form="bare"
    )


class Ticket(Record):
    """A request that was taken: one person asked about."""

    IdDocument: Text = Text(
        "Number of the identity document that was asked about.", aliases=("idDocument",), omissible=True
    )
    PhoneNumber: Text = Text("Phone that was asked about, as it was sent.", aliases=("phoneNumber",), omissible=True)
    idRequest: Text = Text("Identifier of the request: what the answer is fetched with.")


class Detail(Record):
    """What one peer says of one field of a person."""

    idPpeers: Text = Text("The peer that says so.")
    groupData: Choice = Choice("The category that the field belongs to.", choices=CATEGORIES)
    fieldName: Text = Text("Name of the field.")
    fieldValue: Text = Text("Its value, as the peer gives it.")


class Answer(Record):
    """The answer about one person so far."""

    idDocument: Text = Text(
        "Number of the identity document that was asked about.", aliases=("IdDocument",), omissible=True
    )
    phoneNumber: Text = Text("Phone that was asked about.", aliases=("PhoneNumber",), omissible=True)
    idRequest: Text = Text("Identifier of the request.")
    status: Choice = Choice("Panding: not answered yet.", choices={DONE: "answered", PENDING: "pending"})
    requestDetails: Rows = Rows("What the peers say.", record=Detail)


Categories = Annotated[
    "str | Sequence[str]", List("A category, or a list of them.", wire="type_request", choices=CATEGORIES, alone=True)
]
BOTH_FORMS = (
    "`type_request` is a text in the table, a list in the vendor's example: one travels as text, several as a list."
)


class RawOnly(Service):
    """The services that you reach by `.raw` alone."""

    system = SYSTEM

    @get(
        "/auth/getToken",
        section="APIKeyHeader",
        returns=Value(Masked("The token, for 24 hours."), "token"),
        authenticated=False,
        note="The shape of the answer is observed.",
    )
    def get_token(self) -> "Secret":
        """Ask for a token, which lives for 24 hours. `connect()` does this for you."""

    @post(
        "/api/createrequest",
        section="Send request",
        returns=Table(Ticket, "parametrRequest"),
        irrevocable=True,
        note=f"{BOTH_FORMS} The shape of `response` is assumed.",
    )
    def create_request(
        self,
        categories: Categories,
        people: Annotated["DataFrame | Sequence[Any]", Rows("The people.", record=Person, wire="value")],
    ) -> "DataFrame":
        """Ask about people in one request: one row per person, as the vendor lists them, each with a ticket.

        May cost money. Not safe to repeat: each call asks again. `request` takes any number of people, checks them,
        records what was sent, and joins the tickets to your rows.

        Raises:
            RowErrors: some people cannot be asked about. Nothing was sent; `.table` says why.
            OutcomeUnknown: no trustworthy answer came. `answers(period=…)` shows what was asked lately.
        """

    @post(
        "/api/respond",
        section="Get Respond",
        returns=Table(Answer, "parametrRequest"),
        repeatable=True,
        note=f"{BOTH_FORMS} `Panding` is the vendor's spelling of pending.",
    )
    def respond(
        self,
        categories: Categories,
        *,
        ids: Annotated["Sequence[str] | None", List("Identifiers of requests.", wire="idRequest")] = None,
        period: Annotated[int | None, Integer("Or the last so many minutes.", minimum=1)] = None,
    ) -> "DataFrame":
        """Read the answers so far: one row per person, what the peers say in a list. `answers` has one row per field.

        Safe to repeat.
        """


class CarmaChain(Service):
    """Data about people, asked of many peers at once and answered in their own time."""

    system = SYSTEM
    raw_only: ClassVar[type[Service] | None] = RawOnly
