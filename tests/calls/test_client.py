"""What calling means: values checked all at once, requests in the vendor's form, answers as frames."""

import io
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from tests.helpers.awkward_frames import AWKWARD, NAME, PHONE, each_awkward_frame
from tests.helpers.toy_vendor import Scripted, Toys, toys
from toolkit.calls.client import Client, records
from toolkit.errors import BadAnswer, InputError, NotFound, RowErrors, SettingsError
from toolkit.http import wire
from toolkit.http.secrets import Secret
from toolkit.spec import Phone, Record, Rows, Text

# ── pages ────────────────────────────────────────────────────────────────────


def page(*ids: int) -> dict[str, Any]:
    return {"list": [{"id": i, "name": f"n{i}"} for i in ids]}


@pytest.mark.parametrize(
    ("pages", "ids", "offsets"),
    [
        ([page()], [], [None]),
        ([page(1)], [1], [None]),
        ([page(1, 2), page()], [1, 2], [None, "2"]),
        ([page(1, 2), page(3, 4), page(5)], [1, 2, 3, 4, 5], [None, "2", "4"]),
    ],
)
def test_all_pages_become_one_frame(pages: list[Any], ids: list[int], offsets: list[str | None]) -> None:
    api, session = toys(*pages)
    found = api.search("abc", size="large")
    assert found["id"].tolist() == ids
    assert found.index.equals(pd.RangeIndex(len(ids)))
    assert found.dtypes.to_dict() == {"id": "Int64", "name": "str"}
    assert [r.query.get("offset") for r in session.sent] == offsets
    assert all(r.query["filter[text]"] == "abc" and r.query["size"] == "2" for r in session.sent)


def test_pages_go_on_from_where_one_asks() -> None:
    api, session = toys(page(1, 2), page(3))
    api.search("abc", offset=10)
    assert [r.query["offset"] for r in session.sent] == ["10", "12"]


def test_a_page_that_comes_again_and_again_ends() -> None:
    api, session = toys(page(1, 2), page(1, 2), page())
    with pytest.raises(BadAnswer, match="same page"):
        api.search("abc")
    assert len(session.sent) == 2


# ── what comes back ──────────────────────────────────────────────────────────


def test_one_object_is_one_row() -> None:
    api, session = toys({"one": {"id": 7}})
    assert len(api.one(7)) == 1
    assert (session.sent[0].method, session.sent[0].path) == ("GET", "/found/7")


def test_nothing_is_no_row_with_all_columns() -> None:
    api, _ = toys({"one": None})
    assert_frame_equal(api.one(7), toys(page())[0].search("x"))


def test_what_is_created_is_named_by_its_identifier() -> None:
    assert toys({"id": "e1"})[0].add(["Ana"]) == "e1"
    assert toys({"id": 17})[0].add(["Ana"]) == "17"


def test_a_value_of_a_kind_is_of_that_kind() -> None:
    api, session = toys({"word": "sentinel"}, {"word": None})
    word = api.word("open sesame")
    assert isinstance(word, Secret)
    assert word.reveal() == "sentinel"
    assert session.sent[0].body == b'{"clave":"open sesame"}'
    with pytest.raises(BadAnswer, match="no masked"):
        api.word(Secret("open sesame"))


def test_no_rows_declared_is_none() -> None:
    assert toys()[0].change(1, {"a": "x"}) is None


@pytest.mark.parametrize("answer", [{"two": "text"}, {"word": None}, {"word": ""}])
def test_what_no_document_shows_is_a_bad_answer_without_what_came(answer: Any) -> None:
    with pytest.raises(BadAnswer) as caught:
        toys(answer)[0].word("open sesame")
    frames, trace = [], caught.value.__traceback__
    while trace:
        frames.append(trace.tb_frame.f_locals)
        trace = trace.tb_next
    assert len(frames) > 1
    assert all(answer not in values.values() for values in frames[1:])


# ── what is sent ─────────────────────────────────────────────────────────────


def test_values_travel_in_the_vendors_form() -> None:
    api, session = toys({"id": 1})
    people = pd.DataFrame({"NOMBRE": [" Ana ", "Luis"], "TELEFONO": ["+56 9 1234 5678", None]}, index=[5, 5])
    api.add(people, at={"x": 1.0, "y": "2"}, tags=["a", "b"])
    assert session.sent[0].body == wire.encode(
        {
            "lista": [
                {"NOMBRE": "Ana", "fono": "56912345678", "activo": True},
                {"NOMBRE": "Luis", "activo": True},
            ],
            "lugar": {"x": 1, "y": 2},
            "tags": "a;b",
        }
    )


@pytest.mark.parametrize(
    "people", ["Ana", ["Ana"], {"NOMBRE": "Ana"}, [{"NOMBRE": "Ana"}], pd.DataFrame({"NOMBRE": ["Ana"]})], ids=str
)
def test_people_may_be_said_in_any_plain_form(people: Any) -> None:
    api, session = toys({"id": 1})
    api.add(people)
    assert session.sent[0].body == b'{"lista":[{"NOMBRE":"Ana","activo":true}]}'


def test_what_only_answers_carry_is_not_sent() -> None:
    with pytest.raises(InputError, match="seen"):
        toys()[0].add([{"NOMBRE": "Ana", "seen": "now"}])


@pytest.mark.parametrize("many", [["a", "b"], ("a", "b"), np.array(["a", "b"]), pd.Series(["a", "b"], index=[7, 7])])
def test_labels_come_in_any_kind_of_list(many: Any) -> None:
    api, session = toys({"id": 1})
    api.add(["Ana"], tags=many)
    assert b'"tags":"a;b"' in (session.sent[0].body or b"")


def test_free_fields_travel_as_they_are_or_as_their_text() -> None:
    api, session = toys()
    values = {"A": "00123", "B": "", "C": np.int64(7), "D": 2.0, "E": pd.Timestamp("2026-03-02"), "F": True}
    api.change(1, {**values, "G": None, "id": "a field"})
    assert session.sent[0].body == wire.encode(
        {"A": "00123", "B": "", "C": "7", "D": "2", "E": "2026-03-02", "F": "TRUE", "id": "a field"}
    )
    with pytest.raises(InputError, match="B: "):
        api.change(1, {"A": "x", "B": {"a": 1}})


CALLS: dict[str, tuple[Callable[[Toys], Any], tuple[str, ...]]] = {
    "too long and no choice": (
        lambda t: t.search("abcdefg", size="huge"),
        ("text: is too long: 7", "size: is not one of the choices: 1 (small), 2 (large)"),
    ),
    "below the least": (lambda t: t.one(0), ("id: is too small: less than 1",)),
    "no number": (lambda t: t.one("seven"), ("id: ",)),
    "nothing": (lambda t: t.search(""), ("text: is required and empty",)),
    "a list for a number": (lambda t: t.one([1]), ("id: ",)),
    "several at once": (
        lambda t: t.search("abcdefg", size=3, offset=-1),
        ("text: is too long: 7", "size: is not", "offset: is too small: less than 0"),
    ),
    "a separator in an item": (lambda t: t.add(["Ana"], tags=["a;b"]), ("tags: has an item with the separator",)),
    "a part of it": (lambda t: t.add(["Ana"], at={"x": -1}), ("x: is too small: less than 0", "y: is required")),
}


@pytest.mark.parametrize(("call", "said"), CALLS.values(), ids=CALLS)
def test_everything_wrong_is_said_at_once_and_nothing_is_sent(
    call: Callable[[Toys], Any], said: tuple[str, ...]
) -> None:
    api, session = toys()
    with pytest.raises(InputError) as caught:
        call(api)
    assert [words for words in said if words not in str(caught.value)] == []
    assert "othing was" in str(caught.value)
    assert session.sent == []


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda t: t.search("a", ofset=3), r"^toy.search\(\) has no argument 'ofset'; did you mean 'offset'\?"),
        (lambda t: t.search("a", zzzz=3), r"^toy.search\(\) has no argument 'zzzz'; it takes text, size, offset\."),
        (lambda t: t.search(), r"^toy.search\(\): missing a required argument: 'text'; it takes text, size, offset\."),
        (lambda t: t.one(1, 2), r"^toy.one\(\): too many positional arguments; it takes id\."),
        (lambda t: t.add(["Ana"], at={"x": 1, "y": 1, "yy": 1}), r"at: has no 'yy'; did you mean 'y'\?"),
    ],
)
def test_a_wrong_argument_names_the_call_and_the_nearest(call: Callable[[Any], Any], message: str) -> None:
    api, session = toys()
    with pytest.raises(InputError, match=message) as caught:
        call(api)
    assert "othing was sent" in str(caught.value)
    assert isinstance(caught.value, TypeError) == ("at:" not in message)
    assert session.sent == []


@pytest.mark.parametrize("nothing", [{}, {"a": None}])
def test_a_change_of_nothing_is_not_sent(nothing: dict[str, Any]) -> None:
    api, session = toys()
    with pytest.raises(InputError, match="values: is required and empty"):
        api.change(1, nothing)
    assert session.sent == []


def test_a_field_beside_the_arguments_cannot_take_the_place_of_one() -> None:
    api, session = toys(corrections={"change": "PUT /contacts"})
    with pytest.raises(InputError, match="id names what is sent with it"):
        api.change(1, {"id": "7"})
    assert session.sent == []


def test_bad_rows_are_a_table() -> None:
    people = pd.DataFrame(
        {"NOMBRE": ["x" * 21, None, "Eva"], "TELEFONO": ["12", "56912345678", "x"]}, index=list("abc")
    )
    with pytest.raises(RowErrors) as caught:
        toys()[0].add(people)
    assert caught.value.table[["row", "column"]].to_numpy().tolist() == [
        ["a", "NOMBRE"],
        ["a", "TELEFONO"],
        ["b", "NOMBRE"],
        ["c", "TELEFONO"],
    ]


@each_awkward_frame
def test_any_frame_is_sent_row_by_row_or_refused_and_stays_as_it_is(make_frame: Callable[[], pd.DataFrame]) -> None:
    field = Rows("", record=type("Any", (Record,), {name: Text("") for name in (NAME, PHONE, "EMAIL")}))
    frame = make_frame()
    try:
        rows = records(field, frame)
    except InputError:
        rows = [{}] * len(frame)
    assert len(rows) == len(frame)
    assert wire.encode(rows)
    assert all(isinstance(v, str) for row in rows for v in row.values())
    assert_frame_equal(frame, make_frame())


def test_floats_that_were_whole_are_whole_again() -> None:
    field = Rows("", record=type("Any", (Record,), {NAME: Text(""), PHONE: Phone("")}))
    rows = records(field, AWKWARD["floats_that_were_whole"]())
    assert [row.get(PHONE) for row in rows] == ["56912345678", None, "56987654321"]


# ── corrections ──────────────────────────────────────────────────────────────


def test_method_and_path_can_be_corrected() -> None:
    api, session = toys({"one": {}}, corrections={"one": "POST /v3/get/{id}", "search": "GET /v3/search"})
    api.one(7)
    assert (session.sent[0].method, session.sent[0].path, session.sent[0].body) == ("POST", "/v3/get/7", None)
    moved, session = toys({"one": {}}, corrections={"one": "GET /v3/get"})
    moved.one(7)
    assert (session.sent[0].path, session.sent[0].query) == ("/v3/get", {"id": "7"})


@pytest.mark.parametrize("line", ["", "GET", "/path", "get /path", "HEAD /path", "GET path", "GET https://x.example/y"])
def test_a_correction_is_a_method_and_a_path(line: str) -> None:
    with pytest.raises(SettingsError, match="METHOD /path"):
        toys(corrections={"one": line})


def test_a_correction_knows_the_arguments_only() -> None:
    api, session = toys(corrections={"one": "GET /v3/{number}"})
    with pytest.raises(SettingsError, match="no argument number"):
        api.one(7)
    assert session.sent == []


# ── many at once ─────────────────────────────────────────────────────────────


def test_answers_keep_the_order_of_what_was_asked_and_failures_their_place() -> None:
    together = threading.Barrier(4)

    def answer(request: wire.Request) -> Any:
        together.wait(10)  # all four are under way at the same time
        number = int(request.path.rpartition("/")[2])
        if number == 2:
            raise NotFound("no", service="one", status=404)
        return {"one": {"id": number}}

    api, _ = toys(answer)
    first, second, *others = api._call.stream(Toys.endpoints["one"], [{"id": n} for n in (3, 2, 1, 0)])  # type: ignore[attr-defined]
    assert first["id"].tolist() == [3]
    assert isinstance(second, NotFound)
    assert [o["id"].tolist() for o in others] == [[1], [0]]


def test_nothing_to_ask_is_nothing() -> None:
    assert list(Client(Scripted(), progress=False).stream(Toys.endpoints["one"], [])) == []  # type: ignore[arg-type]


def test_what_no_one_expects_stops_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[int] = []
    stopping, shutdown = threading.Event(), ThreadPoolExecutor.shutdown

    def stop(pool: ThreadPoolExecutor, wait: bool = True, **options: Any) -> None:
        shutdown(pool, wait=False, **options)
        stopping.set()
        shutdown(pool, wait=wait)

    def work(number: int) -> None:
        done.append(number)
        if number == 0:
            raise ZeroDivisionError
        stopping.wait(10)

    monkeypatch.setattr(ThreadPoolExecutor, "shutdown", stop)
    caller = Client(Scripted(), workers=1, progress=False)  # type: ignore[arg-type]
    with pytest.raises(ZeroDivisionError):
        list(caller.map_concurrently(work, range(100), label=""))
    assert len(done) <= 2


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("shown", "terminal", "disable", "drawn"),
    [
        (True, True, None, True),
        (True, True, "", True),
        (True, True, "0", True),
        (True, True, "1", False),
        (True, False, None, False),
        (False, True, None, False),
    ],
)
def test_progress_is_shown_where_somebody_looks(
    shown: bool, terminal: bool, disable: str | None, drawn: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = Terminal() if terminal else io.StringIO()
    monkeypatch.setattr(sys, "stderr", out)
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    if disable is not None:
        monkeypatch.setenv("TQDM_DISABLE", disable)
    client = Client(Scripted(), progress=shown)  # type: ignore[arg-type]
    assert list(client.map_concurrently(abs, [-1, 2], label="numbers")) == [1, 2]
    assert ("numbers" in out.getvalue()) is drawn


def test_progress_needs_no_standard_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)  # as under pythonw
    client = Client(Scripted())  # type: ignore[arg-type]
    assert list(client.map_concurrently(abs, [-1], label="numbers")) == [1]


def test_a_caller_shows_its_host() -> None:
    assert repr(Client(Scripted())) == "<Client of vendor.example>"  # type: ignore[arg-type]


@pytest.mark.parametrize("word", ["NOMBRE", "Name", "Total", "Null", "S/N", "--"])
def test_a_word_that_a_sheet_would_be_asked_about_is_a_name_in_code(word: str, box: Any) -> None:
    ida = box.connect(progress=False).ida
    database = ida.create_database("Palabras", [word, "CIUDAD"])
    assert ida.fields(database)["name"].tolist() == [word, "CIUDAD"]
    assert ida.fields(ida.create_database("Copia", ida.fields(database)))["name"].tolist() == [word, "CIUDAD"]
