"""From a DataFrame with a row a signer to envelopes: what each holds, and everything that is wrong with it.

Texts may name columns in braces: "contratos/{cedula}.pdf".
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from toolkit.errors import InputError
from toolkit.plain import message
from toolkit.sheets.cells import shown, stripped, values_of
from toolkit.sheets.check import check
from toolkit.sheets.checker import CellError
from toolkit.sheets.files import opened
from toolkit.spec import Field
from toolkit.vendors.signio import places
from toolkit.vendors.signio.api import Signio as Declared
from toolkit.vendors.signio.api.documents import EXTENSIONS
from toolkit.vendors.signio.api.signers import NewSigner
from toolkit.vendors.signio.people import ENVELOPES, repeated

COLUMN = re.compile(r"\{([^{}]+)\}")
OPTIONS: tuple[Field, ...] = tuple(
    f for f in Declared.endpoints["create_envelope"].arguments if f.name != "envelopeDeduplicationKey"
)
PROBLEMS = ["row", "column", "value", "problem"]


@dataclass(frozen=True)
class Layout:
    """What a campaign's envelopes have in common."""

    envelope: str  # the column that groups rows
    documents: Sequence[Any] = ()
    place: Any = None
    template: Mapping[str, Any] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """A file to upload: looked at when planned, read again when it is sent."""

    given: Any
    name: str
    sha256: str
    pages: tuple[places.Size, ...]

    @classmethod
    def of(cls, given: Any) -> "Source":
        """Raises CellError or ValueError where it cannot be sent."""
        name, content = opened(given, EXTENSIONS)
        return cls(given, name, hashlib.sha256(content).hexdigest(), tuple(places.sizes_of(name, content)))

    def content(self) -> tuple[str, bytes]:
        name, content = opened(self.given, EXTENSIONS)
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise InputError(f"{name} was changed since the campaign was planned: plan it again")
        return name, content


@dataclass
class Draft:
    """One envelope to be made."""

    key: str
    options: dict[str, Any] = field(default_factory=dict)
    people: list[dict[str, Any]] = field(default_factory=list)
    files: list[Source] = field(default_factory=list)
    template: dict[str, Any] | None = None
    stamps: dict[tuple[int, int], dict[str, int]] = field(default_factory=dict)  # by person and file

    @property
    def signers(self) -> list[int]:
        return [n for n, person in enumerate(self.people) if not person.get("rol")]

    @cached_property
    def steps(self) -> list[str]:
        """The calls that make it, in order. A template comes after the signers: whoever is there gets it attached."""
        documents = [*map(str, range(len(self.files))), *(["template"] if self.template else [])]
        made = [
            "create",
            *(f"file {n}" for n in range(len(self.files))),
            *(f"signer {n}" for n in range(len(self.people))),
        ]
        links = [f"link {person} {document}" for person in self.signers for document in documents]
        return [*made, *(["template"] if self.template else []), *links]

    @cached_property
    def digest(self) -> str:
        """Of all that it holds: another content is another envelope."""
        stamps = {f"{person} {file}": stamp for (person, file), stamp in self.stamps.items()}
        files = [(source.name, source.sha256) for source in self.files]
        whole = [self.options, self.people, files, self.template, stamps]
        return hashlib.sha256(json.dumps(whole, ensure_ascii=False, sort_keys=True, default=str).encode()).hexdigest()

    def call(self, step: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """The endpoint of a step and its values; `given` are the identifiers that earlier steps were given."""
        kind, _, rest = step.partition(" ")
        if kind == "create":
            return "create_envelope", dict(self.options)
        values: dict[str, Any] = {"envelope_id": given["id_transaccion"]}
        match kind:
            case "file":
                return "upload_document", values | {"document": self.files[int(rest)].content()}
            case "signer":
                return "add_signer", values | self.people[int(rest)]
            case "template":
                return "use_template", values | (self.template or {})
        person, _, document = rest.partition(" ")
        values |= {"signer_id": given["signers"][person], "document_id": given["documents"][document]}
        if document != "template":
            return "link", values | {"position": self.stamps[int(person), int(document)]}
        role = self.people[int(person)].get("operation_rol")
        return "link", values | {"attachment": 0} | ({"role": role} if role else {})

    def preview(self) -> dict[str, Any]:
        turns = [self.people[n].get("orden") for n in self.signers]
        first = [
            self.people[n].get("email") for n, turn in zip(self.signers, turns, strict=True) if _is_first(turn, turns)
        ]
        return {
            "nombre": self.options.get("nombre"),
            "signers": len(self.signers),
            "order": "in series" if any(turn is not None for turn in turns) else "at the same time",
            "first": ", ".join(map(str, first)),
            "mails": len(first),
            "documents": ", ".join(source.name for source in self.files),
            "template": (self.template or {}).get("template_id"),
            "tags": self.options.get("tags"),
            "cc": self.options.get("cc"),
        }


def _is_first(turn: int | None, turns: Sequence[int | None]) -> bool:
    known = [t for t in turns if t is not None]
    return turn == min(known) if known else True


@dataclass
class Found:
    """A problem of one row of the frame: it keeps its whole envelope from being built, or is a doubt."""

    row: int
    column: Any
    value: Any
    problem: str
    blocks: bool = True


@dataclass
class Drafts:
    """The envelopes of a frame, and what is wrong with it."""

    all: list[Draft]
    problems: pd.DataFrame
    doubts: pd.DataFrame
    bad: dict[str, Found]  # by envelope: the first problem that keeps it from being built
    doubtful: dict[str, Found]


def drafts_of(people: pd.DataFrame, layout: Layout) -> Drafts:
    """The envelopes of a frame with a row for each signer, and every problem: `row`, `column`, `value`, `problem`.

    Rows in which nothing stands are left out.

    Raises:
        InputError: a column is missing, or fills nothing; or no document is named at all.
    """
    return _Planner(people, layout).planned()


class _Planner:
    def __init__(self, people: pd.DataFrame, layout: Layout) -> None:
        people = _without_empty_rows(people)
        self._people, self._layout = people, layout
        self._found: list[Found] = []
        self._sources: dict[Any, Source | str] = {}
        self._cells: dict[str, list[str]] = {}
        if not layout.documents and not layout.template:
            raise InputError("an envelope needs a document or a template")
        named = [layout.envelope, *_columns_in([*layout.documents, layout.place, layout.template, layout.options])]
        if missing := [name for name in dict.fromkeys(named) if name not in people]:
            raise InputError(
                f"there is no column {', '.join(map(repr, missing))}; there are {', '.join(map(str, people))}"
            )
        known = {f.name for f in NewSigner.fields}
        known |= {column for column, field in people.attrs.get("fields", {}).items() if field}
        signers = people.drop(columns=[c for c in set(named) if c not in known])
        self._checked = check(signers, ENVELOPES)

    def planned(self) -> Drafts:
        wire = self._checked.wire()
        groups: dict[str, list[int]] = {}
        for position, key in enumerate(self._column(self._layout.envelope)):
            if key:
                groups.setdefault(key, []).append(position)
            else:
                self._problem(position, self._layout.envelope, None, "is empty: which envelope is it?")
        drafts = []
        for key, rows in groups.items():
            people = [{name: v for name, values in wire.items() if (v := values[p]) is not None} for p in rows]
            drafts.append(self._draft(Draft(key, people=people), rows))
        self._options(drafts, list(groups.values()))
        cells = self._checked.problems
        lines = zip(self._checked.problem_positions, *(cells[n] for n in [*PROBLEMS[1:], "blocks"]), strict=True)
        unsafe = [Found(*line) for line, safe in zip(lines, cells["safe"], strict=True) if not safe]
        envelopes = {row: key for key, rows in groups.items() for row in rows}
        bad, doubtful = dict[str, Found](), dict[str, Found]()
        for found in [*unsafe, *self._found]:
            if found.row in envelopes:
                (bad if found.blocks else doubtful).setdefault(envelopes[found.row], found)
        problems, doubts = (self._table([f for f in [*unsafe, *self._found] if f.blocks is b]) for b in (True, False))
        return Drafts(drafts, problems, doubts, bad, doubtful)

    def _table(self, found: list[Found]) -> pd.DataFrame:
        lines = [(self._people.index[f.row], f.column, f.value, f.problem) for f in found]
        return pd.DataFrame(lines, columns=PROBLEMS)

    def _draft(self, draft: Draft, rows: list[int]) -> Draft:
        givens = [self._filled(document, row) for row in rows for document in self._layout.documents]
        for given in dict.fromkeys(given for given in givens if given is not None):
            source = self._source(given)
            if isinstance(source, str):
                self._problem(rows[0], "documents", _shown(given), source)
            else:
                draft.files.append(source)
        if template := self._layout.template:
            fields = {name: self._filled(text, rows[0]) for name, text in (template.get("fields") or {}).items()}
            draft.template = {"template_id": template["id"], **({"fields": fields} if fields else {})}
        self._people_of(draft, rows)
        self._stamps(draft, rows)
        return draft

    def _people_of(self, draft: Draft, rows: list[int]) -> None:
        for twins, names, blocks in repeated(draft.people):
            text = message("is in envelope {key!r} twice", key=draft.key)
            for n in twins:
                self._problem(rows[n], names[-1], draft.people[n][names[-1]], text, blocks=blocks)
        if not draft.signers:
            self._problem(rows[0], "rol", None, f"envelope {draft.key!r} has nobody who signs")
        turns = {n: draft.people[n].get("orden") for n in draft.signers}
        if None in turns.values() and any(turn is not None for turn in turns.values()):
            for n in [n for n, turn in turns.items() if turn is None]:
                self._problem(rows[n], "orden", None, f"is empty, and others of envelope {draft.key!r} have one")

    def _stamps(self, draft: Draft, rows: list[int]) -> None:
        taken: dict[tuple[int, str], int] = {}
        for n in draft.signers:
            place = self._filled(self._layout.place, rows[n])
            for file, source in enumerate(draft.files):
                at = (file, str(place).casefold())
                try:
                    draft.stamps[n, file] = places.stamp(place, source.pages, taken.get(at, 0))
                except ValueError as problem:
                    self._problem(rows[n], "place", _shown(place), f"{problem} ({source.name})")
                taken[at] = taken.get(at, 0) + 1

    def _options(self, drafts: list[Draft], groups: list[list[int]]) -> None:
        """What is said of each envelope, checked by the manual's limits."""
        given = {"nombre": f"{{{self._layout.envelope}}}", "external_id": f"{{{self._layout.envelope}}}"}
        given |= dict(self._layout.options)
        rows = [{name: self._filled(value, group[0]) for name, value in given.items()} for group in groups]
        frame = pd.DataFrame({name: pd.Series([row[name] for row in rows], dtype=object) for name in given})
        done = check(frame, OPTIONS)
        made = done.wire()
        for at, draft in enumerate(drafts):
            draft.options = {f.name: v for f in OPTIONS if f.key in made and (v := made[f.key][at]) is not None}
        for at, column, value, problem in done.errors[PROBLEMS].itertuples(index=False, name=None):
            self._problem(groups[int(at)][0], str(column), value, str(problem))

    def _source(self, given: Any) -> Source | str:
        """A file, looked at once, or what is wrong with it."""
        if given not in self._sources:
            try:
                self._sources[given] = Source.of(given)
            except CellError as wrong:
                self._sources[given] = wrong.problem.text
            except ValueError as problem:
                self._sources[given] = str(problem)
        return self._sources[given]

    def _filled(self, value: Any, row: int) -> Any:
        """The value with the cells of a row in the place of the columns that it names."""
        if isinstance(value, str):
            return COLUMN.sub(lambda named: self._cell(named[1], row), value)
        if isinstance(value, list):
            return [self._filled(item, row) for item in value]
        if isinstance(value, Mapping):
            return {name: self._filled(item, row) for name, item in value.items()}
        return value

    def _cell(self, column: str, row: int) -> str:
        text = self._column(column)[row]
        if not text:
            self._problem(row, column, None, "is empty, and named in the campaign's texts")
        return text

    def _column(self, name: str) -> list[str]:
        if name not in self._cells:
            self._cells[name] = [stripped(shown(value) or "") for value in values_of(self._people[name])]
        return self._cells[name]

    def _problem(self, row: int, column: str, value: Any, problem: str, *, blocks: bool = True) -> None:
        found = Found(row, column, value, problem, blocks)
        if found not in self._found:
            self._found.append(found)


def _without_empty_rows(people: pd.DataFrame) -> pd.DataFrame:
    """Spreadsheets often end in rows that hold nothing, or nothing but spaces: nobody is meant by them."""
    filled = np.zeros(len(people), dtype=bool)
    for _, column in people.items():
        filled |= np.fromiter((stripped(str(v)) != "" if v is not None else False for v in values_of(column)), bool)
    return people[filled]


def _columns_in(value: Any) -> Iterator[str]:
    """The columns that texts name, wherever the texts stand."""
    if isinstance(value, str):
        yield from COLUMN.findall(value)
    elif isinstance(value, Mapping):
        yield from _columns_in(list(value.values()))
    elif isinstance(value, Iterable) and not isinstance(value, bytes):
        for item in value:
            yield from _columns_in(item)


def _shown(given: Any) -> str:
    return str(given[0]) if isinstance(given, tuple) else str(given)
