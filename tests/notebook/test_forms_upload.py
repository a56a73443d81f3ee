"""A file comes in pieces, in any order, of any size; what breaks off is said, and leaves nothing."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

import toolkit
from tests.helpers.forms import find, has, is_wrong, said, shown
from toolkit import forms
from toolkit.notebook.forms.sheet import SheetForm

PIECE = 1 << 20


def begin(form: SheetForm, name: str, size: int, id: str = "1") -> None:
    form._receive({"up": "upload-sheet", "id": id, "name": name, "size": size}, [])


def piece(form: SheetForm, n: int, at: int, content: bytes, id: str = "1") -> None:
    form._receive({"up": "upload-sheet", "id": id, "n": n, "at": at}, [memoryview(content)])


def end(form: SheetForm, id: str = "1") -> None:
    form._receive({"up": "upload-sheet", "id": id, "end": True}, [])
    form.join(60)


def upload(form: SheetForm, name: str, content: bytes, order: Iterable[int] | None = None) -> None:
    begin(form, name, len(content))
    pieces = range(-(-len(content) // PIECE))
    for n in order or pieces:
        piece(form, n, n * PIECE, content[n * PIECE : (n + 1) * PIECE])
    end(form)


@pytest.fixture
def form(api: toolkit.Api) -> SheetForm:
    return forms.import_records(api.ida)


def folders(form: SheetForm) -> list[Path]:
    folder = form._reading.source._folder
    return sorted(p for p in Path(folder.name).rglob("*") if p.is_file()) if folder else []


def test_an_upload_is_read_at_once_and_the_same_file_can_come_again(form: SheetForm) -> None:
    for mail in ("ana@example.cl", "eva@example.cl"):
        upload(form, "<b>.csv", f"EMAIL\n{mail}\n".encode())
        assert form.frame is not None
        assert form.frame["EMAIL"].tolist() == [mail]
        find(form, "back").click()
        assert "_b_.csv, uploaded" in find(form, "upload-sheet").element.attributes["note"]
        assert len(folders(form)) == 1, "the earlier file is gone"


def test_pieces_come_in_any_order_and_of_any_size(form: SheetForm) -> None:
    lines = b"EMAIL\n" + b"".join(b"persona%07d@example.cl\n" % n for n in range(60_000))
    assert len(lines) > PIECE
    upload(form, "clientes.csv", lines, order=[1, 0])
    assert form.frame is not None
    assert len(form.frame) == 60_000
    assert form.code == "" or "clientes.csv" in form.code


def test_every_piece_is_acknowledged(form: SheetForm) -> None:
    answers: list[Any] = []
    form.view.send = lambda content, buffers=None: answers.append(content)  # type: ignore[method-assign]
    upload(form, "a.csv", b"EMAIL\nana@example.cl\n")
    assert [a for a in answers if "up" in a] == [{"up": "1"}, {"up": "1", "n": 0}]


def test_what_is_no_table_is_said(form: SheetForm) -> None:
    upload(form, "empty.csv", b"")
    assert is_wrong(form)
    assert not has(form, "check")


def test_an_upload_that_is_cut_short_is_said_and_leaves_nothing(form: SheetForm) -> None:
    begin(form, "a.csv", 2 * PIECE)
    piece(form, 0, 0, b"x" * PIECE)
    end(form)
    assert said(form) == "⚠ The upload of a.csv broke off. Choose the file again, or give its path."
    assert folders(form) == []
    assert form.frame is None


def test_an_upload_that_breaks_off_leaves_nothing_and_the_next_one_works(form: SheetForm) -> None:
    begin(form, "a.csv", 2 * PIECE)
    piece(form, 0, 0, b"x" * PIECE)
    assert find(form, "upload-sheet").element.attributes["receiving"] == "1", "a page that is loaded anew sees it"
    form._receive({"up": "upload-sheet", "id": "1", "gone": True}, [])
    assert folders(form) == []
    upload(form, "b.csv", b"EMAIL\nana@example.cl\n")
    assert form.frame is not None


def test_pieces_of_an_upload_that_was_given_up_are_refused(form: SheetForm) -> None:
    answers: list[Any] = []
    form.view.send = lambda content, buffers=None: answers.append(content)  # type: ignore[method-assign]
    begin(form, "a.csv", 2 * PIECE, id="old")
    begin(form, "b.csv", 21, id="new")
    piece(form, 1, PIECE, b"x", id="old")
    assert answers[-1] == {"up": "old", "wrong": True}
    piece(form, 0, 0, b"EMAIL\nana@example.cl\n", id="new")
    end(form, id="new")
    assert form.frame is not None


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a\\..\\b.csv", "/abs.csv", ".hidden.csv", "\x00.csv", "x" * 500 + ".csv"]
)
def test_no_name_leaves_the_folder_of_the_form(form: SheetForm, name: str) -> None:
    upload(form, name, b"EMAIL\nana@example.cl\n")
    (path,) = folders(form)
    assert Path(form._reading.source._folder.name) in path.resolve().parents  # type: ignore[union-attr]


def test_files_end_with_the_form(api: toolkit.Api) -> None:
    form = forms.import_records(api.ida)
    upload(form, "a.csv", b"EMAIL\nana@example.cl\n")
    folder = form._reading.source._folder
    assert folder is not None
    folder.cleanup()
    assert not Path(folder.name).exists()
    assert "a.csv" in shown(form)
