"""Services: methods whose signature and decorator are the declaration of an endpoint."""

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Protocol, TypeVar

from toolkit.plain import message
from toolkit.spec.fields import Field, Record
from toolkit.spec.suggest import without_self, wrong_arguments
from toolkit.spec.systems import Endpoint, System

F = TypeVar("F", bound=Callable[..., Any])


class Call(Protocol):
    def __call__(self, endpoint: Endpoint, values: Mapping[str, Any], /) -> Any: ...


class Service:
    """A group of endpoints. It is handed a `call`, and knows nothing of what calling means."""

    system: ClassVar[System]
    endpoints: ClassVar[dict[str, Endpoint]] = {}  # those of `raw_only` too
    raw_only: ClassVar["type[Service] | None"] = None  # services that analysts reach by `.raw` alone

    def __init_subclass__(cls) -> None:
        for member in vars(cls).values():
            if isinstance(endpoint := getattr(member, "endpoint", None), Endpoint):
                member.endpoint = replace(endpoint, system=cls.system)
                member.__doc__ = _described(member.__doc__, member.endpoint)
        members = [member for base in reversed(cls.__mro__) for member in vars(base).items()]
        own = {name: member.endpoint for name, member in members if hasattr(member, "endpoint")}
        cls.endpoints = {**(cls.raw_only.endpoints if cls.raw_only else {}), **own}

    def __init__(self, call: Call) -> None:
        self._call = call
        self._name = self.system.name

    @classmethod
    def declared(cls, name: str) -> Any:
        """The declared function of an endpoint, whatever a subclass makes of it."""
        bases = (*cls.__mro__, *(cls.raw_only.__mro__ if cls.raw_only else ()))
        return next(vars(base)[name] for base in bases if hasattr(vars(base).get(name), "endpoint"))


class Verb(Protocol):
    """Declares an endpoint of one HTTP method; `facts` are those of `Endpoint`."""

    def __call__(self, path: str, *, section: str, **facts: Any) -> Callable[[F], F]: ...


def _verb(method: str) -> Verb:
    def declare(path: str, *, section: str, **facts: Any) -> Callable[[F], F]:
        facts.setdefault("repeatable", method == "GET")

        def decorate(function: F) -> F:
            declared = inspect.signature(function)
            called = without_self(declared)
            arguments = tuple(_argument(p, facts.get("body")) for p in called.parameters.values())
            endpoint = Endpoint(method, path, section, name=function.__name__, arguments=arguments, **facts)

            @functools.wraps(function)
            def call(self: Service, *args: Any, **kwargs: Any) -> Any:
                try:
                    bound = called.bind(*args, **kwargs)
                except TypeError:
                    name = f"{self._name}.{endpoint.name}"
                    raise wrong_arguments(name, called, args, kwargs) or AssertionError(name) from None
                bound.apply_defaults()
                try:
                    return self._call(call.endpoint, bound.arguments)  # type: ignore[attr-defined]
                finally:
                    del args, kwargs, bound  # a traceback shows variables: a password may be among them

            call.endpoint = endpoint  # type: ignore[attr-defined]
            call.__signature__ = as_shown(declared)  # type: ignore[attr-defined]
            return call  # type: ignore[return-value]

        return decorate

    return declare


get: Verb = _verb("GET")
post: Verb = _verb("POST")
put: Verb = _verb("PUT")
delete: Verb = _verb("DELETE")


def _argument(parameter: inspect.Parameter, body: type[Record] | None) -> Field:
    """The field that a parameter's annotation carries (`id: Annotated[int, Integer("…")]`), else the body's."""
    in_body = {f.name: f for f in body.fields} if body else {}
    carried = getattr(parameter.annotation, "__metadata__", ())
    field = next((m for m in carried if isinstance(m, Field)), in_body.get(parameter.name))
    if field is None:
        raise TypeError(message("argument {name!r} has no kind", name=parameter.name))
    return replace(field, name=parameter.name, required=parameter.default is parameter.empty)


class _Shown(str):
    """An annotation that help shows without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def as_shown(signature: inspect.Signature, returns: Any = None) -> inspect.Signature:
    """The signature that a notebook shows: plain types."""
    shown = [p.replace(annotation=_plain(p.annotation)) for p in signature.parameters.values()]
    return signature.replace(parameters=shown, return_annotation=returns or _plain(signature.return_annotation))


def _plain(annotation: Any) -> Any:
    if annotation is inspect.Parameter.empty:
        return annotation
    bare = getattr(annotation, "__origin__", annotation) if hasattr(annotation, "__metadata__") else annotation
    text = getattr(bare, "__forward_arg__", bare)
    return _Shown(text) if isinstance(text, str) else bare


def _described(doc: str | None, endpoint: Endpoint) -> str:
    assert endpoint.system
    parts = _with_arguments(inspect.cleandoc(doc or ""), endpoint)
    parts += [block("Fields", endpoint.body)] if endpoint.body and endpoint.body.fields else []
    parts += [block("Columns", endpoint.record)] if endpoint.record and endpoint.record.fields else []
    at = f"{endpoint.method} {endpoint.path}"
    note = f" {endpoint.note}" if endpoint.note else ""
    parts += assumptions_of(endpoint.system, endpoint.name)
    parts.append(f"Manual: {endpoint.system.manual}, {endpoint.section}; {at} ({endpoint.provenance}).{note}")
    return "\n\n".join(parts)


def assumptions_of(system: System, call: str) -> list[str]:
    """What a docstring says of the assumptions that a call stands on: a paragraph, or none."""
    names = ", ".join(a.name for a in system.assumptions if call in a.touches)
    return [f"Assumptions: {names}. `api.{system.name}.assumptions()` explains them."] if names else []


def _with_arguments(doc: str, endpoint: Endpoint) -> list[str]:
    """The paragraphs of a docstring; with what the declaration says of the arguments, where it says nothing itself."""
    parts = doc.split("\n\n")
    in_block = {f.name for f in endpoint.body.fields} if endpoint.body else set()
    listed = [a for a in endpoint.arguments if a.name not in in_block]
    if listed and not any(part.startswith("Args:") for part in parts):
        place = next((n for n, part in enumerate(parts) if part.startswith(("Returns:", "Raises:", ">>>"))), len(parts))
        parts.insert(place, arguments_block(listed))
    return parts


def arguments_block(arguments: Sequence[Field]) -> str:
    """What declarations say of arguments, as a docstring has it."""
    lines = (f"    {a.name}: {a.doc if a.doc[:2].isupper() else a.doc[:1].lower() + a.doc[1:]}" for a in arguments)
    return "\n".join(["Args:", *lines])


def block(title: str, record: type[Record]) -> str:
    """The fields of a record, a line each, for the end of a docstring."""
    width = max(len(f.name) for f in record.fields)
    lines = (f"    {f.name:{width}}  {f.kind}{', required' if f.required else ''}. {f.doc}" for f in record.fields)
    return "\n".join([f"{title}:", *lines])
