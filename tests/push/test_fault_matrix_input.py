"""Lines 51 to 54 of the fault matrix: the surroundings, a vendor that answers nothing, and cells of all kinds."""

import math
import re
import ssl
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import trustme

import toolkit
from tests.helpers.raw_server import Connection, RawServer, answering, reply
from toolkit.http.session import Session

from .benches import DATABASE, Bench, Ida, told

NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NETRC")


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def test_51_proxy_of_the_environment_is_not_used_for_this_machine(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RawServer(Connection.close) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        frame = bench.frame(3)
        bench.check_all_in(bench.push(frame), frame)
        assert proxy.connections == 0


def test_51_proxy_of_the_environment_is_used_and_never_given_other_credentials(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A .netrc that knows this host is not looked into: only our own token leaves."""
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine vendor.example login somebody password netrc-secret\n", encoding="ascii")
    monkeypatch.setenv("NETRC", str(netrc))
    with RawServer(answering(reply({"message": "OK", "code": 200, "data": []}))) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        account = {"base_url": "http://vendor.example", "allow_http": True, "token": "our-own-token"}
        api = toolkit.connect(ida=account, progress=False)
        api.ida.databases()
        (request,) = proxy.requests
    assert request.startswith(b"GET http://vendor.example/")
    assert re.findall(rb"(?i)authorization: [^\r]*", request) == [b"Authorization: Bearer our-own-token"]


def test_51_certificates_that_are_given_count_before_those_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(tmp_path / "given.pem"))
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "environment.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "environment.pem"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ca.issue_cert("127.0.0.1").configure_cert(context)
    with RawServer(answering(reply({"message": "OK", "code": 200, "data": []})), tls=context) as server:
        account = {"base_url": server.url, "ca_bundle": str(tmp_path / "given.pem"), "token": "our-own-token"}
        toolkit.connect(ida=account, progress=False).ida.databases()
        assert len(server.requests) == 1


@pytest.mark.parametrize("commit", ["before", "never"])
def test_52_vendor_that_swallows_every_reply(ida: Ida, commit: str) -> None:
    """The push pauses after a few requests, each time it is run; nothing is doubled meanwhile."""
    frame = ida.frame(600)
    ida.fault(times=None, commit=commit, reply="lost")
    for _ in range(3):
        posts = ida.posts()
        told = ida.push(frame)
        ida.check(told, frame)
        assert "PAUSED" in told.text
        assert ida.posts() - posts <= 5
        assert max([0, *(ida.stored() - ida.before).values()]) <= 1
    ida.box.control.clear_faults()
    for _ in range(2):
        told = ida.push(frame)
    ida.check_all_in(told, frame)


PHONES: dict[str, tuple[Any, str | None]] = {  # and what is stored; None: the row is not sent
    "a float": (56912345678.0, "56912345678"),
    "a float as text": ("56912345678.0", "56912345678"),
    "an integer": (56912345678, "56912345678"),
    "not a number": (math.nan, ""),
    "missing": (pd.NA, ""),
    "the word": ("nan", None),
    "spaces that do not break": ("56\u00a09\u00a01234\u00a05678", "56912345678"),
    "a plus": ("+56 9 1234 5678", "56912345678"),
    "a zero before": ("0912345678", None),
    "zeros before": ("0056912345678", "56912345678"),
    "Arabic digits": ("٥٦٩١٢٣٤٥٦٧٨", "56912345678"),
    "home": ("912345678", "56912345678"),
}


@pytest.mark.parametrize("kind", PHONES)
def test_53_phones_as_sheets_have_them(ida: Ida, kind: str) -> None:
    """Sent in the vendor's form, by a rule that the check shows, or not sent; never with a decimal point."""
    cell, wire = PHONES[kind]
    frame = ida.frame(2).assign(TELEFONO=pd.Series([cell, "56987654321"], dtype=object))
    report = ida.insert(frame)
    stored = {row["EMAIL"]: str(row.get("TELEFONO") or "") for row in ida.box.control.contacts(DATABASE)}
    assert report.table["outcome"].tolist() == ["not sent" if wire is None else "verified", "verified"]
    assert stored.get("p0@example.cl") == wire
    assert stored["p1@example.cl"] == "56987654321"


def test_53_no_decimal_point_ever_leaves(ida: Ida, monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole column of phones that became floats, on the wire."""
    bodies: list[bytes] = []
    send = Session._send

    def watching(session: Session, request: Any, token: Any) -> Any:
        bodies.append(request.body or b"")
        return send(session, request, token)

    monkeypatch.setattr(Session, "_send", watching)
    frame = ida.frame(50).assign(TELEFONO=[56900000000.0 + n if n % 7 else math.nan for n in range(50)])
    told = ida.push(frame)
    ida.check(told, frame)
    sent = b"".join(bodies)
    assert b'"56900000001"' in sent
    assert b".0" not in sent
    assert b"nan" not in sent.lower()


def test_54_twins_stay_twins(ida: Ida) -> None:
    """Rows that are there several times, rightly, are stored as often. A million of them: `tests.reliability`."""
    rows = [ida.frame(count) for count in (1_500, 700, 200)]
    frame = pd.concat(rows, ignore_index=True).sample(frac=1, random_state=5)
    ida.fault(times=3, every=2, commit="before", reply="reset")
    ida.fault(times=2, commit="never", reply="lost")
    settings = {"chunk_rows": 293}
    report = ida.insert(frame, options=settings)
    ida.check_all_in(told(report), frame)
    assert ida.stored() - ida.before == frame["EMAIL"].value_counts().to_dict()
    assert ida.insert(frame, options=settings).complete
    assert sum((ida.stored() - ida.before).values()) == len(frame)


def test_every_line_of_the_matrix_has_its_test() -> None:
    files = Path(__file__).parent.glob("test_fault_matrix*.py")
    text = "".join(path.read_text(encoding="utf-8") for path in files)
    lines = {int(number) for number in re.findall(r"^def test_(\d\d)_", text, re.MULTILINE)}
    assert lines == set(range(1, 55))
