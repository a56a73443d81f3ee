"""What a vendor declares of its transport: the credential's header, rows that were taken, rows that are refused."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any

import pytest

import toolkit
from tests.helpers.clock import ManualClock
from tests.helpers.raw_server import RawServer, answering, reply
from tests.helpers.toy_vendor import NoCredentials
from toolkit.errors import Rejected, SettingsError
from toolkit.http import answers, wire
from toolkit.http.answers import Answer, Classification, RefusedRow, Verdict
from toolkit.http.secrets import Secret
from toolkit.http.session import Session, Tokens
from toolkit.spec import (
    CredentialHeader,
    Dialect,
    Integer,
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

ACKED, REJECTED, NOT_EXECUTED, AMBIGUOUS = Verdict
NOW = datetime(2026, 3, 2, tzinfo=UTC)


class Item(Record):
    name = Text("Name.")


class Total(Record):
    accepted = Integer("Rows taken.")


class Bulk(Service):
    system = System(
        name="bulk",
        title="Bulk",
        manual="Bulk",
        credentials=NoCredentials,
        header=CredentialHeader("X-Bulk-Key", "key={api_key};"),
        dialect=Dialect(rows=RefusedRows("problems", index="line", first=1, column="what", message="why")),
    )

    @get("/total", section="1", returns=Table(Total))
    def total(self) -> Any:
        """The total."""

    @post("/items", section="2", returns=Table(Total), accepted="result.taken")
    def add(self, items: Annotated[Any, Rows("Items.", record=Item)]) -> Any:
        """Add items."""


ADD = Bulk.endpoints["add"]


def result(status: int, body: Any, sent: int | None = 3) -> Classification:
    return answers.classify(ADD, Answer(status, {}, json.dumps(body).encode()), NOW, sent)


# ── the credential's header ──────────────────────────────────────────────────


def session(url: str, token: str = "sentinel-key-of-bulk") -> Session:
    made = Session(url, header=Bulk.system.header, clock=ManualClock())
    made.tokens = Tokens(lambda: (Secret(token), None), made.clock)
    return made


def test_the_credential_travels_in_the_header_that_is_declared_and_in_no_other() -> None:
    with RawServer(answering(reply({"accepted": 1}))) as server:
        session(server.url).send(Bulk.endpoints["total"], wire.Request("GET", "/total"))
        head = server.requests[0].decode().lower()
    assert "\r\nx-bulk-key: key=sentinel-key-of-bulk;\r\n" in head
    assert head.count("sentinel") == 1
    assert "authorization" not in head


def test_braces_in_a_credential_are_its_own() -> None:
    with RawServer(answering(reply({"accepted": 1}))) as server:
        session(server.url, "{api_key}{x}").send(Bulk.endpoints["total"], wire.Request("GET", "/total"))
    assert b"X-Bulk-Key: key={api_key}{x};\r\n" in server.requests[0]


@pytest.mark.parametrize("form", ["Bearer", "{a} {b}", "", "{}"])
def test_a_header_names_exactly_one_credential(form: str) -> None:
    with pytest.raises(ValueError, match="names one credential in braces"):
        CredentialHeader(form=form)


@pytest.mark.parametrize(
    ("text", "name", "form"),
    [
        (None, "Authorization", "Bearer {token}"),
        ("Token {token}", "Authorization", "Token {token}"),
        ("X-Api-Key: {token}", "X-Api-Key", "{token}"),
    ],
)
def test_settings_may_say_it_in_another_way(text: str | None, name: str, form: str) -> None:
    with RawServer(answering(reply({"code": 200, "data": []}))) as server:
        api = toolkit.connect(ida={"base_url": server.url, "token": "sentinel-token", "header": text}, progress=False)
        api.ida.databases()
    assert f"\r\n{name}: {form.format(token='sentinel-token')}\r\n".encode() in server.requests[0]


@pytest.mark.parametrize("text", ["Bearer", "X-Key: {key}", 5, "{token}{token}"])
def test_a_header_that_carries_no_credential_is_an_error(text: Any) -> None:
    with pytest.raises(SettingsError, match=r"ida\.header"):
        _ = toolkit.connect(ida={"header": text}).ida


# ── a success that counts ────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("taken", "sent", "verdict"),
    [
        (3, 3, ACKED),
        (3, None, ACKED),
        (2, 3, AMBIGUOUS),
        (4, 3, AMBIGUOUS),
        (0, 3, AMBIGUOUS),
        (None, 3, AMBIGUOUS),
        ("3", 3, AMBIGUOUS),
        (True, 1, AMBIGUOUS),
    ],
)
def test_fewer_rows_than_were_sent_is_a_doubt(taken: Any, sent: int | None, verdict: Verdict) -> None:
    assert result(202, {"result": {"taken": taken}}, sent).verdict is verdict


def test_no_count_at_all_is_a_doubt() -> None:
    assert result(202, {"result": {}}).verdict is AMBIGUOUS


def test_a_request_knows_how_many_rows_it_carries() -> None:
    assert wire.request(ADD, {"items": [{"name": "a"}, {"name": "b"}]}).rows == 2
    assert wire.request(Bulk.endpoints["total"], {}).rows is None


# ── a refusal that names rows ────────────────────────────────────────────────


def test_a_refusal_names_rows_by_their_index() -> None:
    problems = [{"line": 3, "what": "name", "why": "is taken"}, {"line": 1, "why": "is empty"}]
    judged = result(422, {"message": "nothing was stored", "problems": problems})
    assert judged.verdict is REJECTED
    assert judged.rows == (RefusedRow(2, "name", "is taken"), RefusedRow(0, "", "is empty"))
    raised = answers.error(ADD, judged)
    assert isinstance(raised, Rejected)
    assert raised.errors == ["row 2: name: is taken", "row 0: is empty"]


@pytest.mark.parametrize("item", [{}, {"line": 0}, {"line": "1"}, {"line": None}, {"line": True}, "1", None, 1])
def test_what_has_another_form_names_nobody(item: Any) -> None:
    assert result(422, {"problems": [item]}).rows == ()
    assert result(422, {"problems": item}).rows == ()


def test_a_row_is_named_once_and_only_by_a_refusal() -> None:
    problems = [{"line": 1, "why": "first"}, {"line": 1, "why": "second"}]
    assert [row.message for row in result(422, {"problems": problems}).rows] == ["first"]
    assert result(500, {"problems": problems}).rows == ()
    assert result(202, {"result": {"taken": 3}, "problems": problems}).rows == ()
