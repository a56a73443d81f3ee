"""Which column fills which field, and why."""

import difflib
import html
import json
import re
from collections.abc import Hashable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import pandas as pd

from toolkit.errors import InputError
from toolkit.plain import message
from toolkit.sheets.cells import folded, values_of
from toolkit.sheets.checker import CellChecker, ParseOptions
from toolkit.sheets.fields import as_fields, columns_of, named
from toolkit.sheets.kinds import PASSTHROUGH, rule_of
from toolkit.sheets.synonyms import CONCEPTS, KINDS
from toolkit.sheets.target import FrameRule, resolved
from toolkit.spec import Choice, Date, Email, Field, Identity, Json, Phone, Text, Timestamp
from toolkit.suggest import Suggesting, did_you_mean, nearest

LIKELY, CLEAR, SAMPLE = 0.55, 0.02, 200
MOST_PAIRS = 20_000  # of columns and fields, for which a message proposes fields
Reason = tuple[float, str]


class Match(Suggesting):
    """Which column fills which field; None where a column is left out. `match["Correo"] = "EMAIL"` changes it."""

    fields: tuple[Field, ...]
    columns: dict[Any, str | None]
    rules: tuple[Any, ...]

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
        reasons = [self._reasons.get(column, (1.0, "chosen")) for column in self.columns]
        made = {
            "column": list(self.columns),
            "field": pd.array(list(self.columns.values()), dtype="str"),
            "reason": pd.array([reason for _, reason in reasons], dtype="str"),
            "confidence": [round(confidence, 2) for confidence, _ in reasons],
        }
        return pd.DataFrame(made)

    guessed: Sequence[Any] = ()

    @property
    def missing(self) -> list[str]:
        """The required fields that no column fills."""
        return [f.name for f in self.fields if f.required and f.name not in self.columns.values()]

    def __getitem__(self, column: Hashable) -> str | None:
        found: str | None = self.columns[column]
        return found

    def __setitem__(self, column: Hashable, field: str | None) -> None:
        if column not in self.columns:
            raise InputError(f"the sheet has no column {column!r}")
        names = [f.name for f in self.fields]
        if field is not None and field not in names:
            raise InputError(f"there is no field {field!r}{did_you_mean(field, names)}")
        for other, filled in self.columns.items():
            if field is not None and filled == field and other != column:
                self.columns[other], self._reasons[other] = None, (1.0, f"{field} was given to {column!r}")
        self.columns[column], self._reasons[column] = field, (1.0, "chosen" if field else "left out")

    def save(self, path: "str | PathLike[str]") -> None:
        """Write the match to a file, for the next sheet with the same columns."""
        text = json.dumps({"columns": {str(c): f for c, f in self.columns.items()}}, ensure_ascii=False, indent=1)
        Path(path).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: "str | PathLike[str]", fields: Any) -> "Match":
        """A saved match, for the same fields.

        Raises:
            InputError: there is no such file, it holds no match, or the match names fields that are not there.
        """
        try:
            columns = json.loads(Path(path).read_text(encoding="utf-8"))["columns"]
        except (OSError, ValueError, KeyError, TypeError) as problem:
            raise InputError(f"{path} holds no match: {problem}") from None
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
        missing = f"\nrequired, and filled by no column: {', '.join(self.missing)}" if self.missing else ""
        return f"{self.table.to_string(max_colwidth=70)}{missing}"

    def _repr_html_(self) -> str:
        missing = f"<p>required, and filled by no column: {html.escape(', '.join(self.missing))}</p>"
        return self.table.to_html(escape=True) + (missing if self.missing else "")


def match_columns(rows: Any, target: Any) -> Match:
    """Propose which column fills which field: by name and label, by other words for the same, by what the values are.

    A column fills one field and a field is filled by one column. Where two fit alike, neither is taken: the reason
    says which, and `match[column] = field` decides.

    Args:
        rows: a DataFrame, as `read_sheet` gives it or any other; a list of dicts; a table of polars, pyarrow or DuckDB.
        target: what the rows are for: the operation itself, without its parentheses; or a contact database's table of
            fields, a record, a list of fields.
    """
    frame, fields = frame_of(rows), resolved(target)
    known = as_fields(fields)
    named(frame)
    samples = {column: _sample(frame[column]) for column in frame.columns}
    scores = {(c, f.name): _score(str(c), f, samples[c]) for c in frame.columns for f in known}
    columns: dict[Any, str | None] = dict.fromkeys(frame.columns)
    reasons: dict[Any, Reason] = {}
    open_pairs = {pair: score for pair, score in scores.items() if score[0] >= LIKELY}
    while pair := _clearest(open_pairs):
        columns[pair[0]], reasons[pair[0]] = pair[1], open_pairs[pair]
        open_pairs = {p: s for p, s in open_pairs.items() if p[0] != pair[0] and p[1] != pair[1]}
    for column in columns:
        if columns[column] is None:
            reasons[column] = _why_not(column, open_pairs, scores)
    return Match(known, columns, reasons, getattr(fields, "rules", ()))


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
    return message("{unknown}: {way}. The fields are {known}", unknown=". ".join(lines), way=way, known=known)


def _clearest(pairs: Mapping[tuple[Any, str], Reason]) -> tuple[Any, str] | None:
    """The best pair that no other pair of its column or field comes near."""
    for pair, (score, _) in sorted(pairs.items(), key=lambda item: -item[1][0]):
        rivals = [s for p, (s, _) in pairs.items() if p != pair and (p[0] == pair[0] or p[1] == pair[1])]
        if all(score - rival > CLEAR for rival in rivals):
            return pair
    return None


def _why_not(column: Any, pairs: Mapping[tuple[Any, str], Reason], scores: Mapping[Any, Reason]) -> Reason:
    own = [field for c, field in pairs if c == column]
    if len(own) > 1:
        return 0.0, f"fits {' and '.join(own)} alike: choose"
    if own:
        others = [repr(c) for c, field in pairs if field == own[0] and c != column]
        return 0.0, f"{own[0]} is fitted alike by {', '.join(others)}: choose"
    taken = max((s for (c, _), s in scores.items() if c == column), default=(0.0, ""))
    return 0.0, "no field like it" if taken[0] < LIKELY else "the field that fits it is filled by another column"


def _sample(column: "pd.Series[Any]") -> list[Any]:
    return [*dict.fromkeys(v for v in values_of(column.dropna().head(5 * SAMPLE)) if v is not None)][:SAMPLE]


def _score(column: str, field: Field, sample: list[Any]) -> Reason:
    """How well a column fits a field, and why."""
    score, reason = max((_by_name(column, n) for n in (field.name, field.key, field.label) if n), default=(0.0, ""))
    fits = _fitting(field, sample)
    telling = isinstance(field, Email | Phone | Date | Timestamp) or (
        isinstance(field, Identity) and bool(field.scheme)
    )
    if fits is None or score > 0.95:
        return score, reason
    if not score and isinstance(field, Choice) and fits >= 0.8 and _asks_kind(column, field.name):
        return 0.72, f"its values are those of {field.name!r}"
    if fits < 0.5:
        return score - 0.4, f"{reason}, but {1 - fits:.0%} of its values do not fit"
    if telling and fits >= 0.8:
        if score:
            return max(0.83, min(score + 0.03, 0.95)), f"{reason}; its values fit"
        return 0.76, f"its values are of the kind {field.kind}"
    return score, reason


def _fitting(field: Field, sample: list[Any]) -> float | None:
    """The share of the values that the field can hold; None where that tells nothing."""
    if not sample or isinstance(field, (*PASSTHROUGH, Json)) or type(field) is Text:
        return None
    checker = CellChecker(rule_of(field, ParseOptions()))
    checker.classify(sample)
    return 1 - sum(result.open for result in checker.results.values()) / len(sample)


def _by_name(column: str, name: str) -> Reason:
    if column == name:
        return 1.0, "the same name"
    if folded(column) == folded(name) != "":
        return 0.98, f"the same name as {name!r}, but for accents, case or punctuation"
    own, other = _concepts(column), _concepts(name)
    if own and other and own[0] == other[0]:
        whole = own[1] and other[1]
        return (0.9 if whole else 0.72), f"another word for {name!r}"
    if difflib.SequenceMatcher(None, folded(column), folded(name)).ratio() >= 0.85:
        return 0.7, f"nearly the same name as {name!r}"
    return 0.0, ""


def _asks_kind(column: str, name: str) -> bool:
    """Whether one of the two says "type" and no more, and the other is the type of something."""
    bare = not KINDS.isdisjoint((folded(column), folded(name)))
    return bare and all(not KINDS.isdisjoint(map(folded, _words(said))) for said in (column, name))


def _words(name: str) -> list[str]:
    parted = re.sub(r"([A-ZÁÉÍÓÚÑ]{2,})", lambda m: m[1].title(), name.replace("_", " "))
    return re.findall(r"\w[^\W\dA-Z]*|\d+", parted)


def _concepts(name: str) -> tuple[str, bool] | None:
    """What a name speaks of, and whether it says nothing else."""
    if found := CONCEPTS.get(folded(name)):
        return found, True
    words = _words(name)
    phrases = [words[i : i + n] for n in (4, 3, 2, 1) for i in range(len(words) - n + 1)]
    return next(((CONCEPTS[p], False) for p in (folded("".join(p)) for p in phrases) if p in CONCEPTS), None)
