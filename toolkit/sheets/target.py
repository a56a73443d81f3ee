"""What an operation takes: the fields of a row, and the rules that look at all rows together."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, TypeVar

from toolkit.errors import InputError
from toolkit.plain import message
from toolkit.sheets.checker import Problem
from toolkit.spec import Field

F = TypeVar("F", bound=Callable[..., Any])
RowProblem = tuple[int, str, Problem]  # the row's position; the key of the field to blame, "" for the row as such
FrameRule = Callable[[Any], Iterable[RowProblem]]  # looks at all rows of a `Check`, once their cells are checked
Spelling = Callable[[Mapping[str, list[Any]]], Mapping[str, list[Any]]]  # cells as they are sent, in one spelling


class Takes(NamedTuple):
    """What the rows of an operation are checked by."""

    fields: tuple[Field, ...]
    rules: tuple[FrameRule, ...] = ()
    shown: str = ""  # how people name it in code, as "api.ida.fields(11111)"
    empty_rows: bool = False  # whether a row may be empty, as a call may be made without arguments
    once: bool = False  # what stands in several frames of one call is one thing too: it is sent once
    known_as: Spelling | None = None  # the cells by which rows are known again, where one thing has several spellings


def takes(what: Takes) -> Callable[[F], F]:
    """Declare what the rows of a method are: `toolkit.check` and `match_columns` find it there."""

    def declare(method: F) -> F:
        method.takes = what  # type: ignore[attr-defined]
        return method

    return declare


def takes_fields_of(example: str) -> Callable[[F], F]:
    """Declare that the fields of a method's rows have to be read first, as the example does."""

    def declare(method: F) -> F:
        method.fields_from = example  # type: ignore[attr-defined]
        return method

    return declare


def resolved(target: Any) -> Any:
    """What an operation takes, or the target itself where it is none: a record, fields, a table of them, a match.

    Raises:
        InputError: the operation takes no rows, or its fields have to be read first.
    """
    if isinstance(target, type) or not callable(target):
        return target
    connection = getattr(getattr(target, "__self__", None), "connection", None)
    if takes := getattr(target, "takes", None):
        return connection.takes(takes) if connection else takes
    if example := getattr(target, "fields_from", ""):
        raise InputError(message("the fields of these rows have to be read first: give {example}", example=example))
    if endpoint := getattr(target, "endpoint", None):
        return Takes(tuple((connection.endpoint(endpoint) if connection else endpoint).arguments))
    raise InputError(message("{name} takes no rows", name=getattr(target, "__qualname__", repr(target))))
