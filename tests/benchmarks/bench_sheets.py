"""Reading and checking a sheet of contacts, against what people would do instead."""

import random
import tempfile
import time
from pathlib import Path
from typing import Any

import pandas as pd
import phonenumbers
import xlsxwriter
from email_validator import EmailNotValidError, validate_email
from stdnum.cl import rut

from tests.benchmarks.measure import Line, faster, in_turns
from toolkit.sheets.check import check
from toolkit.sheets.read import read_sheet
from toolkit.spec import Choice, Date, Email, Field, Identity, Number, Phone, Text

CITIES = ("Santiago", "Concepción", "Valparaíso", "Ñuñoa")
FIELDS: tuple[Field, ...] = (
    Text(name="NOMBRE", max_length=50),
    Email(name="CORREO"),
    Phone(name="CELULAR"),
    Phone(name="FONO"),
    Identity(name="RUT", scheme="cl.rut"),
    Date(name="NACIMIENTO", format="%d/%m/%Y"),
    Number(name="SALDO"),
    Choice(name="CIUDAD", choices={city: city for city in CITIES}),
)


def contacts(rows: int) -> list[list[Any]]:
    """Invented contacts, one cell in fifty dirty."""
    chance = random.Random(7)

    def one(n: int) -> list[Any]:
        number = str(chance.randrange(5_000_000, 26_000_000))
        mobile = f"9{chance.randrange(10**7, 10**8)}"
        row: list[Any] = [
            f"María Núñez {n}",
            f"maria.nunez{n}@example{n % 90}.cl",
            f"56{mobile}" if n % 3 else f"+56 9 {mobile[1:5]} {mobile[5:]}",
            f"562{chance.randrange(2 * 10**7, 3 * 10**7)}",
            f"{number}-{rut.calc_check_digit(number)}",
            f"{chance.randrange(1, 29):02}/{chance.randrange(1, 13):02}/{chance.randrange(1940, 2006)}",
            chance.randrange(10**7) / 100,
            chance.choice(CITIES),
        ]
        if n % 6 == 0:
            row[n // 6 % 8] = chance.choice(["", "  ?  ", "12345", "a@b", "31/02/1999", "juan@gmial.com;b@c.cl"])
        return row

    return [one(n) for n in range(rows)]


def write(path: Path, rows: list[list[Any]]) -> None:
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("Contactos")
        sheet.write_row(0, 0, [f.name for f in FIELDS])
        for number, row in enumerate(rows, 1):
            sheet.write_row(number, 0, row)


def by_cell(frame: pd.DataFrame) -> int:
    """The same rules with the same libraries, cell by cell, as a notebook does it."""
    bad = 0
    for row in frame.itertuples(index=False):
        name, mail, mobile, phone, identity, born, amount, city = row
        bad += isinstance(name, str) and len(name.strip()) > 50
        for number in (mobile, phone):
            try:
                found = phonenumbers.parse(str(number), "CL")
                bad += not phonenumbers.is_possible_number(found)
            except phonenumbers.NumberParseException:
                bad += 1
        try:
            validate_email(str(mail), check_deliverability=False)
        except EmailNotValidError:
            bad += 1
        bad += not rut.is_valid(str(identity))
        try:
            time.strptime(str(born), "%d/%m/%Y")
        except ValueError:
            bad += 1
        try:
            float(amount)
        except (TypeError, ValueError):
            bad += 1
        bad += city not in CITIES
    return bad


def speed(rows: int, runs: int) -> list[Line]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "contactos.xlsx"
        write(path, contacts(rows))
        reading = {
            "ours": lambda: read_sheet(path),
            "pandas + openpyxl, all as text": lambda: pd.read_excel(path, engine="openpyxl", dtype=str),
        }
        read = in_turns(reading, runs)
        frame = read_sheet(path)
    checking = {"ours": lambda: check(frame, FIELDS).wire(), "a loop over the cells": lambda: by_cell(frame)}
    sheet = f"a sheet of {rows:,} rows × {len(FIELDS)}"
    return [
        *faster(f"read {sheet}", read, "ours", {"pandas + openpyxl, all as text": "≥ 5"}, {}),
        *faster(f"check {sheet}", in_turns(checking, runs), "ours", {"a loop over the cells": "≥ 15"}, {}),
    ]
