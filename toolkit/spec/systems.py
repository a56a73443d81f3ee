"""Systems and endpoints: where a vendor is, what it offers, and how its answers say yes or no."""

import enum
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

from toolkit.errors import SettingsError
from toolkit.plain import message
from toolkit.spec.fields import Field, File, Masked, Record, secret_keys
from toolkit.spec.suggest import did_you_mean
from toolkit.spec.transport import CredentialHeader, Page, RefusedRows

Facts = Mapping[str, Mapping[str, Any]]  # attributes by the name of a field, a kind or an endpoint, or "call.argument"


class Provenance(enum.StrEnum):
    """Who says so: the vendor's document, its public help pages and code, or only its own pattern."""

    DOCUMENTED = "documented"
    OBSERVED = "observed"
    ASSUMED = "assumed"


DOCUMENTED, OBSERVED, ASSUMED = Provenance


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
    errors: str = ""  # where problems are listed: a success that lists some is none
    status: str = ""  # where a number like an HTTP status stands: 400 and more is a failure
    success: str = ""  # where a truth value stands: false is a failure
    no_identifier: tuple[Any, ...] = ()  # what stands for an identifier where nothing was made
    rows: RefusedRows | None = None
    words: Mapping[str, Any] = field(
        default_factory=dict
    )  # patterns in the text of a refusal that has no code: its code
    meanings: Mapping[Any, Meaning] = field(default_factory=dict)
    explained: Mapping[Any, str] = field(default_factory=dict)  # codes of which the text itself tells people nothing


@dataclass(frozen=True, eq=False)
class Assumption:
    """One open point. `facts` say what each value changes in the declaration; behaviours are looked up by name."""

    name: str
    meaning: str
    value: Any  # ours
    choices: Mapping[Any, str] = field(default_factory=dict)  # each value and what it means; none: a number
    touches: tuple[str, ...] = ()  # the calls that it changes
    provenance: Provenance = ASSUMED
    other: Any = None  # what another vendor would have: of a form (spelling, type, header); None for a behaviour
    minimum: float = 0  # of a number
    option: str = ""  # the option of a push that a number gives its default to
    options: Mapping[Any, Mapping[str, Any]] = field(default_factory=dict)  # the same, of each choice
    facts: Mapping[Any, Facts] = field(default_factory=dict)

    def checked(self, value: Any, where: str) -> Any:
        """The value, as it is declared.

        Raises:
            SettingsError: it is none of the choices, or no such number.
        """
        if not self.choices:
            number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
            if number and value >= self.minimum and (isinstance(self.value, float) or value == int(value)):
                return type(self.value)(value)
            text = "{where}: {name} is a number from {minimum:g} on, not {value!r}"
            raise SettingsError(message(text, where=where, name=self.name, minimum=self.minimum, value=value))
        for choice in self.choices:
            if choice == value and type(choice) is type(value):
                return choice
        known = [str(choice) for choice in self.choices]
        text = message("{where}: {name} is not {value!r}", where=where, name=self.name, value=value)
        hint = did_you_mean(str(value), known) or message("; it is one of {known}", known=", ".join(known))
        raise SettingsError(text + hint)


@dataclass(frozen=True, eq=False)
class System:
    """One vendor's product: its address, its credentials, how its answers accept and refuse."""

    name: str
    title: str
    manual: str
    dialect: Dialect
    credentials: type[Record]
    base_url: str = ""
    header: CredentialHeader = field(default_factory=CredentialHeader)
    one_installation: bool = False  # everybody uses the same one, whatever its address
    customer: tuple[str, ...] = ()  # names the customer, where one address serves many: the first that is known
    assumptions: tuple[Assumption, ...] = ()  # what the document leaves open

    def __repr__(self) -> str:
        return f"<system {self.name}: {self.title}>"


@dataclass(frozen=True, eq=False)
class Table:
    """Rows: a list of objects, or one object as one row."""

    record: type[Record]
    data_path: str = ""  # where they stand in the answer: a dotted path


@dataclass(frozen=True, eq=False)
class Value:
    """One value."""

    field: Field
    data_path: str = ""
    also: tuple[str, ...] = ()  # other places where it may stand


class Identifier(Value):
    """The identifier of what was created, uploaded or registered."""


@dataclass(frozen=True, eq=False)
class Payload:
    """The whole answer as it came: parsed JSON, or bytes where it is not JSON."""

    of: "Returns | None" = None  # what it is read as otherwise: a refusal is one in either form
    data_path: ClassVar[str] = ""


@dataclass(frozen=True, eq=False)
class Nothing:
    """The answer says that it was done, and nothing else."""

    data_path: ClassVar[str] = ""


Returns = Table | Value | Payload | Nothing


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
    returns: Returns = Nothing()
    success: bool | None = None  # the truth value that means done; the other one is a refusal
    otherwise: Meaning | None = Meaning.INVALID  # what the other truth value means; None: nobody can tell
    is_text: bool = False  # the answer is text, not JSON
    code_optional: bool = False  # a success may carry no code of the vendor's: the HTTP status then says how it went
    repeatable: bool = False  # sending it twice changes nothing more than sending it once
    irrevocable: bool = False  # what it does reaches people or costs money: never sent twice, whatever came back
    authenticated: bool = True
    page: Page | None = None
    accepted: str = ""  # where a success says how many rows it took: fewer than were sent is no success, but a doubt
    aliases: tuple[tuple[str, str], ...] = ()  # other spellings of method and path that the document shows
    note: str = ""  # what the document leaves open here, and our reading

    def __repr__(self) -> str:
        return f"<endpoint {self.name}: {self.method} {self.path}>"

    @property
    def multipart(self) -> bool:
        return any(isinstance(a, File) for a in self.arguments)

    @property
    def record(self) -> type[Record] | None:
        """What a row of the answer is; None where the answer has no rows."""
        return self.returns.record if isinstance(self.returns, Table) else None

    @property
    def secret_keys(self) -> set[str]:
        """The keys of the answer under which secrets stand."""
        if isinstance(self.returns, Value) and isinstance(self.returns.field, Masked):
            return {self.returns.data_path.rpartition(".")[2]} - {""}
        return secret_keys(self.record.fields) if self.record else set()

    @cached_property
    def in_path(self) -> frozenset[str]:
        return frozenset(re.findall(r"{(\w+)}", self.path))

    @cached_property
    def by_name(self) -> dict[str, Field]:
        return {a.name: a for a in self.arguments}
