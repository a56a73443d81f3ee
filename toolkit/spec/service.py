"""Services: methods whose signature and decorator are the declaration of an endpoint."""

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar, Protocol, TypeVar

from toolkit.spec.fields import Field, Record
from toolkit.spec.systems import Endpoint, System

F = TypeVar("F", bound=Callable[..., Any])


class Call(Protocol):
    def __call__(self, endpoint: Endpoint, values: Mapping[str, Any], /, *, checked: bool = False) -> Any: ...


class Service:
    """A group of endpoints. It is handed a `call`, and knows nothing of what calling means."""

    system: ClassVar[System]
    endpoints: ClassVar[dict[str, Endpoint]] = {}

    def __init_subclass__(cls) -> None:
        for member in vars(cls).values():
            if isinstance(made := getattr(member, "endpoint", None), Endpoint):
                member.endpoint = replace(made, system=cls.system)
                member.__doc__ = _described(member.__doc__, member.endpoint)
        members = [member for base in reversed(cls.__mro__) for member in vars(base).items()]
        cls.endpoints = {name: member.endpoint for name, member in members if hasattr(member, "endpoint")}

    def __init__(self, call: Call) -> None:
        self._call = call


def _verb(method: str) -> Callable[..., Callable[[F], F]]:
    def declare(path: str, *, section: str, **facts: Any) -> Callable[[F], F]:
        facts.setdefault("repeatable", method == "GET")

        def decorate(function: F) -> F:
            signature = inspect.signature(function)
            named = [p for p in signature.parameters.values() if p.name != "self"]
            free = next((p.name for p in named if p.kind is p.VAR_KEYWORD), "")
            record: type[Record] | None = facts.get("body")
            arguments = [_argument(p) for p in named if p.name != free] + [*(record.fields if free and record else ())]
            endpoint = Endpoint(method, path, section, name=function.__name__, arguments=tuple(arguments), **facts)

            @functools.wraps(function)
            def call(self: Service, *args: Any, **kwargs: Any) -> Any:
                bound = signature.bind(self, *args, **kwargs)
                bound.apply_defaults()
                values = dict(bound.arguments)
                del values["self"]
                values.update(values.pop(free, {}))
                try:
                    return self._call(call.endpoint, {k: v for k, v in values.items() if v is not None})  # type: ignore[attr-defined]
                finally:
                    del args, kwargs, bound, values  # a traceback shows variables: a password may be among them

            call.endpoint = endpoint  # type: ignore[attr-defined]
            call.__signature__ = _typed_by_people(signature, free, record)  # type: ignore[attr-defined]
            return call  # type: ignore[return-value]

        return decorate

    return declare


get, post, put, delete = _verb("GET"), _verb("POST"), _verb("PUT"), _verb("DELETE")


def _argument(parameter: inspect.Parameter) -> Field:
    """The field that a parameter's annotation carries: `id: Annotated[int, Whole("…")]`."""
    found = next((m for m in getattr(parameter.annotation, "__metadata__", ()) if isinstance(m, Field)), None)
    if found is None:
        raise TypeError(f"argument {parameter.name!r} says no kind")
    return replace(found, name=parameter.name, required=parameter.default is parameter.empty)


def _typed_by_people(signature: inspect.Signature, free: str, record: type[Record] | None) -> inspect.Signature:
    """The signature that a notebook shows: plain types, and a record's fields in place of `**fields`."""
    shown = [
        p.replace(annotation=getattr(p.annotation, "__origin__", p.annotation))
        for p in signature.parameters.values()
        if p.name != free
    ]
    if free and record:
        empty = inspect.Parameter.empty
        shown += [
            inspect.Parameter(f.name, inspect.Parameter.KEYWORD_ONLY, default=empty if f.required else f.default)
            for f in record.fields
        ]
    return signature.replace(parameters=shown)


def _described(doc: str | None, endpoint: Endpoint) -> str:
    assert endpoint.system
    parts = [inspect.cleandoc(doc or "")]
    parts += [block("Fields", endpoint.body)] if endpoint.body and endpoint.body.fields else []
    parts += [block("Columns", endpoint.rows)] if endpoint.rows and endpoint.rows.fields else []
    at = f"{endpoint.method} {endpoint.path}"
    note = f" {endpoint.note}" if endpoint.note else ""
    parts.append(f"Manual: {endpoint.system.manual}, {endpoint.section}; {at} ({endpoint.provenance}).{note}")
    return "\n\n".join(parts)


def block(title: str, record: type[Record]) -> str:
    """The fields of a record, a line each, for the end of a docstring."""
    width = max(len(f.name) for f in record.fields)
    lines = (f"    {f.name:{width}}  {f.kind}{', required' if f.required else ''}. {f.doc}" for f in record.fields)
    return "\n".join([f"{title}:", *lines])
