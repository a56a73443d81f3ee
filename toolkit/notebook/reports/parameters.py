"""What a report can be told: the names that its notebook's cell with the tag `parameters` assigns."""

import ast
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit.errors import InputError
from toolkit.plain import message

if TYPE_CHECKING:
    from nbformat import NotebookNode

TAG, INJECTED = "parameters", "injected-parameters"  # as other tools name them too


def read(path: Path) -> "NotebookNode":
    """The notebook.

    Raises:
        InputError: it cannot be read, or is none.
    """
    import nbformat

    try:
        book: NotebookNode = nbformat.read(path, as_version=4)
    except OSError as problem:
        raise InputError(message("{path} cannot be read: {strerror}", path=path, strerror=problem.strerror)) from None
    except (ValueError, nbformat.ValidationError) as problem:
        raise InputError(message("{path} is no notebook: {problem}", path=path, problem=problem)) from None
    return book


def parameters_of(notebook: str | Path) -> dict[str, Any]:
    """The parameters of a notebook and the values that they have in it; None for what is no plain value."""
    return _assigned(_tagged(read(Path(notebook))))


def from_texts(notebook: str | Path, assignments: Sequence[str]) -> dict[str, Any]:
    """Parameters as a command line has them, "name=value", each with the type that it has in the notebook."""
    known, values = parameters_of(notebook), {}
    for text in assignments:
        name, sign, value = text.partition("=")
        if not sign:
            raise InputError(message("a parameter is given as name=value, not {what!r}", what=text))
        values[name] = value if isinstance(known.get(name), str | None) else _plain(value, value)
    return values


def set_parameters(book: "NotebookNode", values: Mapping[str, Any]) -> None:
    """Put a cell with the values after that of the parameters.

    Raises:
        InputError: a name is not assigned there, or its value has another type.
    """
    from nbformat.v4 import new_code_cell

    cell = _tagged(book)
    known = _assigned(cell)
    if unknown := [name for name in values if name not in known]:
        if not known:
            raise InputError(
                message("this notebook has no parameters; the cell that sets them has the tag {tag!r}", tag=TAG)
            )
        names, there = ", ".join(map(repr, unknown)), ", ".join(known)
        raise InputError(message("no parameter of this notebook: {names}. It has {known}", names=names, known=there))
    for name, value in values.items():
        _check(name, value, known[name])
    if values:
        lines = "\n".join(f"{name} = {value!r}" for name, value in values.items())
        injected = new_code_cell(lines, id="given", metadata={"tags": [INJECTED]})
        book.cells.insert(book.cells.index(cell) + 1, injected)


def _tagged(book: "NotebookNode") -> Any:
    """The cell of the parameters, or None."""
    code = (cell for cell in book.cells if cell.cell_type == "code")
    return next((cell for cell in code if TAG in cell.metadata.get("tags", ())), None)


def _assigned(cell: Any) -> dict[str, Any]:
    assigned: dict[str, Any] = {}
    for line in ast.parse(cell.source).body if cell else ():
        if isinstance(line, ast.Assign | ast.AnnAssign) and line.value:
            targets = line.targets if isinstance(line, ast.Assign) else [line.target]
            value = _plain(ast.unparse(line.value), None)
            assigned |= {target.id: value for target in targets if isinstance(target, ast.Name)}
    return assigned


def _plain(text: str, otherwise: Any) -> Any:
    """The value that a text writes down, as Python does."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return otherwise


def _check(name: str, value: Any, default: Any) -> None:
    """The value can be written down, and is of the type of the one in the notebook."""
    if _plain(repr(value), ...) != value:
        raise InputError(
            message(
                "{name} is no plain value, but {kind}; a secret belongs into the keyring",
                name=name,
                kind=type(value).__name__,
            )
        )
    same = default is None or type(value) is type(default) or (type(default) is float and type(value) is int)
    if not same:
        raise InputError(
            message(
                "{name} is {kind} in the notebook, as {default!r}; {value!r} is not",
                name=name,
                kind=type(default).__name__,
                default=default,
                value=value,
            )
        )
