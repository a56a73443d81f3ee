"""From a DataFrame with a row a signer to envelopes: what each holds, and everything that is wrong with it.

Texts may name columns in braces: "contratos/{cedula}.pdf".
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from toolkit.errors import InputError
from toolkit.plain import message
from toolkit.sheets.alike import name_key
from toolkit.sheets.cells import shown, stripped, values_of
from toolkit.sheets.check import Check, check
from toolkit.sheets.checker import CellError
from toolkit.sheets.facets import ROW
from toolkit.spec import Assumed, Field, Flag, Integer, Text
from toolkit.spec.suggest import did_you_mean
from toolkit.vendors.signio import places
from toolkit.vendors.signio.api import Signio as Declared
from toolkit.vendors.signio.api.signers import NewSigner
from toolkit.vendors.signio.campaign_documents import CampaignDocument, roles_of_person
from toolkit.vendors.signio.drafts import Draft, DraftDocument, Source
from toolkit.vendors.signio.people import ENVELOPES, repeated

COLUMN = re.compile(r"\{([^{}]+)\}")
PROBLEMS = ["row", "column", "value", "problem"]
ROLE = "operation_rol"


@dataclass(frozen=True)
class Layout:
    """What a campaign's envelopes have in common."""

    envelope: str  # the column that groups rows
    documents: Sequence[CampaignDocument]
    options: Mapping[str, Any] = field(default_factory=dict)  # of each envelope
    assumed: Assumed = field(default_factory=lambda: Assumed(Declared.system.assumptions))

    @property
    def fields(self) -> tuple[Field, ...]:
        """The options that an envelope may have."""
        arguments = self.assumed.endpoint(Declared.endpoints["create_envelope"]).arguments
        return tuple(f for f in arguments if f.name != "envelopeDeduplicationKey")


@dataclass
class Finding:
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
    bad: dict[str, Finding]  # by envelope: the first problem that keeps it from being built
    doubtful: dict[str, Finding]


def drafts_of(people: pd.DataFrame, layout: Layout) -> Drafts:
    """The envelopes of a frame with a row for each signer, and every problem: `row`, `column`, `value`, `problem`.

    Rows in which nothing stands are left out.

    Raises:
        InputError: a column is missing, or fills nothing; or a document names a role that nobody has.
    """
    return _Planner(people, layout).planned()


class _Planner:
    def __init__(self, people: pd.DataFrame, layout: Layout) -> None:
        people = _without_empty_rows(people)
        self._people, self._layout = people, layout
        self._findings: list[Finding] = []
        self._sources: dict[Any, Source | str] = {}
        self._cells: dict[str, list[str]] = {}
        texts = [part for document in layout.documents for part in astuple(document)]
        named = [layout.envelope, *_columns_in([*texts, layout.options])]
        if missing := [name for name in dict.fromkeys(named) if name not in people]:
            text = "there is no column {missing}; there are {known}"
            known = ", ".join(map(str, people))
            raise InputError(message(text, missing=", ".join(map(repr, missing)), known=known))
        fields = {f.name for f in NewSigner.fields}
        fields |= {column for column, field in people.attrs.get("fields", {}).items() if field}
        signers = people.drop(columns=[c for c in set(named) if c not in fields])
        self._fields = layout.assumed.fields(ENVELOPES.fields)
        self._checked = check(signers, ENVELOPES._replace(fields=self._fields))
        in_texts = [column for column in dict.fromkeys(named[1:]) if column not in fields]
        texts_of = people[in_texts].rename_axis(None)  # no rows of persons
        texts_of.attrs = {}
        self._in_texts = check(texts_of, [Text(name=str(column)) for column in in_texts]) if in_texts else None
        self._signs = {d.column: self._says_yes(d.column) for d in layout.documents if d.column}

    def planned(self) -> Drafts:
        by_key = self._checked.wire()
        wire = {f.name: by_key[f.key] for f in self._fields if f.key in by_key}
        groups: dict[str, list[int]] = {}
        for position, key in enumerate(self._column(self._layout.envelope)):
            if key:
                groups.setdefault(key, []).append(position)
            else:
                self._problem(position, self._layout.envelope, None, message("is empty: which envelope is it?"))
        self._hold_neighbours(groups)
        self._doubt_spellings(groups)
        self._require_roles(wire)
        drafts = []
        for key, rows in groups.items():
            people = [{name: v for name, values in wire.items() if (v := values[p]) is not None} for p in rows]
            drafts.append(self._draft(Draft(key, people=people), rows))
        self._options(drafts, list(groups.values()))
        unsafe = [*_unsafe(self._checked)]
        unsafe += [each for each in _unsafe(self._in_texts) if each.column != ROW] if self._in_texts else []
        envelopes = {row: key for key, rows in groups.items() for row in rows}
        bad, doubtful = dict[str, Finding](), dict[str, Finding]()
        for finding in [*unsafe, *self._findings]:
            if finding.row in envelopes:
                (bad if finding.blocks else doubtful).setdefault(envelopes[finding.row], finding)
        problems, doubts = (
            self._table([f for f in [*unsafe, *self._findings] if f.blocks is b]) for b in (True, False)
        )
        return Drafts(drafts, problems, doubts, bad, doubtful)

    def _hold_neighbours(self, groups: Mapping[str, Sequence[int]]) -> None:
        """A signer whose envelope is not named may be of the one above, as where its cell is merged: that one waits."""
        named = {row: key for key, rows in groups.items() for row in rows}
        filled = self._people.drop(columns=self._layout.envelope).notna().sum(axis=1).to_numpy()
        beside, waiting = min(named, default=None), set[int]()  # of rows above the first name, that one
        for position in range(len(self._people)):
            if position in named:
                beside = position
            elif beside is not None and beside not in waiting and filled[position] > 1:
                waiting.add(beside)
                text = message("row {row} names no envelope, and may be of this one", row=self._people.index[position])
                self._problem(beside, self._layout.envelope, named[beside], text)

    def _doubt_spellings(self, groups: Mapping[str, Sequence[int]]) -> None:
        """Envelopes whose names differ by case, accents, spaces or signs alone may be one."""
        alike: dict[str, list[str]] = {}
        for name in groups:
            alike.setdefault(name_key(name), []).append(name)
        for names in (names for names in alike.values() if len(names) > 1):
            for name in names:
                others = ", ".join(repr(other) for other in names if other != name)
                text = message("is an envelope of its own, and so is {others}: are they one?", others=others)
                for row in groups[name]:
                    self._problem(row, self._layout.envelope, name, text, blocks=False)

    def _table(self, finding: list[Finding]) -> pd.DataFrame:
        lines = [(self._people.index[f.row], f.column, f.value, f.problem) for f in finding]
        return pd.DataFrame(lines, columns=PROBLEMS)

    def _require_roles(self, wire: Mapping[str, Sequence[Any]]) -> None:
        """A role that nobody has is misspelt."""
        known = {role for cell in wire.get(ROLE, ()) for role in roles_of_person({ROLE: cell})}
        lowered = {role.casefold() for role in known}
        for document in self._layout.documents:
            by_role = list(document.place) if document.has_places_by_role else []
            for role in [*document.roles, *map(str, by_role)]:
                if role.casefold() not in lowered:
                    hint = did_you_mean(role, known)
                    raise InputError(message("nobody has the role {role!r} in operation_rol", role=role) + hint)

    def _draft(self, draft: Draft, rows: list[int]) -> Draft:
        self._people_of(draft, rows)
        for layout in self._layout.documents:
            draft.documents += self._documents(layout, draft, rows)
        signing = {n for document in draft.documents for n in document.signers}
        for n in draft.signers:
            if n not in signing and draft.documents:
                text = message("signs no document of envelope {key!r}", key=draft.key)
                self._problem(rows[n], ROLE, draft.people[n].get(ROLE), text)
        return draft

    def _documents(self, layout: CampaignDocument, draft: Draft, rows: list[int]) -> list[DraftDocument]:
        """What a document of the campaign is in one envelope: a file may be another one for each row."""
        roles = {n: self._roles(layout, draft.people[n], rows[n]) for n in draft.signers}
        signers = {n: own for n, own in roles.items() if own is not None}
        if not signers:
            text = message("nobody of envelope {key!r} signs {name}", key=draft.key, name=_shown(layout.name))
            self._problem(rows[0], "documents", None, text)
            return []
        if layout.template is not None:
            fields = {name: self._filled(text, rows[0]) for name, text in layout.fields.items()}
            template = {"template_id": layout.template, **({"fields": fields} if fields else {})}
            return [DraftDocument(template=template, signers=signers, protect=layout.protect)]
        built: list[DraftDocument] = []
        for file in dict.fromkeys(self._filled(layout.file, rows[n]) for n in signers):
            source = self._source(file)
            if isinstance(source, str):
                self._problem(rows[0], "documents", _shown(file), source)
                continue
            document = DraftDocument(source, None, signers, {}, layout.metatags, layout.protect)
            if layout.metatags:
                self._require_tags(draft, rows, document)
            else:
                self._stamps(layout, draft, rows, document)
            built.append(document)
        return built

    def _roles(self, layout: CampaignDocument, person: Mapping[str, Any], row: int) -> list[str] | None:
        """The roles in which a person signs a document; None where the person does not sign it."""
        own = roles_of_person(person)
        if layout.column:
            return own if self._signs[layout.column][row] else None
        if not layout.roles:
            return own
        wanted = {role.casefold() for role in layout.roles}
        return [role for role in own if role.casefold() in wanted] or None

    def _says_yes(self, column: str) -> list[bool]:
        """Of each row, whether a cell says yes; an empty one says no."""
        cells = self._people[[column]].set_axis(["signs"], axis=1).reset_index(drop=True)
        cells["row"] = range(len(cells))  # an empty cell is no empty row
        done = check(cells, (Flag(name="signs"), Integer(name="row")))
        for at, _, value, problem in done.errors[PROBLEMS].itertuples(index=False, name=None):
            self._problem(int(at), column, value, str(problem))
        return [bool(value) for value in done.wire().get("signs", [None] * len(self._people))]

    def _require_tags(self, draft: Draft, rows: list[int], document: DraftDocument) -> None:
        taken: dict[str, int] = {}
        for n, roles in document.signers.items():
            if not roles:
                self._problem(rows[n], ROLE, None, message("is empty: which role of {name} is it?", name=document.name))
            for role in roles:
                if taken.setdefault(role, n) != n:
                    text = message("is the role of several signers of {name}", name=document.name)
                    self._problem(rows[n], ROLE, role, text)

    def _people_of(self, draft: Draft, rows: list[int]) -> None:
        for twins, names, blocks in repeated(draft.people):
            text = message("is in envelope {key!r} twice", key=draft.key)
            for n in twins:
                self._problem(rows[n], names[-1], draft.people[n][names[-1]], text, blocks=blocks)
        if not draft.signers:
            self._problem(rows[0], "rol", None, message("envelope {key!r} has nobody who signs", key=draft.key))
        turns = {n: draft.people[n].get("orden") for n in draft.signers}
        if None in turns.values() and any(turn is not None for turn in turns.values()):
            text = message("is empty, and others of envelope {key!r} have one", key=draft.key)
            for n in [n for n, turn in turns.items() if turn is None]:
                self._problem(rows[n], "orden", None, text)

    def _stamps(self, layout: CampaignDocument, draft: Draft, rows: list[int], document: DraftDocument) -> None:
        assert document.source
        taken: dict[str, int] = {}
        for n in document.signers:
            place = self._filled(layout.place_for(roles_of_person(draft.people[n])), rows[n])
            if place is None:
                text = message("has no place on {name}", name=document.name)
                self._problem(rows[n], "place", draft.people[n].get(ROLE), text)
                continue
            at = str(place).casefold()
            try:
                stamp = places.stamp(
                    place, document.source.pages, taken.get(at, 0), down=self._layout.assumed["y_direction"] == "down"
                )
                document.stamps[n] = stamp
            except ValueError as problem:
                self._problem(rows[n], "place", _shown(place), f"{problem} ({document.name})")
            taken[at] = taken.get(at, 0) + 1

    def _options(self, drafts: list[Draft], groups: list[list[int]]) -> None:
        """What is said of each envelope, checked by the manual's limits."""
        wanted = {"nombre": f"{{{self._layout.envelope}}}", "external_id": f"{{{self._layout.envelope}}}"}
        wanted |= dict(self._layout.options)
        rows = [{name: self._filled(value, group[0]) for name, value in wanted.items()} for group in groups]
        frame = pd.DataFrame({name: pd.Series([row[name] for row in rows], dtype=object) for name in wanted})
        options = self._layout.fields
        done = check(frame, options)
        built = done.wire()
        for at, draft in enumerate(drafts):
            draft.options = {f.name: v for f in options if f.key in built and (v := built[f.key][at]) is not None}
        for at, column, value, problem in done.errors[PROBLEMS].itertuples(index=False, name=None):
            self._problem(groups[int(at)][0], str(column), value, str(problem))

    def _source(self, wanted: Any) -> Source | str:
        """A file, looked at once, or what is wrong with it."""
        if wanted not in self._sources:
            try:
                self._sources[wanted] = Source.of(wanted)
            except CellError as wrong:
                self._sources[wanted] = wrong.problem.text
            except ValueError as problem:
                self._sources[wanted] = str(problem)
        return self._sources[wanted]

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
            self._problem(row, column, None, message("is empty, and named in the campaign's texts"))
        return text

    def _column(self, name: str) -> list[str]:
        if name not in self._cells:
            self._cells[name] = [stripped(shown(value) or "") for value in values_of(self._people[name])]
        return self._cells[name]

    def _problem(self, row: int, column: str, value: Any, problem: str, *, blocks: bool = True) -> None:
        finding = Finding(row, column, value, problem, blocks)
        if finding not in self._findings:
            self._findings.append(finding)


def _unsafe(checked: Check) -> Iterator[Finding]:
    """What was found in cells, but for what is fixed safely."""
    cells = checked.problems
    lines = zip(checked.problem_positions, *(cells[n] for n in [*PROBLEMS[1:], "blocks"]), strict=True)
    yield from (Finding(*line) for line, safe in zip(lines, cells["safe"], strict=True) if not safe)


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


def _shown(wanted: Any) -> str:
    return str(wanted[0]) if isinstance(wanted, tuple) else str(wanted)
