"""What others wrote reaches messages, terminals and pages as plain text."""

import unicodedata

import pandas as pd
import pytest

import toolkit
from tests.helpers.raw_server import RawServer, answering, reply
from toolkit.__main__ import main
from toolkit.errors import ApiError, InputError, Rejected, ToolkitError
from toolkit.http.secrets import vendor_text
from toolkit.plain import LONGEST, SUBSTITUTE, line, plain
from toolkit.sandbox import Sandbox

TRICKS = {
    "colours": "\x1b[31mred\x1b[0m",
    "window title": "\x1b]0;title\x07",
    "link": "\x1b]8;;https://example.com\x1b\\text\x1b]8;;\x1b\\",
    "8-bit CSI": "\x9b31m",
    "carriage return": "refused\raccepted",
    "backspace": "refused\b\b\b\b\b\b\bdone",
    "NUL": "a\0b",
    "right to left": "gpj.\u202eexe",
    "isolate": "\u2066a\u2069",
    "zero width": "pay\u200bpal",
    "line separator": "one\u2028two",
    "byte order mark": "\ufeffx",
    "private use": "\ue000",
    "lone surrogate": "\ud800",
}
KEPT = ["ñandú", "Привіт", "日本", "a\u00a0b", "😀", "tab\tstays", "lines\nstay"]


def is_plain(text: str) -> bool:
    return not [c for c in text if c not in "\n\t" and unicodedata.category(c)[0] == "C"] and "\u2028" not in text


@pytest.mark.parametrize("text", TRICKS.values(), ids=TRICKS)
def test_what_a_terminal_would_obey_is_replaced(text: str) -> None:
    assert is_plain(plain(text))
    assert SUBSTITUTE in plain(text)
    assert is_plain(line(text))
    assert "\n" not in line(text + "\nand more")


@pytest.mark.parametrize("text", KEPT)
def test_what_people_write_stays(text: str) -> None:
    assert plain(text) == text


def test_a_line_is_bounded() -> None:
    assert line("a" * LONGEST) == "a" * LONGEST
    assert line("a" * 10_000_000) == "a" * (LONGEST - 1) + "…"
    assert line("  two\r\n\n words ") == "two words"
    assert line(" " * 10_000_000 + "x") == "…"


@pytest.mark.parametrize("text", TRICKS.values(), ids=TRICKS)
def test_every_error_of_ours_is_plain(text: str) -> None:
    for problem in (
        ToolkitError(text),
        InputError(f"x {text}"),
        ApiError(text, service="x", errors=[text, {"a": text}]),
    ):
        assert is_plain(str(problem))
        assert is_plain("".join(problem._render_traceback_()))


@pytest.mark.parametrize("text", [t for t in TRICKS.values() if "\ud800" not in t])
def test_a_vendor_cannot_write_to_the_terminal(text: str) -> None:
    body = {"message": text, "code": 400, "extra": [text] * 1_000}
    with RawServer(answering(reply(body, "400 Bad Request"))) as server:
        ida = toolkit.connect(ida={"base_url": server.url, "token": "invented-token"}, progress=False).ida
        with pytest.raises(Rejected) as caught:
            ida.databases()
    assert is_plain(str(caught.value))
    assert is_plain(caught.value.message)
    assert len(str(caught.value)) < 2 * LONGEST


def test_errors_of_any_shape_become_text_or_stay_numbers() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    assert vendor_text(deep) == "…"
    assert vendor_text({"a": "\x1b"}) == '{"a": "\\u001b"}'
    assert [vendor_text(v) for v in (None, True, 5, 0.5, "x\ny")] == [None, True, 5, 0.5, "x y"]


def test_the_command_line_says_it_plainly(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise OSError("\x1b[2J gone")

    monkeypatch.setattr("toolkit.sandbox.serve_forever", fails)
    assert main(["sandbox"]) == 1
    assert is_plain(capsys.readouterr().err)


@pytest.mark.parametrize("text", [t for t in TRICKS.values() if "\ud800" not in t and "\0" not in t])
def test_the_name_of_a_database_does_not_reach_the_terminal_as_it_is(text: str, box: Sandbox) -> None:
    ida = toolkit.connect(**box.settings(), progress=False).ida
    named, machine = ida.create_database("Clientes", ["NOMBRE"]), box.control._machine
    with machine.transaction():
        machine.store.change(machine.store.table("ida", "Database"), {"name": f"Clientes {text}"}, id=named)
    report = ida.insert_records(11111, pd.DataFrame({"NOMBRE": [f"Ana {text}"], "EMAIL": ["ana"]}))
    assert is_plain(repr(report))
    assert is_plain(report._repr_html_().replace(f"Ana {text}", ""))
    other = ida.insert_records(named, pd.DataFrame({"NOMBRE": ["Ana"]}))
    assert is_plain(repr(other))
    assert is_plain(other._repr_html_())


@pytest.mark.parametrize("text", [t for t in TRICKS.values() if "\ud800" not in t])
def test_a_sheet_of_somebody_else_does_not_write_to_the_terminal(text: str, box: Sandbox) -> None:
    fields = toolkit.connect(**box.settings(), progress=False).ida.fields(11111)
    rows = pd.DataFrame({"NOMBRE": [f"Ana {text}", text], f"Fono {text}": [f"x {text}", "y"], f"Otra {text}": text})
    match = toolkit.match_columns(rows, fields)
    check = toolkit.check(rows, match)
    for shown in (repr(match), repr(check)):
        assert is_plain(shown)
