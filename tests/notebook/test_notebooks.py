"""The notebooks run from top to bottom against the sandbox, do what they say, and are kept without results."""

import ast
import copy
import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.commands import notebook_data as make_notebook_data
from toolkit.sandbox import Sandbox

ROOT = Path(__file__).parent.parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
Run = Callable[..., list[str]]


@pytest.fixture
def run(tmp_path: Path, box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a copy of a notebook, found by how its name begins; gives what its cells show, as text.

    `times`: how often Run All is chosen, in one kernel; what is shown is that of the last time.
    """
    folder = shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    monkeypatch.setenv("TOOLKIT_SANDBOX", box.url)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.chdir(folder)

    def ran(start: str, times: int = 1) -> list[str]:
        (path,) = folder.glob(f"{start}*.ipynb")
        book = nbformat.read(path, as_version=4)
        cells = book.cells
        book.cells = [copy.deepcopy(cell) for _ in range(times) for cell in cells]
        NotebookClient(book, timeout=120, kernel_name="python3", store_widget_state=False).execute()
        outputs = (output for cell in book.cells[-len(cells) :] for output in cell.get("outputs", ()))
        return [
            output.get("text") or output.data.get("text/markdown", output.data.get("text/plain")) for output in outputs
        ]

    return ran


def api_databases(box: Sandbox) -> list[str]:
    return [str(database["name"]) for database in box.control.stored("ida", "Database")]


def test_the_first_five_minutes(run: Run, box: Sandbox) -> None:
    shown = run("1", times=2)
    assert api_databases(box).count("Clientes") == 1
    assert any(re.search(r"\browCounter\n0 .* 32\n0 .* 32$", text) for text in shown)
    assert any("99999" in text for text in shown)
    assert len(box.control.contacts(11111)) == 32


def test_contacts_are_imported_and_corrected(run: Run, box: Sandbox) -> None:
    run("2")
    run("2")  # Restart and Run All: nothing breaks, and nothing is sent twice
    (database,) = box.control.stored("ida", "Database", {"name": "Clientes otoño"})
    stored = box.control.contacts(database["id"])
    assert len(stored) == 54 + 2
    assert Path("resultado-clientes.xlsx").exists()


def test_a_campaign_is_signed_and_followed_up(run: Run, box: Sandbox) -> None:
    *_, to_call = run("3", times=2)  # nothing breaks, and nothing is sent twice
    states = [e["estado"] for e in box.control.stored("signio", "Envelope") if str(e["nombre"]).startswith("Anexo")]
    assert sorted(states) == [2, 2, 2, 3, 3, 4]
    assert all(address in to_call for address in ("lucia.cardenas@example.co", "oscar.ibanez@example.co"))
    assert "valentina.rojas" not in to_call
    assert Path("por-llamar.xlsx").exists()


def test_card_codes_reach_the_printers(run: Run, box: Sandbox) -> None:
    run("4", times=2)
    cards = {c["CardCode"]: c["user"] for c in box.control.stored("nddprint", "Card")}
    assert cards["0004514"] == "santiago\\cmunoz"
    assert cards["0007733"] == "bogota\\inino"
    assert cards["0004513"] == "santiago\\bsoto"
    assert "0000913" not in cards


@pytest.mark.slow
def test_consumer_data_is_collected_the_next_morning(run: Run, box: Sandbox) -> None:
    *_, last = run("5", times=2)
    assert "conflicts" in last
    assert len(box.control.stored("carmachain", "Request")) == 11
    assert Path("respuestas.xlsx").exists()


def test_the_month_is_reported(run: Run) -> None:
    shown = run("6", times=2)
    assert shown[0].startswith("**2026-11** · data as of 2026-12-01 08:0")
    assert "contact databases made in the month: 1; contacts as of then: 210 in 2 databases" in shown[0]
    assert "signatures given in the month: 8; of the envelopes that changed in it, signed: 3 of 6" in shown[0]
    assert Path("grabaciones/2026-11.yaml").exists()


def test_there_are_six_and_each_has_a_test() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    assert len(NOTEBOOKS) == 6
    assert all(f'run("{path.name[0]}"' in source for path in NOTEBOOKS)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_results_are_stripped(path: Path) -> None:
    book = json.loads(path.read_text(encoding="utf-8"))
    cells = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
    assert not [cell for cell in cells if cell["outputs"] or cell["execution_count"]], (
        f"python -m nbconvert --clear-output --inplace notebooks/{path.name} strips them"
    )
    assert "widgets" not in book["metadata"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_it_is_pleasant_to_read(path: Path) -> None:
    book = nbformat.read(path, as_version=4)
    nbformat.validate(book)
    assert book.cells[0].cell_type == "markdown"
    assert book.cells[0].source.startswith("# ")
    for cell in book.cells:
        lines = cell.source.splitlines()
        assert len(lines) <= 40, f"a long cell: {lines[0]}"
        assert max(map(len, lines)) <= 120, lines[0]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_links_and_files_are_there(path: Path) -> None:
    book = nbformat.read(path, as_version=4)
    texts = "\n".join(cell.source for cell in book.cells)
    for name in re.findall(r"\]\(([\w-]+\.ipynb)\)|\"(datos/[\w.]+)\"", texts):
        assert (path.parent / "".join(name)).exists(), name
    for cell in book.cells:
        if cell.cell_type == "code":
            ast.parse(re.sub(r"\?$", "", cell.source, flags=re.MULTILINE))


def test_the_same_cells_are_made_again(tmp_path: Path) -> None:
    import toolkit

    make_notebook_data.write(tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == {p.name for p in make_notebook_data.FOLDER.iterdir()}
    for path in sorted(tmp_path.iterdir()):
        kept = make_notebook_data.FOLDER / path.name
        if path.suffix == ".xlsx":
            assert toolkit.read_sheet(path).equals(toolkit.read_sheet(kept)), path.name
        else:
            assert path.read_bytes() == kept.read_bytes(), path.name


def test_the_document_to_sign_is_a_pdf_of_one_page() -> None:
    from pypdf import PdfReader

    (page,) = PdfReader(make_notebook_data.FOLDER / "anexo.pdf").pages
    assert "Anexo de teletrabajo" in page.extract_text()
    assert "días" in page.extract_text()


def test_nobody_needs_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = "".join(path.read_text(encoding="utf-8") for path in NOTEBOOKS)
    assert not re.search(r"https?://(?!127\.)", texts)
    assert os.sep + "work" not in texts
