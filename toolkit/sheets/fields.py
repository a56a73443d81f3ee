"""Which fields there are, in whatever form they come, and which column of a frame fills each."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import repeat
from typing import Any

import pandas as pd
from pandas.api.types import is_hashable

from toolkit.errors import InputError
from toolkit.plain import message
from toolkit.spec import Choice, Date, Email, Field, Number, Phone, Text

Explain = Callable[[Sequence[Hashable]], str]
KINDS: dict[str, type[Field]] = {"text": Text, "phone": Phone, "email": Email, "date": Date, "number": Number}
_FACTS = ["name", "label", "kind", "required", "defaultValue", "options"]  # what is known of a field
FORMS = {"date": "%d/%m/%Y", "phone": "digits"}  # in which a table's fields are sent, where its `attrs` do not say it


def as_fields(described: Any) -> tuple[Field, ...]:
    """The fields that are filled by a sheet, in the declared order; those that only answers carry are left out.

    Args:
        described: a match, a record, fields, or a table of fields as a contact database gives it (columns `name`,
            and where known `label`, `kind`, `required`, `options`, `defaultValue`); its `attrs["forms"]` say in which
            form days and phones are sent.
    """
    if isinstance(described, pd.DataFrame):
        if "name" not in described:
            raise InputError(message("a table of fields needs the column `name`"))
        forms = {**FORMS, **described.attrs.get("forms", {})}
        facts = described.reindex(columns=_FACTS).astype(object)
        facts["defaultValue"] = facts["defaultValue"].where(facts["defaultValue"].map(is_hashable))
        facts["options"] = facts["options"].map(tuple, na_action="ignore")
        rows = facts.where(facts.notna(), None).itertuples(index=False, name=None)
        return tuple(dict.fromkeys(map(_field, repeat(forms["date"]), repeat(forms["phone"]), rows)))
    fields = getattr(described, "fields", described)
    fields = [*fields] if isinstance(fields, Iterable) else [fields]
    try:
        return tuple([f for f in fields if not f.readonly])
    except AttributeError:
        raise InputError(message("fields come as a match, a record, a list of fields or a table of them")) from None


@lru_cache(maxsize=512)
def _field(date: str, phone: str, facts: tuple[Any, ...]) -> Field:
    """One field of a contact database: the same object for the same facts, so that its rule is made once."""
    name, label, kind, required, default, options = facts
    own: dict[str, Any] = {
        "name": str(name),
        "label": str(label or ""),
        "required": bool(required),
        "default": default or None,
    }
    if kind == "list" and options:
        return Choice("", choices={str(option): str(option) for option in options}, **own)
    how: dict[str, Any] = {"date": {"format": date}, "phone": {"form": phone}, "number": {"as_text": True}}
    return KINDS.get(kind, Text)("", **own, **how.get(kind, {}))


def named(frame: pd.DataFrame) -> None:
    """Raise an error where the frame's columns cannot be told apart by name."""
    columns = frame.columns
    if columns.nlevels > 1:
        raise InputError(message("the columns have several levels; one level of names is needed"))
    if columns.hasnans:
        raise InputError(message("a column has no name"))
    if not columns.is_unique:
        twice = listed(columns[columns.duplicated()].unique())
        raise InputError(message("columns occur twice: {columns}", columns=twice))


def columns_of(
    frame: pd.DataFrame,
    fields: Sequence[Field],
    mapping: Mapping[Any, str | None],
    *,
    strict: bool,
    explain: Explain | None = None,
) -> list[tuple[Field, Hashable | None]]:
    """Each field with the column that fills it, or None. Columns are found by the mapping, else by name or label.

    With `strict`, the mapping has to speak of every column; without, it is a memory of an earlier match. `explain`
    gives the message about columns that no field is called like.

    Raises:
        InputError: a column is unknown, or two columns fill one field.
    """
    named(frame)
    by_name: dict[str, Field] = {}
    for names in ("name", "key", "label"):
        for field in fields:
            by_name.setdefault(getattr(field, names), field)
    by_name.pop("", None)
    filled: dict[Field, Hashable] = {}
    unknown: list[Hashable] = []
    for column in frame.columns:
        name = mapping.get(column, "" if strict else str(column))
        own = by_name.get(name or "") or (None if strict or name is None else by_name.get(str(column)))
        if own is None:
            unknown += [column] if name is not None else []
        elif own in filled:
            text = "columns {one!r} and {other!r} both fill the field {field!r}"
            raise InputError(message(text, one=filled[own], other=column, field=own.name))
        else:
            filled[own] = column
    if strict and (gone := [c for c in mapping if mapping[c] and c not in frame.columns]):
        raise InputError(message("the match has columns that this sheet lacks: {columns}", columns=listed(gone)))
    if unknown:
        raise InputError(explain(unknown) if explain and not strict else _unknown(unknown, fields))
    return [(field, filled.get(field)) for field in fields]


def _unknown(unknown: Sequence[Hashable], fields: Sequence[Field]) -> str:
    known = listed(f.name for f in fields)
    return message(
        'the match does not know the columns {columns}: say match["…"] = a field, or None. The fields are {known}',
        columns=listed(unknown),
        known=known,
    )


def listed(names: Iterable[Any]) -> str:
    """Names as people list them."""
    return ", ".join(repr(n) for n in names) or "none"
