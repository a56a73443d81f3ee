"""IDA: the values of one record as they are sent, in the same forms as those of many."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from toolkit.errors import InputError
from toolkit.plain import message
from toolkit.sheets.value import check_value
from toolkit.spec import Date, Field, Phone
from toolkit.spec.suggest import did_you_mean
from toolkit.vendors.ida.push import forms

_WHOLE_DAY = re.compile(r"\d{1,2}([-/.])\d{1,2}\1\d{4}|\d{4}([-/.])\d{1,2}\2\d{1,2}").fullmatch


class Null:
    """Stands for null in a request, where None means that nothing is sent."""

    def reveal(self) -> None:
        return None


def edited(
    supplied: Mapping[str, Any], ready: Mapping[str, Any], assumed: Mapping[str, Any], fields: Sequence[Field] | None
) -> dict[str, Any]:
    """The values to send: by the fields of the database where these are known, else by what each value is.

    Raises:
        InputError: a value cannot be sent, or is for no field.
    """
    if fields is not None:
        ready = {**ready, **_checked({name: v for name, v in supplied.items() if name in ready and v != ""}, fields)}
    else:
        day, phone = _kinds(assumed)
        for name, value in ready.items():
            kind = day if isinstance(supplied[name], date) or _WHOLE_DAY(str(value).strip()) else phone
            if kind is day or str(value).lstrip()[:1] == "+":
                written, problem = check_value(kind, supplied[name])
                ready = ready if problem else {**ready, name: written}
    empty = Null() if assumed["empty_text"] == "null" else ""
    return {name: empty if value == "" else value for name, value in ready.items()}


def _kinds(assumed: Mapping[str, Any]) -> tuple[Date, Phone]:
    form = forms(assumed)
    return Date(format=form["date"]), Phone(form=form["phone"])


def _checked(values: Mapping[str, Any], fields: Sequence[Field]) -> dict[str, Any]:
    by_name = {f.name: f for f in fields}
    ready, problems = {}, []
    for name, value in values.items():
        if name not in by_name:
            problems.append(message("{name} is no field of the database", name=name) + did_you_mean(name, by_name))
            continue
        ready[name], problem = check_value(by_name[name], value)
        problems += [f"{name}: {problem}"] if problem else []
    if problems:
        text = "update_record: {problems}. Nothing was sent"
        raise InputError(message(text, problems="; ".join(problems)))
    return ready
