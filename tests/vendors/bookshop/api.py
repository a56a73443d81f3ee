"""The bookshop, as its invented manual documents it."""

from typing import TYPE_CHECKING, Annotated, Any

from toolkit.spec import (
    CredentialHeader,
    Dialect,
    Integer,
    Masked,
    Number,
    PageNumber,
    Record,
    RefusedRows,
    Rows,
    Service,
    System,
    Table,
    Text,
    get,
    post,
)

if TYPE_CHECKING:
    from pandas import DataFrame

PAGE = 3  # books on a page
TAKEN = "has another title or price already"


class Credentials(Record):
    """How the bookshop is entered: a key."""

    api_key = Masked("The key of the shop.")


SYSTEM = System(
    name="bookshop",
    title="Bookshop",
    manual="Bookshop API",
    base_url="https://bookshop.example/v1",
    credentials=Credentials,
    header=CredentialHeader("X-Shop-Key", "{api_key}"),
    dialect=Dialect(message=("error",), rows=RefusedRows("errors", index="line", column="field", message="reason")),
)


class Shelf(Record):
    """A shelf."""

    code = Text("Code of the shelf.")
    books = Integer("How many books stand there.")


class Book(Record):
    """A book."""

    isbn = Text("Its number.", required=True, max_length=13)
    title = Text("Its title.", required=True, max_length=80)
    price = Number("Its price.")


class Taken(Record):
    """What a bulk insert answers."""

    accepted = Integer("How many books were taken.")


ShelfCode = Annotated[str, Text("Code of the shelf.", max_length=20)]


class RawOnly(Service):
    """The services that you reach by `.raw` alone."""

    system = SYSTEM

    @post(
        "/shelves/{shelf}/books",
        section="Books, many at once",
        returns=Table(Taken),
        accepted="accepted",
        repeatable=True,
    )
    def post_books(self, shelf: ShelfCode, books: Annotated[Any, Rows("The books.", record=Book)]) -> "DataFrame":
        """Put books on a shelf, all or none. `add_books` takes any number of them.

        Safe to repeat: a book that stands there already, with the same title and price, stays as it is.

        Raises:
            NotFound: there is no such shelf.
            Rejected: some books cannot be taken, and none was; `.errors` says which.
        """


class Bookshop(Service):
    """Books on shelves."""

    system = SYSTEM
    raw_only = RawOnly

    @get("/shelves", section="Shelves", returns=Table(Shelf, "shelves"))
    def shelves(self) -> "DataFrame":
        """The shelves, one row each."""

    @get("/shelves/{shelf}/books", section="Books", returns=Table(Book, "books"), page=PageNumber("page", PAGE))
    def books(
        self, shelf: ShelfCode, *, page: Annotated[int | None, Integer("First page to read.", minimum=1)] = None
    ) -> "DataFrame":
        """The books of a shelf, one row each, in the order in which they came; all pages.

        Raises:
            NotFound: there is no such shelf.
        """
