"""Makes the recorded cassettes, and runs them again.

`python -m tests.commands.recording` makes all of them anew from the sandbox, the same each time. `--profile NAME` makes
them from the vendors, entered with a profile of your own: read cassettes/README.md first, for real things happen there.
"""

import argparse
import itertools
import json
import os
import re
import tempfile
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import parse_qsl, urlencode

import pandas as pd
import vcr
from vcr.cassette import Cassette
from vcr.request import Request

import toolkit
from tests.helpers.clock import ManualClock
from tests.helpers.recorded import Case
from tests.helpers.registry import VENDORS, Registry, cassettes, piece
from toolkit.http.secrets import MASK, Secret, holds_secret, scrub, scrubbed
from toolkit.http.session import Clock
from toolkit.notebook.recording import KEPT_HEADERS, public_address, refuse_secrets
from toolkit.push import Report
from toolkit.sandbox import Sandbox
from toolkit.spec import Masked, Value, secret_keys
from toolkit.vendors.vendor import Vendor

SANDBOX, VENDOR = "the toolkit's own sandbox", "the vendor"
RESULTS = "results.json"
EVERY_REQUEST = {"accept", "accept-encoding", "connection", "content-length", "content-type", "user-agent"}  # has these


def recorded(vendor: Vendor) -> Path:
    """The folder of a vendor's recorded cassettes."""
    return cassettes(vendor) / "recorded"


def cases_of(vendor: Vendor) -> dict[str, Case]:
    """What is called for each cassette of a vendor, in the order in which they are recorded."""
    found: dict[str, Case] = piece(vendor, "recorded", "CASES")
    return found


class Keeper:
    """One system's exchanges as cassettes hold them: addressed to the vendor, in one spelling, without secrets."""

    def __init__(self, service: Any, source: str = "") -> None:
        declared = service.endpoints.values()
        self._secret = set[str]().union(*(secret_keys(e.arguments) | e.secret_keys for e in declared))
        self._source = source
        self._header = service.system.header
        self._bare_secrets = any(
            e.is_text and isinstance(e.returns, Value) and isinstance(e.returns.field, Masked) for e in declared
        )
        self._address, self._public = service.connection.session.base_url, public_address(service.system)

    def cassette(self, path: Path, mode: str) -> Any:
        """A context in which requests are recorded ("all") or answered from the file ("none")."""
        player = vcr.VCR(
            match_on=("method", "scheme", "host", "port", "path", "query", "sent"),
            before_record_request=self._request,
            before_record_response=self._response,
            decode_compressed_response=True,
            record_on_exception=False,
        )
        player.register_matcher("sent", _sent_alike)
        return player.use_cassette(path, record_mode=mode)

    def published(self, text: str) -> str:
        return text.replace(self._address, self._public)

    def _request(self, request: Request) -> Request:
        address, _, query = self.published(request.uri).partition("?")
        asked = scrubbed(dict(parse_qsl(query, keep_blank_values=True)), self._secret)
        kind, body = request.headers.get("Content-Type", ""), (request.body or b"").decode()
        if boundary := kind.partition("boundary=")[2]:
            kind, body = kind.replace(boundary, "boundary"), body.replace(boundary, "boundary")
        elif body:
            body = json.dumps(scrubbed(json.loads(body), self._secret), sort_keys=True)
        uri = f"{address}?{urlencode(sorted(asked.items()), safe='*')}" if asked else address
        headers = {**self._credential(request), **({"Content-Type": kind} if kind else {})}
        return Request(request.method, scrub(uri), scrub(body), headers)

    def _credential(self, request: Request) -> dict[str, str]:
        """The declared header, its credential masked. ToolkitError where another header might hold one."""
        found = {}
        before, after = map(re.escape, self._header.form.split(f"{{{self._header.credential}}}"))
        for name, value in request.headers.items():
            if name.lower() == self._header.name.lower():
                found[self._header.name] = re.sub(f"({before}).+({after})", rf"\g<1>{MASK}\g<2>", value)
            elif name.lower() not in EVERY_REQUEST:
                where = f"{request.method} {request.path}"
                raise toolkit.ToolkitError(f"{where} has a header {name}, which nothing declares: it may be a secret")
        return found

    def _response(self, response: dict[str, Any]) -> dict[str, Any]:
        body = self.published(response["body"]["string"].decode())
        if body[:1] in ("{", "["):
            body = json.dumps(scrubbed(json.loads(body), self._secret))
        elif self._bare_secrets and response["status"]["code"] < 300 and body not in ("", "true", "false"):
            body = MASK
        headers = {k: v for k, v in response["headers"].items() if k.lower() in KEPT_HEADERS}
        headers["X-Recorded-From"] = [self._source]
        return {"status": response["status"], "headers": headers, "body": {"string": scrub(body).encode()}}


def _sent_alike(one: Request, other: Request) -> None:
    """As text: to Python, 0 and false are equal."""
    assert (one.body, dict(one.headers)) == (other.body, dict(other.headers))


def plain(result: Any) -> Any:
    """What a call gave back, as JSON: a frame with its types and its index, a secret as the name of its type."""
    if isinstance(result, list):
        return [plain(one) for one in result]
    if isinstance(result, dict):
        return {name: plain(one) for name, one in result.items()}
    if isinstance(result, Report):
        return plain(result.table)
    if isinstance(result, pd.DataFrame):
        rows = json.loads(result.to_json(orient="records", date_format="iso", default_handler=_name))
        return {"dtypes": {c: str(t) for c, t in result.dtypes.items()}, "index": list(result.index), "rows": rows}
    return _name(result) if isinstance(result, Secret) else result


def _name(value: Any) -> str:
    return type(value).__name__


def as_rows(results: Mapping[str, Any]) -> dict[str, Any]:
    """Results as the cases take them."""
    return {name: one.get("rows", one) if isinstance(one, dict) else one for name, one in results.items()}


def record(vendor: Vendor, service: Any, folder: Path, source: str) -> None:
    """Make the cassettes of one vendor anew, and beside them what the calls gave back."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.*"):
        old.unlink()
    keeper, session, results = Keeper(service, source), service.connection.session, dict[str, Any]()
    session.tokens.current()  # signs in before the first cassette
    with tempfile.TemporaryDirectory() as state, mock.patch.dict(os.environ, TOOLKIT_STATE=state):
        for name, case in cases_of(vendor).items():
            session._open()  # an open connection would go past the recorder
            with keeper.cassette(path := folder / f"{name}.yaml", "all") as cassette:
                result = case(service, as_rows(results))
                refuse_secrets(path, cassette.data)
            results[name] = plain(result)
    shown = {f.name for f in service.system.credentials.fields if not isinstance(f, Masked)}
    account = {name: value for name, value in service.connection.account.items() if name in shown}
    text = json.dumps({"source": source, "account": account, "results": results}, ensure_ascii=False, indent=1)
    if holds_secret(text):
        raise toolkit.ToolkitError(f"{RESULTS} was not written: a secret would stand in it")
    (folder / RESULTS).write_text(keeper.published(text), encoding="utf-8", newline="\n")


def record_sandbox(vendor: Vendor, clock: Clock, folder: Path) -> None:
    """The same each time: time is handed in, and identifiers are counted."""
    ids = (uuid.UUID(int=number, version=4) for number in itertools.count(1))
    with mock.patch("uuid.uuid4", side_effect=ids), Sandbox(Registry.fakes(), clock=clock.monotonic) as box:
        account: dict[str, Any] = {vendor.name: {**box.settings()[vendor.name], "workers": 1}}
        api = Registry("recording", account, clock=clock, progress=False)
        record(vendor, getattr(api, vendor.name), folder, SANDBOX)


def read_results(folder: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((folder / RESULTS).read_text(encoding="utf-8"))
    return read


def replay(vendor: Vendor, name: str, clock: Clock, folder: Path | None = None) -> tuple[Any, Cassette]:
    """Run one case from its cassette: what comes back, and the cassette."""
    kept = read_results(recorded(vendor))
    secrets = {f.name: MASK for f in vendor.system.credentials.fields if isinstance(f, Masked)}
    settings = {**kept["account"], **secrets, "base_url": public_address(vendor.system), "workers": 1}
    service = getattr(Registry("replay", {vendor.name: settings}, clock=clock, progress=False), vendor.name)
    with Keeper(service).cassette((folder or recorded(vendor)) / f"{name}.yaml", "none") as cassette:
        result = cases_of(vendor)[name](service, as_rows(kept["results"]))
    return plain(result), cassette


class Waiting(ManualClock):
    """Really waits, and is moved by nothing else: a replay then counts the same time."""

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)
        super().sleep(seconds)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("systems", nargs="*", metavar="system", help=f"of {', '.join(VENDORS)}; all if none is named")
    options.add_argument("--profile", help="record from the vendors, entered with this profile")
    chosen = options.parse_args()
    for vendor in [VENDORS[name] for name in chosen.systems or VENDORS]:
        if chosen.profile is None:
            record_sandbox(vendor, ManualClock(), recorded(vendor))
        else:
            clock = Waiting()
            clock.moment = datetime.now(UTC)
            api = toolkit.connect(chosen.profile, **{vendor.name: {"workers": 1}}, clock=clock, progress=False)
            record(vendor, getattr(api, vendor.name), recorded(vendor), VENDOR)


if __name__ == "__main__":
    main()
