"""CarmaChain: «API. Developer guide»."""

from typing import TYPE_CHECKING, Annotated, Any

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
    Text,
    get,
    post,
)

if TYPE_CHECKING:
    from pandas import DataFrame

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
    """How CarmaChain is entered: the customer's own peer gives a token to whoever reaches it; or a ready token."""

    token = Masked("A ready token. Where there is none, the peer is asked for one, and for another every 24 hours.")


SYSTEM = System(
    name="carmachain",
    title="CarmaChain",
    manual="CarmaChain, Developer guide",
    credentials=Credentials,
    header=CredentialHeader(form="{token}"),
    dialect=Dialect(message=("response.message", "message")),
)


class Token(Record):
    """A token."""

    token = Masked("The token, for 24 hours.")


class Person(Record):
    """A person to ask about: a document, a phone, or both."""

    IdDocument = Identity("Number of the identity document. Leading zeros count.")
    PhoneNumber = Phone(
        "Phone, as +380999999999, 380999999999 or 0999999999: all three are one person.", country="UA", as_written=True
    )


class Ticket(Record):
    """A request that was taken: one person asked about."""

    IdDocument = Text("Number of the identity document that was asked about.", also="idDocument")
    PhoneNumber = Text("Phone that was asked about, as it was sent.", also="phoneNumber")
    idRequest = Text("Identifier of the request: what the answer is fetched with.")


class Detail(Record):
    """What one peer says of one field of a person."""

    idPpeers = Text("The peer that says so.")
    groupData = Choice("The category that the field belongs to.", choices=CATEGORIES)
    fieldName = Text("Name of the field.")
    fieldValue = Text("Its value, as the peer gives it.")


class Answer(Record):
    """The answer about one person so far."""

    idDocument = Text("Number of the identity document that was asked about.", also="IdDocument")
    phoneNumber = Text("Phone that was asked about.", also="PhoneNumber")
    idRequest = Text("Identifier of the request.")
    status = Choice("Panding: not answered yet.", choices={DONE: "answered", PENDING: "pending"})
    requestDetails = Rows("What the peers say.", record=Detail)


Categories = Annotated[Any, List("A category, or a list of them.", wire="type_request", choices=CATEGORIES, alone=True)]
BOTH_FORMS = (
    "`type_request` is a text in the table, a list in the vendor's example: one travels as text, several as a list."
)


class CarmaChain(Service):
    """Data about people, asked of many peers at once and answered in their own time."""

    system = SYSTEM

    @get(
        "/auth/getToken",
        section="APIKeyHeader",
        rows=Token,
        at="token",
        value=True,
        authenticated=False,
        note="The shape of the answer is observed.",
    )
    def get_token(self) -> Any:
        """A token for 24 hours, masked. `connect()` asks for one by itself, and for another before it ends."""

    @post(
        "/api/createrequest",
        section="Send request",
        rows=Ticket,
        at="parametrRequest",
        irrevocable=True,
        note=f"{BOTH_FORMS} The shape of `response` is assumed.",
    )
    def create_request(
        self, categories: Categories, people: Annotated[Any, Rows("The people.", record=Person, wire="value")]
    ) -> "DataFrame":
        """Ask about people, in one request, and return a ticket each: one row a person, as the vendor lists them.

        May cost money, and is not safe to repeat: each call asks anew. `request` takes any number of people, checks
        them, keeps account, and matches the tickets with the rows.

        Args:
            categories: what to ask for: one category, or a list of them.
            people: a DataFrame with `IdDocument` and/or `PhoneNumber`, or a list of dicts.

        Raises:
            RowErrors: some people cannot be asked about. Nothing was sent; `.table` says why.
            OutcomeUnknown: no trustworthy answer came; `answers(period=…)` shows what was asked lately.
        """

    @post(
        "/api/respond",
        section="Get Respond",
        rows=Answer,
        at="parametrRequest",
        repeatable=True,
        note=f"{BOTH_FORMS} `Panding` is the vendor's spelling of pending.",
    )
    def respond(
        self,
        categories: Categories,
        *,
        ids: Annotated[Any, List("Identifiers of requests.", wire="idRequest")] = None,
        period: Annotated[int | None, Integer("Or the last so many minutes.", minimum=1)] = None,
    ) -> "DataFrame":
        """The answers so far, as the vendor gives them: one row a person, what the peers say as a list.

        `answers` has a row for each field instead, in any number of requests. Safe to repeat.

        Args:
            categories: which of what was asked for: one category, or a list of them.
            ids: identifiers of requests, from the tickets.
            period: or everything asked in the last so many minutes.
        """
