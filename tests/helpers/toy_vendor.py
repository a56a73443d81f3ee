"""A small invented system, and a session that answers from a script: for tests of what calling means."""

from typing import Annotated, Any

from toolkit.calls.client import Client
from toolkit.http import wire
from toolkit.http.answers import Classification, Verdict
from toolkit.spec import (
    Bool,
    Choice,
    Dialect,
    Endpoint,
    Identifier,
    Integer,
    List,
    Masked,
    Nested,
    Offset,
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
    put,
)


class NoCredentials(Record):
    """No credentials."""


class Contact(Record):
    NOMBRE = Text("Name.", required=True, max_length=20)
    TELEFONO = Phone("Phone.", wire="fono")
    activo = Bool("Whether active.", default=True)
    seen = Text("When seen.", readonly=True)


class Point(Record):
    x = Integer("From the left.", required=True, minimum=0)
    y = Integer("From the bottom.", required=True, minimum=0)


class Free(Record):
    open = True


class Found(Record):
    id = Integer("Which one.")
    name = Text("Name.")


SYSTEM = System(name="toy", title="Toy", manual="Toy", dialect=Dialect(), credentials=NoCredentials)
SIZES = {1: "small", 2: "large"}


class Toys(Service):
    system = SYSTEM

    @get("/found", section="1", returns=Table(Found, "list"), page=Offset("offset", 2))
    def search(
        self,
        text: Annotated[str, Text("What to look for.", wire="filter[text]", max_length=5)],
        *,
        size: Annotated[Any, Choice("Size.", choices=SIZES)] = None,
        offset: Annotated[int | None, Integer("Rows to leave out.", minimum=0)] = None,
    ) -> Any:
        """Search."""

    @get("/found/{id}", section="2", returns=Table(Found, "one"))
    def one(self, id: Annotated[int, Integer("Which one.", minimum=1)]) -> Any:
        """One."""

    @post("/contacts", section="3", returns=Identifier(Text("Which one."), "id"))
    def add(
        self,
        people: Annotated[Any, Rows("People.", record=Contact, wire="lista")],
        *,
        at: Annotated[Any, Nested("Where.", record=Point, wire="lugar")] = None,
        tags: Annotated[Any, List("Labels.", separator=";")] = None,
    ) -> Any:
        """Add people."""

    @put("/contacts/{id}", section="4")
    def change(
        self,
        id: Annotated[int, Integer("Which one.")],
        values: Annotated[dict[str, Any], Nested("What changes.", record=Free, flat=True)],
    ) -> Any:
        """Change one."""

    @post("/word", section="5", returns=Value(Masked("A secret word."), "word"))
    def word(self, password: Annotated[Any, Masked("Secret.", wire="clave")]) -> Any:
        """A word for a word."""


class Scripted:
    """A session that answers from a script, and notes what it is asked to send."""

    host = "vendor.example"
    base_url = "https://vendor.example"

    def __init__(self, *answers: Any) -> None:
        self.sent: list[wire.Request] = []
        self._answers = list(answers)

    def send(self, endpoint: Endpoint, request: wire.Request) -> Classification:
        self.sent.append(request)
        given = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(given, Exception):
            raise given
        given = given(request) if callable(given) else given
        return given if isinstance(given, Classification) else Classification(Verdict.ACKED, payload=given)


def toys(*answers: Any, **options: Any) -> tuple[Toys, Scripted]:
    session = Scripted(*answers or ({},))
    return Toys(Client(session, progress=False, **options)), session  # type: ignore[arg-type]
