"""A notebook as a report: run with parameters by one call, to files to pass on. Needs the extra `reports`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.notebook.reports.page import page_of, print_page
from toolkit.notebook.reports.parameters import from_texts, parameters_of, read, set_parameters
from toolkit.notebook.reports.run import execute
from toolkit.plain import message

__all__ = ["ReportFiles", "from_texts", "parameters_of", "run_report"]


@dataclass(frozen=True)
class ReportFiles:
    """The files of a report that has run. `pdf` is None where there was nothing to make it with; `note` says so."""

    notebook: Path
    html: Path
    pdf: Path | None
    note: str = ""

    def __str__(self) -> str:
        return "\n".join(str(part) for part in (self.notebook, self.html, self.pdf, self.note) if part)


def run_report(
    notebook: str | Path, output: str | Path, *, parameters: Mapping[str, Any] | None = None, pdf: bool = True
) -> ReportFiles:
    """Run a notebook from top to bottom, and write it as a notebook, an HTML page and a PDF.

    Parameters are the names that the cell with the tag `parameters` assigns; these values take the place of
    those there. The code runs in the folder of the notebook. The page shows texts and results, not the code; it runs
    no scripts and fetches nothing. No state of widgets is kept, secrets that appear in results are taken out, and what
    is left may not look like one. With `toolkit.recorded` around what is read, a report runs again to the same page.

    Args:
        notebook: to run; it is not changed.
        output: a folder; files of the same names there are replaced.
        parameters: values by name: plain Python values, of the same type as those in the notebook.
        pdf: whether a PDF is made, which takes a Chromium, Chrome or Edge on this computer.

    Raises:
        InputError: there is no such parameter, or its value has another type. Nothing was run.
        ToolkitError: a cell failed, or a secret would stand in the report. Nothing was written.
    """
    source, folder = Path(notebook), Path(output)
    run, html, printed = (folder / f"{source.stem}.{kind}" for kind in ("ipynb", "html", "pdf"))
    if run.exists() and run.samefile(source):
        raise InputError(message("the report would take the place of the notebook itself: give another folder"))
    book = read(source)
    set_parameters(book, parameters or {})
    execute(book, source.parent.resolve())
    page = page_of(book, source.stem)
    folder.mkdir(parents=True, exist_ok=True)
    run.write_text(json.dumps(book, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n")
    html.write_text(page, encoding="utf-8", newline="\n")
    printed.unlink(missing_ok=True)
    note = print_page(html, printed) if pdf else ""
    return ReportFiles(run, html, printed if printed.exists() else None, note)
