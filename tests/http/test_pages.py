"""One page after the other, in each style in which vendors give them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

import pytest

from tests.helpers.toy_vendor import SYSTEM
from toolkit.errors import BadAnswer
from toolkit.http.answers import Classification, Verdict
from toolkit.http.headers import next_link
from toolkit.http.pages import pages
from toolkit.http.wire import Request
from toolkit.spec import Cursor, Integer, NextLink, Offset, Page, PageNumber, Record, Service, Table, Text, get

BASE = "https://vendor.example/api"


class Row(Record):
    n = Integer("Number.")


class Lists(Service):
    system = SYSTEM

    @get("/rows", section="1", returns=Table(Row, "list"))
    def rows(
        self,
        *,
        pagina: Annotated[int | None, Integer("Which page.", wire="page")] = None,
        salta: Annotated[int | None, Integer("Rows to leave out.", wire="skip")] = None,
        name: Annotated[str | None, Text("Filter.")] = None,
    ) -> Any:
        """Rows."""


class Vendor:
    """Answers each request in turn, and notes what it was asked."""

    def __init__(self, *answers: Mapping[str, Any], links: tuple[str, ...] = ()) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self._answers, self._links = list(answers), [*links, *([""] * len(answers))]

    def __call__(self, request: Request) -> Classification:
        self.asked.append((request.path, dict(request.query)))
        return Classification(Verdict.ACKED, payload=self._answers.pop(0), next_link=self._links.pop(0))


def page(*numbers: int, **more: Any) -> dict[str, Any]:
    return {"list": [{"n": n} for n in numbers], **more}


def read(style: Page | None, vendor: Vendor, **values: Any) -> list[int]:
    endpoint = replace(Lists.endpoints["rows"], page=style)
    return [row["n"] for rows in pages(endpoint, values, vendor, BASE) for row in rows]


def test_without_pages_one_answer_is_all() -> None:
    vendor = Vendor(page(1, 2), page(3))
    assert read(None, vendor, name="x") == [1, 2]
    assert vendor.asked == [("/rows", {"name": "x"})]


def test_by_row_number() -> None:
    vendor = Vendor(page(1, 2), page(3, 4), page(5))
    assert read(Offset("skip", 2), vendor, name="x") == [1, 2, 3, 4, 5]
    assert [query.get("skip") for _, query in vendor.asked] == [None, "2", "4"]
    assert {query["name"] for _, query in vendor.asked} == {"x"}


def test_by_page_number() -> None:
    vendor = Vendor(page(1, 2), page(3, 4), page())
    assert read(PageNumber("page", 2), vendor) == [1, 2, 3, 4]
    assert [query.get("page") for _, query in vendor.asked] == [None, "2", "3"]


def test_page_numbers_may_begin_at_0_or_where_one_asks() -> None:
    vendor = Vendor(page(1, 2), page(3))
    assert read(PageNumber("page", 2, first=0), vendor) == [1, 2, 3]
    assert vendor.asked[1][1] == {"page": "1"}
    vendor = Vendor(page(1, 2), page(3))
    assert read(PageNumber("page", 2), vendor, pagina=7) == [1, 2, 3]
    assert [query for _, query in vendor.asked] == [{"page": "7"}, {"page": "8"}]
    vendor = Vendor(page(1, 2), page(3))
    assert read(Offset("skip", 2), vendor, salta=10) == [1, 2, 3]
    assert [query for _, query in vendor.asked] == [{"skip": "10"}, {"skip": "12"}]


@pytest.mark.parametrize("end", [{}, {"next": None}, {"next": ""}])
def test_by_cursor(end: dict[str, Any]) -> None:
    vendor = Vendor(page(1, next="a b"), page(next="c"), page(2, **end))
    assert read(Cursor("cursor", "next"), vendor, name="x") == [1, 2]
    assert [query.get("cursor") for _, query in vendor.asked] == [None, "a b", "c"]


@pytest.mark.parametrize(
    "link",
    [f"{BASE}/rows?skip=5&name=x%20y", "/api/rows?skip=5&name=x%20y", "?skip=5&name=x%20y", "rows?skip=5&name=x+y"],
)
def test_by_link_in_the_body(link: str) -> None:
    vendor = Vendor(page(1, **{"@odata.nextLink": link}), page(2))
    assert read(NextLink("@odata.nextLink"), vendor) == [1, 2]
    assert vendor.asked[1] == ("/rows", {"skip": "5", "name": "x y"})


def test_by_link_in_the_header() -> None:
    vendor = Vendor(page(1), page(2), links=(f"{BASE}/rows?page=2",))
    assert read(NextLink(), vendor) == [1, 2]
    assert vendor.asked[1] == ("/rows", {"page": "2"})


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (
            '<https://v.example/a?page=1>; rel="prev", <https://v.example/a?page=3>; rel="next"',
            "https://v.example/a?page=3",
        ),
        ("</a,b?x=1;y>; rel=next", "/a,b?x=1;y"),
        ('</a>; title="next"; rel="last"', ""),
        ("", ""),
    ],
)
def test_the_header_names_the_next_page(header: str, found: str) -> None:
    assert next_link({"link": header}) == next_link({"Link": header}) == found
    assert next_link({}) == ""


@pytest.mark.parametrize(
    "link", ["https://other.example/api/rows", "//other.example/api/rows", f"{BASE}x/rows", "/else"]
)
def test_a_next_page_elsewhere_is_not_asked_for(link: str) -> None:
    vendor = Vendor(page(1, next=link))
    with pytest.raises(BadAnswer, match="another address"):
        read(NextLink("next"), vendor)
    assert len(vendor.asked) == 1


def test_pages_that_come_again_end() -> None:
    with pytest.raises(BadAnswer, match="same page came twice"):
        read(PageNumber("page", 1), Vendor(page(1), page(1)))
    with pytest.raises(BadAnswer, match="same page came twice"):  # two in turn
        read(PageNumber("page", 1), Vendor(page(1), page(2), page(1)))
    with pytest.raises(BadAnswer, match="same page came twice"):  # in another order
        read(PageNumber("page", 2), Vendor(page(1, 2), page(2, 1)))
    with pytest.raises(BadAnswer, match="came already"):
        read(Cursor("cursor", "next"), Vendor(page(1, next="a"), page(2, next="a")))
    with pytest.raises(BadAnswer, match="came already"):
        read(NextLink("next"), Vendor(page(1, next="/api/rows?p=2"), page(2, next="/api/rows")))
