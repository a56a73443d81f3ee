"""The fields that a contact database needs to hold a sheet."""

import re
import unicodedata
from collections.abc import Hashable
from typing import Any

import pandas as pd

from toolkit.sheets.check import check
from toolkit.sheets.rows import frame_of
from toolkit.spec import Date, Email, Field, Number, Phone

KINDS: dict[str, type[Field]] = {"email": Email, "phone": Phone, "date": Date, "number": Number}
MOST = 0.6  # of a column's values have to be of a kind
SAMPLE = 400  # values looked at, from all over the column


def fields_for(frame: pd.DataFrame) -> pd.DataFrame:
    """Propose the fields of a contact database that holds these columns: one row per column, in their order.

    A field is of the kind (phone, email, date, number) as which most of its column's values can be read; where none
    fits, and where digits begin with zeros, it is text. Nothing is sent: look at the proposal, change what is wrong,
    hand it to `create_database`.

    Args:
        frame: of any dtypes; or rows in another form that `check` takes.

    Raises:
        InputError: they come in no such form.

    Returns:
        A frame with `name` (the column's name in capitals, without accents and spaces), `label` (its name as it is,
        by which `insert_records` finds it) and `type`.

    >>> toolkit.ida_fields_for(pd.DataFrame({"Correo electrónico": ["ana@example.cl"], "Monto": [1200]}))
                     name               label    type
    0  CORREO_ELECTRONICO  Correo electrónico   email
    1               MONTO               Monto  number
    """
    frame = frame_of(frame)
    names: list[str] = []
    for column in frame.columns:
        names.append(_free(_name(column), names))
    numeric = frame.attrs.get("numeric", ())
    kinds = [_kind(frame.iloc[:, n], column in numeric) for n, column in enumerate(frame.columns)]
    return pd.DataFrame({"name": names, "label": [str(c) for c in frame.columns], "type": kinds}, dtype="str")


def _kind(column: "pd.Series[Any]", numeric: bool) -> str:
    filled = column[column.notna() & (column.astype("str").str.strip() != "")]
    seen = filled.iloc[:: max(1, len(filled) // SAMPLE)].to_frame("value").reset_index(drop=True)
    seen.attrs = {"numeric": ["value"] if numeric else []}
    shares = {kind: 1 - check(seen, [field("", name="value")]).bad.mean() for kind, field in KINDS.items()}
    if seen["value"].astype("str").str.fullmatch(r"0\d+").any():
        del shares["number"]
    best = max(shares, key=lambda kind: shares[kind])
    return best if shares[best] >= MOST else "text"


def _name(column: Hashable) -> str:
    """The column's name as databases like it: TELEFONO, FECHA_DE_NACIMIENTO."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", str(column)) if not unicodedata.combining(c))
    return re.sub(r"\W+", "_", plain).strip("_").upper() or "FIELD"


def _free(name: str, taken: list[str]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free
