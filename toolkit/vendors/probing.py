"""What a real account answers, held against what is declared and assumed. Vendors' own questions stand in `probe`."""

import copy
import enum
import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pandas as pd

from toolkit.calls import frames
from toolkit.calls.client import check_arguments
from toolkit.errors import AnswerWarning, ApiError, InputError, NotSent, OutcomeUnknown, Throttled, ToolkitError
from toolkit.http import answers
from toolkit.http.secrets import vendor_text
from toolkit.http.session import RECORDER
from toolkit.plain import line, mark, message
from toolkit.settings import toml
from toolkit.spec import Assumption, Payload, Table
from toolkit.vendors.base import Connection, VendorClient
from toolkit.vendors.vendor import Vendor

NEEDS_WRITE = mark("only a write shows it: --write")


class Result(enum.StrEnum):
    """What a probe shows of one call or one assumption."""

    AGREES = mark("agrees")
    DIFFERS = mark("differs")
    CANNOT_TELL = mark("cannot tell")
    NOT_TRIED = mark("not tried")


@dataclass(frozen=True)
class Finding:
    """One line of a probe. `seen` is the value of an assumption that the account was seen to have."""

    system: str
    what: str
    result: Result
    evidence: str = ""
    seen: Any = None

    @property
    def setting(self) -> str:
        """The line of the settings file that mends a difference; "" where none does."""
        differs = self.result is Result.DIFFERS and self.seen is not None
        return f"[{self.system}.assumptions] {self.what} = {toml(self.seen)}" if differs else ""


class Probe:
    """One account that is looked at. What was seen already is taken for the next question."""

    def __init__(self, client: VendorClient, subjects: Mapping[str, str] | None = None) -> None:
        self._client, self.subjects = client, dict(subjects or {})
        self.findings: dict[str, Finding] = {}
        self.known: dict[str, Any] = {}

    @property
    def name(self) -> str:
        return self._client.system.name

    @property
    def connection(self) -> Connection:
        return self._client.connection

    def client(self, endpoints: Mapping[str, str] | None = None, **values: Any) -> Any:
        """The client under what is known so far, and under these values."""
        own = self.connection
        assumptions = {**own.account.get("assumptions", {}), **self.known, **values}
        corrections = {**own.account.get("endpoints", {}), **(endpoints or {})}
        account = {**own.account, "assumptions": assumptions, "endpoints": corrections}
        connection = Connection.of(type(self._client), account, clock=own.session.clock, progress=False)
        connection.session.limits = copy.copy(own.session.limits)
        connection.session.tokens = own.session.tokens
        return type(self._client)(connection)

    # ── what is said ──

    def decide(self, name: str, value: Any, evidence: str) -> None:
        """The account has this value of an assumption."""
        same = value == self.connection.assumed[name]
        self.known[name] = value
        result = Result.AGREES if same else Result.DIFFERS
        self.findings[name] = Finding(self.name, name, result, evidence, value)

    def cannot_tell(self, name: str, evidence: str) -> None:
        self.findings.setdefault(name, Finding(self.name, name, Result.CANNOT_TELL, evidence))

    def complete(self) -> list[Finding]:
        """All lines: the calls, then every assumption; what was not tried is said too."""
        for assumption in self._client.system.assumptions:
            untried = Finding(self.name, assumption.name, Result.NOT_TRIED, message(NEEDS_WRITE))
            self.findings.setdefault(assumption.name, untried)
        return list(self.findings.values())

    # ── what is asked ──

    def read(self, call: str, **arguments: Any) -> Any:
        """Call a read once, and hold its answer against the declaration. The answer, or None where none came."""
        client = self.client()
        endpoint = client.connection.endpoint(client.endpoints[call])
        ready = check_arguments(endpoint, arguments)
        try:
            payload = client.connection.client(
                replace(endpoint, returns=Payload(endpoint.returns)), ready, checked=True
            )
        except ToolkitError as problem:
            return self._unread(call, problem)
        returns = endpoint.returns
        facts: list[str] = []
        if isinstance(returns, Table):
            facts = frames.differences(returns.record, answers.rows(endpoint, payload), answers.envelope_of(endpoint))
        result = Result.DIFFERS if facts else Result.AGREES
        self.findings[call] = Finding(self.name, call, result, "; ".join(facts))
        return payload

    def _unread(self, call: str, problem: ToolkitError) -> None:
        refused = isinstance(problem, ApiError) and problem.status in (400, 404, 405, 406, 415)
        self.findings[call] = Finding(
            self.name, call, Result.DIFFERS if refused else Result.CANNOT_TELL, masked(str(problem))
        )

    def settle(
        self, name: str, attempt: Callable[[Any], str], *, understood: tuple[type[ToolkitError], ...] = ()
    ) -> bool:
        """Try our value of an assumption, and where it is refused the others: the first that is taken is true.

        `attempt` gets a client under the value, and may return what it saw. What is in `understood` counts as taken.
        """
        refusals: list[str] = []
        for value in self._values(name):
            try:
                seen = attempt(self.client(**{name: value}))
            except understood as problem:
                seen = masked(str(problem))
            except (Throttled, OutcomeUnknown, NotSent) as problem:
                self.cannot_tell(name, masked(str(problem)))
                return False
            except ToolkitError as problem:
                refusals.append(f"{value!r}: {masked(str(problem))}")
                continue
            self.decide(name, value, "; ".join([*refusals[:1], *filter(None, [seen])]))
            return True
        self.cannot_tell(name, "; ".join(refusals[:2]))
        return False

    def _values(self, name: str) -> Iterable[Any]:
        ours = self.known.get(name, self.connection.assumed[name])
        assumption: Assumption = next(a for a in self._client.system.assumptions if a.name == name)
        return [ours, *(value for value in assumption.choices if value != ours)]


def masked(text: str) -> str:
    """What was said, without addresses and numbers that may be somebody's."""
    text = re.sub(r"[^\s<>,;:'\"]+@[^\s<>,;:'\"]+", "a@a", line(vendor_text(text), 160))
    return re.sub(r"\d{4,}", lambda number: "9" * len(number[0]), text)


def run(
    vendor: Vendor, client: VendorClient, *, write: bool = False, subjects: Mapping[str, str] | None = None
) -> list[Finding]:
    """Ask one account what it has. Reads only; with `write`, what the vendor's own probe says that it does.

    Raises:
        AuthError: the credentials are refused.
        SettingsError: the settings do not say how to sign in.
        InputError: writes are asked for, and a recording runs.
    """
    if RECORDER.get() is not None and write:
        raise InputError(message("inside a recording only reads are run"))
    client.connection.sign_in()
    probe = Probe(client, subjects)
    module = own_questions(vendor)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AnswerWarning)  # what they say is in the findings
        if module:
            module.reads(probe)
            if write:
                module.writes(probe)
    return probe.complete()


def own_questions(vendor: Vendor) -> Any:
    """The vendor's own questions: a module with `reads`, `writes` and `WRITES` (what they do); or None."""
    package = f"{vendor.package}.probe"
    return import_module(package) if find_spec(package) else None


def readings(findings: Iterable[Finding]) -> dict[str, dict[str, Any]]:
    """The value that each system was seen to have, by assumption."""
    seen: dict[str, dict[str, Any]] = {}
    for finding in findings:
        if finding.seen is not None:
            seen.setdefault(finding.system, {})[finding.what] = finding.seen
    return seen


def table(findings: Iterable[Finding]) -> pd.DataFrame:
    """One row per finding: `system`, `what`, `result`, `evidence`, and the `setting` that mends a difference."""
    rows = [(f.system, f.what, str(f.result), f.evidence, f.setting) for f in findings]
    return pd.DataFrame(rows, columns=["system", "what", "result", "evidence", "setting"], dtype="str")
