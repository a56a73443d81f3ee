"""An answer has a size: what is longer, packed or unpacked, is not read, not kept, and not asked for again."""

import gzip
import tracemalloc
import zlib
from collections.abc import Callable

import pytest

import toolkit
from tests.helpers.raw_server import Connection, RawServer, answering, reply
from toolkit.errors import BadAnswer, OutcomeUnknown, SettingsError
from toolkit.http.session import Limits

LIMIT = 1_000_000
ONE = b"a" * (1 << 20)


def head(**headers: str) -> bytes:
    lines = ["HTTP/1.1 200 OK", "Content-Type: application/json"]
    return "\r\n".join([*lines, *(f"{k.replace('_', '-')}: {v}" for k, v in headers.items()), "", ""]).encode()


def forever(first: bytes, more: bytes) -> Callable[[Connection], None]:
    """More and more, for as long as somebody reads."""

    def step(connection: Connection) -> None:
        connection.read()
        connection.send(first)
        try:
            for _ in range(2_000):
                connection.send(more)
        except OSError:
            return
        raise AssertionError("two gigabytes were read")

    return step


def zeros(size: int, wbits: int = 31) -> bytes:
    packer = zlib.compressobj(9, wbits=wbits)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(size >> 20)) + packer.flush()


BOMB = zeros(64 << 20)
TWICE = gzip.compress(BOMB)
PACKED = {
    "gzip": ("gzip", BOMB),
    "deflate": ("deflate", zeros(64 << 20, wbits=15)),
    "packed twice": ("gzip, gzip", TWICE),
    "packed in many layers": ("gzip, gzip, gzip", gzip.compress(TWICE)),
}
STEPS = {
    "a length that is announced": forever(head(Content_Length=str(1 << 40)), ONE),
    "chunks without end": forever(head(Transfer_Encoding="chunked"), b"100000\r\n" + ONE + b"\r\n"),
    "no length": forever(head(Connection="close"), ONE),
    "a length of a thousand digits": forever(head(Content_Length="9" * 1_000), ONE),
    **{name: answering(reply(body, Content_Encoding=coding)) for name, (coding, body) in PACKED.items()},
    "an error that does not end": forever(head(Content_Length=str(1 << 40)).replace(b"200 OK", b"400 Bad"), ONE),
}


def connect(server: RawServer) -> toolkit.Api:
    account = {"base_url": server.url, "token": "invented-token", "limits": {"answer": LIMIT}}
    return toolkit.connect(ida=account, progress=False)


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_a_read_ends_at_the_limit_and_is_not_repeated(step: Callable[[Connection], None]) -> None:
    with RawServer(step) as server:
        ida = connect(server).ida
        tracemalloc.start()
        try:
            with pytest.raises(BadAnswer, match=r"more than 1,000,000 bytes was not read; `limits.answer`"):
                ida.databases()
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert server.connections == 1
    assert peak < 12 * LIMIT


def test_a_write_whose_answer_is_too_long_is_of_unknown_outcome() -> None:
    with RawServer(STEPS["chunks without end"]) as server:
        with pytest.raises(OutcomeUnknown, match="may or may not have been done"):
            connect(server).ida.delete_database(5)
        assert server.connections == 1


def test_what_is_just_within_the_limit_is_read() -> None:
    body = b'{"code": 200, "data": [], "message": "' + b"a" * (LIMIT - 40) + b'"}'
    assert len(body) == LIMIT
    packed = gzip.compress(body)
    for served in (reply(body), reply(packed, Content_Encoding="gzip")):
        with RawServer(answering(served)) as server:
            assert len(connect(server).ida.databases()) == 0
    with RawServer(answering(reply(body + b" "))) as server, pytest.raises(BadAnswer):
        connect(server).ida.databases()


def test_the_connection_that_was_left_is_not_used_again() -> None:
    fine = reply({"code": 200, "data": [], "message": "OK"})
    with RawServer(STEPS["chunks without end"], answering(fine)) as server:
        ida = connect(server).ida
        with pytest.raises(BadAnswer):
            ida.databases()
        assert len(ida.databases()) == 0
        assert server.connections == 2


@pytest.mark.parametrize("limit", [0, -1, "many", None, True])
def test_a_limit_is_a_number(limit: object) -> None:
    with pytest.raises(SettingsError, match="answer"):
        Limits(answer=limit)  # type: ignore[arg-type]


def test_the_default_is_generous_and_finite() -> None:
    assert 10_000_000 <= Limits().answer <= 100_000_000
