"""A vendor's services one to one: the same names and arguments as the declared calls, and nothing done beside."""

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from toolkit.spec.service import Call, Service, arguments_block, as_shown
from toolkit.spec.suggest import Suggesting
from toolkit.spec.systems import Endpoint


class Raw(Suggesting):
    """The vendor's services one to one.

    Values are sent as you give them: nothing is checked, and the ledger does not know of it. A write is sent once. You
    get the answer as it came, parsed JSON or else bytes, with secrets masked; a refusal is raised.
    """

    _service: ClassVar[type[Service]]

    def __init__(self, call: Call) -> None:
        self._call = call
        self._name = f"{self._service.system.name}.raw"

    def __repr__(self) -> str:
        return f"<{self._service.system.title}: {', '.join(self._service.endpoints)}>"

    if TYPE_CHECKING:  # the methods are made from the declarations

        def __getattr__(self, name: str) -> Callable[..., Any]: ...


def raw_services(service: type[Service]) -> type[Raw]:
    """The class whose methods are the services of a vendor."""
    methods = {name: _method(service.declared(name)) for name in service.endpoints}
    return type(f"Raw{service.__name__}", (Raw,), {"_service": service, "__doc__": Raw.__doc__, **methods})


def _method(declared: Callable[..., Any]) -> Callable[..., Any]:
    endpoint: Endpoint = declared.endpoint  # type: ignore[attr-defined]

    def method(self: Raw, *args: Any, **kwargs: Any) -> Any:
        try:
            return declared(self, *args, **kwargs)
        finally:
            del args, kwargs  # a traceback shows variables: a password may be among them

    method.__name__, method.__qualname__, method.__doc__ = endpoint.name, f"Raw.{endpoint.name}", _described(endpoint)
    method.__signature__ = as_shown(inspect.signature(declared), Any)  # type: ignore[attr-defined]
    return method


def _described(endpoint: Endpoint) -> str:
    assert endpoint.system
    twice = "It is sent once." if endpoint.method != "GET" else "It is sent again after a failure that changed nothing."
    parts = [f"{endpoint.method} {endpoint.path}, one to one: unchecked, and not in the ledger. {twice}"]
    if endpoint.arguments:
        parts.append(arguments_block(endpoint.arguments))
    parts.append("Returns:\n    The answer as it came: parsed JSON, or else bytes. Secrets are masked.")
    parts.append(
        "Raises:\n    ApiError: the vendor refused it; nothing was done.\n"
        "    OutcomeUnknown: a write got no trustworthy answer; it may or may not have been done."
    )
    parts.append(f"Manual: {endpoint.system.manual}, {endpoint.section} ({endpoint.provenance}).")
    return "\n\n".join(parts)
