"""Fields, the kinds of them, and records: what a row is made of."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Field:
    """One value: a column of a table, a key of a JSON object, an argument of a call."""

    doc: str = ""
    name: str = field(default="", kw_only=True)  # what people type; given by the record or the signature
    wire: str = field(default="", kw_only=True)  # what the vendor writes, where that is another name
    in_body: str = field(default="", kw_only=True)  # what it writes in a JSON body, where that is another one again
    aliases: tuple[str, ...] = field(default=(), kw_only=True)  # what it writes at times, in answers
    label: str = field(default="", kw_only=True)  # what the vendor shows to people
    required: bool = field(default=False, kw_only=True)
    required_when: tuple[str, Any] | None = field(default=None, kw_only=True)  # another field's name, and its value
    readonly: bool = field(default=False, kw_only=True)  # in answers only
    sent: bool = field(default=True, kw_only=True)
    omissible: bool = field(default=False, kw_only=True)  # answers may leave it out
    like: str = field(default="", kw_only=True)  # the field of the same row that stands for it where it is missing
    default: Any = field(default=None, kw_only=True)

    @cached_property
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
    """A phone number. `form` is how it is sent.

    "digits" of country code and number, "+digits", "national" without the country code, "trunk" with the prefix of
    calls within the country instead, "bare" as it is spelt but for spaces and dashes, "as written".
    """

    country: str = field(default="CL", kw_only=True)  # of a number that names none
    form: str = field(default="digits", kw_only=True)
    strict: bool = field(default=True, kw_only=True)  # the vendor refuses what is no phone; else that is a doubt
    mobile: bool = field(default=False, kw_only=True)


@dataclass(frozen=True, eq=False)
class Identity(Text):
    """The number of an identity document. Leading zeros count."""

    scheme: str = field(default="", kw_only=True)  # a python-stdnum module, as "cl.rut"; "" where there is no rule
    strict: bool = field(default=True, kw_only=True)  # what breaks the rule is an error; else it is a doubt
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


@dataclass(frozen=True, eq=False)
class Flag(Field):
    """Yes or no, travelling as 1 or 0."""

    as_bool: bool = field(default=False, kw_only=True)  # it travels as true or false


@dataclass(frozen=True, eq=False)
class Timestamp(Field):
    """A moment, UTC: epoch milliseconds where `format` is empty, else text ("iso", or a strftime format)."""

    format: str = field(default="", kw_only=True)
    also: str = field(default="", kw_only=True)  # a strftime format that answers may have besides
    zone: str = field(default="UTC", kw_only=True)  # of times that name none


@dataclass(frozen=True, eq=False)
class Date(Field):
    """A calendar day, without a time or a zone. `format` is a strftime format, or "as written"."""

    format: str = field(default="%Y-%m-%d", kw_only=True)


@dataclass(frozen=True, eq=False)
class Choice(Field):
    """A code from a list. A frame shows the code, and its meaning beside it where `meaning` names a column."""

    choices: Mapping[Any, str] = field(default_factory=dict, kw_only=True)
    meaning: str = field(default="", kw_only=True)
    others: str = field(default="", kw_only=True)  # what any other code means; "" where there is none
    as_words: bool = field(default=False, kw_only=True)  # the meaning is sent, not the code


@dataclass(frozen=True, eq=False)
class List(Field):
    """A list: joined by `separator` into one text, or a JSON array where there is none."""

    separator: str = field(default="", kw_only=True)
    choices: Mapping[Any, str] = field(default_factory=dict, kw_only=True)
    emails: bool = field(default=False, kw_only=True)
    only_one: bool = field(default=False, kw_only=True)  # several items cannot be sent
    alone: bool = field(default=False, kw_only=True)  # a single item travels as it is, not in a list


class Json(Field):
    """A free JSON object or list, kept as it is."""


@dataclass(frozen=True, eq=False)
class Rows(Field):
    """A list of records inside a body: a DataFrame, or a list of dicts."""

    record: "type[Record] | None" = field(default=None, kw_only=True)
    answered: "type[Record] | None" = field(default=None, kw_only=True)  # as answers have them: what only they have


@dataclass(frozen=True, eq=False)
class Nested(Field):
    """A record inside a record: its columns bear this field's name and a dot before their own."""

    record: "type[Record] | None" = field(default=None, kw_only=True)
    flat: bool = field(default=False, kw_only=True)  # its fields stand beside the others, not in an object of their own


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
    apart: ClassVar[tuple[str, ...]] = ()  # members of the same object that other calls read

    def __init_subclass__(cls) -> None:
        own = tuple(replace(f, name=n) for n, f in vars(cls).items() if isinstance(f, Field))
        cls.fields = (*(f for f in cls.fields if f.name not in {o.name for o in own}), *own)


def _kinds(of: type[Field]) -> list[type[Field]]:
    return [kind for one in of.__subclasses__() for kind in (one, *_kinds(one))]


KINDS: tuple[type[Field], ...] = tuple(_kinds(Field))


class KindTable(dict[type[Field], T]):
    """What one dialect (columns, SQL, widgets, schemas, cells) makes of each kind of field.

    A kind without an entry has that of its base. `without` are the kinds that the dialect has no word for; a kind that
    is neither in the table nor there is an error as soon as the table is made.
    """

    def __init__(self, entries: Mapping[type[Field], T], *, without: tuple[type[Field], ...] = ()) -> None:
        super().__init__(entries)
        self.without: tuple[type[Field], ...] = without
        missing = [k.__name__ for k in KINDS if not issubclass(k, without) and not any(b in self for b in k.__mro__)]
        if missing:
            raise TypeError(f"the table says nothing of {', '.join(missing)}")

    def __missing__(self, kind: type[Field]) -> T:
        for base in kind.__mro__:
            if base in self:
                return self[base]
        raise KeyError(kind)


def secret_keys(fields: Iterable[Field]) -> set[str]:
    """The keys under which secrets stand, as they are declared."""
    keys: set[str] = set()
    for f in fields:
        if isinstance(f, Masked):
            keys.add(f.key)
        elif isinstance(f, Nested | Rows) and f.record:
            keys |= secret_keys(f.record.fields)
    return keys
