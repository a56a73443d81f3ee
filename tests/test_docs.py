"""What people read is so: everything public is documented, and every example in a docstring runs on the sandbox."""

import doctest
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest

import toolkit
from tests.helpers.clock import ManualClock
from tests.helpers.registry import VENDORS
from toolkit.sandbox import Sandbox
from toolkit.spec import Endpoint

ENDPOINTS = [
    pytest.param(vendor.service.declared(name), endpoint, id=f"{vendor.name}.{name}")
    for vendor in VENDORS.values()
    for name, endpoint in vendor.service.endpoints.items()
]


def public() -> Iterator[tuple[str, Any]]:
    """Everything that people call: what the front door exports, and the methods of what it gives."""
    for name in toolkit.__all__:
        yield name, getattr(toolkit, name)
    from toolkit.sheets.check import Check
    from toolkit.sheets.match import Match

    clients = [vendor.client for vendor in VENDORS.values()]
    for kind in (toolkit.Api, toolkit.Report, toolkit.Secret, Check, Match, Sandbox, *clients):
        for name, member in inspect.getmembers(kind):
            if not name.startswith("_") and (callable(member) or isinstance(member, property)):
                yield f"{kind.__name__}.{name}", member


PUBLIC = [pytest.param(thing, id=name) for name, thing in public()]


@pytest.mark.parametrize("thing", PUBLIC)
def test_everything_public_says_what_it_is(thing: Any) -> None:
    doc = (thing.fget.__doc__ if isinstance(thing, property) else inspect.getdoc(thing)) or ""
    first = doc.strip().partition("\n\n")[0]
    assert len(first) > 10
    assert first[-1] in ".:!?"
    assert not any(markup in doc for markup in (":param", ":class:", "``", "<br", "\\n"))


@pytest.mark.parametrize("thing", [p for p in PUBLIC if inspect.isfunction(p.values[0])])
def test_the_arguments_that_are_listed_are_all_there_are(thing: Any) -> None:
    doc = inspect.getdoc(thing) or ""
    named = [n for n in inspect.signature(thing).parameters if n != "self"]
    assert "\nArgs:" not in doc or [n for n in named if n not in doc] == []


def test_nothing_public_bears_the_name_of_a_room() -> None:
    rooms = {m.name for m in pkgutil.iter_modules(toolkit.__path__)}
    assert {n for n in toolkit.__all__ if n in rooms} == set()
    assert sorted(toolkit.__all__) == toolkit.__all__


# ── endpoints ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("method", "endpoint"), ENDPOINTS)
def test_every_endpoint_ends_with_its_place_in_the_manual(method: Any, endpoint: Endpoint) -> None:
    assert endpoint.system
    last = (inspect.getdoc(method) or "").rpartition("\n\n")[2]
    at = f"{endpoint.method} {endpoint.path} ({endpoint.provenance})."
    assert last.startswith(f"Manual: {endpoint.system.manual}, {endpoint.section}; {at}")


@pytest.mark.parametrize(("method", "endpoint"), ENDPOINTS)
def test_every_endpoint_lists_its_columns_and_fields(method: Any, endpoint: Endpoint) -> None:
    doc = inspect.getdoc(method) or ""
    for title, record in (("Columns", endpoint.record), ("Fields", endpoint.body)):
        if record and record.fields:
            block = doc.partition(f"\n{title}:\n")[2].partition("\n\n")[0].splitlines()
            assert [line.split()[0] for line in block] == [f.name for f in record.fields]
            assert [f.name for f in record.fields if not f.doc] == []


WORDS = ("Not safe to repeat", "annot be undone", "OutcomeUnknown", "cannot be taken back", "old one is void")


@pytest.mark.parametrize(("method", "endpoint"), ENDPOINTS)
def test_what_cannot_be_repeated_says_so(method: Any, endpoint: Endpoint) -> None:
    doc = inspect.getdoc(method) or ""
    if not endpoint.repeatable:
        assert [w for w in WORDS if w in doc] != []
    elif endpoint.method != "GET":
        assert "Not safe to repeat" not in doc


@pytest.mark.parametrize(("method", "endpoint"), ENDPOINTS)
def test_help_in_a_notebook_shows_plain_types(method: Any, endpoint: Endpoint) -> None:
    shown = str(inspect.signature(method))
    assert [part for part in ("Annotated", "**", "'", "ForwardRef") if part in shown] == []
    assert [a.name for a in endpoint.arguments] == [n for n in inspect.signature(method).parameters if n != "self"]


@pytest.mark.parametrize(("method", "endpoint"), ENDPOINTS)
def test_every_argument_is_explained(method: Any, endpoint: Endpoint) -> None:
    doc = inspect.getdoc(method) or ""
    fields = {f.name for f in endpoint.body.fields} if endpoint.body else set()
    listed = doc.partition("\nArgs:\n")[2].partition("\n\n")[0]
    explained = [line.strip().partition(":")[0] for line in listed.splitlines() if line[4:5] not in ("", " ")]
    assert explained == [a.name for a in endpoint.arguments if a.name not in fields]


# ── examples ─────────────────────────────────────────────────────────────────


def examples() -> Iterator[doctest.DocTest]:
    """Every docstring of the package that has an example."""
    finder = doctest.DocTestFinder(exclude_empty=True)
    for info in pkgutil.walk_packages(toolkit.__path__, "toolkit."):
        if not info.name.endswith("__main__"):
            module = importlib.import_module(info.name)
            yield from (t for t in finder.find(module, info.name) if t.examples)
    yield from (t for t in finder.find(toolkit, "toolkit") if t.examples and t.name.count(".") == 1)


EXAMPLES = {example.name: example for example in examples()}


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 12


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_examples_run_as_shown(
    example: doctest.DocTest, box: Sandbox, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOOLKIT_SANDBOX", box.url)
    api = toolkit.connect("sandbox", clock=clock, progress=False)
    example.globs = {
        "toolkit": toolkit,
        "pd": pd,
        "api": api,
        **{name: getattr(api, name) for name in toolkit.Api.vendors()},
    }
    ran = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    out: list[str] = []
    ran.run(example, out=out.append, clear_globs=False)
    assert ran.failures == 0, "".join(out)
