"""What is called for each recorded cassette of the bookshop."""

import pandas as pd

from tests.helpers.recorded import Case, refused

BOOKS = pd.DataFrame({"isbn": ["1", "2"], "title": ["One", "Two"], "price": [12.5, None]})

CASES: dict[str, Case] = {
    "shelves": lambda s, _: s.shelves(),
    "books": lambda s, _: [s.books("novels"), refused(lambda: s.books("nowhere"))],
    "post_books": lambda s, _: s.raw.post_books("empty", [{"isbn": "3", "title": "Three"}]),
    "add_books": lambda s, _: s.add_books("empty", BOOKS),
}
