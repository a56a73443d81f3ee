"""What a vendor is to the sandbox: tables, handlers, how it lets people in and how it says no."""

import base64
import hashlib
import hmac
import io
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from email.message import Message
from functools import cached_property
from typing import Any, NoReturn, Protocol, TypeVar

from werkzeug.datastructures import FileStorage
from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from toolkit.sandbox.store import Store
from toolkit.spec import CredentialHeader, Endpoint, Record, System

Answer = tuple[int, Any]  # HTTP status, and what becomes the JSON body; `Plain` and bytes stay as they are
Schema = dict[str, Any]
MULTIPART = "multipart/form-data"


class Plain(str):
    """A body that is text, and no JSON."""

    __slots__ = ()


@dataclass(frozen=True)
class Described:
    """What the answers of an endpoint hold besides what it promises, for the OpenAPI description."""

    head: Schema = field(default_factory=dict)  # members of every success that is an object
    failure: Schema = field(default_factory=dict)
    failure_is_200: bool = False  # a failure has the HTTP status of a success


class Refused(Exception):
    """The vendor says no. What it writes then is up to its `refuse`."""

    def __init__(self, status: int, message: str = "", details: Any = None) -> None:
        super().__init__(message)
        self.status: int = status
        self.message: str = message
        self.details: Any = details


@dataclass
class Call:
    """One request, as a handler sees it."""

    system: str
    store: Store
    now: float  # seconds since 1970, on the sandbox's clock
    method: str = ""
    target: str = ""  # the path that was asked for, below the system's own
    path: Mapping[str, Any] = field(default_factory=dict)  # what stands in the braces of the declared path
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Message = field(default_factory=Message)
    body: bytes = b""
    keep: int | None = None  # a fault: of many records, only the first so many are stored
    header: CredentialHeader = field(default_factory=CredentialHeader)
    strict: bool = False  # whether members that no table names are refused
    switched: Mapping[str, Any] = field(default_factory=dict)  # the readings that this vendor was made to have
    readings: Mapping[str, Any] = field(default_factory=dict)  # and ours, of all others

    def reading(self, assumption: str) -> Any:
        """What holds here: the reading that the vendor was switched to, else ours."""
        return self.switched.get(assumption, self.readings[assumption])

    @cached_property
    def json(self) -> Any:
        """The body. Refused (415, 400) where it is not JSON."""
        if self.headers.get_content_type() != "application/json" or "Content-Type" not in self.headers:
            raise Refused(415)
        try:
            return json.loads(self.body, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            raise Refused(400) from None

    @cached_property
    def form(self) -> dict[str, str]:
        """The text parts of a multipart body. Refused (415) where it is none."""
        return self._parts[0]

    @cached_property
    def files(self) -> dict[str, FileStorage]:
        """The files of a multipart body. Refused (415) where it is none."""
        return self._parts[1]

    @cached_property
    def _parts(self) -> tuple[dict[str, str], dict[str, FileStorage]]:
        kind, options = parse_options_header(self.headers.get("Content-Type"))
        if kind != MULTIPART:
            raise Refused(415)
        try:
            parsed = FormDataParser(silent=False).parse(io.BytesIO(self.body), kind, len(self.body), options)
        except ValueError:
            raise Refused(400) from None
        return parsed[1].to_dict(), parsed[2].to_dict()

    def issue(self, subject: str, lifetime: float, **claims: Any) -> str:
        """A signed token (JWT, HS512) for somebody; `lifetime` in seconds unless the control plane set another."""
        lifetime = self.store.setting(f"{self.system}.lifetime", lifetime)
        facts = {"sub": subject, "iat": int(self.now), "exp": int(self.now + lifetime), **claims}
        head = f"{_base64({'alg': 'HS512'})}.{_base64(facts)}"
        return f"{head}.{self._signature(head)}"

    def claims(self, token: str) -> dict[str, Any] | None:
        """What a token of this system says; None where it is not one, was revoked, or has ended."""
        head, _, signature = token.rpartition(".")
        if not hmac.compare_digest(self._signature(head).encode(), signature.encode()):
            return None
        facts: dict[str, Any] = json.loads(base64.urlsafe_b64decode(head.split(".")[1] + "=="))
        return facts if self.now < facts["exp"] else None

    def credential(self) -> str:
        """What the declared header carries, without the words around it; "" where there is none."""
        before, after = self.header.form.split(f"{{{self.header.credential}}}")
        sent = self.headers.get(self.header.name, "")
        if not (sent.lower().startswith(before.lower()) and sent.lower().endswith(after.lower())):
            return ""
        return sent[len(before) : len(sent) - len(after)].strip()

    def _signature(self, head: str) -> str:
        signed = hmac.digest(self.store.signing_key(self.system), head.encode("utf-8", "replace"), hashlib.sha512)
        return base64.urlsafe_b64encode(signed).rstrip(b"=").decode()


Handler = Callable[[Call], Answer]
H = TypeVar("H", bound=Handler)
C = TypeVar("C", bound="ControlPlane")


def require_token(call: Call) -> None:
    """Refused (401) where the declared header carries no token of this system."""
    if call.claims(call.credential()) is None:
        raise Refused(401)


@dataclass(eq=False)
class FakeVendor:
    """One vendor's half of the sandbox.

    Handlers are registered with `@FAKE.handles(Service.endpoint)`, its part of the control plane with `@FAKE.controls`.
    """

    system: System
    credentials: Mapping[str, str]  # of the demo account
    tables: Mapping[type[Record], str]  # each with its key
    seed: Callable[[Call], None]  # the demo data
    error_response: Callable[[Refused], Answer]  # how this vendor writes a no
    authenticate: Callable[[Call], None] = require_token  # raises Refused where the caller may not come in
    routes: dict[tuple[str, str], tuple[Endpoint, Handler]] = field(default_factory=dict)
    control: "type[ControlPlane] | None" = None
    describe: Callable[[Endpoint], Described] = lambda _: Described()
    lists: dict[str, bool] = field(default_factory=dict)  # endpoints that answer lists; whether of texts

    def handles(
        self, declared: Any, *, lists: bool = False, of_texts: bool = False, also: Sequence[str] = ()
    ) -> Callable[[H], H]:
        """Answer the requests of a declared endpoint, under every spelling that the manual shows.

        `lists` says that its answer is a list, `of_texts` one of texts; `also` are further paths.
        """
        endpoint: Endpoint = declared.endpoint
        if lists or of_texts:
            self.lists[endpoint.name] = of_texts
        further = [(endpoint.method, path) for path in also]

        def register(function: H) -> H:
            for method_and_path in ((endpoint.method, endpoint.path), *endpoint.aliases, *further):
                self.routes[method_and_path] = (endpoint, function)
            return function

        return register

    def controls(self, part: type[C]) -> type[C]:
        """Make a class this vendor's part of the control plane."""
        self.control = part
        return part


class State(Protocol):
    """What a part of the control plane works with."""

    store: Store
    url: str

    def transaction(self) -> AbstractContextManager[None]: ...
    def call(self, system: str) -> Call: ...


class ControlPlane:
    """What no vendor offers: a part of the control plane. Its public methods are reached in Python and over HTTP."""

    def __init__(self, machine: State) -> None:
        self._machine = machine


def _base64(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).rstrip(b"=").decode()


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
