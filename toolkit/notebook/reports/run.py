"""A notebook run in a kernel of its own, and what of its results may be passed on."""

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit.errors import ToolkitError
from toolkit.http.secrets import looks_secret, scrub
from toolkit.plain import message

if TYPE_CHECKING:
    from nbclient import NotebookClient
    from nbformat import NotebookNode

WIDGET = "application/vnd.jupyter.widget-view+json"
# run last in the kernel: only there the secrets of the run are known by value
SCRUB = """
import json, pathlib, sys
if "toolkit.http.secrets" in sys.modules:
    path = pathlib.Path({path!r})
    texts = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps([*map(sys.modules["toolkit.http.secrets"].scrub, texts)]), encoding="utf-8")
"""


def execute(book: "NotebookNode", folder: Path) -> None:
    """Run every cell, in this folder; the results are put into the notebook, without secrets.

    Raises:
        ToolkitError: a cell failed, or a secret would be left.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, DeadKernelError

    facts: dict[str, Any] = {
        "timeout": None,
        "kernel_name": "python3",
        "record_timing": False,
        "store_widget_state": False,
        "extra_arguments": ["--IPKernelApp.log_level=ERROR"],  # nobody has a use for what it warns of
    }
    client = NotebookClient(book, resources={"metadata": {"path": str(folder)}}, **facts)
    book.metadata.pop("widgets", None)
    number = 0
    try:
        with client.setup_kernel():
            try:
                for number, cell in enumerate(book.cells):
                    client.execute_cell(cell, number)
            except CellExecutionError as failure:
                (why,) = _scrubbed([f"{failure.ename}: {failure.evalue}"], book, client)
                why = message("what looks like a secret stands in its message") if looks_secret(why) else scrub(why)
                raise ToolkitError(
                    message("cell {number} failed, and nothing was written. {why}", number=number + 1, why=why)
                ) from None
            _take_secrets_out(book, client)
    except DeadKernelError:
        raise ToolkitError(
            message("the kernel ended in cell {number}, and nothing was written", number=number + 1)
        ) from None
    for number, cell in enumerate(book.cells, start=1):
        if any(map(looks_secret, _texts([cell.source, cell.get("outputs", [])]))):
            raise ToolkitError(
                message("nothing was written: what looks like a secret would stand in cell {number}", number=number)
            )


def _take_secrets_out(book: "NotebookNode", client: "NotebookClient") -> None:
    """Scrub the results by what the kernel knows; refused where the code itself holds a secret."""
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    for cell in code:
        cell.outputs = [output for output in cell.outputs if not _is_progress(output)]
    texts = list(dict.fromkeys(_texts([[cell.source, cell.get("outputs", [])] for cell in book.cells])))
    clean = dict(zip(texts, map(scrub, _scrubbed(texts, book, client)), strict=True))
    for number, cell in enumerate(book.cells, start=1):
        if clean[cell.source] != cell.source:
            raise ToolkitError(message("nothing was written: the text of cell {number} holds a secret", number=number))
    for cell in code:
        cell.outputs = _changed(cell.outputs, clean.__getitem__)


def _scrubbed(texts: list[str], book: "NotebookNode", client: "NotebookClient") -> list[str]:
    from nbformat.v4 import new_code_cell

    with tempfile.TemporaryDirectory() as private:
        path = Path(private) / "texts.json"
        path.write_text(json.dumps(texts), encoding="utf-8")
        book.cells.append(new_code_cell(SCRUB.format(path=str(path))))
        client.execute_cell(book.cells[-1], len(book.cells) - 1, store_history=False)
        book.cells.pop()
        scrubbed: list[str] = json.loads(path.read_text(encoding="utf-8"))
    return scrubbed


def _is_progress(output: "NotebookNode") -> bool:
    """A widget, which shows nothing without its state, or a progress bar that rewrites its line."""
    if output.output_type == "stream":
        return output.name == "stderr" and "\r" in output.text
    return WIDGET in output.get("data", {})


def _texts(value: Any) -> Iterator[str]:
    """Every text in it, pictures left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from () if _is_picture(key) else _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _changed(value: Any, change: Callable[[str], str]) -> Any:
    """The same, with every text that `_texts` gives changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        changed = {key: inner if _is_picture(key) else _changed(inner, change) for key, inner in value.items()}
        return type(value)(changed)
    return [_changed(inner, change) for inner in value] if isinstance(value, list) else value


def _is_picture(key: str) -> bool:
    return key.startswith("image/") and not key.startswith("image/svg")
