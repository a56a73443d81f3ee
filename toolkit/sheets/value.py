"""One value by itself, by the rules of the cells: what an argument of a call may be, and what is sent for it."""

from typing import Any

import pandas as pd
from pandas.api.types import is_scalar

from toolkit.sheets.cells import _plain
from toolkit.sheets.kinds import KEPT, rule_of
from toolkit.sheets.numbers import decimal_of
from toolkit.sheets.rule import Reading, Wrong, _decided
from toolkit.spec import Field, Integer, Json, Number

REQUIRED = "is required and empty"


def check_value(field: Field, value: Any, *, scheme: str = "") -> tuple[Any, str | None]:
    """What the vendor gets for a value, and what keeps the value from being sent, if anything does.

    Both are None where there is no value. `scheme` is the rule of an identity number whose type another field holds.
    """
    if type(field) is Integer and type(value) is int and (field.minimum is None or value >= field.minimum):
        return value, None  # as the rule has it, at a tenth of the cost
    if value is None or (isinstance(value, str) and not value.strip()) or (is_scalar(value) and pd.isna(value)):
        return None, None
    if isinstance(field, KEPT) or (isinstance(field, Json) and not isinstance(value, str)):
        return value, None
    plain = value if type(value) in (str, int, float) else _plain(value)
    decimal = decimal_of([[plain]]) if isinstance(field, Number | Integer) else ""
    if type(plain) is int and not isinstance(field, Number | Integer):
        plain = str(plain)
    try:
        wire, problem = _decided(rule_of(field, Reading(decimal=decimal), scheme), plain)
    except Wrong as wrong:
        problem = wrong.problem
    return (None, problem.text) if problem and problem.blocks else (wire, None)
