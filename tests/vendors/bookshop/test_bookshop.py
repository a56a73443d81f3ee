"""A vendor of one folder: its list, its pages, its key, and many books at once."""

from collections.abc import Iterator

import pandas as pd
import pytest

from tests.helpers.clock import ManualClock
from tests.helpers.registry import Registry
from toolkit.errors import AuthError, NotFound, Rejected, SettingsError
from toolkit.sandbox import Sandbox
from toolkit.sandbox.embedded import Embedded

BOOKS = {"method": "POST", "path": "/shelves/*/books"}


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Embedded(Registry.fakes(), Registry) as started:
        yield started


@pytest.fixture
def api(box: Embedded[Registry], clock: ManualClock) -> Registry:
    return box.connect(clock=clock, progress=False)


def frame(rows: int) -> pd.DataFrame:
    numbers = [f"{n:013}" for n in range(rows)]
    return pd.DataFrame({"isbn": numbers, "title": [f"Book {n}" for n in range(rows)], "price": "12.50"})


def posts(box: Sandbox) -> int:
    return sum(entry["method"] == "POST" and entry["system"] == "bookshop" for entry in box.control.log())


def test_a_list_and_all_pages_of_another(api: Registry, box: Sandbox) -> None:
    assert api.bookshop.shelves()["books"].tolist() == [5, 0]
    assert api.bookshop.books("novels")["title"].tolist() == [f"Novel {n}" for n in range(1, 6)]
    assert [e["query"] for e in box.control.log()][1:] == [{}, {"page": "2"}]
    assert len(api.bookshop.books("empty")) == 0
    with pytest.raises(NotFound, match="no such shelf"):
        api.bookshop.books("nowhere")


def test_the_key_is_all_it_takes(api: Registry, box: Sandbox, clock: ManualClock) -> None:
    assert "clave-demo" not in f"{api.bookshop!r}{vars(api.bookshop.connection)}"
    wrong = Registry("x", {"bookshop": {"base_url": box.addresses["bookshop"], "api_key": "sentinel-key"}}, clock=clock)
    with pytest.raises(AuthError, match="unknown key"):
        wrong.bookshop.shelves()
    none = Registry("x", {"bookshop": {"base_url": box.addresses["bookshop"]}}, clock=clock)
    with pytest.raises(SettingsError, match="needs api_key"):
        none.bookshop.shelves()


def test_many_books_go_in_at_once(api: Registry, box: Sandbox) -> None:
    report = api.bookshop.add_books("empty", frame(30))
    assert set(report.table["outcome"]) == {"accepted"}
    assert api.bookshop.books("empty")["isbn"].tolist() == frame(30)["isbn"].tolist()
    before = posts(box)
    assert len(api.bookshop.add_books("empty", frame(30)).table) == 30
    assert posts(box) == before


def test_a_refusal_costs_only_the_rows_that_it_names_and_says_why(api: Registry, box: Sandbox) -> None:
    box.control.shelve("empty", "0000000000003", "Another")
    rows = frame(40)
    rows.loc[7, "price"] = "-1"
    table = api.bookshop.add_books("empty", rows).table
    refused = table[table["outcome"] == "rejected"]
    assert refused["error"].tolist() == ["has another title or price already", "-1 is no price"]
    assert refused.index.tolist() == [3, 7]
    assert (table["outcome"] == "accepted").sum() == 38
    assert len(api.bookshop.books("empty")) == 39


def test_one_call_raises_what_the_refusal_lists(api: Registry) -> None:
    books = [{"isbn": "1", "title": "x", "price": 1}, {"isbn": "2", "title": "y", "price": -1}]
    with pytest.raises(Rejected) as caught:
        api.bookshop.raw.post_books("empty", books)
    assert caught.value.errors == ["row 1: price: -1 is no price"]


@pytest.mark.parametrize("fault", [{"commit": "before", "reply": "lost"}, {"commit": "never", "reply": "reset"}])
def test_after_a_lost_answer_the_shelf_is_read(api: Registry, box: Sandbox, fault: dict[str, str]) -> None:
    box.control.fault(system="bookshop", match=BOOKS, **fault)
    report = api.bookshop.add_books("empty", frame(20))
    assert set(report.table["outcome"]) <= {"accepted", "verified"}
    assert api.bookshop.books("empty")["isbn"].tolist() == frame(20)["isbn"].tolist()


def test_a_success_that_counts_fewer_rows_is_a_doubt_and_is_read_back(api: Registry, box: Sandbox) -> None:
    box.control.fault(
        system="bookshop", match=BOOKS, commit="partial", partial=4, reply="status", status=202, body={"accepted": 4}
    )
    report = api.bookshop.add_books("empty", frame(20))
    assert set(report.table["outcome"]) <= {"accepted", "verified"}
    assert len(api.bookshop.books("empty")) == 20
