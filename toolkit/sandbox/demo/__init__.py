"""The demo: a bundled spreadsheet of invented contacts goes into the embedded sandbox, and comes back."""

from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import toolkit

if TYPE_CHECKING:
    from pandas import DataFrame


def run(output: Path) -> Iterator[str]:
    """Push the bundled spreadsheet, and write the result workbook; gives what a person reads meanwhile, in lines.

    The sandbox and the journal of the push are gone afterwards; the workbook stays.
    """
    with toolkit.start_sandbox() as box, resources.as_file(resources.files(__package__) / "contactos.xlsx") as path:
        ida = box.connect().ida
        yield f"The sandbox runs at {box.url}. Nothing leaves this computer, and every contact is invented.\n"

        sheet = toolkit.read_sheet(path)
        yield f"{path.name}: {len(sheet):,} rows, {sheet.shape[1]} columns"
        yield from (f"  {note}" for note in sheet.attrs["notes"])

        database = ida.create_database("Demo", toolkit.ida_fields_for(sheet))
        match = toolkit.match_columns(sheet, ida.fields(database))
        yield f"\nA new database, {database}, with a field for each column:"
        kinds = ida.fields(database).set_index("name")["kind"]
        yield from (f"  {column} -> {field} ({kinds[field]})" for column, field in match.columns.items() if field)

        check = toolkit.check(sheet, match)
        yield f"\nWhat is wrong in {path.name} ({len(check.fixes):,} more cells have a safe fix, which is applied):"
        yield from _problems(check.errors)
        yield f"  {len(check.duplicates()):,} rows say the same as an earlier one; they are sent all the same\n"

        report = ida.insert_records(database, check)
        stored = int(ida.database(database)["rowCounter"].iloc[0])
        yield repr(report)
        yield f"{stored:>9,}  stored, as the sandbox itself counts them"
        report.to_excel(output)
        toolkit.open_push(report.facts["id"]).purge()

    yield f"\n{output} says of each row what became of it. Correct what is coloured there, then send only what failed:"
    yield f"  ida.insert_records(database_id, toolkit.only_failed({str(output)!r}))"
    yield "How to go on with an account of your own: import toolkit; help(toolkit.connect)"


def _problems(errors: "DataFrame") -> Iterator[str]:
    """A line for each kind of problem, the most frequent first."""
    kinds = errors.groupby(["column", "problem"], sort=False)["value"].agg(["size", "first"])
    for (column, problem), count, example in kinds.sort_values("size", ascending=False, kind="stable").itertuples():
        yield f"  {count:>5,}  {column} {problem}, as {example!r}"
