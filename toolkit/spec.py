"""The words an API is declared in.

A *System* is a vendor's product; a *Service* groups its *endpoints*; an endpoint takes and answers *records*; a record
has *fields*, each of one *kind*. These words state what a vendor documents. They send nothing, and know neither pandas
nor HTTP.
"""

import enum
import functools
import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Protocol, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


class Provenance(enum.StrEnum):
    """Who says so: the vendor's document, its public help pages and code, or only its own pattern."""

    DOCUMENTED = "documented"
    OBSERVED = "observed"
    ASSUMED = "assumed"


DOCUMENTED, OBSERVED, ASSUMED = Provenance


# ── fields ───────────────────────────────────────────────────────────────────


@dataclass(frozen=True, eq=False)
class Field:
    """One value: a column of a table, a key of a JSON object, an argument of a call."""

    doc: str = ""
    name: str = field(default="", kw_only=True)  # what people type; given by the record or the signature
    wire: str = field(default="", kw_only=True)  # what the vendor writes, where that is another name
    also: str = field(default="", kw_only=True)  # what it writes at times, in answers
    label: str = field(default="", kw_only=True)  # what the vendor shows to people
    required: bool = field(default=False, kw_only=True)
    required_when: tuple[str, Any] | None = field(default=None, kw_only=True)  # another field's name, and its value
    readonly: bool = field(default=False, kw_only=True)  # in answers only
    default: Any = field(default=None, kw_only=True)

    @property
    def key(self) -> str:
        return self.wire or self.name

    @property
    def kind(self) -> str:
        return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(self).__name__).lower()


@dataclass(frozen=True, eq=False)
class Text(Field):
    max_length: int | None = field(default=None, kw_only=True)


class Email(Text):
    """One e-mail address."""


@dataclass(frozen=True, eq=False)
class Phone(Text):
    """A phone number, sent as the digits of its country code and number, without `+`."""

    country: str = field(default="CL", kw_only=True)  # of a number that names none
    as_written: bool = field(default=False, kw_only=True)  # sent in the spelling that it has, `+` and all
    mobile: bool = field(default=False, kw_only=True)


@dataclass(frozen=True, eq=False)
class Identity(Text):
    """The number of an identity document. Leading zeros count."""

    scheme: str = field(default="", kw_only=True)  # a python-stdnum module, as "cl.rut"; "" where there is no rule
    by: str = field(default="", kw_only=True)  # or the field that holds the document's type …
    schemes: Mapping[str, str] = field(default_factory=dict, kw_only=True)  # … and the rule of each type


@dataclass(frozen=True, eq=False)
class Integer(Field):
    minimum: int | None = field(default=None, kw_only=True)


@dataclass(frozen=True, eq=False)
class Number(Field):
    """A decimal number."""

    as_text: bool = field(default=False, kw_only=True)  # its digits are sent as text, as contact databases take them


class Bool(Field):
    """`true` or `false`."""


class Flag(Field):
    """Yes or no, travelling as 1 or 0."""


@dataclass(frozen=True, eq=False)
class Timestamp(Field):
    """A moment, UTC: epoch milliseconds where `format` is empty, else text ("iso", or a strftime format)."""

    format: str = field(default="", kw_only=True)


@dataclass(frozen=True, eq=False)
class Date(Field):
    """A calendar day, without a time or a zone."""

    format: str = field(default="%Y-%m-%d", kw_only=True)


@dataclass(frozen=True, eq=False)
class Choice(Field):
    """A code from a list. A frame shows the code, and its meaning beside it where `meaning` names a column."""

    choices: Mapping[Any, str] = field(default_factory=dict, kw_only=True)
    meaning: str = field(default="", kw_only=True)


@dataclass(frozen=True, eq=False)
class List(Field):
    """A list: joined by `separator` into one text, or a JSON array where there is none."""

    separator: str = field(default="", kw_only=True)
    choices: Mapping[Any, str] = field(default_factory=dict, kw_only=True)
    emails: bool = field(default=False, kw_only=True)
    alone: bool = field(default=False, kw_only=True)  # a single item travels as it is, not in a list


class Json(Field):
    """A free JSON object or list, kept as it is."""


@dataclass(frozen=True, eq=False)
class Rows(Field):
    """A list of records inside a body: a DataFrame, or a list of dicts."""

    record: "type[Record] | None" = field(default=None, kw_only=True)


@dataclass(frozen=True, eq=False)
class Nested(Field):
    """A record inside a record: its columns bear this field's name and a dot before their own."""

    record: "type[Record] | None" = field(default=None, kw_only=True)


@dataclass(frozen=True, eq=False)
class File(Field):
    """A file to send: a path, or a pair of name and bytes."""

    extensions: tuple[str, ...] = field(default=(), kw_only=True)


class Masked(Field):
    """A secret: kept under a mask, shown by `.reveal()` only."""


class Link(Masked):
    """A link that logs somebody in: a secret too."""


class Record:
    """A row as the vendor documents it. Never instantiated: rows are dicts, tables are DataFrames."""

    fields: ClassVar[tuple[Field, ...]] = ()
    open: ClassVar[bool] = False  # the document leaves the row's shape open: what else comes is kept as text

    def __init_subclass__(cls) -> None:
        own = tuple(replace(f, name=n) for n, f in vars(cls).items() if isinstance(f, Field))
        cls.fields = (*(f for f in cls.fields if f.name not in {o.name for o in own}), *own)


# ── systems and endpoints ────────────────────────────────────────────────────


class Meaning(enum.Enum):
    """What a vendor's code says about the request."""

    DONE = "done"
    TOKEN = "token not valid"
    FORBIDDEN = "not allowed"
    INVALID = "not acceptable"
    MISSING = "not found"
    BUSY = "not now"
    INTERNAL = "internal error"


@dataclass(frozen=True, eq=False)
class Dialect:
    """Where an answer's body says how it went. With no `code`, the HTTP status alone says it."""

    code: tuple[str, ...] = ()
    message: tuple[str, ...] = ("message",)
    errors: str = ""
    words: Mapping[str, Any] = field(
        default_factory=dict
    )  # patterns in the text of a refusal that has no code: its code
    meanings: Mapping[Any, Meaning] = field(default_factory=dict)
    explained: Mapping[Any, str] = field(default_factory=dict)  # codes of which the text itself tells people nothing


@dataclass(frozen=True, eq=False)
class System:
    """One vendor's product: where it is, how it is entered, how it says yes and no."""

    name: str
    title: str
    manual: str
    dialect: Dialect
    credentials: type[Record]
    base_url: str = ""
    header: str = "Bearer {token}"


@dataclass(frozen=True, eq=False)
class Offset:
    """Pages are asked for by row number, `size` rows each."""

    skip: str
    size: int


@dataclass(frozen=True, eq=False)
class Endpoint:
    """One service of the vendor's manual."""

    method: str
    path: str
    section: str
    provenance: Provenance = DOCUMENTED
    system: System | None = None  # given by the service that declares it
    name: str = ""
    arguments: tuple[Field, ...] = ()
    body: type[Record] | None = None
    rows: type[Record] | None = None
    at: str = ""  # where the rows, or the one value, stand in the answer: a dotted path
    value: bool = False  # the answer is one value, not rows
    success: bool | None = None  # the truth value that means done; the other one is a refusal
    plain: bool = False  # the answer is text, and no JSON
    bare: bool = False  # success carries no code of the vendor's: without one, the HTTP status says how it went
    repeatable: bool = False  # sending it twice changes nothing more than sending it once
    irrevocable: bool = False  # what it does reaches people or costs money: never sent twice, whatever came back
    authenticated: bool = True
    page: Offset | None = None
    also: tuple[tuple[str, str], ...] = ()  # other spellings of method and path that the document shows
    note: str = ""  # what the document leaves open here, and our reading

    @property
    def multipart(self) -> bool:
        return any(isinstance(a, File) for a in self.arguments)

    @property
    def in_path(self) -> frozenset[str]:
        return frozenset(re.findall(r"{(\w+)}", self.path))


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
                return self._call(call.endpoint, {k: v for k, v in values.items() if v is not None})  # type: ignore[attr-defined]

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
