"""Where a request ends is said in one way or not at all: what two readers could read in two ways is refused."""

import contextlib
import json
import socket
from urllib.parse import urlsplit

import pytest

from toolkit.sandbox import Sandbox, connection

PATH = "/ida/api/v2/database/records"
BODY = b"{}"


def say(box: Sandbox, data: bytes, *, ends: bool = True) -> bytes:
    """Whatever comes back until the connection ends."""
    with socket.create_connection((urlsplit(box.url).hostname, urlsplit(box.url).port), timeout=10) as raw:
        said = b""
        with contextlib.suppress(OSError):  # it may have ended before all was sent
            raw.sendall(data)
            if ends:
                raw.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionResetError):  # it ended with bytes that nobody read
            while piece := raw.recv(1 << 16):
                said += piece
        return said


def head(box: Sandbox, *lines: str, first: str = f"POST {PATH} HTTP/1.1", end: str = "\r\n") -> bytes:
    return end.join([first, f"Host: {urlsplit(box.url).netloc}", *lines, "", ""]).encode("latin-1")


TWO_WAYS = {
    "a length and a coding": ["Content-Length: 2", "Transfer-Encoding: chunked"],
    "a coding and a length": ["Transfer-Encoding: chunked", "Content-Length: 2"],
    "two lengths": ["Content-Length: 2", "Content-Length: 3"],
    "two equal lengths": ["Content-Length: 2", "Content-Length: 2"],
    "two lengths in one": ["Content-Length: 2, 2"],
    "a signed length": ["Content-Length: +2"],
    "a negative length": ["Content-Length: -2"],
    "a length with an underscore": ["Content-Length: 0_2"],
    "a length in hex": ["Content-Length: 0x2"],
    "a length that is a word": ["Content-Length: two"],
    "no length": ["Content-Length:"],
    "a length of other digits": ["Content-Length: \xb2"],
    "a length without end": ["Content-Length: " + "9" * 300],
    "a space before the colon": ["Content-Length : 2"],
    "a tab before the colon": ["Content-Length\t: 2"],
    "a space before the name": [" Content-Length: 2"],
    "a folded line": ["X-One: a", " b", "Content-Length: 2"],
    "no colon": ["Content-Length 2"],
    "a name of two words": ["Content Length: 2"],
    "no name": [": 2"],
    "a NUL": ["X-One: a\0b", "Content-Length: 2"],
    "a bare CR": ["X-One: a\rContent-Length: 2"],
    "two codings": ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
    "two codings in one": ["Transfer-Encoding: gzip, chunked"],
    "chunked and more": ["Transfer-Encoding: chunked, identity"],
    "a coding with a vertical tab": ["Transfer-Encoding: \x0bchunked"],
    "another coding": ["Transfer-Encoding: identity"],
    "nearly chunked": ["Transfer-Encoding: xchunked"],
    "two hosts": ["Host: example.com", "Content-Length: 2"],
}


@pytest.mark.parametrize("lines", TWO_WAYS.values(), ids=TWO_WAYS)
def test_two_readings_are_refused_once(lines: list[str], box: Sandbox) -> None:
    said = say(box, head(box, *lines) + BODY + head(box, first=f"GET {PATH} HTTP/1.1"))
    assert said.startswith(b"HTTP/1.1 400 ")
    assert said.count(b"HTTP/1.1 ") == 1  # what follows is not read as another request
    assert b"Connection: close" in said


FIRST_LINES = {
    "another version": f"POST {PATH} HTTP/2.0",
    "no version": f"GET {PATH}",
    "two spaces": f"POST  {PATH} HTTP/1.1",
    "a tab": f"POST\t{PATH} HTTP/1.1",
    "four words": f"POST {PATH} x HTTP/1.1",
    "another address": f"POST http://example.com{PATH} HTTP/1.1",
    "no path": "POST example.com HTTP/1.1",
    "a space before": f" POST {PATH} HTTP/1.1",
    "small letters": f"post {PATH} HTTP/1.1",
    "text of another code": "POST /ñ HTTP/1.1",
    "nothing": "",
}


@pytest.mark.parametrize("first", FIRST_LINES.values(), ids=FIRST_LINES)
def test_a_first_line_that_is_none_is_refused(first: str, box: Sandbox) -> None:
    said = say(box, head(box, "Content-Length: 2", first=first) + BODY)
    assert said.startswith(b"HTTP/1.1 400 ")
    assert said.count(b"HTTP/1.1 ") == 1


def test_lines_end_with_both_characters(box: Sandbox) -> None:
    assert say(box, head(box, "Content-Length: 2", end="\n") + BODY).startswith(b"HTTP/1.1 400 ")
    mixed = head(box, "X-One: a", "Content-Length: 2").replace(b"X-One: a\r\n", b"X-One: a\n")
    assert say(box, mixed + BODY).startswith(b"HTTP/1.1 400 ")


def test_no_host_is_refused(box: Sandbox) -> None:
    assert say(box, f"GET {PATH} HTTP/1.1\r\n\r\n".encode()).startswith(b"HTTP/1.1 400 ")
    assert say(box, f"GET {PATH} HTTP/1.0\r\n\r\n".encode()).startswith(b"HTTP/1.1 400 ")


def test_an_old_version_knows_no_chunks(box: Sandbox) -> None:
    said = say(box, head(box, "Transfer-Encoding: chunked", first=f"POST {PATH} HTTP/1.0") + b"0\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 400 ")


CHUNKS = {
    "a signed size": b"+2\r\n{}\r\n0\r\n\r\n",
    "a size with an underscore": b"0_2\r\n{}\r\n0\r\n\r\n",
    "a size with 0x": b"0x2\r\n{}\r\n0\r\n\r\n",
    "a negative size": b"-2\r\n{}\r\n0\r\n\r\n",
    "a space before the size": b" 2\r\n{}\r\n0\r\n\r\n",
    "a bare LF after the size": b"2\n{}\r\n0\r\n\r\n",
    "a bare LF after the chunk": b"2\r\n{}\n0\r\n\r\n",
    "a longer chunk": b"2\r\n{}}\r\n0\r\n\r\n",
    "no size": b"\r\n{}\r\n0\r\n\r\n",
    "a size without end": b"2" * 100_000 + b"\r\n{}\r\n0\r\n\r\n",
    "trailers": b"2\r\n{}\r\n0\r\nX-One: a\r\n\r\n",
    "an odd last chunk": b"2\r\n{}\r\n00_0\r\n\r\n",
}


@pytest.mark.parametrize("chunks", CHUNKS.values(), ids=CHUNKS)
def test_chunks_that_are_none_are_refused(chunks: bytes, box: Sandbox) -> None:
    said = say(box, head(box, "Transfer-Encoding: chunked") + chunks + head(box, first=f"GET {PATH} HTTP/1.1"))
    assert said.startswith(b"HTTP/1.1 400 ")
    assert said.count(b"HTTP/1.1 ") == 1


GOOD = {
    "a length": (["Content-Length: 2"], b"{}"),
    "a length with blanks around": (["Content-Length: \t2 "], b"{}"),
    "a coding": (["Transfer-Encoding: chunked"], b"2\r\n{}\r\n0\r\n\r\n"),
    "chunks with extensions": (["Transfer-Encoding: Chunked"], b"1;a=b\r\n{\r\n1 ; c\r\n}\r\n000\r\n\r\n"),
    "text of another code in a value": (["X-One: \xe1", "Content-Length: 2"], b"{}"),
}


@pytest.mark.parametrize(("lines", "body"), GOOD.values(), ids=GOOD)
def test_what_can_be_read_in_one_way_is_read(lines: list[str], body: bytes, box: Sandbox) -> None:
    once = head(box, *lines) + body
    said = say(box, once + once)
    assert said.count(b"HTTP/1.1 401 ") == 2  # each of the two requests has come


def test_the_body_is_asked_for_where_its_sender_waits(box: Sandbox) -> None:
    said = say(box, head(box, "Content-Length: 2", "Expect: 100-continue") + BODY)
    assert said.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 401 ")
    refused = say(box, head(box, "Content-Length: +2", "Expect: 100-continue"))
    assert refused.startswith(b"HTTP/1.1 400 ")
    assert b"100 Continue" not in refused


# ── limits ──


def test_a_body_far_over_the_limit_is_not_read_to_its_end(box: Sandbox) -> None:
    box.control.body_limit(1_000)
    said = say(box, head(box, f"Content-Length: {10**15}") + b"x" * (1_000 * connection.DRAINED + 1), ends=False)
    assert said.startswith(b"HTTP/1.1 413 ")
    assert b"Connection: close" in said


def test_a_chunk_far_over_the_limit_is_not_read_to_its_end(box: Sandbox) -> None:
    box.control.body_limit(1_000)
    long = b"ffffffff\r\n" + b"x" * (1_000 * connection.DRAINED + 1)
    assert say(box, head(box, "Transfer-Encoding: chunked") + long, ends=False).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("line", ["X-One: " + "a" * 70_000, "\r\n".join(f"X-{n}: a" for n in range(200))])
def test_a_head_has_an_end(line: str, box: Sandbox) -> None:
    assert say(box, head(box, line)).startswith((b"HTTP/1.1 431 ", b"HTTP/1.1 400 "))
    assert say(box, b"GET /" + b"a" * 70_000).startswith((b"HTTP/1.1 414 ", b"HTTP/1.1 400 "))


def test_so_many_connections_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    from toolkit import Api

    monkeypatch.setattr(connection, "MOST_CONNECTIONS", 3)
    with Sandbox(Api.fakes()) as box:
        address = urlsplit(box.url).hostname, urlsplit(box.url).port
        held = [socket.create_connection(address, timeout=10) for _ in range(3)]
        for each in held:  # each is served, and stays
            each.sendall(head(box, first="GET /openapi.json HTTP/1.1"))
            assert each.recv(12) == b"HTTP/1.1 200"
        assert say(box, b"").startswith(b"HTTP/1.1 503 ")
        for each in held:
            each.close()
        for _ in range(200):  # their threads end a moment later
            if (said := say(box, head(box, "Content-Length: 2") + BODY)).startswith(b"HTTP/1.1 401 "):
                break
        assert said.startswith(b"HTTP/1.1 401 ")


def test_a_method_that_is_not_offered_says_which_are(box: Sandbox) -> None:
    said = say(box, head(box, first="DELETE /ida/api/user/login HTTP/1.1"))
    assert said.startswith(b"HTTP/1.1 405 ")
    assert b"Allow: GET, HEAD\r\n" in said
    assert json.loads(said.partition(b"\r\n\r\n")[2])["code"]
