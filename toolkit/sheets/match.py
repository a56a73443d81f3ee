"""Which column fills which field, and why."""

import html
import json
import re
from collections.abc import Hashable, Mapping, Sequence
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any

import pandas as pd

from toolkit.errors import InputError
from toolkit.plain import mark, message, plain
from toolkit.sheets.cells import bare, folded, values_of
from toolkit.sheets.checker import CellChecker, ParseOptions, result_of
from toolkit.sheets.fields import as_fields, columns_of, listed, named
from toolkit.sheets.kinds import PASSTHROUGH, rule_of
from toolkit.sheets.result_format import outcome_at
from toolkit.sheets.rows import frame_of
from toolkit.sheets.synonyms import (
    GUESS,
    KINDS,
    NEARLY,
    PART,
    PARTLY,
    SURE,
    VETO,
    agreement,
    goes_beyond,
    may_be,
    same_name,
    spoken,
    words_of,
)
from toolkit.sheets.target import FrameRule, resolved
from toolkit.spec import Choice, Date, Email, Field, Identity, Json, Phone, Text, Timestamp
from toolkit.spec.suggest import Suggesting, did_you_mean, nearest

LIKELY, CLEAR, SAMPLE = 0.5, 0.02, 100
EXACTLY = 0.98
MOST_PAIRS = 20_000  # of columns and fields, for which a message proposes fields
FITTING = 0.8  # the share of values that makes a kind
Reason = tuple[float, str]
_again_named = re.compile(r"(.{1,200}?)(?: \(\d{1,2}\)|(?<!\d)\.\d{1,2})").fullmatch  # by the reader, or by pandas
_of_words = re.compile(r"[^\W\d_]{2,30}(?:[ ,.'’-]{1,2}[^\W\d_]{1,30}){1,8}\.?").fullmatch


class Match(Suggesting):
    """Which column fills which field; None where a column is left out. `match["Correo"] = "EMAIL"` changes it."""

    fields: tuple[Field, ...]
    columns: dict[Any, str | None]
    rules: tuple[FrameRule, ...]

    def __init__(
        self,
        fields: Sequence[Field],
        columns: Mapping[Any, str | None],
        reasons: Mapping[Any, Reason] | None = None,
        rules: Sequence[FrameRule] = (),
    ) -> None:
        self.fields, self.columns, self.rules = tuple(fields), dict(columns), tuple(rules)
        self._reasons = dict(reasons or {})

    @property
    def table(self) -> pd.DataFrame:
        """A row for each column of the sheet, in its order: `column`, `field` (missing where left out), `reason`, and
        `confidence` from 0 to 1."""
        reasons = [self._reasons.get(column, (1.0, message("chosen"))) for column in self.columns]
        table = {
            "column": list(self.columns),
            "field": pd.array(list(self.columns.values()), dtype="str"),
            "reason": pd.array([reason for _, reason in reasons], dtype="str"),
            "confidence": [round(confidence, 2) for confidence, _ in reasons],
        }
        return pd.DataFrame(table)

    @property
    def guessed(self) -> list[Any]:
        """The columns that fill a field by a guess, from their values or a name that may mean it:
        `match[column] = field` confirms one."""
        return [c for c, field in self.columns.items() if field and self._reasons.get(c, (1.0, ""))[0] < PART]

    @property
    def undecided(self) -> dict[Any, str]:
        """The columns of which something is left open, and why: those that are guessed, and those that fit alike."""
        return {c: why for c, (score, why) in self._reasons.items() if LIKELY <= score < PART}

    @property
    def missing(self) -> list[str]:
        """The required fields that no column fills."""
        return [f.name for f in self.fields if f.required and f.name not in self.columns.values()]

    def __getitem__(self, column: Hashable) -> str | None:
        self._raise_if_unknown(column)
        field: str | None = self.columns[column]
        return field

    def __setitem__(self, column: Hashable, field: str | None) -> None:
        self._raise_if_unknown(column)
        names = [f.name for f in self.fields]
        if field is not None and not (isinstance(field, str) and field in names):
            raise InputError(message("there is no field {field!r}", field=field) + did_you_mean(str(field), names))
        for other, filled in self.columns.items():
            if field is not None and filled == field and other != column:
                why = message("{field} is filled by {column!r}", field=field, column=column)
                self.columns[other], self._reasons[other] = None, (1.0, why)
        self.columns[column], self._reasons[column] = field, (1.0, message("chosen") if field else message("left out"))

    def _raise_if_unknown(self, column: Hashable) -> None:
        if column not in self.columns:
            known = message("; its columns are {columns}", columns=listed(self.columns))
            hint = did_you_mean(str(column), map(str, self.columns)) or known
            raise InputError(message("the sheet has no column {column!r}", column=column) + hint)

    def save(self, path: "str | PathLike[str]") -> None:
        """Write the match to a file, for the next sheet with the same columns.

        Raises:
            InputError: the file cannot be written.
        """
        text = json.dumps({"columns": {str(c): f for c, f in self.columns.items()}}, ensure_ascii=False, indent=1)
        try:
            Path(path).write_text(text + "\n", encoding="utf-8")
        except (OSError, TypeError) as problem:
            raise InputError(message("{path} cannot be written: {reason}", path=path, reason=problem)) from None

    @classmethod
    def load(cls, path: "str | PathLike[str]", fields: Any) -> "Match":
        """A saved match, for the same fields.

        Raises:
            InputError: there is no such file, it holds no match, or the match names fields that are not there.
        """
        try:
            columns = dict(json.loads(Path(path).read_text(encoding="utf-8"))["columns"].items())
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
            raise InputError(message("{path} holds no match: {why}", path=path, why=problem)) from None
        fields = resolved(fields)
        match = cls(as_fields(fields), dict.fromkeys(columns), rules=getattr(fields, "rules", ()))
        for column, field in columns.items():
            match[column] = field
        return match

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The frame's matched columns under the names of their fields, in the order of the fields."""
        paired = columns_of(frame, self.fields, self.columns, strict=True)
        kept = {name: f.name for f, name in paired if name is not None}
        return frame[list(kept)].rename(columns=kept)

    def __repr__(self) -> str:
        return plain("\n".join([self.table.to_string(max_colwidth=70), *self._missing_said()]))

    def _missing_said(self) -> list[str]:
        text = "required, and filled by no column: {fields}"
        return [message(text, fields=", ".join(self.missing))] if self.missing else []

    def _repr_html_(self) -> str:
        return self.table.to_html(escape=True) + "".join(f"<p>{html.escape(text)}</p>" for text in self._missing_said())


def match_columns(rows: Any, target: Any, *, strict: bool = False) -> Match:
    """Propose which column fills which field: by name and label, and by other words for the same.

    A column fills one field and a field is filled by one column. Where two fit alike, neither is taken: the reason
    says which, and `match[column] = field` decides. Values only propose, and only where a column's name says nothing;
    so does a name that says less than the field's, or is spelt nearly like it. Such a guess is taken, listed in
    `guessed`, and said once more by the check. A name that says something else fills nothing. One that fits keeps its
    column, however dirty its cells are: they are problems of the check.

    Args:
        rows: a DataFrame, as `read_sheet` gives it or any other; a list of dicts; a table of polars, pyarrow or DuckDB.
        target: what the rows are for: the operation itself, without its parentheses; or a contact database's table of
            fields, a record, a list of fields.
        strict: refuse to guess.

    Raises:
        InputError: columns cannot be told apart by name; with `strict`, a column could only be guessed.
    """
    frame, fields = frame_of(rows), resolved(target)
    data, known = bare(frame), as_fields(fields)
    named(data)
    samples = {column: _Sample(data[column]) for column in data.columns}
    before = _before(frame, [f.name for f in known])
    scores = {
        (c, f.name): _again(before[c], f) if c in before else _score(str(c), f, samples[c])
        for c in data.columns
        for f in known
    }
    columns: dict[Any, str | None] = dict.fromkeys(data.columns)
    reasons: dict[Any, Reason] = {}
    if not before:
        _settle_twins(scores, samples)
    open_pairs = _without_blank({pair: score for pair, score in scores.items() if score[0] >= LIKELY}, samples)
    while pair := _clearest(open_pairs):
        columns[pair[0]], reasons[pair[0]] = pair[1], open_pairs[pair]
        open_pairs = {p: s for p, s in open_pairs.items() if p[0] != pair[0] and p[1] != pair[1]}
    for column in columns:
        if columns[column] is None:
            reasons[column] = _why_not(column, open_pairs, scores)
    match = Match(known, columns, reasons, rules=getattr(fields, "rules", ()))
    if strict and match.guessed:
        text = "what these columns are can only be guessed: {columns}. Name them, or say which"
        raise InputError(message(text, columns=listed(match.guessed)))
    return match


def _before(frame: pd.DataFrame, fields: Sequence[str]) -> Mapping[Any, str | None]:
    """Which field the columns filled when these rows were checked before, where that was for the same fields."""
    before: Mapping[Any, str | None] = frame.attrs.get("fields", {})
    return before if all(field is None or field in fields for field in before.values()) else {}


def _again(before: str | None, field: Field) -> Reason:
    """How well a column fits a field that was matched before: as it was then."""
    if before == field.name:
        return 1.0, message("as it was matched before")
    return 0.0, "" if before else message("was left out before")


def no_field(unknown: Sequence[Hashable], frame: pd.DataFrame, target: Any) -> str:
    """What to tell somebody whose frame has columns that no field is called like: perhaps which field they mean."""
    fields = as_fields(target)
    few = len(frame.columns) * len(fields) < MOST_PAIRS
    proposed = match_columns(frame, target).columns if few else {}
    lines = []
    for column in unknown:
        meant = proposed.get(column)
        near = meant or nearest(str(column), [f.name for f in fields], key=folded)
        perhaps = message("; perhaps {field}", field=near) if near else ""
        lines.append(message("{column!r} is no field", column=column) + perhaps)
    way = f"toolkit.match_columns(rows, {getattr(target, 'shown', '') or 'fields'})"
    if outcome_at([*map(str, unknown)]) is not None:
        way = message("these are the columns of a result; toolkit.only_failed(result) gives the rows to send again")
    known = ", ".join(f.name for f in fields)
    refusal = message("{unknown}: {way}. The fields are {known}", unknown=". ".join(lines), way=way, known=known)
    return refusal + asked_of_all(frame, fields)


def rivals_of(frame: pd.DataFrame, fields: Sequence[Field], filled: int) -> list[str]:
    """The other sheets of its workbook that may be meant: at least half as many of their columns fill fields."""
    rivals: Mapping[str, Sequence[str]] = frame.attrs.get("rivals", {})
    counts = {
        name: len([*filter(None, match_columns(pd.DataFrame(columns=[*own]), fields).columns.values())])
        for name, own in rivals.items()
    }
    return [name for name, count in counts.items() if count and 2 * count >= filled]


def asked_of_all(frame: pd.DataFrame, fields: Sequence[Field]) -> str:
    """What the reader of a sheet asks of each of its rows, and which sheet fits, at the end of a sentence."""
    texts = [f"{column!r}: {why}" for column, why in match_columns(frame, fields).undecided.items()]
    asked = [reason for reason, rows in frame.attrs.get("questions", {}).items() if len(rows) == len(frame)]
    texts += [message("Each row {why}", why=message(reason)) for reason in asked]
    texts += [
        message("The sheet {name!r} has columns that fit: `sheet={name!r}` reads it", name=name)
        for name in rivals_of(frame, fields, 0)
    ]
    return "".join(f". {text}" for text in texts)


def _settle_twins(scores: "dict[tuple[Any, str], Reason]", samples: "Mapping[Any, _Sample]") -> None:
    """Of columns of one name, the first is a guess; where it is blank and the next is not, the next has its place."""
    for again, sample in samples.items():
        first = match[1] if (match := _again_named(str(again))) else None
        fitting = [pair for pair, (score, _) in scores.items() if pair[0] == first and score >= SURE]
        for pair in fitting if sample.values else ():
            if samples[first].values:
                scores[pair] = NEARLY, message("{again!r} has values too: the first of one name is taken", again=again)
            else:
                scores[again, pair[1]], scores[pair] = scores[pair], (VETO, "")


def _without_blank(pairs: Mapping[tuple[Any, str], Reason], samples: "Mapping[Any, _Sample]") -> dict[Any, Reason]:
    """The pairs but for those of a blank column whose field another that has values is called like."""
    filled = {field for (column, field), (score, _) in pairs.items() if score >= SURE and samples[column].values}
    return {p: reason for p, reason in pairs.items() if samples[p[0]].values or p[1] not in filled}


def _clearest(pairs: Mapping[tuple[Any, str], Reason]) -> tuple[Any, str] | None:
    """The best pair that no other pair of its column or field comes near."""
    best: dict[tuple[str, Any], list[float]] = {}
    for (column, field), (score, _) in pairs.items():
        for side in (("column", column), ("field", field)):
            best.setdefault(side, []).append(score)
    tops = {side: sorted(scores, reverse=True)[:2] for side, scores in best.items()}
    for pair, (score, _) in sorted(pairs.items(), key=lambda item: -item[1][0]):
        rivals = (tops["column", pair[0]], tops["field", pair[1]])
        if all(top[0] == score and (len(top) == 1 or score - top[1] > CLEAR) for top in rivals):
            return pair
    return None


def _why_not(column: Any, pairs: Mapping[tuple[Any, str], Reason], scores: Mapping[Any, Reason]) -> Reason:
    own = [field for c, field in pairs if c == column]
    if len(own) > 1:
        return LIKELY, message("fits {fields} alike: choose", fields=", ".join(own))
    if own:
        others = [repr(c) for c, field in pairs if field == own[0] and c != column]
        return LIKELY, message("{field} is fitted alike by {columns}: choose", field=own[0], columns=", ".join(others))
    best, why = max((s for (c, _), s in scores.items() if c == column), default=(0.0, ""))
    if best >= LIKELY:
        return 0.0, message("the field that fits it is filled by another column")
    return 0.0, why or message("no field like it")


class _Sample:
    """Some values of a column, and what they are."""

    def __init__(self, column: "pd.Series[Any]") -> None:
        values = values_of(column.dropna().head(5 * SAMPLE))
        self.values = [*dict.fromkeys(v for v in values if v is not None)][:SAMPLE]
        self._shares: dict[tuple[Any, ...], float] = {}  # by what the rule of a field depends on

    def fits(self, field: Field) -> float | None:
        """The share of the values that the field can hold; None where that says nothing."""
        if not self.values or isinstance(field, (*PASSTHROUGH, Json)) or type(field) is Text:
            return None
        names = ("country", "format", "scheme", "minimum", "max_length", "choices")
        key = type(field), *(repr(getattr(field, name, None)) for name in names)
        if key not in self._shares:
            checker = CellChecker(rule_of(field, ParseOptions()))
            checker.classify(self.values)
            self._shares[key] = 1 - sum(result_of(kept).open for kept in checker.results.values()) / len(self.values)
        return self._shares[key]

    @cached_property
    def kind(self) -> str:
        """Whether most values are addresses or phones, whatever the column's name."""
        kinds = {mark("e-mail addresses"): Email(), mark("phone numbers"): Phone()}
        return next((kind for kind, field in kinds.items() if (self.fits(field) or 0) >= FITTING), "")

    @cached_property
    def are_names(self) -> bool:
        """Whether most values are of two words or more."""
        names = [value for value in self.values if isinstance(value, str) and _of_words(value)]
        return bool(names) and len(names) >= FITTING * len(self.values)


def _score(column: str, field: Field, sample: _Sample) -> Reason:
    """How well a column fits a field, and why."""
    names = [n for n in (field.name, field.key, field.label) if n]
    (score, reason), name = max(((_by_name(column, name), name) for name in names), default=((VETO, ""), ""))
    if SURE <= score < 1 and name != field.label and goes_beyond(field.label, name, column):
        score, reason = NEARLY, message("may mean {name!r}", name=field.label)
    if score >= LIKELY:
        return _unless_otherwise(column, field, sample, (score, reason))
    if isinstance(field, Choice) and _asks_kind(column, field.name) and (sample.fits(field) or 0) >= FITTING:
        return 0.72, message("its values are those of {field!r}", field=field.name)
    speaks = isinstance(field, Email | Phone | Date | Timestamp) or (isinstance(field, Identity) and bool(field.scheme))
    open_to = score == PARTLY or (spoken(column).meaningless and not reason)
    if speaks and open_to and (sample.fits(field) or 0) >= FITTING:
        return GUESS, message("its values are of the kind {kind}", kind=field.kind)
    text = "{reason}, and of something else: match[{column!r}] = {field!r} says so"
    return VETO, reason and message(text, reason=reason, column=column, field=field.name)


def _unless_otherwise(column: str, field: Field, sample: _Sample, named: Reason) -> Reason:
    """How well a column fits a field by its name, if its values do not speak against it."""
    if type(field) is Text and named[0] < EXACTLY and sample.kind:
        text = "{reason}, but its values are {kind}: match[{column!r}] = {field!r} says so"
        kind = message(sample.kind)
        return VETO, message(text, reason=named[1], kind=kind, column=column, field=field.name)
    concepts = may_be(column)
    if isinstance(field, Choice) and concepts and named[0] < 1 and sample.fits(field) == 0:
        return LIKELY, named[1]  # what else it may be, comes first
    if named[0] > NEARLY or not (concept := spoken(field.name).concept) or concept not in concepts:
        return named
    if concept == "name":
        fitting = sample.are_names
    elif type(field) is Text:
        fitting = concept == "role in the document" and bool(sample.values)
    else:
        fitting = not sample.kind and (sample.fits(field) or 0) >= FITTING
    return named if fitting else (VETO, "")


def _by_name(column: str, name: str) -> Reason:
    if column == name:
        return 1.0, message("the same name")
    if same_name(column, name):
        return EXACTLY, message("the same name as {name!r}, but for accents, case or punctuation", name=name)
    score = agreement(column, name)
    if score is None:
        return VETO, ""
    if score >= SURE:
        return score, message("another word for {name!r}", name=name)
    if score == PART:
        return score, message("is a part of {name!r}: no column says all of it better", name=name)
    return score, message("may mean {name!r}" if score >= LIKELY else "speaks of {name!r}", name=name)


def _asks_kind(column: str, name: str) -> bool:
    """Whether one of the two says "type" and no more, and the other is the type of something."""
    bare = not KINDS.isdisjoint((folded(column), folded(name)))
    return bare and all(not KINDS.isdisjoint(map(folded, words_of(text))) for text in (column, name))
