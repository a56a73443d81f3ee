"""The catalogue of sentences: `python -m tests.commands.catalogue` draws it from the source again and compiles it.

What a translator works on is `toolkit/plain/locale/<language>/LC_MESSAGES/toolkit.po`. Run it after each change there,
and after each new sentence; it prints what has no translation yet.
"""

import ast
import datetime as dt
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from toolkit import Api, Outcome
from toolkit.plain import CATALOGUES, LANGUAGES
from toolkit.spec import KINDS, Field, Nested, Rows
from toolkit.vendors.vendor import Vendor

ROOT = Path(__file__).parent.parent.parent
TRANSLATED = [code for code in LANGUAGES if code != "en"]
TAKES = {"message": 1, "mark": 1, "plural": 2}  # how many sentences each of them takes
Sentence = str | tuple[str, str]


def sentences(source: str) -> Iterator[Sentence]:
    """The sentences of a module that go through the catalogue; a pair is singular and plural."""
    for taken in literals_taken(ast.parse(source)):
        if len(taken) == 1:
            yield from (literal.value for literal in taken[0])
        else:
            yield from ((one.value, many.value) for one, many in zip(*taken, strict=True))


def literals_taken(tree: ast.AST) -> Iterator[list[list[ast.Constant]]]:
    """For each call of `message`, `mark` or `plural`: the literals of each of its sentences."""
    scopes = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
    scope_of = {id(inner): scope for scope in scopes for inner in ast.walk(scope)}  # inner functions come later
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TAKES:
            arguments = node.args[: TAKES[node.func.id]]
            yield [list(_literals(argument, scope_of.get(id(node)))) for argument in arguments]


def _literals(node: ast.expr, scope: ast.FunctionDef | None) -> Iterator[ast.Constant]:
    """A literal, each branch of a choice, and what a name of the same function was set to."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
        yield node
    elif isinstance(node, ast.IfExp):
        yield from (*_literals(node.body, scope), *_literals(node.orelse, scope))
    elif isinstance(node, ast.Name) and scope:
        for inner in ast.walk(scope):
            if isinstance(inner, ast.Assign) and any(
                isinstance(t, ast.Name) and t.id == node.id for t in inner.targets
            ):
                yield from _literals(inner.value, None)


def template() -> Catalog:
    """Every sentence of the package, with the files that it stands in."""
    catalogue = Catalog(fuzzy=False)
    for text, place in _declared():
        catalogue.add(text, locations=[(place, 0)])
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        for sentence in _of_notebook(json.loads(path.read_text(encoding="utf-8"))):
            catalogue.add(sentence, locations=[(path.relative_to(ROOT).as_posix(), 0)])
    for path in sorted((ROOT / "toolkit").rglob("*.py")):
        for sentence in sentences(path.read_text(encoding="utf-8")):
            catalogue.add(sentence, locations=[(path.relative_to(ROOT).as_posix(), 0)])
    return catalogue


def _declared() -> Iterator[tuple[str, str]]:
    """What declarations say of what people enter, and what kinds of cells are called: forms show both."""
    yield from ((kind().kind, "toolkit/spec/fields.py") for kind in KINDS)
    yield from ((outcome.value, "toolkit/sheets/outcomes.py") for outcome in Outcome)
    for vendor in Api.vendors().values():
        for field in _entered(vendor):
            choices = getattr(field, "choices", {}).values()
            yield from ((text, f"toolkit/vendors/{vendor.name}/api") for text in (field.doc, *choices) if text)


def _entered(vendor: Vendor) -> Iterator[Field]:
    yield from vendor.system.credentials.fields
    for endpoint in vendor.service.endpoints.values():
        for field in endpoint.arguments:
            yield field
            if isinstance(field, Rows | Nested) and field.record:
                yield from field.record.fields


def _of_notebook(book: dict[str, Any]) -> Iterator[Sentence]:
    """The text of a notebook, cell by cell, and the sentences of its code."""
    for cell in book["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            yield text
        else:
            yield from sentences("\n".join(line for line in text.splitlines() if not line.endswith("?")))


def po_file(code: str) -> Path:
    """What a translator works on."""
    return CATALOGUES / code / "LC_MESSAGES" / "toolkit.po"


def read(code: str) -> Catalog:
    """The catalogue of a language, as it is written."""
    with po_file(code).open("rb") as file:
        return read_po(file, locale=code)


def compiled(catalogue: Catalog) -> bytes:
    """What the package reads at run time."""
    out = io.BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def updated(code: str, drawn: Catalog) -> Catalog:
    """The catalogue of a language with the sentences as they are now; those that are gone are dropped."""
    catalogue = read(code)
    drawn.creation_date = catalogue.creation_date
    catalogue.update(drawn, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    return catalogue


def written(catalogue: Catalog) -> bytes:
    """The file of a catalogue: no line numbers, so that a change elsewhere changes nothing here."""
    out = io.BytesIO()
    write_po(out, catalogue, width=120, include_lineno=False, sort_output=True, include_previous=False)
    return out.getvalue()


def missing(catalogue: Catalog) -> list[str]:
    """The sentences that have no translation, or not each of its plurals."""
    entries = (entry for entry in catalogue if entry.id)
    return [str(e.id) for e in entries if e.fuzzy or not e.string or not all(e.string)]


def _new(code: str) -> Catalog:
    moment = dt.datetime(2026, 11, 26, tzinfo=dt.UTC)
    head = f"# Sentences of analyst-toolkit: {code}"
    return Catalog(code, "toolkit", header_comment=head, creation_date=moment, revision_date=moment, fuzzy=False)


def main() -> None:
    """Draw the sentences, keep the translations, compile, and print what is missing."""
    drawn = template()
    for code in TRANSLATED:
        path = po_file(code)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(written(_new(code)))
        catalogue = updated(code, drawn)
        path.write_bytes(written(catalogue))
        path.with_suffix(".mo").write_bytes(compiled(read(code)))
        for sentence in missing(catalogue):
            sys.stdout.write(f"{code}: {sentence}\n")


if __name__ == "__main__":
    main()
