"""A report: runs with parameters from one call, to files without secrets; from a recording, to the same ones again."""

import json
import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import v4

import toolkit
from toolkit.__main__ import main
from toolkit.notebook.reports import from_texts, page, parameters_of
from toolkit.sandbox import Sandbox

ROOT = Path(__file__).parent.parent.parent
# found by every Python that starts: what is no loopback connection fails, and loopback too where it says so
BLOCK = """
import os, socket
def refused(*_):
    raise AssertionError("a replay reached for the network")
if os.environ.get("NO_NETWORK"):
    socket.socket.connect = socket.socket.connect_ex = refused
"""


@pytest.fixture(autouse=True)
def _importable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(BLOCK, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", f"{folder}{os.pathsep}{ROOT}")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))


def notebook(folder: Path, *cells: str, parameters: str = "") -> Path:
    """A notebook of code cells, the first of them that of the parameters."""
    made = [v4.new_markdown_cell("# A report <of> mine", id="title")]
    if parameters:
        made.append(v4.new_code_cell(parameters, id="parameters", metadata={"tags": ["parameters"]}))
    made += [v4.new_code_cell(cell, id=f"cell-{n}") for n, cell in enumerate(cells)]
    path = folder / "mine.ipynb"
    folder.mkdir(exist_ok=True)
    nbformat.write(v4.new_notebook(cells=made, metadata={"widgets": {"state": "left over"}}), path)
    return path


def results(path: Path) -> list[str]:
    """What the cells of a report show, as text."""
    book = nbformat.read(path, as_version=4)
    outputs = [output for cell in book.cells for output in cell.get("outputs", ())]
    return [output.get("text") or output.data["text/plain"] for output in outputs]


# ── parameters ───────────────────────────────────────────────────────────────

DEFAULTS = 'month = "2026-11"\nlimit: int = 3\nshare = 0.5\ntags = ["a"]\nnothing = None\npath = month + ".yaml"'


def test_the_parameters_of_a_notebook(tmp_path: Path) -> None:
    path = notebook(tmp_path, "1 + 1", parameters=DEFAULTS)
    known = {"month": "2026-11", "limit": 3, "share": 0.5, "tags": ["a"], "nothing": None, "path": None}
    assert parameters_of(path) == known
    assert parameters_of(notebook(tmp_path, "month = 1")) == {}


def test_a_command_line_gives_each_the_type_that_it_has(tmp_path: Path) -> None:
    path = notebook(tmp_path, parameters=DEFAULTS)
    given = from_texts(path, ["month=2026-12", "limit=10", "share=1", "tags=['b', 'c']", "nothing=007"])
    assert given == {"month": "2026-12", "limit": 10, "share": 1, "tags": ["b", "c"], "nothing": "007"}
    with pytest.raises(toolkit.InputError, match="name=value"):
        from_texts(path, ["month"])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"monht": "2026-12"}, "no parameter of this notebook: 'monht'. It has month, limit"),
        ({"month": 202612}, "month is str"),
        ({"limit": "10"}, "limit is int"),
        ({"limit": True}, "limit is int"),
        ({"month": toolkit.Secret("entry-word")}, "no plain value"),
        ({"nothing": object()}, "no plain value"),
    ],
)
def test_wrong_parameters_are_errors_and_nothing_runs(tmp_path: Path, given: dict[str, Any], words: str) -> None:
    path = notebook(tmp_path, "open('ran', 'w').close()", parameters=DEFAULTS)
    with pytest.raises(toolkit.InputError, match=words) as caught:
        toolkit.run_report(path, tmp_path / "out", parameters=given)
    assert "entry-word" not in str(caught.value)
    assert not (tmp_path / "ran").exists()
    assert not (tmp_path / "out").exists()


def test_a_notebook_without_parameters_takes_none(tmp_path: Path) -> None:
    with pytest.raises(toolkit.InputError, match="has no parameters"):
        toolkit.run_report(notebook(tmp_path, "1"), tmp_path / "out", parameters={"month": "2026-12"})


def test_what_is_no_notebook_is_said(tmp_path: Path) -> None:
    (tmp_path / "list.ipynb").write_text("no JSON", encoding="utf-8")
    with pytest.raises(toolkit.InputError, match="is no notebook"):
        toolkit.run_report(tmp_path / "list.ipynb", tmp_path / "out")
    with pytest.raises(toolkit.InputError, match="cannot be read"):
        toolkit.run_report(tmp_path / "none.ipynb", tmp_path / "out")


def test_the_notebook_itself_is_not_overwritten(tmp_path: Path) -> None:
    with pytest.raises(toolkit.InputError, match="another folder"):
        toolkit.run_report(notebook(tmp_path, "1"), tmp_path)


# ── what comes of a run ──────────────────────────────────────────────────────


def test_one_command_gives_notebook_page_and_pdf(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = notebook(tmp_path / "in", "limit * 2", "print(month)", parameters=DEFAULTS)
    before = path.read_bytes()
    out = tmp_path / "out"
    assert main(["report", str(path), "-p", "limit=21", "-p", "month=2026-12", "--output", str(out)]) == 0
    said = capsys.readouterr().out
    assert results(out / "mine.ipynb") == ["42", "2026-12\n"]
    shown = (out / "mine.html").read_text(encoding="utf-8")
    assert "<title>A report &lt;of&gt; mine</title>" in shown
    assert "limit * 2" not in shown
    assert "42" in shown
    assert path.read_bytes() == before
    if "no PDF" not in said:  # it says so where there is no browser
        assert (out / "mine.pdf").read_bytes().startswith(b"%PDF-")
    assert {*map(str, out.iterdir())} <= {*said.splitlines()}


def test_the_page_says_its_language_and_where_its_content_is(tmp_path: Path) -> None:
    path = notebook(tmp_path, "1")
    for lang, said in (("es", "es"), (None, "en"), ('"><script>', "en")):
        book = nbformat.read(path, as_version=4)
        if lang:
            book.metadata["lang"] = lang
        shown = page.page_of(book, "mine")
        assert shown.startswith(f'<!doctype html>\n<html lang="{said}">')
        assert shown.count("<main>") == shown.count("</main>") == 1


def test_a_picture_is_described_by_the_heading_that_it_stands_below(tmp_path: Path) -> None:
    picture = v4.new_output("display_data", data={"image/png": "iVBORw0KGgo=", "text/plain": "<Figure>"})
    cells = [v4.new_markdown_cell("# Report\n\n## Card codes"), v4.new_code_cell("x", outputs=[picture])]
    assert 'alt="Chart: Card codes"' in page.page_of(v4.new_notebook(cells=cells), "mine")


def test_the_page_runs_nothing_and_fetches_nothing(tmp_path: Path) -> None:
    hostile = "from IPython.display import HTML\nHTML('<script>alert(1)</script><img src=\"https://example.com/x\">')"
    done = toolkit.run_report(notebook(tmp_path, "1", hostile), tmp_path / "out", pdf=False)
    head, _, body = done.html.read_text(encoding="utf-8").partition("<style>")
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in head
    assert not re.search(
        r"<script|https?://", body.replace("<script>alert(1)", "").replace("https://example.com/x", "")
    )
    assert done.pdf is None


def test_without_a_browser_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for browser in (None, str(tmp_path / "no-such-browser")):
        monkeypatch.setattr(page, "_browser", lambda browser=browser: browser)
        note = page.print_page(tmp_path / "mine.html", tmp_path / "mine.pdf")
        assert note.startswith("no PDF")
        assert note.endswith("print the HTML page from any browser")


def test_a_cell_that_fails_leaves_nothing(tmp_path: Path) -> None:
    path = notebook(tmp_path, "1", "raise ValueError('no such month')", "1")
    with pytest.raises(toolkit.ToolkitError, match=r"cell 3 failed.*ValueError: no such month"):
        toolkit.run_report(path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_kernel_that_dies_is_said(tmp_path: Path) -> None:
    with pytest.raises(toolkit.ToolkitError, match="kernel ended in cell 2"):
        toolkit.run_report(notebook(tmp_path, "import os; os._exit(3)"), tmp_path / "out")


# ── secrets and widgets ──────────────────────────────────────────────────────


def test_secrets_in_results_are_taken_out(tmp_path: Path) -> None:
    cells = [
        "import toolkit, pandas as pd\nentry = toolkit.Secret('-'.join(['entry', 'word', 'of', 'mine']))",
        "print(entry.reveal())\nentry.reveal()",
        "pd.DataFrame({'a': [entry.reveal()]})",
    ]
    done = toolkit.run_report(notebook(tmp_path, *cells), tmp_path / "out", pdf=False)
    for path in (done.notebook, done.html):
        assert "entry-word" not in path.read_text(encoding="utf-8")
    assert results(done.notebook)[:2] == ["***\n", "'***'"]


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (["import toolkit; entry = toolkit.Secret('entry-word')"], "cell 2 holds a secret"),
        (
            ["'.'.join(['eyJhbGciOiJIUzUxMiJ9', 'eyJzdWIiOiJ4In0', 'c2ln'])"],
            "looks like a secret would stand in cell 2",
        ),
    ],
)
def test_what_would_show_a_secret_is_not_written(tmp_path: Path, cells: Sequence[str], words: str) -> None:
    with pytest.raises(toolkit.ToolkitError, match=words):
        toolkit.run_report(notebook(tmp_path, *cells), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_no_state_of_widgets_and_no_progress_bar_is_kept(tmp_path: Path) -> None:
    cells = [
        "import ipywidgets as w; w.Password(value='typed-by-hand'[::-1])",
        "import sys; print('50%\\r', file=sys.stderr)",
        "print('a warning', file=sys.stderr)",
    ]
    done = toolkit.run_report(notebook(tmp_path, *cells), tmp_path / "out", pdf=False)
    text = done.notebook.read_text(encoding="utf-8")
    assert results(done.notebook) == ["a warning\n"]
    assert "widgets" not in json.loads(text)["metadata"]
    assert "typed-by-hand"[::-1] not in text


# ── the monthly report, recorded and replayed ────────────────────────────────


def tables(path: Path) -> list[str]:
    book = nbformat.read(path, as_version=4)
    outputs = [output for cell in book.cells for output in cell.get("outputs", ())]
    return [output.data["text/html"] for output in outputs if "text/html" in output.get("data", {})]


def test_the_monthly_report_replays_without_network_to_the_same_bytes(
    box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks") / "6-monthly-report.ipynb"
    monkeypatch.setenv("TOOLKIT_SANDBOX", box.url)
    month = {"month": "2026-10"}
    first = toolkit.run_report(source, tmp_path / "first", parameters=month, pdf=False)
    asked = len(box.control.log())
    box.stop()
    monkeypatch.delenv("TOOLKIT_SANDBOX")  # nothing is asked who it is
    monkeypatch.setenv("NO_NETWORK", "1")
    again = toolkit.run_report(source, tmp_path / "again", parameters=month, pdf=False)
    assert asked > 10
    assert len(tables(first.notebook)) == 4
    assert tables(again.notebook) == tables(first.notebook)
    assert again.html.read_bytes() == first.html.read_bytes()
    assert again.notebook.read_bytes() == first.notebook.read_bytes()
    assert "2026-10" in first.html.read_text(encoding="utf-8")
    with pytest.raises(toolkit.ToolkitError, match="reached for the network"):  # another month is not recorded
        toolkit.run_report(source, tmp_path / "other", parameters={"month": "2026-09"}, pdf=False)
