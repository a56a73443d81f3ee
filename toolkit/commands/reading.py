"""How the command reads a spreadsheet: the arguments of `read_sheet`, `check` and a match, as options."""

import argparse
import inspect
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, get_type_hints

import pandas as pd

from toolkit.commands.operations import named_values
from toolkit.plain import mark, message
from toolkit.sheets import check, read_sheet

_COLUMN = "column"  # the only one that comes more than once
OPTIONS = {
    "header": mark("the row that names the columns, as 3, or its cells, as A3:F3; 0 where none does"),
    "encoding": mark("of a text file, as cp1252"),
    "separator": mark("of a text file, one character"),
    "limits": mark("how many times the usual limits on unpacked size are allowed"),
    "day_first": mark("whether 03/04/2024 is in April: yes or no"),
    "decimal": mark("the decimal sign of numbers, . or ,"),
    "country": mark("of phones that name none, as CO, or the column that says it"),
    "empty": mark("words that stand for nothing, as s/i,-"),
    "doubts": mark("send or hold what is well-formed and yet looks wrong"),
    _COLUMN: mark("which field a column fills, as Correo=EMAIL; Correo= leaves it out"),
}
_ARGUMENT = re.compile(rf"`({'|'.join([*OPTIONS, 'sheet', 'if_sent', 'on_bad_rows'])})(?:=([^`]*))?`")
_MATCHING = re.compile(r"toolkit\.match_columns\(rows, [^()]*(?:\([^()]*\))?\)")
_MATCHED = re.compile(r"match\[('[^']+'|\w+)\] = ('?)(\w+)\2")


def add_options(parser: argparse.ArgumentParser) -> None:
    """One option for each argument; `reading` gets what is said, as NAME=VALUE."""
    for name, about in OPTIONS.items():
        kept = partial("{}={}".format, name)
        how: dict[str, Any] = {"action": "append", "default": [], "type": kept, "help": message(about)}
        parser.add_argument(f"--{name.replace('_', '-')}", dest="reading", metavar="VALUE", **how)


def read(file: Path, sheet: str | None, arguments: Sequence[str]) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The table of the file, and the arguments of its check.

    Raises:
        InputError: a value cannot be read, or the file.
    """
    hints = get_type_hints(read_sheet) | {n: p.annotation for n, p in inspect.signature(check).parameters.items()}
    values = named_values([t for t in arguments if not t.startswith(f"{_COLUMN}=")], hints, "import")
    reader = inspect.signature(read_sheet).parameters
    how = {name: values.pop(name) for name in [*values] if name in reader}
    return read_sheet(file, sheet=sheet, **how), values


def columns(arguments: Sequence[str]) -> dict[str, str | None]:
    """The field that each of the columns fills of which something was said; None for one that is left out."""
    pairs = (text.partition("=")[2].rpartition("=") for text in arguments if text.startswith(f"{_COLUMN}="))
    return {column: field or None for column, _, field in pairs}


def in_options(text: str) -> str:
    """What a message says of arguments, in the words of the command."""
    text = _ARGUMENT.sub(lambda named: f"`--{named[1].replace('_', '-')}{' ' * bool(named[2])}{named[2] or ''}`", text)
    text = _MATCHING.sub("`--column COLUMN=FIELD`", text)
    return _MATCHED.sub(lambda named: f"--column {named[1]}={named[3]}", text)
