"""The demo: a bundled spreadsheet of invented contacts goes into the embedded sandbox, and comes back."""

from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import toolkit
from toolkit.plain import message, number

if TYPE_CHECKING:
    from pandas import DataFrame


def run(output: Path) -> Iterator[str]:
    """Push the bundled spreadsheet, and write the result workbook; gives what a person reads meanwhile, in lines.

    The sandbox and the journal of the push are gone afterwards; the workbook stays.
    """
    with toolkit.start_sandbox() as box, resources.as_file(resources.files(__package__) / "contactos.xlsx") as path:
        ida = box.connect().ida
        safe = "The sandbox runs at {url}. Nothing leaves this computer, and every contact is invented."
        yield message(safe, url=box.url) + "\n"

        sheet = toolkit.read_sheet(path)
        counts = {"rows": len(sheet), "columns": sheet.shape[1]}
        yield message("{name}: {rows:,} rows, {columns} columns", name=path.name, **counts)
        yield from (f"  {note}" for note in sheet.attrs["notes"])

        database = ida.create_database("Demo", toolkit.ida_fields_for(sheet))
        match = toolkit.match_columns(sheet, ida.fields(database))
        yield "\n" + message("A new database, {database}, with a field for each column:", database=database)
        kinds = ida.fields(database).set_index("name")["kind"]
        matched = ((column, field) for column, field in match.columns.items() if field)
        yield from (f"  {column} -> {field} ({message(kinds[field])})" for column, field in matched)

        check = toolkit.check(sheet, match)
        wrong = "What is wrong in {name} ({count:,} more cells have a safe fix, which is applied):"
        yield "\n" + message(wrong, name=path.name, count=len(check.fixes))
        yield from _problems(check.errors)
        twice = "{count:,} rows say the same as an earlier one; they are sent all the same"
        yield f"  {message(twice, count=len(check.duplicates()))}\n"

        report = ida.insert_records(database, check)
        stored = int(ida.database(database)["rowCounter"].iloc[0])
        yield repr(report)
        yield f"{number(stored):>9}  {message('stored, as the sandbox itself counts them')}"
        report.to_excel(output)
        toolkit.open_push(report.facts["id"]).purge()

    then = "{file} says of each row what became of it. Correct what is coloured there, then send only what failed:"
    yield "\n" + message(then, file=output)
    yield f"  ida.insert_records(database_id, toolkit.only_failed({str(output)!r}))"
    yield message("How to go on with an account of your own: import toolkit; help(toolkit.connect)")


def _problems(errors: "DataFrame") -> Iterator[str]:
    """A line for each kind of problem, the most frequent first."""
    kinds = errors.groupby(["column", "problem"], sort=False)["value"].agg(["size", "first"])
    for (column, problem), count, example in kinds.sort_values("size", ascending=False, kind="stable").itertuples():
        says = message("{column} {problem}, as {example!r}", column=column, problem=problem, example=example)
        yield f"  {number(count):>5}  {says}"
