"""What one types for each case of the bookshop."""

from tests.helpers.witness import Reading, Witness
from toolkit.errors import AuthError, NotFound, Rejected

ONE, TWO = {"isbn": "1", "title": "One"}, {"isbn": "2", "title": "Two"}

WITNESS = Witness(
    {
        "list shelves": (Reading(lambda s: s.shelves(), "shelves"),),
        "list shelves, unknown key": (Reading(lambda s: s.shelves(), raises=AuthError),),
        "list books": (Reading(lambda s: s.books("novels", page=2), "books"),),
        "list books, unknown shelf": (Reading(lambda s: s.books("nowhere"), raises=NotFound),),
        "add books": (Reading(lambda s: s.post_books("empty", [{**ONE, "price": 12.5}, TWO])),),
        "add books, a bad one": (
            Reading(lambda s: s.post_books("empty", [ONE, {**TWO, "price": -1}]), raises=Rejected),
        ),
    },
    texts=frozenset({"error"}),
    exact_texts=lambda body: True,
)
