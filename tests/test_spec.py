"""What a declaration states, and what follows from it: arguments, signature, help, endpoints of a service."""

import inspect
from collections.abc import Mapping
from typing import Annotated, Any

import pytest

from toolkit import spec
from toolkit.errors import ArgumentError
from toolkit.spec import (
    ASSUMED,
    DOCUMENTED,
    Choice,
    Dialect,
    Email,
    Endpoint,
    File,
    Integer,
    Masked,
    Provenance,
    Record,
    Service,
    System,
    Table,
    Text,
    delete,
    get,
    post,
)


class Entry(Record):
    username = Text("Who.")


class Person(Record):
    """A person."""

    name = Text("Name.", required=True, max_length=50)
    years = Integer("Age.", wire="age")


class Employee(Person):
    """A person with an employer."""

    employer = Text("Who pays.")
    years = Integer("Age, from the contract.", wire="contractAge")


SYSTEM = System(name="toy", title="Toy", manual="Toy manual", dialect=Dialect(), credentials=Entry)


class Toys(Service):
    """A toy system."""

    system = SYSTEM

    @get("/people/{id}", section="1", returns=Table(Person))
    def person(self, id: Annotated[int, Integer("Which one.", minimum=1)]) -> Any:
        """One person, as one row."""

    @post("/people", section="2", body=Employee, note="The path is a guess.", provenance=ASSUMED)
    def add(
        self,
        team: Annotated[str, Text("The team.", wire="team_name")] = "A",
        *,
        name: str,
        employer: "str | None" = None,
        years: int | None = None,
    ) -> "DataFrame":  # noqa: F821
        """Add a person."""

    @delete("/people/{id}", section="3", repeatable=True)
    def remove(self, id: Annotated[int, Integer("Which one.")]) -> None:
        """Remove one."""


class More(Service):
    """Another chapter of the same manual."""

    system = SYSTEM

    @post("/photos", section="4")
    def photo(self, file: Annotated[Any, File("The picture.", extensions=("png",))]) -> None:
        """Add a picture."""


class All(Toys, More):
    """All chapters."""

    system = SYSTEM


class Seen:
    """A `call` that notes what it is given."""

    def __init__(self) -> None:
        self.calls: list[tuple[Endpoint, dict[str, Any]]] = []

    def __call__(self, endpoint: Endpoint, values: Mapping[str, Any], /) -> Any:
        self.calls.append((endpoint, dict(values)))
        return len(self.calls)


def test_fields_know_their_record_their_key_and_their_kind() -> None:
    name, years = Person.fields
    assert (name.name, name.key, name.kind) == ("name", "name", "text")
    assert (years.name, years.key, years.kind) == ("years", "age", "integer")
    assert Choice("").kind == "choice"
    assert Email("").kind == "email"


def test_a_record_keeps_the_fields_of_its_base_and_may_say_more_of_them() -> None:
    assert [(f.name, f.key) for f in Employee.fields] == [
        ("name", "name"),
        ("employer", "employer"),
        ("years", "contractAge"),
    ]
    assert [f.key for f in Person.fields] == ["name", "age"]


def test_an_endpoint_is_what_decorator_and_signature_say() -> None:
    person, add, remove = (Toys.endpoints[name] for name in ("person", "add", "remove"))
    assert (person.method, person.path, person.section, person.provenance) == ("GET", "/people/{id}", "1", DOCUMENTED)
    assert person.system is SYSTEM
    assert person.in_path == {"id"}
    assert [(a.name, a.key, a.required) for a in person.arguments] == [("id", "id", True)]
    assert [(a.name, a.key, a.required) for a in add.arguments] == [
        ("team", "team_name", False),
        ("name", "name", True),
        ("employer", "employer", False),
        ("years", "contractAge", False),
    ]
    assert (person.repeatable, add.repeatable, remove.repeatable) == (True, False, True)
    assert add.provenance is ASSUMED
    assert not add.multipart
    assert More.endpoints["photo"].multipart


def test_chapters_combine_in_their_order() -> None:
    assert set(All.endpoints) == {"photo", "person", "add", "remove"}
    assert All.endpoints["photo"] == More.endpoints["photo"]


def test_the_signature_is_the_one_that_people_type() -> None:
    assert str(inspect.signature(Toys.person)) == "(self, id: int) -> Any"
    assert str(inspect.signature(Toys.add)) == (
        "(self, team: str = 'A', *, name: str, employer: str | None = None, years: int | None = None) -> DataFrame"
    )


def test_the_help_ends_with_the_fields_and_the_manual() -> None:
    assert inspect.getdoc(Toys.add) == (
        "Add a person.\n\n"
        "Args:\n    team: the team.\n\n"
        "Fields:\n"
        "    name      text, required. Name.\n"
        "    employer  text. Who pays.\n"
        "    years     integer. Age, from the contract.\n\n"
        "Manual: Toy manual, 2; POST /people (assumed). The path is a guess."
    )
    assert (inspect.getdoc(Toys.person) or "").endswith(
        "Columns:\n    name   text, required. Name.\n    years  integer. Age.\n\n"
        "Manual: Toy manual, 1; GET /people/{id} (documented)."
    )


def test_a_call_hands_over_the_endpoint_and_what_was_given() -> None:
    seen = Seen()
    toys = All(seen)
    assert toys.person(7) == 1
    toys.add(name="Ana")
    toys.add("B", name="Luis", years=3)
    assert seen.calls == [
        (All.endpoints["person"], {"id": 7}),
        (All.endpoints["add"], {"team": "A", "name": "Ana", "employer": None, "years": None}),
        (All.endpoints["add"], {"team": "B", "name": "Luis", "employer": None, "years": 3}),
    ]


@pytest.mark.parametrize("arguments", [(), (1, 2)])
def test_a_call_with_too_few_or_too_many_arguments_names_itself(arguments: tuple[int, ...]) -> None:
    with pytest.raises(ArgumentError, match=r"^toy.person\(\)"):
        Toys(Seen()).person(*arguments)


def test_an_argument_has_to_say_its_kind() -> None:
    with pytest.raises(TypeError, match="'id' has no kind"):

        @get("/x", section="1")
        def nothing(self: Any, id: int) -> None: ...


def test_every_kind_names_itself_in_its_own_words() -> None:
    kinds = [kind for base in spec.Field.__subclasses__() for kind in (base, *base.__subclasses__())]
    assert len({kind("").kind for kind in kinds}) == len(kinds) == len(set(kinds))


def test_provenances_are_the_three_of_the_manual() -> None:
    assert [str(p) for p in Provenance] == ["documented", "observed", "assumed"]


def test_a_masked_argument_is_still_an_argument() -> None:
    @post("/in", section="1")
    def enter(self: Any, password: Annotated[Any, Masked("Secret.")]) -> None: ...

    assert isinstance(enter.endpoint.arguments[0], Masked)  # type: ignore[attr-defined]
