"""Which bulk write of which vendor `--to` names: read from the registry and the operations' own signatures."""

import ast
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from toolkit.errors import InputError
from toolkit.plain import message
from toolkit.spec.suggest import did_you_mean
from toolkit.vendors import Api

ROWS, CONTRACT = "rows", ("if_sent", "on_bad_rows", "options")
TRUE, FALSE = ("true", "yes", "1"), ("false", "no", "0")


@dataclass(frozen=True)
class Operation:
    """A bulk write with all its arguments but the rows: `ida.insert_records:11111`."""

    name: str
    call: Callable[..., Any] = field(repr=False)
    client: Any = field(repr=False)
    places: tuple[Any, ...] = ()  # what stands before the rows, as a database's number
    named: Mapping[str, Any] = field(default_factory=dict)

    @property
    def target(self) -> Any:
        """What the rows are matched with and checked by; the fields are read where they have to be.

        Raises:
            NotFound: the place does not exist.
        """
        example = getattr(self.call, "fields_from", "")
        if not example:
            return self.call
        called = ast.parse(example, mode="eval").body
        assert isinstance(called, ast.Call)
        assert isinstance(called.func, ast.Attribute)
        known = dict(zip(places(self.call), self.places, strict=True)) | dict(self.named)
        return getattr(self.client, called.func.attr)(*(known[ast.unparse(argument)] for argument in called.args))

    def send(self, rows: Any, **contract: Any) -> Any:
        """The report of the rows."""
        return self.call(*self.places, rows, **self.named, **contract)


def operation(api: Api, text: str, parameters: Sequence[str]) -> Operation:
    """The operation that `SYSTEM[.OPERATION][:PLACE]` and `NAME=VALUE` name.

    Raises:
        InputError: there is no such system, operation or argument, one is missing, or a value cannot be read.
    """
    head, *place = text.split(":")
    system, _, name = head.partition(".")
    vendors = api.vendors()
    if system not in vendors:
        raise InputError(_no("system", system, list(vendors)))
    known = bulk_writes(vendors[system].client)
    name = name or (next(iter(known)) if len(known) == 1 else "")
    if name not in known:
        raise InputError(_no("bulk write", head, [f"{system}.{each}" for each in known]))
    call = known[name]
    wanted = places(call)
    if len(place) != len(wanted) or not all(place):
        form = ":".join([f"{system}.{name}", *map(str.upper, wanted)])
        raise InputError(message("--to is written {form}, not {wrong}", form=form, wrong=text))
    hints = get_type_hints(inspect.unwrap(call))
    values = tuple(value_of(place[n], hints[each], each) for n, each in enumerate(wanted))
    own = {n: hints[n] for n in inspect.signature(call).parameters if n not in ("self", ROWS, *CONTRACT, *wanted)}
    named = named_values(parameters, own, f"{system}.{name}")
    client = getattr(api, system)
    bound = getattr(client, name)
    required = [n for n, p in inspect.signature(bound).parameters.items() if p.default is p.empty and n in own]
    if missing := [n for n in required if n not in named]:
        raise InputError(message("{what} needs -p {name}=…", what=f"{system}.{name}", name=missing[0]))
    return Operation(f"{system}.{name}", bound, client, values, named)


def bulk_writes(client: type) -> dict[str, Callable[..., Any]]:
    """The methods of a client that send rows and keep the contract of bulk writes."""
    methods = inspect.getmembers(client, inspect.isfunction)
    return {n: m for n, m in methods if n[:1] != "_" and {ROWS, *CONTRACT} <= inspect.signature(m).parameters.keys()}


def places(call: Callable[..., Any]) -> list[str]:
    """The arguments that stand before the rows."""
    names = [name for name in inspect.signature(call).parameters if name != "self"]
    return names[: names.index(ROWS)]


def named_values(texts: Sequence[str], hints: Mapping[str, Any], what: str) -> dict[str, Any]:
    """Values as a command line has them, `NAME=VALUE`, each in the type that it has there."""
    values = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign:
            raise InputError(message("a value is given as NAME=VALUE, not {wrong!r}", wrong=text))
        if name not in hints:
            raise InputError(_no("argument", name, list(hints), message(" of {what}", what=what)))
        values[name] = value_of(value, hints[name], name)
    return values


def value_of(text: str, hint: Any, name: str) -> Any:
    """What a text says, for an argument of this type."""
    kinds = [hint] if get_origin(hint) not in (Union, UnionType) else [*get_args(hint)]
    kinds = [kind for kind in kinds if kind is not type(None)]
    lower = text.strip().lower()
    if bool in kinds and lower in (*TRUE, *FALSE):
        return lower in TRUE
    for kind in kinds:
        if kind in (int, float):
            try:
                return kind(lower)
            except ValueError:
                continue
        if get_origin(kind) is Literal and text in get_args(kind):
            return text
    origins = [get_origin(kind) or kind for kind in kinds]
    several = [
        k for k in origins if isinstance(k, type) and issubclass(k, Iterable) and not issubclass(k, str | Mapping)
    ]
    if several and "," in text:
        return [part.strip() for part in text.split(",")]
    if str in kinds or several or Any in kinds:
        return text
    wanted = " or ".join(getattr(kind, "__name__", str(kind)) for kind in kinds)
    raise InputError(message("{name} is {kind}, not {wrong!r}", name=name, kind=wanted, wrong=text))


def _no(kind: str, name: str, known: Sequence[str], of: str = "") -> str:
    hint = did_you_mean(name, known) or message("; there are {known}", known=", ".join(known) or "none")
    return message("there is no {kind} {name!r}", kind=kind, name=name) + of + hint
