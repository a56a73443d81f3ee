"""A small invented system, and a session that answers from a script: for tests of what calling means."""

from typing import Annotated, Any

from toolkit.client import Client
from toolkit.http import wire
from toolkit.http.wire import Judgement, Verdict
from toolkit.spec import (
    Bool,
    Choice,
    Dialect,
    Endpoint,
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
    Text,
    get,
    post,
    put,
)


class Nothing(Record):
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


class Word(Record):
    word = Masked("A secret word.")


SYSTEM = System(name="toy", title="Toy", manual="Toy", dialect=Dialect(), credentials=Nothing)
SIZES = {1: "small", 2: "large"}


class Toys(Service):
    system = SYSTEM

    @get("/found", section="1", rows=Found, at="list", page=Offset("offset", 2))
    def search(
        self,
        text: Annotated[str, Text("What to look for.", wire="filter[text]", max_length=5)],
        *,
        size: Annotated[Any, Choice("Size.", choices=SIZES)] = None,
        offset: Annotated[int | None, Integer("Rows to leave out.", minimum=0)] = None,
    ) -> Any:
        """Search."""

    @get("/found/{id}", section="2", rows=Found, at="one")
    def one(self, id: Annotated[int, Integer("Which one.", minimum=1)]) -> Any:
        """One."""

    @post("/contacts", section="3", value=True, at="id")
    def add(
        self,
        people: Annotated[Any, Rows("People.", record=Contact, wire="lista")],
        *,
        at: Annotated[Any, Nested("Where.", record=Point, wire="lugar")] = None,
        tags: Annotated[Any, List("Labels.", separator=";")] = None,
    ) -> Any:
        """Add people."""

    @put("/contacts/{id}", section="4", body=Free)
    def change(self, id: Annotated[int, Integer("Which one.")], **fields: Any) -> Any:
        """Change one."""

    @post("/word", section="5", rows=Word, value=True, at="word")
    def word(self, password: Annotated[Any, Masked("Secret.", wire="clave")]) -> Any:
        """A word for a word."""


class Scripted:
    """A session that answers from a script, and notes what it is asked to send."""

    host = "vendor.example"
    base_url = "https://vendor.example"

    def __init__(self, *answers: Any) -> None:
        self.sent: list[wire.Request] = []
        self._answers = list(answers)

    def answer(self, endpoint: Endpoint, request: wire.Request) -> Judgement:
        given = self.send(endpoint, request)
        return given if isinstance(given, Judgement) else Judgement(Verdict.ACKED, payload=given)

    def send(self, endpoint: Endpoint, request: wire.Request) -> Any:
        self.sent.append(request)
        given = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(given, Exception):
            raise given
        return given(request) if callable(given) else given


def toys(*answers: Any, **options: Any) -> tuple[Toys, Scripted]:
    session = Scripted(*answers or ({},))
    return Toys(Client(session, progress=False, **options)), session  # type: ignore[arg-type]
