"""What the README shows and a machine can write: the table of endpoints, and what its examples print.

`python -m tests.commands.readme` writes both again; test_readme.py compares.
"""

import ast
import inspect
import os
import re
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

import toolkit
from toolkit.spec import Endpoint, System
from toolkit.vendors.base import VendorClient
from toolkit.vendors.vendor import Vendor

README = Path(__file__).parent.parent.parent / "README.md"
LEEME = README.parent / "toolkit" / "docs" / "LEEME.md"
START, END = "<!-- endpoints -->\n", "<!-- /endpoints -->"
EXAMPLE = re.compile(r"```python\n(?P<code>.*?)```\n(?P<output>\n```text\n.*?```\n)?", re.DOTALL)
WIDTH = 120

# ── the table of endpoints ───────────────────────────────────────────────────


def with_table(text: str) -> str:
    """The README with the table as the declarations have it."""
    head, _, rest = text.partition(START)
    _, _, tail = rest.partition(END)
    tables = "\n".join(map(_system, toolkit.Api.vendors().values()))
    return f"{head}{START}\n{tables}\n{END}{tail}"


def _system(vendor: Vendor) -> str:
    """A heading, a row an endpoint in the order of the declarations, then what is made of several calls."""
    declared, system = vendor.service, vendor.system
    lines = [
        f"### `api.{system.name}`: {system.title}. {_first_line(declared)}\n",
        f"| call | method and path | provenance | {system.manual} | assumptions |",
        "| --- | --- | --- | --- | --- |",
        *(_row(e, raw=not hasattr(declared, e.name)) for e in declared.endpoints.values()),
    ]
    methods = inspect.getmembers(vendor.client, inspect.isfunction)
    shared = dir(VendorClient)
    own = [(n, m) for n, m in methods if not n.startswith("_") and n not in {*declared.endpoints, *shared}]
    calls = (f"- `{name}`: {_first_line(method)}{_standing_on(vendor, name)}" for name, method in own)
    return "\n".join([*lines, "", *calls]) + "\n"


def _standing_on(vendor: Vendor, call: str) -> str:
    names = _assumptions(vendor.system, call)
    return f" Assumptions: {names}." if names else ""


def _assumptions(system: System, call: str) -> str:
    return ", ".join(f"`{a.name}`" for a in system.assumptions if call in a.touches)


def _row(endpoint: Endpoint, raw: bool) -> str:
    name = f"raw.{endpoint.name}" if raw else endpoint.name
    assert endpoint.system
    assumptions = _assumptions(endpoint.system, endpoint.name)
    cells = (f"`{name}`", f"{endpoint.method} `{endpoint.path}`", endpoint.provenance, endpoint.section, assumptions)
    return f"| {' | '.join(cells)} |".replace("|  |", "| |")


def _first_line(described: object) -> str:
    return (inspect.getdoc(described) or "").partition("\n")[0]


# ── the examples ─────────────────────────────────────────────────────────────


def with_outputs(text: str) -> str:
    """The README with what its examples print, each run after the other in this directory."""
    names: dict[str, Any] = {}

    def ran(example: re.Match[str]) -> str:
        output = _run(example["code"], names)
        return f"```python\n{example['code']}```\n" + (f"\n```text\n{output}\n```\n" if output else "")

    with pd.option_context("display.width", WIDTH, "display.max_columns", None, "display.max_colwidth", None):
        return EXAMPLE.sub(ran, text)


def _run(code: str, names: dict[str, Any]) -> str:
    """What a notebook's cell shows: the value of its last line, if that is an expression."""
    body = ast.parse(code).body
    last = body.pop() if isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), "README.md", "exec"), names)
    if last is None:
        return ""
    return repr(eval(compile(ast.Expression(last.value), "README.md", "eval"), names))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"TOOLKIT_STATE": folder, "TOOLKIT_SETTINGS": f"{folder}/settings.toml"}
        os.chdir(folder)
        text = with_outputs(with_table(README.read_text(encoding="utf-8")))
        README.write_text(text, encoding="utf-8", newline="\n")
        LEEME.write_text(with_outputs(LEEME.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
        os.chdir(README.parent)


if __name__ == "__main__":
    main()
