"""What happens to a request: found among the declared endpoints, carried out, and bent by a fault where one waits."""

import json
import logging
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cache, partial
from typing import Any
from urllib.parse import quote, unquote

from werkzeug.exceptions import HTTPException
from werkzeug.routing import BaseConverter, Map, MapAdapter, Rule

from toolkit.sandbox.connection import HTML, LOGIN_PAGE, Reply, Request
from toolkit.sandbox.faults import Fault
from toolkit.sandbox.store import Store
from toolkit.sandbox.switches import Readings, Switches
from toolkit.sandbox.vendor import Answer, Call, FakeVendor, Handler, Plain, Refused
from toolkit.spec import Endpoint, Integer, Masked

log: logging.Logger = logging.getLogger("toolkit.sandbox")
MASK = "***"
LATE = 60  # seconds until a late request is done, where nobody says another number
TOO_MANY = 429
UNANSWERED = ("lost", "close", "reset")


class Clock:
    """The sandbox's time: the real one, or one that stands still until it is moved."""

    def __init__(self, real: Callable[[], float]) -> None:
        self._real = real
        self.fixed: float | None = None
        self.ahead: float = 0.0

    def now(self) -> float:
        return (self._real() if self.fixed is None else self.fixed) + self.ahead


class Machine:
    """The vendors, what they hold, and what is to go wrong."""

    def __init__(
        self, vendors: Sequence[FakeVendor], store: Store, clock: Clock, assume: Readings | None = None
    ) -> None:
        self.vendors: dict[str, FakeVendor] = {v.system.name: v for v in vendors}
        self.store: Store = store
        self.clock: Clock = clock
        self.faults: list[Fault] = []
        self.requests: deque[dict[str, Any]] = deque(maxlen=100_000)
        self.late: list[tuple[float, Handler, Call]] = []
        self.max_body = 10_000_000
        self.url = ""  # where it is reached, once it listens
        self.strict = False  # whether members that no table names are refused
        systems = [vendor.system for vendor in vendors]
        self.switches: Switches = Switches(systems, assume or {})
        self._readings = {s.name: {a.name: a.value for a in s.assumptions} for s in systems}
        self._routes = {name: _adapter(v) for name, v in self.vendors.items()}

    def call(self, system: str, **facts: Any) -> Call:
        facts |= {"strict": self.strict, "switched": self.switches.of(system), "readings": self._readings[system]}
        return Call(system, self.store, self.clock.now(), header=self.vendors[system].system.header, **facts)

    @contextmanager
    def transaction(self, *, keep: bool = True) -> Iterator[None]:
        """The store as it stands at this moment of the sandbox's clock."""
        with self.store.lock:
            self.commit_late(self.clock.now())
            with self.store.transaction(keep=keep):
                yield

    def commit_late(self, until: float) -> int:
        """Carry out what was to be done late, and is due; how many requests that were."""
        with self.store.lock:
            due = [item for item in self.late if item[0] <= until]
            self.late = [item for item in self.late if item[0] > until]
            for at, handler, call in sorted(due, key=lambda item: item[0]):
                self._again(handler, call, at)
        return len(due)

    def _again(self, handler: Handler, call: Call, due: float = float("inf")) -> None:
        """Carry a request out once more, at the time when it was due, whenever it is noticed."""
        call.now = min(due, self.clock.now())
        with suppress(Refused), self.store.transaction():
            handler(call)

    # ── requests ──

    def answer(self, request: Request) -> Reply:
        """What a vendor says to a request, after whatever fault comes first in line for it."""
        name, _, rest = request.target.lstrip("/").partition("/")
        vendor = self.vendors.get(name)
        if vendor is None:
            return Reply(404, encoded({"message": f"Not Found: there is no system at /{name}", "code": 404}))
        below = "/" + unquote(rest)
        with self.store.lock:
            fault = next((f for f in self.faults if f.matches(name, request.method, below)), None)
        endpoint, afterwards, allowed = None, None, {}
        try:
            (endpoint, handler), path = self._routes[name].match(_plainly_escaped("/" + rest), request.method)
            if request.body is None:
                raise Refused(413)
            facts = {"method": request.method, "target": below, "query": request.query, "headers": request.headers}
            keep = fault.partial if fault and fault.commit == "partial" else None
            path = {k: unquote(v) if isinstance(v, str) else v for k, v in path.items()}
            call = self.call(name, **facts, path=path, body=request.body, keep=keep)
            done, afterwards = self._carry_out(vendor, endpoint, handler, call, fault)
        except Refused as refusal:
            done = vendor.error_response(refusal)
        except HTTPException as refusal:
            if methods := getattr(refusal, "valid_methods", None):
                allowed = {"Allow": ", ".join(sorted(methods))}
            done = vendor.error_response(Refused(refusal.code or 400))
        except (RecursionError, OverflowError, UnicodeError):  # nothing that a database holds
            done = vendor.error_response(Refused(400))
        except Exception:
            log.exception("the sandbox has an error: %s %s", request.method, below)
            done = vendor.error_response(Refused(500))
        reply = _reply(vendor, done, fault, afterwards)
        reply = replace(reply, headers={**allowed, **reply.headers})
        self._note(name, request, below, endpoint, reply)
        return reply

    def _carry_out(
        self, vendor: FakeVendor, endpoint: Endpoint, handler: Handler, call: Call, fault: Fault | None
    ) -> tuple[Answer, Callable[[], None] | None]:
        """The vendor's answer, and what is left to do when it is sent."""
        commit = fault.commit if fault else "before"
        if fault and fault.status == TOO_MANY and call.switched.get("too_many_requests") == "not executed":
            commit = "never"
        with self.transaction(keep=commit in ("before", "partial")):
            if endpoint.authenticated:
                vendor.authenticate(call)
            done = handler(call)
        if fault and commit == "late":
            with self.store.lock:
                late = call.switched.get("settle_wait", LATE) if fault.late is None else fault.late
                self.late.append((call.now + late, handler, call))
        return done, partial(self._again, handler, call) if commit == "after" else None

    def _note(self, system: str, request: Request, path: str, endpoint: Endpoint | None, reply: Reply) -> None:
        secret = {a.key for a in endpoint.arguments if isinstance(a, Masked)} if endpoint else set(request.query)
        fault = reply.fault
        self.requests.append(
            {
                "time": self.clock.now(),
                "system": system,
                "service": endpoint.name if endpoint else "",
                "method": request.method,
                "path": path,
                "query": {k: MASK if k in secret else v for k, v in request.query.items()},
                "size": len(request.body or b""),
                "status": None if fault and fault.reply in UNANSWERED else reply.status,
                "fault": f"{fault.commit}, {fault.reply}" if fault else "",
            }
        )


class Digits(BaseConverter):
    """A whole number of a length that a database can hold."""

    regex = "[0-9]{1,18}"

    def to_python(self, value: str) -> int:
        return int(value)


@cache  # compiling the routes takes longer than all the rest of a start
def _adapter(vendor: FakeVendor) -> MapAdapter:
    """The routes of a vendor: its declared endpoints."""
    rules = []
    for (method, path), (endpoint, handler) in vendor.routes.items():
        for argument in endpoint.arguments:
            kind = "digits:" if isinstance(argument, Integer) else ""
            path = path.replace(f"{{{argument.name}}}", f"<{kind}{argument.name}>")
        rules.append(Rule(path, methods=[method], endpoint=(endpoint, handler)))
    return Map(rules, strict_slashes=False, merge_slashes=False, converters={"digits": Digits}).bind("")


def _plainly_escaped(path: str) -> str:
    """A path in which one spelling of each segment is left, so that an escaped slash divides nothing."""
    return "/".join(quote(unquote(segment), safe="") for segment in path.split("/"))


def _reply(vendor: FakeVendor, done: Answer, fault: Fault | None, afterwards: Callable[[], None] | None) -> Reply:
    """The vendor's answer as it leaves, or what a fault puts in its place."""
    status, value = done
    headers: Mapping[str, str] = fault.headers if fault else {}
    if fault and (fault.reply == "status" or (fault.reply == "reworded" and status >= 400)):
        content = vendor.error_response(Refused(fault.status))[1] if fault.body is None else fault.body
        body = content.encode() if isinstance(content, str) else encoded(content)
        return Reply(fault.status or status, body, headers, fault, afterwards)
    if fault and fault.reply == "html":
        return Reply(fault.status, LOGIN_PAGE, {**HTML, **headers}, fault, afterwards)
    if fault and fault.reply == "redirect":
        return Reply(fault.status, b"", {"Location": "/login", **headers}, fault, afterwards)
    return Reply(status, encoded(value), {**_kind(value), **headers}, fault, afterwards)


def _kind(value: Any) -> dict[str, str]:
    """The type of a body that is no JSON."""
    if isinstance(value, Plain):
        return {"Content-Type": "text/plain;charset=UTF-8"}
    return {"Content-Type": "application/octet-stream"} if isinstance(value, bytes) else {}


def encoded(value: Any) -> bytes:
    if isinstance(value, bytes | Plain):
        return value.encode() if isinstance(value, Plain) else value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")
