"""One value by itself, by the rules of the cells: what an argument of a call may be, and what is sent for it."""

import warnings
from typing import Any

import pandas as pd
from pandas.api.types import is_scalar

from toolkit.errors import InputWarning
from toolkit.plain import mark, message
from toolkit.sheets.cells import plain_value, shown
from toolkit.sheets.checker import MAY_BE_NO_DATA, CellChecker, ParseOptions
from toolkit.sheets.kinds import PASSTHROUGH, rule_of
from toolkit.sheets.letters import TAGS
from toolkit.sheets.numbers import decimal_of
from toolkit.spec import Field, File, Integer, Json, Number

REQUIRED = mark("is required and empty")


def check_value(field: Field, value: Any, *, scheme: str = "") -> tuple[Any, str | None]:
    """What the vendor gets for a value, and what keeps the value from being sent, if anything does.

    Both are None where there is no value. `scheme` is the rule of an identity number whose type another field holds.
    """
    if type(field) is Integer and type(value) is int and (field.minimum is None or value >= field.minimum):
        return value, None  # as the rule has it, at a tenth of the cost
    if value is None or (isinstance(value, str) and not value.strip()) or (is_scalar(value) and pd.isna(value)):
        return None, None
    if isinstance(field, PASSTHROUGH) or (isinstance(field, Json) and not isinstance(value, str)):
        return value, None
    plain, options = value if type(value) in (str, int, float) else plain_value(value), ParseOptions()
    if isinstance(field, Number | Integer):
        options = ParseOptions(decimal=decimal_of([[plain]])[0] if isinstance(plain, str) else "")
    elif type(plain) is int:
        plain = shown(plain) or plain
    result = CellChecker(rule_of(field, options, scheme)).result(plain)
    if result.problem is None:
        return result.wire, None
    if not result.open:
        if isinstance(field, File):
            text = message("{name} {problem}. It is sent", name=field.name, problem=result.problem.text)
            warnings.warn(text, InputWarning, stacklevel=2)
        return result.wire, None
    on_purpose = result.problem in MAY_BE_NO_DATA or result.problem.reason == TAGS  # as one value, or a mail, may be
    if result.wire is not None and on_purpose:
        return result.wire, None
    return None, result.problem.text
