"""The systems that rows are pushed into, each in the same words: a frame, a push, and what is really there after it."""

from collections import Counter
from collections.abc import Hashable
from typing import Any, ClassVar, NamedTuple

import pandas as pd

import toolkit
from tests.helpers.clock import ManualClock
from tests.helpers.registry import Registry
from toolkit.sandbox import Sandbox

from .checker import Findings, findings
from .world import in_our_folder

DATABASE = 11111
SENT: list[int] = []  # rows of each request, in their order (fixture `ida`)


class Told(NamedTuple):
    """What a person learns from a push."""

    outcomes: list[str]
    text: str

    def of(self, outcome: str) -> int:
        return self.outcomes.count(outcome)


class Bench:
    """One system of a sandbox, and a client of it."""

    system: ClassVar[str]
    write: ClassVar[dict[str, str]]  # the request that carries rows
    read: ClassVar[dict[str, str]]  # the request by which doubt is settled

    def __init__(self, box: Sandbox, clock: ManualClock) -> None:
        self.box, self.clock = box, clock
        self.connect()
        self.before = self.stored()

    def connect(self, **account: Any) -> None:
        """A new client, as after a restart of the kernel."""
        settings = in_our_folder(self.box.settings())
        settings[self.system] = {**settings[self.system], **account}
        self.api = Registry("", settings, clock=self.clock, progress=False)

    def frame(self, rows: int) -> pd.DataFrame:
        raise NotImplementedError

    def keys(self, frame: pd.DataFrame) -> list[Hashable]:
        raise NotImplementedError

    def stored(self) -> Counter[Hashable]:
        raise NotImplementedError

    def push(self, frame: pd.DataFrame, **settings: Any) -> Told:
        raise NotImplementedError

    def fault(self, match: dict[str, str] | None = None, **facts: Any) -> None:
        self.box.control.fault(system=self.system, match=self.write if match is None else match, **facts)

    def log(self, match: dict[str, str] | None = None) -> list[dict[str, Any]]:
        wanted = match or self.write
        mine = [entry for entry in self.box.control.log() if entry["system"] == self.system]
        return [entry for entry in mine if all(entry[name] == value for name, value in wanted.items())]

    def posts(self) -> int:
        return len(self.log())

    def check(self, told: Told, frame: pd.DataFrame) -> Findings:
        """Fail where the outcomes are not the truth."""
        found = findings(told.outcomes, self.keys(frame), self.stored() - self.before)
        assert not found.wrong, f"{found}\n{told.text}"
        return found

    def check_all_in(self, told: Told, frame: pd.DataFrame) -> None:
        """Every row is there exactly once, and said to be."""
        self.check(told, frame)
        assert set(told.outcomes) <= {"verified", "accepted"}, told.text


class Ida(Bench):
    system = "ida"
    write: ClassVar = {"method": "POST", "path": "/api/v2/database/records"}
    read: ClassVar = {"method": "GET", "path": f"/api/v2/database/{DATABASE}"}
    settings: ClassVar = {"settle_wait": 65, "settle_stable": 5, "chunk_rows": 37}

    def frame(self, rows: int, prefix: str = "p") -> pd.DataFrame:
        return pd.DataFrame({"EMAIL": [f"{prefix}{n}@example.cl" for n in range(rows)], "NOMBRE": "Ñandú"})

    def keys(self, frame: pd.DataFrame) -> list[Hashable]:
        return list(frame["EMAIL"])

    def stored(self) -> Counter[Hashable]:
        return Counter(self.box.control.multiplicity(DATABASE, "EMAIL"))

    def insert(self, rows: Any, *, options: dict[str, Any] | None = None, **choice: Any) -> toolkit.Report:
        return self.api.ida.insert_records(DATABASE, rows, options={**self.settings, **(options or {})}, **choice)

    def push(self, frame: pd.DataFrame, **settings: Any) -> Told:
        return told(self.insert(frame, options=settings))

    def rows_sent(self) -> list[int]:
        """How many rows each request carried, in their order."""
        return list(SENT)

    def posts_of_a_clean_push(self, rows: int, **settings: Any) -> int:
        """The requests of as many other rows, to which nothing happens."""
        before, frame = self.posts(), self.frame(rows, prefix="clean")
        assert set(self.push(frame, **settings).outcomes) == {"verified"}
        return self.posts() - before


class NddPrint(Bench):
    system = "nddprint"
    write: ClassVar = {"method": "POST", "path": "/api/v1/users/add-card-code"}
    read: ClassVar = {"method": "POST", "path": "/api/v1/users/card-codes"}

    def frame(self, rows: int) -> pd.DataFrame:
        self.box.control.print_users([(f"user{n}", "dominio123", []) for n in range(rows)])
        names = [f"user{n}" for n in range(rows)]
        return pd.DataFrame(
            {"LogonName": names, "DomainName": "dominio123", "CardCode": [f"00{n}" for n in range(rows)]}
        )

    def keys(self, frame: pd.DataFrame) -> list[Hashable]:
        return list(frame["CardCode"])

    def stored(self) -> Counter[Hashable]:
        return Counter(card["CardCode"] for card in self.box.control.stored("nddprint", "Card"))

    def push(self, frame: pd.DataFrame, **settings: Any) -> Told:
        return told(self.api.nddprint.add_card_codes(frame, options={"workers": 1, **settings}))


class CarmaChain(Bench):
    system = "carmachain"
    write: ClassVar = {"method": "POST", "path": "/api/createrequest"}
    read: ClassVar = {"method": "POST", "path": "/api/respond"}

    def frame(self, rows: int) -> pd.DataFrame:
        return pd.DataFrame({"IdDocument": [f"{10_000_000 + n}" for n in range(rows)]})

    def keys(self, frame: pd.DataFrame) -> list[Hashable]:
        return list(frame["IdDocument"])

    def stored(self) -> Counter[Hashable]:
        return Counter(row["IdDocument"] for row in self.box.control.stored("carmachain", "Request"))

    def push(self, frame: pd.DataFrame, **settings: Any) -> Told:
        report = self.api.carmachain.request(frame, options={"chunk_rows": 37, **settings}, categories="All categories")
        return told(report)


class Bookshop(Bench):
    """A vendor of the tests: many rows in a request, all or none, and a list to read."""

    system = "bookshop"
    write: ClassVar = {"method": "POST", "path": "/shelves/empty/books"}
    read: ClassVar = {"method": "GET", "path": "/shelves/empty/books"}

    def frame(self, rows: int) -> pd.DataFrame:
        names = [f"{n:013}" for n in range(rows)]
        return pd.DataFrame({"isbn": names, "title": [f"Book {n}" for n in range(rows)], "price": "12.50"})

    def keys(self, frame: pd.DataFrame) -> list[Hashable]:
        return list(frame["isbn"])

    def stored(self) -> Counter[Hashable]:
        return Counter(book["isbn"] for book in self.box.control.stored("bookshop", "Book", {"shelf": "empty"}))

    def push(self, frame: pd.DataFrame, **settings: Any) -> Told:
        return told(self.api.bookshop.add_books("empty", frame, options={"chunk_rows": 4, "workers": 1, **settings}))


class Signers(Bench):
    """SIGNIO, as far as one draft and its signers."""

    system = "signio"
    write: ClassVar = {"method": "POST", "path": "/transacciones/registrar_contacto"}
    read: ClassVar = {"method": "GET", "path": "/transacciones/gestionar"}

    def connect(self, **account: Any) -> None:
        super().connect(**account)
        if not hasattr(self, "envelope"):
            self.envelope = self.api.signio.create_envelope("Contrato")

    def frame(self, rows: int) -> pd.DataFrame:
        people = {"nombre": [f"Persona {n}" for n in range(rows)], "tipo_identificacion": "CC"}
        numbers = [f"{1_000_000 + n}" for n in range(rows)]
        return pd.DataFrame(people | {"identificacion": numbers, "email": [f"p{n}@example.co" for n in range(rows)]})

    def keys(self, frame: pd.DataFrame) -> list[Hashable]:
        return list(frame["identificacion"])

    def stored(self) -> Counter[Hashable]:
        return Counter(person["identificacion"] for person in self.box.control.stored("signio", "Signer"))

    def push(self, frame: pd.DataFrame, **settings: Any) -> Told:
        return told(self.api.signio.add_signers(self.envelope, frame, options={"settle_wait": 65, **settings}))


def told(report: toolkit.Report) -> Told:
    assert int(report.summary.sum()) == len(report.table), "the counts add up to the rows of the input"
    return Told(list(report.table["outcome"].astype(str)), repr(report))


BENCHES = {bench.system: bench for bench in (Ida, NddPrint, CarmaChain, Signers, Bookshop)}
