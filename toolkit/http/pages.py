"""One page after the other: which request asks for the next one. No sockets."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

from toolkit.errors import BadAnswer
from toolkit.http import answers, wire
from toolkit.http.answers import Classification
from toolkit.http.wire import Request
from toolkit.plain import message
from toolkit.spec import Cursor, Endpoint, NextLink, Offset, PageNumber

Values = Mapping[str, Any]


def pages(
    endpoint: Endpoint, values: Values, send: Callable[[Request], Classification], base_url: str
) -> Iterator[list[dict[str, Any]]]:
    """The rows of each page, until the last one. `send` sends a request and gives the answer.

    Raises:
        BadAnswer: the vendor gives the same page again, or a next page that is not at its own address.
    """
    request: Request | None = wire.request(endpoint, values)
    asked, came = set[Any](), set[int]()
    while request is not None:
        asked.add(_key(request))
        answer = send(request)
        rows = answers.rows(endpoint, answer.payload)
        if endpoint.page and rows:
            same = sum(map(_row_hash, rows))  # in whatever order
            if same in came:
                text = "{name}: the same page came twice: the vendor does not count pages as declared"
                raise BadAnswer(message(text, name=endpoint.name))
            came.add(same)
        yield rows
        match endpoint.page:
            case Offset() | PageNumber():
                values = _counted(endpoint, values, len(rows))
                request = wire.request(endpoint, values) if values else None
            case Cursor(cursor, data_path):
                mark = answers.find(answer.payload, data_path)
                values = {**values, _argument(endpoint, cursor): mark}
                request = wire.request(endpoint, values) if mark not in (answers.ABSENT, None, "") else None
            case NextLink(data_path):
                link = answers.find(answer.payload, data_path) if data_path else answer.next_link
                request = _linked(endpoint, request, base_url, link) if link not in (answers.ABSENT, None, "") else None
            case None:
                return
        if request is not None and _key(request) in asked:
            raise BadAnswer(message("{name}: the vendor's next page is one that came already", name=endpoint.name))


def _counted(endpoint: Endpoint, values: Values, rows: int) -> Values:
    """The values that ask for the page after this one; none where it was the last."""
    page = endpoint.page
    assert isinstance(page, Offset | PageNumber)
    if rows < page.size:
        return {}
    if isinstance(page, Offset):
        name = _argument(endpoint, page.skip)
        return {**values, name: int(values.get(name) or 0) + page.size}
    name = _argument(endpoint, page.number)
    return {**values, name: int(values.get(name, page.first)) + 1}


def _argument(endpoint: Endpoint, key: str) -> str:
    """The name of the argument that travels under this key."""
    return next((a.name for a in endpoint.arguments if a.key == key), key)


def _linked(endpoint: Endpoint, request: Request, base_url: str, link: Any) -> Request:
    """The request for the page at an address. The credential goes to no other address than the vendor's."""
    base = urlsplit(base_url)
    there = urlsplit(urljoin(base_url + request.path, str(link)))
    if there.netloc != base.netloc or not there.path.startswith(f"{base.path.rstrip('/')}/"):
        raise BadAnswer(
            message(
                "{name}: the next page is at another address ({netloc}), and is not asked for",
                name=endpoint.name,
                netloc=there.netloc,
            )
        )
    path = there.path.removeprefix(base.path.rstrip("/"))
    return replace(request, path=path, query=dict(parse_qsl(there.query, keep_blank_values=True)))


def _row_hash(row: dict[str, Any]) -> int:
    try:
        return hash(tuple(row.values()))
    except TypeError:  # lists and objects among them
        return hash(repr(row))


def _key(request: Request) -> Any:
    return request.path, tuple(sorted(request.query.items())), request.body
