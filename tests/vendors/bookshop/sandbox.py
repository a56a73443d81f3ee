"""The bookshop's half of the sandbox."""

from typing import Any

from tests.vendors.bookshop import api
from tests.vendors.bookshop.api import PAGE, SYSTEM, TAKEN, Bookshop, RawOnly
from toolkit.sandbox.vendor import Answer, Call, ControlPlane, FakeVendor, Refused
from toolkit.spec import Integer, Text

CREDENTIALS = {"api_key": "clave-demo-bookshop"}
SAID = {400: "bad request", 401: "unknown key", 404: "no such shelf", 422: "nothing was taken"}


class Shelf(api.Shelf):
    pass


class Book(api.Book):
    id = Integer()
    shelf = Text()


def authenticate(call: Call) -> None:
    key = call.credential()
    if key != CREDENTIALS["api_key"] and call.claims(key) is None:
        raise Refused(401)


def error_response(refusal: Refused) -> Answer:
    return refusal.status, {"error": refusal.message or SAID.get(refusal.status, "error"), **(refusal.details or {})}


def seed(call: Call) -> None:
    """Two shelves, one of them with two pages of books."""
    call.store.add_many(Shelf, [{"code": "novels", "books": 0}, {"code": "empty", "books": 0}])
    _add(call, "novels", [{"isbn": f"97800000000{n:02}", "title": f"Novel {n}", "price": n} for n in range(1, 6)])


FAKE = FakeVendor(SYSTEM, CREDENTIALS, {Shelf: "code", Book: "id"}, seed, error_response, authenticate)


@FAKE.handles(Bookshop.shelves)
def shelves(call: Call) -> Answer:
    return 200, {"shelves": call.store.rows(Shelf)}


@FAKE.handles(Bookshop.books)
def books(call: Call) -> Answer:
    found, page = _books(call), call.query.get("page", "1")
    if not page.isdecimal() or not 1 <= int(page) < 10**6:
        raise Refused(400)
    start = (int(page) - 1) * PAGE
    return 200, {"books": [{f.key: b[f.key] for f in api.Book.fields} for b in found[start : start + PAGE]]}


@FAKE.handles(RawOnly.post_books)
def post_books(call: Call) -> Answer:
    found, body = {b["isbn"]: b for b in _books(call)}, call.json
    sent = body.get("books") if isinstance(body, dict) else None
    if not isinstance(sent, list) or not sent:
        raise Refused(400)
    errors = [{"line": n, **error} for n, book in enumerate(sent) if (error := _error(book, found))]
    if errors:
        raise Refused(422, details={"errors": errors})
    new = {b["isbn"]: {f.key: b.get(f.key) for f in api.Book.fields} for b in sent if b["isbn"] not in found}
    _add(call, call.path["shelf"], list(new.values())[: call.keep])
    return 202, {"accepted": len(sent)}


def _books(call: Call) -> list[dict[str, Any]]:
    if call.store.one(Shelf, code=call.path["shelf"]) is None:
        raise Refused(404)
    return call.store.rows(Book, shelf=call.path["shelf"])


def _error(book: Any, found: dict[str, Any]) -> dict[str, str] | None:
    for field in ("isbn", "title"):
        value = book.get(field) if isinstance(book, dict) else None
        if not isinstance(value, str) or not value:
            return {"field": field, "reason": "is missing"}
    price = book.get("price")
    if isinstance(price, bool) or not isinstance(price, int | float | None) or (price or 0) < 0:
        return {"field": "price", "reason": f"{price} is no price"}
    stands = found.get(book["isbn"])
    if stands and (stands["title"], stands["price"]) != (book["title"], price):
        return {"field": "isbn", "reason": TAKEN}
    return None


def _add(call: Call, shelf: str, new: list[dict[str, Any]]) -> None:
    call.store.add_many(Book, [{**book, "shelf": shelf} for book in new])
    call.store.change(Shelf, {"books": len(call.store.rows(Book, shelf=shelf))}, code=shelf)


@FAKE.controls
class BookshopControl(ControlPlane):
    """What the shop's own people do."""

    def shelve(self, shelf: str, isbn: str, title: str) -> None:
        """Somebody else puts a book on a shelf."""
        with self._machine.transaction():
            _add(self._machine.call(SYSTEM.name), shelf, [{"isbn": isbn, "title": title, "price": None}])
